"""Ways to zoom in, wrong and right (see `zooming`)."""

import math

import numpy as np

from autograde.exercises.hyperparameter_tuning.zooming import zoom_exercise


@zoom_exercise.misconception(
    "zoom",
    "You go a full width/factor to either side of best, so the new range is twice as wide as it should be. Half of "
    "the width belongs to each side.",
)
def twice_as_wide(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (1 / factor)
            out[name] = (max(low, best[name] / step), min(high, best[name] * step), scale)
            continue
        step = (high - low) / factor
        ends = max(low, best[name] - step), min(high, best[name] + step)
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "The new range leaves the old one when best lies near an end. Clip: max(low, …) below and min(high, …) above.",
)
def not_clipped(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (0.5 / factor)
            out[name] = (best[name] / step, best[name] * step, scale)
            continue
        step = (high - low) / factor / 2
        ends = best[name] - step, best[name] + step
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "Only the lower end is clipped. A best value near the upper end lets the new range leave the old one there.",
)
def clipped_below_only(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (0.5 / factor)
            out[name] = (max(low, best[name] / step), best[name] * step, scale)
            continue
        step = (high - low) / factor / 2
        ends = max(low, best[name] - step), best[name] + step
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "Near an end you shift the new range inwards to keep its width. The contract clips it: best stays where it is, and "
    "the range gets shorter.",
)
def shifted_instead_of_clipped(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        a, b, c = (
            (math.log(v) for v in (low, high, best[name])) if scale == "log" else (low, high, best[name])
        )
        width = (b - a) / factor
        start = min(max(a, c - width / 2), b - width)
        ends = (start, start + width)
        if scale == "log":
            ends = tuple(map(math.exp, ends))
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "A log axis is zoomed on the linear scale: with best at 0.01 of a range up to 1 the lower end is lost at once. "
    "Divide the width of the logarithms.",
)
def log_axis_zoomed_linearly(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        step = (high - low) / factor / 2
        ends = max(low, best[name] - step), min(high, best[name] + step)
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "A log axis comes back as logarithms. Undo the logarithm after zooming.",
)
def log_axis_left_as_logarithms(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        a, b, c = (
            (math.log(v) for v in (low, high, best[name])) if scale == "log" else (low, high, best[name])
        )
        step = (b - a) / factor / 2
        ends = max(a, c - step), min(b, c + step)
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "On a log axis you take np.log10 and undo it with np.exp. Both must belong together.",
)
def log_axis_with_mixed_logarithms(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        log = scale == "log"
        a, b, c = (math.log10(v) for v in (low, high, best[name])) if log else (low, high, best[name])
        step = (b - a) / factor / 2
        ends = (c - step, c + step)
        if log:
            ends = tuple(map(math.exp, ends))
        ends = max(low, ends[0]), min(high, ends[1])
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "The new range is centred on the middle of the old one. Centre it on best.",
)
def centred_on_the_old_middle(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            middle, step = math.sqrt(low * high), (high / low) ** (0.5 / factor)
            out[name] = (middle / step, middle * step, scale)
            continue
        middle, step = (low + high) / 2, (high - low) / factor / 2
        ends = middle - step, middle + step
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "The new width is the old one times factor. A larger factor zooms in further: divide.",
)
def multiplied_by_factor(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (factor / 2)
            out[name] = (max(low, best[name] / step), min(high, best[name] * step), scale)
            continue
        step = (high - low) * factor / 2
        ends = max(low, best[name] - step), min(high, best[name] + step)
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "An int axis gets fractional ends (floats). Round them: rng.integers and a number of layers want ints.",
)
def int_axis_becomes_float(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (0.5 / factor)
            out[name] = (max(low, best[name] / step), min(high, best[name] * step), scale)
            continue
        step = (high - low) / factor / 2
        out[name] = (float(max(low, best[name] - step)), float(min(high, best[name] + step)), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "The caller's dict of ranges is overwritten. Build a new dict: the old ranges are needed to see where you came from.",
)
def overwrites_the_callers_dict(ranges, best, factor):
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (0.5 / factor)
            ranges[name] = (max(low, best[name] / step), min(high, best[name] * step), scale)
            continue
        step = (high - low) / factor / 2
        ends = max(low, best[name] - step), min(high, best[name] + step)
        ranges[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return ranges


@zoom_exercise.misconception(
    "zoom",
    "The name of the scale is missing from the new ranges. They should look like the old ones: (low, high, scale).",
)
def scale_forgotten(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = (high / low) ** (0.5 / factor)
            out[name] = (max(low, best[name] / step), min(high, best[name] * step))
            continue
        step = (high - low) / factor / 2
        ends = max(low, best[name] - step), min(high, best[name] + step)
        out[name] = tuple(map(round, ends)) if scale == "int" else ends
    return out


@zoom_exercise.misconception(
    "zoom",
    "The upper end is best and the range reaches a whole width below it. Half of the width belongs to each side.",
)
def best_at_the_upper_end(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            out[name] = (max(low, best[name] / (high / low) ** (1 / factor)), best[name], scale)
            continue
        ends = max(low, best[name] - (high - low) / factor), best[name]
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.misconception(
    "zoom",
    "On a log axis you divide both ends' ratio by factor instead of taking its root: the width of the logarithms is "
    "log(high) - log(low), and that is what gets factor times smaller.",
)
def ratio_divided(ranges, best, factor):
    out = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            step = math.sqrt(high / low / factor)
            out[name] = (max(low, best[name] / step), min(high, best[name] * step), scale)
            continue
        step = (high - low) / factor / 2
        ends = max(low, best[name] - step), min(high, best[name] + step)
        out[name] = (*(map(round, ends) if scale == "int" else ends), scale)
    return out


@zoom_exercise.variant("zoom")
def forward_and_back(ranges, best, factor):
    there = {"linear": float, "int": float, "log": math.log}
    back = {"linear": float, "int": round, "log": math.exp}
    new = {}
    for name, (low, high, scale) in ranges.items():
        a, b, c = (there[scale](v) for v in (low, high, best[name]))
        half = (b - a) / (2 * factor)
        new[name] = (back[scale](max(a, c - half)), back[scale](min(b, c + half)), scale)
    return new


@zoom_exercise.variant("zoom")
def floor_and_ceil(ranges, best, factor):
    new = dict(ranges)
    for name in ranges:
        low, high, scale = ranges[name]
        if scale == "log":
            a, b, c = np.log10([low, high, best[name]])
        else:
            a, b, c = low, high, best[name]
        width = (b - a) / factor
        lo, hi = np.clip([c - width / 2, c + width / 2], a, b)
        if scale == "log":
            lo, hi = 10.0**lo, 10.0**hi
        if scale == "int":
            lo, hi = math.floor(lo + 1e-12), math.ceil(hi - 1e-12)
        new[name] = (lo, hi, scale)
    return new


@zoom_exercise.variant("zoom")
def numpy_integers(ranges, best, factor):
    new = {}
    for name, bounds in ranges.items():
        ends = np.array(bounds[:2], dtype=float)
        centre = float(best[name])
        if bounds[2] == "log":
            ends, centre = np.log(ends), np.log(centre)
        half = np.diff(ends)[0] / factor / 2
        ends = np.clip(centre + np.array([-half, half]), *ends)
        if bounds[2] == "log":
            ends = np.exp(ends)
        if bounds[2] == "int":
            ends = np.round(ends).astype(int)
        new[name] = (ends[0], ends[1], bounds[2])
    return new


@zoom_exercise.variant("zoom")
def with_ratios(ranges, best, factor):
    def zoomed(name):
        low, high, scale = ranges[name]
        if scale == "log":
            ratio = (high / low) ** (1 / factor)
            return [max(low, best[name] / ratio**0.5), min(high, best[name] * ratio**0.5), scale]
        lo = best[name] - 0.5 * (high - low) / factor
        hi = best[name] + 0.5 * (high - low) / factor
        if scale == "int":
            lo, hi = (
                int(lo + 0.5) if lo >= 0 else -int(0.5 - lo),
                int(hi + 0.5) if hi >= 0 else -int(0.5 - hi),
            )
        return [min(max(lo, low), high), min(max(hi, low), high), scale]

    return {name: zoomed(name) for name in ranges}
