"""Inverted dropout, forward and backward (slides S4.4; Srivastava et al. 2014)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde.exercises.regularization.chance import (
    balanced_lines,
    check_share,
    every_place_changes,
    improbable,
    independent_signs,
)
from autograde.judge import inputs, statistics
from autograde.judge.compare import Mismatch, as_array, check_close
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle, StudentError
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "04_regularization"
CALLS = 64
"""A value dropped with probability ½ has the same fate in all of them once in 2^63 classes."""

dropout_forward_exercise = Exercise(
    name="dropout_forward",
    lesson=LESSON,
    functions=("dropout_forward",),
    title="Dropout, forward",
    section="dropout_forward_idea",
    difficulty=3,
    minutes=12,
    lines=4,
    hints=(
        "Every single value of x is kept or dropped on its own: draw one uniform number per value, size=x.shape.",
        "rng.random(x.shape) >= p is True with probability 1 - p: True means keep.",
        "What is kept is divided by 1 - p, so that the expected output equals the input and evaluation needs no factor.",
        "Put the factor into the mask, mask = keep / (1 - p), and both passes become a single product.",
    ),
)

dropout_backward_exercise = Exercise(
    name="dropout_backward",
    lesson=LESSON,
    functions=("dropout_backward",),
    title="Dropout, backward",
    section="dropout_backward_idea",
    difficulty=2,
    minutes=5,
    lines=1,
    hints=(
        "In the forward pass every value was multiplied by a number. What is the derivative of c·x with respect to x?",
        "What was dropped had no influence on the loss: its gradient is 0. What was kept carries the factor 1/(1 - p).",
        "If your mask holds 0 and 1/(1 - p), the answer is one product. Draw nothing here.",
    ),
    uses=("dropout_forward",),
    tied_to=("dropout_forward",),
)


@dropout_forward_exercise.reference
def dropout_forward(
    x: Array, p: float, rng: np.random.Generator, training: bool = True
) -> tuple[Array, Array]:
    """x with every value dropped with probability p and the rest divided by 1 - p; the scaled mask."""
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1.0 - p)
    return x * mask, mask


@dropout_backward_exercise.reference
def dropout_backward(dout: Array, mask: Array) -> Array:
    """The gradient with respect to x, given the mask of the forward pass."""
    return dout * mask


def values(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers of both signs, none of them near 0."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 3.0, shape))


def batches(rng: np.random.Generator) -> Iterator[tuple[str, Array, float]]:
    """(description, x, p) over shapes, dtypes, layouts and rates."""
    for (n, d), p in (((6, 5), 0.5), ((1, 30), 0.2), ((40, 1), 0.8), ((3, 50), 0.05), ((50, 3), 0.9)):
        yield f"x of shape ({n}, {d}), p = {p}", values(rng, n, d), p
    for name, x in inputs.layouts(values(rng, 6, 8)):
        yield f"x of shape (6, 8), {name}, p = 0.25", x, 0.25
    yield "a float32 x, p = 0.4", values(rng, 6, 8).astype(np.float32), 0.4


def forward(trial: Trial, x: Array, *args: Any, changes: bool = False, **named: Any) -> tuple[Any, Any]:
    """The output and the mask, the mask kept on the student's side."""
    got = trial.call("dropout_forward", x, *args, keep=(1,), changes=changes, observe=False, **named)
    return trial.unpack(got, 2, "dropout_forward(...)")  # type: ignore[return-value]


def drop(trial: Trial, x: Array, p: float, changes: bool = True) -> tuple[Array, Array]:
    """The output in training and what was kept (True), once the output holds only 0 and x/(1 - p)."""
    out = as_array(forward(trial, x, p, trial.rng_handle(), changes=changes)[0], "out")
    trial.observe("shape", out.shape)
    trial.require(out.shape == x.shape, f"out has shape {out.shape}; it should be {x.shape}.", "shape")
    kept = np.asarray(out != 0)
    ratios = out[kept].astype(np.float64) / x[kept]
    trial.observe("factor on what is kept", np.median(ratios) if kept.any() else 0.0, 1e-5)
    loose = {"rtol": 1e-4, "atol": 1e-5} if x.dtype == np.float32 else {}
    want = np.where(kept, x.astype(np.float64) / (1.0 - p), 0.0)
    trial.close(out, want, "out, where it is not 0,", source=x, **loose)
    return out, kept


@dropout_forward_exercise.aspect("kept and scaled", points=3)
def _(trial: Trial) -> None:
    for case, x, p in batches(trial.rng):
        with trial.case(case):
            drop(trial, x, p)
    for i in range(2):
        with trial.case("p = 0, where nothing is dropped"):
            x = values(trial.rng, 9, 7 + i)
            out, mask = forward(trial, x, 0.0, trial.rng_handle(), changes=True)
            trial.observe("p = 0", out)
            trial.close(out, x, "out", source=x)
    with trial.case("arguments given by name"):
        x = values(trial.rng, 5, 6)
        out, _ = forward(trial, x=x, p=0.5, rng=trial.rng_handle(), training=True, changes=True)  # type: ignore[call-arg,misc]
        array = as_array(out, "out")
        trial.close(array, np.where(array != 0, 2.0 * x, 0.0), "out, where it is not 0,", source=x)


@dropout_forward_exercise.aspect("share dropped", points=2)
def _(trial: Trial) -> None:
    for p in (0.5, 0.2, 0.75, 0.03):
        with trial.case(f"x of shape (120, 100), p = {p}"):
            x = values(trial.rng, 120, 100)
            out, _ = forward(trial, x, p, trial.rng_handle(), changes=True)
            zero = as_array(out, "out") == 0
            check_share(trial, zero, p, f"the values dropped for p = {p}")


@dropout_forward_exercise.aspect("each value on its own", points=2)
def _(trial: Trial) -> None:
    with trial.case("x of shape (120, 100), p = 0.5"):
        x = values(trial.rng, 120, 100)
        out, _ = forward(trial, x, 0.5, trial.rng_handle(), changes=True)
        kept = as_array(out, "out") != 0
        trial.require(kept.shape == x.shape, "out should have the shape of x.", "shape")
        alike = [bool(np.all(kept == kept[:1])), bool(np.all(kept == kept[:, :1]))]
        trial.observe("rows alike, columns alike", alike)
        trial.require(
            not all(alike), "Either everything is dropped or nothing. Draw one number for each value."
        )
        trial.require(
            not alike[0],
            "Every example loses the same units: one mask for the whole batch. Draw size=x.shape.",
        )
        trial.require(
            not alike[1], "An example is dropped as a whole. Draw one number for each value: size=x.shape."
        )
        equal = [bool(np.ptp(kept.sum(axis=axis)) == 0) for axis in (0, 1)]
        trial.observe("equal counts", equal)
        trial.require(
            not any(equal), "Exactly the same number is dropped everywhere. Each value is dropped on its own."
        )
        independent_signs(trial, np.where(kept, 1.0, -1.0), "what is kept")
        balanced_lines(trial, kept, 0.5, "what is kept")
    with trial.case(f"{CALLS} calls with one generator, p = 0.5"):
        rng, x = trial.rng_handle(), values(trial.rng, 5, 8)
        kept = np.array(
            [as_array(forward(trial, x, 0.5, rng, changes=True)[0], "out") != 0 for _ in range(CALLS)]
        )
        same_count = bool(np.ptp(kept.reshape(CALLS, -1).sum(axis=1)) == 0)
        trial.observe("always the same count", same_count)
        trial.require(
            not same_count,
            "Every call drops exactly the same number of values. Each value is dropped on its own with probability "
            "p, so the number varies.",
        )
        every_place_changes(trial, kept, "fate")


@dropout_forward_exercise.aspect("evaluation", points=2)
def _(trial: Trial) -> None:
    for case, x, p in batches(trial.rng):
        with trial.case(f"{case}, training=False"):
            out, _ = forward(trial, x, p, trial.rng_handle(), False, changes=True)
            trial.observe("out", out)
            trial.close(out, x, "out when not training", source=x)
    with trial.case("training=False by name, after a training call"):
        x, rng = values(trial.rng, 6, 4), trial.rng_handle()
        forward(trial, x, 0.5, rng, changes=True)
        out, _ = forward(trial, x, 0.5, rng, training=False, changes=True)
        trial.observe("out", out)
        trial.close(out, x, "out when not training", source=x)


def pattern(mask: Any, shape: tuple[int, ...]) -> Array | None:
    """Where a returned mask is not 0, if it is an array of this shape."""
    if isinstance(mask, np.ndarray) and mask.shape == shape and mask.dtype.kind in "bifu":
        return np.asarray(mask != 0)
    return None


@dropout_forward_exercise.aspect("mask", points=1, needs=("kept and scaled",))
def _(trial: Trial) -> None:
    for p in (0.5, 0.3, 0.8):
        with trial.case(f"x of shape (9, 8), p = {p}"):
            x = values(trial.rng, 9, 8)
            out, handle = forward(trial, x, p, trial.rng_handle(), changes=True)
            mask = trial.subject.fetch(handle) if isinstance(handle, Handle) else handle
            trial.require(
                mask is not None, "The mask is None in training, so that backward has nothing to go by."
            )
            seen, kept = pattern(mask, x.shape), as_array(out, "out") != 0
            fits = seen is None or bool(np.all(seen == kept) or np.all(seen != kept))
            trial.observe("the mask fits", fits)
            trial.require(
                fits, "The mask does not say what was kept in out. Return the very mask that multiplied x."
            )
    with trial.case("an x that holds zeros, as a ReLU gives, p = 0.5"):
        x = with_zeros(trial.rng)
        out, handle = forward(trial, x, 0.5, trial.rng_handle(), changes=True)
        mask = trial.subject.fetch(handle) if isinstance(handle, Handle) else handle
        seen, zero = pattern(mask, x.shape), x == 0
        drawn = seen is None or not improbable(seen[zero], 0.5)
        trial.observe("the mask was drawn where x is 0", drawn)
        trial.require(
            drawn,
            "Where x is 0 the mask does not hold what was drawn. Return the mask that multiplied x; do not work it "
            "out from the output, where a value that was 0 before looks like a dropped one.",
        )


def with_zeros(rng: np.random.Generator) -> Array:
    """A batch of which half the values are 0, `(40, 30)`."""
    return np.asarray(values(rng, 40, 30) * (rng.random((40, 30)) < 0.5))


@dropout_forward_exercise.aspect("fresh draws, argument unchanged", points=1, needs=("kept and scaled",))
def _(trial: Trial) -> None:
    x = values(trial.rng, 12, 10)
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial, lambda rng: forward(trial, x, 0.5, rng, changes=True)[0], "sets of dropped values"
        )
    for training in (True, False):
        with trial.case(f"an x that is used again afterwards, training={training}"):
            forward(trial, x, 0.5, trial.rng_handle(), training)


@dataclasses.dataclass(frozen=True)
class Pass:
    """One forward pass: what backward gets, and by which factors the gradient may be multiplied."""

    mask: Any
    value: Any
    factors: tuple[Array, ...]


def start_pass(trial: Trial, x: Array, p: float) -> Pass:
    """The student's own forward; where it brings no mask, a right mask of the usual kind stands in."""
    try:
        out, handle = forward(trial, x, p, trial.rng_handle(), changes=True)
        value = trial.subject.fetch(handle) if isinstance(handle, Handle) else handle
        array = as_array(out, "out").astype(np.float64)
        if value is not None and array.shape == x.shape:
            return Pass(handle, value, _factors(array, x.astype(np.float64), p, value))
    except Mismatch:
        pass
    except StudentError as error:
        if error.fatal:
            raise
    mask = dropout_forward(x, p, np.random.default_rng(trial.rng.integers(2**32)))[1].astype(x.dtype)
    return Pass(mask, mask, (mask.astype(np.float64),))


def _factors(out: Array, x: Array, p: float, mask: Any) -> tuple[Array, ...]:
    """out/x is the derivative. A mistake of forward is charged there: what a right backward makes of it counts too."""
    kept, seen = out != 0, pattern(mask, x.shape)
    factors = [out / x]
    right = _is_close(out, np.where(kept, x / (1.0 - p), 0.0))
    fits = seen is None or bool(np.all(seen == kept) or np.all(seen != kept))
    if not right:
        factors.append(kept / (1.0 - p))
    if seen is not None and not (right and fits):
        factors += [seen / (1.0 - p), np.asarray(mask, dtype=np.float64)]
    return tuple(factors)


def _is_close(got: Any, want: Array, **options: Any) -> bool:
    try:
        check_close(got, want, "", **{"rtol": 1e-4, "atol": 1e-6, **options})
    except Mismatch:
        return False
    return True


def check_dx(trial: Trial, step: Pass, dout: Array, changes: bool = True) -> None:
    """dx of one backward pass, against every factor that may be right."""
    got = trial.call("dropout_backward", dout, step.mask, changes=changes, observe=False)
    _observe_dx(trial, got, dout, step.factors[0])
    loose = {"rtol": 1e-4, "atol": 1e-5} if dout.dtype == np.float32 else {"rtol": 1e-6, "atol": 1e-9}
    wide = dout.astype(np.float64)
    if not any(_is_close(got, wide * factor, source=dout, **loose) for factor in step.factors[1:]):
        trial.close(got, wide * step.factors[0], "dx", source=dout, **loose)


def _observe_dx(trial: Trial, got: Any, dout: Array, factor: Array) -> None:
    """By how much dx differs, as statistics that do not depend on what was drawn."""
    if not isinstance(got, np.ndarray) or got.shape != dout.shape:
        trial.observe("dx", type(got).__name__ if not isinstance(got, np.ndarray) else got.shape)
        return
    with np.errstate(all="ignore"):
        ratio = got.astype(np.float64) / dout
    finite = bool(np.all(np.isfinite(ratio)))
    kept = factor != 0
    on, off = (ratio[kept] / factor[kept], ratio[~kept]) if finite else (np.ones(1), np.zeros(1))
    spread = [bool(part.size and np.ptp(part) > 1e-3) for part in (on, off)]
    flat = [part for part, varies in zip((on, off), spread, strict=True) if part.size and not varies]
    trial.observe("dx against dout", [float(part[0]) for part in flat], 1e-3)
    trial.observe("finite, spread", [finite, *spread])


@dropout_backward_exercise.aspect("gradient", points=3)
def _(trial: Trial) -> None:
    for case, x, p in batches(trial.rng):
        with trial.case(case):
            dout = values(trial.rng, *x.shape).astype(x.dtype)
            check_dx(trial, start_pass(trial, x, p), dout)
    with trial.case("p = 0, where nothing is dropped"):
        x = values(trial.rng, 6, 5)
        check_dx(trial, start_pass(trial, x, 0.0), values(trial.rng, 6, 5))


@dropout_backward_exercise.aspect("the mask of its own pass", points=2)
def _(trial: Trial) -> None:
    x = values(trial.rng, 12, 10)
    with trial.case("two layers: forward, forward, backward, backward"):
        steps = [start_pass(trial, x, 0.5), start_pass(trial, x + 1.0 * np.sign(x), 0.3)]
        for step in reversed(steps):
            check_dx(trial, step, values(trial.rng, 12, 10))
    with trial.case("one mask used for two gradients"):
        step = start_pass(trial, x, 0.5)
        for _ in range(2):
            check_dx(trial, step, values(trial.rng, 12, 10))

    with trial.case("an x that holds zeros, as a ReLU gives"):
        _check_at_zeros(trial)


def _check_at_zeros(trial: Trial) -> None:
    """Where x is 0 the output does not tell what was kept, and the gradient must know all the same.

    A forward that is wrong was charged there, a mask of x's shape too: what is left are masks of other kinds.
    """
    x, dout, p = with_zeros(trial.rng), values(trial.rng, 40, 30), 0.5
    zero = x == 0
    try:
        out, handle = forward(trial, x, p, trial.rng_handle(), changes=True)
        value = trial.subject.fetch(handle) if isinstance(handle, Handle) else handle
        out = as_array(out, "out")
    except Mismatch:
        return
    except StudentError as error:
        if error.fatal:
            raise
        return
    right = out.shape == x.shape and _is_close(out, np.where(out != 0, x / (1 - p), 0.0))
    if not right or value is None or pattern(value, x.shape) is not None:
        return
    dx = as_array(trial.call("dropout_backward", dout, handle, changes=True, observe=False), "dx")
    trial.require(dx.shape == x.shape, f"dx has shape {dx.shape}; it should be {x.shape}.", "shape")
    factor = (dx / dout)[zero]
    known = bool(np.all(np.isclose(factor, 0) | np.isclose(factor, 1 / (1 - p))))
    trial.require(
        known and not improbable(np.abs(factor) > 0.1, 1 - p),
        "Where x was 0, dx is not dout times the factor of that place: what was kept cannot be read off an output of "
        "0. Let the mask say it.",
    )


@dropout_backward_exercise.aspect("arguments unchanged", points=1, needs=("gradient",))
def _(trial: Trial) -> None:
    with trial.case("dout and mask that are used again afterwards"):
        x = values(trial.rng, 6, 5)
        step = start_pass(trial, x, 0.5)
        before = np.array(step.value) if isinstance(step.value, np.ndarray) else None
        check_dx(trial, step, values(trial.rng, 6, 5), changes=False)
        if before is not None and isinstance(step.mask, Handle):
            same = np.array_equal(np.asarray(trial.subject.fetch(step.mask)), before)
            trial.observe("mask untouched", same)
            trial.require(same, "dropout_backward changes the mask. Build a new array.", "conduct")
