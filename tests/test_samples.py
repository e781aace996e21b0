"""Every kind of submission in the sample class gets the mark and the sentence it should."""

from __future__ import annotations

import pytest

from autograde.demo.sample import SAMPLES
from autograde.engine.submission import grade_folder
from autograde.model import Status, SubmissionStatus


@pytest.fixture
def grade(tmp_path, lesson, warm):
    """Grade a sample, handed in as files."""

    def run(name: str):
        for file, data in SAMPLES[name](lesson).items():
            (tmp_path / file).write_bytes(data)
        return grade_folder(tmp_path, name, lesson, warm, 5).verdict

    return run


def lost(verdict):
    """The exercises that did not get all of their points."""
    return {v.exercise: v for v in verdict.exercises if v.status is not Status.PASSED}


RIGHT = (
    "all_right", "other_style", "renamed_file", "duplicated_cells", "moved_cells", "retyped_ids",
    "old_format", "exits", "edited_setup", "progress_bar", "noisy",
)  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_correct_work_keeps_every_point(grade, name):
    verdict = grade(name)
    assert (verdict.status, verdict.score, lost(verdict)) == (SubmissionStatus.GRADED, verdict.max_score, {})


@pytest.mark.parametrize("name", ["untouched", "edited_tests"])
def test_work_that_was_not_done_scores_nothing(grade, name):
    verdict = grade(name)
    assert (verdict.status, verdict.score) == (SubmissionStatus.GRADED, 0)
    assert {v.status for v in verdict.exercises} == {Status.NOT_ATTEMPTED}


def test_edited_tests_points_and_tags_are_reported(grade):
    repairs = " ".join(grade("edited_tests").repairs)
    assert "was edited; the master's is used" in repairs
    assert "points" in repairs and "have no effect" in repairs


def test_one_mistake_is_named_and_costs_only_its_exercise(grade, lesson):
    exercise = next(iter(lesson.exercises.values()))
    failed = lost(grade("one_mistake"))
    assert list(failed) == [exercise.name]
    assert failed[exercise.name].misconception == next(iter(exercise.misconceptions))


@pytest.mark.parametrize(
    ("name", "position", "status", "words"),
    [
        ("syntax_error", 1, Status.RAISED, "SyntaxError"),
        ("import_fails", 1, Status.RAISED, "no_such_package"),
        ("endless_loop", 2, Status.TIMED_OUT, "never ends"),
        ("leaves_python", 3, Status.CRASHED, "ended the process"),
        ("missing_cells", -1, Status.NOT_ATTEMPTED, "not written yet"),
    ],
)
def test_a_broken_cell_costs_only_its_exercise(grade, lesson, name, position, status, words):
    exercise = list(lesson.exercises)[position]
    failed = lost(grade(name))
    assert list(failed) == [exercise]
    assert failed[exercise].status is status
    assert words in failed[exercise].message


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("not_json", SubmissionStatus.UNREADABLE, "not a notebook"),
        ("not_utf8", SubmissionStatus.UNREADABLE, "not text in UTF-8"),
        ("another_lesson", SubmissionStatus.UNREADABLE, "another lesson's notebook"),
        ("empty_file", SubmissionStatus.UNREADABLE, "is empty"),
        ("nothing_handed_in", SubmissionStatus.MISSING, "Hand in"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(grade, name, status, words):
    verdict = grade(name)
    assert (verdict.status, verdict.score) == (status, 0)
    assert words in verdict.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moved_cells", "moved"),
        ("retyped_ids", "lost its id"),
        ("old_format", "old format 3"),
        ("duplicated_cells", "is there 2 times"),
        ("renamed_file", "instead of"),
        ("missing_cells", "is missing"),
    ],
)
def test_what_was_repaired_is_said(grade, name, words):
    assert words in " ".join(grade(name).repairs)
