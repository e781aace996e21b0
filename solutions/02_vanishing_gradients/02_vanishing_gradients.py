# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="intro"
# # Lesson 2 · Why deep networks stop learning, and five ways to keep the gradient alive
#
# A signal that crosses 30 layers is multiplied 30 times. Times 0.8 each, it ends at 0.1 %; times 1.25 each, at 800 ×.
# The gradient makes the same trip backwards. This lesson (slides S4.2, notes C on batch normalization) keeps both near 1:
#
# | part | what you write | what it keeps in check |
# |---|---|---|
# | 1 Initialization | Xavier, He | the size of the signal at step 0 |
# | 2 Activations | sigmoid, tanh, ReLU and its four relatives | the slope that every gradient is multiplied by |
# | 3 Data | a standardizer | what enters layer 1 |
# | 4 Batch normalization | forward, backward, a bug hunt | what enters every layer, at every step |
# | 5 Clipping | by value, by global norm | the gradient that explodes anyway |
#
# **Notation.** Examples run along the first axis: `X` is `(n, d)`; a layer is `z = X @ W + b`, `a = f(z)`, with `W` `(fan_in, fan_out)`.
#
# **To check your work** run the cell under each exercise. On your own you can also run `%load_ext autograde` and then `%check sigmoid`.
# Before each experiment, say your prediction aloud: a wrong prediction teaches more than a right plot. Plan about 90 minutes.

# %% id="setup" setup=true
from coursekit import check_environment  # before NumPy: it asks for one thread

import numpy as np

check_environment()

# %% experiment="first_look"
%matplotlib inline
from coursekit import figures as fig

fig.use_style()
depth = np.arange(1, 31)
figure, axes = fig.new(width=6.5)
fig.curves(axes[0, 0], {f"factor {k} per layer": k ** depth for k in (1.25, 1.0, 0.8, 0.25)}, "layer", "size of the signal", log=True)
axes[0, 0].set_title("What 30 multiplications do")
fig.show(figure, "Four curves over 30 layers: a factor of 1.25 explodes, 1 stays, 0.8 and 0.25 vanish.")

# %% [markdown] id="part1"
# ## Part 1 · Initialization
#
# For independent zero-mean inputs and weights, $\operatorname{Var}(z)=n_{in}\operatorname{Var}(W)\operatorname{E}[x^2]$. Choose $\operatorname{Var}(W)$ so that nothing grows or shrinks.

# %% [markdown] id="xavier_normal_idea"
# ### Xavier, normal
# Forward asks for $n_{in}\operatorname{Var}(W)=1$, backward for $n_{out}\operatorname{Var}(W)=1$. Glorot & Bengio (2010) compromise:
#
# $$\operatorname{Var}(W)=\frac{2}{n_{in}+n_{out}}.$$
#
# **Erratum.** The slide's standard deviation $1/\sqrt n$ is this only when both sides have n units.
#
# {{exercise xavier_normal}}
#
# {{hints xavier_normal}}

# %% exercise="xavier_normal"
def xavier_normal(fan_in, fan_out, rng):
    """Draw W (fan_in, fan_out), normal, mean 0, variance 2 / (fan_in + fan_out), from rng."""
    ### BEGIN SOLUTION
    std = np.sqrt(2.0 / (fan_in + fan_out))
    return rng.normal(0.0, std, size=(fan_in, fan_out))
    ### END SOLUTION

# %% test="xavier_normal" points=5
W = xavier_normal(300, 100, np.random.default_rng(0))
assert W.shape == (300, 100), f"expected shape (300, 100), got {W.shape}: is fan_in the first axis?"
assert np.isclose(W.std(), np.sqrt(2 / 400), rtol=0.03), "the standard deviation should be the square root of 2/(fan_in + fan_out): did you forget the root?"

# %% [markdown] id="xavier_uniform_idea"
# ### Xavier, uniform
# A uniform variable in $\pm a$ has variance $a^2/3$. Equal variance therefore needs $a=\sqrt{6/(n_{in}+n_{out})}$: the limit is *not* the standard deviation.
#
# {{exercise xavier_uniform}}
#
# {{hints xavier_uniform}}

# %% exercise="xavier_uniform"
def xavier_uniform(fan_in, fan_out, rng):
    """Draw W (fan_in, fan_out), uniform in ±sqrt(6 / (fan_in + fan_out)), from rng."""
    ### BEGIN SOLUTION
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, size=(fan_in, fan_out))
    ### END SOLUTION

# %% test="xavier_uniform" points=5
W = xavier_uniform(300, 100, np.random.default_rng(0))
assert W.shape == (300, 100), f"expected shape (300, 100), got {W.shape}"
assert abs(W).max() <= np.sqrt(6 / 400), "some draws leave ±sqrt(6/(fan_in + fan_out))"
assert np.isclose(W.std(), np.sqrt(2 / 400), rtol=0.03), "the variance should equal xavier_normal's: did you use the std as the limit?"

# %% [markdown] id="he_normal_idea"
# ### He
# ReLU sets half of the signal to zero, so $\operatorname{E}[a^2]=\tfrac12\operatorname{Var}(z)$. Pay the factor back (He et al. 2015): $\operatorname{Var}(W)=2/n_{in}$.
#
# **Erratum.** The slide says std $2/\sqrt n$. That is $\sqrt2$ too large *per layer*: after 20 layers the signal is 1000 × too big. The experiment below shows it.
#
# {{exercise he_normal}}
#
# {{hints he_normal}}

# %% exercise="he_normal"
def he_normal(fan_in, fan_out, rng):
    """Draw W (fan_in, fan_out), normal, mean 0, variance 2 / fan_in, from rng."""
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), size=(fan_in, fan_out))
    ### END SOLUTION

# %% test="he_normal" points=5
import torch

W = he_normal(300, 100, np.random.default_rng(0))
assert W.shape == (300, 100), f"expected shape (300, 100), got {W.shape}"
assert np.isclose(W.std(), np.sqrt(2 / 300), rtol=0.03), "std should be sqrt(2/fan_in): root of the whole fraction, fan_in and not fan_out"
T = torch.nn.init.kaiming_normal_(torch.empty(100, 300), nonlinearity="relu")  # torch stores (fan_out, fan_in)
assert np.isclose(W.std(), float(T.std()), rtol=0.05), "torch.nn.init.kaiming_normal_ disagrees"

# %% [markdown] id="part2"
# ## Part 2 · Activations
#
# Backpropagation multiplies by $f'(z)$ at every layer. Each derivative below takes the **pre-activation** z, not the output.

# %% [markdown] id="sigmoid_idea"
# ### Sigmoid
# $$\sigma(z)=\frac1{1+e^{-z}},\qquad \sigma'(z)=\sigma(z)(1-\sigma(z))\le\tfrac14$$
# The best case, ¼, shrinks 20 layers of gradient to $10^{-12}$. For z = −1000, $e^{-z}$ overflows: only take the exponential of something negative.
#
# {{exercise sigmoid}}
#
# {{hints sigmoid}}

# %% exercise="sigmoid"
def sigmoid(z):
    """Return 1 / (1 + exp(-z)), any shape, no overflow for ±1e3."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))  # always in (0, 1]
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
    ### END SOLUTION


def sigmoid_prime(z):
    """Return the derivative of sigmoid at the pre-activation z."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2
    ### END SOLUTION

# %% test="sigmoid" points=5
z = np.array([-1e3, -2.0, 0.0, 2.0, 1e3])
with np.errstate(over="raise"):
    assert np.allclose(sigmoid(z), [0, 0.11920292, 0.5, 0.88079708, 1]), "sigmoid is off: check the sign in the exponent"
    assert np.allclose(sigmoid_prime(z), [0, 0.10499359, 0.25, 0.10499359, 0]), "sigmoid_prime takes z, not sigmoid(z)"

# %% [markdown] id="tanh_idea"
# ### Tanh
# $$\tanh(z)=\frac{1-e^{-2z}}{1+e^{-2z}},\qquad \tanh'(z)=1-\tanh^2(z)$$
# **Erratum.** The slide's $(1-e^{-z})/(1+e^{-z})$ is $\tanh(z/2)$: its slope at 0 is ½, so it loses half the gradient per layer. `np.tanh` is allowed.
#
# {{exercise tanh}}
#
# {{hints tanh}}

# %% exercise="tanh"
def tanh(z):
    """Return the hyperbolic tangent, any shape, safe for ±1e3."""
    ### BEGIN SOLUTION
    return np.tanh(z)
    ### END SOLUTION


def tanh_prime(z):
    """Return the derivative of tanh at the pre-activation z."""
    ### BEGIN SOLUTION
    return 1.0 - np.tanh(z) ** 2
    ### END SOLUTION

# %% test="tanh" points=4
z = np.array([-1e3, -1.0, 0.0, 1.0, 1e3])
assert np.allclose(tanh(z), [-1, -0.76159416, 0, 0.76159416, 1]), "is this tanh(z/2), the slide's formula? the exponent is -2z"
assert np.allclose(tanh_prime(z), [0, 0.41997434, 1, 0.41997434, 0]), "tanh_prime(0) is 1; the argument is z, not tanh(z)"

# %% [markdown] id="relu_idea"
# ### ReLU
# $\max(0,z)$: slope 1 on the right, exactly 0 on the left (S4.2: the *dying ReLU*). At the kink either one-sided slope, 0 or 1, is right.
#
# {{exercise relu}}
#
# {{hints relu}}

# %% exercise="relu"
def relu(z):
    """Return max(0, z), any shape."""
    ### BEGIN SOLUTION
    return np.maximum(z, 0.0)
    ### END SOLUTION


def relu_prime(z):
    """Return 1 where z > 0, else 0."""
    ### BEGIN SOLUTION
    return np.where(z > 0, np.ones_like(z), np.zeros_like(z))
    ### END SOLUTION

# %% test="relu" points=4
z = np.array([[-3.0, -0.1], [0.1, 3.0]])
assert np.allclose(relu(z), [[0, 0], [0.1, 3]]), "negatives become 0, positives stay"
assert np.allclose(relu_prime(z), [[0, 0], [1, 1]]), "the slope is 0 on the left and 1 on the right"

# %% [markdown] id="leaky_relu_idea"
# ### LeakyReLU
# A small slope α on the left lets a sleeping unit wake up: $\max(\alpha z, z)$ for $0\le\alpha\le1$ (S4.2; Xu et al. 2015).
#
# {{exercise leaky_relu}}
#
# {{hints leaky_relu}}

# %% exercise="leaky_relu"
def leaky_relu(z, alpha=0.01):
    """Return z where z > 0, else alpha * z; 0 <= alpha <= 1."""
    ### BEGIN SOLUTION
    return np.where(z > 0, z, alpha * z)
    ### END SOLUTION


def leaky_relu_prime(z, alpha=0.01):
    """Return 1 where z > 0, else alpha."""
    ### BEGIN SOLUTION
    return np.where(z > 0, np.ones_like(z), np.full_like(z, alpha))
    ### END SOLUTION

# %% test="leaky_relu" points=5
z = np.array([-2.0, 3.0])
assert np.allclose(leaky_relu(z, 0.1), [-0.2, 3]), "the left side is alpha * z: is alpha used?"
assert np.allclose(leaky_relu_prime(z, 0.1), [0.1, 1]), "the slope on the left is alpha"

# %% [markdown] id="elu_idea"
# ### ELU
# $$\mathrm{ELU}_\alpha(z)=\begin{cases}\alpha(e^z-1)&z<0\\z&z\ge0\end{cases},\qquad \mathrm{ELU}'_\alpha(z)=\begin{cases}\alpha e^z\\1\end{cases}$$
# Negative outputs pull the mean activation toward 0 (Clevert et al. 2015). `np.where` computes *both* branches: keep $e^z$ away from z = +1000.
#
# {{exercise elu}}
#
# {{hints elu}}

# %% exercise="elu"
def elu(z, alpha=1.0):
    """Return alpha * (exp(z) - 1) where z < 0, else z; no NaN for ±1e3."""
    ### BEGIN SOLUTION
    return np.where(z < 0, alpha * np.expm1(np.minimum(z, 0.0)), z)
    ### END SOLUTION


def elu_prime(z, alpha=1.0):
    """Return alpha * exp(z) where z < 0, else 1."""
    ### BEGIN SOLUTION
    return np.where(z < 0, alpha * np.exp(np.minimum(z, 0.0)), np.ones_like(z))
    ### END SOLUTION

# %% test="elu" points=6
z = np.array([-1e3, -1.0, 2.0, 1e3])
assert np.allclose(elu(z, 2.0), [-2, -1.26424112, 2, 1e3]), "alpha multiplies the whole bracket (exp(z) - 1)"
assert np.allclose(elu_prime(z, 2.0), [0, 0.73575888, 1, 1]), "the slope on the left is alpha * exp(z)"

# %% [markdown] id="prelu_idea"
# ### PReLU
# The slope is learned, one per feature (He et al. 2015). Its gradient collects, over the examples, what the left side let through:
# $$dz=dout\cdot\begin{cases}1&z>0\\\alpha\end{cases},\qquad d\alpha_j=\sum_i dout_{ij}\,z_{ij}\,[z_{ij}\le0]$$
#
# {{exercise prelu}}
#
# {{hints prelu}}

# %% exercise="prelu"
def prelu(z, alpha):
    """Return z where z > 0, else alpha * z; z (n, features), alpha (features,), any sign."""
    ### BEGIN SOLUTION
    return np.where(z > 0, z, alpha * z)
    ### END SOLUTION


def prelu_backward(dout, z, alpha):
    """Return (dz, dalpha): dz (n, features), dalpha (features,), summed over the examples (axis 0)."""
    ### BEGIN SOLUTION
    dz = np.where(z > 0, dout, alpha * dout)
    dalpha = np.where(z > 0, np.zeros_like(z), dout * z).sum(axis=0)
    return dz, dalpha
    ### END SOLUTION

# %% test="prelu" points=7
z = np.array([[-1.0, 2.0], [3.0, -4.0], [-5.0, -6.0]])
alpha = np.array([0.1, 1.5])
assert np.allclose(prelu(z, alpha), [[-0.1, 2], [3, -6], [-0.5, -9]]), "one alpha per column; np.maximum(alpha * z, z) fails for alpha > 1"
dz, dalpha = prelu_backward(np.ones_like(z), z, alpha)
assert np.allclose(dz, [[0.1, 1], [1, 1.5], [0.1, 1.5]]), "dz is dout, times alpha where z <= 0"
assert np.allclose(dalpha, [-6, -10]), "dalpha sums dout * z over the examples with z <= 0: sum, not mean, axis 0"

# %% [markdown] id="rrelu_idea"
# ### RReLU
# While training every negative element gets its own fresh slope from $U[\text{lower},\text{upper}]$; at test time the average slope is used (S4.2; Xu et al. 2015).
#
# {{exercise rrelu}}
#
# {{hints rrelu}}

# %% exercise="rrelu"
def rrelu(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    """Return z where z >= 0, else slope * z; training draws a slope per element, else (lower + upper) / 2."""
    ### BEGIN SOLUTION
    slope = rng.uniform(lower, upper, size=z.shape) if training else (lower + upper) / 2
    return np.where(z < 0, slope * z, z)
    ### END SOLUTION

# %% test="rrelu" points=6
z = -np.ones((50, 40))
out = rrelu(z, np.random.default_rng(0))
assert ((-out >= 1 / 8) & (-out <= 1 / 3)).all(), "slopes must lie in [lower, upper]"
assert len(np.unique(out)) == z.size, "draw a fresh slope for every element, not one for the batch"
assert np.allclose(rrelu(z, None, training=False), -(1 / 8 + 1 / 3) / 2), "at test time the slope is (lower + upper) / 2 and rng stays unused"

# %% [markdown] id="signal_through_layers_predict"
# ### Experiment · 25 layers, every initializer × activation
# **Predict:** which pairs still have a gradient at layer 1 after 25 layers? Where does the slide's He, std $2/\sqrt n$, end?

# %% experiment="signal_through_layers"
from coursekit.networks import stack_signal

INITS = {
    "N(0, 1)": lambda i, o, r: r.normal(size=(i, o)),
    "Xavier": xavier_normal,
    "Xavier uniform": xavier_uniform,
    "He": he_normal,
    "slide's He 2/√n": lambda i, o, r: r.normal(0, 2 / np.sqrt(i), size=(i, o)),
}
ACTS = {"sigmoid": (sigmoid, sigmoid_prime), "tanh": (tanh, tanh_prime), "relu": (relu, relu_prime),
        "leaky": (leaky_relu, leaky_relu_prime), "elu": (elu, elu_prime),
        "slide's tanh(z/2)": (lambda z: np.tanh(z / 2), lambda z: 0.5 * (1 - np.tanh(z / 2) ** 2))}


def signal(init, act, depth=25, width=100):
    rng = np.random.default_rng(0)
    weights = [INITS[init](width, width, rng) for _ in range(depth)]
    with np.errstate(all="ignore"):
        return stack_signal(rng.normal(size=(200, width)), weights, *ACTS[act], rng.normal(size=(200, width)))


figure, axes = fig.new(2, 3, width=11, height=5.5)
for ax, act in zip(axes.flat, ACTS):
    norms = {init: [np.sqrt((g**2).mean()) + 1e-30 for g in signal(init, act)[1]] for init in INITS}
    fig.curves(ax, norms, "layer", "gradient size", log=True, legend=act == "sigmoid")
    ax.set_title(act)
fig.show(figure, "Gradient size per layer for five initializers and six activations: sigmoid vanishes for all but N(0, 1), He holds for ReLU, the slide's He explodes.")
picked = [0, 6, 12, 24]
rows = {f"{a}, {i}": [signal(i, a)[0][k] for k in picked] for a, i in [("sigmoid", "N(0, 1)"), ("tanh", "N(0, 1)"), ("tanh", "Xavier"), ("relu", "Xavier"), ("relu", "He"), ("relu", "slide's He 2/√n")]}
fig.show(fig.histogram_grid(rows, [f"layer {k + 1}" for k in picked], "Activations on their way up"), "Histograms of activations at four layers for six pairs.")

# %% [markdown] id="signal_through_layers_why"
# <details><summary>What happened, and why</summary>
#
# He with ReLU holds the size of the signal; Xavier with tanh nearly does (tanh always takes a little). Xavier with ReLU loses $\sqrt{1/2}$ per layer, the slide's He gains $\sqrt2$ (×4000 over 24 layers), and the slide's tanh(z/2) halves every gradient. Sigmoid vanishes under every sensible start: its slope is at most ¼. Only N(0, 1) keeps its gradient, by accident: weights 10 × too large make up for slopes near 0, and the histograms show what is left of the signal: zeros and ones.
#
# </details>

# %% [markdown] id="xavier_one_over_root_predict"
# ### Experiment · The slide's Xavier on layers of different widths
# Each layer goes from 400 to 100 units or back. **Predict** what std $1/\sqrt{n_{in}}$ and $\sqrt{2/(n_{in}+n_{out})}$ do to one layer, forward and backward.

# %% experiment="xavier_one_over_root"
rng = np.random.default_rng(0)
figure, axes = fig.new(1, 2, width=8, sharey=True)
for ax, (i, o) in zip(axes[0], [(400, 100), (100, 400)]):
    for k, (name, std) in enumerate([("slide: 1/√fan_in", 1 / np.sqrt(i)), ("Xavier", np.sqrt(2 / (i + o)))]):
        W = rng.normal(0, std, size=(i, o)) if k == 0 else xavier_normal(i, o, rng)
        gains = [(rng.normal(size=(500, i)) @ W).std(), (rng.normal(size=(500, o)) @ W.T).std()]
        ax.bar(np.arange(2) + 0.35 * k - 0.18, gains, 0.33, color=fig.PALETTE[k], label=name)
    ax.axhline(1, color=fig.BLACK, linewidth=1)
    ax.set(xticks=[0, 1], xticklabels=["forward", "backward"], ylabel="size out / size in", title=f"{i} → {o} units")
axes[0, 0].legend(fontsize=8)
fig.show(figure, "Forward and backward gain of one layer for two initializers and two shapes.")

# %% [markdown] id="xavier_one_over_root_why"
# <details><summary>What happened, and why</summary>
#
# $1/\sqrt{n_{in}}$ is exact forward, but backward it multiplies by $\sqrt{n_{out}/n_{in}}$: ½ or 2. Xavier splits the error between the two directions. With equal widths they are the same.
#
# </details>

# %% [markdown] id="signal_play_idea"
# ### Play · initializer × activation × depth

# %% experiment="signal_play"
from coursekit import widgets as knobs


def draw_signal(init, act, depth):
    activations, gradients = signal(init, act, depth)
    sizes = {name: [np.sqrt((v**2).mean()) + 1e-30 for v in values] for name, values in [("activation", activations), ("gradient", gradients)]}
    fig.show(fig.layer_curves(sizes, f"{init} × {act}", "root mean square"), "Size of activations and gradients per layer.")


knobs.play(draw_signal, init=knobs.choice("initializer", list(INITS), "He"), act=knobs.choice("activation", list(ACTS), "relu"), depth=knobs.slider("depth", 5, 60, 25, 1))

# %% [markdown] id="shapes_idea"
# ### Play · shapes and slopes
# **Predict:** which curves have slope 1 at 0, and which have slope 0 far to the left?

# %% experiment="activation_shapes"
z = np.linspace(-5, 5, 401)


def draw_shapes(alpha=1.0):
    shapes = {"sigmoid": (sigmoid(z), sigmoid_prime(z)), "tanh": (tanh(z), tanh_prime(z)), "relu": (relu(z), relu_prime(z)),
              "leaky": (leaky_relu(z, alpha / 5), leaky_relu_prime(z, alpha / 5)), "elu": (elu(z, alpha), elu_prime(z, alpha))}
    figure, axes = fig.new(1, 2)
    for i, (name, pair) in enumerate(shapes.items()):
        for ax, values in zip(axes[0], pair):
            ax.plot(z, values, label=name, color=fig.PALETTE[i], linestyle=fig.LINES[i])
    axes[0, 0].set(title="f(z)", xlabel="z", ylim=(-2, 3))
    axes[0, 1].set(title="f'(z): what the gradient is multiplied by", xlabel="z")
    axes[0, 0].legend(fontsize=8)
    fig.show(figure, "Five activations and their derivatives.")


draw_shapes()
knobs.play(draw_shapes, alpha=knobs.slider("ELU α (leaky: α/5)", 0.0, 2.0, 1.0, 0.1))

# %% [markdown] id="ranking_predict"
# ### Experiment · Is the slide's ranking true here?
# Slide: ELU > LeakyReLU > ReLU > tanh > sigmoid, and Leaky *always* beats ReLU. **Predict** the order on the digits, and the slowest function.

# %% experiment="ranking"
import time

from coursekit.data import split_digits
from coursekit.layers import BatchNorm, Elementwise, LearnedSlope, RandomSlope
from coursekit.networks import build, train

digits = split_digits()
MAKE = {name: (lambda n, p=ACTS[name]: Elementwise(*p)) for name in ["sigmoid", "tanh", "relu", "leaky", "elu"]}
MAKE["prelu"] = lambda n: LearnedSlope(n, prelu, prelu_backward)
MAKE["rrelu"] = lambda n: RandomSlope(rrelu, np.random.default_rng(5))


def run(act, init, seed, data=digits, depth=5, epochs=5, lr=0.05, norm=None):
    rng = np.random.default_rng(seed)
    net = build([data.X_train.shape[1]] + [48] * depth + [10], init, MAKE[act], rng, norm)
    return net, train(net, data, epochs, lr, rng)


z_big = np.random.default_rng(0).normal(size=(1000, 200))
figure, axes = fig.new(1, 2)
for k, act in enumerate(MAKE):
    init = xavier_normal if act in ("sigmoid", "tanh") else he_normal
    scores = np.array([run(act, init, seed, epochs=10)[1].test_accuracy for seed in range(3)])
    layer, start = MAKE[act](200), time.perf_counter()
    for _ in range(5):
        layer.forward(z_big, True)
    axes[0, 0].plot(scores[:, 4], [k - 0.15] * 3, "x", color=fig.PALETTE[k], label="5 epochs" if k == 0 else None)
    axes[0, 0].plot(scores[:, -1], [k + 0.15] * 3, "o", color=fig.PALETTE[k], label="10 epochs" if k == 0 else None)
    axes[0, 1].barh(k, 200 * (time.perf_counter() - start), color=fig.PALETTE[k])
MAKE_NAMES = list(MAKE)
axes[0, 0].legend(loc="center left", fontsize=8)
for ax, label in zip(axes[0], ["test accuracy, 3 seeds", "ms per 200 000 values"]):
    ax.set(yticks=range(7), yticklabels=MAKE_NAMES, xlabel=label)
fig.show(figure, "Test accuracy and time of seven activations on the digits.")

# %% [markdown] id="ranking_why"
# <details><summary>What happened, and why</summary>
#
# Sigmoid is stuck near chance. After 5 epochs ELU leads; after 10 much of the lead is gone; ReLU and LeakyReLU overlap within the spread of three seeds: the ranking depends on the budget. “Always beats” holds for the papers' experiments, not as a law. The speeds are those of plain NumPy on your machine, and noisy: run it twice before ranking them. `np.where`, random draws and exponentials all cost more than one maximum.
#
# </details>

# %% [markdown] id="dying_relu_predict"
# ### Experiment · Dead ReLUs, leaky ones that wake
# The first layer's biases start at −2, so most of its units are off on every example. **Predict:** what does training do to them?

# %% experiment="dying_relu"
figure, axes = fig.new(width=6)
series = {}
MAKE["leaky, α = 0.2"] = lambda n: Elementwise(lambda z: leaky_relu(z, 0.2), lambda z: leaky_relu_prime(z, 0.2))
for act in ["relu", "leaky", "leaky, α = 0.2"]:
    rng = np.random.default_rng(0)
    net = build([64, 48, 48, 10], he_normal, MAKE[act], rng)
    net.layers[0].params[1][:] = -2.0
    dead = []

    def watch(step, net):
        if step % 20 == 0:
            net.forward(digits.X_train)
            dead.append((net.layers[1].z <= 0).all(axis=0).mean())

    train(net, digits, 20, 0.1, rng, after_step=watch)
    series[act] = dead
fig.curves(axes[0, 0], series, "step", "share of units off")
axes[0, 0].set(xticks=[5, 10, 15, 20], xticklabels=[100, 200, 300, 400], ylim=(0.75, 1.02), title="First-layer units that are off on every example")
fig.show(figure, "Share of dead units over training for ReLU and LeakyReLU.")

# %% [markdown] id="dying_relu_why"
# <details><summary>What happened, and why</summary>
#
# A unit that is off on every example has gradient exactly 0 under ReLU: nothing in it can move. The leak passes α of the gradient, so a leaky unit can drift back. With the usual α = 0.01 that takes far longer than these 420 steps; with α = 0.2 you see units wake.
#
# </details>

# %% [markdown] id="prelu_data_predict"
# ### Experiment · PReLU on a small and a larger set
# The slide: PReLU shines on large sets and may overfit small ones. **Predict** the gap to ReLU with 100 and 1,037 examples.

# %% experiment="prelu_data"
figure, axes = fig.new(width=6)
for k, act in enumerate(["relu", "prelu"]):
    for j, n in enumerate([100, 1037]):
        scores = [run(act, he_normal, s, split_digits(n), 3, 60 if n == 100 else 6)[1].test_accuracy[-1] for s in range(3)]
        axes[0, 0].plot([j + 0.1 * k] * 3, scores, fig.MARKERS[k], color=fig.PALETTE[k], label=act if j == 0 else None)
axes[0, 0].set(xticks=[0.05, 1.05], xlim=(-0.45, 1.55), xticklabels=["100 examples", "1,037 examples"], ylabel="test accuracy, 3 seeds")
axes[0, 0].legend()
fig.show(figure, "Test accuracy of ReLU and PReLU with few and many examples.")

# %% [markdown] id="prelu_data_why"
# <details><summary>What happened, and why</summary>
#
# One extra number per unit is a small change to a net of thousands of weights: compare the difference with the spread over seeds before you believe either claim.
#
# </details>

# %% [markdown] id="part3"
# ## Part 3 · Data normalization

# %% [markdown] id="standardizer_idea"
# ### Standardizer
# $x'=(x-\mu)/\sigma$, per feature (S4.2). Fit on the training data **only**; test data use the same numbers. A feature that never changes has σ = 0: divide it by 1.
#
# {{exercise standardizer}}
#
# {{hints standardizer}}

# %% exercise="standardizer"
def fit_standardizer(X):
    """Return (mean, std) over the examples of X (n, d); each (d,)."""
    ### BEGIN SOLUTION
    constant = X.max(axis=0) == X.min(axis=0)
    return X.mean(axis=0), np.where(constant, np.ones_like(X[0]), X.std(axis=0))
    ### END SOLUTION


def standardize(X, mean, std):
    """Return (X - mean) / std; a constant feature gives no NaN or inf."""
    ### BEGIN SOLUTION
    return (X - mean) / std
    ### END SOLUTION

# %% test="standardizer" points=6
X = np.random.default_rng(0).normal(5.0, 3.0, size=(200, 3))
X[:, 2] = 7.0
mean, std = fit_standardizer(X)
out = standardize(X, mean, std)
assert mean.shape == (3,) and std.shape == (3,), "one mean and one std per feature: axis 0"
assert np.isfinite(out).all(), "the constant feature divides by 0: guard it"
assert np.allclose(out[:, :2].mean(axis=0), 0) and np.allclose(out[:, :2].std(axis=0), 1, atol=0.01), "each feature should come out with mean 0 and std 1"

# %% [markdown] id="scaling_pictures_predict"
# ### Experiment · Three scatter plots, and a change of light
# **Predict:** a net trained on raw pixels sees brighter test images. And one that takes out each image's own mean and spread?

# %% experiment="scaling_pictures"
rng = np.random.default_rng(0)
cloud = rng.normal(size=(300, 2)) @ np.array([[3.0, 1.0], [0.0, 0.7]]) + [6, 3]
mean, std = fit_standardizer(cloud)
figure, axes = fig.new(1, 4, width=12)
for ax, points, title in zip(axes[0], [cloud, cloud - mean, standardize(cloud, mean, std)], ["raw", "x − μ", "(x − μ)/σ"]):
    ax.plot(*points.T, ".", color=fig.BLUE, alpha=0.5)
    ax.set(title=title, xlim=(-10, 15), ylim=(-10, 15), aspect="equal")


def per_image(X):
    return standardize(X.T, *fit_standardizer(X.T)).T


shifts = np.linspace(0, 1, 6)
for k, (name, prepare) in enumerate({"raw": lambda X: X, "each image standardized": per_image}.items()):
    data = digits._replace(X_train=prepare(digits.X_train), X_test=prepare(digits.X_test))
    net, _ = run("relu", he_normal, 0, data, 2, 8)
    axes[0, 3].plot(shifts, [net.accuracy(prepare(digits.X_test + s), digits.y_test) for s in shifts], label=name, **fig.styled(k))
axes[0, 3].set(title="brighter test images", xlabel="brightness added", ylabel="accuracy", ylim=(0, 1.02))
axes[0, 3].legend(fontsize=7)
fig.show(figure, "Three scatter plots of normalization, and accuracy against brightness with and without it.")

# %% [markdown] id="scaling_pictures_why"
# <details><summary>What happened, and why</summary>
#
# Brightness adds one number to all pixels of an image; subtracting the image's own mean removes it exactly. Per-*feature* training statistics would not: they are fixed before the light changes.
#
# </details>

# %% [markdown] id="part4"
# ## Part 4 · Batch normalization
#
# Normalize not only the input but what enters *every* activation, with the statistics of the mini-batch (Ioffe & Szegedy 2015; S4.2, C).

# %% [markdown] id="batchnorm_forward_idea"
# ### Forward
# $$\mu=\tfrac1n\sum_i x_i,\quad \mathrm{var}=\tfrac1n\sum_i(x_i-\mu)^2,\quad \hat x=\frac{x-\mu}{\sqrt{\mathrm{var}+\epsilon}},\quad out=\gamma\hat x+\beta$$
# At test time one example has no batch, so running averages stand in: running ← momentum · running + (1 − momentum) · batch.
# torch's `momentum` is the *other* weight: momentum 0.9 here is `BatchNorm1d(momentum=0.1)` there (and torch's running variance is unbiased, 1/(n−1)).
#
# {{exercise batchnorm_forward}}
#
# {{hints batchnorm_forward}}

# %% exercise="batchnorm_forward"
def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.9, eps=1e-5):
    """Normalize x (n, d) per feature; return (out, cache, running_mean, running_var).

    Training: batch mean and biased variance (1/n); running = momentum * running + (1 - momentum) * batch.
    Not training: running statistics normalize and come back unchanged. Changes no argument.
    """
    ### BEGIN SOLUTION
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    inv_std = 1.0 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, inv_std, gamma), running_mean, running_var
    ### END SOLUTION

# %% test="batchnorm_forward" points=10
import torch

x = np.random.default_rng(0).normal(4.0, 2.0, size=(64, 3))
gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, -1.0])
out, cache, rm, rv = batchnorm_forward(x, gamma, beta, np.zeros(3), np.ones(3), True)
assert np.allclose(out.mean(axis=0), beta) and np.allclose(out.std(axis=0), gamma, atol=1e-3), "out should have mean beta and std gamma per feature: axis 0, root of var"
assert np.allclose(rm, 0.1 * x.mean(axis=0)), "momentum weighs the OLD average (0.9); torch's convention is the opposite"
layer = torch.nn.BatchNorm1d(3, momentum=0.1).double()
assert np.allclose(layer(torch.tensor(x)).detach().numpy() * gamma + beta, out), "torch.nn.BatchNorm1d disagrees: is the variance biased (1/n)?"
still, _, rm2, rv2 = batchnorm_forward(x[:1], gamma, beta, rm, rv, False)
assert np.allclose(rm2, rm) and np.allclose(rv2, rv), "outside training the running statistics stay"
assert np.allclose(still, gamma * (x[:1] - rm) / np.sqrt(rv + 1e-5) + beta), "outside training the running statistics normalize"

# %% [markdown] id="batchnorm_backward_idea"
# ### Backward
# μ and var depend on every example, so each $dx_i$ hears about all the others. With $d\hat x=\gamma\,dout$:
# $$dx=\frac{1}{\sqrt{\mathrm{var}+\epsilon}}\Big(d\hat x-\overline{d\hat x}-\hat x\;\overline{d\hat x\cdot\hat x}\Big),\quad d\gamma=\sum_i dout\cdot\hat x,\quad d\beta=\sum_i dout$$
# (bars are means over the batch). Going through the graph node by node is equally right.
#
# {{exercise batchnorm_backward}}
#
# {{hints batchnorm_backward}}

# %% exercise="batchnorm_backward"
def batchnorm_backward(dout, cache):
    """Return (dx, dgamma, dbeta) for a training-mode forward; dx (n, d), the others (d,), summed over the batch."""
    ### BEGIN SOLUTION
    x_hat, inv_std, gamma = cache
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
    ### END SOLUTION

# %% test="batchnorm_backward" points=12
import torch

rng = np.random.default_rng(1)
x, dout = rng.normal(2.0, 3.0, size=(6, 2)), rng.normal(size=(6, 2))
gamma, beta = np.array([1.5, -0.5]), np.zeros(2)
_, cache, _, _ = batchnorm_forward(x, gamma, beta, np.zeros(2), np.ones(2), True)
dx, dgamma, dbeta = batchnorm_backward(dout, cache)
t = torch.tensor(x, requires_grad=True)
(torch.nn.functional.batch_norm(t, None, None, torch.tensor(gamma), None, training=True) * torch.tensor(dout)).sum().backward()
assert np.allclose(dbeta, dout.sum(axis=0)), "dbeta is the sum of dout over the batch"
assert dgamma.shape == (2,), "dgamma is summed over the batch"
assert np.allclose(dx, t.grad.numpy()), "dx differs from torch: are mean and variance treated as constants?"

# %% id="buggy_code" setup=true
def numerical_gradient(f, x, h=1e-5):
    """Return the central-difference gradient of the scalar f at x, element by element."""
    x, gradient = x.copy(), np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] = kept
    return gradient


def buggy_batchnorm_backward(dout, x, gamma, eps=1e-5):
    """Backward through the graph, node by node. One line is wrong."""
    n = len(x)
    centred = x - x.mean(axis=0)
    inv_std = 1.0 / np.sqrt((centred**2).mean(axis=0) + eps)
    dgamma = (dout * centred * inv_std).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 * inv_std**2
    dmean = -(dx_hat * inv_std).sum(axis=0)
    dx = dx_hat * inv_std + dvar * 2.0 * centred / n + dmean / n
    return dx, dgamma, dbeta

# %% [markdown] id="bug_hunt_idea"
# ### Bug hunt
# The code above trains, a little badly, and no shape is wrong. One line on the way to `dx` is. Compare it with
# `numerical_gradient` on data of standard deviation 1, then 5: why does the first hide the bug? Write the mended function.
#
# {{exercise bug_hunt}}
#
# {{hints bug_hunt}}

# %% exercise="bug_hunt"
def repaired_batchnorm_backward(dout, x, gamma, eps=1e-5):
    """Return (dx, dgamma, dbeta) as buggy_batchnorm_backward should have."""
    ### BEGIN SOLUTION
    n = len(x)
    centred = x - x.mean(axis=0)
    inv_std = 1.0 / np.sqrt((centred**2).mean(axis=0) + eps)
    dgamma = (dout * centred * inv_std).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 * inv_std**3  # d(var + eps)^(-1/2) = -1/2 (var + eps)^(-3/2)
    dmean = -(dx_hat * inv_std).sum(axis=0)
    dx = dx_hat * inv_std + dvar * 2.0 * centred / n + dmean / n
    return dx, dgamma, dbeta
    ### END SOLUTION

# %% test="bug_hunt" points=4
rng = np.random.default_rng(2)
x, dout, gamma = rng.normal(0.0, 5.0, size=(6, 2)), rng.normal(size=(6, 2)), np.array([1.5, -0.5])


def objective(x):
    return float((dout * gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)).sum())


dx = repaired_batchnorm_backward(dout, x, gamma)[0]
assert np.allclose(dx, numerical_gradient(objective, x), atol=1e-6), "dx still differs from the numerical gradient: look at the power of the standard deviation"

# %% [markdown] question="why_batchnorm_bias" points=6
# ### In your own words
# A layer computes `z = X @ W + b` and batch normalization follows. Why is `b` redundant, what happens to its gradient, and which parameter does its job?
#
# ### BEGIN SOLUTION
# Batch normalization subtracts the batch mean of z. A bias adds the same b to every example, so it adds b to the mean as well and cancels: the output does not depend on b.
# Its gradient is therefore exactly 0 (the columns of dx sum to 0) and b never learns. β, added after the normalization, is the shift that remains: z = X @ W suffices.
# ### END SOLUTION

# %% [markdown] id="bn_init_scales_predict"
# ### Experiment · Batch normalization against the scale of the start
# **Predict:** at which weight scales does a 6-layer tanh net learn, without and with BN?

# %% experiment="bn_init_scales"
def norm(n):
    return BatchNorm(n, batchnorm_forward, batchnorm_backward)


def scaled(s):
    return lambda i, o, r: s * r.normal(size=(i, o))


def draw_bn(scale):
    figure, axes = fig.new(width=6)
    fig.curves(axes[0, 0], {name: run("tanh", scaled(scale), 0, depth=6, epochs=2, norm=n)[1].losses for name, n in [("plain", None), ("batch norm", norm)]}, "step", "training loss")
    axes[0, 0].set_title(f"weights N(0, {scale}²)")
    fig.show(figure, "Training loss with and without batch normalization.")


scales = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
figure, axes = fig.new(width=6)
for k, (name, n) in enumerate([("plain", None), ("batch norm", norm)]):
    axes[0, 0].semilogx(scales, [np.mean(run("tanh", scaled(s), 0, depth=6, epochs=4, norm=n)[1].losses[-10:]) for s in scales], label=name, **fig.styled(k))
axes[0, 0].set(xlabel="std of the initial weights", ylabel="loss after 4 epochs")
axes[0, 0].legend()
fig.show(figure, "Loss after four epochs against the initial weight scale, with and without batch normalization.")
knobs.play(draw_bn, scale=knobs.slider("weight std", 0.01, 2.0, 0.1, 0.01))

# %% [markdown] id="bn_init_scales_why"
# <details><summary>What happened, and why</summary>
#
# x̂ does not change when z is multiplied by a constant, so the scale of W hardly matters to the forward pass: BN nets train from a wider range of starts (S4.2: much less sensitive to the initial weights). Not from all: the gradient of W is divided by that constant, so a start that is far too large learns slowly.
#
# </details>

# %% [markdown] id="bn_noise_cost_predict"
# ### Experiment · Redundant bias, noisy statistics, cost
# **Predict:** how does the noise of the batch mean fall with batch size? How much does inference slow down?

# %% experiment="bn_noise_cost"
rng = np.random.default_rng(0)
z = rng.normal(2, 3, size=(256, 48))
one, zero = np.ones(48), np.zeros(48)
a = batchnorm_forward(z, one, zero, zero, one, True)[0]
b = batchnorm_forward(z + rng.normal(size=48), one, zero, zero, one, True)[0]
print("a bias before batch norm changes the output by at most", f"{abs(a - b).max():.1e}")
batches = [2, 4, 8, 16, 32, 64, 128, 256]
noise = [np.std([rng.choice(digits.X_train[:, 20], m).mean() for _ in range(300)]) for m in batches]
figure, axes = fig.new(1, 2)
axes[0, 0].loglog(batches, noise, **fig.styled(0))
axes[0, 0].set(xlabel="batch size", ylabel="std of the batch mean")
NETS = [("ELU + He", "elu", None), ("ReLU + BN", "relu", norm), ("ELU + BN", "elu", norm)]
for k, (_, act, n) in enumerate(NETS):
    net, _ = run(act, he_normal, 0, epochs=1, norm=n)
    start = time.perf_counter()
    for _ in range(20):
        net.forward(digits.X_test)
    axes[0, 1].barh(k, 50 * (time.perf_counter() - start), color=fig.PALETTE[k])
axes[0, 1].set(yticks=range(3), yticklabels=[name for name, *_ in NETS], xlabel="ms per forward pass of 400 digits")
fig.show(figure, "Noise of the batch mean against batch size, and inference time with and without batch normalization.")

# %% [markdown] id="bn_noise_cost_why"
# <details><summary>What happened, and why</summary>
#
# The noise falls as $1/\sqrt m$: that is why BN regularizes less with large batches (C). A bias cancels to rounding. At inference the running statistics are constants and could be folded into W and b for free.
#
# </details>

# %% [markdown] id="covariate_shift_predict"
# ### Experiment · Internal covariate shift, measured
# **Predict:** how far does the input of the third activation wander during training, with and without BN?

# %% experiment="covariate_shift"
series = {}
for name, n in [("plain", None), ("batch norm", norm)]:
    rng = np.random.default_rng(0)
    net, drift = build([64, 48, 48, 48, 10], he_normal, MAKE["relu"], rng, n), []

    def watch(step, net):
        z = [layer.z for layer in net.layers if isinstance(layer, Elementwise)][2]
        drift.append(z.std(axis=0).mean())

    train(net, digits, 5, 0.1, rng, after_step=watch)
    series[name] = drift
figure, axes = fig.new(width=6)
fig.curves(axes[0, 0], series, "step", "mean std of z at layer 3")
fig.show(figure, "Spread of pre-activations at layer 3 over training, with and without batch normalization.")

# %% [markdown] id="covariate_shift_why"
# <details><summary>What happened, and why</summary>
#
# With BN, γ alone sets the spread, so what the next layer receives changes slowly. Whether this is *why* BN helps is disputed (Santurkar et al. 2018).
#
# </details>

# %% [markdown] id="part5"
# ## Part 5 · Gradient clipping
#
# When the gradient explodes anyway, above all in recurrent nets, cut it before the step (S4.2; Pascanu et al. 2013).

# %% [markdown] id="clip_by_value_idea"
# ### By value
# Push each element into [−limit, limit]. Simple, but the *direction* of the step changes.
#
# {{exercise clip_by_value}}
#
# {{hints clip_by_value}}

# %% exercise="clip_by_value"
def clip_by_value(grads, limit):
    """Return new arrays with every element in [-limit, limit]."""
    ### BEGIN SOLUTION
    return [np.clip(g, -limit, limit) for g in grads]
    ### END SOLUTION

# %% test="clip_by_value" points=3
grads = [np.array([3.0, -0.5]), np.array([[-9.0]])]
a, b = clip_by_value(grads, 1.0)
assert np.allclose(a, [1, -0.5]) and np.allclose(b, [[-1]]), "clip both ends, element by element"
assert grads[0][0] == 3.0, "the caller's arrays were changed"

# %% [markdown] id="clip_by_global_norm_idea"
# ### By global norm
# One norm over *all* arrays, $\|g\|=\sqrt{\sum_k\|g_k\|^2}$; scale everything by $\min(1,\text{max\_norm}/\|g\|)$. The direction survives; small gradients are left alone.
#
# {{exercise clip_by_global_norm}}
#
# {{hints clip_by_global_norm}}

# %% exercise="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    """Return (grads, norm): scaled so that their joint norm is at most max_norm, and the norm before."""
    ### BEGIN SOLUTION
    norm = float(np.sqrt(sum(np.sum(np.square(g)) for g in grads)))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [g * scale for g in grads], norm
    ### END SOLUTION

# %% test="clip_by_global_norm" points=7
grads = [np.array([3.0, 0.0]), np.array([[4.0]])]
clipped, norm = clip_by_global_norm(grads, 1.0)
assert np.isclose(norm, 5.0), "one norm over the whole list, before clipping: sqrt(9 + 16)"
assert np.allclose(clipped[0], [0.6, 0]) and np.allclose(clipped[1], [[0.8]]), "scale every array by max_norm / norm"
assert np.allclose(clip_by_global_norm(grads, 50.0)[0][0], [3, 0]), "never scale up"
assert np.isfinite(clip_by_global_norm([np.zeros(2)], 1.0)[0][0]).all(), "all-zero gradients give 0/0"

# %% [markdown] id="rnn_clipped_predict"
# ### Experiment · A recurrent net that explodes, and is clipped
# The same matrix acts 40 times. **Predict** the gradient norm when its largest singular value is 1.3.

# %% experiment="rnn_clipped"
def rnn_gradients(scale, steps=40):
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(10, 10)))[0] * scale
    h, states = rng.normal(size=(1, 10)) * 1e-3, []
    for _ in range(steps):
        states.append(h)
        h = tanh(h @ Q)
    g, dQ = np.ones((1, 10)), np.zeros_like(Q)
    for h in reversed(states):
        dz = g * tanh_prime(h @ Q)
        dQ += h.T @ dz
        g = dz @ Q.T
    return [dQ, g]


def draw_clip(threshold):
    scales = np.linspace(0.8, 1.4, 25)
    figure, axes = fig.new(width=6.5)
    raw = [clip_by_global_norm(rnn_gradients(s), threshold) for s in scales]
    axes[0, 0].semilogy(scales, [norm for _, norm in raw], label="before", **fig.styled(0))
    axes[0, 0].semilogy(scales, [np.sqrt(sum((g**2).sum() for g in gs)) for gs, _ in raw], label="clipped by global norm", **fig.styled(1))
    axes[0, 0].set(xlabel="singular values of the recurrent matrix", ylabel="gradient norm")
    axes[0, 0].legend()
    fig.show(figure, "Gradient norm against the recurrent scale, before and after clipping.")


draw_clip(5.0)
knobs.play(draw_clip, threshold=knobs.slider("max_norm", 0.5, 50.0, 5.0, 0.5))

# %% [markdown] id="rnn_clipped_why"
# <details><summary>What happened, and why</summary>
#
# Forty factors above 1 explode, forty below 1 vanish; far above 1 tanh saturates, and its small slopes hold the product back. Clipping caps the step and keeps its direction; it does nothing for vanishing.
#
# </details>

# %% [markdown] id="can_do"
# ## What you can now do
#
# - choose an initializer for an activation, and say what goes wrong with the other one;
# - write every activation so that it neither overflows nor lies about its slope;
# - normalize data with training statistics only;
# - write batch normalization forward and backward, and find a wrong gradient by measuring it;
# - clip an exploding gradient without turning it;
# - ask of “always beats”: on what, by how much, over how many seeds?
