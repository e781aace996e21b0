"""Feedback pages: what a student is told, and what nobody is told."""

from __future__ import annotations

import re

import pytest

from autograde.course import Course
from autograde.engine.lesson import load_lesson
from autograde.errors import CourseError
from autograde.feedback import write_feedback
from autograde.feedback.reading import section, site_address
from autograde.judge.exercise import Exercise
from autograde.site.lesson import facts, lesson_page
from autograde.site.outputs import Outputs

SITE = "https://example.org/course/"


@pytest.fixture(scope="module")
def pages(graded_class, lesson):
    """The pages' texts by student."""
    return {path.parts[-3]: path.read_text() for path in write_feedback(graded_class, lesson.name)}


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]))


def test_everybody_who_handed_in_has_a_page(pages):
    assert set(pages) == {"all_right", "other_style", "one_mistake", "untouched", "edited_tests", "not_json"}


def test_a_mistake_is_named_with_its_message_and_the_section_to_read_again(pages, lesson):
    exercise: Exercise = next(iter(lesson.exercises.values()))
    mistake = next(iter(exercise.misconceptions.values()))
    page = pages["one_mistake"]
    assert mistake.message.split(":")[0][:40] in text(page)
    found = section(lesson, exercise.section)
    assert found is not None
    assert f"Read again: the section {found.heading} of your notebook {lesson.name}.ipynb" in text(page)


def test_a_page_does_not_link_to_a_file_that_lies_elsewhere_for_the_student(pages):
    for page in pages.values():
        assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]


@pytest.mark.parametrize(
    "given", [SITE, "https://example.org/course", "https://example.org/course/index.html"]
)
def test_with_a_published_site_the_section_is_linked(given, graded_class, lesson):
    try:
        written = {path.parts[-3]: path for path in write_feedback(graded_class, lesson.name, None, given)}
        links = re.findall(r'Read again: <a href="([^"]*)"', written["untouched"].read_text())
    finally:
        write_feedback(graded_class, lesson.name)
    wanted = [section(lesson, exercise.section, SITE) for exercise in lesson.exercises.values()]
    assert set(links) == {found.link for found in wanted if found}


def test_every_exercise_of_the_course_has_a_section_that_stands_on_the_site(course):
    for name in course.lessons():
        loaded = load_lesson(course, name)
        page = lesson_page(course, facts(course, name), Outputs(name, None))
        for exercise in loaded.exercises.values():
            found = section(loaded, exercise.section, SITE)
            assert found is not None and found.heading, exercise.name
            path, _, anchor = found.link.partition("#")
            assert path == SITE + page.path
            place = page.body.partition(f'id="{anchor}">')[2].partition('<div class="cell')[0]
            assert re.search(r"<h[1-6] id=", place), f"{exercise.name}: no heading at {anchor}"


@pytest.mark.parametrize("given", ["course", "/srv/site", "javascript:alert(1)", "https://"])
def test_what_is_no_address_of_a_site_is_answered_with_an_example(given):
    with pytest.raises(CourseError, match=r"https://example\.org"):
        site_address(given)


def test_right_work_lists_nothing_to_do(pages):
    assert "What to do next" not in pages["all_right"]


def test_an_unreadable_file_says_what_to_do(pages):
    assert "Open it in JupyterLab, save it" in text(pages["not_json"])


def test_a_written_answer_that_waits_is_not_called_final(pages):
    assert "Not final yet" in pages["all_right"]


def test_no_page_shows_a_hidden_test_or_a_model_answer(pages):
    assert not any("HIDDEN TESTS" in page or "Judged by autograde" in page for page in pages.values())
    assert "BEGIN SOLUTION" not in pages["untouched"]


def test_no_page_loads_anything_from_elsewhere(pages):
    for page in pages.values():
        assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_what_a_student_wrote_is_shown_as_text_never_as_html(graded_class, lesson, pages):
    assert "<script" not in pages["one_mistake"]


def test_a_lesson_nobody_graded_is_answered_with_the_command_to_run(tmp_path, course, lesson):
    (tmp_path / "solutions").symlink_to(course.solutions)
    with pytest.raises(CourseError, match="autograde grade"):
        write_feedback(Course(tmp_path), lesson.name)


def test_nbgraders_release_feedback_finds_a_time_and_a_secret_beside_every_page(pages, graded_class, lesson):
    for student in pages:
        folder = graded_class.feedback / student / lesson.name
        assert (folder / "timestamp.txt").read_text()
        assert len((folder / "submission_secret.txt").read_text()) >= 32


@pytest.mark.browser
def test_on_paper_a_page_shows_what_was_written_dark_on_white(pages, graded_class, lesson, browser_page):
    page, trouble = browser_page
    page.set_viewport_size({"width": 680, "height": 960})  # A4 without its margins
    page.goto((graded_class.feedback / "one_mistake" / lesson.name / f"{lesson.name}.html").as_uri())
    code = page.locator("details .code").first
    assert not code.is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert code.is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 31)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert trouble == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [640, 320])
def test_zoomed_in_a_page_needs_no_scrolling_to_the_side(pages, graded_class, lesson, browser_page, width):
    page, _ = browser_page
    page.set_viewport_size({"width": width, "height": 500})  # a window of 1280 pixels at 200 % and 400 %
    page.goto((graded_class.feedback / "one_mistake" / lesson.name / f"{lesson.name}.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
