"""Exceptions of student code as plain text. The text itself is made by student code, and may misbehave."""

from __future__ import annotations

import linecache
from types import TracebackType

_TEXT, _FRAMES = 300, 12
# Bound at import: a cell may replace the attributes of `builtins`.
_str, _type, _BaseException = str, type, BaseException


def kind_of(error: BaseException) -> str:
    """The exception's type; numpy's private MemoryError counts as what it is."""
    return "MemoryError" if isinstance(error, MemoryError) else _str(_type(error).__name__)[:100]


def text_of(error: BaseException) -> str:
    """At most 300 characters of the exception's text."""
    try:
        return _str.__str__(_str(error))[:_TEXT]
    except _BaseException:
        return ""


def _frames(trace: TracebackType | None) -> list[tuple[str, int, str]]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return frames


def _is_cell(filename: str) -> bool:
    return filename.startswith(("<ipython-input-", "<cell"))


def line_of(error: BaseException) -> str:
    """The last line of student source on the way to the error."""
    if isinstance(error, SyntaxError) and error.text and _is_cell(_str(error.filename)):
        return _str(error.text).strip()[:_TEXT]
    for filename, number, _ in reversed(_frames(error.__traceback__)):
        if _is_cell(filename):
            return linecache.getline(filename, number).strip()[:_TEXT]
    return ""


def traceback_of(error: BaseException) -> str:
    """The frames from the first student line on, a line each."""
    frames = _frames(error.__traceback__)
    while frames and not _is_cell(frames[0][0]):
        frames = frames[1:]
    lines = [
        f"{name}, line {number}: {linecache.getline(filename, number).strip()}"[:200]
        for filename, number, name in frames[-_FRAMES:]
    ]
    return "\n".join(lines)


def failure(error: BaseException) -> dict[str, object]:
    """The reply for an exception that a call ended in."""
    if isinstance(error, NotImplementedError):
        return {"status": "not_written", "text": text_of(error)}
    if isinstance(error, MemoryError):
        return {"status": "memory"}
    return {"status": "raised", "kind": kind_of(error), "text": text_of(error), "line": line_of(error)}
