"""Wrong and other right ways to reuse layers and to make a classifier. Each runs as it stands in a student's cell."""

from __future__ import annotations

import copy

import torch
from torch import nn

from autograde.exercises.transfer_learning.reuse import (
    classifier_from_encoder_exercise,
    reuse_layers,
    reuse_layers_exercise,
)

# --- reuse_layers ------------------------------------------------------------------------------------------


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "Your net holds the old net's own modules: training the one changes the other. Put copy.deepcopy around each module.",
)
def aliased(pretrained, num_reused, num_classes):
    kept = list(pretrained)[:num_reused]
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "copy.copy makes a new module around the same tensors: weights are still shared. Use copy.deepcopy.",
)
def shallow_copies(pretrained, num_reused, num_classes):
    kept = [copy.copy(m) for m in list(pretrained)[:num_reused]]
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes)).train(pretrained.training)


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The old net is kept whole, old head included, with the new head behind it. Keep the first num_reused modules only.",
)
def head_on_the_whole_net(pretrained, num_reused, num_classes):
    width = [m for m in pretrained if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*copy.deepcopy(pretrained), nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The old head was kept where the number of classes agrees. A new task needs a new head, even then.",
)
def old_head_kept(pretrained, num_reused, num_classes):
    net = copy.deepcopy(pretrained)
    kept = list(net)[:num_reused]
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    old = net[-1]
    if (old.in_features, old.out_features) == (width, num_classes):
        return nn.Sequential(*kept, old)
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The layers have the right shapes and fresh random weights: nothing was carried over. Copy the modules, not their sizes.",
)
def fresh_weights(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:num_reused])
    for m in kept:
        if hasattr(m, "reset_parameters"):
            m.reset_parameters()
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "One module too few is reused: list(pretrained)[:num_reused] already ends before number num_reused.",
)
def one_too_few(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[: max(1, num_reused - 1)])
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers", "One module too many is reused: the slice should end before index num_reused."
)
def one_too_many(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[: num_reused + 1])
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "You count linear layers. num_reused counts modules of the Sequential: activations, batch norm and dropout are modules too.",
)
def linear_layers_counted(pretrained, num_reused, num_classes):
    kept, seen = [], 0
    for m in pretrained:
        seen += isinstance(m, nn.Linear)
        if seen > num_reused:
            break
        kept.append(copy.deepcopy(m))
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "Only the old head was replaced: num_reused is not used. Cut after the first num_reused modules.",
)
def only_the_head_replaced(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:-1])
    return nn.Sequential(*kept, nn.Linear(pretrained[-1].in_features, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The head's in_features are those of the old head. Where the cut lies lower they do not fit: use the width of the last reused layer.",
)
def width_of_the_old_head(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:num_reused])
    return nn.Sequential(*kept, nn.Linear(pretrained[-1].in_features, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "pretrained[:num_reused] is itself a Sequential, so your net has two modules: a block and a head. Unpack it with *, so that freeze_layers can count.",
)
def block_and_head(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(pretrained[:num_reused])
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers", "A softmax stands behind the head. Return logits: cross_entropy takes the softmax itself."
)
def softmax_behind_the_head(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:num_reused])
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes), nn.Softmax(dim=1))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The head is written into the original net before it is copied, so the original has lost its own head. Copy first.",
)
def original_loses_its_head(pretrained, num_reused, num_classes):
    width = [m for m in list(pretrained)[:num_reused] if isinstance(m, nn.Linear)][-1].out_features
    del pretrained[num_reused:]
    pretrained.append(nn.Linear(width, num_classes))
    return copy.deepcopy(pretrained)


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The copies are frozen as well. Reusing and freezing are two decisions: leave requires_grad as it was.",
)
def copies_frozen(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:num_reused])
    for m in kept:
        m.requires_grad_(False)
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "The parameters came along, the buffers did not: batch norm's running mean and variance are back at 0 and 1. Copy the whole state.",
)
def buffers_forgotten(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[:num_reused])
    for m in kept:
        if isinstance(m, nn.BatchNorm1d):
            m.reset_running_stats()
    width = [m for m in kept if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.misconception(
    "reuse_layers",
    "You reuse the last modules. The general features sit in the first ones, next to the input.",
)
def upper_layers_reused(pretrained, num_reused, num_classes):
    kept = copy.deepcopy(list(pretrained)[-num_reused:])
    width = [m for m in kept if isinstance(m, nn.Linear)]
    return nn.Sequential(*kept, nn.Linear(width[-1].out_features if width else 1, num_classes))


@reuse_layers_exercise.variant("reuse_layers")
def cut_and_append(pretrained, num_reused, num_classes):
    net = copy.deepcopy(pretrained)
    del net[num_reused:]
    width = next(m.out_features for m in reversed(net) if isinstance(m, nn.Linear))
    net.append(nn.Linear(width, num_classes))
    return net


@reuse_layers_exercise.variant("reuse_layers")
def named_head(pretrained, num_reused, num_classes):
    net = copy.deepcopy(pretrained[:num_reused])
    following = next(m for m in pretrained[num_reused:] if isinstance(m, nn.Linear))
    net.add_module("head", nn.Linear(following.in_features, num_classes))
    return net


@reuse_layers_exercise.variant("reuse_layers")
def lazy_head(pretrained, num_reused, num_classes):
    return nn.Sequential(*[copy.deepcopy(m) for m in pretrained][:num_reused], nn.LazyLinear(num_classes))


@reuse_layers_exercise.variant("reuse_layers")
def width_by_trying(pretrained, num_reused, num_classes):
    kept = nn.Sequential(*(copy.deepcopy(pretrained[i]) for i in range(num_reused)))
    kept.eval()
    with torch.no_grad():
        width = kept(torch.zeros(1, pretrained[0].in_features)).shape[1]
    kept.train()
    return nn.Sequential(*kept, nn.Linear(width, num_classes))


@reuse_layers_exercise.variant("reuse_layers")
def width_of_the_last_with_one(pretrained, num_reused, num_classes):
    width, layers = None, []
    for index, module in enumerate(pretrained):
        if index == num_reused:
            break
        layers.append(copy.deepcopy(module))
        width = getattr(module, "out_features", width)
    head = nn.Linear(width, num_classes)
    nn.init.zeros_(head.bias)
    return nn.Sequential(*layers, head)


# --- classifier_from_encoder -------------------------------------------------------------------------------


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The encoder's shape came along, its weights did not: they are fresh random numbers. Copy the modules themselves.",
)
def encoder_reinitialised(encoder, num_classes):
    body = copy.deepcopy(encoder)
    for m in body:
        if hasattr(m, "reset_parameters"):
            m.reset_parameters()
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes)).requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The encoder is frozen in your classifier. Here all of it should train: the encoder is a start, not a fixed part.",
)
def encoder_frozen(encoder, num_classes):
    body = copy.deepcopy(encoder).requires_grad_(False)
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes))


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "An encoder that arrives frozen stays frozen in your classifier: a deep copy copies requires_grad = False too. Switch it on.",
)
def frozen_stays_frozen(encoder, num_classes):
    body = copy.deepcopy(encoder)
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes))


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "There is no head: the last linear layer of the encoder was replaced instead of followed by one.",
)
def last_layer_replaced(encoder, num_classes):
    body = copy.deepcopy(encoder).requires_grad_(True)
    last = max(i for i, m in enumerate(body) if isinstance(m, nn.Linear))
    body[last] = nn.Linear(body[last].in_features, num_classes)
    return nn.Sequential(*list(body)[: last + 1])


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder", "The last module of the encoder is missing. Take all of it."
)
def last_module_dropped(encoder, num_classes):
    body = copy.deepcopy(encoder)[:-1].requires_grad_(True)
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes))


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "A softmax stands behind the head. Return logits: cross_entropy takes the softmax itself.",
)
def softmax_at_the_end(encoder, num_classes):
    body = copy.deepcopy(encoder)
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes), nn.Softmax(dim=1)).requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The decoder came along: the classifier goes back up to the picture before its head. The code goes straight into the head.",
)
def decoder_copied(encoder, num_classes):
    body = copy.deepcopy(encoder)
    linear = [m for m in body if isinstance(m, nn.Linear)]
    decoder = [nn.Linear(m.out_features, m.in_features) for m in reversed(linear)]
    return nn.Sequential(*body, *decoder, nn.Linear(linear[0].in_features, num_classes)).requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The activations are missing: only the linear layers came along, and without activations the net is one linear map.",
)
def activations_lost(encoder, num_classes):
    linear = [copy.deepcopy(m) for m in encoder if not isinstance(m, nn.ReLU | nn.Tanh | nn.ELU | nn.Sigmoid)]
    width = [m for m in linear if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*linear, nn.Linear(width, num_classes)).requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The head was appended to the encoder itself, which the caller still needs. Build a new Sequential.",
)
def encoder_grows(encoder, num_classes):
    width = [m for m in encoder if isinstance(m, nn.Linear)][-1].out_features
    encoder.append(nn.Linear(width, num_classes))
    return encoder.requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The head's in_features are the encoder's input width; they should be the width of its code.",
)
def width_of_the_input(encoder, num_classes):
    body = copy.deepcopy(encoder)
    width = next(m for m in body if isinstance(m, nn.Linear)).in_features
    return nn.Sequential(*body, nn.Linear(width, num_classes)).requires_grad_(True)


@classifier_from_encoder_exercise.misconception(
    "classifier_from_encoder",
    "The batch-norm statistics were reset: buffers are part of the encoder too. Copy the whole module.",
)
def statistics_reset(encoder, num_classes):
    body = copy.deepcopy(encoder)
    for m in body:
        if isinstance(m, nn.BatchNorm1d):
            m.reset_running_stats()
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.Linear(width, num_classes)).requires_grad_(True)


@classifier_from_encoder_exercise.variant("classifier_from_encoder")
def nested_encoder(encoder, num_classes):
    width = [m for m in encoder.modules() if isinstance(m, nn.Linear)][-1].out_features
    net = nn.Sequential(copy.deepcopy(encoder), nn.Linear(width, num_classes))
    for p in net.parameters():
        p.requires_grad = True
    return net


@classifier_from_encoder_exercise.variant("classifier_from_encoder")
def shared_encoder(encoder, num_classes):
    width = next(m.out_features for m in reversed(encoder) if isinstance(m, nn.Linear))
    net = nn.Sequential(*encoder, nn.Linear(width, num_classes))
    return net.requires_grad_(True)


@classifier_from_encoder_exercise.variant("classifier_from_encoder")
def lazy_head_behind(encoder, num_classes):
    body = copy.deepcopy(encoder)
    body.requires_grad_(True)
    return nn.Sequential(*body, nn.LazyLinear(num_classes))


@classifier_from_encoder_exercise.variant("classifier_from_encoder")
def through_reuse_layers(encoder, num_classes):
    net = reuse_layers(encoder, len(encoder), num_classes)
    for p in net.parameters():
        p.requires_grad_()
    return net


@classifier_from_encoder_exercise.variant("classifier_from_encoder")
def activation_before_the_head(encoder, num_classes):
    body = [copy.deepcopy(m) for m in encoder]
    width = [m for m in body if isinstance(m, nn.Linear)][-1].out_features
    return nn.Sequential(*body, nn.ReLU(), nn.Linear(width, num_classes)).requires_grad_(True)
