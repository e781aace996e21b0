"""`autograde export`: marks for a learning management system."""

from __future__ import annotations

import enum
import pathlib
from typing import Annotated

import typer
from rich.console import Console

from autograde.course import Course
from autograde.errors import CourseError
from autograde.export import write_marks
from autograde.export.people import read_people
from autograde.record.marks import ClassRecord, read_class


class Format(enum.StrEnum):
    """The systems there is a file for."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"


def export(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons; all graded ones when left out.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Whose import reads the file.")] = Format.CSV,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="The file; marks-FORMAT.csv when left out.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
) -> None:
    """Write the marks of a class to a CSV file that the given system imports."""
    course, console = Course.find(), Console()
    url = database or course.gradebook_url
    records = graded_lessons(course, url, lessons)
    path = output or course.root / f"marks-{form}.csv"
    people = read_people(url, records)
    write_marks(path, form, people, [record.lesson for record in records])
    console.print(f"{len(people)} students, {len(records)} lessons: {path}", soft_wrap=True, highlight=False)
    waiting = sum(mark.needs_human for record in records for mark in record.marks.values())
    if waiting:
        console.print(
            f"{waiting} submissions still wait for a person in Formgrader: their marks are not final."
        )


def graded_lessons(course: Course, url: str, wanted: list[str] | None) -> list[ClassRecord]:
    """The class' record of every lesson asked for, or of all that were graded. Raises `CourseError` if there is none."""
    if wanted:
        for lesson in wanted:
            course.master_path(lesson)
        return [read_class(url, lesson) for lesson in wanted]
    records = []
    for lesson in course.lessons():
        try:
            records.append(read_class(url, lesson))
        except CourseError:
            continue
    if not records:
        raise CourseError("No lesson has been graded.", advice="Run `autograde grade LESSON` first.")
    return records
