"""JupyterHub from the file in the repository: an instructor releases and collects, a student fetches and submits."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = ROOT / "tools" / "jupyterhub" / "jupyterhub_config.py"
BIN = pathlib.Path(sys.executable).parent
COURSE, LESSON, PASSWORD = "training-deep-networks", "01_problem_definition", "a-trial-password"
PICTURES = ROOT / "artifacts"
PATIENCE = 180
"""Seconds for a server to start on a busy machine."""


def free_ports() -> int:
    """The first of four ports in a row that nobody uses."""
    for start in range(18_000 + os.getpid() % 1_000 * 10, 60_000, 10):
        try:
            for port in range(start, start + 4):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return start
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[tuple[str, pathlib.Path]]:
    """The address of a running hub and the course folder that it serves."""
    pytest.importorskip("jupyterhub", reason="JupyterHub is not installed: pip install -e .[hub]")
    if not shutil.which("configurable-http-proxy", path=f"{BIN}{os.pathsep}{os.environ['PATH']}"):
        pytest.skip("No configurable-http-proxy here; docs/jupyterhub.md says how to install it.")
    root = tmp_path_factory.mktemp("hub")
    course = root / "course"
    for name in (f"solutions/{LESSON}", f"notebooks/{LESSON}", "coursekit", "datasets"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", course)
    port, log = free_ports(), root / "hub.log"
    environment = {
        **os.environ,
        "COURSE_ROOT": str(course), "COURSE_HUB": str(root / "files"), "COURSE_HUB_PORT": str(port),
        "COURSE_HUB_PASSWORD": PASSWORD, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    with log.open("w") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)],
            cwd=course, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until_running(started, log)
        yield f"http://127.0.0.1:{port}", course
    finally:
        stop(started)


def wait_until_running(started: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    """Until the hub says so in its log."""
    end = time.monotonic() + PATIENCE
    while "JupyterHub is now running" not in log.read_text(errors="replace"):
        assert started.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-4000:]
        time.sleep(0.5)


def stop(started: subprocess.Popen[bytes]) -> None:
    """The hub ends its proxy, its service and the servers; what is left after a while is ended for it."""
    children = below(started.pid)
    started.terminate()
    try:
        started.wait(60)
    except subprocess.TimeoutExpired:
        started.kill()
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def below(pid: int) -> list[int]:
    """Every process that a process has started, and theirs."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    found, before = {pid}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return sorted(found - {pid})


def log_in(page, address: str, who: str, then: str = "") -> None:
    """Log in, and go on to where the hub sends this person, or to another page of the hub."""
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"{address}/hub/login{f'?next={then}' if then else ''}")
    page.fill("#username_input", who)
    page.fill("#password_input", PASSWORD)
    page.click("#login_submit")


def to_formgrader(page, address: str) -> None:
    """Where an instructor arrives without a further click, and without a server of their own."""
    log_in(page, address, "instructor")
    page.wait_for_url(f"{address}/services/{COURSE}/formgrader/**")
    page.locator("td.name", has_text=LESSON).wait_for()


def press(page, column: str) -> str:
    """Press a button in the lesson's row of Formgrader and return what it says."""
    page.locator(f"td.{column} a").first.click()
    dialog = page.locator(".modal.in, .modal.show")
    dialog.locator(".modal-title", has_text="Success").wait_for()
    said = dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    return said


def release(page, address: str, exchange: pathlib.Path) -> None:
    """As the instructor: open Formgrader and press Release."""
    to_formgrader(page, address)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "hub_formgrader.png")
    assert "Successfully released" in press(page, "release")
    outbound = exchange / "outbound" / LESSON
    assert [path.name for path in outbound.iterdir()] == [f"{LESSON}.ipynb"]


def fetch_and_submit(page, address: str, exchange: pathlib.Path) -> None:
    """As a student: see the lesson in the Assignment List, fetch it, submit it."""
    log_in(page, address, "student1")
    on_the_start_page(page)
    assert menu_of_nbgrader(page) == ["Assignment List"]
    page.locator(".lm-Menu-content").get_by_text("Assignment List").click()
    page.get_by_role("button", name="Fetch", exact=True).click()
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("Fetch Feedback").first.wait_for()
    page.screenshot(path=PICTURES / "hub_student.png")
    assert [path.name.split("+")[:2] for path in (exchange / "inbound").iterdir()] == [["student1", LESSON]]


def on_the_start_page(page) -> None:
    """The map of the lessons is open; none has been fetched yet, and the page says how that is done."""
    page.wait_for_url("**/user/student1/lab/tree/START.md")
    shown = page.locator(".jp-MarkdownViewer")
    shown.get_by_role("heading", name="Training deep neural networks").wait_for()
    said = shown.inner_text()
    assert "press Fetch beside a lesson" in said and "0 of 11" in said
    page.screenshot(path=PICTURES / "hub_start_page.png")


def menu_of_nbgrader(page) -> list[str]:
    """What nbgrader's menu in JupyterLab offers."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    menu = page.locator(".lm-Menu-content")
    menu.wait_for()
    return [entry.strip() for entry in menu.inner_text().splitlines() if entry.strip()]


def test_a_lesson_goes_out_to_a_student_and_comes_back(hub, browser_page):
    address, course = hub
    page, trouble = browser_page
    exchange = course.parent / "files" / "exchange" / COURSE
    release(page, address, exchange)
    page.context.clear_cookies()
    fetch_and_submit(page, address, exchange)
    page.context.clear_cookies()
    to_formgrader(page, address)
    press(page, "collect")
    assert (course / "submitted" / "student1" / LESSON / f"{LESSON}.ipynb").is_file()
    assert [t for t in trouble if t.startswith("http")] == []


def test_a_student_may_not_open_formgrader(hub, browser_page):
    address, _ = hub
    page, _ = browser_page
    log_in(page, address, "student2", then="/hub/home")
    page.locator("#logout").wait_for()
    assert page.get_by_text(COURSE).count() == 0
    answer = page.goto(f"{address}/services/{COURSE}/formgrader")
    assert answer is not None and answer.status == 403
    assert page.locator("td.name").count() == 0


def test_the_instructors_lab_offers_no_panel_that_stays_empty(hub, browser_page):
    """Not Formgrader, which no page of a hub may frame; not the lists, which hold nothing for the grader."""
    address, _ = hub
    page, trouble = browser_page
    log_in(page, address, "instructor", then=f"/services/{COURSE}/lab")
    page.get_by_role("menuitem", name="Nbgrader").wait_for()
    assert menu_of_nbgrader(page) == ["Create assignment"]
    page.screenshot(path=PICTURES / "hub_instructors_lab.png")
    assert [t for t in trouble if "frame-ancestors" in t or t.startswith("http")] == []


def test_nobody_else_may_log_in(hub, browser_page):
    address, _ = hub
    page, _ = browser_page
    for who in ("stranger", f"grader-{COURSE}"):
        log_in(page, address, who)
        page.get_by_text(re.compile("Invalid|not allowed|403")).first.wait_for(timeout=60_000)
