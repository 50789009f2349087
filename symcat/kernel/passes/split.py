"""A scatter that also contracts becomes a contraction and a pure scatter."""

from __future__ import annotations

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, affine, is_index, reads
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, comprehension, indices_of, over, rewrite


def split(f: Morphism) -> Morphism:
    """`dx[i + u, c] += dy[i, o] K[u, c, o]` over i, u, c, o becomes `part[i, u, c] = sum over o of dy[i, o] K[u, c, o]`, and
    `dx[i + u, c] += part[i, u, c]`.

    The array between them is laid out for the contraction: what only the one factor has, then what only the other has, and last
    the index that steps along the last axis of the target.
    """
    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        inner = {symbol for symbol, _ in node.reduced}
        outer = [item for item in node.box if item[0] not in inner]
        if node.gather or node.guards or node.op != "sum" or not inner or not outer:
            return node
        outer = _laid_out(node, outer)
        kept = [symbol for symbol, _ in outer]
        part = new.define([extent for _, extent in outer], (*outer, *node.reduced), kept, node.body, name=f"part_{node.name}",
                          base=node.base)
        return comprehension(node.shape, outer, node.out, At(part, *kept), name=node.name, base=node.base)

    return rewrite(f, change)


def _laid_out(node: Comprehension, outer: list[tuple[sp.Symbol, sp.Expr]]) -> list[tuple[sp.Symbol, sp.Expr]]:
    """The indices that are not contracted, in the order of the array that the contraction fills."""
    last = _last(node)
    if last is None:
        return outer
    factors = [indices_of(read) for read in reads(node.body)]
    columns = set().union(*(own for own in factors if last in own)) if factors else {last}
    rows = set().union(*(own for own in factors if last not in own)) if factors else set()
    place = {symbol: position for position, e in reversed(list(enumerate(node.out))) for symbol in indices_of(e)}
    extents = over(node)
    group = lambda s: (0 if s in rows and s in columns else 1 if s in rows else 2, s == last)
    return sorted(outer, key=lambda item: (*group(item[0]), place.get(item[0], -1), -_stride(node, item[0]), int(extents[item[0]])))


def _last(node: Comprehension) -> sp.Symbol | None:
    """The index that steps through the last axis of the target by one."""
    if not node.out:
        return None
    ones = [symbol for symbol, step in affine(node.out[-1]).items() if step == 1 and symbol.is_Symbol and is_index(symbol)]
    return max(ones, key=lambda symbol: (int(over(node)[symbol]), symbol.name), default=None)


def _stride(node: Comprehension, symbol: sp.Symbol) -> int:
    """The step that an index takes along the first axis of the target that it moves on."""
    return next((int(e.coeff(symbol)) for e in node.out if e.has(symbol)), 0)
