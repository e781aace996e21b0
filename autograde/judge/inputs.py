"""Inputs worth trying: shapes, scales, dtypes, memory layouts and edge values, drawn afresh for every seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHAPES = ((1,), (7,), (4, 3), (1, 5), (5, 1), (2, 3, 4), ())


def elementwise(rng: np.random.Generator, scale: float = 3.0) -> Iterator[tuple[str, Array]]:
    """(description, z) over every shape an activation may meet, then float32 and odd memory layouts."""
    for shape in SHAPES:
        yield f"a float64 array of shape {shape}", np.asarray(rng.normal(0.0, scale, shape))
    yield "a float32 array of shape (4, 3)", rng.normal(0.0, scale, (4, 3)).astype(np.float32)
    for name, z in layouts(rng.normal(0.0, scale, (6, 4))):
        yield f"a float64 array of shape (6, 4), {name}", z
    yield "small values around 0", rng.normal(0.0, 1e-3, (50,))
    yield "an evenly spaced line from -8 to 8", np.linspace(-8.0, 8.0, 41) + 0.013


def layouts(x: Array) -> Iterator[tuple[str, Array]]:
    """The same numbers in Fortran order, as a strided view, and as a window of a larger array."""
    yield "in Fortran order", np.asfortranarray(x)
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), dtype=x.dtype)
    wide[..., ::2] = x
    yield "a strided view", wide[..., ::2]
    framed = np.zeros(tuple(side + 2 for side in x.shape), dtype=x.dtype)
    window = framed[tuple(slice(1, -1) for _ in x.shape)]
    window[...] = x
    yield "a window of a larger array", window


def matrices(
    rng: np.random.Generator, *, scale: float = 1.0, shift: float = 0.0
) -> Iterator[tuple[str, Array]]:
    """(description, X) with examples along the first axis, at several sizes, scales and layouts."""
    for n, d in ((8, 3), (5, 5), (32, 1), (3, 10)):
        yield f"a float64 array of shape ({n}, {d})", shift + scale * rng.normal(size=(n, d))
    yield "columns of very different scale", rng.normal(size=(12, 4)) * np.array([0.01, 1.0, 30.0, 500.0])
    yield "columns far from zero", rng.normal(size=(12, 3)) + np.array([-40.0, 0.0, 70.0])
    yield "a float32 array of shape (6, 4)", rng.normal(size=(6, 4)).astype(np.float32)
    for name, x in layouts(shift + scale * rng.normal(size=(6, 4))):
        yield f"a float64 array of shape (6, 4), {name}", x
