"""What both ends of the pipe know: the handle, the limits and the one error of the format."""

from __future__ import annotations

import dataclasses
import itertools

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


def generator_handle(seed: int) -> Handle:
    """A new generator on the student's side, made there when it is first used: its number says from which seed.

    So it takes no trip of its own. What the student's side names has positive numbers.
    """
    if not 0 <= seed < 1 << _SEED_BITS:
        raise ValueError(f"{seed} is no seed of {_SEED_BITS} bits")
    return Handle(-(next(_numbers) << _SEED_BITS | seed), "Generator")


def seed_of(handle: Handle) -> int:
    """The seed of a generator that the judge has named."""
    return -handle.key & (1 << _SEED_BITS) - 1


_numbers, _SEED_BITS = itertools.count(1), 32


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """A value that is encoded already: who has sent it can see by the bytes whether it comes back unchanged."""

    data: bytes
