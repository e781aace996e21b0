"""The static site: lessons with figures and without answers, every link followed, every page opened in a browser."""

from __future__ import annotations

import pathlib
import re

import nbformat
import pytest

from autograde.course import Course
from autograde.errors import CourseError
from autograde.site import build, execute, freshness
from autograde.site.api import api_pages
from autograde.site.check import require_nothing_given_away, require_whole
from autograde.site.freshness import fingerprint
from autograde.site.markdown import Writer
from autograde.site.outputs import Outputs
from autograde.site.search import search_index

LESSON = "02_vanishing_gradients"
PAGE = f"lessons/{LESSON}.html"
RUN = ("first-look", "activation-shapes")
"""The experiments that the tests run: one figure, one widget."""
PICTURES = pathlib.Path(__file__).resolve().parent.parent / "artifacts"


@pytest.fixture(scope="module")
def copy(course, tmp_path_factory) -> Course:
    """The course in a folder of its own, so that what is kept of a short run stays out of the real one."""
    root = tmp_path_factory.mktemp("site-course")
    for name in ("solutions", "notebooks", "docs", "nbgrader_config.py"):
        (root / name).symlink_to(course.root / name)
    return Course(root)


@pytest.fixture(scope="module")
def files(copy) -> dict[str, bytes]:
    """The whole site; of lesson 2 a few cells have run, of the others nothing."""
    whole = execute._instructor

    def short(course: Course, lesson: str) -> nbformat.NotebookNode:
        notebook = whole(course, lesson)
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell.metadata["autograde"]["kind"] in ("setup", "exercise") or cell.id in RUN
        ]
        return notebook

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "_instructor", short)
        return build.site_files(copy, [LESSON])


@pytest.fixture(scope="module")
def site(files, tmp_path_factory) -> pathlib.Path:
    """The site on disk."""
    folder = tmp_path_factory.mktemp("out") / "site"
    build._write(folder, files)
    return folder


def test_a_formula_becomes_mathml_and_a_heading_a_place():
    writer = Writer()
    text = writer.html("## A *part*\n\n$$\\frac{1}{n}$$ and $x_i$, `$5`\n\n## A *part*\n")
    assert text.count("<math") == 2 and "<mfrac>" in text and "<code>$5</code>" in text
    assert [heading.anchor for heading in writer.headings] == ["a-part", "a-part-2"]


def test_tex_without_mathml_is_named():
    with pytest.raises(CourseError, match=r"\\nosuchthing"):
        Writer().html("$\\nosuchthing{x}$")


def test_an_output_is_escaped_and_a_finished_bar_left_out():
    cells = [
        nbformat.v4.new_code_cell(
            id="c",
            outputs=[
                nbformat.v4.new_output("stream", text="\x1b[31m<b> & co\x1b[0m"),
                nbformat.v4.new_output("display_data", data={"text/plain": "training: 4 of 4 done in 3.2 s"}),
            ],
        )
    ]
    shown = Outputs("01_x", nbformat.v4.new_notebook(cells=cells)).html("c")
    assert "&lt;b&gt; &amp; co" in shown and "done in" not in shown and "\x1b" not in shown


def test_the_api_names_no_folder_of_this_machine_and_no_exercise(course):
    pages = {page.path: page for page in api_pages()}
    assert "api/coursekit.figures.html" in pages and "api/autograde.judge.trial.html" in pages
    assert not [path for path in pages if "exercises" in path]
    assert not [path for path, page in pages.items() if str(course.root) in page.body]


@pytest.fixture
def project(tmp_path) -> pathlib.Path:
    """A kit and two data sets, small enough to see through."""
    texts = {
        "coursekit/__init__.py": "",
        "coursekit/figures.py": "from coursekit.colours import BLUE\n",
        "coursekit/colours.py": "BLUE = 1\n",
        "coursekit/data.py": 'def load(folder="digits"):\n    return folder\n',
        "coursekit/zoo.py": "import torch\n",
        "coursekit/submit.py": "import os\n",
        "datasets/digits/digits.csv": "1",
        "datasets/digits/README.md": "Digits.",
        "datasets/street/street.csv": "2",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


CELLS = ["%matplotlib inline\nfrom coursekit import figures\nfrom coursekit.data import load", "x = 1  # one"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("coursekit/figures.py", "from coursekit.colours import BLUE\nWIDTH = 2\n"),
        ("coursekit/colours.py", "BLUE = 2\n"),
        ("coursekit/__init__.py", "import os\n"),
        ("coursekit/data.py", 'def load(folder="digits"):\n    import torch\n    return folder\n'),
        ("datasets/digits/digits.csv", "3"),
    ],
)
def test_what_a_lesson_uses_makes_its_figures_stale(project, name, text):
    before = fingerprint(CELLS, project)
    (project / name).write_text(text)
    assert fingerprint(CELLS, project) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("coursekit/zoo.py", "import torch\nPETS = 2\n"),
        ("coursekit/submit.py", "import sys\n"),
        ("coursekit/colours.py", "# Colour-blind safe.\nBLUE = (1)\n"),
        ("coursekit/new.py", "import numpy\n"),
        ("datasets/digits/README.md", "Handwritten digits."),
        ("datasets/street/street.csv", "4"),
    ],
)
def test_what_a_lesson_does_not_use_leaves_its_figures_fresh(project, name, text):
    before = fingerprint(CELLS, project)
    (project / name).write_text(text)
    assert fingerprint(CELLS, project) == before


def test_another_cell_makes_the_figures_stale_and_a_comment_does_not(project):
    before = fingerprint(CELLS, project)
    assert fingerprint([CELLS[0], "x = 2"], project) != before
    assert fingerprint([CELLS[0], "x = 1"], project) == before


def test_another_version_of_a_package_that_is_used_makes_the_figures_stale(project, monkeypatch):
    before = fingerprint(["import numpy"], project), fingerprint(["x = 1"], project)
    monkeypatch.setattr("autograde.site.freshness.importlib.metadata.version", lambda name: "0")
    after = fingerprint(["import numpy"], project), fingerprint(["x = 1"], project)
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)


def test_every_lesson_is_seen_with_the_kit_and_the_data_that_it_uses(course):
    for lesson in course.lessons():
        cells = [
            cell.source for cell in execute._instructor(course, lesson).cells if cell.cell_type == "code"
        ]
        trees = [freshness._tree(cell) for cell in cells]
        modules = freshness._modules(trees, course.root / "coursekit")
        assert {"figures", "widgets", "progress", "data"} <= set(modules), lesson
        assert not {"start", "submit"} & set(modules)
        assert freshness._data([*trees, *modules.values()], course.root / "datasets"), lesson


@pytest.mark.slow
class TestSite:
    """What holds for the built site."""

    def test_it_is_whole_and_gives_nothing_away(self, files, copy):
        require_nothing_given_away(copy, files)
        require_whole(files)

    def test_a_solution_cell_shows_the_stub(self, files):
        page = files[PAGE].decode()
        cell = page.partition('id="cell-he-normal">')[2].partition('<div class="cell')[0]
        assert "YOUR CODE HERE" in cell and "NotImplementedError" in cell

    def test_the_figures_are_there_with_their_descriptions(self, files):
        page = files[PAGE].decode()
        assert f"figures/{LESSON}/first-look-1.png" in files
        assert re.search(r'<img src="../figures/[^"]+first-look-1.png" alt="Five curves', page)

    def test_a_widget_shows_its_first_figure_and_says_that_it_moves(self, files):
        page = files[PAGE].decode()
        moves = page.partition('class="moves"')[2][:3000]
        assert "activation-shapes-1.png" in moves and "In the notebook this figure moves" in moves
        assert f"figures/{LESSON}/activation-shapes-2.png" not in files

    def test_a_second_build_runs_nothing(self, files, copy, monkeypatch):
        kept = sorted((copy.root / ".autograde" / "site").glob("*.ipynb"))
        assert [path.name.rpartition("-")[0] for path in kept] == [LESSON]
        text = kept[0].read_text()
        assert "def he_normal" not in text and "np.sqrt(2" not in text

    @pytest.mark.parametrize(
        ("page", "planted"),
        [
            (PAGE, "    return (dxhat * inv_std + dvar * 2 * xmu / n + dmu / n)"),
            ("guide/term.html", "    return (dxhat * inv_std + dvar * 2 * xmu / n + dmu / n)"),
            (PAGE, "### BEGIN SOLUTION"),
        ],
    )
    def test_a_planted_answer_is_found(self, files, copy, lesson, page, planted):
        cell = next(c for c in lesson.master.cells if c.key == "batchnorm_backward")
        if "###" not in planted:
            planted = max(_solution(cell.source), key=len)
        bad = files | {page: files[page].replace(b"</main>", f"<pre>\n{planted}\n</pre></main>".encode())}
        with pytest.raises(CourseError, match=r"answer to|BEGIN SOLUTION"):
            require_nothing_given_away(copy, bad)

    def test_an_answer_that_an_experiment_prints_stops_the_build(
        self, files, copy, lesson, tmp_path, monkeypatch
    ):
        cell = next(c for c in lesson.master.cells if c.key == "batchnorm_backward")
        line = max(_solution(cell.source), key=len)
        printed = nbformat.v4.new_output("stream", text=f"{line}\n")
        ran = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(id="first-look", outputs=[printed])])
        monkeypatch.setattr(execute, "cached", lambda course, name: ran if name == LESSON else None)
        with pytest.raises(CourseError, match="answer to"):
            build.build_site(copy, tmp_path / "site", ())
        assert not (tmp_path / "site").exists()

    def test_a_broken_link_and_a_page_that_loads_from_elsewhere_are_found(self, files):
        for bad, what in (
            ('<a href="nowhere.html">x</a>', "leads nowhere"),
            ('<a href="#nowhere">x</a>', "no such place"),
            ('<img src="https://example.org/x.png" alt="">', "would load"),
        ):
            page = files["guide/term.html"].replace(b"</main>", f"{bad}</main>".encode())
            with pytest.raises(CourseError, match=what):
                require_whole(files | {"guide/term.html": page})

    def test_the_search_index_has_every_lesson(self, files, copy):
        index = files["assets/search-index.js"].decode()
        assert all(f"lessons/{lesson}.html#" in index for lesson in copy.lessons())
        assert search_index([]) == "window.searchIndex = [];\n"
        assert not re.search(r'"x":"\d>', index)


@pytest.mark.slow
@pytest.mark.browser
class TestInTheBrowser:
    """Every page as a reader meets it."""

    def test_every_page_opens_without_a_complaint(self, site, browser_page):
        page, trouble = browser_page
        page.set_viewport_size({"width": 390, "height": 844})
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            assert page.locator("h1").count() == 1, path
            assert page.locator("main").count() == 1 and page.locator(".skip").count() == 1
            assert page.locator("img:not([alt]), img[alt='']").count() == 0, path
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, f"{path} is {wide} pixels wide on a phone"
        assert trouble == []

    def test_formulas_and_figures_are_drawn(self, site, browser_page):
        page, trouble = browser_page
        page.goto((site / PAGE).as_uri())
        sizes = page.evaluate(
            "[...document.querySelectorAll('main math')].map(m => m.getBoundingClientRect())"
        )
        assert len(sizes) > 40
        shown = [box for box in sizes if box["width"] > 4 and box["height"] > 4]
        assert len(shown) > 30  # the others are in folded text
        assert not re.search(r"\\(frac|sqrt|operatorname)|\$\$", page.locator("main").inner_text())
        image = page.locator("img[src$='first-look-1.png']")
        image.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector(\"img[src$='first-look-1.png']\").naturalWidth > 0")
        assert trouble == []

    def test_search_finds_a_section_and_goes_there(self, site, browser_page):
        page, trouble = browser_page
        page.goto((site / "index.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("clipping norm")
        page.locator("#found a").first.wait_for()
        page.locator("#found a").first.click()
        page.wait_for_url("**/lessons/**")
        assert trouble == []

    def test_on_paper_nothing_is_cut_off_and_folded_code_is_left_out(self, site, browser_page):
        page, trouble = browser_page
        page.set_viewport_size({"width": 680, "height": 960})  # A4 without its margins
        page.emulate_media(media="print", color_scheme="dark")
        for name in ("index.html", PAGE, "guide/lecture_map.html", "guide/term.html"):
            page.goto((site / name).as_uri())
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
            assert page.evaluate("document.documentElement.scrollWidth") <= 680, name
            assert not page.locator(".top, .side, footer").filter(visible=True).count(), name
        page.goto((site / PAGE).as_uri())
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".cell.prose > details > p, .cell.prose > details li").first.is_visible()
        assert not page.locator(".cell.experiment > details").filter(visible=True).count()
        assert trouble == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_pictures_are_kept(self, site, browser_page, scheme):
        page, trouble = browser_page
        page.emulate_media(color_scheme=scheme)
        PICTURES.mkdir(exist_ok=True)
        for name in ("index.html", PAGE, "guide/lecture_map.html", "api/coursekit.figures.html"):
            page.goto((site / name).as_uri())
            page.screenshot(path=PICTURES / f"site_{scheme}_{pathlib.Path(name).stem}.png")
        assert trouble == []


def _solution(source: str) -> list[str]:
    inside = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    return [line.strip() for region in inside for line in region.splitlines()]


def test_the_site_replaces_an_older_one_whole(tmp_path):
    build._write(tmp_path / "site", {build.MARK: b"", "old.html": b"old"})
    build._write(tmp_path / "site", {build.MARK: b"", "index.html": b"new"})
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == ["assets", "index.html"]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CourseError, match="something else"):
        build._write(tmp_path, {"index.html": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
