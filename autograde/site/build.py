"""The whole site: made in memory, scanned, its links followed, then written; nothing is written where something is wrong."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable, Sequence

from markupsafe import Markup

from autograde.course import Course
from autograde.errors import CourseError
from autograde.lecture.students import course_map
from autograde.master import read_master
from autograde.pages import render
from autograde.pages.render import code_style
from autograde.site import execute
from autograde.site.api import api_pages
from autograde.site.check import require_nothing_given_away, require_whole
from autograde.site.guide import guide_pages, index
from autograde.site.lesson import LessonFacts, facts, lesson_page
from autograde.site.outputs import Outputs
from autograde.site.page import Page
from autograde.site.search import search_index

ASSETS = pathlib.Path(__file__).parent / "assets"
MARK = "assets/search-index.js"
"""By this file a folder is known as a site, which the next build may replace."""
GUIDE = "How the course is built, graded and kept running."
SIGNALS, LAYERS = (1.05, 1.0, 0.85), 24
"""The picture on the start page: what is left of a signal that every layer multiplies by a factor."""
API = "What a lesson imports, and what a tool around the grader calls."


def build_site(
    course: Course,
    output: pathlib.Path,
    run: Sequence[str] | None = None,
    told: Callable[[str], None] = lambda lesson: None,
) -> pathlib.Path:
    """Write the site into `output` (which is replaced) and return its start page.

    `run` are the lessons to run where no figures are kept of them; all when None. `told` is called before each.
    Raises `CourseError` if a page would give an answer away or a link leads nowhere.
    """
    files = site_files(course, run, told)
    require_nothing_given_away(course, files)
    require_whole(files)
    _write(output, files)
    return output / "index.html"


def site_files(
    course: Course, run: Sequence[str] | None = None, told: Callable[[str], None] = lambda lesson: None
) -> dict[str, bytes]:
    """Every file of the site by its path."""
    lessons = [facts(course, lesson) for lesson in course.lessons()]
    files: dict[str, bytes] = {}
    pages = []
    for lesson in lessons:
        outputs = _outputs(course, lesson.lesson, run, told)
        pages.append(lesson_page(course, lesson, outputs))
        files |= outputs.pictures
    guide, api = guide_pages(course), api_pages()
    guide.insert(0, index(guide, "guide/index.html", "guide", "Instructor guide", GUIDE))
    api.insert(0, index(api, "api/index.html", "api", "API reference", API))
    files["index.html"] = _start(course, lessons, pages).encode()
    for group in (pages, guide, api):
        for number, page in enumerate(group):
            around = [group[n] if 0 <= n < len(group) else None for n in (number - 1, number + 1)]
            files[page.path] = _page(page, lessons, group, *around).encode()
    return files | _assets([*pages, *guide, *api])


def _outputs(course: Course, lesson: str, run: Sequence[str] | None, told: Callable[[str], None]) -> Outputs:
    found = execute.cached(course, lesson)
    if found is None and (run is None or lesson in run):
        told(lesson)
        found = execute.run(course, lesson)
    return Outputs(lesson, found)


def _start(course: Course, lessons: Sequence[LessonFacts], pages: Sequence[Page]) -> str:
    masters = [read_master(course.master_path(lesson.lesson)) for lesson in lessons[:1]]
    trouble = dict(enumerate(course_map(masters), start=1))
    page = Page("index.html", "start", "Training deep neural networks", "", Markup(""), ())
    stops = list(zip(lessons, pages, strict=True))
    return render(
        "site_start.html", page=page, lessons=stops, trouble=trouble, signals=SIGNALS, layers=LAYERS
    )


def _page(
    page: Page, lessons: Sequence[LessonFacts], group: Sequence[Page], before: Page | None, after: Page | None
) -> str:
    lesson = next((lesson for lesson in lessons if lesson.path == page.path), None)
    return render("site_page.html", page=page, group=group, lesson=lesson, before=before, after=after)


def _assets(pages: Sequence[Page]) -> dict[str, bytes]:
    found = {f"assets/{path.name}": path.read_bytes() for path in sorted(ASSETS.iterdir())}
    found["assets/site.css"] += code_style().encode()
    found[MARK] = search_index(pages).encode()
    return found


def _write(output: pathlib.Path, files: dict[str, bytes]) -> None:
    """Beside what is there, then in its place. Raises `CourseError` where something else than a site would go."""
    if output.exists() and any(output.iterdir()) and not (output / MARK).exists():
        raise CourseError(
            "The folder holds something else than a site.", file=output, advice="Name a new or empty folder."
        )
    fresh = output.with_name(output.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, data in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    shutil.rmtree(output, ignore_errors=True)
    fresh.replace(output)
