"""Premises that follow from others are shown and go; what does not follow stays; what is shown is true at random points."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.learn.optimisers import adam, optimiser
from symcat.prove.certificate import verified
from symcat.prove.claim import Equation, Holds, Order, record, verdict_of
from symcat.prove.decide import decide, settle
from symcat.prove.discharge import discharge, undone
from symcat.prove.entailment import Entailment, entailed
from symcat.prove.holds import dump_holds, load_holds
from symcat.prove.inequality.ranges import Range, Ranges, power
from symcat.verdict import Domains

n = dims("n")
v, t, b, b2, x, y = sp.symbols("v t b b2 x y", real=True)
UNIT = ((b, ">=0"), (1 - b, ">0"))
Z = Fraction(0)


@optimiser
def rearranged(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    t, m, v = t + 1, m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)
    return p - lr * (m / (1 - b1**t)) / (eps + np.sqrt(v / (1 - b2**t))), m, v, t


def sides():
    return adam.step(Real[n]), rearranged.step(Real[n])


@pytest.mark.parametrize(("assuming", "left"), [
    ((v >= 0, t >= 0), set()),
    ((v >= 0, t >= 1), set()),
    ((t >= 0,), {"(b2*v[i] + (1 - b2)*g[i]**2)/(1 - b2**(t + 1)) >= 0 for i < n"}),
    ((v >= 0,), {"1 - b1**(t + 1) != 0", "1 - b2**(t + 1) != 0"}),
])
def test_adam_prints_what_does_not_follow(assuming, left):
    verdict = decide(*sides(), assuming=list(assuming))
    assert verdict.proved
    stated = {"lr > 0", "b1 >= 0", "1 - b1 > 0", "b2 >= 0", "1 - b2 > 0", "eps > 0", "v[i] >= 0 for i < n", "t >= 0", "t - 1 >= 0"}
    assert left <= set(verdict.premises)
    assert left or set(verdict.premises) <= stated


def test_how_a_premise_went_is_kept_and_looked_at_again():
    from symcat.laws.premises import suppose

    equation = Equation(*(suppose(side, [v >= 0, t >= 0]) for side in sides()))
    verdict, found = settle((equation,))
    (part,) = found["trace"]
    gone = {one["premise"] for one in part["discharged"]}
    assert "1 - b1**(t + 1) != 0" in gone and not gone & set(verdict.premises)
    assert verified(found)[0]
    assert undone(part["discharged"], (equation.lhs, equation.rhs)) == ""
    assert undone(part["discharged"], sides())
    part["inside"]["inputs"]["t"] = "-2"
    assert not verified(found)[0]


def test_no_two_requirements_vouch_for_each_other():
    f = trace(lambda x: 1 / x + 1 / (2 * x), space(x=Real[()]))
    assert len(f.requirements) == 2
    left = discharge([str(r) for r in f.requirements] + ["x != 0"], (f,))
    assert "x != 0" in left.premises


def test_contradictory_conditions_prove_nothing():
    verdict = decide(*sides(), assuming=[v >= 1, v <= 0])
    assert verdict.unknown and "satisfiable" in verdict.reason


# ---- ranges
def some(pick: random.Random) -> Range:
    a, c = sorted(Fraction(pick.randint(-3, 3)) for _ in range(2))
    closed = [pick.random() < 0.5 or a == c for _ in range(2)]
    return Range((a, closed[0]) if pick.random() < 0.8 else (None, False), (c, closed[1]) if pick.random() < 0.8 else (None, False))


def inside(value: Fraction, found: Range) -> bool:
    (a, closed), (c, shut) = found.low, found.high
    return (a is None or value > a or (closed and value == a)) and (c is None or value < c or (shut and value == c))


def test_the_arithmetic_of_ranges_loses_no_number():
    pick = random.Random(3)
    for _ in range(2500):
        first, second, exponent = some(pick), some(pick), pick.choice((1, 2, 3, 4, -1, -2, -3))
        values = [Fraction(pick.randint(-12, 12), pick.choice((1, 2, 4))) for _ in range(40)]
        u = next((w for w in values if inside(w, first)), None)
        w = next((w for w in reversed(values) if inside(w, second)), None)
        if u is None or w is None:
            continue
        cases = [(u + w, first + second), (u * w, first * second), (-u, -first), (u, first.hull(second)), (w, first.hull(second))]
        cases += [(u, first.within(second))] if inside(u, second) else []
        cases += [(u**exponent, power(first, sp.Integer(exponent), Range()))] if u or exponent > 0 else []
        for value, found in cases:
            assert inside(value, found), (value, str(found), str(first), str(second), exponent)


@pytest.mark.parametrize(("hypotheses", "conclusion", "follows"), [
    ((*UNIT, (t, ">0")), (1 - b**t, "!=0"), True),
    ((*UNIT, (t, ">=0")), (1 - b**t, "!=0"), False),
    ((*UNIT, (t, ">=0")), (1 - b ** (t + 1), "!=0"), True),
    (((b, ">=0"), (t, ">0")), (1 - b**t, "!=0"), False),
    (((1 - b, ">0"), (t, ">0")), (1 - b**t, "!=0"), False),
    ((*UNIT, (t, ">0"), (v, ">=0")), (((1 - b) * (x**2 - v) + v) / (1 - b**t), ">=0"), True),
    ((*UNIT, (t, ">0")), (((1 - b) * (x**2 - v) + v) / (1 - b**t), ">=0"), False),
    (((x - 1, ">=0"),), (sp.sqrt(x) - 1, ">=0"), True),
    (((x, ">=0"),), (sp.sqrt(x) - 1, ">=0"), False),
    (((x, "!=0"), (y, "!=0")), (x * y, "!=0"), True),
    (((x, "!=0"),), (x * y, "!=0"), False),
    ((), (1 + sp.exp(x), ">0"), True),
    ((), (sp.exp(x) - 1, ">=0"), False),
])
def test_ranges(hypotheses, conclusion, follows):
    assert Ranges(hypotheses).shows(*conclusion) is follows


def test_polynomials_are_asked_where_ranges_do_not_suffice():
    goal = Entailment(((b, ">=0"), (1 - b, ">0"), (t, ">=0")), (b**t - b ** (t + 1), ">=0"))
    assert entailed(goal) is None
    assert entailed(goal, 4.0).method == "sums of squares"


# ---- order between morphisms
def of(function) -> object:
    return trace(function, space(x=Real[n], y=Real[n]))


PRODUCT, MEAN = of(lambda x, y: x * y), of(lambda x, y: (x * x + y * y) / 2)


@pytest.mark.parametrize(("lhs", "rhs", "rel", "assuming", "status"), [
    (PRODUCT, MEAN, "<=", (), "proved"), (PRODUCT, MEAN, "<", (), "refuted"), (MEAN, PRODUCT, "<=", (), "refuted"),
    (PRODUCT, of(lambda x, y: 0 * x), "<=", (x <= 0, y >= 0), "proved"),
    (PRODUCT, of(lambda x, y: 0 * x), "<=", (x <= 0,), "refuted"),
    (of(lambda x, y: np.tanh(x)), of(lambda x, y: 0 * x + 1), "<", (), "proved"),
    (of(lambda x, y: np.sqrt(x)), of(lambda x, y: x + 1), "<", (), "proved"),
    (of(lambda x, y: (x * y).sum() + 0 * x), of(lambda x, y: (x * x).sum() + 0 * y), "<=", (), "refuted"),
    (of(lambda x, y: (x * x).sum() + 0 * x), of(lambda x, y: (x * x).sum() + y * y), "<=", (), "proved"),
    (of(lambda x, y: 2 * (x * y).sum() + 0 * x), of(lambda x, y: (x * x + y * y).sum() + 0 * x), "<=", (), "unknown"),
])
def test_order_between_morphisms(lhs, rhs, rel, assuming, status):
    verdict = decide(lhs, rhs, rel, list(assuming))
    assert verdict.status == status, verdict
    assert verdict.equality == "as functions"


def along(function) -> object:
    return trace(function, space(x=Real[n]))


SOFTMAX, LARGEST = along(lambda x: np.exp(x) / np.exp(x).sum()), along(lambda x: x.max() + 0 * x)
ONE, ZERO, ITSELF = along(lambda x: 1 + 0 * x), along(lambda x: 0 * x), along(lambda x: x)


@pytest.mark.parametrize(("lhs", "rhs", "rel", "status"), [
    (ZERO, SOFTMAX, "<", "proved"), (SOFTMAX, ONE, "<=", "proved"), (SOFTMAX, ONE, "<", "refuted"),
    (ITSELF, LARGEST, "<=", "proved"), (ITSELF, LARGEST, "<", "refuted"), (LARGEST, ITSELF, "<=", "refuted"),
    (along(lambda x: x * x), along(lambda x: (x * x).sum() + 0 * x), "<=", "proved"),
    (along(lambda x: x), along(lambda x: x.sum() + 0 * x), "<=", "refuted"),
    (along(lambda x: np.tanh(x).max() + 0 * x), ONE, "<", "unknown"),           # at most 1, since the end is not kept
    (along(lambda x: np.tanh(x).max() + 0 * x), ONE, "<=", "proved"),
    (along(lambda x: -(x * x).sum() + 0 * x), ZERO, "<=", "proved"),
    (along(lambda x: ((x * x).sum() * np.exp(x)).sum() + 0 * x), ZERO, "<", "refuted"),
    (ZERO, along(lambda x: ((x * x).sum() * np.exp(x)).sum() + 0 * x), "<=", "proved"),
])
def test_sums_and_maxima_over_symbolic_ranges(lhs, rhs, rel, status):
    verdict = decide(lhs, rhs, rel)
    assert verdict.status == status, verdict
    pick = np.random.default_rng(0)
    for size in (1, 2, 5):
        x = [pick.normal(size=size)]
        gap = evaluate(rhs, x)[0] - evaluate(lhs, x)[0]
        assert not verdict.proved or np.all(gap >= 0)


def test_terms_of_rows_bound_sums_of_rows():
    of2 = lambda function: trace(function, space(x=Real[n, n]))
    rows = of2(lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True))
    assert decide(rows, of2(lambda x: 1 + 0 * x), "<=").proved
    columns = of2(lambda x: np.exp(x).T / np.exp(x).sum(axis=1, keepdims=True))      # entry j, i over row i
    assert decide(columns, of2(lambda x: 1 + 0 * x), "<=").refuted


def test_a_scalar_of_a_small_size_is_written_out():
    of3 = lambda function: trace(function, space(x=Real[2], y=Real[2]))
    schwarz = of3(lambda x, y: (x * y).sum() ** 2), of3(lambda x, y: (x * x).sum() * (y * y).sum())
    assert decide(*schwarz, "<=").proved
    assert decide(*reversed(schwarz), "<=").refuted


@pytest.mark.parametrize("goal", [Order(PRODUCT, MEAN), Holds(MEAN.renamed(cod=["m"]), (sp.Symbol("m", real=True) >= 0,))])
def test_the_certificate_of_an_order(goal):
    assert dump_holds(load_holds(dump_holds(goal))) == dump_holds(goal)
    verdict, found = settle(goal)
    assert verdict.proved and verified(found)[0]
    other = {**found, "goal": dump_holds(Order(MEAN, PRODUCT))}
    assert not verified(other)[0]
    found["trace"]["inside"]["dims"]["n"] = 0
    assert not verified(found)[0]


# ---- the two grades
@pytest.mark.parametrize(("lhs", "rhs", "left", "right"), [
    ((x**2 - 1) / (x - 1), x + 1, ("-1 + x != 0",), ()),
    (x + 1, (x**2 - 1) / (x - 1), (), ("-1 + x != 0",)),
    (1 / x + 1 / y, (x + y) / (x * y), (), ()),
    (sp.exp(x) / (1 + sp.exp(x)), 1 / (1 + sp.exp(-x)), (), ()),
    (sp.log(x**2), 2 * sp.log(sp.Abs(x)), (), ()),
    (sp.log(x**2), 2 * sp.log(x), (), ("x > 0",)),
    (sp.sqrt(x) * sp.sqrt(y), sp.sqrt(x * y), ("x >= 0", "y >= 0"), ()),
])
def test_the_grade_of_an_equality(lhs, rhs, left, right):
    verdict = decide(lhs, rhs)
    assert verdict.proved
    assert verdict.domains == Domains(left, right)
    assert verdict.domains.grade == ("equal on the common domain" if left or right else "same domain")


def test_the_grade_of_morphisms_and_its_way_through_json():
    f, g = (trace(function, space(x=Real[n])) for function in (lambda x: (x * x - x) / x, lambda x: x - 1))
    verdict = decide(f, g)
    assert verdict.proved and verdict.domains == Domains(("x[i] != 0 for i < n",), ())
    assert "equal on the common domain: x[i] != 0 for i < n on the left only" in str(verdict)
    assert decide(f, f).domains.grade == "same domain"
    assert decide(*sides(), assuming=[v >= 0, t >= 0]).domains.grade == "same domain"
    from symcat.laws.claim import Claim

    claim = Claim("name", "statement", "source", lambda: (Equation(f, g),))
    data = record(claim, verdict)
    assert data["domains"] == {"grade": "equal on the common domain", "left": ["x[i] != 0 for i < n"], "right": []}
    assert verdict_of(data).domains == verdict.domains


def test_order_of_expressions_with_symbolic_powers():
    assert decide(b**t, 1, "<", [b > 0, b < 1, t > 0]).proved
    assert not decide(b**t, 1, "<", [b > 0, b < 1]).proved
    assert not decide(b**t, 1, "<", [b > 0, t > 0]).proved
    k = sp.Symbol("k", integer=True)
    assert not decide(b**k, 2, "<", [b > 0, k > 0]).proved


def test_premises_of_inequalities_that_follow_are_not_printed():
    verdict = decide(0, sp.sqrt(x / (1 - b)) + y, "<", [x >= 0, b < 1, y > 0])
    assert verdict.proved and verdict.premises == ("x >= 0", "b < 1", "y > 0")
    verdict = decide(0, sp.sqrt(x / (1 - b)) + y, "<", [x >= 0, y > 0])
    assert verdict.proved and "x/(1 - b) >= 0" in verdict.premises


def test_the_point_inside_of_a_proof_about_scalars(tmp_path):
    from symcat.laws.claim import Claim
    from symcat.prove.certificate import recheck
    from symcat.prove.decide import prove
    from symcat.prove.field.read import read as goal_of
    from symcat.prove.record import read

    claim = Claim("name", "statement", "source", lambda: goal_of(sp.log(x * y), sp.log(x) + sp.log(y), [x > 0]), equality="as functions")
    path = prove(claim, tmp_path).certificate["path"]
    assert recheck(path).ok
    found = read(path)
    found["trace"][0]["inside"]["x"] = "-1"
    assert not verified(found)[0] and "point" in verified(found)[1]
