"""The probes by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

HEAVY = ("autograde.probes.fx", "autograde.probes.torch_modules")
"""Modules of probes that load torch: the warm process loads them before it forks, the judge only when one is asked."""

PROBES: dict[str, Callable[..., Any]] = {}


def probe(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a probe; its own name is what the judge asks for."""
    if function.__name__ in PROBES:
        raise ValueError(f"the probe {function.__name__} is declared twice")
    PROBES[function.__name__] = function
    return function


def load_all() -> None:
    """Import the heavy modules of probes too."""
    for module in HEAVY:
        importlib.import_module(module)


def run_probe(name: str, args: tuple[Any, ...]) -> Any:
    """What the probe `name` says of these arguments."""
    if name not in PROBES:
        load_all()
    return PROBES[name](*args)
