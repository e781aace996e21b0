"""Ways to halve, wrong and right (see `halving`)."""

import math

import numpy as np

from autograde.exercises.hyperparameter_tuning.halving import successive_halving_exercise


@successive_halving_exercise.misconception(
    "successive_halving",
    "You keep the points with the highest values. The objective is an error: lowest goes on.",
)
def keeps_the_worst(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: -entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "The budget never grows. The idea is to spend eta times more on each survivor: budget *= eta.",
)
def budget_never_grows(objective, points, min_budget, eta=3):
    survivors, history = list(points), []
    while len(survivors) > 1:
        rung = [(point, min_budget, objective(point, min_budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving", "The budget grows by adding eta. It is multiplied by eta after every rung."
)
def budget_plus_eta(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget += eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving", "The budget is raised before the first rung. All points start at min_budget."
)
def starts_one_rung_higher(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        budget *= eta
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "You drop 1/eta of the points and keep the rest. It is the other way round: the best 1/eta goes on.",
)
def drops_one_in_eta(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: len(rung) - max(1, len(rung) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving", "Half of the points go on in every rung, whatever eta is. Keep 1/eta of them."
)
def always_halves(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // 2)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving", "eta is always 3 in your function, whatever the caller says. Use the argument."
)
def eta_always_three(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // 3)]]
        budget *= 3
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "The ranking of the first rung decides everything: later values are written down but not used. Sort anew in every "
    "rung.",
)
def first_rung_decides(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    first = True
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        if first:
            rung.sort(key=lambda entry: entry[2])
            first = False
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "All points take part in every rung, also those that were dropped: that costs what halving is meant to save.",
)
def nobody_is_dropped(objective, points, min_budget, eta=3):
    count, budget, history = len(points), min_budget, []
    while count > 1:
        rung = [(point, budget, objective(point, budget)) for point in points]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        count = max(1, count // eta)
        budget *= eta
    return rung[0][0] if history else points[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "best is the lowest value of the whole history. Values at a small budget cannot be compared with those at a large "
    "one: the last point left is best.",
)
def lowest_of_the_whole_history(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return min(history, key=lambda entry: entry[2])[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "Equal values make your sort compare dicts, and it fails. Sort by the value only: key=lambda entry: entry[0].",
)
def sorts_tuples_with_dicts(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        ranked = [(objective(point, budget), point) for point in survivors]
        history += [(point, budget, value) for value, point in ranked]
        ranked.sort()
        survivors = [point for _, point in ranked[: max(1, len(ranked) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "Equal values share one place: a dict from value to point keeps only the last of them. Sort a list of pairs.",
)
def dict_by_value(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        ranked = {}
        for point in survivors:
            value = objective(point, budget)
            ranked[value] = point
            history.append((point, budget, value))
        keep = max(1, len(survivors) // eta)
        survivors = [ranked[value] for value in sorted(ranked)[:keep]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "There is only one rung: the best of the first budget wins. Go on until one point is left.",
)
def one_rung_only(objective, points, min_budget, eta=3):
    history = [(point, min_budget, objective(point, min_budget)) for point in points]
    return min(history, key=lambda entry: entry[2])[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "The last survivor is evaluated once more, at the largest budget of all. Stop when one is left.",
)
def one_rung_too_many(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while True:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        if len(survivors) == 1:
            return survivors[0], history
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta


@successive_halving_exercise.misconception(
    "successive_halving",
    "history holds the survivors of each rung only. Every evaluation belongs into it, (point, budget, value).",
)
def history_of_survivors(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        rung.sort(key=lambda entry: entry[2])
        rung = rung[: max(1, len(rung) // eta)]
        history += rung
        survivors = [entry[0] for entry in rung]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving", "An entry of history is (point, value). The budget belongs between the two."
)
def history_without_budget(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[1])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "The entries of history are (point, value, budget). The order is (point, budget, value).",
)
def budget_and_value_swapped(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, objective(point, budget), budget) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[1])
        survivors = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "The caller's list of points is sorted and shortened in your loop. Start with a copy: list(points).",
)
def works_on_the_callers_list(objective, points, min_budget, eta=3):
    budget, history = min_budget, []
    while len(points) > 1:
        rung = [(point, budget, objective(point, budget)) for point in points]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        points[:] = [entry[0] for entry in rung[: max(1, len(rung) // eta)]]
        budget *= eta
    return points[0], history


@successive_halving_exercise.misconception(
    "successive_halving",
    "With few points none is left: len(survivors) // eta is 0 for fewer than eta points. Keep at least one.",
)
def nobody_left(objective, points, min_budget, eta=3):
    survivors, budget, history = list(points), min_budget, []
    while len(survivors) > 1:
        rung = [(point, budget, objective(point, budget)) for point in survivors]
        history += rung
        rung.sort(key=lambda entry: entry[2])
        survivors = [entry[0] for entry in rung[: len(rung) // eta]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.variant("successive_halving")
def rounding_up(objective, points, min_budget, eta=3):
    survivors, budget, history = [dict(p) for p in points], float(min_budget), []
    while len(survivors) > 1:
        values = np.array([objective(p, budget) for p in survivors])
        history.extend((p, budget, v) for p, v in zip(survivors, values, strict=False))
        keep = math.ceil(len(survivors) / eta)
        survivors = [survivors[i] for i in np.argsort(values, kind="stable")[:keep]]
        budget *= eta
    return survivors[0], history


@successive_halving_exercise.variant("successive_halving")
def recursively(objective, points, min_budget, eta=3):
    if len(points) == 1:
        return points[0], []
    rung = [(p, min_budget, objective(p, min_budget)) for p in points]
    rung = sorted(rung, key=lambda entry: entry[2])
    survivors = [entry[0] for entry in rung[: max(1, int(len(points) / eta))]]
    best, later = recursively(objective, survivors, min_budget * eta, eta)
    return best, rung + later


@successive_halving_exercise.variant("successive_halving")
def by_removing_the_worst(objective, points, min_budget, eta=3):
    alive = list(range(len(points)))
    rung, history = 0, []
    while len(alive) > 1:
        budget = min_budget * eta**rung
        value = {}
        for i in alive:
            value[i] = objective(points[i], budget)
            history.append([points[i], budget, value[i]])
        keep = max(len(alive) // eta, 1)
        while len(alive) > keep:
            alive.remove(max(alive, key=value.get))
        rung += 1
    return points[alive[0]], history


@successive_halving_exercise.variant("successive_halving")
def rounding_to_the_nearest(objective, points, min_budget, eta=3):
    survivors, budget, history = tuple(points), min_budget, ()
    while len(survivors) != 1:
        order = sorted(
            ((objective(point, budget), i, point) for i, point in enumerate(survivors)), reverse=True
        )
        history += tuple((point, budget, value) for value, _, point in order)
        survivors = tuple(point for _, _, point in order[-max(1, round(len(survivors) / eta)) :])
        budget = budget * eta
    return dict(survivors[0]), list(history)
