"""Denominators that are known not to be 0 only where a sum has a point: what is summed out, or split off, must not forget it."""

import pytest

from symcat.category.deserialise import load, load_fact
from symcat.prove.index.equal import Proof, prove_equal
from tests.checker.test_attacks import LESS, TWO, I, J, N, cumulative, goal, node, program, reciprocals, require


def stated(program, *facts):
    return {**program, "facts": [*facts]}


def entries():
    """out[i] = sum over v < i of 1/i, which is 0 at i = 0 and else 1; the claim is 1."""
    more = ["+", N, 1]
    inverse = node("z", ["^", ["+", 1, I], -1], [N], [N])
    shares = node("s", ["at", "z", ["+", I, -1]], [more, N], [more], [I], [["+", I, -1, ["*", -1, J]]])
    ones = node("o", 1, [more], [more])
    return goal(program(inverse, shares, shape=[more], requirements=[require(["+", 1, I], [N])]), program(ones, shape=[more]))


FALSE = {
    "a count of no points": lambda: reciprocals(["+", N, 1]),
    "no points at one entry": entries,
    "an outer range forgotten": lambda: goal(stated(cumulative(N), TWO), stated(cumulative(LESS), TWO), TWO),
}
TRUE = {
    "all shares": lambda: goal(cumulative(N), program(node("o", 1, [N]))),
    "all shares but one": lambda: goal(stated(cumulative(LESS), TWO), stated(program(node("o", 1, [LESS])), TWO), TWO),
}


def proved(data):
    return isinstance(prove_equal(load(data["lhs"]), load(data["rhs"]), tuple(map(load_fact, data["facts"]))), Proof)


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_not_proved(name):
    assert not proved(FALSE[name]())


@pytest.mark.parametrize("name", TRUE)
def test_true_neighbours_are_proved(name):
    assert proved(TRUE[name]())
