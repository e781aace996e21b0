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

# %% [markdown] id="intro" covers="S4.5.scratch"
# # Lesson 5 · Do not start from nothing: reusing what a net has learned
#
# The slides of S4.5 open with a pioneer's tip: training a large net from scratch is *not* recommended. Somebody has already paid for the lower layers, the ones that find edges, strokes and bends, and those layers do not care which label you will hang on a picture. Take them, put a new head on top, and the same task needs fewer labels and fewer steps. At least that is the promise. In this lesson you build every part of it, in torch, and then you measure where the promise holds and where it breaks.
#
# | part | what you write | what it gives you |
# |---|---|---|
# | 1 Fitting in | resizing pictures, relabelling classes | a task the old net can look at |
# | 2 Reusing | copying layers, freezing them, training the head | transfer from the digits 0 – 4 to 5 – 9 |
# | 3 Features | running the frozen part once | minutes saved, and a look at what a layer knows |
# | 4 A model zoo | a bug hunt in a loader | models on disk that are what they say they are |
# | 5 Without labels | an RBM's learning step, an autoencoder, a classifier from it | a start where no pretrained net exists |
#
# **Where this sits in the course.** Lesson 1 trained a digits net and met its enemies. Lesson 2 let the gradient through, lesson 3 made training fast, lesson 4 kept the net from learning its few examples by heart. All of them began with random weights. This lesson begins with *good* ones; lesson 6 then chooses the numbers that we still set by hand.
#
# **Notation.** Pictures are float32 tensors: `X` is `(n, 64)` for our small digits, and `(n, 1, h, w)` where height and width matter. A model is an `nn.Sequential`, and *module i* is `model[i]`: an activation and a batch norm are modules just as a linear layer is. The net of this lesson has three modules per hidden layer, Linear, BatchNorm1d and ReLU, so "the first 3 modules" is the first hidden layer, and "the first 6" is everything below the head.
#
# **To check your work** run the cell under each exercise; on your own, `%load_ext autograde` and then `%check reuse_layers`. Before each experiment, say your prediction aloud.
# The whole lesson takes {{time}}; the cards say how long each exercise takes someone new to it.

# %% [markdown] id="recall"
# ## Five questions before you start
#
# <details><summary>1. Lesson 2: what does batch normalization use in training, and what in evaluation?</summary>
#
# In training the mean and variance of the batch, and it moves its running averages a little toward them. In evaluation the running averages, and it leaves them alone. Remember the second half of the first sentence: it is the trap of part 2.
#
# </details>
# <details><summary>2. Lesson 3: what is inside Adam's two memories when the gradient of a parameter is exactly zero from now on?</summary>
#
# Averages of the *old* gradients, which fade but are not zero: the parameter goes on moving for a while. A gradient of zero does not mean standing still.
#
# </details>
# <details><summary>3. Lesson 4: what does weight decay do to a parameter whose gradient is zero?</summary>
#
# It shrinks it. Decay adds λθ to the gradient, whatever the loss says.
#
# </details>
# <details><summary>4. Lesson 4: what does dropout do in evaluation?</summary>
#
# Nothing; with inverted scaling the output equals the input.
#
# </details>
# <details><summary>5. Lesson 1: why are the labels of a k-class problem numbered 0 … k − 1?</summary>
#
# Because the label is an index: cross-entropy picks the log-probability that stands at that place. A label of 7 in a net with five outputs is an index out of range.
#
# </details>

# %% id="setup" setup=true
from coursekit import check_environment  # before NumPy: it asks for one thread
from coursekit.loading import load_torch

import copy

import numpy as np

load_torch(optimizers=False)  # shows a bar, since it takes a while
import torch
from torch import nn

check_environment()

# %% experiment="first_look"
%matplotlib inline
from coursekit import figures as fig
from coursekit import transfer
from coursekit.pictures import picture_grid

fig.use_style()
OLD, NEW = [0, 1, 2, 3, 4], [5, 6, 7, 8, 9]
old, new = transfer.task(OLD), transfer.task(NEW)


def shown(task, classes, count):
    return [task.X_pool[task.y_pool == c][k].reshape(8, 8).numpy() for c in classes for k in range(count)]


fig.show(picture_grid([("old task", shown(old, OLD, 2)), ("new task", shown(new, NEW, 2))], "One net is trained on the upper row. What does it know about the lower one?"),
         "Two rows of 8 by 8 handwritten digits: zeros to fours above, fives to nines below.")
print(f"The old task has {len(old.X_pool)} training pictures, the new one up to {len(new.X_pool)}, and {len(new.X_test)} to test on.")

# %% [markdown] id="part1"
# ## Part 1 · Fitting in
#
# A pretrained net has habits. It wants pictures of its own size and it numbers its classes from 0. Two small functions take care of both.

# %% [markdown] id="resize_images_idea" covers="S4.5.resize"
# ### Pictures of another size
# Slide S4.5: *with pictures of another size, a preprocessing step is needed that fits them to the original model.* Bilinear interpolation does it. Pixel $i$ of the new picture has its centre at $i+\tfrac12$; with $s=h_{old}/h_{new}$ that is the place
#
# $$x=(i+\tfrac12)\,s-\tfrac12$$
#
# in the old picture's pixel coordinates, and the value there is the weighted mean of the two neighbours along each axis. The two halves in the formula are the *half-pixel centres*. The other convention, `align_corners=True`, lays the centres of the corner pixels on each other; it stretches the picture by a hair, and a net trained with one convention loses accuracy under the other.
#
# {{exercise resize_images}}
#
# {{hints resize_images}}

# %% exercise="resize_images"
def resize_images(images, size):
    """Return images (n, 1, h, w), a float tensor, as (n, 1, size, size).

    Bilinear, half-pixel centres. size is the new side in pixels, larger or smaller than h and w.
    """
    ### BEGIN SOLUTION
    return nn.functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    ### END SOLUTION

# %% test="resize_images" points=6
ramp = torch.arange(4.0).repeat(4, 1)[None, None]  # (1, 1, 4, 4), brighter to the right
out = resize_images(ramp, 8)
assert out.shape == (1, 1, 8, 8), f"expected (1, 1, 8, 8), got {tuple(out.shape)}: size is the new side, not a factor"
assert torch.allclose(out[0, 0, 0], torch.tensor([0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0])), "half-pixel centres: is align_corners False, and the mode bilinear?"
assert torch.allclose(resize_images(ramp, 2)[0, 0, 0], torch.tensor([0.5, 2.5]), atol=0.3), "smaller sizes work the same way"

# %% [markdown] id="relabel_idea"
# ### Labels from 0 to k − 1
# The new task has the digits 5 … 9, but the head has outputs 0 … 4. `classes` says which is which: the class at position 0 becomes label 0. Nothing says that classes are neighbours or in rising order, so subtracting 5 is not the answer. And a label that is in no class is an *error*: a picture that silently becomes class 0 is the kind of mistake that costs a week.
#
# {{exercise relabel}}
#
# {{hints relabel}}

# %% exercise="relabel"
def relabel(labels, classes):
    """Return labels (n,), an int64 tensor, with every class value replaced by its position in classes.

    classes is a list of different class values, in any order. Raises ValueError for a label that is not in it.
    """
    ### BEGIN SOLUTION
    position = {value: i for i, value in enumerate(classes)}
    unknown = {int(v) for v in labels} - set(position)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)} are not in classes")
    return torch.tensor([position[int(v)] for v in labels])
    ### END SOLUTION

# %% test="relabel" points=7
assert relabel(torch.tensor([5, 9, 7]), [5, 6, 7, 8, 9]).tolist() == [0, 4, 2], "the position in classes"
assert relabel(torch.tensor([5, 9, 7]), [9, 7, 5]).tolist() == [2, 0, 1], "the order of classes decides, not the size of the numbers"
try:
    relabel(torch.tensor([5, 3]), [5, 6])
except ValueError:
    pass
else:
    raise AssertionError("3 is not in classes: raise a ValueError")

# %% [markdown] id="part2"
# ## Part 2 · Reuse, freeze, train
#
# First somebody has to do the expensive work: a net with two hidden layers learns the digits 0 … 4, and it learns them with *your* `train_head`. So the three functions of this part come first.

# %% [markdown] id="reuse_layers_idea"
# ### A new net from old layers
# Slide S4.5: *look for a net that solved a similar task, and reuse its lower layers.* In torch that is one line, and the line has a trap. `pretrained[:3]` is a Sequential of the first three modules: *the same* modules, not copies. Train it and the old net changes under the feet of whoever still uses it. A deep copy owns its tensors, parameters and buffers alike.
#
# The head is new even where the number of classes agrees: the old head's fifth output means "four", not "nine".
#
# {{exercise reuse_layers}}
#
# {{hints reuse_layers}}

# %% exercise="reuse_layers"
def reuse_layers(pretrained, num_reused, num_classes):
    """Return a flat nn.Sequential: deep copies of the first num_reused modules, then a new nn.Linear head of logits.

    pretrained is an nn.Sequential; it stays as it is and shares nothing with the result. At least one of the reused
    modules is an nn.Linear; the head is as wide as the last of them.
    """
    ### BEGIN SOLUTION
    reused = [copy.deepcopy(module) for module in pretrained[:num_reused]]
    width = [module.out_features for module in reused if isinstance(module, nn.Linear)][-1]
    return nn.Sequential(*reused, nn.Linear(width, num_classes))
    ### END SOLUTION

# %% test="reuse_layers" points=12
donor = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
reused = reuse_layers(donor, 3, 7)
assert len(reused) == 4 and isinstance(reused[3], nn.Linear), "three reused modules and one head, not nested"
assert reused[3].in_features == 5 and reused[3].out_features == 7, "the head is as wide as the last reused linear layer, and gives num_classes"
assert torch.equal(reused[0].weight, donor[0].weight), "the reused layers keep their weights"
assert reused[0].weight.data_ptr() != donor[0].weight.data_ptr(), "the weights are shared: copy deeply"
assert len(donor) == 6, "the original has lost or gained a module"

# %% [markdown] id="freeze_layers_idea"
# ### Frozen means frozen
# Two things in a layer change while a net trains, by two different roads:
#
# | what | changed by | stopped by |
# |---|---|---|
# | parameters (weights, biases, γ, β) | the optimizer, after the backward pass | `requires_grad_(False)`, and not in the optimizer's list |
# | batch-norm statistics (buffers) | the *forward* pass, in training mode | eval mode of that module |
#
# The second road is the one that people forget. `requires_grad` says nothing about buffers, and `module.eval()` holds only until the next `model.train()`, which every training loop calls. So a frozen module must *refuse*: `model.train(mode)` calls `train(mode)` on every child, and a child may have its own answer.
#
# Everything above the cut goes on as before: it trains, and it follows `train()` and `eval()`.
#
# {{exercise freeze_layers}}
#
# {{hints freeze_layers}}

# %% exercise="freeze_layers"
def freeze_layers(model, num_frozen):
    """Stop the first num_frozen modules of an nn.Sequential from training; return the list of parameters that still train.

    Frozen: no gradient for their parameters, and batch-norm statistics that stay fixed even after model.train().
    Changes model in place (flags and modes, no values).
    """
    ### BEGIN SOLUTION
    for module in model[:num_frozen]:
        module.requires_grad_(False)
        module.eval()
        module.train = lambda mode=True, module=module: module  # whoever calls train() from now on changes nothing
    return [parameter for parameter in model[num_frozen:].parameters() if parameter.requires_grad]
    ### END SOLUTION

# %% test="freeze_layers" points=13
model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))
trainable = freeze_layers(model, 3)
assert [id(p) for p in trainable] == [id(p) for p in model[3:].parameters()], "the list holds exactly the parameters above the cut, the parameters themselves"
assert not any(p.requires_grad for p in model[:3].parameters()), "parameters below the cut still ask for a gradient"
model.train()
frozen_mean, free_mean = model[1].running_mean.clone(), model[4].running_mean.clone()
model(torch.randn(20, 6) + 3)
assert torch.equal(model[1].running_mean, frozen_mean), "after model.train() the frozen batch norm moves its statistics again: it has to stay in eval mode"
assert not torch.equal(model[4].running_mean, free_mean), "the batch norm above the cut should still learn its statistics"

# %% [markdown] id="train_head_idea"
# ### Training what is new
# Now the loop. `freeze_layers` tells you what goes to the optimizer. Choose the optimizer yourself (plain SGD, momentum, Adam, with or without weight decay); whatever you choose, the frozen part must come out *bit for bit* as it went in. With `num_frozen=0` the same function trains everything: we use it for that, too.
#
# Shuffle with `rng`, a NumPy generator, once per epoch: `rng.permutation(len(X))`, and use the same order for X and y.
#
# {{exercise train_head}}
#
# {{hints train_head}}

# %% exercise="train_head"
def train_head(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    """Train everything above the first num_frozen modules with mini-batches and cross-entropy; return the losses.

    X (n, …) float32, y (n,) int64 in 0 … k-1, rng a numpy Generator that decides the order.
    losses: mean cross-entropy, one for each epoch or one for each step. The frozen part stays bit for bit as it was.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
    ### END SOLUTION

# %% test="train_head" points=15
from coursekit.loading import load_torch

load_torch()  # what the first step of an optimizer needs
torch.manual_seed(0)
rng = np.random.default_rng(0)
y = torch.arange(60) % 3
X = torch.randn(60, 6) * 0.3 + 3 * torch.eye(6)[y]
model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
before, head_before = copy.deepcopy(model[:3].state_dict()), model[3].weight.detach().clone()
losses = train_head(model, 3, X, y, epochs=15, learning_rate=0.1, batch_size=12, rng=rng)
after = model[:3].state_dict()
assert all(torch.equal(before[name], after[name]) for name in before), "something below the cut has moved: look at weights and at batch-norm buffers"
assert not torch.equal(model[3].weight, head_before), "the head has not moved: does the optimizer know its parameters?"
assert len(losses) in (15, 75), f"one loss per epoch (15) or per step (75), got {len(losses)}"
assert float(losses[-1]) < 0.5 * float(losses[0]), "the loss should fall: do X and y use the same order? are gradients cleared?"

# %% [markdown] id="source_idea"
# ### The old task
# The cell below trains the *source*: two hidden layers (128 and 64 units), 100 steps on the digits 0 … 4.

# %% experiment="source"
from coursekit.progress import track

SIZES = [64, 128, 64]
y_old, y_old_test = relabel(old.y_pool, OLD), relabel(old.y_test, OLD)
y_new_test = relabel(new.y_test, NEW)


def trained_source(X, y, seed=0, steps=100):
    model = transfer.net(SIZES, 5, seed)
    for _ in track(range(1), "training the source"):
        losses = train_head(model, 0, X, y, transfer.epochs_for(steps, len(X), 32), 0.05, 32, np.random.default_rng(seed))
    return model, losses


source, losses = trained_source(old.X_pool, y_old)
figure, axes = fig.new(width=5.5)
fig.curves(axes[0, 0], {"training loss": [float(loss) for loss in losses]}, "losses in order", "cross-entropy", log=True)
axes[0, 0].set_title("The source learns 0 … 4")
fig.show(figure, "Training loss of the source net on a logarithmic axis, falling by about two orders of magnitude.")
print(f"Source on held-out digits 0 – 4: {transfer.accuracy(source, old.X_test, y_old_test):.1%}")

# %% [markdown] id="drift_predict"
# ### Experiment · What moves in a "frozen" layer
# The new pictures come from another scanner, white on black. Three ways to freeze the first 6 modules while a new head learns them: only `requires_grad = False`; zeroed gradients with weight decay, everything in the optimizer; and yours. Along the way we put the *old* head back on. **Predict** the accuracy on the old digits for each.

# %% experiment="drift"
X30, y30 = transfer.few(new, 30, np.random.default_rng(1))
X30, y30 = 1 - X30, relabel(y30, NEW)  # white on black


def flags_only(model):
    model[:6].requires_grad_(False)
    return torch.optim.SGD(model[6:].parameters(), lr=0.05, momentum=0.9)


def zeroed_gradients(model):
    freeze_layers(model, 6)  # keeps the statistics; then the gradients are asked for again
    model.requires_grad_(True)
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=0.02)


def old_accuracy(body):
    return transfer.accuracy(nn.Sequential(*body[:6], source[6]), old.X_test, y_old_test)


rows = {}
for name, prepare in {"flags only": flags_only, "zeroed gradients + decay": zeroed_gradients}.items():
    model = reuse_layers(source, 6, 5)
    optimizer, rng = prepare(model), np.random.default_rng(0)
    rows[name] = [old_accuracy(model)]
    for step in range(80):
        model.train()
        batch = torch.from_numpy(rng.permutation(len(X30))[:20])
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X30[batch]), y30[batch]).backward()
        if name != "flags only":
            for p in model[:6].parameters():
                p.grad.zero_()
        optimizer.step()
        if step % 4 == 3:
            rows[name].append(old_accuracy(model))
model = reuse_layers(source, 6, 5)
rows["your freeze_layers"] = [old_accuracy(model)]
rng = np.random.default_rng(0)
for _ in range(20):
    train_head(model, 6, X30, y30, 1, 0.05, 40, rng)
    rows["your freeze_layers"].append(old_accuracy(model))
figure, axes = fig.new(width=6.5)
for k, (name, values) in enumerate(rows.items()):
    axes[0, 0].plot(4 * np.arange(len(values)), values, label=name, markevery=3, **fig.styled(k))
axes[0, 0].set(xlabel="steps of training the new head", ylabel="old task with its old head", title="A frozen body should not forget", ylim=(0, 1.03))
axes[0, 0].legend(fontsize=8)
fig.show(figure, "Accuracy on the old task while a new head is trained: constant with freeze_layers, falling when only flags are set and when decay acts on zeroed gradients.")

# %% [markdown] id="drift_why"
# <details><summary>What happened, and why</summary>
#
# With flags alone no weight of the body moves, and still the old task is lost: its batch norms have averaged white-on-black pictures into their statistics, and the old head gets inputs it has never seen. Had the new pictures looked like the old ones, you would not have noticed, which is what makes the mistake so durable. Zeroed gradients fail in another way: weight decay adds λθ to a gradient of exactly zero, and every frozen weight shrinks. Only what the optimizer does not know, in a module that stays in eval mode, is frozen.
#
# </details>

# %% [markdown] id="transfer_predict" covers="S4.5.transfer,S4.5.last_layers"
# ### Experiment · From 0 – 4 to 5 – 9 with few labels
# Géron's exercise. Four ways to learn the new digits, each with 5, 10, 30 and 100 examples per class, five seeds, the same layers and the *same 20 steps*:
#
# - **scratch**: fresh weights, everything trains;
# - **head only**: all 6 lower modules reused and frozen, the slide's "one or two layers are added and trained alone";
# - **first layer frozen**: 3 modules reused and frozen, the rest is fresh and trains;
# - **fine-tuned**: 3 modules reused, everything trains.
#
# **Predict:** which wins with 5 examples per class, which with 100, and which is fastest per step?

# %% experiment="transfer"
from coursekit.measurement import measured

STEPS, BATCH = 20, 20


def learn(reused, frozen, per_class, seed, donor=None, steps=STEPS):
    """Accuracy on the new task and seconds of training; modules that are not reused are fresh ones of the same shape."""
    rng = np.random.default_rng([per_class, seed])
    X, y = transfer.few(new, per_class, rng)
    fresh = transfer.net(SIZES, 5, seed)
    body = list(reuse_layers(donor if donor is not None else source, reused, 5))[:reused] if reused else []
    model = nn.Sequential(*body, *fresh[reused:])
    epochs = transfer.epochs_for(steps, len(X), BATCH)
    _, seconds = transfer.timed(lambda: train_head(model, frozen, X, relabel(y, NEW), epochs, 0.05, BATCH, rng))
    return transfer.accuracy(model, new.X_test, y_new_test), seconds / (epochs * -(-len(X) // BATCH))


WAYS = {"scratch": (0, 0), "head only": (6, 6), "first layer frozen": (3, 3), "fine-tuned": (3, 0)}
COUNTS, BUDGETS, SEEDS = [5, 10, 30, 100], [5, 10, 20, 40], range(5)
jobs = [(way, n, STEPS, s) for way in WAYS for n in COUNTS for s in SEEDS]
jobs += [(way, 10, steps, s) for way in WAYS for steps in BUDGETS if steps != STEPS for s in SEEDS]
found = {job: learn(*WAYS[job[0]], job[1], job[3], steps=job[2]) for job in track(jobs, "140 trainings")}

# %% experiment="transfer_figure"
from coursekit.needs import needs

needs(globals(), found="From 0 – 4 to 5 – 9 with few labels")
mean = {job[:3]: np.mean([found[(*job[:3], s)][0] for s in SEEDS]) for job in found}
figure, axes = fig.new(1, 3, width=11, gridspec_kw={"width_ratios": [3, 3, 2]})
for k, way in enumerate(WAYS):
    for ax, keys, xs in ((axes[0, 0], [(way, n, STEPS) for n in COUNTS], COUNTS), (axes[0, 1], [(way, 10, b) for b in BUDGETS], BUDGETS)):
        ax.plot(xs, [mean[key] for key in keys], label=way, **fig.styled(k))
        for x, key in zip(xs, keys):
            ax.plot([x] * len(SEEDS), [found[(*key, s)][0] for s in SEEDS], fig.MARKERS[k], color=fig.PALETTE[k], alpha=0.3, markersize=3)
    axes[0, 2].barh(k, 1000 * np.median([seconds for job, (_, seconds) in found.items() if job[0] == way]), color=fig.PALETTE[k])
axes[0, 0].set(xscale="log", xticks=COUNTS, xticklabels=COUNTS, xlabel="examples per class", ylabel="test accuracy on 5 – 9", title=f"after {STEPS} steps")
axes[0, 1].set(xscale="log", xticks=BUDGETS, xticklabels=BUDGETS, xlabel="steps", title="with 10 examples per class")
for ax in axes[0, :2]:
    ax.minorticks_off()
axes[0, 0].legend(fontsize=8, loc="lower right")
axes[0, 2].set(yticks=range(len(WAYS)), yticklabels=list(WAYS), xlabel="ms per step", title="time")
fig.show(figure, "Three panels. Accuracy against examples per class and against steps: the reused first layer leads where both are few, the head alone stays far below. Milliseconds per step: least for the head alone.")

gain = {n: 100 * (mean["fine-tuned", n, STEPS] - mean["scratch", n, STEPS]) for n in COUNTS}
early = 100 * (mean["fine-tuned", 10, 10] - mean["scratch", 10, 10])
helps = bool(gain[5] > 0 and gain[10] > 0 and early > 0)
measured("S4.5.transfer", "Reusing the lower layers of a similar task's net is faster and needs fewer data.",
         f"Fine-tuned minus scratch after {STEPS} steps: " + ", ".join(f"{g:+.1f} points with {n}" for n, g in gain.items()) + f" examples per class; with 10 after only 10 steps {early:+.1f}.",
         helps, "The lead is largest where labels and steps are fewest, and it melts away after that." if helps else "On this net the spread over seeds is larger than the gain.")
best_other = max(mean[way, 10, STEPS] for way in WAYS if way != "head only")
alone = bool(mean["head only", 10, STEPS] >= best_other - 0.01)
measured("S4.5.last_layers", "Usually the last one or two layers are added and trained alone.",
         f"With 10 examples per class the head alone reaches {mean['head only', 10, STEPS]:.1%}, the best other way {best_other:.1%}.",
         alone, "The features are general enough." if alone else "The upper layer of this net was trained on only five classes and threw away what tells 5 … 9 apart; in nets trained on a thousand classes the last features are general enough.")

# %% [markdown] id="transfer_why"
# <details><summary>What happened, and why</summary>
#
# A reused first layer leads where labels and steps are few, and the lead melts away: with 100 examples per class, or with 40 steps, a net from scratch has found the same features by itself. Freezing that layer helps most with the fewest labels (fewer parameters, less to overfit) and costs a little later on. Training only the head is the fastest per step, and here it is the *worst* way by far. The second hidden layer had one job, to tell 0 … 4 apart; whatever did not help with that is gone, and no head can bring it back. The slide's rule of thumb comes from nets trained on a thousand classes, whose upper layers had to stay rich.
#
# </details>

# %% [markdown] id="how_many_predict"
# ### Experiment · How many layers to reuse
# With 10 examples per class we reuse 0 to 3 hidden layers, frozen or fine-tuned, of a source that is one layer deeper than before (Yosinski et al. 2014 ran this on ImageNet). **Predict** the shape of both curves.

# %% experiment="how_many"
from coursekit.needs import needs

needs(globals(), y_old="The old task")
deep_sizes = [64, 96, 64, 48]
deep = transfer.net(deep_sizes, 5, 0)
train_head(deep, 0, old.X_pool, y_old, transfer.epochs_for(100, len(old.X_pool), 32), 0.05, 32, np.random.default_rng(0))


def learn_deep(layers, frozen, seed):
    rng = np.random.default_rng([10, seed])
    X, y = transfer.few(new, 10, rng)
    body = list(reuse_layers(deep, 3 * layers, 5))[: 3 * layers] if layers else []
    model = nn.Sequential(*body, *transfer.net(deep_sizes, 5, seed)[3 * layers :])
    train_head(model, 3 * layers if frozen else 0, X, relabel(y, NEW), transfer.epochs_for(20, len(X), BATCH), 0.05, BATCH, rng)
    return transfer.accuracy(model, new.X_test, y_new_test)


curves = {"fine-tuned": [], "frozen": []}
for layers in track(range(4), "40 trainings"):
    for kind in curves:
        curves[kind].append([learn_deep(layers, kind == "frozen", s) for s in SEEDS])
figure, axes = fig.new(width=6)
for i, (kind, scores) in enumerate(curves.items()):
    axes[0, 0].plot(range(4), np.mean(scores, axis=1), label=kind, **fig.styled(i))
    axes[0, 0].plot(np.repeat(np.arange(4), 5) + 0.04 * i, np.ravel(scores), fig.MARKERS[i], color=fig.PALETTE[i], alpha=0.35, markersize=4)
axes[0, 0].set(xticks=range(4), xlabel="hidden layers reused, of 3", ylabel="test accuracy", title="10 examples per class, 20 steps")
axes[0, 0].legend()
fig.show(figure, "Accuracy against the number of reused hidden layers: the frozen curve falls steeply from the second layer on, the fine-tuned one stays high.")

# %% [markdown] id="how_many_why"
# <details><summary>What happened, and why</summary>
#
# Frozen, every further layer costs more than the one before: features become *specific* from the bottom up. Fine-tuned, the first layer helps and the others hardly matter, since training may repair what does not fit. A practical recipe follows: with very few labels freeze the lowest layers only, unfreeze as you get more, and use a smaller learning rate below.
#
# </details>

# %% [markdown] id="transfer_play_idea"
# ### Play · beat the net from scratch
# **Goal:** with 5 examples per class, reach **88 %** on the new digits. Choose how many hidden layers to reuse and how many of them to freeze. The figure redraws in a fraction of a second, because it trains only 20 steps.

# %% experiment="transfer_play"
from coursekit import widgets as knobs


def draw_transfer(layers_reused=2, layers_frozen=2, per_class=5):
    frozen = min(layers_frozen, layers_reused)
    scores = {"scratch": learn(0, 0, per_class, 3)[0], "yours": learn(3 * layers_reused, 3 * frozen, per_class, 3)[0]}
    figure, axes = fig.new(width=6, height=2.0)
    axes[0, 0].barh(list(scores), list(scores.values()), color=[fig.SKY, fig.BLUE])
    axes[0, 0].axvline(0.88, color=fig.RED, linestyle="--")
    reached = "goal reached" if scores["yours"] >= 0.88 and per_class <= 5 else "not yet"
    axes[0, 0].set(xlim=(0.3, 1), xlabel="test accuracy on 5 – 9", title=f"{layers_reused} layers reused, {frozen} frozen, {per_class} per class: {scores['yours']:.1%}, {reached}")
    fig.show(figure, f"Two bars: scratch {scores['scratch']:.2f}, your choice {scores['yours']:.2f}, with the goal at 0.88.")


knobs.play(draw_transfer, layers_reused=knobs.slider("hidden layers reused", 0, 2, 2, 1), layers_frozen=knobs.slider("of them frozen", 0, 2, 2, 1), per_class=knobs.slider("examples per class", 2, 30, 5, 1))

# %% [markdown] id="dissimilar_predict" covers="S4.5.low_level"
# ### Experiment · A source that does not resemble the target
# Slide S4.5: *transfer works when the inputs have similar low-level features.* Four sources of the same size, trained for the same 100 steps: the digits 0 … 4; the same digits with all pixels shuffled by one fixed permutation; stripes in five directions; digits with random labels. One layer is reused and **frozen**, the rest trains on 10 examples per class. **Predict** the order, and which of them is worse than a net from scratch.

# %% experiment="dissimilar"
from coursekit.needs import needs

needs(globals(), y_old="The old task")
rng = np.random.default_rng(0)
shuffle = torch.from_numpy(rng.permutation(64))
striped, direction = transfer.stripes(500, rng)
SOURCES = {
    "digits 0 – 4": (old.X_pool, y_old),
    "random labels": (old.X_pool, torch.from_numpy(rng.integers(0, 5, len(y_old)))),
    "stripes": (striped, direction),
    "shuffled pixels": (old.X_pool[:, shuffle], y_old),
}
donors = {name: source if name == "digits 0 – 4" else transfer.net(SIZES, 5, 0) for name in SOURCES}
for name in track(list(SOURCES)[1:], "training three more sources"):
    X, y = SOURCES[name]
    train_head(donors[name], 0, X, y, transfer.epochs_for(100, len(X), 32), 0.05, 32, np.random.default_rng(0))

# %% experiment="dissimilar_figure"
from coursekit.needs import needs

needs(globals(), donors="A source that does not resemble the target", found="From 0 – 4 to 5 – 9 with few labels")
origins = {name: [donor] * 5 for name, donor in donors.items()}
origins["untrained layer, frozen"] = [transfer.net(SIZES, 5, 50 + s) for s in range(5)]
scores = {}
for name, five in track(list(origins.items()), "5 sources × 5 seeds"):
    scores[name] = [learn(3, 3, 10, s, donor)[0] for s, donor in enumerate(five)]
scores["from scratch"] = [found["scratch", 10, STEPS, s][0] for s in SEEDS]
figure, axes = fig.new(width=7)
for k, (name, values) in enumerate(scores.items()):
    axes[0, 0].barh(k, np.mean(values), color=fig.PALETTE[k % 7], alpha=0.8)
    axes[0, 0].plot(values, [k] * len(values), "o", color=fig.BLACK, markersize=3)
axes[0, 0].axvline(np.mean(scores["from scratch"]), color=fig.BLACK, linewidth=1, linestyle="--")
axes[0, 0].set(yticks=range(len(scores)), yticklabels=list(scores), xlim=(0.5, 1), xlabel="test accuracy on 5 – 9, five seeds", title="One frozen layer from six sources")
fig.show(figure, "Bars of test accuracy for six origins of the frozen first layer, with the mean of a net from scratch as a dashed line.")
alike, unlike = np.mean(scores["digits 0 – 4"]), {name: np.mean(scores[name]) for name in ("stripes", "shuffled pixels")}
measured("S4.5.low_level", "Transfer works when the inputs have similar low-level features.",
         f"One frozen layer from digits 0 – 4 gives {alike:.1%}; from " + ", ".join(f"{name} {value:.1%}" for name, value in unlike.items()) + f"; a net from scratch {np.mean(scores['from scratch']):.1%}.",
         bool(alike > max(unlike.values())),
         "The nearer the source's strokes are to the target's, the better the layer." if alike > max(unlike.values()) else "At 64 pixels a single layer from any source keeps enough of the picture.")

# %% [markdown] id="dissimilar_why"
# <details><summary>What happened, and why</summary>
#
# The permuted digits have exactly the same pixel values and labels, but no pixel keeps its neighbours: what the first layer learned to look for occurs nowhere in a real digit. Results below the dashed line are *negative transfer*: somebody else's layer is worse than your own random start, because you froze it. Random labels teach the net nothing about digits, yet it must still tell pictures apart to learn them by heart, and that alone makes some useful features.
#
# </details>

# %% [markdown] id="sizes_predict"
# ### Experiment · The same digits from another scanner
# The source wants 8 × 8. We make its test digits at sides from 4 to 24, then bring them back to 8 in two ways: with your `resize_images`, or by cutting out (or padding to) 8 × 8. **Predict** the accuracy of both for side 16.

# %% experiment="input_sizes"
from coursekit.needs import needs

needs(globals(), source="The old task")


def scanned(side):
    """The old test digits as another scanner would give them: larger by smooth enlarging, smaller by averaging."""
    images = old.X_test.reshape(-1, 1, 8, 8)
    if side < 8:
        return nn.functional.adaptive_avg_pool2d(images, side)
    return nn.functional.interpolate(images, size=(side, side), mode="bicubic", align_corners=False).clamp(0, 1)


def cut_or_padded(images):
    side = images.shape[-1]
    if side < 8:
        return nn.functional.pad(images, [(8 - side) // 2, 8 - side - (8 - side) // 2] * 2)
    start = (side - 8) // 2
    return images[:, :, start : start + 8, start : start + 8]


sides = [4, 5, 6, 7, 8, 10, 12, 16, 24]
ways = {"resize_images": lambda images: resize_images(images, 8), "cut or padded": cut_or_padded}
figure, axes = fig.new(width=6)
for k, (name, fit) in enumerate(ways.items()):
    values = [transfer.accuracy(source, fit(scanned(side)).flatten(1), y_old_test) for side in sides]
    axes[0, 0].plot(sides, values, label=name, **fig.styled(k))
axes[0, 0].set(xscale="log", xticks=sides, xticklabels=sides, xlabel="side of the pictures in pixels", ylabel="accuracy of the source", title="Old digits, foreign sizes")
axes[0, 0].minorticks_off()
axes[0, 0].legend()
fig.show(figure, "Accuracy of the source net against picture side: near its best for resized pictures of 8 pixels or more, falling to chance for cut ones.")
pictures = [("scanned", [image[0].numpy() for image in scanned(16)[::28][:8]]), ("resized", [image[0].numpy() for image in resize_images(scanned(16)[::28][:8], 8)]), ("cut out", [image[0].numpy() for image in cut_or_padded(scanned(16)[::28][:8])])]
fig.show(picture_grid(pictures, "Side 16, brought to side 8 in two ways"), "Three rows of digits: 16 by 16 scans, the same resized to 8 by 8, and the middle 8 by 8 pixels cut out, which show only fragments.")

# %% [markdown] id="sizes_why"
# <details><summary>What happened, and why</summary>
#
# Resizing keeps strokes where the net expects them; cutting shows it the inside of a digit. Below 8 pixels the information itself goes, and no interpolation brings it back. Your function agrees with `torch.nn.functional.interpolate`, torch's own answer; the image libraries' `resize` smooths before it shrinks (`antialias=True`), which is kinder to fine detail.
#
# </details>

# %% [markdown] id="part3"
# ## Part 3 · Features, computed once
#
# A frozen part gives the same output for the same picture in every epoch. Forty epochs compute it forty times. Compute it once.

# %% [markdown] id="extract_features_idea"
# ### What the lower layers say
# Three conditions, each with its own mistake. **Eval mode**: with dropout on, the features are noise; with batch statistics, a picture's features depend on its neighbours in the batch. **No graph**: a feature that remembers how it was made keeps every activation of every batch in memory. **In batches**: the data may not fit at once. And at the end the model is in the mode in which it came, training or evaluation.
#
# {{exercise extract_features}}
#
# {{hints extract_features}}

# %% exercise="extract_features"
def extract_features(model, X, num_layers, batch_size=256):
    """Return the outputs of the first num_layers modules for all rows of X, as one tensor without a graph.

    Computed in eval mode, at most batch_size examples at a time; the model's mode is restored afterwards.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        parts = [model[:num_layers](part) for part in X.split(batch_size)]
    model.train(was_training)
    return torch.cat(parts)
    ### END SOLUTION

# %% test="extract_features" points=11
model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 3))
X = torch.randn(10, 6)
features = extract_features(model, X, 3, batch_size=4)
assert features.shape == (10, 5), f"expected (10, 5), got {tuple(features.shape)}: is the last short batch there?"
assert torch.equal(features, extract_features(model, X, 3)), "two calls differ: dropout or batch statistics are on, so use eval mode"
assert not features.requires_grad, "the features carry a graph: compute them under torch.no_grad()"
assert model.training, "the model came in training mode and should leave in it"
model.eval()
extract_features(model, X, 2)
assert not any(module.training for module in model.modules()), "the model came in eval mode and should leave in it"

# %% [markdown] id="cache_predict"
# ### Experiment · What the cache saves
# A wider body, two hidden layers of 800 units, is trained on 0 … 4 and frozen. The head learns from 100 examples per class for 15 epochs, once through the body and once on cached features. **Predict** the ratio of the times, and whether the heads differ.

# %% experiment="cache"
X100, y100 = transfer.few(new, 100, np.random.default_rng(0))
y100 = relabel(y100, NEW)


def through_the_body():
    torch.manual_seed(5)
    model = reuse_layers(wide, 6, 5)
    train_head(model, 6, X100, y100, 15, 0.05, 25, np.random.default_rng(0))
    return model


def on_cached_features():
    torch.manual_seed(5)
    model = reuse_layers(wide, 6, 5)
    features = extract_features(model, X100, 6)
    train_head(nn.Sequential(model[6]), 0, features, y100, 15, 0.05, 25, np.random.default_rng(0))
    return model


wide = transfer.net([64, 800, 800], 5, 0)
actions = [lambda: train_head(wide, 0, old.X_pool, y_old, 3, 0.05, 32, np.random.default_rng(0)), through_the_body, on_cached_features]
_, (slow, slow_seconds), (quick, quick_seconds) = [transfer.timed(action) for action in track(actions, "source, body, cache")]
figure, axes = fig.new(width=6, height=1.9)
axes[0, 0].barh(["through the body", "cached features"], [slow_seconds, quick_seconds], color=[fig.ORANGE, fig.BLUE])
axes[0, 0].set(xlabel="seconds for 15 epochs", title=f"The cache is {slow_seconds / quick_seconds:.1f} times as fast")
fig.show(figure, "Two bars: seconds of training through the frozen body and on cached features; the cache is several times faster.")
print(f"largest difference between the two heads: {(slow[6].weight - quick[6].weight).abs().max():.1e}")
print(f"test accuracy: {transfer.accuracy(slow, new.X_test, y_new_test):.1%} and {transfer.accuracy(quick, new.X_test, y_new_test):.1%}")

# %% [markdown] id="cache_why"
# <details><summary>What happened, and why</summary>
#
# The heads are equal to rounding: the frozen part is a constant function, so it does not matter when it is computed. What is saved is its forward pass in all epochs but one, and the saving grows with the body: under a head of one layer, a body of a hundred makes the ratio about a hundred. The price: no augmentation below the cut, since every epoch sees the same features.
#
# </details>

# %% [markdown] id="features_play_idea"
# ### Play · which layer knows the new digits
# The net below has never seen a 5 … 9. Each point is one of their pictures, drawn by the two main directions of the features after a number of modules. The number in the title needs no training at all: every test picture gets the class whose mean feature vector, from 10 examples, lies nearest. **Goal:** find the module after which the accuracy first falls below **80 %**. What kind of module is it, and what has it lost?

# %% experiment="features_play"
X10, y10 = transfer.few(new, 10, np.random.default_rng(2))
y10 = relabel(y10, NEW)


def features_after(X, modules):
    return extract_features(source, X, modules) if modules else X


def draw_features(modules=3):
    F, F_test = features_after(X10, modules), features_after(new.X_test, modules)
    raw = transfer.nearest_mean(X10, y10, new.X_test, y_new_test)
    score = transfer.nearest_mean(F, y10, F_test, y_new_test)
    points = transfer.plane(F_test)
    figure, axes = fig.new(width=6.5, height=3.6)
    for i, c in enumerate(NEW):
        axes[0, 0].plot(*points[(y_new_test == i).numpy()].T, fig.MARKERS[i], color=fig.PALETTE[i], markersize=4, alpha=0.7, label=str(c))
    before = transfer.nearest_mean(*[part for X, y in ((X10, y10), (new.X_test, y_new_test)) for part in (features_after(X, max(modules - 1, 0)), y)])
    word = "still above 80 %" if score >= 0.8 else "this is the module: goal reached" if before >= 0.8 else "an earlier module fell below 80 %"
    axes[0, 0].set(xticks=[], yticks=[], title=f"after {modules} modules: nearest mean {score:.1%}\n(pixels {raw:.1%}), {word}")
    axes[0, 0].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.show(figure, f"Scatter plot of the new digits by their features after {modules} modules; nearest-mean accuracy {score:.2f}.")


knobs.play(draw_features, modules=knobs.slider("modules", 0, 6, 6, 1))

# %% [markdown] id="part4" covers="S4.5.model_zoo"
# ## Part 4 · A model zoo
#
# Slide S4.5 ends its first half with *model zoos*: places where pretrained nets are kept. A zoo is more than a folder of tensors. A file without its story is useless (which layers? trained on what? pixels from 0 to 1 or 0 to 16?), and a file from a stranger is dangerous: Python's pickle, torch's old format, *runs code* while it loads. The course's zoo (`coursekit.zoo`) keeps two files per model: the tensors, and a note with layers, classes, accuracy and the SHA-256 of the tensors. It checks the sum first and then reads tensors only (`weights_only=True`).

# %% [markdown] id="zoo_predict"
# ### Experiment · Save, list, load, and two attacks
# We save three models, load one, flip a single bit of its file, and try to load a pickle that would run a command. **Predict** what happens in each case.

# %% experiment="zoo"
from coursekit.needs import needs

needs(globals(), donors="A source that does not resemble the target")
import os
import pathlib
import pickle
import tempfile

from coursekit import zoo

folder = pathlib.Path(tempfile.mkdtemp()) / "zoo"
for name, about in [("digits 0 – 4", "digits 0 to 4 of the UCI set"), ("stripes", "stripes in five directions"), ("shuffled pixels", "digits with permuted pixels")]:
    slug = name.replace(" – ", "_").replace(" ", "_")
    score = transfer.accuracy(donors[name], old.X_test, y_old_test)
    zoo.save(folder, slug, donors[name], SIZES, 5, trained_on=about, pixels="0 to 1, 8 by 8", accuracy_on_0_to_4=round(score, 3))
for entry in zoo.entries(folder):
    print(f"{entry['name']:16} {entry['sizes']} + head of {entry['num_classes']}, {entry['bytes']:,} bytes, {entry['trained_on']}, accuracy {entry['accuracy_on_0_to_4']}, sha256 {entry['sha256'][:10]}…")
again = zoo.load(folder, "digits_0_4")
print("\nloaded model gives the same outputs:", torch.equal(again(old.X_test), source.eval()(old.X_test)))

path = folder / "digits_0_4.pt"
good = path.read_bytes()
path.write_bytes(good[:2000] + bytes([good[2000] ^ 1]) + good[2001:])
try:
    zoo.load(folder, "digits_0_4")
except zoo.ZooError as error:
    print("one bit flipped:", error)
path.write_bytes(good)


class Intruder:
    def __reduce__(self):
        return os.system, ("echo this command came out of a model file",)


evil = folder / "evil.pt"
evil.write_bytes(pickle.dumps({"0.weight": Intruder()}, protocol=2))
try:
    torch.load(evil, weights_only=True)
except pickle.UnpicklingError:
    print("a pickle with a command in it: refused by weights_only=True")

# %% [markdown] id="zoo_why"
# <details><summary>What happened, and why</summary>
#
# The checksum catches the flipped bit before anything is read; without it you would have had a net that works almost as well as before, which is the worst kind of broken. `weights_only=True` reads tensors and plain containers and nothing else. A checksum alone does not protect you from a malicious *author*: it only says that the file is the one the note was written for.
#
# </details>

# %% id="buggy_loader" setup=true
def buggy_load_encoder(model, checkpoint):
    """Load what the checkpoint holds under "encoder." into model; return the names loaded. Something is wrong."""
    wanted = {name: tensor for name, tensor in checkpoint.items() if name.startswith("encoder.")}
    model.load_state_dict(wanted, strict=False)  # the model has more tensors than the checkpoint: a head
    return sorted(wanted)

# %% [markdown] id="loading_bug_hunt_idea"
# ### Bug hunt
# A colleague saved an autoencoder: its checkpoint holds `encoder.0.weight`, `encoder.0.bias`, …, and the same for a decoder. `buggy_load_encoder` (in the cell above) loads the encoder's tensors into a classifier whose modules are called `0`, `1`, …. It raises nothing, it returns a convincing list, and the accuracy is exactly that of a net from scratch. Find out why *with a check*: compare a weight before and after the call. Then write the function as it should be.
#
# {{exercise loading_bug_hunt}}
#
# {{hints loading_bug_hunt}}

# %% exercise="loading_bug_hunt"
def repaired_load_encoder(model, checkpoint):
    """Load the tensors whose names start with "encoder." into model, where they have the same names without it.

    model is an nn.Sequential, changed in place; checkpoint a dict name -> tensor, which may hold more: a decoder, a
    counter, an "old_encoder". The model's other tensors stay. Returns the loaded names, as the model calls them, sorted.
    """
    ### BEGIN SOLUTION
    prefix = "encoder."
    wanted = {name.removeprefix(prefix): tensor for name, tensor in checkpoint.items() if name.startswith(prefix)}
    missing, unexpected = model.load_state_dict(wanted, strict=False)
    if unexpected:  # strict=False is for the head, which the checkpoint lacks, and for nothing else
        raise ValueError(f"the model has no {unexpected}")
    return sorted(wanted)
    ### END SOLUTION

# %% test="loading_bug_hunt" points=4
model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2))
checkpoint = {"encoder.0.weight": torch.ones(2, 3), "encoder.0.bias": torch.zeros(2), "decoder.0.weight": torch.zeros(2, 3)}
names = repaired_load_encoder(model, checkpoint)
assert torch.equal(model[0].weight, torch.ones(2, 3)), "the weight is still what it was: does the name in the dict equal the model's name?"
assert list(names) == ["0.bias", "0.weight"], "return the names as the model calls them, sorted"

# %% [markdown] id="part5" covers="S4.5.unsupervised"
# ## Part 5 · When there is no net to reuse
#
# Slide S4.5: *few labels, a hard problem, and no net trained on a similar one.* The plain answer comes first and deserves its place: **collect more labels.** Where that is too expensive, learn from pictures *without* labels, which are cheap: train something that has to understand pictures for its own sake, and reuse its layers. The slide names two such things.

# %% [markdown] id="rbm_cd1_idea" covers="S4.5.rbm"
# ### A restricted Boltzmann machine
# Visible units $v$ (the pixels) and hidden units $h$, all 0 or 1, and an energy $E(v,h)=-v^\top Wh-b^\top v-c^\top h$; the probability of a state is proportional to $e^{-E}$. *Restricted* means: no connections within a side, so that given one side the units of the other are independent coins:
#
# $$p(h_j{=}1\mid v)=\sigma\Big(c_j+\sum_i v_iW_{ij}\Big),\qquad p(v_i{=}1\mid h)=\sigma\Big(b_i+\sum_j W_{ij}h_j\Big).$$
#
# The gradient of the log-likelihood is what the *data* say minus what the *model dreams*: $\langle v_ih_j\rangle_{data}-\langle v_ih_j\rangle_{model}$. Dreaming properly takes forever. Contrastive divergence (Hinton 2002) dreams for one step: from the data up to a **drawn** $h_0$, down to $v_1$, up again to $h_1$, and
#
# $$dW=\tfrac1n\big(v_0^\top p_0-v_1^\top p_1\big),\quad db=\text{mean}(v_0-v_1),\quad dc=\text{mean}(p_0-p_1).$$
#
# $h_0$ has to be 0 or 1: a hidden unit passes on one bit, and that bottleneck is what keeps the RBM from copying. In the products you may use probabilities or drawn values, also for $v_1$ and $h_1$; probabilities are less noisy. This exercise is in NumPy; `rng.random(shape) < p` draws coins.
#
# {{exercise rbm_cd1}}
#
# {{hints rbm_cd1}}

# %% exercise="rbm_cd1"
def rbm_cd1(v0, W, b_visible, b_hidden, rng):
    """Return (dW, db_visible, db_hidden), one step of contrastive divergence averaged over the batch.

    NumPy arrays: v0 (n, d) in [0, 1], W (d, h), b_visible (d,), b_hidden (h,). The result points where the likelihood
    rises: the caller *adds* learning_rate times it. No argument is changed.
    """
    ### BEGIN SOLUTION
    def sigmoid(z):
        return np.exp(-np.logaddexp(0.0, -z))  # no overflow

    p0 = sigmoid(v0 @ W + b_hidden)
    h0 = (rng.random(p0.shape) < p0).astype(p0.dtype)
    v1 = sigmoid(h0 @ W.T + b_visible)
    p1 = sigmoid(v1 @ W + b_hidden)
    return (v0.T @ p0 - v1.T @ p1) / len(v0), (v0 - v1).mean(axis=0), (p0 - p1).mean(axis=0)
    ### END SOLUTION

# %% test="rbm_cd1" points=11
v0 = np.array([[1.0, 0.0], [1.0, 1.0]])
W = np.array([[100.0, -100.0, 0.0], [0.0, 0.0, 0.0]])
b, c = np.array([-50.0, -50.0]), np.array([-50.0, 50.0, -50.0])  # every coin has one side: h0 = (1, 0, 0), v1 = (1, 0)
dW, db, dc = rbm_cd1(v0, W, b, c, np.random.default_rng(0))
assert dW.shape == (2, 3) and db.shape == (2,) and dc.shape == (3,), "dW is shaped like W, the biases like the biases"
assert np.allclose(db, [0, 0.5]), "db_visible is the mean of v0 - v1 over the examples: check sign and axis"
assert np.allclose(dW, [[0, 0, 0], [0.5, 0, 0]]), "dW = (v0ᵀ p0 - v1ᵀ p1)/n: data minus dream, divided by n"
soft = rbm_cd1(np.full((4000, 2), 0.5), np.zeros((2, 3)) + 4, np.full(2, -8.0), np.full(3, -4.0), np.random.default_rng(0))
assert abs(soft[1][0] - 0.21) < 0.03, "on average the answer is off: is h0 drawn, 0 or 1, with probability p0?"

# %% [markdown] id="rbm_train_predict"
# ### Experiment · Filters, and a dream that gets better
# We train an RBM of 48 hidden units on the training pictures of all ten digits, no labels. **Predict** what a column of W looks like, and whether one CD step points along the true gradient. On an RBM of 3 × 2 units the true gradient can be computed exactly, by summing over all 32 states.

# %% experiment="rbm_train"
from coursekit.data import split_digits

digits = split_digits()


def trained_rbm(v, hidden, epochs, lr=0.1, batch=32, seed=0, progress=False):
    rng = np.random.default_rng(seed)
    W, c = 0.05 * rng.normal(size=(v.shape[1], hidden)), np.zeros(hidden)
    on = np.clip(v.mean(axis=0), 0.01, 0.99)
    b, errors = np.log(on / (1 - on)), []
    for _ in track(range(epochs), "training the RBM") if progress else range(epochs):
        order = rng.permutation(len(v))
        for i in range(0, len(v), batch):
            dW, db, dc = rbm_cd1(v[order[i : i + batch]], W, b, c, rng)
            W, b, c = W + lr * dW, b + lr * db, c + lr * dc
        h = 1 / (1 + np.exp(-(v @ W + c)))
        errors.append(float(((v - 1 / (1 + np.exp(-(h @ W.T + b)))) ** 2).mean()))
    return W, b, c, errors


W_rbm, b_rbm, c_rbm, errors = trained_rbm(digits.X_train, 48, 25, progress=True)
figure, axes = fig.new(3, 9, width=9.5, height=3.6)
for ax, filter_ in zip(axes.flat, W_rbm.T[np.argsort(-np.linalg.norm(W_rbm, axis=0))]):
    ax.imshow(filter_.reshape(8, 8), cmap="RdBu_r", vmin=-1.5, vmax=1.5)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
figure.suptitle("27 of the 48 filters the RBM has learned: blue no, red yes")
fig.show(figure, "A grid of 8 by 8 filters with red and blue regions: strokes, bends and gaps of digits.")

import itertools

rng = np.random.default_rng(3)
V, H = (np.array(list(itertools.product((0.0, 1.0), repeat=k))) for k in (3, 2))
W, b, c = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)
data = V[[1, 1, 3, 7, 6]]
joint = np.exp(V @ W @ H.T + (V @ b)[:, None] + (H @ c)[None, :])
joint /= joint.sum()
exact = data.T @ (1 / (1 + np.exp(-(data @ W + c)))) / len(data) - np.einsum("vh,vi,hj->ij", joint, V, H)
steps = np.mean([rbm_cd1(data, W, b, c, rng)[0] for _ in range(2000)], axis=0)
cosine = float((steps * exact).sum() / np.linalg.norm(steps) / np.linalg.norm(exact))
print(f"reconstruction error per pixel: {errors[0]:.4f} after one epoch, {errors[-1]:.4f} after {len(errors)}; of the mean picture {digits.X_train.var(axis=0).mean():.4f}")
print(f"cosine between the average CD-1 step and the exact gradient: {cosine:.3f}; their lengths {np.linalg.norm(steps):.3f} and {np.linalg.norm(exact):.3f}")

# %% [markdown] id="rbm_train_why"
# <details><summary>What happened, and why</summary>
#
# Each filter asks for ink in one place and for none beside it: strokes, the low-level features of handwriting, found without a label. The average CD-1 step points roughly along the true gradient and is shorter: the dream of one step has not drifted far from the data. That bias is the price of not waiting.
#
# </details>

# %% [markdown] id="rbm_play_idea"
# ### Play · an RBM on 300 pictures
# **Goal:** a reconstruction error below **0.025** per pixel. Then look at what hidden units do when you have too few, and at what a large learning rate does to the filters.

# %% experiment="rbm_play"
def draw_rbm(hidden=24, epochs=6, rate=0.2):
    W, b, c, errors = trained_rbm(digits.X_train[:300], hidden, epochs, rate, batch=20)
    h = 1 / (1 + np.exp(-(digits.X_test[:8] @ W + c)))
    back = 1 / (1 + np.exp(-(h @ W.T + b)))
    word = "goal reached" if errors[-1] < 0.025 else "not yet below 0.025"
    figure = picture_grid([("pictures", list(digits.X_test[:8].reshape(-1, 8, 8))), ("dreamt back", list(back.reshape(-1, 8, 8)))], f"{hidden} hidden units, {epochs} epochs: error {errors[-1]:.4f}, {word}", width=7.0)
    fig.show(figure, f"Eight digits and their reconstructions by an RBM of {hidden} hidden units; error {errors[-1]:.4f}.")


knobs.play(draw_rbm, hidden=knobs.slider("hidden units", 4, 64, 24, 4), epochs=knobs.slider("epochs", 1, 15, 6, 1), rate=knobs.slider("learning rate", 0.02, 1.0, 0.2, 0.02))

# %% [markdown] id="pretrain_autoencoder_idea" covers="S4.5.autoencoder"
# ### An autoencoder
# The other road: a net whose target is its own input. The *encoder* squeezes a picture through layers of `hidden_sizes`, the *decoder* has to draw the picture again from the last and narrowest of them, and the error is the mean square of the difference. What survives the bottleneck is what matters for drawing the picture. Keep the encoder, throw the decoder away.
#
# The yardstick is the *mean predictor*, which draws the average picture whatever it sees: a decoder without an encoder can learn that much. Decoders may share their weights with the encoder (tied, $W^\top$) or have their own. The slide's autoencoders get a lecture of their own (chapter 6).
#
# {{exercise pretrain_autoencoder}}
#
# {{hints pretrain_autoencoder}}

# %% exercise="pretrain_autoencoder"
def pretrain_autoencoder(X, hidden_sizes, epochs, learning_rate, rng):
    """Train an autoencoder on X (n, d), a float32 tensor in [0, 1], without labels; return its encoder.

    The encoder is an nn.Sequential with one nn.Linear for each of hidden_sizes (and an activation you choose), so its
    output is (n, hidden_sizes[-1]). Seed and order come from rng, a numpy Generator. Batch size and optimizer are yours;
    the reconstruction error has to fall well below that of always drawing the mean picture.
    """
    ### BEGIN SOLUTION
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder, decoder = nn.Sequential(), nn.Sequential()
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        encoder.extend([nn.Linear(fan_in, fan_out), nn.ELU()])
    for fan_in, fan_out in zip(sizes[:0:-1], sizes[-2::-1]):
        decoder.extend([nn.Linear(fan_in, fan_out), nn.ELU()])
    decoder = decoder[:-1]  # pixels may take any value
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder
    ### END SOLUTION

# %% test="pretrain_autoencoder" points=8
rng = np.random.default_rng(0)
X = torch.from_numpy(0.5 + 0.4 * np.sin(rng.uniform(0, 6, (128, 1)) + np.arange(20))).float()
encoder = pretrain_autoencoder(X, [12, 3], epochs=60, learning_rate=0.01, rng=rng)
with torch.no_grad():
    code = encoder(X)
assert code.shape == (128, 3), f"the encoder gives codes of hidden_sizes[-1] numbers, got {tuple(code.shape)}: return the encoder alone"
design = torch.cat([code, torch.ones(128, 1)], dim=1)
error = (design @ torch.linalg.lstsq(design, X).solution - X).square().mean()
assert error < 0.3 * X.var(dim=0, unbiased=False).mean(), "the picture cannot be drawn from the code: is the encoder trained, and is it the one you return?"

# %% [markdown] id="classifier_from_encoder_idea"
# ### From encoder to classifier
# The encoder's weights are a *start*, not a fixed part: all of the new net trains, at the pace of the head. An encoder may arrive with its parameters frozen; yours should leave unfrozen.
#
# {{exercise classifier_from_encoder}}
#
# {{hints classifier_from_encoder}}

# %% exercise="classifier_from_encoder"
def classifier_from_encoder(encoder, num_classes):
    """Return an nn.Sequential: the encoder with its weights, then a new nn.Linear head of logits; all of it trains.

    encoder is an nn.Sequential that ends in a linear layer or in an activation after one.
    """
    ### BEGIN SOLUTION
    body = copy.deepcopy(encoder)
    width = [module.out_features for module in body.modules() if isinstance(module, nn.Linear)][-1]
    classifier = nn.Sequential(*body, nn.Linear(width, num_classes))
    for parameter in classifier.parameters():
        parameter.requires_grad_(True)
    return classifier
    ### END SOLUTION

# %% test="classifier_from_encoder" points=7
encoder = nn.Sequential(nn.Linear(6, 5), nn.ELU(), nn.Linear(5, 4), nn.ELU()).requires_grad_(False)
classifier = classifier_from_encoder(encoder, 3)
assert classifier(torch.zeros(2, 6)).shape == (2, 3), "logits of shape (n, num_classes)"
assert torch.equal(next(classifier.parameters()), encoder[0].weight), "the encoder's weights should come along"
assert all(p.requires_grad for p in classifier.parameters()), "everything should train, also if the encoder came frozen"
assert len(encoder) == 4, "the encoder itself was changed"

# %% [markdown] id="unsupervised_predict"
# ### Experiment · Pretraining without labels against none
# All ten digits, 1,037 pictures without labels for pretraining, and 2, 5, 10 or 30 labelled ones per class. Two pairs, each with the same layers, the same 120 steps and four seeds: an autoencoder's encoder (64 → 64 → 32) against the same net from scratch, an RBM's layer (64 → 48, sigmoid) against the same. **Predict** the gain with 2 and with 30 labels per class.

# %% experiment="pretraining"
X_all = transfer.pictures(digits.X_train)
for _ in track(range(1), "training the autoencoder"):
    encoder_ae = pretrain_autoencoder(X_all, [64, 32], 20, 0.005, np.random.default_rng(0))
encoder_rbm = nn.Sequential(nn.Linear(64, 48), nn.Sigmoid())
with torch.no_grad():
    encoder_rbm[0].weight.copy_(torch.from_numpy(W_rbm.T))
    encoder_rbm[0].bias.copy_(torch.from_numpy(c_rbm))


def blank(encoder, seed):
    """The same layers with fresh weights."""
    torch.manual_seed(seed)
    fresh = copy.deepcopy(encoder)
    for module in fresh:
        if isinstance(module, nn.Linear):
            module.reset_parameters()
    return fresh

# %% experiment="unsupervised"
from coursekit.needs import needs

needs(globals(), encoder_ae="Pretraining without labels against none")
all_digits = transfer.Task(X_all, torch.from_numpy(digits.y_train), transfer.pictures(digits.X_test), torch.from_numpy(digits.y_test))


def labelled(encoder, per_class, seed):
    rng = np.random.default_rng([per_class, seed])
    X, y = transfer.few(all_digits, per_class, rng)
    torch.manual_seed(seed)
    model = classifier_from_encoder(encoder, 10)
    train_head(model, 0, X, relabel(y, list(range(10))), transfer.epochs_for(120, len(X), 20), 0.05, 20, rng)
    return transfer.accuracy(model, all_digits.X_test, all_digits.y_test)


LABELS = [2, 5, 10, 30]
starts = {"autoencoder": lambda s: encoder_ae, "same net, no pretraining": lambda s: blank(encoder_ae, s), "RBM": lambda s: encoder_rbm, "same layer, no pretraining": lambda s: blank(encoder_rbm, s)}
jobs = [(name, n, s) for name in starts for n in LABELS for s in range(4)]
scores = {job: labelled(starts[job[0]](job[2]), job[1], job[2]) for job in track(jobs, "64 trainings")}
means = {(name, n): np.mean([scores[name, n, s] for s in range(4)]) for name in starts for n in LABELS}
figure, axes = fig.new(1, 2, width=10, sharey=True)
for ax, pair in zip(axes[0], (list(starts)[:2], list(starts)[2:])):
    for k, name in enumerate(pair):
        ax.plot(LABELS, [means[name, n] for n in LABELS], label=name, **fig.styled(k))
        ax.plot(np.repeat(LABELS, 4), [scores[name, n, s] for n in LABELS for s in range(4)], fig.MARKERS[k], color=fig.PALETTE[k], alpha=0.3, markersize=4)
    ax.set(xscale="log", xticks=LABELS, xticklabels=LABELS, xlabel="labels per class", title=pair[0])
    ax.minorticks_off()
    ax.legend(fontsize=8, loc="lower right")
axes[0, 0].set_ylabel("test accuracy, all ten digits")
fig.show(figure, "Two panels of accuracy against labels per class: autoencoder pretraining and RBM pretraining, each beside the same net without pretraining.")
gains = {kind: [100 * (means[kind, n] - means[none, n]) for n in LABELS] for kind, none in (("autoencoder", "same net, no pretraining"), ("RBM", "same layer, no pretraining"))}
average = float(np.mean(gains["autoencoder"] + gains["RBM"]))
measured("S4.5.unsupervised", "With few labels and no similar model, collect more labels, or else pretrain without labels.",
         "Pretrained minus not, in points: " + "; ".join(f"{kind} " + ", ".join(f"{g:+.1f}" for g in values) for kind, values in gains.items()) + f" with {', '.join(map(str, LABELS))} labels per class. Five times the labels (2 to 10) bring {100 * (means['same net, no pretraining', 10] - means['same net, no pretraining', 2]):+.1f}.",
         bool(average > 0), "Pretraining helps, most where a fresh start is worst; more labels help by far more, as the slide's order of advice has it." if average > 0 else "For a net as shallow as this one a random start is good enough.")

# %% [markdown] id="unsupervised_why"
# <details><summary>What happened, and why</summary>
#
# The autoencoder's encoder brings two or three points where labels are few and next to nothing with 30 per class; single seeds differ by as much. The RBM's layer brings more, and part of the reason is its rival: a sigmoid layer from scratch (lesson 2: slope at most ¼) does not get far in 120 steps. That was the situation before 2010, when unsupervised pretraining was what made deep nets trainable at all; good initialization, ReLU and batch normalization have taken over that job. Put the gains beside the last number in the box, what five times the labels bring. That is why "collect more labels" is the *first* advice. What remains of pretraining is its value where labels are scarce and pictures are not; today's large pretrained models are this idea at another scale.
#
# </details>

# %% [markdown] id="code_width_predict"
# ### Experiment · What survives the bottleneck
# **Predict** how many numbers a digit needs: we train encoders with codes of 2, 4, 8 and 16, and draw the pictures back with the best linear decoder.

# %% experiment="code_width"
def drawn_back(encoder, X):
    """The best linear decoder on the codes, fitted by least squares, and its error relative to the mean picture's."""
    with torch.no_grad():
        code = encoder(X)
    design = torch.cat([code, torch.ones(len(X), 1)], dim=1)
    back = design @ torch.linalg.lstsq(design, X).solution
    return back, float((back - X).square().mean() / X.var(dim=0, unbiased=False).mean())


rows, left = [("pictures", [x.reshape(8, 8).numpy() for x in X_all[:9]])], {}
for width in track([2, 4, 8, 16], "four autoencoders"):
    back, left[width] = drawn_back(pretrain_autoencoder(X_all[:500], [48, width], 25, 0.005, np.random.default_rng(1)), X_all[:500])
    rows.append((f"code of {width}", [x.reshape(8, 8).clamp(0, 1).numpy() for x in back[:9]]))
fig.show(picture_grid(rows, "Drawn back from codes of 2 to 16 numbers: " + ", ".join(f"{share:.0%}" for share in left.values()) + " of the mean picture's error left", width=8.0),
         "Five rows of digits: originals, and reconstructions from codes of 2, 4, 8 and 16 numbers, sharper with every row.")

# %% [markdown] id="code_width_why"
# <details><summary>What happened, and why</summary>
#
# Two numbers keep the kind of digit, roughly; eight keep the way it is written; sixteen most of the rest. None of them was told that there are ten kinds.
#
# </details>

# %% [markdown] question="frozen_in_words" points=6
# ### In your own words
# A colleague sets `requires_grad = False` on all layers of a pretrained net but the head, trains the head for an hour, and finds that the *old* task, with its old head, has become worse. No weight of the body has changed. What has, when does it change, and what are two ways to prevent it?
#
# ### BEGIN SOLUTION
# The batch-norm layers' running means and variances have changed. They are buffers, not parameters: no gradient and no optimizer touches them, the forward pass does, whenever the module is in training mode. The training loop's model.train() put the frozen part into training mode, and every batch of the new task pulled the averages toward the new data.
# Ways to prevent it: keep the frozen modules in eval mode, and make them stay there after model.train() (a train method that refuses, or calling eval() on them after each train()); or compute the features once in eval mode and train the head on those, so that the body never runs in training mode at all.
# ### END SOLUTION

# %% [markdown] id="can_do"
# ## What you can now do
#
# - fit foreign pictures and foreign labels to a net that was trained on others;
# - reuse layers without sharing them, and freeze them so that neither weights nor statistics move;
# - train a head, with cached features where the body is frozen;
# - decide how many layers to reuse by measuring, and recognise negative transfer;
# - keep models with their story and their checksum, and load them without running a stranger's code;
# - check that a checkpoint was really loaded;
# - pretrain without labels, with an RBM or an autoencoder, and say honestly what it brings.
#
# **Next.** Lesson 6 turns to all the numbers that this lesson fixed without asking: learning rate, batch size, widths, the number of frozen layers. It searches for them, and ends with the course's best digits net.

# %% [markdown] id="hand_in_how"
# ## Hand in
# Save the notebook (**Ctrl+S**) and run the next cell. It says what is still missing and writes the one file to hand in. Where your course uses nbgrader's exchange, press **Submit** in *Nbgrader → Assignment List* instead.

# %% id="hand_in"
from coursekit.submit import hand_in

hand_in()
