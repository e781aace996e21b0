"""Reading errors and curvature: under- or overfitting, and the kind of a critical point (slides S4.1, notes C)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.problem_definition.logits import LESSON
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
VERDICTS = ("underfitting", "overfitting", "good fit")
KINDS = ("minimum", "maximum", "saddle", "degenerate")

fit_exercise = Exercise(
    name="diagnose_fit",
    lesson=LESSON,
    functions=("diagnose_fit",),
    title="Underfitting, overfitting or a good fit",
    section="diagnose_fit_idea",
    difficulty=1,
    minutes=5,
    lines=6,
    hints=(
        "The gap is a difference, test minus train; it may be negative.",
        "Ask in this order: is even the training error above the target? If not, is the test error above it?",
        "The comparisons are strict: an error equal to the target has reached it.",
    ),
)

critical_exercise = Exercise(
    name="critical_point_type",
    lesson=LESSON,
    functions=("critical_point_type",),
    title="Minimum, maximum, saddle or degenerate",
    section="critical_point_type_idea",
    difficulty=2,
    minutes=10,
    lines=8,
    hints=(
        "The eigenvalues of the Hessian are the curvatures along its axes. np.linalg.eigvalsh is made for symmetric matrices.",
        "A saddle is found first: some eigenvalue above tol and some below -tol, whatever the others are.",
        "Not a saddle: any eigenvalue with absolute value at most tol makes it degenerate (inclusive).",
        "What is left has all eigenvalues above tol (a minimum) or all below -tol (a maximum).",
    ),
)


@fit_exercise.reference
def diagnose_fit(train_error: float, test_error: float, target_error: float) -> tuple[float, str]:
    """The generalization gap, and what to do something about."""
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@critical_exercise.reference
def critical_point_type(hessian: Array, tol: float = 1e-8) -> str:
    """The kind of a critical point from the signs of its Hessian's eigenvalues."""
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


def fits(rng: np.random.Generator) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """(description, (train, test, target)): every verdict with a positive and a negative gap."""
    low, mid, high = (float(rng.uniform(a, b)) for a, b in ((0.01, 0.04), (0.06, 0.09), (0.15, 0.4)))
    yield "train below, test above the target", (low, high, mid)
    yield "both errors above the target, test worse", (mid, high, low)
    yield "both errors above the target, test better", (high, mid, low)
    yield "both errors below the target, test worse", (low, mid, high)
    yield "both errors below the target, test better", (mid, low, high)
    yield "train above, test below the target", (high, low, mid)
    yield "both errors above the target and equal", (high, high, mid)
    yield "both errors below the target and equal", (low, low, mid)
    yield "errors of 0", (0.0, 0.0, low)
    yield "a large gap below a large target", (0.05, 0.45, 0.5)
    yield "a small gap across the target", (0.100, 0.102, 0.101)
    yield "a gap smaller than the target, well across it", (0.3, 0.5, 0.4)
    yield "errors far above 1, such as squared errors", (3.0, 40.0, 10.0)


def boundaries() -> Iterator[tuple[str, tuple[float, float, float]]]:
    """(description, (train, test, target)) with an error equal to the target."""
    yield "train error equal to the target, test above", (0.1, 0.3, 0.1)
    yield "train error equal to the target, test below", (0.1, 0.05, 0.1)
    yield "test error equal to the target", (0.02, 0.1, 0.1)
    yield "both errors equal to the target", (0.25, 0.25, 0.25)
    yield "a target of 0 reached in training", (0.0, 0.125, 0.0)
    yield "a target of 0 reached by both", (0.0, 0.0, 0.0)


def answer(trial: Trial, args: tuple[float, float, float], part: str) -> Any:
    """One call, and the one of its two answers that is in question."""
    got = trial.call("diagnose_fit", *args, changes=True, observe=False)
    if not isinstance(got, list | tuple) or len(got) != 2:
        trial.observe("answer", got)
    pair = trial.unpack(got, 2, "diagnose_fit(train_error, test_error, target_error)")
    value = pair[0] if part == "gap" else pair[1]
    trial.observe(part, value)
    return value


def check_verdict(trial: Trial, case: str, args: tuple[float, float, float]) -> None:
    """The words of one verdict."""
    with trial.case(case):
        got = answer(trial, args, "verdict")
        trial.require(
            isinstance(got, str) and got in VERDICTS,
            f"the verdict should be one of {', '.join(map(repr, VERDICTS))}, second in the returned pair, to the letter.",
            "type",
        )
        trial.require(got == diagnose_fit(*args)[1], f"the verdict should not be {str(got)!r} here.")


@fit_exercise.aspect("gap", points=2)
def _(trial: Trial) -> None:
    for case, args in fits(trial.rng):
        with trial.case(case):
            trial.close(answer(trial, args, "gap"), np.asarray(diagnose_fit(*args)[0]), "the gap")


@fit_exercise.aspect("verdict", points=3)
def _(trial: Trial) -> None:
    for case, args in fits(trial.rng):
        check_verdict(trial, case, args)


@fit_exercise.aspect("errors equal to the target", points=1, needs=("verdict",))
def _(trial: Trial) -> None:
    for case, args in boundaries():
        check_verdict(trial, case, args)


def rotated(rng: np.random.Generator, eigenvalues: Array | list[float]) -> Array:
    """A symmetric matrix with these eigenvalues and random axes."""
    values = np.asarray(eigenvalues, dtype=np.float64)
    Q = np.linalg.qr(rng.normal(size=(values.size, values.size)))[0]
    H = (Q * values) @ Q.T
    return np.asarray((H + H.T) / 2)


def spread(rng: np.random.Generator, n: int, low: float = 0.5, high: float = 6.0) -> Array:
    """n different positive eigenvalues in random order."""
    return rng.permutation(np.linspace(low, high, n) if n > 1 else np.array([high]))


def clear_points(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, Hessian) with no eigenvalue near 0."""
    for n in (2, 3, 6, 20):
        values = spread(rng, n)
        yield f"a minimum in {n} dimensions", rotated(rng, values)
        yield f"a maximum in {n} dimensions", rotated(rng, -values)
        for count in sorted({1, n // 2, n - 1}):
            signs = np.where(np.arange(n) < count, -1.0, 1.0)
            yield f"{n} dimensions, {count} of them downhill", rotated(rng, values * signs)
    yield "one dimension, curved up", np.array([[2.5]])
    yield "one dimension, curved down", np.array([[-0.5]])
    yield "a positive diagonal and a direction downhill", np.array([[1.0, 2.0], [2.0, 1.0]])
    yield "a negative diagonal and a direction uphill", np.array([[-1.0, 3.0], [3.0, -2.0]])
    yield "zeros on the diagonal", np.array([[0.0, 1.5], [1.5, 0.0]])
    two_down = np.diag([-1.0, -2.0, 3.0])
    yield "a positive determinant and two directions downhill", two_down
    yield "a minimum with negative entries", np.array([[2.0, -1.0], [-1.0, 2.0]])
    yield "one direction downhill, little curved", rotated(rng, [5.0, 3.0, 2.0, -0.01])
    yield "one direction uphill, little curved", rotated(rng, [-5.0, -3.0, -2.0, 0.01])
    yield "curvatures from 0.001 to a million", rotated(rng, [1e-3, 1.0, 1e6])
    yield "a float32 minimum", rotated(rng, [1.0, 2.0, 4.0]).astype(np.float32)
    yield "a float32 saddle", rotated(rng, [1.0, -2.0, 4.0]).astype(np.float32)
    yield "a minimum in Fortran order", np.asfortranarray(rotated(rng, [1.0, 2.0, 4.0]))
    yield "a maximum as a strided view", np.repeat(rotated(rng, [-1.0, -2.0, -4.0]), 2, axis=1)[:, ::2]


def flat_points(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, Hessian) with eigenvalues within the default tol of 0."""
    yield "a flat direction among uphill ones", rotated(rng, [3.0, 1.0, 0.0])
    yield "a flat direction among downhill ones", rotated(rng, [-3.0, -1.0, 0.0, -2.0])
    yield "a flat direction beside up and down: still a saddle", rotated(rng, [3.0, 0.0, -2.0])
    yield "a matrix of zeros", np.zeros((3, 3))
    yield "one dimension, flat", np.array([[0.0]])
    yield "curvatures of ±1e-9, below the default tol", np.diag([1e-9, -1e-9])
    yield "a curvature of -1e-9 beside uphill ones", np.diag([2.0, -1e-9, 1.0])
    yield "a curvature of 1e-9 beside downhill ones", np.diag([-2.0, 1e-9])
    yield "curvatures of 1e-6, above the default tol", np.diag([1e-6, 3e-6])
    yield "curvatures of -1e-6, below the default -tol", np.diag([-1e-6, -3e-6])
    yield "a curvature of -1e-6 beside uphill ones", np.diag([1.0, -1e-6])


def tolerant_points(rng: np.random.Generator) -> Iterator[tuple[str, Array, float]]:
    """(description, Hessian, tol) with a tol that changes the answer, and eigenvalues equal to it."""
    yield "curvatures 0.05 and 3", rotated(rng, [0.05, 3.0]), 0.1
    yield "curvatures -0.05 and 3", rotated(rng, [-0.05, 3.0, 1.0]), 0.1
    yield "curvatures -3, 0.05 and 3", rotated(rng, [-3.0, 0.05, 3.0]), 0.1
    yield "curvatures 0.05 and -0.05", rotated(rng, [0.05, -0.05]), 0.1
    yield "curvatures 0.05 and -3", rotated(rng, [0.05, -3.0]), 0.1
    yield "curvatures 0.2 and 3", rotated(rng, [0.2, 3.0]), 0.1
    yield "curvatures -0.2 and -3", rotated(rng, [-0.2, -3.0]), 0.1
    yield "curvatures -0.2 and 3", rotated(rng, [-0.2, 3.0]), 0.1
    yield "a single curvature equal to tol", np.array([[0.25]]), 0.25
    yield "a single curvature equal to -tol", np.array([[-0.25]]), 0.25
    yield "a curvature equal to tol beside 4", np.diag([0.5, 4.0]), 0.5
    yield "a curvature equal to -tol beside -4", np.diag([-4.0, -0.5]), 0.5
    yield "a curvature equal to -tol beside 4", np.diag([4.0, -0.5]), 0.5
    yield "a curvature equal to tol beside -4", np.diag([0.5, -4.0]), 0.5
    yield "curvatures of 1e-3 and a tol of 1e-4", rotated(rng, [1e-3, 2e-3]), 1e-4


def check_kind(trial: Trial, case: str, H: Array, *tol: float, **named: float) -> None:
    """One call of critical_point_type."""
    with trial.case(case):
        got = trial.call("critical_point_type", H, *tol, changes=True, **named)
        trial.require(
            isinstance(got, str) and got in KINDS,
            f"critical_point_type should return one of {', '.join(map(repr, KINDS))}, to the letter.",
            "type",
        )
        right = critical_point_type(H.astype(np.float64), *tol, **named)
        trial.require(
            got == right, f"this is not a case of {str(got)!r}. Look at the signs of all eigenvalues."
        )


@critical_exercise.aspect("no flat direction", points=4)
def _(trial: Trial) -> None:
    for case, H in clear_points(trial.rng):
        check_kind(trial, case, H)


@critical_exercise.aspect("flat directions", points=2, needs=("no flat direction",))
def _(trial: Trial) -> None:
    for case, H in flat_points(trial.rng):
        check_kind(trial, case, H)


@critical_exercise.aspect("given tol", points=2, needs=("no flat direction",))
def _(trial: Trial) -> None:
    for i, (case, H, tol) in enumerate(tolerant_points(trial.rng)):
        if i % 2:
            check_kind(trial, f"{case}, tol={tol:g}", H, tol=tol)
        else:
            check_kind(trial, f"{case}, tol {tol:g} by position", H, tol)


@critical_exercise.aspect("leaves its argument alone", points=1, needs=("no flat direction",))
def _(trial: Trial) -> None:
    with trial.case("a Hessian that is used again afterwards"):
        trial.call("critical_point_type", rotated(trial.rng, [2.0, -1.0, 0.5]), observe=False)
