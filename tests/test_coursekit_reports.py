"""Measurements, tables, progress bars and timings say what they should."""

from types import SimpleNamespace

import pytest
from IPython.utils.capture import capture_output

from coursekit import measurement, progress, tables
from coursekit.measurement import MIME, measured
from coursekit.timing import best_seconds


@pytest.fixture
def shown(monkeypatch):
    """What measurements and tables display, oldest first."""
    seen = []
    for module in (measurement, tables):
        monkeypatch.setattr(module, "display", lambda data, raw: seen.append(data))
    return seen


def test_a_measurement_is_data_for_the_lecture_map_and_text_for_people(shown):
    measured("S4.2.he", "it holds", "ratio 0.9", True)
    data = shown[0]
    assert data[MIME] == {
        "claim": "S4.2.he",
        "says": "it holds",
        "here": "ratio 0.9",
        "agrees": True,
        "why": "",
    }
    assert "It agrees" in data["text/plain"] and "ratio 0.9" in data["text/html"]


def test_a_measurement_escapes_what_it_shows(shown):
    measured("S4.2.he", "<b>", "<b>", True)
    assert "<b>" not in shown[0]["text/html"]


def test_a_disagreement_needs_a_reason():
    with pytest.raises(ValueError, match="say why"):
        measured("S4.2.leaky_always", "always", "3 of 5", False)


def test_a_table_has_aligned_text_and_escaped_html(shown):
    tables.show(["name", "value"], [("a<b", 0.123456), ("long name", 2)], "caption")
    data = shown[0]
    assert data["text/plain"].splitlines() == [
        "caption",
        "name       value",
        "a<b        0.1235",
        "long name  2",
    ]
    assert "a&lt;b" in data["text/html"] and "<th scope='col'" in data["text/html"]


def test_track_yields_every_item_in_order():
    with capture_output():
        assert list(progress.track("abc", "letters")) == ["a", "b", "c"]


def test_track_counts_an_iterator_only_if_told_its_length():
    with capture_output():
        assert list(progress.track(iter("ab"), "letters", total=2)) == ["a", "b"]
        assert list(progress.track(iter("ab"), "letters")) == ["a", "b"]


def test_track_of_nothing_is_nothing():
    with capture_output():
        assert list(progress.track([], "nothing")) == []


def test_the_bar_says_what_is_done_and_how_long_the_rest_takes():
    shown = progress._text("work <3>", 1, 4, 2.0)
    assert all("1 of 4, about 6 s left" in text for text in shown.values())
    assert 'role="progressbar" aria-label="work &lt;3&gt;"' in shown["text/html"]


def test_a_finished_bar_leaves_one_line_with_the_time_it_took(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(data))
    monkeypatch.setattr(progress, "display", lambda data, **options: shown.append(data) or handle)
    assert list(progress.track("ab", "letters")) == ["a", "b"]
    assert not progress.FINISHED.search(shown[0]["text/plain"])
    assert list(shown[-1]) == ["text/plain"] and progress.FINISHED.search(shown[-1]["text/plain"])
    assert progress._text("work", 4, 4, 1234.5)["text/plain"] == "work: 4 of 4 done in 1,234.5 s"


def test_a_function_that_is_counted_gives_the_same_and_moves_the_bar_after_each_call(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))
    monkeypatch.setattr(
        progress, "display", lambda data, **options: shown.append(data["text/plain"]) or handle
    )
    double = progress.counting(lambda x: 2 * x, "doubling", 2)
    assert "0 of 2" in shown[-1]
    assert [double(1), double(3)] == [2, 6] and progress.FINISHED.search(shown[-1])
    assert double(5) == 10  # one call more than told is no mistake


def test_the_best_round_counts():
    calls = []
    seconds = best_seconds(lambda: calls.append(1), rounds=3, calls=2)
    assert len(calls) == 6 and 0 <= seconds < 0.1
