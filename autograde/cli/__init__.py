"""The command line. What is set here has to be set before numpy and jsonschema are loaded."""

import os
import sys

# One thread a process: the cores are shared out among workers.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

# jsonschema tries this optional package for a format that no notebook uses, and building its grammars takes
# three seconds at every start.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
