"""Random flips, shifts, crops and brightness/contrast of grey images `(n, h, w)` (slides S4.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograde.exercises.regularization.chance import (
    check_share,
    every_place_changes,
    spread_evenly,
    uncorrelated,
    unobserved,
)
from autograde.judge import inputs, statistics
from autograde.judge.compare import as_array
from autograde.judge.exercise import Exercise
from autograde.judge.statistics import Z
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
LESSON = "04_regularization"
SAME = 1e-6
"""Pixels that were only moved may differ by this much."""

random_flip_exercise = Exercise(
    name="random_flip",
    lesson=LESSON,
    functions=("random_flip",),
    title="Random flips",
    section="random_flip_idea",
    difficulty=2,
    minutes=7,
    lines=3,
    hints=(
        "Which of the three axes of (n, h, w) runs from left to right?",
        "images[:, :, ::-1] is every image mirrored. You want that for some of them only.",
        "rng.random(n) < p draws one yes or no for each of n images.",
        "np.where(flip[:, None, None], images[:, :, ::-1], images) chooses image by image.",
    ),
)

random_shift_exercise = Exercise(
    name="random_shift",
    lesson=LESSON,
    functions=("random_shift",),
    title="Random shifts",
    section="random_shift_idea",
    difficulty=3,
    minutes=15,
    lines=7,
    hints=(
        "A shift is a window into the image with a frame of zeros around it, moved by a few pixels.",
        "np.pad(images, ((0, 0), (m, m), (m, m))) puts m zeros on every side of every image.",
        "Draw two whole numbers for each image, 0 to 2m: rng.integers(0, 2 * m + 1, size=(n, 2)). The upper end is excluded.",
        "For image i with top, left: out[i] = padded[i, top : top + h, left : left + w].",
    ),
)

random_crop_exercise = Exercise(
    name="random_crop",
    lesson=LESSON,
    functions=("random_crop",),
    title="Random crops",
    section="random_crop_idea",
    difficulty=2,
    minutes=10,
    lines=5,
    hints=(
        "How many places are there for a window of `size` pixels along an axis of h pixels? Try h = 3, size = 2 on paper.",
        "There are h - size + 1. rng.integers(0, h - size + 1, size=n) reaches every one: its upper end is excluded.",
        "out[i] = images[i, top[i] : top[i] + size, left[i] : left[i] + size]; rows and columns each have their own draw.",
    ),
)

random_brightness_contrast_exercise = Exercise(
    name="random_brightness_contrast",
    lesson=LESSON,
    functions=("random_brightness_contrast",),
    title="Random brightness and contrast",
    section="brightness_contrast_idea",
    difficulty=3,
    minutes=12,
    lines=5,
    hints=(
        "Every image needs three numbers: its own mean, a contrast factor and a brightness. All of shape (n, 1, 1).",
        "images.mean(axis=(1, 2), keepdims=True) is the mean of each image, ready to broadcast.",
        "rng.uniform(1 - contrast, 1 + contrast, size=(n, 1, 1)) for the factor, ±brightness for the other.",
        "Clip once, at the very end: np.clip(factor * (images - mean) + mean + shift, 0, 1).",
    ),
)


@random_flip_exercise.reference
def random_flip(images: Array, rng: np.random.Generator, p: float = 0.5) -> Array:
    """Each image mirrored left–right with probability p."""
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


@random_shift_exercise.reference
def random_shift(images: Array, max_shift: int, rng: np.random.Generator) -> Array:
    """Each image moved by up to max_shift pixels along either axis, zeros coming in."""
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = rng.integers(0, 2 * max_shift + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@random_crop_exercise.reference
def random_crop(images: Array, size: int, rng: np.random.Generator) -> Array:
    """A window of `size` × `size` pixels from each image, every place equally likely."""
    n, h, w = images.shape
    top, left = rng.integers(0, h - size + 1, n), rng.integers(0, w - size + 1, n)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@random_brightness_contrast_exercise.reference
def random_brightness_contrast(
    images: Array, rng: np.random.Generator, brightness: float = 0.2, contrast: float = 0.2
) -> Array:
    """Each image stretched around its own mean and shifted, then clipped to [0, 1]."""
    size = (len(images), 1, 1)
    factor = rng.uniform(1 - contrast, 1 + contrast, size)
    shift = rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(factor * (images - mean) + mean + shift, 0.0, 1.0)


def pictures(rng: np.random.Generator, n: int, h: int, w: int) -> Array:
    """Images whose pixels are all different, and none of them 0."""
    return np.asarray(rng.uniform(0.1, 1.0, (n, h, w)))


def sets(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """(description, images) over sizes, layouts and widths."""
    for n, h, w in ((1, 4, 4), (6, 3, 5), (5, 6, 4), (8, 8, 8)):
        yield f"images of shape ({n}, {h}, {w})", pictures(rng, n, h, w)
    for name, images in inputs.layouts(pictures(rng, 6, 5, 4)):
        yield f"images of shape (6, 5, 4), {name}", images
    yield "float32 images of shape (6, 5, 4)", pictures(rng, 6, 5, 4).astype(np.float32)


def answer(
    trial: Trial, function: str, shape: tuple[int, ...], images: Array, *args: Any, **named: Any
) -> Array:
    """What the function returns, an array of this shape and of a width that fits `images`."""
    got = as_array(
        trial.call(function, images, *args, changes=True, observe=False, **named), f"the result of {function}"
    )
    trial.observe("shape", got.shape)
    trial.require(got.shape == shape, f"{function} returns shape {got.shape}; it should be {shape}.", "shape")
    trial.require(got.dtype.kind == "f", f"{function} returns {got.dtype}; keep floats.", "dtype")
    narrow = images.dtype == np.float64 and got.dtype != np.float64
    trial.require(
        not narrow and got.dtype != np.float16,
        f"{function} returns {got.dtype}; float64 input is answered in float64.",
        "dtype",
    )
    trial.require(bool(np.all(np.isfinite(got))), f"{function} returns NaN or infinite pixels.", "finite")
    return got


def alike(got: Array, want: Array) -> Array:
    """Which images of the two sets are the same, `(n,)`."""
    return np.asarray(np.abs(got.astype(np.float64) - want).max(axis=(1, 2)) < SAME)


def unchanged(trial: Trial, function: str, *args: Any) -> None:
    """The images given are used again afterwards."""
    for case, images in (
        ("images that are used again afterwards", pictures(trial.rng, 40, 6, 5)),
        ("one image that is used again afterwards", pictures(trial.rng, 1, 6, 6)),
    ):
        with trial.case(case):
            for _ in range(3):
                full = [trial.rng_handle() if a is None else a for a in args]
                trial.call(function, images, *full, observe=False)


def not_all_alike(trial: Trial, draws: Array, what: str) -> None:
    """Raise `Mismatch` where every image of a large batch got the same draw."""
    same = bool(np.all(draws == draws[:1]))
    trial.observe(f"one {what} for all", same)
    trial.require(not same, f"Every image of the batch gets the same {what}. Draw one for each image.")


def in_a_row(trial: Trial, draws: Array, what: str) -> None:
    """Raise `Mismatch` where the draw of an image depends on that of the one before it."""
    uncorrelated(
        trial, draws[1:].astype(float), draws[:-1].astype(float), f"the {what}s of neighbouring images"
    )


def flips(trial: Trial, images: Array, *args: Any, **named: Any) -> Array:
    """Which images came back mirrored; `Mismatch` if one is neither itself nor mirrored."""
    got = answer(trial, "random_flip", images.shape, images, *args, **named)
    same, mirrored = alike(got, images), alike(got, images[:, :, ::-1])
    upside, turned = alike(got, images[:, ::-1]), alike(got, images[:, ::-1, ::-1])
    trial.observe("upside down", bool(upside.any()))
    trial.observe("turned", bool(turned.any()))
    trial.observe("neither", bool(np.any(~(same | mirrored))))
    trial.require(
        bool(np.all(same | mirrored)),
        f"{int(np.sum(~(same | mirrored)))} of {len(images)} images are neither unchanged nor mirrored left–right "
        "(along the last axis).",
    )
    return mirrored & ~same


@random_flip_exercise.aspect("mirrored or unchanged", points=2)
def _(trial: Trial) -> None:
    for case, images in sets(trial.rng):
        with trial.case(case):
            flips(trial, images, trial.rng_handle())
    for p in (0.0, 1.0):
        with trial.case(f"p = {p:g}"):
            mirrored = flips(trial, pictures(trial.rng, 30, 4, 5), trial.rng_handle(), p)
            trial.observe(f"p = {p:g}", mirrored)
            trial.require(
                bool(np.all(mirrored == (p == 1.0))),
                "With p = 1 every image is mirrored." if p else "With p = 0 no image is mirrored.",
            )


@random_flip_exercise.aspect("each with probability p", points=2)
def _(trial: Trial) -> None:
    images = pictures(trial.rng, 2000, 2, 3)
    cases: tuple[tuple[str, float, dict[str, float]], ...] = (
        ("2000 images, p left at its default", 0.5, {}),
        ("2000 images, p = 0.2", 0.2, {"p": 0.2}),
        ("2000 images, p = 0.9", 0.9, {"p": 0.9}),
    )
    for case, p, named in cases:
        with trial.case(case):
            mirrored = flips(trial, images, trial.rng_handle(), **named)
            not_all_alike(trial, mirrored, "flip")
            check_share(trial, mirrored, p, "the images mirrored")
            in_a_row(trial, mirrored, "flip")
    with trial.case("64 batches of 6 images with one generator"):
        rng = trial.rng_handle()
        few = pictures(trial.rng, 6, 2, 3)
        with unobserved(trial):
            masks = np.array([flips(trial, few, rng) for _ in range(64)])
        constant = bool(np.ptp(masks.sum(axis=1)) == 0)
        trial.observe("same count, same images", [constant, bool(np.all(masks == masks[:1]))])
        trial.require(
            not constant,
            "Every batch has the same number of mirrored images. Decide for each image on its own.",
        )
        every_place_changes(trial, masks, "decision")


@random_flip_exercise.aspect("fresh draws from rng", points=1, needs=("mirrored or unchanged",))
def _(trial: Trial) -> None:
    images = pictures(trial.rng, 64, 2, 3)
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial, lambda rng: trial.call("random_flip", images, rng, changes=True, observe=False), "flips"
        )


@random_flip_exercise.aspect("argument unchanged", points=1, needs=("mirrored or unchanged",))
def _(trial: Trial) -> None:
    unchanged(trial, "random_flip", None)


def moved(images: Array, dy: int, dx: int) -> Array:
    """Every image moved dy down and dx to the right, zeros coming in."""
    n, h, w = images.shape
    out = np.zeros_like(images)
    out[:, max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = images[
        :, max(-dy, 0) : h + min(-dy, 0), max(-dx, 0) : w + min(-dx, 0)
    ]
    return out


def shifts(trial: Trial, images: Array, max_shift: int, *args: Any, **named: Any) -> Array:
    """By how much each image was moved, `(n, 2)`; `Mismatch` if one is no shift within the bounds."""
    got = answer(trial, "random_shift", images.shape, images, max_shift, *args, **named)
    found = np.full((len(images), 2), 99)
    for dy in range(-max_shift - 1, max_shift + 2):
        for dx in range(-max_shift - 1, max_shift + 2):
            if abs(dy) < images.shape[1] and abs(dx) < images.shape[2]:
                found[alike(got, moved(images, dy, dx))] = dy, dx
    unknown, outside = found[:, 0] == 99, np.abs(found).max(axis=1) > max_shift
    rolled = np.array_equal(np.sort(got, axis=None), np.sort(images, axis=None))
    # Of fewer images it is chance whether any moved, and chance tells no mistake from another.
    trial.observe("zeros came in", bool(np.any(got == 0)) if len(images) >= 5 else None)
    trial.observe("all pixels still there", rolled if len(images) >= 5 else None)
    own = [bool(np.all(np.isin(a.round(6), b.round(6)) | (a == 0))) for a, b in zip(got, images, strict=True)]
    trial.observe("own pixels only", all(own))
    trial.observe("an empty image", bool(np.any(np.all(got == 0, axis=(1, 2)))) if len(images) >= 5 else None)
    trial.observe("not a shift", bool(unknown.any()))
    trial.observe("too far", bool(np.any(outside & ~unknown)))
    trial.observe(
        "any image not moved", bool(np.any(np.all(found == 0, axis=1))) if len(images) > 1000 else None
    )
    trial.require(
        not unknown.any(),
        f"{int(unknown.sum())} of {len(images)} images are not a shifted copy with zeros where nothing came from. "
        "(np.roll brings back on one side what leaves on the other.)",
    )
    trial.require(not outside.any(), f"An image moved by more than max_shift = {max_shift} pixels.")
    return found


def check_every_place(trial: Trial, places: Array, expected: int, what: str) -> None:
    """Raise `Mismatch` unless all `expected` pairs occur, not tied to one another nor to the image before."""
    not_all_alike(trial, places, what)
    seen = len(np.unique(places, axis=0))
    trial.observe(f"{what}s seen", seen)
    for axis in (0, 1):
        trial.observe(f"{what}s seen on axis {axis}", np.unique(places[:, axis]))
        if np.ptp(places[:, axis]) > 0:
            in_a_row(trial, places[:, axis], what)
    trial.require(
        seen == expected,
        f"Over {len(places)} images only {seen} of the {expected} possible {what}s occur. Both axes are drawn on their "
        "own, and both ends of the range belong to it (the upper end of rng.integers does not).",
    )
    uncorrelated(
        trial, places[:, 0].astype(float), places[:, 1].astype(float), f"the {what}s of the two axes"
    )


def small_batches(
    trial: Trial, what: str, draw: Callable[[Array, Handle], Array], make: Callable[..., Array] = pictures
) -> None:
    """Many batches of 1 and of 3 images with one generator: no place of the batch may be left out.

    Of four places or more, 40 calls draw always the same one less often than once in 4^39.
    """
    for n in (1, 3):
        with trial.case(f"40 batches of {n} image{'s' * (n > 1)} with one generator"):
            rng, images = trial.rng_handle(), make(trial.rng, n, 6, 6)
            with unobserved(trial):
                draws = np.array([draw(images, rng) for _ in range(40)])
            every_place_changes(trial, draws, what)


@random_shift_exercise.aspect("shifted copies", points=3)
def _(trial: Trial) -> None:
    for case, images in sets(trial.rng):
        for max_shift in (1, 2):
            with trial.case(f"{case}, max_shift {max_shift}"):
                shifts(trial, images, max_shift, trial.rng_handle())
    with trial.case("max_shift 0, which moves nothing"):
        images = pictures(trial.rng, 5, 4, 3)
        got = answer(trial, "random_shift", images.shape, images, 0, trial.rng_handle())
        trial.observe("max_shift 0", got)
        trial.close(got, images, "the images", source=images)
    with trial.case("every argument given by name"):
        images = pictures(trial.rng, 5, 4, 6)
        got = trial.call("random_shift", images=images, max_shift=0, rng=trial.rng_handle(), changes=True)
        trial.close(got, images, "the images", source=images)


@random_shift_exercise.aspect("every shift, each image on its own", points=2.5)
def _(trial: Trial) -> None:
    for max_shift, h, w in ((1, 3, 2), (2, 3, 4)):
        with trial.case(f"1500 images of {h} × {w} pixels, max_shift {max_shift}"):
            images = pictures(trial.rng, 1500, h, w)
            found = shifts(trial, images, max_shift, trial.rng_handle())
            check_every_place(trial, found, (2 * max_shift + 1) ** 2, "shift")
            for axis, name in ((0, "up and down"), (1, "left and right")):
                mean, spread = float(found[:, axis].mean()), float(found[:, axis].std())
                trial.observe(f"mean shift {name}", mean, 0.5)
                trial.require(
                    abs(mean) <= Z * spread / np.sqrt(len(found)),
                    f"Shifts {name} do not balance: the range is [-max_shift, max_shift], both signs alike.",
                )
    with trial.case("400 images of 6 × 7 pixels, max_shift 4"):
        found = shifts(trial, pictures(trial.rng, 400, 6, 7), 4, trial.rng_handle())
        seen = [len(np.unique(found[:, axis])) for axis in (0, 1)]
        trial.observe("shifts seen by axis", seen)
        trial.require(seen == [9, 9], "Not every shift from -max_shift to max_shift occurs on both axes.")
    small_batches(trial, "shift", lambda images, rng: shifts(trial, images, 2, rng))


@random_shift_exercise.aspect("fresh draws from rng", points=0.75, needs=("shifted copies",))
def _(trial: Trial) -> None:
    images = pictures(trial.rng, 40, 4, 5)
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial,
            lambda rng: trial.call("random_shift", images, 2, rng, changes=True, observe=False),
            "shifts",
        )


@random_shift_exercise.aspect("argument unchanged", points=0.75, needs=("shifted copies",))
def _(trial: Trial) -> None:
    unchanged(trial, "random_shift", 2, None)


def crops(trial: Trial, images: Array, size: int, *args: Any, **named: Any) -> Array:
    """Where each window was, `(n, 2)`; `Mismatch` if one is no window of its own image."""
    n, h, w = images.shape
    got = answer(trial, "random_crop", (n, size, size), images, size, *args, **named)
    found = np.full((n, 2), -1)
    for top in range(h - size + 1):
        for left in range(w - size + 1):
            found[alike(got, images[:, top : top + size, left : left + size])] = top, left
    unknown = found[:, 0] < 0
    trial.observe("not a window", bool(unknown.any()))
    trial.require(
        not unknown.any(),
        f"{int(unknown.sum())} of {n} results are not a window of {size} × {size} pixels cut out of the same image.",
    )
    return found


@random_crop_exercise.aspect("windows", points=2.5)
def _(trial: Trial) -> None:
    for case, images in sets(trial.rng):
        for size in (1, 2, 3):
            with trial.case(f"{case}, size {size}"):
                crops(trial, images, size, trial.rng_handle())
    for h, w, size in ((4, 4, 4), (3, 6, 3), (6, 3, 3)):
        with trial.case(f"images of {h} × {w} pixels, size {size}: no room along an axis"):
            crops(trial, pictures(trial.rng, 4, h, w), size, trial.rng_handle())


@random_crop_exercise.aspect("every place, each image its own", points=2)
def _(trial: Trial) -> None:
    for h, w, size in ((4, 6, 3), (5, 3, 2), (3, 3, 2)):
        with trial.case(f"1200 images of {h} × {w} pixels, size {size}"):
            found = crops(trial, pictures(trial.rng, 1200, h, w), size, trial.rng_handle())
            check_every_place(trial, found, (h - size + 1) * (w - size + 1), "place")
    with trial.case("1200 images of 5 × 3 pixels, size 3, arguments given by name"):
        images = pictures(trial.rng, 1200, 5, 3)
        rng = trial.rng_handle()
        got = as_array(
            trial.call("random_crop", images=images, size=3, rng=rng, changes=True, observe=False), "crops"
        )
        seen = (
            sum(bool(alike(got, images[:, top : top + 3]).any()) for top in range(3))
            if got.shape[1:] == (3, 3)
            else 0
        )
        trial.observe("rows reached", seen)
        trial.require(seen == 3, "Not every place occurs where there is room along one axis only.")
    small_batches(trial, "place", lambda images, rng: crops(trial, images, 3, rng))


@random_crop_exercise.aspect("fresh draws from rng", points=0.75, needs=("windows",))
def _(trial: Trial) -> None:
    images = pictures(trial.rng, 60, 6, 7)
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial, lambda rng: trial.call("random_crop", images, 3, rng, changes=True, observe=False), "crops"
        )


@random_crop_exercise.aspect("argument unchanged", points=0.75, needs=("windows",))
def _(trial: Trial) -> None:
    unchanged(trial, "random_crop", 3, None)


def grey(rng: np.random.Generator, n: int, h: int, w: int) -> Array:
    """Images between 0.33 and 0.59 with means of their own, so that moderate changes clip nothing."""
    means = rng.uniform(0.40, 0.52, (n, 1, 1))
    return np.asarray(means + rng.uniform(-0.07, 0.07, (n, h, w)))


def factors(trial: Trial, images: Array, *args: Any, **named: Any) -> tuple[Array, Array]:
    """Contrast and brightness of each image, `(n,)` each, where nothing is clipped."""
    got = answer(trial, "random_brightness_contrast", images.shape, images, *args, **named).astype(np.float64)
    wide = images.astype(np.float64)
    mean = wide.mean(axis=(1, 2), keepdims=True)
    centred, level = wide - mean, got.mean(axis=(1, 2), keepdims=True)
    c = (centred * (got - level)).sum(axis=(1, 2)) / (centred**2).sum(axis=(1, 2))
    b = (level - mean).ravel()
    slack = 1e-5 if images.dtype == np.float32 else SAME
    off = np.abs(got - (c[:, None, None] * centred + level)).max(axis=(1, 2)) > slack
    trial.observe("not a stretch and a shift", bool(off.any()))
    order = np.argsort(wide.reshape(len(wide), -1), axis=1)
    rises = np.diff(np.take_along_axis(got.reshape(len(got), -1), order, axis=1), axis=1) > -SAME
    trial.observe("darker pixels stay darker", bool(rises.all()))
    trial.require(
        not off.any(),
        f"{int(off.sum())} of {len(images)} images are not contrast·(x - mean) + mean + brightness with one contrast "
        "and one brightness for the whole image.",
    )
    return c, b


def spread_of(trial: Trial, draws: Array, what: str, low: float, high: float) -> None:
    """Uniform within the bounds; its quantiles go into the transcript."""
    width = max(high - low, 1e-3)
    for share in (0.02, 0.25, 0.5, 0.75, 0.98):
        trial.observe(f"{what}, quantile {share}", float(np.quantile(draws, share) - low) / width, 0.1)
    if high > low:
        statistics.check_uniform(trial, draws, what, low, high)
    else:
        flat = bool(np.abs(draws - low).max() < SAME)
        trial.observe(f"{what} fixed", flat)
        trial.require(flat, f"{what} should be exactly {abs(low):g} for every image here.")


BOTH: tuple[tuple[str, float, float, dict[str, float]], ...] = (
    ("the default brightness and contrast", 0.2, 0.2, {}),
    ("brightness 0.1 and contrast 0.5", 0.1, 0.5, {"brightness": 0.1, "contrast": 0.5}),
    ("brightness 0.3 and contrast 0.1", 0.3, 0.1, {"brightness": 0.3, "contrast": 0.1}),
)


@random_brightness_contrast_exercise.aspect("stretch and shift", points=3.5)
def _(trial: Trial) -> None:
    pooled: list[Array] = []
    for case, brightness, contrast, named in BOTH:
        with trial.case(f"3000 images, {case}"):
            images = grey(trial.rng, 3000, 3, 2)
            c, b = factors(trial, images, trial.rng_handle(), **named)
            for draws, what in ((c, "contrast"), (b, "brightness")):
                same = bool(np.ptp(draws) < SAME)
                trial.observe(f"one {what} for all", same)
                trial.require(
                    not same, f"Every image of the batch gets the same {what}. Draw one for each image."
                )
                in_a_row(trial, draws, what)
            uncorrelated(trial, c, b, "contrast and brightness")
            spread_of(trial, c, "contrast", 1 - contrast, 1 + contrast)
            spread_of(trial, b, "brightness", -brightness, brightness)
            pooled.append(np.stack([(c - 1) / contrast, b / brightness]))
    if len(pooled) == len(BOTH):
        for draws, what in zip(np.concatenate(pooled, axis=1), ("contrast", "brightness"), strict=True):
            with trial.case(f"the {draws.size} values of {what} together"):
                spread_evenly(trial, draws, -1.0, 1.0, what)
    small_batches(trial, "contrast or brightness", lambda x, rng: np.stack(factors(trial, x, rng)), grey)
    for n, h, w in ((1, 4, 4), (6, 3, 5), (5, 6, 2)):
        with trial.case(f"images of shape ({n}, {h}, {w})"):
            factors(trial, grey(trial.rng, n, h, w), trial.rng_handle())
    for name, images in inputs.layouts(grey(trial.rng, 6, 5, 4)):
        with trial.case(f"images of shape (6, 5, 4), {name}"):
            factors(trial, images, trial.rng_handle())
    with trial.case("float32 images"):
        factors(trial, grey(trial.rng, 6, 5, 4).astype(np.float32), trial.rng_handle())


def _centre(images: Array, c: Array, b: Array) -> list[float]:
    """The grey that contrast left as it was: its median, and how much it varies between images."""
    stretched = np.abs(c - 1) > 0.05
    if not stretched.any():
        return [0.0, 0.0]
    fixed = images.mean(axis=(1, 2))[stretched] + b[stretched] / (1 - c[stretched])
    return [float(np.median(fixed)), float(np.median(np.abs(fixed - np.median(fixed))))]


@random_brightness_contrast_exercise.aspect("one without the other", points=1.5)
def _(trial: Trial) -> None:
    for case, brightness, contrast in (
        ("contrast only", 0.0, 0.4),
        ("brightness only", 0.25, 0.0),
        ("neither", 0.0, 0.0),
    ):
        with trial.case(f"600 images, {case}"):
            images = grey(trial.rng, 600, 3, 4)
            c, b = factors(trial, images, trial.rng_handle(), brightness, contrast)
            trial.observe("stretched around", _centre(images, c, b), 0.01)
            spread_of(trial, c, "contrast", 1 - contrast, 1 + contrast)
            spread_of(trial, b, "brightness", -brightness, brightness)


@random_brightness_contrast_exercise.aspect("clipped to [0, 1]", points=1.5)
def _(trial: Trial) -> None:
    for case, brightness, contrast in (("dark and bright", 0.4, 0.3), ("much contrast", 0.1, 0.8)):
        with trial.case(f"300 images with pixels from 0 to 1, {case}"):
            images = np.round(trial.rng.uniform(0.0, 1.0, (300, 5, 6)), 2)
            images[:, 0, 0], images[:, 4, 5] = 0.0, 1.0
            got = answer(
                trial,
                "random_brightness_contrast",
                images.shape,
                images,
                trial.rng_handle(),
                brightness,
                contrast,
            )
            outside = bool(got.min() < -SAME or got.max() > 1 + SAME)
            trial.observe("outside [0, 1]", outside)
            trial.require(not outside, "A pixel lies outside [0, 1]: clip the result.")
            _check_clipped(trial, images, got, brightness, contrast)


def _check_clipped(trial: Trial, images: Array, got: Array, brightness: float, contrast: float) -> None:
    """Refit contrast and brightness from the pixels that were not clipped; they must explain all of them."""
    wrong, beyond = 0, 0
    draws: list[tuple[float, float]] = []
    for image, out in zip(images.reshape(len(images), -1), got.reshape(len(got), -1), strict=True):
        free = (out > 1e-3) & (out < 1 - 1e-3)
        if free.sum() < 4 or np.ptp(image[free]) < 0.1:
            continue
        c, d = np.polyfit(image[free], out[free], 1)
        b = d - image.mean() * (1 - c)
        wrong += bool(np.abs(np.clip(c * image + d, 0, 1) - out).max() > 1e-5)
        beyond += bool(abs(b) > brightness + 1e-5 or abs(c - 1) > contrast + 1e-5)
        draws.append((c, b))
    trial.observe("clipped wrongly, out of bounds", [wrong > 0, beyond > 0])
    trial.require(
        wrong == 0,
        f"{wrong} images are not min(max(stretched and shifted, 0), 1). Clip once, at the very end.",
    )
    trial.require(beyond == 0, f"{beyond} images have a contrast or a brightness outside the bounds.")
    for column, bound, what in zip(
        np.array(draws).T, (contrast, brightness), ("contrast", "brightness"), strict=True
    ):
        spread_evenly(
            trial, column - (what == "contrast"), -bound, bound, f"{what}, where pixels were clipped,"
        )


@random_brightness_contrast_exercise.aspect("fresh draws from rng", points=0.75, needs=("stretch and shift",))
def _(trial: Trial) -> None:
    images = grey(trial.rng, 8, 3, 4)
    with trial.case("the rng argument"):
        statistics.check_generator(
            trial,
            lambda rng: trial.call("random_brightness_contrast", images, rng, changes=True, observe=False),
            "images",
        )


@random_brightness_contrast_exercise.aspect("argument unchanged", points=0.75, needs=("stretch and shift",))
def _(trial: Trial) -> None:
    unchanged(trial, "random_brightness_contrast", None)
