"""Wrong and other right ways to resize pictures and to relabel. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.images import relabel_exercise, resize_images_exercise

# --- resize_images -----------------------------------------------------------------------------------------


@resize_images_exercise.misconception(
    "resize_images",
    "Your pictures equal align_corners=True: the corner pixels' centres are laid on each other. Half-pixel centres are align_corners=False.",
)
def corners_aligned(images, size):
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=True)


@resize_images_exercise.misconception(
    "resize_images",
    'Your pictures copy the nearest pixel (interpolate\'s default mode). Ask for mode="bilinear".',
)
def nearest_pixel(images, size):
    return nn.functional.interpolate(images, size=(size, size))


@resize_images_exercise.misconception(
    "resize_images", 'Your pictures are bicubic: they overshoot near edges. Ask for mode="bilinear".'
)
def bicubic(images, size):
    return nn.functional.interpolate(images, size=(size, size), mode="bicubic", align_corners=False)


@resize_images_exercise.misconception(
    "resize_images", "Your pictures are averages over areas (adaptive pooling), not a bilinear interpolation."
)
def area_averages(images, size):
    return nn.functional.adaptive_avg_pool2d(images, size)


@resize_images_exercise.misconception(
    "resize_images", "size is the new side in pixels; you used it as a factor (scale_factor)."
)
def size_as_factor(images, size):
    return nn.functional.interpolate(images, scale_factor=size, mode="bilinear", align_corners=False)


@resize_images_exercise.misconception(
    "resize_images", "You pad with zeros (or cut) instead of resizing: the drawing itself keeps its old size."
)
def padded(images, size):
    out = torch.zeros(len(images), 1, size, size, dtype=images.dtype)
    h, w = min(size, images.shape[2]), min(size, images.shape[3])
    out[:, :, :h, :w] = images[:, :, :h, :w]
    return out


@resize_images_exercise.misconception(
    "resize_images",
    "The channel axis is gone: the result should be (n, 1, size, size), as a convolution expects it.",
)
def channel_lost(images, size):
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)[:, 0]


@resize_images_exercise.misconception(
    "resize_images", "Your pictures come back transposed: rows and columns have changed places."
)
def rows_and_columns_swapped(images, size):
    return nn.functional.interpolate(
        images.transpose(2, 3), size=(size, size), mode="bilinear", align_corners=False
    )


@resize_images_exercise.misconception(
    "resize_images",
    "Your sampling points start at the corner of the picture instead of half a pixel inside: source = (i + ½)·scale - ½.",
)
def origin_at_corner(images, size):
    def axis(n):
        place = torch.arange(size, dtype=images.dtype) * n / size
        low = place.floor().long().clamp(0, n - 1)
        high = (low + 1).clamp(max=n - 1)
        part = (place - low).clamp(0, 1)
        M = torch.zeros(size, n, dtype=images.dtype)
        M[torch.arange(size), low] += 1 - part
        M[torch.arange(size), high] += part
        return M

    return axis(images.shape[2]) @ images @ axis(images.shape[3]).T


@resize_images_exercise.misconception(
    "resize_images",
    "Beyond the outermost pixel centres you mix in zeros, so borders go dark. Repeat the border pixel.",
)
def dark_borders(images, size):
    grid = nn.functional.affine_grid(
        torch.eye(2, 3, dtype=images.dtype).expand(len(images), 2, 3),
        (len(images), 1, size, size),
        align_corners=False,
    )
    return nn.functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


@resize_images_exercise.misconception(
    "resize_images", "You clip the pixels to [0, 1]. Resizing leaves values outside that range as they are."
)
def clipped(images, size):
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False).clamp(
        0, 1
    )


@resize_images_exercise.variant("resize_images")
def size_as_a_number(images, size):
    return nn.functional.interpolate(images, size, mode="bilinear")


@resize_images_exercise.variant("resize_images")
def upsample_module(images, size):
    return nn.Upsample(size=(size, size), mode="bilinear", align_corners=False)(images)


@resize_images_exercise.variant("resize_images")
def antialiased(images, size):
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)


@resize_images_exercise.variant("resize_images")
def sampled_on_a_grid(images, size):
    theta = torch.eye(2, 3, dtype=images.dtype).repeat(len(images), 1, 1)
    grid = nn.functional.affine_grid(theta, [len(images), 1, size, size], align_corners=False)
    return nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


@resize_images_exercise.variant("resize_images")
def two_matrices(images, size):
    def axis(n):
        place = ((torch.arange(size, dtype=torch.float64) + 0.5) * n / size - 0.5).clamp(0, n - 1)
        return (1 - (place[:, None] - torch.arange(n)).abs()).clamp(min=0).to(images.dtype)

    return torch.einsum("ih,nchw,jw->ncij", axis(images.shape[2]), images, axis(images.shape[3]))


@resize_images_exercise.variant("resize_images")
def pixel_by_pixel(images, size):
    pixels = images.detach().numpy().astype(np.float64)
    n, _, h, w = pixels.shape
    out = np.zeros((n, 1, size, size))
    for i in range(size):
        for j in range(size):
            y = min(max((i + 0.5) * h / size - 0.5, 0), h - 1)
            x = min(max((j + 0.5) * w / size - 0.5, 0), w - 1)
            t, u = int(y), int(x)
            b, r = min(t + 1, h - 1), min(u + 1, w - 1)
            dy, dx = y - t, x - u
            top = (1 - dx) * pixels[:, 0, t, u] + dx * pixels[:, 0, t, r]
            bottom = (1 - dx) * pixels[:, 0, b, u] + dx * pixels[:, 0, b, r]
            out[:, 0, i, j] = (1 - dy) * top + dy * bottom
    return torch.from_numpy(out).to(images.dtype)


# --- relabel -----------------------------------------------------------------------------------------------


@relabel_exercise.misconception(
    "relabel",
    "You subtract the smallest class. That is right only for neighbouring classes in rising order; look each label up in `classes`.",
)
def shifted_by_the_smallest(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    return labels - min(classes)


@relabel_exercise.misconception(
    "relabel", "You number the classes in rising order. The order of `classes` decides: its first entry is 0."
)
def order_of_size(labels, classes):
    ranks = {value: i for i, value in enumerate(sorted(classes))}
    if any(int(v) not in ranks for v in labels):
        raise ValueError("unknown label")
    return torch.tensor([ranks[int(v)] for v in labels])


@relabel_exercise.misconception(
    "relabel", "You number the labels that occur. A class without an example here still has its own number."
)
def numbered_as_they_occur(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    present = [c for c in classes if c in {int(v) for v in labels}]
    return torch.tensor([present.index(int(v)) for v in labels])


@relabel_exercise.misconception(
    "relabel", "The labels come back as they were. They should become positions 0 … k - 1."
)
def not_shifted(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    return labels


@relabel_exercise.misconception("relabel", "Your numbers run from 1 to k. Classes count from 0.")
def from_one(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    return torch.tensor([list(classes).index(int(v)) + 1 for v in labels])


@relabel_exercise.misconception(
    "relabel", "A label that is not in `classes` becomes -1 and nobody hears of it. Raise a ValueError."
)
def unknown_becomes_minus_one(labels, classes):
    places = {c: i for i, c in enumerate(classes)}
    return torch.tensor([places.get(int(v), -1) for v in labels])


@relabel_exercise.misconception(
    "relabel",
    "A label that is not in `classes` raises a KeyError from your dict. The contract says ValueError: check first.",
)
def key_error(labels, classes):
    places = {c: i for i, c in enumerate(classes)}
    return torch.tensor([places[int(v)] for v in labels])


@relabel_exercise.misconception(
    "relabel",
    "Labels that are not in `classes` are dropped, so labels and pictures no longer belong together. Raise a ValueError.",
)
def unknown_dropped(labels, classes):
    places = {c: i for i, c in enumerate(classes)}
    return torch.tensor([places[int(v)] for v in labels if int(v) in places], dtype=torch.int64)


@relabel_exercise.misconception(
    "relabel",
    "A label that is not in `classes` quietly becomes class 0. Raise a ValueError.",
)
def unknown_becomes_zero(labels, classes):
    out = torch.zeros(len(labels), dtype=torch.int64)
    for i, c in enumerate(classes):
        out[labels == c] = i
    return out


@relabel_exercise.misconception(
    "relabel", "You return one-hot rows. Labels are integers, one per example, of shape (n,)."
)
def one_hot(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    places = torch.tensor([list(classes).index(int(v)) for v in labels])
    return nn.functional.one_hot(places, len(classes))


@relabel_exercise.misconception(
    "relabel",
    "You write the new numbers into the caller's labels. Work on a copy: the old ones are still needed.",
)
def written_into_the_argument(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    old = labels.clone()
    for i, c in enumerate(classes):
        labels[old == c] = i
    return labels


@relabel_exercise.misconception(
    "relabel",
    "You replace the classes one after another in one tensor, so a label that was renumbered already is renumbered again. Compare with the old labels.",
)
def renumbered_twice(labels, classes):
    if any(int(v) not in classes for v in labels):
        raise ValueError("unknown label")
    out = labels.clone()
    for i, c in enumerate(classes):
        out[out == c] = i
    return out


@relabel_exercise.variant("relabel")
def by_list_index(labels, classes):
    return torch.tensor([list(classes).index(int(v)) for v in labels])


@relabel_exercise.variant("relabel")
def by_comparison(labels, classes):
    hits = labels[:, None] == torch.as_tensor(list(classes))[None, :]
    if not bool(hits.any(dim=1).all()):
        raise ValueError("there are labels outside of classes")
    return hits.int().argmax(dim=1)


@relabel_exercise.variant("relabel")
def by_masks(labels, classes):
    out = torch.full_like(labels, -1)
    for i, c in enumerate(classes):
        out[labels == c] = i
    if (out < 0).any():
        raise ValueError("unknown")
    return out


@relabel_exercise.variant("relabel")
def in_numpy(labels, classes):
    labels = np.asarray(labels)
    if not np.isin(labels, classes).all():
        raise ValueError("unknown label")
    order = np.argsort(classes)
    return order[np.searchsorted(np.asarray(classes)[order], labels)]


@relabel_exercise.variant("relabel")
def numpy_only(labels, classes):
    places = {value: i for i, value in enumerate(classes)}
    out = np.empty(labels.shape, dtype=labels.astype(int).dtype)
    for i, value in enumerate(labels):
        if value not in places:
            raise ValueError(f"{value} is no class")
        out[i] = places[value]
    return out
