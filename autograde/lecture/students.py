"""`coursekit/lessons.json`: what the students' start page and progress say about the lessons, from the masters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.lecture.page import minutes_of, title_of
from autograde.master import CellKind, Master

MAP = re.compile(r"^\| lesson \| the trouble \| the way out \|\n\|[-|: ]+\|\n((?:\|.*\|\n?)+)", re.MULTILINE)


def lessons_json(masters: Sequence[Master], exercises: Mapping[str, Mapping[str, Exercise]]) -> str:
    """Title, trouble, cure, minutes and exercises of every lesson, with the ids of the cells they stand in.

    Raises `CourseError` if the map of the course in the first lesson does not have a row for every lesson.
    """
    rows = course_map(masters)
    if len(rows) != len(masters):
        raise CourseError(
            f"The map of the course has {len(rows)} rows for {len(masters)} lessons.",
            file=masters[0].path,
            advice="Give a lesson a table with the heads lesson, the trouble, the way out, and a row for every lesson.",
        )
    lessons = [_lesson(m, exercises[m.lesson], *row) for m, row in zip(masters, rows, strict=True)]
    return json.dumps(lessons, indent=1, ensure_ascii=False) + "\n"


def _lesson(master: Master, declared: Mapping[str, Exercise], trouble: str, cure: str) -> dict[str, Any]:
    stubs = {cell.exercise: cell.cell_id for cell in master.of_kind(CellKind.EXERCISE)}
    return {
        "lesson": master.lesson,
        "title": title_of(master),
        "trouble": trouble,
        "cure": cure,
        "minutes": minutes_of(master, declared.values()),
        "exercises": [
            {
                "name": test.exercise,
                "title": declared[str(test.exercise)].title,
                "cell": stubs[test.exercise],
                "check": test.cell_id,
            }
            for test in master.of_kind(CellKind.TEST)
        ],
    }


def course_map(masters: Iterable[Master]) -> list[tuple[str, str]]:
    """The trouble and the way out of every lesson, from the first lesson that shows the map; empty if none does."""
    prose = (cell.source + "\n" for master in masters for cell in master.of_kind(CellKind.PROSE))
    found = next(filter(None, map(MAP.search, prose)), None)
    rows = [line.strip("| ").split(" | ") for line in found[1].splitlines()] if found else []
    return [(row[1].strip("*"), row[2].strip("*")) for row in rows]
