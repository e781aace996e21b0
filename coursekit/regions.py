"""Draw what a classifier of points in the plane decides, and where its boundaries lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from coursekit.figures import MARKERS, PALETTE

Array = np.ndarray


def grid(low: float, high: float, points: int = 120) -> Array:
    """Return a square grid of points `(points², 2)` over [low, high]²."""
    line = np.linspace(low, high, points)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def decide(
    ax: Axes, logits: Callable[[Array], Array], X: Array, labels: Array, low: float, high: float
) -> None:
    """Colour the plane by the largest logit, draw the boundaries, and mark the examples of each class differently.

    logits   a function from points `(m, 2)` to logits `(m, k)`
    """
    points = grid(low, high)
    side = int(np.sqrt(len(points)))
    winners = logits(points).argmax(axis=1).reshape(side, side)
    line = np.linspace(low, high, side)
    classes = int(max(labels.max(), winners.max())) + 1
    colors = ListedColormap(list(PALETTE[:classes]))
    ax.imshow(
        winners,
        origin="lower",
        extent=(low, high, low, high),
        cmap=colors,
        vmin=0,
        vmax=max(classes - 1, 1),
        alpha=0.22,
        interpolation="nearest",
        aspect="equal",
    )
    for c in range(classes):
        if (winners == c).any() and (winners != c).any():
            ax.contour(line, line, (winners == c).astype(float), levels=[0.5], colors="black", linewidths=0.8)
        mine = X[labels == c]
        ax.plot(mine[:, 0], mine[:, 1], MARKERS[c], color=PALETTE[c], markersize=4, label=f"class {c}")
    ax.set(xlabel="x₁", ylabel="x₂", xlim=(low, high), ylim=(low, high))
    ax.grid(False)
