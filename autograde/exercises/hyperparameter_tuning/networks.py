"""The slides' default network as one function (S+; He et al. 2015, Clevert et al. 2016, Ioffe & Szegedy 2015).

The weights come from torch's own generator, so their variance is judged by statistics alone: with ALPHA = 1e-13 and
40,000 weights or more a variance that is off by 6 % shows; torch's default for nn.Linear is off by a factor 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.judge import statistics
from autograde.judge.compare import Mismatch
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial
from autograde.wire.values import Handle

default_dnn_exercise = Exercise(
    name="default_dnn",
    lesson=LESSON,
    functions=("default_dnn",),
    title="The default deep network",
    section="default_dnn_idea",
    difficulty=3,
    minutes=15,
    lines=12,
    hints=(
        "Make a list of modules in a loop over hidden_sizes, then nn.Sequential(*modules).",
        "Per hidden layer: nn.Linear(fan_in, width, bias=False), nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout). "
        "fan_in is the width of the layer before.",
        'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu") gives variance 2/fan_in; torch\'s own default gives '
        "1/(3·fan_in).",
        "The head is nn.Linear(fan_in, num_classes) and nothing after it: nn.CrossEntropyLoss contains the softmax.",
    ),
)

BLOCK = ("Linear", "BatchNorm1d", "ELU", "Dropout")
Spec = tuple[int, Any, int, dict[str, Any], tuple[Any, ...]]
SPECS: tuple[Spec, ...] = (
    (8, [6], 3, {}, ()),
    (64, [30, 20], 10, {}, ()),
    (5, (7, 9, 4), 2, {"dropout": 0.2}, ()),
    (12, [16, 16, 16, 16], 5, {}, (0.35,)),
)


@default_dnn_exercise.reference
def default_dnn(in_features: int, hidden_sizes: Any, num_classes: int, dropout: float = 0.5) -> Any:
    """Linear without bias, batch norm, ELU and dropout for each hidden size, then a Linear head."""
    from torch import nn

    modules: list[Any] = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


def built(trial: Trial, spec: Spec) -> Handle:
    """The student's network for one specification; it stays on the student's side."""
    in_features, hidden, classes, named, more = spec
    model = trial.call("default_dnn", in_features, hidden, classes, *more, keep=(-1,), observe=False, **named)
    if not isinstance(model, Handle) or not trial.probe("is_sequential", model):
        kind = trial.probe("type_of", model) if isinstance(model, Handle) else type(model).__name__
        trial.observe("type", kind)
        wanted = "Did you forget a return?" if kind == "NoneType" else "It should be an nn.Sequential."
        raise Mismatch("type", f"default_dnn(...) is a {kind}. {wanted}")
    return model


def plan(trial: Trial, model: Handle) -> list[tuple[str, dict[str, Any]]]:
    """The layers at every depth, without those that do nothing to a batch of vectors."""
    leaves = [tuple(leaf) for leaf in trial.probe("leaf_layers", model)]
    kept: list[Any] = [leaf for leaf in leaves if leaf[0] not in ("Identity", "Flatten")]
    trial.observe("layers", [kind for kind, _ in kept])
    return kept


def describe(spec: Spec) -> str:
    """A specification in words."""
    return f"default_dnn({spec[0]}, {spec[1]}, {spec[2]}" + (
        f", dropout={p})" if (p := rate(spec)) != 0.5 else ")"
    )


def rate(spec: Spec) -> float:
    """The dropout that a specification asks for."""
    return float(spec[3].get("dropout", spec[4][0] if spec[4] else 0.5))


@default_dnn_exercise.aspect("layers", points=4)
def _(trial: Trial) -> None:
    for spec in SPECS:
        with trial.case(describe(spec)):
            model = built(trial, spec)
            leaves = plan(trial, model)
            want = [*BLOCK * len(spec[1]), "Linear"]
            got = [kind for kind, _ in leaves]
            trial.require(
                got == want,
                f"The layers are {', '.join(got)}. For each hidden layer they should be {', '.join(BLOCK)}, and a "
                "Linear head at the end.",
            )
            options = [options for kind, options in leaves if kind == "ELU"]
            alphas = [float(o.get("alpha", 1.0)) for o in options]
            trial.observe("alpha", alphas)
            trial.require(all(alpha == 1.0 for alpha in alphas), "ELU should keep its default α = 1.")
            check_batch_norms(trial, model)


def check_batch_norms(trial: Trial, model: Handle) -> None:
    """Every batch norm learns γ and β and keeps running statistics."""
    wanted = {"weight", "bias", "running_mean", "running_var"}
    layers = zip(trial.probe("leaf_layers", model), trial.probe("leaf_states", model), strict=True)
    missing = sorted({n for (kind, _), state in layers if kind == "BatchNorm1d" for n in wanted - set(state)})
    trial.observe("missing in batch norm", missing)
    trial.require(
        not missing,
        f"A BatchNorm1d lacks {', '.join(missing)}: leave affine and track_running_stats at their defaults.",
    )


@default_dnn_exercise.aspect("sizes and dropout", points=2)
def _(trial: Trial) -> None:
    for spec in SPECS:
        with trial.case(describe(spec)):
            leaves = plan(trial, built(trial, spec))
            linear = [(o["in_features"], o["out_features"]) for kind, o in leaves if kind == "Linear"]
            dropped = [float(o["p"]) for kind, o in leaves if "Dropout" in kind]
            trial.observe("sizes, dropout", [linear, dropped])
            widths = [spec[0], *spec[1], spec[2]]
            trial.require(
                linear == list(zip(widths, widths[1:], strict=False)),
                f"The Linear layers have the sizes {linear}; each one should take what the one before gives.",
            )
            same = bool(dropped) and all(p == rate(spec) for p in dropped)
            trial.require(same, f"The dropout layers have p = {dropped}; the caller asked for {rate(spec)}.")


@default_dnn_exercise.aspect("bias before batch norm", points=1)
def _(trial: Trial) -> None:
    for spec in SPECS:
        with trial.case(describe(spec)):
            leaves = plan(trial, built(trial, spec))
            biases = [bool(o["bias"]) for kind, o in leaves if kind == "Linear"]
            trial.observe("biases", biases)
            trial.require(bool(biases), "There is no Linear layer.")
            trial.require(
                not any(biases[:-1]),
                "A hidden Linear layer has a bias. Batch normalization subtracts it again: bias=False.",
            )
            trial.require(
                biases[-1], "The head has no bias, and no batch norm comes after it to shift its outputs."
            )


@default_dnn_exercise.aspect("He variance", points=2)
def _(trial: Trial) -> None:
    for spec in ((300, [200, 400], 3, {}, ()), (100, [500], 2, {}, ())):
        with trial.case(describe(spec)):
            model = built(trial, spec)
            leaves = trial.probe("leaf_layers", model)
            states = trial.probe("leaf_states", model)
            weights = [s["weight"] for (kind, _), s in zip(leaves, states, strict=True) if kind == "Linear"]
            trial.require(len(weights) > 1, "There is no hidden Linear layer.")
            for number, weight in enumerate(weights[:-1], 1):
                W = np.asarray(weight, dtype=np.float64)
                what = f"the weights of hidden layer {number}"
                statistics.check_moments(trial, W, what, 0.0, 2.0 / W.shape[1])
                statistics.check_independent(trial, W * np.sqrt(W.shape[1] / 2.0), what)


@default_dnn_exercise.aspect("logits out", points=1, needs=("layers",))
def _(trial: Trial) -> None:
    for spec in SPECS:
        with trial.case(describe(spec)):
            model = built(trial, spec)
            X = torch.from_numpy(trial.rng.normal(size=(11, spec[0])).astype(np.float32))
            out = np.asarray(trial.probe("eval_outputs", model, X).detach().numpy(), dtype=np.float64)
            trial.require(
                out.shape == (11, spec[2]), f"Eleven examples give an output of shape {out.shape}.", "shape"
            )
            sums = bool(
                np.allclose(out.sum(axis=1), 1.0, atol=1e-4)
                or np.allclose(np.exp(out).sum(axis=1), 1.0, atol=1e-4)
            )
            trial.observe("probabilities", sums)
            trial.require(
                not sums, "The outputs are (log-)probabilities. The loss contains the softmax: return logits."
            )
            trial.require(bool(trial.probe("has_graph", model, X)), "The outputs carry no gradient.")
            flags = trial.probe("grad_flags", model)
            trial.require(all(flags.values()), "Some parameters do not require a gradient.")
    with trial.case("two networks of the same sizes"):
        one, two = built(trial, SPECS[0]), built(trial, SPECS[0])
        common = bool(trial.probe("shared", one, two))
        trial.observe("shared", common)
        trial.require(
            not common, "Two calls give networks that share weights. Build new layers in each call."
        )
