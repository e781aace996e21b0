"""Loads the course's data sets from disk and makes sure that they are the right ones."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATASETS = Path(__file__).resolve().parent.parent / "datasets"


class DataError(RuntimeError):
    """A data set is missing or is not the one the course was written for."""


class Split(NamedTuple):
    """Training and test examples: X `(n, 64)` float64 in [0, 1], y `(n,)` int64 in 0 … 9."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def verified_path(folder: Path, name: str) -> Path:
    """Return the path of `folder/name` once its SHA-256 equals the one in `name.sha256`.

    Raises DataError when either file is missing or the checksum differs.
    """
    path, sidecar = folder / name, folder / f"{name}.sha256"
    for needed in (path, sidecar):
        if not needed.is_file():
            raise DataError(
                f"datasets/{folder.name}/{needed.name} is missing. Unpack the course bundle again."
            )
    expected = sidecar.read_text().split()[0]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise DataError(
            f"datasets/{folder.name}/{name} is damaged: its SHA-256 starts with {found[:12]}, "
            f"expected {expected[:12]}. Unpack the course bundle again."
        )
    return path


def load_digits(datasets: Path = DATASETS) -> tuple[np.ndarray, np.ndarray]:
    """Return images `(1437, 8, 8)` uint8 in 0 … 16 and labels `(1437,)` int64 in 0 … 9.

    Raises DataError when the file is missing or damaged.
    """
    with np.load(verified_path(datasets / "digits", "digits.npz"), allow_pickle=False) as archive:
        return archive["images"], archive["labels"].astype(np.int64)


def split_digits(n_train: int = 1037, seed: int = 0) -> Split:
    """Shuffle the digits with `seed`: the first `n_train` train, the last 400 test; pixels go to [0, 1]."""
    images, labels = load_digits()
    X = images.reshape(len(images), -1) / 16.0  # (1437, 64)
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = order[:-400][:n_train], order[-400:]
    return Split(X[train], labels[train], X[test], labels[test])
