"""`autograde verify`: the grader marks its own declarations."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from autograde.course import Course
from autograde.verify.matrix import Row, matrix


def verify(
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons; all when left out.")] = None,
    exercise: Annotated[str | None, typer.Option(help="Only this exercise.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Judge in this process, without notebooks and pipe: a first look.")
    ] = False,
    output: Annotated[pathlib.Path | None, typer.Option(help="Write the matrix to this JSON file.")] = None,
) -> None:
    """Check that right solutions keep every point and every known mistake loses some and is named."""
    course, console = Course.find(), Console()
    rows = [
        row
        for lesson in lessons or course.lessons()
        for row in matrix(course, lesson, exercise=exercise, quick=quick)
    ]
    if output is not None:
        text = json.dumps([{**dataclasses.asdict(row), "holds": row.holds} for row in rows], indent=1)
        output.write_text(text, encoding="utf-8")
    console.print(as_table(rows))
    wrong = [row for row in rows if not row.holds]
    for row in wrong:
        where = f"{row.exercise}/{row.name} ({row.kind})"
        console.print(f"[red]✗[/] {where}: {row.score:g}/{row.max_score:g}, {row.status}, named {row.named}")
        console.print(f"    {row.message}", markup=False)
    console.print(f"{len(rows) - len(wrong)} of {len(rows)} hold.")
    if wrong:
        raise typer.Exit(1)


def as_table(rows: Sequence[Row]) -> Table:
    """One line an exercise: how many of each kind hold."""
    table = Table(title="The grader's own matrix")
    kinds = ("reference", "untouched", "variant", "misconception")
    for heading in ("exercise", *kinds):
        table.add_column(heading)
    for exercise in dict.fromkeys(row.exercise for row in rows):
        cells = [[r for r in rows if r.exercise == exercise and r.kind == kind] for kind in kinds]
        table.add_row(exercise, *(f"{sum(r.holds for r in c)}/{len(c)}" for c in cells))
    return table
