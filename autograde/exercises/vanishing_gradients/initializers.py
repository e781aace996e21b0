"""Xavier and He initialization (slides S4.2; Glorot & Bengio 2010, He et al. 2015).

Judged by distribution only. Each of the larger matrices holds 30,000 draws or more, so with ALPHA = 1e-13 a variance that is
off by 8 % is caught; the slide's 2/√n (variance off by a factor 2 at the least) is far beyond that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograde.judge import statistics
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise, Function
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"
SIZES = ((300, 120), (60, 500), (180, 180))
SMALL = ((1, 6), (7, 1), (1, 1), (5, 3))
FLAT = ((1, 3000), (3000, 1))
"""One fan of 1: an off-by-one in a fan shows here and nowhere else."""
TINY = (5, 6)
TINY_COUNT = 1100
"""Small and odd in sum: an off-by-one in fan_in + fan_out changes the variance by 8 % or more, which 33,000 draws show."""


def _draw(trial: Trial, name: str, fan_in: int, fan_out: int, seed: int | None = None) -> Array:
    """One matrix from the student's initializer, of the right shape and dtype."""
    rng = trial.rng_handle(seed)
    got = trial.call(name, fan_in, fan_out, rng, observe=False)
    matrix = as_array(got, f"{name}({fan_in}, {fan_out}, rng)")
    trial.observe(f"shape of {name}", matrix.shape)
    trial.require(
        matrix.shape == (fan_in, fan_out),
        f"{name}(fan_in={fan_in}, fan_out={fan_out}, rng) has shape {matrix.shape}; it should be (fan_in, fan_out).",
        "shape",
    )
    trial.require(matrix.dtype.kind == "f", f"{name} should return floats, not {matrix.dtype}.", "dtype")
    trial.require(bool(np.isfinite(matrix).all()), f"{name} returns NaN or infinite weights.", "finite")
    return matrix


def check_spread(trial: Trial, name: str, variance: Function, both_fans: bool) -> None:
    """Shapes, mean and variance."""
    for fan_in, fan_out in SMALL:
        with trial.case(f"fan_in={fan_in}, fan_out={fan_out}"):
            _draw(trial, name, fan_in, fan_out)
    for fan_in, fan_out in (*SIZES, *FLAT):
        with trial.case(f"fan_in={fan_in}, fan_out={fan_out}"):
            matrix = _draw(trial, name, fan_in, fan_out)
            statistics.check_moments(trial, matrix, "the weights", 0.0, variance(fan_in, fan_out))
    if both_fans and not trial.problems:  # what is wrong already need not be asked 1,100 times
        check_tiny(trial, name, variance)


def check_tiny(trial: Trial, name: str, variance: Function) -> None:
    """The variance of many small matrices together. It leaves nothing in the transcript, since not everybody is asked."""
    fan_in, fan_out = TINY
    seen = len(trial.observations)
    with trial.case(f"{TINY_COUNT} matrices with fan_in={fan_in}, fan_out={fan_out}"):
        rng = trial.rng_handle()
        drawn = trial.call_many(name, fan_in, fan_out, rng, times=TINY_COUNT)
        draws = np.stack([as_array(matrix, "a matrix of weights") for matrix in drawn])
        statistics.check_moments(trial, draws, "the weights", 0.0, variance(fan_in, fan_out))
    del trial.observations[seen:]


def check_unrelated(trial: Trial, matrix: Array) -> None:
    """No row (column) is tied to another one, and none is made orthogonal to the others.

    The squared inner products of m independent rows of n entries of variance 1 average n. Their mean has a relative
    standard error of about 2/m; leaving [0.5, 1.5] is beyond 14 of them for the sizes asked for (m ≥ 60).
    """
    gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    whole = float(np.sum(gram**2))  # the same for the rows' inner products and for the columns'
    for z in (matrix, matrix.T):
        rows, entries = z.shape
        total = whole - float(np.sum(np.sum(z**2, axis=1) ** 2))
        ratio = total / (rows * (rows - 1) * entries)
        trial.observe("ties between rows or columns", 0.5 < ratio < 1.5)
        trial.require(
            0.5 < ratio < 1.5,
            "The rows or columns of the weights are tied to each other: some repeat others (perhaps with the other "
            "sign), or they were made orthogonal. Every entry should be a draw of its own.",
        )


def check_alive(trial: Trial, matrix: Array) -> None:
    """The weights differ, and none was set to 0 on purpose."""
    zeros = int(np.count_nonzero(matrix == 0))
    alive = zeros <= 20 and float(np.ptp(matrix)) > 0
    trial.observe("weights alive", alive)
    trial.require(
        alive,
        f"{zeros} of {matrix.size} weights are exactly 0, or all of them are alike. Every entry should be a random draw.",
    )


def check_law(trial: Trial, name: str, variance: Function, uniform: bool) -> None:
    """The form of the distribution and the independence of the entries, at the variance that is there."""
    scaled = []
    for fan_in, fan_out in SIZES:
        with trial.case(f"fan_in={fan_in}, fan_out={fan_out}"):
            matrix = _draw(trial, name, fan_in, fan_out).astype(np.float64)
            check_alive(trial, matrix)
            scale = float(np.sqrt(np.mean(matrix**2)))
            statistics.check_independent(trial, matrix / scale, "the weights")
            check_unrelated(trial, matrix / scale)
            scaled.append(matrix.ravel() / math.sqrt(variance(fan_in, fan_out)))
    if len(scaled) < len(SIZES):
        return
    with trial.case("all draws together"):
        draws = np.concatenate(scaled)
        if uniform:
            limit = math.sqrt(3.0)
            statistics.check_uniform(trial, draws, "a weight", -limit, limit)
        else:
            statistics.check_normal(trial, draws / float(np.sqrt(np.mean(draws**2))), "the weights")


def check_generator(trial: Trial, name: str) -> None:
    """All randomness from `rng`."""
    with trial.case("the rng argument"):
        statistics.check_generator(trial, lambda rng: trial.call(name, 12, 9, rng, observe=False), "weights")


def _declare(exercise: Exercise, variance: Function, uniform: bool) -> None:
    name = exercise.name
    both_fans = variance(5, 6) != variance(5, 7)

    @exercise.aspect("mean and variance", points=3)
    def _(trial: Trial) -> None:
        check_spread(trial, name, variance, both_fans)

    @exercise.aspect("distribution", points=1, needs=("mean and variance",))
    def _(trial: Trial) -> None:
        check_law(trial, name, variance, uniform)

    @exercise.aspect("draws from rng", points=1, needs=("mean and variance",))
    def _(trial: Trial) -> None:
        check_generator(trial, name)


def xavier_variance(fan_in: int, fan_out: int) -> float:
    """2/(fan_in + fan_out)."""
    return 2.0 / (fan_in + fan_out)


def he_variance(fan_in: int, fan_out: int) -> float:
    """2/fan_in."""
    return 2.0 / fan_in


xavier_normal_exercise = Exercise(
    name="xavier_normal",
    lesson=LESSON,
    functions=("xavier_normal",),
    title="Xavier initialization, normal",
    section="xavier_normal_idea",
    difficulty=1,
    minutes=6,
    lines=2,
    hints=(
        "The text gives a variance. What does rng.normal want: the variance or its square root?",
        "std = √(2/(fan_in + fan_out)).",
        "rng.normal(mean, std, size=(fan_in, fan_out)) draws the whole matrix at once.",
    ),
)
_declare(xavier_normal_exercise, xavier_variance, uniform=False)

xavier_uniform_exercise = Exercise(
    name="xavier_uniform",
    lesson=LESSON,
    functions=("xavier_uniform",),
    title="Xavier initialization, uniform",
    section="xavier_uniform_idea",
    difficulty=2,
    minutes=6,
    lines=2,
    hints=(
        "A uniform number in [-a, a] has variance a²/3. Which a gives 2/(fan_in + fan_out)?",
        "a = √(6/(fan_in + fan_out)).",
        "rng.uniform(low, high, size=(fan_in, fan_out)) with low = -a.",
    ),
    uses=("xavier_normal",),
)
_declare(xavier_uniform_exercise, xavier_variance, uniform=True)

he_normal_exercise = Exercise(
    name="he_normal",
    lesson=LESSON,
    functions=("he_normal",),
    title="He initialization",
    section="he_normal_idea",
    difficulty=1,
    minutes=5,
    lines=2,
    hints=(
        "ReLU throws away half of the signal's power; the weights make up for it with a factor 2.",
        "The variance is 2/fan_in. The slide's 2/√n is not its square root.",
        "std = √(2/fan_in), and only fan_in counts.",
    ),
    uses=("xavier_normal",),
)
_declare(he_normal_exercise, he_variance, uniform=False)


@xavier_normal_exercise.reference
def xavier_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Normal weights of variance 2/(fan_in + fan_out)."""
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out))


@xavier_uniform_exercise.reference
def xavier_uniform(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Uniform weights in ±√(6/(fan_in + fan_out))."""
    limit = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))


@he_normal_exercise.reference
def he_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Normal weights of variance 2/fan_in."""
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out))
