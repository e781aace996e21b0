"""The judge's end of the pipe: student processes, and the subject that asks one of them."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from autograde.confine.limits import ConfinementError, Limits
from autograde.judge.subject import (
    Crashed,
    Malformed,
    OutOfMemory,
    Strayed,
    StudentError,
    SubjectLost,
    TimedOut,
)
from autograde.student.ahead import Asker, Numbers, Scripts
from autograde.student.callbacks import Callbacks
from autograde.student.process import Child, Exit, WarmLink, spawn
from autograde.student.remote_subject import RemoteSubject
from autograde.student.results import CellResult
from autograde.wire.codec import Packed, decode, encode
from autograde.wire.frames import Closed
from autograde.wire.values import WireError

__all__ = ["CellResult", "ConfinementError", "Limits", "RemoteSubject", "StudentProcess", "WarmProcess"]


MAX_CALLBACKS = 20_000
"""In one request. A numerical gradient of the largest input that we send takes a tenth of that."""


class WarmProcess:
    """Loads numpy, torch and IPython once; every student process is forked from it. Thread-safe."""

    def __init__(self, hidden: Sequence[Path] = (), sandbox: bool = True) -> None:
        self._link = WarmLink(hidden, sandbox)
        self._scripts = Scripts()

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
        if self._scripts.full:
            self._scripts = Scripts()
        return StudentProcess(spawn(self._link, scratch, limits), limits, self._scripts)


class StudentProcess:
    """One student's process. Every error that ends it is a fatal `StudentError`."""

    def __init__(self, child: Child, limits: Limits, scripts: Scripts | None = None) -> None:
        self._child, self._limits, self._scripts = child, limits, scripts or Scripts()
        self._callbacks = Callbacks()
        self._numbers = Numbers()
        self._awaited = 0
        self._until = time.monotonic() + limits.wall_seconds
        self.layers = child.layers

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._child.exit is None

    @property
    def ready(self) -> bool:
        """Whether it can be asked: it is alive, and no answers of an exchange that has been given up are on their way."""
        return self.alive and not self._awaited

    def kill(self) -> None:
        """End it, with everything it started."""
        self._child.end()

    def run_cell(self, source: str, seconds: float = 30.0) -> CellResult:
        """Run one cell. Raises a fatal `StudentError` when the process ends in it."""
        return self._cell({"op": "run_cell", "source": source}, seconds)

    def define(self, source: str, keep_names: Iterable[str] = (), seconds: float = 30.0) -> CellResult:
        """Run only the imports, functions and classes of a cell, except those with the given names."""
        return self._cell({"op": "define", "source": source, "keep_names": list(keep_names)}, seconds)

    def subject(self, seconds: float, ahead: bool = True) -> RemoteSubject:
        """The functions of this process; all calls together have `seconds`. `ahead`: ask for what is sure to come."""
        self._callbacks.forget_all()  # what an earlier exercise was given is no help in this one
        turns = Turns(self, time.monotonic() + seconds)
        return RemoteSubject(Asker(turns, self._scripts, self._numbers, ahead), self._callbacks)

    def _cell(self, request: dict[str, Any], seconds: float) -> CellResult:
        reply = Turns(self, time.monotonic() + seconds).ask_one(encode(request))
        if reply.get("status") == "ok":
            return CellResult(True)
        texts = {name: str(reply.get(name, "")) for name in ("kind", "text", "line", "traceback")}
        return CellResult(False, **texts)

    def send(self, data: bytes, deadline: float, answers: int = 1) -> None:
        """Send one message, which so many answers are due to."""
        if not self.alive:
            raise Crashed("the process has ended")
        self._awaited += answers
        with self._ending():
            self._child.frames.send(data, min(deadline, self._until))

    def answer(self, deadline: float) -> dict[str, Any]:
        """The next answer; the judge's functions are served while it is awaited."""
        if not self.alive:
            raise Crashed("the process has ended")
        deadline, calls = min(deadline, self._until), 0
        with self._ending():
            while True:
                reply = decode(self._child.frames.receive(deadline), callback=self._callbacks.function)
                if type(reply) is not dict:
                    raise WireError("no reply")
                if "callback" not in reply:
                    self._awaited -= 1
                    return reply
                calls += 1
                if calls > MAX_CALLBACKS:
                    raise WireError(f"a given function was called more than {MAX_CALLBACKS} times")
                self._child.frames.send(self._callbacks.answer(reply, deadline), deadline)

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """Whatever breaks the exchange ends the process, and is told in the judge's terms."""
        try:
            yield
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


@dataclasses.dataclass(frozen=True, slots=True)
class Turns:
    """One process asked until a deadline; implements `autograde.student.ahead.Pipe`."""

    process: StudentProcess
    deadline: float

    def ask_one(self, request: bytes) -> dict[str, Any]:
        """The answer to one request."""
        self.process.send(request, self.deadline)
        return self.next_answer()

    def ask_several(self, requests: Sequence[bytes]) -> None:
        """Send several requests in one message."""
        message = encode([Packed(request) for request in requests])
        self.process.send(message, self.deadline, answers=len(requests))

    def next_answer(self) -> dict[str, Any]:
        """The next answer to what was asked."""
        return self.process.answer(self.deadline)

    def leave_unread(self, count: int) -> None:
        """Pass over so many answers. Raises `Strayed` where one does not come: it would not have been asked for."""
        try:
            for _ in range(count):
                self.next_answer()
        except StudentError as error:
            raise Strayed(str(error)) from error


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
