"""A requirement licenses a rule only where it holds: in its own range, and in the branch of a case split where that is known."""

from dataclasses import replace

import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.deserialise import load
from symcat.category.evaluate import evaluate, unmet
from symcat.category.expression import At, Bracket, index
from symcat.category.morphism import Builder
from symcat.category.serialise import dump
from symcat.category.space import Real, dims
from symcat.errors import DataError
from symcat.prove.index.equal import Failure, Proof, prove_equal

k, m, n = dims("k m n")
I, J = index(0), index(1)
WIRES = {"c": Real[n], "z": Real[n], "w": Real[n], "y": Real[m], "t": Real[m], "v": Real[n], "a": Real[k]}


def ranged(signs):
    """A builder whose requirements give the signs of c, z and w below k alone, and the signs of products everywhere."""
    build = Builder()
    for name, wire in WIRES.items():
        build.input(name, wire)
    for name in "czw":
        build.require((k,), At(name, I), signs)
    build.require((m,), At("t", I), ">=0")
    for left, right in (("c", "z"), ("c", "w")):
        build.require((n, m), At(left, I) * At(right, I) * At("y", J), ">=0")
    build.require((n, m), At("z", I) * At("w", I) * At("t", J), ">=0")
    return build


def split_roots():
    """|c| |y| sqrt(z w) sqrt(t), summed, plus v."""
    build = ranged(">0")
    first, second = (lambda p, q, s=s: sp.sqrt(At("c", p) * At(s, p) * At("y", q)) for s in "zw")
    total = build.gather((n,), lambda p, q: first(p, q) * second(p, q) * sp.sqrt(At("t", q)), (m,))
    return build.build([build.gather((n,), lambda p: At(total, p) + At("v", p))])


def joined_root():
    """c y sqrt(z w t), summed, plus v in two parts; a late requirement makes every licence be sought again."""
    build = ranged(">0")
    total = build.gather((n,), lambda p, q: At("c", p) * At("y", q) * sp.sqrt(At("z", p) * At("w", p) * At("t", q)), (m,))
    parts = build.gather((n,), lambda p: At(total, p) + At("v", p) * Bracket(k - 1 - p) + At("v", p) * Bracket(p - k))
    late = build.gather((n,), lambda p: sp.exp(At("v", p)))
    build.require((n,), At(late, I) + 1, ">0")
    return build.build([parts])


def test_a_licence_of_one_branch_is_none_in_the_other():
    left, right = split_roots(), joined_root()
    point = [[1, -1], [1, -1], [1, -1], [1], [1], [0, 0], [0]]
    assert not unmet(left, point) and not unmet(right, point)
    assert evaluate(left, point)[0].tolist() == [1, 1] and evaluate(right, point)[0].tolist() == [1, -1]
    assert isinstance(prove_equal(left, right, (Fact(n - k, ">=0"),)), Failure)


def logarithm_of_root(swapped):
    build = Builder()
    names = build.input("x", Real[n]), build.input("y", Real[n])
    one, other = names[::-1] if swapped else names
    product = build.gather((n,), lambda p: At(one, p) * At(other, p))
    build.require((n,), At(product, I), ">=0", ">0")
    root = build.gather((n,), lambda p: sp.sqrt(At(product, p)))
    build.require((n,), At(root, I), ">0")
    scale = 2 if swapped else 1
    return build.build([build.gather((n,), lambda p: scale * sp.log(At(root, p)) / scale)])


def test_a_requirement_about_a_root_is_not_sought_within_itself():
    left, right = logarithm_of_root(False), logarithm_of_root(True)
    assert isinstance(prove_equal(left, right), Proof)
    assert isinstance(prove_equal(left + left, right), Failure)


def test_a_requirement_that_may_have_no_points_licenses_nothing():
    build = Builder()
    build.input("x", Real[n])
    build.require((n - 1,), At("x", 0), ">0")
    root = build.build([build.gather((), lambda: sp.sqrt(At("x", 0) ** 2))])
    build = Builder()
    build.input("x", Real[n])
    entry = build.build([build.gather((), lambda: At("x", 0))])
    assert root.facts == (Fact(n - 2, ">=0"),)
    assert isinstance(prove_equal(root, entry), Proof)
    assert isinstance(prove_equal(replace(root, facts=()), entry), Failure)
    with pytest.raises(DataError, match="premises that it does not state: n - 2 >= 0"):
        load(dump(replace(root, facts=())))
