"""Wrong and other right ways to freeze layers. Each runs as it stands in a student's cell."""

from __future__ import annotations

from torch import nn

from autograde.exercises.transfer_learning.freezing import freeze_layers_exercise


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "The parameters are frozen, the batch-norm statistics are not: every forward pass in training mode moves them. "
    "Frozen modules have to stay in eval mode, even after model.train().",
)
def statistics_drift(model, num_frozen):
    for module in list(model)[:num_frozen]:
        for p in module.parameters():
            p.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "eval() holds until somebody calls model.train(), as every training loop does: then the statistics move again. "
    "Make the frozen modules refuse: module.train = lambda mode=True: module.",
)
def eval_only_once(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.eval()
        for p in module.parameters():
            p.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "module.requires_grad = False only hangs a new attribute on the module. The method is requires_grad_(False), or set it for each parameter.",
)
def attribute_on_the_module(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad = False
        module.eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "The frozen parameters are left out of the list, but they still require a gradient: it is computed for nothing, and another optimizer would move them.",
)
def only_left_out_of_the_list(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.eval()
        module.train = lambda mode=True, module=module: module
    return [p for module in list(model)[num_frozen:] for p in module.parameters()]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "You return every parameter, the frozen ones too. An optimizer with weight decay may move what is in its list.",
)
def all_parameters_returned(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return list(model.parameters())


@freeze_layers_exercise.misconception(
    "freeze_layers", "You return the frozen parameters. The list should hold those that still train."
)
def frozen_parameters_returned(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for module in list(model)[:num_frozen] for p in module.parameters()]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "You freeze the last num_frozen modules. The general features, worth keeping, sit in the first ones.",
)
def last_layers_frozen(model, num_frozen):
    for module in list(model)[len(model) - num_frozen :]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "You count parameter tensors: the first num_frozen of them. num_frozen counts modules, each with any number of tensors.",
)
def tensors_counted(model, num_frozen):
    for p in list(model.parameters())[:num_frozen]:
        p.requires_grad = False
    for module in list(model)[:num_frozen]:
        module.eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "You count only modules that have parameters. num_frozen counts every module of the Sequential, activations too.",
)
def modules_with_parameters_counted(model, num_frozen):
    bearing = [m for m in model if len(list(m.parameters()))]
    for module in bearing[:num_frozen]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers", "One module too many is frozen: the slice should end before index num_frozen."
)
def one_too_many_frozen(model, num_frozen):
    for module in list(model)[: num_frozen + 1]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers", "One module too few is frozen: module num_frozen - 1 is frozen as well."
)
def one_too_few_frozen(model, num_frozen):
    for module in list(model)[: max(0, num_frozen - 1)]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "Only the weights are frozen; the biases (and batch norm's β) of the frozen part still train.",
)
def biases_still_train(model, num_frozen):
    for module in list(model)[:num_frozen]:
        for name, p in module.named_parameters():
            if name.endswith("weight"):
                p.requires_grad = False
        module.eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers", "Only linear layers are frozen; γ and β of a batch norm in the frozen part still train."
)
def norm_parameters_still_train(model, num_frozen):
    for module in list(model)[:num_frozen]:
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.requires_grad_(False)
        module.eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "The whole model refuses train(): dropout and batch norm of the upper layers no longer train either. Only the frozen modules should refuse.",
)
def whole_model_in_eval(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
    model.eval()
    model.train = lambda mode=True: model
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "The list holds copies (clone or detach). An optimizer would move the copies and never the model: return the parameters themselves.",
)
def copies_returned(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p.detach().clone().requires_grad_() for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers",
    "The batch-norm statistics are reset to 0 and 1: the frozen features are no longer those that were learned.",
)
def statistics_reset(model, num_frozen):
    for module in list(model)[:num_frozen]:
        for part in module.modules():
            if hasattr(part, "reset_running_stats"):
                part.reset_running_stats()
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.misconception(
    "freeze_layers", "Everything below the last layer is frozen, whatever num_frozen says."
)
def all_but_the_head(model, num_frozen):
    for module in list(model)[:-1]:
        module.requires_grad_(False).eval()
        module.train = lambda mode=True, module=module: module
    return list(list(model)[-1].parameters())


@freeze_layers_exercise.variant("freeze_layers")
def only_norms_refuse(model, num_frozen):
    import types

    for i, module in enumerate(model):
        if i >= num_frozen:
            break
        for p in module.parameters():
            p.requires_grad = False
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
                part.eval()
                part.train = types.MethodType(lambda self, mode=True: self, part)
    return [p for p in model.parameters() if p.requires_grad]


@freeze_layers_exercise.variant("freeze_layers")
def model_takes_care(model, num_frozen):
    held = [model[i] for i in range(num_frozen)]
    ordinary = model.train

    def train(mode=True):
        ordinary(mode)
        for module in held:
            module.eval()
        return model

    for module in held:
        module.requires_grad_(False)
        module.eval()
    model.train = train
    ids = {id(p) for module in held for p in module.parameters()}
    return [p for p in model.parameters() if id(p) not in ids]


@freeze_layers_exercise.variant("freeze_layers")
def other_class(model, num_frozen):
    class Held(type(model)):
        def train(self, mode=True):
            super().train(mode)
            for module in list(self)[:num_frozen]:
                module.eval()
            return self

    for module in list(model)[:num_frozen]:
        module.eval()
        for p in module.parameters():
            p.requires_grad_(False)
    model.__class__ = Held
    return list(filter(lambda p: p.requires_grad, model.parameters()))


@freeze_layers_exercise.variant("freeze_layers")
def momentum_zero(model, num_frozen):
    trainable = []
    for i, module in enumerate(model):
        if i >= num_frozen:
            trainable.extend(module.parameters())
            continue
        module.requires_grad_(False)
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.momentum = 0.0
    return trainable


@freeze_layers_exercise.variant("freeze_layers")
def hook_before_every_forward(model, num_frozen):
    for module in model[:num_frozen]:
        for part in module.modules():
            part.register_forward_pre_hook(lambda m, args: m.__setattr__("training", False))
        for p in module.parameters():
            p.requires_grad = False
    return tuple(p for p in model.parameters() if p.requires_grad)
