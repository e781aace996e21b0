"""Tests of coin flips and of integer draws, beside `autograde.judge.statistics`, at the same false-alarm rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from autograde.judge.compare import Mismatch
from autograde.judge.statistics import ALPHA, Z
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]


def check_share(trial: Trial, happened: Array, p: float, what: str) -> None:
    """Raise `Mismatch` unless each of these happened with probability p (exact binomial tails)."""
    count, n = int(np.count_nonzero(happened)), happened.size
    trial.observe(f"share of {what}", count / n, 2 * Z * math.sqrt(max(p * (1 - p), 1e-4) / n))
    tail = min(float(stats.binom.cdf(count, n, p)), float(stats.binom.sf(count - 1, n, p)))
    if tail < ALPHA / 2:
        raise Mismatch(
            "value", f"The share of {what} is {count / n:.3g} over {n} draws: that is not the rate asked for."
        )


def independent_signs(trial: Trial, signs: Array, what: str) -> None:
    """Raise `Mismatch` unless a matrix of fair ±1 looks like independent draws (see `statistics.check_independent`)."""
    sides = sum(math.sqrt(side) for side in signs.shape)
    top = float(np.linalg.norm(signs, 2)) / sides
    trial.observe(f"structure of {what}", top > 1.5)
    if top > 1.02 + math.sqrt(2 * math.log(1 / ALPHA)) / sides:
        raise Mismatch("value", f"{what} follows a pattern. Draw a number of its own for every value.")
    for a, b in ((signs[1:], signs[:-1]), (signs[:, 1:], signs[:, :-1])):
        if abs(float(np.mean(a * b))) > 1.1 * Z / math.sqrt(a.size):
            raise Mismatch(
                "value", f"{what} follows a pattern between neighbours. Draw every value on its own."
            )


def uncorrelated(trial: Trial, a: Array, b: Array, what: str) -> None:
    """Raise `Mismatch` where two sequences of n draws are correlated by more than chance allows."""
    n = a.size
    sd = float(np.std(a) * np.std(b))
    r = float(np.mean((a - a.mean()) * (b - b.mean()))) / sd if sd > 0 else 0.0
    trial.observe(f"correlation of {what}", r, 0.35)
    if abs(r) > 1.1 * Z / math.sqrt(n):
        raise Mismatch("value", f"{what} depend on one another. Draw each on its own.")
