"""The few raw system calls that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os
from typing import Any

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x8000000, 0x20000000, 0x40000000
CLONE_NEWUSER, CLONE_NEWUTS, CLONE_NEWCGROUP = 0x10000000, 0x4000000, 0x2000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = (
    1,
    24,
    22,
    36,
    38,
)
PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 4, 47, 4
_MNT_DETACH, _AT_RECURSIVE, _AT_FDCWD = 2, 0x8000, -100
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522

# The same on every architecture: they came after the numbers were unified.
SYS_MOUNT_SETATTR = 442
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446

# Bound at import, in the warm process: a child under its limits loads nothing.
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what: str, number: int, *arguments: Any) -> int:
    """A system call by number; integers are passed as machine words. Raises OSError, which starts with `what`."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    _libc.syscall.restype = ctypes.c_long
    return _check(_libc.syscall(ctypes.c_long(number), *words), what)


def unshare(flags: int) -> None:
    """Leave the given namespaces for new ones."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Join the namespace behind `fd`."""
    _check(_libc.setns(fd, kind), "setns")


def prctl(option: int, value: int = 0, second: int = 0) -> None:
    """One process control call."""
    arguments = [ctypes.c_ulong(n) for n in (value, second, 0, 0)]
    _check(_libc.prctl(option, *arguments), f"prctl {option}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount one file system."""
    texts = [text.encode() for text in (source, target, kind)]
    _check(_libc.mount(*texts, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def bind(source: str, target: str) -> None:
    """Show a file or directory, with all that is mounted below it, at a second place."""
    mount(source, target, "", MS_BIND | MS_REC)


def set_read_only(path: str) -> None:
    """Make a mount and all below it read-only, and setuid programs on it ordinary ones."""
    bits = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID)
    size = ctypes.sizeof(bits)
    at = (_AT_FDCWD, path.encode(), _AT_RECURSIVE)
    syscall(f"mount_setattr {path}", SYS_MOUNT_SETATTR, *at, ctypes.byref(bits), size)


def pivot_into(root: str) -> None:
    """Make the mount at `root` the root directory, and let go of the old one."""
    os.chdir(root)
    dot = b"."
    _check(_libc.pivot_root(dot, dot), f"pivot_root {root}")
    _check(_libc.umount2(dot, _MNT_DETACH), "umount of the old root")
    os.chdir("/")


def clear_capabilities() -> None:
    """Give up every capability of this thread."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
