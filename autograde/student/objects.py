"""Objects that stay on the student's side, and stand-ins for functions on the judge's side."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from autograde.wire.values import Handle, WireError, seed_of

Ask = Callable[[int, tuple[Any, ...], dict[str, Any]], Any]


class Objects:
    """The kept objects by number, and the judge's functions by number."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._kept: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._callback_numbers: dict[int, int] = {}

    def keep(self, value: Any) -> Handle | int:
        """The codec's hook: a callback's own number, else a handle (the same for the same object)."""
        if type(value) is Handle:
            return value
        number = self._callback_numbers.get(id(value))
        return self.handle(value) if number is None else number

    def keep_as_sent(self, value: Any) -> Handle | int:
        """The codec's hook to write what the judge has written: it does not repeat the names of types."""
        kept = self.keep(value)
        return Handle(kept.key) if type(kept) is Handle else kept

    def handle(self, value: Any, key: int | None = None) -> Handle:
        """A handle to `value`, which is kept alive, so that its identity stays its own.

        `key` is the name that the judge has given it, and goes before one of ours.
        """
        if key is not None:
            self._numbers[id(value)] = key
        key = self._numbers.setdefault(id(value), len(self._kept) + 1)
        self._kept[key] = value
        self._alive.append(value)
        return Handle(key, type(value).__name__)

    def kept(self, handle: Handle) -> Any:
        """The object behind a handle. A generator that the judge has named is made now."""
        if handle.key not in self._kept:
            seed = seed_of(handle.key)
            if seed is None:
                raise WireError(f"no object {handle.key}")
            self.handle(np.random.default_rng(seed), handle.key)
        return self._kept[handle.key]

    def callback(self, number: int) -> Callable[..., Any]:
        """A plain function that asks the judge. One for each number, so that identity survives."""
        if number not in self._callbacks:
            ask = self._ask

            def function(*args: Any, **kwargs: Any) -> Any:
                return ask(number, args, kwargs)

            self._callbacks[number] = function
            self._callback_numbers[id(function)] = number
        return self._callbacks[number]


def raise_as(kind: str, text: str) -> None:
    """Raise what the judge's function raised: a built-in exception by name, else a RuntimeError."""
    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            error = found(text)
        except TypeError:
            error = RuntimeError(text)
        raise error
    raise RuntimeError(f"{kind}: {text}")
