"""Sums of products reach the form "sum of a product of two reads", which is computed fastest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index, reads
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, comprehension, indices_of, over, points, rewrite
from symcat.kernel.passes.simplify import simplify

PAYS = 2    # how many times the work that a product of two factors saves is worth the array that holds it


@dataclass(frozen=True)
class Factor:
    """A factor of a body, with the loop indices that it depends on."""

    value: sp.Expr
    indices: frozenset[sp.Symbol]


def factor(f: Morphism) -> Morphism:
    """`products`, and multiples of arrays read where they are used, until nothing changes."""
    while True:
        after = simplify(products(f))
        if after.nodes == f.nodes:
            return f
        f = after


def products(f: Morphism) -> Morphism:
    """In every sum over contracted indices:

    factors that do not depend on these move out, into a pointwise comprehension behind the sum; a sum of products of which one at
    least is a contraction of two arrays becomes a sum of sums; several factors become two, each an array, where what that costs is
    less than what it saves: a factor with a function in it, three factors, a pair whose own contracted indices can be summed first.
    """
    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if node.op != "sum" or not node.gather or not node.reduced:
            return node
        terms = sp.Add.make_args(node.body)
        if len(terms) > 1 and any(_contracts(term, node) for term in terms):
            place = node.out
            parts = [At(new.append(_one(new, replace(node, body=term))), *place) for term in terms]
            return replace(node, extents=node.shape, body=sp.Add(*parts))
        return _one(new, node)

    return rewrite(f, change)


def _contracts(term: sp.Expr, node: Comprehension) -> bool:
    """Whether two factors of a term have output indices that the other lacks."""
    summed = {symbol for symbol, _ in node.reduced}
    own = [indices_of(factor) for factor in sp.Mul.make_args(term) if indices_of(factor) & summed]
    return any(a - b - summed and b - a - summed for a, b in combinations(own, 2))


def _one(new: Rewrite, node: Comprehension) -> Comprehension:
    """A sum of one product."""
    summed = {symbol for symbol, _ in node.reduced}
    apart = [part for part in sp.Mul.make_args(node.body) if not indices_of(part) & summed and not part.has(*summed)]
    inside = [Factor(part, frozenset(indices_of(part))) for part in sp.Mul.make_args(node.body) if part not in apart]
    if not inside:
        return _without(node, summed, _count(node, summed) * node.body)
    unread = summed - set().union(*(part.indices for part in inside))
    if unread:                                       # nothing depends on these: as many times the same
        apart.append(_count(node, unread))
        node = _without(node, unread, sp.Mul(*(part.value for part in inside)))
        moved = _one(new, node)
        return _behind(new, moved, apart, node.name)
    node = replace(node, body=sp.Mul(*(part.value for part in inside)))
    node = _paired(new, node, inside)
    return _behind(new, node, apart, node.name) if apart else node


def _count(node: Comprehension, symbols: set[sp.Symbol]) -> sp.Expr:
    """The number of points of some loops."""
    return sp.Mul(*(over(node)[symbol] for symbol in sorted(symbols, key=str)))


def _behind(new: Rewrite, node: Comprehension, apart: list[sp.Expr], name: str) -> Comprehension:
    """A product of factors with a sum, as a pointwise comprehension."""
    place = tuple(map(index, range(len(node.shape))))
    inner = new.append(replace(node, name=f"sum_{name}"))
    return replace(node, name=name, extents=node.shape, out=place, body=sp.Mul(*apart, At(inner, *place)), guards=())


def _without(node: Comprehension, gone: set[sp.Symbol], body: sp.Expr) -> Comprehension:
    box = [item for item in node.box if item[0] not in gone]
    return comprehension(node.shape, box, node.out, body, name=node.name, base=node.base)


def _paired(new: Rewrite, node: Comprehension, parts: list[Factor]) -> Comprehension:
    """The sum with its factors brought down to two arrays, or as it was."""
    extents, out = over(node), {e for e in node.out if e in over(node)}
    size = lambda symbols: points(extents[s] for s in symbols)
    parts = _alike(new, node, parts)
    while len(parts) > 2:
        pairs = [_Pair(parts, a, b, out) for a, b in combinations(range(len(parts)), 2)]
        best = min(pairs, key=lambda pair: (size(pair.union), size(pair.kept), pair.a, pair.b))
        if (1 if best.summed else PAYS) * size(best.union) > size(extents):
            break
        parts = [*best.rest, _array(new, node, best.value, best.kept, best.summed)]
    if len(parts) > 2 or not _worth(parts, size, extents):
        return _product(node, parts)
    return _product(node, [_array(new, node, part.value, part.indices, frozenset()) if not isinstance(part.value, At) else part
                           for part in parts])


@dataclass(frozen=True)
class _Pair:
    """Two of several factors: `kept` are the indices that others need too, `summed` those that can be summed at once."""

    parts: list[Factor]
    a: int
    b: int
    out: set[sp.Symbol]

    @property
    def value(self) -> sp.Expr:
        return self.parts[self.a].value * self.parts[self.b].value

    @property
    def rest(self) -> list[Factor]:
        return [part for k, part in enumerate(self.parts) if k not in (self.a, self.b)]

    @property
    def union(self) -> frozenset[sp.Symbol]:
        return self.parts[self.a].indices | self.parts[self.b].indices

    @property
    def kept(self) -> frozenset[sp.Symbol]:
        return self.union & (self.out | set().union(*(part.indices for part in self.rest)))

    @property
    def summed(self) -> frozenset[sp.Symbol]:
        return self.union - self.kept


def _alike(new: Rewrite, node: Comprehension, parts: list[Factor]) -> list[Factor]:
    """Factors over the same indices, or over fewer than another, multiplied together where two factors remain."""
    parts = sorted(parts, key=lambda part: (len(part.indices), sp.default_sort_key(part.value)))
    if len(parts) < 2:
        return parts
    merged: list[Factor] = []
    for part in reversed(parts):
        host = next((k for k, other in reversed(list(enumerate(merged))) if part.indices <= other.indices
                     and not (isinstance(part.value, At) and isinstance(other.value, At) and len(parts) == 2)), None)
        if host is None:
            merged.append(part)
        else:
            merged[host] = Factor(merged[host].value * part.value, merged[host].indices)
    return merged


def _worth(parts: list[Factor], size, extents) -> bool:
    """Whether factors that are no reads are small enough beside the whole to be stored."""
    made = [part for part in parts if not isinstance(part.value, At)]
    return len(parts) == 2 and bool(made) and PAYS * sum(size(part.indices) for part in made) <= size(extents)


def _product(node: Comprehension, parts: list[Factor]) -> Comprehension:
    left = set().union(*(part.indices for part in parts)) if parts else set()
    box = [(symbol, extent) for symbol, extent in node.box if symbol in left or symbol in node.out]
    return comprehension(node.shape, box, node.out, sp.Mul(*(part.value for part in parts)), name=node.name, base=node.base)


def _array(new: Rewrite, node: Comprehension, value: sp.Expr, kept: frozenset[sp.Symbol] | set[sp.Symbol],
           summed: frozenset[sp.Symbol] | set[sp.Symbol]) -> Factor:
    """A factor as an array: over the axes of what it reads when that is at one place, else over the loop indices."""
    extents, found = over(node), reads(value)
    places = {read.indices for read in found}
    if not summed and len(places) == 1 and not value.has(Argmax):
        (place,) = places
        shapes = {new.wires[read.name].shape for read in found}
        own = tuple(map(index, range(len(place))))
        bare = value.xreplace({read: At(read.args[0], *own) for read in found})
        if len(shapes) == 1 and not indices_of(bare) - set(own) and indices_of(value.xreplace(dict.fromkeys(found, sp.S.One))) == set():
            (shape,) = shapes
            return Factor(At(new.define(shape, zip(own, shape, strict=True), own, bare, name="factor", base=node.base), *place),
                          frozenset(indices_of(value)))
    order = [symbol for symbol, _ in node.box if symbol in kept]
    contracted = [symbol for symbol, _ in node.box if symbol in summed]
    name = new.append(_one(new, comprehension([extents[s] for s in order], [(s, extents[s]) for s in (*order, *contracted)], order, value,
                                              name="factor", base=node.base)))
    return Factor(At(name, *order), frozenset(kept))
