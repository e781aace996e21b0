"""Modules to trace, with input names that a test chooses.

module = trial.probe("traceable", "mixed", ["image", "mask"], 3, keep=True)
trial.probe("fx_inputs", module)      # [("image", "image"), …]: target and node name of every input
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.fx
from torch import nn

from autograde.probes.registry import probe

_symbolic_trace, _Module, _relu, _tanh = torch.fx.symbolic_trace, nn.Module, torch.relu, torch.tanh
_Linear, _Parameter, _ones, _Sequential, _ReLU = nn.Linear, nn.Parameter, torch.ones, nn.Sequential, nn.ReLU
_FunctionType, _type, _fork_rng = types.FunctionType, type, torch.random.fork_rng


def _one(self: Any, a: Any) -> Any:
    return _relu(self.layer(a)) * self.scale


def _two(self: Any, a: Any, b: Any) -> Any:
    hidden = self.layer(a).sum(dim=1)
    return hidden + b * self.scale


def _three(self: Any, a: Any, b: Any, c: Any) -> Any:
    return _tanh(self.layer(a)) + self.inner(b) - c.mean()


def _four(self: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    first = self.inner(b)
    return first * a + _relu(d)  # c is never used, and is an input all the same


_FORWARDS: dict[int, Callable[..., Any]] = {1: _one, 2: _two, 3: _three, 4: _four}


def _renamed(function: Any, names: Sequence[str], defaults: tuple[Any, ...]) -> Any:
    """The function with other names for its arguments after `self`, and defaults for the last of them."""
    old = function.__code__.co_varnames
    code = function.__code__.replace(co_varnames=(old[0], *names, *old[1 + len(names) :]), co_name="forward")
    return _FunctionType(code, function.__globals__, "forward", defaults)


class _Parts(nn.Module):
    """The submodules that every traceable module has; batch norm and dropout are there but not traced through."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = _Linear(width, width)
        self.inner = _Sequential(_Linear(width, width), _ReLU())
        self.scale = _Parameter(_ones(1))


@probe
def traceable(names: Sequence[str], width: int, defaults: int = 0) -> nn.Module:
    """A module whose forward has these 1 to 4 inputs; the last `defaults` of them may be left out."""
    forward = _renamed(_FORWARDS[len(names)], names, (1.0,) * defaults)
    with _fork_rng(devices=[]):
        made: nn.Module = _type("Traceable", (_Parts,), {"forward": forward})(width)
    return made


@probe
def nested(names: Sequence[str], width: int) -> nn.Module:
    """A Sequential of a traceable module and a layer; its own input has torch's name."""
    with _fork_rng(devices=[]):
        return _Sequential(traceable(names, width), _Linear(width, width))


@probe
def already_traced(names: Sequence[str], width: int) -> nn.Module:
    """A GraphModule."""
    traced: nn.Module = _symbolic_trace(traceable(names, width))
    return traced


@probe
def fx_inputs(module: Any) -> list[tuple[str, str]]:
    """(target, name) of every placeholder, in order. They differ where a name is taken in Python."""
    nodes = _symbolic_trace(module).graph.nodes
    return [(str(node.target), str(node.name)) for node in nodes if node.op == "placeholder"]
