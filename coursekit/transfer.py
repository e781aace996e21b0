"""Tasks, nets and scores for the lesson on transfer learning: digits as torch tensors, small nets in known layers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from coursekit.data import load_digits


def pictures(X: np.ndarray) -> torch.Tensor:
    """Return X `(n, 64)` as a float32 tensor."""
    return torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32))


class Task(NamedTuple):
    """Pictures `(n, 64)` float32 and their original labels `(n,)`: a pool to draw from, and what is only for testing."""

    X_pool: torch.Tensor
    y_pool: torch.Tensor
    X_test: torch.Tensor
    y_test: torch.Tensor


def task(classes: Sequence[int], per_class: int = 100, seed: int = 0) -> Task:
    """Return the digits of some classes: `per_class` of each in the pool, all others for testing."""
    images, labels = load_digits()
    X, rng = pictures(images.reshape(len(images), -1) / 16.0), np.random.default_rng(seed)
    pool, test = [], []
    for value in classes:
        found = rng.permutation(np.flatnonzero(labels == value))
        pool.append(found[:per_class])
        test.append(found[per_class:])
    first, rest = (torch.from_numpy(np.concatenate(part)) for part in (pool, test))
    y = torch.from_numpy(labels)
    return Task(X[first], y[first], X[rest], y[rest])


def few(task: Task, per_class: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw `per_class` pictures of every class from the pool, with their original labels.

    Raises ValueError where the pool holds fewer.
    """
    chosen = []
    for value in task.y_pool.unique():
        found = np.flatnonzero(task.y_pool.numpy() == int(value))
        if len(found) < per_class:
            raise ValueError(
                f"The pool holds {len(found)} pictures of {int(value)}; you asked for {per_class}."
            )
        chosen.append(rng.permutation(found)[:per_class])
    index = torch.from_numpy(np.concatenate(chosen))
    return task.X_pool[index], task.y_pool[index]


def net(sizes: Sequence[int], num_classes: int, seed: int) -> nn.Sequential:
    """Return Linear, BatchNorm1d, ReLU for every hidden size, then a Linear head, started from `seed`."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(fan_in, fan_out), nn.BatchNorm1d(fan_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], num_classes))


def accuracy(model: nn.Module, X: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of right answers in eval mode; the model's mode stays as it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        right = float((model(X).argmax(dim=1) == y).float().mean())
    for module, training in modes:
        module.training = training
    return right


def epochs_for(steps: int, n: int, batch_size: int) -> int:
    """Return how many epochs over n examples make about `steps` steps."""
    return max(1, round(steps / -(-n // batch_size)))


def timed(action: Callable[[], object]) -> tuple[object, float]:
    """Return what `action` gives and the seconds it took."""
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start


def stripes(n: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return n pictures `(n, 64)` of stripes in five directions with noise, and the direction 0 … 4 of each."""
    y = np.arange(n) % 5
    angle = np.pi * y / 5
    rows, columns = np.mgrid[0:8, 0:8].reshape(2, -1)
    along = np.cos(angle)[:, None] * columns + np.sin(angle)[:, None] * rows
    wave = np.sin(along * rng.uniform(0.8, 1.6, (n, 1)) + rng.uniform(0, 2 * np.pi, (n, 1)))
    return pictures(np.clip(0.5 + 0.5 * wave + rng.normal(0, 0.1, (n, 64)), 0, 1)), torch.from_numpy(y)


def plane(features: torch.Tensor) -> np.ndarray:
    """Return the features' two principal components, `(n, 2)`, for looking at."""
    centred = features.flatten(1) - features.flatten(1).mean(dim=0)
    return (centred @ torch.linalg.svd(centred, full_matrices=False)[2][:2].T).numpy()


def nearest_mean(F: torch.Tensor, y: torch.Tensor, F_test: torch.Tensor, y_test: torch.Tensor) -> float:
    """Return the accuracy of giving every test row the class whose mean row lies nearest: nothing is trained."""
    classes = y.unique()
    means = torch.stack([F[y == value].mean(dim=0) for value in classes])
    return float((classes[torch.cdist(F_test, means).argmin(dim=1)] == y_test).float().mean())
