"""Which axis of an array is the last: vectors run along it, in products, in pointwise loops, and in sums.

A product of two reads is computed row by row: the last index of the output steps by one through the last axis of exactly one
factor, and the other factor lacks it.  `lay_out` turns arrays of the program's own so that this holds at the places where they are
made and read; `orient` makes a turned copy of a factor where it still does not hold and the copy costs less than it saves.

Costs are estimates in cycles, for vectors of 16 entries: they choose between forms that are equal, and nothing depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, affine, index, reads
from symcat.category.morphism import Morphism
from symcat.category.space import Wire
from symcat.kernel.passes.rewrite import Rewrite, comprehension, indices_of, over, points, rewrite, selected

LANES = 16
COPIED = 1.5     # cycles for an entry of a copy that is read across rows
SUMMED = 20.0    # cycles to add up the lanes of a vector, and to store one number
STRIDED = 8.0    # cycles for a read or a write that is not along rows, in a loop that could be flat otherwise


@dataclass(frozen=True)
class Product:
    """A sum of a product of two reads, and the index `along` which the rows of its output run."""

    node: Comprehension
    left: At
    right: At

    @classmethod
    def of(cls, node: Comprehension) -> Product | None:
        """None when the comprehension is anything else."""
        if node.op != "sum" or not node.gather or not node.reduced or not node.shape or not node.body.is_Mul or len(node.body.args) != 2:
            return None
        left, right = sorted(node.body.args, key=sp.default_sort_key)
        return cls(node, left, right) if isinstance(left, At) and isinstance(right, At) and not node.body.has(Argmax) else None

    @cached_property
    def along(self) -> sp.Symbol:
        return self.node.out[-1]

    @cached_property
    def turned(self) -> At | None:
        """The factor that alone depends on the last output index, but not along its rows; None when there is nothing to turn."""
        own = [read for read in (self.left, self.right) if self.along in indices_of(read)]
        return own[0] if len(own) == 1 and not unit(own[0].indices, self.along) else None

    @cached_property
    def direct(self) -> bool:
        """Whether the rows of the output run along those of one factor, and the other is the same for all of them."""
        own = [read for read in (self.left, self.right) if self.along in indices_of(read)]
        return len(own) == 1 and unit(own[0].indices, self.along)

    @property
    def work(self) -> float:
        """Cycles of the product as a product, row by row."""
        extents = over(self.node)
        lanes = -(-int(extents[self.along]) // LANES) * LANES
        return points(self.node.extents) / LANES * lanes / int(extents[self.along])

    @property
    def slow(self) -> float:
        """Cycles of the product entry by entry."""
        return 2 * points(self.node.extents) / LANES + SUMMED * points(self.node.shape)

    def cost(self, wires: Mapping[str, Wire]) -> float:
        """Cycles, with a copy where it pays."""
        if self.direct:
            return self.work
        if self.turned is None:
            return self.slow
        return min(self.slow, self.work + COPIED * points(copied(self, self.turned, wires)[1]))


def unit(indices: tuple[sp.Expr, ...], symbol: sp.Symbol) -> bool:
    """Whether an index steps by one along the last axis, and along no other."""
    return bool(indices) and not any(e.has(symbol) for e in indices[:-1]) and affine(indices[-1]).get(symbol, 0) == 1


def cost(node: Comprehension, wires: Mapping[str, Wire]) -> float:
    """Cycles of a comprehension, as far as they depend on how arrays are laid out."""
    product = Product.of(node)
    if product is not None:
        return product.cost(wires)
    accesses = [read.indices for read in reads(node.body)] + [node.out]
    strided = min((sum(any(e.has(symbol) for e in indices) and not unit(indices, symbol) for indices in accesses)
                   for symbol, extent in node.box if extent > 1), default=0)
    return strided * STRIDED * points(node.extents)


def lay_out(f: Morphism) -> Morphism:
    """Arrays that are no outputs with another axis last, where this makes what writes and reads them cheaper."""
    fixed = {*f.outs, *selected(f)}
    wires, nodes = dict(f.wires), {node.name: node for node in f.nodes}
    readers: dict[str, list[str]] = {}
    for node in f.nodes:
        for name in node.sources:
            readers.setdefault(name, []).append(node.name)
    for name in [node.name for node in f.nodes if node.gather and len(node.shape) > 1 and node.name not in fixed and node.op == "sum"]:
        near = [name, *readers.get(name, [])]
        current = {one: nodes[one] for one in near}
        spent = sum(cost(node, wires) for node in current.values())
        best = (0.999 * spent, None, None)
        for axis in range(len(nodes[name].shape) - 1) if spent else ():
            order = _last(len(nodes[name].shape), axis)
            wire = Wire(wires[name].base, tuple(wires[name].shape[k] for k in order))
            changed = {one: _turn(node, name, order) for one, node in current.items()}
            best = min(best, (sum(cost(node, {**wires, name: wire}) for node in changed.values()), changed, wire), key=lambda item: item[0])
        if best[1] is not None:
            nodes.update(best[1])
            wires[name] = best[2]
    return rewrite(f, lambda new, node: new.renamed(nodes[node.name]))


def _last(rank: int, axis: int) -> tuple[int, ...]:
    """The axes in order, except that one comes last."""
    return (*(k for k in range(rank) if k != axis), axis)


def _turn(node: Comprehension, name: str, order: tuple[int, ...]) -> Comprehension:
    """A comprehension with one array's axes in another order, whether it reads or writes it."""
    found = {read: _moved(read, order) for read in node.body.atoms(At) if read.name == name}
    body = node.body.xreplace(found) if found else node.body
    if node.name != name:
        return replace(node, body=body) if found else node
    return comprehension([node.shape[k] for k in order], node.box, [node.out[k] for k in order], body, op=node.op, name=node.name,
                         base=node.base)


def _moved(read: At, order: tuple[int, ...]) -> At:
    return At(read.args[0], *(read.indices[k] for k in order))


def orient(f: Morphism) -> Morphism:
    """Products read a turned copy of a factor where that pays; contractions that want the same copy share it."""
    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        product = Product.of(node)
        if product is None or product.turned is None:
            return node
        read = product.turned
        indices, extents, body, symbols = copied(product, read, new.wires)
        if product.work + COPIED * points(extents) > product.slow:
            return node
        copy = new.define(extents, list(zip(symbols, extents, strict=True)), symbols, body, name=f"turned_{read.name}", base=node.base)
        return replace(node, body=node.body.xreplace({read: At(copy, *indices)}))

    return rewrite(f, change)


def copied(product: Product, read: At, wires: Mapping[str, Wire]) -> tuple[tuple, tuple, sp.Expr, tuple]:
    """A copy of a factor: the indices at which it is read then, its shape, its entry, and the indices of that.

    Axes come in the order: of both factors, contracted, of the output.  Where the index of the rows does not move along one axis
    alone, by steps of one, the copy has an axis for each loop index.
    """
    node, along = product.node, product.along
    other = product.left if read is product.right else product.right
    summed, shared = {symbol for symbol, _ in node.reduced}, indices_of(other)
    places = [k for k, e in enumerate(read.indices) if e.has(along)]
    rank = lambda symbols: 2 if not symbols & (summed | shared) else 1 if symbols & summed else 0
    if len(places) == 1 and affine(read.indices[places[0]]).get(along, 0) == 1:
        order = sorted(range(len(read.indices)), key=lambda k: (k == places[0], rank(indices_of(read.indices[k])), k))
        symbols = tuple(index(k) for k in range(len(order)))
        back = [symbols[order.index(k)] for k in range(len(order))]
        shape = wires[read.name].shape
        return tuple(read.indices[k] for k in order), tuple(shape[k] for k in order), At(read.args[0], *back), symbols
    own = sorted(indices_of(read), key=lambda s: (s == along, rank({s}), int(s.name[1:])))
    extents = over(node)
    return tuple(own), tuple(extents[s] for s in own), read, tuple(own)
