"""`%check NAME`, `%hint NAME`, `%solution NAME` and `%progress`, for somebody studying alone.

The functions are taken as they stand in the notebook's memory and judged by the aspects that grade a class,
so verdict and message are the same. The learner's own machine is trusted here: nothing is confined, and no
mark is recorded.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from autograde.course import Course
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.master import read_master
from autograde.model import ExerciseVerdict, Status
from autograde.record.outputs import feedback
from autograde.selfpaced.lookup import all_exercises, find_exercise


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

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._course = Course.find()
        self._rungs: dict[str, int] = {}

    @line_magic
    @friendly
    def check(self, line: str) -> None:
        """%check NAME: judge an exercise as the grader would."""
        print(feedback(self._judge(find_exercise(self._course, line))), end="")

    @line_magic
    @friendly
    def hint(self, line: str) -> None:
        """%hint NAME: the next hint, each giving away a little more."""
        exercise = find_exercise(self._course, line)
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
        exercise = find_exercise(self._course, line)
        master = read_master(self._course.master_path(exercise.lesson))
        source = next(
            c.source for c in master.cells if c.exercise == exercise.name and c.key == exercise.name
        )
        print("\n".join(text for text in source.splitlines() if "### " not in text))

    @line_magic
    @friendly
    def progress(self, line: str) -> None:
        """%progress: where you stand in every exercise you have begun."""
        done, total = 0.0, 0.0
        for exercise in all_exercises(self._course).values():
            verdict = self._judge(exercise)
            done, total = done + verdict.score, total + verdict.max_score
            bar = "█" * round(8 * verdict.score / verdict.max_score)
            print(f"{exercise.name:<22}{bar:░<8} {verdict.score:g}/{verdict.max_score:g}  {_state(verdict)}")
        print(f"{'together':<31} {done:g}/{total:g}")

    def _judge(self, exercise: Exercise) -> ExerciseVerdict:
        namespace = self.shell.user_ns
        functions = {name: f for name, f in namespace.items() if callable(f) and not name.startswith("_")}
        return judge(exercise, LocalSubject(functions), random.SystemRandom().randrange(2**31))


def _state(verdict: ExerciseVerdict) -> str:
    return "" if verdict.status is Status.PASSED else verdict.status.replace("_", " ")
