"""Training what is new and nothing else (slides S4.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp
from torch import nn

from autograde.exercises.transfer_learning.common import LESSON, Recipe, built
from autograde.exercises.transfer_learning.freezing import freeze_layers
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle
from autograde.judge.trial import Trial

train_head_exercise = Exercise(
    name="train_head",
    lesson=LESSON,
    functions=("train_head",),
    title="Train the head alone",
    section="train_head_idea",
    difficulty=4,
    minutes=20,
    lines=14,
    hints=(
        "freeze_layers already answers two questions: which parameters go to the optimizer, and what keeps the statistics still.",
        "An optimizer moves only what is in its list. Give it the list that freeze_layers returns, not model.parameters().",
        "Every epoch: order = rng.permutation(len(X)), then batches of order[i : i + batch_size] for X and y alike.",
        "A batch: zero_grad, loss = cross_entropy(model(X[batch]), y[batch]), backward, step. Note loss.item().",
    ),
    uses=("freeze_layers",),
    seconds=40.0,
)


@train_head_exercise.reference
def train_head(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    """Mini-batch training of the modules above num_frozen; one mean loss per epoch."""
    trainable = freeze_layers(model, num_frozen)
    optimizer = torch.optim.SGD(trainable, lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        order = torch.from_numpy(rng.permutation(len(X)))
        for i in range(0, len(X), batch_size):
            batch = order[i : i + batch_size]
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses


BODY: Recipe = [("Linear", 8, 16), ("BatchNorm1d", 16), ("ReLU",), ("Recorder",), ("Linear", 16, 3)]
PLAIN_BODY: Recipe = [("Linear", 8, 16), ("Tanh",), ("Recorder",), ("Linear", 16, 3)]
DEEP: Recipe = [
    ("Linear", 8, 14), ("BatchNorm1d", 14), ("ReLU",), ("Recorder",), ("Linear", 14, 10), ("ReLU",), ("Linear", 10, 3),
]  # fmt: skip
SETTINGS: tuple[tuple[str, Recipe, int, int, int, int, float], ...] = (
    ("batch norm in the frozen part, 90 examples in batches of 15", BODY, 3, 90, 15, 15, 0.1),
    ("two linear layers above 3 frozen modules, 80 examples", DEEP, 3, 80, 30, 16, 0.05),
    ("one linear layer above 5 frozen modules", DEEP, 5, 80, 25, 10, 0.1),
    ("no batch norm, 50 examples in batches of 12", PLAIN_BODY, 2, 50, 20, 12, 0.1),
)
RATE = 0.1


def blobs(trial: Trial, n: int, noise: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes a linear layer on random features tells apart; a share of the labels may be drawn anew."""
    centres = trial.rng.normal(size=(3, 8)) * 2.5
    y = trial.rng.permutation(np.arange(n) % 3)
    X = centres[y] + 0.5 * trial.rng.normal(size=(n, 8))
    y = np.where(trial.rng.random(n) < noise, trial.rng.integers(0, 3, n), y)
    return torch.from_numpy(X).float(), torch.from_numpy(y)


class Run:
    """One training on the student's side and what it did."""

    def __init__(
        self,
        trial: Trial,
        recipe: Recipe,
        frozen: int,
        n: int,
        epochs: int,
        batch: int,
        rate: float = RATE,
        noise: float = 0.0,
    ) -> None:
        self.trial, self.frozen, self.n, self.epochs, self.batch = trial, frozen, n, epochs, batch
        self.model: Handle = built(trial, recipe, training=True)
        self.X, self.y = blobs(trial, n, noise)
        self.before, self.loss_before = trial.probe("child_states", self.model), self.loss()
        trial.probe("forget_recorded", self.model)
        self.losses = trial.call(
            "train_head",
            self.model,
            frozen,
            self.X,
            self.y,
            epochs,
            rate,
            batch,
            trial.rng_handle(),
            observe=False,
        )
        self.calls = trial.probe("recorded", self.model)
        self.after, self.loss_after = trial.probe("child_states", self.model), self.loss()

    def loss(self) -> float:
        """Cross-entropy on the training set in eval mode."""
        logits = self.trial.probe("eval_outputs", self.model, self.X)
        return float(nn.functional.cross_entropy(logits, self.y))

    def moved(self) -> list[list[str]]:
        """Names of the tensors that changed, child by child."""
        return [
            [k for k in a if not np.array_equal(a[k], b.get(k))]
            for a, b in zip(self.before, self.after, strict=True)
        ]


def numbers(trial: Trial, losses: Any) -> np.ndarray[Any, Any]:
    """The returned losses as plain numbers."""
    hint = " Did you forget a return?" if losses is None else ""
    trial.require(losses is not None, f"train_head returns None.{hint}", "type")
    items = losses.tolist() if hasattr(losses, "tolist") else losses
    trial.require(isinstance(items, list | tuple), "train_head should return a list of losses.", "type")
    try:
        found = np.array([float(item.detach() if hasattr(item, "detach") else item) for item in items])
    except (TypeError, ValueError):
        found = np.array([])
    trial.require(
        found.size > 0, "train_head should return numbers: one loss for each epoch or for each step.", "type"
    )
    return found


@train_head_exercise.aspect("frozen part, bit for bit", points=5)
def _(trial: Trial) -> None:
    for case, recipe, frozen, n, _epochs, batch, _rate in SETTINGS:
        with trial.case(case):
            run = Run(trial, recipe, frozen, n, 4, batch)
            moved = run.moved()
            trial.observe("moved in the frozen part", moved[: run.frozen])
            trial.observe("moved above", [bool(names) for names in moved[run.frozen :]])
            weights = [k for names in moved[: run.frozen] for k in names if k in ("weight", "bias")]
            buffers = [k for names in moved[: run.frozen] for k in names if k not in ("weight", "bias")]
            trial.require(
                not weights,
                "Weights of the frozen part have moved. The optimizer may only know what trains, weight decay or not.",
            )
            trial.require(
                not buffers,
                f"Batch-norm buffers of the frozen part have moved ({', '.join(sorted(set(buffers)))}). It has to stay in eval mode while the rest trains.",
            )
            trial.require(bool(moved[-1]), "The head has not changed at all, so nothing was trained.")


@train_head_exercise.aspect("the head learns", points=5)
def _(trial: Trial) -> None:
    for setting in SETTINGS:
        enough = 0.6 if setting[2] == 5 else 0.3
        with trial.case(setting[0]):
            run = Run(trial, *setting[1:])
            if run.loss_after >= enough:  # once more with other draws: any optimizer may have bad luck once
                run = Run(trial, *setting[1:])
            moved = [bool(names) for names, state in zip(run.moved(), run.before, strict=True) if state][-1:]
            above = [
                bool(names)
                for names, state in zip(run.moved()[run.frozen :], run.before[run.frozen :], strict=True)
                if state
            ]
            trial.observe("layers above that moved", above)
            trial.observe("loss fell", run.loss_after < enough)
            trial.require(
                all(above) and all(moved),
                "Some layers above num_frozen have not changed: all of them should train.",
            )
            trial.require(
                run.loss_after < enough,
                f"After {run.epochs} epochs the cross-entropy on the training set is {run.loss_after:.2f} (it began at "
                f"{run.loss_before:.2f}); it should be far lower. Do X and y of a batch belong together? Are gradients cleared before each backward?",
            )
    with trial.case(
        "120 examples, a fifth of whose labels are wrong, so that the loss has a finite best value"
    ):
        run = Run(trial, PLAIN_BODY, 2, 120, 25, 12, noise=0.2)
        best = least_loss(trial.probe("prefix_outputs", run.model, 2, run.X), run.y)
        left = (run.loss_after - best) / (run.loss_before - best)
        trial.observe("settles", [left < 0.33, left < 3.0])
        trial.require(
            left < 0.33,
            "The loss does not settle near its best value; the head swings around it. Are the gradients cleared before each backward?",
        )


def least_loss(features: torch.Tensor, y: torch.Tensor) -> float:
    """The smallest cross-entropy of a linear layer on these features (a trace of weight decay keeps it finite)."""
    # Not by torch.optim: the first optimizer of a process costs seconds of imports.
    F = np.column_stack([features.numpy().astype(np.float64), np.ones(len(features))])
    onehot = np.eye(3)[y.numpy()]

    def loss(flat: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        W = flat.reshape(F.shape[1], 3)
        logits = F @ W
        logs = logits - logsumexp(logits, axis=1, keepdims=True)
        gradient = F.T @ (np.exp(logs) - onehot) / len(F) + 2e-4 * W
        return float(-(onehot * logs).sum() / len(F) + 1e-4 * (W**2).sum()), gradient.ravel()

    W = minimize(loss, np.zeros(F.shape[1] * 3), jac=True, method="L-BFGS-B").x.reshape(-1, 3)
    logits = F @ W
    return float(-(onehot * (logits - logsumexp(logits, axis=1, keepdims=True))).sum() / len(F))


@train_head_exercise.aspect("losses", points=2, needs=("the head learns",))
def _(trial: Trial) -> None:
    for setting in (SETTINGS[0], SETTINGS[3]):
        with trial.case(setting[0]):
            run = Run(trial, *setting[1:])
            losses = numbers(trial, run.losses)
            steps = {run.epochs * -(-run.n // run.batch), run.epochs * (run.n // run.batch)}
            length = "epochs" if losses.size == run.epochs else "steps" if losses.size in steps else "other"
            trial.observe("how many losses", length)
            trial.require(
                length != "other",
                f"{losses.size} losses came back for {run.epochs} epochs; it should be one for each epoch or for each step.",
            )
            last = float(losses[-max(1, losses.size // 10) :].mean())
            facts = [bool(np.all(np.isfinite(losses))), bool(losses[0] < 1.8 * run.loss_before), last < 0.45]
            trial.observe("losses: finite, start, end", facts)
            trial.require(facts[0], "Some losses are not finite.")
            trial.require(
                facts[1],
                "The first loss is far above the model's mean cross-entropy: losses are means over the examples, not sums.",
            )
            falls = bool(losses[0] > last)
            trial.observe("first loss above last", falls)
            trial.require(
                falls, "The first loss is not above the last ones: note the losses in the order of training."
            )
            trial.require(
                facts[2],
                "The losses do not come down to what the trained model has. Is a softmax applied before cross_entropy, or another loss noted?",
            )

    with trial.case("a learning rate of 0.0000001, so that the loss stays what it is"):
        run = Run(trial, BODY, 3, 60, 2, 20, rate=1e-7)
        losses = numbers(trial, run.losses)
        right = bool(abs(losses.mean() - run.loss_before) < 1e-2 * run.loss_before)
        trial.observe("losses are cross-entropies", right)
        trial.require(
            right,
            "At this rate the losses should stay at the model's mean cross-entropy over the examples; they do not. Note "
            "cross_entropy(model(X[batch]), y[batch]) itself, use learning_rate, and keep the frozen part in eval mode.",
        )


@train_head_exercise.aspect("learning rate, epochs, batch size", points=1.5, needs=("the head learns",))
def _(trial: Trial) -> None:
    with trial.case("a learning rate of 0.0000001"):
        run = Run(trial, BODY, 3, 60, 2, 20, rate=1e-7)
        change = max(float(np.abs(run.after[-1][k] - run.before[-1][k]).max()) for k in run.before[-1])
        trial.observe("head still at a tiny rate", change < 1e-4)
        trial.require(
            change < 1e-4, "With learning_rate = 0.0000001 the head still moves a lot: is learning_rate used?"
        )
    for n, batch, epochs in ((60, 20, 3), (64, 8, 2), (50, 50, 4)):
        with trial.case(f"{n} examples, batch_size={batch}, {epochs} epochs"):
            run = Run(trial, BODY, 3, n, epochs, batch)
            rows = [row for row, _, graph in run.calls if graph]
            if not rows:
                continue
            full = sum(row == batch for row in rows)
            trial.observe("full batches", [full >= epochs * (n // batch), full <= epochs * (n // batch + 1)])
            trial.require(
                full >= epochs * (n // batch),
                f"Too few batches of {batch} examples went through the head in {epochs} epochs: is batch_size used, and every epoch run?",
            )
            trial.require(
                full <= epochs * (n // batch + 1), "More batches went through the head than the epochs hold."
            )


@train_head_exercise.aspect("order from rng", points=1.5, needs=("the head learns",))
def _(trial: Trial) -> None:
    X, y = blobs(trial, 40)
    seed = int(trial.rng.integers(2**31))

    def trained(generator: Handle, torch_seed: int) -> np.ndarray[Any, Any]:
        model = trial.probe("build_sequential", list(BODY), seed, keep=True)
        trial.probe("seed_torch", torch_seed)
        trial.call("train_head", model, 3, X, y, 2, RATE, 8, generator, observe=False)
        weight: np.ndarray[Any, Any] = trial.probe("child_states", model)[-1]["weight"]
        return weight

    with trial.case("two generators of the same seed, and a third of another"):
        one, two = trained(trial.rng_handle(11), 1), trained(trial.rng_handle(11), 2)
        generator = trial.rng_handle(12)
        other, later = trained(generator, 3), trained(generator, 3)
        facts = [
            np.allclose(one, two, atol=1e-6),
            not np.allclose(one, other, atol=1e-7),
            not np.allclose(other, later, atol=1e-7),
        ]
        trial.observe("reproducible, fresh, advances", [bool(fact) for fact in facts])
        trial.require(
            facts[0],
            "The same seed trains another head: draw the order from `rng`, not from torch's or NumPy's own generator.",
        )
        trial.require(
            facts[1], "Another seed trains the very same head: is the order drawn from `rng` at all?"
        )
        trial.require(
            facts[2],
            "Two calls with one generator train the very same head. Draw from `rng` itself; do not copy or re-seed it.",
        )
