"""Course folders: finding them, and the paths in them."""

from __future__ import annotations

import pathlib

import pytest

from autograde.course import Course
from autograde.errors import CourseError


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    for lesson in ("02_b", "01_a"):
        (tmp_path / "solutions" / lesson).mkdir(parents=True)
        (tmp_path / "solutions" / lesson / f"{lesson}.py").write_text("")
    (tmp_path / "solutions" / "drafts").mkdir()
    (tmp_path / "nbgrader_config.py").write_text("")
    return tmp_path.resolve()


def test_a_course_is_found_from_its_root(root):
    assert Course.find(root).root == root


def test_a_course_is_found_from_a_folder_inside_it(root):
    assert Course.find(root / "solutions" / "01_a").root == root


def test_the_working_directory_is_where_the_search_starts(root, monkeypatch):
    monkeypatch.chdir(root / "solutions")
    assert Course.find().root == root


def test_outside_of_a_course_nothing_is_found(tmp_path):
    with pytest.raises(CourseError, match="not inside a course folder"):
        Course.find(tmp_path)


def test_a_folder_without_the_nbgrader_configuration_is_no_course(root):
    (root / "nbgrader_config.py").unlink()
    with pytest.raises(CourseError):
        Course.find(root)


def test_lessons_are_in_order_and_have_a_master(root):
    assert Course(root).lessons() == ("01_a", "02_b")


def test_the_master_of_a_lesson_has_its_name(root):
    assert Course(root).master_path("01_a") == root / "solutions" / "01_a" / "01_a.py"


def test_an_unknown_lesson_is_answered_with_the_lessons_there_are(root):
    with pytest.raises(CourseError, match="no lesson 03_c") as caught:
        Course(root).master_path("03_c")
    assert "01_a, 02_b" in str(caught.value)


def test_students_notebooks_are_kept_away_from_solutions(root):
    course = Course(root)
    assert course.release_path("01_a") == root / "notebooks" / "01_a" / "01_a.ipynb"
    assert course.instructor_path("01_a") == root / "solutions" / "01_a" / "01_a.ipynb"


def test_submissions_marks_and_feedback_are_under_the_root(root):
    course = Course(root)
    assert {p.parent for p in (course.submitted, course.autograded, course.feedback)} == {root}


def test_the_gradebook_is_a_sqlite_file_under_the_root(root):
    assert Course(root).gradebook_url == f"sqlite:///{root}/gradebook.db"
