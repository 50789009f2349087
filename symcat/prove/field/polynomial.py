"""Polynomials with rational coefficients in numbered generators, by python-flint, with limits on their size.

Besides `prove/balls.py` the only file that imports python-flint: its other half, exact polynomials instead of balls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, lru_cache
from math import comb

from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx

GENERATORS = 40
MOST_TERMS = 6000
MOST_DEGREE = 2500
FACTORED_TERMS, FACTORED_DEGREE = 400, 60
Monomial = tuple[int, ...]
Poly = fmpq_mpoly


class Limit(Exception):
    """The work would exceed what is admitted; says what."""


@cache
def ring() -> fmpq_mpoly_ctx:
    return fmpq_mpoly_ctx.get([f"g{k}" for k in range(GENERATORS)], Ordering.lex)


@cache
def generator(k: int) -> Poly:
    """The k-th generator."""
    if k >= GENERATORS:
        raise Limit(f"more than {GENERATORS} kernels")
    return ring().gen(k)


def constant(value: Fraction | int) -> Poly:
    value = Fraction(value)
    return ring().constant(fmpq(value.numerator, value.denominator))


def build(terms: Mapping[Monomial, object]) -> Poly:
    return ring().from_dict(dict(terms))


def key(p: Poly) -> tuple:
    """A polynomial as something that is hashed."""
    return tuple(terms(p))


def terms(p: Poly) -> list[tuple[Monomial, Fraction]]:
    return [(tuple(map(int, monomial)), fraction(c)) for monomial, c in p.terms()]


def fraction(c: fmpq) -> Fraction:
    return Fraction(int(c.p), int(c.q))


def used(p: Poly) -> list[int]:
    """The generators that occur, oldest first."""
    return [k for k, degree in enumerate(p.degrees()) if degree > 0]


def leading(p: Poly) -> Fraction:
    return fraction(p.leading_coefficient())


def times(p: Poly, q: Poly) -> Poly:
    """A product; Limit when it may be too large."""
    if len(p) * len(q) > 40 * MOST_TERMS:
        raise Limit("a polynomial with too many terms")
    return checked(p * q)


def raised(p: Poly, n: int) -> Poly:
    """A power with an exponent >= 0."""
    count = len(p)
    if n > 1 and count > 1 and (n > MOST_DEGREE or comb(n + count - 1, count - 1) > 40 * MOST_TERMS):
        raise Limit(f"the power {n} of a polynomial with {count} terms")
    if n > 1 and any(max(abs(int(c.p)), int(c.q)).bit_length() * n > 100_000 for c in p.coeffs()):
        raise Limit(f"coefficients too long in a power {n}")
    return checked(p**n)


def checked(p: Poly) -> Poly:
    if len(p) > MOST_TERMS:
        raise Limit(f"a polynomial with {len(p)} terms")
    if p != 0 and p.total_degree() > MOST_DEGREE:
        raise Limit(f"a polynomial of degree {p.total_degree()}")
    return p


def split(p: Poly, k: int) -> dict[int, Poly]:
    """The coefficients of the powers of one generator."""
    found: dict[int, dict] = {}
    for monomial, c in p.terms():
        rest = list(monomial)
        power, rest[k] = int(rest[k]), 0
        found.setdefault(power, {})[tuple(rest)] = c
    return {power: build(part) for power, part in sorted(found.items())}


def grouped(p: Poly, inner: Sequence[int]) -> dict[Monomial, Poly]:
    """A polynomial over the polynomials in the generators `inner`: a coefficient for each monomial in the others."""
    inside, found = set(inner), {}
    for monomial, c in p.terms():
        outer = tuple(0 if k in inside else int(e) for k, e in enumerate(monomial))
        rest = tuple(e if k in inside else 0 for k, e in enumerate(monomial))
        found.setdefault(outer, {})[rest] = c
    return {outer: build(part) for outer, part in found.items()}


def quotient(p: Poly, q: Poly) -> Poly | None:
    """p / q when it is a polynomial."""
    whole, rest = divmod(p, q)
    return whole if rest == 0 else None


def factors(p: Poly) -> tuple[Fraction, list[tuple[Poly, int]]]:
    """A constant and monic factors with their multiplicities: irreducible ones unless the polynomial is large."""
    if p.is_constant():
        return leading(p), []
    if len(p) == 1:
        (monomial, c), = terms(p)
        return c, [(generator(k), e) for k, e in enumerate(monomial) if e]
    if len(p) > FACTORED_TERMS or p.total_degree() > FACTORED_DEGREE:
        c = leading(p)
        return c, [(p * fmpq(c.denominator, c.numerator), 1)]
    scale, monic = _factored(Hashed(key(p), p))
    return scale, list(monic)


@dataclass(frozen=True)
class Hashed:
    """A polynomial that can be looked up."""

    label: tuple
    poly: Poly = field(compare=False)


@lru_cache(maxsize=4096)
def _factored(given: Hashed) -> tuple[Fraction, tuple[tuple[Poly, int], ...]]:
    """A goal asks for the factors of one polynomial again and again."""
    c, found = given.poly.factor()
    scale, monic = fraction(c), []
    for f, multiplicity in found:
        scale *= leading(f) ** int(multiplicity)
        monic.append((f / f.leading_coefficient(), int(multiplicity)))
    return scale, tuple(sorted(monic, key=lambda item: (item[0].total_degree(), len(item[0]), str(item[0]))))


def characteristic(matrix: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """The coefficients of the characteristic polynomial of a square matrix, constant term first."""
    size = len(matrix)
    entries = [fmpq(c.numerator, c.denominator) for row in matrix for c in row]
    return [fraction(c) for c in fmpq_mat(size, size, entries).charpoly().coeffs()]


def total(parts: Iterable[Poly]) -> Poly:
    return checked(sum(parts, constant(0)))
