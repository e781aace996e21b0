"""A student's notebook as it was saved: its bytes, the text of its cells, and what is still as it was handed out."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from coursekit.lessons import Lesson

NOT_WRITTEN = 'raise NotImplementedError("Write this function, then run this cell again.")'
NO_ANSWER = "YOUR ANSWER HERE"
LARGEST = 50 * 2**20
"""Bytes; the grader reads no larger file."""


class NotHandedIn(Exception):
    """No file was written; the text says why and what to do."""


def read_saved(source: pathlib.Path, lesson: Lesson) -> tuple[bytes, dict[str, str]]:
    """The notebook's bytes, and the text of its cells by id. Raises `NotHandedIn` if it is not this lesson's or too large."""
    try:
        data = source.read_bytes()
        cells = {_id(cell): "".join(cell["source"]) for cell in json.loads(data)["cells"]}
    except FileNotFoundError:
        raise NotHandedIn(f"There is no notebook {source}. Was it moved or renamed?") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NotHandedIn(
            f"{source} is not a notebook that can be read. Open it in JupyterLab and save it."
        ) from None
    if len(data) > LARGEST:
        raise NotHandedIn(
            f"{source.name} is {len(data) / 2**20:.0f} MB; {LARGEST // 2**20} MB is the most. Clear the outputs "
            "(Edit → Clear Outputs of All Cells), save, and run this again."
        )
    if not any(exercise.cell in cells for exercise in lesson.exercises):
        raise NotHandedIn(
            f"{source.name} holds none of the exercises of {lesson.title}. Is it another notebook?"
        )
    return data, cells


def _id(cell: dict[str, Any]) -> str:
    """nbgrader's name of a cell, written as an id, where it has one: it survives front ends that give new ids."""
    name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    return str(name).replace("_", "-") if name else str(cell.get("id", ""))


def is_written(text: str | None) -> bool:
    """Whether a student has replaced what an exercise's cell was handed out with."""
    return bool(text and text.strip()) and NOT_WRITTEN not in str(text)


def empty_answers(cells: dict[str, str]) -> list[str]:
    """The ids of written answers that still stand as they were handed out."""
    return [cell for cell, text in cells.items() if text.rstrip().endswith(NO_ANSWER)]
