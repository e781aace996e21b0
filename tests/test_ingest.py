"""Submissions: reading any bytes, holding them against the master, and the clean notebook that comes of it."""

from __future__ import annotations

import base64
import copy
import json
import random

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograde.build import build_instructor_notebook
from autograde.ingest.align import Aligned, align
from autograde.ingest.locate import find_submission
from autograde.ingest.notebook import to_notebook
from autograde.ingest.read import Unreadable, read_notebook
from autograde.master import CellKind, Master, MasterCell

STUB = "def {0}(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION"
MASTER = Master(
    "t",
    None,
    (
        MasterCell("intro", CellKind.PROSE, "# Hello", 1),
        MasterCell("setup", CellKind.SETUP, "import math", 2),
        MasterCell("f", CellKind.EXERCISE, STUB.format("f"), 3, "f"),
        MasterCell("test_f", CellKind.TEST, "assert f(1) == 2", 4, "f", 3.0),
        MasterCell("g", CellKind.EXERCISE, STUB.format("g"), 5, "g"),
        MasterCell("test_g", CellKind.TEST, "assert g(1) == 2", 6, "g", 2.0),
        MasterCell("try", CellKind.EXPERIMENT, "depth = 3", 7),
        MasterCell("why", CellKind.QUESTION, "Why?", 8, None, 1.0),
    ),
)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
INSTRUCTOR = build_instructor_notebook(MASTER, {})
RELEASE = copy.deepcopy(INSTRUCTOR)
for _cell, _master in zip(RELEASE.cells, MASTER.cells, strict=True):
    _cell.source = _master.stub


@pytest.fixture
def raw():
    """The released notebook as JSON, both exercises solved."""
    made = json.loads(nbformat.writes(RELEASE))
    cell(made, "f")["source"] = "def f(x):\n    return 1 + x"
    cell(made, "g")["source"] = "def g(x):\n    return 1 + x"
    return made


def cell(raw, key):
    return next(c for c in raw["cells"] if c["metadata"]["autograde"]["key"] == key)


def read(data) -> tuple[nbformat.NotebookNode, list[str]]:
    return read_notebook(data if isinstance(data, bytes) else json.dumps(data).encode(), "t.ipynb")


def aligned(data) -> Aligned:
    return align(read(data)[0], INSTRUCTOR, RELEASE)


def of(result: Aligned, key: str):
    return next(c for c in result.cells if c.key == key)


def code(source: str) -> dict:
    return {"cell_type": "code", "id": "mine", "metadata": {}, "source": source, "outputs": []}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"hello", "not JSON"),
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"\xff\xfe\xfa\x80\x81", "not text in UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[]", "not a Jupyter notebook"),
        (b'{"a": 1}', "not a Jupyter notebook"),
        (b'{"cells": 3}', "not a Jupyter notebook"),
        (b'{"worksheets": [], "nbformat": 4}', "not a Jupyter notebook"),
        (b'{"worksheets": [3], "nbformat": 3}', "damaged"),
    ],
)
def test_what_is_not_a_notebook_is_unreadable_and_says_why(data, problem):
    with pytest.raises(Unreadable, match=problem):
        read(data)


def test_a_file_that_is_too_big_is_unreadable(monkeypatch):
    monkeypatch.setattr("autograde.ingest.read.MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="is the most"):
        read(b'{"cells": []}')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_another_encoding_is_read_and_told(raw, encoding):
    notebook, repairs = read(json.dumps(raw).encode(encoding))
    assert len(notebook.cells) == 8
    assert encoding in repairs[0]


def test_damaged_cells_are_left_out_and_told(raw):
    raw["cells"] += [None, {"source": 3}]
    assert read(raw)[1] == ["2 damaged cells were left out."]


def test_an_old_notebook_is_converted():
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"metadata": {}, "cells": [
        {"cell_type": "code", "language": "python", "metadata": {}, "collapsed": False, "outputs": [],
         "input": "def f(x):\n    return 1 + x"}]}]}  # fmt: skip
    assert of(aligned(old), "f").source.endswith("return 1 + x")


def test_an_untouched_release_needs_no_repairs():
    assert aligned(json.loads(nbformat.writes(RELEASE))).repairs == ()


def test_a_solved_release_needs_no_repairs(raw):
    assert aligned(raw).repairs == ()


def test_the_students_answer_is_taken(raw):
    assert of(aligned(raw), "f").source == "def f(x):\n    return 1 + x"


def test_another_lessons_notebook_is_unreadable():
    with pytest.raises(Unreadable, match="none of the lesson's exercises"):
        aligned({"cells": [code("print('hello')")], "nbformat": 4})


def test_a_missing_cell_counts_as_not_written(raw):
    raw["cells"].remove(cell(raw, "f"))
    result = aligned(raw)
    assert "NotImplementedError" in of(result, "f").source
    assert any("f is missing" in note for note in result.repairs)


def test_of_a_duplicated_cell_the_last_one_with_work_counts(raw):
    second = copy.deepcopy(cell(raw, "f"))
    second["source"] = "def f(x):\n    return 7"
    raw["cells"].append(second)
    result = aligned(raw)
    assert of(result, "f").source.endswith("return 7")
    assert any("2 times" in note for note in result.repairs)


def test_an_untouched_duplicate_does_not_hide_the_work(raw):
    raw["cells"].append(json.loads(json.dumps(RELEASE.cells[2])))
    assert of(aligned(raw), "f").source.endswith("return 1 + x")


def test_moved_cells_are_put_back_in_order(raw):
    raw["cells"].reverse()
    result = aligned(raw)
    assert [c.key for c in result.cells] == [c.key for c in MASTER.cells]
    assert any("moved" in note for note in result.repairs)


def test_a_retyped_cell_without_ids_is_recognised_by_its_functions(raw):
    raw["cells"][2] = code("def f(x):\n    return 9")
    result = aligned(raw)
    assert of(result, "f").source.endswith("return 9")
    assert any("lost its id" in note for note in result.repairs)


def test_a_cell_whose_metadata_was_lost_is_recognised_by_its_cell_id(raw):
    cell(raw, "f")["metadata"] = {}
    assert of(aligned(raw), "f").source.endswith("return 1 + x")


def test_an_edited_test_cell_is_replaced_by_the_masters(raw):
    cell(raw, "test_f")["source"] = "pass"
    result = aligned(raw)
    assert of(result, "test_f").source.startswith("assert f(1) == 2")
    assert any("test cell test_f was edited" in note for note in result.repairs)


@pytest.mark.parametrize(
    ("name", "value"),
    [("points", 100), ("grade", False), ("locked", False), ("solution", True), ("schema_version", 99)],
)
def test_changed_grading_metadata_is_told_and_the_masters_counts(raw, name, value):
    cell(raw, "test_f")["metadata"]["nbgrader"][name] = value
    result = aligned(raw)
    assert f"The {name} of test_f were changed; the master's count." in result.repairs
    clean = to_notebook(result, INSTRUCTOR)
    assert next(c for c in clean.cells if c.id == "test-f").metadata == INSTRUCTOR.cells[3].metadata


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception", "remove-cell"])
def test_tags_that_skip_a_cell_have_no_effect(raw, tag):
    cell(raw, "test_f")["metadata"]["tags"] = [tag]
    result = aligned(raw)
    assert "Tags that skip test_f have no effect." in result.repairs
    assert all("tags" not in c.metadata for c in to_notebook(result, INSTRUCTOR).cells)


def test_a_cell_turned_into_text_is_read_as_code(raw):
    cell(raw, "f")["cell_type"] = "markdown"
    result = aligned(raw)
    assert of(result, "f").is_code
    assert any("turned into a markdown cell" in note for note in result.repairs)


def test_an_added_helper_cell_stays_where_it_was(raw):
    raw["cells"].insert(2, code("def helper():\n    return 1"))
    result = aligned(raw)
    assert [c.key or c.kind for c in result.cells][:4] == ["intro", "setup", "added", "f"]


def test_a_cell_before_all_others_stays_there(raw):
    raw["cells"].insert(0, code("x = 1"))
    assert aligned(raw).cells[0].source == "x = 1"


def test_an_edited_setup_cell_comes_after_the_masters_own(raw):
    cell(raw, "setup")["source"] = "import math\nimport os"
    assert [c.source for c in aligned(raw).cells[1:3]] == ["import math", "import math\nimport os"]


def test_a_changed_experiment_is_flagged(raw):
    cell(raw, "try")["source"] = "depth = 30"
    experiment = of(aligned(raw), "try")
    assert (experiment.source, experiment.changed) == ("depth = 30", True)


def test_an_unchanged_experiment_is_not_flagged(raw):
    assert not of(aligned(raw), "try").changed


def test_an_untouched_stub_does_not_undo_an_answer_in_a_cell_before_it(raw):
    cell(raw, "f")["source"] = RELEASE.cells[2].source
    raw["cells"].insert(2, code("def f(x):\n    return 4"))
    assert of(aligned(raw), "f").source == ""


def _shown(raw, *outputs):
    cell(raw, "try")["outputs"] = list(outputs)
    return next(c for c in to_notebook(aligned(raw), INSTRUCTOR).cells if c.id == "try").outputs


def test_html_is_dropped(raw):
    assert (
        _shown(raw, {"output_type": "display_data", "data": {"text/html": "<script>"}, "metadata": {}}) == []
    )


def test_a_png_is_kept_without_the_html_beside_it(raw):
    data = {"text/html": "<b>", "image/png": PNG}
    assert [o.data for o in _shown(raw, {"output_type": "display_data", "data": data})] == [
        {"image/png": PNG}
    ]


def test_what_only_claims_to_be_a_png_is_dropped(raw):
    assert _shown(raw, {"output_type": "display_data", "data": {"image/png": "<script>"}}) == []


def test_printed_text_is_kept(raw):
    assert _shown(raw, {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]})[0].text == "a\nb"


def test_a_long_text_is_cut(raw):
    assert len(_shown(raw, {"output_type": "stream", "text": "a" * 50_000})[0].text) == 10_000


def test_the_clean_notebook_is_valid(raw):
    nbformat.validate(to_notebook(aligned(raw), INSTRUCTOR))


def test_a_submission_is_found_by_its_lesson(tmp_path):
    for name in ("t.ipynb", "other.ipynb"):
        (tmp_path / name).write_text("{}")
    assert find_submission(tmp_path, "t") == (tmp_path / "t.ipynb", [])


def test_a_renamed_file_is_graded_all_the_same(tmp_path):
    (tmp_path / "t (1).ipynb").write_text("{}")
    found, notes = find_submission(tmp_path, "t")
    assert found == tmp_path / "t (1).ipynb"
    assert "is called t (1).ipynb instead of t.ipynb" in notes[0]


def test_a_missing_folder_holds_no_submission(tmp_path):
    assert find_submission(tmp_path / "no", "t") == (None, [])


def test_links_are_not_followed(tmp_path):
    (tmp_path / "t.ipynb").symlink_to("/etc/passwd")
    found, notes = find_submission(tmp_path, "t")
    assert found is None
    assert "Links are not followed" in notes[0]


def test_modules_beside_the_notebook_are_told(tmp_path):
    (tmp_path / "torch.py").write_text("")
    assert "torch.py" in find_submission(tmp_path, "t")[1][0]


def survives(data: bytes) -> None:
    try:
        result = aligned(data)
    except Unreadable:
        return
    assert [c.key for c in result.cells if c.key] == [c.key for c in MASTER.cells]
    nbformat.writes(to_notebook(result, INSTRUCTOR)).encode()


@pytest.mark.parametrize("depth", [100, 300, 450, 600, 900, 980, 5000])
@pytest.mark.parametrize("place", ["metadata", "outputs"])
@pytest.mark.parametrize("version", [3, 4])
def test_any_depth_of_nesting_is_aligned_or_unreadable(raw, depth, place, version):
    cell(raw, "f")[place] = "HERE"
    raw["nbformat"] = version
    deep = '{"a":' * depth + "1" + "}" * depth
    deep = deep if place == "metadata" else f"[{deep}]"
    survives(json.dumps(raw).replace('"HERE"', deep).encode())


def test_half_a_character_is_replaced(raw):
    cell(raw, "f")["source"] = "x = '\ud800'"
    cell(raw, "try")["outputs"] = [{"output_type": "stream", "text": "\udc00"}]
    assert of(aligned(raw), "f").source == "x = '?'"
    survives(json.dumps(raw).encode())


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_aligned_or_unreadable(data):
    survives(data)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["f", "test_f"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "source", "data"]), inner)
    ),
    max_leaves=5,
)


def places(value, found):
    """Every (container, key) in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        found.append((value, key))
        places(inner, found)
    return found


@settings(max_examples=200, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.integers(), st.lists(JUNK, min_size=1, max_size=4), st.booleans())
def test_a_damaged_notebook_is_aligned_or_unreadable(seed, junk, cut):
    damaged = json.loads(nbformat.writes(RELEASE))
    damaged["cells"][6]["outputs"] = [
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}}
    ]
    chance = random.Random(seed)
    for value in junk:
        container, key = chance.choice(places(damaged, []) or [(damaged, "cells")])
        if chance.random() < 0.3:
            del container[key]
        else:
            container[key] = value
    data = json.dumps(damaged).encode()
    survives(data[: chance.randrange(len(data))] if cut and chance.random() < 0.2 else data)


def test_a_picture_pasted_into_a_written_answer_is_kept_and_nothing_else_is(raw):
    pasted = {
        "proof.png": {"image/png": PNG, "text/html": "<script>"},
        "trick.svg": {"image/svg+xml": "<svg onload=steal()>"},
        "odd.png": "no dict",
    }
    answer = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "![](attachment:proof.png)"}
    raw["cells"].insert(2, {**answer, "attachments": pasted})
    notebook = to_notebook(aligned(raw), INSTRUCTOR)
    assert [c.attachments for c in notebook.cells if "attachments" in c] == [
        {"proof.png": {"image/png": PNG}}
    ]
    nbformat.validate(notebook)
