"""What the figures of one lesson depend on, as a short name that changes with any of it and with nothing else."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import pathlib
import sys
from collections.abc import Iterator, Sequence

from IPython.core.inputtransformer2 import TransformerManager

KIT = "coursekit"
FOR_PEOPLE = frozenset({"following", "submit"})
"""Modules of the kit that watch a person at work. A program that runs the lesson is shown nothing of them."""
DATA = (".npz", ".npy", ".csv", ".json")


def fingerprint(sources: Sequence[str], project: pathlib.Path) -> str:
    """16 hexadecimal digits for a lesson's code cells, as run in `project` (which holds coursekit/ and datasets/).

    They stand for the cells, the modules of coursekit that the cells reach, the data sets these name, and the
    versions of Python and of every package that is imported on the way. Comments and layout do not count.
    """
    trees = [_tree(source) for source in sources]
    modules = _modules(trees, project / KIT)
    everything = [*trees, *modules.values()]
    found = hashlib.sha256(repr([sys.version_info[:2], *_versions(everything)]).encode())
    for tree in trees:
        found.update(ast.dump(tree).encode() + b"\0")
    for name, tree in sorted(modules.items()):
        found.update(f"{name}\n{ast.dump(tree)}\0".encode())
    for path in _data(everything, project / "datasets"):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _tree(source: str) -> ast.Module:
    """The cell's syntax, magic commands as the calls that IPython makes of them."""
    return ast.parse(TransformerManager().transform_cell(source))


def _modules(trees: Sequence[ast.Module], kit: pathlib.Path) -> dict[str, ast.Module]:
    """Every module of the kit that the cells import, and that those import."""
    found: dict[str, ast.Module] = {}
    waiting = [name for tree in trees for name in _imported(tree)]
    while waiting:
        package, _, module = waiting.pop().partition(".")
        name = module.partition(".")[0] or "__init__"
        path = kit / f"{name}.py"
        if package == KIT and name not in found and name not in FOR_PEOPLE and path.is_file():
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
            waiting += [KIT, *_imported(found[name])]
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of what is imported anywhere in it; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _versions(trees: Sequence[ast.Module]) -> list[str]:
    """`name==version` of every installed package that is imported."""
    roots = {name.partition(".")[0] for tree in trees for name in _imported(tree)} - {KIT}
    owners = importlib.metadata.packages_distributions()
    packages = {package for root in roots for package in owners.get(root, ())}
    return sorted(f"{package}=={importlib.metadata.version(package)}" for package in packages)


def _data(trees: Sequence[ast.Module], datasets: pathlib.Path) -> list[pathlib.Path]:
    """The files of every data set whose folder is named in the code."""
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    files = datasets.glob("*/*") if datasets.is_dir() else ()
    return sorted(path for path in files if path.suffix in DATA and path.parent.name in texts)
