"""One step of contrastive divergence for a Bernoulli RBM (slides S4.5; Hinton 2002), judged exactly and by its mean."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograde.exercises.transfer_learning.common import LESSON
from autograde.judge import statistics
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Raised
from autograde.judge.trial import Trial
from autograde.wire.tensors import is_tensor

Array = np.ndarray[Any, Any]
PARTS = ("dW", "db_visible", "db_hidden")

rbm_cd1_exercise = Exercise(
    name="rbm_cd1",
    lesson=LESSON,
    functions=("rbm_cd1",),
    title="One step of contrastive divergence",
    section="rbm_cd1_idea",
    difficulty=4,
    minutes=20,
    lines=10,
    seconds=20.0,
    hints=(
        "Up: p(h=1|v) = σ(v W + b_hidden). Down: p(v=1|h) = σ(h Wᵀ + b_visible). Each unit is its own coin.",
        "h0 has to be drawn, 0 or 1: (rng.random(p.shape) < p). Then go down to v1 and up again to the hidden probabilities p1.",
        "Data raises, fantasy lowers: dW = (v0ᵀ p0 - v1ᵀ p1)/n, with n the number of examples in v0.",
        "The biases are the same with a constant 1 for the other side: db_visible = mean of v0 - v1, db_hidden = mean of p0 - p1, over axis 0.",
    ),
)


@rbm_cd1_exercise.reference
def rbm_cd1(v0, W, b_visible, b_hidden, rng):
    """Statistics of the data minus those after one step down and up, averaged over the batch."""

    def sigmoid(z):
        return np.exp(-np.logaddexp(0.0, -z))

    p0 = sigmoid(v0 @ W + b_hidden)
    h0 = (rng.random(p0.shape) < p0).astype(p0.dtype)
    v1 = sigmoid(h0 @ W.T + b_visible)
    p1 = sigmoid(v1 @ W + b_hidden)
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)


# --- arrays or tensors: whichever the function works with ----------------------------------------------------

KINDS: dict[str, Callable[[Array], Any]] = {
    "array": lambda a: a,
    "float32 tensor": lambda a: torch.from_numpy(np.ascontiguousarray(a)).float(),
    "float64 tensor": lambda a: torch.from_numpy(np.ascontiguousarray(a)).double(),
}


def kind_of(trial: Trial) -> str:
    """NumPy arrays, unless the function only works with tensors."""
    small = [np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.full((2, 4), 0.1), np.zeros(2), np.zeros(4)]
    for kind, convert in KINDS.items():
        try:
            trial.call("rbm_cd1", *map(convert, small), trial.rng_handle(1), observe=False, changes=True)
        except Raised:
            continue
        return kind
    return "array"


def cd1(trial: Trial, kind: str, arrays: tuple[Array, ...], rng: Any = None) -> tuple[Array, ...]:
    """One call; the three answers as float64 arrays of the right shapes."""
    convert = KINDS[kind]
    got = trial.call("rbm_cd1", *map(convert, arrays), rng or trial.rng_handle(), observe=False, changes=True)
    found = []
    for name, part, like in zip(PARTS, trial.unpack(got, 3, "rbm_cd1(...)"), arrays[1:], strict=True):
        array = as_array(part, name, tensor=is_tensor(part))
        trial.observe(f"shape of {name}", list(array.shape))
        trial.require(
            array.shape == like.shape, f"{name} has shape {array.shape}; it should be {like.shape}.", "shape"
        )
        found.append(array.astype(np.float64))
    return tuple(found)


# --- where chance plays no part ----------------------------------------------------------------------------

SIZES = ((4, 3, 2), (1, 4, 3), (7, 2, 5), (5, 4, 4), (16, 6, 3), (3, 1, 2), (6, 5, 1))


def certain(rng: np.random.Generator, n: int, d: int, h: int) -> tuple[Array, ...]:
    """An RBM whose every pre-activation is at least 40 away from 0, so that all its coins have one side."""
    W = 80.0 * rng.integers(-2, 3, (d, h))
    return (
        rng.integers(0, 2, (n, d)).astype(float),
        W,
        80.0 * rng.integers(-1, 2, d) + 40.0,
        80.0 * rng.integers(-1, 2, h) - 40.0,
    )


def grey(rng: np.random.Generator) -> tuple[Array, ...]:
    """Pixels of any value in [0, 1], and biases so strong that W cannot turn a coin."""
    n, d, h = 9, 5, 4
    strong = [60.0 * rng.permutation(np.resize([1.0, -1.0], size)) for size in (d, h)]
    return rng.random((n, d)), rng.uniform(-2.0, 2.0, (d, h)), *strong


def answer_when_certain(v0: Array, W: Array, b_visible: Array, b_hidden: Array) -> tuple[Array, ...]:
    """What every form of CD-1 gives there."""
    h0 = (v0 @ W + b_hidden > 0).astype(float)
    v1 = (h0 @ W.T + b_visible > 0).astype(float)
    h1 = (v1 @ W + b_hidden > 0).astype(float)
    return (v0.T @ h0 - v1.T @ h1) / len(v0), (v0 - v1).mean(axis=0), (h0 - h1).mean(axis=0)


def check_certain(trial: Trial, index: int) -> None:
    """One of the three answers over all sizes."""
    kind = kind_of(trial)
    for n, d, h in (*SIZES, *SIZES[:4]):
        with trial.case(f"{n} example(s), {d} visible and {h} hidden units, all of them certain"):
            arrays = certain(trial.rng, n, d, h)
            got, want = cd1(trial, kind, arrays)[index], answer_when_certain(*arrays)[index]
            trial.observe(PARTS[index], got)
            trial.close(got, want, PARTS[index], rtol=1e-4, atol=1e-5)
    with trial.case("pixels between 0 and 1, all units certain"):
        arrays = grey(trial.rng)
        got, want = cd1(trial, kind, arrays)[index], answer_when_certain(*arrays)[index]
        trial.observe(PARTS[index], got)
        trial.close(got, want, PARTS[index], rtol=1e-4, atol=1e-5)
    if kind == "array":
        with trial.case("float32 arrays"):
            arrays = certain(trial.rng, 6, 4, 3)
            got = cd1(trial, kind, tuple(a.astype(np.float32) for a in arrays))[index]
            trial.close(got, answer_when_certain(*arrays)[index], PARTS[index], rtol=1e-4, atol=1e-5)
        with trial.case("W in Fortran order, v0 a strided view"):
            v0, W, b, c = certain(trial.rng, 6, 4, 3)
            wide = np.repeat(v0, 2, axis=1)[:, ::2]
            got = cd1(trial, kind, (wide, np.asfortranarray(W), b, c))[index]
            trial.close(got, answer_when_certain(v0, W, b, c)[index], PARTS[index], rtol=1e-4, atol=1e-5)


@rbm_cd1_exercise.aspect("dW where all is certain", points=3)
def _(trial: Trial) -> None:
    check_certain(trial, 0)


@rbm_cd1_exercise.aspect("db_visible where all is certain", points=1.5)
def _(trial: Trial) -> None:
    check_certain(trial, 1)


@rbm_cd1_exercise.aspect("db_hidden where all is certain", points=1.5)
def _(trial: Trial) -> None:
    check_certain(trial, 2)


# --- where it does -----------------------------------------------------------------------------------------


def _sigmoid(z: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-z))
    return result


def _states(count: int) -> Array:
    return np.array(list(itertools.product((0.0, 1.0), repeat=count)))


def _chance(p: Array, states: Array) -> Array:
    """(rows of p, states): the probability of every state when the units are independent coins."""
    result: Array = np.prod(np.where(states[None] == 1, p[:, None], 1 - p[:, None]), axis=2)
    return result


def expectations(v0: Array, W: Array, b: Array, c: Array) -> dict[str, tuple[Array, ...]]:
    """The exact mean of CD-1 with v1 drawn, and with v1 as probabilities; no draw is ever needed."""
    patterns, rows = np.unique(v0, axis=0, return_inverse=True)
    share = np.bincount(rows.ravel()) / len(v0)
    p0, hs, vs = _sigmoid(patterns @ W + c), _states(len(c)), _states(len(b))
    of_h = share @ _chance(p0, hs)  # (2^h,)
    mean_v = _sigmoid(hs @ W.T + b)  # (2^h, d)
    of_v = _chance(mean_v, vs)  # (2^h, 2^d)
    up = _sigmoid(vs @ W + c)
    drawn = np.einsum("s,st,td,th->dh", of_h, of_v, vs, up), of_h @ of_v @ up
    means = _sigmoid(mean_v @ W + c)
    smooth = np.einsum("s,sd,sh->dh", of_h, mean_v, means), of_h @ means
    db = v0.mean(axis=0) - of_h @ mean_v
    positive = (share[:, None] * patterns).T @ p0, share @ p0
    return {
        name: (positive[0] - negative[0], db, positive[1] - negative[1])
        for name, negative in (("drawn", drawn), ("probabilities", smooth))
    }


N, ROUNDS = 2500, 16
"""40,000 examples altogether."""


def soft(trial: Trial, tied: bool) -> tuple[Array, ...]:
    """Of many drawn RBMs the one in which it matters most that h0 is drawn, or that each of its units is on its own."""
    draw, gap, count = (_opposed, _tied_gap, 20) if tied else (_soft, _undrawn_gap, 200)
    chance, W, b, c = max((draw(trial.rng) for _ in range(count)), key=lambda drawn: gap(*drawn))
    return (trial.rng.random((N, 4)) < chance).astype(float), W, b, c


def _opposed(rng: np.random.Generator) -> tuple[Array, ...]:
    """Two hidden units that pull every pixel apart: a pixel is bright where one is on and the other off."""
    a, side = rng.uniform(7.0, 9.0), rng.permutation([1.0, 1.0, -1.0, -1.0])
    W = np.stack([a * side, -a * side, rng.uniform(-1.0, 1.0, 4)], axis=1)
    c = np.array([*rng.uniform(-0.3, 0.3, 2), rng.uniform(-1.0, 1.0)])
    return rng.uniform(0.85, 0.95, 4), W, rng.uniform(-0.6, -0.4, 4) * a, c


def _soft(rng: np.random.Generator) -> tuple[Array, ...]:
    W = rng.choice([-1.0, 1.0], (4, 3)) * rng.uniform(3.0, 9.0, (4, 3))
    return rng.uniform(0.05, 0.95, 4), W, rng.uniform(-9.0, 9.0, 4), rng.uniform(-6.0, 6.0, 3)


PATTERNS, CODES = _states(4), _states(3)


def _undrawn_gap(chance: Array, W: Array, b: Array, c: Array) -> float:
    """How far the visible bias' update is off where the hidden probabilities go down undrawn."""
    share = _chance(chance[None], PATTERNS)[0]
    p0 = _sigmoid(PATTERNS @ W + c)
    right, wrong = _chance(p0, CODES) @ _sigmoid(CODES @ W.T + b), _sigmoid(p0 @ W.T + b)
    return float(np.abs(share @ (right - wrong)).max())


LEVELS = (np.arange(40) + 0.5)[:, None, None] / 40


def _tied_gap(chance: Array, W: Array, b: Array, c: Array) -> float:
    """How far the visible bias' update is off where one number decides all hidden units of an example."""
    share = _chance(chance[None], PATTERNS)[0]
    p0 = _sigmoid(PATTERNS @ W + c)
    right = _chance(p0, CODES) @ _sigmoid(CODES @ W.T + b)
    wrong = _sigmoid((p0 > LEVELS) @ W.T + b).mean(axis=0)
    return float(np.abs(share @ (right - wrong)).max())


def limit(count: int) -> float:
    """How far the mean of `count` independent numbers in [-1, 1] may lie from its expectation (Hoeffding, 1e-13)."""
    return float(np.sqrt(2 * np.log(2 * 19 / statistics.ALPHA) / count))


@rbm_cd1_exercise.aspect("right on average", points=3)
def _(trial: Trial) -> None:
    kind = kind_of(trial)
    for case, tied in (("an RBM of 4 visible and 3 hidden units", False), ("another one", True)):
        with trial.case(f"{case}, averaged over {N * ROUNDS} examples"):
            arrays = soft(trial, tied)
            rounds = [cd1(trial, kind, arrays) for _ in range(ROUNDS)]
            seen = [np.mean([one[i] for one in rounds], axis=0) for i in range(3)]
            allowed = limit(N * ROUNDS)
            for name, part in zip(PARTS, seen, strict=True):
                trial.observe(f"mean {name}", part, 0.03)
            same = all(np.array_equal(a, b) for a, b in zip(rounds[0], rounds[1], strict=True))
            trial.observe("no chance at all", same)
            trial.require(
                not same,
                "Two generators give the very same answer: the hidden units are not drawn. h0 is 0 or 1, by chance.",
            )
            fits = [
                all(float(np.abs(a - b).max()) <= allowed for a, b in zip(seen, want, strict=True))
                for want in expectations(*arrays).values()
            ]
            trial.require(
                any(fits),
                "Averaged over many examples the answer is not that of one step of contrastive divergence. Is every unit of h0 drawn on its own (0 or 1, "
                "with probability p(h=1|v0)), does v1 come from h0, and the last p(h=1|v1) from v1, each with its own bias?",
            )


@rbm_cd1_exercise.aspect("chance from rng, arguments unchanged", points=2, needs=("dW where all is certain",))
def _(trial: Trial) -> None:
    kind = kind_of(trial)
    # Every coin nearly fair: two draws of 120 that fall alike are out of the question.
    sizes = ((4, 3), (4,), (3,))
    arrays = (
        trial.rng.integers(0, 2, (40, 4)).astype(float),
        *(trial.rng.uniform(-0.3, 0.3, s) for s in sizes),
    )
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial, lambda rng: np.concatenate([p.ravel() for p in cd1(trial, kind, arrays, rng)]), "updates"
        )
    with trial.case("v0, W and biases used again afterwards"):
        trial.call("rbm_cd1", *map(KINDS[kind], arrays), trial.rng_handle(), observe=False)
