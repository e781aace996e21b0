"""A sample class: one notebook for every sort of submission a grader meets, made from the lesson itself."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode, v4

from autograde.engine.lesson import Lesson
from autograde.judge.exercise import Exercise, Implementation
from autograde.verify.matrix import with_implementation

Sample = Callable[[Lesson], dict[str, bytes]]
SAMPLES: dict[str, Sample] = {}


def sample(make: Sample) -> Sample:
    """Register a kind of submission; the function's name becomes the student's."""
    SAMPLES[make.__name__] = make
    return make


def _files(lesson: Lesson, notebook: NotebookNode, name: str | None = None) -> dict[str, bytes]:
    return {f"{name or lesson.name}.ipynb": json.dumps(notebook).encode()}


def _cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def _edited(lesson: Lesson, exercise: str, source: str) -> NotebookNode:
    notebook = copy.deepcopy(lesson.instructor)
    _cell(notebook, exercise).source = source
    return notebook


@sample
def all_right(lesson: Lesson) -> dict[str, bytes]:
    """The solved notebook."""
    return _files(lesson, lesson.instructor)


@sample
def untouched(lesson: Lesson) -> dict[str, bytes]:
    """The release as it was handed out."""
    return _files(lesson, lesson.release)


@sample
def other_style(lesson: Lesson) -> dict[str, bytes]:
    """Another correct way for every exercise, except where another one takes over what it keeps (a cache, a mask)."""
    notebook = lesson.instructor
    shared = {name for exercise in lesson.exercises.values() for name in exercise.tied_to}
    for exercise in lesson.exercises.values():
        if not shared & set(exercise.functions):
            notebook = with_implementation(notebook, exercise, next(iter(exercise.variants.values())))
    return _files(lesson, notebook)


@sample
def one_mistake(lesson: Lesson) -> dict[str, bytes]:
    """A classic mistake in the first exercise, the rest right."""
    exercise = next(iter(lesson.exercises.values()))
    return _files(
        lesson, with_implementation(lesson.instructor, exercise, next(iter(exercise.misconceptions.values())))
    )


def own_mistake(exercise: Exercise) -> Implementation | None:
    """The first misconception of an exercise that redefines no other exercise's function."""
    own = (m for m in exercise.misconceptions.values() if set(m.replaces) <= set(exercise.functions))
    return next(own, None)


@sample
def mistake_everywhere(lesson: Lesson) -> dict[str, bytes]:
    """A misconception in every exercise that has one of its own."""
    notebook = lesson.instructor
    for exercise in lesson.exercises.values():
        mistake = own_mistake(exercise)
        notebook = with_implementation(notebook, exercise, mistake) if mistake else notebook
    return _files(lesson, notebook)


@sample
def syntax_error(lesson: Lesson) -> dict[str, bytes]:
    """One cell does not parse; only its exercise suffers."""
    return _files(lesson, _edited(lesson, list(lesson.exercises)[1], "def broken(:\n    return 1\n"))


@sample
def endless_loop(lesson: Lesson) -> dict[str, bytes]:
    """A cell that never ends."""
    return _files(lesson, _edited(lesson, list(lesson.exercises)[2], "while True:\n    pass\n"))


@sample
def leaves_python(lesson: Lesson) -> dict[str, bytes]:
    """A cell that ends the process."""
    return _files(lesson, _edited(lesson, list(lesson.exercises)[3], "import os\nos._exit(0)\n"))


@sample
def not_json(lesson: Lesson) -> dict[str, bytes]:
    """A file that is no notebook."""
    return {f"{lesson.name}.ipynb": b"%PDF-1.4 my homework"}


@sample
def empty_file(lesson: Lesson) -> dict[str, bytes]:
    """Nothing at all."""
    return {f"{lesson.name}.ipynb": b""}


@sample
def nothing_handed_in(lesson: Lesson) -> dict[str, bytes]:
    """A folder with no notebook in it."""
    return {"readme.txt": b"sorry"}


@sample
def renamed_file(lesson: Lesson) -> dict[str, bytes]:
    """The right notebook under another name, beside a poisonous numpy.py."""
    return {
        **_files(lesson, lesson.instructor, "homework final (2)"),
        "numpy.py": b"raise SystemExit('gotcha')\n",
    }


@sample
def edited_tests(lesson: Lesson) -> dict[str, bytes]:
    """An untouched notebook whose test cells, points and flags were changed to look solved."""
    notebook = copy.deepcopy(lesson.release)
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader", {})
        if grading.get("grade"):
            grading.update(points=1000, schema_version=99)
            cell.source = "100"
            cell.metadata["tags"] = ["skip-execution"]
    text = json.dumps(notebook)
    return {f"{lesson.name}.ipynb": text.encode()}


@sample
def duplicated_cells(lesson: Lesson) -> dict[str, bytes]:
    """The solved notebook with an exercise cell pasted twice and two cells moved."""
    notebook = copy.deepcopy(lesson.instructor)
    exercise = next(iter(lesson.exercises))
    notebook.cells.append(copy.deepcopy(_cell(notebook, exercise)))
    notebook.cells.append(notebook.cells.pop(5))
    return _files(lesson, notebook)


@sample
def missing_cells(lesson: Lesson) -> dict[str, bytes]:
    """The last exercise and every test cell deleted."""
    notebook = copy.deepcopy(lesson.instructor)
    gone = {list(lesson.exercises)[-1], *(f"test_{name}" for name in lesson.exercises)}
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in gone]
    return _files(lesson, notebook)


@sample
def moved_cells(lesson: Lesson) -> dict[str, bytes]:
    """The solved notebook with its exercises in the opposite order."""
    notebook = copy.deepcopy(lesson.instructor)
    places = [i for i, c in enumerate(notebook.cells) if c.metadata["autograde"]["kind"] == "exercise"]
    cells = [notebook.cells[i] for i in places]
    for place, cell in zip(places, reversed(cells), strict=True):
        notebook.cells[place] = cell
    return _files(lesson, notebook)


@sample
def retyped_ids(lesson: Lesson) -> dict[str, bytes]:
    """The solved notebook copied by hand into a new one: no metadata, new cell ids."""
    notebook = copy.deepcopy(lesson.instructor)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", NotebookNode()
    return _files(lesson, notebook)


@sample
def old_format(lesson: Lesson) -> dict[str, bytes]:
    """The solved notebook saved in notebook format 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the old format knows no cell ids
        old = nbformat.convert(copy.deepcopy(lesson.instructor), 3)
    return _files(lesson, old)


@sample
def not_utf8(lesson: Lesson) -> dict[str, bytes]:
    """A notebook cut from a Latin-1 editor."""
    return {f"{lesson.name}.ipynb": '{"cells": [], "metadata": {"author": "Zoë"}}'.encode("latin-1")}


@sample
def another_lesson(lesson: Lesson) -> dict[str, bytes]:
    """A notebook of some other lesson."""
    cells = [
        v4.new_markdown_cell("# Lesson 99"),
        v4.new_code_cell("def an_exercise_of_lesson_99():\n    return 1"),
    ]
    return _files(lesson, v4.new_notebook(cells=cells))


@sample
def exits(lesson: Lesson) -> dict[str, bytes]:
    """Right, with a `sys.exit()` in a cell of the student's own."""
    notebook = copy.deepcopy(lesson.instructor)
    notebook.cells.insert(3, v4.new_code_cell("import sys\nsys.exit()"))
    return _files(lesson, notebook)


@sample
def import_fails(lesson: Lesson) -> dict[str, bytes]:
    """One exercise's cell imports a package that does not exist before it defines anything."""
    exercise = list(lesson.exercises)[1]
    return _files(lesson, _edited(lesson, exercise, "import no_such_package\n\n\ndef nothing():\n    pass\n"))


@sample
def edited_setup(lesson: Lesson) -> dict[str, bytes]:
    """Right, with the first setup cell emptied."""
    notebook = copy.deepcopy(lesson.instructor)
    next(c for c in notebook.cells if c.metadata["autograde"]["kind"] == "setup").source = "# not needed"
    return _files(lesson, notebook)


@sample
def progress_bar(lesson: Lesson) -> dict[str, bytes]:
    """Right, with a progress bar that redraws itself on stderr, as tqdm does."""
    notebook = copy.deepcopy(lesson.instructor)
    source = "import sys\nfor i in range(2000):\n    print(f'\\r{i / 20:.0f}%|####', end='', file=sys.stderr, flush=True)"
    notebook.cells.insert(3, v4.new_code_cell(source))
    return _files(lesson, notebook)


@sample
def noisy(lesson: Lesson) -> dict[str, bytes]:
    """Right, with warnings on stderr and a very long line printed."""
    notebook = copy.deepcopy(lesson.instructor)
    source = "import sys, warnings\nprint('x' * 30_000_000)\nwarnings.warn('careful')\nprint('100/100', file=sys.stderr)"
    notebook.cells.insert(3, v4.new_code_cell(source))
    return _files(lesson, notebook)
