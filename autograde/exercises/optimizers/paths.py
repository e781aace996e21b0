"""Walks with an update rule: the student's own state is fed back, and the path of θ is held against whole formulas.

One step from an all-zero state hides every mistake in the history, so that rules are judged over several steps
with gradients that change. Where a rule has several right forms, a path has to follow one of them from start to end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograde.judge import inputs
from autograde.judge.compare import Mismatch, as_array, same
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
Rule = Callable[..., tuple[Any, ...]]
"""`rule(theta, grad, *state, t) -> (theta, *state)`: one right form with its constants filled in."""

LESSON = "03_optimizers"
STEPS = 5
SHAPES = ((7,), (1,), (4, 3), (5, 1), (3, 3), (2, 3, 2))


@dataclasses.dataclass(frozen=True, slots=True)
class Walk:
    """One array of parameters, the gradients it meets, and the state it starts from."""

    case: str
    theta: Array
    grads: tuple[Array, ...]
    state: tuple[Array, ...]

    @property
    def tolerance(self) -> dict[str, float]:
        """How far answers may be off."""
        return {"rtol": 1e-3, "atol": 1e-4} if self.theta.dtype == np.float32 else {}

    def wide(self) -> tuple[Array, list[Array], tuple[Array, ...]]:
        """Parameters, gradients and state in float64."""
        state = tuple(s.astype(np.float64) for s in self.state)
        return self.theta.astype(np.float64), [g.astype(np.float64) for g in self.grads], state


def walks(rng: np.random.Generator, states: int, steps: int = STEPS) -> Iterator[Walk]:
    """Walks from rest (`states` arrays of zeros) over shapes, scales, widths and memory layouts."""
    for shape in SHAPES:
        yield at_rest(
            f"parameters of shape {shape}", rng.normal(size=shape), changing(rng, shape, steps), states
        )
    shape = (3, 4)
    yield at_rest(
        "gradients that are 0 here and there", rng.normal(size=shape), silenced(rng, shape, steps), states
    )
    scale = np.array([0.01, 0.3, 4.0, 90.0])
    grads = tuple(g * scale for g in changing(rng, shape, steps))
    yield at_rest("gradients of very different scale", rng.normal(size=shape), grads, states)
    theta = rng.normal(size=shape).astype(np.float32)
    narrow = tuple(g.astype(np.float32) for g in changing(rng, shape, steps))
    yield at_rest("float32 parameters of shape (3, 4)", theta, narrow, states)
    for name, theta in inputs.layouts(rng.normal(size=shape)):
        odd = tuple(dict(inputs.layouts(g))[name] for g in changing(rng, shape, steps))
        yield at_rest(f"parameters of shape (3, 4), {name}", theta, odd, states)


def at_rest(case: str, theta: Array, grads: Sequence[Array], states: int) -> Walk:
    """A walk whose state is all zeros."""
    return Walk(case, theta, tuple(grads), tuple(np.zeros_like(theta) for _ in range(states)))


def changing(rng: np.random.Generator, shape: tuple[int, ...], steps: int = STEPS) -> tuple[Array, ...]:
    """Gradients that differ in sign and size from step to step, none of them close to 0."""
    sizes = rng.uniform(0.3, 2.0, (steps, *shape))
    return tuple(sizes * rng.choice([-1.0, 1.0], (steps, *shape), p=[0.3, 0.7]))


def silenced(rng: np.random.Generator, shape: tuple[int, ...], steps: int = STEPS) -> tuple[Array, ...]:
    """Changing gradients with some zeros in the second step and nothing else in the third: what was collected goes on."""
    grads = list(changing(rng, shape, steps))
    grads[1] = grads[1] * (np.arange(grads[1].size).reshape(shape) % 2)
    grads[2] = np.zeros(shape)
    return tuple(grads)


def take(
    trial: Trial,
    function: str,
    walk: Walk,
    arguments: Callable[[int], tuple[Any, ...]],
    named: Mapping[str, Any],
    first: int = 1,
) -> list[Any]:
    """The student's θ after every step of a walk; `arguments(t)` are the positions after the state."""
    theta, state, path = walk.theta, walk.state, []
    for t, grad in enumerate(walk.grads, first):
        got = trial.call(function, theta, grad, *state, *arguments(t), changes=True, observe=False, **named)
        theta, *state = trial.unpack(got, 1 + len(walk.state), f"what {function} returns")
        path.append(checked(trial, theta, walk))
        trial.require(all(s is not None for s in state), f"A state that {function} returns is None.", "type")
        _check_width(trial, function, state, walk)
    return path


def _check_width(trial: Trial, function: str, state: Sequence[Any], walk: Walk) -> None:
    narrow = [s.dtype for s in state if isinstance(s, np.ndarray) and s.dtype.kind == "f" and s.itemsize < 8]
    trial.require(
        not narrow or walk.theta.dtype != np.float64,
        f"A state that {function} returns is {narrow[0] if narrow else ''}; float64 input is answered in float64.",
        "dtype",
    )


def checked(trial: Trial, theta: Any, walk: Walk) -> Array:
    """A returned θ as an array of the right shape, written into the transcript; otherwise `Mismatch`."""
    trial.observe("theta", theta)
    array = as_array(theta, "theta")
    trial.require(
        array.shape == walk.theta.shape,
        f"theta came back with shape {array.shape}; it went in with {walk.theta.shape}.",
        "shape",
    )
    return array


def follow(rule: Rule, walk: Walk, first: int = 1) -> list[Array]:
    """The path of θ under one right form, in float64."""
    theta, grads, state = walk.wide()
    path = []
    for t, grad in enumerate(grads, first):
        theta, *state = rule(theta, grad, *state, t)
        path.append(theta)
    return path


def check_one_of(trial: Trial, path: Sequence[Any], rights: Sequence[Sequence[Array]], walk: Walk) -> None:
    """Raise `Mismatch` unless the whole path follows one of the right ones; the first one is reported against."""
    found: list[Mismatch] = []
    for right in rights:
        try:
            for t, (got, want) in enumerate(zip(path, right, strict=True), 1):
                trial.close(got, want, f"theta after step {t}", source=walk.theta, **walk.tolerance)
            return
        except Mismatch as mismatch:
            found.append(mismatch)
    raise found[0]


def check_unchanged(trial: Trial, function: str, arguments: Mapping[str, Any], *rest: Any) -> None:
    """Raise `Mismatch` if the function changes one of these arrays, and say which."""
    trial.call(function, *arguments.values(), *rest, changes=True, observe=False)
    after = trial.last_answer.arguments
    changed = [
        name
        for i, (name, sent) in enumerate(arguments.items())
        if isinstance(sent, np.ndarray) and not np.array_equal(sent, after[i])
    ]
    trial.observe("changed arguments", ", ".join(changed))
    trial.require(
        not changed,
        f"{function} changes its argument {' and '.join(changed)}. Build new arrays, so that the caller's stay as they were.",
        "conduct",
    )
    _check_kept(trial, function, arguments, *rest)


def _check_kept(trial: Trial, function: str, arguments: Mapping[str, Any], *rest: Any) -> None:
    """Raise `Mismatch` if a second call overwrites what the first one returned."""
    kept = trial.call(function, *arguments.values(), *rest, keep=(-1,), changes=True, observe=False)
    before = trial.subject.fetch(kept)
    others = [2.0 * a + 1.0 if isinstance(a, np.ndarray) else a for a in arguments.values()]
    trial.call(function, *others, *rest, changes=True, observe=False)
    stayed = same(before, trial.subject.fetch(kept))
    trial.observe("results that stay", stayed)
    trial.require(
        stayed,
        f"A second call of {function} overwrites what the first one returned. Make new arrays in every call.",
        "conduct",
    )
