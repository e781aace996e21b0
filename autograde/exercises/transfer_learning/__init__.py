"""Lesson 5: reusing pretrained layers, in torch (slides S4.5)."""

from autograde.exercises.transfer_learning import (
    features,
    features_mistakes,
    freezing,
    freezing_mistakes,
    heads,
    heads_mistakes,
    images,
    images_mistakes,
    rbm,
    rbm_mistakes,
    reuse,
    reuse_mistakes,
)

MISTAKES = (features_mistakes, freezing_mistakes, heads_mistakes, images_mistakes, rbm_mistakes, reuse_mistakes)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    images.resize_images_exercise,
    images.relabel_exercise,
    reuse.reuse_layers_exercise,
    freezing.freeze_layers_exercise,
    heads.train_head_exercise,
    features.extract_features_exercise,
    rbm.rbm_cd1_exercise,
    reuse.classifier_from_encoder_exercise,
)
"""In the order of the lesson."""
