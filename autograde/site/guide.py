"""The instructor's guide: the Markdown in docs/ as pages, its links followed."""

from __future__ import annotations

import pathlib
import posixpath
import re

from markupsafe import Markup

from autograde.course import Course
from autograde.site.markdown import Heading, Writer, plain
from autograde.site.page import Page

FIRST = ("term", "jupyterhub", "grading", "confinement", "architecture", "lecture_map")
"""The order to read them in; other pages follow by name."""


def guide_pages(course: Course) -> list[Page]:
    """One page for each file docs/*.md."""
    found = {path.stem: path for path in sorted((course.root / "docs").glob("*.md"))}
    order = [name for name in FIRST if name in found] + [name for name in found if name not in FIRST]
    return [_page(found[name]) for name in order]


def _page(path: pathlib.Path) -> Page:
    writer = Writer(_link)
    body = writer.html(path.read_text(encoding="utf-8"))
    title = writer.headings[0].text if writer.headings else path.stem
    paragraph = re.search(r"<p>(.*?)</p>", body, re.DOTALL)
    summary = plain(paragraph[1]) if paragraph else ""
    return Page(
        f"guide/{path.stem}.html", "guide", title, _first_sentence(summary), body, tuple(writer.headings)
    )


def _link(target: str) -> str:
    """A link between files of docs/ as a link between pages. Other files of the repository have no page."""
    path, hash_sign, anchor = target.partition("#")
    if "://" in target or not path.endswith(".md"):
        return target
    return f"{posixpath.basename(path).removesuffix('.md')}.html{hash_sign}{anchor}"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:])\s", text, maxsplit=1)[0]


def index(pages: list[Page], path: str, part: str, title: str, summary: str) -> Page:
    """A page that lists other pages."""
    here = Page(path, part, title, summary, Markup(""), (Heading(1, title, "top"),))
    rows = [
        Markup('<li><a href="{}">{}</a><span>{}</span></li>').format(here.towards(p.path), p.title, p.summary)
        for p in pages
    ]
    body = Markup('<h1 id="top">{}</h1>\n<p>{}</p>\n<ul class="list">{}</ul>').format(
        title, summary, Markup("").join(rows)
    )
    return Page(path, part, title, summary, body, here.headings)
