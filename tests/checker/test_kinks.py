"""Equality as functions where functions have kinks: proved by cases of signs, never taken for equality of morphisms."""

import copy
import json

import numpy as np
import pytest

import symcat as sc
from symcat.category.serialise import canonical_json
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.checker import Refused, check
from symcat.checker.equations import equation
from symcat.laws.claim import Equation
from symcat.prove.advice.record import advice_by_values
from symcat.prove.decide import settle
from symcat.prove.record import goal_data

n = dims("n")
A = space(x=Real[n], y=Real[n], z=Real[n])
TRUE = {
    "square of the absolute value": (lambda x, y, z: sc.absolute(x) ** 2, lambda x, y, z: x**2),
    "relu gates itself": (lambda x, y, z: np.sum(sc.relu(x) * sc.step(x)), lambda x, y, z: np.sum(sc.relu(x))),
    "two relus": (lambda x, y, z: np.sum(sc.relu(x) - sc.relu(-x)), lambda x, y, z: np.sum(x)),
    "relu and absolute": (lambda x, y, z: 2 * sc.relu(x - y), lambda x, y, z: x - y + sc.absolute(x - y)),
    "maximum commutes": (lambda x, y, z: sc.maximum(x, y), lambda x, y, z: sc.maximum(y, x)),
    "maximum and minimum": (lambda x, y, z: np.sum(sc.maximum(x, y) + sc.minimum(x, y)), lambda x, y, z: np.sum(x + y)),
    "sign times itself": (lambda x, y, z: sc.sign(x) * x, lambda x, y, z: sc.absolute(x)),
    "cube of the sign": (lambda x, y, z: sc.sign(x) ** 3, lambda x, y, z: sc.sign(x)),
    "homogeneous": (lambda x, y, z: sc.relu(3 * x), lambda x, y, z: 3 * sc.relu(x)),
    "where": (lambda x, y, z: sc.where(x, x * y, 0 * x), lambda x, y, z: x * y),
    "sign and a positive factor": (lambda x, y, z: sc.sign(sc.exp(z) * x), lambda x, y, z: sc.sign(x)),
    "maximum and a positive factor": (lambda x, y, z: sc.maximum(sc.exp(z) * x, sc.exp(z) * sc.absolute(y)),
                                      lambda x, y, z: sc.exp(z) * sc.maximum(x, sc.absolute(y))),
}
FALSE = {
    "relu and its step": (lambda x, y, z: sc.relu(x), lambda x, y, z: sc.step(x)),
    "relus added": (lambda x, y, z: np.sum(sc.relu(x) + sc.relu(-x)), lambda x, y, z: np.sum(x)),
    "steps add to one": (lambda x, y, z: sc.step(x) + sc.step(-x), lambda x, y, z: 1 + 0 * x),
    "sign squared": (lambda x, y, z: sc.sign(x) ** 2, lambda x, y, z: 1 + 0 * x),
    "negative homogeneity": (lambda x, y, z: sc.relu(-3 * x), lambda x, y, z: -3 * sc.relu(x)),
    "absolute difference": (lambda x, y, z: sc.absolute(x - y), lambda x, y, z: sc.absolute(x) - sc.absolute(y)),
    "relu of a sum": (lambda x, y, z: sc.relu(x + y), lambda x, y, z: sc.relu(x) + sc.relu(y)),
    "sign and a factor": (lambda x, y, z: sc.sign(z * x), lambda x, y, z: sc.sign(x)),
    "maximum and a square": (lambda x, y, z: sc.maximum(z**2 * x, z * y), lambda x, y, z: z**2 * sc.maximum(x, y)),
    "where at zero": (lambda x, y, z: sc.where(x, y, z), lambda x, y, z: y),
    "relu through a sum": (lambda x, y, z: sc.relu(np.sum(x)), lambda x, y, z: np.sum(sc.relu(x))),
}


def sides(pair):
    return tuple(trace(f, A) for f in pair)


def data(pair):
    return json.loads(canonical_json(goal_data((Equation(*sides(pair)),))))["equations"][0]


@pytest.mark.parametrize("name", TRUE)
def test_values_are_equal(name):
    verdict = sc.decide(*sides(TRUE[name]), equality="as functions")
    assert verdict.proved and verdict.equality == "as functions"


@pytest.mark.parametrize("name", FALSE)
def test_values_differ(name):
    assert sc.decide(*sides(FALSE[name]), equality="as functions").refuted
    assert advice_by_values(data(FALSE[name])) is None


@pytest.mark.parametrize("name", ["square of the absolute value", "two relus", "maximum commutes"])
def test_they_are_no_equalities_of_morphisms(name):
    assert sc.decide(*sides(TRUE[name])).unknown
    _, record = settle((Equation(*sides(TRUE[name])),), "as functions")
    assert check(record) == {"normal forms replayed": 1}
    forged = copy.deepcopy(record)
    forged["equality"] = "as morphisms"
    with pytest.raises(Refused, match="morphisms"):
        check(forged)


def test_their_derivatives_differ():
    """relu(x) step(x) has relu's values; a factor that is taken for a constant by the derivative makes no difference, its own kink does."""
    pair = sides((lambda x, y, z: np.sum(sc.absolute(x) * sc.absolute(x)), lambda x, y, z: np.sum(x * x)))
    assert sc.decide(*pair, equality="as functions").proved
    assert sc.decide(*(sc.R(f) for f in pair), equality="as functions").proved
    cube = sides((lambda x, y, z: sc.relu(x) - sc.relu(-x), lambda x, y, z: x))
    assert sc.decide(*cube, equality="as functions").proved
    assert sc.decide(*(sc.R(f) for f in cube), equality="as functions").refuted      # at 0 the declared derivatives are 0 and 1


@pytest.mark.parametrize("name", TRUE)
def test_advice_of_one_goal_proves_no_false_one(name):
    proof = advice_by_values(data(TRUE[name]))
    assert proof is not None
    for pair in FALSE.values():
        with pytest.raises(Refused):
            equation(data(pair), proof, "as functions")
