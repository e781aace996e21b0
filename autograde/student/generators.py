"""Random generators that student code passes to a function of the judge: their state goes along and comes back.

A `numpy.random.Generator` lives on the student's side. A reference that stands in for `he_normal(fan_in, fan_out, rng)`
has to draw from it all the same, and leave it advanced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_Generator, _isinstance = np.random.Generator, isinstance


def take_out(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    """Arguments with every PCG64 generator replaced by None, and the generators by position or name."""
    found = {
        str(place): value
        for place, value in (*enumerate(args), *kwargs.items())
        if _isinstance(value, _Generator) and value.bit_generator.state["bit_generator"] == "PCG64"
    }
    left = tuple(None if str(i) in found else value for i, value in enumerate(args))
    named = {name: None if name in found else value for name, value in kwargs.items()}
    return left, named, found


def states(generators: dict[str, Any]) -> dict[str, Any]:
    """The states of generators, as plain values."""
    return {place: dict(generator.bit_generator.state) for place, generator in generators.items()}


def put_in(
    args: tuple[Any, ...], kwargs: dict[str, Any], sent: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    """Arguments with generators of the given states in their places, and those generators.

    Raises ValueError, TypeError or KeyError for a state that is none.
    """
    made = {}
    for place, state in sent.items():
        bits = np.random.PCG64()
        bits.state = state
        made[place] = np.random.Generator(bits)
    full = tuple(made.get(str(i), value) for i, value in enumerate(args))
    return full, {name: made.get(name, value) for name, value in kwargs.items()}, made


def restore(generators: dict[str, Any], sent: dict[str, Any]) -> None:
    """Set generators to the states they came back with."""
    for place, generator in generators.items():
        generator.bit_generator.state = sent[place]
