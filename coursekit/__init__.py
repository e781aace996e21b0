"""What a lesson imports: data, figures, widgets, small networks and the environment check.

Import it before NumPy: the course's matrices are small, and one thread is the fastest for them,
above all on a busy computer. A value that is already set is left alone.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from coursekit.environment import check_environment

__all__ = ["check_environment"]
