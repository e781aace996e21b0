"""The warm process: loads the heavy libraries once, stays single-threaded, and forks a child per request.

    python -P -m autograde.student.warm FD

FD is one end of a sequenced-packet socket. Requests and replies are JSON; a spawn carries the child's socket.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
from typing import Any

from autograde.confine import kernel, layers
from autograde.confine.limits import Confinement, ConfinementError, Limits
from autograde.probes import load_all as load_probes
from autograde.student.host import serve
from autograde.student.shell import make_shell
from autograde.wire.codec import encode
from autograde.wire.frames import send_frame


def warm_up() -> None:
    """Load what nearly every notebook loads, and what those load lazily."""
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot as plt
    import matplotlib_inline.backend_inline  # noqa: F401
    import numpy as np
    import torch
    from matplotlib.backends import backend_registry

    torch.set_num_threads(1)
    load_probes()
    np.random.default_rng(0).normal(size=2)
    torch.zeros(2, requires_grad=True).sum().backward  # noqa: B018
    plt.close(plt.figure())
    # `%matplotlib inline` looks through every installed package for backends: once is enough.
    backend_registry.list_gui_frameworks()
    backend_registry.resolve_gui_or_backend("inline")


def run_child(fd: int, confinement: Confinement) -> None:
    """The child's whole life. Never returns."""
    try:
        os.setsid()
        _isolate_files(fd)
        with socket.socket(fileno=os.dup(3)) as sock:
            _set_environment(confinement.scratch)
            hello: dict[str, Any] = {"layers": layers.apply(confinement)}
            # The mounts replaced what the scratch directory stood on: enter it as it is now.
            os.chdir(confinement.scratch)
            send_frame(sock, encode(hello))
        serve(3, make_shell(confinement.scratch))
    except ConfinementError as error:
        with socket.socket(fileno=3) as sock:
            send_frame(sock, encode({"error": str(error)}))
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


def _set_environment(scratch: str) -> None:
    os.environ.update(HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A directory chosen in the warm process would not exist here.
    tempfile.tempdir = None
    os.umask(0o077)


def fork_child(fd: int, confinement: Confinement) -> int:
    """Fork; as root the child is the first process of a PID namespace and takes all below it along."""
    apart = confinement.sandbox and os.getuid() == 0
    if not apart:
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
        run_child(fd, confinement)
    return pid


class Warm:
    """The control loop."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: set[int] = set()

    def serve(self) -> None:
        """Answer until the judge hangs up, then leave no child behind."""
        while True:
            data, fds, _, _ = socket.recv_fds(self._control, 1 << 20, 4)
            if not data:
                break
            try:
                reply = self._answer(json.loads(data), fds)
            except (OSError, ValueError, KeyError, TypeError) as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            finally:
                for fd in fds:
                    os.close(fd)
            self._control.send(json.dumps(reply).encode())
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _answer(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        if request["op"] == "spawn":
            limits = Limits(**request["limits"])
            hidden = tuple(request["hidden"])
            confinement = Confinement(limits, request["scratch"], hidden, request["sandbox"])
            pid = fork_child(fds[0], confinement)
            self._children.add(pid)
            return {"pid": pid}
        if request["op"] == "reap":
            return self._reap(request["pid"])
        return {"threads": len(os.listdir("/proc/self/task"))}

    def _reap(self, pid: int) -> dict[str, Any]:
        """A child's end, if it has one. Not before this is asked is its number free for another."""
        if pid not in self._children:
            return {"error": f"no child {pid}"}
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if not done:
            return {"running": True}
        self._children.discard(pid)
        return {"code": os.waitstatus_to_exitcode(status), "cpu": usage.ru_utime + usage.ru_stime}


if __name__ == "__main__":
    warm_up()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        channel.send(b'{"ready": true}')
        Warm(channel).serve()
