"""The functions under judgement, wherever they run.

A *subject* answers calls. In grading it is the student's process behind a pipe (`autograde.student.remote`);
for references and misconceptions it is plain functions in this process (`LocalSubject`). An exercise's
aspects are written once, against this protocol, and cannot tell which of the two they talk to.
"""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from autograde.model import Status
from autograde.probes import run_probe
from autograde.wire.tensors import is_tensor
from autograde.wire.values import Handle as Handle


class StudentError(Exception):
    """Something the student's side did instead of answering. `status` says what kind of thing.

    `fatal` errors end the exercise: there is no process left to ask.
    """

    status = Status.FAILED
    fatal = False


class SubjectLost(Exception):
    """The student's process ended through no fault of its own: the grader's machinery broke. Ask again in a new one."""


class Strayed(SubjectLost):
    """What was asked ahead has changed an object that is asked again. Begin again, and ask one request at a time."""


class Raised(StudentError):
    """The student's function raised: exception type, its text, and the line of student code."""

    status = Status.RAISED

    def __init__(self, kind: str, text: str = "", line: str = "") -> None:
        self.kind, self.text, self.line = kind, text, line
        super().__init__(f"{kind}: {text}" if text else kind)


class NotWritten(StudentError):
    """The stub is still there (it raises NotImplementedError)."""

    status = Status.NOT_ATTEMPTED


class Missing(StudentError):
    """No function of that name is defined where its test cell stands."""

    status = Status.NOT_ATTEMPTED

    def __init__(self, function: str, why: str = "") -> None:
        self.function, self.why = function, why
        super().__init__(f"{function} is not defined. {why}".strip())


class Malformed(StudentError):
    """The answer on the pipe was no answer: garbage, too large, too deep, of a forbidden kind."""

    status = Status.CRASHED
    fatal = True


class TimedOut(StudentError):
    """The exercise's time was used up; the process was stopped."""

    status = Status.TIMED_OUT
    fatal = True


class OutOfMemory(StudentError):
    """The memory limit was hit."""

    status = Status.OUT_OF_MEMORY
    fatal = True


class Crashed(StudentError):
    """The process ended in the middle of a call; `text` says how."""

    status = Status.CRASHED
    fatal = True


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one call.

    `arguments` and `keywords` are the arguments as the call left them, so that a changed one shows.
    `warnings` are the texts of Python warnings shown during the call.
    """

    value: Any
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Subject(Protocol):
    """What an exercise's aspects may ask of the code under judgement."""

    def begin(self, aspect: str) -> None:
        """What comes next is asked for this aspect: its name and the seed of its inputs."""

    def stumble(self) -> None:
        """A check has failed, so that what the aspect would have asked in the same case is left out."""

    def end(self, passed: bool) -> None:
        """All has been asked, and whether nothing was wrong with it."""

    def call(
        self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], keep: tuple[int, ...] = ()
    ) -> Answer:
        """Call `function(*args, **kwargs)`.

        Arguments: None, bool, int, float, str, list, tuple, dict with string keys, numpy arrays and
        scalars, torch tensors, `Handle`s, and plain Python callables (which become callbacks).
        Arrays keep dtype, shape and the kind of memory layout (C, Fortran, strided).
        `keep` lists positions of a returned tuple that stay on the student's side and come back as
        `Handle`s; `keep=(-1,)` keeps the whole value. What cannot be encoded comes back as a `Handle` too.

        Raises a `StudentError`.
        """

    def call_many(self, function: str, args: tuple[Any, ...], times: int) -> list[Any]:
        """The values of so many calls with the same arguments (a generator advances), in one message."""

    def read(self, name: str) -> Any:
        """The value of a name that is no function, such as a dict the student fills. Raises `Missing`."""

    def call_method(
        self,
        target: Handle,
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keep: tuple[int, ...] = (),
    ) -> Answer:
        """Call a method of a kept object; otherwise as `call`."""

    def attribute(self, target: Handle, name: str) -> Any:
        """Read an attribute of a kept object. Raises `Raised` (AttributeError) where there is none."""

    def put(self, value: Any) -> Handle:
        """Create a value on the student's side and keep it there."""

    def fetch(self, target: Handle) -> Any:
        """The present value of a kept object."""

    def new_rng(self, seed: int) -> Handle:
        """A fresh `numpy.random.Generator` on the student's side, seeded with `seed`."""

    def rng_state(self, rng: Handle) -> str:
        """A text that changes exactly when the generator has been drawn from."""

    def probe(self, name: str, args: tuple[Any, ...], keep: bool = False) -> Any:
        """Ask a probe (see `autograde.probes`) of objects on the student's side.

        `keep` leaves the result over there and returns a `Handle` to it.
        """

    def replace(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Let these names, in the student's namespace, be answered by the given functions.

        `replace({})` puts the student's own functions back.
        """


class LocalSubject:
    """A subject in this very process, for code that is trusted: references, variants, misconceptions."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = dict(functions)
        self._kept: dict[int, Any] = {}

    def begin(self, aspect: str) -> None:
        """Nothing to do: an answer is there as soon as it is asked for."""

    def stumble(self) -> None:
        """Nothing to do."""

    def end(self, passed: bool) -> None:
        """Nothing to do."""

    def call(
        self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], keep: tuple[int, ...] = ()
    ) -> Answer:
        if function not in self._functions:
            raise Missing(function)
        return self._run(self._functions[function], args, kwargs, keep)

    def call_many(self, function: str, args: tuple[Any, ...], times: int) -> list[Any]:
        return [self.call(function, args, {}).value for _ in range(times)]

    def read(self, name: str) -> Any:
        if name not in self._functions:
            raise Missing(name)
        return copy.deepcopy(self._functions[name])

    def call_method(
        self,
        target: Handle,
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keep: tuple[int, ...] = (),
    ) -> Answer:
        return self._run(getattr(self._kept[target.key], method), args, kwargs, keep)

    def attribute(self, target: Handle, name: str) -> Any:
        try:
            return copy.deepcopy(getattr(self._kept[target.key], name))
        except AttributeError as error:
            raise Raised("AttributeError", str(error)) from error

    def put(self, value: Any) -> Handle:
        return self._keep(self._arrive(value))

    def fetch(self, target: Handle) -> Any:
        value = self._kept[target.key]
        try:
            return copy.deepcopy(value)
        except Exception:  # such as a tensor that is part of a graph
            return value

    def new_rng(self, seed: int) -> Handle:
        return self._keep(np.random.default_rng(seed))

    def rng_state(self, rng: Handle) -> str:
        return repr(self._kept[rng.key].bit_generator.state)

    def probe(self, name: str, args: tuple[Any, ...], keep: bool = False) -> Any:
        try:
            value = run_probe(name, tuple(self._arrive(arg) for arg in args))
        except Exception as error:
            raise Raised(type(error).__name__, str(error)) from error
        return self._keep(value) if keep else value

    def replace(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Nothing to do: trusted functions call the references already."""

    def _keep(self, value: Any) -> Handle:
        handle = Handle(len(self._kept) + 1, type(value).__name__)
        self._kept[handle.key] = value
        return handle

    def _arrive(self, value: Any) -> Any:
        """What the far side of a pipe would receive: copies of data, the object behind a handle."""
        if isinstance(value, Handle):
            return self._kept[value.key]
        if isinstance(value, list | tuple):
            return type(value)(self._arrive(item) for item in value)
        if isinstance(value, dict):
            return {key: self._arrive(item) for key, item in value.items()}
        if isinstance(value, np.ndarray):
            return value.copy(order="K")
        if is_tensor(value):
            return value.detach().clone().requires_grad_(value.requires_grad)
        return value

    def _run(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keep: tuple[int, ...],
    ) -> Answer:
        arrived = tuple(self._arrive(arg) for arg in args)
        arrived_kwargs = {name: self._arrive(value) for name, value in kwargs.items()}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                value = function(*arrived, **arrived_kwargs)
            except NotImplementedError as error:
                raise NotWritten(str(error)) from error
            except Exception as error:
                raise Raised(type(error).__name__, str(error)) from error
        if keep == (-1,):
            value = self._keep(value)
        elif keep and isinstance(value, tuple):
            value = tuple(self._keep(v) if i in keep else v for i, v in enumerate(value))
        return Answer(value, arrived, arrived_kwargs, tuple(str(w.message) for w in caught))
