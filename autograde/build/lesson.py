"""Build one lesson, or compare what is there with what would be built."""

from __future__ import annotations

import json
import os
import pathlib

import nbformat

from autograde import exercises
from autograde.build.instructor import build_instructor_notebook
from autograde.build.release import generate_release
from autograde.course import Course
from autograde.errors import CourseError
from autograde.master import Master, read_master, validate
from autograde.master.cells import REGION


def build_lesson(course: Course, lesson: str, check: bool = False) -> None:
    """Write the instructor's notebook and the release, each whole or not at all.

    With `check`, write nothing and raise `CourseError` if the release is not what the master builds.
    """
    master = read_master(course.master_path(lesson))
    declared = exercises.load(lesson)
    validate(master, declared)
    instructor = build_instructor_notebook(master, declared)
    release = generate_release(instructor, lesson)
    require_no_answers(master, release)
    if check:
        _compare(course.release_path(lesson), release)
        return
    _replace(course.instructor_path(lesson), nbformat.writes(instructor))
    _replace(course.release_path(lesson), release)


def require_no_answers(master: Master, release: str) -> None:
    """Raise `CourseError` if a line of a solution, or a hidden test, is in the students' notebook."""
    shown = "\n".join("".join(cell["source"]) for cell in json.loads(release)["cells"])
    outside = "\n".join(cell.stub for cell in master.cells)
    for cell in master.cells:
        for region in REGION.finditer(cell.source):
            for line in map(str.strip, region[2].splitlines()):
                if len(line) > 25 and line in shown and line not in outside:
                    raise CourseError(
                        f"The release would show a line of {cell.key}: {line}", file=master.path
                    )
    for marker in ("BEGIN SOLUTION", "HIDDEN TESTS", "Judged by autograde"):
        if marker in shown:
            raise CourseError(f"The release would hold `{marker}`.", file=master.path)


def _compare(path: pathlib.Path, fresh: str) -> None:
    advice = "Run `autograde build` and commit notebooks/."
    if not path.exists():
        raise CourseError("The release is missing.", file=path, advice=advice)
    try:
        old = path.read_text(encoding="utf-8")
        if old == fresh:
            return
        cells = list(zip(json.loads(old)["cells"], json.loads(fresh)["cells"], strict=False))
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError("The release is damaged.", file=path, advice=advice) from error
    different = next((new["id"] for was, new in cells if was != new), "the last ones")
    raise CourseError(
        f"The release differs from its master, first at cell {different}.", file=path, advice=advice
    )


def _replace(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".ipynb.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
