"""Wrong and other right ways to follow a signal and to measure saturation. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.problem_definition.signal import forward_exercise, saturated_exercise

# --- forward_statistics ------------------------------------------------------------------------------


@forward_exercise.misconception(
    "forward_statistics", "The activation is not applied. Each layer is h = activation(h @ W)."
)
def activation_forgotten(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = h @ W
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "You measure h @ W before the activation. Asked are the statistics of each layer's output, activation(h @ W).",
)
def measured_before_the_activation(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        z = h @ W
        means.append(z.mean())
        stds.append(z.std())
        h = activation(z)
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "The activation is applied before the weights. The order is activation(h @ W): the input X enters as it is.",
)
def activation_before_the_weights(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h) @ W
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "Every layer gets X again. The output of one layer is the input of the next: keep it in h.",
)
def every_layer_gets_the_input(X, weights, activation):
    outputs = [activation(X @ W) for W in weights]
    return np.array([h.mean() for h in outputs]), np.array([h.std() for h in outputs])


@forward_exercise.misconception(
    "forward_statistics", "You return variances. The standard deviation is their square root: h.std()."
)
def variance_for_std(X, weights, activation):
    h, means, variances = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        variances.append(h.var())
    return np.array(means), np.array(variances)


@forward_exercise.misconception(
    "forward_statistics",
    "The standard deviations are taken unit by unit and averaged. Take one over all values of the layer: h.std().",
)
def average_of_unit_stds(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std(axis=0).mean())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "You return one number for each unit. Asked is one mean and one std for each layer: h.mean() without an axis.",
)
def statistics_per_unit(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean(axis=0))
        stds.append(h.std(axis=0))
    return means, stds


@forward_exercise.misconception(
    "forward_statistics",
    "The input counts as a layer here. Return one number for each weight matrix, without X itself.",
)
def input_counted_as_a_layer(X, weights, activation):
    h, means, stds = X, [X.mean()], [X.std()]
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics", "Only the last layer is measured. Collect the numbers inside the loop."
)
def only_the_last_layer(X, weights, activation):
    h = X
    for W in weights:
        h = activation(h @ W)
    return np.array([h.mean()]), np.array([h.std()])


@forward_exercise.misconception(
    "forward_statistics", "You return (stds, means). The contract's order is (means, stds)."
)
def order_swapped(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
    return np.array(stds), np.array(means)


@forward_exercise.misconception(
    "forward_statistics",
    "You take the root of the mean square without removing the mean. The standard deviation measures the distance "
    "from the mean.",
)
def root_mean_square(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(np.sqrt((h**2).mean()))
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "A sigmoid is applied whatever activation is given. Call the argument: activation(h @ W).",
)
def always_a_sigmoid(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = 0.5 * (1.0 + np.tanh(0.5 * (h @ W)))
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "Each layer's output is standardized before it goes on. Measure the signal, do not change it.",
)
def signal_standardized(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
        h = (h - h.mean()) / (h.std() + 1e-12)
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics", "The weights are transposed. A layer here is h @ W, with W (fan_in, fan_out)."
)
def weights_transposed(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W.T)
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.misconception(
    "forward_statistics",
    "means and stds are lists. The contract says arrays of shape (L,): return np.array(means), np.array(stds).",
)
def lists_for_arrays(X, weights, activation):
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
    return means, stds


@forward_exercise.misconception(
    "forward_statistics",
    "weights.pop(0) empties the caller's list. Loop over it instead: for W in weights.",
)
def empties_the_list(X, weights, activation):
    h, means, stds = X, [], []
    while weights:
        h = activation(h @ weights.pop(0))
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)


@forward_exercise.variant("forward_statistics")
def sample_deviation(X, weights, activation):
    means, stds = np.zeros(len(weights)), np.zeros(len(weights))
    for i, W in enumerate(weights):
        X = activation(X @ W)
        means[i], stds[i] = np.mean(X), np.std(X, ddof=1)
    return means, stds


@forward_exercise.variant("forward_statistics")
def outputs_first(X, weights, activation):
    outputs = [X]
    for W in weights:
        outputs.append(activation(np.dot(outputs[-1], W)))
    return [np.array([f(h) for h in outputs[1:]]) for f in (np.mean, np.std)]


@forward_exercise.variant("forward_statistics")
def sums_by_hand(X, weights, activation):
    h = X.copy()
    means, stds = [], []
    for layer in range(len(weights)):
        h = activation(np.einsum("nd,dk->nk", h, weights[layer]))
        values = h.ravel().tolist()
        mean = sum(values) / len(values)
        means.append(mean)
        stds.append((sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5)
    return np.asarray(means), np.asarray(stds)


@forward_exercise.variant("forward_statistics")
def recursively(X, weights, activation, ddof=0):
    if len(weights) == 0:
        return np.zeros(0), np.zeros(0)
    h = activation(X @ weights[0])
    means, stds = recursively(h, weights[1:], activation, ddof)
    return np.concatenate([[h.mean()], means]), np.concatenate([[h.std(ddof=ddof)], stds])


# --- saturated_fraction ------------------------------------------------------------------------------


@saturated_exercise.misconception(
    "saturated_fraction", "Only outputs near 0 are counted. Outputs above 1 - margin are saturated too."
)
def only_near_zero(a, margin=0.05):
    return np.mean(a < margin)


@saturated_exercise.misconception(
    "saturated_fraction", "Only outputs near 1 are counted. Outputs below margin are saturated too."
)
def only_near_one(a, margin=0.05):
    return np.mean(a > 1 - margin)


@saturated_exercise.misconception(
    "saturated_fraction",
    "Values equal to margin or 1 - margin are counted. The contract says strictly below and strictly above: < and >.",
)
def boundary_counted(a, margin=0.05):
    return np.mean((a <= margin) | (a >= 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction",
    "A value equal to margin is counted. Strictly below means <, not <=.",
)
def lower_boundary_counted(a, margin=0.05):
    return np.mean((a <= margin) | (a > 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction",
    "A value equal to 1 - margin is counted. Strictly above means >, not >=.",
)
def upper_boundary_counted(a, margin=0.05):
    return np.mean((a < margin) | (a >= 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction", "The margin is fixed at 0.05. Use the parameter margin."
)
def margin_ignored(a, margin=0.05):
    return np.mean((a < 0.05) | (a > 0.95))


@saturated_exercise.misconception(
    "saturated_fraction", "You return how many values are saturated. Divide by a.size to get their share."
)
def counted_not_shared(a, margin=0.05):
    return np.sum((a < margin) | (a > 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction", "You return a percentage. The share lies between 0 and 1."
)
def in_percent(a, margin=0.05):
    return 100.0 * np.mean((a < margin) | (a > 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction",
    "You return the share of values that are not saturated. Count those outside the margins.",
)
def the_rest(a, margin=0.05):
    return np.mean((a >= margin) & (a <= 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction",
    "Nothing can be below margin and above 1 - margin at once: join the two conditions with |, not &.",
)
def and_for_or(a, margin=0.05):
    return np.mean((a < margin) & (a > 1 - margin))


@saturated_exercise.misconception(
    "saturated_fraction",
    "You return one share for each unit. Asked is one number over all values: np.mean without an axis.",
)
def share_per_unit(a, margin=0.05):
    return np.mean((a < margin) | (a > 1 - margin), axis=0)


@saturated_exercise.misconception(
    "saturated_fraction",
    "You divide by the number of examples. Divide by the number of all values, a.size.",
)
def divided_by_examples(a, margin=0.05):
    return np.sum((a < margin) | (a > 1 - margin)) / len(a)


@saturated_exercise.misconception(
    "saturated_fraction",
    "The two ends share the margin, half of it each. Each end has a margin of its own.",
)
def half_a_margin_each(a, margin=0.05):
    return np.mean((a < margin / 2) | (a > 1 - margin / 2))


@saturated_exercise.misconception(
    "saturated_fraction",
    "You write into the caller's array. The comparison a < margin makes a new one: count its True values.",
)
def marks_the_outputs(a, margin=0.05):
    saturated = (a < margin) | (a > 1 - margin)
    a[saturated] = 1.0
    a[~saturated] = 0.0
    return a.mean()


@saturated_exercise.variant("saturated_fraction")
def both_ends_added(a, margin=0.05):
    return np.mean(a < margin) + np.mean(a > 1 - margin)


@saturated_exercise.variant("saturated_fraction")
def value_by_value(a, margin=0.05):
    count = 0
    for value in a.flatten():
        if value < margin or value > 1 - margin:
            count += 1
    return count / a.size


@saturated_exercise.variant("saturated_fraction")
def distance_to_the_nearer_end(a, margin=0.05):
    return (np.minimum(a, 1 - a) < margin).mean()


@saturated_exercise.variant("saturated_fraction")
def counted_and_divided(a, margin=0.05, axis=None):
    inside = np.logical_and(a >= margin, a <= 1.0 - margin)
    return np.asarray(1.0 - np.count_nonzero(inside) / inside.size)
