"""Lesson 4: penalties, early stopping, dropout and data augmentation (slides S4.4)."""

from autograde.exercises.regularization import (
    batches,
    batches_mistakes,
    dropout,
    dropout_mistakes,
    hunt,
    hunt_mistakes,
    images,
    images_mistakes,
    penalties,
    penalties_mistakes,
    safe,
    stopping,
    stopping_mistakes,
)

MISTAKES = (
    batches_mistakes,
    dropout_mistakes,
    hunt_mistakes,
    images_mistakes,
    penalties_mistakes,
    stopping_mistakes,
)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    penalties.l2_penalty_exercise,
    penalties.l1_penalty_exercise,
    penalties.elastic_net_penalty_exercise,
    stopping.early_stopping_exercise,
    dropout.dropout_forward_exercise,
    dropout.dropout_backward_exercise,
    hunt.bug_hunt_exercise,
    images.random_flip_exercise,
    images.random_shift_exercise,
    images.random_crop_exercise,
    images.random_brightness_contrast_exercise,
    batches.augmented_batches_exercise,
    safe.safe_augmentations_exercise,
)
"""In the order of the lesson."""
