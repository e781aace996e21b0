"""What the lower layers make of the data, computed once (slides S4.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograde.exercises.transfer_learning.common import LESSON, NORMED, PLAIN, SINGLE, Recipe, built, normal
from autograde.judge.beside import answers_beside
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

extract_features_exercise = Exercise(
    name="extract_features",
    lesson=LESSON,
    functions=("extract_features",),
    title="Features, computed once",
    section="extract_features_idea",
    difficulty=3,
    minutes=15,
    lines=8,
    hints=(
        "Three things to switch off: dropout and batch statistics (eval mode), the graph (torch.no_grad), and too large batches.",
        "Run the modules model[0] … model[num_layers - 1] one after the other on each part X[i : i + batch_size].",
        "Note model.training before you call model.eval(), and give model.train(...) that value back at the end.",
        "Collect the parts in a list and join them along the first axis: torch.cat(parts).",
    ),
)


@extract_features_exercise.reference
@answers_beside
def extract_features(model, X, num_layers, batch_size=256):
    """Outputs of the first modules in eval mode, batch by batch, without a graph."""
    modes = [(module, module.training) for module in model.modules()]
    for module, _ in modes:
        module.training = False
    parts = []
    with torch.no_grad():
        for i in range(0, len(X), batch_size):
            part = X[i : i + batch_size]
            for module in list(model)[:num_layers]:
                part = module(part)
            parts.append(part)
    for module, training in modes:
        module.training = training
    return torch.cat(parts)


CONVOLUTIONAL: Recipe = [("Conv2d", 1, 3, 3), ("BatchNorm2d", 3), ("ReLU",), ("Flatten",), ("Linear", 48, 3)]
DROPPING: Recipe = [("Linear", 6, 20), ("ReLU",), ("Dropout", 0.5), ("Linear", 20, 4)]

CASES: tuple[tuple[str, Recipe, int, int, dict[str, int]], ...] = (
    ("10 examples, 2 of 5 modules", PLAIN, 10, 2, {}),
    ("10 examples, all 5 modules", PLAIN, 10, 5, {}),
    ("7 examples, 1 of 5 modules", PLAIN, 7, 1, {}),
    ("batch norm and dropout below the cut, batch_size=4 and 10 examples", NORMED, 10, 4, {"batch_size": 4}),
    ("two batch norms below the cut, batch_size=5 and 15 examples", NORMED, 15, 7, {"batch_size": 5}),
    ("batch_size=1", NORMED, 3, 6, {"batch_size": 1}),
    ("one example", NORMED, 1, 3, {}),
    ("batch_size larger than the data", NORMED, 6, 2, {"batch_size": 100}),
    ("dropout below the cut", DROPPING, 30, 3, {"batch_size": 16}),
    ("pictures through a convolution, which are not flattened", CONVOLUTIONAL, 5, 3, {"batch_size": 2}),
)


def drawn(trial: Trial, recipe: Recipe, n: int) -> torch.Tensor:
    """Inputs for the recipe, far from the running statistics."""
    return normal(trial, *((n, 1, 6, 6) if recipe is CONVOLUTIONAL else (n, 6))) * 2 + 1


def extracted(trial: Trial, model: Handle, X: torch.Tensor, count: int, options: dict[str, int]) -> Any:
    """The features; random ones (dropout left on) do not go into the transcript as they are."""
    got = trial.call("extract_features", model, X, count, observe=False, **options)
    trial.observe("shape", list(got.shape) if hasattr(got, "shape") else type(got).__name__)
    return got


@extract_features_exercise.aspect("eval-mode outputs", points=5)
def _(trial: Trial) -> None:
    for training in (True, False):
        for case, recipe, n, count, options in CASES:
            with trial.case(f"{case}, model in {'training' if training else 'eval'} mode"):
                model = built(trial, recipe, training)
                X = drawn(trial, recipe, n)
                want = trial.probe("prefix_outputs", model, count, X)
                got = extracted(trial, model, X, count, options)
                trial.observe("right", _close(got, want))
                trial.close(got, want, "extract_features(...)", source=X, **SINGLE)


def _close(got: Any, want: torch.Tensor) -> bool:
    plain = isinstance(got, torch.Tensor) and got.shape == want.shape
    return plain and bool(torch.allclose(got.detach().float(), want, rtol=1e-4, atol=1e-5))


@extract_features_exercise.aspect("no graph", points=1.5, needs=("eval-mode outputs",))
def _(trial: Trial) -> None:
    for case, recipe, n, count, options in (CASES[0], CASES[3], CASES[6]):
        with trial.case(case):
            kept = trial.call(
                "extract_features",
                built(trial, recipe),
                drawn(trial, recipe, n),
                count,
                keep=(-1,),
                observe=False,
                **options,
            )
            facts = trial.probe("tensor_facts", kept)
            trial.observe("about the features", facts)
            trial.require(
                facts["is_tensor"], f"The features are a {facts.get('type')}; return a torch tensor.", "type"
            )
            trial.require(
                not facts["requires_grad"] and not facts["has_graph"],
                "The features carry the graph that made them: memory grows with every batch, and gradients would run "
                "into the frozen layers. Compute them under torch.no_grad().",
            )


@extract_features_exercise.aspect("in batches", points=2, needs=("eval-mode outputs",))
def _(trial: Trial) -> None:
    for n, options in (
        (30, {"batch_size": 8}),
        (30, {"batch_size": 10}),
        (600, {}),
        (512, {}),
        (40, {"batch_size": 7}),
    ):
        size = options.get("batch_size", 256)
        with trial.case(f"{n} examples, batch_size {'at its default' if not options else size}"):
            model = built(trial, [("Recorder",), *NORMED])
            extracted(trial, model, drawn(trial, NORMED, n), 4, options)
            rows = [row for row, _, _ in trial.probe("recorded", model)]
            facts = [max(rows, default=0) <= size, sum(rows) >= n, len(rows) <= 2 * (n // size) + 2]
            trial.observe("batches", [*facts, max(rows, default=0)])
            trial.require(
                facts[0],
                f"A batch of {max(rows, default=0)} examples went through the layers; batch_size allows {size}.",
            )
            trial.require(
                facts[1], "Not all examples went through the layers: the last, short batch is missing."
            )
            trial.require(
                facts[2],
                "Many more and smaller batches than needed went through the layers: is batch_size used?",
            )


@extract_features_exercise.aspect("model as it was", points=2.5, needs=("eval-mode outputs",))
def _(trial: Trial) -> None:
    for training in (True, False):
        for case, recipe, n, count, options in (CASES[3], CASES[4], CASES[9]):
            with trial.case(f"{case}, model in {'training' if training else 'eval'} mode before"):
                model = built(trial, recipe, training)
                before = [
                    trial.probe(name, model) for name in ("training_flags", "grad_flags", "state", "layers")
                ]
                extracted(trial, model, drawn(trial, recipe, n), count, options)
                modes, flags, state, layers = (
                    trial.probe(name, model) for name in ("training_flags", "grad_flags", "state", "layers")
                )
                trial.observe("modes", list(modes.values()))
                same = all(np.array_equal(before[2][k], state.get(k)) for k in before[2])
                trial.observe("flags, state, layers kept", [flags == before[1], same, layers == before[3]])
                trial.require(
                    modes == before[0],
                    "The model's mode is not what it was before: remember model.training and restore it, whether True or False.",
                )
                trial.require(same, "Batch-norm statistics have moved: data went through in training mode.")
                trial.require(
                    flags == before[1],
                    "requires_grad of some parameters has changed. Switching the graph off needs no freezing.",
                )
                trial.require(layers == before[3], "The model has lost or gained layers.")
