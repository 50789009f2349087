"""Squares of flows under changes of single coordinates: which rules have a flow, what is proved, and what mutants do."""

from dataclasses import replace

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, Wire
from symcat.laws.claim import Claim
from symcat.laws.naturality import card_laws
from symcat.laws.naturality.flow import Flow, along_coordinates, flow_of, flow_square, words
from symcat.learn import optimisers as zoo
from symcat.learn.optimisers import Optimiser, optimiser, state
from symcat.learn.optimisers.natural import with_connection, with_metric
from symcat.learn.optimisers.second_order import natural_gradient
from symcat.prove.decide import prove


def status(rule: Optimiser) -> str:
    flow = flow_of(rule)
    assert flow is not None
    return prove(Claim(f"{rule.name} F", words(flow), "a test", lambda: flow_square(flow), "either", "as functions")).status


@optimiser
def inverse_gradient(p, g, *, lr=0.1):
    """Natural under changes of each coordinate, but not under rotations."""
    return p - lr / g


@optimiser
def without_square_root(p, g, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.99):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return p - lr * m / v, m, v


MOMENTUM = state(lambda p: 0 * p, "covector")


@optimiser(data={"C": "cometric", "Gamma": "christoffel"})
def backwards(p, g, C, Gamma, m=MOMENTUM, *, lr=0.1, b1=0.9):
    """The connection with the wrong sign."""
    m = b1 * m + (1 - b1) * g
    step = -lr * C @ m
    return p + step, m - np.einsum("lkj,j,l->k", Gamma, step, m)


@pytest.mark.parametrize(("rule", "expected"), [
    (zoo.nat_gd, "proved"), (zoo.nat_heavy_ball, "proved"), (zoo.nat_adam, "proved"), (inverse_gradient, "proved"),
    (natural_gradient, "proved"),
    (with_metric(zoo.momentum_ema), "refuted"), (backwards, "refuted"), (without_square_root, "refuted"),
    (zoo.gradient_descent, "refuted"), (zoo.sign_descent, "refuted"), (zoo.adam, "refuted"), (zoo.lion, "refuted"),
    (zoo.polyak_averaging, "refuted"), (with_connection(with_metric(zoo.momentum_ema), name="Christoffel"), "proved"),
], ids=lambda value: getattr(value, "name", value))
def test_which_flows_are_natural(rule, expected):
    assert status(rule) == expected


@pytest.mark.parametrize("name", ["momentum", "nesterov", "schedule_free", "heavy_ball"])
def test_rules_without_a_flow_have_none(name):
    """Their rate is in the velocity, or the gradient is taken elsewhere."""
    assert flow_of(getattr(zoo, name)) is None


def test_what_goes_to_zero_is_said():
    assert "forgetting" in words(flow_of(zoo.nat_heavy_ball))
    assert "keeping their memory" in words(flow_of(zoo.adam))
    assert flow_of(zoo.adam).fixed


@pytest.mark.parametrize("rule", [zoo.nat_heavy_ball, zoo.rmsprop], ids=lambda rule: rule.name)
def test_rates_are_the_limits_of_steps(rule):
    """(step - start) / eta for a small eta, in floats."""
    flow, rng = Flow(rule), np.random.default_rng(1)
    step = rule.step(Wire(Real, (flow.morphism.dom[0].shape[0],)))
    sizes = dict.fromkeys(flow.morphism.dims, 2)
    arrays = [rng.uniform(0.5, 1.5, size=(2,) * len(wire.shape)) for _, wire in step.dom]
    speeds = {symbol.name: 0.7 for symbol in flow.morphism.hypers if symbol.name.startswith("speed_")}
    eta, hypers = 1e-6, {"lr": 1.0, "eps": 0.5} | speeds
    named = {symbol.name for symbol in flow.morphism.hypers}
    given = {name: value for name, value in hypers.items() if name in named}
    at_zero, near = (evaluate(flow.morphism, [*arrays, np.array(h)], dims=sizes, hypers=given) for h in (0.0, eta))
    direct = {row.name: {"lr": eta, "eps": 0.5}.get(row.name, 1 - 0.7 * eta) for row in rule.hypers}
    for start, end, stepped in zip(at_zero, near, evaluate(step, arrays, dims=sizes, hypers=direct), strict=True):
        np.testing.assert_allclose(end, stepped, atol=1e-12)
        assert np.abs(end - start).max() < 10 * eta
    np.testing.assert_allclose(at_zero[0], arrays[0])


FLAT = state(lambda p: 0 * p, "scalar")


@optimiser(data={"h": "hessian_diagonal"})
def curvature(p, g, h, c=FLAT, *, lr=0.1):
    return p + 0 * g, c + h / g**2


@optimiser(data={"h": "hessian_diagonal", "Gamma": "christoffel"})
def covariant_curvature(p, g, h, Gamma, c=FLAT, *, lr=0.1):
    return p + 0 * g, c + (h - np.einsum("iii->i", Gamma) * g) / g**2


@optimiser(data={"H": "hessian", "Gamma": "christoffel"}, shape=(2,))
def covariant_hessian(p, g, H, Gamma, c=0, *, lr=0.1):
    return p + 0 * g, c + np.sum((H - np.einsum("kij,k->ij", Gamma, g))[0, 1] / (g[0] * g[1]))


@pytest.mark.parametrize(("rule", "expected"), [(curvature, "refuted"), (covariant_curvature, "proved"), (covariant_hessian, "proved")],
                         ids=lambda value: getattr(value, "name", value))
def test_second_derivatives_of_a_loss_are_no_tensor(rule, expected):
    """Squares of steps and of flows, which are written independently, agree on what a connection puts right."""
    (law,) = card_laws(rule, ["diffeomorphism"])
    assert prove(law.step).status == expected
    assert prove(law.levels["F"]).status == expected


def test_a_state_that_moves_otherwise_is_refuted():
    moves = along_coordinates(zoo.nat_heavy_ball)
    wrong = {name: replace(one, blocks=((0, 1),)) for name, one in moves.items()}
    flow = flow_of(zoo.nat_heavy_ball)
    assert prove(Claim("F", "m as a vector", "a test", lambda: flow_square(flow, wrong), "either", "as functions")).refuted


@pytest.mark.parametrize("rule", [
    optimiser(lambda p, g, C, *, lr=0.1: p - np.maximum(lr * (C @ g), lr * g), data={"C": "cometric"}, name="larger"),
    optimiser(lambda p, g, *, lr=0.1: p - lr * np.sign(lr * g), name="sign of the rate"),
    optimiser(lambda p, g, *, lr=0.1: p - np.abs(lr * g), name="size"),
], ids=lambda rule: rule.name)
def test_a_rule_with_a_kink_where_the_rate_is_zero_has_no_flow(rule):
    assert flow_of(rule) is None
