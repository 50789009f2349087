"""Entries written out: the same numbers as the program of arrays, and equations of small matrices with roots."""

import numpy as np
import pytest

import symcat as sc
from symcat.category.evaluate import evaluate
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import DomainError
from symcat.learn.optimisers import OPTIMISERS
from symcat.learn.optimisers.small_matrices import inverse_root, root
from symcat.prove.engines import ON_ITS_WORD
from symcat.prove.field.unrolled import prove_unrolled, unrolled
from symcat.prove.index.equal import Proof

WIRES = space(s=Real[2, 2])


@pytest.mark.parametrize("name", ["newton", "bfgs", "adagrad_full", "kfac", "soap", "shampoo_one_sided"])
def test_the_entries_are_those_of_the_arrays(name):
    rule, draw = OPTIMISERS[name], np.random.default_rng(2)
    step, values = rule.step(), rule.assignment()
    given = [draw.uniform(0.5, 1, size=tuple(map(int, wire.shape))) for wire in step.dom.types]
    definite = lambda label, x: x + x.T + 2 * np.eye(2) if x.shape == (2, 2) and label not in "pgm" else x
    given = [definite(label, x) for label, x in zip(step.dom.names, given, strict=True)]
    whole = np.concatenate([found.ravel() for found in evaluate(step, given, hypers=values)])
    entries = [entry for x in given for entry in x.ravel()]
    found = [float(x) for x in evaluate(unrolled(step), entries, hypers=values)]
    np.testing.assert_allclose(found, whole, rtol=1e-12)


def test_roots_of_small_matrices_are_decided():
    left, right = trace(lambda s: root(s @ s.T) @ inverse_root(s @ s.T), WIRES), trace(lambda s: np.eye(2) + 0 * s, WIRES)
    verdict = sc.decide(left, right)
    assert verdict.proved and "entries written out" in verdict.method and ON_ITS_WORD in verdict.method
    assert sc.decide(left, trace(lambda s: np.eye(2) + 0 * s + s - s.T, WIRES)).refuted


def test_a_near_miss_is_not_proved():
    left, right = trace(lambda s: root(s @ s.T) @ root(s @ s.T), WIRES), trace(lambda s: s.T @ s, WIRES)
    assert not isinstance(prove_unrolled(left, right), Proof)


@pytest.mark.parametrize("function, wire", [
    (lambda x: np.sqrt(np.sum(x * x)), Real["n"]), (lambda x: np.max(x), Real[3]), (lambda x: x, Real[9, 9]),
])
def test_other_programs_are_refused(function, wire):
    with pytest.raises(DomainError):
        unrolled(trace(function, space(x=wire)))


def test_premises_are_about_entries_and_not_about_a_wire_that_is_called_like_one():
    dom = space(x=Real[2], x_0=Real[()])
    left = trace(lambda x, x_0: sc.sqrt(x[0]) * x_0 * sc.sqrt(x[0]), dom)
    verdict = sc.decide(left, trace(lambda x, x_0: x[0] * x_0, dom))
    assert verdict.proved and verdict.premises == ("x[0] >= 0",)
    assert sc.decide(left, trace(lambda x, x_0: x_0 * x_0, dom)).refuted
