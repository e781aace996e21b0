"""The exercise card and the hint ladder that stand above a stub, from the exercise's declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograde.errors import CourseError
from autograde.judge.exercise import Exercise

PLACE = re.compile(r"^\{\{(exercise|hints) (\w+)\}\}$", re.MULTILINE)


def expand(source: str, exercises: Mapping[str, Exercise]) -> str:
    """Prose with `{{exercise NAME}}` and `{{hints NAME}}` filled in. Raises `CourseError` for an unknown name."""

    def fill(match: re.Match[str]) -> str:
        what, name = match.groups()
        if name not in exercises:
            raise CourseError(
                f"{match[0]}: there is no exercise {name}.", advice=f"Declared: {', '.join(exercises)}."
            )
        return card(exercises[name]) if what == "exercise" else ladder(exercises[name])

    return PLACE.sub(fill, source)


def card(exercise: Exercise) -> str:
    """Title, functions, points, difficulty, minutes and lines, in one quoted block."""
    dots = "●" * exercise.difficulty + "○" * (5 - exercise.difficulty)
    functions = ", ".join(f"`{name}`" for name in exercise.functions)
    lines = "1 line" if exercise.lines == 1 else f"{exercise.lines} lines"
    return (
        f"> **Exercise: {exercise.title}** — write {functions}  \n"
        f"> {exercise.points:g} points · difficulty {dots} · about {exercise.minutes} minutes · "
        f"about {lines} of code"
    )


def ladder(exercise: Exercise) -> str:
    """The hints, each folded inside the one before, so that they open one at a time."""
    text = ""
    for number, hint in reversed(list(enumerate(exercise.hints, 1))):
        inner = f"\n\n{text}" if text else ""
        text = f"<details><summary>Hint {number} of {len(exercise.hints)}</summary>\n\n{hint}{inner}\n\n</details>"
    return text
