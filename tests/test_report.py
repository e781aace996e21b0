"""The class report: item analysis, misconceptions, what needs a person, similar submissions."""

from __future__ import annotations

import json
import re

import pytest

from autograde.model import ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict
from autograde.record.marks import read_class
from autograde.report import write_report
from autograde.report.attention import notes
from autograde.report.items import items, mistakes
from autograde.report.similar import runs_of, similar
from autograde.report.tries import MIME, tries_of


def verdict(student: str, *scores: float, mistake: str | None = None) -> SubmissionVerdict:
    """A submission with exercises of 4 points each."""
    exercises = tuple(
        ExerciseVerdict(
            f"e{i}", Status.PASSED if s == 4 else Status.FAILED, s, 4.0, "message", mistake if s < 4 else None
        )
        for i, s in enumerate(scores)
    )
    return SubmissionVerdict(
        student, "l", SubmissionStatus.GRADED, sum(scores), 4.0 * len(scores), 1.0, exercises=exercises
    )


def notebook(counts) -> bytes:
    """A notebook with a progress that was saved twice; the later one counts."""
    outputs = [{"output_type": "display_data", "data": {MIME: c}} for c in ({"e0": 99}, counts)]
    return json.dumps({"cells": [{"outputs": outputs}, {"source": "text"}]}).encode()


CLASS = [
    verdict("a", 4, 4, 4),
    verdict("b", 4, 4, 0),
    verdict("c", 4, 0, 0, mistake="m"),
    verdict("d", 0, 0, 4),
]


def test_difficulty_is_the_mean_share_of_the_points():
    assert [item.difficulty for item in items(CLASS)] == [0.75, 0.5, 0.5]


def test_discrimination_is_the_correlation_with_the_rest_and_tells_strong_from_weak():
    _, telling, odd = (item.discrimination for item in items(CLASS))
    assert telling is not None and odd is not None and telling > 0.5 > odd


def test_an_item_that_does_not_vary_has_no_discrimination():
    assert items([verdict("a", 4, 4), verdict("b", 4, 0), verdict("c", 4, 0)])[0].discrimination is None


def test_tries_are_the_median_of_those_who_told_theirs():
    told = [notebook({"e0": 1}), notebook({"e0": 4, "e1": 2}), notebook({"e0": 9}), notebook({})]
    found = items(CLASS, [tries_of(data) for data in told])
    assert [item.tries for item in found] == [4, 2, None]


@pytest.mark.parametrize("counts", [{"e0": -1}, {"e0": "7"}, {"e0": True}, {"e0": 10**9}, ["e0"], None])
def test_counts_that_are_none_are_left_out(counts):
    assert tries_of(notebook(counts)) == {}


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b'{"cells": [{"outputs": [{"data": 3}]}]}', b"\xff"]
)
def test_what_is_no_notebook_tells_no_tries(data):
    assert tries_of(data) == {}


def test_a_grader_fault_does_not_count_for_difficulty():
    fault = ExerciseVerdict("e0", Status.GRADER_FAULT, 4.0, 4.0, "message")
    broken = SubmissionVerdict("z", "l", SubmissionStatus.GRADER_FAULT, 4, 4, 1.0, exercises=(fault,))
    [item] = items([verdict("a", 0.0), broken])
    assert (item.difficulty, item.counts["faults"]) == (0.0, 1)


def test_misconceptions_are_ranked_with_the_students_who_have_them():
    found = mistakes([*CLASS, verdict("e", 4, 4, 0, mistake="m")])
    assert [(m.exercise, m.students) for m in found] == [("e2", ("c", "e")), ("e1", ("c",))]


COPY = "def f(z):\n    {a} = np.exp(-np.abs(z)) + 3\n    return np.where(z >= 0, 1.0, {a}) / (1.0 + {a}) * 7 - z\n"
OTHERS = [
    "def f(z):\n    return 0.5 * (1 + np.tanh(0.5 * z)) + {}\n".format("1 + " * i + "2") for i in range(4)
]


def test_a_copy_with_other_names_and_comments_is_found():
    students = {f"s{i}": {"e": source} for i, source in enumerate(OTHERS)}
    students |= {"x": {"e": COPY.format(a="e")}, "y": {"e": "# mine\n" + COPY.format(a="thing")}}
    best = similar(students, {"e": "def f(z):\n    raise NotImplementedError"})[0]
    assert (best.one, best.other, best.exercises) == ("x", "y", ("e",))
    assert best.share > 0.9


def test_what_the_whole_class_writes_is_not_similar():
    assert similar({f"s{i}": {"e": COPY.format(a="e")} for i in range(20)}, {}) == []


def test_what_the_stub_gives_away_is_not_similar():
    stub = COPY.format(a="e")
    students = {f"s{i}": {"e": stub + f"x = {i}"} for i in range(2)} | {
        "z": {"e": OTHERS[0]},
        "w": {"e": OTHERS[1]},
    }
    assert all({p.one, p.other} != {"s0", "s1"} for p in similar(students, {"e": stub}))


def test_code_that_does_not_parse_is_compared_all_the_same():
    assert runs_of("def f(:\n  return a + b * c - d")


def test_files_to_look_at_are_listed_by_kind(graded_class, lesson):
    found = notes(read_class(graded_class.gradebook_url, lesson.name))
    assert [n.student for n in found["unread"]] == ["not_json"]
    assert {n.student for n in found["tampering"]} == {"edited_tests"}
    assert "all_right" in {n.student for n in found["manual"]}


def test_the_page_names_the_mistake_and_loads_nothing(graded_class, lesson, tmp_path):
    page = write_report(graded_class, lesson.name, tmp_path).read_text()
    exercise = next(iter(lesson.exercises.values()))
    assert next(iter(exercise.misconceptions)).replace("_", " ") in page
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)


@pytest.mark.browser
def test_the_roster_can_be_searched_filtered_and_sorted(graded_class, lesson, tmp_path, browser_page):
    path = write_report(graded_class, lesson.name, tmp_path)
    page, trouble = browser_page
    page.goto(path.as_uri())
    visible = "#roster tbody tr:not([hidden])"
    assert page.locator(visible).count() == 6
    page.get_by_label("Search a student").fill("right")
    assert page.locator(visible).count() == 1
    page.get_by_label("Search a student").fill("")
    page.get_by_label("Lost points in").select_option(next(iter(lesson.exercises)))
    assert "all_right" not in page.locator("#roster tbody").inner_text().split("\n")[0]
    page.locator("#roster").get_by_role("button", name="Points", exact=False).first.press("Enter")
    assert page.locator("#roster th[aria-sort=ascending]").count() == 1
    assert trouble == []


@pytest.mark.browser
def test_on_paper_the_report_is_dark_on_white_and_nothing_is_cut_off(
    graded_class, lesson, tmp_path, browser_page
):
    page, trouble = browser_page
    page.set_viewport_size({"width": 680, "height": 960})  # A4 without its margins
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(write_report(graded_class, lesson.name, tmp_path).as_uri())
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 31)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert not page.get_by_label("Search a student").is_visible()
    assert trouble == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [640, 320])
def test_zoomed_in_the_report_needs_no_scrolling_to_the_side(
    graded_class, lesson, tmp_path, browser_page, width
):
    page, _ = browser_page
    page.set_viewport_size({"width": width, "height": 500})  # a window of 1280 pixels at 200 % and 400 %
    page.goto(write_report(graded_class, lesson.name, tmp_path).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
