"""Random values on the right scale: log-uniform numbers and β close to 1 (notes C, "linear scale vs log scale").

Judged by distribution only. With ALPHA = 1e-13 a false alarm for any test, 30,000 draws show a distance of 2.3 % to
the law; the linear scale is more than 30 % away from the logarithmic one on every range asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograde.judge import statistics
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "06_hyperparameter_tuning"
MANY = 30_000
SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)

log_uniform_exercise = Exercise(
    name="log_uniform",
    lesson=LESSON,
    functions=("log_uniform",),
    title="Draw on the logarithmic scale",
    section="log_uniform_idea",
    difficulty=2,
    minutes=8,
    lines=1,
    hints=(
        "Every decade should get the same share of the draws: as many between 0.0001 and 0.001 as between 0.1 and 1.",
        "Draw the logarithm evenly, between the logarithms of the two ends, then undo the logarithm.",
        "np.exp undoes np.log, and 10 ** undoes np.log10. Take a pair that belongs together.",
        "np.exp(rng.uniform(np.log(low), np.log(high), size)).",
    ),
)

sample_beta_exercise = Exercise(
    name="sample_beta",
    lesson=LESSON,
    functions=("sample_beta",),
    title="Draw a momentum close to 1",
    section="sample_beta_idea",
    difficulty=2,
    minutes=6,
    lines=1,
    uses=("log_uniform",),
    hints=(
        "β averages over about 1/(1 - β) steps. From 0.9 to 0.999 that is 10 to 1000 steps: two decades.",
        "The quantity with decades is 1 - β, not β. Which range has 1 - β when β runs from low to high?",
        "1 - β runs from 1 - high to 1 - low. Draw it log-uniformly and subtract it from 1.",
    ),
)


@log_uniform_exercise.reference
def log_uniform(low: float, high: float, rng: np.random.Generator, size: Any) -> Array:
    """Values in [low, high] whose logarithm is uniform; `size` as NumPy's."""
    bottom, top = np.log(low), np.log(high)
    drawn: Array = np.exp(bottom + (top - bottom) * rng.random(size))
    return drawn


@sample_beta_exercise.reference
def sample_beta(rng: np.random.Generator, size: Any, low: float = 0.9, high: float = 0.999) -> Array:
    """β in [low, high] with 1 - β log-uniform."""
    drawn: Array = 1.0 - log_uniform(1.0 - high, 1.0 - low, rng, size)
    return drawn


def drawn_array(trial: Trial, got: Any, shape: tuple[int, ...], what: str) -> Array:
    """An answer as a float array of this shape with finite values."""
    array = as_array(got, what, scalar=shape == ())
    trial.observe("shape", array.shape)
    trial.require(array.shape == shape, f"{what} has shape {array.shape}; it should be {shape}.", "shape")
    trial.require(array.dtype == np.float64, f"{what} came back as {array.dtype}; keep float64.", "dtype")
    trial.require(bool(np.isfinite(array).all()), f"{what} holds NaN or infinite values.", "finite")
    return array


def observe_law(trial: Trial, values: Array, low: float, high: float) -> None:
    """Where the draws lie on the linear and on the logarithmic scale, for the transcript."""
    straight = (values - low) / (high - low)
    with np.errstate(all="ignore"):
        logs = np.log(np.maximum(values, 1e-300) / low) / np.log(high / low)
    for share in SHARES:
        trial.observe(f"quantile {share}, linear", _squeezed(np.quantile(straight, share)), 0.025)
        trial.observe(f"quantile {share}, log", _squeezed(np.quantile(logs, share)), 0.025)
    trial.observe("values repeat", bool(np.unique(values).size < 0.9 * values.size))


def _squeezed(position: Any) -> float:
    """Positions far outside of the range brought near, so that one tolerance serves all."""
    return float(np.arctan(float(position) - 0.5))


def check_log_uniform(trial: Trial, values: Array, low: float, high: float, what: str) -> None:
    """Bounds, law and independence of many draws `(rows, columns)`."""
    observe_law(trial, values.ravel(), low, high)
    slack = 1e-9 * max(abs(high), abs(low))
    inside = bool(np.all((values >= low - slack) & (values <= high + slack)))
    trial.observe("inside", inside)
    trial.require(inside, f"Some of {what} leave the range from low to high.")
    trial.require(
        np.unique(values).size > 0.9 * values.size,
        f"Many of {what} are equal. Draw a real number of its own for every entry.",
    )
    place = np.log(values / low) / np.log(high / low)
    statistics.check_uniform(trial, place, f"the logarithm of {what}", 0.0, 1.0)
    statistics.check_independent(trial, (place - 0.5) * np.sqrt(12.0), what)


def check_fresh(trial: Trial, one: Array, two: Array, what: str) -> None:
    """Two sets of draws share (nearly) no value: a shuffled grid would share all."""
    common = np.intersect1d(np.round(one, 12), np.round(two, 12)).size
    shared = common > 0.2 * one.size
    trial.observe("both seeds give the same values", shared)
    trial.require(
        not shared,
        f"Two seeds give the same {what} in another order: that is a shuffled grid. Draw every value.",
    )


@log_uniform_exercise.aspect("law", points=4)
def _(trial: Trial) -> None:
    for low, high in ((1e-4, 1.0), (1e-6, 1e-2), (10.0, 1e5), (0.5, 8.0)):
        with trial.case(f"30,000 draws between {low:g} and {high:g}"):
            got = trial.call("log_uniform", low, high, trial.rng_handle(), (200, 150), observe=False)
            values = drawn_array(trial, got, (200, 150), "log_uniform(low, high, rng, (200, 150))")
            check_log_uniform(trial, values, low, high, "the values")


@log_uniform_exercise.aspect("shapes", points=1, needs=("law",))
def _(trial: Trial) -> None:
    for size, shape in ((7, (7,)), (1, (1,)), ((3, 4), (3, 4)), ((2, 1, 3), (2, 1, 3))):
        with trial.case(f"size={size}"):
            got = trial.call("log_uniform", 0.01, 2.0, trial.rng_handle(), size, observe=False)
            values = drawn_array(trial, got, shape, f"log_uniform(low, high, rng, {size})")
            trial.require(bool(np.all((values > 0.0099) & (values < 2.001))), "A value leaves the range.")


@log_uniform_exercise.aspect("randomness", points=1, needs=("law",))
def _(trial: Trial) -> None:
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial, lambda rng: trial.call("log_uniform", 1e-3, 5.0, rng, 9, observe=False), "values"
        )
    with trial.case("two seeds"):
        one, two = (
            drawn_array(
                trial,
                trial.call("log_uniform", 1e-3, 1.0, trial.rng_handle(), 500, observe=False),
                (500,),
                "it",
            )
            for _ in "ab"
        )
        check_fresh(trial, one, two, "values")


BETAS: tuple[tuple[float, float, tuple[Any, ...], dict[str, Any]], ...] = (
    (0.9, 0.999, (), {}),
    (0.5, 0.99, (0.5, 0.99), {}),
    (0.9, 0.9999, (), {"high": 0.9999}),
    (0.8, 0.999, (), {"low": 0.8}),
)
"""(low, high, how to say it by position, by name)."""


@sample_beta_exercise.aspect("law", points=4)
def _(trial: Trial) -> None:
    for low, high, options, named in BETAS:
        with trial.case(f"30,000 draws of β between {low} and {high}"):
            got = trial.call("sample_beta", trial.rng_handle(), (200, 150), *options, observe=False, **named)
            beta = drawn_array(trial, got, (200, 150), "sample_beta(rng, (200, 150))")
            slack = 1e-9
            inside = bool(np.all((beta >= low - slack) & (beta <= high + slack)))
            trial.observe("β inside", inside)
            observe_law(trial, beta.ravel(), low, high)
            trial.require(inside, f"Some β lie outside of the range from {low} to {high}.")
            check_log_uniform(trial, 1.0 - beta, 1.0 - high, 1.0 - low, "1 - β")


@sample_beta_exercise.aspect("shapes", points=1, needs=("law",))
def _(trial: Trial) -> None:
    for size, shape in ((6, (6,)), (1, (1,)), ((2, 5), (2, 5))):
        with trial.case(f"size={size}"):
            got = trial.call("sample_beta", trial.rng_handle(), size, observe=False)
            drawn_array(trial, got, shape, f"sample_beta(rng, {size})")


@sample_beta_exercise.aspect("randomness", points=1, needs=("law",))
def _(trial: Trial) -> None:
    with trial.case("the rng argument"):
        statistics.check_generator(trial, lambda rng: trial.call("sample_beta", rng, 9, observe=False), "β")
    with trial.case("two seeds"):
        one, two = (
            drawn_array(
                trial, trial.call("sample_beta", trial.rng_handle(), 500, observe=False), (500,), "it"
            )
            for _ in "ab"
        )
        check_fresh(trial, one, two, "β")
