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
        """Normalize x `(n, features)`; in training n should be a multiple of the group."""
        if not self.training:
            return super().forward(x)
        count = len(x) // self.group
        groups = x.view(count, self.group, -1)  # (groups, examples, features)
        self._remember(groups.detach())
        wide = groups.transpose(0, 1).reshape(
            self.group, -1
        )  # every feature of every group in a column of its own
        gamma, beta = self.weight.repeat(count), self.bias.repeat(count)
        out = nn.functional.batch_norm(wide, None, None, gamma, beta, training=True, eps=self.eps)
        return out.view(self.group, count, -1).transpose(0, 1).reshape(x.shape)

    def _remember(self, groups: torch.Tensor) -> None:
        """Let the running statistics take in the groups, one after the other."""
        keep = (1 - self.momentum) ** torch.arange(len(groups) - 1, -1, -1.0)
        for running, each in (self.running_mean, groups.mean(1)), (self.running_var, groups.var(1)):
            running *= (1 - self.momentum) ** len(groups)
            running += self.momentum * (keep @ each)


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
