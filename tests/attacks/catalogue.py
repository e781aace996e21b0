"""Attacks by name: what a hostile cell does, and the status its exercise must end with."""

from __future__ import annotations

import dataclasses
import textwrap

WRONG = """
def sigmoid(z):
    return z * 0 + 0.3


def sigmoid_prime(z):
    return z * 0 + 0.1
"""

REPORT = """
def sigmoid(z):
    raise RuntimeError("LOOT: " + " ".join(str(item) for item in loot))


sigmoid_prime = sigmoid
"""
"""What was stolen goes into an exception's text, which the student is told: the best channel there is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    source    stands in the cell of `sigmoid`, which it must not get a point for
    statuses  the ones that are honest
    says      must stand in the message: proof that the attack ran to its end
    """

    name: str
    source: str
    statuses: tuple[str, ...]
    says: str = ""
    slow: bool = False


ATTACKS: dict[str, Attack] = {}


def attack(name: str, source: str, *statuses: str, says: str = "", slow: bool = False) -> None:
    """Declare an attack."""
    assert name not in ATTACKS
    ATTACKS[name] = Attack(name, textwrap.dedent(source), statuses or ("failed",), says, slow)


def theft(name: str, source: str) -> None:
    """Declare an attack that looks for secrets, collects them in `loot`, and reports them."""
    attack(name, "loot = []\n" + textwrap.dedent(source) + REPORT, "raised", says="LOOT:")
