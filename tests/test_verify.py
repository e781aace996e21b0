"""`autograde verify` holds: every declared implementation, graded for real through process and pipe."""

from __future__ import annotations

import pytest

from autograde.verify.matrix import matrix

LESSON = "02_vanishing_gradients"


@pytest.mark.slow
def test_every_row_of_the_graders_own_matrix_holds(course):
    wrong = [row for row in matrix(course, LESSON, workers=2) if not row.holds]
    assert not wrong, "\n".join(f"{r.exercise}/{r.name}: {r.score}, named {r.named}" for r in wrong)


def test_every_exercise_has_eight_misconceptions_and_four_variants(lesson):
    poor = [name for name, e in lesson.exercises.items() if len(e.misconceptions) < 8 or len(e.variants) < 4]
    assert poor == []


def test_the_lesson_is_worth_a_hundred_points(lesson):
    assert sum(cell.points or 0 for cell in lesson.master.cells) == 100
