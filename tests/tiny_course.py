"""A course small enough to grade hundreds of submissions in a test: one lesson, two exercises.

Its declarations lie in the folder that `TINY_EXERCISES` names. Importing this module makes them known, in the
test, in an `autograde` started with `run` and in a Dask worker started with `--preload tiny_course`.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from autograde import exercises
from autograde.build import build_lesson
from autograde.course import Course

LESSON = "01_tiny"
ROOT = pathlib.Path(__file__).resolve().parent.parent
DECLARATIONS = """
from autograde.judge.exercise import Exercise


def made(name):
    return Exercise(
        name=name, lesson="01_tiny", functions=(name,), title=name, section="intro", difficulty=1, minutes=1,
        lines=1, hints=("Multiply.",),
    )


double_exercise, triple_exercise = made("double"), made("triple")


@double_exercise.reference
def double(x):
    return 2 * x


@triple_exercise.reference
def triple(x):
    return 3 * x


def check(trial, name, right):
    x = trial.rng.normal(size=3)
    with trial.case("three numbers"):
        trial.close(trial.call(name, x), right(x), name, source=x)


@double_exercise.aspect("values", points=2)
def _(trial):
    check(trial, "double", double)


@triple_exercise.aspect("values", points=3)
def _(trial):
    check(trial, "triple", triple)  # mended here


@triple_exercise.misconception("triple", "You square instead of tripling.")
def squares(x):
    return x * x


EXERCISES = (double_exercise, triple_exercise)
"""
MASTER = '''# %% [markdown] id="intro"
# # Tiny
#
# {{exercise double}}
#
# {{hints double}}

# %% id="setup" setup=true
import math

# %% exercise="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=2
assert double(1) == 2

# %% exercise="triple"
def triple(x):
    """Three times x."""
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION

# %% test="triple" points=3
assert triple(1) == 3
'''
WORK = {
    "right": ("return 2 * x", "return 3 * x", 5.0),
    "wrong": ("return 2 * x", "return x * x", 2.0),
    "raises": ("return 1 / 0", "return 3 * x", 3.0),
    "nothing": ("raise NotImplementedError", "raise NotImplementedError", 0.0),
}
"""Kinds of submissions: the two bodies and the mark they deserve."""

_declared_in = os.environ.get("TINY_EXERCISES")
if _declared_in and _declared_in not in exercises.__path__:
    exercises.__path__.append(_declared_in)


@dataclasses.dataclass(frozen=True, slots=True)
class Tiny:
    """A tiny course on disk."""

    course: Course
    declarations: pathlib.Path
    workers: int = 2

    def environment(self) -> dict[str, str]:
        """What a process needs to know the course's exercises and to start quickly."""
        folder = str(self.declarations.parent.parent)
        bin_folder = str(pathlib.Path(sys.executable).parent)
        path = f"{pathlib.Path(__file__).parent}{os.pathsep}{ROOT}"
        start = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "TINY_EXERCISES": folder, "PYTHONPATH": path, "PATH": start}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """`autograde grade 01_tiny --json` in a process group of its own."""
        code = "import tiny_course\nfrom autograde.cli.main import main\nmain()"
        command = [sys.executable, "-c", code, "grade", LESSON, "--json", "--seed", "3"]
        command += ["--workers", str(self.workers), *arguments]
        return subprocess.Popen(
            command, cwd=self.course.root, env=self.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True, **options,
        )  # fmt: skip

    def grade(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, events and messages of a run that is left alone."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        return process.returncode, [json.loads(line) for line in out.splitlines()], err

    def kill_after(self, graded: int, *arguments: str) -> list[str]:
        """Kill the grader, and only it, once it has told of so many submissions; returns whom it told of."""
        process = self.start(*arguments)
        told = read_graded(process, graded)
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
        return told + [e["student"] for e in map(json.loads, out.splitlines()) if e["event"] == "graded"]

    def marks(self, url: str | None = None) -> dict[str, tuple[float, int]]:
        """Every submission's score in the gradebook, and how many of its grades are set."""
        from nbgrader.api import Gradebook  # late: every `autograde` that the tests start imports this module

        with Gradebook(url or self.course.gradebook_url) as gradebook:
            return {
                s.student_id: (s.score, sum(g.auto_score is not None for n in s.notebooks for g in n.grades))
                for s in gradebook.assignment_submissions(LESSON)
            }


def read_graded(process: subprocess.Popen[str], count: int) -> list[str]:
    """Wait until a run has told of `count` graded submissions."""
    assert process.stdout is not None
    told: list[str] = []
    while len(told) < count:
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"the run ended early: {process.stderr.read() if process.stderr else ''}")
        event = json.loads(line)
        if event["event"] == "graded":
            told.append(event["student"])
    return told


def make(root: pathlib.Path, students: int, monkeypatch: Any, workers: int = 2) -> Tiny:
    """Write and build the course, with so many submissions."""
    declarations = root / "declared" / "tiny" / "__init__.py"
    declarations.parent.mkdir(parents=True)
    declarations.write_text(DECLARATIONS)
    course = Course(root / "course")
    (course.solutions / LESSON).mkdir(parents=True)
    (course.solutions / LESSON / f"{LESSON}.py").write_text(MASTER)
    shutil.copy(ROOT / "nbgrader_config.py", course.root)
    _declare(declarations, monkeypatch)
    build_lesson(course, LESSON)
    release = json.loads(course.release_path(LESSON).read_text())
    for i in range(students):
        hand_in(course, release, f"s{i:03d}", list(WORK)[i % len(WORK)])
    return Tiny(course, declarations, workers)


def copy_of(tiny: Tiny, root: pathlib.Path, monkeypatch: Any) -> Tiny:
    """The same course, with all its marks, in another folder."""
    shutil.copytree(tiny.course.root.parent, root, dirs_exist_ok=True)
    declarations = root / tiny.declarations.relative_to(tiny.course.root.parent)
    _declare(declarations, monkeypatch)
    return Tiny(Course(root / "course"), declarations, tiny.workers)


def _declare(declarations: pathlib.Path, monkeypatch: Any) -> None:
    """Make the exercises of these declarations known in this process, in place of an earlier course's."""
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(declarations.parent.parent)])
    for name in [n for n in sys.modules if n.startswith("autograde.exercises.tiny")]:
        del sys.modules[name]
    exercises.load.cache_clear()


def hand_in(course: Course, release: dict[str, Any], student: str, kind: str) -> None:
    """Write one submission."""
    notebook = copy.deepcopy(release)
    for name, body in zip(("double", "triple"), WORK[kind][:2], strict=True):
        cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)
        cell["source"] = f"def {name}(x):\n    {body}\n"
    folder = course.submitted / student / LESSON
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{LESSON}.ipynb").write_text(json.dumps(notebook))


def deserved(students: int) -> dict[str, tuple[float, int]]:
    """The marks of an undisturbed run."""
    return {f"s{i:03d}": (list(WORK.values())[i % len(WORK)][2], 2) for i in range(students)}


def leftovers(process_group_free: Sequence[int]) -> list[int]:
    """Which of these processes still live."""
    return [pid for pid in process_group_free if pathlib.Path(f"/proc/{pid}").exists()]
