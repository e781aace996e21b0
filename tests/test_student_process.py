"""The student process: it answers, it is held, and whatever it does the judge gets an error in words."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograde.judge.subject import (
    Crashed,
    Handle,
    Malformed,
    Missing,
    NotWritten,
    OutOfMemory,
    Raised,
    SubjectLost,
    TimedOut,
)
from autograde.student import remote
from autograde.student.remote import ConfinementError, Limits, StudentProcess, WarmProcess

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcess]:
    with WarmProcess() as process:
        yield process


@pytest.fixture
def student(warm: WarmProcess, tmp_path: Path) -> Iterator[StudentProcess]:
    process = warm.spawn(tmp_path, Limits(memory_bytes=1 << 30))
    yield process
    process.kill()


def value(student: StudentProcess, source: str, *args: Any) -> Any:
    result = student.run_cell(source)
    assert result.ok, result
    return student.subject(10).call("f", args, {}).value


def test_cells_share_a_namespace_and_magics_run(student: StudentProcess) -> None:
    assert student.run_cell(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]); plt.show()\na = 2"
    ).ok
    assert value(student, "def f(x): return a * x", 3) == 6


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("1/0", "ZeroDivisionError"), ("def f(:", "SyntaxError"), ("import sys; sys.exit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"), ("raise NotImplementedError", "NotImplementedError"),
        ("input()", "StdinNotImplementedError"), ("%no_such_magic", "UsageError"),
    ],
)  # fmt: skip
def test_a_failed_cell_says_why(student: StudentProcess, source: str, kind: str) -> None:
    result = student.run_cell(source)
    assert not result.ok
    assert result.kind in (kind, "EOFError")
    assert student.run_cell("1").ok


def test_a_failed_cell_names_its_line(student: StudentProcess) -> None:
    result = student.run_cell("x = 1\ny = x / 0  # here\nz = 2")
    assert result.line == "y = x / 0  # here"


def test_only_definitions_are_run(student: StudentProcess) -> None:
    student.run_cell("def kept(): return 1")
    assert student.define(
        "import math\ndef kept(): return 2\ndef f(): return kept(), math.pi > 3\n1/0", ["kept"]
    ).ok
    assert student.subject(5).call("f", (), {}).value == (1, True)


def test_a_changed_argument_shows(student: StudentProcess) -> None:
    student.run_cell("def f(x, y):\n    x += 1\n    y['k'] = 2")
    answer = student.subject(5).call("f", (np.zeros(2),), {"y": {}})
    np.testing.assert_array_equal(answer.arguments[0], np.ones(2))
    assert answer.keywords == {"y": {"k": 2}}


def test_unchanged_arguments_are_not_sent_back(student: StudentProcess, monkeypatch) -> None:
    student.run_cell("def f(x): return 1.0")
    replies: list[dict[str, Any]] = []
    answer = student.answer
    monkeypatch.setattr(student, "answer", lambda until: replies.append(reply := answer(until)) or reply)
    given = np.ones(1000)
    assert student.subject(5).call("f", (given,), {}).arguments[0] is given
    assert replies[0]["given"] is None


def test_warnings_are_heard(student: StudentProcess) -> None:
    student.run_cell("import warnings\ndef f(): warnings.warn('careful')")
    assert student.subject(5).call("f", (), {}).warnings == ("careful",)


@pytest.mark.parametrize("layout", ["C", "F", "S"])
def test_a_layout_arrives(student: StudentProcess, layout: str) -> None:
    array = {"C": np.ones((2, 3)), "F": np.ones((2, 3), order="F"), "S": np.ones((2, 6))[:, ::2]}[layout]
    flags = value(student, "def f(x): return x.flags.c_contiguous, x.flags.f_contiguous", array)
    assert flags == (layout == "C", layout == "F")


def test_objects_are_kept_and_come_back_as_themselves(student: StudentProcess) -> None:
    student.run_cell(
        "class C:\n    n = 1\n    def m(self, k): return self.n + k\nc = C()\ndef f(): return c, {'a': 1}\ndef g(x): return x is c"
    )
    subject = student.subject(5)
    kept, data = subject.call("f", (), {}, keep=(1,)).value
    assert isinstance(kept, Handle) and isinstance(data, Handle)
    assert subject.call("g", (kept,), {}).value is True
    assert subject.call_method(kept, "m", (2,), {}).value == 3
    assert subject.attribute(kept, "n") == 1
    assert subject.fetch(data) == {"a": 1}
    assert isinstance(subject.call("f", (), {}, keep=(-1,)).value, Handle)
    with pytest.raises(Raised) as caught:
        subject.attribute(kept, "none")
    assert caught.value.kind == "AttributeError"


def test_generators_show_draws(student: StudentProcess) -> None:
    student.run_cell("def f(rng): return rng.normal()")
    subject = student.subject(5)
    rng = subject.new_rng(1)
    before = subject.rng_state(rng)
    assert subject.rng_state(rng) == before
    assert subject.call("f", (rng,), {}).value == np.random.default_rng(1).normal()
    assert subject.rng_state(rng) != before


def test_a_callback_is_answered_here(student: StudentProcess) -> None:
    student.run_cell("def f(g, x): return g(x) + g(x, scale=3)")
    answer = student.subject(5).call("f", (lambda x, scale=2: x * scale, np.ones(2)), {})
    np.testing.assert_array_equal(answer.value, [5.0, 5.0])


def test_a_generator_given_to_a_callback_is_drawn_from_and_comes_back_advanced(
    student: StudentProcess,
) -> None:
    subject = student.subject(10)
    assert student.run_cell("def f(draw, rng): return draw(rng), draw(rng=rng), rng.random()").ok
    got = subject.call("f", (lambda rng: rng.random(), subject.new_rng(5)), {}).value
    assert list(got) == np.random.default_rng(5).random(3).tolist()


def test_a_failing_callback_raises_over_there(student: StudentProcess) -> None:
    student.run_cell("def f(g):\n    try: g()\n    except ZeroDivisionError: return 'caught'")
    assert student.subject(5).call("f", (lambda: 1 / 0,), {}).value == "caught"


def test_replaced_functions_are_answered_and_put_back(student: StudentProcess) -> None:
    student.run_cell("def inner(x): return -x\ndef f(x): return inner(x)")
    subject = student.subject(5)
    subject.replace({"inner": lambda x: 10 * x, "new": lambda: 1})
    assert subject.call("f", (1,), {}).value == 10
    subject.replace({})
    assert subject.call("f", (1,), {}).value == -1
    with pytest.raises(Missing):
        subject.call("new", (), {})


def test_a_replacement_put_aside_is_gone(student: StudentProcess) -> None:
    student.run_cell("def inner(): pass\ndef steal(): global s; s = inner\ndef f(): return s()")
    subject = student.subject(5)
    subject.replace({"inner": lambda: 42})
    subject.call("steal", (), {})
    subject.replace({})
    with pytest.raises(Raised):
        subject.call("f", (), {})


def test_what_is_not_there_or_not_written(student: StudentProcess) -> None:
    student.run_cell("def f(): raise NotImplementedError('write me')\ng = 3")
    subject = student.subject(5)
    for name, error in (("f", NotWritten), ("g", Missing), ("h", Missing)):
        with pytest.raises(error):
            subject.call(name, (), {})


@pytest.mark.parametrize(
    "error", ["ValueError", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "RecursionError"]
)
def test_exceptions_are_told_and_the_process_goes_on(student: StudentProcess, error: str) -> None:
    student.run_cell(f"def f():\n    raise {error}('no' * 1000)")
    with pytest.raises(Raised) as caught:
        student.subject(5).call("f", (), {})
    assert caught.value.kind == error and len(caught.value.text) == 300
    assert caught.value.line.startswith("raise")
    assert student.alive


def test_a_changed_builtin_changes_nothing_here(student: StudentProcess) -> None:
    source = "import builtins\nbuiltins.len = builtins.isinstance = lambda *a: 1/0\nfloat = int = None\ndef f(): return 1.5"
    assert not student.run_cell(source).ok or student.alive
    student.run_cell("def f(): return 1.5")
    assert student.subject(5).call("f", (), {}).value == 1.5


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("import os; os._exit(3)", Crashed), ("import ctypes; ctypes.string_at(0)", Crashed),
        ("while True: pass", TimedOut), ("import time; time.sleep(60)", TimedOut),
        ("import signal\n    for s in (2, 15): signal.signal(s, signal.SIG_IGN)\n    while True: pass", TimedOut),
        ("import numpy; return numpy.ones(1 << 40)", OutOfMemory), ("return bytearray(3 << 30)", OutOfMemory),
        ("import os; os.close(3)", Crashed), ("import os; os.write(3, b'\\xff' * 99)", Malformed),
        ("return [0] * 1000000", Malformed),
    ],
)  # fmt: skip
def test_a_process_that_ends_says_how(student: StudentProcess, body: str, error: type[Exception]) -> None:
    student.run_cell(f"def f():\n    {body}")
    start = time.monotonic()
    with pytest.raises(error):
        student.subject(1.0).call("f", (), {})
    assert time.monotonic() - start < 5


def test_the_exit_code_is_told(student: StudentProcess) -> None:
    with pytest.raises(Crashed, match="exit code 3"):
        student.run_cell("import os; os._exit(3)")
    assert not student.alive


def test_a_gigabyte_printed_harms_nobody(student: StudentProcess) -> None:
    assert student.run_cell("for _ in range(100): print('x' * 10_000_000)").ok


@pytest.mark.parametrize("sandbox", [True, False])
def test_no_process_outlives_its_student(sandbox: bool, warm: WarmProcess, tmp_path: Path) -> None:
    name = f"daemon{os.getpid()}{sandbox}"
    with contextlib.ExitStack() as stack:
        process = (warm if sandbox else stack.enter_context(WarmProcess(sandbox=False))).spawn(tmp_path)
        process.run_cell(
            "import os, time, signal, ctypes\n"
            "for _ in range(3):\n"
            "    if os.fork() == 0:\n"
            "        os.setsid()\n"
            "        if os.fork(): os._exit(0)\n"
            "        for number in range(1, 32):\n"
            "            try: signal.signal(number, signal.SIG_IGN)\n"
            "            except (OSError, ValueError): pass\n"
            f"        ctypes.CDLL(None).prctl(15, b'{name}'[:15], 0, 0, 0)\n"
            "        while True: time.sleep(0.01)\n"
            "time.sleep(0.1)"
        )
        assert _running(name[:15]) == 3
        process.kill()
        assert _running(name[:15]) == 0


def _running(name: str) -> int:
    """How many processes of the machine have this name."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            found += entry.read_text().strip() == name
    return found


root = pytest.mark.skipif(os.getuid() != 0, reason="the namespaces need root")


@root
def test_there_is_no_network(student: StudentProcess) -> None:
    result = student.run_cell("import socket; socket.create_connection(('127.0.0.1', 22), 1)")
    assert not result.ok
    assert not student.run_cell("import socket; socket.create_connection(('1.1.1.1', 53), 1)").ok


@root
def test_only_the_scratch_directory_can_be_written(student: StudentProcess, tmp_path: Path) -> None:
    assert student.run_cell("import os, tempfile\nopen('mine', 'w').write('x'); tempfile.mkdtemp()").ok
    assert list(tmp_path.iterdir()) == []
    assert not student.run_cell("open('/mine', 'w')").ok
    assert not student.run_cell(f"open({str(ROOT / 'written')!r}, 'w')").ok
    assert not student.run_cell("open('/proc/sys/kernel/pid_max', 'w').write('4000000')").ok
    assert not student.run_cell(
        "import subprocess; subprocess.check_call(['mount', '-o', 'remount,rw', '/'])"
    ).ok


@root
def test_nothing_is_seen_but_packages_and_data(student: StudentProcess) -> None:
    source = "import os\ndef f(path): return sorted(os.listdir(path))"
    needed = {Path(place).parts[1] for place in (sys.base_prefix, sys.prefix, ROOT)}
    system = {"dev", "etc", "lib", "lib64", "proc", "scratch", "tmp", "usr"}
    assert value(student, source, "/") == sorted(system | needed)
    packages = [".venv"] if Path(sys.prefix) == ROOT / ".venv" else []
    assert value(student, source, str(ROOT)) == [*packages, "coursekit", "datasets"]
    assert value(student, "def f(): return [p for p in os.listdir('/proc') if p.isdigit()]") == ["1"]
    assert value(student, source, "/etc") == ["ld.so.cache", "localtime", "passwd"]
    assert not student.run_cell("import autograde.exercises.vanishing_gradients").ok
    assert student.run_cell("from coursekit.data import load_digits; load_digits()").ok


@root
def test_its_user_is_nobody_without_rights(student: StudentProcess) -> None:
    source = "import os\ndef f(): return os.getresuid(), os.getgroups(), open('/proc/self/status').read()"
    (uid, *_), groups, status = value(student, source)
    assert uid >= 1 << 28 and groups == []
    for line in ("CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status


@root
def test_a_fork_bomb_ends(student: StudentProcess) -> None:
    result = student.run_cell("import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)")
    assert result.kind in ("BlockingIOError", "OSError")


def test_all_processes_together_have_one_memory_limit(warm: WarmProcess, tmp_path: Path) -> None:
    process = warm.spawn(tmp_path, Limits(total_bytes=600 << 20))
    source = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        block = bytearray(os.urandom(1 << 20) * 300)\n        time.sleep(60)\ntime.sleep(20)"
    )
    with pytest.raises(OutOfMemory, match="together"):
        process.run_cell(source, 30)


def test_the_scratch_directory_has_a_size(warm: WarmProcess, tmp_path: Path) -> None:
    process = warm.spawn(tmp_path, Limits(scratch_bytes=32 << 20))
    source = "for n in range(9):\n    with open(f'part{n}', 'wb') as file: file.write(bytes(8 << 20))"
    assert process.run_cell(source).kind == "OSError"
    assert process.run_cell(
        "import os\nfor n in range(9):\n    if os.path.exists(f'part{n}'): os.remove(f'part{n}')"
    ).ok
    process.kill()


def test_data_loaders_with_workers_run(student: StudentProcess) -> None:
    result = student.run_cell(
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.arange(64.0).reshape(32, 2))\n"
        "total = sum(float(x.sum()) for x, in DataLoader(data, 4, num_workers=2))\nassert total == 2016"
    )
    assert result.ok, result


def test_process_pools_run(student: StudentProcess) -> None:
    result = student.run_cell(
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map(abs, [-1, 2]) == [1, 2]"
    )
    assert result.ok, result


def test_a_flood_of_callbacks_ends(student: StudentProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_CALLBACKS", 500)
    student.run_cell("def f(g):\n    while True: g(1)")
    with pytest.raises(Malformed, match="more than 500 times"):
        student.subject(20).call("f", (abs,), {})


def test_a_callback_that_never_ends_is_stopped(student: StudentProcess) -> None:
    def endless(x: int) -> None:
        while True:
            pass

    student.run_cell("def f(g): return g(1)")
    start = time.monotonic()
    with pytest.raises(TimedOut):
        student.subject(0.5).call("f", (endless,), {})
    assert time.monotonic() - start < 3


def test_a_callback_is_stopped_in_a_thread_too(student: StudentProcess) -> None:
    def endless(x: int) -> None:
        while True:
            pass

    student.run_cell("def f(g): return g(1)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool, pytest.raises(TimedOut):
        pool.submit(student.subject(0.5).call, "f", (endless,), {}).result()


def test_a_callback_cannot_eat_the_judges_memory(student: StudentProcess) -> None:
    student.run_cell("def f(g):\n    try: g((1 << 20, 1 << 20))\n    except MemoryError: return 'refused'")
    assert student.subject(5).call("f", (np.ones,), {}).value == "refused"


def test_a_callback_of_an_earlier_exercise_is_gone(student: StudentProcess) -> None:
    student.run_cell("def keep(g): global kept; kept = g\ndef f(): return kept(-3)")
    student.subject(5).call("keep", (abs,), {})
    with pytest.raises(Raised):
        student.subject(5).call("f", (), {})


def test_a_module_beside_the_notebook_changes_nothing(warm: WarmProcess, tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("1/0")
    (tmp_path / "colorsys.py").write_text("1/0")
    process = warm.spawn(tmp_path)
    assert process.run_cell("import numpy, colorsys").ok
    process.kill()


def test_no_descriptor_and_no_variable_of_ours_is_inherited(student: StudentProcess) -> None:
    names = value(
        student,
        "import os\ndef f(): return [os.readlink(f'/proc/self/fd/{n}') for n in range(64) if os.path.exists(f'/proc/self/fd/{n}') or os.path.islink(f'/proc/self/fd/{n}')]",
    )
    assert len([n for n in names if "socket" in n]) == 1


def test_nothing_of_the_judge_is_loaded(student: StudentProcess) -> None:
    loaded = value(
        student,
        "import sys\ndef f(): return [m for m in sys.modules if m.startswith(('autograde.judge', 'autograde.exercises'))]",
    )
    assert loaded == []


def test_a_missing_scratch_directory_is_refused(warm: WarmProcess, tmp_path: Path) -> None:
    with pytest.raises(ConfinementError):
        warm.spawn(tmp_path / "none")


def test_the_wall_time_of_a_process_ends_it(warm: WarmProcess, tmp_path: Path) -> None:
    process = warm.spawn(tmp_path, Limits(wall_seconds=1))
    with pytest.raises(TimedOut):
        process.run_cell("while True: pass", 60)


def test_a_dead_warm_process_is_started_again(tmp_path: Path) -> None:
    with WarmProcess(sandbox=False) as warm:
        process = warm.spawn(tmp_path)
        assert process.layers == ("off",)
        link = warm._link._process
        assert link is not None
        link.kill()
        link.wait()
        with pytest.raises(SubjectLost):
            process.run_cell("1")
        again = warm.spawn(tmp_path)
        assert again.run_cell("1").ok
        again.kill()
