"""Write the feedback pages of a lesson, where nbgrader's `release_feedback` looks for them."""

from __future__ import annotations

import pathlib

import nbformat

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.feedback.page import page
from autograde.pages import write_page
from autograde.record.marks import read_class


def write_feedback(course: Course, lesson: str, db_url: str | None = None) -> list[pathlib.Path]:
    """One page per student into feedback/<student>/<lesson>/<lesson>.html. Returns the pages.

    Raises `CourseError` if nothing of the lesson has been graded.
    """
    record = read_class(db_url or course.gradebook_url, lesson)
    loaded = load_lesson(course, lesson)
    pages = []
    for student in record.students:
        notebook = _graded_notebook(course, loaded, student)
        text = page(loaded, student, record.marks.get(student), record.verdicts.get(student), notebook)
        target = course.feedback / student / lesson / f"{lesson}.html"
        write_page(target, text)
        pages.append(target)
    return pages


def _graded_notebook(course: Course, lesson: Lesson, student: str) -> nbformat.NotebookNode | None:
    path = course.autograded / student / lesson.name / f"{lesson.name}.ipynb"
    return nbformat.read(path, as_version=4) if path.exists() else None
