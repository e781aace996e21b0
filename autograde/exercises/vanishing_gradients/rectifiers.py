"""Leaky ReLU, ELU and PReLU with their derivatives (slide S4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge import inputs
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise, Function
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"
FLOAT32 = {"rtol": 1e-3, "atol": 1e-5}

leaky_relu_exercise = Exercise(
    name="leaky_relu",
    lesson=LESSON,
    functions=("leaky_relu", "leaky_relu_prime"),
    title="Leaky ReLU and its slope",
    section="leaky_relu",
    difficulty=1,
    minutes=5,
    lines=2,
    hints=(
        "Where z > 0 the output is z; everywhere else it is z times the small number alpha.",
        "np.where(condition, a, b) takes from a where the condition holds and from b where it does not.",
        "The slope is 1 where z > 0 and alpha where z < 0: it no longer contains z.",
        "leaky_relu: np.where(z > 0, z, alpha * z). leaky_relu_prime: np.where(z > 0, 1.0, alpha).",
    ),
    uses=("relu", "relu_prime"),
)

elu_exercise = Exercise(
    name="elu",
    lesson=LESSON,
    functions=("elu", "elu_prime"),
    title="ELU and its slope",
    section="elu",
    difficulty=2,
    minutes=8,
    lines=4,
    hints=(
        "Where z > 0 the output is z; elsewhere it is alpha * (exp(z) - 1), which falls no lower than -alpha.",
        "The derivative of alpha * (exp(z) - 1) is alpha * exp(z): alpha stays, the 1 goes.",
        "exp(1000) is infinite, and infinity times 0 is NaN: choose with np.where, do not multiply by a mask.",
        "With e = np.exp(np.minimum(z, 0)): np.where(z > 0, z, alpha * (e - 1)) and np.where(z > 0, 1.0, alpha * e).",
    ),
)

prelu_exercise = Exercise(
    name="prelu",
    lesson=LESSON,
    functions=("prelu", "prelu_backward"),
    title="PReLU: a slope that is learned",
    section="prelu",
    difficulty=3,
    minutes=12,
    lines=5,
    hints=(
        "z is (n, features) and alpha is (features,): NumPy multiplies every row of z by alpha, column by column.",
        "alpha may be negative or above 1, so a maximum does not tell the sides apart. Ask for z > 0.",
        "dz is dout times the slope: 1 where z > 0, alpha elsewhere. The output depends on alpha only where z < 0.",
        "There ∂out/∂alpha = z, and every row adds its share: dalpha = (dout * np.where(z < 0, z, 0)).sum(axis=0).",
    ),
    uses=("leaky_relu", "leaky_relu_prime"),
)


@leaky_relu_exercise.reference
def leaky_relu(z: Array, alpha: float = 0.01) -> Array:
    """z where z > 0, else alpha·z."""
    return np.where(z > 0, z, alpha * z)


@leaky_relu_exercise.reference
def leaky_relu_prime(z: Array, alpha: float = 0.01) -> Array:
    """1 where z > 0, else alpha."""
    return np.where(z > 0, 1.0, alpha)


@elu_exercise.reference
def elu(z: Array, alpha: float = 1.0) -> Array:
    """z where z > 0, else alpha·(eᶻ - 1)."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


@elu_exercise.reference
def elu_prime(z: Array, alpha: float = 1.0) -> Array:
    """1 where z > 0, else alpha·eᶻ."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))


@prelu_exercise.reference
def prelu(z: Array, alpha: Array) -> Array:
    """z where z > 0, else alpha·z, one alpha for each feature."""
    return np.where(z > 0, z, alpha * z)


@prelu_exercise.reference
def prelu_backward(dout: Array, z: Array, alpha: Array) -> tuple[Array, Array]:
    """(dz, dalpha): dout times the slope, and dout·z summed over the batch where z < 0."""
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.minimum(z, 0.0), axis=0)


def check_one(trial: Trial, name: str, right: Function, z: Array, *args: float, **kwargs: float) -> None:
    """Call one activation and compare it with the right one."""
    tolerance = FLOAT32 if z.dtype == np.float32 else {}
    want = right(z.astype(np.float64), *args, **kwargs)
    trial.close(trial.call(name, z, *args, **kwargs), want, f"{name}(z)", source=z, **tolerance)


def check_values(trial: Trial, name: str, right: Function, alpha: float) -> None:
    """One alpha, over shapes, dtypes and layouts."""
    for case, z in inputs.elementwise(trial.rng):
        with trial.case(case):
            check_one(trial, name, right, z, alpha)


def check_alpha(trial: Trial, name: str, right: Function, alphas: tuple[float, ...]) -> None:
    """The default of alpha, then other values by position and by keyword."""
    z = trial.rng.normal(0.0, 2.0, (5, 4))
    with trial.case("alpha left at its default"):
        check_one(trial, name, right, z)
    for i, alpha in enumerate(alphas):
        with trial.case(f"alpha = {alpha}, given by {'keyword' if i % 2 else 'position'}"):
            check_one(trial, name, right, z, **{"alpha": alpha}) if i % 2 else check_one(
                trial, name, right, z, alpha
            )


def check_far(trial: Trial, name: str, right: Function, alphas: tuple[float, ...]) -> None:
    """Right values without NaN for pre-activations of ±1e3, and close to 0."""
    for alpha in alphas:
        for z in (np.array([[-1e3, 1e3], [-750.0, 720.0]]), np.array([1e-12, -1e-12, -1e-5, 40.0, -40.0])):
            with trial.case(f"pre-activations up to ±1000 and close to 0, alpha = {alpha}"):
                check_one(trial, name, right, z, alpha)


def check_kink(trial: Trial, name: str, alphas: tuple[float, ...], right: Function) -> None:
    """At z = 0 either one-sided slope, 1 or alpha."""
    for alpha in alphas:
        for z in (np.array([[0.0, 1.5], [-1.5, 0.0], [-0.0, 2.0]]), np.zeros(())):
            with trial.case(f"z with zeros in it, alpha = {alpha}"):
                got = as_array(trial.call(name, z, alpha), f"{name}(z)", scalar=z.ndim == 0)
                want = right(z, alpha)
                if got.shape == z.shape:
                    trial.require(
                        bool(np.all(one_of(got, np.ones(z.shape), np.full(z.shape, alpha)) | (z != 0))),
                        "At z = 0 the slope should be one of the two one-sided slopes, 1 or alpha; "
                        "any other number is no slope of this function.",
                    )
                    want = np.where(z == 0, got, want)
                trial.close(got, want, f"{name}(z)", source=z)


def one_of(got: Array, first: Array, second: Array) -> Array:
    """Where `got` equals one of two arrays."""
    return np.asarray(np.isclose(got, first, rtol=1e-6) | np.isclose(got, second, rtol=1e-6))


def check_zero(trial: Trial, name: str, right: Function, alpha: float) -> None:
    """The value at z = 0 is 0."""
    with trial.case("z with zeros in it"):
        check_one(trial, name, right, np.array([0.0, -0.0, 1.0, -1.0]), alpha)


@leaky_relu_exercise.aspect("leaky_relu values", points=1.5, of="leaky_relu")
def _(trial: Trial) -> None:
    check_values(trial, "leaky_relu", leaky_relu, 0.01)
    check_far(trial, "leaky_relu", leaky_relu, (0.01,))
    check_zero(trial, "leaky_relu", leaky_relu, 0.01)


@leaky_relu_exercise.aspect("leaky_relu uses alpha", points=1, of="leaky_relu", needs=("leaky_relu values",))
def _(trial: Trial) -> None:
    check_alpha(trial, "leaky_relu", leaky_relu, (0.2, 0.5, 0.0, 1.0, 0.9))


@leaky_relu_exercise.aspect("slope values", points=1.25, of="leaky_relu_prime")
def _(trial: Trial) -> None:
    check_values(trial, "leaky_relu_prime", leaky_relu_prime, 0.01)
    check_far(trial, "leaky_relu_prime", leaky_relu_prime, (0.01,))


@leaky_relu_exercise.aspect("slope uses alpha", points=0.75, of="leaky_relu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_alpha(trial, "leaky_relu_prime", leaky_relu_prime, (0.2, 0.5, 0.0, 1.0, 0.9))


@leaky_relu_exercise.aspect("slope at the kink", points=0.5, of="leaky_relu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_kink(trial, "leaky_relu_prime", (0.01, 0.3), leaky_relu_prime)


@elu_exercise.aspect("elu values", points=1.5, of="elu")
def _(trial: Trial) -> None:
    check_values(trial, "elu", elu, 1.0)
    check_zero(trial, "elu", elu, 1.0)


@elu_exercise.aspect("elu uses alpha", points=1, of="elu", needs=("elu values",))
def _(trial: Trial) -> None:
    check_alpha(trial, "elu", elu, (0.5, 1.7, 0.1, 3.0))
    check_zero(trial, "elu", elu, 0.5)


@elu_exercise.aspect("elu far out", points=0.5, of="elu", needs=("elu values",))
def _(trial: Trial) -> None:
    check_far(trial, "elu", elu, (1.0,))


@elu_exercise.aspect("slope values", points=1.25, of="elu_prime")
def _(trial: Trial) -> None:
    check_values(trial, "elu_prime", elu_prime, 1.0)


@elu_exercise.aspect("slope uses alpha", points=0.75, of="elu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_alpha(trial, "elu_prime", elu_prime, (0.5, 1.7, 0.1, 3.0))


@elu_exercise.aspect("slope far out", points=0.5, of="elu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_far(trial, "elu_prime", elu_prime, (1.0,))


@elu_exercise.aspect("slope at the kink", points=0.5, of="elu_prime", needs=("slope values",))
def _(trial: Trial) -> None:
    check_kink(trial, "elu_prime", (1.0, 0.3, 2.0), elu_prime)


Case = tuple[str, Array, Array, Array]


def batches(rng: np.random.Generator, low: float, high: float) -> Iterator[Case]:
    """(description, dout, z, alpha) over shapes, a narrow dtype and memory layouts."""
    for n, d in ((6, 3), (4, 4), (1, 5), (7, 1), (2, 6)):
        z, dout = rng.normal(0.0, 2.0, (n, d)), rng.normal(size=(n, d))
        yield f"z of shape ({n}, {d})", dout, z, rng.uniform(low, high, d)
    narrow = [rng.normal(size=(5, 3)).astype(np.float32) for _ in range(2)]
    yield "float32 z of shape (5, 3)", *narrow, rng.uniform(low, high, 3).astype(np.float32)
    douts = inputs.layouts(rng.normal(size=(6, 4)))
    for (name, z), (_name, dout) in zip(inputs.layouts(rng.normal(size=(6, 4))), douts, strict=True):
        yield f"z of shape (6, 4), {name}", dout, z, rng.uniform(low, high, 4)[::-1]


def check_prelu(trial: Trial, low: float, high: float) -> None:
    """prelu with slopes drawn from [low, high]."""
    for case, _dout, z, alpha in batches(trial.rng, low, high):
        with trial.case(f"{case}, alpha between {low} and {high}"):
            tolerance = FLOAT32 if z.dtype == np.float32 else {}
            want = prelu(z.astype(np.float64), alpha)
            trial.close(trial.call("prelu", z, alpha), want, "prelu(z, alpha)", source=z, **tolerance)


def check_backward(trial: Trial, which: int, name: str) -> None:
    """One of the two gradients, for slopes of every kind."""
    for low, high in ((0.05, 0.6), (-2.0, -0.5), (1.2, 2.5)):
        for case, dout, z, alpha in batches(trial.rng, low, high):
            with trial.case(f"{case}, alpha between {low} and {high}"):
                got = trial.unpack(
                    trial.call("prelu_backward", dout, z, alpha), 2, "prelu_backward(dout, z, alpha)"
                )
                want = prelu_backward(dout.astype(np.float64), z.astype(np.float64), alpha.astype(np.float64))
                tolerance = {"rtol": 1e-3, "atol": 1e-4} if z.dtype == np.float32 else {}
                trial.close(got[which], want[which], name, source=z, **tolerance)


@prelu_exercise.aspect("prelu values", points=1.5, of="prelu")
def _(trial: Trial) -> None:
    check_prelu(trial, 0.05, 0.6)
    with trial.case("z with zeros in it"):
        z, alpha = np.array([[0.0, -1.0], [2.0, -0.0]]), np.array([0.25, 0.5])
        trial.close(trial.call("prelu", z=z, alpha=alpha), prelu(z, alpha), "prelu(z, alpha)", source=z)


@prelu_exercise.aspect("prelu for any slope", points=1, of="prelu", needs=("prelu values",))
def _(trial: Trial) -> None:
    for low, high in ((-2.0, -0.5), (1.2, 2.5), (0.0, 0.0)):
        check_prelu(trial, low, high)


@prelu_exercise.aspect("gradient of z", points=2, of="prelu_backward")
def _(trial: Trial) -> None:
    check_backward(trial, 0, "dz")


@prelu_exercise.aspect("gradient of alpha", points=2, of="prelu_backward")
def _(trial: Trial) -> None:
    check_backward(trial, 1, "dalpha")


@prelu_exercise.aspect(
    "gradients at the kink", points=0.5, of="prelu_backward", needs=("gradient of z", "gradient of alpha")
)
def _(trial: Trial) -> None:
    z = np.array([[0.0, -1.5], [-1.0, 0.0], [2.0, -0.0]])
    dout, alpha = trial.rng.uniform(0.5, 2.0, z.shape), np.array([0.3, -0.7])
    with trial.case("z with zeros in it"):
        got = trial.call("prelu_backward", dout=dout, z=z, alpha=alpha)
        dz, dalpha = trial.unpack(got, 2, "prelu_backward(dout, z, alpha)")
        want_dz, want_dalpha = prelu_backward(dout, z, alpha)
        dz = as_array(dz, "dz")
        if dz.shape == z.shape:
            trial.require(
                bool(np.all(one_of(dz, dout, dout * alpha) | (z != 0))),
                "At z = 0 the slope inside dz should be one of the two one-sided slopes, 1 or alpha.",
            )
            want_dz = np.where(z == 0, dz, want_dz)
        trial.close(dz, want_dz, "dz", source=z)
        trial.close(dalpha, want_dalpha, "dalpha", source=z)
