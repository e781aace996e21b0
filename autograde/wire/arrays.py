"""numpy arrays and scalars as plain lists of a dtype, a shape, a layout and bytes."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from autograde.wire import tags
from autograde.wire.values import MAX_BYTES, WireError

DTYPES = frozenset(
    ["|b1", "|i1", "|u1"]
    + [f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)]
    + ["<f2", "<f4", "<f8", "<c8", "<c16"]
)
_DTYPE_OF = {name: np.dtype(name) for name in DTYPES}
_NATIVE_OF = {name: dtype.newbyteorder("=") for name, dtype in _DTYPE_OF.items()}


@functools.lru_cache(maxsize=256)
def plain_dtype(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype on the wire (little endian, long doubles narrowed), or None where there is none."""
    if dtype.kind == "f" and dtype.itemsize > 8:
        return np.dtype("<f8")
    if dtype.kind == "c" and dtype.itemsize > 16:
        return np.dtype("<c16")
    plain = dtype.newbyteorder("<")
    return plain if plain.str in DTYPES else None


def pack_array(array: np.ndarray[Any, Any]) -> list[Any] | None:
    """The wire form of a base-class array; None for a dtype that stays on its side."""
    dtype = plain_dtype(array.dtype)
    if dtype is None:
        return None
    # A broadcast array is small in memory and huge as bytes: look before copying.
    if array.size * dtype.itemsize > MAX_BYTES:
        raise WireError("array too large")
    layout = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "S"
    plain = array if array.dtype is dtype else array.astype(dtype, copy=False)
    data = plain.tobytes("F" if layout == "F" else "C")
    return [tags.ARRAY, dtype.str, list(array.shape), layout, data]


def pack_scalar(scalar: np.generic) -> list[Any] | None:
    """The wire form of a numpy scalar; None for a dtype that stays on its side."""
    dtype = plain_dtype(scalar.dtype)
    if dtype is None:
        return None
    return [tags.SCALAR, dtype.str, np.asarray(scalar).astype(dtype).tobytes()]


def flat(name: object, data: object) -> np.ndarray[Any, Any]:
    """Bytes as a one-dimensional, writable array of a permitted dtype."""
    if not isinstance(name, str) or name not in DTYPES or not isinstance(data, bytes):
        raise WireError("unknown dtype")
    dtype = _DTYPE_OF[name]
    if len(data) % dtype.itemsize:
        raise WireError("bytes do not fill the array")
    if dtype.kind == "b":
        # A forged bool byte of 2 would be neither True nor False to numpy.
        return np.frombuffer(data, np.uint8) != 0
    return np.frombuffer(data, dtype).astype(_NATIVE_OF[name], copy=True)


def shape_of(shape: object, size: int) -> tuple[int, ...]:
    """A checked shape that holds exactly `size` items."""
    if not isinstance(shape, list) or len(shape) > 32:
        raise WireError("bad shape")
    for n in shape:
        if type(n) is not int or n < 0:
            raise WireError("bad shape")
    if math.prod(shape) != size:
        raise WireError("shape and bytes disagree")
    return tuple(shape)


def unpack_array(name: object, shape: object, layout: object, data: object) -> np.ndarray[Any, Any]:
    """The array, in the kind of memory layout that it had."""
    items = flat(name, data)
    checked = shape_of(shape, items.size)
    if layout == "C":
        return items.reshape(checked)
    if layout == "F":
        return items.reshape(checked, order="F")
    if layout != "S" or not checked:
        raise WireError("unknown layout")
    return strided(items.reshape(checked))


def strided(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values as every second item of a wider array: contiguous in neither order."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view


def unpack_scalar(name: object, data: object) -> np.generic:
    """The numpy scalar."""
    items = flat(name, data)
    if items.size != 1:
        raise WireError("a scalar is one item")
    scalar: np.generic = items[0]
    return scalar
