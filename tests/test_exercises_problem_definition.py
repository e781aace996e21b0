"""Lesson 1's exercises, judged without any process in between: what keeps its points, what loses them, what is said."""

import math

import numpy as np
import pytest

from autograde.exercises import load
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

EXERCISES = load("01_problem_definition")
POINTS = {
    "softmax": 9,
    "hardmax": 7,
    "cross_entropy": 10,
    "cross_entropy_backward": 9,
    "repaired_weighted_backward": 4,
    "softmax_regression_backward": 10,
    "train_softmax_regression": 13,
    "diagnose_fit": 6,
    "forward_statistics": 11,
    "saturated_fraction": 6,
    "critical_point_type": 9,
}
VARIANTS = [
    pytest.param(e, v, id=f"{e.name}-{v.name}") for e in EXERCISES.values() for v in e.variants.values()
]
MISTAKES = [
    pytest.param(e, m, id=f"{e.name}-{m.name}") for e in EXERCISES.values() for m in e.misconceptions.values()
]


def verdict_of(exercise, function=None, seed=1):
    """The verdict on an exercise of one function, written as `function`."""
    replaced = {exercise.name: function} if function else {}
    return judge(exercise, LocalSubject({**exercise.neighbours, **exercise.references, **replaced}), seed)


def test_every_exercise_has_its_points_and_enough_mistakes_and_variants():
    assert {e.name: e.points for e in EXERCISES.values()} == POINTS
    assert sum(POINTS.values()) == 94  # and 6 for the question that is graded by hand
    for exercise in EXERCISES.values():
        assert len(exercise.misconceptions) >= 8 and len(exercise.variants) >= 4
        assert 3 <= len(exercise.hints) <= 4


@pytest.mark.parametrize("seed", range(2, 7))
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_the_reference_keeps_all_points(exercise, seed):
    assert verdict_of(exercise, None, seed).status is Status.PASSED


@pytest.mark.parametrize("seed", (3, 4))
@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_a_variant_keeps_all_points(exercise, variant, seed):
    verdict = verdict_of(exercise, variant.replaces[exercise.name], seed)
    assert verdict.status is Status.PASSED, verdict.message


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_loses_points_and_is_named(exercise, mistake):
    verdict = verdict_of(exercise, mistake.replaces[exercise.name], 5)
    assert verdict.score < exercise.points
    assert verdict.misconception == mistake.name
    assert mistake.message in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_a_stub_a_forgotten_return_and_a_crash_score_nothing(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    def silent(*args, **kwargs):
        return None

    def crash(*args, **kwargs):
        raise ValueError("no")

    for function, status in ((stub, Status.NOT_ATTEMPTED), (silent, Status.FAILED), (crash, Status.RAISED)):
        verdict = verdict_of(exercise, function)
        assert (verdict.status, verdict.score) == (status, 0)


def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


class RightInOddStyles:
    """Correct solutions that are not declared as variants."""

    def softmax(z, axis=-1):
        z64 = z.astype(np.float64, copy=True)
        np.subtract(z64, z64.max(axis, keepdims=True), out=z64)
        np.exp(z64, out=z64)
        return np.divide(z64, np.add.reduce(z64, axis, keepdims=True), out=z64)

    def hardmax(z):
        return np.stack([np.bincount([int(r.argmax())], minlength=r.size) for r in z])

    def cross_entropy(scores, targets):
        return np.float64(
            np.mean([np.logaddexp.reduce(s - s[t]) for s, t in zip(scores, targets, strict=True)])
        )

    def cross_entropy_backward(scores, targets):
        p = np.exp(log_softmax(scores))
        np.subtract.at(p, (range(len(p)), targets), 1)
        return np.asfortranarray(p * (1.0 / p.shape[0]))

    def repaired_weighted_backward(scores, targets, class_weights, /):
        g = np.exp(log_softmax(scores)) - np.eye(scores.shape[1])[targets]
        return np.diag(class_weights[targets] / class_weights[targets].sum()) @ g

    def softmax_regression_backward(X, W, b, y):
        g = np.exp(log_softmax(X @ W + b[np.newaxis]))
        g[np.arange(y.size), y] -= 1
        joint = np.concatenate([X, np.ones((len(X), 1))], axis=1).T @ g / len(X)
        return joint[:-1], joint[-1]

    def train_softmax_regression(X, labels, num_classes, learning_rate, steps):
        theta = {"W": np.zeros((X.shape[-1], num_classes)), "b": np.zeros((num_classes,))}
        losses = np.empty(steps)
        for i in range(steps):
            lp = log_softmax(X @ theta["W"] + theta["b"])
            losses[i] = np.mean(-lp[np.arange(len(X)), labels])
            g = (np.exp(lp) - (labels[:, None] == np.arange(num_classes))) / len(X)
            theta = {"W": theta["W"] - learning_rate * X.T @ g, "b": theta["b"] - learning_rate * g.sum(0)}
        return theta["W"], theta["b"], losses

    def diagnose_fit(a, b, c):
        return b - a, {(True, True): "underfitting", (True, False): "underfitting"}.get(
            (a > c, b > c), "overfitting" if b > c else "good fit"
        )

    def forward_statistics(X, weights, activation, ddof=1):
        def layers(h, rest):
            if rest:
                h = activation(np.matmul(h, rest[0]))
                yield h
                yield from layers(h, rest[1:])

        found = list(layers(X, list(weights)))
        return np.fromiter((h.mean() for h in found), float), np.fromiter(
            (h.std(ddof=ddof) for h in found), float
        )

    def saturated_fraction(a, margin=0.05):
        return len([v for v in a.ravel() if not margin <= v <= 1 - margin]) / a.size

    def critical_point_type(hessian, tol=1e-8):
        v = np.linalg.eigvalsh(hessian)
        signs = set(np.where(v > tol, 1, np.where(v < -tol, -1, 0)).tolist())
        if {1, -1} <= signs:
            return "saddle"
        return {frozenset({1}): "minimum", frozenset({-1}): "maximum"}.get(frozenset(signs), "degenerate")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_a_correct_solution_in_an_odd_style_keeps_all_points(exercise):
    verdict = verdict_of(exercise, vars(RightInOddStyles)[exercise.name])
    assert verdict.status is Status.PASSED, verdict.message


def raw_softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


WRONG = {
    "softmax": [
        lambda z: raw_softmax(np.nan_to_num(z, posinf=0) / 2),
        lambda z: raw_softmax(z).astype(np.float16).astype(np.float64),
        lambda z: raw_softmax(np.clip(z, -9999.0, 9999.0)),
        lambda z: raw_softmax(z) if len(z) < 7 else raw_softmax(z.T).T,
    ],
    "hardmax": [
        lambda z: np.eye(z.shape[1])[np.argsort(z, axis=1)[:, -1]],
        lambda z: np.eye(z.shape[1])[np.round(z, 6).argmax(axis=1)],
        lambda z: (raw_softmax(z) > 0.5).astype(float),
        lambda z: np.eye(z.shape[1])[np.abs(z).argmax(axis=1)],
    ],
    "cross_entropy": [
        lambda z, y: -np.log(raw_softmax(z)[np.arange(len(y)), y] + 1e-300).mean(),
        lambda z, y: np.median(-log_softmax(z)[np.arange(len(y)), y]),
        lambda z, y: float(-np.log(raw_softmax(z).astype(np.longdouble))[np.arange(len(y)), y].mean()),
        lambda z, y: -log_softmax(np.clip(z, -1e3, 1e3))[np.arange(len(y)), y].mean(),
        lambda z, y: np.array([-log_softmax(z)[np.arange(len(y)), y].mean()]),
        lambda z, y: -log_softmax(z)[np.arange(len(y)), np.sort(y)].mean(),
    ],
    "cross_entropy_backward": [
        lambda z, y: (raw_softmax(z) - np.eye(z.shape[1])[y]) / (len(y) - 1 + 1e-9),
        lambda z, y: (raw_softmax(z) - np.eye(z.shape[1])[y]).mean(axis=0),
        lambda z, y: (np.eye(z.shape[1])[z.argmax(axis=1)] - np.eye(z.shape[1])[y]) / len(y),
    ],
    "repaired_weighted_backward": [
        lambda z, y, w: (raw_softmax(z) - np.eye(z.shape[1])[y]) * w[y][:, None] / w.mean() / len(y),
        lambda z, y, w: (raw_softmax(z) - np.eye(z.shape[1])[y]) * w[y].mean() / w[y].sum(),
    ],
    "softmax_regression_backward": [
        lambda X, W, b, y: (
            X.T @ (raw_softmax(X @ W + b) - np.eye(len(b))[y]) / X.shape[1],
            np.zeros_like(b),
        ),
        lambda X, W, b, y: (
            X.T @ (raw_softmax(X @ W + b) - np.eye(len(b))[y]) / len(y),
            (raw_softmax(X @ W + b) - np.eye(len(b))[y]).sum(axis=0),
        ),
    ],
    "diagnose_fit": [
        lambda a, b, c: (b - a, "Underfitting" if a > c else "overfitting" if b > c else "good fit"),
        lambda a, b, c: (b - a, "underfitting" if a > c else "overfitting" if b - a > a else "good fit"),
        lambda a, b, c: (
            max(b - a, 0.0),
            "underfitting" if a > c else "overfitting" if b > c else "good fit",
        ),
    ],
    "saturated_fraction": [
        lambda a, margin=0.05: float(np.mean(np.abs(a - 0.5) > 0.45)),
        lambda a, margin=0.05: float(np.mean((a * (1 - a)) < margin)),
        lambda a, margin=0.05: float(np.mean(a.min(axis=0) < margin)),
    ],
    "critical_point_type": [
        lambda H, tol=1e-8: "saddle" if np.linalg.det(H) < 0 else "minimum" if H[0, 0] > 0 else "maximum",
        lambda H, tol=1e-8: "minimum" if np.all(np.linalg.eigvalsh(H) > 0) else "saddle",
        lambda H, tol=1e-8: "saddle" if abs(np.linalg.eigvalsh(H).sum()) < tol else "minimum",
    ],
}


@pytest.mark.parametrize(
    ("name", "index"), [(name, i) for name, functions in WRONG.items() for i in range(len(functions))]
)
def test_a_mistake_nobody_declared_loses_points_too(name, index):
    with np.errstate(all="ignore"):
        assert verdict_of(EXERCISES[name], WRONG[name][index]).score < POINTS[name]


def test_an_epsilon_in_the_logarithm_loses_only_the_far_logits():
    exercise = EXERCISES["cross_entropy"]
    verdict = verdict_of(exercise, exercise.misconceptions["log_with_epsilon"].replaces["cross_entropy"])
    assert verdict.score == 6
    assert "27.6" in verdict.message


def test_wrong_losses_leave_the_points_of_the_weights():
    exercise = EXERCISES["train_softmax_regression"]
    late = exercise.misconceptions["loss_after_the_update"].replaces["train_softmax_regression"]
    verdict = verdict_of(exercise, late)
    assert verdict.score == 5
    assert "losses[0] is log(num_classes)" in verdict.message


def test_a_gap_may_be_negative_and_a_target_reached_exactly():
    diagnose_fit = EXERCISES["diagnose_fit"].references["diagnose_fit"]
    assert diagnose_fit(0.25, 0.125, 0.25) == (-0.125, "good fit")


@pytest.mark.parametrize("low", (0.25, -0.25))
def test_a_curvature_equal_to_tol_is_flat(low):
    critical_point_type = EXERCISES["critical_point_type"].references["critical_point_type"]
    assert critical_point_type(np.diag([math.copysign(2.0, low), low]), 0.25) == "degenerate"


def test_float32_sums_are_no_mistake():
    def narrow_inside(logits):
        shifted = (logits - logits.max(axis=1, keepdims=True)).astype(logits.dtype)
        e = np.exp(shifted)
        return e / e.sum(axis=1, keepdims=True, dtype=logits.dtype)

    assert verdict_of(EXERCISES["softmax"], narrow_inside).status is Status.PASSED
