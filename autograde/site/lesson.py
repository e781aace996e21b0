"""A lesson's page: the students' notebook, with what the experiments show when the functions are right."""

from __future__ import annotations

import dataclasses
from typing import Any

import nbformat
from markupsafe import Markup

from autograde import exercises
from autograde.course import Course
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.lecture.page import minutes_of, title_of
from autograde.master import CellKind, read_master
from autograde.pages.render import python
from autograde.site.markdown import Writer
from autograde.site.outputs import Outputs
from autograde.site.page import Page, Part, Stop

FOLDED = {
    "setup": "Code that sets the lesson up",
    "code": "Code",
    "experiment": "Code of this experiment",
    "test": "Visible checks of this exercise",
}


@dataclasses.dataclass(frozen=True, slots=True)
class LessonFacts:
    """What the map of the course says about a lesson."""

    number: int
    lesson: str
    title: str
    exercises: tuple[Exercise, ...]
    experiments: int
    minutes: int

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def path(self) -> str:
        return f"lessons/{self.lesson}.html"


def facts(course: Course, lesson: str) -> LessonFacts:
    """What the master and the declarations say about a lesson."""
    master, declared = read_master(course.master_path(lesson)), exercises.load(lesson)
    title = title_of(master).rpartition(" · ")[2]
    order = [str(cell.exercise) for cell in master.of_kind(CellKind.EXERCISE)]
    experiments = len(master.of_kind(CellKind.EXPERIMENT))
    taught = tuple(declared[name] for name in order)
    number = course.lessons().index(lesson) + 1
    return LessonFacts(number, lesson, title, taught, experiments, minutes_of(master, declared.values()))


def lesson_page(course: Course, lesson: LessonFacts, outputs: Outputs) -> Page:
    """The lesson as a page. Raises `CourseError` if its notebook has not been built."""
    path = course.release_path(lesson.lesson)
    if not path.exists():
        raise CourseError("The lesson has not been built.", file=path, advice="Run `autograde build` first.")
    writer, cells, parts = Writer(), [], []
    declared = {exercise.name: exercise for exercise in lesson.exercises}
    for cell in nbformat.read(path, as_version=4).cells:
        known = len(writer.headings)
        cells.append(_cell(cell, writer, outputs))
        parts += [Part(heading, []) for heading in writer.headings[known:] if heading.level == 2]
        if cell.metadata["autograde"]["kind"] == "exercise" and parts:
            parts[-1].stops.append(Stop(declared[cell.metadata["autograde"]["key"]], f"cell-{cell.id}"))
    summary = (
        f"{len(lesson.exercises)} exercises, {lesson.experiments} experiments, about {lesson.minutes} minutes"
    )
    return Page(
        lesson.path, "lessons", f"Lesson {lesson.number} · {lesson.title}", summary,
        Markup("\n").join(cells), tuple(writer.headings), tuple(parts),
    )  # fmt: skip


def _cell(cell: Any, writer: Writer, outputs: Outputs) -> Markup:
    kind = str(cell.metadata["autograde"]["kind"])
    if cell.cell_type == "markdown":
        inner = writer.html(cell.source)
    elif kind == "exercise":
        inner = Markup('<p class="label">You write this, in the notebook</p>{}').format(_code(cell.source))
    else:
        inner = Markup("<details><summary>{}</summary>{}</details>{}").format(
            FOLDED[kind], _code(cell.source), outputs.html(cell.id)
        )
    return Markup('<div class="cell {}" id="cell-{}">\n{}\n</div>').format(kind, cell.id, inner)


def _code(source: str) -> Markup:
    return Markup(str(python(source)).replace("<pre>", '<pre tabindex="0">', 1))
