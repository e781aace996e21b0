"""Digits as pictures: grids of them, and turning them by an angle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from coursekit import figures as fig

Array = np.ndarray


def turned(images: Array, degrees: Array | float) -> Array:
    """Return images `(n, h, w)`, each turned by its own angle (or all by one), zeros coming in."""
    angles = np.broadcast_to(np.asarray(degrees, dtype=float), (len(images),))
    return np.stack(
        [
            np.clip(ndimage.rotate(image, angle, reshape=False, order=1), 0.0, 1.0)
            for image, angle in zip(images, angles, strict=True)
        ]
    )


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
