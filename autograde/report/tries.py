"""How often a check was run before the notebook was handed in, as far as the notebook says so.

The set-up cell shows a student's progress (`coursekit.standing`), and what it shows is saved with the notebook. It is the
student's own word: fine for the median of a class, no ground for a mark.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograde.course import Course
from autograde.engine.handed_in import read_folder

MIME = "application/vnd.course.tries+json"
"""What `coursekit.standing.in_notebook` saves the counts as."""
MOST = 10_000

Tries = Mapping[str, int]
"""Exercise → runs of its check."""


def tries_of(data: bytes) -> dict[str, int]:
    """The counts in a notebook's bytes; none where there is no progress in it, or it is no notebook."""
    try:
        saved = [output["data"][MIME] for output in _outputs(json.loads(data)) if MIME in output["data"]]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}
    counts = saved[-1] if saved and isinstance(saved[-1], dict) else {}
    return {str(name): n for name, n in counts.items() if type(n) is int and 0 < n <= MOST}


def _outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook["cells"]:
        yield from (output for output in cell.get("outputs", ()) if "data" in output)


def class_tries(course: Course, lesson: str, students: Iterable[str]) -> list[Tries]:
    """The counts of everybody whose notebook holds some."""
    folders = [course.submitted / student / lesson for student in students]
    handed_in = [read_folder(folder, lesson).data for folder in folders if folder.is_dir()]
    return [tries for data in handed_in if data and (tries := tries_of(data))]


def median_tries(found: Iterable[Tries], exercise: str) -> float | None:
    """The median over those who ran the exercise's check at all; None where nobody is known to."""
    counts = [tries[exercise] for tries in found if exercise in tries]
    return statistics.median(counts) if counts else None
