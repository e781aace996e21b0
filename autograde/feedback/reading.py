"""Where to read again what an exercise needs: a section of the lesson, in words and on the published site."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

from autograde.engine.lesson import Lesson
from autograde.errors import CourseError

HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A heading of a lesson; `link` goes to it on the site, and is empty where no site was named."""

    heading: str
    notebook: str
    link: str = ""


def section(lesson: Lesson, key: str, site: str = "") -> Section | None:
    """The heading of the cell `key` or, where that has none, the last heading above it.

    `site` is the address of the site that `autograde site` built. A page cannot link into the student's own notebook:
    it is read from a mail, from nbgrader's feedback folder or in JupyterLab, and the notebook lies elsewhere from each.
    """
    found = None
    for cell in lesson.master.cells:
        headings = HEADING.findall(cell.source) if cell.is_markdown else []
        if headings:
            found = headings[0] if cell.key == key else headings[-1], cell.cell_id
        if cell.key == key:
            break
    else:
        return None
    if found is None:
        return None
    heading, home = found
    return Section(heading, f"{lesson.name}.ipynb", _address(site, lesson.name, home) if site else "")


def site_address(given: str) -> str:
    """The site's address, ending in a slash. Raises `CourseError` for what a browser cannot open."""
    parts = urllib.parse.urlsplit(given.strip())
    if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.scheme == "file"):
        raise CourseError(
            f"{given!r} is not the address of a site.",
            advice="Give it as a browser shows it, for example https://example.org/course/.",
        )
    path = parts.path.removesuffix("index.html").rstrip("/")
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, f"{path}/", "", ""))


def _address(site: str, lesson: str, cell_id: str) -> str:
    """Where the cell stands on the lesson's page: the site gives every cell a place, `cell-` and its id."""
    return f"{site_address(site)}lessons/{lesson}.html#cell-{cell_id}"
