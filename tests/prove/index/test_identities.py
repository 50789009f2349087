"""True identities of sums, ranges and gradients at all sizes, each beside a near miss that must not be proved."""

import pytest
import sympy as sp

from symcat.category.comprehension import Comprehension, Fact
from symcat.category.expression import At, Bracket, index
from symcat.category.functions import detach
from symcat.category.morphism import Morphism
from symcat.category.space import Real, space
from symcat.derivative.reverse import R
from symcat.prove.index.equal import Failure, Proof, prove_equal
from tests.prove.index.programs import (
    attention,
    b,
    chain,
    correlate,
    correlate2,
    cross_entropy,
    h,
    k,
    l,
    linear,
    log_softmax,
    m,
    n,
    p,
    pointwise,
    program,
    q,
    segment,
    softmax,
)

i, j, r = index(0), index(1), index(2)


def proved(left, right, facts=()):
    return isinstance(prove_equal(left, right, facts), Proof)


def vector(body, extents=(), size=n, op="sum", require=(), **wires):
    """y[i] = op over the extents of body(i, ..., reads), from wires that the body reads by name."""
    def write(g, *names):
        for expr, relation in require:
            g.require((size,), expr, relation)
        return g.gather((size,), body, extents, op=op)
    return program(write, **wires)


def scalar(body, extents, **wires):
    return program(lambda g, *names: g.gather((), body, extents), **wires)


X = At


# ---- sums and ranges
def test_ranges_matter():
    long = scalar(lambda i: X("x", i), (n,), x=Real[n])
    short = Morphism(long.dom, long.cod, (Comprehension("z", Real, (), (k,), (), At("x", i)),), ("z",))
    assert not proved(long, short)
    assert not proved(long, short, [Fact(n - k, ">=0")])
    assert proved(long, short, [Fact(n - k, ">=0"), Fact(k - n, ">=0")])


def test_a_sum_splits_where_the_parts_meet():
    whole = scalar(lambda i: X("x", i), (n,), x=Real[n])

    def parts(shift, extent):
        return program(lambda g, x: g.add(g.gather((), lambda i: At(x, i), (k,)),
                                          g.gather((), lambda i: At(x, i + shift), (extent,))), x=Real[n])
    assert proved(parts(k, n - k), whole)
    assert not proved(parts(k - 1, n - k), whole)
    assert not proved(parts(k, n - k - 1), whole)


def test_triangles_make_a_square():
    square = scalar(lambda i, j: X("x", i, j), (n, n), x=Real[n, n])
    lower = lambda e: scalar(lambda i, j: X("x", i, j) * (Bracket(i - j) + Bracket(e)), (n, n), x=Real[n, n])
    assert proved(lower(j - i - 1), square)
    assert not proved(lower(j - i), square)


def test_reversal_and_exchange_of_sums():
    forward = scalar(lambda i, j: X("x", i) * X("w", j) * X("x", i), (n, k), x=Real[n], w=Real[k])
    backward = scalar(lambda j, i: X("x", n - 1 - i) * X("w", k - 1 - j) * X("x", n - 1 - i), (k, n), x=Real[n], w=Real[k])
    assert proved(forward, backward)
    skewed = scalar(lambda j, i: X("x", n - 1 - i) * X("w", k - 1 - j) * X("x", i), (k, n), x=Real[n], w=Real[k])
    assert not proved(forward, skewed)


def test_index_values():
    assert proved(scalar(lambda i: i, (n,)), constant(n * (n - 1) / 2))
    assert not proved(scalar(lambda i: i, (n,)), constant(n * (n + 1) / 2))
    assert proved(scalar(lambda i, j: Bracket(i - j), (n, n)), constant(n * (n + 1) / 2))
    assert proved(scalar(lambda i: i**3, (n,)), constant((n * (n - 1) / 2) ** 2))
    shifted = scalar(lambda i: (n - 1 - i) * X("x", n - 1 - i), (n,), x=Real[n])
    assert proved(scalar(lambda i: i * X("x", i), (n,), x=Real[n]), shifted)
    assert not proved(scalar(lambda i: (i + 1) * X("x", i), (n,), x=Real[n]), shifted)


def constant(e):
    return program(lambda g: g.gather((), lambda: e))


def test_split_then_concatenate():
    i = index(0)

    def again(offset):
        def write(g, x):
            first = g.gather((k,), lambda i: At(x, i))
            second = g.gather((n - k,), lambda i: At(x, i + k))
            return g.add(g.node((n,), [(i, k)], (i,), At(first, i)), g.node((n,), [(i, n - k)], (i + offset,), At(second, i)))
        return program(write, x=Real[n])
    identity = program(lambda g, x: x, x=Real[n])
    assert proved(again(k), identity)
    assert not proved(again(sp.Integer(0)), identity)


def test_mean_and_variance():
    def variance(shifted):
        def write(g, x):
            mean = g.gather((), lambda i: At(x, i) / n, (n,))
            if shifted:
                return g.gather((), lambda i: (At(x, i) - At(mean)) ** 2 / n, (n,))
            squares = g.gather((), lambda i: At(x, i) ** 2 / n, (n,))
            return g.gather((), lambda: At(squares) - At(mean) ** 2)
        return program(write, x=Real[n])
    assert proved(variance(True), variance(False))


def test_two_correlations_are_one():
    def write(g, w, v, x):
        inner = g.gather((n - k + 1,), lambda i, j: At(x, i + j) * At(w, j), (k,))
        return g.gather((n - k - l + 2,), lambda i, j: At(inner, i + j) * At(v, j), (l,))

    def joint(g, w, v, x):
        both = g.node((k + l - 1,), [(i, k), (j, l)], (i + j,), At(w, i) * At(v, j))
        return g.gather((n - k - l + 2,), lambda i, j: At(x, i + j) * At(both, j), (k + l - 1,))
    wires = {"w": Real[k], "v": Real[l], "x": Real[n]}
    assert proved(program(write, **wires), program(joint, **wires))


def test_small_sums_unroll():
    total = scalar(lambda i: X("x", i), (3,), x=Real[3])
    assert proved(total, program(lambda g, x: g.gather((), lambda: At(x, 0) + At(x, 1) + At(x, 2)), x=Real[3]))
    assert not proved(total, program(lambda g, x: g.gather((), lambda: At(x, 0) + At(x, 1) + At(x, 1)), x=Real[3]))


def test_small_outputs_are_compared_entry_by_entry():
    def write(second):
        return program(lambda g, x: g.gather((2,), lambda i: At(x, i) * At(x, second(i))), x=Real[2])
    assert proved(write(lambda i: 1 - i), program(lambda g, x: g.gather((2,), lambda i: At(x, 0) * At(x, 1)), x=Real[2]))
    assert not proved(write(lambda i: i), program(lambda g, x: g.gather((2,), lambda i: At(x, 0) * At(x, 1)), x=Real[2]))


def test_denominators_under_a_sum():
    def shares(*tops):
        def write(g, x, y):
            s = g.gather((n,), lambda i: At(x, i) + At(y, i))
            g.require((n,), At(s, i), "!=0")
            parts = [g.gather((), lambda i, t=t: At(t, i) / At(s, i), (n,)) for t in tops]
            return g.add(*parts)
        return program(write, x=Real[n], y=Real[n])
    whole = program(lambda g, x, y: g.gather((), lambda: n), x=Real[n], y=Real[n])
    assert proved(shares("x", "y"), whole)
    assert not proved(shares("x", "x"), whole)


def test_a_denominator_is_cleared_only_where_its_term_is_defined():
    """u (n - i) / (n - i) - u where i < n, and z at i = n: the denominator is 0 exactly there."""
    def write(g, u, z):
        inverse = g.gather((n,), lambda i: 1 / (n - i))
        product = g.gather((n,), lambda i: At(inverse, i) * At(u, i) * (n + 1 - i) - At(inverse, i) * At(u, i))
        left = g.node((n + 1,), [(i, n)], (i,), At(product, i) - At(u, i))
        return g.add(left, g.node((n + 1,), [], (n,), At(z)))
    f = program(write, u=Real[n], z=Real[()])
    assert not proved(f, program(lambda g, u, z: g.zero(Real[n + 1]), u=Real[n], z=Real[()]))


# ---- textbook gradients
def test_gradient_of_linear():
    def gradient(swap):
        def write(g, w, x, d):
            dw = g.gather((n, m), lambda r, j, i: At(x, i, r) * At(d, i, j), (b,))
            dx = g.gather((b, n), lambda i, r, j: At(d, i, j) * At(w, r, j) if not swap else At(d, i, j) * At(w, 0, j), (m,))
            return dw, dx
        return program(write, w=Real[n, m], x=Real[b, n], d=Real[b, m])
    assert proved(R(linear()), gradient(False))
    assert not proved(R(linear()), gradient(True))


def softmax_gradient(sign):
    def write(g, x, d):
        (s,) = g.call(softmax(), [x])
        inner = g.gather((b,), lambda i, j: At(d, i, j) * At(s, i, j), (m,))
        return g.gather((b, m), lambda i, j: At(s, i, j) * (At(d, i, j) + sign * At(inner, i)))
    return program(write, x=Real[b, m], d=Real[b, m])


@pytest.mark.parametrize("shifted", [False, True])
def test_gradient_of_softmax(shifted):
    assert proved(R(softmax(shifted)), softmax_gradient(-1))
    assert not proved(R(softmax(shifted)), softmax_gradient(1))


def test_softmax_may_be_shifted():
    assert proved(softmax(True), softmax())

    def detached(g, x):
        top = g.gather((b,), lambda i, j: At(x, i, j), (m,), op="max")
        held = g.gather((b,), lambda i: detach(At(top, i)))
        e = g.gather((b, m), lambda i, j: sp.exp(At(x, i, j) - At(held, i)))
        total = g.gather((b,), lambda i, j: At(e, i, j), (m,))
        g.require((b,), At(total, index(0)), "!=0")
        return g.gather((b, m), lambda i, j: At(e, i, j) / At(total, i))
    assert proved(R(program(detached, x=Real[b, m])), R(softmax()))


def test_gradient_of_cross_entropy():
    def gradient(weighted):
        def write(g, y, x, d):
            (s,) = g.call(softmax(), [x])
            (ls,) = g.call(log_softmax(), [x])
            weight = g.gather((b,), lambda i, j: At(y, i, j), (m,))
            dy = g.gather((b, m), lambda i, j: -At(d, i) * At(ls, i, j))
            scale = (lambda i: At(weight, i)) if weighted else (lambda i: 1)
            return dy, g.gather((b, m), lambda i, j: At(d, i) * (At(s, i, j) * scale(i) - At(y, i, j)))
        return program(write, y=Real[b, m], x=Real[b, m], d=Real[b])
    assert proved(R(cross_entropy()), gradient(True))
    assert not proved(R(cross_entropy()), gradient(False))


def test_gradients_of_correlation():
    def gradient(turn):
        def write(g, w, x, d):
            dw = g.gather((k,), lambda u, i: At(x, i + u) * At(d, i), (n - k + 1,))
            wide = g.node((n,), [(i, n - k + 1), (j, k)], (i + j,), At(d, i) * At(w, k - 1 - j if turn else j))
            return dw, wide
        return program(write, w=Real[k], x=Real[n], d=Real[n - k + 1])
    assert proved(R(correlate()), gradient(False))
    assert not proved(R(correlate()), gradient(True))


def test_gradient_of_correlation_as_a_full_correlation():
    def write(g, w, x, d):
        dw = g.gather((k,), lambda u, i: At(x, i + u) * At(d, i), (n - k + 1,))
        pad = g.node((n + k - 1,), [(i, n - k + 1)], (i + k - 1,), At(d, i))
        return dw, g.gather((n,), lambda t, u: At(pad, t + u) * At(w, k - 1 - u), (k,))
    assert proved(R(correlate()), program(write, w=Real[k], x=Real[n], d=Real[n - k + 1]))


def test_tied_weights_add_gradients():
    def twice(g, w, x):
        y = g.gather((n,), lambda i, r: At(w, i, r) * At(x, r), (n,))
        t = g.gather((n,), lambda i: sp.tanh(At(y, i)))
        return g.gather((n,), lambda i, r: At(w, i, r) * At(t, r), (n,))

    def free(g, w, v, x):
        y = g.gather((n,), lambda i, r: At(w, i, r) * At(x, r), (n,))
        t = g.gather((n,), lambda i: sp.tanh(At(y, i)))
        return g.gather((n,), lambda i, r: At(v, i, r) * At(t, r), (n,))
    tied, loose = program(twice, w=Real[n, n], x=Real[n]), program(free, w=Real[n, n], v=Real[n, n], x=Real[n])

    def summed(g, w, x, d):
        dw, dv, dx = g.call(R(loose), [w, w, x, d])
        return g.add(dw, dv), dx
    assert proved(R(tied), program(summed, w=Real[n, n], x=Real[n], d=Real[n]))


# ---- the shape of answers
def test_failures_and_proofs_carry_what_a_certificate_needs():
    import json

    proof = prove_equal(R(softmax()), softmax_gradient(-1))
    assert proof.method.startswith("index normal form")
    assert json.loads(json.dumps(proof.trace)) == proof.trace
    failure = prove_equal(R(softmax()), softmax_gradient(1))
    assert isinstance(failure, Failure)
    assert "differ" in failure.reason
    assert failure.residue


def test_discharged_requirements_are_no_premises():
    assert prove_equal(softmax(True), softmax()).premises == ()


def test_depth_is_cheap():
    deep = chain(*[layer for _ in range(6) for layer in (linear(b, h, h), pointwise(sp.tanh, b, h))])
    assert proved(R(deep >> pointwise(sp.tanh, b, h)), R(chain(deep, pointwise(sp.tanh, b, h))))


def test_attention_permutes_with_its_queries():
    flip = program(lambda g, x: g.gather((l, k), lambda i, j: At(x, l - 1 - i, j)), x=Real[l, k])
    back = program(lambda g, x: g.gather((l, h), lambda i, j: At(x, l - 1 - i, j)), x=Real[l, h])

    def before(g, x, y, z):
        return g.call(attention(), [*g.call(flip, [x]), y, z])

    def after(g, x, y, z):
        return g.call(back, g.call(attention(), [x, y, z]))
    wires = {"x": Real[l, k], "y": Real[n, k], "z": Real[n, h]}
    assert proved(program(before, **wires), program(after, **wires))


def test_mixed_sizes():
    f = correlate2(p, q).substitute({sp.Symbol("u", integer=True, positive=True): sp.Integer(3)})
    assert proved(R(f), R(correlate2(p, q)).substitute({sp.Symbol("u", integer=True, positive=True): sp.Integer(3)}))


def test_segment_of_a_segment():
    twice = segment() >> program(lambda g, x: g.gather((1,), lambda i: At(x, i)), x=Real[l])
    assert proved(twice, program(lambda g, x: g.gather((1,), lambda i: At(x, i + k)), x=Real[n]))
    assert not proved(twice, program(lambda g, x: g.gather((1,), lambda i: At(x, i + k - 1)), x=Real[n]))


def test_spaces_that_do_not_fit():
    assert isinstance(prove_equal(linear(), softmax()), Failure)
    assert space(x=Real[n]).fits(space(y=Real[n]))
