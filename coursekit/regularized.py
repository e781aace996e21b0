"""The digits net with its parameters in a dict, trained with whatever is to keep it from overfitting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from coursekit.data import split_digits
from coursekit.networks import loss_and_gradient

Array = np.ndarray
Params = dict[str, Array]
Penalty = Callable[[Params], tuple[float, Params]]


class FewDigits(NamedTuple):
    """A few digits to learn from, 300 to validate and 400 to test: X `(n, 64)`, y `(n,)`."""

    X_train: Array
    y_train: Array
    X_val: Array
    y_val: Array
    X_test: Array
    y_test: Array


def few_digits(n_train: int, seed: int = 0) -> FewDigits:
    """Return `n_train` training digits drawn with `seed`; validation and test digits are always the same."""
    split = split_digits()
    X, y = split.X_train[:-300], split.y_train[:-300]
    rows = np.random.default_rng(seed).permutation(len(X))[:n_train]
    return FewDigits(X[rows], y[rows], split.X_train[-300:], split.y_train[-300:], split.X_test, split.y_test)


def mislabelled(data: FewDigits, share: float, seed: int = 0) -> FewDigits:
    """Return `data` with about this share of the training labels replaced by a wrong one."""
    rng = np.random.default_rng(seed)
    hit = rng.random(len(data.y_train)) < share
    y = np.where(hit, (data.y_train + rng.integers(1, 10, len(hit))) % 10, data.y_train)
    return data._replace(y_train=y)


@dataclass(frozen=True)
class Dropout:
    """The student's dropout: forward `(x, p, rng, training) -> (out, mask)` and backward `(dout, mask) -> dx`."""

    p: float
    forward: Callable
    backward: Callable


@dataclass
class Record:
    """One training run, one entry per epoch: losses without the penalty, and error rates in 0 … 1."""

    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    train_error: list[float] = field(default_factory=list)
    val_error: list[float] = field(default_factory=list)
    stopped: int | None = None


def new_params(sizes: Iterable[int], rng: np.random.Generator) -> Params:
    """Return W1, b1, W2, b2, … with He's variance and zero biases."""
    sizes = list(sizes)
    params: Params = {}
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False), 1):
        params[f"W{k}"] = rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))
        params[f"b{k}"] = np.zeros(fan_out)
    return params


def forward(
    params: Params,
    X: Array,
    dropout: Dropout | None = None,
    rng: np.random.Generator | None = None,
    training: bool = False,
) -> tuple[Array, list]:
    """Return the logits of a ReLU net and what its backward pass needs: (input, z, mask) of every layer."""
    depth, steps, a = len(params) // 2, [], X
    for k in range(1, depth + 1):
        z = a @ params[f"W{k}"] + params[f"b{k}"]
        steps.append([a, z, None])
        if k < depth:
            a = np.maximum(z, 0.0)
            if dropout is not None:
                a, steps[-1][2] = dropout.forward(a, dropout.p, rng, training)
    return z, steps


def backward(params: Params, steps: list, dlogits: Array, dropout: Dropout | None = None) -> Params:
    """Return the gradient of every parameter by name."""
    grads, dz = {}, dlogits
    for k in range(len(steps), 0, -1):
        a, _, _ = steps[k - 1]
        grads[f"W{k}"], grads[f"b{k}"] = a.T @ dz, dz.sum(axis=0)
        if k > 1:
            da, (_, z, mask) = dz @ params[f"W{k}"].T, steps[k - 2]
            da = da if dropout is None else dropout.backward(da, mask)
            dz = da * (z > 0)
    return grads


def error_rate(params: Params, X: Array, y: Array) -> float:
    """Return the share of wrong answers."""
    return float((forward(params, X)[0].argmax(axis=1) != y).mean())


def mean_loss(params: Params, X: Array, y: Array) -> float:
    """Return the mean cross-entropy, without any penalty."""
    return loss_and_gradient(forward(params, X)[0], y)[0]


class Adam:
    """Adam (lesson 3) over a dict of arrays, in place; `decay` shrinks the weights apart from the gradient."""

    def __init__(self, params: Params, lr: float, decay: float = 0.0) -> None:
        self.params, self.lr, self.decay, self.t = params, lr, decay, 0
        self.m = {name: np.zeros_like(p) for name, p in params.items()}
        self.s = {name: np.zeros_like(p) for name, p in params.items()}

    def step(self, grads: Params) -> None:
        """One update; a name that starts with b does not decay."""
        self.t += 1
        correction = np.sqrt(1 - 0.999**self.t)
        rate = self.lr * correction / (1 - 0.9**self.t)  # both bias corrections in one number
        for name, p in self.params.items():
            g, m, s = grads[name], self.m[name], self.s[name]
            m += 0.1 * (g - m)
            s += 0.001 * (g * g - s)
            if self.decay and not name.startswith("b"):
                p *= 1 - self.lr * self.decay
            root = np.sqrt(s)
            root += 1e-8 * correction
            p -= rate * m / root


def plain_batches(
    X: Array, y: Array, batch_size: int, rng: np.random.Generator
) -> Iterable[tuple[Array, Array]]:
    """Yield one shuffled epoch."""
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        yield X[order[start : start + batch_size]], y[order[start : start + batch_size]]


def train(
    params: Params,
    data: FewDigits,
    epochs: int,
    rng: np.random.Generator,
    *,
    lr: float = 3e-3,
    batch_size: int = 32,
    penalty: Penalty | None = None,
    dropout: Dropout | None = None,
    batches: Callable[[np.random.Generator], Iterable] | None = None,
    stopper: object | None = None,
    decay: float = 0.0,
    curves: bool = True,
) -> Record:
    """Train `params` in place with Adam and whichever regularizers are given.

    penalty(params)   loss and gradients to add
    batches(rng)      one epoch of (X, y); plain shuffled batches if it is left out
    stopper           has update(val_error, params); when it says stop, its best_params are restored
    curves            False: the record holds the last epoch only, which saves a third of the time
    """
    record, optimizer = Record(), Adam(params, lr, decay)
    for epoch in range(epochs):
        epoch_batches = (
            batches(rng) if batches else plain_batches(data.X_train, data.y_train, batch_size, rng)
        )
        for X, y in epoch_batches:
            logits, steps = forward(params, X, dropout, rng, training=True)
            grads = backward(params, steps, loss_and_gradient(logits, y)[1], dropout)
            if penalty is not None:
                extra = penalty(params)[1]
                grads = {name: g + extra[name] for name, g in grads.items()}
            optimizer.step(grads)
        if curves or stopper is not None or epoch == epochs - 1:
            _measure(record, params, data)
        if stopper is not None and stopper.update(record.val_loss[-1], params):
            record.stopped = epoch
            for name, best in stopper.best_params.items():
                params[name][...] = best
            break
    return record


def _measure(record: Record, params: Params, data: FewDigits) -> None:
    """Add one epoch to the record."""
    for X, y, losses, errors in (
        (data.X_train, data.y_train, record.train_loss, record.train_error),
        (data.X_val, data.y_val, record.val_loss, record.val_error),
    ):
        logits = forward(params, X)[0]
        losses.append(loss_and_gradient(logits, y)[0])
        errors.append(float((logits.argmax(axis=1) != y).mean()))
