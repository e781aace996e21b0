"""Landlock: a process gives up, for itself and all it starts, every file it does not name here, and all TCP.

Kernel documentation: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from autograde.confine import kernel

_VERSION_QUERY, _RULE_PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
# How many of the file rights, which are bits counted from 0, each version knows; later versions know all 16.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_TCP_BIND_CONNECT, _ABSTRACT_SOCKETS_AND_SIGNALS = 3, 3


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("fd", ctypes.c_int32))


def version() -> int:
    """Landlock's version (ABI) on this kernel; 0 where there is none."""
    try:
        return kernel.syscall("landlock", kernel.SYS_LANDLOCK_CREATE_RULESET, None, 0, _VERSION_QUERY)
    except (OSError, AttributeError):
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Leave this process the named files and directories, and nothing else. Needs `no new privileges`."""
    abi = version()
    every = (1 << _RIGHTS.get(abi, 16)) - 1
    network = _TCP_BIND_CONNECT if abi >= 4 else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    ruleset = _Ruleset(every, network, scoped)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = kernel.syscall("landlock", kernel.SYS_LANDLOCK_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    try:
        for path in readable:
            _allow(rules, path, (_EXECUTE | _READ_FILE | _READ_DIR) & every)
        for path in writable:
            _allow(rules, path, every)
        kernel.syscall("landlock", kernel.SYS_LANDLOCK_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights &= rights if stat.S_ISDIR(os.fstat(fd).st_mode) else _OF_FILES
        rule = _PathBeneath(rights, fd)
        at = (rules, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        kernel.syscall(f"landlock {path}", kernel.SYS_LANDLOCK_ADD_RULE, *at)
    finally:
        os.close(fd)
