"""Ways to check a gradient, wrong and right (see `checking`)."""

import numpy as np

from autograde.exercises.hyperparameter_tuning.checking import gradient_check_exercise


@gradient_check_exercise.misconception(
    "gradient_check",
    "Your differences are one-sided: (f(θ + h) - f(θ))/h. Their error shrinks with h, that of central ones with h². "
    "Step to both sides and divide by 2h.",
)
def one_sided(f, gradient, theta, h=1e-5):
    a, worst, here = np.asarray(gradient(theta)), 0.0, f(theta)
    for index in np.ndindex(theta.shape):
        up = theta.astype(float)
        up[index] += h
        n = (f(up) - here) / h
        size = abs(a[index]) + abs(n)
        worst = max(worst, abs(a[index] - n) / size if size else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "You step by h to both sides and divide by h. The two points are 2h apart: divide by 2h.",
)
def divided_by_h(f, gradient, theta, h=1e-5):
    a, worst = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / h
        size = abs(a[index]) + abs(n)
        worst = max(worst, abs(a[index] - n) / size if size else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "You return the absolute difference |a - n|. A gradient of size 10000 may be off by 0.1 and right, one of 0.001 not: "
    "divide by |a| + |n|.",
)
def absolute_error(f, gradient, theta, h=1e-5):
    a, worst = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        worst = max(worst, abs(a[index] - (f(up) - f(down)) / (2 * h)))
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "You divide the norm of all differences by the norm of all gradients. One wrong element among many right ones gets "
    "lost in it: compare element by element and take the largest.",
)
def ratio_of_norms(f, gradient, theta, h=1e-5):
    a = np.asarray(gradient(theta), dtype=float)
    n = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n[index] = (f(up) - f(down)) / (2 * h)
    size = np.linalg.norm(np.ravel(a)) + np.linalg.norm(np.ravel(n))
    return float(np.linalg.norm(np.ravel(a - n)) / size) if size else 0.0


@gradient_check_exercise.misconception(
    "gradient_check",
    "You average the relative errors. One wrong element among many is diluted: return the largest.",
)
def mean_of_errors(f, gradient, theta, h=1e-5):
    a, errors = np.asarray(gradient(theta)), []
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        size = abs(a[index]) + abs(n)
        errors.append(abs(a[index] - n) / size if size else 0.0)
    return float(np.mean(errors))


@gradient_check_exercise.misconception(
    "gradient_check",
    "You compare the first element only. A gradient can be wrong anywhere: walk over np.ndindex(theta.shape).",
)
def first_element_only(f, gradient, theta, h=1e-5):
    index = (0,) * theta.ndim
    up, down = theta.astype(float), theta.astype(float)
    up[index] += h
    down[index] -= h
    a, n = np.asarray(gradient(theta))[index], (f(up) - f(down)) / (2 * h)
    return float(abs(a - n) / (abs(a) + abs(n))) if a or n else 0.0


@gradient_check_exercise.misconception(
    "gradient_check",
    "Each turn of your loop forgets the errors before it: what you return is that of the last element. Keep the largest.",
)
def last_element_wins(f, gradient, theta, h=1e-5):
    a, error = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        size = abs(a[index]) + abs(n)
        error = abs(a[index] - n) / size if size else 0.0
    return float(error)


@gradient_check_exercise.misconception(
    "gradient_check",
    "The argument h is not used: your step is always 0.00001.",
)
def h_ignored(f, gradient, theta, h=1e-5):
    h = 1e-5
    a, worst = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        size = abs(a[index]) + abs(n)
        worst = max(worst, abs(a[index] - n) / size if size else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "The sign of a - n is kept, so a gradient that is too small counts as no error at all. Take the absolute value.",
)
def signed_difference(f, gradient, theta, h=1e-5):
    a, worst = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        size = abs(a[index]) + abs(n)
        worst = max(worst, (a[index] - n) / size if size else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "An element on which f does not depend gives 0/0 = NaN. Count it as 0.",
)
def zero_over_zero(f, gradient, theta, h=1e-5):
    a, n = np.asarray(gradient(theta), dtype=float), np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n[index] = (f(up) - f(down)) / (2 * h)
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(a - n) / (np.abs(a) + np.abs(n))))


@gradient_check_exercise.misconception(
    "gradient_check",
    "theta comes back moved: you change it in place and never put the old value back. Save the value before, or work on a copy.",
)
def theta_left_moved(f, gradient, theta, h=1e-5):
    a, worst = np.array(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        theta[index] += h
        up = f(theta)
        theta[index] -= 2 * h
        n = (up - f(theta)) / (2 * h)
        size = abs(a[index]) + abs(n)
        worst = max(worst, abs(a[index] - n) / size if size else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "All elements move at once, so you compare a sum of gradients. Move one element at a time.",
)
def all_elements_at_once(f, gradient, theta, h=1e-5):
    a = float(np.sum(gradient(theta)))
    n = (f(theta + h) - f(theta - h)) / (2 * h)
    return abs(a - n) / (abs(a) + abs(n)) if a or n else 0.0


@gradient_check_exercise.misconception(
    "gradient_check",
    "You divide by |n| alone. A doubled gradient then shows as 1 and a gradient ten times too large as 9. Divide by "
    "|a| + |n|, or by the larger of the two.",
)
def relative_to_the_numerical(f, gradient, theta, h=1e-5):
    a, worst = np.asarray(gradient(theta)), 0.0
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        worst = max(worst, abs(a[index] - n) / abs(n) if n else 0.0)
    return float(worst)


@gradient_check_exercise.misconception(
    "gradient_check",
    "The smallest relative error says nothing: one right element hides all wrong ones. Return the largest.",
)
def smallest_error(f, gradient, theta, h=1e-5):
    a, errors = np.asarray(gradient(theta)), []
    for index in np.ndindex(theta.shape):
        up, down = theta.astype(float), theta.astype(float)
        up[index] += h
        down[index] -= h
        n = (f(up) - f(down)) / (2 * h)
        size = abs(a[index]) + abs(n)
        errors.append(abs(a[index] - n) / size if size else 0.0)
    return float(min(errors))


@gradient_check_exercise.variant("gradient_check")
def in_place_and_put_back(f, gradient, theta, h=1e-5):
    a, worst = np.array(gradient(theta), dtype=float), 0.0
    x = theta.astype(np.float64, copy=True)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + h
        up = f(x)
        x[index] = old - h
        down = f(x)
        x[index] = old
        n = (up - down) / (2 * h)
        worst = max(worst, abs(a[index] - n) / max(abs(a[index]), abs(n), 1e-300))
    return worst


@gradient_check_exercise.variant("gradient_check")
def with_flat_unit_vectors(f, gradient, theta, h=1e-5):
    g = np.asarray(gradient(theta), dtype=np.float64).reshape(-1)
    n = np.array(
        [
            (f(theta + h * e.reshape(theta.shape)) - f(theta - h * e.reshape(theta.shape))) / (2.0 * h)
            for e in np.eye(theta.size)
        ]
    )
    top, bottom = np.abs(g - n), np.abs(g) + np.abs(n)
    return np.max(np.where(bottom == 0, 0.0, top / np.where(bottom == 0, 1.0, bottom)))


@gradient_check_exercise.variant("gradient_check")
def with_nditer(f, gradient, theta, h=1e-5):
    numerical = np.zeros(theta.shape)
    walk = np.nditer(theta, flags=["multi_index", "zerosize_ok"])
    while not walk.finished:
        shifted = np.array(theta, dtype=float)
        shifted[walk.multi_index] += h
        above = f(shifted)
        shifted[walk.multi_index] -= 2 * h
        numerical[walk.multi_index] = 0.5 * (above - f(shifted)) / h
        walk.iternext()
    analytic = np.array(gradient(theta))
    size = np.maximum(1e-12, np.abs(analytic) + np.abs(numerical))
    return float((np.abs(analytic - numerical) / size).max())


@gradient_check_exercise.variant("gradient_check")
def theta_itself_and_put_back(f, gradient, theta, h=1e-5):
    errors = [0.0]
    a = np.asarray(gradient(theta)).copy()
    for index in np.ndindex(*theta.shape):
        old = theta[index].copy()
        theta[index] = old + h
        plus = f(theta)
        theta[index] = old - h
        minus = f(theta)
        theta[index] = old
        n = (plus - minus) / (2 * h)
        if a[index] != 0 or n != 0:
            errors.append(abs(a[index] - n) / max(abs(a[index]), abs(n)))
    return np.float64(max(errors))
