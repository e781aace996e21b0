"""Before a regrade is written: the marks that change, old → new, and a question where somebody can answer it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograde.cli.request import Request
from autograde.cli.watch import Watch
from autograde.record.changes import Change
from autograde.record.regrade import Regrade


def settle(regrade: Regrade, watch: Watch, request: Request, lesson: str) -> bool:
    """List what would change, then write it. False where it is not written: in a dry run, or if the answer is no."""
    if not regrade:
        return True
    found = regrade.changes()
    watch.changes(found)
    with watch.paused():
        if not request.as_json:
            show(lesson, found, len(regrade))
        if request.dry_run or (found and not _agreed(request)):
            return False
    for graded in regrade.write():
        watch.graded(graded.verdict)
    return True


def show(lesson: str, found: Sequence[Change], judged: int) -> None:
    """The list as a table, and its sum in words."""
    console = Console()
    if found:
        console.print(as_table(lesson, found))
    console.print(summary(found, judged), highlight=False, soft_wrap=True)


def as_table(lesson: str, found: Sequence[Change]) -> Table:
    """One row a mark that changes; losses in red."""
    table = Table(title=f"{lesson}: marks that would change", box=box.SIMPLE_HEAD)
    table.add_column("student", overflow="fold")
    table.add_column("exercise", overflow="fold")
    table.add_column("old → new", justify="right", no_wrap=True)
    table.add_column("note")
    for change in found:
        colour = "red" if change.difference < 0 else "green"
        points = f"{_of(change.old, change.old_max)} → {_of(change.new, change.new_max)}"
        note = "graded by hand: that mark stays" if change.by_hand else f"{change.difference:+g}"
        table.add_row(escape(change.student), escape(change.exercise), points, f"[{colour}]{note}[/]")
    return table


def summary(found: Sequence[Change], judged: int) -> str:
    """How many marks of how many students, and how many go down."""
    if not found:
        return (
            f"{_count(judged, 'submission')} judged again or for the first time; no mark on record changes."
        )
    students = len({change.student for change in found})
    down = sum(change.difference < 0 for change in found)
    return (
        f"{_count(len(found), 'mark')} of {_count(students, 'student')} would change, {down} of them downwards; "
        f"{_count(judged, 'submission')} would be written."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _of(score: float | None, most: float) -> str:
    return "none" if score is None else f"{score:g}/{most:g}"


def _agreed(request: Request) -> bool:
    """Ask, where there is somebody to answer; a script goes on."""
    if request.yes or request.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return input("Write these marks? [y/N] ").strip().lower() in ("y", "yes")
