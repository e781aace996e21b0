"""L2, L1 and elastic-net penalties with their gradients (slides S4.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.judge import inputs
from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Params = dict[str, Array]
LESSON = "04_regularization"

l2_penalty_exercise = Exercise(
    name="l2_penalty",
    lesson=LESSON,
    functions=("l2_penalty",),
    title="The L2 penalty",
    section="l2_penalty_idea",
    difficulty=2,
    minutes=8,
    lines=8,
    hints=(
        "Go through params.items(). A name that starts with b is a bias: it adds nothing to the loss and gets zeros.",
        "name.startswith('b') asks the question; np.zeros_like(theta) is the answer for a bias.",
        "The loss adds Σθ² over all weights and multiplies once by λ/(2m). Differentiate that: what becomes of the 2?",
        "For a weight: np.sum(theta ** 2) joins the total, and the gradient is theta times lam / m.",
    ),
)

l1_penalty_exercise = Exercise(
    name="l1_penalty",
    lesson=LESSON,
    functions=("l1_penalty",),
    title="The L1 penalty",
    section="l1_penalty_idea",
    difficulty=2,
    minutes=6,
    lines=8,
    hints=(
        "The same loop as in l2_penalty; only the two lines about a weight differ.",
        "The derivative of |θ| is the sign of θ. At 0 any slope between -1 and 1 is a subgradient.",
        "Here no 2 cancels: the gradient is λ/(2m)·sign(θ).",
    ),
    uses=("l2_penalty",),
)

elastic_net_penalty_exercise = Exercise(
    name="elastic_net_penalty",
    lesson=LESSON,
    functions=("elastic_net_penalty",),
    title="The elastic net",
    section="elastic_net_idea",
    difficulty=2,
    minutes=6,
    lines=6,
    hints=(
        "Σ(βθ² + |θ|) is a sum of two things you have written already.",
        "β multiplies the square only; λ/(2m) multiplies both.",
        "With your own functions: the loss is beta * l2 + l1, and so is the gradient of every name.",
    ),
    uses=("l2_penalty", "l1_penalty"),
)


def is_bias(name: str) -> bool:
    """Whether a parameter of this name goes free."""
    return name.startswith("b")


@l2_penalty_exercise.reference
def l2_penalty(params: Params, lam: float, m: int) -> tuple[float, Params]:
    """λ/(2m)·Σθ² over the weights, and its gradient by name."""
    weights = [theta for name, theta in params.items() if not is_bias(name)]
    loss = lam / (2 * m) * sum(float(np.sum(theta.astype(np.float64) ** 2)) for theta in weights)
    grads = {name: np.zeros_like(t) if is_bias(name) else lam / m * t for name, t in params.items()}
    return loss, grads


@l1_penalty_exercise.reference
def l1_penalty(params: Params, lam: float, m: int) -> tuple[float, Params]:
    """λ/(2m)·Σ|θ| over the weights, and its gradient by name."""
    weights = [theta for name, theta in params.items() if not is_bias(name)]
    loss = lam / (2 * m) * sum(float(np.sum(np.abs(theta.astype(np.float64)))) for theta in weights)
    grads = {
        name: np.zeros_like(t) if is_bias(name) else lam / (2 * m) * np.sign(t) for name, t in params.items()
    }
    return loss, grads


@elastic_net_penalty_exercise.reference
def elastic_net_penalty(params: Params, lam: float, beta: float, m: int) -> tuple[float, Params]:
    """λ/(2m)·Σ(βθ² + |θ|) over the weights, and its gradient by name."""
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return beta * squares + sizes, {name: beta * d_squares[name] + d_sizes[name] for name in params}


def networks(rng: np.random.Generator) -> Iterator[tuple[str, Params]]:
    """(description, params) over names, shapes, widths and layouts; no weight is 0."""

    def weight(*shape: int) -> Array:
        return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 3.0, shape))

    def bias(*shape: int) -> Array:
        return np.asarray(rng.normal(1.5, 1.0, shape))

    yield "one layer, W and b", {"W": weight(4, 3), "b": bias(3)}
    yield "two layers", {"W1": weight(5, 4), "b1": bias(4), "W2": weight(4, 2), "b2": bias(2)}
    yield "biases that come first", {"b1": bias(4), "b2": bias(2), "W1": weight(5, 4), "W2": weight(4, 2)}
    yield (
        "three layers called weights_… and bias_…",
        {
            "weights_in": weight(3, 6),
            "bias_in": bias(6),
            "weights_mid": weight(6, 6),
            "bias_mid": bias(6),
            "weights_out": weight(6, 1),
            "bias_out": bias(1),
        },
    )
    yield (
        "names with a b inside or a capital B, which are weights",
        {"embed": weight(5, 2), "Wb": weight(2, 3), "B": weight(3, 3), "b": bias(3)},
    )
    yield "weights that are vectors", {"theta": weight(5), "slope": weight(3), "bias": bias(2)}
    yield "a bias of shape (1, 3)", {"W1": weight(2, 3), "b1": bias(1, 3)}
    yield "weights only", {"W1": weight(3, 2), "W2": weight(2, 2)}
    yield "filters of shape (2, 3, 3, 2)", {"W": weight(2, 3, 3, 2), "b": bias(2)}
    yield "small and large weights", {"W1": 1e-3 * weight(3, 3), "W2": 40.0 * weight(3, 3), "b1": bias(3)}
    for name, w in inputs.layouts(weight(6, 4)):
        yield f"a weight matrix {name}", {"W1": w, "b1": bias(4)}
    yield (
        "float32 parameters",
        {"W1": weight(4, 3).astype(np.float32), "b1": bias(3).astype(np.float32)},
    )


def strengths(rng: np.random.Generator) -> Iterator[tuple[float, int]]:
    """λ and m, without end."""
    yield 0.5, 10
    yield 3.0, 1
    while True:
        yield float(rng.uniform(0.1, 5.0)), int(rng.integers(2, 60))


def narrow(params: Params) -> bool:
    """Whether anything in it is float32."""
    return any(theta.dtype == np.float32 for theta in params.values())


def parts(trial: Trial, function: str, *args: Any, **named: Any) -> tuple[Any, Any]:
    """The loss and the gradients a penalty returns."""
    got = trial.call(function, *args, changes=True, observe=False, **named)
    return trial.unpack(got, 2, f"{function}(...)")  # type: ignore[return-value]


def check_loss(trial: Trial, got: Any, want: float, params: Params) -> None:
    """The penalty itself."""
    trial.observe("loss", got)
    loose = {"rtol": 1e-4, "atol": 1e-5} if narrow(params) else {}
    source = next(iter(params.values()))
    trial.close(got, want, "the loss", source=source, **loose)


def check_grads(trial: Trial, got: Any, want: Params, params: Params, slack: float = 0.0) -> None:
    """A dict with the same names; where a weight is 0, anything within ±slack of the right value."""
    trial.require(isinstance(got, dict), f"grads should be a dict; it is {a_type(got)}.", "type")
    trial.observe("names", sorted(got))
    missing, extra = sorted(set(want) - set(got)), sorted(set(got) - set(want))
    trial.require(
        not missing, f"grads has no entry {', '.join(missing)}. Every name in params gets one, biases too."
    )
    trial.require(
        not extra, f"grads has an entry {', '.join(extra)} that params has not. Keep the names of params."
    )
    for name, right in want.items():
        gradient = _settle_zeros(got[name], right, params[name], slack)
        trial.observe(f"grads[{name}]", gradient)
    loose = {"rtol": 1e-4, "atol": 1e-5} if narrow(params) else {"atol": 1e-12}
    for name, right in want.items():
        gradient = _settle_zeros(got[name], right, params[name], slack)
        trial.close(gradient, right, f"grads['{name}']", source=params[name], **loose)


def _settle_zeros(got: Any, want: Array, theta: Array, slack: float) -> Any:
    """The gradient, with any subgradient where a weight is 0 counted as the one the reference takes."""
    if slack == 0.0 or not isinstance(got, np.ndarray) or got.shape != want.shape or got.dtype.kind != "f":
        return got
    at_zero = (theta == 0) & (np.abs(got - want) <= slack * (1 + 1e-6))
    return np.where(at_zero, want, got).astype(got.dtype)


Penalty = Callable[..., tuple[float, Params]]


def declare_aspects(exercise: Exercise, right: Penalty, extra: Callable[[Trial], tuple[float, ...]]) -> None:
    """The same trials for each of the three penalties; `extra` draws what stands between lam and m."""
    name = exercise.name
    kinked = name != "l2_penalty"
    points = {"l2_penalty": 2.5}.get(name, 2.0)

    def arguments(trial: Trial, lam: float, m: int) -> tuple[float, ...]:
        return (lam, *extra(trial), m)

    @exercise.aspect("loss", points=points)
    def _(trial: Trial) -> None:
        draws = strengths(trial.rng)
        for case, params in networks(trial.rng):
            with trial.case(case):
                args = arguments(trial, *next(draws))
                check_loss(trial, parts(trial, name, params, *args)[0], right(params, *args)[0], params)

    @exercise.aspect("gradients of the weights", points=points)
    def _(trial: Trial) -> None:
        draws = strengths(trial.rng)
        for case, params in networks(trial.rng):
            with trial.case(case):
                args = arguments(trial, *next(draws))
                weights = {n: g for n, g in right(params, *args)[1].items() if not is_bias(n)}
                got = parts(trial, name, params, *args)[1]
                trial.require(isinstance(got, dict), f"grads should be a dict; it is {a_type(got)}.", "type")
                present = {n: g for n, g in got.items() if not is_bias(str(n))}
                check_grads(trial, present, weights, params)

    @exercise.aspect("biases go free", points=1, needs=("gradients of the weights",))
    def _(trial: Trial) -> None:
        draws = strengths(trial.rng)
        for case, params in networks(trial.rng):
            with trial.case(case):
                args = arguments(trial, *next(draws))
                check_grads(trial, parts(trial, name, params, *args)[1], right(params, *args)[1], params)
        with trial.case("nothing but biases"):
            params = {"b1": trial.rng.normal(size=3), "bias": trial.rng.normal(size=2)}
            args = arguments(trial, 2.0, 5)
            loss, grads = parts(trial, name, params, *args)
            check_loss(trial, loss, 0.0, params)
            check_grads(trial, grads, right(params, *args)[1], params)

    @exercise.aspect("edges", points=0.5, needs=("loss", "gradients of the weights"))
    def _(trial: Trial) -> None:
        params = {"W1": trial.rng.normal(size=(4, 3)), "b1": trial.rng.normal(size=3)}
        with trial.case("λ = 0"):
            args = arguments(trial, 0.0, 7)
            _check_both(trial, name, right, params, args, 0.0)
        with trial.case("weights of exactly 0"):
            params["W1"][[0, 2], [1, 2]] = 0.0
            args = arguments(trial, 0.8, 4)
            _check_both(trial, name, right, params, args, args[0] / (2 * args[-1]) if kinked else 0.0)
        if name == "elastic_net_penalty":
            with trial.case("β = 0, which leaves the absolute values alone"):
                params = {"W1": trial.rng.uniform(0.5, 2.0, (4, 3)), "b1": trial.rng.normal(size=3)}
                _check_both(trial, name, right, params, (1.5, 0.0, 6), 0.0)
        with trial.case("arguments given by name"):
            params = {"W": trial.rng.uniform(0.5, 2.0, (3, 2)), "b": trial.rng.normal(size=2)}
            args = arguments(trial, 1.5, 9)
            names = ("lam", "beta", "m") if len(args) == 3 else ("lam", "m")
            loss, grads = parts(trial, name, params=params, **dict(zip(names, args, strict=True)))
            check_loss(trial, loss, right(params, *args)[0], params)
            check_grads(trial, grads, right(params, *args)[1], params)

    @exercise.aspect("arguments unchanged", points=0.5, needs=("gradients of the weights",))
    def _(trial: Trial) -> None:
        with trial.case("parameters that are used again afterwards"):
            params = {"W1": trial.rng.normal(size=(4, 3)), "b1": trial.rng.normal(size=3)}
            trial.call(name, params, *arguments(trial, 2.0, 3), observe=False)


def _check_both(
    trial: Trial, name: str, right: Penalty, params: Params, args: tuple[float, ...], slack: float
) -> None:
    loss, grads = parts(trial, name, params, *args)
    want_loss, want_grads = right(params, *args)
    check_loss(trial, loss, want_loss, params)
    check_grads(trial, grads, want_grads, params, slack)


declare_aspects(l2_penalty_exercise, l2_penalty, lambda trial: ())
declare_aspects(l1_penalty_exercise, l1_penalty, lambda trial: ())
declare_aspects(
    elastic_net_penalty_exercise, elastic_net_penalty, lambda trial: (float(trial.rng.uniform(0.2, 4.0)),)
)
