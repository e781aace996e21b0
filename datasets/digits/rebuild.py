"""Rebuilds digits.npz, and the held-back part, from scikit-learn's copy of the UCI digits.

Run in a scratch environment that has scikit-learn: `python rebuild.py`.
The archives are written with a fixed time stamp, so that the same NumPy gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # only this script needs scikit-learn

HERE = Path(__file__).resolve().parent
HELD_BACK = HERE.parent.parent / "autograde" / "exercises" / "hyperparameter_tuning"
"""Where the capstone's hidden part lies: never in a student's bundle, and out of sight of code being graded."""
HIDDEN = 360


def array_bytes(array: np.ndarray) -> bytes:
    """Return `array` in the .npy format."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def write(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write an archive of images and labels, and its checksum beside it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in {"images": images, "labels": labels}.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, array_bytes(array), zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
    print(path.name, len(labels), digest)


def main() -> None:
    """Write the public part beside this script and the held-back part beside the capstone's judge."""
    source = load_digits()
    images, labels = source.images.astype(np.uint8), source.target.astype(np.uint8)
    order = np.random.default_rng(20260101).permutation(len(labels))
    public, hidden = np.sort(order[HIDDEN:]), np.sort(order[:HIDDEN])
    write(HERE / "digits.npz", images[public], labels[public])
    HELD_BACK.mkdir(parents=True, exist_ok=True)
    write(HELD_BACK / "held_back.npz", images[hidden], labels[hidden])


if __name__ == "__main__":
    main()
