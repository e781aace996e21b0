"""The warm process: loads the heavy libraries once, stays single-threaded, and forks a child per request.

    python -P -m autograde.student.warm FD [confined]

FD is one end of a sequenced-packet socket. Requests and replies are JSON; a spawn carries the child's socket.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Collection
from typing import Any

from autograde.confine import kernel, layers, watch
from autograde.confine.limits import Confinement, ConfinementError, Limits
from autograde.confine.mounts import build_root
from autograde.confine.support import Support, find_support
from autograde.confine.view import covered, visible
from autograde.probes import load_all as load_probes
from autograde.student.host import serve
from autograde.student.shell import CellShell, make_shell, move_in
from autograde.wire.codec import encode
from autograde.wire.frames import Frames

LINUX = sys.platform == "linux"
TICK = 0.05
"""Seconds between two looks at what the children use."""


def warm_up() -> None:
    """Load what nearly every notebook loads, and what those load lazily."""
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot as plt
    import matplotlib_inline.backend_inline  # noqa: F401
    import numpy as np
    import torch
    from matplotlib.backends import backend_registry

    import coursekit  # what every lesson's setup cell imports

    coursekit.check_environment()  # looks for the packages, which is slow the first time
    torch.set_num_threads(1)
    load_probes()
    # The first optimizer of a process imports torch._dynamo, which takes seconds.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).zero_grad()
    np.random.default_rng(0).normal(size=2)
    torch.zeros(2, requires_grad=True).sum().backward  # noqa: B018
    plt.close(plt.figure())
    # `%matplotlib inline` looks through every installed package for backends: once is enough.
    backend_registry.list_gui_frameworks()
    backend_registry.resolve_gui_or_backend("inline")


def run_child(fd: int, way: Way, shell: CellShell) -> None:
    """The child's whole life. Never returns."""
    try:
        os.setsid()
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL) if LINUX else None
        _isolate_files(fd)
        with socket.socket(fileno=os.dup(3)) as sock:
            names, work = way.apply()
            _set_environment(work)
            Frames(sock).send(encode({"layers": list(names)}))
        move_in(shell, work)
        serve(3, shell)
    except ConfinementError as error:
        with socket.socket(fileno=3) as sock:
            Frames(sock).send(encode({"error": error.problem}))
    finally:
        os._exit(79)


def _isolate_files(fd: int) -> None:
    """The data socket becomes descriptor 3, the standard streams nothing, all others are closed."""
    null = os.open(os.devnull, os.O_RDWR)
    data = os.dup(fd)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    high = os.dup2(data, 200, inheritable=False)
    os.closerange(3, 200)
    os.dup2(high, 3, inheritable=False)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))


def _set_environment(work: str) -> None:
    os.chdir(work)
    os.environ.update(HOME=work, TMPDIR=work, MPLCONFIGDIR=work, USER="student", LOGNAME="student")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A directory chosen in the warm process would not exist here.
    tempfile.tempdir = None
    os.umask(0o077)


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """How one child is held; `root` and `support` are None without a sandbox."""

    confinement: Confinement
    support: Support | None
    root: str
    shown: tuple[str, ...]

    @property
    def apart(self) -> bool:
        """Whether it becomes the first process of a namespace of its own."""
        return self.support is not None and self.support.namespaces

    def apply(self) -> tuple[tuple[str, ...], str]:
        """The layers that hold and the directory to work in. Raises `ConfinementError`."""
        if self.support is None:
            layers.set_limits(self.confinement.limits)
            return layers.OFF, self.confinement.scratch
        applied = layers.Applied(self.support, self.confinement, self.root, self.shown)
        return applied.apply(), applied.work


def fork_child(fd: int, way: Way, shell: CellShell) -> int:
    """Fork; with namespaces the child is the first process of one and takes all below it along."""
    if not way.apart:
        pid = os.fork()
    else:
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        try:
            kernel.unshare(kernel.CLONE_NEWPID)
            pid = os.fork()
            if pid:
                kernel.setns(own, kernel.CLONE_NEWPID)
        finally:
            os.close(own)
    if pid == 0:
        run_child(fd, way, shell)
    return pid


@dataclasses.dataclass(slots=True)
class Running:
    """A child that has not been reaped: how it is held, until when, and why it was ended."""

    way: Way
    until: float
    reason: str = ""


class Warm:
    """The control loop, which also watches the children."""

    def __init__(self, control: socket.socket, support: Support | None) -> None:
        self._control, self._support = control, support
        self._shell = make_shell(os.getcwd())
        self._children: dict[int, Running] = {}
        self._shown: tuple[str, ...] = ()
        self._root = os.path.abspath("root")
        self._memory = watch.usage(os.getpid()).memory if LINUX else 0

    def serve(self) -> None:
        """Answer until the judge hangs up, then leave no child behind."""
        while True:
            ready, _, _ = select.select([self._control], [], [], TICK if self._children else None)
            self._watch()
            if not ready:
                continue
            try:
                data, fds, _, _ = socket.recv_fds(self._control, 1 << 20, 4)
            except ConnectionError:  # the judge was killed with an answer unread
                break
            if not data:
                break
            try:
                reply = self._answer(json.loads(data), fds)
            except ConfinementError as error:
                reply = {"error": error.problem}
            except (OSError, ValueError, KeyError, TypeError) as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            finally:
                for fd in fds:
                    os.close(fd)
            with contextlib.suppress(ConnectionError):
                self._control.send(json.dumps(reply).encode())
        for pid in self._children:
            end_tree(pid)

    def _answer(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        if request["op"] == "spawn":
            limits = Limits(**request["limits"])
            way = Way(Confinement(limits, request["scratch"]), self._support, self._root, self._shown)
            pid = fork_child(fds[0], way, self._shell)
            self._children[pid] = Running(way, time.monotonic() + limits.wall_seconds)
            return {"pid": pid}
        if request["op"] == "confine":
            return self._confine(request["hidden"])
        if request["op"] == "end":
            return self._end(request["pid"])
        if request["op"] == "reap":
            return self._reap(request["pid"])
        return {"threads": len(os.listdir("/proc/self/task"))}

    def _confine(self, hidden: list[str]) -> dict[str, Any]:
        """Make ready what is the same for every child. Asked once, before the first."""
        if self._support is not None:
            self._shown = tuple(visible())
            if self._support.namespaces:
                build_root(self._root, self._shown, hidden)
            elif covered(hidden, self._shown):
                raise ConfinementError(
                    f"{covered(hidden, self._shown)[0]} lies among files that students may read."
                )
        return {"confined": self._support is not None}

    def _watch(self) -> None:
        for pid, child in self._children.items():
            if child.reason:
                continue
            limits = child.way.confinement.limits
            directory = "" if child.way.apart or not child.way.support else child.way.confinement.scratch
            if time.monotonic() > child.until:
                child.reason = "wall"
            elif LINUX:
                child.reason = watch.exceeded(pid, limits, self._memory, directory)
            if child.reason:
                end_tree(pid)

    def _end(self, pid: int) -> dict[str, Any]:
        if pid in self._children:
            end_tree(pid)
        return self._reap(pid)

    def _reap(self, pid: int) -> dict[str, Any]:
        """A child's end, if it has one. Not before this is asked is its number free for another."""
        if pid not in self._children:
            return {"error": f"no child {pid}"}
        done, status, used = os.wait4(pid, os.WNOHANG)
        if not done:
            return {"running": True}
        reason = self._children.pop(pid).reason
        _end_strays(self._children)
        code = os.waitstatus_to_exitcode(status)
        return {"code": code, "cpu": used.ru_utime + used.ru_stime, "reason": reason}


def end_tree(pid: int) -> None:
    """Kill a child and all it started. A namespace's first process takes the others along; elsewhere we look for them."""
    for process in reversed(list(watch.descendants(pid))):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def _end_strays(known: Collection[int]) -> None:
    """Orphans of a child become ours (see `main`): whatever we did not fork ends, until there is nothing left."""
    while LINUX:
        mine = set(watch.descendants(os.getpid())) - {os.getpid()}
        theirs = {below for pid in known for below in watch.descendants(pid)}
        strays = mine - theirs
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)


def main(fd: int, confined: bool) -> None:
    """Find out what holds here (that has to come before any thread), warm up, serve."""
    with socket.socket(fileno=fd) as channel:
        try:
            support = find_support() if confined else None
        except ConfinementError as error:
            channel.send(json.dumps({"error": error.problem}).encode())
            return
        if LINUX:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        warm_up()
        channel.send(b'{"ready": true}')
        Warm(channel, support).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), "confined" in sys.argv[2:])
