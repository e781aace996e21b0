"""Wrong and other right ways to write the randomized leaky ReLU."""

from __future__ import annotations

import numpy as np

from autograde.exercises.vanishing_gradients.randomized import rrelu_exercise

wrong = rrelu_exercise.misconception
right = rrelu_exercise.variant


@wrong("rrelu", "You draw one slope for the whole array. Every negative element gets its own: size=z.shape.")
def one_slope_for_all(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong(
    "rrelu", "You draw one slope for each column (as PReLU would). Every element gets its own: size=z.shape."
)
def one_slope_per_column(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)[-1:]) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "The slopes are still random when training is False. Use (lower + upper)/2 there.")
def random_in_eval(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    return np.where(z > 0, z, rng.uniform(lower, upper, np.shape(z)) * z)


@wrong(
    "rrelu",
    "You use the mean slope while training too: nothing is random. Draw slopes when training is True.",
)
def mean_in_training(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    return np.where(z > 0, z, (lower + upper) / 2 * z)


@wrong(
    "rrelu",
    "You divide z by the slope. The slope multiplies: slope * z.",
)
def divided(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else np.full(np.shape(z), (lower + upper) / 2)
    return np.where(z > 0, z, z / slope)


@wrong("rrelu", "When not training your slope is `lower`. It should be the middle, (lower + upper)/2.")
def lower_in_eval(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else lower
    return np.where(z > 0, z, slope * z)


@wrong(
    "rrelu",
    "When not training your slope is √(lower·upper). The mean of a uniform draw is (lower + upper)/2.",
)
def geometric_mean(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else np.sqrt(lower * upper)
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "lower and upper are ignored: you always draw between 1/8 and 1/3. Use the arguments.")
def bounds_ignored(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(1 / 8, 1 / 3, np.shape(z)) if training else (1 / 8 + 1 / 3) / 2
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "The random slope is applied to positive elements too. Where z > 0 the output is z.")
def positives_scaled(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    return z * (rng.uniform(lower, upper, np.shape(z)) if training else (lower + upper) / 2)


@wrong("rrelu", "You draw from np.random, the global generator. Draw from the `rng` argument.")
def global_generator(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = np.random.uniform(lower, upper, np.shape(z)) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong(
    "rrelu",
    "Your slopes come from a generator you seed yourself, so they never change. Draw from the `rng` argument.",
)
def frozen_generator(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = np.random.default_rng(1).uniform(lower, upper, np.shape(z)) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong(
    "rrelu",
    "When not training your output is a plain ReLU: the negative side needs the slope (lower + upper)/2.",
)
def relu_in_eval(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else 0.0
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "You draw one slope for each row. Every element gets its own: size=z.shape.")
def one_slope_per_row(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    shape = np.shape(z)[:1] + (1,) * (np.ndim(z) - 1)
    slope = rng.uniform(lower, upper, shape) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong(
    "rrelu", "training is read the wrong way round: slopes are random when training is True, and only then."
)
def modes_swapped(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = (lower + upper) / 2 if training else rng.uniform(lower, upper, np.shape(z))
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "You draw slopes even when training is False, and throw them away. Leave rng alone there.")
def drawn_for_nothing(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z))
    return np.where(z > 0, z, slope * z if training else (lower + upper) / 2 * z)


@wrong("rrelu", "z[z < 0] *= … changes the caller's array. Work on a copy, or use np.where.")
def changed_in_place(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    negative = z < 0
    z[negative] *= rng.uniform(lower, upper, int(negative.sum())) if training else (lower + upper) / 2
    return z


@wrong(
    "rrelu",
    "Your sides are swapped: the slope belongs to the negative elements; where z > 0 the output is z.",
)
def sides_swapped(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else (lower + upper) / 2
    return np.where(z < 0, z, slope * z)


@wrong("rrelu", "Your output is z itself: multiply the negative elements by their slopes.")
def unchanged_input(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    return np.array(z)


@wrong("rrelu", "Your output is a plain ReLU: negative elements keep a slope between lower and upper.")
def plain_relu(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    return np.maximum(z, 0.0)


@wrong("rrelu", "Your slopes spread as a normal distribution and leave [lower, upper]. Use rng.uniform.")
def normal_slopes(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    spread = (upper - lower) / np.sqrt(12.0)
    slope = rng.normal((lower + upper) / 2, spread, np.shape(z)) if training else (lower + upper) / 2
    return np.where(z > 0, z, slope * z)


@wrong("rrelu", "When not training your slope is `upper`. It should be the middle, (lower + upper)/2.")
def upper_in_eval(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = rng.uniform(lower, upper, np.shape(z)) if training else upper
    return np.where(z > 0, z, slope * z)


@right("rrelu")
def only_negatives_drawn(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    out = np.array(z, dtype=float)
    negative = out < 0
    if training:
        out[negative] *= rng.uniform(lower, upper, int(negative.sum()))
    else:
        out[negative] *= (lower + upper) / 2
    return out


@right("rrelu")
def by_parts(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = lower + (upper - lower) * rng.random(np.shape(z)) if training else 0.5 * (lower + upper)
    return np.maximum(z, 0.0) + slope * np.minimum(z, 0.0)


@right("rrelu")
def by_maximum(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    if not training:
        return np.maximum(z, (lower + upper) / 2 * z)
    return np.maximum(z, rng.uniform(lower, upper, size=np.shape(z)) * z)


@right("rrelu")
def slope_array(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slope = np.ones(np.shape(z))
    negative = np.asarray(z) < 0
    slope[negative] = (
        rng.uniform(lower, upper, slope[negative].shape) if training else np.mean([lower, upper])
    )
    return slope * z
