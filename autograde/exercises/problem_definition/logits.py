"""Logits and labels to try classifiers on: ordinary ones, and ones as far out as ±1e4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge import inputs

Array = np.ndarray[Any, Any]
LESSON = "01_problem_definition"
SHAPES = ((5, 3), (4, 4), (1, 6), (7, 1), (1, 1), (3, 10), (9, 2))


def wide(x: Array) -> Array:
    """The same numbers in float64, for the reference."""
    return x.astype(np.float64)


def tolerance(x: Array) -> dict[str, float]:
    """How far an answer about x may be off: more for float32."""
    return {"rtol": 1e-4, "atol": 1e-5} if x.dtype == np.float32 else {}


def far_tolerance(x: Array) -> dict[str, float]:
    """The same for logits of 1e4, where neighbouring float32 numbers are 0.001 apart: log-sum-exp rounds to that."""
    return {"rtol": 3e-3, "atol": 3e-3} if x.dtype == np.float32 else {}


def ordinary(rng: np.random.Generator, scale: float = 2.0) -> Iterator[tuple[str, Array, Array]]:
    """(description, logits, labels) that no formula overflows on: shapes, widths, layouts, label patterns."""
    for n, k in SHAPES:
        yield f"logits of shape ({n}, {k})", rng.normal(0.0, scale, (n, k)), rng.integers(0, k, n)
    yield "float32 logits of shape (6, 4)", rng.normal(0.0, scale, (6, 4)).astype(np.float32), some(rng, 6, 4)
    for name, z in inputs.layouts(rng.normal(0.0, scale, (6, 4))):
        yield f"logits of shape (6, 4), {name}", z, some(rng, 6, 4)
    yield "logits close to 0", rng.normal(0.0, 0.01, (5, 3)), some(rng, 5, 3)
    spread = rng.normal(0.0, scale, (4, 5)) + np.array([[-9.0], [0.0], [5.0], [11.0]])
    yield "rows around -9, 0, 5 and 11", spread, some(rng, 4, 5)
    yield "labels 0 and 1 only, among 6 classes", rng.normal(0.0, scale, (8, 6)), rng.integers(0, 2, 8)
    yield "every example of class 2", rng.normal(0.0, scale, (5, 4)), np.full(5, 2)


def some(rng: np.random.Generator, n: int, k: int) -> Array:
    """Random labels `(n,)` in 0 … k - 1."""
    return rng.integers(0, k, n)


def far(rng: np.random.Generator) -> Iterator[tuple[str, Array, Array]]:
    """(description, logits, labels) with logits of ±1e4; the labels meet the top and the bottom of a row."""
    top, low = 1e4, -1e4
    yield "one logit of 1e4 beside zeros, the true class on top", np.array([[0.0, top, 0.0]]), np.array([1])
    yield "one logit of 1e4 beside zeros, the true class below", np.array([[0.0, top, 0.0]]), np.array([2])
    yield "logits just below 1e4", top - rng.uniform(0.5, 3.0, (4, 3)), some(rng, 4, 3)
    yield "logits just above -1e4", low + rng.uniform(0.5, 3.0, (4, 3)), some(rng, 4, 3)
    rows = rng.normal(size=(3, 4)) + np.array([[top], [0.0], [low]])
    yield "one row near 1e4, one near 0, one near -1e4", rows, some(rng, 3, 4)
    yield "the true class 2e4 below the top", np.array([[top, low], [low, top]]), np.array([1, 0])
    signs = top * np.sign(rng.permuted(np.tile([1.0, -1.0, -1.0, -1.0, -1.0], (6, 1)), axis=1))
    yield "rows of ±1e4, the true class anywhere", signs + rng.normal(size=(6, 5)), some(rng, 6, 5)
    for gap in (25.0, 60.0, 800.0):
        z = rng.normal(0.0, 0.3, (3, 4)) + np.array([gap, 0.0, 0.0, 0.0])
        yield f"the true class about {gap:g} below the top", z, np.array([1, 3, 2])
    z32 = np.array([[1e4, -1e4, 9998.0], [-1e4, -9999.0, -1e4], [2.0, 1.0, 0.0]], dtype=np.float32)
    yield "float32 logits of ±1e4", z32, np.array([1, 0, 2])
