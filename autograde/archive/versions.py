"""What the marks were reached with: versions, and the commit of the course."""

from __future__ import annotations

import importlib.metadata
import pathlib
import platform
import subprocess
import tomllib
from typing import Any

from packaging.requirements import Requirement

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def versions() -> dict[str, Any]:
    """Python, the machine, every package the project asks for, and the commit (None outside of a repository)."""
    return {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "packages": {name: importlib.metadata.version(name) for name in _packages()},
        "commit": _git("rev-parse", "HEAD"),
        "changed_since": (_git("status", "--porcelain", "--", "autograde", "solutions") or "").splitlines(),
    }


def _packages() -> list[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text).name for text in project["dependencies"]]


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
