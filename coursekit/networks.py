"""Small plain NumPy networks for the experiments: signals through deep stacks, and a trainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from coursekit.layers import Dense, Layer

Array = np.ndarray


def stack_signal(
    X: Array, weights: Sequence[Array], f: Callable, f_prime: Callable, dout: Array
) -> tuple[list[Array], list[Array]]:
    """Send X `(n, d)` up through a = f(a @ W) and `dout` `(n, d)` back down.

    Returns, layer by layer from the input, the activations and the gradients with respect to z.
    """
    zs, activations = [], []
    a = X
    for W in weights:
        z = a @ W
        a = f(z)
        zs.append(z)
        activations.append(a)
    gradients, g = [], dout
    for z, W in zip(reversed(zs), reversed(weights), strict=True):
        dz = g * f_prime(z)
        gradients.append(dz)
        g = dz @ W.T
    return activations, gradients[::-1]


class Network:
    """A list of layers that ends in logits, trained by mean softmax cross-entropy."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)

    def forward(self, X: Array, training: bool = False) -> Array:
        """Return the logits `(n, k)` of X `(n, d)`."""
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dlogits: Array) -> Array:
        """Fill every layer's grads and return the gradient with respect to the input."""
        for layer in reversed(self.layers):
            dlogits = layer.backward(dlogits)
        return dlogits

    def accuracy(self, X: Array, labels: Array) -> float:
        """Return the share of rows of X whose largest logit is at the label."""
        return float((self.forward(X).argmax(axis=1) == labels).mean())


def build(
    sizes: Sequence[int],
    initializer: Callable,
    activation: Callable[[int], Layer],
    rng: np.random.Generator,
    norm: Callable[[int], Layer] | None = None,
    bias: bool = True,
) -> Network:
    """Return Dense (→ norm) → activation for every hidden size, then a Dense layer of logits.

    `activation` and `norm` make a layer for a number of features.
    """
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(sizes[:-1]):
        layers.append(Dense(initializer(fan_in, fan_out, rng), bias))
        layers += [norm(fan_out)] if norm else []
        layers.append(activation(fan_out))
    layers.append(Dense(initializer(sizes[-2], sizes[-1], rng)))
    return Network(layers)


def loss_and_gradient(logits: Array, labels: Array) -> tuple[float, Array]:
    """Return the mean cross-entropy and its gradient `(n, k)`."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    dlogits = np.exp(log_probs)
    dlogits[rows, labels] -= 1.0
    return float(-log_probs[rows, labels].mean()), dlogits / len(labels)


@dataclass(frozen=True)
class History:
    """One training run: the loss of every step, the test accuracy of every epoch, whether it blew up."""

    losses: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    diverged: bool = False


def train(
    net: Network,
    data,
    epochs: int,
    lr: float,
    rng: np.random.Generator,
    batch_size: int = 64,
    after_step: Callable[[int, Network], None] | None = None,
    curves: bool = True,
) -> History:
    """Train by plain mini-batch SGD; stop early, quietly, when the loss is no longer finite.

    `data` has X_train, y_train, X_test and y_test. `after_step(step, net)` may look at the net.
    `curves=False` takes the test accuracy after the last epoch only, which saves time.
    """
    losses: list[float] = []
    accuracy: list[float] = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for epoch in range(epochs):
            order = rng.permutation(len(data.X_train))
            for start in range(0, len(order) - 1, batch_size):
                batch = order[start : start + batch_size]
                logits = net.forward(data.X_train[batch], training=True)
                loss, dlogits = loss_and_gradient(logits, data.y_train[batch])
                if not np.isfinite(loss):
                    return History(losses, accuracy, diverged=True)
                losses.append(loss)
                net.backward(dlogits)
                for layer in net.layers:
                    for p, g in zip(layer.params, layer.grads, strict=True):
                        p -= lr * g
                if after_step is not None:
                    after_step(len(losses), net)
            if curves or epoch == epochs - 1:
                accuracy.append(net.accuracy(data.X_test, data.y_test))
    return History(losses, accuracy)
