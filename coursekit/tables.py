"""Small tables in a notebook: HTML where there is a browser, aligned text everywhere else."""

from __future__ import annotations

import html
from collections.abc import Sequence

from IPython.display import display


def show(header: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> None:
    """Display `rows` under `header`; a float is shown with four significant digits."""
    cells = [[_text(value) for value in row] for row in rows]
    display(
        {"text/html": _as_html(header, cells, caption), "text/plain": _as_text(header, cells, caption)},
        raw=True,
    )


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _as_html(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    head = "".join(f"<th scope='col' style='text-align:left'>{html.escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    title = (
        f"<caption style='text-align:left;white-space:nowrap'>{html.escape(caption)}</caption>"
        if caption
        else ""
    )
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _as_text(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    lines = [list(header), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([caption, *text] if caption else text)
