"""What `autograde grade` was asked to do."""

from __future__ import annotations

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """What `autograde grade` was asked to do."""

    submissions: pathlib.Path
    students: tuple[str, ...] = ()
    seed: int | None = None
    workers: int | None = None
    cluster: str | None = None
    database: str | None = None
    sandbox: bool = True
    force: bool = False
    as_json: bool = False
    dry_run: bool = False
    yes: bool = False
