"""Wrong and other right ways to make augmented mini-batches."""

from __future__ import annotations

import numpy as np

from autograde.exercises.regularization.batches import augmented_batches_exercise

wrong, right = augmented_batches_exercise.misconception, augmented_batches_exercise.variant


@wrong(
    "augmented_batches",
    "The last short batch is dropped. Let the loop run over range(0, len(X), batch_size).",
)
def last_batch_dropped(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for i in range(len(X) // batch_size):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches",
    "Where batch_size divides the number of examples, an empty batch comes last. Let the loop run over "
    "range(0, len(X), batch_size).",
)
def empty_batch_at_the_end(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for i in range(len(X) // batch_size + 1):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches",
    "The examples are turned round like a ring: neighbours stay neighbours. Shuffle them with rng.permutation.",
)
def turned_like_a_ring(X, y, batch_size, augment, rng):
    order = np.roll(np.arange(len(X)), rng.integers(len(X)))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches", "The labels are not shuffled along with the images: use y[rows] with the same rows."
)
def labels_not_shuffled(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[start : start + batch_size]


@wrong(
    "augmented_batches",
    "Images and labels are shuffled by two different permutations. Draw one and use it for both.",
)
def two_permutations(X, y, batch_size, augment, rng):
    X, y = X[rng.permutation(len(X))], y[rng.permutation(len(y))]
    for start in range(0, len(X), batch_size):
        yield augment(X[start : start + batch_size], rng), y[start : start + batch_size]


@wrong(
    "augmented_batches",
    "Rows are drawn with replacement, so some examples come twice and others never. Cut up one permutation.",
)
def drawn_with_replacement(X, y, batch_size, augment, rng):
    for start in range(0, len(X), batch_size):
        rows = rng.integers(0, len(X), min(batch_size, len(X) - start))
        yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches",
    "A new permutation is drawn for each batch, so the batches overlap. Draw one permutation for the epoch.",
)
def permuted_for_each_batch(X, y, batch_size, augment, rng):
    for start in range(0, len(X), batch_size):
        rows = rng.permutation(len(X))[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]


@wrong("augmented_batches", "The examples come in their original order. Shuffle them with rng.permutation.")
def not_shuffled(X, y, batch_size, augment, rng):
    for start in range(0, len(X), batch_size):
        yield augment(X[start : start + batch_size], rng), y[start : start + batch_size]


@wrong(
    "augmented_batches",
    "Only the order of the batches is shuffled: the same examples stay together in every epoch. Shuffle the examples.",
)
def batches_shuffled(X, y, batch_size, augment, rng):
    starts = np.arange(0, len(X), batch_size)
    for start in rng.permutation(starts[:-1]).tolist() + starts[-1:].tolist():
        yield augment(X[start : start + batch_size], rng), y[start : start + batch_size]


@wrong(
    "augmented_batches",
    "augment is never called. Pass every batch of images through it: augment(X[rows], rng).",
)
def never_augmented(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


@wrong("augmented_batches", "Only the first batch is augmented. Call augment in the loop, for every batch.")
def first_batch_augmented(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield (augment(X[rows], rng) if start == 0 else X[rows]), y[rows]


@wrong(
    "augmented_batches",
    "augment gets a generator that you seed yourself, so every batch and every epoch is changed alike. Pass `rng`.",
)
def augmented_alike(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], np.random.default_rng(0)), y[rows]


@wrong(
    "augmented_batches",
    "augment gets a generator seeded from the clock, so an epoch cannot be repeated. Pass `rng`.",
)
def augmented_by_the_clock(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], np.random.default_rng()), y[rows]


@wrong("augmented_batches", "The order comes from np.random, the global generator. Use rng.permutation.")
def global_order(X, y, batch_size, augment, rng):
    order = np.random.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches",
    "rng.shuffle(X) shuffles the caller's own array, and the labels stay behind. Shuffle row numbers instead.",
)
def shuffles_the_data(X, y, batch_size, augment, rng):
    rng.shuffle(X)
    for start in range(0, len(X), batch_size):
        yield augment(X[start : start + batch_size], rng), y[start : start + batch_size]


@wrong("augmented_batches", "The loop never ends: an epoch shows every example once, then stops.")
def endless(X, y, batch_size, augment, rng):
    while True:
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            yield augment(X[rows], rng), y[rows]


@wrong(
    "augmented_batches",
    "The augmented images are added to the originals, so every example comes twice. Augmentation replaces the image.",
)
def originals_kept(X, y, batch_size, augment, rng):
    X, y = np.concatenate([X, augment(X, rng)]), np.concatenate([y, y])
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


@right("augmented_batches")
def as_a_list(X, y, batch_size, augment, rng):
    order = np.arange(len(X))
    rng.shuffle(order)
    count = -(-len(X) // batch_size)
    pieces = [order[i * batch_size : (i + 1) * batch_size] for i in range(count)]
    return [(augment(X[rows], rng), y[rows]) for rows in pieces]


@right("augmented_batches")
def whole_epoch_augmented_at_once(X, y, batch_size, augment, rng, shuffle=True):
    order = rng.permutation(len(X))
    images, labels = augment(X[order], rng), y[order]
    return (
        (images[start : start + batch_size], labels[start : start + batch_size])
        for start in range(0, len(X), batch_size)
    )


@right("augmented_batches")
def image_by_image(X, y, batch_size, augment, rng):
    left = list(rng.permutation(len(X)))
    while left:
        rows, left = left[:batch_size], left[batch_size:]
        xb = np.concatenate([augment(X[i : i + 1], rng) for i in rows])
        yield [xb, np.array([y[i] for i in rows])]


@right("augmented_batches")
def by_array_split(X, y, batch_size, augment, rng):
    order = np.argsort(rng.random(len(X)))
    for rows in np.split(order, range(batch_size, len(order), batch_size)):
        yield augment(images=X[rows], rng=rng), y[rows]


@right("augmented_batches")
def an_iterable_object(X, y, batch_size, augment, rng):
    class Batches:
        def __len__(self):
            return (len(X) + batch_size - 1) // batch_size

        def __iter__(self):
            order = rng.choice(len(X), size=len(X), replace=False)
            for i in range(len(self)):
                rows = order[i * batch_size :][:batch_size]
                yield augment(X[rows].copy(), rng), y[rows].copy()

    return Batches()
