"""Lesson 3, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import bisect
import collections
import functools
import itertools
import math
from dataclasses import dataclass, field
from operator import mul
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from auditing import Audit, each, names

audit = Audit("03_optimizers")
right, wrong = audit.right, audit.wrong


def _elementwise(rule, *arrays):
    """One scalar rule for every element, gathered into arrays: rule(*scalars) -> tuple of scalars."""
    out = None
    for index in np.ndindex(arrays[0].shape):
        values = rule(*(float(a[index]) for a in arrays))
        if out is None:
            out = tuple(np.empty(arrays[0].shape) for _ in values)
        for array, value in zip(out, values, strict=True):
            array[index] = value
    return out


# ---------------------------------------------------------------- gradient descent


def _gd(rule):
    def gradient_descent_step(theta, grad, lr):
        return rule(theta, grad, lr)

    return gradient_descent_step


def _gd_torch(theta, grad, lr):
    p = torch.nn.Parameter(torch.tensor(theta.copy()))
    p.grad = torch.tensor(grad.astype(theta.dtype))
    torch.optim.SGD([p], lr=lr).step()
    return p.detach().numpy()


def _gd_recursive(theta, grad, lr):
    if theta.ndim <= 1:
        return theta - lr * grad
    return np.stack([_gd_recursive(t, g, lr) for t, g in zip(theta, grad, strict=True)])


def _gd_copy(theta, grad, lr):
    out = theta.copy()
    out -= lr * grad
    return out


def _gd_flat_iterators(theta, grad, lr):
    values = [t - lr * g for t, g in zip(theta.flat, grad.flat, strict=True)]
    return np.array(values, dtype=float).reshape(theta.shape)


def _gd_out(theta, grad, lr):
    buffer = np.empty(theta.shape)
    np.multiply(grad, -lr, out=buffer)
    np.add(buffer, theta, out=buffer)
    return buffer


each(
    right,
    "gradient_descent_step",
    {
        "plain": _gd(lambda theta, grad, lr: theta - lr * grad),
        "copy": _gd_copy,
        "numpy_words": _gd(lambda theta, grad, lr: np.subtract(theta, np.multiply(lr, grad))),
        "torch": _gd_torch,
        "recursive": _gd_recursive,
        "flat": _gd_flat_iterators,
        "buffer": _gd_out,
        "loop": _gd(lambda theta, grad, lr: _elementwise(lambda a, b: (a - lr * b,), theta, grad)[0]),
        "einsum": _gd(lambda theta, grad, lr: theta + np.einsum("...,->...", grad, -lr)),
        "fortran": _gd(lambda theta, grad, lr: np.asfortranarray(theta - lr * grad)),
        "transposed": _gd(lambda theta, grad, lr: (theta.T - lr * grad.T).T),
        "a_view_of_more": _gd(lambda theta, grad, lr: np.stack([theta - lr * grad, grad])[0]),
        "long_double": _gd(
            lambda theta, grad, lr: (theta.astype(np.longdouble) - np.longdouble(lr) * grad).astype(float)
        ),
        "vectorize": lambda theta, grad, lr, momentum=0.0: np.vectorize(
            lambda t, g: t - lr * g, otypes=[float]
        )(theta, grad),
        "divided": _gd(lambda theta, grad, lr: (theta / lr - grad) * lr if lr else theta.copy()),
        "read_only": _gd(lambda theta, grad, lr: np.broadcast_to(theta - lr * grad, theta.shape)),
    },
)


def _gd_in_place(theta, grad, lr):
    theta -= lr * grad
    return theta


def _gd_grad_in_place(theta, grad, lr):
    grad *= lr
    return theta - grad


def _gd_restored(theta, grad, lr):
    flat = np.ascontiguousarray(theta).ravel()
    flat -= (lr * grad).ravel()
    return flat.reshape(theta.shape)


def _gd_last_seen(theta, grad, lr, seen=[]):  # noqa: B006
    seen.append(grad.shape)
    return theta - lr * grad if len(seen) < 2 or seen[-1] == seen[-2] else theta + lr * grad


def _gd_first_lr(theta, grad, lr, kept={}):  # noqa: B006
    return theta - kept.setdefault("lr", lr) * grad


each(
    wrong,
    "gradient_descent_step",
    {
        "uphill": _gd(lambda theta, grad, lr: theta + lr * grad),
        "no_lr": _gd(lambda theta, grad, lr: theta - grad),
        "lr_divides": _gd(lambda theta, grad, lr: theta - grad / lr),
        "lr_scales_both": _gd(lambda theta, grad, lr: lr * (theta - grad)),
        "scales_theta": _gd(lambda theta, grad, lr: theta - lr * theta * grad),
        "in_place": _gd_in_place,
        "grad_in_place": _gd_grad_in_place,
        "in_place_where_contiguous": _gd_restored,
        "sign_only": _gd(lambda theta, grad, lr: theta - lr * np.sign(grad)),
        "normalised": _gd(lambda theta, grad, lr: theta - lr * grad / (np.linalg.norm(grad) + 1e-12)),
        "mean": _gd(lambda theta, grad, lr: theta - lr * grad.mean()),
        "over_rows": _gd(lambda theta, grad, lr: theta - lr * grad / max(len(np.atleast_1d(grad)), 1)),
        "clipped": _gd(lambda theta, grad, lr: theta - lr * np.clip(grad, -5, 5)),
        "step_clipped": _gd(lambda theta, grad, lr: theta - np.clip(lr * grad, -1, 1)),
        "float32": _gd(lambda theta, grad, lr: (theta - lr * grad).astype(np.float32)),
        "flat_back": _gd(lambda theta, grad, lr: (theta - lr * grad).ravel()),
        "at_least_1d": _gd(lambda theta, grad, lr: np.atleast_2d(theta - lr * grad)),
        "memory_order": _gd(
            lambda theta, grad, lr: (theta.ravel(order="K") - lr * grad.ravel(order="K")).reshape(theta.shape)
        ),
        "step_only": _gd(lambda theta, grad, lr: -lr * grad),
        "list": _gd(lambda theta, grad, lr: (theta - lr * grad).tolist()),
        "tuple": _gd(lambda theta, grad, lr: (theta - lr * grad, grad)),
        "decays": _gd(lambda theta, grad, lr: theta * (1 - lr * 1e-3) - lr * grad),
        "capped_lr": _gd(lambda theta, grad, lr: theta - min(lr, 0.1) * grad),
        "big_lr_kept_out": _gd(lambda theta, grad, lr: theta - (lr if lr < 1 else 1 / lr) * grad),
        "first_lr_kept": _gd_first_lr,
        "upset_by_another_shape": _gd_last_seen,
        "nothing": _gd(lambda theta, grad, lr: theta.copy()),
        "last_element_left": _gd(
            lambda theta, grad, lr: np.append((theta - lr * grad).ravel()[:-1], theta.ravel()[-1:]).reshape(
                theta.shape
            )
        ),
        "rounded": _gd(lambda theta, grad, lr: np.round(theta - lr * grad, 4)),
    },
)


# ---------------------------------------------------------------- momentum


def _momentum(velocity, move):
    """velocity(m, g, lr, beta) -> m; move(theta, m, lr) -> theta."""

    def momentum_step(theta, grad, m, lr, beta=0.9):
        m = velocity(m, grad, lr, beta)
        return move(theta, m, lr), m

    return momentum_step


def _momentum_copies(theta, grad, m, lr, beta=0.9):
    theta, m = theta.copy(), m.copy()
    m *= beta
    m += lr * grad
    theta -= m
    return theta, m


def _momentum_loop(theta, grad, m, lr, beta=0.9):
    def rule(t, g, v):
        v = beta * v + lr * g
        return t - v, v

    return _elementwise(rule, theta, grad, m)


def _momentum_torch(theta, grad, m, lr, beta=0.9):
    theta, grad, m = (torch.tensor(a.astype(float)) for a in (theta, grad, m))
    m = torch.add(grad, m, alpha=beta)
    return (theta - lr * m).numpy(), m.numpy()


def _momentum_displacement(theta, grad, m, lr, beta=0.9):
    new = theta - beta * m - lr * grad
    return new, theta - new


class Walker(NamedTuple):
    """Where, and how fast."""

    theta: np.ndarray
    m: np.ndarray


def _momentum_stacked(theta, grad, m, lr, beta=0.9):
    """Linear algebra on (theta, m, grad)."""
    matrix = np.array([[1, -beta, -lr], [0, beta, lr]])
    theta, m = np.tensordot(matrix, np.stack([theta, m, grad]), axes=1)
    return theta, m


def _momentum_class(theta, grad, m, lr, beta=0.9, dampening=0.0):
    state = SimpleNamespace(velocity=m)
    state.velocity = -beta * m * -1 + lr * (1 - dampening) * grad
    return theta - state.velocity, state.velocity


each(
    right,
    "momentum_step",
    {
        "slide": _momentum(lambda m, g, lr, beta: beta * m + lr * g, lambda theta, m, lr: theta - m),
        "lr_outside": _momentum(lambda m, g, lr, beta: beta * m + g, lambda theta, m, lr: theta - lr * m),
        "negated": _momentum(lambda m, g, lr, beta: beta * m - lr * g, lambda theta, m, lr: theta + m),
        "negated_lr_outside": _momentum(
            lambda m, g, lr, beta: beta * m - g, lambda theta, m, lr: theta + lr * m
        ),
        "copies": _momentum_copies,
        "loop": _momentum_loop,
        "torch": _momentum_torch,
        "displacement": _momentum_displacement,
        "named_tuple": lambda theta, grad, m, lr, beta=0.9: Walker(
            theta - (beta * m + lr * grad), lr * grad + m * beta
        ),
        "list": lambda theta, grad, m, lr, beta=0.9: [theta - beta * m - lr * grad, beta * m + lr * grad],
        "stacked": _momentum_stacked,
        "more_parameters": _momentum_class,
        "fortran": _momentum(
            lambda m, g, lr, beta: np.asfortranarray(beta * m + lr * g),
            lambda theta, m, lr: (theta.T - m.T).T,
        ),
    },
)


def _momentum_global():
    state = {}

    def momentum_step(theta, grad, m, lr, beta=0.9):
        state["m"] = beta * state.get("m", np.zeros_like(theta)) + lr * grad
        return theta - state["m"], state["m"]

    return momentum_step


def _momentum_by_shape():
    state = {}

    def momentum_step(theta, grad, m, lr, beta=0.9):
        state[theta.shape] = beta * state.get(theta.shape, m) + lr * grad
        return theta - state[theta.shape], state[theta.shape]

    return momentum_step


def _momentum_in_place(theta, grad, m, lr, beta=0.9):
    m *= beta
    m += lr * grad
    return theta - m, m


def _momentum_in_place_restored(theta, grad, m, lr, beta=0.9):
    flat = m.reshape(-1)
    flat *= beta
    flat += lr * grad.reshape(-1)
    return theta - flat.reshape(m.shape), flat.reshape(m.shape)


def _momentum_theta_in_place(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    theta -= m
    return theta, m


def _momentum_grad_in_place(theta, grad, m, lr, beta=0.9):
    grad *= lr
    m = beta * m + grad
    return theta - m, m


def _momentum_buffer():
    kept = {}

    def momentum_step(theta, grad, m, lr, beta=0.9):
        buffer = kept.setdefault(m.shape, np.zeros(m.shape))
        np.add(beta * m, lr * grad, out=buffer)
        return theta - buffer, buffer

    return momentum_step


SLIDE = {"velocity": lambda m, g, lr, beta: beta * m + lr * g, "move": lambda theta, m, lr: theta - m}


def _slide(**replaced):
    return _momentum(**{**SLIDE, **replaced})


def _default_beta(theta, grad, m, lr, beta=0.99):
    m = beta * m + lr * grad
    return theta - m, m


each(
    wrong,
    "momentum_step",
    {
        "average": _slide(velocity=lambda m, g, lr, beta: beta * m + (1 - beta) * lr * g),
        "average_lr_outside": _momentum(
            lambda m, g, lr, beta: beta * m + (1 - beta) * g, lambda theta, m, lr: theta - lr * m
        ),
        "no_history": _slide(velocity=lambda m, g, lr, beta: lr * g),
        "no_friction": _slide(velocity=lambda m, g, lr, beta: m + lr * g),
        "beta_hard_coded": _slide(velocity=lambda m, g, lr, beta: 0.9 * m + lr * g),
        "falsy_beta": _slide(velocity=lambda m, g, lr, beta: (beta or 0.9) * m + lr * g),
        "beta_capped": _slide(velocity=lambda m, g, lr, beta: min(beta, 0.9) * m + lr * g),
        "beta_and_one_minus": _slide(velocity=lambda m, g, lr, beta: (1 - beta) * m + lr * g),
        "beta_on_both": _slide(velocity=lambda m, g, lr, beta: beta * (m + lr * g)),
        "beta_squared": _slide(velocity=lambda m, g, lr, beta: beta**2 * m + lr * g),
        "lr_twice": _slide(move=lambda theta, m, lr: theta - lr * m),
        "lr_nowhere": _slide(velocity=lambda m, g, lr, beta: beta * m + g),
        "lr_on_everything": _slide(velocity=lambda m, g, lr, beta: lr * (beta * m + g)),
        "uphill": _slide(move=lambda theta, m, lr: theta + m),
        "negated_twice": _slide(velocity=lambda m, g, lr, beta: beta * m - lr * g),
        "history_negated": _slide(velocity=lambda m, g, lr, beta: lr * g - beta * m),
        "default_beta": _default_beta,
        "old_velocity_moves": lambda theta, grad, m, lr, beta=0.9: (theta - m, beta * m + lr * grad),
        "old_velocity_comes_back": lambda theta, grad, m, lr, beta=0.9: (theta - beta * m - lr * grad, m),
        "nesterov_like": lambda theta, grad, m, lr, beta=0.9: (
            theta - beta * (beta * m + lr * grad) - lr * grad,
            beta * m + lr * grad,
        ),
        "mixed_conventions": lambda theta, grad, m, lr, beta=0.9: (
            theta - lr * (beta * m + grad),
            lr * (beta * m + grad),
        ),
        "sign_lost_on_the_way_back": lambda theta, grad, m, lr, beta=0.9: (
            theta - (beta * m + lr * grad),
            -(beta * m + lr * grad),
        ),
        "swapped": lambda theta, grad, m, lr, beta=0.9: (
            beta * m + lr * grad,
            theta - beta * m - lr * grad,
        ),
        "theta_only": lambda theta, grad, m, lr, beta=0.9: theta - beta * m - lr * grad,
        "kept_inside": _momentum_global(),
        "kept_by_shape": _momentum_by_shape(),
        "one_buffer": _momentum_buffer(),
        "in_place": _momentum_in_place,
        "in_place_where_contiguous": _momentum_in_place_restored,
        "theta_in_place": _momentum_theta_in_place,
        "grad_in_place": _momentum_grad_in_place,
        "scalar_velocity": _slide(
            velocity=lambda m, g, lr, beta: np.full_like(m, (beta * m + lr * g).mean())
        ),
        "length_only": _slide(velocity=lambda m, g, lr, beta: np.abs(beta * m + lr * g)),
        "float32_velocity": _slide(velocity=lambda m, g, lr, beta: (beta * m + lr * g).astype(np.float32)),
        "memory_order": _slide(
            velocity=lambda m, g, lr, beta: (beta * m.ravel("K") + lr * g.ravel("K")).reshape(m.shape)
        ),
        "stops_at_a_turn": _slide(
            velocity=lambda m, g, lr, beta: np.where(m * g < 0, 0.0, beta * m) + lr * g
        ),
        "clipped": _slide(velocity=lambda m, g, lr, beta: np.clip(beta * m + lr * g, -1, 1)),
        "zero_gradient_keeps_still": lambda theta, grad, m, lr, beta=0.9: (
            np.where(grad == 0, theta, theta - beta * m - lr * grad),
            beta * m + lr * grad,
        ),
        "velocity_flat": lambda theta, grad, m, lr, beta=0.9: (
            theta - (beta * m + lr * grad),
            (beta * m + lr * grad).ravel(),
        ),
        "first_row_only": lambda theta, grad, m, lr, beta=0.9: (
            theta - (beta * m + lr * grad),
            np.concatenate([np.atleast_1d(beta * m + lr * grad)[:1], np.atleast_1d(lr * grad)[1:]]).reshape(
                m.shape
            ),
        ),
    },
)


# ---------------------------------------------------------------- Nesterov


def _nesterov(ahead, velocity, move):
    """ahead(theta, m, lr, beta) -> point, velocity(m, g, lr, beta) -> m, move(theta, m, lr) -> theta."""

    def nesterov_step(theta, grad_fn, m, lr, beta=0.9):
        m = velocity(m, grad_fn(ahead(theta, m, lr, beta)), lr, beta)
        return move(theta, m, lr), m

    return nesterov_step


def _nesterov_two_sequences(theta, grad_fn, m, lr, beta=0.9):
    y = theta - beta * m
    x = y - lr * grad_fn(y)
    return x, theta - x


def _nesterov_moved_point(theta, grad_fn, m, lr, beta=0.9):
    """The point asked at is moved on afterwards, in place."""
    point = theta.copy()
    point -= beta * m
    point -= lr * grad_fn(point)
    return point, theta - point


def _nesterov_gradient_in_place(theta, grad_fn, m, lr, beta=0.9):
    """The gradient is ours: scale it where it lies."""
    push = np.array(grad_fn(theta - beta * m))
    push *= lr
    push += beta * m
    return theta - push, push


def _nesterov_torch(theta, grad_fn, m, lr, beta=0.9):
    theta, m = torch.tensor(theta.copy()), torch.tensor(m.copy())
    g = torch.tensor(np.array(grad_fn((theta - beta * m).numpy())))
    m = beta * m + lr * g
    return (theta - m).numpy(), m.numpy()


def _nesterov_asks_twice(theta, grad_fn, m, lr, beta=0.9):
    grad_fn(theta)
    m = beta * m + lr * grad_fn(theta - beta * m)
    return theta - m, m


def _nesterov_loop(theta, grad_fn, m, lr, beta=0.9):
    (ahead,) = _elementwise(lambda t, v: (t - beta * v,), theta, m)

    def rule(t, g, v):
        v = beta * v + lr * g
        return t - v, v

    return _elementwise(rule, theta, grad_fn(ahead), m)


def _nesterov_helper(theta, grad_fn, m, lr, beta=0.9):
    return _momentum_copies(theta, grad_fn(theta - beta * m), m, lr, beta)


AHEAD = {
    "ahead": lambda theta, m, lr, beta: theta - beta * m,
    "velocity": lambda m, g, lr, beta: beta * m + lr * g,
    "move": lambda theta, m, lr: theta - m,
}


def _asks(**replaced):
    return _nesterov(**{**AHEAD, **replaced})


each(
    right,
    "nesterov_step",
    {
        "slide": _asks(),
        "lr_outside": _nesterov(
            lambda theta, m, lr, beta: theta - lr * beta * m,
            lambda m, g, lr, beta: beta * m + g,
            lambda theta, m, lr: theta - lr * m,
        ),
        "negated": _nesterov(
            lambda theta, m, lr, beta: theta + beta * m,
            lambda m, g, lr, beta: beta * m - lr * g,
            lambda theta, m, lr: theta + m,
        ),
        "negated_lr_outside": _nesterov(
            lambda theta, m, lr, beta: theta + lr * beta * m,
            lambda m, g, lr, beta: beta * m - g,
            lambda theta, m, lr: theta + lr * m,
        ),
        "two_sequences": _nesterov_two_sequences,
        "moved_point": _nesterov_moved_point,
        "gradient_in_place": _nesterov_gradient_in_place,
        "torch": _nesterov_torch,
        "asks_twice": _nesterov_asks_twice,
        "loop": _nesterov_loop,
        "on_momentum": _nesterov_helper,
        "list": lambda theta, grad_fn, m, lr, beta=0.9: list(
            _nesterov_two_sequences(theta, grad_fn, m, lr, beta)
        ),
        "named_tuple": lambda theta, grad_fn, m, lr, beta=0.9: Walker(*_asks()(theta, grad_fn, m, lr, beta)),
        "fortran_point": _asks(ahead=lambda theta, m, lr, beta: np.asfortranarray(theta - beta * m)),
    },
)


def _nesterov_from_ahead(theta, grad_fn, m, lr, beta=0.9):
    ahead = theta - beta * m
    m = beta * m + lr * grad_fn(ahead)
    return ahead - m, m


def _nesterov_moves_theta(theta, grad_fn, m, lr, beta=0.9):
    theta -= beta * m
    g = grad_fn(theta)
    theta += beta * m
    m = beta * m + lr * g
    return theta - m, m


def _nesterov_m_in_place(theta, grad_fn, m, lr, beta=0.9):
    m *= beta
    m += lr * grad_fn(theta - m)
    return theta - m, m


def _nesterov_cached():
    kept = {}

    def nesterov_step(theta, grad_fn, m, lr, beta=0.9):
        g = kept.setdefault(theta.shape, grad_fn(theta - beta * m))
        m = beta * m + lr * g
        kept[theta.shape] = grad_fn(theta - m)
        return theta - m, m

    return nesterov_step


def _nesterov_default(theta, grad_fn, m, lr, beta=0.95):
    return _asks()(theta, grad_fn, m, lr, beta)


def _nesterov_own_state():
    state = {}

    def nesterov_step(theta, grad_fn, m, lr, beta=0.9):
        m = state.get(theta.shape, m)
        state[theta.shape] = beta * m + lr * grad_fn(theta - beta * m)
        return theta - state[theta.shape], state[theta.shape]

    return nesterov_step


each(
    wrong,
    "nesterov_step",
    {
        "no_look_ahead": _asks(ahead=lambda theta, m, lr, beta: theta),
        "looks_back": _asks(ahead=lambda theta, m, lr, beta: theta + beta * m),
        "whole_velocity": _asks(ahead=lambda theta, m, lr, beta: theta - m),
        "lr_in_the_look": _asks(ahead=lambda theta, m, lr, beta: theta - lr * beta * m),
        "half_way": _asks(ahead=lambda theta, m, lr, beta: theta - beta * m / 2),
        "one_minus_beta": _asks(ahead=lambda theta, m, lr, beta: theta - (1 - beta) * m),
        "beta_squared": _asks(ahead=lambda theta, m, lr, beta: theta - beta**2 * m),
        "falsy_beta": lambda theta, grad_fn, m, lr, beta=0.9: _asks()(theta, grad_fn, m, lr, beta or 0.9),
        "look_hard_coded": _asks(ahead=lambda theta, m, lr, beta: theta - 0.9 * m),
        "velocity_hard_coded": _asks(velocity=lambda m, g, lr, beta: 0.9 * m + lr * g),
        "lr_outside_looks_inside": _nesterov(
            lambda theta, m, lr, beta: theta - beta * m,
            lambda m, g, lr, beta: beta * m + g,
            lambda theta, m, lr: theta - lr * m,
        ),
        "negated_looks_back": _nesterov(
            lambda theta, m, lr, beta: theta - beta * m,
            lambda m, g, lr, beta: beta * m - lr * g,
            lambda theta, m, lr: theta + m,
        ),
        "average": _asks(velocity=lambda m, g, lr, beta: beta * m + (1 - beta) * lr * g),
        "no_history": _asks(velocity=lambda m, g, lr, beta: lr * g),
        "lr_twice": _asks(move=lambda theta, m, lr: theta - lr * m),
        "no_lr": _asks(velocity=lambda m, g, lr, beta: beta * m + g),
        "uphill": _asks(move=lambda theta, m, lr: theta + m),
        "from_ahead": _nesterov_from_ahead,
        "asks_at_the_velocity": _asks(ahead=lambda theta, m, lr, beta: beta * m),
        "two_gradients_averaged": lambda theta, grad_fn, m, lr, beta=0.9: (lambda new: (theta - new, new))(
            beta * m + lr * (grad_fn(theta) + grad_fn(theta - beta * m)) / 2
        ),
        "moves_theta_and_back": _nesterov_moves_theta,
        "m_in_place": _nesterov_m_in_place,
        "gradient_kept": _nesterov_cached(),
        "state_kept_inside": _nesterov_own_state(),
        "default": _nesterov_default,
        "old_m": lambda theta, grad_fn, m, lr, beta=0.9: (
            theta - beta * m - lr * grad_fn(theta - beta * m),
            m,
        ),
        "asks_again_with_the_new": lambda theta, grad_fn, m, lr, beta=0.9: (
            lambda new: (
                theta - beta * new - lr * grad_fn(theta - beta * m),
                new,
            )
        )(beta * m + lr * grad_fn(theta - beta * m)),
        "float32": lambda theta, grad_fn, m, lr, beta=0.9: tuple(
            a.astype(np.float32) for a in _asks()(theta, grad_fn, m, lr, beta)
        ),
        "gradient_of_gradient": _asks(velocity=lambda m, g, lr, beta: beta * m + lr * np.sign(g)),
        "swapped": lambda theta, grad_fn, m, lr, beta=0.9: _asks()(theta, grad_fn, m, lr, beta)[::-1],
        "flat_point": _asks(ahead=lambda theta, m, lr, beta: (theta - beta * m).ravel()),
        "scalar_velocity": _asks(velocity=lambda m, g, lr, beta: np.full_like(m, np.mean(beta * m + lr * g))),
    },
)


# ---------------------------------------------------------------- AdaGrad and RMSProp


def _scaled(state, root, name="adagrad", eps_default=1e-8, beta_default=0.9, keep=lambda s, eps: s):
    """state(s, g, beta) -> s; root(s, eps) -> divisor; keep(s, eps) -> the state given back."""

    def adagrad_step(theta, grad, s, lr, eps=eps_default):
        s = state(s, grad, None)
        return theta - lr * grad / root(s, eps), keep(s, eps)

    def rmsprop_step(theta, grad, s, lr, beta=beta_default, eps=eps_default):
        s = state(s, grad, beta)
        return theta - lr * grad / root(s, eps), keep(s, eps)

    return {"adagrad": adagrad_step, "rmsprop": rmsprop_step}[name]


def _outside(s, eps):
    return np.sqrt(s) + eps


def _inside(s, eps):
    return np.sqrt(s + eps)


def _summed(s, g, beta):
    return s + g * g


def _averaged(s, g, beta):
    return beta * s + (1 - beta) * g**2


def _adagrad_epsilon_kept(theta, grad, s, lr, eps=1e-8):
    s = s + np.square(grad) + eps
    return theta - lr * grad / np.sqrt(s), s


def _adagrad_copies(theta, grad, s, lr, eps=1e-8):
    theta, s = np.array(theta), np.array(s)
    s += grad**2
    theta -= lr * grad / (np.sqrt(s) + eps)
    return theta, s


def _adagrad_loop(theta, grad, s, lr, eps=1e-8):
    def rule(t, g, v):
        v += g * g
        return t - lr * g / (math.sqrt(v) + eps), v

    return _elementwise(rule, theta, grad, s)


def _adagrad_torch(theta, grad, s, lr, eps=1e-8):
    theta, grad, s = (torch.tensor(a.astype(float)) for a in (theta, grad, s))
    s = torch.addcmul(s, grad, grad)
    return torch.addcdiv(theta, grad, s.sqrt().add(eps), value=-lr).numpy(), s.numpy()


def _adagrad_rates(theta, grad, s, lr, eps=1e-8):
    """A rate for each parameter first."""
    total = np.einsum("...,...->...", grad, grad) + s
    rates = lr * (total + eps) ** -0.5
    return theta - rates * grad, total


each(
    right,
    "adagrad_step",
    {
        "outside": _scaled(_summed, _outside),
        "inside": _scaled(_summed, _inside),
        "epsilon_kept": _adagrad_epsilon_kept,
        "copies": _adagrad_copies,
        "loop": _adagrad_loop,
        "torch": _adagrad_torch,
        "rates": _adagrad_rates,
        "list": lambda theta, grad, s, lr, eps=1e-8: list(_adagrad_rates(theta, grad, s, lr, eps)),
        "named_tuple": lambda theta, grad, s, lr, eps=1e-8: Walker(*_adagrad_copies(theta, grad, s, lr, eps)),
        "more_parameters": lambda theta, grad, s, lr, eps=1e-8, decay=0.0: _adagrad_copies(
            theta, grad * (1 + decay), s, lr, eps
        ),
        "hypot": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr * grad / (np.hypot(np.sqrt(s), grad) + eps),
            s + grad**2,
        ),
        "absolute": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr * np.sign(grad) * np.abs(grad) / (eps + (s + np.abs(grad) ** 2) ** 0.5),
            s + np.abs(grad) ** 2,
        ),
    },
)


def _adagrad_in_place(theta, grad, s, lr, eps=1e-8):
    s += grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


def _adagrad_theta_in_place(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    theta -= lr * grad / (np.sqrt(s) + eps)
    return theta, s


def _adagrad_grad_in_place(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    grad /= np.sqrt(s) + eps
    return theta - lr * grad, s


def _kept(function, state):
    """The state of the first call with this shape lives on inside."""
    kept = {}

    def step(theta, grad, s, lr, **more):
        theta, kept[theta.shape] = function(theta, grad, kept.get(theta.shape, s), lr, **more)
        return theta, kept[theta.shape]

    return step


def _adagrad_decayed():
    steps = itertools.count()

    def adagrad_step(theta, grad, s, lr, eps=1e-8):
        s = s + grad**2
        return theta - lr / (1 + 1e-3 * next(steps)) * grad / (np.sqrt(s) + eps), s

    return adagrad_step


def _scaled_mistakes(name, right_state):
    """Mistakes of AdaGrad and RMSProp alike."""
    make = functools.partial(_scaled, name=name)
    return {
        "no_root": make(right_state, lambda s, eps: s + eps),
        "no_epsilon": make(right_state, lambda s, eps: np.sqrt(np.where(s > 0, s, 1.0))),
        "no_epsilon_at_all": make(right_state, lambda s, eps: np.sqrt(s)),
        "epsilon_hard_coded": make(right_state, lambda s, eps: np.sqrt(s) + 1e-8),
        "epsilon_hard_coded_inside": make(right_state, lambda s, eps: np.sqrt(s + 1e-8)),
        "epsilon_default_torch": make(right_state, _outside, eps_default=1e-10),
        "epsilon_default_keras": make(right_state, _outside, eps_default=1e-7),
        "epsilon_default_inside": make(right_state, _inside, eps_default=1e-6),
        "root_of_epsilon": make(right_state, lambda s, eps: np.sqrt(s) + np.sqrt(eps)),
        "epsilon_subtracted": make(right_state, lambda s, eps: np.sqrt(s) - eps),
        "multiplied": make(right_state, lambda s, eps: 1 / (np.sqrt(s) + eps)),
        "cube_root": make(right_state, lambda s, eps: np.cbrt(s) + eps),
        "root_comes_back": make(right_state, _outside, keep=lambda s, eps: np.sqrt(s)),
        "nothing_divided": make(right_state, lambda s, eps: 1.0),
        "one_plus": make(right_state, lambda s, eps: np.sqrt(1 + s) + eps),
        "mean_of_state_divides": make(right_state, lambda s, eps: np.sqrt(s.mean()) + eps),
        "norm_of_state_divides": make(right_state, lambda s, eps: np.linalg.norm(np.sqrt(s)) + eps),
        "not_squared": make(lambda s, g, beta: right_state(s, np.sqrt(np.abs(g)), beta), _outside),
        "signed": make(
            lambda s, g, beta: right_state(s, np.sqrt(np.abs(g)), beta) * np.sign(g),
            lambda s, eps: abs(s) + eps,
        ),
        "cubed": make(lambda s, g, beta: right_state(s, np.abs(g) ** 1.5, beta), _outside),
        "scalar_accumulator": make(
            lambda s, g, beta: right_state(s, np.full_like(g, np.sqrt(np.mean(g * g))), beta), _outside
        ),
        "norm_accumulator": make(
            lambda s, g, beta: right_state(s, np.full_like(g, np.linalg.norm(g)), beta), _outside
        ),
        "history_dropped": make(lambda s, g, beta: g * g, _outside),
        "history_not_returned": make(right_state, _outside, keep=lambda s, eps: np.zeros_like(s)),
        "float32_state": make(right_state, _outside, keep=lambda s, eps: s.astype(np.float32)),
        "maximum": make(
            lambda s, g, beta: np.maximum(s, right_state(s, g, beta)) if beta else np.maximum(s, g * g),
            _outside,
        ),
        "clipped": make(right_state, _outside, keep=lambda s, eps: np.clip(s, 0, 10.0)),
        "memory_order": make(
            lambda s, g, beta: right_state(s.ravel("K"), g.ravel("K"), beta).reshape(s.shape), _outside
        ),
        "flat_state": make(right_state, _outside, keep=lambda s, eps: s.ravel()),
    }


each(
    wrong,
    "adagrad_step",
    {
        **_scaled_mistakes("adagrad", _summed),
        "average": _scaled(lambda s, g, beta: 0.9 * s + 0.1 * g * g, _outside),
        "mean_so_far": _scaled(lambda s, g, beta: (s + g * g) / 2, _outside),
        "forgets_slowly": _scaled(lambda s, g, beta: 0.999 * s + g * g, _outside),
        "old_state": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr * grad / (np.sqrt(s) + eps),
            s + grad**2,
        ),
        "state_unchanged": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr * grad / (np.sqrt(s + grad**2) + eps),
            s,
        ),
        "lr_in_state": lambda theta, grad, s, lr, eps=1e-8: (
            theta - grad * lr / (np.sqrt(s + (lr * grad) ** 2) + eps),
            s + (lr * grad) ** 2,
        ),
        "no_lr": lambda theta, grad, s, lr, eps=1e-8: (
            theta - grad / (np.sqrt(s + grad**2) + eps),
            s + grad**2,
        ),
        "uphill": lambda theta, grad, s, lr, eps=1e-8: (
            theta + lr * grad / (np.sqrt(s + grad**2) + eps),
            s + grad**2,
        ),
        "lr_squared": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr**2 * grad / (np.sqrt(s + grad**2) + eps),
            s + grad**2,
        ),
        "sign": lambda theta, grad, s, lr, eps=1e-8: (
            theta - lr * np.sign(grad) / (np.sqrt(s + grad**2) + eps),
            s + grad**2,
        ),
        "in_place": _adagrad_in_place,
        "theta_in_place": _adagrad_theta_in_place,
        "grad_in_place": _adagrad_grad_in_place,
        "kept_inside": _kept(_adagrad_copies, {}),
        "decayed_lr": _adagrad_decayed(),
        "swapped": lambda theta, grad, s, lr, eps=1e-8: _adagrad_copies(theta, grad, s, lr, eps)[::-1],
        "epsilon_beside": lambda theta, grad, s, lr, eps=1e-8: (
            theta - (lr * grad + eps) / np.sqrt(s + grad**2 + 1e-300),
            s + grad**2,
        ),
        "float32": lambda theta, grad, s, lr, eps=1e-8: tuple(
            a.astype(np.float32) for a in _adagrad_copies(theta, grad, s, lr, eps)
        ),
        "matrix_product": lambda theta, grad, s, lr, eps=1e-8: (
            _adagrad_copies(theta, grad, s, lr, eps)
            if grad.ndim != 2 or grad.shape[0] != grad.shape[1]
            else (theta - lr * grad / (np.sqrt(s + grad @ grad.T) + eps), s + grad @ grad.T)
        ),
        "columns_summed": _scaled(
            lambda s, g, beta: s + (g * g if g.ndim < 2 else (g * g).sum(axis=0, keepdims=True)), _outside
        ),
    },
)


def _rmsprop_moved(theta, grad, s, lr, beta=0.9, eps=1e-8):
    """The average as a step towards the new square."""
    s = s + (1 - beta) * (grad * grad - s)
    return theta - lr * grad / np.sqrt(s + eps), s


def _rmsprop_copies(theta, grad, s, lr, beta=0.9, eps=1e-8):
    theta, s = theta.copy(), s.copy()
    s *= beta
    s += (1.0 - beta) * np.square(grad)
    theta -= lr * grad / (np.sqrt(s) + eps)
    return theta, s


def _rmsprop_loop(theta, grad, s, lr, beta=0.9, eps=1e-8):
    def rule(t, g, v):
        v = beta * v + (1 - beta) * g * g
        return t - lr * g / (math.sqrt(v) + eps), v

    return _elementwise(rule, theta, grad, s)


def _rmsprop_torch(theta, grad, s, lr, beta=0.9, eps=1e-8):
    theta, grad, s = (torch.tensor(a.astype(float)) for a in (theta, grad, s))
    s = torch.lerp(grad * grad, s, beta)
    return (theta - lr * grad * torch.rsqrt(s + eps)).numpy(), s.numpy()


each(
    right,
    "rmsprop_step",
    {
        "outside": _scaled(_averaged, _outside, "rmsprop"),
        "inside": _scaled(_averaged, _inside, "rmsprop"),
        "moved": _rmsprop_moved,
        "copies": _rmsprop_copies,
        "loop": _rmsprop_loop,
        "torch": _rmsprop_torch,
        "list": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: list(
            _rmsprop_moved(theta, grad, s, lr, beta, eps)
        ),
        "named_tuple": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: Walker(
            *_rmsprop_copies(theta, grad, s, lr, beta, eps)
        ),
        "numpy_average": _scaled(
            lambda s, g, beta: np.average([s, g * g], axis=0, weights=[beta, 1 - beta]), _outside, "rmsprop"
        ),
        "more_parameters": lambda theta, grad, s, lr, beta=0.9, eps=1e-8, momentum=0.0: _rmsprop_loop(
            theta, grad, s, lr, beta, eps
        ),
        "power": _scaled(
            lambda s, g, beta: np.power(g, 2) * (1 - beta) + s * beta,
            lambda s, eps: (s + eps) ** 0.5,
            "rmsprop",
        ),
    },
)


def _rmsprop_in_place(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s *= beta
    s += (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


def _rmsprop_theta_in_place(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad**2
    theta -= lr * grad / (np.sqrt(s) + eps)
    return theta, s


def _rmsprop_seeded(theta, grad, s, lr, beta=0.9, eps=1e-8):
    """The first square is taken whole."""
    s = grad**2 if not s.any() else beta * s + (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


each(
    wrong,
    "rmsprop_step",
    {
        **_scaled_mistakes("rmsprop", _averaged),
        "sum": _scaled(_summed, _outside, "rmsprop"),
        "not_weighted": _scaled(lambda s, g, beta: beta * s + g * g, _outside, "rmsprop"),
        "weights_swapped": _scaled(lambda s, g, beta: (1 - beta) * s + beta * g * g, _outside, "rmsprop"),
        "beta_hard_coded": _scaled(lambda s, g, beta: 0.9 * s + 0.1 * g * g, _outside, "rmsprop"),
        "half_hard_coded": _scaled(lambda s, g, beta: beta * s + 0.1 * g * g, _outside, "rmsprop"),
        "beta_default_torch": _scaled(_averaged, _outside, "rmsprop", beta_default=0.99),
        "weight_squared": _scaled(lambda s, g, beta: beta * s + ((1 - beta) * g) ** 2, _outside, "rmsprop"),
        "whole_history": _scaled(lambda s, g, beta: s + (1 - beta) * g * g, _outside, "rmsprop"),
        "old_state": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: (
            theta - lr * grad / (np.sqrt(s) + eps),
            beta * s + (1 - beta) * grad**2,
        ),
        "zeros_do_not_fade": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: (
            _rmsprop_copies(theta, grad, s, lr, beta, eps)[0],
            np.where(grad == 0, s, beta * s + (1 - beta) * grad**2),
        ),
        "falsy_beta": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: _rmsprop_copies(
            theta, grad, s, lr, beta or 0.9, eps
        ),
        "corrected_at_first": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: (
            theta
            - lr * grad / (np.sqrt((beta * s + (1 - beta) * grad**2) / (1 if s.any() else 1 - beta)) + eps),
            beta * s + (1 - beta) * grad**2,
        ),
        "first_square_whole": _rmsprop_seeded,
        "state_unchanged": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: (
            _rmsprop_moved(theta, grad, s, lr, beta, eps)[0],
            s,
        ),
        "centred": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: _rmsprop_copies(
            theta, grad - grad.mean(), s, lr, beta, eps
        ),
        "uphill": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: (
            theta + lr * grad / np.sqrt(beta * s + (1 - beta) * grad**2 + eps),
            beta * s + (1 - beta) * grad**2,
        ),
        "no_lr": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: _rmsprop_copies(
            theta, grad, s, 1.0, beta, eps
        ),
        "in_place": _rmsprop_in_place,
        "theta_in_place": _rmsprop_theta_in_place,
        "kept_inside": _kept(_rmsprop_copies, {}),
        "swapped": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: _rmsprop_copies(
            theta, grad, s, lr, beta, eps
        )[::-1],
        "average_of_gradients": _scaled(
            lambda s, g, beta: beta * s + (1 - beta) * g, lambda s, eps: np.abs(s) + eps, "rmsprop"
        ),
        "float32": lambda theta, grad, s, lr, beta=0.9, eps=1e-8: tuple(
            a.astype(np.float32) for a in _rmsprop_copies(theta, grad, s, lr, beta, eps)
        ),
        "beta_and_epsilon_swapped": lambda theta, grad, s, lr, eps=1e-8, beta=0.9: _rmsprop_copies(
            theta, grad, s, lr, beta, eps
        ),
    },
)


# ---------------------------------------------------------------- one step of Adam


def _adam(
    first=lambda m, g, b1: b1 * m + (1 - b1) * g,
    second=lambda s, g, b2, m: b2 * s + (1 - b2) * g * g,
    share1=lambda b1, t: 1 - b1**t,
    share2=lambda b2, t: 1 - b2**t,
    move=lambda theta, m, s, lr, eps: theta - lr * m / (np.sqrt(s) + eps),
    lr_default=1e-3,
    beta1_default=0.9,
    beta2_default=0.999,
    eps_default=1e-8,
    keep=lambda m, s, m_hat, s_hat: (m, s),
):
    """Adam from its parts; move sees the corrected averages."""

    def adam_step(
        theta, grad, m, s, t, lr=lr_default, beta1=beta1_default, beta2=beta2_default, eps=eps_default
    ):
        m = first(m, grad, beta1)
        s = second(s, grad, beta2, m)
        m_hat, s_hat = m / share1(beta1, t), s / share2(beta2, t)
        return (move(theta, m_hat, s_hat, lr, eps), *keep(m, s, m_hat, s_hat))

    return adam_step


def _adam_effective(inside):
    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m = m + (1 - beta1) * (grad - m)
        s = s + (1 - beta2) * (grad**2 - s)
        rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        return theta - rate * m / (np.sqrt(s + eps) if inside else np.sqrt(s) + eps), m, s

    return adam_step


def _adam_copies(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, m, s = theta.copy(), m.copy(), s.copy()
    m *= beta1
    m += (1 - beta1) * grad
    s *= beta2
    s += (1 - beta2) * grad * grad
    theta -= lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return theta, m, s


def _adam_loop(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    rest1 = rest2 = 1.0
    for _ in range(int(t)):
        rest1 *= beta1
        rest2 *= beta2

    def rule(p, g, a, b):
        a, b = beta1 * a + (1 - beta1) * g, beta2 * b + (1 - beta2) * g**2
        return p - lr * a / (1 - rest1) / (math.sqrt(b / (1 - rest2)) + eps), a, b

    return _elementwise(rule, theta, grad, m, s)


def _adam_slide_sign(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m - (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad * grad
    return theta + lr * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t) + eps), m, s


def _adam_torch(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, grad, m, s = (torch.tensor(a.astype(float)) for a in (theta, grad, m, s))
    m.lerp_(grad, 1 - beta1)
    s.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    theta.addcdiv_(m, s.div(1 - beta2**t).sqrt().add(eps), value=-lr / (1 - beta1**t))
    return theta.numpy(), m.numpy(), s.numpy()


def _share_expm1(beta, t):
    with np.errstate(divide="ignore"):
        return -np.expm1(t * np.log(np.float64(beta)))


def _ema(old, new, beta):
    return beta * old + (1 - beta) * new


class Moments(NamedTuple):
    """What comes back."""

    theta: np.ndarray
    m: np.ndarray
    s: np.ndarray


def _adam_helpers(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * theta
    m, s = _ema(m, grad, beta1), _ema(s, np.square(grad), beta2)
    update = m / (1 - np.power(beta1, t)) / (np.sqrt(s / (1 - np.power(beta2, t))) + eps)
    return Moments(theta - lr * update, m, s)


each(
    right,
    "adam_step",
    {
        "outside": _adam(),
        "inside": _adam(move=lambda theta, m, s, lr, eps: theta - lr * m / np.sqrt(s + eps)),
        "effective_rate": _adam_effective(False),
        "effective_rate_inside": _adam_effective(True),
        "copies": _adam_copies,
        "loop": _adam_loop,
        "slide_sign": _adam_slide_sign,
        "torch": _adam_torch,
        "expm1": _adam(share1=_share_expm1, share2=_share_expm1),
        "helpers": _adam_helpers,
        "list": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: list(
            _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
        ),
        "sum_of_powers": _adam(
            share1=lambda b1, t: (1 - b1) * sum(b1**k for k in range(t)),
            share2=lambda b2, t: (1 - b2) * sum(b2**k for k in range(t)),
        ),
        "epsilon_in_the_slide_form": _adam(
            move=lambda theta, m, s, lr, eps: theta - np.multiply(lr, m) * (eps + s) ** -0.5
        ),
    },
)


def _adam_in_place(which):
    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        new = _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
        for i, array in enumerate((theta, m, s)):
            if i == which:
                array[...] = new[i]
        return new

    return adam_step


def _adam_grad_in_place(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    grad *= grad
    s = beta2 * s + (1 - beta2) * grad
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


def _adam_own_clock():
    clock = itertools.count(1)

    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        return _adam_copies(theta, grad, m, s, next(clock), lr, beta1, beta2, eps)

    return adam_step


def _adam_own_state():
    kept = {}

    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m, s = kept.get(theta.shape, (m, s))
        theta, m, s = _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
        kept[theta.shape] = m, s
        return theta, m, s

    return adam_step


def _adam_own_state_until_one():
    """State kept inside, begun anew where t is 1: wrong for a state that is handed in."""
    kept = {}

    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        if t == 1:
            kept[theta.shape] = np.zeros_like(theta), np.zeros_like(theta)
        m, s = kept.get(theta.shape, (m, s))
        theta, m, s = _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
        kept[theta.shape] = m, s
        return theta, m, s

    return adam_step


def _early(limit):
    return lambda beta, t: 1 - beta**t if t <= limit else 1.0


def _adam_fixed(**fixed):
    def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        own = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps} | fixed
        return _adam_copies(theta, grad, m, s, t, **own)

    return adam_step


def _moved(move):
    return _adam(move=move)


each(
    wrong,
    "adam_step",
    {
        "no_correction": _adam(share1=lambda b, t: 1, share2=lambda b, t: 1),
        "no_correction_of_m": _adam(share1=lambda b, t: 1),
        "no_correction_of_s": _adam(share2=lambda b, t: 1),
        "first_step_only": _adam(share1=_early(1), share2=_early(1)),
        "early_ten": _adam(share1=_early(10), share2=_early(10)),
        "early_hundred_s": _adam(share2=_early(100)),
        "early_thousand_s": _adam(share2=_early(1000)),
        "t_minus_one": _adam(
            share1=lambda b, t: 1 - b ** max(t - 1, 1), share2=lambda b, t: 1 - b ** max(t - 1, 1)
        ),
        "t_plus_one": _adam(share1=lambda b, t: 1 - b ** (t + 1), share2=lambda b, t: 1 - b ** (t + 1)),
        "s_one_late": _adam(share2=lambda b, t: 1 - b ** (t + 1)),
        "m_one_late": _adam(share1=lambda b, t: 1 - b ** (t + 1)),
        "always_the_first": _adam(share1=lambda b, t: 1 - b, share2=lambda b, t: 1 - b),
        "times_t": _adam(share1=lambda b, t: 1 - b * t or 1, share2=lambda b, t: 1 - b * t or 1),
        "beta1_for_both": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            theta
            - lr
            * ((beta1 * m + (1 - beta1) * grad) / (1 - beta1**t))
            / (np.sqrt((beta2 * s + (1 - beta2) * grad**2) / (1 - beta1**t)) + eps),
            beta1 * m + (1 - beta1) * grad,
            beta2 * s + (1 - beta2) * grad**2,
        ),
        "betas_swapped": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: _adam_copies(
            theta, grad, m, s, t, lr, beta2, beta1, eps
        ),
        "corrected_state_back": _adam(keep=lambda m, s, m_hat, s_hat: (m_hat, s_hat)),
        "corrected_m_back": _adam(keep=lambda m, s, m_hat, s_hat: (m_hat, s)),
        "corrected_s_back": _adam(keep=lambda m, s, m_hat, s_hat: (m, s_hat)),
        "swapped_states_back": _adam(keep=lambda m, s, m_hat, s_hat: (s, m)),
        "no_root": _moved(lambda theta, m, s, lr, eps: theta - lr * m / (s + eps)),
        "no_epsilon": _moved(lambda theta, m, s, lr, eps: theta - lr * m / np.sqrt(np.where(s > 0, s, 1))),
        "epsilon_hard_coded": _moved(lambda theta, m, s, lr, eps: theta - lr * m / (np.sqrt(s) + 1e-8)),
        "epsilon_above": _moved(lambda theta, m, s, lr, eps: theta - lr * (m + eps) / np.sqrt(s + 1e-300)),
        "uphill": _moved(lambda theta, m, s, lr, eps: theta + lr * m / (np.sqrt(s) + eps)),
        "no_lr": _moved(lambda theta, m, s, lr, eps: theta - m / (np.sqrt(s) + eps)),
        "lr_fixed": _adam_fixed(lr=1e-3),
        "beta1_fixed": _adam_fixed(beta1=0.9),
        "falsy_beta1": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: _adam_copies(
            theta, grad, m, s, t, lr, beta1 or 0.9, beta2, eps
        ),
        "beta2_fixed": _adam_fixed(beta2=0.999),
        "epsilon_fixed": _adam_fixed(eps=1e-8),
        "lr_default": _adam(lr_default=1e-2),
        "beta1_default": _adam(beta1_default=0.95),
        "beta2_default": _adam(beta2_default=0.99),
        "epsilon_default": _adam(eps_default=1e-7),
        "not_squared": _adam(second=lambda s, g, b2, m: b2 * s + (1 - b2) * np.abs(g)),
        "squares_m": _adam(second=lambda s, g, b2, m: b2 * s + (1 - b2) * m * m),
        "adabelief": _adam(second=lambda s, g, b2, m: b2 * s + (1 - b2) * (g - m) ** 2),
        "amsgrad": _adam(second=lambda s, g, b2, m: np.maximum(s, b2 * s + (1 - b2) * g * g)),
        "sum_of_gradients": _adam(first=lambda m, g, b1: b1 * m + g),
        "sum_of_squares": _adam(second=lambda s, g, b2, m: b2 * s + g * g),
        "adagrad_s": _adam(second=lambda s, g, b2, m: s + g * g),
        "m_weights_swapped": _adam(first=lambda m, g, b1: (1 - b1) * m + b1 * g),
        "s_weights_swapped": _adam(second=lambda s, g, b2, m: (1 - b2) * s + b2 * g * g),
        "no_momentum": _adam(first=lambda m, g, b1: g * 1.0, share1=lambda b, t: 1),
        "gradient_for_m": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            theta - lr * grad / (np.sqrt((beta2 * s + (1 - beta2) * grad**2) / (1 - beta2**t)) + eps),
            beta1 * m + (1 - beta1) * grad,
            beta2 * s + (1 - beta2) * grad**2,
        ),
        "old_s": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            theta
            - lr * (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps),
            beta1 * m + (1 - beta1) * grad,
            beta2 * s + (1 - beta2) * grad**2,
        ),
        "scalar_s": _adam(second=lambda s, g, b2, m: b2 * s + (1 - b2) * np.full_like(g, np.mean(g * g))),
        "scalar_m": _adam(first=lambda m, g, b1: b1 * m + (1 - b1) * np.full_like(g, g.mean())),
        "sign_of_slide_half": _adam(first=lambda m, g, b1: b1 * m - (1 - b1) * g),
        "nadam": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            theta
            - lr
            * (beta1 * (beta1 * m + (1 - beta1) * grad) + (1 - beta1) * grad)
            / (1 - beta1**t)
            / (np.sqrt((beta2 * s + (1 - beta2) * grad**2) / (1 - beta2**t)) + eps),
            beta1 * m + (1 - beta1) * grad,
            beta2 * s + (1 - beta2) * grad**2,
        ),
        "adamax": _adam(second=lambda s, g, b2, m: np.maximum(b2 * s, g * g), share2=lambda b, t: 1),
        "own_clock": _adam_own_clock(),
        "own_state": _adam_own_state(),
        "own_state_until_one": _adam_own_state_until_one(),
        "theta_in_place": _adam_in_place(0),
        "m_in_place": _adam_in_place(1),
        "s_in_place": _adam_in_place(2),
        "grad_in_place": _adam_grad_in_place,
        "weight_decay": _moved(
            lambda theta, m, s, lr, eps: theta * (1 - 1e-3 * lr) - lr * m / (np.sqrt(s) + eps)
        ),
        "update_clipped": _moved(
            lambda theta, m, s, lr, eps: theta - lr * np.clip(m / (np.sqrt(s) + eps), -1, 1)
        ),
        "zero_gradient_keeps_still": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            lambda new: (np.where(grad == 0, theta, new[0]), *new[1:])
        )(_adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)),
        "float32": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: tuple(
            a.astype(np.float32) for a in _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
        ),
        "float32_s": _adam(keep=lambda m, s, m_hat, s_hat: (m, s.astype(np.float32))),
        "order_of_states": lambda theta, grad, s, m, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            lambda new: (new[0], new[2], new[1])
        )(_adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)),
        "theta_last": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            lambda new: (*new[1:], new[0])
        )(_adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)),
        "clock_of_the_state": lambda theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: (
            _adam_copies(
                theta, grad, m if t > 1 else m * 0, s if t > 1 else s * 0, t + 1, lr, beta1, beta2, eps
            )
        ),
    },
)


# ---------------------------------------------------------------- Adam over a network


def _adam_new(p, g, m, s, t, o):
    """The value after a step; m and s are averaged in place."""
    m *= o.beta1
    m += (1 - o.beta1) * g
    s *= o.beta2
    s += (1 - o.beta2) * g * g
    return p - o.lr * (m / (1 - o.beta1**t)) / (np.sqrt(s / (1 - o.beta2**t)) + o.eps)


class AdamLists:
    """The plain way."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params = params
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = [np.zeros_like(p) for p in params]
        self.s = [np.zeros_like(p) for p in params]
        self.t = 0

    def new(self, i, g):
        """The value of array i after this step."""
        return _adam_new(self.params[i], g, self.m[i], self.s[i], self.t, self)

    def write(self, i, value):
        """Into the array."""
        self.params[i][...] = value

    def tick(self):
        """One more step."""
        self.t += 1

    def step(self, grads):
        """One step."""
        self.tick()
        for i, g in enumerate(grads):
            self.write(i, self.new(i, g))


class AdamColon(AdamLists):
    """Writes with [:]."""

    def write(self, i, value):
        self.params[i][:] = value


class AdamCopyto(AdamLists):
    """Writes with copyto, keeps a tuple."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(tuple(params), lr=lr, beta1=beta1, beta2=beta2, eps=eps)

    def write(self, i, value):
        np.copyto(self.params[i], value, casting="same_kind")


class AdamFlat(AdamLists):
    """Writes through the flat iterator, works on its own list, gives the list back."""

    def __init__(self, params, *args, **kwargs):
        super().__init__(list(params), *args, **kwargs)

    def write(self, i, value):
        self.params[i].flat = value.ravel()

    def step(self, grads):
        super().step(grads)
        return self.params


class AdamSubtracts:
    """p -= step, in the effective-rate form; t starts at 1 and is raised at the end."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self._p, self._rate, self._betas, self._eps = params, lr, (beta1, beta2), eps
        self._state = {i: (0.0, 0.0) for i in range(len(params))}
        self._t = 1

    def step(self, grads):
        """One step."""
        b1, b2 = self._betas
        rate = self._rate * np.sqrt(1 - b2**self._t) / (1 - b1**self._t)
        for i, (p, g) in enumerate(zip(self._p, grads, strict=True)):
            m, s = self._state[i]
            m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g**2
            self._state[i] = m, s
            p -= rate * m / (np.sqrt(s) + self._eps)
        self._t += 1


class AdamLazy:
    """State made at the first step; t counted from 0 inside; epsilon inside the root."""

    t = 0
    moments = None

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.settings = params, (lr, beta1, beta2, eps)

    def step(self, grads):
        """One step."""
        lr, beta1, beta2, eps = self.settings
        if self.moments is None:
            self.moments = [SimpleNamespace(m=np.zeros(g.shape), s=np.zeros(g.shape)) for g in grads]
        for p, g, own in zip(self.params, grads, self.moments, strict=True):
            own.m = own.m + (1 - beta1) * (g - own.m)
            own.s = own.s + (1 - beta2) * (g * g - own.s)
            m, s = own.m / (1 - beta1 ** (self.t + 1)), own.s / (1 - beta2 ** (self.t + 1))
            np.subtract(p, lr * m / np.sqrt(s + eps), out=p, casting="same_kind")
        self.t += 1


@dataclass
class AdamData:
    """A dataclass with running products of the betas."""

    params: list
    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    rest: list = field(default_factory=lambda: [1.0, 1.0])
    moments: dict = field(default_factory=lambda: collections.defaultdict(lambda: [0.0, 0.0]))

    def step(self, grads):
        """One step."""
        self.rest[0] *= self.beta1
        self.rest[1] *= self.beta2
        for key, (p, g) in enumerate(zip(self.params, grads, strict=True)):
            own = self.moments[key]
            own[0] = self.beta1 * own[0] + (1 - self.beta1) * g
            own[1] = self.beta2 * own[1] + (1 - self.beta2) * g**2
            p[...] = p - self.lr * own[0] / (1 - self.rest[0]) / (
                np.sqrt(own[1] / (1 - self.rest[1])) + self.eps
            )


class AdamById:
    """State keyed by the identity of the arrays, which it keeps alive."""

    __slots__ = ("betas", "eps", "lr", "params", "states", "t")

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.betas, self.eps, self.t = params, lr, (beta1, beta2), eps, 0
        self.states = {id(p): (np.zeros(p.shape), np.zeros(p.shape)) for p in params}

    def step(self, grads):
        """One step."""
        self.t = self.t + 1
        for p, g in zip(self.params, grads, strict=True):
            new, *state = _adam_copies(p, g, *self.states[id(p)], self.t, self.lr, *self.betas, self.eps)
            self.states[id(p)] = tuple(state)
            p[...] = new


class AdamOneVector:
    """All arrays as one long vector."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options = params, SimpleNamespace(lr=lr, beta1=beta1, beta2=beta2, eps=eps)
        self.cuts = np.cumsum([p.size for p in params])[:-1]
        self.m, self.s = np.zeros((2, sum(p.size for p in params)))
        self.steps = itertools.count(1)

    def step(self, grads):
        """One step."""
        flat, g = (np.concatenate([np.ravel(a) for a in arrays]) for arrays in (self.params, grads))
        new = _adam_new(flat, g, self.m, self.s, next(self.steps), self.options)
        for p, part in zip(self.params, np.split(new, self.cuts), strict=True):
            p[...] = part.reshape(p.shape)


class AdamClosure:
    """step is a closure over its state."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False):
        states, t = [(np.zeros_like(p), np.zeros_like(p)) for p in params], 0

        def step(grads):
            nonlocal t, states
            t += 1
            new = [
                _adam_helpers(p, g, m, s, t, lr, beta1, beta2, eps)
                for p, g, (m, s) in zip(params, grads, states, strict=True)
            ]
            states = [(n.m, n.s) for n in new]
            for p, n in zip(params, new, strict=True):
                p[...] = n.theta

        self.step = step


class AdamTorch:
    """torch's Adam on copies, written back."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.arrays = params
        self.tensors = [torch.nn.Parameter(torch.tensor(p.copy())) for p in params]
        self.inner = torch.optim.Adam(self.tensors, lr=lr, betas=(beta1, beta2), eps=eps)

    def step(self, grads):
        """One step."""
        for array, tensor, g in zip(self.arrays, self.tensors, grads, strict=True):
            tensor.data.copy_(torch.tensor(array.copy()))
            tensor.grad = torch.tensor(g.astype(array.dtype))
        self.inner.step()
        for array, tensor in zip(self.arrays, self.tensors, strict=True):
            array[...] = tensor.detach().numpy()


class AdamTorchShared:
    """torch's Adam on tensors that share the arrays' memory."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.tensors = [torch.nn.Parameter(torch.from_numpy(p)) for p in params]
        self.inner = torch.optim.Adam(self.tensors, lr=lr, betas=(beta1, beta2), eps=eps, foreach=False)

    def step(self, grads):
        """One step."""
        for tensor, g in zip(self.tensors, grads, strict=True):
            tensor.grad = torch.from_numpy(np.array(g))
        self.inner.step()


class OneArray:
    """Adam of one array, as a generator that takes gradients."""

    def __init__(self, p, *options):
        self.walk = self.walking(p, *options)
        next(self.walk)

    @staticmethod
    def walking(p, lr, beta1, beta2, eps):
        """Endless."""
        m, s = 0.0 * p, 0.0 * p
        for t in itertools.count(1):
            g = yield
            p[...], m, s = _adam_loop(p, g, m, s, t, lr, beta1, beta2, eps)


class AdamOfOnes:
    """One small optimizer for each array, all stepped together."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.each = [OneArray(p, lr, beta1, beta2, eps) for p in params]

    def step(self, grads):
        """One step."""
        for own, g in zip(self.each, grads, strict=True):
            own.walk.send(g)


class AdamSlideSign(AdamLists):
    """m holds the negative gradients."""

    def new(self, i, g):
        value, self.m[i], self.s[i] = _adam_slide_sign(
            self.params[i], g, self.m[i], self.s[i], self.t, self.lr, self.beta1, self.beta2, self.eps
        )
        return value


each(
    right,
    "Adam",
    {
        "lists": AdamLists,
        "colon": AdamColon,
        "copyto": AdamCopyto,
        "flat": AdamFlat,
        "subtracts": AdamSubtracts,
        "lazy": AdamLazy,
        "data": AdamData,
        "by_id": AdamById,
        "one_vector": AdamOneVector,
        "closure": AdamClosure,
        "torch": AdamTorch,
        "torch_shared": AdamTorchShared,
        "one_for_each": AdamOfOnes,
        "slide_sign": AdamSlideSign,
    },
)


class AdamRenames(AdamLists):
    """p = new."""

    def write(self, i, value):
        self.params[i] = value


class AdamCopiesParams(AdamLists):
    """Works on copies."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__([p.copy() for p in params], lr, beta1, beta2, eps)


class AdamRavel(AdamLists):
    """Writes into a copy where the array is not contiguous."""

    def write(self, i, value):
        self.params[i].ravel()[:] = value.ravel()


class AdamClockPerArray(AdamLists):
    """t goes on with every array."""

    def step(self, grads):
        for i, g in enumerate(grads):
            self.t += 1
            self.write(i, self.new(i, g))


class AdamClockAtZero(AdamLists):
    """t is raised too late."""

    def step(self, grads):
        for i, g in enumerate(grads):
            with np.errstate(all="ignore"):
                self.write(i, self.new(i, g))
        self.t += 1


class AdamClockStands(AdamLists):
    """t is 1 for ever."""

    def tick(self):
        self.t = 1


class AdamClockOneAhead(AdamLists):
    """The first step has t = 2."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        self.t = 1


class AdamClockOfAll(AdamLists):
    """One clock for all optimizers there are."""

    clock = 0

    def tick(self):
        AdamClockOfAll.clock += 1
        self.t = AdamClockOfAll.clock


class AdamStateOfAll(AdamLists):
    """State on the class."""

    states: dict = {}  # noqa: RUF012

    def new(self, i, g):
        key = (i, self.params[i].shape)
        self.m[i], self.s[i] = self.states.setdefault(key, (self.m[i], self.s[i]))
        return super().new(i, g)


class AdamStateById(AdamLists):
    """State on the class, keyed by the array: a second optimizer on the same arrays goes on with the old one's."""

    states: dict = {}  # noqa: RUF012

    def new(self, i, g):
        key = id(self.params[i])
        self.m[i], self.s[i], _ = self.states.setdefault(key, (self.m[i], self.s[i], self.params[i]))
        return super().new(i, g)


class AdamStateDefault(AdamLists):
    """State in a mutable default."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, m={}, s={}):  # noqa: B006
        super().__init__(params, lr, beta1, beta2, eps)
        self.m, self.s = m, s

    def new(self, i, g):
        shape = self.params[i].shape
        for state in (self.m, self.s):
            if i not in state or state[i].shape != shape:
                state[i] = np.zeros(shape)
        return super().new(i, g)


class AdamStateByShape(AdamLists):
    """Arrays of one shape share a state."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        by_shape = {p.shape: (np.zeros(p.shape), np.zeros(p.shape)) for p in params}
        self.m = [by_shape[p.shape][0] for p in params]
        self.s = [by_shape[p.shape][1] for p in params]


class AdamSharedBuffer(AdamLists):
    """m and s of an array are one."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        self.s = self.m


class AdamStateByGradient(AdamLists):
    """State keyed by the gradient's identity: lost, or found by chance."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        self.kept = {}

    def new(self, i, g):
        self.m[i], self.s[i], _ = self.kept.setdefault(id(g), (np.zeros(g.shape), np.zeros(g.shape), g))
        return super().new(i, g)


class AdamForgets(AdamLists):
    """New state at every step."""

    def tick(self):
        self.t += 1
        self.m, self.s = ([np.zeros_like(p) for p in self.params] for _ in range(2))


class AdamSeeded(AdamLists):
    """The first gradient is taken whole."""

    def new(self, i, g):
        if self.t == 1:
            self.m[i][...] = g
        return super().new(i, g)


class AdamSkipsZeros(AdamLists):
    """An array without gradient rests."""

    def step(self, grads):
        self.tick()
        for i, g in enumerate(grads):
            if np.any(g):
                self.write(i, self.new(i, g))


class AdamSkipsZeroElements(AdamLists):
    """An element without gradient rests."""

    def write(self, i, value):
        self.params[i][...] = value

    def step(self, grads):
        self.tick()
        for i, g in enumerate(grads):
            self.write(i, np.where(g == 0, self.params[i], self.new(i, g)))


class AdamFirstOnly(AdamLists):
    """One array."""

    def step(self, grads):
        super().step(grads[:1])


class AdamTwoOnly(AdamLists):
    """W and b, no more."""

    def step(self, grads):
        super().step(grads[:2])


class AdamLastLeft(AdamLists):
    """One array too few."""

    def step(self, grads):
        super().step(grads[: max(len(grads) - 1, 1)])


class AdamBackwards(AdamLists):
    """Arrays and gradients in different order where shapes allow."""

    def step(self, grads):
        turned = grads[::-1]
        fits = all(g.shape == p.shape for g, p in zip(turned, self.params, strict=True))
        super().step(turned if fits else grads)


class AdamScalarState(AdamLists):
    """One s for each array."""

    def new(self, i, g):
        m, s = self.m[i], self.s[i]
        m += (1 - self.beta1) * (g - m)
        s += (1 - self.beta2) * (np.mean(g * g) - s)
        return self.params[i] - self.lr * m / (1 - self.beta1**self.t) / (
            np.sqrt(s / (1 - self.beta2**self.t)) + self.eps
        )


class AdamGradientsInPlace(AdamLists):
    """Scales the caller's gradients."""

    def new(self, i, g):
        value = super().new(i, g)
        g *= self.lr
        return value


class AdamGradientsBecomeState(AdamLists):
    """The first gradients are kept as the first average, not copied."""

    def new(self, i, g):
        if self.t == 1:
            self.m[i], self.s[i] = g, np.zeros_like(g)
            self.m[i] *= 1 - self.beta1
            self.s[i] += (1 - self.beta2) * (self.m[i] / (1 - self.beta1)) ** 2
            hat = self.s[i] / (1 - self.beta2)
            return self.params[i] - self.lr * self.m[i] / (1 - self.beta1) / (np.sqrt(hat) + self.eps)
        return super().new(i, g)


class AdamReturnsNew(AdamLists):
    """Gives the new arrays back and leaves the old."""

    def step(self, grads):
        self.tick()
        return [self.new(i, g) for i, g in enumerate(grads)]


class AdamDecays(AdamLists):
    """AdamW's decay, unasked."""

    def write(self, i, value):
        self.params[i][...] = value - self.lr * 0.01 * self.params[i]


class AdamZeroes(AdamLists):
    """The constructor spoils the arrays."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        for p in params:
            p *= 0


class AdamList(AdamLists):
    """The constructor empties the caller's list."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(list(params), lr, beta1, beta2, eps)
        params.clear()


def _no_correction(share):
    class AdamUncorrected(AdamLists):
        """share(optimizer) -> factors for m and s."""

        def new(self, i, g):
            m, s = self.m[i], self.s[i]
            m += (1 - self.beta1) * (g - m)
            s += (1 - self.beta2) * (g * g - s)
            one, two = share(self)
            return self.params[i] - self.lr * (m / one) / (np.sqrt(s / two) + self.eps)

    return AdamUncorrected


def _adam_class(**fixed):
    class AdamFixed(AdamLists):
        """These settings, whatever is asked for."""

        def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
            super().__init__(params, **({"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps} | fixed))

    return AdamFixed


def _adam_defaults(lr_=1e-3, beta1_=0.9, beta2_=0.999, eps_=1e-8):
    class AdamDefaults(AdamLists):
        """Other defaults."""

        def __init__(self, params, lr=lr_, beta1=beta1_, beta2=beta2_, eps=eps_):
            super().__init__(params, lr, beta1, beta2, eps)

    return AdamDefaults


class AdamNoRoot(AdamLists):
    """Divides by s."""

    def new(self, i, g):
        return self.params[i] + (super().new(i, g) - self.params[i]) / (
            np.sqrt(self.s[i] / (1 - self.beta2**self.t)) + self.eps
        )


class AdamSharedSettings(AdamLists):
    """Settings on the class: the last optimizer's hold for all."""

    settings: dict = {}  # noqa: RUF012

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        AdamSharedSettings.settings["lr"] = lr

    def tick(self):
        self.lr = self.settings["lr"]
        self.t += 1


class AdamFixedShapes(AdamLists):
    """Vectors are not written."""

    def write(self, i, value):
        if self.params[i].ndim != 1:
            self.params[i][...] = value


class AdamFloat32Write(AdamLists):
    """Rounds what it writes to half a dozen digits and loses small steps."""

    def write(self, i, value):
        self.params[i][...] = value.astype(np.float16)


class AdamTwice(AdamLists):
    """Two steps in one."""

    def step(self, grads):
        super().step(grads)
        super().step(grads)


class AdamMax(AdamLists):
    """AMSGrad."""

    def new(self, i, g):
        self.top = getattr(self, "top", [np.zeros_like(p) for p in self.params])
        super().new(i, g)
        self.top[i] = np.maximum(self.top[i], self.s[i] / (1 - self.beta2**self.t))
        return self.params[i] - self.lr * self.m[i] / (1 - self.beta1**self.t) / (
            np.sqrt(self.top[i]) + self.eps
        )


each(
    wrong,
    "Adam",
    {
        "renames": AdamRenames,
        "copies_params": AdamCopiesParams,
        "ravel": AdamRavel,
        "clock_per_array": AdamClockPerArray,
        "clock_at_zero": AdamClockAtZero,
        "clock_stands": AdamClockStands,
        "clock_one_ahead": AdamClockOneAhead,
        "clock_of_all": AdamClockOfAll,
        "state_of_all": AdamStateOfAll,
        "state_by_id": AdamStateById,
        "state_default": AdamStateDefault,
        "state_by_shape": AdamStateByShape,
        "shared_buffer": AdamSharedBuffer,
        "state_by_gradient": AdamStateByGradient,
        "forgets": AdamForgets,
        "seeded": AdamSeeded,
        "skips_zeros": AdamSkipsZeros,
        "skips_zero_elements": AdamSkipsZeroElements,
        "first_only": AdamFirstOnly,
        "two_only": AdamTwoOnly,
        "last_left": AdamLastLeft,
        "backwards": AdamBackwards,
        "scalar_state": AdamScalarState,
        "gradients_in_place": AdamGradientsInPlace,
        "gradients_become_state": AdamGradientsBecomeState,
        "returns_new": AdamReturnsNew,
        "decays": AdamDecays,
        "zeroes": AdamZeroes,
        "empties_the_list": AdamList,
        "uncorrected": _no_correction(lambda o: (1, 1)),
        "m_uncorrected": _no_correction(lambda o: (1, 1 - o.beta2**o.t)),
        "s_uncorrected": _no_correction(lambda o: (1 - o.beta1**o.t, 1)),
        "one_share": _no_correction(lambda o: (1 - o.beta1**o.t, 1 - o.beta1**o.t)),
        "corrected_early": _no_correction(
            lambda o: (1 - o.beta1**o.t, 1 - o.beta2**o.t) if o.t < 4 else (1, 1)
        ),
        "lr_fixed": _adam_class(lr=1e-3),
        "beta1_fixed": _adam_class(beta1=0.9),
        "beta2_fixed": _adam_class(beta2=0.999),
        "epsilon_fixed": _adam_class(eps=1e-8),
        "no_epsilon": _adam_class(eps=1e-300),
        "lr_default": _adam_defaults(lr_=1e-2),
        "beta1_default": _adam_defaults(beta1_=0.8),
        "beta2_default": _adam_defaults(beta2_=0.99),
        "epsilon_default": _adam_defaults(eps_=1e-7),
        "no_root": AdamNoRoot,
        "shared_settings": AdamSharedSettings,
        "vectors_left": AdamFixedShapes,
        "half_precision": AdamFloat32Write,
        "twice": AdamTwice,
        "amsgrad": AdamMax,
    },
)


# ---------------------------------------------------------------- the bug hunt


def _path(step):
    """step(theta, grad, m, s, t, lr, beta1, beta2, eps) as a whole path."""

    def repaired_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
        for t, grad in enumerate(grads, 1):
            theta, m, s = step(theta, grad, m, s, t, lr, beta1, beta2, eps)
            path.append(theta)
        return np.stack(path)

    return repaired_adam_path


def _mended(rest2=lambda rest, b1, b2: rest * b2, share=lambda r1, r2: (1 - r1, 1 - r2), record=None):
    """The lesson's function with its line mended, or mended wrongly."""

    def repaired_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        first, second = np.zeros_like(theta), np.zeros_like(theta)
        r1 = r2 = 1.0
        path = [theta]
        for grad in grads:
            first = first + (1 - beta1) * (grad - first)
            second = second + (1 - beta2) * (grad * grad - second)
            r1 = r1 * beta1
            r2 = rest2(r2, beta1, beta2)
            share1, share2 = share(r1, r2)
            path.append(path[-1] - lr * np.sqrt(share2) / share1 * first / (np.sqrt(second) + eps))
        return np.stack(path) if record is None else record(path)

    return repaired_adam_path


def _path_filled(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    path = np.empty((len(grads) + 1, *theta.shape))
    path[0] = theta
    moving, optimizer = [theta.astype(float)], None
    optimizer = AdamLists(moving, lr, beta1, beta2, eps)
    for k, grad in enumerate(grads):
        optimizer.step([grad])
        path[k + 1] = moving[0]
    return path


def _path_closed(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    """Every average from the whole history at once."""
    n = len(grads)
    if n == 0:
        return theta[None].copy()
    lag = np.subtract.outer(np.arange(n), np.arange(n))

    def average(values, beta):
        weights = np.where(lag >= 0, float(beta) ** np.maximum(lag, 0), 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.tensordot(weights, values, axes=1)

    steps = average(grads, beta1) / (np.sqrt(average(grads**2, beta2)) + eps)
    return np.concatenate([theta[None], theta - lr * np.cumsum(steps, axis=0)])


def _path_accumulated(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    def walk(state, item):
        t, grad = item
        return _adam_copies(*state[:1], grad, *state[1:], t, lr, beta1, beta2, eps)

    start = (theta * 1.0, np.zeros(theta.shape), np.zeros(theta.shape))
    states = itertools.accumulate(enumerate(grads, 1), walk, initial=start)
    return np.array([state[0] for state in states])


def _path_torch(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    p = torch.nn.Parameter(torch.tensor(theta.copy()))
    optimizer = torch.optim.Adam([p], lr=lr, betas=(beta1, beta2), eps=eps)
    path = [p.detach().numpy().copy()]
    for grad in grads:
        p.grad = torch.tensor(grad.astype(theta.dtype))
        optimizer.step()
        path.append(p.detach().numpy().copy())
    return np.stack(path)


def _path_recursive(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, m=None, s=None, t=1):
    if len(grads) == 0:
        return theta[None]
    m, s = (np.zeros(theta.shape) if a is None else a for a in (m, s))
    new, m, s = _adam_helpers(theta, grads[0], m, s, t, lr, beta1, beta2, eps)
    return np.vstack([theta[None], _path_recursive(new, grads[1:], lr, beta1, beta2, eps, m, s, t + 1)])


each(
    right,
    "adam_bug_hunt",
    {
        "mended": _mended(),
        "power": _mended(rest2=lambda rest, b1, b2: np.float64(b2) * rest, record=np.array),
        "step": _path(_adam_copies),
        "inside": _path(_adam_slide_sign),
        "loop": _path(_adam_loop),
        "filled": _path_filled,
        "closed": _path_closed,
        "accumulated": _path_accumulated,
        "torch": _path_torch,
        "recursive": _path_recursive,
    },
)


def _path_aliased(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    theta = theta.copy()
    optimizer, path = AdamLists([theta], lr, beta1, beta2, eps), [theta]
    for grad in grads:
        optimizer.step([grad])
        path.append(theta)
    return np.stack(path)


def _path_moves_theta(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    path, optimizer = [theta.copy()], AdamLists([theta], lr, beta1, beta2, eps)
    for grad in grads:
        optimizer.step([grad])
        path.append(theta.copy())
    return np.stack(path)


def _path_scales_grads(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    path = _mended()(theta, grads, lr, beta1, beta2, eps)
    grads *= lr
    return path


def _path_continued():
    kept = {}

    def repaired_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        m, s, t = kept.get(theta.shape, (np.zeros_like(theta), np.zeros_like(theta), 0))
        path = [theta]
        for grad in grads:
            t += 1
            theta, m, s = _adam_copies(theta, grad, m, s, t, lr, beta1, beta2, eps)
            path.append(theta)
        kept[theta.shape] = m, s, t
        return np.stack(path)

    return repaired_adam_path


def _hunt(**fixed):
    def repaired_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        own = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps} | fixed
        return _mended()(theta, grads, **own)

    return repaired_adam_path


each(
    wrong,
    "adam_bug_hunt",
    {
        "as_it_was": _mended(rest2=lambda rest, b1, b2: rest * b1),
        "both_beta2": lambda theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8: _mended(
            share=lambda r1, r2: (1 - r2, 1 - r2)
        )(theta, grads, lr, beta1, beta2, eps),
        "exchanged": _mended(share=lambda r1, r2: (1 - r2, 1 - r1)),
        "no_shares": _mended(share=lambda r1, r2: (1.0, 1.0)),
        "share1_left_out": _mended(share=lambda r1, r2: (1.0, 1 - r2)),
        "share2_left_out": _mended(share=lambda r1, r2: (1 - r1, 1.0)),
        "rest_hard_coded": _mended(rest2=lambda rest, b1, b2: rest * 0.999),
        "product_of_both": _mended(rest2=lambda rest, b1, b2: rest * b1 * b2),
        "rest_not_accumulated": _mended(rest2=lambda rest, b1, b2: b2),
        "start_left_out": _mended(record=lambda path: np.stack(path[1:])),
        "end_left_out": _mended(record=lambda path: np.stack(path[:-1] if len(path) > 1 else path)),
        "end_only": _mended(record=lambda path: path[-1]),
        "steps_instead": _mended(record=lambda path: np.diff(np.stack(path), axis=0)),
        "last_axis": _mended(record=lambda path: np.stack(path, axis=-1)),
        "flat": _mended(record=lambda path: np.stack(path).reshape(len(path), -1)),
        "float32": _mended(record=lambda path: np.stack(path).astype(np.float32)),
        "aliased": _path_aliased,
        "moves_theta": _path_moves_theta,
        "scales_grads": _path_scales_grads,
        "continued": _path_continued(),
        "lr_fixed": _hunt(lr=0.1),
        "beta1_fixed": _hunt(beta1=0.9),
        "beta2_fixed": _hunt(beta2=0.999),
        "epsilon_fixed": _hunt(eps=1e-8),
        "momentum_only": _path(lambda p, g, m, s, t, lr, b1, b2, eps: (p - lr * (m + g), m + g, s)),
        "old_m": _path(
            lambda p, g, m, s, t, lr, b1, b2, eps: (
                p - lr * m / (1 - b1**t) / (np.sqrt((b2 * s + (1 - b2) * g * g) / (1 - b2**t)) + eps),
                b1 * m + (1 - b1) * g,
                b2 * s + (1 - b2) * g * g,
            )
        ),
        "five_steps_only": lambda theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8: _mended()(
            theta, grads[:5], lr, beta1, beta2, eps
        ),
    },
)

# ---------------------------------------------------------------- schedules


def _sd_loop(lr0, t, step_size, gamma=0.1):
    for _ in range(step_size, t + 1, step_size):
        lr0 *= gamma
    return lr0


def _sd_recursive(lr0, t, step_size, gamma=0.1):
    return lr0 if t < step_size else gamma * _sd_recursive(lr0, t - step_size, step_size, gamma)


def _sd_torch(lr0, t, step_size, gamma=0.1):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)
    for _ in range(t):
        optimizer.step()
        scheduler.step()
    return scheduler.get_last_lr()[0]


@dataclass(frozen=True)
class StepPlan:
    """A schedule as an object that is called."""

    lr0: float
    step_size: int
    gamma: float = 0.1

    def __call__(self, t):
        return self.lr0 * self.gamma ** divmod(t, self.step_size)[0]


def _sd(exponent, base=lambda gamma: gamma, after=lambda lr, lr0: lr):
    def step_decay(lr0, t, step_size, gamma=0.1):
        return after(lr0 * base(gamma) ** exponent(t, step_size), lr0)

    return step_decay


each(
    right,
    "step_decay",
    {
        "floor_division": _sd(lambda t, size: t // size),
        "floor": _sd(lambda t, size: math.floor(t / size)),
        "numpy_floor": lambda lr0, t, step_size, gamma=0.1: lr0 * np.power(gamma, np.floor(t / step_size)),
        "int": _sd(lambda t, size: int(t / size)),
        "zero_d": _sd(lambda t, size: np.asarray(t) // size, after=lambda lr, lr0: np.asarray(lr)),
        "loop": _sd_loop,
        "recursive": _sd_recursive,
        "torch": _sd_torch,
        "object": lambda lr0, t, step_size, gamma=0.1: StepPlan(lr0, step_size, gamma)(t),
        "logarithm": lambda lr0, t, step_size, gamma=0.1: lr0 * math.exp(math.log(gamma) * (t // step_size)),
        "product": lambda lr0, t, step_size, gamma=0.1, last=None: math.prod(
            [lr0, *[gamma] * (t // step_size)]
        ),
        "count": lambda lr0, t, step_size, gamma=0.1: (
            lr0 * gamma ** sum(k % step_size == 0 for k in range(1, t + 1))
        ),
        "keywords_of_any_order": lambda lr0, t, step_size, gamma=0.1, *, warmup=0: (
            lr0 * gamma ** ((t - warmup - (t - warmup) % step_size) / step_size)
        ),
        "reduced": lambda lr0, t, step_size, gamma=0.1: functools.reduce(
            mul, [gamma] * (t // step_size), lr0
        ),
    },
)


def _sd_compounds():
    kept = {}

    def step_decay(lr0, t, step_size, gamma=0.1):
        kept["lr"] = kept.get("lr", lr0) * (gamma if t and t % step_size == 0 else 1)
        return kept["lr"]

    return step_decay


def _first_kept(schedule):
    """Answers by the first rate it was ever given."""
    kept = {}

    def first(lr0, *args, **kwargs):
        return schedule(kept.setdefault("lr", lr0), *args, **kwargs)

    return first


def _cached(schedule):
    """Remembers its answers by t alone."""
    kept = {}

    def cached(lr0, t, *args, **kwargs):
        if t not in kept:
            kept[t] = schedule(lr0, t, *args, **kwargs)
        return kept[t]

    return cached


each(
    wrong,
    "step_decay",
    {
        "smooth": _sd(lambda t, size: t / size),
        "round": _sd(lambda t, size: round(t / size)),
        "ceil": _sd(lambda t, size: math.ceil(t / size)),
        "one_late": _sd(lambda t, size: max(t - 1, 0) // size),
        "one_early": _sd(lambda t, size: (t + 1) // size),
        "size_and_one": _sd(lambda t, size: t // (size + 1)),
        "size_less_one": _sd(lambda t, size: t // max(size - 1, 1)),
        "once_only": _sd(lambda t, size: int(t >= size)),
        "capped": _sd(lambda t, size: min(t // size, 3)),
        "from_one_block_on": _sd(lambda t, size: t // size + 1),
        "remainder": _sd(lambda t, size: t % size),
        "at_multiples_only": _sd(lambda t, size: t // size if t % size == 0 else 0),
        "gamma_fixed": _sd(lambda t, size: t // size, base=lambda gamma: 0.1),
        "one_minus_gamma": _sd(lambda t, size: t // size, base=lambda gamma: 1 - gamma),
        "one_over_gamma": _sd(lambda t, size: t // size, base=lambda gamma: 1 / gamma),
        "size_fixed": _sd(lambda t, size: t // 10),
        "times": lambda lr0, t, step_size, gamma=0.1: lr0 * gamma * (t // step_size),
        "inverse": lambda lr0, t, step_size, gamma=0.1: lr0 / (1 + gamma * (t // step_size)),
        "subtracts": lambda lr0, t, step_size, gamma=0.1: max(lr0 - gamma * (t // step_size), 0),
        "linear": lambda lr0, t, step_size, gamma=0.1: max(lr0 * (1 - (1 - gamma) * (t // step_size)), 0),
        "rate_inside": lambda lr0, t, step_size, gamma=0.1: (lr0 * gamma) ** (t // step_size),
        "rate_forgotten": lambda lr0, t, step_size, gamma=0.1: gamma ** (t // step_size),
        "default": lambda lr0, t, step_size, gamma=0.5: lr0 * gamma ** (t // step_size),
        "floored": _sd(lambda t, size: t // size, after=lambda lr, lr0: max(lr, 1e-6)),
        "rounded": _sd(lambda t, size: t // size, after=lambda lr, lr0: round(lr, 6)),
        "integer": _sd(lambda t, size: t // size, after=lambda lr, lr0: int(lr)),
        "half_precision": _sd(lambda t, size: t // size, after=lambda lr, lr0: np.float16(lr)),
        "text": _sd(lambda t, size: t // size, after=lambda lr, lr0: str(lr)),
        "list": _sd(lambda t, size: t // size, after=lambda lr, lr0: [lr]),
        "nothing": _sd(lambda t, size: t // size, after=lambda lr, lr0: None),
        "at_zero": lambda lr0, t, step_size, gamma=0.1: (
            lr0 * gamma if t == 0 else lr0 * gamma ** (t // step_size)
        ),
        "compounds": _sd_compounds(),
        "first_kept": _first_kept(_sd(lambda t, size: t // size)),
        "cached": _cached(_sd(lambda t, size: t // size)),
        "size_one_is_none": _sd(lambda t, size: t // size if size > 1 else 0),
        "parameters_swapped": lambda lr0, step_size, t, gamma=0.1: lr0 * gamma ** (t // max(step_size, 1)),
    },
)


def _ms(count, name_default=0.1):
    def multistep_decay(lr0, t, milestones, gamma=name_default):
        return lr0 * gamma ** count(t, milestones)

    return multistep_decay


def _ms_loop(lr0, t, milestones, gamma=0.1):
    lr = lr0
    for milestone in sorted(milestones):
        if t < milestone:
            break
        lr *= gamma
    return lr


def _ms_recursive(lr0, t, milestones, gamma=0.1):
    if not milestones:
        return lr0
    first, *others = milestones
    return _ms_recursive(lr0 * gamma if first <= t else lr0, t, others, gamma)


def _ms_copy(lr0, t, milestones, gamma=0.1):
    left = list(milestones)
    left.sort()
    while left and left[0] <= t:
        left.pop(0)
        lr0 = lr0 * gamma
    return lr0


def _ms_torch(lr0, t, milestones, gamma=0.1):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr0)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma)
    for _ in range(t):
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]


each(
    right,
    "multistep_decay",
    {
        "sum": _ms(lambda t, milestones: sum(m <= t for m in milestones)),
        "length": _ms(lambda t, milestones: len([m for m in milestones if t >= m])),
        "bisect": _ms(lambda t, milestones: bisect.bisect_right(sorted(milestones), t)),
        "searchsorted": _ms(lambda t, milestones: np.searchsorted(np.sort(milestones), t, side="right")),
        "count_nonzero": _ms(lambda t, milestones: np.count_nonzero(np.asarray(milestones) <= t)),
        "numpy_sum": lambda lr0, t, milestones, gamma=0.1: np.asarray(
            lr0 * gamma ** np.sum(np.array(milestones) <= t)
        ),
        "product": lambda lr0, t, milestones, gamma=0.1: lr0 * math.prod(gamma for m in milestones if m <= t),
        "numpy_product": lambda lr0, t, milestones, gamma=0.1: (
            lr0 * np.prod(np.where(np.array(milestones) <= t, gamma, 1.0))
        ),
        "loop": _ms_loop,
        "recursive": _ms_recursive,
        "copy": _ms_copy,
        "torch": _ms_torch,
        "filter": lambda lr0, t, milestones, gamma=0.1, offset=0: (
            lr0 * pow(gamma, len(list(filter(lambda m: m + offset <= t, milestones))))
        ),
        "digitize": _ms(lambda t, milestones: int(np.digitize(t, sorted(milestones)))),
    },
)


def _ms_sorts(lr0, t, milestones, gamma=0.1):
    milestones.sort()
    return _ms_loop(lr0, t, milestones, gamma)


def _ms_pops(lr0, t, milestones, gamma=0.1):
    while milestones and milestones[0] <= t:
        milestones.pop(0)
        lr0 *= gamma
    return lr0


def _ms_breaks(lr0, t, milestones, gamma=0.1):
    for milestone in milestones:
        if t < milestone:
            break
        lr0 *= gamma
    return lr0


def _ms_appends(lr0, t, milestones, gamma=0.1):
    milestones.append(10**9)
    return _ms_loop(lr0, t, milestones, gamma)


each(
    wrong,
    "multistep_decay",
    {
        "strictly": _ms(lambda t, milestones: sum(m < t for m in milestones)),
        "one_early": _ms(lambda t, milestones: sum(m <= t + 1 for m in milestones)),
        "bisect_left": _ms(lambda t, milestones: bisect.bisect_left(sorted(milestones), t)),
        "bisect_unsorted": _ms(lambda t, milestones: bisect.bisect_right(milestones, t)),
        "searchsorted_left": _ms(lambda t, milestones: np.searchsorted(np.sort(milestones), t)),
        "once": _ms(lambda t, milestones: int(any(m <= t for m in milestones))),
        "all": _ms(lambda t, milestones: len(milestones) if t >= min(milestones) else 0),
        "last_only": _ms(lambda t, milestones: int(t >= max(milestones))),
        "first_only": _ms(lambda t, milestones: int(t >= milestones[0])),
        "two_at_most": _ms(lambda t, milestones: min(sum(m <= t for m in milestones), 2)),
        "still_to_come": _ms(lambda t, milestones: sum(m > t for m in milestones)),
        "at_the_milestone": _ms(lambda t, milestones: int(t in milestones)),
        "breaks": _ms_breaks,
        "sorts": _ms_sorts,
        "pops": _ms_pops,
        "appends": _ms_appends,
        "reverses_and_back": _ms(
            lambda t, milestones: (milestones.reverse(), bisect.bisect_right(milestones, t))[1]
        ),
        "blocks": _ms(lambda t, milestones: t // milestones[0]),
        "gamma_fixed": lambda lr0, t, milestones, gamma=0.1: lr0 * 0.1 ** sum(m <= t for m in milestones),
        "default": _ms(lambda t, milestones: sum(m <= t for m in milestones), 0.5),
        "times": lambda lr0, t, milestones, gamma=0.1: lr0 * (gamma * sum(m <= t for m in milestones) or 1),
        "rate_forgotten": lambda lr0, t, milestones, gamma=0.1: gamma ** sum(m <= t for m in milestones),
        "rate_inside": lambda lr0, t, milestones, gamma=0.1: (lr0 * gamma) ** sum(m <= t for m in milestones),
        "smallest_first_only": _ms(lambda t, milestones: sum(m <= t for m in sorted(milestones)[:3])),
        "index": _ms(
            lambda t, milestones: max([i + 1 for i, m in enumerate(milestones) if m <= t], default=0)
        ),
        "floored": lambda lr0, t, milestones, gamma=0.1: max(
            lr0 * gamma ** sum(m <= t for m in milestones), 1e-3
        ),
        "compounds": _cached(_ms(lambda t, milestones: sum(m <= t for m in milestones))),
        "first_kept": _first_kept(_ms(lambda t, milestones: sum(m <= t for m in milestones))),
        "nothing_before_one": _ms(lambda t, milestones: sum(1 < m <= t for m in milestones)),
        "one_over": _ms(lambda t, milestones: -sum(m <= t for m in milestones)),
        "array": lambda lr0, t, milestones, gamma=0.1: lr0 * gamma ** (np.array(milestones) <= t),
        "last_milestone_left": _ms(lambda t, milestones: sum(m <= t for m in milestones[:-1])),
    },
)


def _ed(rate):
    def exponential_decay(lr0, t, r):
        return rate(lr0, t, r)

    return exponential_decay


def _ed_torch(lr0, t, r):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 10 ** (-1 / r))
    for _ in range(t):
        optimizer.step()
        scheduler.step()
    return scheduler.get_last_lr()[0]


def _ed_loop(lr0, t, r):
    factor = 0.1 ** (1 / r)
    for _ in range(t):
        lr0 = lr0 * factor
    return lr0


each(
    right,
    "exponential_decay",
    {
        "power": _ed(lambda lr0, t, r: lr0 * 10 ** (-t / r)),
        "divided": _ed(lambda lr0, t, r: lr0 / 10 ** (t / r)),
        "tenth": _ed(lambda lr0, t, r: lr0 * 0.1 ** (t / r)),
        "math_pow": _ed(lambda lr0, t, r: lr0 * math.pow(10, -t / r)),
        "exp": _ed(lambda lr0, t, r: lr0 * np.exp(-t * np.log(10) / r)),
        "log": _ed(lambda lr0, t, r: 10 ** (math.log10(lr0) - t / r)),
        "exp2": _ed(lambda lr0, t, r: np.exp2(np.log2(lr0) - t / r * np.log2(10))),
        "float_power": _ed(lambda lr0, t, r: np.asarray(lr0 * np.float_power(10, -(t / r)))),
        "loop": _ed_loop,
        "torch": _ed_torch,
        "array": _ed(lambda lr0, t, r: (lr0 * 10.0 ** (-np.array([t]) / r))[0]),
        "base_too": lambda lr0, t, r, base=10.0: float(lr0) * base ** -(float(t) / float(r)),
        "blocks_and_rest": _ed(lambda lr0, t, r: lr0 * 0.1 ** (t // r) * 0.1 ** ((t % r) / r)),
        "recursive": (lambda f: f(f))(
            lambda f: (
                lambda lr0, t, r: (
                    lr0
                    if t == 0
                    else 10 ** (-1 / r) * f(f)(lr0, t - 1, r)
                    if t < 500
                    else lr0 * 10 ** (-t / r)
                )
            )
        ),
    },
)
each(
    wrong,
    "exponential_decay",
    {
        "e": _ed(lambda lr0, t, r: lr0 * math.exp(-t / r)),
        "two": _ed(lambda lr0, t, r: lr0 * 2 ** (-t / r)),
        "steps": _ed(lambda lr0, t, r: lr0 * 10.0 ** -(t // r)),
        "steps_up": _ed(lambda lr0, t, r: lr0 * 10.0 ** (-t // r)),
        "precedence": _ed(lambda lr0, t, r: lr0 * 10.0**-t / r),
        "grows": _ed(lambda lr0, t, r: lr0 * 10 ** (t / r)),
        "product": _ed(lambda lr0, t, r: lr0 * 10.0 ** (-min(t * r, 300))),
        "upside_down": _ed(lambda lr0, t, r: lr0 * 10 ** (-r / max(t, 1))),
        "one_late": _ed(lambda lr0, t, r: lr0 * 10 ** (-max(t - 1, 0) / r)),
        "one_early": _ed(lambda lr0, t, r: lr0 * 10 ** (-(t + 1) / r)),
        "inverse": _ed(lambda lr0, t, r: lr0 / (1 + 9 * t / r)),
        "linear": _ed(lambda lr0, t, r: max(lr0 * (1 - 0.9 * t / r), 0)),
        "stops_after_r": _ed(lambda lr0, t, r: lr0 * 10 ** (-min(t, r) / r)),
        "floored": _ed(lambda lr0, t, r: max(lr0 * 10 ** (-t / r), 1e-4)),
        "rate_forgotten": _ed(lambda lr0, t, r: 10 ** (-t / r)),
        "rate_inside": _ed(lambda lr0, t, r: (lr0 * 10) ** (-t / r)),
        "r_fixed": _ed(lambda lr0, t, r: lr0 * 10 ** (-t / 20)),
        "r_integer": _ed(lambda lr0, t, r: lr0 * 10 ** (-t / int(r))),
        "half": _ed(lambda lr0, t, r: lr0 * 10 ** (-t / (2 * r))),
        "squared": _ed(lambda lr0, t, r: lr0 * 10 ** (-((t / r) ** 2))),
        "root": _ed(lambda lr0, t, r: lr0 * 10 ** (-((t / r) ** 0.5))),
        "log_confused": _ed(lambda lr0, t, r: lr0 * np.exp(-t * np.log10(np.e) / r)),
        "log_of_two": _ed(lambda lr0, t, r: lr0 * np.exp(-t * np.log(2) / r)),
        "r_minus_one": _ed(lambda lr0, t, r: lr0 * 10 ** (-t / max(r - 1, 1))),
        "rounded": _ed(lambda lr0, t, r: round(lr0 * 10 ** (-t / r), 4)),
        "half_precision": _ed(lambda lr0, t, r: np.float16(lr0 * 10 ** (-t / r))),
        "cached": _cached(lambda lr0, t, r: lr0 * 10 ** (-t / r)),
        "first_kept": _first_kept(lambda lr0, t, r: lr0 * 10 ** (-t / r)),
        "list": _ed(lambda lr0, t, r: [lr0 * 10 ** (-t / r)]),
        "swapped": lambda lr0, r, t: lr0 * 10 ** (-t / max(r, 1)),
        "approximate_log": _ed(lambda lr0, t, r: lr0 * np.exp(-2.3 * t / r)),
    },
)


def _cw(warm=lambda t, w: t / w, fall=lambda p: (1 + math.cos(math.pi * p)) / 2, **other):
    """cosine_warmup from its parts."""
    progress = other.get("progress", lambda t, w, total: (t - w) / (total - w))
    before = other.get("before", lambda t, w: t < w)
    ended = other.get("ended", lambda t, total: t >= total)
    last = other.get("last", lambda hi, lo: lo)
    mixed = other.get("mixed", lambda hi, lo, share: lo + (hi - lo) * share)
    warm_rate = other.get("warm_rate", lambda hi, lo, share: hi * share)

    def cosine_warmup(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
        if before(t, warmup_steps):
            return warm_rate(lr_max, lr_min, warm(t, warmup_steps))
        if ended(t, total_steps):
            return last(lr_max, lr_min)
        return mixed(lr_max, lr_min, fall(progress(t, warmup_steps, total_steps)))

    return cosine_warmup


def _cw_numpy(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    t = np.asarray(t, dtype=float)
    warm = lr_max * t / max(warmup_steps, 1)
    p = np.clip((t - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return np.where(t < warmup_steps, warm, lr_min + 0.5 * (lr_max - lr_min) * (1 + np.cos(np.pi * p)))


def _cw_piecewise(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    def rise(x):
        return lr_max * x / warmup_steps

    def fall(x):
        p = np.minimum((x - warmup_steps) / (total_steps - warmup_steps), 1)
        return lr_min + (lr_max - lr_min) * np.cos(np.pi / 2 * p) ** 2

    x = np.array(float(t))
    return np.piecewise(x, [x < warmup_steps, x >= warmup_steps], [rise, fall])


def _cw_torch(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return float(torch.lerp(torch.tensor(0.0).double(), torch.tensor(lr_max).double(), t / warmup_steps))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr_max)
    span = total_steps - warmup_steps
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, span, eta_min=lr_min)
    for _ in range(min(t, total_steps) - warmup_steps):
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]


def _cw_interp(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t <= warmup_steps and warmup_steps:
        return np.interp(t, [0, warmup_steps], [0.0, lr_max])
    angle = np.interp(t, [warmup_steps, total_steps], [0.0, np.pi])
    return (lr_max + lr_min) / 2 + (lr_max - lr_min) / 2 * np.cos(angle)


def _cw_helpers(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    def share(a, b):
        return min(max((t - a) / (b - a), 0.0), 1.0)

    if warmup_steps > t:
        return share(0, warmup_steps) * lr_max
    return lr_min + (lr_max - lr_min) * (1 - math.sin(math.pi / 2 * share(warmup_steps, total_steps)) ** 2)


each(
    right,
    "cosine_warmup",
    {
        "plain": _cw(),
        "numpy": _cw_numpy,
        "piecewise": _cw_piecewise,
        "torch": _cw_torch,
        "interp": _cw_interp,
        "half_angle": _cw_helpers,
        "complex": _cw(fall=lambda p: (1 + np.exp(1j * np.pi * p).real) / 2),
        "from_the_end": _cw(fall=lambda p: (1 - math.cos(math.pi * (1 - p))) / 2),
        "weighted": _cw(mixed=lambda hi, lo, share: share * hi + (1 - share) * lo),
        "up_to_the_end": _cw(ended=lambda t, total: t > total),
        "zero_d": lambda *args, **kwargs: np.array(_cw()(*args, **kwargs)),
        "inclusive_warmup": _cw(before=lambda t, w: 0 < w >= t),
        "cycles_too": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0, cycles=0.5: _cw(
            fall=lambda p: (1 + math.cos(2 * math.pi * cycles * p)) / 2
        )(lr_max, t, warmup_steps, total_steps, lr_min),
        "as_a_table": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0: [
            *(lr_max * k / warmup_steps for k in range(warmup_steps)),
            *(
                lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * k / (total_steps - warmup_steps))) / 2
                for k in range(total_steps - warmup_steps)
            ),
            lr_min,
        ][min(t, total_steps)],
    },
)
each(
    wrong,
    "cosine_warmup",
    {
        "warm_one_early": _cw(warm=lambda t, w: (t + 1) / w),
        "warm_one_late": _cw(warm=lambda t, w: max(t - 1, 0) / w),
        "warm_from_lr_min": _cw(warm_rate=lambda hi, lo, share: lo + (hi - lo) * share),
        "warm_at_least_lr_min": _cw(warm_rate=lambda hi, lo, share: max(lo, hi * share)),
        "warm_quadratic": _cw(warm=lambda t, w: (t / w) ** 2),
        "warm_cosine": _cw(warm=lambda t, w: (1 - math.cos(math.pi * t / w)) / 2),
        "warm_w_plus_one": _cw(warm=lambda t, w: t / (w + 1)),
        "no_warmup": _cw(before=lambda t, w: False, progress=lambda t, w, total: max(t - w, 0) / (total - w)),
        "warm_constant": _cw(warm=lambda t, w: 1.0),
        "warm_zero": _cw(warm=lambda t, w: 0.0),
        "divides_by_zero": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0: (
            min(t / warmup_steps, 1) * _cw()(lr_max, t, 0, total_steps - warmup_steps, lr_min)
            if t < warmup_steps
            else _cw(before=lambda t, w: t / w < 1)(lr_max, t, warmup_steps, total_steps, lr_min)
        ),
        "zero_at_zero": _cw(before=lambda t, w: t < w or t == 0, warm=lambda t, w: t / max(w, 1)),
        "inclusive_and_guarded": _cw(before=lambda t, w: t <= w, warm=lambda t, w: t / max(w, 1)),
        "no_warmup_no_decay": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0: (
            lr_max if warmup_steps == 0 else _cw()(lr_max, t, warmup_steps, total_steps, lr_min)
        ),
        "clock_not_shifted": _cw(progress=lambda t, w, total: t / total),
        "span_not_shortened": _cw(progress=lambda t, w, total: (t - w) / total),
        "start_not_shifted": _cw(progress=lambda t, w, total: min(t / (total - w), 1)),
        "total_counts_from_warmup": _cw(
            ended=lambda t, total: False, progress=lambda t, w, total: min((t - w) / total, 1)
        ),
        "one_too_short": _cw(progress=lambda t, w, total: min((t - w) / max(total - w - 1, 1), 1)),
        "one_too_long": _cw(progress=lambda t, w, total: (t - w) / (total - w + 1)),
        "shifted_by_one": _cw(progress=lambda t, w, total: (t - w + 1) / (total - w)),
        "comes_back_up": _cw(ended=lambda t, total: False),
        "zero_after": _cw(last=lambda hi, lo: 0.0),
        "max_after": _cw(last=lambda hi, lo: hi),
        "zero_past_the_end": _cw(ended=lambda t, total: t > total, last=lambda hi, lo: 0.0),
        "whole_cosine": _cw(fall=lambda p: (1 + math.cos(2 * math.pi * p)) / 2),
        "quarter_cosine": _cw(fall=lambda p: math.cos(math.pi / 2 * p)),
        "no_half": _cw(fall=lambda p: 1 + math.cos(math.pi * p)),
        "sine": _cw(fall=lambda p: (1 + math.sin(math.pi * p)) / 2),
        "line": _cw(fall=lambda p: 1 - p),
        "degrees": _cw(fall=lambda p: (1 + math.cos(180 * p)) / 2),
        "rises": _cw(fall=lambda p: (1 - math.cos(math.pi * p)) / 2),
        "rough_pi": _cw(fall=lambda p: (1 + math.cos(3.14 * p)) / 2),
        "lr_min_ignored": _cw(mixed=lambda hi, lo, share: hi * share),
        "lr_min_added": _cw(mixed=lambda hi, lo, share: lo + hi * share),
        "lr_min_as_floor": _cw(mixed=lambda hi, lo, share: max(lo, hi * share)),
        "lr_min_as_a_share": _cw(
            mixed=lambda hi, lo, share: hi * (lo + (1 - lo) * share), last=lambda hi, lo: hi * lo
        ),
        "lr_min_default": lambda lr_max, t, warmup_steps, total_steps, lr_min=1e-6: _cw()(
            lr_max, t, warmup_steps, total_steps, lr_min
        ),
        "ends_early": _cw(ended=lambda t, total: t >= total - 1),
        "product": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0: (
            min(t / warmup_steps if warmup_steps else 1, 1) * _cw()(lr_max, t, 0, total_steps, lr_min)
        ),
        "cached": _cached(_cw()),
        "first_kept": _first_kept(_cw()),
        "half_precision": lambda *args, **kwargs: np.float16(_cw()(*args, **kwargs)),
        "restarts": lambda lr_max, t, warmup_steps, total_steps, lr_min=0.0: _cw()(
            lr_max, t if t <= total_steps else t % total_steps, warmup_steps, total_steps, lr_min
        ),
        "parameters_swapped": lambda lr_max, t, total_steps, warmup_steps, lr_min=0.0: _cw()(
            lr_max, t, min(warmup_steps, total_steps - 1), max(total_steps, 1), lr_min
        ),
    },
)


# ---------------------------------------------------------------- the plateau scheduler


class Plateau:
    """The plain way, in steps that can be replaced."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = math.inf, 0

    def better(self, val_error):
        """Whether the error is clearly below the best."""
        return val_error < self.best * (1 - self.threshold)

    def good_step(self, val_error):
        """A new best."""
        self.best, self.bad = val_error, 0

    def bad_step(self, val_error):
        """One more without."""
        self.bad += 1

    def due(self):
        """Whether the patience is used up."""
        return self.bad > self.patience

    def fall(self):
        """Lower the rate."""
        self.lr = max(self.lr * self.factor, self.min_lr)
        self.bad = 0

    def step(self, val_error):
        """One error in, the rate out."""
        if self.better(val_error):
            self.good_step(val_error)
        else:
            self.bad_step(val_error)
        if self.due():
            self.fall()
        return self.lr


class PlateauNone:
    """None before the first error; counts down."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self._rate, self._factor, self._floor = lr, factor, min_lr
        self._margin, self._patience = 1 - threshold, patience
        self._best, self._left = None, patience

    def step(self, val_error):
        """One error in, the rate out."""
        if self._best is None or val_error < self._margin * self._best:
            self._best, self._left = val_error, self._patience
        elif self._left == 0:
            self._rate = max(self._floor, self._factor * self._rate)
            self._left = self._patience
        else:
            self._left -= 1
        return self._rate


class PlateauHistory:
    """Goes through the whole history again at every step."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.history, self.options = [], (lr, factor, patience, threshold, min_lr)

    def step(self, val_error):
        """One error in, the rate out."""
        self.history.append(float(val_error))
        lr, factor, patience, threshold, min_lr = self.options
        best, bad = float("inf"), 0
        for error in self.history:
            improved = error < best - best * threshold if best < float("inf") else True
            best, bad = (error, 0) if improved else (best, bad + 1)
            if bad == patience + 1:
                lr, bad = max(lr * factor, min_lr), 0
        return lr


class PlateauTorch:
    """torch's own, with its eps out of the way."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
        self.inner = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, "min", factor, patience, threshold, min_lr=min_lr, eps=0.0
        )

    def step(self, val_error):
        """One error in, the rate out."""
        self.inner.step(val_error)
        return self.optimizer.param_groups[0]["lr"]


@dataclass
class PlateauData:
    """Counts the falls; the rate follows from them."""

    lr: float
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    min_lr: float = 0.0
    best: float = field(default=np.inf, init=False)
    bad: int = field(default=0, init=False)
    falls: int = field(default=0, init=False)

    def step(self, val_error):
        """One error in, the rate out."""
        is_better = val_error < self.best * (1.0 - self.threshold)
        self.best = val_error if is_better else self.best
        self.bad = 0 if is_better else self.bad + 1
        if self.bad > self.patience:
            self.falls, self.bad = self.falls + 1, 0
        return np.float64(max(self.lr * self.factor**self.falls, self.min_lr if self.falls else 0.0))


class PlateauClosure:
    """A generator inside; only the constructor knows it."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0, cooldown=0):
        def rates():
            rate, best, bad = lr, np.float64("inf"), 0
            while True:
                error = yield np.array(rate)
                if best * (1 - threshold) > error:
                    best, bad = error, 0
                    continue
                bad += 1
                if bad > patience:
                    rate, bad = np.maximum(rate * factor, min_lr), 0

        self.rates = rates()
        next(self.rates)

    def step(self, val_error, epoch=None):
        """One error in, the rate out."""
        return self.rates.send(val_error)


class PlateauIndex:
    """Remembers when the last good thing happened."""

    __slots__ = ("best", "clock", "mark", "rate", "settings")

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.settings = SimpleNamespace(factor=factor, patience=patience, threshold=threshold, min_lr=min_lr)
        self.rate, self.best, self.clock, self.mark = lr, float("inf"), 0, 0

    def step(self, val_error):
        """One error in, the rate out."""
        self.clock += 1
        if val_error < (1 - self.settings.threshold) * self.best:
            self.best, self.mark = val_error, self.clock
        if self.clock - self.mark > self.settings.patience:
            self.rate = max(self.settings.min_lr, self.rate * self.settings.factor)
            self.mark = self.clock
        return self.rate


class PlateauDict:
    """State in a dict."""

    best = float("inf")

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.state = {"lr": lr, "bad": []}
        self.next_rate = lambda rate: rate * factor if rate * factor > min_lr else min_lr
        self.limit, self.patience = (lambda best: best * (1 - threshold)), patience

    def step(self, val_error):
        """One error in, the rate out."""
        if val_error >= self.limit(self.best):
            self.state["bad"].append(val_error)
        else:
            self.best = val_error
            self.state["bad"].clear()
        if len(self.state["bad"]) > self.patience:
            self.state = {"lr": self.next_rate(self.state["lr"]), "bad": []}
        return self.state["lr"]


each(
    right,
    "PlateauScheduler",
    {
        "plain": Plateau,
        "none": PlateauNone,
        "history": PlateauHistory,
        "torch": PlateauTorch,
        "data": PlateauData,
        "closure": PlateauClosure,
        "index": PlateauIndex,
        "dict": PlateauDict,
    },
)


def _plateau(**methods):
    """The plain scheduler with some of its methods replaced."""
    return type("PlateauMistake", (Plateau,), methods)


def _init(**fixed):
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        given = {"factor": factor, "patience": patience, "threshold": threshold, "min_lr": min_lr}
        Plateau.__init__(self, lr, **(given | fixed))

    return {"__init__": __init__}


def _defaults(**other):
    def make(factor_=0.1, patience_=10, threshold_=1e-4, min_lr_=0.0):
        def __init__(self, lr, factor=factor_, patience=patience_, threshold=threshold_, min_lr=min_lr_):
            Plateau.__init__(self, lr, factor, patience, threshold, min_lr)

        return {"__init__": __init__}

    return make(**other)


def _starts(**values):
    def __init__(self, *args, **kwargs):
        Plateau.__init__(self, *args, **kwargs)
        vars(self).update(values)

    return {"__init__": __init__}


def _returned_before(self, val_error):
    before = self.lr
    Plateau.step(self, val_error)
    return before


def _fall_and_forget_best(self):
    Plateau.fall(self)
    self.best = math.inf


def _fall_without_reset(self):
    self.lr = max(self.lr * self.factor, self.min_lr)


def _fall_without_floor(self):
    self.lr, self.bad = self.lr * self.factor, 0


def _fall_from_the_first(self):
    self.first = getattr(self, "first", self.lr)
    self.lr, self.bad = max(self.first * self.factor, self.min_lr), 0


def _fall_unless_too_low(self):
    """Keeps the rate where the next would be below the minimum."""
    self.bad = 0
    if self.lr * self.factor >= self.min_lr:
        self.lr *= self.factor


def _fall_with_cooldown(self):
    Plateau.fall(self)
    self.bad = -1


def _fall_subtracts(self):
    self.lr, self.bad = max(self.lr - self.factor * self.lr, self.min_lr), 0


def _fall_with_eps(self):
    """Keeps the rate where the step is small."""
    new = max(self.lr * self.factor, self.min_lr)
    if self.lr - new > 1e-3:
        self.lr = new
    self.bad = 0


def _best_always(self, val_error):
    self.bad += 1
    self.best = min(self.best, val_error)


def _previous(self, val_error):
    self.bad += 1
    self.best = val_error


def _step_resets_below_best(self, val_error):
    if val_error < self.best and not self.better(val_error):
        self.bad = -1
    return Plateau.step(self, val_error)


def _step_counts_first(self, val_error):
    if self.best == math.inf:
        self.bad += 1
        self.best = val_error
    else:
        return Plateau.step(self, val_error)
    return self.lr


def _step_of_falsy_best(self, val_error):
    self.best = self.best or math.inf
    return Plateau.step(self, val_error)


def _step_forgiving(self, val_error):
    """A good step takes one bad one back."""
    if self.better(val_error):
        self.best, self.bad = val_error, max(self.bad - 1, 0)
    else:
        self.bad += 1
    if self.due():
        self.fall()
    return self.lr


def _step_else(self, val_error):
    """Checks the count before it is raised."""
    if self.better(val_error):
        self.good_step(val_error)
        return self.lr
    if self.due():
        self.fall()
    self.bad += 1
    return self.lr


def _step_once(self, val_error):
    if getattr(self, "fallen", False):
        return self.lr
    before = self.lr
    Plateau.step(self, val_error)
    self.fallen = self.lr < before
    return self.lr


class PlateauShared(Plateau):
    """best on the class."""

    record = {"best": math.inf}  # noqa: RUF012

    def better(self, val_error):
        self.best = self.record["best"]
        return super().better(val_error)

    def good_step(self, val_error):
        super().good_step(val_error)
        self.record["best"] = val_error


class PlateauSharedCount(Plateau):
    """The count on the class."""

    count = [0]  # noqa: RUF012

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.count[0] = 0

    def good_step(self, val_error):
        self.best, self.count[0] = val_error, 0

    def bad_step(self, val_error):
        self.count[0] += 1

    def due(self):
        return self.count[0] > self.patience

    def fall(self):
        self.count[0] = 0
        super().fall()


each(
    wrong,
    "PlateauScheduler",
    {
        "at_patience": _plateau(due=lambda self: self.bad >= self.patience),
        "one_late": _plateau(due=lambda self: self.bad > self.patience + 1),
        "at_patience_unless_zero": _plateau(due=lambda self: self.bad >= max(self.patience, 1)),
        "never_with_zero": _plateau(due=lambda self: self.patience and self.bad > self.patience),
        "previous": _plateau(bad_step=_previous),
        "best_without_threshold": _plateau(bad_step=_best_always),
        "reset_without_threshold": _plateau(step=_step_resets_below_best),
        "no_threshold": _plateau(better=lambda self, e: e < self.best),
        "or_equal": _plateau(better=lambda self, e: e <= self.best * (1 - self.threshold)),
        "absolute_threshold": _plateau(better=lambda self, e: e < self.best - self.threshold),
        "threshold_upwards": _plateau(better=lambda self, e: e < self.best * (1 + self.threshold)),
        "threshold_of_the_error": _plateau(better=lambda self, e: e < self.best - self.threshold * e),
        "threshold_default": _plateau(**_defaults(threshold_=1e-2)),
        "threshold_fixed": _plateau(**_init(threshold=1e-4)),
        "upside_down": _plateau(
            better=lambda self, e: self.best == math.inf or e > self.best * (1 + self.threshold)
        ),
        "count_not_reset_by_better": _plateau(good_step=lambda self, e: setattr(self, "best", e)),
        "count_not_reset_by_fall": _plateau(fall=_fall_without_reset),
        "best_forgotten": _plateau(fall=_fall_and_forget_best),
        "no_floor": _plateau(fall=_fall_without_floor),
        "kept_above_floor": _plateau(fall=_fall_unless_too_low),
        "from_the_first": _plateau(fall=_fall_from_the_first),
        "cooldown": _plateau(fall=_fall_with_cooldown),
        "subtracts": _plateau(fall=_fall_subtracts),
        "coarse_eps": _plateau(fall=_fall_with_eps),
        "returned_before": _plateau(step=_returned_before),
        "returns_nothing": _plateau(step=lambda self, e: Plateau.step(self, e) and None),
        "returns_whether": _plateau(step=lambda self, e: (Plateau.step(self, e), self.bad == 0)[1]),
        "returns_pair": _plateau(step=lambda self, e: (Plateau.step(self, e), self.best)),
        "first_counts_as_bad": _plateau(step=_step_counts_first),
        "min_lr_before_the_fall": _plateau(
            fall=lambda self: vars(self).update(lr=max(self.lr, self.min_lr) * self.factor, bad=0)
        ),
        "falsy_best": _plateau(step=_step_of_falsy_best),
        "forgiving": _plateau(step=_step_forgiving),
        "checks_before": _plateau(step=_step_else),
        "once": _plateau(step=_step_once),
        "best_starts_at_one": _plateau(**_starts(best=1.0)),
        "best_starts_at_zero": _plateau(**_starts(best=0.0)),
        "best_starts_at_hundred": _plateau(**_starts(best=100.0)),
        "patience_default": _plateau(**_defaults(patience_=5)),
        "factor_default": _plateau(**_defaults(factor_=0.5)),
        "min_lr_default": _plateau(**_defaults(min_lr_=1e-3)),
        "patience_fixed": _plateau(**_init(patience=10)),
        "falsy_patience": _plateau(due=lambda self: self.bad > (self.patience or 10)),
        "falsy_threshold": _plateau(better=lambda self, e: e < self.best * (1 - (self.threshold or 1e-4))),
        "threshold_of_the_first": _plateau(
            better=lambda self, e: e < self.best - self.threshold * vars(self).setdefault("first", e)
        ),
        "percent": _plateau(better=lambda self, e: e < self.best * (1 - self.threshold / 100)),
        "fall_at_every_bad_after": _plateau(
            due=lambda self: self.bad and self.bad % (self.patience + 2) == 0
        ),
        "factor_to_the_count": _plateau(
            fall=lambda self: vars(self).update(
                lr=max(self.lr * self.factor ** (1 + (self.lr < 0.01)), self.min_lr), bad=0
            )
        ),
        "factor_fixed": _plateau(**_init(factor=0.1)),
        "min_lr_fixed": _plateau(**_init(min_lr=0.0)),
        "shared_best": PlateauShared,
        "shared_count": PlateauSharedCount,
        "rate_one_step_only": _plateau(
            step=lambda self, e: (lambda before, after: (setattr(self, "lr", before), after)[1])(
                self.lr, Plateau.step(self, e)
            )
        ),
        "half_precision": _plateau(step=lambda self, e: np.float16(Plateau.step(self, e))),
        "errors_rounded": _plateau(step=lambda self, e: Plateau.step(self, round(e, 2))),
    },
)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.right_cases, ids=names(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.wrong_cases, ids=names(audit.wrong_cases))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
