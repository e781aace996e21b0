"""Learning rates that follow a plan: fixed steps, milestones, exponential, cosine with warmup (slides S4.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograde.exercises.optimizers.paths import LESSON
from autograde.judge.exercise import Exercise
from autograde.judge.trial import Trial

step_decay_exercise = Exercise(
    name="step_decay",
    lesson=LESSON,
    functions=("step_decay",),
    title="Fixed steps",
    section="step_decay_idea",
    difficulty=1,
    minutes=4,
    lines=1,
    hints=(
        "How many whole blocks of step_size fit into t? That is how often gamma has been applied.",
        "t // step_size rounds down: 0 for t < step_size, 1 from t = step_size on.",
        "Raise gamma to that whole number and multiply by lr0.",
    ),
)

multistep_decay_exercise = Exercise(
    name="multistep_decay",
    lesson=LESSON,
    functions=("multistep_decay",),
    title="Milestones",
    section="multistep_decay_idea",
    difficulty=1,
    minutes=5,
    lines=1,
    hints=(
        "Count the milestones that have been reached; each one multiplies the rate by gamma once.",
        "A milestone counts from its own step on: milestone <= t. No sorting is needed for counting.",
        "sum(...) over comparisons counts them. Raise gamma to that count and multiply by lr0.",
    ),
)

exponential_decay_exercise = Exercise(
    name="exponential_decay",
    lesson=LESSON,
    functions=("exponential_decay",),
    title="Exponential decay",
    section="exponential_decay_idea",
    difficulty=1,
    minutes=3,
    lines=1,
    hints=(
        "After r steps the rate is a tenth of what it was, after 2r a hundredth, with no jump on the way.",
        "The base is 10, not e, and t/r is an ordinary division: lr0 times 10 to the power -t/r.",
    ),
)

cosine_warmup_exercise = Exercise(
    name="cosine_warmup",
    lesson=LESSON,
    functions=("cosine_warmup",),
    title="Warmup, then a cosine",
    section="cosine_warmup_idea",
    difficulty=2,
    minutes=10,
    lines=6,
    hints=(
        "Three stretches: t < warmup_steps, from there to total_steps, and after. Start with an `if` for each.",
        "Warmup is the share t/warmup_steps of lr_max. Where warmup_steps is 0 no t is below it, so that nothing divides by 0.",
        "Then let progress be (t - warmup_steps) over (total_steps - warmup_steps): it runs from 0 to 1.",
        "(1 + cos(pi * progress)) / 2 falls from 1 to 0. Scale it by lr_max - lr_min, add lr_min, and cap progress at 1.",
    ),
)


@step_decay_exercise.reference
def step_decay(lr0: float, t: int, step_size: int, gamma: float = 0.1) -> float:
    """lr0·γ^⌊t/step_size⌋."""
    return lr0 * gamma ** (t // step_size)


@multistep_decay_exercise.reference
def multistep_decay(lr0: float, t: int, milestones: list[int], gamma: float = 0.1) -> float:
    """lr0 times γ for each milestone ≤ t."""
    return lr0 * gamma ** sum(milestone <= t for milestone in milestones)


@exponential_decay_exercise.reference
def exponential_decay(lr0: float, t: int, r: float) -> float:
    """lr0·10^(−t/r)."""
    return float(lr0 * 10.0 ** (-t / r))


@cosine_warmup_exercise.reference
def cosine_warmup(lr_max: float, t: int, warmup_steps: int, total_steps: int, lr_min: float = 0.0) -> float:
    """Linear from 0 to lr_max at warmup_steps, half a cosine to lr_min at total_steps, lr_min after."""
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1.0 + math.cos(math.pi * progress)) / 2.0


def check_schedule(
    trial: Trial,
    name: str,
    right: Callable[..., float],
    times: Iterable[int],
    *rest: Any,
    rate: float | None = None,
    **named: Any,
) -> None:
    """Ask a schedule for its rate at each of these steps; the first rate is drawn unless it is given.

    A changed list of milestones is charged in an aspect of its own.
    """
    lr = float(trial.rng.uniform(0.02, 2.0)) if rate is None else rate
    said = ", ".join([*(str(value) for value in rest), *(f"{key}={value}" for key, value in named.items())])
    for t in times:
        with trial.case(f"{name}({lr:.3g}, t={t}, {said})"):
            got = trial.call(name, lr, t, *rest, changes=True, **named)
            trial.close(got, right(lr, t, *rest, **named), f"the rate at t = {t}", atol=1e-14)


@step_decay_exercise.aspect("values", points=2.5)
def _(trial: Trial) -> None:
    check_schedule(trial, "step_decay", step_decay, (0, 1, 3, 7, 11, 14, 18, 23, 44), 5)
    check_schedule(trial, "step_decay", step_decay, (2, 26, 57, 101), 25, 0.5)
    check_schedule(trial, "step_decay", step_decay, (0, 1, 2, 3), 1, gamma=0.7)
    check_schedule(trial, "step_decay", step_decay, (99, 151), 50, gamma=0.01, rate=0.1)


@step_decay_exercise.aspect("at the boundaries", points=1.5)
def _(trial: Trial) -> None:
    check_schedule(trial, "step_decay", step_decay, (4, 5, 6, 9, 10, 15, 20), 5, gamma=0.5)
    check_schedule(trial, "step_decay", step_decay, (29, 30, 59, 60, 90), 30)


@multistep_decay_exercise.aspect("values", points=2)
def _(trial: Trial) -> None:
    check_schedule(trial, "multistep_decay", multistep_decay, (0, 1, 11, 31, 79, 81, 200), [10, 30, 80])
    check_schedule(trial, "multistep_decay", multistep_decay, (3, 6, 70), [5], 0.3)
    check_schedule(
        trial, "multistep_decay", multistep_decay, (1, 13, 55, 56, 97), [12, 40, 54, 90], gamma=0.5
    )


@multistep_decay_exercise.aspect("at the milestones", points=1.5)
def _(trial: Trial) -> None:
    check_schedule(
        trial, "multistep_decay", multistep_decay, (9, 10, 29, 30, 31, 80), [10, 30, 80], gamma=0.5
    )
    check_schedule(trial, "multistep_decay", multistep_decay, (0, 1, 2, 3), [1, 2, 3])


@multistep_decay_exercise.aspect("milestones in any order", points=1)
def _(trial: Trial) -> None:
    check_schedule(trial, "multistep_decay", multistep_decay, (5, 10, 29, 31, 79, 85), [80, 10, 30], 0.4)
    check_schedule(trial, "multistep_decay", multistep_decay, (20, 50, 61), [60, 40, 20])


@multistep_decay_exercise.aspect("arguments unchanged", points=0.5, needs=("values",))
def _(trial: Trial) -> None:
    for milestones in ([80, 10, 30], [10, 30, 80]):
        with trial.case(f"the milestones {milestones}, which are used again afterwards"):
            trial.call("multistep_decay", 0.3, 40, list(milestones), changes=True)
            after = trial.last_answer.arguments[2]
            trial.observe("milestones afterwards", list(after))
            trial.require(
                list(after) == milestones,
                "The caller's list of milestones is changed. Work on a new list, such as sorted(milestones), or just count.",
                "conduct",
            )


@exponential_decay_exercise.aspect("values", points=4)
def _(trial: Trial) -> None:
    check_schedule(trial, "exponential_decay", exponential_decay, (0, 1, 7, 20, 33, 40, 100), 20)
    check_schedule(trial, "exponential_decay", exponential_decay, (1, 2, 3, 4, 5), 3)
    check_schedule(trial, "exponential_decay", exponential_decay, (1, 40, 250, 1000), 500)
    check_schedule(trial, "exponential_decay", exponential_decay, (3, 10), r=12.5)


WARM = (0, 1, 2, 5, 9)


@cosine_warmup_exercise.aspect("warmup", points=2)
def _(trial: Trial) -> None:
    check_schedule(trial, "cosine_warmup", cosine_warmup, (*WARM, 10), 10, 100)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (0, 1, 3, 6, 7), 7, 30, 0.01)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (0, 1), 1, 12, lr_min=0.004)


@cosine_warmup_exercise.aspect("cosine", points=2)
def _(trial: Trial) -> None:
    check_schedule(trial, "cosine_warmup", cosine_warmup, (11, 30, 55, 77, 99), 10, 100)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (8, 13, 18, 29), 7, 30, 0.01)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (2, 5, 9, 10), 1, 12, lr_min=0.004)


@cosine_warmup_exercise.aspect("edges", points=2)
def _(trial: Trial) -> None:
    check_schedule(trial, "cosine_warmup", cosine_warmup, (100, 101, 137, 200, 2000), 10, 100)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (30, 31, 53, 76), 7, 30, lr_min=0.01)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (0, 1, 25, 50, 51), 0, 50)
    check_schedule(trial, "cosine_warmup", cosine_warmup, (0, 2, 8, 9), 0, 8, 0.003)
