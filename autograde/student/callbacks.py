"""Functions of the judge that student code may call, by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograde.student.bounded import OutOfTime, bounded
from autograde.student.generators import put_in, states
from autograde.wire.codec import encode
from autograde.wire.values import Handle, WireError

_TEXT = 300


class Callbacks:
    """Numbers are never used twice: a number that student code has put aside stays invalid."""

    def __init__(self) -> None:
        self._functions: dict[int, Callable[..., Any]] = {}
        self._next = 1

    def number(self, function: Any) -> Handle | int:
        """The codec's hook on the judge's side: a callable gets a number, a handle goes by its key alone."""
        if type(function) is Handle:
            return Handle(function.key)
        if not callable(function):
            raise TypeError(f"a {type(function).__name__} cannot be sent to student code")
        for number, known in self._functions.items():
            if known is function:
                return number
        number, self._next = self._next, self._next + 1
        self._functions[number] = function
        return number

    def function(self, number: int) -> Callable[..., Any]:
        """The function with this number."""
        if number not in self._functions:
            raise WireError("a function that is not offered")
        return self._functions[number]

    def forget(self, functions: Iterable[Callable[..., Any]]) -> None:
        """Offer these functions no longer."""
        gone = {id(function) for function in functions}
        self._functions = {n: f for n, f in self._functions.items() if id(f) not in gone}

    def forget_all(self) -> None:
        """Offer none of the functions so far any longer."""
        self._functions = {}

    def answer(self, request: dict[str, Any], deadline: float) -> bytes:
        """Serve one call from student code: it chooses the arguments, so time and memory are limited.

        Raises `TimeoutError` when `deadline` (on the monotonic clock) passes.
        """
        number, args, kwargs = (request.get(name) for name in ("callback", "args", "kwargs"))
        sent = request.get("generators")
        if [type(part) for part in (number, args, kwargs, sent)] != [int, tuple, dict, dict]:
            raise WireError("no callback request")
        if number not in self._functions:
            return encode({"status": "raised", "kind": "RuntimeError", "text": "this function is gone"})
        try:
            args, kwargs, drawn = put_in(args, kwargs, sent)
            with bounded(deadline):
                value = self._functions[number](*args, **kwargs)
        except OutOfTime:
            raise TimeoutError("a function of the judge ran past the deadline") from None
        except Exception as error:
            return encode({"status": "raised", "kind": type(error).__name__, "text": str(error)[:_TEXT]})
        return encode({"status": "ok", "value": value, "generators": states(drawn)}, self.number)
