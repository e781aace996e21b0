"""`%check`, `%hint`, `%solution` and `%progress` in a real IPython shell, judged in a copy of its process."""

from __future__ import annotations

import os

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograde.selfpaced.magics import SelfPaced

SIGMOID = """
import numpy as np

def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)

def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1.0 - s)
"""


@pytest.fixture
def shell(course, monkeypatch):
    """A shell of its own with the magics loaded."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell(config=config)
    shell.register_magics(SelfPaced(shell, course))
    yield shell
    shell.restore_sys_module_state()


@pytest.fixture
def run(shell, capsys):
    """Run a cell and return what it printed."""

    def run(source: str) -> str:
        shell.run_cell(source, store_history=False).raise_error()
        return capsys.readouterr().out

    return run


def test_a_right_function_passes_with_all_points(run):
    run(SIGMOID)
    assert "✓ sigmoid: 5 of 5 points" in run("%check sigmoid")


def test_a_function_of_a_pair_finds_its_exercise(run):
    run(SIGMOID)
    assert "sigmoid: 5 of 5" in run("%check sigmoid_prime")


def test_a_mistake_is_named_with_the_message_of_grading(run, lesson):
    exercise = lesson.exercises["sigmoid"]
    mistake = exercise.misconceptions["tanh_for_sigmoid"]
    run(SIGMOID)
    run(mistake.source)
    assert mistake.message in run("%check sigmoid")


def test_what_is_not_written_says_so(run):
    assert "not written yet" in run("%check relu")


def test_an_endless_loop_ends_with_the_time_limit_and_leaves_the_notebook_alive(run, lesson, monkeypatch):
    monkeypatch.setattr(lesson.exercises["relu"], "seconds", 0.5)
    run("def relu(z):\n    while True: pass\ndef relu_prime(z):\n    return z\n")
    assert "time" in run("%check relu")
    assert run("print('alive')") == "alive\n"


def test_leaving_python_in_a_function_does_not_end_the_notebook(run):
    run("import os\ndef relu(z):\n    os._exit(3)\nrelu_prime = relu\n")
    assert "ended the process" in run("%check relu")


def test_a_check_does_not_change_the_notebooks_memory(run, shell):
    run("calls = 0\ndef relu(z):\n    global calls\n    calls += 1\n    return z\nrelu_prime = relu\n")
    run("%check relu")
    assert shell.user_ns["calls"] == 0


def test_a_mistake_in_a_function_that_is_used_is_charged_once(run, lesson):
    right = lesson.exercises["he_normal"]
    assert right.uses == ("xavier_normal",)
    run("import numpy as np\ndef xavier_normal(i, o, rng):\n    return np.zeros((i, o))\n")
    run("def he_normal(i, o, rng):\n    return xavier_normal(i, o, rng) * np.sqrt((i + o) / i)\n")
    assert "✓ he_normal" in run("%check he_normal")


def test_hints_come_one_rung_at_a_time_and_end(run, lesson):
    hints = lesson.exercises["sigmoid"].hints
    for number, hint in enumerate(hints, 1):
        assert run("%hint sigmoid") == f"Hint {number} of {len(hints)}: {hint}\n"
    assert "%solution sigmoid" in run("%hint sigmoid")


def test_the_solution_is_shown_without_markers_and_passes(run):
    run(run("%solution relu").join(("import numpy as np\n", "")))
    assert "✓ relu" in run("%check relu")


@pytest.mark.parametrize(
    ("line", "words"), [("%check sigmod", "Did you mean sigmoid?"), ("%hint", "Which exercise?")]
)
def test_an_unknown_name_is_answered_with_a_sentence(run, line, words):
    assert words in run(line)


def test_progress_shows_every_exercise_of_the_lesson_and_the_sum(run, lesson):
    run(SIGMOID)
    text = run("%progress 02")
    assert all(name in text for name in lesson.exercises)
    assert f"5/{lesson.points:g}" in text.splitlines()[-1]


def test_the_lesson_of_a_notebook_is_known_by_its_functions(run):
    run(SIGMOID)
    assert run("%progress").startswith("02_vanishing_gradients")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="copies need fork")
def test_whole_solved_lesson_has_every_point(run, lesson):
    source = [
        c.source for c in lesson.instructor.cells if c.metadata["autograde"]["kind"] in ("setup", "exercise")
    ]
    run("\n\n".join(source))
    assert run("%progress 02").splitlines()[-1].endswith(f"{lesson.points:g}/{lesson.points:g}")
