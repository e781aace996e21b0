"""`autograde grade`: a class, in parallel, into the gradebook and a results file."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Annotated

import typer
from rich.console import Console

from autograde.cli.grading import grade_one_lesson
from autograde.cli.request import Request
from autograde.cli.tables import the_class
from autograde.course import Course
from autograde.errors import Stopped
from autograde.model import SubmissionStatus, SubmissionVerdict

NOT_ALL_GRADED, STOPPED, NOT_WRITTEN, INTERRUPTED = 1, 3, 4, 130
"""Exit codes beside 0 (everything has a mark) and 2 (the command could not start); see docs/grading.md."""


def grade(
    lessons: Annotated[list[str], typer.Argument(help="Lessons to grade.")],
    submissions: Annotated[pathlib.Path | None, typer.Option(help="Folder with <student>/<lesson>/.")] = None,
    student: Annotated[list[str] | None, typer.Option(help="Only these students.")] = None,
    results: Annotated[pathlib.Path | None, typer.Option(help="Write verdicts to this JSON file.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core when left out.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the hidden inputs; the last run's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run without confinement.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print an event a line, no table.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge, list the marks that would change, write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write marks that change without asking.")] = False,
) -> None:
    """Grade what is new or changed in the lessons. Exit code 0 only if everything has a mark."""
    course = Course.find()
    folder = submissions or course.submitted
    students = tuple(student or ())
    request = Request(
        folder, students, seed, workers, cluster, database, not no_sandbox, force, as_json, dry_run, yes
    )
    verdicts: list[SubmissionVerdict] = []
    written = True
    try:
        for lesson in lessons:
            outcome = grade_one_lesson(course, lesson, request)
            verdicts += outcome.verdicts
            written &= outcome.written
    except Stopped as stopped:
        Console(stderr=True).print(f"[red]Stopped:[/red] {stopped}", highlight=False, soft_wrap=True)
        raise typer.Exit(STOPPED) from None
    except KeyboardInterrupt:
        text = "Interrupted. What is graded is recorded; run the same command again and it goes on."
        Console(stderr=True).print(text, soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    if results is not None and (written or dry_run):
        write_results(results, verdicts[0].seed, verdicts)
    if not written:
        why = "This was a dry run." if dry_run else "The same command asks again and judges nobody twice."
        Console(stderr=True).print(f"Nothing of the above was written. {why}", soft_wrap=True)
        raise typer.Exit(NOT_WRITTEN)
    if not as_json:
        Console().print(the_class(verdicts))
    if any(v.status is not SubmissionStatus.GRADED for v in verdicts):
        raise typer.Exit(NOT_ALL_GRADED)


def grade_lesson(
    course: Course,
    lesson: str,
    folder: pathlib.Path,
    students: list[str] | None,
    seed: int | None,
    workers: int | None,
    database: str | None,
    sandbox: bool,
) -> list[SubmissionVerdict]:
    """Grade and record one lesson's submissions, as the command does."""
    request = Request(folder, tuple(students or ()), seed, workers, None, database, sandbox)
    return grade_one_lesson(course, lesson, request).verdicts


def as_results(seed: int, verdicts: list[SubmissionVerdict]) -> dict[str, object]:
    """The results file's content."""
    layers = next((v.sandbox for v in verdicts if v.sandbox), ())
    return {"seed": seed, "sandbox": list(layers), "submissions": [v.to_dict() for v in verdicts]}


def write_results(path: pathlib.Path, seed: int, verdicts: list[SubmissionVerdict]) -> None:
    """Write the results file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(as_results(seed, verdicts), indent=1), encoding="utf-8")
    os.replace(fresh, path)
