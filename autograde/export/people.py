"""Students as the gradebook knows them, and their marks in every lesson."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from nbgrader.api import Gradebook

from autograde.record.marks import ClassRecord, Mark


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """One student: what nbgrader's gradebook holds about them, and a mark per lesson where there is one."""

    student: str
    first_name: str
    last_name: str
    email: str
    lms_user_id: str
    marks: dict[str, Mark]

    @property
    def sortable_name(self) -> str:
        """`Last, First`, or the id where no name is known."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.student


def read_people(db_url: str, records: Sequence[ClassRecord]) -> list[Person]:
    """Everybody who handed in one of the lessons, by id. A submission nobody could read counts 0."""
    with Gradebook(db_url) as gradebook:
        known = {student.id: student for student in gradebook.students}
        details = {
            name: [
                str(getattr(s, field) or "") for field in ("first_name", "last_name", "email", "lms_user_id")
            ]
            for name, s in known.items()
        }
    names = sorted({name for record in records for name in record.students})
    return [
        Person(
            name,
            *details.get(name, [""] * 4),
            {r.lesson: mark_of(r, name) for r in records if name in r.students},
        )
        for name in names
    ]


def mark_of(record: ClassRecord, student: str) -> Mark:
    """The mark in the gradebook, or 0 where the file could not be read."""
    if student in record.marks:
        return record.marks[student]
    most = max((mark.max_score for mark in record.marks.values()), default=0.0)
    return Mark(student, record.lesson, 0.0, most, 0.0, ())
