"""Building a lesson: cards, the instructor's notebook, the release, and the comparison with what is there."""

from __future__ import annotations

import json
import pathlib

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograde import exercises
from autograde.build import build_instructor_notebook, build_lesson, lesson, register
from autograde.build.cards import card, expand, ladder
from autograde.course import Course
from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.master import read_master

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]
LESSON = "01_plus"
MASTER = '''# %% [markdown] id="intro" tags="a,b"
# # Plus one
#
# {{exercise f}}
#
# {{hints f}}

# %% id="setup" setup=true
import math

# %% exercise="f"
def f(x):
    """Doc."""
    ### BEGIN SOLUTION
    answer_of_the_exercise = x + 1
    return answer_of_the_exercise
    ### END SOLUTION

# %% test="f" points=3
assert f(1) == 2

# %% [markdown] question="why" points=2
# Why?
'''


def exercise() -> Exercise:
    made = Exercise(
        name="f", lesson=LESSON, functions=("f",), title="Plus", section="intro", difficulty=2, minutes=3, lines=1,
        hints=("Add.", "Add one."),
    )  # fmt: skip
    made.aspect("v", points=3)(lambda trial: None)
    return made


@pytest.fixture(scope="module")
def declared():
    return {"f": exercise()}


@pytest.fixture(scope="module")
def course(tmp_path_factory, declared):
    """A course with one lesson, built."""
    root = tmp_path_factory.mktemp("course")
    (root / "solutions" / LESSON).mkdir(parents=True)
    (root / "solutions" / LESSON / f"{LESSON}.py").write_text(MASTER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "load", lambda name: declared)
        build_lesson(Course(root), LESSON)
        yield Course(root)


@pytest.fixture
def released(course):
    return json.loads(course.release_path(LESSON).read_text(encoding="utf-8"))


@pytest.fixture
def fresh(course, monkeypatch):
    """The build without nbgrader: `generate_release` gives what it gave before."""
    text = course.release_path(LESSON).read_text(encoding="utf-8")
    monkeypatch.setattr(lesson, "generate_release", lambda instructor, name: text)
    yield course.release_path(LESSON)
    course.release_path(LESSON).write_text(text, encoding="utf-8")


def source(notebook, key: str) -> str:
    cell = next(c for c in notebook["cells"] if c["metadata"]["autograde"]["key"] == key)
    return "".join(cell["source"])


def test_a_card_names_functions_points_and_minutes():
    text = card(exercise())
    assert all(part in text for part in ("Plus", "`f`", "3 points", "●●○○○", "3 minutes"))


def test_hints_open_one_inside_the_other():
    text = ladder(exercise())
    assert text.index("Hint 1 of 2") < text.index("Hint 2 of 2")
    assert text.endswith("</details>\n\n</details>")


def test_a_card_for_an_unknown_exercise_is_refused(declared):
    with pytest.raises(CourseError, match="no exercise g"):
        expand("{{exercise g}}", declared)


def test_a_place_inside_a_line_is_left_alone(declared):
    assert expand("see {{exercise f}}", declared) == "see {{exercise f}}"


def test_the_instructors_notebook_holds_the_answers(course):
    notebook = json.loads(course.instructor_path(LESSON).read_text(encoding="utf-8"))
    assert "answer_of_the_exercise" in source(notebook, "f")


def test_the_instructors_notebook_is_valid(course, declared):
    nbformat.validate(build_instructor_notebook(read_master(course.master_path(LESSON)), declared))


def test_the_release_holds_no_answer(released):
    assert "answer_of_the_exercise" not in json.dumps(released)


def test_the_release_holds_the_stub_that_the_master_shows(released, course):
    assert source(released, "f") == read_master(course.master_path(LESSON)).cells[2].stub


def test_the_release_holds_no_hidden_test(released):
    assert source(released, "test_f").rstrip() == "assert f(1) == 2"


def test_the_release_holds_cards_and_hints(released):
    assert "Exercise: Plus" in source(released, "intro")
    assert "Hint 2 of 2" in source(released, "intro")


def test_tags_reach_the_release(released):
    assert released["cells"][0]["metadata"]["tags"] == ["a", "b"]


def test_test_cells_are_locked_and_worth_their_points(released):
    grading = released["cells"][3]["metadata"]["nbgrader"]
    assert (grading["locked"], grading["grade"], grading["points"]) == (True, True, 3)


def test_questions_are_marked_by_hand(released):
    grading = released["cells"][4]["metadata"]["nbgrader"]
    assert (grading["grade"], grading["solution"], grading["points"]) == (True, True, 2)


def test_building_again_gives_the_same_bytes(course):
    paths = (course.release_path(LESSON), course.instructor_path(LESSON))
    before = [p.read_bytes() for p in paths]
    build_lesson(course, LESSON)
    assert [p.read_bytes() for p in paths] == before


def test_a_build_leaves_no_half_written_files(course):
    assert list(course.root.rglob("*.new")) == []


def test_a_fresh_release_passes_the_check(course, fresh):
    build_lesson(course, LESSON, check=True)


def test_the_check_names_the_first_cell_that_differs(course, fresh):
    fresh.write_text(fresh.read_text(encoding="utf-8").replace("assert f(1) == 2", "pass"), encoding="utf-8")
    with pytest.raises(CourseError, match="first at cell test-f"):
        build_lesson(course, LESSON, check=True)


def test_a_missing_release_fails_the_check(course, fresh):
    fresh.unlink()
    with pytest.raises(CourseError, match="is missing"):
        build_lesson(course, LESSON, check=True)


@pytest.mark.parametrize("damage", [b"", b'{"cells": [', b"[]", b'{"cells": 3}', b"{}", b"\xff\xfe\x80"])
def test_a_damaged_release_is_a_course_error_in_the_check(course, fresh, damage):
    fresh.write_bytes(damage)
    with pytest.raises(CourseError, match="is damaged"):
        build_lesson(course, LESSON, check=True)


def test_the_check_writes_nothing(course, fresh):
    fresh.write_bytes(b"mine")
    with pytest.raises(CourseError):
        build_lesson(course, LESSON, check=True)
    assert fresh.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "leak",
    [
        "answer_of_the_exercise = x + 1",
        "### BEGIN SOLUTION",
        "### BEGIN HIDDEN TESTS",
        "# Judged by autograde",
    ],
)
def test_a_release_that_would_show_an_answer_is_refused_and_the_old_one_stays(
    course, fresh, monkeypatch, leak
):
    old = fresh.read_bytes()
    leaky = json.loads(old)
    leaky["cells"][1]["source"] = [leak]
    monkeypatch.setattr(lesson, "generate_release", lambda instructor, name: json.dumps(leaky))
    with pytest.raises(CourseError, match="The release would"):
        build_lesson(course, LESSON)
    assert fresh.read_bytes() == old


def test_registering_again_keeps_points_and_submissions(course, tmp_path: pathlib.Path):
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    register(course, LESSON, url)
    with Gradebook(url) as gradebook:
        gradebook.update_or_create_student("s")
        gradebook.update_or_create_submission(LESSON, "s")
    register(course, LESSON, url)
    with Gradebook(url) as gradebook:
        assert gradebook.find_assignment(LESSON).max_score == 5
        assert len(gradebook.assignment_submissions(LESSON)) == 1
