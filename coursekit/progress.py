"""A progress bar for what takes more than two seconds: plain text that redraws in place, with or without a kernel.

As a command, `python -m coursekit.progress [LESSON]`, it shows how far a student has come.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from IPython.display import display

Item = TypeVar("Item")
WIDTH = 30


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


def _text(label: str, done: int, total: int, seconds: float) -> dict[str, str]:
    full = WIDTH * done // max(total, 1)
    left = "" if done in (0, total) else f", about {seconds / done * (total - done):.0f} s left"
    return {"text/plain": f"{label}: {'█' * full}{'░' * (WIDTH - full)} {done} of {total}{left}"}


if __name__ == "__main__":
    import sys

    from coursekit.standing import print_standing

    sys.exit(print_standing(sys.argv[1:]))
