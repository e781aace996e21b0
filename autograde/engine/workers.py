"""Worker processes on this machine, forked from one that has everything loaded.

A worker that is lost (killed, out of memory, hung) costs its submission one more try and the others nothing.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import multiprocessing
import os
import pathlib
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from autograde.engine import warm
from autograde.engine.jobs import Job, run_job, ungraded
from autograde.engine.submission import Graded
from autograde.model import SubmissionStatus

AHEAD = 2
"""Jobs a worker has been sent: the second waits, so that nobody waits for the writer."""

TRIES = 2
JOB_SECONDS = 600.0
"""No submission takes this long: its own limits are far below. A worker that does is stuck, and is replaced."""

TICK = 0.25


@dataclasses.dataclass(eq=False, slots=True)
class Worker:
    """One worker process, the jobs sent to it (the first is being graded) and since when."""

    process: BaseProcess
    pipe: Connection
    jobs: collections.deque[Job]
    since: float


class Workers:
    """A fixed number of workers. Fork-safe as long as the caller starts no threads."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._context = multiprocessing.get_context("fork")
        self._workers: list[Worker] = []
        self._scratch = own_folder()
        self._tries: collections.Counter[str] = collections.Counter()

    def __enter__(self) -> Workers:
        for _ in range(self._count):
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.pipe.close()  # an idle worker leaves by itself, and takes its warm process along
        for worker in self._workers:
            worker.process.join(0 if kind else 5)
            _kill(worker)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(self, jobs: Sequence[Job]) -> Iterator[Graded | None]:
        """Every job's result, in the order they are finished; `None` where nothing has happened for a moment."""
        waiting = collections.deque(jobs)
        while waiting or any(worker.jobs for worker in self._workers):
            self._hand_out(waiting)
            ready = wait([worker.pipe for worker in self._workers], TICK)
            results = [r for w in list(self._workers) if w.pipe in ready for r in self._receive(w, waiting)]
            self._replace_the_stuck()
            self._hand_out(waiting)  # before the caller takes its time over the results
            yield from results or [None]

    def _hand_out(self, waiting: collections.deque[Job]) -> None:
        for depth in range(AHEAD):
            for worker in self._workers:
                if waiting and len(worker.jobs) <= depth:
                    self._send(worker, waiting.popleft())

    def _send(self, worker: Worker, job: Job) -> None:
        if not worker.jobs:
            worker.since = time.monotonic()
        worker.jobs.append(job)
        with contextlib.suppress(OSError):  # lost: its pipe is at its end, which `run` is about to see
            worker.pipe.send(job)

    def _receive(self, worker: Worker, waiting: collections.deque[Job]) -> list[Graded]:
        try:
            graded: Graded = worker.pipe.recv()
        except (EOFError, OSError):
            return self._lost(worker, waiting)
        worker.jobs.popleft()
        worker.since = time.monotonic()
        return [graded]

    def _lost(self, worker: Worker, waiting: collections.deque[Job]) -> list[Graded]:
        """Put a fresh worker in its place; its submission gets one more try, those behind it lose nothing."""
        self._workers.remove(worker)
        worker.pipe.close()
        _kill(worker)
        self._start()
        left = list(worker.jobs)
        for job in reversed(left[1:]):
            waiting.appendleft(job)
        if not left:
            return []
        self._tries[left[0].student] += 1
        if self._tries[left[0].student] < TRIES:
            waiting.appendleft(left[0])
            return []
        how = f"exit code {worker.process.exitcode}"
        text = (
            f"Grading this submission ended its worker {TRIES} times ({how}). Run the command again to retry."
        )
        return [ungraded(left[0], SubmissionStatus.CRASHED, text)]

    def _replace_the_stuck(self) -> None:
        for worker in self._workers:
            if worker.jobs and time.monotonic() - worker.since > JOB_SECONDS:
                worker.process.kill()  # its pipe comes to its end

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        inherited = [worker.pipe for worker in self._workers] + [ours]
        process = self._context.Process(target=_serve, args=(theirs, inherited, self._scratch), daemon=True)
        process.start()
        theirs.close()
        self._workers.append(Worker(process, ours, collections.deque(), time.monotonic()))


def own_folder() -> str:
    """A scratch folder that names its owner; those of graders that were killed are removed."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob("autograde-run-*-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    made = tempfile.mkdtemp(prefix=f"autograde-run-{os.getpid()}-")
    os.chmod(
        made, 0o711
    )  # where there are no namespaces, a student process gets to its directory through here
    return made


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _kill(worker: Worker) -> None:
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()


def _serve(pipe: Connection, inherited: Sequence[Connection], scratch: str) -> None:
    """A worker's whole life: grade what comes until the grader hangs up, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in inherited:  # while anybody holds these, their ends are not seen
        other.close()
    warm.forget()
    tempfile.tempdir = scratch
    try:
        while True:
            pipe.send(run_job(pipe.recv()))
    except (EOFError, OSError):
        pass
    finally:
        warm.stop_all()
        os._exit(0)
