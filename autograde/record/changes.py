"""What a regrade would change: marks old → new, by student and exercise."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from autograde.model import ExerciseVerdict, SubmissionVerdict


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One exercise whose points change. `old` is None where it was not judged before, `new` where it is gone.

    `by_hand`: somebody has set this mark in Formgrader; it stays whatever the judge says.
    """

    student: str
    exercise: str
    old: float | None
    new: float | None
    old_max: float
    new_max: float
    by_hand: bool = False

    @property
    def difference(self) -> float:
        """Points won (or, below 0, lost); 0 where the mark was set by hand."""
        return 0.0 if self.by_hand else (self.new or 0.0) - (self.old or 0.0)


def changes(
    old: SubmissionVerdict, new: SubmissionVerdict, by_hand: Collection[str] = ()
) -> tuple[Change, ...]:
    """Every exercise whose points or whose possible points differ, in the order of the lesson.

    `by_hand` names the graded cells (`test_NAME`) with a manual mark.
    """
    before = {v.exercise: v for v in old.exercises}
    after = {v.exercise: v for v in new.exercises}
    names = dict.fromkeys((*after, *before))
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return tuple(
        Change(new.student, name, *_points(was, now), f"test_{name}" in by_hand)
        for name, was, now in pairs
        if _mark(was) != _mark(now)
    )


def _mark(verdict: ExerciseVerdict | None) -> tuple[float, float] | None:
    """Score and possible points, to a hundred thousandth of a point."""
    return (round(verdict.score, 5), round(verdict.max_score, 5)) if verdict else None


def _points(
    was: ExerciseVerdict | None, now: ExerciseVerdict | None
) -> tuple[float | None, float | None, float, float]:
    old, old_max = (was.score, was.max_score) if was else (None, 0.0)
    new, new_max = (now.score, now.max_score) if now else (None, 0.0)
    return old, new, old_max, new_max
