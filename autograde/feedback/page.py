"""One student's page, from the marks, the verdict and the graded notebook. Nothing hidden is in any of the three."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode

from autograde.engine.lesson import Lesson
from autograde.feedback.reading import HEADING, Section, section
from autograde.model import AspectVerdict, ExerciseVerdict, Status, SubmissionVerdict
from autograde.pages import render
from autograde.pages.cells import render_cell
from autograde.record.marks import CellMark, Mark

SIGNS = {"passed": "✓", "partial": "◐", "failed": "✗"}
STEPS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One exercise, or one written question, on the page."""

    name: str
    title: str
    score: float
    max_score: float
    state: str
    colour: str
    message: str
    aspects: tuple[AspectVerdict, ...] = ()
    comment: str = ""
    section: Section | None = None
    source: str = ""
    prose: bool = False
    pictures: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def sign(self) -> str:
        """A mark that does not depend on colour."""
        return SIGNS[self.colour]

    @property
    def answer(self) -> Markup:
        """A written answer as the student meant it: formulas drawn, HTML as text."""
        return Markup(render_cell(self.source, theirs=True, attachments=dict(self.pictures)))


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A picture the student handed in."""

    kind: str
    data: str
    alt: str


def page(
    lesson: Lesson,
    student: str,
    mark: Mark | None,
    verdict: SubmissionVerdict | None,
    notebook: NotebookNode | None,
    site: str = "",
) -> str:
    """The page as HTML. What is not there (an unreadable file has no mark) is left out.

    `site` is the address of the published site, for links to what to read again.
    """
    entries = _entries(lesson, mark, verdict, notebook, site)
    return render(
        "feedback.html",
        title=lesson_title(lesson),
        student=student,
        timestamp=mark.timestamp if mark else "",
        score=mark.score if mark else 0.0,
        max_score=mark.max_score if mark else sum(cell.points or 0 for cell in lesson.master.cells),
        late_penalty=mark.late_penalty if mark else 0.0,
        waiting=[cell.name for cell in mark.cells if cell.needs_human] if mark else [],
        verdict_message=verdict.message if verdict and not verdict.exercises else "",
        repairs=verdict.repairs if verdict else (),
        next_steps=_next_steps(entries),
        entries=entries,
        figures=_figures(lesson, notebook) if notebook else [],
    )


def lesson_title(lesson: Lesson) -> str:
    """The lesson's first heading."""
    found = (HEADING.search(cell.source) for cell in lesson.master.cells if cell.is_markdown)
    return next((match[1] for match in found if match), lesson.name)


def _entries(
    lesson: Lesson,
    mark: Mark | None,
    verdict: SubmissionVerdict | None,
    notebook: NotebookNode | None,
    site: str,
) -> list[Entry]:
    cells = {cell.name: cell for cell in mark.cells} if mark else {}
    verdicts = {v.exercise: v for v in verdict.exercises} if verdict else {}
    sources = _sources(notebook) if notebook else {}
    found = []
    for cell in lesson.master.cells:
        if cell.kind == "exercise" and cell.exercise in verdicts:
            name = str(cell.exercise)
            entry = _exercise(lesson, verdicts[name], cells.get(f"test_{name}"), site)
            found.append(dataclasses.replace(entry, source=sources.get(name, "")))
        elif cell.kind == "question" and cell.key in cells:
            answer = _question(lesson, cells[cell.key], cell.source, sources.get(cell.key, ""))
            found.append(dataclasses.replace(answer, pictures=_pasted(notebook, cell.key)))
    return found


def _exercise(lesson: Lesson, verdict: ExerciseVerdict, cell: CellMark | None, site: str) -> Entry:
    exercise = lesson.exercises[verdict.exercise]
    score = cell.score if cell else verdict.score
    title = f"{exercise.title} ({', '.join(exercise.functions)})"
    state = "graded by hand" if cell and cell.manual else verdict.status.replace("_", " ")
    colour = _colour(score, verdict.max_score)
    comment = cell.comment if cell else ""
    return Entry(
        exercise.name, title, score, verdict.max_score, state, colour, verdict.message,
        verdict.aspects, comment, section(lesson, exercise.section, site),
    )  # fmt: skip


def _question(lesson: Lesson, cell: CellMark, source: str, answer: str) -> Entry:
    heading = HEADING.search(source)
    waits = cell.needs_human and not cell.manual
    state = "waits for a person" if waits else "graded by hand"
    message = "This answer is read and graded by a person." if waits else ""
    colour = "partial" if waits else _colour(cell.score, cell.max_score)
    title = heading[1] if heading else cell.name
    return Entry(
        cell.name, title, cell.score, cell.max_score, state, colour, message,
        comment=cell.comment, source=answer, prose=True,
    )  # fmt: skip


def _colour(score: float, most: float) -> str:
    return "passed" if score >= most else "partial" if score > 0 else "failed"


def _next_steps(entries: list[Entry]) -> list[str]:
    """The first few things to do, in the order of the lesson."""
    wrong = [e for e in entries if e.colour != "passed" and not e.prose]
    steps = [
        f"{e.name}: write it and run its cell."
        if e.state == Status.NOT_ATTEMPTED.replace("_", " ")
        else f"{e.name}: {e.message.splitlines()[0]}"
        for e in wrong[:STEPS]
    ]
    return [*steps, f"Then the other {len(wrong) - STEPS} below."] if len(wrong) > STEPS else steps


def _sources(notebook: NotebookNode) -> dict[str, str]:
    """What the student wrote, by master key."""
    return {
        str(cell.metadata["autograde"]["key"]): cell.source
        for cell in notebook.cells
        if cell.metadata.get("autograde", {}).get("kind") in ("exercise", "question")
    }


def _pasted(notebook: NotebookNode | None, key: str) -> dict[str, Any]:
    """The pictures pasted into an answer, by name."""
    cells = notebook.cells if notebook else []
    return next(
        (dict(c.get("attachments", {})) for c in cells if c.metadata.get("autograde", {}).get("key") == key),
        {},
    )


def _figures(lesson: Lesson, notebook: NotebookNode) -> list[Figure]:
    """The pictures under the experiments, as they were handed in."""
    figures = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("autograde", {}).get("kind") == "experiment":
            name = str(cell.metadata["autograde"]["key"]).replace("_", " ")
            figures += [_figure(output, name) for output in cell.outputs]
    return [figure for figure in figures if figure is not None]


def _figure(output: Any, name: str) -> Figure | None:
    data = output.get("data", {})
    kind = next((kind for kind in ("image/png", "image/jpeg") if kind in data), None)
    return (
        Figure(kind, data[kind].replace("\n", ""), f"Your figure of the experiment: {name}") if kind else None
    )
