"""Permutations of an axis under functions: rotations, shuffles and reversals, each beside a near miss that must not be proved."""

import pytest
import sympy as sp

from symcat.category.expression import At, index
from symcat.category.space import Real, dims
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index.programs import program

n, m, k, l, h = dims("n m k l h")
i, j = index(0), index(1)


def proved(left, right):
    return isinstance(prove_equal(left, right), Proof)


def over(write, size, *steps):
    """A program that applies steps, functions of a builder and a name, and then `write`."""
    def apply(g, x):
        for step in steps:
            x = step(g, x)
        return write(g, x)
    return program(apply, x=Real[size])


def rotated(g, x, offset=0):
    """x[k:] followed by x[:k]."""
    return g.add(g.node((n,), [(i, n - k)], (i,), At(x, i + k)), g.node((n,), [(i, k)], (i + n - k,), At(x, i + offset)))


def shuffled(g, x, offset=1):
    """x[0], x[n], x[1], x[n + 1], ..."""
    return g.add(g.node((2 * n,), [(i, n)], (2 * i,), At(x, i)), g.node((2 * n,), [(i, n)], (2 * i + offset,), At(x, i + n)))


def unshuffled(g, x, offset=1):
    """x[0], x[2], ..., x[1], x[3], ..."""
    return g.add(g.node((2 * n,), [(i, n)], (i,), At(x, 2 * i)), g.node((2 * n,), [(i, n)], (i + n,), At(x, 2 * i + offset)))


def log_partition(size):
    def write(g, x):
        e = g.gather((size,), lambda i: sp.exp(At(x, i)))
        total = g.gather((), lambda i: At(e, i), (size,))
        g.require((), At(total), ">0")
        return g.gather((), lambda: sp.log(At(total)))
    return write


def softmax(g, x):
    e = g.gather((n,), lambda i: sp.exp(At(x, i)))
    total = g.gather((), lambda i: At(e, i), (n,))
    g.require((), At(total), "!=0")
    return g.gather((n,), lambda i: At(e, i) / At(total))


@pytest.mark.parametrize(("step", "wrong", "size"), [(rotated, 1, n), (shuffled, 0, 2 * n), (unshuffled, 0, 2 * n)])
def test_the_log_partition_forgets_the_order(step, wrong, size):
    plain = over(log_partition(size), size)
    assert proved(over(log_partition(size), size, step), plain)
    assert not proved(over(log_partition(size), size, lambda g, x: step(g, x, wrong)), plain)


def test_softmax_turns_with_its_argument():
    before, after = over(softmax, n, rotated), over(rotated, n, softmax)
    assert proved(before, after)
    assert not proved(before, over(softmax, n))


def test_functions_pass_through_a_concatenation():
    image = lambda function: lambda g, x: g.gather((n,), lambda i: function(At(x, i)))
    assert proved(over(image(sp.exp), n, rotated), over(rotated, n, image(sp.exp)))
    assert not proved(over(image(sp.exp), n, rotated), over(rotated, n, image(sp.tanh)))
    total = lambda g, x: g.gather((), lambda i: sp.tanh(At(x, i)) * At(x, i), (n,))
    assert proved(over(total, n, rotated), over(total, n))


def test_a_log_partition_in_two_parts():
    def parts(start):
        def write(g, x):
            e = g.gather((n,), lambda i: sp.exp(At(x, i)))
            first = g.gather((), lambda i: At(e, i), (k,))
            second = g.gather((), lambda i: At(e, i + start), (n - k,))
            g.require((), At(first) + At(second), ">0")
            return g.gather((), lambda: sp.log(At(first) + At(second)))
        return over(write, n)
    assert proved(parts(k), over(log_partition(n), n))
    assert not proved(parts(k - 1), over(log_partition(n), n))


def attention(g, query, key, value):
    score = g.gather((l, n), lambda i, j, r: At(query, i, r) * At(key, j, r), (h,))
    e = g.gather((l, n), lambda i, j: sp.exp(At(score, i, j)))
    total = g.gather((l,), lambda i, j: At(e, i, j), (n,))
    g.require((l,), At(total, i), "!=0")
    weight = g.gather((l, n), lambda i, j: At(e, i, j) / At(total, i))
    return g.gather((l, m), lambda i, r, j: At(weight, i, j) * At(value, j, r), (n,))


def turned(g, x, columns):
    return g.add(g.node((n, columns), [(i, n - k), (j, columns)], (i, j), At(x, i + k, j)),
                 g.node((n, columns), [(i, k), (j, columns)], (i + n - k, j), At(x, i, j)))


def reversed_rows(g, x, columns):
    return g.gather((n, columns), lambda i, j: At(x, n - 1 - i, j))


@pytest.mark.parametrize("turn", [turned, reversed_rows])
def test_attention_forgets_the_order_of_keys_and_values(turn):
    wires = {"query": Real[l, h], "key": Real[n, h], "value": Real[n, m]}
    plain = program(attention, **wires)
    both = program(lambda g, a, b, c: attention(g, a, turn(g, b, h), turn(g, c, m)), **wires)
    one = program(lambda g, a, b, c: attention(g, a, turn(g, b, h), c), **wires)
    assert proved(both, plain)
    assert not proved(one, plain)


def test_the_variance_of_a_shuffle():
    def variance(g, x):
        mean = g.gather((), lambda i: At(x, i) / (2 * n), (2 * n,))
        return g.gather((), lambda i: (At(x, i) - At(mean)) ** 2 / (2 * n), (2 * n,))
    assert proved(over(variance, 2 * n, shuffled), over(variance, 2 * n))
    assert not proved(over(variance, 2 * n, lambda g, x: shuffled(g, x, 0)), over(variance, 2 * n))
