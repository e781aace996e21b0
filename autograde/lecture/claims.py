"""The lecture's claims, from docs/claims.toml."""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the slides or the notes. `measure`: the course has to measure it; `erratum`: it is wrong."""

    key: str
    part: str
    says: str
    measure: bool
    erratum: bool


def read_claims(root: pathlib.Path) -> list[Claim]:
    """Every claim, in the lecture's order."""
    parts = tomllib.loads((root / "docs" / "claims.toml").read_text(encoding="utf-8"))
    return [
        Claim(key, part["title"], entry["says"], entry.get("measure", False), entry.get("erratum", False))
        for part in parts.values()
        for key, entry in part.items()
        if key != "title"
    ]
