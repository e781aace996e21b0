"""One epoch of shuffled, freshly augmented mini-batches (slides S4.4)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from autograde.exercises.regularization.chance import uncorrelated, unobserved
from autograde.judge.compare import a_type, as_array
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LIMIT = 400
"""How many batches are looked at before an iterable counts as endless."""

augmented_batches_exercise = Exercise(
    name="augmented_batches",
    lesson="04_regularization",
    functions=("augmented_batches",),
    title="Augmented mini-batches",
    section="augmented_batches_idea",
    difficulty=3,
    minutes=12,
    lines=5,
    hints=(
        "An epoch is one permutation of the examples, cut into pieces of batch_size. The last piece may be shorter.",
        "rng.permutation(n) gives the row numbers in random order; range(0, n, batch_size) gives the starts of the pieces.",
        "X[rows] and y[rows] with the same rows keep images and labels together.",
        "In the loop: yield a pair, the images of these rows after augment(…, rng), and their labels. The next epoch is a new "
        "call, and draws anew.",
    ),
)


@augmented_batches_exercise.reference
def augmented_batches(X: Array, y: Array, batch_size: int, augment: Any, rng: np.random.Generator) -> Any:
    """One epoch of (augmented images, labels)."""
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]


@dataclasses.dataclass(frozen=True)
class Epoch:
    """What one call yielded: sizes, which example each image was, its trace, its label."""

    sizes: list[int]
    examples: Array
    traces: Array
    labels: Array


def numbered(n: int, h: int = 2, w: int = 3) -> Array:
    """Images that tell which example they are: every pixel of image i is i."""
    return np.tile(np.arange(n, dtype=np.float64)[:, None, None], (1, h, w))


def epoch(
    trial: Trial, X: Array, y: Array, batch_size: int, rng: Handle | None = None, by_name: bool = False
) -> Epoch:
    """Run one epoch on the student's side, with an augmentation that leaves a trace (`autograde.probes`)."""
    images, labels = trial.subject.put(X), trial.subject.put(y)
    augment = trial.probe("tracing_augment", keep=True)
    args = (images, labels, batch_size, augment, rng or trial.rng_handle())
    names = dict(zip(("X", "y", "batch_size", "augment", "rng"), args, strict=True)) if by_name else {}
    batches = trial.call("augmented_batches", *(() if by_name else args), keep=(-1,), observe=False, **names)
    trial.require(
        isinstance(batches, Handle) and batches.type_name != "NoneType",
        "augmented_batches returned None. Did you forget to yield, or to return the list?",
        "type",
    )
    pairs = trial.probe("items", batches, LIMIT)
    trial.observe("batches", len(pairs))
    same = np.array_equal(trial.subject.fetch(images), X) and np.array_equal(trial.subject.fetch(labels), y)
    trial.observe("X and y untouched", same)
    seen = _read(trial, pairs, X)
    trial.require(
        same,
        "X or y is changed on the way, so that the next epoch starts from other data. Work on copies.",
        "conduct",
    )
    return seen


def _read(trial: Trial, pairs: list[Any], X: Array) -> Epoch:
    sizes, images, labels = [], [], []
    trial.require(len(pairs) > 0, "There is no batch at all.")
    for pair in pairs:
        ok = isinstance(pair, list | tuple) and len(pair) == 2
        trial.require(ok, f"Each item should be a pair (xb, yb); one is {a_type(pair)}.", "type")
        xb, yb = as_array(pair[0], "xb"), as_array(pair[1], "yb")
        good = xb.shape[1:] == X.shape[1:] and yb.shape == xb.shape[:1]
        trial.observe("shapes fit", good)
        trial.require(
            good,
            f"A batch has images of shape {xb.shape} and labels of shape {yb.shape}; they should be "
            f"(batch, {', '.join(map(str, X.shape[1:]))}) and (batch,).",
            "shape",
        )
        trial.observe("an empty batch", len(xb) == 0)
        trial.require(
            len(xb) > 0, "One batch is empty. The last one holds what is left, and no batch comes after it."
        )
        trial.observe("width kept", xb.dtype == X.dtype)
        trial.require(
            xb.dtype == X.dtype,
            f"The images of a batch are {xb.dtype}; augment returns {X.dtype}. Leave them as they are.",
            "dtype",
        )
        sizes.append(len(xb))
        images.append(xb.astype(np.float64).reshape(len(xb), -1))
        labels.append(yb)
    pixels = np.concatenate(images)
    numbers = np.floor(pixels + 1e-9)
    one_example = bool(np.all(numbers == numbers[:, :1]))
    trial.observe("whole images", one_example)
    trial.require(
        one_example, "An image holds pixels of another one: pixels of different examples are mixed."
    )
    return Epoch(sizes, numbers[:, 0].astype(int), (pixels - numbers)[:, 0], np.concatenate(labels))


def labels_for(rng: np.random.Generator, n: int) -> Array:
    """Labels 0 … 9 in no order."""
    return np.asarray(rng.integers(0, 10, n))


SIZES = ((23, 5), (24, 6), (40, 8), (7, 10), (9, 9), (10, 1), (1, 4), (65, 32))


@augmented_batches_exercise.aspect("every example once", points=3)
def _(trial: Trial) -> None:
    for n, batch_size in SIZES:
        with trial.case(f"{n} examples in batches of {batch_size}"):
            _check_complete(
                trial, epoch(trial, numbered(n), labels_for(trial.rng, n), batch_size), n, batch_size
            )
    with trial.case("every argument given by name"):
        seen = epoch(trial, numbered(11), labels_for(trial.rng, 11), 4, by_name=True)
        _check_complete(trial, seen, 11, 4)


def _check_complete(trial: Trial, seen: Epoch, n: int, batch_size: int) -> None:
    wanted = [batch_size] * (n // batch_size) + ([n % batch_size] if n % batch_size else [])
    trial.observe("sizes", seen.sizes)
    counts = np.bincount(np.clip(seen.examples, 0, n), minlength=n + 1)[:n]
    trial.observe("left out, more than once", [bool((counts == 0).any()), bool((counts > 1).any())])
    trial.require(
        sum(seen.sizes) == n,
        f"The batches hold {sum(seen.sizes)} examples together; there are {n}. Keep the last short batch, and no more.",
    )
    trial.require(
        bool(np.all(counts == 1)),
        "Some examples come more than once in the epoch and others not at all. Cut one permutation into pieces.",
    )
    trial.require(
        seen.sizes == wanted,
        f"The batches have sizes {seen.sizes}; with {n} examples and batch_size {batch_size} they should be {wanted}.",
    )


@augmented_batches_exercise.aspect("labels aligned", points=2)
def _(trial: Trial) -> None:
    for n, batch_size in ((60, 7), (40, 40)):
        with trial.case(f"{n} examples in batches of {batch_size}"):
            y = labels_for(trial.rng, n)
            seen = epoch(trial, numbered(n), y, batch_size)
            inside = (seen.examples >= 0) & (seen.examples < n)
            fits = bool(np.all(inside) and np.all(seen.labels == y[np.clip(seen.examples, 0, n - 1)]))
            trial.observe("labels aligned, as given", [fits, bool(np.array_equal(seen.labels, y))])
            trial.require(
                fits, "Images and labels have come apart. Use the same rows for both: X[rows] and y[rows]."
            )


@augmented_batches_exercise.aspect("shuffled", points=1.5)
def _(trial: Trial) -> None:
    n, batch_size = 60, 6
    X, y = numbered(n), labels_for(trial.rng, n)
    with trial.case("two epochs with one generator"):
        rng = trial.rng_handle()
        first, second = (epoch(trial, X, y, batch_size, rng).examples for _ in "ab")
        in_order = bool(np.all(first == np.sort(first)))
        blocks = first.reshape(-1, batch_size) if first.size == n else first[None]
        neighbours = bool(np.all(blocks.max(axis=1) - blocks.min(axis=1) == batch_size - 1))
        again = bool(first.shape == second.shape and np.all(first == second))
        trial.observe("in order, blocks, same again", [in_order, neighbours, again])
        trial.require(
            not in_order, "The examples come in their original order. Shuffle them with rng.permutation."
        )
        trial.require(
            not neighbours,
            "Every batch holds neighbours of the original order. Shuffle the examples, not the batches.",
        )
        trial.require(
            not again, "A second epoch with the same generator has the same order. Draw a new permutation."
        )
        with unobserved(trial):
            more = [epoch(trial, X, y, batch_size, rng).examples for _ in range(EPOCHS - 2)]
        orders = [first, second, *more]
        if all(order.size == n for order in orders):
            _check_orders(trial, np.array(orders))


EPOCHS = 12


def _check_orders(trial: Trial, orders: Array) -> None:
    """Whether the orders of `EPOCHS` epochs look like permutations drawn afresh; see the limits beside each check.

    Neighbours stay neighbours about 2 times an epoch (nearly a Poisson law: 24 in all, and 90 once in 10^23);
    an example stands at one place in all epochs with probability 60^-11.
    """
    n = orders.shape[1]
    steps = (np.diff(orders, axis=1) % n).ravel()
    together = int(np.sum((steps == 1) | (steps == n - 1)))
    fixed = bool(np.any(np.ptp(orders, axis=0) == 0))
    trial.observe("neighbours stay together, a fixed place", [together > 90, fixed])
    trial.require(
        together <= 90,
        "Neighbours of the original order stay together: the examples are moved in blocks or turned round as a ring. "
        "Shuffle every example on its own, with rng.permutation.",
    )
    trial.require(not fixed, "One place of the epoch holds the same example every time. Shuffle all of them.")
    places = np.tile(np.arange(n, dtype=np.float64), len(orders))
    uncorrelated(trial, orders.ravel().astype(np.float64), places, "old and new places of the examples")


@augmented_batches_exercise.aspect("freshly augmented", points=1.5)
def _(trial: Trial) -> None:
    n, batch_size = 40, 7
    X, y = numbered(n), labels_for(trial.rng, n)
    with trial.case("two epochs with one generator"):
        rng = trial.rng_handle()
        epochs = [epoch(trial, X, y, batch_size, rng) for _ in "ab"]
        for seen in epochs:
            none, more = bool(np.any(seen.traces < 0.29)), bool(np.any(seen.traces > 0.41))
            repeated = bool(np.unique(seen.traces).size < seen.traces.size)
            trial.observe("not augmented, twice, same draws", [none, more, repeated])
            trial.require(not none, "Some images did not go through augment.")
            trial.require(not more, "Some images went through augment more than once.")
            trial.require(
                not repeated,
                "Images of different batches got the very same random changes: pass `rng` itself to augment.",
            )
        carried = bool(np.intersect1d(epochs[0].traces, epochs[1].traces).size)
        trial.observe("carried over", carried)
        trial.require(
            not carried, "The second epoch has the random changes of the first. Call augment anew each time."
        )


@augmented_batches_exercise.aspect("randomness from rng only", points=1, needs=("every example once",))
def _(trial: Trial) -> None:
    n, batch_size = 40, 7
    X, y = numbered(n), labels_for(trial.rng, n)
    with trial.case("generators with equal and with other seeds"):
        one, again, other = (epoch(trial, X, y, batch_size, trial.rng_handle(seed)) for seed in (3, 3, 4))
        pairs = ((one, again), (one, other))
        same = [
            (
                bool(np.array_equal(a.examples, b.examples)),
                bool(np.array_equal(np.sort(a.traces), np.sort(b.traces))),
            )
            for a, b in pairs
        ]
        trial.observe("order and changes alike: same seed, other seed", [list(pair) for pair in same])
        trial.require(
            all(same[0]), "Two generators with the same seed give different epochs. Draw from `rng` only."
        )
        trial.require(
            not any(same[1]),
            "Another seed gives the same epoch: order and augmentation should both come from `rng`.",
        )
