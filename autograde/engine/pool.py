"""Many submissions in parallel, here or on a cluster; results come as they are finished."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from autograde.engine.jobs import Job, run_job
from autograde.engine.submission import Graded
from autograde.engine.warm import warm_process
from autograde.engine.workers import Workers

__all__ = ["Job", "available_cores", "run_job", "run_jobs", "warm_process"]


def run_jobs(
    jobs: Sequence[Job], workers: int | None = None, cluster: str | None = None
) -> Iterator[Graded | None]:
    """Grade all jobs. `None` now and then means: nothing yet, there is time to show that."""
    if cluster is not None:
        from autograde.engine.cluster import run_on_cluster  # an optional extra

        yield from run_on_cluster(jobs, cluster)
        return
    count = min(workers or available_cores(), len(jobs))
    if count > 0:
        with Workers(count) as pool:
            yield from pool.run(jobs)


def available_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
