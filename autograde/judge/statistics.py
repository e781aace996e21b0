"""Judge random functions by distribution, with a false-alarm rate that is computed, not hoped for.

Every test here raises a false alarm with probability at most `ALPHA` = 1e-13 for a correct function. A lesson
makes fewer than 500 such tests a student, and a class has at most 10,000 students, so the chance that anybody
in a whole class is wronged is below 500 · 10,000 · 1e-13 = 5e-7, under the promised 1e-6.

Moments use the normal quantile of ALPHA (the sums are over thousands of draws), the law uses the
Dvoretzky–Kiefer–Wolfowitz inequality (exact for every n), and the largest singular value the
Davidson–Szarek bound for Gaussian matrices, which sub-Gaussian draws of the same variance obey too.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtr

from autograde.judge.compare import Mismatch, as_array, same
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

ALPHA = 1e-13
Z = float(stats.norm.isf(ALPHA / 2))
Array = np.ndarray[Any, Any]


def law_distance_limit(count: int, alpha: float = ALPHA) -> float:
    """How far an empirical distribution of `count` draws may be from the true one (DKW)."""
    return math.sqrt(math.log(2 / alpha) / (2 * count))


def check_moments(trial: Trial, draws: Array, what: str, mean: float, variance: float) -> None:
    """Raise `Mismatch` unless the draws have this mean and variance; both go into the transcript.

    The variance's standard error is √((κ − 1)/n) with kurtosis κ ≤ 3: every law asked for here obeys that.
    """
    draws = np.asarray(draws, dtype=np.float64).ravel()
    n = draws.size
    seen = float(np.mean((draws - mean) ** 2))
    spread = math.sqrt(2 / n)
    scale = math.sqrt(variance)
    trial.observe(f"log variance of {what}", math.log(max(seen, 1e-300) / variance), 2 * Z * spread)
    trial.observe(
        f"mean of {what}", float(draws.mean()) / scale, 2 * Z * max(math.sqrt(seen) / scale, 1) / math.sqrt(n)
    )
    if abs(draws.mean() - mean) > Z * scale / math.sqrt(n):
        raise Mismatch("value", f"{what} should average {mean:g}; the mean of {n} draws is too far from it.")
    if abs(seen / variance - 1) > Z * spread:
        factor = seen / variance
        raise Mismatch(
            "value",
            f"The variance of {what} is {factor:.3g} times what it should be (the standard deviation "
            f"{math.sqrt(factor):.3g} times), over {n} draws.",
        )


def check_normal(trial: Trial, standardized: Array, what: str) -> None:
    """Raise `Mismatch` unless the draws (scaled to variance 1) are normal, or truncated normal cut at 1.5 σ or beyond."""
    z = np.sort(np.asarray(standardized, dtype=np.float64).ravel())
    trial.observe(f"kurtosis of {what}", _kurtosis(z), 0.25)
    limit = law_distance_limit(z.size) + 0.003  # 0.003: half a step of the grid of cuts
    if all(_distance(_cut_normal_cdf(z, cut)) > limit for cut in CUTS):
        shape = "uniform" if _distance(np.clip(z / math.sqrt(12) + 0.5, 0, 1)) < 0.02 else "something else"
        raise Mismatch("value", f"{what} should be normally distributed; the draws look {shape}.")


def check_uniform(trial: Trial, draws: Array, what: str, low: float, high: float) -> None:
    """Raise `Mismatch` unless the draws are uniform in [low, high]."""
    x = np.sort(np.asarray(draws, dtype=np.float64).ravel())
    width = high - low
    trial.observe(f"range of {what}", [(x[0] - low) / width, (x[-1] - high) / width], 40 / x.size + 0.02)
    trial.observe(f"kurtosis of {what}", _kurtosis(x), 0.25)
    if x[0] < low - 1e-6 * width or x[-1] > high + 1e-6 * width:
        raise Mismatch("value", f"{what} leaves its bounds.")
    if _distance(np.clip((x - low) / width, 0, 1)) > law_distance_limit(x.size):
        raise Mismatch("value", f"{what} should be spread evenly between its bounds; it is not.")


def check_independent(trial: Trial, matrix: Array, what: str) -> None:
    """Raise `Mismatch` unless the entries of a matrix (scaled to variance 1) look like independent draws.

    Repeated rows or columns, one draw broadcast, outer products and sorted draws are all caught by the
    largest singular value or by the correlation of neighbours.
    """
    z = np.asarray(matrix, dtype=np.float64)
    repeated = 1 - np.unique(z).size / z.size
    top = _largest_singular_value(z) / sum(math.sqrt(side) for side in z.shape)
    trial.observe(f"structure of {what}", [repeated > 0.01, top > 1.5])
    limit = 1.02 + math.sqrt(2 * math.log(1 / ALPHA)) / sum(math.sqrt(side) for side in z.shape)
    if repeated > 0.01 or top > limit:
        raise Mismatch(
            "value",
            f"The entries of {what} are not independent: values repeat, or follow one another in a pattern. "
            "Draw a number of its own for every entry.",
        )
    for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1])):
        if a.size and abs(float(np.mean(a * b))) > Z / math.sqrt(a.size) * 1.1:
            raise Mismatch("value", f"Neighbouring entries of {what} are correlated; draw each on its own.")


def check_generator(trial: Trial, draw: Callable[[Handle], Any], what: str) -> None:
    """Raise `Mismatch` unless the randomness of `draw(rng)` comes from `rng` and from nowhere else.

    Same seed, same result; one generator used twice, different results; other seed, other result.
    """
    first = as_array(draw(trial.rng_handle(11)), what)
    again = as_array(draw(trial.rng_handle(11)), what)
    reproducible = same(first, again)
    rng = trial.rng_handle(12)
    one, two = as_array(draw(rng), what), as_array(draw(rng), what)
    fresh, advances = not same(first, one), not same(one, two)
    trial.observe(f"randomness of {what}", [reproducible, fresh, advances])
    if not reproducible:
        raise Mismatch(
            "value",
            f"Two generators with the same seed give different {what}. Draw from the `rng` argument only, "
            "not from np.random.",
        )
    if not fresh:
        raise Mismatch("value", f"Another seed gives the same {what}: the `rng` argument is not used.")
    if not advances:
        raise Mismatch(
            "value",
            f"Two calls with one generator give the same {what}. Draw from `rng` itself; do not copy or re-seed it.",
        )


def _largest_singular_value(z: Array) -> float:
    """By the smaller Gram matrix: several times quicker than a singular value decomposition."""
    gram = z @ z.T if z.shape[0] < z.shape[1] else z.T @ z
    return math.sqrt(max(float(np.linalg.eigvalsh(gram)[-1]), 0.0))


def _kurtosis(z: Array) -> float:
    """The fourth standardized moment; 0 for draws that are all the same."""
    square = (z - z.mean()) ** 2
    variance = float(square.mean())
    return float(np.mean(square * square)) / variance**2 if variance > 1e-150 else 0.0


CUTS = (math.inf, *np.arange(1.5, 4.01, 0.125).tolist())
"""Where, in standard deviations of the uncut law, a normal law may be truncated (symmetrically)."""


@functools.cache
def _cut_normal_scale(cut: float) -> float:
    """The standard deviation left to a standard normal law cut at ±`cut`."""
    if math.isinf(cut):
        return 1.0
    return math.sqrt(1 - 2 * cut * float(stats.norm.pdf(cut)) / (1 - 2 * float(ndtr(-cut))))


def _cut_normal_cdf(z: Array, cut: float) -> Array:
    """The distribution function at `z` of a normal law cut at ±`cut`, rescaled to variance 1."""
    below = float(ndtr(-cut))
    inside: Array = np.clip((ndtr(z * _cut_normal_scale(cut)) - below) / (1 - 2 * below), 0, 1)
    return inside


def _distance(cdf: Array) -> float:
    """The Kolmogorov–Smirnov distance of sorted draws to a law, given the law's distribution function there."""
    steps = np.arange(cdf.size + 1) / cdf.size
    return float(max(np.max(cdf - steps[:-1]), np.max(steps[1:] - cdf)))
