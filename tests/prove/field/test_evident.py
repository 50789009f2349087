"""Signs that show from the form of a term: never another sign at any point, and sharp where the engine relies on it."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symcat.prove.balls import precision
from symcat.prove.field.evident import ALL, Evident
from symcat.prove.field.sample import Evaluation, Open, Outside
from symcat.prove.field.term import ONE, ZERO, Term, call, number, power, root, switch, variable

X, Y = variable("x"), variable("y")
POINTS = [{"x": Fraction(a, 4), "y": Fraction(b, 3)} for a in (-7, -4, 0, 1, 9) for b in (-5, 0, 2)]


def drawn(pick: random.Random, depth: int) -> Term:
    """A random term."""
    if depth == 0:
        return pick.choice((X, Y, number(2), number(-1), ZERO, ONE, number(Fraction(1, 3))))
    part = [drawn(pick, depth - 1) for _ in range(4)]
    return pick.choice((
        lambda: part[0] + part[1], lambda: part[0] * part[1], lambda: power(part[0], pick.randint(2, 3)), lambda: call("inverse", part[0]),
        lambda: root(part[0], pick.choice((2, 3))), lambda: call(pick.choice(("exp", "log", "sin", "atan")), part[0]),
        lambda: switch(*part), lambda: switch(part[0], -part[0], ZERO, part[0]), lambda: call("log", ONE + power(part[0], 2)),
    ))()


def sign_at(term: Term, point: dict) -> int | None:
    with precision(200):
        evaluation = Evaluation(point)
        try:
            return evaluation.sign(evaluation.value(term))
        except (Open, Outside):
            return None


def test_no_point_has_another_sign():
    pick = random.Random(4)
    seen = sharp = 0
    for _ in range(1500):
        term = drawn(pick, pick.randint(1, 3))
        signs = Evident({}).signs(term)
        found = {sign_at(term, point) for point in pick.sample(POINTS, 5)} - {None}
        assert found <= signs, str(term)
        seen += bool(found)
        sharp += bool(found) and signs != ALL
    assert seen > 800 and sharp > 300


@pytest.mark.parametrize("term, signs", [
    (ONE + power(X, 2), {1}), (power(X + Y, 2), {0, 1}), (-call("exp", X), {-1}), (call("log", ONE + call("exp", X)), {1}),
    (call("inverse", number(-2) - power(X, 2)), {-1}), (root(power(X, 2) + ONE, 3), {1}), (switch(X, -X, ZERO, X), {0, 1}),
    (switch(X, ONE, ONE, number(2)), {1}), (power(X, 3), {-1, 0, 1}), (X - Y, {-1, 0, 1}), (call("log", power(X, 2)), {-1, 0, 1}),
])
def test_signs_of_forms(term, signs):
    assert Evident({}).signs(term) == signs


def test_what_is_known_is_used():
    assert Evident({X: frozenset((1,))}).signs(X * power(Y, 2) + X) == {1}
    assert Evident({X: frozenset((-1, 1))}).signs(power(X, 2)) == {1}
    assert Evident({X: frozenset((-1,))}).signs(call("inverse", X)) == {-1}
