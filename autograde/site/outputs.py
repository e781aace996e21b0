"""What a cell showed, as HTML: pictures become files, a widget becomes its first picture and a note."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from autograde.lecture.run import MIME
from coursekit.progress import FINISHED

WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
STYLE = re.compile(r"\s?style='[^']*'")


class Outputs:
    """The outputs of one lesson. `pictures` collects the files they need, by their path on the site."""

    def __init__(self, lesson: str, notebook: Any | None) -> None:
        """`notebook` is the lesson that ran; None shows nothing."""
        self.pictures: dict[str, bytes] = {}
        self._lesson = lesson
        self._cells = {cell.id: cell.get("outputs", ()) for cell in notebook.cells} if notebook else {}
        metadata = notebook.metadata if notebook else {}
        self._widgets: Mapping[str, Any] = metadata.get("widgets", {}).get(STATE, {}).get("state", {})

    def html(self, cell_id: str) -> Markup:
        """Everything a cell showed; a picture that stands under its knobs as well stands only there."""
        outputs = self._cells.get(cell_id, ())
        models = [o["data"][WIDGET]["model_id"] for o in outputs if WIDGET in o.get("data", {})]
        twice = {_png(shown) for model in models for shown in self._shown(model)} - {""}
        return Markup("\n").join(self._one(cell_id, o) for o in outputs if _png(o) not in twice)

    def _one(self, cell_id: str, output: Mapping[str, Any]) -> Markup:
        if output["output_type"] == "stream":
            return _text(output["text"])
        if output["output_type"] == "error":
            return _text(f"{output['ename']}: {output['evalue']}")
        data = output["data"]
        if WIDGET in data:
            return self._widget(cell_id, data[WIDGET]["model_id"])
        if MIME in data:
            return _measured(data[MIME])
        if "image/png" in data:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt") or data.get("text/plain", "")
            return self._picture(cell_id, base64.b64decode(data["image/png"]), alt)
        if "text/html" in data:
            table = STYLE.sub("", data["text/html"])
            return Markup(f'<div class="scroll" tabindex="0">{table}</div>')
        text = data.get("text/plain", "")
        return Markup("") if FINISHED.search(text) else _text(text)

    def _picture(self, cell_id: str, data: bytes, alt: str) -> Markup:
        count = sum(path.startswith(f"figures/{self._lesson}/{cell_id}-") for path in self.pictures)
        path = f"figures/{self._lesson}/{cell_id}-{count + 1}.png"
        self.pictures[path] = data
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))  # of a PNG's header
        return Markup(
            '<figure><img src="../{}" alt="{}" width="{}" height="{}" loading="lazy" decoding="async"></figure>'
        ).format(path, alt, width, height)

    def _widget(self, cell_id: str, model: str) -> Markup:
        """The picture that stands under the knobs before anybody moves one, and where the knobs stand."""
        knobs = [knob for state in self._family(model) if (knob := _knob(state))]
        pictures = Markup("\n").join(self._one(cell_id, output) for output in self._shown(model))
        return Markup('<div class="moves">{}<p>{}</p></div>').format(pictures, _note(knobs))

    def _shown(self, model: str) -> list[Any]:
        return [output for state in self._family(model) for output in state.get("outputs", ())]

    def _family(self, model: str) -> Any:
        """A widget's state and those of everything in it."""
        state = self._widgets.get(model.removeprefix("IPY_MODEL_"), {}).get("state", {})
        yield state
        for child in state.get("children", ()):
            yield from self._family(child)


def _png(output: Mapping[str, Any]) -> str:
    return str(output.get("data", {}).get("image/png", ""))


def _knob(state: Mapping[str, Any]) -> str:
    """A control and its value in words; nothing for what is no control."""
    if not state.get("description") or not ("value" in state or "index" in state):
        return ""
    labels = state.get("_options_labels")
    value = labels[state["index"]] if labels and state.get("index") is not None else state.get("value")
    shown = f"{value:g}" if isinstance(value, float) else value
    return f"{state['description']} = {shown}".replace("\xa0", " ")


def _note(knobs: list[str]) -> str:
    here = f" Here: {', '.join(knobs)}." if knobs else ""
    return f"In the notebook this figure moves: change its knobs and it is drawn again.{here}"


def _measured(entry: Mapping[str, Any]) -> Markup:
    """A claim of the lecture beside its measurement."""
    verdict = "agrees" if entry["agrees"] else "disagrees"
    why = Markup("<dt>Why</dt><dd>{}</dd>").format(entry["why"]) if entry.get("why") else ""
    return Markup(
        '<aside class="measured {}" aria-label="Claim and measurement"><dl><dt>The lecture says</dt><dd>{}</dd>'
        "<dt>Measured here</dt><dd>{}</dd>{}</dl><p>{}</p></aside>"
    ).format(
        verdict, entry["says"], entry["here"], why, "✓ It agrees" if entry["agrees"] else "✗ It disagrees"
    )


def _text(text: str) -> Markup:
    return Markup(f'<pre class="output" tabindex="0">{html.escape(ANSI.sub("", text).rstrip())}</pre>')
