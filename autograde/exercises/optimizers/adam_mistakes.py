"""Wrong and other right ways to write Adam. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np

from autograde.exercises.optimizers.adam import (
    adam_bug_hunt_exercise,
    adam_class_exercise,
    adam_step,
    adam_step_exercise,
)

# --- adam_step ---------------------------------------------------------------------------------------


@adam_step_exercise.misconception(
    "adam_step",
    "There is no bias correction (the slide leaves it out too). Both averages start at 0 and are too small at first: "
    "divide m by 1 - beta1**t and s by 1 - beta2**t.",
)
def no_bias_correction(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(s) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "Only m is corrected. s starts at 0 too: divide it by 1 - beta2**t."
)
def only_m_corrected(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "Only s is corrected. m starts at 0 too: divide it by 1 - beta1**t."
)
def only_s_corrected(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "The correction does not depend on t: you divide by 1 - beta. After t steps an average holds the share 1 - beta**t.",
)
def correction_without_t(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1) / (np.sqrt(s / (1 - beta2)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "t counts from 1 already: t is 1 in the first step. You correct with t + 1."
)
def t_counted_twice(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1 ** (t + 1)) / (np.sqrt(s / (1 - beta2 ** (t + 1))) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "You correct with beta * t, a product. The share that is missing is beta**t, a power."
)
def product_for_power(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / abs(1 - beta1 * t) / (np.sqrt(s / abs(1 - beta2 * t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "The corrected averages are returned and corrected again in the next step. Return m and s themselves.",
)
def corrected_state_returned(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    s = (beta2 * s + (1 - beta2) * grad**2) / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(s) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "beta1 and beta2 have changed places: beta1 belongs to m, beta2 to s."
)
def betas_swapped(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta2 * m + (1 - beta2) * grad
    s = beta1 * s + (1 - beta1) * grad**2
    return theta - lr * m / (1 - beta2**t) / (np.sqrt(s / (1 - beta1**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "Both averages use beta1. The average of the squares has its own beta2, and its own correction.",
)
def one_beta(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta1 * s + (1 - beta1) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta1**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "The step uses the last gradient, not the average m. Adam divides m, corrected, by the root."
)
def gradient_for_average(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * grad / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "The factors (1 - beta) are missing: these are sums, not averages, and the bias correction does not fit them.",
)
def sums_for_averages(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + grad
    s = beta2 * s + grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "The step is divided by s, corrected, itself. Divide by its square root."
)
def adam_root_missing(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "s averages the absolute gradient, not its square. Use grad**2."
)
def adam_square_missing(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * np.abs(grad)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "s averages the squares of m. It averages the squares of the gradient: grad**2."
)
def squares_of_the_average(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * m**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "All parameters share one average of squares. Every parameter needs its own: keep s in the shape of theta.",
)
def one_square_for_all(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * np.mean(grad**2)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "eps is not used: a parameter whose gradients are 0 divides 0 by 0. Add eps to the root or under it.",
)
def adam_eps_ignored(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    root = np.sqrt(s / (1 - beta2**t))
    return theta - lr * np.divide(m / (1 - beta1**t), root, out=np.zeros_like(root), where=root > 0), m, s


@adam_step_exercise.misconception(
    "adam_step",
    "The slide's signs are mixed: m collects the negative gradient and is then subtracted, so that you climb. "
    "Use m with +grad and subtract, or with -grad and add.",
)
def adam_climbs(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m - (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "The constants are fixed in your formula. Use the parameters beta1 and beta2."
)
def betas_fixed(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = 0.9 * m + 0.1 * grad
    s = 0.999 * s + 0.001 * grad**2
    return theta - lr * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + eps), m, s


@adam_step_exercise.misconception(
    "adam_step", "m *= ... and s *= ... change the caller's state. Build new arrays."
)
def averages_changed_in_place(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m *= beta1
    m += (1 - beta1) * grad
    s *= beta2
    s += (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


@adam_step_exercise.variant("adam_step")
def eps_inside_the_root(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad * grad
    return theta - lr * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t) + eps), m, s


@adam_step_exercise.variant("adam_step")
def effective_rate(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (grad - m)
    s = s + (1 - beta2) * (np.square(grad) - s)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return [theta - rate * m / (np.sqrt(s) + eps), m, s]


@adam_step_exercise.variant("adam_step")
def effective_rate_eps_inside(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t) * m / np.sqrt(s + eps), m, s


@adam_step_exercise.variant("adam_step")
def slides_signs(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m - (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta + lr * m / (1 - beta1**t) / np.sqrt(s / (1 - beta2**t) + eps), m, s


@adam_step_exercise.variant("adam_step")
def torchs_order(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    m, s = m.copy(), s.copy()
    m += (grad - m) * (1 - beta1)
    s *= beta2
    s += (1 - beta2) * grad**2
    denominator = np.sqrt(s) / np.sqrt(1 - beta2**t) + eps
    return theta - lr / (1 - beta1**t) * m / denominator, m, s


@adam_step_exercise.variant("adam_step")
def adam_element_by_element(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, m, s = theta.copy(), m.copy(), s.copy()
    for i in np.ndindex(theta.shape):
        m[i] = beta1 * m[i] + (1 - beta1) * grad[i]
        s[i] = beta2 * s[i] + (1 - beta2) * grad[i] ** 2
        theta[i] -= lr * (m[i] / (1 - beta1**t)) / ((s[i] / (1 - beta2**t)) ** 0.5 + eps)
    return theta, m, s


# --- Adam --------------------------------------------------------------------------------------------


@adam_class_exercise.misconception(
    "Adam",
    "The network's arrays stay as they were: `p = new` and `params[i] = new` only store a new array somewhere. "
    "Write into the old one: p[...] = new or p -= step.",
)
class ArraysNotWritten:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            p, self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "t goes up once for every array, not once for every step. Raise it before the loop over the arrays.",
)
class TimePerArray:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        for i, p in enumerate(self.params):
            self.t += 1
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "t never moves: every step is corrected as if it were the first. Raise self.t by 1 in step.",
)
class TimeStandsStill:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 1
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        for i, p in enumerate(self.params):
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "The first step is corrected with t = 2. Start at t = 0 and raise it at the top of step, or start at 1 and raise "
    "it at the end.",
)
class TimeStartsAtTwo:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 1
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "The averages are not kept from step to step: every step starts from zeros. Store the new m and s.",
)
class StateForgotten:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0

    def step(self, grads):
        self.t += 1
        for p, g in zip(self.params, grads, strict=False):
            p[...], _, _ = adam_step(p, g, np.zeros_like(p), np.zeros_like(p), self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "All optimizers share one state: lists in the class body, or mutable defaults, belong to the class. "
    "Make the lists in __init__, on self.",
)
class StateInTheClass:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options = params, (lr, beta1, beta2, eps)
        cls = type(self)
        cls.t, cls.m, cls.s = 0, [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        cls = type(self)
        cls.t += 1
        for i, p in enumerate(self.params):
            p[...], cls.m[i], cls.s[i] = adam_step(p, grads[i], cls.m[i], cls.s[i], cls.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "One buffer serves all arrays of a shape ([zeros] * n, or one m and s for all). Every array needs its own m and s.",
)
class OneBuffer:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = {}, {}

    def step(self, grads):
        self.t += 1
        for p, g in zip(self.params, grads, strict=False):
            k = p.shape
            m, s = self.m.get(k, p * 0), self.s.get(k, p * 0)
            p[...], self.m[k], self.s[k] = adam_step(p, g, m, s, self.t, *self.options)


@adam_class_exercise.misconception("Adam", "Only the first array is updated. Go through the whole list.")
class OnlyTheFirstArray:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        p = self.params[0]
        p[...], self.m[0], self.s[0] = adam_step(p, grads[0], self.m[0], self.s[0], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "There is no bias correction. Divide m by 1 - beta1**t and s by 1 - beta2**t, with one t for all arrays.",
)
class NoBiasCorrection:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.beta1, self.beta2, self.eps = params, lr, beta1, beta2, eps
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        for p, g, m, s in zip(self.params, grads, self.m, self.s, strict=False):
            m[...] = self.beta1 * m + (1 - self.beta1) * g
            s[...] = self.beta2 * s + (1 - self.beta2) * g**2
            p -= self.lr * m / (np.sqrt(s) + self.eps)


@adam_class_exercise.misconception(
    "Adam", "The constants given to Adam are not used: pass lr, beta1, beta2 and eps on."
)
class ConstantsIgnored:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.t = params, lr, 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, lr=self.lr)


@adam_class_exercise.misconception(
    "Adam", "The learning rate given to Adam is not used: every step has the default's length. Pass lr on."
)
class RateIgnored:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (1e-3, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam", "Only m is corrected. s starts at 0 too: divide it by 1 - beta2**t, with one t for all arrays."
)
class OnlyTheAverageCorrected:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.beta1, self.beta2, self.eps, self.t = params, lr, beta1, beta2, eps, 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for p, g, m, s in zip(self.params, grads, self.m, self.s, strict=False):
            m[...] = self.beta1 * m + (1 - self.beta1) * g
            s[...] = self.beta2 * s + (1 - self.beta2) * g**2
            p -= self.lr * m / (1 - self.beta1**self.t) / (np.sqrt(s) + self.eps)


@adam_class_exercise.misconception(
    "Adam", "Only s is corrected. m starts at 0 too: divide it by 1 - beta1**t, with one t for all arrays."
)
class OnlyTheSquaresCorrected:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.beta1, self.beta2, self.eps, self.t = params, lr, beta1, beta2, eps, 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for p, g, m, s in zip(self.params, grads, self.m, self.s, strict=False):
            m[...] = self.beta1 * m + (1 - self.beta1) * g
            s[...] = self.beta2 * s + (1 - self.beta2) * g**2
            p -= self.lr * m / (np.sqrt(s / (1 - self.beta2**self.t)) + self.eps)


@adam_class_exercise.misconception(
    "Adam",
    "An array whose gradient is 0 is left alone. Its averages still move it, and fade: step every array every time.",
)
class ZeroGradientsSkipped:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads, strict=False)):
            if g.any():
                p[...], self.m[i], self.s[i] = adam_step(p, g, self.m[i], self.s[i], self.t, *self.options)


@adam_class_exercise.misconception(
    "Adam",
    "A second optimizer goes on with the first one's averages: they are kept by the array, outside of the object. "
    "Make new ones in the constructor.",
)
class StateOfTheArrays:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        cls = type(self)
        cls.kept = vars(cls).get("kept", {})

    def step(self, grads):
        self.t += 1
        for p, g in zip(self.params, grads, strict=False):
            m, s, _ = self.kept.get(id(p), (p * 0, p * 0, p))
            p[...], m, s = adam_step(p, g, m, s, self.t, *self.options)
            self.kept[id(p)] = m, s, p


@adam_class_exercise.misconception(
    "Adam", "The gradients you were given are changed. Work on new arrays: (1 - beta1) * g, not g *= ..."
)
class GradientsChanged:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.options, self.t = params, (lr, beta1, beta2, eps), 0
        self.m, self.s = [p * 0 for p in params], [p * 0 for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            p[...], self.m[i], self.s[i] = adam_step(p, grads[i], self.m[i], self.s[i], self.t, *self.options)
            grads[i] *= 0.0


@adam_class_exercise.variant("Adam")
class WrittenOut:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params = list(params)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = [np.zeros(p.shape) for p in params]
        self.v = [np.zeros(p.shape) for p in params]
        self.iteration = 0

    def step(self, grads):
        self.iteration = self.iteration + 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v, strict=False):
            m *= self.beta1
            m += (1 - self.beta1) * g
            v *= self.beta2
            v += (1 - self.beta2) * g * g
            m_hat = m / (1 - self.beta1**self.iteration)
            p -= self.lr * m_hat / (np.sqrt(v / (1 - self.beta2**self.iteration)) + self.eps)


@adam_class_exercise.variant("Adam")
class EffectiveRate:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.betas, self.eps = params, lr, (beta1, beta2), eps
        self.state = [(0.0, 0.0) for _ in params]
        self.powers = (1.0, 1.0)

    def step(self, grads):
        (b1, b2), (p1, p2) = self.betas, self.powers
        self.powers = p1 * b1, p2 * b2
        rate = self.lr * np.sqrt(1 - self.powers[1]) / (1 - self.powers[0])
        for i, g in enumerate(grads):
            m, s = self.state[i]
            self.state[i] = m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g**2
            np.subtract(
                self.params[i], rate * m / (np.sqrt(s) + self.eps), out=self.params[i], casting="same_kind"
            )


@adam_class_exercise.variant("Adam")
class ZippedState:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, verbose=False):
        self.slots = [{"p": p, "m": np.zeros_like(p), "s": np.zeros_like(p)} for p in params]
        self.options = dict(lr=lr, beta1=beta1, beta2=beta2, eps=eps)
        self.t = 1

    def step(self, grads):
        for slot, g in zip(self.slots, grads, strict=False):
            new, slot["m"], slot["s"] = adam_step(slot["p"], g, slot["m"], slot["s"], self.t, **self.options)
            slot["p"][:] = new
        self.t += 1
        return [slot["p"] for slot in self.slots]


@adam_class_exercise.variant("Adam")
class EpsInside:
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.b1, self.b2, self.eps = params, lr, beta1, beta2, eps
        self.reset()

    def reset(self):
        self.t = 0
        self.m = {i: np.zeros_like(p) for i, p in enumerate(self.params)}
        self.s = {i: np.zeros_like(p) for i, p in enumerate(self.params)}

    def step(self, grads):
        self.t += 1
        for i, g in enumerate(grads):
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g
            self.s[i] = self.b2 * self.s[i] + (1 - self.b2) * g**2
            square = self.s[i] / (1 - self.b2**self.t) + self.eps
            self.params[i] -= self.lr * self.m[i] / (1 - self.b1**self.t) / np.sqrt(square)


# --- the bug hunt ------------------------------------------------------------------------------------


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The bug is still there: the share that s has collected is shrunk by beta1. A constant gradient shows it: "
    "the first step is 10 times too long.",
)
def still_broken(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, rest1, rest2, path = np.zeros_like(theta), np.zeros_like(theta), 1.0, 1.0, [theta]
    for grad in grads:
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rest1, rest2 = rest1 * beta1, rest2 * beta1
        path.append(path[-1] - lr * np.sqrt(1 - rest2) / (1 - rest1) * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "You removed the correction of s instead of mending it: the first step is 32 times too long.",
)
def correction_of_s_removed(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        path.append(path[-1] - lr * (m / (1 - beta1**t)) / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "You removed both corrections: steps start 3 times too long, as on the slide. Mend the share of s and keep both.",
)
def both_corrections_removed(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for grad in grads:
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        path.append(path[-1] - lr * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "Both shares now shrink by beta2. Only the one of s does; the share of m keeps beta1.",
)
def both_shares_with_beta2(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rate = lr * np.sqrt(1 - beta2**t) / (1 - beta2**t)
        path.append(path[-1] - rate * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The average of the squares now uses beta1, which hides the symptom. s keeps beta2; mend the share instead.",
)
def average_changed_to_fit(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta1 * s + (1 - beta1) * grad**2
        rate = lr * np.sqrt(1 - beta1**t) / (1 - beta1**t)
        path.append(path[-1] - rate * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The symptom is patched with a smaller rate in the first steps. Look for the share that is wrong.",
)
def smaller_rate_at_first(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rate = lr * min(1.0, 0.1 * t) * np.sqrt(1 - beta1**t) / (1 - beta1**t)
        path.append(path[-1] - rate * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The steps are right, but the path does not begin with theta itself: it has one row more than there are gradients.",
)
def start_left_out(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        path.append(path[-1] - rate * m / (np.sqrt(s) + eps))
    return np.stack(path[1:])


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path", "Only the last parameters come back. Return the whole path, one row a step."
)
def only_the_end(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = np.zeros_like(theta), np.zeros_like(theta)
    for t, grad in enumerate(grads, 1):
        theta, m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
    return theta


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The rows of the path are one and the same array, changed in place. Append a new array or a copy.",
)
def one_array_in_all_rows(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, m, s = theta.copy(), np.zeros_like(theta), np.zeros_like(theta)
    path = [theta]
    for t, grad in enumerate(grads, 1):
        theta[...], m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
        path.append(theta)
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The share of s shrinks by 0.999 whatever beta2 is. Use the parameter beta2.",
)
def share_with_a_fixed_beta2(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, rest1, rest2, path = np.zeros_like(theta), np.zeros_like(theta), 1.0, 1.0, [theta]
    for grad in grads:
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rest1, rest2 = rest1 * beta1, rest2 * 0.999
        path.append(path[-1] - lr * np.sqrt(1 - rest2) / (1 - rest1) * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The share of s does not grow from step to step: the remainder is beta2 to the power t, not beta2. "
    "Multiply rest2 by beta2 in every step.",
)
def share_of_the_first_step(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, rest1, path = np.zeros_like(theta), np.zeros_like(theta), 1.0, [theta]
    for grad in grads:
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rest1 = rest1 * beta1
        path.append(path[-1] - lr * np.sqrt(1 - beta2) / (1 - rest1) * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.misconception(
    "repaired_adam_path",
    "The two shares have changed places: the share of m keeps beta1, only the one of s has to shrink by beta2.",
)
def shares_exchanged(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        path.append(path[-1] - lr * np.sqrt(1 - beta1**t) / (1 - beta2**t) * m / (np.sqrt(s) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.variant("repaired_adam_path")
def mended_line(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = np.zeros_like(theta), np.zeros_like(theta)
    rest1 = rest2 = 1.0
    path = [theta]
    for grad in grads:
        m = beta1 * m + (1 - beta1) * grad
        s = beta2 * s + (1 - beta2) * grad**2
        rest1 *= beta1
        rest2 *= beta2
        path.append(path[-1] - lr * (m / (1 - rest1)) / (np.sqrt(s / (1 - rest2)) + eps))
    return np.stack(path)


@adam_bug_hunt_exercise.variant("repaired_adam_path")
def with_powers(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    path = np.empty((len(grads) + 1, *theta.shape))
    path[0] = theta
    m = s = 0.0
    for t in range(1, len(grads) + 1):
        g = grads[t - 1]
        m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
        path[t] = path[t - 1] - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return path


@adam_bug_hunt_exercise.variant("repaired_adam_path")
def with_the_step(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = theta * 0, theta * 0, [theta.copy()]
    for t, grad in enumerate(grads):
        theta, m, s = adam_step(theta, grad, m, s, t + 1, lr, beta1, beta2, eps)
        path += [theta]
    return np.array(path)


@adam_bug_hunt_exercise.variant("repaired_adam_path")
def with_the_rate(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, path = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, grad in enumerate(grads, 1):
        m, s = beta1 * m + (1 - beta1) * grad, beta2 * s + (1 - beta2) * grad**2
        rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        path.append(path[-1] - rate * m / (np.sqrt(s) + eps))
    return np.stack(path)
