"""Lesson 2, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import math
import statistics
from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from auditing import Audit, each, names
from scipy import stats

audit = Audit("02_vanishing_gradients")
right, wrong = audit.right, audit.wrong


def pairs(register, exercise, own, cases):
    """Register solutions of an exercise with several functions: `own`, with some of them replaced."""
    kept = audit.right_cases if register is right else audit.wrong_cases
    kept.extend((exercise, name, {**own, **replaced}) for name, replaced in cases.items())


# ---------------------------------------------------------------- initializers


def _rows(scale, fan_in, fan_out, rng):
    return np.array([[scale * rng.normal() for _ in range(fan_out)] for _ in range(fan_in)])


def _box_muller(scale, shape, rng):
    u, v = 1 - rng.random(shape), rng.random(shape)
    return scale * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


TRUNCATED_STD = {cut: float(stats.truncnorm.std(-cut, cut)) for cut in (2.0, 3.0)}


def _rejected(scale, shape, rng, cut=2.0):
    draws = rng.standard_normal(shape)
    while (bad := np.abs(draws) > cut).any():
        draws[bad] = rng.standard_normal(bad.sum())
    return draws * scale / TRUNCATED_STD[cut]


def _inverse(scale, shape, rng):
    inv = np.vectorize(statistics.NormalDist().inv_cdf)
    return scale * inv(np.clip(rng.random(shape), 1e-16, None))


def _sub_generator(scale, shape, rng):
    own = np.random.default_rng(int(rng.integers(2**62)))
    return own.normal(0, scale, size=shape)


def _row_by_row(scale, fan_in, fan_out, rng):
    W = np.empty((fan_in, fan_out))
    for i in range(fan_in):
        W[i] = rng.normal(scale=scale, size=fan_out)
    return W


def _normals(std):
    return {
        "plain": lambda fan_in, fan_out, rng: rng.normal(0.0, std(fan_in, fan_out), (fan_in, fan_out)),
        "standard_normal": lambda fan_in, fan_out, rng: (
            std(fan_in, fan_out) * rng.standard_normal((fan_in, fan_out))
        ),
        "drawn_one_by_one": lambda fan_in, fan_out, rng: _rows(std(fan_in, fan_out), fan_in, fan_out, rng),
        "drawn_by_rows": lambda fan_in, fan_out, rng: _row_by_row(std(fan_in, fan_out), fan_in, fan_out, rng),
        "transposed": lambda fan_in, fan_out, rng: rng.normal(0, std(fan_in, fan_out), (fan_out, fan_in)).T,
        "fortran": lambda fan_in, fan_out, rng: np.asfortranarray(
            rng.normal(scale=std(fan_in, fan_out), size=fan_in * fan_out).reshape(fan_in, fan_out)
        ),
        "box_muller": lambda fan_in, fan_out, rng: _box_muller(std(fan_in, fan_out), (fan_in, fan_out), rng),
        "truncated": lambda fan_in, fan_out, rng: _rejected(std(fan_in, fan_out), (fan_in, fan_out), rng),
        "truncated_at_three": lambda fan_in, fan_out, rng, cut=3.0: _rejected(
            std(fan_in, fan_out), (fan_in, fan_out), rng, cut
        ),
        "inverse_law": lambda fan_in, fan_out, rng: _inverse(std(fan_in, fan_out), (fan_in, fan_out), rng),
        "sub_generator": lambda fan_in, fan_out, rng: _sub_generator(
            std(fan_in, fan_out), (fan_in, fan_out), rng
        ),
        "float32_draws": lambda fan_in, fan_out, rng: (
            rng.standard_normal((fan_in, fan_out), dtype=np.float32) * float(std(fan_in, fan_out))
        ),
    }


def _antithetic(std, fan_in, fan_out, rng):
    half = rng.normal(0, std, (fan_in, (fan_out + 1) // 2))
    return np.hstack([half, -half])[:, :fan_out]


def _orthogonal(std, fan_in, fan_out, rng):
    q, _ = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))
    W = q if fan_in >= fan_out else q.T
    return W * std * sqrt(max(fan_in, fan_out))


def _wrong_normals(std, other):
    """`std` is right; `other` maps names to wrong standard deviations."""
    cases = {
        name: (lambda fan_in, fan_out, rng, s=s: rng.normal(0, s(fan_in, fan_out), (fan_in, fan_out)))
        for name, s in other.items()
    }
    return cases | {
        "uniform_of_that_variance": lambda fan_in, fan_out, rng: (
            rng.uniform(-1, 1, (fan_in, fan_out)) * sqrt(3) * std(fan_in, fan_out)
        ),
        "laplace": lambda fan_in, fan_out, rng: rng.laplace(
            0, std(fan_in, fan_out) / sqrt(2), (fan_in, fan_out)
        ),
        "signs": lambda fan_in, fan_out, rng: (
            rng.choice([-1.0, 1.0], (fan_in, fan_out)) * std(fan_in, fan_out)
        ),
        "truncated_uncorrected": lambda fan_in, fan_out, rng: (
            _rejected(std(fan_in, fan_out), (fan_in, fan_out), rng) * TRUNCATED_STD[2.0]
        ),
        "clipped_tails": lambda fan_in, fan_out, rng: (
            np.clip(rng.standard_normal((fan_in, fan_out)), -2, 2) * std(fan_in, fan_out)
        ),
        "global_numpy": lambda fan_in, fan_out, rng: np.random.normal(
            0, std(fan_in, fan_out), (fan_in, fan_out)
        ),
        "fixed_seed": lambda fan_in, fan_out, rng: np.random.default_rng(0).normal(
            0, std(fan_in, fan_out), (fan_in, fan_out)
        ),
        "transposed_shape": lambda fan_in, fan_out, rng: rng.normal(
            0, std(fan_in, fan_out), (fan_out, fan_in)
        ),
        "one_row_repeated": lambda fan_in, fan_out, rng: np.tile(
            rng.normal(0, std(fan_in, fan_out), fan_out), (fan_in, 1)
        ),
        "one_column_repeated": lambda fan_in, fan_out, rng: (
            rng.normal(0, std(fan_in, fan_out), (fan_in, 1)) + np.zeros(fan_out)
        ),
        "antithetic": lambda fan_in, fan_out, rng: _antithetic(std(fan_in, fan_out), fan_in, fan_out, rng),
        "orthogonal": lambda fan_in, fan_out, rng: _orthogonal(std(fan_in, fan_out), fan_in, fan_out, rng),
        "sorted_draws": lambda fan_in, fan_out, rng: np.sort(
            rng.normal(0, std(fan_in, fan_out), (fan_in, fan_out)), axis=0
        ),
        "shifted_mean": lambda fan_in, fan_out, rng: rng.normal(
            0.05 * std(fan_in, fan_out), std(fan_in, fan_out), (fan_in, fan_out)
        ),
        "positive": lambda fan_in, fan_out, rng: abs(rng.normal(0, std(fan_in, fan_out), (fan_in, fan_out))),
        "a_list": lambda fan_in, fan_out, rng: rng.normal(
            0, std(fan_in, fan_out), (fan_in, fan_out)
        ).tolist(),
        "copied_generator": lambda fan_in, fan_out, rng: (
            __import__("copy").deepcopy(rng).normal(0, std(fan_in, fan_out), (fan_in, fan_out))
        ),
    }


def _xavier(i, o):
    return sqrt(2 / (i + o))


def _he(i, o):
    return sqrt(2 / i)


each(right, "xavier_normal", _normals(_xavier))
each(right, "he_normal", _normals(_he))
each(
    wrong,
    "xavier_normal",
    _wrong_normals(
        _xavier,
        {
            "slide": lambda i, o: 1 / sqrt(i),
            "he": _he,
            "variance_as_std": lambda i, o: 2 / (i + o),
            "one_over_the_sum": lambda i, o: sqrt(1 / (i + o)),
            "geometric": lambda i, o: (i * o) ** -0.25,
            "larger_fan": lambda i, o: sqrt(1 / max(i, o)),
            "fan_out_only": lambda i, o: sqrt(1 / o),
            "bias_counted": lambda i, o: sqrt(2 / (i + 1 + o)),
            "whole_average": lambda i, o: sqrt(1 / ((i + o) // 2)),
            "six": lambda i, o: sqrt(6 / (i + o)),
        },
    ),
)
each(
    wrong,
    "he_normal",
    _wrong_normals(
        _he,
        {
            "slide": lambda i, o: 2 / sqrt(i),
            "fan_out": lambda i, o: sqrt(2 / o),
            "xavier": _xavier,
            "lecun": lambda i, o: sqrt(1 / i),
            "variance_as_std": lambda i, o: 2 / i,
            "larger_fan": lambda i, o: sqrt(2 / max(i, o)),
            "bias_counted": lambda i, o: sqrt(2 / (i + 1)),
            "fan_in_and_out": lambda i, o: sqrt(4 / (i + o)),
        },
    ),
)


def _limit(i, o):
    return sqrt(6 / (i + o))


def _uniform(f):
    return lambda fan_in, fan_out, rng: f(_limit(fan_in, fan_out), (fan_in, fan_out), rng)


def _uniform_rows(a, shape, rng):
    return np.vstack([rng.uniform(-a, a, shape[1]) for _ in range(shape[0])])


each(
    right,
    "xavier_uniform",
    {
        "plain": _uniform(lambda a, s, rng: rng.uniform(-a, a, s)),
        "random": _uniform(lambda a, s, rng: (2 * rng.random(s) - 1) * a),
        "rows": _uniform(_uniform_rows),
        "one_by_one": _uniform(
            lambda a, s, rng: np.array([[rng.uniform(-a, a) for _ in range(s[1])] for _ in range(s[0])])
        ),
        "transposed": _uniform(lambda a, s, rng: rng.uniform(low=-a, high=a, size=s[::-1]).T),
        "fortran": _uniform(lambda a, s, rng: rng.uniform(-a, a, s[0] * s[1]).reshape(s, order="F")),
        "signs_and_sizes": _uniform(lambda a, s, rng: rng.choice([-1, 1], s) * rng.uniform(0, a, s)),
        "flipped": _uniform(lambda a, s, rng: a - 2 * a * rng.random(s)),
        "float32": _uniform(lambda a, s, rng: (rng.random(s, dtype=np.float32) - np.float32(0.5)) * (2 * a)),
        "sub_generator": _uniform(
            lambda a, s, rng: np.random.default_rng(rng.integers(2**60)).uniform(-a, a, s)
        ),
        "from_a_normal": _uniform(lambda a, s, rng: a * (2 * stats.norm.cdf(rng.normal(size=s)) - 1)),
    },
)


def _with_limit(limit):
    return lambda fan_in, fan_out, rng: rng.uniform(-1, 1, (fan_in, fan_out)) * limit(fan_in, fan_out)


each(
    wrong,
    "xavier_uniform",
    {
        "limit_is_std": _with_limit(_xavier),
        "limit_three": _with_limit(lambda i, o: sqrt(3 / (i + o))),
        "he_limit": _with_limit(lambda i, o: sqrt(6 / i)),
        "fan_in_limit": _with_limit(lambda i, o: sqrt(3 / i)),
        "fan_out_limit": _with_limit(lambda i, o: sqrt(3 / o)),
        "no_root": _with_limit(lambda i, o: 6 / (i + o)),
        "bias_counted": _with_limit(lambda i, o: sqrt(6 / (i + o + 1))),
        "normal": lambda fan_in, fan_out, rng: rng.normal(0, _xavier(fan_in, fan_out), (fan_in, fan_out)),
        "from_zero": _uniform(lambda a, s, rng: rng.uniform(0, a, s)),
        "half_open_wide": _uniform(lambda a, s, rng: rng.uniform(-a, 2 * a, s)),
        "triangular": _uniform(lambda a, s, rng: (rng.uniform(-a, a, s) + rng.uniform(-a, a, s)) / sqrt(2)),
        "transposed_shape": _uniform(lambda a, s, rng: rng.uniform(-a, a, s[::-1])),
        "grid": _uniform(lambda a, s, rng: rng.integers(-10, 11, s) / 10 * a),
        "shuffled_line": _uniform(lambda a, s, rng: np.linspace(-a, a, s[0] * s[1]).reshape(s)),
        "fixed_seed": _uniform(lambda a, s, rng: np.random.default_rng(1).uniform(-a, a, s)),
        "global": _uniform(lambda a, s, rng: np.random.uniform(-a, a, s)),
        "one_row": _uniform(lambda a, s, rng: np.tile(rng.uniform(-a, a, s[1]), (s[0], 1))),
        "antithetic": _uniform(
            lambda a, s, rng: (lambda h: np.hstack([h, -h])[:, : s[1]])(
                rng.uniform(-a, a, (s[0], (s[1] + 1) // 2))
            )
        ),
    },
)


# ---------------------------------------------------------------- sigmoid and tanh


def _stable(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def _sigmoid_masked(z):
    out = np.zeros_like(z)
    up = z >= 0
    out[up] = 1 / (1 + np.exp(-z[up]))
    out[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
    return out


def _quiet(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _scalar_sigmoid(v):
    return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))


def _of(s):
    """A sigmoid and its slope s(1 − s)."""
    return {"sigmoid": s, "sigmoid_prime": lambda z: s(z) * (1 - s(z))}


SIGMOID = _of(_stable)
pairs(
    right,
    "sigmoid",
    SIGMOID,
    {
        "where": {},
        "masked": _of(_sigmoid_masked),
        "errstate": _of(_quiet),
        "half_tanh": _of(lambda z: 0.5 * (1 + np.tanh(z / 2))),
        "logaddexp": _of(lambda z: np.exp(-np.logaddexp(0, -z))),
        "clipped": _of(lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500)))),
        "vectorize": _of(np.vectorize(_scalar_sigmoid, otypes=[float])),
        "torch": _of(lambda z: torch.sigmoid(torch.from_numpy(np.array(z))).numpy()),
        "minimum": _of(lambda z: np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))),
        "log1p": _of(lambda z: np.exp(np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))))),
        "symmetric_slope": {"sigmoid_prime": lambda z: _stable(z) * _stable(-z)},
        "exp_slope": {"sigmoid_prime": lambda z: np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))) ** 2},
        "cosh_slope": {"sigmoid_prime": lambda z: 0.25 / np.cosh(np.clip(z, -700, 700) / 2) ** 2},
        "tanh_slope": {"sigmoid_prime": lambda z: (1 - np.tanh(z / 2) ** 2) / 4},
        "fortran": _of(lambda z: np.asfortranarray(_stable(z)) if z.ndim else _stable(z)),
        "buffers": _of(lambda z: np.add(np.zeros(z.shape), _stable(z))),
    },
)
pairs(
    wrong,
    "sigmoid",
    SIGMOID,
    {
        "overflows": _of(lambda z: 1 / (1 + np.exp(-z))),
        "overflows_up": _of(lambda z: np.exp(z) / (1 + np.exp(z))),
        "where_both_branches": _of(
            lambda z: np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))
        ),
        "quiet_nan": _of(
            lambda z: (lambda e: e / (1 + e))(np.exp(np.minimum(z, 709.0)) * np.where(z > 709, np.inf, 1))
        ),
        "clipped_close": _of(lambda z: 1 / (1 + np.exp(-np.clip(z, -10, 10)))),
        "clipped_slope": {
            "sigmoid_prime": lambda z: _stable(np.clip(z, -6, 6)) * (1 - _stable(np.clip(z, -6, 6)))
        },
        "slope_of_activation": {"sigmoid_prime": lambda z: z * (1 - z)},
        "slope_exp": {"sigmoid_prime": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2},
        "slope_of_the_sigmoid": {"sigmoid_prime": lambda z: _stable(_stable(z)) * (1 - _stable(_stable(z)))},
        "slope_squared": {"sigmoid_prime": lambda z: _stable(z) * (1 - _stable(z) ** 2)},
        "slope_sign": {"sigmoid_prime": lambda z: -_stable(z) * (1 - _stable(z))},
        "mirrored": _of(lambda z: _stable(-z)),
        "float32": _of(lambda z: _stable(z).astype(np.float32)),
        "in_place": _of(lambda z: np.divide(1, 1 + np.exp(-np.clip(z, -500, 500, out=z)), out=z)),
        "atleast_1d": _of(lambda z: _stable(np.atleast_1d(z))),
        "flat": _of(lambda z: _stable(z).ravel()),
        "hard": _of(lambda z: np.clip(z / 4 + 0.5, 0, 1)),
        "two_dim_only": _of(
            lambda z: (
                np.stack([_stable(row) for row in z])
                if z.ndim == 2
                else np.array([_stable(v) for v in z.ravel()])
            )
        ),
    },
)


def _tanh_of(t):
    return {"tanh": t, "tanh_prime": lambda z: 1 - t(z) ** 2}


def _tanh_abs(z):
    e = np.exp(-2 * np.abs(z))
    return np.sign(z) * (1 - e) / (1 + e)


def _tanh_quiet(z):
    with np.errstate(over="ignore"):
        return 1 - 2 / (1 + np.exp(2 * z))


TANH = _tanh_of(np.tanh)
pairs(
    right,
    "tanh",
    TANH,
    {
        "numpy": {"tanh": lambda z: np.tanh(z)},
        "absolute": _tanh_of(_tanh_abs),
        "two_sigmoids": _tanh_of(lambda z: 2 * _stable(2 * z) - 1),
        "quiet": _tanh_of(_tanh_quiet),
        "expm1": _tanh_of(
            lambda z: np.where(z < 0, 1, -1) * np.expm1(-2 * abs(z)) / (np.exp(-2 * abs(z)) + 1)
        ),
        "clipped": _tanh_of(
            lambda z: (1 - np.exp(-2 * np.clip(z, -300, 300))) / (1 + np.exp(-2 * np.clip(z, -300, 300)))
        ),
        "vectorize": _tanh_of(np.vectorize(math.tanh, otypes=[float])),
        "torch": _tanh_of(lambda z: torch.tanh(torch.tensor(np.array(z))).numpy()),
        "product_slope": {"tanh_prime": lambda z: (1 - np.tanh(z)) * (1 + np.tanh(z))},
        "cosh_slope": {"tanh_prime": lambda z: 1 / np.cosh(np.clip(z, -350, 350)) ** 2},
        "sigmoid_slope": {"tanh_prime": lambda z: 4 * _stable(2 * z) * _stable(-2 * z)},
    },
)
pairs(
    wrong,
    "tanh",
    TANH,
    {
        "slide": _tanh_of(lambda z: np.tanh(z / 2)),
        "ratio": _tanh_of(lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))),
        "loud": _tanh_of(lambda z: 1 - 2 / (1 + np.exp(2 * z))),
        "double": _tanh_of(lambda z: np.tanh(2 * z)),
        "abs": _tanh_of(lambda z: np.tanh(np.abs(z))),
        "slope_of_activation": {"tanh_prime": lambda z: 1 - z**2},
        "slope_linear": {"tanh_prime": lambda z: 1 - np.tanh(z)},
        "slope_cosh_overflows": {"tanh_prime": lambda z: 1 / np.cosh(z) ** 2},
        "slope_of_tanh": {"tanh_prime": lambda z: 1 - np.tanh(np.tanh(z)) ** 2},
        "slope_half": {"tanh_prime": lambda z: (1 - np.tanh(z) ** 2) / 2},
        "slope_sigmoid": {"tanh_prime": lambda z: np.tanh(z) * (1 - np.tanh(z))},
        "hard": _tanh_of(lambda z: np.clip(z, -1, 1)),
        "float32": {"tanh": lambda z: np.tanh(z).astype(np.float32)},
        "slope_float32": {"tanh_prime": lambda z: (1 - np.tanh(z) ** 2).astype(np.float32)},
        "in_place": {"tanh": lambda z: np.tanh(z, out=z)},
        "clipped": _tanh_of(lambda z: np.tanh(np.clip(z, -3, 3))),
        "one_sided_overflow": _tanh_of(lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)),
    },
)


# ---------------------------------------------------------------- relu, leaky_relu, elu


def _relu_masked(z):
    out = z.copy()
    out[out < 0] = 0
    return out


RELU = {"relu": lambda z: np.maximum(z, 0), "relu_prime": lambda z: (z > 0).astype(z.dtype)}
pairs(
    right,
    "relu",
    RELU,
    {
        "maximum": {},
        "where": {
            "relu": lambda z: np.where(z > 0, z, 0.0),
            "relu_prime": lambda z: np.where(z > 0, 1.0, 0.0),
        },
        "product": {"relu": lambda z: z * (z > 0), "relu_prime": lambda z: z > 0},
        "masked": {"relu": _relu_masked, "relu_prime": lambda z: np.greater_equal(z, 0).astype(int)},
        "half_abs": {"relu": lambda z: (z + np.abs(z)) / 2, "relu_prime": lambda z: np.heaviside(z, 0)},
        "clip": {"relu": lambda z: np.clip(z, 0, None), "relu_prime": lambda z: np.heaviside(z, 1.0)},
        "vectorize": {
            "relu": np.vectorize(lambda v: max(v, 0.0), otypes=[float]),
            "relu_prime": np.vectorize(lambda v: 1.0 if v > 0 else 0.0, otypes=[float]),
        },
        "torch": {
            "relu": lambda z: torch.relu(torch.tensor(np.array(z))).numpy(),
            "relu_prime": lambda z: np.sign(np.maximum(z, 0)),
        },
        "negated_minimum": {"relu": lambda z: -np.minimum(-z, 0), "relu_prime": lambda z: 1 - (z < 0)},
    },
)
pairs(
    wrong,
    "relu",
    RELU,
    {
        "half_at_the_kink": {"relu_prime": lambda z: np.heaviside(z, 0.5)},
        "sign_slope": {"relu_prime": np.sign},
        "nan_at_the_kink": {"relu_prime": lambda z: np.maximum(z, 0) / z},
        "slope_is_relu": {"relu_prime": lambda z: np.maximum(z, 0)},
        "slope_one": {"relu_prime": np.ones_like},
        "slope_reversed": {"relu_prime": lambda z: (z < 0).astype(float)},
        "slope_leaky": {"relu_prime": lambda z: np.where(z > 0, 1, 0.01)},
        "capped": {"relu": lambda z: np.clip(z, 0, 6)},
        "absolute": {"relu": np.abs},
        "minimum": {"relu": lambda z: np.minimum(z, 0)},
        "in_place": {"relu": lambda z: np.maximum(z, 0, out=z)},
        "float32": {"relu": lambda z: np.maximum(z, 0).astype(np.float32)},
        "above_one": {"relu": lambda z: np.where(z > 1, z, 0.0), "relu_prime": lambda z: z > 1},
        "softplus": {"relu": lambda z: np.logaddexp(0, z), "relu_prime": _stable},
        "max_of_all": {"relu": lambda z: np.max(z, initial=0)},
        "kept_positive": {"relu": lambda z: z[z > 0]},
        "eps_threshold": {"relu_prime": lambda z: (z > 1e-3).astype(float)},
        "whole_numbers": {"relu": lambda z: np.maximum(z, 0).astype(int)},
    },
)


def _leaky_masked(z, alpha=0.01):
    out = np.array(z)
    out[z <= 0] *= alpha
    return out


def _leaky_prime_masked(z, alpha=0.01):
    out = np.ones_like(z)
    out[z < 0] = alpha
    return out


LEAKY = {
    "leaky_relu": lambda z, alpha=0.01: np.where(z > 0, z, alpha * z),
    "leaky_relu_prime": lambda z, alpha=0.01: np.where(z > 0, 1.0, alpha),
}


def _leaky(f=None, prime=None):
    return ({"leaky_relu": f} if f else {}) | ({"leaky_relu_prime": prime} if prime else {})


pairs(
    right,
    "leaky_relu",
    LEAKY,
    {
        "where": {},
        "maximum": _leaky(lambda z, alpha=0.01: np.maximum(z, alpha * z)),
        "two_parts": _leaky(lambda z, alpha=0.01: np.maximum(z, 0) + alpha * np.minimum(z, 0)),
        "masked": _leaky(_leaky_masked, _leaky_prime_masked),
        "slope_product": _leaky(
            lambda z, alpha=0.01: z * ((z > 0) + alpha * (z <= 0)),
            lambda z, alpha=0.01: (z > 0) + alpha * (z <= 0),
        ),
        "abs": _leaky(lambda z, alpha=0.01: (1 + alpha) / 2 * z + (1 - alpha) / 2 * abs(z)),
        "heaviside": _leaky(None, lambda z, alpha=0.01: alpha + (1 - alpha) * np.heaviside(z, 1)),
        "full": _leaky(
            None, lambda z, alpha=0.01: np.where(z >= 0, np.ones(z.shape), np.full(z.shape, float(alpha)))
        ),
        "torch": _leaky(
            lambda z, alpha=0.01: torch.nn.functional.leaky_relu(torch.tensor(np.array(z)), alpha).numpy()
        ),
        "vectorize": _leaky(np.vectorize(lambda v, alpha=0.01: v if v > 0 else alpha * v, otypes=[float])),
    },
)
pairs(
    wrong,
    "leaky_relu",
    LEAKY,
    {
        "default": _leaky(lambda z, alpha=0.1: np.where(z > 0, z, alpha * z)),
        "default_slope": _leaky(None, lambda z, alpha=0.02: np.where(z > 0, 1.0, alpha)),
        "alpha_ignored": _leaky(lambda z, alpha=0.01: np.where(z > 0, z, 0.01 * z)),
        "alpha_ignored_slope": _leaky(None, lambda z, alpha=0.01: np.where(z > 0, 1.0, 0.01)),
        "alpha_only": _leaky(lambda z, alpha=0.01: np.where(z > 0, z, alpha)),
        "maximum_of_alpha": _leaky(lambda z, alpha=0.01: np.maximum(alpha, z)),
        "minimum": _leaky(lambda z, alpha=0.01: np.minimum(z, alpha * z)),
        "sign": _leaky(lambda z, alpha=0.01: np.where(z > 0, z, -alpha * z)),
        "divides": _leaky(
            lambda z, alpha=0.01: (
                np.where(z > 0, z, z / max(1 / alpha, 1))
                if alpha and alpha < 0.2
                else np.where(z > 0, z, z * 0.2)
            )
        ),
        "slope_zero": _leaky(None, lambda z, alpha=0.01: (z > 0).astype(float)),
        "slope_swapped": _leaky(None, lambda z, alpha=0.01: np.where(z > 0, alpha, 1.0)),
        "slope_half": _leaky(
            None, lambda z, alpha=0.01: np.where(z > 0, 1.0, np.where(z < 0, alpha, (1 + alpha) / 2))
        ),
        "slope_zero_at_zero": _leaky(
            None, lambda z, alpha=0.01: np.where(z > 0, 1.0, np.where(z < 0, alpha, 0))
        ),
        "slope_times_z": _leaky(None, lambda z, alpha=0.01: np.where(z > 0, 1.0, alpha * z)),
        "int_buffer": _leaky(None, lambda z, alpha=0.01: np.array(np.where(z > 0, 1.0, alpha), dtype=int)),
        "in_place": _leaky(lambda z, alpha=0.01: np.multiply(z, np.where(z > 0, 1.0, alpha), out=z)),
        "float32": _leaky(lambda z, alpha=0.01: np.where(z > 0, z, alpha * z).astype(np.float32)),
        "alpha_zero_is_default": _leaky(lambda z, alpha=0.01: np.where(z > 0, z, (alpha or 0.01) * z)),
        "alpha_on_both": _leaky(lambda z, alpha=0.01: np.where(z > 0, (1 + alpha) * z, alpha * z)),
    },
)


def _elu(z, alpha=1.0):
    return np.where(z < 0, alpha * np.expm1(np.minimum(z, 0)), z)


def _elu_prime(z, alpha=1.0):
    return np.where(z < 0, alpha * np.exp(np.minimum(z, 0)), 1.0)


def _elu_masked(z, alpha=1.0):
    out = z.copy()
    low = z < 0
    out[low] = alpha * (np.exp(z[low]) - 1)
    return out


def _elu_prime_masked(z, alpha=1.0):
    out = np.ones(z.shape)
    out[z <= 0] = alpha * np.exp(z[z <= 0])
    return out


ELU = {"elu": _elu, "elu_prime": _elu_prime}


def _elus(f=None, prime=None):
    return ({"elu": f} if f else {}) | ({"elu_prime": prime} if prime else {})


pairs(
    right,
    "elu",
    ELU,
    {
        "where": {},
        "loud": _elus(
            lambda z, alpha=1.0: np.where(z < 0, alpha * (np.exp(z) - 1), z),
            lambda z, alpha=1.0: np.where(z < 0, alpha * np.exp(z), 1),
        ),
        "masked": _elus(_elu_masked, _elu_prime_masked),
        "two_parts": _elus(lambda z, alpha=1.0: np.maximum(z, 0) + alpha * (np.exp(np.minimum(z, 0)) - 1)),
        "torch_form": _elus(
            lambda z, alpha=1.0: np.maximum(0, z) + np.minimum(0, alpha * np.expm1(np.minimum(z, 1)))
        ),
        "slope_from_value": _elus(None, lambda z, alpha=1.0: np.where(z < 0, _elu(z, alpha) + alpha, 1.0)),
        "slope_from_value_at_zero": _elus(
            None, lambda z, alpha=1.0: np.where(z > 0, 1.0, _elu(z, alpha) + alpha)
        ),
        "select": _elus(lambda z, alpha=1.0: np.select([z >= 0, z < 0], [z, alpha * np.expm1(-abs(z))])),
        "vectorize": _elus(
            np.vectorize(lambda v, alpha=1.0: v if v >= 0 else alpha * math.expm1(v), otypes=[float])
        ),
        "torch": _elus(
            lambda z, alpha=1.0: torch.nn.functional.elu(torch.tensor(np.array(z)), alpha).numpy()
        ),
        "piecewise": _elus(
            lambda z, alpha=1.0: np.piecewise(z, [z < 0], [lambda v: alpha * np.expm1(v), lambda v: v])
        ),
    },
)
pairs(
    wrong,
    "elu",
    ELU,
    {
        "no_alpha": _elus(lambda z, alpha=1.0: np.where(z < 0, np.expm1(np.minimum(z, 0)), z)),
        "no_alpha_slope": _elus(None, lambda z, alpha=1.0: np.where(z < 0, np.exp(np.minimum(z, 0)), 1)),
        "alpha_before_minus": _elus(
            lambda z, alpha=1.0: np.where(z < 0, alpha * np.exp(np.minimum(z, 0)) - 1, z)
        ),
        "alpha_inside": _elus(lambda z, alpha=1.0: np.where(z < 0, np.expm1(alpha * np.minimum(z, 0)), z)),
        "celu": _elus(lambda z, alpha=1.0: np.where(z < 0, alpha * np.expm1(np.minimum(z, 0) / alpha), z)),
        "selu": _elus(lambda z, alpha=1.0: 1.0507 * _elu(z, alpha)),
        "selu_default": _elus(lambda z, alpha=1.6733: _elu(z, alpha)),
        "default": _elus(lambda z, alpha=0.1: _elu(z, alpha)),
        "default_slope": _elus(None, lambda z, alpha=0.5: _elu_prime(z, alpha)),
        "nan_far_out": _elus(lambda z, alpha=1.0: (z > 0) * z + (z <= 0) * alpha * (np.exp(z) - 1)),
        "nan_far_out_slope": _elus(None, lambda z, alpha=1.0: (z > 0) + (z <= 0) * alpha * np.exp(z)),
        "slope_plus_one": _elus(None, lambda z, alpha=1.0: np.where(z < 0, _elu(z, alpha) + 1, 1)),
        "slope_of_activation": _elus(None, lambda z, alpha=1.0: np.where(z < 0, z + alpha, 1)),
        "slope_is_value": _elus(None, lambda z, alpha=1.0: np.where(z < 0, _elu(z, alpha), 1)),
        "slope_at_the_kink": _elus(
            None, lambda z, alpha=1.0: np.where(z == 0, (1 + alpha) / 2, _elu_prime(z, alpha))
        ),
        "slope_alpha_above": _elus(
            None, lambda z, alpha=1.0: np.where(z < 0, alpha * np.exp(np.minimum(z, 0)), alpha)
        ),
        "leaky": _elus(lambda z, alpha=1.0: np.where(z < 0, alpha * z, z)),
        "alpha_above": _elus(
            lambda z, alpha=1.0: np.where(z < 0, alpha * np.expm1(np.minimum(z, 0)), alpha * z)
        ),
        "clipped": _elus(lambda z, alpha=1.0: _elu(np.clip(z, -100, 100), alpha)),
        "in_place": _elus(lambda z, alpha=1.0: np.copyto(z, _elu(z, alpha)) or z.copy()),
        "float32": _elus(lambda z, alpha=1.0: _elu(z, alpha).astype(np.float32)),
    },
)


# ---------------------------------------------------------------- prelu and rrelu


def _prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def _prelu_back(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.where(z > 0, 0.0, z), axis=0)


def _prelu_loops(z, alpha):
    out = np.zeros(z.shape)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            out[i, j] = z[i, j] if z[i, j] > 0 else alpha[j] * z[i, j]
    return out


def _prelu_back_loops(dout, z, alpha):
    dz, dalpha = np.zeros(z.shape), np.zeros(alpha.shape)
    for j, a in enumerate(alpha):
        low = z[:, j] < 0
        dz[:, j] = np.where(low, a, 1) * dout[:, j]
        dalpha[j] = (dout[low, j] * z[low, j]).sum()
    return dz, dalpha


def _prelu_back_torch(dout, z, alpha):
    tz, ta = torch.tensor(np.array(z), requires_grad=True), torch.tensor(np.array(alpha), requires_grad=True)
    torch.where(tz > 0, tz, ta * tz).backward(torch.tensor(np.array(dout)))
    return tz.grad.numpy(), ta.grad.numpy()


def _prelu_back_copies(dout, z, alpha):
    dz = dout.copy()
    low = z <= 0
    dz[low] *= np.broadcast_to(alpha, z.shape)[low]
    return [dz, np.einsum("nf,nf->f", dout, z * low)]


def _prelus(f=None, back=None):
    return ({"prelu": f} if f else {}) | ({"prelu_backward": back} if back else {})


PRELU = {"prelu": _prelu, "prelu_backward": _prelu_back}
pairs(
    right,
    "prelu",
    PRELU,
    {
        "where": {},
        "loops": _prelus(_prelu_loops, _prelu_back_loops),
        "two_parts": _prelus(
            lambda z, alpha: np.maximum(z, 0) + alpha * np.minimum(z, 0),
            lambda dout, z, alpha: (dout * ((z >= 0) + alpha * (z < 0)), (dout * np.minimum(z, 0)).sum(0)),
        ),
        "torch": _prelus(None, _prelu_back_torch),
        "copies": _prelus(None, _prelu_back_copies),
        "abs": _prelus(lambda z, alpha: (z + abs(z)) / 2 + alpha * (z - abs(z)) / 2),
        "columns": _prelus(
            lambda z, alpha: np.column_stack(
                [np.where(c > 0, c, a * c) for c, a in zip(z.T, alpha, strict=True)]
            )
        ),
        "matmul": _prelus(
            lambda z, alpha: z * (z > 0) + (z * (z <= 0)) @ np.diag(alpha),
            lambda dout, z, alpha: (
                dout * (z > 0) + (dout * (z <= 0)) @ np.diag(alpha),
                np.ones(len(z)) @ (dout * z * (z <= 0)),
            ),
        ),
        "flexible": _prelus(
            None,
            lambda dout, z, alpha: (
                np.asfortranarray(_prelu_back(dout, z, alpha)[0]),
                _prelu_back(dout, z, alpha)[1].reshape(alpha.shape),
            ),
        ),
    },
)


def _back(change):
    """A wrong backward from the right (dz, dalpha)."""
    return _prelus(None, lambda dout, z, alpha: change(dout, z, alpha, *_prelu_back(dout, z, alpha)))


pairs(
    wrong,
    "prelu",
    PRELU,
    {
        "maximum": _prelus(lambda z, alpha: np.maximum(z, alpha * z)),
        "positive_alpha": _prelus(lambda z, alpha: np.where(z > 0, z, np.abs(alpha) * z)),
        "clipped_alpha": _prelus(lambda z, alpha: np.where(z > 0, z, np.clip(alpha, 0, 1) * z)),
        "first_alpha": _prelus(lambda z, alpha: np.where(z > 0, z, alpha[0] * z)),
        "mean_alpha": _prelus(lambda z, alpha: np.where(z > 0, z, alpha.mean() * z)),
        "per_example": _prelus(lambda z, alpha: np.where(z > 0, z, np.resize(alpha, len(z))[:, None] * z)),
        "sign": _prelus(lambda z, alpha: np.where(z > 0, z, -alpha * z)),
        "dalpha_mean": _back(lambda g, z, a, dz, da: (dz, da / len(z))),
        "dalpha_full": _back(lambda g, z, a, dz, da: (dz, g * np.minimum(z, 0))),
        "dalpha_keepdims": _back(lambda g, z, a, dz, da: (dz, da[None])),
        "dalpha_total": _back(lambda g, z, a, dz, da: (dz, np.full(a.shape, da.sum()))),
        "dalpha_no_dout": _back(lambda g, z, a, dz, da: (dz, np.minimum(z, 0).sum(axis=0))),
        "dalpha_all_z": _back(lambda g, z, a, dz, da: (dz, (g * z).sum(axis=0))),
        "dalpha_times_alpha": _back(lambda g, z, a, dz, da: (dz, a * da)),
        "dalpha_count": _back(lambda g, z, a, dz, da: (dz, (g * (z < 0)).sum(axis=0))),
        "dz_no_dout": _back(lambda g, z, a, dz, da: (np.where(z > 0, 1.0, a), da)),
        "dz_relu": _back(lambda g, z, a, dz, da: (g * (z > 0), da)),
        "dz_by_sign_of_dout": _back(lambda g, z, a, dz, da: (np.where(g > 0, g, a * g), da)),
        "dz_half": _back(lambda g, z, a, dz, da: (np.where(z == 0, (1 + a) / 2 * g, dz), da)),
        "swapped": _back(lambda g, z, a, dz, da: (da, dz)),
        "in_place": _back(lambda g, z, a, dz, da: (np.multiply(g, np.where(z > 0, 1.0, a), out=g), da)),
        "updates_alpha": _back(lambda g, z, a, dz, da: (dz, np.subtract(a, 0.01 * da, out=a) * 0 + da)),
        "float32": _back(lambda g, z, a, dz, da: (dz.astype(np.float32), da.astype(np.float32))),
    },
)


def _rr(draw, evaluate=None, lower=1 / 8, upper=1 / 3, training=True):
    default_lower, default_upper, default_training = lower, upper, training

    def rrelu(z, rng, lower=default_lower, upper=default_upper, training=default_training):
        if training:
            return draw(z, rng, lower, upper)
        slope = (lower + upper) / 2 if evaluate is None else evaluate(z, rng, lower, upper)
        return np.where(z > 0, z, slope * z)

    return rrelu


def _rr_plain(z, rng, lower, upper):
    return np.where(z > 0, z, rng.uniform(lower, upper, z.shape) * z)


def _rr_negatives(z, rng, lower, upper):
    out = np.array(z, copy=True)
    low = out < 0
    out[low] *= rng.uniform(lower, upper, size=np.count_nonzero(low))
    return out


def _rr_loop(z, rng, lower, upper):
    flat = [v if v >= 0 else v * (lower + (upper - lower) * rng.random()) for v in np.ravel(z)]
    return np.array(flat, dtype=z.dtype).reshape(z.shape)


def _rr_rows(z, rng, lower, upper):
    slopes = np.empty(z.shape)
    for index in np.ndindex(z.shape):
        slopes[index] = rng.uniform(lower, upper)
    return np.maximum(z, 0) + slopes * np.minimum(z, 0)


each(
    right,
    "rrelu",
    {
        "plain": _rr(_rr_plain),
        "negatives": _rr(_rr_negatives),
        "loop": _rr(_rr_loop),
        "ndindex": _rr(_rr_rows),
        "random": _rr(lambda z, rng, lo, up: z * np.where(z < 0, lo + (up - lo) * rng.random(z.shape), 1.0)),
        "flipped": _rr(
            lambda z, rng, lo, up: np.where(z >= 0, z, z * (up - (up - lo) * rng.random(z.shape)))
        ),
        "float32": _rr(
            lambda z, rng, lo, up: np.where(
                z > 0, z, z * (lo + (up - lo) * rng.random(z.shape, dtype=np.float32))
            )
        ),
        "backwards": _rr(
            lambda z, rng, lo, up: np.where(z > 0, z, z * rng.uniform(lo, up, z.size)[::-1].reshape(z.shape))
        ),
        "average": _rr(_rr_plain, lambda z, rng, lo, up: np.mean([lo, up])),
        "sub_generator": _rr(
            lambda z, rng, lo, up: _rr_plain(z, np.random.default_rng(rng.integers(2**60)), lo, up)
        ),
    },
)
each(
    wrong,
    "rrelu",
    {
        "one_slope": _rr(lambda z, rng, lo, up: np.where(z > 0, z, rng.uniform(lo, up) * z)),
        "per_column": _rr(lambda z, rng, lo, up: np.where(z > 0, z, rng.uniform(lo, up, z.shape[-1:]) * z)),
        "per_row": _rr(
            lambda z, rng, lo, up: np.where(
                z > 0, z, rng.uniform(lo, up, (*z.shape[:-1], 1) if z.ndim else ()) * z
            )
        ),
        "positive_too": _rr(lambda z, rng, lo, up: rng.uniform(lo, up, z.shape) * z),
        "bounds_ignored": _rr(lambda z, rng, lo, up: _rr_plain(z, rng, 1 / 8, 1 / 3)),
        "from_zero": _rr(lambda z, rng, lo, up: _rr_plain(z, rng, 0, up)),
        "to_one": _rr(lambda z, rng, lo, up: _rr_plain(z, rng, lo, 1)),
        "two_values": _rr(lambda z, rng, lo, up: np.where(z > 0, z, z * rng.choice([lo, up], z.shape))),
        "clipped_normal": _rr(
            lambda z, rng, lo, up: np.where(
                z > 0, z, z * np.clip(rng.normal((lo + up) / 2, (up - lo) / 4, z.shape), lo, up)
            )
        ),
        "mean_in_training": _rr(lambda z, rng, lo, up: np.where(z > 0, z, (lo + up) / 2 * z)),
        "divides": _rr(lambda z, rng, lo, up: np.where(z > 0, z, z / rng.uniform(1 / up, 1 / lo, z.shape))),
        "eval_lower": _rr(_rr_plain, lambda z, rng, lo, up: lo),
        "eval_width": _rr(_rr_plain, lambda z, rng, lo, up: (up - lo) / 2),
        "eval_geometric": _rr(_rr_plain, lambda z, rng, lo, up: sqrt(abs(lo * up))),
        "eval_fixed": _rr(_rr_plain, lambda z, rng, lo, up: 11 / 48),
        "eval_random": _rr(_rr_plain, lambda z, rng, lo, up: rng.uniform(lo, up, z.shape)),
        "eval_draws": _rr(_rr_plain, lambda z, rng, lo, up: (rng.random(), (lo + up) / 2)[1]),
        "default_lower": _rr(_rr_plain, lower=1 / 10),
        "default_upper": _rr(_rr_plain, upper=1 / 2),
        "default_mode": _rr(_rr_plain, training=False),
        "global_numpy": _rr(lambda z, rng, lo, up: _rr_plain(z, np.random, lo, up)),
        "fixed_seed": _rr(lambda z, rng, lo, up: _rr_plain(z, np.random.default_rng(3), lo, up)),
        "in_place": _rr(
            lambda z, rng, lo, up: np.multiply(z, np.where(z > 0, 1.0, rng.uniform(lo, up, z.shape)), out=z)
        ),
        "minus": _rr(lambda z, rng, lo, up: np.where(z > 0, z, -rng.uniform(lo, up, z.shape) * z)),
        "sorted_slopes": _rr(
            lambda z, rng, lo, up: np.where(
                z > 0, z, z * np.sort(rng.uniform(lo, up, z.size)).reshape(z.shape)
            )
        ),
    },
)


# ---------------------------------------------------------------- standardizer


def _fit(X):
    return X.mean(axis=0), X.std(axis=0)


def _standardize(X, mean, std):
    return (X - mean) / np.where(std > 0, std, 1)


def _fit_loops(X):
    mean = np.array([sum(c) / len(c) for c in X.T.tolist()])
    return mean, np.array(
        [sqrt(sum((v - m) ** 2 for v in c) / len(c)) for c, m in zip(X.T.tolist(), mean, strict=True)]
    )


def _guarded_fit(X):
    mean, std = np.mean(X, axis=0), np.std(X, axis=0)
    std[std < 1e-12] = 1
    return mean, std


def _std_pair(fit=None, use=None):
    return ({"fit_standardizer": fit} if fit else {}) | ({"standardize": use} if use else {})


STANDARD = {"fit_standardizer": _fit, "standardize": _standardize}
pairs(
    right,
    "standardizer",
    STANDARD,
    {
        "plain": {},
        "sample": _std_pair(lambda X: (X.mean(axis=0), X.std(axis=0, ddof=1))),
        "guard_in_fit": _std_pair(_guarded_fit, lambda X, mean, std: (X - mean) / std),
        "loops": _std_pair(_fit_loops),
        "einsum": _std_pair(
            lambda X: (lambda m: (m, np.sqrt(np.einsum("nd,nd->d", X - m, X - m) / len(X))))(
                np.einsum("nd->d", X) / len(X)
            )
        ),
        "guard_maximum": _std_pair(None, lambda X, mean, std: (X - mean) / np.maximum(std, 1e-12)),
        "epsilon_added": _std_pair(None, lambda X, mean, std: (X - mean) / (std + 1e-8)),
        "divide_where": _std_pair(
            None, lambda X, mean, std: np.divide(X - mean, std, out=np.zeros(X.shape), where=std != 0)
        ),
        "copies": _std_pair(
            None, lambda X, mean, std: np.stack([(r - mean) / np.where(std == 0, 1.0, std) for r in X])
        ),
        "list_back": _std_pair(lambda X: [np.average(X, axis=0), np.var(X, axis=0) ** 0.5]),
        "float64_inside": _std_pair(lambda X: _fit(X.astype(np.float64))),
        "torch": _std_pair(
            lambda X: (lambda t: (t.mean(0).numpy(), t.std(0, correction=0).numpy()))(
                torch.tensor(np.array(X))
            )
        ),
    },
)
pairs(
    wrong,
    "standardizer",
    STANDARD,
    {
        "own_statistics": _std_pair(None, lambda X, mean, std: _standardize(X, *_fit(X))),
        "own_mean": _std_pair(None, lambda X, mean, std: _standardize(X, X.mean(axis=0), std)),
        "own_std": _std_pair(None, lambda X, mean, std: _standardize(X, mean, X.std(axis=0))),
        "no_guard": _std_pair(None, lambda X, mean, std: (X - mean) / std),
        "axis_one": _std_pair(lambda X: (X.mean(axis=1), X.std(axis=1))),
        "axis_none": _std_pair(lambda X: (X.mean(), X.std())),
        "std_of_all": _std_pair(lambda X: (X.mean(axis=0), np.full(X.shape[1], X.std()))),
        "variance": _std_pair(lambda X: (X.mean(axis=0), X.var(axis=0))),
        "divides_by_variance": _std_pair(
            None, lambda X, mean, std: (X - mean) / np.where(std > 0, std**2, 1)
        ),
        "no_mean": _std_pair(None, lambda X, mean, std: X / np.where(std > 0, std, 1)),
        "plus_mean": _std_pair(None, lambda X, mean, std: (X + mean) / np.where(std > 0, std, 1)),
        "keepdims": _std_pair(lambda X: (X.mean(axis=0, keepdims=True), X.std(axis=0, keepdims=True))),
        "swapped": _std_pair(lambda X: _fit(X)[::-1]),
        "min_max": _std_pair(lambda X: (X.min(axis=0), X.max(axis=0) - X.min(axis=0))),
        "rms": _std_pair(lambda X: (X.mean(axis=0), np.sqrt((X**2).mean(axis=0)))),
        "median": _std_pair(lambda X: (np.median(X, axis=0), X.std(axis=0))),
        "divides_first": _std_pair(None, lambda X, mean, std: X / np.where(std > 0, std, 1) - mean),
        "in_place": _std_pair(
            None,
            lambda X, mean, std: np.divide(np.subtract(X, mean, out=X), np.where(std > 0, std, 1), out=X),
        ),
        "fit_in_place": _std_pair(
            lambda X: (lambda m: (m, np.subtract(X, m, out=X).std(axis=0)))(X.mean(axis=0))
        ),
        "guard_writes_std": _std_pair(
            None, lambda X, mean, std: (X - mean) / (std.__setitem__(std == 0, 1) or std)
        ),
        "big_epsilon": _std_pair(None, lambda X, mean, std: (X - mean) / (std + 1e-3)),
        "large_guard": _std_pair(None, lambda X, mean, std: (X - mean) / np.maximum(std, 0.1)),
        "float32": _std_pair(None, lambda X, mean, std: _standardize(X, mean, std).astype(np.float32)),
        "clipped": _std_pair(None, lambda X, mean, std: np.clip(_standardize(X, mean, std), -3, 3)),
    },
)


# ---------------------------------------------------------------- batch normalization


def _bn(
    batch=lambda x: (x.mean(axis=0), x.var(axis=0)),
    norm=lambda x, m, v, eps: (x - m) / np.sqrt(v + eps),
    affine=lambda h, g, b: g * h + b,
    run=lambda old, new, momentum: momentum * old + (1 - momentum) * new,
    run_batch=None,
    evaluate=None,
    momentum=0.9,
    eps=1e-5,
    finish=lambda out, cache, rm, rv: (out, cache, rm, rv),
):
    """A forward built from parts, each of which a case may replace."""
    default_momentum, default_eps = momentum, eps

    def batchnorm_forward(
        x, gamma, beta, running_mean, running_var, training, momentum=default_momentum, eps=default_eps
    ):
        if training:
            mean, var = batch(x)
            m2, v2 = (run_batch or batch)(x)
            rm, rv = run(running_mean, m2, momentum), run(running_var, v2, momentum)
            h = norm(x, mean, var, eps)
        elif evaluate:
            h, rm, rv = evaluate(x, running_mean, running_var, momentum, eps)
        else:
            h, rm, rv = norm(x, running_mean, running_var, eps), running_mean, running_var
        return finish(affine(h, gamma, beta), (x, gamma, eps), rm, rv)

    return batchnorm_forward


def _bn_loops(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    rm, rv, out = running_mean.copy(), running_var.copy(), np.zeros(x.shape)
    for j in range(x.shape[1]):
        mean, var = (x[:, j].mean(), x[:, j].var()) if training else (rm[j], rv[j])
        out[:, j] = gamma[j] * (x[:, j] - mean) / sqrt(var + eps) + beta[j]
        if training:
            rm[j] = momentum * rm[j] + (1 - momentum) * mean
            rv[j] = momentum * rv[j] + (1 - momentum) * var
    return out, {"x": x}, rm, rv


def _bn_torch(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    tensors = [torch.tensor(np.array(a)) for a in (x, running_mean, running_var, gamma, beta)]
    out = torch.nn.functional.batch_norm(*tensors, training=training, momentum=1 - momentum, eps=eps)
    return out.numpy(), None, tensors[1].numpy(), tensors[2].numpy()


def _bn_lerp(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    if training:
        mean = x.sum(axis=0) / len(x)
        var = np.einsum("nd,nd->d", x - mean, x - mean) / x.shape[0]
        running_mean = running_mean + (1 - momentum) * (mean - running_mean)
        running_var = running_var + (1 - momentum) * (var - running_var)
    else:
        mean, var = running_mean, running_var
    scale = gamma * (var + eps) ** -0.5
    return [x * scale + (beta - mean * scale), SimpleNamespace(scale=scale), running_mean, running_var]


def _bn_in_place_on_copies(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    running_mean, running_var = running_mean.copy(), running_var.copy()
    if training:
        mean, var = x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)
        running_mean *= momentum
        running_mean += (1 - momentum) * mean[0]
        running_var *= momentum
        running_var += (1 - momentum) * var[0]
    else:
        mean, var = running_mean[None], running_var[None]
    out = np.asfortranarray((x - mean) / np.sqrt(var + eps))
    out *= gamma
    out += beta
    return out, lambda: (x, mean, var), running_mean, running_var


each(
    right,
    "batchnorm_forward",
    {
        "parts": _bn(),
        "loops": _bn_loops,
        "torch": _bn_torch,
        "folded": _bn_lerp,
        "copies": _bn_in_place_on_copies,
        "unbiased_running": _bn(run_batch=lambda x: (x.mean(axis=0), x.var(axis=0, ddof=1))),
        "dict_cache": _bn(
            finish=lambda out, cache, rm, rv: (out, dict(enumerate(cache)), rm.copy(), rv.copy())
        ),
        "second_moment": _bn(
            batch=lambda x: (
                x.mean(axis=0),
                np.maximum(((x - x[0]) ** 2).mean(axis=0) - ((x - x[0]).mean(axis=0)) ** 2, 0),
            )
        ),
        "matmul_mean": _bn(batch=lambda x: (np.ones(len(x)) @ x / len(x), np.var(x, axis=0))),
        "float64_inside": _bn(
            batch=lambda x: (x.mean(axis=0, dtype=np.float64), x.var(axis=0, dtype=np.float64))
        ),
    },
)
each(
    wrong,
    "batchnorm_forward",
    {
        "eps_outside": _bn(norm=lambda x, m, v, eps: (x - m) / (np.sqrt(v) + eps)),
        "eps_ignored": _bn(norm=lambda x, m, v, eps: (x - m) / np.sqrt(v + 1e-5)),
        "eps_missing": _bn(norm=lambda x, m, v, eps: (x - m) / np.sqrt(v)),
        "eps_squared": _bn(norm=lambda x, m, v, eps: (x - m) / np.sqrt(v + eps**2)),
        "default_eps": _bn(eps=1e-3),
        "default_eps_small": _bn(eps=1e-8),
        "default_momentum": _bn(momentum=0.99),
        "momentum_swapped": _bn(run=lambda old, new, m: (1 - m) * old + m * new),
        "momentum_ignored": _bn(run=lambda old, new, m: 0.9 * old + 0.1 * new),
        "unbiased_output": _bn(batch=lambda x: (x.mean(axis=0), x.var(axis=0, ddof=1))),
        "no_root": _bn(norm=lambda x, m, v, eps: (x - m) / (v + eps)),
        "running_std": _bn(run_batch=lambda x: (x.mean(axis=0), x.std(axis=0))),
        "axis_none": _bn(batch=lambda x: (x.mean() + 0 * x[0], x.var() + 0 * x[0])),
        "layer_norm": _bn(
            norm=lambda x, m, v, eps: (
                (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps)
            )
        ),
        "beta_first": _bn(affine=lambda h, g, b: g * (h + b)),
        "no_beta": _bn(affine=lambda h, g, b: g * h),
        "no_gamma": _bn(affine=lambda h, g, b: h + b),
        "beta_minus": _bn(affine=lambda h, g, b: g * h - b),
        "first_gamma": _bn(affine=lambda h, g, b: g[0] * h + b),
        "eval_batch": _bn(
            evaluate=lambda x, rm, rv, m, eps: ((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps), rm, rv)
        ),
        "eval_updates": _bn(
            evaluate=lambda x, rm, rv, m, eps: (
                (x - rm) / np.sqrt(rv + eps),
                m * rm + (1 - m) * x.mean(axis=0),
                rv,
            )
        ),
        "eval_no_eps": _bn(evaluate=lambda x, rm, rv, m, eps: ((x - rm) / np.sqrt(rv), rm, rv)),
        "eval_std": _bn(evaluate=lambda x, rm, rv, m, eps: ((x - rm) / (rv + eps), rm, rv)),
        "eval_batch_if_large": _bn(
            evaluate=lambda x, rm, rv, m, eps: (
                (x - (x.mean(axis=0) if len(x) > 1 else rm)) / np.sqrt(rv + eps),
                rm,
                rv,
            )
        ),
        "in_place": _bn(run=lambda old, new, m: np.add(m * old, (1 - m) * new, out=old)),
        "x_in_place": _bn(norm=lambda x, m, v, eps: np.divide(x - m, np.sqrt(v + eps), out=x)),
        "swapped": _bn(finish=lambda out, cache, rm, rv: (out, cache, rv, rm)),
        "three_values": _bn(finish=lambda out, cache, rm, rv: (out, rm, rv)),
        "float32": _bn(finish=lambda out, cache, rm, rv: (out.astype(np.float32), cache, rm, rv)),
        "running_not_returned": _bn(run=lambda old, new, m: old),
        "running_is_batch": _bn(run=lambda old, new, m: new),
        "running_row": _bn(finish=lambda out, cache, rm, rv: (out, cache, rm[None], rv[None])),
        "mean_only": _bn(norm=lambda x, m, v, eps: x - m),
        "normalizes_with_running": _bn(batch=lambda x: (0 * x[0], 1 + 0 * x[0])),
    },
)


def _caching(cache):
    """A right forward that keeps what `cache` makes of its values."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)
        inv = 1 / np.sqrt(var + eps)
        xhat = (x - mean) * inv
        if training:
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
        kept = cache(
            SimpleNamespace(x=x, gamma=gamma, beta=beta, mean=mean, var=var, inv=inv, xhat=xhat, eps=eps)
        )
        return gamma * xhat + beta, kept, running_mean, running_var

    return batchnorm_forward


def _bb(backward, cache=lambda c: c):
    return {"batchnorm_forward": _caching(cache), "batchnorm_backward": backward}


def _closed(dout, c):
    n = len(dout)
    dx = c.gamma * c.inv / n * (n * dout - dout.sum(axis=0) - c.xhat * (dout * c.xhat).sum(axis=0))
    return dx, (dout * c.xhat).sum(axis=0), dout.sum(axis=0)


def _graph(dout, cache):
    xhat, gamma, inv, centred = cache
    n = dout.shape[0]
    dxhat = dout * gamma
    dvar = (dxhat * centred).sum(axis=0) * -0.5 * inv**3
    dmean = -(dxhat * inv).sum(axis=0) + dvar * (-2 * centred).mean(axis=0)
    dx = dxhat * inv + dvar * 2 * centred / n + dmean / n
    return dx, np.einsum("nd,nd->d", dout, xhat), np.einsum("nd->d", dout)


def _bb_torch(dout, cache):
    x, gamma, beta = (torch.tensor(np.array(cache[k]), requires_grad=True) for k in ("x", "gamma", "beta"))
    out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=cache["eps"])
    return [g.numpy() for g in torch.autograd.grad(out, (x, gamma, beta), torch.tensor(np.array(dout)))]


def _bb_features(dout, cache):
    x, gamma, eps = cache
    dx, dgamma, dbeta = np.empty(x.shape), np.empty(x.shape[1]), np.empty(x.shape[1])
    for j in range(x.shape[1]):
        n, v = len(x), x[:, j] - x[:, j].mean()
        s = sqrt((v @ v) / n + eps)
        jacobian = (np.eye(n) - 1 / n) / s - np.outer(v, v) / (n * s**3)
        dx[:, j] = gamma[j] * jacobian @ dout[:, j]
        dgamma[j], dbeta[j] = dout[:, j] @ v / s, dout[:, j].sum()
    return dx, dgamma, dbeta


def _bb_steps(dout, cache):
    centred, sd, gamma = cache["centred"], cache["sd"], cache["gamma"]
    n = len(dout)
    dxhat = gamma * dout
    dcentred = dxhat / sd
    dsd = -(dxhat * centred / sd**2).sum(axis=0)
    dvar = dsd / (2 * sd)
    dcentred = dcentred + 2 / n * centred * dvar
    return dcentred - dcentred.mean(axis=0), (dout * centred / sd).sum(axis=0), dout.sum(axis=0)


class _Cache:
    def __init__(self, xhat, scale):
        self.xhat, self.scale = xhat, scale

    def project(self, dout):
        return self.scale * (dout - dout.mean(0) - self.xhat * (dout * self.xhat).mean(0))


for _name, _own in {
    "closed": _bb(_closed),
    "graph": _bb(_graph, lambda c: (c.xhat, c.gamma, c.inv, c.x - c.mean)),
    "torch": _bb(_bb_torch, lambda c: {"x": c.x, "gamma": c.gamma, "beta": c.beta, "eps": c.eps}),
    "features": _bb(_bb_features, lambda c: (c.x, c.gamma, c.eps)),
    "steps": _bb(
        _bb_steps, lambda c: {"centred": c.x - c.mean, "sd": np.sqrt(c.var + c.eps), "gamma": c.gamma}
    ),
    "object": _bb(
        lambda dout, cache: (cache.project(dout), (dout * cache.xhat).sum(0), dout.sum(0)),
        lambda c: _Cache(c.xhat, c.gamma * c.inv),
    ),
    "closure": _bb(lambda dout, cache: cache(dout), lambda c: lambda dout: _closed(dout, c)),
    "array": _bb(
        lambda dout, cache: (
            cache[-1] * (dout - dout.mean(0) - cache[:-1] * (dout * cache[:-1]).mean(0)),
            (dout * cache[:-1]).sum(0),
            dout.sum(0),
        ),
        lambda c: np.vstack([c.xhat, c.gamma * c.inv]),
    ),
    "fortran": _bb(lambda dout, c: [np.asfortranarray(g) for g in _closed(dout.copy(), c)]),
}.items():
    audit.right_cases.append(("batchnorm_backward", _name, _own))


def _bb_change(change):
    """A wrong backward from the right gradients."""
    return _bb(lambda dout, c: change(dout, c, *_closed(dout, c)))


_last = {}


def _remember(c):
    _last["cache"] = c
    return c


for _name, _own in {
    "constants": _bb_change(lambda g, c, dx, dg, db: (g * c.gamma * c.inv, dg, db)),
    "constant_mean": _bb_change(
        lambda g, c, dx, dg, db: (c.gamma * c.inv * (g - c.xhat * (g * c.xhat).mean(0)), dg, db)
    ),
    "constant_variance": _bb_change(lambda g, c, dx, dg, db: (c.gamma * c.inv * (g - g.mean(0)), dg, db)),
    "no_gamma": _bb_change(lambda g, c, dx, dg, db: (dx / c.gamma, dg, db)),
    "variance_for_std": _bb_change(lambda g, c, dx, dg, db: (dx * c.inv, dg, db)),
    "sum_for_mean": _bb_change(
        lambda g, c, dx, dg, db: (c.gamma * c.inv * (g - g.sum(0) - c.xhat * (g * c.xhat).sum(0)), dg, db)
    ),
    "unbiased": _bb_change(
        lambda g, c, dx, dg, db: (
            c.gamma * c.inv * (g - g.mean(0) - c.xhat * (g * c.xhat).sum(0) / max(len(g) - 1, 1)),
            dg,
            db,
        )
    ),
    "eps_forgotten": _bb_change(lambda g, c, dx, dg, db: (dx / c.inv / np.sqrt(c.var), dg, db)),
    "eps_forgotten_in_xhat": _bb_change(
        lambda g, c, dx, dg, db: (dx, (g * (c.x - c.mean) / np.sqrt(c.var)).sum(0), db)
    ),
    "eps_fixed": _bb_change(lambda g, c, dx, dg, db: (dx / c.inv / np.sqrt(c.var + 1e-5), dg, db)),
    "dgamma_mean": _bb_change(lambda g, c, dx, dg, db: (dx, dg / len(g), db)),
    "dbeta_mean": _bb_change(lambda g, c, dx, dg, db: (dx, dg, db / len(g))),
    "dgamma_of_x": _bb_change(lambda g, c, dx, dg, db: (dx, (g * c.x).sum(0), db)),
    "dgamma_of_out": _bb_change(lambda g, c, dx, dg, db: (dx, (g * (c.gamma * c.xhat + c.beta)).sum(0), db)),
    "dgamma_centred": _bb_change(lambda g, c, dx, dg, db: (dx, (g * (c.x - c.mean)).sum(0), db)),
    "dbeta_wrong_axis": _bb_change(lambda g, c, dx, dg, db: (dx, dg, g.sum(1))),
    "keepdims": _bb_change(lambda g, c, dx, dg, db: (dx, dg[None], db[None])),
    "swapped": _bb_change(lambda g, c, dx, dg, db: (dx, db, dg)),
    "sign": _bb_change(lambda g, c, dx, dg, db: (-dx, dg, db)),
    "in_place": _bb(lambda dout, c: (lambda r: (np.copyto(dout, r[0]), (dout, *r[1:]))[1])(_closed(dout, c))),
    "last_forward": _bb(lambda dout, c: _closed(dout, _last["cache"]), _remember),
    "float32": _bb_change(lambda g, c, dx, dg, db: (dx.astype(np.float32), dg, db)),
    "cache_spent": _bb(
        lambda dout, c: (_closed(dout, c), c.__dict__.update(xhat=c.xhat * 0))[0],
        lambda c: _last.setdefault("one", c),
    ),
    "dict": _bb(lambda dout, c: dict(zip(("dx", "dgamma", "dbeta"), _closed(dout, c), strict=True))),
}.items():
    audit.wrong_cases.append(("batchnorm_backward", _name, _own))


# ---------------------------------------------------------------- clipping


def _clip_copies(grads, limit):
    out = [g.copy() for g in grads]
    for g in out:
        g[g > limit] = limit
        g[g < -limit] = -limit
    return out


each(
    right,
    "clip_by_value",
    {
        "clip": lambda grads, limit: [np.clip(g, -limit, limit) for g in grads],
        "min_max": lambda grads, limit: [np.minimum(np.maximum(g, -limit), limit) for g in grads],
        "tuple": lambda grads, limit: tuple(g.clip(-limit, limit) for g in grads),
        "where": lambda grads, limit: [np.where(np.abs(g) > limit, np.sign(g) * limit, g) for g in grads],
        "copies": _clip_copies,
        "map": lambda grads, limit: list(map(lambda g: np.clip(g, a_min=-limit, a_max=limit), grads)),
        "abs_form": lambda grads, limit: [np.sign(g) * np.minimum(np.abs(g), limit) for g in grads],
        "torch": lambda grads, limit: [torch.tensor(np.array(g)).clamp(-limit, limit).numpy() for g in grads],
        "buffers": lambda grads, limit: [np.clip(g, -limit, limit, out=np.zeros(g.shape)) for g in grads],
        "recursion": lambda grads, limit: (
            []
            if not grads
            else [np.clip(grads[0], -limit, limit), *[np.clip(g, -limit, limit) for g in grads[1:]]]
        ),
        "default": lambda grads, limit=1.0, copy=True: [
            np.clip(np.array(g, order="F"), -limit, limit) for g in grads
        ],
    },
)
each(
    wrong,
    "clip_by_value",
    {
        "above_only": lambda grads, limit: [np.minimum(g, limit) for g in grads],
        "below_only": lambda grads, limit: [np.maximum(g, -limit) for g in grads],
        "from_zero": lambda grads, limit: [np.clip(g, 0, limit) for g in grads],
        "one": lambda grads, limit: [np.clip(g, -1, 1) for g in grads],
        "norm": lambda grads, limit: [g * min(1, limit / (np.linalg.norm(g) + 1e-12)) for g in grads],
        "by_max": lambda grads, limit: [g * min(1, limit / (np.abs(g).max() + 1e-12)) for g in grads],
        "signs": lambda grads, limit: [np.sign(g) * limit for g in grads],
        "zeroed": lambda grads, limit: [np.where(np.abs(g) > limit, 0, g) for g in grads],
        "positive": lambda grads, limit: [np.minimum(np.abs(g), limit) for g in grads],
        "in_place": lambda grads, limit: [np.clip(g, -limit, limit, out=g) for g in grads],
        "list_changed": lambda grads, limit: [
            grads.append(np.clip(grads.pop(0), -limit, limit)) or grads[-1] for _ in range(len(grads))
        ],
        "first_only": lambda grads, limit: [np.clip(grads[0], -limit, limit), *grads[1:]],
        "float32": lambda grads, limit: [np.clip(g, -limit, limit).astype(np.float32) for g in grads],
        "joined": lambda grads, limit: np.concatenate([np.clip(g, -limit, limit).ravel() for g in grads]),
        "flat": lambda grads, limit: [np.clip(g, -limit, limit).ravel() for g in grads],
        "reversed": lambda grads, limit: [np.clip(g, -limit, limit) for g in reversed(grads)],
        "half": lambda grads, limit: [np.clip(g, -limit / 2, limit / 2) for g in grads],
        "tanh": lambda grads, limit: [limit * np.tanh(g / limit) for g in grads],
        "nothing": lambda grads, limit: [g.copy() for g in grads],
        "generator": lambda grads, limit: (np.clip(g, -limit, limit) for g in grads),
        "list_in_place": lambda grads, limit: [
            grads.__setitem__(i, np.clip(g, -limit, limit)) or grads[i] for i, g in enumerate(list(grads))
        ],
    },
)


def _norm(grads):
    return sqrt(sum(float((g**2).sum()) for g in grads))


def _cg(scale, norm=_norm, back=None):
    def clip_by_global_norm(grads, max_norm):
        total = norm(grads)
        clipped = [g * scale(total, max_norm) for g in grads]
        return (clipped, total) if back is None else back(clipped, total)

    return clip_by_global_norm


def _cg_if(grads, max_norm):
    norm = np.sqrt(np.sum([np.sum(np.square(g)) for g in grads]))
    if norm > max_norm:
        return [g * (max_norm / norm) for g in grads], norm
    return [g.copy() for g in grads], norm


def _ratio(total, max_norm):
    return 1.0 if total <= max_norm else max_norm / total


each(
    right,
    "clip_by_global_norm",
    {
        "if": _cg_if,
        "min": _cg(lambda t, m: min(1.0, m / max(t, 1e-12))),
        "epsilon": _cg(lambda t, m: min(1.0, m / (t + 1e-6))),
        "flat": _cg(_ratio, lambda grads: np.linalg.norm(np.concatenate([np.ravel(g) for g in grads]))),
        "norms_of_norms": _cg(_ratio, lambda grads: np.linalg.norm([np.linalg.norm(g) for g in grads])),
        "zero_d": _cg(_ratio, lambda grads: np.array(_norm(grads))),
        "hypot": _cg(_ratio, lambda grads: math.hypot(*[float(np.linalg.norm(g)) for g in grads])),
        "dots": _cg(_ratio, lambda grads: sum(np.vdot(g, g) for g in grads) ** 0.5),
        "tuple": _cg(_ratio, back=lambda clipped, norm: (tuple(clipped), norm)),
        "same_list": lambda grads, max_norm: (
            (grads, _norm(grads)) if _norm(grads) <= max_norm else _cg_if(grads, max_norm)
        ),
        "maximum": _cg(lambda t, m: m / max(t, m)),
        "list_back": _cg(_ratio, back=lambda clipped, norm: [clipped, norm]),
        "loop": _cg(_ratio, lambda grads: sqrt(sum(v * v for g in grads for v in g.ravel().tolist()))),
    },
)
each(
    wrong,
    "clip_by_global_norm",
    {
        "per_array": lambda grads, max_norm: (
            [g * _ratio(np.linalg.norm(g), max_norm) for g in grads],
            _norm(grads),
        ),
        "scales_up": _cg(lambda t, m: m / t if t else 1.0),
        "nan_at_zero": _cg(lambda t, m: np.minimum(1, np.float64(m) / t) if t else np.nan),
        "no_root": _cg(_ratio, lambda grads: _norm(grads) ** 2),
        "root_of_scale": _cg(lambda t, m: min(1.0, sqrt(m / max(t, 1e-12)))),
        "sum_of_norms": _cg(_ratio, lambda grads: sum(np.linalg.norm(g) for g in grads)),
        "largest_norm": _cg(_ratio, lambda grads: max(np.linalg.norm(g) for g in grads)),
        "one_norm": _cg(_ratio, lambda grads: sum(np.abs(g).sum() for g in grads)),
        "spectral": _cg(_ratio, lambda grads: sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads))),
        "norm_after": _cg(_ratio, back=lambda clipped, norm: (clipped, _norm(clipped))),
        "mean_square": _cg(
            _ratio, lambda grads: sqrt(np.mean(np.concatenate([g.ravel() for g in grads]) ** 2))
        ),
        "value": lambda grads, max_norm: ([np.clip(g, -max_norm, max_norm) for g in grads], _norm(grads)),
        "value_if_large": lambda grads, max_norm: (
            [np.clip(g, -max_norm, max_norm) if _norm(grads) > max_norm else g for g in grads],
            _norm(grads),
        ),
        "swapped": _cg(_ratio, back=lambda clipped, norm: (norm, clipped)),
        "no_norm": _cg(_ratio, back=lambda clipped, norm: clipped),
        "in_place": lambda grads, max_norm: (
            lambda n: ([np.multiply(g, _ratio(n, max_norm), out=g) for g in grads], n)
        )(_norm(grads)),
        "list_in_place": lambda grads, max_norm: (
            lambda n: (
                [
                    grads.__setitem__(i, g * _ratio(n, max_norm)) or grads[i]
                    for i, g in enumerate(list(grads))
                ],
                n,
            )
        )(_norm(grads)),
        "unit": _cg(lambda t, m: 1.0 if t <= m else 1 / t),
        "one": _cg(lambda t, m: min(1.0, 1 / max(t, 1e-12))),
        "big_epsilon": _cg(lambda t, m: min(1.0, m / (t + 1e-2))),
        "first_only": lambda grads, max_norm: (
            [grads[0] * _ratio(_norm(grads), max_norm), *[g.copy() for g in grads[1:]]],
            _norm(grads),
        ),
        "norm_of_first": _cg(_ratio, lambda grads: _norm(grads[:1])),
        "float32": _cg(_ratio, back=lambda clipped, norm: ([g.astype(np.float32) for g in clipped], norm)),
        "int_norm": _cg(_ratio, back=lambda clipped, norm: (clipped, int(norm))),
        "norm_clipped": _cg(_ratio, back=lambda clipped, norm: (clipped, min(norm, 5.0))),
        "zero_norm_epsilon": _cg(_ratio, lambda grads: _norm(grads) + 1e-3),
    },
)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.right_cases, ids=names(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.wrong_cases, ids=names(audit.wrong_cases))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
