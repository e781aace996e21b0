"""Look through a bundle for what must not be in it, before it is written."""

from __future__ import annotations

import hashlib
import html
import json
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence

from autograde.course import Course
from autograde.errors import CourseError
from autograde.master import Master, read_master
from autograde.master.cells import REGION

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "Judged by autograde")
COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".o")
LONG = 25
"""Characters; a shorter line (`return z`) gives nothing away."""


Answers = dict[str, frozenset[str]]
"""The telling lines of every solution, by the cell it answers."""


def require_clean(
    course: Course, files: Mapping[str, bytes], lessons: Sequence[str], markers: Sequence[str] = MARKERS
) -> None:
    """Raise `CourseError` at the first answer, hidden test, held-back data, output or compiled file in the bundle.

    `markers` are the words that stand only beside answers; a text about masters may name them.
    """
    answers = dict(_answers(read_master(course.master_path(lesson)) for lesson in lessons))
    hidden = {hashlib.sha256(path.read_bytes()).hexdigest() for path in _held_back()}
    for name, data in files.items():
        problem = _problem(name, data, answers, hidden, markers)
        if problem:
            raise CourseError(f"The bundle would give something away: {problem}", file=pathlib.Path(name))


def _answers(masters: Iterator[Master]) -> Iterator[tuple[str, frozenset[str]]]:
    """Every solution's telling lines, with the cell it answers."""
    for master in masters:
        outside = {line.strip() for cell in master.cells for line in cell.stub.splitlines()}
        for cell in master.cells:
            for number, region in enumerate(REGION.finditer(cell.source), 1):
                lines = {line.strip() for line in region[2].splitlines()} - outside
                telling = frozenset(line for line in lines if len(line) > LONG)
                if telling:
                    yield f"{master.lesson}/{cell.key}" + (f" ({number})" if number > 1 else ""), telling


def _held_back() -> list[pathlib.Path]:
    """Data that only the judge may see."""
    return sorted((pathlib.Path(__file__).resolve().parents[1] / "exercises").rglob("*.npz"))


def _problem(
    name: str, data: bytes, answers: Answers, hidden: set[str], markers: Sequence[str] = MARKERS
) -> str:
    if name.endswith(COMPILED) or "__pycache__" in name:
        return "a compiled file."
    if hashlib.sha256(data).hexdigest() in hidden:
        return "data that are held back for grading."
    if name.endswith(".ipynb"):
        return _notebook_problem(data, answers)
    if name.endswith(".html"):
        return _text_problem(_shown(data.decode("utf-8")), answers, 0.0, markers)
    if name.endswith(".py"):
        return _text_problem(data.decode("utf-8"), answers, share=0.6)
    if name.endswith((".md", ".json", ".toml")):
        return _text_problem(data.decode("utf-8"), {}, share=1.0)
    return ""


def _notebook_problem(data: bytes, answers: Answers) -> str:
    cells = json.loads(data)["cells"]
    for cell in cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            return f"an output under the cell {cell.get('id')}."
    return _text_problem("\n".join("".join(cell["source"]) for cell in cells), answers, share=0.0)


def _shown(page: str) -> str:
    """What a page says, line by line."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def _text_problem(text: str, answers: Answers, share: float, markers: Sequence[str] = MARKERS) -> str:
    """What a text gives away. In a notebook one line of a solution is too many; in the library, which has to train nets
    itself, more than a `share` of one is."""
    for marker in markers:
        if marker in text:
            return f"the text `{marker}`."
    lines = {line.strip() for line in text.splitlines()}
    for cell, telling in answers.items():
        found = telling & lines
        if found and len(found) > share * len(telling):
            return f"a line of the answer to {cell}: {min(found)}"
    return ""
