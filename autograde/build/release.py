"""Run nbgrader's own `generate_assignment`, away from the course's folders."""

from __future__ import annotations

import logging
import os
import pathlib
import sys
import tempfile

import nbformat
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from autograde import exercises
from autograde.build.instructor import build_instructor_notebook
from autograde.course import Course
from autograde.errors import CourseError
from autograde.master import read_master
from autograde.master.cells import STUB_LINES


def generate_release(instructor: NotebookNode, lesson: str, db_url: str | None = None) -> str:
    """The students' notebook as text; nbgrader writes its cells into `db_url` (or a gradebook thrown away)."""
    with tempfile.TemporaryDirectory(prefix="autograde-build-") as folder:
        root = pathlib.Path(folder)
        source = root / "source" / lesson / f"{lesson}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_text(nbformat.writes(instructor), encoding="utf-8")
        _generate(root, lesson, db_url or f"sqlite:///{root / 'gradebook.db'}")
        return (root / "release" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8")


def register(course: Course, lesson: str, db_url: str) -> None:
    """Put a lesson's cells into a gradebook, as `generate_assignment` does; submissions in it stay."""
    instructor = build_instructor_notebook(read_master(course.master_path(lesson)), exercises.load(lesson))
    generate_release(instructor, lesson, db_url)


def _generate(root: pathlib.Path, lesson: str, db_url: str) -> None:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = db_url
    config.CourseDirectory.course_id = (
        "default_course"  # as Gradebook has it; PostgreSQL insists that they agree
    )
    config.ClearSolutions.code_stub = {"python": "\n".join(STUB_LINES)}
    bin_folder = str(pathlib.Path(sys.executable).parent)
    if bin_folder not in os.environ.get("PATH", "").split(os.pathsep):  # a new gradebook calls `alembic`
        os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"
    logging.getLogger("alembic").setLevel(logging.WARNING)
    result = NbGraderAPI(config=config).generate_assignment(lesson, force=True)
    if not result["success"]:
        tail = "\n".join((result.get("log") or result.get("error") or "").splitlines()[-6:])
        raise CourseError(f"nbgrader could not make the release of {lesson}:\n{tail}")
