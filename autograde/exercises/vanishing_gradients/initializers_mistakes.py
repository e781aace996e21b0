"""Wrong and other right ways to initialize. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.vanishing_gradients.initializers import (
    he_normal_exercise,
    xavier_normal_exercise,
    xavier_uniform_exercise,
)


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "rng.normal takes the standard deviation, and you give it the variance 2/(fan_in + fan_out). Take its square root.",
)
def xavier_variance_for_std(fan_in, fan_out, rng):
    return rng.normal(0.0, 2.0 / (fan_in + fan_out), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your weights have variance 1, whatever the layer's size: scale them. N(0, 1) weights are what saturates the deep net of lesson 1.",
)
def xavier_standard_normal(fan_in, fan_out, rng):
    return rng.normal(size=(fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your matrix is (fan_out, fan_in). In this course X @ W needs W of shape (fan_in, fan_out).",
)
def xavier_transposed(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_out, fan_in))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "You make a generator of your own with a fixed seed, so every layer gets the same weights. Draw from the `rng` argument.",
)
def xavier_own_generator(fan_in, fan_out, rng):
    return np.random.default_rng(0).normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "You draw from np.random, the global generator, so the result cannot be repeated. Draw from the `rng` argument.",
)
def xavier_global_generator(fan_in, fan_out, rng):
    return np.random.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Every row of your matrix is the same: you drew fan_out numbers once. Draw (fan_in, fan_out) of them, or all inputs stay tied together.",
)
def xavier_same_row(fan_in, fan_out, rng):
    return np.tile(rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), fan_out), (fan_in, 1))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your weights have the right variance but are uniform. This exercise asks for normal draws: rng.normal.",
)
def xavier_uniform_instead(fan_in, fan_out, rng):
    a = math.sqrt(3.0) * math.sqrt(2.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "All your weights are positive (an absolute value?). Their mean must be 0, or every neuron adds up the same way.",
)
def xavier_all_positive(fan_in, fan_out, rng):
    return np.abs(rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out)))


@xavier_normal_exercise.variant("xavier_normal")
def xavier_scaled_standard_normal(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2.0 / (fan_in + fan_out))


@xavier_normal_exercise.variant("xavier_normal")
def xavier_row_by_row(fan_in, fan_out, rng):
    W = np.zeros((fan_in, fan_out))
    for i in range(fan_in):
        W[i] = rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), fan_out)
    return W


@xavier_normal_exercise.variant("xavier_normal")
def xavier_drawn_transposed(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_out, fan_in)).T


@xavier_normal_exercise.variant("xavier_normal")
def xavier_truncated(fan_in, fan_out, rng):
    z = rng.standard_normal((fan_in, fan_out))
    while (np.abs(z) > 2).any():
        bad = np.abs(z) > 2
        z[bad] = rng.standard_normal(bad.sum())
    return z * math.sqrt(2.0 / (fan_in + fan_out)) / 0.87962566103423978


@xavier_normal_exercise.variant("xavier_normal")
def xavier_single_precision(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out)).astype(np.float32)


@he_normal_exercise.misconception(
    "he_normal",
    "rng.normal takes the standard deviation, and you give it the variance 2/fan_in. Take its square root.",
)
def he_variance_for_std(fan_in, fan_out, rng):
    return rng.normal(0.0, 2.0 / fan_in, (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal",
    "Your weights have variance 1, whatever the layer's size: scale them. N(0, 1) weights are what saturates the deep net of lesson 1.",
)
def he_standard_normal(fan_in, fan_out, rng):
    return rng.normal(size=(fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal", "Your matrix is (fan_out, fan_in). In this course X @ W needs W of shape (fan_in, fan_out)."
)
def he_transposed(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_out, fan_in))


@he_normal_exercise.misconception(
    "he_normal",
    "You make a generator of your own with a fixed seed, so every layer gets the same weights. Draw from the `rng` argument.",
)
def he_own_generator(fan_in, fan_out, rng):
    return np.random.default_rng(0).normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal",
    "You draw from np.random, the global generator, so the result cannot be repeated. Draw from the `rng` argument.",
)
def he_global_generator(fan_in, fan_out, rng):
    return np.random.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal",
    "Every row of your matrix is the same: you drew fan_out numbers once. Draw (fan_in, fan_out) of them, or all inputs stay tied together.",
)
def he_same_row(fan_in, fan_out, rng):
    return np.tile(rng.normal(0.0, math.sqrt(2.0 / fan_in), fan_out), (fan_in, 1))


@he_normal_exercise.misconception(
    "he_normal",
    "Your weights have the right variance but are uniform. This exercise asks for normal draws: rng.normal.",
)
def he_uniform_instead(fan_in, fan_out, rng):
    a = math.sqrt(3.0) * math.sqrt(2.0 / fan_in)
    return rng.uniform(-a, a, (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal",
    "All your weights are positive (an absolute value?). Their mean must be 0, or every neuron adds up the same way.",
)
def he_all_positive(fan_in, fan_out, rng):
    return np.abs(rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out)))


@he_normal_exercise.variant("he_normal")
def he_scaled_standard_normal(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2.0 / fan_in)


@he_normal_exercise.variant("he_normal")
def he_row_by_row(fan_in, fan_out, rng):
    W = np.zeros((fan_in, fan_out))
    for i in range(fan_in):
        W[i] = rng.normal(0.0, math.sqrt(2.0 / fan_in), fan_out)
    return W


@he_normal_exercise.variant("he_normal")
def he_drawn_transposed(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_out, fan_in)).T


@he_normal_exercise.variant("he_normal")
def he_truncated(fan_in, fan_out, rng):
    z = rng.standard_normal((fan_in, fan_out))
    while (np.abs(z) > 2).any():
        bad = np.abs(z) > 2
        z[bad] = rng.standard_normal(bad.sum())
    return z * math.sqrt(2.0 / fan_in) / 0.87962566103423978


@he_normal_exercise.variant("he_normal")
def he_single_precision(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out)).astype(np.float32)


@he_normal_exercise.misconception(
    "he_normal",
    "Your standard deviation is 2/√n, as on the slide, which is wrong: it is √(2/n). Yours is √2 times too large, and the signal doubles its power in every layer.",
)
def slide_two_over_root_n(fan_in, fan_out, rng):
    return rng.normal(0.0, 2.0 / math.sqrt(fan_in), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal", "You use fan_out. He initialization counts the inputs of a neuron: variance 2/fan_in."
)
def fan_out_for_fan_in(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / fan_out), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal", "Your variance is 1/fan_in: the factor 2 that makes up for ReLU's dead half is missing."
)
def factor_two_missing(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(1.0 / fan_in), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal", "Your variance is 2/(fan_in + fan_out): that is Xavier. He's is 2/fan_in."
)
def xavier_for_he(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out))


@he_normal_exercise.misconception(
    "he_normal", "Your variance is 4/(fan_in + fan_out). He's needs fan_in alone: 2/fan_in."
)
def both_fans_added_without_two(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(4.0 / (fan_in + fan_out)), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your standard deviation is 1/√fan_in, as on the slide. That is right only where fan_in = fan_out; the variance is 2/(fan_in + fan_out).",
)
def slide_one_over_root_n(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(1.0 / fan_in), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your standard deviation is 1/√fan_out. Xavier balances both sides: the variance is 2/(fan_in + fan_out).",
)
def one_over_root_fan_out(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(1.0 / fan_out), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal", "Your variance is 2/fan_in: that is He's, for ReLU. Xavier's is 2/(fan_in + fan_out)."
)
def he_for_xavier(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out))


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your variance is 1/(fan_in + fan_out): the 2 is missing (the mean of the two fans is their sum over 2).",
)
def one_for_two(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(1.0 / (fan_in + fan_out)), (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your limit is √(2/(fan_in + fan_out)), which is the standard deviation. A uniform number in ±a has standard deviation a/√3, so the limit is √3 times larger: √(6/(fan_in + fan_out)).",
)
def limit_equals_std(fan_in, fan_out, rng):
    a = math.sqrt(2.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your limit is √(3/(fan_in + fan_out)): 3 times the variance 2/(fan_in + fan_out) is 6 over the sum.",
)
def three_for_six(fan_in, fan_out, rng):
    a = math.sqrt(3.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform", "The square root is missing: the limit is √(6/(fan_in + fan_out))."
)
def root_missing(fan_in, fan_out, rng):
    a = 6.0 / (fan_in + fan_out)
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform", "Your limit is √(6/fan_in): that is He's uniform form. Xavier's needs fan_in + fan_out."
)
def fan_in_alone(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / fan_in)
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your weights lie in [0, a): rng.random gives no negative numbers. Use rng.uniform(-a, a, …).",
)
def positive_half_only(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return a * rng.random((fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your weights have the right variance but are normal. This exercise asks for uniform draws within a hard limit.",
)
def normal_for_uniform(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.normal(0.0, a / math.sqrt(3.0), (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your matrix is (fan_out, fan_in). In this course X @ W needs W of shape (fan_in, fan_out).",
)
def uniform_transposed(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_out, fan_in))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "You make a generator of your own with a fixed seed, so every layer gets the same weights. Draw from the `rng` argument.",
)
def uniform_own_generator(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return np.random.default_rng(0).uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "You draw from np.random, the global generator, so the result cannot be repeated. Draw from the `rng` argument.",
)
def uniform_global_generator(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return np.random.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Every column of your matrix is the same: you drew fan_in numbers once, so all neurons start alike and stay alike.",
)
def uniform_same_column(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return np.tile(rng.uniform(-a, a, (fan_in, 1)), (1, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your weights lie in ±1 whatever the layer's size: the limit is √(6/(fan_in + fan_out)).",
)
def uniform_unscaled(fan_in, fan_out, rng):
    a = 1.0
    return rng.uniform(-a, a, (fan_in, fan_out))


@xavier_uniform_exercise.variant("xavier_uniform")
def stretched_random(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return (2.0 * rng.random((fan_in, fan_out)) - 1.0) * a


@xavier_uniform_exercise.variant("xavier_uniform")
def drawn_flat(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, fan_in * fan_out).reshape(fan_in, fan_out)


@xavier_uniform_exercise.variant("xavier_uniform")
def drawn_transposed_uniform(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_out, fan_in)).T


@xavier_uniform_exercise.variant("xavier_uniform")
def single_precision_uniform(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out)).astype(np.float32)


@xavier_uniform_exercise.variant("xavier_uniform")
def by_columns(fan_in, fan_out, rng):
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return np.stack([rng.uniform(-a, a, fan_in) for _ in range(fan_out)], axis=1)


@xavier_normal_exercise.misconception(
    "xavier_normal",
    "Your matrix is orthogonal: its columns are tied to each other. This exercise asks for independent draws.",
)
def xavier_orthogonal(fan_in, fan_out, rng):
    side = max(fan_in, fan_out)
    q, _ = np.linalg.qr(rng.standard_normal((side, min(fan_in, fan_out))))
    return (q if fan_in >= fan_out else q.T) * math.sqrt(2.0 * side / (fan_in + fan_out))


@he_normal_exercise.misconception(
    "he_normal", "You count one input too many: the variance is 2/fan_in, not 2/(fan_in + 1)."
)
def one_input_too_many(fan_in, fan_out, rng):
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + 1)), (fan_in, fan_out))


@xavier_uniform_exercise.misconception(
    "xavier_uniform",
    "Your weights are all 0: then all neurons compute, and learn, the same. Draw them from rng.",
)
def uniform_zeros(fan_in, fan_out, rng):
    return np.zeros((fan_in, fan_out))
