"""An aligned submission as a clean notebook, fit to be shown to the people who read it."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, v4

from autograde.ingest.align import Aligned, AlignedCell

MAX_IMAGE, MAX_TEXT, MAX_OUTPUTS = 2 * 2**20, 10_000, 40


def to_notebook(aligned: Aligned, instructor: NotebookNode) -> NotebookNode:
    """The instructor's metadata and test cells, the student's text, and of the outputs pictures and plain text.

    HTML, SVG, scripts and widgets of a stranger are never kept: Formgrader would run them.
    """
    truth = {str(c.metadata["autograde"]["key"]): c for c in instructor.cells}
    notebook = v4.new_notebook(metadata=copy.deepcopy(instructor.metadata))
    notebook.cells = [_cell(i, cell, truth.get(cell.key)) for i, cell in enumerate(aligned.cells)]
    return notebook


def _cell(position: int, cell: AlignedCell, truth: NotebookNode | None) -> NotebookNode:
    # Built by hand: nbformat's constructors hold every cell against a schema, which takes longer than all the rest.
    made = NotebookNode(
        cell_type="code" if cell.is_code else "markdown",
        id=truth.id if truth is not None else f"added-{position}",
        metadata=copy.deepcopy(truth.metadata) if truth is not None else NotebookNode(),
        source=cell.source,
    )
    if cell.is_code:
        made.execution_count = None
        made.outputs = [o for o in map(_output, cell.outputs[:MAX_OUTPUTS]) if o is not None]
    elif pictures := _attachments(cell.attachments):
        made.attachments = pictures
    return made


def as_text(notebook: NotebookNode) -> str:
    """The notebook as JSON on one line: indenting would take ten times as long."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n"


def _attachments(raw: Mapping[str, Any]) -> NotebookNode:
    """The pictures pasted into a written answer."""
    pasted = {name: _images(data) for name, data in list(raw.items())[:MAX_OUTPUTS] if isinstance(data, dict)}
    return NotebookNode({name: data for name, data in pasted.items() if data})


def _images(data: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: data[kind] for kind in ("image/png", "image/jpeg") if _is_image(data.get(kind))}


def _output(raw: Any) -> NotebookNode | None:
    """A picture or plain text, or nothing."""
    if not isinstance(raw, dict):
        return None
    if raw.get("output_type") == "stream":
        return NotebookNode(output_type="stream", name="stdout", text=_text(raw.get("text")))
    data = raw.get("data")
    if not isinstance(data, dict):
        return None
    kept = _images(data)
    if not kept and data.get("text/plain"):
        kept = {"text/plain": _text(data["text/plain"])}
    if not kept:
        return None
    return NotebookNode(output_type="display_data", data=NotebookNode(kept), metadata=NotebookNode())


def _is_image(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_IMAGE:
        return False
    try:
        return bool(base64.b64decode(value.replace("\n", ""), validate=True))
    except ValueError:
        return False


def _text(value: Any) -> str:
    text = "".join(p for p in value if isinstance(p, str)) if isinstance(value, list) else str(value or "")
    return text[:MAX_TEXT]
