"""How long a call takes, as little disturbed by the rest of the computer as can be."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_seconds(call: Callable[[], object], rounds: int = 5, calls: int = 1) -> float:
    """Return the seconds of one `call()`: the best of `rounds`, each the average over `calls` in a row.

    Other programs can only slow a round down, so the fastest one is the nearest to the truth.
    """
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
    return best
