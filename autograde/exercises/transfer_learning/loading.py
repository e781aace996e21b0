"""A bug hunt: weights that were said to be loaded and were not (slides S4.5, model zoo)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograde.exercises.transfer_learning.common import LESSON, Recipe, asked, built
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

bug_hunt_exercise = Exercise(
    name="loading_bug_hunt",
    lesson=LESSON,
    functions=("repaired_load_encoder",),
    title="Bug hunt: loaded, or not?",
    section="loading_bug_hunt_idea",
    difficulty=3,
    minutes=12,
    lines=5,
    hints=(
        "Compare a weight of the model with the checkpoint's, before and after the call. What has changed?",
        "load_state_dict(strict=False) returns what it did not use. Print it.",
        "The checkpoint says encoder.0.weight, the model says 0.weight. Take the prefix off (str.removeprefix) before loading.",
    ),
)


@bug_hunt_exercise.reference
def repaired_load_encoder(model, checkpoint):
    """Load what the checkpoint holds under encoder. into the model, and say what it was."""
    prefix = "encoder."
    wanted = {name[len(prefix) :]: tensor for name, tensor in checkpoint.items() if name.startswith(prefix)}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


CASES: tuple[tuple[str, Recipe, int], ...] = (
    (
        "two layers of three in the checkpoint",
        [("Linear", 5, 4), ("ReLU",), ("Linear", 4, 3), ("ReLU",), ("Linear", 3, 2)],
        4,
    ),
    ("an encoder with batch norm", [("Linear", 4, 6), ("BatchNorm1d", 6), ("ELU",), ("Linear", 6, 3)], 3),
    ("one layer", [("Linear", 3, 3), ("Tanh",), ("Linear", 3, 2)], 1),
)


def checkpoint_for(trial: Trial, model: Handle, count: int) -> tuple[dict[str, torch.Tensor], list[str]]:
    """New values for the first `count` children under encoder., a decoder, and things with similar names."""
    names = {
        f"{i}.{k}": v
        for i, part in enumerate(trial.probe("child_states", model)[:count])
        for k, v in part.items()
    }
    values = {name: _new(trial, v) for name, v in names.items()}
    checkpoint = {f"encoder.{name}": tensor for name, tensor in values.items()}
    for name, tensor in values.items():
        checkpoint[f"decoder.{name}"] = tensor.clone() + 1
        checkpoint[f"old_encoder.{name}"] = tensor.clone() + 2
    checkpoint["epoch"] = torch.tensor(12)
    # The encoder first: whoever takes other prefixes too overwrites it with what comes later.
    return dict(sorted(checkpoint.items(), key=lambda item: (item[0][0] != "e", trial.rng.random()))), sorted(
        values
    )


def source_of(checkpoint: dict[str, torch.Tensor], name: str, value: Any) -> str:
    """Under which prefix the checkpoint holds this value."""
    held = ("encoder", "decoder", "old_encoder")
    return next((p for p in held if np.allclose(value, checkpoint[f"{p}.{name}"].numpy())), "none")


def _new(trial: Trial, like: Any) -> torch.Tensor:
    if np.asarray(like).dtype.kind == "i":
        return torch.tensor(int(trial.rng.integers(50, 90)))
    return torch.from_numpy(trial.rng.uniform(0.5, 2.0, np.shape(like))).float()


@bug_hunt_exercise.aspect("the encoder's values arrive", points=2.5)
def _(trial: Trial) -> None:
    for case, recipe, count in CASES:
        with trial.case(case):
            model = built(trial, recipe, training=True)
            before = trial.probe("state", model)
            checkpoint, names = checkpoint_for(trial, model, count)
            trial.call("repaired_load_encoder", model, checkpoint)
            after = asked(trial, "The model's state cannot be read:", "state", model)
            sources = [source_of(checkpoint, name, after[name]) for name in names]
            arrived = [name for name, source in zip(names, sources, strict=True) if source == "encoder"]
            moved = [
                name for name in before if name not in names and not np.array_equal(before[name], after[name])
            ]
            trial.observe("whence, moved elsewhere", [sources, moved])
            trial.require(
                arrived != [] or not names,
                "The model's weights are still what they were: nothing was loaded.",
            )
            trial.require(
                len(arrived) == len(names),
                "Some tensors under encoder. did not arrive in the model, or arrived with other values.",
            )
            trial.require(
                not moved, "Tensors outside the encoder have changed: load only what stands under encoder."
            )


@bug_hunt_exercise.aspect("says what it loaded", points=1.5, needs=("the encoder's values arrive",))
def _(trial: Trial) -> None:
    for case, recipe, count in CASES:
        with trial.case(case):
            model = built(trial, recipe, training=True)
            checkpoint, names = checkpoint_for(trial, model, count)
            got = trial.call("repaired_load_encoder", model, checkpoint)
            trial.require(
                isinstance(got, list | tuple) and all(isinstance(name, str) for name in got),
                "repaired_load_encoder should return the loaded names as a list of strings.",
                "type",
            )
            trial.require(
                list(got) == names,
                "The returned names are not those of the tensors loaded, as the model calls them, sorted.",
            )
