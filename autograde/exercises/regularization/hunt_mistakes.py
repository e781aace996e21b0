"""Wrong and other right repairs of the dropout net."""

from __future__ import annotations

import numpy as np
import torch

from autograde.exercises.regularization.hunt import bug_hunt_exercise

wrong, right = bug_hunt_exercise.misconception, bug_hunt_exercise.variant


@wrong(
    "repaired_dropout_net",
    "The wrong line is still there: dz lets gradient through units that were dropped. h = a * mask, so da = dh * mask.",
)
def bug_left_in(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "Dropped units are blocked now, but the factor 1/(1 - p) is lost: multiply by the mask itself, not by mask > 0.",
)
def mask_without_its_scale(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * (mask > 0) * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "The mask belongs to the hidden units, after the product with W2. You scaled the gradient by the mean of the mask instead.",
)
def mask_on_dout(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask.mean(axis=1, keepdims=True) * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "The mask is multiplied in twice. h = a * mask has it once, and so has the gradient.",
)
def mask_twice(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * mask * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "The mask is there now, but the slope of the ReLU is gone: z > 0 was right.",
)
def relu_lost(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "The first layer is right, but W2's gradient now uses a instead of h. It was right before: the weights see what was kept.",
)
def mask_on_the_weights(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0)
    grads = {"W2": a.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "You removed the penalty from W1's gradient. It belongs there; the bug was the mask missing in dz.",
)
def penalty_removed(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "b1 now carries a penalty. Biases go free; the bug was the mask missing in dz.",
)
def bias_penalised(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0) + lam / n * b1}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "You divide by n once more. dout holds 1/n already; the bug was the mask missing in dz.",
)
def divided_by_n_again(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0) / n
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@wrong(
    "repaired_dropout_net",
    "Gradient flows through the dropped units only. The mask is 0 where a unit was dropped: multiply by it.",
)
def mask_inverted(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * (mask == 0) * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@right("repaired_dropout_net")
def masked_slope(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    da = (dout @ W2.T) * mask
    dz = np.where(z > 0, da, 0.0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0)}
    grads |= {"W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return float(loss), grads


@right("repaired_dropout_net")
def output_weights_masked(params, X, y, mask, lam):
    n = len(X)
    z = X @ params["W1"] + params["b1"]
    slope = mask * (z > 0)
    h = z * slope
    error = h @ params["W2"] + params["b2"] - y
    dz = np.einsum("nk,hk,nh->nh", error, params["W2"], slope) / n
    grads = {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ error / n, "b2": error.mean(0)}
    loss = (error**2).sum() / (2 * n)
    for name in ("W1", "W2"):
        loss += lam * np.linalg.norm(params[name]) ** 2 / (2 * n)
        grads[name] = grads[name] + lam * params[name] / n
    return [loss, grads]


@right("repaired_dropout_net")
def by_torch(params, X, y, mask, lam):
    t = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    hidden = torch.relu(torch.tensor(X) @ t["W1"] + t["b1"]) * torch.tensor(mask)
    error = hidden @ t["W2"] + t["b2"] - torch.tensor(y)
    loss = ((error**2).sum() + lam * ((t["W1"] ** 2).sum() + (t["W2"] ** 2).sum())) / (2 * len(X))
    loss.backward()
    return loss.item(), {name: value.grad.numpy() for name, value in t.items()}


@right("repaired_dropout_net")
def example_by_example(params, X, y, mask, lam):
    n = len(X)
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    grads = {"W1": lam / n * W1, "b1": 0 * b1, "W2": lam / n * W2, "b2": 0 * b2}
    loss = lam * (float((W1 * W1).sum()) + float((W2 * W2).sum())) / (2 * n)
    for i in range(n):
        z = X[i] @ W1 + b1
        h = np.maximum(z, 0) * mask[i]
        e = h @ W2 + b2 - y[i]
        loss += float(e @ e) / (2 * n)
        d = (W2 @ e) * mask[i] * (z > 0)
        grads["W2"] += np.outer(h, e) / n
        grads["b2"] += e / n
        grads["W1"] += np.outer(X[i], d) / n
        grads["b1"] += d / n
    return np.float64(loss), grads
