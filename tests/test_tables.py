"""The class as a terminal table: readable at 80 columns, with names that can be typed."""

from __future__ import annotations

import io

from rich.console import Console

from autograde.cli.tables import the_class
from autograde.model import ExerciseVerdict, Status, SubmissionStatus, SubmissionVerdict


def shown(*exercises, repairs=(), status=SubmissionStatus.GRADED, message=""):
    """What the table of one submission says about it, 80 columns wide."""
    score, most = sum(e.score for e in exercises), sum(e.max_score for e in exercises)
    verdict = SubmissionVerdict(
        "kim_ha", "01_tiny", status, score, most, 1.0, repairs, exercises, message, (), 3
    )  # fmt: skip
    console = Console(width=80, file=io.StringIO())
    console.print(the_class([verdict]))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    start = next(line.index("remark") for line in lines if "remark" in line)
    return " ".join(line[start:].strip() for line in lines[4:]).strip()


def judged(name, status, misconception=None):
    score = 2.0 if status is Status.PASSED else 0.0
    return ExerciseVerdict(name, status, score, 2.0, "a sentence", misconception)


def test_names_keep_their_underscores_and_mistakes_are_words():
    remark = shown(
        judged("log_uniform", Status.FAILED, "linear_scale"),
        judged("sample_beta", Status.TIMED_OUT),
        judged("grid_points", Status.PASSED),
        repairs=("The test cell test_log_uniform was edited.",),
    )
    assert "The test cell test_log_uniform was edited. log_uniform: linear scale;" in remark
    assert "sample_beta: timed out" in remark


def test_what_happened_to_every_exercise_is_said_once():
    remark = shown(judged("one", Status.NOT_ATTEMPTED), judged("two", Status.NOT_ATTEMPTED))
    assert remark == "every exercise: not attempted"


def test_a_long_list_of_losses_is_cut_short():
    remark = shown(*[judged(f"e{i}", Status.FAILED, f"wrong{i}") for i in range(5)])
    assert remark == "e0: wrong0; e1: wrong1; and 3 more"


def test_a_notebook_that_cannot_be_read_says_why():
    remark = shown(status=SubmissionStatus.UNREADABLE, message="01_tiny.ipynb is empty.")
    assert remark == "01_tiny.ipynb is empty."
