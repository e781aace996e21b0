"""Hold a master against the declared exercises: what cannot be seen from the text alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.master.cells import BEGIN, END, REGION, CellKind, Master, MasterCell

MAGIC = re.compile(r"^([ \t]*)[%!]{1,2}[A-Za-z].*$", re.MULTILINE)  # notebook commands, which are not Python


def validate(master: Master, exercises: Mapping[str, Exercise]) -> None:
    """Raise `CourseError` at the first cell that does not fit its exercise."""
    stubs = {cell.exercise: cell for cell in master.of_kind(CellKind.EXERCISE)}
    tests = {cell.exercise: cell for cell in master.of_kind(CellKind.TEST)}
    for cell in (*stubs.values(), *tests.values()):
        if cell.exercise not in exercises:
            _fail(
                master, cell, f"There is no exercise {cell.exercise}.", f"Declared: {', '.join(exercises)}."
            )
    for cell in (*master.of_kind(CellKind.SETUP), *tests.values()):
        _parse(master, cell, MAGIC.sub(r"\1pass", cell.source))
    for name, cell in stubs.items():
        if name not in tests:
            _fail(
                master, cell, f"The exercise {name} has no test cell.", f'Add `# %% test="{name}" points=…`.'
            )
        _check_stub(master, cell)
    for name, cell in tests.items():
        if name not in stubs:
            _fail(
                master,
                cell,
                f"The test cell's exercise {name} has no cell.",
                f'Add `# %% exercise="{name}"`.',
            )
        _check_points(master, cell, exercises[str(name)])
    missing = [name for name in exercises if name not in stubs]
    if missing:
        raise CourseError(f"The declared exercise {missing[0]} is not in the lesson.", file=master.path)


def _check_points(master: Master, cell: MasterCell, exercise: Exercise) -> None:
    if cell.points != exercise.points:
        problem = f"{exercise.name} is worth {cell.points:g} points here, but its aspects add up to {exercise.points:g}."
        _fail(master, cell, problem, "Make the two agree.")


def _check_stub(master: Master, cell: MasterCell) -> None:
    if not REGION.search(cell.source) or cell.source.count(BEGIN) != cell.source.count(END):
        _fail(
            master,
            cell,
            f"{cell.key} has no solution region.",
            f"Put the answer between `{BEGIN}` and `{END}`.",
        )
    if BEGIN in cell.stub or END in cell.stub:
        _fail(
            master, cell, f"The solution markers of {cell.key} do not pair up.", "Each BEGIN needs its END."
        )
    for source in (cell.source, cell.stub):
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            line = cell.line + (error.lineno or 1)
            raise CourseError(
                f"{cell.key} does not parse: {error.msg}.", file=master.path, line=line
            ) from error
    if any(
        isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.For | ast.While)
        for node in ast.walk(tree)
    ):
        _fail(master, cell, f"The stub of {cell.key} still holds a part of its answer.", "Move the markers.")


def _parse(master: Master, cell: MasterCell, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1)
        raise CourseError(f"{cell.key} does not parse: {error.msg}.", file=master.path, line=line) from error


def _fail(master: Master, cell: MasterCell, problem: str, advice: str) -> None:
    raise CourseError(problem, file=master.path, line=cell.line, advice=advice)
