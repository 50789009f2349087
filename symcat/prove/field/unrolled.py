"""Programs of fixed small sizes as programs over scalars: every entry of every array is one, every sum is written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

import sympy as sp

from symcat.category.comprehension import Comprehension, Fact
from symcat.category.expression import Argmax, At, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real
from symcat.errors import DomainError
from symcat.prove.field.programs import prove_programs
from symcat.prove.index.equal import Failure, Proof

MOST_INPUTS, MOST_ENTRIES = 40, 4000
Entries = dict[str, dict[tuple[int, ...], str]]


def prove_unrolled(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | Failure:
    """A proof that two programs of fixed sizes have the same entries, by the field engine; premises are about single entries.

    >>> import numpy as np
    >>> from symcat.category.space import space
    >>> from symcat.category.trace import trace
    >>> dom = space(s=Real[2, 2])
    >>> prove_unrolled(trace(lambda s: np.trace(s @ s.T), dom), trace(lambda s: np.sum(s * s), dom)).method
    'entries written out, field normal form'
    """
    try:
        found = prove_programs(unrolled(lhs), unrolled(rhs.renamed(dom=lhs.dom.names)), facts)
    except DomainError as error:
        return Failure(f"entries written out: {error}")
    if not isinstance(found, Proof):
        return found
    return Proof(f"entries written out, {found.method}", tuple(_in_arrays(lhs, found.premises)), {"entries": found.trace})


def _in_arrays(f: Morphism, premises: Sequence[str]) -> Iterator[str]:
    """Premises about entries, said of the arrays that they are in: x_0 > 0 is x[0] > 0."""
    places = [f"{name}[{', '.join(map(str, place))}]" if place else name for name, wire in f.dom for place in _places(wire.shape)]
    spelt = dict(zip(unrolled(f).dom.names, places, strict=True))
    yield from (re.sub(r"[A-Za-z_]\w*", lambda word: spelt.get(word[0], word[0]), premise) for premise in premises)


def fixed(*programs: Morphism) -> bool:
    """Whether all sizes are numbers, and small."""
    shapes = [(*node.shape, *node.extents) for f in programs for node in f.nodes] + [wire.shape for f in programs for wire in f.dom.types]
    return all(extent.is_Integer for shape in shapes for extent in shape) \
        and all(sum(prod(map(int, wire.shape)) for wire in f.dom.types) <= MOST_INPUTS for f in programs)


def unrolled(f: Morphism) -> Morphism:
    """The program of the entries: an input x of the shape (2,) becomes x_0 and x_1; DomainError where that is beyond these means.

    >>> from symcat.category.space import space
    >>> from symcat.category.trace import trace
    >>> print(unrolled(trace(lambda x: x.sum(), space(x=Real[2]))))
    x_0: Real[] * x_1: Real[] -> y: Real[]
      sum = x_0 + x_1
      return sum
    """
    if not fixed(f):
        raise DomainError("a program with symbolic sizes, or with many inputs")
    build, entries = Builder(), Entries()
    for name, wire in f.dom:
        entries[name] = {place: build.input("_".join([name, *map(str, place)]), Real[()]) for place in _places(wire.shape)}
    for node in f.nodes:
        entries[node.name] = _entries(build, node, entries)
        if len(build.nodes) > MOST_ENTRIES:
            raise DomainError("too many entries to be written out")
    for row in f.requirements:
        for place in _places(row.extents):
            box = dict(zip(map(index, range(len(place))), map(sp.Integer, place), strict=True))
            if all(guard.xreplace(box) >= 0 for guard in row.guards):
                build.require((), _written(row.expr, box, entries), row.relation, row.smooth)
    for fact in f.facts:
        if any(not symbol.is_integer for symbol in fact.expr.free_symbols):
            build.fact(fact.expr, fact.relation)
    outs = [(f"{name}_{'_'.join(map(str, place))}" if place else name, entries[out][place])
            for name, wire, out in zip(f.cod.names, f.cod.types, f.outs, strict=True) for place in _places(wire.shape)]
    return build.build([array for _, array in outs], [name for name, _ in outs])


def _places(shape: Sequence[sp.Expr]) -> Iterator[tuple[int, ...]]:
    return product(*(range(int(extent)) for extent in shape))


def _entries(build: Builder, node: Comprehension, entries: Entries) -> dict[tuple[int, ...], str]:
    """The entries of a comprehension, each a sum written out."""
    if node.op != "sum" or node.base != Real:
        raise DomainError(f"{node.name} is no sum of reals")
    found: dict[tuple[int, ...], list[sp.Expr]] = {place: [] for place in _places(node.shape)}
    for point in _places(node.extents):
        box = dict(zip(map(index, range(len(point))), map(sp.Integer, point), strict=True))
        if all(guard.xreplace(box) >= 0 for guard in node.guards):
            found[tuple(int(e.xreplace(box)) for e in node.out)].append(_written(node.body, box, entries))
    return {place: build.gather((), lambda terms=terms: sp.Add(*terms), name=node.name) for place, terms in found.items()}


def _written(body: sp.Expr, box: Mapping[sp.Symbol, sp.Expr], entries: Entries) -> sp.Expr:
    """A body at one point of its box, its reads those of entries; a factor that is zero there is not looked at."""
    body = body.xreplace(box)
    if body.has(Argmax):
        raise DomainError("a choice by a maximum")
    return body.xreplace({read: At(entries[read.name][tuple(map(int, read.indices))]) for read in body.atoms(At)})
