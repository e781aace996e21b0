"""Lesson 6: hyperparameters, gradient checks, the default recipe and the capstone (notes C, slides S+)."""

from autograde.exercises.hyperparameter_tuning import (
    capstone,
    capstone_mistakes,
    checking,
    checking_mistakes,
    graphs,
    graphs_mistakes,
    halving,
    halving_mistakes,
    hunt,
    hunt_mistakes,
    networks,
    networks_mistakes,
    points,
    points_mistakes,
    sampling,
    sampling_mistakes,
    search,
    search_mistakes,
    zooming,
    zooming_mistakes,
)

MISTAKES = (
    capstone_mistakes,
    checking_mistakes,
    graphs_mistakes,
    halving_mistakes,
    hunt_mistakes,
    networks_mistakes,
    points_mistakes,
    sampling_mistakes,
    search_mistakes,
    zooming_mistakes,
)
"""Importing these modules declares the misconceptions and variants."""

EXERCISES = (
    sampling.log_uniform_exercise,
    sampling.sample_beta_exercise,
    points.grid_points_exercise,
    points.random_points_exercise,
    search.random_search_exercise,
    hunt.repaired_tune_exercise,
    zooming.zoom_exercise,
    halving.successive_halving_exercise,
    checking.gradient_check_exercise,
    networks.default_dnn_exercise,
    graphs.placeholders_exercise,
    capstone.train_digits_exercise,
)
"""In the order of the lesson."""
