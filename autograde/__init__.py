"""The auto-grader of the course. In a notebook: `%load_ext autograde`, then `%check`, `%hint`, `%solution`."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Offer the self-paced magics in this notebook."""
    from autograde.selfpaced.magics import SelfPaced  # imported late: grading workers need no IPython

    shell.register_magics(SelfPaced)
