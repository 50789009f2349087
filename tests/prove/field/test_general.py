"""Goals made general: they say the same of the original at every point, prove no false goal, and never take a name that is taken."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy as sp

from symcat.prove.balls import apart, precision
from symcat.prove.field.cells import NotShown, Shown, prove
from symcat.prove.field.engine import decide_scalar
from symcat.prove.field.general import generalised
from symcat.prove.field.read import read
from symcat.prove.field.sample import Evaluation, Open, Outside, admitted
from symcat.prove.field.term import variable
from tests.prove.field.goals import GOALS

x, y, z, t = sp.symbols("x y z t", real=True)
NAMES = [name for name, *_ in GOALS]
u, v = x * y + sp.exp(z) - 2 * t, 1 / (1 + x**2) + y - z


def general(left, right, assuming=(), expand=False):
    found = generalised(read(left, right, assuming), 0, expand)
    return found and prove(found.goal, (), found.meaning)


CASES = [
    (sp.exp(u) * sp.sin(3 * u + 1) / (1 + u**2), sp.sin(1 + 3 * u) / (1 + u**2) * sp.exp(2 * u) / sp.exp(u),
     sp.sin(3 * u) / (1 + u**2) * sp.exp(u)),
    (sp.Max(u, 1 - u) * sp.exp(u), sp.exp(u) * (1 + sp.Abs(2 * u - 1)) / 2, sp.exp(u) * (1 - sp.Abs(2 * u - 1)) / 2),
    (sp.log(1 + sp.exp(u)) - sp.log(1 + sp.exp(-u)) + sp.sqrt(1 + v**2), u + (1 + v**2) / sp.sqrt(1 + v**2),
     v + (1 + v**2) / sp.sqrt(1 + v**2)),
    (y * (1 + u**2 - 2 * u**2) / (1 + u**2)**2 * sp.exp(v), sp.exp(v) * y / (1 + u**2) - 2 * u**2 * y * sp.exp(v) / (1 + u**2)**2,
     sp.exp(v) * y / (1 + u**2) + 2 * u**2 * y * sp.exp(v) / (1 + u**2)**2),
]


@pytest.mark.parametrize("left, right, wrong", CASES)
def test_true_goals_are_shown_and_their_neighbours_are_not(left, right, wrong):
    shown = general(left, right)
    assert isinstance(shown, Shown) and not shown.premises and shown.meaning
    assert isinstance(general(left, wrong), NotShown)


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("name, left, right, wrong, assuming", GOALS, ids=NAMES)
def test_no_false_goal_is_shown(name, left, right, wrong, assuming, expand):
    assert not isinstance(general(left, wrong, assuming, expand), Shown)


def test_a_sum_in_two_forms_is_one_variable_when_expanded():
    left, right = sp.sin(x * (y + z) - t), sp.sin(x * y + x * z - t)
    pair = sp.cos(x * (y + z) - t) * left, sp.cos(x * y + x * z - t) * right
    assert not isinstance(general(*pair), Shown) and isinstance(general(*pair, expand=True), Shown)


@pytest.mark.parametrize("expand", [False, True])
def test_variables_mean_what_they_stand_for(expand):
    """The general goal, at the values of the sums, is the goal: by balls at points that satisfy the assumptions."""
    pick, compared = random.Random(3), 0
    for left, right, *_ in CASES + [(left, right) for _, left, right, _, assuming in GOALS if not assuming]:
        goal = read(left, right)
        found = generalised(goal, 0, expand)
        for _ in range(4 if found else 0):
            point = {name: Fraction(pick.randint(-8, 8) or 3, 4) for name in goal.variables}
            if not admitted(goal.assumptions, point):
                continue
            with precision(200):
                try:
                    before, after = Evaluation(point), Evaluation(point)
                    for name, term in reversed(found.meaning.items()):
                        after.memo[variable(name)] = after.value(term)
                    pairs = [(before.value(goal.lhs), after.value(found.goal.lhs)), (before.value(goal.rhs), after.value(found.goal.rhs))]
                except (Open, Outside):
                    continue
            assert not any(apart(*pair) for pair in pairs), (str(goal.lhs), found.meaning)
            compared += 1
    assert compared > 30


def test_names_that_are_taken():
    u1, u2 = sp.symbols("u1 u2", real=True)
    goal = read(sp.exp(u1 + u2) * (u1 + u2) * u1, u1 * (u1 + u2) * sp.exp(u1 + u2))
    found = generalised(goal, 0)
    assert found is None or not set(found.meaning) & {"u1", "u2"}
    left, right = sp.exp(u1 * u2 + x) * sp.sin(u1 * u2 + x) * u1, u1 * sp.sin(u1 * u2 + x) * sp.exp(u1 * u2 + x + y)
    assert set(generalised(read(left, right), 0).meaning) == {"u1u"}
    assert decide_scalar(left, right).refuted


def test_what_may_be_undefined_is_not_replaced():
    """log(x) + y stands in several places, but x > 0 must remain a premise."""
    w = sp.log(x) + y
    assert generalised(read(sp.exp(2 * w) * sp.sin(w), sp.sin(w) * sp.exp(w)**2), 0) is None
    verdict = decide_scalar(sp.sin(w)**2 + sp.cos(w)**2 + sp.exp(w) * (w + z), 1 + sp.exp(w) * (w + z))
    assert verdict.proved and "x > 0" in verdict.premises
