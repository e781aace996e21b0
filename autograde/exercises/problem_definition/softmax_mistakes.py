"""Wrong and other right ways to write softmax and hardmax. Each runs as it stands in a student's cell."""

from __future__ import annotations

import math

import numpy as np

from autograde.exercises.problem_definition.softmax import hardmax_exercise, softmax, softmax_exercise

# --- softmax -----------------------------------------------------------------------------------------


@softmax_exercise.misconception(
    "softmax",
    "Your columns sum to 1, not your rows. Examples run along axis 0 and classes along axis 1: say axis=1.",
)
def normalized_over_examples(logits):
    e = np.exp(logits - logits.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "The whole array sums to 1. Every row is an example of its own: divide by row sums (axis=1, keepdims=True).",
)
def normalized_over_everything(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


@softmax_exercise.misconception(
    "softmax",
    "exp overflows for large logits (or all of a row underflows to 0), and inf/inf or 0/0 is NaN. "
    "Subtract each row's maximum before exp.",
)
def no_shift(logits):
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "You shift by the largest logit of the whole array, so a row far below it underflows to 0/0. "
    "Shift each row by its own maximum.",
)
def one_shift_for_all_rows(logits):
    with np.errstate(all="ignore"):
        e = np.exp(logits - logits.max())
        return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "You shift by the row's mean, which leaves large positive exponents behind. Subtract the row's maximum.",
)
def shifted_by_the_mean(logits):
    with np.errstate(all="ignore"):
        e = np.exp(logits - logits.mean(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "Clipping the logits avoids overflow by changing them: two large logits become equal. "
    "Subtract each row's maximum instead, which changes no probability.",
)
def logits_clipped(logits):
    e = np.exp(np.clip(logits, -500, 500))
    return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax", "You return exp of the shifted logits. Divide each row by its sum, so that it sums to 1."
)
def not_normalized(logits):
    return np.exp(logits - logits.max(axis=1, keepdims=True))


@softmax_exercise.misconception(
    "softmax",
    "You divide the logits by their row sums. Take exp first: probabilities must be positive.",
)
def no_exponential(logits):
    with np.errstate(all="ignore"):
        return logits / logits.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "You return the logarithm of the probabilities. The loss will take it later; here leave it out.",
)
def log_probabilities(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@softmax_exercise.misconception(
    "softmax", "Softmax is applied twice, which flattens the probabilities. Apply it to the logits once."
)
def applied_twice(logits):
    for _ in range(2):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits = e / e.sum(axis=1, keepdims=True)
    return logits


@softmax_exercise.misconception(
    "softmax",
    "Each value goes through a sigmoid of its own, so rows do not sum to 1. Softmax compares the classes of a row.",
)
def sigmoid_of_each(logits):
    e = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, e) / (1.0 + e)


@softmax_exercise.misconception(
    "softmax",
    "The exponent's sign is flipped: the smallest logit gets the largest probability. Use exp(+logits).",
)
def sign_flipped(logits):
    e = np.exp(logits.min(axis=1, keepdims=True) - logits)
    return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception("softmax", "The base is 2. Softmax uses e: np.exp(shifted).")
def base_two(logits):
    e = 2.0 ** (logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax", "You divide by the length of each row (the root of the sum of squares). Divide by its sum."
)
def unit_length(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / np.linalg.norm(e, axis=1, keepdims=True)


@softmax_exercise.misconception(
    "softmax",
    "logits -= … changes the caller's array. Write shifted = logits - …, which makes a new one.",
)
def changes_the_logits(logits):
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


@softmax_exercise.misconception("softmax", "You round the probabilities. Return them as they are.")
def rounded(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.round(e / e.sum(axis=1, keepdims=True), 3)


@softmax_exercise.variant("softmax")
def by_log_sum_exp(logits):
    top = np.max(logits, axis=-1)[:, None]
    log_sum = top + np.log(np.sum(np.exp(logits - top), axis=-1, keepdims=True))
    return np.exp(logits - log_sum)


@softmax_exercise.variant("softmax")
def row_by_row(logits):
    rows = []
    for row in logits:
        e = [math.exp(value - max(row)) for value in row]
        rows.append([value / sum(e) for value in e])
    return np.array(rows)


@softmax_exercise.variant("softmax")
def by_differences(logits):
    with np.errstate(over="ignore"):
        return 1.0 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@softmax_exercise.variant("softmax")
def by_torch(logits):
    import torch

    return torch.softmax(torch.tensor(logits), dim=1).numpy()


@softmax_exercise.variant("softmax")
def on_the_transpose(logits, temperature=1.0):
    z = logits.T.copy() / temperature
    z -= z.max(axis=0)
    e = np.exp(z)
    e /= e.sum(axis=0)
    return e.T


# --- hardmax -----------------------------------------------------------------------------------------


@hardmax_exercise.misconception(
    "hardmax",
    "Every winner of a tie gets a 1. Only the first should: use argmax, which returns the first.",
)
def all_winners_of_a_tie(logits):
    return (logits == logits.max(axis=1, keepdims=True)).astype(float)


@hardmax_exercise.misconception(
    "hardmax",
    "A tie goes to the last of the equal classes. np.argmax gives the first; sorting and taking the end does not.",
)
def tie_to_the_last(logits):
    k = logits.shape[1]
    return np.eye(k)[k - 1 - logits[:, ::-1].argmax(axis=1)]


@hardmax_exercise.misconception(
    "hardmax",
    "Every winner of a tie gets a share of the 1. The first of them takes all.",
)
def tie_is_shared(logits):
    winners = (logits == logits.max(axis=1, keepdims=True)).astype(float)
    return winners / winners.sum(axis=1, keepdims=True)


@hardmax_exercise.misconception(
    "hardmax",
    "You look for the largest value of each column. Each example is a row: argmax along axis=1.",
)
def winner_of_each_column(logits):
    onehot = np.zeros(logits.shape)
    onehot[logits.argmax(axis=0), np.arange(logits.shape[1])] = 1.0
    return onehot


@hardmax_exercise.misconception(
    "hardmax",
    "Only the largest value of the whole array gets a 1. Every row has its own winner: axis=1.",
)
def winner_of_the_array(logits):
    onehot = np.zeros(logits.size)
    onehot[logits.argmax()] = 1.0
    return onehot.reshape(logits.shape)


@hardmax_exercise.misconception(
    "hardmax",
    "You return the winners' numbers, shape (n,). Return a row of 0s with a single 1 for each example, shape (n, k).",
)
def indices(logits):
    return logits.argmax(axis=1)


@hardmax_exercise.misconception(
    "hardmax",
    "Rounding the probabilities gives a row of zeros where no class reaches one half. Find the largest logit.",
)
def probabilities_rounded(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.round(e / e.sum(axis=1, keepdims=True))


@hardmax_exercise.misconception(
    "hardmax",
    "You return softmax. Hardmax is its limit: exactly 1 on the largest logit, exactly 0 elsewhere.",
)
def soft(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@hardmax_exercise.misconception("hardmax", "The 1 stands on the smallest logit. Use argmax.")
def smallest_wins(logits):
    return np.eye(logits.shape[1])[logits.argmin(axis=1)]


@hardmax_exercise.misconception("hardmax", "The winner keeps its logit. Its value should be 1.")
def keeps_the_logit(logits):
    onehot = np.eye(logits.shape[1])[logits.argmax(axis=1)]
    return np.where(onehot == 1, logits, 0.0)


@hardmax_exercise.misconception(
    "hardmax", "Everything above 0 becomes 1. Compare the classes of a row with each other, not with 0."
)
def positive_logits(logits):
    return (logits > 0).astype(float)


@hardmax_exercise.misconception(
    "hardmax",
    "The answer has as many columns as the largest winning class needs. It must have all k columns of the logits.",
)
def columns_from_the_winners(logits):
    winners = logits.argmax(axis=1)
    return np.eye(winners.max() + 1)[winners]


@hardmax_exercise.misconception(
    "hardmax", "Two logits that differ a little count as a tie. Compare exactly: the larger one wins."
)
def close_counts_as_equal(logits):
    close = np.isclose(logits, logits.max(axis=1, keepdims=True))
    return np.eye(logits.shape[1])[close.argmax(axis=1)]


@hardmax_exercise.misconception(
    "hardmax",
    "You write the 0s and 1s into the caller's array. Start from np.zeros_like(logits), which is a new one.",
)
def written_into_the_logits(logits):
    winners = logits.argmax(axis=1)
    logits[:] = 0.0
    logits[np.arange(len(logits)), winners] = 1.0
    return logits


@hardmax_exercise.variant("hardmax")
def rows_of_the_identity(logits):
    return np.eye(logits.shape[1], dtype=np.float32)[np.argmax(logits, axis=-1)]


@hardmax_exercise.variant("hardmax")
def booleans(logits):
    return np.arange(logits.shape[1])[None, :] == logits.argmax(axis=1)[:, None]


@hardmax_exercise.variant("hardmax")
def integers_by_loops(logits):
    onehot = np.zeros(logits.shape, dtype=int)
    for i in range(logits.shape[0]):
        best = 0
        for j in range(1, logits.shape[1]):
            if logits[i, j] > logits[i, best]:
                best = j
        onehot[i, best] = 1
    return onehot


@hardmax_exercise.variant("hardmax")
def first_of_the_winners(logits):
    winners = logits == logits.max(axis=1, keepdims=True)
    return winners * (winners.cumsum(axis=1) == 1)


@hardmax_exercise.variant("hardmax")
def largest_probability(logits, axis=1):
    onehot = np.zeros_like(logits)
    np.put_along_axis(onehot, softmax(logits).argmax(axis=axis)[:, None], 1, axis=1)
    return onehot
