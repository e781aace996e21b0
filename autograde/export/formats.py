"""The file formats.

csv      one row for each student and lesson, for a spreadsheet
canvas   Canvas' gradebook import: Student, ID, SIS User ID, SIS Login ID, Section, then one column for each
         assignment; the second row holds the points possible (Instructor Guide, "How do I import grades in the
         Gradebook?")
moodle   Moodle's CSV grade import: a column that identifies the user and one for each grade item (Moodle
         documentation, "Grade import"); its preview asks which column is which
"""

from __future__ import annotations

import csv
import io
import os
import pathlib
from collections.abc import Callable, Sequence

from autograde.export.people import Person

Rows = list[list[str]]
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


def csv_rows(people: Sequence[Person], lessons: Sequence[str]) -> Rows:
    """One row for each student and lesson."""
    rows = [["student", "lesson", "score", "max_score", "late_penalty", "needs_manual_grade", "handed_in"]]
    for person in people:
        for mark in (person.marks[lesson] for lesson in lessons if lesson in person.marks):
            waits = "yes" if mark.needs_human else "no"
            numbers = [_number(n) for n in (mark.score, mark.max_score, mark.late_penalty)]
            rows.append([_text(person.student), mark.lesson, *numbers, waits, mark.timestamp])
    return rows


def canvas_rows(people: Sequence[Person], lessons: Sequence[str]) -> Rows:
    """Canvas' gradebook; students are matched by ID (`lms_user_id`) or by SIS Login ID."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *lessons]]
    rows.append(
        ["    Points Possible", "", "", "", "", *(_number(_most(people, lesson)) for lesson in lessons)]
    )
    for person in people:
        who = [person.sortable_name, person.lms_user_id, "", person.student, ""]
        rows.append([*map(_text, who), *_scores(person, lessons)])
    return rows


def moodle_rows(people: Sequence[Person], lessons: Sequence[str]) -> Rows:
    """Moodle's grade import; map `username`, `idnumber` or `email`, whichever your site uses, to the user."""
    rows = [["username", "idnumber", "email", "firstname", "lastname", *lessons]]
    for person in people:
        who = [person.student, person.lms_user_id, person.email, person.first_name, person.last_name]
        rows.append([*map(_text, who), *_scores(person, lessons)])
    return rows


FORMATS: dict[str, Callable[[Sequence[Person], Sequence[str]], Rows]] = {
    "csv": csv_rows,
    "canvas": canvas_rows,
    "moodle": moodle_rows,
}


def write_marks(path: pathlib.Path, form: str, people: Sequence[Person], lessons: Sequence[str]) -> None:
    """Write the file, whole or not at all. A lesson somebody did not hand in stays empty."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(FORMATS[form](people, lessons))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    os.replace(fresh, path)


def _scores(person: Person, lessons: Sequence[str]) -> list[str]:
    return [_number(person.marks[lesson].score) if lesson in person.marks else "" for lesson in lessons]


def _most(people: Sequence[Person], lesson: str) -> float:
    return max((p.marks[lesson].max_score for p in people if lesson in p.marks), default=0.0)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(DANGEROUS) else value
