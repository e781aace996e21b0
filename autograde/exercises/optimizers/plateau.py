"""A learning rate that follows the validation error, as torch's ReduceLROnPlateau does (slides S4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograde.exercises.optimizers.paths import LESSON
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial
from autograde.wire.values import Handle

plateau_exercise = Exercise(
    name="PlateauScheduler",
    lesson=LESSON,
    functions=("PlateauScheduler",),
    title="Lower the rate when validation stops improving",
    section="PlateauScheduler_idea",
    difficulty=3,
    minutes=15,
    lines=14,
    hints=(
        "Three numbers live on self: the present rate, the best error so far, and how many steps in a row were no better.",
        "Better means clearly better: below best times (1 - threshold). Then it becomes the best and the count is 0.",
        "Otherwise count one more. patience bad steps are endured: the rate falls when the count is *above* patience.",
        "After a fall the count starts at 0 again; the best stays. The new rate is lr * factor, but no less than min_lr.",
    ),
)


@plateau_exercise.reference
class PlateauScheduler:
    """The rate falls by `factor` after more than `patience` validation errors in a row that are no better."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        self.lr, self.factor, self.patience = lr, factor, patience
        self.threshold, self.min_lr = threshold, min_lr
        self.best, self.bad = float("inf"), 0

    def step(self, val_error: float) -> float:
        """Take in one validation error and return the rate to use from here on."""
        if val_error < self.best * (1.0 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


class Watched:
    """The student's scheduler beside the right one."""

    def __init__(self, trial: Trial, *position: Any, **named: Any) -> None:
        self.trial, self.right = trial, PlateauScheduler(*position, **named)
        made = trial.call("PlateauScheduler", *position, keep=(-1,), observe=False, **named)
        trial.require(isinstance(made, Handle), "PlateauScheduler(lr) gives no object. It should be a class.")
        self.scheduler = made
        self.rates: list[tuple[Any, float]] = []

    def step(self, val_error: float) -> None:
        """One validation error for both."""
        got = self.trial.call_method(self.scheduler, "step", float(val_error))
        self.rates.append((got, self.right.step(float(val_error))))

    def check(self) -> None:
        """Raise `Mismatch` unless all rates are right. Judged at the end, so that the transcript is whole."""
        for count, (got, want) in enumerate(self.rates, 1):
            self.trial.close(got, want, f"the rate after step {count}", atol=1e-14)


def check_run(trial: Trial, case: str, errors: Sequence[float], *position: Any, **named: Any) -> None:
    """A whole run of validation errors."""
    said = ", ".join([*(f"{v:g}" for v in position), *(f"{k}={v:g}" for k, v in named.items())])
    with trial.case(f"{case}, PlateauScheduler({said})"):
        watched = Watched(trial, *position, **named)
        for error in errors:
            watched.step(error)
        watched.check()


def rough(rng: np.random.Generator, steps: int, noise: float = 0.15) -> list[float]:
    """Validation errors that fall, with noise, toward a floor: sometimes better than ever, often not."""
    trend = 0.2 + np.exp(-np.arange(steps) / (steps / 4))
    return [float(e) for e in trend * rng.uniform(1 - noise, 1 + noise, steps)]


@plateau_exercise.aspect("falls after patience", points=2)
def _(trial: Trial) -> None:
    check_run(trial, "errors that never improve", [1.0] * 12, 0.1, 0.5, 2)
    check_run(trial, "errors that only rise", np.linspace(0.5, 3.0, 14).tolist(), 0.4, patience=3)
    check_run(trial, "the default patience", [0.7] * 24, 0.1)
    check_run(trial, "a rate that falls far", [0.3] * 9, 0.1, 0.1, 1)
    check_run(trial, "patience 0", [1.0, 1.0, 0.5, 0.6, 0.4, 0.4, 0.4], 0.2, 0.5, 0)
    check_run(trial, "patience 1", [0.9, 0.95, 0.96, 0.8, 0.81, 0.82, 0.83], 0.3, 0.25, patience=1)


@plateau_exercise.aspect("better resets the count", points=2)
def _(trial: Trial) -> None:
    check_run(trial, "errors that always improve", [0.8**k for k in range(15)], 0.1, 0.5, 1)
    check_run(
        trial, "an improvement just in time", [1.0, 1.1, 1.2, 0.9, 1.0, 1.0, 0.8, 0.9, 0.9, 0.9], 0.1, 0.5, 2
    )
    for seed in range(3):
        check_run(trial, f"rough errors {seed + 1}", rough(trial.rng, 40), 0.5, 0.7, 2 + seed)


@plateau_exercise.aspect("against the best", points=2)
def _(trial: Trial) -> None:
    better_than_before = [0.5, 0.9, 0.8, 0.7, 0.6, 0.55, 0.52, 0.51]
    check_run(trial, "errors below the one before, never below the best", better_than_before, 0.1, 0.5, 2)
    saw = [0.5, 0.9, 0.6, 0.9, 0.6, 0.9, 0.6, 0.45, 0.9, 0.5, 0.9, 0.47, 0.9]
    check_run(trial, "errors that go up and down above the best", saw, 0.1, 0.5, 2)
    after = [0.5, 0.6, 0.7, 0.68, 0.66, 0.64, 0.62, 0.6, 0.58]
    check_run(trial, "errors that improve after a fall, above the best", after, 0.1, 0.5, 1)


@plateau_exercise.aspect("threshold", points=1.5)
def _(trial: Trial) -> None:
    slow = [1.0 - 0.01 * k for k in range(12)]
    check_run(trial, "improvements below the threshold", slow, 0.1, 0.5, 2, 0.2)
    check_run(
        trial, "improvements of 5 %, threshold 2 %", [0.95**k for k in range(10)], 0.1, 0.5, 1, threshold=0.02
    )
    creeping = [0.96**k for k in range(14)]
    check_run(trial, "steps of 4 % that add up, threshold 10 %", creeping, 0.1, 0.5, 3, threshold=0.1)
    nearly = [1.0, 0.82, 0.81, 0.83, 0.79, 0.65, 0.64]
    check_run(trial, "improvements of 18 %, threshold 20 %", nearly, 0.1, 0.5, 1, threshold=0.2)
    between = [1.0, 0.95, 0.97, 0.96, 0.98, 0.95, 0.96, 0.97]
    check_run(trial, "errors that are a little below the best", between, 0.1, 0.5, 2, threshold=0.1)
    small = [0.01 * (1 - 0.02 * k) for k in range(8)]
    check_run(trial, "small errors, threshold 1 %", small, 0.1, 0.5, 1, threshold=0.01)
    big = [900.0 - 0.4 * k for k in range(8)]
    check_run(trial, "large errors, improvements of 0.05 %, threshold 1 %", big, 0.1, 0.5, 1, threshold=0.01)
    check_run(
        trial, "tiny improvements, the default threshold", [1.0 - 2e-5 * k for k in range(5)], 0.1, 0.5, 1
    )
    halves = [1.0 - 5e-4 * k for k in range(6)]
    check_run(trial, "improvements of 0.05 %, the default threshold", halves, 0.1, 0.5, 1)
    check_run(trial, "tiny improvements, threshold 0", [1.0 - 2e-5 * k for k in range(5)], 0.1, 0.5, 1, 0.0)
    check_run(trial, "equal errors, threshold 0", [0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4], 0.1, 0.5, 1, 0.0)
    check_run(trial, "an error of 0", [0.5, 0.0, 0.0, 0.0, 0.1, 0.0], 0.1, 0.5, 1)


@plateau_exercise.aspect("min_lr", points=1)
def _(trial: Trial) -> None:
    check_run(trial, "a rate that falls to its minimum", [1.0] * 14, 0.1, 0.1, 1, 1e-4, 0.003)
    check_run(trial, "a rate that falls to its minimum", [1.0] * 9, 0.5, factor=0.3, patience=0, min_lr=0.02)


@plateau_exercise.aspect("two schedulers at once", points=0.5, needs=("falls after patience",))
def _(trial: Trial) -> None:
    with trial.case("two schedulers, stepping in turn"):
        pair = Watched(trial, 0.1, 0.5, 2), Watched(trial, 0.3, 0.5, 2)
        for k, error in zip(
            (0, 0, 1, 0, 1, 1, 0, 0, 1, 1), (0.5, 0.6, 0.9, 0.6, 0.8, 0.9, 0.6, 0.6, 0.9, 0.9), strict=True
        ):
            pair[k].step(error)
        for watched in pair:
            watched.check()
