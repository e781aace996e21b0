"""A regrade lists the marks that would change, old → new, before anything is written."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
import tiny_course
from nbgrader.api import Gradebook

from autograde.model import ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict
from autograde.record.changes import changes


def verdict(**scores: tuple[float, float]) -> SubmissionVerdict:
    exercises = tuple(
        ExerciseVerdict(name, Status.PARTIAL, score, most, "") for name, (score, most) in scores.items()
    )
    return SubmissionVerdict("ada", "01", SubmissionStatus.GRADED, 0, 0, 0, exercises=exercises)


def test_only_exercises_whose_points_differ_are_listed_in_the_lessons_order():
    old = verdict(a=(1, 4), b=(2, 2), c=(0, 3))
    new = verdict(a=(4, 4), b=(2, 2), c=(1, 5), d=(1, 1))
    found = changes(old, new)
    assert [(c.exercise, c.old, c.new, c.new_max) for c in found] == [
        ("a", 1, 4, 4),
        ("c", 0, 1, 5),
        ("d", None, 1, 1),
    ]


def test_a_mark_set_by_hand_is_listed_and_does_not_count():
    (change,) = changes(verdict(a=(1, 4)), verdict(a=(4, 4)), by_hand={"test_a"})
    assert change.by_hand
    assert change.difference == 0


@pytest.fixture
def tiny(graded_tiny, tmp_path, monkeypatch):
    """Four submissions on record; then a test is mended, after which s001's squares count as tripling, too."""
    made = tiny_course.copy_of(graded_tiny, tmp_path, monkeypatch)
    text = made.declarations.read_text()
    lenient = 'trial.call("triple", trial.rng.normal(size=3))  # mended here'
    made.declarations.write_text(text.replace('check(trial, "triple", triple)  # mended here', lenient))
    return made


def state(tiny) -> dict[str, str]:
    """A hash of everything a class has on record."""
    root = tiny.course.root
    paths = [root / "gradebook.db", *sorted((root / "autograded").rglob("*"))]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


def of(events, kind):
    return [e for e in events if e["event"] == kind]


@pytest.mark.slow
def test_a_dry_run_lists_the_changes_and_writes_nothing(tiny, tmp_path):
    before = state(tiny)
    code, events, err = tiny.grade("--dry-run", "--results", str(tmp_path / "would.json"))
    assert code == 4, err
    assert [
        (e["student"], e["exercise"], e["old"], e["new"], e["new_max"]) for e in of(events, "change")
    ] == [("s001", "triple", 0.0, 3.0, 3.0)]
    assert of(events, "graded") == []
    assert state(tiny) == before
    would = {
        s["student"]: s["score"] for s in json.loads((tmp_path / "would.json").read_text())["submissions"]
    }
    assert would["s001"] == 5.0


@pytest.mark.slow
def test_every_change_is_told_before_the_first_mark_is_written_and_nobody_is_judged_twice(tiny):
    tiny.grade("--dry-run")
    started = time.monotonic()
    code, events, err = tiny.grade()
    assert code == 0, err
    kinds = [e["event"] for e in events]
    assert kinds == ["start", "change", *["graded"] * 4, "done"]
    assert tiny.marks()["s001"] == (5.0, 2)
    assert not any((tiny.course.root / ".autograde" / "regrade").rglob("*.json"))
    assert time.monotonic() - started < 60


@pytest.mark.slow
def test_a_dry_run_of_a_class_never_graded_makes_no_gradebook(tmp_path, monkeypatch):
    tiny = tiny_course.make(tmp_path, 2, monkeypatch, workers=1)
    code, events, err = tiny.grade("--dry-run")
    assert (code, of(events, "graded")) == (4, []), err
    assert not (tiny.course.root / "gradebook.db").exists()
    assert not tiny.course.autograded.exists()


@pytest.mark.slow
def test_a_new_submission_is_recorded_whatever_happens_to_the_regraded_ones(tiny):
    release = json.loads(tiny.course.release_path(tiny_course.LESSON).read_text())
    tiny_course.hand_in(tiny.course, release, "s009", "right")
    said = at_a_terminal(tiny, "n")
    assert "Nothing of the above was written" in said
    assert tiny.marks()["s009"] == (5.0, 2)
    assert tiny.marks()["s001"] == (2.0, 2)


@pytest.mark.slow
def test_at_a_terminal_it_asks_and_no_leaves_every_mark_as_it_was(tiny):
    before = state(tiny)
    said = at_a_terminal(tiny, "n")
    assert re.search(r"s001\s+triple\s+0/3 → 3/3\s+\+3", said)
    assert "1 mark of 1 student would change, 0 of them downwards; 4 submissions would be written." in said
    assert state(tiny) == before
    assert "0/3 → 3/3" in at_a_terminal(tiny, "y")
    assert tiny.marks()["s001"] == (5.0, 2)


@pytest.mark.slow
def test_a_mark_given_by_hand_is_named_as_one_that_stays(tiny):
    with Gradebook(tiny.course.gradebook_url) as gradebook:
        grade = gradebook.find_grade("test_triple", tiny_course.LESSON, tiny_course.LESSON, "s001")
        grade.manual_score = 1.5
        gradebook.db.commit()
    code, events, err = tiny.grade()
    assert code == 0, err
    assert [e["by_hand"] for e in of(events, "change")] == [True]
    assert tiny.marks()["s001"] == (3.5, 2)


def at_a_terminal(tiny, answer: str) -> str:
    """What `autograde grade` says to somebody who sits there and answers its question."""
    ours, theirs = pty.openpty()
    code = "import tiny_course\nfrom autograde.cli.main import main\nmain()"
    command = [sys.executable, "-c", code, "grade", tiny_course.LESSON, "--seed", "3", "--workers", "1"]
    process = subprocess.Popen(
        command, cwd=tiny.course.root, env={**tiny.environment(), "COLUMNS": "120", "TERM": "dumb"},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, asked, deadline = "", False, time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            said += os.read(ours, 65536).decode()
        except OSError:  # the other end is closed
            break
        if "[y/N]" in said and not asked:
            os.write(ours, f"{answer}\n".encode())
            asked = True
    process.wait(30)
    os.close(ours)
    assert asked, said
    assert process.returncode == (0 if answer == "y" else 4), said
    return said.replace("\r\n", "\n")
