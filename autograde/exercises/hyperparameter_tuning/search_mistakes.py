"""Ways to search at random, wrong and right (see `search`)."""

import math

import numpy as np

from autograde.exercises.hyperparameter_tuning.points import random_points
from autograde.exercises.hyperparameter_tuning.search import random_search_exercise


@random_search_exercise.misconception(
    "random_search", "You return the point with the highest value. The objective is an error: lowest is best."
)
def keeps_the_highest(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return max(history, key=lambda pair: pair[1])[0], history


@random_search_exercise.misconception(
    "random_search", "You return the last point that was tried. Keep the one with the lowest value."
)
def keeps_the_last(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return history[-1][0], history


@random_search_exercise.misconception(
    "random_search",
    "You compare each trial with the one before it, not with the best so far: the last improvement wins.",
)
def beats_the_previous(objective, ranges, n, rng):
    best, before, history = None, float("inf"), []
    for point in random_points(ranges, n, rng):
        value = objective(point)
        if value < before:
            best = point
        before = value
        history.append((point, value))
    return best, history


@random_search_exercise.misconception(
    "random_search",
    "The lowest value so far starts at 1 (or another small number), so trials above it never count. Start at infinity.",
)
def starts_at_one(objective, ranges, n, rng):
    points = random_points(ranges, n, rng)
    best, lowest, history = points[0], 1.0, []
    for point in points:
        value = objective(point)
        if value < lowest:
            best, lowest = point, value
        history.append((point, value))
    return best, history


@random_search_exercise.misconception(
    "random_search",
    "min(history) and sorted(...) compare two dicts when values are equal, and that fails. Give a key: "
    "key=lambda pair: pair[1].",
)
def compares_dicts_at_ties(objective, ranges, n, rng):
    ranked = [(objective(point), point) for point in random_points(ranges, n, rng)]
    return min(ranked)[1], [(point, value) for value, point in ranked]


@random_search_exercise.misconception(
    "random_search",
    "best is the lowest value. Return the point that has it: the caller wants to know which hyperparameters to use.",
)
def returns_the_value(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return min(value for _, value in history), history


@random_search_exercise.misconception(
    "random_search",
    "best is the pair (point, value). Return the point alone; the value stands in history.",
)
def returns_the_pair(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return min(history, key=lambda pair: pair[1]), history


@random_search_exercise.misconception(
    "random_search",
    "history is sorted by value. Keep the order of the trials: the learning curve of a search needs it.",
)
def history_sorted(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    history.sort(key=lambda pair: pair[1])
    return history[0][0], history


@random_search_exercise.misconception(
    "random_search", "history holds (value, point). The order is (point, value)."
)
def history_swapped(objective, ranges, n, rng):
    history = [(objective(point), point) for point in random_points(ranges, n, rng)]
    return min(history, key=lambda pair: pair[0])[1], history


@random_search_exercise.misconception(
    "random_search",
    "history holds only the trials that were better than all before. Write down every trial.",
)
def history_of_records_only(objective, ranges, n, rng):
    best, lowest, history = None, math.inf, []
    for point in random_points(ranges, n, rng):
        value = objective(point)
        if value < lowest:
            best, lowest = point, value
            history.append((point, value))
    return best, history


@random_search_exercise.misconception(
    "random_search",
    "The best point is evaluated again (or every point twice). One evaluation may be an hour of training: keep the "
    "value.",
)
def evaluates_twice(objective, ranges, n, rng):
    points = random_points(ranges, n, rng)
    best = min(points, key=objective)
    return best, [(point, objective(point)) for point in points]


@random_search_exercise.misconception(
    "random_search", "You evaluate one trial too few. n is the number of trials."
)
def one_trial_too_few(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, max(n - 1, 1), rng)]
    return min(history, key=lambda pair: pair[1])[0], history


@random_search_exercise.misconception(
    "random_search",
    "You make a generator of your own, so every search tries the same points. Draw from `rng`.",
)
def same_points_every_time(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, np.random.default_rng(0))]
    return min(history, key=lambda pair: pair[1])[0], history


@random_search_exercise.misconception(
    "random_search",
    "You compare absolute values: an objective of -4 is lower than one of 0.",
)
def nearest_to_zero(objective, ranges, n, rng):
    history = [(point, objective(point)) for point in random_points(ranges, n, rng)]
    return min(history, key=lambda pair: abs(pair[1]))[0], history


@random_search_exercise.variant("random_search")
def with_a_loop(objective, ranges, n, rng):
    best, lowest, history = None, float("inf"), []
    for _ in range(n):
        (point,) = random_points(ranges, 1, rng)
        value = objective(point)
        history.append((point, value))
        if best is None or value < lowest:
            best, lowest = point, value
    return best, history


@random_search_exercise.variant("random_search")
def by_argmin(objective, ranges, n, rng):
    points = random_points(ranges, n, rng)
    values = np.array([objective(point) for point in points])
    return dict(points[int(np.argmin(values))]), list(zip(points, values, strict=False))


@random_search_exercise.variant("random_search")
def last_of_the_lowest(objective, ranges, n, rng):
    history = []
    for point in random_points(ranges, n, rng):
        history += [[point, float(objective(point))]]
    lowest = min(value for _, value in history)
    return [point for point, value in history if value == lowest][-1], history


@random_search_exercise.variant("random_search")
def by_stable_sorting(objective, ranges, n, rng):
    history = tuple((point, objective(dict(point))) for point in random_points(ranges, n, rng))
    order = sorted(range(n), key=lambda i: history[i][1])
    return history[order[0]][0].copy(), history
