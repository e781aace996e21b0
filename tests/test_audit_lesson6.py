"""Lesson 6, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import copy
import heapq
import itertools
import math
import random
from functools import reduce

import numpy as np
import pytest
import torch
import torch.fx
from auditing import Audit, each, names
from scipy import stats
from torch import nn

audit = Audit("06_hyperparameter_tuning")
right, wrong = audit.right, audit.wrong


# ---------------------------------------------------------------- log_uniform


def _many(draw, size):
    """`draw()` as often as `size` says, in that shape."""
    shape = (size,) if np.ndim(size) == 0 else tuple(size)
    return np.array([draw() for _ in range(math.prod(shape))]).reshape(shape)


def _decade_by_hand(low, high, rng, size):
    decades = math.log10(high / low)
    return low * 10.0 ** (decades * rng.random(size))


def _filled(low, high, rng, size):
    out = np.empty(size)
    flat = out.reshape(-1)
    for i in range(flat.size):
        flat[i] = math.exp(rng.uniform(math.log(low), math.log(high)))
    return out


def _rejection(low, high, rng, size):
    """Density 1/x by inversion of u ↦ low^(1−u) high^u, drawn one at a time."""
    return _many(lambda: low ** (1 - (u := rng.random())) * high**u, size)


def _seeded_python(low, high, rng, size):
    own = random.Random(int(rng.integers(2**62)))
    return _many(lambda: math.exp(own.uniform(math.log(low), math.log(high))), size)


def _torch_draws(low, high, rng, size):
    own = torch.Generator().manual_seed(int(rng.integers(2**62)))
    shape = (size,) if np.ndim(size) == 0 else tuple(size)
    u = torch.rand(shape, generator=own, dtype=torch.float64)
    return (low * (high / low) ** u).numpy()


each(
    right,
    "log_uniform",
    {
        "exp": lambda low, high, rng, size: np.exp(rng.uniform(np.log(low), np.log(high), size)),
        "ten": lambda low, high, rng, size: 10 ** rng.uniform(np.log10(low), np.log10(high), size=size),
        "two": lambda low, high, rng, size: np.exp2(rng.uniform(math.log2(low), math.log2(high), size)),
        "powers": lambda low, high, rng, size: low * (high / low) ** rng.random(size),
        "decades": _decade_by_hand,
        "filled": _filled,
        "one_by_one": _rejection,
        "from_above": lambda low, high, rng, size: high * (low / high) ** rng.random(size),
        "sub_generator": _torch_draws,
        "python_generator": _seeded_python,
        "scipy": lambda low, high, rng, size: stats.loguniform(low, high).rvs(size=size, random_state=rng),
        "exponential_folded": lambda low, high, rng, size: (
            low * np.exp(stats.expon.cdf(rng.exponential(size=size)) * math.log(high / low))
        ),
        "extra": lambda low, high, rng, size=None, base=10.0: (
            base ** rng.uniform(np.log(low) / np.log(base), np.log(high) / np.log(base), size)
        ),
        "clipped": lambda low, high, rng, size: np.clip(
            np.exp(rng.uniform(np.log(low), np.log(high), size)), low, high
        ),
    },
)
each(
    wrong,
    "log_uniform",
    {
        "linear": lambda low, high, rng, size: rng.uniform(low, high, size),
        "no_exponent": lambda low, high, rng, size: rng.uniform(np.log(low), np.log(high), size),
        "bases_mixed": lambda low, high, rng, size: np.exp(rng.uniform(np.log10(low), np.log10(high), size)),
        "bases_mixed_back": lambda low, high, rng, size: 10 ** rng.uniform(np.log(low), np.log(high), size),
        "whole_decades": lambda low, high, rng, size: (
            10.0 ** rng.integers(round(math.log10(low)), round(math.log10(high)) + 1, size)
        ),
        "whole_exponents": lambda low, high, rng, size: np.exp(
            np.round(rng.uniform(np.log(low), np.log(high), size))
        ),
        "floor_of_exponent": lambda low, high, rng, size: (
            10 ** rng.uniform(np.floor(np.log10(low)), np.ceil(np.log10(high)), size)
        ),
        "normal": lambda low, high, rng, size: np.clip(
            np.exp(
                rng.normal(
                    (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / math.sqrt(12), size
                )
            ),
            low,
            high,
        ),
        "root": lambda low, high, rng, size: rng.uniform(math.sqrt(low), math.sqrt(high), size) ** 2,
        "reciprocal": lambda low, high, rng, size: 1 / rng.uniform(1 / high, 1 / low, size),
        "one_less": lambda low, high, rng, size: np.exp(rng.uniform(np.log(low), np.log(high * 0.9), size)),
        "above_low": lambda low, high, rng, size: np.exp(rng.uniform(np.log(low * 1.1), np.log(high), size)),
        "expm1": lambda low, high, rng, size: np.expm1(rng.uniform(np.log1p(low), np.log1p(high), size)),
        "one_draw": lambda low, high, rng, size: np.full(
            size, np.exp(rng.uniform(np.log(low), np.log(high)))
        ),
        "one_row": lambda low, high, rng, size: (
            np.zeros(size)
            + np.exp(rng.uniform(np.log(low), np.log(high), (size,) if np.ndim(size) == 0 else size[-1]))
        ),
        "spaced": lambda low, high, rng, size: rng.permutation(
            np.geomspace(low, high, int(np.prod(size)))
        ).reshape(size),
        "sorted": lambda low, high, rng, size: np.sort(
            np.exp(rng.uniform(np.log(low), np.log(high), size)), 0
        ),
        "flat": lambda low, high, rng, size: np.exp(
            rng.uniform(np.log(low), np.log(high), int(np.prod(size)))
        ),
        "global_generator": lambda low, high, rng, size: np.exp(
            np.random.uniform(np.log(low), np.log(high), size)
        ),
        "fixed_seed": lambda low, high, rng, size: np.exp(
            np.random.default_rng(0).uniform(np.log(low), np.log(high), size)
        ),
        "a_copy_draws": lambda low, high, rng, size: np.exp(
            copy.deepcopy(rng).uniform(np.log(low), np.log(high), size)
        ),
        "swapped": lambda low, high, rng, size: np.exp(rng.uniform(np.log(1 / high), np.log(1 / low), size)),
        "a_list": lambda low, high, rng, size: np.exp(rng.uniform(np.log(low), np.log(high), size)).tolist(),
        "one_short": lambda low, high, rng, size: np.exp(rng.uniform(np.log(low), np.log(high), size))[1:],
        "rounded": lambda low, high, rng, size: np.round(
            np.exp(rng.uniform(np.log(low), np.log(high), size)), 4
        ),
    },
)


# ---------------------------------------------------------------- sample_beta


def _lu(low, high, rng, size):
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


each(
    right,
    "sample_beta",
    {
        "by_log_uniform": lambda rng, size, low=0.9, high=0.999: 1 - _lu(1 - high, 1 - low, rng, size),
        "tens": lambda rng, size, low=0.9, high=0.999: (
            1.0 - 10 ** rng.uniform(np.log10(1 - high), np.log10(1 - low), size)
        ),
        "swapped_logs": lambda rng, size, low=0.9, high=0.999: (
            1 - np.exp(np.log(1 - low) + np.log((1 - high) / (1 - low)) * rng.random(size))
        ),
        "expm1": lambda rng, size, low=0.9, high=0.999: (
            -np.expm1(rng.uniform(np.log1p(-high), np.log1p(-low), size))
        ),
        "powers": lambda rng, size, low=0.9, high=0.999: (
            1 - (1 - low) ** (u := rng.random(size)) * (1 - high) ** (1 - u)
        ),
        "steps": lambda rng, size, low=0.9, high=0.999: 1 - 1 / _lu(1 / (1 - low), 1 / (1 - high), rng, size),
        "loop": lambda rng, size, low=0.9, high=0.999: _many(
            lambda: 1 - math.exp(rng.uniform(math.log(1 - high), math.log(1 - low))), size
        ),
        "scipy": lambda rng, size, low=0.9, high=0.999: (
            1 - stats.loguniform.rvs(1 - high, 1 - low, size=size, random_state=rng)
        ),
        "torch": lambda rng, size, low=0.9, high=0.999: 1 - _torch_draws(1 - high, 1 - low, rng, size),
    },
)
each(
    wrong,
    "sample_beta",
    {
        "linear": lambda rng, size, low=0.9, high=0.999: rng.uniform(low, high, size),
        "log_of_beta": lambda rng, size, low=0.9, high=0.999: _lu(low, high, rng, size),
        "one_minus_beta": lambda rng, size, low=0.9, high=0.999: _lu(1 - high, 1 - low, rng, size),
        "defaults_only": lambda rng, size, low=0.9, high=0.999: 1 - _lu(0.001, 0.1, rng, size),
        "high_ignored": lambda rng, size, low=0.9, high=0.999: 1 - _lu(0.001, 1 - low, rng, size),
        "low_ignored": lambda rng, size, low=0.9, high=0.999: 1 - _lu(1 - high, 0.1, rng, size),
        "whole_decades": lambda rng, size, low=0.9, high=0.999: (
            1 - 10.0 ** rng.integers(round(math.log10(1 - high)), round(math.log10(1 - low)) + 1, size)
        ),
        "mirrored": lambda rng, size, low=0.9, high=0.999: (
            low + high - (1 - _lu(1 - high, 1 - low, rng, size))
        ),
        "bases_mixed": lambda rng, size, low=0.9, high=0.999: (
            1 - np.exp(rng.uniform(np.log10(1 - high), np.log10(1 - low), size))
        ),
        "linear_in_steps": lambda rng, size, low=0.9, high=0.999: (
            1 - 1 / rng.uniform(1 / (1 - low), 1 / (1 - high), size)
        ),
        "wider": lambda rng, size, low=0.9, high=0.999: 1 - _lu((1 - high) / 1.2, 1 - low, rng, size),
        "narrower": lambda rng, size, low=0.9, high=0.999: 1 - _lu((1 - high) * 1.15, 1 - low, rng, size),
        "one_draw": lambda rng, size, low=0.9, high=0.999: np.full(
            size, 1 - _lu(1 - high, 1 - low, rng, None)
        ),
        "other_defaults": lambda rng, size, low=0.9, high=0.9999: 1 - _lu(1 - high, 1 - low, rng, size),
        "other_low": lambda rng, size, low=0.8, high=0.999: 1 - _lu(1 - high, 1 - low, rng, size),
        "order": lambda rng, low, high=0.999, size=1: 1 - _lu(1 - high, 1 - low, rng, size),
        "global_generator": lambda rng, size, low=0.9, high=0.999: (
            1 - np.exp(np.random.uniform(np.log(1 - high), np.log(1 - low), size))
        ),
        "a_copy_draws": lambda rng, size, low=0.9, high=0.999: (
            1 - _lu(1 - high, 1 - low, copy.deepcopy(rng), size)
        ),
        "a_scalar_size": lambda rng, size, low=0.9, high=0.999: (
            1 - _lu(1 - high, 1 - low, rng, int(np.prod(size)))
        ),
        "sorted": lambda rng, size, low=0.9, high=0.999: np.sort(1 - _lu(1 - high, 1 - low, rng, size)),
        "half_the_exponent": lambda rng, size, low=0.9, high=0.999: (
            1 - np.sqrt(_lu((1 - high) ** 2, 1 - low, rng, size))
        ),
    },
)


# ---------------------------------------------------------------- grid_points


def _axis(spec, k):
    low, high, scale = spec
    if scale == "log":
        return [float(v) for v in np.geomspace(low, high, k)]
    values = np.linspace(low, high, k)
    return [int(v) for v in np.rint(values)] if scale == "int" else values.tolist()


def _product(ranges, k, axis=_axis):
    return [
        dict(zip(ranges, values, strict=True))
        for values in itertools.product(*(axis(s, k) for s in ranges.values()))
    ]


def _grid_recursive(ranges, points_per_axis):
    if not ranges:
        return [{}]
    (name, spec), *rest = ranges.items()
    tail = _grid_recursive(dict(rest), points_per_axis)
    return [{name: value, **point} for value in _axis(spec, points_per_axis) for point in tail]


def _grid_loops(ranges, points_per_axis):
    points = [{}]
    for name in ranges:
        low, high, scale = ranges[name]
        longer = []
        for point in points:
            for i in range(points_per_axis):
                u = i / (points_per_axis - 1)
                if scale == "log":
                    value = math.exp((1 - u) * math.log(low) + u * math.log(high))
                else:
                    value = (1 - u) * low + u * high
                longer.append({**point, name: round(value) if scale == "int" else value})
        points = longer
    return points


def _grid_mesh(ranges, points_per_axis):
    axes = []
    for low, high, scale in ranges.values():
        if scale == "log":
            axes.append(np.logspace(np.log10(low), np.log10(high), points_per_axis))
        else:
            axes.append(np.linspace(low, high, points_per_axis))
    mesh = [m.ravel() for m in np.meshgrid(*axes, indexing="ij")]
    return [
        {
            name: int(np.round(m[i])) if ranges[name][2] == "int" else m[i]
            for name, m in zip(ranges, mesh, strict=True)
        }
        for i in range(len(mesh[0]))
    ]


def _grid_counted(ranges, points_per_axis):
    k, points = points_per_axis, []
    for number in range(k ** len(ranges)):
        point = {}
        for name, spec in ranges.items():
            number, digit = divmod(number, k)
            point[name] = _axis(spec, k)[digit]
        points.append(point)
    return points


def _half_up(spec, k):
    low, high, scale = spec
    if scale != "int":
        return _axis(spec, k)
    return [math.floor(low + (high - low) * i / (k - 1) + 0.5) for i in range(k)]


def _numpy_values(spec, k):
    low, high, scale = spec
    if scale == "log":
        return np.exp(np.linspace(np.log(low), np.log(high), k))
    values = np.linspace(low, high, k)
    return values.round().astype(int) if scale == "int" else values


each(
    right,
    "grid_points",
    {
        "product": _product,
        "recursive": _grid_recursive,
        "loops": _grid_loops,
        "mesh": _grid_mesh,
        "counted": _grid_counted,
        "numpy_values": lambda ranges, points_per_axis: _product(ranges, points_per_axis, _numpy_values),
        "half_up": lambda ranges, points_per_axis: _product(ranges, points_per_axis, _half_up),
        "backwards": lambda ranges, points_per_axis, reverse=True: _product(ranges, points_per_axis)[::-1],
        "reduced": lambda ranges, points_per_axis: reduce(
            lambda points, item: [{**p, item[0]: v} for v in _axis(item[1], points_per_axis) for p in points],
            ranges.items(),
            [{}],
        ),
        "shuffled": lambda ranges, points_per_axis: random.Random(1).sample(
            _product(ranges, points_per_axis), points_per_axis ** len(ranges)
        ),
    },
)


def _on_axis(change):
    """A grid whose axes are `change(low, high, scale, k)` where that is not None."""

    def axis(spec, k):
        changed = change(*spec, k)
        return _axis(spec, k) if changed is None else list(changed)

    return lambda ranges, points_per_axis: _product(ranges, points_per_axis, axis)


def _one_dict(ranges, points_per_axis):
    point, points = {}, []
    for values in itertools.product(*(_axis(s, points_per_axis) for s in ranges.values())):
        point.update(zip(ranges, values, strict=True))
        points.append(point)
    return points


def _popping(ranges, points_per_axis):
    points = _product(dict(ranges), points_per_axis)
    ranges.popitem()
    return points


each(
    wrong,
    "grid_points",
    {
        "linear_for_log": _on_axis(lambda a, b, s, k: np.linspace(a, b, k) if s == "log" else None),
        "no_exponent": _on_axis(
            lambda a, b, s, k: np.linspace(np.log10(a), np.log10(b), k) if s == "log" else None
        ),
        "bases_mixed": _on_axis(
            lambda a, b, s, k: 10 ** np.linspace(np.log(a), np.log(b), k) if s == "log" else None
        ),
        "high_left_out": _on_axis(
            lambda a, b, s, k: np.linspace(a, b, k, endpoint=False) if s == "linear" else None
        ),
        "log_high_left_out": _on_axis(
            lambda a, b, s, k: np.geomspace(a, b, k, endpoint=False) if s == "log" else None
        ),
        "low_left_out": _on_axis(lambda a, b, s, k: np.linspace(a, b, k + 1)[1:] if s == "linear" else None),
        "inner_points": _on_axis(
            lambda a, b, s, k: np.linspace(a, b, k + 2)[1:-1] if s == "linear" else None
        ),
        "midpoints": _on_axis(
            lambda a, b, s, k: a + (b - a) * (np.arange(k) + 0.5) / k if s == "linear" else None
        ),
        "truncated": _on_axis(
            lambda a, b, s, k: [int(v) for v in np.linspace(a, b, k)] if s == "int" else None
        ),
        "rounded_up": _on_axis(
            lambda a, b, s, k: [math.ceil(v) for v in np.linspace(a, b, k)] if s == "int" else None
        ),
        "int_unrounded": _on_axis(lambda a, b, s, k: np.linspace(a, b, k) if s == "int" else None),
        "int_on_log": _on_axis(
            lambda a, b, s, k: [round(v) for v in np.geomspace(max(a, 1), b, k)] if s == "int" else None
        ),
        "int_high_left_out": _on_axis(
            lambda a, b, s, k: (
                [round(v) for v in np.linspace(a, b, k, endpoint=False)] if s == "int" else None
            )
        ),
        "all_ints": _on_axis(lambda a, b, s, k: range(a, b + 1) if s == "int" else None),
        "three_per_axis": _on_axis(lambda a, b, s, k: np.linspace(a, b, 3) if s == "linear" else None),
        "one_more": lambda ranges, points_per_axis: _product(ranges, points_per_axis + 1),
        "diagonal": lambda ranges, points_per_axis: [
            dict(zip(ranges, values, strict=True))
            for values in zip(*(_axis(s, points_per_axis) for s in ranges.values()), strict=True)
        ],
        "one_axis_at_a_time": lambda ranges, points_per_axis: [
            {n: (v if n == name else s[0]) for n, s in ranges.items()}
            for name, spec in ranges.items()
            for v in _axis(spec, points_per_axis)
        ],
        "one_dict": _one_dict,
        "tuples": lambda ranges, points_per_axis: [
            tuple(p.values()) for p in _product(ranges, points_per_axis)
        ],
        "two_axes": lambda ranges, points_per_axis: _product(dict(list(ranges.items())[:2]), points_per_axis),
        "popping": _popping,
        "spread_over_all": lambda ranges, points_per_axis: _product(
            ranges, max(2, round(points_per_axis ** (1 / len(ranges))))
        ),
        "names_sorted_values_not": lambda ranges, points_per_axis: [
            dict(zip(sorted(ranges), p.values(), strict=True)) for p in _product(ranges, points_per_axis)
        ],
        "rounded_floats": lambda ranges, points_per_axis: [
            {n: round(v, 3) for n, v in p.items()} for p in _product(ranges, points_per_axis)
        ],
        "random": lambda ranges, points_per_axis: [
            {n: np.random.default_rng(i).uniform(s[0], s[1]) for n, s in ranges.items()}
            for i in range(points_per_axis ** len(ranges))
        ],
    },
)


# ---------------------------------------------------------------- random_points


def _draw(spec, rng):
    low, high, scale = spec
    if scale == "int":
        return int(rng.integers(low, high + 1))
    if scale == "log":
        return float(_lu(low, high, rng, None))
    return float(rng.uniform(low, high))


def _rp(draw):
    return lambda ranges, n, rng: [{name: draw(s, rng) for name, s in ranges.items()} for _ in range(n)]


def _by_columns(ranges, n, rng):
    columns = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "linear":
            columns[name] = rng.uniform(low, high, n)
        elif scale == "log":
            columns[name] = low * (high / low) ** rng.random(n)
        else:
            columns[name] = rng.integers(low, high, n, endpoint=True)
    return [{name: column[i] for name, column in columns.items()} for i in range(n)]


def _unit_cube(ranges, n, rng):
    points = []
    for row in rng.random((n, len(ranges))):
        point = {}
        for u, (name, (low, high, scale)) in zip(row, ranges.items(), strict=True):
            match scale:
                case "log":
                    point[name] = math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
                case "int":
                    point[name] = low + int(u * (high - low + 1))
                case _:
                    point[name] = low + u * (high - low)
        points.append(point)
    return points


def _choices(spec, rng):
    low, high, scale = spec
    return rng.choice(np.arange(low, high + 1)) if scale == "int" else _draw(spec, rng)


def _half_wider(spec, rng):
    low, high, scale = spec
    return round(rng.uniform(low - 0.5, high + 0.5)) if scale == "int" else _draw(spec, rng)


def _dispatch(ranges, n, rng, prefer=None):
    draws = {
        "linear": lambda a, b: rng.uniform(a, b),
        "log": lambda a, b: 10 ** rng.uniform(np.log10(a), np.log10(b)),
        "int": lambda a, b: rng.integers(low=a, high=b, endpoint=True),
    }
    return list(map(lambda _: {name: draws[scale](a, b) for name, (a, b, scale) in ranges.items()}, range(n)))


def _own_generators(ranges, n, rng):
    return [
        {name: _draw(spec, own) for name, spec in sorted(ranges.items())}
        for own in map(np.random.default_rng, rng.integers(2**62, size=n))
    ]


each(
    right,
    "random_points",
    {
        "plain": _rp(_draw),
        "columns": _by_columns,
        "unit_cube": _unit_cube,
        "choices": _rp(_choices),
        "half_wider": _rp(_half_wider),
        "dispatch": _dispatch,
        "own_generators": _own_generators,
        "one_at_a_time": lambda ranges, n, rng: [_by_columns(ranges, 1, rng)[0] for _ in range(n)],
        "backwards": lambda ranges, n, rng: [
            {name: _draw(spec, rng) for name, spec in reversed(ranges.items())} for _ in range(n)
        ][::-1],
    },
)


def _rp_axis(scale, draw):
    """Draws like the right ones, except on axes of that scale."""
    return _rp(lambda spec, rng: draw(spec[0], spec[1], rng) if spec[2] == scale else _draw(spec, rng))


def _shared_u(ranges, n, rng):
    points = []
    for _ in range(n):
        u = rng.random()
        point = {}
        for name, (a, b, s) in ranges.items():
            point[name] = a * (b / a) ** u if s == "log" else a + u * (b - a)
            if s == "int":
                point[name] = a + int(u * (b - a + 1))
        points.append(point)
    return points


def _same_seed_each_axis(ranges, n, rng):
    seed = int(rng.integers(2**60))
    return [
        dict(zip(ranges, row, strict=True))
        for row in zip(
            *(
                [_draw(spec, own) for _ in range(n)]
                for spec in ranges.values()
                for own in [np.random.default_rng(seed)]
            ),
            strict=True,
        )
    ]


each(
    wrong,
    "random_points",
    {
        "linear_for_log": _rp_axis("log", lambda a, b, rng: rng.uniform(a, b)),
        "no_exponent": _rp_axis("log", lambda a, b, rng: rng.uniform(np.log(a), np.log(b))),
        "bases_mixed": _rp_axis("log", lambda a, b, rng: np.exp(rng.uniform(np.log10(a), np.log10(b)))),
        "whole_decades": _rp_axis(
            "log", lambda a, b, rng: 10.0 ** rng.integers(round(math.log10(a)), round(math.log10(b)) + 1)
        ),
        "int_high_left_out": _rp_axis("int", lambda a, b, rng: int(rng.integers(a, b))),
        "int_low_left_out": _rp_axis("int", lambda a, b, rng: int(rng.integers(a + 1, b + 1))),
        "int_one_too_many": _rp_axis("int", lambda a, b, rng: int(rng.integers(a, b + 2))),
        "int_rounded": _rp_axis("int", lambda a, b, rng: round(rng.uniform(a, b))),
        "int_truncated": _rp_axis("int", lambda a, b, rng: int(rng.uniform(a, b))),
        "int_float": _rp_axis("int", lambda a, b, rng: rng.uniform(a, b)),
        "int_log": _rp_axis("int", lambda a, b, rng: round(float(_lu(max(a, 1), b, rng, None)))),
        "int_ceil": _rp_axis("int", lambda a, b, rng: math.ceil(rng.uniform(a, b))),
        "int_wrapped": _rp_axis("int", lambda a, b, rng: int(rng.integers(0, b - a + 1))),
        "linear_unit": _rp_axis("linear", lambda a, b, rng: rng.random()),
        "linear_scaled_only": _rp_axis("linear", lambda a, b, rng: b * rng.random()),
        "linear_normal": _rp_axis(
            "linear", lambda a, b, rng: float(np.clip(rng.normal((a + b) / 2, (b - a) / 4), a, b))
        ),
        "linear_triangular": _rp_axis(
            "linear", lambda a, b, rng: (rng.uniform(a, b) + rng.uniform(a, b)) / 2
        ),
        "linear_rounded": _rp_axis("linear", lambda a, b, rng: round(rng.uniform(a, b), 1)),
        "shared_u": _shared_u,
        "same_seed": _same_seed_each_axis,
        "global_generator": lambda ranges, n, rng: _by_columns(ranges, n, np.random.default_rng()),
        "fixed_seed": lambda ranges, n, rng: _by_columns(ranges, n, np.random.default_rng(0)),
        "a_copy_draws": lambda ranges, n, rng: _by_columns(ranges, n, copy.deepcopy(rng)),
        "one_point": lambda ranges, n, rng: [dict(p) for p in _by_columns(ranges, 1, rng) * n],
        "one_dict": lambda ranges, n, rng: _by_columns(ranges, 1, rng) * n,
        "grid": lambda ranges, n, rng: _product(ranges, math.ceil(n ** (1 / len(ranges))) + 1)[:n],
        "sampled_grid": lambda ranges, n, rng: [
            {name: _axis(s, 10)[rng.integers(10)] for name, s in ranges.items()} for _ in range(n)
        ],
        "one_less": lambda ranges, n, rng: _by_columns(ranges, n - 1, rng),
        "sorted": lambda ranges, n, rng: sorted(
            _by_columns(ranges, n, rng), key=lambda p: next(iter(p.values()))
        ),
        "columns_dict": lambda ranges, n, rng: {
            name: [_draw(s, rng) for _ in range(n)] for name, s in ranges.items()
        },
        "first_fixed": lambda ranges, n, rng: [
            {name: s[0] for name, s in ranges.items()},
            *_by_columns(ranges, n - 1, rng),
        ],
        "popping": lambda ranges, n, rng: (_by_columns(dict(ranges), n, rng), ranges.clear())[0],
    },
)


# ---------------------------------------------------------------- random_search


def _rs_loop(objective, ranges, n, rng):
    best, best_value, history = None, math.inf, []
    for _ in range(n):
        point = {name: _draw(spec, rng) for name, spec in ranges.items()}
        value = objective(point)
        history.append((point, value))
        if best is None or value < best_value:
            best, best_value = point, value
    return best, history


def _rs_sorted(objective, ranges, n, rng):
    history = [(p, objective(p)) for p in _by_columns(ranges, n, rng)]
    return sorted(history, key=lambda t: t[1])[0][0], history


def _rs_argmin(objective, ranges, n, rng):
    points = _unit_cube(ranges, n, rng)
    values = np.array([float(objective(p)) for p in points])
    return points[int(values.argmin())], list(zip(points, values, strict=True))


def _rs_heap(objective, ranges, n, rng):
    heap, history = [], []
    for i, point in enumerate(_by_columns(ranges, n, rng)):
        history.append((point, objective(point)))
        heapq.heappush(heap, (history[-1][1], i))
    return dict(history[heap[0][1]][0]), history


class _Trial(tuple):
    """A pair that knows its names."""

    __slots__ = ()
    point = property(lambda self: self[0])
    value = property(lambda self: self[1])


def _rs_class(objective, ranges, n, rng):
    trials = [_Trial((p, objective(p))) for p in _by_columns(ranges, n, rng)]
    return min(trials, key=lambda t: t.value).point, trials


def _rs_last_of_ties(objective, ranges, n, rng, verbose=False):
    best, lowest, history = None, float("inf"), []
    for p in _by_columns(ranges, n, rng):
        v = objective(dict(p))
        history += [(p, v)]
        if v <= lowest:
            best, lowest = p, v
    return best, history


each(
    right,
    "random_search",
    {
        "loop": _rs_loop,
        "sorted": _rs_sorted,
        "argmin": _rs_argmin,
        "heap": _rs_heap,
        "class": _rs_class,
        "last_of_ties": _rs_last_of_ties,
        "min": lambda objective, ranges, n, rng: (lambda h: (min(h, key=lambda pair: pair[1])[0], h))(
            [(p, objective(p)) for p in _rp(_draw)(ranges, n, rng)]
        ),
    },
)


def _rs(best=None, history=None, points=_by_columns, value=lambda objective, p: objective(p)):
    """A search, with one step changed."""

    def random_search(objective, ranges, n, rng):
        trials = [(p, value(objective, p)) for p in points(ranges, n, rng)]
        winner = best(trials) if best else min(trials, key=lambda t: t[1])[0]
        return winner, history(trials) if history else trials

    return random_search


def _rs_mutated(objective, ranges, n, rng):
    point, history = {}, []
    for p in _by_columns(ranges, n, rng):
        point.update(p)
        history.append((point, objective(point)))
    return dict(min(history, key=lambda t: t[1])[0]), history


def _rs_best_alias(objective, ranges, n, rng):
    point, best, lowest, history = {}, None, math.inf, []
    for p in _by_columns(ranges, n, rng):
        point.update(p)
        v = objective(p)
        history.append((p, v))
        if v < lowest:
            best, lowest = point, v
    return best, history


def _rs_zero_start(objective, ranges, n, rng):
    lowest, best, history = 0.0, None, []
    for p in _by_columns(ranges, n, rng):
        v = objective(p)
        history.append((p, v))
        if best is None or v < lowest:
            best = p
            lowest = min(lowest, v)
    return best, history


def _rs_large_start(objective, ranges, n, rng):
    lowest, best, history = 1.0, None, []
    for p in _by_columns(ranges, n, rng):
        v = objective(p)
        history.append((p, v))
        if v < lowest:
            best, lowest = p, v
    return best, history


each(
    wrong,
    "random_search",
    {
        "highest": _rs(best=lambda t: max(t, key=lambda u: u[1])[0]),
        "last": _rs(best=lambda t: t[-1][0]),
        "first": _rs(best=lambda t: t[0][0]),
        "smallest_size": _rs(best=lambda t: min(t, key=lambda u: abs(u[1]))[0]),
        "ties_fail": _rs(best=lambda t: min((v, p) for p, v in t)[1]),
        "value_back": _rs(best=lambda t: min(v for _, v in t)),
        "pair_back": _rs(best=lambda t: min(t, key=lambda u: u[1])),
        "index_back": _rs(best=lambda t: min(range(len(t)), key=lambda i: t[i][1])),
        "swapped": _rs(history=lambda t: [(v, p) for p, v in t]),
        "values_only": _rs(history=lambda t: [v for _, v in t]),
        "sorted_history": _rs(history=lambda t: sorted(t, key=lambda u: u[1])),
        "reversed_history": _rs(history=lambda t: t[::-1]),
        "improvements_only": _rs(
            history=lambda t: [u for i, u in enumerate(t) if all(u[1] < w[1] for w in t[:i])]
        ),
        "best_so_far": _rs(
            history=lambda t: [(p, min(v for _, v in t[: i + 1])) for i, (p, _) in enumerate(t)]
        ),
        "twice": _rs(value=lambda objective, p: (objective(p), objective(p))[1]),
        "absolute": _rs(value=lambda objective, p: abs(objective(p))),
        "rounded": _rs(value=lambda objective, p: round(objective(p), 2)),
        "whole": _rs(value=lambda objective, p: int(objective(p))),
        "one_less": _rs(points=lambda ranges, n, rng: _by_columns(ranges, max(1, n - 1), rng)),
        "one_more": _rs(points=lambda ranges, n, rng: _by_columns(ranges, n + 1, rng)),
        "linear": _rs(
            points=lambda ranges, n, rng: _by_columns(
                {k: (a, b, "linear" if s == "log" else s) for k, (a, b, s) in ranges.items()}, n, rng
            )
        ),
        "all_linear": _rs(
            points=lambda ranges, n, rng: _by_columns(
                {k: (a, b, "linear") for k, (a, b, _) in ranges.items()}, n, rng
            )
        ),
        "fixed_seed": _rs(points=lambda ranges, n, rng: _by_columns(ranges, n, np.random.default_rng(0))),
        "global_generator": _rs(
            points=lambda ranges, n, rng: _by_columns(ranges, n, np.random.default_rng())
        ),
        "a_copy_draws": _rs(points=lambda ranges, n, rng: _by_columns(ranges, n, copy.deepcopy(rng))),
        "grid": _rs(
            points=lambda ranges, n, rng: _product(ranges, math.ceil(n ** (1 / len(ranges))) + 1)[:n]
        ),
        "mutated": _rs_mutated,
        "best_alias": _rs_best_alias,
        "zero_start": _rs_zero_start,
        "large_start": _rs_large_start,
        "best_evaluated_again": lambda objective, ranges, n, rng: (
            lambda h: (min((p for p, _ in h), key=objective), h)
        )([(p, objective(p)) for p in _by_columns(ranges, n, rng)]),
        "history_first": lambda objective, ranges, n, rng: _rs_loop(objective, ranges, n, rng)[::-1],
        "best_only": lambda objective, ranges, n, rng: _rs_loop(objective, ranges, n, rng)[0],
    },
)


# ---------------------------------------------------------------- repaired_tune


def _rt_first(evaluate, candidates):
    errors = [evaluate(c, "val") for c in candidates]
    best = candidates[errors.index(min(errors))]
    return best, evaluate(best, "test")


def _rt_loop(evaluate, candidates):
    best, lowest = None, math.inf
    for candidate in candidates:
        error = evaluate(candidate, "val")
        if best is None or error < lowest:
            best, lowest = candidate, error
    return best, evaluate(best, "test")


def _rt_last(evaluate, candidates):
    best, lowest = None, math.inf
    for candidate in candidates:
        if (error := evaluate(candidate, "val")) <= lowest:
            best, lowest = candidate, error
    return best, evaluate(best, "test")


each(
    right,
    "repaired_tune",
    {
        "first": _rt_first,
        "loop": _rt_loop,
        "last": _rt_last,
        "min": lambda evaluate, candidates: (lambda best: (best, evaluate(best, "test")))(
            min(candidates, key=lambda c: evaluate(c, "val"))
        ),
        "argmin": lambda evaluate, candidates: (lambda i: (candidates[i], evaluate(candidates[i], "test")))(
            int(np.argmin([evaluate(c, "val") for c in candidates]))
        ),
        "rows": lambda evaluate, candidates: (
            lambda i: (candidates[i], np.float64(evaluate(candidates[i], "test")))
        )(min((evaluate(c, "val"), i) for i, c in enumerate(candidates))[1]),
        "keywords": lambda evaluate, candidates: [
            best := sorted(candidates, key=lambda c: evaluate(c, "val"))[0],
            evaluate(best, "test"),
        ],
        "once_each": lambda evaluate, candidates, parts=("val", "test"): (
            lambda table: (table[0][1], evaluate(table[0][1], parts[1]))
        )(sorted(((evaluate(c, parts[0]), c) for c in candidates), key=lambda row: row[0])),
    },
)


def _rt_buggy(evaluate, candidates):
    rows = [(evaluate(c, "val"), evaluate(c, "test"), i) for i, c in enumerate(candidates)]
    _, test_error, number = min(rows)
    return candidates[number], test_error


def _rt(choose, report):
    def repaired_tune(evaluate, candidates):
        best = choose(evaluate, candidates)
        return best, report(evaluate, best, candidates)

    return repaired_tune


def _by_val(evaluate, candidates):
    return min(candidates, key=lambda c: evaluate(c, "val"))


def _test(evaluate, best, candidates):
    return evaluate(best, "test")


each(
    wrong,
    "repaired_tune",
    {
        "unchanged": _rt_buggy,
        "by_test": _rt(lambda e, cs: min(cs, key=lambda c: e(c, "test")), _test),
        "by_sum": _rt(lambda e, cs: min(cs, key=lambda c: e(c, "val") + e(c, "test")), _test),
        "reports_val": _rt(_by_val, lambda e, best, cs: e(best, "val")),
        "reports_mean": _rt(_by_val, lambda e, best, cs: (e(best, "val") + e(best, "test")) / 2),
        "reports_lowest": _rt(_by_val, lambda e, best, cs: min(e(c, "test") for c in cs)),
        "reports_average": _rt(_by_val, lambda e, best, cs: float(np.mean([e(c, "test") for c in cs]))),
        "highest": _rt(lambda e, cs: max(cs, key=lambda c: e(c, "val")), _test),
        "first": _rt(lambda e, cs: cs[0], _test),
        "last": _rt(lambda e, cs: cs[-1], _test),
        "half": _rt(_by_val, lambda e, best, cs: 0.5),
        "test_of_all": lambda evaluate, candidates: (
            lambda rows: (lambda r: (candidates[r[2]], r[1]))(min(rows, key=lambda r: r[0]))
        )([(evaluate(c, "val"), evaluate(c, "test"), i) for i, c in enumerate(candidates)]),
        "test_twice": _rt(_by_val, lambda e, best, cs: (e(best, "test"), e(best, "test"))[1]),
        "pessimist": lambda evaluate, candidates: (
            lambda rows: (lambda r: (candidates[r[2]], -r[1]))(min(rows))
        )([(evaluate(c, "val"), -evaluate(c, "test"), i) for i, c in enumerate(candidates)]),
        "test_only_of_tied": _rt(
            lambda e, cs: (
                lambda low: min((c for c in cs if e(c, "val") == low), key=lambda c: e(c, "test"))
            )(min(e(c, "val") for c in cs)),
            _test,
        ),
        "number_back": lambda evaluate, candidates: (lambda i: (i, evaluate(candidates[i], "test")))(
            int(np.argmin([evaluate(c, "val") for c in candidates]))
        ),
        "pair_swapped": lambda evaluate, candidates: _rt_first(evaluate, candidates)[::-1],
        "error_only": lambda evaluate, candidates: _rt_first(evaluate, candidates)[1],
        "sorted_in_place": lambda evaluate, candidates: (
            candidates.sort(key=lambda c: evaluate(c, "val")),
            (candidates[0], evaluate(candidates[0], "test")),
        )[1],
    },
)


# ---------------------------------------------------------------- zoom


def _window(low, high, centre, factor):
    half = (high - low) / factor / 2
    return max(low, centre - half), min(high, centre + half)


def _zoom(log=None, integer=None, linear=None, back=None):
    """Zoom axis by axis; each argument replaces the axis of that scale: f(low, high, best, factor) -> ends."""

    def default_log(a, b, c, f):
        return tuple(float(np.exp(v)) for v in _window(np.log(a), np.log(b), np.log(c), f))

    def default_int(a, b, c, f):
        return tuple(round(v) for v in _window(a, b, c, f))

    chosen = {"log": log or default_log, "int": integer or default_int, "linear": linear or _window}

    def zoom(ranges, best, factor):
        new = {n: (*chosen[s](a, b, best[n], factor), s) for n, (a, b, s) in ranges.items()}
        return back(new, ranges) if back else new

    return zoom


def _zoom_ratio(ranges, best, factor):
    new = {}
    for name, (low, high, scale) in ranges.items():
        if scale == "log":
            r = (high / low) ** (0.5 / factor)
            new[name] = (max(low, best[name] / r), min(high, best[name] * r), scale)
        else:
            d = 0.5 * (high - low) / factor
            ends = np.clip([best[name] - d, best[name] + d], low, high)
            if scale == "int":
                ends = np.rint(ends).astype(int)
            new[name] = (ends[0], ends[1], scale)
    return new


def _zoom_copy(ranges, best, factor, clip=True):
    new = copy.deepcopy(ranges)
    for name in new:
        low, high, scale = new[name]
        to, back = (math.log10, lambda v: 10**v) if scale == "log" else (float, float)
        centre, half = to(best[name]), (to(high) - to(low)) / (2 * factor)
        a, b = back(centre - half), back(centre + half)
        if clip:
            a, b = max(a, low), min(b, high)
        new[name] = (round(a), round(b), scale) if scale == "int" else (a, b, scale)
    return new


def _zoom_recursive(ranges, best, factor):
    if not ranges:
        return {}
    (name, (low, high, scale)), *rest = ranges.items()
    forward, inverse = (np.log2, np.exp2) if scale == "log" else (np.float64, np.float64)
    a, b = inverse(np.array(_window(forward(low), forward(high), forward(best[name]), factor)))
    a, b = np.clip([a, b], low, high)
    ends = (round(float(a)), round(float(b))) if scale == "int" else (a, b)
    return {name: (*ends, scale), **_zoom_recursive(dict(rest), best, factor)}


def _wide(a, b, c, f):
    low, high = _window(a, b, c, f)
    return math.floor(low), math.ceil(high)


each(
    right,
    "zoom",
    {
        "plain": _zoom(),
        "ratio": _zoom_ratio,
        "copy": _zoom_copy,
        "recursive": _zoom_recursive,
        "outward": _zoom(integer=_wide),
        "half_up": _zoom(integer=lambda a, b, c, f: tuple(math.floor(v + 0.5) for v in _window(a, b, c, f))),
        "numpy_ints": _zoom(integer=lambda a, b, c, f: tuple(np.round(_window(a, b, c, f)).astype(np.int64))),
        "numpy_floats": _zoom(linear=lambda a, b, c, f: tuple(np.float64(v) for v in _window(a, b, c, f))),
        "backwards": _zoom(back=lambda new, ranges: dict(reversed(new.items()))),
    },
)


def _bounds(f, log=False):
    """Ends from `f`, on the logarithm if asked."""
    if not log:
        return f
    return lambda a, b, c, k: tuple(float(np.exp(v)) for v in f(np.log(a), np.log(b), np.log(c), k))


def _unclipped(a, b, c, f):
    return c - (b - a) / f / 2, c + (b - a) / f / 2


def _shifted(a, b, c, f):
    width = (b - a) / f
    low = min(max(a, c - width / 2), b - width)
    return low, low + width


def _rounded(f):
    return lambda a, b, c, k: tuple(round(v) for v in f(a, b, c, k))


def _everywhere(f):
    return _zoom(log=_bounds(f, log=True), integer=_rounded(f), linear=f)


def _zoom_in_place(ranges, best, factor):
    ranges.update(_zoom()(dict(ranges), best, factor))
    return ranges


each(
    wrong,
    "zoom",
    {
        "linear_for_log": _zoom(log=_window),
        "bases_mixed": _zoom(
            log=lambda a, b, c, f: tuple(10**v for v in _window(np.log(a), np.log(b), np.log(c), f))
        ),
        "log_clipped_in_logs": _zoom(
            log=lambda a, b, c, f: (
                max(a, float(np.exp(np.log(c) - np.log(b / a) / f))),
                min(b, float(np.exp(np.log(c) + np.log(b / a) / f))),
            )
        ),
        "ratio_divided": _zoom(
            log=lambda a, b, c, f: (max(a, c / (b / a / f) ** 0.5), min(b, c * (b / a / f) ** 0.5))
        ),
        "factor_around": _zoom(log=lambda a, b, c, f: (max(a, c / f), min(b, c * f))),
        "unclipped": _everywhere(_unclipped),
        "unclipped_linear": _zoom(linear=_unclipped),
        "unclipped_log": _zoom(log=_bounds(_unclipped, log=True)),
        "unclipped_int": _zoom(integer=_rounded(_unclipped)),
        "clipped_below_only": _everywhere(
            lambda a, b, c, f: (max(a, c - (b - a) / f / 2), c + (b - a) / f / 2)
        ),
        "clipped_above_only": _everywhere(
            lambda a, b, c, f: (c - (b - a) / f / 2, min(b, c + (b - a) / f / 2))
        ),
        "shifted": _everywhere(_shifted),
        "full_width_each_side": _everywhere(
            lambda a, b, c, f: (max(a, c - (b - a) / f), min(b, c + (b - a) / f))
        ),
        "quarter": _everywhere(lambda a, b, c, f: (max(a, c - (b - a) / f / 4), min(b, c + (b - a) / f / 4))),
        "middle": _everywhere(lambda a, b, c, f: _window(a, b, (a + b) / 2, f)),
        "factor_two": _everywhere(lambda a, b, c, f: _window(a, b, c, 2)),
        "factor_four": _everywhere(lambda a, b, c, f: _window(a, b, c, 4)),
        "multiplied": _everywhere(lambda a, b, c, f: _window(a, b, c, 1 / f)),
        "towards_best": _everywhere(lambda a, b, c, f: (c - (c - a) / f, c + (b - c) / f)),
        "int_floats": _zoom(integer=_window),
        "int_unrounded": _zoom(integer=lambda a, b, c, f: tuple(float(v) for v in _window(a, b, c, f))),
        "int_on_log": _zoom(
            integer=lambda a, b, c, f: tuple(
                round(float(np.exp(v))) for v in _window(np.log(max(a, 1)), np.log(b), np.log(max(c, 1)), f)
            )
        ),
        "int_untouched": _zoom(integer=lambda a, b, c, f: (a, b)),
        "log_untouched": _zoom(log=lambda a, b, c, f: (a, b)),
        "log_left_in_logs": _zoom(log=lambda a, b, c, f: _window(np.log(a), np.log(b), np.log(c), f)),
        "scale_lost": _zoom(back=lambda new, ranges: {n: v[:2] for n, v in new.items()}),
        "scale_linear": _zoom(back=lambda new, ranges: {n: (*v[:2], "linear") for n, v in new.items()}),
        "ends_swapped": _zoom(back=lambda new, ranges: {n: (v[1], v[0], v[2]) for n, v in new.items()}),
        "first_axis_only": _zoom(
            back=lambda new, ranges: {**ranges, next(iter(ranges)): new[next(iter(ranges))]}
        ),
        "in_place": _zoom_in_place,
        "kept_as_well": _zoom(back=lambda new, ranges: {**new, "best": 0}),
        "whole_width": _zoom(
            linear=lambda a, b, c, f: _window(a, b, c, f) if c > a else (a, a + (b - a) / f)
        ),
        "factor_whole": _everywhere(lambda a, b, c, f: _window(a, b, c, max(1, int(f)))),
        "rounded_linear": _zoom(linear=lambda a, b, c, f: tuple(round(v, 2) for v in _window(a, b, c, f))),
    },
)


# ---------------------------------------------------------------- successive_halving


def _sh(keep=None, budget=None, stop=None, sort=None, entry=None, best=None, alive=None):
    """Successive halving with one step changed."""

    def successive_halving(objective, points, min_budget, eta=3):
        live = alive(points) if alive else list(points)
        now, history, first = min_budget, [], True
        while stop(live, first) if stop else len(live) > 1:
            values = [objective(p, now) for p in live]
            rung = list(zip(live, values, strict=True))
            history += [entry(p, now, v) if entry else (p, now, v) for p, v in rung]
            order = sort(rung) if sort else sorted(rung, key=lambda t: t[1])
            count = keep(len(live), eta) if keep else max(1, len(live) // eta)
            live = [p for p, _ in order[:count]]
            now = budget(now, min_budget, eta) if budget else now * eta
            first = False
        return (best(live, history) if best else live[0]), history

    return successive_halving


def _sh_recursive(objective, points, min_budget, eta=3):
    if len(points) == 1:
        return points[0], []
    values = [objective(p, min_budget) for p in points]
    keep = max(len(points) // eta, 1)
    chosen = sorted(range(len(points)), key=values.__getitem__)[:keep]
    best, later = _sh_recursive(objective, [points[i] for i in chosen], min_budget * eta, eta)
    return best, [(p, min_budget, v) for p, v in zip(points, values, strict=True)] + later


def _sh_numpy(objective, points, min_budget, eta=3):
    alive, history, rung = np.arange(len(points)), [], 0
    while alive.size > 1:
        budget = min_budget * eta**rung
        values = np.array([objective(points[i], budget) for i in alive])
        history.extend((points[i], budget, v) for i, v in zip(alive, values, strict=True))
        alive = alive[np.argsort(values, kind="stable")[: -(-alive.size // eta)]]
        rung += 1
    return points[alive[0]], history


def _sh_heap(objective, points, min_budget, eta=3):
    live, history, budget = [dict(p) for p in points], [], min_budget
    while len(live) > 1:
        values = {i: objective(p, budget) for i, p in enumerate(live)}
        history.extend([live[i], budget, v] for i, v in values.items())
        best = heapq.nsmallest(max(1, int(len(live) / eta)), values, key=values.get)
        live, budget = [live[i] for i in best], budget * eta
    return live.pop(), history


def _sh_removing(objective, points, min_budget, eta=3):
    live, budget, history = list(points), min_budget, []
    while len(live) > 1:
        scored = []
        for p in live:
            v = objective(p, budget)
            scored.append((v, len(scored), p))
            history.append((p, budget, v))
        scored.sort()
        while len(scored) > max(1, len(live) // eta):
            scored.pop()
        live = [p for _, _, p in scored]
        budget *= eta
    return live[0], history


each(
    right,
    "successive_halving",
    {
        "floor": _sh(),
        "ceil": _sh(keep=lambda n, eta: math.ceil(n / eta)),
        "nearest": _sh(keep=lambda n, eta: max(1, round(n / eta))),
        "recursive": _sh_recursive,
        "numpy": _sh_numpy,
        "heap": _sh_heap,
        "removing": _sh_removing,
        "survivors_in_their_order": _sh(
            sort=lambda rung: sorted(rung, key=lambda t: t[1]), keep=lambda n, eta: max(1, n // eta)
        ),
        "last_of_ties": _sh(sort=lambda rung: sorted(rung[::-1], key=lambda t: t[1])),
        "copies": _sh(alive=lambda points: [dict(p) for p in points]),
        "float_values": _sh(entry=lambda p, b, v: (p, b, float(v))),
    },
)


def _sh_two_calls(objective, points, min_budget, eta=3):
    live, budget, history = list(points), min_budget, []
    while len(live) > 1:
        live.sort(key=lambda p: objective(p, budget))
        history += [(p, budget, objective(p, budget)) for p in live]
        live, budget = live[: max(1, len(live) // eta)], budget * eta
    return live[0], history


def _sh_first_rung_ranks(objective, points, min_budget, eta=3):
    first = {id(p): objective(p, min_budget) for p in points}
    live, budget = sorted(points, key=lambda p: first[id(p)]), min_budget
    history = [(p, budget, first[id(p)]) for p in points]
    live, budget = live[: max(1, len(live) // eta)], budget * eta
    while len(live) > 1:
        history += [(p, budget, objective(p, budget)) for p in live]
        live, budget = live[: max(1, len(live) // eta)], budget * eta
    return live[0], history


def _sh_sum_of_values(objective, points, min_budget, eta=3):
    live, budget, history = [(p, 0.0) for p in points], min_budget, []
    while len(live) > 1:
        scored = [(p, total, objective(p, budget)) for p, total in live]
        history += [(p, budget, v) for p, _, v in scored]
        scored.sort(key=lambda t: t[1] + t[2])
        live = [(p, total + v) for p, total, v in scored[: max(1, len(scored) // eta)]]
        budget *= eta
    return live[0][0], history


def _sh_popping(objective, points, min_budget, eta=3):
    budget, history = min_budget, []
    while len(points) > 1:
        values = [objective(p, budget) for p in points]
        history += [(p, budget, v) for p, v in zip(points, values, strict=True)]
        order = sorted(range(len(points)), key=values.__getitem__)[: max(1, len(points) // eta)]
        points[:] = [points[i] for i in order]
        budget *= eta
    return points[0], history


each(
    wrong,
    "successive_halving",
    {
        "keeps_the_worst": _sh(sort=lambda rung: sorted(rung, key=lambda t: -t[1])),
        "unsorted": _sh(sort=lambda rung: rung),
        "ties_fail": _sh(sort=lambda rung: [(p, v) for v, p in sorted((v, p) for p, v in rung)]),
        "budget_fixed": _sh(budget=lambda now, start, eta: now),
        "budget_added": _sh(budget=lambda now, start, eta: now + start),
        "budget_tripled": _sh(budget=lambda now, start, eta: now * 3),
        "budget_doubled": _sh(budget=lambda now, start, eta: now * 2),
        "budget_plus_eta": _sh(budget=lambda now, start, eta: now + eta),
        "thirds": _sh(keep=lambda n, eta: max(1, n // 3)),
        "halves": _sh(keep=lambda n, eta: max(1, n // 2)),
        "drops_a_share": _sh(keep=lambda n, eta: max(1, n - max(1, n // eta)) if n > 1 else 1),
        "one_too_many": _sh(keep=lambda n, eta: min(max(1, n // eta + 1), n - 1)),
        "one_too_few": _sh(keep=lambda n, eta: max(1, n // eta - 1)),
        "down_to_nothing": _sh(keep=lambda n, eta: n // eta, best=lambda live, h: h[-1][0]),
        "stops_at_eta": _sh(stop=lambda live, first: len(live) >= 3),
        "stops_at_two": _sh(stop=lambda live, first: len(live) > 2),
        "one_rung": _sh(stop=lambda live, first: first),
        "lone_rung": lambda objective, points, min_budget, eta=3: (
            lambda best, h: (best, [*h, (best, h[-1][1] * eta, objective(best, h[-1][1] * eta))])
        )(*_sh()(objective, points, min_budget, eta)),
        "best_of_history": _sh(best=lambda live, h: min(h, key=lambda t: t[2])[0]),
        "best_is_first": _sh(best=lambda live, h: h[0][0]),
        "last_rung_only": lambda objective, points, min_budget, eta=3: (
            lambda best, h: (best, [t for t in h if t[1] == h[-1][1]])
        )(*_sh()(objective, points, min_budget, eta)),
        "survivors_only": lambda objective, points, min_budget, eta=3: (
            lambda best, h: (best, [t for t in h if t[0] is best])
        )(*_sh()(objective, points, min_budget, eta)),
        "entry_order": _sh(entry=lambda p, b, v: (b, p, v)),
        "pairs": _sh(entry=lambda p, b, v: (p, v)),
        "rung_for_budget": lambda objective, points, min_budget, eta=3: (
            lambda best, h: (best, [(p, round(math.log(b / min_budget, eta)), v) for p, b, v in h])
        )(*_sh()(objective, points, min_budget, eta)),
        "total_budget": lambda objective, points, min_budget, eta=3: (
            lambda best, h: (best, [(p, sum({t[1] for t in h if t[1] <= b}), v) for p, b, v in h])
        )(*_sh()(objective, points, min_budget, eta)),
        "two_calls": _sh_two_calls,
        "first_rung_ranks": _sh_first_rung_ranks,
        "sum_of_values": _sh_sum_of_values,
        "popping": _sh_popping,
        "budget_from_one": lambda objective, points, min_budget, eta=3: _sh()(objective, points, 1, eta),
        "budget_late": lambda objective, points, min_budget, eta=3: _sh()(
            objective, points, min_budget * eta, eta
        ),
        "other_default": lambda objective, points, min_budget, eta=2: _sh()(
            objective, points, min_budget, eta
        ),
        "absolute_values": _sh(sort=lambda rung: sorted(rung, key=lambda t: abs(t[1]))),
        "value_back": _sh(best=lambda live, h: h[-1][2]),
        "random_search": lambda objective, points, min_budget, eta=3: (
            lambda h: (min(h, key=lambda t: t[2])[0], h)
        )([(p, min_budget, objective(p, min_budget)) for p in points]),
    },
)


# ---------------------------------------------------------------- gradient_check


def _relative(a, n):
    total = abs(a) + abs(n)
    return 0.0 if total == 0 else abs(a - n) / total


def _gc_copy(f, gradient, theta, h=1e-5):
    analytic = np.asarray(gradient(theta))
    worst = 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[index] += h
        down[index] -= h
        worst = max(worst, _relative(float(analytic[index]), float((f(up) - f(down)) / (2 * h))))
    return worst


def _gc_restore(f, gradient, theta, h=1e-5):
    numeric = np.zeros(theta.shape)
    it = np.nditer(theta, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = theta[i].copy()
        theta[i] = old + h
        up = f(theta)
        theta[i] = old - h
        down = f(theta)
        theta[i] = old
        numeric[i] = (up - down) / 2 / h
        it.iternext()
    a = gradient(theta)
    bottom = np.abs(a) + np.abs(numeric)
    return float(np.max(np.where(bottom > 0, np.abs(a - numeric) / np.where(bottom > 0, bottom, 1), 0.0)))


def _gc_max_form(f, gradient, theta, h=1e-5):
    analytic, numeric = gradient(theta.copy()), np.empty(theta.shape)
    for i in np.ndindex(*theta.shape):
        step = np.zeros_like(theta)
        step[i] = h
        numeric[i] = (f(theta + step) - f(theta - step)) / (2.0 * h)
    with np.errstate(invalid="ignore"):
        ratio = np.abs(analytic - numeric) / np.maximum(np.abs(analytic), np.abs(numeric))
    return np.nan_to_num(ratio).max()


def _gc_basis(f, gradient, theta, h=1e-5):
    flat = theta.reshape(-1).astype(float)
    rows = h * np.eye(flat.size)
    numeric = [
        (f((flat + e).reshape(theta.shape)) - f((flat - e).reshape(theta.shape))) / (2 * h) for e in rows
    ]
    return max(_relative(a, n) for a, n in zip(np.ravel(gradient(theta)).tolist(), numeric, strict=True))


def _gc_tiny_guard(f, gradient, theta, h=1e-5, tiny=1e-30):
    g = np.array(gradient(theta), dtype=float).flatten()
    errors = []
    for i in range(theta.size):
        w = theta.flatten()
        w[i] += h
        plus = f(w.reshape(theta.shape))
        w[i] -= 2 * h
        minus = f(w.reshape(theta.shape))
        n = (plus - minus) / (2 * h)
        errors.append(abs(g[i] - n) / (abs(g[i]) + abs(n) + tiny))
    return np.array(max(errors))


def _gc_exact_step(f, gradient, theta, h=1e-5):
    worst, a = 0.0, np.asarray(gradient(theta), dtype=float)
    for i in np.ndindex(theta.shape):
        up, down = np.array(theta), np.array(theta)
        up[i], down[i] = up[i] + h, down[i] - h
        n = (f(up) - f(down)) / (up[i] - down[i])
        worst = max(worst, _relative(a[i], n))
    return worst


each(
    right,
    "gradient_check",
    {
        "copy": _gc_copy,
        "restore": _gc_restore,
        "max_form": _gc_max_form,
        "basis": _gc_basis,
        "tiny_guard": _gc_tiny_guard,
        "exact_step": _gc_exact_step,
        "gradient_each_time": lambda f, gradient, theta, h=1e-5: max(
            _relative(
                float(np.asarray(gradient(theta))[i]),
                float((f(theta + h * _unit(theta, i)) - f(theta - h * _unit(theta, i))) / (2 * h)),
            )
            for i in np.ndindex(theta.shape)
        ),
    },
)


def _unit(theta, i):
    e = np.zeros(theta.shape)
    e[i] = 1.0
    return e


def _gc(numeric=None, error=None, reduce=max, indices=None):
    """A gradient check with one step changed."""

    def central(f, theta, i, h):
        e = h * _unit(theta, i)
        return float((f(theta + e) - f(theta - e)) / (2 * h))

    def gradient_check(f, gradient, theta, h=1e-5):
        a = np.asarray(gradient(theta))
        where = indices(theta) if indices else list(np.ndindex(theta.shape))
        return reduce(
            [(error or _relative)(float(a[i]), (numeric or central)(f, theta, i, h)) for i in where]
        )

    return gradient_check


def _forward(f, theta, i, h):
    return float((f(theta + h * _unit(theta, i)) - f(theta)) / h)


def _nan_ratio(a, n):
    with np.errstate(all="ignore"):
        return float(np.float64(abs(a - n)) / np.float64(abs(a) + abs(n)))


def _central(f, theta, i, h, scale=1.0):
    e = h * _unit(theta, i)
    return float((f(theta + e) - f(theta - e)) / (2 * h)) * scale


def _gc_ravel_view(f, gradient, theta, h=1e-5):
    """Right only where ravel() gives a view."""
    flat, a, worst = theta.ravel(), np.ravel(gradient(theta)).copy(), 0.0
    for i in range(flat.size):
        old = flat[i]
        flat[i] = old + h
        up = f(theta)
        flat[i] = old - h
        down = f(theta)
        flat[i] = old
        worst = max(worst, _relative(a[i], (up - down) / (2 * h)))
    return worst


def _gc_drift(f, gradient, theta, h=1e-5):
    a, worst = np.array(gradient(theta)), 0.0
    for i in np.ndindex(theta.shape):
        theta[i] += h
        up = f(theta)
        theta[i] -= 2 * h
        down = f(theta)
        theta[i] += h
        worst = max(worst, _relative(float(a[i]), (up - down) / (2 * h)))
    return worst


def _gc_cumulative(f, gradient, theta, h=1e-5):
    a, worst, moved = np.array(gradient(theta)), 0.0, theta.copy()
    for i in np.ndindex(theta.shape):
        moved[i] += h
        up = f(moved)
        moved[i] -= 2 * h
        down = f(moved)
        worst = max(worst, _relative(float(a[i]), (up - down) / (2 * h)))
    return worst


def _gc_vector(f, gradient, theta, h=1e-5):
    a, worst = gradient(theta), 0.0
    for i in range(len(theta)):
        e = np.zeros_like(theta)
        e[i] = h
        n = (f(theta + e) - f(theta - e)) / (2 * h)
        worst = max(worst, _relative(float(np.sum(a[i])), n))
    return worst


def _gc_norms(f, gradient, theta, h=1e-5):
    a = np.asarray(gradient(theta))
    n = np.array([_central(f, theta, i, h) for i in np.ndindex(theta.shape)]).reshape(theta.shape)
    bottom = np.linalg.norm(a) + np.linalg.norm(n)
    return float(np.linalg.norm(a - n) / bottom) if bottom else 0.0


def _gc_direction(f, gradient, theta, h=1e-5):
    e = np.ones(theta.shape)
    return _relative(float(np.sum(gradient(theta))), float((f(theta + h * e) - f(theta - h * e)) / (2 * h)))


each(
    wrong,
    "gradient_check",
    {
        "forward": _gc(_forward),
        "backward": _gc(lambda f, theta, i, h: _forward(f, theta, i, -h)),
        "no_half": _gc(lambda f, theta, i, h: _central(f, theta, i, h, 2.0)),
        "half_of_half": _gc(lambda f, theta, i, h: _central(f, theta, i, h, 0.5)),
        "half_steps": _gc(lambda f, theta, i, h: _central(f, theta, i, h / 2)),
        "h_ignored": _gc(lambda f, theta, i, h: _central(f, theta, i, 1e-5)),
        "h_squared": _gc(lambda f, theta, i, h: _central(f, theta, i, h * h)),
        "h_scaled": _gc(lambda f, theta, i, h: _central(f, theta, i, h * max(1.0, abs(theta[i])))),
        "richardson_sign": _gc(lambda f, theta, i, h: -_central(f, theta, i, h)),
        "absolute": _gc(error=lambda a, n: abs(a - n)),
        "relative_to_a": _gc(error=lambda a, n: abs(a - n) / abs(a) if a else 0.0),
        "relative_to_n": _gc(error=lambda a, n: abs(a - n) / abs(n) if n else 0.0),
        "signed": _gc(error=lambda a, n: (a - n) / (abs(a) + abs(n)) if a or n else 0.0),
        "signed_back": _gc(error=lambda a, n: (n - a) / (abs(a) + abs(n)) if a or n else 0.0),
        "sizes_only": _gc(error=lambda a, n: _relative(abs(a), abs(n))),
        "sum_bottom": _gc(error=lambda a, n: abs(a - n) / abs(a + n) if a + n else 0.0),
        "squared": _gc(error=lambda a, n: _relative(a, n) ** 2),
        "one_in_bottom": _gc(error=lambda a, n: abs(a - n) / (1 + abs(a) + abs(n))),
        "max_with_one": _gc(error=lambda a, n: abs(a - n) / max(1.0, abs(a), abs(n))),
        "big_guard": _gc(error=lambda a, n: abs(a - n) / (abs(a) + abs(n) + 1e-2)),
        "nan_at_zero": _gc(error=_nan_ratio, reduce=lambda e: float(np.max(e))),
        "zero_is_one": _gc(error=lambda a, n: _relative(a, n) if a or n else 1.0),
        "zero_n_skipped": _gc(error=lambda a, n: _relative(a, n) if n else 0.0),
        "zero_a_skipped": _gc(error=lambda a, n: _relative(a, n) if a else 0.0),
        "mean": _gc(reduce=lambda e: sum(e) / len(e)),
        "sum": _gc(reduce=sum),
        "smallest": _gc(reduce=min),
        "last": _gc(reduce=lambda e: e[-1]),
        "first": _gc(indices=lambda theta: [(0,) * theta.ndim]),
        "diagonal": _gc(
            indices=lambda theta: [(j,) * theta.ndim for j in range(min(theta.shape, default=1))]
        ),
        "all_but_last": _gc(
            indices=lambda theta: list(np.ndindex(theta.shape))[:-1] or list(np.ndindex(theta.shape))
        ),
        "first_row": _gc(indices=lambda theta: [i for i in np.ndindex(theta.shape) if not i or i[0] == 0]),
        "a_few": _gc(indices=lambda theta: list(np.ndindex(theta.shape))[:5]),
        "verdict": _gc(reduce=lambda e: max(e) < 1e-7),
        "every_error": _gc(reduce=np.array),
        "norms": _gc_norms,
        "direction": _gc_direction,
        "vector": _gc_vector,
        "ravel_view": _gc_ravel_view,
        "drift": _gc_drift,
        "cumulative": _gc_cumulative,
        "other_default": lambda f, gradient, theta, h=1e-2: _gc_copy(f, gradient, theta, h),
        "small_is_zero": _gc(error=lambda a, n: _relative(a, n) if _relative(a, n) > 1e-4 else 0.0),
    },
)


# ---------------------------------------------------------------- default_dnn


def _he(layer):
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return layer


def _dnn(block=None, head=None, init=_he, wrap=None):
    """The default network; `block(fan_in, width, dropout)` and `head(fan_in, k)` may be replaced."""

    def default_block(fan_in, width, dropout):
        linear = init(nn.Linear(fan_in, width, bias=False))
        return [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]

    def default_dnn(in_features, hidden_sizes, num_classes, dropout=0.5):
        layers, fan_in = [], in_features
        for width in hidden_sizes:
            layers += (block or default_block)(fan_in, width, dropout)
            fan_in = width
        layers += head(fan_in, num_classes) if head else [nn.Linear(fan_in, num_classes)]
        return wrap(layers) if wrap else nn.Sequential(*layers)

    return default_dnn


def _dnn_pairs(in_features, hidden_sizes, num_classes, dropout=0.5):
    sizes = [in_features, *hidden_sizes]
    net = nn.Sequential()
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        linear = nn.Linear(a, b, bias=False)
        with torch.no_grad():
            linear.weight.copy_(torch.randn(b, a) * math.sqrt(2 / a))
        for part, module in {
            "linear": linear,
            "bn": nn.BatchNorm1d(b),
            "elu": nn.ELU(),
            "drop": nn.Dropout(p=dropout),
        }.items():
            net.add_module(f"{part}{i}", module)
    net.add_module("head", nn.Linear(sizes[-1], num_classes))
    return net


def _dnn_append(in_features, hidden_sizes, num_classes, dropout=0.5, activation=nn.ELU):
    net = nn.Sequential()
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        bound = math.sqrt(6 / in_features)
        linear.weight.data.uniform_(-bound, bound)
        net.append(linear).append(nn.BatchNorm1d(width)).append(activation()).append(nn.Dropout(dropout))
        in_features = width
    return net.append(nn.Linear(in_features, num_classes))


class _Net(nn.Sequential):
    """A Sequential that knows how it is made."""

    def __init__(self, *layers):
        super().__init__(*layers)
        for module in list(self)[:-1]:
            if isinstance(module, nn.Linear):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")


def _dnn_apply(in_features, hidden_sizes, num_classes, dropout=0.5):
    def start(module):
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    return _dnn(init=lambda layer: layer)(in_features, hidden_sizes, num_classes, dropout).apply(start)


def _dnn_recursive(in_features, hidden_sizes, num_classes, dropout=0.5):
    if len(hidden_sizes) == 0:
        return nn.Sequential(nn.Linear(in_features, num_classes))
    width, *rest = hidden_sizes
    rest_of_it = _dnn_recursive(width, rest, num_classes, dropout)
    linear = _he(nn.Linear(in_features, width, bias=False))
    return nn.Sequential(linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout), *rest_of_it)


def _numpy_he(layer):
    rng = np.random.default_rng(torch.randint(2**31, ()).item())
    draws = rng.normal(0, math.sqrt(2 / layer.in_features), tuple(layer.weight.shape))
    layer.weight = nn.Parameter(torch.tensor(draws, dtype=torch.float32))
    return layer


each(
    right,
    "default_dnn",
    {
        "list": _dnn(),
        "pairs": _dnn_pairs,
        "append": _dnn_append,
        "class": _dnn(init=lambda layer: layer, wrap=lambda layers: _Net(*layers)),
        "apply": _dnn_apply,
        "recursive": _dnn_recursive,
        "numpy_draws": _dnn(init=_numpy_he),
        "head_too": _dnn(head=lambda a, k: [_he(nn.Linear(a, k))]),
        "elu_in_place": _dnn(
            lambda a, b, p: [
                _he(nn.Linear(a, b, bias=False)),
                nn.BatchNorm1d(b),
                nn.ELU(inplace=True),
                nn.Dropout(p, inplace=True),
            ]
        ),
        "blocks": _dnn(
            lambda a, b, p: [
                nn.Sequential(_he(nn.Linear(a, b, bias=False)), nn.BatchNorm1d(b), nn.ELU(), nn.Dropout(p))
            ]
        ),
    },
)


def _std(std):
    def init(layer):
        nn.init.normal_(layer.weight, std=std(layer.in_features, layer.out_features))
        return layer

    return init


def _bn(linear, *rest):
    return [_he(linear), *rest]


def _dnn_shared_dropout_only_last(in_features, hidden_sizes, num_classes, dropout=0.5):
    net = _dnn()(in_features, hidden_sizes, num_classes, dropout)
    layers = [m for i, m in enumerate(net) if not isinstance(m, nn.Dropout) or i == len(net) - 2]
    return nn.Sequential(*layers)


def _dnn_first_only(in_features, hidden_sizes, num_classes, dropout=0.5):
    net = _dnn(init=lambda layer: layer)(in_features, hidden_sizes, num_classes, dropout)
    _he(net[0])
    return net


_KEPT = {}


def _dnn_cached(in_features, hidden_sizes, num_classes, dropout=0.5):
    key = (in_features, tuple(hidden_sizes), num_classes, dropout)
    if key not in _KEPT:
        _KEPT[key] = _dnn()(in_features, hidden_sizes, num_classes, dropout)
    return _KEPT[key]


each(
    wrong,
    "default_dnn",
    {
        "bias_kept": _dnn(lambda a, b, p: _bn(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ELU(), nn.Dropout(p))),
        "softmax": _dnn(head=lambda a, k: [nn.Linear(a, k), nn.Softmax(dim=1)]),
        "log_softmax": _dnn(head=lambda a, k: [nn.Linear(a, k), nn.LogSoftmax(dim=1)]),
        "headless_bias": _dnn(head=lambda a, k: [nn.Linear(a, k, bias=False)]),
        "head_dropped": _dnn(head=lambda a, k: [nn.Linear(a, k), nn.Dropout(0.5)]),
        "head_normalized": _dnn(head=lambda a, k: [nn.Linear(a, k), nn.BatchNorm1d(k)]),
        "relu": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(p))
        ),
        "selu": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.SELU(), nn.Dropout(p))
        ),
        "elu_alpha": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU(0.1), nn.Dropout(p))
        ),
        "elu_first": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.ELU(), nn.BatchNorm1d(b), nn.Dropout(p))
        ),
        "dropout_first": _dnn(
            lambda a, b, p: [nn.Dropout(p), *_bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU())]
        ),
        "dropout_before_bn": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.Dropout(p), nn.BatchNorm1d(b), nn.ELU())
        ),
        "no_dropout": _dnn(lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU())),
        "no_bn": _dnn(lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.ELU(), nn.Dropout(p))),
        "no_elu": _dnn(lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.Dropout(p))),
        "layer_norm": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.LayerNorm(b), nn.ELU(), nn.Dropout(p))
        ),
        "bn_without_statistics": _dnn(
            lambda a, b, p: _bn(
                nn.Linear(a, b, bias=False),
                nn.BatchNorm1d(b, track_running_stats=False),
                nn.ELU(),
                nn.Dropout(p),
            )
        ),
        "bn_without_gamma": _dnn(
            lambda a, b, p: _bn(
                nn.Linear(a, b, bias=False), nn.BatchNorm1d(b, affine=False), nn.ELU(), nn.Dropout(p)
            )
        ),
        "half": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU(), nn.Dropout(0.5))
        ),
        "keep_probability": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU(), nn.Dropout(1 - p))
        ),
        "alpha_dropout": _dnn(
            lambda a, b, p: _bn(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ELU(), nn.AlphaDropout(p))
        ),
        "other_default": lambda in_features, hidden_sizes, num_classes, dropout=0.2: _dnn()(
            in_features, hidden_sizes, num_classes, dropout
        ),
        "torch_default": _dnn(init=lambda layer: layer),
        "kaiming_as_torch": _dnn(
            init=lambda layer: (nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5)), layer)[1]
        ),
        "kaiming_linear": _dnn(
            init=lambda layer: (nn.init.kaiming_normal_(layer.weight, nonlinearity="linear"), layer)[1]
        ),
        "fan_out": _dnn(
            init=lambda layer: (
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu"),
                layer,
            )[1]
        ),
        "xavier": _dnn(init=lambda layer: (nn.init.xavier_normal_(layer.weight), layer)[1]),
        "std_two_over_n": _dnn(init=_std(lambda i, o: 2 / i)),
        "slide": _dnn(init=_std(lambda i, o: 2 / math.sqrt(i))),
        "one_over_n": _dnn(init=_std(lambda i, o: 1 / math.sqrt(i))),
        "unit_normal": _dnn(init=_std(lambda i, o: 1.0)),
        "zeros": _dnn(init=lambda layer: (nn.init.zeros_(layer.weight), layer)[1]),
        "first_layer_only": _dnn_first_only,
        "cached": _dnn_cached,
        "dropout_once": _dnn_shared_dropout_only_last,
        "one_hidden": lambda in_features, hidden_sizes, num_classes, dropout=0.5: _dnn()(
            in_features, list(hidden_sizes)[:1], num_classes, dropout
        ),
        "first_width_everywhere": lambda in_features, hidden_sizes, num_classes, dropout=0.5: _dnn()(
            in_features,
            list(hidden_sizes[:1]) * len(hidden_sizes),
            num_classes,
            dropout,
        ),
        "reversed": lambda in_features, hidden_sizes, num_classes, dropout=0.5: _dnn()(
            in_features, list(hidden_sizes)[::-1], num_classes, dropout
        ),
        "ten_classes": lambda in_features, hidden_sizes, num_classes, dropout=0.5: _dnn()(
            in_features, hidden_sizes, 10, dropout
        ),
        "popping": lambda in_features, hidden_sizes, num_classes, dropout=0.5: (
            _dnn()(in_features, list(hidden_sizes), num_classes, dropout),
            hidden_sizes.append(num_classes),
        )[0],
        "frozen": lambda in_features, hidden_sizes, num_classes, dropout=0.5: _dnn()(
            in_features, hidden_sizes, num_classes, dropout
        ).requires_grad_(False),
        "a_list": _dnn(wrap=list),
        "module_list": _dnn(wrap=nn.ModuleList),
    },
)


# ---------------------------------------------------------------- placeholders


def _nodes(module):
    return torch.fx.symbolic_trace(module).graph.nodes


def _ph_loop(module):
    found = []
    for node in torch.fx.Tracer().trace(module).nodes:
        if node.op == "placeholder":
            found.append(node.name)
    return found


each(
    right,
    "placeholders",
    {
        "comprehension": lambda module: [n.name for n in _nodes(module) if n.op == "placeholder"],
        "tracer": _ph_loop,
        "filter": lambda module: list(
            map(lambda n: n.name, filter(lambda n: n.op == "placeholder", _nodes(module)))
        ),
        "find_nodes": lambda module: [
            n.name for n in torch.fx.symbolic_trace(module).graph.find_nodes(op="placeholder")
        ],
        "str": lambda module: [str(n) for n in _nodes(module) if n.op == "placeholder"],
        "leading": lambda module, op="placeholder": [
            n.name for n in itertools.takewhile(lambda n: n.op == op, _nodes(module))
        ],
        "interpreter": lambda module: [
            n.name
            for n in torch.fx.GraphModule(module, torch.fx.Tracer().trace(module)).graph.nodes
            if n.op in {"placeholder"}
        ],
    },
)
each(
    wrong,
    "placeholders",
    {
        "all_nodes": lambda module: [n.name for n in _nodes(module)],
        "nodes": lambda module: [n for n in _nodes(module) if n.op == "placeholder"],
        "first": lambda module: [n.name for n in _nodes(module) if n.op == "placeholder"][:1],
        "one_name": lambda module: next(n.name for n in _nodes(module) if n.op == "placeholder"),
        "reversed": lambda module: [n.name for n in _nodes(module) if n.op == "placeholder"][::-1],
        "sorted": lambda module: sorted(n.name for n in _nodes(module) if n.op == "placeholder"),
        "a_set": lambda module: {n.name for n in _nodes(module) if n.op == "placeholder"},
        "used_only": lambda module: [n.name for n in _nodes(module) if n.op == "placeholder" and n.users],
        "without_defaults": lambda module: [
            n.name for n in _nodes(module) if n.op == "placeholder" and not n.args
        ],
        "ops": lambda module: [n.op for n in _nodes(module) if n.op == "placeholder"],
        "with_output": lambda module: [n.name for n in _nodes(module) if n.op in ("placeholder", "output")],
        "with_attributes": lambda module: [
            n.name for n in _nodes(module) if n.op in ("placeholder", "get_attr")
        ],
        "parameters": lambda module: [name for name, _ in module.named_parameters()],
        "children": lambda module: [name for name, _ in module.named_children()],
        "outputs": lambda module: [n.name for n in _nodes(module) if n.op == "output"],
        "calls": lambda module: [n.name for n in _nodes(module) if n.op == "call_module"],
        "x_only": lambda module: ["x"],
        "joined": lambda module: ", ".join(n.name for n in _nodes(module) if n.op == "placeholder"),
        "count": lambda module: sum(n.op == "placeholder" for n in _nodes(module)),
        "inputs_of_output": lambda module: [
            a.name for n in _nodes(module) if n.op == "output" for a in n.all_input_nodes
        ],
    },
)


# ---------------------------------------------------------------- train_digits


def _onehot(y):
    return np.eye(10)[y]


def _knn(X_train, y_train, X_val, y_val, rng):
    X, y = np.vstack([X_train, X_val]), np.concatenate([y_train, y_val])

    def predict(images):
        distance = (images**2).sum(1)[:, None] - 2 * images @ X.T + (X**2).sum(1)
        nearest = np.argpartition(distance, 3, axis=1)[:, :3]
        return np.array([np.bincount(y[row], minlength=10).argmax() for row in nearest])

    return predict


def _kernel_ridge(X_train, y_train, X_val, y_val, rng):
    def kernel(a):
        return np.exp(-0.1 * ((a**2).sum(1)[:, None] - 2 * a @ X_train.T + (X_train**2).sum(1)))

    alpha = np.linalg.solve(kernel(X_train) + 1e-3 * np.eye(len(X_train)), _onehot(y_train))
    return lambda images: (kernel(images) @ alpha).argmax(axis=1)


def _random_features(X_train, y_train, X_val, y_val, rng):
    W, b = rng.normal(0, 0.7, (64, 600)), rng.uniform(-1, 1, 600)

    def features(a):
        return np.tanh(a @ W + b)

    H = features(X_train)
    V = np.linalg.solve(H.T @ H + 0.1 * np.eye(600), H.T @ _onehot(y_train))
    return lambda images: np.argmax(features(images) @ V, axis=1)


def _numpy_mlp(X_train, y_train, X_val, y_val, rng, epochs=25, batch=32):
    W1, b1 = rng.normal(0, math.sqrt(2 / 64), (64, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, math.sqrt(2 / 64), (64, 10)), np.zeros(10)
    params = [W1, b1, W2, b2]
    velocity = [np.zeros_like(p) for p in params]
    for epoch in range(epochs):
        order = rng.permutation(len(X_train))
        for i in range(0, len(order), batch):
            x, t = X_train[order[i : i + batch]], _onehot(y_train[order[i : i + batch]])
            h = np.maximum(0, x @ W1 + b1)
            z = h @ W2 + b2
            e = np.exp(z - z.max(1, keepdims=True))
            d = (e / e.sum(1, keepdims=True) - t) / len(x)
            dh = (d @ W2.T) * (h > 0)
            for p, v, g in zip(params, velocity, [x.T @ dh, dh.sum(0), h.T @ d, d.sum(0)], strict=True):
                v *= 0.9
                v += g
                p -= 0.1 * (1 - epoch / epochs) * v
    return lambda images: (np.maximum(0, images @ W1 + b1) @ W2 + b2).argmax(1)


class _Reader:
    """A trained torch net that answers with a list-like of labels."""

    def __init__(self, X, y, rng):
        torch.manual_seed(int(rng.integers(2**31)))
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=5e-3)
        for _ in range(25):
            for part in torch.from_numpy(rng.permutation(len(X))).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(self.net(X[part]), y[part]).backward()
                optimizer.step()

    def __call__(self, images):
        with torch.no_grad():
            return self.net(torch.as_tensor(images, dtype=torch.float32)).argmax(dim=1).numpy()


def _torch_mlp(X_train, y_train, X_val, y_val, rng):
    return _Reader(X_train, y_train, rng)


def _default_net(X_train, y_train, X_val, y_val, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    net = _dnn()(64, [96], 10, 0.1)
    X, y = torch.tensor(X_train).float(), torch.tensor(y_train)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    for _ in range(25):
        for part in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(X[part]), y[part]).backward()
            optimizer.step()
    net.eval()
    return net


def _default_dnn_reader(X_train, y_train, X_val, y_val, rng):
    net = _default_net(X_train, y_train, X_val, y_val, rng)

    @torch.no_grad()
    def predict(images):
        return net(torch.tensor(images).float()).argmax(1).tolist()

    return predict


def _bound_method(X_train, y_train, X_val, y_val, rng):
    return _Reader(X_train, y_train, rng).__call__


def _seeds_of_its_own(X_train, y_train, X_val, y_val, rng):
    # "Scored by accuracy": a net whose library draws for itself reads digits as well as any other.
    torch.seed()
    return _numpy_mlp(X_train, y_train, X_val, y_val, np.random.default_rng(), epochs=12)


CAPSTONE_RIGHT = {
    "knn": _knn,
    "kernel_ridge": _kernel_ridge,
    "random_features": _random_features,
    "numpy_mlp": _numpy_mlp,
    "torch_mlp": _torch_mlp,
    "bound_method": _bound_method,
    "seeds_of_its_own": _seeds_of_its_own,
}
each(right, "train_digits", CAPSTONE_RIGHT)


def _answers(change):
    """Nearest neighbours whose labels are changed: change(labels, images) -> labels."""

    def train_digits(X_train, y_train, X_val, y_val, rng):
        predict = _knn(X_train, y_train, X_val, y_val, rng)
        return lambda images: change(predict(images), images)

    return train_digits


def _softmax_net_in_train_mode(X_train, y_train, X_val, y_val, rng):
    net = _default_net(X_train, y_train, X_val, y_val, rng).train()

    def predict(images):
        if len(images) == 1:
            net.eval()
        with torch.no_grad():
            out = net(torch.tensor(images).float()).argmax(1).numpy()
        net.train()
        return out

    return predict


def _batch_standardized(X_train, y_train, X_val, y_val, rng):
    predict = _knn(
        (X_train - X_train.mean()) / X_train.std(), y_train, (X_val - X_val.mean()) / X_val.std(), y_val, rng
    )
    return lambda images: predict((images - images.mean(0)) / (images.std(0) + 1e-6))


def _shuffled_in_place(X_train, y_train, X_val, y_val, rng):
    order = rng.permutation(len(X_train))
    X_train[:] = X_train[order]
    y_train[:] = y_train[order]
    return _knn(X_train, y_train, X_val, y_val, rng)


def _scaled_in_place(X_train, y_train, X_val, y_val, rng):
    X_train *= 2
    predict = _knn(X_train, y_train, X_val * 2, y_val, rng)
    return lambda images: predict(images * 2)


def _images_changed(X_train, y_train, X_val, y_val, rng):
    predict = _knn(X_train * 2, y_train, X_val * 2, y_val, rng)

    def scaled(images):
        images *= 2
        return predict(images)

    return scaled


def _centres(X_train, y_train, X_val, y_val, rng):
    c = np.array([X_train[y_train == k].mean(0) for k in range(10)])
    return lambda images: ((images[:, None] - c) ** 2).sum(-1).argmin(1)


def _few(X_train, y_train, X_val, y_val, rng):
    return _knn(X_train[:60], y_train[:60], X_val[:0], y_val[:0], rng)


_FIRST = {}


def _trained_once(X_train, y_train, X_val, y_val, rng):
    if "predict" not in _FIRST:
        _FIRST["predict"] = _knn(X_train, y_train, X_val, y_val, rng)
    return _FIRST["predict"]


CAPSTONE_WRONG = {
    "centres": _centres,
    "few": _few,
    "sometimes_wrong": _answers(lambda y, images: np.where(images[:, 20] > 0.9, 0, y)),
    "train_mode": _softmax_net_in_train_mode,
    "batch_standardized": _batch_standardized,
    "shuffled_in_place": _shuffled_in_place,
    "scaled_in_place": _scaled_in_place,
    "images_changed": _images_changed,
    "trained_once": _trained_once,
    "one_hot": _answers(lambda y, images: _onehot(y)),
    "column": _answers(lambda y, images: y[:, None]),
    "scalar_for_one": _answers(lambda y, images: y if len(y) > 1 else y[0]),
    "floats": _answers(lambda y, images: y + 0.25),
    "strings": _answers(lambda y, images: [str(v) for v in y]),
    "labels": lambda X_train, y_train, X_val, y_val, rng: _knn(X_train, y_train, X_val, y_val, rng)(X_val),
    "constant": _answers(lambda y, images: np.zeros_like(y)),
    "shifted": _answers(lambda y, images: (y + 1) % 10),
    "sorted": _answers(lambda y, images: np.sort(y)),
    "pair": lambda X_train, y_train, X_val, y_val, rng: (
        _knn(X_train, y_train, X_val, y_val, rng),
        0.99,
    ),
}
each(wrong, "train_digits", CAPSTONE_WRONG)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.right_cases, ids=names(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.wrong_cases, ids=names(audit.wrong_cases))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
