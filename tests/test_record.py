"""Marks in nbgrader's gradebook: all of a submission or nothing."""

from __future__ import annotations

import os
import pathlib
import sys

import pytest
from nbgrader.api import Gradebook

from autograde.record.gradebook import one_transaction


def test_an_interrupted_transaction_leaves_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with Gradebook(url) as gradebook, pytest.raises(KeyboardInterrupt), one_transaction(gradebook):
        gradebook.add_student("half")
        raise KeyboardInterrupt
    with Gradebook(url) as gradebook:
        assert gradebook.students == []
