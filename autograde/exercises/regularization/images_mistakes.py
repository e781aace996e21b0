"""Wrong and other right ways to write the four image augmentations."""

from __future__ import annotations

import numpy as np
import torch

from autograde.exercises.regularization.images import (
    random_brightness_contrast_exercise,
    random_crop_exercise,
    random_flip_exercise,
    random_shift_exercise,
)

flip_wrong, flip_right = random_flip_exercise.misconception, random_flip_exercise.variant
shift_wrong, shift_right = random_shift_exercise.misconception, random_shift_exercise.variant
crop_wrong, crop_right = random_crop_exercise.misconception, random_crop_exercise.variant
light_wrong = random_brightness_contrast_exercise.misconception
light_right = random_brightness_contrast_exercise.variant

GLOBAL = "You draw from np.random, the global generator. Draw from the `rng` argument."
FROZEN = "You seed a generator of your own, so the draws never change. Draw from the `rng` argument."


@flip_wrong("random_flip", "You flip upside down (axis 1). Left–right is the last axis: images[:, :, ::-1].")
def flip_upside_down(images, rng, p=0.5):
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None], images[:, ::-1], images)


@flip_wrong(
    "random_flip", "One draw decides for the whole batch. Draw one number for each image: rng.random(n)."
)
def flip_all_or_none(images, rng, p=0.5):
    return images[:, :, ::-1].copy() if rng.random() < p else images.copy()


@flip_wrong(
    "random_flip", "You flip with probability 1 - p: p is the probability that an image *is* mirrored."
)
def flip_rate_swapped(images, rng, p=0.5):
    flip = rng.random(len(images)) >= p
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


@flip_wrong("random_flip", "p is ignored: half of the images are mirrored whatever it says.")
def flip_rate_ignored(images, rng, p=0.5):
    flip = rng.random(len(images)) < 0.5
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


@flip_wrong("random_flip", "You turn images by 180° (both axes reversed). Reverse the last axis only.")
def flip_both_axes(images, rng, p=0.5):
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None], images[:, ::-1, ::-1], images)


@flip_wrong("random_flip", "Every image is mirrored. Draw for each whether it is.")
def flip_always(images, rng, p=0.5):
    rng.random(len(images))
    return images[:, :, ::-1].copy()


@flip_wrong(
    "random_flip",
    "images[::-1] reverses the order of the images, not the pixels of each. Left–right is the last axis.",
)
def flip_order_of_images(images, rng, p=0.5):
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None], images[::-1], images)


@flip_wrong(
    "random_flip",
    "Each row of pixels is mirrored on its own, which tears an image apart. One draw per image.",
)
def flip_row_by_row(images, rng, p=0.5):
    flip = rng.random(images.shape[:2]) < p
    return np.where(flip[:, :, None], images[:, :, ::-1], images)


@flip_wrong(
    "random_flip",
    "images[flip] = … writes into the caller's array. Make a copy first, or use np.where.",
)
def flip_in_place(images, rng, p=0.5):
    flip = rng.random(len(images)) < p
    images[flip] = images[flip][:, :, ::-1].copy()
    return images


@flip_wrong("random_flip", GLOBAL)
def flip_global_generator(images, rng, p=0.5):
    flip = np.random.random(len(images)) < p
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


@flip_wrong("random_flip", FROZEN)
def flip_frozen(images, rng, p=0.5):
    flip = np.random.default_rng(0).random(len(images)) < p
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


@flip_wrong(
    "random_flip",
    "You mirror a fixed number of images, round(p·n). Decide for each image on its own, so that the number varies.",
)
def flip_fixed_number(images, rng, p=0.5):
    out = images.copy()
    chosen = rng.permutation(len(images))[: round(p * len(images))]
    out[chosen] = images[chosen][:, :, ::-1]
    return out


@flip_right("random_flip")
def flip_by_index(images, rng, p=0.5):
    out = images.copy()
    flip = rng.random(len(images)) <= p
    out[flip] = out[flip][:, :, ::-1]
    return out


@flip_right("random_flip")
def flip_by_list(images, rng, p=0.5):
    return np.array([np.fliplr(image) if rng.uniform() < p else image for image in images])


@flip_right("random_flip")
def flip_by_binomial(images, rng, p=0.5, axis=-1):
    chosen = rng.binomial(1, p, size=(images.shape[0], 1, 1))
    return chosen * np.flip(images, axis=axis) + (1 - chosen) * images


@flip_right("random_flip")
def flip_by_torch(images, rng, p=0.5):
    batch = torch.tensor(np.ascontiguousarray(images))
    chosen = torch.tensor(rng.choice([True, False], size=len(images), p=[p, 1 - p]))
    return torch.where(chosen[:, None, None], batch.flip(-1), batch).numpy()


@shift_wrong(
    "random_shift",
    "np.roll brings back on one side what leaves on the other. Zeros come in: cut a window out of a padded image.",
)
def shift_rolls_round(images, max_shift, rng):
    moves = rng.integers(-max_shift, max_shift + 1, size=(len(images), 2))
    return np.stack(
        [np.roll(image, (y, x), axis=(0, 1)) for image, (y, x) in zip(images, moves, strict=True)]
    )


@shift_wrong(
    "random_shift",
    "A shift of +max_shift never occurs: the upper end of rng.integers is excluded. Write max_shift + 1.",
)
def shift_upper_end_lost(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = rng.integers(0, max(2 * max_shift, 1), size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong("random_shift", "All images of a batch move alike. Draw a shift for each: size=(n, 2).")
def shift_one_for_the_batch(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    y, x = rng.integers(0, 2 * max_shift + 1, size=2)
    return padded[:, y : y + h, x : x + w].copy()


@shift_wrong("random_shift", "Both axes move by the same number. Draw one for each axis: size=(n, 2).")
def shift_axes_tied(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = rng.integers(0, 2 * max_shift + 1, size=n)
    return np.stack([padded[i, c : c + h, c : c + w] for i, c in enumerate(corners)])


@shift_wrong("random_shift", "Images move left and right only. Draw a shift for the rows too.")
def shift_sideways_only(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (max_shift, max_shift)))
    lefts = rng.integers(0, 2 * max_shift + 1, size=n)
    return np.stack([padded[i, :, x : x + w] for i, x in enumerate(lefts)])


@shift_wrong("random_shift", "Images move in one direction only. The range is -max_shift to +max_shift.")
def shift_one_way(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, 0), (max_shift, 0)))
    corners = rng.integers(0, max_shift + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong(
    "random_shift",
    "The border pixels are repeated where the image has left (mode='edge'). Zeros come in there.",
)
def shift_repeats_the_edge(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)), mode="edge")
    corners = rng.integers(0, 2 * max_shift + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong(
    "random_shift",
    "Every image moves by the full max_shift, this way or that. Smaller shifts belong to it too.",
)
def shift_full_only(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = 2 * max_shift * rng.integers(0, 2, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong("random_shift", GLOBAL)
def shift_global_generator(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = np.random.randint(0, 2 * max_shift + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong("random_shift", FROZEN)
def shift_frozen(images, max_shift, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = np.random.default_rng(0).integers(0, 2 * max_shift + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_wrong(
    "random_shift",
    "You write zeros into the caller's images. Build a new array of zeros and copy the window that stays.",
)
def shift_in_place(images, max_shift, rng):
    n, h, w = images.shape
    moves = rng.integers(-max_shift, max_shift + 1, size=(n, 2))
    for i, (y, x) in enumerate(moves):
        images[i] = np.roll(images[i], (y, x), axis=(0, 1))
        images[i, : max(y, 0)] = 0
        images[i, h + min(y, 0) :] = 0
        images[i, :, : max(x, 0)] = 0
        images[i, :, w + min(x, 0) :] = 0
    return images


@shift_wrong(
    "random_shift",
    "Turning uniform numbers into whole ones cuts them off towards 0, so ±max_shift never occurs. "
    "Draw whole numbers: rng.integers(-max_shift, max_shift + 1, …).",
)
def shift_cut_off(images, max_shift, rng):
    n, h, w = images.shape
    moves = rng.uniform(-max_shift, max_shift, size=(n, 2)).astype(int)
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    return np.stack(
        [
            padded[i, max_shift - y : max_shift - y + h, max_shift - x : max_shift - x + w]
            for i, (y, x) in enumerate(moves)
        ]
    )


@shift_wrong(
    "random_shift",
    "A slice that ends at -0 is empty: image[:-dx] for dx = 0 loses the whole image. End at w - dx instead.",
)
def shift_empty_at_zero(images, max_shift, rng):
    n, h, w = images.shape
    out = np.zeros_like(images)
    for i, (y, x) in enumerate(rng.integers(-max_shift, max_shift + 1, size=(n, 2))):
        rows = (slice(y, None), slice(None, -y)) if y >= 0 else (slice(None, y), slice(-y, None))
        columns = (slice(x, None), slice(None, -x)) if x >= 0 else (slice(None, x), slice(-x, None))
        piece = images[i][rows[1], columns[1]]
        if piece.size:
            out[i][rows[0], columns[0]] = piece
    return out


@shift_wrong(
    "random_shift",
    "Images move by fractions of a pixel, which mixes neighbours. Shifts are whole numbers: rng.integers.",
)
def shift_by_fractions(images, max_shift, rng):
    from scipy import ndimage

    moves = rng.uniform(-max_shift, max_shift, size=(len(images), 2))
    return np.stack([ndimage.shift(image, move, order=1) for image, move in zip(images, moves, strict=True)])


@shift_wrong(
    "random_shift",
    "np.roll brings pixels back in, and you blank them only after a shift down or to the right. After a shift up "
    "they come back at the bottom, after one to the left at the right-hand side.",
)
def shift_blanked_on_one_side(images, max_shift, rng):
    out = images.copy()
    for image, (y, x) in zip(
        out, rng.integers(-max_shift, max_shift + 1, size=(len(images), 2)), strict=True
    ):
        image[...] = np.roll(image, (y, x), axis=(0, 1))
        image[: max(y, 0)] = 0
        image[:, : max(x, 0)] = 0
    return out


@shift_wrong("random_shift", "Shifts go one pixel too far: the range ends at max_shift.")
def shift_too_far(images, max_shift, rng):
    n, h, w = images.shape
    m = max_shift + 1
    padded = np.pad(images, ((0, 0), (m, m), (m, m)))
    corners = rng.integers(0, 2 * m + 1, size=(n, 2))
    return np.stack([padded[i, y : y + h, x : x + w] for i, (y, x) in enumerate(corners)])


@shift_right("random_shift")
def shift_by_slices(images, max_shift, rng):
    n, h, w = images.shape
    out = np.zeros_like(images)
    for i in range(n):
        dy = int(rng.integers(-max_shift, max_shift + 1))
        dx = int(rng.integers(-max_shift, max_shift + 1))
        rows, columns = slice(max(0, dy), min(h, h + dy)), slice(max(0, dx), min(w, w + dx))
        source_rows, source_columns = slice(max(0, -dy), min(h, h - dy)), slice(max(0, -dx), min(w, w - dx))
        out[i, rows, columns] = images[i, source_rows, source_columns]
    return out


@shift_right("random_shift")
def shift_by_indices(images, max_shift, rng):
    n, h, w = images.shape
    dy = rng.integers(-max_shift, max_shift, size=n, endpoint=True)
    dx = rng.integers(-max_shift, max_shift, size=n, endpoint=True)
    rows = np.arange(h)[None, :] - dy[:, None]
    columns = np.arange(w)[None, :] - dx[:, None]
    inside = ((rows >= 0) & (rows < h))[:, :, None] & ((columns >= 0) & (columns < w))[:, None, :]
    moved = images[
        np.arange(n)[:, None, None], rows.clip(0, h - 1)[:, :, None], columns.clip(0, w - 1)[:, None, :]
    ]
    return moved * inside


@shift_right("random_shift")
def shift_by_roll_and_zeros(images, max_shift, rng, fill=0.0):
    out = []
    for image in images:
        y, x = rng.choice(np.arange(-max_shift, max_shift + 1), size=2)
        image = np.roll(np.roll(image, y, axis=0), x, axis=1)
        if y > 0:
            image[:y] = fill
        elif y < 0:
            image[y:] = fill
        if x > 0:
            image[:, :x] = fill
        elif x < 0:
            image[:, x:] = fill
        out.append(image)
    return np.array(out)


@shift_right("random_shift")
def shift_by_rounding(images, max_shift, rng):
    from scipy import ndimage

    moves = np.floor(rng.random((len(images), 2)) * (2 * max_shift + 1)).astype(int) - max_shift
    moved = [ndimage.shift(image, tuple(move), order=0) for image, move in zip(images, moves, strict=True)]
    return np.stack(moved)


@crop_wrong(
    "random_crop",
    "The last place never occurs: there are h - size + 1 of them, and the upper end of rng.integers is excluded.",
)
def crop_last_place_lost(images, size, rng):
    n, h, w = images.shape
    top, left = rng.integers(0, max(h - size, 1), n), rng.integers(0, max(w - size, 1), n)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@crop_wrong("random_crop", "All images of a batch are cut at one place. Draw a place for each.")
def crop_one_for_the_batch(images, size, rng):
    n, h, w = images.shape
    top, left = rng.integers(0, h - size + 1), rng.integers(0, w - size + 1)
    return images[:, top : top + size, left : left + size].copy()


@crop_wrong("random_crop", "You always cut out the middle. The place is random, another one for each image.")
def crop_middle(images, size, rng):
    n, h, w = images.shape
    top, left = (h - size) // 2, (w - size) // 2
    rng.random(n)
    return images[:, top : top + size, left : left + size].copy()


@crop_wrong("random_crop", "Row and column share one draw, so the places lie on a diagonal. Draw both.")
def crop_axes_tied(images, size, rng):
    n, h, w = images.shape
    corner = rng.integers(0, min(h, w) - size + 1, n)
    return np.stack([images[i, c : c + size, c : c + size] for i, c in enumerate(corner)])


@crop_wrong(
    "random_crop",
    "Height and width are mixed up: rows go up to h - size, columns up to w - size. Try images that are not square.",
)
def crop_sides_swapped(images, size, rng):
    n, h, w = images.shape
    top, left = rng.integers(0, w - size + 1, n), rng.integers(0, h - size + 1, n)
    out = np.zeros((n, size, size), dtype=images.dtype)
    for i in range(n):
        window = images[i, top[i] : top[i] + size, left[i] : left[i] + size]
        out[i, : window.shape[0], : window.shape[1]] = window
    return out


@crop_wrong("random_crop", "Both places are drawn from the height. Columns go up to w - size.")
def crop_height_for_both(images, size, rng):
    n, h, w = images.shape
    top = rng.integers(0, h - size + 1, n)
    left = np.minimum(rng.integers(0, h - size + 1, n), w - size)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@crop_wrong(
    "random_crop", "The windows are one pixel larger than `size`. A slice top : top + size holds size pixels."
)
def crop_one_too_large(images, size, rng):
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (0, 1), (0, 1)))
    top, left = rng.integers(0, h - size + 1, n), rng.integers(0, w - size + 1, n)
    return np.stack([padded[i, top[i] : top[i] + size + 1, left[i] : left[i] + size + 1] for i in range(n)])


@crop_wrong(
    "random_crop", "You shrink the images by leaving out pixels. A crop is a window of neighbouring pixels."
)
def crop_subsamples(images, size, rng):
    n, h, w = images.shape
    rows = np.sort(np.argsort(rng.random((n, h)), axis=1)[:, :size], axis=1)
    columns = np.sort(np.argsort(rng.random((n, w)), axis=1)[:, :size], axis=1)
    return images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


@crop_wrong(
    "random_crop", "Each window is cut out of some image, not of its own: label and picture part company."
)
def crop_images_shuffled(images, size, rng):
    n, h, w = images.shape
    order = np.roll(np.arange(n), 1)
    top, left = rng.integers(0, h - size + 1, n), rng.integers(0, w - size + 1, n)
    return np.stack([images[order[i], top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@crop_wrong("random_crop", GLOBAL)
def crop_global_generator(images, size, rng):
    n, h, w = images.shape
    top, left = np.random.randint(0, h - size + 1, n), np.random.randint(0, w - size + 1, n)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@crop_wrong("random_crop", FROZEN)
def crop_frozen(images, size, rng):
    n, h, w = images.shape
    own = np.random.default_rng(0)
    top, left = own.integers(0, h - size + 1, n), own.integers(0, w - size + 1, n)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])


@crop_right("random_crop")
def crop_by_loop(images, size, rng):
    out = np.empty((len(images), size, size), dtype=images.dtype)
    for i, image in enumerate(images):
        y = rng.integers(0, image.shape[0] - size, endpoint=True)
        x = rng.integers(0, image.shape[1] - size, endpoint=True)
        out[i] = image[y : y + size, x : x + size]
    return out


@crop_right("random_crop")
def crop_by_windows(images, size, rng):
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    n, rows, columns = windows.shape[:3]
    place = rng.integers(rows * columns, size=n)
    return windows[np.arange(n), place // columns, place % columns]


@crop_right("random_crop")
def crop_by_indices(images, size, rng, pad=0):
    n, h, w = images.shape
    y = (rng.random(n) * (h - size + 1)).astype(int)
    x = (rng.random(n) * (w - size + 1)).astype(int)
    rows, columns = y[:, None] + np.arange(size), x[:, None] + np.arange(size)
    return images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


@crop_right("random_crop")
def crop_by_list(images, size, rng):
    def one(image):
        y, x = (int(rng.choice(side - size + 1)) for side in image.shape)
        return image[y : y + size, x : x + size]

    return np.array(list(map(one, images)))


@light_wrong(
    "random_brightness_contrast",
    "Nothing is clipped. Pixels live in [0, 1]: np.clip(…, 0, 1) at the end.",
)
def light_not_clipped(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return c * (images - mean) + mean + b


@light_wrong(
    "random_brightness_contrast",
    "The whole batch shares one contrast and one brightness. Draw size=(n, 1, 1).",
)
def light_one_for_the_batch(images, rng, brightness=0.2, contrast=0.2):
    c, b = rng.uniform(1 - contrast, 1 + contrast), rng.uniform(-brightness, brightness)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "You stretch around the mean of the whole batch. Each image has its own: mean(axis=(1, 2), keepdims=True).",
)
def light_mean_of_the_batch(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    return np.clip(c * (images - images.mean()) + images.mean() + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "You multiply the pixels themselves, which changes the brightness too. Stretch around the mean of the image.",
)
def light_around_zero(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    return np.clip(c * images + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "You stretch around 0.5. The contract stretches around the mean of each image.",
)
def light_around_a_half(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    return np.clip(c * (images - 0.5) + 0.5 + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "The mean is not added back, so every image gets dark: contrast·(x - mean) + mean + brightness.",
)
def light_mean_not_added_back(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "Every pixel gets a brightness of its own, which is noise. One number for each image: size=(n, 1, 1).",
)
def light_pixel_by_pixel(images, rng, brightness=0.2, contrast=0.2):
    c = rng.uniform(1 - contrast, 1 + contrast, (len(images), 1, 1))
    b = rng.uniform(-brightness, brightness, images.shape)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "Brightness and contrast have changed places: the factor comes from `contrast`, the shift from `brightness`.",
)
def light_ranges_swapped(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - brightness, 1 + brightness, size), rng.uniform(-contrast, contrast, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "Contrast and brightness only ever grow: the ranges are [1 - c, 1 + c] and [-b, b].",
)
def light_only_upwards(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1, 1 + contrast, size), rng.uniform(0, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "The shift is multiplied by the contrast as well. Stretch first, then add the brightness.",
)
def light_shift_stretched(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean + b) + mean, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "Contrast and brightness are normal draws that leave their ranges. They are uniform in [1 - c, 1 + c] and [-b, b].",
)
def light_normal_draws(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.normal(1, contrast, size), rng.normal(0, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "The defaults are always used. Take brightness and contrast from the arguments.",
)
def light_arguments_ignored(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(0.8, 1.2, size), rng.uniform(-0.2, 0.2, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "You clip after the contrast and add the brightness afterwards. Clip once, at the very end.",
)
def light_clipped_too_early(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(np.clip(c * (images - mean) + mean, 0, 1) + b, 0, 1)


@light_wrong(
    "random_brightness_contrast",
    "images -= … changes the caller's pixels. Write an expression that makes a new array.",
)
def light_in_place(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast, 1 + contrast, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    images -= mean
    return np.clip(c * images + mean + b, 0, 1)


@light_wrong("random_brightness_contrast", GLOBAL)
def light_global_generator(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = (
        np.random.uniform(1 - contrast, 1 + contrast, size),
        np.random.uniform(-brightness, brightness, size),
    )
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


@light_right("random_brightness_contrast")
def light_by_loop(images, rng, brightness=0.2, contrast=0.2):
    out = images.copy()
    for i in range(len(images)):
        c = 1 + contrast * (2 * rng.random() - 1)
        b = brightness * (2 * rng.random() - 1)
        out[i] = np.clip(c * (images[i] - images[i].mean()) + images[i].mean() + b, 0.0, 1.0)
    return out


@light_right("random_brightness_contrast")
def light_rearranged(images, rng, brightness=0.2, contrast=0.2):
    n, h, w = images.shape
    c, b = rng.uniform(-1, 1, n) * contrast + 1, rng.uniform(-1, 1, n) * brightness
    mean = images.reshape(n, -1).mean(axis=1)
    flat = c[:, None] * images.reshape(n, -1) + ((1 - c) * mean + b)[:, None]
    return np.minimum(np.maximum(flat, 0), 1).reshape(n, h, w)


@light_right("random_brightness_contrast")
def light_by_einsum(images, rng, brightness=0.2, contrast=0.2, low=0.0, high=1.0):
    mean = np.einsum("ijk->i", images) / images[0].size
    b = rng.uniform(-brightness, brightness, len(images))
    c = rng.uniform(1 - contrast, 1 + contrast, len(images))
    out = np.einsum("i,ijk->ijk", c, images - mean[:, None, None]) + (mean + b)[:, None, None]
    out[out < low] = low
    out[out > high] = high
    return out


@light_right("random_brightness_contrast")
def light_by_list(images, rng, brightness=0.2, contrast=0.2):
    def one(image):
        c, b = rng.uniform(1 - contrast, 1 + contrast), rng.uniform(-brightness, brightness)
        return np.clip(c * (image - np.mean(image)) + np.mean(image) + b, 0, 1)

    return np.array([one(image) for image in images])
