"""Gradient descent, momentum and Nesterov's momentum (slides S4.3; Polyak 1964, Nesterov 1983).

A velocity may be kept in more than one unit: with the learning rate inside (m ← βm + lr·∇J, θ ← θ − m) or outside
(m ← βm + ∇J, θ ← θ − lr·m), and with either sign. Every `Unit` below is one such convention. From rest they all
give one path of θ; from a given velocity each is accepted as a whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.exercises.optimizers.paths import (
    LESSON,
    Array,
    Walk,
    changing,
    check_one_of,
    check_unchanged,
    checked,
    follow,
    take,
    walks,
)
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Gradient = Callable[[Array], Array]

REUSED: tuple[tuple[tuple[int, ...], float], ...] = (((3, 2), 1.0), ((5,), 0.0))
"""(shape, factor of the state) of arguments that have to stay as they are: moving, and at rest."""

gradient_descent_step_exercise = Exercise(
    name="gradient_descent_step",
    lesson=LESSON,
    functions=("gradient_descent_step",),
    title="One step of gradient descent",
    section="gradient_descent_step_idea",
    difficulty=1,
    minutes=3,
    lines=1,
    hints=(
        "The gradient points uphill. Which way do you go, and how far?",
        "θ − lr·∇J, element by element. There is no loop to write.",
        "Return a new array: theta minus lr times grad. `theta -= ...` would change the caller's array.",
    ),
)

momentum_step_exercise = Exercise(
    name="momentum_step",
    lesson=LESSON,
    functions=("momentum_step",),
    title="One step with momentum",
    section="momentum_step_idea",
    difficulty=2,
    minutes=6,
    lines=2,
    hints=(
        "Two lines, in this order: first the velocity, then the parameters, which use the *new* velocity.",
        "m ← βm + lr·∇J keeps β of the old velocity and adds the whole new push (no factor 1 − β).",
        "Compute new_m = beta * m + lr * grad, then return theta - new_m and new_m: the caller passes it in again.",
    ),
)

nesterov_step_exercise = Exercise(
    name="nesterov_step",
    lesson=LESSON,
    functions=("nesterov_step",),
    title="One step with Nesterov's momentum",
    section="nesterov_step_idea",
    difficulty=3,
    minutes=10,
    lines=2,
    hints=(
        "You are given a function, not a gradient, because you choose the place where it is asked.",
        "Momentum alone would carry θ to θ − βm. Ask for the gradient there.",
        "The step itself starts from θ, not from the look-ahead point: only the gradient comes from there.",
        "Let ahead = theta - beta * m and g = grad_fn(ahead). Then go on as in momentum, with g for grad.",
    ),
)


@gradient_descent_step_exercise.reference
def gradient_descent_step(theta: Array, grad: Array, lr: float) -> Array:
    """θ − lr·∇J."""
    return theta - lr * grad


@momentum_step_exercise.reference
def momentum_step(theta: Array, grad: Array, m: Array, lr: float, beta: float = 0.9) -> tuple[Array, Array]:
    """m ← βm + lr·∇J, then θ ← θ − m."""
    m = beta * m + lr * grad
    return theta - m, m


@nesterov_step_exercise.reference
def nesterov_step(
    theta: Array, grad_fn: Gradient, m: Array, lr: float, beta: float = 0.9
) -> tuple[Array, Array]:
    """m ← βm + lr·∇J(θ − βm), then θ ← θ − m."""
    m = beta * m + lr * grad_fn(theta - beta * m)
    return theta - m, m


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """A velocity that takes `gain`·∇J in and moves θ by −`reach`·m, where gain·reach is the learning rate."""

    gain: float
    reach: float

    def momentum(self, beta: float) -> Callable[..., tuple[Array, Array]]:
        """Momentum with this unit, as a rule."""

        def rule(theta: Array, grad: Array, m: Array, _t: int) -> tuple[Array, Array]:
            m = beta * m + self.gain * grad
            return theta - self.reach * m, m

        return rule

    def nesterov(self, beta: float, grad_fn: Gradient) -> Callable[..., tuple[Array, Array]]:
        """Nesterov's momentum with this unit, as a rule."""

        def rule(theta: Array, _grad: Array, m: Array, _t: int) -> tuple[Array, Array]:
            m = beta * m + self.gain * grad_fn(theta - self.reach * beta * m)
            return theta - self.reach * m, m

        return rule


def units(lr: float, beta: float) -> list[Unit]:
    """The lesson's unit first, then lr outside, an averaged velocity, and each with the other sign."""
    gains = (lr, 1.0, 1.0 - beta, lr * (1.0 - beta))
    return [Unit(sign * gain, sign * lr / gain) for gain in gains for sign in (1.0, -1.0)]


@gradient_descent_step_exercise.aspect("values", points=2)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 0, steps=3)):
        lr = (0.1, 1.7, 0.003)[i % 3]
        with trial.case(f"{walk.case}, lr {lr}"):
            theta, path = walk.theta, []
            for grad in walk.grads:
                theta = trial.call("gradient_descent_step", theta, grad, lr, changes=True, observe=False)
                path.append(checked(trial, theta, walk))
            right = follow(lambda theta, grad, _t, lr=lr: (theta - lr * grad,), walk)
            check_one_of(trial, path, [right], walk)


@gradient_descent_step_exercise.aspect("arguments unchanged", points=1, needs=("values",))
def _(trial: Trial) -> None:
    for shape in ((4,), (3, 2)):
        with trial.case(f"parameters of shape {shape} that are used again afterwards"):
            theta, grad = trial.rng.normal(size=shape), trial.rng.normal(size=shape)
            check_unchanged(trial, "gradient_descent_step", {"theta": theta, "grad": grad}, 0.25)


Given = tuple[float, float, tuple[float, ...], dict[str, float]]
RATES: tuple[Given, ...] = (
    (0.1, 0.9, (0.1,), {}),
    (1.7, 0.5, (1.7, 0.5), {}),
    (0.03, 0.99, (0.03,), {"beta": 0.99}),
    (0.4, 0.0, (0.4,), {"beta": 0.0}),
    (0.2, 0.8, (0.2, 0.8), {}),
)
"""(lr, beta, and how they are passed: by position, by name)."""


def moving(rng: np.random.Generator) -> Iterator[Walk]:
    """Walks that start with a velocity."""
    for shape in ((6,), (3, 4)):
        state = (rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape),)
        yield Walk(f"parameters of shape {shape}", rng.normal(size=shape), changing(rng, shape, 4), state)


@momentum_step_exercise.aspect("path from rest", points=4)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 1)):
        lr, beta, position, named = RATES[i % len(RATES)]
        with trial.case(f"{walk.case}, {len(walk.grads)} steps with lr {lr} and beta {beta}"):
            path = take(trial, "momentum_step", walk, lambda _t, p=position: p, named)
            check_one_of(trial, path, [follow(Unit(lr, 1.0).momentum(beta), walk)], walk)


@momentum_step_exercise.aspect("path from a given velocity", points=3)
def _(trial: Trial) -> None:
    for i, walk in enumerate([*moving(trial.rng), *moving(trial.rng)]):
        lr, beta, position, named = RATES[i % 3]
        with trial.case(f"{walk.case} with a velocity, {len(walk.grads)} steps with lr {lr} and beta {beta}"):
            path = take(trial, "momentum_step", walk, lambda _t, p=position: p, named)
            rights = [follow(unit.momentum(beta), walk) for unit in units(lr, beta)]
            check_one_of(trial, path, rights, walk)


@momentum_step_exercise.aspect("arguments unchanged", points=1, needs=("path from rest",))
def _(trial: Trial) -> None:
    for shape, speed in REUSED:
        with trial.case(f"parameters and a velocity of shape {shape} that are used again afterwards"):
            theta, grad, m = (trial.rng.normal(size=shape) for _ in range(3))
            check_unchanged(trial, "momentum_step", {"theta": theta, "grad": grad, "m": speed * m}, 0.3)


def bumpy(rng: np.random.Generator, shape: tuple[int, ...]) -> Gradient:
    """The gradient of a bumpy bowl, different for every parameter."""
    steep, height, phase = (
        rng.uniform(0.3, 1.5, shape),
        rng.uniform(0.3, 1.0, shape),
        rng.uniform(0, 6, shape),
    )

    def grad_fn(theta: Array) -> Array:
        x = np.asarray(theta)
        grad = steep * x.astype(np.float64) + height * np.sin(2.0 * x.astype(np.float64) + phase)
        return np.asarray(grad, dtype=np.float32 if x.dtype == np.float32 else np.float64)

    return grad_fn


class Recorder:
    """A gradient function that writes down where it is asked."""

    def __init__(self, grad_fn: Gradient) -> None:
        self.grad_fn = grad_fn
        self.points: list[Array] = []

    def ask(self, theta: Array) -> Array:
        """The gradient at θ."""
        self.points.append(np.array(theta))
        return self.grad_fn(theta)


def take_nesterov(
    trial: Trial, walk: Walk, grad_fn: Gradient, position: tuple[float, ...], named: dict[str, float]
) -> list[Any]:
    """The student's θ after every step; where the gradient was asked goes into the transcript."""
    theta, m, path = walk.theta, walk.state[0], []
    for _ in walk.grads:
        recorder = Recorder(grad_fn)

        def asked(theta: Array, recorder: Recorder = recorder) -> Array:
            return recorder.ask(theta)

        got = trial.call("nesterov_step", theta, asked, m, *position, changes=True, observe=False, **named)
        trial.observe("the gradient was asked at", recorder.points[-1] if recorder.points else None)
        trial.require(bool(recorder.points), "nesterov_step never calls grad_fn.")
        theta, m = trial.unpack(got, 2, "what nesterov_step returns")
        path.append(checked(trial, theta, walk))
        trial.require(m is not None, "The velocity that nesterov_step returns is None.", "type")
    return path


@nesterov_step_exercise.aspect("path from rest", points=5)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 1)):
        lr, beta, position, named = RATES[i % len(RATES)]
        lr, position = lr / 4, (position[0] / 4, *position[1:])
        grad_fn = bumpy(trial.rng, walk.theta.shape)
        with trial.case(f"{walk.case}, {len(walk.grads)} steps with lr {lr} and beta {beta}"):
            path = take_nesterov(trial, walk, grad_fn, position, named)
            check_one_of(trial, path, [follow(Unit(lr, 1.0).nesterov(beta, grad_fn), walk)], walk)


@nesterov_step_exercise.aspect("path from a given velocity", points=3)
def _(trial: Trial) -> None:
    for i, walk in enumerate([*moving(trial.rng), *moving(trial.rng)]):
        lr, beta, position, named = RATES[i % 3]
        lr, position = lr / 4, (position[0] / 4, *position[1:])
        grad_fn = bumpy(trial.rng, walk.theta.shape)
        with trial.case(f"{walk.case} with a velocity, {len(walk.grads)} steps with lr {lr} and beta {beta}"):
            path = take_nesterov(trial, walk, grad_fn, position, named)
            rights = [follow(unit.nesterov(beta, grad_fn), walk) for unit in units(lr, beta)]
            check_one_of(trial, path, rights, walk)


@nesterov_step_exercise.aspect("arguments unchanged", points=1, needs=("path from rest",))
def _(trial: Trial) -> None:
    for shape, speed in REUSED:
        grad_fn = bumpy(trial.rng, shape)
        with trial.case(f"parameters and a velocity of shape {shape} that are used again afterwards"):
            theta, m = (trial.rng.normal(size=shape) for _ in range(2))
            check_unchanged(trial, "nesterov_step", {"theta": theta, "grad_fn": grad_fn, "m": speed * m}, 0.3)
