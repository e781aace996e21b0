"""What confinement adds to one submission: start and end of a student process with and without it.

    python benchmarks/confinement.py [ROUNDS]

Both kinds take turns in one run, so that other load on the machine meets both alike.
"""

from __future__ import annotations

import pathlib
import statistics
import sys
import tempfile
import time

from autograde.student.remote import WarmProcess


def one_round(warm: WarmProcess) -> tuple[float, float]:
    """Milliseconds from the request to the first cell's answer, and from there to the process' end."""
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        process = warm.spawn(pathlib.Path(scratch))
        process.run_cell("1")
        ready = time.perf_counter()
        process.kill()
        return 1e3 * (ready - start), 1e3 * (time.perf_counter() - ready)


def main(rounds: int) -> None:
    """Print medians, and what confinement adds."""
    with WarmProcess(sandbox=True) as confined, WarmProcess(sandbox=False) as free:
        with tempfile.TemporaryDirectory() as scratch:
            process = confined.spawn(pathlib.Path(scratch))
            print("layers:", ", ".join(process.layers))
            process.kill()
        times = [(one_round(confined), one_round(free)) for _ in range(rounds)]
    middle = [[statistics.median(t[kind][part] for t in times) for part in (0, 1)] for kind in (0, 1)]
    for name, (start, end) in zip(("confined", "without"), middle, strict=True):
        print(f"{name:>9}: start and first cell {start:6.1f} ms, end {end:5.1f} ms")
    print(f"    added: {sum(middle[0]) - sum(middle[1]):6.1f} ms a submission (to stay under 30)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
