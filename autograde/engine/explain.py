"""Say what happened in an exercise's own cell when that, not its functions, is why there is no answer."""

from __future__ import annotations

import dataclasses

from autograde.judge.exercise import Exercise
from autograde.judge.subject import StudentError
from autograde.model import ExerciseVerdict, Status
from autograde.student.remote import CellResult

ADVICE = {
    Status.TIMED_OUT: "Something in this cell never ends; run only definitions in it.",
    Status.OUT_OF_MEMORY: "Something in this cell needs more memory than there is.",
    Status.CRASHED: "Something in this cell ended Python; remove exit calls.",
}


def explain_cell(
    verdict: ExerciseVerdict, exercise: Exercise, outcome: CellResult | StudentError | None
) -> ExerciseVerdict:
    """The verdict, with the reason for missing functions where their cell failed to run."""
    if verdict.status is not Status.NOT_ATTEMPTED or outcome is None:
        return verdict
    if isinstance(outcome, StudentError):
        text = f"The cell of {exercise.name} could not be run: {outcome} {ADVICE.get(outcome.status, '')}"
        return dataclasses.replace(verdict, status=outcome.status, message=text.strip())
    if outcome.ok or outcome.kind == "NotImplementedError":
        return verdict
    where = f" in the line `{outcome.line}`" if outcome.line else ""
    text = f"The cell of {exercise.name} stops with {outcome.kind}: {outcome.text}{where}. Mend that line and run the cell again."
    return dataclasses.replace(verdict, status=Status.RAISED, message=text)
