"""What goes into the students' bundle: an allow-list. What is not named here stays at home."""

from __future__ import annotations

import pathlib
import tempfile
import tomllib

from autograde.course import Course
from autograde.errors import CourseError
from coursekit import start

FILES = pathlib.Path(__file__).parent / "files"
PROJECT = pathlib.Path(__file__).resolve().parents[2]
"""Where coursekit/, datasets/ and the start scripts lie, whichever course folder the lessons are in."""
ALLOWED = (
    "coursekit/*.py",
    "coursekit/lessons.json",
    "datasets/*.md",
    "datasets/*/README.md",
    "datasets/*/*.npz",
    "datasets/*/*.npz.sha256",
    "tools/bootstrap.py",
    "tools/lab.py",
    "tools/lab_settings/student/*.json",
)
NEEDED = ("numpy", "torch", "matplotlib", "jupyterlab", "ipywidgets", "nbgrader")
"""Of the project's requirements, those that a student's machine needs (nbgrader for Validate)."""


def contents(course: Course, lessons: tuple[str, ...]) -> dict[str, bytes]:
    """Every file of the bundle by its path in it. Raises `CourseError` if a lesson has not been built."""
    found = {}
    for lesson in lessons:
        path = course.release_path(lesson)
        if not path.exists():
            raise CourseError(
                "The lesson has not been built.", file=path, advice="Run `autograde build` first."
            )
        found[f"notebooks/{lesson}/{lesson}.ipynb"] = path.read_bytes()
    for pattern in ALLOWED:
        for path in sorted(PROJECT.glob(pattern)):
            found[path.relative_to(PROJECT).as_posix()] = path.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        found["notebooks/START.md"] = _start_page(pathlib.Path(folder), lessons).encode()
    requirements = _requirements()
    found["README.md"] = _filled("README.md", lessons=_list(lessons), first=lessons[0]).encode()
    found["start.py"] = (FILES / "start.py").read_bytes()
    found["pyproject.toml"] = _filled("pyproject.toml.txt", requirements=requirements).encode()
    return found


def _start_page(folder: pathlib.Path, lessons: tuple[str, ...]) -> str:
    """The start page of somebody who has these lessons and has not begun."""
    for lesson in lessons:
        (folder / lesson).mkdir()
        (folder / lesson / f"{lesson}.ipynb").touch()
    return start.page(folder)


def _filled(name: str, **values: str) -> str:
    text = (FILES / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", value)
    return text


def _list(lessons: tuple[str, ...]) -> str:
    return "\n".join(f"- `notebooks/{lesson}/{lesson}.ipynb`" for lesson in lessons)


def _requirements() -> str:
    """The lines of the project's own requirements that students need: one source for every version."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    chosen = [r for r in project["dependencies"] if r.startswith(NEEDED)]
    return "\n".join(f'    "{requirement}",' for requirement in chosen)
