"""A student in the real JupyterLab, in a real browser: write a function, run it, see the check pass, validate."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = pathlib.Path(__file__).resolve().parent.parent
LESSON = "02_vanishing_gradients"
PICTURES = ROOT / "artifacts"
SIGMOID = """def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def sigmoid_prime(z):
    return sigmoid(z) * (1.0 - sigmoid(z))"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab as `make lab` starts it, on a copy of what students get."""
    root = tmp_path_factory.mktemp("bundle")
    for name in ("notebooks", "coursekit", "datasets", "tools"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        )
    port, log = free_port(), root / "lab.log"
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "IPYTHONDIR": str(root / "ipython"),
    }
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, str(root / "tools" / "lab.py"), "--port", str(port)],
            stdout=output, stderr=output, env=environment, start_new_session=True,
        )  # fmt: skip
    try:
        yield address_of(log, port)
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def address_of(log: pathlib.Path, port: int) -> str:
    """The address with its token, once the server answers."""
    for _ in range(120):
        found = re.search(rf"http://127\.0\.0\.1:{port}/lab\?token=(\w+)", log.read_text())
        if found:
            urllib.request.urlopen(found[0], timeout=20).close()
            return found[0]
        time.sleep(0.5)
    raise AssertionError(log.read_text())


@pytest.fixture
def notebook(lab, browser_page):
    """The lesson's notebook, open and with a kernel."""
    page, trouble = browser_page
    token = lab.partition("token=")[2]
    page.goto(lab.partition("/lab?")[0] + f"/lab/tree/{LESSON}/{LESSON}.ipynb?token={token}&reset")
    page.locator(".jp-NotebookPanel-toolbar").wait_for(timeout=60_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    yield page
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "lab_student.png")
    assert [t for t in trouble if t.startswith("http")] == []


def cell(page, text: str):
    """The code cell that holds a text."""
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=text)).first


def write(page, text: str, source: str) -> None:
    """Replace a cell's source by typing, as a student does."""
    editor = cell(page, text).locator(".cm-content")
    editor.scroll_into_view_if_needed()
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def run(page, text: str) -> str:
    """Run the cell with a text by keyboard and return what it printed."""
    found = cell(page, text)
    found.scroll_into_view_if_needed()
    found.locator(".cm-content").click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    page.keyboard.press("Control+Enter")
    found.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=60_000)
    return (
        found.locator(".jp-OutputArea").all_inner_texts()[0]
        if found.locator(".jp-OutputArea").count()
        else ""
    )


def test_a_student_writes_a_function_and_sees_its_check_pass(notebook):
    assert "Ready: Python" in run(notebook, "check_environment()")
    run(notebook, "def sigmoid(z)")
    assert "NotImplementedError" in run(notebook, "np.allclose(sigmoid(z)")
    write(notebook, "def sigmoid(z)", SIGMOID)
    assert run(notebook, "e = np.exp(-np.abs(z))").strip() == ""
    assert "Error" not in run(notebook, "np.allclose(sigmoid(z)")


def test_a_wrong_function_is_told_the_likely_cause(notebook):
    run(notebook, "check_environment()")
    write(notebook, "def sigmoid(z)", SIGMOID.replace("1.0, e", "e, 1.0"))
    run(notebook, "np.where(z >= 0, e, 1.0)")
    assert "sign" in run(notebook, "np.allclose(sigmoid(z)")


def test_locked_cells_cannot_be_edited(notebook):
    editor = cell(notebook, "np.allclose(sigmoid(z)").locator(".cm-content")
    assert (
        editor.get_attribute("contenteditable") == "false" or editor.get_attribute("aria-readonly") == "true"
    )


def test_students_see_validate_but_none_of_the_instructors_tools(notebook):
    assert notebook.get_by_role("button", name="Validate").count() == 1
    notebook.get_by_role("menuitem", name="Nbgrader").click()
    menu = notebook.locator(".lm-Menu-content").inner_text()
    assert "Formgrader" not in menu and "Create" not in menu


def test_validate_names_the_cells_that_fail(notebook):
    notebook.get_by_role("button", name="Validate").click()
    dialog = notebook.locator(".jp-Dialog")
    dialog.wait_for(timeout=180_000)
    if "save" in dialog.inner_text().lower():
        dialog.get_by_role("button").last.click()
    notebook.locator(".jp-Dialog", has_text="fail").wait_for(timeout=180_000)


def test_no_news_is_asked_for(notebook):
    assert notebook.get_by_text("Would you like to").count() == 0
