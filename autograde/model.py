"""What crosses process boundaries: frozen records of a submission, its exercises and its marks.

Everything here is immutable, picklable and free of numpy, so that it can be sent to another process,
another machine or a file without bringing half the program with it.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any


class Status(enum.StrEnum):
    """How one exercise ended. The student's failure and the grader's own fault are kept apart."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    GRADER_FAULT = "grader_fault"


class SubmissionStatus(enum.StrEnum):
    """How one submission ended."""

    GRADED = "graded"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    CRASHED = "crashed"
    GRADER_FAULT = "grader_fault"


@dataclasses.dataclass(frozen=True, slots=True)
class AspectVerdict:
    """What one aspect of an exercise earned, and the sentence that says why."""

    name: str
    earned: float
    points: float
    status: Status
    message: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ExerciseVerdict:
    """The mark of one exercise, with the message its author reads.

    `misconception` names the declared wrong implementation that behaves exactly like the student's.
    `fault` is the grader's own traceback; only an instructor sees it.
    """

    exercise: str
    status: Status
    score: float
    max_score: float
    message: str
    misconception: str | None = None
    aspects: tuple[AspectVerdict, ...] = ()
    seconds: float = 0.0
    fault: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SubmissionVerdict:
    """The mark of one submission: one row of the results file."""

    student: str
    lesson: str
    status: SubmissionStatus
    score: float
    max_score: float
    seconds: float
    repairs: tuple[str, ...] = ()
    exercises: tuple[ExerciseVerdict, ...] = ()
    message: str = ""
    sandbox: tuple[str, ...] = ()
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types, with the names the results file promises."""
        exercises = [
            {**_fields(exercise), "aspects": [_fields(aspect) for aspect in exercise.aspects]}
            for exercise in self.exercises
        ]
        return {**_fields(self), "exercises": exercises}


def _fields(verdict: SubmissionVerdict | ExerciseVerdict | AspectVerdict) -> dict[str, Any]:
    """One level. `dataclasses.asdict` copies every value, which takes longer than writing them."""
    return {name: getattr(verdict, name) for name in verdict.__slots__}
