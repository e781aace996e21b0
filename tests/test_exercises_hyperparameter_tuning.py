"""The declarations of lesson 6 judged in this process: odd right styles keep all points, undeclared mistakes lose some."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from autograde import exercises
from autograde.exercises.hyperparameter_tuning import capstone
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

EXERCISES = exercises.load("06_hyperparameter_tuning")
REFERENCES = {name: f for e in EXERCISES.values() for name, f in e.references.items()}
QUICK = [e for e in EXERCISES.values() if e.name != "train_digits"]
SYLLABUS = (
    "log_uniform", "sample_beta", "grid_points", "random_points", "random_search", "zoom", "successive_halving",
    "gradient_check", "default_dnn", "placeholders", "train_digits",
)  # fmt: skip


def judged(name, function, seed=1):
    return judge(EXERCISES[name], LocalSubject({**REFERENCES, name: function}), seed)


def keeps_everything(name, function, seed=1):
    verdict = judged(name, function, seed)
    assert verdict.status is Status.PASSED, verdict.message


def loses(name, function, text="", seed=1):
    verdict = judged(name, function, seed)
    assert verdict.score < EXERCISES[name].points
    assert text in verdict.message
    return verdict


def test_every_name_of_the_syllabus_is_an_exercise():
    assert set(SYLLABUS) <= set(EXERCISES)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("exercise", QUICK, ids=lambda e: e.name)
def test_the_reference_gets_full_marks_for_any_seed(exercise, seed):
    verdict = judge(exercise, LocalSubject(REFERENCES), seed)
    assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_a_forgotten_return_is_named(exercise):
    verdict = judged(exercise.name, lambda *args, **kwargs: None)
    assert (verdict.status, verdict.score) == (Status.FAILED, 0)
    assert "Did you forget" in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_a_stub_counts_as_not_attempted(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    verdict = judged(exercise.name, stub)
    assert (verdict.status, verdict.score) == (Status.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_an_exception_is_shown(exercise):
    def broken(*args, **kwargs):
        raise ValueError("no such thing")

    verdict = judged(exercise.name, broken)
    assert (verdict.status, verdict.score) == (Status.RAISED, 0)
    assert "ValueError: no such thing" in verdict.message


@pytest.mark.parametrize("name", ["log_uniform", "sample_beta", "random_points", "random_search"])
@pytest.mark.parametrize("seed", range(3))
def test_random_misconceptions_are_named_for_any_seed(name, seed):
    for mistake in EXERCISES[name].misconceptions.values():
        verdict = judge(EXERCISES[name], LocalSubject({**REFERENCES, **mistake.replaces}), seed)
        assert verdict.score < EXERCISES[name].points
        assert verdict.misconception == mistake.name


# --- right in other styles ---------------------------------------------------------------------------------


def test_a_log_uniform_that_draws_the_decade_first_is_right():
    def by_reciprocal(low, high, rng, size=None):
        return 1.0 / np.exp(rng.uniform(np.log(1 / high), np.log(1 / low), size))

    keeps_everything("log_uniform", by_reciprocal)


def test_points_of_0d_arrays_are_right():
    def wrapped(ranges, points_per_axis):
        grid = REFERENCES["grid_points"](ranges, points_per_axis)
        return [{name: np.array(value) for name, value in point.items()} for point in reversed(grid)]

    keeps_everything("grid_points", wrapped)


def test_a_latin_hypercube_is_random_enough():
    def hypercube(ranges, n, rng):
        columns = {}
        for name, (low, high, scale) in ranges.items():
            u = (rng.permutation(n) + rng.random(n)) / n
            if scale == "int":
                columns[name] = np.floor(low + u * (high - low + 1)).astype(int)
            else:
                columns[name] = low * (high / low) ** u if scale == "log" else low + u * (high - low)
        return [{name: values[i] for name, values in columns.items()} for i in range(n)]

    keeps_everything("random_points", hypercube)


def test_a_search_that_draws_its_points_itself_is_right():
    def own(objective, ranges, n, rng):
        trials = []
        for _ in range(n):
            point = {}
            for name, (low, high, scale) in ranges.items():
                if scale == "log":
                    point[name] = 10 ** rng.uniform(math.log10(low), math.log10(high))
                else:
                    point[name] = rng.integers(low, high + 1) if scale == "int" else rng.uniform(low, high)
            trials.append((dict(point), np.float64(objective(point))))
        return sorted(trials, key=lambda t: t[1])[0][0], trials

    keeps_everything("random_search", own)


def test_halving_that_changes_between_rounding_up_and_down_is_right():
    def moody(objective, points, min_budget, eta=3):
        alive, budget, history, up = [dict(p) for p in points], min_budget, [], True
        while len(alive) > 1:
            scored = [(p, budget, objective(p, budget)) for p in alive]
            history.extend(reversed(scored))
            keep = math.ceil(len(alive) / eta) if up else max(1, len(alive) // eta)
            alive = [s[0] for s in sorted(scored, key=lambda s: s[2])][:keep]
            up, budget = not up, budget * eta
        return alive[0], history

    keeps_everything("successive_halving", moody)


def test_a_gradient_check_with_a_guard_in_the_denominator_is_right():
    def guarded(f, gradient, theta, h=1e-5):
        flat, g = theta.astype(float).ravel(), np.ravel(gradient(theta))
        worst = 0.0
        for i in range(flat.size):
            e = np.zeros(flat.size)
            e[i] = h
            n = (f((flat + e).reshape(theta.shape)) - f((flat - e).reshape(theta.shape))) / (2 * h)
            worst = max(worst, abs(g[i] - n) / max(1e-8, abs(g[i]) + abs(n)))
        return worst

    keeps_everything("gradient_check", guarded)


def test_a_network_of_named_blocks_is_right():
    def build(in_features, hidden_sizes, num_classes, dropout=0.5):
        net, sizes = nn.Sequential(), [in_features, *hidden_sizes]
        for i in range(len(hidden_sizes)):
            linear = nn.Linear(sizes[i], sizes[i + 1], bias=False)
            nn.init.normal_(linear.weight, std=math.sqrt(2.0 / sizes[i]))
            block = nn.Sequential()
            block.add_module("fc", linear)
            block.add_module("bn", nn.BatchNorm1d(sizes[i + 1]))
            block.add_module("act", nn.ELU())
            block.add_module("drop", nn.Dropout(dropout))
            net.add_module(f"block{i}", block)
        net.add_module("head", nn.Linear(sizes[-1], num_classes))
        return net

    keeps_everything("default_dnn", build)


# --- wrong in ways nobody declared -------------------------------------------------------------------------


def test_a_beta_whose_logarithm_is_doubled_loses():
    def squared(rng, size, low=0.9, high=0.999):
        u = rng.random(size) ** 2
        return 1 - (1 - low) ** u * (1 - high) ** (1 - u)

    loses("sample_beta", squared)


def test_a_grid_that_drops_repeated_values_of_another_axis_loses():
    def unique(ranges, points_per_axis):
        return REFERENCES["grid_points"](ranges, points_per_axis)[:-1]

    loses("grid_points", unique, "combinations")


def test_an_int_axis_that_never_reaches_low_loses():
    def above(ranges, n, rng):
        points = REFERENCES["random_points"](ranges, n, rng)
        for point in points:
            for name, (low, high, scale) in ranges.items():
                if scale == "int" and point[name] == low:
                    point[name] = high
        return points

    loses("random_points", above)


def test_a_zoom_that_rounds_a_log_axis_loses():
    def rounded(ranges, best, factor):
        new = REFERENCES["zoom"](ranges, best, factor)
        return {n: (round(a, 2), round(b, 2), s) if s == "log" else (a, b, s) for n, (a, b, s) in new.items()}

    loses("zoom", rounded)


def test_halving_that_evaluates_twice_loses():
    def wasteful(objective, points, min_budget, eta=3):
        alive, budget, history = list(points), min_budget, []
        while len(alive) > 1:
            history += [(p, budget, objective(p, budget)) for p in alive]
            alive = sorted(alive, key=lambda p: objective(p, budget))[: max(1, len(alive) // eta)]
            budget *= eta
        return alive[0], history

    loses("successive_halving", wasteful, "evaluations were made")


def test_a_gradient_check_that_moves_theta_by_rounding_loses():
    def drifting(f, gradient, theta, h=1e-5):
        a, worst = np.array(gradient(theta)), 0.0
        for index in np.ndindex(theta.shape):
            theta[index] += h
            up = f(theta)
            theta[index] -= 2 * h
            n = (up - f(theta)) / (2 * h)
            theta[index] += 1.5 * h
            if a[index] != n:
                worst = max(worst, abs(a[index] - n) / (abs(a[index]) + abs(n)))
        return worst

    loses("gradient_check", drifting)


def test_a_network_whose_blocks_share_one_layer_loses():
    def shared(in_features, hidden_sizes, num_classes, dropout=0.5):
        net = REFERENCES["default_dnn"](in_features, hidden_sizes, num_classes, dropout)
        return nn.Sequential(*list(net)[:-1], nn.ELU(), net[-1])

    loses("default_dnn", shared, "The layers are")


# --- the capstone ------------------------------------------------------------------------------------------


def test_the_hidden_digits_are_not_among_the_public_ones():
    public = {image.tobytes() for image in capstone.public()[0]}
    hidden = [image.tobytes() for image in capstone.hidden()[0]]
    assert len(hidden) == 360
    assert not public & set(hidden)


def test_steps_of_accuracy_give_steps_of_points():
    def centres(X_train, y_train, X_val, y_val, rng):
        c = np.stack([X_train[y_train == k].mean(axis=0) for k in range(10)])
        return lambda images: (images @ c.T - 0.5 * (c**2).sum(axis=1)).argmax(axis=1)

    verdict = judged("train_digits", centres)
    assert verdict.status is Status.PARTIAL
    assert 3.5 <= verdict.score <= 5.5
    assert verdict.misconception is None
    assert "the next step of the score is at 92%" in verdict.message


def test_a_torch_module_as_predict_is_right():
    def nearest(X_train, y_train, X_val, y_val, rng):
        X, y = torch.tensor(X_train), torch.tensor(y_train)

        class Nearest(nn.Module):
            def forward(self, images):
                return y[torch.cdist(torch.as_tensor(images), X).argmin(dim=1)]

        return Nearest()

    keeps_everything("train_digits", nearest)


def test_the_hidden_labels_never_go_to_the_student():
    seen = []

    def spy(X_train, y_train, X_val, y_val, rng):
        seen.extend([len(y_train), len(y_val)])
        predict = REFERENCES["train_digits"](X_train, y_train, X_val, y_val, rng)
        return lambda images: predict(images)

    keeps_everything("train_digits", spy)
    assert seen == [1237, 200, 400, 50]
