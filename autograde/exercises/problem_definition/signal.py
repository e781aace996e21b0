"""The signal on its way through a deep net, and how much of it is saturated (slide S4.1, figure 11-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.exercises.problem_definition.logits import LESSON, tolerance, wide
from autograde.judge import inputs
from autograde.judge.compare import Mismatch, check_close
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Activation = Callable[[Array], Array]

forward_exercise = Exercise(
    name="forward_statistics",
    lesson=LESSON,
    functions=("forward_statistics",),
    title="Mean and spread of every layer",
    section="forward_statistics_idea",
    difficulty=2,
    minutes=10,
    lines=6,
    hints=(
        "One variable h carries the signal. It starts as X and is replaced at every layer.",
        "Per layer: h = activation(h @ W). Then h.mean() and h.std(), over all examples and units at once.",
        "Collect the numbers in two lists and turn each into an array at the end: np.array(means).",
    ),
)

saturated_exercise = Exercise(
    name="saturated_fraction",
    lesson=LESSON,
    functions=("saturated_fraction",),
    title="How much of a layer is saturated",
    section="saturated_fraction_idea",
    difficulty=1,
    minutes=5,
    lines=1,
    hints=(
        "A comparison such as a < margin gives an array of booleans; its mean is the share of True.",
        "Two ends count: below margin, and above 1 - margin. Join the two conditions with |, each in parentheses.",
        "np.mean((a < margin) | (a > 1 - margin)). Strictly: a value equal to margin does not count.",
    ),
)


@forward_exercise.reference
def forward_statistics(X: Array, weights: list[Array], activation: Activation) -> tuple[Array, Array]:
    """Mean and standard deviation of activation(h @ W) over all values of each layer, `(L,)` each."""
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@saturated_exercise.reference
def saturated_fraction(a: Array, margin: float = 0.05) -> float:
    """Share of values strictly below margin or strictly above 1 - margin."""
    return float(np.mean((a < margin) | (a > 1.0 - margin)))


def identity(h: Array) -> Array:
    """A linear layer: what goes in comes out."""
    return h


def tanh(h: Array) -> Array:
    """np.tanh as a plain function, which may cross the pipe as a callback."""
    return np.asarray(np.tanh(h))


def sigmoid(h: Array) -> Array:
    """1/(1 + e⁻ʰ)."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * h)))


def softplus(h: Array) -> Array:
    """log(1 + eʰ), whose mean moves from layer to layer."""
    return np.asarray(np.logaddexp(0.0, h))


def shifted_cosine(h: Array) -> Array:
    """An activation nobody would guess: it shows whether the one given is used."""
    return np.asarray(np.cos(h) + 2.0)


def nets(rng: np.random.Generator) -> Iterator[tuple[str, Array, list[Array], Activation]]:
    """(description, X, weights, activation): depths, widths, activations and layouts."""
    yield "one layer, the identity", *net(rng, 6, [3, 4], 1.0), identity
    yield "two linear layers of different width", *net(rng, 5, [3, 6, 2], 0.8), identity
    yield "three square layers, tanh", *net(rng, 7, [4, 4, 4, 4], 0.9), tanh
    yield "four layers of different width, sigmoid", *net(rng, 6, [5, 8, 3, 6, 2], 1.5), sigmoid
    yield "three layers, softplus", *net(rng, 8, [4, 5, 5, 3], 0.6), softplus
    yield "two square layers, cos(h) + 2", *net(rng, 5, [3, 3, 3], 0.7), shifted_cosine
    yield "twelve layers of 6 units, tanh", *net(rng, 9, [6] * 13, 1.2), tanh
    yield "one example, tanh", *net(rng, 1, [4, 5, 3], 1.0), tanh
    yield "one unit in the middle, tanh", *net(rng, 6, [3, 1, 4], 1.0), tanh
    X, weights = net(rng, 6, [3, 4, 2], 1.0)
    yield "float32 arrays, tanh", X.astype(np.float32), [W.astype(np.float32) for W in weights], tanh
    for name, X in inputs.layouts(rng.normal(0.5, 1.0, (6, 4))):
        yield f"X {name}, softplus", X, net(rng, 6, [4, 3, 3], 0.7)[1], softplus


def net(rng: np.random.Generator, n: int, sizes: list[int], scale: float) -> tuple[Array, list[Array]]:
    """X that is not centred, and one weight matrix between each two sizes."""
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return rng.normal(0.5, 1.0, (n, sizes[0])), [rng.normal(0.1, scale, pair) for pair in pairs]


def deviations(h: Array, weights: list[Array], activation: Activation) -> tuple[Array, Array]:
    """Every layer's standard deviation with 1/N, and the factor to the one with 1/(N - 1)."""
    factors, stds = [], []
    for W in weights:
        h = activation(h @ W)
        stds.append(h.std())
        factors.append(np.sqrt(h.size / (h.size - 1)))
    return np.array(stds), np.array(factors)


def statistics(trial: Trial, X: Array, weights: list[Array], activation: Activation, index: int) -> Any:
    """One call, and the one of its two answers that is in question."""
    got = trial.call("forward_statistics", X, weights, activation, changes=True, observe=False)
    if not isinstance(got, list | tuple) or len(got) != 2:
        trial.observe("answer", got)
    return trial.unpack(got, 2, "forward_statistics(X, weights, activation)")[index]


@forward_exercise.aspect("means", points=5)
def _(trial: Trial) -> None:
    for case, X, weights, activation in nets(trial.rng):
        with trial.case(case):
            got = statistics(trial, X, weights, activation, 0)
            trial.observe("means", got)
            trial.observe("means are", type(got).__name__)
            want = forward_statistics(wide(X), [wide(W) for W in weights], activation)[0]
            trial.close(got, want, "means", source=X, **tolerance(X))


@forward_exercise.aspect("standard deviations", points=5)
def _(trial: Trial) -> None:
    for case, X, weights, activation in nets(trial.rng):
        with trial.case(case):
            got = statistics(trial, X, weights, activation, 1)
            want, factor = deviations(wide(X), [wide(W) for W in weights], activation)
            sample = _is_close(got, want * factor, X)
            trial.observe("stds", got / factor if sample else got)
            trial.observe("stds are", type(got).__name__)
            trial.close(got, want * factor if sample else want, "stds", source=X, **tolerance(X))


def _is_close(got: Any, want: Array, X: Array) -> bool:
    try:
        check_close(got, want, "", source=X, **tolerance(X))
    except Mismatch:
        return False
    return True


@forward_exercise.aspect("leaves its arguments alone", points=1, needs=("means", "standard deviations"))
def _(trial: Trial) -> None:
    with trial.case("weights that are used again afterwards"):
        X, weights = net(trial.rng, 5, [3, 3, 3], 1.0)
        trial.call("forward_statistics", X, weights, tanh, observe=False)


def check_share(trial: Trial, case: str, a: Array, *margin: float, **named: float) -> None:
    """One call of saturated_fraction."""
    with trial.case(case):
        got = trial.call("saturated_fraction", a, *margin, changes=True, **named)
        want = np.asarray(saturated_fraction(a, *margin, **named))
        trial.close(got, want, "saturated_fraction(a)", source=np.float32(0), rtol=1e-5)


def outputs(rng: np.random.Generator, shape: tuple[int, ...], spread: float = 3.0) -> Array:
    """Sigmoid outputs that lie near 0, near 1 and between, none of them close to a margin in use."""
    a = sigmoid(rng.normal(0.4, spread, shape))
    for edge in (0.05, 0.95, 0.2, 0.8, 0.01, 0.99):
        a = np.where(np.abs(a - edge) < 1e-4, edge + 2e-4, a)
    return np.asarray(a)


@saturated_exercise.aspect("default margin", points=3)
def _(trial: Trial) -> None:
    for shape in ((8, 5), (30,), (1, 7), (6, 1), (2, 3, 4), (1,)):
        check_share(trial, f"outputs of shape {shape}", outputs(trial.rng, shape))
    low, high = trial.rng.uniform(0.001, 0.04, (4, 3)), trial.rng.uniform(0.96, 0.999, (4, 3))
    check_share(trial, "all outputs near 0", low)
    check_share(trial, "all outputs near 1", high)
    check_share(trial, "more outputs near 1 than near 0", np.concatenate([low[:1], high]))
    check_share(trial, "no output near 0 or 1", trial.rng.uniform(0.2, 0.8, (4, 3)))
    check_share(trial, "outputs of exactly 0 and 1", np.array([[0.0, 1.0, 0.5], [1.0, 1.0, 0.3]]))
    check_share(trial, "float32 outputs", outputs(trial.rng, (6, 4)).astype(np.float32))
    for name, a in inputs.layouts(outputs(trial.rng, (6, 4))):
        check_share(trial, f"outputs {name}", a)


@saturated_exercise.aspect("given margin", points=2, needs=("default margin",))
def _(trial: Trial) -> None:
    a = outputs(trial.rng, (9, 7), 2.5)
    for margin in (0.2, 0.01):
        check_share(trial, f"margin {margin}, by position", a, margin)
        check_share(trial, f"margin {margin}, by name", a, margin=margin)
    edge = np.array([0.125, 0.125, 0.875, 0.0625, 0.9375, 0.5, 0.5, 0.25])
    check_share(trial, "margin 0.125 with values of exactly 0.125 and 0.875", edge, 0.125)
    check_share(trial, "margin 0.25 with a value of exactly 0.25", edge, margin=0.25)
    check_share(trial, "margin 0.5 with values of exactly 0.5", edge, 0.5)
    check_share(trial, "the default margin with a value of exactly 0.05", np.array([0.05, 0.04, 0.5]))


@saturated_exercise.aspect("leaves its argument alone", points=1, needs=("default margin",))
def _(trial: Trial) -> None:
    with trial.case("outputs that are used again afterwards"):
        trial.call("saturated_fraction", outputs(trial.rng, (5, 4)), observe=False)
