"""Boolean circuits and polynomials over Z_n: the axioms hold for formal polynomials, and cannot hold for functions."""

from dataclasses import replace

import sympy as sp

from symcat.category.morphism import Morphism
from symcat.category.space import Z2, Z, dims, space
from symcat.category.structure import copy, identity
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation, Formula
from symcat.laws.forward import FORWARD
from symcat.laws.lenses import get_put
from symcat.laws.reverse import REVERSE
from symcat.lens.lens import lens

n, m = dims("n m")
Z5 = Z[5]
RDA = "Wilson and Zanasi 2021, Reverse derivative ascent"
BIT = space(x=Z2[()])
BITS = space(x=Z2[()], y=Z2[()])

GATES = {
    "and": (lambda x, y: x * y, space(x=Z2[n], y=Z2[n])),
    "xor": (lambda x, y: x + y, space(x=Z2[n], y=Z2[n])),
    "not": (lambda x: 1 + x, space(x=Z2[n])),
    "or": (lambda x, y: x + y + x * y, space(x=Z2[n], y=Z2[n])),
    "square over Z2": (lambda x: x**2, space(x=Z2[n])),
    "parity": (lambda w, x: (w * x).sum(), space(w=Z2[n], x=Z2[n])),
    "linear over Z2": (lambda W, x: x @ W, space(W=Z2[n, m], x=Z2[n])),
    "polynomial over Z5": (lambda a, b, x: a * x**3 + b * x**2 + x + 2, space(a=Z5[n], b=Z5[n], x=Z5[n])),
    "fourth power over Z4": (lambda x: x**4, space(x=Z[4][n])),
}


def gate(name: str) -> Morphism:
    function, dom = GATES[name]
    return trace(function, dom)


def no_reverse_derivative() -> Formula:
    """On functions, R[and]((x, y); c) = (a(x, y) c, b(x, y) c); commutativity gives b(x, y) = a(y, x), and idempotence
    (copy ; and = 1) would need a(x, x) + b(x, x) = 1."""
    a = {(x, y): sp.Symbol(f"a{x}{y}") for x in (0, 1) for y in (0, 1)}
    b = {(x, y): sp.Symbol(f"b{x}{y}") for x in (0, 1) for y in (0, 1)}
    commutes = tuple(sp.Equivalent(b[x, y], a[y, x]) for x in (0, 1) for y in (0, 1))
    return Formula(commutes, sp.Not(sp.And(*[sp.Xor(a[x, x], b[x, x]) for x in (0, 1)])))


def reverse_of(name: str, formula) -> tuple[Equation, ...]:
    derived = R(gate(name))
    return (Equation(derived, trace(formula, derived.dom)),)


RULES = {
    "and": (lambda x, y, c: (y * c, x * c), "(y c, x c)"),
    "xor": (lambda x, y, c: (c, c), "(c, c)"),
    "not": (lambda x, c: c, "c"),
    "or": (lambda x, y, c: ((1 + y) * c, (1 + x) * c), "((1 + y) c, (1 + x) c)"),
    "square over Z2": (lambda x, c: 0 * c, "0: the exponent is even"),
}

CLAIMS = (
    *(law.claim(name, lambda name=name: (gate(name),)) for name in GATES for law in (*REVERSE, *FORWARD)),
    *(Claim(f"R of {name}", f"R[{name}] = {words}", RDA, lambda name=name, rule=rule: reverse_of(name, rule))
      for name, (rule, words) in RULES.items()),
    Claim("x^2 is x over Z2", "x^2 and x are one morphism over Z2: they are one function, but not one polynomial",
          RDA, lambda: (Equation(gate("square over Z2"), identity(space(x=Z2[n]))),), "refuted"),
    Claim("R of x^2 is R of x over Z2", "the reverse derivative descends to Boolean functions", RDA,
          lambda: (Equation(R(gate("square over Z2")), R(identity(space(x=Z2[n])))),), "refuted"),
    Claim("GetPut R(copy) over Z2", "put(x, get(x)) = x for R(copy) over Z2, where it is x + x = 0", RDA,
          lambda: get_put(lens(copy(space(x=Z2[n])))), "refuted"),
    Claim("RD.2 bitwise not as its own dagger", "x -> 1 + x, taken as its own reverse derivative, sends the covector 0 to 0",
          "a published implementation of integer inversion, read 2025",
          lambda: (Equation(trace(lambda x: 1 + 0 * x, BIT), trace(lambda x: 0 * x, BIT)),), "refuted"),
    Claim("a reverse derivative on Boolean functions, without idempotence", "no choice of R[and] on functions obeys commutativity",
          "near miss: of the two laws that exclude each other", lambda: replace(no_reverse_derivative(), conclusion=sp.false), "refuted",
          "as functions"),
    Claim("no reverse derivative on Boolean functions", "no choice of R[and] on functions obeys commutativity and idempotence",
          "two-line argument from RD.2 to RD.5", no_reverse_derivative, equality="as functions"),
)
