"""Asking ahead: fewer messages, the same answers, and nothing that was asked too much counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograde.engine.session import Session
from autograde.ingest.align import Aligned, AlignedCell
from autograde.judge.exercise import Exercise
from autograde.judge.judge import judge
from autograde.judge.subject import Strayed
from autograde.judge.trial import Trial
from autograde.model import ExerciseVerdict, Status
from autograde.student.ahead import MOST_REQUESTS, Scripts, Step
from autograde.student.remote import Limits, WarmProcess


@pytest.fixture(scope="module")
def started() -> Iterator[WarmProcess]:
    with WarmProcess() as process:
        yield process


@pytest.fixture
def room(started: WarmProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(started, "_scripts", Scripts())
    return Room(started, tmp_path, monkeypatch)


@dataclasses.dataclass
class Room:
    """Judges cells in student processes, and counts the messages to the latest."""

    warm: WarmProcess
    scratch: Path
    monkeypatch: pytest.MonkeyPatch
    sent: int = 0

    def judge(
        self, exercise: Exercise, cell: str, ahead: bool = True, seconds: float = 20
    ) -> ExerciseVerdict:
        process = self.warm.spawn(self.scratch, Limits(memory_bytes=1 << 30))
        assert process.run_cell(cell).ok
        self.sent, send = 0, process.send

        def counted(*args: Any, **kwargs: Any) -> None:
            self.sent += 1
            send(*args, **kwargs)

        self.monkeypatch.setattr(process, "send", counted)
        try:
            return judge(exercise, process.subject(seconds, ahead), 7)
        finally:
            process.kill()

    def graded(self, exercise: Exercise, cell: str) -> ExerciseVerdict:
        """As a submission is graded: with a new process where this one has strayed."""
        cells = [
            AlignedCell("f", "exercise", "f", cell, True, True, (), {}),
            AlignedCell("test_f", "test", "f", "", False, True, (), {}),
        ]
        session = Session(self.warm, self.scratch, Aligned(tuple(cells), ()), {"f": exercise}, 7)
        return session.verdicts()["f"]


def exercise_of(run: Callable[[Trial], None], reference: Callable[..., Any]) -> Exercise:
    """One function f, and one aspect."""
    made = Exercise(
        name="f", lesson="x", functions=("f",), title="f", section="f", difficulty=1, minutes=1, lines=1, hints=()
    )  # fmt: skip
    made.references["f"] = reference
    made.aspect("values", points=2)(run)
    return made


def doubling() -> Exercise:
    """20 numbers to double. Where one is wrong, the second request of its case is left out."""

    def run(trial: Trial) -> None:
        for i in range(20):
            with trial.case(f"{i}"):
                trial.close(trial.call("f", float(i)), 2.0 * i, "f(x)")
                trial.close(trial.call("f", np.full(3, float(i))), np.full(3, 2.0 * i), "f(x)")

    return exercise_of(run, lambda x: 2 * x)


class Counter:
    """What `counting` asks for."""

    n = 0

    def count(self) -> None:
        self.n += 1

    def seen(self) -> int:
        return self.n


def counting() -> Exercise:
    """An object of the student's: every case looks at it, and then counts on; wrong answers leave the counting out."""

    def run(trial: Trial) -> None:
        counter = trial.call("f", keep=(-1,))
        for i in range(3):
            with trial.case(f"{i}"):
                seen = trial.call_method(counter, "seen", observe=False)
                trial.close(seen, i, "seen()")
                trial.call_method(counter, "count", changes=True)

    return exercise_of(run, Counter)


DOUBLE = "def f(x):\n    return 2 * x"
COUNTER = (
    "class f:\n    n = 0\n    def count(self):\n        self.n += 1\n"
    "    def seen(self):\n        return self.n + (10 if self.n == 1 else 0)"
)
RIGHT_COUNTER = COUNTER.replace("10", "0")


def test_what_one_submission_was_asked_is_asked_of_the_next_in_few_messages(room: Room) -> None:
    first = room.judge(doubling(), DOUBLE)
    asked_one_by_one = room.sent
    second = room.judge(doubling(), "def f(x):\n    return x + x")
    assert (asked_one_by_one, room.sent) == (40, -(-40 // MOST_REQUESTS))
    assert first.status is second.status is Status.PASSED


def test_what_is_left_out_after_a_mistake_changes_no_word(room: Room) -> None:
    wrong = "def f(x):\n    return 7.0 if isinstance(x, float) and x == 3 else 2 * x"
    alone = room.judge(doubling(), wrong, ahead=False)
    room.judge(doubling(), DOUBLE)
    ahead = room.judge(doubling(), wrong)
    assert alone.status is Status.FAILED
    assert dataclasses.replace(ahead, seconds=0) == dataclasses.replace(alone, seconds=0)


def test_a_function_that_fails_has_taught_nothing(room: Room) -> None:
    room.judge(doubling(), "def f(x):\n    return 3 * x")
    room.judge(doubling(), DOUBLE)
    assert room.sent == 40


def test_kept_objects_and_generators_are_asked_ahead_too(room: Room) -> None:
    def run(trial: Trial) -> None:
        rng = trial.rng_handle()
        made = trial.call("f", rng, keep=(-1,), changes=True)
        first = trial.call_method(made, "draw", changes=True)
        trial.require(first != trial.call_method(made, "draw", changes=True), "the same twice")
        trial.require(trial.advanced(rng, lambda: trial.call_method(made, "draw")), "not from rng")

    exercise = exercise_of(run, lambda rng: None)
    cell = (
        "class f:\n    def __init__(self, rng):\n        self.rng = rng\n"
        "    def draw(self):\n        return float(self.rng.normal())"
    )
    assert room.judge(exercise, cell).status is Status.PASSED
    one_by_one = room.sent
    assert room.judge(exercise, cell).status is Status.PASSED
    assert (one_by_one, room.sent) == (6, 1)


def test_an_object_that_was_asked_too_much_is_not_asked_again(room: Room) -> None:
    assert room.judge(counting(), RIGHT_COUNTER).status is Status.PASSED
    with pytest.raises(Strayed):
        room.judge(counting(), COUNTER)


def test_after_straying_the_verdict_is_that_of_one_request_at_a_time(room: Room) -> None:
    alone = room.judge(counting(), COUNTER, ahead=False)
    room.judge(counting(), RIGHT_COUNTER)
    graded = room.graded(counting(), COUNTER)
    assert alone.status is Status.FAILED
    assert dataclasses.replace(graded, seconds=0) == dataclasses.replace(alone, seconds=0)


def test_requests_that_depend_on_answers_are_asked_when_their_time_has_come(room: Room) -> None:
    def run(trial: Trial) -> None:
        x = 1.0
        for _ in range(5):
            x = trial.call("f", x)
        trial.close(x, 32.0, "f(f(x))", rtol=1e-6)
        trial.call("f", 7.0)

    exercise = exercise_of(run, lambda x: 2 * x)
    other = "def f(x):\n    return 2 * x * (1 + 1e-15)"  # another last bit
    for cell in (DOUBLE, other, DOUBLE):
        assert room.judge(exercise, cell).status is Status.PASSED
    steps = room.warm._scripts.steps("f/values, seed 7")
    assert [bool(step.data) for step in steps] == [True, False, False, False, False, True]


def test_a_function_that_hangs_on_what_was_left_out_is_not_charged_for_it(room: Room) -> None:
    def run(trial: Trial) -> None:
        with trial.case("1"):
            trial.close(trial.call("f", 1.0), 2.0, "f(x)")
            trial.call("f", np.full(3, 1.0))

    exercise = exercise_of(run, lambda x: 2 * x)
    exercise.seconds = 1.5
    room.judge(exercise, DOUBLE)
    hangs = "import numpy\ndef f(x):\n    while isinstance(x, numpy.ndarray): pass\n    return 3 * x"
    assert room.graded(exercise, hangs).status is Status.FAILED


def test_a_stuck_process_counts_when_the_very_answer_was_wanted(room: Room) -> None:
    room.judge(doubling(), DOUBLE)
    stuck = "import numpy\ndef f(x):\n    while isinstance(x, numpy.ndarray) and x[0] == 5: pass\n    return 2 * x"
    assert room.judge(doubling(), stuck, seconds=1.5).status is Status.TIMED_OUT


def test_an_aspect_that_begins_again_has_objects_of_its_own(room: Room) -> None:
    process = room.warm.spawn(room.scratch, Limits(memory_bytes=1 << 30))
    process.run_cell("def f(rng):\n    return float(rng.normal())")
    drawn = []
    for _ in range(2):
        subject = process.subject(5)
        subject.begin("f/values")
        drawn.append(subject.call("f", (subject.new_rng(3),), {}).value)
        subject.end(passed=True)
    process.kill()
    assert drawn[0] == drawn[1]


def test_scripts_keep_what_all_were_asked() -> None:
    scripts, (a, b, c) = Scripts(), (Step(name) for name in (b"a", b"b", b"c"))
    scripts.learn("x", [a, b, c])
    scripts.learn("x", [a, c, c])
    assert scripts.steps("x") == (a, Step(), c)
    scripts.learn("x", [a, c])
    assert scripts.steps("x") == (a, Step())
    assert scripts.first_number("x") == scripts.first_number("x") != scripts.first_number("y")
