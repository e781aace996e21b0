"""The declarations of sigmoid, tanh and ReLU hold their own matrix, without any process in between."""

import pytest

from autograde.exercises.vanishing_gradients import activations, activations_mistakes  # noqa: F401
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

EXERCISES = (activations.sigmoid_exercise, activations.tanh_exercise, activations.relu_exercise)
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


def test_an_unwritten_function_scores_nothing():
    def stub(z):
        raise NotImplementedError

    verdict = judge(activations.sigmoid_exercise, LocalSubject({"sigmoid": stub, "sigmoid_prime": stub}), 1)
    assert (verdict.status, verdict.score) == (Status.NOT_ATTEMPTED, 0)


def test_a_forgotten_return_is_named():
    verdict = judge(
        activations.relu_exercise, LocalSubject({"relu": lambda z: None, "relu_prime": lambda z: None}), 1
    )
    assert (verdict.status, verdict.score) == (Status.FAILED, 0)
    assert "Did you forget a return?" in verdict.message
