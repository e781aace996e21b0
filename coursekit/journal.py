"""What a student has reached in a lesson: one small file beside the notebook, never graded and never in the way.

A check counts as passed if it passed the last time it ran. A file that cannot be read counts as empty, and where none
can be written the record lasts as long as the notebook's kernel.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import time
from typing import Any

NAME = ".progress.json"


@dataclasses.dataclass(slots=True)
class Journal:
    """The record of one lesson. `passed`: exercise → when; `tries`: exercise → runs of its check;
    `ran`: exercise → fingerprint of its cell and when it ran last (seconds since 1970)."""

    folder: pathlib.Path
    passed: dict[str, float] = dataclasses.field(default_factory=dict)
    tries: dict[str, int] = dataclasses.field(default_factory=dict)
    ran: dict[str, tuple[str, float]] = dataclasses.field(default_factory=dict)

    def checked(self, exercise: str, passed: bool) -> None:
        """Note how a check ended."""
        self.tries[exercise] = self.tries.get(exercise, 0) + 1
        if passed:
            self.passed[exercise] = time.time()
        else:
            self.passed.pop(exercise, None)

    def executed(self, exercise: str, source: str) -> None:
        """Note with which text an exercise's cell ran."""
        self.ran[exercise] = (fingerprint(source), time.time())

    def save(self) -> bool:
        """Write the file whole or not at all, and say whether it could be written."""
        text = json.dumps({"passed": self.passed, "tries": self.tries, "ran": self.ran}, indent=1)
        return write_whole(self.folder / NAME, text + "\n")


def read_journal(folder: pathlib.Path) -> Journal:
    """The record beside a notebook; an empty one where there is none or it cannot be read."""
    try:
        raw = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raw = {}
    raw = raw if isinstance(raw, dict) else {}
    times = {name: float(when) for name, when in _entries(raw, "passed") if isinstance(when, int | float)}
    tries = {name: count for name, count in _entries(raw, "tries") if isinstance(count, int)}
    ran = {name: (str(pair[0]), float(pair[1])) for name, pair in _entries(raw, "ran") if _is_run(pair)}
    return Journal(folder, times, tries, ran)


def fingerprint(source: str) -> str:
    """A short name for a text, the same for the same text."""
    return hashlib.sha256(source.strip().encode("utf-8", "replace")).hexdigest()[:16]


def write_whole(path: pathlib.Path, text: str) -> bool:
    """Write a file whole or not at all, and say whether it could be written."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        return False
    return True


def _entries(raw: dict[str, Any], section: str) -> list[tuple[str, Any]]:
    found = raw.get(section)
    return list(found.items()) if isinstance(found, dict) else []


def _is_run(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int | float)
