"""Write the feedback pages of a lesson, where nbgrader's `release_feedback` looks for them."""

from __future__ import annotations

import pathlib
import secrets

import nbformat

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.feedback.page import page
from autograde.feedback.reading import site_address
from autograde.pages import write_page
from autograde.record.marks import read_class


def write_feedback(
    course: Course, lesson: str, db_url: str | None = None, site: str = ""
) -> list[pathlib.Path]:
    """One page per student into feedback/<student>/<lesson>/<lesson>.html. Returns the pages.

    `site` is the address of the published site; what to read again is then a link to it.
    Raises `CourseError` if nothing of the lesson has been graded, or `site` is no address.
    """
    site = site_address(site) if site else ""
    record = read_class(db_url or course.gradebook_url, lesson)
    loaded = load_lesson(course, lesson)
    pages = []
    for student in record.students:
        notebook = _graded_notebook(course, loaded, student)
        text = page(loaded, student, record.marks.get(student), record.verdicts.get(student), notebook, site)
        target = course.feedback / student / lesson / f"{lesson}.html"
        write_page(target, text)
        _let_nbgrader_release(course.submitted / student / lesson, target.parent)
        pages.append(target)
    return pages


def _graded_notebook(course: Course, lesson: Lesson, student: str) -> nbformat.NotebookNode | None:
    path = course.autograded / student / lesson.name / f"{lesson.name}.ipynb"
    return nbformat.read(path, as_version=4) if path.exists() else None


def _let_nbgrader_release(submitted: pathlib.Path, folder: pathlib.Path) -> None:
    """Put beside a page what `nbgrader release_feedback` asks for: when the work came, and the secret that came with it.

    Work that did not come through the exchange has no secret. It gets one that nobody knows, so that the command
    goes on to the next student.
    """
    wanted = {"timestamp.txt": lambda: "unknown", "submission_secret.txt": lambda: secrets.token_hex(32)}
    for name, otherwise in wanted.items():
        theirs, ours = submitted / name, folder / name
        if theirs.is_file() and not theirs.is_symlink() and theirs.stat().st_size < 1000:
            ours.write_bytes(theirs.read_bytes())
        elif not ours.exists():
            ours.write_text(otherwise(), encoding="utf-8")
