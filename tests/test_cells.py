"""Markdown cells on nbgrader's pages: formulas without a script or a network, and strangers' text that stays text."""

from __future__ import annotations

import re

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.server_extensions.formgrader.handlers import static_path
from traitlets.config import Config

from autograde.pages.cells import render_cell
from autograde.pages.formulas import mathml
from autograde.record.nbgrader_road import configure


def test_every_formula_of_the_lessons_becomes_mathml(course):
    from autograde.master import read_master

    for lesson in course.lessons():
        for cell in read_master(course.master_path(lesson)).cells:
            if cell.is_markdown:
                html = render_cell(cell.source, theirs=False)
                prose = re.sub(r"<(pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
                assert "$" not in prose, (lesson, cell.key)
                assert ("<math" in html) >= ("$$" in cell.source)


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand{x}", "x" * 5000, r"\begin{matrix}", "}{"])
def test_what_is_no_formula_is_shown_as_it_is(tex):
    made = mathml(tex)
    assert "<math" in made or made.startswith("<code>")
    assert "<script" not in mathml(r"<script>alert(1)</script>")


@pytest.mark.parametrize(
    "text",
    [
        "<script>steal()</script>",
        "<img src=x onerror=steal()>",
        "[see](javascript:steal())",
        "$<script>steal()</script>$",
        r"$\text{<img src=x onerror=steal()>}$",
        "![me](https://example.org/pixel.png)",
        "`<b onclick=steal()>`",
    ],
)
def test_a_students_text_neither_runs_nor_calls_another_machine(text):
    html = render_cell(text, theirs=True)
    assert not re.search(r"<(script|img)|<[^>]*\son\w+=|href=.javascript", html)


def test_a_picture_that_is_not_in_the_file_does_not_stop_the_page():
    assert "not in the file" in render_cell("![plot](attachment:plot.png)", theirs=True)
    kept = render_cell("![plot](attachment:plot.png)", True, {"plot.png": {"image/png": "aGk="}})
    assert 'src="data:image/png;base64,aGk="' in kept


@pytest.mark.parametrize("page", ["formgrade", "feedback"])
def test_nbgraders_templates_load_no_mathjax(page):
    c = Config()
    configure(c)
    c.HTMLExporter.template_name = page
    c.HTMLExporter.extra_template_paths = [
        f"{static_path}/node_modules/bootstrap/dist/css"
    ]  # as nbgrader does
    cells = [
        new_markdown_cell("$$a^2$$", metadata={"autograde": {"kind": "prose"}}),
        new_markdown_cell("<b id=mine>hello</b>"),
    ]
    grading = {
        "notebook": "n",
        "assignment": "a",
        "student": "s",
        "score": 1,
        "max_score": 1,
        "late_penalty": 0,
    }
    resources = {"nbgrader": grading, "base_url": "", "index": 0, "total": 1}
    html, _ = HTMLExporter(config=c).from_notebook_node(new_notebook(cells=cells), resources=resources)
    assert "<msup>" in html
    assert "<b id=mine>" not in html
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)
