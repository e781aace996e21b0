"""Bytes to values, with limits on everything: size, nodes, depth, array shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack

from autograde.wire import tags
from autograde.wire.arrays import unpack_array, unpack_scalar
from autograde.wire.tensors import unpack_tensor
from autograde.wire.values import MAX_BYTES, MAX_DEPTH, MAX_NODES, Handle, Packed, WireError

MAX_BIG = 1 << 16
MAX_NAME = 100


def _refuse(number: int) -> Any:
    raise WireError(f"no callback {number}")


def decode(
    data: bytes,
    handle: Callable[[Handle], Any] = lambda handle: handle,
    callback: Callable[[int], Any] = _refuse,
) -> Any:
    """The value in `data`. The hooks say what handles and callback numbers stand for on this side."""
    if len(data) > MAX_BYTES:
        raise WireError("message too large")
    try:
        # Every list in a message is a value: it is built as soon as msgpack has read it.
        value = msgpack.unpackb(
            data, list_hook=_Decoder(handle, callback).build, object_hook=_no_map, unicode_errors="surrogatepass",
            max_map_len=0, max_array_len=2 * MAX_NODES + 1, max_ext_len=0, max_str_len=MAX_BYTES, max_bin_len=MAX_BYTES,
        )  # fmt: skip
    except WireError:
        raise
    except Exception as error:
        # msgpack, numpy and torch each have their own ways to complain of garbage.
        raise WireError(f"{type(error).__name__}: {error}") from error
    _check((value,), {type(value)}, MAX_DEPTH)
    return value


def _no_map(_: object) -> Any:
    raise WireError("no value")


_COMPOUND = frozenset((list, tuple, dict))


def _check(items: Any, kinds: set[type], depth: int) -> None:
    """Refuse what lies too deep, and bytes that are part of no value."""
    if bytes in kinds:
        raise WireError("no value")
    if kinds.isdisjoint(_COMPOUND):
        return
    if not depth:
        raise WireError("value too deep")
    for item in items:
        if type(item) in _COMPOUND:
            inner = item.values() if type(item) is dict else item
            _check(inner, set(map(type, inner)), depth - 1)


class _Decoder:
    """One message being read. It is counted while it grows: 64 MB of empty lists would be gigabytes."""

    def __init__(self, handle: Callable[[Handle], Any], callback: Callable[[int], Any]) -> None:
        self._handle, self._callback = handle, callback
        self._nodes = 0

    def build(self, items: list[Any]) -> Any:
        """The value of one list: a tag, and what belongs to it."""
        tag = items.pop(0) if items else None
        self._nodes += len(items) + 1
        if self._nodes > 2 * MAX_NODES:
            raise WireError("too many nodes")
        if type(tag) is not int:
            raise WireError("no value")
        if tag == tags.LIST:
            return items
        if tag == tags.TUPLE:
            return tuple(items)
        if tag == tags.DICT:
            return _dict(items)
        if tag == tags.ARRAY:
            return unpack_array(*items)
        if tag == tags.PACKED:
            return _packed(*items)
        return self._leaf(tag, items)

    def _leaf(self, tag: int, items: list[Any]) -> Any:
        match tag, items:
            case tags.ALIKE, [name, data, int(count), *shape] if shape:
                self._nodes += count
                if self._nodes > 2 * MAX_NODES:
                    raise WireError("too many nodes")
                return list(unpack_array(name, "C", data, count, *shape))
            case tags.SCALAR, [name, data]:
                return unpack_scalar(name, data)
            case tags.TENSOR, [name, requires_grad, data, *shape]:
                return unpack_tensor(name, requires_grad, data, *shape)
            case tags.COMPLEX, [float(real), float(imag)]:
                return complex(real, imag)
            case tags.BIG, [bytes(data)] if len(data) <= MAX_BIG:
                return int.from_bytes(data, "little", signed=True)
            case tags.HANDLE, [int(key), str(name)]:
                return self._handle(Handle(key, name[:MAX_NAME]))
            case tags.CALLBACK, [int(number)]:
                return self._callback(number)
        raise WireError("unknown tag")


def _dict(items: list[Any]) -> dict[str, Any]:
    keys = items[::2]
    if len(items) % 2 or not {type(key) for key in keys} <= {str}:
        raise WireError("no dict")
    return dict(zip(keys, items[1::2], strict=True))


def _packed(data: object) -> Packed:
    if type(data) is not bytes:
        raise WireError("nothing packed")
    return Packed(data)
