"""Terms at many points: the list of operations against the evaluation part by part."""

from __future__ import annotations

import random

from symcat.prove.balls import precision
from symcat.prove.field.sample import Evaluation, Open, Outside, Straight
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
