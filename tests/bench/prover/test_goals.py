"""The generator of goals: labels are true by a second evaluator, mutants differ, the parts are fixed, every kind occurs."""

from __future__ import annotations

import random
from collections import Counter

import mpmath
import pytest
import sympy as sp

from symcat.bench.prover.families import FAMILIES, another, function, variables
from symcat.bench.prover.goals import KINDS, goals, held_out, mutant, pair
from symcat.bench.prover.laws import LAWS

GOALS = goals(3, 60)
DIGITS = 30


def values(e: sp.Expr, point: dict) -> mpmath.mpf | None:
    """SymPy's own evaluation, which shares no code with the generator's oracle; None where there is no real value."""
    found = e.subs(point).evalf(DIGITS, maxn=80)
    return found if found.is_real and found.is_finite else None


@pytest.mark.parametrize("goal", [goal for goal in GOALS if goal.true], ids=lambda goal: goal.name)
def test_true_goals_hold_by_another_evaluator(goal):
    pick, compared = random.Random(11), 0
    symbols = sorted(goal.lhs.free_symbols | goal.rhs.free_symbols, key=str)
    for _ in range(4):
        point = {s: sp.Rational(pick.randint(1 if s.is_positive else -9, 9) or 2, 7) for s in symbols}
        left, right = values(goal.lhs, point), values(goal.rhs, point)
        if left is not None and right is not None:
            assert abs(left - right) < 1e-20 * (1 + abs(left)), point
            compared += 1
    assert compared


def test_each_true_goal_stands_before_its_mutant():
    for true, false in zip(GOALS[::2], GOALS[1::2], strict=True):
        assert (true.true, false.true, true.number, true.lhs) == (True, False, false.number, false.lhs)
        assert true.rhs != false.rhs and true.lhs != true.rhs and true.held_out == false.held_out


def test_goals_depend_on_seed_and_number_alone():
    number = GOALS[10].number
    assert pair(3, number) == (GOALS[10], GOALS[11])
    assert goals(3, 20) == GOALS[:20]
    assert goals(4, 6) != GOALS[:6]


def test_a_third_is_held_out_and_never_changes_sides():
    share = sum(held_out(1, number) for number in range(3000)) / 3000
    assert 0.30 < share < 0.37
    assert [number for number in range(20) if held_out(1, number)] == [3, 4, 5, 6, 13, 15, 16, 17, 18, 19]


def test_every_kind_and_family_and_size_occurs():
    kinds = Counter(goal.kind for goal in GOALS)
    assert set(kinds) == set(KINDS) and kinds["RD.5"] > kinds["RD.1"]
    assert {f"RD.{k}" for k in range(1, 8)} <= set(KINDS) and len(FAMILIES) >= 7
    for family in FAMILIES:
        for size in range(1, 9):
            xs = variables(size)
            assert set(function(random.Random(size), family, xs).free_symbols) == set(xs)
    families = {pair_[0].family for number in range(96) if number % 12 == 4 and (pair_ := pair(6, number))}
    assert len(families) >= 7


@pytest.mark.parametrize("kind", LAWS)
def test_laws_differ_only_in_how_they_are_written(kind):
    left, right = LAWS[kind](random.Random(2), "polynomial", 3)
    assert sp.simplify(left - right) == 0


def test_other_forms_have_the_same_values():
    x = sp.Symbol("x", real=True)
    e = sp.tanh(x) * sp.log(1 + sp.exp(2 * x)) + sp.Abs(x - 1)
    forms = {another(random.Random(k), e) for k in range(40)}
    assert len(forms) >= 4
    assert all(abs((form - e).subs(x, at).evalf(20)) < 1e-15 for form in forms for at in (sp.Rational(1, 3), 1, -2))


def test_mutants_are_of_many_kinds():
    x, y = sp.symbols("x y", real=True)
    e = sp.exp(2 * x) * y + sp.Max(x, 3)
    found = {mutant(random.Random(k), e) for k in range(60)}
    assert len(found) > 12 and any(m.has(sp.cosh) or m.has(sp.Min) for m in found)
