"""The warm process of this process, one for every way of confinement."""

from __future__ import annotations

import atexit
import pathlib

from autograde.student.remote import WarmProcess

SECRETS = ("solutions", "submitted", "autograded", "feedback", "gradebook.db", "results.json", ".autograde")

_warm: dict[tuple[bool, pathlib.Path | None], WarmProcess] = {}


def warm_process(sandbox: bool = True, root: pathlib.Path | None = None) -> WarmProcess:
    """This process' warm process, started at first use and stopped at exit. It hides the course at `root`."""
    key = (sandbox, root)
    if key not in _warm:
        hidden = [root / name for name in SECRETS] if root is not None else []
        warm = WarmProcess(hidden=hidden, sandbox=sandbox)
        warm.start()
        atexit.register(warm.stop)
        _warm[key] = warm
    return _warm[key]


def stop_all() -> None:
    """Stop them now, in a process that leaves without its exit handlers."""
    while _warm:
        _warm.popitem()[1].stop()


def forget() -> None:
    """In a forked process: the parent's warm processes are the parent's."""
    _warm.clear()
