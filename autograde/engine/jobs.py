"""One submission to grade, and grading it in this process."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import traceback

from autograde.course import Course
from autograde.engine.fingerprint import digest
from autograde.engine.handed_in import HandedIn, read_folder
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.shelf import open_shelf
from autograde.engine.submission import Graded, grade_handed_in
from autograde.engine.warm import warm_process
from autograde.errors import CourseError
from autograde.model import ExerciseVerdict, SubmissionStatus, SubmissionVerdict
from autograde.student.remote import WarmProcess


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One submission to grade.

    handed_in   the submission itself, where whoever grades it cannot read `folder`
    kept        verdicts of an earlier run that still hold
    version     fingerprint of the lesson; whoever has another one must not grade
    """

    root: pathlib.Path
    lesson: str
    student: str
    folder: pathlib.Path
    seed: int
    sandbox: bool = True
    handed_in: HandedIn | None = None
    kept: tuple[ExerciseVerdict, ...] = ()
    version: str = ""


TRIES = 3
_lessons: dict[tuple[pathlib.Path, str], Lesson] = {}
_versions: dict[int, str] = {}


def run_job(job: Job) -> Graded:
    """Grade one submission in this process; a fault of the grader's own becomes a verdict, not an exception."""
    try:
        root = course_root(job.root)
        open_shelf(root)
        lesson = lesson_of(root, job.lesson)
        if job.version and job.version != lesson_version(lesson):
            raise CourseError(
                f"{root} holds another version of {job.lesson} than the grader that sent the job."
            )
        handed_in = job.handed_in or read_folder(job.folder, job.lesson)
        return _undisturbed(job, handed_in, lesson, warm_process(job.sandbox, root))
    except Exception:
        return ungraded(job, SubmissionStatus.GRADER_FAULT, traceback.format_exc())


def _undisturbed(job: Job, handed_in: HandedIn, lesson: Lesson, warm: WarmProcess) -> Graded:
    """Grade; once more where the warm process was lost in the middle, which no student must pay for."""
    for _ in range(TRIES):
        warm.start()
        before = warm.start_count
        graded = grade_handed_in(handed_in, job.student, lesson, warm, job.seed, job.kept)
        warm.start()
        if warm.start_count == before:
            return graded
    return ungraded(job, SubmissionStatus.GRADER_FAULT, "The warm process was lost again and again.")


def ungraded(job: Job, status: SubmissionStatus, message: str) -> Graded:
    """The verdict on a submission that could not be graded: it is tried again in the next run."""
    verdict = SubmissionVerdict(
        job.student, job.lesson, status, 0.0, 0.0, 0.0, message=message, seed=job.seed
    )
    return Graded(verdict, None)


def lesson_of(root: pathlib.Path, name: str) -> Lesson:
    """A lesson, read once in this process and everything forked from it."""
    if (root, name) not in _lessons:
        _lessons[root, name] = load_lesson(Course(root), name)
    return _lessons[root, name]


def lesson_version(lesson: Lesson) -> str:
    """One hash for the master and all declarations, computed once for every lesson read."""
    if id(lesson) not in _versions:
        _versions[id(lesson)] = digest(lesson.fingerprint, *lesson.fingerprints().values())
    return _versions[id(lesson)]


def course_root(wanted: pathlib.Path) -> pathlib.Path:
    """The course on this machine: `AUTOGRADE_COURSE` where it lies elsewhere than on the sender's."""
    return pathlib.Path(os.environ.get("AUTOGRADE_COURSE") or wanted)
