"""Twenty steps of every optimiser that optax or PyTorch has too, in double precision, from the same start on the same gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.learn.optimisers import OPTIMISERS, Optimiser
from symcat.learn.optimisers.combinators import clip_by_norm, decay, direction, trace_of
from symcat.learn.optimisers.schedules import cosine, drop, exponential, with_schedule

STEPS, SHAPE = 20, (3, 2)
DRAW = np.random.default_rng(0)
START = DRAW.normal(size=SHAPE)
GRADIENTS = DRAW.normal(size=(STEPS, *SHAPE))

descent = OPTIMISERS["gradient_descent"]
# Theirs, by optax's names, at these values of ours.
OPTAX: dict[str, tuple[Optimiser, Callable]] = {
    "sgd": (descent, lambda o: o.sgd(0.1)),
    "momentum": (OPTIMISERS["momentum_torch"], lambda o: o.sgd(0.01, momentum=0.9)),
    "nesterov": (OPTIMISERS["nesterov_torch"], lambda o: o.sgd(0.01, momentum=0.9, nesterov=True)),
    "momentum ema": (OPTIMISERS["momentum_ema"], lambda o: o.chain(o.ema(0.9, debias=False), o.scale(-0.1))),
    "normalised": (OPTIMISERS["normalised_descent"], lambda o: o.chain(o.normalize_by_update_norm(eps=0.0), o.scale(-0.01))),
    "clip by norm": (OPTIMISERS["clipped_descent"], lambda o: o.chain(o.clip_by_global_norm(1.0), o.scale(-0.1))),
    "clip by value": (OPTIMISERS["value_clipped_descent"], lambda o: o.chain(o.clip(1.0), o.scale(-0.1))),
    "coupled decay": (OPTIMISERS["descent_l2"], lambda o: o.chain(o.add_decayed_weights(0.01), o.scale(-0.1))),
    "signs": (OPTIMISERS["sign_descent"], lambda o: o.sign_sgd(0.001)),
    "lion": (OPTIMISERS["lion"](wd=0.001), lambda o: o.lion(0.0001)),
    "adagrad": (OPTIMISERS["adagrad"].at(eps=0), lambda o: o.adagrad(0.01, initial_accumulator_value=0.0, eps=0.0)),
    "rmsprop": (OPTIMISERS["rmsprop"], lambda o: o.rmsprop(0.001, eps=1e-7, eps_in_sqrt=False)),
    "rmsprop inside": (OPTIMISERS["rmsprop_inside"], lambda o: o.rmsprop(0.001, eps=1e-7)),
    "rmsprop centred": (OPTIMISERS["rmsprop_centred"], lambda o: o.rmsprop(0.001, eps=1e-7, centered=True)),
    "adadelta": (OPTIMISERS["adadelta"], lambda o: o.adadelta(1.0, rho=0.95)),
    "adam": (OPTIMISERS["adam"], lambda o: o.adam(0.001)),
    "adamw": (OPTIMISERS["adamw"], lambda o: o.adamw(0.001, weight_decay=0.01)),
    "amsgrad": (OPTIMISERS["amsgrad_correction_first"], lambda o: o.amsgrad(0.001)),
    "adamax": (OPTIMISERS["adamax"], lambda o: o.adamax(0.002)),
    "nadam": (OPTIMISERS["nadam"], lambda o: o.nadam(0.001)),
    "radam": (OPTIMISERS["radam"](lr=0.01), lambda o: o.radam(0.01)),
    "yogi": (OPTIMISERS["yogi_corrected"], lambda o: o.yogi(0.01)),
    "adabelief": (OPTIMISERS["adabelief"], lambda o: o.adabelief(0.001)),
    "lars": (OPTIMISERS["lars"](wd=0), lambda o: o.lars(0.1)),
    "lamb": (OPTIMISERS["lamb"](wd=0.01), lambda o: o.lamb(0.001, weight_decay=0.01)),
    "dog": (OPTIMISERS["dog"], lambda o: o.contrib.dog(1.0, init_step=("distance", 1e-6))),
    "prodigy": (OPTIMISERS["prodigy"].at(eps=0), lambda o: o.contrib.prodigy(
        lambda k: (1 - 0.9 ** (k + 1)) / (1 - 0.999 ** (k + 1)) ** 0.5, eps=0.0)),      # a rate that undoes its corrections
    "schedule free": (OPTIMISERS["schedule_free_training"], lambda o: o.contrib.schedule_free(o.sgd(0.1), 0.1, b1=0.9)),
    "chain": (clip_by_norm >> decay >> OPTIMISERS["adam"], lambda o: o.chain(
        o.clip_by_global_norm(1.0), o.add_decayed_weights(0.01), o.adam(0.001))),
    "directions": (direction(OPTIMISERS["adam"]) >> trace_of >> descent, lambda o: o.chain(o.scale_by_adam(), o.trace(0.9), o.scale(-0.1))),
    "cosine": (with_schedule(descent, cosine(steps=15, least=0.1)), lambda o: o.sgd(o.cosine_decay_schedule(0.1, 15, 0.1))),
    "exponential": (with_schedule(OPTIMISERS["adam"], exponential(rate=0.9)), lambda o: o.adam(o.exponential_decay(0.001, 1, 0.9))),
    "drop": (with_schedule(descent, drop(steps=7, factor=0.25)), lambda o: o.sgd(o.piecewise_constant_schedule(0.1, {7: 0.25}))),
}
TORCH: dict[str, tuple[Optimiser, Callable]] = {
    "sgd": (OPTIMISERS["descent_l2"], lambda t, p: t.SGD(p, 0.1, weight_decay=0.01)),
    "momentum": (OPTIMISERS["momentum_torch"], lambda t, p: t.SGD(p, 0.01, momentum=0.9)),
    "nesterov": (OPTIMISERS["nesterov_torch"], lambda t, p: t.SGD(p, 0.01, momentum=0.9, nesterov=True)),
    "adagrad": (OPTIMISERS["adagrad"], lambda t, p: t.Adagrad(p, 0.01, eps=1e-7)),
    "rmsprop": (OPTIMISERS["rmsprop"], lambda t, p: t.RMSprop(p, 0.001, alpha=0.9, eps=1e-7)),
    "adadelta": (OPTIMISERS["adadelta"], lambda t, p: t.Adadelta(p, 1.0, rho=0.95, eps=1e-6)),
    "adam": (OPTIMISERS["adam"], lambda t, p: t.Adam(p, 0.001)),
    "adam l2": (OPTIMISERS["adam_l2"], lambda t, p: t.Adam(p, 0.001, weight_decay=0.01)),
    "adamw": (OPTIMISERS["adamw"], lambda t, p: t.AdamW(p, 0.001, weight_decay=0.01)),
    "amsgrad": (OPTIMISERS["amsgrad_max_first"], lambda t, p: t.Adam(p, 0.001, amsgrad=True)),
    "adamax": (OPTIMISERS["adamax"], lambda t, p: t.Adamax(p, 0.002)),
    "nadam": (OPTIMISERS["nadam_scheduled"], lambda t, p: t.NAdam(p, 0.002)),
    "radam": (OPTIMISERS["radam"].at(eps=0), lambda t, p: t.RAdam(p, 0.001, eps=0.0)),
}
# What keeps a number in single precision: optax the rate of this schedule, PyTorch the product of NAdam's momenta.
SINGLE = {"exponential": 1e-7, "torch nadam": 1e-8}


def ours(rule: Optimiser) -> np.ndarray:
    """Twenty steps of the rule's morphism, in floats."""
    step, hypers = rule.step(Real[SHAPE]), rule.assignment()
    hypers = {symbol: value for symbol, value in hypers.items() if symbol in step.hypers}
    p, states = START, rule.initial([START])
    for g in GRADIENTS:
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
    return p


def by_optax(make: Callable) -> np.ndarray:
    """Twenty steps of an optax transformation in double precision; skipped where optax is not installed."""
    jax = pytest.importorskip("jax", reason="jax is not installed")
    optax = pytest.importorskip("optax", reason="optax is not installed")
    pytest.importorskip("optax.contrib")
    with jax.enable_x64(True):
        theirs, p = make(optax), jax.numpy.asarray(START)
        state = theirs.init(p)
        for g in GRADIENTS:
            update, state = theirs.update(jax.numpy.asarray(g), state, p)
            p = optax.apply_updates(p, update)
        return np.asarray(p)


@pytest.mark.parametrize("name", OPTAX)
def test_optax_takes_the_same_steps(name: str) -> None:
    rule, make = OPTAX[name]
    np.testing.assert_allclose(ours(rule), by_optax(make), rtol=SINGLE.get(name, 1e-11), atol=1e-13)


@pytest.mark.parametrize("name", TORCH)
def test_torch_takes_the_same_steps(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    rule, make = TORCH[name]
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    theirs = make(torch.optim, [p])
    for g in GRADIENTS:
        p.grad = torch.tensor(g, dtype=torch.float64)
        theirs.step()
    np.testing.assert_allclose(ours(rule), p.detach().numpy(), rtol=SINGLE.get(f"torch {name}", 1e-11), atol=1e-13)


@pytest.mark.parametrize("rule, make", [
    (OPTIMISERS["adam_eps_hat"](eps=0.001), lambda o: o.adam(0.001, eps=0.001)),
    (OPTIMISERS["amsgrad_max_first"], lambda o: o.amsgrad(0.001)),
    (OPTIMISERS["nadam_scheduled"](lr=0.001), lambda o: o.nadam(0.001)),
    (OPTIMISERS["schedule_free"], lambda o: o.contrib.schedule_free(o.sgd(0.1), 0.1, b1=0.9)),
    (OPTIMISERS["rmsprop"], lambda o: o.rmsprop(0.001, eps=1e-7)),
])
def test_relatives_take_other_steps(rule: Optimiser, make: Callable) -> None:
    assert np.abs(ours(rule) - by_optax(make)).max() > 1e-8
