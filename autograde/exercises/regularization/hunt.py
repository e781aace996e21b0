"""Bug hunt: a loss with dropout and an L2 penalty whose gradient has one wrong line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Params = dict[str, Array]

bug_hunt_exercise = Exercise(
    name="repaired_dropout_net",
    lesson="04_regularization",
    functions=("repaired_dropout_net",),
    title="Bug hunt: a gradient that ignores dropout",
    section="bug_hunt",
    difficulty=3,
    minutes=15,
    lines=14,
    hints=(
        "Hold every gradient against a numerical one, once with a mask of ones and once with a mask that drops units.",
        "Only two of the four gradients are wrong, and only under a mask that drops something. What do they share?",
        "Follow the forward pass backwards from W2: which product comes between h and a, and which line undoes it?",
    ),
)


@bug_hunt_exercise.reference
def repaired_dropout_net(params: Params, X: Array, y: Array, mask: Array, lam: float) -> tuple[float, Params]:
    """Half the mean squared error of a ReLU net with dropout, plus λ/(2n)·ΣW², and the gradient by name."""
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


def problems(rng: np.random.Generator) -> Iterator[tuple[str, tuple[Params, Array, Array, Array, float]]]:
    """(description, arguments) over sizes, masks and strengths."""
    for n, d, h, k, p, lam in (
        (6, 3, 8, 2, 0.5, 0.7),
        (1, 4, 9, 1, 0.4, 2.0),
        (9, 2, 7, 3, 0.25, 0.0),
        (5, 3, 6, 1, 0.0, 1.5),
    ):
        params = {
            "W1": rng.normal(size=(d, h)),
            "b1": rng.normal(size=h),
            "W2": rng.normal(size=(h, k)),
            "b2": rng.normal(size=k),
        }
        mask = (rng.random((n, h)) >= p) / (1 - p)
        if p:
            mask[:, 0], mask[:, 1] = 0.0, 1 / (1 - p)
        yield (
            f"{n} examples, {h} hidden units, p = {p}, λ = {lam}",
            (params, rng.normal(size=(n, d)), rng.normal(size=(n, k)), mask, lam),
        )


def outcome(trial: Trial, arguments: tuple[Any, ...], changes: bool = True) -> tuple[Any, Any]:
    """Loss and gradients."""
    got = trial.call("repaired_dropout_net", *arguments, changes=changes, observe=False)
    return trial.unpack(got, 2, "repaired_dropout_net(...)")  # type: ignore[return-value]


def check_some(trial: Trial, names: tuple[str, ...]) -> None:
    """These gradients, on every problem."""
    for case, arguments in problems(trial.rng):
        with trial.case(case):
            grads, want = outcome(trial, arguments)[1], repaired_dropout_net(*arguments)[1]
            trial.require(isinstance(grads, dict), f"grads should be a dict; it is {a_type(grads)}.", "type")
            for name in names:
                trial.observe(name, grads.get(name))
            for name in names:
                trial.require(name in grads, f"grads has no entry {name}.")
                trial.close(grads[name], want[name], f"grads['{name}']", source=arguments[1])


@bug_hunt_exercise.aspect("first layer", points=3.5)
def _(trial: Trial) -> None:
    check_some(trial, ("W1", "b1"))


@bug_hunt_exercise.aspect("what was right stays right", points=2, needs=("first layer",))
def _(trial: Trial) -> None:
    check_some(trial, ("W2", "b2"))
    for case, arguments in problems(trial.rng):
        with trial.case(f"{case}, the loss"):
            loss = outcome(trial, arguments)[0]
            trial.observe("loss", loss)
            trial.close(loss, repaired_dropout_net(*arguments)[0], "the loss", source=arguments[1])


@bug_hunt_exercise.aspect("arguments unchanged", points=0.5, needs=("first layer",))
def _(trial: Trial) -> None:
    for case, arguments in problems(trial.rng):
        with trial.case(f"{case}, used again afterwards"):
            outcome(trial, arguments, changes=False)
