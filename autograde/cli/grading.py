"""Grade and record one lesson of a class: what is left to do, by whom, and in which order it is written down."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import itertools
import pathlib
from collections.abc import Iterator, Sequence

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

from autograde.cli.regrade import settle
from autograde.cli.request import Request
from autograde.cli.watch import Watch
from autograde.confine.support import require_support
from autograde.course import Course
from autograde.engine.jobs import Job, lesson_of, lesson_version
from autograde.engine.pool import available_cores, run_jobs
from autograde.errors import CourseError, Stopped
from autograde.model import SubmissionVerdict
from autograde.record.plan import plan
from autograde.record.regrade import Regrade
from autograde.record.write import Recorder


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """Every verdict of a lesson by student: those that still hold and the new ones; and whether all are on record."""

    verdicts: list[SubmissionVerdict]
    written: bool


def grade_one_lesson(course: Course, lesson: str, request: Request) -> Outcome:
    """Judge what is new or changed and record it. Raises `Stopped` where a verdict cannot be written.

    What is judged again waits until the marks that change have been listed.
    """
    found = find_jobs(course, lesson, request)
    loaded = lesson_of(course.root, lesson)
    with _writing(course), Recorder(course, lesson, request.database, request.dry_run) as recorder:
        seed = recorder.seed(request.seed)
        jobs = [dataclasses.replace(job, seed=seed, version=lesson_version(loaded)) for job in found]
        finished = recorder.finished()
        known = {} if request.force else finished
        todo = plan(jobs, known, recorder.master, recorder.exercises, course.autograded)
        regrade = Regrade(course.root / ".autograde" / "regrade" / lesson, recorder, finished)
        if request.sandbox and todo.jobs and not request.cluster:
            require_support()
        with Watch(lesson, request.as_json, course.root / ".autograde" / "grade.log") as watch:
            watch.start(len(todo.jobs), len(todo.kept), seed, _by_whom(request, len(todo.jobs)))
            verdicts = [*todo.kept, *_judge(todo.jobs, request, recorder, regrade, watch)]
            written = settle(regrade, watch, request, lesson)
            watch.done(verdicts)
    return Outcome(sorted(verdicts, key=lambda v: v.student), written)


def _judge(
    jobs: Sequence[Job], request: Request, recorder: Recorder, regrade: Regrade, watch: Watch
) -> Iterator[SubmissionVerdict]:
    """Judge every job; record at once what need not wait."""
    ready = [] if request.force else regrade.judged_before(jobs)
    done = {graded.verdict.student for graded in ready}
    left = [job for job in jobs if job.student not in done]
    for graded in itertools.chain(ready, run_jobs(left, request.workers, request.cluster) if left else ()):
        if graded is None:
            watch.tick()
            continue
        watch.judged()
        if request.dry_run or regrade.must_wait(graded):
            regrade.hold(graded)
        else:
            recorder.record(graded)
            watch.graded(graded.verdict)
        yield graded.verdict


@contextlib.contextmanager
def _writing(course: Course) -> Iterator[None]:
    """A gradebook or folder that cannot be written ends the run with a sentence instead of a traceback."""
    advice = "Everything recorded so far is safe; run the same command again and it goes on."
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        problem = "The disk is full." if full else f"A graded notebook could not be written: {error}."
        raise Stopped(problem, file=course.autograded, advice=advice) from error
    except (SQLAlchemyError, InvalidEntry) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise Stopped(f"The gradebook could not be written: {reason}.", advice=advice) from error


def _by_whom(request: Request, jobs: int) -> str:
    if request.cluster:
        return f"cluster {request.cluster}"
    return f"{min(request.workers or available_cores(), jobs)} workers"


def find_jobs(course: Course, lesson: str, request: Request) -> list[Job]:
    """One job per student folder. Raises `CourseError` if there is nobody to grade."""
    course.master_path(lesson)
    folder = request.submissions
    if not folder.is_dir():
        raise CourseError(
            "There is no folder of submissions.", file=folder, advice="Put <student>/<lesson>/ there."
        )
    names = _chosen(folder, request.students)
    root = course.root.resolve()
    return [Job(root, lesson, name, (folder / name / lesson).resolve(), 0, request.sandbox) for name in names]


def _chosen(folder: pathlib.Path, students: Sequence[str]) -> list[str]:
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    unknown = sorted(set(students) - set(names))
    if unknown:
        raise CourseError(
            f"No submission of {', '.join(unknown)}.", file=folder, advice="Check the spelling."
        )
    chosen = [name for name in names if not students or name in students]
    if not chosen:
        raise CourseError(
            "There is no submission.", file=folder, advice="It should hold <student>/<lesson>/."
        )
    return chosen
