"""Figures that look alike: style, palette, alt text, histogram grids and curves over layers."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

# Okabe & Ito: told apart with every common kind of colour vision.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, RED, PINK, SKY, BLACK)
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def use_style() -> None:
    """Set the course's look for every later figure."""
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "axes.titlesize": 11,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
        }
    )


def new(
    rows: int = 1, columns: int = 1, width: float = 9.0, height: float = 3.2, **options
) -> tuple[Figure, np.ndarray]:
    """Return a figure of `width` × `height` inches and its axes as a `(rows, columns)` array."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)


def steady(
    columns: int = 1,
    width: float = 9.0,
    height: float = 3.2,
    top: float = 0.35,
    before: float = 0.7,
    between: float = 0.8,
    ratios: Sequence[float] | None = None,
) -> tuple[Figure, np.ndarray]:
    """Return a figure as `new` does, for knobs: its axes stand still from one redraw to the next.

    The room on `top` of the axes, `before` and `between` them is in inches. Nothing has to be laid out, which halves
    the time.
    """
    inside = (width - before - 0.15 - between * (columns - 1)) / columns
    room = {
        "left": before / width,
        "right": 1 - 0.15 / width,
        "bottom": 0.5 / height,
        "top": 1 - top / height,
    }
    room["wspace"] = between / inside
    return new(1, columns, width, height, layout="none", width_ratios=ratios, gridspec_kw=room)


def show(figure: Figure, alt: str) -> None:
    """Display `figure` as a PNG that carries `alt` as its description, then close it.

    JupyterLab gives images no alt text of their own, so the picture goes out as HTML with one as well.
    """
    buffer = io.BytesIO()
    _thin_out(figure)
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)  # `savefig` would draw everything once more to lay it out
        figure.set_layout_engine("none")
    figure.canvas.print_png(buffer)
    plt.close(figure)
    picture = base64.b64encode(buffer.getvalue()).decode()
    tag = f'<img src="data:image/png;base64,{picture}" alt="{html.escape(alt)}">'
    display(
        {"text/html": tag, "image/png": picture, "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def _thin_out(figure: Figure) -> None:
    """Leave the small ticks out of logarithmic axes over a thousandfold and more: dozens of them take time to draw."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            if axis.get_scale() == "log" and high >= 1000 * low:
                axis.set_minor_locator(NullLocator())


def styled(index: int) -> dict[str, object]:
    """Return colour, line and marker number `index`: three cues, so that colour is never the only one."""
    i = index % len(PALETTE)
    return {"color": PALETTE[i], "linestyle": LINES[i], "marker": MARKERS[i], "markersize": 4}


def curves(
    ax: Axes,
    series: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    log: bool = False,
    every: int | None = None,
    legend: bool = True,
) -> None:
    """Draw one curve per entry of `series`, with a marker on every `every`-th point."""
    for index, (label, values) in enumerate(series.items()):
        steps = np.arange(1, len(values) + 1)
        ax.plot(steps, values, label=label, markevery=every or max(1, len(values) // 8), **styled(index))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    if legend:
        ax.legend(fontsize=8)


def histogram_grid(
    rows: Mapping[str, Sequence[np.ndarray]],
    columns: Sequence[str],
    title: str,
    span: tuple[float, float] | None = None,
) -> Figure:
    """Return a grid of histograms: one row per entry, one column per array; empty bars are left out."""
    width, height = 9.5, 0.5 + 1.15 * len(rows)
    figure, axes = new(len(rows), len(columns), width, height, layout="none")
    left = (
        0.2 + 0.08 * max(map(len, rows))
    ) / width  # set by hand: laying out many axes takes as long as drawing
    figure.subplots_adjust(left, 0.25 / height, 0.99, 1 - 0.6 / height, wspace=0.08, hspace=0.35)
    for r, (label, arrays) in enumerate(rows.items()):
        for c, values in enumerate(arrays):
            ax = axes[r, c]
            values = np.ravel(values)
            spread = float(values.std())
            if spread < 1e-12:
                ax.axvline(float(values.mean()), color=RED, linewidth=3)
            else:
                ax.hist(values, bins=40, range=span, color=PALETTE[r % 7], histtype="stepfilled")
            ax.set_ylim(0, 1.35 * ax.get_ylim()[1])
            ax.text(
                0.98,
                0.98,
                f"std {spread:.2g}",
                ha="right",
                va="top",
                transform=ax.transAxes,
                fontsize=8,
                bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1},
            )
            ax.set_yticks([])
            ax.xaxis.set_major_locator(MaxNLocator(4))  # small numbers have long labels
            ax.tick_params(labelsize=7)
            ax.grid(False)
            if r == 0:
                ax.set_title(columns[c], fontsize=9)
        axes[r, 0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure


def layer_curves(
    series: Mapping[str, Sequence[float]], title: str, ylabel: str, width: float = 7.0
) -> Figure:
    """Return one log-scale curve per entry over the layers 1 … L."""
    figure, axes = new(width=width, height=3.2)
    curves(axes[0, 0], series, "layer", ylabel, log=True, legend=False)
    axes[0, 0].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes[0, 0].set_title(title)
    return figure


def density_mosaic(
    ax: Axes,
    grid: Mapping[str, Mapping[str, Sequence[np.ndarray]]],
    span: tuple[float, float],
    bins: int = 41,
    color: str = BLUE,
) -> None:
    """Draw `grid[row][column]`, the values of layers 1 … L, as shaded panels: one upright histogram per layer.

    Dark is where most values of a layer lie; what lies beyond `span` is counted in the outermost bins.
    One image for all panels, because dozens of axes take seconds to draw. All panels have the same number of layers.
    """
    rows, columns = list(grid), list(next(iter(grid.values())))
    high, wide = bins + 5, len(next(iter(next(iter(grid.values())).values()))) + 2
    image = np.zeros((high * len(rows), wide * len(columns)))
    for r, row in enumerate(rows):
        bottom = high * (len(rows) - 1 - r)
        for c, column in enumerate(columns):
            shades = _shades(grid[row][column], span, bins)
            image[bottom : bottom + bins, wide * c : wide * c + shades.shape[1]] = shades
            ax.add_patch(
                Rectangle((wide * c, bottom), wide - 2, bins, fill=False, edgecolor="0.6", linewidth=0.6)
            )
        ax.text(
            -0.05,
            (bottom + bins / 2) / image.shape[0],
            row,
            ha="right",
            va="center",
            fontsize=9,
            transform=ax.transAxes,
        )
    for c, column in enumerate(columns):
        ax.text(wide * (c + 0.5) - 1, image.shape[0], column, ha="center", va="bottom", fontsize=9)
    colors = LinearSegmentedColormap.from_list("shades", ["white", color])
    ax.imshow(
        image,
        origin="lower",
        aspect="auto",
        cmap=colors,
        vmin=0.0,
        vmax=1.0,
        interpolation="nearest",
        extent=(0, image.shape[1], 0, image.shape[0]),
    )
    marks = [
        (high * r + bins * share, span[0] + share * (span[1] - span[0]))
        for r in range(len(rows))
        for share in (0, 0.5, 1)
    ]
    ax.set_yticks([place for place, _ in marks], [f"{value:g}" for _, value in marks], fontsize=7)
    ax.set(xticks=[], ylim=(-1, image.shape[0]))
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.grid(False)


def _shades(layers: Sequence[np.ndarray], span: tuple[float, float], bins: int) -> np.ndarray:
    """One column of `bins` shades in [0, 1] per layer; the root makes thin tails visible."""
    scale = bins / (span[1] - span[0])
    places = [np.clip((np.ravel(v) - span[0]) * scale, 0, bins - 1).astype(np.intp) for v in layers]
    counts = np.array([np.bincount(place, minlength=bins) for place in places], dtype=float)
    return np.sqrt(counts / np.maximum(counts.max(axis=1, keepdims=True), 1.0)).T


def dots(ax: Axes, rows: Mapping[str, Sequence[float]], xlabel: str) -> None:
    """Draw one row per entry, the first on top: a dot for every value and a bar at their mean."""
    for index, (label, values) in enumerate(rows.items()):
        color = PALETTE[index % len(PALETTE)]
        ax.plot(
            values,
            [index] * len(values),
            linestyle="none",
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            color=color,
            alpha=0.55,
            label=label,
        )
        ax.plot([float(np.mean(values))] * 2, [index - 0.32, index + 0.32], color=BLACK, linewidth=2)
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel)


def bars(ax: Axes, rows: Mapping[str, float], xlabel: str, form: str = "{:.3g}") -> None:
    """Draw one horizontal bar per entry, the first on top, with its value written at its end."""
    drawn = ax.barh(
        range(len(rows)),
        list(rows.values()),
        height=0.6,
        color=[PALETTE[i % len(PALETTE)] for i in range(len(rows))],
    )
    ax.bar_label(drawn, labels=[form.format(value) for value in rows.values()], padding=3, fontsize=8)
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.4, -0.6), xlabel=xlabel)
    ax.margins(x=0.15)
