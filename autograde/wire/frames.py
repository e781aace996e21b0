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
    """Receive one frame. The length is checked before anything is read for it."""
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size, deadline))
    if length > limit:
        raise WireError("message too large")
    return _exactly(sock, length, deadline)


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    # Grown as bytes arrive, so that a length without a message costs nothing.
    data = bytearray()
    while len(data) < size:
        try:
            _set_timeout(sock, deadline)
            part = sock.recv(min(size - len(data), 1 << 20))
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error
        if not part:
            raise Closed("end of stream")
        data += part
    return bytes(data)


def _set_timeout(sock: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        sock.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline passed")
    sock.settimeout(left)
