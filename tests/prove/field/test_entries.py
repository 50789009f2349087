"""Entrywise programs with kinks, decided at one entry: equal values are proved, wrong neighbours refuted, other programs left alone."""

from __future__ import annotations

import numpy as np
import pytest

import symcat as sc
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.laws.claim import Equation
from symcat.prove.certificate import verified
from symcat.prove.decide import settle
from symcat.prove.field.entries import METHOD, at_one_entry, prove_entries
from symcat.prove.index.equal import Failure

A = space(x=Real["n"], c=Real[()])
CLIP = (lambda x, c: np.clip(-x, -1, 1), lambda x, c: -np.clip(x, -1, 1))


def sides(pair):
    return tuple(trace(f, A) for f in pair)


def test_clipping_is_odd_and_the_certificate_says_on_whose_word():
    verdict, record = settle((Equation(*sides(CLIP)),), "as functions")
    assert verdict.proved and METHOD in verdict.method and "trusted: the engine" in verdict.method
    ok, why = verified(record)
    assert ok and "trusted" in why


def test_equal_values_are_no_equality_of_morphisms():
    assert sc.decide(*sides(CLIP)).unknown


@pytest.mark.parametrize("right", [lambda x, c: np.clip(x, -1, 1), lambda x, c: -np.clip(x, -1, 2), lambda x, c: -np.clip(x, -c, 1)])
def test_wrong_neighbours_are_refuted(right):
    pair = sides((CLIP[0], right))
    assert sc.decide(*pair, equality="as functions").refuted
    assert isinstance(prove_entries(*pair), Failure)


@pytest.mark.parametrize("other", [lambda x, c: x - x[0], lambda x, c: x / np.sum(x), lambda x, c: sc.iota(x.shape[0]) * x,
                                   lambda x, c: x / x.shape[0], lambda x, c: np.max(x) - x])
def test_entries_that_depend_on_others_or_on_the_size_have_no_one_entry(other):
    assert at_one_entry(trace(other, A)) is None


def test_a_shift_by_one_place_is_not_entrywise():
    dom = space(x=Real[3])
    assert at_one_entry(trace(lambda x: x[1:] - x[:-1], dom)) is None
