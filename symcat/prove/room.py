"""Whether conditions leave room around their points: a derivative is no matter of a single point.

x and 2 x are equal where x >= 0 and x <= 0, at 0 alone, and their derivatives are not.  Where closed conditions are affine in the
inputs, and all of them hold strictly somewhere, every point that satisfies them is a limit of points that do so strictly, and
there equal values make equal derivatives.  What programs themselves require for a root holds strictly after differentiation.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp

from symcat.category.comprehension import Requirement
from symcat.category.expression import At
from symcat.category.morphism import Morphism
from symcat.laws.claim import Equation

Row = tuple[dict[int, Fraction], Fraction]      # coefficients of inputs by position, and a constant: the sum is above 0
MOST = 200


def cramped(equation: Equation) -> str:
    """A closed condition because of which equal values may not make equal derivatives; the empty text when there is none."""
    rows: list[Row] = []
    for f in (equation.lhs, equation.rhs):
        for requirement in _closed(f):
            row = _affine(f, requirement)
            if row is None:
                return str(requirement)
            rows.append(row)
    return "" if _strictly(rows) else "; ".join(dict.fromkeys(str(r) for f in (equation.lhs, equation.rhs) for r in _closed(f)))


def _closed(f: Morphism) -> Iterator[Requirement]:
    """The conditions on arrays that are not strict, and stay so under derivatives."""
    return (r for r in f.requirements if r.relation == r.smooth == ">=0" and r.sources)


def _affine(f: Morphism, requirement: Requirement) -> Row | None:
    """A condition as a row; None when it is not affine in inputs with rational coefficients."""
    reads = sorted(requirement.expr.atoms(At), key=sp.default_sort_key)
    names = list(f.dom.names)
    place = {read: sp.Dummy(real=True) for read in reads}
    e = sp.expand(requirement.expr.xreplace(place))
    if any(read.name not in names for read in reads) or not e.is_polynomial(*place.values()) or requirement.guards:
        return None
    found = sp.Poly(e, *place.values())
    if found.total_degree() > 1 or not all(q.is_Rational for q in found.coeffs()):
        return None
    row: dict[int, Fraction] = {}
    for read, symbol in place.items():
        q, k = found.coeff_monomial(symbol), names.index(read.name)
        row[k] = row.get(k, Fraction(0)) + Fraction(int(q.p), int(q.q))
    constant = found.coeff_monomial(1)
    return row, Fraction(int(constant.p), int(constant.q))


def _strictly(rows: list[Row]) -> bool:
    """Whether values, one for all entries of each input, satisfy all rows strictly: one input after the other is eliminated."""
    for k in sorted({k for row, _ in rows for k in row}):
        low, high = ([(row, c) for row, c in rows if s * row.get(k, 0) > 0] for s in (1, -1))
        rows = [(row, c) for row, c in rows if not row.get(k, 0)]
        for (one, c), (other, d) in ((a, b) for a in low for b in high):
            p, q = -other[k], one[k]
            rows.append(({j: p * one.get(j, Fraction(0)) + q * other.get(j, Fraction(0)) for j in {*one, *other} - {k}}, p * c + q * d))
        if len(rows) > MOST:
            return False
    return all(c > 0 for _, c in rows)
