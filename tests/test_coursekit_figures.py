"""Figures carry their description everywhere, and draw what they are given."""

import base64
import html

import numpy as np
import pytest
from matplotlib import pyplot as plt

from coursekit import figures as fig


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """A function that shows a figure and returns the data and metadata the notebook would get."""
    seen = []
    monkeypatch.setattr(fig, "display", lambda data, metadata, raw: seen.append((data, metadata)))

    def show(figure, alt):
        fig.show(figure, alt)
        return seen[-1]

    return show


def test_a_figure_is_a_png_with_its_description_as_metadata_and_as_text(shown):
    data, metadata = shown(fig.new()[0], "one empty frame")
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"] == "one empty frame"


def test_the_html_image_has_an_alt_text_that_cannot_break_out_of_its_attribute(shown):
    alt = 'a "quoted" <b>text</b>'
    data, _ = shown(fig.new()[0], alt)
    assert f'alt="{html.escape(alt)}"' in data["text/html"]
    assert "<b>" not in data["text/html"]


def test_a_shown_figure_is_closed(shown):
    figure, _ = fig.new()
    shown(figure, "")
    assert not plt.fignum_exists(figure.number)


def test_axes_come_as_a_table_even_if_there_is_one():
    assert fig.new(2, 3)[1].shape == (2, 3)
    assert fig.new()[1].shape == (1, 1)


def test_neighbouring_curves_differ_in_colour_line_and_marker():
    first, second = fig.styled(0), fig.styled(1)
    assert all(first[cue] != second[cue] for cue in ("color", "linestyle", "marker"))


def test_curves_count_their_points_from_one():
    _, axes = fig.new()
    fig.curves(axes[0, 0], {"loss": [3.0, 2.0, 1.0]}, "step", "loss", log=True)
    assert list(axes[0, 0].lines[0].get_xdata()) == [1, 2, 3]
    assert axes[0, 0].get_yscale() == "log"


def test_a_histogram_grid_has_a_panel_per_array_and_survives_a_constant():
    figure = fig.histogram_grid(
        {"a": [np.zeros(9), np.arange(9.0)], "b": [np.ones(9)] * 2}, ["1", "2"], "title"
    )
    assert len(figure.axes) == 4


def test_a_mosaic_counts_values_beyond_the_span_at_the_edge():
    _, axes = fig.new()
    fig.density_mosaic(
        axes[0, 0], {"row": {"column": [np.full(5, 99.0), np.full(5, -99.0)]}}, (-1, 1), bins=3
    )
    image = axes[0, 0].images[0].get_array()
    assert image[2, 0] == 1 and image[0, 1] == 1 and image.sum() == 2


def test_a_mosaic_stands_a_layer_without_values():
    _, axes = fig.new()
    fig.density_mosaic(axes[0, 0], {"row": {"column": [np.array([]), np.zeros(3)]}}, (-1, 1))
    assert np.isfinite(axes[0, 0].images[0].get_array()).all()


def test_dots_and_bars_put_the_first_entry_on_top():
    _, axes = fig.new(1, 2)
    fig.dots(axes[0, 0], {"first": [1.0, 2.0], "second": [3.0, 4.0]}, "x")
    fig.bars(axes[0, 1], {"first": 1.0, "second": 2.0}, "x", "{:.1f} ms")
    for ax in axes[0]:
        low, high = ax.get_ylim()
        assert low > high and [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert [text.get_text() for text in axes[0, 1].texts] == ["1.0 ms", "2.0 ms"]


def test_axes_that_stand_still_keep_the_room_they_are_given_and_need_no_layout():
    figure, axes = fig.steady(2, width=8, height=4, top=0.5, before=1, between=0.6)
    left, right = (ax.get_position() for ax in axes[0])
    assert figure.get_layout_engine() is None and axes.shape == (1, 2)
    assert np.allclose([8 * left.x0, 8 * (right.x0 - left.x1), 4 * (1 - left.y1)], [1, 0.6, 0.5])


@pytest.mark.parametrize("top, small_ticks", [(50.0, True), (5e4, False)])
def test_a_logarithmic_axis_over_a_thousandfold_has_no_small_ticks(shown, top, small_ticks):
    figure, axes = fig.new()
    axes[0, 0].semilogy([1.0, top])
    shown(figure, "a line on a logarithmic axis")
    assert bool(len(axes[0, 0].yaxis.get_minorticklocs())) is small_ticks
