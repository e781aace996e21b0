"""What an aspect of an exercise works with: inputs to draw, calls to make, answers to check.

    @sigmoid.aspect("values", points=3, of="sigmoid")
    def _(trial):
        for z in inputs.activations(trial.rng):
            with trial.case(f"z of shape {z.shape}"):
                trial.close(trial.call("sigmoid", z), sigmoid(z), "sigmoid(z)", source=z)

A case that fails is written down and the next one goes on, so that the record of everything the functions
did (the *transcript*) can be held against each misconception's. Random functions are recorded as statistics.
"""

from __future__ import annotations

import contextlib
import dataclasses
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograde.judge.compare import ATOL, RTOL, Mismatch, check_close, same
from autograde.judge.subject import Answer, Handle, Missing, NotWritten, StudentError, Subject
from autograde.model import Status
from autograde.wire.tensors import is_tensor


@dataclasses.dataclass(frozen=True, slots=True)
class Observation:
    """One thing the functions under judgement did; `tolerance` widens equality for statistics."""

    what: str
    value: Any
    tolerance: float | None = None

    def equals(self, other: Observation) -> bool:
        """Whether both did the same here."""
        if self.what != other.what:
            return False
        if self.tolerance is not None:
            return same(self.value, other.value, rtol=0.0, atol=self.tolerance)
        return same(self.value, other.value)


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One case that went wrong, and the sentence for the student."""

    case: str
    text: str
    status: Status


class Trial:
    """One run of one aspect against one subject, with its own seeded generator for inputs."""

    def __init__(self, subject: Subject, seed: int, label: str) -> None:
        self.subject = subject
        self.rng = np.random.default_rng([seed, zlib.crc32(label.encode())])
        self.observations: list[Observation] = []
        self.problems: list[Problem] = []
        self.last_answer = Answer(None)

    @contextlib.contextmanager
    def case(self, description: str) -> Iterator[None]:
        """Check one input; a failure inside is written down under `description` and does not stop the aspect."""
        try:
            yield
        except Mismatch as mismatch:
            self._note(description, mismatch.text, Status.FAILED)
        except (NotWritten, Missing) as error:
            self.observations.append(Observation("not written", type(error).__name__))
            self._note(description, str(error), error.status)
        except StudentError as error:
            self.observations.append(Observation("error", type(error).__name__))
            self._note(description, str(error), error.status)
            if error.fatal:
                raise

    def _note(self, case: str, text: str, status: Status) -> None:
        self.problems.append(Problem(case, text, status))
        self.subject.stumble()

    def call(
        self,
        function: str,
        *args: Any,
        keep: tuple[int, ...] = (),
        changes: bool = False,
        observe: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Call the student's function and return its value.

        Raises `Mismatch` if it changed an array it was given, unless `changes` allows that.
        `observe=False` leaves the value out of the transcript (random functions: `observe` statistics instead).
        """
        answer = self.subject.call(function, args, kwargs, keep)
        return self._take(function, answer, args, kwargs, changes, observe)

    def call_many(self, function: str, *args: Any, times: int) -> list[Any]:
        """Call the student's function so many times with the same arguments; nothing goes into the transcript."""
        return self.subject.call_many(function, args, times)

    def call_method(
        self,
        target: Handle,
        method: str,
        *args: Any,
        keep: tuple[int, ...] = (),
        changes: bool = False,
        observe: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Call a method of an object the student's side keeps; otherwise as `call`."""
        answer = self.subject.call_method(target, method, args, kwargs, keep)
        return self._take(method, answer, args, kwargs, changes, observe)

    def probe(self, name: str, *args: Any, keep: bool = False) -> Any:
        """Ask a probe (see `autograde.probes`) of objects on the student's side; nothing goes into the transcript."""
        return self.subject.probe(name, args, keep)

    def _take(
        self,
        function: str,
        answer: Answer,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        changes: bool,
        observe: bool,
    ) -> Any:
        self.last_answer = answer
        if observe:
            self.observe(function, answer.value)
        if not changes:
            changed: list[int | str] = [
                i for i, x in enumerate(args) if not _unchanged([x], answer.arguments[i : i + 1])
            ]
            changed += [name for name, x in kwargs.items() if not _unchanged(x, answer.keywords.get(name))]
            self.observe(f"{function} changes its argument", changed)
            if changed:
                raise Mismatch(
                    "conduct",
                    f"{function} changes an array it was given. Work on a copy, or build a new array, so that "
                    "the caller's data stay as they were.",
                )
        return answer.value

    def observe(self, what: str, value: Any, tolerance: float | None = None) -> None:
        """Add to the transcript. `tolerance` (absolute) is for statistics of random values."""
        self.observations.append(Observation(what, value, tolerance))

    def close(
        self, got: Any, want: Any, what: str, *, source: Any = None, rtol: float = RTOL, atol: float = ATOL
    ) -> None:
        """Raise `Mismatch` unless `got` is `want`; see `compare.check_close`."""
        check_close(got, want, what, source=source, rtol=rtol, atol=atol)

    def require(self, condition: bool, text: str, kind: str = "value") -> None:
        """Raise `Mismatch` with this sentence unless the condition holds."""
        if not condition:
            raise Mismatch(kind, text)

    def unpack(self, got: Any, count: int, what: str) -> tuple[Any, ...]:
        """A returned tuple (or list) of exactly `count` values, or `Mismatch`."""
        if got is None:
            raise Mismatch("type", f"{what} is None. Did you forget a return?")
        if not isinstance(got, list | tuple) or len(got) != count:
            size = f"{len(got)} values" if isinstance(got, list | tuple) else "a single value"
            raise Mismatch("type", f"{what} should be {count} values; you returned {size}.")
        return tuple(got)

    def array_list(self, got: Any, count: int, what: str) -> list[Any]:
        """A returned list (a tuple is accepted) of `count` arrays, or `Mismatch`."""
        return list(self.unpack(got, count, what))

    def rng_handle(self, seed: int | None = None) -> Handle:
        """A generator on the student's side; a drawn seed unless one is given."""
        return self.subject.new_rng(int(self.rng.integers(2**32)) if seed is None else seed)

    def advanced(self, rng: Handle, action: Callable[[], Any]) -> bool:
        """Whether `action` drew from the generator."""
        before = self.subject.rng_state(rng)
        action()
        return self.subject.rng_state(rng) != before


def _unchanged(sent: Any, after: Any) -> bool:
    """Whether every array in `sent` is the same, to the bit, in `after`."""
    if sent is after:
        return True
    if isinstance(sent, np.ndarray):
        if not isinstance(after, np.ndarray) or after.shape != sent.shape:
            return False
        return after.dtype == sent.dtype and np.array_equal(sent, after, equal_nan=sent.dtype.kind == "f")
    if is_tensor(sent):
        if not is_tensor(after) or after.dtype != sent.dtype:
            return False
        return _unchanged(sent.detach().numpy(), after.detach().numpy())
    if isinstance(sent, list | tuple):
        if not isinstance(after, list | tuple) or len(sent) != len(after):
            return False
        return all(_unchanged(a, b) for a, b in zip(sent, after, strict=True))
    if isinstance(sent, dict):
        return isinstance(after, dict) and all(
            k in after and _unchanged(v, after[k]) for k, v in sent.items()
        )
    return True
