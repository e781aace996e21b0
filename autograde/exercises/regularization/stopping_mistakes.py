"""Wrong and other right ways to write early stopping."""

from __future__ import annotations

import copy

import numpy as np

from autograde.exercises.regularization.stopping import early_stopping_exercise

wrong = early_stopping_exercise.misconception
right = early_stopping_exercise.variant


@wrong(
    "EarlyStopping",
    "best_params is the caller's own dict, not a copy: it changes while training goes on. Copy every array.",
)
class KeepsTheDict:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.best_params, self.wait = val_error, self.step, params, 0
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "dict(params) copies the dict, but the arrays in it are still the caller's and change in place. Copy every array.",
)
class CopiesTheDictOnly:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = dict(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "You compare with the previous error. Compare with the best one so far: an error can fall and still be worse.",
)
class ComparesWithThePrevious:
    def __init__(self, patience):
        self.patience, self.wait, self.step, self.previous = patience, 0, 0, np.inf
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.previous:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.previous = val_error
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "You stop one update too late: the answer is True on the update that makes it `patience` in a row (>=, not >).",
)
class OneUpdateTooLate:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait > self.patience


@wrong(
    "EarlyStopping",
    "You stop one update too early. After a better error the count of updates without one starts at 0, not at 1.",
)
class OneUpdateTooEarly:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait > 0 and self.wait >= self.patience - 1


@wrong(
    "EarlyStopping",
    "The counter is not set back to 0 when a better error comes. `patience` updates *in a row* must bring nothing.",
)
class NeverResetsTheCounter:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step = val_error, self.step
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "An equal error counts as better in your code (<=). Only a strictly smaller one is better: <.",
)
class EqualCountsAsBetter:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error <= self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "best_params is overwritten at every update, so it holds the last parameters. Save only when the error is better.",
)
class KeepsTheLastParameters:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        self.best_params = copy.deepcopy(params)
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "update writes the best values back into the parameters it was given. Leave them alone: whoever trains takes "
    "best_params when it is time.",
)
class RestoresInPlace:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, -1, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = {name: array.copy() for name, array in params.items()}
        else:
            self.wait += 1
        self.step += 1
        if self.wait >= self.patience and self.best_params is not None:
            for name, array in self.best_params.items():
                params[name][...] = array
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "An update with NaN is skipped altogether. It is a step like any other, and one without a better error.",
)
class SkipsNan:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, -1, None

    def update(self, val_error, params):
        if np.isnan(val_error):
            return False
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = {name: array.copy() for name, array in params.items()}
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong("EarlyStopping", "best_step counts from 1. The first update is step 0.")
class CountsFromOne:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        self.step += 1
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "best_step counts only the updates that were better. Every update is a step, better or not.",
)
class CountsImprovementsOnly:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
            self.step += 1
        else:
            self.wait += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "`if not self.best_error` takes an error of exactly 0 for 'nothing seen yet', so a worse one replaces it. "
    "Start at infinity, or ask `is None`.",
)
class ZeroTakenForNothing:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error = self.best_step = self.best_params = None

    def update(self, val_error, params):
        if not self.best_error or val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "NaN counts as better in your code: `val_error >= best` is False for NaN, so the other branch saves it. "
    "Ask `val_error < best` instead.",
)
class NanCountsAsBetter:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error >= self.best_error:
            self.wait += 1
        else:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "A NaN at the first update becomes the best error, and nothing is ever smaller than NaN. Start at infinity.",
)
class FirstNanBecomesBest:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error = self.best_step = self.best_params = None

    def update(self, val_error, params):
        if self.best_error is None or val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "You keep the largest value, as if it were an accuracy. It is an error: smaller is better.",
)
class LargerIsBetter:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = -np.inf, 0, None

    def update(self, val_error, params):
        if val_error > self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


@wrong(
    "EarlyStopping",
    "Two objects share their memory: best_error and the counters are attributes of the class. Set them in __init__.",
)
class SharedBetweenObjects:
    def __init__(self, patience):
        cls = type(self)
        cls.patience, cls.wait, cls.step = patience, 0, 0
        cls.best_error, cls.best_step, cls.best_params = np.inf, 0, None

    def update(self, val_error, params):
        cls = type(self)
        if val_error < cls.best_error:
            cls.best_error, cls.best_step, cls.wait = val_error, cls.step, 0
            cls.best_params = copy.deepcopy(params)
        else:
            cls.wait += 1
        cls.step += 1
        return cls.wait >= cls.patience


@wrong(
    "EarlyStopping",
    "update answers True while training should go on and False when it should stop. True means stop.",
)
class AnswerReversed:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error:
            self.best_error, self.best_step, self.wait = val_error, self.step, 0
            self.best_params = copy.deepcopy(params)
        else:
            self.wait += 1
        self.step += 1
        return self.wait < self.patience


@wrong(
    "EarlyStopping",
    "patience is ignored: you stop at the first update that is not better. Count up to patience.",
)
class StopsAtOnce:
    def __init__(self, patience):
        self.patience, self.step = patience, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        better = val_error < self.best_error
        if better:
            self.best_error, self.best_step = val_error, self.step
            self.best_params = copy.deepcopy(params)
        self.step += 1
        return not better


@right("EarlyStopping")
class BySteps:
    def __init__(self, patience):
        self.patience = patience
        self.best_error, self.best_step, self.best_params = float("inf"), -1, {}
        self.steps = 0

    def update(self, val_error, params):
        step, self.steps = self.steps, self.steps + 1
        if val_error < self.best_error:
            self.best_error, self.best_step = float(val_error), step
            self.best_params = copy.deepcopy(params)
        return step - self.best_step >= self.patience


@right("EarlyStopping")
class ByHistory:
    def __init__(self, patience):
        self.patience, self.errors = patience, []
        self.best_error = self.best_step = self.best_params = None

    def update(self, val_error, params):
        self.errors.append(np.inf if np.isnan(val_error) else val_error)
        best = int(np.argmin(self.errors))
        if best == len(self.errors) - 1 and self.errors[best] < np.inf:
            self.best_error, self.best_step = np.float64(val_error), np.int64(best)
            self.best_params = {k: np.array(v) for k, v in params.items()}
        waited = len(self.errors) - 1 - (-1 if self.best_step is None else self.best_step)
        return np.bool_(waited >= self.patience)


@right("EarlyStopping")
class CountsDown:
    def __init__(self, patience, verbose=False):
        self.patience = self.left = patience
        self.best_error = self.best_step = self.best_params = None
        self.t = -1

    def update(self, val_error, params):
        self.t += 1
        worse = self.best_error is not None and val_error >= self.best_error
        if worse or val_error != val_error:
            self.left -= 1
            return int(self.left <= 0)
        self.best_error, self.best_step, self.left = val_error, self.t, self.patience
        self.best_params = {}
        for name in params:
            self.best_params[name] = params[name] + 0.0
        return 0


@right("EarlyStopping")
class WithProperties:
    def __init__(self, patience):
        self._patience, self._count, self._wait = patience, 0, 0
        self._best = (np.inf, None, None)

    @property
    def best_error(self):
        return self._best[0]

    @property
    def best_step(self):
        return self._best[1]

    @property
    def best_params(self):
        return self._best[2]

    def update(self, val_error, params):
        if np.isfinite(val_error) and val_error < self._best[0]:
            self._best = (val_error, self._count, {k: v.copy() for k, v in params.items()})
            self._wait = -1
        self._wait += 1
        self._count += 1
        if self._wait >= self._patience:
            return True
