"""A slice of a lesson holds what its widgets need, and not the experiments beside them."""

import ast
import pathlib

import pytest
from slicing import bound, touched, used, widget_cells

from autograde.master import CellKind, MasterCell, read_master

MASTERS = sorted(pathlib.Path(__file__).parent.parent.glob("solutions/*/*.py"))


def cells(*sources):
    return [MasterCell(f"c{i}", CellKind.EXPERIMENT, source, i) for i, source in enumerate(sources)]


def test_what_feeds_a_widget_stays_and_the_rest_goes():
    kept = dict(
        widget_cells(
            cells(
                "slow = len\nrates = {}\nfor k in (1, 2):\n    rates[k] = slow(k)",
                "k = 5\nunrelated = 1",
                "def draw(x):\n    return rates[x]\ndraw(1)\nknobs.play(draw, x=2)",
            )
        )
    )
    assert list(kept) == ["c0", "c2"]
    assert "rates[k]" in kept["c0"] and "slow = len" in kept["c0"]
    assert "draw(1)" not in kept["c2"].splitlines()


def test_only_the_last_value_of_a_name_counts_before_a_widget():
    sources = ("a = slow()", "a = 1", "b = a", "a = later()", "knobs.play(draw, x=b)")
    assert list(dict(widget_cells(cells(*sources)))) == ["c1", "c2", "c4"]


@pytest.mark.parametrize(
    "statement, binds, changes, reads",
    [
        ("a, b = c", {"a", "b"}, set(), {"c"}),
        ("a[0].x = b", set(), {"a"}, {"a", "b"}),
        ("a.append(b)", set(), {"a"}, {"a", "b"}),
        ("for i in a:\n    j = i\n    b.append(j)", {"i", "j"}, {"b"}, {"a", "b"}),
        ("a += b", {"a"}, set(), {"a", "b"}),
        ("x = [i for i in a if i]", {"x"}, set(), {"a"}),
        ("def f(a, b=c):\n    d = a\n    return d + e", {"f"}, set(), {"c", "e"}),
    ],
)
def test_names_of_a_statement(statement, binds, changes, reads):
    (node,) = ast.parse(statement).body
    assert (bound(node), touched(node), used(node)) == (binds, changes, reads)


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
def test_every_widget_of_a_lesson_is_in_its_slice(master):
    cells = read_master(master).cells
    plays = sum(cell.source.count("knobs.play(") for cell in cells)
    assert sum(source.count("knobs.play(") for _, source in widget_cells(cells)) == plays >= 3
