"""Lesson 2: initializers, activations, normalization and clipping (slides S4.2)."""

from autograde.exercises.vanishing_gradients import (
    activations,
    activations_mistakes,
    batchnorm,
    batchnorm_mistakes,
    clipping,
    initializers,
    randomized,
    rectifiers,
    standardizing,
)
