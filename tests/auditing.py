"""Right and wrong solutions written from the course's contract alone, and what the judge must say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograde import exercises
from autograde.judge.judge import judge
from autograde.judge.run import run_aspects
from autograde.judge.subject import LocalSubject
from autograde.model import ExerciseVerdict, Status

Solution = Callable[..., Any]
Register = Callable[[str], Callable[[Solution], Solution]]
Case = tuple[str, str, dict[str, Solution]]


class Audit:
    """The cases of one lesson, collected by decorators."""

    def __init__(self, lesson: str) -> None:
        self.lesson = lesson
        self.right_cases: list[Case] = []
        self.wrong_cases: list[Case] = []

    def right(self, exercise: str) -> Callable[[Solution], Solution]:
        """A solution that must keep every point. See `_collect`."""
        return self._collect(exercise, self.right_cases)

    def wrong(self, exercise: str) -> Callable[[Solution], Solution]:
        """A solution that must lose points. See `_collect`."""
        return self._collect(exercise, self.wrong_cases)

    def _collect(self, exercise: str, cases: list[Case]) -> Callable[[Solution], Solution]:
        """Keep the decorated function as the exercise's (first) function."""
        function = exercises.load(self.lesson)[exercise].functions[0]

        def keep(solution: Solution) -> Solution:
            cases.append((exercise, solution.__name__, {function: solution}))
            return solution

        return keep

    def verdict(self, exercise: str, own: dict[str, Solution], seed: int) -> ExerciseVerdict:
        """Judge these functions, everything else answered by the references."""
        declared = exercises.load(self.lesson)[exercise]
        return judge(declared, LocalSubject({**declared.neighbours, **declared.references, **own}), seed)

    def check_right(self, exercise: str, own: dict[str, Solution], seed: int) -> None:
        """Fail unless every point is kept."""
        verdict = self.verdict(exercise, own, seed)
        assert (verdict.status, verdict.score) == (Status.PASSED, verdict.max_score), verdict.message

    def check_wrong(self, exercise: str, own: dict[str, Solution], seed: int) -> None:
        """Fail unless points are lost. Raises `GraderFault` where the grader broke; names no misconception (slow)."""
        declared = exercises.load(self.lesson)[exercise]
        subject = LocalSubject({**declared.neighbours, **declared.references, **own})
        runs = run_aspects(declared, subject, seed)
        assert sum(run.aspect.points for run in runs if run.passed) < declared.points


def each(register: Register, exercise: str, cases: Mapping[str, Solution]) -> None:
    """Register solutions of one exercise, `Audit.right` or `Audit.wrong`, under these names."""
    for name, solution in cases.items():
        solution.__name__ = name
        register(exercise)(solution)


def names(cases: list[Case]) -> list[str]:
    """Test ids."""
    return [f"{exercise}-{name}" for exercise, name, _ in cases]
