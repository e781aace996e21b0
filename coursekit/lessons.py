"""The lessons of the course, as `lessons.json` beside this file lists them, and where a student's copies lie."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

DATA = pathlib.Path(__file__).with_name("lessons.json")


def spoken(minutes: int) -> str:
    """Hours and minutes, as people say them."""
    hours, left = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" * (hours > 0), f"{left} min" * (left > 0)) if part)


@dataclasses.dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise: `cell` and `check` are the ids of the cell to fill and of the cell that checks it."""

    name: str
    title: str
    cell: str
    check: str


@dataclasses.dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson: the trouble it starts from, the cure it teaches, and about how many minutes it takes."""

    lesson: str
    title: str
    trouble: str
    cure: str
    minutes: int
    exercises: tuple[Exercise, ...]

    @property
    def number(self) -> int:
        return int(self.lesson.partition("_")[0])

    @property
    def time(self) -> str:
        """Hours and minutes, as people say them."""
        return spoken(self.minutes)

    def path(self, folder: pathlib.Path) -> pathlib.Path:
        """The student's notebook of this lesson in a folder of lessons."""
        return folder / self.lesson / f"{self.lesson}.ipynb"


@functools.cache
def lessons() -> tuple[Lesson, ...]:
    """Every lesson, in the course's order."""
    return tuple(
        Lesson(**{**entry, "exercises": tuple(Exercise(**exercise) for exercise in entry["exercises"])})
        for entry in json.loads(DATA.read_text(encoding="utf-8"))
    )


def find_lesson(name: str) -> Lesson:
    """The lesson with this number, name or unique part of a name. Raises ValueError with the names there are."""
    wanted = name.strip().removesuffix(".ipynb").removesuffix("/").rpartition("/")[2]
    found = [
        lesson
        for lesson in lessons()
        if wanted and (wanted.lstrip("0") == str(lesson.number) or wanted in lesson.lesson)
    ]
    if len(found) != 1:
        names = ", ".join(lesson.lesson for lesson in lessons())
        raise ValueError(
            f"Which lesson is {name or 'meant'}? Give its number or its name. There are: {names}."
        )
    return found[0]


def lessons_folder(start: pathlib.Path | None = None) -> pathlib.Path:
    """The folder with the lessons' folders: around or under `start` (the working directory), else the course's own."""
    here = (start or pathlib.Path.cwd()).resolve()
    course = DATA.parent.parent
    for folder in (here, here / "notebooks", *here.parents, course / "notebooks"):
        if any(lesson.path(folder).is_file() for lesson in lessons()):
            return folder
    return here
