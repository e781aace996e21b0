"""The wire format: values survive, and bytes from an enemy are an error, never anything else."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

import msgpack
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde.wire.codec import decode, encode
from autograde.wire.frames import Closed, Frames
from autograde.wire.values import Handle, Packed, WireError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
DTYPES = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes()
    | hnp.floating_dtypes(sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(sizes=(64, 128))
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


@given(PLAIN)
def test_plain_values_survive(value: Any) -> None:
    assert same(decode(encode(value)), value)


@given(ARRAYS, st.sampled_from("CFS"))
def test_arrays_keep_values_dtype_and_layout(array: np.ndarray[Any, Any], layout: str) -> None:
    sent = array.copy(order="F") if layout == "F" else array
    sent = np.repeat(array, 2, axis=-1)[..., ::2] if layout == "S" and array.ndim else sent
    got = decode(encode(sent))
    assert type(got) is np.ndarray and got.shape == sent.shape and got.dtype == sent.dtype.newbyteorder("=")
    np.testing.assert_array_equal(got, sent)
    assert got.flags.c_contiguous == sent.flags.c_contiguous
    assert got.flags.f_contiguous == sent.flags.f_contiguous
    assert got.flags.writeable


@pytest.mark.parametrize("shape", [(2, 3), (1,), (0,)])
def test_a_long_list_of_like_arrays_travels_as_one_and_arrives_as_a_list(shape: tuple[int, ...]) -> None:
    sent = [np.full(shape, i, np.float32) for i in range(40)]
    data = encode(sent)
    got = decode(data)
    assert type(got) is list and len(data) < 40 * 4 * max(sent[0].size, 1) + 40
    for before, after in zip(sent, got, strict=True):
        np.testing.assert_array_equal(before, after)
        assert type(after) is np.ndarray and after.dtype == np.float32 and after.flags.writeable


def test_a_long_list_of_different_arrays_arrives_as_it_was() -> None:
    sent = [np.zeros(i) for i in range(30)] + [np.zeros((3, 2)).T] * 20 + [np.array(1.0)] * 20
    assert [a.shape for a in decode(encode(sent))] == [a.shape for a in sent]


def test_a_packed_value_arrives_packed() -> None:
    packed = Packed(encode((np.ones(2), {"rng": 1})))
    assert decode(encode({"given": packed}))["given"] == packed


@pytest.mark.parametrize("scalar", [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex64(1j)])
def test_numpy_scalars_stay_numpy_scalars(scalar: np.generic) -> None:
    assert same(decode(encode(scalar)), scalar)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
def test_tensors_survive(dtype: torch.dtype) -> None:
    sent = torch.ones(2, 3).to(dtype).T
    got = decode(encode(sent))
    assert got.dtype == dtype and torch.equal(got, sent)


def test_a_tensor_keeps_requires_grad() -> None:
    assert decode(encode(torch.nn.Parameter(torch.ones(2)))).requires_grad


class LyingFloat(float):
    def __float__(self) -> float:
        return 7.0

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


def test_subclasses_become_plain_data() -> None:
    got = decode(encode(LyingFloat(1.0)))
    assert type(got) is float and got == 1.0
    assert type(decode(encode(np.ma.masked_array([1.0, 2.0], [True, False])))) is np.ndarray
    assert decode(encode(True)) is True


def test_objects_go_to_the_hook() -> None:
    assert decode(encode([object()], lambda _: Handle(3, "object"))) == [Handle(3, "object")]
    assert decode(encode(len, lambda _: 5), callback=lambda number: number) == 5
    with pytest.raises(WireError):
        encode(object())


def test_cycles_and_broadcasts_are_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(WireError):
        encode(cycle)
    with pytest.raises(WireError):
        encode(np.broadcast_to(1.0, (1 << 20, 1 << 20)))
    with pytest.raises(WireError):
        encode([0] * 300_000)


def attempt(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data)


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    attempt(data)


TREES = st.recursive(
    st.none()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=16)
    | st.sampled_from(["<f8", "|b1", "C", "S", "float32"]),
    lambda inner: (
        st.lists(st.integers(0, 10) | inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=30,
)


@settings(max_examples=500)
@given(TREES)
def test_any_msgpack_decodes_or_is_refused(tree: Any) -> None:
    attempt(msgpack.packb(tree))


@given(ARRAYS, st.data())
def test_damaged_messages_decode_or_are_refused(array: np.ndarray[Any, Any], data: Any) -> None:
    message = bytearray(encode({"a": array, "b": (1, "x", 1 << 70)}))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    attempt(bytes(message))


@pytest.mark.parametrize(
    "data",
    [
        b"\x91" * 5000, b"\x91\x00" * 900, b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff" * 1000,
        b"\xdd\x00\x0f\xff\xff" + b"\x90" * 0xFFFFF, *[
            msgpack.packb(message) for message in (
                [5, "<f8", "C", b"", 1 << 40, 1 << 40], [5, "<f8", "C", b"12345678", -1, -1], [5, "|O", "C", b"12345678", 1],
                [5, "<f8", "C", b"12345678", [1]], [5, "<f8", "C", b"12345678", True], [5, "<f8", "C", b"1234567", 1],
                [5, "<f8", "C", "12345678", 1], [5, "<f8", "C", b"", *[0] * 40], [5, "<f8", "S", b"12345678"], [5, "<f8"], [5],
                [10, "<f8", b"", 1 << 40, 0], [10, "<f8", b"12345678" * 4, "2", 2], [10, "<f8", b""], [10, "<f8", b"12345678", 1],
                [10, "<f8", b"", -1, 0], [0, b"x"], [1, [2, "a", b"x"]], [2, "a"], [2, 1, 1], [2, "a", 1, "a"], [11], [11, b"", b""],
                [True, 1], [1.0, 1], ["x"], [7, True, b"12345678", 1], [7, "float64", 1, b"12345678", 1], [8, "x", ""], [9],
            )
        ], msgpack.packb([11, "text"]), msgpack.packb({"a": 1}), msgpack.packb({}), msgpack.packb([]), msgpack.packb([99]), msgpack.packb(b"x"),
    ],
)  # fmt: skip
def test_known_attacks_are_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


def test_frames_have_a_limit_a_deadline_and_an_end() -> None:
    left, right = socket.socketpair()
    with left, right:
        Frames(left).send(b"hello")
        frames = Frames(right)
        assert frames.receive() == b"hello"
        with pytest.raises(TimeoutError):
            frames.receive(time.monotonic() + 0.02)
        left.send(b"\xff\xff\xff\xff")
        with pytest.raises(WireError):
            frames.receive()
    left, right = socket.socketpair()
    with left, right:
        left.send(b"\x00")
        left.close()
        with pytest.raises(Closed):
            Frames(right).receive()


def test_frames_that_arrive_together_are_received_one_by_one() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.send(b"\x00\x00\x00\x01a\x00\x00\x00\x02bc\x00")
        frames = Frames(right)
        assert [frames.receive(), frames.receive()] == [b"a", b"bc"]
        left.send(b"\x00\x00\x01d")
        assert frames.receive() == b"d"
