"""The part of a solved lesson that its widgets need: solutions whole, of the rest the statements that feed a widget."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from autograde.master import CellKind, MasterCell

PROSE = (CellKind.PROSE, CellKind.QUESTION)
ALWAYS = re.compile(r"^\w+\.(play|use_style)\(")
Block = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Import = ast.Import | ast.ImportFrom
Fresh = ast.Assign | ast.FunctionDef | ast.ClassDef | Import


def widget_cells(cells: Sequence[MasterCell]) -> list[tuple[str, str]]:
    """Key and source of every code cell, cut down to what the lesson's widgets need, without the empty ones."""
    texts = {
        cell.key: re.sub("^%", "# %", cell.source, flags=re.MULTILINE)
        for cell in cells
        if cell.kind not in PROSE
    }
    whole = {cell.key for cell in cells if cell.kind in (CellKind.SETUP, CellKind.EXERCISE)}
    parsed = [(key, statement) for key, text in texts.items() for statement in ast.parse(text).body]
    chosen = _closure([(key in whole, s) for key, s in parsed])
    kept = [(key, ast.unparse(s)) for (key, s), use in zip(parsed, chosen, strict=True) if use]
    return [(key, "\n".join(s for k, s in kept if k == key)) for key in dict.fromkeys(k for k, _ in kept)]


def _closure(statements: list[tuple[bool, ast.stmt]]) -> list[bool]:
    """Which statements are asked for, or bind or change a name that a chosen one reads."""
    imported = {name for _, s in statements if isinstance(s, Import) for name in bound(s)}
    binds = [bound(s) for _, s in statements]
    changes = [names | (touched(s) - imported) for names, (_, s) in zip(binds, statements, strict=True)]
    chosen = [whole or bool(ALWAYS.match(ast.unparse(s))) for whole, s in statements]
    todo = [i for i, use in enumerate(chosen) if use]
    while todo:
        i = todo.pop()
        at_once, ever = used(statements[i][1], bodies=False), used(statements[i][1])
        feeders = [j for j, names in enumerate(changes) if names & (ever - at_once)]
        for name in at_once:
            earlier = [j for j in range(i) if name in changes[j]]
            fresh = [j for j in earlier if name in binds[j] and isinstance(statements[j][1], Fresh)]
            feeders += [j for j in earlier if j >= (fresh[-1] if fresh else 0)]
        todo += [j for j in set(feeders) if not chosen[j]]
        for j in feeders:
            chosen[j] = True
    return chosen


def bound(node: ast.AST) -> set[str]:
    """Names that running `node` binds in its own scope."""
    names = set()
    for part in _outside_blocks(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add(part.asname or part.name.partition(".")[0])
    return names


def touched(node: ast.AST) -> set[str]:
    """Names of objects that `node` changes: by an item, an attribute, or a method called for its effect."""
    names = set()
    for part in _outside_blocks(node):
        place = part.value.func if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call) else part
        if not isinstance(place, ast.Attribute | ast.Subscript):
            continue
        if place is not part or isinstance(place.ctx, ast.Store):
            while isinstance(place, ast.Attribute | ast.Subscript):
                place = place.value
            names |= {place.id} if isinstance(place, ast.Name) else set()
    return names


def used(node: ast.AST, bodies: bool = True) -> set[str]:
    """Names of the surrounding scope that `node` reads, now or, with `bodies`, when it is called."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return {node.target.id} | used(node.value, bodies)
    if isinstance(node, ast.For):
        return used(node.iter, bodies) | (_used_in_order(node.body, bodies) - bound(node.target))
    if isinstance(node, ast.FunctionDef | ast.Lambda) and not bodies:
        return used(node.args, bodies)
    if isinstance(node, Block):
        inside = list(ast.iter_child_nodes(node))
        own = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        return {name for inner in inside for name in used(inner, bodies)} - own.union(*map(bound, inside))
    return {name for child in ast.iter_child_nodes(node) for name in used(child, bodies)}


def _used_in_order(statements: list[ast.stmt], bodies: bool) -> set[str]:
    """Names that `statements` read before they have bound them."""
    names, before = set(), set()
    for statement in statements:
        names |= used(statement, bodies) - before
        before |= bound(statement)
    return names


def _outside_blocks(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and what is in it; of what has a scope of its own only the whole."""
    yield node
    if not isinstance(node, Block):
        for child in ast.iter_child_nodes(node):
            yield from _outside_blocks(child)
