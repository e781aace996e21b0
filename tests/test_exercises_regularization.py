"""Lesson 4's exercises: their own matrix, right solutions in odd styles, wrong ones nobody has declared."""

import copy

import numpy as np
import pytest

from autograde import exercises
from autograde.judge.judge import judge
from autograde.judge.subject import LocalSubject
from autograde.model import Status

EXERCISES = exercises.load("04_regularization")
POINTS = {
    "l2_penalty": 7, "l1_penalty": 6, "elastic_net_penalty": 6, "EarlyStopping": 12, "dropout_forward": 11,
    "dropout_backward": 6, "repaired_dropout_net": 6, "random_flip": 6, "random_shift": 7, "random_crop": 6,
    "random_brightness_contrast": 8, "augmented_batches": 9, "safe_augmentations": 4,
}  # fmt: skip


def verdict_of(name, seed=1, **replaces):
    exercise = EXERCISES[name]
    return judge(exercise, LocalSubject({**exercise.neighbours, **exercise.references, **replaces}), seed)


def assert_full(verdict):
    assert verdict.status is Status.PASSED, verdict.message
    assert verdict.score == verdict.max_score


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_has_its_points_and_enough_mistakes_and_variants(name):
    exercise = EXERCISES[name]
    assert exercise.points == POINTS[name]
    assert len(exercise.misconceptions) >= 8
    assert len(exercise.variants) >= 4


def test_the_points_leave_six_for_the_written_question():
    assert sum(POINTS.values()) == 94


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_gets_full_marks_for_any_seed(name):
    for seed in range(6):
        assert_full(verdict_of(name, seed))


@pytest.mark.parametrize("name", EXERCISES)
def test_every_variant_keeps_its_points(name):
    for variant in EXERCISES[name].variants.values():
        for seed in (1, 2):
            assert_full(verdict_of(name, seed, **variant.replaces))


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_every_misconception_loses_points_and_is_named(name):
    for mistake in EXERCISES[name].misconceptions.values():
        verdict = verdict_of(name, **mistake.replaces)
        assert verdict.score < verdict.max_score, mistake.name
        assert verdict.misconception == mistake.name, (mistake.name, verdict.message)
        assert mistake.message in verdict.message


@pytest.mark.parametrize("name", [n for n in EXERCISES if n != "safe_augmentations"])
def test_a_stub_scores_nothing_and_a_forgotten_return_fails(name):
    def stub(*args, **kwargs):
        raise NotImplementedError

    def silent(*args, **kwargs):
        return None

    (function,) = EXERCISES[name].functions
    untouched, forgotten = verdict_of(name, **{function: stub}), verdict_of(name, **{function: silent})
    assert (untouched.score, untouched.status) == (0, Status.NOT_ATTEMPTED)
    assert forgotten.score == 0


# --- right solutions in odd styles


def loss_as_array_and_reordered(params, lam, m):
    grads = {}
    total = np.zeros(())
    for name in sorted(params, reverse=True):
        free = name.startswith("b")
        grads[name] = np.zeros(params[name].shape) if free else np.asfortranarray(params[name]) * (lam / m)
        total += 0.0 if free else float((params[name].astype(float) ** 2).sum())
    return total * lam / (2 * m), grads


def one_sided_kink(params, lam, beta, m):
    grads = {
        n: 0 * t if n[0] == "b" else lam / m * beta * t + lam / 2 / m * ((t >= 0) * 2.0 - 1)
        for n, t in params.items()
    }
    return lam / 2 / m * sum(
        beta * (t * t).sum() + abs(t).sum() for n, t in params.items() if n[0] != "b"
    ), grads


class StopperWithList:
    def __init__(self, patience):
        self.patience, self.history = patience, []
        self.best_error, self.best_step, self.best_params = np.float64("inf"), 0, None

    def update(self, val_error, params):
        self.history.append(bool(val_error < self.best_error))
        if self.history[-1]:
            self.best_error, self.best_step = np.float64(val_error), len(self.history) - 1
            self.best_params = copy.deepcopy(dict(params))
        return len(self.history) >= self.patience and not any(self.history[-self.patience :])


def mask_in_float32(x, p, rng, training=True):
    if not training:
        return x + 0, None
    mask = rng.uniform(size=x.shape) > p
    return x * mask / (1 - p), mask.astype(np.int8)


def transposed_flip(images, rng, p=0.5):
    return np.stack(
        [
            image.T[::-1].T if draw <= p else image
            for image, draw in zip(images, rng.random(len(images)), strict=True)
        ]
    )


def shift_from_a_canvas(images, max_shift, rng):
    n, h, w = images.shape
    canvas = np.zeros((n, 3 * h, 3 * w), images.dtype)
    canvas[:, h : 2 * h, w : 2 * w] = images
    dy, dx = rng.integers(-max_shift, max_shift + 1, (2, n))
    return np.array([canvas[i, h - dy[i] : 2 * h - dy[i], w - dx[i] : 2 * w - dx[i]] for i in range(n)])


def rounded_crop(images, size, rng):
    rows = [round(rng.uniform(-0.5, images.shape[1] - size + 0.5)) for _ in images]
    columns = [round(rng.uniform(-0.5, images.shape[2] - size + 0.5)) for _ in images]
    pick = lambda v, top: min(max(v, 0), top)  # noqa: E731
    return np.array(
        [
            image[pick(r, image.shape[0] - size) :][:size, pick(c, image.shape[1] - size) :][:, :size]
            for image, r, c in zip(images, rows, columns, strict=True)
        ]
    )


def light_drawn_in_pairs(images, rng, brightness=0.2, contrast=0.2):
    draws = rng.random((len(images), 2)) * 2 - 1
    c, b = (1 + contrast * draws[:, 0])[:, None, None], (brightness * draws[:, 1])[:, None, None]
    mean = np.mean(images, axis=(-2, -1), keepdims=True)
    return ((images - mean) * c + (mean + b)).clip(0, 1)


def batches_from_iterators(X, y, batch_size, augment, rng):
    remaining = rng.permutation(len(y)).tolist()
    out = []
    while remaining:
        rows = [remaining.pop() for _ in range(min(batch_size, len(remaining)))]
        out.append((augment(X[rows], rng), y[rows]))
    return iter(out)


RIGHT = [
    ("l2_penalty", loss_as_array_and_reordered),
    ("elastic_net_penalty", one_sided_kink),
    ("EarlyStopping", StopperWithList),
    ("dropout_forward", mask_in_float32),
    ("random_flip", transposed_flip),
    ("random_shift", shift_from_a_canvas),
    ("random_crop", rounded_crop),
    ("random_brightness_contrast", light_drawn_in_pairs),
    ("augmented_batches", batches_from_iterators),
]


@pytest.mark.parametrize(("name", "solution"), RIGHT)
def test_a_right_solution_in_an_odd_style_keeps_every_point(name, solution):
    for seed in (3, 4):
        assert_full(verdict_of(name, seed, **{name: solution}))


# --- wrong solutions that are nobody's declared mistake


def bias_by_name_b_and_digit(params, lam, m):
    free = {n for n in params if n in ("b", "b1", "b2")}
    grads = {n: 0 * t if n in free else lam / m * t for n, t in params.items()}
    return lam / 2 / m * sum((t**2).sum() for n, t in params.items() if n not in free), grads


def factors_of_loss_and_gradient_both_halved(params, lam, m):
    grads = {n: 0 * t if n[0] == "b" else lam / 2 / m * t for n, t in params.items()}
    return lam / 4 / m * sum((t**2).sum() for n, t in params.items() if n[0] != "b"), grads


class BestParamsOfTheStepAfter(StopperWithList):
    def update(self, val_error, params):
        if self.history and self.history[-1]:
            self.best_params = copy.deepcopy(dict(params))
        stop = super().update(val_error, params)
        return stop


class ToleratesSmallSteps:
    def __init__(self, patience):
        self.patience, self.wait, self.step = patience, 0, 0
        self.best_error, self.best_step, self.best_params = np.inf, 0, None

    def update(self, val_error, params):
        if val_error < self.best_error - 1e-3:
            self.best_error, self.best_step, self.best_params, self.wait = (
                val_error,
                self.step,
                copy.deepcopy(params),
                0,
            )
        else:
            self.wait += 1
        self.step += 1
        return self.wait >= self.patience


def mask_from_the_sign(x, p, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape[::-1]).T[::-1] >= p) * (x > -1) / (1 - p)
    return x * mask, mask


def rounded_rate(x, p, rng, training=True):
    mask = rng.choice([0.0, 1.0], size=x.shape) if training else np.ones_like(x)
    return x * mask / (1 - p if training else 1), mask


def alternating_flip(images, rng, p=0.5):
    flip = (np.arange(len(images)) + rng.integers(2)) % 2 == 0
    return np.where(flip[:, None, None], images[:, :, ::-1], images)


def shift_by_the_row_index(images, max_shift, rng):
    out = np.zeros_like(images)
    for i, image in enumerate(images):
        d = i % (2 * max_shift + 1) - max_shift
        e = int(rng.integers(-max_shift, max_shift + 1))
        h, w = image.shape
        out[i, max(d, 0) : h + min(d, 0), max(e, 0) : w + min(e, 0)] = image[
            max(-d, 0) : h + min(-d, 0), max(-e, 0) : w + min(-e, 0)
        ]
    return out


def crop_from_corners(images, size, rng):
    n, h, w = images.shape
    rows, columns = rng.choice([0, h - size], n), rng.choice([0, w - size], n)
    return np.stack([images[i, rows[i] : rows[i] + size, columns[i] : columns[i] + size] for i in range(n)])


def light_with_one_draw_for_both(images, rng, brightness=0.2, contrast=0.2):
    u = rng.uniform(-1, 1, (len(images), 1, 1))
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip((1 + contrast * u) * (images - mean) + mean + brightness * u, 0, 1)


def light_only_half_way(images, rng, brightness=0.2, contrast=0.2):
    size = (len(images), 1, 1)
    c, b = rng.uniform(1 - contrast / 2, 1 + contrast / 2, size), rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0, 1)


def batches_sorted_within(X, y, batch_size, augment, rng):
    for start in range(0, len(X), batch_size):
        rows = np.arange(start, min(start + batch_size, len(X)))
        rng.shuffle(rows)
        yield augment(X[rows], rng), y[rows]


def batches_with_repeats_at_the_end(X, y, batch_size, augment, rng):
    order = rng.permutation(len(X))
    order = np.concatenate([order, order[: -len(order) % batch_size]])
    for rows in order.reshape(-1, batch_size):
        yield augment(X[rows], rng), y[rows]


WRONG = [
    ("l2_penalty", bias_by_name_b_and_digit),
    ("l2_penalty", factors_of_loss_and_gradient_both_halved),
    ("EarlyStopping", BestParamsOfTheStepAfter),
    ("EarlyStopping", ToleratesSmallSteps),
    ("dropout_forward", mask_from_the_sign),
    ("dropout_forward", rounded_rate),
    ("random_flip", alternating_flip),
    ("random_shift", shift_by_the_row_index),
    ("random_crop", crop_from_corners),
    ("random_brightness_contrast", light_with_one_draw_for_both),
    ("random_brightness_contrast", light_only_half_way),
    ("augmented_batches", batches_sorted_within),
    ("augmented_batches", batches_with_repeats_at_the_end),
]


@pytest.mark.parametrize(("name", "solution"), WRONG)
def test_a_wrong_solution_loses_points(name, solution):
    for seed in (3, 4):
        verdict = verdict_of(name, seed, **{name: solution})
        assert verdict.score < verdict.max_score
        assert verdict.message


# --- one mistake is charged once


def test_backward_keeps_its_points_with_any_mistake_in_forward():
    for mistake in EXERCISES["dropout_forward"].misconceptions.values():
        verdict = verdict_of("dropout_backward", **mistake.replaces)
        assert verdict.score == verdict.max_score, (mistake.name, verdict.message)


def test_backward_does_not_change_what_it_is_given():
    def changes_the_mask(dout, mask):
        mask *= 1.0
        dx = dout * mask
        mask *= 0.5
        return dx

    assert verdict_of("dropout_backward", dropout_backward=changes_the_mask).score < 6


# --- a dict instead of a function


def test_an_unfilled_dict_is_not_attempted_and_one_task_earns_its_point():
    empty = {"digits": None, "animals": None, "chest_xrays": None, "wearable": None}
    verdict = verdict_of("safe_augmentations", safe_augmentations=empty)
    assert (verdict.score, verdict.status) == (0, Status.NOT_ATTEMPTED)
    one = {**empty, "digits": {"shift", "brightness"}}
    verdict = verdict_of("safe_augmentations", safe_augmentations=one)
    assert (verdict.score, verdict.status) == (1, Status.PARTIAL)


@pytest.mark.parametrize("value", [7, "all", ["spin"], {"flip": True, "rotate": True}, [1, 2]])
def test_a_strange_value_costs_its_task_only(value):
    filled = {**EXERCISES["safe_augmentations"].references["safe_augmentations"], "digits": value}
    assert verdict_of("safe_augmentations", safe_augmentations=filled).score == 3


def test_the_message_of_a_task_does_not_say_which_answer_is_wrong():
    filled = {**EXERCISES["safe_augmentations"].references["safe_augmentations"], "animals": ["shift"]}
    texts = [aspect.message for aspect in verdict_of("safe_augmentations", safe_augmentations=filled).aspects]
    assert "at least one answer is wrong" in "".join(texts)
    assert not any(name in "".join(texts) for name in ("flip", "rotate", "brightness"))
