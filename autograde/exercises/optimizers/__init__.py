"""Lesson 3: optimizers and learning-rate schedules (slides S4.3)."""

from autograde.exercises.optimizers import (
    adam,
    adam_mistakes,
    adaptive,
    adaptive_mistakes,
    momentum,
    momentum_mistakes,
    plateau,
    plateau_mistakes,
    schedules,
    schedules_mistakes,
)

MISTAKES = (adam_mistakes, adaptive_mistakes, momentum_mistakes, plateau_mistakes, schedules_mistakes)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    momentum.gradient_descent_step_exercise,
    momentum.momentum_step_exercise,
    momentum.nesterov_step_exercise,
    adaptive.adagrad_step_exercise,
    adaptive.rmsprop_step_exercise,
    adam.adam_step_exercise,
    adam.adam_class_exercise,
    adam.adam_bug_hunt_exercise,
    schedules.step_decay_exercise,
    schedules.multistep_decay_exercise,
    schedules.exponential_decay_exercise,
    plateau.plateau_exercise,
    schedules.cosine_warmup_exercise,
)
"""In the order of the lesson."""
