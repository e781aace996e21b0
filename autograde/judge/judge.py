"""From runs of an exercise's aspects to its mark, its status and the sentences its author reads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from autograde.judge.diagnose import Match, diagnose
from autograde.judge.exercise import Exercise, Function
from autograde.judge.run import AspectRun, GraderFault, run_aspects
from autograde.judge.subject import Subject
from autograde.judge.trial import Problem
from autograde.model import AspectVerdict, ExerciseVerdict, Status

SERIOUS = (Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.CRASHED, Status.RAISED, Status.FAILED)


def judge(
    exercise: Exercise, subject: Subject, seed: int, stand_ins: Mapping[str, Function] | None = None
) -> ExerciseVerdict:
    """Judge one exercise. `stand_ins` answer for the student's other failed functions (see `run_aspects`)."""
    start = time.perf_counter()
    try:
        runs = run_aspects(exercise, subject, seed, stand_ins)
        return verdict(exercise, runs, seed, time.perf_counter() - start)
    except GraderFault as fault:
        return grader_fault(exercise, str(fault), time.perf_counter() - start)


def grader_fault(exercise: Exercise, fault: str, seconds: float = 0.0) -> ExerciseVerdict:
    """The verdict when the grader itself failed: it costs no points until somebody has settled it."""
    message = (
        "The grader could not judge this exercise. That is not your fault; your instructor has been told."
    )
    return ExerciseVerdict(
        exercise.name,
        Status.GRADER_FAULT,
        exercise.points,
        exercise.points,
        message,
        seconds=seconds,
        fault=fault,
    )


def better(exercise: Exercise, first: ExerciseVerdict, second: ExerciseVerdict) -> ExerciseVerdict:
    """The better of two verdicts on one exercise."""
    return second if second.score > first.score else first


def verdict(exercise: Exercise, runs: Sequence[AspectRun], seed: int, seconds: float) -> ExerciseVerdict:
    """Points, status and message for a finished set of runs."""
    aspects = _aspect_verdicts(runs)
    score = sum(aspect.earned for aspect in aspects)
    status = _status(runs, score, exercise.points)
    matches = (
        diagnose(exercise, runs, seed) if status in (Status.FAILED, Status.PARTIAL, Status.RAISED) else []
    )
    return ExerciseVerdict(
        exercise.name,
        status,
        score,
        exercise.points,
        _message(exercise, runs, status, matches),
        matches[0].misconception.name if matches else None,
        aspects,
        seconds,
    )


def _aspect_verdicts(runs: Sequence[AspectRun]) -> tuple[AspectVerdict, ...]:
    passed = {run.aspect.name for run in runs if run.passed}
    verdicts = []
    for run in runs:
        earned = run.passed and passed.issuperset(run.aspect.needs)
        text = _sentence(run.problems[0]) if run.problems else ""
        status = run.problems[0].status if run.problems else Status.PASSED if earned else Status.FAILED
        points = run.aspect.points
        verdicts.append(AspectVerdict(run.aspect.name, points if earned else 0.0, points, status, text))
    return tuple(verdicts)


def _status(runs: Sequence[AspectRun], score: float, points: float) -> Status:
    seen = {problem.status for run in runs for problem in run.problems}
    if not seen and score == points:
        return Status.PASSED
    if score > 0:
        return Status.PARTIAL
    return next((status for status in SERIOUS if status in seen), Status.NOT_ATTEMPTED)


def _message(exercise: Exercise, runs: Sequence[AspectRun], status: Status, matches: Sequence[Match]) -> str:
    if status is Status.PASSED:
        return "All checks passed."
    if status is Status.NOT_ATTEMPTED:
        texts = [problem.text for run in runs for problem in run.problems]
        waits = next((t for t in texts for name in exercise.tied_to if name in t), None)
        return waits or f"{_names(exercise.functions)} not written yet: fill in the cell and run it."
    problems = [run.problems[0] for run in runs if run.problems]
    explained = {name for match in matches for name in match.misconception.replaces}
    rest = [run.problems[0] for run in runs if run.problems and not explained & set(run.aspect.of)]
    lines = [match.message for match in matches]
    lines += [_sentence(problem) for problem in (rest if matches else problems)[:3]]
    if matches:
        lines.insert(len(matches), f"(Seen on: {_where(problems)}.)")
    return "\n".join(dict.fromkeys(lines))


def _where(problems: Sequence[Problem]) -> str:
    cases = [problem.case for problem in problems if problem.case]
    return cases[0] if cases else "all inputs"


def _sentence(problem: Problem) -> str:
    return f"On {problem.case}: {problem.text}" if problem.case else problem.text


def _names(functions: Sequence[str]) -> str:
    if len(functions) == 1:
        return f"{functions[0]} is"
    return f"{', '.join(functions[:-1])} and {functions[-1]} are"
