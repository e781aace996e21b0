"""Wrong and other right ways to load an encoder. Each runs as it stands in a student's cell."""

from __future__ import annotations

import torch

from autograde.exercises.transfer_learning.loading import bug_hunt_exercise


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "The names still carry encoder. in front, the model knows no such name, and strict=False keeps quiet about it: nothing was loaded. Take the prefix off.",
)
def as_it_was(model, checkpoint):
    wanted = {name: tensor for name, tensor in checkpoint.items() if name.startswith("encoder.")}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "Every prefix is cut off, so tensors of the decoder overwrite those of the encoder. Take only names that start with encoder.",
)
def any_prefix(model, checkpoint):
    wanted = {name.split(".", 1)[1]: t for name, t in checkpoint.items() if "." in name}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "You look for encoder. anywhere in a name, so old_encoder. counts too and overwrites the encoder. Names have to start with it.",
)
def anywhere_in_the_name(model, checkpoint):
    wanted = {n.split("encoder.")[1]: t for n, t in checkpoint.items() if "encoder." in n}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "The values arrive, but the names you return still have encoder. in front. Return them as the model calls them.",
)
def names_with_prefix(model, checkpoint):
    wanted = {n.removeprefix("encoder."): t for n, t in checkpoint.items() if n.startswith("encoder.")}
    model.load_state_dict(wanted, strict=False)
    return sorted("encoder." + n for n in wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder", "The values arrive, but the returned names are not sorted."
)
def names_not_sorted(model, checkpoint):
    wanted = {n.removeprefix("encoder."): t for n, t in checkpoint.items() if n.startswith("encoder.")}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted, reverse=True)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "Parameters arrive, buffers do not: batch norm's running mean and variance are part of the state as well.",
)
def parameters_only(model, checkpoint):
    wanted = {n.removeprefix("encoder."): t for n, t in checkpoint.items() if n.startswith("encoder.")}
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, tensor in wanted.items():
            if name in own:
                own[name].copy_(tensor)
    return sorted(wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder",
    "The names you return are all of the model's, loaded or not. Say what really arrived.",
)
def all_names_of_the_model(model, checkpoint):
    wanted = {n.removeprefix("encoder."): t for n, t in checkpoint.items() if n.startswith("encoder.")}
    model.load_state_dict(wanted, strict=False)
    return sorted(model.state_dict())


@bug_hunt_exercise.misconception(
    "repaired_load_encoder", "Only weights arrive; the biases of the encoder are left at their old values."
)
def weights_only(model, checkpoint):
    wanted = {
        n.removeprefix("encoder."): t
        for n, t in checkpoint.items()
        if n.startswith("encoder.") and n.endswith("weight")
    }
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


@bug_hunt_exercise.misconception(
    "repaired_load_encoder", "The decoder's tensors were loaded. The classifier starts from the encoder."
)
def decoder_loaded(model, checkpoint):
    wanted = {n.removeprefix("decoder."): t for n, t in checkpoint.items() if n.startswith("decoder.")}
    model.load_state_dict(wanted, strict=False)
    return sorted(wanted)


@bug_hunt_exercise.variant("repaired_load_encoder")
def remove_prefix(model, checkpoint):
    wanted = {n.removeprefix("encoder."): t for n, t in checkpoint.items() if n.startswith("encoder.")}
    result = model.load_state_dict(wanted, strict=False)
    assert not result.unexpected_keys
    return sorted(wanted)


@bug_hunt_exercise.variant("repaired_load_encoder")
def whole_state_strictly(model, checkpoint):
    state = model.state_dict()
    loaded = []
    for name in checkpoint:
        head, _, rest = name.partition(".")
        if head == "encoder":
            state[rest] = checkpoint[name]
            loaded.append(rest)
    model.load_state_dict(state)
    loaded.sort()
    return loaded


@bug_hunt_exercise.variant("repaired_load_encoder")
def copied_one_by_one(model, checkpoint):
    own = model.state_dict()
    done = set()
    for name, tensor in checkpoint.items():
        if name.startswith("encoder."):
            own[name[8:]].copy_(tensor)
            done.add(name[8:])
    return sorted(done)


@bug_hunt_exercise.variant("repaired_load_encoder")
def from_the_models_side(model, checkpoint):
    names = []
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if f"encoder.{name}" in checkpoint:
            tensor.data.copy_(checkpoint[f"encoder.{name}"])
            names.append(name)
    return tuple(sorted(names))
