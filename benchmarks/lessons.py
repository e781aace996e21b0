"""`make bench-lessons`: the seconds of every solved lesson, cell by cell, run from the top on two cores.

    python -m benchmarks.lessons [LESSON…] [--slow SECONDS] [--output FILE.json]

Wall seconds are what a student waits; processor seconds say what a cell costs while the machine is busy with other
things. Ends with code 1 if a lesson is over its budget.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import re
import sys

import nbformat
from rich.console import Console
from rich.table import Table

from autograde.course import Course
from autograde.lecture.run import execute

ROOT = pathlib.Path(__file__).resolve().parent.parent
LESSON_SECONDS, CELL_SECONDS, SILENT_SECONDS, FIGURE_SECONDS = 60.0, 10.0, 2.0, 5.0
BAR = re.compile(r"[█░]{30} \d+ of \d+")
MIME = "application/vnd.course.processor+json"
BEGIN = """
def _count_processor_seconds(shell=get_ipython()):
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
    def spent():
        return sum(u.ru_utime + u.ru_stime for u in (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)))
    shell._spent = []
    shell.events.register("pre_run_cell", lambda info: shell._spent.append(-spent()))
    shell.events.register("post_run_cell", lambda result: shell._spent.append(shell._spent.pop() + spent()))
_count_processor_seconds()
"""
END = f"get_ipython().display_pub.publish({{'{MIME}': get_ipython()._spent}})"


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """What one cell took, in seconds, and what it showed."""

    key: str
    wall: float
    cpu: float
    bar: bool
    figure: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """A lesson's cells in order. `first_figure`: seconds from the end of the imports to the first picture."""

    lesson: str
    cells: tuple[Cell, ...]
    first_figure: float

    @property
    def wall(self) -> float:
        return sum(cell.wall for cell in self.cells)

    @property
    def cpu(self) -> float:
        return sum(cell.cpu for cell in self.cells)

    def over_budget(self) -> list[str]:
        """What takes too long, in sentences."""
        said = [
            f"{c.key} takes {c.wall:.0f} s (at most {CELL_SECONDS:.0f})."
            for c in self.cells
            if c.wall > CELL_SECONDS
        ]
        silent = [c for c in self.cells if c.wall > SILENT_SECONDS and not c.bar]
        said += [f"{c.key} takes {c.wall:.1f} s and shows no progress bar." for c in silent]
        if self.wall > LESSON_SECONDS:
            said.append(f"The lesson takes {self.wall:.0f} s (at most {LESSON_SECONDS:.0f}).")
        if self.first_figure > FIGURE_SECONDS:
            said.append(
                f"The first figure comes after {self.first_figure:.1f} s (at most {FIGURE_SECONDS:.0f})."
            )
        return said


def measure(course: Course, lesson: str) -> Timing:
    """Run the instructor's notebook in a fresh kernel. Raises nbclient's error where a cell fails."""
    notebook = nbformat.read(course.instructor_path(lesson), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BEGIN))
    notebook.cells.append(nbformat.v4.new_code_cell(END))
    ran, seconds = execute(course, lesson, notebook)
    spent = ran.cells[-1].outputs[0]["data"][MIME]
    spent = spent[len(spent) - 1 - len(code) : -1]  # neither of the two cells put in here
    cells = tuple(_cell(cell, seconds[cell.id], cpu) for cell, cpu in zip(code, spent, strict=True))
    return Timing(lesson, cells, _first_figure(code, cells))


def _cell(cell: nbformat.NotebookNode, wall: float, cpu: float) -> Cell:
    shown = [str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs]
    figure = any("image/png" in output.get("data", {}) for output in cell.outputs)
    return Cell(cell.id.replace("-", "_"), wall, cpu, any(BAR.search(text) for text in shown), figure)


def _first_figure(code: list[nbformat.NotebookNode], cells: tuple[Cell, ...]) -> float:
    """The first picture's cell is counted whole; the imports are the first cell with an import in it."""
    start = next(i for i, cell in enumerate(code) if re.search(r"^(import|from) ", cell.source, re.MULTILINE))
    end = next(i for i, cell in enumerate(cells) if cell.figure)
    return sum(cell.wall for cell in cells[start + 1 : end + 1])


def table(timing: Timing, slow: float) -> Table:
    """The cells over `slow` seconds, and the lesson as a whole."""
    made = Table(title=f"{timing.lesson}: first figure {timing.first_figure:.1f} s after the imports")
    for heading in ("cell", "wall s", "CPU s", "progress bar"):
        made.add_column(heading, justify="right" if heading.endswith(" s") else "left")
    for cell in timing.cells:
        if max(cell.wall, cell.cpu) > slow:
            made.add_row(cell.key, f"{cell.wall:.1f}", f"{cell.cpu:.1f}", "yes" if cell.bar else "")
    made.add_section()
    made.add_row(f"all {len(timing.cells)} cells", f"{timing.wall:.1f}", f"{timing.cpu:.1f}")
    return made


def main() -> int:
    """Measure the lessons and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="all of them unless named")
    parser.add_argument("--slow", type=float, default=1.0, help="seconds above which a cell is printed")
    parser.add_argument("--output", type=pathlib.Path, help="write the figures as JSON")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    course, console = Course(ROOT), Console()
    timings = []
    for lesson in options.lessons or course.lessons():
        timings.append(measure(course, lesson))
        console.print(table(timings[-1], options.slow))
        for sentence in timings[-1].over_budget():
            console.print(f"Over budget: {sentence}", style="red")
    if options.output:
        options.output.write_text(json.dumps([dataclasses.asdict(timing) for timing in timings], indent=1))
    return int(any(timing.over_budget() for timing in timings))


if __name__ == "__main__":
    sys.exit(main())
