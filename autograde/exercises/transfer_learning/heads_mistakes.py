"""Wrong and other right ways to train a head. Each runs as it stands in a student's cell."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from autograde.exercises.transfer_learning.freezing import freeze_layers
from autograde.exercises.transfer_learning.heads import train_head_exercise


@train_head_exercise.misconception(
    "train_head", "Everything trains: the optimizer got all parameters and nothing was frozen."
)
def everything_trains(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
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


@train_head_exercise.misconception(
    "train_head",
    "The frozen weights stay, but the frozen batch norm goes on averaging: its running mean and variance have moved. It has to be in eval mode while the head trains.",
)
def statistics_drift(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], lr=learning_rate, momentum=0.9
    )
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


@train_head_exercise.misconception(
    "train_head",
    "Weight decay moved the frozen weights: their gradients are zero, but they are in the optimizer's list, and decay is added to a gradient of zero. Give it only what trains.",
)
def decay_of_frozen_weights(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=1e-3)
    model.train()
    for module in list(model)[:num_frozen]:
        module.eval()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            for module in list(model)[:num_frozen]:
                for p in module.parameters():
                    p.grad.zero_()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "Only the last module trains, whatever num_frozen says. Everything above the first num_frozen modules should.",
)
def last_layer_only(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    head = list(model)[-1]
    optimizer = torch.optim.SGD(head.parameters(), lr=learning_rate, momentum=0.9)
    model.eval()
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


@train_head_exercise.misconception(
    "train_head",
    "The order comes from torch's own generator (torch.randperm or a DataLoader), so the same `rng` trains another head each time.",
)
def order_from_torch(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(X)).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "The batches always come in the same order: `rng` is not used. Draw a permutation for every epoch.",
)
def never_shuffled(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        for batch in torch.arange(len(X)).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "X is shuffled and y is not, so pictures and labels no longer belong together. Use one permutation for both.",
)
def labels_left_behind(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for i in range(0, len(X), batch_size):
            loss = nn.functional.cross_entropy(model(X[order[i : i + batch_size]]), y[i : i + batch_size])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head", "The loss is computed and nothing learns from it: optimizer.step() is missing."
)
def no_step(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head", "The learning rate is a constant of your own; the argument learning_rate is not used."
)
def own_learning_rate(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=0.05, momentum=0.9)
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


@train_head_exercise.misconception("train_head", "There is one pass over the data, whatever `epochs` says.")
def one_epoch(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for batch in torch.from_numpy(rng.permutation(len(X))).split(batch_size):
        loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@train_head_exercise.misconception("train_head", "All examples go through at once: batch_size is not used.")
def full_batches(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.Adam(freeze_layers(model, num_frozen), lr=learning_rate)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for _ in range(6):
            loss = nn.functional.cross_entropy(model(X[order]), y[order])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "The losses of an epoch's batches are added up. Losses are means: divide by the number of batches (or weight by their sizes).",
)
def losses_added_up(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total)
    return losses


@train_head_exercise.misconception(
    "train_head",
    "A softmax stands before cross_entropy, which takes one itself: the loss cannot fall below 0.55 for three classes. Give it logits.",
)
def softmax_twice(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]).softmax(dim=1), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "A copy of the model was trained; the model that was handed in is as untrained as before. Train the model itself.",
)
def trained_a_copy(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    import copy

    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        total = 0.0
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses


@train_head_exercise.misconception(
    "train_head", "Only the losses of the last epoch come back. Collect them over all epochs."
)
def last_epoch_only(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    for _ in range(epochs):
        losses = []
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.misconception(
    "train_head",
    "The gradients are never cleared, so every step adds all gradients before it and the head swings instead of settling: zero_grad() before backward().",
)
def gradients_pile_up(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.SGD(freeze_layers(model, num_frozen), lr=learning_rate, momentum=0.9)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@train_head_exercise.variant("train_head")
def plain_sgd(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    frozen = list(model)[:num_frozen]
    for module in frozen:
        for p in module.parameters():
            p.requires_grad = False
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        model.train()
        for module in frozen:
            module.eval()
        order = rng.permutation(len(X))
        for i in range(0, len(X), batch_size):
            batch = order[i : i + batch_size]
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    return losses


@train_head_exercise.variant("train_head")
def adam_with_decay(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    optimizer = torch.optim.AdamW(freeze_layers(model, num_frozen), lr=learning_rate, weight_decay=0.1)
    model.train()
    losses = []
    for _ in range(epochs):
        sizes = []
        for batch in torch.as_tensor(rng.permutation(X.shape[0])).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            sizes.append(loss.item())
        losses.append(np.mean(sizes))
    return np.array(losses)


@train_head_exercise.variant("train_head")
def cached_features(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    with torch.no_grad():
        features = model[:num_frozen].eval()(X)
    upper = model[num_frozen:]
    upper.train()
    optimizer = torch.optim.SGD(upper.parameters(), lr=learning_rate, momentum=0.9, weight_decay=1e-3)
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(features)))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(upper(features[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
    return losses


@train_head_exercise.variant("train_head")
def seeded_loader(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    params = freeze_layers(model, num_frozen)
    optimizer = torch.optim.Adam(params, lr=learning_rate, weight_decay=1e-4)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True, generator=generator)
    losses = []
    model.train()
    for _ in range(epochs):
        running = 0.0
        for xb, yb in loader:
            optimizer.zero_grad(set_to_none=False)
            loss = nn.functional.cross_entropy(model(xb), yb)
            loss.backward()
            optimizer.step()
            running += loss.item()
        losses.append(running / len(loader))
    return losses


@train_head_exercise.variant("train_head")
def flags_and_the_whole_list(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    freeze_layers(model, num_frozen)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=0.01)
    losses = []
    for _ in range(epochs):
        model.train()
        order = torch.from_numpy(rng.permutation(len(X)))
        for batch in order.split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(model(X), y).item())
    return losses
