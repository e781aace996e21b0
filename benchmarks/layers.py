"""Where a submission's processor time goes: the lower bound first, then one layer of the engine more in every row.

    python -m benchmarks.layers [--rounds N] [--kind KIND…]

Every row is measured whole, so the cost of a layer is the difference to the row above it. Processor seconds of the judge,
and of the student process with the warm process that forks it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import pathlib
import tempfile
import time
from collections.abc import Callable

import psutil
from rich.console import Console
from rich.table import Table

from autograde.demo.sample import SAMPLES
from autograde.engine.jobs import lesson_of
from autograde.engine.lesson import Lesson
from autograde.engine.shelf import open_shelf
from autograde.engine.submission import grade_bytes
from autograde.engine.warm import warm_process
from autograde.ingest.align import Aligned, align
from autograde.ingest.read import read_notebook
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.student.remote import StudentProcess, WarmProcess

ROOT = pathlib.Path(__file__).resolve().parent.parent
LESSON = "02_vanishing_gradients"
KINDS = ("all_right", "mistake_everywhere")
SEED = 7
Layer = Callable[[], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of one submission."""

    judge: float
    student: float


@dataclasses.dataclass(frozen=True, slots=True)
class Submission:
    """One kind of submission, and the steps it takes through the engine."""

    lesson: Lesson
    warm: WarmProcess
    data: bytes

    def layers(self) -> dict[str, Layer]:
        """What each row of the table runs."""
        return {
            "cells and calls in one warm process": self.in_one_process,
            "a confined process, started and ended": lambda: self.in_its_own(cells=False, calls=False),
            "… with the cells run": lambda: self.in_its_own(cells=True, calls=False),
            "… with the calls over the pipe": lambda: self.in_its_own(cells=True, calls=True),
            "… read, judged twice where it failed, told": self.graded,
        }

    def in_one_process(self) -> None:
        """The lower bound: no pipe, no confinement, plain `exec`."""
        names: dict[str, object] = {}
        for source in graded_cells(self.aligned()):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(source.replace("%matplotlib", "# %matplotlib"), names)
        for exercise in self.lesson.exercises.values():
            judge(exercise, LocalSubject({n: f for n, f in names.items() if callable(f)}), SEED)

    def in_its_own(self, cells: bool, calls: bool) -> None:
        """A student process that does so much."""
        with tempfile.TemporaryDirectory() as scratch:
            process = self.warm.spawn(pathlib.Path(scratch))
            self._use(process, cells, calls)
            process.kill()

    def _use(self, process: StudentProcess, cells: bool, calls: bool) -> None:
        for source in graded_cells(self.aligned()) if cells else ():
            process.run_cell(source)
        for exercise in self.lesson.exercises.values() if calls else ():
            judge(exercise, process.subject(exercise.seconds), SEED)

    def graded(self) -> None:
        """All that the engine does, except for writing it down."""
        grade_bytes(self.data, "x", "ada", self.lesson, self.warm, SEED)

    def aligned(self) -> Aligned:
        """The notebook's cells in the lesson's order."""
        return align(read_notebook(self.data, "x")[0], self.lesson.instructor, self.lesson.release)


def graded_cells(aligned: Aligned) -> list[str]:
    """What is run when grading."""
    return [c.source for c in aligned.cells if c.kind in ("setup", "exercise", "added") and c.is_code]


def measure(layers: dict[str, Layer], rounds: int) -> dict[str, Cost]:
    """The cheaper half of some rounds, after one that fills the caches.

    Every round runs all layers in turn: a machine that others use too is slow to all of them alike.
    """
    spent: dict[str, list[Cost]] = {name: [] for name in layers}
    for number in range(1 + rounds):
        for name, layer in layers.items():
            before = _spent()
            layer()
            after = _spent()
            if number:
                spent[name].append(Cost(after.judge - before.judge, after.student - before.student))
    return {name: _cheaper_half(costs) for name, costs in spent.items()}


def _cheaper_half(costs: list[Cost]) -> Cost:
    half = sorted(costs, key=lambda cost: cost.judge + cost.student)[: -(-len(costs) // 2)]
    return Cost(sum(c.judge for c in half) / len(half), sum(c.student for c in half) / len(half))


def _spent() -> Cost:
    """So far: this process, and the warm process with the students it has seen off."""
    children = [child.cpu_times() for child in psutil.Process().children()]
    used = sum(t.user + t.system + t.children_user + t.children_system for t in children)
    return Cost(time.process_time(), used)


def table(kind: str, costs: dict[str, Cost]) -> Table:
    """One row a layer."""
    made = Table(title=f"{LESSON}, {kind.replace('_', ' ')}: processor seconds of a submission")
    for heading in ("what is done", "judge", "student", "together"):
        made.add_column(heading, justify="left" if heading == "what is done" else "right")
    for name, cost in costs.items():
        figures = (cost.judge, cost.student, cost.judge + cost.student)
        made.add_row(name, *[f"{seconds:.3f}" for seconds in figures])
    return made


def tables(kinds: tuple[str, ...], rounds: int) -> list[Table]:
    """A table for every kind of submission."""
    lesson, warm = lesson_of(ROOT, LESSON), warm_process(True, ROOT)
    open_shelf(ROOT)
    made = []
    for kind in kinds:
        submission = Submission(lesson, warm, next(iter(SAMPLES[kind](lesson).values())))
        made.append(table(kind, measure(submission.layers(), rounds)))
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kind", nargs="*", default=KINDS)
    options = parser.parse_args()
    for made in tables(tuple(options.kind), options.rounds):
        Console().print(made)


if __name__ == "__main__":
    main()
