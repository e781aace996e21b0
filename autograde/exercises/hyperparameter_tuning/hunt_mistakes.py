"""Ways to mend the planted function, wrong and right (see `hunt`)."""

import numpy as np

from autograde.exercises.hyperparameter_tuning.hunt import repaired_tune_exercise


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "The function is as it was: tuples compare their second entry where the first is equal, so among candidates with "
    "one validation error the lowest test error wins.",
)
def left_as_it_was(evaluate, candidates):
    rows = [(evaluate(c, "val"), evaluate(c, "test"), i) for i, c in enumerate(candidates)]
    val, test, i = min(rows)
    return candidates[i], test


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "You choose by the test error. Then the test part is a second validation part, and nothing is left to report honestly.",
)
def chosen_on_the_test_part(evaluate, candidates):
    best = min(candidates, key=lambda c: evaluate(c, "test"))
    return best, evaluate(best, "test")


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "You report the lowest test error of all candidates, not that of the chosen one.",
)
def lowest_test_error_reported(evaluate, candidates):
    best = min(candidates, key=lambda c: evaluate(c, "val"))
    return best, min(evaluate(c, "test") for c in candidates)


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "You report the validation error of the chosen candidate. It was chosen for being low, so it is too good: report the "
    "test error.",
)
def validation_error_reported(evaluate, candidates):
    best = min(candidates, key=lambda c: evaluate(c, "val"))
    evaluate(best, "test")
    return best, evaluate(best, "val")


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "You choose by the sum of validation and test error: half of the choice is made on the test part.",
)
def chosen_by_the_sum(evaluate, candidates):
    best = min(candidates, key=lambda c: evaluate(c, "val") + evaluate(c, "test"))
    return best, evaluate(best, "test")


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "The choice is right now, but every candidate is still evaluated on the test part. Look there once, at the end.",
)
def everybody_tested(evaluate, candidates):
    rows = [(evaluate(c, "val"), evaluate(c, "test"), c) for c in candidates]
    val, test, best = min(rows, key=lambda row: row[0])
    return best, test


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "You take the candidate with the highest validation error. These are errors: lowest is best.",
)
def highest_validation_error(evaluate, candidates):
    best = max(candidates, key=lambda c: evaluate(c, "val"))
    return best, evaluate(best, "test")


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "Now the worst test error wins among equal validation errors. The test part still decides; it should not be seen at all.",
)
def worst_test_error_at_ties(evaluate, candidates):
    rows = [(evaluate(c, "val"), -evaluate(c, "test"), i) for i, c in enumerate(candidates)]
    val, test, i = min(rows)
    return candidates[i], -test


@repaired_tune_exercise.misconception(
    "repaired_tune", "The last candidate is returned, whatever its validation error."
)
def last_candidate(evaluate, candidates):
    for candidate in candidates:
        evaluate(candidate, "val")
    return candidate, evaluate(candidate, "test")


@repaired_tune_exercise.misconception(
    "repaired_tune", "You return (error, candidate). The order is (best, test_error)."
)
def returned_the_wrong_way_round(evaluate, candidates):
    best = min(candidates, key=lambda c: evaluate(c, "val"))
    return evaluate(best, "test"), best


@repaired_tune_exercise.misconception(
    "repaired_tune",
    "The validation errors are rounded before you choose: that makes ties where there are none, and a worse candidate may win.",
)
def rounds_first(evaluate, candidates):
    best = min(candidates, key=lambda c: round(evaluate(c, "val")))
    return best, evaluate(best, "test")


@repaired_tune_exercise.variant("repaired_tune")
def by_min_with_key(evaluate, candidates):
    best = min(candidates, key=lambda candidate: evaluate(candidate, "val"))
    return best, evaluate(best, "test")


@repaired_tune_exercise.variant("repaired_tune")
def by_argmin(evaluate, candidates):
    errors = np.array([evaluate(candidate, "val") for candidate in candidates])
    best = candidates[int(errors.argmin())]
    return dict(best), float(evaluate(best, "test"))


@repaired_tune_exercise.variant("repaired_tune")
def by_a_loop_that_takes_the_last_of_equals(evaluate, candidates):
    best, lowest = None, float("inf")
    for candidate in candidates:
        error = evaluate(candidate, "val")
        if error <= lowest:
            best, lowest = candidate, error
    return best, evaluate(best, "test")


@repaired_tune_exercise.variant("repaired_tune")
def by_pairs_with_numbers(evaluate, candidates):
    _, i = min((evaluate(candidate, "val"), i) for i, candidate in enumerate(candidates))
    return [candidates[i], evaluate(candidates[i], "test")]
