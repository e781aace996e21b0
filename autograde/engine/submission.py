"""One submission from bytes to a verdict and a notebook to keep."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import time
from collections.abc import Collection, Sequence

from autograde.engine.handed_in import HandedIn, read_folder
from autograde.engine.lesson import Lesson
from autograde.engine.session import Session
from autograde.ingest.align import align
from autograde.ingest.notebook import as_text, to_notebook
from autograde.ingest.read import Unreadable, read_notebook
from autograde.judge.judge import grader_fault
from autograde.model import ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict
from autograde.student.remote import WarmProcess


@dataclasses.dataclass(frozen=True, slots=True)
class Graded:
    """A verdict, the submission as a clean notebook (JSON text; None where it could not be read), and of what.

    `handed_in` is the fingerprint of what was graded, `timestamp` when it was handed in.
    """

    verdict: SubmissionVerdict
    notebook: str | None
    handed_in: str = ""
    timestamp: str = ""


def grade_folder(folder: pathlib.Path, student: str, lesson: Lesson, warm: WarmProcess, seed: int) -> Graded:
    """Grade what a student handed in as a folder."""
    return grade_handed_in(read_folder(folder, lesson.name), student, lesson, warm, seed)


def grade_handed_in(
    handed_in: HandedIn,
    student: str,
    lesson: Lesson,
    warm: WarmProcess,
    seed: int,
    kept: Sequence[ExerciseVerdict] = (),
) -> Graded:
    """Grade what was read from a student's folder; `kept` as in `grade_bytes`."""
    if handed_in.data is None:
        message = f"There is no notebook in {handed_in.name}. Hand in {lesson.name}.ipynb."
        verdict = _ungraded(student, lesson, SubmissionStatus.MISSING, message, handed_in.notes, seed)
        return Graded(verdict, None, handed_in.fingerprint)
    graded = grade_bytes(
        handed_in.data, handed_in.name, student, lesson, warm, seed, handed_in.notes, kept=kept
    )
    return dataclasses.replace(graded, handed_in=handed_in.fingerprint, timestamp=handed_in.timestamp)


def grade_bytes(
    data: bytes,
    name: str,
    student: str,
    lesson: Lesson,
    warm: WarmProcess,
    seed: int,
    notes: tuple[str, ...] = (),
    only: Collection[str] | None = None,
    kept: Sequence[ExerciseVerdict] = (),
) -> Graded:
    """Grade a notebook given as bytes. Never raises for anything a submission contains.

    `only` judges some of the exercises (all cells are run all the same); `kept` are verdicts that still hold.
    """
    chosen = {n: e for n, e in lesson.exercises.items() if only is None or n in only}
    start = time.perf_counter()
    try:
        submitted, repairs = read_notebook(data, name)
        aligned = align(submitted, lesson.instructor, lesson.release)
    except Unreadable as error:
        return Graded(_ungraded(student, lesson, SubmissionStatus.UNREADABLE, str(error), notes, seed), None)
    with tempfile.TemporaryDirectory(prefix="autograde-") as scratch:
        old = {v.exercise: v for v in kept if v.exercise in chosen}
        session = Session(warm, pathlib.Path(scratch), aligned, chosen, seed, old)
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
    return Graded(verdict, as_text(to_notebook(aligned, lesson.instructor)))


def _absent(lesson: Lesson, name: str) -> ExerciseVerdict:
    """An exercise that no test cell of the lesson names: the grader's own mistake."""
    return grader_fault(lesson.exercises[name], f"{name} has no test cell in {lesson.name}")


def _ungraded(
    student: str, lesson: Lesson, status: SubmissionStatus, message: str, notes: tuple[str, ...], seed: int
) -> SubmissionVerdict:
    return SubmissionVerdict(
        student, lesson.name, status, 0.0, lesson.points, 0.0, notes, (), message, (), seed
    )
