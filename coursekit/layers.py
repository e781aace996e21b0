"""Layers for small plain NumPy networks, built from the functions the student wrote.

Every layer has `forward(x, training)`, `backward(dout)` and two lists in the same order: `params`, `grads`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


class Layer:
    """A layer without parameters; the others override what they need."""

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []


class Dense(Layer):
    """z = x @ W + b, with W `(fan_in, fan_out)` and b `(fan_out,)`; bias=False leaves b out."""

    def __init__(self, W: Array, bias: bool = True) -> None:
        super().__init__()
        self.params = [W, np.zeros(W.shape[1])] if bias else [W]

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        z = x @ self.params[0]
        if len(self.params) == 2:
            z += self.params[1]
        return z

    def backward(self, dout: Array) -> Array:
        self.grads = [self.x.T @ dout, dout.sum(axis=0)][: len(self.params)]
        return dout @ self.params[0].T


class Elementwise(Layer):
    """a = f(z), with f_prime taking z."""

    def __init__(self, f: Callable[[Array], Array], f_prime: Callable[[Array], Array]) -> None:
        super().__init__()
        self.f, self.f_prime = f, f_prime

    def forward(self, x: Array, training: bool) -> Array:
        self.z = x
        return self.f(x)

    def backward(self, dout: Array) -> Array:
        return dout * self.f_prime(self.z)


class LearnedSlope(Layer):
    """PReLU: one learned slope per feature, 0.25 at the start."""

    def __init__(self, features: int, prelu: Callable, prelu_backward: Callable) -> None:
        super().__init__()
        self.prelu, self.prelu_backward = prelu, prelu_backward
        self.params = [np.full(features, 0.25)]

    def forward(self, x: Array, training: bool) -> Array:
        self.z = x
        return self.prelu(x, self.params[0])

    def backward(self, dout: Array) -> Array:
        dz, dalpha = self.prelu_backward(dout, self.z, self.params[0])
        self.grads = [dalpha]
        return dz


class RandomSlope(Layer):
    """RReLU: a fresh slope per negative element while training, read back as a/z for the backward pass."""

    def __init__(self, rrelu: Callable, rng: np.random.Generator) -> None:
        super().__init__()
        self.rrelu, self.rng = rrelu, rng

    def forward(self, x: Array, training: bool) -> Array:
        out = self.rrelu(x, self.rng, training=training)
        self.slope = np.divide(out, x, out=np.ones_like(x), where=x != 0)
        return out

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class BatchNorm(Layer):
    """Batch normalization with the student's forward and backward; gamma starts at 1, beta at 0."""

    def __init__(self, features: int, forward: Callable, backward: Callable, momentum: float = 0.9) -> None:
        super().__init__()
        self._forward, self._backward, self.momentum = forward, backward, momentum
        self.params = [np.ones(features), np.zeros(features)]
        self.mean, self.var = np.zeros(features), np.ones(features)

    def forward(self, x: Array, training: bool) -> Array:
        out, self.cache, self.mean, self.var = self._forward(
            x, *self.params, self.mean, self.var, training, momentum=self.momentum
        )
        return out

    def backward(self, dout: Array) -> Array:
        dx, *self.grads = self._backward(dout, self.cache)
        return dx
