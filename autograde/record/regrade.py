"""A regrade: who is judged again though nothing new was handed in, and which marks that would change."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence

from autograde.engine.handed_in import read_folder
from autograde.engine.jobs import Job
from autograde.engine.submission import Graded
from autograde.record.changes import Change, changes
from autograde.record.held import Held
from autograde.record.store import Finished
from autograde.record.write import Recorder


class Regrade:
    """One lesson's submissions that wait to be written."""

    def __init__(self, folder: pathlib.Path, recorder: Recorder, finished: Mapping[str, Finished]) -> None:
        self._held, self._recorder, self._finished = Held(folder), recorder, finished

    def __len__(self) -> int:
        return len(self._held)

    def must_wait(self, graded: Graded) -> bool:
        """Whether it is the notebook already on record, judged anew; or would bring in points of a changed master."""
        if not self._finished:
            return False
        old = self._finished.get(graded.verdict.student)
        again = old is not None and bool(old.verdict.exercises) and old.inputs.handed_in == graded.handed_in
        return again or not self._recorder.registered

    def judged_before(self, jobs: Sequence[Job]) -> list[Graded]:
        """What an earlier run judged just so and did not write: it was interrupted, refused or a dry run."""
        return [graded for graded in map(self._judged_before, jobs) if graded is not None]

    def _judged_before(self, job: Job) -> Graded | None:
        if not self._held.has(job.student):
            return None
        handed_in = read_folder(job.folder, job.lesson).fingerprint
        return self._held.find(job.student, self._recorder.inputs(handed_in, job.seed), job.sandbox)

    def hold(self, graded: Graded) -> None:
        """Let a submission wait."""
        inputs = self._recorder.inputs(graded.handed_in, graded.verdict.seed)
        self._held.put(graded, inputs)

    def changes(self) -> tuple[Change, ...]:
        """Every mark on record that would change, by student."""
        by_hand = self._recorder.marked_by_hand()
        found: list[Change] = []
        for graded in self._held:
            student = graded.verdict.student
            old = self._finished.get(student)
            if old is not None and old.verdict.exercises and graded.notebook is not None:
                found += changes(old.verdict, graded.verdict, by_hand.get(student, ()))
        return tuple(found)

    def write(self) -> Iterator[Graded]:
        """Record every waiting submission; each is told of once it is on record."""
        for graded in self._held:
            self._recorder.record(graded)
            self._held.drop(graded.verdict.student)
            yield graded
