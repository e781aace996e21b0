"""The layers, each in a function of its own, applied in the forked child before any student code.

A layer that must hold and does not raises `ConfinementError`: nothing runs unconfined by accident.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
from collections.abc import Callable

from autograde.confine import kernel, landlock, mounts
from autograde.confine.limits import Confinement, ConfinementError, Limits
from autograde.confine.seccomp import refuse_system_calls
from autograde.confine.support import Support
from autograde.confine.view import DEVICES

OFF = ("off",)
Layer = tuple[str, Callable[[], None]]


@dataclasses.dataclass(slots=True)
class Applied:
    """One child's way through the layers. `work` is the directory its code runs in."""

    support: Support
    confinement: Confinement
    root: str
    shown: tuple[str, ...]
    user: int = 0
    work: str = ""

    def apply(self) -> tuple[str, ...]:
        """Apply every layer that fits this machine; returns the names of those that hold."""
        self.user = self._own_user()
        layers = self._layers()
        for name, layer in layers:
            try:
                layer()
            except (OSError, ValueError) as error:
                raise ConfinementError(f"the layer “{name}” does not hold: {error}.") from error
        self._can_import()
        return tuple(name for name, _ in layers)

    def _layers(self) -> list[Layer]:
        own_user = self.support.own_user is not None
        apart: list[Layer] = [
            ("own network", lambda: kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)),
            ("own files", self._own_files),
            ("own processes", _first_of_its_namespace),
        ]
        alone: list[Layer] = [("own directory", self._own_directory)]
        chosen = apart if self.support.namespaces else alone
        chosen += [("limits", lambda: set_limits(self.confinement.limits))]
        chosen += [("own user", self._become_user)] if own_user else []
        chosen += [
            ("no capabilities", drop_capabilities),
            ("no new privileges", lambda: kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)),
        ]
        chosen += [(f"landlock {self.support.landlock}", self._landlock)] if self.support.landlock else []
        return [*chosen, ("seccomp", lambda: refuse_system_calls(self.support.namespaces, os.getpid()))]

    def _own_user(self) -> int:
        """Another one for every process that lives: /proc still has the number that the whole machine uses."""
        first = self.support.own_user
        if first is None:
            return os.getuid()
        return first + int(os.readlink("/proc/self")) % (1 << 22 if first >= 1 << 28 else 1 << 14)

    def _own_files(self) -> None:
        mounts.enter(self.root, self.confinement.limits, self.user)
        self.work = mounts.WORK

    def _own_directory(self) -> None:
        self.work = mounts.fresh_directory(self.confinement.scratch, self.user)

    def _become_user(self) -> None:
        os.setgroups([])
        os.setresgid(self.user, self.user, self.user)
        os.setresuid(self.user, self.user, self.user)
        # A change of user clears this: with the warm process its children end.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)

    def _landlock(self) -> None:
        if self.support.namespaces:
            landlock.restrict(("/",), (mounts.SCRATCH, *DEVICES))
        else:
            landlock.restrict((*self.shown, f"/proc/{os.getpid()}"), (self.work, *DEVICES))

    def _can_import(self) -> None:
        try:
            with open(os.__file__, "rb"):
                pass
        except OSError as error:
            raise ConfinementError(f"student code could not import anything: {error}.") from error


def _first_of_its_namespace() -> None:
    if os.getpid() != 1:
        raise OSError("this is not the first process of a namespace")


def set_limits(limits: Limits) -> None:
    """Memory, processor time, files and processes."""
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    # Counted over all processes of the user.
    _limit(resource.RLIMIT_NPROC, _threads_of_user() + limits.processes)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except ValueError:
        # macOS has the names of limits it does not know; there nothing is called confined.
        if os.uname().sysname == "Linux":
            raise


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return 0


def _threads_of_user() -> int:
    """How many this user has in the /proc in sight. An own user has none yet, and root is not limited."""
    count = 0
    for entry in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            if os.stat(f"/proc/{entry}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{entry}/task"))
        except OSError:
            continue
    return count


def drop_capabilities() -> None:
    """Without them nobody can unmount, trace, raise limits or reach raw devices, whatever the user."""
    kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.clear_capabilities()
