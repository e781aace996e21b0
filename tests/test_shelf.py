"""What declared mistakes do is kept on disk, read back as it was, and never trusted to be there."""

from __future__ import annotations

import os
import time

import pytest

from autograde import exercises
from autograde.engine.shelf import Shelf
from autograde.judge import diagnose

EXERCISE = exercises.load("02_vanishing_gradients")["sigmoid"]
MISTAKE = next(iter(EXERCISE.misconceptions))


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "transcripts")


@pytest.fixture
def made():
    return diagnose._performed(EXERCISE, MISTAKE, 3)


def files(tmp_path):
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_transcript_is_read_back_as_it_was(shelf, made):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    kept = shelf.get(EXERCISE, MISTAKE, 3)
    assert list(kept) == list(made)
    assert all(kept[key].equals(made[key]) and kept[key].tolerance == made[key].tolerance for key in made)


def test_another_seed_and_another_mistake_are_not_there(shelf, made):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    assert shelf.get(EXERCISE, MISTAKE, 4) is None
    assert shelf.get(EXERCISE, None, 3) is None


def test_a_changed_declaration_finds_nothing_on_the_shelf(shelf, made, tmp_path, monkeypatch):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    monkeypatch.setattr(EXERCISE, "seconds", EXERCISE.seconds + 1)
    assert Shelf(tmp_path / "transcripts").get(EXERCISE, MISTAKE, 3) is None


def test_another_form_of_writing_values_finds_nothing_on_the_shelf(shelf, made, tmp_path, monkeypatch):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    monkeypatch.setattr("autograde.engine.shelf.of_package", lambda package: f"{package}, changed")
    assert Shelf(tmp_path / "transcripts").get(EXERCISE, MISTAKE, 3) is None


@pytest.mark.parametrize("damage", [lambda data: data[:20], lambda data: b"", lambda data: b"\x00" * 50])
def test_a_damaged_file_counts_as_absent(shelf, made, tmp_path, damage):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert shelf.get(EXERCISE, MISTAKE, 3) is None


def test_nothing_half_written_is_left(shelf, made, tmp_path):
    shelf.put(EXERCISE, MISTAKE, 3, {("aspect", 0): diagnose.Observation("what", object())})
    assert files(tmp_path) == []


def test_a_place_that_cannot_be_written_costs_nothing(tmp_path, made):
    (tmp_path / "transcripts").write_text("a file where the folder should be")
    shelf = Shelf(tmp_path / "transcripts")
    shelf.put(EXERCISE, MISTAKE, 3, made)
    assert shelf.get(EXERCISE, MISTAKE, 3) is None


def test_what_nobody_has_asked_for_in_two_months_is_dropped(shelf, made, tmp_path):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    (folder,) = (tmp_path / "transcripts").iterdir()
    old = time.time() - 70 * 86_400
    os.utime(folder, (old, old))
    Shelf(tmp_path / "transcripts")
    assert not folder.exists()


def test_the_mistake_is_named_from_the_shelf_without_being_run(shelf, made, monkeypatch):
    shelf.put(EXERCISE, MISTAKE, 3, made)
    monkeypatch.setattr(diagnose, "_kept", shelf)
    monkeypatch.setattr(diagnose, "_performed", None)
    diagnose._trusted.cache_clear()
    assert diagnose._trusted(EXERCISE, MISTAKE, 3).keys() == made.keys()
    diagnose._trusted.cache_clear()
