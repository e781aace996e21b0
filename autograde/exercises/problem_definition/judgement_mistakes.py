"""Wrong and other right ways to read errors and curvature. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.problem_definition.judgement import critical_exercise, fit_exercise

# --- diagnose_fit ------------------------------------------------------------------------------------


@fit_exercise.misconception(
    "diagnose_fit", "The gap has the wrong sign: it is the test error minus the training error."
)
def gap_reversed(train_error, test_error, target_error):
    if train_error > target_error:
        return train_error - test_error, "underfitting"
    return train_error - test_error, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "You take the absolute value of the gap. The test error may be the smaller one; then the gap is negative.",
)
def absolute_gap(train_error, test_error, target_error):
    gap = abs(test_error - train_error)
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "The gap is measured against the target. It is the test error minus the training error.",
)
def gap_to_the_target(train_error, test_error, target_error):
    gap = test_error - target_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit", "You divide the gap by the training error. The gap is a plain difference."
)
def relative_gap(train_error, test_error, target_error):
    gap = (test_error - train_error) / max(train_error, 1e-12)
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "You ask about the test error first. A net that misses the target on its training data underfits, "
    "whatever the test says: ask about train_error first.",
)
def test_error_first(train_error, test_error, target_error):
    gap = test_error - train_error
    if test_error > target_error:
        return gap, "overfitting"
    return gap, "underfitting" if train_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "You call every positive gap overfitting. A gap is harmless while the test error reaches the target.",
)
def any_gap_is_overfitting(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if gap > 0 else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "You compare the gap with the target. Compare the test error itself: it is what counts in the end.",
)
def gap_against_the_target(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if gap > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "The two words are swapped. A training error above the target means the model is too weak: underfitting.",
)
def words_swapped(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "overfitting"
    return gap, "underfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "An error equal to the target counts as too large in your code. It has reached the target: compare with >.",
)
def target_counts_as_missed(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error >= target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error >= target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "A training error equal to the target counts as too large in your code. It has reached the target: compare with >.",
)
def training_target_counts_as_missed(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error >= target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "A test error equal to the target counts as too large in your code. It has reached the target: compare with >.",
)
def test_target_counts_as_missed(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error >= target_error else "good fit"


@fit_exercise.misconception("diagnose_fit", "The two answers are in the wrong order. Return (gap, verdict).")
def order_swapped(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return "underfitting", gap
    return "overfitting" if test_error > target_error else "good fit", gap


@fit_exercise.misconception(
    "diagnose_fit",
    "The verdict is spelled with an underscore. The contract says 'good fit', with a space.",
)
def good_fit_with_underscore(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good_fit"


@fit_exercise.misconception("diagnose_fit", "The gap is missing. Return both: (gap, verdict).")
def verdict_alone(train_error, test_error, target_error):
    if train_error > target_error:
        return "underfitting"
    return "overfitting" if test_error > target_error else "good fit"


@fit_exercise.misconception(
    "diagnose_fit",
    "Underfitting is never reported when the test error happens to reach the target. Only the training error decides it.",
)
def underfitting_needs_both(train_error, test_error, target_error):
    gap = test_error - train_error
    if train_error > target_error and test_error > target_error:
        return gap, "underfitting"
    return gap, "overfitting" if test_error > target_error else "good fit"


@fit_exercise.variant("diagnose_fit")
def nested_questions(train_error, test_error, target_error):
    if train_error <= target_error:
        if test_error <= target_error:
            return test_error - train_error, "good fit"
        return test_error - train_error, "overfitting"
    verdict = "underfitting"
    return test_error - train_error, verdict


@fit_exercise.variant("diagnose_fit")
def good_fit_first(train_error, test_error, target_error):
    gap = np.subtract(test_error, train_error)
    if max(train_error, test_error) <= target_error:
        return [gap, "good fit"]
    return [gap, "underfitting" if train_error > target_error else "overfitting"]


@fit_exercise.variant("diagnose_fit")
def first_word_that_applies(train_error, test_error, target_error):
    words = [("underfitting", train_error > target_error), ("overfitting", test_error > target_error)]
    return np.asarray(test_error - train_error), next((w for w, applies in words if applies), "good fit")


@fit_exercise.variant("diagnose_fit")
def by_numpy(train_error, test_error, target_error, unit=1.0):
    verdict = np.select(
        [np.greater(train_error, target_error), np.greater(test_error, target_error)],
        ["underfitting", "overfitting"],
        "good fit",
    )
    return np.float64(test_error) - np.float64(train_error), str(verdict)


# --- critical_point_type -----------------------------------------------------------------------------


@critical_exercise.misconception(
    "critical_point_type",
    "You read the diagonal. Curvature along the axes is not enough: a direction between them may go down. "
    "Use the eigenvalues.",
)
def diagonal_for_eigenvalues(hessian, tol=1e-8):
    values = np.diag(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "The determinant decides only in two dimensions: two directions downhill multiply to a plus. "
    "Look at the sign of every eigenvalue.",
)
def determinant_and_trace(hessian, tol=1e-8):
    determinant = np.linalg.det(hessian)
    if abs(determinant) <= tol:
        return "degenerate"
    if determinant < 0 and len(hessian) > 1:
        return "saddle"
    return "minimum" if np.trace(hessian) > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "You ask for degenerate first. With curvature up in one direction and down in another it is a saddle, "
    "even if a third direction is flat: ask for the saddle first.",
)
def degenerate_first(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    if values.max() > 0 and values.min() < 0:
        return "saddle"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "An eigenvalue equal to tol in absolute value is not flat in your code. Within tol is inclusive: use <=.",
)
def boundary_not_flat(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() >= tol and values.min() <= -tol:
        return "saddle"
    if np.any(np.abs(values) < tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "A flat direction counts as uphill or downhill here: 'degenerate' is never returned. "
    "Check for eigenvalues within tol of 0.",
)
def never_degenerate(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    return "minimum" if values.sum() >= 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "tol is not used for the saddle: two curvatures of rounding size and different sign make one. "
    "An eigenvalue counts as uphill only above tol, as downhill only below -tol.",
)
def saddle_without_tol(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > 0 and values.min() < 0:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type", "The tolerance is fixed at 1e-8. Use the parameter tol."
)
def tol_ignored(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > 1e-8 and values.min() < -1e-8:
        return "saddle"
    if np.any(np.abs(values) <= 1e-8):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "tol is taken relative to the largest eigenvalue. It is an absolute bound: compare the eigenvalues with tol itself.",
)
def relative_tol(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    tol = tol * np.abs(values).max()
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "Minimum and maximum are swapped. Curved up in every direction (all eigenvalues positive) is a minimum.",
)
def minimum_and_maximum_swapped(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "maximum" if values.min() > 0 else "minimum"


@critical_exercise.misconception(
    "critical_point_type",
    "The average curvature decides in your code. One direction downhill is enough for a saddle: look at every eigenvalue.",
)
def trace_decides(hessian, tol=1e-8):
    trace = np.trace(hessian)
    if abs(trace) <= tol:
        return "degenerate"
    return "minimum" if trace > 0 else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "Singular values are never negative, so every point looks like a minimum. Use eigenvalues, which keep the sign.",
)
def singular_values(hessian, tol=1e-8):
    values = np.linalg.svd(hessian, compute_uv=False)
    return "degenerate" if np.any(values <= tol) else "minimum"


@critical_exercise.misconception(
    "critical_point_type",
    "A flat direction makes only a minimum degenerate in your code. Downhill in the others, it is degenerate too.",
)
def degenerate_only_above(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if values.min() < -tol:
        return "maximum"
    return "minimum" if values.min() > tol else "degenerate"


@critical_exercise.misconception(
    "critical_point_type",
    "Degenerate means for you that all directions are flat. A single flat direction is enough: any, not all.",
)
def all_for_any(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.all(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.max() > tol else "maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "The kind comes back with another spelling. The contract's words are 'saddle', 'degenerate', 'minimum' and 'maximum'.",
)
def other_spelling(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    if values.max() > tol and values.min() < -tol:
        return "saddle point"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "local minimum" if values.min() > 0 else "local maximum"


@critical_exercise.misconception(
    "critical_point_type",
    "You write into the caller's Hessian. Work on a copy.",
)
def writes_into_the_hessian(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian)
    hessian[:] = np.diag(values)
    if values.max() > tol and values.min() < -tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values.min() > 0 else "maximum"


@critical_exercise.variant("critical_point_type")
def general_eigenvalues(hessian, tol=1e-8):
    values = np.linalg.eigvals(hessian).real
    up, down = np.any(values > tol), np.any(values < -tol)
    if up and down:
        return "saddle"
    if np.min(np.abs(values)) <= tol:
        return "degenerate"
    return "minimum" if up else "maximum"


@critical_exercise.variant("critical_point_type")
def by_counting(hessian, tol=1e-8):
    values, _axes = np.linalg.eigh(hessian)
    up = sum(1 for v in values if v > tol)
    down = sum(1 for v in values if v < -tol)
    if up > 0 and down > 0:
        return "saddle"
    if up + down < len(values):
        return "degenerate"
    return "minimum" if down == 0 else "maximum"


@critical_exercise.variant("critical_point_type")
def by_torch(hessian, tol=1e-8):
    import torch

    values = torch.linalg.eigvalsh(torch.tensor(hessian))
    low, high = values.min().item(), values.max().item()
    if low < -tol and high > tol:
        return "saddle"
    if low > tol:
        return "minimum"
    return "maximum" if high < -tol else "degenerate"


@critical_exercise.variant("critical_point_type")
def by_ends_of_the_spectrum(hessian, tol=1e-8, names=("minimum", "maximum")):
    values = np.sort(np.linalg.eigvalsh(hessian))
    if values[0] > tol:
        return names[0]
    if values[-1] < -tol:
        return names[1]
    return "saddle" if values[0] < -tol and values[-1] > tol else "degenerate"
