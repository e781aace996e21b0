"""A finished submission is graded again only where something its verdict depends on has changed."""

from __future__ import annotations

import json

import pytest
import tiny_course

from autograde.cli import grading
from autograde.confine.limits import ConfinementError

pytestmark = [pytest.mark.slow]


@pytest.fixture
def tiny(graded_tiny, tmp_path, monkeypatch):
    """Four submissions, graded once."""
    return tiny_course.copy_of(graded_tiny, tmp_path, monkeypatch)


def graded(tiny, *arguments):
    """Who is graded in another run."""
    code, events, err = tiny.grade(*arguments)
    assert code == 0, err
    return sorted(e["student"] for e in events if e["event"] == "graded")


def test_a_second_run_grades_nobody_and_keeps_every_mark(tiny):
    assert graded(tiny) == []
    assert tiny.marks() == tiny_course.deserved(4)


def test_force_and_another_seed_grade_everybody_again(tiny):
    everybody = ["s000", "s001", "s002", "s003"]
    assert graded(tiny, "--force") == everybody
    assert graded(tiny, "--seed", "4") == everybody


def test_only_a_changed_notebook_is_graded_again(tiny):
    release = json.loads(tiny.course.release_path(tiny_course.LESSON).read_text())
    tiny_course.hand_in(tiny.course, release, "s001", "right")
    assert graded(tiny) == ["s001"]
    assert tiny.marks()["s001"] == (5.0, 2)


def test_after_an_exercise_is_mended_only_it_is_judged_again(tiny, tmp_path):
    before = results(tiny, tmp_path)
    text = tiny.declarations.read_text()
    tiny.declarations.write_text(
        text.replace("You square", "You seem to square").replace("mended here", "mended")
    )
    assert graded(tiny) == ["s000", "s001", "s002", "s003"]
    after = results(tiny, tmp_path)
    assert [v["exercises"][0] for v in before] == [v["exercises"][0] for v in after]  # its seconds, too
    assert all(
        b["exercises"][1]["seconds"] != a["exercises"][1]["seconds"]
        for b, a in zip(before, after, strict=True)
    )
    assert "You seem to square" in after[1]["exercises"][1]["message"]


def test_a_submission_whose_mark_was_removed_is_graded_again(tiny):
    (tiny.course.autograded / "s002" / tiny_course.LESSON / f"{tiny_course.LESSON}.ipynb").unlink()
    assert graded(tiny) == ["s002"]


def results(tiny, tmp_path):
    """The results file of a run that grades nobody."""
    file = tmp_path / "results.json"
    assert tiny.grade("--results", str(file))[0] == 0
    return json.loads(file.read_text())["submissions"]


def test_where_nothing_confines_the_run_stops_before_anybody_is_graded(tmp_path, monkeypatch):
    made = tiny_course.make(tmp_path, 2, monkeypatch)

    def nothing_holds():
        raise ConfinementError("the kernel allows nothing.")

    monkeypatch.setattr(grading, "require_support", nothing_holds)
    with pytest.raises(ConfinementError):
        grading.grade_one_lesson(made.course, tiny_course.LESSON, grading.Request(made.course.submitted))
    assert made.marks() == {}
