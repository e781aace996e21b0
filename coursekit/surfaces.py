"""Surfaces over a plane to walk down on: each has a height, a gradient, a start and a goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from coursekit import figures as fig

Array = np.ndarray


@dataclass(frozen=True)
class Surface:
    """A function of two parameters.

    height   (x, y) -> J, for arrays of any shape
    gradient (x, y) -> (dJ/dx, dJ/dy)
    start    where walks begin, `(2,)`
    target   a walk has arrived when the height is at most this
    span     (x from, x to, y from, y to) for pictures
    """

    name: str
    height: Callable
    gradient: Callable
    start: tuple[float, float]
    target: float
    span: tuple[float, float, float, float]

    def grad(self, theta: Array) -> Array:
        """Return the gradient `(2,)` at theta `(2,)`."""
        return np.array(self.gradient(*theta), dtype=np.float64)

    def arrived(self, path: Array) -> int | None:
        """Return the first step of a path `(steps + 1, 2)` at or below the target, or None."""
        with np.errstate(all="ignore"):
            there = np.flatnonzero(self.height(*path.T) <= self.target)
        return int(there[0]) if there.size else None


def _beale(x: Array, y: Array) -> Array:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _beale_gradient(x: float, y: float) -> tuple[float, float]:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    dx = 2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1)
    return dx, 2 * a * x + 4 * b * x * y + 6 * c * x * y**2


def _plateau(x: Array, y: Array) -> Array:
    return 1 - np.exp(-(x**2 + y**2) / 2) + 1e-3 * (x**2 + y**2)


def _plateau_gradient(x: float, y: float) -> tuple[float, float]:
    slope = np.exp(-(x**2 + y**2) / 2) + 2e-3
    return slope * x, slope * y


SURFACES = {
    s.name: s
    for s in (
        Surface("ravine", lambda x, y: (x**2 + 50 * y**2) / 2, lambda x, y: (x, 50 * y), (-4.0, 0.8), 1e-3,
                (-5, 2, -1.2, 1.2)),
        Surface("Beale", _beale, _beale_gradient, (1.0, 1.5), 1e-3, (-0.5, 4.5, -1.5, 2.0)),
        Surface("Rosenbrock", lambda x, y: (1 - x) ** 2 + 20 * (y - x**2) ** 2,
                lambda x, y: (-2 * (1 - x) - 80 * x * (y - x**2), 40 * (y - x**2)), (-1.2, 1.0), 1e-2,
                (-2, 2, -1, 3)),
        Surface("saddle", lambda x, y: (x**2 - y**2) / 2 + y**4 / 16, lambda x, y: (x, -y + y**3 / 4),
                (-1.8, 1e-3), -0.99, (-2.5, 2.5, -3, 3)),
        Surface("plateau", _plateau, _plateau_gradient, (-3.6, 2.2), 0.02, (-5, 2, -2, 4)),
    )
}  # fmt: skip


def draw(ax: Axes, surface: Surface, paths: Mapping[str, Array], legend: bool = True) -> None:
    """Draw the surface's height lines and a path `(steps + 1, 2)` for each entry, cut where it leaves the picture."""
    left, right, low, high = surface.span
    x, y = np.meshgrid(np.linspace(left, right, 90), np.linspace(low, high, 90))
    z = surface.height(x, y)
    levels = np.quantile(z, np.linspace(0.01, 0.97, 16))
    ax.contour(x, y, z, levels=np.unique(levels), colors="0.8", linewidths=0.7)
    for index, (name, path) in enumerate(paths.items()):
        inside = np.clip(np.nan_to_num(path, nan=1e3), -1e3, 1e3)
        style = fig.styled(index) | {"markersize": 3}
        ax.plot(*inside.T, label=name, markevery=max(1, len(path) // 12), linewidth=1.4, **style)
    ax.plot(*surface.start, "k*", markersize=9)
    ax.set(title=surface.name, xlim=(left, right), ylim=(low, high), xlabel="θ₁", ylabel="θ₂")
    if legend:
        ax.legend(fontsize=7, loc="upper right")
