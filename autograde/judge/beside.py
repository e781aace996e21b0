"""References that have to answer beside student code: what they are given, a torch module, never crosses the pipe.

As stand-ins for a failed function (see `run_aspects`) most references answer from the judge's side over a callback. One that
is marked here is sent as source instead. That gives its text to the process that gets it, so such a process is used
for nothing else: the engine starts one for each exercise that is judged again.
"""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from autograde.judge.exercise import IMPORTS, Function

MARK = "answers_beside_student_code"


def answers_beside(function: Function) -> Function:
    """Mark a reference that needs the very object; it may use only what `IMPORTS` gives it."""
    marked: Any = function
    setattr(marked, MARK, True)
    return function


def source_beside(function: Function) -> str | None:
    """The source of a marked reference, with its imports; None for any other."""
    if not getattr(function, MARK, False):
        return None
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("def "))
    return IMPORTS + "\n".join(lines[first:]) + "\n"
