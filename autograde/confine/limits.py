"""How much a student process may use."""

from __future__ import annotations

import dataclasses


class ConfinementError(Exception):
    """A layer that must hold does not: student code is not run."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one student process. `memory_bytes` is address space above that of the warm process."""

    cpu_seconds: int = 60
    wall_seconds: int = 120
    memory_bytes: int = 4 << 30
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Confinement:
    """What holds one student process: its limits, where it may write, what it must not see."""

    limits: Limits
    scratch: str
    hidden: tuple[str, ...] = ()
    sandbox: bool = True
