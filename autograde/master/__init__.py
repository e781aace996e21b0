"""Lesson masters: one text file per lesson."""

from autograde.master.cells import CellKind, Master, MasterCell
from autograde.master.read import read_master
from autograde.master.validate import validate

__all__ = ["CellKind", "Master", "MasterCell", "read_master", "validate"]
