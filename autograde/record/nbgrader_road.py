"""The other road: plain `nbgrader autograde` and Formgrader's button, judged by the same engine.

`configure(c)` is called from `nbgrader_config.py`. nbgrader's reading and sanitizing become our ingest, its executing
step our judge, and its saving step the one-transaction writer. nbgrader itself takes only files of the right name.
"""

from __future__ import annotations

import pathlib
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.server_extensions.formgrader.handlers import template_path as NBGRADER_TEMPLATES

from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.pool import warm_process
from autograde.engine.shelf import open_shelf
from autograde.engine.submission import grade_bytes
from autograde.ingest.align import align
from autograde.ingest.notebook import to_notebook
from autograde.ingest.read import read_notebook
from autograde.pages.cells import TEMPLATES
from autograde.record.gradebook import SaveMarks
from autograde.record.outputs import write_verdicts
from autograde.record.store import Store, seed_of

STUB = '# YOUR CODE HERE\nraise NotImplementedError("Write this function, then run this cell again.")'


class TolerantExporter(NotebookExporter):  # type: ignore[misc]
    """Reads whatever bytes a student handed in and aligns them with the master, as `autograde grade` does."""

    def from_filename(
        self, filename: str, resources: ResourcesDict | None = None, **kwargs: Any
    ) -> tuple[str, ResourcesDict]:
        """Read and align a submission, then run the preprocessors; what was repaired goes to the log."""
        path = pathlib.Path(filename)
        lesson = _lesson(resources)
        submitted, repairs = read_notebook(path.read_bytes(), path.name)
        aligned = align(submitted, lesson.instructor, lesson.release)
        for repair in (*repairs, *aligned.repairs):
            self.log.warning("%s: %s", path, repair)
        notebook = to_notebook(aligned, lesson.instructor)
        return self.from_notebook_node(notebook, resources=resources, **kwargs)


class JudgeSubmission(NbGraderPreprocessor):  # type: ignore[misc]
    """Judge every exercise and write the verdicts under the test cells."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """The notebook with its verdicts."""
        lesson = _lesson(resources)
        where, root = resources["nbgrader"], Course.find().root
        open_shelf(root)
        seed = remembered_seed(where["db_url"], lesson.name)
        data, warm = nbformat.writes(nb).encode(), warm_process(True, root)
        graded = grade_bytes(data, lesson.name, where["student"], lesson, warm, seed)
        return write_verdicts(nb, graded.verdict.exercises), resources


def remembered_seed(db_url: str, lesson: str) -> int:
    """The seed that `autograde grade` uses for this class, too, so that both roads judge on the same inputs."""
    with Gradebook(db_url) as gradebook:
        store = Store(gradebook)
        seed = seed_of(store, lesson)
        store.remember(lesson, seed=seed)
        return seed


_lessons: dict[str, Lesson] = {}


def _lesson(resources: ResourcesDict | None) -> Lesson:
    assert resources is not None, "nbgrader names the assignment of every notebook"
    name = resources["nbgrader"]["assignment"]
    if name not in _lessons:
        _lessons[name] = load_lesson(Course.find(), name)
    return _lessons[name]


def configure(c: Any) -> None:
    """Set nbgrader up for this course."""
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.release_directory = "notebooks"
    # nbgrader copies every other file along: the master must reach neither students nor feedback, and a
    # student's numpy.py nobody. What coursekit.journal keeps beside a notebook is the student's own.
    c.CourseDirectory.ignore = [*CourseDirectory().ignore, "*.py", ".progress.json"]
    c.ClearSolutions.code_stub = {"python": STUB}
    c.Autograde.exporter_class = TolerantExporter
    c.Autograde.sanitize_preprocessors = []  # the exporter has aligned the notebook with the master
    c.Autograde.autograde_preprocessors = [JudgeSubmission, SaveMarks]
    # Formgrader and `nbgrader generate_feedback` would load MathJax from another machine.
    c.HTMLExporter.extra_template_basedirs = [TEMPLATES, NBGRADER_TEMPLATES]
    c.HTMLExporter.filters = {"markdown2html": "autograde.pages.cells.markdown2html"}
