"""Equal values on a set without room are no equality of morphisms."""

import json

import numpy as np
import pytest
import sympy as sp

import symcat as sc
from symcat.category.serialise import canonical_json
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.checker import check
from symcat.checker.certificate import VALUES
from symcat.laws.claim import Equation
from symcat.laws.premises import suppose
from symcat.prove.decide import settle
from symcat.prove.room import cramped

n = dims("n")
x, y = sp.symbols("x y", real=True)
SCALARS, LISTS = space(x=Real[()], y=Real[()]), space(x=Real[n], y=Real[n])


def sides(f, g, dom, conditions=()):
    return tuple(suppose(trace(side, dom), conditions) for side in (f, g))


def test_equal_at_one_point_alone():
    pair = [trace(f, SCALARS) for f in (lambda x, y: x, lambda x, y: 2 * x)]
    conditions = [x >= 0, x <= 0]
    verdict = sc.decide(*pair, assuming=conditions)
    assert verdict.unknown and "as functions" in verdict.reason
    assert sc.decide(*pair, assuming=conditions, equality="as functions").proved
    assert sc.decide(*(sc.R(f) for f in pair), assuming=conditions).refuted


@pytest.mark.parametrize("conditions", [[x >= 0, x + y <= 0, y >= 0], [x**2 <= 0], [x >= y, y >= x + 1], [x >= 1, x <= 1]])
def test_no_room(conditions):
    assert cramped(Equation(*sides(lambda x, y: x, lambda x, y: 2 * x, SCALARS, conditions)))


@pytest.mark.parametrize("conditions", [[], [x >= 0], [x >= y, x + y <= 1, y >= -3], [x > 0, x >= 0]])
def test_room(conditions):
    assert not cramped(Equation(*sides(lambda x, y: x, lambda x, y: 2 * x, LISTS, conditions)))


def test_what_a_root_requires_is_strict_under_derivatives():
    pair = sides(lambda x, y: np.sqrt(x) ** 2, lambda x, y: x, SCALARS)
    assert sc.decide(*pair).proved and not cramped(Equation(*pair))


def test_a_root_under_a_closed_condition():
    pair = sides(lambda x, y: np.sqrt(x**2), lambda x, y: x, SCALARS, [x >= 0])
    assert sc.decide(*pair).proved


def test_the_checker_does_not_vouch_for_derivatives_on_closed_sets():
    _, record = settle((Equation(*sides(lambda x, y: x * y + x, lambda x, y: x * (y + 1), LISTS, [x >= 0])),), "as functions")
    record = json.loads(canonical_json(record))
    assert check(record) == {"normal forms replayed": 1}
    assert check({**record, "equality": "as morphisms"}) == {f"normal forms replayed{VALUES}": 1}
