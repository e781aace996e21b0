"""Training a network with any update rule, and its losses against steps and against seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from coursekit.networks import Network, loss_and_gradient

Array = np.ndarray
Update = Callable[[list[Array], Callable[[], list[Array]]], None]


def parameters(net: Network) -> list[Array]:
    """Return the network's own arrays, layer by layer: writing into them trains the network."""
    return [p for layer in net.layers for p in layer.params]


class Flat:
    """Lets a rule for one vector train a whole network: all parameters are laid end to end.

    rule     (theta, grad_fn, *state, t, lr) -> (theta, *state), theta `(number of parameters,)`
    states   how many vectors of state the rule keeps; they start at 0
    lr       the present learning rate; may be changed between steps
    """

    def __init__(self, rule: Callable, states: int, lr: float) -> None:
        self.rule, self.count, self.lr, self.t = rule, states, lr, 0
        self.state: list[Array] = []

    def __call__(self, params: list[Array], gradients: Callable[[], list[Array]]) -> None:
        def grad_fn(point: Array) -> Array:
            write(params, point)
            return np.concatenate([g.ravel() for g in gradients()])

        theta = np.concatenate([p.ravel() for p in params])
        self.state = self.state or [np.zeros_like(theta) for _ in range(self.count)]
        self.t += 1
        theta, *self.state = self.rule(theta, grad_fn, *self.state, self.t, self.lr)
        write(params, theta)


def write(params: list[Array], vector: Array) -> None:
    """Write one long vector into the arrays, in order."""
    start = 0
    for p in params:
        p[...] = vector[start : start + p.size].reshape(p.shape)
        start += p.size


@dataclass
class Run:
    """One training run: the loss and the seconds of every step, validation error and rate of every epoch."""

    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def loss_after(self, steps: int, window: int = 20) -> float:
        """Return the mean loss of the last `window` of the first `steps` steps."""
        return float(np.mean(self.losses[max(0, steps - window) : steps]))


def smooth(losses: Sequence[float], window: int = 10) -> Array:
    """Return the running mean over up to `window` past values."""
    total = np.cumsum(np.insert(np.asarray(losses, dtype=np.float64), 0, 0.0))
    ends = np.arange(1, len(losses) + 1)
    starts = np.maximum(ends - window, 0)
    return (total[ends] - total[starts]) / (ends - starts)


def train_with(
    net: Network,
    update: Update,
    data,
    epochs: int,
    rng: np.random.Generator,
    batch_size: int = 64,
    schedule: Callable[[int, float | None], float] | None = None,
) -> Run:
    """Train by mini-batches; stop quietly when the loss is no longer finite.

    update    called with the network's arrays and a function that returns their gradients where they stand
    schedule  (epoch, last validation error or None) -> rate; sets `update.lr` before every epoch
    data      has X_train, y_train and, for the validation error, X_test and y_test
    """
    run, error, clock = Run(), None, time.perf_counter()
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            if schedule is not None:
                update.lr = schedule(epoch, error)
                run.rates.append(float(update.lr))
            order = rng.permutation(len(data.X_train))
            for start in range(0, len(order) - 1, batch_size):
                batch = order[start : start + batch_size]
                loss = _step(net, update, data.X_train[batch], data.y_train[batch])
                if not np.isfinite(loss):
                    return run
                run.losses.append(loss)
                run.seconds.append(time.perf_counter() - clock)
            error = 1.0 - net.accuracy(data.X_test, data.y_test)
            run.errors.append(error)
    return run


def _step(net: Network, update: Update, X: Array, labels: Array) -> float:
    """One update on one batch; returns the loss at the place where the gradient was asked."""
    losses = []

    def gradients() -> list[Array]:
        loss, dlogits = loss_and_gradient(net.forward(X, True), labels)
        losses.append(loss)
        net.backward(dlogits)
        return [g for layer in net.layers for g in layer.grads]

    update(parameters(net), gradients)
    return losses[0]
