"""Shared by the tests: the real lesson and one warm process."""

from __future__ import annotations

import pathlib

import pytest

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.pool import warm_process
from autograde.student.remote import WarmProcess

LESSON = "02_vanishing_gradients"


@pytest.fixture(scope="session")
def course() -> Course:
    """This repository as a course."""
    return Course(pathlib.Path(__file__).resolve().parent.parent)


@pytest.fixture(scope="session")
def lesson(course: Course) -> Lesson:
    """Lesson 2, loaded once."""
    return load_lesson(course, LESSON)


@pytest.fixture(scope="session")
def warm(course: Course) -> WarmProcess:
    """One warm process for all tests of a worker."""
    return warm_process(True, course.root)
