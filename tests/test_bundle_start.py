"""The bundle's own README, followed by a stranger: unpack, one command, and the first lesson runs."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from installed import clean_environment, plain_python, wheelhouse

from autograde.release import write_bundle
from autograde.release.bundle import FOLDER

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LESSON = "01_problem_definition"
PICTURES = pathlib.Path(__file__).resolve().parent.parent / "artifacts"


@pytest.fixture
def unpacked(course, tmp_path) -> pathlib.Path:
    """The bundle in an empty folder."""
    for needed in ("hatchling", "editables"):
        pytest.importorskip(needed)
    archive = write_bundle(course, tmp_path / "mail")
    zipfile.ZipFile(archive).extractall(tmp_path / "empty")
    return tmp_path / "empty" / FOLDER


@pytest.fixture
def started(unpacked, tmp_path) -> Iterator[str]:
    """The address that the README's command prints in the end."""
    command = re.search(r"^python3 (start\.py)$", (unpacked / "README.md").read_text(), re.MULTILINE)
    assert command, "the README names one command"
    wheels = wheelhouse(tmp_path / "installed", unpacked / "pyproject.toml")
    environment = clean_environment(tmp_path, wheels)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    log = tmp_path / "start.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [plain_python(), command[1], "--port", port],
            cwd=unpacked, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield address_in(log, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def address_in(log: pathlib.Path, process: subprocess.Popen[bytes]) -> str:
    """Wait for the address; what went wrong, where the command ends before."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", log.read_text()):
            return found[0]
        time.sleep(0.3)
    raise AssertionError(log.read_text())


def test_a_stranger_unpacks_the_bundle_types_the_command_and_runs_the_first_lesson(
    started, unpacked, browser_page
):
    page, trouble = browser_page
    python = unpacked / ".venv" / "bin" / "python"
    there = subprocess.run([python, "-c", "import autograde"], capture_output=True, text=True, cwd=unpacked)
    assert "No module named 'autograde'" in there.stderr

    page.goto(started)
    page.locator(".jp-DirListing-content, .jp-MarkdownViewer").first.wait_for(timeout=120_000)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "bundle_start.png")
    server, _, token = started.partition("token=")
    page.goto(f"{server.partition('/lab')[0]}/lab/tree/{LESSON}/{LESSON}.ipynb?token={token}&reset")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=180_000)
    run(page, "check_environment()").locator(".jp-OutputArea-output", has_text="Ready: Python").wait_for()
    second = run(page, "digits = split_digits()")
    second.locator(".jp-OutputArea img").first.wait_for(timeout=120_000)
    page.screenshot(path=PICTURES / "bundle_first_lesson.png")
    assert "Error" not in second.inner_text()
    assert [t for t in trouble if t.startswith("http")] == []


def run(page: Any, text: str) -> Any:
    """Run the cell that holds a text by keyboard; again where the page was not ready for it."""
    cell = page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=text)).first
    for _ in range(6):
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=120_000)
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(Exception):
            cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\d+|\*)\]")).wait_for(timeout=20_000)
            break
    cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=120_000)
    return cell
