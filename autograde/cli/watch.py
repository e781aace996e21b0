"""Watching a run: a progress bar for people, event lines for machines, and a log file for afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import pathlib
import sys
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from autograde.model import Status, SubmissionStatus, SubmissionVerdict
from autograde.record.changes import Change

RECENT = 60.0
"""Seconds of the past that the speed shown is measured over."""


class Watch:
    """Tells of one lesson's run. Starts no thread, so that workers can be forked at any time."""

    def __init__(self, lesson: str, as_json: bool, log_file: pathlib.Path) -> None:
        self._lesson, self._as_json = lesson, as_json
        self._log = _logger(log_file)
        self._finished: list[float] = []
        self._recorded = 0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
        )
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, auto_refresh=False)
        self._task: TaskID | None = None
        self._total = 0

    def __enter__(self) -> Watch:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if error is not None:
            self._log.info("%s stopped: %s", self._lesson, error or kind.__name__ if kind else "")
        for handler in self._log.handlers:
            handler.close()

    def start(self, todo: int, kept: int, seed: int, workers: str) -> None:
        """The run begins: `kept` verdicts still hold."""
        self._total, self._began = todo, time.monotonic()
        self._task = self._progress.add_task(self._lesson, total=todo, speed="")
        self._log.info(
            "%s: %d submissions to grade, %d unchanged, seed %d, %s", self._lesson, todo, kept, seed, workers
        )
        self._event("start", lesson=self._lesson, to_grade=todo, unchanged=kept, seed=seed)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar away while something else is printed."""
        self._progress.stop()
        yield
        self._progress.start()

    def judged(self) -> None:
        """One submission has a verdict, on record or not."""
        self._finished.append(time.monotonic())
        self.tick(advance=1)

    def changes(self, found: Sequence[Change]) -> None:
        """The marks on record that are about to change."""
        for change in found:
            self._log.info(
                "%s %s would change: %s → %s", change.student, change.exercise, change.old, change.new
            )
            self._event("change", lesson=self._lesson, **dataclasses.asdict(change))

    def graded(self, verdict: SubmissionVerdict) -> None:
        """One submission is on record."""
        self._recorded += 1
        self._log.info("%s", as_line(verdict))
        self._event(
            "graded",
            lesson=verdict.lesson,
            student=verdict.student,
            status=verdict.status,
            score=verdict.score,
            max_score=verdict.max_score,
            seconds=round(verdict.seconds, 3),
            done=self._recorded,
            of=self._total,
        )

    def tick(self, advance: int = 0) -> None:
        """Draw the bar anew."""
        if self._task is not None:
            self._progress.update(self._task, advance=advance, speed=self.speed())
            self._progress.refresh()

    def done(self, verdicts: list[SubmissionVerdict]) -> None:
        """The run is over."""
        seconds = time.monotonic() - self._began
        graded = sum(v.status is SubmissionStatus.GRADED for v in verdicts)
        text = "%s: %d of %d submissions have a mark; %d graded now in %.1f s"
        self._log.info(text, self._lesson, graded, len(verdicts), self._recorded, seconds)
        self._event(
            "done",
            lesson=self._lesson,
            graded=graded,
            submissions=len(verdicts),
            graded_now=self._recorded,
            seconds=round(seconds, 3),
        )

    def speed(self) -> str:
        """`54 a minute, 3 min left`: over the last minute."""
        recent = [t for t in self._finished if t > time.monotonic() - RECENT]
        if not recent:
            return "starting"
        a_minute = 60 * len(recent) / max(time.monotonic() - max(self._began, recent[0] - 1), 1.0)
        left = 60 * (self._total - len(self._finished)) / a_minute
        return f"{a_minute:.0f} a minute, {_duration(left)} left"

    def _event(self, name: str, **values: Any) -> None:
        if self._as_json:
            print(json.dumps({"event": name, **values}), file=sys.stdout, flush=True)


def as_line(verdict: SubmissionVerdict) -> str:
    """One submission on one line of the log."""
    lost = [
        f"{v.exercise} {v.score:g}/{v.max_score:g} {v.misconception or v.status}"
        for v in verdict.exercises
        if v.status is not Status.PASSED
    ]
    mark = f"{verdict.score:g}/{verdict.max_score:g}"
    message = verdict.message.strip().splitlines()[-1:]
    notes = "; ".join([*verdict.repairs, *lost, *message])
    return f"{verdict.student} {verdict.status} {mark} in {verdict.seconds:.2f} s" + (
        f": {notes}" * bool(notes)
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _QuietFileHandler(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A log that cannot be written (a full disk) must not end the run it tells of."""


def _logger(path: pathlib.Path) -> logging.Logger:
    log = logging.Logger("autograde.grade", logging.INFO)
    try:
        path.parent.mkdir(exist_ok=True)
        handler: logging.Handler = _QuietFileHandler(path, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
    return log
