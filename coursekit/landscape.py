"""Random landscapes and their critical points, and many small nets trained side by side from different starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


def random_hessian(dimension: int, rng: np.random.Generator) -> Array:
    """Return a symmetric matrix of normal entries, the simplest model of the curvature at a random critical point."""
    A = rng.normal(size=(dimension, dimension))
    return (A + A.T) / 2


@dataclass(frozen=True)
class Waves:
    """A random smooth function of `dimension` variables: a mean of cosines, with gradient and Hessian.

    directions `(m, dimension)`, phases `(m,)`.
    """

    directions: Array
    phases: Array

    @classmethod
    def draw(cls, dimension: int, rng: np.random.Generator, terms: int = 60) -> Waves:
        """Return a function with `terms` random waves."""
        return cls(rng.normal(size=(terms, dimension)), rng.uniform(0.0, 2 * np.pi, terms))

    def value(self, x: Array) -> float:
        """Return f(x) for one point `(dimension,)`, in units of its own spread."""
        return float(np.cos(self.directions @ x + self.phases).sum() / np.sqrt(len(self.phases) / 2))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at x, `(dimension,)`."""
        return -np.sin(self.directions @ x + self.phases) @ self.directions

    def hessian(self, x: Array) -> Array:
        """Return the matrix of second derivatives at x."""
        return -(self.directions.T * np.cos(self.directions @ x + self.phases)) @ self.directions


def critical_point(f: Waves, start: Array, steps: int = 40) -> Array | None:
    """Return a point where the gradient is 0, found by damped Newton steps on the gradient, or None."""
    x = start.copy()
    for _ in range(steps):
        g = f.gradient(x)
        if np.linalg.norm(g) < 1e-9:
            return x
        step = np.linalg.lstsq(f.hessian(x), -g, rcond=None)[0]
        x = x + step * min(1.0, 0.5 / (np.linalg.norm(step) + 1e-12))
    return None


@dataclass(frozen=True)
class ManyRuns:
    """The losses `(steps, runs)` of several nets of one width that differ only in their random start."""

    width: int
    losses: Array

    def stuck(self, loss: float) -> float:
        """Return the share of runs that end above this loss."""
        return float((self.losses[-1] > loss).mean())


def train_many(
    X: Array,
    labels: Array,
    width: int,
    runs: int,
    steps: int,
    lr: float,
    rng: np.random.Generator,
    loss: Callable[[Array, Array], float],
    dlogits: Callable[[Array, Array], Array],
) -> ManyRuns:
    """Train `runs` nets d → width (tanh) → 2 at once by full-batch gradient descent.

    `loss` and `dlogits` are the mean cross-entropy and its gradient, called on the logits of all runs stacked.
    """
    n, d = X.shape
    W1 = rng.normal(0.0, 1.0 / np.sqrt(d), (runs, d, width))
    b1 = np.zeros((runs, 1, width))
    W2 = rng.normal(0.0, 1.0 / np.sqrt(width), (runs, width, 2))
    b2 = np.zeros((runs, 1, 2))
    stacked = np.tile(labels, runs)
    history = []
    for step in range(steps):
        h = np.tanh(X @ W1 + b1)  # (runs, n, width)
        logits = h @ W2 + b2  # (runs, n, 2)
        if step % 10 == 0 or step == steps - 1:
            history.append([loss(z, labels) for z in logits])
        # the mean is over runs * n rows: times `runs` it is each net's own mean
        dz2 = runs * dlogits(logits.reshape(-1, 2), stacked).reshape(runs, n, 2)
        dz1 = (dz2 @ W2.transpose(0, 2, 1)) * (1.0 - h**2)
        W2 -= lr * h.transpose(0, 2, 1) @ dz2
        b2 -= lr * dz2.sum(axis=1, keepdims=True)
        W1 -= lr * X.T @ dz1
        b1 -= lr * dz1.sum(axis=1, keepdims=True)
    return ManyRuns(width, np.array(history))
