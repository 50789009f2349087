"""Functions over Z2 and Z[n] at fixed sizes: circuits that compute the same bits, and what finite differences obey."""

from collections.abc import Callable
from functools import reduce

import numpy as np
import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Morphism
from symcat.category.space import Z2, Z, dims, space
from symcat.category.structure import copy, identity, project
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.laws import reverse
from symcat.laws.claim import Claim, Equation
from symcat.laws.law import program

n = dims("n")
FUNCTIONS = "as functions"
TEXTBOOK = "textbook circuits; the programs are ours"
RDA = "Wilson and Zanasi 2021, Reverse derivative ascent"
FERMAT = "Fermat's little theorem, and Euler's for modulus 4"
BIT, BITS = space(x=Z2[()]), space(x=Z2[()], y=Z2[()])


def either(a, b):
    """The disjunction of two bits."""
    return a + b + a * b


def ripple(x, y):
    """The sum of two numbers, least bit first: each carry from the one before."""
    carry, bits = 0, []
    for i in range(x.shape[0]):
        half = x[i] + y[i]
        bits.append(half + carry)
        carry = x[i] * y[i] + half * carry
    return np.stack([*bits, carry])


def lookahead(x, y, block: int = 4):
    """The sum with carries in blocks: each from all generated and propagated carries of its block."""
    made, passed, half = x * y, either(x, y), x + y
    carry, bits = 0 * x[0], []
    for start in range(0, x.shape[0], block):
        carries = [carry]
        for i in range(start, min(start + block, x.shape[0])):
            terms, through = [made[i]], passed[i]
            for j in reversed(range(start, i)):
                terms.append(through * made[j])
                through = through * passed[j]
            carries.append(reduce(either, [*terms, through * carry]))
        *before, carry = carries
        bits += [half[start + k] + c for k, c in enumerate(before)]
    return np.stack([*bits, carry])


def wrong_lookahead(x, y):
    """Propagated where both bits are 1 too, and generated nowhere: right wherever no carry is made."""
    return lookahead(x, 0 * y) + lookahead(0 * x, y)


def multiply(x, y):
    """The product of two numbers by adding shifted rows."""
    n = x.shape[0]
    row = [0 * x[0] * y[0]] * (2 * n)
    for i in range(n):
        carry = 0 * x[0] * y[0]
        for j in range(n):
            bit, old = x[i] * y[j], row[i + j]
            row[i + j] = old + bit + carry
            carry = old * bit + carry * (old + bit)
        row[i + n] = carry
    return np.stack(row)


def same(left: Callable, right: Callable, base: object = Z2, size: int = 8) -> tuple[Equation, ...]:
    dom = space(x=base[size], y=base[size])
    return (Equation(trace(left, dom), trace(right, dom)),)


def finite_difference(f: Morphism) -> Morphism:
    """FD[f](x; y)_i = sum_j (f_j(x) + f_j(x + e_i)) y_j for circuits with single-bit wires."""
    w, (x, y) = program(f.dom, f.cod)
    here = w.call(f, x)
    outs = []
    for position in range(len(x)):
        flipped = w.gather((), lambda name=x[position]: At(name) + 1, base=Z2)
        there = w.call(f, (*x[:position], flipped, *x[position + 1:]))
        changes = sp.Add(*[(At(a) + At(b)) * At(c) for a, b, c in zip(here, there, y, strict=True)])
        outs.append(w.gather((), lambda changes=changes: changes, base=Z2))
    return w.build(outs, f.dom.names)


def forward_difference(f: Morphism) -> Morphism:
    """sum_i (f(a) + f(a + e_i)) b_i, the transpose."""
    w, (a, b) = program(f.dom, f.dom)
    here = w.call(f, a)
    changes = []
    for position in range(len(a)):
        flipped = w.gather((), lambda name=a[position]: At(name) + 1, base=Z2)
        there = w.call(f, (*a[:position], flipped, *a[position + 1:]))
        changes.append([(At(u) + At(v)) * At(b[position]) for u, v in zip(here, there, strict=True)])
    outs = [w.gather((), lambda terms=terms: sp.Add(*terms), base=Z2) for terms in zip(*changes, strict=True)]
    return w.build(outs, f.cod.names)


def chain_of_differences() -> tuple[Equation, ...]:
    """RD.5 at f = copy, g = and: the composite is the identity."""
    f, g = copy(BIT), trace(lambda x, y: x * y, BITS)
    w, (a, c) = program(f.dom, g.cod)
    right = w.build(w.call(finite_difference(f), (*a, *w.call(finite_difference(g), (*w.call(f, a), *c)))))
    return (Equation(finite_difference(f >> g), right),)


GATES = {
    "and": (lambda x, y: x * y, BITS), "xor": (lambda x, y: x + y, BITS), "or": (either, BITS), "not": (lambda x: 1 + x, BIT),
}
DIFFERENCES: dict[str, Callable[[Morphism], tuple[Equation, ...]]] = {
    "RD.1": lambda f: reverse.sums(f, finite_difference),
    "RD.2": lambda f: reverse.additivity(f, finite_difference).equations,
    "RD.4": lambda f: reverse.pairing(f, finite_difference)[:1],
    "RD.6": lambda f: reverse.linearity(f, finite_difference),
    "RD.7": lambda f: reverse.symmetry(f, forward_difference),
}
STATEMENTS = {law.name: law.statement for law in reverse.REVERSE}


def claim(name: str, statement: str, source: str, goal: Callable[[], tuple[Equation, ...]], expected: str = "proved") -> Claim:
    return Claim(name, statement, source, goal, expected, FUNCTIONS)


CLAIMS = (
    claim("x^2 is x as functions", "x^2 and x are one Boolean function", RDA,
          lambda: (Equation(trace(lambda x: x**2, space(x=Z2[n])), identity(space(x=Z2[n]))),)),
    claim("R of x^2 as functions", "R[x^2] and R[x] are one Boolean function", RDA,
          lambda: (Equation(R(trace(lambda x: x**2, BIT)), R(identity(BIT))),), "refuted"),
    claim("De Morgan", "not (x and y) = (not x) or (not y)", TEXTBOOK,
          lambda: same(lambda x, y: 1 + x * y, lambda x, y: either(1 + x, 1 + y))),
    claim("or over xor", "x or (y xor z) = (x or y) xor (x or z), with z = 1 + y", "near miss: and distributes, or does not",
          lambda: same(lambda x, y: either(x, 1 + 0 * y), lambda x, y: either(x, y) + either(x, 1 + y)), "refuted"),
    claim("or over and", "x or (y and z) = (x or y) and (x or z), with z the reverse of y", TEXTBOOK,
          lambda: same(lambda x, y: either(x, y * y[::-1]), lambda x, y: either(x, y) * either(x, y[::-1]))),
    *(claim(f"adders of {size} bits", "a ripple-carry adder and a carry-lookahead adder compute the same sum", TEXTBOOK,
            lambda size=size: same(ripple, lookahead, size=size)) for size in (4, 16, 64)),
    claim("adders of 16 bits, no carry generated", "an adder that only passes carries on", "near miss: 1 + 1 makes a carry",
          lambda: same(ripple, wrong_lookahead, size=16), "refuted"),
    claim("addition commutes", "x + y = y + x for ripple-carry adders of 64 bits", TEXTBOOK,
          lambda: same(ripple, lambda x, y: ripple(y, x), size=64)),
    claim("multiplication commutes", "x y = y x for array multipliers of 4 bits", TEXTBOOK,
          lambda: same(multiply, lambda x, y: multiply(y, x), size=4)),
    claim("x^5 is x over Z5", "x^5 and x are one function", FERMAT, lambda: same(lambda x, y: x**5 + y, lambda x, y: x + y, Z[5], 2)),
    claim("x^4 is x^2 over Z4", "x^4 and x^2 are one function", FERMAT,
          lambda: same(lambda x, y: x**4 * y, lambda x, y: x**2 * y, Z[4], 2)),
    claim("x^3 is x over Z4", "x^3 and x are one function", "near miss: 2^3 is 0 modulo 4",
          lambda: same(lambda x, y: x**3, lambda x, y: x, Z[4], 2), "refuted"),
    *(claim(f"{law} finite differences of {gate}", STATEMENTS[law].replace("R[", "FD["), RDA,
            lambda law=law, gate=gate: DIFFERENCES[law](trace(*GATES[gate]))) for law in DIFFERENCES for gate in GATES),
    claim("RD.3 finite differences", STATEMENTS["RD.3"].replace("R[", "FD["), RDA,
          lambda: tuple(Equation(finite_difference(f), R(f)) for f in (identity(BIT), project(BIT, BIT, 0), project(BIT, BIT, 1)))),
    claim("RD.5 finite differences", "Boolean finite differences obey the chain rule", RDA, chain_of_differences, "refuted"),
)
