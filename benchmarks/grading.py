"""`make bench`: this engine, confined, against plain `nbgrader autograde` on the same notebooks of one class.

Start-up costs are measured apart: a row says what every further submission costs. nbgrader grades a sample of the
class: it takes seconds for each and is serial, so its throughput does not depend on the number. What is printed is also
written as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

from autograde.course import Course
from autograde.engine.jobs import lesson_of
from autograde.engine.lesson import Lesson
from autograde.engine.warm import warm_process
from autograde.ingest.align import align
from autograde.ingest.read import read_notebook
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from benchmarks import classroom

LESSON = "02_vanishing_gradients"
ROOT = pathlib.Path(__file__).resolve().parent.parent
STARTED = ("s0005", "s0000")
"""Who is graded by one worker, by two, to measure their start: a notebook full of mistakes, one without any."""


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """Seconds before the first submission, wall and processor seconds for each, and who got which mark."""

    what: str
    start: float
    wall: float
    cpu: float
    submissions: int
    marks: tuple[tuple[str, float], ...] = ()


def run(command: list[str], folder: pathlib.Path) -> tuple[float, float, list[tuple[float, str, float]]]:
    """Wall and processor seconds of a command with all it started; of each `graded` line when, who and the mark."""
    bin_folder = str(pathlib.Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    came = []
    for line in process.stdout:
        if b'"graded"' in line[:20]:
            event = json.loads(line)
            came.append((time.perf_counter() - start, event["student"], event["score"]))
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, came


def engine(course: Course, workers: int) -> Measured:
    """`autograde grade`: what every submission costs after one for each worker, with which all processes have started."""
    command = [
        "-c",
        "from autograde.cli.main import main; main()",
        "grade",
        LESSON,
        "--json",
        "--seed",
        "7",
        "--workers",
        str(workers),
    ]
    few = [option for name in STARTED[:workers] for option in ("--student", name)]
    for _ in range(
        2
    ):  # the first run also works out what the declared mistakes do, once for a course and seed
        _forget(course)
        _, started, first = run([*command, *few], course.root)
    _forget(course)
    _, cpu, came = run(command, course.root)
    count = len(came) - len(first)
    marks = tuple(sorted((student, score) for _, student, score in came))
    return Measured(
        f"this engine, {workers} worker(s)",
        first[0][0],
        (came[-1][0] - first[-1][0]) / count,
        (cpu - started) / count,
        len(came),
        marks,
    )


def _forget(course: Course) -> None:
    """Nobody has a mark yet: what is graded again would wait for the others before it is written."""
    (course.root / "gradebook.db").unlink(missing_ok=True)
    for name in ("autograded", ".autograde/regrade"):
        shutil.rmtree(course.root / name, ignore_errors=True)


def growing(lesson: Lesson, here: pathlib.Path, sizes: list[int]) -> list[Measured]:
    """Classes of several sizes by two workers: whether a submission costs the same in all of them."""
    course = Course(ROOT)
    return [engine(classroom.for_engine(course, lesson, here / f"of-{n}", n), 2) for n in sizes]


def nbgrader(folder: pathlib.Path, count: int, what: str) -> Measured:
    """`nbgrader autograde`: what every further submission adds to the first."""
    run(["-m", "nbgrader", "generate_assignment", LESSON, "--force"], folder)
    first, cpu_first, _ = run(["-m", "nbgrader", "autograde", LESSON, "--student", "s0000"], folder)
    wall, cpu, _ = run(["-m", "nbgrader", "autograde", LESSON, "--force"], folder)
    each = (wall - first) / (count - 1)
    return Measured(what, max(first - each, 0.0), each, (cpu - cpu_first) / (count - 1), count)


def lower_bound(lesson: Lesson, count: int) -> Measured:
    """The same cells and the same calls, by `exec` and plain calls in one warm process: no pipe, no confinement."""
    seconds = []
    for _, notebook in classroom.notebooks(lesson, 2 * count):
        read, _ = read_notebook(json.dumps(notebook).encode(), "x")
        aligned = align(read, lesson.instructor, lesson.release)
        start = time.process_time()
        names: dict[str, object] = {}
        for cell in aligned.cells:
            if cell.kind in ("setup", "exercise", "added") and cell.is_code:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(cell.source.replace("%matplotlib", "# %matplotlib"), names)
        for exercise in lesson.exercises.values():
            judge(exercise, LocalSubject({n: f for n, f in names.items() if callable(f)}), 7)
        seconds.append(time.process_time() - start)
    each = sum(seconds[count:]) / count  # the first half has filled the caches
    return Measured("lower bound, one warm process", 0.0, each, each, count)


def own_memory(lesson: Lesson) -> float:
    """MB that belong to one student process alone, after its whole notebook has been run and judged."""
    _, notebook = next(classroom.notebooks(lesson, 1))
    read, _ = read_notebook(json.dumps(notebook).encode(), "x")
    with tempfile.TemporaryDirectory() as scratch:
        process = warm_process(True, ROOT).spawn(pathlib.Path(scratch))
        for cell in align(read, lesson.instructor, lesson.release).cells:
            if cell.kind in ("setup", "exercise", "added") and cell.is_code:
                process.run_cell(cell.source)
        for exercise in lesson.exercises.values():
            judge(exercise, process.subject(exercise.seconds), 7)
        rollup = pathlib.Path(f"/proc/{process._child.pid}/smaps_rollup").read_text()
        process.kill()
    kilobytes = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(kilobytes) / 1024


def table(rows: list[Measured], baseline: Measured) -> Table:
    """One row a way of grading, with its ratio to plain nbgrader on the same cells."""
    made = Table(title=f"Lesson {LESSON}: seconds a submission")
    for heading in ("way", "of", "start-up", "wall", "CPU", "a minute", "ratio"):
        made.add_column(heading, justify="left" if heading == "way" else "right")
    for row in rows:
        ratio = f"{baseline.wall / row.wall:.1f} ×"
        figures = (f"{row.start:.1f}", f"{row.wall:.3f}", f"{row.cpu:.3f}", f"{60 / row.wall:.0f}", ratio)
        made.add_row(row.what, str(row.submissions), *figures)
    return made


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--sample", type=int, default=6, help="submissions that plain nbgrader grades")
    parser.add_argument("--sample-whole", type=int, default=2, help="the same, with the experiments; 0: none")
    parser.add_argument(
        "--sizes", default="30,300", help="classes to compare; up to 30,3000 takes half an hour"
    )
    parser.add_argument("--output", type=pathlib.Path, help="write the figures as JSON")
    options = parser.parse_args()
    course = Course(ROOT)
    lesson = lesson_of(course.root, LESSON)
    with tempfile.TemporaryDirectory(prefix="autograde-bench-") as name:
        here = pathlib.Path(name)
        ours = classroom.for_engine(course, lesson, here / "engine", options.students)
        plain = classroom.for_nbgrader(lesson, here / "plain", options.sample, False)
        rows = [engine(ours, workers) for workers in (1, 2)]
        rows.append(lower_bound(lesson, len(classroom.KINDS)))
        rows.append(nbgrader(plain, options.sample, "plain nbgrader, same cells"))
        if options.sample_whole > 1:
            whole = classroom.for_nbgrader(lesson, here / "whole", options.sample_whole, True)
            rows.append(nbgrader(whole, options.sample_whole, "plain nbgrader, whole lesson"))
        classes = growing(lesson, here, [int(n) for n in options.sizes.split(",") if n])
    memory = own_memory(lesson)
    console = Console()
    console.print(table([*rows, *classes], rows[3]))
    same = "the same marks" if rows[0].marks == rows[1].marks else "DIFFERENT MARKS"
    console.print(f"One worker and two gave {same} to {len(rows[0].marks)} students.")
    if len(classes) > 1:
        ratio = classes[-1].cpu / classes[0].cpu
        console.print(
            f"CPU a submission, {classes[-1].submissions} against {classes[0].submissions}: {ratio:.2f} × (flat: 1)."
        )
    console.print(f"Own memory of a student process: {memory:.0f} MB (to reach: under 150).")
    console.print(f"Two workers against plain nbgrader: {rows[3].wall / rows[1].wall:.1f} × (to reach: 25).")
    console.print(f"CPU against the lower bound: {rows[1].cpu / rows[2].cpu:.1f} × (to reach: 2).")
    if options.output:
        figures = {"memory_mb": memory, "rows": [dataclasses.asdict(row) for row in [*rows, *classes]]}
        options.output.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
