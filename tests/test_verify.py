"""`autograde verify` holds: every declared implementation, graded for real through process and pipe."""

from __future__ import annotations

import pathlib

import pytest

from autograde.course import Course
from autograde.engine.lesson import load_lesson
from autograde.verify.matrix import matrix

COURSE = Course(pathlib.Path(__file__).resolve().parent.parent)
every_lesson = pytest.mark.parametrize("lesson_name", COURSE.lessons())


@pytest.mark.slow
@every_lesson
def test_every_row_of_the_graders_own_matrix_holds(lesson_name):
    wrong = [row for row in matrix(COURSE, lesson_name, workers=2) if not row.holds]
    assert not wrong, "\n".join(f"{r.exercise}/{r.name}: {r.score}, named {r.named}" for r in wrong)


@every_lesson
def test_every_exercise_has_eight_misconceptions_and_four_variants(lesson_name):
    exercises = load_lesson(COURSE, lesson_name).exercises
    poor = [name for name, e in exercises.items() if len(e.misconceptions) < 8 or len(e.variants) < 4]
    assert poor == []


@every_lesson
def test_the_lesson_is_worth_a_hundred_points(lesson_name):
    assert sum(cell.points or 0 for cell in load_lesson(COURSE, lesson_name).master.cells) == 100
