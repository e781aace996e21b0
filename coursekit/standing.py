"""Where a student stands: under the set-up cell of a lesson, in a terminal, and as bars for the start page."""

from __future__ import annotations

import html
import pathlib
from typing import Any

from coursekit.journal import Journal, read_journal
from coursekit.lessons import Lesson, find_lesson, lessons, lessons_folder

WIDTH = 12
TRIES = "application/vnd.course.tries+json"


def done(lesson: Lesson, journal: Journal) -> int:
    """How many of a lesson's checks pass."""
    return sum(exercise.name in journal.passed for exercise in lesson.exercises)


def bar(count: int, total: int, width: int = WIDTH) -> str:
    """A bar of text; it is full only when everything is done, and empty only when nothing is."""
    full = max(width * count // max(total, 1), min(count, 1))
    return "█" * full + "░" * (width - full)


def next_title(lesson: Lesson, journal: Journal) -> str:
    """The first exercise whose check does not pass yet, or nothing."""
    return next((e.title for e in lesson.exercises if e.name not in journal.passed), "")


def after_check(lesson: Lesson, journal: Journal) -> str:
    """The line that a check which passed prints."""
    count, total = done(lesson, journal), len(lesson.exercises)
    if count == total:
        return f"✓ All {total} checks of this lesson pass."
    title = next_title(lesson, journal)
    return (
        f"✓ {count} of {total} checks of this lesson pass. Next: {title}{'' if title.endswith('?') else '.'}"
    )


def in_notebook(lesson: Lesson, journal: Journal, kept: bool) -> dict[str, Any]:
    """The progress of a lesson as HTML, as text for whoever has no HTML, and how often each check ran as data.

    The data are saved with the notebook and tell the instructor where a class needs many tries.
    """
    count, total = done(lesson, journal), len(lesson.exercises)
    words = f"Progress in this lesson: {count} of {total} checks pass"
    note = "" if kept else " (not kept: this folder cannot be written to)"
    rows = [
        f"<li>{'✓' if e.name in journal.passed else '○'} {html.escape(e.title)}"
        f"{' (passes)' if e.name in journal.passed else ''}</li>"
        for e in lesson.exercises
    ]
    page = (
        f'<div class="course-progress">{words}{note} {_drawn_bar(count, total)}'
        f'<details><summary>The exercises</summary><ul style="list-style: none; padding-left: 1em">'
        f"{''.join(rows)}</ul></details></div>"
    )
    tries = {e.name: journal.tries[e.name] for e in lesson.exercises if e.name in journal.tries}
    return {"text/html": page, "text/plain": f"{words}{note}  {bar(count, total)}", TRIES: tries}


def _drawn_bar(count: int, total: int) -> str:
    """A bar in the text's own colour with a filled part: an empty `<progress>` looks full in the dark theme."""
    frame = "display: inline-block; width: 16em; height: 0.8em; border: 1px solid; vertical-align: middle"
    part = f"display: block; width: {100 * count / max(total, 1):.0f}%; height: 100%; background: #0072b2"
    return (
        f'<span role="progressbar" aria-label="checks that pass" aria-valuemin="0" aria-valuenow="{count}" '
        f'aria-valuemax="{total}" style="{frame}"><span style="{part}"></span></span>'
    )


def course_lines(folder: pathlib.Path) -> list[str]:
    """The whole course, a line for each lesson."""
    lines = [f"Your progress in {folder} (a check counts if it passed the last time it ran)", ""]
    for lesson in lessons():
        journal = read_journal(folder / lesson.lesson)
        count, total = done(lesson, journal), len(lesson.exercises)
        lines.append(f"{bar(count, total)}  {count:>2} of {total:<2}  {lesson.title}")
    return lines


def lesson_lines(lesson: Lesson, folder: pathlib.Path) -> list[str]:
    """One lesson, a line for each exercise."""
    journal = read_journal(folder / lesson.lesson)
    lines = [lesson.title, ""]
    for exercise in lesson.exercises:
        tries = journal.tries.get(exercise.name, 0)
        state = "passes" if exercise.name in journal.passed else "not yet" if tries else ""
        count = f"{tries} {'try' if tries == 1 else 'tries'}" if tries else ""
        mark = "✓" if exercise.name in journal.passed else "○"
        lines.append(f"{mark} {exercise.title:<56} {state:<8} {count}".rstrip())
    count, total = done(lesson, journal), len(lesson.exercises)
    return [*lines, "", f"{bar(count, total)}  {count} of {total} checks pass"]


def print_standing(arguments: list[str]) -> int:
    """What `python -m coursekit.progress [LESSON]` prints; its exit code."""
    folder = lessons_folder()
    try:
        lines = lesson_lines(find_lesson(arguments[0]), folder) if arguments else course_lines(folder)
    except ValueError as error:
        print(error)
        return 2
    print("\n".join(lines))
    return 0
