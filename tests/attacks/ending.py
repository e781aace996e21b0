"""Attacks that end their process, or try to."""

from tests.attacks.catalogue import WRONG, attack

attack("os_exit", "import os\nos._exit(0)\n", "crashed")
attack(
    "os_exit_in_a_call", "import os\ndef sigmoid(z):\n    os._exit(0)\nsigmoid_prime = sigmoid\n", "crashed"
)
attack("sys_exit", "import sys\nsys.exit(0)\n", "raised")
attack(
    "sys_exit_in_a_call", "import sys\ndef sigmoid(z):\n    sys.exit(0)\nsigmoid_prime = sigmoid\n", "raised"
)
attack("deep_recursion", "def sigmoid(z):\n    return sigmoid(z)\nsigmoid_prime = sigmoid\n", "raised")
attack(
    "recursion_without_a_limit",
    """
import sys
sys.setrecursionlimit(10 ** 9)
def sigmoid(z):
    return list(map(sigmoid, [z]))
sigmoid_prime = sigmoid
""",
    "crashed",
    "raised",
    "out_of_memory",
    "timed_out",
)
attack(
    "null_pointer",
    "import ctypes\ndef sigmoid(z):\n    ctypes.string_at(0)\nsigmoid_prime = sigmoid\n",
    "crashed",
)
attack("abort", "import os\ndef sigmoid(z):\n    os.abort()\nsigmoid_prime = sigmoid\n", "crashed")
attack(
    "replaces_its_program",
    "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'while True: pass'])\n",
    "timed_out",
    "crashed",
    "raised",
)
attack("closes_every_file", "import os\nos.closerange(0, 256)\n" + WRONG, "crashed")
attack(
    "keyboard_interrupt", "def sigmoid(z):\n    raise KeyboardInterrupt\nsigmoid_prime = sigmoid\n", "raised"
)
