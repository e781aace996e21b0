"""Random search: evaluate random points, keep the best (notes C; Bergstra & Bengio 2012)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import (
    Point,
    Ranges,
    as_number,
    check_point,
    check_ranges_kept,
    random_points,
)
from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.judge import statistics
from autograde.judge.compare import Mismatch, a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

random_search_exercise = Exercise(
    name="random_search",
    lesson=LESSON,
    functions=("random_search",),
    title="Random search",
    section="random_search_idea",
    difficulty=2,
    minutes=10,
    lines=4,
    uses=("random_points", "log_uniform"),
    hints=(
        "Three steps: draw n points, evaluate each once, pick the point with the lowest value.",
        "Loop over random_points(ranges, n, rng), evaluate each point and append the pair (point, value) to a list.",
        "min(history, key=lambda pair: pair[1]) compares the values only; without the key, equal values make Python "
        "compare two dicts, which it cannot.",
    ),
)


@random_search_exercise.reference
def random_search(
    objective: Callable[[Point], float], ranges: Ranges, n: int, rng: np.random.Generator
) -> tuple[Point, list[tuple[Point, float]]]:
    """The point with the lowest objective, and (point, value) for every trial in order."""
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return min(history, key=lambda pair: pair[1])[0], history


SPACE = {"lr": (1e-4, 1.0, "log"), "dropout": (0.0, 0.8, "linear"), "units": (3, 6, "int")}


def key_of(point: Any) -> Any:
    """Something to recognise a point by."""
    if not isinstance(point, dict):
        return repr(point)
    return tuple(sorted((str(name), float(value)) for name, value in point.items()))


class Scripted:
    """An objective whose i-th new point has the i-th value of a list; the same point has the same value again."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values, self.calls = list(values), []  # type: ignore[var-annotated]
        self._known: dict[Any, float] = {}

    def __call__(self, point: Any) -> float:
        key = key_of(point)
        self.calls.append(dict(point) if isinstance(point, dict) else point)
        if key not in self._known:
            self._known[key] = self.values[len(self._known) % len(self.values)]
        return self._known[key]

    @property
    def points(self) -> list[Any]:
        """The points in the order in which they were first asked for."""
        first: dict[Any, Any] = {}
        for point in self.calls:
            first.setdefault(key_of(point), point)
        return list(first.values())


def scripts(rng: np.random.Generator) -> list[tuple[str, list[float]]]:
    """(description, values of the trials): the lowest in every place, of either sign, huge, and twice."""
    middle = rng.uniform(1.0, 5.0, 7).tolist()
    middle[3] = 0.25
    falling = np.sort(rng.uniform(0.1, 2.0, 6))[::-1].tolist()
    return [
        ("8 trials, the first is the best", [-1.5, *rng.uniform(0.0, 2.0, 7).tolist()]),
        ("7 trials, one in the middle is the best", middle),
        ("6 trials, each better than the last", falling),
        ("9 trials with values of either sign", [2.0, -0.5, 3.0, -4.0, 1.0, 0.0, -3.9, 5.0, 0.1]),
        ("5 trials with huge values", [7e12, 3e12, 9e12, 4e12, 8e12]),
        ("6 trials, two of them the best", [4.0, 1.0, 3.0, 1.0, 2.0, 6.0]),
        ("4 trials with the same value", [2.0, 2.0, 2.0, 2.0]),
        ("a single trial", [0.7]),
        ("10 trials between 0 and 1", [0.9, 0.31, 0.45, 0.2, 0.21, 0.6, 0.95, 0.5, 0.33, 0.44]),
    ]


def searched(trial: Trial, objective: Any, n: int) -> tuple[Any, list[tuple[Any, float]]]:
    """Best and history of one search, their forms checked."""
    got = trial.call("random_search", objective, SPACE, n, trial.rng_handle(), observe=False)
    best, history = trial.unpack(got, 2, "random_search(...)")
    check_ranges_kept(trial, SPACE, 1)
    trial.observe("form of history", _form(history))
    trial.require(
        isinstance(history, list | tuple), f"history should be a list; it is {a_type(history)}.", "type"
    )
    pairs = []
    for i, entry in enumerate(history):
        right = isinstance(entry, list | tuple) and len(entry) == 2
        trial.require(right, f"Entry {i} of history should be a pair (point, value).", "type")
        check_point(trial, entry[0], SPACE, f"the point of entry {i} of history")
        pairs.append((entry[0], as_number(entry[1], f"the value of entry {i} of history", trial)))
    return best, pairs


def _form(history: Any) -> str:
    """A history in letters, by its first entry: p for a point, n for anything else."""
    if not isinstance(history, list | tuple):
        return a_type(history)
    first = history[0] if len(history) else ()
    return (
        "".join("p" if isinstance(e, dict) else "n" for e in first)
        if isinstance(first, list | tuple)
        else "-"
    )


def place_of(best: Any, objective: Scripted) -> int:
    """The number of the trial that `best` is from; -1 for a stranger."""
    keys = [key_of(point) for point in objective.points]
    try:
        return keys.index(key_of(best))
    except (ValueError, TypeError):
        return -1


@random_search_exercise.aspect("best point", points=3)
def _(trial: Trial) -> None:
    for case, values in scripts(trial.rng):
        with trial.case(case):
            objective = Scripted(values)
            best = place = None
            try:
                best, _pairs = searched(trial, objective, len(values))
            finally:
                place = place_of(best, objective)
                chosen = values[place] if 0 <= place < len(values) else None
                trial.observe("trials, value of best", [len(objective.points), chosen])
                trial.observe("type of best", a_type(best))
            check_point(trial, best, SPACE, "best")
            trial.require(place >= 0, "best is none of the points that were evaluated.")
            trial.require(
                chosen == min(values),
                f"best is the point of trial {place + 1}, but another trial has a lower value. Lower is better.",
            )


@random_search_exercise.aspect("history", points=2)
def _(trial: Trial) -> None:
    for case, values in scripts(trial.rng):
        with trial.case(case):
            objective = Scripted(values)
            _best, pairs = searched(trial, objective, len(values))
            asked = objective.points
            seen = [key_of(point) for point, _ in pairs]
            same_points = seen == [key_of(point) for point in asked]
            trial.observe("history", [len(pairs), same_points, [value for _, value in pairs]])
            trial.require(
                len(pairs) == len(values),
                f"history has {len(pairs)} entries; {len(values)} trials make as many.",
                "shape",
            )
            trial.require(
                same_points,
                "The points in history are not the evaluated ones in the order in which they were evaluated.",
            )
            right = all(math.isclose(a, b) for (_, a), b in zip(pairs, values, strict=True))
            trial.require(right, "A value in history is not what the objective returned for its point.")


@random_search_exercise.aspect("each point once", points=1, needs=("best point",))
def _(trial: Trial) -> None:
    for case, values in scripts(trial.rng)[:3]:
        with trial.case(case):
            objective = Scripted(values)
            searched(trial, objective, len(values))
            count = len(objective.calls)
            trial.observe("evaluations", count)
            trial.require(
                count == len(values),
                f"The objective was called {count} times for {len(values)} trials. One evaluation may be an hour of "
                "training: keep the value instead of asking again.",
            )


@random_search_exercise.aspect("random points", points=2, needs=("history",))
def _(trial: Trial) -> None:
    n = 300
    with trial.case(f"{n} trials"):
        objective = Scripted(np.arange(n, dtype=float).tolist())
        searched(trial, objective, n)
        points = objective.points
        lr, dropout, units = (np.array([float(p[name]) for p in points]) for name in SPACE)
        small, kinds = float((lr < 1e-2).mean()), sorted(set(units.tolist()))
        trial.observe("distinct", len(points))
        trial.observe("share of small rates", small, 0.2)
        trial.observe("mean dropout", float(dropout.mean()), 0.15)
        trial.observe("units", kinds)
        inside = (
            lr.min() >= 1e-4 * 0.999 and lr.max() <= 1.001 and dropout.min() >= 0 and dropout.max() <= 0.8
        )
        if len(points) != n or not inside or kinds != [3.0, 4.0, 5.0, 6.0]:
            raise Mismatch(
                "value", "The points are not drawn at random all over the ranges. Use your random_points."
            )
        half = statistics.Z / (2 * math.sqrt(n))
        trial.require(
            abs(small - 0.5) < half,
            "Half of the learning rates should lie below 0.01 (range 0.0001 to 1, log scale), and they do not.",
        )
    with trial.case("the rng argument"):
        statistics.check_generator(trial, lambda rng: _table(trial, rng), "points")


def _table(trial: Trial, rng: Any) -> Any:
    objective = Scripted([3.0, 1.0, 2.0])
    trial.call("random_search", objective, SPACE, 3, rng, observe=False)
    return np.array([[float(p[name]) for name in SPACE] for p in objective.points])
