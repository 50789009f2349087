"""Inequalities and formulas as theorems of Coq: what is stated, what coqc accepts, and what it rejects."""

import pytest
import sympy as sp

from symcat.category.functions import relu
from symcat.laws.claim import Claim, Formula, Inequality
from symcat.prove.coq import coqc
from symcat.prove.coq.export import PRELUDE, export, file_text, theorems
from symcat.prove.coq.scalars import NotExported
from symcat.prove.ledger import Entry
from symcat.verdict import proved

x, y = sp.symbols("x y", real=True)
a, h = sp.symbols("a h", positive=True)
j, k = sp.symbols("j k", integer=True)
p, q = sp.symbols("p q")
COQ = pytest.mark.skipif(coqc.found() is None, reason="coqc is not installed: apt install coq")

# goal, its theorem, and a change that makes it false
CASES = {
    "square": (Inequality(2 * x * y, x**2 + y**2), "2 * x * y <= x ^ 2 + y ^ 2", ("2 * x * y", "3 * x * y")),
    "bound": (Inequality(a / (1 + a), 1, "<"), "a * / (a + 1) < 1", ("< 1", "< 1 / 2")),
    "triangle": (Inequality(sp.Abs(x + y), sp.Abs(x) + sp.Abs(y)), "Rabs (x + y) <= Rabs x + Rabs y", ("<= Rabs x + Rabs y", "<= Rabs x")),
    "Lipschitz": (Inequality(sp.Abs(relu(x) - relu(y)), sp.Abs(x - y)), "relu x", ("<= Rabs", "< Rabs")),
    "logarithm": (Inequality(sp.log(a), a - 1), "ln a <= a + (-1)", ("<= a", "< a")),
    "quartic": (Inequality(4 * x * y**3, x**4 + 3 * y**4), "4 * x * y ^ 3", ("4 * x", "5 * x")),
    "root": (Inequality(sp.sqrt(5), sp.Rational(9, 4), "<"), "sqrt 5 < 9 / 4", ("9 / 4.", "11 / 5.")),
    "window": (Formula((x > 0, x < 2), (1 - x) ** 2 < 1), "(1 + (-1) * x) ^ 2 < 1", ("x < 2", "x < 3")),
    "residues": (Formula((), sp.Ne(3 * k, 3 * j + 1)), "3 * k <> 3 * j + 1", ("3 * k <>", "2 * k <>")),
    "and": (Formula((p,), sp.Implies(q, p & q)), "(q = true) -> ((p = true) /\\ (q = true))", ("(q = true) ->", "(p = true) ->")),
}


def claim(name):
    return Claim(name, name, "a test", lambda: CASES[name][0])


def text_of(*names):
    return file_text("orders", [(claim(name), theorems(claim(name))) for name in names])


@pytest.mark.parametrize("name", CASES)
def test_the_theorem_says_what_the_goal_says(name):
    assert CASES[name][1] in text_of(name)


def test_signs_and_domains_are_hypotheses():
    text = text_of("bound")
    assert "(a > 0) ->" in text and "(a + 1 <> 0) ->" in text
    logarithm = theorems(Claim("log", "s", "a test", lambda: Inequality(sp.log(x), x - 1)))[0]
    assert "  (x > 0) ->" in logarithm.lines, "ln is that of Coq only where x > 0"


@pytest.mark.parametrize("goal, reason", [
    (Inequality(sp.Piecewise((x, x > 0), (0, True)), x**2 + 1), "Piecewise"),
    (Inequality(a**h, 2), "a power that is not whole"),
    (Formula((), sp.true), "without variables"),
    (Formula((p,), x > 0), "several kinds"),
    (Formula((k > 0,), sp.Eq(k / 2, j)), "integers"),
])
def test_what_cannot_be_stated_is_left_out(goal, reason):
    with pytest.raises(NotExported, match=reason):
        theorems(Claim("c", "s", "a test", lambda: goal))


@pytest.fixture(scope="module")
def trial():
    with coqc.Trial(PRELUDE, limit=120) as made:
        yield made


@COQ
def test_coqc_accepts_the_theorems(trial):
    assert trial.accepts(text_of(*CASES))


@COQ
@pytest.mark.parametrize("name", ["square", "quartic", "triangle", "root", "window", "residues"])
def test_coqc_rejects_what_is_false(trial, name):
    old, new = CASES[name][2]
    statement, proof = text_of(name).split("Proof.")
    assert old in statement
    assert not trial.accepts(f"{statement.replace(old, new)}Proof.{proof}")


@COQ
def test_a_proof_that_is_not_found_is_left_out(tmp_path, trial):
    false = Claim("false", "s", "a test", lambda: Inequality(x, x - 1))
    given = [Entry(one, proved("a test", {"digest": "0"}), "orders") for one in (claim("square"), false)]
    found = export(given, tmp_path, trial.accepts)
    assert found.methods == {"order tactics": 1} and found.left_out == {"the tactics find no proof": ["false"]}
