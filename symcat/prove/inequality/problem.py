"""Inequalities between expressions as problems about polynomials: one problem for each cell, in the form that the replay reads.

If no real point refutes the problems then none refutes the inequality.  The other direction holds where no function but roots
and those with branches occurs.  Denominators are cleared by their sign where it is known, and by their square where it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from symcat.errors import DomainError
from symcat.prove.claim import Inequality
from symcat.prove.inequality.cells import Cell, cells, conditions_of
from symcat.prove.inequality.kernels import without_kernels

DEGREE = 24
TERMS = 400
Problem = dict[str, Any]


@dataclass
class Clearing:
    """Conditions as polynomials; `rows` grows, and what is in it helps to clear the next denominators."""

    variables: tuple[sp.Symbol, ...]
    rows: list[tuple[str, sp.Poly]] = field(default_factory=list)

    def add(self, e: sp.Expr, relation: str) -> None:
        """Enter a condition."""
        numerator = self.numerator(e, even=relation in ("=0", "!=0"))
        if relation == "!=0":
            numerator, relation = numerator**2, ">0"
        self._enter(relation, numerator)

    def numerator(self, e: sp.Expr, even: bool = False) -> sp.Poly:
        """A polynomial with the sign of e wherever e is defined; `even` says that only being 0 counts."""
        top, bottom = sp.fraction(sp.together(e))
        result = self._poly(top)
        constant, factors = self._poly(bottom).factor_list()
        for poly, power in factors:
            sign = self._sign(poly)
            if not self._plainly_positive(poly * sign):
                self._enter(">0", poly * sign if sign else poly**2)
            if power % 2 and not even:
                result *= sign if sign else poly
        if not constant:
            raise DomainError(f"a denominator of {e} is 0 in one of the cells")
        return result * (1 if even else sp.sign(constant))

    def _enter(self, relation: str, poly: sp.Poly) -> None:
        if poly.is_ground and _holds(poly.LC() if poly else sp.S.Zero, relation):
            return
        if not any(known in (relation, ">0") and relation != "=0" and _same_ray(poly, row) for known, row in self.rows):
            self.rows.append((relation, poly))

    def _poly(self, e: sp.Expr) -> sp.Poly:
        try:
            poly = sp.Poly(e, *self.variables, domain="QQ")
        except sp.PolynomialError as error:
            raise DomainError(f"{e} is not a polynomial over the rationals") from error
        if poly.total_degree() > DEGREE or len(poly.terms()) > TERMS:
            raise DomainError(f"a polynomial of degree {poly.total_degree()} with {len(poly.terms())} terms: at most degree {DEGREE} and "
                              f"{TERMS} terms are tried")
        return poly

    def _sign(self, poly: sp.Poly) -> int:
        """1 or -1 when a polynomial that is not 0 has that sign under the rows; 0 when nobody knows."""
        for sign in (1, -1):
            candidate = poly * sign
            if self._sum_of_monomials(candidate):
                return sign
            if any(relation != "=0" and _same_ray(candidate, row) for relation, row in self.rows):
                return sign
        return 0

    def _plainly_positive(self, poly: sp.Poly) -> bool:
        """Whether a sum of monomials that are not negative has one that is a positive number or variable."""
        positive = {(0,) * len(self.variables), *(row.monoms()[0] for relation, row in self.rows
                                                  if relation == ">0" and row.is_linear and len(row.terms()) == 1 and row.LC() > 0)}
        return not poly.is_zero and self._sum_of_monomials(poly) and not positive.isdisjoint(poly.monoms())

    def _sum_of_monomials(self, poly: sp.Poly) -> bool:
        """Whether no monomial can be negative."""
        nonnegative = [any(relation != "=0" and _same_ray(sp.Poly(v, *self.variables, domain="QQ"), row) for relation, row in self.rows)
                       for v in self.variables]
        return all(c > 0 and all(e % 2 == 0 or known for e, known in zip(m, nonnegative, strict=True)) for m, c in poly.terms())


def problems(goal: Inequality) -> list[Problem]:
    """The problems of an inequality; DomainError when it has none, for a function without bounds or for its size.

    >>> x = sp.Symbol("x", real=True)
    >>> (problem,) = problems(Inequality(x, x**2, "<=", (x >= 1,)))
    >>> problem["goal"], [row["relation"] for row in problem["constraints"]]
    ([[[-1, 1], [1]], [[1, 1], [2]]], ['>=0'])
    """
    if taken := sorted(s.name for s in goal.symbols if s.name.startswith("_")):
        raise DomainError(f"the name {taken[0]}: names that start with _ are kept for roots and exponentials; rename the symbol")
    given = [condition for relation in goal.assuming for condition in conditions_of(relation)]
    found = [without_kernels(cell) for cell in cells(goal.rhs - goal.lhs, given)]
    return [_problem(cell, goal.rel == "<", len(found) > 1) for cell in found]


def _problem(cell: Cell, strict: bool, several: bool) -> Problem:
    exprs = (cell.gap, *(e for e, _ in cell.conditions))
    variables = tuple(sorted(set().union(*(e.free_symbols for e in exprs)), key=lambda s: s.name))
    clearing = Clearing(variables or (sp.Symbol("_", real=True),))
    polynomial = [e.is_polynomial(*variables) for e, _ in cell.conditions]
    for wanted in (True, False):
        for (e, relation), is_polynomial in zip(cell.conditions, polynomial, strict=True):
            if is_polynomial is wanted:
                clearing.add(e, relation)
    goal = clearing.numerator(cell.gap)
    return {"variables": [v.name for v in clearing.variables], "goal": written(goal), "strict": strict, "cell": several,
            "constraints": [{"relation": relation, "polynomial": written(row)} for relation, row in clearing.rows]}


def written(poly: sp.Poly) -> list[Any]:
    """A polynomial as the replay reads it."""
    return [[[int(c.p), int(c.q)], list(m)] for m, c in sorted(poly.terms()) if c]


def formula(problem: Problem) -> tuple[list[sp.Basic], sp.Basic]:
    """A problem as premises and a conclusion."""
    symbols = [sp.Symbol(name, real=True) for name in problem["variables"]]
    relations = {">=0": sp.Ge, ">0": sp.Gt, "=0": sp.Eq}
    premises = [relations[row["relation"]](_expression(row["polynomial"], symbols), 0) for row in problem["constraints"]]
    return premises, relations[">0" if problem["strict"] else ">=0"](_expression(problem["goal"], symbols), 0)


def _expression(data: Sequence[Any], symbols: Sequence[sp.Symbol]) -> sp.Expr:
    return sp.Add(*(sp.Rational(*c) * sp.Mul(*(v**e for v, e in zip(symbols, m, strict=True))) for c, m in data))


def _holds(number: sp.Expr, relation: str) -> bool:
    value = Fraction(int(number.p), int(number.q))
    return value > 0 if relation == ">0" else value >= 0 if relation == ">=0" else value == 0


def _same_ray(p: sp.Poly, q: sp.Poly) -> bool:
    """Whether q is a positive multiple of p."""
    if p.is_zero or q.is_zero or p.monoms() != q.monoms():
        return False
    ratio = q.LC() / p.LC()
    return bool(ratio > 0) and p * ratio == q
