"""Wrong and other right ways to clip gradients. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.vanishing_gradients.clipping import (
    clip_by_global_norm_exercise,
    clip_by_value_exercise,
)

# --- clip_by_value -----------------------------------------------------------------------------------


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Large negative values are not limited. Clip on both sides: [-limit, limit].",
)
def only_above(grads, limit):
    return [np.minimum(g, limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Large positive values are not limited. Clip on both sides: [-limit, limit].",
)
def only_below(grads, limit):
    return [np.maximum(g, -limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Negative gradients become 0. The lower bound is -limit, not 0.",
)
def negative_values_lost(grads, limit):
    return [np.clip(g, 0.0, limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "The bounds are swapped, so everything becomes -limit. np.clip takes the lower bound first.",
)
def bounds_swapped(grads, limit):
    return [np.clip(g, limit, -limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "The sign is lost: you limit the absolute value. Use np.clip(g, -limit, limit).",
)
def sign_lost(grads, limit):
    return [np.minimum(np.abs(g), limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "You scale the whole array until its largest value fits. Clip each element on its own and leave small ones alone.",
)
def scaled_to_the_largest(grads, limit):
    return [g * (limit / max(limit, np.max(np.abs(g), initial=0.0))) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "You clip by the norm. Clipping by value limits each element on its own: np.clip(g, -limit, limit).",
)
def norm_clipping(grads, limit):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g * (limit / max(limit, norm)) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Only the first array is clipped. Treat every array of the list.",
)
def only_the_first_array(grads, limit):
    return [np.clip(g, -limit, limit) for g in grads[:1]] + list(grads[1:])


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "A tanh bends small values too. Clipping leaves everything within [-limit, limit] as it is.",
)
def smooth_squashing(grads, limit):
    return [limit * np.tanh(g / limit) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Values beyond the limit become 0. They should become limit or -limit.",
)
def zeroed_beyond_the_limit(grads, limit):
    return [np.where(np.abs(g) > limit, 0.0, g) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "The limit is fixed at 1. Use the parameter limit.",
)
def limit_fixed_at_one(grads, limit):
    return [np.clip(g, -1.0, 1.0) for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "Every value becomes plus or minus limit. Values within the bounds should stay.",
)
def everything_at_the_limit(grads, limit):
    return [np.sign(g) * limit for g in grads]


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "You write into the caller's arrays. Return new ones: [np.clip(g, -limit, limit) for g in grads].",
)
def written_into_the_gradients(grads, limit):
    for g in grads:
        np.clip(g, -limit, limit, out=g)
    return grads


@clip_by_value_exercise.misconception(
    "clip_by_value",
    "All gradients come back as one flat array. Return a list with the shapes that came in.",
)
def one_flat_array(grads, limit):
    return np.concatenate([np.ravel(np.clip(g, -limit, limit)) for g in grads])


@clip_by_value_exercise.variant("clip_by_value")
def by_minimum_and_maximum(grads, limit):
    return [np.maximum(-limit, np.minimum(g, limit)) for g in grads]


@clip_by_value_exercise.variant("clip_by_value")
def by_where(grads, limit):
    return tuple(np.where(g > limit, limit, np.where(g < -limit, -limit, g)) for g in grads)


@clip_by_value_exercise.variant("clip_by_value")
def by_mask_on_a_copy(grads, limit):
    result = []
    for g in grads:
        c = g.copy()
        c[c > limit] = limit
        c[c < -limit] = -limit
        result.append(c)
    return result


@clip_by_value_exercise.variant("clip_by_value")
def by_torch(grads, limit):
    import torch

    return [torch.from_numpy(g.copy()).clamp(-limit, limit).numpy() for g in grads]


# --- clip_by_global_norm -----------------------------------------------------------------------------


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Each array is scaled by its own norm, which turns the direction. Take one norm over the whole list.",
)
def norm_of_each_array(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    norms = [max(float(np.sqrt(np.sum(g**2))), 1e-12) for g in grads]
    return [g * min(1.0, max_norm / n) for g, n in zip(grads, norms, strict=True)], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You clip each value. Clipping by norm scales all arrays by one factor and keeps the direction.",
)
def value_clipping(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    return [np.clip(g, -max_norm, max_norm) for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You rescale always, so small gradients grow and zeros become NaN. Scale only if norm > max_norm.",
)
def always_rescaled(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = np.float64(max_norm) / norm
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Small gradients are scaled up to max_norm. Use min(1, max_norm / norm), or scale only if norm > max_norm.",
)
def small_gradients_scaled_up(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = max_norm / (norm + 1e-6)
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The norm you return is the one after clipping. Return the norm before it.",
)
def norm_after_clipping(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm * scale


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The square root is missing: you use the squared norm. Take np.sqrt of the sum of squares.",
)
def missing_square_root(grads, max_norm):
    norm = float(sum(np.sum(g**2) for g in grads))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You sum absolute values. The norm is the root of the sum of squares.",
)
def sum_of_absolute_values(grads, max_norm):
    norm = float(sum(np.sum(np.abs(g)) for g in grads))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Your norm is the largest absolute value. It should be the root of the sum of squares.",
)
def largest_value_as_norm(grads, max_norm):
    norm = float(max(np.max(np.abs(g)) for g in grads))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You take the mean of the squares. The norm uses their sum.",
)
def mean_of_squares(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads) / sum(g.size for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You add up the norms of the arrays. Add up their squares and take one root at the end.",
)
def sum_of_norms(grads, max_norm):
    norm = float(sum(np.sqrt(np.sum(g**2)) for g in grads))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You take the largest of the arrays' norms. Add up all squares and take one root.",
)
def largest_of_the_norms(grads, max_norm):
    norm = float(max(np.sqrt(np.sum(g**2)) for g in grads))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The norm looks at the first array only. Sum the squares over the whole list.",
)
def norm_of_the_first_array(grads, max_norm):
    norm = float(np.sqrt(np.sum(grads[0] ** 2)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The norm is that of the last array: the loop overwrites it. Add the squares up.",
)
def norm_of_the_last_array(grads, max_norm):
    norm = float(np.sqrt(np.sum(grads[-1] ** 2)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Only the first array is scaled. Multiply every array by the same factor.",
)
def only_the_first_array_scaled(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [grads[0] * scale, *grads[1:]], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You scale the caller's arrays in place (g *= scale). Return new ones: g * scale.",
)
def written_into_the_gradients(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    for g in grads:
        g *= scale
    return grads, norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "For all-zero gradients you divide by 0. Compare first: scale only if norm > max_norm.",
)
def divided_by_zero(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / norm)
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "For all-zero gradients 0/0 gives NaN. Scale only if norm > max_norm.",
)
def direction_times_length(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    return [g / np.float64(norm) * min(norm, max_norm) for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Only the gradients come back. Return both: (grads, norm).",
)
def only_the_gradients(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return [g * scale for g in grads]


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The gradients come back as one flat array. Return a list with the shapes that came in.",
)
def one_flat_array(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return np.concatenate([np.ravel(g * scale) for g in grads]), norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The factor is upside down, so large gradients grow. It is max_norm / norm.",
)
def ratio_upside_down(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = norm / max_norm if norm > max_norm else 1.0
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "Clipped gradients end with norm 1. Multiply by max_norm / norm, not by 1 / norm.",
)
def scaled_to_norm_one(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = 1.0 / norm if norm > max_norm else 1.0
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "You scale when the norm is below max_norm. Scale only when it is above.",
)
def comparison_reversed(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = max_norm / max(norm, 1e-12) if norm < max_norm else 1.0
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.misconception(
    "clip_by_global_norm",
    "The results come in the wrong order. Return the gradients first, then the norm.",
)
def norm_first(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / max(norm, 1e-12))
    return norm, [g * scale for g in grads]


@clip_by_global_norm_exercise.variant("clip_by_global_norm")
def by_concatenation(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    if norm > max_norm:
        return [g * (max_norm / norm) for g in grads], norm
    return [g.copy() for g in grads], norm


@clip_by_global_norm_exercise.variant("clip_by_global_norm")
def small_number_in_the_ratio(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = min(1.0, max_norm / (norm + 1e-6))
    return [g * scale for g in grads], norm


@clip_by_global_norm_exercise.variant("clip_by_global_norm")
def norm_of_norms(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads])
    return tuple(g * max_norm / np.maximum(norm, max_norm) for g in grads), np.asarray(norm)


@clip_by_global_norm_exercise.variant("clip_by_global_norm")
def by_loop(grads, max_norm):
    total = 0.0
    for g in grads:
        for x in g.ravel():
            total += float(x) ** 2
    norm = total**0.5
    return [g / max(1.0, norm / max_norm) for g in grads], norm
