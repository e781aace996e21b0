"""A plain recurrent network in NumPy, the task it learns and its trainer: the place where gradients explode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray
Clip = Callable[[list[Array]], list[Array]]


def echo_task(n: int, steps: int, rng: np.random.Generator, noise: float = 0.1) -> tuple[Array, Array]:
    """Return sequences X `(n, steps, 1)` and targets `(n, 1)` of ±1: was the first number positive?

    The first number is standard normal, all later ones are noise of standard deviation `noise`, so the answer
    has to be carried through `steps` - 1 steps. Answering 0 every time has a mean squared error of 1.
    """
    X = noise * rng.normal(size=(n, steps, 1))
    X[:, 0] = rng.normal(size=(n, 1))
    return X, np.sign(X[:, 0])


class Recurrent:
    """h ← f(x_t @ U + h @ V + b) over the sequence, then one output y = h @ W + c.

    `params` and `grads` hold U `(d, hidden)`, V `(hidden, hidden)`, b `(hidden,)`, W `(hidden, 1)`, c `(1,)`.
    V starts as `scale` times an orthogonal matrix: all its singular values are `scale`.
    """

    def __init__(
        self, inputs: int, hidden: int, scale: float, f: Callable, f_prime: Callable, rng: np.random.Generator
    ) -> None:
        self.f, self.f_prime = f, f_prime
        V = scale * np.linalg.qr(rng.normal(size=(hidden, hidden)))[0]
        U = rng.normal(0.0, 1.0 / np.sqrt(inputs), (inputs, hidden))
        W = rng.normal(0.0, 1.0 / np.sqrt(hidden), (hidden, 1))
        self.params = [U, V, np.zeros(hidden), W, np.zeros(1)]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, X: Array) -> Array:
        """Return y `(n, 1)` for X `(n, steps, inputs)`."""
        U, V, b, W, c = self.params
        self.X = np.ascontiguousarray(X.transpose(1, 0, 2))  # (steps, n, inputs), and so are zs and hs
        self.zs = self.X @ U + b  # what drives every step; the loop adds what comes from the step before
        self.hs = np.zeros((len(self.zs) + 1, *self.zs.shape[1:]))
        h = self.hs[0]
        for t, z in enumerate(self.zs, 1):
            z += h @ V
            h = self.hs[t] = self.f(z)
        return self.hs[-1] @ W + c

    def backward(self, dy: Array) -> list[float]:
        """Fill `grads` by going back through time; return the size of the gradient at each step, first step first."""
        V, W = self.params[1], self.params[3]
        dzs = np.array(self.f_prime(self.zs))  # (steps, n, hidden): the slopes, times what comes from above
        dh = dy @ W.T
        for dz in dzs[::-1]:
            dz *= dh
            dh = dz @ V.T
        flat = dzs.reshape(-1, len(V))
        dU = self.X.reshape(len(flat), -1).T @ flat
        dV = self.hs[:-1].reshape(len(flat), -1).T @ flat
        self.grads = [dU, dV, flat.sum(axis=0), self.hs[-1].T @ dy, dy.sum(axis=0)]
        return np.sqrt(np.einsum("tnh,tnh->t", dzs, dzs) / dzs[0].size).tolist()


@dataclass(frozen=True)
class RecurrentHistory:
    """Loss and gradient norm (before clipping) of every step; whether the loss stopped being finite."""

    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    diverged: bool = False


def train_recurrent(
    net: Recurrent,
    length: int,
    updates: int,
    lr: float,
    rng: np.random.Generator,
    clip: Clip | None = None,
    batch_size: int = 32,
) -> RecurrentHistory:
    """Train on fresh echo tasks by SGD on the mean squared error; `clip` may change each list of gradients."""
    losses: list[float] = []
    norms: list[float] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(updates):
            X, target = echo_task(batch_size, length, rng)
            error = net.forward(X) - target
            loss = float(np.mean(error**2))
            if not np.isfinite(loss):
                return RecurrentHistory(losses, norms, diverged=True)
            net.backward(2.0 * error / batch_size)
            losses.append(loss)
            norms.append(float(np.sqrt(sum(np.vdot(g, g) for g in net.grads))))
            for p, g in zip(net.params, clip(net.grads) if clip else net.grads, strict=True):
                p -= lr * g
    return RecurrentHistory(losses, norms)
