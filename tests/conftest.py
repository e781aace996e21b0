"""Shared by the tests: the real lesson and one warm process."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys

import pytest

# Before NumPy and torch start their pools: threads that wait for one another on busy cores turn seconds into minutes.
for _library in ("OMP", "MKL", "OPENBLAS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
# nbgrader starts `alembic` by its name, which is beside this Python also where no environment is activated.
os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

from autograde.course import Course
from autograde.demo.sample import SAMPLES
from autograde.engine.lesson import Lesson, load_lesson
from autograde.engine.pool import warm_process
from autograde.engine.submission import grade_folder
from autograde.record.write import Recorder
from autograde.student.remote import WarmProcess

LESSON = "02_vanishing_gradients"


@pytest.fixture(scope="session")
def course() -> Course:
    """This repository as a course."""
    return Course(pathlib.Path(__file__).resolve().parent.parent)


@pytest.fixture(scope="session")
def lesson(course: Course) -> Lesson:
    """Lesson 2, loaded once."""
    return load_lesson(course, LESSON)


@pytest.fixture(scope="session")
def warm(course: Course) -> WarmProcess:
    """One warm process for all tests of a worker."""
    return warm_process(True, course.root)


@pytest.fixture(scope="session")
def graded_class(course: Course, lesson: Lesson, warm: WarmProcess, tmp_path_factory) -> Course:
    """A class folder with a few graded submissions of every sort: read it, do not change it."""
    root = tmp_path_factory.mktemp("graded")
    ignore = shutil.ignore_patterns("*.ipynb", "__pycache__")
    shutil.copytree(course.solutions, root / "solutions", ignore=ignore)
    shutil.copytree(course.notebooks, root / "notebooks")
    shutil.copy(course.root / "nbgrader_config.py", root)
    made = Course(root)
    with Recorder(made, lesson.name) as recorder:
        for student in ("all_right", "other_style", "one_mistake", "untouched", "edited_tests", "not_json"):
            folder = made.submitted / student / lesson.name
            folder.mkdir(parents=True)
            for name, data in SAMPLES[student](lesson).items():
                (folder / name).write_bytes(data)
            recorder.record(grade_folder(folder, student, lesson, warm, 3))
    return made


@pytest.fixture(scope="session")
def graded_tiny(tmp_path_factory):
    """A tiny course of four submissions, graded once: work on a `tiny_course.copy_of` it."""
    import tiny_course

    with pytest.MonkeyPatch.context() as patch:
        made = tiny_course.make(tmp_path_factory.mktemp("tiny"), 4, patch, workers=1)
        code, events, err = made.grade()
    assert (code, events[-1]["graded"]) == (0, 4), err
    return made


@pytest.fixture
def browser_page():
    """A Chromium page, and everything that went wrong on it: console errors and requests off the machine."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("No Chromium here; .ci/run installs it.")
    trouble: list[str] = []
    local = (
        "file:",
        "data:",
        "blob:",
        "http://127.0.0.1",
        "http://localhost",
        "ws://127.0.0.1",
        "ws://localhost",
    )
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if r.url.startswith(local) else trouble.append(r.url))
        yield page, trouble
        browser.close()
