"""Batch normalization whose statistics come from groups smaller than the batch ("ghost batches", Hoffer et al. 2017).

The size of the gradient's batch and the noise of the statistics are two things; here the second alone varies.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

Array = np.ndarray


class GhostBatchNorm(nn.BatchNorm1d):
    """`nn.BatchNorm1d` that, in training, splits the batch into groups of `group` examples."""

    def __init__(self, features: int, group: int) -> None:
        super().__init__(features)
        self.group = group

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(x)
        return torch.cat([super(GhostBatchNorm, self).forward(part) for part in x.split(self.group)])


def normalized_net(group: int, hidden: int, seed: int) -> nn.Sequential:
    """Return a digits net with two hidden layers, normalized over groups of `group` examples."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(64, hidden, bias=False),
        GhostBatchNorm(hidden, group),
        nn.ReLU(),
        nn.Linear(hidden, hidden, bias=False),
        GhostBatchNorm(hidden, group),
        nn.ReLU(),
        nn.Linear(hidden, 10),
    )


def train_net(
    net: nn.Module, X: Array, y: Array, epochs: int, batch_size: int, seed: int, lr: float = 3e-3
) -> None:
    """Train with Adam; the number of examples should be a multiple of the batch size."""
    images, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    optimizer, rng = torch.optim.Adam(net.parameters(), lr=lr), np.random.default_rng(seed)
    net.train()
    for _ in range(epochs):
        for rows in torch.tensor(rng.permutation(len(X))).split(batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images[rows]), labels[rows]).backward()
            optimizer.step()
    net.eval()


def error_rate(net: nn.Module, X: Array, y: Array) -> float:
    """Return the share of wrong answers in evaluation mode."""
    with torch.no_grad():
        guesses = net(torch.tensor(X, dtype=torch.float32)).argmax(dim=1).numpy()
    return float((guesses != y).mean())


def statistic_noise(z: Array, group: int, rng: np.random.Generator, draws: int = 400) -> tuple[float, float]:
    """How much a group's statistics vary: spread of the factor σ/σ_group and of the shift (μ − μ_group)/σ_group.

    z `(n, features)` are pre-activations; both spreads are averages over the features.
    """
    mean, std = z.mean(axis=0), z.std(axis=0) + 1e-5
    groups = z[rng.integers(0, len(z), (draws, group))]  # (draws, group, features)
    group_std = groups.std(axis=1) + 1e-5
    factor, shift = std / group_std, (mean - groups.mean(axis=1)) / group_std
    usual = group_std.min(axis=0) > 0.1 * std  # leave out features that hardly ever vary
    return float(factor[:, usual].std(axis=0).mean()), float(shift[:, usual].std(axis=0).mean())
