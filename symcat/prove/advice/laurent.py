"""Expressions of the checker as polynomials of python-flint over their kernels, with denominators: factors, quotients, remainders."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symcat.checker.functions import Functions
from symcat.checker.table import Expr
from symcat.prove.field import polynomial
from symcat.prove.field.polynomial import Poly

Below = dict[int, int]


def data(e: Expr) -> list[Any]:
    """An expression as advice holds it."""
    return [[str(Fraction(q)), [list(item) for item in factors]] for (_, factors), q in sorted(e.items())]


class Laurent:
    """Kernels of one table as generators, the first ones first in the order of monomials."""

    def __init__(self, table: Functions, kernels: Sequence[int]) -> None:
        self.table, self.kernels = table, list(kernels)
        self.place = {a: k for k, a in enumerate(self.kernels)}
        if len(self.kernels) > polynomial.GENERATORS:
            raise polynomial.Limit("too many kernels")

    def poly(self, e: Expr) -> Poly:
        """An expression without denominators."""
        size = polynomial.GENERATORS
        found = {}
        for (_, factors), q in e.items():
            exponents = [0] * size
            for a, k in factors:
                exponents[self.place[a]] = k
            q = Fraction(q)
            found[tuple(exponents)] = polynomial.fmpq(q.numerator, q.denominator)
        return polynomial.build(found)

    def back(self, p: Poly, below: Below | None = None) -> Expr:
        """A polynomial over a monomial, as an expression."""
        found: Expr = {}
        for monomial, c in polynomial.terms(p):
            powers = {self.kernels[k]: n for k, n in enumerate(monomial) if n}
            for a, k in (below or {}).items():
                powers[a] = powers.get(a, 0) - k
            found[(), tuple(sorted(item for item in powers.items() if item[1]))] = c
        return found


def kernels(*parts: Expr) -> list[int]:
    return sorted({a for e in parts for _, factors in e for a, _ in factors})


def cleared(table: Functions, e: Expr) -> tuple[Expr, Below]:
    """A numerator and a monomial of denominators, sums among them."""
    below: Below = {}
    for _, factors in e:
        for a, k in factors:
            if k < 0:
                below[a] = max(below.get(a, 0), -k)
    parts = []
    for (guards, factors), q in e.items():
        powers = dict(factors)
        missing = {a: powers.get(a, 0) + k for a, k in below.items()}
        rest = tuple(item for item in factors if item[0] not in below)
        images = [table.atom_power(a, k) for a, k in missing.items() if k]
        parts.append(table.product({(guards, rest): q}, *images))
    return table.add(*parts), below
