"""Muon and Adafactor against PyTorch and optax in double precision, where the conventions agree."""

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.learn.optimisers import adafactor, adafactor_absolute, adafactor_momentum, muon
from symcat.learn.optimisers.matrix import newton_schulz

STEPS, SHAPE = 8, (3, 5)     # wider than high: PyTorch's factor sqrt(max(1, m/n)) is 1


def ours(rule, start, gradients):
    p, states, path = start, rule.initial([start]), []
    for g in gradients:
        p, *states = evaluate(rule.step(), (p, g, *states), hypers=rule.assignment())
        path.append(p)
    return path


def drawn():
    draw = np.random.default_rng(11)
    return draw.normal(size=SHAPE), draw.normal(size=(STEPS, *SHAPE))


def by_torch(make, start, gradients):
    torch = pytest.importorskip("torch")
    p = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimiser, path = make(torch, [p]), []
    for g in gradients:
        p.grad = torch.tensor(g, dtype=torch.float64)
        optimiser.step()
        path.append(p.detach().numpy().copy())
    return path


def by_optax(make, start, gradients):
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    with jax.enable_x64(True):
        transformation, p, path = make(optax), jax.numpy.asarray(start), []
        state = transformation.init(p)
        for g in gradients:
            updates, state = transformation.update(jax.numpy.asarray(g), state, p)
            p = optax.apply_updates(p, updates)
            path.append(np.asarray(p))
    return path


def test_muon_is_that_of_torch(monkeypatch):
    """But for eps, the factor of the rate and the decay; PyTorch iterates in bfloat16, which is put off here."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    start, gradients = drawn()
    theirs = by_torch(lambda torch, p: torch.optim.Muon(p, lr=0.02, weight_decay=0, momentum=0.95, eps=1e-30), start, gradients)
    for left, right in zip(ours(muon(eps=1e-30), start, gradients), theirs, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-11)


def test_the_iteration_is_that_of_optax():
    jax, _ = pytest.importorskip("jax"), pytest.importorskip("optax")
    from optax.contrib import _muon

    x = drawn()[0]
    with jax.enable_x64(True):
        theirs = _muon.orthogonalize_via_newton_schulz(jax.numpy.asarray(x), jax.numpy.array([3.4445, -4.775, 2.0315]), eps=1e-30)
        np.testing.assert_allclose(newton_schulz(x / np.linalg.norm(x), 3.4445, -4.775, 2.0315), np.asarray(theirs), rtol=1e-9, atol=1e-11)


def test_adafactor_is_that_of_torch():
    start, gradients = drawn()
    theirs = by_torch(lambda torch, p: torch.optim.Adafactor(p, lr=0.01, eps=(1e-30, 1e-3), d=1.0), start, gradients)
    for left, right in zip(ours(adafactor, start, gradients), theirs, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rule, options", [
    (adafactor, {}),
    (adafactor_absolute, {"multiply_by_parameter_scale": False}),
    (adafactor_momentum, {"multiply_by_parameter_scale": False, "momentum": 0.9, "dtype_momentum": "float64"}),
], ids=["relative steps", "absolute steps", "momentum"])
def test_adafactor_is_that_of_optax(rule, options):
    """optax takes t^-decay in single precision, whence the tolerance."""
    start, gradients = drawn()
    theirs = by_optax(lambda optax: optax.adafactor(0.01, min_dim_size_to_factor=1, **options), start, gradients)
    for left, right in zip(ours(rule, start, gradients), theirs, strict=True):
        np.testing.assert_allclose(left, right, rtol=0, atol=2e-8)
        assert np.abs(left - start).max() > 1e-4
