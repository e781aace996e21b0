"""Successive halving: many configurations on a small budget, the best of them on a larger one (beyond the notes).

Jamieson & Talwalkar 2016. The judge replays what the student's function asked of the objective, rung by rung; where a
contract leaves a choice (floor or ceil, which of equal values) every choice is followed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import Point, as_number
from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.exercises.hyperparameter_tuning.search import key_of
from autograde.judge.compare import Mismatch, a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

successive_halving_exercise = Exercise(
    name="successive_halving",
    lesson=LESSON,
    functions=("successive_halving",),
    title="Successive halving",
    section="successive_halving_idea",
    difficulty=4,
    minutes=20,
    lines=10,
    hints=(
        "A while loop over rungs, as long as more than one point is left. What has to be kept from one rung to the next?",
        "In each rung: evaluate every survivor at the present budget, write each evaluation down, sort by value.",
        "Keep max(1, len(survivors) // eta) of them, the ones with the lowest values of this rung; then budget *= eta.",
        "sorted(zip(values, survivors)) compares dicts when values are equal, and fails. Sort by the value only: "
        "key=lambda pair: pair[0].",
    ),
)


@successive_halving_exercise.reference
def successive_halving(
    objective: Callable[[Point, float], float], points: list[Point], min_budget: float, eta: int = 3
) -> tuple[Point, list[tuple[Point, float, float]]]:
    """The point that survives every rung, and (point, budget, value) of every evaluation."""
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [point for point, _, _ in rung[: max(1, len(rung) // eta)]]
        budget = budget * eta
    return survivors[0], history


class Landscape:
    """An objective(point, budget) that draws a value for every pair and remembers what it was asked, in order."""

    def __init__(self, value: Callable[[Any, float], float]) -> None:
        self.value, self.calls = value, []  # type: ignore[var-annotated]
        self._known: dict[Any, float] = {}

    def __call__(self, point: Any, budget: Any) -> float:
        key = (key_of(point), float(budget))
        if key not in self._known:
            self._known[key] = float(self.value(point, float(budget)))
        self.calls.append((*key, self._known[key]))
        return self._known[key]


def rungs_of(calls: list[Any]) -> list[tuple[float, dict[Any, float]]]:
    """(budget, value by point) of each run of calls with one budget."""
    return [
        (budget, {key: value for key, _, value in group})
        for budget, group in itertools.groupby(calls, key=lambda call: call[1])
    ]


Call = tuple[str, list[Point], float, dict[str, Any], tuple[Any, ...], int]


def searches(rng: np.random.Generator) -> list[Call]:
    """(description, points, smallest budget, keywords, more positional arguments, eta)."""
    calls: list[Call] = []
    for n, budget, named, more, eta in (
        (9, 1, {}, (), 3),
        (27, 2, {}, (), 3),
        (10, 1, {}, (), 3),
        (4, 5, {}, (), 3),
        (2, 1, {}, (), 3),
        (8, 1, {"eta": 2}, (), 2),
        (7, 3, {"eta": 2}, (), 2),
        (16, 10, {}, (4,), 4),
        (5, 1, {"eta": 4}, (), 4),
        (12, 0.5, {"eta": 2}, (), 2),
    ):
        made = [{"lr": float(lr), "units": int(i)} for i, lr in enumerate(10 ** rng.uniform(-4, 0, n))]
        calls.append((f"{n} points, min_budget {budget}, eta {eta}", made, budget, named, more, eta))
    return calls


def searched(trial: Trial, call: Call, landscape: Landscape) -> tuple[Any, Any]:
    """Best and history of one run."""
    _case, points, budget, named, more, _eta = call
    got = trial.call("successive_halving", landscape, points, budget, *more, observe=False, **named)
    best, history = trial.unpack(got, 2, "successive_halving(...)")
    trial.require(
        isinstance(best, dict), f"best should be one of the points, a dict; it is {a_type(best)}.", "type"
    )
    return best, history


def noisy(rng: np.random.Generator) -> Landscape:
    """Values that have nothing to do with each other: every rung ranks anew, in either sign."""
    return Landscape(lambda point, budget: rng.normal(0.0, 3.0))


def check_start(landscape: Landscape, call: Call) -> list[tuple[float, dict[Any, float]]]:
    """The first rung: all points at the smallest budget."""
    rungs = rungs_of(landscape.calls)
    if not rungs:
        raise Mismatch("value", "The objective was never called.")
    budget, values = rungs[0]
    if budget != float(call[2]):
        raise Mismatch("value", f"The first budget is {budget:g}; it should be min_budget, {call[2]:g}.")
    if set(values) != {key_of(point) for point in call[1]}:
        raise Mismatch(
            "value", f"The first rung evaluates {len(values)} points; all {len(call[1])} should take part."
        )
    return rungs


def check_rungs(landscape: Landscape, call: Call) -> dict[Any, float]:
    """Who goes on, how many, and at which budget; returns the last rung's values."""
    eta, rungs = call[5], check_start(landscape, call)
    for number, ((budget, values), (later, chosen)) in enumerate(itertools.pairwise(rungs), 1):
        if not math.isclose(later, budget * eta):
            raise Mismatch(
                "value", f"After the budget {budget:g} comes {later:g}; it should be {eta} times as much."
            )
        _check_count(len(values), len(chosen), eta, number)
        if not set(chosen) <= set(values):
            raise Mismatch("value", f"Rung {number + 1} evaluates a point that had been dropped before.")
        _check_choice(values, chosen, number)
    last = rungs[-1][1]
    if len(last) == 1 and len(call[1]) > 1:
        raise Mismatch(
            "value", "The only point left is evaluated once more. Stop when one is left: that one is best."
        )
    if max(1, len(last) // eta) > 1:
        raise Mismatch(
            "value", f"The search ends with a rung of {len(last)} points. Go on until one is left."
        )
    return last


def _check_count(before: int, after: int, eta: int, number: int) -> None:
    right = {max(1, before // eta), max(1, math.ceil(before / eta))}
    if after not in right:
        raise Mismatch(
            "value",
            f"Of {before} points in rung {number}, {after} go on; with eta = {eta} it should be {before}/{eta}, rounded "
            "down or up, and at least one.",
        )


def _check_choice(values: dict[Any, float], chosen: dict[Any, float], number: int) -> None:
    worst = max(values[key] for key in chosen)
    dropped = [value for key, value in values.items() if key not in chosen]
    if dropped and min(dropped) < worst:
        raise Mismatch(
            "value",
            f"After rung {number} a point goes on although another one with a lower value of this rung is dropped.",
        )


def summary(landscape: Landscape) -> list[list[float]]:
    """Budget, size, mean value and who took part in every rung, for the transcript."""
    return [
        [budget, len(values), float(np.mean(list(values.values()))), _fingerprint(values)]
        for budget, values in rungs_of(landscape.calls)
    ]


def _fingerprint(keys: Any) -> float:
    """A number that tells one set of points from another."""
    return float(sum(value for key in keys if isinstance(key, tuple) for _, value in key))


def turning(call: Call) -> Landscape:
    """Values that grow from rung to rung and turn their order round, ever more gently: sums, means and records of
    earlier rungs rank the points the other way."""
    smallest, eta = float(call[2]), call[5]

    def value(point: Any, budget: float) -> float:
        rung = round(math.log(max(budget, 1e-9) / smallest) / math.log(eta))
        return float(1000.0 * rung + (-1.0) ** rung * 0.1**rung * point["units"])

    return Landscape(value)


@successive_halving_exercise.aspect("rungs", points=5)
def _(trial: Trial) -> None:
    for call in searches(trial.rng):
        with trial.case(call[0]):
            landscape = noisy(np.random.default_rng(int(trial.rng.integers(2**32))))
            try:
                searched(trial, call, landscape)
            finally:
                trial.observe("rungs", summary(landscape))
            check_rungs(landscape, call)
    for call in (call for call in searches(trial.rng) if len(call[1]) >= 7):
        with trial.case(f"{call[0]}, the order turns round in every rung"):
            landscape = turning(call)
            try:
                searched(trial, call, landscape)
            finally:
                trial.observe("rungs", summary(landscape))
            check_rungs(landscape, call)


@successive_halving_exercise.aspect("best point", points=3)
def _(trial: Trial) -> None:
    for call in searches(trial.rng):
        with trial.case(call[0]):
            landscape = noisy(np.random.default_rng(int(trial.rng.integers(2**32))))
            best, _history = searched(trial, call, landscape)
            rungs = rungs_of(landscape.calls)
            last = rungs[-1][1] if rungs else {}
            chosen = last.get(key_of(best))
            trial.observe("value of best in the last rung", chosen)
            trial.require(chosen is not None, "best did not take part in the last rung.")
            trial.require(
                chosen == min(last.values()),
                "best is not the point with the lowest value in the last rung: the last one left is best.",
            )


@successive_halving_exercise.aspect("history", points=2)
def _(trial: Trial) -> None:
    for call in searches(trial.rng):
        with trial.case(call[0]):
            landscape = noisy(np.random.default_rng(int(trial.rng.integers(2**32))))
            _best, history = searched(trial, call, landscape)
            check_history(trial, history, landscape)


def form_of(entry: Any) -> str:
    """An entry of a history in letters: p for a point, n for anything else; "-" if it is no sequence."""
    if not isinstance(entry, list | tuple):
        return "-"
    return "".join("p" if isinstance(part, dict) else "n" for part in entry)


def check_history(trial: Trial, history: Any, landscape: Landscape) -> None:
    """One (point, budget, value) for every evaluation; the order inside a rung is free."""
    trial.require(
        isinstance(history, list | tuple), f"history should be a list; it is {a_type(history)}.", "type"
    )
    entries = []
    for i, entry in enumerate(history):
        right = isinstance(entry, list | tuple) and len(entry) == 3 and isinstance(entry[0], dict)
        if not right:
            trial.observe("form of history", [len(history), i, form_of(entry)])
        trial.require(right, f"Entry {i} of history should be (point, budget, value).", "type")
        numbers = [as_number(entry[j], f"number {j} of entry {i} of history", trial) for j in (1, 2)]
        entries.append((key_of(entry[0]), *numbers))
    trial.observe("history", [len(entries), sum(e[1] for e in entries), sum(e[2] for e in entries)])
    count = len(landscape.calls)
    trial.require(
        len(entries) == count, f"history has {len(entries)} entries; {count} evaluations were made.", "shape"
    )
    for got, want in zip(rungs_of(entries), rungs_of(landscape.calls), strict=False):
        agrees = math.isclose(got[0], want[0]) and set(got[1]) == set(want[1])
        trial.require(
            agrees, "The points and budgets in history are not those that were evaluated, rung by rung."
        )
        same = all(math.isclose(got[1][key], want[1][key], rel_tol=1e-9) for key in want[1])
        trial.require(same, "A value in history is not what the objective returned there.")


@successive_halving_exercise.aspect("equal values", points=1, needs=("rungs",))
def _(trial: Trial) -> None:
    for call in searches(trial.rng)[:6]:
        for kind, value in (
            ("all values equal", lambda point, budget: 1.0),
            ("pairs of equal values", lambda point, budget: float(point["units"] // 2)),
        ):
            with trial.case(f"{call[0]}, {kind}"):
                landscape = Landscape(value)
                best, _history = searched(trial, call, landscape)
                trial.observe("rungs", summary(landscape))
                last = check_rungs(landscape, call)
                trial.require(last.get(key_of(best)) == min(last.values()), "best has not the lowest value.")


@successive_halving_exercise.aspect("arguments unchanged", points=1, needs=("rungs",))
def _(trial: Trial) -> None:
    call = searches(trial.rng)[0]
    with trial.case("a list of points that is used again afterwards"):
        searched(trial, call, noisy(np.random.default_rng(3)))
        after = trial.last_answer.arguments[1]
        kept = [key_of(p) for p in after] == [key_of(p) for p in call[1]]
        trial.observe("points kept", kept)
        trial.require(
            kept,
            "The caller's list of points was changed (sorted, shortened or edited). Work on a copy.",
            "conduct",
        )
