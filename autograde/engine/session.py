"""One submission's code, run and judged in the order of its cells.

A hung or dead process ends neither the session nor the exercises after it: the next one that is needed starts
fresh and replays the cells so far, without those that hung or killed the process when they ran.
"""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Collection, Mapping

from autograde.engine.explain import explain_cell
from autograde.engine.reach import reachable
from autograde.ingest.align import Aligned, AlignedCell
from autograde.judge.exercise import Aspect, Exercise, Function
from autograde.judge.judge import better, grader_fault, judge
from autograde.judge.subject import Strayed, StudentError, SubjectLost
from autograde.model import ExerciseVerdict, Status
from autograde.student.remote import CellResult, StudentProcess, WarmProcess

CELL_SECONDS = {"setup": 30.0, "exercise": 5.0, "added": 10.0}
SESSION_SECONDS = 150.0
RUNNABLE = tuple(CELL_SECONDS)

Outcome = CellResult | StudentError


@dataclasses.dataclass(slots=True)
class Session:
    """Runs an aligned notebook and judges its exercises; use `verdicts()` once.

    `kept` are verdicts of an earlier run that still hold: their exercises are not judged again, unless one they use
    has turned out wrong since.
    """

    warm: WarmProcess
    scratch: pathlib.Path
    aligned: Aligned
    exercises: Mapping[str, Exercise]
    seed: int
    kept: Mapping[str, ExerciseVerdict] = dataclasses.field(default_factory=dict)
    layers: tuple[str, ...] = ()
    _process: StudentProcess | None = None
    _position: int = 0
    _poisonous: set[int] = dataclasses.field(default_factory=set)
    _outcomes: dict[int, Outcome] = dataclasses.field(default_factory=dict)
    _asked_for: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    _deadline: float = 0.0

    def verdicts(self) -> dict[str, ExerciseVerdict]:
        """Judge every exercise where its test cell stands, then once more what did not pass."""
        self._deadline = time.monotonic() + SESSION_SECONDS
        try:
            found = {}
            for index, cell in enumerate(self.aligned.cells):
                name = cell.exercise
                if cell.kind == "test" and name in self.exercises and name not in self.kept:
                    found[name] = self._judge(index, self.exercises[name])
            return self._second_round({**self.kept, **found}, found)
        finally:
            self._end_process()

    def _judge(
        self, index: int, exercise: Exercise, stand_ins: Mapping[str, Function] | None = None
    ) -> ExerciseVerdict:
        source_index = self._cell_of(exercise.name)
        try:
            verdict = self._asked(index, exercise, stand_ins)
        except StudentError as error:
            text = f"The code before this exercise kept ending its process. {error}"
            return ExerciseVerdict(exercise.name, error.status, 0.0, exercise.points, text)
        except Exception as error:
            return grader_fault(exercise, repr(error))
        outcome = self._outcomes.get(source_index) if source_index is not None else None
        return explain_cell(verdict, exercise, outcome)

    def _asked(
        self, index: int, exercise: Exercise, stand_ins: Mapping[str, Function] | None
    ) -> ExerciseVerdict:
        """The verdict; once more in a new process where this one was lost, or asked what was not to be asked."""
        ahead = True
        for _ in range(2):
            try:
                return self._asked_once(index, exercise, stand_ins, ahead)
            except Strayed:
                self._end_process()
                ahead = False
            except SubjectLost:
                pass
        return self._asked_once(index, exercise, stand_ins, ahead)

    def _asked_once(
        self, index: int, exercise: Exercise, stand_ins: Mapping[str, Function] | None, ahead: bool
    ) -> ExerciseVerdict:
        subject = self._process_at(index).subject(exercise.seconds, ahead)
        self._asked_for[exercise.name] = subject.asked
        return judge(exercise, subject, self.seed, stand_ins)

    def _second_round(
        self, first: dict[str, ExerciseVerdict], fresh: Collection[str]
    ) -> dict[str, ExerciseVerdict]:
        """One mistake is charged once: judge again with the references answering for the failed functions."""
        failed = [n for n, v in first.items() if v.status is not Status.PASSED]
        references = {
            name: f
            for n in failed
            for name, f in self.exercises[n].references.items()
            if name in _failed_functions(self.exercises[n], first[n])
        }
        wrong = {name for n in failed if n in fresh for name in self.exercises[n].functions}
        final = dict(first)
        for name in failed:
            if name not in fresh and not wrong & set(self.exercises[name].uses):
                continue
            worth = first[name].status in (Status.FAILED, Status.PARTIAL, Status.RAISED)
            stand_ins = self._stand_ins(self.exercises[name], references)
            if worth and self._may_help(first[name], stand_ins) and time.monotonic() < self._deadline:
                # In a process of its own: what code saw of a reference must not help it in another exercise.
                self._end_process()
                again = self._judge(len(self.aligned.cells), self.exercises[name], stand_ins)
                final[name] = better(self.exercises[name], first[name], again)
        return final

    def _stand_ins(self, exercise: Exercise, references: Mapping[str, Function]) -> dict[str, Function]:
        """The references that may answer here: of what the exercise uses, and of its own functions but the last."""
        wanted = {*exercise.uses, *exercise.functions[:-1]}
        return {name: function for name, function in references.items() if name in wanted}

    def _may_help(self, first: ExerciseVerdict, stand_ins: Collection[str]) -> bool:
        """Whether an aspect that lost points would meet a stand-in: it never does for what it tests itself."""
        exercise = self.exercises[first.exercise]
        met = [set(stand_ins) - {*aspect.of, *exercise.tied_to} for aspect in _lost(exercise, first)]
        if not any(met) or exercise.name not in self._asked_for:
            return any(met)
        names = reachable(
            [cell.source for cell in self.aligned.cells if _runs(cell)],
            {*exercise.functions, *self._asked_for[exercise.name]},
        )
        return names is None or any(names & some for some in met)

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _cell_of(self, exercise: str) -> int | None:
        return next(
            (i for i, c in enumerate(self.aligned.cells) if c.kind == "exercise" and c.exercise == exercise),
            None,
        )

    def _process_at(self, index: int) -> StudentProcess:
        """A living process that has run every cell before `index`."""
        while True:
            process = self._living_process()
            try:
                while self._position < index:
                    self._run(process, self._position)
                    self._position += 1
                return process
            except StudentError as error:
                self._outcomes[self._position] = error
                self._poisonous.add(self._position)
                process.kill()
                if time.monotonic() > self._deadline:
                    raise

    def _living_process(self) -> StudentProcess:
        if self._process is None or not self._process.ready:
            self._end_process()
            self._process = self.warm.spawn(self.scratch)
            self.layers = tuple(self._process.layers)
            self._position = 0
        return self._process

    def _run(self, process: StudentProcess, index: int) -> None:
        cell = self.aligned.cells[index]
        if index in self._poisonous or not _runs(cell):
            return
        if cell.kind in RUNNABLE:
            self._outcomes[index] = process.run_cell(cell.source, CELL_SECONDS[cell.kind])
        else:
            process.define(cell.source, tuple(name for e in self.exercises.values() for name in e.functions))


def _runs(cell: AlignedCell) -> bool:
    """Whether anything of a cell is run: of an experiment only what it defines, if its author changed it."""
    if cell.kind == "experiment":
        return cell.changed
    return cell.kind in RUNNABLE and cell.is_code and bool(cell.source.strip())


def _lost(exercise: Exercise, verdict: ExerciseVerdict) -> list[Aspect]:
    """The aspects that lost points."""
    return [exercise.aspects[aspect.name] for aspect in verdict.aspects if aspect.earned < aspect.points]


def _failed_functions(exercise: Exercise, verdict: ExerciseVerdict) -> set[str]:
    """Those of an exercise's functions that an aspect which lost points tests; all where no aspect was run."""
    tested = {name for aspect in _lost(exercise, verdict) for name in aspect.of}
    return tested or set(exercise.functions)
