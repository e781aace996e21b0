"""Which submitted cell is which of the master's: by grade id, by cell id, by the functions it defines."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Sequence

from nbformat import NotebookNode

LONG = 200_000
"""Characters; nobody writes a longer answer, and parsing a stranger's megabytes takes gigabytes."""

DEFINITION = re.compile(r"^(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclasses.dataclass(slots=True)
class Match:
    """Positions of submitted cells by master key; positions of added cells by the key they follow."""

    of_key: dict[str, int]
    added: dict[str | None, list[int]]
    notes: list[str]


def match_cells(submitted: Sequence[NotebookNode], release: Sequence[NotebookNode]) -> Match:
    """Match every submitted cell at most once; what matches nothing was added by the student."""
    keys = {str(c.metadata["autograde"]["key"]): c for c in release}
    by_id = {c.id: key for key, c in keys.items()}
    by_text = {c.source.strip(): key for key, c in keys.items() if c.source.strip()}
    candidates: dict[str, list[int]] = {}
    for i, cell in enumerate(submitted):
        key = _named_key(cell, keys, by_id) or by_text.get(cell.source.strip())
        if key is not None:
            candidates.setdefault(key, []).append(i)
    notes: list[str] = []
    of_key = {key: _choose(key, found, submitted, keys[key], notes) for key, found in candidates.items()}
    _match_by_definitions(submitted, keys, of_key, notes)
    _note_moves(of_key, list(keys), notes)
    copies = {
        i
        for key, found in candidates.items()
        for i in found
        if _is_copy(submitted[i], submitted, of_key[key], keys[key])
    }
    return Match(of_key, _added(submitted, of_key, copies), notes)


def _named_key(cell: NotebookNode, keys: dict[str, NotebookNode], by_id: dict[str, str]) -> str | None:
    """The master key a cell claims: nbgrader's grade id first, then our metadata, then the cell id."""
    for name, field in (("nbgrader", "grade_id"), ("autograde", "key")):
        section = cell.metadata.get(name)
        claimed = section.get(field) if isinstance(section, dict) else None
        if isinstance(claimed, str) and claimed in keys:
            return claimed
    return by_id.get(cell.id)


def _choose(
    key: str, found: list[int], submitted: Sequence[NotebookNode], given: NotebookNode, notes: list[str]
) -> int:
    """Of several cells with one key, the last one the student worked in."""
    if len(found) > 1:
        notes.append(f"The cell {key} is there {len(found)} times; the last one with work in it counts.")
    worked = [i for i in found if submitted[i].source.strip() not in ("", given.source.strip())]
    wanted = set(DEFINITION.findall(given.source))
    defining = [i for i in worked if wanted & set(DEFINITION.findall(submitted[i].source))]
    return (defining or worked or found)[-1]


def _match_by_definitions(
    submitted: Sequence[NotebookNode], keys: dict[str, NotebookNode], of_key: dict[str, int], notes: list[str]
) -> None:
    """An exercise whose ids were lost is the last unclaimed cell that defines all of its functions."""
    for key, given in keys.items():
        if given.metadata["autograde"]["kind"] != "exercise" or key in of_key:
            continue
        wanted = set(DEFINITION.findall(given.source))
        taken = set(of_key.values())
        found = [
            i for i, c in enumerate(submitted) if i not in taken and wanted and wanted <= _defined(c.source)
        ]
        if found:
            of_key[key] = found[-1]
            notes.append(f"The cell of {key} had lost its id; it was recognised by its functions.")


def _defined(source: str) -> set[str]:
    if len(source) > LONG:
        return set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(DEFINITION.findall(source))
    return {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def _note_moves(of_key: dict[str, int], order: list[str], notes: list[str]) -> None:
    present = [key for key in order if key in of_key]
    positions = [of_key[key] for key in present]
    if positions != sorted(positions):
        moved = next(
            k for k, now, goal in zip(present, positions, sorted(positions), strict=True) if now != goal
        )
        notes.append(f"Cells were moved (first {moved}); they were put back in the lesson's order.")


def _is_copy(cell: NotebookNode, submitted: Sequence[NotebookNode], chosen: int, given: NotebookNode) -> bool:
    """Whether a second cell with a key holds nothing new; other work in it is kept as an added cell."""
    locked = given.metadata["autograde"]["kind"] in ("prose", "test", "experiment")
    return locked or cell.source.strip() in (given.source.strip(), submitted[chosen].source.strip(), "")


def _added(
    submitted: Sequence[NotebookNode], of_key: dict[str, int], copies: set[int]
) -> dict[str | None, list[int]]:
    """Unmatched cells, by the key of the matched cell before them; mere copies are dropped."""
    key_at = {position: key for key, position in of_key.items()}
    dropped = copies - set(key_at)
    added: dict[str | None, list[int]] = {}
    last: str | None = None
    for i in range(len(submitted)):
        if i in key_at:
            last = key_at[i]
        elif i not in dropped:
            added.setdefault(last, []).append(i)
    return added
