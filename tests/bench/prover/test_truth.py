"""The oracle that labels goals: real values only, exact about ties, never a guess."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from symcat.bench.prover.truth import Evaluation, NoValue, agree, points

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)


def value(e, **at):
    with mpmath.workdps(60):
        return Evaluation({sp.Symbol(name, real=True): Fraction(number) for name, number in at.items()}).value(e)


@pytest.mark.parametrize("e, at, expected", [
    (sp.exp(x) + sp.tanh(x), "1", mpmath.e + mpmath.tanh(1)), (sp.sqrt(1 + x**2), "2", mpmath.sqrt(5)), (x**-2, "-1/2", 4),
    (sp.Piecewise((x, x > 0), (7, True)), "0", 7), (sp.Piecewise((1, sp.And(x > 0, x < 2)), (0, True)), "1", 1),
    (sp.Heaviside(x, sp.Rational(1, 2)), "0", 0.5), (sp.Max(x, 2) * sp.Min(x, 0) + sp.Abs(x) + sp.sign(x), "-3", -4),
    (sp.cosh(x) ** 2 - sp.sinh(x) ** 2 + sp.sin(sp.pi / 2), "5", 2), (sp.log(sp.E * x), "1", 1),
    (sp.Rational(1, 3) ** x, "2", mpmath.mpf(1) / 9),
])
def test_values(e, at, expected):
    assert abs(value(e, x=at) - expected) < 1e-14


@pytest.mark.parametrize("e, at", [
    (1 / x, "0"), (sp.log(x), "0"), (sp.log(x), "-1"), (sp.sqrt(x), "-1"), (x ** sp.Rational(1, 3), "-8"), (sp.exp(sp.exp(x)), "40"),
    (sp.sign(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), "1"), (x**x, "-1/2"),
])
def test_no_value(e, at):
    with pytest.raises(NoValue):
        value(e, x=at)


def test_an_operation_without_a_rule_is_an_error_and_not_a_label():
    with pytest.raises(TypeError, match="no rule"):
        value(sp.gamma(x), x="1")


def test_agreement_needs_several_points_with_values():
    at = [{x: Fraction(k)} for k in range(-3, 4)]
    assert agree(sp.log(2 * x), sp.log(x) + sp.log(2), at) is None        # too few points with values
    assert agree(x / x, sp.Integer(1), at) is True
    assert agree(x**3, x, at) is False
    tiny = sp.Rational(1, 10**25)
    assert agree(x + tiny, x, at) is None                # neither the same nor clearly different


def test_points_are_positive_where_symbols_are_and_meet_ties():
    found = points(random.Random(1), [x, y, p], 40)
    assert all(point[p] > 0 for point in found)
    assert any(point[x] == point[y] for point in found) and any(point[x] == 0 for point in found)
