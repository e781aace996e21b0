"""numpy arrays and scalars as plain lists: a dtype, a layout, bytes and a shape."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograde.wire import tags
from autograde.wire.values import MAX_BYTES, WireError

DTYPES = frozenset(
    ["|b1", "|i1", "|u1"]
    + [f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)]
    + ["<f2", "<f4", "<f8", "<c8", "<c16"]
)
_NATIVE_OF = {name: np.dtype(name).newbyteorder("=") for name in DTYPES}
MAX_DIMENSIONS = 32


@functools.lru_cache(maxsize=256)
def plain_dtype(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], str] | None:
    """The dtype on the wire (little endian, long doubles narrowed) and its name, or None where there is none."""
    if dtype.kind == "f" and dtype.itemsize > 8:
        dtype = np.dtype("<f8")
    if dtype.kind == "c" and dtype.itemsize > 16:
        dtype = np.dtype("<c16")
    plain = dtype.newbyteorder("<")
    return (plain, plain.str) if plain.str in DTYPES else None


def pack_array(array: np.ndarray[Any, Any]) -> list[Any] | None:
    """The wire form of a base-class array; None for a dtype that stays on its side."""
    known = plain_dtype(array.dtype)
    if known is None:
        return None
    dtype, name = known
    # A broadcast array is small in memory and huge as bytes: look before copying.
    if array.size * dtype.itemsize > MAX_BYTES:
        raise WireError("array too large")
    flags = array.flags
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
    plain = array if array.dtype is dtype else array.astype(dtype, copy=False)
    return [tags.ARRAY, name, layout, plain.tobytes("F" if layout == "F" else "C"), *array.shape]


def pack_scalar(scalar: np.generic) -> list[Any] | None:
    """The wire form of a numpy scalar; None for a dtype that stays on its side."""
    known = plain_dtype(scalar.dtype)
    if known is None:
        return None
    return [tags.SCALAR, known[1], np.asarray(scalar).astype(known[0]).tobytes()]


def filled(name: object, shape: Sequence[Any], data: object, order: Any = "C") -> np.ndarray[Any, Any]:
    """A writable array of a permitted dtype and a checked shape that the bytes fill exactly."""
    dtype = _NATIVE_OF.get(name) if type(name) is str else None
    if dtype is None or type(data) is not bytes or len(shape) > MAX_DIMENSIONS:
        raise WireError("no array")
    size = dtype.itemsize
    for n in shape:
        if type(n) is not int or n < 0:
            raise WireError("bad shape")
        size *= n
    if size != len(data):
        raise WireError("shape and bytes disagree")
    # Looked at as bytes first: a forged bool of 2 would be neither True nor False to numpy.
    buffer = bytearray(data) if dtype.kind != "b" else bytearray(data.translate(_TRUE_OR_FALSE))
    return np.ndarray(tuple(shape), dtype, buffer, order=order)


_TRUE_OR_FALSE = bytes([0, *[1] * 255])


def unpack_array(name: object, layout: object, data: object, *shape: Any) -> np.ndarray[Any, Any]:
    """The array, in the kind of memory layout that it had."""
    if layout == "C":
        return filled(name, shape, data)
    if layout == "F":
        return filled(name, shape, data, "F")
    if layout != "S" or not shape:
        raise WireError("unknown layout")
    return strided(filled(name, shape, data))


def strided(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values as every second item of a wider array: contiguous in neither order."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view


def unpack_scalar(name: object, data: object) -> np.generic:
    """The numpy scalar."""
    scalar: np.generic = filled(name, (), data)[()]
    return scalar
