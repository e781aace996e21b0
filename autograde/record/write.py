"""The one writer of `autograde grade`: a graded submission into the gradebook and `autograded/`."""

from __future__ import annotations

import os
import pathlib
import shutil

import nbformat
from nbgrader.api import Gradebook

from autograde.build import register
from autograde.course import Course
from autograde.engine.submission import Graded
from autograde.record.gradebook import SaveMarks, nbgrader_config, one_transaction, resources_for
from autograde.record.outputs import write_verdicts


class Recorder:
    """Writes graded submissions of one lesson; knows nbgrader's gradebook and folders."""

    def __init__(self, course: Course, lesson: str, db_url: str | None = None) -> None:
        self.course, self.lesson = course, lesson
        self.db_url = db_url or course.gradebook_url
        self._config = nbgrader_config(course.root)
        register(course, lesson, self.db_url)

    def record(self, graded: Graded) -> None:
        """Record one submission whole. One without a readable notebook leaves the gradebook as it was."""
        if graded.notebook is None:
            return
        student = graded.verdict.student
        notebook = write_verdicts(nbformat.reads(graded.notebook, as_version=4), graded.verdict.exercises)
        stamp = self.course.submitted / student / self.lesson / "timestamp.txt"
        with Gradebook(self.db_url) as gradebook, one_transaction(gradebook):
            gradebook.update_or_create_student(student)
            fields = {"timestamp": stamp.read_text().strip()} if stamp.exists() else {}
            gradebook.update_or_create_submission(self.lesson, student, **fields)
            resources = resources_for(self.lesson, student, self.db_url)
            SaveMarks(config=self._config).save(gradebook, notebook, resources)
            self._write_file(student, nbformat.writes(notebook), stamp)

    def _write_file(self, student: str, text: str, stamp: pathlib.Path) -> None:
        folder = self.course.autograded / student / self.lesson
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{self.lesson}.ipynb"
        fresh = target.with_suffix(".ipynb.new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, target)
        if stamp.exists():
            shutil.copy(stamp, folder / "timestamp.txt")
