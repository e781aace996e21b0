"""Limits for the judge's own functions while student code chooses their arguments."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

MEMORY = 1 << 30
"""Address space a single answer may take on top of what the judge has."""


class OutOfTime(BaseException):
    """Raised inside the function; no `except Exception` in it holds this up."""


@contextlib.contextmanager
def bounded(deadline: float) -> Iterator[None]:
    """Run what follows until `deadline` (monotonic clock) at most, and in limited memory. Raises `OutOfTime`.

    A single long operation inside a library is not interrupted; its size is bounded by the memory.
    """
    seconds = max(0.001, deadline - time.monotonic())
    clock = _alarm(seconds) if threading.current_thread() is threading.main_thread() else _timer(seconds)
    with _limited_memory(), clock:
        yield


@contextlib.contextmanager
def _limited_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            limit = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
        limits = [limit, *(n for n in before if n != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    except (OSError, ValueError):
        yield  # no such limit on this system
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise OutOfTime


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    handler = signal.signal(signal.SIGALRM, _raise)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def _timer(seconds: float) -> Iterator[None]:
    """For a judge that works in a thread (a cluster's worker), where signals do not arrive."""
    thread, over = ctypes.c_ulong(threading.get_ident()), ctypes.py_object(OutOfTime)
    timer = threading.Timer(seconds, ctypes.pythonapi.PyThreadState_SetAsyncExc, (thread, over))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
