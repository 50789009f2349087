"""What rules reduce to, against tables by hand; near-misses that agree for some steps only are not proved."""

import numpy as np
import pytest

from symcat.card.reductions import reductions
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.prove.decide import prove

EXPECTED = {
    "gradient_descent": {("plain descent", ())},
    "momentum": {("plain descent", ("gamma",)), ("momentum", ())},
    "nesterov": {("plain descent", ("gamma",)), ("Nesterov momentum", ())},
    "adagrad": {("AdaGrad", ())},
    "rmsprop": {("sign descent", ("rho", "eps")), ("RMSProp", ())},
    "adam": {("sign descent", ("b1", "b2", "eps")), ("Adam", ())},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_reductions_of_the_zoo(name):
    found = reductions(OPTIMISERS[name])
    proved = {(one.relative, tuple(one.when)) for one in found if prove(one.claim).proved}
    assert proved == EXPECTED[name]


def ema(p, g, m=0, *, lr=0.1, b1=0.9):
    m = b1 * m + (1 - b1) * g
    return p - lr * m, m


def test_a_rate_and_a_state_may_be_multiples():
    found = {one.relative: one for one in reductions(optimiser(ema))}["momentum"]
    assert {name: str(e) for name, e in found.hypers.items()} == {"lr": "lr*(1 - b1)", "gamma": "b1"}
    assert prove(found.claim).proved


def late(p, g, t=0, *, lr=0.1):
    """Plain descent, up to the twelfth step."""
    t = t + 1
    return p - lr * g * np.where(t > 12, 2, 1), t


def test_rules_that_part_late_are_not_proved():
    (found,) = [one for one in reductions(optimiser(late)) if one.relative == "plain descent"]
    verdict = prove(found.claim)
    assert not verdict.proved


def lion(p, g, m=0, *, lr=1e-4, b1=0.9, b2=0.99):
    return p - lr * np.sign(b1 * m + (1 - b1) * g), b2 * m + (1 - b2) * g


def test_lion_is_sign_descent_without_memory():
    assert [(one.relative, dict(one.when)) for one in reductions(optimiser(lion))] == [("sign descent", {"b1": 0})]


def test_the_point_of_the_gradient_counts():
    """Nesterov's update is momentum's; its gradients are others."""
    assert "momentum" not in {one.relative for one in reductions(OPTIMISERS["nesterov"])}


def test_values_that_were_given_are_hyperparameters_of_the_relative():
    (found,) = [one for one in reductions(optimiser(ema).at(b1=0.9)) if one.relative == "momentum"]
    assert {name: str(e) for name, e in found.hypers.items()} == {"lr": "lr/10", "gamma": "9/10"}
    assert prove(found.claim).proved
