"""Inequalities through `decide`: true ones are proved, their false neighbours refuted, and traps fall shut on nobody."""

from __future__ import annotations

import time

import pytest
import sympy as sp

from symcat.category.functions import relu, sigmoid, sign, where
from symcat.errors import UsageError
from symcat.prove.claim import Inequality
from symcat.prove.decide import decide, settle
from symcat.prove.inequality import engine
from symcat.prove.inequality.engine import TRUSTED, decide_inequality
from symcat.prove.order import Open
from symcat.prove.points import value, violated
from symcat.prove.translate import translate

x, y, z, u, v = sp.symbols("x y z u v", real=True)
p, q = sp.symbols("p q", positive=True)
n = sp.Symbol("n", integer=True)
half = sp.Rational(1, 2)

TRUE = [
    (0, (x - y) ** 2, "<=", ()),
    (0, x**2 + x + 1, "<", ()),
    (x, x**2, "<=", [x >= 1]),
    (0, x * y, "<", [x > 0, y > 0]),
    (x + y, 2, "<=", [sp.Eq(x**2 + y**2, 2)]),
    (x * y, 1, "<=", [x >= -1, x <= 1, y >= -1, y <= 1]),
    (2, p + 1 / p, "<=", ()),
    (x / (1 + x**2), half, "<=", ()),
    (0, 1 / x**2, "<", ()),
    (1 / x, 1, "<=", [x >= 1]),
    (0, (x**2 - 1) / (x - 1) - x, "<", ()),
    (sp.sqrt(x * y), (x + y) / 2, "<=", [x >= 0, y >= 0]),
    (sp.cbrt(x), x + 1, "<=", ()),
    (sp.sqrt(2) + sp.sqrt(3), sp.Rational(63, 20), "<", ()),
    (sp.Abs(x + y), sp.Abs(x) + sp.Abs(y), "<=", ()),
    (sp.Max(x, y), (x + y + sp.Abs(x - y)) / 2, "<=", ()),
    (sign(x) * x, sp.Abs(x), "<=", ()),
    (0, sp.Piecewise((x, x > 0), (x**2, True)), "<=", ()),
    (0, relu(x) * where(x, 1, 2), "<=", ()),
    (sp.log(x), x - 1, "<=", ()),
    (1 + x, sp.exp(x), "<=", ()),
    (sp.exp(-x), 1 / (1 + x), "<=", [x >= 0]),
    (sp.tanh(x) ** 2, 1, "<", ()),
    (0, sigmoid(x), "<", ()),
    (sp.sin(x) ** 2, 1, "<=", ()),
    (1, sp.cosh(x), "<=", ()),
    (sp.pi, 4, "<", ()),
]
FALSE = [
    (0, (x - y) ** 2, "<", ()),
    (0, x**2 + 2 * x + 1, "<", ()),
    (x, x**2, "<=", [x > 0]),
    (0, x * y, "<", [x >= 0, y > 0]),
    (x + y, 1, "<=", [sp.Eq(x**2 + y**2, 2)]),
    (x * y, 1, "<", [x >= -1, x <= 1, y >= -1, y <= 1]),
    (sp.Rational(2001, 1000), p + 1 / p, "<=", ()),
    (x / (1 + x**2), half, "<", ()),
    (1 / x, 1, "<=", [x > 0]),
    (0, 1 / x, "<", ()),
    (sp.sqrt(x**2), x, "<=", ()),
    (sp.sqrt(2) + sp.sqrt(3), sp.Rational(22, 7), "<", ()),
    (sp.Abs(x - y) + sp.Abs(y - z), sp.Abs(x - z), "<=", ()),
    (0, sp.Piecewise((x, x > 0), (x**3, True)), "<=", ()),
    (x, x**2 + sp.Rational(249, 1000), "<=", ()),
    (x * (x - 1) * (x - 2) * (x - 3), sp.Rational(9, 16) - sp.Rational(1, 10**4), "<=", ()),
    (sp.log(x), x - sp.Rational(101, 100), "<=", ()),
    (n, n**2 - 1, "<=", ()),
    (3, sp.Abs(x) + y**2, "<=", [x**2 + y**2 >= 8]),
]


@pytest.mark.parametrize(("lhs", "rhs", "rel", "assuming"), TRUE, ids=str)
def test_true_inequalities_are_proved(lhs: object, rhs: object, rel: str, assuming: object) -> None:
    verdict = decide(lhs, rhs, rel, assuming)
    assert verdict.proved, verdict
    assert verdict.equality == "as functions"


@pytest.mark.parametrize(("lhs", "rhs", "rel", "assuming"), FALSE, ids=str)
def test_false_inequalities_are_refuted_at_a_point_where_sympy_agrees(lhs: object, rhs: object, rel: str, assuming: list) -> None:
    verdict = decide(lhs, rhs, rel, assuming)
    assert verdict.refuted, verdict
    symbols = {s.name: s for s in set().union(*(sp.sympify(e).free_symbols for e in (lhs, rhs, *assuming)))}
    point = {symbols[name]: sp.Rational(text) for name, text in verdict.witness["inputs"].items()}
    left, right = (value(sp.sympify(side), point) for side in (lhs, rhs))
    assert all(relation.subs(point) == sp.true for relation in assuming)
    assert (left > right if rel == "<=" else left >= right) == sp.true


@pytest.mark.parametrize("assuming", [
    [x > 2, x < 1], [x * (x - 1) < -1], [sp.Eq(x, 1), sp.Eq(x, 2)], [sp.Abs(x) < x], [x > 0, x < 0],
], ids=str)
def test_assumptions_that_contradict_each_other_prove_nothing(assuming: list) -> None:
    verdict = decide(x, x**2 - 5, "<=", assuming)
    assert verdict.unknown
    assert "not shown satisfiable" in verdict.reason


@pytest.mark.parametrize("side", [
    sp.sqrt(-1 - x**2) + 1, sp.sqrt(x - 1) * sp.sqrt(-x), sp.Piecewise((sp.log(x) ** 2, x > 0), (sp.log(-x) ** 2, True)),
], ids=str)
def test_a_side_whose_domain_is_empty_proves_nothing(side: sp.Expr) -> None:
    """The premises of a Piecewise ask that each of its branches be defined."""
    verdict = decide(0, side, "<=")
    assert verdict.unknown
    assert "not shown satisfiable" in verdict.reason


@pytest.mark.parametrize(("lhs", "rhs", "expected"), [
    (0, 1 / x**2, ("x != 0",)), (sp.log(x), x, ("x > 0",)), (sp.sqrt(p), p + 1, ("p > 0",)), (1 / (1 + x**2), 1, ()),
])
def test_domain_conditions_are_premises(lhs: object, rhs: object, expected: tuple[str, ...]) -> None:
    verdict = decide(lhs, rhs, "<=")
    assert verdict.proved
    assert tuple(premise.replace("x**2 != 0", "x != 0") for premise in verdict.premises) == expected


def test_what_is_neither_proved_nor_refuted_says_what_was_tried() -> None:
    verdict = decide(n, n**2, "<=")         # true for integers only, which the polynomials do not know
    assert verdict.unknown
    assert "sums of squares" in verdict.reason
    assert decide(sp.Function("phi")(x), 0, "<=").unknown


def test_what_cannot_be_written_is_unknown() -> None:
    assert decide(-1, sp.Symbol("k", even=True) ** 2, "<=").unknown
    assert decide(p**x, p, "<=", [p <= 1, x >= 1]).unknown


def test_names_that_are_kept() -> None:
    assert "_r0" in decide(0, sp.Symbol("_r0", real=True) ** 2, "<=").reason


def test_numbers_beyond_floating_point() -> None:
    huge = sp.Integer(10) ** 400
    assert decide(0, x**2 + 1 / huge, "<").proved
    assert decide(0, x**2 - 1 / huge, "<=").refuted
    assert not decide(0, huge * x**2 - x, "<=").proved


def test_floats_and_other_relations_are_refused() -> None:
    with pytest.raises(UsageError, match="float"):
        decide(0.5, x**2, "<=")
    with pytest.raises(UsageError, match="relation"):
        Inequality(x, y, ">=")


def test_z3_is_trusted_only_where_no_certificate_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    goal = Inequality(0, (x - y) ** 2)
    assert decide_inequality(goal).method == "sums of squares"
    monkeypatch.setattr(engine, "certify", lambda problem, seconds, levels: (None, ["nothing"]))
    shown = decide_inequality(goal)
    assert (shown.method, shown.trace["trust"]) == ("Z3", TRUSTED)
    assert shown.trace["cells"][0]["certificate"] == TRUSTED
    monkeypatch.setattr(engine, "_ask", lambda search, problem, milliseconds: ("unknown", None))
    assert isinstance(decide_inequality(goal), Open)


def test_work_is_bounded() -> None:
    """A form that is positive for a reason of its own: Z3 and the relaxations may fail, but not forever."""
    symbols = sp.symbols("a:h", real=True)
    goal = Inequality(0, sum(s**6 for s in symbols) - 6 * sp.Mul(*symbols[:6]) + sum(s * t for s, t in zip(symbols, symbols[1:])) ** 2)
    start = time.monotonic()
    decide_inequality(goal, seconds=1.0)
    assert time.monotonic() - start < 8


def test_the_same_goal_gives_the_same_record() -> None:
    goal = Inequality(3 * x**2 * y**2, x**4 * y**2 + x**2 * y**4 + 1)
    (_, first), (_, second) = settle(goal), settle(goal)
    assert first == second


def test_points_where_branches_are_complex_are_outside_the_domain() -> None:
    assert value(sp.Max(sp.log(x), 0), {x: sp.Integer(-1)}) is None
    assert decide(0, sp.Max(sp.log(x), 0), "<=").proved
    assert decide(0, sp.Max(sp.log(sign(x)), 0), "<=").unknown


def test_a_real_number_by_way_of_complex_ones_refutes_nothing() -> None:
    """log(-1)^2 is -pi^2, and sqrt(-1)^4 is 1; neither point is in the domain."""
    both = translate(sp.S.Zero, sp.log(x) ** 2)
    assert violated(sp.S.Zero, sp.log(x) ** 2, "<=", both, {x: sp.Integer(-1)}) is None
    assert violated(sp.S.Zero, sp.log(x) - 1, "<=", translate(0, sp.log(x) - 1), {x: sp.Integer(1)})
    assert decide(0, sp.log(x) ** 2, "<=").proved
