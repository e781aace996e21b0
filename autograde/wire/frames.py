"""Length-prefixed frames over a socket, with a deadline and a size limit."""

from __future__ import annotations

import socket
import struct
import time

from autograde.wire.values import MAX_BYTES, WireError

_LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other end is gone."""


class Frames:
    """One end of a socket that carries frames. What arrives early waits here for its turn."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._arrived = bytearray()

    def send(self, data: bytes, deadline: float | None = None) -> None:
        """Send one frame. `deadline` is on the monotonic clock; raises TimeoutError when it passes."""
        if len(data) > MAX_BYTES:
            raise WireError("message too large")
        view = memoryview(_LENGTH.pack(len(data)) + data)
        try:
            while view:
                self._set_timeout(deadline)
                view = view[self._sock.send(view) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(self, deadline: float | None = None, limit: int = MAX_BYTES) -> bytes:
        """Receive one frame. The length is checked before more is read for it."""
        # Grown as bytes arrive, so that a length without a message costs nothing.
        while len(self._arrived) < _LENGTH.size:
            self._read(1 << 16, deadline)
        (length,) = _LENGTH.unpack_from(self._arrived)
        if length > limit:
            raise WireError("message too large")
        end = _LENGTH.size + length
        while len(self._arrived) < end:
            self._read(max(1 << 16, min(end - len(self._arrived), 1 << 20)), deadline)
        data = bytes(memoryview(self._arrived)[_LENGTH.size : end])
        del self._arrived[:end]
        return data

    def _read(self, most: int, deadline: float | None) -> None:
        try:
            self._set_timeout(deadline)
            part = self._sock.recv(most)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error
        if not part:
            raise Closed("end of stream")
        self._arrived += part

    def _set_timeout(self, deadline: float | None) -> None:
        if deadline is None:
            if self._sock.gettimeout() is not None:  # setting it is a system call
                self._sock.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        self._sock.settimeout(left)
