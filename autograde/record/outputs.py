"""Verdicts as outputs of the test cells, in the form nbgrader reads as marks and people read as feedback."""

from __future__ import annotations

from nbformat import NotebookNode

from autograde.model import ExerciseVerdict, Status

MARK = {Status.PASSED: "✓", Status.PARTIAL: "◐"}


def write_verdicts(notebook: NotebookNode, verdicts: tuple[ExerciseVerdict, ...]) -> NotebookNode:
    """Put every exercise's verdict under its test cell. Changes and returns the notebook.

    A test cell without a verdict gets 0: an unjudged cell must never count as passed.
    """
    by_cell = {f"test_{verdict.exercise}": verdict for verdict in verdicts}
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader", {})
        if grading.get("grade") and not grading.get("solution"):
            verdict = by_cell.get(grading["grade_id"])
            cell.outputs = _outputs(verdict) if verdict else [_score(0.0)]
            cell.execution_count = 1
            fault = verdict is not None and verdict.status is Status.GRADER_FAULT
            cell.metadata.setdefault("autograde", {})["needs_a_human"] = fault
    return notebook


def feedback(verdict: ExerciseVerdict) -> str:
    """What a student reads under the test cell."""
    sign = MARK.get(verdict.status, "✗")
    head = f"{sign} {verdict.exercise}: {verdict.score:g} of {verdict.max_score:g} points"
    details = [f"  {a.earned:g}/{a.points:g}  {a.name}" for a in verdict.aspects]
    return "\n".join([head, verdict.message, *details]) + "\n"


def _outputs(verdict: ExerciseVerdict) -> list[NotebookNode]:
    return [NotebookNode(output_type="stream", name="stdout", text=feedback(verdict)), _score(verdict.score)]


def _score(score: float) -> NotebookNode:
    # Built by hand: nbformat's constructors check every cell against a schema, which takes longer than all the rest.
    data = NotebookNode({"text/plain": repr(float(score))})
    return NotebookNode(output_type="execute_result", data=data, metadata=NotebookNode(), execution_count=1)
