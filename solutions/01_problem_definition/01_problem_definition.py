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

# %% [markdown] id="intro" covers="S4.1.goal"
# # Lesson 1 · What training tries to reach, and what stands in its way
#
# A network is a function with adjustable numbers in it. *Training* turns those numbers until the function does what we want on data it has **not** seen.
# The slides (S4.1) put it in one line: *convergence to a good minimum, without overfitting*. Each half of that line can fail:
#
# - training may not get there: the gradient **vanishes or explodes** on its way through the layers, or descent is just **slow**;
# - training may get there and have learned the wrong thing: the examples by heart (**overfitting**), or too little (**underfitting**).
#
# This lesson builds the smallest model in which all of that can be seen, softmax regression, and meets every one of these troubles once, with a number and a figure.
# The other five lessons take them away again, one at a time. The whole lesson takes {{time}}; the cards say how long each exercise takes someone new to it.
#
# | part | what you write | what you will see |
# |---|---|---|
# | 1 The model | softmax, hardmax, cross-entropy, its gradient, a training loop, a bug hunt | linear boundaries; handwritten digits read with about 95 % accuracy |
# | 2 The goal | a diagnosis of the fit | three polynomials, three classifiers, and the gap between training and test error |
# | 3 Obstacle one: the signal | statistics of every layer, the saturated share | a deep sigmoid net whose layers end at 0 and 1 |
# | 4 Obstacle two: the landscape | the type of a critical point | saddles everywhere, bad minima hardly anywhere, and plateaus that cost thousands of steps |

# %% [markdown] id="course_map" covers="S4.1.slow,S4.1.regularization"
# ## The map of the course
#
# One net goes through all six lessons: a net that reads handwritten digits of 8 × 8 pixels. Here it is born with a single layer. Then it gets deeper, and into trouble.
#
# | lesson | the trouble | the way out |
# |---|---|---|
# | **1 Problem definition** | **one layer draws only straight lines; a deep sigmoid net saturates** | **know the goal: a small test error** |
# | 2 Vanishing gradients (S4.2) | with eight layers nothing arrives at the first one | initialization, activations, normalization, clipping |
# | 3 Optimizers (S4.3) | the gradient arrives, but plain descent is slow | momentum, Adam, schedules |
# | 4 Regularization (S4.4) | it learns the training digits by heart | stopping early, penalties, dropout, more data |
# | 5 Transfer learning (S4.5) | there are few labelled examples | layers that were trained before |
# | 6 Hyperparameter tuning (notes C) | too many knobs | searching well |
#
# What you write in one lesson comes back in the next: the loss and the gradient of Part 1 drive every net up to the capstone in lesson 6, where your net is scored on digits nobody has seen.

# %% [markdown] id="notation"
# ## Notation: rows here, columns in the notes
#
# In this course **examples run along the first axis**. `X` has shape `(n, d)`: n examples with d features each. A layer is
#
# $$Z = X\,W + b,\qquad X: (n, d),\quad W: (d, k),\quad b: (k,),\quad Z: (n, k),$$
#
# in code `X @ W + b`; b is added to every row. The notes C write one example as a *column* $a$ and a layer as $z = W a + b$, with $W$ of shape $(k, d)$.
# Both say the same: their $W$ is our `W.T`, their matrix of examples is our `X.T`, and $(XW)^\top = W^\top X^\top$. Rows are what NumPy, torch and most data files use.
#
# | | this course | notes C |
# |---|---|---|
# | one example | a row of `X` | a column $a^{[0]}$ |
# | a layer | `X @ W + b`, `W (fan_in, fan_out)` | $W a + b$, $W$ (fan_out, fan_in) |
# | gradient of the weights | `X.T @ dZ` | $dz\, a^\top$ |
# | sum over the examples | `axis=0` | over columns |
#
# `labels` holds integers `(n,)`, losses are **means** over the examples, logarithms are natural.

# %% [markdown] id="how_to_work"
# ## How to work with this notebook
#
# 1. Each exercise has a card (points, difficulty, minutes), folded hints, a cell with a docstring to fill in, and a cell of **checks** below it. The checks name the likely cause when something is off. Passing them is a good sign; the full judge tries many more inputs.
# 2. On your own, run `%load_ext autograde` once. Then `%check softmax` gives the judge's verdict, `%hint softmax` the next hint, `%solution softmax` the solution, and `%progress` your marks so far. In a course, *Validate* runs the checks and *Submit* hands in.
# 3. Every experiment runs **on your own functions**. Say your prediction aloud, run it, explain what you see, and only then unfold the explanation. A wrong prediction teaches more than a right plot.
# 4. An experiment that stops with `NotImplementedError` waits for an exercise above it.

# %% [markdown] id="warm_up"
# ## Warm-up
# No earlier lesson to recall yet. Four questions to see what you bring along:
#
# <details><summary>1. What are the shapes in X @ W + b when X is (5, 64) and there are 10 classes?</summary>
#
# W is (64, 10), b is (10,), the result is (5, 10): one row of ten numbers for each example.
#
# </details>
# <details><summary>2. What does A.sum(axis=0) do to an array of shape (n, k)?</summary>
#
# It walks down the rows and leaves k column sums, shape (k,). The axis you name is the one that disappears.
#
# </details>
# <details><summary>3. What is exp(1000) in floating point, and what is inf/inf?</summary>
#
# exp(1000) overflows to inf (the largest float64 is about exp(709)), and inf/inf is NaN. You will avoid both.
#
# </details>
# <details><summary>4. At a point where the gradient is zero, are you at a minimum?</summary>
#
# Not necessarily: a maximum, a saddle and a flat spot have zero gradient too. Part 4 counts them.
#
# </details>

# %% id="setup" setup=true
from coursekit import check_environment  # before NumPy: it asks for one thread

import numpy as np

check_environment()

# %% [markdown] id="first_look_predict"
# ## First look · the data of the course
# The digits of the UCI optical recognition set: 8 × 8 pixels, values from 0 to 1, labels 0 … 9. We train on 1,037 of them and test on 400 others.
#
# **Predict:** what accuracy does a guess reach? And what does the *average* picture of each class look like: could a template of 64 numbers tell a 3 from an 8?

# %% experiment="first_look"
%matplotlib inline
from coursekit import figures as fig
from coursekit.data import split_digits
from coursekit.pictures import picture_grid

fig.use_style()
digits = split_digits()
images = digits.X_train.reshape(-1, 8, 8)
one_each = np.stack([images[digits.y_train == c][0] for c in range(10)])
means = np.stack([images[digits.y_train == c].mean(axis=0) for c in range(10)])
fig.show(picture_grid([("one example", one_each), ("class mean", means)], "Ten classes", marks=[str(c) for c in range(10)]),
         "Two rows of ten small pictures: one handwritten example of each digit from 0 to 9, and below it the blurred mean of all training images of that class.")
print(f"{len(digits.X_train)} training and {len(digits.X_test)} test images; the most frequent class makes up {np.bincount(digits.y_test).max() / len(digits.y_test):.0%} of the test set.")

# %% [markdown] id="part1"
# ## Part 1 · The model: softmax regression
#
# One layer, no hidden units: k scores per example, turned into k probabilities, compared with the true class. The last layer of nearly every classifier you will meet is exactly this.

# %% [markdown] id="softmax_idea" covers="C.softmax"
# ### Softmax
# The scores $z_1,\dots,z_k$ of one example (its **logits**) may be any numbers. Probabilities must be positive and sum to 1. The exponential makes them positive, the division makes them sum to 1:
#
# $$\hat y_c = \operatorname{softmax}(z)_c = \frac{e^{z_c}}{\sum_{j=1}^k e^{z_j}}.$$
#
# The notes C stress what is new here: earlier activations take one number and return one number; softmax takes a **vector** and returns a **vector**. Every output depends on every logit of its row, and on no other row.
#
# **Only differences count.** Adding a constant to all logits of a row multiplies numerator and denominator by the same factor. So we are free to subtract the row's maximum first:
# the largest exponent becomes $e^0=1$, nothing overflows, and the denominator is at least 1. Without that shift, a logit of 1,000 gives inf/inf.
#
# **Conventions.** `logits` is `(n, k)`; each row of the answer sums to 1; the argument stays as it is.
#
# {{exercise softmax}}
#
# {{hints softmax}}

# %% exercise="softmax"
def softmax(logits):
    """Return probabilities (n, k): exp(logits) over the row sums of exp(logits).

    logits (n, k), one row per example; right and finite for logits of ±1e4. Changes no argument.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)  # (n, k), largest entry of each row is 0
    e = np.exp(shifted)
    return e / e.sum(axis=1, keepdims=True)
    ### END SOLUTION

# %% test="softmax" points=9
from coursekit.loading import load_torch

torch = load_torch(optimizers=False)

z = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
probs = softmax(z)
assert probs.shape == (2, 3), f"expected shape (2, 3), got {probs.shape}"
assert np.allclose(probs.sum(axis=1), 1), "each row should sum to 1: sum along axis=1 with keepdims=True"
assert np.allclose(probs[0], [0.09003057, 0.24472847, 0.66524096]), "the values are off: exp of each logit over the row's sum of exp"
assert np.allclose(softmax(np.array([[1e4, 9999.0], [-1e4, -1e4]])), [[0.73105858, 0.26894142], [0.5, 0.5]]), "large logits: subtract each row's own maximum before exp"
assert np.allclose(probs, torch.softmax(torch.tensor(z), dim=1).numpy()), "torch.softmax disagrees"
assert z[0, 2] == 3.0, "softmax changed the array it was given"

# %% [markdown] id="hardmax_idea" covers="C.hardmax"
# ### Hardmax
# Multiply all logits by a growing number β and softmax sharpens: in the limit the largest logit takes everything. That limit is the **hardmax**, a row of zeros with a single 1 (notes C).
# It is what you use to *decide*; it is useless to *train* with, because its slope is 0 wherever it has one. Softmax is the smooth stand-in that has a gradient.
#
# **Convention.** A tie goes to the first of the equal classes.
#
# {{exercise hardmax}}
#
# {{hints hardmax}}

# %% exercise="hardmax"
def hardmax(logits):
    """Return (n, k) of 0 and 1: a single 1 per row, at its largest logit; a tie goes to the first."""
    ### BEGIN SOLUTION
    onehot = np.zeros_like(logits)
    onehot[np.arange(len(logits)), logits.argmax(axis=1)] = 1.0
    return onehot
    ### END SOLUTION

# %% test="hardmax" points=7
z = np.array([[0.1, 0.3, 0.2], [5.0, 5.0, 1.0], [-2.0, -3.0, -1.0]])
onehot = hardmax(z)
assert onehot.shape == (3, 3), f"expected one row of k numbers per example, got shape {onehot.shape}"
assert np.array_equal(onehot.sum(axis=1), [1, 1, 1]), "each row has a single 1: does a tie give two?"
assert np.array_equal(onehot, [[0, 1, 0], [1, 0, 0], [0, 0, 1]]), "the 1 stands at the row's largest logit; a tie goes to the first"

# %% [markdown] id="sharpness_predict"
# ### Experiment · From softmax to hardmax
# The logits are (1, 2, 3) times a sharpness β (its inverse is called *temperature*). **Predict:** which β puts 99 % on the third class? What happens at β = 0?
#
# **Goal:** move the slider until the top class gets at least 0.99, with the smallest β that does it.

# %% experiment="sharpness"
from coursekit import widgets as knobs


def draw_sharpness(beta):
    z = np.array([[1.0, 2.0, 3.0]])
    betas = np.linspace(0, 8, 81)
    curves = np.array([softmax(b * z)[0] for b in betas])  # (81, 3)
    figure, axes = fig.steady(2, width=9)
    for c in range(3):
        axes[0, 0].plot(betas, curves[:, c], label=f"logit {c + 1}β", **{**fig.styled(c), "marker": None})
    axes[0, 0].axvline(beta, color=fig.BLACK, linewidth=1)
    axes[0, 0].set(xlabel="sharpness β", ylabel="probability", title="softmax(β z)")
    axes[0, 0].legend(fontsize=8)
    probs, hard = softmax(beta * z)[0], hardmax(z)[0]
    axes[0, 1].bar(np.arange(3) - 0.2, probs, 0.38, color=fig.BLUE, label="softmax")
    axes[0, 1].bar(np.arange(3) + 0.2, hard, 0.38, color=fig.ORANGE, label="hardmax")
    reached = probs[2] >= 0.99 and softmax((beta - 0.1) * z)[0, 2] < 0.99
    axes[0, 1].set(xticks=range(3), xticklabels=["class 0", "class 1", "class 2"], ylim=(0, 1.1), title=f"β = {beta:.1f}: top probability {probs[2]:.3f}" + ("  (goal reached)" if reached else ""))
    axes[0, 1].legend(fontsize=8)
    fig.show(figure, f"Left: the three probabilities against sharpness, equal at 0 and parting until one is near 1. Right: softmax and hardmax as bars at sharpness {beta:.1f}.")


knobs.play(draw_sharpness, beta=knobs.slider("sharpness β", 0.0, 8.0, 1.0, 0.1))

# %% [markdown] id="sharpness_why" covers="C.hardmax"
# <details><summary>What happened, and why</summary>
#
# At β = 0 all logits are equal and every class gets 1/3. The ratio of two probabilities is $e^{\beta(z_i-z_j)}$, so each class loses against the top by a factor that grows exponentially: $1/(1+e^{-\beta}+e^{-2\beta})\ge0.99$ needs $\beta\ge\ln 99+\dots\approx4.61$, so 4.7 on this slider. Hardmax never changes: it is the curve's limit, not a point on it.
#
# </details>

# %% [markdown] id="logistic_idea" covers="C.logistic"
# ### Two classes: logistic regression
# Softmax regression generalizes logistic regression (notes C). With k = 2, divide numerator and denominator by $e^{z_1}$:
#
# $$\hat y_1=\frac{e^{z_1}}{e^{z_0}+e^{z_1}}=\frac1{1+e^{-(z_1-z_0)}}=\sigma(z_1-z_0).$$
#
# One sigmoid of the *difference* of two logits. Two weight vectors are one more than needed: only $w_1-w_0$ matters. In general softmax has k − 1 free scores, which is the freedom we used for the shift.

# %% experiment="logistic"
pairs = np.random.default_rng(0).normal(0.0, 4.0, size=(1000, 2))
by_sigmoid = 1.0 / (1.0 + np.exp(-(pairs[:, 1] - pairs[:, 0])))
print(f"1,000 random pairs of logits: your softmax and the sigmoid of the difference differ by at most {abs(softmax(pairs)[:, 1] - by_sigmoid).max():.1e}.")

# %% [markdown] id="cross_entropy_idea" covers="C.likelihood"
# ### Cross-entropy
# How good are the probabilities? Look only at the one given to what really happened. If the examples are independent, the probability of all n labels together, the **likelihood**, is a product:
#
# $$L=\prod_{i=1}^n\hat y_{i,\,y_i}\qquad\Longrightarrow\qquad-\frac1n\log L=\frac1n\sum_{i=1}^n-\log\hat y_{i,\,y_i}.$$
#
# The right-hand side is the **cross-entropy** loss. Making it small makes the true classes probable, whichever they are: it is *maximum likelihood* (notes C). A product of thousands of numbers below 1 would underflow; a mean of logarithms does not.
# $e^{-\text{loss}}$ is the (geometric) mean probability of the true class: a guess among ten classes has loss $\ln 10\approx2.30$.
#
# **From logits, not from probabilities.** If the true class lies 1,000 below the top, its probability underflows to exactly 0 and the log of it is −inf. The logarithm of a quotient is a difference, and the difference is harmless:
#
# $$\log\hat y_c=z_c-\log\sum_je^{z_j}=s_c-\log\sum_je^{s_j},\qquad s=z-\max_jz_j.$$
#
# Adding an epsilon inside the logarithm, or clipping the probability, silences the −inf but caps the loss: the worst mistakes are no longer told apart. The next experiment shows the cap.
#
# {{exercise cross_entropy}}
#
# {{hints cross_entropy}}

# %% exercise="cross_entropy"
def cross_entropy(logits, labels):
    """Return the mean over the examples of -log(probability of the true class), a number.

    logits (n, k), labels (n,) integers in 0 … k-1; natural log; right and finite for logits of ±1e4.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (n, k)
    return -log_probs[np.arange(len(labels)), labels].mean()
    ### END SOLUTION

# %% test="cross_entropy" points=10
import torch

assert np.isclose(cross_entropy(np.zeros((4, 10)), np.array([0, 3, 3, 9])), np.log(10)), "equal logits give log(k): is it a mean, with the natural log?"
z, labels = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]), np.array([2, 1])
assert np.isclose(cross_entropy(z, labels), torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(labels)).item()), "torch's cross_entropy (it takes logits too) disagrees: pick log_probs[np.arange(n), labels]"
assert np.isclose(cross_entropy(np.array([[1e4, 0.0]]), np.array([1])), 1e4), "the true class 1e4 below the top has loss 1e4: log(softmax) gives inf, an epsilon caps it"
assert np.isclose(cross_entropy(np.array([[1e4, -1e4]]), np.array([0])), 0), "the true class far above the others has loss 0"

# %% [markdown] id="loss_forms_predict"
# ### Experiment · Four ways to write one loss
# One example, two classes; the true class lies *gap* below the other. The exact loss is $\log(1+e^{\text{gap}})\approx$ gap. **Predict** where each of the three popular shortcuts leaves the line.

# %% experiment="loss_forms"
gaps = np.concatenate([np.linspace(0, 45, 91), np.linspace(50, 1200, 231)])
two = np.stack([np.zeros_like(gaps), gaps], axis=1)  # the true class is 0
with np.errstate(divide="ignore"):
    p = softmax(two)[:, 0]
    forms = {
        "from logits (yours)": [cross_entropy(row[None, :], np.array([0])) for row in two],
        "log(softmax)": -np.log(p),
        "log(softmax + 1e-12)": -np.log(p + 1e-12),
        "log(clip(softmax, 1e-7))": -np.log(np.clip(p, 1e-7, 1)),
    }
figure, axes = fig.new(1, 2, width=10)
for ax, limit in zip(axes[0], [1200, 45]):
    for k, (name, values) in enumerate(forms.items()):
        fine = np.isfinite(values) & (gaps <= limit)
        ax.plot(gaps[fine], np.asarray(values)[fine], label=name, markevery=(3 * k, 24), **fig.styled(k))
    ax.set(xlabel="gap of the true class to the top", ylabel="loss")
axes[0, 0].axvline(745, color="0.5", linewidth=1)
axes[0, 0].text(760, 150, "log(softmax) is inf\nfrom here on", fontsize=8)
axes[0, 0].set_title("The exact loss grows with the gap")
axes[0, 1].set_title("Close up: where the caps begin")
axes[0, 0].legend(fontsize=8, loc="upper left")
fig.show(figure, "Loss against gap for four formulas. The one from logits is a straight line to 1200; log of softmax becomes infinite near 745; the epsilon version stays at 27.6 and the clipped one at 16.1.")

# %% [markdown] id="loss_forms_why" covers="C.likelihood"
# <details><summary>What happened, and why</summary>
#
# The smallest positive float64 is about $e^{-745}$, so log(softmax) ends there, and its gradient, computed through 1/p, is NaN. The epsilon form cannot exceed $-\ln10^{-12}=27.6$, the clipped one $-\ln10^{-7}=16.1$: beyond that the loss says nothing, and its slope is 0, exactly where the net is most wrong. This is why `torch.nn.functional.cross_entropy` takes logits: applying softmax before it is a classic mistake, a softmax of a softmax.
#
# </details>

# %% [markdown] id="cross_entropy_backward_idea" covers="C.dz"
# ### Its gradient: ŷ − y
# For one example, differentiate $\ell=-z_c+\log\sum_je^{z_j}$ with respect to every logit. The first term contributes −1 at the true class c, the second gives $e^{z_m}/\sum_je^{z_j}=\hat y_m$:
#
# $$\frac{\partial\ell}{\partial z_m}=\hat y_m-[m=c],\qquad\text{in the notes: } dz^{[L]}=\hat y-y.$$
#
# Prediction minus truth. It is never larger than 1 in any entry, it is 0 exactly when the net is sure and right, and it is near 1 when the net is sure and *wrong*: no saturation where it matters. Its rows sum to 0, because adding a constant to a row of logits changes nothing.
#
# **Convention.** The loss is a mean, so the gradient of the batch carries **1/n**.
#
# {{exercise cross_entropy_backward}}
#
# {{hints cross_entropy_backward}}

# %% exercise="cross_entropy_backward"
def cross_entropy_backward(logits, labels):
    """Return the gradient (n, k) of the mean cross-entropy with respect to the logits: (probs - onehot) / n.

    logits (n, k), labels (n,) integers; right for logits of ±1e4.
    """
    ### BEGIN SOLUTION
    dlogits = softmax(logits)  # a new array: safe to change
    dlogits[np.arange(len(labels)), labels] -= 1.0
    return dlogits / len(labels)
    ### END SOLUTION

# %% test="cross_entropy_backward" points=9
import torch

z, labels = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]), np.array([2, 1])
grad = cross_entropy_backward(z, labels)
assert grad.shape == z.shape, f"one number per logit: expected shape (2, 3), got {grad.shape}"
assert np.allclose(grad.sum(axis=1), 0), "each row sums to 0: subtract 1 at the true class only, [np.arange(n), labels]"
t = torch.tensor(z, requires_grad=True)
torch.nn.functional.cross_entropy(t, torch.tensor(labels)).backward()
assert np.allclose(grad, t.grad.numpy()), "torch's gradient differs: is the factor 1/n there, and the sign (probs - onehot)?"
assert np.allclose(cross_entropy_backward(np.array([[1e4, -1e4]]), np.array([1])), [[1, -1]]), "sure and wrong: the gradient is (1, -1), not NaN"

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


def weighted_cross_entropy(logits, labels, weights):
    """The loss: each example counts with the weight (k,) of its class; the weights are divided out."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    row_weights = weights[labels]
    return -(row_weights * log_probs[np.arange(len(labels)), labels]).sum() / row_weights.sum()


def buggy_weighted_backward(logits, labels, weights):
    """The gradient (n, k) of weighted_cross_entropy with respect to the logits. One line is wrong."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    error = probs - onehot
    weighted = error * weights
    return weighted / weights[labels].sum()

# %% [markdown] id="repaired_weighted_backward_idea"
# ### Bug hunt · rare classes that should count more
# When one class is rare, a common remedy is to weight its examples (`weight=` in `torch.nn.functional.cross_entropy`):
#
# $$J=\frac{\sum_iw_{y_i}\,(-\log\hat y_{i,y_i})}{\sum_iw_{y_i}}.$$
#
# The loss in the cell above is right. Its gradient runs, has the right shape, and training with it does *something*; one line is wrong. You have two instruments:
# `numerical_gradient`, which nudges every logit and watches the loss, and the fact that rows of a true gradient sum to 0. Try both with weights (1, 1, 1) and with (1, 2, 5): one of the two hides the bug.
# Then write the mended function; copy what is right.
#
# {{exercise repaired_weighted_backward}}
#
# {{hints repaired_weighted_backward}}

# %% experiment="bug_instruments"
rng = np.random.default_rng(2)
z, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 2])
for weights in (np.ones(3), np.array([1.0, 2.0, 5.0])):
    numeric = numerical_gradient(lambda z: weighted_cross_entropy(z, labels, weights), z)
    planted = buggy_weighted_backward(z, labels, weights)
    print(f"weights {weights}: largest difference to the numerical gradient {abs(planted - numeric).max():.1e}; row sums {np.round(planted.sum(axis=1), 3) + 0.0}")

# %% exercise="repaired_weighted_backward"
def repaired_weighted_backward(logits, labels, weights):
    """Return the gradient (n, k) of weighted_cross_entropy; logits (n, k), labels (n,), weights (k,)."""
    ### BEGIN SOLUTION
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    error = probs - onehot
    weighted = error * weights[labels][:, None]  # (n, 1): one weight for each row, that of its own class
    return weighted / weights[labels].sum()
    ### END SOLUTION

# %% test="repaired_weighted_backward" points=4
import torch

rng = np.random.default_rng(2)
z, labels, weights = rng.normal(size=(4, 3)), np.array([0, 2, 1, 2]), np.array([1.0, 2.0, 5.0])
mended = repaired_weighted_backward(z, labels, weights)
assert np.allclose(mended.sum(axis=1), 0), "rows of the gradient should sum to 0: the weights are still applied to columns"
assert np.allclose(mended, numerical_gradient(lambda z: weighted_cross_entropy(z, labels, weights), z), atol=1e-7), "it still differs from the numerical gradient: one weight for each row, divided by their sum"
t = torch.tensor(z, requires_grad=True)
torch.nn.functional.cross_entropy(t, torch.tensor(labels), weight=torch.tensor(weights)).backward()
assert np.allclose(mended, t.grad.numpy()), "torch's weighted cross_entropy disagrees"

# %% [markdown] id="bug_instruments_why"
# <details><summary>What the bug was</summary>
#
# `error * weights` broadcasts `(k,)` along the columns: class c's *column* is scaled, in every row. No shape complains, and with equal weights both readings agree, so a test with weights of 1 passes. `weights[labels][:, None]` has shape (n, 1) and scales rows. The general lesson: test code with numbers that differ from each other, and check a gradient against numbers before you trust it.
#
# </details>

# %% [markdown] id="softmax_regression_backward_idea"
# ### Gradients of the layer
# Softmax regression is one layer below the loss: $Z=XW+b$. Call $G=\partial J/\partial Z$ the gradient you have just written, shape (n, k). The weight $W_{jc}$ touches the logits only through $Z_{ic}=\sum_jX_{ij}W_{jc}+b_c$, so
#
# $$\frac{\partial J}{\partial W_{jc}}=\sum_iX_{ij}G_{ic}\;\Longrightarrow\;dW=X^\top G,\qquad \frac{\partial J}{\partial b_c}=\sum_iG_{ic}\;\Longrightarrow\;db=\text{column sums of }G.$$
#
# If you forget the order, let the shapes decide: only `X.T @ G` turns (n, d) and (n, k) into (d, k). In the column notation of the notes it reads $dW=dz\,a^\top$, the transpose of ours.
#
# **Convention.** The factor 1/n is inside G already.
#
# {{exercise softmax_regression_backward}}
#
# {{hints softmax_regression_backward}}

# %% exercise="softmax_regression_backward"
def softmax_regression_backward(X, W, b, labels):
    """Return (dW, db), the gradients of the mean cross-entropy of X @ W + b.

    X (n, d), W (d, k), b (k,), labels (n,) → dW (d, k), db (k,).
    """
    ### BEGIN SOLUTION
    dlogits = cross_entropy_backward(X @ W + b, labels)  # (n, k), with its 1/n
    return X.T @ dlogits, dlogits.sum(axis=0)
    ### END SOLUTION

# %% test="softmax_regression_backward" points=10
rng = np.random.default_rng(3)
X, W, b, labels = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4), np.array([0, 3, 1, 1, 2])
dW, db = softmax_regression_backward(X, W, b, labels)
assert dW.shape == (3, 4) and db.shape == (4,), f"expected shapes (3, 4) and (4,), got {dW.shape} and {db.shape}: X.T @ dlogits, and a sum over the examples"
assert np.allclose(dW, numerical_gradient(lambda W: cross_entropy(X @ W + b, labels), W), atol=1e-7), "dW differs from the numerical gradient: is b in the logits, and 1/n there once?"
assert np.allclose(db, numerical_gradient(lambda b: cross_entropy(X @ W + b, labels), b), atol=1e-7), "db differs from the numerical gradient: sum over axis 0, no second 1/n"

# %% [markdown] id="train_softmax_regression_idea"
# ### Training
# Gradient descent repeats one sentence: *take a step against the gradient*.
#
# $$W\leftarrow W-\alpha\,dW,\qquad b\leftarrow b-\alpha\,db$$
#
# **Conventions.** *Full batch*: each step uses all examples. W and b start from **zeros**; that is allowed here, because the loss of this one-layer model is convex, one bowl without side valleys (a net with hidden layers must start at random, see Part 4).
# `losses[i]` is the loss **before** update i, so `losses[0]` is always $\ln k$, and there are `steps` of them. Compute both gradients before you change either array.
#
# {{exercise train_softmax_regression}}
#
# {{hints train_softmax_regression}}

# %% exercise="train_softmax_regression"
def train_softmax_regression(X, labels, num_classes, learning_rate, steps):
    """Full-batch gradient descent from zeros; return (W, b, losses).

    X (n, d), labels (n,) → W (d, num_classes), b (num_classes,), losses: the loss before each of the updates.
    """
    ### BEGIN SOLUTION
    W, b, losses = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes), []
    for _ in range(steps):
        losses.append(cross_entropy(X @ W + b, labels))
        dW, db = softmax_regression_backward(X, W, b, labels)
        W = W - learning_rate * dW
        b = b - learning_rate * db
    return W, b, losses
    ### END SOLUTION

# %% test="train_softmax_regression" points=13
import torch

X, labels = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
W, b, losses = train_softmax_regression(X, labels, 2, 0.5, 50)
assert W.shape == (1, 2) and b.shape == (2,), f"expected W (1, 2) and b (2,), got {W.shape} and {b.shape}"
assert len(losses) == 50, f"expected 50 losses, one before each update, got {len(losses)}"
assert np.isclose(losses[0], np.log(2)), "losses[0] is the loss at W = 0, b = 0, before any update: log(num_classes)"
assert np.all(np.diff(losses) < 0), "on this easy problem the loss falls in every step: check the sign of the update"
W1, b1, _ = train_softmax_regression(X, labels, 2, 0.5, 1)
assert np.allclose(W1, [[-0.375, 0.375]]) and np.allclose(b1, 0), "after one step W is -learning_rate * dW, with dW the gradient of the MEAN loss"
assert train_softmax_regression(X, labels, 5, 0.5, 1)[0].shape == (1, 5), "num_classes decides the shape, not the labels that happen to occur"
theta = [torch.zeros((2, 1), dtype=torch.float64, requires_grad=True), torch.zeros(2, dtype=torch.float64, requires_grad=True)]
for _ in range(50):  # torch's linear layer stores W as (fan_out, fan_in), like the notes
    loss = torch.nn.functional.cross_entropy(torch.nn.functional.linear(torch.tensor(X), *theta), torch.tensor(labels))
    theta = [(t - 0.5 * g).detach().requires_grad_() for t, g in zip(theta, torch.autograd.grad(loss, theta))]
assert np.allclose(W, theta[0].detach().numpy().T), "50 steps of gradient descent on torch's gradients end elsewhere"

# %% [markdown] id="boundaries_predict"
# ### Experiment · Where the boundaries lie
# Three clusters in the plane, then a checkerboard (the exclusive or). **Predict:** what shape do the boundaries have? How many of the checkerboard's examples can one layer get right?

# %% experiment="boundaries"
from coursekit.regions import decide
from coursekit.toys import checkerboard, clusters

rng = np.random.default_rng(0)
X3, y3 = clusters(30, rng, 0.45)
X4, y4 = checkerboard(20, rng)
figure, axes = fig.new(1, 2, width=9, height=3.9)
for ax, (X, y, name) in zip(axes[0], [(X3, y3, "three clusters"), (X4, y4, "checkerboard")]):
    W, b, _ = train_softmax_regression(X, y, int(y.max()) + 1, 0.5, 200)
    decide(ax, lambda P: P @ W + b, X, y, -2.6, 2.6)
    right = ((X @ W + b).argmax(axis=1) == y).mean()
    ax.set_title(f"{name}: {right:.0%} right")
    ax.legend(fontsize=8, loc="lower left")
fig.show(figure, "Two scatter plots with coloured regions. Left: three clusters separated by straight lines that meet in a point. Right: a checkerboard of four clusters, cut by one straight line that leaves about half of the points on the wrong side.")

# %% [markdown] id="boundaries_why" covers="C.softmax_linear"
# <details><summary>What happened, and why</summary>
#
# Class i wins over class j where $z_i>z_j$, that is where $x^\top(w_i-w_j)+(b_i-b_j)>0$: a half-plane. **All boundaries are linear** (notes C), with any number of classes, however long you train. Softmax bends the *probabilities*, not the boundaries, because it keeps the order of the logits.
# The checkerboard needs a bent boundary, and one layer cannot draw it. Two ways out: features that are bent already (Part 2), or a hidden layer (Part 4). Hidden layers are what the rest of the course is about.
#
# </details>

# %% [markdown] id="digits_predict"
# ### Experiment · The digits, read by one layer
# 64 pixels, ten classes: 650 numbers to learn. **Predict:** the test accuracy after 300 steps, and what the learned weights of one class look like as a picture. Which two digits are confused most?

# %% experiment="digits_classified"
W_digits, b_digits, losses = train_softmax_regression(digits.X_train, digits.y_train, 10, 1.0, 300)
guess = (digits.X_test @ W_digits + b_digits).argmax(axis=1)
train_accuracy = ((digits.X_train @ W_digits + b_digits).argmax(axis=1) == digits.y_train).mean()
test_accuracy = (guess == digits.y_test).mean()
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (digits.y_test, guess), 1)
figure, axes = fig.new(1, 2, width=9, height=3.4)
axes[0, 0].plot(losses, color=fig.BLUE)
axes[0, 0].axhline(np.log(10), color="0.5", linestyle=":", linewidth=1)
axes[0, 0].text(300, np.log(10) - 0.12, "a guess: ln 10", ha="right", fontsize=8)
axes[0, 0].set(xlabel="step", ylabel="training loss", title=f"train {train_accuracy:.1%}, test {test_accuracy:.1%}", ylim=(0, 2.5))
wrong = confusion - np.diag(np.diag(confusion))
axes[0, 1].imshow(wrong, cmap="Blues")
axes[0, 1].set(xlabel="said", ylabel="is", xticks=range(10), yticks=range(10), title="mistakes on the test set")
axes[0, 1].grid(False)
for i, j in zip(*np.nonzero(wrong)):
    axes[0, 1].text(j, i, str(wrong[i, j]), ha="center", va="center", fontsize=8, color="white" if wrong[i, j] > wrong.max() / 2 else "black")
fig.show(figure, "Left: the training loss falls from ln 10 to about 0.14 over 300 steps. Right: a 10 by 10 table of mistakes, nearly empty; most entries are 1, the largest is 3, a 1 read as a 9.")
weights = (W_digits - W_digits.mean(axis=1, keepdims=True)).T.reshape(10, 8, 8)  # only differences count
scale = abs(weights).max()
figure, axes = fig.new(1, 10, width=9, height=1.4)
for c, ax in enumerate(axes[0]):
    ax.imshow(weights[c], cmap="PuOr", vmin=-scale, vmax=scale)
    ax.set(xticks=[], yticks=[], title=str(c))
    ax.grid(False)
figure.suptitle("Weights of each class: purple pixels speak for it, orange ones against it", fontsize=10)
fig.show(figure, "Ten small pictures of weights. For the 0, ink in the centre counts against it and ink in a ring for it; the other digits show similar templates.")

# %% [markdown] id="digits_why" covers="C.likelihood"
# <details><summary>What happened, and why</summary>
#
# About 95 % with straight boundaries: in 64 dimensions there is a lot of room for a plane. Each class has learned a template, and a score is the image's overlap with it. The mean probability of the true class in training is about $e^{-0.14}\approx0.87$.
# Most of the remaining 5 % are not a matter of patience: 800 steps gain about one point more. What one layer misses are digits that look unlike their template. A net with hidden layers does better, *if* it can be trained. That *if* is the course.
#
# </details>

# %% [markdown] id="learning_rate_play" covers="S4.1.slow"
# ### Play · How fast can it converge?
# 40 steps only. The learning rate α is the one knob. **Predict:** is the best rate the largest one at which the loss falls in every step?
#
# **Goal:** find a learning rate that reaches a training loss of 0.1 in 40 steps.

# %% experiment="learning_rate"
def draw_rate(exponent):
    rate = 10.0 ** exponent
    losses = train_softmax_regression(digits.X_train, digits.y_train, 10, rate, 40)[2]
    figure, axes = fig.steady(width=6.5)
    axes[0, 0].semilogy(range(40), losses, color=fig.BLUE, marker="o", markersize=3)
    axes[0, 0].axhline(0.1, color=fig.RED, linestyle="--", linewidth=1)
    axes[0, 0].set(xlabel="step", ylabel="training loss", ylim=(0.05, 300), title=f"α = {rate:.3g}: loss {losses[-1]:.3f} at the end" + ("  (goal reached)" if losses[-1] <= 0.1 else ""))
    fig.show(figure, f"Training loss of the digits over 40 steps on a logarithmic scale, with learning rate {rate:.3g}; it ends at {losses[-1]:.3f}. A dashed line marks the goal, 0.1.")


knobs.play(draw_rate, exponent=knobs.slider("log10 of the learning rate", -2.0, 2.0, 0.0, 0.1))

# %% [markdown] id="learning_rate_why" covers="S4.1.slow"
# <details><summary>What happened, and why</summary>
#
# At α = 0.1 nothing goes wrong and nothing much happens: *slow convergence*, the second obstacle of slide S4.1. Around α = 13 to 20 the loss first shoots up above 10 and still ends lower: the best rate for a few steps lies beyond the one at which the loss falls every time. Above that, overshooting eats the gain.
# During the spikes some true class lies tens or hundreds below the top. Your loss stays exact there; log(softmax) with an epsilon would report 27.6 for all of them. Lesson 3 replaces the single α by rules that adapt it.
#
# </details>

# %% [markdown] id="part2"
# ## Part 2 · The goal: a small test error
#
# A model that has learned its training data by heart has a training error of 0 and may be useless. What we want is a small error on new data.

# %% [markdown] id="diagnose_fit_idea" covers="S4.1.gap,S4.1.regularization"
# ### Test error = training error + generalization gap
# The slide's identity is a definition, and a useful one, because the two terms have different cures:
#
# $$\text{test error}=\underbrace{\text{training error}}_{\text{can the model fit at all?}}+\underbrace{(\text{test error}-\text{training error})}_{\text{generalization gap}}.$$
#
# | what you see | name | meaning | what to try |
# |---|---|---|---|
# | training error above the target | **underfitting** (high bias) | the model is too weak, or not trained enough | more layers or units, better optimization (lessons 2, 3) |
# | training error fine, test error above the target | **overfitting** (high variance) | it has learned the sample, not the rule | more data, regularization (lesson 4) |
# | both at the target | **good fit** | done | stop |
#
# The target is what the task needs, or what people reach. **The test error is what counts**: a model with a larger gap and a smaller test error is the better model.
#
# **Conventions.** gap = test − train (it may be negative). An error *equal* to the target has reached it. Underfitting is asked first.
#
# {{exercise diagnose_fit}}
#
# {{hints diagnose_fit}}

# %% exercise="diagnose_fit"
def diagnose_fit(train_error, test_error, target_error):
    """Return (gap, verdict): gap = test - train; verdict "underfitting", "overfitting" or "good fit".

    Underfitting if train_error > target_error, else overfitting if test_error > target_error, else a good fit.
    """
    ### BEGIN SOLUTION
    gap = test_error - train_error
    if train_error > target_error:
        return gap, "underfitting"
    if test_error > target_error:
        return gap, "overfitting"
    return gap, "good fit"
    ### END SOLUTION

# %% test="diagnose_fit" points=6
gap, verdict = diagnose_fit(0.01, 0.09, 0.03)
assert np.isclose(gap, 0.08), "the gap is test minus train"
assert verdict == "overfitting", "the training error reaches the target, the test error does not: 'overfitting'"
assert diagnose_fit(0.20, 0.25, 0.03)[1] == "underfitting", "a training error above the target is 'underfitting', whatever the test says"
assert diagnose_fit(0.03, 0.03, 0.03)[1] == "good fit", "an error equal to the target has reached it: 'good fit', with a space"

# %% [markdown] id="polynomials_predict"
# ### Experiment · Under, good, over: regression
# 15 noisy points of a wave. The *capacity* knob is the degree of a polynomial: 1, 4 and 10. **Predict** the training error and the test error of each.

# %% experiment="fit_regression"
from coursekit.shrinkage import wavy_points
from coursekit.toys import fit_polynomial, rms_error

rng = np.random.default_rng(2)
x_train, t_train = wavy_points(15, rng)
x_test, t_test = wavy_points(500, rng)
inside = (x_test >= x_train.min()) & (x_test <= x_train.max())  # no extrapolation
x_test, t_test = x_test[inside], t_test[inside]
TARGET = 0.33  # the noise alone has a standard deviation of 0.25
line = np.linspace(x_train.min(), x_train.max(), 400)


def draw_fit(ax, degree):
    curve = fit_polynomial(x_train, t_train, degree)
    train, test = rms_error(curve, x_train, t_train), rms_error(curve, x_test, t_test)
    gap, verdict = diagnose_fit(train, test, TARGET)
    ax.plot(line, 3 + np.sin(3 * line), color=fig.GREEN, linestyle="--", linewidth=1.2, label="truth")
    ax.plot(x_test[::5], t_test[::5], ".", color="0.75", markersize=3, label="test points")
    ax.plot(x_train, t_train, "o", color=fig.BLUE, markersize=4, label="training points")
    ax.plot(line, curve(line), color=fig.RED, label="fit")
    ax.set(ylim=(1, 5), xlabel="x", title=f"degree {degree}: {verdict}\ntrain {train:.2f} + gap {round(gap, 2) + 0.0:.2f} = test {test:.2f}")
    return test, verdict


figure, axes = fig.new(1, 3, width=11, height=3.6, sharey=True)
for ax, degree in zip(axes[0], (1, 4, 10)):
    draw_fit(ax, degree)
axes[0, 0].legend(fontsize=7, loc="upper left")
fig.show(figure, "Three fits of the same 15 points. Degree 1 is a straight line that misses the wave, degree 4 follows it, degree 10 passes near every training point and swings far away between some of them.")

# %% experiment="degree_play"
def draw_degree(degree):
    figure, axes = fig.new(width=6.5, height=3.8)
    test, verdict = draw_fit(axes[0, 0], degree)
    axes[0, 0].legend(fontsize=7, loc="upper left")
    if verdict == "good fit":
        axes[0, 0].text(0.98, 0.04, "goal reached: test error at the target", transform=axes[0, 0].transAxes, ha="right", color=fig.GREEN)
    fig.show(figure, f"A polynomial of degree {degree} through the 15 training points: {verdict}, test error {test:.2f}.")


knobs.play(draw_degree, degree=knobs.slider("degree (goal: a good fit)", 0, 14, 1, 1))

# %% [markdown] id="polynomials_why" covers="S4.1.fit_regression"
# <details><summary>What happened, and why</summary>
#
# A line has too few parameters for a wave: it is wrong in the same way whichever 15 points it sees (*high bias*). Degree 10 has 11 parameters for 15 points: it follows the noise, and another 15 points would give another curve (*high variance*). No polynomial can have a test error below 0.25, the noise; the good ones come close.
# Lesson 4 keeps the high degree and heals the fit with a penalty.
#
# </details>

# %% [markdown] id="fit_classification_predict"
# ### Experiment · The classification twin
# A bent boundary, with 8 % of the labels flipped. Your softmax regression gets all products of the two coordinates up to degree 1, 3 and 10 as features: straight lines in feature space are bent in the plane. **Predict** the three boundaries, and which of the flipped points each gets "right".

# %% experiment="fit_classification"
from coursekit.toys import bent, polynomial_features

rng = np.random.default_rng(0)
X_bent, y_bent = bent(60, rng)
X_new, y_new = bent(2000, rng)


def expanded(P, degree):
    raw, seen = polynomial_features(X_bent, degree), polynomial_features(P, degree)
    return (seen - raw.mean(axis=0)) / raw.std(axis=0)  # training statistics


figure, axes = fig.new(1, 3, width=11, height=4.2)
for ax, degree in zip(axes[0], (1, 3, 10)):
    W, b, _ = train_softmax_regression(expanded(X_bent, degree), y_bent, 2, 1.0, 1500)

    def error(X, y):
        return ((expanded(X, degree) @ W + b).argmax(axis=1) != y).mean()

    decide(ax, lambda P: expanded(P, degree) @ W + b, X_bent, y_bent, -1.0, 1.0)
    gap, verdict = diagnose_fit(error(X_bent, y_bent), error(X_new, y_new), 0.18)
    ax.set_title(f"degree {degree}: {verdict}\ntrain {error(X_bent, y_bent):.1%} + gap {gap:.1%} = test {error(X_new, y_new):.1%}")
fig.show(figure, "The same 60 points in two classes with three boundaries: a straight line, a smooth wave, and a contorted curve that bends around single flipped points.")

# %% [markdown] id="fit_classification_why" covers="S4.1.fit_classification"
# <details><summary>What happened, and why</summary>
#
# The same story in another costume. The line cannot follow the wave (underfitting). Degree 10 has 65 features for 60 points and bends around the mislabelled ones: its training error nearly vanishes, its test error grows. With 8 % of the labels flipped no classifier can do better than 8 % on the test set.
#
# </details>

# %% [markdown] id="capacity_predict"
# ### Experiment · Error against capacity
# One data set may be luck, so here are 60 of them for the polynomials and 5 for the classifiers. **Predict** the two curves: does the training error ever rise with capacity? Where is the test error smallest, and is the gap smallest there too?

# %% experiment="capacity"
from coursekit.measurement import measured
from coursekit.progress import track

degrees = np.arange(0, 11)
rng = np.random.default_rng(5)
regression = np.zeros((60, len(degrees), 2))
for s in range(60):
    xs, ts = wavy_points(15, rng)
    xn, tn = wavy_points(300, rng)
    keep = (xn >= xs.min()) & (xn <= xs.max())
    for k, degree in enumerate(degrees):
        curve = fit_polynomial(xs, ts, int(degree))
        regression[s, k] = rms_error(curve, xs, ts), rms_error(curve, xn[keep], tn[keep])
powers = (1, 2, 3, 5, 10)
classification = np.zeros((5, len(powers), 2))
for s in track(range(5), "bent boundaries"):
    rng = np.random.default_rng(s)
    X_bent, y_bent = bent(60, rng)
    X_new, y_new = bent(1000, rng)
    for k, degree in enumerate(powers):
        F, F_new = expanded(X_bent, degree), expanded(X_new, degree)
        W, b, _ = train_softmax_regression(F, y_bent, 2, 1.0, 600)
        classification[s, k] = [((f @ W + b).argmax(axis=1) != y).mean() for f, y in ((F, y_bent), (F_new, y_new))]
figure, axes = fig.new(1, 2, width=10, height=3.6)
for ax, at, errors, name in [(axes[0, 0], degrees, np.median(regression, axis=0), "polynomials: rms error (median of 60)"), (axes[0, 1], powers, classification.mean(axis=0), "classifiers: error rate (mean of 5)")]:
    ax.plot(at, errors[:, 0], label="training error", **fig.styled(0))
    ax.plot(at, errors[:, 1], label="test error", **fig.styled(3))
    ax.fill_between(at, errors[:, 0], errors[:, 1], color=fig.ORANGE, alpha=0.25, label="generalization gap")
    best = int(errors[:, 1].argmin())
    ax.axvline(at[best], color="0.4", linestyle=":", linewidth=1)
    ax.set(xlabel="capacity (degree)", title=name, ylim=(0, 1.25 * np.percentile(errors[:, 1], 85)))
    ax.legend(fontsize=8, loc="upper center")
fig.show(figure, "Training and test error against the degree, for polynomials and for classifiers. The training error falls all the way; the test error falls, has its minimum near degree 3, and rises again. The shaded gap between them widens with the degree.")

# %% [markdown] id="capacity_why" covers="S4.1.gap,S4.1.regularization"
# <details><summary>What happened, and why</summary>
#
# Training error only falls: a larger model contains the smaller one. The gap grows with capacity, slowly at first. Their sum has its minimum in the middle, *not* where the gap is smallest (that is at the far left, where the model is too weak to overfit).
# Choosing the degree is one way to the minimum. Slide S4.4 recommends another: take ample capacity and shrink the gap by **regularization**. And one more: with more data the gap shrinks for every degree.
#
# </details>

# %% [markdown] id="part3"
# ## Part 3 · Obstacle one: the signal on its way through the layers
#
# One layer reaches 95 %. More layers can do more, *if* the signal gets through to the top and the gradient gets back. Here you measure the way up.

# %% [markdown] id="forward_statistics_idea" covers="S4.1.vanishing"
# ### Following the signal
# A deep net without biases applies $h\leftarrow f(h\,W)$ once per layer. Two numbers per layer tell most of the story: the mean and the standard deviation of everything the layer puts out, over all examples and all units.
#
# Why that matters for the gradient: on the way back it is multiplied, in every layer, by the slope $f'(z)$ and by the same matrix $W$. If the signal is driven to where $f$ is flat, the slope is nearly 0 and the gradient **vanishes**; if the weights are large and the slope is not small, it **explodes**. Lesson 2 follows it down; this lesson looks at the way up.
#
# **Conventions.** `activation` is a function, handed over as an argument: call it. `weights` is a list of L matrices; the answers are arrays of shape (L,), one number per layer, X itself not counted.
#
# {{exercise forward_statistics}}
#
# {{hints forward_statistics}}

# %% exercise="forward_statistics"
def forward_statistics(X, weights, activation):
    """Return (means, stds), arrays (L,): mean and std over all values of each layer's output.

    h starts as X (n, d); each layer is h = activation(h @ W), no bias. weights: a list of L arrays.
    """
    ### BEGIN SOLUTION
    h, means, stds = X, [], []
    for W in weights:
        h = activation(h @ W)
        means.append(h.mean())
        stds.append(h.std())
    return np.array(means), np.array(stds)
    ### END SOLUTION

# %% test="forward_statistics" points=11
X, weights = np.array([[1.0, -1.0]]), [np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0], [1.0]])]
means, stds = forward_statistics(X, weights, lambda h: h)
assert isinstance(means, np.ndarray) and means.shape == (2,) and np.shape(stds) == (2,), "one number per layer, as arrays: np.array(means), np.array(stds)"
assert np.allclose(means, [0.5, 1.0]), "the first layer puts out (2, -1), the second reads that and puts out 1: is h carried on?"
assert np.isclose(stds[0], 1.5) or np.isclose(stds[0], 1.5 * np.sqrt(2)), "the standard deviation is over all values of the layer"
assert np.allclose(forward_statistics(X, weights, np.abs)[0], [1.5, 3.0]), "apply the activation you are given, after h @ W"

# %% [markdown] id="saturated_fraction_idea"
# ### Saturation
# The sigmoid $\sigma(z)=1/(1+e^{-z})$ is flat at both ends (figure 11-1 of the textbook). Its slope is $a(1-a)$: at most ¼, and below 0.05 once a is within 0.05 of an end. Such an output is called **saturated**. You measure its share.
#
# **Conventions.** *Strictly* below margin or *strictly* above 1 − margin. One number for the whole array.
#
# {{exercise saturated_fraction}}
#
# {{hints saturated_fraction}}

# %% exercise="saturated_fraction"
def saturated_fraction(a, margin=0.05):
    """Return the share of sigmoid outputs strictly below margin or strictly above 1 - margin; any shape."""
    ### BEGIN SOLUTION
    return float(np.mean((a < margin) | (a > 1.0 - margin)))
    ### END SOLUTION

# %% test="saturated_fraction" points=6
a = np.array([[0.01, 0.5], [0.99, 0.97], [0.3, 0.02]])
assert np.isclose(saturated_fraction(a), 4 / 6), "4 of these 6 values lie within 0.05 of an end: both ends count, and it is a share"
assert np.isclose(saturated_fraction(a, margin=0.015), 2 / 6), "use the parameter margin"
assert saturated_fraction(np.array([0.25, 0.75]), 0.25) == 0, "strictly: a value equal to margin or 1 - margin does not count"

# %% [markdown] id="saturation_predict"
# ### Experiment · N(0, 1) weights and ten sigmoid layers
# The slide: with weights of standard deviation 1 *the variance keeps growing towards the output layer, and the activations converge to 0 or 1*. 100 units per layer, N(0, 1) inputs. **Predict** the histogram of layer 1, of layer 5 and of layer 10. Does the spread of z really grow from layer to layer?

# %% experiment="saturation"
def sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def deep_sigmoid(std, depth=10, width=100, seed=0):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0.0, std, size=(width, width)) for _ in range(depth)]
    X = rng.normal(size=(300, width))
    outputs, spreads, h = [], [], X
    for W in weights:
        z = h @ W
        h = sigmoid(z)
        spreads.append(z.std())
        outputs.append(h)
    return outputs, np.array(spreads), forward_statistics(X, weights, sigmoid)


shown = (0, 2, 4, 6, 9)
rows = {f"std {s}": [a for k, a in enumerate(deep_sigmoid(s)[0]) if k in shown] for s in (1.0, 0.25, 0.05)}
fig.show(fig.histogram_grid(rows, [f"layer {k + 1}" for k in shown], "Outputs of the layers, for three sizes of weights", span=(0.0, 1.0)),
         "Fifteen histograms of sigmoid outputs between 0 and 1. With weights of std 1 every layer shows two spikes, at 0 and at 1. With 0.25 the values spread around one half. With 0.05 they shrink to a narrow peak at one half.")
outputs, spreads, (layer_means, layer_stds) = deep_sigmoid(1.0)
saturated = np.array([saturated_fraction(a) for a in outputs])
slopes = np.array([(a * (1 - a)).mean() for a in outputs])
varied = np.array([a.std(axis=0).mean() for a in outputs])  # how much a unit's output differs from example to example
layers = np.arange(1, 11)
figure, axes = fig.new(1, 3, width=11, height=3.2)
axes[0, 0].plot(layers, spreads, **fig.styled(0))
axes[0, 0].set(xlabel="layer", ylabel="standard deviation of z", ylim=(0, 11), title="the spread of z")
axes[0, 1].plot(layers, saturated, label="saturated share", **fig.styled(3))
axes[0, 1].plot(layers, layer_stds, label="std over all values", **fig.styled(2))
axes[0, 1].plot(layers, varied, label="std over the examples", **fig.styled(4))
axes[0, 1].set(xlabel="layer", ylim=(0, 1), title="what becomes of the outputs")
axes[0, 1].legend(fontsize=8)
axes[0, 2].semilogy(layers, np.cumprod(slopes), **fig.styled(1))
axes[0, 2].semilogy(layers, 0.25 ** layers, color="0.5", linestyle=":", label="best case, ¼ per layer")
axes[0, 2].set(xlabel="layer", title="product of the mean slopes so far")
axes[0, 2].legend(fontsize=8)
fig.show(figure, "Three curves over ten layers with N(0, 1) weights. The spread of z is 10 in layer 1 and about 7 from then on. About 70 percent of the outputs are saturated in every layer, while their variation from example to example falls towards 0. The product of the slopes falls to about 1e-12.")
grows = bool(np.all(np.diff(spreads) > 0))
ends = bool(saturated[-1] > 0.5)
measured("S4.1.saturation", "sigmoid with N(0, 1) weights: variance grows towards the output, activations end at 0 or 1",
         f"{saturated[-1]:.0%} of the last layer's outputs are saturated; the std of z is {spreads[0]:.1f} in layer 1, {spreads[1]:.1f} in layer 2 and {spreads[-1]:.1f} in layer 10",
         ends and grows, "The ends, 0 and 1, are as the slide says. But the spread of z jumps once, to about the square root of the fan-in, and then stays: a sigmoid's output is at most 1, so it cannot go on growing. With a linear activation or ReLU it would.")

# %% [markdown] id="saturation_why" covers="S4.1.saturation,S4.1.vanishing"
# <details><summary>What happened, and why</summary>
#
# A sum of 100 terms with unit variance has standard deviation $\sqrt{100}=10$, and at |z| = 10 the sigmoid is flat. From layer 2 on the inputs are nearly 0 or 1, half of them each, so $\operatorname{E}[a^2]\approx\tfrac12$ and the standard deviation of z is about $\sqrt{50}\approx7$, in *every* layer. So the slide's conclusion is right and its reason is only half right: the variance does not keep growing, one layer is enough to saturate.
# Two more things in the figure. Each unit of the deep layers is stuck at its own end, whatever the example: the information about the input fades on the way up. And the product of the slopes, which the gradient must pay on the way down, falls even below the best case of ¼ per layer.
#
# </details>

# %% [markdown] id="saturation_play_goal"
# ### Play · A size of weights that saturates nothing
# **Goal:** find a standard deviation with less than 5 % of the last layer saturated, while the outputs still spread by more than 0.2. Then watch the pink curve: is the net now fit to learn?

# %% experiment="saturation_play"
def draw_saturation(std, depth):
    outputs, _, (_, stds) = deep_sigmoid(std, depth)
    share = [saturated_fraction(a) for a in outputs]
    figure, axes = fig.steady(2, width=9)
    fig.curves(axes[0, 0], {"saturated share": share, "std over all values": stds}, "layer", "")
    axes[0, 0].plot(np.arange(1, depth + 1), [a.std(axis=0).mean() for a in outputs], label="std over the examples", **fig.styled(4))
    axes[0, 0].legend(fontsize=8)
    axes[0, 0].set(ylim=(-0.02, 1), title="(goal reached)" if share[-1] < 0.05 and stds[-1] > 0.2 else f"saturated {share[-1]:.0%}, std {stds[-1]:.2f}")
    axes[0, 1].hist(outputs[-1].ravel(), bins=40, range=(0, 1), color=fig.BLUE)
    axes[0, 1].set(title=f"outputs of layer {depth}", yticks=[])
    fig.show(figure, f"Saturated share and spread over {depth} layers with weights of std {std:.2f}, and a histogram of the last layer's outputs.")


knobs.play(draw_saturation, std=knobs.slider("std of the weights", 0.01, 1.5, 1.0, 0.01), depth=knobs.slider("layers", 2, 20, 10, 1))

# %% [markdown] id="saturation_play_why"
# <details><summary>What happened, and why</summary>
#
# Around 0.2 to 0.25 both conditions hold. But the pink curve still falls to 0: the remaining spread is between *units*, and every example gets the same outputs. A sigmoid is centred at ½ instead of 0, and its slope is at most ¼. Choosing the size of the weights is necessary and, with a sigmoid, not sufficient. Lesson 2 takes both apart: the size (Xavier, He) and the activation.
#
# </details>

# %% [markdown] id="part4"
# ## Part 4 · Obstacle two: the landscape
#
# The loss of a net with hidden layers is not one bowl. Where can descent get stuck? For years the answer was: in *bad local minima*. The notes C say what changed.

# %% [markdown] id="critical_point_type_idea" covers="C.saddles,C.plateau_word"
# ### Points where the gradient is zero
# Near a critical point the loss is a quadratic, $J(\theta+\delta)\approx J(\theta)+\tfrac12\delta^\top H\delta$, with the **Hessian** H of second derivatives. Its eigenvalues are the curvatures along d perpendicular directions:
#
# | eigenvalues | the point is | descent |
# |---|---|---|
# | all positive | a minimum | stays |
# | all negative | a maximum | leaves |
# | both signs | a **saddle** | leaves, once it notices the way down |
# | no two signs, but some zero | degenerate | H alone does not tell |
#
# If the sign of each curvature were a coin flip, a minimum in d dimensions would need d heads in a row: $2^{-d}$. With a million weights, a critical point that curves up in *every* direction is nearly impossible, unless something makes it likely; being low already is such a thing, as you will see.
#
# **Erratum.** The notes use one Korean word, 인장, for the saddle *point* (인장점) and for plateaus (인장 지역). They are two things. A **saddle point** (안장점) is a single point: gradient zero, curvatures of both signs. A **plateau** (고원, 평탄한 영역) is a *region* where the gradient is small, not zero, and all curvatures are small. Saddles are passed; plateaus cost time.
#
# **Conventions.** Saddle is asked first: one eigenvalue above tol and one below −tol. Then degenerate: any eigenvalue within tol of 0, *inclusive*. H is symmetric.
#
# {{exercise critical_point_type}}
#
# {{hints critical_point_type}}

# %% exercise="critical_point_type"
def critical_point_type(hessian, tol=1e-8):
    """Return "saddle", "degenerate", "minimum" or "maximum" from the eigenvalues of the symmetric hessian (d, d).

    Saddle if eigenvalues exceed tol in both signs, else degenerate if any is within tol of 0 (inclusive).
    """
    ### BEGIN SOLUTION
    values = np.linalg.eigvalsh(hessian)  # ascending
    if values[0] < -tol and values[-1] > tol:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "minimum" if values[0] > 0 else "maximum"
    ### END SOLUTION

# %% test="critical_point_type" points=9
assert critical_point_type(np.array([[2.0, 0.0], [0.0, 3.0]])) == "minimum", "both curvatures positive: a minimum"
assert critical_point_type(-np.eye(3)) == "maximum", "all curvatures negative: a maximum"
assert critical_point_type(np.array([[1.0, 2.0], [2.0, 1.0]])) == "saddle", "the eigenvalues are 3 and -1: look at them, not at the diagonal"
assert critical_point_type(np.diag([1.0, 0.0, -1.0])) == "saddle", "up, flat and down is a saddle: ask for it first"
assert critical_point_type(np.diag([1.0, 0.0])) == "degenerate", "a flat direction and none of both signs: degenerate"
assert critical_point_type(np.diag([0.5, 4.0]), tol=0.5) == "degenerate", "within tol is inclusive, and tol is a parameter"

# %% [markdown] id="saddles_predict"
# ### Experiment · How common are saddles?
# Two kinds of random landscapes. *Random matrices*: symmetric, with normal entries, as the Hessian. *Random waves*: a sum of 60 cosines in d variables, a smooth function whose critical points Newton's method really finds. **Predict** the share of saddles in 1, 2, 4 and 8 dimensions. And where do the few minima lie: high or low?

# %% experiment="saddles"
from coursekit.landscape import Waves, critical_point, random_hessian

rng = np.random.default_rng(0)
dimensions = (1, 2, 3, 4, 5, 6, 8, 10)
matrices, waves = {}, {}
for d in track(dimensions, "dimensions"):
    matrices[d] = [critical_point_type(random_hessian(d, rng)) for _ in range(400)]
    waves[d] = []
    while len(waves[d]) < 80:
        f = Waves.draw(d, rng)
        x = critical_point(f, rng.normal(size=d))
        if x is not None:
            waves[d].append((critical_point_type(f.hessian(x)), f.value(x), (np.linalg.eigvalsh(f.hessian(x)) < 0).mean()))
saddle_share = {name: np.array(shares) for name, shares in {
    "random matrices": [np.mean([k == "saddle" for k in matrices[d]]) for d in dimensions],
    "random waves": [np.mean([k == "saddle" for k, _, _ in waves[d]]) for d in dimensions]}.items()}
figure, axes = fig.new(1, 2, width=10, height=3.5)
for k, (name, shares) in enumerate(saddle_share.items()):
    axes[0, 0].plot(dimensions, shares, label=name, **fig.styled(k))
axes[0, 0].plot(dimensions, [1 - 2.0 ** (1 - d) for d in dimensions], color="0.5", linestyle=":", label="coin flips, 1 − 2/2ᵈ")
axes[0, 0].set(xlabel="dimension", ylabel="share of saddles", ylim=(-0.03, 1.05), title="critical points that are saddles")
axes[0, 0].legend(fontsize=8, loc="lower right")
heights, down = (np.array([point[i] for point in waves[5]]) for i in (1, 2))
axes[0, 1].plot(heights, down, "o", color=fig.GREEN, markersize=4, alpha=0.6)
axes[0, 1].set(xlabel="height f at the point (in units of its spread)", ylabel="share of directions downhill", ylim=(-0.05, 1.05), title="random waves, 5 dimensions")
fig.show(figure, "Left: the share of saddles among critical points rises from 0 in one dimension to about one half to two thirds in two and to nearly 1 in six or more, for both kinds of landscape. Right: the higher a critical point, the more of its directions lead downhill; the few minima are all low.")
tie = float(np.corrcoef(heights, down)[0, 1])
last = {name: shares[-1] for name, shares in saddle_share.items()}
measured("C.saddles", "points of zero gradient are mostly saddles in high dimension, not bad minima",
         f"in 10 dimensions {last['random matrices']:.0%} (matrices) and {last['random waves']:.0%} (waves) are saddles; height and share of downhill directions correlate by {tie:.2f}",
         min(last.values()) > 0.9 and tie > 0.5)

# %% [markdown] id="saddles_why" covers="C.saddles"
# <details><summary>What happened, and why</summary>
#
# The share of saddles rushes to 1, for the matrices even faster than coin flips: their eigenvalues repel each other, so they do not all like to be on one side. And the minima that exist are *low*: high up nearly every critical point has a way down. Dauphin et al. (2014) found the same in networks. A bad minimum, high and closed on all sides, is the rare case; this is a model of what the notes claim, not a proof.
#
# </details>

# %% [markdown] id="large_net_predict"
# ### Experiment · Does a large enough net get stuck?
# The checkerboard again, now with a hidden tanh layer, trained by plain gradient descent on your loss and your gradient, 30 random starts for each width. **Predict:** which share ends above a loss of 0.1 with 1, 2, 3, 4 and 16 hidden units?

# %% experiment="large_net"
from coursekit.landscape import train_many

runs = {}
for width in track((1, 2, 3, 4, 16), "widths"):
    runs[width] = train_many(X4, y4, width, 30, 300, 0.5, np.random.default_rng(1), cross_entropy, cross_entropy_backward)
stuck = {width: run.stuck(0.1) for width, run in runs.items()}
figure, axes = fig.new(1, 3, width=11, height=3.2)
axes[0, 0].bar(range(len(stuck)), list(stuck.values()), color=fig.RED)
axes[0, 0].set(xticks=range(len(stuck)), xticklabels=list(stuck), xlabel="hidden units", ylabel="share of starts", ylim=(0, 1.05), title="stuck above a loss of 0.1")
for ax, width in zip(axes[0, 1:], (2, 16)):
    ax.semilogy(10 * np.arange(len(runs[width].losses)), runs[width].losses, color=fig.BLUE, alpha=0.35, linewidth=1)
    ax.set(xlabel="step", ylabel="loss", ylim=(2e-3, 2), title=f"{width} hidden units, 30 starts")
fig.show(figure, "Left: with one hidden unit every start is stuck, with two about a fifth, with four or more none. Middle and right: loss curves of 30 starts; with two units some stay on a level, with sixteen all fall together.")
measured("C.large_net", "a large enough net rarely gets stuck in a local optimum",
         "share of 30 starts that are stuck: " + ", ".join(f"{share:.0%} with {width} hidden unit{'s' * (width > 1)}" for width, share in stuck.items()),
         stuck[16] == 0 and stuck[2] > stuck[16])

# %% [markdown] id="large_net_why" covers="C.large_net"
# <details><summary>What happened, and why</summary>
#
# One unit cannot express the checkerboard at all. Two can, just barely, and some starts run into a spot from which plain descent does not get out in these 300 steps. With more units than needed there are many ways down, and all starts take one. So *large enough* means larger than necessary, which is also what invites overfitting: the two halves of slide S4.1 pull in opposite directions, and lesson 4 is about having both.
#
# </details>

# %% [markdown] id="plateau_predict"
# ### Experiment · What a plateau costs
# One example, two classes, and a net that starts sure and *wrong*: the true class lies *gap* below the other. We descend on the logits themselves, once on the squared error of the probabilities, once on the cross-entropy. **Predict** for gap 2 and gap 8 how many steps each needs until the true class has probability 0.9.

# %% experiment="plateau"
gaps = np.arange(0.0, 8.5, 0.5)
onehot = np.tile([1.0, 0.0], (len(gaps), 1))


def squared_gradient(z):
    p = softmax(z)
    g = p - onehot  # gradient of ½‖p − y‖² with respect to p
    return p * (g - (g * p).sum(axis=1, keepdims=True))  # through the softmax


def entropy_gradient(z):
    return len(z) * cross_entropy_backward(z, np.zeros(len(z), dtype=int))  # one loss per row: undo the mean


def steps_needed(gradient, limit=8000):
    z = np.stack([np.zeros_like(gaps), gaps], axis=1)
    done, sizes = np.full(len(gaps), limit), []
    for step in range(limit):
        open_ = softmax(z)[:, 0] < 0.9
        done[~open_ & (done == limit)] = step
        if not open_.any():
            break
        g = gradient(z)
        sizes.append(np.abs(g[-1]).max())  # the row with the largest gap
        z = z - g
    return done, sizes


needed, sizes = zip(*(steps_needed(g) for g in track((squared_gradient, entropy_gradient), "losses")))
figure, axes = fig.new(1, 2, width=10, height=3.4)
for k, (name, steps, size) in enumerate(zip(("squared error", "cross-entropy"), needed, sizes)):
    axes[0, 0].semilogy(gaps, np.maximum(steps, 0.5), label=name, **fig.styled(3 * k))
    axes[0, 1].loglog(np.arange(1, len(size) + 1), size, label=name, color=fig.PALETTE[3 * k], linestyle=fig.LINES[k])
axes[0, 0].set(xlabel="gap at the start", ylabel="steps to probability 0.9", title="learning rate 1")
axes[0, 1].set(xlabel="step", ylabel="largest gradient", title="gap 8: the gradient on the way")
axes[0, 0].legend(fontsize=8)
axes[0, 1].legend(fontsize=8)
fig.show(figure, "Left: steps needed against the gap at the start, on a logarithmic scale. For squared error they bend upward to several hundred; for cross-entropy they stay below ten. Right: for gap 8 the gradient of squared error starts below 0.001 and stays small for most of the steps, that of cross-entropy is near 1 at once.")
slow, fast = int(needed[0][-1]), int(needed[1][-1])
tiny = float(np.mean(np.array(sizes[0]) < 0.01))
measured("C.plateaus", "plateaus, where the slope is nearly 0, slow learning down",
         f"from gap 8 squared error needs {slow} steps, {tiny:.0%} of them with a gradient below 0.01; cross-entropy, which has no plateau there, needs {fast}", slow > 20 * fast and tiny > 0.8)

# %% [markdown] id="plateau_why" covers="C.plateaus"
# <details><summary>What happened, and why</summary>
#
# The squared error's gradient carries the factor $\hat y(1-\hat y)$, the slope of the saturated softmax, about $e^{-\text{gap}}$. Descent must first walk out of a region with almost no slope: the waiting time grows like $e^{\text{gap}}$. In the cross-entropy that factor cancels and leaves ŷ − y, near 1 just where the net is wrong. **No critical point was involved**: a plateau is not a saddle and not a minimum. Half of the cure is the right loss for the output; the hidden layers keep their saturation, which is lesson 2, and momentum, RMSProp and Adam (lesson 3) hurry across what remains.
#
# </details>

# %% [markdown] id="plateau_word_predict" covers="C.plateau_word"
# ### Experiment · Saddle or plateau?
# If one word would do, one test would do. Here is the smallest net with a hidden layer, $\hat y=w_2w_1x$, and its loss $\tfrac12(1-w_1w_2)^2$ at the origin; and the squared error of the last experiment, far out on its plateau. **Predict** for both: gradient, eigenvalues, type.

# %% experiment="plateau_word"
from coursekit import tables


def product_loss(w):
    return 0.5 * (1.0 - w[0] * w[1]) ** 2


def plateau_loss(z):
    p = softmax(z[None, :])[0]
    return 0.5 * ((p - np.array([1.0, 0.0])) ** 2).sum()


def curvature(f, x):
    return numerical_gradient(lambda u: numerical_gradient(f, u, 1e-3)[0], x, 1e-3), numerical_gradient(lambda u: numerical_gradient(f, u, 1e-3)[1], x, 1e-3)


places = [("the product net at (0, 0)", product_loss, np.zeros(2)), ("the squared error at gap 12", plateau_loss, np.array([0.0, 12.0]))]
rows = []
for name, f, x in places:
    H = np.array(curvature(f, x))
    H = (H + H.T) / 2
    kind = critical_point_type(H, tol=1e-4)
    slope = np.linalg.norm(numerical_gradient(f, x))
    rows.append([name, f"{slope:.2g}", ", ".join(f"{v:.2g}" for v in np.linalg.eigvalsh(H)), kind])
tables.show(["place", "size of the gradient", "eigenvalues of H", "your function says"], rows, "One word in the notes, two different places")

# %% [markdown] id="saddle_play_goal" covers="C.plateau_word"
# ### Play · Leaving a saddle
# The product net starts close to its saddle, at $w_1=w_2=\varepsilon$. The closer, the flatter.
#
# **Goal:** from ε = 10⁻⁶, find a learning rate that brings the loss below 0.01 within 30 steps. **Predict** how the number of steps depends on ε: is it like 1/ε, or milder?

# %% experiment="saddle_play"
def escape(epsilon, rate, steps=400):
    w, losses = np.full(2, epsilon), []
    for _ in range(steps):
        losses.append(product_loss(w))
        w = w + rate * (1.0 - w[0] * w[1]) * w[::-1]  # minus the gradient
        if not np.all(np.abs(w) < 1e3):
            break
    return np.array(losses)


def draw_escape(exponent, rate):
    figure, axes = fig.steady(2, width=9.5)
    losses = escape(10.0 ** exponent, rate)
    first = int(np.argmax(losses < 0.01)) if (losses < 0.01).any() else None
    settled = first is not None and losses[-1] < 0.01
    axes[0, 0].plot(losses[:120], color=fig.BLUE)
    axes[0, 0].set(xlabel="step", ylabel="loss", ylim=(0, 1), title=f"ε = $10^{{{exponent:g}}}$, α = {rate:.2f}: " + (f"{first} steps" if settled else "never settles") + ("  (goal reached)" if settled and first <= 30 and exponent == -6 else ""))
    exponents = np.arange(-10, 0)
    counts = [int(np.argmax(run < 0.01)) if (run := escape(10.0 ** e, rate)).min() < 0.01 else np.nan for e in exponents]
    axes[0, 1].plot(exponents, counts, **fig.styled(2))
    axes[0, 1].set(xlabel="log10 of ε", ylabel="steps to a loss of 0.01", title="ten times closer costs the same each time", ylim=(0, None))
    fig.show(figure, f"Left: the loss stays at one half and then drops, for a start at distance 10^{exponent:g} from the saddle and learning rate {rate:.2f}. Right: the steps needed grow in a straight line with the number of zeros in epsilon.")


knobs.play(draw_escape, exponent=knobs.slider("log10 of ε", -10, -1, -6, 1), rate=knobs.slider("learning rate α", 0.02, 1.2, 0.2, 0.02))

# %% [markdown] id="saddle_play_why" covers="C.plateau_word,C.plateaus"
# <details><summary>What happened, and why</summary>
#
# At the saddle the curvatures are +1 and −1. Along the downhill direction the distance grows by the factor 1 + α per step, so escape takes $\ln(1/\varepsilon)/\ln(1+\alpha)$ steps: *logarithmic* in ε. At exactly ε = 0 it would take forever, and zeros are what `train_softmax_regression` starts from: fine for one layer, fatal for two. Random starts solve that. So saddles cost little, plateaus a lot, and both are why the notes recommend momentum, RMSProp and Adam.
# With α above 1 the step overshoots at the minimum, where the curvature is 2.
#
# </details>

# %% [markdown] question="colleague" points=6
# ### In your own words
# A colleague trains a deep sigmoid net with squared error on softmax outputs. After 500 steps the training error is 40 %, the test error 42 %, the target 5 %. She says: “The gap is only 2 points, so generalization is excellent. We are simply stuck in a bad local minimum; let us stop here and collect more data.” What do you answer? Name what her numbers diagnose, two likelier causes than a bad minimum, and one measurement for each that would show it.
#
# ### BEGIN SOLUTION
# The numbers diagnose underfitting: the training error (40 %) is far above the target, so more data will not help; a small gap is worth nothing while the sum, the test error, is large. A bad local minimum is the least likely cause: in high dimension nearly all critical points are saddles, and minima are mostly low.
# Likelier: (1) saturation and vanishing gradients: measure forward_statistics and saturated_fraction layer by layer, or the gradient's size in the first layer. (2) a plateau of the squared error on saturated outputs: measure the gradient of the loss with respect to the logits (tiny while the error is large) and compare with cross-entropy, where it is ŷ − y. Also acceptable: a learning rate that is too small (the loss still falls), or too few steps.
# Points: underfitting and why data do not help 2; two causes 2; a measurement for each 2.
# ### END SOLUTION

# %% [markdown] id="can_do"
# ## What you can now do
#
# - say what training tries to reach, and split a test error into its two terms;
# - turn logits into probabilities and into a loss that is right for any logits, and say why it takes logits;
# - derive ŷ − y, and check any gradient against numbers before you trust it;
# - train softmax regression from nothing but NumPy, and say what its boundaries can and cannot do;
# - tell underfitting from overfitting by two numbers and a target, and name a cure for each;
# - measure what a deep net does to its signal, and recognize saturation;
# - tell a minimum, a saddle and a plateau apart, and say which of them costs time.
#
# **Next:** lesson 2 takes the ten sigmoid layers of Part 3 and makes them learn.

# %% [markdown] id="hand_in_how"
# ## Hand in
# Save the notebook (**Ctrl+S**) and run the next cell. It says what is still missing and writes the one file to hand in. Where your course uses nbgrader's exchange, press **Submit** in *Nbgrader → Assignment List* instead.

# %% id="hand_in"
from coursekit.submit import hand_in

hand_in()
