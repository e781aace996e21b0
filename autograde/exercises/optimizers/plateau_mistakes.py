"""Wrong and other right plateau schedulers. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.optimizers.plateau import plateau_exercise


@plateau_exercise.misconception(
    "PlateauScheduler",
    "Each error is compared with the one before. Compare with the best so far, and replace the best only by a better one.",
)
class ComparesWithThePrevious:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        self.bad = 0 if val_error < self.best * (1 - self.threshold) else self.bad + 1
        self.best = val_error
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The rate falls one step early. patience bad steps are endured; it falls when the count is above patience.",
)
class OneStepImpatient:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad >= self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The rate falls one step late: it falls with bad step number patience + 1.",
)
class OneStepPatient:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience + 1:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The count is not reset when the rate falls, so that it falls at every step from then on. Set it to 0.",
)
class CountNotResetAfterTheFall:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr = max(self.lr * self.factor, self.min_lr)
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The count is not reset by an improvement. patience counts bad steps in a row: set it to 0 when it gets better.",
)
class CountNotResetByImprovement:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best = val_error
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception("PlateauScheduler", "min_lr is ignored: use max(lr * factor, min_lr).")
class MinimumIgnored:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = self.lr * self.factor, 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "A rate that would fall below min_lr stays where it is. It should fall to min_lr: max(lr * factor, min_lr).",
)
class StopsAboveTheMinimum:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.bad = 0
            self.lr = self.lr * self.factor if self.lr * self.factor >= self.min_lr else self.lr
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler", "threshold is ignored: better means val_error < best * (1 - threshold)."
)
class ThresholdIgnored:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best:
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The threshold is absolute: best - threshold. The contract's is relative: best * (1 - threshold).",
)
class ThresholdAbsolute:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best - self.threshold:
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "An error equal to the best counts as better. Better is strict: val_error < best * (1 - threshold).",
)
class EqualIsBetter:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error <= self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The best error is forgotten when the rate falls. It stays: later errors are still compared with it.",
)
class BestForgotten:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad, self.best = max(self.lr * self.factor, self.min_lr), 0, float("inf")
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler", "The comparison is upside down: a smaller validation error is the better one."
)
class LargerIsBetter:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = -float("inf"), 0

    def step(self, val_error):
        if val_error > self.best * (1 + self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler", "The rate before the fall is returned. Return the rate to use from here on."
)
class OldRateReturned:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        old = self.lr
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return old


@plateau_exercise.misconception(
    "PlateauScheduler",
    "Every lower error becomes the best, also one that is not below the threshold, so that slow progress never counts. "
    "Replace the best only where the error counts as better.",
)
class BestCreepsAlong:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        self.bad = 0 if val_error < self.best * (1 - self.threshold) else self.bad + 1
        self.best = min(self.best, val_error)
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The first error counts as a bad step: inf - threshold * inf is NaN. Write best * (1 - threshold).",
)
class FirstErrorIsBad:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = None, 0

    def step(self, val_error):
        if self.best is not None and val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.best = val_error if self.best is None else self.best
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The count is reset by every error below the best, also by one that does not count as better. "
    "Reset it only where val_error < best * (1 - threshold).",
)
class CountResetByAnyLowerError:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        elif val_error < self.best:
            self.bad = 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "After a fall one bad step is let pass before the count starts again (a cooldown). The count starts at 0 at once.",
)
class RestsAfterTheFall:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), -1
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The count is compared with patience before it is raised, so that the rate falls one bad step late. "
    "Raise the count first.",
)
class ChecksBeforeItCounts:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
            return self.lr
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        self.bad += 1
        return self.lr


@plateau_exercise.misconception(
    "PlateauScheduler",
    "The rate falls once and then stays: every fall starts from the first rate. Lower the present one.",
)
class FallsFromTheFirstRate:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = float("inf"), 0
        self.fallen = lr

    def step(self, val_error):
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.fallen, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.fallen


@plateau_exercise.misconception(
    "PlateauScheduler",
    "A best error of 0 is taken for none: `not best` is true for 0.0 as well. Compare with None, or start at infinity.",
)
class ZeroIsNoBest:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best, self.bad = None, 0

    def step(self, val_error):
        if not self.best or val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr


@plateau_exercise.variant("PlateauScheduler")
class BestStartsAtNone:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best_error = None
        self.wait = 0

    def step(self, val_error):
        if self.best_error is None or val_error < (1.0 - self.threshold) * self.best_error:
            self.best_error = val_error
            self.wait = 0
            return self.lr
        self.wait += 1
        if self.wait == self.patience + 1:
            self.lr = max(self.min_lr, self.factor * self.lr)
            self.wait = 0
        return self.lr


@plateau_exercise.variant("PlateauScheduler")
class CountsDown:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0, verbose=False):
        self.rate, self.factor, self.patience, self.limit, self.floor = (
            lr,
            factor,
            patience,
            1 - threshold,
            min_lr,
        )
        self.best = np.inf
        self.left = patience

    def step(self, val_error):
        if val_error < self.best * self.limit:
            self.best, self.left = val_error, self.patience
        elif self.left == 0:
            self.rate, self.left = np.maximum(self.rate * self.factor, self.floor), self.patience
        else:
            self.left -= 1
        return self.rate


@plateau_exercise.variant("PlateauScheduler")
class KeepsTheHistory:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        self.start, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.errors = []

    def step(self, val_error):
        self.errors.append(val_error)
        best, bad, falls = math.inf, 0, 0
        for error in self.errors:
            better = error < best - self.threshold * best if best < math.inf else True
            best, bad = (error, 0) if better else (best, bad + 1)
            if bad > self.patience:
                bad, falls = 0, falls + 1
        return max(self.start * self.factor**falls, self.min_lr)


@plateau_exercise.variant("PlateauScheduler")
class AroundTorch:
    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        import torch

        self.optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, factor=factor, patience=patience, threshold=threshold, min_lr=min_lr
        )

    def step(self, val_error):
        self.scheduler.step(val_error)
        return self.optimizer.param_groups[0]["lr"]
