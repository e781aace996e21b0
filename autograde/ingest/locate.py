"""Find the notebook in what a student handed in."""

from __future__ import annotations

import difflib
import pathlib


def find_submission(folder: pathlib.Path, lesson: str) -> tuple[pathlib.Path | None, list[str]]:
    """The notebook to grade, or None, and what is worth telling about the choice."""
    notes: list[str] = []
    if not folder.is_dir():
        return None, notes
    regular = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.is_symlink()]
    links = [p.name for p in folder.iterdir() if p.is_symlink()]
    if links:
        notes.append(f"Links are not followed: {', '.join(sorted(links)[:3])}.")
    modules = [p.name for p in regular if p.suffix == ".py"]
    if modules:
        notes.append(f"Python files beside the notebook are not used: {', '.join(modules[:3])}.")
    notebooks = [p for p in regular if p.suffix == ".ipynb"]
    exact = [p for p in notebooks if p.stem == lesson]
    if exact or not notebooks:
        return (exact[0] if exact else None), notes
    chosen = max(notebooks, key=lambda p: difflib.SequenceMatcher(None, p.stem, lesson).ratio())
    notes.append(f"The file is called {chosen.name} instead of {lesson}.ipynb; it was graded all the same.")
    return chosen, notes
