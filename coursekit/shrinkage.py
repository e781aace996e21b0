"""Small models that a penalty shrinks: a polynomial, and a linear classifier whose weights may reach exactly 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit.networks import loss_and_gradient

Array = np.ndarray
Params = dict[str, Array]
Penalty = Callable[[Params], tuple[float, Params]]


def wavy_points(n: int, rng: np.random.Generator, noise: float = 0.25) -> tuple[Array, Array]:
    """Return x in [-1, 1] and y = 3 + sin(3x) + noise, `(n,)` each."""
    x = np.sort(rng.uniform(-1.0, 1.0, n))
    return x, 3.0 + np.sin(3.0 * x) + noise * rng.normal(size=n)


def powers(x: Array, degree: int) -> Array:
    """Return x, x², … x^degree as columns `(n, degree)`."""
    return x[:, None] ** np.arange(1, degree + 1)


def predict(params: Params, x: Array) -> Array:
    """Return the polynomial's values."""
    return params["b"][0] + powers(x, len(params["W"])) @ params["W"]


def fit_polynomial(x: Array, y: Array, degree: int, penalty: Penalty) -> Params:
    """Minimize the slide's J: half the mean squared error plus a quadratic penalty. b is θ0, W is θ1 … θdegree.

    J's gradient is then linear in θ, so the minimum is where one linear system has its solution. The penalty's part of
    that system is read off its gradients at 0 and at the unit vectors.
    """
    A, m = np.column_stack([np.ones(len(x)), powers(x, degree)]), len(x)

    def slope(theta: Array) -> Array:
        grads = penalty({"b": theta[:1], "W": theta[1:]})[1]
        return np.concatenate([np.ravel(grads["b"]), np.ravel(grads["W"])])

    at_zero = slope(np.zeros(degree + 1))
    curvature = np.array([slope(unit) - at_zero for unit in np.eye(degree + 1)]).T
    theta = np.linalg.lstsq(A.T @ A / m + curvature, A.T @ y / m - at_zero, rcond=None)[0]
    return {"b": theta[:1], "W": theta[1:]}


def shrink(params: Params, grads: Params, lr: float) -> None:
    """Take the penalty's own step, in place: a weight that it would carry across 0 stops at 0.

    After a step on the data this is the proximal step of L1 (soft thresholding): it makes zeros that are exact.
    """
    for name, theta in params.items():
        moved = theta - lr * grads[name]
        theta[...] = np.where(moved * theta < 0.0, 0.0, moved)


def fit_softmax(X: Array, y: Array, penalty: Penalty, start: Params, steps: int, lr: float = 0.5) -> Params:
    """Softmax regression with momentum-free full-batch descent: a step on the data, then the penalty's own step."""
    params = {name: theta.copy() for name, theta in start.items()}
    for _ in range(steps):
        dlogits = loss_and_gradient(X @ params["W"] + params["b"], y)[1]
        params["W"] -= lr * (X.T @ dlogits)
        params["b"] -= lr * dlogits.sum(axis=0)
        shrink(params, penalty(params)[1], lr)
    return params
