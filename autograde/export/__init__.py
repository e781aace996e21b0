"""Marks for a learning management system, each as the file that its own import reads."""

from autograde.export.formats import FORMATS, write_marks

__all__ = ["FORMATS", "write_marks"]
