"""A master as data: cells with a key, a kind and the line they start on."""

from __future__ import annotations

import dataclasses
import enum
import pathlib
import re

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB_LINES = (
    "# YOUR CODE HERE",
    'raise NotImplementedError("Write this function, then run this cell again.")',
)
REGION = re.compile(rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}[ \t]*$", re.MULTILINE | re.DOTALL)


class CellKind(enum.StrEnum):
    """What a master's cell is for."""

    PROSE = "prose"
    SETUP = "setup"
    CODE = "code"
    EXERCISE = "exercise"
    TEST = "test"
    EXPERIMENT = "experiment"
    QUESTION = "question"


@dataclasses.dataclass(frozen=True, slots=True)
class MasterCell:
    """One cell. `key` is unique in the lesson; a test's key is `test_<exercise>`."""

    key: str
    kind: CellKind
    source: str
    line: int
    exercise: str | None = None
    points: float | None = None
    tags: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()

    @property
    def is_markdown(self) -> bool:
        return self.kind in (CellKind.PROSE, CellKind.QUESTION)

    @property
    def cell_id(self) -> str:
        """The key as an id that nbformat accepts."""
        return re.sub(r"[^A-Za-z0-9-]", "-", self.key)[:64]

    @property
    def stub(self) -> str:
        """The source with every solution region replaced by what a student finds there."""
        return REGION.sub(lambda m: "\n".join(m[1] + line for line in STUB_LINES), self.source)


@dataclasses.dataclass(frozen=True, slots=True)
class Master:
    """A lesson as it is written."""

    lesson: str
    path: pathlib.Path
    cells: tuple[MasterCell, ...]

    def of_kind(self, kind: CellKind) -> tuple[MasterCell, ...]:
        """The cells of one kind, in order."""
        return tuple(cell for cell in self.cells if cell.kind is kind)
