"""Length-prefixed frames over a socket, with a deadline and a size limit."""

from __future__ import annotations

import socket
import struct
import time

from autograde.wire.values import MAX_BYTES, WireError

_LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other end is gone."""


def send_frame(sock: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Send one frame. `deadline` is on the monotonic clock; raises TimeoutError when it passes."""
    if len(data) > MAX_BYTES:
        raise WireError("message too large")
    view = memoryview(_LENGTH.pack(len(data)) + data)
    try:
        while view:
            _set_timeout(sock, deadline)
            view = view[sock.send(view) :]
    except TimeoutError:
        raise
    except OSError as error:
        raise Closed(str(error)) from error


def receive_frame(sock: socket.socket, deadline: float | None = None, limit: int = MAX_BYTES) -> bytes:
    """Receive one frame. The length is checked before more is read for it.

    The two ends take turns, so what comes along with a frame's first bytes is that frame and no other.
    """
    # Grown as bytes arrive, so that a length without a message costs nothing.
    data = bytearray(_some(sock, 1 << 16, deadline))
    while len(data) < _LENGTH.size:
        data += _some(sock, 1 << 16, deadline)
    (length,) = _LENGTH.unpack_from(data)
    if length > limit:
        raise WireError("message too large")
    while len(data) < _LENGTH.size + length:
        data += _some(sock, min(_LENGTH.size + length - len(data), 1 << 20), deadline)
    if len(data) > _LENGTH.size + length:
        raise WireError("more than one message at a time")
    return bytes(memoryview(data)[_LENGTH.size :])


def _some(sock: socket.socket, most: int, deadline: float | None) -> bytes:
    try:
        _set_timeout(sock, deadline)
        part = sock.recv(most)
    except TimeoutError:
        raise
    except OSError as error:
        raise Closed(str(error)) from error
    if not part:
        raise Closed("end of stream")
    return part


def _set_timeout(sock: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        if sock.gettimeout() is not None:  # setting it is a system call
            sock.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline passed")
    sock.settimeout(left)
