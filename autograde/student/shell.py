"""An IPython shell without a kernel: magics and cell semantics, no history, no output."""

from __future__ import annotations

import ast
import os
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class CellShell(InteractiveShell):
    """The shell that student cells run in."""

    def init_sys_path(self) -> None:
        """IPython would put the working directory first: a `numpy.py` there must change nothing."""

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no screen; `%matplotlib` must not fail for that."""

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Nobody reads it, and formatting one costs more than running most cells."""

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """See `showtraceback`."""


def make_shell(home: str) -> CellShell:
    """The one shell of this process, with inline figures. Takes 0.06 s of processor time, so make it before forking."""
    os.environ["IPYTHONDIR"] = os.path.join(home, ".ipython")
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell: CellShell = CellShell.instance(config=config)
    shell.run_cell("%matplotlib inline", store_history=False, silent=True)
    return shell


def move_in(shell: CellShell, home: str) -> None:
    """In a forked process: the shell's files lie in `home` from now on."""
    os.environ["IPYTHONDIR"] = shell.ipython_dir = os.path.join(home, ".ipython")
    shell.user_ns["_dh"][:] = [home]


_TOP_LEVEL = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(shell: CellShell, source: str, keep: frozenset[str]) -> str:
    """The imports, functions and classes of a cell as source, without those that `keep` names."""
    tree = ast.parse(shell.transform_cell(source))  # type: ignore[no-untyped-call]
    chosen: list[ast.stmt] = [n for n in tree.body if isinstance(n, _TOP_LEVEL) and not _names(n) & keep]
    return ast.unparse(ast.Module(chosen, []))


def _names(node: ast.stmt) -> frozenset[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return frozenset((a.asname or a.name).split(".")[0] for a in node.names)
    return frozenset([node.name])  # type: ignore[attr-defined]
