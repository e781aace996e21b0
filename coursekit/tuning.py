"""A digits net with knobs: every hyperparameter of lesson 6, trained a few epochs at a time.

run = Training(three_parts(), {"lr": 0.1, "units": 48}, seed=0)
run.epochs(5)
run.val_error, run.val_loss
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from coursekit.data import split_digits
from coursekit.networks import loss_and_gradient

Array = np.ndarray

DEFAULTS = {
    "lr": 0.02, "momentum": 0.9, "batch": 32, "units": 48, "layers": 2, "decay": 0.0,
    "beta1": 0.9, "beta2": 0.999, "eps": 1e-8,
}  # fmt: skip
"""lr is divided by 1 + decay · epoch. beta1, beta2 and eps count for Adam only, momentum for SGD only."""

CLASSES = 10


class Parts(NamedTuple):
    """Training, validation and test examples: X `(n, 64)` in [0, 1], y `(n,)`."""

    X_train: Array
    y_train: Array
    X_val: Array
    y_val: Array
    X_test: Array
    y_test: Array


def three_parts(n_val: int = 300, seed: int = 0) -> Parts:
    """Return the 1,037 training digits split into training and validation, and the 400 test digits."""
    digits = split_digits(seed=seed)
    X, y = digits.X_train, digits.y_train
    return Parts(X[:-n_val], y[:-n_val], X[-n_val:], y[-n_val:], digits.X_test, digits.y_test)


def drifted(parts: Parts, change: Callable[[Array], Array]) -> Parts:
    """Return the same examples after something changed how all of their images look."""
    return parts._replace(
        X_train=change(parts.X_train), X_val=change(parts.X_val), X_test=change(parts.X_test)
    )


class Training:
    """A ReLU net with He weights on its way: `epochs` goes on from where it stopped.

    point       a dict of hyperparameters; DEFAULTS fill what is missing
    optimizer   "momentum" or "adam"
    """

    def __init__(
        self, data: Parts, point: Mapping[str, float], seed: int = 0, optimizer: str = "momentum"
    ) -> None:
        self.data, self.point, self.optimizer = data, {**DEFAULTS, **point}, optimizer
        self.rng = np.random.default_rng(seed)
        units = [int(self.point["units"])] * int(self.point["layers"])
        self.weights = initial_weights([data.X_train.shape[1], *units, CLASSES], self.rng)
        self.state = [[np.zeros_like(w) for w in self.weights] for _ in range(2)]
        self.done, self.steps, self.lr = 0, 0, float(self.point["lr"])

    def epochs(self, count: int) -> Training:
        """Train for `count` more epochs; a net that blew up stays as it is."""
        size = int(self.point["batch"])
        with np.errstate(all="ignore"):
            for _ in range(count):
                order = self.rng.permutation(len(self.data.X_train))
                for start in range(0, len(order), size):
                    rows = order[start : start + size]
                    self._step(gradients(self.weights, self.data.X_train[rows], self.data.y_train[rows])[1])
                self.done += 1
        return self

    def _step(self, grads: Sequence[Array]) -> None:
        self.steps += 1
        lr = self.lr / (1.0 + self.point["decay"] * self.done)
        for w, m, s, g in zip(self.weights, *self.state, grads, strict=True):
            w -= lr * (self._adam(m, s, g) if self.optimizer == "adam" else self._momentum(m, g))

    def _momentum(self, m: Array, g: Array) -> Array:
        m *= self.point["momentum"]
        m += g
        return m

    def _adam(self, m: Array, s: Array, g: Array) -> Array:
        b1, b2 = self.point["beta1"], self.point["beta2"]
        m += (1 - b1) * (g - m)
        s += (1 - b2) * (g * g - s)
        return (m / (1 - b1**self.steps)) / (np.sqrt(s / (1 - b2**self.steps)) + self.point["eps"])

    def error(self, X: Array, y: Array) -> float:
        """Return the share of wrong answers; a net that blew up counts as guessing."""
        with np.errstate(all="ignore"):
            logits = outputs(self.weights, X)
        return float((logits.argmax(axis=1) != y).mean()) if np.isfinite(logits).all() else 0.9

    @property
    def val_error(self) -> float:
        """The error on the validation part."""
        return self.error(self.data.X_val, self.data.y_val)

    @property
    def test_error(self) -> float:
        """The error on the test part: for reports, never for choices."""
        return self.error(self.data.X_test, self.data.y_test)

    @property
    def val_loss(self) -> float:
        """The cross-entropy on the validation part, at most ln 10 (guessing)."""
        with np.errstate(all="ignore"):
            loss = loss_and_gradient(outputs(self.weights, self.data.X_val), self.data.y_val)[0]
        return min(loss, float(np.log(CLASSES))) if np.isfinite(loss) else float(np.log(CLASSES))

    def save(self) -> list[Array]:
        """Return copies of everything that training changes."""
        return [array.copy() for array in (*self.weights, *self.state[0], *self.state[1])]

    def restore(self, saved: Sequence[Array]) -> None:
        """Go back to what `save` returned."""
        for array, old in zip((*self.weights, *self.state[0], *self.state[1]), saved, strict=True):
            array[...] = old


def initial_weights(sizes: Sequence[int], rng: np.random.Generator) -> list[Array]:
    """Return W, b, W, b, …: He normal weights, zero biases."""
    weights: list[Array] = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        weights += [rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out)), np.zeros(fan_out)]
    return weights


def outputs(weights: Sequence[Array], X: Array) -> Array:
    """Return the logits `(n, k)` of a ReLU net."""
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        X = np.maximum(X @ W + b, 0.0)
    return X @ weights[-2] + weights[-1]


def gradients(weights: Sequence[Array], X: Array, y: Array) -> tuple[float, list[Array]]:
    """Return the mean cross-entropy and its gradient, written by hand, in the order of the weights."""
    layers = [X]
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        layers.append(np.maximum(layers[-1] @ W + b, 0.0))
    loss, dz = loss_and_gradient(layers[-1] @ weights[-2] + weights[-1], y)
    grads: list[Array] = []
    for W, a in zip(weights[-2::-2], reversed(layers), strict=True):
        grads = [a.T @ dz, dz.sum(axis=0), *grads]
        dz = (dz @ W.T) * (a > 0)
    return loss, grads


def val_error(
    data: Parts, point: Mapping[str, float], epochs: int, seed: int = 0, optimizer: str = "momentum"
) -> float:
    """Return the validation error after a training of its own."""
    return Training(data, point, seed, optimizer).epochs(epochs).val_error


class Curves:
    """Learning curves that are trained once and looked up afterwards: validation error against epochs, by point."""

    def __init__(
        self, data: Parts, points: Iterable[Mapping[str, float]], epochs: int, seed: int = 0
    ) -> None:
        self.points: list[Mapping[str, float]] = []
        rows = []
        for point in points:
            run = Training(data, point, seed)
            rows.append([run.epochs(1).val_error for _ in range(epochs)])
            self.points.append(point)
        self.errors = np.array(rows)

    def __call__(self, point: Mapping[str, float], budget: float) -> float:
        """Return the validation error of one of the points after `budget` epochs."""
        row = next(i for i, known in enumerate(self.points) if dict(known) == dict(point))
        return float(self.errors[row, min(int(budget), self.errors.shape[1]) - 1])


class Measured:
    """A function of two hyperparameters, measured on a grid of its own and read in between by interpolation.

    Both axes are logarithmic; `along` turns the second one into the number that is sampled (1 - β for β).
    """

    def __init__(self, names: tuple[str, str], first: Array, second: Array, values: Array) -> None:
        self.names, self.first, self.second, self.values = names, first, second, values
        self._logs = [
            np.log(axis).tolist() for axis in (first, second)
        ]  # lists: single numbers are quicker so
        self._rows = np.asarray(values, dtype=float).tolist()

    def __call__(self, point: Mapping[str, float]) -> float:
        """Return the interpolated value; outside of the grid that of the nearest edge."""
        i, s = _place(self._logs[0], point[self.names[0]])
        j, t = _place(self._logs[1], point[self.names[1]])
        (a, b), (c, d) = (row[j : j + 2] for row in self._rows[i : i + 2])
        return (1 - s) * ((1 - t) * a + t * b) + s * ((1 - t) * c + t * d)


def _place(logs: list[float], value: float) -> tuple[int, float]:
    """Return the interval of a logarithmic axis that holds `value`, and how far along it lies."""
    x = min(max(math.log(value), logs[0]), logs[-1])
    i = min(max(bisect.bisect_left(logs, x) - 1, 0), len(logs) - 2)
    return i, (x - logs[i]) / (logs[i + 1] - logs[i])
