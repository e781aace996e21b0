"""Follows the check cells of a lesson as they run in a notebook, and shows how far the student has come.

Set up by `check_environment()`, and only where a person runs the cell in a front end that names its cells: where
notebooks are run by a program (the grader, nbgrader's Validate, the builder of the site) there is nobody to tell.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

from IPython.display import display

from coursekit.journal import Journal, read_journal
from coursekit.lessons import Exercise, Lesson, lessons
from coursekit.standing import after_check, in_notebook
from coursekit.start import refresh_start_page


class Follower:
    """Keeps the journal of one notebook while its kernel lives."""

    def __init__(self, lesson: Lesson, folder: pathlib.Path) -> None:
        self._lesson, self._folder, self._process = lesson, folder, os.getpid()
        self._checks = {exercise.check: exercise for exercise in lesson.exercises}
        self._cells = {exercise.cell: exercise for exercise in lesson.exercises}
        self._texts = check_texts(lesson.path(folder.parent), self._checks)
        self._memory = read_journal(folder)
        self._kept = os.access(folder, os.W_OK)
        self._shown: Any = None

    def show(self) -> None:
        """Show the progress under the cell that runs."""
        self._shown = display(in_notebook(self._lesson, self._memory, self._kept), raw=True, display_id=True)

    def after_cell(self, result: Any) -> None:
        """IPython calls this when a cell has run. A fault in here must not reach the lesson."""
        with contextlib.suppress(Exception):
            self._note(result)

    def _note(self, result: Any) -> None:
        cell, source = getattr(result.info, "cell_id", None), result.info.raw_cell or ""
        if not cell or os.getpid() != self._process:
            return
        if cell in self._cells:
            self._journal().executed(self._cells[cell].name, source)
            self._kept = self._memory.save()
        exercise = self._checks.get(cell) or self._texts.get(source.strip())
        error = result.error_before_exec or result.error_in_exec
        if exercise is not None and not says_nothing(error):
            self._checked(exercise, error is None)

    def _checked(self, exercise: Exercise, passed: bool) -> None:
        self._journal().checked(exercise.name, passed)
        self._kept = self._memory.save()
        if passed:
            print(after_check(self._lesson, self._memory))
        if self._shown is not None:
            self._shown.update(in_notebook(self._lesson, self._memory, self._kept), raw=True)
        refresh_start_page(self._folder.parent)

    def _journal(self) -> Journal:
        """The record as it is on disk now, where it is kept there: the notebook may be open twice."""
        if self._kept:
            self._memory = read_journal(self._folder)
        return self._memory


def says_nothing(error: BaseException | None) -> bool:
    """Whether a check ended for a reason that is not the function's: somebody stopped it, or a name that it needs has
    not been defined since the kernel started."""
    if not isinstance(error, NameError):
        return isinstance(error, KeyboardInterrupt)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_code.co_name == "<module>"


def check_texts(notebook: pathlib.Path, checks: dict[str, Exercise]) -> dict[str, Exercise]:
    """Text of a check → its exercise, for front ends with ids of their own for cells."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return {"".join(c["source"]).strip(): checks[c["id"]] for c in cells if c.get("id") in checks}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


_following: dict[int, Callable[[Any], None]] = {}
"""What is registered with a shell, by its identity: the set-up cell may run again."""


def follow(shell: Any) -> None:
    """Follow the notebook of this shell and show its progress, if it is a lesson that a person runs."""
    with contextlib.suppress(Exception):
        folder = pathlib.Path.cwd()
        lesson = next((lesson for lesson in lessons() if lesson.path(folder.parent).is_file()
                       and lesson.lesson == folder.name), None)  # fmt: skip
        if lesson is None or not running_cell(shell):
            return
        follower = Follower(lesson, folder)
        old = _following.pop(id(shell), None)
        if old is not None:
            shell.events.unregister("post_run_cell", old)
        _following[id(shell)] = follower.after_cell
        shell.events.register("post_run_cell", follower.after_cell)
        follower.show()
        refresh_start_page(folder.parent)  # it may have been written before this lesson was fetched


def running_cell(shell: Any) -> str:
    """The id of the cell that a person runs, or nothing: outside a kernel, or where a program runs the notebook."""
    kernel = getattr(shell, "kernel", None)
    parent = kernel.get_parent() if kernel is not None else {}
    return str((parent or {}).get("metadata", {}).get("cellId") or "")
