"""What a student handed in, read from a folder once: what is hashed is what is graded."""

from __future__ import annotations

import dataclasses
import pathlib

from nbgrader.utils import parse_utc

from autograde.engine.fingerprint import digest
from autograde.ingest.locate import find_submission
from autograde.ingest.read import MAX_BYTES


@dataclasses.dataclass(frozen=True, slots=True)
class HandedIn:
    """A notebook's bytes (None: there is none), its file name, what is worth telling about the choice, and when."""

    name: str
    data: bytes | None
    notes: tuple[str, ...] = ()
    timestamp: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of everything a verdict may depend on."""
        if self.data is None:
            return "nothing"
        return digest(self.name, self.data, self.timestamp, *self.notes)


def read_folder(folder: pathlib.Path, lesson: str) -> HandedIn:
    """Read a student's folder. Of a file that is too large, only enough to see that it is."""
    path, notes = find_submission(folder, lesson)
    if path is None:
        return HandedIn(folder.name, None, tuple(notes))
    timestamp = _timestamp(folder / "timestamp.txt", notes)
    with path.open("rb") as file:
        return HandedIn(path.name, file.read(MAX_BYTES + 1), tuple(notes), timestamp)


def _timestamp(path: pathlib.Path, notes: list[str]) -> str:
    """What nbgrader's exchange writes beside a notebook; empty where there is none or it is no time."""
    if not path.is_file() or path.is_symlink():
        return ""
    with path.open("rb") as file:
        text = file.read(100).decode("utf-8", "replace").strip()
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        notes.append("timestamp.txt holds no time; the submission counts as on time.")
        return ""
    return text
