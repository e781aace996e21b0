"""Many submissions in parallel: worker processes, each with a lesson loaded and a warm process beside it."""

from __future__ import annotations

import atexit
import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import traceback
from collections.abc import Iterator, Sequence

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.submission import Graded, grade_folder
from autograde.model import SubmissionStatus, SubmissionVerdict
from autograde.student.remote import WarmProcess


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One submission to grade."""

    root: pathlib.Path
    lesson: str
    student: str
    folder: pathlib.Path
    seed: int
    sandbox: bool = True


_lessons: dict[tuple[pathlib.Path, str], Lesson] = {}
_warm: dict[tuple[bool, pathlib.Path | None], WarmProcess] = {}
SECRETS = ("solutions", "submitted", "autograded", "feedback", "gradebook.db", "results.json")


def run_job(job: Job) -> Graded:
    """Grade one submission in this process; a fault of the grader's own becomes a verdict, not an exception."""
    try:
        key = (job.root, job.lesson)
        if key not in _lessons:
            _lessons[key] = load_lesson(Course(job.root), job.lesson)
        return grade_folder(
            job.folder, job.student, _lessons[key], warm_process(job.sandbox, job.root), job.seed
        )
    except Exception:
        status = SubmissionStatus.GRADER_FAULT
        fault = traceback.format_exc()
        return Graded(
            SubmissionVerdict(job.student, job.lesson, status, 0.0, 0.0, 0.0, message=fault, seed=job.seed),
            None,
        )


def warm_process(sandbox: bool = True, root: pathlib.Path | None = None) -> WarmProcess:
    """This process' warm process, started at first use and stopped at exit. It hides the course at `root`."""
    key = (sandbox, root)
    if key not in _warm:
        hidden = [root / name for name in SECRETS] if root is not None else []
        warm = WarmProcess(hidden=hidden, sandbox=sandbox)
        warm.start()
        atexit.register(warm.stop)
        _warm[key] = warm
    return _warm[key]


def run_jobs(jobs: Sequence[Job], workers: int | None = None) -> Iterator[Graded]:
    """Grade all jobs; results come as they are finished."""
    count = min(workers or os.cpu_count() or 1, len(jobs))
    if count <= 1:
        yield from map(run_job, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(count, mp_context=context) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_job, job) for job in jobs]):
            yield future.result()
