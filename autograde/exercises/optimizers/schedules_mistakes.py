"""Wrong and other right schedules. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.optimizers.schedules import (
    cosine_warmup_exercise,
    exponential_decay_exercise,
    multistep_decay_exercise,
    step_decay_exercise,
)

# --- step_decay --------------------------------------------------------------------------------------


@step_decay_exercise.misconception(
    "step_decay", "The rate falls a little at every step. Round t / step_size down: t // step_size."
)
def falls_all_the_time(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** (t / step_size)


@step_decay_exercise.misconception(
    "step_decay", "The rate falls one step late: t = step_size already belongs to the next block."
)
def one_step_late(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** (max(t - 1, 0) // step_size)


@step_decay_exercise.misconception(
    "step_decay", "The rate falls one step early: at t = step_size - 1 it is still the old one."
)
def one_step_early(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** ((t + 1) // step_size)


@step_decay_exercise.misconception(
    "step_decay", "t / step_size is rounded to the nearest whole number. Round it down: t // step_size."
)
def rounded_to_nearest(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** round(t / step_size)


@step_decay_exercise.misconception(
    "step_decay", "t / step_size is rounded up, so that the first block is short of one drop. Round it down."
)
def rounded_up(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** math.ceil(t / step_size)


@step_decay_exercise.misconception(
    "step_decay", "The rate falls once and never again. Every block multiplies by gamma once more: a power."
)
def falls_only_once(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma if t >= step_size else lr0


@step_decay_exercise.misconception(
    "step_decay", "You multiply by gamma times the number of blocks. Every block multiplies once: a power."
)
def product_of_blocks(lr0, t, step_size, gamma=0.1):
    blocks = t // step_size
    return lr0 * gamma * blocks if blocks else lr0


@step_decay_exercise.misconception(
    "step_decay",
    "The drops compound: block k multiplies by gamma**k instead of by gamma. Start from lr0 each time.",
)
def drops_compound(lr0, t, step_size, gamma=0.1):
    lr = lr0
    for k in range(1, t // step_size + 1):
        lr *= gamma**k
    return lr


@step_decay_exercise.misconception("step_decay", "gamma is fixed at 0.1. Use the parameter gamma.")
def step_gamma_fixed(lr0, t, step_size, gamma=0.1):
    return lr0 * 0.1 ** (t // step_size)


@step_decay_exercise.misconception("step_decay", "You return the factor alone. Multiply it by lr0.")
def step_factor_alone(lr0, t, step_size, gamma=0.1):
    return gamma ** (t // step_size)


@step_decay_exercise.misconception(
    "step_decay", "The rate grows: you divide by gamma. A gamma below 1 multiplies."
)
def step_grows(lr0, t, step_size, gamma=0.1):
    return lr0 / gamma ** (t // step_size)


@step_decay_exercise.misconception(
    "step_decay",
    "gamma is applied once too often: the first block, from t = 0, still has the rate lr0. The exponent is t // step_size.",
)
def one_drop_too_many(lr0, t, step_size, gamma=0.1):
    return lr0 * gamma ** (t // step_size + 1)


@step_decay_exercise.variant("step_decay")
def with_floor(lr0, t, step_size, gamma=0.1):
    return lr0 * np.power(gamma, np.floor(t / step_size))


@step_decay_exercise.variant("step_decay")
def step_in_a_loop(lr0, t, step_size, gamma=0.1):
    lr = lr0
    for step in range(1, t + 1):
        if step % step_size == 0:
            lr = lr * gamma
    return lr


@step_decay_exercise.variant("step_decay")
def with_math(lr0, t, step_size, gamma=0.1, lowest=0.0):
    return max(lowest, lr0 * math.pow(gamma, int(t / step_size)))


@step_decay_exercise.variant("step_decay")
def as_an_array(lr0, t, step_size, gamma=0.1):
    return np.array(lr0) * gamma ** divmod(t, step_size)[0]


# --- multistep_decay ---------------------------------------------------------------------------------


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "A milestone counts one step late. At t = milestone the rate has fallen: milestone <= t.",
)
def milestone_too_late(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma ** sum(m < t for m in milestones)


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "A milestone counts one step early: at t = milestone - 1 the rate is still the old one.",
)
def milestone_too_early(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma ** sum(m <= t + 1 for m in milestones)


@multistep_decay_exercise.misconception(
    "multistep_decay", "Only the first milestone counts. Every milestone that is reached multiplies by gamma."
)
def only_one_milestone(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma if any(m <= t for m in milestones) else lr0


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "You stop at the first milestone that is not reached, or search a list that is not sorted. They come in any order.",
)
def order_assumed(lr0, t, milestones, gamma=0.1):
    for m in milestones:
        if m > t:
            break
        lr0 = lr0 * gamma
    return lr0


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "The rate falls only at t = milestone itself and comes back afterwards. Use milestone <= t.",
)
def only_at_the_milestone(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma if t in milestones else lr0


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "You count the milestones that are still ahead. Count those that are reached: milestone <= t.",
)
def milestones_ahead(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma ** sum(m > t for m in milestones)


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "The drops compound: milestone k multiplies by gamma**k. Each multiplies by gamma once.",
)
def milestones_compound(lr0, t, milestones, gamma=0.1):
    for k, m in enumerate(sorted(milestones), 1):
        if m <= t:
            lr0 = lr0 * gamma**k
    return lr0


@multistep_decay_exercise.misconception(
    "multistep_decay", "The number of milestones multiplies gamma. Each milestone multiplies once: a power."
)
def product_of_milestones(lr0, t, milestones, gamma=0.1):
    reached = sum(m <= t for m in milestones)
    return lr0 * gamma * reached if reached else lr0


@multistep_decay_exercise.misconception("multistep_decay", "gamma is fixed at 0.1. Use the parameter gamma.")
def multistep_gamma_fixed(lr0, t, milestones, gamma=0.1):
    return lr0 * 0.1 ** sum(m <= t for m in milestones)


@multistep_decay_exercise.misconception(
    "multistep_decay",
    "milestones.sort() changes the caller's list. Use sorted(milestones), or just count.",
)
def sorts_the_callers_list(lr0, t, milestones, gamma=0.1):
    milestones.sort()
    return lr0 * gamma ** sum(m <= t for m in milestones)


@multistep_decay_exercise.variant("multistep_decay")
def by_comparison(lr0, t, milestones, gamma=0.1):
    return lr0 * gamma ** np.count_nonzero(np.asarray(milestones) <= t)


@multistep_decay_exercise.variant("multistep_decay")
def by_bisection(lr0, t, milestones, gamma=0.1):
    import bisect

    return lr0 * gamma ** bisect.bisect_right(sorted(milestones), t)


@multistep_decay_exercise.variant("multistep_decay")
def milestones_in_a_loop(lr0, t, milestones, gamma=0.1):
    lr = lr0
    for m in milestones:
        if t >= m:
            lr *= gamma
    return lr


@multistep_decay_exercise.variant("multistep_decay")
def as_a_product(lr0, t, milestones, gamma=0.1):
    return np.float64(lr0) * np.prod([gamma if m <= t else 1.0 for m in milestones])


# --- exponential_decay -------------------------------------------------------------------------------


@exponential_decay_exercise.misconception(
    "exponential_decay", "The base is e. The slide's is 10: after r steps the rate is a tenth, not 1/e."
)
def base_e(lr0, t, r):
    return lr0 * math.exp(-t / r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "The sign is missing, so that the rate grows. The exponent is -t / r."
)
def grows(lr0, t, r):
    return lr0 * 10 ** (t / r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "The rate falls in jumps: t // r cuts the fraction off. Use t / r."
)
def falls_in_jumps(lr0, t, r):
    return lr0 * 10 ** -float(t // r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "-t // r rounds down, away from 0, so that the rate jumps early. Use -t / r."
)
def falls_in_early_jumps(lr0, t, r):
    return lr0 * 10 ** float(-t // r)


@exponential_decay_exercise.misconception(
    "exponential_decay",
    "The fraction is upside down: r / t. After r steps the exponent is -1, so it is -t / r.",
)
def upside_down(lr0, t, r):
    return lr0 * 10 ** (-r / t) if t else lr0


@exponential_decay_exercise.misconception(
    "exponential_decay", "r multiplies t. The exponent is -t / r: a larger r means a slower decay."
)
def r_multiplies(lr0, t, r):
    return lr0 * 10.0 ** (-t * r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "The base is 2: the rate halves in r steps. The slide's falls to a tenth."
)
def base_two(lr0, t, r):
    return lr0 * 2 ** (-t / r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "This falls like 1 / (1 + t/r), not exponentially. Use lr0 * 10 ** (-t / r)."
)
def falls_like_a_fraction(lr0, t, r):
    return lr0 / (1 + t / r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "lr0 is part of the base: (10 * lr0) ** ... Only 10 is raised to the power."
)
def rate_in_the_base(lr0, t, r):
    return (lr0 * 10) ** (-t / r)


@exponential_decay_exercise.misconception(
    "exponential_decay", "You return the factor alone. Multiply it by lr0."
)
def exponential_factor_alone(lr0, t, r):
    return 10 ** (-t / r)


@exponential_decay_exercise.variant("exponential_decay")
def by_power(lr0, t, r):
    return lr0 * np.power(10.0, -t / r)


@exponential_decay_exercise.variant("exponential_decay")
def by_exp(lr0, t, r):
    return lr0 * math.exp(-math.log(10) * t / r)


@exponential_decay_exercise.variant("exponential_decay")
def by_a_tenth(lr0, t, r, lowest=0.0):
    return max(lr0 * 0.1 ** (t / r), lowest)


@exponential_decay_exercise.variant("exponential_decay")
def by_steps(lr0, t, r):
    gamma, lr = 10 ** (-1 / r), lr0
    for _ in range(t):
        lr *= gamma
    return lr


# --- cosine_warmup -----------------------------------------------------------------------------------


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "There is no warmup: the rate is lr_max from the start. Below warmup_steps it is lr_max * t / warmup_steps.",
)
def no_warmup(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    progress = min(max(t - warmup_steps, 0) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup", "Warmup starts at lr_min. The contract's starts at 0: lr_max * t / warmup_steps."
)
def warmup_from_the_minimum(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_min + (lr_max - lr_min) * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup", "Warmup is one step ahead: (t + 1) / warmup_steps. At t = 0 the rate is 0."
)
def warmup_one_ahead(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * (t + 1) / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "The cosine runs over t / total_steps, so that the rate jumps where warmup ends. Count from warmup_steps: "
    "(t - warmup_steps) / (total_steps - warmup_steps).",
)
def cosine_from_zero(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * min(t / total_steps, 1.0))) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "You divide by total_steps: the cosine does not reach lr_min. Divide by total_steps - warmup_steps.",
)
def divided_by_all_steps(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    if t > total_steps:
        return lr_min
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * (t - warmup_steps) / total_steps)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup", "After total_steps the cosine goes up again. From there on the rate stays at lr_min."
)
def rises_again(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = (t - warmup_steps) / (total_steps - warmup_steps)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup", "A whole cosine goes down and up again. Half a turn is math.pi, not 2 * math.pi."
)
def whole_turn(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(2 * math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "A quarter of a cosine falls steeply at its end. Half a cosine is (1 + cos(pi * progress)) / 2.",
)
def quarter_turn(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * math.cos(math.pi / 2 * progress)


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "The rate falls along a straight line. After warmup it follows (1 + cos(pi * progress)) / 2.",
)
def straight_line_down(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_max + (lr_min - lr_max) * progress


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "lr_min is not used: the rate ends at 0. Scale the cosine to lr_max - lr_min and add lr_min.",
)
def minimum_ignored(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_max * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "lr_min is added on top: the rate starts at lr_max + lr_min. Scale the cosine by lr_max - lr_min.",
)
def minimum_on_top(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + lr_max * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup", "warmup_steps = 0 divides by 0. Let warmup apply only where t < warmup_steps."
)
def divides_by_no_warmup(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t <= warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "The cosine falls to 0 and the rate then jumps to lr_min. Let it end there: lr_min + (lr_max - lr_min) * share.",
)
def minimum_only_at_the_end(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    if t >= total_steps:
        return lr_min
    progress = (t - warmup_steps) / (total_steps - warmup_steps)
    return lr_max * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "lr_min cuts the cosine off (max with lr_min). The whole cosine is scaled between lr_max and lr_min: "
    "lr_min + (lr_max - lr_min) * share.",
)
def minimum_cuts_off(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return max(lr_min, lr_max * (1 + math.cos(math.pi * progress)) / 2)


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "1 + cos runs from 2 to 0: the rate starts at twice lr_max. Halve it.",
)
def not_halved(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress))


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "The cosine rises: (1 - cos) runs from 0 to 1. After warmup the rate falls: (1 + cos(pi * progress)) / 2.",
)
def cosine_upside_down(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 - math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.misconception(
    "cosine_warmup",
    "Without warmup the rate at t = 0 is lr_max, not 0. Let warmup apply only where t < warmup_steps.",
)
def zero_without_warmup(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t <= warmup_steps:
        return lr_max * t / max(warmup_steps, 1)
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2


@cosine_warmup_exercise.variant("cosine_warmup")
def with_numpy(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return np.float64(lr_max * t / warmup_steps)
    progress = np.clip((t - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return lr_min + 0.5 * (lr_max - lr_min) * (1 + np.cos(np.pi * progress))


@cosine_warmup_exercise.variant("cosine_warmup")
def with_early_returns(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t >= total_steps:
        return lr_min
    if warmup_steps > 0 and t <= warmup_steps:
        return t / warmup_steps * lr_max
    angle = (t - warmup_steps) * math.pi / (total_steps - warmup_steps)
    return lr_min + (lr_max - lr_min) * 0.5 * (math.cos(angle) + 1)


@cosine_warmup_exercise.variant("cosine_warmup")
def squared_half_angle(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return lr_max * (t / warmup_steps)
    progress = min(1.0, (t - warmup_steps) / (total_steps - warmup_steps))
    return lr_min + (lr_max - lr_min) * math.cos(math.pi * progress / 2) ** 2


@cosine_warmup_exercise.variant("cosine_warmup")
def by_interpolation(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    if t < warmup_steps:
        return np.interp(t, [0, warmup_steps], [0.0, lr_max])
    weight = 0.5 - 0.5 * math.cos(
        math.pi * min(t - warmup_steps, total_steps - warmup_steps) / (total_steps - warmup_steps)
    )
    return np.array((1 - weight) * lr_max + weight * lr_min)
