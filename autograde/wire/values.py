"""What both ends of the pipe know: the handle, the limits and the one error of the format."""

from __future__ import annotations

import dataclasses

MAX_BYTES = 64 << 20
MAX_NODES = 200_000
MAX_DEPTH = 64


class WireError(Exception):
    """The bytes are no message, or the value is too large or too deep to be one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Handle:
    """An object that stays on the student's side: a cache, a generator, a module, an object with methods.

    Pass it back as an argument and the student's code receives the very object.
    """

    key: int
    type_name: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """A value that is encoded already: who has sent it can see by the bytes whether it comes back unchanged."""

    data: bytes
