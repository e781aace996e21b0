"""Pairs of submissions whose solution cells are alike beyond what the class has in common: a hint, never a mark.

Names and layout are normalized away, code becomes a set of short token runs (as in winnowing, Schleimer et al. 2003),
runs of the stub are dropped, and each run counts the more the fewer students have it: log(n / students with it). Two
students who both write `np.tanh(z)` as everybody does are not alike.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import itertools
import keyword
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

RUN = 6
"""Tokens in a run: shorter ones are idioms, longer ones miss an edited line."""
SHOWN = 25
LEAST = 0.35
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\S")
KEEP = frozenset((*keyword.kwlist, *dir(builtins), "np", "math", "torch", "nn", "self"))

Sources = Mapping[str, str]
"""One student's solution cells by exercise."""


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """Two students, how alike they are (0 … 1), and the exercises where it shows."""

    one: str
    other: str
    share: float
    exercises: tuple[str, ...]


def similar(students: Mapping[str, Sources], stubs: Sources) -> list[Pair]:
    """The most alike pairs, best first. Solutions of fewer than three students are never called alike."""
    runs = {
        name: {(e, run) for e, source in cells.items() for run in runs_of(source) - runs_of(stubs.get(e, ""))}
        for name, cells in students.items()
    }
    holders: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for name, mine in runs.items():
        for run in mine:
            holders[run].append(name)
    if len(students) < 3:
        return []
    weight = {run: math.log(len(students) / len(names)) for run, names in holders.items()}
    total = {name: sum(weight[run] for run in mine) for name, mine in runs.items()}
    shared: Counter[tuple[str, str]] = Counter()
    rare = max(2, math.ceil(math.sqrt(len(students))))
    for run, names in holders.items():
        if 2 <= len(names) <= rare:
            for pair in itertools.combinations(sorted(names), 2):
                shared[pair] += weight[run]  # type: ignore[assignment]
    candidates = [pair for pair, _ in shared.most_common(10 * SHOWN)]
    pairs = [_pair(pair, runs, weight, total) for pair in candidates]
    return sorted((p for p in pairs if p.share >= LEAST), key=lambda p: -p.share)[:SHOWN]


def _pair(
    names: tuple[str, str],
    runs: Mapping[str, set[tuple[str, tuple[str, ...]]]],
    weight: Mapping[tuple[str, tuple[str, ...]], float],
    total: Mapping[str, float],
) -> Pair:
    one, other = names
    common = runs[one] & runs[other]
    shared = sum(weight[run] for run in common)
    union = total[one] + total[other] - shared
    by_exercise: Counter[str] = Counter()
    for run in common:
        by_exercise[run[0]] += weight[run]  # type: ignore[assignment]
    return Pair(
        one, other, shared / union if union else 0.0, tuple(name for name, _ in by_exercise.most_common(3))
    )


def runs_of(source: str) -> set[tuple[str, ...]]:
    """The token runs of a cell, with names numbered in order of appearance, and comments and docstrings gone."""
    tokens = _tokens(_without_docstrings(source))
    return {tuple(tokens[i : i + RUN]) for i in range(len(tokens) - RUN + 1)}


def _without_docstrings(source: str) -> str:
    """The code printed afresh from its syntax tree; text that does not parse is taken as it is."""
    try:
        tree = ast.parse(source[:50_000])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.sub(r"#.*", "", source[:50_000])
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    try:
        return ast.unparse(tree)
    except RecursionError:
        return ""


def _tokens(source: str) -> list[str]:
    numbered: dict[str, str] = {}
    tokens, after_dot = [], False
    for token in TOKEN.findall(source):
        is_name = token[0].isalpha() or token[0] == "_"
        if is_name and not after_dot and token not in KEEP:
            token = numbered.setdefault(token, f"v{len(numbered)}")
        tokens.append(token)
        after_dot = token == "."
    return tokens
