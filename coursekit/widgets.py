"""Knobs to play with: controls on top, one figure below that follows them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

import ipywidgets as ipw
from IPython.display import display
from IPython.utils.capture import capture_output


def slider(label: str, low: float, high: float, value: float, step: float) -> ipw.Widget:
    """Return a slider that reports when it is let go, so that drawing never lags behind."""
    whole = all(isinstance(number, int) for number in (low, high, value, step))
    kind = ipw.IntSlider if whole else ipw.FloatSlider
    return kind(
        value=value,
        min=low,
        max=high,
        step=step,
        description=label,
        continuous_update=False,
        style={"description_width": "initial"},
        layout=ipw.Layout(width="min(460px, 100%)"),
    )


def choice(label: str, options: Sequence[str], value: str | None = None) -> ipw.Widget:
    """Return a slider over `options`, which names the one it stands on."""
    # Not a drop-down list: JupyterLab takes its arrow keys and its letters for commands of the notebook.
    return ipw.SelectionSlider(
        options=list(options),
        value=value or options[0],
        description=label,
        continuous_update=False,
        style={"description_width": "initial"},
        layout=ipw.Layout(width="min(460px, 100%)"),
    )


def captured(draw: Callable[..., None], **values: object) -> tuple[dict[str, object], ...]:
    """Call `draw(**values)` and return what it showed, or the error it raised, as notebook outputs."""
    failure = []
    with capture_output() as seen:
        try:
            draw(**values)
        except Exception as error:  # the student's own function: show it and go on
            failure.append(
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": str(error),
                    "traceback": traceback.format_exception(error),
                }
            )
    printed = [
        {"output_type": "stream", "name": name, "text": text}
        for name, text in (("stdout", seen.stdout), ("stderr", seen.stderr))
        if text
    ]
    shown = [
        {"output_type": "display_data", "data": rich.data or {}, "metadata": rich.metadata or {}}
        for rich in seen.outputs
    ]
    return (*printed, *shown, *failure)


def play(draw: Callable[..., None], **controls: ipw.Widget) -> None:
    """Show `draw(**values)` as it starts, then the controls with a copy of it that follows them.

    The first figure stays for readers without a kernel. `draw` shows its own figure and should need less than half
    a second. An error in it appears under the controls and leaves them working.
    """
    # The outputs are set at once instead of in `with output:`, where nbclient may wait forever for a reply.
    output = ipw.Output()

    def redraw(_change: object = None) -> None:
        output.outputs = captured(draw, **{name: control.value for name, control in controls.items()})

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    for shown in output.outputs:
        if shown["output_type"] == "display_data":
            display(shown["data"], metadata=shown["metadata"], raw=True)
    row = ipw.HBox(list(controls.values()), layout=ipw.Layout(flex_flow="row wrap", grid_gap="0 24px"))
    display(ipw.VBox([row, output]))
