"""Judge exercises in a notebook that is running, with the rules of grading."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Any

from autograde import exercises
from autograde.judge.exercise import Exercise, Function
from autograde.judge.judge import better, judge
from autograde.judge.subject import LocalSubject, Subject
from autograde.model import ExerciseVerdict, Status
from autograde.selfpaced.fork import forked_copy


def judge_here(shell: Any, chosen: Sequence[Exercise]) -> dict[str, ExerciseVerdict]:
    """The verdicts on exercises as their functions stand in the memory of `shell`.

    What an exercise uses is judged along with it, so that a mistake there is not charged here too.
    """
    seed = random.SystemRandom().randrange(2**31)
    first: dict[str, ExerciseVerdict] = {}
    for exercise in chosen:
        for needed in (exercise, *_used(exercise)):
            if needed.name not in first:
                first[needed.name] = _judge(shell, needed, seed, {})
    return {exercise.name: _second(shell, exercise, first, seed) for exercise in chosen}


def _second(shell: Any, exercise: Exercise, first: dict[str, ExerciseVerdict], seed: int) -> ExerciseVerdict:
    """The verdict once the references stand in for failed functions that the exercise uses."""
    verdict = first[exercise.name]
    stand_ins: dict[str, Function] = {}
    for needed in _used(exercise):
        if first[needed.name].status is not Status.PASSED:
            stand_ins.update(needed.references)
    if not stand_ins or verdict.status not in (Status.FAILED, Status.PARTIAL, Status.RAISED):
        return verdict
    return better(exercise, verdict, _judge(shell, exercise, seed, stand_ins))


def _used(exercise: Exercise) -> list[Exercise]:
    """The lesson's exercises whose functions a solution of this one calls."""
    known = exercises.load(exercise.lesson).values()
    return [e for e in known if e is not exercise and set(e.functions) & set(exercise.uses)]


def _judge(shell: Any, exercise: Exercise, seed: int, stand_ins: dict[str, Function]) -> ExerciseVerdict:
    """One exercise in a copy of this process of its own, or, where a process cannot be copied, right here."""
    if hasattr(os, "fork"):
        with forked_copy(shell) as process:
            return judge(exercise, process.subject(exercise.seconds), seed, stand_ins)
    subject: Subject = LocalSubject({n: f for n, f in shell.user_ns.items() if not n.startswith("_")})
    return judge(exercise, subject, seed)
