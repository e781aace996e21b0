"""What running one cell came to."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class CellResult:
    """`ok`, or the exception's type, its text, the student's line and a short traceback."""

    ok: bool
    kind: str = ""
    text: str = ""
    line: str = ""
    traceback: str = ""
