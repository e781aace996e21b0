"""Any bytes → a notebook, or a sentence saying why not."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograde.errors import CourseError

MAX_BYTES = 50 * 2**20
ADVICE = "Open it in JupyterLab, save it (File → Save Notebook) and hand in that .ipynb file."


class Unreadable(CourseError):
    """A submission that holds no notebook of this lesson."""


def read_notebook(data: bytes, name: str) -> tuple[NotebookNode, list[str]]:
    """The notebook in `data`, cleaned of everything malformed, and what was repaired in words.

    Raises `Unreadable`, and nothing else, for whatever is not a notebook.
    """
    repairs: list[str] = []
    raw = _json(_text(data, name, repairs), name)
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise Unreadable(f"{name} is JSON, but not a Jupyter notebook.", advice=ADVICE)
    if raw.get("nbformat", 4) in (1, 2, 3):
        raw = _upgraded(raw, name, repairs)
    if not isinstance(raw.get("cells"), list):
        raise Unreadable(f"{name} is JSON, but not a Jupyter notebook.", advice=ADVICE)
    cells = [_cell(cell) for cell in raw["cells"]]
    if None in cells:
        repairs.append(f"{cells.count(None)} damaged cells were left out.")
    kept = [cell for cell in cells if cell is not None]
    notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=kept)
    return notebook, repairs


def _text(data: bytes, name: str, repairs: list[str]) -> str:
    if not data.strip():
        raise Unreadable(f"{name} is empty.", advice=ADVICE)
    if len(data) > MAX_BYTES:
        size = len(data) / 2**20
        advice = "Clear the outputs (Edit → Clear Outputs of All Cells), save and hand in again."
        raise Unreadable(f"{name} is {size:.0f} MB; {MAX_BYTES // 2**20} MB is the most.", advice=advice)
    for encoding in ("utf-8-sig", "utf-16"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-16" and "{" not in text:
            break
        if encoding != "utf-8-sig" or data.startswith(b"\xef\xbb\xbf"):
            repairs.append(f"The file was saved as {encoding}; it was read as such.")
        return text
    raise Unreadable(f"{name} is not text in UTF-8.", advice=ADVICE)


def _json(text: str, name: str) -> Any:
    try:
        value = json.loads(text)
        if "\\ud" in text.lower():  # maybe half a surrogate pair, which nobody can write to a file
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        return value
    except RecursionError:
        raise Unreadable(f"{name} is nested too deeply to be a notebook.", advice=ADVICE) from None
    except ValueError as error:
        raise Unreadable(f"{name} is not a notebook: it is not JSON ({error}).", advice=ADVICE) from None


def _upgraded(raw: dict[str, Any], name: str, repairs: list[str]) -> dict[str, Any]:
    version = raw["nbformat"]
    try:
        new = dict(nbformat.convert(nbformat.from_dict(raw), 4))
    except Exception:
        raise Unreadable(
            f"{name} is in the old notebook format {version} and damaged.", advice=ADVICE
        ) from None
    repairs.append(f"The notebook was in the old format {version}; it was converted.")
    return new


def _cell(raw: Any) -> NotebookNode | None:
    """A cell with a text source, a dict of metadata and a list of outputs, or None if it is beyond repair."""
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return None
    kind = raw.get("cell_type")
    metadata = raw.get("metadata")
    outputs = raw.get("outputs")
    return NotebookNode(
        id=raw["id"] if isinstance(raw.get("id"), str) else "",
        cell_type=kind if kind in ("code", "markdown", "raw") else "code",
        source=source.replace("\r\n", "\n"),
        metadata=metadata if isinstance(metadata, dict) else {},
        outputs=outputs if isinstance(outputs, list) else [],
        attachments=raw["attachments"] if isinstance(raw.get("attachments"), dict) else {},
    )
