"""Markdown cells as HTML for nbgrader's own pages (Formgrader and its feedback): formulas as MathML, and nothing a
student wrote runs in the reader's browser or makes it call another machine."""

from __future__ import annotations

import html
import pathlib
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograde.pages.formulas import mathml

TEMPLATES = str(pathlib.Path(__file__).parent / "nbgrader")
"""Templates that come before nbgrader's of the same name."""
OURS = ("prose", "setup", "test", "experiment")
"""Kinds of cells whose text is the master's; of all others it is a student's."""
INSIDE = ("data:image/png", "data:image/jpeg", "data:image/gif")


class CellRenderer(IPythonRenderer):  # type: ignore[misc]
    """nbconvert's renderer, with formulas as MathML."""

    def inline_math(self, body: str) -> str:
        """A formula within a line."""
        return mathml(body)

    def block_math(self, body: str) -> str:
        """A formula on its own."""
        return mathml(body.strip(), "block")

    def latex_environment(self, name: str, body: str) -> str:
        r"""`\begin{align} … \end{align}` outside of dollars."""
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


class StudentRenderer(CellRenderer):
    """HTML is shown as text, and a picture only if it lies in the file itself."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture, or what stands in its place."""
        if url.startswith("attachment:") and url.removeprefix("attachment:") not in self.attachments:
            return f"<em>[picture: {html.escape(text)}, not in the file]</em>"
        if not url.startswith(("attachment:", *INSIDE)):
            return f"<em>[picture: {html.escape(text)}, at {html.escape(url)}]</em>"
        return str(super().image(text, url, title))


def render_cell(source: str, theirs: bool, attachments: dict[str, Any] | None = None) -> str:
    """A Markdown cell as HTML; `theirs`: a student wrote it."""
    kind = StudentRenderer if theirs else CellRenderer
    options = {"anchor_link_text": "", "exclude_anchor_links": True}
    renderer = kind(
        escape=theirs, allow_harmful_protocols=not theirs, attachments=attachments or {}, **options
    )
    return MarkdownWithMath(renderer=renderer).render(source)


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """The filter of that name in nbconvert's templates. A comment of the instructor's has no cell."""
    cell = context.get("cell") or {}
    kind = cell.get("metadata", {}).get("autograde", {}).get("kind")
    return render_cell(source, bool(cell) and kind not in OURS, cell.get("attachments"))
