"""Everything the engine needs to know about one lesson, loaded once per worker."""

from __future__ import annotations

import dataclasses

import nbformat
from nbformat import NotebookNode

from autograde import exercises
from autograde.build import build_instructor_notebook
from autograde.course import Course
from autograde.engine.fingerprint import digest, of_exercise
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise, Function
from autograde.master import Master, read_master


@dataclasses.dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson's master, its declared exercises, and the two notebooks built from them."""

    name: str
    master: Master
    exercises: dict[str, Exercise]
    instructor: NotebookNode
    release: NotebookNode

    @property
    def references(self) -> dict[str, Function]:
        """The trusted implementation of every function of the lesson, by contract name."""
        return {name: f for exercise in self.exercises.values() for name, f in exercise.references.items()}

    @property
    def points(self) -> float:
        """What the automatically judged exercises are worth together."""
        return sum(exercise.points for exercise in self.exercises.values())

    @property
    def fingerprint(self) -> str:
        """A hash of the master and of the release made from it: a change means that all has to be judged again."""
        return digest(self.master.path.read_bytes(), nbformat.writes(self.release))

    def fingerprints(self) -> dict[str, str]:
        """A hash of each exercise's declaration: a change means that this exercise has to be judged again."""
        return {name: of_exercise(exercise) for name, exercise in self.exercises.items()}


def load_lesson(course: Course, name: str) -> Lesson:
    """Read a lesson. Raises `CourseError` if its master is wrong or it has not been built."""
    master = read_master(course.master_path(name))
    declared = exercises.load(name)
    release = course.release_path(name)
    if not release.exists():
        raise CourseError(
            "The lesson has not been built.", file=release, advice="Run `autograde build` first."
        )
    instructor = build_instructor_notebook(master, declared)
    return Lesson(name, master, declared, instructor, nbformat.read(release, as_version=4))
