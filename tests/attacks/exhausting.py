"""Attacks that take more than their share."""

from tests.attacks.catalogue import WRONG, attack

attack(
    "fork_bomb",
    """
import os, time
while True:
    if os.fork() == 0:
        time.sleep(60)
""",
    "raised",
)
attack(
    "fork_bomb_of_forkers",
    """
import os
def sigmoid(z):
    while True:
        try:
            os.fork()
        except OSError:
            pass
sigmoid_prime = sigmoid
""",
    "timed_out",
    "crashed",
    "out_of_memory",
)
attack(
    "thread_bomb",
    """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
""",
    "raised",
    "timed_out",
    "out_of_memory",
    "crashed",
)
attack(
    "allocates_50_gb",
    "def sigmoid(z):\n    return bytearray(50 << 30)\nsigmoid_prime = sigmoid\n",
    "out_of_memory",
)
attack(
    "allocates_in_many_processes",
    """
import os, time
for _ in range(20):
    if os.fork() == 0:
        keep = [os.urandom(1 << 20) * 100 for _ in range(30)]
        time.sleep(60)
time.sleep(60)
""",
    "out_of_memory",
    "timed_out",
)
attack(
    "hides_memory_in_files",
    """
import mmap, os
def sigmoid(z):
    keep = []
    while True:
        fd = os.memfd_create("hidden")
        os.write(fd, bytes(60 << 20))
        keep.append(fd)
sigmoid_prime = sigmoid
""",
    "raised",
)
attack("endless_loop", "while True:\n    pass\n", "timed_out")
attack(
    "endless_loop_ignoring_signals",
    """
import signal
def sigmoid(z):
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
sigmoid_prime = sigmoid
""",
    "timed_out",
)
attack(
    "endless_loop_in_a_thread",
    """
import threading
def spin():
    while True:
        pass
threading.Thread(target=spin).start()
"""
    + WRONG,
    "failed",
    "timed_out",
)
attack(
    "endless_sleep",
    "import time\ndef sigmoid(z):\n    time.sleep(10_000)\nsigmoid_prime = sigmoid\n",
    "timed_out",
)
attack(
    "endless_c_loop",
    "def sigmoid(z):\n    return 7 ** (10 ** 9)\nsigmoid_prime = sigmoid\n",
    "timed_out",
    "out_of_memory",
)
attack(
    "prints_a_gigabyte",
    """
import os, sys
line = "x" * (10 << 20)
for _ in range(50):
    print(line)
    sys.stderr.write(line)
os.write(1, b"y" * (100 << 20))
"""
    + WRONG,
)
attack(
    "shows_a_gigabyte",
    """
from IPython.display import HTML, display
for _ in range(100):
    display(HTML("x" * (10 << 20)))
"""
    + WRONG,
    "failed",
    "timed_out",
)
