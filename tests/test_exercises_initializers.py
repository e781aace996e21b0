"""The declarations of the initializers and the randomized ReLU hold their own matrix, without any process in between."""

import numpy as np
import pytest

from autograde import exercises
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

NAMES = ("xavier_normal", "xavier_uniform", "he_normal", "rrelu")
EXERCISES = tuple(exercises.load("02_vanishing_gradients")[name] for name in NAMES)
REFERENCES = {name: f for e in EXERCISES for name, f in e.references.items()}
MISTAKES = [pytest.param(e, m, id=f"{e.name}-{m.name}") for e in EXERCISES for m in e.misconceptions.values()]
VARIANTS = [pytest.param(e, v, id=f"{e.name}-{v.name}") for e in EXERCISES for v in e.variants.values()]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_reference_gets_full_marks(exercise, seed):
    assert judge(exercise, LocalSubject(REFERENCES), seed).status is Status.PASSED


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_a_variant_loses_nothing(exercise, variant):
    verdict = judge(exercise, LocalSubject({**REFERENCES, **variant.replaces}), 1)
    assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_misconception_loses_points_and_is_named(exercise, mistake):
    verdict = judge(exercise, LocalSubject({**REFERENCES, **mistake.replaces}), 1)
    assert verdict.score < exercise.points
    assert verdict.misconception == mistake.name
    assert mistake.message in verdict.message


def judged(exercise, function, seed=1):
    return judge(exercise, LocalSubject({**REFERENCES, exercise.name: function}), seed)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_forgotten_return_is_named(exercise):
    verdict = judged(exercise, lambda *args, **kwargs: None)
    assert (verdict.status, verdict.score) == (Status.FAILED, 0)
    assert "Did you forget a return?" in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_returning_the_first_argument_scores_nothing(exercise):
    verdict = judged(exercise, lambda first, *args, **kwargs: first)
    assert (verdict.status, verdict.score) == (Status.FAILED, 0)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_an_exception_is_shown(exercise):
    def broken(*args, **kwargs):
        raise ValueError("no such thing")

    verdict = judged(exercise, broken)
    assert (verdict.status, verdict.score) == (Status.RAISED, 0)
    assert "ValueError: no such thing" in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_stub_counts_as_not_attempted(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    verdict = judged(exercise, stub)
    assert (verdict.status, verdict.score) == (Status.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("name", ["xavier_normal", "he_normal", "xavier_uniform"])
def test_halves_that_mirror_each_other_are_not_independent(name):
    exercise = EXERCISES[NAMES.index(name)]

    def mirrored(fan_in, fan_out, rng):
        weights = exercise.references[name](fan_in, fan_out, rng)
        half = fan_in // 2
        weights[half : 2 * half] = -weights[:half]
        return weights

    for seed in range(4):
        verdict = judged(exercise, mirrored, seed)
        assert verdict.score < exercise.points
    assert "tied to each other" in verdict.message or "not independent" in verdict.message


def test_weights_set_to_zero_are_counted():
    def hollow(fan_in, fan_out, rng):
        weights = REFERENCES["he_normal"](fan_in, fan_out, rng)
        np.fill_diagonal(weights, 0.0)
        return weights

    verdict = judged(EXERCISES[NAMES.index("he_normal")], hollow)
    assert "120 of 36000 weights are exactly 0" in verdict.message


def test_rrelu_leaves_zero_alone():
    def lifted(z, rng, lower=1 / 8, upper=1 / 3, training=True):
        return REFERENCES["rrelu"](z, rng, lower, upper, training) + 1e-3 * (z == 0)

    verdict = judged(EXERCISES[NAMES.index("rrelu")], lifted)
    assert verdict.score < 6
    assert "Where z is positive or 0 the output should be z itself." in verdict.message
