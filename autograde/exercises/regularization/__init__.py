"""Lesson 4: penalties, early stopping, dropout and data augmentation (slides S4.4)."""

from autograde.exercises.regularization import (
    dropout,
    dropout_mistakes,
    penalties,
    penalties_mistakes,
    stopping,
    stopping_mistakes,
)

MISTAKES = (dropout_mistakes, penalties_mistakes, stopping_mistakes)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    penalties.l2_penalty_exercise,
    penalties.l1_penalty_exercise,
    penalties.elastic_net_penalty_exercise,
    stopping.early_stopping_exercise,
    dropout.dropout_forward_exercise,
    dropout.dropout_backward_exercise,
)
"""In the order of the lesson."""
