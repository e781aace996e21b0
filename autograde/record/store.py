"""Finished verdicts and what they depend on, in two tables of nbgrader's own database.

They are written in the transaction that writes the marks, so a submission is in both or in neither, whatever ends
the grader and whenever. Several graders that share one PostgreSQL gradebook see each other's finished work.
"""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sql
from nbgrader.api import Grade, Gradebook, SubmittedAssignment, SubmittedNotebook

from autograde.model import AspectVerdict, ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict

_metadata = sql.MetaData()
_verdicts = sql.Table(
    "autograde_verdict",
    _metadata,
    sql.Column("lesson", sql.String(128), primary_key=True),
    sql.Column("student", sql.String(128), primary_key=True),
    sql.Column("inputs", sql.Text, nullable=False),
    sql.Column("verdict", sql.Text, nullable=False),
)
_lessons = sql.Table(
    "autograde_lesson",
    _metadata,
    sql.Column("lesson", sql.String(128), primary_key=True),
    sql.Column("seed", sql.BigInteger),
    sql.Column("master", sql.String(64)),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    """Hashes of all that a verdict depends on: what was handed in, the master, each exercise's declaration; the seed."""

    handed_in: str
    master: str
    seed: int
    exercises: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """A verdict on record and what it was reached from. `in_gradebook`: nbgrader still has the submission."""

    verdict: SubmissionVerdict
    inputs: Inputs
    in_gradebook: bool


class Store:
    """The two tables in a gradebook. Writes go into the caller's transaction."""

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook
        _metadata.create_all(gradebook.engine)

    def finished(self, lesson: str) -> dict[str, Finished]:
        """Every verdict of a lesson, by student."""
        here = self._in_gradebook(lesson)
        rows = self._gradebook.db.execute(sql.select(_verdicts).where(_verdicts.c.lesson == lesson)).all()
        found = {
            row.student: Finished(
                verdict_from(json.loads(row.verdict)), Inputs(**json.loads(row.inputs)), row.student in here
            )
            for row in rows
        }
        self._gradebook.db.rollback()  # leaves no read transaction open for hours
        return found

    def _in_gradebook(self, lesson: str) -> set[str]:
        query = self._gradebook.db.query(SubmittedAssignment.student_id)
        return {name for (name,) in query.filter(SubmittedAssignment.assignment.has(name=lesson))}

    def marked_by_hand(self, lesson: str) -> dict[str, set[str]]:
        """The cells of a lesson that somebody has given a mark, by student."""
        found: dict[str, set[str]] = {}
        query = self._gradebook.db.query(SubmittedAssignment.student_id, Grade)
        query = query.join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        query = query.join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        query = query.filter(SubmittedAssignment.assignment.has(name=lesson), Grade.manual_score.is_not(None))
        for student, grade in query:
            found.setdefault(student, set()).add(grade.name)
        self._gradebook.db.rollback()
        return found

    def put(self, verdict: SubmissionVerdict, inputs: Inputs) -> None:
        """Write a verdict in the place of the one before."""
        here = (_verdicts.c.lesson == verdict.lesson) & (_verdicts.c.student == verdict.student)
        self._gradebook.db.execute(sql.delete(_verdicts).where(here))
        values = {
            "lesson": verdict.lesson,
            "student": verdict.student,
            "inputs": json.dumps(dataclasses.asdict(inputs)),
            "verdict": json.dumps(verdict.to_dict()),
        }
        self._gradebook.db.execute(sql.insert(_verdicts).values(**values))

    def recall(self, lesson: str, what: str) -> Any:
        """A lesson's `seed`, or the `master` whose cells are in the gradebook; None before the first run."""
        query = sql.select(_lessons.c[what]).where(_lessons.c.lesson == lesson)
        found = self._gradebook.db.execute(query).scalar()
        self._gradebook.db.rollback()
        return found

    def remember(self, lesson: str, **values: Any) -> None:
        """Write a lesson's `seed` or `master`, and commit."""
        change = sql.update(_lessons).where(_lessons.c.lesson == lesson).values(**values)
        if not self._gradebook.db.execute(change).rowcount:
            self._gradebook.db.execute(sql.insert(_lessons).values(lesson=lesson, **values))
        self._gradebook.db.commit()


def seed_of(store: Store, lesson: str, wanted: int | None = None) -> int:
    """The seed to judge a lesson with: the one asked for, else the one of the run before, else a drawn one."""
    known = store.recall(lesson, "seed") if wanted is None else wanted
    return random.SystemRandom().randrange(2**31) if known is None else int(known)


def verdict_from(raw: Mapping[str, Any]) -> SubmissionVerdict:
    """The inverse of `SubmissionVerdict.to_dict`, through JSON."""
    exercises = tuple(_exercise_from(e) for e in raw["exercises"])
    texts = {name: tuple(raw[name]) for name in ("repairs", "sandbox")}
    return SubmissionVerdict(
        **{**raw, **texts, "exercises": exercises, "status": SubmissionStatus(raw["status"])}
    )


def _exercise_from(raw: Mapping[str, Any]) -> ExerciseVerdict:
    aspects = tuple(AspectVerdict(**{**a, "status": Status(a["status"])}) for a in raw["aspects"])
    return ExerciseVerdict(**{**raw, "status": Status(raw["status"]), "aspects": aspects})
