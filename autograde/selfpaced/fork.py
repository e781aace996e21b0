"""A copy of the notebook's own process to judge: what a check breaks, hangs or changes stays in the copy.

The copy has every function as it stands in the notebook's memory, and answers over the pipe that grading uses.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

from autograde.confine.limits import Limits
from autograde.student.host import Host
from autograde.student.process import Exit
from autograde.student.remote import StudentProcess
from autograde.wire.frames import Frames


class ForkedCopy:
    """The copy as a child process, with the interface of `autograde.student.process.Child`."""

    layers: tuple[str, ...] = ()

    def __init__(self, sock: socket.socket, pid: int) -> None:
        self._sock, self.pid = sock, pid
        self.frames = Frames(sock)
        self.exit: Exit | None = None
        self.killed = False

    def end(self, grace: float = 0.0) -> Exit:
        """How it ended. What has not ended within `grace` seconds is killed."""
        deadline = time.monotonic() + grace
        while self.exit is None:
            done, status, usage = os.wait4(self.pid, os.WNOHANG)
            if done:
                self.exit = Exit(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)
            elif time.monotonic() >= deadline:
                self.killed = True
                os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.002)
        self._sock.close()
        return self.exit


@contextlib.contextmanager
def forked_copy(shell: Any) -> Iterator[StudentProcess]:
    """A copy of this process, ended on leaving. Needs `os.fork`."""
    ours, theirs = socket.socketpair()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # the kernel's other threads are not needed in a copy
        pid = os.fork()
    if pid == 0:
        ours.close()
        _serve(theirs, shell)
    theirs.close()
    process = StudentProcess(ForkedCopy(ours, pid), Limits())  # type: ignore[arg-type]
    try:
        yield process
    finally:
        process.kill()


def _serve(sock: socket.socket, shell: Any) -> None:
    """The copy's whole life. Its output goes nowhere: the notebook's stream belongs to the original."""
    try:
        null = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the copy
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = null
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # a thread pool does not survive the fork
        Host(sock, shell).serve()
    finally:
        os._exit(0)
