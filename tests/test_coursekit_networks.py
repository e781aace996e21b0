"""Every layer and network has the gradient it claims, held against differences."""

import numpy as np
import pytest

from coursekit.layers import BatchNorm, Dense, Elementwise, LearnedSlope, RandomSlope
from coursekit.networks import Network, build, loss_and_gradient, stack_signal, train
from coursekit.recurrent import Recurrent, echo_task, train_recurrent


def tanh_prime(z):
    return 1 - np.tanh(z) ** 2


def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(dout, z, alpha):
    return np.where(z > 0, dout, alpha * dout), np.where(z > 0, 0, dout * z).sum(axis=0)


def batchnorm(x, gamma, beta, mean, var, training, momentum=0.9, eps=1e-5):
    sigma = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / sigma
    return gamma * xhat + beta, (xhat, gamma, sigma), mean, var


def batchnorm_backward(dout, cache):
    xhat, gamma, sigma = cache
    d = dout * gamma
    dx = (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / sigma
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def numerical(f, array, h=1e-6):
    """Central differences of the scalar f() with respect to `array`, which f reads."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + h
        above = f()
        array[index] = kept - h
        gradient[index] = (above - f()) / (2 * h)
        array[index] = kept
    return gradient


LAYERS = {
    "dense": lambda: Dense(np.random.default_rng(1).normal(size=(4, 3))),
    "dense without bias": lambda: Dense(np.random.default_rng(1).normal(size=(4, 3)), bias=False),
    "tanh": lambda: Elementwise(np.tanh, tanh_prime),
    "prelu": lambda: LearnedSlope(4, prelu, prelu_backward),
    "batch norm": lambda: BatchNorm(4, batchnorm, batchnorm_backward),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_gradients_are_right(name):
    layer, rng = LAYERS[name](), np.random.default_rng(0)
    x = rng.normal(size=(6, 4))
    dout = rng.normal(size=layer.forward(x, True).shape)

    def loss():
        return float((layer.forward(x, True) * dout).sum())

    layer.forward(x, True)
    assert np.allclose(layer.backward(dout), numerical(loss, x), atol=1e-6)
    for p, g in zip(layer.params, list(layer.grads), strict=True):
        assert np.allclose(g, numerical(loss, p), atol=1e-6)


def test_a_random_slope_goes_back_with_the_slope_that_was_drawn():
    def rrelu(z, rng, training=True):
        return np.where(z < 0, rng.uniform(0.1, 0.3, z.shape) * z, z)

    layer, x = RandomSlope(rrelu, np.random.default_rng(0)), np.array([[-2.0, 3.0, 0.0]])
    out = layer.forward(x, True)
    assert np.allclose(layer.backward(np.ones_like(x)), [[out[0, 0] / -2, 1, 1]])


def test_a_stack_sends_back_the_gradient_of_every_layer():
    rng = np.random.default_rng(0)
    weights, X, dout = (
        [rng.normal(size=(3, 3)) for _ in range(3)],
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 3)),
    )
    activations, gradients = stack_signal(X, weights, np.tanh, tanh_prime, dout)

    def loss():
        return float((stack_signal(X, weights, np.tanh, tanh_prime, dout)[0][-1] * dout).sum())

    assert len(activations) == len(gradients) == 3
    assert np.allclose(gradients[0] @ weights[0].T, numerical(loss, X), atol=1e-6)


def test_the_loss_has_its_gradient():
    logits, labels = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 1, 1])
    gradient = loss_and_gradient(logits, labels)[1]
    assert np.allclose(gradient, numerical(lambda: loss_and_gradient(logits, labels)[0], logits), atol=1e-7)


class Blobs:
    """Two clouds that a line separates."""

    X_train = X_test = np.r_[
        np.random.default_rng(0).normal(2, 1, (40, 2)), np.random.default_rng(1).normal(-2, 1, (40, 2))
    ]
    y_train = y_test = np.repeat([0, 1], 40)


def tanh_layer(features):
    return Elementwise(np.tanh, tanh_prime)


def test_training_learns_and_looks_at_the_net_after_every_step():
    rng, seen = np.random.default_rng(0), []
    net = build([2, 8, 2], lambda i, o, r: r.normal(0, 0.5, (i, o)), tanh_layer, rng)
    history = train(net, Blobs, 10, 0.5, rng, batch_size=16, after_step=lambda step, _: seen.append(step))
    assert history.test_accuracy[-1] > 0.95 and not history.diverged
    assert seen == list(range(1, 51)) and len(history.losses) == 50


def test_a_run_that_blows_up_ends_quietly():
    rng = np.random.default_rng(0)
    net = Network([Dense(np.full((2, 2), np.inf))])
    assert train(net, Blobs, 3, 1.0, rng).diverged


def test_the_echo_task_asks_for_the_sign_of_the_first_number():
    X, y = echo_task(50, 7, np.random.default_rng(0))
    assert X.shape == (50, 7, 1) and np.array_equal(y, np.sign(X[:, 0])) and abs(X[:, 1:]).max() < 1


def test_a_recurrent_nets_gradients_are_right():
    rng = np.random.default_rng(0)
    net, (X, y) = Recurrent(1, 3, 1.1, np.tanh, tanh_prime, rng), echo_task(4, 5, rng)

    def loss():
        return float(np.mean((net.forward(X) - y) ** 2))

    sizes = net.backward(2 * (net.forward(X) - y) / 4)
    assert len(sizes) == 5
    for p, g in zip(net.params, net.grads, strict=True):
        assert np.allclose(g, numerical(loss, p), atol=1e-6)


def test_recurrent_training_uses_the_clipped_gradients():
    net = Recurrent(1, 3, 1.0, np.tanh, tanh_prime, np.random.default_rng(0))
    before = [p.copy() for p in net.params]
    rng = np.random.default_rng(1)
    history = train_recurrent(net, 4, 3, 0.1, rng, clip=lambda grads: [np.zeros_like(g) for g in grads])
    assert all(np.array_equal(a, b) for a, b in zip(before, net.params, strict=True))
    assert len(history.losses) == len(history.norms) == 3 and min(history.norms) > 0
