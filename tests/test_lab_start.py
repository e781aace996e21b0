"""A student's first evening in the real JupyterLab with the keyboard alone: start page, first exercise, hand-in."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from student_lab import IDLE, PICTURES, address_to, cell, students_lab

from autograde.report.tries import tries_of
from coursekit.lessons import lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LESSON = lessons()[0]
FIRST = LESSON.exercises[0]
SOFTMAX = [
    "def softmax(logits):",
    "e = np.exp(logits - logits.max(axis=1, keepdims=True))",
    "return e / e.sum(axis=1, keepdims=True)",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> pathlib.Path:
    """The student's copy of the course. Only the first evening solves anything in it."""
    return tmp_path_factory.mktemp("bundle")


@pytest.fixture(scope="module")
def lab(root) -> Iterator[str]:
    """The address that `make lab` prints."""
    with students_lab(root) as address:
        yield address


@pytest.fixture
def page(browser_page) -> Iterator:
    """A page on which nothing may go wrong: no console error, no request off the machine."""
    page, trouble = browser_page
    page.set_default_timeout(120_000)
    yield page
    picture(page, "lab_start_last")
    assert trouble == []


def start_page(page, address: str):
    """Open an address that shows the start page."""
    page.goto(address)
    shown = page.locator(".jp-MarkdownViewer")
    shown.get_by_role("heading", name="Training deep neural networks").wait_for()
    return shown


def picture(page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def tab_to_link(page, name: str) -> None:
    """Move the focus with the Tab key until it is on a link."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName + document.activeElement.textContent") == f"A{name}":
            return
    raise AssertionError(f"The link {name} cannot be reached with the Tab key.")


def down_to(page, text: str):
    """Move down in command mode until the active cell holds a text."""
    for _ in range(120):
        active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        if text in active.inner_text():
            return active
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"No cell with {text} below.")


def with_kernel(page) -> None:
    """Wait until the notebook's kernel answers."""
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def to_the_last_cell(page) -> None:
    """Select down to the end, then step up and down, which leaves only the last cell selected."""
    for key in ("Shift+End", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)


def run_by_keyboard(page, text: str, keys: str = "Shift+Enter") -> str:
    """Go down to a cell, run it, and return what stands under it; with Shift the cell below becomes active."""
    down_to(page, text)
    page.keyboard.press(keys)
    found = cell(page, text)
    found.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for()
    page.locator(IDLE).wait_for()
    return "\n".join(found.locator(".jp-OutputArea-output").all_inner_texts())


def test_a_first_evening_with_the_keyboard_alone(lab, root, page):
    shown = start_page(page, lab)
    assert all(shown.get_by_role("link", name=lesson.title).count() for lesson in lessons())
    assert "0 of 11" in shown.inner_text() and page.get_by_text("Would you like to").count() == 0
    picture(page, "start_page")

    tab_to_link(page, LESSON.title)
    page.keyboard.press("Enter")
    with_kernel(page)
    assert "Progress in this lesson: 0 of 11" in run_by_keyboard(page, "check_environment()")

    down_to(page, "def softmax(logits)")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    for line in SOFTMAX:
        page.keyboard.type(line)
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    run_by_keyboard(page, "def softmax(logits)")
    assert "1 of 11 checks of this lesson pass" in run_by_keyboard(page, "softmax(np.")
    progress = page.locator(".course-progress")
    assert "1 of 11" in progress.inner_text() and progress.get_by_role("progressbar").count() == 1
    picture(page, "lesson_check_passed")
    progress.scroll_into_view_if_needed()
    picture(page, "lesson_progress")

    page.keyboard.press("Control+S")
    page.locator(".jp-mod-dirty").first.wait_for(state="detached")
    to_the_last_cell(page)
    said = run_by_keyboard(page, "hand_in()", "Control+Enter")
    assert "1 of 11 exercises (1 of 11 checks pass)" in said
    cell(page, "hand_in()").locator(".jp-OutputArea").scroll_into_view_if_needed()
    picture(page, "hand_in")
    handed = root / "notebooks" / "hand_in" / f"{LESSON.lesson}.ipynb"
    assert "logits.max(axis=1" in handed.read_text()
    assert tries_of(handed.read_bytes()) == {"softmax": 1}

    shown = start_page(page, address_to(lab, "START.md"))
    assert "1 of 11" in shown.inner_text() and "Go on here" in shown.inner_text()
    picture(page, "start_page_later")
    terminal = [sys.executable, "-m", "coursekit.progress"]
    listed = subprocess.run(terminal, cwd=root, capture_output=True, text=True, env={"PYTHONPATH": str(root)})
    assert " 1 of 11" in listed.stdout


def test_the_check_cell_is_locked_against_the_keyboard(lab, root, page):
    page.goto(address_to(lab, f"{LESSON.lesson}/{LESSON.lesson}.ipynb"))
    with_kernel(page)
    found = cell(page, "softmax(np.")
    before = found.locator(".cm-content").inner_text()
    found.locator(".jp-InputPrompt").click()
    page.keyboard.press("Enter")
    page.keyboard.type("assert True")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert cell(page, "softmax(np.").locator(".cm-content").inner_text() == before


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_start_page_is_readable_at_200_percent_in_both_themes(lab, root, page, theme):
    settings = root / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    chosen = {"adaptive-theme": False, "theme": theme}
    (settings / "themes.jupyterlab-settings").write_text(json.dumps(chosen))
    half = {"width": 640, "height": 500}  # what a browser of 1280 × 1000 has left at 200 % zoom
    page.set_viewport_size(half)
    shown = start_page(page, address_to(lab, "START.md"))
    page.keyboard.press("Control+B")  # the list of files makes room
    page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
    page.wait_for_timeout(1000)
    picture(page, f"start_page_200_{theme.split()[-1].lower()}")
    wide = shown.locator(".jp-RenderedMarkdown").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1, f"The page is {wide} pixels wider than the window."
