"""A few lines of classic BPF: the language of seccomp filters.

A filter reads a `seccomp_data` (the call's number, the architecture, six arguments) and returns a verdict.
"""

from __future__ import annotations

import struct

ALLOW, KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]


def refuse(errno: int) -> int:
    """The verdict that makes the call fail with `errno`."""
    return _ERRNO | errno


def give(verdict: int) -> Instruction:
    """End with this verdict."""
    return (_RETURN, 0, 0, verdict)


def load_number() -> Instruction:
    return (_LOAD_WORD, 0, 0, _NUMBER)


def load_architecture() -> Instruction:
    return (_LOAD_WORD, 0, 0, _ARCHITECTURE)


def load_argument(index: int) -> Instruction:
    """The low half of an argument: all that the kernel looks at in the calls we ask about (little endian)."""
    return (_LOAD_WORD, 0, 0, _ARGUMENTS + 8 * index)


def when_equal(value: int, then: list[Instruction]) -> list[Instruction]:
    """Run `then` where the loaded word is `value`."""
    return [(_JUMP_EQUAL, 0, len(then), value & 0xFFFFFFFF), *then]


def when_greater(value: int, then: list[Instruction]) -> list[Instruction]:
    """Run `then` where the loaded word is greater than `value`."""
    return [(_JUMP_GREATER, 0, len(then), value), *then]


def when_any_bit(mask: int, then: list[Instruction]) -> list[Instruction]:
    """Run `then` where the loaded word has one of these bits."""
    return [(_JUMP_BITS, 0, len(then), mask), *then]


def assemble(program: list[Instruction]) -> bytes:
    """The program as the kernel reads it."""
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
