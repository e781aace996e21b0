"""`autograde feedback`: a page per student, with verdicts, messages and what to do next."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from autograde.course import Course
from autograde.feedback import write_feedback


def feedback(
    lessons: Annotated[list[str], typer.Argument(help="Lessons to write feedback for.")],
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
    site: Annotated[
        str,
        typer.Option(
            help="Address where you published the folder that `autograde site` wrote. What to read again becomes a "
            "link to it; without it the pages name the section of the student's notebook.",
            envvar="COURSE_SITE",
        ),
    ] = "",
) -> None:
    """Write a page per student into feedback/."""
    course, console = Course.find(), Console()
    for lesson in lessons:
        pages = write_feedback(course, lesson, database, site)
        where = f"{course.feedback}/<student>/{lesson}/{lesson}.html"
        console.print(f"{len(pages)} pages of {lesson}: {where}", soft_wrap=True, highlight=False)
