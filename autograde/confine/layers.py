"""The layers, each in a function of its own, applied in the forked child before any student code.

A layer that must hold and does not raises `ConfinementError`: nothing runs unconfined by accident.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable

from autograde.confine import kernel, mounts
from autograde.confine.limits import Confinement, ConfinementError, Limits

Layer = tuple[str, Callable[[Confinement], None]]


def apply(confinement: Confinement) -> list[str]:
    """Apply every layer that fits this machine; returns the names of those that hold."""
    layers = _layers(confinement)
    for name, layer in layers:
        try:
            layer(confinement)
        except (OSError, ValueError) as error:
            raise ConfinementError(f"the layer “{name}” does not hold: {error}") from error
    return [name for name, _ in layers]


def _layers(confinement: Confinement) -> list[Layer]:
    limits: list[Layer] = [("limits", lambda c: set_limits(c.limits))]
    if not confinement.sandbox:
        return limits
    if os.getuid() != 0:
        return [*limits, ("no new privileges", no_new_privileges)]
    pids: list[Layer] = [("process limit", limit_processes)] if _own_process_numbers() else []
    # Mounts need capabilities, and the limits are set last so that building the rest is not limited.
    return [
        ("network", no_network),
        ("files", mounts.restrict_files),
        *pids,
        ("kernel settings", mounts.seal),
        *limits,
        ("capabilities", drop_capabilities),
        ("no new privileges", no_new_privileges),
    ]


def set_limits(limits: Limits) -> None:
    """Memory, processor time, files and processes."""
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    if os.getuid() != 0:
        # Counted over all processes of the user; root is exempt, see `limit_processes`.
        _limit(resource.RLIMIT_NPROC, _threads_of_user() + limits.processes)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _threads_of_user() -> int:
    count = 0
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{entry}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{entry}/task"))
        except OSError:
            continue
    return count


def no_network(_: Confinement) -> None:
    """No interface but a loopback that is down; no shared memory with others."""
    kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)


def _own_process_numbers() -> bool:
    """Whether this child is the first of its PID namespace, and the kernel limits each separately."""
    release = os.uname().release.split(".")
    return os.getpid() == 1 and (int(release[0]), int(release[1].split("-")[0])) >= (6, 14)


def limit_processes(confinement: Confinement) -> None:
    """The namespace has few process numbers, so a fork bomb ends early. The kernel's minimum is 301."""
    with open("/proc/sys/kernel/pid_max", "w", encoding="ascii") as file:
        file.write(str(max(301, confinement.limits.processes)))


def drop_capabilities(_: Confinement) -> None:
    """Root without capabilities: cannot unmount, trace, raise limits or reach raw devices."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
    kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.clear_capabilities()


def no_new_privileges(_: Confinement) -> None:
    """No program that this process starts gains anything by being setuid."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
