"""Every knob of every lesson in the real JupyterLab: turned from the keyboard, it redraws its figure."""

from __future__ import annotations

import pathlib
import re
import shutil
import time
from collections.abc import Iterator

import nbformat
import pytest
from slicing import widget_cells
from student_lab import IDLE, PICTURES, ROOT, address_to, lab_on

from autograde.master import read_master

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MASTERS = {path.stem: read_master(path) for path in sorted(ROOT.glob("solutions/*/*.py"))}
PLAYS = {name: sum(c.source.count("knobs.play(") for c in m.cells) for name, m in MASTERS.items()}
ERROR = "[data-mime-type='application/vnd.jupyter.error']"
PATIENCE = 30  # seconds until a knob must have redrawn: a busy machine is no fault of the lesson
TIMED = """%matplotlib inline
import time
from coursekit import widgets
captured, costs = widgets.captured, {}
def timed(draw, **values):
    start = time.process_time()
    shown = captured(draw, **values)
    costs.setdefault(draw.__name__, []).append(time.process_time() - start)
    return shown
widgets.captured = timed"""
COSTS = "for name, each in costs.items(): print(f'{name}: {max(each[1:]):.2f} s')"


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a students' JupyterLab on the solutions and widgets of each lesson."""
    root = tmp_path_factory.mktemp("widgets")
    for name in ("coursekit", "datasets", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for lesson in MASTERS:
        write_notebook(lesson, root / "notebooks" / lesson)
    with lab_on(root) as address:
        yield address


def write_notebook(lesson: str, folder: pathlib.Path) -> None:
    """Write the part of a solved lesson that its widgets need, between a stopwatch and its reading."""
    sources = [TIMED, *(source for _, source in widget_cells(MASTERS[lesson].cells)), COSTS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{lesson}.ipynb")


def open_and_run(page, lab: str, lesson: str) -> None:
    """Open a lesson's notebook, run all of its cells and wait for the last one, or for an error."""
    page.goto(address_to(lab, f"{lesson}/{lesson}.ipynb"))
    page.locator(IDLE).wait_for(timeout=60_000)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    for _ in range(6):  # while the kernel is not connected yet, a dialog asks to try again
        if page.locator(".jp-Dialog").count():
            page.keyboard.press("Escape")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator(".lm-Menu-item", has_text=re.compile("^Run All Cells$")).click()
        time.sleep(5)
        if prompts.filter(has_text=re.compile(r"\[(\*|\d+)\]")).count():
            break
    done = page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]"))
    done.or_(page.locator(ERROR)).first.wait_for(timeout=400_000)


def drawing(widget) -> list[str]:
    """What a widget shows under its knobs: its pictures and its text."""
    area = widget.locator(".widget-output, .jupyter-widgets-output-area").first
    return [area.inner_text(), *area.locator("img").evaluate_all("all => all.map(each => each.src)")]


def turn(page, widget, knob) -> list[str]:
    """Move a knob with the arrow keys until the drawing changes, which it then returns.

    Two steps at most: another knob may bound this one, as lesson 5's reused layers bound the frozen ones.
    """
    before = drawing(widget)
    at_end = knob.get_attribute("aria-valuenow") == knob.get_attribute("aria-valuemax")
    for _ in range(2):
        knob.scroll_into_view_if_needed()
        knob.focus()
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
        for _ in range(PATIENCE * 10):
            now = drawing(widget)
            if now != before and len(now) > 1:
                return now
            time.sleep(0.1)
    raise AssertionError(f"the drawing did not change, it shows {before[0] or 'no text'}")


@pytest.mark.parametrize("lesson", MASTERS)
def test_every_knob_redraws_its_figure_and_nothing_goes_wrong(lesson, lab, browser_page, capsys):
    page, trouble = browser_page
    open_and_run(page, lab, lesson)
    widgets = page.locator(".jp-CodeCell", has=page.locator(".widget-slider"))
    assert page.locator(ERROR).all_inner_texts() == []
    assert widgets.count() == PLAYS[lesson]
    PICTURES.mkdir(exist_ok=True)
    for number in range(PLAYS[lesson]):
        widget = widgets.nth(number)
        knobs = widget.locator("[role=slider]")
        for index in range(knobs.count()):
            assert "Error" not in turn(page, widget, knobs.nth(index))[0]
        widget.screenshot(path=PICTURES / f"widget_{lesson[:2]}_{number + 1}.png")
    assert trouble == []
    with capsys.disabled():
        print(f"\n{lesson}: CPU seconds of the slowest redraw:", read_costs(page))


def read_costs(page) -> str:
    """Run the last cell again and return what the stopwatch in the kernel says."""
    last = page.locator(".jp-CodeCell").last
    last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.locator(IDLE).wait_for(timeout=60_000)
    time.sleep(0.5)
    return ", ".join(last.locator(".jp-OutputArea").first.inner_text().split("\n")).strip(" ,")
