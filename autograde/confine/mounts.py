"""The file system a student process sees: a root of its own, with the visible files read-only and a small scratch.

`build_root` makes the part that is the same for all, once, in the warm process (which has left the host's mount
namespace for that); `enter` adds what is one student's and makes it the root directory.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from autograde.confine import kernel
from autograde.confine.limits import Limits
from autograde.confine.view import DEVICES, covered

_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV
SCRATCH, WORK = "/scratch", "/scratch/work"
_INSIDE_SCRATCH = {"/tmp": "tmp", "/dev/shm": "shm"}


def build_root(root: str, shown: Sequence[str], secrets: Sequence[str]) -> None:
    """A root directory at `root` with the shown files in their usual places and nothing of the secrets."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    os.makedirs(root, exist_ok=True)
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID, "size=1m,mode=0755")
    with _usual_permissions():
        for path in (*shown, *DEVICES):
            _show(root, path)
        for path in covered(secrets, shown):
            _cover(root + path)
        _furnish(root)
    kernel.set_read_only(root)


class _usual_permissions:
    """Directories that every user can enter, whatever the grader's umask says."""

    def __enter__(self) -> None:
        self._before = os.umask(0o022)

    def __exit__(self, *_: object) -> None:
        os.umask(self._before)


def _show(root: str, path: str) -> None:
    """The file or directory at the same place below `root`; a link such as /lib as the link it is."""
    target = Path(root + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.islink(path) and os.path.isdir(path):
        target.symlink_to(os.readlink(path))
        return
    target.mkdir(exist_ok=True) if os.path.isdir(path) else target.touch()
    kernel.bind(os.path.realpath(path), str(target))


def _cover(path: str) -> None:
    """An empty directory, or an empty file, in the place of `path`."""
    if os.path.isdir(path):
        kernel.mount("tmpfs", path, "tmpfs", _PLAIN, "size=4k,mode=0755")
    else:
        kernel.bind("/dev/null", path)


def _furnish(root: str) -> None:
    for name in ("proc", SCRATCH.strip("/"), "etc", "dev"):
        Path(root, name).mkdir(exist_ok=True)
    Path(root, "etc/passwd").write_text("student:x:65534:65534::/scratch/work:/bin/false\n", encoding="ascii")
    Path(root, "dev/fd").symlink_to("/proc/self/fd")
    for path, name in _INSIDE_SCRATCH.items():
        if not os.path.exists(root + path):  # packages may lie in /tmp: then it is shown as it is
            Path(root + path).symlink_to(f"{SCRATCH}/{name}")


def enter(root: str, limits: Limits, uid: int) -> None:
    """Give this process a mount namespace in which `root` is all there is, with an own scratch in it."""
    kernel.unshare(kernel.CLONE_NEWNS)
    size = f"size={limits.scratch_bytes},nr_inodes={limits.scratch_files},mode=0700,uid={uid},gid={uid}"
    kernel.mount("tmpfs", root + SCRATCH, "tmpfs", _PLAIN, size)
    _mount_proc(root + "/proc")
    kernel.pivot_into(root)
    for name in ("work", *_INSIDE_SCRATCH.values()):
        os.mkdir(f"{SCRATCH}/{name}", 0o700)
        os.chown(f"{SCRATCH}/{name}", uid, uid)


def _mount_proc(path: str) -> None:
    """Its own processes only. A container that masks parts of /proc does not allow it: then there is none."""
    try:
        kernel.mount("proc", path, "proc", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY)
    except PermissionError:
        return


def fresh_directory(scratch: str, uid: int) -> str:
    """An empty directory in `scratch` for one process, where there are no mounts to make one with."""
    os.chmod(scratch, 0o711)  # its own user has to get through, and sees nothing else there
    path = os.path.join(scratch, f"work-{os.getpid()}")
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path, 0o700)
    os.chown(path, uid, uid)
    return path
