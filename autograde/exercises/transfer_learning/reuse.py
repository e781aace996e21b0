"""A new net from the lower layers of an old one, and a classifier from an encoder (slides S4.5)."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.common import (
    LESSON,
    NORMED,
    PLAIN,
    SINGLE,
    Recipe,
    asked,
    built,
    labels,
    normal,
    require_sequential,
)
from autograde.judge.beside import answers_beside
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

reuse_layers_exercise = Exercise(
    name="reuse_layers",
    lesson=LESSON,
    functions=("reuse_layers",),
    title="New net, old lower layers",
    section="reuse_layers_idea",
    difficulty=3,
    minutes=15,
    lines=4,
    hints=(
        "pretrained[:3] is a Sequential of the first three modules, but of the very same modules. Whose weights would training change?",
        "copy.deepcopy(module) gives a module with tensors of its own.",
        "The head needs in_features: the out_features of the last nn.Linear among the reused modules.",
        "nn.Sequential(*copies, nn.Linear(in_features, num_classes)): the star keeps the result flat, so that module i is module i of the old net.",
    ),
)

classifier_from_encoder_exercise = Exercise(
    name="classifier_from_encoder",
    lesson=LESSON,
    functions=("classifier_from_encoder",),
    title="From encoder to classifier",
    section="classifier_from_encoder_idea",
    difficulty=2,
    minutes=8,
    lines=5,
    hints=(
        "The encoder already turns a picture into a code. What is missing is one layer that turns the code into logits.",
        "How wide is the code? The last nn.Linear of the encoder knows: its out_features.",
        "Copy the encoder, put nn.Linear(width, num_classes) behind it, and make sure that every parameter requires a gradient.",
    ),
    uses=("reuse_layers",),
)


@reuse_layers_exercise.reference
@answers_beside
def reuse_layers(pretrained, num_reused, num_classes):
    """Deep copies of the first modules, then a new linear head."""
    reused = [copy.deepcopy(module) for module in list(pretrained)[:num_reused]]
    width = [m for module in reused for m in module.modules() if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*reused, nn.Linear(width, num_classes))


CUTS: tuple[tuple[str, Recipe, int, int], ...] = (
    ("5 modules, 2 of them reused, 3 classes", PLAIN, 2, 3),
    ("5 modules, 4 of them reused, as many classes as before", PLAIN, 4, 4),
    ("5 modules, 1 of them reused (a linear layer), 5 classes", PLAIN, 1, 5),
    ("8 modules with batch norm and dropout, 7 of them reused, 3 classes", NORMED, 7, 3),
    ("8 modules, cut after a batch norm", NORMED, 6, 2),
    ("8 modules, cut after a dropout", NORMED, 4, 10),
    ("8 modules, cut after a linear layer", NORMED, 5, 4),
    (
        "a layer without bias, reused, one class",
        [("Linear", 6, 4, {"bias": False}), ("ReLU",), ("Linear", 4, 2)],
        2,
        1,
    ),
)


def reused(trial: Trial, model: Handle, num_reused: int, num_classes: int) -> Handle:
    """The student's new net, after it has run once (a lazy layer gets its shape then)."""
    new: Handle = trial.call("reuse_layers", model, num_reused, num_classes, keep=(-1,), observe=False)
    require_sequential(trial, new, "reuse_layers(...)")
    asked(trial, "The new net cannot be run on (n, 6) inputs:", "eval_outputs", new, torch.zeros(2, 6))
    return new


def check_layers(trial: Trial, new: Handle, old: Handle, num_reused: int, num_classes: int) -> None:
    """Flat, the old modules in their order, one linear head, and logits of the right width."""
    mine, theirs = trial.probe("layers", new), trial.probe("layers", old)
    trial.observe("layers", mine)
    nested = len(mine) == 2 and mine[0][0] == "Sequential"
    trial.require(
        not nested,
        "The reused layers sit in a Sequential of their own. Unpack them with *, so that the new net is flat and "
        "freeze_layers can count its modules.",
    )
    trial.require(
        len(mine) == num_reused + 1,
        f"The new net has {len(mine)} modules; {num_reused} reused ones and a head are {num_reused + 1}.",
    )
    trial.require(
        mine[:-1] == theirs[:num_reused],
        "The reused modules are not the first modules of the old net, in order.",
    )
    kind, options = mine[-1]
    trial.require(
        kind in ("Linear", "LazyLinear"), f"The last module should be an nn.Linear head; it is a {kind}."
    )
    right = options.get("out_features") == num_classes
    trial.require(
        right,
        f"The head gives {options.get('out_features')} numbers; it should give num_classes = {num_classes}.",
    )


@reuse_layers_exercise.aspect("layers and head", points=4)
def _(trial: Trial) -> None:
    for case, recipe, k, classes in CUTS:
        with trial.case(case):
            old = built(trial, recipe)
            new = reused(trial, old, k, classes)
            check_layers(trial, new, old, k, classes)


def check_carried(trial: Trial, new: Handle, old: Handle, num_reused: int) -> None:
    """Every parameter and buffer of the reused modules has the old values, and the same outputs follow."""
    mine, theirs = (
        trial.probe("child_states", new)[:num_reused],
        trial.probe("child_states", old)[:num_reused],
    )
    equal = [_equal(a, b) for a, b in zip(mine, theirs, strict=False)]
    trial.observe("states carried over", equal)
    trial.require(
        len(mine) == num_reused and all(equal),
        "The weights (or batch-norm statistics) of the reused modules are not the old ones.",
    )
    X = normal(trial, 4, 6)
    want = trial.probe("prefix_outputs", old, num_reused, X)
    got = asked(trial, "The new net cannot be run:", "prefix_outputs", new, num_reused, X)
    trial.close(got, want, "the output of the reused layers", source=X, **SINGLE)


def _equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@reuse_layers_exercise.aspect("old weights and statistics", points=3)
def _(trial: Trial) -> None:
    for case, recipe, k, classes in CUTS:
        with trial.case(case):
            old = built(trial, recipe, training=False)
            check_carried(trial, reused(trial, old, k, classes), old, k)
            trial.observe("mode", trial.probe("training_flags", old))


@reuse_layers_exercise.aspect("nothing shared, original untouched", points=3, needs=("layers and head",))
def _(trial: Trial) -> None:
    for training in (True, False):
        for case, recipe, k, classes in CUTS[1:4]:
            with trial.case(f"{case}, the old net in {'training' if training else 'eval'} mode"):
                old = built(trial, recipe, training)
                before = _facts(trial, old)
                new = reused(trial, old, k, classes)
                shared = trial.probe("shared", new, old)
                alias = [trial.probe("same_child", new, i, old, i) for i in range(k)]
                trial.observe("shared tensors, shared modules", [shared, alias])
                trial.require(
                    not shared,
                    f"{len(shared)} tensors of the new net are the old net's own: training the one changes the other. Copy deeply.",
                )
                same = [_same(a, b) for a, b in zip(before, _facts(trial, old), strict=True)]
                trial.observe("original unchanged: layers, tensors, flags, mode", same)
                trial.require(
                    all(same),
                    "The original net is not as it was: its layers, tensors, flags or mode have changed.",
                )


def _facts(trial: Trial, model: Handle) -> list[Any]:
    return [trial.probe(name, model) for name in ("layers", "state", "grad_flags", "training_flags")]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and a.keys() == b.keys():
        return all(np.array_equal(a[k], b[k]) for k in a)
    return bool(a == b)


@reuse_layers_exercise.aspect("a new head, all of it trainable", points=2, needs=("layers and head",))
def _(trial: Trial) -> None:
    for case, recipe, k, classes in (CUTS[1], CUTS[3]):
        with trial.case(case):
            old = built(trial, recipe, training=True)
            new = reused(trial, old, k, classes)
            head, former = trial.probe("child_states", new)[-1], trial.probe("child_states", old)[-1]
            kept = [_matches(head, former, name) for name in ("weight", "bias")]
            trial.observe("old head kept", kept)
            trial.require(
                not any(kept), "The head holds weights of the old head. A new task needs a new nn.Linear."
            )
            flags = list(trial.probe("grad_flags", new).values())
            trial.observe("flags", flags)
            trial.require(
                all(flags),
                "Some parameters of the new net do not require a gradient. Reusing is not freezing: freeze_layers does that.",
            )
            reached = [
                g is not None
                for g in trial.probe(
                    "gradients", new, normal(trial, 6, 6), labels(trial, 6, classes)
                ).values()
            ]
            trial.observe("reached by the gradient", reached)
            trial.require(all(reached), "No gradient reaches some parameters of the new net.")

    with trial.case("two new nets from one old net"):
        old = built(trial, CUTS[0][1], training=True)
        one, two = reused(trial, old, *CUTS[0][2:]), reused(trial, old, *CUTS[0][2:])
        common = trial.probe("shared", one, two)
        trial.observe("shared by two new nets", common)
        trial.require(
            not common,
            "Two calls give nets that share tensors: training the one changes the other. Make copies and a head in each call.",
        )


def _matches(head: dict[str, Any], former: dict[str, Any], name: str) -> bool:
    return name in head and name in former and np.array_equal(head[name], former[name])


# --- classifier_from_encoder -------------------------------------------------------------------------------


@classifier_from_encoder_exercise.reference
def classifier_from_encoder(encoder, num_classes):
    """A deep copy of the encoder, then a new linear head; everything trains."""
    body = copy.deepcopy(encoder)
    width = [m for m in body.modules() if isinstance(m, nn.Linear)][-1].out_features
    classifier = nn.Sequential(*body, nn.Linear(width, num_classes))
    for parameter in classifier.parameters():
        parameter.requires_grad_(True)
    return classifier


ENCODERS: tuple[tuple[str, Recipe, int], ...] = (
    ("an encoder 6 → 5 with ReLU, 3 classes", [("Linear", 6, 5), ("ReLU",)], 3),
    ("an encoder 6 → 8 → 4, 10 classes", [("Linear", 6, 8), ("ReLU",), ("Linear", 8, 4), ("ReLU",)], 10),
    ("an encoder that ends in a linear layer, 2 classes", [("Linear", 6, 7), ("Tanh",), ("Linear", 7, 3)], 2),
    (
        "an encoder with batch norm, 4 classes",
        [("Linear", 6, 9), ("BatchNorm1d", 9), ("ELU",), ("Linear", 9, 5), ("BatchNorm1d", 5), ("ELU",)],
        4,
    ),
    (
        "an encoder 6 → 5 → 6 of as many classes as inputs",
        [("Linear", 6, 5), ("Sigmoid",), ("Linear", 5, 6), ("Sigmoid",)],
        6,
    ),
)


def classifier(trial: Trial, encoder: Handle, classes: int) -> Handle:
    """The student's classifier, after it has run once."""
    made: Handle = trial.call("classifier_from_encoder", encoder, classes, keep=(-1,), observe=False)
    require_sequential(trial, made, "classifier_from_encoder(...)")
    got = asked(
        trial, "The classifier cannot be run on (n, 6) inputs:", "eval_outputs", made, normal(trial, 3, 6)
    )
    shape = list(got.shape)
    trial.observe("shape of the logits", shape)
    trial.require(
        shape == [3, classes],
        f"The classifier gives shape {shape} for 3 examples; it should be [3, {classes}].",
        "shape",
    )
    return made


@classifier_from_encoder_exercise.aspect("encoder carried over, new head", points=5)
def _(trial: Trial) -> None:
    for case, recipe, classes in ENCODERS:
        with trial.case(case):
            encoder = built(trial, recipe, training=True)
            code = trial.probe("leaf_layers", encoder)
            old = trial.probe("leaf_states", encoder)
            made = classifier(trial, encoder, classes)
            _check_classifier(trial, made, code, old, classes)
            after = trial.probe("leaf_layers", encoder)
            trial.observe("encoder's layers", len(after))
            trial.require(
                after == code,
                "The encoder you were given has changed: build a new Sequential instead of adding to it.",
            )


def _check_classifier(trial: Trial, made: Handle, code: list[Any], old: list[Any], classes: int) -> None:
    layers = trial.probe("leaf_layers", made)
    trial.observe("layers", layers)
    starts = layers[: len(code)] == code
    trial.require(
        starts, "The classifier should begin with all layers of the encoder, in order, activations included."
    )
    trial.require(
        layers[-1][0] in ("Linear", "LazyLinear") and len(layers) > len(code),
        f"The classifier should end in a new nn.Linear head that gives logits; it ends in {layers[-1][0]}.",
    )
    trial.require(
        sum(name == "Linear" for name, _ in layers[len(code) :]) == 1,
        "Behind the encoder there should be a head and nothing else: no decoder, no second head.",
    )
    carried = [_equal(a, b) for a, b in zip(old, trial.probe("leaf_states", made), strict=False)]
    trial.observe("carried over", carried)
    trial.require(
        all(carried), "The encoder's weights (or statistics) did not come along: the values differ."
    )


@classifier_from_encoder_exercise.aspect(
    "all of it trains", points=2, needs=("encoder carried over, new head",)
)
def _(trial: Trial) -> None:
    for frozen in (False, True):
        for case, recipe, classes in ENCODERS[1:4]:
            with trial.case(f"{case}{', its parameters frozen before' if frozen else ''}"):
                encoder = built(trial, recipe, training=True)
                trial.probe("set_grad_flags", encoder, not frozen)
                made = classifier(trial, encoder, classes)
                flags = list(trial.probe("grad_flags", made).values())
                trial.observe("flags", flags)
                trial.require(
                    all(flags),
                    "Some parameters of the classifier do not require a gradient. All of it should train.",
                )
                found = trial.probe("gradients", made, normal(trial, 8, 6), labels(trial, 8, classes))
                reached = [g is not None for g in found.values()]
                trial.observe("reached by the gradient", reached)
                trial.require(all(reached), "No gradient reaches some parameters of the classifier.")
