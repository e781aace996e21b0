"""Wrong and other right ways to write the three penalties."""

from __future__ import annotations

import numpy as np
import torch

from autograde.exercises.regularization.penalties import (
    elastic_net_penalty_exercise,
    l1_penalty,
    l1_penalty_exercise,
    l2_penalty,
    l2_penalty_exercise,
)

l2_wrong, l2_right = l2_penalty_exercise.misconception, l2_penalty_exercise.variant
l1_wrong, l1_right = l1_penalty_exercise.misconception, l1_penalty_exercise.variant
net_wrong, net_right = elastic_net_penalty_exercise.misconception, elastic_net_penalty_exercise.variant

FREE = "A name that starts with b is a bias: it adds nothing to the loss and its gradient is zeros."


@l2_wrong("l2_penalty", f"You penalise the biases too. {FREE}")
def l2_of_biases_too(params, lam, m):
    loss = lam / (2 * m) * sum(np.sum(theta**2) for theta in params.values())
    return loss, {name: lam / m * theta for name, theta in params.items()}


@l2_wrong(
    "l2_penalty",
    "Your gradient is half of the slope of your loss: the derivative of θ² is 2θ, so λ/(2m)·2θ = λ/m·θ.",
)
def l2_gradient_halved(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / (2 * m) * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "Your gradient is twice the slope of your loss: the 2 of 2θ cancels against the 2 in λ/(2m).",
)
def l2_gradient_doubled(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: 2 * lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong("l2_penalty", "Your loss is twice too large: the factor in front of Σθ² is λ/(2m), not λ/m.")
def l2_loss_doubled(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / m * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "Your factor is λ/2 without 1/m in loss and gradient. Divide by m, the number of training examples, in both.",
)
def l2_not_divided_by_m(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / 2 * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "You take the norm (with a square root). The penalty is the sum of the squares itself, Σθ².",
)
def l2_norm_not_squared(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.linalg.norm(t) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "Only one layer is counted in the loss: `loss = …` in the loop overwrites what came before. Add up with +=.",
)
def l2_last_layer_only(params, lam, m):
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
        else:
            loss = lam / (2 * m) * np.sum(theta**2)
            grads[name] = lam / m * theta
    return loss, grads


@l2_wrong(
    "l2_penalty", "You average θ² within each array (np.mean). The penalty is a sum over all weights: np.sum."
)
def l2_mean_for_sum(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.mean(t**2) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "grads lacks the biases. Give every name of params an entry; a bias gets zeros of its shape.",
)
def l2_biases_left_out(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / m * t for n, t in weights.items()}


@l2_wrong(
    "l2_penalty",
    "The sign of your gradient is flipped. Return the gradient of the penalty; the optimizer subtracts it.",
)
def l2_gradient_negated(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: -lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "You tell a bias by its number of axes. The contract goes by the name: it is a bias if the name starts with b.",
)
def l2_bias_by_axes(params, lam, m):
    weights = {n: t for n, t in params.items() if t.ndim > 1}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "You take every name with a b anywhere in it for a bias. Ask name.startswith('b'): 'embed' is a weight.",
)
def l2_b_anywhere(params, lam, m):
    weights = {n: t for n, t in params.items() if "b" not in n}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "You take every name with a capital B for a bias as well. The name starts with a small b or it is a weight.",
)
def l2_capital_b(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.lower().startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t**2) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l2_wrong(
    "l2_penalty",
    "theta *= … changes the network's own weights. Build a new array: lam / m * theta.",
)
def l2_changes_weights(params, lam, m):
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
            continue
        loss += lam / (2 * m) * np.sum(theta**2)
        theta *= lam / m
        grads[name] = theta
    return loss, grads


@l2_right("l2_penalty")
def l2_by_dot_products(params, lam, m):
    factor, loss, grads = lam / m, np.float64(0.0), {}
    for name in reversed(list(params)):
        theta = params[name]
        if name[0] == "b":
            grads[name] = theta * 0.0
        else:
            flat = theta.ravel()
            loss = loss + 0.5 * factor * flat.dot(flat)
            grads[name] = np.multiply(theta, factor)
    return np.asarray(loss), grads


@l2_right("l2_penalty")
def l2_by_loops(params, lam, m):
    total = 0.0
    grads = {key: np.zeros(value.shape) for key, value in params.items()}
    for key, value in params.items():
        if not key.startswith("b"):
            for place in np.ndindex(value.shape):
                total += float(value[place]) ** 2
                grads[key][place] = lam * value[place] / m
    return [lam * total / (2 * m), grads]


@l2_right("l2_penalty")
def l2_by_norms(params, lam, m):
    def keep(name):
        return float(not name.startswith("b"))

    loss = lam / 2 / m * sum(keep(n) * np.linalg.norm(t) ** 2 for n, t in params.items())
    return loss, {n: keep(n) * lam * t / m for n, t in params.items()}


@l2_right("l2_penalty")
def l2_by_torch(params, lam, m, prefix="b"):
    tensors = {n: torch.tensor(np.ascontiguousarray(t), requires_grad=True) for n, t in params.items()}
    loss = sum((lam / (2 * m) * (t**2).sum() for n, t in tensors.items() if not n.startswith(prefix)), 0.0)
    if not isinstance(loss, float):
        loss.backward()
    grads = {n: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for n, t in tensors.items()}
    return float(loss), grads


@l1_wrong("l1_penalty", f"You penalise the biases too. {FREE}")
def l1_of_biases_too(params, lam, m):
    loss = lam / (2 * m) * sum(np.sum(np.abs(theta)) for theta in params.values())
    return loss, {name: lam / (2 * m) * np.sign(theta) for name, theta in params.items()}


@l1_wrong(
    "l1_penalty",
    "Your gradient is λ/m·sign(θ), twice the slope of your loss. Nothing cancels the 2 of λ/(2m) here: |θ| has slope ±1.",
)
def l1_gradient_doubled(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(np.abs(t)) for t in weights.values())
    return loss, {n: lam / m * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}


@l1_wrong(
    "l1_penalty", "Your loss is twice too large: the factor in front of Σ|θ| is λ/(2m), as in the L2 penalty."
)
def l1_loss_doubled(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / m * sum(np.sum(np.abs(t)) for t in weights.values())
    grads = {n: lam / (2 * m) * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}
    return loss, grads


@l1_wrong(
    "l1_penalty",
    "Loss and gradient both use λ/m. The course's factor is λ/(2m) for L1 too, so that the elastic net is one sum.",
)
def l1_factor_doubled(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / m * sum(np.sum(np.abs(t)) for t in weights.values())
    return loss, {n: lam / m * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}


@l1_wrong(
    "l1_penalty",
    "Your gradient is proportional to θ, which belongs to the L2 penalty. The slope of |θ| is the sign of θ.",
)
def l1_gradient_of_l2(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(np.abs(t)) for t in weights.values())
    return loss, {n: lam / m * t if n in weights else np.zeros_like(t) for n, t in params.items()}


@l1_wrong(
    "l1_penalty",
    "Your gradient is the same for positive and negative weights. It is λ/(2m) times the sign: np.sign(θ).",
)
def l1_sign_forgotten(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(np.abs(t)) for t in weights.values())
    grads = {
        n: np.full_like(t, lam / (2 * m)) if n in weights else np.zeros_like(t) for n, t in params.items()
    }
    return loss, grads


@l1_wrong(
    "l1_penalty", "You add the weights without their absolute values, so that +3 and -3 cancel. Use np.abs."
)
def l1_absolute_forgotten(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(t) for t in weights.values())
    grads = {n: lam / (2 * m) * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}
    return loss, grads


@l1_wrong(
    "l1_penalty",
    "You take the absolute value of the sum. It is the other way round: the sum of the absolute values.",
)
def l1_absolute_of_the_sum(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.abs(np.sum(t)) for t in weights.values())
    grads = {n: lam / (2 * m) * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}
    return loss, grads


@l1_wrong("l1_penalty", "Loss and gradient lack 1/m: divide by 2m, m being the number of training examples.")
def l1_not_divided_by_m(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / 2 * sum(np.sum(np.abs(t)) for t in weights.values())
    return loss, {n: lam / 2 * np.sign(t) if n in weights else np.zeros_like(t) for n, t in params.items()}


@l1_wrong(
    "l1_penalty",
    "Only one layer is counted in the loss: `loss = …` in the loop overwrites what came before. Add up with +=.",
)
def l1_last_layer_only(params, lam, m):
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
        else:
            loss = lam / (2 * m) * np.sum(np.abs(theta))
            grads[name] = lam / (2 * m) * np.sign(theta)
    return loss, grads


@l1_wrong(
    "l1_penalty",
    "θ/|θ| is NaN where a weight is exactly 0, and L1 makes many of those. np.sign(θ) is 0 there.",
)
def l1_divides_by_zero(params, lam, m):
    weights = {n: t for n, t in params.items() if not n.startswith("b")}
    loss = lam / (2 * m) * sum(np.sum(np.abs(t)) for t in weights.values())
    with np.errstate(all="ignore"):
        grads = {
            n: lam / (2 * m) * t / np.abs(t) if n in weights else np.zeros_like(t) for n, t in params.items()
        }
    return loss, grads


@l1_right("l1_penalty")
def l1_by_where(params, lam, m):
    c = lam / (2 * m)
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name[:1] == "b":
            grads[name] = np.zeros(theta.shape, dtype=theta.dtype)
            continue
        loss += c * np.abs(theta).sum()
        grads[name] = np.where(theta > 0, c, -c)  # -c at 0: a subgradient
    return loss, grads


@l1_right("l1_penalty")
def l1_right_slope_at_zero(params, lam, m):
    c = lam / (2 * m)
    loss = np.float64(0)
    grads = {}
    for name in sorted(params):
        free = name.startswith("b")
        loss += 0.0 if free else c * np.linalg.norm(params[name].ravel(), 1)
        grads[name] = 0.0 * params[name] if free else c * (2.0 * (params[name] >= 0) - 1.0)
    return loss, grads


@l1_right("l1_penalty")
def l1_by_torch(params, lam, m):
    tensors = {n: torch.tensor(np.ascontiguousarray(t), requires_grad=True) for n, t in params.items()}
    loss = sum((lam / (2 * m) * t.abs().sum() for n, t in tensors.items() if not n.startswith("b")), 0.0)
    if not isinstance(loss, float):
        loss.backward()
    grads = {n: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for n, t in tensors.items()}
    return float(loss), grads


@l1_right("l1_penalty")
def l1_by_masks(params, lam, m):
    grads = {n: np.zeros_like(t) for n, t in params.items()}
    total = 0.0
    for n, t in params.items():
        if not n.startswith("b"):
            grads[n][t > 0] = lam / (2 * m)
            grads[n][t < 0] = -lam / (2 * m)
            total += float((t * np.sign(t)).sum())
    return total * lam / (2 * m), grads


@net_wrong("elastic_net_penalty", f"You penalise the biases too. {FREE}")
def net_of_biases_too(params, lam, beta, m):
    c = lam / (2 * m)
    loss = c * sum(np.sum(beta * t**2 + np.abs(t)) for t in params.values())
    return loss, {n: c * (2 * beta * t + np.sign(t)) for n, t in params.items()}


@net_wrong(
    "elastic_net_penalty",
    "β multiplies the absolute values in your code. In Σ(βθ² + |θ|) it belongs to the squares.",
)
def net_beta_on_the_wrong_part(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return squares + beta * sizes, {n: d_squares[n] + beta * d_sizes[n] for n in params}


@net_wrong(
    "elastic_net_penalty",
    "You mix with β and 1 - β, as scikit-learn's l1_ratio does. The slide's form is βθ² + |θ|, with |θ| in full.",
)
def net_mixed_to_one(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return beta * squares + (1 - beta) * sizes, {
        n: beta * d_squares[n] + (1 - beta) * d_sizes[n] for n in params
    }


@net_wrong(
    "elastic_net_penalty",
    "β is ignored: the squares count in full. Multiply them by β, in loss and gradient.",
)
def net_beta_ignored(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return squares + sizes, {n: d_squares[n] + d_sizes[n] for n in params}


@net_wrong("elastic_net_penalty", "β multiplies everything. It belongs to the squares only: βθ² + |θ|.")
def net_beta_on_everything(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return beta * (squares + sizes), {n: beta * (d_squares[n] + d_sizes[n]) for n in params}


@net_wrong(
    "elastic_net_penalty",
    "The gradient of the squares is half of what it should be: λ/(2m)·β·2θ. Did the 2 of 2θ get lost?",
)
def net_square_gradient_halved(params, lam, beta, m):
    c = lam / (2 * m)
    loss = beta * l2_penalty(params, lam, m)[0] + l1_penalty(params, lam, m)[0]
    grads = {
        n: np.zeros_like(t) if n.startswith("b") else c * (beta * t + np.sign(t)) for n, t in params.items()
    }
    return loss, grads


@net_wrong(
    "elastic_net_penalty",
    "The gradient of the absolute values is twice what it should be: λ/(2m)·sign(θ), nothing cancels that 2.",
)
def net_sign_gradient_doubled(params, lam, beta, m):
    c = lam / m
    loss = beta * l2_penalty(params, lam, m)[0] + l1_penalty(params, lam, m)[0]
    grads = {
        n: np.zeros_like(t) if n.startswith("b") else c * (beta * t + np.sign(t)) for n, t in params.items()
    }
    return loss, grads


@net_wrong(
    "elastic_net_penalty",
    "The loss is that of the elastic net, but the gradient has only its L2 part. Add the slope of |θ|.",
)
def net_gradient_of_squares_only(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, _ = l1_penalty(params, lam, m)
    return beta * squares + sizes, {n: beta * d_squares[n] for n in params}


@net_wrong(
    "elastic_net_penalty", "Loss and gradient use λ/m. The factor in front of the whole sum is λ/(2m)."
)
def net_factor_doubled(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, 2 * lam, m)
    sizes, d_sizes = l1_penalty(params, 2 * lam, m)
    return beta * squares + sizes, {n: beta * d_squares[n] + d_sizes[n] for n in params}


@net_wrong(
    "elastic_net_penalty",
    "λ is multiplied in twice: l2_penalty and l1_penalty have it already. Combine their results with β only.",
)
def net_lambda_twice(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return lam * (beta * squares + sizes), {n: lam * (beta * d_squares[n] + d_sizes[n]) for n in params}


@net_right("elastic_net_penalty")
def net_written_out(params, lam, beta, m):
    c = lam / (2 * m)
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
        else:
            loss += c * np.sum(beta * np.square(theta) + np.abs(theta))
            grads[name] = c * (2 * beta * theta + np.sign(theta))
    return loss, grads


@net_right("elastic_net_penalty")
def net_of_scaled_penalties(params, lam, beta, m):
    squares, d_squares = l2_penalty(params, lam * beta, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return np.array(squares + sizes), {n: np.add(d_squares[n], d_sizes[n]) for n in d_sizes}


@net_right("elastic_net_penalty")
def net_by_loops(params, lam, beta, m):
    total = 0.0
    grads = {n: np.zeros(t.shape) for n, t in params.items()}
    for n, t in params.items():
        if n[0] != "b":
            for place in np.ndindex(t.shape):
                value = float(t[place])
                total += beta * value * value + abs(value)
                grads[n][place] = (2 * beta * value + (1 if value >= 0 else -1)) * lam / (2 * m)
    return [total * lam / (2 * m), grads]


@net_right("elastic_net_penalty")
def net_by_torch(params, lam, beta, m):
    tensors = {n: torch.tensor(np.ascontiguousarray(t), requires_grad=True) for n, t in params.items()}
    terms = [(beta * t**2 + t.abs()).sum() for n, t in tensors.items() if not n.startswith("b")]
    loss = lam / (2 * m) * sum(terms)
    if terms:
        loss.backward()
    return float(loss), {
        n: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for n, t in tensors.items()
    }
