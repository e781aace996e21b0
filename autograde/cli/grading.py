"""Grade and record one lesson of a class: what is left to do, by whom, and in which order it is written down."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import pathlib
from collections.abc import Iterator, Sequence

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

from autograde.cli.watch import Watch
from autograde.confine.support import require_support
from autograde.course import Course
from autograde.engine.jobs import Job, lesson_of, lesson_version
from autograde.engine.pool import available_cores, run_jobs
from autograde.errors import CourseError, Stopped
from autograde.model import SubmissionVerdict
from autograde.record.plan import plan
from autograde.record.write import Recorder


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """What `autograde grade` was asked to do."""

    submissions: pathlib.Path
    students: tuple[str, ...] = ()
    seed: int | None = None
    workers: int | None = None
    cluster: str | None = None
    database: str | None = None
    sandbox: bool = True
    force: bool = False
    as_json: bool = False


def grade_one_lesson(course: Course, lesson: str, request: Request) -> list[SubmissionVerdict]:
    """Every verdict of the lesson, by student: those that still hold and the new ones, all on record.

    Raises `Stopped` where a verdict cannot be written.
    """
    found = find_jobs(course, lesson, request)
    loaded = lesson_of(course.root, lesson)
    with _writing(course), Recorder(course, lesson, request.database) as recorder:
        seed = recorder.seed(request.seed)
        jobs = [dataclasses.replace(job, seed=seed, version=lesson_version(loaded)) for job in found]
        finished = {} if request.force else recorder.finished()
        todo = plan(jobs, finished, recorder.master, recorder.exercises, course.autograded)
        verdicts = list(todo.kept)
        if request.sandbox and todo.jobs and not request.cluster:
            require_support()
        with Watch(lesson, request.as_json, course.root / ".autograde" / "grade.log") as watch:
            watch.start(len(todo.jobs), len(todo.kept), seed, _by_whom(request, len(todo.jobs)))
            for graded in run_jobs(todo.jobs, request.workers, request.cluster):
                if graded is None:
                    watch.tick()
                    continue
                recorder.record(graded)
                verdicts.append(graded.verdict)
                watch.graded(graded.verdict)
            watch.done(verdicts)
    return sorted(verdicts, key=lambda v: v.student)


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
