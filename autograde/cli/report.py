"""`autograde report`: the class, one page a lesson."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer
from rich.console import Console

from autograde.cli.export import graded_lessons
from autograde.course import Course
from autograde.report import write_report


def report(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons; all graded ones when left out.")
    ] = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for the pages; report/ when left out.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
) -> None:
    """Write a page per lesson: marks, item analysis, misconceptions, what needs a person, similar submissions."""
    course, console = Course.find(), Console()
    url = database or course.gradebook_url
    for record in graded_lessons(course, url, lessons):
        path = write_report(course, record.lesson, output, url)
        console.print(f"Report of {record.lesson}: {path}", soft_wrap=True, highlight=False)
