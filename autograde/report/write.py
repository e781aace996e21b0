"""Write the class page of a lesson."""

from __future__ import annotations

import pathlib
import statistics
from collections.abc import Sequence

import nbformat

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.feedback.page import lesson_title
from autograde.pages import render, write_page
from autograde.record.marks import ClassRecord, read_class
from autograde.report.attention import TITLES, notes
from autograde.report.charts import histogram
from autograde.report.items import COLUMNS, items, mistakes
from autograde.report.similar import Pair, similar
from autograde.report.tries import Tries, class_tries


def write_report(
    course: Course, lesson: str, output: pathlib.Path | None = None, db_url: str | None = None
) -> pathlib.Path:
    """One self-contained page, by default report/<lesson>.html. Raises `CourseError` if nothing was graded."""
    record = read_class(db_url or course.gradebook_url, lesson)
    loaded = load_lesson(course, lesson)
    path = (output or course.root / "report") / f"{lesson}.html"
    tries = class_tries(course, lesson, record.students)
    write_page(path, class_page(loaded, record, _sources(course, loaded, record), tries))
    return path


def class_page(
    lesson: Lesson, record: ClassRecord, sources: dict[str, dict[str, str]], tries: Sequence[Tries] = ()
) -> str:
    """The page as HTML."""
    verdicts = list(record.verdicts.values())
    stubs = {str(c.exercise): c.stub for c in lesson.master.cells if c.kind == "exercise"}
    rows = [_row(record, student) for student in record.students]
    shares = [row["score"] / row["max_score"] for row in rows if row["max_score"]]
    seconds = [v.seconds for v in verdicts if v.exercises]
    return render(
        "report.html",
        title=lesson_title(lesson),
        lesson=lesson.name,
        rows=rows,
        shares=shares,
        median=statistics.median(shares) if shares else None,
        mean=statistics.fmean(shares) if shares else None,
        chart=histogram(shares, f"Distribution of the marks of {len(shares)} students"),
        columns=COLUMNS,
        items=items(verdicts, tries),
        mistakes=mistakes(verdicts),
        notes=notes(record),
        note_titles=TITLES,
        pairs=[_side_by_side(pair, sources) for pair in similar(sources, stubs)],
        seconds=sum(seconds),
        slowest=max(seconds, default=0.0),
        graded=len(seconds),
    )


def _row(record: ClassRecord, student: str) -> dict[str, object]:
    mark, verdict = record.marks.get(student), record.verdicts.get(student)
    lost = [e.exercise for e in verdict.exercises if e.score < e.max_score] if verdict else []
    return {
        "student": student,
        "score": mark.score if mark else 0.0,
        "max_score": mark.max_score if mark else _most(record),
        "status": str(verdict.status if verdict else "graded").replace("_", " "),
        "lost": lost,
        "seconds": verdict.seconds if verdict else 0.0,
    }


def _most(record: ClassRecord) -> float:
    return max((mark.max_score for mark in record.marks.values()), default=0.0)


def _sources(course: Course, lesson: Lesson, record: ClassRecord) -> dict[str, dict[str, str]]:
    """Every student's solution cells by exercise, as far as they wrote in them."""
    stubs = {str(c.exercise): c.stub.strip() for c in lesson.master.cells if c.kind == "exercise"}
    found = {}
    for student in record.students:
        path = course.autograded / student / lesson.name / f"{lesson.name}.ipynb"
        if path.exists():
            cells = nbformat.read(path, as_version=4).cells
            written = {
                str(c.metadata["autograde"]["key"]): c.source
                for c in cells
                if c.metadata.get("autograde", {}).get("kind") == "exercise"
            }
            found[student] = {name: s for name, s in written.items() if s.strip() != stubs.get(name)}
    return found


def _side_by_side(pair: Pair, sources: dict[str, dict[str, str]]) -> dict[str, object]:
    cells = [
        (exercise, sources[pair.one].get(exercise, ""), sources[pair.other].get(exercise, ""))
        for exercise in pair.exercises
    ]
    return {"pair": pair, "cells": cells}
