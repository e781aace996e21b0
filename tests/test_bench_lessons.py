"""The lessons' benchmark: what it measures of a notebook, and when it calls a lesson too slow."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import pytest

from autograde.course import Course
from benchmarks import lessons, redraws
from benchmarks.lessons import Cell, Timing
from benchmarks.redraws import Redraw

CELLS = {
    "imports": "import time\nfrom coursekit import figures as fig\nfrom coursekit.progress import track",
    "sleep": "time.sleep(0.3)",
    "work": "for _ in track(range(2), 'working'):\n    end = time.process_time() + 0.15\n"
    "    while time.process_time() < end:\n        pass",
    "first-figure": "%matplotlib inline\nfig.show(fig.new()[0], 'An empty figure.')",
    "widget": "from coursekit import widgets as knobs\n\n\ndef draw(n, kind):\n"
    "    end = time.process_time() + 0.1 * n * (kind == 'slow')\n    while time.process_time() < end:\n        pass\n\n\n"
    "knobs.play(draw, n=knobs.slider('n', 0, 3, 1, 1), kind=knobs.choice('kind', ['quick', 'slow', 'none']))",
}


def timing(*cells):
    return Timing("lesson", tuple(cells), 0, len(cells) - 1)


def cell(key, wall, cpu=0.0, bar=False):
    return Cell(key, wall, cpu, bar, figure=False)


def knob(**traits):
    return SimpleNamespace(**traits)


@pytest.mark.slow
def test_a_notebook_is_measured_cell_by_cell(tmp_path):
    folder = tmp_path / "solutions" / "tiny"
    folder.mkdir(parents=True)
    cells = [nbformat.v4.new_code_cell(source, id=key) for key, source in CELLS.items()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "tiny.ipynb")
    measured = lessons.measure(Course(tmp_path), "tiny")
    by_key = {cell.key: cell for cell in measured.cells}
    assert list(by_key) == ["imports", "sleep", "work", "first_figure", "widget"]
    assert by_key["sleep"].wall > 0.3 > 0.1 > by_key["sleep"].cpu
    assert by_key["work"].cpu > 0.29
    assert [key for key, cell in by_key.items() if cell.bar] == ["work"]
    assert [key for key, cell in by_key.items() if cell.figure] == ["first_figure"]
    assert measured.until_figure("wall") == pytest.approx(sum(c.wall for c in measured.cells[1:4]))
    (redraw,) = measured.redraws
    assert (redraw.widget, redraw.knobs, redraw.failed) == ("draw", "n=1, kind=slow", "")
    assert redraw.cpu == pytest.approx(0.1, abs=0.05)


def test_a_widget_is_timed_at_the_ends_of_its_knobs_at_every_choice_and_where_it_starts():
    seen = []
    knobs = {"n": knob(value=2, min=0, max=5), "kind": knob(value="b", options=("a", "b", "c"))}
    redraws.slowest_redraw(lambda n, kind: seen.append((n, kind)), **knobs)
    assert set(seen) == {(n, kind) for n in (0, 5) for kind in "ac"} | {(2, kind) for kind in "abc"}


def test_a_widget_that_fails_at_one_setting_is_named():
    def draw(n):
        return 1 / n

    failed = Redraw(**redraws.slowest_redraw(draw, n=knob(value=2, min=0, max=5)))
    said = Timing("lesson", (), 0, 0, (failed,)).over_budget("cpu")
    assert said == ["draw fails in a redraw: ZeroDivisionError: division by zero"]


def test_a_redraw_may_take_half_a_second():
    slow, quick = Redraw("draw_a", 0.9, 0.6, "n=3"), Redraw("draw_b", 0.4, 0.4, "n=1")
    said = Timing("lesson", (), 0, 0, (slow, quick)).over_budget("wall")
    assert said == ["draw_a takes 0.90 s to redraw at n=3 (at most 0.5)."]


def test_every_widget_of_the_lessons_is_timed(course):
    for lesson in course.lessons():
        source = course.master_path(lesson).read_text()
        assert len(redraws.cells([source])) == 1 + source.count("knobs.play(") > 3


def test_a_quick_lesson_is_within_its_budget():
    assert (
        timing(cell("imports", 4.0, bar=True), cell("long", 1.9), cell("figure", 1.0)).over_budget("wall")
        == []
    )


def test_a_long_cell_needs_a_bar_and_may_not_take_ten_seconds():
    said = timing(
        cell("quiet", 2.5), cell("shown", 2.5, bar=True), cell("endless", 11.0, bar=True)
    ).over_budget("wall")
    assert said[:2] == ["endless takes 11 s (at most 10).", "quiet takes 2.5 s and shows no progress bar."]


def test_the_whole_lesson_and_the_first_figure_have_a_limit_each():
    said = timing(*(cell(f"c{i}", 1.9) for i in range(40))).over_budget("wall")
    assert said == ["The lesson takes 76 s (at most 60).", "The first figure comes after 74.1 s (at most 5)."]


def test_a_busy_machine_is_judged_by_processor_seconds():
    assert timing(cell("waited", 30.0, cpu=1.0)).over_budget("cpu") == []
