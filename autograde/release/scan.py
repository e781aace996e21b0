"""Look through a bundle for what must not be in it, before it is written."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from autograde.course import Course
from autograde.errors import CourseError
from autograde.master import Master, read_master
from autograde.master.cells import REGION

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "Judged by autograde")
COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".o")
LONG = 25
"""Characters; a shorter line (`return z`) gives nothing away."""


def require_clean(course: Course, files: Mapping[str, bytes], lessons: Sequence[str]) -> None:
    """Raise `CourseError` at the first answer, hidden test, held-back data, output or compiled file in the bundle."""
    answers = dict(_answers(read_master(course.master_path(lesson)) for lesson in lessons))
    hidden = {hashlib.sha256(path.read_bytes()).hexdigest() for path in _held_back()}
    for name, data in files.items():
        problem = _problem(name, data, answers, hidden)
        if problem:
            raise CourseError(f"The bundle would give something away: {problem}", file=pathlib.Path(name))


def _answers(masters: Iterator[Master]) -> Iterator[tuple[str, str]]:
    """Every telling line of a solution, with the cell it answers."""
    for master in masters:
        outside = {line.strip() for cell in master.cells for line in cell.stub.splitlines()}
        for cell in master.cells:
            for region in REGION.finditer(cell.source):
                for line in map(str.strip, region[2].splitlines()):
                    if len(line) > LONG and line not in outside:
                        yield line, f"{master.lesson}/{cell.key}"


def _held_back() -> list[pathlib.Path]:
    """Data that only the judge may see."""
    return sorted((pathlib.Path(__file__).resolve().parents[1] / "exercises").rglob("*.npz"))


def _problem(name: str, data: bytes, answers: Mapping[str, str], hidden: set[str]) -> str:
    if name.endswith(COMPILED) or "__pycache__" in name:
        return "a compiled file."
    if hashlib.sha256(data).hexdigest() in hidden:
        return "data that are held back for grading."
    if name.endswith(".ipynb"):
        return _notebook_problem(data, answers)
    if name.endswith((".py", ".md", ".json", ".toml")):
        return _text_problem(data.decode("utf-8"), answers if name.endswith(".py") else {})
    return ""


def _notebook_problem(data: bytes, answers: Mapping[str, str]) -> str:
    cells = json.loads(data)["cells"]
    for cell in cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            return f"an output under the cell {cell.get('id')}."
    return _text_problem("\n".join("".join(cell["source"]) for cell in cells), answers)


def _text_problem(text: str, answers: Mapping[str, str]) -> str:
    for marker in MARKERS:
        if marker in text:
            return f"the text `{marker}`."
    for line in map(str.strip, text.splitlines()):
        if line in answers:
            return f"a line of the answer to {answers[line]}: {line}"
    return ""
