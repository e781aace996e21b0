"""Serves the judge's requests inside the student's process.

Everything here shares a process with student code and may be broken by it; nothing here is trusted by
the judge, which only decodes values and compares them itself.
"""

from __future__ import annotations

import builtins
import os
import socket
import threading
import warnings
from collections.abc import Callable
from typing import Any

from autograde.probes import run_probe as _run_probe
from autograde.student.failures import failure, kind_of, line_of, text_of, traceback_of
from autograde.student.generators import restore, states, take_out
from autograde.student.objects import Objects, raise_as
from autograde.student.shell import CellShell, definitions
from autograde.wire.codec import Packed, decode, encode
from autograde.wire.frames import Closed, Frames
from autograde.wire.values import WireError

_ABSENT = object()
_run_cell: Any = CellShell.run_cell
_BaseException, _tuple, _callable, _getattr, _exec = BaseException, tuple, callable, getattr, exec
_str, _enumerate = str, enumerate
_BUILTINS = builtins.__dict__.copy()
_restore_builtins = builtins.__dict__.update


class Host:
    """One student's namespace behind a socket."""

    def __init__(self, sock: socket.socket, shell: CellShell) -> None:
        self._frames, self._shell = Frames(sock), shell
        self._objects = Objects(self._ask)
        self._replaced: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._operations: dict[str, Callable[..., dict[str, Any]]] = {
            "run_cell": self._run_cell, "define": self._define, "call": self._call, "call_many": self._call_many,
            "call_method": self._call_method, "attribute": self._attribute, "put": self._put,
            "fetch": self._fetch, "rng_state": self._rng_state,
            "replace": self._replace, "probe": self._probe, "read": self._read,
        }  # fmt: skip

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        while True:
            try:
                request = self._receive()
                if type(request) is not dict:  # several, asked ahead
                    for packed in request:
                        self._send(self._answer_ahead(packed))
                else:
                    self._send(self._answer(request))
            except Closed:
                return
            except KeyboardInterrupt:
                continue

    def _answer_ahead(self, packed: Packed) -> dict[str, Any]:
        """One of several. It may speak of an object that an earlier one should have made: if not, nobody reads this."""
        try:
            request = self._read_message(packed.data)
        except WireError as error:
            return {"status": "malformed", "text": text_of(error)}
        return self._answer(request)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._operations[request.pop("op")](**request)
        except (Closed, WireError):
            raise
        except _BaseException as error:
            # Where a cell has replaced `isinstance`, even telling its failure needs the real one.
            _restore_builtins(_BUILTINS)
            return failure(error)
        finally:
            _restore_builtins(_BUILTINS)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            data = encode(message, self._objects.keep)
        except WireError as error:
            data = encode({"status": "malformed", "text": text_of(error)})
        except _BaseException as error:
            data = encode(failure(error))
        self._frames.send(data)

    def _receive(self) -> Any:
        return self._read_message(self._frames.receive())

    def _read_message(self, data: bytes) -> Any:
        return decode(data, self._objects.kept, self._objects.callback)

    def _ask(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function on the judge's side, in the middle of a call from there."""
        args, kwargs, drawn = take_out(args, kwargs)
        request = {"callback": number, "args": args, "kwargs": kwargs, "generators": states(drawn)}
        with self._lock:
            self._frames.send(encode(request, self._objects.keep))
            reply = self._receive()
        if reply["status"] != "ok":
            raise_as(reply["kind"], reply["text"])
        restore(drawn, reply["generators"])
        return reply["value"]

    def _run_cell(self, source: str) -> dict[str, Any]:
        # What a cell hangs into the shell must not reach the cells of other exercises.
        self._shell.__dict__.pop("run_cell", None)
        self._shell.ast_transformers[:] = self._shell.input_transformers_post[:] = []
        result = _run_cell(self._shell, source, store_history=False, silent=True)
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            return {"status": "ok"}
        return {
            "status": "failed", "kind": kind_of(error), "text": text_of(error),
            "line": line_of(error), "traceback": traceback_of(error),
        }  # fmt: skip

    def _define(self, source: str, keep_names: list[str]) -> dict[str, Any]:
        try:
            chosen = definitions(self._shell, source, frozenset(keep_names))
        except SyntaxError as error:
            text = text_of(error)
            return {
                "status": "failed",
                "kind": "SyntaxError",
                "text": text,
                "line": line_of(error),
                "traceback": "",
            }
        return self._run_cell(chosen)

    def _call(self, function: str, given: Packed, keep: dict[str, int]) -> dict[str, Any]:
        found = self._shell.user_ns.get(function, _ABSENT)
        if found is _ABSENT or not _callable(found):
            why = "" if found is _ABSENT else f"It is a {type(found).__name__}."
            return {"status": "missing", "function": function, "why": why}
        return self._invoke(found, given, keep)

    def _call_many(self, function: str, args: tuple[Any, ...], times: int) -> dict[str, Any]:
        """Call so many times; the values together are one answer, which saves as many trips over the pipe."""
        found = self._shell.user_ns.get(function, _ABSENT)
        if found is _ABSENT or not _callable(found):
            return {"status": "missing", "function": function, "why": ""}
        return {"status": "ok", "value": [found(*args) for _ in range(times)]}

    def _read(self, function: str) -> dict[str, Any]:
        found = self._shell.user_ns.get(function, _ABSENT)
        if found is _ABSENT:
            return {"status": "missing", "function": function, "why": ""}
        return {"status": "ok", "value": found}

    def _call_method(self, target: Any, method: str, given: Packed, keep: dict[str, int]) -> dict[str, Any]:
        return self._invoke(_getattr(target, method), given, keep)

    def _invoke(self, function: Any, given: Packed, keep: dict[str, int]) -> dict[str, Any]:
        """Call it. `keep` has the names of what stays here, by its position in the returned tuple; -1 is the whole."""
        args, kwargs = decode(given.data, self._objects.kept, self._objects.callback)
        with warnings.catch_warnings(record=True, module=warnings) as caught:
            warnings.simplefilter("always")
            value = function(*args, **kwargs)
        handle = self._objects.handle
        if "-1" in keep:
            value = handle(value, keep["-1"])
        elif keep and type(value) is _tuple:
            positions = [(_str(i), item) for i, item in _enumerate(value)]
            value = _tuple([handle(item, keep[i]) if i in keep else item for i, item in positions])
        texts = [text_of(w.message) for w in caught[:20] if isinstance(w.message, Warning)]
        left = None if self._as_sent(args, kwargs, given) else (args, kwargs)
        return {"status": "ok", "value": value, "given": left, "warnings": _tuple(texts)}

    def _as_sent(self, args: Any, kwargs: Any, given: Packed) -> bool:
        """Whether the arguments are, to the byte, what the judge sent."""
        try:
            return encode((args, kwargs), self._objects.keep_as_sent) == given.data
        except WireError:
            return False

    def _attribute(self, target: Any, name: str) -> dict[str, Any]:
        return {"status": "ok", "value": _getattr(target, name)}

    def _put(self, value: Any, key: int) -> dict[str, Any]:
        return {"status": "ok", "value": self._objects.handle(value, key)}

    def _fetch(self, target: Any) -> dict[str, Any]:
        return {"status": "ok", "value": target}

    def _rng_state(self, rng: Any) -> dict[str, Any]:
        return {"status": "ok", "value": repr(rng.bit_generator.state)}

    def _probe(self, name: str, args: tuple[Any, ...], keep: int) -> dict[str, Any]:
        """`keep` names the value, which then stays here; 0 sends it."""
        value = _run_probe(name, args)
        return {"status": "ok", "value": self._objects.handle(value, keep) if keep else value}

    def _replace(self, functions: dict[str, Any]) -> dict[str, Any]:
        names = self._shell.user_ns
        for name, own in self._replaced.items():
            if own is _ABSENT:
                names.pop(name, None)
            else:
                names[name] = own
        self._replaced = {name: names.get(name, _ABSENT) for name in functions}
        names.update({name: _defined(name, given) for name, given in functions.items()})
        return {"status": "ok", "value": None}


def _defined(name: str, given: Any) -> Any:
    """A function of the judge's side as it is, or the one that a source defines (see `autograde.judge.beside`)."""
    if type(given) is not str:
        return given
    namespace: dict[str, Any] = {}
    _exec(given, namespace)
    return namespace[name]


def serve(fd: int, shell: CellShell) -> None:
    """Serve the judge at the other end of `fd`, then leave without running any exit handler."""
    with socket.socket(fileno=fd) as sock:
        try:
            Host(sock, shell).serve()
        except MemoryError:
            os._exit(77)
        except _BaseException:
            os._exit(78)
    os._exit(0)
