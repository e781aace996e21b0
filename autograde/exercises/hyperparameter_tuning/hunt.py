"""Bug hunt: a choice among candidates that peeks at the test set where validation errors are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import Point, as_number
from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.exercises.hyperparameter_tuning.search import key_of
from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

repaired_tune_exercise = Exercise(
    name="repaired_tune",
    lesson=LESSON,
    functions=("repaired_tune",),
    title="Bug hunt: a test error that is too good",
    section="bug_hunt_idea",
    difficulty=3,
    minutes=12,
    lines=4,
    hints=(
        "The candidates guess at random, so an honest report averages 50 %. Which information could make it lower?",
        "How does Python compare the tuples (val, test, number)? What decides when two validation errors are equal?",
        "Choose by the validation error alone. Evaluate on the test part once, for the candidate you have chosen.",
    ),
)


@repaired_tune_exercise.reference
def repaired_tune(
    evaluate: Callable[[Point, str], float], candidates: Sequence[Point]
) -> tuple[Point, float]:
    """The candidate with the lowest validation error, and its test error."""
    errors = [evaluate(candidate, "val") for candidate in candidates]
    best = candidates[errors.index(min(errors))]
    return best, evaluate(best, "test")


class Table:
    """evaluate(candidate, part) from two lists of errors; remembers what it was asked."""

    def __init__(self, candidates: list[Point], val: Sequence[float], test: Sequence[float]) -> None:
        self.errors = {
            "val": {key_of(c): float(e) for c, e in zip(candidates, val, strict=True)},
            "test": {key_of(c): float(e) for c, e in zip(candidates, test, strict=True)},
        }
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, candidate: Any, part: Any) -> float:
        if part not in self.errors:
            raise ValueError('part is "val" or "test"')
        self.asked.append((part, key_of(candidate)))
        return self.errors[part][key_of(candidate)]


Case = tuple[str, list[float], list[float]]


def tables(rng: np.random.Generator) -> list[Case]:
    """(description, validation errors, test errors), without equal validation errors."""
    eight = rng.permutation(np.linspace(0.1, 0.8, 8)).tolist()
    return [
        ("8 candidates, the errors unrelated", eight, rng.permutation(np.linspace(0.15, 0.9, 8)).tolist()),
        (
            "5 candidates, the best one has the worst test error",
            [0.3, 0.1, 0.5, 0.4, 0.2],
            [0.2, 0.6, 0.1, 0.3, 0.4],
        ),
        (
            "6 candidates, the last is the best",
            [0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        ),
        ("4 candidates, the first is the best", [0.05, 0.5, 0.4, 0.3], [0.5, 0.05, 0.3, 0.2]),
        ("a single candidate", [0.4], [0.7]),
    ]


TIES: tuple[Case, ...] = (
    ("4 candidates, two share the lowest validation error", [0.2, 0.4, 0.2, 0.3], [0.5, 0.1, 0.3, 0.2]),
    ("6 candidates with one validation error", [0.3] * 6, [0.6, 0.2, 0.5, 0.1, 0.4, 0.3]),
    ("5 candidates, three share the lowest", [0.25, 0.5, 0.25, 0.6, 0.25], [0.45, 0.2, 0.3, 0.1, 0.15]),
)


def named_candidates(count: int) -> list[Point]:
    """Distinct points."""
    return [{"lr": round(0.1 * 0.7**i, 6), "units": 8 + i} for i in range(count)]


def tuned(trial: Trial, case: Case) -> tuple[Any, float, Table, int]:
    """(best, reported test error, table, number of the candidate) of one call."""
    _case, val, test = case
    candidates = named_candidates(len(val))
    table = Table(candidates, val, test)
    got = trial.call("repaired_tune", table, candidates, observe=False)
    best, error = trial.unpack(got, 2, "repaired_tune(evaluate, candidates)")
    if not isinstance(best, dict):
        trial.observe("choice, report", [-1, a_type(best)])
    trial.require(
        isinstance(best, dict), f"best should be a candidate (a dict); it is {a_type(best)}.", "type"
    )
    keys = [key_of(candidate) for candidate in candidates]
    number = keys.index(key_of(best)) if key_of(best) in keys else -1
    reported = as_number(error, "the reported test error", trial)
    trial.observe("choice, report", [number, reported])
    trial.require(number >= 0, "best is none of the candidates.")
    kept = [key_of(c) for c in trial.last_answer.arguments[1]] == keys
    trial.require(kept, "The caller's list of candidates was changed.", "conduct")
    return best, reported, table, number


def check_choice(case: Case, trial: Trial) -> int:
    """Lowest validation error, its own test error; returns the number of the choice."""
    _best, reported, _table, number = tuned(trial, case)
    trial.require(
        case[1][number] == min(case[1]),
        "best has not the lowest validation error. Choose by validation, not by test.",
    )
    trial.require(abs(reported - case[2][number]) < 1e-9, "The reported error is not the test error of best.")
    return number


@repaired_tune_exercise.aspect("choice and report", points=1)
def _(trial: Trial) -> None:
    for case in tables(trial.rng):
        with trial.case(case[0]):
            check_choice(case, trial)


@repaired_tune_exercise.aspect("equal validation errors", points=2, needs=("choice and report",))
def _(trial: Trial) -> None:
    for case in TIES:
        with trial.case(case[0]):
            top = max(case[2]) + min(case[2])
            mirrored = (case[0], case[1], [top - error for error in case[2]])
            one, other = check_choice(case, trial), check_choice(mirrored, trial)
            trial.require(
                one == other,
                "Where validation errors are equal, the test errors decide which candidate you take: with other test "
                "errors the choice changes. That makes the report too good.",
            )


@repaired_tune_exercise.aspect("test part seen once", points=1, needs=("choice and report",))
def _(trial: Trial) -> None:
    for case in (*tables(trial.rng), *TIES):
        with trial.case(case[0]):
            _best, _reported, table, _number = tuned(trial, case)
            tested = sum(part == "test" for part, _ in table.asked)
            trial.observe("looks at the test part", tested)
            trial.require(
                tested == 1,
                f"The test part is looked at {tested} times. Once, for the chosen candidate, is enough.",
            )
