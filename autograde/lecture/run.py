"""Run a solved lesson and keep what it measured: claims, figures, seconds."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import nbformat
from nbclient import NotebookClient

from autograde.course import Course

MIME = "application/vnd.course.measurement+json"
"""What `coursekit.measurement.measured` displays."""


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One lesson run from top to bottom. `measurements` by claim; `seconds` by cell id."""

    lesson: str
    measurements: dict[str, dict[str, Any]]
    figures: int
    seconds: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def run_lesson(course: Course, lesson: str) -> Run:
    """Execute the instructor's notebook in a fresh kernel. Raises nbclient's error where a cell fails."""
    notebook = nbformat.read(course.instructor_path(lesson), as_version=4)
    return collect(lesson, *execute(course, lesson, notebook))


def execute(
    course: Course, lesson: str, notebook: nbformat.NotebookNode
) -> tuple[nbformat.NotebookNode, dict[str, float]]:
    """The notebook with its outputs, and the seconds of every code cell."""
    started: dict[str, float] = {}
    seconds: dict[str, float] = {}

    def before(cell: Any, **_: Any) -> None:
        started[cell.id] = time.perf_counter()

    def after(cell: Any, **_: Any) -> None:
        seconds[cell.id] = time.perf_counter() - started[cell.id]

    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(course.solutions / lesson)}},
        on_cell_execute=before,
        on_cell_executed=after,
    ).execute()
    return notebook, seconds


def collect(lesson: str, notebook: nbformat.NotebookNode, seconds: dict[str, float]) -> Run:
    """What the outputs of a notebook that ran hold."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    found = [dict(o["data"][MIME]) for o in outputs if MIME in o.get("data", {})]
    figures = sum("image/png" in o.get("data", {}) for o in outputs)
    return Run(lesson, {entry["claim"]: entry for entry in found}, figures, seconds)
