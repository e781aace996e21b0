"""Train small torch nets on the digits, and change one ingredient of a net at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from coursekit.tuning import Parts

torch.set_num_threads(1)


def flat(net: nn.Module) -> list[nn.Module]:
    """Return the layers of a Sequential, of nested ones too, in order."""
    return [m for m in net.modules() if not list(m.children())]


def replaced(
    net: nn.Module, kind: type[nn.Module], make: Callable[[nn.Module], nn.Module | None]
) -> nn.Sequential:
    """Return the net with `make(layer)` in place of every layer of this kind; None leaves the layer out."""
    changed = [make(layer) if isinstance(layer, kind) else layer for layer in flat(net)]
    return nn.Sequential(*(layer for layer in changed if layer is not None))


def reinitialized(net: nn.Sequential, initialize: Callable[[torch.Tensor], object]) -> nn.Sequential:
    """Return the net with the weights of its Linear layers drawn anew."""
    for layer in flat(net):
        if isinstance(layer, nn.Linear):
            initialize(layer.weight)
    return net


def small_normal(weight: torch.Tensor) -> None:
    """Draw from N(0, 1), as lesson 1 did."""
    nn.init.normal_(weight)


def train_torch(
    net: nn.Module, data: Parts, epochs: int, lr: float, optimizer: str = "nesterov", seed: int = 0,
    batch_size: int = 64, schedule: bool = False, weight_decay: float = 0.0,
) -> list[float]:  # fmt: skip
    """Train in place with cross-entropy and return the validation error after every epoch.

    optimizer is "nesterov" (momentum 0.9), "sgd" or "adam"; `schedule` lowers the rate to 0 along a cosine.
    """
    X, y = _tensors(data.X_train, data.y_train)
    rule = {
        "nesterov": lambda p: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True, weight_decay=weight_decay),
        "sgd": lambda p: torch.optim.SGD(p, lr, weight_decay=weight_decay),
        "adam": lambda p: torch.optim.Adam(p, lr, weight_decay=weight_decay),
    }[optimizer](net.parameters())
    rng, errors = np.random.default_rng(seed), []
    total = epochs * math.ceil(len(X) / batch_size)
    step = 0
    for _ in range(epochs):
        net.train()
        order = torch.from_numpy(rng.permutation(len(X)))
        for rows in order.split(batch_size):
            if len(rows) < 2:
                continue  # batch norm needs two examples
            if schedule:
                rule.param_groups[0]["lr"] = 0.5 * lr * (1 + math.cos(math.pi * step / total))
            step += 1
            rule.zero_grad()
            nn.functional.cross_entropy(net(X[rows]), y[rows]).backward()
            rule.step()
        errors.append(error_rate(net, data.X_val, data.y_val))
    return errors


def error_rate(net: nn.Module, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of wrong answers in evaluation mode."""
    net.eval()
    inputs, labels = _tensors(X, y)
    with torch.no_grad():
        return float((net(inputs).argmax(dim=1) != labels).double().mean())


def _tensors(X: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(np.asarray(X, dtype=np.float32)), torch.from_numpy(np.asarray(y))
