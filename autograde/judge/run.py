"""Run an exercise's aspects against a subject, and keep apart whose fault it is when something breaks."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Mapping

from autograde.judge.compare import Mismatch
from autograde.judge.exercise import Aspect, Exercise, Function
from autograde.judge.subject import LocalSubject, StudentError, Subject, SubjectLost
from autograde.judge.trial import Observation, Problem, Trial
from autograde.model import Status


class GraderFault(Exception):
    """An aspect broke on a correct solution too: the grader is wrong, not the student."""


@dataclasses.dataclass(frozen=True, slots=True)
class AspectRun:
    """What happened when one aspect was run once."""

    aspect: Aspect
    problems: tuple[Problem, ...]
    observations: tuple[Observation, ...]

    @property
    def passed(self) -> bool:
        return not self.problems


def run_aspects(
    exercise: Exercise, subject: Subject, seed: int, stand_ins: Mapping[str, Function] | None = None
) -> list[AspectRun]:
    """Run every aspect in order. After a fatal error (no process left) the rest shares its problem.

    `stand_ins` are references that answer for the student's own failed functions, except for those an
    aspect tests, those that come after them in the exercise (a slope would give its function away), and those
    the exercise is tied to.
    """
    runs: list[AspectRun] = []
    fatal: Problem | None = None
    for aspect in exercise.aspects.values():
        if fatal is not None:
            runs.append(AspectRun(aspect, (fatal,), ()))
            continue
        if stand_ins is not None:
            own = {*_from_first(exercise.functions, aspect.of), *exercise.tied_to}
            subject.replace({name: f for name, f in stand_ins.items() if name not in own})
        run, fatal = _run_aspect(exercise, aspect, subject, seed)
        runs.append(run)
    return runs


def _from_first(functions: tuple[str, ...], tested: tuple[str, ...]) -> tuple[str, ...]:
    """The functions from the first tested one on."""
    return functions[min((functions.index(name) for name in tested if name in functions), default=0) :]


def _run_aspect(
    exercise: Exercise, aspect: Aspect, subject: Subject, seed: int
) -> tuple[AspectRun, Problem | None]:
    trial = Trial(subject, seed, f"{exercise.name}/{aspect.name}")
    fatal = None
    subject.begin(f"{exercise.name}/{aspect.name}, seed {seed}")
    try:
        aspect.run(trial)
    except Mismatch as mismatch:
        trial.problems.append(Problem("", mismatch.text, Status.FAILED))
    except StudentError as error:
        problem = Problem("", str(error), error.status)
        trial.problems.append(problem)
        fatal = problem if error.fatal else None
    except SubjectLost:
        raise
    except Exception as error:
        subject.end(passed=False)
        _blame(exercise, aspect, seed, error)
        text = "The answer has a form that cannot be checked. Return exactly what the docstring promises."
        trial.problems.append(Problem("", text, Status.FAILED))
    if fatal is None:
        subject.end(passed=not trial.problems)
    return AspectRun(aspect, tuple(trial.problems), tuple(trial.observations)), fatal


def _blame(exercise: Exercise, aspect: Aspect, seed: int, error: Exception) -> None:
    """Raise `GraderFault` if this aspect also breaks on the reference; otherwise the answer broke it."""
    reference = LocalSubject({**exercise.neighbours, **exercise.references})
    try:
        trial = Trial(reference, seed, f"{exercise.name}/{aspect.name}")
        aspect.run(trial)
        broken = bool(trial.problems)
    except Exception:
        broken = True
    if broken:
        detail = "".join(traceback.format_exception(error))
        raise GraderFault(f"{exercise.name}/{aspect.name} fails on its own reference:\n{detail}") from error
