"""The judge's hold on the warm process and on one student process. Knows nothing of exercises."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograde.confine.limits import ConfinementError, Limits
from autograde.wire.codec import decode
from autograde.wire.frames import Closed, Frames

_REPOSITORY = Path(__file__).resolve().parents[2]
# What student code must never read, wherever the caller forgot to say so. History holds the solutions too.
_SECRETS = (
    "solutions",
    "autograde/exercises",
    "tests",
    ".git",
    "submitted",
    "autograded",
    "feedback",
    "gradebook.db",
)
_START_SECONDS, _SPAWN_SECONDS = 120.0, 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: its exit code (negative: a signal) and the processor seconds it used.

    `reason` names the limit it was ended for (`memory`, `cpu`, `wall`, `files`), or is `lost`
    where the grader's own process ended.
    """

    code: int
    cpu: float
    reason: str = ""


class WarmLink:
    """The warm process and the channel to it. Starts it where it is not running.

    `start_count` tells its children apart from those of one that had to be started anew.
    """

    def __init__(self, hidden: Sequence[Path] = (), sandbox: bool = True) -> None:
        self._hidden = [str(p.resolve()) for p in (*(_REPOSITORY / name for name in _SECRETS), *hidden)]
        self._sandbox = sandbox
        self.start_count = 0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Start the warm process, if it is not running."""
        with self._lock:
            self._ensure()

    def stop(self) -> None:
        """End the warm process and every child that is left."""
        with self._lock:
            self._end()

    def ask(self, request: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """One request on the control channel."""
        with self._lock:
            return _exchange(self._ensure(), request, fds)

    def ask_started(self, count: int, request: dict[str, Any]) -> dict[str, Any] | None:
        """One request to the process that was started as number `count`; None where it has ended."""
        with self._lock:
            gone = self._process is None or self._channel is None or self._process.poll() is not None
            if gone or count != self.start_count:
                return None
            try:
                return _exchange(self._channel, request)  # type: ignore[arg-type]
            except (OSError, ValueError):
                return None

    def _ensure(self) -> socket.socket:
        if self._process is None or self._channel is None or self._process.poll() is not None:
            self._end()
            self._begin()
        assert self._channel is not None
        return self._channel

    def _begin(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="autograde-warm-")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", "-m", "autograde.student.warm", str(theirs.fileno())]
            command += ["confined"] if self._sandbox else []
            self._process = subprocess.Popen(
                command, env=_environment(self._home.name), cwd=self._home.name, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        ours.settimeout(_START_SECONDS)
        self._channel = ours
        self.start_count += 1
        ready = json.loads(ours.recv(1 << 16) or b'{"error": "the warm process did not start."}')
        if "error" not in ready:
            ready = _exchange(ours, {"op": "confine", "hidden": self._hidden})
        if "error" in ready:
            self._end()
            raise ConfinementError(str(ready["error"]))

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
            self._process.kill()
            self._process.wait()
        if self._home is not None:
            self._home.cleanup()
        self._channel = self._process = self._home = None


def _exchange(channel: socket.socket, request: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
    channel.settimeout(_SPAWN_SECONDS)
    socket.send_fds(channel, [json.dumps(request).encode()], list(fds))
    reply: dict[str, Any] = json.loads(channel.recv(1 << 20) or b'{"error": "the warm process ended"}')
    return reply


def _environment(home: str) -> dict[str, str]:
    """A scrubbed environment: students inherit it. The font cache is kept, it takes seconds to make."""
    cache = Path.home() / ".cache" / "autograde" / "matplotlib"
    cache.mkdir(parents=True, exist_ok=True)
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
    return {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": home, "MPLBACKEND": "Agg",
        "PYTHONPATH": str(_REPOSITORY), "LANG": "C.UTF-8", "MPLCONFIGDIR": str(cache), **threads,
    }  # fmt: skip


class Child:
    """One student process: what it is asked through, and its end."""

    def __init__(self, link: WarmLink, sock: socket.socket, pid: int, layers: tuple[str, ...] = ()) -> None:
        self._link, self._sock, self.pid, self.layers = link, sock, pid, layers
        self.frames = Frames(sock)
        self._started = link.start_count
        self.exit: Exit | None = None
        self.killed = False

    def end(self, grace: float = 0.0) -> Exit:
        """How it ended. What has not ended within `grace` seconds is killed, with all it started."""
        deadline = time.monotonic() + grace
        while self.exit is None:
            late = time.monotonic() >= deadline
            self._ask("end" if late and not self.killed else "reap")
            self.killed = self.killed or (late and self.exit is None)
            time.sleep(0 if self.exit else 0.001)
        self._sock.close()
        return self.exit

    def _ask(self, operation: str) -> None:
        reply = self._link.ask_started(self._started, {"op": operation, "pid": self.pid})
        if reply is None or "error" in reply:
            self.exit = Exit(-signal.SIGKILL, 0.0, "lost")
        elif "code" in reply:
            self.exit = Exit(int(reply["code"]), float(reply["cpu"]), str(reply["reason"]))


def spawn(link: WarmLink, scratch: Path, limits: Limits) -> Child:
    """A child with its end of a socket. Raises `ConfinementError` where a layer does not hold."""
    if not scratch.is_dir():
        raise ConfinementError(f"{scratch} is no directory.", advice="Create it first.")
    ours, theirs = socket.socketpair()
    request = {"op": "spawn", "scratch": str(scratch.resolve()), "limits": dataclasses.asdict(limits)}
    with theirs:
        reply = link.ask(request, [theirs.fileno()])
    if "pid" not in reply:
        ours.close()
        raise ConfinementError(f"no student process: {reply.get('error')}")
    child = Child(link, ours, reply["pid"])
    try:
        hello = decode(child.frames.receive(time.monotonic() + _SPAWN_SECONDS))
    except (Closed, TimeoutError) as error:
        raise ConfinementError(f"the student process did not start ({child.end(0.5)}).") from error
    if "layers" not in hello:
        child.end()
        raise ConfinementError(str(hello.get("error")))
    child.layers = tuple(hello["layers"])
    return child
