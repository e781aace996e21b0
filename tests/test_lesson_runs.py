"""Every solved lesson runs from top to bottom in a fresh kernel: no error, no warning, nothing on stderr."""

import pathlib
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


def test_there_are_lessons():
    assert MASTERS


@pytest.mark.slow
@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
def test_solved_lesson_runs_without_error_or_warning(master, monkeypatch):
    outputs = run(jupytext.read(master), monkeypatch, master.parent)
    assert complaints(outputs) == []
    assert any("image/png" in output.get("data", {}) for output in outputs)


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
