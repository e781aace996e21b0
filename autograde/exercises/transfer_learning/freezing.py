"""Lower layers that do not train, statistics included (slides S4.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograde.exercises.transfer_learning.common import LESSON, NORMED, PLAIN, Recipe, built, labels, normal
from autograde.judge.beside import answers_beside
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

freeze_layers_exercise = Exercise(
    name="freeze_layers",
    lesson=LESSON,
    functions=("freeze_layers",),
    title="Frozen means frozen",
    section="freeze_layers_idea",
    difficulty=4,
    minutes=20,
    lines=7,
    seconds=20.0,
    hints=(
        "Two things in a layer change while training: parameters (by the optimizer) and batch-norm statistics (by the forward pass).",
        "Parameters: requires_grad_(False) for every parameter of the first num_frozen modules, and leave them out of the list.",
        "Statistics: a batch norm in eval mode does not touch them. But model.train() switches every module back.",
        "model.train(mode) calls train(mode) of every child. Give a frozen module a train of its own that stays in eval: "
        "module.eval(), then module.train = lambda mode=True: module.",
    ),
)


@freeze_layers_exercise.reference
@answers_beside
def freeze_layers(model, num_frozen):
    """The first modules stop training for good; the list of what still trains."""

    def stay_in_eval(module):
        for part in module.modules():
            part.eval()
        for part in module.modules():
            part.train = lambda mode=True, part=part: part

    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
        stay_in_eval(module)
    return [p for module in list(model)[num_frozen:] for p in module.parameters() if p.requires_grad]


CONVOLUTIONAL: Recipe = [
    ("Conv2d", 1, 3, 3), ("BatchNorm2d", 3), ("ReLU",), ("Flatten",), ("Linear", 48, 3),
]  # fmt: skip
NESTED: Recipe = [
    ("Sequential", [("Linear", 6, 8), ("BatchNorm1d", 8), ("ReLU",)]),
    ("Sequential", [("Linear", 8, 5), ("BatchNorm1d", 5), ("ELU",)]),
    ("Linear", 5, 3),
]
UNTRACKED: Recipe = [("Linear", 6, 7, {"bias": False}), ("LayerNorm", 7), ("Tanh",), ("Linear", 7, 3)]

CASES: tuple[tuple[str, Recipe, int], ...] = (
    ("5 modules, 2 of them frozen", PLAIN, 2),
    ("5 modules, 4 of them frozen", PLAIN, 4),
    ("5 modules, 1 of them frozen (a linear layer)", PLAIN, 1),
    ("batch norms at 2 and 6, the first 2 modules frozen", NORMED, 2),
    ("batch norms at 2 and 6, the first 4 modules frozen", NORMED, 4),
    ("batch norms at 2 and 6, the first 5 modules frozen", NORMED, 5),
    ("batch norms at 2 and 6, the first 7 modules frozen", NORMED, 7),
    ("a layer norm, the first 3 modules frozen", UNTRACKED, 3),
    ("nothing frozen", NORMED, 0),
    ("everything frozen", NORMED, 8),
)
DRIFTING = (CASES[3], CASES[4], CASES[5], CASES[6])


def frozen(trial: Trial, model: Handle, count: int) -> Handle:
    """Call the student's function and keep the list it returns."""
    kept: Handle = trial.call("freeze_layers", model, count, keep=(-1,), observe=False)
    return kept


def own_names(trial: Trial, model: Handle) -> list[list[str]]:
    """The names of the parameters of every direct child, in order."""
    names = trial.probe("parameter_names", model)
    children = list(
        dict.fromkeys(name.split(".")[0] for name in trial.probe("training_flags", model) if name)
    )
    return [[name for name in names if name.split(".")[0] == child] for child in children]


def inputs_for(trial: Trial, recipe: Recipe, n: int) -> torch.Tensor:
    """Inputs that the recipe's first layer takes, far from the running statistics."""
    shape = (n, 1, 6, 6) if recipe is CONVOLUTIONAL else (n, 6)
    return normal(trial, *shape) * 2 + 1


def classes_of(recipe: Recipe) -> int:
    """How many logits the recipe ends in."""
    return int(recipe[-1][2])


@freeze_layers_exercise.aspect("no gradient below, all above", points=4)
def _(trial: Trial) -> None:
    for case, recipe, count in CASES:
        with trial.case(case):
            model = built(trial, recipe, training=True)
            names, before = own_names(trial, model), trial.probe("state", model)
            frozen(trial, model, count)
            after = trial.probe("state", model)
            same = all(np.array_equal(before[name], after.get(name)) for name in before)
            trial.observe("values as before", same)
            trial.require(
                same, "freeze_layers changes weights or statistics. It should only decide what trains."
            )
            X, y = inputs_for(trial, recipe, 9), labels(trial, 9, classes_of(recipe))
            got = trial.probe("gradients", model, X, y)
            below = [name for part in names[:count] for name in part if got.get(name) is not None]
            above = [name for part in names[count:] for name in part if got.get(name) is None]
            trial.observe("gradients below, none above", [below, above])
            trial.require(not below, f"A gradient still arrives in the frozen part: {_listed(below)}.")
            trial.require(not above, f"No gradient arrives in modules that should train: {_listed(above)}.")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (" …" if len(names) > 4 else "")


@freeze_layers_exercise.aspect("list of what trains", points=3)
def _(trial: Trial) -> None:
    for case, recipe, count in CASES:
        with trial.case(case):
            model = built(trial, recipe, training=True)
            names = own_names(trial, model)
            kept = frozen(trial, model, count)
            kind = trial.probe("type_of", kept)
            trial.observe("type", kind)
            hint = " Did you forget a return?" if kind == "NoneType" else ""
            trial.require(
                kind in ("list", "tuple"),
                f"freeze_layers should return a list; it returns a {kind}.{hint}",
                "type",
            )
            got = trial.probe("names_in", kept, model)
            want = [name for part in names[count:] for name in part]
            trial.observe("names", sorted(got))
            trial.require(
                "" not in got,
                "The list holds things that are no parameters of the model: return the parameters themselves.",
            )
            missing, extra = sorted(set(want) - set(got)), sorted(set(got) - set(want))
            trial.require(
                not missing, f"Parameters that should train are not in the list: {_listed(missing)}."
            )
            trial.require(not extra, f"Frozen parameters are in the list: {_listed(extra)}.")
            trial.require(len(got) == len(want), "Some parameters are in the list twice.")


def statistics(trial: Trial, model: Handle, count: int) -> list[dict[str, Any]]:
    """The running statistics of each of the first modules."""
    chosen = trial.probe("child_states", model)[:count]
    return [{k: v for k, v in one.items() if "running_" in k} for one in chosen]


def drift(trial: Trial, model: Handle, count: int, X: torch.Tensor) -> bool:
    """Whether running the model on X moves statistics of the first modules."""
    before = statistics(trial, model, count)
    trial.probe("outputs", model, X)
    after = statistics(trial, model, count)
    return any(not np.array_equal(a[k], b.get(k)) for a, b in zip(before, after, strict=True) for k in a)


def check_statistics(trial: Trial, recipe: Recipe, count: int) -> None:
    """Frozen statistics through train(), eval() and train() again; the features stay the same."""
    model = built(trial, recipe, training=True)
    X = inputs_for(trial, recipe, 12)
    features = trial.probe("prefix_outputs", model, count, X)
    frozen(trial, model, count)
    at_once = drift(trial, model, count, X)
    trial.probe("set_mode", model, True)
    later = drift(trial, model, count, X)
    trial.probe("set_mode", model, False)
    trial.probe("set_mode", model, True)
    again = drift(trial, model, count, X)
    trial.observe("drift at once, after train(), after eval() and train()", [at_once, later, again])
    trial.require(
        not later and not again,
        "After model.train() a forward pass moves the running mean and variance of a frozen batch norm. It has to "
        "stay in eval mode even then.",
    )
    trial.require(
        not at_once,
        "Right after freeze_layers a forward pass in training mode still moves frozen statistics.",
    )
    now = trial.probe("prefix_outputs", model, count, X)
    trial.close(now, features, "what the frozen layers give", source=X, rtol=1e-5, atol=1e-6)


@freeze_layers_exercise.aspect("batch-norm statistics stay fixed", points=3)
def _(trial: Trial) -> None:
    for case, recipe, count in DRIFTING:
        with trial.case(case):
            check_statistics(trial, recipe, count)


@freeze_layers_exercise.aspect(
    "also in convolutional nets and nested blocks", points=1, needs=("batch-norm statistics stay fixed",)
)
def _(trial: Trial) -> None:
    for case, recipe, count in (
        ("a convolutional net, 3 modules frozen", CONVOLUTIONAL, 3),
        ("blocks of layers, 1 block frozen", NESTED, 1),
    ):
        with trial.case(case):
            check_statistics(trial, recipe, count)
            model = built(trial, recipe, training=True)
            names = own_names(trial, model)
            got = trial.probe("names_in", frozen(trial, model, count), model)
            trial.observe("names", sorted(got))
            trial.require(
                sorted(got) == sorted(n for part in names[count:] for n in part),
                "The list is not what should train.",
            )
            X, y = inputs_for(trial, recipe, 9), labels(trial, 9, classes_of(recipe))
            found = trial.probe("gradients", model, X, y)
            below = [name for part in names[:count] for name in part if found.get(name) is not None]
            trial.observe("gradients below", below)
            trial.require(
                not below,
                f"A gradient still arrives in the frozen part: {_listed(below)}. A block holds modules of its own.",
            )


@freeze_layers_exercise.aspect("the rest still trains", points=2, needs=("no gradient below, all above",))
def _(trial: Trial) -> None:
    for case, recipe, count in (CASES[3], CASES[5], CASES[8]):
        with trial.case(case):
            model = built(trial, recipe, training=False)
            frozen(trial, model, count)
            flags = []
            for training in (True, False, True):
                trial.probe("set_mode", model, training)
                mode = list(trial.probe("training_flags", model).values())[1 + count :]
                flags.append([one is training for one in mode])
            trial.observe("the rest follows train and eval", flags)
            trial.require(
                all(all(one) for one in flags),
                "Modules that are not frozen no longer follow model.train() and model.eval(). Freeze only the first num_frozen.",
            )
            X, y = inputs_for(trial, recipe, 12), labels(trial, 12, classes_of(recipe))
            moved = drift(trial, model, 8, X)
            trial.observe("statistics above move", moved)
            trial.require(
                moved,
                "The batch norm that is not frozen should go on updating its statistics in training mode.",
            )
            before = trial.probe("child_states", model)
            trial.probe("optimizer_steps", model, X, y, "AdamW", {"lr": 0.01, "weight_decay": 0.3}, 2)
            after = trial.probe("child_states", model)
            still = [_same(a, b) for a, b in zip(before[:count], after[:count], strict=True)]
            trial.observe("frozen modules after two steps", still)
            trial.require(all(still), "Two steps of an optimizer with weight decay move the frozen part.")
            trial.require(
                not _same(before[-1], after[-1]), "Two steps of an optimizer do not move the last layer."
            )


def _same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Equal but for the counter of batches, which is no statistic."""
    return all(np.array_equal(a[k], b.get(k)) for k in a if k != "num_batches_tracked")
