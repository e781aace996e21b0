"""The command line. Set before numpy is loaded: one thread a process, the cores are shared out among workers."""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
