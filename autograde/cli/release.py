"""`autograde release`: the students' bundle."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer
from rich.console import Console

from autograde.course import Course
from autograde.release import write_bundle


def release(
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons; all when left out.")] = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for the zip; build/ when left out.")
    ] = None,
) -> None:
    """Write a zip with the lessons, their data and a start script, after a scan for answers."""
    course = Course.find()
    for lesson in lessons or ():
        course.master_path(lesson)
    path = write_bundle(course, output or course.root / "build", tuple(lessons) if lessons else None)
    Console().print(f"Bundle: {path} ({path.stat().st_size / 2**20:.1f} MB)", soft_wrap=True, highlight=False)
