"""Find an exercise by its name, or by the name of one of its functions, and the lesson a notebook belongs to."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from autograde import exercises
from autograde.course import Course
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise


def lesson_exercises(lesson: str) -> list[Exercise]:
    """The exercises of one lesson, in its order."""
    return list(exercises.load(lesson).values())


def find_exercise(course: Course, name: str, namespace: Mapping[str, Any]) -> Exercise:
    """The exercise `name`, of this notebook's lesson first. Raises `CourseError` naming the closest one there is."""
    here = find_lesson(course, "", namespace)
    order = [here, *(lesson for lesson in course.lessons() if lesson != here)]
    known = [exercise for lesson in order for exercise in lesson_exercises(lesson)]
    wanted = name.strip()
    if not wanted:
        raise CourseError("Which exercise?", advice=f"Write its name, for example `%check {known[0].name}`.")
    for exercise in known:
        if exercise.name == wanted:
            return exercise
    for exercise in known:
        if wanted in exercise.functions:
            return exercise
    names = [n for exercise in known for n in (exercise.name, *exercise.functions)]
    close = difflib.get_close_matches(wanted, names, 1)
    advice = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(e.name for e in known)}."
    raise CourseError(f"There is no exercise {wanted}.", advice=advice)


def find_lesson(course: Course, name: str, namespace: Mapping[str, Any]) -> str:
    """The lesson `name` (a unique beginning or part is enough), or the one most functions in memory belong to."""
    lessons = course.lessons()
    if name.strip():
        found = [lesson for lesson in lessons if name.strip() in lesson]
        if len(found) != 1:
            raise CourseError(f"Which lesson is {name.strip()}?", advice=f"Lessons: {', '.join(lessons)}.")
        return found[0]

    def here(lesson: str) -> int:
        return sum(f in namespace for exercise in lesson_exercises(lesson) for f in exercise.functions)

    return max(lessons, key=here)
