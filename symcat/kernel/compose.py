"""Scatters of scatters: what is only written on to another place is written there at once.

`y[e(p)] += v(p)` over p, and `z[o(q)] += y[q]` over all q, with no other reader of y, is `z[o(e(p))] += v(p)` over p: sums of sums
over the fibres of e are sums over p.  The windows of a convolution and of a pooling come back this way as one scatter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism


def compose(f: Morphism) -> Morphism:
    """The program with every pure scatter of an array that nothing else reads joined to what computes the array."""
    readers = Counter(name for node in f.nodes for name in node.sources)
    readers.update(f.outs)
    build = Builder()
    build.inputs(f.dom)
    names: dict[str, str] = {}
    made: dict[str, Comprehension] = {}
    for node in f.nodes:
        joined = _joined(node, made, readers)
        made[node.name] = joined
        names[node.name] = build.append(joined.rename({old: new for old, new in names.items() if old != node.name}))
    return build.build([names.get(out, out) for out in f.outs], f.cod.names)


def _joined(node: Comprehension, made: dict[str, Comprehension], readers: Counter[str]) -> Comprehension:
    coefficient, read = node.body.as_coeff_Mul()
    if node.op != "sum" or node.gather or not isinstance(read, At) or read.name not in made or readers[read.name] != 1:
        return node
    inner, symbols = made[read.name], [symbol for symbol, _ in node.box]
    whole = sorted(map(str, read.indices)) == sorted(map(str, symbols)) and \
        all(dict(node.box)[e] == extent for e, extent in zip(read.indices, inner.shape, strict=True))
    if node.selectors and not inner.gather:
        return node     # each point of a many-to-one scatter would look up a position
    if not whole or inner.op != "sum" or inner.base != node.base or any(read.name in _names(e) for e in (*node.out, *node.guards)):
        return node
    place = dict(zip(read.indices, inner.out, strict=True))
    move = lambda e: sp.expand(e.xreplace(place))
    return replace(node, extents=inner.extents, out=tuple(map(move, node.out)), body=coefficient * inner.body,
                   guards=(*inner.guards, *map(move, node.guards)))


def _names(e: sp.Expr) -> set[str]:
    return {access.name for access in e.atoms(At)}
