"""The field engine: true goals beside false neighbours, the traps of domains and kinks, and proofs against numbers by another hand."""

from __future__ import annotations

import random
from collections import Counter

import mpmath
import pytest
import sympy as sp
from sympy import Abs, Max, Piecewise, Rational, exp, log, sign, sqrt

from symcat.errors import DomainError
from symcat.prove.field.cells import NotShown, prove
from symcat.prove.field.engine import decide_scalar
from symcat.prove.field.read import Condition, ScalarGoal, read
from symcat.prove.field.sample import Evaluation, sample
from symcat.prove.field.term import Term, call, number, root, switch, variable
from tests.prove.field.goals import GOALS

x, y, z = sp.symbols("x y z", real=True)
p, q = sp.symbols("p q", positive=True)
NAMES = [name for name, *_ in GOALS]
OURS = {
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)), "softplus": lambda a: mpmath.log1p(mpmath.exp(a)), "relu": lambda a: max(a, 0),
    "step": lambda a: int(a > 0), "maximum": max, "minimum": min, "where": lambda c, a, b: a if c else b,
}


def test_goals_have_names_of_their_own():
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []
    assert len(GOALS) >= 80


@pytest.mark.parametrize("name, left, right, wrong, assuming", GOALS, ids=NAMES)
def test_a_true_goal_is_proved_and_its_neighbour_is_not(name, left, right, wrong, assuming):
    assert left != right, "nothing to prove"
    verdict = decide_scalar(left, right, assuming)
    assert verdict.proved, verdict
    verdict = decide_scalar(left, wrong, assuming)
    assert verdict.refuted, verdict


@pytest.mark.parametrize("name, left, right, wrong, assuming", GOALS, ids=NAMES)
def test_the_normal_form_alone_proves_no_false_neighbour(name, left, right, wrong, assuming):
    assert isinstance(prove(read(left, wrong, assuming)), NotShown)


@pytest.mark.parametrize("name, left, right, wrong, assuming", GOALS, ids=NAMES)
def test_what_is_proved_holds_by_mpmath(name, left, right, wrong, assuming):
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    functions = [sp.lambdify(symbols, side, [OURS, "mpmath"]) for side in (left, right)]
    pick, compared = random.Random(7), 0
    with mpmath.workdps(40):
        for _ in range(20):
            point = [mpmath.mpf(pick.randint(1, 60)) / 37 for _ in symbols]
            try:
                values = [f(*point) for f in functions]
            except ZeroDivisionError:
                continue
            if all(mpmath.im(v) == 0 and mpmath.isfinite(v) for v in values):
                assert abs(values[0] - values[1]) < 1e-25, point
                compared += 1
    assert compared


PREMISES = [
    ((x**2 - 1) / (x - 1), x + 1, {"-1 + x != 0"}),
    (x / Abs(x), sign(x), {"Abs(x) != 0"}),
    (log(x * y), log(x) + log(y), {"x*y > 0", "x > 0"}),
    (sqrt(x)**3, x * sqrt(x), {"x >= 0"}),
    (sp.tan(x), sp.sin(x) / sp.cos(x), {"cos(x) != 0"}),
    (1 / (x**2 + 1) + 1, (x**2 + 2) / (x**2 + 1), set()),
    (log(exp(x) + 1) / sp.cosh(x), log(1 + exp(x)) * sp.sech(x), set()),
    (sqrt(x**2 - x + 1)**2, x**2 - x + 1, set()),
    (1 / p + 1 / q, (p + q) / (p * q), {"p > 0", "q > 0"}),
    (1 / (1 + Abs(x)), (1 - Abs(x)) / (1 - x**2), {"1 - x**2 != 0"}),
]


@pytest.mark.parametrize("left, right, expected", PREMISES, ids=[f"{left} = {right}" for left, right, _ in PREMISES])
def test_conditions_are_shown_or_listed(left, right, expected):
    verdict = decide_scalar(left, right)
    assert verdict.proved, verdict
    assert set(verdict.premises) == expected


NEVER_PROVED = [
    ("a cube root at negative x is no cube root", (x**3)**Rational(1, 3), Abs(x) * sign(x) + 1, ()),
    ("the root of a square keeps no sign", sqrt(x**2), x, ()),
    ("a logarithm splits only under signs", log(x * y), log(x) + log(-y), (x > 0, y > 0)),
    ("the size of a difference", Abs(x - y), Abs(x) - Abs(y), ()),
    ("off by 1e-160", x + Rational(1, 10**160), x, ()),
    ("equal but for one point", Piecewise((0, sp.Eq(x, 0)), (x, True)), Piecewise((1, sp.Eq(x, 0)), (x, True)), ()),
    ("different at a tie", Piecewise((x, x > y), (y + 1, True)), Max(x, y), ()),
    ("different on a thin cell", Max(x, 0) + Max(-Abs(x - 3) + Rational(1, 4), 0), Max(x, 0), ()),
    ("different for large x only", Max(x, 11), sp.Integer(11), ()),
    ("assumptions that contradict each other", x, x + 1, (x > 1, x < 0)),
    ("hidden contradiction", x, y, (x**2 + y**2 < 2 * x * y,)),
    ("contradiction of three", x, x + 1, (x * y > 0, y * z > 0, x * z < 0)),
    ("0/0 everywhere", x / (Abs(x) - Max(x, -x)), y / (Abs(x) - Max(x, -x)), ()),
    ("a logarithm that is nowhere defined", log(-x**2), x, ()),
    ("a root that is nowhere defined", sqrt(-1 - x**2), y, ()),
    ("two domains that do not meet", sqrt(x - 1) + sqrt(-x), x + 5, ()),
    ("division by a hidden zero", 1 / (sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2)) * x, y, ()),
]


@pytest.mark.parametrize("name, left, right, assuming", NEVER_PROVED, ids=[name for name, *_ in NEVER_PROVED])
def test_traps_are_not_proved(name, left, right, assuming):
    assert not decide_scalar(left, right, assuming).proved
    shown = prove(read(left, right, assuming))
    if not isinstance(shown, NotShown):
        assert not sample(read(left, right, assuming)).inside, "proved although points say otherwise"


def test_vacuous_goals_are_unknown_and_say_so():
    assert "no point" in decide_scalar(x, x + 1, (x > 1, x < 0)).reason
    assert "no point" in decide_scalar(log(-x**2), x).reason


def test_a_small_difference_is_refuted_with_enough_digits():
    verdict = decide_scalar(x + Rational(1, 10**160), x)
    assert verdict.refuted and verdict.witness["left"] != verdict.witness["right"]


@pytest.mark.parametrize("left, right", [(x**3000, x), ((x + y + z + 1)**400, x), (sp.Symbol("f") ** sp.I, x), (sp.gamma(x), x)])
def test_too_much_or_unknown_is_said(left, right):
    try:
        verdict = decide_scalar(left, right)
    except DomainError as error:
        assert str(error)
    else:
        assert not verdict.proved


def test_work_is_bounded():
    kinks = [Abs(x - k) + Abs(y - k * x) + Abs(z - k * y) for k in range(5)]
    assert "more than 120 cells" in prove(read(sum(kinks), sp.expand(2 * sum(kinks)) / 2 + sp.sin(x)**2 + sp.cos(x)**2 - 1)).reason


def test_pruning_by_z3_is_named():
    verdict = decide_scalar(Max(x, y, z), Max(z, Max(y, x)) + 0 * x)
    assert verdict.proved
    verdict = decide_scalar(sqrt(x + sqrt(x**2 - y**2)) * sqrt(2), sqrt(x + y) + sqrt(x - y), (y >= 0,))
    assert "pruning trusted: z3" in verdict.method


def test_values_at_points_share_nothing_with_the_normal_form():
    goal = read(sp.asinh(x), log(x + sqrt(x**2 + 1)))
    assert not isinstance(prove(goal), NotShown)
    with mpmath.workdps(30):
        ball = Evaluation({"x": 3}).value(goal.lhs)
        assert abs(mpmath.mpf(str(ball.mid().str(25, radius=False))) - mpmath.asinh(3)) < mpmath.mpf(10) ** -12


def size(term: Term) -> Term:
    return switch(term, -term, number(0), term)


M, X, Y = map(variable, "mxy")
ROOT = root(M * X, 2)
RAW = [
    ("a root of a product that may vanish says nothing of its factors", ROOT + size(X), ROOT + X, False),
    ("nor does a square in it", root(X * X * Y, 2) + size(Y), root(X * X * Y, 2) + Y, False),
    ("nor a size in it", root(size(X) * Y, 4) + size(Y), root(size(X) * Y, 4) + Y, False),
    ("nor a root in it", root(ROOT * Y, 3) + size(Y) + size(X), root(ROOT * Y, 3) + Y + X, False),
    ("a logarithm of a product does", call("log", M * X) + size(X), call("log", M * X) + X, True),
    ("but not without the sign of the other", call("log", X * Y) + size(X), call("log", X * Y) + X, False),
    ("a root splits where both roots exist", root(X * M, 2), root(X, 2) * root(M, 2), True),
    ("a quotient is 1 off its zero", X / X, number(1), True),
    ("0/0 is nothing", (X - X) / (X - X), Y, False),
    ("a value at a boundary counts", switch(M, number(1), number(0), number(1)), number(1), False),
    ("two conditions leave one point", root(-M, 2) + Y + M, Y, True),
    ("and nothing is said of the others", root(-M, 2) + Y + X, Y, False),
]


@pytest.mark.parametrize("name, left, right, true", RAW, ids=[name for name, *_ in RAW])
def test_terms_that_sympy_would_have_changed(name, left, right, true):
    shown = prove(ScalarGoal(left, right, ("m", "x", "y"), (Condition(M, ">=0"),)))
    assert isinstance(shown, NotShown) != true, shown
