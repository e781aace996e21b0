"""Standardizer, batch normalization and the bug hunt: what earns points, what loses them, and what is said."""

import numpy as np
import pytest

import autograde.exercises.vanishing_gradients.batchnorm_mistakes  # noqa: F401  (declares the mistakes)
from autograde.exercises.vanishing_gradients.batchnorm import (
    batchnorm_backward_exercise,
    batchnorm_forward_exercise,
    bug_hunt_exercise,
)
from autograde.exercises.vanishing_gradients.standardizing import standardizer_exercise
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

POINTS = {
    standardizer_exercise: 6,
    batchnorm_forward_exercise: 10,
    batchnorm_backward_exercise: 12,
    bug_hunt_exercise: 4,
}
EXERCISES = list(POINTS)
SEEDS = range(5)


def graded(exercise, replaced=None, seed=0):
    functions = {**exercise.neighbours, **exercise.references, **(replaced or {})}
    return judge(exercise, LocalSubject(functions), seed)


def implementations(kind):
    return [
        pytest.param(exercise, implementation, id=f"{exercise.name}-{name}")
        for exercise in EXERCISES
        for name, implementation in getattr(exercise, kind).items()
    ]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_earns_everything(exercise, seed):
    verdict = graded(exercise, seed=seed)
    assert (verdict.status, verdict.score, verdict.fault) == (Status.PASSED, POINTS[exercise], None)
    assert verdict.seconds < 0.5


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_enough_is_declared(exercise):
    assert exercise.points == POINTS[exercise]
    assert len(exercise.misconceptions) >= 8 and len(exercise.variants) >= 4 and len(exercise.hints) in (3, 4)


@pytest.mark.parametrize(("exercise", "implementation"), implementations("variants"))
def test_another_correct_way_earns_everything(exercise, implementation):
    for seed in SEEDS:
        verdict = graded(exercise, implementation.replaces, seed)
        assert verdict.score == POINTS[exercise], verdict.message


@pytest.mark.parametrize(("exercise", "implementation"), implementations("misconceptions"))
def test_a_known_mistake_loses_points_and_is_named(exercise, implementation):
    for seed in SEEDS:
        verdict = graded(exercise, implementation.replaces, seed)
        assert verdict.score < POINTS[exercise] and verdict.fault is None
        assert verdict.misconception == implementation.name
        assert implementation.message in verdict.message


@pytest.mark.parametrize(
    ("exercise", "implementation"), implementations("misconceptions") + implementations("variants")
)
def test_the_source_runs_in_a_notebook_and_behaves_the_same(exercise, implementation):
    import math

    names = {"np": np, "math": math}
    exec(implementation.source, names)
    functions = {name: names[name] for name in implementation.replaces}
    expected = graded(exercise, implementation.replaces)
    assert graded(exercise, functions).score == expected.score


def nothing(*args, **kwargs):
    return None


def first_argument(*args, **kwargs):
    return args[0] if args else None


def raises(*args, **kwargs):
    raise ValueError("operands could not be broadcast")


def not_written(*args, **kwargs):
    raise NotImplementedError("fill me in")


def many_strings(*args, **kwargs):
    return ("a", "b", "c", "d")


def objects(*args, **kwargs):
    return (np.array([None, "x"], dtype=object),) * 4


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (nothing, Status.FAILED),
        (first_argument, Status.FAILED),
        (raises, Status.RAISED),
        (not_written, Status.NOT_ATTEMPTED),
        (many_strings, Status.FAILED),
        (objects, Status.FAILED),
    ],
)
def test_what_is_no_answer_earns_nothing(exercise, wrong, status):
    verdict = graded(exercise, dict.fromkeys(exercise.functions, wrong))
    assert (verdict.status, verdict.score, verdict.fault) == (status, 0, None)
    assert verdict.misconception is None
    assert verdict.message


def test_a_missing_return_is_named():
    verdict = graded(batchnorm_forward_exercise, {"batchnorm_forward": nothing})
    assert "batchnorm_forward(...) is None. Did you forget a return?" in verdict.message


def test_the_forward_must_come_first():
    for wrong in (None, not_written):
        functions = {**batchnorm_backward_exercise.references}
        if wrong:
            functions["batchnorm_forward"] = wrong
        verdict = judge(batchnorm_backward_exercise, LocalSubject(functions), 0)
        assert verdict.score == 0 and verdict.status is Status.NOT_ATTEMPTED
        assert "write batchnorm_forward first" in verdict.aspects[0].message


class WholeBatch:
    """A wrong forward (one mean and variance for all), with its own true gradient."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        sigma = np.sqrt(x.var() + eps)
        xhat = (x - x.mean()) / sigma
        return gamma * xhat + beta, (xhat, gamma, sigma), running_mean, running_var

    def batchnorm_backward(dout, cache):
        xhat, gamma, sigma = cache
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean() - xhat * (dxhat * xhat).mean()) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


class EachExample:
    """A wrong forward (statistics over the features), with its own true gradient."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        sigma = np.sqrt(x.var(axis=1, keepdims=True) + eps)
        xhat = (x - x.mean(axis=1, keepdims=True)) / sigma
        return gamma * xhat + beta, (xhat, gamma, sigma), running_mean, running_var

    def batchnorm_backward(dout, cache):
        xhat, gamma, sigma = cache
        dxhat = dout * gamma
        mean = dxhat.mean(axis=1, keepdims=True)
        dx = (dxhat - mean - xhat * (dxhat * xhat).mean(axis=1, keepdims=True)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


class NoEps:
    """A wrong forward (eps ignored), with its own true gradient."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        sigma = x.std(axis=0)
        xhat = (x - x.mean(axis=0)) / sigma
        return gamma * xhat + beta, (xhat, gamma, sigma), running_mean, running_var

    batchnorm_backward = staticmethod(batchnorm_backward_exercise.references["batchnorm_backward"]).__func__


class Unbiased:
    """A wrong forward (1/(n - 1) in the variance), with its own true gradient."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        sigma = np.sqrt(x.var(axis=0, ddof=1) + eps)
        xhat = (x - x.mean(axis=0)) / sigma
        return gamma * xhat + beta, (xhat, gamma, sigma), running_mean, running_var

    def batchnorm_backward(dout, cache):
        xhat, gamma, sigma = cache
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).sum(axis=0) / (len(xhat) - 1)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


class GammaForgotten:
    """A wrong forward (no gamma, no mean removal), with its own true gradient."""

    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        return 3.0 * x + beta, x.shape, running_mean, running_var

    def batchnorm_backward(dout, cache):
        return 3.0 * dout, np.zeros(cache[1]), dout.sum(axis=0)


WRONG_FORWARDS = [WholeBatch, EachExample, NoEps, Unbiased, GammaForgotten]


def members(cls):
    return {name: vars(cls)[name] for name in ("batchnorm_forward", "batchnorm_backward")}


@pytest.mark.parametrize("cls", WRONG_FORWARDS)
def test_backward_of_a_wrong_forward_is_held_against_that_forward(cls):
    for seed in SEEDS:
        verdict = graded(batchnorm_backward_exercise, members(cls), seed)
        assert verdict.score == 12, verdict.message
        assert verdict.seconds < 0.5
    assert graded(batchnorm_forward_exercise, {"batchnorm_forward": cls.batchnorm_forward}).score < 10


@pytest.mark.parametrize("cls", WRONG_FORWARDS)
def test_a_wrong_backward_of_a_wrong_forward_loses_points(cls):
    right = cls.batchnorm_backward

    def wrong(dout, cache):
        dx, dgamma, dbeta = right(dout, cache)
        return 1.01 * dx, dgamma, dbeta

    verdict = graded(batchnorm_backward_exercise, {**members(cls), "batchnorm_backward": wrong})
    assert verdict.score == 4


def test_a_wrong_sum_only_costs_its_own_aspect():
    mistake = batchnorm_backward_exercise.misconceptions["dbeta_averaged"]
    assert graded(batchnorm_backward_exercise, mistake.replaces).score == 10.5


def test_a_single_mistake_in_the_forward_leaves_partial_credit():
    for name, score in {
        "momentum_swapped": 7,
        "running_statistics_changed_in_place": 7,
        "batch_statistics_in_evaluation": 8,
        "eps_fixed": 7,
    }.items():
        mistake = batchnorm_forward_exercise.misconceptions[name]
        assert graded(batchnorm_forward_exercise, mistake.replaces).score == score


def test_planted_bug_earns_nothing():
    mistake = bug_hunt_exercise.misconceptions["bug_left_in"]
    assert graded(bug_hunt_exercise, mistake.replaces).score == 0


def test_running_variance_must_not_mix_its_two_forms():
    biased = batchnorm_forward_exercise.references["batchnorm_forward"]
    unbiased = batchnorm_forward_exercise.variants["unbiased_running_variance"].replaces["batchnorm_forward"]

    def mixed(x, *args, **kwargs):
        return (biased if len(x) > 6 else unbiased)(x, *args, **kwargs)

    verdict = graded(batchnorm_forward_exercise, {"batchnorm_forward": mixed})
    assert verdict.score == 7
    assert "Either is fine; use one." in verdict.message


def test_standardizer_keeps_its_formula():
    def mixed(X):
        std = X.std(axis=0, ddof=len(X) % 2)
        return X.mean(axis=0), np.where(std > 0, std, 1.0)

    verdict = graded(standardizer_exercise, {"fit_standardizer": mixed})
    assert verdict.score == 4
    assert "Use one formula for all of them." in verdict.message


def test_a_mistake_is_named_beside_the_sample_deviation():
    sample = standardizer_exercise.variants["sample_deviation"].replaces
    mistake = standardizer_exercise.misconceptions["scale_forgotten"]
    verdict = graded(standardizer_exercise, {**sample, **mistake.replaces})
    assert "Divide by std as well" in verdict.message


def test_the_lessons_own_buggy_function_is_recognised():
    def buggy(dout, x, gamma, eps=1e-5):
        n = len(x)
        centred = x - x.mean(axis=0)
        inv_std = 1.0 / np.sqrt((centred**2).mean(axis=0) + eps)
        dx_hat = dout * gamma
        dvar = (dx_hat * centred).sum(axis=0) * -0.5 * inv_std**2
        dmean = -(dx_hat * inv_std).sum(axis=0)
        dx = dx_hat * inv_std + dvar * 2.0 * centred / n + dmean / n
        return dx, (dout * centred * inv_std).sum(axis=0), dout.sum(axis=0)

    verdict = graded(bug_hunt_exercise, {"repaired_batchnorm_backward": buggy})
    assert (verdict.score, verdict.misconception) == (0, "bug_left_in")
