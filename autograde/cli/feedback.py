"""`autograde feedback`: nbgrader's feedback page for every graded submission."""

from __future__ import annotations

from typing import Annotated

import typer
from nbgrader.apps import NbGraderAPI
from rich.console import Console
from traitlets.config import Config

from autograde.course import Course


def feedback(lessons: Annotated[list[str], typer.Argument(help="Lessons to write feedback for.")]) -> None:
    """Write a page per student into feedback/."""
    course, console = Course.find(), Console()
    for lesson in lessons:
        write_feedback(course, lesson)
        console.print(
            f"Feedback of {lesson}: {course.feedback}/<student>/{lesson}/{lesson}.html", soft_wrap=True
        )


def write_feedback(course: Course, lesson: str) -> None:
    """Run nbgrader's own feedback generator on a lesson."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.db_url = course.gradebook_url
    NbGraderAPI(config=config).generate_feedback(lesson, force=True)
