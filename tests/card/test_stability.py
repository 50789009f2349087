"""Regions of stability against the textbook and against the iteration itself, run on a quadratic."""

import numpy as np
import pytest
import sympy as sp

from symcat.card.stability import CURVATURE, companion, stability
from symcat.learn.optimisers import OPTIMISERS, optimiser

TEXTBOOK = [
    ("gradient_descent", "0 < lr h < 2"),
    ("momentum", "0 < lr h < 2*(gamma + 1)"),
    ("nesterov", "0 < lr h < 2*(gamma + 1)/(2*gamma + 1)"),
    ("adam", None), ("rmsprop", None), ("adagrad", None),
]


@pytest.mark.parametrize("name, words", TEXTBOOK)
def test_regions_of_the_textbook(name, words):
    found = stability(OPTIMISERS[name])
    assert (found and found.words) == words
    assert found is None or found.checked


def ema(p, g, m=0, *, lr=0.1, b1=0.9):
    m = b1 * m + (1 - b1) * g
    return p - lr * m, m


def two_speeds(p, g, a=0, b=0, *, lr=0.1, b1=0.5, b2=0.9):
    a, b = b1 * a + g, b2 * b + g
    return p - lr * (a + b), a, b


def counted(p, g, t=0, *, lr=0.1):
    return p - lr * g, t + 1


def scheduled(p, g, t=0, *, lr=0.1):
    return p - lr * g / (t + 1), t + 1


def diverges(rule, lr, h):
    """Whether the rule's own function leaves every bound on h p^2 / 2."""
    p, states = np.array([1.0]), [float(row.initial) for row in rule.states]
    hypers = {row.name: float(rule.value(row.name)) for row in rule.hypers} | {"lr": lr}
    for _ in range(2000):
        p, *states = rule.rule(p, h * p, *states, **hypers)
        if abs(p[0]) > 1e6:
            return True
    return False


@pytest.mark.parametrize("function", [ema, two_speeds], ids=lambda f: f.__name__)
def test_the_iteration_itself_goes_by_the_region(function):
    rule = optimiser(function)
    found = stability(rule)
    lr, h = sp.Symbol("lr", real=True), CURVATURE.symbol
    for scale in np.geomspace(0.05, 60, 25):
        values = {symbol: value for symbol, value in rule.assignment().items() if symbol != lr} | {lr: sp.Rational(1, 10), h: scale}
        margins = [float(condition.subs(values)) for condition in found.conditions]
        if min(map(abs, margins)) > 0.05:
            assert diverges(rule, 0.1, scale) == (min(margins) < 0), scale


def test_a_count_that_nothing_reads_does_not_matter_and_a_schedule_does():
    assert stability(optimiser(counted)).words == "0 < lr h < 2"
    assert stability(optimiser(scheduled)) is None


def test_the_matrix_of_momentum():
    lr, h, gamma = sp.Symbol("lr", real=True), CURVATURE.symbol, sp.Symbol("gamma", real=True)
    assert companion(OPTIMISERS["momentum"]) == sp.Matrix([[1 - h * lr, gamma], [-h * lr, gamma]])


def test_the_rate_may_have_another_name():
    def named(p, g, v=0, *, learning_rate=0.1):
        v = v / 2 + g
        return p - learning_rate * v, v

    assert stability(optimiser(named)).words == "0 < learning_rate h < 3"
