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
        return _Decoder(handle, callback).build(_unpack(data), 0)
    except WireError:
        raise
    except Exception as error:
        # msgpack, numpy and torch each have their own ways to complain of garbage.
        raise WireError(f"{type(error).__name__}: {error}") from error


def _unpack(data: bytes) -> Any:
    """msgpack's own tree, counted while it grows: 64 MB of empty lists would be gigabytes."""
    seen = 0

    def count(items: list[Any]) -> list[Any]:
        nonlocal seen
        seen += len(items) + 1
        if seen > 8 * MAX_NODES:
            raise WireError("too many nodes")
        return items

    return msgpack.unpackb(
        data, list_hook=count, unicode_errors="surrogatepass", max_array_len=2 * MAX_NODES + 1,
        max_map_len=0, max_ext_len=0, max_str_len=MAX_BYTES, max_bin_len=MAX_BYTES,
    )  # fmt: skip


_PLAIN = frozenset((type(None), bool, int, float, str))


class _Decoder:
    """One message being read."""

    def __init__(self, handle: Callable[[Handle], Any], callback: Callable[[int], Any]) -> None:
        self._handle, self._callback = handle, callback
        self._nodes = 0

    def build(self, node: Any, depth: int) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise WireError("value too deep or too large")
        if type(node) in _PLAIN:
            return node
        if type(node) is not list or not node or type(node[0]) is not int:
            raise WireError("no value")
        tag, rest = node[0], node[1:]
        if tag == tags.LIST:
            return [self.build(item, depth + 1) for item in rest]
        if tag == tags.TUPLE:
            return tuple([self.build(item, depth + 1) for item in rest])
        if tag == tags.DICT:
            return self._dict(rest, depth + 1)
        if tag == tags.ARRAY and len(rest) == 4:
            return unpack_array(*rest)
        return self._leaf(tag, rest)

    def _dict(self, rest: list[Any], depth: int) -> dict[str, Any]:
        keys = rest[::2]
        if len(rest) % 2 or not {type(key) for key in keys} <= {str}:
            raise WireError("no dict")
        return {key: self.build(item, depth) for key, item in zip(keys, rest[1::2], strict=True)}

    def _leaf(self, tag: int, rest: list[Any]) -> Any:
        match tag, rest:
            case tags.ALIKE, [name, [int(count), *shape], "C", data] if shape:
                self._nodes += count
                if self._nodes > MAX_NODES:
                    raise WireError("value too large")
                return list(unpack_array(name, [count, *shape], "C", data))
            case tags.PACKED, [bytes(data)]:
                return Packed(data)
            case tags.SCALAR, [name, data]:
                return unpack_scalar(name, data)
            case tags.TENSOR, [name, shape, requires_grad, data]:
                return unpack_tensor(name, shape, requires_grad, data)
            case tags.COMPLEX, [float(real), float(imag)]:
                return complex(real, imag)
            case tags.BIG, [bytes(data)] if len(data) <= MAX_BIG:
                return int.from_bytes(data, "little", signed=True)
            case tags.HANDLE, [int(key), str(name)]:
                return self._handle(Handle(key, name[:100]))
            case tags.CALLBACK, [int(number)]:
                return self._callback(number)
        raise WireError("unknown tag")
