"""Figures that look alike: style, palette, alt text, histogram grids and curves over layers."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito: told apart with every common kind of colour vision.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, RED, PINK, SKY, BLACK)
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def use_style() -> None:
    """Set the course's look for every later figure."""
    plt.rcParams.update({
        "figure.dpi": 100, "figure.constrained_layout.use": True, "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
        "axes.titlesize": 11, "legend.frameon": False, "lines.linewidth": 1.8,
        "axes.prop_cycle": plt.cycler(color=PALETTE),
    })


def new(rows: int = 1, columns: int = 1, width: float = 9.0, height: float = 3.2,
        **options) -> tuple[Figure, np.ndarray]:
    """Return a figure of `width` × `height` inches and its axes as a `(rows, columns)` array."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)


def show(figure: Figure, alt: str) -> None:
    """Display `figure` as a PNG that carries `alt` as its description, then close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    display(
        {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def styled(index: int) -> dict[str, object]:
    """Return colour, line and marker number `index`: three cues, so that colour is never the only one."""
    i = index % len(PALETTE)
    return {"color": PALETTE[i], "linestyle": LINES[i], "marker": MARKERS[i], "markersize": 4}


def curves(ax: Axes, series: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, log: bool = False,
           every: int | None = None, legend: bool = True) -> None:
    """Draw one curve per entry of `series`, with a marker on every `every`-th point."""
    for index, (label, values) in enumerate(series.items()):
        steps = np.arange(1, len(values) + 1)
        ax.plot(steps, values, label=label, markevery=every or max(1, len(values) // 8), **styled(index))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    if legend:
        ax.legend(fontsize=8)


def histogram_grid(rows: Mapping[str, Sequence[np.ndarray]], columns: Sequence[str], title: str,
                   span: tuple[float, float] | None = None) -> Figure:
    """Return a grid of histograms: one row per entry, one column per array; empty bars are left out."""
    figure, axes = new(len(rows), len(columns), width=9.5, height=0.5 + 1.15 * len(rows))
    for r, (label, arrays) in enumerate(rows.items()):
        for c, values in enumerate(arrays):
            ax = axes[r, c]
            values = np.ravel(values)
            spread = float(values.std())
            if spread < 1e-12:
                ax.axvline(float(values.mean()), color=RED, linewidth=3)
            else:
                ax.hist(values, bins=40, range=span, color=PALETTE[r % 7])
            ax.set_ylim(0, 1.35 * ax.get_ylim()[1])
            ax.text(0.98, 0.98, f"std {spread:.2g}", ha="right", va="top", transform=ax.transAxes, fontsize=8,
                    bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
            ax.set_yticks([])
            ax.tick_params(labelsize=7)
            ax.grid(False)
            if r == 0:
                ax.set_title(columns[c], fontsize=9)
        axes[r, 0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure


def layer_curves(series: Mapping[str, Sequence[float]], title: str, ylabel: str,
                 width: float = 7.0) -> Figure:
    """Return one log-scale curve per entry over the layers 1 … L."""
    figure, axes = new(width=width, height=3.2)
    curves(axes[0, 0], series, "layer", ylabel, log=True, legend=False)
    axes[0, 0].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes[0, 0].set_title(title)
    return figure
