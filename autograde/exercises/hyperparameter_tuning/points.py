"""Points of a search space: a grid, and random ones (notes C; Bergstra & Bengio 2012).

`ranges` maps a name to (low, high, scale) with the scale "linear", "log" or "int". A point is a dict name → value.
Values may be Python or NumPy numbers; the order of a grid's points is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograde.exercises.hyperparameter_tuning.sampling import LESSON, check_fresh, log_uniform
from autograde.judge import statistics
from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Ranges = Mapping[str, tuple[float, float, str]]
Point = dict[str, Any]

grid_points_exercise = Exercise(
    name="grid_points",
    lesson=LESSON,
    functions=("grid_points",),
    title="A grid of hyperparameters",
    section="grid_points_idea",
    difficulty=3,
    minutes=15,
    lines=8,
    hints=(
        "First make a list of values for every axis, then combine every value of one axis with every value of the others.",
        "np.linspace gives evenly spaced values with both ends, np.geomspace does the same on the logarithmic scale.",
        "itertools.product(*axes) yields every combination; dict(zip(names, values)) names it.",
        "An int axis: np.linspace, then round every value to the nearest whole number and make it an int.",
    ),
)

random_points_exercise = Exercise(
    name="random_points",
    lesson=LESSON,
    functions=("random_points",),
    title="Random hyperparameters",
    section="random_points_idea",
    difficulty=2,
    minutes=12,
    lines=8,
    uses=("log_uniform",),
    hints=(
        "Draw one value for every name, each on its own scale; do that n times, with a new dict each time.",
        'Three cases: rng.uniform for "linear", your log_uniform for "log", rng.integers for "int".',
        "rng.integers(low, high) never returns high, unless you say endpoint=True (or high + 1).",
    ),
)


def axis_values(low: float, high: float, scale: str, count: int) -> list[Any]:
    """`count` values from low to high, evenly spaced on the scale, both ends included; "int" rounds."""
    if scale == "log":
        return [float(v) for v in np.geomspace(low, high, count)]
    values = np.linspace(low, high, count)
    return [int(v) for v in np.rint(values)] if scale == "int" else [float(v) for v in values]


@grid_points_exercise.reference
def grid_points(ranges: Ranges, points_per_axis: int) -> list[Point]:
    """Every combination of `points_per_axis` values on each axis."""
    points: list[Point] = [{}]
    for name, (low, high, scale) in ranges.items():
        values = axis_values(low, high, scale, points_per_axis)
        points = [{**point, name: value} for point in points for value in values]
    return points


@random_points_exercise.reference
def random_points(ranges: Ranges, n: int, rng: np.random.Generator) -> list[Point]:
    """n points, every value drawn uniformly on its own scale."""
    return [{name: _draw(*bounds, rng) for name, bounds in ranges.items()} for _ in range(n)]


def _draw(low: float, high: float, scale: str, rng: np.random.Generator) -> Any:
    if scale == "int":
        return int(rng.integers(low, high, endpoint=True))  # type: ignore[call-overload]
    if scale == "log":
        return float(log_uniform(low, high, rng, 1)[0])
    return float(low + (high - low) * rng.random())


def as_number(value: Any, what: str, trial: Trial) -> float:
    """A Python or NumPy number, as a float."""
    right = isinstance(value, int | float | np.number) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "fiu"
    )
    trial.require(
        right and not isinstance(value, bool), f"{what} should be a number; it is {a_type(value)}.", "type"
    )
    return float(value)


def check_point(trial: Trial, point: Any, ranges: Ranges, what: str) -> None:
    """A dict with exactly the names of the ranges and a number for each."""
    trial.require(isinstance(point, dict), f"{what} should be a dict; it is {a_type(point)}.", "type")
    names = set(point) == set(ranges)
    trial.require(names, f"{what} has the names {sorted(point)}; the ranges have {sorted(ranges)}.")
    for name in ranges:
        as_number(point[name], f"{what}['{name}']", trial)


def malformed(trial: Trial, got: Any, count: int) -> None:
    """Fill the place of `count` observations that an answer of the wrong form does not get to."""
    for _ in range(count):
        trial.observe("form", a_type(got))


def point_table(trial: Trial, got: Any, ranges: Ranges, what: str) -> Array:
    """A list of points as a table `(points, names)`, in the order of the names in `ranges`."""
    if not isinstance(got, list | tuple):
        malformed(trial, got, 8 * len(ranges))
    trial.require(got is not None, f"{what} is None. Did you forget a return?", "type")
    trial.require(isinstance(got, list | tuple), f"{what} should be a list; it is {a_type(got)}.", "type")
    for i, point in enumerate(got):
        check_point(trial, point, ranges, f"point {i} of {what}")
    return np.array([[float(point[name]) for name in ranges] for point in got]).reshape(len(got), len(ranges))


# --- the grid ----------------------------------------------------------------------------------------------


def spaces(rng: np.random.Generator) -> Iterator[tuple[str, dict[str, tuple[float, float, str]], int]]:
    """(description, ranges, points per axis). No int axis has a rounding tie or two equal values."""
    low = float(rng.uniform(0.1, 0.4))
    yield "one linear axis, 5 points", {"dropout": (low, low + 0.5, "linear")}, 5
    yield "one log axis, 4 points", {"lr": (1e-4, 0.1, "log")}, 4
    yield "one log axis above 1, 3 points", {"width": (2.0, 512.0, "log")}, 3
    yield "one int axis, 4 points", {"units": (1, 11, "int")}, 4
    yield "one int axis far apart, 5 points", {"units": (16, 128, "int")}, 5
    yield "one int axis with negative ends, 3 points", {"shift": (-4, 5, "int")}, 4
    yield "two axes, 2 points each", {"b": (-1.0, 3.0, "linear"), "a": (0.01, 1.0, "log")}, 2
    yield (
        "a log, a linear and an int axis, 3 points each",
        {"lr": (1e-3, 1.0, "log"), "momentum": (0.5, 0.95, "linear"), "layers": (1, 9, "int")},
        3,
    )
    yield (
        "four axes, 3 points each",
        {
            "x": (0.0, 1.0, "linear"),
            "y": (5.0, 80.0, "log"),
            "z": (8, 64, "int"),
            "w": (-2.0, -1.0, "linear"),
        },
        3,
    )
    scale = float(rng.uniform(2e-5, 9e-5))
    yield "two log axes, 4 points each", {"l2": (scale, 3e-2, "log"), "lr": (1e-3, 2.0, "log")}, 4


def sorted_rows(table: Array) -> Array:
    """Rows in an order of their own, the same for tables that agree to nine digits."""
    if table.size == 0:
        return table
    with np.errstate(all="ignore"):
        digits = 9 - np.ceil(np.log10(np.maximum(np.abs(table), 1e-12)))
        keys = np.rint(table * 10.0**digits) / 10.0**digits
    return table[np.lexsort(keys.T[::-1])]


def check_grid(trial: Trial, ranges: Ranges, count: int) -> None:
    """One grid against the right one, axis by axis and as a set of points."""
    got = trial.call("grid_points", ranges, count, observe=False)
    table = point_table(trial, got, ranges, "grid_points(ranges, points_per_axis)")
    trial.observe("grid", sorted_rows(table))
    total = count ** len(ranges)
    trial.require(
        len(table) == total,
        f"The grid has {len(table)} points; {count} values on each of {len(ranges)} axes make {total} combinations.",
        "shape",
    )
    places = []
    for column, (name, bounds) in zip(table.T, ranges.items(), strict=True):
        right = np.array(axis_values(*bounds, count), dtype=float)
        nearest = np.abs(column[:, None] - right).argmin(axis=1)
        close = np.isclose(column, right[nearest], rtol=1e-6, atol=1e-9)
        trial.require(
            bool(close.all()),
            f"{int((~close).sum())} of {total} values of {name} are not among the {count} evenly spaced ones on its "
            f"{bounds[2]} scale, ends included.",
        )
        places.append(nearest)
    different = len(set(zip(*(p.tolist() for p in places), strict=True)))
    trial.require(
        different == total, f"Only {different} of {total} combinations are there; some points repeat."
    )


@grid_points_exercise.aspect("single axes", points=3)
def _(trial: Trial) -> None:
    for case, ranges, count in spaces(trial.rng):
        if len(ranges) == 1:
            with trial.case(case):
                check_grid(trial, ranges, count)


@grid_points_exercise.aspect("combinations", points=4)
def _(trial: Trial) -> None:
    for case, ranges, count in spaces(trial.rng):
        if len(ranges) > 1:
            with trial.case(case):
                check_grid(trial, ranges, count)


@grid_points_exercise.aspect("arguments unchanged", points=1, needs=("combinations",))
def _(trial: Trial) -> None:
    ranges = {"lr": (1e-3, 1.0, "log"), "units": (8, 64, "int")}
    with trial.case("ranges that are used again afterwards"):
        trial.call("grid_points", ranges, 2, observe=False)
        check_ranges_kept(trial, ranges)


def check_ranges_kept(trial: Trial, ranges: Ranges, position: int = 0) -> None:
    """The caller's dict is as it was after the last call."""
    after = trial.last_answer.arguments[position]
    kept = isinstance(after, dict) and list(after) == list(ranges) and dict(after) == dict(ranges)
    trial.observe("ranges kept", kept)
    trial.require(kept, "The caller's dict of ranges was changed. Build a new one.", "conduct")


# --- random points -----------------------------------------------------------------------------------------

MIXED = {
    "lr": (1e-4, 1.0, "log"),
    "dropout": (0.1, 0.9, "linear"),
    "units": (2, 6, "int"),
    "decay": (1e-6, 1e-2, "log"),
}
OTHERS = {"blocks": (-1, 1, "int"), "gain": (-3.0, 5.0, "linear"), "batch": (16.0, 4096.0, "log")}
DRAWS = 3000


def positions(trial: Trial, table: Array, ranges: Ranges) -> Array:
    """Where each value lies in its range, from 0 to 1 on the axis' own scale."""
    columns = []
    for column, (low, high, scale) in zip(table.T, ranges.values(), strict=True):
        with np.errstate(all="ignore"):
            logs = np.log(np.maximum(column, 1e-300) / low) / np.log(high / low) if scale == "log" else None
        place = (column - low) / (high - low) if logs is None else logs
        for share in (0.05, 0.25, 0.5, 0.75, 0.95):
            trial.observe(f"quantile {share}", float(np.arctan(np.quantile(place, share) - 0.5)), 0.04)
        columns.append(place)
    return np.stack(columns, axis=1)


def check_whole(trial: Trial, column: Array, name: str, low: float, high: float) -> None:
    """An int axis: whole numbers, each of them equally often.

    With m values and n draws every count is binomial (n, 1/m): its distance to n/m is held against the normal quantile
    of ALPHA, plus 3 for the tail of the binomial beyond the normal one.
    """
    whole = bool(np.all(column == np.rint(column)))
    values = np.arange(low, high + 1)
    counts = np.array([(column == v).sum() for v in values])
    n, m = column.size, values.size
    trial.observe(f"whole {name}", whole)
    for count in counts:
        trial.observe(f"share of one {name}", float(count) / n, 0.04)
    trial.require(whole, f'{name} is an "int" axis, but some of its values are not whole numbers.')
    trial.require(int(counts.sum()) == n, f"Some values of {name} leave the range.")
    limit = statistics.Z * np.sqrt(n / m * (1 - 1 / m)) + 3
    bad = np.abs(counts - n / m) > limit
    trial.require(
        not bad.any(),
        f"The values of {name} are not equally frequent: every whole number from low to high, both included, "
        "should come up equally often.",
    )


def check_axes(trial: Trial, table: Array, ranges: Ranges) -> None:
    """The law of every axis, and no tie between axes or neighbouring points."""
    n = len(table)
    place = positions(trial, table, ranges)
    with np.errstate(all="ignore"):
        centred = (place - place.mean(axis=0)) / place.std(axis=0)
    centred = np.nan_to_num(centred, nan=1.0, posinf=0.0, neginf=0.0)
    ties = np.abs(centred.T @ centred / n - np.eye(len(ranges))) > 1.2 * statistics.Z / np.sqrt(n)
    echoes = np.abs((centred[1:] * centred[:-1]).mean(axis=0)) > 1.2 * statistics.Z / np.sqrt(n)
    trial.observe("axes tied, points tied", [bool(np.any(ties)), bool(np.any(echoes))])
    for column, where, (name, (low, high, scale)) in zip(table.T, place.T, ranges.items(), strict=True):
        if scale == "int":
            check_whole(trial, column, name, low, high)
            continue
        what = f"the logarithm of {name}" if scale == "log" else name
        repeats = bool(np.unique(column).size < 0.9 * n)
        trial.observe(f"{name} repeats", repeats)
        trial.require(not repeats, f"The values of {name} repeat: draw one for every point.")
        statistics.check_uniform(trial, where, what, 0.0, 1.0)
    trial.require(not np.any(ties), "Two axes move together. Draw a number of its own for each name.")
    trial.require(not np.any(echoes), "Neighbouring points are alike. Draw every point on its own.")


@random_points_exercise.aspect("law", points=5)
def _(trial: Trial) -> None:
    for ranges in (MIXED, OTHERS):
        with trial.case(f"{DRAWS} points with the axes {', '.join(ranges)}"):
            got = trial.call("random_points", ranges, DRAWS, trial.rng_handle(), observe=False)
            table = point_table(trial, got, ranges, "random_points(ranges, n, rng)")
            trial.observe("points", len(table))
            if len(table) != DRAWS:
                for _ in range(8 * len(ranges)):
                    trial.observe("points", len(table))
            trial.require(len(table) == DRAWS, f"You return {len(table)} points; n is {DRAWS}.", "shape")
            check_axes(trial, table, ranges)


@random_points_exercise.aspect("small ones", points=1, needs=("law",))
def _(trial: Trial) -> None:
    for n, ranges in ((1, MIXED), (3, {"lr": (0.5, 4.0, "log")}), (5, {"k": (7, 8, "int")}), (2, OTHERS)):
        with trial.case(f"{n} point(s) with the axes {', '.join(ranges)}"):
            got = trial.call("random_points", ranges, n, trial.rng_handle(), observe=False)
            table = point_table(trial, got, ranges, "random_points(ranges, n, rng)")
            trial.require(len(table) == n, f"You return {len(table)} points; n is {n}.", "shape")
            low, high = (np.array([bounds[i] for bounds in ranges.values()]) for i in (0, 1))
            slack = 1e-9 * np.maximum(np.abs(low), np.abs(high))
            trial.require(
                bool(np.all((table >= low - slack) & (table <= high + slack))), "A value leaves its range."
            )
            check_ranges_kept(trial, ranges)


@random_points_exercise.aspect("randomness", points=2, needs=("law",))
def _(trial: Trial) -> None:
    def table(rng: Any) -> Array:
        got = trial.call("random_points", MIXED, 6, rng, observe=False)
        return point_table(trial, got, MIXED, "random_points(ranges, n, rng)")

    with trial.case("the rng argument"):
        statistics.check_generator(trial, table, "points")
    with trial.case("two seeds"):
        one, two = (
            point_table(
                trial,
                trial.call(
                    "random_points", {"x": (0.0, 1.0, "linear")}, 200, trial.rng_handle(), observe=False
                ),
                {"x": (0.0, 1.0, "linear")},
                "it",
            ).ravel()
            for _ in "ab"
        )
        check_fresh(trial, one, two, "values")
    with trial.case("the first point, for two seeds"):
        check_first_point(trial)


def check_first_point(trial: Trial) -> None:
    """No axis but the int one, whose few values may agree, gives the first of two points the same value."""
    names = [name for name, bounds in MIXED.items() if bounds[2] != "int"]
    tables = [
        point_table(
            trial, trial.call("random_points", MIXED, 2, trial.rng_handle(), observe=False), MIXED, "it"
        )
        for _ in "ab"
    ]
    columns = [list(MIXED).index(name) for name in names]
    fixed = bool(np.any(tables[0][0, columns] == tables[1][0, columns]))
    trial.observe("the first point is always the same", fixed)
    trial.require(
        not fixed, "The first point is the same for every seed. Draw every point, the first one too."
    )
