"""The API reference, from the docstrings of coursekit and of the grader's public modules."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil
import re
import warnings
from collections.abc import Iterator

import pdoc.doc
from markupsafe import Markup, escape

from autograde.site.markdown import Writer
from autograde.site.page import Page

GRADER = (
    "autograde.course",
    "autograde.model",
    "autograde.errors",
    "autograde.master",
    "autograde.build",
    "autograde.judge.exercise",
    "autograde.judge.trial",
    "autograde.judge.inputs",
    "autograde.judge.compare",
    "autograde.judge.statistics",
    "autograde.engine.lesson",
    "autograde.engine.submission",
    "autograde.record.marks",
    "autograde.export",
    "autograde.release",
    "autograde.site",
)
"""What somebody who writes an exercise or a tool around the grader calls. Exercises themselves are not public."""
PROJECT = str(pathlib.Path(__file__).resolve().parents[2])
COLUMNS = re.compile(r"^\w[\w, *]*(?:\s{2,}| …)\S", re.MULTILINE)
"""A list of names and what they mean, as our docstrings write it."""


def api_pages() -> list[Page]:
    """One page for each public module."""
    import coursekit

    kit = sorted(f"coursekit.{found.name}" for found in pkgutil.iter_modules(coursekit.__path__))
    with warnings.catch_warnings():  # pdoc warns where a field's type is known only to a type checker
        warnings.filterwarnings("ignore", "Error parsing type annotation", UserWarning)
        return [_page(name) for name in (*kit, *GRADER)]


def _page(name: str) -> Page:
    module = pdoc.doc.Module(importlib.import_module(name))
    writer = Writer()
    parts = [writer.html(f"# {name}"), _text(module.docstring, writer)]
    parts += [_member(member, writer, 2) for member in module.own_members if _is_public(member, module)]
    summary = module.docstring.partition("\n")[0].replace("`", "")
    body = Markup("\n").join(parts)
    return Page(f"api/{name}.html", "api", name, summary, body, tuple(writer.headings))


def _is_public(member: pdoc.doc.Doc, module: pdoc.doc.Module) -> bool:
    """Whether it is for others: named without an underscore, from here (or named in `__all__`), and documented."""
    if member.name.startswith("_"):
        return False
    exported = member.name in getattr(module.obj, "__all__", ())
    return exported or (bool(member.docstring) and member.kind != "module" and not member.is_inherited)


def _member(member: pdoc.doc.Doc, writer: Writer, level: int) -> Markup:
    """A heading, the signature, the docstring, and a class's own members."""
    heading = writer.html(f"{'#' * level} `{member.name}`")
    inner = [_signature(member), _text(member.docstring, writer)]
    if isinstance(member, pdoc.doc.Class):
        inner += [_member(m, writer, level + 1) for m in _own(member)]
    return Markup('<section class="member">{}{}</section>').format(heading, Markup("").join(inner))


def _own(member: pdoc.doc.Class) -> Iterator[pdoc.doc.Doc]:
    return (m for m in member.own_members if not m.name.startswith("_") and m.docstring)


def _signature(member: pdoc.doc.Doc) -> Markup:
    """How it is called, or its type and value."""
    if isinstance(member, pdoc.doc.Function):
        text = f"{member.funcdef} {member.name}{member.signature}"
    elif isinstance(member, pdoc.doc.Class):
        text = f"class {member.name}{_constructor(member)}"
    elif isinstance(member, pdoc.doc.Variable):
        text = f"{member.name}{member.annotation_str}"
    else:
        return Markup("")
    return Markup('<pre class="signature" tabindex="0"><code>{}</code></pre>').format(_short(text))


def _constructor(member: pdoc.doc.Class) -> str:
    made = member.members.get("__init__")
    return str(made.signature_without_self) if isinstance(made, pdoc.doc.Function) else ""


def _short(text: str) -> str:
    """Types by their last name (`numpy.ndarray` says no more than `ndarray`), and no folder of this machine."""
    return re.sub(r"\b(?:[a-z_][\w]*\.)+(?=[A-Za-z_]\w*)", "", text.replace(PROJECT, "…"))


def _text(docstring: str, writer: Writer) -> Markup:
    """A docstring: prose as Markdown, columns as they are."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", docstring.strip()):
        if COLUMNS.search(paragraph) or paragraph.startswith("    "):
            parts.append(Markup("<pre>{}</pre>").format(escape(paragraph)))
        else:
            parts.append(writer.html(paragraph))
    return Markup("\n").join(parts)
