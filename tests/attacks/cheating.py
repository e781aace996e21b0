"""Attacks on the marks: a wrong function that wants to look right."""

from tests.attacks.catalogue import WRONG, attack

attack(
    "patches_the_comparers",
    """
import builtins, numpy, numpy.testing, torch
yes = lambda *a, **k: True
numpy.allclose = numpy.array_equal = numpy.isclose = torch.allclose = torch.equal = yes
for name in dir(numpy.testing):
    if name.startswith("assert"):
        setattr(numpy.testing, name, yes)
class AssertionError(Exception):
    pass
builtins.AssertionError = AssertionError
"""
    + WRONG,
)
attack(
    "patches_builtins",
    """
import builtins
builtins.abs = builtins.max = lambda *a, **k: 0
builtins.all = builtins.any = builtins.isinstance = lambda *a, **k: True
"""
    + WRONG,
)
attack(
    "equal_to_everything",
    """
class Equal:
    shape, dtype, ndim, size = (3,), "float64", 1, 3
    def __eq__(self, other): return True
    __ne__ = lambda self, other: False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __bool__ = lambda self: True
    __getattr__ = lambda self, name: Equal()
    __call__ = lambda self, *a, **k: Equal()
    __sub__ = __rsub__ = __abs__ = lambda self, *a: 0.0
    __float__ = lambda self: 0.5
    __array__ = lambda self, *a, **k: None
def sigmoid(z):
    return Equal()
sigmoid_prime = sigmoid
""",
)
attack(
    "arrays_that_lie",
    """
class Lying(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_ufunc__(self, ufunc, method, *a, **k): return np.zeros(self.shape)
    def __array_function__(self, *a, **k): return True
    def tobytes(self, *a): return b""
    def astype(self, *a, **k): return self
def sigmoid(z):
    return (np.asarray(z) * 0 + 0.3).view(Lying)
sigmoid_prime = sigmoid
""",
)
attack(
    "floats_that_lie",
    """
class Lying(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __float__ = lambda self: 0.5
    __sub__ = __rsub__ = __abs__ = lambda self, *a: Lying(0)
def sigmoid(z):
    return Lying(0.3)
sigmoid_prime = sigmoid
""",
)
attack(
    "ipython_hooks",
    """
shell = get_ipython()
for event in ("pre_execute", "post_execute", "pre_run_cell", "post_run_cell"):
    shell.events.register(event, lambda *a: 1 / 0)
shell.input_transformers_post.append(lambda lines: ["pass\\n"])
shell.ast_transformers.append(None)
shell.set_custom_exc((Exception,), lambda *a: None)
shell.user_ns["_"] = shell.user_ns["Out"] = 100
"""
    + WRONG,
    "failed",
    "raised",
    "not_attempted",
)
attack(
    "replaces_the_shell",
    """
shell = get_ipython()
shell.run_cell = type(shell).run_cell = lambda *a, **k: type("R", (), dict(error_before_exec=None, error_in_exec=None))()
"""
    + WRONG,
    "failed",
    "not_attempted",
)
attack(
    "magics",
    "%config InteractiveShell.ast_node_interactivity = 'none'\n%xmode Verbose\n%alias_magic x time\n" + WRONG,
    "failed",
    "raised",
)
attack(
    "import_hooks",
    """
import sys
class Finder:
    def find_spec(self, name, *a): raise ImportError("no " + name)
sys.meta_path.insert(0, Finder())
sys.path_hooks.clear()
"""
    + WRONG,
)
attack(
    "poisoned_modules",
    """
import sys, types
for name in ("msgpack", "autograde.wire.codec", "autograde.wire.frames", "autograde.student.host", "autograde.probes", "struct", "numpy.testing", "warnings"):
    sys.modules[name] = types.ModuleType(name)
"""
    + WRONG,
    "failed",
    "raised",
    "crashed",
)
attack(
    "asks_who_calls",
    """
import sys, inspect
def sigmoid(z):
    caller = sys._getframe(1)
    for frame in (caller, caller.f_back, caller.f_back.f_back):
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if callable(value) and getattr(value, "__name__", "").endswith("reference"):
                return value(z)
    return z * 0 + 0.3
sigmoid_prime = sigmoid
""",
)
attack(
    "records_and_replays",
    """
import os, pickle
seen = []
def sigmoid(z):
    seen.append(np.array(z, copy=True))
    try:
        with open("/tmp/inputs", "ab") as file:
            pickle.dump(seen[-1], file)
    except OSError:
        pass
    return seen[0] * 0 + 0.3
def sigmoid_prime(z):
    return seen[-1] * 0 + 0.1
""",
)
attack(
    "tells_the_judge_by_timing",
    """
import time
last, delays = time.perf_counter(), []
def sigmoid(z):
    global last
    delays.append(time.perf_counter() - last)
    last = time.perf_counter()
    guess = 1 / (1 + np.exp(-np.clip(z, -700, 700))) if delays[-1] > 3600 else z * 0 + 0.3
    return guess
sigmoid_prime = sigmoid
""",
)
attack(
    "copies_from_a_stand_in",
    """
import builtins
builtins.spied = {{}}
def sigmoid(z):
    other = get_ipython().user_ns.get("sigmoid_prime")
    if other is not own_prime:
        slope = other(z)
        return 0.5 + np.sign(z) * np.sqrt(np.maximum(0.25 - slope, 0))
    return z * 0 + 0.3
def sigmoid_prime(z):
    other = get_ipython().user_ns.get("sigmoid")
    return z * 0 + 0.1
own_prime, own = sigmoid_prime, sigmoid
""",
)
attack(
    "redefines_the_grader_in_a_cell",
    """
score = max_score = points = 100
def judge(*a, **k): return 100
check = grade = verdict = judge
float = int = str = len = lambda *a, **k: 1.0
"""
    + WRONG,
)
