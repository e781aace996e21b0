"""How the course covers the lecture: every claim's home, and what the course measured of it."""

from autograde.lecture.claims import Claim, read_claims
from autograde.lecture.homes import Home, find_homes
from autograde.lecture.page import lecture_map, lessons_table
from autograde.lecture.run import Run, run_lesson
from autograde.lecture.students import lessons_json

__all__ = [
    "Claim",
    "Home",
    "Run",
    "find_homes",
    "lecture_map",
    "lessons_json",
    "lessons_table",
    "read_claims",
    "run_lesson",
]
