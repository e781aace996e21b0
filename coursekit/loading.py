"""Torch, loaded with a progress bar: it and what its optimizers bring in at their first step take seconds."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from coursekit.progress import track

PARTS = ("torch", "torch._dynamo")


def load_torch() -> ModuleType:
    """Return torch, imported with the parts that the first step of an optimizer would load silently."""
    if any(part not in sys.modules for part in PARTS):
        for part in track(PARTS, "loading torch"):
            importlib.import_module(part)
    return sys.modules["torch"]
