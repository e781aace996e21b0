"""Charts as SVG text inside the page: they print, scale and need no script."""

from __future__ import annotations

import io
from collections.abc import Sequence

from markupsafe import Markup

BINS = 20


def histogram(shares: Sequence[float], label: str) -> Markup:
    """How many students have which share of the points (0 … 1)."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.4), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.hist(
        [100 * share for share in shares], bins=BINS, range=(0, 100), color="#0072B2", edgecolor="white"
    )
    axes.set(xlabel="marks in % of the points", ylabel="students", xlim=(0, 100))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{Markup.escape(label)}" ', 1
    )
    return Markup(svg)
