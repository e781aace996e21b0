"""What keeps lessons short, and what a student sees while waiting."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from scipy import ndimage

from coursekit import loading, networks
from coursekit.ghost_norm import GhostBatchNorm
from coursekit.layers import Elementwise
from coursekit.needs import needs
from coursekit.pictures import turned
from coursekit.regularized import few_digits, new_params, train
from coursekit.shrinkage import fit_polynomial, powers, predict, wavy_points


def one_run(curves):
    rng = np.random.default_rng(0)
    params = new_params((64, 8, 10), rng)
    return params, train(params, few_digits(64), 3, rng, curves=curves)


def test_a_run_without_curves_is_the_same_run_with_its_last_entry_only():
    (watched, full), (unwatched, last) = one_run(True), one_run(False)
    assert all(np.array_equal(watched[name], unwatched[name]) for name in watched)
    assert len(full.val_loss) == 3
    assert (last.train_error, last.val_loss) == (full.train_error[-1:], full.val_loss[-1:])


def test_a_small_net_trained_without_curves_is_the_same_net():
    def tanh(features):
        return Elementwise(np.tanh, lambda z: 1 - np.tanh(z) ** 2)

    def trained(curves):
        rng = np.random.default_rng(0)
        net = networks.build([64, 8, 10], lambda i, o, r: r.normal(size=(i, o)), tanh, rng)
        return net, networks.train(net, few_digits(64), 3, 0.1, rng, curves=curves)

    (watched, full), (unwatched, last) = trained(True), trained(False)
    assert np.array_equal(watched.layers[0].params[0], unwatched.layers[0].params[0])
    assert (full.losses, len(full.test_accuracy)) == (last.losses, 3)
    assert last.test_accuracy == full.test_accuracy[-1:]


def test_loading_torch_shows_a_bar_only_where_something_is_loaded(monkeypatch):
    shown = []
    monkeypatch.setattr(loading, "track", lambda parts, label: shown.append(label) or parts)
    monkeypatch.setattr(loading, "PARTS", ("json", "a_part_not_there"))
    monkeypatch.setattr(loading.importlib, "import_module", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", "torch itself")
    assert loading.load_torch() == "torch itself"
    assert shown == ["loading torch"]
    monkeypatch.setattr(loading, "PARTS", ("json", "another_part"))
    assert loading.load_torch(optimizers=False) == "torch itself"
    monkeypatch.setattr(loading, "PARTS", ("json",))
    assert loading.load_torch() == "torch itself"
    assert shown == ["loading torch"]


def test_an_experiment_that_goes_on_from_an_earlier_one_says_which():
    for names in ({}, {"runs": {}}, {"runs": None}):
        with pytest.raises(NotImplementedError, match="Run the cell under “Paths” first: it makes `runs`"):
            needs(names, runs="Paths")
    needs({"runs": {"SGD": 1}, "rows": np.zeros(0)}, runs="Paths", rows="Steps")


def test_turning_all_pictures_at_once_is_turning_each():
    rng = np.random.default_rng(0)
    images, angles = rng.random((20, 7, 8)), rng.uniform(-180, 180, 20)
    one_by_one = [
        ndimage.rotate(image, angle, reshape=False, order=1)
        for image, angle in zip(images, angles, strict=True)
    ]
    assert np.allclose(turned(images, angles), one_by_one) and np.array_equal(turned(images, 0), images)


def test_normalizing_all_groups_at_once_is_normalizing_each_after_the_other():
    torch.manual_seed(0)
    x, (once, each) = torch.randn(12, 5), (GhostBatchNorm(5, 4), torch.nn.BatchNorm1d(5))
    with torch.no_grad():
        assert torch.allclose(once(x), torch.cat([each(part) for part in x.split(4)]), atol=1e-6)
    for name in ("running_mean", "running_var"):
        assert torch.allclose(getattr(once, name), getattr(each, name), atol=1e-6)


def test_the_polynomial_of_a_quadratic_penalty_is_where_its_slope_is_zero():
    x, y = wavy_points(15, np.random.default_rng(2))

    def penalty(p, lam=0.3):
        return lam / 2 * float(np.sum(p["W"] ** 2)), {"W": lam * p["W"], "b": np.zeros(1)}

    found = fit_polynomial(x, y, 5, penalty)
    error = predict(found, x) - y
    assert abs(error.mean()) < 1e-9
    assert np.allclose(powers(x, 5).T @ error / len(x) + penalty(found)[1]["W"], 0)
