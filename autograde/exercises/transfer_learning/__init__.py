"""Lesson 5: reusing pretrained layers, in torch (slides S4.5)."""

from autograde.exercises.transfer_learning import (
    autoencoders,
    autoencoders_mistakes,
    features,
    features_mistakes,
    freezing,
    freezing_mistakes,
    heads,
    heads_mistakes,
    images,
    images_mistakes,
    loading,
    loading_mistakes,
    rbm,
    rbm_mistakes,
    reuse,
    reuse_mistakes,
)

MISTAKES = (
    autoencoders_mistakes,
    features_mistakes,
    freezing_mistakes,
    heads_mistakes,
    images_mistakes,
    loading_mistakes,
    rbm_mistakes,
    reuse_mistakes,
)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    images.resize_images_exercise,
    images.relabel_exercise,
    reuse.reuse_layers_exercise,
    freezing.freeze_layers_exercise,
    heads.train_head_exercise,
    features.extract_features_exercise,
    loading.bug_hunt_exercise,
    autoencoders.pretrain_autoencoder_exercise,
    reuse.classifier_from_encoder_exercise,
    rbm.rbm_cd1_exercise,
)
"""In the order of the lesson."""
