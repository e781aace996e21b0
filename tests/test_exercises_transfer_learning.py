"""Lesson 5's exercises: odd but correct solutions keep every point, wrong ones nobody declared lose some."""

from __future__ import annotations

import copy
import io

import numpy as np
import pytest
import torch
from torch import nn

from autograde import exercises
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

LESSON = exercises.load("05_transfer_learning")
REFERENCES = {name: f for e in LESSON.values() for name, f in e.references.items()}
QUICK = [name for name in LESSON if name not in ("train_head", "pretrain_autoencoder")]


def verdict(exercise, function=None, seed=1, **others):
    """What `function`, standing for the exercise's own, is worth; references stand for the rest."""
    own = {LESSON[exercise].functions[-1]: function} if function else {}
    return judge(LESSON[exercise], LocalSubject({**REFERENCES, **own, **others}), seed)


def test_the_lesson_is_worth_94_points_and_every_exercise_is_rich_enough():
    assert sum(e.points for e in LESSON.values()) == 94  # and 6 for the written question
    assert all(len(e.misconceptions) >= 8 and len(e.variants) >= 4 for e in LESSON.values())


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("seed", range(3))
def test_the_reference_gets_full_marks(name, seed):
    found = verdict(name, seed=seed)
    assert found.status is Status.PASSED, found.message


@pytest.mark.parametrize("name", list(LESSON))
def test_an_unwritten_function_scores_nothing(name):
    def stub(*args, **kwargs):
        raise NotImplementedError

    found = judge(LESSON[name], LocalSubject({n: stub for n in REFERENCES}), 1)
    assert (found.status, found.score) == (Status.NOT_ATTEMPTED, 0)


# --- correct in an unusual way ------------------------------------------------------------------------------


def saved_and_read_again(pretrained, num_reused, num_classes, activation=None):
    buffer = io.BytesIO()
    torch.save(pretrained, buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=False)
    widths = [
        m.num_features if hasattr(m, "num_features") else getattr(m, "out_features", None) for m in again
    ]
    width = [w for w in widths[:num_reused] if w is not None][-1]
    return nn.Sequential(*[again[i] for i in range(num_reused)], nn.Linear(width, num_classes))


def frozen_by_a_wrapper(model, num_frozen):
    def stay(mode):
        for i in range(num_frozen):
            nn.Module.train(model[i], False)
        return model

    ordinary = model.train
    model.train = lambda mode=True: (ordinary(mode), stay(mode))[1]
    stay(False)
    keep = []
    for i, module in enumerate(model):
        for p in module.parameters(recurse=True):
            if i < num_frozen:
                p.requires_grad = False
            else:
                keep.append(p)
    return keep


def features_row_by_row(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    rows = []
    with torch.inference_mode():
        start = 0
        while start < X.shape[0]:
            h = X[start : start + batch_size]
            for index, module in enumerate(model):
                if index < num_layers:
                    h = module(h)
            rows.extend(h)
            start += batch_size
    model.train(mode=was)
    return torch.stack(rows).clone()


def labels_by_search(labels, classes):
    order = sorted(range(len(classes)), key=lambda i: classes[i])
    ordered = torch.tensor([classes[i] for i in order])
    place = torch.searchsorted(ordered, labels).clamp(max=len(classes) - 1)
    if (ordered[place] != labels).any():
        raise ValueError("no such class")
    return torch.tensor(order)[place]


def boltzmann_in_float32(v0, W, b_visible, b_hidden, rng):
    v0, W, b, c = (np.asarray(a, dtype=np.float32) for a in (v0, W, b_visible, b_hidden))

    def up(v):
        return 0.5 * (1 + np.tanh(0.5 * (v @ W + c)))

    p = up(v0)
    h = np.where(rng.uniform(0.0, 1.0, size=p.shape) < p, 1.0, 0.0).astype(np.float32)
    v = 0.5 * (1 + np.tanh(0.5 * (h @ W.T + b)))
    q = up(v)
    n = np.float32(v0.shape[0])
    return [(v0.T.dot(p) - v.T.dot(q)) / n, (v0 - v).mean(0), (p - q).mean(0)]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("reuse_layers", saved_and_read_again),
        ("freeze_layers", frozen_by_a_wrapper),
        ("extract_features", features_row_by_row),
        ("relabel", labels_by_search),
        ("rbm_cd1", boltzmann_in_float32),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_an_unusual_correct_solution_keeps_every_point(name, function, seed):
    found = verdict(name, function, seed)
    assert found.status is Status.PASSED, found.message


# --- wrong in a way that nobody declared ----------------------------------------------------------------------


def labels_by_table(labels, classes):
    table = torch.full((max(classes) + 1,), -1)
    table[torch.tensor(classes)] = torch.arange(len(classes))
    found = table[labels]  # -1 looks at the end of the table
    if (found < 0).any():
        raise ValueError("no such class")
    return found


def smaller_of_the_sides(images, size):
    scale = size / min(images.shape[2:])
    return nn.functional.interpolate(images, scale_factor=scale, mode="bilinear", align_corners=False)


def only_the_first_batch_norm(model, num_frozen):
    for module in model[:num_frozen]:
        module.requires_grad_(False)
    for module in model[:num_frozen]:
        if isinstance(module, nn.BatchNorm1d):
            module.eval()
            module.train = lambda mode=True, module=module: module
            break
    return [p for p in model.parameters() if p.requires_grad]


def head_not_trainable(pretrained, num_reused, num_classes):
    net = REFERENCES["reuse_layers"](pretrained, num_reused, num_classes)
    net[-1].requires_grad_(False)
    return net


def features_of_the_last_batch_only(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        for part in X.split(batch_size):
            out = model[:num_layers](part)
    model.train(was)
    return out


def two_steps_of_divergence(v0, W, b_visible, b_hidden, rng):
    def sigmoid(z):
        return np.exp(-np.logaddexp(0.0, -z))

    p0 = p = sigmoid(v0 @ W + b_hidden)
    for _ in range(2):
        v = sigmoid((rng.random(p.shape) < p) @ W.T + b_visible)
        p = sigmoid(v @ W + b_hidden)
    return (v0.T @ p0 - v.T @ p) / len(v0), (v0 - v).mean(axis=0), (p0 - p).mean(axis=0)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relabel", labels_by_table),
        ("resize_images", smaller_of_the_sides),
        ("freeze_layers", only_the_first_batch_norm),
        ("reuse_layers", head_not_trainable),
        ("extract_features", features_of_the_last_batch_only),
        ("rbm_cd1", two_steps_of_divergence),
        ("classifier_from_encoder", lambda encoder, num_classes: copy.deepcopy(encoder)),
    ],
)
def test_an_undeclared_mistake_loses_points(name, function):
    found = verdict(name, function)
    assert found.score < LESSON[name].points


# --- training, which takes longer ------------------------------------------------------------------------------


def head_trainer(optimizer, loss=nn.functional.cross_entropy):
    def train_head(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
        chosen = optimizer(REFERENCES["freeze_layers"](model, num_frozen), learning_rate)
        model.train()
        losses = []
        for _ in range(epochs):
            for batch in torch.from_numpy(rng.permutation(len(X))).split(batch_size):
                value = loss(model(X[batch]), y[batch])
                chosen.zero_grad()
                value.backward()
                chosen.step()
                losses.append(value.item())
        return losses

    return train_head


@pytest.mark.slow
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p, lr: torch.optim.SGD(p, lr=lr, weight_decay=0.05),
        lambda p, lr: torch.optim.RMSprop(p, lr=lr),
        lambda p, lr: torch.optim.Adagrad(p, lr=lr),
        lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    ],
    ids=["decay", "rmsprop", "adagrad", "nesterov"],
)
def test_any_optimizer_trains_a_head(optimizer):
    found = verdict("train_head", head_trainer(optimizer))
    assert found.status is Status.PASSED, found.message


@pytest.mark.slow
def test_a_squared_error_is_not_cross_entropy():
    def squared(z, y):
        return (z - nn.functional.one_hot(y, 3)).square().mean()

    found = verdict(
        "train_head", head_trainer(lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9), squared)
    )
    assert found.score < LESSON["train_head"].points


# --- over the pipe --------------------------------------------------------------------------------------------

NOTEBOOK = """
import copy
import numpy as np
import torch
from torch import nn

def freeze_layers(model, num_frozen):
    return list(model.parameters())

def train_head(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
"""


@pytest.mark.slow
def test_a_wrong_freeze_is_charged_once_although_modules_never_cross_the_pipe(warm, tmp_path):
    process = warm.spawn(tmp_path)
    try:
        assert process.run_cell(NOTEBOOK).ok
        alone = judge(LESSON["train_head"], process.subject(60), 3)
        stand_ins = {"freeze_layers": REFERENCES["freeze_layers"]}
        helped = judge(LESSON["train_head"], process.subject(60), 3, stand_ins)
    finally:
        process.kill()
    assert alone.score < LESSON["train_head"].points
    assert helped.status is Status.PASSED, helped.message
