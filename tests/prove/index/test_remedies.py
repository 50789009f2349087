"""Identities of sums that need more than the normal form: each beside a near miss that must not be proved."""

import pytest
import sympy as sp

from symcat.category.expression import At, Bracket, index
from symcat.category.functions import Smooth
from symcat.category.space import Real, dims
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index.programs import program

n, m, k, l, h = dims("n m k l h")
i, j, r = index(0), index(1), index(2)
phi = Smooth.named("phi")
X = {"x": Real[n]}
PAIRS = {"x": Real[2 * n]}


def rules(left, right):
    """The rules of a proof, None without one."""
    proof = prove_equal(left, right)
    return {rule for base in proof.trace["bases"] for rule in base["rules"]} if isinstance(proof, Proof) else None


def summed(*parts, **wires):
    """The sum over all parts (body, extents)."""
    def write(g, *names):
        total = g.gather((), *parts[0])
        for body, extents in parts[1:]:
            total = g.add(total, g.gather((), body, extents))
        return total
    return program(write, **wires)


def read(place):
    return lambda *at: At("x", place(*at))


# ---- denominators of several terms
def shares(tops, after=lambda g, a, b: g.add(a, b)):
    def write(g, x, y, w):
        s = g.gather((n,), lambda i: At(x, i) + At(y, i))
        g.require((n,), At(s, i), "!=0")
        return after(g, *[g.gather((), lambda i, t=t: At(w, i) * At(t, i) / At(s, i), (n,)) for t in tops])
    return program(write, x=Real[n], y=Real[n], w=Real[n])


def test_shares_of_a_whole_add_up():
    total = program(lambda g, x, y, w: g.gather((), lambda i: At(w, i), (n,)), x=Real[n], y=Real[n], w=Real[n])
    assert rules(shares("xy"), total)
    assert rules(shares("xx"), total) is None


def test_shares_times_another_sum():
    def times(g, *parts):
        total = g.gather((), lambda: sum(At(p) for p in parts))
        return g.gather((), lambda: At(total) * At(g.gather((), lambda i: At("x", i), (n,))))
    wires = {"x": Real[n], "y": Real[n], "w": Real[n]}

    def whole(g, x, y, w):
        a, b = g.gather((), lambda i: At(w, i), (n,)), g.gather((), lambda i: At(x, i), (n,))
        return g.gather((), lambda: At(a) * At(b))
    assert rules(shares("xy", times), program(whole, **wires))
    assert rules(shares("xx", times), program(whole, **wires)) is None


def nested_shares(second):
    def write(g, x, y, w):
        s = g.gather((n, m), lambda i, j: At(x, i, j) + At(y, j))
        g.require((n, m), At(s, i, j), "!=0")
        parts = [g.gather((n,), lambda i, j, t=t: At(w, i) * t(i, j) / At(s, i, j), (m,)) for t in (lambda i, j: At(x, i, j), second)]
        return g.gather((), lambda i: At(g.add(*parts), i), (n,))
    return program(write, x=Real[n, m], y=Real[m], w=Real[n])


def test_shares_under_two_sums():
    total = program(lambda g, x, y, w: g.gather((), lambda i: m * At(w, i), (n,)), x=Real[n, m], y=Real[m], w=Real[n])
    assert "pooled" in rules(nested_shares(lambda i, j: At("y", j)), total)
    assert rules(nested_shares(lambda i, j: At("x", i, j)), total) is None


def test_a_mean_over_no_box_is_not_taken():
    """x summed over i < n where i - k >= 0 may be over nothing: it is not n times its mean."""
    left = summed((lambda i: At("x", i) * Bracket(i - k) / (1 + At("x", i) ** 2), (n,)),
                  (lambda i: At("x", i) ** 3 * Bracket(i - k) / (1 + At("x", i) ** 2), (n,)), **X)
    assert rules(left, summed((lambda i: At("x", i) * Bracket(i - k), (n,)), **X))
    assert rules(left, summed((lambda i: At("x", i), (n,)), **X)) is None


# ---- double sums and their symmetries
def power(exponent):
    return program(lambda g, x: g.gather((), lambda: At(g.gather((), lambda i: At(x, i), (n,))) ** exponent), **X)


def triangle(body, *forms):
    return (lambda *at: body(*at) * sp.Mul(*[Bracket(form(*at)) for form in forms]), (n,) * (3 if len(forms) > 1 else 2))


@pytest.mark.parametrize(("edge", "true"), [(1, True), (0, False), (2, False)])
def test_the_square_of_a_sum(edge, true):
    parts = summed((lambda i: At("x", i) ** 2, (n,)), triangle(lambda i, j: 2 * At("x", i) * At("x", j), lambda i, j: j - i - edge), **X)
    assert (rules(power(2), parts) is not None) is true


@pytest.mark.parametrize(("factor", "true"), [(6, True), (5, False)])
def test_the_cube_of_a_sum(factor, true):
    x = lambda i: At("x", i)
    parts = summed((lambda i: x(i) ** 3, (n,)), (lambda i, j: 3 * x(i) ** 2 * x(j) * (Bracket(j - i - 1) + Bracket(i - j - 1)), (n, n)),
                   triangle(lambda i, j, r: factor * x(i) * x(j) * x(r), lambda i, j, r: j - i - 1, lambda i, j, r: r - j - 1), **X)
    assert (rules(power(3), parts) is not None) is true


@pytest.mark.parametrize(("sign", "true"), [(1, True), (-1, False)])
def test_a_symmetric_summand_takes_half_the_square(sign, true):
    body = lambda i, j: phi(At("x", i) + sign * At("x", j))
    half = triangle(lambda i, j: 2 * body(i, j), lambda i, j: j - i - 1)
    assert (rules(summed((body, (n, n)), **X), summed((lambda i: body(i, i), (n,)), half, **X)) is not None) is true


def test_an_asymmetric_summand_does_not_flip():
    lower = triangle(lambda i, j: At("x", i) ** 2 * At("x", j), lambda i, j: j - i - 1)
    upper = triangle(lambda i, j: At("x", i) ** 2 * At("x", j), lambda i, j: i - j - 1)
    assert rules(summed(lower, **X), summed(upper, **X)) is None
    both = summed(lower, upper, (lambda i: At("x", i) ** 3, (n,)), **X)
    assert rules(both, summed((lambda i, j: At("x", i) ** 2 * At("x", j), (n, n)), **X))


def test_differences_of_pairs():
    square = lambda i, j: (At("x", i) - At("x", j)) ** 2
    half = summed(triangle(square, lambda i, j: j - i - 1), **X)
    assert rules(half, summed((lambda i, j: square(i, j) / 2, (n, n)), **X))
    assert rules(half, summed((square, (n, n)), **X)) is None


# ---- constants
def test_one_constant_extent_among_symbols():
    whole = summed((lambda i, j: At("x", i, j), (n, 3)), x=Real[n, 3])
    columns = lambda *c: summed((lambda i: sum(At("x", i, q) for q in c), (n,)), x=Real[n, 3])
    assert "unrolled" in rules(whole, columns(0, 1, 2))
    assert rules(whole, columns(0, 1, 1)) is None


def test_a_constant_triangle():
    whole = lambda turn: summed((lambda i, j: At("x", i) * At("w", j) * Bracket(turn * (i - j)), (3, 3)), x=Real[3], w=Real[3])
    written = program(lambda g, x, w: g.gather((), lambda: sum(At(x, p) * At(w, q) for p in range(3) for q in range(p + 1))),
                      x=Real[3], w=Real[3])
    assert "unrolled" in rules(whole(1), written)
    assert rules(whole(-1), written) is None


def test_twenty_terms():
    whole = summed((read(lambda i: i), (20,)), x=Real[20])
    written = lambda count: program(lambda g, x: g.gather((), lambda: sum(At(x, q) for q in range(count))), x=Real[20])
    assert rules(whole, written(20))
    assert rules(whole, written(19)) is None


# ---- residues
def lattice(stride, *residues, length=n, body=lambda e: At("x", e)):
    return [(lambda i, q=q: body(stride * i + q), (length,)) for q in residues]


@pytest.mark.parametrize("body", [lambda e: At("x", e), lambda e: At("x", e) * phi(At("x", e))])
def test_evens_and_odds(body):
    whole = summed((body, (2 * n,)), **PAIRS)
    assert "residues" in rules(summed(*lattice(2, 0, 1, body=body), **PAIRS), whole)
    assert rules(summed(*lattice(2, 0, 0, body=body), **PAIRS), whole) is None
    assert rules(summed(*lattice(2, 0, body=body), **PAIRS), whole) is None


def test_residues_modulo_three_and_an_odd_length():
    triples = {"x": Real[3 * n]}
    assert rules(summed(*lattice(3, 0, 1, 2), **triples), summed((read(lambda i: i), (3 * n,)), **triples))
    assert rules(summed(*lattice(3, 0, 1, 1), **triples), summed((read(lambda i: i), (3 * n,)), **triples)) is None
    odd, whole = {"x": Real[2 * n + 1]}, (read(lambda i: i), (2 * n + 1,))
    parts = lambda last: (lattice(2, 0, length=last)[0], lattice(2, 1)[0])
    assert rules(summed(*parts(n + 1), **odd), summed(whole, **odd))
    assert rules(summed(*parts(n), **odd), summed(whole, **odd)) is None


def test_blocks_of_three():
    whole = summed((read(lambda i: i), (3 * n,)), x=Real[3 * n])
    assert rules(summed((read(lambda i, j: 3 * i + j), (n, 3)), x=Real[3 * n]), whole)
    assert rules(summed((read(lambda i, j: 2 * i + j), (n, 3)), x=Real[3 * n]), whole) is None


def test_taken_apart_and_put_together():
    def again(shift):
        def write(g, x):
            even, odd = (g.gather((n,), lambda i, q=q: At(x, 2 * i + q)) for q in (0, 1))
            return g.add(g.node((2 * n,), [(i, n)], (2 * i,), At(even, i)), g.node((2 * n,), [(i, n)], (2 * i + shift,), At(odd, i)))
        return program(write, **PAIRS)
    same = program(lambda g, x: g.gather((2 * n,), lambda i: At(x, i)), **PAIRS)
    assert "free_residues" in rules(again(1), same)
    assert rules(again(0), same) is None
