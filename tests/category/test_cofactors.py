"""Determinants, inverses and solutions of small systems against NumPy's own and against exact rationals."""

from fractions import Fraction

import numpy as np
import pytest

import symcat as sc
from symcat.category.evaluate import evaluate
from symcat.category.objects import EXACT
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import DomainError, TraceError

SIZES = (1, 2, 3)
CASES = {
    "det": (np.linalg.det, lambda k: {"a": Real[k, k]}),
    "inv": (np.linalg.inv, lambda k: {"a": Real[k, k]}),
    "solve a vector": (lambda a, b: np.linalg.solve(a, b), lambda k: {"a": Real[k, k], "b": Real[k]}),
    "solve a matrix": (lambda a, b: np.linalg.solve(a, b), lambda k: {"a": Real[k, k], "b": Real[k, 2]}),
}


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("name", CASES)
def test_like_numpy(name, k):
    function, wires = CASES[name]
    step, draw = trace(function, space(**wires(k))), np.random.default_rng(k)
    given = [draw.normal(size=tuple(map(int, wire.shape))) for _, wire in step.dom]
    np.testing.assert_allclose(evaluate(step, given)[0], function(*given), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("k", SIZES)
def test_the_inverse_is_exact_on_rationals(k):
    a = np.array([[Fraction(3 * i + j * j + 1, 7 + i) for j in range(k)] for i in range(k)], dtype=object) + np.eye(k, dtype=int)
    (inverse,) = evaluate(trace(np.linalg.inv, space(a=Real[k, k])), [a], scalars=EXACT)
    assert (a @ inverse == np.eye(k, dtype=int)).all()


@pytest.mark.parametrize("k", SIZES)
def test_the_defining_equation_is_proved_and_requires_a_determinant(k):
    dom = space(a=Real[k, k])
    found = sc.decide(trace(lambda a: a @ np.linalg.inv(a), dom), trace(lambda a: np.eye(k) + 0 * a, dom))
    if k > 1:    # for one row the index engine leaves a range of one entry as it is
        assert found.proved and any("!= 0" in premise for premise in found.premises)
    wrong = sc.decide(trace(lambda a: a @ np.linalg.inv(a.T), dom), trace(lambda a: np.eye(k) + 0 * a, dom))
    assert wrong.refuted if k > 1 else not wrong.refuted


def test_a_singular_matrix_is_outside_the_domain():
    with pytest.raises((DomainError, ZeroDivisionError)):
        evaluate(trace(np.linalg.inv, space(a=Real[2, 2])), [np.array([[1, 2], [2, 4]], dtype=object)], scalars=EXACT)


@pytest.mark.parametrize("function, wire, words", [
    (np.linalg.inv, Real["n", "n"], "sizes 1 to 3 are written out by cofactors, others have no closed form here; trace at a fixed size"),
    (np.linalg.det, Real[4, 4], "take the determinant as an input wire"),
    (np.linalg.inv, Real[2, 3], "expected one square matrix"),
    (lambda a: np.linalg.solve(a, np.ones(3)), Real[2, 2], "expected a right side with 2 rows"),
])
def test_other_matrices_are_refused(function, wire, words):
    with pytest.raises(TraceError, match=words):
        trace(function, space(a=wire))
