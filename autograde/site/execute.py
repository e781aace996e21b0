"""Run a solved lesson for its figures, once: what it showed is kept until the lesson or what it uses changes."""

from __future__ import annotations

import pathlib

import nbformat

from autograde import exercises
from autograde.build import build_instructor_notebook
from autograde.course import Course
from autograde.lecture.run import execute
from autograde.master import read_master
from autograde.site.freshness import fingerprint

SHOWING = ("experiment", "setup")
"""Kinds of cells whose outputs a reader may see. Solutions and tests show nothing."""
PROJECT = pathlib.Path(__file__).resolve().parents[2]


def cached(course: Course, lesson: str) -> nbformat.NotebookNode | None:
    """What the lesson showed when it was last run, or None where it has changed since."""
    path = _path(course, lesson)
    return nbformat.read(path, as_version=4) if path.exists() else None


def run(course: Course, lesson: str) -> nbformat.NotebookNode:
    """The outputs of the solved lesson, from the cache or from a fresh kernel (minutes)."""
    path = _path(course, lesson)  # before the run: what is edited meanwhile makes it stale
    if path.exists():
        return nbformat.read(path, as_version=4)
    notebook, _ = execute(course, lesson, _instructor(course, lesson))
    found = _without_places(course, _without_answers(notebook))
    _keep(path, found)
    return found


def _instructor(course: Course, lesson: str) -> nbformat.NotebookNode:
    return build_instructor_notebook(read_master(course.master_path(lesson)), exercises.load(lesson))


def _without_answers(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Only outputs: every source is dropped, and so is what solutions and tests printed."""
    notebook.cells = [cell for cell in notebook.cells if cell.metadata["autograde"]["kind"] in SHOWING]
    for cell in notebook.cells:
        cell.source = ""
    return notebook


def _without_places(course: Course, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Where this machine keeps the course is nobody's business."""
    text = nbformat.writes(notebook)
    for folder in (course.solutions, course.root):
        text = text.replace(str(folder), "…")
    return nbformat.reads(text, as_version=4)


def _path(course: Course, lesson: str) -> pathlib.Path:
    cells = [cell.source for cell in _instructor(course, lesson).cells if cell.cell_type == "code"]
    return course.root / ".autograde" / "site" / f"{lesson}-{fingerprint(cells, PROJECT)}.ipynb"


def _keep(path: pathlib.Path, notebook: nbformat.NotebookNode) -> None:
    """Put it beside nothing: what an older state of the lesson showed goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{path.name.rpartition('-')[0]}-*.ipynb"):
        old.unlink()
    fresh = path.with_suffix(".new")
    fresh.write_text(nbformat.writes(notebook), encoding="utf-8")
    fresh.replace(path)
