"""Name the mistake: run every declared misconception through the same trials and see which one behaves alike.

A misconception *explains* a student's functions when, at the observations where it differs from the reference,
the student's functions did what it does, and when it accounts for most of what they did wrong. One that also agrees
everywhere else fits exactly.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from autograde.judge.exercise import Exercise, Implementation
from autograde.judge.run import AspectRun, run_aspects
from autograde.judge.subject import LocalSubject
from autograde.judge.trial import Observation

MOSTLY = 0.8
"""Share of the telling observations that must agree before a misconception is named, with reservation."""

Transcript = Mapping[tuple[str, int], Observation]
Agreement = Callable[[tuple[str, int]], bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """How well a misconception accounts for what was seen."""

    misconception: Implementation
    exact: bool
    share: float
    telling: int

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Better matches have a larger rank."""
        return (self.exact, self.share, self.telling)

    @property
    def message(self) -> str:
        """What the student is told."""
        if self.share == 1.0:
            return self.misconception.message
        return f"On most inputs your code behaves like this mistake: {self.misconception.message}"


def diagnose(exercise: Exercise, runs: Sequence[AspectRun], seed: int) -> list[Match]:
    """The misconceptions that account for these runs, best first, at most one for any function."""
    student = transcript(runs)
    failed = {name for run in runs if run.problems for name in run.aspect.of}
    reference = _trusted(exercise, None, seed)
    right = functools.cache(lambda key: _equal(student, reference, key))  # asked anew for every misconception
    matches = [
        match
        for m in exercise.misconceptions.values()
        if failed & set(m.replaces)
        and (match := _match(exercise, m, student, right, _trusted(exercise, m.name, seed), seed))
    ]
    chosen: list[Match] = []
    for match in sorted(matches, key=lambda match: match.rank, reverse=True):
        taken = {name for other in chosen for name in other.misconception.replaces}
        if not taken & set(match.misconception.replaces):
            chosen.append(match)
    return chosen


def transcript(runs: Sequence[AspectRun]) -> Transcript:
    """Every observation of some runs, by aspect and position."""
    return {(run.aspect.name, i): seen for run in runs for i, seen in enumerate(run.observations)}


def _match(
    exercise: Exercise, m: Implementation, student: Transcript, right: Agreement, wrong: Transcript, seed: int
) -> Match | None:
    keys, telling = _telling(exercise, m.name, seed)
    agreed = _agreed(student, wrong, telling)
    wrongs = [key for key in keys if not right(key)] if agreed is not None else []
    if agreed is None or not telling or not wrongs:
        return None
    if 2 * sum(_equal(student, wrong, key) for key in wrongs) < len(wrongs):
        return None
    exact = agreed == len(telling) and all(_equal(student, wrong, key) for key in keys)
    return Match(m, exact, agreed / len(telling), len(telling))


def _agreed(student: Transcript, wrong: Transcript, telling: Sequence[tuple[str, int]]) -> int | None:
    """At how many telling observations the student did the same; None as soon as too few are left."""
    agreed = 0
    for seen, key in enumerate(telling, start=1):
        agreed += _equal(student, wrong, key)
        if agreed + len(telling) - seen < MOSTLY * len(telling):
            return None
    return agreed


@functools.lru_cache(maxsize=4096)
def _telling(
    exercise: Exercise, misconception: str, seed: int
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    """The observations that concern a misconception, and those of them where it differs from the reference."""
    m = exercise.misconceptions[misconception]
    right, wrong = _trusted(exercise, None, seed), _trusted(exercise, misconception, seed)
    concerned = {a.name for a in exercise.aspects.values() if set(a.of) & set(m.replaces)}
    keys = tuple(key for key in dict.fromkeys((*wrong, *right)) if key[0] in concerned)
    return keys, tuple(key for key in keys if not _equal(wrong, right, key))


def _equal(one: Transcript, other: Transcript, key: tuple[str, int]) -> bool:
    """Whether both did the same there; both having stopped before it counts as the same."""
    a, b = one.get(key), other.get(key)
    if a is None or b is None:
        return a is b
    return a.equals(b)


class Kept(Protocol):
    """Where transcripts outlive this process."""

    def get(self, exercise: Exercise, mistake: str | None, seed: int) -> Transcript | None:
        """What is kept of a reference (`mistake` is None) or a declared mistake."""

    def put(self, exercise: Exercise, mistake: str | None, seed: int, made: Transcript) -> None:
        """Keep it."""


_kept: Kept | None = None


def keep_in(kept: Kept | None) -> None:
    """From now on, look there before a transcript is computed."""
    global _kept
    _kept = kept


@functools.lru_cache(maxsize=4096)
def _trusted(exercise: Exercise, misconception: str | None, seed: int) -> Transcript:
    """What the reference, or a misconception, does in the trials of this seed."""
    known = _kept.get(exercise, misconception, seed) if _kept else None
    if known is None:
        known = _performed(exercise, misconception, seed)
        if _kept:
            _kept.put(exercise, misconception, seed, known)
    return known


def _performed(exercise: Exercise, misconception: str | None, seed: int) -> Transcript:
    replaces = exercise.misconceptions[misconception].replaces if misconception else {}
    functions = {**exercise.neighbours, **exercise.references, **replaces}
    return transcript(run_aspects(exercise, LocalSubject(functions), seed))
