"""A term in one file, and what it takes to reach the same marks again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile

import pytest

from autograde.archive import write_archive
from autograde.course import Course
from autograde.record.marks import read_class


@pytest.fixture(scope="module")
def archive(graded_class: Course, lesson, tmp_path_factory) -> zipfile.ZipFile:
    path = tmp_path_factory.mktemp("archive") / "term.zip"
    url = graded_class.gradebook_url
    write_archive(graded_class, path, [read_class(url, lesson.name)], url)
    assert [p.name for p in path.parent.iterdir()] == ["term.zip"]
    return zipfile.ZipFile(path)


def test_every_submission_is_in_it_byte_for_byte(archive, graded_class):
    for path in graded_class.submitted.rglob("*"):
        if path.is_file():
            assert archive.read(path.relative_to(graded_class.root).as_posix()) == path.read_bytes()


def test_every_file_has_its_checksum(archive):
    sums = json.loads(archive.read("manifest.json"))["sha256"]
    assert set(archive.namelist()) == {*sums, "manifest.json"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == wanted for name, wanted in sums.items())


def test_the_gradebook_in_it_opens_and_holds_the_marks(archive, tmp_path, graded_class, lesson):
    archive.extract("gradebook.db", tmp_path)
    marks = read_class(f"sqlite:///{tmp_path / 'gradebook.db'}", lesson.name).marks
    assert marks == read_class(graded_class.gradebook_url, lesson.name).marks
    connection = sqlite3.connect(tmp_path / "gradebook.db")
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_it_says_with_what_the_marks_were_reached(archive, lesson):
    versions = json.loads(archive.read("manifest.json"))["versions"]
    assert {"numpy", "torch", "nbgrader"} <= set(versions["packages"])
    assert versions["commit"]
    assert json.loads(archive.read(f"verdicts/{lesson.name}.json"))["seed"] == 3
    assert f"sources/solutions/{lesson.name}.py" in archive.namelist()
    assert any(name.startswith("sources/exercises/vanishing_gradients/") for name in archive.namelist())


def test_a_link_among_the_submissions_is_not_followed(graded_class, lesson, tmp_path):
    folder = graded_class.submitted / "untouched" / lesson.name
    (tmp_path / "secret").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret")
    try:
        url = graded_class.gradebook_url
        write_archive(graded_class, tmp_path / "term.zip", [read_class(url, lesson.name)], url)
    finally:
        (folder / "link.txt").unlink()
    assert not [n for n in zipfile.ZipFile(tmp_path / "term.zip").namelist() if n.endswith("link.txt")]
