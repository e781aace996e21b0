"""Early stopping: when to stop, and what to keep (slides S4.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Params = dict[str, Array]

early_stopping_exercise = Exercise(
    name="EarlyStopping",
    lesson="04_regularization",
    functions=("EarlyStopping",),
    title="Early stopping",
    section="early_stopping_idea",
    difficulty=3,
    minutes=15,
    lines=14,
    hints=(
        "Besides the three best_… values the object needs two counters: the step it is at, and how many updates in a "
        "row have brought nothing better.",
        "Start best_error at infinity. Then `val_error < self.best_error` is right for the first update, for 0 and for NaN.",
        "Better: remember error, step and a copy of every array, and set the counter to 0. Otherwise: add 1 to it.",
        "{name: array.copy() for name, array in params.items()} copies. At the end of update the step counter grows by "
        "1, and the answer is self.waited >= self.patience.",
    ),
)


@early_stopping_exercise.reference
class EarlyStopping:
    """Remembers the best parameters and says when `patience` updates in a row brought nothing better."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best_error, self.best_step, self.best_params = math.inf, -1, None
        self._step = self._waited = 0

    def update(self, val_error: float, params: Params) -> bool:
        """Take the validation error of this step; True means stop."""
        if val_error < self.best_error:
            self.best_error, self.best_step = val_error, self._step
            self.best_params = {name: array.copy() for name, array in params.items()}
            self._waited = 0
        else:
            self._waited += 1
        self._step += 1
        return self._waited >= self.patience


def histories(rng: np.random.Generator) -> Iterator[tuple[str, int, Sequence[float]]]:
    """(description, patience, validation errors)."""
    yield "patience 1 and an error that rises at once", 1, [1.0, 0.9, 0.95]
    yield "patience 2 and ups and downs", 2, [1.0, 1.1, 0.9, 1.0, 0.8, 0.85, 0.9]
    yield "patience 3 and errors that fall again, but not below the best", 3, [5.0, 4.0, 4.5, 4.2, 4.1]
    yield "patience 2 and an error that stays exactly the same", 2, [0.5, 0.5, 0.5]
    yield "patience 3 and a first error that is never beaten", 3, [0.2, 0.4, 0.3, 0.25]
    yield "patience 4 and an error that falls all the time", 4, [1.0 / (k + 1) for k in range(9)]
    yield "patience 2 and very small steps down", 2, [1.0 - 1e-4 * k for k in range(6)]
    yield "patience 2 and negative errors", 2, [-1.0, -2.0, -1.5, -1.8]
    yield "patience 2 and very large errors", 2, [1e12, 5e11, 6e11, 7e11]
    yield "patience 5 and one better error just in time", 5, [1.0, 2, 2, 2, 2, 0.9, 2, 2, 2, 2, 2]
    for _ in range(4):
        patience = int(rng.integers(1, 6))
        errors = np.abs(np.cumsum(rng.normal(-0.05, 0.4, 25)) + 4.0)
        yield f"patience {patience} and 25 errors that wander", patience, [float(e) for e in errors]


def awkward_histories() -> Iterator[tuple[str, int, Sequence[float]]]:
    """Errors of exactly 0, and NaN."""
    nan = math.nan
    yield "an error of exactly 0, which cannot be beaten", 2, [0.5, 0.0, 0.3, 0.2]
    yield "a first error of exactly 0", 3, [0.0, 0.3, 0.2, 0.1]
    yield "0 between a positive and a negative error", 3, [0.1, 0.0, -0.5, -0.2]
    yield "a NaN after a good error", 3, [0.5, nan, 0.6, 0.4, nan]
    yield "NaN three times in a row", 3, [0.5, nan, nan, nan]
    yield "a NaN first", 3, [nan, 0.7, 0.6, 0.9]
    yield "NaN and nothing else", 2, [nan, nan]


def snapshot(rng: np.random.Generator) -> Params:
    """Parameters as they are at one step."""
    return {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=2), "W2": rng.normal(size=(2, 1))}


def new_stopper(trial: Trial, *args: int, **named: int) -> Handle:
    """An instance of the student's class, on the student's side."""
    stopper = trial.call("EarlyStopping", *args, keep=(-1,), **named)
    trial.require(isinstance(stopper, Handle), f"EarlyStopping(patience) gives {a_type(stopper)}.", "type")
    return stopper  # type: ignore[no-any-return]


def updates(
    trial: Trial, patience: int, errors: Sequence[float]
) -> Iterator[tuple[Handle, EarlyStopping, Any, bool, int]]:
    """Feed both objects until the right one says stop: (student's, right one, its answer, right answer, step)."""
    stopper, right = new_stopper(trial, patience), EarlyStopping(patience)
    for step, error in enumerate(errors):
        params = snapshot(trial.rng)
        got = trial.call_method(stopper, "update", error, params, changes=True, observe=False)
        want = right.update(error, params)
        yield stopper, right, got, want, step
        if want:
            return


def check_stop(trial: Trial, got: Any, want: bool, step: int) -> None:
    """The answer of one update: true or false."""
    got = False if got is None else got
    number = isinstance(got, bool | int | float | np.generic) or (
        isinstance(got, np.ndarray) and got.ndim == 0
    )
    trial.require(number, f"update should return True or False; it returned {a_type(got)}.", "type")
    trial.observe("stop", bool(got))
    trial.require(
        bool(got) == want,
        f"update number {step} (counted from 0) says {'stop' if got else 'go on'}; it should say "
        f"{'stop' if want else 'go on'}.",
    )


def check_best(trial: Trial, stopper: Handle, right: EarlyStopping, step: int) -> None:
    """best_error and best_step after an update."""
    error, best_step = (trial.subject.attribute(stopper, n) for n in ("best_error", "best_step"))
    trial.observe("best", [error, best_step])
    trial.close(error, right.best_error, f"best_error after update {step}")
    trial.close(best_step, right.best_step, f"best_step after update {step}")


def check_params(trial: Trial, stopper: Handle, want: Params, when: str) -> None:
    """best_params, array by array."""
    got = trial.subject.attribute(stopper, "best_params")
    trial.require(
        isinstance(got, dict), f"best_params should be a dict of arrays; it is {a_type(got)}.", "type"
    )
    trial.observe("best_params", got)
    trial.require(set(got) == set(want), "best_params should have the names of params, no more and no fewer.")
    for name, array in want.items():
        trial.close(got[name], array, f"best_params['{name}'] {when}", source=array)


@early_stopping_exercise.aspect("when to stop", points=3)
def _(trial: Trial) -> None:
    for case, patience, errors in histories(trial.rng):
        with trial.case(case):
            for _, _, got, want, step in updates(trial, patience, errors):
                check_stop(trial, got, want, step)
    with trial.case("two objects fed in turn, arguments given by name"):
        one, two = new_stopper(trial, patience=1), new_stopper(trial, patience=3)
        for step, error in enumerate((0.5, 0.4)):
            for stopper in (one, two):
                named = {"val_error": error, "params": snapshot(trial.rng)}
                got = trial.call_method(stopper, "update", changes=True, observe=False, **named)
                check_stop(trial, got, False, step)
        for stopper, want in ((one, True), (two, False)):
            got = trial.call_method(stopper, "update", 0.45, snapshot(trial.rng), changes=True, observe=False)
            check_stop(trial, got, want, 2)


@early_stopping_exercise.aspect("best error and step", points=3)
def _(trial: Trial) -> None:
    for case, patience, errors in histories(trial.rng):
        with trial.case(case):
            for stopper, right, _, _, step in updates(trial, patience, errors):
                check_best(trial, stopper, right, step)
    with trial.case("a second object, after the first has seen better errors"):
        for errors in ([0.1, 0.05], [0.9, 0.8]):
            for stopper, right, _, _, step in updates(trial, 2, errors):
                check_best(trial, stopper, right, step)


@early_stopping_exercise.aspect("best parameters", points=2)
def _(trial: Trial) -> None:
    for case, patience, errors in histories(trial.rng):
        with trial.case(case):
            for stopper, right, _, _, step in updates(trial, patience, errors):
                if step in (0, 1, len(errors) - 1) or step % 3 == 2:
                    check_params(trial, stopper, right.best_params or {}, f"after update {step}")

    with trial.case("two objects fed in turn"):
        one, two = new_stopper(trial, 3), new_stopper(trial, 3)
        first, second = snapshot(trial.rng), snapshot(trial.rng)
        for stopper, error, params in ((one, 0.5, first), (two, 0.4, second)):
            trial.call_method(stopper, "update", error, params, changes=True, observe=False)
        check_params(trial, one, first, "after another object has saved its own")
        check_params(trial, two, second, "beside another object")


@early_stopping_exercise.aspect("copies", points=2.5, needs=("best parameters",))
def _(trial: Trial) -> None:
    for case, change in (
        ("parameters that an optimizer changes in place", "change_in_place"),
        ("parameters that are replaced in the same dict", "bind_anew"),
    ):
        with trial.case(case):
            values = snapshot(trial.rng)
            params = trial.subject.put(values)
            stopper = new_stopper(trial, 2)  # the last update says stop
            for error, better in ((0.5, True), (0.7, False), (0.4, True), (0.45, False), (0.6, False)):
                if better:
                    best = {name: array.copy() for name, array in values.items()}
                trial.call_method(stopper, "update", error, params, observe=False)
                _check_untouched(trial, params, values)
                trial.probe(change, params, 1.0)
                values = {name: array + 1.0 for name, array in values.items()}
                check_params(trial, stopper, best, "after training went on")


def _check_untouched(trial: Trial, params: Handle, values: Params) -> None:
    """update leaves the network's parameters alone."""
    now = trial.subject.fetch(params)
    same = isinstance(now, dict) and all(
        n in now and isinstance(now[n], np.ndarray) and np.array_equal(now[n], v) for n, v in values.items()
    )
    trial.observe("params untouched", same)
    trial.require(same, "update changes the parameters it is given. It should only copy them.", "conduct")


@early_stopping_exercise.aspect("zero and NaN", points=1.5)
def _(trial: Trial) -> None:
    for case, patience, errors in awkward_histories():
        with trial.case(case):
            for stopper, right, got, want, step in updates(trial, patience, errors):
                check_stop(trial, got, want, step)
                if right.best_params is not None:
                    check_best(trial, stopper, right, step)
                    check_params(trial, stopper, right.best_params, f"after update {step}")
