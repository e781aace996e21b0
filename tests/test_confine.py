"""The layers one by one: what the filter refuses, what a fallback without namespaces holds, what an error says."""

from __future__ import annotations

import ctypes
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograde.confine import landlock, mounts, seccomp, support, view
from autograde.confine.limits import ConfinementError
from autograde.confine.syscalls import AUDIT_ARCH, LAST_KNOWN, NUMBERS
from autograde.engine import workers
from autograde.student.remote import Limits, StudentProcess, WarmProcess

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines")


@pytest.mark.parametrize("machine", NUMBERS)
def test_system_call_numbers_are_libseccomps(machine: str) -> None:
    try:
        resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    except OSError:
        pytest.skip("libseccomp is not installed")
    known = {n: resolve(ctypes.c_uint32(AUDIT_ARCH[machine]), n.encode()) for n in NUMBERS[machine]}
    assert {n: k for n, k in known.items() if k >= 0} == {
        n: NUMBERS[machine][n] for n, k in known.items() if k >= 0
    }
    assert len([k for k in known.values() if k < 0]) <= 3  # newer than the library


@pytest.mark.parametrize("machine", NUMBERS)
@pytest.mark.parametrize("alone", [True, False])
def test_a_filter_fits_into_the_kernel(machine: str, alone: bool) -> None:
    code = seccomp.filter_code(machine, alone, 1)
    assert len(code) % 8 == 0 and len(code) // 8 < 4096


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(ConfinementError, match="pdp11"):
        seccomp.filter_code("pdp11", True)


def test_an_error_survives_pickling_and_gives_advice() -> None:
    error = pickle.loads(pickle.dumps(ConfinementError("no layer.")))
    assert "no layer." in str(error) and "--no-sandbox" in str(error)


def test_a_machine_that_cannot_confine_says_so_before_a_class_is_graded(monkeypatch) -> None:
    def nothing_holds() -> None:
        raise ConfinementError("the kernel allows nothing.")

    support.require_support()  # this machine can
    monkeypatch.setattr(support, "find_support", nothing_holds)
    with pytest.raises(ConfinementError, match="the kernel allows nothing"):
        support.require_support()


def test_the_repository_itself_is_not_visible() -> None:
    shown = view.visible()
    assert not any(ROOT.is_relative_to(path) for path in shown)
    assert not any(Path(path).is_relative_to(ROOT / "autograde") for path in shown)


CALLS = sorted({*seccomp.REFUSED, *seccomp.UNKNOWN} & set(NUMBERS.get(os.uname().machine, {})))


def test_every_refused_call_fails(tmp_path: Path, student: StudentProcess) -> None:
    numbers = {name: NUMBERS[os.uname().machine][name] for name in CALLS} | {"unknown": LAST_KNOWN + 1}
    source = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "def f(number):\n    return libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()"
    )
    assert student.run_cell(source).ok
    answers = {n: student.subject(5).call("f", (k,), {}).value for n, k in numbers.items()}
    assert {n: a for n, a in answers.items() if a not in ((-1, 1), (-1, 38))} == {}


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import socket; socket.socket(socket.AF_INET)", "OSError"),
        ("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "OSError"),
        ("import ctypes; assert ctypes.CDLL(None).clone(0, 0, 0x10000000, 0) == -1", ""),
        ("import ctypes; assert ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == -1", ""),
        ("import fcntl; fcntl.ioctl(3, 0x5412, b'x')", "PermissionError"),
        ("import socket; socket.socketpair()", ""),
        ("import threading; threading.Thread(target=print).start()", ""),
        ("import subprocess, sys; subprocess.check_call([sys.executable, '-c', '1'])", ""),
    ],
)
def test_arguments_decide(student: StudentProcess, source: str, error: str) -> None:
    result = student.run_cell(source)
    assert result.kind == error, result


@pytest.fixture(scope="module")
def warm():
    with WarmProcess() as process:
        yield process


@pytest.fixture
def student(warm: WarmProcess, tmp_path: Path):
    process = warm.spawn(tmp_path, Limits(memory_bytes=1 << 30))
    yield process
    process.kill()


FALLBACK = """
import os, sys, pathlib, tempfile
sys.path.insert(0, {root!r})
from autograde.confine import landlock, layers, limits, support, view
from autograde.confine.limits import Confinement, Limits
shown = tuple(view.visible())
scratch = tempfile.mkdtemp()
secret = {secret!r}
pid = os.fork()
if pid == 0:
    held = layers.Applied(support.Support(False, None, landlock.version()), Confinement(Limits(), scratch), "", shown)
    names = held.apply()
    os.chdir(held.work)
    open("mine", "w").write("x")
    import socket, colorsys
    left, right = socket.socketpair()
    refused = 0
    for attempt in (
        lambda: open(secret), lambda: open("/etc/passwd"), lambda: os.listdir("/"), lambda: os.kill(os.getppid(), 0),
        lambda: socket.socket(socket.AF_UNIX), lambda: socket.socket(), lambda: open(secret + "2", "w"),
        lambda: open(f"/proc/{{os.getppid()}}/environ"), lambda: os.truncate(secret, 0),
    ):
        try:
            attempt()
        except OSError:
            refused += 1
    os._exit(refused if "own files" not in names and "seccomp" in names else 99)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
def test_without_namespaces_landlock_and_seccomp_hold(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    script = FALLBACK.format(root=str(ROOT), secret=str(secret))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "9", done.stderr
    assert secret.read_text() == "secret"


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_without_namespaces_another_user_reaches_its_own_directory_and_sees_no_other() -> None:
    folder = Path(workers.own_folder())
    work = Path(mounts.fresh_directory(tempfile.mkdtemp(dir=folder), 54321))
    pid = os.fork()
    if pid == 0:
        os.setresuid(54321, 54321, 54321)
        (work / "mine").write_text("x")
        readable = [path for path in (folder, work.parent) if os.access(path, os.R_OK | os.W_OK)]
        os._exit(len(readable))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert (work / "mine").read_text() == "x"
    shutil.rmtree(folder)


USER_NAMESPACE = """
import os, sys, pathlib, tempfile
os.setgroups([]); os.setresgid(54321, 54321, 54321); os.setresuid(54321, 54321, 54321)
os.chdir("/")
from autograde.confine import kernel, layers, mounts, support, view
from autograde.confine.limits import Confinement, Limits
kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # as after a login, not after giving up root
found = support.find_support()
base = tempfile.mkdtemp()
shown = tuple(view.visible())
mounts.build_root(base + "/root", shown, [])
kernel.unshare(kernel.CLONE_NEWPID)
pid = os.fork()
if pid == 0:
    names = layers.Applied(found, Confinement(Limits(), base), base + "/root", shown).apply()
    os._exit(7 if {{"own files", "own network", "own processes", "seccomp"}} <= set(names) and not os.path.exists("/home") else 8)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(os.getuid() != 0 or os.stat(sys.base_prefix).st_mode & 5 != 5, reason="needs root")
def test_an_ordinary_user_gets_namespaces_too(tmp_path: Path) -> None:
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import autograde.confine.support\n"
    imports = (
        "import encodings.ascii, autograde.confine.layers, autograde.confine.mounts, autograde.confine.view\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script + imports + USER_NAMESPACE.replace("{{", "{").replace("}}", "}")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if "os.py" in done.stderr or "could not import" in done.stderr:
        pytest.skip("the interpreter lies where another user cannot read it")
    assert done.stdout.strip() == "7", done.stderr
