"""Wrong and other right ways to write sigmoid, tanh and ReLU. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.vanishing_gradients.activations import (
    relu,
    relu_exercise,
    sigmoid,
    sigmoid_exercise,
    tanh,
    tanh_exercise,
)

# --- sigmoid -----------------------------------------------------------------------------------------------


@sigmoid_exercise.misconception(
    "sigmoid",
    "1/(1 + np.exp(-z)) overflows where z is very negative: e¹⁰⁰⁰ is no float. Use np.exp(-np.abs(z)) and treat "
    "z >= 0 and z < 0 apart.",
)
def overflowing_exp(z):
    return 1.0 / (1.0 + np.exp(-z))


@sigmoid_exercise.misconception(
    "sigmoid", "eᶻ/(1 + eᶻ) becomes inf/inf = NaN where z is large. Use that form for z < 0 only."
)
def infinity_over_infinity(z):
    return np.exp(z) / (1.0 + np.exp(z))


@sigmoid_exercise.misconception(
    "sigmoid",
    "Your sigmoid falls where it should rise: the exponent lost its minus sign. σ(z) = 1/(1 + e⁻ᶻ).",
)
def sign_of_exponent(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, e, 1.0) / (1.0 + e)


@sigmoid_exercise.misconception(
    "sigmoid",
    "Your outputs equal tanh(z), from -1 to 1. The sigmoid runs from 0 to 1: σ(z) = (1 + tanh(z/2))/2.",
)
def tanh_for_sigmoid(z):
    return np.tanh(z)


@sigmoid_exercise.misconception(
    "sigmoid", "Your outputs equal (1 + tanh z)/2 = σ(2z). The argument of tanh has to be halved: z/2."
)
def half_forgotten(z):
    return 0.5 * (1.0 + np.tanh(z))


@sigmoid_exercise.misconception(
    "sigmoid",
    "Clipping z changes the function: inside the clipped range is fine, but you clip so early that values differ.",
)
def clipped_too_early(z):
    return 1.0 / (1.0 + np.exp(-np.clip(z, -3.0, 3.0)))


@sigmoid_exercise.misconception(
    "sigmoid", "Your outputs are rounded to 0 and 1: that is a step function, with no slope to learn from."
)
def step_for_sigmoid(z):
    return (np.asarray(z) > 0).astype(float)


@sigmoid_exercise.misconception(
    "sigmoid",
    "Your outputs are a softmax over the whole array. The sigmoid looks at every element on its own.",
)
def softmax_for_sigmoid(z):
    e = np.exp(z - np.max(z, initial=0.0))
    return e / np.maximum(e.sum(), 1e-300)


@sigmoid_exercise.misconception(
    "sigmoid_prime",
    "Your slope equals z(1 - z): the formula a(1 - a) needs a = sigmoid(z), but z is put in. Compute a first.",
)
def activation_taken_for_z(z):
    return z * (1.0 - z)


@sigmoid_exercise.misconception(
    "sigmoid_prime", "Your slope equals sigmoid(z) itself. The derivative is σ(z)·(1 - σ(z))."
)
def value_for_slope(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


@sigmoid_exercise.misconception(
    "sigmoid_prime", "Your slope equals 1 - σ(z). A factor σ(z) is missing: σ'(z) = σ(z)·(1 - σ(z))."
)
def one_factor_missing(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, e, 1.0) / (1.0 + e)


@sigmoid_exercise.misconception(
    "sigmoid_prime",
    "Your slope equals 1 - σ(z)²: that is the pattern of tanh. For the sigmoid it is σ(z)·(1 - σ(z)).",
)
def pattern_of_tanh(z):
    e = np.exp(-np.abs(z))
    s = np.where(z >= 0, 1.0, e) / (1.0 + e)
    return 1.0 - s**2


@sigmoid_exercise.misconception(
    "sigmoid_prime",
    "Your slope is negative: the derivative of 1/(1 + e⁻ᶻ) has two minus signs, which cancel.",
)
def negative_slope(z):
    e = np.exp(-np.abs(z))
    return -e / (1.0 + e) ** 2


@sigmoid_exercise.misconception(
    "sigmoid_prime",
    "e⁻ᶻ/(1 + e⁻ᶻ)² overflows to NaN where z is very negative. Use σ(z)·(1 - σ(z)) with a stable sigmoid.",
)
def slope_overflows(z):
    return np.exp(-z) / (1.0 + np.exp(-z)) ** 2


@sigmoid_exercise.variant("sigmoid")
def by_tanh(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


@sigmoid_exercise.variant("sigmoid")
def two_branches_by_mask(z):
    z = np.asarray(z)
    out = np.empty(z.shape, dtype=z.dtype)
    positive = z >= 0
    out[positive] = 1.0 / (1.0 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1.0 + e)
    return out


@sigmoid_exercise.variant("sigmoid")
def by_logaddexp(z):
    return np.exp(-np.logaddexp(0.0, -z))


@sigmoid_exercise.variant("sigmoid")
def generously_clipped(z):
    return 1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))


@sigmoid_exercise.variant("sigmoid")
def silenced(z):
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-z))


@sigmoid_exercise.variant("sigmoid")
def element_by_element(z):
    def one(v):
        return 1.0 / (1.0 + math.exp(-v)) if v >= 0 else math.exp(v) / (1.0 + math.exp(v))

    z = np.asarray(z)
    return np.array([one(v) for v in z.ravel()], dtype=float).reshape(z.shape)


@sigmoid_exercise.variant("sigmoid_prime")
def from_sigmoid(z):
    a = sigmoid(z)
    return a * (1.0 - a)


@sigmoid_exercise.variant("sigmoid_prime")
def a_minus_a_squared(z):
    a = sigmoid(z)
    return a - a**2


# --- tanh --------------------------------------------------------------------------------------------------


@tanh_exercise.misconception(
    "tanh",
    "Your outputs equal tanh(z/2): this is the slide's formula (1 - e⁻ᶻ)/(1 + e⁻ᶻ), which is wrong. The exponent is -2z.",
)
def slide_formula(z):
    return np.tanh(z / 2.0)


@tanh_exercise.misconception(
    "tanh",
    "(eᶻ - e⁻ᶻ)/(eᶻ + e⁻ᶻ) overflows to inf/inf = NaN for large |z|. np.tanh is safe, and so is exp(-2|z|).",
)
def overflowing_quotient(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


@tanh_exercise.misconception(
    "tanh", "Your outputs equal the sigmoid, from 0 to 1. tanh runs from -1 to 1: 2σ(2z) - 1."
)
def sigmoid_for_tanh(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


@tanh_exercise.misconception("tanh", "The sign is flipped: tanh is positive where z is positive.")
def flipped_tanh(z):
    return -np.tanh(z)


@tanh_exercise.misconception(
    "tanh", "Your outputs equal tan(z), the circular function. Use the hyperbolic one, tanh."
)
def circular_tangent(z):
    return np.tan(z)


@tanh_exercise.misconception(
    "tanh", "Your outputs are z clipped to [-1, 1] (hard tanh). tanh bends smoothly."
)
def hard_tanh(z):
    return np.clip(z, -1.0, 1.0)


@tanh_exercise.misconception(
    "tanh", "Your outputs equal 2σ(z) - 1 with values up to 2: check the factor and the -1."
)
def missing_shift(z):
    return 1.0 + np.tanh(z)


@tanh_exercise.misconception(
    "tanh_prime",
    "Your slope equals 1 - z²: put tanh(z) into 1 - a², not z. f_prime takes the pre-activation.",
)
def activation_taken_for_z_in_tanh(z):
    return 1.0 - z**2


@tanh_exercise.misconception("tanh_prime", "Your slope equals 1 - tanh(z): the square is missing.")
def square_missing(z):
    return 1.0 - np.tanh(z)


@tanh_exercise.misconception(
    "tanh_prime", "Your slope equals a(1 - a): that is the pattern of the sigmoid. tanh' = 1 - a²."
)
def pattern_of_sigmoid(z):
    a = np.tanh(z)
    return a * (1.0 - a)


@tanh_exercise.misconception(
    "tanh_prime", "Your slope belongs to the slide's tanh(z/2). tanh'(z) = 1 - tanh(z)²."
)
def slope_of_slide_formula(z):
    return 0.5 * (1.0 - np.tanh(z / 2.0) ** 2)


@tanh_exercise.misconception(
    "tanh_prime", "1/cosh² is right, but np.cosh overflows at large |z|. Use 1 - np.tanh(z)**2."
)
def overflowing_cosh(z):
    return 1.0 / np.cosh(z) ** 2


@tanh_exercise.variant("tanh")
def from_sigmoid_doubled(z):
    return 2.0 * sigmoid(2.0 * z) - 1.0


@tanh_exercise.variant("tanh")
def stable_quotient(z):
    e = np.exp(-2.0 * np.abs(z))
    return np.sign(z) * (1.0 - e) / (1.0 + e)


@tanh_exercise.variant("tanh")
def by_expm1(z):
    t = np.expm1(-2.0 * np.abs(z))
    return np.where(z >= 0, -t, t) / (t + 2.0)


@tanh_exercise.variant("tanh_prime")
def by_product(z):
    a = tanh(z)
    return (1.0 - a) * (1.0 + a)


@tanh_exercise.variant("tanh_prime")
def by_sigmoid_slope(z):
    s = sigmoid(2.0 * z)
    return 4.0 * s * (1.0 - s)


# --- ReLU --------------------------------------------------------------------------------------------------


@relu_exercise.misconception(
    "relu", "Your outputs are |z|: ReLU sets negative values to 0, it does not flip them."
)
def absolute_value(z):
    return np.abs(z)


@relu_exercise.misconception(
    "relu", "Your outputs equal min(0, z): you keep the negative side. ReLU keeps the positive one."
)
def minimum_for_maximum(z):
    return np.minimum(z, 0.0)


@relu_exercise.misconception(
    "relu", "np.max looks for one number in the whole array. np.maximum(z, 0) works element by element."
)
def one_maximum(z):
    return np.max(z, initial=0.0)


@relu_exercise.misconception(
    "relu",
    "z[z < 0] = 0 changes the caller's array. Take a copy first, or use np.maximum(z, 0), which makes a new one.",
)
def changed_in_place(z):
    z[z < 0] = 0.0
    return z


@relu_exercise.misconception(
    "relu", "Your outputs are only 0 and 1: that is the slope of ReLU. The value is z itself where z > 0."
)
def slope_for_value(z):
    return (np.asarray(z) > 0).astype(float)


@relu_exercise.misconception("relu", "Your outputs stop at a ceiling: ReLU has none (that would be ReLU6).")
def relu_with_ceiling(z):
    return np.clip(z, 0.0, 6.0)


@relu_exercise.misconception("relu", "A little of the negative side leaks through: that is a leaky ReLU.")
def leaking(z):
    return np.where(z > 0, z, 0.01 * z)


@relu_exercise.misconception(
    "relu", "Your outputs are log(1 + eᶻ) (softplus), a smooth cousin. ReLU is exactly max(0, z)."
)
def softplus_for_relu(z):
    return np.logaddexp(0.0, z)


@relu_exercise.misconception(
    "relu_prime", "Your slope at z = 0 is ½. ReLU has no such slope: take 0 or 1, one of the two sides."
)
def half_at_the_kink(z):
    return np.heaviside(z, 0.5)


@relu_exercise.misconception(
    "relu_prime", "Your slope equals sign(z), so it is -1 on the left. ReLU is flat there: 0."
)
def sign_for_slope(z):
    return np.sign(z)


@relu_exercise.misconception(
    "relu_prime", "Your slope equals max(0, z), the value. The slope is 1 wherever z > 0."
)
def value_for_relu_slope(z):
    return np.maximum(z, 0.0)


@relu_exercise.misconception(
    "relu_prime", "Your slope is 1 where z is negative: the comparison points the wrong way."
)
def comparison_reversed(z):
    return (np.asarray(z) < 0).astype(float)


@relu_exercise.misconception(
    "relu_prime", "Your slope is 1 everywhere: on the negative side ReLU is flat, so its slope is 0."
)
def slope_one_everywhere(z):
    return np.ones_like(z)


@relu_exercise.variant("relu")
def by_product_with_mask(z):
    return z * (z > 0)


@relu_exercise.variant("relu")
def by_where(z):
    return np.where(z > 0, z, 0.0)


@relu_exercise.variant("relu")
def mean_with_absolute_value(z):
    return (np.abs(z) + z) / 2.0


@relu_exercise.variant("relu")
def copy_then_mask(z):
    out = np.array(z, dtype=float)
    out[out < 0] = 0.0
    return out


@relu_exercise.variant("relu_prime")
def booleans(z):
    return z > 0


@relu_exercise.variant("relu_prime")
def one_at_the_kink(z):
    return np.where(z >= 0, 1.0, 0.0)


@relu_exercise.variant("relu_prime")
def integers(z):
    return (np.asarray(z) > 0).astype(int)


@relu_exercise.variant("relu_prime")
def from_relu(z):
    return np.sign(relu(z))
