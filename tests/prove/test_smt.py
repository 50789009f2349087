"""Formulas that are proved, neighbours that are refuted with an exact counterexample, and what must stay unknown."""

from fractions import Fraction

import pytest
import sympy as sp

from symcat.category import functions as fn
from symcat.category.functions import FUNCTIONS
from symcat.laws.claim import Formula
from symcat.laws.kinks import off_the_kink
from symcat.prove.points import DEFINITIONS
from symcat.prove.smt import FUNCTIONS as TRANSLATED
from symcat.prove.smt import holds, valid

x, y, z = sp.symbols("x y z", real=True)
x0, c = sp.symbols("x0 c", real=True)
i, j = sp.symbols("i j", integer=True)
p, q, r = sp.symbols("p q r")
PIECES = sp.Piecewise((x, x > 0), (-2 * x, True))

PAIRS = [
    ("square", Formula((), x**2 >= 0), Formula((), x**2 > 0)),
    ("means", Formula((x > 0, y > 0), x * y <= ((x + y) / 2) ** 2), Formula((x > 0, y > 0), x * y < ((x + y) / 2) ** 2)),
    ("relu", Formula((), sp.Eq(fn.relu(x) - fn.relu(-x), x)), Formula((), sp.Eq(fn.relu(x) + fn.relu(-x), x))),
    ("relu twice", Formula((), sp.Eq(fn.relu(fn.relu(x)), fn.relu(x))), Formula((), sp.Eq(fn.relu(-fn.relu(x)), fn.relu(x)))),
    ("step", Formula((sp.Ne(x, 0),), sp.Eq(fn.step(x) + fn.step(-x), 1)), Formula((), sp.Eq(fn.step(x) + fn.step(-x), 1))),
    ("sign", Formula((), sp.Eq(fn.sign(x) * x, fn.absolute(x))), Formula((), sp.Eq(fn.sign(x) * x, x))),
    ("SymPy's own", Formula((), sp.Eq(sp.sign(x) * x, sp.Abs(x))), Formula((), sp.Eq(sp.Max(x, y) + sp.Min(y, z), x + y))),
    ("maximum", Formula((), sp.Eq(fn.maximum(x, y) + fn.minimum(x, y), x + y)), Formula((), sp.Eq(fn.maximum(x, y), y))),
    ("equal", Formula((), sp.Eq(fn.equal(x, y), fn.equal(y, x))), Formula((), sp.Eq(fn.equal(x, y), 0))),
    ("where", Formula((), sp.Eq(fn.where(c, x, y), fn.where(c, 1, 0) * x + fn.where(c, 0, 1) * y)),
     Formula((), sp.Eq(fn.where(c, x, y), x))),
    ("detach", Formula((), sp.Eq(fn.detach(x), x)), Formula((), sp.Eq(fn.detach(x), -x))),
    ("pieces", Formula((), PIECES >= 0), Formula((), PIECES > 0)),
    ("integers", Formula((i > 0,), i >= 1), Formula((x > 0,), x >= 1)),
    ("parity", Formula((), sp.Ne(2 * i, 2 * j + 1)), Formula((), sp.Ne(2 * i, 3 * j + 1))),
    ("division", Formula((x > 1,), 1 / x < 1), Formula((sp.Ne(x, 0),), 1 / x < 1)),
    ("negative power", Formula((sp.Ne(x, 0),), x**-2 > 0), Formula((sp.Ne(x, 0),), x**-3 > 0)),
    ("propositions", Formula((sp.Implies(p, q), sp.Implies(q, r)), sp.Implies(p, r)), Formula((sp.Implies(p, q),), sp.Implies(q, p))),
    ("xor", Formula((), sp.Equivalent(sp.Xor(p, q, evaluate=False), sp.Not(sp.Equivalent(p, q)))), Formula((), sp.Xor(p, q))),
    ("if", Formula((p,), sp.ITE(p, q, r) | ~q), Formula((), sp.ITE(p, q, r))),
    ("mixed", Formula((sp.Implies(p, x > 0), p), x**2 > 0), Formula((sp.Implies(p, x > 0),), x**2 > 0)),
]


@pytest.mark.parametrize(("name", "true", "false"), PAIRS, ids=[row[0] for row in PAIRS])
def test_a_truth_is_proved_and_its_neighbour_refuted(name: str, true: Formula, false: Formula) -> None:
    assert valid(true) == ("proved", None)
    status, model = valid(false)
    assert status == "refuted"
    symbols = {s.name: s for e in (*false.hypotheses, false.conclusion) for s in e.free_symbols}
    assert set(model) == set(symbols)
    values = {symbols[key]: sp.true if value is True else sp.false if value is False else sp.Rational(value.numerator, value.denominator)
              for key, value in model.items()}
    plain = lambda e: e.replace(lambda part: type(part) in DEFINITIONS, lambda part: DEFINITIONS[type(part)](*part.args))
    assert plain(false.conclusion).subs(values) == sp.false
    assert all(plain(hypothesis).subs(values) == sp.true for hypothesis in false.hypotheses)


KINKED = [function for function, row in FUNCTIONS.items() if function in TRANSLATED and function is not fn.detach]


@pytest.mark.parametrize("function", KINKED, ids=lambda f: f.__name__)
def test_declared_derivatives_hold_off_the_kink(function: type) -> None:
    assert valid(off_the_kink(function, FUNCTIONS[function])) == ("proved", None)


def test_a_wrong_derivative_of_relu_is_refuted() -> None:
    near = (sp.Ne(x0, 0), sp.Abs(x - x0) < sp.Abs(x0))
    assert valid(Formula(near, sp.Eq(fn.relu(x), fn.relu(x0) + fn.step(x0) * (x - x0)))) == ("proved", None)
    status, model = valid(Formula(near, sp.Eq(fn.relu(x), fn.relu(x0) + 17 * fn.step(x0) * (x - x0))))
    assert status == "refuted" and model["x0"] > 0
    status, _ = valid(Formula((), sp.Eq(fn.relu(x), fn.relu(x0) + fn.step(x0) * (x - x0))))
    assert status == "refuted"


def test_boolean_functions_have_no_reverse_derivative() -> None:
    """R[and]((u, v); w) = (a(u, v) w, b(u, v) w): commutativity gives b(u, v) = a(v, u); copy ; and = 1 needs a + b = 1 on the diagonal."""
    places = [(u, v) for u in (0, 1) for v in (0, 1)]
    a = {(u, v): sp.Symbol(f"a{u}{v}") for u, v in places}
    b = {(u, v): sp.Symbol(f"b{u}{v}") for u, v in places}
    commutes = tuple(sp.Equivalent(b[u, v], a[v, u]) for u, v in places)
    chain = [sp.Xor(a[u, u], b[u, u]) for u in (0, 1)]
    assert valid(Formula(commutes, sp.Not(sp.And(*chain)))) == ("proved", None)
    assert valid(Formula(commutes[1:], sp.Not(chain[0])))[0] == "refuted"


def test_counterexamples_are_exact() -> None:
    status, model = valid(Formula((3 * x > 1, 3 * x < 2), sp.Ne(2 * x, 1)))
    assert (status, model) == ("refuted", {"x": Fraction(1, 2)})
    assert valid(Formula((), sp.Implies(p, q))) == ("refuted", {"p": True, "q": False})


def test_premises_that_contradict_each_other_prove_nothing() -> None:
    assert valid(Formula((x > 1, x < 0), x > 5)) == ("unknown", "premises contradict each other")
    assert valid(Formula((p, ~p), q)) == ("unknown", "premises contradict each other")
    positive = sp.Symbol("s", positive=True)
    assert valid(Formula((sp.StrictLessThan(positive, 0, evaluate=False),), x > 5)) == ("unknown", "premises contradict each other")


def test_a_division_by_what_may_be_zero_is_unknown() -> None:
    status, why = valid(Formula((), sp.Eq(x / x**2, 1 / x, evaluate=False)))
    assert status == "unknown" and "may be 0" in why and "sp.Ne(x, 0)" in why
    assert valid(Formula((sp.Ne(x - y, 0),), sp.Eq((x**2 - y**2) / (x - y), x + y))) == ("proved", None)


def test_an_irrational_counterexample_is_not_claimed() -> None:
    status, why = valid(Formula((), sp.Ne(x**2, 2)))
    assert status == "unknown" and "irrational" in why


@pytest.mark.parametrize(("formula", "word"), [
    (Formula((), sp.exp(x) > x), "exp"), (Formula((x > 0,), sp.sqrt(x) >= 0), "Pow"),
    (Formula((), sp.Symbol("w") > 0), "not declared real"),
    (Formula((), sp.Piecewise((x, x > 0)) > -1), "no value where no condition holds"),
    (Formula((sp.Symbol("x", integer=True) > 0,), x > 0), "two symbols with the name x"),
])
def test_what_is_not_translated_is_named(formula: Formula, word: str) -> None:
    status, why = valid(formula)
    assert status == "unknown" and word in why


def test_assumptions_of_symbols_count_as_premises() -> None:
    s = sp.Symbol("s", positive=True)
    t = sp.Symbol("t", nonnegative=True)
    assert valid(Formula((), s + t > s / 2)) == ("proved", None)
    assert valid(Formula((), t > s))[0] == "refuted"
    even = sp.Symbol("e", even=True)
    assert valid(Formula((), sp.Ne(even + x, 1 + x * 1)))[0] != "refuted"


def test_a_hard_formula_runs_out_of_time_as_unknown() -> None:
    names = sp.symbols("a1:9", real=True)
    total = lambda power: sum(v**power for v in names)
    hard = Formula((total(3) > 3,), sp.prod(names[:6]) ** 3 * total(5) < 10**9 + total(4) ** 7)
    status, why = valid(hard, timeout_ms=50)
    assert status in ("unknown", "refuted") and (status == "refuted" or why)


def test_formulas_at_exact_values_by_sympy_alone() -> None:
    assert holds(fn.relu(x) > y, {x: Fraction(1, 2), y: Fraction(1, 3)}) is True
    assert holds(sp.Eq(fn.step(x), 1), {x: Fraction(0)}) is False
    assert holds(p & (x > 0), {p: True, x: Fraction(1)}) is True
    assert holds(sp.Symbol("s", positive=True) > -1, {sp.Symbol("s", positive=True): Fraction(-2)}) is not True
