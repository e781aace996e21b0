"""Wrong and other right ways to pretrain an encoder. Each runs as it stands in a student's cell."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.autoencoders import pretrain_autoencoder_exercise


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "The encoder that comes back has learned nothing: it is a fresh one, or its parameters are not in the optimizer, or its code is detached on the way to the decoder.",
)
def untrained_encoder(X, hidden_sizes, epochs, learning_rate, rng):
    def make():
        sizes = [X.shape[1], *hidden_sizes]
        return nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])

    torch.manual_seed(int(rng.integers(2**31)))
    encoder, decoder = make(), nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return make()


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "The whole autoencoder comes back: its output is a picture, not a code. Return the encoder alone.",
)
def whole_autoencoder(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    net = nn.Sequential(*encoder, nn.Linear(hidden_sizes[-1], X.shape[1]))
    optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(net(X[batch]), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "The decoder comes back: it turns codes into pictures. The other half is the one to keep.",
)
def decoder_returned(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    back = [X.shape[1], *hidden_sizes][::-1]
    rng.permutation(len(X))
    return nn.Sequential(*[m for a, b in itertools.pairwise(back) for m in (nn.Linear(a, b), nn.Tanh())][:-1])


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "There is one linear layer, straight to the last size: every entry of hidden_sizes is a layer.",
)
def one_layer_only(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    encoder = nn.Sequential(nn.Linear(X.shape[1], hidden_sizes[-1]), nn.Tanh())
    decoder = nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "The hidden sizes are used from the last to the first. hidden_sizes[0] is the layer next to the picture.",
)
def sizes_reversed(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *reversed(hidden_sizes)]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    decoder = nn.Linear(sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder", "There is one pass over the data, whatever `epochs` says."
)
def one_epoch(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    decoder = nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
        loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "The learning rate is a constant of your own; the argument learning_rate is not used.",
)
def own_learning_rate(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    decoder = nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder",
    "`rng` is not used: order and start come from torch's own generator, which nobody has seeded for you.",
)
def rng_unused(X, hidden_sizes, epochs, learning_rate, rng):
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    decoder = nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(X)).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.misconception(
    "pretrain_autoencoder", "X is standardized in place: the caller's pictures have changed. Work on a copy."
)
def pictures_standardized_in_place(X, hidden_sizes, epochs, learning_rate, rng):
    X -= X.mean(0)
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    decoder = nn.Linear(hidden_sizes[-1], X.shape[1])
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = nn.functional.mse_loss(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.variant("pretrain_autoencoder")
def relu_and_torch_start(X, hidden_sizes, epochs, learning_rate, rng):
    layers, width = [], X.shape[1]
    for size in hidden_sizes:
        layers += [nn.Linear(width, size), nn.ReLU()]
        width = size
    encoder = nn.Sequential(*layers)
    layers = []
    for size in [*hidden_sizes[-2::-1], X.shape[1]]:
        layers += [nn.Linear(width, size), nn.ReLU()]
        width = size
    model = nn.Sequential(encoder, *layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for i in range(0, len(X), 32):
            batch = X[order[i : i + 32]]
            optimizer.zero_grad()
            nn.MSELoss()(model(batch), batch).backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.variant("pretrain_autoencoder")
def linear_code_sigmoid_pixels(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(0, 2**31 - 1)))
    sizes = [X.shape[1], *hidden_sizes]
    parts = [m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.ELU())][:-1]
    encoder = nn.Sequential(*parts)
    back = sizes[::-1]
    decoder = nn.Sequential(
        *[m for a, b in itertools.pairwise(back) for m in (nn.Linear(a, b), nn.ELU())][:-1], nn.Sigmoid()
    )
    optimizer = torch.optim.Adam(list(encoder.parameters()) + list(decoder.parameters()), lr=learning_rate)
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(len(X)), max(1, len(X) // 25)):
            loss = nn.functional.binary_cross_entropy(decoder(encoder(X[batch])), X[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder.eval()


@pretrain_autoencoder_exercise.variant("pretrain_autoencoder")
def tied_weights(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [X.shape[1], *hidden_sizes]
    encoder = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())])
    linear = [m for m in encoder if isinstance(m, nn.Linear)]
    biases = [nn.Parameter(torch.zeros(m.in_features)) for m in linear]
    optimizer = torch.optim.Adam([*encoder.parameters(), *biases], lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.as_tensor(rng.permutation(len(X))).split(16):
            h = encoder(X[batch])
            for i in reversed(range(len(linear))):
                h = h @ linear[i].weight + biases[i]
                h = torch.tanh(h) if i else h
            loss = (h - X[batch]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


@pretrain_autoencoder_exercise.variant("pretrain_autoencoder")
def layer_by_layer(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    stages, below = [], X
    for size in hidden_sizes:
        stage = nn.Sequential(nn.Linear(below.shape[1], size), nn.Tanh())
        back = nn.Linear(size, below.shape[1])
        optimizer = torch.optim.Adam([*stage.parameters(), *back.parameters()], lr=learning_rate)
        for _ in range(epochs):
            for batch in torch.from_numpy(rng.permutation(len(X))).split(32):
                loss = nn.functional.mse_loss(back(stage(below[batch])), below[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            below = stage(below)
        stages += list(stage)
    return nn.Sequential(*stages)


@pretrain_autoencoder_exercise.variant("pretrain_autoencoder")
def from_arrays(X, hidden_sizes, epochs, learning_rate, rng):
    data = torch.as_tensor(X.astype(np.float32))
    torch.manual_seed(int(rng.integers(2**31)))
    sizes = [data.shape[1], *hidden_sizes]
    encoder, decoder = [], []
    for a, b in itertools.pairwise(sizes):
        encoder += [nn.Linear(a, b), nn.LeakyReLU()]
        decoder = [nn.Linear(b, a), nn.LeakyReLU(), *decoder]
    net = nn.Sequential(*encoder, *decoder[:-1])
    optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(data))).split(32):
            loss = nn.functional.mse_loss(net(data[batch]), data[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net[: len(encoder)]
