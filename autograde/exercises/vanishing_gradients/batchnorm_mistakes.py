"""Ways to write batch normalization, wrong and right (see `batchnorm`).

The backward ones carry their own forward, because the two share a cache.
"""

import numpy as np

from autograde.exercises.vanishing_gradients.batchnorm import (
    batchnorm_backward_exercise,
    batchnorm_forward_exercise,
    bug_hunt_exercise,
)


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You average over the features of each example. Batch norm averages over the examples, feature by "
    "feature: axis=0.",
)
def statistics_of_each_example(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    if training:
        mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "x.mean() and x.var() without an axis are one number for the whole batch. Every feature needs its "
    "own: axis=0.",
)
def one_number_for_all_features(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(), x.var()
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You normalize with the unbiased variance, 1/(n - 1). The batch is normalized with the biased one: "
    "x.var(axis=0).",
)
def unbiased_variance_normalizes(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    var = x.var(axis=0, ddof=1) if training else var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "eps is not used: a feature that is constant in the batch gives 0/0. Divide by np.sqrt(var + eps).",
)
def eps_forgotten(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / np.sqrt(var) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You add eps after the square root. It belongs under it: np.sqrt(var + eps).",
)
def eps_outside_the_root(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / (np.sqrt(var) + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "Your eps is always 1e-5. Use the argument eps.",
)
def eps_fixed(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / np.sqrt(var + 1e-5) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You divide by var + eps. The standard deviation is its square root: np.sqrt(var + eps).",
)
def divides_by_variance(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / (var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You normalize with the statistics of the batch when training is False, too. Use running_mean and "
    "running_var there.",
)
def batch_statistics_in_evaluation(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    mu, var = x.mean(axis=0), x.var(axis=0)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You update the running statistics when training is False, too. In evaluation they come back unchanged.",
)
def running_statistics_changed_in_evaluation(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    batch_mean, batch_var = x.mean(axis=0), x.var(axis=0)
    mu, var = (batch_mean, batch_var) if training else (running_mean, running_var)
    running_mean = momentum * running_mean + (1 - momentum) * batch_mean
    running_var = momentum * running_var + (1 - momentum) * batch_var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You weight the batch by momentum and the history by 1 - momentum. It is the other way round "
    "(torch's own convention differs).",
)
def momentum_swapped(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mu
        running_var = (1 - momentum) * running_var + momentum * var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "Your momentum is always 0.9. Use the argument momentum.",
)
def momentum_fixed(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = 0.9 * running_mean + (1 - 0.9) * mu
        running_var = 0.9 * running_var + (1 - 0.9) * var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You replace the running statistics by those of the batch. Mix both: momentum·running + (1 - "
    "momentum)·batch.",
)
def running_statistics_replaced(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = mu
        running_var = var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "The running statistics come back from training as they were. Update them: momentum·running + (1 - "
    "momentum)·batch.",
)
def running_statistics_never_updated(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    mu, var = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "In training you normalize with the running statistics. There the statistics of the batch normalize.",
)
def running_statistics_normalize_in_training(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    old_mean, old_var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    mu, var = old_mean, old_var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "In training you normalize with the running statistics you have just updated. There the statistics "
    "of the batch normalize.",
)
def updated_statistics_normalize_in_training(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    mu, var = running_mean, running_var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "running_mean *= momentum changes the caller's array. Build a new array: running_mean = momentum * "
    "running_mean + ….",
)
def running_statistics_changed_in_place(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean *= momentum
        running_mean += (1 - momentum) * mu
        running_var *= momentum
        running_var += (1 - momentum) * var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "You average the standard deviation of the batch into running_var. Average its variance.",
)
def running_std_for_variance(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * np.sqrt(var)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "beta is missing: out = gamma * xhat + beta.",
)
def shift_forgotten(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * (x - mu) / np.sqrt(var + eps), None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "gamma is missing: out = gamma * xhat + beta.",
)
def scale_forgotten(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "gamma and beta have changed places: gamma scales, beta shifts.",
)
def gamma_and_beta_swapped(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    return beta * (x - mu) / np.sqrt(var + eps) + gamma, None, running_mean, running_var


@batchnorm_forward_exercise.misconception(
    "batchnorm_forward",
    "In evaluation you leave out gamma and beta. They apply in both modes.",
)
def no_scale_and_shift_in_evaluation(
    x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5
):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    gamma, beta = (gamma, beta) if training else (1.0, 0.0)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.variant("batchnorm_forward")
def unbiased_running_variance(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    mu, var = running_mean, running_var
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None, running_mean, running_var


@batchnorm_forward_exercise.variant("batchnorm_forward")
def early_return_in_evaluation(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    if not training:
        xhat = (x - running_mean) * (running_var + eps) ** -0.5
        return xhat * gamma + beta, {}, running_mean, running_var
    n = x.shape[0]
    mu = np.sum(x, axis=0) / n
    centred = x - mu
    var = np.sum(centred**2, axis=0) / n
    xhat = centred / np.sqrt(var + eps)
    new_mean, new_var = running_mean.copy(), running_var.copy()
    new_mean *= momentum
    new_mean += (1 - momentum) * mu
    new_var += (1 - momentum) * (var - new_var)
    return [xhat * gamma + beta, {"xhat": xhat}, new_mean, new_var]


@batchnorm_forward_exercise.variant("batchnorm_forward")
def feature_by_feature(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    n, d = x.shape
    out, mean, var = np.empty_like(x), np.array(running_mean), np.array(running_var)
    for j in range(d):
        m, v = mean[j], var[j]
        if training:
            m = sum(x[:, j]) / n
            v = sum((x[:, j] - m) ** 2) / n
            mean[j] = momentum * mean[j] + (1 - momentum) * m
            var[j] = momentum * var[j] + (1 - momentum) * v
        for i in range(n):
            out[i, j] = gamma[j] * (x[i, j] - m) / (v + eps) ** 0.5 + beta[j]
    return out, None, mean, var


@batchnorm_forward_exercise.variant("batchnorm_forward")
def by_torch(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    import torch

    arrays = (x, gamma, beta, running_mean.copy(), running_var.copy())
    x, gamma, beta, mean, var = (torch.tensor(np.ascontiguousarray(a)) for a in arrays)
    out = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training, 1 - momentum, eps)
    return out.numpy(), (x, out), mean.numpy(), var.numpy()


@batchnorm_backward_exercise.misconception(
    None,
    "You treat mean and variance as constants. Both depend on x, so dx has two more terms: through μ and "
    "through var.",
)
class mean_and_variance_constant:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = dxhat / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You treat the batch mean as a constant. Add the path through μ: subtract the mean of dx̂ over the batch.",
)
class mean_constant:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You treat the batch variance as a constant. Add the path through var: subtract x̂ times the mean of "
    "dx̂·x̂.",
)
class variance_constant:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "gamma is missing in dx. Start with dxhat = dout * gamma.",
)
class gamma_left_out_of_dx:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dout - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The 1/n is missing in dx: the paths through μ and var are means over the batch, not sums.",
)
class sums_for_means:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You divide by n - 1 in dx. The forward uses the biased variance, so it is n.",
)
class divides_by_n_minus_one:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        n, sigma = len(x), np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.sum(axis=0) / (n - 1) - xhat * (dxhat * xhat).sum(axis=0) / (n - 1)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You average over the features (axis=1) in dx. The statistics were taken over the examples: axis=0.",
)
class means_over_the_features:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (
            dxhat - dxhat.mean(axis=1, keepdims=True) - xhat * (dxhat * xhat).mean(axis=1, keepdims=True)
        ) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The sign of the path through var is wrong: a larger variance makes x̂ smaller, so the term is "
    "subtracted.",
)
class sign_of_the_variance_path:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) + xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The sign of the path through μ is wrong: a larger mean makes x - μ smaller, so the term is subtracted.",
)
class sign_of_the_mean_path:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat + dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The factor 1/√(var + eps) is missing in dx.",
)
class not_divided_by_sigma:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You divide dx by var + eps. The factor is 1/√(var + eps).",
)
class divided_by_variance:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma**2
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dx has the wrong sign everywhere.",
)
class sign_flipped:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = -(dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The backward pass leaves eps out. Use the same √(var + eps) as the forward.",
)
class eps_forgotten:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + 1e-300)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "The backward pass always takes eps = 1e-5. Keep the forward's eps (or its √(var + eps)) in the cache.",
)
class eps_fixed:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + 1e-5)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You average dgamma over the batch. gamma is shared by all examples, so its gradient is the sum.",
)
class dgamma_averaged:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).mean(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You average dbeta over the batch. beta is shared by all examples, so its gradient is the sum.",
)
class dbeta_averaged:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.mean(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "You average dgamma and dbeta over the batch. The parameters are shared by all examples, so their "
    "gradients are sums.",
)
class both_averaged:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).mean(axis=0), dout.mean(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dgamma multiplies dout by x. gamma scales x̂, so it is the sum of dout * xhat.",
)
class dgamma_from_x:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * x).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dgamma uses dout * gamma. gamma's own gradient does not contain gamma: it is the sum of dout * xhat.",
)
class dgamma_from_dxhat:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dxhat * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dbeta sums dout * gamma. beta is added after the scaling, so its gradient is the sum of dout alone.",
)
class dbeta_from_dxhat:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dxhat.sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dgamma and dbeta have changed places. Return (dx, dgamma, dbeta).",
)
class dgamma_and_dbeta_swapped:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, dout.sum(axis=0), (dout * xhat).sum(axis=0)


@batchnorm_backward_exercise.misconception(
    None,
    "dgamma and dbeta are not summed over the batch. gamma and beta have shape (d,), and so have their "
    "gradients.",
)
class gradients_not_summed:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, dout * xhat, dout


@batchnorm_backward_exercise.misconception(
    None,
    "dout *= gamma changes the caller's array. Write dxhat = dout * gamma, which makes a new one.",
)
class changes_dout:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat = (x - mu) / sigma
        dgamma, dbeta = (dout * xhat).sum(axis=0), dout.sum(axis=0)
        dout *= gamma
        dx = (dout - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0)) / sigma
        return dx, dgamma, dbeta


@batchnorm_backward_exercise.misconception(
    None,
    "Your backward uses the last forward's values, kept outside the cache. Use only what is in cache: "
    "two batches may be under way.",
)
class remembers_only_the_last_batch:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        global last_cache
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        last_cache = (x, gamma, mu, var, eps)
        return out, None, running_mean, running_var

    def batchnorm_backward(dout, cache):
        cache = last_cache
        x, gamma, mu, var, eps = cache
        sigma = np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.variant()
class by_the_graph:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        n, sigma = len(x), np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dvar = -0.5 * np.sum(dxhat * (x - mu), axis=0) * (var + eps) ** -1.5
        dmu = -np.sum(dxhat / sigma, axis=0) - 2 * dvar * np.mean(x - mu, axis=0)
        dx = dxhat / sigma + 2 * dvar * (x - mu) / n + dmu / n
        return [dx, np.einsum("nd,nd->d", dout, xhat), dout.sum(0)]


@batchnorm_backward_exercise.variant()
class by_one_fraction:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        n, sigma = len(x), np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dgamma, dbeta = np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)
        return gamma / (n * sigma) * (n * dout - dbeta - xhat * dgamma), dgamma, dbeta


@batchnorm_backward_exercise.variant()
class by_the_jacobian:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        mu, var = running_mean, running_var
        if training:
            mu, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        out = gamma * (x - mu) / np.sqrt(var + eps) + beta
        return out, (x, gamma, mu, var, eps), running_mean, running_var

    def batchnorm_backward(dout, cache):
        x, gamma, mu, var, eps = cache
        n, sigma = len(x), np.sqrt(var + eps)
        xhat, dxhat = (x - mu) / sigma, dout * gamma
        dx = np.zeros(x.shape, dtype=x.dtype)
        for j in range(x.shape[1]):
            jacobian = (np.eye(n) - 1 / n - np.outer(xhat[:, j], xhat[:, j]) / n) / sigma[j]
            dx[:, j] = jacobian @ dxhat[:, j]
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@batchnorm_backward_exercise.variant()
class by_autograd:
    def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
        import torch

        tx = torch.tensor(np.ascontiguousarray(x), requires_grad=True)
        tg = torch.tensor(gamma.copy(), requires_grad=True)
        mean, var = torch.tensor(running_mean.copy()), torch.tensor(running_var.copy())
        shift = torch.tensor(beta.copy())
        out = torch.nn.functional.batch_norm(tx, mean, var, tg, shift, training, 1 - momentum, eps)
        return out.detach().numpy(), (tx, tg, out), mean.numpy(), var.numpy()

    def batchnorm_backward(dout, cache):
        import torch

        x, gamma, out = cache
        beta_free = torch.tensor(np.ascontiguousarray(dout))
        dx, dgamma = torch.autograd.grad(out, (x, gamma), beta_free, retain_graph=True)
        return dx.numpy(), dgamma.numpy(), dout.sum(axis=0)


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The bug is still there: dx is wrong where the variance is not 1. Look at dvar: the derivative of "
    "v^(-1/2) is -½·v^(-3/2), in the code inv_std**3.",
)
def bug_left_in(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.0
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The exponent in dvar is -½ now. The derivative of v^(-1/2) is -½·v^(-3/2).",
)
def exponent_minus_half(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -0.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The exponent in dvar is -2 now. The derivative of v^(-1/2) is -½·v^(-3/2).",
)
def exponent_minus_two(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -2.0
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The exponent in dvar lost its minus. The derivative of v^(-1/2) is -½·v^(-3/2).",
)
def exponent_positive(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** 1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The exponent is right, but the factor ½ in dvar is gone. The derivative of v^(-1/2) is -½·v^(-3/2).",
)
def half_dropped(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -1.0 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "You changed the factor in dvar to -3/2. The derivative of v^(-1/2) is -½·v^(-3/2).",
)
def factor_from_the_exponent(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -1.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "The sign of dvar is wrong: the derivative of v^(-1/2) is -½·v^(-3/2).",
)
def sign_of_dvar(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * 0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "You took the path through the variance out of dx. It belongs there; one exponent in dvar was wrong.",
)
def variance_path_removed(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "You took the path through the mean out of dx. It belongs there; the bug was in dvar.",
)
def mean_path_removed(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "You removed the 1/n of dmu. It belongs there (μ is a mean); the bug was in dvar.",
)
def dmu_not_divided_by_n(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "You removed the factor 2 of the derivative of (x - μ)². It belongs there; the bug was in dvar.",
)
def two_dropped(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "dgamma was right: it is a sum over the batch, not a mean. The bug is in dvar.",
)
def bug_left_in_and_dgamma_averaged(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).mean(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.0
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "dx is repaired, but dgamma is now a mean over the batch. It was right as a sum.",
)
def dgamma_averaged(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).mean(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "dvar leaves out eps: the forward divides by √(var + eps), so it is (var + eps)^(-3/2).",
)
def eps_left_out_of_dvar(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + 1e-300) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.misconception(
    "repaired_batchnorm_backward",
    "dout *= gamma changes the caller's array. Write dxhat = dout * gamma, which makes a new one.",
)
def changes_dout(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dout *= gamma
    dxhat = dout
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.variant("repaired_batchnorm_backward")
def exponent_repaired(dout, x, gamma, eps=1e-5):
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * -0.5 / (var + eps) ** 1.5
    dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, dgamma, dbeta


@bug_hunt_exercise.variant("repaired_batchnorm_backward")
def closed_form(dout, x, gamma, eps=1e-5):
    sigma = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / sigma
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@bug_hunt_exercise.variant("repaired_batchnorm_backward")
def by_torch(dout, x, gamma, eps=1e-5):
    import torch

    tx, tg, upstream = (torch.tensor(np.ascontiguousarray(a)) for a in (x, gamma, dout))
    tx.requires_grad_(True)
    tg.requires_grad_(True)
    xhat = (tx - tx.mean(dim=0)) / torch.sqrt(tx.var(dim=0, unbiased=False) + eps)
    dx, dgamma = torch.autograd.grad(tg * xhat, (tx, tg), upstream)
    return dx.numpy(), dgamma.numpy(), upstream.sum(dim=0).numpy()


@bug_hunt_exercise.variant("repaired_batchnorm_backward")
def feature_by_feature(dout, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = np.empty_like(x), np.empty_like(gamma), np.empty_like(gamma)
    n = len(x)
    for j in range(x.shape[1]):
        inverse = 1.0 / (np.var(x[:, j]) + eps) ** 0.5
        xhat = (x[:, j] - np.mean(x[:, j])) * inverse
        dbeta[j], dgamma[j] = sum(dout[:, j]), sum(dout[:, j] * xhat)
        dx[:, j] = gamma[j] * inverse * (dout[:, j] - dbeta[j] / n - xhat * dgamma[j] / n)
    return [dx, dgamma, dbeta]
