"""Lesson 5: reusing pretrained layers, in torch (slides S4.5)."""

from autograde.exercises.transfer_learning import images, images_mistakes

MISTAKES = (images_mistakes,)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    images.resize_images_exercise,
    images.relabel_exercise,
)
"""In the order of the lesson."""
