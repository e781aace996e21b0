"""`autograde grade` and plain `nbgrader autograde` give the same marks; manual grades and late penalties hold."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from autograde.build import build_lesson
from autograde.course import Course
from autograde.demo.sample import SAMPLES
from autograde.engine.submission import grade_folder
from autograde.record.nbgrader_road import remembered_seed
from autograde.record.store import Store
from autograde.record.write import Recorder

QUESTION = "why_batchnorm_bias"
STUDENTS = ("all_right", "one_mistake", "edited_tests", "syntax_error", "noisy")
LATE_CONFIG = """
from nbgrader.plugins import LateSubmissionPlugin


class TwoPointsOff(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0


c.AssignLatePenalties.plugin_class = TwoPointsOff
"""


@pytest.fixture(scope="module")
def class_folder(course, lesson, tmp_path_factory) -> Course:
    """A course with five submissions, one of them late, and nothing graded."""
    root = tmp_path_factory.mktemp("class")
    shutil.copytree(course.solutions, root / "solutions")
    config = (course.root / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(config + LATE_CONFIG)
    build_lesson(Course(root), lesson.name)
    for student in STUDENTS:
        folder = root / "submitted" / student / lesson.name
        folder.mkdir(parents=True)
        for name, data in SAMPLES[student](lesson).items():
            (folder / name).write_bytes(data)
        (folder / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    return Course(root)


def nbgrader(course: Course, *arguments: str) -> None:
    """Run nbgrader as an instructor does."""
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def marks(url: str, lesson: str) -> dict[str, dict[str, tuple[float, float | None, bool]]]:
    """Every grade of a gradebook: automatic score, manual score, whether a human must look."""
    with Gradebook(url) as gradebook:
        return {
            submission.student_id: {
                grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions(lesson)
        }


@pytest.fixture(scope="module")
def roads(class_folder, lesson, warm) -> tuple[str, str]:
    """The same class graded on both roads: URLs of the engine's gradebook and of nbgrader's."""
    engine = f"sqlite:///{class_folder.root / 'engine.db'}"
    recorder = Recorder(class_folder, lesson.name, engine)
    for student in STUDENTS:
        folder = class_folder.submitted / student / lesson.name
        recorder.record(grade_folder(folder, student, lesson, warm, 0))
    shutil.rmtree(class_folder.autograded)
    nbgrader(class_folder, "generate_assignment", lesson.name, "--force")
    nbgrader(class_folder, "autograde", lesson.name)
    return engine, class_folder.gradebook_url


@pytest.mark.slow
def test_nbgraders_own_generate_assignment_releases_what_our_build_does(roads, class_folder, course, lesson):
    released = class_folder.release_path(lesson.name)
    theirs = released.read_bytes()
    assert [path.name for path in released.parent.iterdir()] == [released.name]  # no master beside it
    assert theirs == course.release_path(lesson.name).read_bytes()


@pytest.mark.slow
def test_both_roads_give_every_exercise_the_same_mark(roads, lesson):
    ours, theirs = (marks(url, lesson.name) for url in roads)
    assert set(ours) == set(theirs) == set(STUDENTS)
    assert ours == theirs


def test_both_roads_judge_on_the_seed_that_the_first_one_drew(tmp_path):
    url = f"sqlite:///{tmp_path / 'seeds.db'}"
    drawn = remembered_seed(url, "one")
    assert remembered_seed(url, "one") == drawn
    with Gradebook(url) as gradebook:
        Store(gradebook).remember("two", seed=7)
    assert remembered_seed(url, "two") == 7


@pytest.mark.slow
def test_the_marks_are_the_ones_the_work_deserves(roads, lesson):
    for url in roads:
        scores = {
            student: sum(auto or 0 for auto, _, _ in grades.values())
            for student, grades in marks(url, lesson.name).items()
        }
        assert scores["all_right"] == scores["noisy"] == lesson.points
        assert scores["edited_tests"] == 0
        assert 0 < scores["one_mistake"] < lesson.points


@pytest.mark.slow
def test_a_manual_grade_survives_regrading_on_both_roads(roads, class_folder, lesson, warm):
    engine, _ = roads
    for url in roads:
        with Gradebook(url) as gradebook:
            grade = gradebook.find_grade(QUESTION, lesson.name, lesson.name, "one_mistake")
            grade.manual_score, grade.needs_manual_grade = 4.5, False
            gradebook.db.commit()
    folder = class_folder.submitted / "one_mistake" / lesson.name
    Recorder(class_folder, lesson.name, engine).record(grade_folder(folder, "one_mistake", lesson, warm, 0))
    nbgrader(class_folder, "autograde", lesson.name, "--student", "one_mistake", "--force")
    found = [marks(url, lesson.name)["one_mistake"][QUESTION] for url in roads]
    assert [manual for _, manual, _ in found] == [4.5, 4.5]
    assert found[0] == found[1]  # nbgrader asks for another look after regrading, and so do we


@pytest.mark.slow
def test_a_late_submission_pays_the_plugins_penalty_on_both_roads(roads, class_folder, lesson, warm):
    engine, _ = roads
    for url in roads:
        with Gradebook(url) as gradebook:
            gradebook.update_or_create_assignment(lesson.name, duedate="2026-03-01 12:00:00 UTC")
    folder = class_folder.submitted / "all_right" / lesson.name
    Recorder(class_folder, lesson.name, engine).record(grade_folder(folder, "all_right", lesson, warm, 0))
    nbgrader(class_folder, "autograde", lesson.name, "--student", "all_right", "--force")
    for url in roads:
        with Gradebook(url) as gradebook:
            notebook = gradebook.find_submission_notebook(lesson.name, lesson.name, "all_right")
            assert notebook.late_submission_penalty == 2.0, url
