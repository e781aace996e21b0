"""The one writer of `autograde grade`: a graded submission into the gradebook and `autograded/`."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from types import TracebackType

import nbformat
from nbgrader.api import Gradebook

from autograde.build import register
from autograde.course import Course
from autograde.engine.jobs import lesson_of
from autograde.engine.submission import Graded
from autograde.ingest.notebook import as_text
from autograde.record.gradebook import SaveMarks, nbgrader_config, one_transaction, resources_for
from autograde.record.outputs import write_verdicts
from autograde.record.store import Finished, Inputs, Store, seed_of


class Recorder:
    """Writes graded submissions of one lesson; knows nbgrader's gradebook and folders.

    With `dry_run` it only reads, and makes no gradebook where there is none.
    """

    def __init__(self, course: Course, lesson: str, db_url: str | None = None, dry_run: bool = False) -> None:
        self.course, self.lesson = course, lesson
        self.db_url = db_url or course.gradebook_url
        loaded = lesson_of(course.root, lesson)
        self.master, self.exercises = loaded.fingerprint, loaded.fingerprints()
        self._config = nbgrader_config(course.root)
        self._dry_run = dry_run
        self._gradebook = Gradebook(_without_making(self.db_url) if dry_run else self.db_url)
        self._store = Store(self._gradebook)
        self.registered = self._store.recall(lesson, "master") == self.master
        self._seed: int | None = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the gradebook."""
        self._gradebook.close()

    def seed(self, wanted: int | None) -> int:
        """The seed of this run, as `seed_of` finds it.

        The first one is remembered at once, another one with the first submission that is recorded.
        """
        known = self._store.recall(self.lesson, "seed")
        seed = seed_of(self._store, self.lesson, wanted)
        self._seed = seed if seed != known else None
        if known is None and not self._dry_run:
            self._remember_seed()  # several graders that start together shall have the same one
        return seed

    def inputs(self, handed_in: str, seed: int) -> Inputs:
        """What a verdict reached now depends on; `handed_in` is the submission's fingerprint."""
        return Inputs(handed_in, self.master, seed, self.exercises)

    def marked_by_hand(self) -> dict[str, set[str]]:
        """The graded cells with a manual mark, by student."""
        return self._store.marked_by_hand(self.lesson)

    def finished(self) -> dict[str, Finished]:
        """What is on record already, by student."""
        return self._store.finished(self.lesson)

    def record(self, graded: Graded) -> None:
        """Record one submission whole. One without a readable notebook leaves its marks as they were."""
        assert not self._dry_run, "a dry run records nothing"
        self._prepare()
        inputs = self.inputs(graded.handed_in, graded.verdict.seed)
        with one_transaction(self._gradebook):
            self._store.put(graded.verdict, inputs)
            if graded.notebook is not None:
                self._save(graded, graded.notebook)

    def _prepare(self) -> None:
        """Before the first submission: the lesson's cells as the master has them now, and the seed."""
        if not self.registered:
            register(self.course, self.lesson, self.db_url)
            self._store.remember(self.lesson, master=self.master)
            self.registered = True
        self._remember_seed()

    def _remember_seed(self) -> None:
        if self._seed is not None:
            self._store.remember(self.lesson, seed=self._seed)
            self._seed = None

    def _save(self, graded: Graded, text: str) -> None:
        student = graded.verdict.student
        notebook = write_verdicts(nbformat.from_dict(json.loads(text)), graded.verdict.exercises)
        fields = {"timestamp": graded.timestamp} if graded.timestamp else {}
        self._gradebook.update_or_create_student(student)
        self._gradebook.update_or_create_submission(self.lesson, student, **fields)
        resources = resources_for(self.lesson, student, self.db_url)
        SaveMarks(config=self._config).save(self._gradebook, notebook, resources)
        # Last before the commit: killed in between, the file is newer than the marks and is written once more.
        self._write_files(student, as_text(notebook), graded.timestamp)

    def _write_files(self, student: str, notebook: str, timestamp: str) -> None:
        folder = self.course.autograded / student / self.lesson
        folder.mkdir(parents=True, exist_ok=True)
        if timestamp:
            _replace(folder / "timestamp.txt", timestamp)
        _replace(folder / f"{self.lesson}.ipynb", notebook)


def _without_making(db_url: str) -> str:
    """The gradebook, or an empty one in memory where its file does not exist yet."""
    path = db_url.removeprefix("sqlite:///")
    return "sqlite://" if path != db_url and not pathlib.Path(path).exists() else db_url


def _replace(target: pathlib.Path, text: str) -> None:
    """Write a file whole or not at all, and leave nothing behind where the disk is full."""
    fresh = target.with_name(target.name + ".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, target)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
