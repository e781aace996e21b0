"""Lesson 1: softmax regression, signals that saturate, fits and critical points (slides S4.1, notes C)."""

from autograde.exercises.problem_definition import (
    cross_entropy,
    cross_entropy_mistakes,
    judgement,
    judgement_mistakes,
    regression,
    regression_mistakes,
    signal,
    signal_mistakes,
    softmax,
    softmax_mistakes,
)

MISTAKES = (
    cross_entropy_mistakes,
    judgement_mistakes,
    regression_mistakes,
    signal_mistakes,
    softmax_mistakes,
)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    softmax.softmax_exercise,
    softmax.hardmax_exercise,
    cross_entropy.cross_entropy_exercise,
    cross_entropy.backward_exercise,
    cross_entropy.bug_hunt_exercise,
    regression.backward_exercise,
    regression.train_exercise,
    judgement.fit_exercise,
    signal.forward_exercise,
    signal.saturated_exercise,
    judgement.critical_exercise,
)
"""In the order of the lesson."""
