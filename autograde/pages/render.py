"""Jinja2 templates to text, and text to a file that is whole or absent."""

from __future__ import annotations

import functools
import os
import pathlib
from typing import Any

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

TEMPLATES = pathlib.Path(__file__).parent / "templates"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = lambda number: f"{number:.2f}".rstrip("0").rstrip(".")
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    environment.filters["python"] = python
    environment.filters["untex"] = lambda text: str(text).replace("$", "").replace("`", "")
    environment.globals["code_style"] = Markup(HtmlFormatter(style="default").get_style_defs(".code"))
    return environment


def code_style() -> str:
    """Colours of code by day, and by night where the reader's device asks for it."""
    light, dark = (HtmlFormatter(style=name).get_style_defs(".code") for name in ("default", "github-dark"))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def python(source: str) -> Markup:
    """Source as coloured HTML; everything in it is escaped."""
    return Markup(highlight(source[:100_000], PythonLexer(), HtmlFormatter(cssclass="code")))


def render(template: str, **values: Any) -> str:
    """A template filled in. Everything is escaped unless it is `Markup`."""
    return _environment().get_template(template).render(**values)


def write_page(path: pathlib.Path, text: str) -> None:
    """Write a page whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
