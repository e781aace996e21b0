"""Softmax regression: its gradients, and training by full-batch gradient descent (notes C, softmax regression)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.problem_definition.cross_entropy import cross_entropy, cross_entropy_backward
from autograde.exercises.problem_definition.logits import LESSON, some, tolerance, wide
from autograde.judge import inputs
from autograde.judge.compare import Mismatch
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]

backward_exercise = Exercise(
    name="softmax_regression_backward",
    lesson=LESSON,
    functions=("softmax_regression_backward",),
    title="Gradients of softmax regression",
    section="softmax_regression_backward_idea",
    difficulty=2,
    minutes=10,
    lines=3,
    hints=(
        "The logits are X @ W + b. Which function of yours gives the gradient with respect to them?",
        "Every entry W[j, c] touches column c of the logits through column j of X. Let the shapes guide you: "
        "X is (n, d), dlogits (n, k), and dW must be (d, k).",
        "dW = X.T @ dlogits. b is added to every row, so its gradient sums dlogits over the rows.",
        "The factor 1/n is in dlogits already: do not divide again. db = dlogits.sum(axis=0).",
    ),
    uses=("softmax", "cross_entropy_backward"),
)

train_exercise = Exercise(
    name="train_softmax_regression",
    lesson=LESSON,
    functions=("train_softmax_regression",),
    title="Train softmax regression",
    section="train_softmax_regression_idea",
    difficulty=3,
    minutes=15,
    lines=9,
    hints=(
        "Start with W of zeros (d, num_classes) and b of zeros (num_classes,), then repeat `steps` times.",
        "Each round: the loss at the present W and b goes into the list first; then both gradients; then the update.",
        "Move W against its gradient, by learning_rate times dW, and b likewise. Compute both gradients before you change either.",
        "Inside the loop you need only cross_entropy(X @ W + b, labels) and softmax_regression_backward(X, W, b, labels).",
    ),
    uses=("softmax", "cross_entropy", "cross_entropy_backward", "softmax_regression_backward"),
)


@backward_exercise.reference
def softmax_regression_backward(X: Array, W: Array, b: Array, labels: Array) -> tuple[Array, Array]:
    """Gradients `(d, k)` and `(k,)` of the mean cross-entropy of X @ W + b."""
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@train_exercise.reference
def train_softmax_regression(
    X: Array, labels: Array, num_classes: int, learning_rate: float, steps: int
) -> tuple[Array, Array, list[float]]:
    """Full-batch gradient descent from zeros; `losses[i]` is the loss before update i."""
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


Point = tuple[Array, Array, Array, Array]


def points(rng: np.random.Generator) -> Iterator[tuple[str, Point]]:
    """(description, (X, W, b, labels)) over shapes, widths and layouts."""
    for n, d, k in ((5, 3, 4), (4, 4, 4), (1, 3, 2), (6, 1, 3), (7, 2, 1), (2, 6, 2), (3, 3, 3), (12, 5, 3)):
        yield f"{n} examples, {d} features, {k} classes", point(rng, n, d, k)
    X, W, b, labels = point(rng, 6, 3, 4)
    yield (
        "float32 arrays",
        (X.astype(np.float32), W.astype(np.float32), b.astype(np.float32), labels),
    )
    for name, X in inputs.layouts(rng.normal(1.0, 1.0, (6, 4))):
        yield f"X {name}", (X, *point(rng, 6, 4, 3)[1:])
    X, W, b, labels = point(rng, 5, 3, 4)
    yield "W in Fortran order", (X, np.asfortranarray(W), b, labels)
    X, W, b, _ = point(rng, 8, 3, 6)
    yield "labels 0 and 1 only, among 6 classes", (X, W, b, rng.integers(0, 2, 8))


def point(rng: np.random.Generator, n: int, d: int, k: int) -> Point:
    """X that is not centred, W and b that are not 0, and labels."""
    return (
        rng.normal(1.0, 1.0, (n, d)),
        rng.normal(0.0, 0.7, (d, k)),
        rng.normal(0.0, 1.0, k),
        some(rng, n, k),
    )


def check_point(trial: Trial, case: str, at: Point, index: int) -> None:
    """One of the two gradients at one point."""
    with trial.case(case):
        X, W, b, labels = at
        answer = trial.call("softmax_regression_backward", X, W, b, labels, changes=True, observe=False)
        name = ("dW", "db")[index]
        trial.observe(name, answer[index] if _is_tuple(answer, 2) else answer)
        got = trial.unpack(answer, 2, "softmax_regression_backward(X, W, b, labels)")[index]
        want = softmax_regression_backward(wide(X), wide(W), wide(b), labels)[index]
        trial.close(got, want, name, source=X, **tolerance(X))


def _is_tuple(answer: Any, count: int) -> bool:
    return isinstance(answer, list | tuple) and len(answer) == count


def far_points(rng: np.random.Generator) -> Iterator[tuple[str, Point]]:
    """(description, (X, W, b, labels)) whose logits reach ±1e4."""
    X, W, _, labels = point(rng, 6, 3, 4)
    W *= 1e4 / np.abs(X @ W).max()
    yield "W so large that logits reach ±1e4", (X, W, np.zeros(4), labels)
    X, W, b, labels = point(rng, 5, 2, 3)
    yield "a bias of ±1e4", (X, W, np.array([1e4, -1e4, 1e4]) + b, labels)


@backward_exercise.aspect("dW", points=5)
def _(trial: Trial) -> None:
    for case, at in points(trial.rng):
        check_point(trial, case, at, 0)


@backward_exercise.aspect("db", points=3)
def _(trial: Trial) -> None:
    for case, at in points(trial.rng):
        check_point(trial, case, at, 1)


@backward_exercise.aspect("logits of ±1e4", points=1, needs=("dW", "db"))
def _(trial: Trial) -> None:
    for case, at in far_points(trial.rng):
        for index in (0, 1):
            check_point(trial, case, at, index)


@backward_exercise.aspect("leaves its arguments alone", points=1, needs=("dW", "db"))
def _(trial: Trial) -> None:
    with trial.case("arrays that are used again afterwards"):
        trial.call("softmax_regression_backward", *point(trial.rng, 5, 3, 4), observe=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """The arguments of one training run."""

    X: Array
    labels: Array
    num_classes: int
    learning_rate: float
    steps: int

    def right(self) -> tuple[Array, Array, Array]:
        """What training gives: W, b and the losses."""
        W, b, losses = train_softmax_regression(
            wide(self.X), self.labels, self.num_classes, self.learning_rate, self.steps
        )
        return W, b, np.array(losses)


def training_runs(rng: np.random.Generator) -> Iterator[tuple[str, Run]]:
    """(description, run) of problems on which gradient descent is stable, so that rounding does not grow."""
    X = rng.normal(0.5, 1.0, (12, 3))
    yield "12 examples, 3 classes, 12 steps", Run(X, rng.permutation(np.arange(12) % 3), 3, 0.4, 12)
    yield "2 classes, 20 steps", Run(rng.normal(size=(9, 2)), rng.permutation(np.arange(9) % 2), 2, 0.3, 20)
    yield "a single step", Run(rng.normal(1.0, 1.0, (7, 2)), np.array([0, 1, 2, 2, 2, 0, 2]), 3, 0.7, 1)
    yield (
        "num_classes 5, only classes 0 to 2 in the data",
        Run(rng.normal(size=(8, 4)), rng.permutation(np.arange(8) % 3), 5, 0.25, 12),
    )
    yield (
        "one feature, uneven classes",
        Run(rng.normal(-0.5, 1.0, (10, 1)), np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 2]), 3, 0.5, 20),
    )
    yield "one example", Run(rng.normal(size=(1, 3)), np.array([1]), 3, 0.2, 6)
    scale = np.array([3.0, 0.5, 1.0, 0.1])
    yield (
        "features of different scale and mean, a small learning rate",
        Run(rng.normal(1.0, 1.0, (15, 4)) * scale, rng.permutation(np.arange(15) % 4), 4, 0.02, 25),
    )
    X = rng.normal(0.5, 1.0, (6, 4)).astype(np.float32)
    yield "float32 examples", Run(X, np.array([0, 1, 2, 2, 1, 0]), 3, 0.2, 10)
    for name, X in inputs.layouts(rng.normal(0.5, 1.0, (6, 4))):
        yield f"X {name}", Run(X, np.array([0, 1, 2, 2, 1, 0]), 3, 0.2, 5)


def far_runs(rng: np.random.Generator) -> Iterator[tuple[str, Run]]:
    """(description, run) whose logits reach about ±1e4.

    Two copies of a point are of one class and one copy is of another, so the winner changes at every step and the
    true class of some example always lies thousands below the top; no row is ever close to a tie.
    """
    for steps in (3, 6):
        basis = 100.0 * np.linalg.qr(rng.normal(size=(3, 3)))[0][:2]
        rows, order = np.array([0, 0, 0, 1, 1, 1]), rng.permutation(6)
        classes = rng.permutation(3)[np.array([0, 0, 1, 2, 2, 0])]
        learning_rate = float(rng.uniform(1.6, 2.0))
        yield (
            f"examples of length 100, {steps} steps: logits reach thousands",
            Run(basis[rows][order], classes[order], 3, learning_rate, steps),
        )


def train(trial: Trial, run: Run, part: str) -> tuple[Any, Any, Any]:
    """One call; only the part in question goes into the transcript."""
    args = (run.X, run.labels, run.num_classes, run.learning_rate, run.steps)
    answer = trial.call("train_softmax_regression", *args, changes=True, observe=False)
    if not _is_tuple(answer, 3):
        trial.observe("answer", answer)
    W, b, losses = trial.unpack(answer, 3, "train_softmax_regression(...)")
    trial.observe(part, losses if part == "losses" else [W, b])
    return W, b, losses


def loss_curve(losses: Any) -> Array:
    """The losses as an array, whether a list, a tuple or an array of numbers came back; else `Mismatch`."""
    if isinstance(losses, np.ndarray):
        return losses
    numbers = int, float, np.generic
    if not isinstance(losses, list | tuple) or not all(
        isinstance(x, numbers) or (isinstance(x, np.ndarray) and x.ndim == 0) for x in losses
    ):
        raise Mismatch("type", "losses should be a list (or an array) of numbers, one for each step.")
    return np.array([float(x) for x in losses])


def check_weights(trial: Trial, run: Run) -> None:
    """W and b after training."""
    W, b, _losses = train(trial, run, "weights")
    right = run.right()
    options = tolerance(run.X)
    trial.close(W, right[0], "W", source=run.X, **options)
    trial.close(b, right[1], "b", source=run.X, **options)


def check_losses(trial: Trial, run: Run) -> None:
    """The loss before each update."""
    curve = loss_curve(train(trial, run, "losses")[2])
    trial.close(curve, run.right()[2], "losses", source=run.X, **tolerance(run.X))


@train_exercise.aspect("weights", points=5)
def _(trial: Trial) -> None:
    for case, run in training_runs(trial.rng):
        with trial.case(case):
            check_weights(trial, run)


@train_exercise.aspect("losses", points=4)
def _(trial: Trial) -> None:
    for case, run in training_runs(trial.rng):
        with trial.case(case):
            check_losses(trial, run)


@train_exercise.aspect("logits of ±1e4", points=3, needs=("weights", "losses"))
def _(trial: Trial) -> None:
    for case, run in far_runs(trial.rng):
        with trial.case(case):
            check_losses(trial, run)
        with trial.case(case):
            check_weights(trial, run)


@train_exercise.aspect("leaves its arguments alone", points=1, needs=("weights", "losses"))
def _(trial: Trial) -> None:
    with trial.case("data that are used again afterwards"):
        X, labels = trial.rng.normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])
        trial.call("train_softmax_regression", X, labels, 3, 0.1, 3, observe=False)
