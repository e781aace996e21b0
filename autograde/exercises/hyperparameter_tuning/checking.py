"""A gradient check by central differences (the tool behind every bug hunt of the course).

Each check is a pair (f, gradient) with a known largest relative error. Both forms count:
|a - n|/(|a| + |n|), in which a doubled gradient shows as 1/3, and |a - n|/max(|a|, |n|), in which it shows as 1/2.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.judge import inputs
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]

gradient_check_exercise = Exercise(
    name="gradient_check",
    lesson=LESSON,
    functions=("gradient_check",),
    title="Gradient check",
    section="gradient_check_idea",
    difficulty=3,
    minutes=20,
    lines=12,
    hints=(
        "Move one element of theta by +h, then by -h, and see how f changes. Do that for every element, whatever the shape.",
        "n = (f(theta + h·e) - f(theta - h·e)) / (2h), where e is 1 at the one element and 0 elsewhere.",
        "np.ndindex(theta.shape) walks over all positions of an array of any shape, also of shape ().",
        "Compare element by element: |a - n|/(|a| + |n|), 0 where both are 0, and take the largest.",
    ),
)


@gradient_check_exercise.reference
def gradient_check(
    f: Callable[[Array], float], gradient: Callable[[Array], Array], theta: Array, h: float = 1e-5
) -> float:
    """The largest |a - n|/(|a| + |n|) between `gradient` and central differences of `f` at theta."""
    analytic = np.asarray(gradient(theta.copy()), dtype=np.float64)
    largest = 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(np.float64), theta.astype(np.float64)
        up[index] += h
        down[index] -= h
        n, a = (float(f(up)) - float(f(down))) / (2.0 * h), float(analytic[index])
        if a != n:
            largest = max(largest, abs(a - n) / (abs(a) + abs(n)))
    return largest


@dataclasses.dataclass(frozen=True)
class Check:
    """A function, a claimed gradient, where to compare them, and the numerical gradient that central differences give."""

    case: str
    f: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    theta: Array
    numerical: Array
    h: float | None = None

    @property
    def errors(self) -> tuple[float, float]:
        """The largest relative error in either form."""
        a = np.asarray(self.gradient(self.theta), dtype=np.float64)
        n = np.asarray(self.numerical, dtype=np.float64)
        gap = np.abs(a - n)
        return _largest(gap, np.abs(a) + np.abs(n)), _largest(gap, np.maximum(np.abs(a), np.abs(n)))


def _largest(gap: Array, size: Array) -> float:
    return float(np.max(np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)))


def cubic(
    c: Array,
) -> tuple[Callable[[Array], float], Callable[[Array], Array], Callable[[Array, float], Array]]:
    """f = Σ c·θ³ - Σ θ², its gradient, and its central differences with step h, which are exact up to rounding."""

    def f(theta: Any) -> float:
        x = np.asarray(theta, dtype=np.float64)
        return float(np.sum(c * x**3 - x**2))

    def gradient(theta: Any) -> Array:
        x = np.asarray(theta, dtype=np.float64)
        return np.asarray(3.0 * c * x**2 - 2.0 * x)

    def numerical(theta: Any, h: float) -> Array:
        return np.asarray(gradient(theta) + c * h**2)

    return f, gradient, numerical


def thetas(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """Arrays of every shape, with elements away from 0."""
    for shape in ((4,), (1,), (2, 3), (3, 1), (2, 2, 2), ()):
        yield f"theta of shape {shape}", away(rng, shape)
    for name, theta in inputs.layouts(away(rng, (3, 2))):
        yield f"theta of shape (3, 2), {name}", theta


def away(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draws of size 0.8 to 2 of either sign."""
    return np.asarray(rng.uniform(0.8, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def made(
    rng: np.random.Generator,
    case: str,
    theta: Array,
    change: Callable[[Array], Array],
    h: float | None = None,
) -> Check:
    """A cubic whose gradient is changed by `change`."""
    c = np.asarray(rng.uniform(1.5, 3.0, theta.shape) * np.where(theta < 0, -1.0, 1.0))
    f, gradient, numerical = cubic(c)
    return Check(case, f, lambda t: change(gradient(t)), theta, numerical(theta, 1e-5 if h is None else h), h)


def tied(rng: np.random.Generator, case: str, factor: float = 1.0, h: float | None = None) -> Check:
    """A cubic plus 0.1·(Σ θ)²: each element's slope depends on all the others. One element's is off by `factor`."""
    theta = away(rng, (2, 2))
    check = made(rng, case, theta, lambda g: g, h)
    change = at_one(rng, theta, factor)

    def total(t: Any) -> float:
        return float(np.sum(np.asarray(t, dtype=np.float64)))

    return dataclasses.replace(
        check,
        f=lambda t: check.f(t) + 0.1 * total(t) ** 2,
        gradient=lambda t: change(check.gradient(t) + 0.2 * total(t)),
        numerical=check.numerical + 0.2 * total(theta),
    )


def at_one(rng: np.random.Generator, theta: Array, factor: float) -> Callable[[Array], Array]:
    """Multiply the gradient by `factor` at one element."""
    place = int(rng.integers(theta.size))

    def change(g: Array) -> Array:
        out = g.copy()
        out.ravel()[...] = g.ravel()
        flat = np.array(g, dtype=np.float64).ravel()
        flat[place] *= factor
        return flat.reshape(g.shape)

    return change


def wrong_checks(rng: np.random.Generator) -> Iterator[Check]:
    """Wrong gradients whose error is known, none of them nearly 1 or 0 by accident."""
    for case, theta in thetas(rng):
        yield made(rng, f"{case}, one element doubled", theta, at_one(rng, theta, 2.0))
    theta = away(rng, (3, 4))
    for name, factor in (("halved", 0.5), ("ten times too large", 10.0), ("2 % too large", 1.02)):
        yield made(rng, f"a gradient {name} at one of 12 elements", theta, at_one(rng, theta, factor))
    for factor in (0.7, 3.0):
        yield made(rng, f"a gradient {factor} times what it should be", theta, lambda g, k=factor: k * g)
    yield made(rng, "a gradient with the wrong sign at one element", theta, at_one(rng, theta, -1.0))
    yield made(rng, "a gradient that is 0 at one element", theta, at_one(rng, theta, 0.0))
    yield made(rng, "a gradient of zeros", theta, lambda g: np.zeros_like(g))
    for name, factor in (("a thousandth", 1.001), ("a hundred-thousandth", 1.00001)):
        yield made(rng, f"a gradient {name} too large at one element", theta, at_one(rng, theta, factor))
    yield tied(rng, "a function that ties the elements together, one element doubled", 2.0)
    small = made(rng, "", theta, at_one(rng, theta, 2.0))
    for scale in (1e-3, 1e4):
        yield dataclasses.replace(
            small,
            case=f"a function of scale {scale:g}, one element of the gradient doubled",
            f=lambda t, s=scale: s * small.f(t),
            gradient=lambda t, s=scale: s * small.gradient(t),
            numerical=scale * small.numerical,
        )


def call_check(trial: Trial, check: Check, by_name: bool = False) -> float:
    """The number the student's function returns."""
    more: dict[str, Any] = {} if check.h is None or not by_name else {"h": check.h}
    place = () if check.h is None or by_name else (check.h,)
    got = trial.call(
        "gradient_check", check.f, check.gradient, check.theta, *place, changes=True, observe=False, **more
    )
    value = as_array(got, "gradient_check(...)", scalar=True)
    trial.require(
        value.shape == (), f"gradient_check should return one number, not shape {value.shape}.", "shape"
    )
    trial.observe(
        "error", float(np.round(np.log10(float(value) + 1e-6), 4)) if value > -1e-6 else float(value)
    )
    trial.require(bool(np.isfinite(value)), "gradient_check returns NaN or infinity.", "finite")
    return float(value)


def expect(trial: Trial, check: Check, value: float) -> None:
    """One of the two forms of the largest relative error."""
    close = any(math.isclose(value, want, rel_tol=2e-3, abs_tol=1e-6) for want in check.errors)
    trial.require(
        close,
        "The result is not the largest relative error, in neither form: |a - n|/(|a| + |n|) or |a - n|/max(|a|, |n|).",
    )


@gradient_check_exercise.aspect("wrong gradients", points=4)
def _(trial: Trial) -> None:
    for check in wrong_checks(trial.rng):
        with trial.case(check.case):
            expect(trial, check, call_check(trial, check))


def right_checks(rng: np.random.Generator) -> Iterator[Check]:
    """Right gradients: only rounding is left."""
    for case, theta in thetas(rng):
        yield made(rng, case, theta, lambda g: g)
    theta = away(rng, (5,))
    yield Check("f = Σ sin θ", _sum_sin, np.cos, np.array([0.3, -0.9, 2.2]), np.cos([0.3, -0.9, 2.2]))
    yield made(rng, "a vector of 5", theta, lambda g: g)


def _sum_sin(theta: Any) -> float:
    return float(np.sum(np.sin(theta)))


@gradient_check_exercise.aspect("right gradients", points=2)
def _(trial: Trial) -> None:
    for check in right_checks(trial.rng):
        with trial.case(f"{check.case}, the gradient is right"):
            value = call_check(trial, check)
            trial.require(
                0.0 <= value < 1e-6,
                "For a right gradient the result should be tiny, below 0.000001. Are the differences central, over 2h?",
            )


@gradient_check_exercise.aspect("step h", points=1.5)
def _(trial: Trial) -> None:
    theta = away(trial.rng, (2, 2))
    for h, by_name in ((0.1, True), (0.03, False), (0.2, False)):
        with trial.case(f"h = {h}, the gradient is right"):
            check = made(trial.rng, "", theta, lambda g: g, h)
            expect(trial, check, call_check(trial, check, by_name))
    with trial.case("h = 0.1, a function that ties the elements together, the gradient is right"):
        check = tied(trial.rng, "", h=0.1)
        expect(trial, check, call_check(trial, check))
    with trial.case("float32, h = 0.01, one element doubled"):
        narrow = theta.astype(np.float32)
        check = made(trial.rng, "", narrow.astype(np.float64), at_one(trial.rng, theta, 2.0), 0.01)
        value = call_check(trial, dataclasses.replace(check, theta=narrow))
        close = any(abs(value - want) < 0.01 for want in check.errors)
        trial.require(close, "The result is not the largest relative error.")


@gradient_check_exercise.aspect("zero over zero", points=0.5, needs=("wrong gradients",))
def _(trial: Trial) -> None:
    theta = away(trial.rng, (4,))
    weight = np.array([1.0, 0.0, 2.0, 0.0])

    def f(t: Any) -> float:
        return float(np.sum(weight * np.asarray(t) ** 2))

    for name, factor in (("right", 1.0), ("doubled elsewhere", 2.0)):
        with trial.case(f"f does not depend on two of four elements, the gradient is {name}"):
            check = Check(
                "", f, lambda t, k=factor: k * 2 * weight * np.asarray(t), theta, 2 * weight * theta
            )
            value = call_check(trial, check)
            if factor == 1.0:
                trial.require(
                    0.0 <= value < 1e-6, "0/0 should count as 0: f does not depend on that element."
                )
            else:
                expect(trial, check, value)
    with trial.case("f does not depend on two of four elements, the gradient says it does on one"):
        claimed = np.array([0.0, 0.0, 0.0, 0.7])
        check = Check("", f, lambda t: 2 * weight * np.asarray(t) + claimed, theta, 2 * weight * theta)
        expect(trial, check, call_check(trial, check))


@gradient_check_exercise.aspect("theta untouched", points=1, needs=("wrong gradients",))
def _(trial: Trial) -> None:
    for case, theta in list(thetas(trial.rng))[:4]:
        with trial.case(f"{case}, used again afterwards"):
            check = made(trial.rng, "", theta, lambda g: g)
            trial.call("gradient_check", check.f, check.gradient, check.theta, observe=False)
