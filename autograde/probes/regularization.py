"""Parameters that change under an `EarlyStopping`, and an augmentation that leaves a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograde.probes.registry import probe

_add, _floor, _asarray = np.add, np.floor, np.asarray


@probe
def change_in_place(params: dict[str, Any], amount: float) -> None:
    """Add `amount` to every array of a dict, in place, as an optimizer would."""
    for array in params.values():
        _add(array, amount, out=array)


@probe
def bind_anew(params: dict[str, Any], amount: float) -> None:
    """Put a new array in the place of every array of a dict."""
    for name in list(params):
        params[name] = params[name] + amount


class TracingAugment:
    """`augment(images, rng)` that adds a number in [0.3, 0.4) of its own to every image.

    Images that hold whole numbers tell afterwards which one each was, and how often it went through here.
    As any augmentation of images it takes an array `(n, h, w)`; another shape is a ValueError.
    """

    def __call__(self, images: Any, rng: Any) -> Any:
        images = _asarray(images)
        if images.ndim != 3:
            raise ValueError(f"augment takes images of shape (n, h, w), not an array of shape {images.shape}")
        return images + 0.3 + 0.1 * rng.random((len(images),) + (1,) * (images.ndim - 1))


@probe
def tracing_augment() -> TracingAugment:
    """A `TracingAugment`; ask with keep=True."""
    return TracingAugment()
