"""A master's cells as nbgrader's instructor notebook (metadata schema 3). The same text gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, v4

from autograde.build.cards import expand
from autograde.judge.exercise import Exercise
from autograde.lecture.page import time_in_words
from autograde.master import CellKind, Master, MasterCell

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
HIDDEN = "\n\n### BEGIN HIDDEN TESTS\n# Judged by autograde in a process of its own: {}\n### END HIDDEN TESTS"


def build_instructor_notebook(master: Master, exercises: Mapping[str, Exercise]) -> NotebookNode:
    """The notebook with solutions and hidden-test lines."""
    notebook = v4.new_notebook(metadata={"kernelspec": dict(KERNEL), "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    told = time_in_words(master, exercises.values())
    notebook.cells = [_cell(cell, exercises, told) for cell in master.cells]
    return notebook


def _cell(cell: MasterCell, exercises: Mapping[str, Exercise], time: str) -> NotebookNode:
    if cell.kind is CellKind.TEST:
        made = v4.new_code_cell(cell.source + HIDDEN.format(cell.exercise))
    elif cell.is_markdown:
        made = v4.new_markdown_cell(expand(cell.source, exercises).replace("{{time}}", time))
    else:
        made = v4.new_code_cell(cell.source)
    made.id = cell.cell_id
    made.metadata = NotebookNode(_metadata(cell))
    return made


def _metadata(cell: MasterCell) -> dict[str, Any]:
    metadata: dict[str, Any] = {"autograde": {"key": cell.key, "kind": str(cell.kind)}}
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    if cell.kind in (CellKind.EXERCISE, CellKind.TEST, CellKind.QUESTION):
        metadata["nbgrader"] = _nbgrader(cell)
    if cell.kind is not CellKind.CODE:
        metadata["deletable"] = False
    if cell.kind in (CellKind.PROSE, CellKind.TEST):
        metadata["editable"] = False
    return metadata


def _nbgrader(cell: MasterCell) -> dict[str, Any]:
    graded = cell.kind is not CellKind.EXERCISE
    grading: dict[str, Any] = {
        "grade": graded,
        "grade_id": cell.key,
        "locked": cell.kind is CellKind.TEST,
        "schema_version": 3,
        "solution": cell.kind is not CellKind.TEST,
        "task": False,
    }
    return grading | ({"points": cell.points} if graded else {})
