"""Equality of rational functions: what is shown about expressions that a program and the interpreter have computed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

from symcat.errors import ValidationError

EXPANDED = 20_000    # expressions with more terms than this are not multiplied out
COMBINED = 2000      # operations up to which fractions are brought to one denominator


def same(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two expressions are equal as rational functions of their subterms that are not rational.

    False is "not shown": what would take long to multiply out is left to the other checks.  ValidationError when they differ by a
    number.

    >>> x, y = sp.symbols("x y")
    >>> same((x + y)**2 / x, x + 2*y + y**2 / x), same(x / y, y / x)
    (True, False)
    """
    if left == right:
        return True
    if terms(left, {}) + terms(right, {}) > EXPANDED:
        return False
    gap = difference(left, right)
    if gap is None or gap == 0:
        return gap is not None
    if gap.is_ground:
        raise ValidationError(f"over symbols an entry differs from the morphism's by {gap.as_expr()}")
    apart = left - right
    if apart.count_ops() > COMBINED:
        return False
    numerator, _ = sp.fraction(sp.together(_opaque(apart, {}, whole=True)))
    return difference(numerator, sp.S.Zero) == 0


def difference(left: sp.Expr, right: sp.Expr) -> PolyElement | None:
    """left - right as a polynomial in symbols, functions, roots and reciprocals; None when it has too many terms."""
    names: dict[sp.Expr, sp.Expr] = {}
    left, right = _opaque(left, names), _opaque(right, names)
    symbols = sorted(left.free_symbols | right.free_symbols, key=sp.default_sort_key)
    ring = PolyRing(symbols, sp.QQ)
    known: dict[sp.Expr, PolyElement] = dict(zip(symbols, ring.gens, strict=True))
    try:
        return _polynomial(left, ring, known) - _polynomial(right, ring, known)
    except _TooLong:
        return None


class _TooLong(Exception):
    """A polynomial has more terms than can be afforded."""


def _polynomial(e: sp.Expr, ring: PolyRing, known: dict[sp.Expr, PolyElement]) -> PolyElement:
    """A polynomial expression in the ring; equal subterms are multiplied out once."""
    if e not in known:
        if e.is_Rational:
            known[e] = ring(sp.QQ(int(e.p), int(e.q)))
        elif e.is_Pow:
            known[e] = _product([_polynomial(e.base, ring, known)] * int(e.exp), ring)
        elif e.is_Mul:
            known[e] = _product((_polynomial(a, ring, known) for a in e.args), ring)
        else:
            known[e] = sum((_polynomial(a, ring, known) for a in e.args), ring.zero)
    return known[e]


def _product(factors: Iterable[PolyElement], ring: PolyRing) -> PolyElement:
    result = ring.one
    for factor in factors:
        if len(result) * len(factor) > 10 * EXPANDED:
            raise _TooLong
        result = result * factor
    return result


def terms(e: sp.Expr, known: dict[sp.Expr, int]) -> int:
    """At least how many terms the expression has when it is multiplied out, not counting that equal ones are collected."""
    if e not in known:
        if e.is_Add:
            known[e] = sum(terms(a, known) for a in e.args)
        elif e.is_Mul:
            known[e] = math.prod(terms(a, known) for a in e.args)
        elif e.is_Pow and e.exp.is_Integer and e.exp > 0:
            count = min(terms(e.base, known), EXPANDED)
            known[e] = math.comb(count + int(e.exp) - 1, int(e.exp)) if e.exp <= 64 else count
        else:
            known[e] = 1
    return known[e]


def _opaque(e: sp.Expr, known: dict[sp.Expr, sp.Expr], whole: bool = False) -> sp.Expr:
    """The expression with functions, fractional powers and, unless it is to stay `whole`, reciprocals as variables."""
    if e.is_Symbol or e.is_Rational:
        return e
    if e not in known:
        if e.is_Add or e.is_Mul or (e.is_Pow and e.exp.is_Integer and not isinstance(e, sp.exp) and (whole or e.exp > 0)):
            known[e] = e.func(*[_opaque(a, known, whole) for a in e.args])
        elif e.is_Pow and e.exp.is_Integer and not isinstance(e, sp.exp):
            known[e] = known.setdefault(1 / e.base, sp.Dummy()) ** -e.exp
        else:
            known[e] = sp.Dummy()
    return known[e]
