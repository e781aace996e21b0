"""`autograde map`: the lecture map, the README's table of lessons and the students' map of them."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from autograde import exercises
from autograde.build import build_lesson
from autograde.course import Course
from autograde.errors import CourseError
from autograde.lecture import find_homes, lecture_map, lessons_json, lessons_table, read_claims, run_lesson
from autograde.master import read_master

BEGIN, END = "<!-- lessons: built by `autograde map` -->\n", "<!-- end of lessons -->"


def map_lecture(
    measure: Annotated[
        list[str] | None, typer.Option(help="Run this solved lesson (or `all`) and keep what it measures.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if something is out of date.")
    ] = False,
) -> None:
    """Build docs/lecture_map.md, the README's table and coursekit/lessons.json from masters and measurements."""
    course, console = Course.find(), Console()
    chosen = course.lessons() if measure and "all" in measure else tuple(measure or ())
    for lesson in chosen:
        build_lesson(course, lesson)
        run = run_lesson(course, lesson)
        _remember(course, lesson, {"figures": run.figures, "claims": run.measurements})
        console.print(f"{lesson}: {len(run.measurements)} claims measured, {run.total:.0f} s")
    for path, text in pages(course).items():
        target = course.root / path
        if check and (not target.exists() or target.read_text(encoding="utf-8") != text):
            raise CourseError("It is out of date.", file=target, advice="Run `autograde map` and commit it.")
        if not check:
            target.write_text(text, encoding="utf-8")


def pages(course: Course) -> dict[str, str]:
    """Path → text of what the map command writes."""
    masters = [read_master(course.master_path(lesson)) for lesson in course.lessons()]
    kept = recall(course)
    measurements: dict[str, Any] = {}
    for lesson in course.lessons():
        measurements |= kept.get(lesson, {}).get("claims", {})
    readme = (course.root / "README.md").read_text(encoding="utf-8")
    declared = {m.lesson: exercises.load(m.lesson) for m in masters}
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {
        "docs/lecture_map.md": lecture_map(read_claims(course.root), find_homes(masters), measurements),
        "README.md": before + BEGIN + lessons_table(masters, declared, _figures(kept)) + END + after,
        "coursekit/lessons.json": lessons_json(masters, declared),
    }


def recall(course: Course) -> dict[str, Any]:
    """What the solved lessons measured when they were last run, by lesson."""
    path = course.root / "docs" / "measurements.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _remember(course: Course, lesson: str, run: dict[str, Any]) -> None:
    kept = dict(sorted({**recall(course), lesson: run}.items()))
    text = json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (course.root / "docs" / "measurements.json").write_text(text, encoding="utf-8")


def _figures(kept: dict[str, Any]) -> dict[str, int]:
    return {lesson: run["figures"] for lesson, run in kept.items()}
