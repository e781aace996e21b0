"""Attacks that read what is not theirs."""

from tests.attacks.catalogue import theft

SEARCH = r"""
import os, re, time

# A cell has five seconds: on a busy machine, report what has been found rather than be ended.
UNTIL = time.monotonic() + 3
SECRET = re.compile(rb"SECRET-[0-9a-f]{32}|BEGIN SOLUTION|autograde\.exercises|find_misconceptions")


def look(path):
    try:
        with open(path, "rb") as file:
            loot.extend(match.decode() for match in SECRET.findall(file.read(1 << 22))[:3])
    except OSError:
        pass


def search(*places, skip=("site-packages", "lib", "proc")):
    for place in places:
        for folder, folders, names in os.walk(place):
            folders[:] = [name for name in folders if name not in skip]
            for name in names:
                if time.monotonic() > UNTIL:
                    return
                look(os.path.join(folder, name))
"""

theft(
    "reads_solutions",
    SEARCH + "search('{root}/solutions', '{root}/autograde', '{root}/.git', '{root}/tests')\n",
)
theft("reads_the_whole_disk", SEARCH + "search('/')\n")
theft(
    "reads_the_gradebook",
    SEARCH + "search('{class_folder}', '..', '../..'); look('{class_folder}/gradebook.db')\n",
)
theft(
    "reads_other_submissions",
    SEARCH + "search('{class_folder}/submitted', '{scratch}', '/tmp', '/var/tmp')\n",
)
theft("reads_home", SEARCH + "search('/root', '/home', os.path.expanduser('~')); look('/etc/shadow')\n")
theft(
    "imports_the_exercises",
    SEARCH
    + """
import sys
sys.path.insert(0, "{root}")
try:
    import autograde.exercises.vanishing_gradients
    loot.append("autograde.exercises")
except ImportError:
    pass
""",
)
theft(
    "reads_the_environment",
    SEARCH
    + """
loot.extend(SECRET.findall(repr(dict(os.environ)).encode()))
look("/proc/self/environ")
""",
)
theft(
    "reads_proc_of_others",
    SEARCH
    + """
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline", "maps", "mem", "root/etc/passwd", "cwd"):
        look(f"/proc/{{pid}}/{{name}}")
    search(f"/proc/{{pid}}/cwd")
loot.extend(f"SECRET-{{pid}}" for pid in os.listdir("/proc") if pid.isdigit() and pid != "1")
""",
)
theft(
    "reads_the_kernels_files",
    SEARCH
    + """
for path in ("/proc/kcore", "/proc/kallsyms", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/sys/kernel/debug"):
    look(path)
loot.extend(f"SECRET-{{path}}" for path in ("/dev/vda", "/dev/kmsg", "/sys/kernel") if os.path.exists(path))
""",
)
theft(
    "links_out_of_its_directory",
    SEARCH
    + """
for number, target in enumerate(("{root}/solutions", "{class_folder}", "/proc/1/root", "/etc")):
    os.symlink(target, f"link{{number}}")
    search(f"link{{number}}")
os.mkfifo("pipe")
os.symlink("pipe", "submission.ipynb")
""",
)
theft(
    "traces_the_grader",
    SEARCH
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for pid in (1, 2, os.getppid(), {grader}):
    if libc.ptrace(16, pid, 0, 0) == 0:
        loot.append("SECRET-ptrace")
for flags in (0x10000000, 0x00020000, 0x40000000):
    if libc.unshare(flags) == 0:
        loot.append("SECRET-unshare")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0 or libc.chroot(b"/") == 0:
    loot.append("SECRET-mount")
""",
)
theft(
    "searches_memory_for_the_judges_values",
    SEARCH
    + """
import gc, inspect, sys
texts = [repr(name) for name in sys.modules]
texts += [repr(value)[:10_000] for value in gc.get_objects() if isinstance(value, (str, bytes, tuple))][:200_000]
frame = sys._getframe()
while frame is not None:
    texts += [repr(list(frame.f_globals)), repr(list(frame.f_locals))]
    frame = frame.f_back
found = set(re.findall(r"SECRET-[0-9a-f]{{32}}|references'|sigmoid_reference|autograde\\.judge\\.(?:judge|run)", " ".join(texts)))
own = {{"sigmoid_reference", "SECRET-[0-9a-f]{{32}}"}}
loot.extend("BEGIN SOLUTION " + text for text in found - own)
""",
)
