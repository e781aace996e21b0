"""Batch normalization, forward and backward, and a backward pass to repair (slides S4.2; notes C)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge.compare import Mismatch, as_array, check_close
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle, Missing, NotWritten
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"
EXACT = {"rtol": 1e-9, "atol": 1e-10}
"""How near a forward must be to the right one to be held against the true gradient, which magnifies errors."""
NUMERICAL = {"rtol": 1e-4, "atol": 1e-4}

batchnorm_forward_exercise = Exercise(
    name="batchnorm_forward",
    lesson=LESSON,
    functions=("batchnorm_forward",),
    title="Batch normalization, forward",
    section="batchnorm_forward",
    difficulty=3,
    minutes=20,
    lines=12,
    hints=(
        "Two cases: in training the batch gives mean and variance, otherwise the running statistics do. "
        "What follows is the same in both.",
        "Mean and variance are taken over the examples (axis=0), one of each per feature; x.var(axis=0) divides by n.",
        "x̂ = (x - μ)/√(var + eps), with eps under the root; then out = γ·x̂ + β. Keep what backward will need in cache.",
        "running_mean = momentum * running_mean + (1 - momentum) * mu, a new array, and only in training; "
        "running_var in the same way.",
    ),
)

batchnorm_backward_exercise = Exercise(
    name="batchnorm_backward",
    lesson=LESSON,
    functions=("batchnorm_backward",),
    title="Batch normalization, backward",
    section="batchnorm_backward",
    difficulty=5,
    minutes=40,
    lines=10,
    hints=(
        "Draw the graph: x → μ → x - μ → var → σ → x̂ → out. x reaches the loss along three paths: directly, "
        "through μ and through var.",
        "β and γ are shared by all examples, so their gradients are sums over the batch: Σ dout and Σ dout·x̂ (axis=0).",
        "With dx̂ = dout·γ: dvar = Σ dx̂·(x - μ)·(-½)(var + eps)^(-3/2), and dμ = -Σ dx̂/√(var + eps).",
        "Everything together: dx = (dx̂ - mean(dx̂) - x̂·mean(dx̂·x̂))/√(var + eps), means over axis 0.",
    ),
    uses=("batchnorm_forward",),
    tied_to=("batchnorm_forward",),
)

bug_hunt_exercise = Exercise(
    name="bug_hunt",
    lesson=LESSON,
    functions=("repaired_batchnorm_backward",),
    title="Bug hunt: one wrong line",
    section="bug_hunt",
    difficulty=3,
    minutes=15,
    lines=12,
    hints=(
        "Compare each of the three gradients with a numerical one. Which one is wrong, and which lines feed it?",
        "Try data of larger scale: where the variance is close to 1 the mistake hides.",
        "Differentiate (var + eps)^(-1/2) with respect to var. What is the new exponent?",
    ),
)


@batchnorm_forward_exercise.reference
def batchnorm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Array, Any, Array, Array]:
    """Normalize a batch `(n, d)`, then scale and shift (Ioffe & Szegedy 2015, algorithms 1 and 2)."""
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1.0 - momentum) * mu
        running_var = momentum * running_var + (1.0 - momentum) * var
    sigma = np.sqrt(var + eps)
    xhat = (x - mu) / sigma
    return gamma * xhat + beta, (xhat, gamma, sigma), running_mean, running_var


@batchnorm_backward_exercise.reference
def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients with respect to x `(n, d)`, gamma `(d,)` and beta `(d,)` of a training-mode forward."""
    xhat, gamma, sigma = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@bug_hunt_exercise.reference
def repaired_batchnorm_backward(
    dout: Array, x: Array, gamma: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """The lesson's graph-wise backward pass with its wrong line put right."""
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@dataclasses.dataclass(frozen=True)
class Batch:
    """One set of arguments for a forward call."""

    x: Array
    gamma: Array
    beta: Array
    running_mean: Array
    running_var: Array

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The five arrays, in the order of the signature."""
        return (self.x, self.gamma, self.beta, self.running_mean, self.running_var)

    @property
    def wide(self) -> tuple[Array, ...]:
        """The five arrays in float64."""
        return tuple(array.astype(np.float64) for array in self.arrays)

    @property
    def tolerance(self) -> dict[str, float]:
        """How far answers about this batch may be off."""
        return {"rtol": 1e-3, "atol": 1e-3} if self.x.dtype == np.float32 else {}


def with_parameters(rng: np.random.Generator, x: Array) -> Batch:
    """`x` with gamma of either sign, beta, and running statistics unlike those of the batch."""
    d = x.shape[1]
    gamma = rng.uniform(0.5, 2.5, d) * rng.choice([-1.0, 1.0], d)
    others = (gamma, rng.normal(0.0, 2.0, d), rng.normal(0.0, 3.0, d), rng.uniform(0.2, 6.0, d))
    return Batch(x, *(array.astype(x.dtype) for array in others))


def training_batches(rng: np.random.Generator) -> Iterator[tuple[str, Batch]]:
    """(description, batch) over shapes, scales, dtypes and layouts."""
    for n, d in ((8, 3), (5, 1), (3, 4), (32, 2), (4, 6)):
        yield f"a batch of shape ({n}, {d})", with_parameters(rng, drawn(rng, n, d, 2.0) + 1.0)
    yield "columns of very different scale", with_parameters(rng, drawn(rng, 12, 4, [0.01, 1.0, 30.0, 300.0]))
    yield "columns far from zero", with_parameters(rng, drawn(rng, 10, 3) + np.array([-40.0, 0.0, 70.0]))
    yield "a batch whose variance is about as small as eps", with_parameters(rng, drawn(rng, 6, 3, 0.004))
    constant = drawn(rng, 6, 3)
    constant[:, 1] = 2.5
    yield "a batch with a constant column", with_parameters(rng, constant)
    yield "a float32 batch", with_parameters(rng, drawn(rng, 7, 4).astype(np.float32))
    x = drawn(rng, 6, 4, 1.5) - 0.5
    yield "a batch in Fortran order", with_parameters(rng, np.asfortranarray(x))
    yield "a batch that is a strided view", with_parameters(rng, np.repeat(x, 2, axis=1)[:, ::2])
    yield "a batch with its rows reversed", with_parameters(rng, x[::-1])


def drawn(rng: np.random.Generator, n: int, d: int, scale: Any = 1.0) -> Array:
    """Draws with about this standard deviation, and surely not much less."""
    x = rng.normal(size=(n, d)) + 0.5 * (-1.0) ** np.arange(n)[:, None]
    return np.asarray(x * np.asarray(scale, dtype=np.float64))


def forward(
    trial: Trial, batch: Batch, *options: Any, changes: bool = False, **named: Any
) -> tuple[Any, Any, Any, Any]:
    """Call the student's forward, with the cache left on the student's side."""
    got = trial.call(
        "batchnorm_forward", *batch.arrays, *options, keep=(1,), changes=changes, observe=False, **named
    )
    return trial.unpack(got, 4, "batchnorm_forward(...)")  # type: ignore[return-value]


@batchnorm_forward_exercise.aspect("training output", points=4)
def _(trial: Trial) -> None:
    for case, batch in training_batches(trial.rng):
        with trial.case(f"{case}, training"):
            out = forward(trial, batch, True, changes=True)[0]
            trial.observe("out", out)
            want = batchnorm_forward(*batch.wide, True)[0]
            trial.close(out, want, "out in training mode", source=batch.x, **batch.tolerance)


def evaluation_batches(rng: np.random.Generator) -> Iterator[tuple[str, Batch]]:
    """(description, batch): one example suffices where nothing is averaged."""
    for n, d in ((8, 3), (1, 4), (5, 1)):
        yield f"a batch of shape ({n}, {d})", with_parameters(rng, drawn(rng, n, d, 2.0) + 1.0)
    small = with_parameters(rng, drawn(rng, 4, 3, 0.01))
    yield "a tiny running variance", dataclasses.replace(small, running_var=np.array([0.0, 1e-6, 3e-5]))
    yield "a float32 batch", with_parameters(rng, drawn(rng, 7, 4).astype(np.float32))
    yield "a batch in Fortran order", with_parameters(rng, np.asfortranarray(drawn(rng, 6, 4)))


@batchnorm_forward_exercise.aspect("evaluation", points=2)
def _(trial: Trial) -> None:
    for case, batch in evaluation_batches(trial.rng):
        with trial.case(f"{case}, not training"):
            _check_evaluation(trial, batch, forward(trial, batch, False), 1e-5)
    batch = with_parameters(trial.rng, drawn(trial.rng, 5, 3))
    with trial.case("evaluation after a training call on other data"):
        forward(trial, with_parameters(trial.rng, drawn(trial.rng, 5, 3)), True, changes=True)
        _check_evaluation(trial, batch, forward(trial, batch, training=False, eps=0.1), 0.1)


def _check_evaluation(trial: Trial, batch: Batch, got: tuple[Any, ...], eps: float) -> None:
    """The running statistics normalize, and come back as they were."""
    out, _, mean, var = got
    trial.observe("evaluation", [out, mean, var])
    want = batchnorm_forward(*batch.wide, False, eps=eps)
    options = {"source": batch.x, **batch.tolerance}
    trial.close(out, want[0], "out in evaluation mode", **options)
    trial.close(mean, want[2], "running_mean after evaluation", **options)
    trial.close(var, want[3], "running_var after evaluation", **options)


@batchnorm_forward_exercise.aspect("running statistics", points=3)
def _(trial: Trial) -> None:
    fits = {0, 1}
    for case, batch in training_batches(trial.rng):
        with trial.case(f"{case}, momentum left at its default"):
            fits &= _check_running(trial, batch, forward(trial, batch, True), 0.9)
    batch = with_parameters(trial.rng, drawn(trial.rng, 6, 3))
    for momentum in (0.25, 0.0, 1.0):
        with trial.case(f"momentum {momentum}, given by name"):
            fits &= _check_running(trial, batch, forward(trial, batch, True, momentum=momentum), momentum)
    for step in (1, 2, 3):
        with trial.case(f"step {step} of three, with your own statistics fed back"):
            mean, var = _arrays(batch)
            batch = dataclasses.replace(
                batch, x=drawn(trial.rng, 6, 3, step), running_mean=mean, running_var=var
            )
            got = forward(trial, batch, True, 0.6)
            fits &= _check_running(trial, batch, got, 0.6)
            batch = dataclasses.replace(batch, running_mean=got[2], running_var=got[3])
    trial.require(
        bool(fits),
        "running_var averages the biased variance (1/n) in some calls and the unbiased one (1/(n - 1)) in others. "
        "Either is fine; use one.",
    )


def _arrays(batch: Batch) -> tuple[Array, Array]:
    return np.array(batch.running_mean), np.array(batch.running_var)


def _check_running(trial: Trial, batch: Batch, got: tuple[Any, ...], momentum: float) -> set[int]:
    """Which divisors n - ddof explain `running_var`; `Mismatch` if none does or the mean is wrong."""
    mean, var = got[2], got[3]
    x, _, _, old_mean, old_var = batch.wide
    wanted = [momentum * old_var + (1 - momentum) * x.var(axis=0, ddof=ddof) for ddof in (0, 1)]
    options = {"source": batch.x, **batch.tolerance}
    fits = {ddof for ddof in (0, 1) if _is_close(var, wanted[ddof], **options)}
    trial.observe("running_mean", mean)
    trial.observe("running_var", wanted[0] if fits else var)
    trial.close(mean, momentum * old_mean + (1 - momentum) * x.mean(axis=0), "running_mean", **options)
    if not fits:
        trial.close(var, wanted[0], "running_var", **options)
    return fits


def _is_close(got: Any, want: Array, **options: Any) -> bool:
    try:
        check_close(got, want, "", **options)
    except Mismatch:
        return False
    return True


@batchnorm_forward_exercise.aspect("eps is used", points=1, needs=("training output",))
def _(trial: Trial) -> None:
    batch = with_parameters(trial.rng, drawn(trial.rng, 6, 3, 0.3))
    names = ("x", "gamma", "beta", "running_mean", "running_var")
    with trial.case("eps=0.1, given by name"):
        _check_eps(trial, batch, forward(trial, batch, True, eps=0.1, changes=True)[0], 0.1)
    with trial.case("momentum 0.5 and eps 0.02, given by position"):
        _check_eps(trial, batch, forward(trial, batch, True, 0.5, 0.02, changes=True)[0], 0.02)
    with trial.case("every argument given by name, eps 1"):
        named = dict(zip(names, batch.arrays, strict=True))
        got = trial.call(
            "batchnorm_forward",
            **named,
            training=True,
            momentum=0.9,
            eps=1.0,
            keep=(1,),
            changes=True,
            observe=False,
        )
        _check_eps(trial, batch, trial.unpack(got, 4, "batchnorm_forward(...)")[0], 1.0)


def _check_eps(trial: Trial, batch: Batch, out: Any, eps: float) -> None:
    trial.observe("out", out)
    trial.close(
        out, batchnorm_forward(*batch.wide, True, eps=eps)[0], f"out with eps = {eps}", source=batch.x
    )


@dataclasses.dataclass(frozen=True)
class Pass:
    """One forward and backward pass of the student's functions."""

    batch: Batch
    dout: Array
    named: dict[str, float]
    out: Any
    cache: Handle


GRADIENTS = ("dx", "dgamma", "dbeta")


def start_pass(trial: Trial, batch: Batch, dout: Array, **named: float) -> Pass:
    """The forward half; says so plainly if there is no forward yet."""
    try:
        out, cache, _, _ = forward(trial, batch, True, changes=True, **named)
    except Missing as error:
        why = "batchnorm_backward works on its cache: write batchnorm_forward first."
        raise Missing("batchnorm_forward", why) from error
    except NotWritten as error:
        text = (
            "batchnorm_backward works on the cache of your batchnorm_forward: write batchnorm_forward first."
        )
        raise NotWritten(text) from error
    n, d = batch.x.shape
    shape = as_array(out, "the output of your batchnorm_forward").shape
    trial.require(
        shape == (n, d),
        f"Your batchnorm_forward returns an output of shape {shape} for x of shape {(n, d)}; repair that first, "
        "then this exercise can be judged.",
    )
    return Pass(batch, dout, named, out, cache)


def gradient(trial: Trial, step: Pass, index: int) -> Any:
    """The backward half: one of the three gradients."""
    got = trial.call("batchnorm_backward", step.dout, step.cache, changes=True, observe=False)
    value = trial.unpack(got, 3, "batchnorm_backward(dout, cache)")[index]
    trial.observe(GRADIENTS[index], value)
    return value


def check_gradient(trial: Trial, step: Pass, index: int, got: Any) -> None:
    """Hold a gradient against the true one, or against the student's own forward where that is wrong."""
    batch, what = step.batch, GRADIENTS[index]
    right = batchnorm_forward(*batch.wide, True, **step.named)
    options = {"source": batch.x, **batch.tolerance}
    if _is_close(step.out, right[0], **(batch.tolerance or EXACT)):
        want = batchnorm_backward(step.dout.astype(np.float64), right[1])[index]
        atol = options.pop("atol", 1e-8) * max(1.0, float(np.abs(want).max()))
        trial.close(got, want, what, atol=atol, **options)
    elif batch.x.size <= 12 and batch.x.dtype == np.float64:
        want = numerical_gradient(trial, step, index)
        atol = NUMERICAL["atol"] * max(1.0, float(np.abs(want).max()))
        text = f"{what} (held against the numerical gradient of your own batchnorm_forward)"
        trial.close(got, want, text, rtol=NUMERICAL["rtol"], atol=atol)


def numerical_gradient(trial: Trial, step: Pass, index: int) -> Array:
    """Central differences of sum(dout * out) through the student's own forward."""
    arrays = [array.copy() for array in step.batch.wide]
    target = arrays[index]
    result = np.zeros_like(target)
    h = 1e-6 * np.std(target, axis=0) if index == 0 else np.full(target.shape, 1e-4)
    for place in np.ndindex(target.shape):
        width = h[place[-1]]
        loss = []
        for side in (1.0, -1.0):
            moved = [array.copy() for array in arrays]
            moved[index][place] += side * width
            out = forward(trial, Batch(*moved), True, changes=True, **step.named)[0]
            loss.append(float(np.sum(step.dout * np.asarray(out))))
        result[place] = (loss[0] - loss[1]) / (2 * width)
    return result


def backward_passes(rng: np.random.Generator) -> Iterator[tuple[str, Batch, Array, dict[str, float]]]:
    """(description, batch, dout, options): small ones first, which can be differentiated numerically."""
    yield "a batch of shape (4, 2)", *_with_dout(rng, drawn(rng, 4, 2, 2.0) + 1.0), {}
    yield "eps = 0.1 and a batch of shape (6, 2)", *_with_dout(rng, drawn(rng, 6, 2, 0.4)), {"eps": 0.1}
    yield "a batch of shape (3, 4)", *_with_dout(rng, drawn(rng, 3, 4, [0.5, 1.0, 4.0, 8.0])), {}
    yield "a batch of shape (5, 1)", *_with_dout(rng, drawn(rng, 5, 1, 3.0)), {}
    yield "a batch whose variance is about as small as eps", *_with_dout(rng, drawn(rng, 5, 3, 0.004)), {}
    yield "a batch of shape (16, 3), far from zero", *_with_dout(rng, drawn(rng, 16, 3, 2.0) + 30.0), {}
    yield "a float32 batch", *_with_dout(rng, drawn(rng, 7, 3).astype(np.float32)), {}
    batch, dout = _with_dout(rng, drawn(rng, 6, 4))
    yield (
        "arrays in Fortran order",
        dataclasses.replace(batch, x=np.asfortranarray(batch.x)),
        np.asfortranarray(dout),
        {},
    )
    yield "dout as a strided view", batch, np.repeat(dout, 2, axis=1)[:, ::2], {}


def _with_dout(rng: np.random.Generator, x: Array) -> tuple[Batch, Array]:
    """A batch and an upstream gradient that has neither mean 0 nor scale 1."""
    return with_parameters(rng, x), rng.normal(0.8, 3.0, x.shape).astype(x.dtype)


def check_all_passes(trial: Trial, index: int) -> None:
    """One of the three gradients, over all passes."""
    for case, batch, dout, named in backward_passes(trial.rng):
        with trial.case(case):
            step = start_pass(trial, batch, dout, **named)
            check_gradient(trial, step, index, gradient(trial, step, index))


@batchnorm_backward_exercise.aspect("dx", points=6)
def _(trial: Trial) -> None:
    check_all_passes(trial, 0)


@batchnorm_backward_exercise.aspect("dgamma", points=2.5)
def _(trial: Trial) -> None:
    check_all_passes(trial, 1)


@batchnorm_backward_exercise.aspect("dbeta", points=1.5)
def _(trial: Trial) -> None:
    check_all_passes(trial, 2)


@batchnorm_backward_exercise.aspect("two caches at once", points=2, needs=("dx",))
def _(trial: Trial) -> None:
    steps = [start_pass(trial, *_with_dout(trial.rng, drawn(trial.rng, 4, 3, s))) for s in (1.0, 5.0)]
    for name, step in zip(("first", "second"), steps, strict=True):
        with trial.case(f"two forward passes, then backward with the {name} cache"):
            check_gradient(trial, step, 0, gradient(trial, step, 0))
    for index in (0, 1):
        with trial.case("backward once more with a cache that was used before"):
            check_gradient(trial, steps[0], index, gradient(trial, steps[0], index))
    with trial.case("dout compared before and after the call"):
        trial.call("batchnorm_backward", steps[0].dout, steps[0].cache, observe=False)


def check_repaired(
    trial: Trial, case: str, batch: Batch, dout: Array, *options: float, **named: float
) -> None:
    """All three gradients of one call."""
    with trial.case(case):
        x, gamma = batch.x, batch.gamma
        got = trial.call("repaired_batchnorm_backward", dout, x, gamma, *options, changes=True, **named)
        parts = trial.unpack(got, 3, "repaired_batchnorm_backward(...)")
        wide = (array.astype(np.float64) for array in (dout, x, gamma))
        for name, part, want in zip(
            GRADIENTS, parts, repaired_batchnorm_backward(*wide, *options, **named), strict=True
        ):
            loose = dict(batch.tolerance)
            atol = loose.pop("atol", 1e-8) * max(1.0, float(np.abs(want).max()))
            trial.close(part, want, name, source=x, atol=atol, **loose)


@bug_hunt_exercise.aspect("values", points=3.5)
def _(trial: Trial) -> None:
    for case, batch, dout, named in backward_passes(trial.rng):
        check_repaired(trial, case, batch, dout, **named)
    batch, dout = _with_dout(trial.rng, drawn(trial.rng, 5, 3, 0.5))
    check_repaired(trial, "eps given by position", batch, dout, 0.3)


@bug_hunt_exercise.aspect("leaves its arguments alone", points=0.5, needs=("values",))
def _(trial: Trial) -> None:
    batch, dout = _with_dout(trial.rng, drawn(trial.rng, 5, 3, 2.0))
    with trial.case("a batch of shape (5, 3)"):
        trial.call("repaired_batchnorm_backward", dout, batch.x, batch.gamma, observe=False)


batchnorm_backward_exercise.neighbours.update(batchnorm_forward_exercise.references)
