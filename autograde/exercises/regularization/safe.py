# ruff: noqa: RUF012 - the classes below are the text of a cell, not classes to be made
"""Which augmentation keeps the label, task by task: a dict the student fills (slides S4.4)."""

from __future__ import annotations

from typing import Any

from autograde.judge.compare import a_type
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle, NotWritten
from autograde.judge.trial import Trial

AUGMENTATIONS = ("flip", "rotate", "shift", "brightness")

RIGHT: dict[str, dict[str, bool]] = {
    "digits": {"flip": False, "rotate": False, "shift": True, "brightness": True},
    "animals": {"flip": True, "shift": True, "brightness": True},
    "chest_xrays": {"flip": False, "shift": True, "brightness": True},
    "wearable": {"rotate": False, "shift": True},
}
"""What is judged. The other four (rotate for animals and X-rays, flip and brightness for a sensor) can be argued
either way and are not marked."""

TASKS = {
    "digits": "handwritten digits",
    "animals": "street photos of animals",
    "chest_xrays": "chest X-rays",
    "wearable": "the traces of a wrist-worn sensor",
}

safe_augmentations_exercise = Exercise(
    name="safe_augmentations",
    lesson="04_regularization",
    functions=("safe_augmentations",),
    title="Which augmentation is safe?",
    section="safe_augmentations_idea",
    difficulty=1,
    minutes=5,
    lines=4,
    hints=(
        "Imagine showing the changed example to the person who labelled it. Would the label stay the same?",
        "A 6 turned round, a 2 in the mirror, a heart on the right side, gravity along another axis: which labels survive?",
        "Values are sets of names, such as {'flip', 'shift'}. Moving a picture by a few pixels harms none of the four.",
    ),
)

safe_augmentations_exercise.references["safe_augmentations"] = {  # type: ignore[assignment]
    "digits": ["shift", "brightness"],
    "animals": ["flip", "rotate", "shift", "brightness"],
    "chest_xrays": ["shift", "brightness"],
    "wearable": ["shift", "brightness"],
}


def chosen(trial: Trial, task: str) -> set[str]:
    """The names the student gave for a task, whatever the container."""
    filled = trial.subject.read("safe_augmentations")
    if not isinstance(filled, dict):
        trial.require(False, f"safe_augmentations should be a dict; it is {a_type(filled)}.", "type")
    if not filled or all(value is None or value is ... for value in filled.values()):
        raise NotWritten("safe_augmentations is not filled yet")
    trial.require(
        task in filled, f"safe_augmentations has no entry '{task}'. Keep the four keys of the stub."
    )
    names = _names(trial, filled[task])
    unknown = sorted(names - set(AUGMENTATIONS))
    trial.require(not unknown, f"'{', '.join(unknown)}' is none of {', '.join(AUGMENTATIONS)}.")
    return names


def _names(trial: Trial, value: Any) -> set[str]:
    """A set (which stays on the student's side), list or tuple of names, or a dict of yes and no."""
    if value is None:
        raise NotWritten("safe_augmentations is not filled yet")
    if isinstance(value, Handle):
        trial.require(
            value.type_name in ("set", "frozenset"),
            f"A value is {a_type(value)}; give a set of names.",
            "type",
        )
        value = trial.probe("items", value, 50)
    if isinstance(value, dict):
        value = [name for name, yes in value.items() if yes]
    trial.require(
        isinstance(value, list | tuple | set | frozenset) and all(isinstance(name, str) for name in value),
        f"A value is {a_type(value)}; give a set of names such as {{'flip', 'shift'}}.",
        "type",
    )
    return {name.strip().lower() for name in value}


def _judge(trial: Trial, task: str) -> None:
    """Every augmentation whose answer is beyond dispute."""
    with trial.case(TASKS[task]):
        names = chosen(trial, task)
        wrong = 0
        for augmentation, safe in RIGHT[task].items():
            trial.observe(f"{task} {augmentation}", augmentation in names)
            wrong += (augmentation in names) != safe
        trial.require(
            wrong == 0,
            "at least one answer is wrong: something that changes what the example means is called safe, or something "
            "harmless is missing.",
        )


@safe_augmentations_exercise.aspect("digits", points=1)
def _(trial: Trial) -> None:
    _judge(trial, "digits")


@safe_augmentations_exercise.aspect("animals", points=1)
def _(trial: Trial) -> None:
    _judge(trial, "animals")


@safe_augmentations_exercise.aspect("chest X-rays", points=1)
def _(trial: Trial) -> None:
    _judge(trial, "chest_xrays")


@safe_augmentations_exercise.aspect("wearable", points=1)
def _(trial: Trial) -> None:
    _judge(trial, "wearable")


wrong, right = safe_augmentations_exercise.misconception, safe_augmentations_exercise.variant


@wrong(
    message="You allow everything everywhere. A mirrored 2 is no digit, and a mirrored chest has its heart on the wrong side."
)
class EverythingEverywhere:
    safe_augmentations = {
        "digits": ["flip", "rotate", "shift", "brightness"],
        "animals": ["flip", "rotate", "shift", "brightness"],
        "chest_xrays": ["flip", "rotate", "shift", "brightness"],
        "wearable": ["flip", "rotate", "shift", "brightness"],
    }


@wrong(
    message="You allow nothing at all. A cat moved by three pixels is still a cat: ask which changes keep the label."
)
class NothingAnywhere:
    safe_augmentations = {"digits": [], "animals": [], "chest_xrays": [], "wearable": []}


@wrong(message="You list what is dangerous. The dict asks for what keeps the label.")
class DangerousListed:
    safe_augmentations = {
        "digits": ["flip", "rotate"],
        "animals": [],
        "chest_xrays": ["flip", "rotate"],
        "wearable": ["flip", "rotate"],
    }


@wrong(message="Handwritten digits must not be turned: a 6 turned by 180° is a 9.")
class DigitsTurned:
    safe_augmentations = {
        "digits": ["rotate", "shift", "brightness"],
        "animals": ["flip", "shift", "brightness"],
        "chest_xrays": ["shift", "brightness"],
        "wearable": ["shift"],
    }


@wrong(message="Handwritten digits must not be mirrored: a mirrored 2 or 7 is no digit that anybody writes.")
class DigitsMirrored:
    safe_augmentations = {
        "digits": ["flip", "shift", "brightness"],
        "animals": ["flip", "shift", "brightness"],
        "chest_xrays": ["shift", "brightness"],
        "wearable": ["shift"],
    }


@wrong(
    message="A chest X-ray must not be mirrored: the heart changes sides, and that is a finding of its own."
)
class ChestMirrored:
    safe_augmentations = {
        "digits": ["shift", "brightness"],
        "animals": ["flip", "shift", "brightness"],
        "chest_xrays": ["flip", "shift", "brightness"],
        "wearable": ["shift"],
    }


@wrong(
    message="A wearable's trace must not be rotated: turning the axes moves gravity, which tells standing from lying."
)
class WearableTurned:
    safe_augmentations = {
        "digits": ["shift", "brightness"],
        "animals": ["flip", "shift", "brightness"],
        "chest_xrays": ["shift", "brightness"],
        "wearable": ["rotate", "shift"],
    }


@wrong(
    message="A mirrored photo of an animal shows the same animal: a flip is safe there, and the most useful of all."
)
class AnimalsNotMirrored:
    safe_augmentations = {
        "digits": ["shift", "brightness"],
        "animals": ["shift", "brightness"],
        "chest_xrays": ["shift", "brightness"],
        "wearable": ["shift"],
    }


@wrong(message="You leave out brightness for pictures. A darker photo of the same thing keeps its label.")
class BrightnessForbidden:
    safe_augmentations = {
        "digits": ["shift"],
        "animals": ["flip", "shift"],
        "chest_xrays": ["shift"],
        "wearable": ["shift"],
    }


@wrong(
    message="You leave out shifts. Where in the picture or when in the trace something happens does not change what it is."
)
class ShiftForbidden:
    safe_augmentations = {
        "digits": ["brightness"],
        "animals": ["flip", "brightness"],
        "chest_xrays": ["brightness"],
        "wearable": ["brightness"],
    }


@wrong(
    message="You treat all four tasks like animal photos. What a flip means depends on the task: go through them one by one."
)
class AllLikeAnimals:
    safe_augmentations = {
        "digits": ["flip", "shift", "brightness"],
        "animals": ["flip", "shift", "brightness"],
        "chest_xrays": ["flip", "shift", "brightness"],
        "wearable": ["flip", "shift", "brightness"],
    }


@right()
class AsSets:
    safe_augmentations = {
        "digits": {"shift", "brightness"},
        "animals": {"flip", "shift", "brightness"},
        "chest_xrays": {"shift", "brightness"},
        "wearable": {"shift"},
    }


@right()
class AsTuples:
    safe_augmentations = {
        "digits": ("shift", "brightness"),
        "animals": ("flip", "shift", "brightness", "rotate"),
        "chest_xrays": ("brightness", "shift", "rotate"),
        "wearable": ("shift",),
    }


@right()
class AsYesAndNo:
    safe_augmentations = {
        "digits": {"flip": False, "rotate": False, "shift": True, "brightness": True},
        "animals": {"flip": True, "rotate": False, "shift": True, "brightness": True},
        "chest_xrays": {"flip": False, "rotate": False, "shift": True, "brightness": True},
        "wearable": {"flip": True, "rotate": False, "shift": True, "brightness": False},
    }


@right()
class AsFrozenSetsAndLists:
    safe_augmentations = {
        "wearable": frozenset(("shift", "brightness", "flip")),
        "chest_xrays": ["shift", "brightness"],
        "animals": ["brightness", "shift", "flip"],
        "digits": frozenset({"brightness", "shift"}),
    }
