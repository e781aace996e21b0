"""Tests of coin flips and of integer draws, beside `autograde.judge.statistics`, at the same false-alarm rate."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from autograde.judge import statistics
from autograde.judge.compare import Mismatch
from autograde.judge.statistics import ALPHA, Z
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]


@contextlib.contextmanager
def unobserved(trial: Trial) -> Iterator[None]:
    """What is called inside leaves no trace in the transcript, where many repetitions would outvote all the rest."""
    before = len(trial.observations)
    try:
        yield
    finally:
        del trial.observations[before:]


def improbable(happened: Array, p: float) -> bool:
    """Whether so many, or so few, of these happen less often than `ALPHA` where each does with probability p."""
    count, n = int(np.count_nonzero(happened)), happened.size
    return min(float(stats.binom.cdf(count, n, p)), float(stats.binom.sf(count - 1, n, p))) < ALPHA / 2


def check_share(trial: Trial, happened: Array, p: float, what: str) -> None:
    """Raise `Mismatch` unless each of these happened with probability p (exact binomial tails)."""
    count, n = int(np.count_nonzero(happened)), happened.size
    trial.observe(f"share of {what}", count / n, 2 * Z * math.sqrt(max(p * (1 - p), 1e-4) / n))
    if improbable(happened, p):
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


def balanced_lines(trial: Trial, happened: Array, p: float, what: str) -> None:
    """Raise `Mismatch` where one row or column of a matrix of yes and no has another rate than p (exact binomial tails)."""
    for axis, line in ((1, "row"), (0, "column")):
        counts, n = np.count_nonzero(happened, axis=axis), happened.shape[axis]
        tails = np.minimum(stats.binom.cdf(counts, n, p), stats.binom.sf(counts - 1, n, p))
        odd = bool(np.any(tails < ALPHA / (4 * counts.size)))
        trial.observe(f"a {line} of its own rate, {what}", odd)
        if odd:
            raise Mismatch(
                "value", f"{what}: one {line} is treated unlike the others. Draw for every value alike."
            )


def every_place_changes(trial: Trial, draws: Array, what: str) -> None:
    """Raise `Mismatch` where one place of a batch got the same draw in every call; `draws` is `(calls, …)`.

    The callers see to it that chance does this less often than `ALPHA`.
    """
    stuck = bool(np.any(np.ptp(draws.astype(np.float64), axis=0) < 1e-9))
    trial.observe(f"a place with the same {what} in every call", stuck)
    if stuck:
        raise Mismatch(
            "value",
            f"In {len(draws)} calls one place of the batch (the first, say, or the last) had the same {what} every "
            "time. Draw for every place, in every call.",
        )


def spread_evenly(trial: Trial, draws: Array, low: float, high: float, what: str) -> None:
    """Raise `Mismatch` unless draws are uniform in [low, high] (the Dvoretzky-Kiefer-Wolfowitz bound)."""
    rank = np.sort((draws - low) / (high - low)).clip(0, 1)
    steps = np.arange(rank.size + 1) / rank.size
    distance = max(float(np.max(rank - steps[:-1])), float(np.max(steps[1:] - rank)))
    uneven = distance > statistics.law_distance_limit(rank.size)
    trial.observe(f"{what} spread unevenly", uneven)
    if uneven:
        raise Mismatch("value", f"{what} is not spread evenly between its bounds.")


def uncorrelated(trial: Trial, a: Array, b: Array, what: str) -> None:
    """Raise `Mismatch` where two sequences of n draws are correlated by more than chance allows."""
    n = a.size
    sd = float(np.std(a) * np.std(b))
    r = float(np.mean((a - a.mean()) * (b - b.mean()))) / sd if sd > 0 else 0.0
    trial.observe(f"correlation of {what}", r, 0.35)
    if abs(r) > 1.1 * Z / math.sqrt(n):
        raise Mismatch("value", f"{what} depend on one another. Draw each on its own.")
