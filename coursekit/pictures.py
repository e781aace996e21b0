"""Digits as pictures: grids of them, and turning them by an angle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from coursekit import figures as fig

Array = np.ndarray


def turned(images: Array, degrees: Array | float) -> Array:
    """Return images `(n, h, w)`, each turned left by its own angle (or all by one), zeros coming in.

    Every pixel asks where it comes from and mixes the four pixels around that place.
    """
    n, h, w = images.shape
    angle = np.radians(np.broadcast_to(np.asarray(degrees, dtype=float), (n,)))[:, None, None]
    down, right = np.mgrid[:h, :w] - np.array([(h - 1) / 2, (w - 1) / 2])[:, None, None]
    row = np.cos(angle) * down + np.sin(angle) * right + (h - 1) / 2  # (n, h, w), and so is column
    column = np.cos(angle) * right - np.sin(angle) * down + (w - 1) / 2
    inside = (row >= 0) & (row <= h - 1) & (column >= 0) & (column <= w - 1)
    top, left = (np.clip(np.floor(x), 0, size - 2).astype(int) for x, size in ((row, h), (column, w)))
    down, right, i = row - top, column - left, np.arange(n)[:, None, None]
    upper = (1 - right) * images[i, top, left] + right * images[i, top, left + 1]
    lower = (1 - right) * images[i, top + 1, left] + right * images[i, top + 1, left + 1]
    return np.where(inside, np.clip((1 - down) * upper + down * lower, 0.0, 1.0), 0.0)


def picture_grid(
    rows: Sequence[tuple[str, Array]], title: str, width: float = 9.0, marks: Sequence[str] | None = None
) -> Figure:
    """Return a figure with one row of pictures per (label, images `(n, h, w)`); `marks` title the columns."""
    columns = max(len(images) for _, images in rows)
    figure, axes = fig.new(len(rows), 1, width=width, height=0.5 + width / columns * 0.8 * len(rows))
    for r, (label, images) in enumerate(rows):
        ax = axes[r, 0]
        strip = np.concatenate(
            [np.pad(image, ((0, 0), (1, 1))) for image in images], axis=1
        )  # one picture a row is quick
        ax.imshow(strip, cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        for side in ax.spines.values():
            side.set_visible(False)
        ax.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
        if r == 0 and marks is not None:
            step = strip.shape[1] / len(images)
            for c, mark in enumerate(marks):
                ax.text((c + 0.5) * step - 0.5, -0.8, mark, ha="center", va="bottom", fontsize=8)
    figure.suptitle(title, fontsize=11)
    return figure
