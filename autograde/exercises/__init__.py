"""Every exercise of the course, declared once: one package per lesson."""

from __future__ import annotations

import functools
import importlib
import re

from autograde.errors import CourseError
from autograde.judge.exercise import Exercise


@functools.cache
def load(lesson: str) -> dict[str, Exercise]:
    """A lesson's exercises by name, in the order of the lesson. Raises `CourseError` for an unknown lesson.

    `02_vanishing_gradients` is declared in the package `autograde.exercises.vanishing_gradients`.
    """
    package = "autograde.exercises." + re.sub(r"^\d+_", "", lesson)
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise CourseError(f"No exercises are declared for {lesson}.", advice=f"Create {package}.") from error
    declared = {exercise.name: exercise for exercise in module.EXERCISES}
    for exercise in declared.values():
        exercise.neighbours = {
            n: f for e in declared.values() if e is not exercise for n, f in e.references.items()
        }
    return declared
