"""Says in one sentence whether this computer is ready for the course."""

from __future__ import annotations

import importlib.util
import sys

OLDEST_PYTHON = (3, 11)
PACKAGES = ("numpy", "torch", "matplotlib", "ipywidgets")


def missing_packages(names: tuple[str, ...] = PACKAGES) -> list[str]:
    """Return the packages of `names` that cannot be found, without importing any."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def describe_problem(version: tuple[int, int], missing: list[str]) -> str | None:
    """Return what to do about an old Python or missing packages, or None when all is well."""
    if version < OLDEST_PYTHON:
        have, need = (".".join(map(str, v)) for v in (version, OLDEST_PYTHON))
        return (
            f"This is Python {have}; the course needs {need} or newer. "
            "Install it, then choose it as the notebook's kernel."
        )
    if missing:
        return (
            f"Missing: {', '.join(missing)}. "
            f"Run `%pip install {' '.join(missing)}` in a cell, then restart the kernel."
        )
    return None


def check_environment() -> None:
    """Print one line when the course can run here, and follow the lesson's checks in a notebook.

    Raises RuntimeError, with what to do, on an old Python or a missing package.
    """
    problem = describe_problem((sys.version_info.major, sys.version_info.minor), missing_packages())
    if problem is not None:
        raise RuntimeError(problem)
    print(f"Ready: Python {sys.version_info.major}.{sys.version_info.minor} with {', '.join(PACKAGES)}.")
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        from coursekit.following import follow  # only in a notebook's kernel: nothing else needs it

        follow(shell)
