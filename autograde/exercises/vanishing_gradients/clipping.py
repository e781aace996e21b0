"""Gradient clipping, by value and by one norm over all gradients (slide S4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.judge import inputs
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "02_vanishing_gradients"
FLOAT32 = {"rtol": 1e-3, "atol": 1e-4}

clip_by_value_exercise = Exercise(
    name="clip_by_value",
    lesson=LESSON,
    functions=("clip_by_value",),
    title="Clipping gradients by value",
    section="clip_by_value",
    difficulty=1,
    minutes=4,
    lines=1,
    hints=(
        "Every element is limited on its own: above limit it becomes limit, below -limit it becomes -limit.",
        "np.clip(array, lowest, highest) limits every element of one array. You have a list of arrays.",
        "Build a new list: [np.clip(g, -limit, limit) for g in grads]. Without out=, the caller's arrays stay.",
    ),
)

clip_by_global_norm_exercise = Exercise(
    name="clip_by_global_norm",
    lesson=LESSON,
    functions=("clip_by_global_norm",),
    title="Clipping gradients by their global norm",
    section="clip_by_global_norm",
    difficulty=2,
    minutes=10,
    lines=4,
    hints=(
        "Think of all gradients as one long vector. Its length is the norm; its direction should stay.",
        "Sum the squares over all arrays, then take one square root: norm = sqrt(Σ over arrays of Σ g²).",
        "If norm > max_norm, multiply every array by the same number, max_norm / norm. Otherwise change nothing.",
        "One factor for all: max_norm / norm where norm is too large, else 1. Return the list of products and the norm.",
    ),
)


@clip_by_value_exercise.reference
def clip_by_value(grads: list[Array], limit: float) -> list[Array]:
    """Each element of each array into [-limit, limit]."""
    return [np.clip(g, -limit, limit) for g in grads]


@clip_by_global_norm_exercise.reference
def clip_by_global_norm(grads: list[Array], max_norm: float) -> tuple[list[Array], float]:
    """All arrays scaled by one factor so that their joint norm is at most max_norm; the norm before."""
    norm = float(np.sqrt(sum(float(np.sum(g.astype(np.float64) ** 2)) for g in grads)))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [g * scale for g in grads], norm


def gradient_lists(rng: np.random.Generator) -> Iterator[tuple[str, list[Array]]]:
    """(description, gradients) of several lengths, shapes, widths and layouts; every norm is well above 10."""
    yield "a list of one vector", [rng.normal(0.0, 20.0, 12)]
    yield "a list of one matrix", [rng.normal(0.0, 20.0, (4, 5))]
    yield "a matrix and its bias", [rng.normal(0.0, 20.0, (4, 3)), rng.normal(0.0, 8.0, 3)]
    yield (
        "a small array first and a large one second",
        [rng.normal(0.0, 0.1, 3), rng.normal(0.0, 30.0, (2, 6))],
    )
    yield (
        "a large array first and a small one second",
        [rng.normal(0.0, 30.0, (2, 6)), rng.normal(0.0, 0.1, 3)],
    )
    shapes: tuple[tuple[int, ...], ...] = ((5, 4), (4,), (), (4, 2), (2, 3, 2))
    yield "five arrays, one of them 0-d", [np.asarray(rng.normal(0.0, 15.0, shape)) for shape in shapes]
    yield "three vectors of one shape", [rng.normal(0.0, 15.0, 5) for _ in range(3)]
    for name, g in inputs.layouts(rng.normal(0.0, 15.0, (6, 4))):
        yield f"a matrix {name}, and a vector", [g, rng.normal(0.0, 15.0, 4)]
    yield "two float32 arrays", [rng.normal(0.0, 15.0, s).astype(np.float32) for s in ((4, 3), (3,))]
    yield (
        "a float32 and a float64 array",
        [rng.normal(0.0, 15.0, 4).astype(np.float32), rng.normal(0.0, 15.0, 3)],
    )


def check_gradients(
    trial: Trial, got: Any, want: list[Array], grads: list[Array], rtol: float = 1e-6
) -> None:
    """A returned list against the right one, array by array."""
    arrays = trial.array_list(got, len(want), "the list of gradients")
    narrow = any(g.dtype == np.float32 for g in grads)
    for i, (one, right, source) in enumerate(zip(arrays, want, grads, strict=True)):
        tolerance = FLOAT32 if narrow else {"rtol": rtol, "atol": 1e-9}
        trial.close(one, right, f"gradient {i} of the result", source=source, **tolerance)


def norm_of(grads: list[Array]) -> float:
    """The joint norm in float64."""
    return clip_by_global_norm(grads, 1.0)[1]


@clip_by_value_exercise.aspect("values", points=1.5)
def _(trial: Trial) -> None:
    for i, (case, grads) in enumerate(gradient_lists(trial.rng)):
        limit = (4.0, 0.75, 11.0)[i % 3]
        with trial.case(f"{case}, limit {limit}"):
            check_gradients(
                trial,
                trial.call("clip_by_value", grads, limit, changes=True),
                clip_by_value(grads, limit),
                grads,
            )


@clip_by_value_exercise.aspect("edges", points=1, needs=("values",))
def _(trial: Trial) -> None:
    edge = [np.array([-2.0, 2.0, 0.0, -0.0, 1.999, -2.001]), np.array([[1e12, -1e12]]), np.zeros((0, 3))]
    cases = (
        ("values at and next to the limit", edge, 2.0),
        ("gradients all within the limit", [trial.rng.uniform(-1.0, 1.0, (3, 2)), np.array([0.5])], 3.0),
        ("an empty list", [], 1.0),
        ("a very small limit", [trial.rng.normal(size=5), trial.rng.normal(size=(2, 2))], 1e-3),
    )
    for case, grads, limit in cases:
        with trial.case(case):
            got = trial.call("clip_by_value", grads=grads, limit=limit, changes=True)
            check_gradients(trial, got, clip_by_value(grads, limit), grads)


@clip_by_value_exercise.aspect("arguments unchanged", points=0.5, needs=("values",))
def _(trial: Trial) -> None:
    with trial.case("a list of gradients that is used again afterwards"):
        trial.call("clip_by_value", [trial.rng.normal(0.0, 9.0, (3, 2)), trial.rng.normal(0.0, 9.0, 4)], 1.0)


def call_norm(trial: Trial, grads: list[Array], max_norm: float, **how: Any) -> tuple[Any, ...]:
    """The two things clip_by_global_norm returns."""
    got = trial.call("clip_by_global_norm", grads, max_norm, changes=True, **how)
    return trial.unpack(got, 2, "clip_by_global_norm(grads, max_norm)")


@clip_by_global_norm_exercise.aspect("large gradients scaled", points=2.5)
def _(trial: Trial) -> None:
    for i, (case, grads) in enumerate(gradient_lists(trial.rng)):
        max_norm = norm_of(grads) * (0.5, 0.1, 0.95, 0.01)[i % 4]
        with trial.case(f"{case}, with a norm above max_norm"):
            got, _norm = call_norm(trial, grads, max_norm)
            check_gradients(trial, got, clip_by_global_norm(grads, max_norm)[0], grads, rtol=1e-5)


@clip_by_global_norm_exercise.aspect("norm before clipping", points=1.5)
def _(trial: Trial) -> None:
    for i, (case, grads) in enumerate(gradient_lists(trial.rng)):
        norm = norm_of(grads)
        narrow = [g for g in grads if g.dtype == np.float32]
        with trial.case(f"{case}, norm {'above' if i % 2 else 'below'} max_norm"):
            _grads, got = call_norm(trial, grads, norm * (0.3 if i % 2 else 1.7))
            tolerance = FLOAT32 if narrow else {"rtol": 1e-6, "atol": 1e-9}
            trial.close(got, norm, "the returned norm", source=(narrow or grads)[0], **tolerance)


@clip_by_global_norm_exercise.aspect("small gradients unchanged", points=1.5)
def _(trial: Trial) -> None:
    for i, (case, grads) in enumerate(gradient_lists(trial.rng)):
        with trial.case(f"{case}, with a norm below max_norm"):
            got, _norm = call_norm(trial, grads, norm_of(grads) * (1.01, 3.0, 100.0)[i % 3])
            check_gradients(trial, got, grads, grads)
    tiny = [trial.rng.normal(0.0, 1e-3, (3, 2)), trial.rng.normal(0.0, 1e-3, 2)]
    with trial.case("gradients of about 0.001 and max_norm 1"):
        got, _norm = call_norm(trial, tiny, 1.0)
        check_gradients(trial, got, tiny, tiny)


@clip_by_global_norm_exercise.aspect("all-zero gradients", points=1)
def _(trial: Trial) -> None:
    for shapes in (((3,),), ((3, 2), (2,), (2, 1))):
        grads = [np.zeros(shape) for shape in shapes]
        with trial.case(f"{len(grads)} gradient(s) of nothing but zeros"):
            got, norm = call_norm(trial, grads, 5.0)
            check_gradients(trial, got, grads, grads)
            trial.close(norm, 0.0, "the returned norm", atol=2e-6)


@clip_by_global_norm_exercise.aspect("arguments unchanged", points=0.5, needs=("large gradients scaled",))
def _(trial: Trial) -> None:
    with trial.case("a list of gradients that is used again afterwards"):
        grads = [trial.rng.normal(0.0, 9.0, (3, 2)), trial.rng.normal(0.0, 9.0, 4)]
        trial.call("clip_by_global_norm", grads=grads, max_norm=1.5)
