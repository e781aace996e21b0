"""The mean negative log-likelihood from logits, its gradient, and a planted bug (notes C; slide S4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.problem_definition.logits import (
    LESSON,
    far,
    far_tolerance,
    ordinary,
    tolerance,
    wide,
)
from autograde.exercises.problem_definition.softmax import softmax
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]

cross_entropy_exercise = Exercise(
    name="cross_entropy",
    lesson=LESSON,
    functions=("cross_entropy",),
    title="Cross-entropy from logits",
    section="cross_entropy_idea",
    difficulty=3,
    minutes=12,
    lines=4,
    hints=(
        "Only the true class of each example enters: -log of its probability, averaged over the examples.",
        "log(softmax(z)) fails where the probability underflows to 0. Write log of the quotient as a difference: "
        "log p_c = z_c - log(sum of exp z). Now only the second term needs care.",
        "With shifted = z - row maximum, log p_c = shifted_c - log(sum of exp(shifted)): the sum is at least 1.",
        "log_probs[np.arange(n), labels] picks the true class of every row. Return minus its mean.",
    ),
    uses=("softmax",),
)

backward_exercise = Exercise(
    name="cross_entropy_backward",
    lesson=LESSON,
    functions=("cross_entropy_backward",),
    title="The gradient of the loss: ŷ - y",
    section="cross_entropy_backward_idea",
    difficulty=2,
    minutes=8,
    lines=4,
    hints=(
        "For one example the gradient with respect to the logits is ŷ - y: probabilities minus one-hot labels.",
        "The loss is a mean over n examples, so the gradient carries a factor 1/n.",
        "Start from softmax(logits) and subtract 1 at [np.arange(n), labels]; then divide by n.",
    ),
    uses=("softmax",),
)

bug_hunt_exercise = Exercise(
    name="repaired_weighted_backward",
    lesson=LESSON,
    functions=("repaired_weighted_backward",),
    title="Bug hunt: a weighted loss whose gradient is wrong",
    section="repaired_weighted_backward_idea",
    difficulty=3,
    minutes=10,
    lines=1,
    hints=(
        "Compare the planted gradient with numerical_gradient, first with weights [1, 1, 1], then [1, 2, 5]. "
        "Which of them hides the bug?",
        "Adding a constant to a row of logits changes no loss, so each row of a true gradient sums to 0. Which rows do not?",
        "weights has one entry per class and broadcasts along the columns. Each example needs the weight of its own "
        "class, one number per row.",
        "The row weights are weights[labels][:, None], shape (n, 1); their sum is the divisor already in the code.",
    ),
    uses=("softmax", "cross_entropy_backward"),
)


def log_softmax(logits: Array) -> Array:
    """Logarithms of the probabilities, right for any finite logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


@cross_entropy_exercise.reference
def cross_entropy(logits: Array, labels: Array) -> float:
    """Mean over the examples of -log p(true class)."""
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())


@backward_exercise.reference
def cross_entropy_backward(logits: Array, labels: Array) -> Array:
    """(ŷ - y)/n, `(n, k)`."""
    dlogits = softmax(logits)
    dlogits[np.arange(len(labels)), labels] -= 1.0
    return dlogits / len(labels)


@bug_hunt_exercise.reference
def repaired_weighted_backward(logits: Array, labels: Array, weights: Array) -> Array:
    """Gradient of Σ wᵢ·(-log pᵢ)/Σ wᵢ with wᵢ the weight of example i's class, `(n, k)`."""
    onehot = np.eye(logits.shape[1])[labels]
    row_weights = weights[labels]
    return np.asarray((softmax(logits) - onehot) * row_weights[:, None] / row_weights.sum())


def check_loss(trial: Trial, case: str, z: Array, labels: Array, far_out: bool = False) -> None:
    """One call of cross_entropy."""
    with trial.case(case):
        got = trial.call("cross_entropy", z, labels, changes=True)
        want = np.asarray(cross_entropy(wide(z), labels))
        trial.close(
            got,
            want,
            "cross_entropy(logits, labels)",
            source=z,
            **(far_tolerance if far_out else tolerance)(z),
        )


@cross_entropy_exercise.aspect("values", points=5)
def _(trial: Trial) -> None:
    for case, z, labels in ordinary(trial.rng):
        check_loss(trial, case, z, labels)


@cross_entropy_exercise.aspect("logits of ±1e4", points=4, needs=("values",))
def _(trial: Trial) -> None:
    for case, z, labels in far(trial.rng):
        check_loss(trial, case, z, labels, far_out=True)


@cross_entropy_exercise.aspect("leaves its arguments alone", points=1, needs=("values",))
def _(trial: Trial) -> None:
    with trial.case("logits and labels that are used again afterwards"):
        z, labels = trial.rng.normal(0.0, 3.0, (5, 4)), np.array([1, 0, 3, 3, 2])
        trial.call("cross_entropy", z, labels, observe=False)


def check_gradient(trial: Trial, case: str, z: Array, labels: Array, far_out: bool = False) -> None:
    """One call of cross_entropy_backward."""
    with trial.case(case):
        got = trial.call("cross_entropy_backward", z, labels, changes=True)
        want = cross_entropy_backward(wide(z), labels)
        trial.close(
            got,
            want,
            "cross_entropy_backward(logits, labels)",
            source=z,
            **(far_tolerance if far_out else tolerance)(z),
        )


@backward_exercise.aspect("values", points=5)
def _(trial: Trial) -> None:
    for case, z, labels in ordinary(trial.rng):
        check_gradient(trial, case, z, labels)


@backward_exercise.aspect("logits of ±1e4", points=3, needs=("values",))
def _(trial: Trial) -> None:
    for case, z, labels in far(trial.rng):
        check_gradient(trial, case, z, labels, far_out=True)


@backward_exercise.aspect("leaves its arguments alone", points=1, needs=("values",))
def _(trial: Trial) -> None:
    with trial.case("logits and labels that are used again afterwards"):
        z, labels = trial.rng.normal(0.0, 3.0, (5, 4)), np.array([1, 0, 3, 3, 2])
        trial.call("cross_entropy_backward", z, labels, observe=False)


def weighted(rng: np.random.Generator) -> Iterator[tuple[str, Array, Array, Array]]:
    """(description, logits, labels, weights) with weights that differ from class to class."""
    for case, z, labels in ordinary(rng):
        weights = rng.uniform(0.5, 6.0, z.shape[1]).astype(z.dtype)
        yield f"{case}, weights that differ", z, labels, weights
    z, labels = rng.normal(0.0, 2.0, (6, 3)), np.array([0, 1, 2, 2, 1, 0])
    yield "equal weights of 1", z, labels, np.ones(3)
    yield "equal weights of 4", z, labels, np.full(3, 4.0)
    yield "a class of weight 0", z, labels, np.array([0.0, 2.0, 0.5])


@bug_hunt_exercise.aspect("values", points=3.5)
def _(trial: Trial) -> None:
    for case, z, labels, weights in weighted(trial.rng):
        with trial.case(case):
            got = trial.call("repaired_weighted_backward", z, labels, weights, changes=True)
            want = repaired_weighted_backward(wide(z), labels, wide(weights))
            trial.close(got, want, "repaired_weighted_backward(...)", source=z, **tolerance(z))


@bug_hunt_exercise.aspect("leaves its arguments alone", points=0.5, needs=("values",))
def _(trial: Trial) -> None:
    with trial.case("arguments that are used again afterwards"):
        z, labels, weights = (
            trial.rng.normal(size=(5, 3)),
            np.array([1, 0, 2, 2, 1]),
            np.array([1.0, 2.0, 5.0]),
        )
        trial.call("repaired_weighted_backward", z, labels, weights, observe=False)
