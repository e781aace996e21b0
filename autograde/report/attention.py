"""What needs a person: grader faults, answers to grade by hand, repaired files, and changes that look meant."""

from __future__ import annotations

import dataclasses

from autograde.model import Status, SubmissionStatus
from autograde.record.marks import ClassRecord

TAMPERING = ("was edited; the master's is used", "were changed; the master's count", "that skip")


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """One thing to look at. `kind`: fault, unread, manual, tampering or repair."""

    kind: str
    student: str
    text: str


ORDER = ("fault", "unread", "tampering", "manual", "repair")
TITLES = {
    "fault": "Grader faults (they cost no points until they are settled)",
    "unread": "Files that could not be graded",
    "tampering": "Locked cells, points or tags that were changed (they had no effect)",
    "manual": "Cells that wait for a person in Formgrader",
    "repair": "Files that were repaired",
}


def notes(record: ClassRecord) -> dict[str, list[Note]]:
    """Everything to look at, by kind, the most urgent kind first."""
    found = [note for student in record.students for note in _of(record, student)]
    return {
        kind: [n for n in found if n.kind == kind] for kind in ORDER if any(n.kind == kind for n in found)
    }


def _of(record: ClassRecord, student: str) -> list[Note]:
    verdict, mark = record.verdicts.get(student), record.marks.get(student)
    made: list[Note] = []
    if verdict is not None:
        faults = [e for e in verdict.exercises if e.status is Status.GRADER_FAULT]
        made += [
            Note("fault", student, f"{e.exercise}: {(e.fault or '').strip().splitlines()[-1:] or ''}")
            for e in faults
        ]
        if verdict.status is not SubmissionStatus.GRADED and not verdict.exercises:
            made.append(Note("unread", student, f"{verdict.status}: {verdict.message}"))
        for repair in verdict.repairs:
            meant = any(words in repair for words in TAMPERING)
            made.append(Note("tampering" if meant else "repair", student, repair))
    if mark is not None:
        waiting = [cell.name for cell in mark.cells if cell.needs_human]
        made += [Note("manual", student, ", ".join(waiting))] if waiting else []
    return made
