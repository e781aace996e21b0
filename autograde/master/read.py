"""Read a py:percent master into cells. Every error names the file and the line."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import jupytext

from autograde.errors import CourseError
from autograde.master.cells import CellKind, Master, MasterCell

KEYS = {
    "id": CellKind.CODE,
    "exercise": CellKind.EXERCISE,
    "test": CellKind.TEST,
    "experiment": CellKind.EXPERIMENT,
    "question": CellKind.QUESTION,
}
KNOWN = {*KEYS, "points", "setup", "tags", "covers"}
JUPYTEXTS_OWN = "lines_to_next_cell"  # jupytext notes unusual blank lines there
TAGS = re.compile(r'^(# %%.*\btags=)"([^"]*)"', re.MULTILINE)
MARKDOWN_KINDS = (CellKind.PROSE, CellKind.QUESTION)


def read_master(path: pathlib.Path) -> Master:
    """Parse a master. Raises `CourseError` on a missing or duplicate key or an attribute nobody knows."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"The master cannot be read: {error.strerror}.", file=path) from error
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    try:
        cells = jupytext.reads(TAGS.sub(_tags_as_list, text), fmt="py:percent").cells
    except Exception as error:  # jupytext lets through what YAML and nbformat raise
        first_line = str(error).partition("\n")[0]
        raise CourseError(
            f"The header or a cell's attributes cannot be read: {first_line}", file=path
        ) from error
    if len(cells) != len(lines):
        first = lines[0] if lines else 1
        raise CourseError(
            "There is text before the first `# %%` cell.", file=path, line=first, advice="Give it a cell."
        )
    read = tuple(_cell(cell, path, line) for cell, line in zip(cells, lines, strict=True))
    _require_unique(read, path)
    return Master(path.stem, path, read)


def _cell(cell: Any, path: pathlib.Path, line: int) -> MasterCell:
    attributes = {name: value for name, value in cell.metadata.items() if name != JUPYTEXTS_OWN}
    unknown = sorted(set(attributes) - KNOWN)
    if unknown:
        advice = f"A cell may have: {', '.join(sorted(KNOWN))}."
        raise CourseError(f"Unknown attribute {unknown[0]}.", file=path, line=line, advice=advice)
    given = [name for name in KEYS if name in attributes]
    if len(given) != 1:
        problem = (
            "The cell has no key." if not given else f"The cell has {len(given)} keys: {', '.join(given)}."
        )
        raise CourseError(problem, file=path, line=line, advice=f"Give it exactly one of: {', '.join(KEYS)}.")
    name, kind = str(attributes[given[0]]), _kind(given[0], attributes, cell.cell_type)
    if (cell.cell_type == "markdown") != (kind in MARKDOWN_KINDS):
        raise CourseError(
            f"A {kind} cell cannot be {cell.cell_type}.", file=path, line=line, advice="Mend `# %%`."
        )
    return MasterCell(
        key=f"test_{name}" if kind is CellKind.TEST else name,
        kind=kind,
        source=cell.source,
        line=line,
        exercise=name if kind in (CellKind.EXERCISE, CellKind.TEST) else None,
        points=_points(attributes, kind, path, line),
        tags=_list(attributes.get("tags")),
        covers=_list(attributes.get("covers")),
    )


def _kind(key: str, attributes: dict[str, Any], cell_type: str) -> CellKind:
    if key != "id":
        return KEYS[key]
    if cell_type == "markdown":
        return CellKind.PROSE
    return CellKind.SETUP if attributes.get("setup") else CellKind.CODE


def _points(attributes: dict[str, Any], kind: CellKind, path: pathlib.Path, line: int) -> float | None:
    if kind not in (CellKind.TEST, CellKind.QUESTION):
        return None
    points = attributes.get("points")
    if not isinstance(points, int | float) or isinstance(points, bool) or points <= 0:
        raise CourseError(
            f"A {kind} cell needs points.", file=path, line=line, advice="Write, for example, points=6."
        )
    return float(points)


def _tags_as_list(match: re.Match[str]) -> str:
    """`tags="a,b"` as the list that nbformat demands."""
    return match[1] + json.dumps([tag.strip() for tag in match[2].split(",")])


def _list(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(item).strip() for item in items)


def _require_unique(cells: tuple[MasterCell, ...], path: pathlib.Path) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.key in seen:
            problem = f"The key {cell.key} stands on line {seen[cell.key]} already."
            raise CourseError(problem, file=path, line=cell.line, advice="Keys are unique in a lesson.")
        seen[cell.key] = cell.line
    ids: dict[str, str] = {}
    for cell in cells:
        if cell.cell_id in ids:
            problem = f"The keys {ids[cell.cell_id]} and {cell.key} give the same cell id."
            raise CourseError(problem, file=path, line=cell.line, advice="Rename one of them.")
        ids[cell.cell_id] = cell.key
