"""Lesson 1, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import pytest
import torch
from auditing import Audit, names

audit = Audit("01_problem_definition")
right, wrong = audit.right, audit.wrong


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _logsumexp(z):
    top = z.max(axis=1)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))


def _backward(z, labels):
    d = _softmax(z)
    d[np.arange(len(z)), labels] -= 1
    return d / len(z)


def _loss(z, labels):
    return np.mean(_logsumexp(z) - z[np.arange(len(z)), labels])


# ---------------------------------------------------------------- softmax


@right("softmax")
def row_loop(logits):
    rows = []
    for row in logits:
        e = [math.exp(v - max(row)) for v in row]
        rows.append([v / sum(e) for v in e])
    return np.array(rows)


@right("softmax")
def logaddexp_reduce(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


@right("softmax")
def along_axis(logits):
    return np.apply_along_axis(lambda r: np.exp(r - r.max()) / np.exp(r - r.max()).sum(), 1, logits)


@right("softmax")
def in_place_on_a_copy(logits):
    out = logits.copy()
    out -= out.max(axis=-1)[:, np.newaxis]
    np.exp(out, out=out)
    out /= np.einsum("nk->n", out)[:, None]
    return out


@right("softmax")
def column_buffers(logits):
    out = np.zeros(logits.shape)
    top = reduce(np.maximum, [logits[:, j] for j in range(logits.shape[1])])
    for j in range(logits.shape[1]):
        out[:, j] = np.exp(logits[:, j] - top)
    return out / out.sum(1)[:, None]


@right("softmax")
def torch_inside(logits):
    return torch.softmax(torch.tensor(np.ascontiguousarray(logits)), dim=1).numpy()


@right("softmax")
def transposed_output(logits, axis=1):
    z = logits.T - logits.max(axis)
    return (np.exp(z) / np.exp(z).sum(axis=0)).T


@right("softmax")
def pairwise_differences(logits):
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@right("softmax")
def an_object(logits):
    class Softmax:
        def __call__(self, z):
            return np.exp(z - _logsumexp(z)[:, None])

    return Softmax()(logits)


@wrong("softmax")
def shift_by_the_global_max(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def shift_by_the_mean(logits):
    e = np.exp(logits - logits.mean(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def shift_by_the_largest_magnitude(logits):
    e = np.exp(logits - np.abs(logits).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def shift_by_the_first_column(logits):
    e = np.exp(logits - logits[:, :1])
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def clipped_logits(logits):
    e = np.exp(np.clip(logits, -500, 500))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def nan_to_zero(logits):
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        return np.nan_to_num(e / e.sum(axis=1, keepdims=True))


@wrong("softmax")
def in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax")
def float32_result(logits):
    return _softmax(logits).astype(np.float32)


@wrong("softmax")
def rounded(logits):
    return np.round(_softmax(logits), 5)


@wrong("softmax")
def epsilon_in_the_sum(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-4)


@wrong("softmax")
def squeezed(logits):
    return np.squeeze(_softmax(logits))


@wrong("softmax")
def a_list(logits):
    return _softmax(logits).tolist()


@wrong("softmax")
def only_c_order(logits):
    z = logits.ravel(order="K").reshape(logits.shape)
    return _softmax(z)


@wrong("softmax")
def only_three_classes(logits):
    return _softmax(logits.reshape(-1, 3))


@wrong("softmax")
def float64_only(logits):
    if logits.dtype != np.float64:
        raise TypeError("float64 please")
    return _softmax(logits)


_seen: dict[tuple[int, ...], np.ndarray] = {}


@wrong("softmax")
def remembered_by_shape(logits):
    return _seen.setdefault(logits.shape, _softmax(logits))


# ---------------------------------------------------------------- hardmax


@right("hardmax")
def eye_rows(logits):
    return np.eye(logits.shape[1])[logits.argmax(axis=1)]


@right("hardmax")
def broadcast_compare(logits):
    return np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None]


@right("hardmax")
def first_of_the_equal(logits):
    top = logits == logits.max(axis=1, keepdims=True)
    return (top & (np.cumsum(top, axis=1) == 1)).astype(int)


@right("hardmax")
def nested_loops(logits):
    out = np.zeros(logits.shape)
    for i in range(logits.shape[0]):
        best = 0
        for j in range(1, logits.shape[1]):
            if logits[i, j] > logits[i, best]:
                best = j
        out[i, best] = 1.0
    return out


@right("hardmax")
def put_along(logits):
    out = np.zeros_like(logits)
    np.put_along_axis(out, logits.argmax(axis=1, keepdims=True), 1, axis=1)
    return out


@right("hardmax")
def python_lists_inside(logits):
    return np.array([[int(j == list(r).index(max(r))) for j in range(len(r))] for r in logits])


@right("hardmax")
def stable_argsort(logits):
    out = np.zeros(logits.shape, dtype=np.float32)
    out[np.arange(len(logits)), np.argsort(-logits, axis=1, kind="stable")[:, 0]] = 1
    return np.asfortranarray(out)


@right("hardmax")
def recursive(logits):
    one = np.zeros((1, logits.shape[1]))
    one[0, np.argmax(logits[0])] = 1
    return one if len(logits) == 1 else np.vstack([one, recursive(logits[1:])])


@wrong("hardmax")
def all_ties(logits):
    return (logits == logits.max(axis=1, keepdims=True)).astype(float)


@wrong("hardmax")
def last_tie(logits):
    k = logits.shape[1]
    return np.eye(k)[k - 1 - logits[:, ::-1].argmax(axis=1)]


@wrong("hardmax")
def shared_ties(logits):
    top = logits == logits.max(axis=1, keepdims=True)
    return top / top.sum(axis=1, keepdims=True)


@wrong("hardmax")
def close_values_tie(logits):
    return np.eye(logits.shape[1])[np.round(logits, 1).argmax(axis=1)]


@wrong("hardmax")
def rounded_softmax(logits):
    return np.round(_softmax(logits))


@wrong("hardmax")
def eye_of_n(logits):
    return np.eye(len(logits))[logits.argmax(axis=1)]


@wrong("hardmax")
def column_winners(logits):
    return (np.arange(len(logits))[:, None] == logits.argmax(axis=0)).astype(float)


@wrong("hardmax")
def class_indices(logits):
    return logits.argmax(axis=1)


@wrong("hardmax")
def largest_magnitude(logits):
    return np.eye(logits.shape[1])[np.abs(logits).argmax(axis=1)]


@wrong("hardmax")
def above_the_mean(logits):
    return (logits > logits.mean(axis=1, keepdims=True)).astype(float)


@wrong("hardmax")
def ties_broken_by_chance(logits):
    noise = np.random.default_rng().uniform(0, 1e-9, logits.shape)
    return np.eye(logits.shape[1])[(logits + noise).argmax(axis=1)]


@wrong("hardmax")
def winner_kept_as_it_is(logits):
    return np.where(logits == logits.max(axis=1, keepdims=True), logits, 0)


@wrong("hardmax")
def marked_in_the_argument(logits):
    best = logits.argmax(axis=1)
    logits[...] = 0
    logits[np.arange(len(logits)), best] = 1
    return logits.copy()


@wrong("hardmax")
def one_winner_for_the_batch(logits):
    out = np.zeros(logits.shape)
    out.flat[logits.argmax()] = 1
    return out


@wrong("hardmax")
def starts_from_zero(logits):
    out = np.zeros(logits.shape)
    for i, row in enumerate(logits):
        best, where = 0.0, 0
        for j, v in enumerate(row):
            if v > best:
                best, where = v, j
        out[i, where] = 1
    return out


# ---------------------------------------------------------------- cross_entropy


@right("cross_entropy")
def ce_gather(logits, labels):
    return float(np.mean(_logsumexp(logits) - logits[np.arange(len(labels)), labels]))


@right("cross_entropy")
def ce_one_hot(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(np.eye(logits.shape[1])[labels] * log_probs).sum() / len(labels)


@right("cross_entropy")
def ce_loop(logits, labels):
    total = 0.0
    for row, y in zip(logits, labels, strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[y]
    return total / len(labels)


@right("cross_entropy")
def ce_log1p(logits, labels):
    order = np.sort(logits, axis=1)
    rest = np.exp(order[:, :-1] - order[:, -1:]).sum(axis=1)
    return np.asarray((order[:, -1] - logits[np.arange(len(labels)), labels] + np.log1p(rest)).mean())


@right("cross_entropy")
def ce_logaddexp(logits, labels):
    picked = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return np.average(np.logaddexp.reduce(logits, axis=1) - picked)


@right("cross_entropy")
def ce_torch(logits, labels):
    z = torch.from_numpy(np.array(logits))
    return torch.nn.functional.cross_entropy(z, torch.from_numpy(labels.astype(np.int64))).item()


@right("cross_entropy")
def ce_differences(logits, labels):
    gaps = logits - logits[range(len(labels)), labels][:, None]
    return _logsumexp(gaps).mean()


@right("cross_entropy")
def ce_einsum(logits, labels, reduction="mean"):
    onehot = np.equal.outer(labels, np.arange(logits.shape[1])).astype(float)
    return np.einsum("n->", _logsumexp(logits) - np.einsum("nk,nk->n", onehot, logits)) / labels.size


@wrong("cross_entropy")
def ce_log_of_softmax(logits, labels):
    with np.errstate(divide="ignore"):
        return -np.log(_softmax(logits)[np.arange(len(labels)), labels]).mean()


@wrong("cross_entropy")
def ce_with_epsilon(logits, labels):
    return -np.log(_softmax(logits)[np.arange(len(labels)), labels] + 1e-300).mean()


@wrong("cross_entropy")
def ce_clipped(logits, labels):
    return -np.log(np.clip(_softmax(logits), 1e-12, 1 - 1e-12))[np.arange(len(labels)), labels].mean()


@wrong("cross_entropy")
def ce_sum(logits, labels):
    return (_logsumexp(logits) - logits[np.arange(len(labels)), labels]).sum()


@wrong("cross_entropy")
def ce_mean_over_entries(logits, labels):
    log_probs = logits - _logsumexp(logits)[:, None]
    return -(np.eye(logits.shape[1])[labels] * log_probs).mean()


@wrong("cross_entropy")
def ce_log2(logits, labels):
    return _loss(logits, labels) / math.log(2)


@wrong("cross_entropy")
def ce_per_example(logits, labels):
    return _logsumexp(logits) - logits[np.arange(len(labels)), labels]


@wrong("cross_entropy")
def ce_global_shift(logits, labels):
    with np.errstate(divide="ignore"):
        z = logits - logits.max()
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels])


@wrong("cross_entropy")
def ce_labels_from_one(logits, labels):
    return _loss(logits, labels - 1)


@wrong("cross_entropy")
def ce_median(logits, labels):
    return np.median(_logsumexp(logits) - logits[np.arange(len(labels)), labels])


@wrong("cross_entropy")
def ce_all_columns(logits, labels):
    return np.mean(_logsumexp(logits)[:, None] - logits[:, labels])


@wrong("cross_entropy")
def ce_shifts_in_place(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return _loss(logits, labels)


@wrong("cross_entropy")
def ce_sorts_labels(logits, labels):
    loss = _loss(logits, labels)
    labels.sort()
    return loss


@wrong("cross_entropy")
def ce_first_100(logits, labels):
    return _loss(logits[:4], labels[:4])


@wrong("cross_entropy")
def ce_one_element_array(logits, labels):
    return np.array([_loss(logits, labels)])


@wrong("cross_entropy")
def ce_float16(logits, labels):
    return np.float16(_loss(logits, labels))


@wrong("cross_entropy")
def ce_off_by_one_in_the_mean(logits, labels):
    return _loss(logits, labels) * len(labels) / max(len(labels) - 1, 1)


@wrong("cross_entropy")
def ce_binary_too(logits, labels):
    p = np.clip(_softmax(logits), 1e-300, 1 - 1e-16)
    y = np.eye(logits.shape[1])[labels]
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / len(labels)


@wrong("cross_entropy")
def ce_forgets_the_top(logits, labels):
    top = logits.max(axis=1)
    return np.mean(np.log(np.exp(logits - top[:, None]).sum(axis=1)) - logits[np.arange(len(labels)), labels])


# ---------------------------------------------------------------- cross_entropy_backward


@right("cross_entropy_backward")
def cb_gather(logits, labels):
    probs = _softmax(logits)
    probs[np.arange(len(labels)), labels] -= 1.0
    probs /= len(labels)
    return probs


@right("cross_entropy_backward")
def cb_one_hot(logits, labels):
    return (_softmax(logits) - np.eye(logits.shape[1])[labels]) / logits.shape[0]


@right("cross_entropy_backward")
def cb_loop(logits, labels):
    out = np.zeros(logits.shape)
    for i in range(len(labels)):
        e = np.exp(logits[i] - np.max(logits[i]))
        for j in range(logits.shape[1]):
            out[i, j] = (e[j] / e.sum() - (1 if j == labels[i] else 0)) / len(labels)
    return out


@right("cross_entropy_backward")
def cb_torch(logits, labels):
    z = torch.tensor(np.array(logits), requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor(labels.astype(np.int64))).backward()
    return z.grad.numpy()


@right("cross_entropy_backward")
def cb_jacobian_of_the_log(logits, labels):
    jacobian = np.eye(logits.shape[1]) - _softmax(logits)[:, None, :]  # d log p_i / d z_j
    onehot = np.eye(logits.shape[1])[labels]
    return -np.einsum("ni,nij->nj", onehot, jacobian) / len(labels)


@right("cross_entropy_backward")
def cb_subtract_at(logits, labels):
    d = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    np.subtract.at(d, (np.arange(len(labels)), labels), 1)
    return np.asfortranarray(np.divide(d, len(labels)))


@right("cross_entropy_backward")
def cb_recombined(logits, labels):
    parts = [_backward(logits[i : i + 1], labels[i : i + 1]) for i in range(len(labels))]
    return np.concatenate(parts) * (1.0 / len(labels))


@right("cross_entropy_backward")
def cb_mask(logits, labels):
    hit = labels[:, None] == np.arange(logits.shape[1])[None]
    return np.where(hit, _softmax(logits) - 1, _softmax(logits)) / np.size(labels)


@wrong("cross_entropy_backward")
def cb_sum(logits, labels):
    return _backward(logits, labels) * len(labels)


@wrong("cross_entropy_backward")
def cb_over_k_too(logits, labels):
    return _backward(logits, labels) / logits.shape[1]


@wrong("cross_entropy_backward")
def cb_over_k(logits, labels):
    return _backward(logits, labels) * len(labels) / logits.shape[1]


@wrong("cross_entropy_backward")
def cb_sign(logits, labels):
    return -_backward(logits, labels)


@wrong("cross_entropy_backward")
def cb_index_mix(logits, labels):
    p = _softmax(logits)
    p[:, labels] -= 1
    return p / len(labels)


@wrong("cross_entropy_backward")
def cb_divides_before_subtracting(logits, labels):
    p = _softmax(logits) / len(labels)
    p[np.arange(len(labels)), labels] -= 1
    return p


@wrong("cross_entropy_backward")
def cb_no_shift(logits, labels):
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong("cross_entropy_backward")
def cb_clipped_probabilities(logits, labels):
    p = np.clip(_softmax(logits), 1e-3, 1 - 1e-3)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong("cross_entropy_backward")
def cb_chain_with_epsilon(logits, labels):
    p = _softmax(logits)
    picked = p[np.arange(len(labels)), labels][:, None]
    return (p - np.eye(p.shape[1])[labels]) * picked / (picked + 1e-12) / len(labels)


@wrong("cross_entropy_backward")
def cb_true_class_only(logits, labels):
    return np.where(np.eye(logits.shape[1])[labels] > 0, _backward(logits, labels), 0)


@wrong("cross_entropy_backward")
def cb_in_place(logits, labels):
    logits[...] = _backward(logits, labels)
    return logits.copy()


@wrong("cross_entropy_backward")
def cb_float32(logits, labels):
    return _backward(logits, labels).astype(np.float32)


@wrong("cross_entropy_backward")
def cb_of_the_probabilities(logits, labels):
    return _backward(_softmax(logits), labels)


@wrong("cross_entropy_backward")
def cb_with_the_loss(logits, labels):
    return _loss(logits, labels), _backward(logits, labels)


@wrong("cross_entropy_backward")
def cb_columns(logits, labels):
    e = np.exp(logits - logits.max(axis=0))
    p = e / e.sum(axis=0)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


# ---------------------------------------------------------------- softmax_regression_backward


def _reg(X, W, b, labels):
    d = _backward(X @ W + b, labels)
    return X.T @ d, d.sum(axis=0)


@right("softmax_regression_backward")
def rb_plain(X, W, b, labels):
    return _reg(X, W, b, labels)


@right("softmax_regression_backward")
def rb_einsum(X, W, b, labels):
    d = _backward(np.einsum("nd,dk->nk", X, W) + b, labels)
    return np.einsum("nd,nk->dk", X, d), np.einsum("nk->k", d)


@right("softmax_regression_backward")
def rb_example_loop(X, W, b, labels):
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for x, y in zip(X, labels, strict=True):
        d = _backward((x @ W + b)[None], np.array([y]))[0]
        dW += np.outer(x, d)
        db += d
    return dW / len(X), db / len(X)


@right("softmax_regression_backward")
def rb_ones_column(X, W, b, labels):
    wide = np.hstack([X, np.ones((len(X), 1))])
    grad = wide.T @ _backward(wide @ np.vstack([W, b]), labels)
    return grad[:-1], grad[-1]


@right("softmax_regression_backward")
def rb_ones_vector(X, W, b, labels):
    d = _backward(np.matmul(X, W) + b[None, :], labels)
    return (d.T @ X).T, np.ones(len(X)) @ d


@right("softmax_regression_backward")
def rb_torch(X, W, b, labels):
    tX, tW, tb = (torch.tensor(np.array(a)) for a in (X, W, b))
    tW.requires_grad_()
    tb.requires_grad_()
    torch.nn.functional.cross_entropy(tX @ tW + tb, torch.tensor(labels.astype(np.int64))).backward()
    return [tW.grad.numpy(), tb.grad.numpy()]


@right("softmax_regression_backward")
def rb_divides_last(X, W, b, labels):
    d = _softmax(np.dot(X, W) + b) - np.eye(W.shape[1])[labels]
    return np.tensordot(X, d, axes=(0, 0)) / X.shape[0], d.mean(axis=0)


@right("softmax_regression_backward")
def rb_per_class(X, W, b, labels):
    d = _backward(X.dot(W) + b, labels)
    dW, db = np.empty_like(W), np.empty_like(b)
    for j in range(W.shape[1]):
        dW[:, j] = (X * d[:, [j]]).sum(axis=0)
        db[j] = d[:, j].sum()
    return dW, db


def _reg_wrong(name, change):
    def solution(X, W, b, labels):
        return change(X, W, b, labels)

    solution.__name__ = name
    wrong("softmax_regression_backward")(solution)


_reg_wrong("rb_db_mean", lambda X, W, b, y: (_reg(X, W, b, y)[0], _reg(X, W, b, y)[1] / len(X)))
_reg_wrong("rb_db_row", lambda X, W, b, y: (_reg(X, W, b, y)[0], _reg(X, W, b, y)[1][None]))
_reg_wrong("rb_db_wrong_axis", lambda X, W, b, y: (_reg(X, W, b, y)[0], _backward(X @ W + b, y).sum(axis=1)))
_reg_wrong("rb_dW_transposed", lambda X, W, b, y: (_reg(X, W, b, y)[0].T, _reg(X, W, b, y)[1]))
_reg_wrong("rb_ignores_b", lambda X, W, b, y: _reg(X, W, 0 * b, y))
_reg_wrong("rb_at_zero", lambda X, W, b, y: _reg(X, 0 * W, 0 * b, y))
_reg_wrong("rb_swapped", lambda X, W, b, y: _reg(X, W, b, y)[::-1])
_reg_wrong("rb_sum", lambda X, W, b, y: tuple(len(X) * g for g in _reg(X, W, b, y)))
_reg_wrong("rb_db_sum_only", lambda X, W, b, y: (_reg(X, W, b, y)[0], len(X) * _reg(X, W, b, y)[1]))
_reg_wrong("rb_n_twice", lambda X, W, b, y: (_reg(X, W, b, y)[0] / len(X), _reg(X, W, b, y)[1]))
_reg_wrong("rb_weight_decay", lambda X, W, b, y: (_reg(X, W, b, y)[0] + 1e-3 * W, _reg(X, W, b, y)[1]))
_reg_wrong("rb_centred", lambda X, W, b, y: _reg(X - X.mean(axis=0), W, b, y))
_reg_wrong("rb_sign", lambda X, W, b, y: tuple(-g for g in _reg(X, W, b, y)))
_reg_wrong("rb_dict", lambda X, W, b, y: dict(zip(("dW", "db"), _reg(X, W, b, y), strict=True)))
_reg_wrong("rb_float32", lambda X, W, b, y: tuple(g.astype(np.float32) for g in _reg(X, W, b, y)))
_reg_wrong("rb_db_total", lambda X, W, b, y: (_reg(X, W, b, y)[0], _reg(X, W, b, y)[1].sum()))


@wrong("softmax_regression_backward")
def rb_step_taken(X, W, b, labels):
    dW, db = _reg(X, W, b, labels)
    W -= 0.1 * dW
    return dW, db


@wrong("softmax_regression_backward")
def rb_scales_the_examples(X, W, b, labels):
    grads = _reg(X, W, b, labels)
    X /= len(X)
    return grads


@wrong("softmax_regression_backward")
def rb_clips_logits(X, W, b, labels):
    d = _backward(np.clip(X @ W + b, -30, 30), labels)
    return X.T @ d, d.sum(axis=0)


# ---------------------------------------------------------------- train_softmax_regression


def _train(X, labels, k, lr, steps, W=None, b=None):
    W = np.zeros((X.shape[1], k)) if W is None else W
    b = np.zeros(k) if b is None else b
    losses = []
    for _ in range(steps):
        losses.append(_loss(X @ W + b, labels))
        dW, db = _reg(X, W, b, labels)
        W, b = W - lr * dW, b - lr * db
    return W, b, losses


@right("train_softmax_regression")
def tr_plain(X, labels, num_classes, learning_rate, steps):
    return _train(X, labels, num_classes, learning_rate, steps)


@right("train_softmax_regression")
def tr_in_place_on_its_own(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros((num_classes,)), np.empty(steps)
    for i in range(steps):
        z = X @ W
        z += b
        losses[i] = _loss(z, labels)
        d = _backward(z, labels)
        W -= learning_rate * (X.T @ d)
        b -= learning_rate * d.sum(axis=0)
    return W, b, losses


@right("train_softmax_regression")
def tr_ones_column(X, labels, num_classes, learning_rate, steps):
    wide = np.c_[X, np.ones(len(X))]
    theta = np.zeros((wide.shape[1], num_classes))
    losses = []
    while len(losses) < steps:
        z = wide.dot(theta)
        losses.append(float(_loss(z, labels)))
        theta = theta - learning_rate * wide.T.dot(_backward(z, labels))
    return theta[:-1], theta[-1], losses


@right("train_softmax_regression")
def tr_recursive(X, labels, num_classes, learning_rate, steps):
    if steps == 0:
        return np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    W, b, losses = tr_recursive(X, labels, num_classes, learning_rate, steps - 1)
    loss = _loss(X @ W + b, labels)
    dW, db = _reg(X, W, b, labels)
    return W - learning_rate * dW, b - learning_rate * db, [*losses, loss]


@right("train_softmax_regression")
def tr_torch(X, labels, num_classes, learning_rate, steps):
    tX, ty = torch.tensor(np.array(X)), torch.tensor(labels.astype(np.int64))
    W = torch.zeros(X.shape[1], num_classes, dtype=tX.dtype, requires_grad=True)
    b = torch.zeros(num_classes, dtype=tX.dtype, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(tX @ W + b, ty)
        dW, db = torch.autograd.grad(loss, (W, b))
        with torch.no_grad():
            W -= learning_rate * dW
            b -= learning_rate * db
        losses.append(loss.item())
    return W.detach().numpy(), b.detach().numpy(), losses


@right("train_softmax_regression")
def tr_class(X, labels, num_classes, learning_rate, steps, verbose=False):
    class Model:
        def __init__(self):
            self.W = np.zeros((X.shape[1], num_classes))
            self.b = np.zeros(num_classes)

        def update(self):
            z = X @ self.W + self.b
            d = _backward(z, labels)
            self.W, self.b = self.W - learning_rate * X.T @ d, self.b - learning_rate * d.sum(0)
            return _loss(z, labels)

    model = Model()
    losses = [model.update() for _ in range(steps)]
    return model.W, model.b, losses


@right("train_softmax_regression")
def tr_tuple_of_losses(X, labels, num_classes, learning_rate, steps):
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps)
    return np.asfortranarray(W), b, np.array(losses)


@right("train_softmax_regression")
def tr_residuals(X, labels, num_classes, learning_rate, steps):
    Y = np.eye(num_classes)[labels]
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        z = X @ W + b
        losses.append(np.mean(_logsumexp(z) - (Y * z).sum(axis=1)))
        residual = (Y - _softmax(z)) / len(X)
        W = W + learning_rate * X.T @ residual
        b = b + learning_rate * residual.sum(axis=0)
    return W, b, losses


@wrong("train_softmax_regression")
def tr_loss_after(X, labels, num_classes, learning_rate, steps):
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps)
    return W, b, [*losses[1:], _loss(X @ W + b, labels)]


@wrong("train_softmax_regression")
def tr_one_loss_more(X, labels, num_classes, learning_rate, steps):
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps)
    return W, b, [*losses, _loss(X @ W + b, labels)]


@wrong("train_softmax_regression")
def tr_one_step_less(X, labels, num_classes, learning_rate, steps):
    W, b, _ = _train(X, labels, num_classes, learning_rate, steps - 1)
    return W, b, _train(X, labels, num_classes, learning_rate, steps)[2]


@wrong("train_softmax_regression")
def tr_random_start(X, labels, num_classes, learning_rate, steps):
    W = 0.01 * np.random.default_rng(0).normal(size=(X.shape[1], num_classes))
    return _train(X, labels, num_classes, learning_rate, steps, W)


@wrong("train_softmax_regression")
def tr_classes_counted(X, labels, num_classes, learning_rate, steps):
    return _train(X, labels, int(labels.max()) + 1, learning_rate, steps)


@wrong("train_softmax_regression")
def tr_bias_frozen(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(_loss(X @ W, labels))
        W = W - learning_rate * _reg(X, W, b, labels)[0]
    return W, b, losses


@wrong("train_softmax_regression")
def tr_one_after_the_other(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(_loss(X @ W + b, labels))
        W = W - learning_rate * _reg(X, W, b, labels)[0]
        b = b - learning_rate * _reg(X, W, b, labels)[1]
    return W, b, losses


@wrong("train_softmax_regression")
def tr_decaying_rate(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for i in range(steps):
        losses.append(_loss(X @ W + b, labels))
        dW, db = _reg(X, W, b, labels)
        W, b = W - learning_rate / (1 + 0.01 * i) * dW, b - learning_rate / (1 + 0.01 * i) * db
    return W, b, losses


@wrong("train_softmax_regression")
def tr_fixed_rate(X, labels, num_classes, learning_rate, steps):
    return _train(X, labels, num_classes, 0.1, steps)


@wrong("train_softmax_regression")
def tr_weight_decay(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(_loss(X @ W + b, labels))
        dW, db = _reg(X, W, b, labels)
        W, b = W - learning_rate * (dW + 1e-4 * W), b - learning_rate * db
    return W, b, losses


@wrong("train_softmax_regression")
def tr_best_weights(X, labels, num_classes, learning_rate, steps):
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps)
    best = int(np.argmin(losses))
    W, b, _ = _train(X, labels, num_classes, learning_rate, best)
    return W, b, losses


@wrong("train_softmax_regression")
def tr_swapped(X, labels, num_classes, learning_rate, steps):
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps)
    return b, W, losses


@wrong("train_softmax_regression")
def tr_standardizes(X, labels, num_classes, learning_rate, steps):
    return _train((X - X.mean(0)) / (X.std(0) + 1e-8), labels, num_classes, learning_rate, steps)


@wrong("train_softmax_regression")
def tr_loss_with_epsilon(X, labels, num_classes, learning_rate, steps):
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(-np.log(_softmax(X @ W + b)[np.arange(len(X)), labels] + 1e-12).mean())
        dW, db = _reg(X, W, b, labels)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b, losses


_shared = {}


@wrong("train_softmax_regression")
def tr_goes_on_from_the_last_call(X, labels, num_classes, learning_rate, steps):
    key = (X.shape[1], num_classes)
    W, b, losses = _train(X, labels, num_classes, learning_rate, steps, *_shared.get(key, (None, None)))
    _shared[key] = (W, b)
    return W, b, losses


@wrong("train_softmax_regression")
def tr_normalized_in_place(X, labels, num_classes, learning_rate, steps):
    result = _train(X.copy(), labels, num_classes, learning_rate, steps)
    X -= X.mean(axis=0)
    return result


@wrong("train_softmax_regression")
def tr_sum_gradient(X, labels, num_classes, learning_rate, steps):
    return _train(X, labels, num_classes, learning_rate * len(X), steps)


# ---------------------------------------------------------------- forward_statistics


def _layers(X, weights, activation):
    h, out = X, []
    for W in weights:
        h = activation(h @ W)
        out.append(h)
    return out


@right("forward_statistics")
def fs_lists(X, weights, activation):
    layers = _layers(X, weights, activation)
    return np.array([h.mean() for h in layers]), np.array([h.std() for h in layers])


@right("forward_statistics")
def fs_sample_std(X, weights, activation):
    layers = _layers(X, weights, activation)
    return np.array([np.mean(h) for h in layers]), np.array([np.std(h, ddof=1) for h in layers])


@right("forward_statistics")
def fs_buffers(X, weights, activation):
    means, stds = np.zeros(len(weights)), np.zeros(len(weights))
    h = X.copy()
    for i in range(len(weights)):
        h = activation(np.einsum("nd,dk->nk", h, weights[i]))
        means[i], stds[i] = h.sum() / h.size, math.sqrt(((h - h.mean()) ** 2).mean())
    return means, stds


@right("forward_statistics")
def fs_recursive(X, weights, activation):
    if len(weights) == 0:
        return np.zeros(0), np.zeros(0)
    h = activation(np.dot(X, weights[0]))
    means, stds = fs_recursive(h, weights[1:], activation)
    return np.append(h.mean(), means), np.append(h.std(), stds)


@right("forward_statistics")
def fs_stacked(X, weights, activation):
    pairs = [(np.average(h), np.var(h) ** 0.5) for h in _layers(X, weights, activation)]
    table = np.array(pairs)
    return table[:, 0], table[:, 1]


@right("forward_statistics")
def fs_generator(X, weights, activation):
    def signals():
        h = X
        for W in weights:
            h = activation(np.matmul(h, W))
            yield h.ravel()

    layers = list(signals())
    return (
        np.fromiter((v.mean() for v in layers), float),
        np.fromiter((np.linalg.norm(v - v.mean()) / np.sqrt(v.size) for v in layers), float),
    )


@right("forward_statistics")
def fs_reads_views(X, weights, activation):
    h, stats = np.asfortranarray(X), []
    for W in weights:
        h = activation(h.dot(W))
        stats += [h.mean(dtype=float), h.std(dtype=float)]
    return np.array(stats)[::2], np.array(stats)[1::2]


@right("forward_statistics")
def fs_torch(X, weights, activation):
    layers = [torch.from_numpy(np.array(h)) for h in _layers(X, weights, activation)]
    return torch.stack([h.mean() for h in layers]).numpy(), torch.stack([h.std() for h in layers]).numpy()


def _fs_wrong(name, change):
    def solution(X, weights, activation):
        return change(X, weights, activation)

    solution.__name__ = name
    wrong("forward_statistics")(solution)


def _stats(layers):
    return np.array([h.mean() for h in layers]), np.array([h.std() for h in layers])


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


_fs_wrong("fs_input_counted", lambda X, w, f: _stats([X, *_layers(X, w, f)]))
_fs_wrong("fs_input_for_last", lambda X, w, f: _stats([X, *_layers(X, w, f)[:-1]]))
_fs_wrong("fs_hard_sigmoid", lambda X, w, f: _stats(_layers(X, w, _sigmoid)))
_fs_wrong("fs_hard_tanh", lambda X, w, f: _stats(_layers(X, w, np.tanh)))
_fs_wrong("fs_swapped", lambda X, w, f: _stats(_layers(X, w, f))[::-1])
_fs_wrong("fs_variance", lambda X, w, f: (_stats(_layers(X, w, f))[0], _stats(_layers(X, w, f))[1] ** 2))
_fs_wrong("fs_lists_back", lambda X, w, f: tuple(s.tolist() for s in _stats(_layers(X, w, f))))
_fs_wrong("fs_last_only", lambda X, w, f: tuple(s[-1] for s in _stats(_layers(X, w, f))))
_fs_wrong("fs_first_weights", lambda X, w, f: _stats(_layers(X, [w[0]] * len(w), f)))
_fs_wrong(
    "fs_abs_mean",
    lambda X, w, f: (np.array([abs(h).mean() for h in _layers(X, w, f)]), _stats(_layers(X, w, f))[1]),
)
_fs_wrong(
    "fs_rms",
    lambda X, w, f: (
        _stats(_layers(X, w, f))[0],
        np.array([np.sqrt((h**2).mean()) for h in _layers(X, w, f)]),
    ),
)
_fs_wrong(
    "fs_mean_of_column_stds",
    lambda X, w, f: (_stats(_layers(X, w, f))[0], np.array([h.std(axis=0).mean() for h in _layers(X, w, f)])),
)
_fs_wrong("fs_first_unit", lambda X, w, f: _stats([h[:, 0] for h in _layers(X, w, f)]))
_fs_wrong("fs_first_example", lambda X, w, f: _stats([h[0] for h in _layers(X, w, f)]))
_fs_wrong(
    "fs_median",
    lambda X, w, f: (np.array([np.median(h) for h in _layers(X, w, f)]), _stats(_layers(X, w, f))[1]),
)
_fs_wrong("fs_reversed", lambda X, w, f: tuple(s[::-1] for s in _stats(_layers(X, w, f))))
_fs_wrong("fs_float16", lambda X, w, f: tuple(s.astype(np.float16) for s in _stats(_layers(X, w, f))))


@wrong("forward_statistics")
def fs_before_activation(X, weights, activation):
    h, out = X, []
    for W in weights:
        z = h @ W
        out.append(z)
        h = activation(z)
    return _stats(out)


@wrong("forward_statistics")
def fs_last_layer_linear(X, weights, activation):
    layers = _layers(X, weights, activation)
    layers[-1] = (layers[-2] if len(layers) > 1 else X) @ weights[-1]
    return _stats(layers)


@wrong("forward_statistics")
def fs_scales_weights(X, weights, activation):
    for W in weights:
        W /= math.sqrt(W.shape[0])
    return _stats(_layers(X, weights, activation))


@wrong("forward_statistics")
def fs_pops_weights(X, weights, activation):
    out = _stats(_layers(X, weights, activation))
    weights.pop()
    return out


@wrong("forward_statistics")
def fs_activates_twice(X, weights, activation):
    return _stats([activation(h) for h in _layers(X, weights, activation)])


# ---------------------------------------------------------------- saturated_fraction


@right("saturated_fraction")
def sf_mean(a, margin=0.05):
    return float(np.mean((a < margin) | (a > 1 - margin)))


@right("saturated_fraction")
def sf_count(a, margin=0.05):
    return np.count_nonzero(np.logical_or(a < margin, a > 1.0 - margin)) / a.size


@right("saturated_fraction")
def sf_two_means(a, margin=0.05):
    return (a < margin).mean() + (a > 1 - margin).mean()


@right("saturated_fraction")
def sf_loop(a, margin=0.05):
    flat = a.ravel().tolist()
    return sum(1 for v in flat if v < margin or v > 1 - margin) / len(flat)


@right("saturated_fraction")
def sf_complement(a, margin=0.05):
    return 1.0 - np.mean((a >= margin) & (a <= 1 - margin))


@right("saturated_fraction")
def sf_zero_d(a, margin=0.05):
    return np.asarray(np.where(a < margin, 1.0, np.where(a > 1 - margin, 1.0, 0.0)).mean())


@right("saturated_fraction")
def sf_flat(a, margin=0.05, copy=True):
    values = np.array(a, copy=copy).reshape(-1)
    return len(values[(values < margin) + (values > 1 - margin)]) / len(values)


@right("saturated_fraction")
def sf_distance_to_the_end(a, margin=0.05):
    return np.float64(np.mean((a < margin) | (1 - a < margin)))


@right("saturated_fraction")
def sf_nearer_end(a, margin=0.05):
    return np.sum(np.minimum(a, 1 - a) < margin) / a.size


def _sf_wrong(name, change, default=0.05):
    def solution(a, margin=default):
        return change(a, margin)

    solution.__name__ = name
    wrong("saturated_fraction")(solution)


def _share(a, m):
    return float(np.mean((a < m) | (a > 1 - m)))


_sf_wrong("sf_inclusive", lambda a, m: np.mean((a <= m) | (a >= 1 - m)))
_sf_wrong("sf_inclusive_low", lambda a, m: np.mean((a <= m) | (a > 1 - m)))
_sf_wrong("sf_inclusive_high", lambda a, m: np.mean((a < m) | (a >= 1 - m)))
_sf_wrong("sf_low_only", lambda a, m: np.mean(a < m))
_sf_wrong("sf_high_only", lambda a, m: np.mean(a > 1 - m))
_sf_wrong("sf_margin_ignored", lambda a, m: _share(a, 0.05))
_sf_wrong("sf_default", _share, 0.1)
_sf_wrong("sf_default_close", _share, 0.06)
_sf_wrong("sf_count_only", lambda a, m: round(_share(a, m) * a.size))
_sf_wrong("sf_percent", lambda a, m: 100 * _share(a, m))
_sf_wrong("sf_healthy", lambda a, m: 1 - _share(a, m))
_sf_wrong("sf_rows", lambda a, m: _share(a, m) * a.size / len(a) if a.ndim else _share(a, m))
_sf_wrong("sf_both", lambda a, m: np.mean((a < m) & (a > 1 - m)))
_sf_wrong("sf_half_margins", lambda a, m: _share(a, m / 2))
_sf_wrong("sf_own_range", lambda a, m: np.mean((a < a.min() + m) | (a > a.max() - m)))
_sf_wrong("sf_last_axis", lambda a, m: np.mean((a < m) | (a > 1 - m), axis=-1))
_sf_wrong("sf_one_element", lambda a, m: np.array([_share(a, m)]))
_sf_wrong("sf_rounded", lambda a, m: round(_share(a, m), 1))
_sf_wrong("sf_sigmoid_again", lambda a, m: _share(_sigmoid(a), m))


@wrong("saturated_fraction")
def sf_marks_in_place(a, margin=0.05):
    a[...] = (a < margin) | (a > 1 - margin)
    return float(a.mean())


# ---------------------------------------------------------------- diagnose_fit


def _verdict(train, test, target):
    if train > target:
        return "underfitting"
    return "overfitting" if test > target else "good fit"


@right("diagnose_fit")
def df_if_chain(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        verdict = "underfitting"
    elif test_error > target_error:
        verdict = "overfitting"
    else:
        verdict = "good fit"
    return gap, verdict


@right("diagnose_fit")
def df_lookup(train_error, test_error, target_error):
    key = (train_error > target_error, test_error > target_error)
    names_of = {(True, True): "underfitting", (True, False): "underfitting", (False, True): "overfitting"}
    return test_error - train_error, names_of.get(key, "good fit")


@right("diagnose_fit")
def df_numpy(train_error, test_error, target_error):
    verdict = np.where(
        train_error > target_error,
        "underfitting",
        np.where(test_error > target_error, "overfitting", "good fit"),
    )
    return np.subtract(test_error, train_error), str(verdict)


@right("diagnose_fit")
def df_good_first(train_error, test_error, target_error):
    if max(train_error, test_error) <= target_error:
        return -train_error + test_error, "good fit"
    return test_error - train_error, "overfitting" if train_error <= target_error else "underfitting"


@right("diagnose_fit")
def df_zero_d(train_error, test_error, target_error):
    return np.array(test_error - train_error), _verdict(train_error, test_error, target_error)


@right("diagnose_fit")
def df_list(train_error, test_error, target_error, names=("underfitting", "overfitting", "good fit")):
    bad = [train_error > target_error, test_error > target_error, True]
    return [float(test_error) - float(train_error), names[bad.index(True)]]


@right("diagnose_fit")
def df_named_tuple(train_error, test_error, target_error):
    import collections

    Fit = collections.namedtuple("Fit", "gap verdict")
    return Fit(gap=test_error - train_error, verdict=_verdict(train_error, test_error, target_error))


@right("diagnose_fit")
def df_numpy_string(train_error, test_error, target_error):
    return np.float64(test_error) - train_error, np.str_(_verdict(train_error, test_error, target_error))


def _df_wrong(name, change):
    def solution(train_error, test_error, target_error):
        return change(train_error, test_error, target_error)

    solution.__name__ = name
    wrong("diagnose_fit")(solution)


_df_wrong("df_gap_sign", lambda r, e, t: (r - e, _verdict(r, e, t)))
_df_wrong("df_gap_abs", lambda r, e, t: (abs(e - r), _verdict(r, e, t)))
_df_wrong("df_gap_clipped", lambda r, e, t: (max(e - r, 0.0), _verdict(r, e, t)))
_df_wrong("df_gap_to_target", lambda r, e, t: (e - t, _verdict(r, e, t)))
_df_wrong("df_gap_relative", lambda r, e, t: ((e - r) / max(r, 1e-12), _verdict(r, e, t)))
_df_wrong("df_gap_rounded", lambda r, e, t: (round(e - r, 2), _verdict(r, e, t)))
_df_wrong("df_swapped", lambda r, e, t: (_verdict(r, e, t), e - r))
_df_wrong("df_capital", lambda r, e, t: (e - r, _verdict(r, e, t).capitalize()))
_df_wrong("df_underscore", lambda r, e, t: (e - r, _verdict(r, e, t).replace(" ", "_")))
_df_wrong("df_train_inclusive", lambda r, e, t: (e - r, "underfitting" if r >= t else _verdict(r, e, t)))
_df_wrong(
    "df_test_inclusive",
    lambda r, e, t: (e - r, "underfitting" if r > t else "overfitting" if e >= t else "good fit"),
)
_df_wrong(
    "df_overfit_first",
    lambda r, e, t: (e - r, "overfitting" if e > t else "underfitting" if r > t else "good fit"),
)
_df_wrong(
    "df_any_gap_overfits",
    lambda r, e, t: (e - r, "underfitting" if r > t else "overfitting" if e > r else "good fit"),
)
_df_wrong(
    "df_gap_over_target",
    lambda r, e, t: (e - r, "underfitting" if r > t else "overfitting" if e - r > t else "good fit"),
)
_df_wrong(
    "df_underfit_by_test",
    lambda r, e, t: (e - r, "underfitting" if r > t and e > t else "overfitting" if e > t else "good fit"),
)
_df_wrong(
    "df_larger_gap_first",
    lambda r, e, t: (
        e - r,
        "underfitting" if r > t and e - r < r - t else "overfitting" if e > t else "good fit",
    ),
)
_df_wrong("df_slack", lambda r, e, t: (e - r, _verdict(r, e, t * 1.05)))
_df_wrong("df_three_values", lambda r, e, t: (e - r, _verdict(r, e, t), t))
_df_wrong("df_verdict_only", lambda r, e, t: _verdict(r, e, t))


# ---------------------------------------------------------------- critical_point_type


def _kind(values, tol):
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    if (abs(values) <= tol).any():
        return "degenerate"
    return "minimum" if (values > tol).all() else "maximum"


@right("critical_point_type")
def cp_eigvalsh(hessian, tol=1e-8):
    return _kind(np.linalg.eigvalsh(hessian), tol)


@right("critical_point_type")
def cp_eigvals(hessian, tol=1e-8):
    return _kind(np.linalg.eigvals(hessian).real, tol)


@right("critical_point_type")
def cp_eigh_ends(hessian, tol=1e-8):
    values, _ = np.linalg.eigh(hessian)
    low, high = values[0], values[-1]
    if low < -tol and high > tol:
        return "saddle"
    if low > tol:
        return "minimum"
    return "maximum" if high < -tol else "degenerate"


@right("critical_point_type")
def cp_counts(hessian, tol=1e-8):
    signs = [0 if abs(v) <= tol else (1 if v > 0 else -1) for v in np.linalg.eigvalsh(hessian)]
    if {1, -1} <= set(signs):
        return "saddle"
    return "degenerate" if 0 in signs else {1: "minimum", -1: "maximum"}[signs[0]]


@right("critical_point_type")
def cp_torch(hessian, tol=1e-8):
    return _kind(torch.linalg.eigvalsh(torch.tensor(np.array(hessian))).numpy(), tol)


@right("critical_point_type")
def cp_symmetrized(hessian, tol=1e-8, verbose=False):
    H = (hessian + hessian.T) / 2
    return np.str_(_kind(np.linalg.eigvalsh(H, UPLO="U"), tol))


@right("critical_point_type")
def cp_upper_triangle_in_float64(hessian, tol=1e-8):
    return _kind(np.linalg.eigvalsh(np.asarray(hessian, dtype=np.float64), UPLO="U"), tol)


@right("critical_point_type")
def cp_where(hessian, tol=1e-8):
    values = np.sort(np.linalg.eigvals(np.array(hessian)).astype(complex).real)
    positive, negative = np.sum(values > tol), np.sum(values < -tol)
    if positive and negative:
        return "saddle"
    if positive + negative < len(values):
        return "degenerate"
    return ("maximum", "minimum")[int(positive > 0)]


def _cp_wrong(name, change, default=1e-8):
    def solution(hessian, tol=default):
        return change(hessian, tol)

    solution.__name__ = name
    wrong("critical_point_type")(solution)


def _strict(values, tol):
    if (values >= tol).any() and (values <= -tol).any():
        return "saddle"
    if (abs(values) < tol).any():
        return "degenerate"
    return "minimum" if values[0] > 0 else "maximum"


def _degenerate_first(values, tol):
    return "degenerate" if (abs(values) <= tol).any() else _kind(values, tol)


def _saddle_without_tol(values, tol):
    return "saddle" if values.min() < 0 < values.max() else _kind(values, tol)


_eig = np.linalg.eigvalsh
_cp_wrong("cp_strict", lambda H, t: _strict(_eig(H), t))
_cp_wrong("cp_degenerate_first", lambda H, t: _degenerate_first(_eig(H), t))
_cp_wrong("cp_saddle_without_tol", lambda H, t: _saddle_without_tol(_eig(H), t))
_cp_wrong("cp_tol_ignored", lambda H, t: _kind(_eig(H), 1e-8))
_cp_wrong("cp_default_loose", lambda H, t: _kind(_eig(H), t), 1e-5)
_cp_wrong("cp_default_tight", lambda H, t: _kind(_eig(H), t), 1e-12)
_cp_wrong("cp_diagonal", lambda H, t: _kind(np.diag(H), t))
_cp_wrong("cp_relative", lambda H, t: _kind(_eig(H), t * max(1.0, abs(_eig(H)).max())))
_cp_wrong(
    "cp_swapped",
    lambda H, t: {"minimum": "maximum", "maximum": "minimum"}.get(_kind(_eig(H), t), _kind(_eig(H), t)),
)
_cp_wrong("cp_singular_values", lambda H, t: _kind(np.linalg.svd(H, compute_uv=False), t))
_cp_wrong("cp_saddle_point", lambda H, t: _kind(_eig(H), t).replace("saddle", "saddle point"))
_cp_wrong("cp_capital", lambda H, t: _kind(_eig(H), t).capitalize())
_cp_wrong("cp_corner", lambda H, t: _kind(_eig(H[:2, :2]), t))
_cp_wrong("cp_trace", lambda H, t: _kind(np.array([np.trace(H), np.linalg.det(H)]), t))
_cp_wrong("cp_entries", lambda H, t: _kind(H, t))
_cp_wrong(
    "cp_no_degenerate",
    lambda H, t: "saddle" if _eig(H)[0] < 0 < _eig(H)[-1] else "minimum" if _eig(H)[0] >= 0 else "maximum",
)
_cp_wrong(
    "cp_all_flat_only",
    lambda H, t: (
        "degenerate"
        if (abs(_eig(H)) <= t).all()
        else "saddle"
        if _eig(H)[0] < -t and _eig(H)[-1] > t
        else "minimum"
        if _eig(H)[-1] > t
        else "maximum"
    ),
)


def _determinant(H, tol):
    d = np.linalg.det(H)
    if abs(d) <= tol:
        return "degenerate"
    return "saddle" if d < 0 else "minimum" if H[0, 0] > 0 else "maximum"


_cp_wrong("cp_determinant", _determinant)


@wrong("critical_point_type")
def cp_symmetrizes_in_place(hessian, tol=1e-8):
    hessian += hessian.T.copy()
    hessian /= 3
    return _kind(_eig(hessian), tol)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.right_cases, ids=names(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


@pytest.mark.parametrize(("exercise", "name", "own"), audit.wrong_cases, ids=names(audit.wrong_cases))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
