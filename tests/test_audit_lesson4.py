"""Lesson 4, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import re
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from functools import reduce
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from auditing import Audit, names
from scipy import ndimage

audit = Audit("04_regularization")


def right(exercise, **cases):
    """Register solutions of the exercise's first function that must keep every point."""
    for name, solution in cases.items():
        solution.__name__ = name
        audit.right(exercise)(solution)


def wrong(exercise, **cases):
    """Register solutions of the exercise's first function that must lose points."""
    for name, solution in cases.items():
        solution.__name__ = name
        audit.wrong(exercise)(solution)


# ---------------------------------------------------------------- penalties


def _bias(name):
    return name.startswith("b")


def _penalty(value, slope, loss_factor=None, grad_factor=None, bias=_bias, grad_bias=None):
    """A penalty Σ value(θ) with gradient slope(θ), with its factors and its idea of a bias replaceable."""
    loss_factor = loss_factor or (lambda lam, m, params: lam / (2 * m))
    grad_factor = grad_factor or (lambda lam, m, params: lam / (2 * m))
    grad_bias = grad_bias or bias

    def solution(params, lam, m):
        loss = loss_factor(lam, m, params) * sum(np.sum(value(t)) for k, t in params.items() if not bias(k))
        factor = grad_factor(lam, m, params)
        grads = {k: np.zeros_like(t) if grad_bias(k) else factor * slope(t) for k, t in params.items()}
        return loss, grads

    return solution


def _weights(params):
    return {k: t for k, t in params.items() if k[0] != "b"}


def _l2_loop(params, lam, m):
    total, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
            continue
        for v in theta.flat:
            total += v * v
        grads[name] = lam / m * theta
    return lam / (2 * m) * total, grads


def _l2_torch(params, lam, m):
    tensors = {k: torch.tensor(np.array(t), requires_grad=True) for k, t in params.items()}
    loss = sum(0.0 * t.sum() if _bias(k) else (t**2).sum() for k, t in tensors.items()) * (lam / (2 * m))
    loss.backward()
    return loss.item(), {k: t.grad.numpy() for k, t in tensors.items()}


def _l2_flat(params, lam, m):
    flat = np.concatenate([np.zeros(0), *(t.reshape(-1) for t in _weights(params).values())])
    grads = {k: np.broadcast_to(0.0, t.shape) for k, t in params.items()}
    return np.asarray(flat @ flat * lam / m / 2), grads | {
        k: t * (lam / m) for k, t in _weights(params).items()
    }


def _l2_in_place_on_a_copy(params, lam, m):
    grads = copy.deepcopy(params)
    loss = 0.0
    for name, g in grads.items():
        if re.match("b", name):
            g[...] = 0
        else:
            loss += float(np.linalg.norm(g)) ** 2
            g *= lam
            g /= m
    return loss * lam / (2.0 * m), grads


def _l2_recursive(params, lam, m):
    if not params:
        return 0.0, {}
    (name, theta), *rest = params.items()
    loss, grads = _l2_recursive(dict(rest), lam, m)
    on = 0.0 if name[:1] == "b" else 1.0
    return loss + on * lam * np.einsum("i,i->", theta.ravel(), theta.ravel()) / (2 * m), {
        name: on * lam * theta / m,
        **grads,
    }


def _l2_sorted(params, lam, m, prefix="b"):
    grads = OrderedDict()
    for name in sorted(params, reverse=True):
        grads[name] = params[name] * 0.0 if name.startswith(prefix) else params[name] * lam / m
    return 0.5 * lam / m * math.fsum(
        v * v for k, t in params.items() if not k.startswith(prefix) for v in t.flat
    ), grads


Penalty = namedtuple("Penalty", "loss grads")


def _l2_named(params, lam, m):
    biases = {k for k in params if k.startswith("b")}
    loss = reduce(lambda s, k: s + np.vdot(params[k], params[k]), params.keys() - biases, 0.0) * lam / (2 * m)
    return Penalty(np.float64(loss), {k: np.where(k in biases, 0.0, lam / m * t) for k, t in params.items()})


def _l2_class(params, lam, m):
    class L2:
        def __init__(self):
            self.scale = lam / m

        def cost(self, theta):
            return self.scale * np.square(theta).sum() / 2

        def slope(self, theta):
            return self.scale * theta

    rule = L2()
    return (
        sum(rule.cost(t) for t in _weights(params).values()),
        {k: (np.zeros(t.shape, t.dtype) if _bias(k) else rule.slope(t)) for k, t in params.items()},
    )


right(
    "l2_penalty",
    l2_comprehension=_penalty(np.square, lambda t: 2 * t),
    l2_loop=_l2_loop,
    l2_torch=_l2_torch,
    l2_flat=_l2_flat,
    l2_in_place_on_a_copy=_l2_in_place_on_a_copy,
    l2_recursive=_l2_recursive,
    l2_sorted=_l2_sorted,
    l2_named=_l2_named,
    l2_class=_l2_class,
)


def _wrong_penalties(value, slope):
    """Mistakes that any of the penalties may make."""
    ok = _penalty(value, slope)
    seen = {}

    def cached(params, lam, m):
        return seen.setdefault("answer", ok(params, lam, m))

    def accumulating(params, lam, m, total=[0.0]):  # noqa: B006 - the mistake
        total[0] += ok(params, lam, m)[0]
        return total[0], ok(params, lam, m)[1]

    def in_place(params, lam, m):
        loss, grads = ok(params, lam, m)
        for k, t in params.items():
            t[...] = grads[k]
        return loss, params

    def decays(params, lam, m):
        loss, grads = ok(params, lam, m)
        for k in params:
            params[k] -= grads[k]
        return loss, grads

    def fills(params, lam, m):
        loss, grads = ok(params, lam, m)
        params.update(grads)
        return loss, grads

    def numbered(params, lam, m):
        loss = lam / (2 * m) * sum(np.sum(value(params[k])) for k in ("W1", "W2"))
        return loss, ok(params, lam, m)[1]

    def last_layer(params, lam, m):
        for k, t in params.items():
            if not _bias(k):
                loss = lam / (2 * m) * np.sum(value(t))
        return loss, ok(params, lam, m)[1]

    def first_layer(params, lam, m):
        kept = next(k for k in params if not _bias(k))
        loss, grads = ok({kept: params[kept]}, lam, m)
        return loss, {k: np.zeros_like(t) for k, t in params.items()} | grads

    def scalar_zeros(params, lam, m):
        loss, grads = ok(params, lam, m)
        return loss, {k: 0.0 if _bias(k) else g for k, g in grads.items()}

    return {
        "bias_too": _penalty(value, slope, bias=lambda k: False),
        "bias_in_loss": _penalty(value, slope, bias=lambda k: False, grad_bias=_bias),
        "bias_in_gradient": _penalty(value, slope, grad_bias=lambda k: False),
        "contains_b": _penalty(value, slope, bias=lambda k: "b" in k),
        "ends_in_b": _penalty(value, slope, bias=lambda k: k.endswith("b")),
        "only_b_and_digits": _penalty(value, slope, bias=lambda k: re.fullmatch(r"b\d*", k)),
        "bias_spelled_out": _penalty(value, slope, bias=lambda k: k.startswith("bias")),
        "only_W_is_a_weight": _penalty(value, slope, bias=lambda k: not k.startswith("W")),
        "numbered": numbered,
        "last_layer": last_layer,
        "first_layer": first_layer,
        "loss_lam_over_m": _penalty(value, slope, lambda lam, m, p: lam / m),
        "loss_half_lam": _penalty(value, slope, lambda lam, m, p: lam / 2),
        "precedence": _penalty(value, slope, lambda lam, m, p: lam / 2 * m),
        "no_lam": _penalty(value, slope, lambda lam, m, p: 1 / (2 * m), lambda lam, m, p: 1 / (2 * m)),
        "lam_squared": _penalty(value, slope, lambda lam, m, p: lam**2 / (2 * m)),
        "no_m": _penalty(value, slope, lambda lam, m, p: lam / 2, lambda lam, m, p: lam / 2),
        "m_is_layers": _penalty(
            value, slope, lambda lam, m, p: lam / (2 * len(p)), lambda lam, m, p: lam / (2 * len(p))
        ),
        "floor_division": _penalty(value, slope, lambda lam, m, p: lam // (2 * m)),
        "gradient_doubled": _penalty(value, slope, None, lambda lam, m, p: lam / m),
        "gradient_halved": _penalty(value, slope, None, lambda lam, m, p: lam / (4 * m)),
        "gradient_sign": _penalty(value, slope, None, lambda lam, m, p: -lam / (2 * m)),
        "gradient_without_m": _penalty(value, slope, None, lambda lam, m, p: lam / 2),
        "gradient_without_lam": _penalty(value, slope, None, lambda lam, m, p: 1 / (2 * m)),
        "mean_for_sum": _penalty(lambda t: np.mean(value(t)), slope),
        "sum_squared": _penalty(lambda t: np.sum(value(t)) ** 2, slope),
        "norm_not_squared": _penalty(lambda t: np.sqrt(np.sum(value(t))), slope),
        "transposed": _penalty(value, lambda t: slope(t).T),
        "gradient_flat": _penalty(value, lambda t: slope(t).ravel()),
        "gradient_float32": _penalty(value, lambda t: slope(t).astype(np.float32)),
        "gradient_summed": _penalty(value, lambda t: np.sum(slope(t)) * np.ones_like(t)),
        "cached": cached,
        "accumulating": accumulating,
        "in_place": in_place,
        "decays": decays,
        "fills": fills,
        "scalar_zeros": scalar_zeros,
        "no_bias_keys": lambda params, lam, m: (ok(params, lam, m)[0], ok(_weights(params), lam, m)[1]),
        "no_gradient": lambda params, lam, m: ok(params, lam, m)[0],
        "swapped": lambda params, lam, m: ok(params, lam, m)[::-1],
        "list_of_gradients": lambda params, lam, m: (
            ok(params, lam, m)[0],
            list(ok(params, lam, m)[1].values()),
        ),
        "loss_by_layer": lambda params, lam, m: (
            {k: lam / (2 * m) * np.sum(value(t)) for k, t in _weights(params).items()},
            ok(params, lam, m)[1],
        ),
        "loss_rounded": lambda params, lam, m: (
            round(float(ok(params, lam, m)[0]), 4),
            ok(params, lam, m)[1],
        ),
        "loss_whole": lambda params, lam, m: (int(ok(params, lam, m)[0]), ok(params, lam, m)[1]),
        "loss_negative": lambda params, lam, m: (-ok(params, lam, m)[0], ok(params, lam, m)[1]),
        "gradient_without_bias_shape": lambda params, lam, m: (
            ok(params, lam, m)[0],
            {k: np.zeros(1) if _bias(k) else g for k, g in ok(params, lam, m)[1].items()},
        ),
        "m_minus_one": lambda params, lam, m: ok(params, lam, max(m - 1, 1)),
        "lam_capped": lambda params, lam, m: ok(params, min(lam, 1.0), m),
        "rows_only": _penalty(lambda t: value(t[0]), slope),
        "flattened_matrices_only": _penalty(
            lambda t: value(t) if t.ndim == 2 else 0.0, lambda t: slope(t) * (t.ndim == 2)
        ),
    }


wrong(
    "l2_penalty",
    **_wrong_penalties(np.square, lambda t: 2 * t),
    absolute=_penalty(np.abs, np.sign),
    spectral=_penalty(lambda t: np.linalg.norm(t, 2) ** 2, lambda t: 2 * t),
    cubed=_penalty(lambda t: np.abs(t) ** 3, lambda t: 3 * t**2 * np.sign(t)),
    gradient_is_square=_penalty(np.square, np.square),
    gradient_is_sign=_penalty(np.square, np.sign),
    gradient_of_absolute=_penalty(np.square, lambda t: 2 * np.abs(t)),
    by_dimension=lambda params, lam, m: (
        lam / (2 * m) * sum(np.sum(t**2) for t in params.values() if t.ndim > 1),
        {k: t * (lam / m) if t.ndim > 1 else np.zeros_like(t) for k, t in params.items()},
    ),
    square_first_layer=_penalty(
        lambda t: (t @ t.T).trace() if t.ndim == 2 else np.sum(t) ** 2, lambda t: 2 * t
    ),
)


def _l1_loop(params, lam, m):
    total, grads = 0.0, {}
    for name, theta in params.items():
        g = np.zeros(theta.shape)
        if name[0] != "b":
            for i in np.ndindex(theta.shape):
                total += abs(theta[i])
                g[i] = (lam / (2 * m)) * ((theta[i] > 0) - (theta[i] < 0) * 1.0)
        grads[name] = g
    return total * lam / 2 / m, grads


def _l1_torch(params, lam, m):
    tensors = {k: torch.tensor(np.array(t), requires_grad=True) for k, t in params.items()}
    loss = sum((t.abs() * (not _bias(k))).sum() for k, t in tensors.items()) * (lam / (2 * m))
    loss.backward()
    return float(loss), {k: t.grad.numpy() for k, t in tensors.items()}


def _l1_matmul(params, lam, m):
    slopes = {k: (np.sign(t) if not k.startswith("b") else t * 0) for k, t in params.items()}
    loss = sum((slopes[k] * params[k]).sum() for k in params)
    return np.array(loss) * lam / (2 * m), {k: lam / (2 * m) * s for k, s in slopes.items()}


def _l1_in_place_on_a_copy(params, lam, m):
    grads = {k: t.copy() for k, t in params.items()}
    for k, g in grads.items():
        g[g > 0], g[g < 0] = lam / 2 / m, -lam / 2 / m
        g *= 1 - k.startswith("b")
    return lam / (2 * m) * sum(np.linalg.norm(t.ravel(), 1) for t in _weights(params).values()), grads


right(
    "l1_penalty",
    l1_comprehension=_penalty(np.abs, np.sign),
    l1_loop=_l1_loop,
    l1_torch=_l1_torch,
    l1_matmul=_l1_matmul,
    l1_in_place_on_a_copy=_l1_in_place_on_a_copy,
    slope_one_at_zero=_penalty(np.abs, lambda t: np.where(t >= 0, 1.0, -1.0)),
    slope_minus_one_at_zero=_penalty(np.abs, lambda t: np.where(t > 0, 1, -1)),
    slope_half_at_zero=_penalty(np.abs, lambda t: 2 * np.heaviside(t, 0.75) - 1),
    copysign=_penalty(np.fabs, lambda t: np.copysign(1.0, t)),
    guarded_ratio=_penalty(lambda t: np.maximum(t, -t), lambda t: t / np.where(t == 0, 1.0, np.abs(t))),
    root_of_square=_penalty(lambda t: np.sqrt(t**2), lambda t: (t > 0) * 1.0 - (t < 0)),
)
wrong(
    "l1_penalty",
    **_wrong_penalties(np.abs, np.sign),
    squares=_penalty(np.square, lambda t: 2 * t),
    square_gradient=_penalty(np.abs, lambda t: 2 * t),
    no_absolute=_penalty(lambda t: t, np.sign),
    absolute_of_sum=_penalty(lambda t: np.abs(np.sum(t)), np.sign),
    nan_at_zero=_penalty(np.abs, lambda t: t / np.abs(t)),
    two_at_zero=_penalty(np.abs, lambda t: np.where(t == 0, 2.0, np.sign(t))),
    gradient_one=_penalty(np.abs, np.ones_like),
    gradient_absolute=_penalty(np.abs, np.abs),
    huber=_penalty(np.abs, lambda t: np.clip(t, -1, 1)),
    soft=_penalty(np.abs, lambda t: np.tanh(10 * t)),
    thresholded=_penalty(np.abs, lambda t: np.sign(t) * (np.abs(t) > 0.05)),
    step_function=_penalty(np.abs, lambda t: (t > 0).astype(float)),
    column_norm=_penalty(lambda t: np.linalg.norm(t, 1), np.sign),
    epsilon=_penalty(lambda t: np.sqrt(t**2 + 1e-2), np.sign),
    sign_of_the_layer=_penalty(np.abs, lambda t: np.sign(t.sum()) * np.ones_like(t)),
)


def _elastic(value, slope, **how):
    """The penalty with β: value(θ, β), slope(θ, β)."""

    def solution(params, lam, beta, m):
        return _penalty(lambda t: value(t, beta), lambda t: slope(t, beta), **how)(params, lam, m)

    return solution


def _net(t, beta):
    return beta * t**2 + np.abs(t)


def _net_slope(t, beta):
    return 2 * beta * t + np.sign(t)


def _elastic_sum(params, lam, beta, m):
    square, absolute = _l2_loop(params, lam, m), _l1_loop(params, lam, m)
    return beta * square[0] + absolute[0], {k: beta * square[1][k] + absolute[1][k] for k in params}


def _elastic_torch(params, lam, beta, m):
    tensors = {k: torch.tensor(np.array(t), requires_grad=True) for k, t in params.items()}
    loss = sum(((beta * t * t + t.abs()) * (not _bias(k))).sum() for k, t in tensors.items()) * (
        lam / (2 * m)
    )
    loss.backward()
    return float(loss), {k: t.grad.numpy() for k, t in tensors.items()}


def _elastic_scaled_lam(params, lam, beta, m):
    square, grads = _l2_class(params, lam * beta, m)
    absolute, more = _l1_matmul(params, lam, m)
    for k, g in more.items():
        grads[k] = grads[k] + g
    return square + absolute, grads


def _elastic_loop(params, lam, beta, m):
    loss, grads = 0.0, {}
    for k, theta in params.items():
        if k.startswith("b"):
            grads[k] = np.zeros(np.shape(theta))
        else:
            flat = [float(v) for v in np.ravel(theta)]
            loss += sum(beta * v**2 + abs(v) for v in flat)
            slope = [lam * (2 * beta * v + (1 if v > 0 else -1)) / (2 * m) for v in flat]
            grads[k] = np.array(slope).reshape(theta.shape)
    return lam * loss / (2 * m), grads


right(
    "elastic_net_penalty",
    en_comprehension=_elastic(_net, _net_slope),
    en_sum=_elastic_sum,
    en_torch=_elastic_torch,
    en_scaled_lam=_elastic_scaled_lam,
    en_loop=_elastic_loop,
    en_factored=_elastic(
        lambda t, beta: np.abs(t) * (beta * np.abs(t) + 1),
        lambda t, beta: (2 * beta * np.abs(t) + 1) * np.sign(t),
    ),
    en_one_at_zero=_elastic(_net, lambda t, beta: 2 * beta * t + np.where(t < 0, -1, 1)),
)


def _with_beta(case):
    """A mistake of the plain penalties, made in the elastic net."""
    return lambda params, lam, beta, m: _wrong_penalties(
        lambda t: _net(t, beta), lambda t: _net_slope(t, beta)
    )[case](params, lam, m)


wrong(
    "elastic_net_penalty",
    **{k: _with_beta(k) for k in _wrong_penalties(np.abs, np.sign) if k not in ("cached", "accumulating")},
    beta_on_absolute=_elastic(lambda t, b: t**2 + b * np.abs(t), lambda t, b: 2 * t + b * np.sign(t)),
    beta_on_both=_elastic(lambda t, b: b * (t**2 + np.abs(t)), lambda t, b: b * (2 * t + np.sign(t))),
    beta_ignored=_elastic(lambda t, b: _net(t, 1), lambda t, b: _net_slope(t, 1)),
    beta_ignored_in_gradient=_elastic(_net, lambda t, b: _net_slope(t, 1)),
    beta_squared=_elastic(lambda t, b: (b * t) ** 2 + np.abs(t), lambda t, b: 2 * b**2 * t + np.sign(t)),
    mixture=_elastic(
        lambda t, b: b * t**2 + (1 - b) * np.abs(t), lambda t, b: 2 * b * t + (1 - b) * np.sign(t)
    ),
    half_square=_elastic(lambda t, b: b * t**2 / 2 + np.abs(t), lambda t, b: b * t + np.sign(t)),
    two_does_not_cancel=_elastic(_net, lambda t, b: 4 * b * t + np.sign(t)),
    square_not_doubled=_elastic(_net, lambda t, b: b * t + np.sign(t)),
    no_absolute=_elastic(lambda t, b: b * t**2, lambda t, b: 2 * b * t),
    absolute_outside=lambda params, lam, beta, m: (
        lam / (2 * m) * sum(beta * np.sum(t**2) for t in _weights(params).values())
        + sum(np.sum(np.abs(t)) for t in _weights(params).values()),
        _elastic(_net, _net_slope)(params, lam, beta, m)[1],
    ),
    beta_outside=lambda params, lam, beta, m: (
        beta * sum(np.sum(t**2) for t in _weights(params).values())
        + lam / (2 * m) * sum(np.sum(np.abs(t)) for t in _weights(params).values()),
        _elastic(_net, _net_slope)(params, lam, beta, m)[1],
    ),
    beta_swapped_with_m=lambda params, lam, m, beta: _elastic(_net, _net_slope)(params, lam, beta, m),
    lam_swapped_with_beta=lambda params, beta, lam, m: _elastic(_net, _net_slope)(params, lam, beta, m),
    nan_at_zero=_elastic(_net, lambda t, b: 2 * b * t + t / np.abs(t)),
    beta_at_most_one=_elastic(lambda t, b: _net(t, min(b, 1.0)), lambda t, b: _net_slope(t, min(b, 1.0))),
    beta_zero_is_one=_elastic(lambda t, b: _net(t, b or 1.0), lambda t, b: _net_slope(t, b or 1.0)),
    gradient_lacks_square=_elastic(_net, lambda t, b: np.sign(t)),
    gradient_lacks_absolute=_elastic(_net, lambda t, b: 2 * b * t),
)


# ---------------------------------------------------------------- early stopping


class _Stopper:
    """The plain solution, taken apart so that a subclass can replace one of its parts."""

    start = math.inf
    first_step = 0

    def __init__(self, patience):
        self.patience = patience
        self.best_error, self.best_step, self.best_params = self.start, None, None
        self.step, self.waited = self.first_step, 0

    def better(self, val_error):
        return val_error < self.best_error

    def kept(self, params):
        return {k: v.copy() for k, v in params.items()}

    def save(self, val_error, params):
        self.best_error, self.best_step, self.best_params = val_error, self.step, self.kept(params)

    def worse(self, val_error, params):
        self.waited += 1

    def stops(self):
        return self.waited >= self.patience

    def update(self, val_error, params):
        if self.better(val_error):
            self.save(val_error, params)
            self.waited = 0
        else:
            self.worse(val_error, params)
        self.step += 1
        return self.stops()


def _stopper(**parts):
    """A class like `_Stopper` with these parts."""
    return type("EarlyStopping", (_Stopper,), parts)


@dataclass
class _DataclassStopper:
    patience: int
    best_error: float = float("inf")
    best_step: int = -1
    best_params: dict = field(default_factory=dict)
    history: list = field(default_factory=list)

    def update(self, val_error, params):
        self.history.append(float(val_error))
        if val_error < self.best_error:
            self.best_error = float(val_error)
            self.best_step = len(self.history) - 1
            self.best_params = copy.deepcopy(params)
        return len(self.history) - 1 - self.best_step >= self.patience


class _NoneStopper:
    __slots__ = ("_bad", "_n", "_patience", "best_error", "best_params", "best_step")

    def __init__(self, patience, verbose=False):
        self._patience, self._bad, self._n = int(patience), 0, -1
        self.best_error = self.best_step = self.best_params = None

    def update(self, val_error, params):
        self._n += 1
        if not np.isnan(val_error) and (self.best_error is None or self.best_error > val_error):
            self.best_error, self.best_step = np.float64(val_error), np.int64(self._n)
            self.best_params = OrderedDict((k, np.array(v)) for k, v in params.items())
            self._bad = 0
            return False
        self._bad += 1
        return not self._bad < self._patience


class _HistoryStopper:
    """Everything derived from the list of all looks."""

    def __init__(self, patience):
        self.patience, self.looks = patience, []

    def _best(self):
        good = [(e, i) for i, (e, _) in enumerate(self.looks) if e == e]
        return min(good) if good else (math.inf, -1)

    best_error = property(lambda self: self._best()[0])
    best_step = property(lambda self: self._best()[1])

    @property
    def best_params(self):
        return None if self.best_step < 0 else {k: v.copy() for k, v in self.looks[self.best_step][1].items()}

    def update(self, val_error, params):
        self.looks.append((val_error, copy.deepcopy(params)))
        return len(self.looks) - 1 - self.best_step >= self.patience


class _BufferStopper:
    """Copies into arrays of its own, and counts patience down."""

    def __init__(self, patience):
        self.patience = self.left = patience
        self.best_error, self.best_step, self.best_params = np.inf, 0, {}
        self.clock = itertools.count()

    def update(self, val_error, params):
        now = next(self.clock)
        self.left -= 1
        if val_error < self.best_error:
            self.best_error, self.best_step, self.left = val_error, now, self.patience
            for k, v in params.items():
                np.copyto(self.best_params.setdefault(k, np.empty_like(v)), v)
        return np.bool_(self.left <= 0)


class _ClosureStopper:
    """State in a namespace, the work in a nested function."""

    def __init__(self, patience):
        state = SimpleNamespace(step=0, waited=0)

        def update(val_error, params):
            if np.less(val_error, self.best_error):
                self.best_error, self.best_step = val_error, state.step
                self.best_params = pickle.loads(pickle.dumps(params))
                state.waited = 0
            else:
                state.waited = state.waited + 1
            state.step += 1
            return bool(state.waited >= patience)

        self.best_error, self.best_step, self.best_params = float("inf"), -1, dict()
        self.update = update


right(
    "EarlyStopping",
    es_plain=_stopper(),
    es_deepcopy=_stopper(kept=lambda self, params: copy.deepcopy(params)),
    es_add_zero=_stopper(kept=lambda self, params: {k: v + 0.0 for k, v in params.items()}),
    es_big_start=_stopper(start=np.finfo(float).max),
    es_dataclass=_DataclassStopper,
    es_none=_NoneStopper,
    es_history=_HistoryStopper,
    es_buffer=_BufferStopper,
    es_closure=_ClosureStopper,
    # what comes after the answer True is left open
    es_stays_stopped=_stopper(
        stops=lambda self: (
            self.__dict__.setdefault("done", self.waited >= self.patience)
            if self.waited >= self.patience
            else "done" in self.__dict__
        )
    ),
)


class _Shared(_Stopper):
    state = {}  # noqa: RUF012 - the mistake

    def __init__(self, patience):
        self.patience = patience
        for k, v in {
            "best_error": math.inf,
            "best_step": None,
            "best_params": None,
            "step": 0,
            "waited": 0,
        }.items():
            self.state.setdefault(k, v)

    def __getattr__(self, name):
        return self.state[name]

    def __setattr__(self, name, value):
        if name == "patience":
            object.__setattr__(self, name, value)
        else:
            self.state[name] = value


class _SharedParams(_Stopper):
    store = {}  # noqa: RUF012 - the mistake

    def kept(self, params):
        for k, v in params.items():
            self.store[k] = v.copy()
        return self.store


def _previous(self, val_error):
    last, self.last = self.__dict__.get("last", math.inf), val_error
    return val_error < last


def _restores(self):
    if self.waited < self.patience:
        return False
    for k, v in self.current.items() if self.best_params else ():
        v[...] = self.best_params[k]
    return True


def _restoring_update(self, val_error, params):
    self.current = params
    return _Stopper.update(self, val_error, params)


def _save_last(self, val_error, params):
    self.best_params = self.kept(params)
    return _Stopper.update(self, val_error, params)


def _save_once(self, val_error, params):
    self.best_error, self.best_step = val_error, self.step
    if self.best_params is None:
        self.best_params = self.kept(params)


def _nan_else(self, val_error, params):
    if val_error >= self.best_error:
        self.waited += 1
    else:
        self.save(val_error, params)
        self.waited = 0
    self.step += 1
    return self.waited >= self.patience


def _nan_skipped(self, val_error, params):
    if np.isnan(val_error):
        return False
    return _Stopper.update(self, val_error, params)


def _nan_not_waited(self, val_error, params):
    if np.isnan(val_error):
        self.step += 1
        return False
    return _Stopper.update(self, val_error, params)


def _nan_stops(self, val_error, params):
    return _Stopper.update(self, val_error, params) or bool(np.isnan(val_error))


def _min_with_nan(self, val_error, params):
    improved = val_error < self.best_error
    self.best_error = np.minimum(self.best_error, val_error)
    if improved:
        self.best_step, self.best_params, self.waited = self.step, self.kept(params), 0
    else:
        self.waited += 1
    self.step += 1
    return self.waited >= self.patience


def _equal_resets(self, val_error, params):
    self.waited = 0 if val_error == self.best_error else self.waited + 1


def _equal_moves_step(self, val_error, params):
    self.waited += 1
    if val_error == self.best_error:
        self.best_step = self.step


def _step_only_when_better(self, val_error, params):
    stop = _Stopper.update(self, val_error, params)
    self.step = (self.best_step if self.best_step is not None else -1) + 1
    return stop


def _one_too_old(self, val_error, params):
    before = self.__dict__.get("before", self.kept(params))
    self.before = self.kept(params)
    if self.better(val_error):
        self.save(val_error, before)
        self.waited = 0
    else:
        self.waited += 1
    self.step += 1
    return self.waited >= self.patience


def _never_reset(self, val_error, params):
    if self.better(val_error):
        self.save(val_error, params)
    else:
        self.waited += 1
    self.step += 1
    return self.waited >= self.patience


def _stop_before_counting(self, val_error, params):
    stop = self.stops()
    _Stopper.update(self, val_error, params)
    return stop


def _halves_counter(self, val_error, params):
    waited = self.waited
    stop = _Stopper.update(self, val_error, params)
    if self.waited == 0:
        self.waited = max(waited - 1, 0)
    return stop


wrong(
    "EarlyStopping",
    es_equal_is_better=_stopper(better=lambda self, e: e <= self.best_error),
    es_greater_is_better=_stopper(start=-math.inf, better=lambda self, e: e > self.best_error),
    es_min_delta=_stopper(better=lambda self, e: e < self.best_error - 1e-3),
    es_relative_delta=_stopper(better=lambda self, e: e < self.best_error * (1 - 1e-2)),
    es_previous=_stopper(better=_previous),
    es_zero_is_missing=_stopper(start=0, better=lambda self, e: not self.best_error or e < self.best_error),
    es_zero_is_not_saved=_stopper(better=lambda self, e: bool(e) and e < self.best_error),
    es_starts_at_one=_stopper(start=1.0),
    es_starts_at_thousand=_stopper(start=100.0),
    es_nan_first=_stopper(start=None, better=lambda self, e: self.best_error is None or e < self.best_error),
    es_nan_else=_stopper(update=_nan_else),
    es_nan_is_zero=_stopper(better=lambda self, e: np.nan_to_num(e) < self.best_error),
    es_nan_skipped=_stopper(update=_nan_skipped),
    es_nan_not_waited=_stopper(update=_nan_not_waited),
    es_nan_stops=_stopper(update=_nan_stops),
    es_nan_poisons=_stopper(update=_min_with_nan),
    es_patience_late=_stopper(stops=lambda self: self.waited > self.patience),
    es_patience_early=_stopper(stops=lambda self: self.waited >= self.patience - 1),
    es_stop_before_counting=_stopper(update=_stop_before_counting),
    es_patience_ignored=_stopper(stops=lambda self: self.waited >= 2),
    es_first_worse_stops=_stopper(stops=lambda self: self.waited >= 1),
    es_never_reset=_stopper(update=_never_reset),
    es_counter_halved=_stopper(update=_halves_counter),
    es_never_stops=_stopper(stops=lambda self: False),
    es_returns_none=_stopper(stops=lambda self: None),
    es_returns_go_on=_stopper(stops=lambda self: self.waited < self.patience),
    es_alias=_stopper(kept=lambda self, params: params),
    es_shallow=_stopper(kept=lambda self, params: dict(params)),
    es_asarray=_stopper(kept=lambda self, params: {k: np.asarray(v) for k, v in params.items()}),
    es_views=_stopper(kept=lambda self, params: {k: v[...] for k, v in params.items()}),
    es_weights_only=_stopper(
        kept=lambda self, params: {k: v.copy() for k, v in params.items() if k[0] != "b"}
    ),
    es_bias_aliased=_stopper(
        kept=lambda self, params: {k: v if k[0] == "b" else v.copy() for k, v in params.items()}
    ),
    es_list_of_arrays=_stopper(kept=lambda self, params: [v.copy() for v in params.values()]),
    es_rounded=_stopper(kept=lambda self, params: {k: np.round(v, 3) for k, v in params.items()}),
    es_half_precision=_stopper(
        kept=lambda self, params: {k: v.astype(np.float16) for k, v in params.items()}
    ),
    es_last_params=_stopper(update=_save_last, save=lambda self, e, p: _Stopper.save(self, e, p)),
    es_first_params=_stopper(save=_save_once),
    es_one_too_old=_stopper(update=_one_too_old),
    es_no_params=_stopper(kept=lambda self, params: None),
    es_steps_from_one=_stopper(first_step=1),
    es_step_of_bests=_stopper(update=_step_only_when_better),
    es_equal_resets=_stopper(worse=_equal_resets),
    es_equal_moves_step=_stopper(worse=_equal_moves_step),
    es_shared_by_all=_Shared,
    es_shared_params=_SharedParams,
    es_restores_in_place=_stopper(update=_restoring_update, stops=_restores),
    es_rounded_errors=_stopper(better=lambda self, e: round(float(e), 2) < self.best_error),
)


# ---------------------------------------------------------------- dropout


def _keep_by_value(x, p, rng):
    return np.array([[rng.random() >= p for _ in row] for row in x])


def _keep_by_rows(x, p, rng):
    keep = np.empty(x.shape, dtype=bool)
    for i in range(len(x)):
        keep[i] = rng.random(x.shape[1]) > p
    return keep


def _keep_by_gaps(x, p, rng):
    """Where the next dropped value lies is geometric."""
    keep, place = np.ones(x.size, dtype=bool), -1
    while p > 0 and (place := place + int(rng.geometric(p))) < x.size:
        keep[place] = False
    return keep.reshape(x.shape)


def _keep_torch(x, p, rng):
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    return torch.bernoulli(torch.full(x.shape, 1.0 - p), generator=generator).numpy()


def _keep_normal(x, p, rng):
    draws = rng.standard_normal(x.shape)
    return np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)), otypes=[float])(draws) >= p


KEEPS = {
    "uniform": lambda x, p, rng: rng.random(x.shape) >= p,
    "uniform_above": lambda x, p, rng: rng.uniform(size=x.shape) > p,
    "uniform_below": lambda x, p, rng: rng.uniform(0, 1, x.shape) < 1 - p,
    "binomial": lambda x, p, rng: rng.binomial(1, 1 - p, size=x.shape),
    "choice": lambda x, p, rng: rng.choice([0.0, 1.0], size=x.shape, p=[p, 1 - p]),
    "choice_of_bools": lambda x, p, rng: rng.choice((True, False), x.shape, p=(1 - p, p)),
    "one_by_one": _keep_by_value,
    "by_rows": _keep_by_rows,
    "transposed": lambda x, p, rng: (rng.random(x.shape[::-1]) >= p).T,
    "gaps": _keep_by_gaps,
    "torch": _keep_torch,
    "normal": _keep_normal,
    "float32_draws": lambda x, p, rng: rng.random(x.shape, dtype=np.float32) >= p,
    "child": lambda x, p, rng: np.random.default_rng(rng.integers(0, 2**63, 4)).random(x.shape) >= p,
}


def _forward(keep, out=None, mask=None, idle=None):
    """A dropout_forward: keep(x, p, rng) → 0/1; out(x, keep, p); mask(keep, p, x); idle(x, p, rng) in evaluation."""
    out = out or (lambda x, k, p: x * k / (1 - p))
    mask = mask or (lambda k, p, x: k / (1 - p))
    idle = idle or (lambda x, p, rng: (x, None))

    def dropout_forward(x, p, rng, training=True):
        if not training:
            return idle(x, p, rng)
        kept = keep(x, p, rng)
        return out(x, kept, p), mask(kept, p, x)

    return dropout_forward


@dataclass
class _Mask:
    keep: np.ndarray
    scale: float

    def apply(self, a):
        return np.where(self.keep, a * self.scale, 0.0)


class _TaggedMask(np.ndarray):
    """An array that remembers its p."""


def _tagged(k, p, x):
    mask = np.array(k, dtype=float).view(_TaggedMask)
    mask.p = p
    return mask


def _drawn_in_evaluation(x, p, rng, training=True):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return np.where(training, x * mask, x), mask


def _filled_copy(x, p, rng, training=True, value=0.0):
    out, mask = x.copy(), np.ones_like(x)
    if training:
        dropped = rng.random(size=x.shape) < p
        out[dropped] = mask[dropped] = value
        mask[~dropped] /= 1 - p
        out /= 1 - p
    return out, mask


UNIFORM = KEEPS["uniform"]
right(
    "dropout_forward",
    **{f"df_{name}": _forward(keep) for name, keep in KEEPS.items()},
    df_where=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), 0)),
    df_bool_mask=_forward(UNIFORM, mask=lambda k, p, x: k),
    df_float_mask=_forward(UNIFORM, mask=lambda k, p, x: k.astype(float)),
    df_pair=_forward(UNIFORM, mask=lambda k, p, x: (k, p)),
    df_dict=_forward(UNIFORM, mask=lambda k, p, x: {"keep": k, "p": p}),
    df_object=_forward(UNIFORM, mask=lambda k, p, x: _Mask(k, 1 / (1 - p))),
    df_closure=_forward(UNIFORM, mask=lambda k, p, x: lambda dout: dout * k / (1 - p)),
    df_places=_forward(UNIFORM, mask=lambda k, p, x: (np.flatnonzero(~k), p)),
    df_tagged=_forward(UNIFORM, mask=_tagged),
    df_idle_copy=_forward(UNIFORM, idle=lambda x, p, rng: (x.copy(), np.ones_like(x))),
    df_idle_ones=_forward(UNIFORM, idle=lambda x, p, rng: (x * 1.0, 1.0)),
    df_drawn_in_evaluation=_drawn_in_evaluation,
    df_filled_copy=_filled_copy,
)


def _in_place(x, p, rng, training=True):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    if training:
        x *= mask
    return x, mask


def _exact_count(x, p, rng):
    keep = np.ones(x.size, dtype=bool)
    keep[rng.permutation(x.size)[: round(p * x.size)]] = False
    return keep.reshape(x.shape)


def _exact_in_rows(x, p, rng):
    return np.argsort(rng.random(x.shape), axis=1) >= round(p * x.shape[1])


_MEMORY = {}


def _mask_of_outputs(x, p, rng, training=True):
    out, mask = _forward(UNIFORM)(x, p, rng, training)
    return out, (out != 0) / (1 - p) if training else mask


wrong(
    "dropout_forward",
    df_mask_of_outputs=_mask_of_outputs,
    df_swapped=_forward(lambda x, p, rng: rng.random(x.shape) < p),
    df_swapped_and_scaled=_forward(
        lambda x, p, rng: rng.random(x.shape) < p, lambda x, k, p: x * k / p, lambda k, p, x: k / p
    ),
    df_no_scaling=_forward(UNIFORM, lambda x, k, p: x * k),
    df_scaled_by_p=_forward(UNIFORM, lambda x, k, p: x * k / p if p else x),
    df_multiplied=_forward(UNIFORM, lambda x, k, p: x * k * (1 - p)),
    df_doubled=_forward(UNIFORM, lambda x, k, p: x * k * 2.0),
    df_scaled_twice=_forward(UNIFORM, lambda x, k, p: x * k / (1 - p) ** 2),
    df_scaled_by_share=_forward(UNIFORM, lambda x, k, p: x * k / max(np.mean(k), 1e-9)),
    df_all_scaled=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), x)),
    df_kept_unscaled_where_negative=_forward(UNIFORM, lambda x, k, p: np.where(x > 0, x / (1 - p), x) * k),
    df_paper=_forward(UNIFORM, lambda x, k, p: x * k, idle=lambda x, p, rng: (x * (1 - p), None)),
    df_idle_scaled=_forward(UNIFORM, idle=lambda x, p, rng: (x / (1 - p), None)),
    df_idle_multiplied=_forward(UNIFORM, idle=lambda x, p, rng: (x * (1 - p), None)),
    df_idle_zero=_forward(UNIFORM, idle=lambda x, p, rng: (np.zeros_like(x), None)),
    df_always_active=lambda x, p, rng, training=True: _forward(UNIFORM)(x, p, rng),
    df_training_reversed=lambda x, p, rng, training=True: _forward(UNIFORM)(x, p, rng, not training),
    df_default_off=lambda x, p, rng, training=False: _forward(UNIFORM)(x, p, rng, training),
    df_mask_for_the_batch=_forward(lambda x, p, rng: np.tile(rng.random(x.shape[1]) >= p, (len(x), 1))),
    df_whole_rows=_forward(lambda x, p, rng: np.repeat(rng.random((len(x), 1)) >= p, x.shape[1], axis=1)),
    df_all_or_nothing=_forward(lambda x, p, rng: np.full(x.shape, rng.random() >= p)),
    df_pairs_of_columns=_forward(
        lambda x, p, rng: np.repeat(rng.random((len(x), -(-x.shape[1] // 2))) >= p, 2, axis=1)[
            :, : x.shape[1]
        ]
    ),
    df_first_row_kept=_forward(
        lambda x, p, rng: (rng.random(x.shape) >= p) | (np.arange(len(x)) == 0)[:, None]
    ),
    df_last_column_kept=_forward(
        lambda x, p, rng: (rng.random(x.shape) >= p) | (np.arange(x.shape[1]) == x.shape[1] - 1)
    ),
    df_exact_count=_forward(_exact_count),
    df_exact_in_rows=_forward(_exact_in_rows),
    df_global=_forward(lambda x, p, rng: np.random.random(x.shape) >= p),
    df_fixed_seed=_forward(lambda x, p, rng: np.random.default_rng(0).random(x.shape) >= p),
    df_copied_rng=_forward(lambda x, p, rng: copy.deepcopy(rng).random(x.shape) >= p),
    df_fresh_rng=_forward(lambda x, p, rng: np.random.default_rng().random(x.shape) >= p),
    df_remembered=_forward(lambda x, p, rng: _MEMORY.setdefault((x.shape, p), rng.random(x.shape) >= p)),
    df_half=_forward(lambda x, p, rng: rng.random(x.shape) >= 0.5, lambda x, k, p: x * k * 2),
    df_rounded=_forward(lambda x, p, rng: np.round(rng.random(x.shape))),
    df_normal=_forward(lambda x, p, rng: rng.normal(size=x.shape) >= p),
    df_tenths=_forward(lambda x, p, rng: rng.integers(0, 10, x.shape) >= 10 * p),
    df_tenths_inclusive=_forward(lambda x, p, rng: rng.integers(0, 10, x.shape) > 10 * p),
    df_p_squared=_forward(lambda x, p, rng: (rng.random(x.shape) >= p) | (rng.random(x.shape) >= p)),
    df_small_dropped=_forward(lambda x, p, rng: np.abs(x) >= np.quantile(np.abs(x), p)),
    df_gaussian=_forward(
        lambda x, p, rng: 1 + np.sqrt(p / (1 - p)) * rng.normal(size=x.shape), lambda x, k, p: x * k
    ),
    df_noise=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), 1e-3)),
    df_mean_for_zero=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), x.mean())),
    df_nan_for_zero=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), np.nan)),
    df_negative_for_zero=_forward(UNIFORM, lambda x, k, p: np.where(k, x / (1 - p), -x / (1 - p))),
    df_only_kept=_forward(UNIFORM, lambda x, k, p: x[k] / (1 - p)),
    df_flat=_forward(UNIFORM, lambda x, k, p: (x * k / (1 - p)).ravel()),
    df_float32=_forward(UNIFORM, lambda x, k, p: (x * k / (1 - p)).astype(np.float32)),
    df_whole_numbers=_forward(UNIFORM, lambda x, k, p: (x * k / (1 - p)).astype(int)),
    df_absolute=_forward(UNIFORM, lambda x, k, p: np.abs(x) * k / (1 - p)),
    df_in_place=_in_place,
    df_no_mask=lambda x, p, rng, training=True: _forward(UNIFORM)(x, p, rng, training)[0],
    df_answers_swapped=lambda x, p, rng, training=True: _forward(UNIFORM)(x, p, rng, training)[::-1],
    df_renormalised=_forward(
        UNIFORM, lambda x, k, p: x * k * (x.sum() / (x * k).sum() if (x * k).sum() else 1.0)
    ),
)


def _dropout(forward, backward):
    return {"dropout_forward": forward, "dropout_backward": backward}


def pairs(register, exercise, **cases):
    """Register solutions that bring the functions they stand on."""
    kept = audit.right_cases if register is right else audit.wrong_cases
    kept.extend((exercise, name, own) for name, own in cases.items())


def _loops_backward(dout, mask):
    dx = np.zeros(dout.shape)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            dx[i][j] = dout[i, j] * mask[i, j]
    return dx


def _places_backward(dout, mask):
    places, p = mask
    dx = np.array(dout) / (1 - p)
    dx.flat[places] = 0
    return dx


def _torch_forward(x, p, rng, training=True):
    keep = torch.as_tensor((rng.random(x.shape) >= p).astype(float))
    tensor = torch.tensor(np.array(x, dtype=float), requires_grad=True)
    out = tensor * keep / (1 - p) if training else tensor * 1
    return out.detach().numpy(), (tensor, out)


def _torch_backward(dout, mask):
    (dx,) = torch.autograd.grad(
        mask[1], mask[0], torch.tensor(np.array(dout, dtype=float)), retain_graph=True
    )
    return dx.numpy()


SCALED = _forward(UNIFORM)
PAIR = _forward(UNIFORM, mask=lambda k, p, x: (k, p))
BOOL = _forward(UNIFORM, mask=lambda k, p, x: k)
pairs(
    right,
    "dropout_backward",
    db_product=_dropout(SCALED, lambda dout, mask: dout * mask),
    db_loops=_dropout(SCALED, _loops_backward),
    db_einsum=_dropout(SCALED, lambda dout, mask: np.einsum("ij,ij->ij", mask, dout)),
    db_where=_dropout(PAIR, lambda dout, mask: np.where(mask[0], dout / (1 - mask[1]), 0.0)),
    db_masked_copy=_dropout(SCALED, lambda dout, mask: np.multiply(dout, mask, out=dout.copy())),
    db_dict=_dropout(
        _forward(UNIFORM, mask=lambda k, p, x: {"keep": k, "p": p}),
        lambda dout, mask: mask["keep"] * dout / (1.0 - mask["p"]),
    ),
    db_object=_dropout(
        _forward(UNIFORM, mask=lambda k, p, x: _Mask(k, 1 / (1 - p))), lambda dout, mask: mask.apply(dout)
    ),
    db_closure=_dropout(
        _forward(UNIFORM, mask=lambda k, p, x: lambda dout: dout * k / (1 - p)), lambda dout, mask: mask(dout)
    ),
    db_places=_dropout(_forward(UNIFORM, mask=lambda k, p, x: (np.flatnonzero(~k), p)), _places_backward),
    db_tagged=_dropout(
        _forward(UNIFORM, mask=_tagged), lambda dout, mask: np.asarray(dout * mask) / (1 - mask.p)
    ),
    db_torch=_dropout(_torch_forward, _torch_backward),
    db_filled_copy=_dropout(_filled_copy, lambda dout, mask, check=False: mask * dout),
    db_choice=_dropout(_forward(KEEPS["choice"]), lambda dout, mask: dout * mask),
)


def _last_mask():
    memory = {}

    def forward(x, p, rng, training=True):
        out, memory["mask"] = SCALED(x, p, rng, training)
        return out, memory["mask"]

    return _dropout(forward, lambda dout, mask: dout * memory["mask"])


def _last_p():
    memory = {}

    def forward(x, p, rng, training=True):
        memory["p"] = p
        return BOOL(x, p, rng, training)

    return _dropout(forward, lambda dout, mask: dout * mask / (1 - memory["p"]))


def _pair_of_outputs(x, p, rng, training=True):
    """Where a value was 0 before (a ReLU's), this mask takes it for a dropped one."""
    out, _ = SCALED(x, p, rng, training)
    return out, (out != 0, p)


def _mask_changed(dout, mask):
    mask *= dout
    return mask


pairs(
    wrong,
    "dropout_backward",
    db_unscaled=_dropout(BOOL, lambda dout, mask: dout * mask),
    db_sign=_dropout(SCALED, lambda dout, mask: dout * np.sign(mask)),
    db_no_mask=_dropout(SCALED, lambda dout, mask: dout),
    db_mask_only=_dropout(SCALED, lambda dout, mask: mask),
    db_scaled_twice=_dropout(PAIR, lambda dout, mask: dout * mask[0] / (1 - mask[1]) ** 2),
    db_mask_squared=_dropout(SCALED, lambda dout, mask: dout * mask**2),
    db_multiplied=_dropout(PAIR, lambda dout, mask: dout * mask[0] * (1 - mask[1])),
    db_doubled=_dropout(BOOL, lambda dout, mask: dout * mask * 2),
    db_by_p=_dropout(PAIR, lambda dout, mask: dout * mask[0] / (mask[1] or 1)),
    db_share=_dropout(BOOL, lambda dout, mask: dout * mask / max(mask.mean(), 1e-9)),
    db_scale_without_mask=_dropout(PAIR, lambda dout, mask: dout / (1 - mask[1])),
    db_complement=_dropout(PAIR, lambda dout, mask: dout * ~mask[0] / (1 - mask[1])),
    db_divided=_dropout(
        SCALED, lambda dout, mask: np.divide(dout, mask, where=mask > 0, out=np.zeros_like(dout))
    ),
    db_new_mask=_dropout(
        PAIR,
        lambda dout, mask: dout * (np.random.default_rng(1).random(dout.shape) >= mask[1]) / (1 - mask[1]),
    ),
    db_first_row=_dropout(SCALED, lambda dout, mask: dout * mask[0]),
    db_mean_of_mask=_dropout(SCALED, lambda dout, mask: dout * mask.mean()),
    db_last_mask=_last_mask(),
    db_last_p=_last_p(),
    db_mask_of_outputs=_dropout(_pair_of_outputs, lambda dout, mask: dout * mask[0] / (1 - mask[1])),
    db_negative=_dropout(SCALED, lambda dout, mask: -dout * mask),
    db_summed=_dropout(SCALED, lambda dout, mask: (dout * mask).sum(axis=0)),
    db_averaged=_dropout(SCALED, lambda dout, mask: dout * mask / len(dout)),
    db_in_place=_dropout(SCALED, lambda dout, mask: np.multiply(dout, mask, out=dout)),
    db_mask_changed=_dropout(SCALED, _mask_changed),
    db_float32=_dropout(SCALED, lambda dout, mask: (dout * mask).astype(np.float32)),
    db_transposed=_dropout(SCALED, lambda dout, mask: (dout * mask).T),
    db_kept_only=_dropout(SCALED, lambda dout, mask: dout[mask > 0] * mask[mask > 0]),
    db_matrix_product=_dropout(SCALED, lambda dout, mask: dout @ mask.T @ mask),
    db_nothing=_dropout(SCALED, lambda dout, mask: None),
)


def _net_parts(params, X, y, mask, lam):
    n = len(X)
    z = X @ params["W1"] + params["b1"]
    h = np.maximum(z, 0) * mask
    error = h @ params["W2"] + params["b2"] - y
    penalty = sum((params[k] ** 2).sum() for k in ("W1", "W2"))
    return n, z, h, error, 0.5 * (error**2).sum() / n + lam / (2 * n) * penalty


def _repaired(dz=None, dW2=None, dW1=None, db1=None, db2=None, loss=None):
    """The repaired net with one of its formulas replaced."""

    def repaired_dropout_net(params, X, y, mask, lam):
        n, z, h, error, value = _net_parts(params, X, y, mask, lam)
        dout = error / n
        delta = (dz or (lambda dh, mask, z, h: dh * mask * (z > 0)))(dout @ params["W2"].T, mask, z, h)
        grads = {
            "W2": (dW2 or (lambda h, d, W, r, z: h.T @ d + r * W))(h, dout, params["W2"], lam / n, z),
            "b2": (db2 or (lambda d, b, r: d.sum(axis=0)))(dout, params["b2"], lam / n),
            "W1": (dW1 or (lambda X, d, W, r: X.T @ d + r * W))(X, delta, params["W1"], lam / n),
            "b1": (db1 or (lambda d, b, r: d.sum(axis=0)))(delta, params["b1"], lam / n),
        }
        return (loss(value, error, n, params, lam) if loss else value), grads

    return repaired_dropout_net


def _net_torch(params, X, y, mask, lam):
    p = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in params.items()}
    X, y, mask = (torch.tensor(np.array(v)) for v in (X, y, mask))
    out = (torch.relu(X @ p["W1"] + p["b1"]) * mask) @ p["W2"] + p["b2"]
    loss = ((out - y) ** 2).sum() / 2 / len(X) + lam / (2 * len(X)) * (
        (p["W1"] ** 2).sum() + (p["W2"] ** 2).sum()
    )
    loss.backward()
    return loss.item(), {k: v.grad.numpy() for k, v in p.items()}


def _net_examples(params, X, y, mask, lam):
    n, loss = len(X), 0.0
    grads = {k: np.zeros(v.shape) for k, v in params.items()}
    for x, t, k in zip(X, y, mask, strict=True):
        z = x @ params["W1"] + params["b1"]
        h = np.where(z > 0, z, 0) * k
        error = h @ params["W2"] + params["b2"] - t
        dz = (params["W2"] @ error) * k * (z > 0)
        loss += 0.5 * float(error @ error) / n
        for name, g in {"W1": np.outer(x, dz), "b1": dz, "W2": np.outer(h, error), "b2": error}.items():
            grads[name] += g / n
    for name in ("W1", "W2"):
        loss += lam / (2 * n) * float(np.vdot(params[name], params[name]))
        grads[name] = grads[name] + lam / n * params[name]
    return loss, grads


def _net_einsum(params, X, y, mask, lam):
    n, z, h, error, loss = _net_parts(params, X, y, mask, lam)
    dz = np.einsum("nk,hk,nh,nh->nh", error, params["W2"], mask, (z >= 0) * 1.0) / n
    return loss, {
        "b1": np.einsum("nh->h", dz),
        "b2": np.ones(n) @ error / n,
        "W1": np.einsum("nd,nh->dh", X, dz) + lam * params["W1"] / n,
        "W2": np.einsum("nh,nk->hk", h, error) / n + lam * params["W2"] / n,
    }


right(
    "repaired_dropout_net",
    rn_plain=_repaired(),
    rn_torch=_net_torch,
    rn_examples=_net_examples,
    rn_einsum=_net_einsum,
    rn_by_h=_repaired(dz=lambda dh, mask, z, h: dh * mask * (h > 0)),
    rn_where=_repaired(dz=lambda dh, mask, z, h: np.where(z > 0, dh * mask, 0.0)),
)
wrong(
    "repaired_dropout_net",
    rn_bug=_repaired(dz=lambda dh, mask, z, h: dh * (z > 0)),
    rn_no_relu=_repaired(dz=lambda dh, mask, z, h: dh * mask),
    rn_by_h_without_mask=_repaired(dz=lambda dh, mask, z, h: dh * (h > 0)),
    rn_bool_mask=_repaired(dz=lambda dh, mask, z, h: dh * (mask > 0) * (z > 0)),
    rn_mask_squared=_repaired(dz=lambda dh, mask, z, h: dh * mask**2 * (z > 0)),
    rn_mask_doubled=_repaired(dz=lambda dh, mask, z, h: dh * 2 * (mask > 0) * (z > 0)),
    rn_relu_reversed=_repaired(dz=lambda dh, mask, z, h: dh * mask * (z < 0)),
    rn_complement=_repaired(dz=lambda dh, mask, z, h: dh * (mask == 0) * (z > 0)),
    rn_unmasked_W2=_repaired(dW2=lambda h, d, W, r, z: np.maximum(z, 0).T @ d + r * W),
    rn_W2_without_penalty=_repaired(dW2=lambda h, d, W, r, z: h.T @ d),
    rn_W1_without_penalty=_repaired(dW1=lambda X, d, W, r: X.T @ d),
    rn_penalty_halved=_repaired(dW1=lambda X, d, W, r: X.T @ d + r / 2 * W),
    rn_bias_penalised=_repaired(db1=lambda d, b, r: d.sum(axis=0) + r * b),
    rn_bias_averaged=_repaired(db2=lambda d, b, r: d.mean(axis=0)),
    rn_bias_kept_dim=_repaired(db1=lambda d, b, r: d.sum(axis=1)[: len(b)]),
    rn_loss_doubled=_repaired(loss=lambda v, e, n, params, lam: v + 0.5 * (e**2).sum() / n),
    rn_loss_over_outputs=_repaired(
        loss=lambda v, e, n, params, lam: v + 0.5 * ((e**2).mean() - (e**2).sum() / n)
    ),
    rn_loss_without_penalty=_repaired(loss=lambda v, e, n, params, lam: 0.5 * (e**2).sum() / n),
    rn_loss_with_bias=_repaired(
        loss=lambda v, e, n, params, lam: (
            v + lam / (2 * n) * sum((params[k] ** 2).sum() for k in ("b1", "b2"))
        )
    ),
    rn_no_dropout=lambda params, X, y, mask, lam: _repaired()(params, X, y, np.ones_like(mask), lam),
    rn_first_mask=lambda params, X, y, mask, lam: _repaired()(
        params, X, y, np.tile(mask[0], (len(X), 1)), lam
    ),
    rn_steps=lambda params, X, y, mask, lam: (
        lambda loss, grads: (loss, [params[k].__isub__(1e-3 * g) for k, g in grads.items()] and grads)
    )(*_repaired()(params, X, y, mask, lam)),
    rn_no_gradients=lambda params, X, y, mask, lam: _repaired()(params, X, y, mask, lam)[0],
)


# ---------------------------------------------------------------- augmentation: flip


def _flip_loop(images, rng, p=0.5):
    out = np.empty_like(images)
    for i, image in enumerate(images):
        out[i] = image[:, ::-1] if rng.random() < p else image
    return out


def _flip_list(images, rng, p=0.5):
    return np.array([np.fliplr(image) if rng.uniform() <= p else image for image in images])


def _flip_masked_copy(images, rng, p=0.5):
    out = images.copy()
    chosen = rng.random(len(images)) < p
    out[chosen] = out[chosen][..., ::-1]
    return out


def _flip_torch(images, rng, p=0.5):
    tensor = torch.tensor(np.array(images))
    chosen = torch.tensor(rng.choice([True, False], size=len(images), p=[p, 1 - p]))
    return torch.where(chosen[:, None, None], tensor.flip(-1), tensor).numpy()


def _flip_indices(images, rng, p=0.5):
    n, _, w = images.shape
    columns = np.where(rng.binomial(1, p, n)[:, None] == 1, np.arange(w)[::-1], np.arange(w))
    return np.take_along_axis(images, np.broadcast_to(columns[:, None, :], images.shape), axis=2)


def _flip_pixels(images, rng, p=0.5):
    out = np.zeros(images.shape)
    n, h, w = images.shape
    for i in range(n):
        turn = rng.random() >= 1 - p
        for r in range(h):
            for c in range(w):
                out[i, r, c] = images[i, r, w - 1 - c] if turn else images[i, r, c]
    return out


def _flip_blend(images, rng, p=0.5, axis=-1):
    chosen = (rng.random((len(images), 1, 1)) < p).astype(images.dtype)
    return chosen * np.flip(images, axis) + (1 - chosen) * images


right(
    "random_flip",
    fl_where=lambda images, rng, p=0.5: np.where(
        rng.random((len(images), 1, 1)) < p, images[:, :, ::-1], images
    ),
    fl_loop=_flip_loop,
    fl_list=_flip_list,
    fl_masked_copy=_flip_masked_copy,
    fl_torch=_flip_torch,
    fl_indices=_flip_indices,
    fl_pixels=_flip_pixels,
    fl_blend=_flip_blend,
    fl_recursive=lambda images, rng, p=0.5: np.stack(
        [im[:, ::-1] if u < p else im for im, u in zip(images, rng.random(len(images)), strict=True)]
    ),
    fl_child=lambda images, rng, p=0.5: _flip_loop(images, np.random.default_rng(rng.integers(2**32)), p),
    fl_drawn_backwards=lambda images, rng, p=0.5: _flip_list(images[::-1], rng, p)[::-1],
)


def _flips(mirror=lambda a: a[:, :, ::-1], chosen=None):
    """A flip with its mirror or its choice of images replaced."""
    chosen = chosen or (lambda n, rng, p: rng.random(n) < p)
    return lambda images, rng, p=0.5: np.where(
        chosen(len(images), rng, p)[:, None, None], mirror(images), images
    )


def _flip_in_place(images, rng, p=0.5):
    chosen = rng.random(len(images)) < p
    images[chosen] = images[chosen][:, :, ::-1]
    return images


def _flip_overwrites(images, rng, p=0.5):
    out = _flip_loop(images, rng, p)
    images[...] = out
    return out.copy()


def _exactly(n, rng, p):
    chosen = np.zeros(n, bool)
    chosen[rng.permutation(n)[: round(p * n)]] = True
    return chosen


def _not_last(n, rng, p):
    chosen = rng.random(n) < p
    chosen[-1:] = False
    return chosen


def _not_first(n, rng, p):
    chosen = rng.random(n) < p
    chosen[:1] = False
    return chosen


def _transposing(a):
    return a.swapaxes(1, 2)[:, :, ::-1] if a.shape[1] == a.shape[2] else a[:, :, ::-1]


wrong(
    "random_flip",
    fl_up_down=_flips(lambda a: a[:, ::-1]),
    fl_fliplr_of_the_stack=_flips(np.fliplr),
    fl_both=_flips(lambda a: a[:, ::-1, ::-1]),
    fl_everything=_flips(np.flip),
    fl_order_of_images=_flips(lambda a: a[::-1]),
    fl_rolled=_flips(lambda a: np.roll(a[:, :, ::-1], 1, axis=2)),
    fl_negative=_flips(lambda a: 1 - a),
    fl_quarter_turn=_flips(_transposing),
    fl_half_only=_flips(
        lambda a: np.concatenate([a[:, :, : a.shape[2] // 2][:, :, ::-1], a[:, :, a.shape[2] // 2 :]], axis=2)
    ),
    fl_batch=_flips(chosen=lambda n, rng, p: np.full(n, rng.random() < p)),
    fl_always=_flips(chosen=lambda n, rng, p: np.ones(n, bool)),
    fl_never=_flips(chosen=lambda n, rng, p: np.zeros(n, bool)),
    fl_p_ignored=_flips(chosen=lambda n, rng, p: rng.random(n) < 0.5),
    fl_p_inverted=_flips(chosen=lambda n, rng, p: rng.random(n) > p),
    fl_p_squared=_flips(chosen=lambda n, rng, p: (rng.random(n) < p) & (rng.random(n) < p)),
    fl_coin_and_p=_flips(chosen=lambda n, rng, p: rng.integers(0, 2, n) < p),
    fl_normal=_flips(chosen=lambda n, rng, p: rng.normal(size=n) < p),
    fl_exactly=_flips(chosen=_exactly),
    fl_alternate=_flips(chosen=lambda n, rng, p: (np.arange(n) + rng.integers(2)) % 2 == 0),
    fl_first_half=_flips(chosen=lambda n, rng, p: np.arange(n) < p * n),
    fl_not_last=_flips(chosen=_not_last),
    fl_not_first=_flips(chosen=_not_first),
    fl_pairs=_flips(chosen=lambda n, rng, p: np.repeat(rng.random((n + 1) // 2) < p, 2)[:n]),
    fl_global=_flips(chosen=lambda n, rng, p: np.random.random(n) < p),
    fl_fixed_seed=_flips(chosen=lambda n, rng, p: np.random.default_rng(0).random(n) < p),
    fl_copied_rng=_flips(chosen=lambda n, rng, p: copy.deepcopy(rng).random(n) < p),
    fl_rows=lambda images, rng, p=0.5: np.where(
        rng.random((*images.shape[:2], 1)) < p, images[:, :, ::-1], images
    ),
    fl_pixels_each=lambda images, rng, p=0.5: np.where(
        rng.random(images.shape) < p, images[:, :, ::-1], images
    ),
    fl_default=lambda images, rng, p=0.25: _flip_loop(images, rng, p),
    fl_in_place=_flip_in_place,
    fl_overwrites=_flip_overwrites,
    fl_flipped_only=lambda images, rng, p=0.5: images[rng.random(len(images)) < p][:, :, ::-1],
    fl_both_kinds=lambda images, rng, p=0.5: np.concatenate([images, _flip_loop(images, rng, p)]),
    fl_shuffled=lambda images, rng, p=0.5: rng.permutation(_flip_loop(images, rng, p)),
    fl_float32=lambda images, rng, p=0.5: _flip_loop(images, rng, p).astype(np.float32),
    fl_uint8=lambda images, rng, p=0.5: (_flip_loop(images, rng, p) * 255).astype(np.uint8),
    fl_eight_by_eight=lambda images, rng, p=0.5: _flip_loop(images.reshape(-1, 8, 8), rng, p),
    fl_flat=lambda images, rng, p=0.5: _flip_loop(images, rng, p).reshape(len(images), -1),
    fl_no_effect=lambda images, rng, p=0.5: [rng.random() for _ in images] and images.copy(),
)


# ---------------------------------------------------------------- augmentation: shift


def _moved(image, dy, dx):
    """One image moved down by dy and right by dx, zeros coming in."""
    h, w = image.shape
    out = np.zeros_like(image)
    out[max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = image[
        max(-dy, 0) : h - max(dy, 0), max(-dx, 0) : w - max(dx, 0)
    ]
    return out


def _shift_windows(images, max_shift, rng):
    m, (n, h, w) = max_shift, images.shape
    padded = np.pad(images, ((0, 0), (m, m), (m, m)))
    corners = rng.integers(0, 2 * m + 1, size=(n, 2))
    return np.stack([padded[i, t : t + h, s : s + w] for i, (t, s) in enumerate(corners)])


def _shift_indices(images, max_shift, rng):
    n, h, w = images.shape
    dy = rng.integers(-max_shift, max_shift, size=n, endpoint=True)[:, None, None]
    dx = rng.integers(-max_shift, max_shift, size=n, endpoint=True)[:, None, None]
    rows, columns = np.arange(h)[None, :, None] - dy, np.arange(w)[None, None, :] - dx
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    return images[np.arange(n)[:, None, None], rows.clip(0, h - 1), columns.clip(0, w - 1)] * inside


def _shift_pixels(images, max_shift, rng):
    out = np.zeros(images.shape, dtype=images.dtype)
    n, h, w = images.shape
    for i in range(n):
        dx, dy = (int(v) for v in rng.choice(np.arange(-max_shift, max_shift + 1), size=2))
        for r in range(h):
            for c in range(w):
                if 0 <= r + dy < h and 0 <= c + dx < w:
                    out[i, r + dy, c + dx] = images[i, r, c]
    return out


def _shift_scipy(images, max_shift, rng):
    return np.array(
        [
            ndimage.shift(im, rng.integers(-max_shift, max_shift + 1, 2), order=0, mode="constant", cval=0)
            for im in images
        ]
    )


def _shift_roll(images, max_shift, rng):
    h, w = images.shape[1:]
    framed = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    out = []
    for image in framed:
        dy = int(np.floor(rng.uniform(-max_shift, max_shift + 1)))
        dx = int(np.floor(rng.uniform(-max_shift, max_shift + 1)))
        out.append(
            np.roll(image, (dy, dx), axis=(0, 1))[max_shift : max_shift + h, max_shift : max_shift + w]
        )
    return np.array(out)


def _shift_matrices(images, max_shift, rng):
    n, h, w = images.shape
    moves = [rng.integers(-max_shift, max_shift + 1, n) for _ in range(2)]
    return np.stack(
        [np.eye(h, k=-int(dy)) @ im @ np.eye(w, k=int(dx)) for im, dy, dx in zip(images, *moves, strict=True)]
    )


def _shift_torch(images, max_shift, rng):
    m, (n, h, w) = max_shift, images.shape
    padded = torch.nn.functional.pad(torch.tensor(np.array(images)), (m, m, m, m))
    windows = padded.unfold(1, h, 1).unfold(2, w, 1)
    place = torch.tensor(rng.integers(0, 2 * m + 1, size=(2, n)))
    return windows[torch.arange(n), place[0], place[1]].numpy()


def _shift_views(images, max_shift, rng):
    m = max_shift
    padded = np.pad(images, [(0, 0), (m, m), (m, m)], mode="constant", constant_values=0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:], axis=(1, 2))
    place = rng.integers((2 * m + 1) ** 2, size=len(images))
    return windows[np.arange(len(images)), place // (2 * m + 1), place % (2 * m + 1)]


def _draw_moves(n, m, rng):
    return rng.integers(-m, m + 1, n), rng.integers(-m, m + 1, n)


def _shifts(draw=_draw_moves, move=_moved):
    """A shift with its draws or its way of moving replaced."""
    return lambda images, max_shift, rng: np.stack(
        [
            move(im, int(dy), int(dx))
            for im, dy, dx in zip(images, *draw(len(images), max_shift, rng), strict=True)
        ]
    )


right(
    "random_shift",
    sh_windows=_shift_windows,
    sh_indices=_shift_indices,
    sh_pixels=_shift_pixels,
    sh_scipy=_shift_scipy,
    sh_roll_in_a_frame=_shift_roll,
    sh_matrices=_shift_matrices,
    sh_torch=_shift_torch,
    sh_views=_shift_views,
    sh_child=lambda images, max_shift, rng: _shift_windows(
        images, max_shift, np.random.default_rng(int(rng.integers(2**40)))
    ),
)


def _framed(mode):
    def move(image, dy, dx):
        m = max(abs(dy), abs(dx))
        h, w = image.shape
        return np.pad(image, m, mode=mode)[m - dy : m - dy + h, m - dx : m - dx + w]

    return move


def _zeroed_on_one_side(image, dy, dx):
    out = np.roll(image, (dy, dx), axis=(0, 1))
    if dy > 0:
        out[:dy] = 0
    if dx > 0:
        out[:, :dx] = 0
    return out


def _zeroed_first_axis(image, dy, dx):
    out = np.roll(_moved(image, dy, 0), dx, axis=1)
    return out


def _empty_at_zero(image, dy, dx):
    out = np.zeros_like(image)
    if dy >= 0 and dx >= 0:
        piece = image[:-dy, :-dx]
        if piece.size:
            out[dy:, dx:] = piece
        return out
    return _moved(image, dy, dx)


def _filled(value):
    def move(image, dy, dx):
        return _moved(image - value, dy, dx) + value

    return move


def _chain(images, max_shift, rng):
    out, current = [], None
    for image, dy, dx in zip(images, *_draw_moves(len(images), max_shift, rng), strict=True):
        current = image if current is None or rng.random() < 0.5 else current
        out.append(_moved(current, int(dy), int(dx)))
    return np.stack(out)


def _shift_in_place(images, max_shift, rng):
    for i, (dy, dx) in enumerate(zip(*_draw_moves(len(images), max_shift, rng), strict=True)):
        images[i] = _moved(images[i], int(dy), int(dx))
    return images


def _half_pixel(images, max_shift, rng):
    moves = rng.uniform(-max_shift, max_shift, (len(images), 2))
    return np.array([ndimage.shift(im, move, order=1) for im, move in zip(images, moves, strict=True)])


def _same(a):
    return a, a


def _square_only(images, max_shift, rng):
    m, (n, h, _) = max_shift, images.shape
    padded = np.pad(images, ((0, 0), (m, m), (m, m)))
    return np.stack(
        [padded[i, t : t + h, s : s + h] for i, (t, s) in enumerate(rng.integers(0, 2 * m + 1, (n, 2)))]
    )


wrong(
    "random_shift",
    sh_wraps=_shifts(move=lambda im, dy, dx: np.roll(im, (dy, dx), axis=(0, 1))),
    sh_edge=_shifts(move=_framed("edge")),
    sh_reflect=_shifts(move=_framed("symmetric")),
    sh_ones_come_in=_shifts(move=_filled(1.0)),
    sh_half_comes_in=_shifts(move=_filled(0.5)),
    sh_nan_comes_in=_shifts(
        move=lambda im, dy, dx: np.where(_moved(np.ones_like(im), dy, dx) > 0, _moved(im, dy, dx), np.nan)
    ),
    sh_mean_comes_in=_shifts(move=lambda im, dy, dx: _filled(im.mean())(im, dy, dx)),
    sh_zeroed_on_one_side=_shifts(move=_zeroed_on_one_side),
    sh_zeroed_first_axis=_shifts(move=_zeroed_first_axis),
    sh_empty_at_zero=_shifts(move=_empty_at_zero),
    sh_end_excluded=_shifts(
        lambda n, m, rng: (rng.integers(-m, max(m, 1 - m), n), rng.integers(-m, max(m, 1 - m), n))
    ),
    sh_end_excluded_raises=_shifts(lambda n, m, rng: (rng.integers(-m, m, n), rng.integers(-m, m, n))),
    sh_column_end_excluded=_shifts(
        lambda n, m, rng: (rng.integers(-m, m + 1, n), rng.integers(-m, max(m, 1 - m), n))
    ),
    sh_start_excluded=_shifts(
        lambda n, m, rng: (rng.integers(min(1 - m, m), m + 1, n), rng.integers(-m, m + 1, n))
    ),
    sh_truncated=_shifts(lambda n, m, rng: tuple(rng.uniform(-m, m, (2, n)).astype(int))),
    sh_one_too_far=_shifts(lambda n, m, rng: tuple(rng.integers(-m - (m > 0), m + 1 + (m > 0), (2, n)))),
    sh_positive=_shifts(lambda n, m, rng: tuple(rng.integers(0, m + 1, (2, n)))),
    sh_negative=_shifts(lambda n, m, rng: tuple(-rng.integers(0, m + 1, (2, n)))),
    sh_extremes=_shifts(lambda n, m, rng: tuple(rng.choice([-m, m], (2, n)))),
    sh_never_still=_shifts(
        lambda n, m, rng: tuple(rng.choice([v for v in range(-m, m + 1) if v] or [0], (2, n)))
    ),
    sh_three_places=_shifts(lambda n, m, rng: tuple(m * rng.integers(-1, 2, (2, n)))),
    sh_one_pixel=_shifts(lambda n, m, rng: tuple(rng.integers(-1, 2, (2, n)) * (m > 0))),
    sh_rows_only=_shifts(lambda n, m, rng: (rng.integers(-m, m + 1, n), np.zeros(n))),
    sh_columns_only=_shifts(lambda n, m, rng: (np.zeros(n), rng.integers(-m, m + 1, n))),
    sh_one_axis_at_a_time=_shifts(
        lambda n, m, rng: (lambda axis, move: (axis * move, (1 - axis) * move))(
            rng.integers(0, 2, n), rng.integers(-m, m + 1, n)
        )
    ),
    sh_diagonal=_shifts(lambda n, m, rng: _same(rng.integers(-m, m + 1, n))),
    sh_antidiagonal=_shifts(lambda n, m, rng: (lambda a: (a, -a))(rng.integers(-m, m + 1, n))),
    sh_batch=_shifts(lambda n, m, rng: tuple(np.repeat(rng.integers(-m, m + 1, (2, 1)), n, axis=1))),
    sh_batch_rows=_shifts(
        lambda n, m, rng: (np.full(n, rng.integers(-m, m + 1)), rng.integers(-m, m + 1, n))
    ),
    sh_batch_columns=_shifts(
        lambda n, m, rng: (rng.integers(-m, m + 1, n), np.full(n, rng.integers(-m, m + 1)))
    ),
    sh_first_still=_shifts(lambda n, m, rng: tuple(rng.integers(-m, m + 1, (2, n)) * (np.arange(n) > 0))),
    sh_global=_shifts(lambda n, m, rng: tuple(np.random.randint(-m, m + 1, (2, n)))),
    sh_fixed_seed=_shifts(lambda n, m, rng: _draw_moves(n, m, np.random.default_rng(0))),
    sh_copied_rng=_shifts(lambda n, m, rng: _draw_moves(n, m, copy.deepcopy(rng))),
    sh_doubled=_shifts(lambda n, m, rng: tuple(2 * rng.integers(-m, m + 1, (2, n)))),
    sh_half_pixels=_half_pixel,
    sh_chain=_chain,
    sh_in_place=_shift_in_place,
    sh_padded_shape=lambda images, max_shift, rng: np.pad(
        _shift_windows(images, max_shift, rng), ((0, 0), (max_shift, max_shift), (max_shift, max_shift))
    ),
    sh_cropped_shape=lambda images, max_shift, rng: images[
        :, max_shift : images.shape[1] - max_shift, max_shift : images.shape[2] - max_shift
    ],
    sh_square_only=_square_only,
    sh_float32=lambda images, max_shift, rng: _shift_windows(images, max_shift, rng).astype(np.float32),
    sh_fixed_at_two=lambda images, max_shift, rng: _shift_windows(images, min(max_shift, 2), rng),
    sh_clipped=lambda images, max_shift, rng: np.clip(_shift_windows(images, max_shift, rng), 0, 0.9),
    sh_transposed=lambda images, max_shift, rng: _shift_windows(images.swapaxes(1, 2), max_shift, rng),
)


# ---------------------------------------------------------------- augmentation: crop


def _crop_list(images, size, rng):
    n, h, w = images.shape
    tops, lefts = rng.integers(0, h - size + 1, n), rng.integers(0, w - size + 1, n)
    return np.stack(
        [images[i, t : t + size, s : s + size] for i, (t, s) in enumerate(zip(tops, lefts, strict=True))]
    )


def _crop_loop(images, size, rng):
    out = np.zeros((len(images), size, size), dtype=images.dtype)
    for i in range(len(images)):
        left = int(rng.integers(images.shape[2] - size, endpoint=True))
        top = int(rng.integers(images.shape[1] - size, endpoint=True))
        out[i] = images[i][top:, left:][:size, :size]
    return out


def _crop_views(images, size, rng):
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    n, rows, columns = windows.shape[:3]
    place = rng.integers(rows * columns, size=n)
    return windows[np.arange(n), place // columns, place % columns]


def _crop_fancy(images, size, rng):
    n, h, w = images.shape
    top = rng.choice(h - size + 1, n)[:, None, None] + np.arange(size)[:, None]
    left = rng.choice(w - size + 1, n)[:, None, None] + np.arange(size)
    return images[np.arange(n)[:, None, None], top, left]


def _crop_torch(images, size, rng):
    patches = torch.tensor(np.array(images)).unfold(1, size, 1).unfold(2, size, 1).flatten(1, 2)
    place = torch.tensor(rng.integers(0, patches.shape[1], len(images)))
    return patches[torch.arange(len(images)), place].numpy()


def _crop_floor(images, size, rng, debug=False):
    n, h, w = images.shape
    corner = (rng.random((n, 2)) * [h - size + 1, w - size + 1]).astype(int)
    return np.array([im[a : a + size, b : b + size] for im, (a, b) in zip(images, corner, strict=True)])


def _crop_two_steps(images, size, rng):
    def cut(image):
        top = rng.integers(0, len(image) - size + 1)
        return image[top : top + size]

    rows = [cut(image) for image in images]
    return np.array([cut(r.T).T for r in rows])


right(
    "random_crop",
    cr_list=_crop_list,
    cr_loop=_crop_loop,
    cr_views=_crop_views,
    cr_fancy=_crop_fancy,
    cr_torch=_crop_torch,
    cr_floor=_crop_floor,
    cr_two_steps=_crop_two_steps,
    cr_child=lambda images, size, rng: _crop_list(
        images, size, np.random.default_rng(int(rng.integers(2**31)))
    ),
)


def _crops(draw=None, cut=None):
    """A crop with its draws (n, rows, columns, rng) or its cut replaced; rows, columns: how many places there are."""
    draw = draw or (lambda n, rows, columns, rng: (rng.integers(0, rows, n), rng.integers(0, columns, n)))
    cut = cut or (lambda im, t, s, size: im[t : t + size, s : s + size])

    def solution(images, size, rng):
        n, h, w = images.shape
        places = zip(*draw(n, h - size + 1, w - size + 1, rng), strict=True)
        return np.stack([cut(im, int(t), int(s), size) for im, (t, s) in zip(images, places, strict=True)])

    return solution


def _crop_padded(images, size, rng):
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return _crop_list(padded, size, rng)


def _crop_in_place(images, size, rng):
    out = _crop_list(images, size, rng)
    images[:, :size, :size] = out
    return out


wrong(
    "random_crop",
    cr_last_never=_crops(
        lambda n, r, c, rng: (rng.integers(0, max(r - 1, 1), n), rng.integers(0, max(c - 1, 1), n))
    ),
    cr_last_never_raises=_crops(lambda n, r, c, rng: (rng.integers(0, r - 1, n), rng.integers(0, c - 1, n))),
    cr_last_row_never=_crops(lambda n, r, c, rng: (rng.integers(0, max(r - 1, 1), n), rng.integers(0, c, n))),
    cr_last_column_never=_crops(
        lambda n, r, c, rng: (rng.integers(0, r, n), rng.integers(0, max(c - 1, 1), n))
    ),
    cr_first_never=_crops(
        lambda n, r, c, rng: (rng.integers(min(1, r - 1), r, n), rng.integers(min(1, c - 1), c, n))
    ),
    cr_corner=_crops(lambda n, r, c, rng: (np.zeros(n), np.zeros(n))),
    cr_centre=_crops(lambda n, r, c, rng: (np.full(n, r // 2), np.full(n, c // 2))),
    cr_batch=_crops(lambda n, r, c, rng: (np.full(n, rng.integers(r)), np.full(n, rng.integers(c)))),
    cr_batch_rows=_crops(lambda n, r, c, rng: (np.full(n, rng.integers(r)), rng.integers(0, c, n))),
    cr_batch_columns=_crops(lambda n, r, c, rng: (rng.integers(0, r, n), np.full(n, rng.integers(c)))),
    cr_diagonal=_crops(lambda n, r, c, rng: _same(rng.integers(0, min(r, c), n))),
    cr_diagonal_capped=_crops(
        lambda n, r, c, rng: (lambda a: (a.clip(0, r - 1), a.clip(0, c - 1)))(rng.integers(0, max(r, c), n))
    ),
    cr_rows_only=_crops(lambda n, r, c, rng: (rng.integers(0, r, n), np.zeros(n))),
    cr_columns_only=_crops(lambda n, r, c, rng: (np.zeros(n), rng.integers(0, c, n))),
    cr_corners=_crops(lambda n, r, c, rng: (rng.choice([0, r - 1], n), rng.choice([0, c - 1], n))),
    cr_even_places=_crops(
        lambda n, r, c, rng: (2 * rng.integers(0, (r + 1) // 2, n), 2 * rng.integers(0, (c + 1) // 2, n))
    ),
    cr_rounded_down=_crops(lambda n, r, c, rng: tuple((rng.random((n, 2)) * [r - 1, c - 1]).astype(int).T)),
    cr_square=_crops(lambda n, r, c, rng: tuple(rng.integers(0, min(r, c), (2, n)))),
    cr_by_height=_crops(lambda n, r, c, rng: (rng.integers(0, r, n), rng.integers(0, r, n) % c)),
    cr_first_in_the_corner=_crops(
        lambda n, r, c, rng: tuple(rng.integers(0, [[r], [c]], (2, n)) * (np.arange(n) > 0))
    ),
    cr_tiles=_crops(
        lambda n, r, c, rng: (rng.integers(0, r, n) // 2 * 2 % r, rng.integers(0, c, n) // 2 * 2 % c)
    ),
    cr_global=_crops(lambda n, r, c, rng: (np.random.randint(0, r, n), np.random.randint(0, c, n))),
    cr_fixed_seed=_crops(
        lambda n, r, c, rng: (lambda g: (g.integers(0, r, n), g.integers(0, c, n)))(np.random.default_rng(0))
    ),
    cr_copied_rng=_crops(
        lambda n, r, c, rng: (lambda g: (g.integers(0, r, n), g.integers(0, c, n)))(copy.deepcopy(rng))
    ),
    cr_mirrored=_crops(cut=lambda im, t, s, size: im[t : t + size, s : s + size][:, ::-1]),
    cr_transposed=_crops(cut=lambda im, t, s, size: im[t : t + size, s : s + size].T),
    cr_one_larger=_crops(cut=lambda im, t, s, size: np.pad(im, 1)[t : t + size + 1, s : s + size + 1]),
    cr_one_smaller=_crops(cut=lambda im, t, s, size: im[t : t + size - 1, s : s + size - 1]),
    cr_axes_swapped=_crops(
        cut=lambda im, t, s, size: np.pad(im, max(im.shape))[
            max(im.shape) + s : max(im.shape) + s + size, max(im.shape) + t : max(im.shape) + t + size
        ]
    ),
    cr_whole_rows=_crops(cut=lambda im, t, s, size: im[t : t + size]),
    cr_masked=_crops(
        cut=lambda im, t, s, size: np.pad(
            im[t : t + size, s : s + size], ((t, len(im) - t - size), (s, im.shape[1] - s - size))
        )
    ),
    cr_first_image=lambda images, size, rng: _crop_list(np.broadcast_to(images[:1], images.shape), size, rng),
    cr_one_image=lambda images, size, rng: _crop_list(images, size, rng)[:1],
    cr_padded=_crop_padded,
    cr_in_place=_crop_in_place,
    cr_float32=lambda images, size, rng: _crop_list(images, size, rng).astype(np.float32),
    cr_flat=lambda images, size, rng: _crop_list(images, size, rng).reshape(len(images), -1),
    cr_size_ignored=lambda images, size, rng: _crop_list(images, 3, rng),
    cr_shuffled=lambda images, size, rng: rng.permutation(_crop_list(images, size, rng)),
)


# ---------------------------------------------------------------- augmentation: light


def _light(centre=None, factor=None, lift=None, clip=None, out=None):
    """Brightness and contrast with one of its parts replaced: centre(images), factor(n, c, rng), lift(n, b, rng)."""
    centre = centre or (lambda x: x.mean(axis=(1, 2), keepdims=True))
    factor = factor or (lambda n, c, rng: rng.uniform(1 - c, 1 + c, (n, 1, 1)))
    lift = lift or (lambda n, b, rng: rng.uniform(-b, b, (n, 1, 1)))
    clip = clip or (lambda a: np.clip(a, 0, 1))
    out = out or (lambda x, mean, f, b: f * (x - mean) + mean + b)

    def random_brightness_contrast(images, rng, brightness=0.2, contrast=0.2):
        n, f = len(images), factor(len(images), contrast, rng)
        return clip(out(images, centre(images), f, lift(n, brightness, rng)))

    return random_brightness_contrast


def _light_loop(images, rng, brightness=0.2, contrast=0.2):
    out = np.empty(images.shape, dtype=images.dtype)
    for i, image in enumerate(images):
        b = rng.uniform(-brightness, brightness)
        c = rng.uniform(1 - contrast, 1 + contrast)
        out[i] = np.minimum(np.maximum(c * (image - image.mean()) + image.mean() + b, 0.0), 1.0)
    return out


def _light_pixels(images, rng, brightness=0.2, contrast=0.2):
    def one(image):
        c, b = 1 + contrast * (2 * rng.random() - 1), brightness * (2 * rng.random() - 1)
        mean = sum(map(sum, image.tolist())) / image.size
        return [[min(max(c * (v - mean) + mean + b, 0.0), 1.0) for v in row] for row in image.tolist()]

    return np.array([one(image) for image in images])


def _light_torch(images, rng, brightness=0.2, contrast=0.2):
    x = torch.tensor(np.array(images, dtype=np.float64))
    u = torch.tensor(rng.random((2, len(images), 1, 1)))
    mean = x.mean(dim=(1, 2), keepdim=True)
    c, b = 1 - contrast + 2 * contrast * u[0], -brightness + 2 * brightness * u[1]
    return torch.lerp(mean, x, c).add(b).clamp(0, 1).numpy()


def _light_in_place_on_a_copy(images, rng, brightness=0.2, contrast=0.2, low=0.0, high=1.0):
    out = np.array(images, dtype=float)
    flat = out.reshape(len(out), -1)
    mean = flat.mean(1, keepdims=True)
    flat -= mean
    flat *= rng.uniform(1 - contrast, 1 + contrast, size=(len(out), 1))
    flat += mean
    flat += rng.uniform(-brightness, brightness, size=(len(out), 1))
    return np.clip(out, low, high, out=out)


right(
    "random_brightness_contrast",
    li_plain=_light(),
    li_loop=_light_loop,
    li_pixels=_light_pixels,
    li_torch=_light_torch,
    li_in_place_on_a_copy=_light_in_place_on_a_copy,
    li_mixed=_light(out=lambda x, mean, f, b: f * x + (1 - f) * mean + b),
    li_brightness_first=_light(out=lambda x, mean, f, b: f * ((x + b) - (mean + b)) + (mean + b)),
    li_einsum=_light(centre=lambda x: np.einsum("nhw->n", x)[:, None, None] / x[0].size),
    li_transposed=lambda images, rng, brightness=0.2, contrast=0.2: _light_loop(
        images.transpose(0, 2, 1), rng, brightness, contrast
    ).transpose(0, 2, 1),
    li_list=lambda images, rng, brightness=0.2, contrast=0.2: np.concatenate(
        [_light()(image[None], rng, brightness, contrast) for image in images]
    ),
)


def _one_draw(images, rng, brightness=0.2, contrast=0.2, sign=1):
    u = rng.uniform(-1, 1, (len(images), 1, 1))
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip((1 + contrast * u) * (images - mean) + mean + sign * brightness * u, 0, 1)


def _light_uint8(images, rng, brightness=0.2, contrast=0.2):
    out = _light(clip=lambda a: a)(images, rng, brightness, contrast)
    return (out * 255).astype(np.int64).astype(np.uint8) / 255.0


def _light_writes(images, rng, brightness=0.2, contrast=0.2):
    images -= images.mean(axis=(1, 2), keepdims=True) * 0
    out = _light()(images, rng, brightness, contrast)
    images[...] = out
    return out.copy()


def _light_clips_input(images, rng, brightness=0.2, contrast=0.2):
    out = _light()(images, rng, brightness, contrast)
    np.multiply(images, 0.999, out=images)
    return out


def _clip_between(x, mean, f, b):
    return np.clip(f * (x - mean) + mean, 0, 1) + b


def _stretched(a):
    low, high = a.min(axis=(1, 2), keepdims=True), a.max(axis=(1, 2), keepdims=True)
    return np.where((low < 0) | (high > 1), (a - low) / np.where(high > low, high - low, 1), a)


wrong(
    "random_brightness_contrast",
    li_mean_of_the_batch=_light(centre=lambda x: x.mean()),
    li_mean_image=_light(centre=lambda x: x.mean(axis=0)),
    li_mean_of_rows=_light(centre=lambda x: x.mean(axis=2, keepdims=True)),
    li_mean_of_columns=_light(centre=lambda x: x.mean(axis=1, keepdims=True)),
    li_half=_light(centre=lambda x: 0.5),
    li_zero=_light(centre=lambda x: 0.0),
    li_median=_light(centre=lambda x: np.median(x, axis=(1, 2), keepdims=True)),
    li_middle=_light(
        centre=lambda x: (x.max(axis=(1, 2), keepdims=True) + x.min(axis=(1, 2), keepdims=True)) / 2
    ),
    li_mean_not_added_back=_light(out=lambda x, mean, f, b: f * (x - mean) + b),
    li_no_clip=_light(clip=lambda a: a),
    li_clip_above=_light(clip=lambda a: np.minimum(a, 1)),
    li_clip_below=_light(clip=lambda a: np.maximum(a, 0)),
    li_clip_255=_light(clip=lambda a: np.clip(a, 0, 255)),
    li_clip_narrow=_light(clip=lambda a: np.clip(a, 0.01, 0.99)),
    li_clip_by_batch=_light(clip=lambda a: (a - min(a.min(), 0)) / (max(a.max(), 1) - min(a.min(), 0))),
    li_stretched=_light(clip=_stretched),
    li_wrapped=_light(clip=lambda a: a % 1.0),
    li_clip_between=_light(out=_clip_between),
    li_batch_factor=_light(factor=lambda n, c, rng: rng.uniform(1 - c, 1 + c)),
    li_batch_lift=_light(lift=lambda n, b, rng: rng.uniform(-b, b)),
    li_batch=_light(
        factor=lambda n, c, rng: rng.uniform(1 - c, 1 + c), lift=lambda n, b, rng: rng.uniform(-b, b)
    ),
    li_lift_of_pixels=lambda images, rng, brightness=0.2, contrast=0.2: _light(
        lift=lambda n, b, rng: rng.uniform(-b, b, images.shape)
    )(images, rng, brightness, contrast),
    li_factor_of_pixels=lambda images, rng, brightness=0.2, contrast=0.2: _light(
        factor=lambda n, c, rng: rng.uniform(1 - c, 1 + c, images.shape)
    )(images, rng, brightness, contrast),
    li_lift_of_rows=lambda images, rng, brightness=0.2, contrast=0.2: _light(
        lift=lambda n, b, rng: rng.uniform(-b, b, (n, images.shape[1], 1))
    )(images, rng, brightness, contrast),
    li_only_brighter=_light(lift=lambda n, b, rng: rng.uniform(0, b, (n, 1, 1))),
    li_only_darker=_light(lift=lambda n, b, rng: rng.uniform(-b, 0, (n, 1, 1))),
    li_half_brightness=_light(lift=lambda n, b, rng: rng.uniform(-b / 2, b / 2, (n, 1, 1))),
    li_normal_brightness=_light(lift=lambda n, b, rng: rng.normal(0, b, (n, 1, 1))),
    li_normal_of_that_spread=_light(
        lift=lambda n, b, rng: np.clip(rng.normal(0, b / np.sqrt(3), (n, 1, 1)), -b, b)
    ),
    li_extreme_brightness=_light(lift=lambda n, b, rng: b * rng.choice([-1.0, 1.0], (n, 1, 1))),
    li_fixed_brightness=_light(lift=lambda n, b, rng: b),
    li_no_brightness=_light(lift=lambda n, b, rng: 0.0),
    li_triangular=_light(lift=lambda n, b, rng: b * (rng.random((n, 1, 1)) - rng.random((n, 1, 1)))),
    li_more_contrast=_light(factor=lambda n, c, rng: rng.uniform(1, 1 + c, (n, 1, 1))),
    li_less_contrast=_light(factor=lambda n, c, rng: rng.uniform(1 - c, 1, (n, 1, 1))),
    li_contrast_about_zero=_light(factor=lambda n, c, rng: rng.uniform(-c, c, (n, 1, 1))),
    li_contrast_to_c=_light(factor=lambda n, c, rng: rng.uniform(0, 1 + c, (n, 1, 1))),
    li_half_contrast=_light(factor=lambda n, c, rng: rng.uniform(1 - c / 2, 1 + c / 2, (n, 1, 1))),
    li_inverse_contrast=_light(factor=lambda n, c, rng: 1 / rng.uniform(1 - c, 1 + c, (n, 1, 1))),
    li_log_contrast=_light(
        factor=lambda n, c, rng: np.exp(rng.uniform(np.log1p(-c), np.log1p(c), (n, 1, 1)))
    ),
    li_no_contrast=_light(factor=lambda n, c, rng: 1.0),
    li_squared_contrast=_light(factor=lambda n, c, rng: rng.uniform(1 - c, 1 + c, (n, 1, 1)) ** 2),
    li_lift_before_stretch=_light(out=lambda x, mean, f, b: f * (x + b - mean) + mean),
    li_multiplied=_light(out=lambda x, mean, f, b: (f * (x - mean) + mean) * (1 + b)),
    li_gamma=_light(out=lambda x, mean, f, b: np.abs(x) ** f + b),
    li_one_draw=_one_draw,
    li_one_draw_opposed=lambda images, rng, brightness=0.2, contrast=0.2: _one_draw(
        images, rng, brightness, contrast, -1
    ),
    li_swapped=lambda images, rng, brightness=0.2, contrast=0.2: _light()(images, rng, contrast, brightness),
    li_order_of_parameters=lambda images, rng, contrast=0.2, brightness=0.2: _light()(
        images, rng, brightness, contrast
    ),
    li_default_brightness=lambda images, rng, brightness=0.1, contrast=0.2: _light()(
        images, rng, brightness, contrast
    ),
    li_default_contrast=lambda images, rng, brightness=0.2, contrast=0.5: _light()(
        images, rng, brightness, contrast
    ),
    li_parameters_ignored=lambda images, rng, brightness=0.2, contrast=0.2: _light()(images, rng),
    li_zero_is_default=lambda images, rng, brightness=0.2, contrast=0.2: _light()(
        images, rng, brightness or 0.2, contrast or 0.2
    ),
    li_global=_light(lift=lambda n, b, rng: np.random.uniform(-b, b, (n, 1, 1))),
    li_fixed_seed=lambda images, rng, brightness=0.2, contrast=0.2: _light()(
        images, np.random.default_rng(0), brightness, contrast
    ),
    li_copied_rng=lambda images, rng, brightness=0.2, contrast=0.2: _light()(
        images, copy.deepcopy(rng), brightness, contrast
    ),
    li_uint8=_light_uint8,
    li_eight_bits=lambda images, rng, brightness=0.2, contrast=0.2: (
        np.round(_light()(images, rng, brightness, contrast) * 255) / 255
    ),
    li_writes=_light_writes,
    li_fades_input=_light_clips_input,
    li_float32=lambda images, rng, brightness=0.2, contrast=0.2: _light()(
        images, rng, brightness, contrast
    ).astype(np.float32),
    li_not_first=lambda images, rng, brightness=0.2, contrast=0.2: np.concatenate(
        [images[:1], _light()(images[1:], rng, brightness, contrast)]
    ),
)


# ---------------------------------------------------------------- batches


def _batches_generator(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]


def _batches_list(X, y, batch_size, augment, rng):
    order = np.arange(len(y))
    rng.shuffle(order)
    pieces = np.array_split(order, np.arange(batch_size, len(order), batch_size))
    return [[augment(X[piece], rng), y[piece]] for piece in pieces]


class _Batches:
    """An iterable with a length; every pass is an epoch of its own."""

    def __init__(self, X, y, batch_size, augment, rng):
        self.data, self.batch_size, self.augment, self.rng = (X, y), batch_size, augment, rng

    def __len__(self):
        return -(-len(self.data[0]) // self.batch_size)

    def __iter__(self):
        X, y = self.data
        order = np.argsort(self.rng.random(len(X)))
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            yield self.augment(X[rows], self.rng), y[rows]


class _Iterator:
    def __init__(self, X, y, batch_size, augment, rng):
        self.left = rng.permutation(len(X))
        self.work = lambda rows: (augment(X.take(rows, axis=0), rng), y.take(rows, axis=0))
        self.size = batch_size

    def __iter__(self):
        return self

    def __next__(self):
        if not len(self.left):
            raise StopIteration
        rows, self.left = self.left[: self.size], self.left[self.size :]
        return self.work(rows)


def _batches_whole_first(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    images, labels = augment(X[order], rng), y[order]
    return tuple(
        (images[i : i + batch_size], labels[i : i + batch_size]) for i in range(0, len(X), batch_size)
    )


def _batches_augmented_then_shuffled(X, y, batch_size, augment, rng):
    images = augment(X.copy(), rng)
    order = rng.choice(len(X), len(X), replace=False)
    starts = range(0, len(X), batch_size)
    return ((images[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in starts)


def _batches_one_by_one(X, y, batch_size, augment, rng):
    xs, ys = [], []
    for i in rng.permutation(len(X)):
        xs.append(augment(X[i : i + 1], rng)[0])
        ys.append(y[i])
        if len(xs) == batch_size:
            yield np.stack(xs), np.array(ys)
            xs, ys = [], []
    if xs:
        yield np.stack(xs), np.array(ys)


def _batches_recursive(X, y, batch_size, augment, rng):
    def rest(rows):
        if rows.size == 0:
            return []
        now, later = rows[:batch_size], rows[batch_size:]
        return [(augment(X[now], rng), y[now]), *rest(later)]

    return iter(rest(rng.permutation(X.shape[0])))


def _batches_map(X, y, batch_size, augment, rng, drop_last=False):
    order = iter(rng.permutation(len(X)).tolist())
    rows = iter(lambda: list(itertools.islice(order, batch_size)), [])
    return map(lambda r: (augment(X[r], rng), y[r]), rows)


def _batches_keywords(X, y, batch_size, augment, rng):
    rows = np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
    yield from ((augment(images=X[r], rng=rng), np.array(y)[r]) for r in rows)


def _batches_lazy_order(X, y, batch_size, augment, rng):
    """Draws the order while it goes: one batch after another out of what is left."""
    left = list(range(len(X)))
    while left:
        rows = [left.pop(int(rng.integers(len(left)))) for _ in range(min(batch_size, len(left)))]
        yield augment(X[np.array(rows)], rng), y[np.array(rows)]


right(
    "augmented_batches",
    ab_generator=_batches_generator,
    ab_list=_batches_list,
    ab_class=_Batches,
    ab_iterator=_Iterator,
    ab_whole_first=_batches_whole_first,
    ab_augmented_then_shuffled=_batches_augmented_then_shuffled,
    ab_one_by_one=_batches_one_by_one,
    ab_recursive=_batches_recursive,
    ab_map=_batches_map,
    ab_keywords=_batches_keywords,
    ab_lazy_order=_batches_lazy_order,
    ab_children=lambda X, y, batch_size, augment, rng: _batches_generator(
        X, y, batch_size, augment, np.random.default_rng(int(rng.integers(2**60)))
    ),
)


def _batches(order=None, rows=None, images=None, labels=None, starts=None):
    """An epoch with one of its parts replaced."""
    order = order or (lambda n, size, rng: rng.permutation(n))
    starts = starts or (lambda n, size: range(0, n, size))
    rows = rows or (lambda o, i, size: o[i : i + size])
    images = images or (lambda X, r, augment, rng, i: augment(X[r], rng))
    labels = labels or (lambda y, r, i, size: y[r])

    def augmented_batches(X, y, batch_size, augment, rng):
        o = order(len(X), batch_size, rng)
        for i in starts(len(X), batch_size):
            r = rows(o, i, batch_size)
            yield images(X, r, augment, rng, i), labels(y, r, i, batch_size)

    return augmented_batches


def _block_order(n, size, rng):
    blocks = [np.arange(i, min(i + size, n)) for i in range(0, n, size)]
    full, short = blocks[: n // size], blocks[n // size :]
    return np.concatenate([*(full[i] for i in rng.permutation(len(full))), *short])


def _within_blocks(n, size, rng):
    return np.concatenate([rng.permutation(np.arange(i, min(i + size, n))) for i in range(0, n, size)])


def _shuffles_given(X, y, batch_size, augment, rng):
    state = rng.bit_generator.state
    rng.shuffle(X)
    rng.bit_generator.state = state
    rng.shuffle(y)
    return [
        (augment(X[i : i + batch_size], rng), y[i : i + batch_size]) for i in range(0, len(X), batch_size)
    ]


def _orders_given_labels(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    y[:] = y[order]
    starts = range(0, len(X), batch_size)
    return [(augment(X[order[i : i + batch_size]], rng), y[i : i + batch_size].copy()) for i in starts]


_EPOCHS = {}


def _cached_epoch(X, y, batch_size, augment, rng):
    key = (X.shape, batch_size)
    if key not in _EPOCHS:
        _EPOCHS[key] = list(_batches_generator(X, y, batch_size, augment, rng))
    return _EPOCHS[key]


def _fixed_order():
    orders = {}
    return _batches(order=lambda n, size, rng: orders.setdefault(n, rng.permutation(n)))


def _padded_rows(o, i, size):
    return np.resize(o[i : i + size], size) if len(o) > i else o[i:]


def _wrapped_rows(o, i, size):
    return o[np.arange(i, i + size) % len(o)]


wrong(
    "augmented_batches",
    ab_not_shuffled=_batches(order=lambda n, size, rng: np.arange(n)),
    ab_reversed=_batches(order=lambda n, size, rng: np.arange(n)[::-1]),
    ab_rotated=_batches(order=lambda n, size, rng: np.roll(np.arange(n), int(rng.integers(n)))),
    ab_blocks_shuffled=_batches(order=_block_order),
    ab_within_blocks=_batches(order=_within_blocks),
    ab_with_replacement=_batches(order=lambda n, size, rng: rng.integers(0, n, n)),
    ab_first_stays=_batches(order=lambda n, size, rng: np.concatenate([[0], 1 + rng.permutation(n - 1)])),
    ab_last_lost=_batches(order=lambda n, size, rng: rng.permutation(n)[: max(n - 1, 1)]),
    ab_last_never_drawn=_batches(order=lambda n, size, rng: rng.permutation(max(n - 1, 1))),
    ab_fixed_seed=_batches(order=lambda n, size, rng: np.random.default_rng(0).permutation(n)),
    ab_global=_batches(order=lambda n, size, rng: np.random.permutation(n)),
    ab_copied_rng=lambda X, y, batch_size, augment, rng: _batches_generator(
        X, y, batch_size, augment, copy.deepcopy(rng)
    ),
    ab_same_order_every_epoch=_fixed_order(),
    ab_short_dropped=_batches(starts=lambda n, size: range(0, n - size + 1, size)),
    ab_single_dropped=_batches(starts=lambda n, size: [i for i in range(0, n, size) if n - i > 1]),
    ab_empty_batch=_batches(starts=lambda n, size: range(0, n + 1, size)),
    ab_always_one_more=_batches(starts=lambda n, size: [i * size for i in range(n // size + 1)]),
    ab_one_less=_batches(starts=lambda n, size: [i * size for i in range(max(round(n / size), 1))]),
    ab_short_merged=lambda X, y, batch_size, augment, rng: [
        (augment(X[r], rng), y[r])
        for r in np.array_split(rng.permutation(len(X)), max(len(X) // batch_size, 1))
    ],
    ab_even_pieces=lambda X, y, batch_size, augment, rng: [
        (augment(X[r], rng), y[r]) for r in np.array_split(rng.permutation(len(X)), -(-len(X) // batch_size))
    ],
    ab_short_first=lambda X, y, batch_size, augment, rng: reversed(
        [
            (augment(X[r], rng), y[r])
            for r in np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
        ]
    ),
    ab_overlapping=_batches(rows=lambda o, i, size: o[i : i + size + 1]),
    ab_one_short=_batches(rows=lambda o, i, size: o[i : i + max(size - 1, 1)]),
    ab_padded=_batches(rows=_padded_rows),
    ab_wrapped=_batches(rows=_wrapped_rows),
    ab_size_ignored=lambda X, y, batch_size, augment, rng: _batches_generator(X, y, 32, augment, rng),
    ab_one_batch=lambda X, y, batch_size, augment, rng: _batches_generator(X, y, len(X), augment, rng),
    ab_not_augmented=_batches(images=lambda X, r, augment, rng, i: X[r]),
    ab_augment_ignored=_batches(images=lambda X, r, augment, rng, i: augment(X[r], rng) * 0 + X[r]),
    ab_first_augmented=_batches(images=lambda X, r, augment, rng, i: X[r] if i else augment(X[r], rng)),
    ab_first_not_augmented=_batches(images=lambda X, r, augment, rng, i: augment(X[r], rng) if i else X[r]),
    ab_full_augmented=lambda X, y, batch_size, augment, rng: (
        (augment(X[r], rng) if len(r) == batch_size else X[r], y[r])
        for r in np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
    ),
    ab_augmented_twice=_batches(images=lambda X, r, augment, rng, i: augment(augment(X[r], rng), rng)),
    ab_fresh_seed_for_augment=_batches(
        images=lambda X, r, augment, rng, i: augment(X[r], np.random.default_rng(0))
    ),
    ab_own_rng_for_augment=_batches(
        images=lambda X, r, augment, rng, i: augment(X[r], np.random.default_rng())
    ),
    ab_no_rng_for_augment=_batches(images=lambda X, r, augment, rng, i: augment(X[r], None)),
    ab_rng_forgotten=_batches(images=lambda X, r, augment, rng, i: augment(X[r])),
    ab_images_in_order=_batches(images=lambda X, r, augment, rng, i: augment(X[i : i + len(r)], rng)),
    ab_labels_in_order=_batches(labels=lambda y, r, i, size: y[i : i + len(r)]),
    ab_labels_sorted=_batches(labels=lambda y, r, i, size: np.sort(y[r])),
    ab_labels_reversed=_batches(labels=lambda y, r, i, size: y[r][::-1]),
    ab_labels_are_rows=_batches(labels=lambda y, r, i, size: r),
    ab_labels_shuffled_apart=lambda X, y, batch_size, augment, rng: zip(
        (
            augment(X[r], rng)
            for r in np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
        ),
        np.array_split(rng.permutation(y), range(batch_size, len(X), batch_size)),
        strict=True,
    ),
    ab_labels_lost=lambda X, y, batch_size, augment, rng: [
        xb for xb, _ in _batches_generator(X, y, batch_size, augment, rng)
    ],
    ab_pairs_swapped=lambda X, y, batch_size, augment, rng: [
        (yb, xb) for xb, yb in _batches_generator(X, y, batch_size, augment, rng)
    ],
    ab_first_batch_only=lambda X, y, batch_size, augment, rng: next(
        iter(_batches_generator(X, y, batch_size, augment, rng))
    ),
    ab_originals_too=lambda X, y, batch_size, augment, rng: [
        (np.concatenate([xb, X[: len(xb)]]), np.concatenate([yb, y[: len(xb)]]))
        for xb, yb in _batches_generator(X, y, batch_size, augment, rng)
    ],
    ab_two_epochs=lambda X, y, batch_size, augment, rng: itertools.chain(
        _batches_generator(X, y, batch_size, augment, rng), _batches_generator(X, y, batch_size, augment, rng)
    ),
    ab_cached_epoch=_cached_epoch,
    ab_shuffles_given=_shuffles_given,
    ab_orders_given_labels=_orders_given_labels,
    ab_float32=_batches(images=lambda X, r, augment, rng, i: augment(X[r], rng).astype(np.float32)),
    ab_flat=_batches(images=lambda X, r, augment, rng, i: augment(X[r], rng).reshape(len(r), -1)),
    ab_augments_flat=_batches(
        images=lambda X, r, augment, rng, i: augment(X[r].reshape(len(r), -1), rng).reshape(-1, *X.shape[1:])
    ),
    ab_one_by_one_same_draw=lambda X, y, batch_size, augment, rng: (
        (np.concatenate([augment(X[i : i + 1], np.random.default_rng(5)) for i in r]), y[r])
        for r in np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
    ),
)


# ---------------------------------------------------------------- which augmentation is safe

CERTAIN = {
    "digits": {"shift", "brightness"},
    "animals": {"flip", "shift", "brightness"},
    "chest_xrays": {"shift", "brightness"},
    "wearable": {"shift"},
}
OPEN = {"animals": {"rotate"}, "chest_xrays": {"rotate"}, "wearable": {"flip", "brightness"}}


def answers(register, **cases):
    """Register filled-in dicts."""
    pairs(
        register,
        "safe_augmentations",
        **{name: {"safe_augmentations": value} for name, value in cases.items()},
    )


answers(
    right,
    sa_sets={k: set(v) for k, v in CERTAIN.items()},
    sa_lists={k: sorted(v) for k, v in CERTAIN.items()},
    sa_tuples={k: tuple(v) for k, v in CERTAIN.items()},
    sa_frozen={k: frozenset(v) for k, v in CERTAIN.items()},
    sa_open_too={k: v | OPEN.get(k, set()) for k, v in CERTAIN.items()},
    sa_reversed_trace=CERTAIN | {"wearable": {"shift", "flip"}},
    sa_raised_trace=CERTAIN | {"wearable": ["brightness", "shift"]},
    sa_turned_animals=CERTAIN | {"animals": {"flip", "rotate", "shift", "brightness"}},
    sa_ordered=OrderedDict((k, v) for k, v in reversed(CERTAIN.items())),
    sa_default=defaultdict(set, CERTAIN),
)
answers(
    wrong,
    **{
        f"sa_{k}_lacks_{name}": CERTAIN | {k: CERTAIN[k] - {name}}
        for k in CERTAIN
        for name in sorted(CERTAIN[k])
    },
    **{
        f"sa_{k}_with_{name}": CERTAIN | {k: CERTAIN[k] | {name}}
        for k, name in (
            ("digits", "flip"),
            ("digits", "rotate"),
            ("chest_xrays", "flip"),
            ("wearable", "rotate"),
        )
    },
    sa_all={k: {"flip", "rotate", "shift", "brightness"} for k in CERTAIN},
    sa_none={k: set() for k in CERTAIN},
    sa_unsafe_ones={k: {"flip", "rotate", "shift", "brightness"} - v for k, v in CERTAIN.items()},
    sa_untouched=dict.fromkeys(CERTAIN),
    sa_missing_key={k: v for k, v in CERTAIN.items() if k != "wearable"},
    sa_misspelt=CERTAIN | {"animals": {"flips", "shifts", "brightness"}},
)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.right_cases, ids=names(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


def cases_by_time():
    """The wrong solutions; every other one that draws thousands of images runs with the slow tests."""
    for i, (case, name) in enumerate(zip(audit.wrong_cases, names(audit.wrong_cases), strict=True)):
        late = case[0].startswith("random_") and i % 2
        yield pytest.param(*case, id=name, marks=[pytest.mark.slow] if late else [])


@pytest.mark.parametrize(("exercise", "name", "own"), list(cases_by_time()))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
