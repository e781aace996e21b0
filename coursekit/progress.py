"""A progress bar for what takes more than two seconds. When all is done, one line with the time it took is left.

As a command, `python -m coursekit.progress [LESSON]`, it shows how far a student has come.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from IPython.display import display

Item = TypeVar("Item")
Result = TypeVar("Result")
WIDTH = 30
FINISHED = re.compile(r": (\d+) of \1 done in [\d,.]+ s$")
"""The line that a finished bar leaves."""


def track(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` and show how many are done and how long the rest will take."""
    counted = list(items) if total is None else items
    total = len(counted) if total is None else total  # type: ignore[arg-type]
    handle = display(_text(label, 0, total, 0.0), display_id=True, raw=True)
    start = shown = time.monotonic()
    for done, item in enumerate(counted, 1):
        yield item
        now = time.monotonic()
        if handle is not None and (now - shown > 0.1 or done == total):
            handle.update(_text(label, done, total, now - start), raw=True)
            shown = now


def counting(function: Callable[..., Result], label: str, total: int) -> Callable[..., Result]:
    """Return `function` with a bar that counts its calls, of which there will be `total`."""
    bar = track(range(total), label)
    next(bar, None)

    def counted(*values: object) -> Result:
        result = function(*values)
        next(bar, None)
        return result

    return counted


def _text(label: str, done: int, total: int, seconds: float) -> dict[str, str]:
    """A bar as text and as HTML while there is something left to do, then a plain line that reads well aloud."""
    if done == total:
        return {"text/plain": f"{label}: {done} of {total} done in {seconds:,.1f} s"}
    full = WIDTH * done // total
    count = f"{done} of {total}" + (f", about {seconds / done * (total - done):.0f} s left" if done else "")
    return {
        "text/plain": f"{label}: {'█' * full}{'░' * (WIDTH - full)} {count}",
        "text/html": f"<div>{html.escape(label)}: {_drawn(label, done, total)} {count}</div>",
    }


def _drawn(label: str, done: int, total: int) -> str:
    """A bar in the text's own colour, with its numbers for a screen reader."""
    frame = "display: inline-block; width: 16em; height: 0.8em; border: 1px solid; vertical-align: middle"
    part = f"display: block; width: {100 * done / total:.0f}%; height: 100%; background: #0072b2"
    return (
        f'<span role="progressbar" aria-label="{html.escape(label)}" aria-valuemin="0" aria-valuenow="{done}" '
        f'aria-valuemax="{total}" style="{frame}"><span style="{part}"></span></span>'
    )


if __name__ == "__main__":
    import sys

    from coursekit.standing import print_standing

    sys.exit(print_standing(sys.argv[1:]))
