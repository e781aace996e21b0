"""Data-parallel training on one computer: worker processes with a pipe each, and gradients that are averaged.

The workers live in a module because a process that is spawned imports its function by name; what is defined in a
notebook cell cannot be found there.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType

import numpy as np

from coursekit.tuning import gradients

Array = np.ndarray


def serve(pipe: Connection) -> None:
    """Answer (weights, X, y) with (process id, examples, loss, gradients) until None comes."""
    while (task := pipe.recv()) is not None:
        weights, X, y = task
        pipe.send((os.getpid(), len(X), *gradients(weights, X, y)))


class Workers:
    """Processes that compute gradients on their share of a batch; use as a context manager."""

    def __init__(self, count: int = 2) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes, self._processes = [], []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.send(None)
            pipe.close()
        for process in self._processes:
            process.join()
            process.close()

    def ask(self, weights: Sequence[Array], shards: Sequence[tuple[Array, Array]]) -> list[tuple]:
        """Send every worker the same weights and its own (X, y); return what each one answers."""
        for pipe, (X, y) in zip(self._pipes, shards, strict=True):
            pipe.send((list(weights), X, y))
        return [pipe.recv() for pipe in self._pipes]


def split(X: Array, y: Array, shares: Sequence[float]) -> list[tuple[Array, Array]]:
    """Cut a batch into consecutive parts with these shares, which sum to 1."""
    ends = np.rint(np.cumsum(shares) * len(X)).astype(int)
    return [(X[a:b], y[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def averaged(answers: Sequence[tuple], weighted: bool = True) -> list[Array]:
    """Return the mean of the workers' gradients; `weighted` counts each as often as it had examples."""
    counts = np.array([answer[1] if weighted else 1 for answer in answers], dtype=float)
    return [
        sum(share * grad for share, grad in zip(counts / counts.sum(), same, strict=True))
        for same in zip(*(answer[3] for answer in answers), strict=True)
    ]
