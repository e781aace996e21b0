"""Randomized leaky ReLU (slides S4.2; Xu et al. 2015), judged by the slopes it draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograde.judge import inputs, statistics
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]

rrelu_exercise = Exercise(
    name="rrelu",
    lesson="02_vanishing_gradients",
    functions=("rrelu",),
    title="Randomized leaky ReLU",
    section="rrelu_idea",
    difficulty=2,
    minutes=8,
    lines=5,
    hints=(
        "It is a leaky ReLU whose slope is no constant: while training, every negative element has a slope of its own.",
        "rng.uniform(lower, upper, size=z.shape) draws one slope for each element; np.where picks where to use it.",
        "When not training, use the middle (lower + upper)/2 and leave rng alone.",
    ),
    uses=("leaky_relu",),
)


@rrelu_exercise.reference
def rrelu(
    z: Array, rng: np.random.Generator, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = True
) -> Array:
    """z where z > 0; elsewhere z times a slope drawn for the element, or their mean when not training."""
    slope = rng.uniform(lower, upper, np.shape(z)) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


def _slopes(trial: Trial, z: Array, **options: Any) -> Array:
    """The slopes used on the negative elements of `z`, after checking everything else."""
    got = as_array(trial.call("rrelu", z, trial.rng_handle(), observe=False, **options), "rrelu(z, rng)")
    trial.observe("shape", got.shape)
    trial.require(
        got.shape == z.shape, f"rrelu(z, rng) has shape {got.shape}; it should be {z.shape}.", "shape"
    )
    positive = z >= 0
    kept = np.allclose(got[positive], z[positive], rtol=1e-6, atol=1e-9)
    trial.observe("positive side kept", kept)
    trial.require(bool(kept), "Where z is positive the output should be z itself.")
    return got[~positive].astype(np.float64) / z[~positive]


@rrelu_exercise.aspect("training slopes", points=3)
def _(trial: Trial) -> None:
    for lower, upper in ((1 / 8, 1 / 3), (0.4, 0.9)):
        options = {} if lower == 1 / 8 else {"lower": lower, "upper": upper}
        with trial.case(f"a (200, 150) array, slopes between {lower:.3g} and {upper:.3g}"):
            z = -0.1 - np.abs(trial.rng.normal(size=(200, 150)))
            slopes = _slopes(trial, z, **options)
            trial.observe("mean slope", float(slopes.mean()), 0.02)
            statistics.check_uniform(trial, slopes, "the slopes", lower, upper)
            centred = (slopes - (lower + upper) / 2) * np.sqrt(12.0) / (upper - lower)
            statistics.check_independent(trial, centred.reshape(z.shape), "the slopes")
    for shape in ((6,), (3, 4), (2, 3, 4), ()):
        with trial.case(f"a float64 array of shape {shape}"):
            slopes = _slopes(trial, np.asarray(trial.rng.normal(size=shape)))
            inside = bool(np.all((slopes > 1 / 8 - 1e-9) & (slopes < 1 / 3 + 1e-9)))
            trial.observe("inside", inside)
            trial.require(inside, "A slope lies outside [lower, upper].")


@rrelu_exercise.aspect("fresh draws from rng", points=1, needs=("training slopes",))
def _(trial: Trial) -> None:
    z = -1.0 - trial.rng.random((5, 4))
    with trial.case("the rng argument"):
        statistics.check_generator(trial, lambda rng: trial.call("rrelu", z, rng, observe=False), "slopes")


@rrelu_exercise.aspect("not training", points=2)
def _(trial: Trial) -> None:
    for case, z in inputs.elementwise(trial.rng):
        with trial.case(f"{case}, training=False"):
            rng = trial.rng_handle()
            before = trial.subject.rng_state(rng)
            got = trial.call("rrelu", z, rng, training=False)
            loose = {"rtol": 1e-4, "atol": 1e-5} if z.dtype == np.float32 else {}
            trial.close(got, rrelu(z.astype(float), None, training=False), "rrelu(z, rng)", source=z, **loose)
            drawn = trial.subject.rng_state(rng) != before
            trial.observe("draws in eval", drawn)
            trial.require(not drawn, "rrelu draws from rng although training is False; leave it alone then.")
    with trial.case("training=False with lower=0.2 and upper=0.6"):
        z = trial.rng.normal(size=(4, 5))
        got = trial.call("rrelu", z, trial.rng_handle(), 0.2, 0.6, False)
        trial.close(got, np.where(z > 0, z, 0.4 * z), "rrelu(z, rng, 0.2, 0.6, False)", source=z)
