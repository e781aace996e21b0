"""Attacks that leave something behind, reach other machines, or end what is not theirs."""

from tests.attacks.catalogue import REPORT, WRONG, attack, theft

theft(
    "writes_outside",
    """
import os
for path in ("{root}/planted", "/planted", "/etc/planted", "/usr/lib/planted", "{class_folder}/planted", "/proc/sys/kernel/core_pattern",
             "{root}/coursekit/planted", "{root}/.venv/lib/python3.11/site-packages/planted.pth", "/dev/planted"):
    try:
        open(path, "w").write("x")
        loot.append("SECRET-written:" + path)
    except OSError:
        pass
for path in ("/tmp/planted", "/dev/shm/planted"):  # its own, or read-only where the packages lie in /tmp
    try:
        open(path, "w").write("x")
    except OSError:
        pass
open("planted", "w").write("x")
""",
)
theft(
    "connects",
    """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_INET, ("1.1.1.1", 53)),
                        (socket.AF_INET6, ("::1", {port})), (socket.AF_UNIX, "/var/run/docker.sock"),
                        (socket.AF_UNIX, "{socket_file}"), (socket.AF_UNIX, "\\0{abstract}")):
    try:
        with socket.socket(family) as sock:
            sock.settimeout(1)
            sock.connect(address)
        loot.append("SECRET-connected" + str(address))
    except OSError:
        pass
left, right = socket.socketpair()
left.send(b"x")
loot.append(right.recv(1))
""",
)
theft(
    "starts_daemons",
    """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            time.sleep(0.05)
""",
)
theft(
    "kills_the_parent_and_the_group",
    """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in (os.getppid(), {grader}, -1, 0):
    for number in (signal.SIGTERM,):
        try:
            os.kill(pid, number)
        except OSError:
            pass
""",
)
attack(
    "kills_everything",
    """
import os, signal
def sigmoid(z):
    for pid in (os.getppid(), {grader}, -1, os.getpid(), 0):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    os.killpg(0, signal.SIGKILL)
    return z * 0
sigmoid_prime = sigmoid
""",
    "failed",
    "crashed",
    "out_of_memory",
    "raised",
)
attack(
    "stops_itself",
    """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
"""
    + WRONG,
    "failed",
    "timed_out",
)
attack(
    "loads_itself_into_python",
    """
import os, site
for place in (site.getsitepackages()[0], "{root}/coursekit", "."):
    try:
        open(os.path.join(place, "sitecustomize.py"), "w").write("print('SECRET')")
        open(os.path.join(place, "numpy.py"), "w").write("raise SystemExit")
    except OSError:
        pass
"""
    + WRONG,
)
theft(
    "exhausts_the_disk",
    """
try:
    for n in range(100):
        with open(f"big{n}", "wb") as file:
            file.write(bytes(60 << 20))
except OSError as error:
    loot.append(error.strerror)
""",
)
assert REPORT
