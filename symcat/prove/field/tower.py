"""A tower of kernels: generators, each over the ones before it, with the relations between them.

A value is a polynomial in the generators.  An inverse w of a polynomial q has w*q = 1; a root r of order k has r**k = t; the
sine of an angle has s**2 = 1 - c**2.  q, t and c are free of inverses and older than w, r and s, so that multiplying out the
inverses and reducing the powers, newest first, ends; what is 0 then was 0 before, wherever all q differ from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symcat.prove.field import polynomial
from symcat.prove.field.polynomial import Limit, Monomial, Poly, constant, generator, key, leading, quotient, raised, split, terms, times
from symcat.prove.field.term import ONE, ZERO, Term, call, names, number, power

INVERSE, VARIABLE, ROOT, EXP, LOG, COSINE, SINE, OPAQUE = "inverse", "variable", "root", "exp", "log", "cosine", "sine", "opaque"
SPARE = 4


@dataclass(frozen=True)
class Generator:
    """A kernel: its term, its kind, and by kind its order and the polynomial it is made of.

    `poly` is q of an inverse, t of a root, the logarithm of an exp, the argument of a log, the cosine of a sine; `lowest` is 1
    for what is positive, 0 for what is not negative, -1 for others.  `algebraic` says that it is an algebraic number.
    """

    term: Term
    kind: str
    order: int = 0
    poly: Poly | None = None
    lowest: int = -1
    algebraic: bool = False


class Tower:
    """Generators in order of age."""

    def __init__(self) -> None:
        self.generators: list[Generator] = []
        self.index: dict[object, int] = {}

    def generator(self, label: object, new: Generator) -> Poly:
        """The generator with a label, made when there is none."""
        if label not in self.index:
            if len(self.generators) >= polynomial.GENERATORS:
                raise Limit(f"more than {polynomial.GENERATORS} kernels")
            self.index[label] = len(self.generators)
            self.generators.append(new)
        return generator(self.index[label])

    def single(self, p: Poly) -> Generator | None:
        """The generator that a polynomial is."""
        if len(p) == 1 and p.total_degree() == 1 and leading(p) == 1:
            return self.generators[polynomial.used(p)[0]]
        return None

    def inverse(self, q: Poly) -> Poly:
        """The inverse of a monic polynomial without inverses."""
        term = call("inverse", self.term(q))
        one = self.single(q)
        return self.generator(("inverse", key(q)), Generator(term, INVERSE, 0, q, one.lowest if one else -1, self.algebraic(q)))

    def algebraic(self, p: Poly) -> bool:
        """Whether a polynomial is an algebraic number."""
        return all(self.generators[k].algebraic for k in polynomial.used(p))

    def variables(self, k: int) -> frozenset[str]:
        return names(self.generators[k].term)

    # ---- normal forms
    def reduced(self, p: Poly) -> Poly:
        """Powers of roots and sines below their orders."""
        for k in range(len(self.generators) - 1, -1, -1):
            one = self.generators[k]
            if one.kind not in (ROOT, SINE) or p.degrees()[k] < one.order:
                continue
            base = one.poly if one.kind == ROOT else constant(1) - raised(one.poly, 2)
            parts = []
            for exponent, c in split(p, k).items():
                whole, rest = divmod(exponent, one.order)
                parts.append(times(c * generator(k) ** rest, raised(base, whole)))
            p = polynomial.total(parts)
        return p

    def product(self, p: Poly, q: Poly) -> Poly:
        return self.reduced(times(p, q))

    def power(self, p: Poly, n: int) -> Poly:
        """A power, reduced on the way."""
        if len(p) == 1 or not any(one.kind in (ROOT, SINE) for one in self.generators):
            return self.reduced(raised(p, n))
        result = constant(1)
        for bit in bin(n)[2:]:
            result = self.product(result, result)
            if bit == "1":
                result = self.product(result, p)
        return result

    def cleared(self, p: Poly) -> tuple[Poly, list[tuple[Poly, int]]]:
        """A numerator and the factors of a denominator, without inverses and without the common factors among these."""
        below: list[tuple[Poly, int]] = []
        for k in polynomial.used(p):
            one = self.generators[k]
            if one.kind != INVERSE:
                continue
            parts = split(p, k)
            highest = max(parts, default=0)
            p = polynomial.total(times(c, raised(one.poly, highest - exponent)) for exponent, c in parts.items())
            below.append((one.poly, highest))
        p = self.reduced(p)
        if p == 0:
            return p, []
        lowest = []
        for q, count in below:
            while count and (smaller := quotient(p, q)) is not None:
                p, count = smaller, count - 1
            lowest += [(q, count)] if count else []
        return self._shorter(p), lowest

    def _shorter(self, p: Poly) -> Poly:
        """With squares of cosines as 1 - s**2 where that takes fewer terms, so that 1 - c**2 is a square."""
        for k in polynomial.used(p):
            one = self.generators[k]
            if one.kind != SINE and one.kind != COSINE:
                continue
            cosine, sine = (k, k + 1) if one.kind == COSINE else (k - 1, k)
            if p.degrees()[cosine] < 2:
                continue
            square = constant(1) - generator(sine) ** 2
            parts = [c * generator(cosine) ** (e % 2) * raised(square, e // 2) for e, c in split(p, cosine).items()]
            other = polynomial.total(parts)
            p = other if len(other) < len(p) else p
        return p

    # ---- back to terms
    def term(self, p: Poly) -> Term:
        """A polynomial as a term in the variables."""
        parts = [self._summand(monomial, c) for monomial, c in terms(p)]
        return ZERO if not parts else parts[0] if len(parts) == 1 else Term("add", tuple(parts))

    def _summand(self, monomial: Monomial, c: Fraction) -> Term:
        powers = [power(self.generators[k].term, e) for k, e in enumerate(monomial) if e]
        if c != 1 or not powers:
            powers.insert(0, number(c))
        return powers[0] if len(powers) == 1 else Term("mul", tuple(powers))

    def quotient_term(self, p: Poly, below: list[tuple[Poly, int]]) -> Term:
        """p over a product of powers as a term."""
        if not below:
            return self.term(p)
        parts = [power(self.term(q), count) for q, count in below]
        denominator = parts[0] if len(parts) == 1 else Term("mul", tuple(parts))
        top = self.term(p)
        return call("inverse", denominator) if top == ONE else top / denominator
