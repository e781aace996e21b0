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
# # Lesson 4 · Regularization: a net that learns instead of remembering
#
# After lessons 2 and 3 our digits net trains quickly and reliably. That is the trouble of this lesson: it trains so well that it learns *everything* in the training set, the mistakes included.
# What counts is the error on digits it has never seen. This lesson (slides S4.4, and what the notes C say about batch normalization as a regularizer) is about four ways to make a large net forget what is not worth knowing.
#
# | part | what you write | what it takes away from the net |
# |---|---|---|
# | 1 Penalties | L2, L1, elastic net | large weights |
# | 2 Early stopping | a class that remembers the best moment | time |
# | 3 Dropout | forward, backward, a bug hunt | the certainty that a unit's neighbours are there |
# | 4 Data augmentation | flip, shift, crop, brightness, batches | the certainty that a picture comes twice |
# | 5 All together | nothing: you measure | |
#
# **The course so far.** Lesson 1 stated the problem, lesson 2 kept the gradient alive, lesson 3 made the steps fast. **Lesson 4** closes the gap between training and test error; lesson 5 reuses what another net has learned; lesson 6 chooses the knobs, of which this lesson adds a good many.
#
# **Notation.** Examples run along the first axis. The parameters of a net are a dict, name → array: `W1`, `b1`, `W2`, … A name that starts with `b` is a bias. `m` is the number of training examples, λ (`lam`) the strength of a penalty.
#
# **To check your work** run the cell under each exercise. On your own you can also run `%load_ext autograde` and then `%check l2_penalty`. Before each experiment, say your prediction aloud: a wrong prediction teaches more than a right plot.
# The whole lesson takes {{time}}; the cards say how long each exercise takes someone new to it.

# %% [markdown] id="recall"
# ## Recall: what the first three lessons left behind
# Answer aloud before you open a line.
#
# <details><summary>1. A net has training error 0 % and test error 19 %. Is it under- or overfitting, and what is the 19 called?</summary>
#
# Overfitting. Test error = training error + generalization gap; here all of it is gap (lesson 1).
#
# </details>
#
# <details><summary>2. Why does He's initialization use the variance 2/fan_in?</summary>
#
# ReLU sets half of the signal to zero. The 2 pays it back, so that the size of the signal stays the same through the layers (lesson 2). Dropout will do the same thing to us again today.
#
# </details>
#
# <details><summary>3. In evaluation, which statistics does batch normalization use, and why not those of the batch?</summary>
#
# The running averages collected in training. A single test example has no batch, and its answer must not depend on its company (lesson 2).
#
# </details>
#
# <details><summary>4. Adam divides each step by the root of s. What happens to a parameter whose gradients are always large?</summary>
#
# Its steps are as long as everybody else's: about the learning rate. Keep this in mind for the end of part 1, where it makes L2 and weight decay two different things (lesson 3).
#
# </details>

# %% id="setup" setup=true
from coursekit import check_environment  # before NumPy: it asks for one thread

import numpy as np

check_environment()

# %% [markdown] id="patient_idea" covers="S4.4.capacity"
# ## Experiment · Meet the patient
# The digits net of the earlier lessons, this time with few data and bad ones: 300 digits, of which one in five carries a **wrong label**, as happens wherever people label in a hurry. Validation and test labels are right.
# The net has two hidden layers of 100 ReLUs, 17,000 weights, and Adam trains it.
#
# The slide's advice is to *give ample capacity and reduce the test error by other means*. Capacity is what we have: 58 weights per picture.
# **Predict:** what will the training error be after 80 epochs? And what will the validation error do after it has reached its lowest point?

# %% experiment="patient" covers="S4.4.capacity"
%matplotlib inline
from coursekit import figures as fig
from coursekit.regularized import Dropout, error_rate, few_digits, forward, mean_loss, mislabelled, new_params, train

fig.use_style()
N = 300
digits = mislabelled(few_digits(N), 0.2)
SIZES = (64, 100, 100, 10)


def run(seed=0, data=digits, epochs=80, sizes=SIZES, **how):
    """Train one net; return its parameters and the record of the run."""
    rng = np.random.default_rng(seed)
    params = new_params(sizes, rng)
    return params, train(params, data, epochs, rng, **how)


plain, plain_record = run()
figure, axes = fig.new(1, 2)
fig.curves(axes[0, 0], {"training": plain_record.train_loss, "validation": plain_record.val_loss}, "epoch", "mean loss")
fig.curves(axes[0, 1], {"training": plain_record.train_error, "validation": plain_record.val_error}, "epoch", "error rate")
axes[0, 0].set_title("Loss")
axes[0, 1].set_title("Share of wrong answers")
fig.show(figure, "Training loss and error fall to zero within about 60 epochs; the validation loss falls for 15 epochs and then rises again, and the validation error settles near 20 per cent.")
best = int(np.argmin(plain_record.val_error))
print(f"training error {plain_record.train_error[-1]:.1%}; validation error {plain_record.val_error[best]:.1%} at epoch {best}, {plain_record.val_error[-1]:.1%} at the end; test error {error_rate(plain, digits.X_test, digits.y_test):.1%}")

# %% [markdown] id="patient_why"
# <details><summary>What happened, and why</summary>
#
# The training error reaches 0 %: the net has learned all 300 labels by heart, the 60 wrong ones included. On the way there it passed a better net. What most digits have in common is learned first, because all of them pull the weights the same way; the wrong labels pull each in its own direction and are learned last, at the cost of the rest.
# A smaller net could not learn them by heart, but it could not learn the digits as well either. So the capacity stays, and everything in this lesson makes it *expensive* to use.
#
# </details>

# %% [markdown] id="part1"
# ## Part 1 · Penalties on the weights

# %% [markdown] id="l2_penalty_idea" covers="S4.4.penalty,S4.4.l2_sum,S4.4.l1_l2_elastic"
# ### L2: large weights cost
# Add to the loss what you want less of (S4.4): **total loss = loss + regularization**. For L2 that is
#
# $$J(\theta)=\frac1m\sum_{i=1}^m\text{loss}_i+\frac{\lambda}{2m}\sum_{j}\theta_j^2,\qquad\frac{\partial}{\partial\theta_j}\,\frac{\lambda}{2m}\sum_k\theta_k^2=\frac{\lambda}{m}\theta_j.$$
#
# The ½ is there so that the 2 of the derivative cancels. Each step of gradient descent then shrinks every weight by the factor $1-\text{lr}\cdot\lambda/m$ before the data have their say; hence the other name, *weight decay*. A weight survives only if the data keep pulling it up.
# The 1/m makes the prior worth as much as a fixed number of examples: with more data the penalty counts for less.
#
# **Erratum that is none.** The slide's sum starts at $j=1$, which looks like a slip, since $\theta_0$ is a parameter too. It is on purpose: $\theta_0$ is the **bias**. A bias says where the data lie, not how wildly the function wiggles, and it is fitted by all examples together. Penalise it, and the fit moves when somebody adds 273 to a temperature. The next experiment shows it failing.
#
# **Conventions.** `params` is a dict, name → array. A name that starts with a small `b` is a bias: it adds nothing to the loss, and its gradient is an array of zeros. `grads` has the same names and shapes. Nothing in `params` is changed.
#
# {{exercise l2_penalty}}
#
# {{hints l2_penalty}}

# %% exercise="l2_penalty"
def l2_penalty(params, lam, m):
    """Return (loss, grads): lam / (2m) * sum of squared weights, and its gradient by name.

    params: dict name -> array; a name that starts with b is a bias and goes free (its gradient is zeros).
    """
    ### BEGIN SOLUTION
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
        else:
            loss += lam / (2 * m) * np.sum(theta**2)
            grads[name] = lam / m * theta
    return loss, grads
    ### END SOLUTION

# %% test="l2_penalty" points=7
params = {"W1": np.array([[1.0, -2.0], [3.0, 0.5]]), "b1": np.array([10.0, -10.0]), "W2": np.array([[2.0], [-1.0]]), "b2": np.array([5.0])}
loss, grads = l2_penalty(params, 0.6, 3)
assert np.isclose(loss, 1.925), f"expected 0.1 * 19.25 = 1.925, got {loss}: do biases count, or only the last layer, or is the 1/(2m) different?"
assert set(grads) == set(params), "grads needs every name of params, biases too"
assert np.allclose(grads["W1"], 0.2 * params["W1"]), "the gradient of a weight is lam / m * theta: does the 2 cancel?"
assert not grads["b1"].any() and grads["b1"].shape == (2,), "a bias is not penalised: its gradient is zeros of its shape"
h = 1e-6
moved = {**params, "W2": params["W2"] + np.array([[h], [0.0]])}
assert np.isclose((l2_penalty(moved, 0.6, 3)[0] - loss) / h, grads["W2"][0, 0], atol=1e-4), "loss and gradient do not belong together: compare their factors"

# %% [markdown] id="polynomial_predict"
# ### Experiment · Lesson 1's overfit polynomial, healed
# The fifteen noisy points of lesson 1, and the polynomial of degree 10 whose test error was 0.87 there:
#
# $$h_\theta(x)=\theta_0+\theta_1x+\dots+\theta_{10}x^{10},\qquad J(\theta)=\frac{1}{2m}\sum_{i=1}^m\bigl(h_\theta(x^{(i)})-y^{(i)}\bigr)^2+\frac{\lambda}{2m}\sum_{j=1}^{10}\theta_j^2,$$
#
# the slide's formula to the letter, minimized with **your** `l2_penalty`. **Predict:** how does the curve change between λ = 0, 0.03 and 100? And what happens to the curve for λ = 100 if the sum starts at $j=0$?

# %% experiment="polynomial" covers="S4.4.penalty,S4.4.l2_sum"
from coursekit.measurement import measured
from coursekit.shrinkage import fit_polynomial, predict, wavy_points

rng = np.random.default_rng(2)  # the points of lesson 1
x_train, y_train = wavy_points(15, rng)
x_new, y_new = wavy_points(500, rng)
inside = (x_new >= x_train.min()) & (x_new <= x_train.max())  # no extrapolation
x_new, y_new = x_new[inside], y_new[inside]
line = np.linspace(x_train.min(), x_train.max(), 201)


def bias_too(params, lam):
    """The sum from j = 0: your l2_penalty, told that the bias is a weight."""
    loss, grads = l2_penalty({"W": params["W"], "theta0": params["b"]}, lam, len(x_train))
    return loss, {"W": grads["W"], "b": grads["theta0"]}


def test_error(theta):
    """Root mean square error on new points."""
    return float(np.sqrt(np.mean((predict(theta, x_new) - y_new) ** 2)))


fits = {lam: fit_polynomial(x_train, y_train, 10, lambda p: l2_penalty(p, lam, len(x_train))) for lam in (0.0, 0.03, 100.0)}
wrong_sum = fit_polynomial(x_train, y_train, 10, lambda p: bias_too(p, 100.0))
figure, axes = fig.new(1, 3, width=10.5, sharey=True)
for i, (ax, (lam, theta)) in enumerate(zip(axes[0], fits.items())):
    _ = ax.plot(x_train, y_train, "o", color=fig.BLACK, markersize=4, label="training points")
    _ = ax.plot(line, predict(theta, line), color=fig.BLUE, label="sum from j = 1")
    ax.set(title=f"λ = {lam:g}: test error {test_error(theta):.2f}", xlabel="x", ylim=(0, 5))
axes[0, 2].plot(line, predict(wrong_sum, line), "--", color=fig.RED, label=f"sum from j = 0: {test_error(wrong_sum):.2f}")
axes[0, 2].legend(fontsize=8, loc=(0.42, 0.18))
axes[0, 0].set_ylabel("y")
fig.show(figure, "Three fits of a degree 10 polynomial. Without penalty it swings out of the picture between the points; with a small penalty it follows the curve; with a large one it is flat at the mean of the points. A dashed line, where the bias is penalised too, lies far below the points.")
sizes = {lam: float(np.abs(theta["W"]).max()) for lam, theta in fits.items()}
measured("S4.4.penalty", "total loss = loss + regularization makes the parameters smaller",
         "largest |θ| " + ", ".join(f"{size:,.2f} at λ = {lam:g}" for lam, size in sizes.items()) + f"; test error {test_error(fits[0.0]):.2f} without, {test_error(fits[0.03]):.2f} with λ = 0.03",
         sizes[0.0] > sizes[0.03] > sizes[100.0] and test_error(fits[0.03]) < test_error(fits[0.0]), "Small coefficients cannot cancel each other in wild swings between the points.")
print(f"λ = 100: test error {test_error(fits[100.0]):.2f} with the sum from j = 1, {test_error(wrong_sum):.2f} with the sum from j = 0")

# %% [markdown] id="polynomial_why"
# <details><summary>What happened, and why</summary>
#
# To come near all 15 noisy points a polynomial of degree 10 needs coefficients in the thousands that cancel *at* the points and not between them. A penalty of 0.03/(2·15) is too little to be seen in the loss, yet it makes such cancellation unaffordable.
# With λ = 100 only $\theta_0$ is left. Started at $j=1$, the sum leaves it alone and the curve lies at the mean of the points: a dull answer, and not a silly one. Started at $j=0$, the curve is dragged down towards 0, where there are no points at all.
#
# </details>

# %% [markdown] id="polynomial_play_idea"
# ### Play · tune the penalty
# **Goal.** Keep the degree at 10 and reach a test error below 0.29, with either formula for θ₀. Then switch the bias penalty on and find out what λ it can still live with. (Tab moves between the knobs, arrow keys turn them.)

# %% experiment="polynomial_play" covers="S4.4.penalty"
from coursekit import widgets as knobs


def draw_polynomial(log_lam=-6.0, degree=10, bias="goes free"):
    lam = 10.0**log_lam
    penalty = (lambda p: l2_penalty(p, lam, len(x_train))) if bias == "goes free" else (lambda p: bias_too(p, lam))
    theta = fit_polynomial(x_train, y_train, degree, penalty)
    error = test_error(theta)
    figure, axes = fig.steady(2, width=9.0, ratios=[1.6, 1])
    axes[0, 0].plot(x_new, y_new, ".", color=fig.SKY, markersize=3, label="new points")
    axes[0, 0].plot(x_train, y_train, "o", color=fig.BLACK, markersize=4, label="training points")
    axes[0, 0].plot(line, predict(theta, line), color=fig.BLUE)
    axes[0, 0].set(title=f"λ = {lam:.2g}: test error {error:.3f}" + ("  (goal reached)" if error < 0.29 else ""), xlabel="x", ylim=(0.5, 5))
    axes[0, 0].legend(fontsize=8, loc="upper left")
    axes[0, 1].bar(range(degree + 1), np.abs(np.concatenate([theta["b"], theta["W"]])) + 1e-6, color=fig.ORANGE)
    axes[0, 1].set(title="Size of the coefficients", xlabel="j", ylabel="|θ|", yscale="log", ylim=(1e-3, 1e4))
    fig.show(figure, f"A polynomial of degree {degree} with λ = {lam:.2g}: test error {error:.3f}; beside it the sizes of its coefficients.")


knobs.play(draw_polynomial, log_lam=knobs.slider("log10 λ", -6.0, 2.0, -6.0, 0.25), degree=knobs.slider("degree", 1, 12, 10, 1), bias=knobs.choice("bias", ["goes free", "is penalised"]))

# %% [markdown] id="l1_penalty_idea" covers="S4.4.l1_l2_elastic"
# ### L1: small weights cost as well
# Replace θ² by |θ|:
#
# $$\frac{\lambda}{2m}\sum_j|\theta_j|,\qquad\text{gradient }\frac{\lambda}{2m}\operatorname{sign}(\theta_j).$$
#
# The push towards 0 no longer fades as a weight gets small. L2 pulls a weight of 0.01 a hundred times less than one of 1; L1 pulls both alike, so weights that the data do not defend arrive *at* 0 and stay there. The result is **sparse**: L1 chooses, L2 shares out.
#
# **Conventions.** The factor is λ/(2m) here too, as on the slide; nothing cancels the 2, since |θ| has slope ±1. At θ = 0 every slope between −1 and 1 is a *subgradient* and is accepted; `np.sign` gives 0. Biases go free as before.
#
# {{exercise l1_penalty}}
#
# {{hints l1_penalty}}

# %% exercise="l1_penalty"
def l1_penalty(params, lam, m):
    """Return (loss, grads): lam / (2m) * sum of |weights|, and its (sub)gradient by name; biases go free."""
    ### BEGIN SOLUTION
    loss, grads = 0.0, {}
    for name, theta in params.items():
        if name.startswith("b"):
            grads[name] = np.zeros_like(theta)
        else:
            loss += lam / (2 * m) * np.sum(np.abs(theta))
            grads[name] = lam / (2 * m) * np.sign(theta)
    return loss, grads
    ### END SOLUTION

# %% test="l1_penalty" points=6
params = {"W1": np.array([[1.0, -2.0], [3.0, 0.5]]), "b1": np.array([10.0, -10.0])}
loss, grads = l1_penalty(params, 0.6, 3)
assert np.isclose(loss, 0.65), f"expected 0.1 * 6.5 = 0.65, got {loss}: absolute values before the sum? factor lam / (2m)?"
assert np.allclose(grads["W1"], [[0.1, -0.1], [0.1, 0.1]]), "the gradient is lam / (2m) times the sign, whatever the size of the weight"
assert not grads["b1"].any() and grads["b1"].shape == (2,), "a bias is not penalised: its gradient is zeros of its shape"

# %% [markdown] id="elastic_net_idea" covers="S4.4.l1_l2_elastic"
# ### Elastic net: both
# $$\frac{\lambda}{2m}\sum_j\bigl(\beta\,\theta_j^2+|\theta_j|\bigr)$$
#
# L1 has a weakness: of two features that say the same it keeps one, more or less by chance. The square shares a weight between them (one of 1 costs β, two of ½ cost β/2), and the absolute value still removes what nobody needs (Zou & Hastie 2005).
#
# **Conventions.** β multiplies the squares only. scikit-learn's `ElasticNet` writes the same idea with two other knobs (`alpha`, `l1_ratio`); compare formulas before you compare numbers.
#
# {{exercise elastic_net_penalty}}
#
# {{hints elastic_net_penalty}}

# %% exercise="elastic_net_penalty"
def elastic_net_penalty(params, lam, beta, m):
    """Return (loss, grads): lam / (2m) * sum of (beta * theta**2 + |theta|) over the weights; biases go free."""
    ### BEGIN SOLUTION
    squares, d_squares = l2_penalty(params, lam, m)
    sizes, d_sizes = l1_penalty(params, lam, m)
    return beta * squares + sizes, {name: beta * d_squares[name] + d_sizes[name] for name in params}
    ### END SOLUTION

# %% test="elastic_net_penalty" points=6
params = {"W1": np.array([[1.0, -2.0], [3.0, 0.5]]), "b1": np.array([10.0, -10.0])}
loss, grads = elastic_net_penalty(params, 0.6, 2.0, 3)
assert np.isclose(loss, 3.5), f"expected 2 * 1.425 + 0.65 = 3.5, got {loss}: beta belongs to the squares only"
assert np.allclose(grads["W1"], 2.0 * 0.2 * params["W1"] + 0.1 * np.sign(params["W1"])), "the gradient is beta times L2's plus L1's"
assert np.allclose(elastic_net_penalty(params, 0.6, 0.0, 3)[1]["W1"], l1_penalty(params, 0.6, 3)[1]["W1"]), "with beta = 0 only L1 is left"

# %% [markdown] id="shrinkage_predict"
# ### Experiment · Three ways to shrink
# A softmax regression (lesson 1) on the digits: 640 weights, one for each pixel and class. λ grows from left to right. **Predict** the paths of the weights under L2, L1 and elastic net: who reaches 0, and how, by a soft landing or in a straight line?
#
# One technical point. Plain subgradient steps hop over 0 and back for ever. So each step is done in two: first along the data's gradient, then along **your** penalty's gradient, and a weight that the second step would carry across 0 stops there. (For L1 this is *soft thresholding*, the proximal step; beyond the slides.)

# %% experiment="shrinkage" covers="S4.4.l1_l2_elastic"
from coursekit.progress import track
from coursekit.shrinkage import fit_softmax

clean = few_digits(N)
LAMS = np.array([0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
PENALTIES = {"L2": lambda p, lam: l2_penalty(p, lam, N), "L1": lambda p, lam: l1_penalty(p, lam, N), "elastic net, β = 1": lambda p, lam: elastic_net_penalty(p, lam, 1.0, N)}
start = {"W": np.zeros((64, 10)), "b": np.zeros(10)}
paths, chosen = {}, {}
for name, penalty in track(list(PENALTIES.items()), "shrinking"):
    fitted, weights = start, []
    for lam in LAMS:
        fitted = fit_softmax(clean.X_train, clean.y_train, lambda p: penalty(p, lam), fitted, 200, 1.0)
        weights.append(fitted["W"].ravel())
        if lam == 3.0:
            chosen[name] = fitted["W"].copy()
    paths[name] = np.array(weights)  # (λ, 640)

ever = np.abs(paths["L2"]).max(axis=0) > 0  # pixels that are always 0 have no say
some = np.flatnonzero(ever)[::12]
figure, axes = fig.new(2, 3, width=10.5, height=5.4)
for i, (name, path) in enumerate(paths.items()):
    _ = axes[0, i].plot(LAMS, path[:, some], color=fig.PALETTE[i], linewidth=0.8, alpha=0.7)
    axes[0, i].set(xscale="log", title=name, xlabel="λ", ylim=(-2, 2.5))
    _ = axes[1, i].hist(chosen[name].ravel()[ever], bins=np.linspace(-1.6, 1.6, 49), color=fig.PALETTE[i])
    share = np.mean(chosen[name].ravel()[ever] == 0)
    axes[1, i].set(title=f"λ = 3: {share:.0%} exactly 0", xlabel="weight", yscale="log", ylim=(0.7, 600))
axes[0, 0].set_ylabel("weight")
axes[1, 0].set_ylabel("number of weights")
fig.show(figure, "Top: paths of about 50 weights as λ grows. Under L2 they bend towards zero and never reach it; under L1 most drop to exactly zero and a few stay large; elastic net does some of both. Bottom: histograms at λ = 3, a smooth bell for L2, a tall bar at zero for L1 and elastic net.")
zero = {name: float(np.mean(W.ravel()[ever] == 0)) for name, W in chosen.items()}
largest = {name: float(np.abs(W).max()) for name, W in chosen.items()}
measured("S4.4.l1_l2_elastic", "L2 Σθ², L1 Σ|θ|, elastic net Σ(βθ² + |θ|)",
         "weights exactly 0 at λ = 3: " + ", ".join(f"{name} {zero[name]:.0%}" for name in zero) + "; largest weight: " + ", ".join(f"{name} {largest[name]:.2f}" for name in largest),
         zero["L2"] < 0.05 and zero["L1"] > 0.4 and largest["elastic net, β = 1"] < largest["L1"], "The slide gives the three formulas; their difference is what they do to small and to large weights.")

# %% [markdown] id="shrinkage_why"
# <details><summary>What happened, and why</summary>
#
# L2 multiplies: each weight loses a share of itself, the large ones most, and none gets to 0. L1 subtracts: each loses the same amount, so small ones arrive and a few large ones are hardly touched. Elastic net cuts the tall ones *and* empties the middle.
# The histogram is the answer to "which prior did I choose": L2 is a Gaussian belief about the weights, L1 a Laplacian one, peaked at 0.
#
# </details>

# %% [markdown] id="decay_idea" covers="S4.4.penalty"
# ### Second opinion: torch, and why Adam needs its own weight decay (beyond the slides)
# torch has no penalty term; its optimizers take `weight_decay`, and add `weight_decay * θ` to the gradient. That is your `l2_penalty` with λ/m = `weight_decay`, with one difference of convention: torch penalises **every** parameter it is given, biases too, unless you pass two groups.
#
# With plain gradient descent L2 and weight decay are one thing. With Adam they are not: the penalty's gradient is divided by $\sqrt s$ like any other, so a weight with noisy, large gradients hardly decays at all. `AdamW` (Loshchilov & Hutter 2019) shrinks the weight *outside* the division: $\theta\leftarrow\theta-\text{lr}\cdot\lambda'\theta$.
#
# **Predict:** four weights start at 1; the data tell them nothing, their gradients are pure noise of size 0.01, 0.1, 1 and 10. Which of them decay under Adam with L2, and which under AdamW?

# %% experiment="decay" covers="S4.4.penalty"
from coursekit.loading import load_torch
from coursekit.regularized import Adam

torch = load_torch()
noise = np.array([0.01, 0.1, 1.0, 10.0])
SAMPLES, STEPS = 150, 400
decays = {}
for name, lam, decay in (("Adam with your L2", 0.1, 0.0), ("AdamW: decay apart", 0.0, 0.5)):
    rng, theta = np.random.default_rng(0), {"W": np.ones((SAMPLES, 4))}
    optimizer, means = Adam(theta, 0.003, decay), []
    for _ in range(STEPS):
        gradient = rng.normal(size=(SAMPLES, 4)) * noise + l2_penalty(theta, lam, 1)[1]["W"]
        optimizer.step({"W": gradient})
        means.append(theta["W"].mean(axis=0))
    decays[name] = np.array(means)

figure, axes = fig.new(1, 2, sharey=True)
for ax, (name, means) in zip(axes[0], decays.items()):
    fig.curves(ax, {f"noise {size:g}": column for size, column in zip(noise, means.T)}, "step", "mean weight")
    ax.set_title(name)
fig.show(figure, "Left: under Adam with L2 the weight with small gradient noise falls to zero and the one with large noise stays near one. Right: under decoupled decay all four fall together.")

# the same problem for your penalty and for torch: ten steps of Adam on one weight matrix
rng = np.random.default_rng(1)
W, gradients = rng.normal(size=(5, 3)), rng.normal(size=(10, 5, 3))
mine, theirs = {"W": W.copy()}, torch.nn.Parameter(torch.tensor(W.copy()))
optimizer, torch_optimizer = Adam(mine, 0.01), torch.optim.Adam([theirs], lr=0.01, weight_decay=2.0 / 50)
for g in gradients:
    optimizer.step({"W": g + l2_penalty(mine, 2.0, 50)[1]["W"]})
    theirs.grad = torch.tensor(g)
    torch_optimizer.step()
gap = float(np.abs(mine["W"] - theirs.detach().numpy()).max())
print(f"largest difference to torch.optim.Adam(weight_decay = λ/m) after 10 steps: {gap:.1e}")
for name, means in decays.items():
    print(f"{name}, left after 400 steps:", ", ".join(f"{left:.2f}" for left in means[-1]))

# %% [markdown] id="decay_why"
# <details><summary>What happened, and why</summary>
#
# Adam moves every parameter by about the learning rate, in the direction its gradients agree on. A penalty of 0.1·θ is a clear signal where the noise is 0.01, and invisible where the noise is 10. So L2 under Adam shrinks the quiet weights and leaves the loud ones alone, the opposite of what one wants.
# Decoupled decay does not pass through the division and treats all alike. The digits runs below use Adam with your penalties, and that is fine as long as you know that "λ" means something else there.
#
# </details>

# %% [markdown] id="part2"
# ## Part 2 · Early stopping

# %% [markdown] id="early_stopping_idea" covers="S4.4.early_stopping"
# ### Remember the best, stop when nothing better comes
# The patient's validation curve fell, and rose again. So: look at the validation error at intervals, **save the parameters whenever it beats the best so far**, stop when it has not done so for `patience` looks in a row, and go on with the *saved* parameters (S4.4). It costs nothing, needs no formula and goes well with every other method.
#
# Write it as a class:
#
# - `EarlyStopping(patience)` makes one; `.update(val_error, params)` takes one look and returns whether to **stop**.
# - `.best_error`, `.best_step`, `.best_params` describe the best look so far. Steps count from 0, one per update.
# - *Better* means strictly smaller. Equal is not better, and **NaN is not better** than anything. An error of exactly 0 is a fine error.
# - `params` is a dict of arrays, and training goes on changing those very arrays in place. Keep **copies**.
# - It answers True on the update that makes it `patience` in a row without a better one.
#
# {{exercise EarlyStopping}}
#
# {{hints EarlyStopping}}

# %% exercise="EarlyStopping"
class EarlyStopping:
    """Remember the best parameters; say stop after `patience` updates in a row without a better error.

    best_error, best_step (from 0), best_params (copies). Strictly smaller is better; NaN never is.
    """

    def __init__(self, patience):
        ### BEGIN SOLUTION
        self.patience = patience
        self.best_error, self.best_step, self.best_params = np.inf, -1, None
        self.step, self.waited = 0, 0
        ### END SOLUTION

    def update(self, val_error, params):
        """Take one look; return True when training should stop."""
        ### BEGIN SOLUTION
        if val_error < self.best_error:
            self.best_error, self.best_step, self.waited = val_error, self.step, 0
            self.best_params = {name: array.copy() for name, array in params.items()}
        else:
            self.waited += 1
        self.step += 1
        return self.waited >= self.patience
        ### END SOLUTION

# %% test="EarlyStopping" points=12
stopper, params = EarlyStopping(patience=2), {"W": np.zeros(2), "b": np.zeros(1)}
answers = []
for error in (0.5, 0.3, 0.4, 0.2, 0.2, 0.25):
    params["W"] += 1.0  # training goes on, in place
    answers.append(bool(stopper.update(error, params)))
assert answers == [False, False, False, False, False, True], f"stop after 2 updates in a row without a better error, got {answers}: is the counter reset? is equal taken for better?"
assert stopper.best_error == 0.2 and stopper.best_step == 3, "the best was 0.2 at step 3 (the first step is 0)"
assert np.allclose(stopper.best_params["W"], 4.0), "best_params changed while training went on: keep copies of the arrays"
stopper = EarlyStopping(patience=3)
for error in (float("nan"), 0.0, 0.1):
    stopper.update(error, params)
assert stopper.best_error == 0.0 and stopper.best_step == 1, "NaN is never better, and an error of exactly 0 is"

# %% [markdown] id="early_stopping_predict"
# ### Experiment · Stopped in time
# The patient once more, on three training sets. **Predict:** how much test error does stopping save, and how much of the time?

# %% experiment="stopping" covers="S4.4.early_stopping"
SEEDS = (0, 1, 2)
noisy = {seed: mislabelled(few_digits(N, seed), 0.2, seed) for seed in SEEDS}
to_the_end, in_time, records, halted = [], [], [], []
for seed in track(SEEDS, "training with and without stopping"):
    params, record = run(seed, noisy[seed]) if seed else (plain, plain_record)  # set 1 is the patient you have met
    to_the_end.append(error_rate(params, digits.X_test, digits.y_test))
    records.append(record)
    stopper = EarlyStopping(patience=15)
    params, record = run(seed, noisy[seed], stopper=stopper)
    halted.append(record)
    in_time.append((error_rate(params, digits.X_test, digits.y_test), stopper.best_step, record.stopped))

figure, axes = fig.new(1, 2)
fig.curves(axes[0, 0], {f"training set {seed + 1}": record.val_loss for seed, record in zip(SEEDS, records)}, "epoch", "validation loss")
for i, (_, best, stopped) in enumerate(in_time):
    _ = axes[0, 0].plot(best + 1, records[i].val_loss[best], "*", color=fig.PALETTE[i], markersize=14, markeredgecolor="black")
axes[0, 0].set_title("Stars: the parameters that were kept")
width = 0.38
_ = axes[0, 1].bar(np.arange(3) - width / 2, to_the_end, width, color=fig.RED, label="80 epochs")
_ = axes[0, 1].bar(np.arange(3) + width / 2, [error for error, _, _ in in_time], width, color=fig.GREEN, hatch="//", label="stopped and restored")
axes[0, 1].set(xticks=range(3), xticklabels=[f"set {seed + 1}" for seed in SEEDS], ylabel="test error", title="Test error", ylim=(0, 1.35 * max(to_the_end)))
axes[0, 1].legend(fontsize=8)
fig.show(figure, "Left: three validation curves that fall for 10 to 20 epochs and rise afterwards, with a star near each minimum. Right: the test error of the restored nets is clearly below that of the nets trained for 80 epochs.")
stopped_errors = [error for error, _, _ in in_time]
measured("S4.4.early_stopping", "stop when validation gets worse, keep the best parameters and restore them",
         f"test error {np.mean(to_the_end):.1%} after 80 epochs, {np.mean(stopped_errors):.1%} stopped and restored (three training sets); best epochs {', '.join(str(best) for _, best, _ in in_time)}, stopped at {', '.join(str(stopped) for _, _, stopped in in_time)}",
         np.mean(stopped_errors) < np.mean(to_the_end), "The wrong labels are learned late; whoever stops before does not learn them.")

# %% [markdown] id="early_stopping_why"
# <details><summary>What happened, and why</summary>
#
# The restored nets are better by several points and cost little more than a third of the time. Why does stopping act like a penalty? A net that starts small and takes few steps cannot get far: the weights stay within a distance of their start, much as under L2. For a linear model with squared loss the two are nearly the same thing, with 1/(steps · learning rate) in the role of λ/m.
# The slide looks every 50 epochs with a threshold of 2,000; on our small net one epoch is a sensible interval.
#
# </details>

# %% [markdown] id="patience_play_idea"
# ### Play · how patient?
# Below, a validation curve of a longer, noisier training. Your class walks along it. **Goal.** Find the *smallest* patience that still ends up at the very best step of the whole curve. Then change the noise and see how much it asks for.

# %% experiment="patience_play" covers="S4.4.early_stopping"
def draw_patience(patience=3, noise=0.03):
    rng, t = np.random.default_rng(7), np.arange(160)
    curve = 0.25 + 0.6 * np.exp(-t / 12) + 0.0011 * t + noise * rng.normal(size=len(t))
    stopper, stopped = EarlyStopping(patience), len(curve) - 1
    for step, error in enumerate(curve):
        if stopper.update(float(error), {"W": np.full(1, float(step))}):
            stopped = step
            break
    goal = int(np.argmin(curve))
    smallest = stopper.best_step == goal
    if smallest and patience > 1:  # would one less have done as well?
        shorter = EarlyStopping(patience - 1)
        for error in curve:
            if shorter.update(float(error), {"W": np.zeros(1)}):
                break
        smallest = shorter.best_step != goal
    figure, axes = fig.steady(width=8.0)
    axes[0, 0].plot(t, curve, color=fig.SKY, linewidth=1)
    axes[0, 0].plot(t[: stopped + 1], curve[: stopped + 1], color=fig.BLUE)
    axes[0, 0].plot(stopper.best_step, curve[stopper.best_step], "*", color=fig.GREEN, markersize=15, label=f"kept: step {stopper.best_step}")
    axes[0, 0].plot(goal, curve[goal], "v", color=fig.RED, label=f"best of all: step {goal}")
    axes[0, 0].axvline(stopped, color=fig.BLACK, linestyle=":", label=f"stopped at {stopped}")
    verdict = "goal reached" if smallest else ("a smaller patience would do" if stopper.best_step == goal else "stopped too early")
    axes[0, 0].set(title=f"patience {patience}: {verdict}", xlabel="step", ylabel="validation error")
    axes[0, 0].legend(fontsize=8)
    fig.show(figure, f"With patience {patience} training stops at step {stopped} and keeps step {stopper.best_step}; the best of all is step {goal}.")


knobs.play(draw_patience, patience=knobs.slider("patience", 1, 60, 3, 1), noise=knobs.slider("noise", 0.0, 0.1, 0.03, 0.01))

# %% [markdown] id="part3"
# ## Part 3 · Dropout

# %% [markdown] id="dropout_forward_idea" covers="S4.4.dropout,S4.4.dropout_scaling"
# ### Units that may be absent
# In every training step each unit is switched off with probability p, on its own and afresh (Hinton et al. 2012; Srivastava et al. 2014). Usually p = 0.5. What is dropped counts as 0 in this step, and its incoming and outgoing weights do not learn in it; in the next step it may be back.
#
# Two readings, both useful. *No unit can rely on a certain neighbour*, so each has to be useful by itself: the slide's cat must be recognised with its eyes and the colour of its fur covered. And: *every step trains another thinned net*, $2^n$ of them with shared weights, and at test time the whole net is their average.
#
# **Erratum.** The slide drops with probability p and says nothing about scale. A next layer that in training gets the sum of half of its inputs suddenly gets all of them in use: its input doubles. There are two remedies. Either multiply the weights by $1-p$ at test time (the paper of 2012), or **divide what is kept by $1-p$ in training**, which leaves the net for use untouched:
#
# $$\text{out}_{ij}=\frac{\text{keep}_{ij}}{1-p}\,x_{ij},\qquad P(\text{keep}_{ij}=1)=1-p,\qquad \operatorname{E}[\text{out}_{ij}]=x_{ij}.$$
#
# The second is called *inverted dropout*; everybody uses it, torch included, and so do we.
#
# **Conventions.** p is the probability to **drop**. Every value of x `(n, d)` has its own draw, from `rng`. Not training: out equals x. `mask` is whatever your backward pass needs (0 and 1/(1 − p) is handy).
#
# {{exercise dropout_forward}}
#
# {{hints dropout_forward}}

# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, training=True):
    """Return (out, mask): each value of x (n, d) dropped with probability p, the rest divided by 1 - p.

    training=False: out equals x.
    """
    ### BEGIN SOLUTION
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1.0 - p)
    return x * mask, mask
    ### END SOLUTION

# %% test="dropout_forward" points=11
x = np.ones((200, 50))
out, mask = dropout_forward(x, 0.2, np.random.default_rng(0))
assert np.isclose((out == 0).mean(), 0.2, atol=0.02), f"a share of {(out == 0).mean():.2f} was dropped, not 0.2: p is the probability to drop"
assert np.allclose(out[out != 0], 1.25), "what is kept is divided by 1 - p"
assert len({tuple(row) for row in (out == 0).tolist()}) == 200, "every example has its own mask: draw size=x.shape"
assert np.isclose(out.mean(), 1.0, atol=0.02), "the mean of the output should be that of the input"
assert np.allclose(dropout_forward(x, 0.2, np.random.default_rng(0), training=False)[0], x), "when not training nothing is dropped or scaled"

# %% [markdown] id="dropout_backward_idea" covers="S4.4.dropout"
# ### Backward through a mask
# out = x · mask, value by value; so dx = dout · (what multiplied x). A dropped value had no influence on the loss and gets gradient 0. The *same* mask, not a new one: the gradient has to take the way the signal took.
#
# {{exercise dropout_backward}}
#
# {{hints dropout_backward}}

# %% exercise="dropout_backward"
def dropout_backward(dout, mask):
    """Return dx for the mask that dropout_forward returned."""
    ### BEGIN SOLUTION
    return dout * mask
    ### END SOLUTION

# %% test="dropout_backward" points=6
x = np.random.default_rng(1).uniform(1.0, 2.0, (6, 5))
out, mask = dropout_forward(x, 0.5, np.random.default_rng(2))
dx = dropout_backward(3.0 * np.ones_like(x), mask)
assert dx.shape == x.shape, "dx has the shape of x"
assert np.allclose(dx, 3.0 * out / x), "dx is dout times the very factor that multiplied x: 0 where it was dropped, 1/(1 - p) where it was kept"

# %% [markdown] id="dropout_scale_predict"
# ### Experiment · The slide's dropout, and dropout left on
# Four nets on the patient's data, all with p = 0.5 in training:
#
# 1. **yours**, inverted;
# 2. **the slide's**, without any scale;
# 3. yours, but left on in use (the slide's warning: *no dropout after training*);
# 4. no dropout at all.
#
# **Predict** the order of the four test errors. Which mistake is worse? And, as a second opinion, does `torch.nn.Dropout` follow the same law as yours?

# %% experiment="dropout_scale" covers="S4.4.dropout_scaling,S4.4.dropout_off,S4.4.dropout"
def unscaled_forward(x, p, rng, training=True):
    """The slide's version, made of yours: drop, and do not divide by 1 - p."""
    out, mask = dropout_forward(x, p, rng, training)
    return (out * (1 - p), mask) if training else (out, mask)


def unscaled_backward(dout, mask):
    return dropout_backward(dout, mask) * 0.5


half = Dropout(0.5, dropout_forward, dropout_backward)
slide = Dropout(0.5, unscaled_forward, unscaled_backward)
dropped, unscaled = (run(dropout=kind, curves=False)[0] for kind in track((half, slide), "training 2 nets"))


def left_on(params, draws=20):
    """Test error and mean loss with dropout still active, averaged over some draws."""
    rng = np.random.default_rng(3)
    logits = [forward(params, digits.X_test, half, rng, training=True)[0] for _ in range(draws)]
    return float(np.mean([(one.argmax(axis=1) != digits.y_test).mean() for one in logits]))


def size_of_logits(params, dropout=None, training=False):
    rng = np.random.default_rng(4)
    return float(np.abs(forward(params, digits.X_test, dropout, rng, training)[0]).mean())


errors = {"inverted (yours)": error_rate(dropped, digits.X_test, digits.y_test), "slide: no scale": error_rate(unscaled, digits.X_test, digits.y_test),
          "yours, left on": left_on(dropped), "no dropout": error_rate(plain, digits.X_test, digits.y_test)}
losses = {"inverted (yours)": mean_loss(dropped, digits.X_test, digits.y_test), "slide: no scale": mean_loss(unscaled, digits.X_test, digits.y_test)}
growth = {"inverted (yours)": size_of_logits(dropped) / size_of_logits(dropped, half, True), "slide: no scale": size_of_logits(unscaled) / size_of_logits(unscaled, slide, True)}
figure, axes = fig.new(1, 3, width=10.5, width_ratios=[1.7, 1, 1])
for ax, values, title in zip(axes[0], (errors, losses, growth), ("Test error", "Test loss", "Mean |logit|, in use / in training")):
    bars = ax.bar(range(len(values)), list(values.values()), color=fig.PALETTE[: len(values)], width=0.6)
    for bar, value in zip(bars, values.values()):
        _ = ax.text(bar.get_x() + 0.3, value, f"{value:.1%}" if values is errors else f"{value:.2f}", ha="center", va="bottom", fontsize=8)
    ax.set(xticks=range(len(values)), title=title)
    ax.set_xticklabels([name.replace(" (", "\n(").replace(": ", ":\n").replace(", ", ",\n") for name in values], fontsize=8)
    ax.set_ylim(0, 1.15 * max(values.values()))
fig.show(figure, "Test error of four nets: inverted dropout is lowest, left on it is clearly worse, no dropout is worst or near it. The slide's version without scale has a much larger test loss, and its logits grow several times between training and use, where those of inverted dropout stay nearly the same.")
measured("S4.4.dropout_off", "no dropout after training",
         f"test error {errors['inverted (yours)']:.1%} with dropout off in use, {errors['yours, left on']:.1%} with it left on",
         errors["yours, left on"] > errors["inverted (yours)"], "Left on, every answer comes from one thinned net instead of the average of all of them, and it is another one each time.")
print(f"slide's version: logits {growth['slide: no scale']:.1f} times as large in use as in training, test loss {losses['slide: no scale']:.2f} against {losses['inverted (yours)']:.2f}")
ones = np.ones((400, 250))
mine, theirs = dropout_forward(ones, 0.3, np.random.default_rng(0))[0], torch.nn.Dropout(0.3)(torch.ones(400, 250)).numpy()
print(f"share dropped: yours {np.mean(mine == 0):.3f}, torch.nn.Dropout {np.mean(theirs == 0):.3f}; value of what is kept: {mine.max():.4f}, {theirs.max():.4f}")

# %% [markdown] id="dropout_scale_why"
# <details><summary>What happened, and why</summary>
#
# Without scale two layers of dropout give logits several times too large in use. The largest logit is often still the right one, so the *error* hides the mistake; the *loss* shows it, because the net is now far too sure of itself. In a net whose depth or later layers depend on scale it shows in the error as well. That is the nasty kind of bug: it costs a little everywhere.
# Left on, dropout makes the net answer differently each time. (Sometimes this is wanted: the spread of the answers is a cheap measure of doubt, *Monte Carlo dropout*.)
#
# </details>

# %% [markdown] id="dropout_rate_predict"
# ### Experiment · How much, and what it is worth
# **Predict:** test error against p from 0 to 0.9 on the patient. And the slide's promise, *1–2 % more accuracy even for the best nets*: will it hold for the patient? And for a healthy net, trained on 737 rightly labelled digits?

# %% experiment="dropout_rate" covers="S4.4.dropout_gain,S4.4.dropout,S4.4.error_rate"
RATES = (0.0, 0.25, 0.5, 0.7, 0.9)
by_rate = {p: [] for p in RATES}
for p in track(RATES, "dropout rates"):
    for seed in SEEDS[:2]:
        params, record = run(seed, noisy[seed], epochs=40, dropout=Dropout(p, dropout_forward, dropout_backward), curves=False)
        by_rate[p].append((error_rate(params, digits.X_test, digits.y_test), record.train_error[-1]))
healthy_data = few_digits(737)
healthy = {}
for p in (0.0, 0.3):
    runs = [run(seed, healthy_data, epochs=25, dropout=Dropout(p, dropout_forward, dropout_backward), curves=False)[0] for seed in SEEDS[:2]]
    healthy[p] = float(np.mean([error_rate(params, digits.X_test, digits.y_test) for params in runs]))

test_curve, train_curve = (np.mean([by_rate[p] for p in RATES], axis=1)[:, k] for k in (0, 1))
figure, axes = fig.new(1, 2, width_ratios=[1.4, 1])
_ = axes[0, 0].plot(RATES, test_curve, label="test error", **fig.styled(0))
_ = axes[0, 0].plot(RATES, train_curve, label="training error (20 % of the labels are wrong)", **fig.styled(1))
axes[0, 0].axhline(0.2, color=fig.BLACK, linewidth=0.8, linestyle=":")
axes[0, 0].set(xlabel="dropout rate p", ylabel="error rate", title="The patient", ylim=(0, None))
axes[0, 0].legend(fontsize=8)
accuracy = np.linspace(0.9, 0.99, 50)
_ = axes[0, 1].plot(100 * accuracy, 100 * 0.02 / (1 - accuracy), color=fig.GREEN)
axes[0, 1].set(xlabel="accuracy before, %", ylabel="share of the errors gone, %", title="What 2 more points are worth", ylim=(0, 110))
_ = axes[0, 1].plot(95, 40, "o", color=fig.RED)
_ = axes[0, 1].annotate("95 → 97 %: errors 5 → 3 %,\n40 % of them gone", (95, 40), (90.2, 75), fontsize=8, arrowprops={"arrowstyle": "->"})
fig.show(figure, "Left: the test error falls from about 20 per cent without dropout to little more than half of it at p = 0.5 and then rises, steeply beyond 0.7; the training error grows towards 20 per cent, the share of wrong labels. Right: two points of accuracy are worth 20 per cent of the errors at 90 per cent accuracy, 40 per cent at 95 and all of them at 98.")
best_rate = RATES[int(np.argmin(test_curve))]
gain = {"patient": float(test_curve[0] - test_curve.min()), "healthy": healthy[0.0] - healthy[0.3]}
measured("S4.4.dropout_gain", "dropout adds 1–2 % accuracy even to the best nets",
         f"patient: {100 * gain['patient']:+.1f} points at p = {best_rate}; healthy net, 737 right labels: {100 * gain['healthy']:+.1f} points (error {healthy[0.0]:.1%} → {healthy[0.3]:.1%})",
         0.01 <= gain["healthy"] <= 0.02 or (gain["healthy"] > 0.01 and gain["patient"] > 0.01),
         "Where there is much to overfit dropout is worth more than the slide says; on this small, clean task hardly anything is left to gain: 1 point is 4 of 400 test digits.")

# %% [markdown] id="dropout_rate_why"
# <details><summary>What happened, and why</summary>
#
# With the right p the training error stops near 20 %: exactly the share of wrong labels. The net has stopped learning them by heart, which is what we asked for. Far to the right the thinned nets are too small to learn anything.
#
# About percentages: from 95 % to 97 % looks like two small points. Counted in errors it is 5 → 3, **40 % of all mistakes gone** (S4.4). Near the top always compare errors, never accuracies.
#
# </details>

# %% [markdown] id="dropout_role_predict" covers="S4.4.dropout_role"
# ### Experiment · The cat without its eyes
# What if one feature gives the answer away? Every *training* picture gets ten extra inputs that simply name its class, like a bright collar with the animal's name on it. In use the collars are missing (0). **Predict:** what does a net learn about the *pictures* when the collar is always there? And what if inputs are dropped, collars included, with **your** function?

# %% experiment="dropout_role" covers="S4.4.dropout_role"
from coursekit.regularized import plain_batches

collar = 6.0 * np.eye(10)[clean.y_train]  # brighter than any pixel
dressed = clean._replace(X_train=np.hstack([clean.X_train, collar]), X_val=np.hstack([clean.X_val, np.zeros((300, 10))]), X_test=np.hstack([clean.X_test, np.zeros((400, 10))]))


def inputs_dropped(p):
    """Batches whose inputs go through your dropout."""
    return lambda rng: ((dropout_forward(X, p, rng)[0], y) for X, y in plain_batches(dressed.X_train, dressed.y_train, 32, rng))


reliance = {}
for p in track((0.0, 0.2, 0.5), "training with collars"):
    params, _ = run(data=dressed, sizes=(74, 100, 100, 10), epochs=40, batches=inputs_dropped(p), curves=False)
    reliance[p] = error_rate(params, dressed.X_test, dressed.y_test)
figure, axes = fig.new(width=6.0)
bars = axes[0, 0].bar([str(p) for p in reliance], list(reliance.values()), color=[fig.RED, fig.ORANGE, fig.GREEN], width=0.5)
for bar, error in zip(bars, reliance.values()):
    _ = axes[0, 0].text(bar.get_x() + 0.25, error, f"{error:.1%}", ha="center", va="bottom", fontsize=9)
axes[0, 0].set(xlabel="dropout rate of the inputs", ylabel="test error without collars", title="Trained with collars, used without", ylim=(0, None))
fig.show(figure, "Three bars: a net trained with collars and without dropout is wrong more often than right when they are missing; with input dropout of 0.2 its error falls to a fraction, and with 0.5 further still.")
print("test error without collars:", ", ".join(f"{error:.1%} at rate {p}" for p, error in reliance.items()))

# %% [markdown] id="dropout_role_why"
# <details><summary>What happened, and why</summary>
#
# A net takes the shortest way: once the collar explains the label, the loss is small, the gradient is small, and the pictures are hardly learned. With dropout the collar is off in a part of the steps; in those the pictures must do. It still leans on the collar, but no longer on the collar alone. That is what the slide means by covering the cat's eyes.
#
# </details>

# %% [markdown] id="dropout_play_idea"
# ### Play · the noise of dropout
# One unit sums 50 inputs, each 0.2 on average, through **your** dropout; 2,000 draws. The histogram is what it gets in training, the line what it gets in use. **Predict:** does the mean move with p? Does the spread?
# **Goal.** Choose p and the number of inputs so that the spread in training is between 0.9 and 1.1.

# %% experiment="dropout_play" covers="S4.4.dropout,S4.4.dropout_scaling"
def draw_dropout(p=0.5, inputs=50, scaled="divided by 1 - p"):
    x = np.random.default_rng(5).uniform(0.0, 0.4, inputs)
    forward_pass = dropout_forward if scaled.startswith("divided") else unscaled_forward
    sums = forward_pass(np.tile(x, (2000, 1)), p, np.random.default_rng(6))[0].sum(axis=1)
    reached = 0.9 <= sums.std() <= 1.1 and scaled.startswith("divided")
    figure, axes = fig.steady(width=7.5)
    axes[0, 0].hist(sums, bins=50, color=fig.SKY, label="in training")
    axes[0, 0].axvline(x.sum(), color=fig.RED, linewidth=2.5, label="in use")
    axes[0, 0].axvline(sums.mean(), color=fig.BLACK, linestyle="--", label="mean in training")
    axes[0, 0].set(title=f"p = {p:.2f}: mean {sums.mean():.2f} against {x.sum():.2f} in use; spread {sums.std():.2f}" + ("  (goal reached)" if reached else ""), xlabel="sum of the inputs", ylabel="draws")
    axes[0, 0].legend(fontsize=8)
    fig.show(figure, f"Histogram of a sum of {inputs} inputs under dropout {p:.2f}: mean {sums.mean():.2f}, {x.sum():.2f} in use, spread {sums.std():.2f}.")


knobs.play(draw_dropout, p=knobs.slider("p", 0.0, 0.95, 0.5, 0.05), inputs=knobs.slider("inputs", 5, 200, 50, 5), scaled=knobs.choice("what is kept is", ["divided by 1 - p", "left as it is (slide)"]))

# %% [markdown] id="bug_hunt" covers="S4.4.dropout"
# ### Bug hunt: a gradient that ignores dropout
# A colleague wrote loss and gradient of a small ReLU net with dropout on its hidden layer and an L2 penalty:
#
# $$z=XW_1+b_1,\quad a=\max(z,0),\quad h=a\cdot\text{mask},\quad \hat y=hW_2+b_2,\quad J=\tfrac1{2n}\sum(\hat y-y)^2+\tfrac\lambda{2n}\sum W^2.$$
#
# It trains, the loss falls, and one line is wrong. The cell below holds the code and a tool: `numerical_gradient(f, theta)` by central differences (lesson 6 makes it an exercise). Compare gradient by gradient, once with a mask of ones and once with one that drops. Then write the whole function with the line put right.
#
# {{exercise repaired_dropout_net}}
#
# {{hints repaired_dropout_net}}

# %% id="bug_hunt_code" setup=true
def buggy_dropout_net(params, X, y, mask, lam):
    """Return (loss, grads). One line is wrong."""
    n = len(X)
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z = X @ W1 + b1  # (n, hidden)
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y  # (n, k)
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * (z > 0)
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0), "W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return loss, grads


def numerical_gradient(f, theta, h=1e-6):
    """Central differences of f() with respect to every element of theta, which is changed and put back."""
    gradient = np.zeros_like(theta)
    for place in np.ndindex(theta.shape):
        old = theta[place]
        theta[place] = old + h
        above = f()
        theta[place] = old - h
        gradient[place] = (above - f()) / (2 * h)
        theta[place] = old
    return gradient

# %% exercise="repaired_dropout_net"
def repaired_dropout_net(params, X, y, mask, lam):
    """Return (loss, grads) of the net above, with its wrong line put right.

    params: W1 (d, hidden), b1 (hidden,), W2 (hidden, k), b2 (k,); X (n, d), y (n, k), mask (n, hidden).
    """
    ### BEGIN SOLUTION
    n = len(X)
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z = X @ W1 + b1
    a = np.maximum(z, 0.0)
    h = a * mask
    error = h @ W2 + b2 - y
    loss = 0.5 * np.sum(error**2) / n + lam / (2 * n) * (np.sum(W1**2) + np.sum(W2**2))
    dout = error / n
    dh = dout @ W2.T
    dz = dh * mask * (z > 0)  # was: dh * (z > 0), as if nothing had been dropped
    grads = {"W2": h.T @ dout + lam / n * W2, "b2": dout.sum(axis=0), "W1": X.T @ dz + lam / n * W1, "b1": dz.sum(axis=0)}
    return loss, grads
    ### END SOLUTION

# %% test="repaired_dropout_net" points=6
rng = np.random.default_rng(3)
params = {"W1": rng.normal(size=(3, 6)), "b1": rng.normal(size=6), "W2": rng.normal(size=(6, 2)), "b2": rng.normal(size=2)}
X, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
mask = 2.0 * (rng.random((4, 6)) >= 0.5)
_, grads = repaired_dropout_net(params, X, y, mask, 0.7)
for name in params:
    wanted = numerical_gradient(lambda: repaired_dropout_net(params, X, y, mask, 0.7)[0], params[name])
    assert np.allclose(grads[name], wanted, atol=1e-5), f"the gradient of {name} does not belong to the loss: compare with numerical_gradient, with a mask that drops"

# %% [markdown] id="batch_norm_idea" covers="C.bn_noise,C.bn_batch_size,S4.2.bn_regularizes"
# ### Batch normalization as a regularizer?
# The notes C add a side effect to lesson 2. Each mini-batch has its own mean and variance, so an example is scaled and shifted a little differently in every batch it falls into. Dropout is multiplicative noise (times 0 or times 1/(1 − p)); batch normalization brings **multiplicative noise, $1/\sigma_B$, and additive noise, $-\mu_B/\sigma_B$**. So it regularizes a little. And the notes warn: the noise shrinks as batches grow, so *do not use it for that*.
#
# To see the noise alone, the gradient's batch stays at 128 examples and only the group that the *statistics* are taken from shrinks (*ghost batches*, Hoffer et al. 2017). **Predict:** by what factor does the noise fall from groups of 8 to groups of 128? And the test error of the patient?

# %% experiment="batch_norm_noise" covers="C.bn_noise,C.bn_batch_size,S4.2.bn_regularizes"
from coursekit.needs import needs

needs(globals(), errors="The slide's dropout, and dropout left on")
from coursekit import ghost_norm

GROUPS = (4, 8, 16, 32, 128)
ghost_data = {seed: mislabelled(few_digits(256, seed), 0.2, seed) for seed in SEEDS}
z = digits.X_train @ new_params(SIZES, np.random.default_rng(0))["W1"]
spreads = np.array([ghost_norm.statistic_noise(z, group, np.random.default_rng(0)) for group in GROUPS])
ghost_errors = []
for group in track(GROUPS, "groups of batch normalization"):
    nets = []
    for seed in SEEDS[:2]:
        data = ghost_data[seed]
        net = ghost_norm.normalized_net(group, 100, seed)
        ghost_norm.train_net(net, data.X_train, data.y_train, 50, 128, seed)
        nets.append(ghost_norm.error_rate(net, data.X_test, data.y_test))
    ghost_errors.append(float(np.mean(nets)))

figure, axes = fig.new(1, 2)
for k, name in enumerate(("factor σ/σ_B (multiplicative)", "shift (μ − μ_B)/σ_B (additive)")):
    _ = axes[0, 0].plot(GROUPS, spreads[:, k], label=name, **fig.styled(k))
_ = axes[0, 0].plot(GROUPS, spreads[1, 1] * np.sqrt(8 / np.array(GROUPS)), ":", color=fig.BLACK, label="proportional to 1/√B")
axes[0, 0].set(xscale="log", yscale="log", xlabel="examples B that share statistics", ylabel="spread of the noise", title="Noise of batch statistics", xticks=GROUPS, xticklabels=GROUPS)
axes[0, 0].minorticks_off()
axes[0, 0].legend(fontsize=8)
_ = axes[0, 1].plot(GROUPS, ghost_errors, **fig.styled(2))
axes[0, 1].axhline(errors["inverted (yours)"], color=fig.BLUE, linestyle="--", label="dropout 0.5, no batch norm")
axes[0, 1].set(xscale="log", xlabel="examples B that share statistics", ylabel="test error", title="The patient with batch norm", ylim=(0, 0.3), xticks=GROUPS, xticklabels=GROUPS)
axes[0, 1].minorticks_off()
axes[0, 1].legend(fontsize=8)
fig.show(figure, "Left: the spread of both kinds of noise falls with the size of the group, about as one over its square root. Right: the test error of the net with batch norm changes by a few points only and stays above that of dropout.")
fall = spreads[1] / spreads[-1]
measured("C.bn_noise", "batch statistics are noisy: multiplicative and additive noise, a slight regularization",
         f"with groups of 8 the factor varies by {spreads[1, 0]:.2f} and the shift by {spreads[1, 1]:.2f}; test error {ghost_errors[0]:.1%} with groups of 4, {ghost_errors[-1]:.1%} with 128, {errors['inverted (yours)']:.1%} with dropout",
         bool(spreads[1].min() > 0.1 and ghost_errors[0] < ghost_errors[-1] + 0.01), "Both kinds of noise are there; the effect on the test error is a point or so, where dropout is worth several.")
measured("C.bn_batch_size", "larger batches, less noise: do not use batch norm for its regularization",
         f"from 8 to 128 examples the factor's noise falls {fall[0]:.1f} times and the shift's {fall[1]:.1f} times (√16 = 4)", bool(fall.min() > 2.5), "Means over B examples vary as 1/√B: a regularizer whose strength hangs on the batch size is no knob to turn.")

# %% [markdown] id="batch_norm_why"
# <details><summary>What happened, and why</summary>
#
# Means of B draws scatter as $1/\sqrt B$, and so does the noise; the multiplicative part falls even faster at first, since tiny groups sometimes have almost no variance. As a regularizer it is weak, and it comes and goes with a number you choose for other reasons (memory, speed). Use batch normalization to train, dropout and the others to generalize.
#
# </details>

# %% [markdown] id="part4" covers="S4.4.augmentation"
# ## Part 4 · Data augmentation
#
# The best regularizer is more data. The second best is more data made from the old: pictures that are a little brighter, shifted, cropped, mirrored, with the **same label**. The slide's list: brightness, contrast, saturation, hue; position, shift, rotation, size, flip, crop; usually several at once.
# You write four. All take grey images `(n, h, w)` of floats, and every image has its own draws from `rng`. None may change the images it is given: the next epoch needs the originals.

# %% [markdown] id="random_flip_idea" covers="S4.4.augmentation"
# ### Flip
# Each image is mirrored left–right with probability p. (The *last* axis runs from left to right.)
#
# {{exercise random_flip}}
#
# {{hints random_flip}}

# %% exercise="random_flip"
def random_flip(images, rng, p=0.5):
    """Return images (n, h, w), each mirrored left–right with probability p, each decided on its own."""
    ### BEGIN SOLUTION
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None], images[:, :, ::-1], images)
    ### END SOLUTION

# %% test="random_flip" points=6
images = np.random.default_rng(0).random((400, 3, 4))
out = random_flip(images, np.random.default_rng(1))
mirrored = (out == images[:, :, ::-1]).all(axis=(1, 2))
assert (mirrored | (out == images).all(axis=(1, 2))).all(), "each image is itself or its mirror image along the last axis"
assert 0.35 < mirrored.mean() < 0.65, f"{mirrored.mean():.0%} of the images were mirrored: draw once for each image, with probability p"
assert np.array_equal(random_flip(images, np.random.default_rng(1), p=1.0), images[:, :, ::-1]), "with p = 1 every image is mirrored"

# %% [markdown] id="random_shift_idea" covers="S4.4.augmentation"
# ### Shift
# Each image moves by a whole number of pixels, from −max_shift to +max_shift, drawn for each axis and each image on its own. What leaves is lost; **zeros** come in. (`np.roll` would bring back on the left what left on the right: half a digit at the wrong edge.)
#
# {{exercise random_shift}}
#
# {{hints random_shift}}

# %% exercise="random_shift"
def random_shift(images, max_shift, rng):
    """Return images (n, h, w), each moved by integers in [-max_shift, max_shift] along both axes; zeros come in."""
    ### BEGIN SOLUTION
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    corners = rng.integers(0, 2 * max_shift + 1, size=(n, 2))
    return np.stack([padded[i, top : top + h, left : left + w] for i, (top, left) in enumerate(corners)])
    ### END SOLUTION

# %% test="random_shift" points=7
images = np.random.default_rng(0).uniform(0.5, 1.0, (300, 4, 5))
out = random_shift(images, 1, np.random.default_rng(1))
assert out.shape == images.shape, f"the shape stays {images.shape}, got {out.shape}"
kinds = {(tuple((image[0] == 0).tolist()), tuple((image[:, 0] == 0).tolist())) for image in out}
assert len(kinds) >= 4, "every image moves on its own, along both axes"
assert (out[:, 0] == 0).all(axis=1).any() and (out[:, -1] == 0).all(axis=1).any(), "shifts go both ways, and zeros come in: does your range reach +max_shift?"
assert np.array_equal(random_shift(images, 0, np.random.default_rng(1)), images), "max_shift = 0 moves nothing"

# %% [markdown] id="random_crop_idea" covers="S4.4.augmentation"
# ### Crop
# Cut a window of `size` × `size` pixels out of each image, each at its own place. Every place that fits must be possible, the last row and column included: along h pixels there are $h-\text{size}+1$ of them.
#
# {{exercise random_crop}}
#
# {{hints random_crop}}

# %% exercise="random_crop"
def random_crop(images, size, rng):
    """Return (n, size, size): a window of each image (n, h, w) at its own random place, every place possible."""
    ### BEGIN SOLUTION
    n, h, w = images.shape
    top = rng.integers(0, h - size + 1, size=n)
    left = rng.integers(0, w - size + 1, size=n)
    return np.stack([images[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(n)])
    ### END SOLUTION

# %% test="random_crop" points=6
images = np.tile(np.arange(20.0).reshape(1, 4, 5), (300, 1, 1))
out = random_crop(images, 3, np.random.default_rng(0))
assert out.shape == (300, 3, 3), f"expected shape (300, 3, 3), got {out.shape}"
assert {float(v) for v in out[:, 0, 0]} == {0.0, 1.0, 2.0, 5.0, 6.0, 7.0}, "2 × 3 places fit a 3 × 3 window into 4 × 5 pixels: is the last one ever reached?"
assert np.array_equal(random_crop(images[:, :, :4], 4, np.random.default_rng(0)), images[:, :, :4]), "a window as large as the image is the image"

# %% [markdown] id="brightness_contrast_idea" covers="S4.4.augmentation"
# ### Brightness and contrast
# Contrast stretches an image around its own mean; brightness shifts it:
#
# $$\text{out}=\operatorname{clip}\bigl(c\,(x-\bar x)+\bar x+b,\;0,\;1\bigr),\qquad c\sim U[1-\text{contrast},1+\text{contrast}],\quad b\sim U[-\text{brightness},\text{brightness}].$$
#
# One c and one b for each image, $\bar x$ its own mean. Clip once, at the end. (Pixels are floats in [0, 1]. On 8-bit integers the same line wraps around: 250 + 10 is 4.)
#
# {{exercise random_brightness_contrast}}
#
# {{hints random_brightness_contrast}}

# %% exercise="random_brightness_contrast"
def random_brightness_contrast(images, rng, brightness=0.2, contrast=0.2):
    """Return images (n, h, w) in [0, 1], each stretched around its own mean and shifted by its own draws."""
    ### BEGIN SOLUTION
    size = (len(images), 1, 1)
    c = rng.uniform(1 - contrast, 1 + contrast, size)
    b = rng.uniform(-brightness, brightness, size)
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(c * (images - mean) + mean + b, 0.0, 1.0)
    ### END SOLUTION

# %% test="random_brightness_contrast" points=8
images = np.random.default_rng(0).uniform(0.4, 0.6, (300, 3, 4))
out = random_brightness_contrast(images, np.random.default_rng(1), brightness=0.0, contrast=0.5)
assert np.allclose(out.mean(axis=(1, 2)), images.mean(axis=(1, 2))), "contrast alone leaves the mean of each image where it is: each image has its own mean"
stretch = np.ptp(out, axis=(1, 2)) / np.ptp(images, axis=(1, 2))
assert 0.5 <= stretch.min() < 0.6 and 1.4 < stretch.max() <= 1.5, "the factor is uniform in [1 - contrast, 1 + contrast], one draw for each image"
out = random_brightness_contrast(images, np.random.default_rng(1), brightness=0.7, contrast=0.0)
assert out.min() >= 0.0 and out.max() <= 1.0, "clip the result to [0, 1]"

# %% [markdown] id="augmented_batches_idea" covers="S4.4.augmentation_dynamic"
# ### Afresh in every epoch
# Do not store ten variants of each picture: make new ones on the way into the net, in every epoch (S4.4). Then no picture ever comes twice, and memory holds the originals only.
#
# `augmented_batches` yields one epoch: every example once, shuffled, in batches of `batch_size` (the last one may be shorter), each image through `augment(images, rng)`, each with its own label. A generator or a list will do. Order and augmentation both draw from `rng`.
#
# One rule has no code: **validation and test data are never augmented.** They stand for what will come.
#
# {{exercise augmented_batches}}
#
# {{hints augmented_batches}}

# %% exercise="augmented_batches"
def augmented_batches(X, y, batch_size, augment, rng):
    """Yield one shuffled epoch of (xb, yb), with xb = augment(images, rng); the last short batch is kept."""
    ### BEGIN SOLUTION
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield augment(X[rows], rng), y[rows]
    ### END SOLUTION

# %% test="augmented_batches" points=9
X, y = np.arange(10.0).reshape(10, 1, 1) * np.ones((1, 2, 2)), np.arange(10)
epoch = list(augmented_batches(X, y, 4, lambda images, rng: images + 0.5 * rng.random((len(images), 1, 1)), np.random.default_rng(0)))
assert [len(yb) for _, yb in epoch] == [4, 4, 2], "three batches: 4, 4 and the short one of 2"
labels = np.concatenate([yb for _, yb in epoch])
assert sorted(labels.tolist()) == list(range(10)), "every example comes exactly once"
assert labels.tolist() != list(range(10)), "shuffle the examples"
assert all(np.array_equal(np.floor(xb[:, 0, 0]), yb) for xb, yb in epoch), "images and labels have come apart: use the same rows for both"
assert all((xb[:, 0, 0] > yb).all() for xb, yb in epoch), "every image goes through augment"

# %% [markdown] id="grid_predict" covers="S4.4.augmentation,S4.4.augmentation_dynamic"
# ### Experiment · Look at what you feed
# Before any training, *look*. Each row below is one of **your** functions, drawn afresh in every column. Which rows still show the same digit to you?

# %% experiment="grid" covers="S4.4.augmentation,S4.4.augmentation_dynamic"
from coursekit.pictures import picture_grid, turned

shown = clean.X_train[[int(np.flatnonzero(clean.y_train == k)[0]) for k in (2, 6, 9, 7)]].reshape(-1, 8, 8)


def magnified_crop(images, rng):
    """A crop of 6 × 6 pixels, shown in the middle of 8 × 8."""
    return np.pad(random_crop(images, 6, rng), ((0, 0), (1, 1), (1, 1)))


EFFECTS = {
    "original": lambda images, rng: images,
    "flip": lambda images, rng: random_flip(images, rng, 1.0),
    "shift": lambda images, rng: random_shift(images, 1, rng),
    "crop": magnified_crop,
    "light": lambda images, rng: random_brightness_contrast(images, rng, 0.3, 0.5),
    "turn ±15°": lambda images, rng: turned(images, rng.uniform(-15, 15, len(images))),
    "turn ±180°": lambda images, rng: turned(images, rng.uniform(-180, 180, len(images))),
}
rng = np.random.default_rng(0)
rows = [(name, np.concatenate([effect(shown, rng) for _ in range(3)])[[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]]) for name, effect in EFFECTS.items()]
fig.show(picture_grid(rows, "Four digits, three draws of each effect"), "A grid of small digits 2, 6, 9 and 7: original, mirrored, shifted by a pixel, cropped, with other brightness and contrast, turned a little and turned by any angle. Mirrored 2s and 7s are no digits; 6s turned by 180 degrees look like 9s.")

# %% [markdown] id="few_predict"
# ### Experiment · Few examples, and a careless camera
# 50 or 300 training digits, rightly labelled. Test digits come in two kinds: as they are, neatly centred, and **shifted** by up to one pixel, as a less careful camera would deliver them. **Predict** the four test errors with and without `random_shift` in training. Does augmentation help where the test digits are centred?

# %% experiment="few_examples" covers="S4.4.augmentation"
def batches_of(data, augment):
    """Your batches, flattened for the net."""
    images = data.X_train.reshape(-1, 8, 8)
    return lambda rng: ((xb.reshape(len(xb), -1), yb) for xb, yb in augmented_batches(images, data.y_train, 32, augment, rng))


careless = random_shift(digits.X_test.reshape(-1, 8, 8), 1, np.random.default_rng(9)).reshape(-1, 64)
few = {}
for n in track((50, 300), "few examples"):
    for name, augment in (("as it is", EFFECTS["original"]), ("shifted in training", EFFECTS["shift"])):
        runs = []
        for seed in SEEDS[:2]:
            data = few_digits(n, seed)
            params, _ = run(seed, data, epochs=70, batches=batches_of(data, augment), curves=False)
            runs.append((error_rate(params, digits.X_test, digits.y_test), error_rate(params, careless, digits.y_test)))
        few[n, name] = np.mean(runs, axis=0)
figure, axes = fig.new(1, 2, sharey=True)
for ax, kind, title in zip(axes[0], (0, 1), ("Centred test digits", "Shifted test digits")):
    for i, name in enumerate(("as it is", "shifted in training")):
        bars = ax.bar(np.arange(2) + 0.36 * (i - 0.5), [few[n, name][kind] for n in (50, 300)], 0.34, color=fig.PALETTE[i], hatch=("", "//")[i], label=name)
        for bar in bars:
            _ = ax.text(bar.get_x() + 0.17, bar.get_height(), f"{bar.get_height():.0%}", ha="center", va="bottom", fontsize=8)
    ax.set(xticks=[0, 1], xticklabels=["50 examples", "300 examples"], title=title)
axes[0, 0].set_ylabel("test error")
axes[0, 0].legend(fontsize=8)
fig.show(figure, "Two groups of bars. On centred test digits shifting in training changes little or costs a point or two. On shifted test digits the net without augmentation is wrong more often than right, and with it the error falls to a fraction.")
helps = all(few[n, "shifted in training"][1] < few[n, "as it is"][1] for n in (50, 300))
measured("S4.4.augmentation", "new examples from old ones enlarge the training set and help",
         "; ".join(f"{n} examples: {few[n, 'as it is'][1]:.0%} → {few[n, 'shifted in training'][1]:.0%} on shifted digits, {few[n, 'as it is'][0]:.1%} → {few[n, 'shifted in training'][0]:.1%} on centred ones" for n in (50, 300)),
         helps, "It teaches exactly the invariance that is drawn: a great help where test pictures vary that way, next to none where they do not (these digits were centred by machine).")

# %% [markdown] id="few_why"
# <details><summary>What happened, and why</summary>
#
# To a dense net a digit moved by one pixel is another picture: every input has changed. Trained on centred digits only, it fails on shifted ones. Augmentation tells it *which differences do not matter*. That is the right way to think of it: you write down an invariance you know to hold. The next experiment writes down a wrong one.
#
# </details>

# %% [markdown] id="wrong_augmentation_predict" covers="S4.4.augmentation_choice"
# ### Experiment · The wrong augmentation
# Turn the training digits: not at all, by up to 15°, or by any angle up to 180°. The test digits stand upright. **Predict:** which digits suffer most under the last?

# %% experiment="wrong_augmentation" covers="S4.4.augmentation_choice"
turning = {}
for name, angle in track([("upright", 0), ("±15°", 15), ("±180°", 180)], "turned digits"):
    augment = EFFECTS["original"] if angle == 0 else lambda images, rng: turned(images, rng.uniform(-angle, angle, len(images)))
    params, _ = run(data=clean, epochs=70, batches=batches_of(clean, augment), curves=False)
    guesses = forward(params, digits.X_test)[0].argmax(axis=1)
    turning[name] = np.array([(guesses[digits.y_test == k] != k).mean() for k in range(10)]), guesses
six_nine = np.isin(digits.y_test, (6, 9))
confused = {name: int(((guesses[six_nine] == 9) & (digits.y_test[six_nine] == 6) | (guesses[six_nine] == 6) & (digits.y_test[six_nine] == 9)).sum()) for name, (_, guesses) in turning.items()}
figure, axes = fig.new(width=9.0)
for i, (name, (by_digit, _)) in enumerate(turning.items()):
    _ = axes[0, 0].bar(np.arange(10) + 0.27 * (i - 1), by_digit, 0.25, color=fig.PALETTE[i], hatch=("", "//", "xx")[i], label=name)
axes[0, 0].set(xticks=range(10), xlabel="digit", ylabel="test error", title="Turned in training, upright in use")
axes[0, 0].legend(fontsize=8)
fig.show(figure, "Test error by digit for nets trained on upright digits, on digits turned by up to 15 degrees and by any angle. With any angle the errors grow for nearly every digit, above all for 8, 9 and 4.")
rates = {name: float((guesses != digits.y_test).mean()) for name, (_, guesses) in turning.items()}
sixes = {name: float((guesses[six_nine] != digits.y_test[six_nine]).mean()) for name, (_, guesses) in turning.items()}
measured("S4.4.augmentation_choice", "it depends on the task: no rotation for digits",
         "test error " + ", ".join(f"{rates[name]:.1%} {name}" for name in rates) + "; 6 and 9 only: " + ", ".join(f"{sixes[name]:.0%}" for name in sixes) + f"; 6 taken for 9 or 9 for 6: {', '.join(map(str, confused.values()))} times",
         rates["±180°"] > rates["upright"] + 0.03, "A turned 6 is a 9: there the label no longer follows from the picture, and for the rest the net wastes itself on shapes that never come. Even ±15° costs a little on an 8 × 8 grid.")

# %% [markdown] id="safe_augmentations_idea" covers="S4.4.augmentation_choice"
# ### Which augmentation is safe?
# An augmentation is safe if the person who labelled the example would give the changed one **the same label**, and if such examples can occur. The slide warns: no rotation for MNIST or for data of a wearable device, no flips for medical images.
#
# Fill in the dict `safe_augmentations`. It has one key for each of four tasks, and its value is the set of those augmentations that **keep the label** there:
#
# | key | the task: what the label says |
# |---|---|
# | `"digits"` | which handwritten digit is it? |
# | `"animals"` | which animal is in this street photo? |
# | `"chest_xrays"` | what does the radiologist find in this chest X-ray? (The heart lies on the left side of the body.) |
# | `"wearable"` | is the wearer of this wrist sensor standing, lying, walking or falling? (Gravity tells up from down.) |
#
# Four augmentations are asked about, and these names go into the sets:
#
# | name | for a picture | for a sensor's trace (three axes over time) |
# |---|---|---|
# | `"flip"` | mirrored left–right | run backwards in time |
# | `"rotate"` | turned by any angle up to 180° | its axes turned, as if the device were worn another way round |
# | `"shift"` | moved by a few pixels | starts a moment earlier or later |
# | `"brightness"` | a little brighter or darker | all values raised or lowered a little |
#
# So `{"flip", "rotate"}` says: this task's label survives a flip and a rotation, and it does not survive a shift or another brightness; `set()` says that none is safe. Lists and tuples of names will do as well.
# Each task gives one point if its answers are right. Four of the sixteen answers can be argued either way and are not marked: `"rotate"` for animals and for X-rays, `"flip"` and `"brightness"` for the wearable.
#
# {{exercise safe_augmentations}}
#
# {{hints safe_augmentations}}

# %% id="safe_augmentations_stub" setup=true
safe_augmentations = {"digits": None, "animals": None, "chest_xrays": None, "wearable": None}  # fill it in the next cell

# %% exercise="safe_augmentations"
# One line for each of the four keys "digits", "animals", "chest_xrays" and "wearable":
# safe_augmentations[key] = the set of those names among "flip", "rotate", "shift", "brightness" that keep the label
### BEGIN SOLUTION
safe_augmentations["digits"] = {"shift", "brightness"}
safe_augmentations["animals"] = {"flip", "shift", "brightness"}
safe_augmentations["chest_xrays"] = {"shift", "brightness"}
safe_augmentations["wearable"] = {"shift"}
### END SOLUTION

# %% test="safe_augmentations" points=4
if any(value is None for value in safe_augmentations.values()):
    raise NotImplementedError("Fill in the sets of all four tasks in the cell above.")
assert set(safe_augmentations) == {"digits", "animals", "chest_xrays", "wearable"}, "the dict has four keys: digits, animals, chest_xrays, wearable"
assert all(set(names) <= {"flip", "rotate", "shift", "brightness"} for names in safe_augmentations.values()), "each value is a set made of the names flip, rotate, shift, brightness, and no others"
assert "rotate" not in safe_augmentations["digits"], "think of a 6 that is turned round"

# %% [markdown] id="augmentation_play_idea" covers="S4.4.augmentation"
# ### Play · how much can the net take?
# A net trained on shifted digits meets test digits that **your** functions have changed. **Goal.** Find the strongest light (brightness + contrast) under which at least 90 % are still right without any shift. Then see what a shift of 2 pixels does, which it never saw in training.

# %% experiment="augmentation_play" covers="S4.4.augmentation"
sturdy, _ = run(data=clean, epochs=60, batches=batches_of(clean, EFFECTS["shift"]))


def draw_augmented(shift=0, brightness=0.1, contrast=0.1, flip=0.0):
    rng, images = np.random.default_rng(2), digits.X_test.reshape(-1, 8, 8)
    changed = random_brightness_contrast(random_flip(random_shift(images, shift, rng), rng, flip), rng, brightness, contrast)
    right = forward(sturdy, changed.reshape(-1, 64))[0].argmax(axis=1) == digits.y_test
    strength = brightness + contrast
    verdict = "  (90 % or more: go on)" if right.mean() >= 0.9 else "  (below 90 %)"
    figure = picture_grid([("digit", images[:8]), ("changed", changed[:8])], f"{right.mean():.1%} of 400 right at light {strength:.2f}{verdict}", marks=["right" if ok else "wrong" for ok in right[:8]], width=7.0)
    fig.show(figure, f"Eight test digits and their changed versions; {right.mean():.1%} of 400 are recognised with shift {shift}, brightness {brightness:.2f}, contrast {contrast:.2f} and flip {flip:.1f}.")


knobs.play(draw_augmented, shift=knobs.slider("max shift", 0, 3, 0, 1), brightness=knobs.slider("brightness", 0.0, 0.8, 0.1, 0.05), contrast=knobs.slider("contrast", 0.0, 1.0, 0.1, 0.05), flip=knobs.slider("flip p", 0.0, 1.0, 0.0, 0.1))

# %% [markdown] id="part5"
# ## Part 5 · All together

# %% [markdown] id="together_predict" covers="S4.4.early_stopping,S4.4.capacity"
# ### Experiment · One patient, seven treatments
# The same net, the same 300 digits with their wrong labels, each regularizer alone and then all of them combined; two training sets each. **Predict** the order, and whether the combination beats the best single one.

# %% experiment="together" covers="S4.4.capacity,S4.4.early_stopping,S4.4.penalty,S4.4.dropout,S4.4.augmentation"
from coursekit import tables


def treatments(data):
    """Keyword arguments of `run` by name; all made of your functions."""
    shifted = batches_of(data, EFFECTS["shift"])
    return {
        "L2": {"penalty": lambda p: l2_penalty(p, 6.0, N)},
        "L1": {"penalty": lambda p: l1_penalty(p, 2.0, N)},
        "elastic net": {"penalty": lambda p: elastic_net_penalty(p, 1.0, 3.0, N)},
        "dropout 0.5": {"dropout": half},
        "shifts": {"batches": shifted},
        "all": {"penalty": lambda p: l2_penalty(p, 1.0, N), "dropout": Dropout(0.2, dropout_forward, dropout_backward), "batches": shifted, "stopper": EarlyStopping(30)},
    }


TREATMENTS = ["none", "L2", "L1", "elastic net", "early stopping", "dropout 0.5", "shifts", "all"]
needs(globals(), records="Stopped in time", halted="Stopped in time")
curves = {"none": records[0], "early stopping": halted[0]}  # these two are trained already, in Part 2
outcome = {
    "none": np.mean([(r.train_error[-1], e) for r, e in zip(records[:2], to_the_end)], axis=0),
    "early stopping": np.mean([(r.train_error[-1], e) for r, (e, _, _) in zip(halted[:2], in_time)], axis=0),
}


def treat(names):
    """Run these treatments on two training sets; keep the first record and the mean errors."""
    for name in track(names, "treatments"):
        results = []
        for seed in SEEDS[:2]:
            params, record = run(seed, noisy[seed], **treatments(noisy[seed])[name])
            curves.setdefault(name, record)
            results.append((record.train_error[-1], error_rate(params, digits.X_test, digits.y_test)))
        outcome[name] = np.mean(results, axis=0)


treat(["L2", "L1", "elastic net"])
print("test error:", ", ".join(f"{name} {test:.1%}" for name, (_, test) in outcome.items()))

# %% [markdown] id="together_more"
# The penalties alone are done; stopping early was done in Part 2 (test errors above). Now the others, and the combination.

# %% experiment="together_rest" covers="S4.4.capacity,S4.4.early_stopping,S4.4.penalty,S4.4.dropout,S4.4.augmentation"
needs(globals(), treat="One patient, seven treatments")
treat(["dropout 0.5", "shifts", "all"])
figure, axes = fig.new(2, 4, width=10.8, height=4.8, sharex=True, sharey=True)
for ax, name in zip(axes.ravel(), TREATMENTS):
    _ = ax.plot(curves[name].train_loss, color=fig.BLUE, label="training")
    _ = ax.plot(curves[name].val_loss, color=fig.ORANGE, linestyle="--", label="validation")
    ax.set(title=f"{name}: {outcome[name][1]:.1%}", ylim=(0, 1.7))
axes[0, 0].legend(fontsize=8)
for ax in axes[:, 0]:
    ax.set_ylabel("mean loss")
for ax in axes[1]:
    ax.set_xlabel("epoch")
figure.suptitle("Training and validation loss; in the titles the test error", fontsize=11)
fig.show(figure, "Eight panels of training and validation loss. Without treatment the training loss goes to zero and the validation loss rises; each regularizer keeps the training loss up and the validation loss down, and all together give the lowest test error or close to it.")
tables.show(["treatment", "training error", "test error", "errors gone"], [[name, f"{a:.1%}", f"{b:.1%}", f"{1 - b / outcome['none'][1]:.0%}"] for name, (a, b) in ((name, outcome[name]) for name in TREATMENTS)], "The patient after at most 80 epochs, two training sets")

# %% [markdown] id="together_why"
# <details><summary>What happened, and why</summary>
#
# Every treatment lowers the test error, and all of them raise the *training* error towards 20 %, the share of wrong labels: that is where it belongs. They act through different doors (the size of the weights, the time, the company of a unit, the pictures), so they add up, though less than fully: what one has prevented another cannot prevent again. When you combine them, turn each down a little, as was done here.
#
# </details>

# %% [markdown] id="capacity_predict" covers="S4.4.capacity"
# ### Experiment · Ample capacity
# The slide's motto again: give capacity generously, then regularize. The alternative would be a smaller net. **Predict** the test error against the width of the hidden layers, without any treatment and with dropout.

# %% experiment="capacity" covers="S4.4.capacity"
WIDTHS = (4, 16, 64, 192)
by_width = {"no treatment": [], "dropout 0.5": []}
for hidden in track(WIDTHS, "widths"):
    for name, how in (("no treatment", {}), ("dropout 0.5", {"dropout": half})):
        params, _ = run(0, noisy[0], epochs=50, sizes=(64, hidden, hidden, 10), curves=False, **how)
        by_width[name].append(error_rate(params, digits.X_test, digits.y_test))
figure, axes = fig.new(width=6.5)
for i, (name, values) in enumerate(by_width.items()):
    _ = axes[0, 0].plot(WIDTHS, values, label=name, **fig.styled(i))
axes[0, 0].set(xscale="log", xlabel="units in each hidden layer", ylabel="test error", title="Small net, or large net and dropout?", xticks=WIDTHS, xticklabels=WIDTHS, ylim=(0, None))
axes[0, 0].minorticks_off()
axes[0, 0].legend(fontsize=8)
fig.show(figure, "Test error against width. With very few units both are bad, dropout worse; without treatment it levels off near 20 per cent, with dropout it is far lower for the two wide nets.")
for name, values in by_width.items():
    print(f"{name}:", ", ".join(f"{value:.1%} with {hidden}" for hidden, value in zip(WIDTHS, values)))

# %% [markdown] id="capacity_why"
# <details><summary>What happened, and why</summary>
#
# A tiny net cannot afford dropout: it needs every unit. A wide one can. No width without treatment reaches what the wide net with dropout does. So the motto holds here: capacity first, then something that keeps it honest.
#
# </details>

# %% [markdown] question="regularization_in_words" points=6
# ### In your own words (graded by hand, 6 points)
# A friend trains a net to tell whether a chest X-ray shows pneumonia: 2,000 pictures, training error 0.5 %, validation error 14 %. The code uses dropout with p = 0.5 without any scaling, augments training *and* validation pictures with flips and shifts, penalises all parameters with L2, and stops at the last epoch.
# Name **four** things to change, and say for each in one or two sentences *why*, in terms of what the net learns or of what is measured.
#
# ### BEGIN SOLUTION
# (1) Scale: without dividing by 1 − p in training (or multiplying by it in use) every layer's input is larger in use than in training, and the outputs are over-confident. (2) No flips: the heart changes sides, the label may no longer be true; shifts are fine. (3) Validation pictures must stay as they are; otherwise the error is measured on data that will not occur, and it changes from look to look. (4) Stop by the validation error and restore *copies* of the best parameters, since the last epoch has learned the training set by heart (0.5 % against 14 %). (5) Leave the biases out of the L2 sum: they say where the data lie, not how complicated the function is. One and a half points for each of four with its reason.
# ### END SOLUTION

# %% [markdown] id="end"
# ## What you can now do
#
# - **See** overfitting in a pair of curves, and say why more capacity is not the illness.
# - **Penalise** weights with L2, L1 and elastic net, leave the biases out, and tell from a histogram which one was used; say why Adam wants its decay apart.
# - **Stop** in time, with copies of the best parameters, whatever NaN, zeros and plateaus come along.
# - **Drop** units in training and none in use, with the scale in the right place, forward and backward.
# - **Say** why batch normalization is noise that nobody should rely on.
# - **Augment** afresh in every epoch, look at the pictures first, and ask for every effect whether the label survives it.
# - **Count** errors, not accuracies: 95 → 97 % is 40 % less.
#
# The digits net has come from more than 20 % error to about 10 % with a fifth of its labels wrong. What it still lacks is experience: it starts from nothing every time. **Lesson 5** gives it a teacher: a net that has seen other digits before.

# %% [markdown] id="hand_in_how"
# ## Hand in
# Save the notebook (**Ctrl+S**) and run the next cell. It says what is still missing and writes the one file to hand in. Where your course uses nbgrader's exchange, press **Submit** in *Nbgrader → Assignment List* instead.

# %% id="hand_in"
from coursekit.submit import hand_in

hand_in()
