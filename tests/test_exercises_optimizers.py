"""Lesson 3's exercises: conventions that are right keep every point, undeclared mistakes lose some, references equal torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from autograde.exercises import load
from autograde.exercises.optimizers.adam import Adam
from autograde.exercises.optimizers.plateau import PlateauScheduler
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

EXERCISES = load("03_optimizers")
POINTS = {
    "gradient_descent_step": 3,
    "momentum_step": 8,
    "nesterov_step": 9,
    "adagrad_step": 8,
    "rmsprop_step": 8,
    "adam_step": 11,
    "Adam": 12,
    "adam_bug_hunt": 6,
    "step_decay": 4,
    "multistep_decay": 5,
    "exponential_decay": 4,
    "PlateauScheduler": 9,
    "cosine_warmup": 6,
}


def verdict_of(name, function=None, seed=1):
    """The verdict on an exercise whose only function is written this way."""
    exercise = EXERCISES[name]
    replaced = {} if function is None else {exercise.functions[0]: function}
    return judge(exercise, LocalSubject({**exercise.neighbours, **exercise.references, **replaced}), seed)


def test_the_exercises_have_the_syllabus_names_and_their_points():
    assert {name: exercise.points for name, exercise in EXERCISES.items()} == POINTS


@pytest.mark.parametrize("name", POINTS)
def test_there_are_enough_mistakes_and_variants(name):
    assert len(EXERCISES[name].misconceptions) >= 8
    assert len(EXERCISES[name].variants) >= 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", POINTS)
def test_the_reference_and_the_variants_keep_every_point_for_any_seed(name, seed):
    for function in (None, *(next(iter(v.replaces.values())) for v in EXERCISES[name].variants.values())):
        verdict = verdict_of(name, function, seed)
        assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize("name", POINTS)
def test_a_stub_scores_nothing(name):
    def stub(*args, **kwargs):
        raise NotImplementedError

    assert (verdict_of(name, stub).status, verdict_of(name, stub).score) == (Status.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("name", POINTS)
def test_silence_and_echo_score_nothing(name):
    assert verdict_of(name, lambda *args, **kwargs: None).score == 0
    assert verdict_of(name, lambda first, *args, **kwargs: first).score == 0


def test_a_single_step_that_forgets_the_state_in_any_unit_loses():
    def fresh_velocity_each_time(theta, grad, m, lr, beta=0.9):
        return theta - lr * grad, np.zeros_like(m)

    assert verdict_of("momentum_step", fresh_velocity_each_time).score < 8


def test_units_mixed_between_the_step_and_the_state_lose():
    def mixed(theta, grad, m, lr, beta=0.9):
        new = beta * m + lr * grad
        return theta - new, new / lr

    assert verdict_of("momentum_step", mixed).score < 8


def test_a_velocity_of_the_wrong_sign_from_a_given_velocity_loses():
    def brakes(theta, grad, m, lr, beta=0.9):
        new = beta * m + lr * grad
        return theta - new, -new

    assert verdict_of("momentum_step", brakes).score == 0


def test_nesterov_written_with_rewritten_gradient_points_keeps_every_point():
    def rewritten(theta, grad_fn, m, lr, beta=0.9):
        point = theta.copy()
        point -= np.multiply(beta, m)
        velocity = np.zeros_like(m)
        velocity += beta * m
        velocity += np.asarray(grad_fn(point)) * lr
        return theta - velocity, velocity

    assert verdict_of("nesterov_step", rewritten).status is Status.PASSED


def test_nesterov_that_never_asks_is_told_so():
    verdict = verdict_of("nesterov_step", lambda theta, grad_fn, m, lr, beta=0.9: (theta - m, m))
    assert verdict.score == 0
    assert "never calls grad_fn" in verdict.message


@pytest.mark.parametrize(
    "eps_of",
    [lambda e: 0.0, lambda e: e**2, lambda e: 10 * e, lambda e: e / 10],
    ids=["none", "squared", "tenfold", "a tenth"],
)
def test_another_eps_loses_in_every_adaptive_rule(eps_of):
    def adagrad(theta, grad, s, lr, eps=1e-8):
        s = s + grad**2
        root = np.sqrt(s) + eps_of(eps)
        return theta - lr * np.divide(grad, root, out=np.zeros_like(root), where=root > 0), s

    def adam(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        root = np.sqrt(s / (1 - beta2**t)) + eps_of(eps)
        return theta - lr * np.divide(m / (1 - beta1**t), root, out=np.zeros_like(root), where=root > 0), m, s

    assert verdict_of("adagrad_step", adagrad).score < 8
    assert verdict_of("adam_step", adam).score < 11


def test_adam_without_correction_keeps_what_it_gets_right():
    mistake = EXERCISES["adam_step"].misconceptions["no_bias_correction"]
    verdict = verdict_of("adam_step", mistake.replaces["adam_step"])
    assert (verdict.score, verdict.misconception) == (3, "no_bias_correction")


def test_adam_that_replaces_the_items_of_the_callers_list_loses():
    class Replaces(Adam):
        def step(self, grads):
            kept = [p.copy() for p in self.params]
            arrays = list(self.params)
            super().step(grads)
            for i, (array, old) in enumerate(zip(arrays, kept, strict=True)):
                self.params[i] = array.copy()
                array[...] = old

    verdict = verdict_of("Adam", Replaces)
    assert verdict.score == 0
    assert "Write into the old one" in verdict.message


def test_adam_on_flattened_copies_loses_only_where_a_layout_makes_copies():
    class Ravelled(Adam):
        def __init__(self, params, *args, **kwargs):
            super().__init__([p.ravel() for p in params], *args, **kwargs)

        def step(self, grads):
            super().step([g.ravel() for g in grads])

    assert verdict_of("Adam", Ravelled).score < 12


def test_a_changed_argument_is_named():
    def in_place(theta, grad, m, lr, beta=0.9):
        m[...] = beta * m + lr * grad
        return theta - m, m

    verdict = verdict_of("momentum_step", in_place)
    assert verdict.score == 7
    assert "changes its argument m." in verdict.aspects[-1].message


@pytest.mark.parametrize("seed", range(30))
def test_the_plateau_scheduler_equals_torchs(seed):
    rng = np.random.default_rng(seed)
    options = {
        "factor": float(rng.choice([0.1, 0.5, 0.9])),
        "patience": int(rng.integers(0, 4)),
        "threshold": float(rng.choice([0.0, 1e-4, 0.05])),
        "min_lr": float(rng.choice([0.0, 1e-3])),
    }
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    mine = PlateauScheduler(0.5, **options)
    for error in np.round(np.exp(-np.arange(12) / 6) * rng.uniform(0.7, 1.3, 12), 2):
        theirs.step(float(error))
        assert mine.step(float(error)) == optimizer.param_groups[0]["lr"]


def test_one_schedule_formula_for_all_times_may_return_arrays_of_no_dimension():
    def smooth(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
        warm = lr_max * t / max(warmup_steps, 1)
        share = np.clip((t - warmup_steps) / (total_steps - warmup_steps), 0.0, 1.0)
        cosine = lr_min + (lr_max - lr_min) * (1 + np.cos(np.pi * share)) / 2
        return np.where(t < warmup_steps, warm, cosine)

    assert verdict_of("cosine_warmup", smooth).status is Status.PASSED


def test_a_plateau_scheduler_that_falls_only_once_loses():
    class Once(PlateauScheduler):
        def step(self, val_error):
            before = self.lr
            super().step(val_error)
            if self.lr < before:
                self.patience = math.inf
            return self.lr

    assert verdict_of("PlateauScheduler", Once).score < 9


def test_the_bug_hunt_names_the_lessons_own_function_as_it_stands():
    def buggy_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        first, second = np.zeros_like(theta), np.zeros_like(theta)
        rest1 = rest2 = 1.0
        path = [theta]
        for grad in grads:
            first = first + (1 - beta1) * (grad - first)
            second = second + (1 - beta2) * (grad * grad - second)
            rest1 = rest1 * beta1
            rest2 = rest2 * beta1
            share1, share2 = 1 - rest1, 1 - rest2
            path.append(path[-1] - lr * np.sqrt(share2) / share1 * first / (np.sqrt(second) + eps))
        return np.stack(path)

    verdict = verdict_of("adam_bug_hunt", buggy_adam_path)
    assert (verdict.score, verdict.misconception) == (0, "still_broken")


def test_an_optimizer_that_finds_an_old_ones_averages_is_told_so():
    class Finds(Adam):
        kept = {}  # noqa: RUF012

        def step(self, grads):
            for i, p in enumerate(self.params):
                self.m[i], self.s[i], _ = self.kept.get(id(p), (self.m[i], self.s[i], p))
            super().step(grads)
            self.kept.update({id(p): (self.m[i], self.s[i], p) for i, p in enumerate(self.params)})

    verdict = verdict_of("Adam", Finds)
    assert (verdict.score, verdict.misconception) == (9, "StateOfTheArrays")


def test_results_that_a_later_call_overwrites_lose_a_point():
    buffers = {}

    def into_a_buffer(theta, grad, s, lr, eps=1e-8):
        buffer = buffers.setdefault(s.shape, np.zeros(s.shape))
        buffer[...] = s + grad**2
        return theta - lr * grad / (np.sqrt(buffer) + eps), buffer

    verdict = verdict_of("adagrad_step", into_a_buffer)
    assert verdict.score == 7
    assert "overwrites what the first one returned" in verdict.message


def test_a_changed_list_of_milestones_is_charged_once():
    def uses_up(lr0, t, milestones, gamma=0.1):
        for milestone in sorted(milestones):
            if milestone <= t:
                milestones.remove(milestone)
                lr0 *= gamma
        return lr0

    assert verdict_of("multistep_decay", uses_up).score == 4.5


def test_a_schedule_that_gives_a_list_is_asked_for_a_number():
    verdict = verdict_of("exponential_decay", lambda lr0, t, r: [lr0 * 10 ** (-t / r)])
    assert "should be a number; it is a list" in verdict.message
