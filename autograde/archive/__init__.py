"""A term in one file: submissions, gradebook, verdicts, marks, sources and versions."""

from autograde.archive.write import write_archive

__all__ = ["write_archive"]
