"""Probes of torch modules: built from a recipe, and described in plain values."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograde.judge.subject import LocalSubject
from autograde.judge.trial import Trial

RECIPE = [
    ("Linear", 6, 5),
    ("BatchNorm1d", 5),
    ("ReLU",),
    ("Dropout", 0.5),
    ("Linear", 5, 3, {"bias": False}),
]


@pytest.fixture
def trial() -> Trial:
    return Trial(LocalSubject({}), 0, "probes")


def test_a_recipe_and_a_seed_give_the_same_module_and_leave_torchs_generator_alone(trial):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two = (trial.probe("build_sequential", RECIPE, 7, keep=True) for _ in "ab")
    assert torch.equal(before, torch.get_rng_state())
    first, second = trial.probe("state", one), trial.probe("state", two)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert first["1.running_var"].min() > 0 and not np.allclose(first["1.running_var"], 1)
    assert trial.probe("shared", one, two) == []
    assert trial.probe("shared", one, one) == list(first)


def test_layers_tell_types_and_options_in_order(trial):
    model = trial.probe("build_sequential", RECIPE, 7, keep=True)
    layers = trial.probe("layers", model)
    assert [name for name, _ in layers] == ["Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert layers[4][1] == {"in_features": 5, "out_features": 3, "bias": False}
    assert layers[3][1]["p"] == 0.5


def test_gradients_are_none_where_nothing_trains(trial):
    model = trial.probe("build_sequential", RECIPE, 7, keep=True)
    X, y = torch.randn(4, 6), torch.tensor([0, 1, 2, 0])
    assert all(g is not None for g in trial.probe("gradients", model, X, y).values())
    trial.probe("set_grad_flags", model, False)
    assert all(g is None for g in trial.probe("gradients", model, X, y).values())
    assert not any(trial.probe("grad_flags", model).values())


def test_modes_can_be_set_and_read_for_parts(trial):
    model = trial.probe("build_sequential", RECIPE, 7, keep=True)
    trial.probe("set_mode", model, True)
    trial.probe("set_mode_of", model, 1, False)
    flags = trial.probe("training_flags", model)
    assert (flags[""], flags["1"], flags["3"]) == (True, False, True)


def test_a_recorder_remembers_rows_mode_and_whether_gradients_were_on(trial):
    model = trial.probe("build_sequential", [("Recorder",), ("Linear", 2, 2)], 1, keep=True)
    trial.probe("outputs", model, torch.zeros(3, 2))
    trial.probe("set_mode", model, False)
    trial.probe("has_graph", model, torch.zeros(5, 2))
    assert trial.probe("recorded", model) == [(3, True, False), (5, False, True)]


def test_names_in_marks_strangers(trial):
    model = trial.probe("build_sequential", RECIPE, 7, keep=True)
    other = trial.probe("build_sequential", RECIPE, 7, keep=True)
    kept = trial.subject._kept
    mine, strange = (next(iter(kept[m.key].parameters())) for m in (model, other))
    assert trial.probe("names_in", trial.subject._keep([mine, strange]), model) == ["0.weight", ""]


def test_steps_train_what_they_are_given_only(trial):
    model = trial.probe("build_sequential", RECIPE, 7, keep=True)
    before = trial.probe("state", model)
    params = trial.subject._keep([trial.subject._kept[model.key][4].weight])
    X, y = torch.randn(4, 6), torch.tensor([0, 1, 2, 0])
    trial.probe("steps_on", params, model, X, y, "SGD", {"lr": 0.1, "weight_decay": 0.1}, 2)
    after = trial.probe("state", model)
    moved = [n for n in before if "." in n and not np.array_equal(before[n], after[n])]
    assert "4.weight" in moved and "0.weight" not in moved
