"""Every attack ends as it must: no point, no secret, nothing left, an honest status, and the next one graded right."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pathlib
import secrets
import socket
import time
from collections.abc import Iterator

import pytest

from autograde.confine.watch import descendants
from autograde.engine import session
from autograde.engine.lesson import Lesson
from autograde.engine.submission import Graded, grade_bytes
from autograde.model import Status, SubmissionStatus
from autograde.student.remote import WarmProcess
from tests.attacks import answering, cheating, ending, exhausting, reading, writing  # noqa: F401 - declare attacks
from tests.attacks.catalogue import ATTACKS, Attack
from tests.attacks.files import FILES

TARGET, OTHERS = "sigmoid", ("xavier_normal", "relu", "clip_by_value")
SECRET = "SECRET-" + secrets.token_hex(16)
pytestmark = pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux confines")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the attacks run: secrets planted all around, a port and sockets to reach."""

    warm: WarmProcess
    lesson: Lesson
    names: dict[str, object]


@pytest.fixture(scope="module")
def place(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("class")
    for name in (
        "gradebook.db",
        "submitted/other/notebook.ipynb",
        "solutions/master.py",
        "autograded/a.ipynb",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"BEGIN SOLUTION {SECRET}")
    home = pathlib.Path.home() / f".planted-{os.getpid()}"
    home.write_text(SECRET)
    os.environ["AUTOGRADE_TEST_TOKEN"] = SECRET
    abstract, path = f"autograde-test-{os.getpid()}", str(folder / "socket")
    with socket.create_server(("127.0.0.1", 0)) as server, _listening("\0" + abstract), _listening(path):
        names = {
            "root": lesson.master.path.parents[2], "class_folder": folder, "grader": os.getpid(),
            "port": server.getsockname()[1], "abstract": abstract, "socket_file": path, "scratch": "/tmp",
        }  # fmt: skip
        quick = {n: lesson.exercises[n] for n in lesson.exercises if n in (TARGET, *OTHERS)}
        quick[TARGET] = _quick(quick[TARGET])
        with WarmProcess(hidden=[folder]) as warm:
            yield Place(warm, dataclasses.replace(lesson, exercises=quick), names)
    home.unlink()
    del os.environ["AUTOGRADE_TEST_TOKEN"]


def _quick(exercise):
    """Only the attacked exercise is given less time than in a class; the right ones must pass on a busy machine too."""
    changed = copy.copy(exercise)
    changed.seconds = 2.0
    return changed


def _listening(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen()
    return sock


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hanging cells are given less time than in a class."""
    monkeypatch.setitem(session.CELL_SECONDS, "exercise", 3.0)


def grade(place: Place, data: bytes) -> Graded:
    return grade_bytes(data, "attack.ipynb", "mallory", place.lesson, place.warm, 11)


def with_cell(place: Place, source: str) -> bytes:
    notebook = copy.deepcopy(place.lesson.instructor)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == TARGET:
            cell.source = source
    return json.dumps(notebook).encode()


def solved(place: Place) -> bytes:
    return json.dumps(place.lesson.instructor).encode()


def source_of(place: Place, attack: Attack) -> str:
    """The attack with the addresses it was given; braces of its own are doubled where it has any such field."""
    fields = [f"{{{name}}}" for name in place.names]
    if any(field in attack.source for field in fields) or "{{" in attack.source:
        text = attack.source
        for name, value in place.names.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text.replace("{{", "{").replace("}}", "}")
    return attack.source


def everything_kept(graded: Graded) -> str:
    return json.dumps(graded.verdict.to_dict()) + (graded.notebook or "")


def planted() -> set[str]:
    """Files that attacks try to leave where they do not belong."""
    places = [pathlib.Path(p) for p in ("/", "/tmp", "/dev/shm", "/etc", "/usr/lib", "/var/tmp")]
    return {str(p / n) for p in places for n in ("planted", "owned", "inputs") if (p / n).exists()}


def left_running(warm: WarmProcess) -> list[int]:
    """What the warm process still has below it: with it all orphans end up."""
    process = warm._link._process
    assert process is not None
    return [pid for pid in descendants(process.pid) if pid != process.pid]


CASES = [pytest.param(a, id=a.name, marks=[pytest.mark.slow] if a.slow else []) for a in ATTACKS.values()]


@pytest.mark.parametrize("attack", CASES)
def test_an_attack_gains_nothing(place: Place, attack: Attack) -> None:
    files = planted()
    graded = grade(place, with_cell(place, source_of(place, attack)))
    verdicts = {v.exercise: v for v in graded.verdict.exercises}
    attacked = verdicts[TARGET]
    assert graded.verdict.status is SubmissionStatus.GRADED
    assert attacked.score == 0
    assert attacked.status in attack.statuses, attacked.message
    assert attack.says in attacked.message
    assert len(attacked.message) < 3000
    lost = {n: verdicts[n].message for n in OTHERS if verdicts[n].status is not Status.PASSED}
    assert lost == {}, "the right functions of the same notebook"
    kept = json.dumps(graded.verdict.to_dict())
    assert SECRET not in everything_kept(graded)
    for trace in ("SECRET-", "BEGIN SOLUTION", "autograde.exercises"):
        assert trace not in attacked.message
        assert trace not in kept
    assert left_running(place.warm) == []
    assert planted() == files


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_costs_its_author_alone(place: Place, name: str) -> None:
    start = time.monotonic()
    graded = grade(place, FILES[name](place.lesson.instructor))
    assert graded.verdict.status in (SubmissionStatus.GRADED, SubmissionStatus.UNREADABLE)
    if graded.verdict.status is SubmissionStatus.GRADED:
        assert graded.verdict.score == graded.verdict.max_score
    else:
        assert graded.verdict.message and len(graded.verdict.message) < 1000
    assert time.monotonic() - start < 20


def test_after_all_of_it_the_next_submission_is_graded_right(place: Place) -> None:
    graded = grade(place, solved(place))
    assert graded.verdict.score == graded.verdict.max_score
    assert {"own files", "own network", "seccomp"} <= set(graded.verdict.sandbox)
