"""Markdown to HTML: headings that can be linked to, coloured code, formulas as MathML."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from autograde.errors import CourseError

TAG = re.compile(r"<[^>]+>")
LONG = 36
"""Characters of TeX; a longer formula in a line of text may need to scroll on a phone."""


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page and where a link to it goes."""

    level: int
    text: str
    anchor: str


class Writer:
    """Turns the Markdown of one page into HTML; anchors are unique on the page."""

    def __init__(self, link: Callable[[str], str] = lambda target: target) -> None:
        """`link` says where a link of the text goes on the site."""
        self.headings: list[Heading] = []
        self._link = link
        self._markdown = MarkdownIt("commonmark", {"html": True, "highlight": _code}).enable("table")
        self._markdown.use(dollarmath_plugin, double_inline=True, allow_blank_lines=False, renderer=mathml)
        self._markdown.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>\n')
        self._markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")

    def html(self, source: str) -> Markup:
        """A piece of the page as HTML."""
        tokens = self._markdown.parse(source)
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                self._anchor(token, tokens[number + 1])
            for child in token.children or ():
                if child.type == "link_open":
                    child.attrSet("href", self._link(str(child.attrGet("href"))))
        return Markup(self._markdown.renderer.render(tokens, self._markdown.options, {}))

    def _anchor(self, token: Token, inline: Token) -> None:
        text = " ".join(_words(child) for child in inline.children or ()).strip()
        text = re.sub(r"\s+([,.:;?!)])", r"\1", re.sub(r"\s+", " ", text))
        slug = re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
        taken = {heading.anchor for heading in self.headings}
        anchor = next(
            a for n in range(len(taken) + 1) if (a := f"{slug}-{n + 1}" if n else slug) not in taken
        )
        token.attrSet("id", anchor)
        self.headings.append(Heading(int(token.tag[1]), text, anchor))


def mathml(source: str, options: Any) -> str:
    """A formula as MathML. Raises `CourseError` for TeX that has no MathML here."""
    shown = "block" if options["display_mode"] else "inline"
    try:
        made = convert(source, display=shown)
    except Exception as error:  # the library lets through whatever its parser meets
        raise CourseError(f"The formula ${source}$ has no MathML.", advice="Write it more simply.") from error
    unknown = re.search(r"\\[A-Za-z]+", TAG.sub("", made))
    if unknown:
        raise CourseError(f"The formula ${source}$ uses {unknown[0]}, which has no MathML.")
    if shown == "block":
        return f'<div class="scroll" tabindex="0">{made}</div>'
    return f'<span class="long">{made}</span>' if len(source) > LONG else made


def plain(source: str) -> str:
    """What a piece of HTML says, in one line."""
    return re.sub(r"\s+", " ", html.unescape(TAG.sub(" ", source))).strip()


def _words(token: Token) -> str:
    return "" if token.type == "html_inline" else token.content


def _code(source: str, language: str, _attributes: str) -> str:
    """Coloured code; in a language nobody knows, or none, as it is."""
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    if lexer is None:
        return f'<pre class="code"><code>{html.escape(source)}</code></pre>'
    return "<pre" + str(highlight(source, lexer, HtmlFormatter(nowrap=True))).join(
        (' class="code"><code>', "</code></pre>")
    )
