"""CIFAR-10 from a copy on this computer, as the lecture's loader reads it; nothing is ever downloaded.

The lecture's line needs torchvision. This module does the same work (find, check, read, ToTensor, Normalize) in NumPy.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from coursekit.data import DataError

FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz, https://www.cs.toronto.edu/~kriz/cifar.html"
TRAIN_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
TEST_MD5 = {"test_batch": "40351d587109b95175f43aff81a1287e"}
HARMLESS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}
"""All that a batch of CIFAR-10 needs; a pickle that asks for anything else is refused."""


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays and plain containers; raises UnpicklingError for anything that could run code."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in HARMLESS:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a CIFAR-10 batch")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load_cifar10(
    root: str | Path = "../", train: bool = True, md5: Mapping[str, str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return images `(n, 3, 32, 32)` uint8 and labels `(n,)` int64 from `root`/cifar-10-batches-py.

    n is 50,000 for training and 10,000 for testing. `md5` names the files and their checksums (the official ones if
    left out). Raises DataError, saying what is missing and where to put it, when a file is absent or damaged.
    """
    folder = Path(root) / FOLDER
    wanted = md5 if md5 is not None else TRAIN_MD5 if train else TEST_MD5
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"CIFAR-10 is not on this computer: {', '.join(missing)} should be in {folder.resolve()}. "
            f"If you want it, unpack {ARCHIVE} (163 MB) there. The course does without it."
        )
    batches = [_read(folder / name, checksum) for name, checksum in wanted.items()]
    images = np.concatenate([data for data, _ in batches]).reshape(-1, 3, 32, 32)
    return images, np.concatenate([labels for _, labels in batches])


def _read(path: Path, md5: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels `(n, 3072)` uint8 and labels `(n,)` of one batch file. Raises DataError when it is damaged."""
    content = path.read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(f"{path} is damaged or is no batch of CIFAR-10. Unpack {ARCHIVE} again.")
    batch = _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    return batch["data"], np.asarray(batch["labels"], dtype=np.int64)


def to_unit(images: np.ndarray) -> np.ndarray:
    """Return bytes 0 … 255 as floats in [0, 1], as torchvision's ToTensor does."""
    return images.astype(np.float64) / 255.0


def normalize(
    images: np.ndarray, mean: tuple[float, ...] = (0.5, 0.5, 0.5), std: tuple[float, ...] = (0.5, 0.5, 0.5)
) -> np.ndarray:
    """Return (x − mean)/std channel by channel for images `(n, channels, h, w)`, as torchvision's Normalize does."""
    shape = (1, -1, 1, 1)
    return (images - np.reshape(mean, shape)) / np.reshape(std, shape)
