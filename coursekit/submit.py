"""Write the one file to hand in, and say what is in it and what is missing: `python -m coursekit.submit LESSON`.

The file is a copy of the notebook as it was saved, under the name the grader looks for.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import sys
import time

from coursekit.journal import fingerprint, read_journal
from coursekit.lessons import Lesson, find_lesson, lessons_folder
from coursekit.saved import NotHandedIn, empty_answers, is_written, read_saved

FOLDER = "hand_in"
HOW = (
    "Hand in: upload this one file, under the name it has. JupyterLab's list of files has it in the folder hand_in "
    "(select it, then File → Download)."
)
NOT_WRITTEN = (
    "# YOUR CODE HERE",
    'raise NotImplementedError("Write this function, then run this cell again.")',
)
NO_ANSWER = "YOUR ANSWER HERE"
LARGEST = 50 * 2**20
"""Bytes; the grader reads no larger file."""


@dataclasses.dataclass(frozen=True, slots=True)
class HandIn:
    """What was written, and what stands in it, in words."""

    path: pathlib.Path
    holds: str
    missing: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"Written: {self.path}", f"It holds {self.holds}"]
        if self.missing:
            lines += ["Still missing:", *(f"  - {what}" for what in self.missing)]
            lines += ["You can hand it in like this, or go on and run this again later."]
        return "\n".join([*lines, HOW])


def write_hand_in(lesson: Lesson, folder: pathlib.Path) -> HandIn:
    """Copy the saved notebook of a lesson into `hand_in/`. Raises `NotHandedIn`, and writes nothing, where it cannot
    be read, is not this lesson's, is too large, or lacks what was run last."""
    source = lesson.path(folder)
    data, cells = read_saved(source, lesson)
    _require_saved(lesson, source, cells)
    target = folder / FOLDER / source.name
    fresh = target.with_name(target.name + ".new")
    try:
        target.parent.mkdir(exist_ok=True)
        fresh.write_bytes(data)
        os.replace(fresh, target)
    except OSError as error:
        raise NotHandedIn(
            f"{target} cannot be written ({error.strerror}). Make room, or hand in {source} itself: it is the same file."
        ) from None
    saved = time.strftime("%d %B %Y, %H:%M:%S", time.localtime(source.stat().st_mtime))
    return HandIn(
        target, f"{_contents(lesson, cells, folder)}, as saved on {saved}.", _missing(lesson, cells, folder)
    )


def _require_saved(lesson: Lesson, source: pathlib.Path, cells: dict[str, str]) -> None:
    ran, saved = read_journal(source.parent).ran, source.stat().st_mtime
    for exercise in lesson.exercises:
        text, when = ran.get(exercise.name, ("", 0.0))
        if when > saved and fingerprint(cells.get(exercise.cell, "")) != text:
            raise NotHandedIn(
                f"Nothing was written: the notebook is not saved. The cell of “{exercise.title}” ran with a text "
                "that the file does not have. Press Ctrl+S in the notebook, then run this again."
            )


def _contents(lesson: Lesson, cells: dict[str, str], folder: pathlib.Path) -> str:
    written = sum(is_written(cells.get(exercise.cell)) for exercise in lesson.exercises)
    passed = sum(
        exercise.name in read_journal(folder / lesson.lesson).passed for exercise in lesson.exercises
    )
    total = len(lesson.exercises)
    return f"{written} of {total} exercises ({passed} of {total} checks pass)"


def _missing(lesson: Lesson, cells: dict[str, str], folder: pathlib.Path) -> tuple[str, ...]:
    """What a student may want to do before handing in, in the lesson's order."""
    journal, found = read_journal(folder / lesson.lesson), []
    for exercise in lesson.exercises:
        text = cells.get(exercise.cell)
        if text is None:
            found.append(f"“{exercise.title}”: its cell is gone.")
        elif not is_written(text):
            found.append(f"“{exercise.title}”: not written yet.")
        elif exercise.name not in journal.passed:
            tried = exercise.name in journal.tries
            found.append(
                f"“{exercise.title}”: {'its check fails' if tried else 'its check has not been run'}."
            )
    return (*found, *("A written answer is still empty." for _ in empty_answers(cells)))


def hand_in() -> None:
    """Write the file to hand in for the lesson whose notebook this runs in, and say what is in it."""
    from IPython import get_ipython

    from coursekit.following import running_cell

    if not running_cell(get_ipython()):
        print("Run this cell in JupyterLab: it writes the file to hand in.")
        return
    here = pathlib.Path.cwd()
    try:
        print(write_hand_in(find_lesson(here.name), here.parent))
    except (NotHandedIn, ValueError) as problem:
        print(problem)


def main(arguments: list[str]) -> int:
    """The command; its exit code is 0 only if the file was written."""
    try:
        print(write_hand_in(find_lesson(arguments[0] if arguments else ""), lessons_folder()))
    except (NotHandedIn, ValueError) as problem:
        print(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
