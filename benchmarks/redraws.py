"""The widgets of a lesson: how long each takes to redraw, with its knobs at their ends and at every choice."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterable

import nbformat

MIME = "application/vnd.course.redraw+json"
PLAY = "knobs.play"
MAGIC = re.compile("^[%!].*", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True)
class Redraw:
    """The slowest redraw of one widget in seconds, and where its knobs stood. `failed` holds an error, if any."""

    widget: str
    wall: float
    cpu: float
    knobs: str
    failed: str = ""


def slowest_redraw(draw, **controls):  # runs in the lesson's kernel, so it imports what it needs
    """Time `draw` with every pair of ends of its knobs and at every choice; the slowest counts, best of three."""
    import itertools
    import time

    from coursekit.widgets import captured

    def timed(values):
        start, busy = time.perf_counter(), time.process_time()
        shown = captured(draw, **values)
        seconds = time.process_time() - busy, time.perf_counter() - start
        failed = "".join(f"{o['ename']}: {o['evalue']}" for o in shown if o["output_type"] == "error")
        return *seconds, failed, values

    first = {name: knob.value for name, knob in controls.items()}
    choices = {name: getattr(knob, "options", None) for name, knob in controls.items()}
    ends = [choices[name] or (knob.min, knob.max) for name, knob in controls.items()]
    corners = itertools.product(*((values[0], values[-1]) for values in ends))
    tried = [first, *(dict(zip(controls, values, strict=True)) for values in corners)]
    tried += [{**first, name: one} for name, values in choices.items() for one in values or ()]
    runs = [timed(values) for values in tried]
    failed = next((run[2] for run in runs if run[2]), "")
    worst = max(runs, key=lambda run: run[0])[3]
    cpu, wall = (min(column) for column in zip(*(timed(worst)[:2] for _ in range(3)), strict=True))
    knobs = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in worst.items())
    return {"widget": draw.__name__, "wall": wall, "cpu": cpu, "knobs": knobs, "failed": failed}


def cells(sources: Iterable[str]) -> list[nbformat.NotebookNode]:
    """Cells that time every widget of these sources, to be run after them."""
    nodes = (node for source in sources for node in ast.walk(ast.parse(MAGIC.sub("", source))))
    plays = [
        f"slowest_redraw({', '.join(map(ast.unparse, (*node.args, *node.keywords)))})"
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == PLAY
    ]
    shown = [f"get_ipython().display_pub.publish({{'{MIME}': {play}}})" for play in plays]
    return [nbformat.v4.new_code_cell(source) for source in (inspect.getsource(slowest_redraw), *shown)]


def read(ran: Iterable[nbformat.NotebookNode]) -> tuple[Redraw, ...]:
    """What those cells found."""
    outputs = (output for cell in ran for output in cell.get("outputs", ()))
    return tuple(Redraw(**output["data"][MIME]) for output in outputs if MIME in output.get("data", {}))
