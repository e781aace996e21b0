"""Small problems in the plane, and polynomials to fit them with: clusters, a bent boundary, a checkerboard."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

Array = np.ndarray


def fit_polynomial(x: Array, y: Array, degree: int) -> np.polynomial.Legendre:
    """Return the least-squares polynomial of this degree on [-1, 1].

    Legendre polynomials span the same functions as 1, x, x², … and keep the equations well conditioned.
    """
    return np.polynomial.Legendre.fit(x, y, degree, domain=[-1.0, 1.0])


def rms_error(curve: np.polynomial.Legendre, x: Array, y: Array) -> float:
    """Return the root mean square of curve(x) - y."""
    return float(np.sqrt(np.mean((curve(x) - y) ** 2)))


def clusters(n: int, rng: np.random.Generator, spread: float = 0.5) -> tuple[Array, Array]:
    """Return X `(3n, 2)` around the corners of a triangle, and labels `(3n,)` in 0 … 2."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(3) / 3
    centres = 1.3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = np.repeat(np.arange(3), n)
    return centres[labels] + rng.normal(0.0, spread, (3 * n, 2)), labels


def bent(n: int, rng: np.random.Generator, flipped: float = 0.08) -> tuple[Array, Array]:
    """Return X `(n, 2)` in [-1, 1]² and labels `(n,)`: 1 above a wave, 0 below, a share of them flipped at random."""
    X = rng.uniform(-1.0, 1.0, (n, 2))
    labels = (X[:, 1] > 0.6 * np.sin(1.5 * np.pi * X[:, 0])).astype(np.int64)
    return X, np.where(rng.random(n) < flipped, 1 - labels, labels)


def checkerboard(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return X `(4n, 2)` in four clusters and labels 0/1 by diagonals: the exclusive or, which no line separates."""
    centres = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
    corner = np.repeat(np.arange(4), n)
    return centres[corner] + rng.normal(0.0, 0.25, (4 * n, 2)), corner // 2


def polynomial_features(X: Array, degree: int) -> Array:
    """Return all products of up to `degree` columns of X `(n, d)`, without the constant."""
    columns = [
        np.prod(X[:, list(chosen)], axis=1)
        for power in range(1, degree + 1)
        for chosen in combinations_with_replacement(range(X.shape[1]), power)
    ]
    return np.stack(columns, axis=1)
