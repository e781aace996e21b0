"""Exports: what Canvas, Moodle and a spreadsheet read."""

from __future__ import annotations

import csv
import pathlib

import pytest
from nbgrader.api import Gradebook

from autograde.export import FORMATS, write_marks
from autograde.export.people import Person, read_people
from autograde.record.marks import Mark, read_class

ADA = Person("ada", "Ada", "Lovelace", "ada@example.org", "17", {"l1": Mark("ada", "l1", 41.5, 60, 2, ())})
EVE = Person("=evil()", "", "", "", "", {"l2": Mark("eve", "l2", 3, 10, 0, ())})


def rows(path: pathlib.Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture
def written(tmp_path):
    def write(form: str) -> list[list[str]]:
        write_marks(tmp_path / "marks.csv", form, [ADA, EVE], ["l1", "l2"])
        return rows(tmp_path / "marks.csv")

    return write


def test_csv_has_a_row_for_each_student_and_lesson(written):
    assert written("csv")[1][:5] == ["ada", "l1", "41.5", "60", "2"]
    assert len(written("csv")) == 3


def test_canvas_has_its_columns_and_a_row_of_points_possible(written):
    head, points, ada, _ = written("canvas")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "l1", "l2"]
    assert points == ["    Points Possible", "", "", "", "", "60", "10"]
    assert ada == ["Lovelace, Ada", "17", "", "ada", "", "41.5", ""]


def test_moodle_identifies_the_user_and_leaves_missing_grades_empty(written):
    head, ada, _ = written("moodle")
    assert head[:3] == ["username", "idnumber", "email"]
    assert ada == ["ada", "17", "ada@example.org", "Ada", "Lovelace", "41.5", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_is_never_a_formula(written, form):
    assert not any(cell.startswith("=") for row in written(form) for cell in row)


def test_the_marks_are_those_of_the_gradebook_and_an_unreadable_file_counts_0(graded_class, lesson):
    record = read_class(graded_class.gradebook_url, lesson.name)
    people = {p.student: p for p in read_people(graded_class.gradebook_url, [record])}
    with Gradebook(graded_class.gradebook_url) as gradebook:
        for student, mark in record.marks.items():
            assert mark.score == gradebook.find_submission(lesson.name, student).score
    assert people["all_right"].marks[lesson.name].score == lesson.points
    assert people["not_json"].marks[lesson.name].score == 0
