"""What this machine can hold student code with. Asked once, in the warm process, before it loads anything."""

from __future__ import annotations

import dataclasses
import os
import sys

from autograde.confine import kernel, landlock
from autograde.confine.limits import ConfinementError
from autograde.confine.syscalls import NUMBERS

_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWPID
_OWN_USERS = 1 << 28
"""Far above every account: own users are this number plus the process' number."""


@dataclasses.dataclass(frozen=True, slots=True)
class Support:
    """The layers that can hold here.

    namespaces   own mounts, network, processes and IPC
    own_user     the number of the first of a range of users without any rights, or None
    landlock     its version, 0 for none
    """

    namespaces: bool
    own_user: int | None
    landlock: int


def find_support() -> Support:
    """What holds here. Without root this process enters a user namespace where it may, to have namespaces at all.

    Raises `ConfinementError` where too little holds to run a stranger's code.
    """
    if sys.platform != "linux":
        raise ConfinementError(f"there is no confinement on {sys.platform}.")
    if os.uname().machine not in NUMBERS:
        raise ConfinementError(f"there is no seccomp filter for {os.uname().machine}.")
    namespaces = _works(_try_namespaces)
    if not namespaces and os.getuid() != 0 and _works(_try_user_namespace):
        _enter_user_namespace()
        namespaces = True
    support = Support(namespaces, _first_own_user(), landlock.version())
    if not (support.namespaces or support.landlock):
        raise ConfinementError(
            "files cannot be kept from student code: the kernel allows neither namespaces nor Landlock."
        )
    return support


def require_support() -> None:
    """Raise what `find_support` would raise, found out in a process that is thrown away.

    Asked before a class is graded: one clear error instead of a fault in every submission.
    """
    if sys.platform != "linux":
        find_support()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            find_support()
        except ConfinementError as error:
            os.write(write, error.problem.encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as answer:
        problem = answer.read().decode()
    os.waitpid(pid, 0)
    if problem:
        raise ConfinementError(problem)


def _works(attempt: object) -> bool:
    """Whether something succeeds, tried in a process that is thrown away."""
    pid = os.fork()
    if pid == 0:
        try:
            attempt()  # type: ignore[operator]
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def _try_namespaces() -> None:
    kernel.unshare(_NAMESPACES)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", "/proc", "tmpfs", 0)


def _try_user_namespace() -> None:
    _enter_user_namespace()
    _try_namespaces()


def _enter_user_namespace() -> None:
    """Root in a namespace of its own, in which nobody but this user exists."""
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(kernel.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _first_own_user() -> int | None:
    """Where own users start: far up, or in the upper half of what a container has. None where there are none."""
    if os.getuid() != 0:
        return None
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [(int(first), int(count)) for first, _, count in (line.split() for line in file)]
    if any(first <= _OWN_USERS and first + count > _OWN_USERS + (1 << 23) for first, count in ranges):
        return _OWN_USERS
    first, count = max(ranges, key=lambda r: r[1])
    return first + count // 2 if count >= 1 << 15 else None
