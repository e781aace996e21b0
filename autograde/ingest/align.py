"""Hold a submission against the master: the master's cells in the master's order, the student's work in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nbformat import NotebookNode

from autograde.ingest.match import Match, match_cells
from autograde.ingest.read import Unreadable

OURS = ("exercise", "question", "experiment")
EXECUTION_TAGS = {"skip-execution", "raises-exception", "remove-cell"}


@dataclasses.dataclass(frozen=True, slots=True)
class AlignedCell:
    """One cell as it is graded. `changed`: the student's text differs from what was handed out."""

    key: str
    kind: str
    exercise: str | None
    source: str
    changed: bool
    is_code: bool
    outputs: tuple[Any, ...] = ()
    attachments: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Aligned:
    """A submission in the master's shape, and what had to be repaired, in words."""

    cells: tuple[AlignedCell, ...]
    repairs: tuple[str, ...]


def align(submitted: NotebookNode, instructor: NotebookNode, release: NotebookNode) -> Aligned:
    """Align a submission. Raises `Unreadable` if it is not a notebook of this lesson."""
    match = match_cells(submitted.cells, release.cells)
    exercises = [c for c in release.cells if _kind(c) == "exercise"]
    found = sum(_key(c) in match.of_key for c in exercises)
    if found == 0 and exercises:
        raise Unreadable(
            "This notebook holds none of the lesson's exercises.",
            advice="Did you hand in another lesson's notebook?",
        )
    repairs = [*match.notes, *_tampering(submitted.cells, match, release.cells, instructor.cells)]
    cells: list[AlignedCell] = [*_added(match, submitted.cells, None)]
    for truth, given in zip(instructor.cells, release.cells, strict=True):
        key = _key(given)
        position = match.of_key.get(key)
        student = submitted.cells[position] if position is not None else None
        if student is None and _kind(given) in ("exercise", "question"):
            repairs.append(f"The cell {key} is missing; it counts as not written.")
        cells += _cells(key, truth, given, student)
        cells += _added(match, submitted.cells, key)
    return Aligned(tuple(_without_overriding_stubs(cells)), tuple(dict.fromkeys(repairs)))


def _cells(
    key: str, truth: NotebookNode, given: NotebookNode, student: NotebookNode | None
) -> list[AlignedCell]:
    """The master's cell with the student's text where it is theirs; an edited setup cell comes twice."""
    kind = _kind(given)
    exercise = key.removeprefix("test_") if kind in ("exercise", "test") else None
    changed = student is not None and student.source.strip() != given.source.strip()
    ours = kind in OURS and student is not None
    source = student.source if ours and student is not None else (truth if kind == "test" else given).source
    outputs = tuple(student.outputs) if ours and student is not None else ()
    pictures = student.get("attachments", {}) if ours and student is not None else {}
    is_code = truth.cell_type == "code"
    cells = [AlignedCell(key, kind, exercise, source, changed, is_code, outputs, pictures)]
    if kind in ("setup", "code") and changed and student is not None:
        cells.append(AlignedCell("", "added", None, student.source, True, True))
    return cells


def _added(match: Match, cells: Sequence[NotebookNode], after: str | None) -> list[AlignedCell]:
    """The student's own cells that follow the cell `after`."""
    return [
        AlignedCell(
            "",
            "added",
            None,
            c.source,
            True,
            c.cell_type == "code",
            tuple(c.outputs),
            c.get("attachments", {}),
        )
        for c in (cells[i] for i in match.added.get(after, ()))
    ]


def _without_overriding_stubs(cells: list[AlignedCell]) -> list[AlignedCell]:
    """An untouched stub must not undo a definition the student wrote in a cell before it."""
    kept = []
    for i, cell in enumerate(cells):
        if cell.kind == "exercise" and not cell.changed:
            names = [
                line[4 : line.index("(")] for line in cell.source.splitlines() if line.startswith("def ")
            ]
            earlier = "\n" + "\n".join(c.source for c in cells[:i] if c.kind == "added" and c.is_code)
            if any(f"\ndef {name}(" in earlier for name in names):
                cell = dataclasses.replace(cell, source="")
        kept.append(cell)
    return kept


def _tampering(
    cells: Sequence[NotebookNode],
    match: Match,
    release: Sequence[NotebookNode],
    instructor: Sequence[NotebookNode],
) -> list[str]:
    notes = []
    ours = {c.source.strip() for c in (*release, *instructor)}
    given = {_key(c): c for c in release}
    for key, position in match.of_key.items():
        student, truth = cells[position], given[key]
        if _kind(truth) == "test" and student.source.strip() not in ours:
            notes.append(f"The test cell {key} was edited; the master's is used.")
        if EXECUTION_TAGS & {t for t in _list(student.metadata.get("tags")) if isinstance(t, str)}:
            notes.append(f"Tags that skip {key} have no effect.")
        mine, theirs = truth.metadata.get("nbgrader", {}), student.metadata.get("nbgrader", {})
        if mine and isinstance(theirs, dict):
            wrong = [
                n
                for n in ("points", "grade", "solution", "locked", "schema_version")
                if _differs(mine, theirs, n)
            ]
            if wrong:
                notes.append(f"The {', '.join(wrong)} of {key} were changed; the master's count.")
        if student.cell_type != truth.cell_type:
            notes.append(
                f"{key} was turned into a {student.cell_type} cell; it was read as {truth.cell_type}."
            )
    return notes


def _differs(mine: dict[str, Any], theirs: dict[str, Any], name: str) -> bool:
    return name in theirs and theirs[name] != mine.get(name)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _key(cell: NotebookNode) -> str:
    return str(cell.metadata["autograde"]["key"])


def _kind(cell: NotebookNode) -> str:
    return str(cell.metadata["autograde"]["kind"])
