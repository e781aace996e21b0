"""Errors a person can act on. The command line prints them without a traceback."""

from __future__ import annotations

import pathlib


class CourseError(Exception):
    """Something in the course or on the command line is wrong; `advice` says what to do next.

    `where` names the file (and line, when known) so that an editor can jump there.
    """

    def __init__(
        self, problem: str, *, file: pathlib.Path | None = None, line: int | None = None, advice: str = ""
    ) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.advice = advice
        super().__init__(str(self))

    @property
    def where(self) -> str:
        """`file:line`, `file`, or an empty string."""
        if self.file is None:
            return ""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def __str__(self) -> str:
        start = f"{self.where}: " if self.where else ""
        end = f" {self.advice}" if self.advice else ""
        return f"{start}{self.problem}{end}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.problem, self.file, self.line, self.advice))


class Stopped(CourseError):
    """A run of many ended early. What was recorded stays, and the same command goes on from there."""


def _rebuild(
    kind: type[CourseError], problem: str, file: pathlib.Path | None, line: int | None, advice: str
) -> CourseError:
    return kind(problem, file=file, line=line, advice=advice)
