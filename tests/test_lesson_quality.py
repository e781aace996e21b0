"""What every lesson owes its readers: an outline, links that lead somewhere, pictures in words, a red thread."""

from __future__ import annotations

import pathlib
import re

import nbformat
import pytest
from prose import equations, heading_troubles, link_trouble, missing_references, read_prose

from autograde.master import CellKind, read_master

ROOT = pathlib.Path(__file__).resolve().parent.parent
LESSONS = sorted(path.stem for path in ROOT.glob("solutions/*/*.py"))
SECTIONS = {"1": "4.1", "2": "4.2", "3": "4.3", "4": "4.4", "5": "4.5", "6": ""}
NEEDS = re.compile(r"\bneeds\(globals\(\), (.+)\)")
every_lesson = pytest.mark.parametrize("lesson", LESSONS)


def markdown_of(lesson: str) -> list[str]:
    """The prose cells of the notebook that students open: cards and hints unfolded, answers left out."""
    path = ROOT / "notebooks" / lesson / f"{lesson}.ipynb"
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]


def prose_of(lesson: str):
    return read_prose("\n\n".join(markdown_of(lesson)))


def opening(lesson: str) -> str:
    """The prose before Part 1."""
    return "\n\n".join(markdown_of(lesson)).partition("\n## Part 1")[0]


@every_lesson
def test_the_outline_has_one_title_and_leaves_out_no_level(lesson):
    assert heading_troubles(prose_of(lesson).headings) == []


@every_lesson
def test_every_link_leads_somewhere(lesson):
    prose = prose_of(lesson)
    folder = ROOT / "notebooks" / lesson
    assert [t for link in prose.links if (t := link_trouble(link, folder, prose.headings))] == []


@every_lesson
def test_every_part_lesson_and_section_that_is_named_exists(lesson):
    parts = {m[1] for _, text in prose_of(lesson).headings if (m := re.match(r"Part (\d+)\b", text))}
    assert missing_references("\n\n".join(markdown_of(lesson)), parts, SECTIONS) == []


@every_lesson
def test_every_picture_in_the_text_has_an_alt_text(lesson):
    assert [alt for alt in prose_of(lesson).alts if len(alt) < 10] == []


@every_lesson
def test_figures_are_shown_with_words_and_never_bare(lesson):
    sources = [c.source for c in read_master(ROOT / "solutions" / lesson / f"{lesson}.py").cells]
    assert [s for s in sources if re.search(r"\bplt\.show\(|\bdisplay\(figure|\bsavefig\(", s)] == []


@every_lesson
def test_dollars_come_in_pairs_and_braces_too(lesson):
    for markdown in markdown_of(lesson):
        for tex in equations(markdown):
            plain = re.sub(r"\\[{}\\]", "", tex)
            assert plain.count("{") == plain.count("}"), tex
            assert tex.count(r"\left") - tex.count(r"\leftarrow") == tex.count(r"\right") - tex.count(
                r"\rightarrow"
            ), tex
            assert sorted(re.findall(r"\\begin\{(\w+)\}", tex)) == sorted(
                re.findall(r"\\end\{(\w+)\}", tex)
            ), tex


@every_lesson
def test_a_lesson_starts_with_the_map_of_the_course_and_its_own_parts(lesson):
    start = opening(lesson)
    others = [n for n in "123456" if not re.search(rf"\b[Ll]essons? {n}\b|^\| \**{n} ", start, re.MULTILINE)]
    assert others == []
    assert len(re.findall(r"^\| \d \w", start, re.MULTILINE)) >= 4


@every_lesson
def test_a_later_lesson_starts_with_a_recall_quiz(lesson):
    asked = re.findall(r"<details><summary>(\d)\. .+?</summary>\n\n.+?</details>", opening(lesson), re.DOTALL)
    assert lesson == LESSONS[0] or len(asked) >= 4


@every_lesson
def test_a_lesson_ends_with_what_one_can_now_do(lesson):
    ends = [text for level, text in prose_of(lesson).headings if level == 2]
    assert [text for text in ends if text != "Hand in"][-1] == "What you can now do"
    text = "\n\n".join(markdown_of(lesson)).partition("## What you can now do")[2]
    assert len(re.findall(r"^- ", text, re.MULTILINE)) >= 5


@every_lesson
def test_an_experiment_that_goes_on_names_headings_that_are_there(lesson):
    master = read_master(ROOT / "solutions" / lesson / f"{lesson}.py")
    headings = " ".join(text for _, text in prose_of(lesson).headings)
    named = [h for c in master.of_kind(CellKind.EXPERIMENT) for args in NEEDS.findall(c.source)
             for h in re.findall(r'="([^"]+)"', args)]  # fmt: skip
    assert [heading for heading in named if heading not in headings] == []


def test_the_readmes_table_counts_words_exercises_figures_and_minutes_of_every_lesson():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("<!-- lessons")[2].partition("<!-- end")[0].splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if line.startswith("|")]
    assert rows[0] == ["lesson", "words", "exercises", "graded functions", "figures", "minutes"]
    assert [row[0].partition(" ·")[0] for row in rows[2:]] == [f"Lesson {n}" for n in range(1, 7)]
    assert all(int(number.replace(",", "")) > 0 for row in rows[2:] for number in row[1:])


@pytest.mark.parametrize(
    "markdown, trouble",
    [
        ("## Late\n\n# Title", "headings of level 1"),
        ("# One\n\n# Two", "2 headings of level 1"),
        ("# One\n\n### Three", "“Three” leaves out a level"),
        ("# One\n\n## A\n\n## A", "“A” comes twice"),
    ],
)
def test_a_bad_outline_is_noticed(markdown, trouble):
    assert any(trouble in said for said in heading_troubles(read_prose(markdown).headings))


@pytest.mark.parametrize(
    "link, trouble",
    [
        ("http://numpy.org", "not an https address"),
        ("https://numpy", "not an https address"),
        ("missing.md", "no such file"),
        ("#Nowhere", "no such heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_noticed(link, trouble, tmp_path):
    prose = read_prose(f"# A title\n\n[words]({link}) <a href='{link}'>words</a>")
    assert prose.links == (link, link)
    assert trouble in link_trouble(link, tmp_path, prose.headings)


def test_a_good_link_is_left_alone(tmp_path):
    (tmp_path / "here it is.md").touch()
    for link in ("https://numpy.org/doc/stable/", "here%20it%20is.md", "#A-title"):
        assert link_trouble(link, tmp_path, ((1, "A title"),)) is None


def test_pictures_without_words_are_noticed():
    assert read_prose('![](a.png) <img src="b.png"> ![a curve](c.png)').alts == ("", "a curve", "")


def test_references_to_what_is_not_there_are_noticed():
    text = "See part 3 and Part 7, lesson 9 and S4.8; part 8 of lesson 2 is its own affair."
    assert missing_references(text, {"3"}, SECTIONS) == ["Part 7", "lesson 9", "S4.8"]
