"""Ways to draw on a logarithmic scale, wrong and right (see `sampling`)."""

import math

import numpy as np

from autograde.exercises.hyperparameter_tuning.sampling import (
    log_uniform,
    log_uniform_exercise,
    sample_beta_exercise,
)

# --- log_uniform -------------------------------------------------------------------------------------------


@log_uniform_exercise.misconception(
    "log_uniform",
    "Your values are uniform themselves: between 0.0001 and 1 nine of ten land above 0.1. Draw the logarithm "
    "uniformly, then take the exponential.",
)
def linear_scale(low, high, rng, size):
    return rng.uniform(low, high, size)


@log_uniform_exercise.misconception(
    "log_uniform",
    "You return the logarithms themselves. The last step is missing: undo the logarithm with np.exp (or 10 **).",
)
def missing_exponent(low, high, rng, size):
    return rng.uniform(np.log(low), np.log(high), size)


@log_uniform_exercise.misconception(
    "log_uniform",
    "You return the exponents of 10. The last step is missing: 10.0 ** exponent.",
)
def missing_power_of_ten(low, high, rng, size):
    return rng.uniform(np.log10(low), np.log10(high), size)


@log_uniform_exercise.misconception(
    "log_uniform",
    "You draw in log10 and undo it with np.exp, which belongs to the natural logarithm. Take 10 ** or np.log.",
)
def exp_of_log10(low, high, rng, size):
    return np.exp(rng.uniform(np.log10(low), np.log10(high), size))


@log_uniform_exercise.misconception(
    "log_uniform",
    "You draw in the natural logarithm and undo it with 10 **, which belongs to log10. Take np.exp or np.log10.",
)
def ten_to_the_ln(low, high, rng, size):
    return 10.0 ** rng.uniform(np.log(low), np.log(high), size)


@log_uniform_exercise.misconception(
    "log_uniform",
    "You draw whole exponents only, so your values are 0.001, 0.01, 0.1, … and nothing between. Draw the exponent "
    "as a real number.",
)
def whole_exponents(low, high, rng, size):
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return 10.0 ** rng.integers(first, last, size, endpoint=True)


@log_uniform_exercise.misconception(
    "log_uniform",
    "All your values are the same number: one draw was copied. Give `size` to rng.uniform.",
)
def one_draw_for_all(low, high, rng, size):
    return np.full(size, np.exp(rng.uniform(np.log(low), np.log(high))))


@log_uniform_exercise.misconception(
    "log_uniform",
    "Your values are an evenly spaced grid, shuffled. Random search needs random values: draw each of them.",
)
def shuffled_grid(low, high, rng, size):
    return rng.permutation(np.geomspace(low, high, int(np.prod(size)))).reshape(size)


@log_uniform_exercise.misconception(
    "log_uniform",
    "Your logarithm is normally distributed, not uniform: the middle decades are drawn too often. Use rng.uniform.",
)
def clipped_lognormal(low, high, rng, size):
    bottom, top = np.log(low), np.log(high)
    return np.exp(np.clip(rng.normal((bottom + top) / 2, (top - bottom) / 4, size), bottom, top))


@log_uniform_exercise.misconception(
    "log_uniform",
    "You draw from np.random (or from a generator without a seed) instead of from `rng`: nobody can repeat your "
    "search.",
)
def ignores_rng(low, high, rng, size):
    return np.exp(np.random.default_rng().uniform(np.log(low), np.log(high), size))


@log_uniform_exercise.misconception(
    "log_uniform",
    "You make a generator of your own with a fixed seed, so every call gives the same values. Draw from `rng`.",
)
def seeds_itself(low, high, rng, size):
    return np.exp(np.random.default_rng(0).uniform(np.log(low), np.log(high), size))


@log_uniform_exercise.misconception(
    "log_uniform",
    "You square a uniform number: that favours small values, but it is not the logarithmic scale.",
)
def squared_uniform(low, high, rng, size):
    return low + (high - low) * rng.random(size) ** 2


@log_uniform_exercise.misconception(
    "log_uniform",
    "1/x is uniform in your values, not log x: nearly all of them crowd at the lower end.",
)
def uniform_in_the_inverse(low, high, rng, size):
    return 1.0 / rng.uniform(1.0 / high, 1.0 / low, size)


@log_uniform_exercise.variant("log_uniform")
def powers_of_ten(low, high, rng, size):
    return 10.0 ** rng.uniform(np.log10(low), np.log10(high), size)


@log_uniform_exercise.variant("log_uniform")
def ratio_to_a_power(low, high, rng, size):
    return low * (high / low) ** rng.random(size)


@log_uniform_exercise.variant("log_uniform")
def one_at_a_time(low, high, rng, size):
    shape = (size,) if np.ndim(size) == 0 else tuple(size)
    values = [math.exp(rng.uniform(math.log(low), math.log(high))) for _ in range(math.prod(shape))]
    return np.array(values).reshape(shape)


@log_uniform_exercise.variant("log_uniform")
def powers_of_two_from_above(low, high, rng, size):
    return np.exp2(np.log2(high) - rng.random(size) * (np.log2(high) - np.log2(low)))


@log_uniform_exercise.variant("log_uniform")
def exponential_folded(low, high, rng, size):
    """-log U is exponential; its remainder is not needed here: plain inverse of the distribution function."""
    u = rng.uniform(size=size)
    out = np.empty_like(u)
    np.multiply(u, math.log(high / low), out=out)
    np.exp(out, out=out)
    out *= low
    return np.clip(out, low, high)


# --- sample_beta -------------------------------------------------------------------------------------------


@sample_beta_exercise.misconception(
    "sample_beta",
    "Your β is uniform: nine of ten draws average over fewer than 100 steps. Draw 1 - β log-uniformly.",
)
def uniform_beta(rng, size, low=0.9, high=0.999):
    return rng.uniform(low, high, size)


@sample_beta_exercise.misconception(
    "sample_beta",
    "β itself is log-uniform in your draws, and between 0.9 and 0.999 that is almost the same as uniform. The scale "
    "belongs to 1 - β.",
)
def log_of_beta(rng, size, low=0.9, high=0.999):
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


@sample_beta_exercise.misconception(
    "sample_beta",
    "You return 1 - β. Subtract it from 1 before you return it.",
)
def returns_one_minus_beta(rng, size, low=0.9, high=0.999):
    return log_uniform(1 - high, 1 - low, rng, size)


@sample_beta_exercise.misconception(
    "sample_beta",
    "You draw the logarithm of 1 - β and subtract it without undoing the logarithm. Take np.exp (or 10 **) first.",
)
def beta_without_exponent(rng, size, low=0.9, high=0.999):
    return 1 - rng.uniform(np.log(1 - high), np.log(1 - low), size)


@sample_beta_exercise.misconception(
    "sample_beta",
    "You draw in log10 and undo it with np.exp. Both must belong together: 10 ** with log10, np.exp with np.log.",
)
def beta_with_mixed_logarithms(rng, size, low=0.9, high=0.999):
    return 1 - np.exp(rng.uniform(np.log10(1 - high), np.log10(1 - low), size))


@sample_beta_exercise.misconception(
    "sample_beta",
    "Your β always runs from 0.9 to 0.999: the arguments low and high are not used.",
)
def bounds_ignored(rng, size, low=0.9, high=0.999):
    return 1 - 10.0 ** rng.uniform(-3, -1, size)


@sample_beta_exercise.misconception(
    "sample_beta",
    "Your β takes a few values only, such as 0.9, 0.99 and 0.999. Draw the exponent as a real number.",
)
def nines_only(rng, size, low=0.9, high=0.999):
    first, last = round(math.log10(1 - high)), round(math.log10(1 - low))
    return 1 - 10.0 ** rng.integers(first, last, size, endpoint=True)


@sample_beta_exercise.misconception(
    "sample_beta",
    "All your β are the same number: one draw was copied. Draw `size` of them.",
)
def one_beta_for_all(rng, size, low=0.9, high=0.999):
    return np.full(size, 1 - log_uniform(1 - high, 1 - low, rng, 1)[0])


@sample_beta_exercise.misconception(
    "sample_beta",
    "You draw from np.random (or an unseeded generator) and not from `rng`: the draws cannot be repeated.",
)
def beta_ignores_rng(rng, size, low=0.9, high=0.999):
    return 1 - log_uniform(1 - high, 1 - low, np.random.default_rng(), size)


@sample_beta_exercise.misconception(
    "sample_beta",
    "Your draws crowd at the wrong end: the log-uniform number is β - low, not 1 - β.",
)
def crowded_at_low(rng, size, low=0.9, high=0.999):
    return low + high - (1 - log_uniform(1 - high, 1 - low, rng, size))


@sample_beta_exercise.misconception(
    "sample_beta",
    "1/(1 - β), the number of steps averaged over, is uniform in your draws: nearly all of them lie at the upper "
    "end. Its logarithm should be uniform.",
)
def uniform_number_of_steps(rng, size, low=0.9, high=0.999):
    return 1 - 1 / rng.uniform(1 / (1 - low), 1 / (1 - high), size)


@sample_beta_exercise.variant("sample_beta")
def beta_by_powers_of_ten(rng, size, low=0.9, high=0.999):
    return 1 - 10.0 ** rng.uniform(np.log10(1 - high), np.log10(1 - low), size)


@sample_beta_exercise.variant("sample_beta")
def beta_from_log1p(rng, size, low=0.9, high=0.999):
    return -np.expm1(rng.uniform(np.log1p(-high), np.log1p(-low), size=size))


@sample_beta_exercise.variant("sample_beta")
def beta_by_number_of_steps(rng, size, low=0.9, high=0.999):
    steps = log_uniform(1 / (1 - low), 1 / (1 - high), rng, size)
    return 1 - 1 / steps


@sample_beta_exercise.variant("sample_beta")
def beta_in_a_loop(rng, size, low=0.9, high=0.999):
    shape = (size,) if np.ndim(size) == 0 else tuple(size)
    values = np.empty(shape)
    for index in np.ndindex(*shape):
        u = rng.random()
        values[index] = 1 - (1 - low) ** u * (1 - high) ** (1 - u)
    return values
