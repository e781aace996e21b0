"""Where the course teaches a claim: found from the keys in the masters, never written by hand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from autograde.master import CellKind, Master, MasterCell

HEADING = re.compile(r"^(#{1,4}) (.+)$", re.MULTILINE)
MEASURED = re.compile(r"\bmeasured\(\s*[\"']([^\"']+)[\"']")
SHOWS = re.compile(r"\bfig\.show\(")


@dataclasses.dataclass(frozen=True, slots=True)
class Home:
    """The headings, exercises and experiments of one lesson that belong to a claim."""

    lesson: str
    headings: tuple[str, ...]
    exercises: tuple[str, ...]
    experiments: tuple[str, ...]


@dataclasses.dataclass(slots=True)
class Section:
    """A heading and the cells under it."""

    heading: str
    cells: list[MasterCell]


def find_homes(masters: Sequence[Master]) -> dict[str, list[Home]]:
    """Claim key → its homes, in the order of the lessons."""
    homes: dict[str, list[Home]] = {}
    for master in masters:
        sections = _sections(master)
        for key in dict.fromkeys(key for s in sections for cell in s.cells for key in claims_of(cell)):
            homes.setdefault(key, []).append(_home(master.lesson, key, sections))
    return homes


def claims_of(cell: MasterCell) -> tuple[str, ...]:
    """The claims a cell teaches (`covers`) or measures."""
    return (*cell.covers, *MEASURED.findall(cell.source))


def _home(lesson: str, key: str, sections: Sequence[Section]) -> Home:
    """Exercises and figures are those of the cells that name the claim, else those of their sections."""
    here = [s for s in sections if any(key in claims_of(cell) for cell in s.cells)]
    named = [cell for s in here for cell in s.cells if key in claims_of(cell)]
    around = [cell for s in here for cell in s.cells]
    headings = tuple(dict.fromkeys(s.heading for s in here))
    seen = _figures(named) or _measuring(named) or _figures(around)
    return Home(lesson, headings, _exercises(named) or _exercises(around), seen)


def _exercises(cells: Sequence[MasterCell]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(cell.exercise) for cell in cells if cell.kind is CellKind.EXERCISE))


def _figures(cells: Sequence[MasterCell]) -> tuple[str, ...]:
    return tuple(c.key for c in cells if c.kind is CellKind.EXPERIMENT and SHOWS.search(c.source))


def _measuring(cells: Sequence[MasterCell]) -> tuple[str, ...]:
    """Experiments that show their result as a box or a table."""
    return tuple(c.key for c in cells if c.kind is CellKind.EXPERIMENT and MEASURED.search(c.source))


def _sections(master: Master) -> list[Section]:
    sections = [Section(master.lesson, [])]
    for cell in master.cells:
        headings = HEADING.findall(cell.source) if cell.is_markdown else []
        if headings:
            sections.append(Section(headings[-1][1].strip(), []))
        sections[-1].cells.append(cell)
    return sections
