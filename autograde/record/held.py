"""Regraded submissions that wait to be written until everybody's changes have been listed.

They wait on disk, one file each: a class of any size fits, and a run that was interrupted, or refused, judges none
of them twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterator

from autograde.confine.layers import OFF
from autograde.engine.fingerprint import digest
from autograde.engine.submission import Graded
from autograde.model import SubmissionStatus
from autograde.record.store import Inputs, verdict_from


class Held:
    """The waiting submissions of one lesson, in a folder of their own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._students: list[str] = []

    def __len__(self) -> int:
        return len(self._students)

    def put(self, graded: Graded, inputs: Inputs) -> None:
        """Keep a submission and what it was judged from."""
        self._folder.mkdir(parents=True, exist_ok=True)
        raw = {**dataclasses.asdict(graded), "verdict": graded.verdict.to_dict()}
        path = self._path(graded.verdict.student)
        fresh = path.with_suffix(".new")
        text = json.dumps({"inputs": dataclasses.asdict(inputs), "graded": raw})
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
        self._students.append(graded.verdict.student)

    def __iter__(self) -> Iterator[Graded]:
        """Every waiting submission of this run, by student."""
        for student in sorted(self._students):
            yield self._read(student)[0]

    def has(self, student: str) -> bool:
        """Whether a submission of theirs waits, from this run or an earlier one."""
        return self._path(student).exists()

    def find(self, student: str, inputs: Inputs, sandbox: bool) -> Graded | None:
        """What an earlier run judged from the very same inputs and has not written; None if there is none."""
        try:
            graded, judged_from = self._read(student)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        same = judged_from == inputs and (graded.verdict.sandbox != OFF) == sandbox
        return graded if same and graded.verdict.status is SubmissionStatus.GRADED else None

    def drop(self, student: str) -> None:
        """Forget a submission that has been written."""
        self._path(student).unlink(missing_ok=True)

    def _read(self, student: str) -> tuple[Graded, Inputs]:
        raw = json.loads(self._path(student).read_text(encoding="utf-8"))
        graded = Graded(**{**raw["graded"], "verdict": verdict_from(raw["graded"]["verdict"])})
        return graded, Inputs(**raw["inputs"])

    def _path(self, student: str) -> pathlib.Path:
        return self._folder / f"{digest(student)}.json"
