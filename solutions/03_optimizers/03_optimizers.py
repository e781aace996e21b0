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
# # Lesson 3 · Faster optimizers, and when to lower the learning rate
#
# The gradient says which way is down, from where you stand, and nothing else. It does not say how far to go, what lies behind the next bend, or that one direction is fifty times steeper than another. Gradient descent answers all three questions with one number, the learning rate. Every optimizer of this lesson (slides S4.3) answers at least one of them better.
#
# | part | what you write | what it adds to "go downhill" |
# |---|---|---|
# | 1 Velocity | gradient descent, momentum, Nesterov | a memory of the direction |
# | 2 One rate for each parameter | AdaGrad, RMSProp | a memory of the size |
# | 3 Both | Adam as a step and as a class, a bug hunt | both memories, and the correction the slide leaves out |
# | 4 Training | experiments on surfaces and on the digits net | which one is fastest, and where |
# | 5 Schedules | fixed steps, milestones, exponential, plateau, cosine with warmup | a rate that changes |
#
# **Where this sits in the course.** Lesson 1 trained a digits net and met its two enemies: signals that vanish and training that crawls. Lesson 2 cured the first. This lesson takes the same net, alive from the first layer to the last, and makes it *fast*. Lesson 4 will stop it from learning its training set by heart; lesson 5 reuses its layers for new digits; lesson 6 chooses all the numbers that we set by hand here.
#
# **Notation.** θ stands for all parameters, an array of any shape; $\nabla J$ is the gradient of the loss, of the same shape; products, quotients and roots of arrays are element by element. The slides write the learning rate α in one place and η in another: here it is always `lr`. Steps are counted from `t = 1`.
#
# **To check your work** run the cell under each exercise; on your own, `%load_ext autograde` and then `%check momentum_step`. Before each experiment, say your prediction aloud.
# The whole lesson takes {{time}}; the cards say how long each exercise takes someone new to it.

# %% [markdown] id="recall"
# ## Five questions before you start
#
# <details><summary>1. Lesson 1: why are bad local minima rare in a large net, and what is common instead?</summary>
#
# In a minimum the surface has to curve up in *every* direction. With thousands of directions that is unlikely; most points with gradient 0 are saddle points. They, and plateaus where the gradient is almost 0, cost time.
#
# </details>
# <details><summary>2. Lesson 1: what is the gradient of the mean cross-entropy with respect to the logits?</summary>
#
# $(\hat y-y)/n$: what the net predicted minus what was true, divided by the number of examples.
#
# </details>
# <details><summary>3. Lesson 2: which initializer belongs to ReLU, and why not Xavier?</summary>
#
# He, variance $2/n_{in}$. ReLU throws half of the signal away; Xavier does not pay it back, and the signal shrinks by $\sqrt{1/2}$ in every layer.
#
# </details>
# <details><summary>4. Lesson 2: why does clipping by the global norm keep the direction and clipping by value not?</summary>
#
# One factor for all parameters only shortens the vector. Cutting single elements turns it.
#
# </details>
# <details><summary>5. Lesson 2: batch normalization averages with momentum 0.9. How much of today's batch enters the running mean?</summary>
#
# A tenth: running ← 0.9 · running + 0.1 · batch. The same kind of average, with the same name for its factor, is at the heart of RMSProp and Adam below.
#
# </details>

# %% id="setup" setup=true
from coursekit import check_environment  # before NumPy: it asks for one thread

import math

import numpy as np

check_environment()

# %% [markdown] id="part1" covers="S4.3.gradient_descent"
# ## Part 1 · Velocity
#
# ### What you walk on
# Five surfaces will follow us, each a caricature of something that large nets do. The star is the start.
#
# - **ravine**: 50 times steeper across than along. The step that is safe across is tiny along.
# - **Beale**: flat ground with steep walls, and a narrow way in.
# - **Rosenbrock**: a bent valley; finding it is easy, following it is not.
# - **saddle**: at the start the gradient leads *to* a point with gradient 0 that is no minimum.
# - **plateau**: far from the goal there is almost no slope at all.

# %% experiment="surfaces"
%matplotlib inline
from coursekit import figures as fig
from coursekit.surfaces import SURFACES, draw

fig.use_style()
figure, axes = fig.new(1, 5, width=11, height=2.7)
for ax, surface in zip(axes[0], SURFACES.values()):
    draw(ax, surface, {}, legend=False)
fig.show(figure, "Height lines of five surfaces with a star at the start: a long ravine, Beale's function with steep walls, Rosenbrock's bent valley, a saddle, and a round hole in a wide plateau.")

# %% [markdown] id="gradient_descent_step_idea" covers="S4.3.gradient_descent"
# ### Gradient descent
# $$\theta\leftarrow\theta-\text{lr}\cdot\nabla J(\theta)$$
# Cauchy proposed it in 1847, and everything below is a variation of it. Write each rule of this lesson as a *pure function*: old values in, new values out, nothing changed in place. That makes it easy to test, and to compare two rules from the same start.
#
# {{exercise gradient_descent_step}}
#
# {{hints gradient_descent_step}}

# %% exercise="gradient_descent_step"
def gradient_descent_step(theta, grad, lr):
    """Return theta - lr * grad as a new array; theta and grad have one shape, any."""
    ### BEGIN SOLUTION
    return theta - lr * grad
    ### END SOLUTION

# %% test="gradient_descent_step" points=3
theta, grad = np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([[10.0, 0.0], [-5.0, 1.0]])
kept = theta.copy()
got = gradient_descent_step(theta, grad, 0.1)
assert np.allclose(got, [[0.0, -2.0], [1.0, -0.1]]), "theta - lr * grad: is the sign right, and is lr used?"
assert np.array_equal(theta, kept), "theta was changed in place; return a new array"

# %% [markdown] id="learning_rate_predict" covers="S4.3.learning_rate"
# ### Experiment · Too small, right, too large
# Along one direction with curvature c, gradient descent multiplies the distance to the goal by $1-\text{lr}\cdot c$ in every step. The ravine has c = 1 along and c = 50 across. **Predict** what lr = 0.002, 0.036 and 0.0404 do in 60 steps. Where exactly is the border?

# %% experiment="learning_rate"
from coursekit.measurement import measured

ravine = SURFACES["ravine"]


def descend(surface, lr, steps):
    path = [np.array(surface.start)]
    for _ in range(steps):
        path.append(gradient_descent_step(path[-1], surface.grad(path[-1]), lr))
    return np.array(path)


figure, axes = fig.new(1, 4, width=11, height=3.0)
heights = {}
for ax, (lr, word) in zip(axes[0], {0.002: "too small", 0.036: "right", 0.0404: "too large"}.items()):
    path = descend(ravine, lr, 60)
    draw(ax, ravine, {word: path}, legend=False)
    ax.set_title(f"{word}: lr {lr}")
    heights[word] = ravine.height(*path.T)
for i, (word, h) in enumerate(heights.items()):
    axes[0, 3].semilogy(h, label=word, markevery=10, **fig.styled(i))
axes[0, 3].set(xlabel="step", ylabel="height", title="height after each step")
axes[0, 3].legend(fontsize=8)
fig.show(figure, "Gradient descent in the ravine at three rates: a crawl that hardly moves, a zigzag that settles, and a zigzag across the ravine that grows. The last panel shows height against step for all three.")
ends = {word: float(h[-1]) for word, h in heights.items()}
measured("S4.3.learning_rate", "Too small a rate is slow, too large a one oscillates.",
         "height after 60 steps: " + ", ".join(f"{w} {e:.3g}" for w, e in ends.items()),
         ends["right"] < ends["too small"] and ends["right"] < ends["too large"],
         "The fastest stable rate depends on the steepest direction, the speed on the flattest.")

# %% [markdown] id="learning_rate_why"
# <details><summary>What happened, and why</summary>
#
# The factor across is $1-50\,\text{lr}$. At 0.002 it is 0.9; along, it is 0.998, and 60 steps are not enough for anything. At 0.036 it is −0.8: the walk jumps from wall to wall and still settles. The border is where the factor reaches −1, at lr = 2/50 = 0.04. At 0.0404 each jump is 2 % longer than the one before. *The steepest direction dictates the rate, and the flattest one pays for it.* The ratio of the two curvatures, 50 here, is called the condition number.
#
# </details>

# %% [markdown] id="momentum_step_idea" covers="S4.3.momentum"
# ### Momentum
# Give the walker mass (Polyak 1964; S4.3). A velocity m collects the gradients and fades by β a step:
# $$m\leftarrow\beta m+\text{lr}\cdot\nabla J(\theta),\qquad \theta\leftarrow\theta-m$$
# Across the ravine the gradient changes sign all the time and cancels in m. Along it, it always says the same, and m grows. With a constant gradient the velocity converges to $\text{lr}\,\nabla J\,(1+\beta+\beta^2+\dots)=\text{lr}\,\nabla J/(1-\beta)$: ten times gradient descent's step for β = 0.9.
#
# **Conventions differ.** Some books keep lr outside ($m\leftarrow\beta m+\nabla J$, $\theta\leftarrow\theta-\text{lr}\,m$, as torch does), some keep −m. With a constant rate all walk the same path; when the rate changes on the way they do not, because lr inside keeps old steps at their old size. Any of them counts as right here, as long as the state that you return is the one you expect next time. *Averaging* the gradient, with a factor (1 − β), is another rule: it never goes faster than gradient descent.
#
# {{exercise momentum_step}}
#
# {{hints momentum_step}}

# %% exercise="momentum_step"
def momentum_step(theta, grad, m, lr, beta=0.9):
    """Return (theta, m), new arrays: m <- beta*m + lr*grad, then theta <- theta - m. m starts at zeros like theta."""
    ### BEGIN SOLUTION
    m = beta * m + lr * grad
    return theta - m, m
    ### END SOLUTION

# %% test="momentum_step" points=8
from coursekit.loading import load_torch

torch = load_torch()

theta, m = np.array([1.0, -2.0]), np.zeros(2)
p = torch.nn.Parameter(torch.tensor(theta))
second_opinion = torch.optim.SGD([p], lr=0.1, momentum=0.9)
for k in range(5):
    grad = np.array([1.0 + k, (-1.0) ** k])
    theta, m = momentum_step(theta, grad, m, 0.1)
    p.grad = torch.tensor(grad)
    second_opinion.step()
    assert np.allclose(theta, p.detach().numpy()), f"step {k + 1} differs from torch.optim.SGD(momentum=0.9): do you add the whole gradient, and return the new m?"
before = m.copy()
momentum_step(theta, grad, m, 0.1)
assert np.array_equal(m, before), "m was changed in place; build a new array"

# %% [markdown] id="terminal_speed_predict"
# ### Experiment · Terminal speed
# A constant slope of 1 and lr = 0.01. **Predict** the speed after many steps for β = 0, 0.5, 0.9 and 0.99, and how many steps it takes to get there.

# %% experiment="terminal_speed"
def speeds(beta, steps=300, lr=0.01):
    theta, m, seen = np.zeros(1), np.zeros(1), []
    for _ in range(steps):
        new, m = momentum_step(theta, np.ones(1), m, lr, beta)
        seen.append((theta - new).item() / lr)
        theta = new
    return np.array(seen)


def draw_speed(beta):
    speed = speeds(beta)
    figure, axes = fig.steady(width=6.5)
    axes[0, 0].plot(np.arange(1, 301), speed, color=fig.BLUE)
    axes[0, 0].axhline(1 / (1 - beta), color=fig.RED, linestyle="--")
    there = int(np.argmax(speed > 0.95 / (1 - beta))) + 1
    goal = "reached" if speed[-1] >= 25 and there <= 100 else "not reached"
    axes[0, 0].set(xlabel="step", ylabel="speed / (lr × gradient)", title=f"β = {beta:g}: at 95 % of 1/(1 − β) = {1 / (1 - beta):.4g} after {there} steps. Goal {goal}")
    fig.show(figure, f"Speed against step for beta {beta:g}: it rises to the dashed line at {1 / (1 - beta):.4g}.")


figure, axes = fig.new(width=6.5)
for i, beta in enumerate([0.0, 0.5, 0.9, 0.99]):
    axes[0, 0].semilogy(np.arange(1, 301), speeds(beta), label=f"β = {beta}", markevery=40, **fig.styled(i))
    axes[0, 0].axhline(1 / (1 - beta), color="0.7", linewidth=0.8)
axes[0, 0].set(xlabel="step", ylabel="speed / (lr × gradient)", title="Momentum on a constant slope")
axes[0, 0].legend(fontsize=8, loc="center right", bbox_to_anchor=(1.0, 0.7))
fig.show(figure, "Speed of momentum on a constant slope: 1, 2, 10 and nearly 100 times gradient descent's for beta 0, 0.5, 0.9 and 0.99; the larger beta, the longer it takes.")

# %% [markdown] id="terminal_speed_why"
# <details><summary>What happened, and why</summary>
#
# The speed after t steps is $(1-\beta^t)/(1-\beta)$. It is within 5 % of its limit when $\beta^t=0.05$, that is after about $3/(1-\beta)$ steps: 30 for 0.9, 300 for 0.99. And what takes long to start takes long to stop. Keep $1-\beta^t$ in mind: it comes back as Adam's bias correction.
#
# </details>

# %% [markdown] id="terminal_speed_play_idea"
# ### Play · β
# **Goal:** a β whose terminal speed is at least 25 and is nearly there (95 %) within 100 steps.

# %% experiment="terminal_speed_play"
from coursekit import widgets as knobs

knobs.play(draw_speed, beta=knobs.slider("β", 0.0, 0.99, 0.9, 0.01))

# %% [markdown] id="nesterov_step_idea" covers="S4.3.nesterov"
# ### Nesterov's momentum
# Momentum will carry you to $\theta-\beta m$ whatever the gradient says. So ask for the gradient *there* (Nesterov 1983; S4.3):
# $$m\leftarrow\beta m+\text{lr}\cdot\nabla J(\theta-\beta m),\qquad \theta\leftarrow\theta-m$$
# If the ground rises ahead, you hear of it one step earlier and brake. Because you choose the place, you are given a function `grad_fn(point)` instead of a gradient. The step itself starts from θ.
#
# **torch's version looks different.** A framework computes the gradient before the optimizer is called, at the parameters as they are. So torch stores the look-ahead point *as* the parameters and shifts all formulas by βm. The cell under the exercise shows that both are one rule.
#
# {{exercise nesterov_step}}
#
# {{hints nesterov_step}}

# %% exercise="nesterov_step"
def nesterov_step(theta, grad_fn, m, lr, beta=0.9):
    """Return (theta, m): m <- beta*m + lr*grad_fn(theta - beta*m), then theta <- theta - m. grad_fn(point) -> gradient."""
    ### BEGIN SOLUTION
    m = beta * m + lr * grad_fn(theta - beta * m)
    return theta - m, m
    ### END SOLUTION

# %% test="nesterov_step" points=9
import torch


def bowl_gradient(x):
    return np.array([1.0, 8.0]) * x


theta, m = np.array([1.0, -2.0]), np.zeros(2)
p = torch.nn.Parameter(torch.tensor(theta))
second_opinion = torch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True)
for k in range(6):
    asked = []
    before, old_m = theta, m
    theta, m = nesterov_step(theta, lambda x: asked.append(x) or bowl_gradient(x), m, 0.1)
    assert asked, "grad_fn was never called"
    p.grad = torch.tensor(bowl_gradient(p.detach().numpy()))
    second_opinion.step()
    ahead = theta - 0.9 * (before - theta)  # torch's parameters are the place where the next gradient is asked
    assert np.allclose(ahead, p.detach().numpy()), f"step {k + 1}: ask at theta - beta * m, then step from theta"

# %% [markdown] id="part2"
# ## Part 2 · One rate for each parameter
#
# In the ravine one rate has to serve a steep and a flat direction. Why not give each its own, and let the gradients decide?

# %% [markdown] id="adagrad_step_idea" covers="S4.3.adagrad"
# ### AdaGrad
# Collect the squares of every parameter's gradients and divide its step by their root (Duchi et al. 2011; S4.3):
# $$s\leftarrow s+\nabla J\otimes\nabla J,\qquad \theta\leftarrow\theta-\text{lr}\,\nabla J\oslash\sqrt{s+\epsilon}$$
# Steep directions collect large sums and get a small rate; flat ones keep a large one. In the very first step $|\nabla J|/\sqrt{s}$ is 1: every parameter moves by exactly lr, whatever its gradient. ε only guards against 0/0. The slide puts it under the root, most libraries put it outside, $\sqrt s+\epsilon$: both are right here, and for ordinary gradients they agree to eight digits. For gradients near $10^{-6}$ they differ a great deal, because $\sqrt{10^{-8}}=10^{-4}$ is not small any more.
#
# {{exercise adagrad_step}}
#
# {{hints adagrad_step}}

# %% exercise="adagrad_step"
def adagrad_step(theta, grad, s, lr, eps=1e-8):
    """Return (theta, s), new arrays: s <- s + grad**2, then theta <- theta - lr*grad / (sqrt(s) + eps). s starts at zeros like theta."""
    ### BEGIN SOLUTION
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s
    ### END SOLUTION

# %% test="adagrad_step" points=8
import torch

theta, s = np.array([1.0, -2.0, 3.0]), np.zeros(3)
p = torch.nn.Parameter(torch.tensor(theta))
second_opinion = torch.optim.Adagrad([p], lr=0.5, eps=1e-8)
for k in range(5):
    grad = np.array([100.0, -0.01, 0.0 if k == 0 else 1.0]) * (k + 1)
    theta, s = adagrad_step(theta, grad, s, 0.5)
    p.grad = torch.tensor(grad)
    second_opinion.step()
    assert np.isfinite(theta).all(), "a gradient of 0 in the first step gives 0/0: eps is missing"
    assert np.allclose(theta, p.detach().numpy(), rtol=1e-5), f"step {k + 1} differs from torch.optim.Adagrad: is s a sum of squares, and do you divide by its root?"

# %% [markdown] id="rmsprop_step_idea" covers="S4.3.rmsprop"
# ### RMSProp
# AdaGrad never forgets: s only grows, and the steps only shrink. On a bowl that is a blessing; on a long training run it can stop the walker before the goal. Replace the sum by an average that forgets (Tieleman & Hinton 2012; S4.3):
# $$s\leftarrow\beta s+(1-\beta)\nabla J\otimes\nabla J,\qquad \theta\leftarrow\theta-\text{lr}\,\nabla J\oslash\sqrt{s+\epsilon}$$
# There is no paper; people cite "slide 29 of lecture 6". With β = 0.9 it remembers about the last 10 gradients.
#
# {{exercise rmsprop_step}}
#
# {{hints rmsprop_step}}

# %% exercise="rmsprop_step"
def rmsprop_step(theta, grad, s, lr, beta=0.9, eps=1e-8):
    """Return (theta, s), new arrays: s <- beta*s + (1 - beta)*grad**2, then theta <- theta - lr*grad / (sqrt(s) + eps)."""
    ### BEGIN SOLUTION
    s = beta * s + (1 - beta) * grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s
    ### END SOLUTION

# %% test="rmsprop_step" points=8
import torch

theta, s = np.array([1.0, -2.0, 3.0]), np.zeros(3)
p = torch.nn.Parameter(torch.tensor(theta))
second_opinion = torch.optim.RMSprop([p], lr=0.05, alpha=0.9, eps=1e-8)  # torch calls beta alpha, and its default is 0.99
for k in range(5):
    grad = np.array([100.0, -0.01, 0.0 if k == 0 else 1.0]) * (k + 1)
    theta, s = rmsprop_step(theta, grad, s, 0.05)
    p.grad = torch.tensor(grad)
    second_opinion.step()
    assert np.isfinite(theta).all(), "a gradient of 0 in the first step gives 0/0: eps is missing"
    assert np.allclose(theta, p.detach().numpy(), rtol=1e-5), f"step {k + 1} differs from torch.optim.RMSprop(alpha=0.9): beta weighs the old s, 1 - beta the new square"

# %% [markdown] id="part3"
# ## Part 3 · Both: Adam

# %% [markdown] id="adam_step_idea" covers="S4.3.adam,S4.3.adam_formula"
# ### Adam
# Momentum's memory of the direction and RMSProp's memory of the size, both as averages (Kingma & Ba 2014; S4.3):
# $$m\leftarrow\beta_1 m+(1-\beta_1)\nabla J,\qquad s\leftarrow\beta_2 s+(1-\beta_2)\nabla J\otimes\nabla J$$
# $$\hat m=\frac{m}{1-\beta_1^t},\qquad \hat s=\frac{s}{1-\beta_2^t},\qquad \theta\leftarrow\theta-\text{lr}\,\frac{\hat m}{\sqrt{\hat s}+\epsilon}$$
# Usually $\beta_1=0.9$, $\beta_2=0.999$, $\epsilon=10^{-8}$.
#
# **Erratum.** The slide writes **x** where it means **s**, and leaves the hats out. Both averages start at 0, so after t steps they hold only the share $1-\beta^t$ of what they should. In the first step m is 10 times too small and $\sqrt s$ is $\sqrt{1000}\approx 32$ times too small: the quotient is 3.2 times too *large*, and because s fills up a hundred times more slowly than m it gets worse before it gets better. The experiment below shows it. (The slide's signs, m with $-\nabla J$ and $\theta+\eta m$, are fine.)
#
# The paper also gives a cheaper form, one effective rate $\text{lr}\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ for m and s as they are. It is accepted too; it only places ε differently.
#
# {{exercise adam_step}}
#
# {{hints adam_step}}

# %% exercise="adam_step"
def adam_step(theta, grad, m, s, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Return (theta, m, s), new arrays, with bias correction; t is 1 in the first step. m and s start at zeros like theta."""
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(s_hat) + eps), m, s
    ### END SOLUTION

# %% test="adam_step" points=11
import torch

theta, m, s = np.array([1.0, -2.0, 3.0]), np.zeros(3), np.zeros(3)
assert np.allclose(adam_step(theta, np.array([1e3, -1e-3, 5.0]), m, s, 1, lr=0.1)[0], theta - 0.1 * np.array([1, -1, 1]), rtol=1e-4), "Adam's first step has length lr in every parameter: are both averages corrected?"
p = torch.nn.Parameter(torch.tensor(theta))
second_opinion = torch.optim.Adam([p], lr=0.1)
for t in range(1, 7):
    grad = np.array([10.0, -0.01, 1.0]) * np.cos(t)
    theta, m, s = adam_step(theta, grad, m, s, t, lr=0.1)
    p.grad = torch.tensor(grad)
    second_opinion.step()
    assert np.allclose(theta, p.detach().numpy(), rtol=1e-5), f"step {t} differs from torch.optim.Adam: return m and s themselves, without the correction"

# %% [markdown] id="bias_predict" covers="S4.3.adam_formula"
# ### Experiment · The slide's Adam
# A constant gradient of 1 and lr = 0.01: every step of Adam should be 0.01 long. **Predict** the slide's: how long is its first step, its longest, and when is it right at last?

# %% experiment="bias"
def slides_adam(theta, grad, m, s, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    return theta - lr * m / np.sqrt(s + eps), m, s


def step_lengths(corrected, steps=3000, lr=0.01):
    theta, m, s, seen = np.zeros(1), np.zeros(1), np.zeros(1), []
    for t in range(1, steps + 1):
        new, m, s = adam_step(theta, np.ones(1), m, s, t, lr) if corrected else slides_adam(theta, np.ones(1), m, s, lr)
        seen.append((theta - new).item() / lr)
        theta = new
    return np.array(seen)


right, slide = step_lengths(True), step_lengths(False)
figure, axes = fig.new(width=6.5)
axes[0, 0].semilogx(np.arange(1, 3001), right, label="with bias correction", **(fig.styled(0) | {"marker": None}))
axes[0, 0].semilogx(np.arange(1, 3001), slide, label="the slide, without", **(fig.styled(3) | {"marker": None}))
axes[0, 0].set(xlabel="step", ylabel="length of the step / lr", title="Adam on a constant slope", ylim=(0, 8))
axes[0, 0].legend()
fig.show(figure, "Length of Adam's steps on a constant slope: with bias correction always lr; without it 3 times lr at first, above 6 times soon after, and right only after thousands of steps.")
print(f"the slide's Adam: first step {slide[0]:.2f} × lr, longest {slide.max():.2f} × lr at step {slide.argmax() + 1}, still {slide[999]:.2f} × lr at step 1000")

# %% [markdown] id="bias_why"
# <details><summary>What happened, and why</summary>
#
# Without the correction a step is $(1-\beta_1^t)/\sqrt{1-\beta_2^t}$ times lr. m is full after some 20 steps, s only after some 3,000: in between the slide's Adam runs at up to six times the rate you asked for, just when the net is most fragile.
#
# </details>

# %% [markdown] id="Adam_idea"
# ### Adam for a whole network
# A network is a list of arrays. The optimizer remembers one m and one s for each of them and one t for all, and it writes *into the arrays*: the layers hold the same arrays and see the new values. `p = p - step` would only give the name p to a new array; `p -= step` and `p[...] = ...` write into the old one.
#
# {{exercise Adam}}
#
# {{hints Adam}}

# %% exercise="Adam"
class Adam:
    """Adam over a list of arrays. step(grads) updates every array in place; grads has one gradient for each."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        ### BEGIN SOLUTION
        self.params = params
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = [np.zeros_like(p) for p in params]
        self.s = [np.zeros_like(p) for p in params]
        self.t = 0
        ### END SOLUTION

    def step(self, grads):
        ### BEGIN SOLUTION
        self.t += 1  # one time step for all arrays
        for i, (p, g) in enumerate(zip(self.params, grads)):
            new, self.m[i], self.s[i] = adam_step(p, g, self.m[i], self.s[i], self.t, self.lr, self.beta1, self.beta2, self.eps)
            p[...] = new
        ### END SOLUTION

# %% test="Adam" points=12
import torch

W, b = np.ones((2, 3)), np.zeros(3)
tensors = [torch.nn.Parameter(torch.tensor(a.copy())) for a in (W, b)]
mine, second_opinion = Adam([W, b], lr=0.1), torch.optim.Adam(tensors, lr=0.1)
for k in range(4):
    grads = [np.full((2, 3), 1.0 + k), np.array([1.0, -1.0, 0.5]) * (-1) ** k]
    mine.step(grads)
    for p, g in zip(tensors, grads):
        p.grad = torch.tensor(g)
    second_opinion.step()
    assert not np.array_equal(W, np.ones((2, 3))), "W did not move: write into the array (p[...] = new), do not rename it"
    assert np.allclose(W, tensors[0].detach().numpy()) and np.allclose(b, tensors[1].detach().numpy()), f"step {k + 1} differs from torch.optim.Adam: one t for all arrays, an m and s for each"

# %% id="buggy_code" setup=true
def buggy_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    """Return theta before the first and after every step, (steps + 1, *theta.shape); grads (steps, *theta.shape). One line is wrong."""
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    rest1 = rest2 = 1.0  # what the averages have not collected yet
    path = [theta]
    for grad in grads:
        first = first + (1 - beta1) * (grad - first)
        second = second + (1 - beta2) * (grad * grad - second)
        rest1 = rest1 * beta1
        rest2 = rest2 * beta1
        share1, share2 = 1 - rest1, 1 - rest2
        path.append(path[-1] - lr * np.sqrt(share2) / share1 * first / (np.sqrt(second) + eps))
    return np.stack(path)

# %% [markdown] id="adam_bug_hunt_idea"
# ### Bug hunt
# The function above (`buggy_adam_path`) saves the powers by multiplying as it goes along. It trains, a little wildly at the start, and no shape is wrong. One line is. You need no surface to find it: feed it something for which you know every step of Adam by heart, look at what comes out, and write the mended function.
#
# {{exercise adam_bug_hunt}}
#
# {{hints adam_bug_hunt}}

# %% exercise="adam_bug_hunt"
def repaired_adam_path(theta, grads, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    """Return the path (steps + 1, *theta.shape) as buggy_adam_path should have."""
    ### BEGIN SOLUTION
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    rest1 = rest2 = 1.0
    path = [theta]
    for grad in grads:
        first = first + (1 - beta1) * (grad - first)
        second = second + (1 - beta2) * (grad * grad - second)
        rest1 = rest1 * beta1
        rest2 = rest2 * beta2  # the squares fade by their own beta
        share1, share2 = 1 - rest1, 1 - rest2
        path.append(path[-1] - lr * np.sqrt(share2) / share1 * first / (np.sqrt(second) + eps))
    return np.stack(path)
    ### END SOLUTION

# %% test="adam_bug_hunt" points=6
path = repaired_adam_path(np.zeros(2), np.tile([4.0, -0.5], (5, 1)))
assert path.shape == (6, 2), "theta before the first step and after each: one row more than there are gradients"
assert np.allclose(np.diff(path, axis=0), [[-0.1, 0.1]] * 5, rtol=1e-5), "with a constant gradient every step of Adam has length lr: compare share1 and share2 with 1 - beta**t"

# %% [markdown] question="adam_rate_in_words" points=7
# ### In your own words
# A net trains well by gradient descent with lr = 0.1. A colleague replaces the optimizer by Adam, keeps lr = 0.1, and the loss jumps to 15 in the first steps. Explain it with the length of a step: on what does it depend in gradient descent, on what in Adam? What rate would you try, and how could a schedule help in the first steps?
#
# ### BEGIN SOLUTION
# In gradient descent a step is lr times the gradient: where gradients are around 0.01, it moves a parameter by 0.001. Adam divides by the gradient's own size, so that in the first steps *every* parameter moves by about lr itself, 0.1, however small its gradient is. That is as large as the weights themselves (He for 64 inputs: standard deviation 0.18), so the net that was carefully initialized is destroyed.
# Adam's lr is a length and belongs on the scale of the weights: 0.001 to 0.01 here. Warmup starts at a rate near 0 and raises it while s is still an estimate from few gradients, so that the first steps cannot do this damage.
# ### END SOLUTION

# %% [markdown] id="part4" covers="S4.3.comparison"
# ## Part 4 · Six rules, side by side
#
# To put all rules on one footing, each is wrapped as `rule(theta, grad_fn, *state, t, lr)`. The same wrappers walk on the surfaces and, with all weights laid end to end as one long θ, train the digits net.

# %% [markdown] id="paths_predict"
# ### Experiment · Paths
# **Predict:** which rules zigzag in the ravine? Which overshoot, and which never do? Who leaves the saddle first?

# %% experiment="paths"
RULES = {  # name: (arrays of state, rule)
    "gradient descent": (0, lambda theta, grad_fn, t, lr: (gradient_descent_step(theta, grad_fn(theta), lr),)),
    "momentum": (1, lambda theta, grad_fn, m, t, lr: momentum_step(theta, grad_fn(theta), m, lr)),
    "Nesterov": (1, lambda theta, grad_fn, m, t, lr: nesterov_step(theta, grad_fn, m, lr)),
    "AdaGrad": (1, lambda theta, grad_fn, s, t, lr: adagrad_step(theta, grad_fn(theta), s, lr)),
    "RMSProp": (1, lambda theta, grad_fn, s, t, lr: rmsprop_step(theta, grad_fn(theta), s, lr)),
    "Adam": (2, lambda theta, grad_fn, m, s, t, lr: adam_step(theta, grad_fn(theta), m, s, t, lr)),
}


def walk(name, surface, lr, steps, stop=False):
    """Return the path (steps + 1, 2) of a rule; it ends early on its way to infinity, and, with stop, at the target."""
    count, rule = RULES[name]
    theta = np.array(surface.start)
    state, path = [np.zeros(2)] * count, [theta]
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            theta, *state = rule(theta, surface.grad, *state, t, lr)
            if not np.all(np.abs(theta) < 1e6):
                break
            path.append(theta)
            if stop and surface.height(*theta) <= surface.target:
                break
    return np.array(path)


PATH_RATES = {"gradient descent": 0.02, "momentum": 0.005, "Nesterov": 0.005, "AdaGrad": 0.5, "RMSProp": 0.05, "Adam": 0.1}
figure, axes = fig.new(2, 3, width=11, height=6.6)
for ax, surface in zip(axes.flat, SURFACES.values()):
    draw(ax, surface, {name: walk(name, surface, lr, 150) for name, lr in PATH_RATES.items()}, legend=False)
handles, labels = axes[0, 0].get_legend_handles_labels()
axes[1, 2].axis("off")
axes[1, 2].legend(handles, [f"{name}, lr {PATH_RATES[name]}" for name in labels], loc="center", title="150 steps each")
fig.show(figure, "Paths of six optimizers over 150 steps on five surfaces. In the ravine gradient descent drops to the bottom and crawls along it, momentum swings from wall to wall, AdaGrad, RMSProp and Adam run diagonally; on the saddle the adaptive ones leave first; on the plateau gradient descent hardly moves.")

# %% [markdown] id="paths_why"
# <details><summary>What happened, and why</summary>
#
# The three rules with one rate follow the steepest slope, straight across the ravine: gradient descent drops to the bottom at once (its factor across, 1 − 50 · 0.02, is 0) and then crawls, momentum swings from wall to wall while it gathers speed. The three adaptive ones divide the two directions by their own size and start out at 45 degrees, because both parameters move by about lr. On the saddle the slope away from it is 0.001 at first: gradient descent has to wait until it has grown; an adaptive rule makes a full step of it at once. Momentum overshoots and comes back, Nesterov less so.
#
# </details>

# %% [markdown] id="paths_play_idea"
# ### Play · One surface, one optimizer, one rate
# **Goal:** arrive at the target within 60 steps, on every surface, with whatever rule you like. Beale is the hard one.

# %% experiment="paths_play"
def draw_path(surface, optimizer, exponent):
    chosen, lr = SURFACES[surface], 10.0**exponent
    path = walk(optimizer, chosen, lr, 200)
    arrived = chosen.arrived(path)
    figure, axes = fig.steady(2, width=10, height=3.8)
    draw(axes[0, 0], chosen, {f"{optimizer}, lr {lr:.3g}": path})
    axes[0, 1].semilogy(np.maximum(chosen.height(*path.T) - (-1.0 if surface == "saddle" else 0.0), 1e-12), color=fig.BLUE)
    axes[0, 1].axvline(60, color="0.6", linestyle=":")
    said = "never in 200 steps" if arrived is None else f"after {arrived} steps"
    axes[0, 1].set(xlabel="step", ylabel="height above the lowest point", ylim=(1e-7, 1e3), title=f"Arrived {said}. Goal {'reached' if arrived is not None and arrived <= 60 else 'not reached'}")
    fig.show(figure, f"{optimizer} on the surface {surface} with lr {lr:.3g}: arrived {said}.")


knobs.play(draw_path, surface=knobs.choice("surface", list(SURFACES)), optimizer=knobs.choice("optimizer", list(RULES), "momentum"), exponent=knobs.slider("log10 of lr", -4.0, 0.5, -2.3, 0.1))

# %% [markdown] id="steps_to_target_predict" covers="S4.3.momentum,S4.3.nesterov,C.plateau_cure"
# ### Experiment · Steps to the target, each rule at its own best rate
# A comparison at one rate compares rates, not rules. So every rule tries fourteen rates, and its best one counts. **Predict** the order on the plateau, and what Nesterov saves over momentum.

# %% experiment="steps_to_target"
from coursekit.progress import track

TRIED = [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0]


def best_arrival(name, surface, limit=450):
    """Return (steps, lr) of the quickest arrival, or (limit, nan)."""
    seen = [(surface.arrived(walk(name, surface, lr, limit, stop=True)), lr) for lr in TRIED]
    return min([(steps, lr) for steps, lr in seen if steps is not None], default=(limit, math.nan))


arrivals = {name: {} for name in RULES}
for name, surface in track([(n, s) for n in RULES for s in SURFACES.values()], "walking"):
    arrivals[name][surface.name] = best_arrival(name, surface)

# The same plateau at a rate that every rule can use, for the claims about flat regions.
flat = {name: SURFACES["plateau"].arrived(walk(name, SURFACES["plateau"], 0.2, 2000, stop=True)) for name in RULES}
figure, axes = fig.new(1, 2, width=11, height=3.6)
for i, name in enumerate(RULES):
    axes[0, 0].bar(np.arange(5) + 0.14 * i - 0.35, [arrivals[name][s][0] for s in SURFACES], 0.13, color=fig.PALETTE[i], label=name)
axes[0, 0].set(yscale="log", ylim=(2, 3000), xticks=range(5), xticklabels=list(SURFACES), ylabel="steps to the target", title="Each at its best of 14 rates")
axes[0, 0].legend(fontsize=8, ncols=2)
axes[0, 1].barh(range(6), [flat[n] or 2000 for n in RULES], color=fig.PALETTE[:6])
axes[0, 1].set(yticks=range(6), yticklabels=list(RULES), xlabel="steps to leave the plateau, lr 0.2 for all", xscale="log")
axes[0, 1].invert_yaxis()
fig.show(figure, "Left: steps to the target for six optimizers on five surfaces, each at its best rate. Right: steps to leave the plateau when all use the same rate; gradient descent needs the most.")
count = {name: {s: arrivals[name][s][0] for s in SURFACES} for name in RULES}
faster = [s for s in SURFACES if count["momentum"][s] < count["gradient descent"][s]]
measured("S4.3.momentum", "Momentum accelerates and leaves flat regions faster; β = 0.9 works well.",
         f"fewer steps than gradient descent on {len(faster)} of 5 surfaces ({', '.join(faster)}); on the plateau {count['momentum']['plateau']} against {count['gradient descent']['plateau']}",
         len(faster) >= 3 and "plateau" in faster, "Where gradient descent may use a rate as large as it likes, momentum has less to add.")
ahead = [s for s in SURFACES if count["Nesterov"][s] <= count["momentum"][s]]
measured("S4.3.nesterov", "The gradient a step ahead comes a little closer to the optimum.",
         "steps, Nesterov against momentum: " + ", ".join(f"{s} {count['Nesterov'][s]} / {count['momentum'][s]}" for s in SURFACES),
         len(ahead) >= 4, "The look-ahead gradient brakes before the valley's wall, so that less is lost in swinging.")
helped = [n for n in ("momentum", "RMSProp", "Adam") if (flat[n] or 2000) < (flat["gradient descent"] or 2000)]
measured("C.plateau_cure", "Momentum, RMSProp and Adam help on plateaus.",
         f"steps to leave the plateau at lr 0.2: gradient descent {flat['gradient descent']}, " + ", ".join(f"{n} {flat[n]}" for n in ("momentum", "RMSProp", "Adam")),
         len(helped) == 3, "One rate for all; with its own best rate gradient descent does better, but such a rate is unsafe on the next slope.")

# %% [markdown] id="steps_to_target_why"
# <details><summary>What happened, and why</summary>
#
# On the plateau the slope is tiny, and gradient descent's step is that slope times lr. Momentum multiplies it by up to 10. RMSProp and Adam divide the slope by its own size, so that flat ground costs them nothing: they move by lr a step. Nesterov's advantage is largest where momentum swings. And note the winners: AdaGrad, with a large rate, takes the bowl-like surfaces in a handful of steps. These are surfaces without noise, with two parameters. A net is another matter.
#
# </details>

# %% [markdown] id="digits_predict" covers="S4.3.comparison,S4.3.rmsprop,S4.3.adagrad_stops"
# ### Experiment · The digits net, with every optimizer
# The digits net of lesson 2 with two of its eight hidden layers of 48 units: 64 pixels, ReLUs, He initialization, mini-batches of 64. Every rule picks the best of three rates on one seed, then trains on two more. **Predict** the order after 68 steps and after 255. Who pays most in seconds?

# %% experiment="digits"
from coursekit.data import split_digits
from coursekit.layers import Elementwise
from coursekit.networks import build
from coursekit.optimizing import Flat, smooth, train_with

digits = split_digits()
NET_RATES = {"gradient descent": (0.1, 0.3, 0.5), "momentum": (0.01, 0.03, 0.1), "Nesterov": (0.01, 0.03, 0.1),
             "AdaGrad": (0.01, 0.03, 0.1), "RMSProp": (0.001, 0.003, 0.01), "Adam": (0.003, 0.01, 0.03)}


def make_net(seed, hidden=(48, 48)):
    he = lambda i, o, r: r.normal(0.0, np.sqrt(2 / i), (i, o))
    relu = lambda n: Elementwise(lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0)
    return build([64, *hidden, 10], he, relu, np.random.default_rng(seed))


def train_net(name, lr, epochs, seed=0, data=digits, schedule=None):
    count, rule = RULES[name]
    return train_with(make_net(seed), Flat(rule, count, lr), data, epochs, np.random.default_rng(100 + seed), schedule=schedule)


runs, best_rate = {}, {}
for name in track(list(RULES), "training"):
    tried = {lr: train_net(name, lr, 15) for lr in NET_RATES[name]}
    best_rate[name] = min(tried, key=lambda lr: tried[lr].loss_after(136))
    runs[name] = [tried[best_rate[name]]] + [train_net(name, best_rate[name], 15, seed) for seed in (1, 2)]
figure, axes = fig.new(1, 3, width=11, height=3.8)
for i, (name, three) in enumerate(runs.items()):
    curve = smooth(np.mean([r.losses for r in three], axis=0), 17)
    style = fig.styled(i) | {"markevery": 40}
    axes[0, 0].semilogy(curve, label=f"{name}, lr {best_rate[name]}", **style)
    axes[0, 1].semilogy(np.median([r.seconds for r in three], axis=0), curve, **style)
    axes[0, 2].plot([r.errors[-1] for r in three], [i] * 3, fig.MARKERS[i], color=fig.PALETTE[i])
axes[0, 0].set(xlabel="step", ylabel="training loss (mean of 17 steps)", title="against steps")
axes[0, 0].legend(fontsize=7)
axes[0, 1].set(xlabel="seconds", title="against seconds")
axes[0, 2].set(yticks=range(6), yticklabels=list(RULES), xlabel="test error, 3 seeds", title="after 15 epochs")
axes[0, 2].invert_yaxis()
fig.show(figure, "Training loss of the digits net with six optimizers, against steps and against seconds, and the test error of three seeds after 15 epochs. Nesterov and Adam lead and gradient descent is last, against steps and against seconds; the test errors overlap.")


def mean_loss(name, steps):
    return float(np.mean([r.loss_after(steps, 17) for r in runs[name]]))


early, late = ({name: mean_loss(name, steps) for name in RULES} for steps in (68, 255))
print("loss after  68 steps:", ", ".join(f"{n} {early[n]:.3f}" for n in sorted(early, key=early.get)))
print("loss after 255 steps:", ", ".join(f"{n} {late[n]:.3f}" for n in sorted(late, key=late.get)))
measured("S4.3.rmsprop", "RMSProp is faster than momentum and Nesterov.",
         f"loss after 68 steps: RMSProp {early['RMSProp']:.3f}, momentum {early['momentum']:.3f}, Nesterov {early['Nesterov']:.3f}",
         early["RMSProp"] < min(early["momentum"], early["Nesterov"]),
         "A well initialized net has gradients of similar size in all layers, so that there is less for RMSProp to even out, and momentum had its own best rate.")
leader = min(late, key=late.get)
measured("S4.3.comparison", "The optimizers compared; Adam leads.",
         f"lowest loss after 68 steps: {min(early, key=early.get)}; after 255: {leader} (Adam {late['Adam']:.4f}, {leader} {late[leader]:.4f})",
         leader == "Adam",
         "Adam is near the front at every point, but with its own best rate another rule is its equal on this small net, and the test errors overlap.")

# %% [markdown] id="digits_why"
# <details><summary>What happened, and why</summary>
#
# Everything beats plain gradient descent at the start, and the tuned momentum methods are much closer to Adam than the slide's picture suggests. Its measurements used one rate for many problems; ours gives every rule its best of three. That is the honest summary of a long debate (Wilson et al. 2017, Choi et al. 2019): adaptive methods need less tuning, and tuned momentum is hard to beat. On test error the six are within each other's spread. In seconds the ranking barely changes: here the forward and backward passes cost more than the update.
#
# </details>

# %% [markdown] id="digits_play_idea"
# ### Play · Train the net yourself
# **Goal:** a training loss below 0.25 within three epochs (51 steps). Try gradient descent first. If it cannot, which rules can, and over how wide a range of rates?

# %% experiment="digits_play"
def draw_training(optimizer, exponent):
    lr = 10.0**exponent
    run = train_net(optimizer, lr, 3)
    figure, axes = fig.steady(width=6.5)
    axes[0, 0].semilogy(run.losses or [np.nan], color="0.75")
    axes[0, 0].semilogy(smooth(run.losses) if run.losses else [np.nan], color=fig.BLUE)
    axes[0, 0].axhline(0.25, color=fig.RED, linestyle="--")
    last = run.loss_after(51, 10) if len(run.losses) == 51 else math.inf
    axes[0, 0].set(xlabel="step", ylabel="training loss", ylim=(0.05, 20), title=f"{optimizer}, lr {lr:.3g}: loss {last:.3g} at the end. Goal {'reached' if last < 0.25 else 'not reached'}")
    fig.show(figure, f"Training loss over 51 steps with {optimizer} and lr {lr:.3g}, ending at {last:.3g}.")


knobs.play(draw_training, optimizer=knobs.choice("optimizer", list(RULES)), exponent=knobs.slider("log10 of lr", -4.0, 0.5, -1.0, 0.1))

# %% [markdown] id="adagrad_stops_predict" covers="S4.3.adagrad_stops"
# ### Experiment · AdaGrad on a bowl and on a net
# **Predict:** how long are AdaGrad's steps after t steps if gradients keep their size? Is that a problem on a bowl? On a net, with noisy mini-batches?

# %% experiment="adagrad_stops"
from coursekit.needs import needs

needs(globals(), best_rate="The digits net, with every optimizer")
bowl_heights = {name: ravine.height(*walk(name, ravine, arrivals[name]["ravine"][1], 60).T) for name in ("gradient descent", "AdaGrad", "RMSProp")}
names = ("AdaGrad", "RMSProp", "Adam")
long_runs = {name: train_net(name, best_rate[name], 50) for name in track(names, "training longer")}
figure, axes = fig.new(1, 3, width=11, height=3.4)
for i, (name, h) in enumerate(bowl_heights.items()):
    axes[0, 0].semilogy(np.maximum(h, 1e-12), label=name, markevery=10, **fig.styled(i))
axes[0, 0].set(xlabel="step", ylabel="height", title="ravine (quadratic), best rates", ylim=(1e-12, 1e2))
for i, (name, run) in enumerate(long_runs.items(), 1):
    axes[0, 1].loglog(smooth(run.losses, 17), label=name, markevery=100, **fig.styled(i))
axes[0, 1].set(xlabel="step", ylabel="training loss", title="digits net, best rates")
steps = np.arange(1, 851)
axes[0, 2].loglog(steps, 1 / np.sqrt(steps), label="AdaGrad, gradients of constant size", **(fig.styled(1) | {"marker": None}))
axes[0, 2].loglog(steps, np.ones(850), label="RMSProp", **(fig.styled(2) | {"marker": None}))
axes[0, 2].set(xlabel="step", ylabel="length of a step / lr", title="why: the sum only grows")
for ax in axes[0]:
    ax.legend(fontsize=7)
fig.show(figure, "Left: on the quadratic AdaGrad falls fastest. Middle: on the digits net AdaGrad starts level with RMSProp and Adam, and its loss then falls more slowly by the factor shown in the text. Right: AdaGrad's step length falls as one over the root of t.")
end = {name: run.loss_after(len(run.losses), 34) for name, run in long_runs.items()}
measured("S4.3.adagrad_stops", "AdaGrad is fine on quadratics but stops too early on deep nets.",
         f"ravine: {arrivals['AdaGrad']['ravine'][0]} steps against gradient descent's {arrivals['gradient descent']['ravine'][0]}; net after 850 steps: AdaGrad {end['AdaGrad']:.2g}, RMSProp {end['RMSProp']:.2g}, Adam {end['Adam']:.2g}",
         arrivals["AdaGrad"]["ravine"][0] < arrivals["gradient descent"]["ravine"][0] and end["AdaGrad"] > 3 * min(end["RMSProp"], end["Adam"]),
         "It slows down more than it stops: its steps shrink whether or not the goal is near.")

# %% [markdown] id="adagrad_stops_why"
# <details><summary>What happened, and why</summary>
#
# With gradients of constant size $s=t\,g^2$ and the step is $\text{lr}/\sqrt t$. On a bowl the gradients shrink with the distance, the sum converges, and AdaGrad keeps a finite rate, one for each direction: ideal. On a net the noise of the mini-batches keeps feeding s, and the rate goes to 0 whether or not the goal is near. The word "stops" is strong for a net as small as ours; "falls behind" is what we see.
#
# </details>

# %% [markdown] id="torch_equal_predict"
# ### Experiment · Second opinion: 200 steps beside `torch.optim`
# **Predict:** do your rules equal torch's to rounding, or only approximately? Where would a difference of convention show?

# %% experiment="torch_equal"
import torch

OPTIONS = {
    "gradient descent": lambda p: torch.optim.SGD(p, lr=0.002),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.002, momentum=0.9),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=0.002, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: torch.optim.Adagrad(p, lr=0.1, eps=1e-8),
    "RMSProp": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-8),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
}
rosenbrock = SURFACES["Rosenbrock"]
for name, make in OPTIONS.items():
    p = torch.nn.Parameter(torch.tensor(rosenbrock.start, dtype=torch.float64))
    second_opinion = make([p])
    mine = walk(name, rosenbrock, second_opinion.param_groups[0]["lr"], 200)
    if name == "Nesterov":  # torch's parameters are the look-ahead points
        mine = np.vstack([mine[:1], mine[1:] - 0.9 * (mine[:-1] - mine[1:])])
    worst = 0.0
    for t in range(1, 201):
        p.grad = torch.tensor(rosenbrock.grad(p.detach().numpy()))
        second_opinion.step()
        worst = max(worst, float(np.abs(mine[t] - p.detach().numpy()).max()))
    print(f"{name:17s} largest difference over 200 steps: {worst:.1e}")

# %% [markdown] id="torch_equal_why"
# <details><summary>What happened, and why</summary>
#
# To rounding, or to the size of ε if you put it inside the root. The differences of convention that remain:
#
# | rule | torch | here |
# |---|---|---|
# | momentum | lr outside: `buf = β·buf + g; p -= lr·buf`. When the rate falls, the whole velocity feels it at once | lr inside: old steps keep the rate they were taken with |
# | Nesterov | the parameters *are* the look-ahead point | θ is the point itself |
# | AdaGrad | ε = 1e-10 by default, outside the root | ε = 1e-8 |
# | RMSProp | β is called `alpha`, default 0.99; lr 0.01 | β = 0.9 |
# | Adam | ε outside the root, added after the correction | the same, or inside, as on the slide |
#
# </details>

# %% [markdown] id="part5" covers="S4.3.schedules"
# ## Part 5 · A rate that changes
#
# Far from the goal large steps are good. Near it they jump across: mini-batch noise times lr sets a floor below which the loss does not fall. So start large and lower the rate (S4.3). The slide names three ways; a fourth, beyond the slides, has become the usual one for large models.
#
# Schedules are functions of `t`, which may count steps or epochs: here it is whatever you pass.

# %% [markdown] id="step_decay_idea" covers="S4.3.schedules,S4.3.torch_schedulers"
# ### Fixed steps
# $$\text{lr}(t)=\text{lr}_0\;\gamma^{\lfloor t/\text{step\_size}\rfloor}$$
# torch: `StepLR(optimizer, step_size, gamma=0.1)`.
#
# {{exercise step_decay}}
#
# {{hints step_decay}}

# %% exercise="step_decay"
def step_decay(lr0, t, step_size, gamma=0.1):
    """Return lr0 * gamma^floor(t / step_size); t counts from 0."""
    ### BEGIN SOLUTION
    return lr0 * gamma ** (t // step_size)
    ### END SOLUTION

# %% test="step_decay" points=4
assert np.isclose(step_decay(1.0, 0, 10), 1.0) and np.isclose(step_decay(1.0, 9, 10), 1.0), "below step_size nothing happens"
assert np.isclose(step_decay(1.0, 10, 10), 0.1), "at t = step_size the rate has fallen: round t / step_size down"
assert np.isclose(step_decay(2.0, 35, 10, 0.5), 0.25), "three whole blocks: gamma to the power 3, times lr0"

# %% [markdown] id="multistep_decay_idea" covers="S4.3.schedules,S4.3.torch_schedulers"
# ### Milestones
# The rate falls at steps that you name ("after 50 epochs, then after 80"): one factor γ for each milestone ≤ t. torch: `MultiStepLR(optimizer, milestones, gamma=0.1)`.
#
# {{exercise multistep_decay}}
#
# {{hints multistep_decay}}

# %% exercise="multistep_decay"
def multistep_decay(lr0, t, milestones, gamma=0.1):
    """Return lr0 times gamma for each milestone <= t; milestones is a list in any order and stays as it is."""
    ### BEGIN SOLUTION
    return lr0 * gamma ** sum(milestone <= t for milestone in milestones)
    ### END SOLUTION

# %% test="multistep_decay" points=5
assert np.isclose(multistep_decay(1.0, 29, [30, 80]), 1.0) and np.isclose(multistep_decay(1.0, 30, [30, 80]), 0.1), "a milestone counts from its own step on"
assert np.isclose(multistep_decay(1.0, 100, [30, 80], 0.5), 0.25), "two milestones are reached: gamma squared"
assert np.isclose(multistep_decay(1.0, 50, [80, 30]), 0.1), "milestones may come in any order"

# %% [markdown] id="exponential_decay_idea" covers="S4.3.schedules,S4.3.torch_schedulers"
# ### Exponential
# $$\text{lr}(t)=\text{lr}_0\;10^{-t/r}$$
# A tenth after every r steps, without a jump. torch's `ExponentialLR(optimizer, gamma)` multiplies by γ each step, which is the same for $\gamma=10^{-1/r}$.
#
# {{exercise exponential_decay}}
#
# {{hints exponential_decay}}

# %% exercise="exponential_decay"
def exponential_decay(lr0, t, r):
    """Return lr0 * 10^(-t/r)."""
    ### BEGIN SOLUTION
    return lr0 * 10 ** (-t / r)
    ### END SOLUTION

# %% test="exponential_decay" points=4
assert np.isclose(exponential_decay(1.0, 20, 20), 0.1), "after r steps the rate is a tenth: is the base 10?"
assert np.isclose(exponential_decay(2.0, 10, 20), 2.0 / np.sqrt(10)), "between the tenths it falls smoothly: t / r, not t // r"

# %% [markdown] id="PlateauScheduler_idea" covers="S4.3.schedules,S4.3.torch_schedulers"
# ### Performance: when validation stops improving
# Watch the validation error, and lower the rate when it has not improved for a while. Three numbers are remembered: the rate, the best error so far, and how many steps in a row were no better. As in torch's `ReduceLROnPlateau` (mode min, relative threshold):
#
# - an error is *better* if it is below best · (1 − threshold); then it becomes the best, and the count is 0;
# - otherwise the count goes up by one;
# - if the count is **above** patience, the rate becomes max(rate · factor, min_lr) and the count starts again at 0. The best stays.
#
# {{exercise PlateauScheduler}}
#
# {{hints PlateauScheduler}}

# %% exercise="PlateauScheduler"
class PlateauScheduler:
    """Lowers the rate after more than `patience` validation errors in a row that are no better than the best."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
        ### BEGIN SOLUTION
        self.lr, self.factor, self.patience = lr, factor, patience
        self.threshold, self.min_lr = threshold, min_lr
        self.best, self.bad = float("inf"), 0
        ### END SOLUTION

    def step(self, val_error):
        """Take in one validation error; return the rate to use from here on."""
        ### BEGIN SOLUTION
        if val_error < self.best * (1 - self.threshold):
            self.best, self.bad = val_error, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = max(self.lr * self.factor, self.min_lr), 0
        return self.lr
        ### END SOLUTION

# %% test="PlateauScheduler" points=9
import torch

second_opinion = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
their_scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(second_opinion, factor=0.5, patience=2)
my_scheduler = PlateauScheduler(0.1, factor=0.5, patience=2)
for k, error in enumerate([0.9, 0.5, 0.6, 0.55, 0.52, 0.51, 0.4, 0.45, 0.45, 0.45, 0.45]):
    their_scheduler.step(error)
    want, got = second_opinion.param_groups[0]["lr"], my_scheduler.step(error)
    assert got is not None, "step should return the rate"
    assert np.isclose(got, want), f"step {k + 1} differs from torch: compare with the best, not the previous one; fall when the count is above patience, then reset it"

# %% [markdown] id="cosine_warmup_idea"
# ### Warmup, then a cosine
# Beyond the slides (Loshchilov & Hutter 2016; Goyal et al. 2017). The first steps are the dangerous ones: the net is random, and Adam's s is an estimate from a handful of gradients. So rise in a straight line from 0 to lr_max over warmup_steps, then follow half a cosine down to lr_min at total_steps, and stay there.
# $$\text{lr}(t)=\text{lr}_{\min}+\tfrac12(\text{lr}_{\max}-\text{lr}_{\min})\Big(1+\cos\Big(\pi\,\frac{t-\text{warmup}}{\text{total}-\text{warmup}}\Big)\Big)$$
#
# {{exercise cosine_warmup}}
#
# {{hints cosine_warmup}}

# %% exercise="cosine_warmup"
def cosine_warmup(lr_max, t, warmup_steps, total_steps, lr_min=0.0):
    """Return the rate at t: linear from 0 to lr_max, half a cosine to lr_min, lr_min after; warmup_steps may be 0."""
    ### BEGIN SOLUTION
    if t < warmup_steps:
        return lr_max * t / warmup_steps
    progress = min((t - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return lr_min + (lr_max - lr_min) * (1 + math.cos(math.pi * progress)) / 2
    ### END SOLUTION

# %% test="cosine_warmup" points=6
assert np.isclose(cosine_warmup(1.0, 0, 10, 110), 0.0) and np.isclose(cosine_warmup(1.0, 5, 10, 110), 0.5), "warmup starts at 0 and is linear"
assert np.isclose(cosine_warmup(1.0, 10, 10, 110), 1.0) and np.isclose(cosine_warmup(1.0, 60, 10, 110, 0.2), 0.6), "the cosine starts where warmup ends; halfway it is halfway to lr_min"
assert np.isclose(cosine_warmup(1.0, 500, 10, 110, 0.2), 0.2), "after total_steps the rate stays at lr_min"
assert np.isclose(cosine_warmup(1.0, 0, 0, 100), 1.0), "warmup_steps may be 0: do not divide by it"

# %% [markdown] id="schedules_predict" covers="S4.3.schedule_ranking"
# ### Experiment · Schedules as curves and as training runs
# Senior et al. (2013) trained speech nets with momentum and found: exponential > performance-based > fixed steps. Here: the digits net with momentum at lr 0.2, a rate at which a constant run is unstable, 837 training and 200 validation examples, 20 epochs, five seeds. **Predict** the order, and whether it will be clear.

# %% experiment="schedules"
EPOCHS = 20
held_out = digits._replace(X_train=digits.X_train[:837], y_train=digits.y_train[:837], X_test=digits.X_train[837:], y_test=digits.y_train[837:])


def make_schedule(name, lr0):
    """Return schedule(epoch, last validation error) -> rate."""
    plateau = PlateauScheduler(lr0, factor=0.5, patience=2)
    return {
        "constant": lambda epoch, error: lr0,
        "fixed steps": lambda epoch, error: step_decay(lr0, epoch, 7, 0.3),
        "milestones": lambda epoch, error: multistep_decay(lr0, epoch, [15, 8], 0.3),
        "performance": lambda epoch, error: lr0 if error is None else plateau.step(error),
        "exponential": lambda epoch, error: exponential_decay(lr0, epoch, 20),
        "cosine, warmup": lambda epoch, error: cosine_warmup(lr0, epoch + 1, 3, EPOCHS),
    }[name]


SCHEDULES = ["constant", "fixed steps", "milestones", "performance", "exponential", "cosine, warmup"]
scheduled = {name: [] for name in SCHEDULES}
for name, seed in track([(n, s) for n in SCHEDULES for s in range(5)], "training"):
    scheduled[name].append(train_net("momentum", 0.2, EPOCHS, seed, held_out, make_schedule(name, 0.2)))
figure, axes = fig.new(1, 3, width=11, height=3.6)
for i, (name, five) in enumerate(scheduled.items()):
    axes[0, 0].semilogy(five[0].rates, label=name, markevery=5, **fig.styled(i))
    middle = np.median([smooth(r.losses, 26) for r in five], axis=0)
    axes[0, 1].semilogy(middle, markevery=50, **fig.styled(i))
    axes[0, 2].plot([r.errors[-1] for r in five], [i] * 5, fig.MARKERS[i], color=fig.PALETTE[i])
axes[0, 0].set(xlabel="epoch", ylabel="learning rate", title="the schedules")
axes[0, 0].legend(fontsize=7, loc="lower left")
axes[0, 1].set(xlabel="step", ylabel="training loss", title="median of five seeds")
axes[0, 2].set(yticks=range(6), yticklabels=SCHEDULES, xlabel="validation error, 5 seeds", title="after 20 epochs")
axes[0, 2].invert_yaxis()
fig.show(figure, "Left: six learning-rate schedules over 20 epochs. Middle: training loss under each; the constant rate stays high. Right: validation errors of five seeds each; the constant rate is worst, exponential and cosine are lowest and most even.")
error = {name: float(np.mean([r.errors[-1] for r in five])) for name, five in scheduled.items()}
spread = {name: float(np.std([r.errors[-1] for r in five])) for name, five in scheduled.items()}
order = sorted(("exponential", "performance", "fixed steps"), key=error.get)
measured("S4.3.schedule_ranking", "Senior et al.: exponential > performance-based > fixed steps.",
         " < ".join(f"{n} {error[n]:.1%} (± {spread[n]:.1%})" for n in order) + f" validation error; constant {error['constant']:.1%}",
         order == ["exponential", "performance", "fixed steps"],
         "Exponential comes first here too where the whole order does not hold; the other two lie within each other's spread over seeds." if order[0] == "exponential" else "The schedules lie within each other's spread over seeds; that any of them beats the constant rate is the clear result.")

# %% [markdown] id="schedules_why"
# <details><summary>What happened, and why</summary>
#
# The clear result is the first one: at this rate, any way of lowering it beats keeping it. The order among the schedules is much less clear, and depends on their own constants, which we chose and did not tune. Exponential and cosine begin to lower the rate at once, which helps a run that starts out unstable; fixed steps keep the dangerous rate for seven epochs. The performance schedule needs no plan of the length of training; it pays with the noise of 200 validation examples.
#
# </details>

# %% [markdown] id="schedules_play_idea"
# ### Play · Schedule and first rate
# **Goal:** a validation error of at most 4 % after 15 epochs, starting from a rate of 0.3 or more.

# %% experiment="schedules_play"
def draw_scheduled(name, lr0):
    run = train_net("momentum", lr0, 15, 0, held_out, make_schedule(name, lr0))
    figure, axes = fig.steady(2, width=9)
    axes[0, 0].semilogy(run.rates, color=fig.ORANGE)
    axes[0, 0].set(xlabel="epoch", ylabel="learning rate", ylim=(1e-3, 1), title=name)
    axes[0, 1].plot(np.arange(1, len(run.errors) + 1), run.errors, "o-", color=fig.BLUE, markersize=4)
    axes[0, 1].axhline(0.04, color=fig.RED, linestyle="--")
    last = run.errors[-1] if len(run.errors) == 15 else 1.0
    axes[0, 1].set(xlabel="epoch", ylabel="validation error", ylim=(0, 1), title=f"{last:.1%} at the end. Goal {'reached' if last <= 0.04 and lr0 >= 0.3 else 'not reached'}")
    fig.show(figure, f"Schedule {name} from rate {lr0:.2f}: the rate over 15 epochs, and the validation error, {last:.1%} at the end.")


knobs.play(draw_scheduled, name=knobs.choice("schedule", SCHEDULES, "fixed steps"), lr0=knobs.slider("first rate", 0.02, 0.5, 0.1, 0.02))

# %% [markdown] id="torch_schedulers_predict" covers="S4.3.torch_schedulers"
# ### Experiment · Second opinion: the schedules beside torch's
# torch's schedulers carry their own clock: `scheduler.step()` moves it by one. **Predict** which γ makes `ExponentialLR` equal to yours.

# %% experiment="torch_schedulers"
def torch_rates(make, steps=60, errors=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler, rates = make(optimizer), [0.5]
    for k in range(steps):
        optimizer.step()
        scheduler.step(*([errors[k]] if errors is not None else []))
        rates.append(optimizer.param_groups[0]["lr"])
    return np.array(rates)


plan = torch.optim.lr_scheduler
validation = np.exp(-np.arange(60) / 20) * np.random.default_rng(0).uniform(0.8, 1.2, 60)
my_scheduler = PlateauScheduler(0.5, 0.5, 3)
pairs = {
    "StepLR": (torch_rates(lambda o: plan.StepLR(o, 15)), [step_decay(0.5, t, 15) for t in range(61)]),
    "MultiStepLR": (torch_rates(lambda o: plan.MultiStepLR(o, [10, 40])), [multistep_decay(0.5, t, [10, 40]) for t in range(61)]),
    "ExponentialLR, γ = 10^(-1/25)": (torch_rates(lambda o: plan.ExponentialLR(o, 10 ** (-1 / 25))), [exponential_decay(0.5, t, 25) for t in range(61)]),
    "ReduceLROnPlateau": (torch_rates(lambda o: plan.ReduceLROnPlateau(o, factor=0.5, patience=3), errors=validation), [0.5] + [my_scheduler.step(e) for e in validation]),
    "CosineAnnealingLR": (torch_rates(lambda o: plan.CosineAnnealingLR(o, 60)), [cosine_warmup(0.5, t, 0, 60) for t in range(61)]),
}
for name, (theirs, mine) in pairs.items():
    print(f"{name:30s} largest difference over 60 steps: {np.abs(theirs - mine).max():.1e}")

# %% [markdown] id="torch_schedulers_why"
# <details><summary>What happened, and why</summary>
#
# Equal to rounding. Two things to know: torch's plateau scheduler ignores changes below its own `eps` of 1e-8, which no ordinary rate meets; and its `CosineAnnealingLR` goes up again after its end, while ours stays at lr_min. Call the scheduler after the optimizer, once an epoch or once a step, and know which of the two your numbers mean.
#
# </details>

# %% [markdown] id="can_do"
# ## What you can now do
#
# - say why the steepest direction sets the rate and the flattest one pays for it;
# - write momentum and Nesterov in any convention, and recognise torch's as the same rule;
# - give every parameter its own rate, and say when AdaGrad's memory becomes a burden;
# - write Adam with its bias correction, show what happens without, and find a wrong one with a constant gradient;
# - update a network's arrays in place, with one clock and a state for each;
# - choose a schedule, and write each of torch's from its definition;
# - compare optimizers fairly: each at its own best rate, over several seeds, against steps *and* seconds.
#
# The digits net now trains in seconds, and its training loss goes to almost nothing while its test error stays where it was. That gap is the subject of lesson 4.

# %% [markdown] id="hand_in_how"
# ## Hand in
# Save the notebook (**Ctrl+S**) and run the next cell. It says what is still missing and writes the one file to hand in. Where your course uses nbgrader's exchange, press **Submit** in *Nbgrader → Assignment List* instead.

# %% id="hand_in"
from coursekit.submit import hand_in

hand_in()
