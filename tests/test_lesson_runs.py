"""Every solved lesson runs from top to bottom in a fresh kernel: no error, no warning, nothing on stderr.

An untouched one raises nothing but what tells a student to write something."""

import html
import pathlib
import re
import shutil
import sys

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parent.parent
MASTERS = sorted(ROOT.glob("solutions/*/*.py"))
STRICT = """
import warnings
warnings.simplefilter("error")
warnings.simplefilter("ignore", PendingDeprecationWarning)  # ipykernel, when it shuts down
"""
TELLS = re.compile(r"^(Write|Fill in) .+\.$|Run the cell under “.+” first")
WIDGETS = "application/vnd.jupyter.widget-state+json"


def run(notebook, monkeypatch, folder):
    """Execute `notebook` in this Python's kernel, in `folder`, and return every output of cells and widgets."""
    monkeypatch.setenv("PATH", str(pathlib.Path(sys.executable).parent), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    models = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {}).values()
    return outputs + [output for model in models for output in model["state"].get("outputs", [])]


def complaints(outputs):
    """Return the errors and the text on stderr among `outputs`."""
    errors = [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]
    return errors + [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"]


def wordless(outputs):
    """Return the pictures among `outputs` that say nothing to a reader who cannot see them."""
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    alts = [
        (o["metadata"].get("image/png", {}).get("alt", ""), o["data"].get("text/html", "")) for o in pictures
    ]
    return [alt for alt, tag in alts if len(alt) < 20 or f'alt="{html.escape(alt)}"' not in tag]


def test_there_are_lessons():
    assert MASTERS


@pytest.mark.slow
@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
def test_solved_lesson_runs_without_error_or_warning(master, monkeypatch):
    outputs = run(jupytext.read(master), monkeypatch, master.parent)
    assert complaints(outputs) == []
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert wordless(outputs) == []


@pytest.mark.slow
@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
def test_an_untouched_lesson_only_asks_for_what_is_to_be_written(master, monkeypatch, tmp_path):
    folder = shutil.copytree(ROOT / "notebooks" / master.stem, tmp_path / "notebooks" / master.stem)
    notebook = nbformat.read(folder / f"{master.stem}.ipynb", as_version=4)
    outputs = run(notebook, monkeypatch, folder)
    raised = {(o["ename"], o["evalue"]) for o in outputs if o["output_type"] == "error"}
    assert {name for name, _ in raised} == {"NotImplementedError"}
    assert [words for _, words in raised if not TELLS.search(words)] == []
    assert [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"] == []


def test_a_picture_without_words_is_noticed():
    tag = '<img src="x" alt="A curve that falls and rises again.">'
    bare = {"data": {"image/png": "x"}, "metadata": {}}
    described = {
        "data": {"image/png": "x", "text/html": tag},
        "metadata": {"image/png": {"alt": "A curve that falls and rises again."}},
    }
    assert wordless([bare, described]) == [""]


@pytest.mark.slow
@pytest.mark.parametrize(
    "source, expected",
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import numpy as np; np.log(0.0)", "RuntimeWarning"),
        ("import sys; print('oops', file=sys.stderr)", "oops"),
        (
            "from coursekit import widgets as w\nw.play(lambda n: 1 / n, n=w.slider('n', 0, 3, 0, 1))",
            "ZeroDivisionError",
        ),
    ],
)
def test_a_broken_cell_is_noticed(source, expected, monkeypatch, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    assert expected in "".join(complaints(run(notebook, monkeypatch, tmp_path)))
