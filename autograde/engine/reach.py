"""Which names a student's functions may look up, told from the cells alone.

A function that failed can be replaced by its reference only to the help of code that gets to it (see
`Session._second_round`). Where the cells leave any doubt, the answer is that everything may be reached.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Collection, Iterator, Sequence
from types import CodeType

from IPython.core.inputtransformer2 import TransformerManager

BY_ANY_NAME = frozenset([
    "eval", "exec", "compile", "globals", "locals", "vars", "getattr", "modules", "builtins", "import_module",
    "__import__", "__dict__", "__builtins__", "__main__", "f_globals", "f_locals", "get_ipython", "user_ns",
])  # fmt: skip
"""Whoever uses one of these may look up a name that stands nowhere."""

Part = tuple[frozenset[str], frozenset[str], bool]
"""The names a statement binds, all names in it, and whether using any of its names means using them all."""


def reachable(sources: Sequence[str], start: Collection[str]) -> frozenset[str] | None:
    """All names that code gets to from these names; None where the cells do not tell."""
    try:
        parts = [part for source in sources for part in _parts(source)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = frozenset(start)
    while True:
        more = found.union(*[names for binds, names, both in parts if found & (names if both else binds)])
        if more & BY_ANY_NAME:
            return None
        if more == found:
            return found
        found = more


@functools.lru_cache(maxsize=64)  # a notebook's cells are asked about once for each exercise that failed
def _parts(source: str) -> list[Part]:
    tree = ast.parse(TransformerManager().transform_cell(source))
    return [_part(statement) for statement in tree.body]


def _part(statement: ast.stmt) -> Part:
    names = frozenset(_looked_up(compile(ast.Module([statement], []), "cell", "exec")))
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        shared = {n for node in ast.walk(statement) if isinstance(node, ast.Global) for n in node.names}
        return frozenset({statement.name, *shared}), names, bool(statement.decorator_list)
    if isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) for target in statement.targets
    ):
        return (
            frozenset(target.id for target in statement.targets if isinstance(target, ast.Name)),
            names,
            False,
        )
    # An item that is set, a call for its effect, an import under another name: any of its names may lead to the others.
    return names, names, True


def _looked_up(code: CodeType) -> Iterator[str]:
    """Global names and attributes, also in functions within; a text that could be one counts, as in `table["tanh"]`."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _looked_up(constant)
        elif isinstance(constant, str) and constant.isidentifier():
            yield constant
