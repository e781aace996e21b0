"""`autograde build`: masters → notebooks/."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from autograde.build import build_lesson
from autograde.course import Course


def build(
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons to build; all when left out.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare notebooks/ with the masters.")] = False,
) -> None:
    """Build the students' notebooks from the masters."""
    course, console = Course.find(), Console()
    for lesson in lessons or course.lessons():
        build_lesson(course, lesson, check=check)
        console.print(f"{lesson}: {'notebooks/ is what the master builds' if check else 'built'}")
