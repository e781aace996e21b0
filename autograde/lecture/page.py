"""`docs/lecture_map.md` and the README's table of lessons, as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograde.judge.exercise import Exercise
from autograde.lecture.claims import Claim
from autograde.lecture.homes import HEADING, Home
from autograde.master import CellKind, Master
from coursekit.lessons import spoken

WORDS_PER_MINUTE, MINUTES_PER_EXPERIMENT = 180, 2
HEAD = """# Lecture map

Built by `autograde map` from `docs/claims.toml`, the keys in the masters and the measurements of the solved lessons
(`docs/measurements.json`). Do not edit it by hand.

"""


def lecture_map(
    claims: Sequence[Claim],
    homes: Mapping[str, Sequence[Home]],
    measurements: Mapping[str, Mapping[str, Any]],
) -> str:
    """The map as Markdown: a table for each part of the lecture."""
    text = HEAD
    for part in dict.fromkeys(claim.part for claim in claims):
        text += (
            f"## {part}\n\n| claim | the lecture says | taught in | practised by | figure | measured here |\n"
        )
        text += "|---|---|---|---|---|---|\n"
        for claim in (c for c in claims if c.part == part):
            text += _row(claim, homes.get(claim.key, ()), measurements.get(claim.key))
        text += "\n"
    return text.rstrip() + "\n"


def _row(claim: Claim, homes: Sequence[Home], measurement: Mapping[str, Any] | None) -> str:
    says = f"{claim.says} **(erratum)**" if claim.erratum else claim.says
    taught = "; ".join(f"{home.lesson}: {', '.join(home.headings)}" for home in homes) or "**nowhere**"
    exercises = ", ".join(f"`{name}`" for home in homes for name in home.exercises[:3]) or "–"
    figures = ", ".join(dict.fromkeys(name for home in homes for name in home.experiments[:2])) or "–"
    cells = [f"`{claim.key}`", says, taught, exercises, figures.replace("_", " "), _measured(measurement)]
    return "| " + " | ".join(_cell(text) for text in cells) + " |\n"


def _measured(measurement: Mapping[str, Any] | None) -> str:
    if measurement is None:
        return "–"
    verdict = "agrees" if measurement["agrees"] else "**disagrees**"
    why = f" {measurement['why']}" if measurement.get("why") else ""
    return f"{verdict}: {measurement['here']}{why}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def lessons_table(
    masters: Sequence[Master],
    exercises: Mapping[str, Mapping[str, Exercise]],
    figures: Mapping[str, int],
) -> str:
    """The README's table: words, exercises, figures and minutes of every lesson."""
    lines = [
        "| lesson | words | exercises | graded functions | figures | minutes |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for master in masters:
        declared = exercises[master.lesson].values()
        words, minutes = count_words(master), minutes_of(master, declared)
        functions = sum(len(e.functions) for e in declared)
        title = title_of(master)
        cells = [title, f"{words:,}", len(declared), functions, figures.get(master.lesson, 0), minutes]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def minutes_of(master: Master, declared: Iterable[Exercise]) -> int:
    """How long a lesson takes: reading, experiments and exercises, to five minutes."""
    return 5 * round((_reading(master) + sum(e.minutes for e in declared)) / 5)


def time_in_words(master: Master, declared: Iterable[Exercise]) -> str:
    """The same time as a lesson's prose tells it, where `{{time}}` stands: the whole and its two parts."""
    whole, reading = minutes_of(master, declared), 5 * round(_reading(master) / 5)
    return (
        f"about {spoken(whole)}, of which reading and experiments are {spoken(reading)} and the exercises "
        f"{spoken(whole - reading)}"
    )


def _reading(master: Master) -> float:
    experiments = len(master.of_kind(CellKind.EXPERIMENT))
    return count_words(master) / WORDS_PER_MINUTE + MINUTES_PER_EXPERIMENT * experiments


def count_words(master: Master) -> int:
    """Words of prose in a lesson: markup, tags and placeholders left out."""
    prose = "\n".join(cell.source for cell in master.cells if cell.is_markdown)
    return len(re.findall(r"\w[\w’'-]*", re.sub(r"<[^>]+>|\{\{.*?\}\}|\$[^$]*\$", " ", prose)))


def title_of(master: Master) -> str:
    """The lesson's first heading."""
    found = (HEADING.search(cell.source) for cell in master.cells if cell.is_markdown)
    return next((match[2] for match in found if match), master.lesson)
