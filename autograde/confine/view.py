"""What student code needs to see: the interpreter, the packages, the course's kit and data, and nothing more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograde.confine.limits import ConfinementError

REPOSITORY = Path(__file__).resolve().parents[2]
_OF_THE_COURSE = ("coursekit", "datasets")
_OF_THE_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/fonts", "/etc/ld.so.cache",
    "/etc/localtime",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def visible() -> list[str]:
    """The files and directories student code may read, none inside another. Called in the warm process."""
    course = [str(REPOSITORY / name) for name in _OF_THE_COURSE]
    packages = [path for path in sys.path if path and Path(path).resolve() != REPOSITORY]
    places = [sys.prefix, sys.base_prefix, *packages, *_libraries(), *_OF_THE_SYSTEM, *course]
    return _outermost(path for path in places if os.path.exists(path))


def _libraries() -> set[str]:
    """Where the shared libraries lie that this process has loaded: not everywhere in /usr/lib."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        mapped = {line.split(maxsplit=5)[-1].strip() for line in file}
    return {os.path.dirname(path) for path in mapped if path.startswith("/") and os.path.exists(path)}


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths that lie in no other one of them. Raises `ConfinementError` where that is the whole disk."""
    chosen: list[str] = []
    for path in sorted({os.path.abspath(path) for path in paths}):
        if path == "/" or REPOSITORY.is_relative_to(path):
            raise ConfinementError(f"Python or a package lies in {path}, which holds the course as well.")
        if not any(Path(path).is_relative_to(other) for other in chosen):
            chosen.append(path)
    return chosen


def covered(secrets: Sequence[str], shown: Sequence[str]) -> list[str]:
    """The secrets that lie in a shown directory: they have to be covered up."""
    return [s for s in secrets if os.path.exists(s) and any(Path(s).is_relative_to(place) for place in shown)]
