"""Equations of matrices under hypotheses: proofs with certificates, exact witnesses, and inputs that are refused."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

import symcat as sc
from symcat.category.evaluate import evaluate
from symcat.category.objects import EXACT
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.errors import DataError, ShapeError, UsageError
from symcat.laws.claim import Claim, Equation
from symcat.laws.matrices import Hypothesis, MatrixEquation, coisometry, inverse, isometry, orthogonal, symmetric
from symcat.learn.optimisers import muon
from symcat.prove.certificate import recheck
from symcat.prove.decide import prove
from symcat.prove.matrices import rotation
from symcat.prove.record import goal_data, load_goal

n, m, k = dims("n m k")
VECTOR = {"p": Real[n], "g": Real[n], "H": Real[n, n], "A": Real[n, n], "B": Real[n, n]}
BOTH = (orthogonal("P"), orthogonal("Q"))


def descended(p, g, H):
    return p - H @ g


def equation(left, right, wires, hypotheses=()):
    return MatrixEquation(trace(left, space(**wires)), trace(right, space(**wires)), tuple(hypotheses))


TRUE = equation(lambda p, g, H, A, B: A @ descended(p, g, H), lambda p, g, H, A, B: descended(A @ p, B.T @ g, A @ H @ A.T), VECTOR,
                [inverse("A", "B")])
FALSE = equation(lambda p, g, H, A, B: A @ descended(p, g, H), lambda p, g, H, A, B: descended(A @ p, B.T @ g, A @ H @ B), VECTOR,
                 [inverse("A", "B")])


def muon_square(hypotheses, rows=m, slip=False):
    """A step of Muon after W -> P W Q^T, against the step before it."""
    wires = {"p": Real[m, n], "g": Real[m, n], "v": Real[m, n], "P": Real[rows, m], "Q": Real[n, n]}
    step, moved = muon.step(), muon.step(Real[rows, n])

    def after(p, g, v, P, Q):
        return tuple(P @ x @ Q.T for x in apply(step, p, g, v))

    def before(p, g, v, P, Q):
        return apply(moved, P @ p @ Q.T, P @ g @ Q.T, (2 if slip else 1) * P @ v @ Q.T)
    return equation(after, before, wires, hypotheses)


def settled(goal, tmp_path):
    return prove(Claim("a claim", "in words", "here", lambda: goal), tmp_path)


@pytest.mark.parametrize("goal", [TRUE, muon_square(BOTH), muon_square((isometry("P"), orthogonal("Q")), rows=k)],
                         ids=["an inverse Hessian", "Muon turned", "Muon embedded"])
def test_a_proof_is_checked_again(goal, tmp_path):
    verdict = settled(goal, tmp_path)
    assert verdict.proved and verdict.equality == "as functions" and verdict.tested >= 3
    assert {str(one) for one in goal.hypotheses} <= set(verdict.premises)
    again = recheck(verdict.certificate["path"])
    assert again.ok and "checked independently of the engine: 1 words replayed" in again.why


@pytest.mark.parametrize("goal", [FALSE, muon_square(BOTH[:1]), muon_square(BOTH, slip=True),
                                  muon_square((coisometry("P"), BOTH[1]), rows=k)],
                         ids=["a Hessian that moves wrongly", "nothing known of Q", "another momentum", "Muon projected"])
def test_a_refutation_is_a_point_at_which_the_hypotheses_hold(goal):
    verdict = settled(goal, None)
    assert verdict.refuted
    given = verdict.witness["inputs"].items()
    found = {name: np.array([[Fraction(x) for x in row] for row in rows], dtype=object) for name, rows in given if name in "PQAB"}
    for one in goal.hypotheses:
        a, b = found[one.names[0]], found[one.names[-1]]
        product = a @ b if one.kind == "inverse" else a @ a.T
        assert (product == np.eye(len(product), dtype=int)).all()
    values = [np.array(value) for value in verdict.witness["inputs"].values()]
    if goal is FALSE:
        exact = [np.vectorize(Fraction, otypes=[object])(value) for value in values]
        left, right = (evaluate(side, exact, scalars=EXACT)[0] for side in (goal.lhs, goal.rhs))
        place = tuple(verdict.witness["index"])
        assert (str(left[place]), str(right[place])) == (verdict.witness["left"], verdict.witness["right"])


def test_decide_takes_hypotheses_among_its_assumptions():
    wires = space(x=Real[m, n], P=Real[m, m])
    left, right = trace(lambda x, P: (P @ x).T @ (P @ x), wires), trace(lambda x, P: x.T @ x, wires)
    assert sc.decide(left, right, assuming=[orthogonal("P")]).proved
    assert sc.decide(left, right, assuming=[symmetric("P")]).refuted
    with pytest.raises(UsageError, match="only equations are decided"):
        sc.decide(left, right, "<=", assuming=[orthogonal("P")])


def test_what_is_no_product_of_matrices_stays_open():
    wires = space(x=Real[n, n], P=Real[n, n])
    sides = (lambda x, P: np.sum((P @ x) ** 4), lambda x, P: np.sum((P @ x @ P @ P.T) ** 4))
    verdict = sc.decide(*(trace(side, wires) for side in sides), assuming=[orthogonal("P")])
    assert not verdict.proved


def test_the_goal_comes_back_from_its_record():
    assert load_goal(goal_data(TRUE)) == TRUE
    data = goal_data(TRUE)
    with pytest.raises(DataError):
        load_goal({**data, "hypotheses": [[]]})
    with pytest.raises(DataError):
        load_goal({**data, "more": 1})


@pytest.mark.parametrize("make, error, words", [
    (lambda: Hypothesis("unitary", ("A",)), UsageError, "expected one of orthogonal"),
    (lambda: Hypothesis("inverse", ("A",)), UsageError, "two for inverse"),
    (lambda: MatrixEquation(TRUE.lhs, TRUE.rhs, (orthogonal("p"),)), ShapeError, "no real matrix"),
    (lambda: MatrixEquation(TRUE.lhs, TRUE.rhs, (orthogonal("A"), inverse("A", "B"))), UsageError, "two hypotheses about A"),
    (lambda: muon_square((orthogonal("P"),), rows=k), ShapeError, "expected a square one"),
])
def test_wrong_hypotheses_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("seed", range(5))
def test_rotations_are_orthogonal(seed):
    p = rotation(4, Random(seed))
    assert (p.T @ p == np.eye(4, dtype=int)).all() and (p @ p.T == np.eye(4, dtype=int)).all()


@pytest.mark.parametrize("slip, status", [(1, "proved"), (2, "refuted")])
def test_many_products_without_hypotheses_go_to_words(slip, status, tmp_path):
    """Muon on the transposed matrix, an equation like any other, which the index normal form would write out for hours."""
    dom = space(p=Real[m, n], g=Real[m, n], v=Real[m, n])
    left = trace(lambda p, g, v: tuple(x.T for x in apply(muon.step(), p, g, v)), dom)
    right = trace(lambda p, g, v: apply(muon.step(Real[n, m]), p.T, g.T, slip * v.T), dom)
    verdict = prove(Claim("a claim", "in words", "here", lambda: (Equation(left, right),)), tmp_path)
    assert verdict.status == status and verdict.equality == "as morphisms"
    if verdict.proved:
        again = recheck(verdict.certificate["path"])
        assert again.ok and "1 words replayed" in again.why, again.why
