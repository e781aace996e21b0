"""A JupyterLab as `make lab` starts it, for browser tests, and what a student does in it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "artifacts"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


@contextlib.contextmanager
def students_lab(root: pathlib.Path) -> Iterator[str]:
    """The address that a lab on a copy of what students get, made in `root`, prints."""
    ignored = shutil.ignore_patterns(
        "__pycache__", ".ipynb_checkpoints", ".progress.json", "START.md", "hand_in"
    )
    for name in ("notebooks", "coursekit", "datasets", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    with lab_on(root) as address:
        yield address


@contextlib.contextmanager
def lab_on(root: pathlib.Path) -> Iterator[str]:
    """The address that a students' lab on `root`, which holds tools/ and notebooks/, prints."""
    port, log = free_port(), root / "lab.log"
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "IPYTHONDIR": str(root / "ipython"),
    }
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, str(root / "tools" / "lab.py"), "--port", str(port)],
            stdout=output, stderr=output, env=environment, start_new_session=True,
        )  # fmt: skip
    try:
        yield address_of(log, port)
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def address_of(log: pathlib.Path, port: int) -> str:
    """The address with its token, once the server answers."""
    for _ in range(240):
        found = re.search(rf"http://127\.0\.0\.1:{port}/lab\S*\?token=\w+\n", log.read_text())
        if found and answers(found[0].strip()):
            return found[0].strip()
        time.sleep(0.5)
    raise AssertionError(log.read_text())


def answers(address: str) -> bool:
    """Whether a server answers there: it prints its address a little before."""
    try:
        urllib.request.urlopen(address, timeout=60).close()
    except OSError:
        return False
    return True


def address_to(lab: str, path: str) -> str:
    """The address of one file in the lab, opened alone."""
    server, _, token = lab.partition("token=")
    return f"{server.partition('/lab')[0]}/lab/tree/{path}?token={token}&reset"


def cell(page, text: str):
    """The code cell that holds a text."""
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=text)).first
