"""Torch, loaded with a progress bar: it and what its optimizers bring in at their first step take seconds."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from coursekit.progress import track

PARTS = ("torch", "torch._dynamo")


def load_torch(optimizers: bool = True) -> ModuleType:
    """Return torch, imported; with `optimizers` also the parts that their first step would load silently."""
    parts = [part for part in PARTS[: 2 if optimizers else 1] if part not in sys.modules]
    for part in track(parts, "loading torch") if parts else ():
        importlib.import_module(part)
    return sys.modules["torch"]
