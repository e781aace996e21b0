"""`autograde grade`: a class, in parallel, into the gradebook and a results file."""

from __future__ import annotations

import json
import os
import pathlib
import random
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from autograde.cli.tables import the_class
from autograde.course import Course
from autograde.engine.pool import Job, run_jobs
from autograde.errors import CourseError
from autograde.model import SubmissionStatus, SubmissionVerdict
from autograde.record.write import Recorder


def grade(
    lessons: Annotated[list[str], typer.Argument(help="Lessons to grade.")],
    submissions: Annotated[pathlib.Path | None, typer.Option(help="Folder with <student>/<lesson>/.")] = None,
    student: Annotated[list[str] | None, typer.Option(help="Only these students.")] = None,
    results: Annotated[pathlib.Path | None, typer.Option(help="Write verdicts to this JSON file.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; as many as cores when left out.")] = None,
    database: Annotated[str | None, typer.Option(help="Gradebook URL; gradebook.db when left out.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the hidden inputs; drawn when left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run without confinement.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Grade every submission of the lessons. Exit code 0 only if everything was graded."""
    del force  # everything is graded afresh at present; the option is part of the command's contract
    course = Course.find()
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    folder = submissions or course.submitted
    verdicts = []
    for lesson in lessons:
        verdicts += grade_lesson(course, lesson, folder, student, seed, workers, database, not no_sandbox)
    if results is not None:
        write_results(results, seed, verdicts)
    if as_json:
        print(json.dumps(as_results(seed, verdicts)))
    else:
        Console().print(the_class(verdicts))
    if any(v.status is not SubmissionStatus.GRADED for v in verdicts):
        raise typer.Exit(1)


def grade_lesson(
    course: Course,
    lesson: str,
    folder: pathlib.Path,
    students: list[str] | None,
    seed: int,
    workers: int | None,
    database: str | None,
    sandbox: bool,
) -> list[SubmissionVerdict]:
    """Grade and record one lesson's submissions."""
    jobs = find_jobs(course, lesson, folder, students, seed, sandbox)
    recorder = Recorder(course, lesson, database)
    verdicts = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(lesson, total=len(jobs))
        for graded in run_jobs(jobs, workers):
            recorder.record(graded)
            verdicts.append(graded.verdict)
            progress.advance(task)
    return sorted(verdicts, key=lambda v: v.student)


def find_jobs(
    course: Course, lesson: str, folder: pathlib.Path, students: list[str] | None, seed: int, sandbox: bool
) -> list[Job]:
    """One job per student folder. Raises `CourseError` if there is nobody to grade."""
    course.master_path(lesson)
    if not folder.is_dir():
        raise CourseError(
            "There is no folder of submissions.", file=folder, advice="Put <student>/<lesson>/ there."
        )
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    unknown = sorted(set(students or ()) - set(names))
    if unknown:
        raise CourseError(
            f"No submission of {', '.join(unknown)}.", file=folder, advice="Check the spelling."
        )
    chosen = [name for name in names if not students or name in students]
    if not chosen:
        raise CourseError(
            "There is no submission.", file=folder, advice="It should hold <student>/<lesson>/."
        )
    root = course.root.resolve()
    return [Job(root, lesson, name, (folder / name / lesson).resolve(), seed, sandbox) for name in chosen]


def as_results(seed: int, verdicts: list[SubmissionVerdict]) -> dict[str, object]:
    """The results file's content."""
    layers = next((v.sandbox for v in verdicts if v.sandbox), ())
    return {"seed": seed, "sandbox": list(layers), "submissions": [v.to_dict() for v in verdicts]}


def write_results(path: pathlib.Path, seed: int, verdicts: list[SubmissionVerdict]) -> None:
    """Write the results file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(as_results(seed, verdicts), indent=1), encoding="utf-8")
    os.replace(fresh, path)
