"""The students' bundle: by allow-list, scanned before it is written, the same bytes each time."""

from __future__ import annotations

import ast
import json
import shutil
import zipfile

import pytest

from autograde.course import Course
from autograde.errors import CourseError
from autograde.release import write_bundle
from autograde.release.bundle import FOLDER
from autograde.release.contents import contents
from autograde.release.scan import require_clean


@pytest.fixture(scope="module")
def files(course):
    return contents(course, course.lessons())


def test_it_holds_the_lessons_their_library_and_data_and_a_start_script(files, course):
    for lesson in course.lessons():
        assert f"notebooks/{lesson}/{lesson}.ipynb" in files
    assert {
        "README.md",
        "start.py",
        "pyproject.toml",
        "coursekit/data.py",
        "coursekit/lessons.json",
        "notebooks/START.md",
        "datasets/digits/digits.npz",
    } <= set(files)


def test_its_start_page_links_the_lessons_that_are_in_it(course):
    page = contents(course, ("02_vanishing_gradients",))["notebooks/START.md"].decode()
    assert "](02_vanishing_gradients/02_vanishing_gradients.ipynb)" in page
    assert "03_optimizers.ipynb" not in page


def test_nothing_of_the_grader_is_in_it(files):
    assert not [n for n in files if n.startswith(("autograde", "solutions", "tests")) or "rebuild" in n]
    for name, data in files.items():
        if name.endswith(".py"):
            tree = ast.parse(data)
            imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
            imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
            assert not [m for m in imported if m.startswith("autograde")], name


def test_the_bundle_is_clean(files, course):
    require_clean(course, files, course.lessons())


def test_an_answer_in_the_library_stops_it(course, lesson):
    cell = next(c for c in lesson.master.cells if c.key == "batchnorm_backward")
    with pytest.raises(CourseError, match="answer to 02_vanishing_gradients/batchnorm_backward"):
        require_clean(
            course,
            {"coursekit/leak.py": cell.source.replace("### ", "# ").replace("SOLUTION", "").encode()},
            [lesson.name],
        )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("notebooks/x.ipynb", "dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))",
         "batchnorm_backward"),
        ("notebooks/x.ipynb", "### BEGIN SOLUTION", "BEGIN SOLUTION"),
        ("coursekit/__pycache__/data.cpython-311.pyc", "", "compiled"),
    ],
)  # fmt: skip
def test_what_must_not_be_in_it_stops_it(course, lesson, name, text, words):
    data = json.dumps({"cells": [{"source": [text]}]}).encode()
    with pytest.raises(CourseError, match="give something away") as caught:
        require_clean(course, {name: data}, [lesson.name])
    assert words in str(caught.value)


def test_an_output_in_a_notebook_stops_it(course):
    cell = {"id": "x", "source": [], "outputs": [{"output_type": "stream"}]}
    with pytest.raises(CourseError, match="an output"):
        require_clean(course, {"n.ipynb": json.dumps({"cells": [cell]}).encode()}, course.lessons())


def test_the_held_back_digits_stop_it(course):
    hidden = course.root / "autograde" / "exercises" / "hyperparameter_tuning" / "held_back.npz"
    with pytest.raises(CourseError, match="held back"):
        require_clean(course, {"datasets/more.npz": hidden.read_bytes()}, course.lessons())


def test_the_same_files_give_the_same_bytes(course, tmp_path):
    one, two = (write_bundle(course, tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert all(name.startswith(f"{FOLDER}/") for name in zipfile.ZipFile(one).namelist())


def test_a_bundle_that_gives_something_away_is_not_written(course, lesson, tmp_path):
    shutil.copytree(course.solutions, tmp_path / "solutions")
    released = tmp_path / "notebooks" / lesson.name
    released.mkdir(parents=True)
    leaky = json.dumps({"cells": [{"source": ["### BEGIN SOLUTION"]}]})
    (released / f"{lesson.name}.ipynb").write_text(leaky)
    with pytest.raises(CourseError):
        write_bundle(Course(tmp_path), tmp_path / "out", (lesson.name,))
    assert not (tmp_path / "out").exists()
