"""Inequalities replayed cell by cell, their false neighbours, and identities that were changed."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from symcat.checker import Refused, check
from symcat.checker.expressions import ONE
from symcat.checker.formulas import inequality
from symcat.checker.scalars import Scalars
from symcat.checker.squares import nth_root, positive, row
from symcat.laws.claim import Inequality
from symcat.prove.advice.scalars import advice
from symcat.prove.inequality.goal import dump_inequality
from tests.checker.test_scalars import edited, places

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)

TRUE = {
    "square": Inequality(2 * x * y, x**2 + y**2), "strict": Inequality(x, x**2 + 1, "<"), "constrained": Inequality(x, x**2, "<", (x > 1,)),
    "triangle": Inequality(sp.Abs(x + y), sp.Abs(x) + sp.Abs(y)), "mean": Inequality(sp.sqrt(p * q), (p + q) / 2),
    "logarithm": Inequality(sp.log(p), p - 1), "sigmoid": Inequality(1 / (1 + sp.exp(-x)) * (1 - 1 / (1 + sp.exp(-x))), sp.Rational(1, 4)),
    "tanh": Inequality(x * sp.tanh(x), x**2), "sine": Inequality(sp.sin(x) ** 2, x**2),
    "number": Inequality(sp.sqrt(2) + sp.sqrt(3), sp.pi + 1),
    "huber": Inequality(sp.Piecewise((x**2, sp.Abs(x) <= 1), (2 * sp.Abs(x) - 1, True)), x**2), "empty": Inequality(1 / p, sp.Abs(1 / p)),
}
FALSE = {
    "square": Inequality(3 * x * y, x**2 + y**2), "strict": Inequality(x, x**2 + sp.Rational(1, 4), "<"),
    "constrained": Inequality(x, x**2, "<", (x >= 1,)), "triangle": Inequality(sp.Abs(x + y), sp.Abs(x) + y),
    "mean": Inequality(sp.sqrt(p * q), (p + q) / 2, "<"), "logarithm": Inequality(sp.log(p), p - 1, "<"),
    "tanh": Inequality(x * sp.tanh(x), x**2 / 2), "number": Inequality(sp.sqrt(2) + sp.sqrt(3), sp.pi),
}


def proof(goal: Inequality) -> tuple[dict, dict | None]:
    data = json.loads(json.dumps(dump_inequality(goal)))
    return data, json.loads(json.dumps(advice(data, (), 6)))


@pytest.mark.parametrize("name", TRUE)
def test_true_inequalities_replay(name: str) -> None:
    data, found = proof(TRUE[name])
    assert found is not None
    assert inequality(data, found) >= 1
    method, = check({"goal": data, "trace": {"replay": found}})
    assert method == ("cells replayed" if found["inside"] else "cells replayed, no point given")


@pytest.mark.parametrize("name", FALSE)
def test_false_neighbours_do_not(name: str) -> None:
    data = json.loads(json.dumps(dump_inequality(FALSE[name])))
    with pytest.raises(Refused):
        inequality(data, proof(TRUE[name])[1])


@pytest.mark.parametrize("name", ["square", "strict", "constrained", "mean"])
def test_no_change_of_an_identity_shows_a_false_goal(name: str) -> None:
    data, found = json.loads(json.dumps(dump_inequality(FALSE[name]))), proof(TRUE[name])[1]
    every = list(places(found["cells"]))
    for path in random.Random(1).sample(every, min(len(every), 120)):
        for value in (0, 1, 2, -1, 3, None, [], "0", "1", "-1", "1/2"):
            with pytest.raises(Refused):
                inequality(data, {**found, "cells": edited(found["cells"], path, value)})


UNIT = [["1", []]]


def told(*asked: object) -> tuple[Scalars, dict]:
    """A run that knows x >= 0, and x."""
    run = Scalars([None, *asked])
    e = run.value(["variable", "x"])
    run.require(e, ">=0")
    return run, e


@pytest.mark.parametrize(("relation", "identity"), [
    (">0", [[["known", 1]], [[[], [["1", UNIT]]]], [[[0], [["1", UNIT]]]], [], 0]),                # x >= 0 is not x > 0
    (">=0", [[["known", 1]], [[[], [["1", UNIT]]]], [[[0], [["-1", UNIT]]]], [], 0]),              # a negative weight
    (">=0", [[["known", 1]], [[[], [["1", UNIT]]]], [], [[0, UNIT]], 0]),                          # x is not 0
    (">=0", [[["known", 1]], [], [], [], 0]),                                                      # 0 = 0 says nothing
    (">=0", [[["known", 2]], [[[], [["1", UNIT]]]], [[[0], [["1", UNIT]]]], [], 0]),               # no such hypothesis
    (">=0", [[["guess", 1]], [[[], [["1", UNIT]]]], [[[0], [["1", UNIT]]]], [], 0]),               # no such row
    (">=0", [[["known", 1]], [[[], [["1", UNIT]]]], [[[0], [["1", [["1", [[0, -1]]]]]]]], [], 0]),   # a denominator
])
def test_identities_that_show_nothing(relation: str, identity: list) -> None:
    run, e = told()
    with pytest.raises((Refused, IndexError)):
        positive(run, run.scale(e, 1 if relation == ">0" or identity[2] else -1), relation, identity)
    run, e = told()
    positive(run, e, ">=0", [[["known", 1]], [[[], [["1", UNIT]]]], [[[0], [["1", UNIT]]]], [], 0])


@pytest.mark.parametrize(("data", "value"), [
    (["tangent", [["2", []]], [["-1", []]]], lambda: mpmath.e**2 - 4 / mpmath.e), (["sine", [["3", []]]], lambda: 9 - mpmath.sin(3) ** 2),
    (["cosine", [["3", []]]], lambda: 2 * mpmath.cos(3) - 2 + 9), (["below one", 1, [["2", []]]], lambda: 1 + mpmath.tanh(2)),
    (["tanh", "small", [["2", []]]], lambda: 2 * mpmath.tanh(2) - mpmath.tanh(2) ** 2),
    (["tanh", "large", [["-2", []]]], lambda: 4 - 2 * mpmath.tanh(2)),
])
def test_what_is_known_of_kernels_is_true(data: list, value: object) -> None:
    run = Scalars([1, 1, None, None])
    e, relation = row(run, data)
    total = mpmath.mpf(0)
    for (_, factors), c in e.items():
        part = mpmath.mpf(c.numerator) / c.denominator
        for a, k in factors:
            _, name, (inner,) = run.things[a]
            argument = run.thaw(inner)[ONE]
            part *= getattr(mpmath, name)(mpmath.mpf(argument.numerator) / argument.denominator) ** k
        total += part
    assert mpmath.almosteq(total, value())
    assert total > 0 or relation == ">=0"


def test_integer_roots() -> None:
    for n in (2, 3, 5, 7):
        for m in (0, 1, 2, 7, 8, 26, 27, 28, 10**30, 10**30 - 1):
            found = nth_root(Fraction(m), n)
            assert found**n <= m < (found + 1) ** n
