"""Looking into torch modules, which never cross the pipe. All of this runs beside student code.

A test builds a module over there from a plain recipe and a seed, hands its `Handle` to the student's function, keeps
what comes back (`keep=(-1,)`) and asks about it:

    model = trial.probe("build_sequential", [("Linear", 6, 5), ("BatchNorm1d", 5), ("ReLU",), ("Linear", 5, 3)], 7, keep=True)
    head = trial.call("reuse_layers", model, 2, 4, keep=(-1,), observe=False)
    trial.probe("layers", head)            # [("Linear", {"in_features": 6, …}), …], only for an nn.Sequential
    trial.probe("state", head)             # {"0.weight": array, …, "1.running_mean": array, …}

what                                          probe
an nn.Sequential from a recipe                `build_sequential(recipe, seed)`, keep=True; see `_LAYERS` and `Recorder`
is it a Sequential, a Module, what type       `is_sequential(m)`, `is_module(m)`, `type_of(m)`
type names and options in order               `layers(m)` (direct children), `leaf_layers(m)` (all depths)
parameters and buffers as arrays              `state(m)`; `parameter_names(m)`, `buffer_names(m)`
requires_grad by name                         `grad_flags(m)`; set them: `set_grad_flags(m, flag)`
training flag by submodule, "" the whole      `training_flags(m)`; set it: `set_mode(m, training)`, `set_mode_of(m, index, training)`
outputs as they are now                       `outputs(m, X)` (no grad); `has_graph(m, X)`; mode: `set_mode` before it
outputs in eval mode, every flag restored     `eval_outputs(m, X)`; of the first children only: `prefix_outputs(m, count, X)`
the same, child by child                      `child_states(m)`: a list of `state` dicts, whatever the children are called
                                              `leaf_states(m)`: the same at any depth, as `leaf_layers`
gradients of cross-entropy by name            `gradients(m, X, y)`, None where nothing arrived; grads are cleared after
optimizer steps on everything that trains     `optimizer_steps(m, X, y, name, options, steps)`; only on some: `steps_on(parameters, m, …)`
which parameters a returned list holds        `names_in(parameters, m)`, "" for a stranger
memory shared by two modules                  `shared(a, b)`: names in a whose memory b uses too
is it the very same object                    `same_object(a, b)`, `same_child(a, i, b, j)`
what passed through a `Recorder` layer        `recorded(m)`: [(rows, training, grad enabled), …] and `forget_recorded(m)`
one child of a Sequential                     `child(m, index)`, keep=True
slopes of outputs against inputs              `jacobian(m, X)`
torch's global generator                      `seed_torch(seed)`
about a kept tensor                           `tensor_facts(t)`: dtype, shape, requires_grad, is_leaf, has grad_fn

Everything returned is plain: arrays, strings, lists, dicts (LocalSubject and the pipe give the same).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograde.probes.registry import probe

_Tensor, _Module, _Sequential, _Parameter = torch.Tensor, nn.Module, nn.Sequential, nn.Parameter
_no_grad, _enable_grad = torch.no_grad, torch.enable_grad
_from_numpy, _grad_enabled = torch.from_numpy, torch.is_grad_enabled
_cross_entropy, _manual_seed, _grad = functional.cross_entropy, torch.manual_seed, torch.autograd.grad
_OPTIMIZERS = {name: getattr(torch.optim, name) for name in ("SGD", "Adam", "AdamW", "RMSprop")}
_default_rng = np.random.default_rng


class Recorder(nn.Module):
    """A layer that changes nothing and remembers how it was called: rows, mode, whether gradients were on."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[int, bool, bool]] = []

    def forward(self, x: Any) -> Any:
        self.calls.append((int(x.shape[0]), bool(self.training), bool(_grad_enabled())))
        return x

    def __deepcopy__(self, memo: dict[int, Any]) -> Recorder:
        """A copy writes into the same record: what is done with a copy of the model counts too."""
        copied = Recorder()
        copied.calls, copied.training = self.calls, self.training
        return copied


_LAYERS: dict[str, Any] = {
    name: getattr(nn, name)
    for name in (
        "Linear", "ReLU", "Tanh", "Sigmoid", "ELU", "LeakyReLU", "GELU", "Identity", "Flatten", "Dropout",
        "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Conv2d", "MaxPool2d", "AvgPool2d", "Unflatten",
    )
} | {"Recorder": Recorder}  # fmt: skip


@probe
def build_sequential(recipe: Sequence[Sequence[Any]], seed: int) -> nn.Sequential:
    """An nn.Sequential of `(layer name, *arguments)`; a trailing dict holds keyword arguments.

    A nested stack is `("Sequential", [recipe…])`. Parameters and buffers are drawn from `seed` alone, batch-norm
    statistics included, so that nothing is at its default; torch's own generator is left where it was.
    """
    rng = _default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        model = _sequence(recipe)
    with _no_grad():
        for module in _Module.modules(model):
            for name, tensor in module._parameters.items():
                if tensor is not None:
                    tensor.copy_(_from_numpy(_drawn(rng, module, name, tuple(tensor.shape))))
            for name, tensor in module._buffers.items():
                if tensor is not None:
                    tensor.copy_(_from_numpy(_drawn(rng, module, name, tuple(tensor.shape))))
    return model


def _sequence(recipe: Sequence[Sequence[Any]]) -> nn.Sequential:
    made = []
    for name, *arguments in recipe:
        if name == "Sequential":
            made.append(_sequence(arguments[0]))
            continue
        named = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        made.append(_LAYERS[name](*arguments, **named))
    return _Sequential(*made)


def _drawn(rng: np.random.Generator, module: nn.Module, name: str, shape: tuple[int, ...]) -> Any:
    """Values that a trained layer might hold."""
    if name == "running_var":
        return rng.uniform(0.3, 2.5, shape).astype(np.float32)
    if name == "num_batches_tracked":
        return np.asarray(int(rng.integers(3, 40)))
    if name == "weight" and len(shape) > 1:
        fan_in = int(np.prod(shape[1:]))
        return (rng.normal(size=shape) * np.sqrt(2.0 / fan_in)).astype(np.float32)
    if name == "weight":
        return rng.uniform(0.5, 1.6, shape).astype(np.float32)
    return rng.normal(0.0, 0.3, shape).astype(np.float32)


@probe
def is_module(thing: Any) -> bool:
    """Whether it is an nn.Module."""
    return isinstance(thing, _Module)


@probe
def is_sequential(thing: Any) -> bool:
    """Whether it is an nn.Sequential (or a subclass)."""
    return isinstance(thing, _Sequential)


@probe
def type_of(thing: Any) -> str:
    """The name of its type."""
    return str(type(thing).__name__)


_OPTIONS = (
    "in_features", "out_features", "num_features", "in_channels", "out_channels", "kernel_size", "stride", "padding",
    "p", "alpha", "negative_slope", "eps", "momentum", "affine", "start_dim", "end_dim", "inplace",
)  # fmt: skip


def _described(module: nn.Module) -> tuple[str, dict[str, Any]]:
    options = {n: module.__dict__[n] for n in _OPTIONS if n in module.__dict__}
    plain = {n: v for n, v in options.items() if isinstance(v, int | float | str | bool | tuple | None)}
    if "weight" in module._parameters:
        plain["bias"] = module._parameters.get("bias") is not None
    return str(type(module).__name__), plain


@probe
def layers(model: Any) -> list[tuple[str, dict[str, Any]]]:
    """(type name, options) of the direct children, in order; options as torch names them, and `bias` yes or no."""
    return [_described(child) for child in model._modules.values() if child is not None]


@probe
def leaf_layers(model: Any) -> list[tuple[str, dict[str, Any]]]:
    """(type name, options) of all submodules without children, in order of registration."""
    every = _Module.modules(model)
    return [_described(m) for m in every if not any(c is not None for c in m._modules.values())]


def _named(model: Any) -> dict[str, Any]:
    return dict(_Module.named_parameters(model, remove_duplicate=False))


def _named_buffers(model: Any) -> dict[str, Any]:
    return dict(_Module.named_buffers(model, remove_duplicate=False))


def _array(tensor: Any) -> np.ndarray[Any, Any]:
    return np.array(_Tensor.detach(tensor).cpu().numpy())


@probe
def state(model: Any) -> dict[str, Any]:
    """Every parameter and buffer, by name, as an array of its own."""
    return {name: _array(t) for name, t in {**_named(model), **_named_buffers(model)}.items()}


@probe
def child_states(model: Any) -> list[dict[str, Any]]:
    """`state` of every direct child, in order."""
    return [state(one) for one in model._modules.values() if one is not None]


@probe
def leaf_states(model: Any) -> list[dict[str, Any]]:
    """`state` of every module without children, at any depth, in order (as `leaf_layers`)."""
    every = _Module.modules(model)
    return [state(m) for m in every if not any(c is not None for c in m._modules.values())]


@probe
def parameter_names(model: Any) -> list[str]:
    """The parameters' names in order."""
    return list(_named(model))


@probe
def buffer_names(model: Any) -> list[str]:
    """The buffers' names in order."""
    return list(_named_buffers(model))


@probe
def grad_flags(model: Any) -> dict[str, bool]:
    """requires_grad by parameter name."""
    return {name: bool(p.requires_grad) for name, p in _named(model).items()}


@probe
def set_grad_flags(model: Any, flag: bool) -> None:
    """Set requires_grad of every parameter."""
    for p in _named(model).values():
        p.requires_grad_(flag)


@probe
def training_flags(model: Any) -> dict[str, bool]:
    """The training flag of the module itself ("") and of every submodule, by name."""
    return {name: bool(m.training) for name, m in _Module.named_modules(model, remove_duplicate=False)}


@probe
def set_mode(model: Any, training: bool) -> None:
    """Call the object's own train(…) or eval()."""
    if training:
        model.train()
    else:
        model.eval()


@probe
def set_mode_of(model: Any, index: int, training: bool) -> None:
    """Switch one child of a Sequential and leave the rest as it is."""
    list(model._modules.values())[index].train(training)


@probe
def outputs(model: Any, X: Any) -> Any:
    """What the module gives for X in its present mode, without a graph."""
    with _no_grad():
        return _Tensor.detach(model(X)).clone()


@probe
def eval_outputs(model: Any, X: Any) -> Any:
    """What the module gives for X in eval mode; every training flag is as before afterwards."""
    return prefix_outputs(model, len(model._modules), X)


@probe
def prefix_outputs(model: Any, count: int, X: Any) -> Any:
    """What the first `count` children of a Sequential give for X in eval mode; every flag is as before afterwards."""
    every = [(m, m.training) for m in _Module.modules(model)]
    for m, _ in every:
        m.__dict__["training"] = False
    try:
        with _no_grad():
            for one in list(model._modules.values())[:count]:
                X = one(X)
            return _Tensor.detach(X).clone()
    finally:
        for m, training in every:
            m.__dict__["training"] = training


@probe
def has_graph(model: Any, X: Any) -> bool:
    """Whether the output for X carries a graph."""
    with _enable_grad():
        return bool(model(X).requires_grad)


@probe
def gradients(model: Any, X: Any, y: Any) -> dict[str, Any]:
    """d cross-entropy / d parameter by name; None where no gradient arrived. Gradients are cleared before and after."""
    named = _named(model)
    _clear(named.values())
    with _enable_grad():
        loss = _cross_entropy(model(X), y)
        if loss.requires_grad:
            loss.backward()
    found = {name: None if p.grad is None else _array(p.grad) for name, p in named.items()}
    _clear(named.values())
    return found


def _clear(parameters: Iterable[Any]) -> None:
    for p in parameters:
        p.grad = None


@probe
def optimizer_steps(
    model: Any, X: Any, y: Any, name: str, options: dict[str, Any], steps: int
) -> list[float]:
    """Train with torch.optim's `name` on every parameter that requires a gradient; the losses before each step."""
    return _train(
        model, [p for p in _Module.parameters(model) if p.requires_grad], X, y, name, options, steps
    )


@probe
def steps_on(
    parameters: Any, model: Any, X: Any, y: Any, name: str, options: dict[str, Any], steps: int
) -> list[float]:
    """The same on a list of parameters that somebody returned."""
    return _train(model, list(parameters), X, y, name, options, steps)


def _train(
    model: Any, parameters: list[Any], X: Any, y: Any, name: str, options: dict[str, Any], steps: int
) -> list[float]:
    optimizer = _OPTIMIZERS[name](parameters, **options)
    losses = []
    for _ in range(steps):
        with _enable_grad():
            optimizer.zero_grad()
            loss = _cross_entropy(model(X), y)
            loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    _clear(_Module.parameters(model))
    return losses


@probe
def names_in(parameters: Any, model: Any) -> list[str]:
    """The name in `model` of each item of a list or tuple of parameters; "" for what is no parameter of it."""
    by_id = {id(p): name for name, p in _named(model).items()}
    return [by_id.get(id(item), "") for item in parameters]


@probe
def shared(a: Any, b: Any) -> list[str]:
    """Names of parameters and buffers of `a` whose memory a parameter or buffer of `b` uses too."""
    taken = {_place(t) for t in {**_named(b), **_named_buffers(b)}.values() if t.numel()}
    mine = {**_named(a), **_named_buffers(a)}
    return [name for name, t in mine.items() if t.numel() and _place(t) in taken]


def _place(tensor: Any) -> int:
    return int(tensor.untyped_storage().data_ptr())


@probe
def same_object(a: Any, b: Any) -> bool:
    """Whether both are one object."""
    return a is b


@probe
def same_child(a: Any, i: int, b: Any, j: int) -> bool:
    """Whether child i of a is child j of b."""
    return list(a._modules.values())[i] is list(b._modules.values())[j]


@probe
def child(model: Any, index: int) -> Any:
    """One child of a Sequential."""
    return list(model._modules.values())[index]


def _recorders(model: Any) -> list[Recorder]:
    return [m for m in _Module.modules(model) if isinstance(m, Recorder)]


@probe
def recorded(model: Any) -> list[tuple[int, bool, bool]]:
    """(rows, training, gradients on) of every call of the first `Recorder` in it."""
    return list(_recorders(model)[0].calls)


@probe
def forget_recorded(model: Any) -> None:
    """Empty every `Recorder` in it."""
    for recorder in _recorders(model):
        recorder.calls.clear()


@probe
def jacobian(model: Any, X: Any) -> Any:
    """d output / d input in eval mode, (outputs, rows of X, columns of X); every training flag is as before afterwards."""
    every = [(m, m.training) for m in _Module.modules(model)]
    for m, _ in every:
        m.__dict__["training"] = False
    try:
        with _enable_grad():
            x = _Tensor.detach(X).clone().requires_grad_()
            out = model(x)
            if not out.requires_grad:
                return np.zeros((out.shape[1], *x.shape))
            rows = [_grad(out[:, j].sum(), x, retain_graph=True)[0] for j in range(out.shape[1])]
        return np.stack([_array(row) for row in rows])
    finally:
        for m, training in every:
            m.__dict__["training"] = training


@probe
def seed_torch(seed: int) -> None:
    """Seed torch's own generator over there, which a function with an `rng` argument should not depend on."""
    _manual_seed(seed)


@probe
def tensor_facts(tensor: Any) -> dict[str, Any]:
    """What a kept tensor is: is_tensor, dtype, shape, requires_grad, is_leaf, has_graph."""
    if not isinstance(tensor, _Tensor):
        return {"is_tensor": False, "type": str(type(tensor).__name__)}
    return {
        "is_tensor": True, "dtype": str(tensor.dtype).removeprefix("torch."), "shape": [int(n) for n in tensor.shape],
        "requires_grad": bool(tensor.requires_grad), "is_leaf": bool(tensor.is_leaf),
        "has_graph": tensor.grad_fn is not None,
    }  # fmt: skip
