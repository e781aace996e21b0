"""Lesson 5, audited: solutions in many styles keep their points, subtle mistakes lose some."""

from __future__ import annotations

import copy
import itertools
import math
import types

import numpy as np
import pytest
import torch
from auditing import Audit, each, names
from torch import nn
from torch.nn import functional

audit = Audit("05_transfer_learning")
right, wrong = audit.right, audit.wrong


# ---------------------------------------------------------------- resize_images


def _bilinear(images, size, **more):
    options = {"mode": "bilinear", "align_corners": False, **more}
    return functional.interpolate(images, size=(size, size), **options)


def _weights(old, new):
    """Rows of the matrix that resizes one axis."""
    W = torch.zeros(new, old, dtype=torch.float64)
    for i in range(new):
        x = min(max((i + 0.5) * old / new - 0.5, 0.0), old - 1.0)
        low = math.floor(x)
        high = min(low + 1, old - 1)
        W[i, low] += 1 - (x - low)
        W[i, high] += x - low
    return W


def _resize_matrices(images, size):
    rows, columns = _weights(images.shape[2], size), _weights(images.shape[3], size)
    return (rows @ images.double() @ columns.T).to(images.dtype)


def _resize_gather(images, size):
    def places(old):
        x = ((torch.arange(size, dtype=images.dtype) + 0.5) * old / size - 0.5).clamp(0, old - 1)
        low = x.floor().long()
        return low, (low + 1).clamp(max=old - 1), x - low

    i, k, u = places(images.shape[2])
    rows = images[:, :, i] * (1 - u)[:, None] + images[:, :, k] * u[:, None]
    i, k, u = places(images.shape[3])
    return rows[..., i] * (1 - u) + rows[..., k] * u


def _resize_grid(images, size):
    theta = torch.eye(2, 3, dtype=images.dtype).repeat(len(images), 1, 1)
    grid = functional.affine_grid(theta, [len(images), 1, size, size], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


each(
    right,
    "resize_images",
    {
        "interpolate": _bilinear,
        "one_size": lambda images, size: functional.interpolate(images, size, mode="bilinear"),
        "upsample": lambda images, size: nn.Upsample(size=(size, size), mode="bilinear")(images),
        "matrices": _resize_matrices,
        "gather": _resize_gather,
        "grid": _resize_grid,
        "one_by_one": lambda images, size: torch.cat([_bilinear(image[None], size) for image in images]),
        "einsum": lambda images, size, antialias=False: torch.einsum(
            "ih,nchw,jw->ncij",
            _weights(images.shape[2], size).to(images.dtype),
            images,
            _weights(images.shape[3], size).to(images.dtype),
        ),
    },
)
each(
    wrong,
    "resize_images",
    {
        "align_corners": lambda images, size: _bilinear(images, size, align_corners=True),
        "nearest": lambda images, size: functional.interpolate(images, size=(size, size)),
        "bicubic": lambda images, size: _bilinear(images, size, mode="bicubic"),
        "area": lambda images, size: functional.interpolate(images, size=(size, size), mode="area"),
        "pool": lambda images, size: functional.adaptive_avg_pool2d(images, size),
        "factor": lambda images, size: functional.interpolate(images, scale_factor=size, mode="bilinear"),
        "one_scale": lambda images, size: functional.interpolate(
            images, scale_factor=size / images.shape[2], mode="bilinear", align_corners=False
        ),
        "transposed": lambda images, size: _bilinear(images, size).transpose(2, 3),
        "channel_lost": lambda images, size: _bilinear(images, size)[:, 0],
        "zero_border": lambda images, size: functional.grid_sample(
            images,
            functional.affine_grid(
                torch.eye(2, 3, dtype=images.dtype).repeat(len(images), 1, 1),
                [len(images), 1, size, size],
                align_corners=False,
            ),
            align_corners=False,
        ),
        "larger_only": lambda images, size: (
            _bilinear(images, size) if size >= max(images.shape[2:]) else images[:, :, :size, :size]
        ),
        "crop_smaller": lambda images, size: _bilinear(images, size, align_corners=size < images.shape[2]),
        "first_only": lambda images, size: _bilinear(images[:1], size).expand(len(images), -1, -1, -1),
        "clamped": lambda images, size: _bilinear(images, size).clamp(0, 1),
        "eight": lambda images, size: _bilinear(images, 8),
        "padded": lambda images, size: functional.pad(_bilinear(images, max(1, size - 1)), (0, 1, 0, 1))[
            :, :, :size, :size
        ],
        "no_half_pixel": lambda images, size: functional.grid_sample(
            images,
            functional.affine_grid(
                torch.eye(2, 3, dtype=images.dtype).repeat(len(images), 1, 1),
                [len(images), 1, size, size],
                align_corners=False,
            ),
            padding_mode="border",
            align_corners=True,
        ),
        "numpy": lambda images, size: _bilinear(images, size).numpy(),
        "rounded": lambda images, size: _bilinear(images, size).round(),
        "half_precision": lambda images, size: _bilinear(images, size).half().to(images.dtype),
        "normalized": lambda images, size: (
            _bilinear(images, size) / _bilinear(images, size).amax((2, 3), keepdim=True)
        ),
        "in_place": lambda images, size: _bilinear(images.sub_(images.mean()), size) + 0,
    },
)


# ---------------------------------------------------------------- relabel


def _rl_loop(labels, classes):
    out = []
    for label in labels.tolist():
        if label not in classes:
            raise ValueError(f"{label} is in no class")
        out.append(classes.index(label))
    return torch.tensor(out, dtype=torch.int64)


def _rl_dict(labels, classes):
    place = {c: i for i, c in enumerate(classes)}
    try:
        return torch.tensor([place[int(v)] for v in labels], dtype=torch.long)
    except KeyError as error:
        raise ValueError(f"unknown label {error}") from None


def _rl_equal(labels, classes):
    hit = labels[:, None] == torch.tensor(classes)
    if not hit.any(dim=1).all():
        raise ValueError("a label is in no class")
    return hit.int().argmax(dim=1)


def _rl_masks(labels, classes):
    out = torch.full_like(labels, -1)
    for i, c in enumerate(classes):
        out[labels == c] = i
    if (out < 0).any():
        raise ValueError("no such class")
    return out


def _rl_numpy(labels, classes):
    wanted, values = np.array(classes), labels.numpy()
    if not np.isin(values, wanted).all():
        raise ValueError(f"labels must lie in {classes}")
    order = np.argsort(wanted)
    return torch.from_numpy(order[np.searchsorted(wanted, values, sorter=order)])


each(
    right,
    "relabel",
    {
        "loop": _rl_loop,
        "dict": _rl_dict,
        "equal": _rl_equal,
        "masks": _rl_masks,
        "numpy": _rl_numpy,
        "index": lambda labels, classes: torch.tensor(
            [classes.index(int(label)) for label in labels], dtype=torch.int64
        ),
    },
)


def _rl_in_place(labels, classes):
    new = _rl_masks(labels, classes)
    labels[:] = new
    return labels


def _rl_clobber(labels, classes):
    out = labels.clone()
    for i, c in enumerate(classes):
        out[out == c] = i
    if not torch.isin(labels, torch.tensor(classes)).all():
        raise ValueError("no such class")
    return out


def _rl_checked(f, check=lambda labels, classes: torch.isin(labels, torch.tensor(classes)).all()):
    def relabel(labels, classes):
        if not check(labels, classes):
            raise ValueError("no such class")
        return f(labels, classes)

    return relabel


def _unchecked(labels, classes):
    return (labels[:, None] == torch.tensor(classes)).int().argmax(dim=1)


each(
    wrong,
    "relabel",
    {
        "minus_first": _rl_checked(lambda labels, classes: labels - classes[0]),
        "minus_least": _rl_checked(lambda labels, classes: labels - min(classes)),
        "minus_five": _rl_checked(lambda labels, classes: labels - 5),
        "sorted": _rl_checked(lambda labels, classes: _unchecked(labels, sorted(classes))),
        "ranks_of_labels": _rl_checked(lambda labels, classes: labels.unique(return_inverse=True)[1]),
        "silent": _unchecked,
        "key_error": lambda labels, classes: torch.tensor(
            [{c: i for i, c in enumerate(classes)}[int(v)] for v in labels], dtype=torch.long
        ),
        "minus_one": lambda labels, classes: torch.tensor(
            [classes.index(v) if v in classes else -1 for v in labels.tolist()], dtype=torch.long
        ),
        "dropped": lambda labels, classes: torch.tensor(
            [classes.index(v) for v in labels.tolist() if v in classes], dtype=torch.long
        ),
        "prints": lambda labels, classes: (
            _unchecked(labels, classes) if torch.isin(labels, torch.tensor(classes)).all() else None
        ),
        "range_check": _rl_checked(
            _unchecked, lambda labels, classes: ((labels >= min(classes)) & (labels <= max(classes))).all()
        ),
        "above_only": _rl_checked(_unchecked, lambda labels, classes: (labels <= max(classes)).all()),
        "first_checked": _rl_checked(_unchecked, lambda labels, classes: int(labels[0]) in classes),
        "any_for_all": _rl_checked(
            _unchecked, lambda labels, classes: torch.isin(labels, torch.tensor(classes)).any()
        ),
        "classes_all_needed": _rl_checked(
            _unchecked, lambda labels, classes: set(labels.tolist()) == set(classes)
        ),
        "a_list": _rl_checked(lambda labels, classes: [classes.index(v) for v in labels.tolist()]),
        "floats": _rl_checked(lambda labels, classes: _unchecked(labels, classes).float()),
        "column": _rl_checked(lambda labels, classes: _unchecked(labels, classes)[:, None]),
        "one_hot": _rl_checked(lambda labels, classes: (labels[:, None] == torch.tensor(classes)).long()),
        "from_one": _rl_checked(lambda labels, classes: _unchecked(labels, classes) + 1),
        "in_place": _rl_in_place,
        "clobber": _rl_clobber,
        "backwards": _rl_checked(lambda labels, classes: len(classes) - 1 - _unchecked(labels, classes)),
        "classes_sorted": lambda labels, classes: (classes.sort(), _rl_masks(labels, classes))[1],
        "as_many_as_classes": lambda labels, classes: torch.tensor(
            list(map(classes.index, labels.tolist()[: len(classes)])), dtype=torch.long
        ),
    },
)


# ---------------------------------------------------------------- reuse_layers


def _width(modules):
    return [m.out_features for m in modules if isinstance(m, nn.Linear)][-1]


def _ru_list(pretrained, num_reused, num_classes):
    body = [copy.deepcopy(pretrained[i]) for i in range(num_reused)]
    return nn.Sequential(*body, nn.Linear(_width(body), num_classes))


def _ru_slice(pretrained, num_reused, num_classes):
    net = copy.deepcopy(pretrained[:num_reused])
    net.append(nn.Linear(_width(net), num_classes))
    return net


def _ru_whole(pretrained, num_reused, num_classes):
    modules = list(copy.deepcopy(pretrained).children())[:num_reused]
    for module in reversed(modules):
        if hasattr(module, "out_features"):
            break
    return nn.Sequential(*modules, nn.Linear(module.out_features, num_classes))


def _ru_add(pretrained, num_reused, num_classes, bias=True):
    net, width = nn.Sequential(), None
    for i, module in enumerate(pretrained):
        if i == num_reused:
            break
        if isinstance(module, nn.Linear):
            width = module.weight.shape[0]
        net.add_module(str(i), copy.deepcopy(module))
    net.add_module("head", nn.Linear(width, num_classes, bias=bias))
    return net


def _ru_dry_run(pretrained, num_reused, num_classes):
    net = nn.Sequential(*[copy.deepcopy(m) for m in pretrained[:num_reused]])
    trial = copy.deepcopy(net).eval()
    first = next(m for m in trial.modules() if isinstance(m, nn.Linear))
    with torch.no_grad():
        width = trial(torch.zeros(1, first.in_features, dtype=first.weight.dtype)).shape[1]
    return net.append(nn.Linear(width, num_classes))


def _ru_del(pretrained, num_reused, num_classes):
    net = copy.deepcopy(pretrained)
    while len(net) > num_reused:
        del net[-1]
    head = nn.Linear(_width(net), num_classes)
    nn.init.kaiming_normal_(head.weight)
    nn.init.zeros_(head.bias)
    net.append(head)
    return net


each(
    right,
    "reuse_layers",
    {
        "list": _ru_list,
        "slice": _ru_slice,
        "whole": _ru_whole,
        "add": _ru_add,
        "dry_run": _ru_dry_run,
        "deleted": _ru_del,
    },
)


def _ru(body=None, head=None, count=lambda n: n, after=None):
    """reuse_layers with one step changed."""

    def reuse_layers(pretrained, num_reused, num_classes):
        part = body(pretrained, count(num_reused)) if body else copy.deepcopy(pretrained[: count(num_reused)])
        top = head(pretrained, part, num_classes) if head else [nn.Linear(_width(part), num_classes)]
        net = nn.Sequential(*part, *top)
        return after(net, pretrained) if after else net

    return reuse_layers


def _fresh(module):
    new = copy.deepcopy(module)
    for m in new.modules():
        if hasattr(m, "reset_parameters"):
            m.reset_parameters()
    return new


def _fresh_statistics(module):
    new = copy.deepcopy(module)
    for m in new.modules():
        if hasattr(m, "reset_running_stats"):
            m.reset_running_stats()
    return new


def _shared_statistics(module):
    new = copy.deepcopy(module)
    for name, buffer in module.named_buffers(recurse=False):
        new._buffers[name] = buffer
    return new


def _shared_bias(module):
    new = copy.deepcopy(module)
    if getattr(module, "bias", None) is not None:
        new.bias = module.bias
    return new


def _data_shared(module):
    new = copy.deepcopy(module)
    for mine, theirs in zip(new.parameters(), module.parameters(), strict=True):
        mine.data = theirs.data
    return new


def _each_module(f):
    return _ru(lambda pretrained, n: [f(m) for m in pretrained[:n]])


def _old_rows(pretrained, part, k):
    head, old = nn.Linear(_width(part), k), pretrained[-1]
    with torch.no_grad():
        if isinstance(old, nn.Linear) and old.in_features == head.in_features:
            rows = min(k, old.out_features)
            head.weight[:rows] = old.weight[:rows]
            head.bias[:rows] = old.bias[:rows]
    return [head]


def _old_head(pretrained, part, k):
    old = pretrained[-1]
    fits = isinstance(old, nn.Linear) and (old.in_features, old.out_features) == (_width(part), k)
    return [copy.deepcopy(old) if fits else nn.Linear(_width(part), k)]


_HEADS = {}


def _kept_head(pretrained, part, k):
    return [_HEADS.setdefault((_width(part), k), nn.Linear(_width(part), k))]


def _ru_pops(pretrained, num_reused, num_classes):
    body = [copy.deepcopy(m) for m in pretrained[:num_reused]]
    del pretrained[-1]
    return nn.Sequential(*body, nn.Linear(_width(body), num_classes))


def _ru_moves_statistics(pretrained, num_reused, num_classes):
    net = _ru_list(pretrained, num_reused, num_classes)
    first = next(m for m in net.modules() if isinstance(m, nn.Linear))
    net.train()
    net(torch.randn(8, first.in_features))
    return net


each(
    wrong,
    "reuse_layers",
    {
        "aliased": _ru(lambda pretrained, n: list(pretrained)[:n]),
        "aliased_slice": _ru(lambda pretrained, n: pretrained[:n]),
        "shallow": _each_module(copy.copy),
        "shared_bias": _each_module(_shared_bias),
        "shared_statistics": _each_module(_shared_statistics),
        "data_shared": _each_module(_data_shared),
        "fresh": _each_module(_fresh),
        "fresh_statistics": _each_module(_fresh_statistics),
        "first_copied_only": _ru(lambda pretrained, n: [copy.deepcopy(pretrained[0]), *pretrained[1:n]]),
        "linears_copied_only": _each_module(lambda m: copy.deepcopy(m) if isinstance(m, nn.Linear) else m),
        "linears_only": _ru(
            lambda pretrained, n: [copy.deepcopy(m) for m in pretrained[:n] if isinstance(m, nn.Linear)]
        ),
        "one_more": _ru(count=lambda n: n + 1),
        "one_less": _ru(count=lambda n: max(1, n - 1)),
        "all": _ru(lambda pretrained, n: copy.deepcopy(pretrained)),
        "last_ones": _ru(lambda pretrained, n: [copy.deepcopy(m) for m in list(pretrained)[-n:]]),
        "old_head": _ru(head=_old_head),
        "old_rows": _ru(head=_old_rows),
        "kept_head": _ru(head=_kept_head),
        "no_head": _ru(head=lambda pretrained, part, k: []),
        "two_heads": _ru(
            head=lambda pretrained, part, k: [
                nn.Linear(_width(part), _width(part)),
                nn.Linear(_width(part), k),
            ]
        ),
        "softmax": _ru(head=lambda pretrained, part, k: [nn.Linear(_width(part), k), nn.Softmax(dim=1)]),
        "relu_head": _ru(head=lambda pretrained, part, k: [nn.Linear(_width(part), k), nn.ReLU()]),
        "ten_classes": _ru(head=lambda pretrained, part, k: [nn.Linear(_width(part), 10)]),
        "old_classes": _ru(head=lambda pretrained, part, k: [nn.Linear(_width(part), _width(pretrained))]),
        "first_width": _ru(
            head=lambda pretrained, part, k: [
                nn.Linear(next(m.out_features for m in part if isinstance(m, nn.Linear)), k)
            ]
        ),
        "head_frozen": _ru(
            head=lambda pretrained, part, k: [nn.Linear(_width(part), k).requires_grad_(False)]
        ),
        "body_frozen": _ru(after=lambda net, pretrained: (net[:-1].requires_grad_(False), net)[1]),
        "original_frozen": _ru(after=lambda net, pretrained: (pretrained.requires_grad_(False), net)[1]),
        "original_in_other_mode": _ru(
            after=lambda net, pretrained: (pretrained.train(not pretrained.training), net)[1]
        ),
        "original_shortened": _ru_pops,
        "statistics_moved": _ru_moves_statistics,
        "a_list": _ru(after=lambda net, pretrained: list(net)),
        "module_list": _ru(after=lambda net, pretrained: nn.ModuleList(net)),
        "same_net": lambda pretrained, num_reused, num_classes: copy.deepcopy(pretrained),
    },
)


# ---------------------------------------------------------------- freeze_layers


def _stay(module):
    """Keep this module and all inside it in eval mode whatever train() says."""
    module.eval()
    module.train = types.MethodType(lambda self, mode=True: self, module)


def _fr_stay(model, num_frozen):
    for i, module in enumerate(model):
        if i < num_frozen:
            module.requires_grad_(False)
            _stay(module)
    return [p for p in model.parameters() if p.requires_grad]


def _fr_every_inner(model, num_frozen):
    for module in model[:num_frozen]:
        for inner in module.modules():
            inner.train = lambda mode=True, inner=inner: nn.Module.train(inner, False)
            inner.training = False
        for p in module.parameters():
            p.requires_grad = False
    return list(model[num_frozen:].parameters())


def _fr_class(model, num_frozen):
    for module in model[:num_frozen]:
        module.eval()
        kind = type(module)

        class Frozen(kind):
            def train(self, mode=True):
                return super().train(False)

        Frozen.__name__ = kind.__name__
        module.__class__ = Frozen
        for p in module.parameters(recurse=True):
            p.requires_grad_(False)
    return [p for module in model[num_frozen:] for p in module.parameters()]


def _fr_hook(model, num_frozen):
    def calm(module, inputs):
        module.eval()

    for module in list(model.children())[:num_frozen]:
        module.requires_grad_(False)
        for inner in module.modules():
            inner.register_forward_pre_hook(calm)
        module.eval()
    return [p for p in model.parameters() if p.requires_grad]


def _fr_model_train(model, num_frozen, verbose=False):
    frozen, plain = list(model)[:num_frozen], type(model).train

    def train(mode=True):
        plain(model, mode)
        for module in frozen:
            plain(module, False)
        return model

    model.train = train
    for p in itertools.chain.from_iterable(m.parameters() for m in frozen):
        p.requires_grad = False
    train(model.training)
    return [p for m in list(model)[num_frozen:] for p in m.parameters()]


each(
    right,
    "freeze_layers",
    {
        "stay": _fr_stay,
        "every_inner": _fr_every_inner,
        "class": _fr_class,
        "hook": _fr_hook,
        "model_train": _fr_model_train,
    },
)


def _fr(flags=True, modes="stay", back=None, count=lambda n, size: n):
    """freeze_layers with one step changed."""

    def freeze_layers(model, num_frozen):
        n = count(num_frozen, len(model))
        for module in list(model)[:n]:
            if flags is True:
                module.requires_grad_(False)
            elif flags:
                flags(module)
            if modes == "stay":
                _stay(module)
            elif modes == "eval":
                module.eval()
        return back(model, n) if back else list(nn.Sequential(*list(model)[n:]).parameters())

    return freeze_layers


def _no_weights(module):
    for name, p in module.named_parameters():
        if name.endswith("weight"):
            p.requires_grad = False


def _direct_only(module):
    for p in module.parameters(recurse=False):
        p.requires_grad = False


def _not_batch_norm(module):
    for m in module.modules():
        if not isinstance(m, nn.BatchNorm1d):
            for p in m.parameters(recurse=False):
                p.requires_grad = False


def _batch_norm_direct(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
        if isinstance(module, nn.BatchNorm1d):
            _stay(module)
    return [p for p in model.parameters() if p.requires_grad]


def _whole_model_stays(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
    _stay(model)
    return [p for p in model.parameters() if p.requires_grad]


def _all_batch_norms(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
        _stay(module)
    for m in model.modules():
        if isinstance(m, nn.BatchNorm1d):
            _stay(m)
    return [p for p in model.parameters() if p.requires_grad]


def _first_time_only(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
        module.eval()
        plain, calls = module.train, []

        def train(mode=True, module=module, plain=plain, calls=calls):
            calls.append(mode)
            return module if len(calls) == 1 else plain(mode)

        module.train = train
    return [p for p in model.parameters() if p.requires_grad]


def _statistics_dropped(model, num_frozen):
    for module in list(model)[:num_frozen]:
        module.requires_grad_(False)
        for m in module.modules():
            if isinstance(m, nn.BatchNorm1d):
                m.track_running_stats = False
                m.running_mean = m.running_var = None
    return [p for p in model.parameters() if p.requires_grad]


def _reset(model, num_frozen):
    kept = _fr_stay(model, num_frozen)
    for m in list(model)[:num_frozen]:
        if isinstance(m, nn.BatchNorm1d):
            m.reset_running_stats()
    return kept


def _zeroed(model, num_frozen):
    kept = _fr_stay(model, num_frozen)
    with torch.no_grad():
        for p in model.parameters():
            if not p.requires_grad:
                p.zero_()
    return kept


each(
    wrong,
    "freeze_layers",
    {
        "flags_only": _fr(modes=None),
        "eval_once": _fr(modes="eval"),
        "modes_only": _fr(flags=False),
        "no_weights": _fr(flags=_no_weights),
        "direct_only": _fr(flags=_direct_only),
        "not_batch_norm": _fr(flags=_not_batch_norm),
        "direct_batch_norm": _batch_norm_direct,
        "whole_model": _whole_model_stays,
        "all_batch_norms": _all_batch_norms,
        "first_time_only": _first_time_only,
        "statistics_dropped": _statistics_dropped,
        "reset": _reset,
        "zeroed": _zeroed,
        "one_less": _fr(count=lambda n, size: max(0, n - 1)),
        "one_more": _fr(count=lambda n, size: min(size, n + 1)),
        "all_but_the_last": _fr(count=lambda n, size: size - 1),
        "all_returned": _fr(back=lambda model, n: list(model.parameters())),
        "frozen_returned": _fr(back=lambda model, n: [p for m in list(model)[:n] for p in m.parameters()]),
        "generator": _fr(back=lambda model, n: (p for m in list(model)[n:] for p in m.parameters())),
        "names": _fr(back=lambda model, n: [name for name, p in model.named_parameters() if p.requires_grad]),
        "pairs": _fr(
            back=lambda model, n: [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        ),
        "copies": _fr(back=lambda model, n: [p.clone() for m in list(model)[n:] for p in m.parameters()]),
        "last_module_only": _fr(back=lambda model, n: list(model[-1].parameters()) if n < len(model) else []),
        "weights_only": _fr(
            back=lambda model, n: [
                p for name, p in model.named_parameters() if p.requires_grad and name.endswith("weight")
            ]
        ),
        "count": _fr(back=lambda model, n: sum(p.requires_grad for p in model.parameters())),
        "model_back": _fr(back=lambda model, n: model),
        "copied_first": lambda model, num_frozen: _fr_stay(copy.deepcopy(model), num_frozen),
        "the_rest_frozen": lambda model, num_frozen: (
            [m.requires_grad_(False) for m in list(model)[num_frozen:]],
            [p for p in model.parameters() if p.requires_grad],
        )[1],
        "first_free_module_forgotten": _fr(
            back=lambda model, n: [p for m in list(model)[n + 1 :] for p in m.parameters()]
        ),
    },
)


# ---------------------------------------------------------------- train_head


def _th(
    optimizer=lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    loss=functional.cross_entropy,
    order=lambda rng, n: torch.from_numpy(rng.permutation(n)),
    per_epoch=False,
    freeze=_fr_stay,
    change=None,
    step=None,
    mode=lambda model: model.train(),
):
    """A training loop with one part changed."""

    def train_head(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
        if change:
            model, num_frozen, X, y, epochs, learning_rate, batch_size, rng = change(
                model, num_frozen, X, y, epochs, learning_rate, batch_size, rng
            )
        chosen = optimizer(freeze(model, num_frozen), learning_rate)
        mode(model)
        losses = []
        for _ in range(epochs):
            total = 0.0
            for rows in order(rng, len(X)).split(batch_size):
                value = loss(model(X[rows]), y[rows])
                if step:
                    step(chosen, value)
                else:
                    chosen.zero_grad()
                    value.backward()
                    chosen.step()
                losses.append(value.item())
                total += value.item() * len(rows)
            if per_epoch:
                losses = [v for v in losses if isinstance(v, _Epoch)] + [_Epoch(total / len(X))]
        return [float(v) for v in losses]

    return train_head


class _Epoch(float):
    """A loss that stands for a whole epoch."""


def _th_by_hand(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    params = _fr_model_train(model, num_frozen)
    velocity = [torch.zeros_like(p) for p in params]
    losses = np.zeros(epochs)
    model.train()
    for epoch in range(epochs):
        order = rng.permutation(X.shape[0])
        seen = 0.0
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            z = model(X[rows])
            value = (torch.logsumexp(z, 1) - z.gather(1, y[rows][:, None])[:, 0]).mean()
            with torch.no_grad():
                for p, v, g in zip(params, velocity, torch.autograd.grad(value, params), strict=True):
                    v.mul_(0.9).add_(g)
                    p -= learning_rate * v
            seen += value.item() * len(rows)
        losses[epoch] = seen / len(order)
    return losses


def _th_loader(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.Adam(_fr_stay(model, num_frozen), lr=learning_rate)
    criterion, losses = nn.CrossEntropyLoss(), []
    for _ in range(epochs):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad(set_to_none=False)
            value = criterion(model(xb), yb)
            value.backward()
            optimizer.step()
            losses.append(float(value.detach()))
    return tuple(losses)


def _th_cached(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng):
    params = _fr_stay(model, num_frozen)
    model.train()
    with torch.no_grad():
        features = model[:num_frozen](X) if num_frozen else X
    top = nn.Sequential(*list(model)[num_frozen:])
    optimizer, losses = torch.optim.SGD(params, lr=learning_rate, momentum=0.9), []
    for _ in range(epochs):
        for rows in torch.as_tensor(rng.permutation(len(X))).split(batch_size):
            optimizer.zero_grad()
            value = functional.cross_entropy(top(features[rows]), y[rows])
            value.backward()
            optimizer.step()
            losses.append(value.item())
    return losses


each(
    right,
    "train_head",
    {
        "momentum": _th(),
        "per_epoch": _th(per_epoch=True),
        "adamw": _th(lambda p, lr: torch.optim.AdamW(p, lr=lr, weight_decay=0.05)),
        "all_parameters_after_flags": lambda model, num_frozen, X, y, epochs, learning_rate, batch_size, rng: (
            _th(lambda p, lr: torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=0.01))(
                model, num_frozen, X, y, epochs, learning_rate, batch_size, rng
            )
        ),
        "by_hand": _th_by_hand,
        "loader": _th_loader,
        "cached": _th_cached,
    },
)


def _no_zero(optimizer, value):
    value.backward()
    optimizer.step()


def _uphill(optimizer, value):
    optimizer.zero_grad()
    (-value).backward()
    optimizer.step()


def _changed(**parts):
    order = ("model", "num_frozen", "X", "y", "epochs", "learning_rate", "batch_size", "rng")

    def change(*values):
        given = dict(zip(order, values, strict=True))
        return tuple(parts[k](given) if k in parts else given[k] for k in order)

    return _th(change=change)


each(
    wrong,
    "train_head",
    {
        "everything_trains": _th(freeze=lambda model, n: list(model.parameters())),
        "flags_only": _th(freeze=_fr(modes=None)),
        "eval_once": _th(freeze=_fr(modes="eval")),
        "decay_on_all": lambda model, num_frozen, X, y, epochs, learning_rate, batch_size, rng: _th(
            lambda p, lr: torch.optim.SGD(model.parameters(), lr=lr, weight_decay=0.01),
            freeze=_fr(flags=False),
        )(model, num_frozen, X, y, epochs, learning_rate, batch_size, rng),
        "one_less_frozen": _changed(num_frozen=lambda g: max(0, g["num_frozen"] - 1)),
        "last_layer_only": _changed(num_frozen=lambda g: len(g["model"]) - 1),
        "copy_trained": _changed(model=lambda g: copy.deepcopy(g["model"])),
        "one_epoch": _changed(epochs=lambda g: 1),
        "one_epoch_more": _changed(epochs=lambda g: g["epochs"] + 1),
        "full_batch": _changed(batch_size=lambda g: len(g["X"])),
        "rate_fixed": _changed(learning_rate=lambda g: 0.01),
        "rate_tiny": _changed(learning_rate=lambda g: g["learning_rate"] * 1e-4),
        "shuffled_labels": _changed(y=lambda g: g["y"][torch.from_numpy(g["rng"].permutation(len(g["y"])))]),
        "shuffled_images": _changed(X=lambda g: g["X"][torch.from_numpy(g["rng"].permutation(len(g["X"])))]),
        "own_generator": _changed(rng=lambda g: np.random.default_rng()),
        "fixed_seed": _changed(rng=lambda g: np.random.default_rng(0)),
        "not_shuffled": _th(order=lambda rng, n: torch.arange(n)),
        "torch_order": _th(order=lambda rng, n: torch.randperm(n)),
        "half_of_the_data": _th(order=lambda rng, n: torch.from_numpy(rng.permutation(n))[: n // 2]),
        "no_zero_grad": _th(step=_no_zero),
        "uphill": _th(step=_uphill),
        "no_step": _th(step=lambda optimizer, value: value.backward()),
        "softmax_twice": _th(loss=lambda z, y: functional.cross_entropy(torch.softmax(z, 1), y)),
        "summed": _th(loss=lambda z, y: functional.cross_entropy(z, y, reduction="sum")),
        "squared": _th(loss=lambda z, y: (z - functional.one_hot(y, z.shape[1])).square().mean()),
        "last_loss": lambda *args, **kwargs: _th()(*args, **kwargs)[-1],
        "no_losses": lambda *args, **kwargs: (_th()(*args, **kwargs), None)[1],
        "losses_backwards": lambda *args, **kwargs: _th()(*args, **kwargs)[::-1],
        "accuracies": lambda *args, **kwargs: [1 - math.exp(-v) for v in _th()(*args, **kwargs)],
        "normalized_in_place": _changed(X=lambda g: g["X"].sub_(g["X"].mean()).div_(g["X"].std())),
    },
)


# ---------------------------------------------------------------- extract_features


def _ef_split(model, X, num_layers, batch_size=256):
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            return torch.cat([model[:num_layers](part) for part in X.split(batch_size)])
    finally:
        model.train(was)


def _ef_buffer(model, X, num_layers, batch_size=256):
    modes = [(m, m.training) for m in model.modules()]
    out = None
    for m, _ in modes:
        m.training = False
    for start in range(0, len(X), batch_size):
        h = X[start : start + batch_size]
        for i in range(num_layers):
            h = model[i](h)
        h = h.detach()
        if out is None:
            out = torch.empty((len(X), *h.shape[1:]), dtype=h.dtype)
        out[start : start + batch_size] = h
    for m, mode in modes:
        m.training = mode
    return out


def _ef_copy(model, X, num_layers, batch_size=256):
    part = copy.deepcopy(model[:num_layers]).eval().requires_grad_(False)
    return torch.vstack([part(X[i : i + batch_size]) for i in range(0, X.shape[0], batch_size)]).detach()


@torch.no_grad()
def _ef_decorated(model, X, num_layers, batch_size=256):
    training = model.training
    model.train(False)
    features = []
    for chunk in torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X), batch_size=batch_size):
        (h,) = chunk
        for module in list(model.children())[:num_layers]:
            h = module(h)
        features.append(h)
    model.train(training)
    return torch.concat(features, dim=0)


def _ef_recursive(model, X, num_layers, batch_size=256):
    if len(X) > batch_size:
        first = _ef_recursive(model, X[:batch_size], num_layers, batch_size)
        return torch.cat([first, _ef_recursive(model, X[batch_size:], num_layers, batch_size)])
    was = model.training
    model.eval()
    with torch.set_grad_enabled(False):
        h = nn.Sequential(*list(model)[:num_layers])(X)
    return model.train(was) and h


each(
    right,
    "extract_features",
    {
        "split": _ef_split,
        "buffer": _ef_buffer,
        "copy": _ef_copy,
        "decorated": _ef_decorated,
        "recursive": _ef_recursive,
    },
)


def _ef(
    parts=lambda X, b: X.split(b),
    layers=lambda n: n,
    before=lambda model: model.eval(),
    after=lambda model, was: model.train(was),
    grad=False,
    join=torch.cat,
):
    """extract_features with one step changed."""

    def extract_features(model, X, num_layers, batch_size=256):
        was = model.training
        before(model)
        with torch.set_grad_enabled(grad):
            out = join([model[: layers(num_layers)](part) for part in parts(X, batch_size)])
        after(model, was)
        return out

    return extract_features


def _ef_default_batch(model, X, num_layers, batch_size=64):
    return _ef_split(model, X, num_layers, batch_size)


_FEATURES = {}


def _ef_remembered(model, X, num_layers, batch_size=256):
    key = (tuple(X.shape), num_layers)
    if key not in _FEATURES:
        _FEATURES[key] = _ef_split(model, X, num_layers, batch_size)
    return _FEATURES[key]


each(
    wrong,
    "extract_features",
    {
        "training_mode": _ef(before=lambda model: None),
        "train_forced": _ef(before=lambda model: model.train()),
        "left_in_eval": _ef(after=lambda model, was: None),
        "left_in_train": _ef(after=lambda model, was: model.train()),
        "mode_turned": _ef(after=lambda model, was: model.train(not was)),
        "graph": _ef(grad=True),
        "graph_and_flag_off": lambda model, X, num_layers, batch_size=256: (
            model.requires_grad_(False),
            _ef(grad=True)(model, X, num_layers, batch_size),
        )[1],
        "all_at_once": _ef(parts=lambda X, b: [X]),
        "one_by_one_joined_wrong": _ef(join=lambda out: torch.cat(out, dim=-1)),
        "stacked": _ef(join=lambda out: torch.stack([o for o in out if len(o) == len(out[0])])),
        "last_batch_lost": _ef(parts=lambda X, b: [p for p in X.split(b) if len(p) == b] or [X]),
        "first_batch_only": _ef(parts=lambda X, b: X.split(b)[:1]),
        "batch_size_as_count": _ef(parts=lambda X, b: X.chunk(b)),
        "fixed_batches": _ef(parts=lambda X, b: X.split(256)),
        "larger_batches": _ef(parts=lambda X, b: X.split(b + 1)),
        "reversed_batches": _ef(parts=lambda X, b: X.split(b)[::-1]),
        "overlapping": _ef(parts=lambda X, b: [X[i : i + b] for i in range(0, len(X), max(1, b - 1))]),
        "one_more": _ef(layers=lambda n: n + 1),
        "one_less": _ef(layers=lambda n: max(1, n - 1)),
        "all_layers": _ef(layers=lambda n: None),
        "a_list": _ef(join=list),
        "numpy": _ef(join=lambda out: torch.cat(out).numpy()),
        "flattened": _ef(join=lambda out: torch.cat(out).flatten()),
        "relu": _ef(join=lambda out: torch.cat(out).relu()),
        "normalized": _ef(join=lambda out: functional.normalize(torch.cat(out))),
        "half": _ef(join=lambda out: torch.cat(out).half().float()),
        "remembered": _ef_remembered,
        "shuffled": _ef(join=lambda out: (lambda h: h[torch.randperm(len(h))])(torch.cat(out))),
        "cut_model": lambda model, X, num_layers, batch_size=256: (
            lambda out: [model.__delitem__(-1), out][1]
        )(_ef_split(model, X, num_layers, batch_size)),
        "frozen_afterwards": lambda model, X, num_layers, batch_size=256: (
            _ef_split(model, X, num_layers, batch_size),
            model.requires_grad_(False),
        )[0],
        "statistics_moved": lambda model, X, num_layers, batch_size=256: (
            model(X) if model.training else None,
            _ef_split(model, X, num_layers, batch_size),
        )[1],
    },
)


# ---------------------------------------------------------------- repaired_load_encoder


def _le_loop(model, checkpoint):
    loaded, own = [], model.state_dict()
    with torch.no_grad():
        for name, tensor in checkpoint.items():
            if name.startswith("encoder."):
                short = name[len("encoder.") :]
                if short in own:
                    own[short].copy_(tensor)
                    loaded.append(short)
    return sorted(loaded)


def _le_strict(model, checkpoint):
    part = {k.removeprefix("encoder."): v for k, v in checkpoint.items() if k.startswith("encoder.")}
    model.load_state_dict(part, strict=False)
    return sorted(part)


def _le_merged(model, checkpoint):
    state = model.state_dict()
    found = {k[8:]: v for k, v in checkpoint.items() if k[:8] == "encoder." and k[8:] in state}
    model.load_state_dict({**state, **found})
    return sorted(found.keys())


each(
    right,
    "loading_bug_hunt",
    {
        "loop": _le_loop,
        "not_strict": _le_strict,
        "merged": _le_merged,
        "partition": lambda model, checkpoint: (
            lambda found: (model.load_state_dict(found, strict=False), sorted(found))[1]
        )(
            {
                tail: t
                for name, t in checkpoint.items()
                for head, _, tail in [name.partition(".")]
                if head == "encoder"
            }
        ),
    },
)


def _le(pick, names_back=lambda found, checkpoint: sorted(found), load=None):
    def repaired_load_encoder(model, checkpoint):
        found = pick(checkpoint)
        if load:
            load(model, found)
        else:
            model.load_state_dict(found, strict=False)
        return names_back(found, checkpoint)

    return repaired_load_encoder


def _encoder_part(checkpoint):
    return {k.removeprefix("encoder."): v for k, v in checkpoint.items() if k.startswith("encoder.")}


each(
    wrong,
    "loading_bug_hunt",
    {
        "long_names": _le(lambda c: {k: v for k, v in c.items() if k.startswith("encoder.")}),
        "anywhere": _le(lambda c: {k.split("encoder.")[-1]: v for k, v in c.items() if "encoder." in k}),
        "replaced": _le(lambda c: {k.replace("encoder.", ""): v for k, v in c.items() if "encoder." in k}),
        "decoder": _le(
            lambda c: {k.removeprefix("decoder."): v for k, v in c.items() if k.startswith("decoder.")}
        ),
        "everything": _le(lambda c: {k.split(".", 1)[-1]: v for k, v in c.items() if "." in k}),
        "weights_only": _le(lambda c: {k: v for k, v in _encoder_part(c).items() if k.endswith("weight")}),
        "parameters_only": _le(
            lambda c: {k: v for k, v in _encoder_part(c).items() if k.endswith(("weight", "bias"))}
        ),
        "long_names_back": _le(_encoder_part, lambda found, c: sorted("encoder." + k for k in found)),
        "unsorted_back": _le(_encoder_part, lambda found, c: sorted(found, reverse=True)),
        "count_back": _le(_encoder_part, lambda found, c: len(found)),
        "nothing_back": _le(_encoder_part, lambda found, c: None),
        "all_back": _le(_encoder_part, lambda found, c: sorted(c)),
        "not_loaded": _le(_encoder_part, load=lambda model, found: None),
        "loaded_into_a_copy": _le(
            _encoder_part, load=lambda model, found: copy.deepcopy(model).load_state_dict(found, strict=False)
        ),
        "checkpoint_changed": _le(lambda c: {k[8:]: c.pop(k) for k in list(c) if k.startswith("encoder.")}),
        "first_layer": _le(lambda c: {k: v for k, v in _encoder_part(c).items() if k.startswith("0.")}),
        "others_zeroed": _le(
            _encoder_part,
            load=lambda model, found: model.load_state_dict(
                {k: found.get(k, torch.zeros_like(v)) for k, v in model.state_dict().items()}
            ),
        ),
    },
)


# ---------------------------------------------------------------- rbm_cd1


def _sig(z):
    return np.exp(-np.logaddexp(0, -z))


def _coins(p, rng):
    return (rng.random(p.shape) < p).astype(float)


def _cd(first=None, sample=None, down=None, last=None, up=None, back=None, data=None):
    """One step of CD with one part changed."""

    def rbm_cd1(v0, W, b_visible, b_hidden, rng):
        n = len(v0)
        p0 = up(v0, W, b_hidden) if up else _sig(v0 @ W + b_hidden)
        h0 = sample(p0, rng) if sample else _coins(p0, rng)
        pv = down(h0, W, b_visible) if down else _sig(h0 @ W.T + b_visible)
        v1 = last[0](pv, rng) if last else pv
        p1 = up(v1, W, b_hidden) if up else _sig(v1 @ W + b_hidden)
        h1 = last[1](p1, rng) if last else p1
        a = first(p0, h0) if first else p0
        v = data(v0) if data else v0
        if back:
            return back(v, a, v1, h1, n, W, b_visible, b_hidden)
        return (v.T @ a - v1.T @ h1) / n, (v - v1).mean(0), (a - h1).mean(0)

    return rbm_cd1


def _mean_field(p, rng):
    return p


def _cd_loops(v0, W, b_visible, b_hidden, rng):
    n, (d, k) = len(v0), W.shape
    dW, db, dc = np.zeros((d, k)), np.zeros(d), np.zeros(k)
    for v in v0:
        p = np.array([1 / (1 + math.exp(-(b_hidden[j] + v @ W[:, j]))) for j in range(k)])
        h = np.array([1.0 if rng.uniform() < q else 0.0 for q in p])
        w = np.array([1 / (1 + math.exp(-(b_visible[i] + W[i] @ h))) for i in range(d)])
        q = _sig(w @ W + b_hidden)
        dW += np.outer(v, p) - np.outer(w, q)
        db += v - w
        dc += p - q
    return dW / n, db / n, dc / n


def _cd_torch(v0, W, b_visible, b_hidden, rng):
    v, w, b, c = (torch.tensor(np.array(a)) for a in (v0, W, b_visible, b_hidden))
    p0 = torch.sigmoid(v @ w + c)
    h0 = (torch.from_numpy(rng.random(tuple(p0.shape))) < p0).to(v.dtype)
    v1 = torch.sigmoid(h0 @ w.T + b)
    p1 = torch.sigmoid(v1 @ w + c)
    dW = torch.einsum("ni,nj->ij", v, p0) - torch.einsum("ni,nj->ij", v1, p1)
    return (dW / len(v)).numpy(), (v - v1).mean(0).numpy(), (p0 - p1).mean(0).numpy()


each(
    right,
    "rbm_cd1",
    {
        "mean_field_end": _cd(),
        "sampled_v1": _cd(last=(_coins, _mean_field)),
        "sampled_both": _cd(last=(_coins, _coins)),
        "sampled_h1": _cd(last=(_mean_field, _coins)),
        "drawn_h0_in_product": _cd(first=lambda p0, h0: h0),
        "all_drawn": _cd(first=lambda p0, h0: h0, last=(_coins, _coins)),
        "binomial": _cd(sample=lambda p, rng: rng.binomial(1, p)),
        "opposite_coin": _cd(sample=lambda p, rng: 1.0 * (rng.random(p.shape) >= 1 - p)),
        "loops": _cd_loops,
        "torch": _cd_torch,
        "columns": _cd(sample=lambda p, rng: (p > rng.random(p.shape[::-1]).T) * 1.0),
        "list_back": _cd(
            back=lambda v, a, v1, h1, n, W, b, c: [
                np.einsum("ni,nj->ij", v, a) / n - np.einsum("ni,nj->ij", v1, h1) / n,
                v.mean(0) - v1.mean(0),
                a.mean(0) - h1.mean(0),
            ]
        ),
    },
)


def _back(change):
    """A wrong answer made from the right one."""
    return _cd(
        back=lambda v, a, v1, h1, n, W, b, c: change(
            (v.T @ a - v1.T @ h1) / n, (v - v1).mean(0), (a - h1).mean(0), n, W
        )
    )


def _cd_updates(v0, W, b_visible, b_hidden, rng):
    dW, db, dc = _cd()(v0, W, b_visible, b_hidden, rng)
    W += 0.1 * dW
    return dW, db, dc


def _cd_data_changed(v0, W, b_visible, b_hidden, rng):
    out = _cd()(v0, W, b_visible, b_hidden, rng)
    v0[:] = 0
    return out


each(
    wrong,
    "rbm_cd1",
    {
        "sign": _back(lambda dW, db, dc, n, W: (-dW, -db, -dc)),
        "sign_of_W": _back(lambda dW, db, dc, n, W: (-dW, db, dc)),
        "sign_of_biases": _back(lambda dW, db, dc, n, W: (dW, -db, -dc)),
        "sum": _back(lambda dW, db, dc, n, W: (dW * n, db * n, dc * n)),
        "sum_of_W": _back(lambda dW, db, dc, n, W: (dW * n, db, dc)),
        "sum_of_biases": _back(lambda dW, db, dc, n, W: (dW, db * n, dc * n)),
        "n_less_one": _back(lambda dW, db, dc, n, W: (dW * n / max(n - 1, 1), db, dc)),
        "mean_over_all": _back(lambda dW, db, dc, n, W: (dW / W.shape[0], db, dc)),
        "half": _back(lambda dW, db, dc, n, W: (dW / 2, db / 2, dc / 2)),
        "biases_swapped": _back(lambda dW, db, dc, n, W: (dW, dc, db)),
        "transposed": _back(lambda dW, db, dc, n, W: (dW.T, db, dc)),
        "keepdims": _back(lambda dW, db, dc, n, W: (dW, db[None], dc[None])),
        "scalar_biases": _back(lambda dW, db, dc, n, W: (dW, db.mean(), dc.mean())),
        "no_biases": _back(lambda dW, db, dc, n, W: (dW, np.zeros_like(db), np.zeros_like(dc))),
        "decay": _back(lambda dW, db, dc, n, W: (dW - 0.01 * W, db, dc)),
        "mean_field_h0": _cd(sample=_mean_field),
        "rounded_h0": _cd(sample=lambda p, rng: (p > 0.5) * 1.0),
        "one_coin_row": _cd(sample=lambda p, rng: (rng.random(p.shape[1]) < p) * 1.0),
        "one_coin_column": _cd(sample=lambda p, rng: (rng.random((len(p), 1)) < p) * 1.0),
        "coins_turned": _cd(sample=lambda p, rng: (rng.random(p.shape) > p) * 1.0),
        "fair_coins": _cd(sample=lambda p, rng: (rng.random(p.shape) < 0.5) * 1.0),
        "gaussian": _cd(sample=lambda p, rng: p + 0.1 * rng.normal(size=p.shape)),
        "global_generator": _cd(sample=lambda p, rng: (np.random.random(p.shape) < p) * 1.0),
        "fixed_seed": _cd(sample=lambda p, rng: _coins(p, np.random.default_rng(0))),
        "a_copy_draws": _cd(sample=lambda p, rng: _coins(p, copy.deepcopy(rng))),
        "no_hidden_bias": _cd(up=lambda v, W, c: _sig(v @ W)),
        "no_visible_bias": _cd(down=lambda h, W, b: _sig(h @ W.T)),
        "hidden_bias_negative": _cd(up=lambda v, W, c: _sig(v @ W - c)),
        "tanh": _cd(up=lambda v, W, c: np.tanh(v @ W + c)),
        "linear_visible": _cd(down=lambda h, W, b: h @ W.T + b),
        "rounded_v1": _cd(last=(lambda p, rng: (p > 0.5) * 1.0, _mean_field)),
        "data_rounded": _cd(data=lambda v: (v > 0.5) * 1.0),
        "h1_from_start": _cd(
            back=lambda v, a, v1, h1, n, W, b, c: ((v.T @ a - v1.T @ a) / n, (v - v1).mean(0), 0 * a.mean(0))
        ),
        "v0_in_negative": _cd(
            back=lambda v, a, v1, h1, n, W, b, c: (
                (v.T @ a - v.T @ h1) / n,
                (v - v1).mean(0),
                (a - h1).mean(0),
            )
        ),
        "updates_W": _cd_updates,
        "data_changed": _cd_data_changed,
        "new_weights_back": _cd(
            back=lambda v, a, v1, h1, n, W, b, c: (
                W + (v.T @ a - v1.T @ h1) / n,
                b + (v - v1).mean(0),
                c + (a - h1).mean(0),
            )
        ),
    },
)


# ---------------------------------------------------------------- pretrain_autoencoder


def _pa(
    activation=nn.ELU,
    optimizer=lambda p, lr: torch.optim.Adam(p, lr=lr),
    act_last=False,
    batch=32,
    encoder_back=lambda encoder, decoder, X: encoder,
    seed=lambda rng: int(rng.integers(2**31)),
    target=lambda x: x,
    train=lambda encoder, decoder: [*encoder.parameters(), *decoder.parameters()],
    order=lambda rng, n: rng.permutation(n),
    sizes=lambda hidden: list(hidden),
    epochs_used=lambda e: e,
    sign=1.0,
    prepare=lambda X: X,
):
    """An autoencoder with one part changed."""

    def pretrain_autoencoder(X, hidden_sizes, epochs, learning_rate, rng):
        torch.manual_seed(seed(rng))
        X = prepare(X)
        widths = [X.shape[1], *sizes(hidden_sizes)]
        layers = []
        for a, b in itertools.pairwise(widths):
            layers += [nn.Linear(a, b), activation()]
        encoder = nn.Sequential(*layers if act_last else layers[:-1])
        layers = []
        for a, b in itertools.pairwise(widths[::-1]):
            layers += [nn.Linear(a, b), activation()]
        decoder = nn.Sequential(*layers[:-1])
        chosen = optimizer(train(encoder, decoder), learning_rate)
        for _ in range(epochs_used(epochs)):
            rows_of = torch.from_numpy(order(rng, len(X)))
            for rows in rows_of.split(batch):
                chosen.zero_grad()
                (sign * (decoder(encoder(X[rows])) - target(X[rows])).square().mean()).backward()
                chosen.step()
        return encoder_back(encoder, decoder, X)

    return pretrain_autoencoder


class _Tied(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.linears = [m for m in encoder if isinstance(m, nn.Linear)]
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(m.in_features)) for m in self.linears])

    def forward(self, h):
        for i in reversed(range(len(self.linears))):
            h = functional.linear(h, self.linears[i].weight.T, self.biases[i])
            if i:
                h = functional.elu(h)
        return h


def _pa_tied(X, hidden_sizes, epochs, learning_rate, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    encoder = nn.Sequential()
    for a, b in itertools.pairwise([X.shape[1], *hidden_sizes]):
        encoder.append(nn.Linear(a, b)).append(nn.ELU())
    decoder = _Tied(encoder)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.biases], lr=learning_rate)
    for _ in range(epochs):
        for rows in torch.from_numpy(rng.permutation(len(X))).split(32):
            loss = functional.mse_loss(decoder(encoder(X[rows])), X[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encoder


each(
    right,
    "pretrain_autoencoder",
    {
        "adam": _pa(),
        "tanh": _pa(nn.Tanh, act_last=True),
        "relu_small_batches": _pa(nn.LeakyReLU, batch=16),
        "rmsprop": _pa(optimizer=lambda p, lr: torch.optim.RMSprop(p, lr=lr / 2)),
        "tied": _pa_tied,
    },
)
each(
    wrong,
    "pretrain_autoencoder",
    {
        "untrained": _pa(epochs_used=lambda e: 0),
        "decoder_only": _pa(train=lambda encoder, decoder: list(decoder.parameters())),
        "decoder_back": _pa(encoder_back=lambda encoder, decoder, X: decoder),
        "whole_back": _pa(encoder_back=lambda encoder, decoder, X: nn.Sequential(*encoder, *decoder)),
        "pair_back": _pa(encoder_back=lambda encoder, decoder, X: (encoder, decoder)),
        "codes_back": _pa(encoder_back=lambda encoder, decoder, X: encoder(X)),
        "fresh_back": _pa(
            encoder_back=lambda encoder, decoder, X: nn.Sequential(*[_fresh(m) for m in encoder])
        ),
        "first_layer_back": _pa(encoder_back=lambda encoder, decoder, X: encoder[:2]),
        "without_activation": _pa(
            encoder_back=lambda encoder, decoder, X: nn.Sequential(
                *[m for m in encoder if isinstance(m, nn.Linear)][:1]
            )
        ),
        "sizes_reversed": _pa(sizes=lambda hidden: list(hidden)[::-1]),
        "one_hidden": _pa(sizes=lambda hidden: list(hidden)[-1:]),
        "hidden_fixed": _pa(sizes=lambda hidden: [32, 8]),
        "uphill": _pa(sign=-1.0),
        "own_seed": _pa(
            seed=lambda rng: int(np.random.default_rng().integers(2**31)),
            order=lambda rng, n: np.random.default_rng().permutation(n),
        ),
        "fixed_seed": _pa(seed=lambda rng: 0, order=lambda rng, n: np.random.default_rng(0).permutation(n)),
        "data_changed": _pa(prepare=lambda X: X.sub_(X.mean(0))),
        "module_list": _pa(encoder_back=lambda encoder, decoder, X: nn.ModuleList(encoder)),
    },
)


# ---------------------------------------------------------------- classifier_from_encoder


def _ce(body=copy.deepcopy, head=None, after=lambda net, encoder: net.requires_grad_(True)):
    def classifier_from_encoder(encoder, num_classes):
        part = body(encoder)
        width = _width(encoder)
        top = head(width, num_classes) if head else [nn.Linear(width, num_classes)]
        return after(nn.Sequential(*part, *top), encoder)

    return classifier_from_encoder


def _ce_append(encoder, num_classes, bias=True):
    net = copy.deepcopy(encoder)
    for p in net.parameters():
        p.requires_grad = True
    net.append(nn.Linear(_width(net), num_classes, bias=bias))
    return net


def _ce_dry(encoder, num_classes):
    net = nn.Sequential(*[copy.deepcopy(m).requires_grad_() for m in encoder])
    with torch.no_grad():
        width = copy.deepcopy(net).eval()(torch.zeros(2, net[0].in_features)).shape[-1]
    net.add_module("head", nn.Linear(width, num_classes))
    return net


def _ce_backwards(encoder, num_classes):
    for module in reversed(encoder):
        if isinstance(module, nn.Linear):
            head = nn.Linear(module.out_features, num_classes)
            nn.init.xavier_uniform_(head.weight)
            modules = [*copy.deepcopy(encoder).children(), head]
            return nn.Sequential(*modules).requires_grad_(True)
    raise ValueError("no linear layer")


each(
    right,
    "classifier_from_encoder",
    {"deepcopy": _ce(), "append": _ce_append, "dry_run": _ce_dry, "backwards": _ce_backwards},
)


def _ce_in_place(encoder, num_classes):
    encoder.requires_grad_(True)
    encoder.append(nn.Linear(_width(encoder), num_classes))
    return encoder


each(
    wrong,
    "classifier_from_encoder",
    {
        "fresh": _ce(lambda encoder: [_fresh(m) for m in encoder]),
        "fresh_last": _ce(
            lambda encoder: [
                _fresh(m) if i >= len(encoder) - 2 else copy.deepcopy(m) for i, m in enumerate(encoder)
            ]
        ),
        "flags_kept": _ce(after=lambda net, encoder: net),
        "encoder_frozen": _ce(after=lambda net, encoder: (net[:-1].requires_grad_(False), net)[1]),
        "head_frozen": _ce(
            after=lambda net, encoder: (net.requires_grad_(True)[-1].requires_grad_(False), net)[1]
        ),
        "first_layer_frozen": _ce(
            after=lambda net, encoder: (net.requires_grad_(True)[0].requires_grad_(False), net)[1]
        ),
        "softmax": _ce(head=lambda width, k: [nn.Linear(width, k), nn.Softmax(dim=1)]),
        "relu": _ce(head=lambda width, k: [nn.Linear(width, k), nn.ReLU()]),
        "ten": _ce(head=lambda width, k: [nn.Linear(width, 10)]),
        "no_head": _ce(head=lambda width, k: []),
        "last_dropped": _ce(lambda encoder: copy.deepcopy(list(encoder)[:-1])),
        "weights_without_biases": _ce(
            after=lambda net, encoder: (
                [nn.init.zeros_(m.bias) for m in list(net)[:-1] if isinstance(m, nn.Linear)],
                net.requires_grad_(True),
            )[1]
        ),
        "in_place": _ce_in_place,
        "a_list": _ce(after=lambda net, encoder: list(net)),
        "rounded": _ce(
            after=lambda net, encoder: (
                [p.data.copy_(p.data.half().float()) for p in net.parameters()],
                net.requires_grad_(True),
            )[1]
        ),
        "encoder_only": lambda encoder, num_classes: copy.deepcopy(encoder).requires_grad_(True),
        "head_first": lambda encoder, num_classes: nn.Sequential(
            nn.Linear(_width(encoder), num_classes), *copy.deepcopy(encoder)
        ).requires_grad_(True),
        "two_heads": _ce(head=lambda width, k: [nn.Linear(width, width), nn.Linear(width, k)]),
    },
)

SLOW = ("train_head", "pretrain_autoencoder")


def _params(cases):
    """The cases, the trained ones and the loop over examples marked slow."""
    slow = [exercise in SLOW or name == "loops" for exercise, name, _ in cases]
    marks = [[pytest.mark.slow] if is_slow else [] for is_slow in slow]
    return [
        pytest.param(*case, marks=mark, id=name)
        for case, mark, name in zip(cases, marks, names(cases), strict=True)
    ]


@pytest.mark.parametrize(("exercise", "name", "own"), _params(audit.right_cases))
def test_a_right_solution_keeps_every_point(exercise, name, own):
    audit.check_right(exercise, own, seed=11)


@pytest.mark.parametrize(("exercise", "name", "own"), _params(audit.wrong_cases))
def test_a_wrong_solution_loses_points(exercise, name, own):
    audit.check_wrong(exercise, own, seed=11)
