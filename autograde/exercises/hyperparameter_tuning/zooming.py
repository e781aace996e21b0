"""Coarse to fine: a smaller search space around the best point so far (notes C)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import (
    Point,
    Ranges,
    as_number,
    check_ranges_kept,
    malformed,
)
from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

zoom_exercise = Exercise(
    name="zoom",
    lesson=LESSON,
    functions=("zoom",),
    title="Zoom in on the best point",
    section="zoom_idea",
    difficulty=3,
    minutes=15,
    lines=10,
    hints=(
        "Work on one axis at a time: find its new width, put it around the best value, cut off what leaves the old range.",
        "A log axis is a linear axis of logarithms: take the logarithm of low, high and best, zoom, and undo it at the end.",
        "new low = max(low, best - width/2), new high = min(high, best + width/2), with width = (high - low)/factor.",
        "An int axis: zoom as on a linear one, then round both ends to ints. Put everything into a new dict.",
    ),
)


@zoom_exercise.reference
def zoom(ranges: Ranges, best: Point, factor: float) -> dict[str, tuple[Any, Any, str]]:
    """Ranges `factor` times narrower on their own scale, centred on best, clipped to the old ones."""
    return {name: (*_ends(*bounds, best[name], factor), bounds[2]) for name, bounds in ranges.items()}


def _ends(low: float, high: float, scale: str, centre: float, factor: float) -> tuple[Any, Any]:
    if scale == "log":
        half = 0.5 * math.log(high / low) / factor
        return max(low, centre * math.exp(-half)), min(high, centre * math.exp(half))
    half = 0.5 * (high - low) / factor
    ends = max(low, centre - half), min(high, centre + half)
    return (round(ends[0]), round(ends[1])) if scale == "int" else ends


def exact_ends(low: float, high: float, scale: str, centre: float, factor: float) -> tuple[float, float]:
    """The new ends before any rounding."""
    ends = _ends(float(low), float(high), "log" if scale == "log" else "linear", float(centre), factor)
    return float(ends[0]), float(ends[1])


def axis_of(trial: Trial, got: Any, name: str) -> tuple[Any, Any, Any]:
    """One returned range (low, high, scale)."""
    entry = got.get(name) if isinstance(got, dict) else got
    if not isinstance(entry, list | tuple) or len(entry) != 3:
        trial.observe("entries", len(entry) if isinstance(entry, list | tuple) else -1)
        malformed(trial, got, 2)
    trial.require(got is not None, "zoom(ranges, best, factor) is None. Did you forget a return?", "type")
    trial.require(isinstance(got, dict), f"zoom should return a dict; it returns {a_type(got)}.", "type")
    trial.require(name in got, f"The range of {name} is missing from what zoom returns.")
    entry = got[name]
    right = isinstance(entry, list | tuple) and len(entry) == 3
    trial.require(right, f"The range of {name} should be three values (low, high, scale).", "type")
    return tuple(entry)  # type: ignore[return-value]


def check_axis(trial: Trial, got: Any, name: str, ranges: Ranges, best: Point, factor: float) -> None:
    """Ends and scale of one axis; an int axis whose exact ends are no whole numbers may be rounded either way."""
    low, high, scale = axis_of(trial, got, name)
    trial.observe(f"scale of {name}", scale if isinstance(scale, str) else a_type(scale))
    ends = [as_number(end, f"an end of {name}", trial) for end in (low, high)]
    trial.observe(f"ends of {name}", ends)
    old = ranges[name]
    trial.require(scale == old[2], f"The scale of {name} should stay {old[2]!r}.")
    want = exact_ends(*old, best[name], factor)
    if old[2] == "int":
        whole = all(isinstance(end, int | np.integer) for end in (low, high))
        trial.observe(f"{name} stays int", whole)
        trial.require(
            whole, f"The ends of {name} should be ints: they are {a_type(low)} and {a_type(high)}.", "dtype"
        )
        slack = 1e-6 if all(abs(end - round(end)) < 1e-9 for end in want) else 1.0 - 1e-9
        inside = ends[0] >= old[0] and ends[1] <= old[1] and ends[0] <= ends[1]
    else:
        slack = 1e-6 * max(abs(end) for end in want)
        inside = ends[0] >= old[0] - 1e-9 * abs(old[0]) and ends[1] <= old[1] + 1e-9 * abs(old[1])
    trial.require(inside, f"The new range of {name} leaves the old one. Clip both ends.")
    for end, right, which in zip(ends, want, ("lower", "upper"), strict=True):
        where = slack if old[2] != "log" else 1e-6 * right
        side = "high" if end > right else "low"
        trial.require(abs(end - right) <= where, f"The {which} end of {name} ({old[2]} axis) is too {side}.")


Case = tuple[str, Ranges, Point, float]


def linear_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Linear axes."""
    best = float(rng.uniform(0.4, 0.6))
    yield "best near the middle, factor 4", {"dropout": (0.0, 1.0, "linear")}, {"dropout": best}, 4.0
    yield "best off the middle, factor 5", {"x": (-2.0, 8.0, "linear")}, {"x": 5.5}, 5
    yield "best near the lower end, factor 2", {"x": (0.1, 0.9, "linear")}, {"x": 0.15}, 2.0
    yield "best near the upper end, factor 3", {"x": (-5.0, -1.0, "linear")}, {"x": -1.2}, 3
    yield "best on the upper end, factor 2.5", {"x": (0.0, 10.0, "linear")}, {"x": 10.0}, 2.5
    yield "best on the lower end, factor 2", {"x": (-1.0, 3.0, "linear")}, {"x": -1.0}, 2
    yield "a NumPy number for best", {"x": (0.0, 2.0, "linear")}, {"x": np.float64(0.7)}, 10.0


def log_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Log axes."""
    best = float(rng.uniform(0.005, 0.02))
    yield "best near the middle, factor 4", {"lr": (1e-4, 1.0, "log")}, {"lr": best}, 4.0
    yield "best off the middle, factor 3", {"lr": (1e-5, 10.0, "log")}, {"lr": 0.4}, 3
    yield "best near the lower end, factor 2", {"decay": (1e-6, 1e-2, "log")}, {"decay": 2e-6}, 2.0
    yield "best near the upper end, factor 2.5", {"width": (8.0, 4096.0, "log")}, {"width": 3000.0}, 2.5
    yield "best on the lower end, factor 4", {"lr": (1e-3, 1e3, "log")}, {"lr": 1e-3}, 4
    yield "best on the upper end, factor 2", {"lr": (1e-3, 10.0, "log")}, {"lr": 10.0}, 2.0
    yield "a NumPy number for best", {"lr": (0.01, 1.0, "log")}, {"lr": np.float64(0.2)}, 8.0


INT_CASES: tuple[Case, ...] = (
    ("whole ends, factor 4", {"units": (0, 64, "int")}, {"units": 40}, 4),
    ("whole ends, best near the upper end", {"units": (16, 96, "int")}, {"units": 90}, 2),
    ("whole ends, best near the lower end", {"layers": (1, 21, "int")}, {"layers": 2}, 5),
    ("ends between whole numbers, factor 3", {"units": (10, 100, "int")}, {"units": 51}, 3.7),
    ("a range that shrinks to nearly nothing", {"layers": (1, 5, "int")}, {"layers": 3}, 8),
    ("a NumPy integer for best", {"units": (0, 100, "int")}, {"units": np.int64(30)}, 5),
    ("whole ends, best on the upper end", {"units": (4, 24, "int")}, {"units": 24}, 5),
    ("whole ends, best on the lower end", {"units": (2, 34, "int")}, {"units": 2}, 4),
    ("negative numbers", {"shift": (-20, 20, "int")}, {"shift": -12}, 2),
)
TOGETHER = {
    "lr": (1e-4, 1.0, "log"),
    "units": (8, 72, "int"),
    "dropout": (0.0, 0.8, "linear"),
    "decay": (1e-6, 1e-2, "log"),
}
BEST = {"units": 24, "decay": 3e-4, "dropout": 0.7, "lr": 0.03}


def check_cases(trial: Trial, cases: Any) -> None:
    """One axis each."""
    for case, ranges, best, factor in cases:
        with trial.case(case):
            got = trial.call("zoom", ranges, best, factor, observe=False)
            check_axis(trial, got, next(iter(ranges)), ranges, best, factor)


@zoom_exercise.aspect("linear axes", points=2.5)
def _(trial: Trial) -> None:
    check_cases(trial, linear_cases(trial.rng))


@zoom_exercise.aspect("log axes", points=3)
def _(trial: Trial) -> None:
    check_cases(trial, log_cases(trial.rng))


@zoom_exercise.aspect("int axes", points=2.5)
def _(trial: Trial) -> None:
    check_cases(trial, INT_CASES)


@zoom_exercise.aspect("several axes", points=1, needs=("linear axes", "log axes", "int axes"))
def _(trial: Trial) -> None:
    ranges: Any = TOGETHER
    for turn in ("first", "second"):
        with trial.case(f"four axes, zoomed for the {turn} time"):
            got = trial.call("zoom", ranges, BEST, 2.0, observe=False)
            for name in ranges:
                check_axis(trial, got, name, ranges, BEST, 2.0)
            trial.require(
                set(got) == set(ranges), "The names of the new ranges should be those of the old ones."
            )
            ranges = zoom(ranges, BEST, 2.0)


@zoom_exercise.aspect("arguments unchanged", points=1, needs=("linear axes", "log axes"))
def _(trial: Trial) -> None:
    with trial.case("ranges that are used again afterwards"):
        trial.call("zoom", TOGETHER, BEST, 3.0, observe=False)
        check_ranges_kept(trial, TOGETHER)
        kept = dict(trial.last_answer.arguments[1]) == BEST
        trial.require(kept, "zoom changes the dict of the best point.", "conduct")
