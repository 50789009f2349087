"""No reverse derivative on functions: with ReLU over the reals, and over Z_n.  It acts on terms, where there is one."""

import sympy as sp

from symcat.category.elementwise import relu, step
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.laws.claim import Claim, Equation, Formula

n = dims("n")
THEOREM = "a few lines from RD.2 to RD.5; stated by us"
A, B = sp.symbols("a b", real=True)


def no_relu() -> Formula:
    """phi = R[relu](0; .) with phi(1) = a and phi(a) = b is additive.  relu(x) - relu(-x) = x asks for 2 phi = 1, at 1 and at a;
    relu ; relu = relu asks for phi(phi(1)) = phi(1)."""
    return Formula((), sp.Not(sp.And(sp.Eq(2 * A, 1), sp.Eq(2 * B, A), sp.Eq(B, A))))


def idempotent_of(count: int) -> Formula:
    """A symmetric idempotent operation of `count` arguments has `count` equal slopes k at equal arguments, whose sum is that of
    the identity: count k = 1 modulo `count`."""
    k, j = sp.symbols("k j", integer=True)
    return Formula((), sp.Ne(count * k, 1 + count * j, evaluate=False))


def declared(slope_at_kink: sp.Expr) -> tuple[Equation, ...]:
    """R[relu ; relu] = R[relu], were the slope at the kink the given one: h(x) h(relu x) = h(x)."""
    h = lambda x: step(x) + slope_at_kink * (1 - step(x)) * (1 - step(-x))
    dom = space(x=Real[n], y=Real[n])
    return (Equation(trace(lambda x, y: h(x) * h(relu(x)) * y, dom), trace(lambda x, y: h(x) * y, dom)),)


def odd_part(slope_at_kink: sp.Expr) -> Formula:
    """R[relu(x) - relu(-x)] = R[x] at 0: twice the slope at the kink is 1."""
    return Formula((sp.Eq(A, slope_at_kink),), sp.Eq(2 * A, 1))


CLAIMS = (
    Claim("no reverse derivative with relu as a function",
          "no additive R[relu](0; .) serves both relu(x) - relu(-x) = x and relu ; relu = relu", THEOREM,
          no_relu, equality="as functions"),
    Claim("relu, first identity alone", "no additive R[relu](0; .) serves relu(x) - relu(-x) = x", "near miss: 1/2 does",
          lambda: Formula((), sp.Not(sp.And(sp.Eq(2 * A, 1), sp.Eq(2 * B, A)))), "refuted", "as functions"),
    Claim("slope 0 at the kink, first identity", "relu'(0) = 0 serves relu(x) - relu(-x) = x", THEOREM,
          lambda: odd_part(sp.S.Zero), "refuted", "as functions"),
    Claim("slope 1/2 at the kink, second identity", "relu'(0) = 1/2 serves relu ; relu = relu", THEOREM,
          lambda: declared(sp.Rational(1, 2)), "refuted"),
    *(Claim(f"no reverse derivative on functions over Z_{count}", f"{count} k is never 1 modulo {count}: what a symmetric idempotent "
            f"operation of {count} arguments would need", THEOREM, lambda count=count: idempotent_of(count), equality="as functions")
      for count in (2, 3, 4, 5, 6)),
    Claim("two arguments over Z_3", "2 k is never 1 modulo 3", "near miss: an operation of as many arguments as n is needed",
          lambda: Formula((), sp.Ne(2 * sp.Symbol("k", integer=True), 1 + 3 * sp.Symbol("j", integer=True))), "refuted", "as functions"),
)
