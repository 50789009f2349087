"""Every optimiser against its textbook recursion, written in NumPy without symcat, and against exact rationals."""

from fractions import Fraction

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.objects import EXACT
from symcat.category.space import Real, Space, dims, space
from symcat.errors import DomainError, TraceError, UsageError
from symcat.learn.optimisers import OPTIMISERS, adam, gradient_descent, momentum, nesterov, optimiser

n = dims("n")


def descend(p, g, state):
    return p - 0.1 * g, state


def heavy_ball(p, g, state):
    state = 0.9 * state - 0.01 * g if state is not None else -0.01 * g
    return p + state, state


def adagrad(p, g, state):
    state = g * g if state is None else state + g * g
    return p - 0.01 * g / (np.sqrt(state) + 1e-7), state


def rmsprop(p, g, state):
    state = 0.1 * g * g if state is None else 0.9 * state + 0.1 * g * g
    return p - 0.001 * g / (np.sqrt(state) + 1e-7), state


def kingma_ba(p, g, state):
    m, v, t = state or (0 * p, 0 * p, 0)
    t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return p - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), (m, v, t)


ORACLES = {"gradient_descent": descend, "momentum": heavy_ball, "nesterov": heavy_ball, "adagrad": adagrad, "rmsprop": rmsprop,
           "adam": kingma_ba}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_twenty_steps_agree_with_the_textbook(name):
    rule, draw = OPTIMISERS[name], np.random.default_rng(1)
    step, values = rule.step(Real[n]), rule.assignment()
    p = q = draw.normal(size=5)
    shapes = [tuple(5 for _ in wire.shape) for wire in rule.state_wires(Real[n])]
    states = [np.full(shape, float(row.initial)) for shape, row in zip(shapes, rule.states, strict=True)]
    memory = None
    for _ in range(20):
        g = draw.normal(size=5)
        p, *states = evaluate(step, (p, g, *states), hypers=values)
        q, memory = ORACLES[name](q, g, memory)
        np.testing.assert_allclose(p, q, rtol=1e-12)


def test_states_have_the_least_shape_that_their_steps_keep():
    assert [str(wire) for wire in adam.state_wires(Real[n])] == ["Real[n]", "Real[n]", "Real[]"]
    assert gradient_descent.state_wires(Real[n]) == ()


def test_momentum_is_exact_on_rationals():
    third = Fraction(1, 3)
    p, v = evaluate(momentum.step(Real[n]), ([third], [third], [Fraction(1)]), hypers={"lr": Fraction(1, 2), "gamma": Fraction(1, 4)},
                    scalars=EXACT)
    assert v[0] == Fraction(1, 4) - Fraction(1, 6) and p[0] == third + v[0]


def test_nesterov_looks_ahead_and_momentum_does_not():
    params = Space((("p", Real[n]),))
    ahead, = evaluate(nesterov.lens(params).get, ([2.0], [1.0]), hypers=nesterov.assignment())
    here, = evaluate(momentum.lens(params).get, ([2.0], [1.0]), hypers=momentum.assignment())
    assert ahead[0] == pytest.approx(1 + 0.9 * 2) and here[0] == 1.0


def test_the_lens_on_several_wires_keeps_them_apart():
    params = space(W=Real[n, 2], b=Real[2])
    assert momentum.lens(params).dom[0].names == ("v_W", "v_b", "W", "b")
    assert len(adam.state_space(params)) == 6


def test_hyperparameter_values_are_exact_and_checked():
    assert adam(lr=0.01).value("lr") * 100 == 1
    with pytest.raises(DomainError, match=r"b1 = 1.5 is outside its range \[0, 1\)"):
        adam(b1=1.5)
    with pytest.raises(UsageError, match="no hyperparameter 'beta': it has lr, b1, b2, eps"):
        adam(beta=0.9)
    assert "eps" not in {row.name for row in adam.at(eps=0).hypers} and adam.at(eps=0).name == "adam(eps=0)"


@pytest.mark.parametrize("function, words", [
    (lambda p: p, "a rule is"),
    (lambda p, g, v: (p, v), "v is neither a state nor known data"),
    (lambda p, g, *, lr: p, "hyperparameter lr has no default"),
])
def test_rules_of_another_form_are_refused(function, words):
    with pytest.raises(TraceError, match=words):
        optimiser(function)


def test_a_rule_that_loses_a_state_or_grows_is_refused():
    with pytest.raises(TraceError, match="returns 1 arrays"):
        optimiser(lambda p, g, v=0: p).state_wires(Real[n])
    with pytest.raises(TraceError, match="returns a parameter"):
        optimiser(lambda p, g: np.outer(p, g)).state_wires(Real[n])
