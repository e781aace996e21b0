"""Reading masters and holding them against the declared exercises."""

from __future__ import annotations

import pathlib

import pytest

from autograde.errors import CourseError
from autograde.judge.exercise import Exercise
from autograde.master import CellKind, Master, read_master, validate

HEADER = "# ---\n# jupyter:\n#   kernelspec:\n#     {display_name: Python 3, name: python3}\n# ---\n\n"
GOOD = '''# %% exercise="f"
def f(x):
    """Doc."""
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION

# %% test="f" points=3
assert f(1) == 2
'''


def exercise(name: str = "f") -> Exercise:
    made = Exercise(
        name=name,
        lesson="t",
        functions=(name,),
        title="F",
        section="s",
        difficulty=2,
        minutes=3,
        lines=1,
        hints=("a",),
    )
    made.aspect("v", points=3)(lambda trial: None)
    return made


@pytest.fixture
def read(tmp_path: pathlib.Path):
    def reader(text: str) -> Master:
        path = tmp_path / "t.py"
        path.write_text(HEADER + text, encoding="utf-8")
        return read_master(path)

    return reader


@pytest.fixture
def check(read):
    return lambda text: validate(read(text), {"f": exercise()})


def test_a_good_master_is_accepted(check):
    check(GOOD)


def test_a_master_is_named_after_its_file(read):
    assert read(GOOD).lesson == "t"


def test_cells_know_the_line_they_start_on(read):
    assert [cell.line for cell in read(GOOD).cells] == [7, 14]


def test_a_test_cell_has_a_key_of_its_own(read):
    assert [cell.key for cell in read(GOOD).cells] == ["f", "test_f"]


def test_kinds_follow_from_keys(read):
    text = (
        '# %% [markdown] id="p"\n# hi\n\n# %% id="s" setup=true\na = 1\n\n# %% id="c"\nb = 1\n\n'
        '# %% experiment="e"\nc = 1\n\n# %% [markdown] question="q" points=2\n# why?\n'
    )
    kinds = [cell.kind for cell in read(text).cells]
    assert kinds == [CellKind.PROSE, CellKind.SETUP, CellKind.CODE, CellKind.EXPERIMENT, CellKind.QUESTION]


def test_the_stub_has_no_answer(read):
    assert "return x + 1" not in read(GOOD).cells[0].stub


def test_the_stub_raises_not_implemented(read):
    assert "    raise NotImplementedError(" in read(GOOD).cells[0].stub


@pytest.mark.parametrize("tags", ['"x,y"', '["x","y"]'])
def test_tags_are_a_text_or_a_list(read, tags):
    assert read(f'# %% [markdown] id="a" tags={tags}\n# hi\n').cells[0].tags == ("x", "y")


@pytest.mark.parametrize(
    ("addition", "line", "problem"),
    [
        ('\n# %% id="z"\na = 1\n\n# %% id="z"\nb = 1\n', 20, "The key z stands on line 17"),
        ('\n# %% id="f"\na = 1\n', 17, "The key f stands on line 7"),
        ('\n# %% test="f" points=3\nassert 1\n', 17, "The key test_f"),
        ("\n# %%\nb = 1\n", 17, "has no key"),
        ('\n# %% id="z" test="f" points=3\nb = 1\n', 17, "2 keys"),
        ('\n# %% id="z" foo=1\nb = 1\n', 17, "Unknown attribute foo"),
        ('\n# %% question="q" points=1\nb = 1\n', 17, "cannot be code"),
        ('\n# %% [markdown] experiment="q"\n# b\n', 17, "cannot be markdown"),
        ('\n# %% [markdown] question="q"\n# b\n', 17, "needs points"),
    ],
)
def test_a_wrong_cell_is_reported_with_its_line(read, addition, line, problem):
    with pytest.raises(CourseError, match=problem) as caught:
        read(GOOD + addition)
    assert f"t.py:{line}" in str(caught.value)


@pytest.mark.parametrize("points", ["0", "-1", '"3"', "true"])
def test_points_are_a_positive_number(read, points):
    with pytest.raises(CourseError, match="needs points"):
        read(GOOD.replace("points=3", f"points={points}"))


def test_a_missing_master_is_a_course_error(tmp_path):
    with pytest.raises(CourseError, match="cannot be read"):
        read_master(tmp_path / "no.py")


def test_a_broken_header_is_a_course_error(tmp_path):
    path = tmp_path / "t.py"
    path.write_text(HEADER.replace("display_name: Python 3, ", "") + GOOD)
    with pytest.raises(CourseError, match="header"):
        read_master(path)


def test_keys_that_give_the_same_cell_id_are_refused(read):
    with pytest.raises(CourseError, match="same cell id"):
        read(GOOD + '\n# %% id="a_b"\na = 1\n\n# %% id="a-b"\nb = 1\n')


def test_text_before_the_first_cell_is_refused(read):
    with pytest.raises(CourseError, match="before the first"):
        read("x = 1\n\n" + GOOD)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace('"f"', '"g"'), "no exercise g"),
        (GOOD.split("# %% test")[0], "has no test cell"),
        ("# %% test" + GOOD.split("# %% test")[1], "has no cell"),
        ('# %% id="z"\nb = 1\n', "f is not in the lesson"),
        (GOOD.replace("points=3", "points=4"), "worth 4 points here"),
        (
            GOOD.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", ""),
            "no solution region",
        ),
        (GOOD.replace("    ### END SOLUTION\n", ""), "no solution region"),
        (GOOD.replace("    ### BEGIN", "    return x + 1\n    ### BEGIN"), "part of its answer"),
        (GOOD.replace("return x + 1", "return x +"), "f does not parse"),
    ],
)
def test_a_master_that_does_not_fit_its_exercises_is_refused(check, text, problem):
    with pytest.raises(CourseError, match=problem):
        check(text)


def test_a_syntax_error_in_a_test_cell_is_reported_with_its_line(check):
    with pytest.raises(CourseError, match="test_f does not parse") as caught:
        check(GOOD.replace("assert f(1) == 2", "assert f(1) == 2\nassert f(1 =="))
    assert "t.py:16" in str(caught.value)


def test_a_syntax_error_in_a_setup_cell_is_reported_with_its_line(check):
    with pytest.raises(CourseError, match="s does not parse") as caught:
        check('# %% id="s" setup=true\nx = (\n\n' + GOOD)
    assert "t.py:8" in str(caught.value)


def test_a_setup_cell_may_hold_a_magic(check):
    check('# %% id="s" setup=true\n# %matplotlib inline\n# %load_ext autograde\nx = 1\n\n' + GOOD)
