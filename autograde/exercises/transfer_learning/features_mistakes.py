"""Wrong and other right ways to extract features. Each runs as it stands in a student's cell."""

from __future__ import annotations

import copy

import torch
from torch import nn

from autograde.exercises.transfer_learning.features import extract_features_exercise


@extract_features_exercise.misconception(
    "extract_features",
    "The data go through in training mode: dropout is on and batch norm uses the batch (and moves its statistics). Call model.eval() first.",
)
def training_mode(model, X, num_layers, batch_size=256):
    with torch.no_grad():
        return torch.cat([model[:num_layers](part) for part in X.split(batch_size)])


@extract_features_exercise.misconception(
    "extract_features",
    "The model stays in eval mode afterwards: dropout and batch norm would be off for the rest of the training. Restore its mode.",
)
def left_in_eval(model, X, num_layers, batch_size=256):
    model.eval()
    with torch.no_grad():
        return torch.cat([model[:num_layers](part) for part in X.split(batch_size)])


@extract_features_exercise.misconception(
    "extract_features",
    "You call model.train() at the end whatever the mode was before. A model that came in eval mode should leave in eval mode.",
)
def always_train_afterwards(model, X, num_layers, batch_size=256):
    model.eval()
    with torch.no_grad():
        out = torch.cat([model[:num_layers](part) for part in X.split(batch_size)])
    model.train()
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "model[:num_layers] is a new Sequential, whose own `training` is True at birth: what you restore is that, not the model's mode. Ask model.training.",
)
def mode_of_the_slice(model, X, num_layers, batch_size=256):
    lower = model[:num_layers]
    was = lower.training
    lower.eval()
    with torch.no_grad():
        out = torch.cat([lower(part) for part in X.split(batch_size)])
    lower.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "The features carry their graph. eval() does not switch it off: compute under torch.no_grad(), or detach.",
)
def graph_kept(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    out = torch.cat([model[:num_layers](part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "All examples go through at once; batch_size is not used. With a large data set that does not fit into memory.",
)
def everything_at_once(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = model[:num_layers](X)
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "The last, short batch is lost: X holds more examples than you return features. Round the number of batches up.",
)
def last_batch_lost(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        count = max(1, len(X) // batch_size)
        out = torch.cat([model[:num_layers](X[i * batch_size : (i + 1) * batch_size]) for i in range(count)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "One module too many: the features are the output of module number num_layers, counted from 1.",
)
def one_layer_too_many(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = torch.cat([model[: num_layers + 1](part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features", "One module too few: all of the first num_layers modules should run."
)
def one_layer_too_few(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = torch.cat([model[: num_layers - 1](part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features", "These are the outputs of the whole model. Stop after num_layers modules."
)
def whole_model(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = torch.cat([model(part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "The features are flattened to (n, …). Return them in the shape in which the last of these modules gives them.",
)
def flattened(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = torch.cat([model[:num_layers](part).flatten(1) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features", "You return a list of batches. Join them along the first axis: torch.cat(parts)."
)
def list_of_batches(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = [model[:num_layers](part) for part in X.split(batch_size)]
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features",
    "To get rid of the graph you froze the model for good: its parameters no longer require a gradient. torch.no_grad() leaves them alone.",
)
def model_frozen(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    model.requires_grad_(False)
    out = torch.cat([model[:num_layers](part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.misconception(
    "extract_features", "The model was cut down to its first modules. Run them without taking the rest away."
)
def model_cut(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    del model[num_layers:]
    with torch.no_grad():
        out = torch.cat([model(part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.variant("extract_features")
def slice_and_split(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = torch.cat([model[:num_layers](part) for part in X.split(batch_size)])
    model.train(was)
    return out


@extract_features_exercise.variant("extract_features")
def detached_parts(model, X, num_layers, batch_size=256):
    training = model.training
    model.train(False)
    parts = []
    for start in range(0, X.shape[0], batch_size):
        h = X[start : start + batch_size]
        for i in range(num_layers):
            h = model[i](h)
        parts.append(h.detach())
    if training:
        model.train()
    return torch.cat(parts, dim=0)


@extract_features_exercise.variant("extract_features")
def a_copy_in_eval(model, X, num_layers, batch_size=256):
    lower = nn.Sequential(*copy.deepcopy(list(model)[:num_layers])).eval()
    with torch.inference_mode():
        out = torch.cat([lower(part) for part in torch.split(X, batch_size)])
    return out.clone()


@extract_features_exercise.variant("extract_features")
def with_a_data_loader(model, X, num_layers, batch_size=256):
    modes = {m: m.training for m in model.modules()}
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X), batch_size=batch_size)
    try:
        model.eval()
        with torch.no_grad():
            return torch.vstack([model[:num_layers](batch) for (batch,) in loader])
    finally:
        for m, mode in modes.items():
            m.training = mode


@extract_features_exercise.variant("extract_features")
def filled_in(model, X, num_layers, batch_size=256):
    before = model.training
    model.eval()
    out = None
    for i in range(0, len(X), batch_size):
        with torch.set_grad_enabled(False):
            part = nn.Sequential(*list(model.children())[:num_layers])(X[i : i + batch_size])
        if out is None:
            out = torch.empty(len(X), *part.shape[1:])
        out[i : i + batch_size] = part
    model.train(before)
    return out
