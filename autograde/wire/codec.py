"""Values to bytes and back. A small explicit format on msgpack: never pickle, never a class by name.

Encoding reduces every subclass to the plain data below it, by the base class' own methods, so that an
overridden `__float__` or `__iter__` has no say. What is no data goes to the `keep` hook.
Decoding trusts nothing: any violation is a `WireError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from autograde.wire import tags
from autograde.wire.arrays import pack_array, pack_scalar
from autograde.wire.decode import decode
from autograde.wire.tensors import is_tensor, pack_tensor
from autograde.wire.values import MAX_BYTES, MAX_DEPTH, MAX_NODES, Handle, Packed, WireError

__all__ = ["Handle", "Keep", "Packed", "WireError", "decode", "encode", "pack"]

Keep = Callable[[Any], "Handle | int"]
"""What to do with a `Handle` or an object that is no data: the `Handle` to it, or the number of a callback."""

FEW, SMALL = 16, 64
"""From how many arrays, of how many items at most, a list of arrays travels as one."""

_SCALARS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
)

_COMPOUND = frozenset((list, tuple, dict))
_AS_IT_IS = frozenset((type(None), bool, float, str))


_BYTES_AT = {tags.ARRAY: 3, tags.TENSOR: 3, tags.PACKED: 1}
"""Where in a list its bytes stand."""


def encode(value: Any, keep: Keep | None = None) -> bytes:
    """The bytes of one value."""
    return _bytes(_Encoder(keep).pack(value, 0))


def pack(value: Any, keep: Keep | None = None) -> Packed:
    """The bytes of one value, and what is known of them."""
    encoder = _Encoder(keep)
    data = _bytes(encoder.pack(value, 0))
    return Packed(data, encoder.repeatable, frozenset(encoder.objects))


def _bytes(packed: Any) -> bytes:
    try:
        data: bytes = msgpack.packb(packed, use_bin_type=True, unicode_errors="surrogatepass")
    except (ValueError, TypeError, OverflowError) as error:
        raise WireError(str(error)) from error
    if len(data) > MAX_BYTES:
        raise WireError("message too large")
    return data


class _Encoder:
    """One message being packed: counts nodes and bytes, so that shared or cyclic lists end."""

    def __init__(self, keep: Keep | None) -> None:
        self._keep = keep
        self._nodes = 0
        self._bytes = 0
        self.repeatable = True
        self.objects: set[int] = set()

    def pack(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise WireError("value too deep or too large")
        kind = type(value)
        if kind in _AS_IT_IS:
            return value
        # The most frequent kinds, straight away.
        if kind is np.ndarray:
            return self._counted(pack_array(value)) or self._kept(value)
        if kind is tuple:
            return [tags.TUPLE, *[self.pack(item, depth + 1) for item in value]]
        if kind is int:
            return _number(value)
        if kind is dict:
            return self._dict(value, depth + 1) or self._kept(value)
        packed = None if kind in _COMPOUND else self._data(value, kind)
        if packed is None:
            packed = self._compound(value, kind, depth + 1)
        return self._kept(value) if packed is None else packed

    def _data(self, value: Any, kind: type) -> Any:
        """Arrays, tensors, numbers and text."""
        if kind is Handle:
            return self._kept(value)
        if kind is Packed:
            self.repeatable &= value.repeatable
            self.objects |= value.objects
            return self._counted([tags.PACKED, value.data])
        if issubclass(kind, np.ndarray):
            return self._counted(pack_array(np.ndarray.view(value, np.ndarray)))
        # np.float64 is a float too, but comes back as what it was.
        if issubclass(kind, np.generic) and not issubclass(kind, np.str_):
            return pack_scalar(value)
        if is_tensor(value):
            return self._counted(pack_tensor(value))
        if issubclass(kind, complex):
            return [tags.COMPLEX, complex.__complex__(value).real, complex.__complex__(value).imag]
        for base, reduce in _SCALARS:
            if issubclass(kind, base):
                return _number(reduce(value))
        return None

    def _counted(self, packed: list[Any] | None) -> list[Any] | None:
        if packed is not None:
            self._bytes += len(packed[_BYTES_AT[packed[0]]])
            if self._bytes > MAX_BYTES:
                raise WireError("message too large")
        return packed

    def _compound(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, list):
            alike = self._alike(value)
            return alike or [tags.LIST, *[self.pack(item, depth) for item in list.__iter__(value)]]
        if issubclass(kind, tuple):
            return [tags.TUPLE, *[self.pack(item, depth) for item in tuple.__iter__(value)]]
        if issubclass(kind, dict):
            return self._dict(value, depth)
        return None

    def _alike(self, value: list[Any]) -> list[Any] | None:
        """A long list of small arrays of one dtype and shape as a single array: thousands of draws, say."""
        items = list.copy(value)
        if len(items) < FEW or {type(item) for item in items} != {np.ndarray}:
            return None
        forms = {(item.dtype, item.shape, item.flags.c_contiguous) for item in items}
        if len(forms) > 1 or not items[0].flags.c_contiguous or not items[0].ndim or items[0].size > SMALL:
            return None
        self._nodes += len(items)
        packed = self._counted(pack_array(np.stack(items)))
        if packed is None:
            return None
        _, name, _, data, *shape = packed
        return [tags.ALIKE, name, data, *shape]

    def _dict(self, value: Any, depth: int) -> list[Any] | None:
        packed: list[Any] = [tags.DICT]
        for key, item in list(dict.items(value)):
            if type(key) is not str:
                if not issubclass(type(key), str):
                    return None
                key = str.__str__(key)
            packed += (key, self.pack(item, depth))
        return packed

    def _kept(self, value: Any) -> list[Any]:
        if self._keep is None:
            raise WireError(f"a {type(value).__name__} is no data")
        kept = self._keep(value)
        if isinstance(kept, Handle):
            self.repeatable &= kept.key < 0
            self.objects.add(kept.key)
            return [tags.HANDLE, kept.key, kept.type_name]
        self.repeatable = False
        return [tags.CALLBACK, kept]


def _number(value: Any) -> Any:
    """Text and machine integers as they are, other integers as bytes."""
    if type(value) is not int or -(1 << 63) <= value < 1 << 64:
        return value
    return [tags.BIG, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)]
