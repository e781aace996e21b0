"""A lesson's prose as a reader gets it: headings, links, pictures and equations of Markdown text."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]*`", re.DOTALL)
EQUATION = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$(?!\$)([^$\n]+?)(?<!\\)\$", re.DOTALL)
TAG = re.compile(r"<(a|img)\b([^>]*)>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']")
PARSER = MarkdownIt("commonmark").enable("table")


@dataclasses.dataclass(frozen=True, slots=True)
class Prose:
    """Headings as (level, text), the targets of links, and the alt texts of pictures."""

    headings: tuple[tuple[int, str], ...]
    links: tuple[str, ...]
    alts: tuple[str, ...]


def equations(markdown: str) -> list[str]:
    """The TeX between dollars, code left out."""
    return [display or inline for display, inline in EQUATION.findall(CODE.sub("", markdown))]


def read_prose(markdown: str) -> Prose:
    """What `markdown` holds; HTML in it counts too."""
    tokens = PARSER.parse(EQUATION.sub("", markdown))
    headings = [
        (int(token.tag[1]), tokens[i + 1].content)
        for i, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    found = [(token.type, token.attrs, token.content) for token in _flat(tokens)]
    tags = [
        (tag.lower(), dict(ATTRIBUTE.findall(attributes)))
        for kind, _, content in found
        if kind in ("html_block", "html_inline")
        for tag, attributes in TAG.findall(content)
    ]
    links = [str(attrs["href"]) for kind, attrs, _ in found if kind == "link_open"]
    links += [attributes["href"] for tag, attributes in tags if tag == "a" and "href" in attributes]
    alts = [content for kind, _, content in found if kind == "image"]
    alts += [attributes.get("alt", "") for tag, attributes in tags if tag == "img"]
    return Prose(tuple(headings), tuple(links), tuple(alts))


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def heading_troubles(headings: tuple[tuple[int, str], ...]) -> list[str]:
    """What is wrong with the outline: one first-level heading, at the start, and no level left out on the way down."""
    levels = [level for level, _ in headings]
    said = [] if levels[:1] == [1] and levels.count(1) == 1 else [f"{levels.count(1)} headings of level 1"]
    said += [
        f"“{text}” leaves out a level"
        for (before, _), (level, text) in zip(headings, headings[1:], strict=False)
        if level > before + 1
    ]
    texts = [text for _, text in headings]
    return said + sorted({f"“{text}” comes twice" for text in texts if texts.count(text) > 1})


def link_trouble(link: str, folder: pathlib.Path, headings: tuple[tuple[int, str], ...]) -> str | None:
    """Why a link from a notebook in `folder` leads nowhere, or None. Anchors are JupyterLab's: spaces become dashes."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        good = parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
        return None if good else f"{link} is not an https address"
    if parts.path and not (folder / unquote(parts.path)).exists():
        return f"{link}: there is no such file"
    anchors = {text.replace(" ", "-") for _, text in headings}
    if parts.fragment and not parts.path and unquote(parts.fragment) not in anchors:
        return f"{link}: there is no such heading"
    return None


def missing_references(markdown: str, parts: set[str], lessons: Mapping[str, str]) -> list[str]:
    """Parts of this lesson, lessons of the course and sections of the slides that are named and do not exist."""
    text = CODE.sub("", markdown)
    own = re.sub(r"(?i)\bparts? \d+ of lesson \d|lesson \d[^.;]{0,20}\bpart \d", "", text)
    said = [f"Part {n}" for n in re.findall(r"\b[Pp]art (\d+)\b", own) if n not in parts]
    said += [f"lesson {n}" for n in re.findall(r"\b[Ll]esson (\d+)\b", text) if n not in lessons]
    return said + [f"S{n}" for n in re.findall(r"\bS(\d\.\d+)\b", text) if n not in set(lessons.values())]
