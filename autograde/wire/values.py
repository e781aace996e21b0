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


def object_key(number: int) -> int:
    """The key of an object that the judge has named. What the student's side names has positive keys."""
    return -(number << _SEED_BITS + 1)


def generator_key(number: int, seed: int) -> int:
    """The key of a new generator on the student's side, made there when it is first used: the key says from which seed.

    So it takes no trip of its own.
    """
    if not 0 <= seed < 1 << _SEED_BITS:
        raise ValueError(f"{seed} is no seed of {_SEED_BITS} bits")
    return object_key(number) - (1 << _SEED_BITS | seed)


def seed_of(key: int) -> int | None:
    """The seed of a generator that the judge has named; None where the key names something else."""
    named = -key
    return named & (1 << _SEED_BITS) - 1 if key < 0 and named >> _SEED_BITS & 1 else None


_SEED_BITS = 32
MAX_NUMBER = 1 << 30


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """A value that is encoded already: who has sent it can see by the bytes whether it comes back unchanged.

    `objects` are the keys in it; `repeatable` says whether any other process would understand it too: it has no callback,
    and no object but those that the judge names.
    """

    data: bytes
    repeatable: bool = True
    objects: frozenset[int] = frozenset()
