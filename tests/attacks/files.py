"""Attacks by the file itself."""

from __future__ import annotations

import base64
import copy
import io
import json
import zipfile
from collections.abc import Callable

from nbformat import NotebookNode, v4

Make = Callable[[NotebookNode], bytes]
FILES: dict[str, Make] = {}


def file(make: Make) -> Make:
    """Declare a file; what it is made from is the solved notebook."""
    FILES[make.__name__] = make
    return make


def _with(notebook: NotebookNode, *cells: NotebookNode) -> bytes:
    changed = copy.deepcopy(notebook)
    changed.cells[3:3] = cells
    return json.dumps(changed).encode()


@file
def fifty_megabytes_of_output(notebook: NotebookNode) -> bytes:
    cell = v4.new_code_cell("1", outputs=[v4.new_output("stream", text="x" * (50 << 20))])
    return _with(notebook, cell)


@file
def forty_megabytes_of_output(notebook: NotebookNode) -> bytes:
    cell = v4.new_code_cell("1", outputs=[v4.new_output("stream", text="x" * (40 << 20))])
    return _with(notebook, cell)


@file
def zip_bomb_in_an_attachment(notebook: NotebookNode) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"{n}", bytes(10 << 20))
    text = base64.b64encode(inner.getvalue()).decode()
    cell = v4.new_markdown_cell("![x](attachment:x.png)")
    cell["attachments"] = {"x.png": {"image/png": text, "application/zip": text}}
    return _with(notebook, cell)


@file
def a_million_lines(notebook: NotebookNode) -> bytes:
    return _with(notebook, v4.new_code_cell("x = 1\n" * 10**6))


@file
def ten_thousand_cells(notebook: NotebookNode) -> bytes:
    return _with(notebook, *(v4.new_markdown_cell("x") for _ in range(10**4)))


@file
def nested_json(notebook: NotebookNode) -> bytes:
    return b'{"cells": ' + b"[" * 10**6


@file
def deeply_nested_code(notebook: NotebookNode) -> bytes:
    return _with(notebook, v4.new_code_cell("(" * 10**5 + ")" * 10**5), v4.new_code_cell("-" * 10**5 + "1"))
