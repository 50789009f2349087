"""Quadratic polynomials that have one sign whatever their unknowns are, by completing squares exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symcat.prove.field.polynomial import Poly, terms, used

MOST_UNKNOWNS = 12


def signs(p: Poly) -> frozenset[int] | None:
    """{1} or {0, 1} for a sum of squares, {-1} or {-1, 0} for minus one; None for other polynomials.

    >>> from symcat.prove.field.polynomial import generator
    >>> x, y = generator(0), generator(1)
    >>> sorted(signs(x**2 - 2*x*y + 2*y**2 + 1)), sorted(signs(-x**2 + 2*x*y - y**2)), signs(x**2 - y**2)
    ([1], [-1, 0], None)
    """
    unknowns = used(p)
    if p.total_degree() != 2 or len(unknowns) > MOST_UNKNOWNS:
        return None
    matrix = _matrix(p, unknowns)
    sign = 1 if any(matrix[k][k] > 0 for k in range(1, len(matrix))) else -1
    strict = _semidefinite([[sign * c for c in row] for row in matrix])
    return None if strict is None else frozenset((sign,)) if strict else frozenset((0, sign))


def _matrix(p: Poly, unknowns: Sequence[int]) -> list[list[Fraction]]:
    """The symmetric matrix of a quadratic polynomial; its first row and column stand for the constant 1."""
    place = {k: position + 1 for position, k in enumerate(unknowns)}
    found = [[Fraction(0)] * (len(unknowns) + 1) for _ in range(len(unknowns) + 1)]
    for monomial, c in terms(p):
        at = [place[k] for k, e in enumerate(monomial) for _ in range(e)]
        i, j = ([0, 0] + at)[-2:]
        found[i][j] += c / 2
        found[j][i] += c / 2
    return found


def _semidefinite(rows: list[list[Fraction]]) -> bool | None:
    """Whether the polynomial of a positive semidefinite matrix is positive everywhere; None for other matrices.

    Unknowns are eliminated last first, so that what is left at the end is the polynomial's least value.
    """
    for k in range(len(rows) - 1, 0, -1):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][: k])):
            return None
        for i in range(k if pivot else 0):
            for j in range(k):
                rows[i][j] -= rows[i][k] * rows[k][j] / pivot
    return None if rows[0][0] < 0 else rows[0][0] > 0
