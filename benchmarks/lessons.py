"""`make bench-lessons`: the seconds of every solved lesson, cell by cell, run from the top on two cores.

    python -m benchmarks.lessons [LESSON…] [--slow SECONDS] [--busy] [--output FILE.json]

Wall seconds are what a student waits; processor seconds say what a cell costs while the machine is busy with other
things (`--busy` judges by them). Ends with code 1 if a lesson is over its budget: 60 s a lesson, 10 s a cell, a progress
bar on anything over 2 s, the first figure within 5 s of the imports, half a second to redraw a widget.
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
from benchmarks import redraws
from coursekit.progress import FINISHED

ROOT = pathlib.Path(__file__).resolve().parent.parent
LESSON_SECONDS, CELL_SECONDS, SILENT_SECONDS, FIGURE_SECONDS = 60.0, 10.0, 2.0, 5.0
REDRAW_SECONDS = 0.5
IMPORT = re.compile(r"^(import|from) ", re.MULTILINE)
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
    """A lesson's cells in order, the places of its imports and of its first figure among them, and its widgets."""

    lesson: str
    cells: tuple[Cell, ...]
    imports: int
    first_figure: int
    redraws: tuple[redraws.Redraw, ...] = ()

    def seconds(self, clock: str) -> float:
        return sum(getattr(cell, clock) for cell in self.cells)

    def until_figure(self, clock: str) -> float:
        """Seconds from the end of the imports to the first picture, whose cell is counted whole."""
        return sum(getattr(cell, clock) for cell in self.cells[self.imports + 1 : self.first_figure + 1])

    def over_budget(self, clock: str) -> list[str]:
        """What takes too long, in sentences."""
        took = {cell.key: getattr(cell, clock) for cell in self.cells}
        silent = [cell.key for cell in self.cells if took[cell.key] > SILENT_SECONDS and not cell.bar]
        said = [
            f"{key} takes {s:.0f} s (at most {CELL_SECONDS:.0f})."
            for key, s in took.items()
            if s > CELL_SECONDS
        ]
        said += [f"{key} takes {took[key]:.1f} s and shows no progress bar." for key in silent]
        if (whole := self.seconds(clock)) > LESSON_SECONDS:
            said.append(f"The lesson takes {whole:.0f} s (at most {LESSON_SECONDS:.0f}).")
        if (wait := self.until_figure(clock)) > FIGURE_SECONDS:
            said.append(f"The first figure comes after {wait:.1f} s (at most {FIGURE_SECONDS:.0f}).")
        return said + self._slow_widgets(clock)

    def _slow_widgets(self, clock: str) -> list[str]:
        said = [f"{each.widget} fails in a redraw: {each.failed}" for each in self.redraws if each.failed]
        return said + [
            f"{each.widget} takes {getattr(each, clock):.2f} s to redraw at {each.knobs} (at most {REDRAW_SECONDS})."
            for each in self.redraws
            if getattr(each, clock) > REDRAW_SECONDS
        ]


def measure(course: Course, lesson: str) -> Timing:
    """Run the instructor's notebook in a fresh kernel. Raises nbclient's error where a cell fails."""
    notebook = nbformat.read(course.instructor_path(lesson), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BEGIN))
    notebook.cells.append(end := nbformat.v4.new_code_cell(END))
    notebook.cells += redraws.cells(cell.source for cell in code)
    ran, seconds = execute(course, lesson, notebook)
    spent = next(cell for cell in ran.cells if cell.id == end.id).outputs[0]["data"][MIME]
    spent = spent[len(spent) - 1 - len(code) : -1]  # neither of the two cells put in here
    cells = tuple(_cell(cell, seconds[cell.id], cpu) for cell, cpu in zip(code, spent, strict=True))
    imports = next(i for i, cell in enumerate(code) if IMPORT.search(cell.source))
    figure = next(i for i, cell in enumerate(cells) if cell.figure)
    return Timing(lesson, cells, imports, figure, redraws.read(ran.cells))


def _cell(cell: nbformat.NotebookNode, wall: float, cpu: float) -> Cell:
    shown = [str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs]
    figure = any("image/png" in output.get("data", {}) for output in cell.outputs)
    return Cell(cell.id.replace("-", "_"), wall, cpu, any(map(FINISHED.search, shown)), figure)


def table(timing: Timing, slow: float) -> Table:
    """The cells over `slow` seconds, and the lesson as a whole."""
    made = Table(title=f"{timing.lesson}, first figure after {timing.until_figure('wall'):.1f} s")
    for heading in ("cell", "wall s", "CPU s", "progress bar"):
        made.add_column(heading, justify="right" if heading.endswith(" s") else "left")
    for cell in timing.cells:
        if max(cell.wall, cell.cpu) > slow:
            made.add_row(cell.key, f"{cell.wall:.1f}", f"{cell.cpu:.1f}", "yes" if cell.bar else "")
    made.add_section()
    made.add_row(
        f"all {len(timing.cells)} cells", f"{timing.seconds('wall'):.1f}", f"{timing.seconds('cpu'):.1f}"
    )
    return made


def widget_table(timing: Timing) -> Table:
    """The slowest redraw of every widget."""
    made = Table(title=f"{timing.lesson}, slowest redraw of each widget")
    for heading in ("widget", "wall s", "CPU s", "knobs"):
        made.add_column(heading, justify="right" if heading.endswith(" s") else "left")
    for each in timing.redraws:
        made.add_row(each.widget, f"{each.wall:.2f}", f"{each.cpu:.2f}", each.knobs)
    return made


def main() -> int:
    """Measure the lessons and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="all of them unless named")
    parser.add_argument("--slow", type=float, default=1.0, help="seconds above which a cell is printed")
    parser.add_argument("--busy", action="store_true", help="hold the budget against processor seconds")
    parser.add_argument("--output", type=pathlib.Path, help="write the figures as JSON")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    course, console = Course(ROOT), Console()
    clock, timings = "cpu" if options.busy else "wall", []
    for lesson in options.lessons or course.lessons():
        timings.append(measure(course, lesson))
        console.print(table(timings[-1], options.slow), widget_table(timings[-1]))
        for sentence in timings[-1].over_budget(clock):
            console.print(f"Over budget: {sentence}", style="red")
    if options.output:
        options.output.write_text(json.dumps([dataclasses.asdict(timing) for timing in timings], indent=1))
    return int(any(timing.over_budget(clock) for timing in timings))


if __name__ == "__main__":
    sys.exit(main())
