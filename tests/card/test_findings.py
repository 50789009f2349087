"""Dead hyperparameters, unread and lost states, division by zero: rules with one fault each, beside the same rule without it."""

import numpy as np
import pytest

from symcat.card.definedness import conditions
from symcat.card.influence import dead_later, questions
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.prove.decide import prove


def sign_of_momentum(p, g, m=0, *, lr=0.1, b1=0.9):
    m = b1 * m + (1 - b1) * g
    return p - lr * np.sign(m), m


def unused_decay(p, g, *, lr=0.1, wd=0.01):
    return p - lr * np.sign(g)


def cancelled(p, g, *, lr=0.1, wd=0.01):
    q = p + wd * p
    return q - wd * p - lr * g


def idle_buffer(p, g, m=0, *, lr=0.1, b1=0.9):
    return p - lr * g, b1 * m + g


def amsgrad(p, g, v=0, top=0, *, lr=0.1, b2=0.9, eps=1e-8):
    v = b2 * v + (1 - b2) * g**2
    top = np.maximum(top, v)
    return p - lr * g / (np.sqrt(top) + eps), v, top


def amsgrad_lost(p, g, v=0, top=0, *, lr=0.1, b2=0.9, eps=1e-8):
    v = b2 * v + (1 - b2) * g**2
    return p - lr * g / (np.sqrt(np.maximum(top, v)) + eps), v, top


def rectified(p, g, t=0, *, lr=0.1, eps=0.5):
    t = t + 1
    return p - lr * g / np.where(t > 5, 1 + eps, 1), t


FAULTS = [
    (sign_of_momentum, set()),
    (unused_decay, {("dead_hyperparameters", "wd")}),
    (cancelled, {("dead_hyperparameters", "wd")}),
    (idle_buffer, {("dead_hyperparameters", "b1"), ("unread_state", "m")}),
    (amsgrad, set()),
    (amsgrad_lost, {("lost_state", "top")}),
    (rectified, set()),
    (OPTIMISERS["nesterov"], set()),
    (OPTIMISERS["adam"], set()),
]


@pytest.mark.parametrize("rule, expected", FAULTS, ids=[getattr(rule, "name", None) or rule.__name__ for rule, _ in FAULTS])
def test_what_does_nothing_is_found_and_nothing_else_is_accused(rule, expected):
    rule = rule if hasattr(rule, "states") else optimiser(rule)
    verdicts = {(one.finding, one.name): prove(one.claim) for one in questions(rule)}
    assert {key for key, verdict in verdicts.items() if verdict.proved} == expected


def test_an_influence_that_shows_late_is_found_late():
    rule = optimiser(rectified)
    early = next(one for one in questions(rule) if one.name == "eps")
    assert prove(early.claim).unknown
    assert prove(dead_later(rule, "eps")).refuted


def divided(p, g, *, lr=0.1):
    return p - lr * g / np.sqrt(g**2)


def difference(p, g, m=0, *, lr=0.1, eps=1e-8):
    m = g - m
    return p - lr * g / np.sqrt(m + eps), m


def counted(p, g, t=0, *, lr=0.1):
    return p - lr * g / (2 - t), t + 1


ZEROS = [
    (OPTIMISERS["adam"], [], ["eps = 0"]),
    (OPTIMISERS["adagrad"], [], ["eps = 0"]),
    (OPTIMISERS["momentum"], [], []),
    (optimiser(divided), ["division by zero"], []),
    (optimiser(difference), ["division by zero", "the root of a negative number"], []),
    (optimiser(counted), ["division by zero"], []),
]


@pytest.mark.parametrize("rule, events, edges", ZEROS, ids=lambda value: getattr(value, "name", ""))
def test_where_a_rule_divides_by_zero(rule, events, edges):
    found = [(one, prove(one.claim)) for one in conditions(rule)]
    inside = [one.event for one, verdict in found if not one.edge and verdict.refuted]
    assert set(inside) <= set(events) and bool(inside) == bool(events)
    assert {one.edge for one, verdict in found if one.edge and verdict.refuted} >= set(edges)
    assert all(verdict.proved for one, verdict in found if not one.edge) or events


def test_the_step_at_which_it_divides_by_zero():
    (found,) = [prove(one.claim) for one in conditions(optimiser(counted))]
    assert found.refuted and found.witness["steps"] == 3
