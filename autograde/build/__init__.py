"""Masters → the instructor's notebook → `notebooks/`."""

from autograde.build.instructor import build_instructor_notebook
from autograde.build.lesson import build_lesson
from autograde.build.release import register

__all__ = ["build_instructor_notebook", "build_lesson", "register"]
