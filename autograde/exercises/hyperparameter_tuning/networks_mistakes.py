"""Ways to build the default network, wrong and right (see `networks`)."""

import math

import torch
from torch import nn

from autograde.exercises.hyperparameter_tuning.networks import default_dnn_exercise


@default_dnn_exercise.misconception(
    "default_dnn",
    "The hidden Linear layers keep their bias. The batch norm after them subtracts it again; β does its job: bias=False.",
)
def bias_kept(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "A Softmax stands at the end. nn.CrossEntropyLoss contains one; two of them in a row flatten the gradient. Return logits.",
)
def softmax_at_the_end(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes), nn.Softmax(dim=1))


@default_dnn_exercise.misconception(
    "default_dnn",
    "The weights have torch's default variance, 1/(3·fan_in), a sixth of He's. Initialize them: nn.init.kaiming_normal_.",
)
def torch_default_weights(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        modules += [
            nn.Linear(in_features, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ELU(),
            nn.Dropout(dropout),
        ]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "The weights have Xavier's variance, 2/(fan_in + fan_out). The default recipe takes He's, 2/fan_in.",
)
def xavier_weights(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.xavier_normal_(linear.weight)
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "The weights have standard deviation 2/√n, the slide's formula for He. Right is √(2/n), n = fan_in.",
)
def slides_he(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.normal_(linear.weight, 0.0, 2.0 / math.sqrt(in_features))
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "He's variance is taken with fan_out: mode=\"fan_out\" keeps the gradient's size, the recipe keeps the signal's "
    "(fan_in).",
)
def he_with_fan_out(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, mode="fan_out", nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "Batch norm stands after the activation. In the recipe it stands before: Linear, BatchNorm1d, ELU, Dropout.",
)
def batchnorm_after_activation(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.ELU(), nn.BatchNorm1d(width), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "Dropout stands before batch norm, so the batch statistics are those of a thinned layer, and at test time they no "
    "longer fit. Put it last.",
)
def dropout_before_batchnorm(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.Dropout(dropout), nn.BatchNorm1d(width), nn.ELU()]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn", "The activation is ReLU. The slides' default is ELU: nn.ELU()."
)
def relu_for_elu(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn", "p is always 0.5 in your network: pass the argument dropout to nn.Dropout."
)
def dropout_always_half(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout()]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "nn.Dropout wants the probability to drop, and you give it the probability to keep, 1 - dropout.",
)
def keep_for_drop(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(1 - dropout)]
        in_features = width
    return nn.Sequential(*modules, nn.Linear(in_features, num_classes))


@default_dnn_exercise.misconception(
    "default_dnn",
    "The head is dressed like a hidden layer: no batch norm, activation or dropout belongs after it.",
)
def head_like_a_hidden_layer(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in [*hidden_sizes, num_classes]:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return nn.Sequential(*modules)


@default_dnn_exercise.misconception(
    "default_dnn", "Only the first hidden layer is built. Loop over all hidden_sizes."
)
def first_hidden_layer_only(in_features, hidden_sizes, num_classes, dropout=0.5):
    width = hidden_sizes[0]
    linear = nn.Linear(in_features, width, bias=False)
    nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
    return nn.Sequential(
        linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout), nn.Linear(width, num_classes)
    )


@default_dnn_exercise.misconception(
    "default_dnn", "You return the list of layers. nn.Sequential(*layers) makes a network of them."
)
def a_list_of_layers(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for width in hidden_sizes:
        linear = nn.Linear(in_features, width, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        modules += [linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)]
        in_features = width
    return [*modules, nn.Linear(in_features, num_classes)]


@default_dnn_exercise.variant("default_dnn")
def nested_blocks(in_features, hidden_sizes, num_classes, dropout=0.5):
    def block(fan_in, width):
        linear = nn.Linear(fan_in, width, bias=False)
        nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
        return nn.Sequential(linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout))

    widths = [in_features, *hidden_sizes]
    return nn.Sequential(*map(block, widths[:-1], widths[1:]), nn.Linear(widths[-1], num_classes))


@default_dnn_exercise.variant("default_dnn")
def weights_by_hand(in_features, hidden_sizes, num_classes, dropout=0.5):
    model, fan_in = nn.Sequential(), in_features
    for width in hidden_sizes:
        linear = nn.Linear(fan_in, width, bias=False)
        with torch.no_grad():
            linear.weight.copy_(torch.randn(width, fan_in) * (2 / fan_in) ** 0.5)
        for module in (linear, nn.BatchNorm1d(width), nn.ELU(alpha=1.0, inplace=True), nn.Dropout(p=dropout)):
            model.append(module)
        fan_in = width
    model.append(nn.Linear(fan_in, num_classes))
    return model


@default_dnn_exercise.variant("default_dnn")
def named_modules_and_apply(in_features, hidden_sizes, num_classes, dropout=0.5):
    def he(module):
        if isinstance(module, nn.Linear):
            bound = (6 / module.in_features) ** 0.5
            nn.init.uniform_(module.weight, -bound, bound)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    model = nn.Sequential()
    for i, width in enumerate(hidden_sizes):
        model.add_module(f"linear{i}", nn.Linear(in_features, width, bias=False))
        model.add_module(f"norm{i}", nn.BatchNorm1d(width))
        model.add_module(f"elu{i}", nn.ELU())
        model.add_module(f"dropout{i}", nn.Dropout(dropout))
        in_features = width
    model.add_module("head", nn.Linear(in_features, num_classes))
    return model.apply(he)


@default_dnn_exercise.variant("default_dnn")
def truncated_normal(in_features, hidden_sizes, num_classes, dropout=0.5):
    modules = []
    for fan_in, width in zip([in_features, *hidden_sizes], hidden_sizes, strict=False):
        linear = nn.Linear(fan_in, width, bias=False)
        std = math.sqrt(2 / fan_in) / 0.8796256610342398
        nn.init.trunc_normal_(linear.weight, 0.0, std, -2 * std, 2 * std)
        modules.extend([linear, nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(dropout)])
    head = nn.Linear(hidden_sizes[-1], num_classes)
    nn.init.kaiming_normal_(head.weight)
    return nn.Sequential(*modules, head)
