"""Pointwise comprehensions that finish a product: they run on its tiles while these are in registers.

A bias, a rectifier or the derivative of one costs little there, and saves a pass over memory.  Functions that take long stay in
loops of their own, where they do not drive the tile out of the registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy as sp

from symcat.category import functions
from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.kernel.nest import Nest, value_symbols
from symcat.kernel.order import is_product

LONG = (sp.exp, sp.log, sp.tanh, sp.sin, sp.cos, functions.sigmoid, functions.softplus)
LIGHT = 8           # operations on an entry, at most
MOST_READS = 3      # arrays, beside the product itself, that the finish of a tile may read
Joins = Callable[[Nest, Sequence[Nest], Nest], bool]


def finished(lowered: Sequence[Sequence[Nest]], joins: Joins) -> list[list[Nest]]:
    """The nests with light pointwise ones moved to the product that they finish; `joins` tells whether that is allowed."""
    result: list[list[Nest]] = []
    for nests in lowered:
        host = _host(result, nests[0], joins) if len(nests) == 1 else None
        if host is None:
            result.append(list(nests))
        else:
            product, = result[host]
            result[host] = [replace(product, stores=product.stores + nests[0].stores,
                                    spare=tuple(item for item in product.spare if item in nests[0].spare))]
    return result


def _host(result: Sequence[Sequence[Nest]], nest: Nest, joins: Joins) -> int | None:
    """The product that a pointwise nest may finish: one that it reads at its own entries."""
    if nest.mode != "assign" or not _light(nest):
        return None
    for position in range(len(result) - 1, -1, -1):
        product = result[position][0] if len(result[position]) == 1 else None
        if product is None or not set(product.targets) & nest.reads:
            continue
        between = [other for nests in result[position + 1:] for other in nests]
        fits = is_product(product) and product.group == nest.group and product.loops[: product.inner] == nest.loops
        reads = {read.name for store in (*product.stores[1:], *nest.stores) for read in store.accesses} - {*product.targets}
        return position if fits and len(reads) <= MOST_READS and joins(product, between, nest) else None
    return None


def _light(nest: Nest) -> bool:
    """Whether a pointwise nest is cheap enough for registers, and speaks of entries alone."""
    body = nest.stores[0].body
    powers = [e for e in body.atoms(sp.Pow) if not (e.exp.is_Integer and e.exp > 0)]
    plain = body.xreplace({read: sp.Dummy() for read in body.atoms(At)})
    return not (nest.guards or nest.zeros or powers or body.has(*LONG, Argmax, Bracket, Delta) or value_symbols(body)
                or sp.count_ops(plain) > LIGHT)
