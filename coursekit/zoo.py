"""A small model zoo: a folder of nets, each with a note of what it is and a checksum that proves it is that.

A model is two files: NAME.pt holds the tensors, NAME.json says which layers they belong to, what they were trained on
and the SHA-256 of NAME.pt. Loading checks the sum before it reads a byte, and reads tensors only (`weights_only`): a
pickle may run any code that somebody put into it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from coursekit.transfer import net


class ZooError(RuntimeError):
    """A model is not there, or is not what its note says."""


def save(
    folder: Path, name: str, model: nn.Sequential, sizes: list[int], num_classes: int, **note: Any
) -> Path:
    """Write a model built by `transfer.net(sizes, num_classes, …)` with its note; return the path of the tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.pt"
    torch.save(model.state_dict(), path)
    entry = {
        "name": name,
        "sizes": list(sizes),
        "num_classes": num_classes,
        "sha256": _sum(path),
        "bytes": path.stat().st_size,
        **note,
    }
    (folder / f"{name}.json").write_text(json.dumps(entry, indent=1))
    return path


def entries(folder: Path) -> list[dict[str, Any]]:
    """Return the notes of all models, by name."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def load(folder: Path, name: str) -> nn.Sequential:
    """Return a model in eval mode. Raises ZooError where it is missing or its checksum differs from its note's."""
    note, path = folder / f"{name}.json", folder / f"{name}.pt"
    if not note.is_file() or not path.is_file():
        known = ", ".join(entry["name"] for entry in entries(folder)) or "nothing"
        raise ZooError(f"There is no {name} in {folder.name}; it holds {known}.")
    entry = json.loads(note.read_text())
    if _sum(path) != entry["sha256"]:
        raise ZooError(f"{path.name} is not the file its note describes: the SHA-256 differs. Get it again.")
    model = net(entry["sizes"], entry["num_classes"], seed=0)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
