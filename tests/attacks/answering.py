"""Attacks on the pipe: answers that are none."""

from tests.attacks.catalogue import attack


def answers(name: str, body: str, *statuses: str) -> None:
    """Declare an attack whose functions do this."""
    attack(
        name, f"import os, struct, time\ndef sigmoid(z):\n    {body}\nsigmoid_prime = sigmoid\n", *statuses
    )


answers("writes_garbage", "os.write(3, os.urandom(4096)); return z", "crashed", "timed_out")
answers("writes_a_forged_answer", "os.write(3, struct.pack('>I', 3) + b'abc'); return z", "crashed")
answers("never_ending_message", "os.write(3, struct.pack('>I', 1 << 20)); time.sleep(60)", "timed_out")
answers(
    "trickles",
    "os.write(3, struct.pack('>I', 1 << 20))\n    while True: os.write(3, b'x'); time.sleep(0.01)",
    "timed_out",
)
answers("announces_4_gb", "os.write(3, b'\\xff' * 4); time.sleep(60)", "crashed")
answers(
    "floods_with_callbacks",
    "m = b'\\x95\\x02\\xa8callback\\x01\\xa4args\\x91\\x01'\n    while True: os.write(3, struct.pack('>I', len(m)) + m)",
    "crashed",
    "timed_out",
)
answers("gigantic_array", "return np.zeros(10 ** 8)", "crashed")
answers("broadcast_array", "return np.broadcast_to(0.5, (1 << 20, 1 << 20))", "crashed")
answers("gigantic_list", "return [0.5] * (10 ** 7)", "crashed", "out_of_memory")
answers("gigantic_text", "return 'x' * (60 << 20)", "failed", "crashed", "timed_out")
answers("gigantic_integer", "return 1 << (1 << 26)", "failed", "crashed")
answers("deeply_nested", "x = 0.5\n    for _ in range(10 ** 5): x = [x]\n    return x", "crashed")
answers("cyclic", "x = []; x.append(x); return x", "crashed")
answers("full_of_nan", "return z * float('nan')", "failed")
answers("full_of_infinity", "return z * 0 + float('inf')", "failed")
answers("wrong_dtype", "return (z * 0).astype('S5') if hasattr(z, 'astype') else 'x'", "failed")
answers("complex_dtype", "return z * 0 + 0.3j", "failed")
answers("object_dtype", "return np.array([object()] * 4, dtype=object)", "failed")
answers("structured_dtype", "return np.zeros(3, dtype=[('a', 'f8'), ('b', 'O')])", "failed")
answers("dates", "return np.array(['2020-01-01'], dtype='M8[D]')", "failed")
answers("empty_axes", "return np.zeros((0, 1 << 40))", "failed", "crashed")
answers("a_generator", "return (x for x in iter(int, 1))", "failed")
answers("a_function", "return sigmoid", "failed")
answers("bytes_of_a_pickle", "return b\"cos\\nsystem\\n(S'touch /tmp/owned'\\ntR.\"", "failed")
answers(
    "many_warnings",
    "import warnings\n    for n in range(10 ** 4): warnings.warn('x' * 10 ** 4 + str(n))\n    return z * 0",
    "failed",
    "timed_out",
)
answers(
    "an_exception_that_misbehaves",
    "raise type('E' * 10 ** 5, (Exception,), dict(__str__=lambda s: 'x' * 10 ** 7))()",
    "raised",
)
