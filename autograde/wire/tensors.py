"""torch tensors on the wire. torch is imported only where a tensor has really arrived."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograde.wire import tags
from autograde.wire.arrays import filled
from autograde.wire.values import MAX_BYTES, WireError

# bfloat16 has no numpy dtype and travels as its 16 bits.
NUMPY_OF = {
    "bool": "|b1", "uint8": "|u1", "int8": "|i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "float16": "<f2", "bfloat16": "<i2", "float32": "<f4", "float64": "<f8",
    "complex64": "<c8", "complex128": "<c16",
}  # fmt: skip


_OTHERS = frozenset((np.ndarray, np.float64, type(None), bool, int, float, str, list, tuple, dict))
"""Most of what is asked about, and no tensor."""


def is_tensor(value: object) -> bool:
    """Whether `value` is a tensor. A process without torch has none, and does not load it to ask."""
    if type(value) in _OTHERS:
        return False
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "Tensor") and issubclass(type(value), torch.Tensor)


def pack_tensor(value: Any) -> list[Any] | None:
    """The wire form of a dense tensor; None for a kind that stays on its side."""
    import torch

    name = str(value.dtype).removeprefix("torch.")
    if name not in NUMPY_OF or value.layout is not torch.strided or value.device.type == "meta":
        return None
    if value.numel() * value.element_size() > MAX_BYTES:
        raise WireError("tensor too large")
    with torch.no_grad():
        dense = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
        if name == "bfloat16":
            dense = dense.view(torch.int16)
        data = dense.numpy().tobytes()
    return [tags.TENSOR, name, bool(value.requires_grad), data, *value.shape]


def unpack_tensor(name: object, requires_grad: object, data: object, *shape: Any) -> Any:
    """The tensor, a leaf on the CPU."""
    if type(name) is not str or name not in NUMPY_OF or type(requires_grad) is not bool:
        raise WireError("unknown tensor")
    array = filled(NUMPY_OF[name], shape, data)
    import torch

    tensor = torch.from_numpy(array)
    if name == "bfloat16":
        tensor = tensor.view(torch.bfloat16)
    return tensor.requires_grad_() if requires_grad else tensor
