"""AdaGrad and RMSProp (slides S4.3; Duchi et al. 2011, Tieleman & Hinton 2012).

ε may stand inside the root (the slides) or outside (most libraries); AdaGrad's state may carry it along. Each is
one whole formula, and with a large ε or tiny gradients they differ clearly from each other and from no ε at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.exercises.optimizers.paths import (
    LESSON,
    Array,
    Rule,
    Walk,
    at_rest,
    changing,
    check_one_of,
    check_unchanged,
    follow,
    take,
    walks,
)
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

adagrad_step_exercise = Exercise(
    name="adagrad_step",
    lesson=LESSON,
    functions=("adagrad_step",),
    title="One step of AdaGrad",
    section="adagrad_step_idea",
    difficulty=2,
    minutes=6,
    lines=2,
    hints=(
        "s has the shape of theta: every parameter keeps its own sum of squared gradients.",
        "First s ← s + ∇J ⊗ ∇J, a sum that never shrinks. Then divide the step by the root of the *new* s.",
        "eps keeps the division safe where s is 0: put it under the root, or add it to the root.",
        "Return the new s and theta - lr * grad / root, where root = np.sqrt(new_s) + eps.",
    ),
)

rmsprop_step_exercise = Exercise(
    name="rmsprop_step",
    lesson=LESSON,
    functions=("rmsprop_step",),
    title="One step of RMSProp",
    section="rmsprop_step_idea",
    difficulty=2,
    minutes=6,
    lines=2,
    hints=(
        "Only the first line differs from AdaGrad: the sum becomes an average that forgets.",
        "s ← βs + (1 − β)·∇J ⊗ ∇J. Both factors matter: they add up to 1.",
        "new_s = beta * s + (1 - beta) * grad * grad. The step is AdaGrad's, with the new s under the root.",
    ),
)


@adagrad_step_exercise.reference
def adagrad_step(theta: Array, grad: Array, s: Array, lr: float, eps: float = 1e-8) -> tuple[Array, Array]:
    """s ← s + ∇J², then θ ← θ − lr·∇J/(√s + ε)."""
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.reference
def rmsprop_step(
    theta: Array, grad: Array, s: Array, lr: float, beta: float = 0.9, eps: float = 1e-8
) -> tuple[Array, Array]:
    """s ← βs + (1 − β)∇J², then θ ← θ − lr·∇J/(√s + ε)."""
    s = beta * s + (1.0 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


def adagrad_rules(lr: float, eps: float) -> list[Rule]:
    """ε outside the root, inside it, and inside it as a part of the state."""

    def carried(theta: Array, grad: Array, s: Array, _t: int) -> tuple[Array, Array]:
        s = s + grad**2 + eps
        return theta - lr * grad / np.sqrt(s), s

    return [*_both_places(lambda s, grad: s + grad**2, lr, eps), carried]


def rmsprop_rules(lr: float, beta: float, eps: float) -> list[Rule]:
    """ε outside the root, and inside it."""
    return _both_places(lambda s, grad: beta * s + (1.0 - beta) * grad**2, lr, eps)


def _both_places(update: Callable[[Array, Array], Array], lr: float, eps: float) -> list[Rule]:
    def outside(theta: Array, grad: Array, s: Array, _t: int) -> tuple[Array, Array]:
        s = update(s, grad)
        return theta - lr * grad / (np.sqrt(s) + eps), s

    def inside(theta: Array, grad: Array, s: Array, _t: int) -> tuple[Array, Array]:
        s = update(s, grad)
        return theta - lr * grad / np.sqrt(s + eps), s

    return [outside, inside]


def moving(rng: np.random.Generator, states: int = 1) -> Iterator[Walk]:
    """Walks that start with squares already collected."""
    for shape in ((6,), (3, 4)):
        state = tuple(rng.uniform(0.2, 4.0, shape) for _ in range(states))
        yield Walk(f"parameters of shape {shape}", rng.normal(size=shape), changing(rng, shape, 4), state)


def tiny(rng: np.random.Generator, states: int = 1) -> list[Walk]:
    """From θ = 0, gradients so small that the default ε decides, and gradients that are exactly 0 at first."""
    small = [g * 1e-6 for g in changing(rng, (5,), 4)]
    smaller = [g * 1e-8 for g in changing(rng, (2, 3), 4)]
    silent = list(changing(rng, (4,), 3))
    silent[0] = silent[0] * np.array([0.0, 1.0, 0.0, 1.0])
    return [
        at_rest("gradients of about 1e-6", np.zeros(5), small, states),
        at_rest("gradients of about 1e-8", np.zeros((2, 3)), smaller, states),
        at_rest("gradients that are 0 at first", rng.normal(size=4), silent, states),
    ]


Call = tuple[tuple[float, ...], dict[str, float]]


def walk_along(trial: Trial, function: str, walk: Walk, call: Call, rules: list[Rule], said: str) -> None:
    """Take the walk with the student's rule and hold it against the right ones."""
    position, named = call
    with trial.case(f"{walk.case}, {len(walk.grads)} steps with {said}"):
        path: list[Any] = take(trial, function, walk, lambda _t: position, named)
        check_one_of(trial, path, [follow(rule, walk) for rule in rules], walk)


def check_reused(trial: Trial, function: str) -> None:
    """Parameters, gradient and state stay as they are, from rest too."""
    for shape, collected in (((3, 2), 1.0), ((5,), 0.0)):
        with trial.case(f"parameters and a state of shape {shape} that are used again afterwards"):
            theta, grad = trial.rng.normal(size=shape), trial.rng.normal(size=shape)
            s = np.full(shape, collected)
            check_unchanged(trial, function, {"theta": theta, "grad": grad, "s": s}, 0.3)


@adagrad_step_exercise.aspect("path from rest", points=4)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 1)):
        lr = (0.3, 0.05, 1.5)[i % 3]
        walk_along(trial, "adagrad_step", walk, ((lr,), {}), adagrad_rules(lr, 1e-8), f"lr {lr}")


@adagrad_step_exercise.aspect("eps", points=2)
def _(trial: Trial) -> None:
    for walk in tiny(trial.rng):
        walk_along(trial, "adagrad_step", walk, ((1.0,), {}), adagrad_rules(1.0, 1e-8), "eps left at 1e-8")
    for i, eps in enumerate((0.7, 3.0, 0.05)):
        shape = ((4,), (2, 3), (3, 1))[i]
        walk = at_rest(
            f"parameters of shape {shape}", trial.rng.normal(size=shape), changing(trial.rng, shape), 1
        )
        call: Call = ((0.4, eps), {}) if i % 2 else ((0.4,), {"eps": eps})
        walk_along(trial, "adagrad_step", walk, call, adagrad_rules(0.4, eps), f"lr 0.4 and eps {eps}")


@adagrad_step_exercise.aspect("path from a given state", points=1)
def _(trial: Trial) -> None:
    for walk in moving(trial.rng):
        rules = adagrad_rules(0.2, 1e-8)
        walk_along(trial, "adagrad_step", walk, ((0.2,), {}), rules, "squares from before and lr 0.2")


@adagrad_step_exercise.aspect("arguments unchanged", points=1, needs=("path from rest",))
def _(trial: Trial) -> None:
    check_reused(trial, "adagrad_step")


FORGETTING: tuple[tuple[float, Call], ...] = (
    (0.9, ((0.05,), {})),
    (0.5, ((0.05, 0.5), {})),
    (0.99, ((0.05,), {"beta": 0.99})),
)
"""(beta, how lr = 0.05 and beta are passed)."""


@rmsprop_step_exercise.aspect("path from rest", points=4)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 1)):
        beta, call = FORGETTING[i % len(FORGETTING)]
        rules = rmsprop_rules(0.05, beta, 1e-8)
        walk_along(trial, "rmsprop_step", walk, call, rules, f"lr 0.05 and beta {beta}")
    walk = at_rest("no memory", trial.rng.normal(size=4), changing(trial.rng, (4,)), 1)
    forgetful = rmsprop_rules(0.05, 0.0, 1e-8)
    walk_along(trial, "rmsprop_step", walk, ((0.05, 0.0), {}), forgetful, "lr 0.05 and beta 0.0")


@rmsprop_step_exercise.aspect("eps", points=2)
def _(trial: Trial) -> None:
    for walk in tiny(trial.rng):
        rules = rmsprop_rules(1.0, 0.9, 1e-8)
        walk_along(trial, "rmsprop_step", walk, ((1.0,), {}), rules, "eps left at 1e-8")
    for i, eps in enumerate((0.7, 3.0, 0.05)):
        shape = ((4,), (2, 3), (3, 1))[i]
        walk = at_rest(
            f"parameters of shape {shape}", trial.rng.normal(size=shape), changing(trial.rng, shape), 1
        )
        call: Call = ((0.4, 0.8, eps), {}) if i % 2 else ((0.4,), {"eps": eps, "beta": 0.8})
        walk_along(trial, "rmsprop_step", walk, call, rmsprop_rules(0.4, 0.8, eps), f"lr 0.4 and eps {eps}")


@rmsprop_step_exercise.aspect("path from a given state", points=1)
def _(trial: Trial) -> None:
    for walk in moving(trial.rng):
        rules = rmsprop_rules(0.2, 0.9, 1e-8)
        walk_along(trial, "rmsprop_step", walk, ((0.2,), {}), rules, "squares from before and lr 0.2")


@rmsprop_step_exercise.aspect("arguments unchanged", points=1, needs=("path from rest",))
def _(trial: Trial) -> None:
    check_reused(trial, "rmsprop_step")
