"""The judge's end of the pipe: student processes, and the subject that asks one of them."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from autograde.confine.limits import ConfinementError, Limits
from autograde.judge.subject import Crashed, Malformed, OutOfMemory, StudentError, SubjectLost, TimedOut
from autograde.student.callbacks import Callbacks
from autograde.student.process import Child, Exit, WarmLink, spawn
from autograde.student.remote_subject import RemoteSubject
from autograde.student.results import CellResult
from autograde.wire.codec import decode, encode
from autograde.wire.frames import Closed, receive_frame, send_frame
from autograde.wire.values import WireError

__all__ = ["CellResult", "ConfinementError", "Limits", "RemoteSubject", "StudentProcess", "WarmProcess"]


MAX_CALLBACKS = 20_000
"""In one request. A numerical gradient of the largest input that we send takes a tenth of that."""


class WarmProcess:
    """Loads numpy, torch and IPython once; every student process is forked from it. Thread-safe."""

    def __init__(self, hidden: Sequence[Path] = (), sandbox: bool = True) -> None:
        self._link = WarmLink(hidden, sandbox)

    def __enter__(self) -> WarmProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, if it is not running."""
        self._link.start()

    @property
    def start_count(self) -> int:
        """How often it had to be started. Another number: it was lost, and every student process with it."""
        return self._link.start_count

    def stop(self) -> None:
        """End it, and every student process with it."""
        self._link.stop()

    def spawn(self, scratch: Path, limits: Limits | None = None) -> StudentProcess:
        """A fresh student process that works in the directory `scratch`."""
        limits = limits or Limits()
        return StudentProcess(spawn(self._link, scratch, limits), limits)


class StudentProcess:
    """One student's process. Every error that ends it is a fatal `StudentError`."""

    def __init__(self, child: Child, limits: Limits) -> None:
        self._child, self._limits = child, limits
        self._callbacks = Callbacks()
        self._until = time.monotonic() + limits.wall_seconds
        self.layers = child.layers

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._child.exit is None

    def kill(self) -> None:
        """End it, with everything it started."""
        self._child.end()

    def run_cell(self, source: str, seconds: float = 30.0) -> CellResult:
        """Run one cell. Raises a fatal `StudentError` when the process ends in it."""
        return self._cell({"op": "run_cell", "source": source}, seconds)

    def define(self, source: str, keep_names: Iterable[str] = (), seconds: float = 30.0) -> CellResult:
        """Run only the imports, functions and classes of a cell, except those with the given names."""
        return self._cell({"op": "define", "source": source, "keep_names": list(keep_names)}, seconds)

    def subject(self, seconds: float) -> RemoteSubject:
        """The functions of this process; all calls together have `seconds`."""
        deadline = time.monotonic() + seconds
        self._callbacks.forget_all()  # what an earlier exercise was given is no help in this one
        return RemoteSubject(lambda request: self.ask(request, deadline), self._callbacks)

    def _cell(self, request: dict[str, Any], seconds: float) -> CellResult:
        reply = self.ask(request, time.monotonic() + seconds)
        if reply.get("status") == "ok":
            return CellResult(True)
        texts = {name: str(reply.get(name, "")) for name in ("kind", "text", "line", "traceback")}
        return CellResult(False, **texts)

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """One request; the judge's functions are served while the answer is awaited."""
        if not self.alive:
            raise Crashed("the process has ended")
        deadline, calls = min(deadline, self._until), 0
        try:
            data = encode(request, self._callbacks.number)
            while True:
                send_frame(self._child.sock, data, deadline)
                reply = decode(receive_frame(self._child.sock, deadline), callback=self._callbacks.function)
                if type(reply) is not dict:
                    raise WireError("no reply")
                if "callback" not in reply:
                    return reply
                calls += 1
                if calls > MAX_CALLBACKS:
                    raise WireError(f"a given function was called more than {MAX_CALLBACKS} times")
                data = self._callbacks.answer(reply, deadline)
        except TimeoutError:
            self.kill()
            raise TimedOut("the time was used up") from None
        except Closed:
            self._explain()
        except WireError as error:
            self.kill()
            raise Malformed(str(error)) from error

    def _explain(self) -> NoReturn:
        """The connection is gone: say how the process ended."""
        ended = self._child.end(grace=0.5)
        if ended.reason == "lost":
            raise SubjectLost("the grader's own process ended")
        raise _end_error(ended, self._child.killed, ended.cpu >= self._limits.cpu_seconds)


_MEMORY_EXIT = 77
_REASONS: dict[str, StudentError] = {
    "memory": OutOfMemory("all processes together used more memory than there is"),
    "cpu": TimedOut("the processor time was used up"),
    "wall": TimedOut("the time of the whole notebook was used up"),
    "files": OutOfMemory("the files written took more room than there is"),
}


def _end_error(ended: Exit, killed: bool, cpu_used: bool) -> StudentError:
    code = ended.code
    if ended.reason in _REASONS:
        return _REASONS[ended.reason]
    if killed:
        return Crashed("your code closed the grader's connection")
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and cpu_used):
        return TimedOut("the processor time was used up")
    if code in (-signal.SIGKILL, _MEMORY_EXIT):
        return OutOfMemory("the memory limit was hit")
    if code < 0:
        return Crashed(f"your code ended the process (signal {signal.Signals(-code).name})")
    return Crashed(f"your code ended the process (exit code {code})")
