"""A `Subject` whose functions live in a student process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograde.judge.beside import source_beside
from autograde.judge.subject import (
    Answer,
    Handle,
    Malformed,
    Missing,
    NotWritten,
    OutOfMemory,
    Raised,
)
from autograde.student.ahead import Asker
from autograde.student.callbacks import Callbacks
from autograde.wire.codec import pack
from autograde.wire.values import Packed, WireError, generator_key, object_key


class RemoteSubject:
    """Implements `autograde.judge.subject.Subject` over the pipe."""

    def __init__(self, asker: Asker, callbacks: Callbacks) -> None:
        self._asker, self._callbacks = asker, callbacks
        self._replaced: dict[str, Callable[..., Any]] = {}
        self.asked: set[str] = set()
        """The names that have been asked for so far."""

    def begin(self, aspect: str) -> None:
        """What comes next is asked for this aspect."""
        self._asker.begin(aspect)

    def stumble(self) -> None:
        """A check has failed."""
        self._asker.stumble()

    def end(self, passed: bool) -> None:
        """All has been asked."""
        self._asker.end(passed)

    def call(
        self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], keep: tuple[int, ...] = ()
    ) -> Answer:
        """Call a function by name."""
        return self._answer({"op": "call", "function": function}, args, kwargs, keep)

    def call_many(self, function: str, args: tuple[Any, ...], times: int) -> list[Any]:
        """Call a function so many times with the same arguments."""
        request = {"op": "call_many", "function": function, "args": tuple(args), "times": times}
        values = self._value(request)
        if type(values) is not list or len(values) != times:
            raise Malformed("no answers")
        return values

    def read(self, name: str) -> Any:
        """The value of a name that is no function."""
        return self._value({"op": "read", "function": name})

    def call_method(
        self,
        target: Handle,
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keep: tuple[int, ...] = (),
    ) -> Answer:
        """Call a method of a kept object."""
        return self._answer({"op": "call_method", "target": target, "method": method}, args, kwargs, keep)

    def attribute(self, target: Handle, name: str) -> Any:
        """Read an attribute of a kept object."""
        return self._value({"op": "attribute", "target": target, "name": name})

    def put(self, value: Any) -> Handle:
        """Create a value over there."""
        key = self._new_key()
        return self._handle({"op": "put", "value": value, "key": key}, key)

    def fetch(self, target: Handle) -> Any:
        """The present value of a kept object."""
        return self._value({"op": "fetch", "target": target})

    def new_rng(self, seed: int) -> Handle:
        """A fresh generator over there."""
        return Handle(generator_key(self._asker.new_number(), seed), "Generator")

    def rng_state(self, rng: Handle) -> str:
        """A text that changes exactly when the generator has been drawn from."""
        return str(self._value({"op": "rng_state", "rng": rng}))

    def probe(self, name: str, args: tuple[Any, ...], keep: bool = False) -> Any:
        """Ask a probe of objects over there."""
        request = {"op": "probe", "name": name, "args": tuple(args)}
        if not keep:
            return self._value({**request, "keep": 0})
        key = self._new_key()
        return self._handle({**request, "keep": key}, key)

    def replace(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Let these names be answered by the given functions; the former ones are offered no longer."""
        self._callbacks.forget(self._replaced.values())
        self._replaced = dict(functions)
        sent = {name: source_beside(function) or function for name, function in functions.items()}
        self._value({"op": "replace", "functions": sent})

    def _handle(self, request: dict[str, Any], key: int) -> Handle:
        value = self._ask(request, [key]).get("value")
        if type(value) is not Handle:
            raise Malformed("no handle")
        return value

    def _value(self, request: dict[str, Any]) -> Any:
        return self._ask(request).get("value")

    def _answer(
        self, request: dict[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], keep: tuple[int, ...]
    ) -> Answer:
        given = self._packed((tuple(args), dict(kwargs)))
        kept = {str(position): self._new_key() for position in keep}
        reply = self._ask({**request, "given": given, "keep": kept}, kept.values())
        # Most calls leave their arguments as they were: those come back as None and need not be read again.
        left, warnings = reply.get("given"), reply.get("warnings")
        arguments, keywords = (args, kwargs) if left is None else self._left(left)
        if type(arguments) is not tuple or not isinstance(keywords, Mapping) or type(warnings) is not tuple:
            raise Malformed("no answer")
        return Answer(reply.get("value"), arguments, keywords, tuple([str(text) for text in warnings]))

    def _left(self, left: Any) -> tuple[Any, Any]:
        """The arguments as a call that has changed something left them."""
        if type(left) is not tuple or len(left) != 2 or type(left[1]) is not dict:
            raise Malformed("no answer")
        return left

    def _new_key(self) -> int:
        """The name of an object that is to stay over there."""
        return object_key(self._asker.new_number())

    def _packed(self, value: Any) -> Packed:
        try:
            return pack(value, self._callbacks.number)
        except WireError as error:
            raise Malformed(str(error)) from error

    def _ask(self, request: dict[str, Any], makes: Iterable[int] = ()) -> dict[str, Any]:
        """The answer to a request that gives these keys to objects."""
        if "function" in request:
            self.asked.add(request["function"])
        reply = self._asker.ask(self._packed(request), makes)
        status = reply.get("status")
        if status == "ok":
            return reply
        text = str(reply.get("text", ""))[:300]
        if status == "not_written":
            raise NotWritten(text)
        if status == "memory":
            raise OutOfMemory("the memory limit was hit")
        if status == "missing":
            raise Missing(str(request.get("function", "")), str(reply.get("why", ""))[:300])
        if status == "raised":
            raise Raised(str(reply.get("kind", ""))[:100], text, str(reply.get("line", ""))[:300])
        raise Malformed(text)
