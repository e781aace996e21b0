"""One class on disk, for this engine and for plain nbgrader: the same notebooks, with and without the experiments."""

from __future__ import annotations

import copy
import json
import pathlib
import shutil
from collections.abc import Iterator

from nbformat import NotebookNode

from autograde.course import Course
from autograde.demo.sample import SAMPLES
from autograde.engine.lesson import Lesson

KINDS = ("all_right", "other_style", "one_mistake", "all_right", "missing_cells", "mistake_everywhere")
"""What a class hands in, in this order over and over: half without a mistake, one in six full of them."""


def notebooks(lesson: Lesson, count: int) -> Iterator[tuple[str, NotebookNode]]:
    """(student, notebook), every notebook with a line of its own in its last cell."""
    made = {kind: json.loads(next(iter(SAMPLES[kind](lesson).values()))) for kind in set(KINDS)}
    for i in range(count):
        notebook = copy.deepcopy(made[KINDS[i % len(KINDS)]])
        notebook["cells"].append(
            {"cell_type": "markdown", "id": f"own-{i}", "metadata": {}, "source": f"Student {i}."}
        )
        yield f"s{i:04d}", notebook


def without_experiments(notebook: NotebookNode) -> NotebookNode:
    """The cells that are graded, and what they need."""
    kept = [c for c in notebook["cells"] if c["metadata"].get("autograde", {}).get("kind") != "experiment"]
    return {**notebook, "cells": kept}  # type: ignore[return-value]


def for_engine(course: Course, lesson: Lesson, folder: pathlib.Path, count: int) -> Course:
    """A course of this project."""
    folder.mkdir(parents=True)
    shutil.copy(course.root / "nbgrader_config.py", folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(course.root / name / lesson.name, folder / name / lesson.name)
    for student, notebook in notebooks(lesson, count):
        _write(folder / "submitted" / student / lesson.name / f"{lesson.name}.ipynb", notebook)
    return Course(folder)


def for_nbgrader(lesson: Lesson, folder: pathlib.Path, count: int, experiments: bool) -> pathlib.Path:
    """A plain nbgrader course of the same notebooks, without this project's preprocessors."""
    keep = (lambda n: n) if experiments else without_experiments
    _write(folder / "source" / lesson.name / f"{lesson.name}.ipynb", keep(lesson.instructor))
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    for student, notebook in notebooks(lesson, count):
        _write(folder / "submitted" / student / lesson.name / f"{lesson.name}.ipynb", keep(notebook))
    return folder


def _write(path: pathlib.Path, notebook: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
