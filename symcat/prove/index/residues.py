"""Indices split by their residues: the integers are the disjoint union of k w, k w + 1, ..., k w + k - 1 for every k >= 1.

So a sum over v is the sum over the residues r of the sums over w with k w + r for v, guards moved along, whatever the summand;
and what holds for all values of a free index holds when it does for k w + r, in the moved range, for every r.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from symcat.category.polyhedron import tight
from symcat.prove.index.affine import Affine, make
from symcat.prove.index.strides import uneven
from symcat.prove.index.sums import Normaliser
from symcat.prove.index.table import NONE, Expr, Factors, Sum, Table, Zero

GROWTH = 2      # how many times as many terms may come of it
CASES = 36      # residues of all split indices of one sum together


def by_residues(algebra: Normaliser, e: Expr, modulus: int) -> list[tuple[Normaliser, Expr]]:
    """The cases of an expression with its indices split modulo a number; empty when nothing is split."""
    free = _free_index(algebra, e, modulus)
    if free is not None:
        algebra.count("free_residues")
        return [_case(algebra, e, free, modulus, r) for r in range(modulus)]
    split = sums_by_residues(algebra, e, modulus)
    return [(algebra, split)] if split is not None and len(split) <= GROWTH * len(e) else []


# ---- bound indices
def sums_by_residues(algebra: Normaliser, e: Expr, modulus: int) -> Expr | None:
    """The expression with the bound indices of its sums split where a read does not step by the modulus; None when there are none."""
    parts, changed = [], False
    for (guards, factors), q in e.items():
        image: Expr = {(guards, ()): q}
        for a, k in factors:
            data = algebra.table.atoms[a]
            split = _sum_by_residues(algebra, data, modulus) if isinstance(data, Sum) and k > 0 else None
            changed |= split is not None
            image = algebra.multiply(image, algebra.power(split, k) if split is not None else {(NONE, ((a, k),)): 1})
        parts.append(image)
    return algebra.add({}, *parts) if changed else None


def _sum_by_residues(algebra: Normaliser, data: Sum, modulus: int) -> Expr | None:
    table = algebra.table
    used = table.forms_free(data.guards) | table.factors_free(data.factors)
    guards, body, fresh = algebra.opened(data, used, {})
    chosen = [v for v in fresh if any(uneven(table, factors, v, modulus) for _, factors in body)]
    if not chosen or modulus ** len(chosen) > CASES:
        return None
    algebra.count("residues")
    parts = []
    for residues in product(range(modulus), repeat=len(chosen)):
        moves = {v: make(r, {v: modulus}) for v, r in zip(chosen, residues, strict=True)}
        moved = frozenset([tight(algebra.moved(guard, moves)) for guard in guards])
        parts.append(algebra.total_of(algebra.substitute(body, moves), moved, fresh))
    return algebra.add({}, *parts)


# ---- free indices
def _free_index(algebra: Normaliser, e: Expr, modulus: int) -> int | None:
    """A free index that an equation links to a multiple of the modulus without being one itself."""
    table = algebra.table
    for form in sorted(set(_equations(table, e))):
        if any(abs(k) == modulus for v, k in form[1] if not table.is_dim(v)):
            for v, k in form[1]:
                if table.variables[v].kind in ("index", "free") and k % modulus:
                    return v
    return None


def _equations(table: Table, e: Expr) -> Iterator[Affine]:
    """The forms of the deltas of an expression, those inside its sums included."""
    for _, factors in e:
        yield from _factor_equations(table, factors)


def _factor_equations(table: Table, factors: Factors) -> Iterator[Affine]:
    for a, _ in factors:
        match table.atoms[a]:
            case Zero(form=form):
                yield form
            case Sum(factors=inner):
                yield from _factor_equations(table, inner)


def _case(algebra: Normaliser, e: Expr, v: int, modulus: int, residue: int) -> tuple[Normaliser, Expr]:
    """The expression where a free index is modulus * w + residue, in the algebra that knows the range of w."""
    table = algebra.table
    used = table.frozen_free[table.freeze(e)] | table.forms_free(algebra.context.facts)
    (w,) = table.unknowns(used, 1)
    moves = {v: make(residue, {w: modulus})}
    inner = algebra
    for fact in algebra.context.about(v):
        inner = inner.assuming(tight(algebra.moved(fact, moves)))
    return inner, inner.renormalised(inner.substitute(e, moves))
