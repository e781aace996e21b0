"""The auto-grader of the course. In a notebook: `%load_ext autograde`, then `%check`, `%hint`, `%solution`."""

from __future__ import annotations

import sys
from typing import Any

# jsonschema's check of international addresses builds a grammar for two seconds when it is imported, which every
# command would wait for: nbgrader and nbformat import jsonschema. No schema here asks for it, and jsonschema does without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def load_ipython_extension(shell: Any) -> None:
    """Offer the self-paced magics in this notebook."""
    from autograde.selfpaced.magics import SelfPaced  # imported late: grading workers need no IPython

    shell.register_magics(SelfPaced)
