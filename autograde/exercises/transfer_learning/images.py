"""Resizing pictures to a net's own size, and giving classes the numbers 0 … k - 1 (slides S4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.common import LESSON
from autograde.judge.compare import Mismatch, as_array, check_close
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Raised
from autograde.judge.trial import Trial

resize_images_exercise = Exercise(
    name="resize_images",
    lesson=LESSON,
    functions=("resize_images",),
    title="Pictures of another size",
    section="resize_images_idea",
    difficulty=1,
    minutes=6,
    lines=1,
    hints=(
        "torch has a function that resizes a batch of shape (n, channels, h, w). Look for interpolation.",
        "torch.nn.functional.interpolate takes size=(height, width) and mode=…; the mode's name is in the docstring.",
        "Half-pixel centres are what torch calls align_corners=False.",
    ),
)

relabel_exercise = Exercise(
    name="relabel",
    lesson=LESSON,
    functions=("relabel",),
    title="Labels from 0 to k - 1",
    section="relabel_idea",
    difficulty=1,
    minutes=6,
    lines=5,
    hints=(
        "The new label is a position: where in `classes` does the old label stand?",
        "A dict {class value: position} answers that. What does it do for a value that it does not hold?",
        "Check first: if any label is not in classes, raise ValueError. Then build a new tensor of positions.",
    ),
)


@resize_images_exercise.reference
def resize_images(images, size):
    """Bilinear interpolation with half-pixel centres."""
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)


def pictures(trial: Trial) -> Iterator[tuple[str, torch.Tensor, int]]:
    """(description, images, size): larger, smaller, non-square, one picture, widths, layouts, odd values."""
    for n, h, w, size in (
        (3, 8, 8, 16),
        (2, 8, 8, 12),
        (1, 8, 8, 11),
        (2, 5, 9, 10),
        (2, 9, 4, 9),
        (3, 4, 4, 4),
    ):
        yield (
            f"{n} picture(s) of {h} × {w} to size {size}",
            torch.from_numpy(trial.rng.random((n, 1, h, w))).float(),
            size,
        )
    yield (
        "values far outside [0, 1]",
        torch.from_numpy(trial.rng.normal(-20.0, 40.0, (2, 1, 6, 6))).float(),
        9,
    )
    yield "a float64 tensor", torch.from_numpy(trial.rng.random((2, 1, 6, 6))), 13
    wide = torch.from_numpy(trial.rng.random((2, 1, 7, 6))).float()
    yield "a transposed view", wide.transpose(2, 3), 12


def check_resized(trial: Trial, images: torch.Tensor, size: int) -> None:
    """One call against interpolation; a smaller size may also be smoothed first (antialiasing)."""
    got = trial.call("resize_images", images, size)
    options: dict[str, Any] = {"mode": "bilinear", "align_corners": False}
    want = [nn.functional.interpolate(images, size=(size, size), **options)]
    if size < max(images.shape[2:]):
        want.append(nn.functional.interpolate(images, size=(size, size), antialias=True, **options))
    scale = float(images.abs().max())
    for i, right in enumerate(want):
        try:
            check_close(
                got, right, "resize_images(images, size)", source=images, rtol=1e-4, atol=1e-4 * scale
            )
            return
        except Mismatch:
            if i == len(want) - 1:
                check_close(
                    got, want[0], "resize_images(images, size)", source=images, rtol=1e-4, atol=1e-4 * scale
                )


@resize_images_exercise.aspect("larger pictures", points=4)
def _(trial: Trial) -> None:
    for case, images, size in pictures(trial):
        with trial.case(case):
            check_resized(trial, images, size)


@resize_images_exercise.aspect("smaller pictures", points=2)
def _(trial: Trial) -> None:
    for n, h, w, size in ((2, 16, 16, 8), (2, 12, 12, 8), (1, 9, 13, 5), (2, 7, 16, 8)):
        with trial.case(f"{n} picture(s) of {h} × {w} to size {size}"):
            check_resized(trial, torch.from_numpy(trial.rng.random((n, 1, h, w))).float(), size)


@relabel_exercise.reference
def relabel(labels, classes):
    """The position of every label in classes."""
    position = {int(value): i for i, value in enumerate(classes)}
    unknown = sorted({int(v) for v in labels} - set(position))
    if unknown:
        raise ValueError(f"labels {unknown} are not in classes")
    return torch.tensor([position[int(v)] for v in labels], dtype=torch.int64)


CLASSES: tuple[tuple[str, Any], ...] = (
    ("classes [5, 6, 7, 8, 9]", [5, 6, 7, 8, 9]),
    ("classes in another order than their size", [7, 2, 9, 0]),
    ("classes with gaps between them", [1, 4, 30, 1000]),
    ("classes as a tuple, largest first", (9, 8, 7, 6, 5)),
    ("two classes", [3, 8]),
    ("one class", [4]),
    ("classes that are 0 … k - 1 already, shuffled", [2, 0, 3, 1]),
)


def as_kind(values: np.ndarray[Any, Any], kind: str) -> Any:
    """Labels as a tensor or as a NumPy array."""
    return torch.from_numpy(values.astype(np.int64)) if kind == "tensor" else values.astype(np.int64)


def kind_of_labels(trial: Trial) -> str:
    """Tensors, unless the function only knows NumPy arrays."""
    try:
        trial.call("relabel", torch.tensor([6, 5, 6]), [5, 6], observe=False, changes=True)
    except Raised:
        return "array"
    return "tensor"


def check_labels(trial: Trial, got: Any, want: list[int]) -> None:
    """Whole numbers of an integer type, as a tensor or an array."""
    array = as_array(got, "relabel(labels, classes)", tensor=not isinstance(got, np.ndarray))
    trial.require(
        array.shape == (len(want),),
        f"relabel returns shape {array.shape}; labels are ({len(want)},).",
        "shape",
    )
    trial.require(
        array.dtype.kind in "iu",
        f"relabel returns {array.dtype}; labels are integers (int64), or cross_entropy refuses them.",
        "dtype",
    )
    trial.close(array, np.array(want), "relabel(labels, classes)")


def draw_labels(trial: Trial, classes: Any, n: int) -> np.ndarray[Any, Any]:
    """Labels from the classes; some classes may be missing among them."""
    return np.asarray(classes)[trial.rng.integers(0, len(classes), n)]


@relabel_exercise.aspect("positions in classes", points=4)
def _(trial: Trial) -> None:
    kind = kind_of_labels(trial)
    for case, classes in CLASSES:
        for n in (1, 9, 40):
            with trial.case(f"{case}, {n} label(s)"):
                values = draw_labels(trial, classes, n)
                got = trial.call("relabel", as_kind(values, kind), classes)
                check_labels(trial, got, [list(classes).index(v) for v in values])
    with trial.case("classes of which only some occur among the labels"):
        got = trial.call("relabel", as_kind(np.array([9, 6, 9, 9]), kind), [5, 6, 7, 8, 9])
        check_labels(trial, got, [4, 1, 4, 4])
    with trial.case("labels that are a strided view"):
        values = np.array([5, 7, 6, 5, 7, 7])
        got = trial.call("relabel", as_kind(values, kind)[::2], [7, 6, 5])
        check_labels(trial, got, [2, 1, 0])


UNKNOWN: tuple[tuple[str, list[int], list[int]], ...] = (
    ("a label larger than every class", [5, 6, 11], [5, 6, 7]),
    ("a label smaller than every class", [5, 0, 6], [5, 6, 7]),
    ("a label between two classes", [2, 4, 9], [2, 9]),
    ("the label -1", [1, -1, 0], [0, 1, 2]),
    ("only unknown labels", [3, 3], [5, 6]),
    ("an unknown label at the end of many", [8] * 60 + [3], [8, 9, 2]),
    ("a label that is a valid position but no class", [5, 1], [5, 6, 7]),
)


@relabel_exercise.aspect("unknown labels are refused", points=2, needs=("positions in classes",))
def _(trial: Trial) -> None:
    kind = kind_of_labels(trial)
    for case, values, classes in UNKNOWN:
        with trial.case(case):
            try:
                trial.call("relabel", as_kind(np.array(values), kind), classes, changes=True)
            except Raised as error:
                trial.observe("raises", error.kind)
                right = error.kind == "ValueError"
                trial.require(
                    right, f"relabel raises {error.kind}; a label that is not in classes is a ValueError."
                )
            else:
                trial.require(
                    False,
                    "relabel answers as if all were well; a label that is not in classes is a ValueError.",
                )


@relabel_exercise.aspect("leaves labels alone", points=1, needs=("positions in classes",))
def _(trial: Trial) -> None:
    with trial.case("labels used again afterwards"):
        trial.call(
            "relabel", as_kind(np.array([7, 9, 7, 2]), kind_of_labels(trial)), [7, 2, 9], observe=False
        )
