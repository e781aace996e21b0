"""The inputs of a traced graph: what TensorFlow 1 called placeholders (notes C)."""

from __future__ import annotations

from typing import Any

from autograde.exercises.hyperparameter_tuning.sampling import LESSON
from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

placeholders_exercise = Exercise(
    name="placeholders",
    lesson=LESSON,
    functions=("placeholders",),
    title="Placeholders of a graph",
    section="placeholders_idea",
    difficulty=2,
    minutes=8,
    lines=2,
    hints=(
        "torch.fx.symbolic_trace(module) runs forward with stand-ins and returns a module with a .graph.",
        "Print the graph: for node in traced.graph.nodes: print(node.op, node.name). Which op do the inputs have?",
        '[node.name for node in graph.nodes if node.op == "placeholder"].',
    ),
)


@placeholders_exercise.reference
def placeholders(module: Any) -> list[str]:
    """The names of the graph's inputs, in order."""
    import torch.fx

    graph = torch.fx.symbolic_trace(module).graph
    return [node.name for node in graph.nodes if node.op == "placeholder"]


NAMES = (
    "image",
    "mask",
    "age",
    "features",
    "left",
    "right",
    "prior",
    "query",
    "key",
    "label_hint",
    "gate",
    "bias",
)


def check_names(trial: Trial, module: Handle) -> None:
    """The student's list against the graph's own; either of a node's two names is right."""
    got = trial.call("placeholders", module, changes=True, observe=False)
    items = got if isinstance(got, list | tuple) else [got]
    trial.observe("names", [item if isinstance(item, str) else a_type(item) for item in items])
    trial.observe("form", isinstance(got, list | tuple))
    pairs = [tuple(pair) for pair in trial.probe("fx_inputs", module)]
    trial.require(got is not None, "placeholders(module) is None. Did you forget a return?", "type")
    trial.require(
        isinstance(got, list | tuple), f"placeholders(module) should be a list; it is {a_type(got)}.", "type"
    )
    for item in got:
        trial.require(
            isinstance(item, str), f"The list should hold names (str); it holds {a_type(item)}.", "type"
        )
    trial.require(
        len(got) == len(pairs),
        f"You return {len(got)} names; this module's forward has {len(pairs)} inputs.",
        "shape",
    )
    right = all(name in pair for name, pair in zip(got, pairs, strict=True))
    trial.require(right, f"{list(got)} are not the names of the inputs in the order of forward.")


@placeholders_exercise.aspect("inputs", points=4)
def _(trial: Trial) -> None:
    for count, defaults in ((1, 0), (2, 0), (3, 0), (4, 0), (2, 1), (3, 2)):
        with trial.case(f"a module with {count} input(s), {defaults} of them with a default"):
            names = [str(name) for name in trial.rng.choice(NAMES, count, replace=False)]
            check_names(trial, trial.probe("traceable", names, 3, defaults, keep=True))


@placeholders_exercise.aspect("other modules", points=1, needs=("inputs",))
def _(trial: Trial) -> None:
    recipe = [("Linear", 4, 3), ("BatchNorm1d", 3), ("ELU",), ("Dropout", 0.5), ("Linear", 3, 2)]
    with trial.case("an nn.Sequential of five layers"):
        check_names(trial, trial.probe("build_sequential", recipe, 5, keep=True))
    with trial.case("a module inside another one"):
        check_names(trial, trial.probe("nested", ["features"], 3, keep=True))
    with trial.case("a module that has been traced already"):
        check_names(trial, trial.probe("already_traced", ["query", "key"], 3, keep=True))
