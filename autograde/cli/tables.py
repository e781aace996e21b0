"""Verdicts as terminal tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from autograde.model import Status, SubmissionVerdict

COLOUR = {Status.PASSED: "green", Status.PARTIAL: "yellow", Status.NOT_ATTEMPTED: "dim"}


def one_notebook(verdict: SubmissionVerdict) -> Table:
    """Every exercise of one notebook with its message."""
    table = Table(title=f"{verdict.lesson}: {verdict.score:g} of {verdict.max_score:g} points")
    for heading in ("exercise", "points", "status", "what to do"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for v in verdict.exercises:
        colour = COLOUR.get(v.status, "red")
        points = f"{v.score:g}/{v.max_score:g}"
        table.add_row(
            v.exercise, points, f"[{colour}]{v.status}[/]", "" if v.status == "passed" else v.message
        )
    return table


def the_class(verdicts: Sequence[SubmissionVerdict]) -> Table:
    """One row a submission: mark, status, and the first thing worth knowing."""
    table = Table(title="Marks")
    for heading in ("student", "lesson", "points", "status", "remark"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for v in sorted(verdicts, key=lambda v: (v.lesson, v.student)):
        table.add_row(v.student, v.lesson, f"{v.score:g}/{v.max_score:g}", v.status, _remark(v))
    return table


def _remark(verdict: SubmissionVerdict) -> str:
    if verdict.message:
        return verdict.message
    lost = [f"{v.exercise}: {v.misconception or v.status}" for v in verdict.exercises if v.status != "passed"]
    return "; ".join([*verdict.repairs[:1], *lost[:3]]) + (
        f" (+{len(lost) - 3} more)" if len(lost) > 3 else ""
    )
