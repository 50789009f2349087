"""Sums whose summands are made of pieces: cut where the pieces meet, split by residues, and ranges that meet united again.

A concatenation under a function is a sum over ranges of which every point sees one piece; so a sum of such is cut at the
guards inside its functions, and each part has one piece alone.  Parts with one summand over ranges that together are one range
are one sum.  All are identities of finite sums over all integer points.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING

from symcat.category.polyhedron import tight
from symcat.prove.index.affine import make, negated, variable
from symcat.prove.index.strides import argument_guards, set_apart, uneven
from symcat.prove.index.table import NONE, Expr, Factors, Sum

if TYPE_CHECKING:
    from symcat.prove.index.sums import Normaliser


# ---- cuts
def cut(algebra: Normaliser, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
    """The sum on either side of a guard inside its functions, or in one piece where its range decides that guard; None without one."""
    own = frozenset(bound)
    guard = next(iter(sorted({g for g in argument_guards(algebra.table, factors) if algebra.table.form_free(g) & own})), None)
    if guard is None:
        return None
    if any(algebra.context.implied(guards, side) for side in (guard, negated(guard))):
        return _cell(algebra, bound, guards, factors)
    return algebra.add({}, *[_cell(algebra, bound, guards | {side}, factors) for side in (guard, negated(guard))])


def _cell(algebra: Normaliser, bound: list[int], guards: frozenset, factors: Factors) -> Expr:
    """The sum over a cell, its summand in the normal form that it has there."""
    table = algebra.table
    used = table.factors_free(factors) | table.forms_free(guards) | table.forms_free(algebra.context.facts)
    points = table.unknowns(used, len(bound))
    there = {v: variable(w) for v, w in zip(bound, points, strict=True)}
    back = {w: variable(v) for v, w in zip(bound, points, strict=True)}
    inner = algebra
    for guard in sorted(guards):
        inner = inner.assuming(algebra.moved(guard, there))
    if inner.context.contradictory():
        return {}
    body = inner.renormalised(inner.substitute({(NONE, factors): 1}, there))
    return algebra.total_of(algebra.substitute(body, back), guards, bound)


def split(algebra: Normaliser, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
    """The sum over v as the sums over w of stride * w + r for v, for every r; None when no index needs it."""
    apart = uneven if algebra.lattice else set_apart
    v = next((v for v in bound if apart(algebra.table, factors, v, algebra.stride)), None)
    if v is None:
        return None
    parts = []
    for residue in range(algebra.stride):
        moves = {v: make(residue, {v: algebra.stride})}
        moved = frozenset([tight(algebra.moved(guard, moves)) for guard in guards])
        parts.append(algebra.total_of(algebra.substitute({(NONE, factors): 1}, moves), moved, bound))
    return algebra.add({}, *parts)


# ---- unions
def united(algebra: Normaliser, e: Expr) -> Expr:
    """The expression with sums of one summand over two ranges that make up one range taken as one sum."""
    while len(e) > 1:
        found = next(_unions(algebra, e), None)
        if found is None:
            return e
        left, right, total = found
        q = e[left]
        e = algebra.add({term: p for term, p in e.items() if term not in (left, right)}, algebra.scale(total, q))
        algebra.count("united")
    return e


def _unions(algebra: Normaliser, e: Expr) -> Iterator[tuple]:
    """Two terms with equal coefficients, and what they are together."""
    families: dict[tuple, list[tuple]] = {}
    for term, q in e.items():
        guards, factors = term
        for a, k in factors:
            data = algebra.table.atoms[a]
            if isinstance(data, Sum) and k == 1:
                rest = tuple([item for item in factors if item[0] != a])
                families.setdefault((guards, rest, data.depth, data.count, data.factors, q), []).append((term, data))
    for (guards, rest, *_), members in families.items():
        for (left, first), (right, second) in permutations(members, 2):
            ranges = _union(algebra, frozenset(first.guards), frozenset(second.guards))
            if ranges is not None:
                whole = Sum(first.depth, first.count, tuple(sorted(ranges)), first.factors)
                total = algebra.retotal(whole, {})
                yield left, right, algebra.multiply({(guards, rest): 1}, total)


def _union(algebra: Normaliser, first: frozenset, second: frozenset) -> frozenset | None:
    """Guards p with p and g = first, p and not g = second for some guard g; None when there are none."""
    implied = algebra.context.implied
    for guard in sorted(first):
        other = negated(guard)
        rest = first - {guard}
        if not implied(second, other) or not all(implied(second, one) for one in rest):
            continue
        whole = rest | {one for one in second if implied(first, one)}
        if all(implied(whole | {other}, one) for one in second):
            return whole
    return None
