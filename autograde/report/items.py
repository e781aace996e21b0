"""Item analysis: how each exercise went, how hard it was, and whether it tells strong from weak students."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from collections.abc import Sequence

from autograde.model import Status, SubmissionVerdict
from autograde.report.tries import Tries, median_tries

FAULTS = (Status.GRADER_FAULT,)
ENDED = (Status.RAISED, Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.CRASHED)


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """One exercise over the class.

    difficulty       mean share of the points earned, 1: everybody has them all (grader faults left out)
    discrimination   correlation of the exercise's score with the score of the rest of the lesson; None where either
                     does not vary
    tries            median number of runs of its check, as far as the notebooks say so
    """

    name: str
    counts: dict[str, int]
    difficulty: float | None
    discrimination: float | None
    tries: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Mistake:
    """One misconception and who has it."""

    exercise: str
    name: str
    message: str
    students: tuple[str, ...]


COLUMNS = ("passed", "partial", "failed", "not attempted", "ended early", "faults")


def items(verdicts: Sequence[SubmissionVerdict], tries: Sequence[Tries] = ()) -> list[Item]:
    """Every exercise, in the order of the lesson; `tries` are those of the students who have told theirs."""
    judged = [v for v in verdicts if v.exercises]
    names = dict.fromkeys(e.exercise for v in judged for e in v.exercises)
    return [_item(name, judged, median_tries(tries, name)) for name in names]


def _item(name: str, verdicts: Sequence[SubmissionVerdict], tries: float | None) -> Item:
    mine = [(v, e) for v in verdicts for e in v.exercises if e.exercise == name]
    counts = Counter(_column(e.status) for _, e in mine)
    fair = [(v, e) for v, e in mine if e.status not in FAULTS]
    shares = [e.score / e.max_score for _, e in fair]
    rest = [v.score - e.score for v, e in fair]
    return Item(
        name,
        {column: counts.get(column, 0) for column in COLUMNS},
        statistics.fmean(shares) if shares else None,
        _correlation(shares, rest),
        tries,
    )


def _column(status: Status) -> str:
    if status in FAULTS:
        return "faults"
    return "ended early" if status in ENDED else str(status).replace("_", " ")


def _correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    if len(x) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    return statistics.correlation(x, y)


def mistakes(verdicts: Sequence[SubmissionVerdict]) -> list[Mistake]:
    """The misconceptions of the class, the most common first."""
    who: dict[tuple[str, str], list[str]] = {}
    said: dict[tuple[str, str], Counter[str]] = {}
    for v in verdicts:
        for e in v.exercises:
            if e.misconception:
                key = (e.exercise, e.misconception)
                who.setdefault(key, []).append(v.student)
                said.setdefault(key, Counter())[e.message.splitlines()[0]] += 1
    found = [
        Mistake(exercise, name, said[exercise, name].most_common(1)[0][0], tuple(sorted(students)))
        for (exercise, name), students in who.items()
    ]
    return sorted(found, key=lambda m: (-len(m.students), m.exercise, m.name))
