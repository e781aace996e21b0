"""What a verdict depends on, as short hashes: a finished submission is judged again only where one of them changed."""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
import pathlib
import pkgutil
import types
from collections.abc import Callable, Iterable
from typing import Any

from autograde.judge.exercise import Exercise

DECLARATIONS = "autograde.exercises"
GRADER = ("autograde.judge", "autograde.probes")
"""Packages that every verdict depends on."""


def digest(*parts: bytes | str) -> str:
    """A short hash of some texts, each kept apart from the next."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()[:24]


def of_exercise(exercise: Exercise) -> str:
    """A hash of everything in the declaration that a verdict depends on, and of the judge.

    Title, hints and variants are left out: they change no verdict. The references of earlier exercises that this
    one uses are in it, since they answer for wrong ones.
    """
    parts = Parts()
    parts.add((exercise.name, exercise.functions, exercise.uses, exercise.tied_to, exercise.seconds))
    for aspect in exercise.aspects.values():
        parts.add((aspect.name, aspect.points, aspect.of, aspect.needs, aspect.run))
    for misconception in exercise.misconceptions.values():
        parts.add((misconception.name, misconception.message, misconception.declared))
    for function in exercise.references.values():
        parts.add(function)
    for name in (*exercise.uses, *exercise.tied_to):
        parts.add((name, exercise.neighbours.get(name)))
    return digest(of_grader(), *parts.texts)


@functools.cache
def of_grader() -> str:
    """A hash of the judge's own source."""
    return digest(*map(of_package, GRADER))


@functools.cache
def of_package(package: str) -> str:
    """A hash of a package's modules, without those of packages in it."""
    return digest(*_sources(package))


def _sources(package: str) -> Iterable[bytes]:
    module = importlib.import_module(package)
    for folder in module.__path__:
        for found in sorted(pkgutil.iter_modules([folder]), key=lambda m: m.name):
            yield pathlib.Path(folder, f"{found.name}.py").read_bytes()


class Parts:
    """Collects the source of functions and of all they reach within the declarations, each once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._seen: dict[int, Any] = {}  # kept alive: the id of a value that is gone is given to another one

    def add(self, value: Any) -> None:
        """Take in a value: the source of a function or class, the items of a container, a plain value itself."""
        if isinstance(value, str | int | float | bytes | None):
            self.texts.append(repr(value))
        elif id(value) not in self._seen:
            self._seen[id(value)] = value
            next(take for kind, take in self._takers() if isinstance(value, kind))(value)

    def _takers(self) -> list[tuple[Any, Callable[[Any], None]]]:
        return [
            ((types.FunctionType, types.MethodType), self._function),
            (type, self._class),
            (functools.partial, lambda p: self._items([p.func, p.args, p.keywords])),
            ((list, tuple), self._items),
            ((set, frozenset), lambda s: self._items(sorted(s, key=repr))),
            (dict, lambda d: self._items([*d.keys(), *d.values()])),
            (object, self._other),
        ]

    def _items(self, values: Iterable[Any]) -> None:
        self.texts.append("(")
        for value in values:
            self.add(value)
        self.texts.append(")")

    def _function(self, function: Any) -> None:
        function = inspect.unwrap(getattr(function, "__func__", function))
        self.texts.append(f"{function.__module__}.{function.__qualname__}")
        if not function.__module__.startswith(DECLARATIONS):
            return
        self.texts.append(_source(function))
        for cell in function.__closure__ or ():
            self.add(_content(cell))
        self._names(function.__code__, function.__globals__)

    def _names(self, code: types.CodeType, known: dict[str, Any]) -> None:
        for name in code.co_names:
            value = known.get(name)
            if name in known and not isinstance(value, types.ModuleType | Exercise):
                self.texts.append(name)
                self.add(value)
            elif isinstance(value, types.ModuleType) and value.__name__.startswith(DECLARATIONS):
                self.texts.append(inspect.getsource(value))
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._names(constant, known)

    def _class(self, kind: type) -> None:
        self.texts.append(f"{kind.__module__}.{kind.__qualname__}")
        if kind.__module__.startswith(DECLARATIONS):
            self.texts.append(inspect.getsource(kind))
            for base in kind.__bases__:
                self.add(base)
            for value in vars(kind).values():
                function = getattr(value, "fget", None) or getattr(value, "__func__", value)
                if isinstance(function, types.FunctionType) and function.__module__ == kind.__module__:
                    self._names(function.__code__, function.__globals__)

    def _other(self, value: Any) -> None:
        """An array counts with its numbers; of anything else only the type counts: its text may hold an address."""
        self.texts.append(type(value).__name__)
        if hasattr(value, "tobytes"):
            self.texts.append(f"{value.shape} {value.dtype} {value.tobytes().hex()}")


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except OSError:  # made by a dataclass or an exec: its code has to do
        return repr((function.__code__.co_code, function.__code__.co_names))


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a function that refers to itself before it is bound
        return None
