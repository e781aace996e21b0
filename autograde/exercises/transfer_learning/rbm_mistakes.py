"""Wrong and other right ways to write CD-1. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np
import torch

from autograde.exercises.transfer_learning.rbm import rbm_cd1_exercise


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The sign is flipped: this direction lowers the likelihood. Statistics of the data minus statistics of the reconstruction.",
)
def sign_flipped(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v1.T @ p1 - v0.T @ p0) / len(v0), (v1 - v0).mean(axis=0), (p1 - p0).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The sums over the batch are not divided by n: with twice the examples the step would be twice as large.",
)
def sum_for_mean(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return v0.T @ p0 - v1.T @ p1, (v0 - v1).sum(axis=0), (p0 - p1).sum(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1", "dW is a sum over the batch while the biases are means. Divide dW by n as well."
)
def weights_not_averaged(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return v0.T @ p0 - v1.T @ p1, (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The hidden units are not drawn: their probabilities go down as they are. h0 has to be 0 or 1, with that probability.",
)
def hidden_not_drawn(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    v1 = 1 / (1 + np.exp(-(p0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The probabilities of the hidden units go down undrawn; only the reconstruction is drawn. h0 has to be 0 or 1.",
)
def only_reconstruction_drawn(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    q = 1 / (1 + np.exp(-(p0 @ W.T + b_visible)))
    v1 = (rng.random(q.shape) < q) * 1.0
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The hidden units are rounded at 0.5 instead of drawn. A unit with probability 0.7 is 1 in seven cases of ten.",
)
def rounded_for_drawn(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (p0 > 0.5) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The coin is turned over: rng.random(...) > p is true with probability 1 - p. A unit is 1 where the draw lies below p.",
)
def coin_turned_over(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) > p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "One draw decides for all examples of a hidden unit. Every unit of every example has a coin of its own: rng.random(p.shape).",
)
def one_coin_for_the_batch(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random() < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1", "The hidden bias is missing on the way up: p(h=1|v) = σ(v W + b_hidden), both times."
)
def hidden_bias_forgotten(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1", "The visible bias is missing on the way down: p(v=1|h) = σ(h Wᵀ + b_visible)."
)
def visible_bias_forgotten(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The second product pairs the reconstruction with the first hidden units. Go up once more: the fantasy has its own p(h=1|v1).",
)
def first_hidden_in_both(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p0) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The second product pairs the data with the last hidden units. The fantasy's visible units belong there: v1ᵀ p1.",
)
def data_in_both(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v0.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "Only the data's half is there: the statistics of the reconstruction have to be subtracted, or the weights grow forever.",
)
def no_negative_phase(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    return v0.T @ p0 / len(v0), v0.mean(axis=0), h0.mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The biases' updates have no minus part: db_visible = mean(v0 - v1), db_hidden = mean(p0 - p1).",
)
def biases_without_subtraction(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), v0.mean(axis=0), p0.mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1", "The step is scaled by a learning rate. Return the plain direction; the caller multiplies it."
)
def learning_rate_inside(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return 0.1 * (v0.T @ p0 - v1.T @ p1) / len(v0), 0.1 * (v0 - v1).mean(axis=0), 0.1 * (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "W is updated in place. Return the direction and leave the caller's weights alone: the caller chooses the step.",
)
def updated_in_place(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    dW = (v0.T @ p0 - v1.T @ p1) / len(v0)
    W += dW
    return dW, (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.misconception(
    "rbm_cd1",
    "The draws come from np.random, so the same `rng` gives another answer each time. Draw from the rng argument.",
)
def global_generator(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (np.random.random(p0.shape) < p0) * 1.0
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.variant("rbm_cd1")
def reconstruction_drawn(v0, W, b_visible, b_hidden, rng):
    p0 = 1 / (1 + np.exp(-(v0 @ W + b_hidden)))
    h0 = (rng.random(p0.shape) < p0) * 1.0
    q = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    v1 = (rng.random(q.shape) < q) * 1.0
    p1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


@rbm_cd1_exercise.variant("rbm_cd1")
def everything_drawn(v0, W, b_visible, b_hidden, rng):
    def draw(z):
        return rng.binomial(1, 1 / (1 + np.exp(-np.clip(z, -500, 500)))).astype(float)

    h0 = draw(v0 @ W + b_hidden)
    v1 = draw(h0 @ W.T + b_visible)
    h1 = draw(v1 @ W + b_hidden)
    return (v0.T @ h0 - v1.T @ h1) / len(v0), np.mean(v0 - v1, axis=0), np.mean(h0 - h1, axis=0)


@rbm_cd1_exercise.variant("rbm_cd1")
def drawn_data_phase(v0, W, b_visible, b_hidden, rng):
    n = v0.shape[0]
    h0 = (rng.uniform(size=(n, len(b_hidden))) <= 1 / (1 + np.exp(-(v0 @ W + b_hidden)))).astype(float)
    v1 = 1 / (1 + np.exp(-(h0 @ W.T + b_visible)))
    h1 = 1 / (1 + np.exp(-(v1 @ W + b_hidden)))
    return (
        np.einsum("nd,nh->dh", v0, h0) / n - np.einsum("nd,nh->dh", v1, h1) / n,
        (v0 - v1).sum(0) / n,
        (h0 - h1).sum(0) / n,
    )


@rbm_cd1_exercise.variant("rbm_cd1")
def example_by_example(v0, W, b_visible, b_hidden, rng):
    def sigmoid(z):
        return [1 / (1 + math.exp(-t)) if t > -700 else 0.0 for t in z]

    dW, db, dc = np.zeros_like(W, dtype=float), np.zeros(len(b_visible)), np.zeros(len(b_hidden))
    for v in v0:
        p = np.array(sigmoid(v @ W + b_hidden))
        h = (rng.random(len(p)) < p) * 1.0
        q = np.array(sigmoid(W @ h + b_visible))
        u = (rng.random(len(q)) < q) * 1.0
        r = np.array(sigmoid(u @ W + b_hidden))
        dW += np.outer(v, p) - np.outer(u, r)
        db += v - u
        dc += p - r
    return dW / len(v0), db / len(v0), dc / len(v0)


@rbm_cd1_exercise.variant("rbm_cd1")
def in_torch(v0, W, b_visible, b_hidden, rng):
    p0 = torch.sigmoid(v0 @ W + b_hidden)
    h0 = (torch.from_numpy(rng.random(tuple(p0.shape))) < p0).float()
    v1 = torch.sigmoid(h0 @ W.t() + b_visible)
    p1 = torch.sigmoid(v1 @ W + b_hidden)
    n = v0.shape[0]
    return (v0.t() @ p0 - v1.t() @ p1) / n, (v0 - v1).mean(0), (p0 - p1).mean(0)
