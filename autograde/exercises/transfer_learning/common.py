"""What the exercises of lesson 5 share: models built on the student's side, and data for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from autograde.judge.subject import Handle, Raised
from autograde.judge.trial import Trial

LESSON = "05_transfer_learning"
SINGLE: dict[str, float] = {"rtol": 1e-4, "atol": 1e-5}
"""Tolerance for float32."""

Recipe = Sequence[Sequence[Any]]

PLAIN: Recipe = [("Linear", 6, 9), ("ReLU",), ("Linear", 9, 7), ("Tanh",), ("Linear", 7, 4)]
NORMED: Recipe = [
    ("Linear", 6, 8), ("BatchNorm1d", 8), ("ReLU",), ("Dropout", 0.4),
    ("Linear", 8, 5), ("BatchNorm1d", 5), ("ELU",), ("Linear", 5, 3),
]  # fmt: skip


def built(trial: Trial, recipe: Recipe, training: bool | None = None) -> Handle:
    """A model on the student's side with values drawn from the trial's seed."""
    model: Handle = trial.probe("build_sequential", list(recipe), int(trial.rng.integers(2**31)), keep=True)
    if training is not None:
        trial.probe("set_mode", model, training)
    return model


def normal(trial: Trial, *shape: int) -> torch.Tensor:
    """Standard normal float32 numbers drawn from the trial's seed."""
    return torch.from_numpy(trial.rng.normal(size=shape)).float()


def labels(trial: Trial, n: int, classes: int) -> torch.Tensor:
    """int64 labels, every class at least once where n allows."""
    drawn = trial.rng.integers(0, classes, n)
    drawn[: min(n, classes)] = range(min(n, classes))
    return torch.from_numpy(trial.rng.permutation(drawn))


def require_sequential(trial: Trial, model: Any, what: str) -> None:
    """`Mismatch` unless the kept value is an nn.Sequential."""
    found = trial.probe("type_of", model)
    right = trial.probe("is_sequential", model)
    trial.observe("is an nn.Sequential", right)
    hint = " Did you forget a return?" if found == "NoneType" else ""
    trial.require(right, f"{what} should be an nn.Sequential; it is a {found}.{hint}", "type")


def asked(trial: Trial, why: str, name: str, *args: Any) -> Any:
    """A probe whose failure is the student's: the sentence says what could not be done with their object."""
    try:
        return trial.probe(name, *args)
    except Raised as error:
        trial.observe(why, "fails")
        trial.require(False, f"{why} {error}")


def layer_names(trial: Trial, model: Handle) -> list[str]:
    """The type names of the direct children."""
    return [name for name, _ in trial.probe("layers", model)]
