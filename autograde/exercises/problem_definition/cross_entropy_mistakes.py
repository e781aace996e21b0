"""Wrong and other right ways to write the loss and its gradient. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.problem_definition.cross_entropy import (
    backward_exercise,
    bug_hunt_exercise,
    cross_entropy_backward,
    cross_entropy_exercise,
)
from autograde.exercises.problem_definition.softmax import softmax

# --- cross_entropy -----------------------------------------------------------------------------------


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "Where the true class lies far below the top its probability underflows to 0, and log(0) is -inf. "
    "Compute log-probabilities from the logits: shifted - log(sum of exp(shifted)).",
)
def log_of_softmax(logits, labels):
    with np.errstate(divide="ignore"):
        return -np.log(softmax(logits)[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "log(softmax + 1e-12) can never say more than 27.6, however wrong the net is. The epsilon hides log(0) instead of "
    "avoiding it: compute log-probabilities from the logits.",
)
def log_with_epsilon(logits, labels):
    return -np.log(softmax(logits)[np.arange(len(labels)), labels] + 1e-12).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "log(softmax + 1e-8) can never say more than 18.4, however wrong the net is. The epsilon hides log(0) instead of "
    "avoiding it: compute log-probabilities from the logits.",
)
def log_with_larger_epsilon(logits, labels):
    return -np.log(softmax(logits)[np.arange(len(labels)), labels] + 1e-8).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "Clipping the probability caps the loss of a badly wrong example, here at 34.5. "
    "Compute log-probabilities from the logits; then nothing needs clipping.",
)
def log_of_clipped_softmax(logits, labels):
    probs = np.clip(softmax(logits), 1e-15, 1.0)
    return -np.log(probs[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "Clipping the probability to [1e-7, 1 - 1e-7] caps the loss of a badly wrong example and adds some to a right one. "
    "Compute log-probabilities from the logits; then nothing needs clipping.",
)
def log_of_softmax_clipped_on_both_sides(logits, labels):
    probs = np.clip(softmax(logits), 1e-7, 1.0 - 1e-7)
    return -np.log(probs[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "exp overflows for logits of 1e4 (and underflows at -1e4). Subtract each row's maximum inside the log-sum-exp.",
)
def log_sum_exp_without_shift(logits, labels):
    with np.errstate(all="ignore"):
        log_sum = np.log(np.exp(logits).sum(axis=1))
    return (log_sum - logits[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "The shift is the largest logit of the whole array, so a row far below it underflows. Shift each row by its own.",
)
def one_shift_for_all_rows(logits, labels):
    shifted = logits - logits.max()
    with np.errstate(all="ignore"):
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels].mean()


@cross_entropy_exercise.misconception(
    "cross_entropy", "You sum over the examples. The loss is their mean: divide by n."
)
def summed(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels].sum()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "You average over all n·k entries of the one-hot product. Only n of them count: divide by n.",
)
def mean_over_all_entries(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(np.eye(logits.shape[1])[labels] * log_probs).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "log_probs[:, labels] takes whole columns, every example with every label. Pair rows and labels: "
    "log_probs[np.arange(n), labels].",
)
def every_row_with_every_label(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probs[:, labels].mean()


@cross_entropy_exercise.misconception(
    "cross_entropy", "The sign is flipped: a log-probability is negative, the loss is minus it."
)
def sign_flipped(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probs[np.arange(len(labels)), labels].mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "Softmax is applied before the log-softmax, so it acts twice. The argument holds logits: use it as it is.",
)
def softmax_applied_twice(logits, labels):
    probs = softmax(logits)
    return (np.log(np.exp(probs).sum(axis=1)) - probs[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "You normalize over the examples (axis 0). The classes of one example lie along axis 1.",
)
def normalized_over_examples(logits, labels):
    shifted = logits - logits.max(axis=0, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels].mean()


@cross_entropy_exercise.misconception(
    "cross_entropy", "The loss is counted in bits (log2). Use the natural logarithm."
)
def base_two_logarithm(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels].mean() / np.log(2.0)


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "You take the log of the average probability. Average the logs: the likelihood of independent examples is a product.",
)
def log_of_the_mean(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    picked = log_probs[np.arange(len(labels)), labels]
    return -(picked.max() + np.log(np.exp(picked - picked.max()).mean()))


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "You add the other classes' terms, log(1 - p). That is the loss of k yes/no questions; softmax already couples the "
    "classes, so only the true one counts.",
)
def binary_terms_added(logits, labels):
    probs, onehot = softmax(logits), np.eye(logits.shape[1])[labels]
    with np.errstate(all="ignore"):
        terms = np.where(onehot == 1, np.log(probs), np.log(1.0 - probs))
    return -terms.sum(axis=1).mean()


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "You return one loss for each example, shape (n,). The loss of the batch is a single number: their mean.",
)
def one_loss_per_example(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels]


@cross_entropy_exercise.misconception(
    "cross_entropy",
    "logits -= … changes the caller's array. Write shifted = logits - …, which makes a new one.",
)
def changes_the_logits(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits).sum(axis=1))
    return (log_sum - logits[np.arange(len(labels)), labels]).mean()


@cross_entropy_exercise.variant("cross_entropy")
def by_one_hot(logits, labels):
    shifted = logits - np.max(logits, axis=1)[:, None]
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1))[:, None]
    return -np.sum(np.eye(logits.shape[1])[labels] * log_probs) / logits.shape[0]


@cross_entropy_exercise.variant("cross_entropy")
def by_log_sum_exp(logits, labels):
    log_sum = np.logaddexp.reduce(logits, axis=1)
    return np.mean(log_sum - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0])


@cross_entropy_exercise.variant("cross_entropy")
def example_by_example(logits, labels):
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        top = float(max(row))
        total += top + math.log(sum(math.exp(float(v) - top) for v in row)) - float(row[label])
    return total / len(labels)


@cross_entropy_exercise.variant("cross_entropy")
def by_torch(logits, labels):
    import torch

    return torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels)).numpy()


@cross_entropy_exercise.variant("cross_entropy")
def by_margins(logits, labels, reduction="mean"):
    margins = logits - logits[np.arange(len(labels)), labels][:, None]
    top = margins.max(axis=1)
    losses = top + np.log(np.exp(margins - top[:, None]).sum(axis=1))
    return np.asarray(losses.mean())


# --- cross_entropy_backward --------------------------------------------------------------------------


@backward_exercise.misconception(
    "cross_entropy_backward",
    "The factor 1/n is missing. The loss is a mean over the examples, so its gradient is (ŷ - y)/n.",
)
def gradient_of_the_sum(logits, labels):
    return softmax(logits) - np.eye(logits.shape[1])[labels]


@backward_exercise.misconception(
    "cross_entropy_backward", "The sign is flipped: the gradient of the loss is (ŷ - y)/n, not (y - ŷ)/n."
)
def labels_minus_probabilities(logits, labels):
    return (np.eye(logits.shape[1])[labels] - softmax(logits)) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward", "You divide by n·k. The loss is a mean over the n examples: divide by n."
)
def divided_by_all_entries(logits, labels):
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) / logits.size


@backward_exercise.misconception(
    "cross_entropy_backward", "You divide by the number of classes. Divide by the number of examples, n."
)
def divided_by_classes(logits, labels):
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) / logits.shape[1]


@backward_exercise.misconception(
    "cross_entropy_backward",
    "The one-hot labels are not subtracted: you return the probabilities over n.",
)
def labels_forgotten(logits, labels):
    return softmax(logits) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "probs[:, labels] -= 1 subtracts from whole columns. Pair rows and labels: probs[np.arange(n), labels] -= 1.",
)
def whole_columns(logits, labels):
    probs = softmax(logits)
    probs[:, labels] -= 1.0
    return probs / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "You subtract the label's number from every probability of its row. Subtract a one-hot row: 1 at the true class.",
)
def index_for_one_hot(logits, labels):
    return (softmax(logits) - labels[:, None]) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "This is the gradient with respect to the probabilities, -1/p at the true class. "
    "Asked is the one with respect to the logits, which simplifies to (ŷ - y)/n.",
)
def with_respect_to_probabilities(logits, labels):
    onehot = np.eye(logits.shape[1])[labels]
    with np.errstate(all="ignore"):
        return np.where(onehot == 1, -1.0 / softmax(logits), 0.0) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "Softmax is not shifted: exp overflows for logits of 1e4 and the gradient is NaN. Subtract each row's maximum.",
)
def no_shift(logits, labels):
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        probs = e / e.sum(axis=1, keepdims=True)
    return (probs - np.eye(logits.shape[1])[labels]) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "You go through -1/p and the softmax Jacobian. It is the same in exact arithmetic, but where p underflows to 0 it is "
    "0·inf = NaN. The closed form (ŷ - y)/n has no such place.",
)
def chain_rule_through_probabilities(logits, labels):
    probs, onehot = softmax(logits), np.eye(logits.shape[1])[labels]
    with np.errstate(all="ignore"):
        dprobs = -onehot / probs / len(labels)
        return probs * (dprobs - (dprobs * probs).sum(axis=1, keepdims=True))


@backward_exercise.misconception(
    "cross_entropy_backward", "You normalize over the examples (axis 0). Classes lie along axis 1."
)
def normalized_over_examples(logits, labels):
    e = np.exp(logits - logits.max(axis=0, keepdims=True))
    return (e / e.sum(axis=0, keepdims=True) - np.eye(logits.shape[1])[labels]) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "You multiply by p(1 - p), the slope of a sigmoid. Softmax with cross-entropy already simplifies to ŷ - y.",
)
def extra_slope(logits, labels):
    probs = softmax(logits)
    return (probs - np.eye(logits.shape[1])[labels]) * probs * (1.0 - probs) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "The one-hot labels are subtracted from the logits. Subtract them from the probabilities.",
)
def logits_minus_labels(logits, labels):
    return (logits - np.eye(logits.shape[1])[labels]) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward", "Softmax is applied twice before the labels are subtracted. Apply it once."
)
def softmax_applied_twice(logits, labels):
    return (softmax(softmax(logits)) - np.eye(logits.shape[1])[labels]) / len(labels)


@backward_exercise.misconception(
    "cross_entropy_backward",
    "You build the probabilities inside the caller's array. Work on a new one: softmax(logits) makes it.",
)
def changes_the_logits(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    logits[np.arange(len(labels)), labels] -= 1.0
    logits /= len(labels)
    return logits


@backward_exercise.variant("cross_entropy_backward")
def by_one_hot(logits, labels):
    e = np.exp(logits - logits.max(1)[:, None])
    return (e / e.sum(1)[:, None] - np.eye(logits.shape[1])[labels]) / logits.shape[0]


@backward_exercise.variant("cross_entropy_backward")
def by_torch(logits, labels):
    import torch

    z = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor(labels)).backward()
    return z.grad.numpy()


@backward_exercise.variant("cross_entropy_backward")
def element_by_element(logits, labels):
    n, k = logits.shape
    gradient = np.zeros((n, k))
    for i in range(n):
        top = logits[i].max()
        total = sum(math.exp(v - top) for v in logits[i])
        for j in range(k):
            gradient[i, j] = (math.exp(logits[i, j] - top) / total - (j == labels[i])) / n
    return gradient


@backward_exercise.variant("cross_entropy_backward")
def from_log_probabilities(logits, labels, scale=1.0):
    shifted = logits - np.amax(logits, axis=1, keepdims=True)
    gradient = np.exp(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
    mask = np.arange(logits.shape[1]) == labels.reshape(-1, 1)
    gradient[mask] -= 1
    return scale * gradient / len(gradient)


# --- repaired_weighted_backward ----------------------------------------------------------------------


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "The bug is still there: (ŷ - y) * weights scales the columns. Each row needs one weight, that of its own class: "
    "weights[labels][:, None].",
)
def bug_left_in(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights / weights[labels].sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "The rows are weighted right, but divided by n. The loss divides by the sum of the examples' weights.",
)
def divided_by_examples(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights[labels][:, None] / len(labels)


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "You divide by the sum over the classes' weights. Each example counts: divide by weights[labels].sum().",
)
def divided_by_class_weights(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights[labels][:, None] / weights.sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward", "The weights are gone: this is the gradient of the plain mean loss."
)
def weights_dropped(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) / len(labels)


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "Only the one-hot part is weighted. The weight of an example multiplies the whole row, ŷ - y.",
)
def only_the_labels_weighted(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot * weights) / weights[labels].sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "Only the probabilities are weighted. The weight of an example multiplies the whole row, ŷ - y.",
)
def only_the_probabilities_weighted(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) * weights[labels][:, None] - onehot) / weights[labels].sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward", "The weights are not divided out: divide by weights[labels].sum()."
)
def not_divided(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights[labels][:, None]


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "Each weight enters twice, as a square. Multiply each row by its weight once.",
)
def weights_squared(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights[labels][:, None] ** 2 / weights[labels].sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "Rows and columns are both weighted: the old `* weights` is still in the code beside the new row weights.",
)
def rows_and_columns_weighted(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    return (softmax(logits) - onehot) * weights * weights[labels][:, None] / weights[labels].sum()


@bug_hunt_exercise.misconception(
    "repaired_weighted_backward",
    "The rows are divided by their weight. A heavier class gets a larger gradient: multiply.",
)
def divided_by_the_weight(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    with np.errstate(all="ignore"):
        return (softmax(logits) - onehot) / weights[labels][:, None] / weights[labels].sum()


@bug_hunt_exercise.variant("repaired_weighted_backward")
def row_weights_normalized(logits, labels, weights):
    row = weights[labels]
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) * (row / row.sum()).reshape(-1, 1)


@bug_hunt_exercise.variant("repaired_weighted_backward")
def from_the_plain_gradient(logits, labels, weights):
    row = weights[labels]
    return cross_entropy_backward(logits, labels) * row[:, None] / row.mean()


@bug_hunt_exercise.variant("repaired_weighted_backward")
def by_einsum(logits, labels, weights):
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    return np.einsum("ij,i->ij", gradient, weights[labels]) / np.sum(weights[labels])


@bug_hunt_exercise.variant("repaired_weighted_backward")
def by_torch(logits, labels, weights):
    import torch

    z = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(labels), weight=torch.tensor(weights))
    loss.backward()
    return z.grad.numpy()


@bug_hunt_exercise.variant("repaired_weighted_backward")
def example_by_example(logits, labels, weights):
    rows, total = [], 0.0
    for row, label in zip(logits, labels, strict=True):
        e = np.exp(row - row.max())
        gradient = e / e.sum()
        gradient[label] -= 1.0
        rows.append(weights[label] * gradient)
        total += weights[label]
    return np.stack(rows) / total
