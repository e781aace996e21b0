"""Wrong and other right ways to write leaky ReLU, ELU and PReLU. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.vanishing_gradients.rectifiers import (
    elu,
    elu_exercise,
    leaky_relu_exercise,
    prelu_exercise,
)

# --- leaky_relu --------------------------------------------------------------------------------------


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "Negative inputs come out as 0: that is plain ReLU. Let them through, multiplied by alpha.",
)
def plain_relu(z, alpha=0.01):
    return np.maximum(z, 0.0)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "You shrink the positive side and keep the negative one. Swap them: z where z > 0, alpha * z elsewhere.",
)
def alpha_on_the_positive_side(z, alpha=0.01):
    return np.where(z > 0, alpha * z, z)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "The slope is fixed at 0.01 whatever alpha is. Use the parameter alpha.",
)
def alpha_ignored(z, alpha=0.01):
    return np.where(z > 0, z, 0.01 * z)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "The default of alpha is 0.1 in your code. The contract says alpha=0.01.",
)
def default_of_a_tenth(z, alpha=0.1):
    return np.where(z > 0, z, alpha * z)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "Negative inputs all come out as alpha itself. They should be alpha times z.",
)
def constant_instead_of_line(z, alpha=0.01):
    return np.where(z > 0, z, alpha)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "Negative inputs come out positive: a minus sign too many. The negative side is alpha * z.",
)
def negative_side_flipped(z, alpha=0.01):
    return np.where(z > 0, z, -alpha * z)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "You add alpha * z on the positive side too, so the slope there is 1 + alpha. Add it only where z < 0.",
)
def leak_added_everywhere(z, alpha=0.01):
    return np.maximum(z, 0.0) + alpha * z


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "Negative inputs are divided by alpha. Some papers write z/a; here the slope is alpha, so multiply.",
)
def divided_by_alpha(z, alpha=0.01):
    return np.where(z > 0, z, z / alpha)


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "You write into z itself, so the caller's array changes. Work on z.copy(), or use np.where.",
)
def input_overwritten(z, alpha=0.01):
    z[z < 0] *= alpha
    return z


@leaky_relu_exercise.misconception(
    "leaky_relu",
    "You choose one side for the whole array. Every element chooses on its own: use np.where(z > 0, z, alpha * z).",
)
def one_branch_for_the_whole_array(z, alpha=0.01):
    return z if np.all(z > 0) else alpha * z


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "The slope for negative z is 0 in your code: that is ReLU. Leaky ReLU has slope alpha there.",
)
def slope_of_plain_relu(z, alpha=0.01):
    return (z > 0).astype(float)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "You return the function's value, not its slope. The slope of z is 1 and that of alpha * z is alpha.",
)
def value_for_slope(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "At z = 0 you return the mean of both slopes. Take one of the two: 1 or alpha.",
)
def half_way_at_the_kink(z, alpha=0.01):
    return np.where(z > 0, 1.0, np.where(z < 0, alpha, 0.5 * (1.0 + alpha)))


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "At z = 0 you return 0, which is the slope of neither side. Let one of the two conditions include 0.",
)
def zero_at_the_kink(z, alpha=0.01):
    return np.where(z > 0, 1.0, np.where(z < 0, alpha, 0.0))


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "The slope is fixed at 0.01 whatever alpha is. Use the parameter alpha.",
)
def slope_ignores_alpha(z, alpha=0.01):
    return np.where(z > 0, 1.0, 0.01)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "The two slopes are swapped. It is 1 where z > 0 and alpha where z < 0.",
)
def slopes_swapped(z, alpha=0.01):
    return np.where(z > 0, alpha, 1.0)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "The slope for negative z has a minus sign too many: alpha * z rises with slope alpha.",
)
def negative_slope(z, alpha=0.01):
    return np.where(z > 0, 1.0, -alpha)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "For negative z you return alpha * z. Differentiate that side too: the slope is alpha.",
)
def z_left_in_the_slope(z, alpha=0.01):
    return np.where(z > 0, 1.0, alpha * z)


@leaky_relu_exercise.misconception(
    "leaky_relu_prime",
    "The default of alpha is 0.1 in your slope. The contract says alpha=0.01.",
)
def slope_default_of_a_tenth(z, alpha=0.1):
    return np.where(z > 0, 1.0, alpha)


@leaky_relu_exercise.variant("leaky_relu")
def by_maximum(z, alpha=0.01):
    return np.maximum(alpha * z, z)


@leaky_relu_exercise.variant("leaky_relu")
def by_mask_on_a_copy(z, alpha=0.01):
    out = z.copy()
    out[out < 0] *= alpha
    return out


@leaky_relu_exercise.variant("leaky_relu")
def by_two_parts(z, alpha=0.01):
    return np.maximum(z, 0.0) + alpha * np.minimum(z, 0.0)


@leaky_relu_exercise.variant("leaky_relu")
def by_torch(z, alpha=0.01):
    import torch

    return torch.nn.functional.leaky_relu(torch.from_numpy(z.copy()), alpha).numpy()


@leaky_relu_exercise.variant("leaky_relu")
def by_loop(z, alpha=0.01):
    out = np.zeros(z.shape)
    for index in np.ndindex(*z.shape):
        out[index] = z[index] if z[index] > 0 else alpha * z[index]
    return out


@leaky_relu_exercise.variant("leaky_relu_prime")
def kink_on_the_right(z, alpha=0.01):
    return np.where(z >= 0, 1.0, alpha)


@leaky_relu_exercise.variant("leaky_relu_prime")
def slope_by_filling(z, alpha=0.01):
    out = np.ones_like(z)
    out[z < 0] = alpha
    return out


# --- elu ---------------------------------------------------------------------------------------------


@elu_exercise.misconception(
    "elu",
    "alpha does not enter your ELU. The negative side is alpha * (exp(z) - 1).",
)
def alpha_left_out(z, alpha=1.0):
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "The negative side is alpha * exp(z) in your code, which jumps at 0. Subtract 1: alpha * (exp(z) - 1).",
)
def missing_minus_one(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.exp(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "You compute alpha * exp(z) - 1. Put parentheses round exp(z) - 1, so that alpha multiplies both.",
)
def parenthesis_missing(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.exp(np.minimum(z, 0.0)) - 1.0)


@elu_exercise.misconception(
    "elu",
    "alpha stands inside the exponent. It belongs in front: alpha * (exp(z) - 1).",
)
def alpha_in_the_exponent(z, alpha=1.0):
    return np.where(z > 0, z, np.expm1(alpha * np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "The negative side comes out positive: you compute alpha * (1 - exp(z)). It is alpha * (exp(z) - 1).",
)
def negative_side_flipped(z, alpha=1.0):
    return np.where(z > 0, z, -alpha * np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "alpha multiplies the positive side too. There the output is z itself.",
)
def alpha_on_both_sides(z, alpha=1.0):
    return alpha * np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "The exponent is -z in your code, so the output explodes for negative z. It is exp(z).",
)
def exponent_sign(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(-np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu",
    "The larger of both formulas is not ELU: for z > 0 the exponential is the larger one. Choose by the sign of z.",
)
def larger_of_both_sides(z, alpha=1.0):
    return np.maximum(z, alpha * np.expm1(z))


@elu_exercise.misconception(
    "elu",
    "exp(1000) is infinite, and infinity times a mask of 0 is NaN. Choose with np.where instead of multiplying.",
)
def infinity_times_mask(z, alpha=1.0):
    return (z > 0) * z + (z <= 0) * alpha * (np.exp(z) - 1.0)


@elu_exercise.misconception(
    "elu",
    "You write into z itself, so the caller's array changes. Work on z.copy(), or use np.where.",
)
def input_overwritten(z, alpha=1.0):
    z[z < 0] = alpha * np.expm1(z[z < 0])
    return z


@elu_exercise.misconception(
    "elu",
    "The negative side is the straight line alpha * z: that is leaky ReLU. ELU bends: alpha * (exp(z) - 1).",
)
def leaky_line(z, alpha=1.0):
    return np.where(z > 0, z, alpha * z)


@elu_exercise.misconception(
    "elu",
    "The default of alpha is 0.5 in your code. The contract says alpha=1.0.",
)
def default_of_one_half(z, alpha=0.5):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu_prime",
    "alpha is missing in your slope: for z < 0 it is alpha * exp(z).",
)
def slope_without_alpha(z, alpha=1.0):
    return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu_prime",
    "You return z + alpha for negative z. That rule needs the activation: elu(z, alpha) + alpha, and z is what comes in.",
)
def activation_taken_for_z(z, alpha=1.0):
    return np.where(z > 0, 1.0, z + alpha)


@elu_exercise.misconception(
    "elu_prime",
    "For negative z you return the value alpha * (exp(z) - 1). Its slope is alpha * exp(z): the -1 falls away.",
)
def alpha_not_added_back(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu_prime",
    "You add 1 to elu(z) to get the slope. That is right for alpha = 1 only; add alpha.",
)
def one_added_for_alpha(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.expm1(np.minimum(z, 0.0)) + 1.0)


@elu_exercise.misconception(
    "elu_prime",
    "alpha stands inside the exponent of your slope. It is alpha * exp(z).",
)
def slope_of_alpha_in_the_exponent(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.exp(alpha * np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu_prime",
    "At z = 0 you return the mean of both slopes. Take one of the two: 1 or alpha.",
)
def half_way_at_the_kink(z, alpha=1.0):
    return np.where(z > 0, 1.0, np.where(z < 0, alpha * np.exp(np.minimum(z, 0.0)), 0.5 * (1.0 + alpha)))


@elu_exercise.misconception(
    "elu_prime",
    "At z = 0 you return 0, which is the slope of neither side. Let one of the two conditions include 0.",
)
def zero_at_the_kink(z, alpha=1.0):
    return np.where(z > 0, 1.0, np.where(z < 0, alpha * np.exp(np.minimum(z, 0.0)), 0.0))


@elu_exercise.misconception(
    "elu_prime",
    "exp(1000) is infinite, and infinity times a mask of 0 is NaN. Choose with np.where instead of multiplying.",
)
def slope_infinity_times_mask(z, alpha=1.0):
    return (z > 0) * 1.0 + (z <= 0) * alpha * np.exp(z)


@elu_exercise.misconception(
    "elu_prime",
    "You return the function's value, not its slope. The slope is 1 for z > 0 and alpha * exp(z) for z < 0.",
)
def value_for_slope(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


@elu_exercise.misconception(
    "elu_prime",
    "The smaller of both slopes is right for alpha = 1 only. Choose by the sign of z.",
)
def smaller_of_both_slopes(z, alpha=1.0):
    return np.minimum(1.0, alpha * np.exp(z))


@elu_exercise.misconception(
    "elu_prime",
    "Your slope for negative z is the constant alpha: that is leaky ReLU. ELU bends: alpha * exp(z).",
)
def slope_of_leaky_relu(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha)


@elu_exercise.variant("elu")
def overflow_discarded(z, alpha=1.0):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1))


@elu_exercise.variant("elu")
def by_mask_on_a_copy(z, alpha=1.0):
    out = z.copy()
    out[z < 0] = alpha * (np.exp(z[z < 0]) - 1)
    return out


@elu_exercise.variant("elu")
def by_two_parts(z, alpha=1.0):
    return np.maximum(z, 0) + np.minimum(0, alpha * (np.exp(z) - 1))


@elu_exercise.variant("elu")
def by_math(z, alpha=1.0):
    import math

    values = [v if v > 0 else alpha * (math.exp(v) - 1) for v in z.ravel().tolist()]
    return np.array(values, dtype=float).reshape(z.shape)


@elu_exercise.variant("elu_prime")
def slope_from_the_activation(z, alpha=1.0):
    return np.where(z > 0, 1.0, elu(z, alpha) + alpha)


@elu_exercise.variant("elu_prime")
def kink_on_the_right(z, alpha=1.0):
    return np.where(z >= 0, 1.0, alpha * np.exp(z))


# --- prelu -------------------------------------------------------------------------------------------


@prelu_exercise.misconception(
    "prelu",
    "The larger of z and alpha * z is PReLU only for alpha up to 1. A learned alpha may be larger: use np.where(z > 0, ...).",
)
def maximum_of_both(z, alpha):
    return np.maximum(alpha * z, z)


@prelu_exercise.misconception(
    "prelu",
    "Negative inputs come out as 0: that is ReLU. PReLU multiplies them by alpha.",
)
def plain_relu(z, alpha):
    return np.maximum(z, 0.0)


@prelu_exercise.misconception(
    "prelu",
    "You use the first alpha for every feature. alpha * z gives every column its own.",
)
def one_slope_for_all_features(z, alpha):
    return np.where(z > 0, z, alpha[0] * z)


@prelu_exercise.misconception(
    "prelu",
    "You use the mean of alpha for every feature. alpha * z gives every column its own.",
)
def mean_slope(z, alpha):
    return np.where(z > 0, z, alpha.mean() * z)


@prelu_exercise.misconception(
    "prelu",
    "alpha runs along the rows in your code. It has one number per feature: alpha * z without reshaping.",
)
def alpha_along_the_batch(z, alpha):
    return np.where(z > 0, z, alpha[:, None] * z)


@prelu_exercise.misconception(
    "prelu",
    "alpha multiplies the positive side. Swap them: z where z > 0, alpha * z elsewhere.",
)
def alpha_on_the_positive_side(z, alpha):
    return np.where(z > 0, alpha * z, z)


@prelu_exercise.misconception(
    "prelu",
    "You drop the sign of alpha. A learned alpha may be negative: use it as it is.",
)
def absolute_alpha(z, alpha):
    return np.where(z > 0, z, np.abs(alpha) * z)


@prelu_exercise.misconception(
    "prelu",
    "You limit alpha to [0, 1]. A learned alpha may be any number: use it as it is.",
)
def alpha_limited_to_one(z, alpha):
    return np.where(z > 0, z, np.clip(alpha, 0.0, 1.0) * z)


@prelu_exercise.misconception(
    "prelu",
    "The negative side has a minus sign too many: it is alpha * z.",
)
def negative_side_flipped(z, alpha):
    return np.where(z > 0, z, -alpha * z)


@prelu_exercise.misconception(
    "prelu",
    "You write into z itself, so the caller's array changes. Build a new array.",
)
def input_overwritten(z, alpha):
    z *= np.where(z > 0, 1.0, alpha).astype(z.dtype)
    return z


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha is a mean over the batch. The loss's own 1/n is already in dout: sum over axis 0.",
)
def dalpha_averaged(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.mean(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha still has one row per example. All rows share alpha: sum over axis 0.",
)
def dalpha_not_summed(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), dout * np.minimum(z, 0.0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha is a single number. Each feature has its own alpha: sum over axis 0 only.",
)
def dalpha_summed_over_all(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.minimum(z, 0.0))


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha is summed over the features. Sum over the batch, axis 0, so that it has alpha's shape.",
)
def dalpha_summed_over_features(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.minimum(z, 0.0), axis=1)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha collects the positive z. The output depends on alpha only where z < 0.",
)
def dalpha_from_the_positive_side(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.maximum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha collects every z. Where z > 0 the output does not depend on alpha: leave those out.",
)
def dalpha_from_both_sides(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * z, axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha lacks the factor dout: the chain rule multiplies it with z.",
)
def dalpha_without_dout(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha lacks the factor z: the derivative of alpha * z by alpha is z.",
)
def dalpha_without_z(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * (z < 0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha still holds alpha. The derivative of alpha * z by alpha is z alone.",
)
def dalpha_times_alpha(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * alpha * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dalpha has the wrong sign: z is negative there, so do not take its absolute value.",
)
def dalpha_sign(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha), np.sum(dout * np.maximum(-z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dz is only the slope. Multiply it by dout: that is the chain rule.",
)
def dz_without_dout(dout, z, alpha):
    return np.where(z > 0, 1.0, alpha) * np.ones_like(z), np.sum(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "dz is 0 for negative z: that is ReLU. The slope there is alpha.",
)
def dz_of_relu(dout, z, alpha):
    return dout * (z > 0), np.sum(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "The two slopes in dz are swapped: 1 where z > 0, alpha where z < 0.",
)
def dz_sides_swapped(dout, z, alpha):
    return dout * np.where(z > 0, alpha, 1.0), np.sum(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "At z = 0 the slope in dz is 0, that of neither side. Take 1 or alpha.",
)
def dz_zero_at_the_kink(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, np.where(z < 0, alpha, 0.0)), np.sum(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.misconception(
    "prelu_backward",
    "The two gradients come in the wrong order. Return dz first, then dalpha.",
)
def gradients_in_the_wrong_order(dout, z, alpha):
    return np.sum(dout * np.minimum(z, 0.0), axis=0), dout * np.where(z > 0, 1.0, alpha)


@prelu_exercise.misconception(
    "prelu_backward",
    "Only dz comes back. Return both: (dz, dalpha).",
)
def only_dz(dout, z, alpha):
    return dout * np.where(z > 0, 1.0, alpha)


@prelu_exercise.misconception(
    "prelu_backward",
    "You choose the side by z > alpha * z, which turns round for alpha above 1. Ask for z > 0.",
)
def slope_by_maximum(dout, z, alpha):
    return dout * np.where(z > alpha * z, 1.0, alpha), np.sum(dout * np.minimum(z, 0.0), axis=0)


@prelu_exercise.variant("prelu")
def by_two_parts(z, alpha):
    return np.maximum(z, 0.0) + alpha * np.minimum(z, 0.0)


@prelu_exercise.variant("prelu")
def by_columns(z, alpha):
    out = z.copy()
    for j in range(z.shape[1]):
        out[z[:, j] < 0, j] *= alpha[j]
    return out


@prelu_exercise.variant("prelu")
def by_slope(z, alpha):
    return z * np.where(z > 0, 1.0, alpha)


@prelu_exercise.variant("prelu_backward")
def backward_by_masks(dout, z, alpha):
    negative = z < 0
    dz = dout.copy()
    dz[negative] = (dout * alpha)[negative]
    return dz, (dout * z * negative).sum(axis=0)


@prelu_exercise.variant("prelu_backward")
def backward_by_loops(dout, z, alpha):
    dz, dalpha = np.zeros(z.shape), np.zeros(alpha.shape)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            dz[i, j] = dout[i, j] * (1.0 if z[i, j] > 0 else alpha[j])
            if z[i, j] <= 0:
                dalpha[j] += dout[i, j] * z[i, j]
    return [dz, dalpha]


@prelu_exercise.variant("prelu_backward")
def backward_by_einsum(dout, z, alpha):
    return dout * np.where(z >= 0, 1.0, alpha), np.einsum("nf,nf->f", dout, np.minimum(z, 0.0))
