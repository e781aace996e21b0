"""How much a student process may use, and what holds it."""

from __future__ import annotations

import dataclasses

from autograde.errors import CourseError

ADVICE = (
    "See docs/confinement.md: use a kernel with the layers named there, run the grader in the course's container, "
    "or, for notebooks you trust, pass --no-sandbox."
)


class ConfinementError(CourseError):
    """A layer that must hold does not: student code is not run."""

    def __init__(self, problem: str, *, advice: str = ADVICE) -> None:
        super().__init__(problem, advice=advice)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.problem, self.advice))


def _rebuild(problem: str, advice: str) -> ConfinementError:
    return ConfinementError(problem, advice=advice)


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one student process and all it starts.

    memory_bytes    address space of each process above that of the warm process
    total_bytes     memory of all processes together
    cpu_seconds     processor time of each process; all together have as much, at most on as many cores as there are
    wall_seconds    from the start to the end of the process
    processes       processes and threads together
    file_bytes      size of one file
    scratch_bytes   size of all files together
    scratch_files   number of files
    """

    cpu_seconds: int = 60
    wall_seconds: int = 120
    memory_bytes: int = 4 << 30
    total_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 << 20
    scratch_bytes: int = 256 << 20
    scratch_files: int = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Confinement:
    """What holds one student process: its limits and the directory it may write in (see `scratch`)."""

    limits: Limits
    scratch: str
