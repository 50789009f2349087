"""Whole groups acting on rows or columns: for which rules words show the square, for which they must not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.laws.induction import Induction
from symcat.laws.matrices import MatrixEquation, orthogonal
from symcat.laws.naturality.card import card_laws
from symcat.laws.naturality.families import linear, rotation
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.path import path
from symcat.laws.naturality.whole import Whole, group_of, whole_group
from symcat.learn.optimisers import adafactor, muon, optimiser
from symcat.learn.optimisers.state import state
from symcat.prove.certificate import verified
from symcat.prove.decide import settle
from symcat.prove.matrices import violated

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
    assert {name for name, (step, _) in goals.items() if isinstance(step, MatrixEquation)} == set(names[:3])
    assert all(isinstance(path, Induction) and path.hypotheses for path in (goals[name][1] for name in names[:3]))
    assert settle(goals["left_linear"][0], "as functions")[0].refuted


def test_other_rules_keep_their_generators():
    family = rotation(muon.wire, 0)[0]
    assert group_of(muon, "loss_scale", family, {}, False) is None
    assert group_of(optimiser(lambda p, g, *, lr=0.1: p - lr * g, name="descent", shape=SHAPE), "left_rotation", family, {}, False) is None


def _recorded(rule, axis=0, blocks=()):
    goal = path(rule, replace(rotation(rule.wire, axis)[0], action=Whole(True), isometric=True), {"L": Transport(blocks)})
    goal = replace(goal, hypotheses=(orthogonal("turn"),))
    return settle(goal)


def test_a_path_is_proved_by_induction_under_its_hypotheses_and_refuted_within_them():
    verdict, record = _recorded(one_sided, blocks=FACTOR["L"])
    assert verdict.proved and verdict.premises[0] == "turn^T turn = 1 and turn turn^T = 1"
    record = json.loads(json.dumps(record))
    assert verified(record)[0]
    found, _ = _recorded(one_sided_from_ones, blocks=FACTOR["L"])
    assert found.refuted and violated(MatrixEquation(*_two_sides(), (orthogonal("turn"),)), found.witness["inputs"]) == ""


def _two_sides():
    f = trace(lambda p, turn: turn @ p, space(p=Real["m", "n"], turn=Real["m", "m"]))
    return f, f


FORGERIES = {
    "without the hypothesis": lambda r: r["goal"].pop("hypotheses"),
    "without the premise": lambda r: r.update(premises=[p for p in r["premises"] if "turn" not in p]),
    "about a state that changes": lambda r: r["goal"].update(hypotheses=[["orthogonal", "L"]]),
    "at a point outside": lambda r: r["trace"]["run"]["inputs"]["turn"][0].__setitem__(0, "7"),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_forged_hypotheses_are_seen(change):
    _, record = _recorded(one_sided, blocks=FACTOR["L"])
    record = json.loads(json.dumps(record))
    change(record)
    assert not verified(record)[0]
