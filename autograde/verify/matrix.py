"""The grader's own matrix: every implementation that is declared, put into a notebook and graded for real."""

from __future__ import annotations

import concurrent.futures
import copy
import dataclasses
import multiprocessing
import os
import pathlib
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from autograde import exercises
from autograde.course import Course
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.pool import warm_process
from autograde.engine.submission import grade_bytes
from autograde.judge.exercise import Exercise, Function, Implementation
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import ExerciseVerdict, Status

SEED = 20260101


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One notebook that was graded, and whether the mark is what it must be."""

    lesson: str
    exercise: str
    kind: str  # reference | untouched | misconception | variant
    name: str
    score: float
    max_score: float
    status: str
    named: str | None
    message: str

    @property
    def holds(self) -> bool:
        """Reference and variants keep everything, the untouched stub gets 0, a misconception loses and is named."""
        if self.kind in ("reference", "variant"):
            return self.status == Status.PASSED and self.score == self.max_score
        if self.kind == "untouched":
            return self.status == Status.NOT_ATTEMPTED and self.score == 0
        return self.score < self.max_score and self.named == self.name


def matrix(
    course: Course,
    lesson: str,
    workers: int | None = None,
    exercise: str | None = None,
    quick: bool = False,
) -> list[Row]:
    """Grade every declared implementation of a lesson, or of one exercise.

    `quick` judges the functions in this very process instead of whole notebooks over the pipe: seconds instead of
    minutes while an exercise is being written, but no proof of what grading does.
    """
    if quick:
        declared = exercises.load(lesson)
        chosen = [declared[exercise]] if exercise else declared.values()
        return [row for e in chosen for row in quick_rows(lesson, e)]
    loaded = load_lesson(course, lesson)
    names = [exercise] if exercise else list(loaded.exercises)
    tasks = [(course.root, lesson, name) for name in names]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers or os.cpu_count(), mp_context=context) as pool:
        rows = [row for part in pool.map(_exercise_rows, tasks) for row in part]
    return [*(row for row in whole_notebooks(loaded) if row.exercise in names), *rows]


def quick_rows(lesson: str, exercise: Exercise) -> Iterator[Row]:
    """The rows of one exercise, judged in this process."""
    cases: list[tuple[str, str, dict[str, Function]]] = [("reference", "reference", {})]
    cases += [("variant", v.name, dict(v.replaces)) for v in exercise.variants.values()]
    cases += [("misconception", m.name, dict(m.replaces)) for m in exercise.misconceptions.values()]
    for kind, name, replaces in cases:
        functions = {**exercise.neighbours, **exercise.references, **replaces}
        yield _row(lesson, kind, name, judge(exercise, LocalSubject(functions), SEED))


def whole_notebooks(lesson: Lesson) -> Iterator[Row]:
    """The solved and the untouched notebook, every exercise of them."""
    for kind, notebook in (("reference", lesson.instructor), ("untouched", lesson.release)):
        data = nbformat.writes(notebook).encode()
        graded = grade_bytes(data, lesson.name, kind, lesson, warm_process(), SEED)
        for verdict in graded.verdict.exercises:
            yield _row(lesson.name, kind, kind, verdict)


def _exercise_rows(task: tuple[pathlib.Path, str, str]) -> list[Row]:
    root, name, exercise_name = task
    lesson = load_lesson(Course(root), name)
    exercise = lesson.exercises[exercise_name]
    cases = [("variant", v) for v in exercise.variants.values()]
    cases += [("misconception", m) for m in exercise.misconceptions.values()]
    return [_judge(lesson, exercise, kind, implementation) for kind, implementation in cases]


def _judge(lesson: Lesson, exercise: Exercise, kind: str, implementation: Implementation) -> Row:
    data = nbformat.writes(with_implementation(lesson.instructor, exercise, implementation)).encode()
    graded = grade_bytes(data, lesson.name, kind, lesson, warm_process(), SEED, only=(exercise.name,))
    return _row(lesson.name, kind, implementation.name, graded.verdict.exercises[0])


def with_implementation(
    instructor: NotebookNode, exercise: Exercise, implementation: Implementation
) -> NotebookNode:
    """The solved notebook with an implementation written under the exercise's solution, which it overrides."""
    notebook = copy.deepcopy(instructor)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise.name:
            cell.source = f"{cell.source}\n\n\n{implementation.source}"
    return notebook


def _row(lesson: str, kind: str, name: str, v: ExerciseVerdict) -> Row:
    return Row(lesson, v.exercise, kind, name, v.score, v.max_score, v.status, v.misconception, v.message)
