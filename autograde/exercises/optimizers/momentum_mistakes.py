"""Wrong and other right steps of gradient descent and momentum. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.optimizers.momentum import (
    gradient_descent_step_exercise,
    momentum_step_exercise,
    nesterov_step_exercise,
)

# --- gradient_descent_step ---------------------------------------------------------------------------


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "You climb: the gradient points uphill, so subtract lr * grad instead of adding it.",
)
def climbs(theta, grad, lr):
    return theta + lr * grad


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step", "The learning rate is not used. The step is lr * grad."
)
def rate_forgotten(theta, grad, lr):
    return theta - grad


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "You return the step alone. The new parameters are theta minus the step.",
)
def step_alone(theta, grad, lr):
    return -lr * grad


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "You step by the sign of the gradient only. Gradient descent also uses its size: theta - lr * grad.",
)
def sign_of_the_gradient(theta, grad, lr):
    return theta - lr * np.sign(grad)


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "You divide the gradient by its norm, so that all steps are equally long. Plain gradient descent does not.",
)
def normalized_gradient(theta, grad, lr):
    return theta - lr * grad / np.linalg.norm(grad)


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "The learning rate multiplies the whole bracket, theta included. It belongs to the gradient only.",
)
def rate_on_everything(theta, grad, lr):
    return lr * (theta - grad)


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "One number moves all parameters: you average or add up the gradient. Every parameter has its own slope.",
)
def one_step_for_all(theta, grad, lr):
    return theta - lr * np.mean(grad)


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step", "You divide by the learning rate. Multiply: a larger rate means a larger step."
)
def divided_by_the_rate(theta, grad, lr):
    return theta - grad / lr


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "`theta -= ...` changes the caller's array. Return a new one: theta - lr * grad.",
)
def theta_changed_in_place(theta, grad, lr):
    theta -= lr * grad
    return theta


@gradient_descent_step_exercise.misconception(
    "gradient_descent_step",
    "`grad *= lr` changes the caller's gradient. Write lr * grad, which makes a new array.",
)
def gradient_changed_in_place(theta, grad, lr):
    grad *= lr
    return theta - grad


@gradient_descent_step_exercise.variant("gradient_descent_step")
def by_numpy_functions(theta, grad, lr):
    return np.subtract(theta, np.multiply(lr, grad))


@gradient_descent_step_exercise.variant("gradient_descent_step")
def in_place_on_a_copy(theta, grad, lr, weight_decay=0.0):
    new = theta.copy()
    new -= lr * (grad + weight_decay * theta)
    return new


@gradient_descent_step_exercise.variant("gradient_descent_step")
def element_by_element(theta, grad, lr):
    new = np.empty_like(theta)
    for index in np.ndindex(theta.shape):
        new[index] = theta[index] - lr * grad[index]
    return new


@gradient_descent_step_exercise.variant("gradient_descent_step")
def through_torch(theta, grad, lr):
    import torch

    return torch.tensor(theta.copy()).sub(torch.tensor(grad.copy()), alpha=lr).numpy()


# --- momentum_step -----------------------------------------------------------------------------------


@momentum_step_exercise.misconception(
    "momentum_step",
    "You average: (1 - beta) multiplies the gradient. The lesson's momentum adds the whole gradient, lr * grad, "
    "so that a steady push grows to 1/(1 - beta) times its size.",
)
def averaged_velocity(theta, grad, m, lr, beta=0.9):
    m = beta * m + (1 - beta) * lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "You average: m = beta*m + (1 - beta)*grad with theta - lr*m. The lesson's momentum adds the whole gradient.",
)
def averaged_gradient(theta, grad, m, lr, beta=0.9):
    m = beta * m + (1 - beta) * grad
    return theta - lr * m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "The old velocity is lost: m is lr * grad alone. Keep beta of what came in: beta * m + lr * grad.",
)
def history_dropped(theta, grad, m, lr, beta=0.9):
    m = lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "The velocity is used for the step, but the one that came in is returned. Return the new m.",
)
def old_velocity_returned(theta, grad, m, lr, beta=0.9):
    new = beta * m + lr * grad
    return theta - new, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "theta moves by the old velocity. Update m first, then subtract the new one.",
)
def moves_before_the_update(theta, grad, m, lr, beta=0.9):
    theta = theta - m
    return theta, beta * m + lr * grad


@momentum_step_exercise.misconception(
    "momentum_step",
    "The learning rate is applied twice: once inside m and once in the step. Use it in one place.",
)
def rate_twice(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    return theta - lr * m, m


@momentum_step_exercise.misconception("momentum_step", "The learning rate is not used. m takes in lr * grad.")
def rate_forgotten_in_momentum(theta, grad, m, lr, beta=0.9):
    m = beta * m + grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "The signs disagree: m collects +lr * grad and is then added to theta, so that you climb. Subtract it.",
)
def climbs_with_momentum(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    return theta + m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "The gradient works against the velocity: m = beta*m - lr*grad, and then theta - m. One of the signs is wrong.",
)
def gradient_against_the_velocity(theta, grad, m, lr, beta=0.9):
    m = beta * m - lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step", "The velocity never fades: beta is not used. Multiply the old m by beta."
)
def never_fades(theta, grad, m, lr, beta=0.9):
    m = m + lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "beta multiplies the gradient too: beta * (m + lr * grad). Only the old velocity fades.",
)
def beta_on_everything(theta, grad, m, lr, beta=0.9):
    m = beta * (m + lr * grad)
    return theta - m, m


@momentum_step_exercise.misconception("momentum_step", "beta is fixed at 0.9. Use the parameter beta.")
def beta_fixed(theta, grad, m, lr, beta=0.9):
    m = 0.9 * m + lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "beta and lr have changed places: beta fades the old velocity, lr scales the gradient.",
)
def rate_and_beta_swapped(theta, grad, m, lr, beta=0.9):
    m = lr * m + beta * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "The gradient moves theta twice, once in m and once on its own. The step is m alone.",
)
def gradient_twice(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    return theta - m - lr * grad, m


@momentum_step_exercise.misconception(
    "momentum_step",
    "You write into the caller's velocity. Build a new one: m = beta * m + lr * grad.",
)
def velocity_changed_in_place(theta, grad, m, lr, beta=0.9):
    m *= beta
    m += lr * grad
    return theta - m, m


@momentum_step_exercise.misconception(
    "momentum_step", "`theta -= m` changes the caller's array. Return theta - m, which is a new one."
)
def theta_changed_with_momentum(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    theta -= m
    return theta, m


@momentum_step_exercise.misconception(
    "momentum_step", "You return (m, theta). The contract's order is (theta, m)."
)
def pair_swapped(theta, grad, m, lr, beta=0.9):
    m = beta * m + lr * grad
    return m, theta - m


@momentum_step_exercise.variant("momentum_step")
def rate_outside(theta, grad, m, lr, beta=0.9):
    m = beta * m + grad
    return theta - lr * m, m


@momentum_step_exercise.variant("momentum_step")
def negated_velocity(theta, grad, m, lr, beta=0.9):
    v = beta * m - lr * grad
    return [theta + v, v]


@momentum_step_exercise.variant("momentum_step")
def negated_and_outside(theta, grad, m, lr, beta=0.9):
    v = np.subtract(beta * m, grad)
    return theta + lr * v, v


@momentum_step_exercise.variant("momentum_step")
def element_by_element_with_momentum(theta, grad, m, lr, beta=0.9):
    theta, m = theta.copy(), m.copy()
    for index in np.ndindex(theta.shape):
        m[index] = beta * m[index] + lr * grad[index]
        theta[index] -= m[index]
    return theta, m


@momentum_step_exercise.variant("momentum_step")
def average_paid_back(theta, grad, m, lr, beta=0.9):
    m = beta * m + (1 - beta) * grad
    return theta - lr / (1 - beta) * m, m


@momentum_step_exercise.variant("momentum_step")
def difference_of_positions(theta, grad, m, lr, beta=0.9):
    new = theta - lr * grad - beta * m
    return new, lr * grad + beta * m


# --- nesterov_step -----------------------------------------------------------------------------------


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The gradient is asked at theta: this is ordinary momentum. Nesterov asks a step ahead, at theta - beta * m.",
)
def no_look_ahead(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "You look back: theta + beta * m is where you came from. The velocity is subtracted, so ahead is theta - beta * m.",
)
def looks_back(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta + beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "You look a whole m ahead. The velocity fades by beta before it moves theta: ask at theta - beta * m.",
)
def whole_velocity_ahead(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta - m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The look-ahead point is scaled by lr although m already holds lr: ask at theta - beta * m.",
)
def look_ahead_scaled_by_the_rate(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta - lr * beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The step starts from the look-ahead point, so the old velocity counts twice. Only the gradient comes from there.",
)
def steps_from_the_look_ahead(theta, grad_fn, m, lr, beta=0.9):
    ahead = theta - beta * m
    m = beta * m + lr * grad_fn(ahead)
    return ahead - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The velocity does not take in the gradient's history: m is lr times the gradient alone. Add beta * m.",
)
def nesterov_history_dropped(theta, grad_fn, m, lr, beta=0.9):
    m = lr * grad_fn(theta - beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "You average: (1 - beta) multiplies the gradient. Nesterov's momentum adds lr times the whole gradient.",
)
def nesterov_averaged(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + (1 - beta) * lr * grad_fn(theta - beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "This is torch's rewritten form: it keeps the look-ahead point as theta. Here theta is the point itself: "
    "ask at theta - beta * m, then theta - m.",
)
def torchs_form(theta, grad_fn, m, lr, beta=0.9):
    g = grad_fn(theta)
    m = beta * m + lr * g
    return theta - (lr * g + beta * m), m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "Momentum moves first and the gradient is then asked at the new place theta - m, after the update. "
    "Ask at theta - beta * m before you update m.",
)
def asked_after_the_update(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta)
    m = beta * m + lr * grad_fn(theta - beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The signs disagree: m collects +lr * gradient and is then added to theta, so that you climb. Subtract it.",
)
def nesterov_climbs(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + lr * grad_fn(theta - beta * m)
    return theta + m, m


@nesterov_step_exercise.misconception(
    "nesterov_step", "The learning rate is not used. m takes in lr times the gradient."
)
def nesterov_rate_forgotten(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + grad_fn(theta - beta * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step", "beta is fixed at 0.9. Use the parameter beta, in both places."
)
def nesterov_beta_fixed(theta, grad_fn, m, lr, beta=0.9):
    m = 0.9 * m + lr * grad_fn(theta - 0.9 * m)
    return theta - m, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "The step is right, but the velocity that came in is returned. Return the new m.",
)
def nesterov_old_velocity_returned(theta, grad_fn, m, lr, beta=0.9):
    new = beta * m + lr * grad_fn(theta - beta * m)
    return theta - new, m


@nesterov_step_exercise.misconception(
    "nesterov_step",
    "You move theta to the look-ahead point in the caller's own array. Compute theta - beta * m as a new array.",
)
def theta_moved_for_the_look_ahead(theta, grad_fn, m, lr, beta=0.9):
    old = theta.copy()
    theta -= beta * m
    m = beta * m + lr * grad_fn(theta)
    return old - m, m


@nesterov_step_exercise.variant("nesterov_step")
def nesterov_rate_outside(theta, grad_fn, m, lr, beta=0.9):
    m = beta * m + grad_fn(theta - lr * beta * m)
    return theta - lr * m, m


@nesterov_step_exercise.variant("nesterov_step")
def nesterov_negated(theta, grad_fn, m, lr, beta=0.9):
    ahead = theta + beta * m
    v = beta * m - lr * grad_fn(ahead)
    return theta + v, v


@nesterov_step_exercise.variant("nesterov_step")
def from_the_look_ahead(theta, grad_fn, m, lr, beta=0.9):
    ahead = theta - beta * m
    gradient = grad_fn(ahead)
    gradient *= lr
    new = ahead - gradient
    return new, theta - new


@nesterov_step_exercise.variant("nesterov_step")
def asks_twice(theta, grad_fn, m, lr, beta=0.9):
    faded = np.multiply(m, beta)
    step = faded + lr * (grad_fn(theta - faded) + grad_fn(theta - faded)) / 2
    return np.subtract(theta, step), step


@nesterov_step_exercise.variant("nesterov_step")
def nesterov_negated_and_outside(theta, grad_fn, m, lr, beta=0.9):
    v = beta * m - grad_fn(theta + lr * beta * m)
    return theta + lr * v, v
