"""Every claim of the lecture has a home in the course, and what has to be measured is measured."""

from __future__ import annotations

import nbformat
import pytest

from autograde.cli.map import pages, recall
from autograde.lecture import find_homes, read_claims
from autograde.lecture.homes import claims_of
from autograde.master import read_master
from coursekit.lessons import lessons


@pytest.fixture(scope="module")
def masters(course):
    return [read_master(course.master_path(lesson)) for lesson in course.lessons()]


@pytest.fixture(scope="module")
def homes(masters):
    return find_homes(masters)


def test_every_claim_of_the_lecture_has_a_home(course, homes):
    assert [claim.key for claim in read_claims(course.root) if claim.key not in homes] == []


def test_every_claim_a_master_names_is_one_of_the_lectures(course, masters):
    known = {claim.key for claim in read_claims(course.root)}
    unknown = {
        (m.lesson, cell.key, k)
        for m in masters
        for cell in m.cells
        for k in claims_of(cell)
        if k not in known
    }
    assert unknown == set()


def test_every_claim_to_be_measured_was_measured_with_its_number(course):
    measured = {key: entry for run in recall(course).values() for key, entry in run["claims"].items()}
    wanted = [claim.key for claim in read_claims(course.root) if claim.measure]
    assert [key for key in wanted if key not in measured] == []
    assert [key for key, entry in measured.items() if not any(c.isdigit() for c in entry["here"])] == []


def test_a_measurement_that_disagrees_says_why(course):
    for run in recall(course).values():
        assert [key for key, entry in run["claims"].items() if not entry["agrees"] and not entry["why"]] == []


def test_every_claim_is_seen_in_a_figure_or_practised_or_read(course, homes):
    for claim in read_claims(course.root):
        if claim.measure or claim.erratum:
            assert any(home.experiments or home.exercises for home in homes[claim.key]), claim.key


def test_the_lecture_map_and_the_readmes_table_are_up_to_date(course):
    for path, text in pages(course).items():
        assert (course.root / path).read_text(encoding="utf-8") == text, f"Run `autograde map`: {path}"


def test_every_lesson_opens_with_the_time_that_the_readmes_table_gives_it(course):
    for lesson in lessons():
        opening = nbformat.read(course.release_path(lesson.lesson), as_version=4).cells[0].source
        assert f"The whole lesson takes about {lesson.time}, of which" in opening
