"""The same jobs on a Dask cluster. A worker that is lost costs its submission another try and nothing else."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from autograde.engine.handed_in import read_folder
from autograde.engine.jobs import Job, run_job, ungraded
from autograde.engine.submission import Graded
from autograde.errors import CourseError, Stopped
from autograde.model import SubmissionStatus

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 2
"""Jobs in the cluster for every thread of it; the rest wait here, so that no notebook is sent long before its turn."""

CONNECT_SECONDS, WORKER_SECONDS, TICK = 20.0, 60.0, 0.1


def run_on_cluster(jobs: Sequence[Job], address: str) -> Iterator[Graded | None]:
    """Every job's result, in the order they are finished; `None` where nothing has happened for a moment."""
    with _connected(address) as client:
        waiting = collections.deque(jobs)
        pending: dict[Any, Job] = {}
        while waiting or pending:
            room = AHEAD * max(1, sum(client.nthreads().values()))
            while waiting and len(pending) < room:
                job = waiting.popleft()
                pending[client.submit(run_job, _complete(job), pure=False)] = job
            done = [future for future in pending if future.done()]
            if not done:
                time.sleep(TICK)
            yield from [_result(future, pending.pop(future)) for future in done] or [None]


def _complete(job: Job) -> Job:
    """The job with the submission in it: workers need no shared folder."""
    return dataclasses.replace(job, handed_in=read_folder(job.folder, job.lesson))


def _result(future: Any, job: Job) -> Graded:
    if future.status == "finished":
        graded: Graded = future.result()
        return graded
    if future.status == "error":
        text = f"Grading this submission kept ending its worker ({future.exception()!r})."
        return ungraded(job, SubmissionStatus.CRASHED, f"{text} Run the command again to retry.")
    raise OSError(f"the scheduler has given up a job ({future.status})")


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A client with at least one worker. Raises `CourseError` before, and `Stopped` once something is running."""
    client = _connect(address)
    try:
        yield client
    except (OSError, TimeoutError) as error:
        advice = "Everything recorded so far is safe; start it again and run the same command."
        raise Stopped(f"The connection to the cluster was lost: {error}.", advice=advice) from error
    finally:
        client.close(timeout=5)


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        advice = "Install it with `pip install 'training-deep-networks[cluster]'`."
        raise CourseError("Grading on a cluster needs dask.distributed.", advice=advice) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        advice = "Start one with `dask scheduler`; see docs/cluster.md."
        raise CourseError(f"No scheduler answers at {address}: {error}.", advice=advice) from None
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        client.close(timeout=5)
        advice = f"Start some with `dask worker {address} --nthreads 1`; see docs/cluster.md."
        raise CourseError(f"The cluster at {address} has no workers.", advice=advice) from None
    return client
