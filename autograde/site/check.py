"""What must hold before the site is written: no answer in it, no way out of it, no link that leads nowhere."""

from __future__ import annotations

import html.parser
import pathlib
import posixpath
from collections.abc import Mapping

from autograde.course import Course
from autograde.errors import CourseError
from autograde.release.scan import require_clean

EXPLAINS = ("guide/", "api/")
"""Pages that write about masters name their markers; no answer may stand in them either."""
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


def require_nothing_given_away(course: Course, files: Mapping[str, bytes]) -> None:
    """Raise `CourseError` at the first answer, hidden test, held-back data or path of this machine."""
    explaining = {name: data for name, data in files.items() if name.startswith(EXPLAINS)}
    require_clean(course, {n: d for n, d in files.items() if n not in explaining}, course.lessons())
    require_clean(course, explaining, course.lessons(), markers=())
    for name, data in files.items():
        if str(course.root).encode() in data:
            raise CourseError(
                f"The page would show where this machine keeps {course.root}.", file=pathlib.Path(name)
            )


def require_whole(files: Mapping[str, bytes]) -> None:
    """Raise `CourseError` where a page loads something from elsewhere or a link leads nowhere."""
    read = {name: _read(data) for name, data in files.items() if name.endswith(".html")}
    for name, page in read.items():
        for target in page.loads:
            if "://" in target or target.startswith("//"):
                raise CourseError(f"The page would load {target}.", file=pathlib.Path(name))
        for target in (*page.loads, *page.links):
            if "://" not in target and not target.startswith(("data:", "mailto:")):
                _require_there(name, target, files, read)


def _require_there(name: str, target: str, files: Mapping[str, bytes], read: Mapping[str, _Reader]) -> None:
    path, _, anchor = target.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
    if there not in files:
        raise CourseError(f"The link to {target} leads nowhere.", file=pathlib.Path(name))
    if anchor and there in read and anchor not in read[there].anchors:
        raise CourseError(f"The link to {target} finds no such place.", file=pathlib.Path(name))


class _Reader(html.parser.HTMLParser):
    """Collects what a page loads, links to and can be linked at."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag in LOADS and LOADS[tag] in given:
            self.loads.append(given[LOADS[tag]])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


def _read(data: bytes) -> _Reader:
    reader = _Reader()
    reader.feed(data.decode("utf-8"))
    return reader
