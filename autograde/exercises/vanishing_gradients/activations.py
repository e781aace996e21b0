"""Sigmoid, tanh and ReLU with their derivatives (slides S4.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograde.judge import inputs
from autograde.judge.exercise import Exercise, Function
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"


def check_values(trial: Trial, name: str, right: Function, scale: float = 3.0) -> None:
    """Compare one elementwise function with the right one over shapes, dtypes and layouts."""
    for case, z in inputs.elementwise(trial.rng, scale):
        with trial.case(case):
            wide = z.astype(np.float64)
            loose = {"rtol": 1e-4, "atol": 1e-5} if z.dtype == np.float32 else {}
            trial.close(trial.call(name, z), right(wide), f"{name}(z)", source=z, **loose)


def check_extremes(trial: Trial, name: str, right: Function) -> None:
    """Right values, no NaN and no overflow warning for pre-activations of ±1e3 and ±0."""
    extremes = (
        np.array([-1e3, 1e3]),
        np.array([[-1e3, -700.0], [30.0, 1e3]]),
        np.array([-800.0, -20.0, 15.0, 900.0]),
    )
    for z in extremes:
        with trial.case("pre-activations as large as ±1000"):
            got = trial.call(name, z)
            overflow = any("overflow" in text or "invalid" in text for text in trial.last_answer.warnings)
            trial.observe(f"{name} warns", overflow)
            trial.close(got, right(z), f"{name}(z)", source=z)
            trial.require(
                not overflow,
                f"{name} shows a NumPy overflow warning. Take exp only of numbers that are not positive, "
                "for example by treating z >= 0 and z < 0 apart.",
            )


sigmoid_exercise = Exercise(
    name="sigmoid",
    lesson=LESSON,
    functions=("sigmoid", "sigmoid_prime"),
    title="The sigmoid and its slope",
    section="sigmoid",
    difficulty=2,
    minutes=8,
    lines=6,
    hints=(
        "σ(z) = 1/(1 + e⁻ᶻ). For z = -1000 the term e⁻ᶻ = e¹⁰⁰⁰ does not fit into a float: when is e⁻ᶻ harmless?",
        "For z ≥ 0 use 1/(1 + e⁻ᶻ). For z < 0 multiply numerator and denominator by eᶻ.",
        "One formula for both: with e = np.exp(-np.abs(z)), σ is 1/(1 + e) where z ≥ 0 and e/(1 + e) elsewhere.",
        "The slope is σ(z)·(1 - σ(z)): call sigmoid once, then multiply.",
    ),
)


@sigmoid_exercise.reference
def sigmoid(z: Array) -> Array:
    """1/(1 + e⁻ᶻ), with exp taken of non-positive numbers only."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


@sigmoid_exercise.reference
def sigmoid_prime(z: Array) -> Array:
    """σ(z)(1 - σ(z)) = e/(1 + e)² with e = exp(-|z|)."""
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2


@sigmoid_exercise.aspect("sigmoid values", points=1.5, of="sigmoid")
def _(trial: Trial) -> None:
    check_values(trial, "sigmoid", sigmoid)


@sigmoid_exercise.aspect("sigmoid far out", points=1, of="sigmoid", needs=("sigmoid values",))
def _(trial: Trial) -> None:
    check_extremes(trial, "sigmoid", sigmoid)


@sigmoid_exercise.aspect("slope values", points=1.5, of="sigmoid_prime")
def _(trial: Trial) -> None:
    check_values(trial, "sigmoid_prime", sigmoid_prime)


@sigmoid_exercise.aspect("slope far out", points=1, of="sigmoid_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_extremes(trial, "sigmoid_prime", sigmoid_prime)


tanh_exercise = Exercise(
    name="tanh",
    lesson=LESSON,
    functions=("tanh", "tanh_prime"),
    title="tanh and its slope",
    section="tanh",
    difficulty=1,
    minutes=5,
    lines=2,
    hints=(
        "NumPy has this function; what it does not have is the slope.",
        "The slide's formula (1 - e⁻ᶻ)/(1 + e⁻ᶻ) is tanh(z/2). The right exponent is -2z.",
        "tanh'(z) = 1 - tanh²(z), with z the pre-activation.",
    ),
    uses=("sigmoid",),
)


@tanh_exercise.reference
def tanh(z: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(z)


@tanh_exercise.reference
def tanh_prime(z: Array) -> Array:
    """1 - tanh² z."""
    return 1.0 - np.tanh(z) ** 2


@tanh_exercise.aspect("tanh values", points=1, of="tanh")
def _(trial: Trial) -> None:
    check_values(trial, "tanh", tanh, 1.5)


@tanh_exercise.aspect("tanh far out", points=1, of="tanh", needs=("tanh values",))
def _(trial: Trial) -> None:
    check_extremes(trial, "tanh", tanh)


@tanh_exercise.aspect("slope values", points=1, of="tanh_prime")
def _(trial: Trial) -> None:
    check_values(trial, "tanh_prime", tanh_prime, 1.5)


@tanh_exercise.aspect("slope far out", points=1, of="tanh_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_extremes(trial, "tanh_prime", tanh_prime)


relu_exercise = Exercise(
    name="relu",
    lesson=LESSON,
    functions=("relu", "relu_prime"),
    title="ReLU and its slope",
    section="relu",
    difficulty=1,
    minutes=4,
    lines=2,
    hints=(
        "ReLU keeps what is positive and replaces the rest by 0, element by element.",
        "np.maximum compares two arrays element by element; np.max looks for one largest number.",
        "The slope is 1 where z > 0 and 0 where z < 0. At exactly 0 either of the two is fine.",
    ),
)


@relu_exercise.reference
def relu(z: Array) -> Array:
    """max(0, z)."""
    return np.maximum(z, 0.0)


@relu_exercise.reference
def relu_prime(z: Array) -> Array:
    """1 where z > 0, else 0."""
    return (z > 0).astype(np.float64)


@relu_exercise.aspect("relu values", points=1.5, of="relu")
def _(trial: Trial) -> None:
    check_values(trial, "relu", relu)
    with trial.case("zeros and values of ±1000"):
        z = np.array([0.0, -0.0, -1e3, 1e3, 1e-12, -1e-12])
        trial.close(trial.call("relu", z), relu(z), "relu(z)", source=z)


@relu_exercise.aspect("slope values", points=1.5, of="relu_prime")
def _(trial: Trial) -> None:
    check_values(trial, "relu_prime", relu_prime)
    with trial.case("values of ±1000 and close to 0"):
        z = np.array([-1e3, 1e3, 1e-12, -1e-12])
        trial.close(trial.call("relu_prime", z), relu_prime(z), "relu_prime(z)", source=z)


@relu_exercise.aspect("slope at the kink", points=1, of="relu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    z = np.array([[0.0, 1.0], [-1.0, 0.0]])
    with trial.case("z with zeros in it"):
        got = np.asarray(trial.call("relu_prime", z))
        kink = float(got[0, 0]) if got.shape == z.shape else 0.5
        trial.require(
            kink in (0.0, 1.0),
            "At z = 0 the slope should be one of the two one-sided slopes, 0 or 1; anything between is no slope of ReLU.",
        )
        trial.close(got, np.where(z == 0, kink, z > 0), "relu_prime(z)", source=z)
