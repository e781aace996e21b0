"""One submission from bytes to a verdict and a notebook to keep."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import time

import nbformat

from autograde.engine.lesson import Lesson
from autograde.engine.session import Session
from autograde.ingest.align import align
from autograde.ingest.locate import find_submission
from autograde.ingest.notebook import to_notebook
from autograde.ingest.read import Unreadable, read_notebook
from autograde.judge.judge import grader_fault
from autograde.model import ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict
from autograde.student.remote import WarmProcess


@dataclasses.dataclass(frozen=True, slots=True)
class Graded:
    """A verdict, and the submission as a clean notebook (JSON text; None where it could not be read)."""

    verdict: SubmissionVerdict
    notebook: str | None


def grade_folder(folder: pathlib.Path, student: str, lesson: Lesson, warm: WarmProcess, seed: int) -> Graded:
    """Grade what a student handed in as a folder."""
    path, notes = find_submission(folder, lesson.name)
    if path is None:
        message = f"There is no notebook in {folder.name}. Hand in {lesson.name}.ipynb."
        return Graded(_ungraded(student, lesson, SubmissionStatus.MISSING, message, tuple(notes), seed), None)
    return grade_bytes(path.read_bytes(), path.name, student, lesson, warm, seed, tuple(notes))


def grade_bytes(
    data: bytes,
    name: str,
    student: str,
    lesson: Lesson,
    warm: WarmProcess,
    seed: int,
    notes: tuple[str, ...] = (),
    only: str | None = None,
) -> Graded:
    """Grade a notebook given as bytes. Never raises for anything a submission contains.

    `only` judges a single exercise (all cells are run all the same).
    """
    chosen = lesson.exercises if only is None else {only: lesson.exercises[only]}
    start = time.perf_counter()
    try:
        submitted, repairs = read_notebook(data, name)
        aligned = align(submitted, lesson.instructor, lesson.release)
    except Unreadable as error:
        return Graded(_ungraded(student, lesson, SubmissionStatus.UNREADABLE, str(error), notes, seed), None)
    with tempfile.TemporaryDirectory(prefix="autograde-") as scratch:
        session = Session(warm, pathlib.Path(scratch), aligned, chosen, seed)
        verdicts = session.verdicts()
    exercises = tuple(verdicts.get(name) or _absent(lesson, name) for name in chosen)
    faulty = any(v.status is Status.GRADER_FAULT for v in exercises)
    verdict = SubmissionVerdict(
        student,
        lesson.name,
        SubmissionStatus.GRADER_FAULT if faulty else SubmissionStatus.GRADED,
        sum(v.score for v in exercises),
        sum(exercise.points for exercise in chosen.values()),
        time.perf_counter() - start,
        (*notes, *repairs, *aligned.repairs),
        exercises,
        sandbox=session.layers,
        seed=seed,
    )
    return Graded(verdict, nbformat.writes(to_notebook(aligned, lesson.instructor)))


def _absent(lesson: Lesson, name: str) -> ExerciseVerdict:
    """An exercise that no test cell of the lesson names: the grader's own mistake."""
    return grader_fault(lesson.exercises[name], f"{name} has no test cell in {lesson.name}")


def _ungraded(
    student: str, lesson: Lesson, status: SubmissionStatus, message: str, notes: tuple[str, ...], seed: int
) -> SubmissionVerdict:
    return SubmissionVerdict(
        student, lesson.name, status, 0.0, lesson.points, 0.0, notes, (), message, (), seed
    )
