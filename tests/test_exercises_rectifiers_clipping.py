"""Leaky ReLU, ELU, PReLU and gradient clipping hold their own matrix, without any process in between."""

import numpy as np
import pytest

from autograde.exercises.vanishing_gradients import (  # noqa: F401
    clipping,
    clipping_mistakes,
    rectifiers,
    rectifiers_mistakes,
)
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

POINTS = {
    rectifiers.leaky_relu_exercise: 5,
    rectifiers.elu_exercise: 6,
    rectifiers.prelu_exercise: 7,
    clipping.clip_by_value_exercise: 3,
    clipping.clip_by_global_norm_exercise: 7,
}
EXERCISES = tuple(POINTS)
MISTAKES = [pytest.param(e, m, id=f"{e.name}-{m.name}") for e in EXERCISES for m in e.misconceptions.values()]
VARIANTS = [pytest.param(e, v, id=f"{e.name}-{v.name}") for e in EXERCISES for v in e.variants.values()]


def verdict_of(exercise, replaces, seed=1):
    return judge(exercise, LocalSubject({**exercise.references, **replaces}), seed)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_an_exercise_has_its_points_and_enough_mistakes_and_variants(exercise):
    assert exercise.points == POINTS[exercise]
    assert len(exercise.misconceptions) >= 8
    assert len(exercise.variants) >= 4


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_reference_gets_full_marks(exercise, seed):
    verdict = verdict_of(exercise, {}, seed)
    assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_a_variant_loses_nothing(exercise, variant, seed):
    verdict = verdict_of(exercise, variant.replaces, seed)
    assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_misconception_loses_points_and_is_named(exercise, mistake):
    verdict = verdict_of(exercise, mistake.replaces)
    assert verdict.score < exercise.points
    assert verdict.misconception == mistake.name
    assert mistake.message in verdict.message


@pytest.mark.parametrize(("exercise", "written"), MISTAKES + VARIANTS)
def test_a_source_runs_in_a_bare_namespace(exercise, written):
    namespace = {"np": np, **exercise.references}
    exec(written.source, namespace)
    functions = {name: namespace[name] for name in exercise.functions}
    assert verdict_of(exercise, functions).score == verdict_of(exercise, written.replaces).score


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_stub_a_forgotten_return_and_a_crash_score_nothing(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    def silent(*args, **kwargs):
        return None

    def crash(*args, **kwargs):
        raise ValueError("no")

    for function, status in ((stub, Status.NOT_ATTEMPTED), (silent, Status.FAILED), (crash, Status.RAISED)):
        verdict = verdict_of(exercise, dict.fromkeys(exercise.functions, function))
        assert (verdict.status, verdict.score) == (status, 0)
        assert function is not silent or "Did you forget a return?" in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_returning_the_input_scores_nothing(exercise):
    def echo(first, *args, **kwargs):
        return first

    assert verdict_of(exercise, dict.fromkeys(exercise.functions, echo)).score == 0


def test_a_wrong_leaky_relu_leaves_the_points_of_its_slope():
    plain = {"leaky_relu": lambda z, alpha=0.01: np.maximum(z, 0)}
    verdict = verdict_of(rectifiers.leaky_relu_exercise, plain)
    assert verdict.score == 2.5


def test_a_changed_argument_is_said_in_words():
    mistake = clipping.clip_by_global_norm_exercise.misconceptions["written_into_the_gradients"]
    verdict = verdict_of(clipping.clip_by_global_norm_exercise, mistake.replaces)
    assert verdict.score == 6.5
    assert "clip_by_global_norm changes an array it was given." in verdict.aspects[-1].message
