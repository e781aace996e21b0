"""`autograde check`: the verdict on one notebook, for somebody studying alone."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograde.cli.tables import one_notebook
from autograde.course import Course
from autograde.engine.lesson import load_lesson
from autograde.engine.pool import warm_process
from autograde.engine.submission import grade_bytes
from autograde.errors import CourseError


def check(
    notebook: Annotated[pathlib.Path, typer.Argument(help="The notebook to judge.")],
    exercise: Annotated[str | None, typer.Option(help="Show only this exercise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run without confinement.")] = False,
) -> None:
    """Judge one notebook as the grader would, and say what to do next."""
    if not notebook.is_file():
        raise CourseError(
            "There is no such file.", file=notebook, advice="Give the path of your .ipynb file."
        )
    course = Course.find()
    lesson = load_lesson(course, _lesson_of(course, notebook))
    if exercise is not None and exercise not in lesson.exercises:
        raise CourseError(
            f"{lesson.name} has no exercise {exercise}.", advice=f"It has: {', '.join(lesson.exercises)}."
        )
    seed = random.SystemRandom().randrange(2**31)
    graded = grade_bytes(
        notebook.read_bytes(), notebook.name, "you", lesson, warm_process(not no_sandbox), seed
    )
    verdict = graded.verdict
    if exercise is not None:
        chosen = tuple(v for v in verdict.exercises if v.exercise == exercise)
        verdict = dataclasses.replace(verdict, exercises=chosen)
    if as_json:
        print(json.dumps(verdict.to_dict(), indent=1))
        return
    console = Console()
    if verdict.message:
        raise CourseError(verdict.message, file=notebook)
    for repair in verdict.repairs:
        console.print(f"Note: {escape(repair)}", highlight=False)
    console.print(one_notebook(verdict))


def _lesson_of(course: Course, notebook: pathlib.Path) -> str:
    """The lesson a notebook belongs to, by its name or its folder's."""
    lessons = course.lessons()
    for name in (notebook.stem, notebook.resolve().parent.name):
        if name in lessons:
            return name
    close = [lesson for lesson in lessons if lesson in notebook.stem]
    if close or len(lessons) == 1:
        return close[0] if close else lessons[0]
    raise CourseError(
        f"Which lesson is {notebook.name}?", advice=f"Name the file after one of: {', '.join(lessons)}."
    )
