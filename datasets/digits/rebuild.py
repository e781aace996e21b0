"""Rebuilds digits.npz from scikit-learn's copy of the UCI digits.

Run in a scratch environment that has scikit-learn: `python rebuild.py`.
The archive is written with a fixed time stamp, so that the same NumPy gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # only this script needs scikit-learn

HERE = Path(__file__).resolve().parent


def array_bytes(array: np.ndarray) -> bytes:
    """Return `array` in the .npy format."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def main() -> None:
    """Write digits.npz and digits.npz.sha256 beside this script."""
    source = load_digits()
    arrays = {"images": source.images.astype(np.uint8), "labels": source.target.astype(np.uint8)}
    path = HERE / "digits.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, array_bytes(array), zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (HERE / "digits.npz.sha256").write_text(f"{digest}  digits.npz\n")
    print(digest)


if __name__ == "__main__":
    main()
