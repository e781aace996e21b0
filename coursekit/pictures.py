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
    return np.stack([np.clip(ndimage.rotate(image, angle, reshape=False, order=1), 0.0, 1.0)
                     for image, angle in zip(images, angles, strict=True)])


def picture_grid(rows: Sequence[tuple[str, Array]], title: str, width: float = 9.0,
                 marks: Sequence[str] | None = None) -> Figure:
    """Return a figure with one row of pictures per (label, images `(n, h, w)`); `marks` title the columns."""
    columns = max(len(images) for _, images in rows)
    figure, axes = fig.new(len(rows), columns, width=width, height=0.4 + width / columns * 0.62 * len(rows))
    for r, (label, images) in enumerate(rows):
        for c in range(columns):
            ax = axes[r, c]
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            for side in ax.spines.values():
                side.set_visible(False)
            if c < len(images):
                ax.imshow(images[c], cmap="gray_r", vmin=0, vmax=1)
            if r == 0 and marks is not None:
                ax.set_title(marks[c], fontsize=8)
        axes[r, 0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure
