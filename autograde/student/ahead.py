"""Asking ahead. What an aspect asks hardly ever depends on the answers, so a submission that passed it tells what the
next one will be asked: many requests travel in one message, and the two processes need not wait for each other.

The judge still makes every request itself, and takes an answer only for the very bytes that it would have sent.
Where it leaves requests out, because a check has failed, or makes others, because they depend on an answer, the student's
process has been asked too much. That has no consequence for functions that are called with values; an object that it
has touched (an optimizer that made a step, a generator that was drawn from) must not be asked again: the judge has then
`Strayed`, and the exercise is judged once more in a new process, one request at a time.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from autograde.judge.subject import Strayed
from autograde.wire.values import MAX_NUMBER, Packed

MOST_REQUESTS, MOST_BYTES = 32, 1 << 20
"""In one message."""
MOST_LABELS, MOST_KNOWN = 4096, 64 << 20
"""Of all that is known, and its bytes."""
_PLACE_BITS = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One request of an aspect. `data` is empty where another submission is asked something else.

    `objects` are the keys of the objects that it speaks of or makes.
    """

    data: bytes = b""
    objects: frozenset[int] = frozenset()


class Scripts:
    """What aspects ask, as far as submissions that passed them have shown. Threads may share one."""

    def __init__(self) -> None:
        self._steps: dict[str, tuple[Step, ...]] = {}
        self._places: dict[str, int] = {}
        self._next = itertools.count(1)
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it is time for new ones."""
        return len(self._places) > MOST_LABELS or self._bytes > MOST_KNOWN

    def first_number(self, label: str) -> int:
        """From where this aspect's objects are numbered, the same each time."""
        return self._places.setdefault(label, next(self._next)) << _PLACE_BITS

    def steps(self, label: str) -> tuple[Step, ...]:
        """What this aspect asks; nothing where that is not known."""
        return self._steps.get(label, ())

    def learn(self, label: str, asked: Sequence[Step]) -> None:
        """A submission that passed the aspect was asked this. What differs from the ones before is not known ahead."""
        known = self._steps.get(label)
        if known is None:
            self._steps[label] = tuple(asked)
            self._bytes += sum(len(step.data) for step in asked)
        elif known != tuple(asked):
            pairs = zip(known, asked, strict=False)
            self._steps[label] = tuple(old if old == new else Step() for old, new in pairs)


class Numbers:
    """Numbers for the judge's objects in one process, where none may be used twice."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._others = itertools.count(MAX_NUMBER // 2)

    def begin(self, label: str, scripts: Scripts) -> Iterable[int] | None:
        """Those that every process uses for this aspect; None where it has begun before."""
        if label in self._begun:
            return None
        self._begun.add(label)
        return itertools.count(scripts.first_number(label))

    @property
    def others(self) -> Iterable[int]:
        """Those that mean something else in every process."""
        return self._others


class Pipe(Protocol):
    """A student process as seen from here."""

    def ask_one(self, request: bytes) -> dict[str, object]:
        """The answer to one request; those that are still awaited are left unread."""

    def ask_several(self, requests: Sequence[bytes]) -> None:
        """Send several requests; `next_answer` has their answers in turn."""

    def next_answer(self) -> dict[str, object]:
        """The next answer to what was asked together."""

    def leave_unread(self, count: int) -> None:
        """Pass over so many answers."""


class Asker:
    """Asks one process for the judge, ahead where it knows what comes."""

    def __init__(self, pipe: Pipe, scripts: Scripts, numbers: Numbers, ahead: bool = True) -> None:
        self._pipe, self._scripts, self._numbers, self._ahead = pipe, scripts, numbers, ahead
        self._start("", None)

    def begin(self, label: str) -> None:
        """What comes next is asked for this aspect."""
        self._start(label, self._numbers.begin(label, self._scripts))

    def _start(self, label: str, numbers: Iterable[int] | None) -> None:
        self._label = "" if numbers is None else label
        self._new = iter(self._numbers.others if numbers is None else numbers)
        self._steps = self._scripts.steps(self._label) if self._ahead else ()
        self._asked: list[Step] = []
        self._read = self._sent = 0
        self._touched: set[int] = set()
        self._kin: dict[int, set[int]] = {}

    def stumble(self) -> None:
        """A check has failed: requests are left out, so objects from here on are not those of other submissions."""
        self._new = iter(self._numbers.others)

    def end(self, passed: bool) -> None:
        """The aspect is over: what it has asked for can be asked of others ahead."""
        self._pass_over(self._sent)
        if passed and self._label:
            self._scripts.learn(self._label, self._asked)
        self._start("", None)

    def new_number(self) -> int:
        """A number for an object of the judge's on the student's side."""
        return next(self._new)

    def ask(self, request: Packed, makes: Iterable[int] = ()) -> dict[str, Any]:
        """The answer to one request, which gives these keys to objects."""
        step = Step(request.data if request.repeatable else b"", request.objects.union(makes))
        self._asked.append(step)
        found = self._find(step)
        self._pass_over(self._sent if found is None else min(found, self._sent))
        if self._related(step.objects) & self._touched:
            raise Strayed("an object has been asked ahead what it was not to be asked")
        if found is None:
            return self._pipe.ask_one(request.data)
        if found >= self._sent:
            self._send(found)
        self._read = found + 1
        return self._pipe.next_answer()

    def _find(self, step: Step) -> int | None:
        """Where this request stands among the known ones that follow."""
        try:
            return self._steps.index(step, self._read) if step.data else None
        except ValueError:
            return None

    def _pass_over(self, until: int) -> None:
        """Leave the answers until there unread."""
        passed_over = self._steps[self._read : until]
        self._read = max(self._read, until)
        for step in passed_over:
            self._touched |= self._related(step.objects)
        if passed_over:
            self._pipe.leave_unread(len(passed_over))

    def _related(self, objects: frozenset[int]) -> set[int]:
        """These and all that a request has ever spoken of together with them: they may be parts of each other."""
        together = set(objects).union(*[self._kin[key] for key in objects if key in self._kin])
        self._kin.update(dict.fromkeys(together, together))
        return together

    def _send(self, first: int) -> None:
        """Ask for what is known from there on, as far as it goes into one message."""
        size, end = 0, first
        for step in self._steps[first : first + MOST_REQUESTS]:
            size += len(step.data)
            if not step.data or (size > MOST_BYTES and end > first):
                break
            end += 1
        self._pipe.ask_several([step.data for step in self._steps[first:end]])
        self._sent = end
