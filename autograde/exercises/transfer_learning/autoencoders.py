"""Learning from pictures without labels: an autoencoder whose encoder is kept (slides S4.5).

Whether an encoder has been trained is told by its slopes. The data lie near a 3-dimensional plane in 40 dimensions. At
the start a slope points anywhere, so about 3/40 of its square lies in the plane; an encoder that has learned to let
the data through has most of it there. For untrained encoders the share is 0.075 ± 0.028, largest of 3,000: 0.18; for trained
ones of every kind tried it is above 0.6. The line is drawn at 0.35. An encoder may fall asleep (dead ReLUs) by bad luck, so a run
that stays below is repeated with other data, seeds, epochs and learning rates, up to seven times.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.common import LESSON, asked, require_sequential
from autograde.judge.exercise import Exercise
from autograde.judge.subject import Handle, Raised
from autograde.judge.trial import Trial

Array = np.ndarray[Any, Any]
DIMENSIONS, PLANE, SHARE = 40, 3, 0.35

pretrain_autoencoder_exercise = Exercise(
    name="pretrain_autoencoder",
    lesson=LESSON,
    functions=("pretrain_autoencoder",),
    title="Pretraining without labels",
    section="pretrain_autoencoder_idea",
    difficulty=3,
    minutes=20,
    lines=18,
    hints=(
        "Build two Sequentials: an encoder d → h1 → … → hk and a decoder hk → … → h1 → d.",
        "The target of a batch is the batch itself: mse_loss(decoder(encoder(batch)), batch).",
        "One optimizer for both: [*encoder.parameters(), *decoder.parameters()]. Adam copes best with small learning rates.",
        "The last layer of the decoder has no ReLU: pixels must be able to take any value. Return the encoder only.",
    ),
    seconds=30.0,
)


@pretrain_autoencoder_exercise.reference
def pretrain_autoencoder(X, hidden_sizes, epochs, learning_rate, rng):
    """The trained encoder: Linear and ELU for every hidden size."""
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.ELU())])
    back = sizes[::-1]
    decoder = nn.Sequential(
        *[m for a, b in itertools.pairwise(back) for m in (nn.Linear(a, b), nn.ELU())][:-1]
    )
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


def near_a_plane(trial: Trial, n: int) -> tuple[Array, Array]:
    """X (n, 40) in [0, 1] and an orthonormal basis (40, 3) of the plane it lies near."""
    basis = np.linalg.qr(trial.rng.normal(size=(DIMENSIONS, PLANE)))[0]
    factors = trial.rng.uniform(-1.0, 1.0, (n, PLANE)) * np.sqrt(DIMENSIONS)
    x = factors @ basis.T + trial.rng.normal(0.0, 0.5, (n, DIMENSIONS))
    return np.clip(0.5 + 0.13 * x, 0.0, 1.0), basis


def as_kind(X: Array, kind: str) -> Any:
    """The data as a float32 tensor or as an array."""
    return torch.from_numpy(X).float() if kind == "tensor" else X


def kind_of(trial: Trial) -> str:
    """Tensors, unless the function only works with NumPy arrays."""
    X = trial.rng.random((6, 4))
    for kind in ("tensor", "array"):
        try:
            trial.call(
                "pretrain_autoencoder",
                as_kind(X, kind),
                [3],
                1,
                0.01,
                trial.rng_handle(1),
                keep=(-1,),
                observe=False,
                changes=True,
            )
        except Raised:
            continue
        return kind
    return "tensor"


def encoder_of(
    trial: Trial, X: Any, sizes: Any, epochs: int, rate: float, rng: Handle, torch_seed: int = 5
) -> Handle:
    """The student's encoder, checked to be a Sequential."""
    trial.probe("seed_torch", torch_seed)
    made: Handle = trial.call("pretrain_autoencoder", X, sizes, epochs, rate, rng, keep=(-1,), observe=False)
    require_sequential(trial, made, "pretrain_autoencoder(...)")
    return made


@pretrain_autoencoder_exercise.aspect("an encoder of the right layers", points=2.5)
def _(trial: Trial) -> None:
    kind = kind_of(trial)
    for d, sizes in ((7, [5]), (9, [6, 3]), (6, [8, 5, 2]), (5, [5, 5]), (4, [9, 4])):
        with trial.case(f"X of shape (20, {d}) and hidden_sizes {sizes}"):
            X = as_kind(trial.rng.random((20, d)), kind)
            made = encoder_of(trial, X, sizes, 1, 0.01, trial.rng_handle())
            code = asked(
                trial,
                f"The encoder cannot be run on (n, {d}) inputs:",
                "eval_outputs",
                made,
                torch.from_numpy(trial.rng.random((3, d))).float(),
            )
            shape = list(code.shape)
            trial.observe("shape of the code", shape)
            layers = trial.probe("leaf_layers", made)
            widths = [(o["in_features"], o["out_features"]) for name, o in layers if name == "Linear"]
            trial.observe("widths", widths)
            trial.require(
                shape == [3, sizes[-1]],
                f"The code of 3 examples has shape {shape}; it should be [3, {sizes[-1]}], the last of hidden_sizes. Return the encoder alone.",
                "shape",
            )
            want = list(zip([d, *sizes[:-1]], sizes, strict=True))
            trial.require(
                not widths or widths == want,
                f"The encoder's linear layers are {widths}; hidden_sizes ask for {want}.",
            )


TRIES = (
    (128, 40, 0.01), (128, 80, 0.005), (96, 150, 0.01), (96, 150, 0.3), (96, 250, 1.0), (96, 250, 0.1), (96, 150, 0.003),
)  # fmt: skip
"""(examples, epochs, learning rate): the next one is asked for only where the one before did not suffice."""


def share_in_plane(trial: Trial, kind: str, n: int, epochs: int, rate: float) -> float:
    """How much of the squared slopes of the trained encoder lies in the plane of the data."""
    X, basis = near_a_plane(trial, n)
    made = encoder_of(
        trial, as_kind(X, kind), [20, 8], epochs, rate, trial.rng_handle(), int(trial.rng.integers(2**31))
    )
    slopes = asked(
        trial, "The encoder cannot be differentiated:", "jacobian", made, torch.from_numpy(X[:48]).float()
    )
    slopes = np.nan_to_num(np.asarray(slopes, dtype=np.float64))
    total = float(np.sum(slopes**2))
    return float(np.sum((slopes @ basis) ** 2)) / total if total > 1e-12 else 0.0


@pretrain_autoencoder_exercise.aspect(
    "it has learned the data", points=3, needs=("an encoder of the right layers",)
)
def _(trial: Trial) -> None:
    kind = kind_of(trial)
    with trial.case("pictures of 40 pixels that vary in 3 ways, hidden_sizes [20, 8]"):
        shares: list[float] = []
        for n, epochs, rate in TRIES:
            shares.append(share_in_plane(trial, kind, n, epochs, rate))
            if shares[-1] > SHARE:
                break
        asleep = all(share == 0.0 for share in shares)
        trial.observe("learned, asleep", [shares[-1] > SHARE, asleep])
        trial.require(
            shares[-1] > SHARE,
            "The encoder gives the same code whatever the picture." if asleep else
            "The encoder's code does not follow what varies in the pictures: it looks untrained. Is the loss "
            "between the decoder's output and the same pictures? Are the encoder's parameters in the optimizer, and is it that very encoder that you return?",
        )  # fmt: skip


def first_weight(trial: Trial, kind: str, X: Array, epochs: int, rate: float, rng: Handle) -> Array:
    """The first layer's weights after training; torch's own generator starts at the same place each time."""
    made = encoder_of(trial, as_kind(X, kind), [6, 3], epochs, rate, rng)
    weight: Array = next(iter(trial.probe("leaf_states", made)[0].values()))
    return weight


@pretrain_autoencoder_exercise.aspect(
    "epochs, learning rate and rng", points=2.5, needs=("an encoder of the right layers",)
)
def _(trial: Trial) -> None:
    kind = kind_of(trial)
    X = near_a_plane(trial, 48)[0]
    with trial.case("one and four epochs at learning rates 0.01 and 0.000000001"):
        one, four = (first_weight(trial, kind, X, epochs, 0.01, trial.rng_handle(3)) for epochs in (1, 4))
        still, later = (first_weight(trial, kind, X, epochs, 1e-9, trial.rng_handle(3)) for epochs in (1, 4))
        facts = [not np.allclose(one, four, atol=1e-6), bool(np.allclose(still, later, atol=1e-6))]
        trial.observe("epochs matter, rate matters", [*facts, not np.allclose(one, still, atol=1e-6)])
        trial.require(
            facts[0],
            "Four epochs leave the first layer where one epoch does: is `epochs` used, and does the encoder train?",
        )
        trial.require(
            facts[1], "At a learning rate of 0.000000001 the first layer still moves: is learning_rate used?"
        )
    with trial.case("the rng argument"):
        a, b = (first_weight(trial, kind, X, 1, 0.01, trial.rng_handle(3)) for _ in "ab")
        rng = trial.rng_handle(4)
        drawn = trial.advanced(rng, lambda: first_weight(trial, kind, X, 1, 0.01, rng))
        other = first_weight(trial, kind, X, 1, 0.01, trial.rng_handle(5))
        facts = [bool(np.allclose(a, b, atol=1e-6)), drawn, not np.allclose(a, other, atol=1e-8)]
        trial.observe("reproducible, draws, other seed", facts)
        trial.require(
            facts[0],
            "The same seed gives another encoder: draw from the rng argument, not from NumPy's or another generator.",
        )
        trial.require(
            facts[1] and facts[2],
            "`rng` is not used: the order of the examples (and the start) should come from it.",
        )
