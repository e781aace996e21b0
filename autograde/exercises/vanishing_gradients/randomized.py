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
    trial.require(got.dtype.kind == "f", f"rrelu(z, rng) came back as {got.dtype}. Keep floats.", "dtype")
    narrow = z.dtype == np.float64 and got.dtype != np.float64
    trial.require(
        not narrow, f"rrelu came back as {got.dtype}; float64 input is answered in float64.", "dtype"
    )
    positive = z >= 0
    kept = np.allclose(got[positive], z[positive], rtol=1e-6, atol=1e-9)
    trial.observe("positive side kept", kept)
    trial.require(bool(kept), "Where z is positive or 0 the output should be z itself.")
    return got[~positive].astype(np.float64) / z[~positive]


def _check_many(trial: Trial, **bounds: float) -> None:
    """Law and independence of 30,000 slopes, between the default bounds or the given ones."""
    lower, upper = bounds.get("lower", 1 / 8), bounds.get("upper", 1 / 3)
    z = -0.1 - np.abs(trial.rng.normal(size=(200, 150)))
    slopes = _slopes(trial, z, **bounds).reshape(z.shape)
    trial.observe("mean slope", float(slopes.mean()), 0.02)
    for share in (0.01, 0.1, 0.25, 0.75, 0.9, 0.99):
        place = float(np.quantile(slopes, share) - lower) / (upper - lower)
        trial.observe(f"quantile {share}", place, 0.02)
    alike = [bool(np.ptp(slopes, axis=axis).max() < 1e-6) for axis in (0, 1)]
    trial.observe("slopes alike down each column, along each row", alike)
    trial.require(
        not all(alike), "All negative elements get the same slope. Draw one for each element: size=z.shape."
    )
    trial.require(not alike[0], "The slopes of a column are all the same. Draw one for each element.")
    trial.require(not alike[1], "The slopes of a row are all the same. Draw one for each element.")
    statistics.check_uniform(trial, slopes, "a slope", lower, upper)
    centred = (slopes - (lower + upper) / 2) * np.sqrt(12.0) / (upper - lower)
    statistics.check_independent(trial, centred, "the slopes")


def _check_inside(trial: Trial, z: Array) -> None:
    """Every slope within the default bounds."""
    slopes = _slopes(trial, z)
    slack = 1e-5 if z.dtype == np.float32 else 1e-9
    inside = bool(np.all((slopes > 1 / 8 - slack) & (slopes < 1 / 3 + slack)))
    trial.observe("inside", inside)
    trial.require(inside, "A slope lies outside [lower, upper].")


@rrelu_exercise.aspect("training slopes", points=3)
def _(trial: Trial) -> None:
    with trial.case("a (200, 150) array with the default slopes"):
        _check_many(trial)
    with trial.case("a (200, 150) array with lower=0.4 and upper=0.9"):
        _check_many(trial, lower=0.4, upper=0.9)
    for shape in ((6,), (3, 4), (2, 3, 4), ()):
        with trial.case(f"a float64 array of shape {shape}"):
            _check_inside(trial, np.asarray(trial.rng.normal(size=shape)))
    for case, z in inputs.layouts(trial.rng.normal(size=(6, 5))):
        with trial.case(f"a float64 array of shape (6, 5), {case}"):
            _check_inside(trial, z)
    with trial.case("a float32 array of shape (4, 3)"):
        _check_inside(trial, trial.rng.normal(size=(4, 3)).astype(np.float32))
    with trial.case("z with zeros and values of ±1000"):
        _check_inside(trial, np.array([[0.0, -1e3, 1e3], [1e-6, -1e-6, 0.0]]))


@rrelu_exercise.aspect("fresh draws from rng", points=1, needs=("training slopes",))
def _(trial: Trial) -> None:
    z = -1.0 - trial.rng.random((5, 4))
    with trial.case("the rng argument"):
        statistics.check_generator(trial, lambda rng: trial.call("rrelu", z, rng, observe=False), "slopes")
    with trial.case("two seeds"):
        one, two = (
            as_array(trial.call("rrelu", z, trial.rng_handle(), observe=False), "it") / z for _ in "ab"
        )
        trial.observe(
            "slopes vary", [bool(np.ptp(one) > 0), one.shape == two.shape and bool(np.all(one == two))]
        )


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
    with trial.case("training=False, zeros and values of ±1000"):
        z = np.array([[0.0, -1e3, 1e3], [1e-6, -1e-6, 0.0]])
        trial.close(
            trial.call("rrelu", z, trial.rng_handle(), training=False),
            np.where(z > 0, z, 11 / 48 * z),
            "rrelu(z, rng)",
        )
    with trial.case("training=False with lower=0.2 and upper=0.6"):
        z = trial.rng.normal(size=(4, 5))
        got = trial.call("rrelu", z, trial.rng_handle(), 0.2, 0.6, False)
        trial.close(got, np.where(z > 0, z, 0.4 * z), "rrelu(z, rng, 0.2, 0.6, False)", source=z)
