"""What a confined child sees of the file system: all read-only, its scratch writable, secrets empty."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autograde.confine import kernel
from autograde.confine.limits import Confinement

_TMPFS = kernel.MS_NOSUID | kernel.MS_NODEV
# Other programs' sockets, shared memory and files: replaced by small empty ones.
_EMPTIED = ("/run", "/dev/shm", "/tmp")


def restrict_files(confinement: Confinement) -> None:
    """A mount namespace of its own, in which only the scratch directory and /tmp can be written."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    if os.getpid() == 1:
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    kernel.set_read_only("/", True, recursive=True)
    _make_writable(confinement)
    for path in confinement.hidden:
        _hide(path)
    if os.getpid() == 1:
        # Needed once more, to limit the processes; then `seal` closes it.
        kernel.set_read_only("/proc", False)


def seal(_: Confinement) -> None:
    """No kernel setting can be written: root owns them, with or without capabilities."""
    kernel.set_read_only("/proc", True)


def _make_writable(confinement: Confinement) -> None:
    scratch = os.open(confinement.scratch, os.O_PATH | os.O_DIRECTORY)
    size = f"size={confinement.limits.file_bytes},mode=1777"
    for path in _EMPTIED:
        if os.path.isdir(path) and not _holds_packages(path):
            kernel.mount("tmpfs", path, "tmpfs", _TMPFS, size)
    # Scratch directories mostly lie under /tmp: bring this one back by the open descriptor.
    Path(confinement.scratch).mkdir(parents=True, exist_ok=True)
    kernel.mount(f"/proc/self/fd/{scratch}", confinement.scratch, "", kernel.MS_BIND)
    kernel.set_read_only(confinement.scratch, False)
    os.close(scratch)


def _holds_packages(path: str) -> bool:
    """Whether the interpreter or the course lies in `path`: imports must go on working, so it stays, read-only."""
    needed = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]))
    return any(Path(place).is_relative_to(path) for place in needed)


def _hide(path: str) -> None:
    """An empty directory, or an empty file, in the place of `path`."""
    if os.path.isdir(path):
        kernel.mount("tmpfs", path, "tmpfs", _TMPFS | kernel.MS_RDONLY, "size=4k")
    elif os.path.exists(path):
        kernel.mount("/dev/null", path, "", kernel.MS_BIND)
