"""Chains, tensors, freezing, lookahead: against the same steps taken by hand in NumPy, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dims, space
from symcat.errors import DomainError, TraceError, UsageError
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.optimisers import adam, gradient_descent, momentum, nesterov, optimiser, state
from symcat.learn.optimisers.combinators import (
    Tensor,
    Transformation,
    clip_by_norm,
    clip_by_value,
    decay,
    direction,
    freeze,
    lookahead,
    trace_of,
    transformation,
)

n, m = dims("n m")


def walk(rule, gradients, start, **values):
    """The points of a rule on given gradients."""
    step, p, points = rule.step(), start, []
    hypers = {symbol: value for symbol, value in rule(**values).assignment().items() if symbol in step.hypers}
    states = rule.initial([start])
    for g in gradients:
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
        points.append(p)
    return points


@pytest.fixture
def run():
    draw = np.random.default_rng(5)
    return draw.normal(size=(7, 4)), draw.normal(size=4)


def test_a_chain_clips_decays_and_then_steps(run):
    gradients, p = run
    rule = clip_by_norm(bound=0.5) >> decay(wd=0.25) >> momentum
    points, v = walk(rule, gradients, p), 0
    for g, found in zip(gradients, points, strict=True):
        g = g * min(1, 0.5 / np.linalg.norm(g)) + 0.25 * p
        v = 0.9 * v - 0.01 * g
        p = p + v
        np.testing.assert_allclose(found, p, rtol=1e-13)


def test_chains_of_transformations_associate():
    left = (clip_by_value >> decay) >> adam
    right = clip_by_value >> (decay >> adam)
    assert left.step() == right.step() and left.state_names == right.state_names == ("m", "v", "t")


def test_a_transformation_reads_the_parameter_where_the_optimiser_looks():
    """Decay of the point p + gamma v, as in the composite of lenses."""
    rule = decay >> nesterov
    hypers = {symbol: value for symbol, value in rule.assignment().items() if symbol in rule.step().hypers}
    _, v = evaluate(rule.step(), ([1.0], [0.0], [2.0]), hypers=hypers)
    np.testing.assert_allclose(v, 0.9 * 2 - 0.01 * 0.01 * (1 + 0.9 * 2))
    ahead, = evaluate(rule.lens(space(p=Real[n])).get, ([2.0], [1.0]), hypers=rule.assignment())
    np.testing.assert_allclose(ahead, 1 + 0.9 * 2)


def test_names_that_two_parts_share_are_told_apart():
    both = trace_of >> momentum
    assert both.state_names == ("v", "momentum_v") and [row.name for row in both.hypers] == ["gamma", "lr", "momentum_gamma"]
    thrice = clip_by_value >> clip_by_norm >> clip_by_norm >> gradient_descent
    assert len({row.name for row in thrice.hypers}) == 4


def test_values_and_constants_of_parts_are_kept():
    rule = decay(wd=0.5) >> adam(lr=0.25).at(eps=0)
    assert {row.name: str(rule.value(row.name)) for row in rule.hypers} == {"wd": "1/2", "lr": "1/4", "b1": "9/10", "b2": "999/1000"}
    with pytest.raises(DomainError, match="wd = -1"):
        rule(wd=-1)


def test_directions_are_what_an_optimiser_subtracts(run):
    gradients, p = run
    points = walk(direction(gradient_descent) >> gradient_descent, gradients, p)
    np.testing.assert_allclose(points[-1], p - 0.1 * gradients.sum(axis=0))
    with pytest.raises(UsageError, match="looks at another point"):
        direction(nesterov)


def test_lookahead_returns_to_the_slow_point(run):
    gradients, p = run
    fast = slow = p
    points = walk(lookahead(gradient_descent), gradients, p, period=3, alpha=0.25)
    for k, (g, found) in enumerate(zip(gradients, points, strict=True), 1):
        fast = fast - 0.1 * g
        if k % 3 == 0:
            slow = fast = slow + 0.25 * (fast - slow)
        np.testing.assert_allclose(found, fast)
    with pytest.raises(UsageError, match="which has alpha, count, period, slow itself"):
        lookahead(lookahead(adam))


def test_states_that_start_at_the_parameter_go_through_chains():
    twice = state(lambda p, *, pull: pull * p, "point")

    @optimiser
    def towards(p, g, home=twice, *, lr=0.5, pull=2):
        return p - lr * (g + pull * (p - home)), home

    rule = clip_by_value >> lookahead(towards)
    start = rule.initial([np.array([1.0, 3.0])])
    assert [array.tolist() for array in start] == [[1, 3], 0, [2, 6]]
    assert [row.functor for row in rule.states] == ["point", "scalar", "point"]


def test_a_tensor_takes_another_optimiser_for_each_layer():
    params, draw = space(b=Real[m], W=Real[n, m]), np.random.default_rng(6)
    tensor = Tensor({"W": momentum(gamma=0.5)}, gradient_descent)
    assert tensor.state_space(params).names == ("v_W",)
    lens = tensor.lens(params)
    v, b, w, db, dw = (draw.normal(size=shape) for shape in ((2, 3), 3, (2, 3), 3, (2, 3)))
    found = evaluate(lens.put, (v, b, w, db, dw), hypers=tensor.assignment())
    for ours, theirs in zip(found, (0.5 * v - 0.01 * dw, b - 0.1 * db, w + 0.5 * v - 0.01 * dw), strict=True):
        np.testing.assert_allclose(ours, theirs)
    with pytest.raises(UsageError, match="optimisers for V: the parameters are b, W"):
        Tensor({"V": adam}, adam).lens(params)


def test_the_hyperparameters_of_a_tensor_are_those_of_its_rules():
    tensor = Tensor({"W": adam(lr=0.5), "V": adam(lr=0.5)}, adam)
    assert {str(symbol): str(value) for symbol, value in tensor.assignment().items()} == {
        "lr": "1/2", "b1": "9/10", "b2": "999/1000", "eps": "1/100000000",
        "adam_lr": "1/1000", "adam_b1": "9/10", "adam_b2": "999/1000", "adam_eps": "1/100000000"}


def test_frozen_layers_stay_in_a_learner():
    net, draw = mlp(4, 5, 3), np.random.default_rng(7)
    one = Learner(net, loss("cross_entropy", net.cod), freeze(adam, "W1", "b1"))
    names, values = one.kept.names, one.initial(seed=1)
    moved = evaluate(one.step, (*values, draw.normal(size=(6, 4)), np.eye(3)[draw.integers(3, size=6)]), hypers=one.optimiser.assignment())
    same = {name: bool(np.array_equal(old, new)) for name, old, new in zip(names, values, moved, strict=False)}
    assert same["W1"] and same["b1"] and not same["W"] and not same["b"]


def test_what_does_not_compose_is_refused():
    with pytest.raises(TypeError):
        clip_by_norm >> 3
    with pytest.raises(TraceError, match="hyperparameter c has no default"):
        transformation(lambda p, g, *, c: c * g)
    assert isinstance(clip_by_norm >> decay, Transformation)

    first = optimiser(lambda p, g, h: p - g / h, name="first", data={"h": "hessian_diagonal"})
    second = Transformation(optimiser(lambda p, g, h: g * h, name="second", data={"h": "loss"}))
    with pytest.raises(UsageError, match="data h of the kinds loss and hessian_diagonal"):
        second >> first
