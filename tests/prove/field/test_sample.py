"""Terms at many points: the list of operations against the evaluation part by part."""

from __future__ import annotations

import random

from symcat.prove.balls import precision
from symcat.prove.field.read import Condition, ScalarGoal
from symcat.prove.field.sample import Evaluation, Open, Outside, Straight, admitted, points, sample
from symcat.prove.field.term import ONE, Term, number, variable
from tests.prove.field.test_evident import POINTS, drawn


def one_by_one(terms: tuple[Term, ...], point: dict) -> list | None:
    evaluation = Evaluation(point)
    try:
        return [evaluation.value(term) for term in terms]
    except (Outside, Open):
        return None


def test_lists_of_operations_give_the_same_values():
    pick = random.Random(8)
    compared = undefined = branching = 0
    for _ in range(400):
        terms = drawn(pick, pick.randint(1, 3)), drawn(pick, 2)
        straight = Straight(terms)
        branching += straight.branching
        for point in pick.sample(POINTS, 4):
            for bits in (64, 200, 64):
                with precision(bits):
                    found, expected = straight.values(point), one_by_one(terms, point)
                    assert (found is None) == (expected is None), [str(term) for term in terms]
                    if found is None:
                        undefined += 1
                    else:
                        assert all(a.overlaps(b) for a, b in zip(found, expected, strict=True))
                        assert all(not a.is_exact() or a == b for a, b in zip(found, expected, strict=True))
                        compared += 1
    assert compared > 500 and undefined > 100 and 20 < branching < 380


def test_sums_and_products_of_nothing():
    nothing = Straight((Term("add"), Term("mul"), Term("add", (variable("x"),)), number(3) * ONE))
    assert [int(ball.unique_fmpz()) for ball in nothing.values({"x": 5})] == [0, 1, 5, 3]


def test_points_respect_what_is_assumed_of_one_variable():
    names = tuple("abcdefgh")
    within = [condition for name in names for condition in (Condition(variable(name), ">=0"), Condition(number(1) - variable(name), ">0"))]
    unruly = Condition(variable("a") - variable("b"), ">0")
    found = list(points(names, conditions=(*within, unruly)))
    assert all(0 <= value < 1 for point in found for value in point.values())
    assert sum(admitted(within, point) for point in points(names)) < 5 < len(found)
    assert {point["a"] > point["b"] for point in found} == {True, False}


def test_a_condition_that_excludes_all_values_leaves_them():
    beyond = (Condition(variable("x") - number(1000), ">0"),)
    assert list(points(("x",), conditions=beyond)) == list(points(("x",)))
    assert not sample(ScalarGoal(variable("x"), number(0), ("x",), beyond)).inside


def test_false_neighbours_on_a_small_domain_are_still_refuted():
    names = tuple("abcdefgh")
    within = tuple(c for name in names for c in (Condition(variable(name), ">=0"), Condition(number(1) - variable(name), ">0")))
    total = sum(map(variable, names), number(0))
    assert sample(ScalarGoal(total, total, names, within)).inside
    found = sample(ScalarGoal(total, total + variable("h"), names, within)).witness
    assert found is not None and all(0 <= value < 1 for value in found[0].values()) and found[0]["h"]
