"""Marks as nbgrader's gradebook has them: automatic and manual scores, late penalties, comments."""

from __future__ import annotations

import dataclasses
from typing import Any

from nbgrader.api import Gradebook

from autograde.errors import CourseError
from autograde.model import SubmissionVerdict
from autograde.record.store import Store


@dataclasses.dataclass(frozen=True, slots=True)
class CellMark:
    """One graded cell. `score` is the manual score where there is one."""

    name: str
    score: float
    max_score: float
    manual: bool
    needs_human: bool
    comment: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """One submission in the gradebook. `score` is what counts: the cells' scores less the late penalty, at least 0."""

    student: str
    lesson: str
    score: float
    max_score: float
    late_penalty: float
    cells: tuple[CellMark, ...]
    timestamp: str = ""

    @property
    def needs_human(self) -> bool:
        """Whether a person has to look at a cell of it."""
        return any(cell.needs_human for cell in self.cells)


@dataclasses.dataclass(frozen=True, slots=True)
class ClassRecord:
    """A lesson's marks and verdicts by student. A submission nobody could read has a verdict and no mark."""

    lesson: str
    marks: dict[str, Mark]
    verdicts: dict[str, SubmissionVerdict]

    @property
    def students(self) -> tuple[str, ...]:
        return tuple(sorted({*self.marks, *self.verdicts}))


def read_class(db_url: str, lesson: str) -> ClassRecord:
    """Everything on record about a lesson. Raises `CourseError` if nothing of it has been graded."""
    with Gradebook(db_url) as gradebook:
        verdicts = {name: found.verdict for name, found in Store(gradebook).finished(lesson).items()}
        known = {assignment.name for assignment in gradebook.assignments}
        submissions = gradebook.assignment_submissions(lesson) if lesson in known else []
        marks = {submission.student_id: _mark(submission, lesson) for submission in submissions}
    if not marks and not verdicts:
        raise CourseError(
            f"Nothing of {lesson} has been graded.", advice=f"Run `autograde grade {lesson}` first."
        )
    return ClassRecord(lesson, marks, verdicts)


def _mark(submission: Any, lesson: str) -> Mark:
    cells = []
    for notebook in submission.notebooks:
        comments = {c.name: c.comment or "" for c in notebook.comments}
        cells += [_cell(grade, comments.get(grade.name, "")) for grade in notebook.grades]
    penalty = float(submission.late_submission_penalty or 0.0)
    stamp = submission.timestamp
    return Mark(
        submission.student_id,
        lesson,
        max(0.0, float(submission.score) - penalty),
        float(submission.max_score),
        penalty,
        tuple(cells),
        f"{stamp:%Y-%m-%d %H:%M} UTC" if stamp else "",
    )


def _cell(grade: Any, comment: str) -> CellMark:
    return CellMark(
        grade.name,
        float(grade.score),
        float(grade.max_score),
        grade.manual_score is not None,
        bool(grade.needs_manual_grade),
        comment,
    )
