"""Wrong and other right ways to write dropout."""

from __future__ import annotations

import numpy as np

from autograde.exercises.regularization.dropout import dropout_backward_exercise, dropout_forward_exercise

wrong, right = dropout_forward_exercise.misconception, dropout_forward_exercise.variant
back_wrong, back_right = dropout_backward_exercise.misconception, dropout_backward_exercise.variant


@wrong(
    "dropout_forward",
    "You keep with probability p and drop with 1 - p. Here p is the probability to drop: keep where the draw is >= p.",
)
def keep_and_drop_swapped(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) < p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You treat p as the probability to keep, in the draw and in the factor 1/p. Here p is the probability to drop.",
)
def p_is_the_keep_rate(x, p, rng, training=True):
    if not training or p == 0:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) < p) / p
    return x * mask, mask


@wrong(
    "dropout_forward",
    "What is kept is not scaled (the slide's version): in training the next layer gets (1 - p) of the signal it gets "
    "in evaluation. Divide what is kept by 1 - p.",
)
def not_scaled(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You scale at the wrong end: training leaves the values as they are and evaluation multiplies by 1 - p. "
    "Inverted dropout divides by 1 - p in training, and evaluation returns x.",
)
def scaled_in_evaluation(x, p, rng, training=True):
    if not training:
        return x * (1 - p), np.ones_like(x)
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You multiply what is kept by 1 - p. Divide: the survivors make up for the dropped ones.",
)
def multiplied_by_keep_rate(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) * (1 - p)
    return x * mask, mask


@wrong("dropout_forward", "You divide what is kept by p. The share that is kept is 1 - p: divide by that.")
def divided_by_drop_rate(x, p, rng, training=True):
    if not training or p == 0:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / p
    return x * mask, mask


@wrong("dropout_forward", "Values are still dropped when training is False. There the output is x itself.")
def active_in_evaluation(x, p, rng, training=True):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "When not training your output is x/(1 - p). The factor makes up for dropped values; nothing is dropped there.",
)
def scaled_up_in_evaluation(x, p, rng, training=True):
    if not training:
        return x / (1 - p), np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong("dropout_forward", "training is read the wrong way round: values are dropped when it is False.")
def modes_swapped(x, p, rng, training=True):
    if training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You draw one mask for the whole batch: every example loses the same units. Draw for every value: size=x.shape.",
)
def one_mask_for_the_batch(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = np.broadcast_to((rng.random(x.shape[1:]) >= p) / (1 - p), x.shape).copy()
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You drop whole examples: one draw for each row. Draw one number for every value: size=x.shape.",
)
def whole_examples(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = np.broadcast_to((rng.random((len(x), 1)) >= p) / (1 - p), x.shape).copy()
    return x * mask, mask


@wrong(
    "dropout_forward", "p is ignored: you always drop half. Use the argument, in the draw and in the factor."
)
def always_half(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= 0.5) / 0.5
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You compare normal draws with p, so the share dropped is not p. Use uniform draws in [0, 1): rng.random.",
)
def normal_draws(x, p, rng, training=True):
    if not training or p == 0:
        return x, np.ones_like(x)
    mask = (rng.normal(size=x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You drop an exact number of values. Each value is dropped on its own with probability p, so the number varies.",
)
def exact_number(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = np.full(x.size, 1 / (1 - p))
    mask[rng.permutation(x.size)[: round(p * x.size)]] = 0.0
    mask = mask.reshape(x.shape)
    return x * mask, mask


@wrong("dropout_forward", "You draw from np.random, the global generator. Draw from the `rng` argument.")
def global_generator(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (np.random.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "You seed a generator of your own, so the mask never changes. Draw from the `rng` argument.",
)
def frozen_mask(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (np.random.default_rng(0).random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward",
    "The mask you return is a second draw, not the one that multiplied x. Draw once and keep the result.",
)
def another_mask_returned(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    out = x * (rng.random(x.shape) >= p) / (1 - p)
    return out, (rng.random(x.shape) >= p) / (1 - p)


@wrong(
    "dropout_forward",
    "The mask is worked out from the output: a value that was 0 before, as ReLU makes many, looks like a dropped one "
    "and gets no gradient. Return the mask that multiplied x.",
)
def mask_of_the_output(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    out = x * (rng.random(x.shape) >= p) / (1 - p)
    return out, (out != 0) / (1 - p)


@wrong(
    "dropout_forward",
    "training is False by default in your code, so nothing is dropped unless it is asked for.",
)
def off_by_default(x, p, rng, training=False):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@wrong(
    "dropout_forward", "x *= mask changes the caller's array. Write out = x * mask, which makes a new one."
)
def changes_x(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = ((rng.random(x.shape) >= p) / (1 - p)).astype(x.dtype)
    x *= mask
    return x, mask


@right("dropout_forward")
def bool_mask(x, p, rng, training=True):
    if not training:
        return x.copy(), np.ones(x.shape, dtype=bool)
    mask = rng.random(x.shape) > p
    return np.where(mask, x / (1 - p), 0.0), mask


@right("dropout_forward")
def by_binomial(x, p, rng, training=True):
    keep = 1.0 - p
    mask = rng.binomial(1, keep, size=x.shape) if training else np.ones(x.shape)
    scale = keep if training else 1.0
    return x * mask / scale, mask / scale


@right("dropout_forward")
def by_choice(x, p, rng, training=True, dtype=np.float64):
    if training:
        mask = rng.choice(np.array([0.0, 1.0 / (1.0 - p)]), size=x.shape, p=[p, 1.0 - p])
        return np.multiply(x, mask), mask
    return x, None


@right("dropout_forward")
def value_by_value(x, p, rng, training=True):
    out, mask = x.copy(), np.zeros_like(x)
    if not training:
        return out, mask + 1
    for place in np.ndindex(x.shape):
        if rng.uniform() <= p:
            out[place] = 0
        else:
            mask[place] = 1 / (1 - p)
            out[place] *= mask[place]
    return [out, mask]


@right("dropout_forward")
def drawn_in_any_case(x, p, rng, training=True):
    dropped = rng.random(x.shape) < p
    if not training:
        return x, ~dropped
    out = x / (1 - p)
    out[dropped] = 0.0
    return out, ~dropped


@back_wrong(
    "dropout_backward", "mask is ignored: the gradient of a dropped value is 0, whatever arrives from above."
)
def mask_ignored(dout, mask):
    return dout.copy()


@back_wrong(
    "dropout_backward",
    "You draw a new mask. The gradient must pass through the very units that were kept in the forward pass: use `mask`.",
)
def new_mask(dout, mask):
    keep = np.random.random(dout.shape) >= 0.5
    return dout * keep / 0.5


@back_wrong(
    "dropout_backward",
    "The factor 1/(1 - p) is missing: out = x/(1 - p) where a value was kept, and so is the gradient.",
)
def scale_forgotten(dout, mask):
    return dout * (np.asarray(mask) != 0)


@back_wrong(
    "dropout_backward",
    "The factor 1/(1 - p) is multiplied in twice. If your mask holds it already, one product is enough.",
)
def scaled_twice(dout, mask):
    return dout * mask * mask


@back_wrong(
    "dropout_backward",
    "Your gradient flows through the dropped values and not through the kept ones: turn the mask round.",
)
def mask_inverted(dout, mask):
    return dout * (np.asarray(mask) == 0)


@back_wrong("dropout_backward", "You divide by the mask, which is 0 where a value was dropped. Multiply.")
def divided_by_the_mask(dout, mask):
    with np.errstate(all="ignore"):
        return dout / mask


@back_wrong(
    "dropout_backward",
    "You divide by the number of examples. The mean over the batch is in dout already: dx = dout times the mask.",
)
def averaged_over_the_batch(dout, mask):
    return dout * mask / len(dout)


@back_wrong("dropout_backward", "The sign is flipped: dx = dout times the mask, without a minus.")
def negated(dout, mask):
    return -dout * mask


@back_wrong(
    "dropout_backward",
    "You sum over the examples. x has one gradient for every value: dx has the shape of dout.",
)
def summed_over_the_batch(dout, mask):
    return (dout * mask).sum(axis=0)


@back_wrong(
    "dropout_backward",
    "dout *= mask changes the caller's array. Write dx = dout * mask, which makes a new one.",
)
def changes_dout(dout, mask):
    dout *= mask
    return dout


@back_wrong(
    "dropout_backward",
    "You divide by the mean of the mask. The factor is 1/(1 - p) exactly, not what this batch happened to keep.",
)
def divided_by_the_share(dout, mask):
    keep = np.asarray(mask) != 0
    return dout * keep / keep.mean()


@back_right("dropout_backward")
def by_where(dout, mask):
    return np.where(mask != 0, dout * mask, 0.0)


@back_right("dropout_backward")
def by_einsum(dout, mask):
    return np.einsum("ij,ij->ij", dout, mask)


@back_right("dropout_backward")
def by_loops(dout, mask, out=None):
    dx = np.zeros_like(dout)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            if mask[i, j]:
                dx[i, j] = dout[i, j] * mask[i, j]
    return dx


@back_right()
class MaskWithItsRate:
    def dropout_forward(x, p, rng, training=True):
        keep = rng.random(x.shape) >= p if training else np.ones(x.shape, dtype=bool)
        rate = 1 - p if training else 1.0
        return x * keep / rate, (keep, rate)

    def dropout_backward(dout, mask):
        keep, rate = mask
        return dout * keep / rate


@back_right()
class MaskOfDropped:
    def dropout_forward(x, p, rng, training=True):
        if not training:
            return x, None
        mask = {"dropped": rng.random(x.shape) < p, "scale": 1 / (1 - p)}
        return np.where(mask["dropped"], 0.0, x) * mask["scale"], mask

    def dropout_backward(dout, mask):
        dx = dout * mask["scale"]
        dx[mask["dropped"]] = 0.0
        return dx


@back_right()
class FollowsAnUnscaledForward:
    def dropout_forward(x, p, rng, training=True):
        mask = rng.random(x.shape) >= p
        return x * mask, mask

    def dropout_backward(dout, mask):
        return dout * mask


@back_right()
class WithoutAForward:
    def dropout_forward(x, p, rng, training=True):
        raise NotImplementedError

    def dropout_backward(dout, mask):
        return dout * mask
