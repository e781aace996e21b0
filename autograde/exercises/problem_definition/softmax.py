"""Softmax, and hardmax as its limit (notes C, softmax regression)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.problem_definition.logits import (
    LESSON,
    far,
    far_tolerance,
    ordinary,
    tolerance,
    wide,
)
from autograde.judge import inputs
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]

softmax_exercise = Exercise(
    name="softmax",
    lesson=LESSON,
    functions=("softmax",),
    title="Softmax: logits into probabilities",
    section="softmax_idea",
    difficulty=2,
    minutes=8,
    lines=3,
    hints=(
        "Each row is one example, and each row must sum to 1: along which axis of the (n, k) array do you sum?",
        "For a logit of 1e4, exp overflows. Adding the same number to a whole row changes no probability: which "
        "number makes the largest exponent exactly 0?",
        "Subtract each row's maximum first. keepdims=True keeps the shape (n, 1), which broadcasts against (n, k).",
        "shifted = logits - logits.max(axis=1, keepdims=True); e = np.exp(shifted); then divide e by its row sums.",
    ),
)

hardmax_exercise = Exercise(
    name="hardmax",
    lesson=LESSON,
    functions=("hardmax",),
    title="Hardmax: one class takes all",
    section="hardmax_idea",
    difficulty=1,
    minutes=5,
    lines=3,
    hints=(
        "Each row of the answer holds a single 1, where that row of logits is largest.",
        "logits == row maximum marks every winner of a tie. Only the first should get the 1.",
        "np.argmax(logits, axis=1) returns the first of several equal maxima, one index per row.",
        "Start from np.zeros_like(logits) and set [np.arange(n), logits.argmax(axis=1)] to 1.",
    ),
)


@softmax_exercise.reference
def softmax(logits: Array) -> Array:
    """exp of the shifted logits over their row sums, `(n, k)`."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@hardmax_exercise.reference
def hardmax(logits: Array) -> Array:
    """1.0 at the first maximum of each row, 0.0 elsewhere, `(n, k)`."""
    onehot = np.zeros(logits.shape)
    onehot[np.arange(len(logits)), logits.argmax(axis=1)] = 1.0
    return onehot


@softmax_exercise.aspect("values", points=4)
def _(trial: Trial) -> None:
    for case, z, _labels in ordinary(trial.rng):
        with trial.case(case):
            got = trial.call("softmax", z, changes=True)
            trial.close(got, softmax(wide(z)), "softmax(logits)", source=z, **tolerance(z))


@softmax_exercise.aspect("logits of ±1e4", points=4, needs=("values",))
def _(trial: Trial) -> None:
    for case, z, _labels in far(trial.rng):
        with trial.case(case):
            got = trial.call("softmax", z, changes=True)
            trial.close(got, softmax(wide(z)), "softmax(logits)", source=z, **far_tolerance(z))


@softmax_exercise.aspect("leaves its argument alone", points=1, needs=("values",))
def _(trial: Trial) -> None:
    with trial.case("logits that are used again afterwards"):
        trial.call("softmax", trial.rng.normal(0.0, 3.0, (5, 4)), observe=False)


def with_ties(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, logits) whose rows have several equal maxima."""
    yield "ties of two and of three", np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    yield "negative logits with a tie", np.array([[-5.0, -2.0, -7.0, -2.0], [-1.0, -3.0, -2.0, -1.0]])
    yield "a row of zeros", np.zeros((2, 5))
    crowd = rng.uniform(-1.0, 0.0, (4, 40))
    for row in crowd:
        row[rng.choice(40, 12, replace=False)] = 1.5
    yield "rows of 40 logits with 12 equal maxima", crowd
    yield "ties at ±1e4", np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]])
    yield "a tie in float32", np.array([[0.5, 0.25, 0.5], [0.0, 1.0, 1.0]], dtype=np.float32)


def without_ties(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, logits) with one maximum in each row."""
    for n, k in ((5, 3), (4, 4), (1, 6), (7, 1), (3, 10), (9, 2)):
        yield f"logits of shape ({n}, {k})", rng.normal(0.0, 2.0, (n, k))
    yield "small differences, no probability near 1", rng.normal(0.0, 0.1, (6, 5))
    yield "only negative logits", rng.uniform(-9.0, -1.0, (5, 4))
    yield "only positive logits", rng.uniform(3.0, 9.0, (5, 4))
    yield "float32 logits", rng.normal(0.0, 2.0, (6, 4)).astype(np.float32)
    for name, z in inputs.layouts(rng.normal(0.0, 2.0, (6, 4))):
        yield f"logits of shape (6, 4), {name}", z
    yield "the last classes never largest", rng.normal(size=(5, 6)) + np.array([20.0, 20.0, 0, 0, 0, 0])
    yield "two logits that differ by a billionth", np.array([[0.0, 1.0, 1.0 + 1e-9], [1.0 + 1e-9, 0.0, 1.0]])
    yield "logits of ±1e4", np.array([[1e4, -1e4, 9990.0], [-1e4, -9990.0, -9995.0], [0.0, 1.0, 2.0]])


def check_hardmax(trial: Trial, case: str, z: Array) -> None:
    """One call; the 0s and 1s may be of any type."""
    with trial.case(case):
        got = trial.call("hardmax", z, changes=True)
        trial.close(got, hardmax(z), "hardmax(logits)", source=z.astype(np.float32))


@hardmax_exercise.aspect("one winner", points=4)
def _(trial: Trial) -> None:
    for case, z in without_ties(trial.rng):
        check_hardmax(trial, case, z)


@hardmax_exercise.aspect("ties", points=2, needs=("one winner",))
def _(trial: Trial) -> None:
    for case, z in with_ties(trial.rng):
        check_hardmax(trial, case, z)


@hardmax_exercise.aspect("leaves its argument alone", points=1, needs=("one winner",))
def _(trial: Trial) -> None:
    with trial.case("logits that are used again afterwards"):
        trial.call("hardmax", trial.rng.normal(0.0, 3.0, (5, 4)), observe=False)
