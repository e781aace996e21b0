"""Find an exercise by its name, or by the name of one of its functions, in any lesson."""

from __future__ import annotations

import difflib

from autograde import exercises
from autograde.course import Course
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise


def all_exercises(course: Course) -> dict[str, Exercise]:
    """Every exercise of every lesson, by name, in course order."""
    return {name: e for lesson in course.lessons() for name, e in exercises.load(lesson).items()}


def find_exercise(course: Course, name: str) -> Exercise:
    """The exercise `name`. Raises `CourseError` naming the closest one when there is none."""
    known = all_exercises(course)
    by_function = {function: e for e in known.values() for function in e.functions}
    wanted = name.strip()
    if wanted in known or wanted in by_function:
        return known.get(wanted) or by_function[wanted]
    if not wanted:
        raise CourseError(
            "Which exercise?", advice=f"Write its name, for example `%check {next(iter(known))}`."
        )
    close = difflib.get_close_matches(wanted, [*known, *by_function], 1)
    advice = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
    raise CourseError(f"There is no exercise {wanted}.", advice=advice)
