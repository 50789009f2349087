"""Algebraic numbers in nested roots: whether a polynomial in them is 0, decided exactly.

Multiplication by the number is a matrix over the monomials of the roots; the number is a root of the matrix's characteristic
polynomial x**m * h(x), h(0) != 0.  So it is 0, or no smaller than Cauchy's bound for the roots of h: a ball decides which.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

from symcat.prove.balls import enclose, precision
from symcat.prove.field import polynomial
from symcat.prove.field.polynomial import Poly, characteristic, generator, terms
from symcat.prove.field.sample import Evaluation, Open, Outside, constant_sign
from symcat.prove.field.tower import ROOT, Tower

DIMENSION = 64
MOST_BITS = 20_000


def sign(tower: Tower, p: Poly) -> int | None:
    """The sign of a polynomial in numbers; None when it is not decided."""
    term = tower.term(p)
    found = constant_sign(term)
    if found is None and vanishes(tower, p):
        return 0
    return found if found is not None else constant_sign(term, 4000)


def vanishes(tower: Tower, p: Poly) -> bool:
    """Whether a polynomial in algebraic numbers is shown to be 0."""
    if p.is_constant():
        return p == 0
    basis = _roots(tower, p)
    if basis is None or prod(tower.generators[k].order for k in basis) > DIMENSION:
        return False
    bound = _least(characteristic(_matrix(tower, p, basis)))
    return _below(tower, p, bound)


def _roots(tower: Tower, p: Poly) -> list[int] | None:
    """The roots that a number is made of, with those inside them; None when there is anything else."""
    found: set[int] = set()
    stack = polynomial.used(p)
    while stack:
        k = stack.pop()
        if tower.generators[k].kind != ROOT or not tower.generators[k].algebraic:
            return None
        if k not in found:
            found.add(k)
            stack += polynomial.used(tower.generators[k].poly)
    return sorted(found)


def _matrix(tower: Tower, p: Poly, basis: list[int]) -> list[list[Fraction]]:
    """Row by row p times each basis monomial."""
    exponents = list(product(*(range(tower.generators[k].order) for k in basis)))
    position = {e: i for i, e in enumerate(exponents)}
    rows = []
    for e in exponents:
        monomial = prod((generator(k) ** n for k, n in zip(basis, e, strict=True)), start=polynomial.constant(1))
        row = [Fraction(0)] * len(exponents)
        for powers, c in terms(tower.product(p, monomial)):
            row[position[tuple(powers[k] for k in basis)]] += c
        rows.append(row)
    return rows


def _least(coefficients: list[Fraction]) -> Fraction:
    """A positive number that no nonzero root of a polynomial is smaller than."""
    rest = list(coefficients)
    while rest[0] == 0:
        rest.pop(0)
    if len(rest) == 1:
        return Fraction(1)
    return abs(rest[0]) / (abs(rest[0]) + max(map(abs, rest[1:])))


def _below(tower: Tower, p: Poly, bound: Fraction) -> bool:
    bits = 64 + 2 * max(1, (bound.denominator // bound.numerator).bit_length()) + 64
    if bits > MOST_BITS:
        return False
    with precision(bits):
        try:
            return bool(abs(Evaluation({}).value(tower.term(p))) < enclose(bound))
        except (Open, Outside):
            return False
