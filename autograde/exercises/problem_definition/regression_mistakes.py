"""Wrong and other right ways to train softmax regression. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.problem_definition.cross_entropy import cross_entropy, cross_entropy_backward
from autograde.exercises.problem_definition.regression import (
    backward_exercise,
    softmax_regression_backward,
    train_exercise,
)
from autograde.exercises.problem_definition.softmax import softmax

# --- softmax_regression_backward ---------------------------------------------------------------------


@backward_exercise.misconception(
    "softmax_regression_backward",
    "The factor 1/n is missing. The loss is a mean: use (ŷ - y)/n, then X.T @ that and its column sums.",
)
def gradient_of_the_sum(X, W, b, labels):
    dlogits = len(labels) * cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "You divide by n twice: cross_entropy_backward has done it already.",
)
def divided_twice(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels) / len(labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "db is a mean over the examples. The 1/n is in dlogits already, so sum: dlogits.sum(axis=0).",
)
def db_averaged(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.mean(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "db is summed over the classes (axis 1), so it has one entry for each example. Sum over the examples: axis=0.",
)
def db_over_the_wrong_axis(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum(axis=1)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "db is one number. Every class has its own bias: dlogits.sum(axis=0) has shape (k,).",
)
def db_summed_to_a_number(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum()


@backward_exercise.misconception(
    "softmax_regression_backward",
    "db has shape (1, k). The bias has shape (k,): leave keepdims out.",
)
def db_keeps_dimensions(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum(axis=0, keepdims=True)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "The bias is not in the logits. They are X @ W + b.",
)
def bias_left_out_of_logits(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W, labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "dW is transposed. W is (d, k), so its gradient is X.T @ dlogits, not dlogits.T @ X.",
)
def transposed(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return dlogits.T @ X, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "The sign is flipped: these gradients point downhill. Use ŷ - y, not y - ŷ.",
)
def sign_flipped(X, W, b, labels):
    dlogits = -cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "You return (db, dW). The contract's order is (dW, db).",
)
def order_swapped(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return dlogits.sum(axis=0), X.T @ dlogits


@backward_exercise.misconception(
    "softmax_regression_backward",
    "Softmax is applied to the logits before cross_entropy_backward applies it again. Pass the logits themselves.",
)
def softmax_applied_twice(X, W, b, labels):
    dlogits = cross_entropy_backward(softmax(X @ W + b), labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "The labels are not subtracted from the probabilities. The gradient of the logits is (ŷ - y)/n.",
)
def labels_forgotten(X, W, b, labels):
    dlogits = softmax(X @ W + b) / len(labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "exp overflows for logits of ±1e4 and the gradient is NaN. Subtract each row's maximum before exp.",
)
def no_shift(X, W, b, labels):
    with np.errstate(all="ignore"):
        e = np.exp(X @ W + b)
        dlogits = (e / e.sum(axis=1, keepdims=True) - np.eye(W.shape[1])[labels]) / len(labels)
    return X.T @ dlogits, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "There is weight decay in dW. The loss has no penalty: dW is X.T @ dlogits and nothing else.",
)
def weight_decay_added(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    return X.T @ dlogits + 1e-3 * W, dlogits.sum(axis=0)


@backward_exercise.misconception(
    "softmax_regression_backward",
    "You build the gradient inside W. Make a new array: dW = X.T @ dlogits.",
)
def written_into_the_weights(X, W, b, labels):
    dlogits = cross_entropy_backward(X @ W + b, labels)
    W[:] = X.T @ dlogits
    return W, dlogits.sum(axis=0)


@backward_exercise.variant("softmax_regression_backward")
def by_one_hot(X, W, b, labels):
    z = X.dot(W) + b
    e = np.exp(z - z.max(axis=1, keepdims=True))
    error = e / e.sum(axis=1, keepdims=True) - np.eye(len(b))[labels]
    return np.dot(X.T, error) / len(X), np.mean(error, axis=0)


@backward_exercise.variant("softmax_regression_backward")
def by_einsum(X, W, b, labels):
    dlogits = cross_entropy_backward(np.einsum("nd,dk->nk", X, W) + b, labels)
    return [np.einsum("nd,nk->dk", X, dlogits), np.einsum("nk->k", dlogits)]


@backward_exercise.variant("softmax_regression_backward")
def sum_of_outer_products(X, W, b, labels):
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for x, label in zip(X, labels, strict=True):
        error = softmax((x @ W + b)[None, :])[0]
        error[label] -= 1.0
        dW += np.outer(x, error) / len(X)
        db += error / len(X)
    return dW, db


@backward_exercise.variant("softmax_regression_backward")
def by_torch(X, W, b, labels):
    import torch

    w, c = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
    torch.nn.functional.cross_entropy(torch.tensor(X) @ w + c, torch.tensor(labels)).backward()
    return w.grad.numpy(), c.grad.numpy()


@backward_exercise.variant("softmax_regression_backward")
def in_column_vectors(X, W, b, labels):
    A = X.T
    dZ = cross_entropy_backward((W.T @ A + b[:, None]).T, labels).T
    return (dZ @ A.T).T, dZ @ np.ones(A.shape[1])


# --- train_softmax_regression ------------------------------------------------------------------------


@train_exercise.misconception(
    "train_softmax_regression",
    "Each loss is taken after its update. losses[i] is the loss before update i, so losses[0] is log(num_classes).",
)
def loss_after_the_update(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
        losses.append(cross_entropy(X @ W + b, labels))
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "There is one loss too many: the one after the last update is not asked for. Return `steps` of them.",
)
def final_loss_added(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, [*losses, cross_entropy(X @ W + b, labels)]


@train_exercise.misconception(
    "train_softmax_regression",
    "Training starts from random weights. Start from zeros: the loss of softmax regression is convex, so nothing is "
    "lost, and everybody gets the same path.",
)
def random_start(X, labels, num_classes, learning_rate, steps):
    W = 0.01 * np.random.default_rng(0).normal(size=(X.shape[1], num_classes))
    b, losses = np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression", "The bias never moves. Update b with learning_rate * db as well."
)
def bias_not_trained(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        W = W - learning_rate * softmax_regression_backward(X, W, b, labels)[0]
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "W is updated before the gradient of b is computed, so b sees the new W. Compute both gradients first.",
)
def bias_sees_the_new_weights(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        W = W - learning_rate * softmax_regression_backward(X, W, b, labels)[0]
        b = b - learning_rate * softmax_regression_backward(X, W, b, labels)[1]
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The gradient is summed over the examples, which makes each step n times too long. Use the gradient of the mean loss.",
)
def steps_n_times_too_long(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * len(X) * dW, b - learning_rate * len(X) * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression", "You climb: the update must subtract learning_rate times the gradient."
)
def uphill(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W + learning_rate * dW, b + learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "You update after every single example. Full-batch gradient descent makes one update a step, from all examples.",
)
def one_example_at_a_time(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        for i in range(len(X)):
            dW, db = softmax_regression_backward(X[i : i + 1], W, b, labels[i : i + 1])
            W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "exp overflows when the logits grow, and W turns NaN. Subtract each row's maximum before exp.",
)
def no_shift(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    onehot = np.eye(num_classes)[labels]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            e = np.exp(X @ W + b)
            probs = e / e.sum(axis=1, keepdims=True)
            losses.append(-np.log(probs[np.arange(len(labels)), labels]).mean())
            error = (probs - onehot) / len(X)
            W, b = W - learning_rate * X.T @ error, b - learning_rate * error.sum(axis=0)
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The recorded loss is log(softmax), which is infinite once a true class lies far below the top. "
    "Take the loss from the logits, as cross_entropy does.",
)
def infinite_losses(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    with np.errstate(divide="ignore"):
        for _ in range(steps):
            probs = softmax(X @ W + b)
            losses.append(-np.log(probs[np.arange(len(labels)), labels]).mean())
            dW, db = softmax_regression_backward(X, W, b, labels)
            W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The recorded loss is log(softmax + 1e-12), which stops at 27.6. Take the loss from the logits, as cross_entropy does.",
)
def losses_with_epsilon(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        probs = softmax(X @ W + b)
        losses.append(-np.log(probs[np.arange(len(labels)), labels] + 1e-12).mean())
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The number of classes is taken from the labels. A class may be missing from the data: use num_classes.",
)
def classes_counted_in_the_labels(X, labels, num_classes, learning_rate, steps):
    num_classes = int(labels.max()) + 1
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression", "The learning rate shrinks from step to step. It should stay as given."
)
def learning_rate_decays(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for step in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        rate = learning_rate / (1 + step)
        W, b = W - rate * dW, b - rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression", "The learning rate is not used: every step is the whole gradient."
)
def learning_rate_ignored(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - dW, b - db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The losses are sums over the examples. Record the mean, as cross_entropy gives it.",
)
def losses_summed(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(len(X) * cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression", "Only the last loss comes back. Keep a list with the loss of every step."
)
def only_the_last_loss(X, labels, num_classes, learning_rate, steps):
    W, b, loss = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), 0.0
    for _ in range(steps):
        loss = cross_entropy(X @ W + b, labels)
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, loss


@train_exercise.misconception(
    "train_softmax_regression",
    "One update is missing: the loss is recorded `steps` times, but W and b move only steps - 1 times.",
)
def last_update_missing(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for step in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        if step < steps - 1:
            dW, db = softmax_regression_backward(X, W, b, labels)
            W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "There is momentum in the update. Plain gradient descent uses this step's gradient and nothing else.",
)
def with_momentum(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    mW, mb = np.zeros_like(W), np.zeros_like(b)
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        mW, mb = 0.9 * mW + learning_rate * dW, 0.9 * mb + learning_rate * db
        W, b = W - mW, b - mb
    return W, b, losses


@train_exercise.misconception(
    "train_softmax_regression",
    "The features are standardized inside the function, so W and b belong to other data. Train on X as it is given.",
)
def standardizes_the_features(X, labels, num_classes, learning_rate, steps):
    std = X.std(axis=0)
    X = (X - X.mean(axis=0)) / np.where(std > 0, std, 1.0)
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


@train_exercise.variant("train_softmax_regression")
def in_one_loop(X, labels, num_classes, learning_rate, steps):
    n, d = X.shape
    W, b = np.zeros((d, num_classes)), np.zeros(num_classes)
    losses = np.zeros(steps)
    onehot = np.eye(num_classes)[labels]
    for i in range(steps):
        z = X @ W + b
        z -= z.max(axis=1, keepdims=True)
        log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses[i] = -(onehot * log_probs).sum() / n
        error = np.exp(log_probs) - onehot
        W -= learning_rate * (X.T @ error) / n
        b -= learning_rate * error.mean(axis=0)
    return W, b, losses


@train_exercise.variant("train_softmax_regression")
def bias_as_a_row(X, labels, num_classes, learning_rate, steps):
    A = np.hstack([X, np.ones((len(X), 1))])
    theta, losses = np.zeros((A.shape[1], num_classes)), ()
    for _ in range(steps):
        losses += (cross_entropy(A @ theta, labels),)
        theta = theta - learning_rate * A.T @ cross_entropy_backward(A @ theta, labels)
    return theta[:-1], theta[-1], losses


@train_exercise.variant("train_softmax_regression")
def by_torch(X, labels, num_classes, learning_rate, steps):
    import torch

    x, y = torch.tensor(X), torch.tensor(labels)
    W = torch.zeros((x.shape[1], num_classes), dtype=x.dtype, requires_grad=True)
    b = torch.zeros(num_classes, dtype=x.dtype, requires_grad=True)
    optimizer, losses = torch.optim.SGD([W, b], lr=learning_rate), []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(x @ W + b, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.detach().numpy(), b.detach().numpy(), losses


@train_exercise.variant("train_softmax_regression")
def in_column_vectors(X, labels, num_classes, learning_rate, steps):
    A, W, c = X.T, np.zeros((num_classes, X.shape[1])), np.zeros((num_classes, 1))
    losses = []
    for _ in range(steps):
        Z = W @ A + c
        losses.append(np.asarray(cross_entropy(Z.T, labels)))
        dZ = cross_entropy_backward(Z.T, labels).T
        W, c = W - learning_rate * dZ @ A.T, c - learning_rate * dZ.sum(axis=1, keepdims=True)
    return [W.T, c.ravel(), losses]


@train_exercise.variant("train_softmax_regression")
def with_the_lesson_s_functions(X, labels, num_classes, learning_rate, steps, verbose=False):
    W, b, losses = np.zeros((X.shape[1], num_classes), dtype=X.dtype), np.zeros(num_classes), []
    step = 0
    while step < steps:
        losses += [float(cross_entropy(X @ W + b, labels))]
        dW, db = softmax_regression_backward(X, W, b, labels)
        W = W - learning_rate * dW
        b = b - learning_rate * db
        step += 1
    return W, b, losses
