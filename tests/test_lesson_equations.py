"""Every equation of every lesson, typeset by the MathJax of the JupyterLab that students open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prose import equations
from student_lab import address_to, students_lab
from test_lesson_quality import LESSONS, markdown_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PREVIEW = "&factory=Markdown%20Preview"
TYPESET = "() => document.querySelectorAll('.jp-MarkdownViewer mjx-container').length"
BROKEN = """() => [...document.querySelectorAll('.jp-MarkdownViewer mjx-container')]
    .filter(e => e.querySelector('mjx-merror, [data-mjx-error], [style*="red"], [mathcolor="red"]'))
    .map(e => e.textContent || e.outerHTML)"""
LEFT = """() => { const seen = document.querySelector('.jp-MarkdownViewer').cloneNode(true);
    seen.querySelectorAll('code, pre, mjx-container').forEach(e => e.remove());
    return (seen.textContent.match(/.{0,30}(\\$|\\\\[a-z]+).{0,30}/g) || []); }"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, object]]:
    """A students' lab and the folder it shows."""
    root = tmp_path_factory.mktemp("equations")
    with students_lab(root) as address:
        yield address, root / "notebooks"


def typeset(lab, page, markdown: str) -> tuple[int, list[str], list[str]]:
    """How many equations JupyterLab shows of a text, those with an error in them, and TeX left as text."""
    address, folder = lab
    (folder / "prose.md").write_text(markdown, encoding="utf-8")
    page.goto(address_to(address, "prose.md") + PREVIEW)
    wanted = len(equations(markdown))
    page.locator(".jp-MarkdownViewer .jp-RenderedMarkdown").wait_for(timeout=120_000)
    page.wait_for_function(f"({TYPESET})() >= {wanted}", timeout=120_000)
    return page.evaluate(TYPESET), page.evaluate(BROKEN), page.evaluate(LEFT)


def test_jupyterlab_typesets_every_equation_of_every_lesson_without_an_error(lab, browser_page):
    lessons = ["\n\n".join(markdown_of(lesson)) for lesson in LESSONS]
    assert all(len(equations(markdown)) >= 5 for markdown in lessons)
    markdown = "\n\n".join(lessons)  # one page: starting a browser costs more than the equations
    assert typeset(lab, browser_page[0], markdown) == (len(equations(markdown)), [], [])


def test_an_unknown_command_and_an_open_bracket_are_noticed(lab, browser_page):
    found, broken, _ = typeset(
        lab, browser_page[0], r"Good $x^2$, unknown $\nosuchcommand x$, unbalanced $\left(x$."
    )
    assert (found, len(broken)) == (3, 2)
