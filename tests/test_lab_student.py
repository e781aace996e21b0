"""A student in the real JupyterLab, in a real browser: write a function, run it, see the check pass, validate."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from student_lab import IDLE, PICTURES, address_to, cell, students_lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LESSON = "02_vanishing_gradients"
SIGMOID = """def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def sigmoid_prime(z):
    return sigmoid(z) * (1.0 - sigmoid(z))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab as `make lab` starts it."""
    with students_lab(tmp_path_factory.mktemp("bundle")) as address:
        yield address


@pytest.fixture
def notebook(lab, browser_page):
    """The lesson's notebook, open and with a kernel."""
    page, trouble = browser_page
    page.goto(address_to(lab, f"{LESSON}/{LESSON}.ipynb"))
    page.locator(".jp-NotebookPanel-toolbar").wait_for(timeout=60_000)
    page.locator(IDLE).wait_for(timeout=60_000)
    yield page
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "lab_student.png")
    assert [t for t in trouble if t.startswith("http")] == []


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
    page.locator(IDLE).wait_for(timeout=60_000)
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
