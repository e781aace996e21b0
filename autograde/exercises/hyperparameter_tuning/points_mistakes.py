"""Ways to make the points of a search space, wrong and right (see `points`)."""

import itertools
import math

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import grid_points_exercise, random_points_exercise
from autograde.exercises.hyperparameter_tuning.sampling import log_uniform

# --- grid_points -------------------------------------------------------------------------------------------


@grid_points_exercise.misconception(
    "grid_points",
    'The "log" axes are evenly spaced on the linear scale: of 4 learning rates between 0.0001 and 0.1 three lie above '
    "0.03. Use np.geomspace there.",
)
def linear_spacing_on_log_axes(ranges, points_per_axis):
    axes = [np.linspace(low, high, points_per_axis) for low, high, _ in ranges.values()]
    axes = [np.rint(a) if s == "int" else a for a, (_, _, s) in zip(axes, ranges.values(), strict=False)]
    return [dict(zip(ranges, map(float, values), strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    'The "log" axes hold exponents instead of values. Undo the logarithm: 10 ** exponent, or np.geomspace at once.',
)
def exponents_for_values(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "log":
            axes.append(np.linspace(math.log10(low), math.log10(high), points_per_axis))
        else:
            values = np.linspace(low, high, points_per_axis)
            axes.append(np.rint(values) if scale == "int" else values)
    return [dict(zip(ranges, map(float, values), strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "np.logspace wants exponents of 10, and you give it natural logarithms. Use np.log10, or np.geomspace with the "
    "ends themselves.",
)
def logspace_of_natural_logarithms(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "log":
            axes.append(np.logspace(math.log(low), math.log(high), points_per_axis))
        else:
            values = np.linspace(low, high, points_per_axis)
            axes.append(np.rint(values) if scale == "int" else values)
    return [dict(zip(ranges, map(float, values), strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "The upper end of every axis is missing. Both ends belong to the grid: leave endpoint at True.",
)
def upper_end_lost(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "log":
            axes.append(np.geomspace(low, high, points_per_axis, endpoint=False))
        else:
            values = np.linspace(low, high, points_per_axis, endpoint=False)
            axes.append(np.rint(values) if scale == "int" else values)
    return [dict(zip(ranges, map(float, values), strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "Your values are the middles of equal pieces, so neither end is in the grid. np.linspace has both ends.",
)
def middles_of_pieces(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        place = (np.arange(points_per_axis) + 0.5) / points_per_axis
        if scale == "log":
            axes.append(low * (high / low) ** place)
        else:
            values = low + (high - low) * place
            axes.append(np.rint(values) if scale == "int" else values)
    return [dict(zip(ranges, map(float, values), strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    'An "int" axis is cut off instead of rounded: int(7.67) is 7. Use round first.',
)
def int_cuts_off(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        spread = np.geomspace if scale == "log" else np.linspace
        values = spread(low, high, points_per_axis)
        axes.append([int(v) for v in values] if scale == "int" else list(values))
    return [dict(zip(ranges, values, strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    'An "int" axis holds fractions. Round its values: a network has no 4.33 layers.',
)
def int_not_rounded(ranges, points_per_axis):
    axes = [
        (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis)
        for low, high, scale in ranges.values()
    ]
    return [dict(zip(ranges, values, strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "You walk along the diagonal: all axes move up together. A grid combines every value with every other, as "
    "itertools.product does; zip does not.",
)
def diagonal_only(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        values = (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis)
        axes.append([int(v) for v in np.rint(values)] if scale == "int" else list(values))
    return [dict(zip(ranges, values, strict=False)) for values in zip(*axes, strict=False)]


@grid_points_exercise.misconception(
    "grid_points",
    "You change one axis at a time and leave the others at their lower end. A grid holds every combination.",
)
def one_axis_at_a_time(ranges, points_per_axis):
    start = {name: low for name, (low, _, _) in ranges.items()}
    points = []
    for name, (low, high, scale) in ranges.items():
        values = (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis)
        for value in np.rint(values) if scale == "int" else values:
            points.append({**start, name: value})
    return points


@grid_points_exercise.misconception(
    "grid_points",
    'The "int" axes are spaced on the logarithmic scale. Only "log" axes are.',
)
def int_spaced_by_ratio(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "int" and low > 0:
            axes.append([int(v) for v in np.rint(np.geomspace(low, high, points_per_axis))])
        elif scale == "int":
            axes.append([int(v) for v in np.rint(np.linspace(low, high, points_per_axis))])
        else:
            axes.append((np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis))
    return [dict(zip(ranges, values, strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "Every entry of your list is the same dict, filled again and again: at the end all of them hold the last point. "
    "Make a new dict for each point.",
)
def one_dict_reused(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        values = (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis)
        axes.append([int(v) for v in np.rint(values)] if scale == "int" else list(values))
    point, points = {}, []
    for values in itertools.product(*axes):
        point.update(zip(ranges, values, strict=False))
        points.append(point)
    return points


@grid_points_exercise.misconception(
    "grid_points",
    "You divide every axis into points_per_axis pieces, which gives one value too many. points_per_axis counts the "
    "values, ends included.",
)
def one_value_too_many(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        values = (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis + 1)
        axes.append([int(v) for v in np.rint(values)] if scale == "int" else list(values))
    return [dict(zip(ranges, values, strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.misconception(
    "grid_points",
    "You take the names out of the caller's dict while you work. The caller needs it again: leave it as it is.",
)
def empties_the_dict(ranges, points_per_axis):
    names, axes = [], []
    while ranges:
        name, (low, high, scale) = ranges.popitem()
        values = (np.geomspace if scale == "log" else np.linspace)(low, high, points_per_axis)
        names.append(name)
        axes.append([int(v) for v in np.rint(values)] if scale == "int" else list(values))
    return [dict(zip(names, values, strict=False)) for values in itertools.product(*axes)]


@grid_points_exercise.variant("grid_points")
def by_meshgrid(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "log":
            axes.append(np.exp(np.linspace(np.log(low), np.log(high), points_per_axis)))
        else:
            axes.append(np.linspace(low, high, points_per_axis))
    flat = [grid.ravel() for grid in np.meshgrid(*axes)]
    points = []
    for row in zip(*flat, strict=False):
        points.append(
            {n: round(v) if ranges[n][2] == "int" else v for n, v in zip(ranges, row, strict=False)}
        )
    return points


@grid_points_exercise.variant("grid_points")
def by_counting_digits(ranges, points_per_axis):
    k, points = points_per_axis, []
    for number in range(k ** len(ranges)):
        point = {}
        for name, (low, high, scale) in ranges.items():
            number, digit = divmod(number, k)
            t = digit / (k - 1)
            if scale == "log":
                point[name] = 10 ** ((1 - t) * math.log10(low) + t * math.log10(high))
            elif scale == "int":
                point[name] = math.floor(low + t * (high - low) + 0.5)
            else:
                point[name] = (1 - t) * low + t * high
        points.append(point)
    return points


@grid_points_exercise.variant("grid_points")
def by_recursion(ranges, points_per_axis):
    if not ranges:
        return [{}]
    name = list(ranges)[-1]
    low, high, scale = ranges[name]
    rest = {n: r for n, r in ranges.items() if n != name}
    if scale == "log":
        values = np.logspace(np.log10(low), np.log10(high), points_per_axis)
    else:
        values = np.linspace(low, high, points_per_axis)
    if scale == "int":
        values = np.round(values).astype(int)
    return [{name: value, **point} for value in values for point in by_recursion(rest, points_per_axis)]


@grid_points_exercise.variant("grid_points")
def with_plain_python(ranges, points_per_axis):
    def spaced(low, high):
        return [low + (high - low) * i / (points_per_axis - 1) for i in range(points_per_axis)]

    make = {
        "linear": spaced,
        "log": lambda low, high: [math.exp(v) for v in spaced(math.log(low), math.log(high))],
        "int": lambda low, high: [round(v) for v in spaced(low, high)],
    }
    axes = {name: make[scale](low, high) for name, (low, high, scale) in ranges.items()}
    return [dict(zip(axes, combination, strict=False)) for combination in itertools.product(*axes.values())]


# --- random_points -----------------------------------------------------------------------------------------


@random_points_exercise.misconception(
    "random_points",
    'An "int" axis never reaches its upper end: rng.integers(low, high) leaves high out, and so does cutting off '
    "rng.uniform(low, high). Say rng.integers(low, high, endpoint=True).",
)
def int_never_reaches_high(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    'An "int" axis never reaches its lower end. Both ends belong to it: rng.integers(low, high, endpoint=True).',
)
def int_never_reaches_low(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low + 1, high + 1)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    "Rounding a uniform number gives the two ends of an int axis only half of their share. Use rng.integers with "
    "endpoint=True.",
)
def int_rounds_a_uniform(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return round(rng.uniform(low, high))
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    'An "int" axis holds fractions: it is drawn like a linear one. Use rng.integers with endpoint=True.',
)
def int_drawn_as_linear(ranges, n, rng):
    def draw(low, high, scale):
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    'The "log" axes are drawn on the linear scale. Call your log_uniform there.',
)
def log_axes_drawn_linearly(ranges, n, rng):
    def draw(low, high, scale):
        return rng.integers(low, high, endpoint=True) if scale == "int" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    'The "log" axes hold logarithms instead of values. Undo the logarithm.',
)
def log_axes_hold_exponents(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return rng.uniform(np.log(low), np.log(high)) if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    'On the "log" axes you draw in log10 and undo it with np.exp. Take 10 **, or np.log.',
)
def log_axes_with_mixed_logarithms(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return (
            np.exp(rng.uniform(np.log10(low), np.log10(high))) if scale == "log" else rng.uniform(low, high)
        )

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    "One number decides all axes of a point, so they rise and fall together. Draw a number for each name.",
)
def one_number_for_all_axes(ranges, n, rng):
    points = []
    for _ in range(n):
        u = rng.random()
        point = {}
        for name, (low, high, scale) in ranges.items():
            if scale == "int":
                point[name] = low + int(u * (high - low + 1))
            elif scale == "log":
                point[name] = low * (high / low) ** u
            else:
                point[name] = low + (high - low) * u
        points.append(point)
    return points


@random_points_exercise.misconception(
    "random_points",
    "All n points are the same: one was drawn and copied. Draw inside the loop.",
)
def one_point_copied(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()}] * n


@random_points_exercise.misconception(
    "random_points",
    "Every axis is drawn on the logarithmic scale, the linear ones too. Look at the third entry of each range.",
)
def all_axes_logarithmic(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return np.exp(rng.uniform(np.log(low), np.log(high))) if low > 0 else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    "You draw from np.random or an unseeded generator. Use `rng`, so that a search can be repeated.",
)
def points_ignore_rng(ranges, n, rng):
    rng = np.random.default_rng()

    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    "A generator with a fixed seed gives the same points in every call. Draw from `rng`.",
)
def points_seed_themselves(ranges, n, rng):
    rng = np.random.default_rng(7)

    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n)]


@random_points_exercise.misconception(
    "random_points",
    "You return n points for every axis instead of n points in all.",
)
def n_points_for_every_axis(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, endpoint=True)
        return log_uniform(low, high, rng, 1)[0] if scale == "log" else rng.uniform(low, high)

    return [{name: draw(*r) for name, r in ranges.items()} for _ in range(n * len(ranges))]


@random_points_exercise.misconception(
    "random_points",
    "Your points form one dict of arrays. Each point is a dict of its own, with one number for each name.",
)
def dict_of_arrays(ranges, n, rng):
    def draw(low, high, scale):
        if scale == "int":
            return rng.integers(low, high, n, endpoint=True)
        return log_uniform(low, high, rng, n) if scale == "log" else rng.uniform(low, high, n)

    return {name: draw(*r) for name, r in ranges.items()}


@random_points_exercise.variant("random_points")
def column_by_column(ranges, n, rng):
    columns = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "int":
            columns[name] = rng.integers(low, high + 1, size=n)
        elif scale == "log":
            columns[name] = log_uniform(low, high, rng, n)
        else:
            columns[name] = rng.uniform(low, high, size=n)
    return [{name: column[i] for name, column in columns.items()} for i in range(n)]


@random_points_exercise.variant("random_points")
def floor_of_a_wider_uniform(ranges, n, rng):
    points = []
    for _ in range(n):
        point = {}
        for name in reversed(list(ranges)):
            low, high, scale = ranges[name]
            if scale == "int":
                point[name] = math.floor(rng.uniform(low, high + 1))
            elif scale == "log":
                point[name] = 10 ** rng.uniform(math.log10(low), math.log10(high))
            else:
                point[name] = rng.uniform(low, high)
        points.append(point)
    return points


@random_points_exercise.variant("random_points")
def choice_from_a_list(ranges, n, rng):
    def one(low, high, scale):
        if scale == "linear":
            return low + rng.random() * (high - low)
        if scale == "log":
            return low * (high / low) ** rng.random()
        return rng.choice(np.arange(low, high + 1))

    return [{name: one(low, high, scale) for name, (low, high, scale) in ranges.items()} for _ in range(n)]


@random_points_exercise.variant("random_points")
def from_one_table_of_uniforms(ranges, n, rng):
    U = rng.random((n, len(ranges)))
    out = []
    for row in U:
        point = dict.fromkeys(ranges)
        for u, (name, (low, high, scale)) in zip(row, ranges.items(), strict=False):
            if scale == "log":
                point[name] = np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
            elif scale == "int":
                point[name] = int(low) + int(u * (int(high) - int(low) + 1))
            else:
                point[name] = low + u * (high - low)
        out.append(point)
    return tuple(out)
