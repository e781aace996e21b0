"""What is left to do of a class: a finished submission is graded again only where something it depends on changed."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

from autograde.engine.handed_in import read_folder
from autograde.engine.jobs import Job
from autograde.model import Status, SubmissionStatus, SubmissionVerdict
from autograde.record.store import Finished

FINISHED = (SubmissionStatus.GRADED, SubmissionStatus.MISSING, SubmissionStatus.UNREADABLE)


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The submissions to grade, and the verdicts that still hold."""

    jobs: tuple[Job, ...]
    kept: tuple[SubmissionVerdict, ...]


def plan(
    jobs: Sequence[Job],
    finished: Mapping[str, Finished],
    master: str,
    exercises: Mapping[str, str],
    autograded: pathlib.Path,
) -> Plan:
    """Leave out what is finished; of what is finished but for some exercises, judge only those.

    `master` and `exercises` are the lesson's present fingerprints; `autograded` holds the graded notebooks.
    """
    todo, kept = [], []
    for job in jobs:
        old = finished.get(job.student)
        notebook = autograded / job.student / job.lesson / f"{job.lesson}.ipynb"
        if old is None or not _on_record(old, notebook) or _changed(job, old, master):
            todo.append(job)
        elif stale := _stale(old, exercises):
            good = tuple(v for v in old.verdict.exercises if v.exercise not in stale)
            todo.append(dataclasses.replace(job, kept=good))
        elif old.verdict.status in FINISHED:
            kept.append(old.verdict)
        else:
            todo.append(job)
    return Plan(tuple(todo), tuple(kept))


def _on_record(old: Finished, notebook: pathlib.Path) -> bool:
    """Whether marks and graded notebook are still where they were put."""
    return not old.verdict.exercises or (old.in_gradebook and notebook.exists())


def _changed(job: Job, old: Finished, master: str) -> bool:
    """Whether the notebook, the master or the seed is another one. Reads the notebook only where the rest is the same."""
    if old.inputs.master != master or old.inputs.seed != job.seed:
        return True
    return read_folder(job.folder, job.lesson).fingerprint != old.inputs.handed_in


def _stale(old: Finished, exercises: Mapping[str, str]) -> set[str]:
    """The exercises whose declaration changed, or where the grader itself had failed."""
    faulty = {v.exercise for v in old.verdict.exercises if v.status is Status.GRADER_FAULT}
    changed = {name for name, now in exercises.items() if old.inputs.exercises.get(name) != now}
    return (faulty | changed) if old.verdict.exercises else set()
