"""A page of the site before it is written, and how pages point at one another."""

from __future__ import annotations

import dataclasses
import posixpath

from markupsafe import Markup

from autograde.judge.exercise import Exercise
from autograde.site.markdown import Heading


@dataclasses.dataclass(frozen=True, slots=True)
class Stop:
    """An exercise on the map of a lesson, and where it stands on the page."""

    exercise: Exercise
    anchor: str

    @property
    def dots(self) -> str:
        """Its difficulty, one dot to five."""
        return "●" * self.exercise.difficulty + "○" * (5 - self.exercise.difficulty)


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of a lesson on its map, and the exercises in it."""

    heading: Heading
    stops: list[Stop]


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """One page. `body` holds its sections; `path` is where it lies on the site; `part` is the menu it belongs to."""

    path: str
    part: str
    title: str
    summary: str
    body: Markup
    headings: tuple[Heading, ...]
    parts: tuple[Part, ...] = ()

    @property
    def contents(self) -> tuple[Heading, ...]:
        """The headings that a table of contents shows."""
        return tuple(heading for heading in self.headings if heading.level in (2, 3))

    def towards(self, path: str) -> str:
        """The way from this page to another file of the site."""
        return posixpath.relpath(path, posixpath.dirname(self.path) or ".")
