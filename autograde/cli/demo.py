"""`autograde demo`: a sample class made from the masters, graded and reported."""

from __future__ import annotations

import pathlib
import shutil
from typing import Annotated

import typer
from rich.console import Console

from autograde.build import build_lesson
from autograde.cli.grade import grade_lesson, write_results
from autograde.cli.tables import the_class
from autograde.course import Course
from autograde.demo.sample import SAMPLES
from autograde.engine.lesson import load_lesson
from autograde.feedback import write_feedback

MARKER = ".autograde-demo"


def demo(
    output: Annotated[pathlib.Path, typer.Option(help="Folder of the sample class.")] = pathlib.Path(
        "demo-class"
    ),
    workers: Annotated[int | None, typer.Option(help="Processes to grade with.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the hidden inputs.")] = 7,
) -> None:
    """Build a sample class, grade it, and say where the gradebook and the feedback are."""
    console = Console()
    course = make_class(Course.find(), output)
    verdicts = []
    for lesson in course.lessons():
        hand_in(course, lesson)
        verdicts += grade_lesson(course, lesson, course.submitted, None, seed, workers, None, True)
        write_feedback(course, lesson)
    write_results(course.root / "results.json", seed, verdicts)
    console.print(the_class(verdicts))
    for what, where in (
        ("Gradebook", course.root / "gradebook.db"),
        ("Feedback", course.feedback),
        ("Results", course.root / "results.json"),
    ):
        console.print(f"{what + ':':<11}{where}", soft_wrap=True, highlight=False)


def make_class(course: Course, folder: pathlib.Path) -> Course:
    """A course of its own beside the real one: the masters copied, the lessons built, no submissions yet."""
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise typer.BadParameter(f"{folder} is not a sample class. Choose an empty folder with --output.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    shutil.copy(course.root / "nbgrader_config.py", folder)
    ignore = shutil.ignore_patterns("*.ipynb", "__pycache__", ".ipynb_checkpoints")
    shutil.copytree(course.solutions, folder / "solutions", ignore=ignore)
    sample = Course(folder)
    for lesson in sample.lessons():
        build_lesson(sample, lesson)
    return sample


def hand_in(course: Course, lesson: str) -> None:
    """Write every sample submission of a lesson."""
    loaded = load_lesson(course, lesson)
    for student, make in SAMPLES.items():
        folder = course.submitted / student / lesson
        folder.mkdir(parents=True)
        for name, data in make(loaded).items():
            (folder / name).write_bytes(data)
