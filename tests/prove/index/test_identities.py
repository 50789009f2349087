"""True identities at all sizes, each beside a near miss that must not be proved."""

import pytest
import sympy as sp

from symcat.category.comprehension import Comprehension, Fact
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth, absolute, detach, maximum, relu, sigmoid, softplus, step, where
from symcat.category.morphism import Morphism
from symcat.category.space import Z2, Real, Z, space
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


# ---- functions
def one(body, **requirements):
    """y[i] = body(x[i]) with `x[i] relation` required."""
    return vector(lambda i: body(X("x", i)), require=[(X("x", i), relation) for relation in requirements.values()], x=Real[n])


def test_cancellation_needs_a_requirement():
    ones = one(lambda x: sp.Integer(1))
    quotient = lambda **r: program(lambda g, x: ([g.require((n,), At(x, i), s) for s in r.values()] and None) or g.gather(
        (n,), lambda i: At(g.gather((n,), lambda i: 1 / At(x, i), name="inverse"), i) * At(x, i)), x=Real[n])
    assert proved(quotient(nonzero="!=0"), ones)
    assert "x[i0] != 0" in prove_equal(quotient(nonzero="!=0"), ones).premises
    assert not proved(quotient(), ones)
    assert not proved(quotient(weak=">=0"), ones)


def test_a_requirement_covers_only_its_range():
    def write(extent):
        def body(g, x):
            g.require((extent,), At(x, i), "!=0")
            inverse = g.gather((n,), lambda i: 1 / At(x, i))
            return g.gather((n,), lambda i: At(inverse, i) * At(x, i))
        return program(body, x=Real[n])
    ones = one(lambda x: sp.Integer(1))
    assert proved(write(n), ones)
    assert not proved(write(n - 1), ones)


def test_roots():
    def square(relation):
        def body(g, x):
            if relation:
                g.require((n,), At(x, i), relation)
            root = g.gather((n,), lambda i: sp.sqrt(At(x, i)))
            return g.gather((n,), lambda i: At(root, i) ** 2)
        return program(body, x=Real[n])
    same = program(lambda g, x: x, x=Real[n])
    assert proved(square(">=0"), same)
    assert not proved(square(None), same)
    two = constant(sp.sqrt(2) * sp.sqrt(3))
    assert proved(two, constant(sp.sqrt(6)))
    assert not proved(two, constant(sp.sqrt(5)))


def test_logarithms():
    def write(split, *relations):
        def body(g, x, y):
            for name, relation in relations:
                g.require((n,), At(name, i), relation)
            if not split:
                product = g.gather((n,), lambda i: At(x, i) * At(y, i))
                return g.gather((n,), lambda i: sp.log(At(product, i)))
            logs = [g.gather((n,), lambda i, a=a: sp.log(At(a, i))) for a in (x, y)]
            return g.add(*logs)
        return program(body, x=Real[n], y=Real[n])
    positive = [("x", ">0"), ("y", ">0")]
    assert proved(write(True, *positive), write(False, *positive))
    assert not proved(write(True), write(False))


def test_exponentials():
    assert proved(one(lambda x: sp.exp(3 * x) * sp.exp(-x)), one(lambda x: sp.exp(x) ** 2))
    assert not proved(one(lambda x: sp.exp(3 * x) * sp.exp(-x)), one(lambda x: sp.exp(x) ** 3))


def test_sigmoid_and_tanh_by_definition():
    by_sigmoid = lambda a: one(lambda x: a * sigmoid(2 * x) - 1)
    proof = prove_equal(one(sp.tanh), by_sigmoid(2))
    assert isinstance(proof, Proof)
    assert "defined by exp" in proof.method
    assert not proved(one(sp.tanh), by_sigmoid(3))
    assert proved(one(lambda x: softplus(x) - softplus(-x)), one(lambda x: x))


def test_kinks_are_opaque():
    for left, right in [(lambda x: relu(x), lambda x: x * step(x)), (lambda x: relu(x) - relu(-x), lambda x: x),
                        (lambda x: step(x) ** 2, lambda x: step(x)), (lambda x: absolute(x), lambda x: relu(x) + relu(-x)),
                        (lambda x: maximum(x, 0), lambda x: relu(x))]:
        assert not proved(one(left), one(right))


def test_where_is_linear_in_its_branches():
    test, rest = lambda x: where(x, 1, 0), lambda x: where(x, 0, 1)
    assert proved(one(lambda x: where(x, sp.exp(x), 3)), one(lambda x: test(x) * sp.exp(x) + 3 * rest(x)))
    assert not proved(one(lambda x: where(x, sp.exp(x), 3)), one(lambda x: rest(x) * sp.exp(x) + 3 * test(x)))


def test_orders_of_smooth_functions_differ():
    f = Smooth.named("f")
    slope = R(one(f))
    other = program(lambda g, x, d: g.gather((n,), lambda i: At(d, i) * Smooth(f(0).args[0], 1, At(x, i))), x=Real[n], d=Real[n])
    wrong = program(lambda g, x, d: g.gather((n,), lambda i: At(d, i) * Smooth(f(0).args[0], 2, At(x, i))), x=Real[n], d=Real[n])
    assert proved(slope, other)
    assert not proved(slope, wrong)


# ---- maxima and selectors
def test_the_first_maximum_takes_the_gradient():
    top = program(lambda g, x: g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max"), x=Real[n, m])

    def gradient(everywhere):
        def write(g, x, d):
            (t,) = g.call(top, [x])
            name = g.nodes[-1].name
            hit = (lambda i, j: Delta(j - Argmax(name, 0, i))) if not everywhere else (lambda i, j: where(At(x, i, j) - At(t, i), 0, 1))
            return g.gather((n, m), lambda i, j: At(d, i) * hit(i, j))
        return program(write, x=Real[n, m], d=Real[n])
    assert proved(R(top), gradient(False))
    assert not proved(R(top), gradient(True))


def test_selectors_of_different_boxes_differ():
    def write(extent):
        def body(g, x):
            t = g.gather((n,), lambda i, j: At(x, i, j), (extent,), op="max")
            return g.gather((n,), lambda i: At(x, i, Argmax(t, 0, i)))
        return program(body, x=Real[n, m])
    assert proved(write(m), program(lambda g, x: g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max"), x=Real[n, m]))
    assert not proved(write(m), write(m - 1))


def test_maxima_commute_with_shifts_and_positive_factors():
    def write(change, after):
        def body(g, x, s):
            y = g.gather((n, m), lambda i, j: change(At(x, i, j), At(s, i)))
            t = g.gather((n,), lambda i, j: At(y, i, j), (m,), op="max")
            u = g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max")
            return g.gather((n,), lambda i: At(t, i) - after(At(u, i), At(s, i)))
        return program(body, x=Real[n, m], s=Real[n])
    zero = program(lambda g, x, s: g.zero(Real[n]), x=Real[n, m], s=Real[n])
    assert proved(write(lambda x, s: x + s, lambda u, s: u + s), zero)
    assert proved(write(lambda x, s: 3 * x, lambda u, s: 3 * u), zero)
    assert not proved(write(lambda x, s: -3 * x, lambda u, s: -3 * u), zero)
    assert not proved(write(lambda x, s: s * x, lambda u, s: s * u), zero)
    assert not proved(write(lambda x, s: x + s, lambda u, s: u), zero)


def test_the_maximum_of_a_constant_is_its_first_entry():
    top = program(first_of_constant, x=Real[n, m])
    assert proved(top, program(lambda g, x: g.gather((n,), lambda i: At(x, i, 0)), x=Real[n, m]))
    assert not proved(top, program(lambda g, x: g.gather((n,), lambda i: At(x, i, m - 1)), x=Real[n, m]))


def first_of_constant(g, x):
    t = g.gather((n,), lambda i, j: At(x, i, 0), (m,), op="max")
    return g.gather((n,), lambda i: At(x, i, Argmax(t, 0, i)))


# ---- optimisers
def adam(form, *, swapped=False):
    """A step of Adam; `form` 1 keeps powers, 2 shifts the counter by hand."""
    b1, b2, lr, eps = sp.symbols("b1 b2 lr eps", real=True)
    second = b1 if swapped else b2

    def write(g, p, dp, s, v, t):
        t1 = g.gather((), lambda: At(t) + 1)
        s1 = g.gather((n,), lambda i: b1 * At(s, i) + (1 - b1) * At(dp, i))
        v1 = g.gather((n,), lambda i: b2 * At(v, i) + (1 - b2) * At(dp, i) ** 2)
        c1 = g.gather((), lambda: 1 - b1 ** At(t1) if form == 1 else 1 - b1 * b1 ** At(t))
        c2 = g.gather((), lambda: 1 - second ** At(t1))
        g.require((), At(c1), "!=0")
        g.require((), At(c2), "!=0")
        sh = g.gather((n,), lambda i: At(s1, i) / At(c1))
        vh = g.gather((n,), lambda i: At(v1, i) / At(c2))
        g.require((n,), At(vh, i), ">=0")
        root = g.gather((n,), lambda i: sp.sqrt(At(vh, i)))
        den = g.gather((n,), lambda i: At(root, i) + eps)
        g.require((n,), At(den, i), "!=0")
        return g.gather((n,), lambda i: At(p, i) - lr * At(sh, i) / At(den, i)), s1, v1, t1
    f = program(write, p=Real[n], dp=Real[n], s=Real[n], v=Real[n], t=Real[()])
    facts = (Fact(b1, ">=0"), Fact(1 - b1, ">0"), Fact(b2, ">=0"), Fact(1 - b2, ">0"), Fact(eps, ">0"))
    return Morphism(f.dom, f.cod, f.nodes, f.outs, f.requirements, facts)


def test_two_ways_to_write_adam():
    proof = prove_equal(adam(1), adam(2))
    assert isinstance(proof, Proof)
    assert "1 - b1 > 0" in proof.premises
    assert any("exponents" in premise for premise in proof.premises)
    assert not proved(adam(1), adam(1, swapped=True))


def test_hyperparameter_denominators_need_facts():
    a = sp.Symbol("a", real=True)
    def write(g, x):
        y = g.gather((n,), lambda i: At(x, i) / (1 - a))
        return g.gather((n,), lambda i: At(y, i) * (1 - a))
    left = program(write, x=Real[n])
    same = program(lambda g, x: x, x=Real[n])
    assert proved(left, same, [Fact(1 - a, ">0")])
    assert proved(left, same, [Fact(a - 1, "!=0")])
    assert not proved(left, same)
    assert not proved(left, same, [Fact(a, ">0")])


# ---- other bases
def test_polynomials_over_finite_rings():
    def cubic(base, q):
        return program(lambda g, x: g.gather((n,), lambda i: At(x, i) ** 2 + q * At(x, i), base=base), x=base[n])
    assert proved(cubic(Z[5], 7), cubic(Z[5], 2))
    assert not proved(cubic(Z[5], 7), cubic(Z[5], 3))
    doubled = program(lambda g, x: g.add(x, x), x=Z2[n])
    assert proved(doubled, program(lambda g, x: g.zero(Z2[n]), x=Z2[n]))
    square = program(lambda g, x: g.gather((n,), lambda i: At(x, i) ** 2, base=Z2), x=Z2[n])
    assert not proved(square, program(lambda g, x: x, x=Z2[n]))
    assert proved(R(square), program(lambda g, x, d: g.zero(Z2[n]), x=Z2[n], d=Z2[n]))


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
