"""A terminal that has read the libraries once and forks for every command: starting Python anew took a third of the term.

`Terminal` is the test's end. Run as a script this file is the other end: it reads one job a line, runs it in a child of
its own, exactly as the commands `autograde` and `nbgrader` would, and answers with the exit code.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Mapping

PATIENCE = 900
"""Seconds that a command may take on a busy machine."""


class Terminal:
    """Commands of one environment, one after the other. Close it when the term is over."""

    def __init__(self, folder: pathlib.Path, environment: Mapping[str, str]) -> None:
        """`folder` takes what the commands print."""
        self._files = {name: folder / f"terminal.{name}" for name in ("out", "err")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), text=True,
        )  # fmt: skip

    def run(self, command: tuple[str, ...], folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
        """What `command`, whose first word is `autograde` or `nbgrader`, printed in `folder`, and its exit code."""
        assert self._process.stdin and self._process.stdout
        files = {name: str(path) for name, path in self._files.items()}
        self._process.stdin.write(json.dumps({"command": command, "folder": str(folder), **files}) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = (self._files[name].read_text(errors="replace") for name in ("out", "err"))
        return subprocess.CompletedProcess(command, code, out, err)

    def close(self) -> None:
        """End the other end."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def serve() -> None:
    """Answer one job after the other until there are no more."""
    from nbgrader.apps.nbgraderapp import NbGraderApp

    from autograde.cli.main import main

    commands = {"autograde": main, "nbgrader": NbGraderApp.launch_instance}
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            become(job)
            commands[job["command"][0]]()
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def become(job: dict[str, str]) -> None:
    """Stand in the job's folder with its words as arguments, and print into its files."""
    signal.alarm(PATIENCE)
    os.chdir(job["folder"])
    sys.argv = list(job["command"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, opened in enumerate(
        (os.open(os.devnull, os.O_RDONLY), os.open(job["out"], flags), os.open(job["err"], flags))
    ):
        os.dup2(opened, number)
        os.close(opened)


if __name__ == "__main__":
    serve()
