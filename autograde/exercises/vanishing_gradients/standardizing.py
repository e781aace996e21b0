"""Mean removal and scaling of the features (slides S4.2, data preprocessing)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge.compare import Mismatch, check_close
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"
TOLERANCE = {"rtol": 5e-5, "atol": 1e-6}
"""Wide enough for a guard such as std + 1e-8 or √(var + 1e-6) in either function."""

standardizer_exercise = Exercise(
    name="standardizer",
    lesson=LESSON,
    functions=("fit_standardizer", "standardize"),
    title="Standardize the features",
    section="standardizer",
    difficulty=2,
    minutes=8,
    lines=6,
    hints=(
        "One mean and one standard deviation for every feature: over which axis of the (n, d) array do you average?",
        "X.mean(axis=0) and X.std(axis=0) both have shape (d,). standardize uses what it is given and computes none.",
        "A constant feature has std 0, and 0/0 is NaN. Divide such a feature by 1 instead.",
        "fit: std = np.where(std > 0, std, 1.0) before you return it. standardize: return (X - mean) / std.",
    ),
)


@standardizer_exercise.reference
def fit_standardizer(X: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of every feature, `(d,)` each; a constant feature gets std 1."""
    std = X.std(axis=0)
    return X.mean(axis=0), np.where(std > 0, std, 1.0)


@standardizer_exercise.reference
def standardize(X: Array, mean: Array, std: Array) -> Array:
    """(X - mean)/std with statistics that were fitted before."""
    return (X - mean) / std


def data_sets(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, X) whose features all vary, by no less than about 0.4."""
    for n, d in ((8, 3), (5, 5), (32, 1), (3, 10), (2, 2)):
        yield f"a float64 array of shape ({n}, {d})", _varied(rng, n, np.linspace(0.6, 2.5, d))
    yield "columns of very different scale", _varied(rng, 12, np.array([0.4, 1.0, 30.0, 500.0]))
    yield "columns far from zero", _varied(rng, 9, np.ones(3)) + np.array([-40.0, 0.0, 70.0])
    yield "a float32 array of shape (6, 4)", _varied(rng, 6, np.ones(4)).astype(np.float32)
    x = _varied(rng, 6, np.array([0.5, 1.0, 2.0, 3.0]))
    yield "an array in Fortran order", np.asfortranarray(x)
    yield "a strided view", np.repeat(x, 2, axis=1)[:, ::2]
    yield "a view with its rows reversed", x[::-1]


def _varied(rng: np.random.Generator, n: int, scale: Array) -> Array:
    """Draws around a mean that is not 0, each column with exactly this standard deviation."""
    x = rng.normal(size=(n, scale.size)) + 0.1 * np.arange(n)[:, None]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return np.asarray(scale * (x + rng.uniform(-2.0, 2.0, scale.size)))


def tolerance(X: Array) -> dict[str, float]:
    """How far answers about X may be off."""
    return {"rtol": 1e-3, "atol": 1e-3} if X.dtype == np.float32 else TOLERANCE


def sample_factor(std: Any, X: Array) -> float:
    """√(n/(n-1)) if `std` is the sample standard deviation of X, else 1."""
    wanted = X.astype(np.float64).std(axis=0, ddof=1)
    if not isinstance(std, np.ndarray) or std.shape != wanted.shape or std.dtype.kind != "f":
        return 1.0
    is_sample = bool(np.allclose(std, wanted, **tolerance(X)))
    return float(np.sqrt(len(X) / (len(X) - 1))) if is_sample else 1.0


def fit(trial: Trial, X: Array, *, changes: bool = False) -> tuple[Any, Any, float]:
    """The student's mean and std of X, and by how much the std exceeds the population's if it is the sample's."""
    answer = trial.call("fit_standardizer", X, changes=changes, observe=False)
    mean, std = trial.unpack(answer, 2, "fit_standardizer(X)")
    return mean, std, sample_factor(std, X)


def scaled(value: Any, factor: float) -> Any:
    """An answer as it would be with the population's standard deviation, for the transcript."""
    return value * factor if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


@standardizer_exercise.aspect("mean and std", points=2, of="fit_standardizer")
def _(trial: Trial) -> None:
    factors = set()
    for case, X in data_sets(trial.rng):
        with trial.case(case):
            wide = X.astype(np.float64)
            mean, std, factor = fit(trial, X, changes=True)
            trial.observe("mean", mean)
            trial.observe("std", scaled(std, 1 / factor))
            trial.close(mean, wide.mean(axis=0), "mean", source=X, **tolerance(X))
            trial.close(std, factor * wide.std(axis=0), "std", source=X, **tolerance(X))
            factors.add(factor > 1)
    trial.require(
        len(factors) < 2,
        "std divides by n for some arrays and by n - 1 for others. Use one formula for all of them.",
    )


@standardizer_exercise.aspect("given statistics", points=2, of="standardize")
def _(trial: Trial) -> None:
    for case, X in data_sets(trial.rng):
        with trial.case(f"{case}, with a mean and std that are not its own"):
            mean = trial.rng.normal(0.0, 3.0, X.shape[1]).astype(X.dtype)
            std = trial.rng.uniform(0.5, 4.0, X.shape[1]).astype(X.dtype)
            want = standardize(X.astype(np.float64), mean.astype(np.float64), std.astype(np.float64))
            got = trial.call("standardize", X, mean, std, changes=True)
            trial.close(got, want, "standardize(X, mean, std)", source=X, **tolerance(X))
    with trial.case("one new example, arguments given by name"):
        X, mean, std = np.array([[1.5, -2.0]]), np.array([0.25, 3.0]), np.array([0.5, 2.0])
        got = trial.call("standardize", X=X, mean=mean, std=std, changes=True)
        trial.close(got, standardize(X, mean, std), "standardize(X, mean, std)", source=X, **TOLERANCE)


@standardizer_exercise.aspect("training and test data", points=1)
def _(trial: Trial) -> None:
    for case, X in data_sets(trial.rng):
        with trial.case(f"training data: {case}"):
            _check_pair(trial, X, X, "training data")
    X = _varied(trial.rng, 8, np.array([0.7, 3.0, 20.0]))
    with trial.case("test data far from the training data"):
        _check_pair(trial, X, 2.0 * X[:5] + 7.0, "test data")
    with trial.case("one test example"):
        _check_pair(trial, X, X[:1] - 3.0, "test data")
    with trial.case("a feature that varies little: its std is 0.01, not 0"):
        X = _varied(trial.rng, 8, np.array([0.01, 1.0]))
        _check_pair(trial, X, X, "training data", rtol=1e-2, atol=1e-2)  # √(var + 1e-6) is a fair guard


def _is_close(got: Any, want: Array, **options: Any) -> bool:
    try:
        check_close(got, want, "", **options)
    except Mismatch:
        return False
    return True


def _check_pair(trial: Trial, X: Array, new: Array, what: str, **options: float) -> None:
    """Fit on X, standardize `new`: the training statistics, and nothing changed on the way."""
    options = options or tolerance(X)
    mean, std, factor = fit(trial, X)
    got = trial.call("standardize", new, mean, std, observe=False)
    wide = X.astype(np.float64)
    want = (new.astype(np.float64) - wide.mean(axis=0)) / (factor * wide.std(axis=0))
    trial.observe("the pair is right", _is_close(got, want, source=X, **options))
    trial.close(got, want, f"the standardized {what}", source=X, **options)


@standardizer_exercise.aspect("constant features", points=1, needs=("training and test data",))
def _(trial: Trial) -> None:
    X = _varied(trial.rng, 8, np.ones(4))
    X[:, 1], X[:, 3] = 2.5, 0.0
    with trial.case("two constant features among four"):
        _check_constant(trial, X, X, [1, 3], zero=True)
    with trial.case("test data that differ where the training data are constant"):
        _check_constant(trial, X, X[:3] + 1.0, [1, 3], zero=False)
    with trial.case("only constant features"):
        _check_constant(trial, np.full((4, 2), -1.5), np.full((4, 2), -1.5), [0, 1], zero=True)
    with trial.case("a constant feature that binary floats cannot hold exactly"):
        X = _varied(trial.rng, 10, np.ones(2))
        X[:, 0] = 0.1
        _check_constant(trial, X, X, [0], zero=False)


def _check_constant(trial: Trial, X: Array, new: Array, columns: list[int], zero: bool) -> None:
    """No NaN and no inf; 0 for the training data themselves. A guard must not be written into the given std."""
    mean, std, _ = fit(trial, X)
    got = trial.call("standardize", new, mean, std, observe=False)
    good = isinstance(got, np.ndarray) and got.shape == new.shape and got.dtype.kind == "f"
    trial.observe("finite", bool(np.all(np.isfinite(got))) if good else None)
    trial.require(good, f"standardize(X, mean, std) should be a float array of shape {new.shape}.")
    trial.require(
        bool(np.all(np.isfinite(got))),
        "A constant feature came out as NaN or infinite: its standard deviation is 0, and you divide by it. "
        "Divide such a feature by 1 instead, for example with np.where(std > 0, std, 1.0).",
        "finite",
    )
    flat = np.abs(got[:, columns]).max() < 1e-6
    trial.observe("flat", bool(flat) or not zero)
    trial.require(
        bool(flat) or not zero,
        "A constant feature equals its mean everywhere, so standardizing it gives 0; yours is not 0.",
    )


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You return the variance where the standard deviation is asked for: take the square root (X.std(axis=0)).",
)
def variance_for_std(X):
    var = X.var(axis=0)
    return X.mean(axis=0), np.where(var > 0, var, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You average over the features of each example. Features are columns: average over the examples with axis=0.",
)
def statistics_of_each_example(X):
    return X.mean(axis=1), X.std(axis=1)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You take one mean and one std over the whole array. Every feature needs its own: say axis=0.",
)
def one_number_for_all_features(X):
    return np.full(X.shape[1], X.mean()), np.full(X.shape[1], X.std())


@standardizer_exercise.misconception(
    "fit_standardizer",
    "X.mean() without an axis is one number for the whole array. Every feature needs its own: say axis=0.",
)
def axis_forgotten(X):
    return X.mean(), X.std()


@standardizer_exercise.misconception(
    "fit_standardizer",
    "mean and std have shape (1, d); the contract says (d,). Leave keepdims out.",
)
def keeps_dimensions(X):
    std = X.std(axis=0, keepdims=True)
    return X.mean(axis=0, keepdims=True), np.where(std > 0, std, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "Nothing guards a constant feature: its std is 0 and 0/0 is NaN. Divide such a feature by 1, "
    "for example with np.where(std > 0, std, 1.0).",
)
def no_guard_for_constant_features(X):
    return X.mean(axis=0), X.std(axis=0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "Your guard lifts every std below 1 to 1, so features that vary little are not scaled. Change only a std of 0.",
)
def guard_lifts_small_std(X):
    return X.mean(axis=0), np.maximum(X.std(axis=0), 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You take the root of the mean square without removing the mean first. "
    "The standard deviation measures the distance from the mean.",
)
def root_mean_square_for_std(X):
    std = np.sqrt((X**2).mean(axis=0))
    return X.mean(axis=0), np.where(std > 0, std, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You average the absolute deviations. The standard deviation is the root of the average squared deviation.",
)
def mean_absolute_deviation(X):
    std = np.abs(X - X.mean(axis=0)).mean(axis=0)
    return X.mean(axis=0), np.where(std > 0, std, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer", "You return the median of each feature; the mean is asked for (X.mean(axis=0))."
)
def median_for_mean(X):
    std = X.std(axis=0)
    return np.median(X, axis=0), np.where(std > 0, std, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer",
    "You return minimum and range, which scales features to [0, 1]. Standardizing uses mean and standard deviation.",
)
def minimum_and_range(X):
    width = X.max(axis=0) - X.min(axis=0)
    return X.min(axis=0), np.where(width > 0, width, 1.0)


@standardizer_exercise.misconception(
    "fit_standardizer", "You return (std, mean). The contract's order is (mean, std)."
)
def order_swapped(X):
    std = X.std(axis=0)
    return np.where(std > 0, std, 1.0), X.mean(axis=0)


@standardizer_exercise.misconception(
    "standardize",
    "You compute new statistics from the data you are given. Test data must be standardized with the mean and std "
    "of the training data: use the two arguments.",
)
def recomputes_statistics(X, mean, std):
    own = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(own > 0, own, 1.0)


@standardizer_exercise.misconception("standardize", "You only remove the mean. Divide by std as well.")
def scale_forgotten(X, mean, std):
    return X - mean


@standardizer_exercise.misconception("standardize", "You only scale. Subtract the mean before you divide.")
def mean_not_removed(X, mean, std):
    return X / std


@standardizer_exercise.misconception(
    "standardize",
    "You divide before you subtract the mean, so the mean is not scaled. Put X - mean in parentheses.",
)
def parentheses_forgotten(X, mean, std):
    return X - mean / std


@standardizer_exercise.misconception(
    "standardize",
    "You divide by the square of std. `std` is the standard deviation already: divide by it once.",
)
def divides_by_variance(X, mean, std):
    return (X - mean) / std**2


@standardizer_exercise.misconception(
    "standardize",
    "You take the square root of std. `std` is the standard deviation already, not the variance.",
)
def root_taken_again(X, mean, std):
    return (X - mean) / np.sqrt(np.abs(std))


@standardizer_exercise.misconception(
    "standardize", "You multiply by std. Divide by it, so that the spread becomes 1."
)
def multiplies_by_std(X, mean, std):
    return (X - mean) * std


@standardizer_exercise.misconception(
    "standardize", "X -= mean changes the caller's array. Write X = X - mean, which makes a new one."
)
def changes_the_data(X, mean, std):
    X -= mean
    X /= std
    return X


@standardizer_exercise.variant("fit_standardizer")
def sample_deviation(X):
    std = X.std(axis=0, ddof=1)
    std[std == 0] = 1
    return [X.mean(axis=0), std]


@standardizer_exercise.variant("fit_standardizer")
def by_loops(X):
    n, d = X.shape
    mean, std = np.zeros(d), np.zeros(d)
    for j in range(d):
        mean[j] = sum(X[i, j] for i in range(n)) / n
        std[j] = math.sqrt(sum((X[i, j] - mean[j]) ** 2 for i in range(n)) / n) or 1.0
    return mean, std


@standardizer_exercise.variant("fit_standardizer")
def guard_inside_the_root(X):
    mean = X.sum(axis=0) / X.shape[0]
    return mean, np.sqrt(((X - mean) ** 2).mean(axis=0) + 1e-8)


@standardizer_exercise.variant()
class GuardInStandardize:
    def fit_standardizer(X):
        return np.mean(X, 0), np.std(X, 0)

    def standardize(X, mean, std):
        return (X - mean) / (std + 1e-8)


@standardizer_exercise.variant()
class NanReplaced:
    def fit_standardizer(X):
        import torch

        t = torch.tensor(X.copy())
        return t.mean(dim=0).numpy(), t.std(dim=0).numpy()

    def standardize(X, mean, std):
        with np.errstate(all="ignore"):
            return np.nan_to_num((X - mean) / std, nan=0.0, posinf=0.0, neginf=0.0)


@standardizer_exercise.variant("standardize")
def in_place_on_a_copy(X, mean, std, eps=0.0):
    out = X.copy()
    out -= mean
    nonzero = std != 0
    out[:, nonzero] /= std[nonzero] + eps
    return out
