"""One mistake is charged once: an exercise is judged again beside references wherever its code may get to one."""

from __future__ import annotations

import json

import pytest

from autograde.demo.sample import SAMPLES
from autograde.engine.reach import reachable
from autograde.engine.session import Session
from autograde.engine.submission import grade_bytes


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["def f(x):\n    return g(x)", "def g(x):\n    return h(x)"], {"f", "g", "h"}),
        (["def f(x):\n    g = x\n    return g"], {"f"}),
        (["def f(x):\n    return [g(a) for a in x]"], {"f", "g"}),
        (["f = lambda x: g(x)"], {"f", "g"}),
        (["f = partial(g, 1)"], {"f", "partial", "g"}),
        (["table = {}\ntable['a'] = g", "def f(x):\n    return table['a'](x)"], {"f", "table", "a", "g"}),
        (["def f(x):\n    return x.g()", "%matplotlib inline"], {"f", "g"}),
        (
            ["def f(x):\n    return kept(x)", "def start():\n    global kept\n    kept = g"],
            {"f", "kept", "start", "g"},
        ),
        (["@remember\ndef f(x):\n    return x", "def remember(f):\n    return g"], {"f", "remember", "g"}),
        (["def g(x):\n    return f(x)", "def f(x):\n    return x"], {"f"}),
    ],
)
def test_names_are_followed_through_the_cells(cells, found):
    assert reachable(cells, ["f"]) == found


@pytest.mark.parametrize(
    "cell",
    [
        "def f(x):\n    return globals()['si' + 'gmoid'](x)",
        "def f(x):\n    return eval('sig' + 'moid(x)')",
        "def f(x):\n    return getattr(here, name)(x)",
        "def f(x:\n",
    ],
)
def test_code_that_may_look_up_any_name_may_reach_everything(cell):
    assert reachable([cell], ["f"]) is None


def test_what_stands_beside_the_function_and_is_not_used_does_not_count():
    assert reachable(["def f(x):\n    return x\n\n\nprint(g(eval('1')))"], ["f"]) == {"f"}


WRONG_SIGMOID = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(z))\n"
ROUTES = {
    "called": "def tanh(z):\n    return 2 * sigmoid(2 * z) - 1\n",
    "through a helper": "def half(z):\n    return sigmoid(2 * z)\ndef tanh(z):\n    return 2 * half(z) - 1\n",
    "under another name": "from_lesson = lambda z: sigmoid(z)\ntanh = lambda z: 2 * from_lesson(2 * z) - 1\n",
    "by its name as text": "def tanh(z):\n    return 2 * globals()['sig' + 'moid'](2 * z) - 1\n",
    "in a method": "class Act:\n    def __call__(self, z):\n        return 2 * sigmoid(2 * z) - 1\ntanh = Act()\n",
}
PRIME = "def {name}_prime(z):\n    a = {name}(z)\n    return {slope}\n"


def graded(lesson, warm, **sources: str):
    """The verdicts on the exercises whose cells these are; the rest of the notebook is solved."""
    notebook = json.loads(next(iter(SAMPLES["all_right"](lesson).values())))
    for cell in notebook["cells"]:
        key = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = sources.get(key, cell["source"])
    data = json.dumps(notebook).encode()
    verdict = grade_bytes(data, "x", "ada", lesson, warm, 3, only=tuple(sources)).verdict
    return {v.exercise: v for v in verdict.exercises}


@pytest.mark.parametrize("route", ROUTES)
def test_a_wrong_function_costs_nothing_where_another_uses_it(lesson, warm, route):
    sigmoid = WRONG_SIGMOID + PRIME.format(name="sigmoid", slope="a * (1 - a)")
    tanh = ROUTES[route] + PRIME.format(name="tanh", slope="1 - a**2")
    verdicts = graded(lesson, warm, sigmoid=sigmoid, tanh=tanh)
    assert 0 < verdicts["sigmoid"].score < verdicts["sigmoid"].max_score  # its slope is right
    assert verdicts["tanh"].score == verdicts["tanh"].max_score, verdicts["tanh"].message


def test_what_no_reference_can_help_is_judged_once(lesson, warm, monkeypatch):
    judged = []
    judge = Session._judge
    monkeypatch.setattr(
        Session, "_judge", lambda self, *args: judged.append(args[1].name) or judge(self, *args)
    )
    wrong = "def {}(fan_in, fan_out, rng):\n    return rng.normal(size=(fan_in, fan_out))\n"
    names = ("xavier_normal", "he_normal")
    verdicts = graded(lesson, warm, **{name: wrong.format(name) for name in names})
    assert judged == list(names)
    assert all(v.score < v.max_score for v in verdicts.values())
