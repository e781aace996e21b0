"""The few raw system calls that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x8000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = (
    24,
    38,
    4,
    47,
    4,
)
_MOUNT_ATTR_RDONLY, _AT_RECURSIVE, _AT_FDCWD, _SYS_MOUNT_SETATTR = 1, 0x8000, -100, 442
_CAPABILITY_VERSION_3 = 0x20080522

# Bound at import, in the warm process: a child under its limits loads nothing.
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


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


def set_read_only(path: str, read_only: bool, recursive: bool = False) -> None:
    """Make a mount (and all below it) read-only, or writable again."""
    bits = (ctypes.c_uint64 * 4)()
    bits[0 if read_only else 1] = _MOUNT_ATTR_RDONLY
    flags = _AT_RECURSIVE if recursive else 0
    numbers = [ctypes.c_long(n) for n in (_SYS_MOUNT_SETATTR, _AT_FDCWD)]
    size = ctypes.c_size_t(ctypes.sizeof(bits))
    result = _libc.syscall(*numbers, path.encode(), ctypes.c_uint(flags), ctypes.byref(bits), size)
    _check(result, f"mount_setattr {path}")


def clear_capabilities() -> None:
    """Give up every capability of this thread."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
