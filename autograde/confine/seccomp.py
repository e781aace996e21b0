"""The system calls student code has no use for, refused by the kernel itself.

What is left is what numpy, torch, IPython and data loaders with worker processes need. A refused call fails with an
error, as on a kernel without it, so that libraries fall back to something older.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket

from autograde.confine import bpf, kernel
from autograde.confine.limits import ConfinementError
from autograde.confine.syscalls import AUDIT_ARCH, LAST_KNOWN, NUMBERS

_SET_MODE_FILTER, _SPEC_ALLOW = 1, 4
_X32 = 0x40000000
_QUERY_PERSONALITY, _TIOCSTI, _TIOCLINUX = 0xFFFFFFFF, 0x5412, 0x541C
_NEW_NAMESPACES = (
    kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWUSER | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP
)  # fmt: skip

REFUSED = (
    # looking into or steering other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
    "pidfd_getfd", "migrate_pages", "move_pages", "perf_event_open",
    # other views of the machine
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "statmount", "listmount", "open_tree_attr",
    "name_to_handle_at", "open_by_handle_at", "fanotify_init", "fanotify_mark", "lookup_dcookie",
    # the kernel itself
    "bpf", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon",
    "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "iopl", "ioperm", "modify_ldt", "vhangup",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
    # keys, and memory that no limit counts
    "keyctl", "add_key", "request_key", "shmget", "semget", "msgget", "mq_open",
)  # fmt: skip
"""Fail with EPERM."""

UNKNOWN = (
    "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "memfd_secret",
    "memfd_create",
)  # fmt: skip
"""Fail with ENOSYS: clone3 hides its flags from a filter, the rest are large or memory that no limit counts."""

# Calls that name a process of the same user, and the argument that does so.
_OF_A_PROCESS = {
    "kill": 0, "tkill": 0, "tgkill": 0, "rt_sigqueueinfo": 0, "rt_tgsigqueueinfo": 0, "prlimit64": 0,
    "sched_setparam": 0, "sched_setscheduler": 0, "sched_setaffinity": 0, "sched_setattr": 0, "setpriority": 1,
    "ioprio_set": 1,
}  # fmt: skip


def refuse_system_calls(alone: bool, pid: int = 0) -> None:
    """Put the filter on this process and all it starts. Needs `no new privileges`.

    `alone` says that there are namespaces between this process and the others. Where there are none it may not
    name another process than itself (`pid`), nor open a socket file of another program.
    """
    code = filter_code(os.uname().machine, alone, pid)
    program = _Program(len(code) // 8, code)
    # SPEC_ALLOW: otherwise older kernels slow the whole process down against Spectre.
    arguments = (_SET_MODE_FILTER, _SPEC_ALLOW, ctypes.byref(program))
    kernel.syscall("seccomp", NUMBERS[os.uname().machine]["seccomp"], *arguments)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def filter_code(machine: str, alone: bool, pid: int = 0) -> bytes:
    """The filter for one architecture. Raises `ConfinementError` for one we have no numbers of."""
    if machine not in NUMBERS:
        raise ConfinementError(f"there is no seccomp filter for {machine}")
    number = NUMBERS[machine]
    refused = bpf.give(bpf.refuse(errno.EPERM))
    unknown = bpf.give(bpf.refuse(errno.ENOSYS))
    program = [bpf.load_architecture(), *_unless(AUDIT_ARCH[machine], bpf.give(bpf.KILL_PROCESS))]
    program += [
        bpf.load_number(),
        *bpf.when_any_bit(_X32, [refused]),
        *bpf.when_greater(LAST_KNOWN, [unknown]),
    ]
    for name in REFUSED:
        program += bpf.when_equal(number[name], [refused]) if name in number else []
    for name in UNKNOWN:
        program += bpf.when_equal(number[name], [unknown])
    for name, body in _by_argument(alone, pid).items():
        program += bpf.when_equal(number[name], body)
    return bpf.assemble([*program, bpf.give(bpf.ALLOW)])


def _by_argument(alone: bool, pid: int) -> dict[str, list[bpf.Instruction]]:
    """What is refused for some arguments only. Every body ends with a verdict."""
    allowed, refused = bpf.give(bpf.ALLOW), bpf.give(bpf.refuse(errno.EPERM))
    no_family = bpf.give(bpf.refuse(errno.EAFNOSUPPORT))
    local = bpf.when_equal(int(socket.AF_UNIX), [allowed]) if alone else []
    bodies = {
        "socket": [bpf.load_argument(0), *local, no_family],
        "clone": [bpf.load_argument(0), *bpf.when_any_bit(_NEW_NAMESPACES, [refused]), allowed],
        "personality": [bpf.load_argument(0), *_only((0, _QUERY_PERSONALITY), refused)],
        "ioctl": [bpf.load_argument(1), *_never((_TIOCSTI, _TIOCLINUX), refused)],
        "prctl": [bpf.load_argument(0), *_never(_KEPT_CONTROLS, refused)],
    }
    if not alone:
        bodies |= {n: [bpf.load_argument(i), *_only((0, pid), refused)] for n, i in _OF_A_PROCESS.items()}
        # Landlock before its third version does not ask about this call.
        bodies |= {"truncate": [refused], "pidfd_open": [refused], "pidfd_send_signal": [refused]}
    return bodies


# Whose end ends this process, and who takes its orphans.
_KEPT_CONTROLS = (kernel.PR_SET_PDEATHSIG, kernel.PR_SET_CHILD_SUBREAPER)


def _only(values: tuple[int, ...], otherwise: bpf.Instruction) -> list[bpf.Instruction]:
    return [*(i for v in values for i in bpf.when_equal(v, [bpf.give(bpf.ALLOW)])), otherwise]


def _never(values: tuple[int, ...], verdict: bpf.Instruction) -> list[bpf.Instruction]:
    return [*(i for v in values for i in bpf.when_equal(v, [verdict])), bpf.give(bpf.ALLOW)]


def _unless(value: int, verdict: bpf.Instruction) -> list[bpf.Instruction]:
    """Give the verdict where the loaded word is not `value`."""
    return [(0x15, 1, 0, value), verdict]
