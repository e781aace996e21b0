"""Verdicts as terminal tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from autograde.model import ExerciseVerdict, Status, SubmissionVerdict

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


def the_class(verdicts: Sequence[SubmissionVerdict]) -> Group:
    """A table for every lesson, readable at 80 columns: one row a submission, with the first thing worth knowing."""
    lessons = dict.fromkeys(v.lesson for v in sorted(verdicts, key=lambda v: v.lesson))
    return Group(*(_lesson_table(lesson, [v for v in verdicts if v.lesson == lesson]) for lesson in lessons))


def _lesson_table(lesson: str, verdicts: Sequence[SubmissionVerdict]) -> Table:
    most = max((v.max_score for v in verdicts), default=0.0)
    table = Table(title=f"{lesson} ({most:g} points by the judge)", box=box.SIMPLE_HEAD, expand=True)
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=20)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("remark", ratio=1)
    for v in sorted(verdicts, key=lambda v: v.student):
        colour = "green" if v.exercises and v.score == v.max_score else "red" if not v.exercises else "yellow"
        table.add_row(escape(v.student), f"{v.score:g}", f"[{colour}]{v.status}[/]", escape(_remark(v)))
    return table


def _remark(verdict: SubmissionVerdict) -> str:
    """What was wrong, in as few words as there are; a submission that could not be read says why."""
    if verdict.message and not verdict.exercises:
        return verdict.message
    lost = [_lost(v) for v in verdict.exercises if v.status is not Status.PASSED]
    kinds = {(v.status, v.misconception) for v in verdict.exercises}
    if len(lost) == len(verdict.exercises) > 1 and len(kinds) == 1:
        lost = [f"every exercise: {_words(verdict.exercises[0].status)}"]
    more = [f"and {len(lost) - 2} more"] if len(lost) > 2 else []
    return " ".join([*verdict.repairs[:1], "; ".join([*lost[:2], *more])]).strip()


def _lost(verdict: ExerciseVerdict) -> str:
    return f"{verdict.exercise}: {_words(verdict.misconception or verdict.status)}"


def _words(name: str) -> str:
    return str(name).replace("_", " ")
