"""Marks into nbgrader's gradebook: all of a submission in one transaction, or nothing."""

from __future__ import annotations

import contextlib
import pathlib
import types
import warnings
from collections.abc import Iterator
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor, SaveAutoGrades
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader


@contextlib.contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[Gradebook]:
    """Let nbgrader's many commits become one: at the end, or, on any exception, none."""
    session = gradebook.db()
    commit = session.commit
    session.commit = session.flush  # nbgrader commits after every cell
    try:
        with warnings.catch_warnings():
            # nbgrader's own add_submission flushes while it builds its objects; what it stores is right.
            warnings.filterwarnings("ignore", ".*not in session.*", category=SAWarning)
            yield gradebook
    except BaseException:
        session.rollback()
        raise
    else:
        commit()
    finally:
        session.commit = commit


class KnownCells:
    """What SaveAutoGrades asks of a gradebook, for one submission: two queries instead of one for every cell."""

    def __init__(self, gradebook: Gradebook, lesson: str, student: str) -> None:
        self.db = types.SimpleNamespace(commit=lambda: None)
        self.submission = gradebook.find_submission(lesson, student)
        self.notebook = gradebook.find_submission_notebook(lesson, lesson, student)
        self._grades, self._comments = (
            dict(
                gradebook.db.query(BaseCell.name, kind)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .filter(kind.notebook_id == self.notebook.id)
                .all()
            )
            for kind in (Grade, Comment)
        )

    def find_grade(self, cell: str, *_: str) -> Grade:
        """The grade of a cell. Raises `MissingEntry` where the gradebook has no such cell."""
        if cell not in self._grades:
            raise MissingEntry(f"The gradebook has no grade for the cell {cell}.")
        return self._grades[cell]

    def find_comment(self, cell: str, *_: str) -> Comment:
        """The comment on a cell. Raises `MissingEntry` where the gradebook has no such cell."""
        if cell not in self._comments:
            raise MissingEntry(f"The gradebook has no comment for the cell {cell}.")
        return self._comments[cell]


class SaveMarks(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's SaveAutoGrades and AssignLatePenalties in one transaction."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save every mark of the notebook. Manual scores stay; the late penalty is set anew."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook, one_transaction(gradebook):
            return self.save(gradebook, nb, resources)

    def save(
        self, gradebook: Gradebook, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """As `preprocess`, inside a transaction of the caller's."""
        where = resources["nbgrader"]
        self.gradebook = KnownCells(gradebook, where["assignment"], where["student"])
        self.notebook_id, self.assignment_id = where["notebook"], where["assignment"]
        self.student_id, self.db_url = where["student"], where["db_url"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        gradebook.db.flush()
        self._assign_late_penalty()
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._add_score(cell, resources)
        if cell.metadata.get("autograde", {}).get("needs_a_human"):
            grade_id = cell.metadata["nbgrader"]["grade_id"]
            grade = self.gradebook.find_grade(grade_id)
            grade.needs_manual_grade = True

    def _assign_late_penalty(self) -> None:
        """What AssignLatePenalties does, with its plugin, on this transaction's gradebook."""
        late = AssignLatePenalties(parent=self)
        late.init_plugin()
        submission, notebook = self.gradebook.submission, self.gradebook.notebook
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            score, seconds = notebook.score, submission.total_seconds_late
            penalty = late.plugin_inst.late_submission_penalty(self.student_id, score, seconds)
            if penalty is not None:
                notebook.late_submission_penalty = late._check_late_penalty(notebook, penalty)


def nbgrader_config(root: pathlib.Path) -> Config:
    """What the course's nbgrader_config.py sets, so that its late penalties hold on this road too."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def resources_for(lesson: str, student: str, db_url: str) -> ResourcesDict:
    """What nbgrader's preprocessors expect to be told about a notebook."""
    resources: dict[str, Any] = {"nbgrader": {"notebook": lesson, "assignment": lesson, "student": student}}
    resources["nbgrader"]["db_url"] = db_url
    made = ResourcesDict()
    made.update(resources)
    return made
