"""Adam as one step and as a class, and a bug hunt in a loop of Adam (slides S4.3; Kingma & Ba 2014).

The slide's Adam has no bias correction and starts with steps of about 0.1/√0.001 ≈ 3 times lr; that is an erratum.
Right forms: ε outside the root or inside it, and the paper's effective rate, lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ), with ε in
either place; m with either sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograde.exercises.optimizers.adaptive import tiny
from autograde.exercises.optimizers.paths import (
    LESSON,
    Array,
    Rule,
    Walk,
    at_rest,
    changing,
    check_one_of,
    check_unchanged,
    follow,
    take,
    walks,
)
from autograde.judge.compare import Mismatch, same
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial
from autograde.wire.values import Handle

adam_step_exercise = Exercise(
    name="adam_step",
    lesson=LESSON,
    functions=("adam_step",),
    title="One step of Adam",
    section="adam_step_idea",
    difficulty=3,
    minutes=12,
    lines=5,
    hints=(
        "Two averages: m of the gradients (like momentum), s of their squares (like RMSProp), each with its own beta.",
        "Both start at 0 and are too small at first. After t steps an average holds the share 1 − βᵗ: divide by it.",
        "Divide m by 1 - beta1**t and s by 1 - beta2**t, for this step only. Return m and s without the correction.",
        "The step is lr times the corrected m, divided by the root of the corrected s (plus eps). Subtract it from theta.",
    ),
)

adam_class_exercise = Exercise(
    name="Adam",
    lesson=LESSON,
    functions=("Adam",),
    title="Adam for a whole network",
    section="Adam_idea",
    difficulty=3,
    minutes=12,
    lines=10,
    uses=("adam_step",),
    hints=(
        "The constructor remembers the list and the four numbers, makes one m and one s per array, and sets t to 0.",
        "A list comprehension over params makes separate arrays of zeros; [np.zeros(...)] * n makes one, n times over.",
        "step(grads): raise t once, then go through the arrays. adam_step gives you the new value of each.",
        "The network holds the arrays themselves: write into them with p[...] = new or p -= step, never p = new.",
    ),
)

adam_bug_hunt_exercise = Exercise(
    name="adam_bug_hunt",
    lesson=LESSON,
    functions=("repaired_adam_path",),
    title="Bug hunt: an Adam that starts too fast",
    section="adam_bug_hunt_idea",
    difficulty=3,
    minutes=12,
    lines=12,
    hints=(
        "Feed it a gradient that never changes. What must the length of every step of Adam be?",
        "A step is lr·m̂/√ŝ. With a constant gradient g, m̂ is g and ŝ is g². Print share1 and share2 after one step.",
        "share2 is the share that s has collected, 1 − β₂ᵗ. Which β shrinks its remainder?",
    ),
)


@adam_step_exercise.reference
def adam_step(
    theta: Array,
    grad: Array,
    m: Array,
    s: Array,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Adam with bias correction; t counts from 1."""
    m = beta1 * m + (1.0 - beta1) * grad
    s = beta2 * s + (1.0 - beta2) * grad**2
    m_hat, s_hat = m / (1.0 - beta1**t), s / (1.0 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


@adam_class_exercise.reference
class Adam:
    """Adam over a list of arrays, which it updates in place."""

    def __init__(
        self,
        params: list[Array],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m = [np.zeros_like(p) for p in params]
        self.s = [np.zeros_like(p) for p in params]

    def step(self, grads: list[Array]) -> None:
        """Move every array by one step."""
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads, strict=True)):
            new, self.m[i], self.s[i] = adam_step(p, g, self.m[i], self.s[i], self.t, *self.options)
            p[...] = new


@adam_bug_hunt_exercise.reference
def repaired_adam_path(
    theta: Array,
    grads: Array,
    lr: float = 0.1,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Array:
    """θ before the first and after every step of Adam, `(steps + 1, *theta.shape)`."""
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        new, m, s = adam_step(path[-1], grad, m, s, t, lr, beta1, beta2, eps)
        path.append(new)
    return np.stack(path)


def adam_rules(lr: float, beta1: float, beta2: float, eps: float) -> list[Rule]:
    """ε outside the root, inside it, and the effective rate with ε in either place; each with either sign of m."""

    def rule(corrected: bool, inside: bool, sign: float) -> Rule:
        def step(theta: Array, grad: Array, m: Array, s: Array, t: int) -> tuple[Array, Array, Array]:
            m = beta1 * m + sign * (1.0 - beta1) * grad
            s = beta2 * s + (1.0 - beta2) * grad**2
            share1, share2 = 1.0 - beta1**t, 1.0 - beta2**t
            square, rate = (s / share2, lr / share1) if corrected else (s, lr * np.sqrt(share2) / share1)
            root = np.sqrt(square + eps) if inside else np.sqrt(square) + eps
            return theta - sign * rate * m / root, m, s

        return step

    return [rule(c, i, sign) for sign in (1.0, -1.0) for c in (True, False) for i in (False, True)]


Constants = tuple[float, float, float, float]
Call = tuple[Constants, tuple[float, ...], dict[str, float]]
CALLS: tuple[Call, ...] = (
    ((0.1, 0.9, 0.999, 1e-8), (0.1,), {}),
    ((1e-3, 0.9, 0.999, 1e-8), (), {}),
    ((0.05, 0.5, 0.8, 1e-8), (0.05, 0.5, 0.8), {}),
    ((0.3, 0.8, 0.99, 1e-8), (), {"lr": 0.3, "beta1": 0.8, "beta2": 0.99}),
    ((0.2, 0.0, 0.95, 1e-8), (0.2, 0.0), {"beta2": 0.95}),
)
"""((lr, beta1, beta2, eps), what is passed by position, what by name)."""


def walk_with_adam(trial: Trial, walk: Walk, call: Call, first: int = 1) -> None:
    """Take the walk with the student's adam_step and hold it against the right forms."""
    constants, position, named = call
    said = "lr {:g}, beta1 {:g}, beta2 {:g} and eps {:g}".format(*constants)
    with trial.case(f"{walk.case}, {len(walk.grads)} steps from t = {first} with {said}"):
        path = take(trial, "adam_step", walk, lambda t: (t, *position), named, first)
        check_one_of(trial, path, [follow(rule, walk, first) for rule in adam_rules(*constants)], walk)


@adam_step_exercise.aspect("path from rest", points=4)
def _(trial: Trial) -> None:
    for i, walk in enumerate(walks(trial.rng, 2)):
        walk_with_adam(trial, walk, CALLS[i % len(CALLS)])


@adam_step_exercise.aspect("eps", points=2)
def _(trial: Trial) -> None:
    for walk in tiny(trial.rng, 2):
        walk_with_adam(trial, walk, ((1.0, 0.9, 0.999, 1e-8), (1.0,), {}))
    for i, eps in enumerate((0.7, 3.0, 0.05)):
        shape = ((4,), (2, 3), (3, 1))[i]
        walk = at_rest(
            f"parameters of shape {shape}", trial.rng.normal(size=shape), changing(trial.rng, shape), 2
        )
        constants = (0.4, 0.9, 0.99, eps)
        walk_with_adam(
            trial,
            walk,
            (constants, constants, {}) if i % 2 else (constants, (0.4,), {"eps": eps, "beta2": 0.99}),
        )


@adam_step_exercise.aspect("while the averages fill", points=1)
def _(trial: Trial) -> None:
    for t in (12, 150, 1500):  # the averages hold a share of 1 %, 14 % and 78 % of the squares
        walk_with_adam(trial, given(trial.rng, (5,)), ((0.1, 0.9, 0.999, 1e-8), (0.1,), {}), first=t)


@adam_step_exercise.aspect("after many steps", points=3)
def _(trial: Trial) -> None:
    for shape in ((6,), (3, 4)):
        walk = given(trial.rng, shape)
        walk_with_adam(trial, walk, ((0.1, 0.9, 0.999, 1e-8), (0.1,), {}), first=40_000)


@adam_step_exercise.aspect("arguments unchanged", points=1, needs=("path from rest",))
def _(trial: Trial) -> None:
    for shape, t in (((3, 2), 3), ((5,), 1)):
        with trial.case(f"parameters and a state of shape {shape} that are used again afterwards, t = {t}"):
            walk = given(trial.rng, shape)
            m, s = (state * (t > 1) for state in walk.state)
            named = {"theta": walk.theta, "grad": walk.grads[0], "m": m, "s": s}
            check_unchanged(trial, "adam_step", named, t)


def given(rng: np.random.Generator, shape: tuple[int, ...]) -> Walk:
    """A walk that starts with averages collected before."""
    m = rng.uniform(0.3, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
    state = (m, rng.uniform(0.2, 4.0, shape))
    return Walk(f"parameters of shape {shape}", rng.normal(size=shape), changing(rng, shape, 4), state)


# --- the class ---------------------------------------------------------------------------------------

Lists = list[Array]


class Optimized:
    """One optimizer of the student's, its arrays on the student's side, and what they should be."""

    def __init__(
        self, trial: Trial, params: Lists, call: Call, arrays: Sequence[Handle] | None = None
    ) -> None:
        self.trial, self.params = trial, [p.copy(order="K") for p in params]
        self.constants, position, named = call
        self.arrays = [trial.subject.put(p) for p in params] if arrays is None else list(arrays)
        self.list = trial.subject.put(list[Any](self.arrays))
        optimizer = trial.call("Adam", self.list, *position, keep=(-1,), changes=True, observe=False, **named)
        trial.require(
            isinstance(optimizer, Handle), "Adam(params) gives no optimizer. Adam should be a class."
        )
        self.optimizer = optimizer
        self.seen: list[Lists] = []
        self.grads: list[Lists] = []

    def step(self, grads: Lists, *, changes: bool = True) -> None:
        """One step of the student's optimizer; the arrays as it left them go into the transcript."""
        self.trial.call_method(self.optimizer, "step", grads, changes=changes, observe=False)
        self.grads.append(grads)
        self.seen.append(self.present())
        self.trial.observe("the arrays", self.seen[-1])

    def present(self) -> Lists:
        """The arrays as they are now."""
        return [self.trial.subject.fetch(handle) for handle in self.arrays]

    def check_list(self) -> None:
        """Raise `Mismatch` unless the caller's list still holds these arrays, in this order."""
        kept = same(self.trial.subject.fetch(self.list), self.present())
        self.trial.observe("the list holds the arrays", kept)
        self.trial.require(
            kept, "Adam changes the list that it was given. Only the arrays in it should change.", "conduct"
        )

    def check(self) -> None:
        """Raise `Mismatch` unless all arrays followed one right form of Adam, step by step."""
        found: list[Mismatch] = []
        for rule in adam_rules(*self.constants)[:4]:
            try:
                for i in range(len(self.params)):
                    self._check_array(i, rule)
                return
            except Mismatch as mismatch:
                found.append(mismatch)
        raise found[0]

    def _check_array(self, i: int, rule: Rule) -> None:
        walk = at_rest("", self.params[i], [grads[i] for grads in self.grads], 2)
        for t, want in enumerate(follow(rule, walk)):
            got, before = self.seen[t][i], self.seen[t - 1][i] if t else self.params[i]
            self.trial.require(
                not (np.array_equal(got, before) and not np.allclose(want, before, atol=1e-7)),
                f"Step {t + 1} left array {i} as it was. Write into the caller's arrays (p[...] = new or p -= step); "
                "`p = new` only renames.",
            )
            self.trial.close(
                got, want, f"array {i} after step {t + 1}", source=self.params[i], **walk.tolerance
            )


def networks(rng: np.random.Generator) -> Iterator[tuple[str, Lists]]:
    """(description, parameters) of several lengths, shapes, widths and layouts."""
    yield "one vector", [rng.normal(size=6)]
    yield "a matrix and its bias", [rng.normal(size=(4, 3)), rng.normal(size=3)]
    yield "three arrays of one shape", [rng.normal(size=(2, 3)) for _ in range(3)]
    shapes: tuple[tuple[int, ...], ...] = ((3, 5), (5,), (5, 2), (2,), (2, 2, 2))
    yield "five arrays of different shapes", [rng.normal(size=shape) for shape in shapes]
    yield (
        "a matrix in Fortran order and a vector",
        [np.asfortranarray(rng.normal(size=(4, 3))), rng.normal(size=4)],
    )
    wide = rng.normal(size=(3, 8))
    yield "a strided view and a vector", [wide[:, ::2], rng.normal(size=2)]
    yield "two float32 arrays", [rng.normal(size=s).astype(np.float32) for s in ((4, 3), (3,))]


def gradients(rng: np.random.Generator, params: Lists) -> Lists:
    """One gradient for each array."""
    return [changing(rng, p.shape, 1)[0].astype(p.dtype) for p in params]


def silent_last(grads: Lists) -> Lists:
    """No slope for the last array, and none for every other element of the first: what they collected moves them on."""
    silent = [g.copy() for g in grads]
    silent[0][np.unravel_index(np.arange(0, silent[0].size, 2), silent[0].shape)] = 0.0
    if len(silent) > 1:
        silent[-1][...] = 0.0
    return silent


@adam_class_exercise.aspect("several steps", points=6)
def _(trial: Trial) -> None:
    for i, (case, params) in enumerate(networks(trial.rng)):
        call = CALLS[i % len(CALLS)]
        with trial.case(f"{case}, 5 steps"):
            optimized = Optimized(trial, params, call)
            for k in range(5):
                grads = gradients(trial.rng, params)
                optimized.step(silent_last(grads) if k == 2 else grads)
            optimized.check()


@adam_class_exercise.aspect("eps", points=2, needs=("several steps",))
def _(trial: Trial) -> None:
    for i, eps in enumerate((0.7, 3.0, 1e-8)):
        constants = (0.4, 0.8, 0.9, eps)
        call: Call = (
            (constants, constants, {}) if i % 2 else (constants, (0.4, 0.8), {"beta2": 0.9, "eps": eps})
        )
        params = (
            [np.zeros((3, 2)), np.zeros(4)] if i == 2 else [trial.rng.normal(size=s) for s in ((3, 2), (4,))]
        )
        with trial.case(
            f"a matrix and a vector, eps {eps:g}" + (", gradients of about 1e-6" if i == 2 else "")
        ):
            optimized = Optimized(trial, params, call)
            for _ in range(3):
                grads = gradients(trial.rng, params)
                optimized.step([g * 1e-6 for g in grads] if i == 2 else grads)
            optimized.check()


@adam_class_exercise.aspect("two optimizers at once", points=3)
def _(trial: Trial) -> None:
    with trial.case("two optimizers of one shape, stepping in turn"):
        pair = [
            Optimized(trial, [trial.rng.normal(size=(2, 3)), trial.rng.normal(size=3)], c) for c in CALLS[:2]
        ]
        for k in (0, 1, 1, 0, 0, 1):
            pair[k].step(gradients(trial.rng, pair[k].params))
        for optimized in pair:
            optimized.check()
    with trial.case("a new optimizer of arrays that another one has moved"):
        before = Optimized(trial, [trial.rng.normal(size=(2, 3)), trial.rng.normal(size=3)], CALLS[0])
        for _ in range(3):
            before.step(gradients(trial.rng, before.params))
        new = Optimized(trial, before.present(), CALLS[0], before.arrays)
        for _ in range(3):
            new.step(gradients(trial.rng, new.params))
        new.check()


@adam_class_exercise.aspect("arguments unchanged", points=1, needs=("several steps",))
def _(trial: Trial) -> None:
    with trial.case("gradients that are used again afterwards"):
        params = [trial.rng.normal(size=(4, 3)), trial.rng.normal(size=3)]
        optimized = Optimized(trial, params, CALLS[0])
        for _ in range(2):
            optimized.step(gradients(trial.rng, params), changes=False)
    with trial.case("a list of arrays that is used again afterwards"):
        optimized = Optimized(trial, params, CALLS[0])
        optimized.step(gradients(trial.rng, params))
        optimized.check_list()


# --- the bug hunt ------------------------------------------------------------------------------------


def check_repaired(
    trial: Trial, case: str, theta: Array, grads: Array, call: Call = ((0.1, 0.9, 0.999, 1e-8), (), {})
) -> None:
    """The student's whole path, θ at the start included."""
    constants, position, named = call
    with trial.case(case):
        got = trial.call("repaired_adam_path", theta, grads, *position, changes=True, **named)
        walk = at_rest(case, theta, list(grads), 2)
        rights: Sequence[list[Array]] = [
            [np.stack([walk.wide()[0], *follow(rule, walk)])] for rule in adam_rules(*constants)[:4]
        ]
        check_one_of_arrays(trial, got, [right[0] for right in rights], walk)


def check_one_of_arrays(trial: Trial, got: Any, rights: Sequence[Array], walk: Walk) -> None:
    """Raise `Mismatch` unless `got` is one of these arrays."""
    found: list[Mismatch] = []
    for right in rights:
        try:
            return trial.close(got, right, "the path", source=walk.theta, **walk.tolerance)
        except Mismatch as mismatch:
            found.append(mismatch)
    raise found[0]


@adam_bug_hunt_exercise.aspect("first steps", points=3)
def _(trial: Trial) -> None:
    for shape in ((3,), (2, 2)):
        grad = changing(trial.rng, shape, 1)[0]
        theta = trial.rng.normal(size=shape)
        check_repaired(trial, f"a constant gradient of shape {shape}", theta, np.stack([grad] * 4))


@adam_bug_hunt_exercise.aspect("changing gradients", points=2.5)
def _(trial: Trial) -> None:
    for i, call in enumerate(CALLS[2:]):
        for shape in ((4,), (2, 3), (1,)):
            theta, grads = trial.rng.normal(size=shape), np.stack(changing(trial.rng, shape, 6))
            check_repaired(trial, f"gradients of shape {shape}, constants {i + 1}", theta, grads, call)
    theta, grads = trial.rng.normal(size=5), np.stack(changing(trial.rng, (5,), 12))
    check_repaired(trial, "12 steps with the default constants", theta, grads)
    constants = (0.2, 0.9, 0.99, 0.5)
    check_repaired(trial, "a large eps", theta, grads[:4], (constants, constants, {}))


@adam_bug_hunt_exercise.aspect("arguments unchanged", points=0.5, needs=("first steps",))
def _(trial: Trial) -> None:
    with trial.case("parameters and gradients that are used again afterwards"):
        theta, grads = trial.rng.normal(size=(3,)), np.stack(changing(trial.rng, (3,), 3))
        trial.call("repaired_adam_path", theta, grads, observe=False)
