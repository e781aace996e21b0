"""`autograde archive`: a term in one file."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.engine import make_url

from autograde.archive import write_archive
from autograde.cli.export import graded_lessons
from autograde.course import Course


def archive(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons; all graded ones when left out.")
    ] = None,
    output: Annotated[pathlib.Path | None, typer.Option(help="The zip; archive.zip when left out.")] = None,
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
) -> None:
    """Put submissions, gradebook, verdicts, marks, sources and versions into one zip."""
    course, console = Course.find(), Console()
    url = database or course.gradebook_url
    path = output or course.root / "archive.zip"
    files = write_archive(course, path, graded_lessons(course, url, lessons), url)
    size = path.stat().st_size / 2**20
    console.print(f"Archive: {path} ({files} files, {size:.1f} MB)", soft_wrap=True, highlight=False)
    if make_url(url).get_backend_name() != "sqlite":
        console.print(
            "The gradebook itself is on a server: keep a dump of it (`pg_dump`) beside the archive."
        )
