"""Lesson 2: initializers, activations, normalization and clipping (slides S4.2)."""

from autograde.exercises.vanishing_gradients import (
    activations,
    activations_mistakes,
    batchnorm,
    batchnorm_mistakes,
    clipping,
    clipping_mistakes,
    initializers,
    initializers_mistakes,
    randomized,
    randomized_mistakes,
    rectifiers,
    rectifiers_mistakes,
    standardizing,
)

MISTAKES = (
    activations_mistakes,
    batchnorm_mistakes,
    clipping_mistakes,
    initializers_mistakes,
    randomized_mistakes,
    rectifiers_mistakes,
)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    initializers.xavier_normal_exercise,
    initializers.xavier_uniform_exercise,
    initializers.he_normal_exercise,
    activations.sigmoid_exercise,
    activations.tanh_exercise,
    activations.relu_exercise,
    rectifiers.leaky_relu_exercise,
    rectifiers.elu_exercise,
    rectifiers.prelu_exercise,
    randomized.rrelu_exercise,
    standardizing.standardizer_exercise,
    batchnorm.batchnorm_forward_exercise,
    batchnorm.batchnorm_backward_exercise,
    batchnorm.bug_hunt_exercise,
    clipping.clip_by_value_exercise,
    clipping.clip_by_global_norm_exercise,
)
"""In the order of the lesson."""
