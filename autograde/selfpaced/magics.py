"""`%check NAME`, `%hint NAME`, `%solution NAME` and `%progress`, for somebody studying alone.

The functions are judged as they stand in the notebook's memory, by the aspects, limits and messages that grade a
class, in a copy of the notebook's process. Nothing is confined (the machine is the learner's own) and no mark is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from autograde.course import Course
from autograde.errors import CourseError
from autograde.master import read_master
from autograde.model import ExerciseVerdict, Status
from autograde.record.outputs import feedback
from autograde.selfpaced.judging import judge_here
from autograde.selfpaced.lookup import find_exercise, find_lesson, lesson_exercises


def friendly(magic: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Print a `CourseError` as its sentence instead of a traceback."""

    def wrapped(self: Any, line: str) -> None:
        try:
            magic(self, line)
        except CourseError as error:
            print(error)

    wrapped.__name__, wrapped.__doc__ = magic.__name__, magic.__doc__
    return wrapped


@magics_class
class SelfPaced(Magics):  # type: ignore[misc]
    """The magics; remembers how far up each hint ladder the learner has climbed."""

    def __init__(self, shell: Any, course: Course | None = None) -> None:
        super().__init__(shell)
        self._course = course or Course.find()
        self._rungs: dict[str, int] = {}

    @line_magic
    @friendly
    def check(self, line: str) -> None:
        """%check NAME: judge an exercise as the grader would."""
        exercise = find_exercise(self._course, line, self.shell.user_ns)
        verdict = judge_here(self.shell, [exercise])[exercise.name]
        print(feedback(verdict), end="")

    @line_magic
    @friendly
    def hint(self, line: str) -> None:
        """%hint NAME: the next hint, each giving away a little more."""
        exercise = find_exercise(self._course, line, self.shell.user_ns)
        rung = self._rungs.get(exercise.name, 0)
        self._rungs[exercise.name] = min(rung + 1, len(exercise.hints))
        if rung >= len(exercise.hints):
            print(f"That was the last hint. `%solution {exercise.name}` shows one way to write it.")
            return
        print(f"Hint {rung + 1} of {len(exercise.hints)}: {exercise.hints[rung]}")

    @line_magic
    @friendly
    def solution(self, line: str) -> None:
        """%solution NAME: one way to write it."""
        exercise = find_exercise(self._course, line, self.shell.user_ns)
        master = read_master(self._course.master_path(exercise.lesson))
        source = next(
            c.source for c in master.cells if c.exercise == exercise.name and c.key == exercise.name
        )
        print("\n".join(text for text in source.splitlines() if "### " not in text))

    @line_magic
    @friendly
    def progress(self, line: str) -> None:
        """%progress [LESSON]: where you stand in every exercise of a lesson, this notebook's when left out."""
        lesson = find_lesson(self._course, line, self.shell.user_ns)
        verdicts = judge_here(self.shell, lesson_exercises(lesson)).values()
        print(lesson)
        for verdict in verdicts:
            print(_row(verdict))
        done, total = sum(v.score for v in verdicts), sum(v.max_score for v in verdicts)
        print(f"{'together':<40} {done:g}/{total:g}")


def _row(verdict: ExerciseVerdict) -> str:
    bar = "█" * round(8 * verdict.score / verdict.max_score)
    state = "" if verdict.status is Status.PASSED else verdict.status.replace("_", " ")
    return f"{verdict.exercise:<31} {bar:░<8} {verdict.score:g}/{verdict.max_score:g}  {state}".rstrip()
