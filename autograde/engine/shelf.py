"""What references and declared mistakes do, kept on disk: computed once for a course and seed, not once a process."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import pathlib
import platform
import shutil
import time
import zlib
from collections.abc import Mapping

import numpy as np

from autograde.engine.fingerprint import digest, of_exercise, of_package
from autograde.judge.diagnose import Transcript, keep_in
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Observation
from autograde.wire.codec import decode, encode
from autograde.wire.values import WireError

KEPT_DAYS = 60
LARGEST = 64 << 20


def _versions() -> str:
    """What the numbers in a file depend on besides the declaration, and the form that they are written in."""
    libraries = (np.__version__, importlib.metadata.version("torch"))
    return digest(platform.python_version(), *libraries, platform.machine(), of_package("autograde.wire"))


class Shelf:
    """Transcripts in a folder of the grader's own, which no student process sees.

    A file is named after all it depends on, so nothing on the shelf is ever out of date. What cannot be read or
    written is computed again: the shelf saves time and changes no verdict.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._names: dict[Exercise, str] = {}
        self._drop_old()

    def get(self, exercise: Exercise, mistake: str | None, seed: int) -> Transcript | None:
        """What is kept of this reference (`mistake` is None) or declared mistake."""
        try:
            return _unpack(self._path(exercise, mistake, seed).read_bytes())
        except (OSError, WireError, zlib.error, ValueError, TypeError):
            return None

    def put(self, exercise: Exercise, mistake: str | None, seed: int, made: Transcript) -> None:
        """Keep it, whole or not at all."""
        path = self._path(exercise, mistake, seed)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError, WireError):
            data = zlib.compress(_pack(made), 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                fresh.write_bytes(data)
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)

    def _path(self, exercise: Exercise, mistake: str | None, seed: int) -> pathlib.Path:
        if exercise not in self._names:
            self._names[exercise] = digest(_versions(), of_exercise(exercise))
        return self._folder / f"{self._names[exercise]}-{seed}" / (mistake or "the reference")

    def _drop_old(self) -> None:
        """Earlier declarations and seeds are never asked for again."""
        with contextlib.suppress(OSError):
            for folder in self._folder.iterdir():
                if time.time() - folder.stat().st_mtime > KEPT_DAYS * 86_400:
                    shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def open_shelf(root: pathlib.Path) -> None:
    """All processes that grade the course at `root` share what they know of its declared mistakes."""
    keep_in(Shelf(root / ".autograde" / "transcripts"))


def _pack(made: Transcript) -> bytes:
    return encode([(aspect, i, o.what, o.value, o.tolerance) for (aspect, i), o in made.items()])


def _unpack(data: bytes) -> Mapping[tuple[str, int], Observation]:
    rows = decode(zlib.decompressobj().decompress(data, LARGEST))
    return {(aspect, i): Observation(what, value, tolerance) for aspect, i, what, value, tolerance in rows}
