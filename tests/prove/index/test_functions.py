"""True identities of functions, maxima, optimisers and other bases at all sizes, each beside a near miss that must not be proved."""

import numpy as np
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import Argmax, At, Delta, index
from symcat.category.functions import Smooth, absolute, maximum, relu, sigmoid, softplus, step, where
from symcat.category.morphism import Morphism
from symcat.category.space import Z2, Real, Z, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index.programs import (
    m,
    n,
    program,
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


X = At


def constant(e):
    return program(lambda g: g.gather((), lambda: e))


# ---- functions
def one(body, **requirements):
    """y[i] = body(x[i]) with `x[i] relation` required."""
    return vector(lambda i: body(X("x", i)), require=[(X("x", i), relation) for relation in requirements.values()], x=Real[n])


def test_requirements_of_either_side_license_both():
    """log(xy) and log x + log y have different domains and agree on the common one, whichever comes first."""
    a = space(x=Real[n], y=Real[n])
    whole, parts = trace(lambda x, y: np.log(x * y), a), trace(lambda x, y: np.log(x) + np.log(y), a)
    for left, right in ((whole, parts), (parts, whole)):
        proof = prove_equal(left, right)
        assert {"x[i] > 0 for i < n", "y[i] > 0 for i < n"} <= set(proof.premises)
        assert proof.trace["bases"][0]["same domain"] is False


def test_cancellation_needs_a_requirement():
    ones = one(lambda x: sp.Integer(1))
    quotient = lambda **r: program(lambda g, x: ([g.require((n,), At(x, i), s) for s in r.values()] and None) or g.gather(
        (n,), lambda i: At(g.gather((n,), lambda i: 1 / At(x, i), name="inverse"), i) * At(x, i)), x=Real[n])
    assert proved(quotient(nonzero="!=0"), ones)
    assert "x[i] != 0 for i < n" in prove_equal(quotient(nonzero="!=0"), ones).premises
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


def test_exponents_that_cannot_be_multiplied_out():
    third = sp.Rational(1 / 3).limit_denominator(10**16)      # what the float 1/3 is read as
    base = (X("x", i) + 1, ">=0")
    power = vector(lambda k: (X("x", k) + 1) ** third, require=(base,), x=Real[n])
    assert third.q > 10**9 and proved(power, vector(lambda k: (1 + X("x", k)) ** third, require=(base,), x=Real[n]))
    assert not proved(power, vector(lambda k: (X("x", k) + 1) ** sp.Rational(1, 3), require=(base,), x=Real[n]))
    one = vector(lambda k: (X("x", k) + 1) ** 10**9, x=Real[n])
    assert not proved(one, vector(lambda k: (X("x", k) - 1) ** 10**9, x=Real[n]))


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
