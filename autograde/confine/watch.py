"""What a process and all it started use together: the limits of the kernel are for each process on its own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import resource
from collections.abc import Iterator

from autograde.confine.limits import Limits

_PAGE = resource.getpagesize()
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    """Bytes in memory, processor seconds (also of ended children), and the processes."""

    memory: int
    cpu: float
    processes: tuple[int, ...]


def usage(pid: int) -> Usage:
    """What `pid` and its descendants use. Memory shared with the warm process is counted for each."""
    memory, cpu, seen = 0, 0.0, []
    for process in descendants(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{process}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            cpu += sum(map(int, fields[11:15])) / _TICKS
            memory += int(fields[21]) * _PAGE
            seen.append(process)
    return Usage(memory, cpu, tuple(seen))


def descendants(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                children = file.read().split()
            for child in children:
                yield from descendants(int(child))
    except OSError:
        return


def _own_memory(processes: tuple[int, ...]) -> int:
    """The exact number: shared pages are divided among those that share them. Takes milliseconds."""
    total = 0
    for process in processes:
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10
        except (OSError, StopIteration):
            continue
    return total


def files_in(directory: str, limits: Limits) -> tuple[int, int]:
    """Bytes and number of files, as far as they are within the limits. For scratch directories on a disk."""
    size = count = 0
    for folder, folders, names in os.walk(directory):
        count += len(folders) + len(names)
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(folder, name)).st_blocks * 512
        if size > limits.scratch_bytes or count > limits.scratch_files:
            break
    return size, count


def exceeded(pid: int, limits: Limits, baseline: int, directory: str = "") -> str:
    """Which limit the tree of `pid` is over: `memory`, `cpu`, `files`, or nothing. `baseline`: the warm process."""
    used = usage(pid)
    if used.memory > limits.total_bytes + baseline and _own_memory(used.processes) > limits.total_bytes:
        return "memory"
    if used.cpu > limits.cpu_seconds * max(1, len(os.sched_getaffinity(0))):
        return "cpu"
    if directory:
        size, count = files_in(directory, limits)
        return "files" if size > limits.scratch_bytes or count > limits.scratch_files else ""
    return ""
