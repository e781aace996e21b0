"""Wrong and other right steps of AdaGrad and RMSProp. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.optimizers.adaptive import adagrad_step_exercise, rmsprop_step_exercise

# --- adagrad_step ------------------------------------------------------------------------------------


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "You average the squares, which is RMSProp. AdaGrad adds them up: s + grad**2, and nothing is forgotten.",
)
def forgets(theta, grad, s, lr, eps=1e-8):
    s = 0.9 * s + 0.1 * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "s holds the last squared gradient only. Add it to what came in: s + grad**2."
)
def squares_not_accumulated(theta, grad, s, lr, eps=1e-8):
    s = grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "The gradient is not squared before it is added to s, so that signs cancel. Use grad**2."
)
def square_missing(theta, grad, s, lr, eps=1e-8):
    s = s + np.abs(grad)
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "The step is divided by s itself. Divide by its square root, which has the unit of a gradient.",
)
def root_missing(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    return theta - lr * grad / (s + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "All parameters share one sum of squares. Every parameter needs its own: keep s in the shape of theta.",
)
def one_sum_for_all(theta, grad, s, lr, eps=1e-8):
    s = s + np.sum(grad**2)
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "eps is not used: a parameter whose gradients are 0 divides 0 by 0. Add eps under the root or to it.",
)
def eps_ignored(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    return theta - lr * np.divide(grad, np.sqrt(s), out=np.zeros_like(grad), where=s > 0), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "eps is fixed at 1e-8 in your formula. Use the parameter eps."
)
def eps_fixed(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + 1e-8), s


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "The step is divided by the root of the old s. Add grad**2 first, then divide by the root of the new s.",
)
def divides_by_the_old_sum(theta, grad, s, lr, eps=1e-8):
    return theta - lr * grad / (np.sqrt(s) + eps), s + grad**2


@adagrad_step_exercise.misconception(
    "adagrad_step", "The step is right, but the old s is returned. Return the new one."
)
def old_sum_returned(theta, grad, s, lr, eps=1e-8):
    new = s + grad**2
    return theta - lr * grad / (np.sqrt(new) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "You climb: subtract the scaled gradient from theta instead of adding it."
)
def adagrad_climbs(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    return theta + lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "You multiply by the root of s, so that steep directions take larger steps. Divide by it."
)
def multiplies_by_the_root(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    return theta - lr * grad * (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step",
    "The learning rate is inside the squares: you add (lr * grad)**2, so that it cancels. Add grad**2.",
)
def rate_in_the_squares(theta, grad, s, lr, eps=1e-8):
    s = s + (lr * grad) ** 2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "s += ... changes the caller's state. Write s = s + grad**2, which makes a new array."
)
def sum_changed_in_place(theta, grad, s, lr, eps=1e-8):
    s += grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@adagrad_step_exercise.misconception(
    "adagrad_step", "theta -= ... changes the caller's array. Return a new one."
)
def theta_changed_by_adagrad(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2
    theta -= lr * grad / (np.sqrt(s) + eps)
    return theta, s


@adagrad_step_exercise.variant("adagrad_step")
def slides_formula(theta, grad, s, lr, eps=1e-8):
    s = s + grad * grad
    return theta - lr * grad / np.sqrt(s + eps), s


@adagrad_step_exercise.variant("adagrad_step")
def eps_in_the_state(theta, grad, s, lr, eps=1e-8):
    s = s + grad**2 + eps
    return [theta - lr * grad / np.sqrt(s), s]


@adagrad_step_exercise.variant("adagrad_step")
def element_by_element_with_squares(theta, grad, s, lr, eps=1e-8):
    theta, s = theta.copy(), s.copy()
    for index in np.ndindex(theta.shape):
        s[index] += grad[index] ** 2
        theta[index] -= lr * grad[index] / (s[index] ** 0.5 + eps)
    return theta, s


@adagrad_step_exercise.variant("adagrad_step")
def rate_per_parameter(theta, grad, s, lr, eps=1e-8, initial=0.0):
    total = np.add(s, np.square(grad))
    rates = lr * (total + initial + eps) ** -0.5
    return theta - rates * grad, total


@adagrad_step_exercise.variant("adagrad_step")
def in_place_on_copies(theta, grad, s, lr, eps=1e-8):
    theta, s = np.array(theta), np.array(s)
    s += grad**2
    theta -= np.divide(lr * grad, np.sqrt(s) + eps)
    return theta, s


# --- rmsprop_step ------------------------------------------------------------------------------------


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "You add the squares up, which is AdaGrad: the steps only shrink. RMSProp averages: beta * s + (1 - beta) * grad**2.",
)
def adds_up(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "The factor (1 - beta) is missing, so that s is 1/(1 - beta) times too large. Both weights add up to 1.",
)
def weight_missing(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step", "The weights are swapped: beta belongs to the old s, (1 - beta) to the new square."
)
def weights_swapped(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = (1 - beta) * s + beta * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step", "You average the gradient's absolute value, not its square. Use grad**2."
)
def rms_square_missing(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * np.abs(grad)
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "The step is divided by s itself. Divide by its square root, which has the unit of a gradient.",
)
def rms_root_missing(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad**2
    return theta - lr * grad / (s + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "(1 - beta) is inside the square: ((1 - beta) * grad)**2. It multiplies the square: (1 - beta) * grad**2.",
)
def weight_squared(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + ((1 - beta) * grad) ** 2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "All parameters share one average of squares. Every parameter needs its own: keep s in the shape of theta.",
)
def one_average_for_all(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * np.mean(grad**2)
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "eps is not used: a parameter whose gradients are 0 divides 0 by 0. Add eps under the root or to it.",
)
def rms_eps_ignored(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad**2
    return theta - lr * np.divide(grad, np.sqrt(s), out=np.zeros_like(grad), where=s > 0), s


@rmsprop_step_exercise.misconception("rmsprop_step", "beta is fixed at 0.9. Use the parameter beta.")
def rms_beta_fixed(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = 0.9 * s + 0.1 * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step", "The step is right, but the old s is returned. Return the new one."
)
def old_average_returned(theta, grad, s, lr, beta=0.9, eps=1e-8):
    new = beta * s + (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(new) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "The step is divided by the root of the old s. Update s first, then divide by the root of the new one.",
)
def divides_by_the_old_average(theta, grad, s, lr, beta=0.9, eps=1e-8):
    return theta - lr * grad / (np.sqrt(s) + eps), beta * s + (1 - beta) * grad**2


@rmsprop_step_exercise.misconception(
    "rmsprop_step",
    "You correct the average by 1/(1 - beta). RMSProp has no bias correction; that is Adam's.",
)
def corrected_like_adam(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s / (1 - beta)) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step", "You climb: subtract the scaled gradient from theta instead of adding it."
)
def rms_climbs(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad**2
    return theta + lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.misconception(
    "rmsprop_step", "You write into the caller's state. Build a new one: s = beta * s + (1 - beta) * grad**2."
)
def average_changed_in_place(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s *= beta
    s += (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@rmsprop_step_exercise.variant("rmsprop_step")
def slides_rmsprop(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * grad * grad
    return theta - lr * grad / np.sqrt(s + eps), s


@rmsprop_step_exercise.variant("rmsprop_step")
def as_a_correction(theta, grad, s, lr, beta=0.9, eps=1e-8):
    s = s + (1 - beta) * (np.square(grad) - s)
    return [theta - (lr / (np.sqrt(s) + eps)) * grad, s]


@rmsprop_step_exercise.variant("rmsprop_step")
def element_by_element_with_average(theta, grad, s, lr, beta=0.9, eps=1e-8):
    theta, s = theta.copy(), s.copy()
    for index in np.ndindex(theta.shape):
        s[index] = beta * s[index] + (1 - beta) * grad[index] ** 2
        theta[index] -= lr * grad[index] / (s[index] ** 0.5 + eps)
    return theta, s


@rmsprop_step_exercise.variant("rmsprop_step")
def through_torch_rmsprop(theta, grad, s, lr, beta=0.9, eps=1e-8):
    import torch

    s = (
        torch.tensor(s.copy())
        .mul(beta)
        .addcmul(torch.tensor(grad.copy()), torch.tensor(grad.copy()), value=1 - beta)
    )
    step = torch.tensor(grad.copy()) / s.sqrt().add(eps)
    return torch.tensor(theta.copy()).sub(step, alpha=lr).numpy(), s.numpy()
