"""A mistake whose outcome is chance (the global generator) is named whatever was drawn, by it and by its model."""

from __future__ import annotations

import pytest

from autograde import exercises
from autograde.judge import diagnose
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject

MISTAKES = [
    ("02_vanishing_gradients", "rrelu", "global_generator"),
    ("04_regularization", "dropout_forward", "global_generator"),
    ("04_regularization", "random_flip", "flip_global_generator"),
    ("04_regularization", "random_shift", "shift_global_generator"),
    ("04_regularization", "random_crop", "crop_global_generator"),
    ("05_transfer_learning", "rbm_cd1", "global_generator"),
    ("06_hyperparameter_tuning", "random_points", "points_ignore_rng"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "name", "mistake"), MISTAKES)
def test_a_mistake_left_to_chance_is_named_whatever_is_drawn(lesson, name, mistake):
    exercise = exercises.load(lesson)[name]
    wrong = exercise.misconceptions[mistake]
    for _ in range(8):
        diagnose._trusted.cache_clear()  # the model of the mistake draws anew as well
        diagnose._telling.cache_clear()
        subject = LocalSubject({**exercise.neighbours, **exercise.references, **wrong.replaces})
        assert wrong.message in judge(exercise, subject, 1).message
