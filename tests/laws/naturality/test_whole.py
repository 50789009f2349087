"""Whole groups acting on rows or columns: for which rules words show the square, for which they must not."""

import numpy as np
import pytest

from symcat.laws.matrices import MatrixEquation
from symcat.laws.naturality.card import card_laws
from symcat.laws.naturality.families import linear, rotation
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.whole import group_of, whole_group
from symcat.learn.optimisers import adafactor, muon, optimiser
from symcat.learn.optimisers.state import state
from symcat.prove.decide import settle

SHAPE = ("m", "n")


@optimiser(shape=SHAPE)
def cubic(p, g, *, lr=0.1):
    return p - lr * (g @ g.T @ g)


@optimiser(shape=SHAPE)
def normalised(p, g, m=0, *, lr=0.1, b1=0.9):
    m = b1 * m + g
    return p - lr * m / np.sqrt(np.sum(m * m)), m


@optimiser(shape=SHAPE)
def one_sided(p, g, L=state(lambda p: np.diag(np.ones_like(p[:, 0]))), *, lr=0.1):
    L = L + g @ g.T
    return p - lr * (L @ g), L


@optimiser(shape=SHAPE)
def one_sided_from_ones(p, g, L=state(lambda p: np.outer(np.ones_like(p[:, 0]), np.ones_like(p[:, 0]))), *, lr=0.1):
    L = L + g @ g.T
    return p - lr * (L @ g), L


MOMENTUM = {"m": ((0, -1),)}
FACTOR = {"L": ((0, -1), (1, -1))}
CASES = [     # rule, axis, blocks of each state, whether the group is orthogonal, whether the start counts, whether it holds
    (cubic, 0, {}, True, False, True), (cubic, 1, {}, True, True, True), (cubic, 0, {}, False, False, False),
    (normalised, 0, MOMENTUM, True, True, True), (normalised, 1, MOMENTUM, True, True, False),
    (normalised, 0, MOMENTUM, False, True, False),
    (muon, 0, MOMENTUM, True, True, True), (muon, 1, {"m": ((1, -1),)}, True, True, True), (muon, 0, {"m": ()}, True, False, False),
    (one_sided, 0, FACTOR, True, True, True), (one_sided, 1, {"L": ()}, True, True, True),
    (one_sided, 0, {"L": ()}, True, False, False),
    (one_sided_from_ones, 0, FACTOR, True, False, True), (one_sided_from_ones, 0, FACTOR, True, True, False),
    (adafactor, 0, {}, True, False, False),
]


@pytest.mark.parametrize("rule, axis, blocks, isometric, start, holds", CASES, ids=lambda x: getattr(x, "name", str(x)))
def test_words_show_what_holds(rule, axis, blocks, isometric, start, holds):
    transports = {name: Transport(blocks.get(name, ())) for name in rule.state_names}
    family = (rotation if isometric else linear)(rule.wire, axis)[0]
    goal = whole_group(rule, family, transports, isometric, start)
    assert (goal is not None) == holds
    if holds:
        assert settle(goal)[0].proved


def test_the_laws_of_rows_and_columns_of_muon_are_about_whole_groups():
    names = ("left_rotation", "column_permutation", "row_sign_flips", "left_linear")
    goals = {law.name: (law.step.goal(), law.path.goal()) for law in card_laws(muon, names)}
    assert {name for name, pair in goals.items() if all(isinstance(goal, MatrixEquation) for goal in pair)} == set(names[:3])
    assert settle(goals["left_linear"][0], "as functions")[0].refuted


def test_other_rules_keep_their_generators():
    family = rotation(muon.wire, 0)[0]
    assert group_of(muon, "loss_scale", family, {}, False) is None
    assert group_of(optimiser(lambda p, g, *, lr=0.1: p - lr * g, name="descent", shape=SHAPE), "left_rotation", family, {}, False) is None
