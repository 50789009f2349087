"""The order of loops: unit stride innermost, adjacent loops merged, transposed copies where they pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index
from symcat.category.morphism import Builder, Morphism
from symcat.kernel.nest import Nest, Shape, Store, flat, value_symbols

LANES = 8
UNROLL = 8
LARGE = 2048
LATENCY = 4.0


def ordered(nest: Nest) -> Nest:
    """The nest with its loops in the cheapest order, merged where addresses allow, and its indices named by depth."""
    if nest.mode in ("reduce", "scatter", "assign") and nest.loops:
        nest = _reordered(nest)
    nest = _merged(nest)
    return _by_depth(nest)


def unrolled(nest: Nest) -> list[Nest]:
    """A large row nest with several contracted points per pass over the row, so that the row is loaded and stored less often.

    The contracted points that are left over follow in a nest that continues the row.
    """
    position = len(nest.loops) - 2
    if nest.mode != "row" or nest.guards or nest.zeros or position < nest.inner or nest.points < LARGE:
        return [nest]
    symbol, extent = nest.loops[position]
    store, times = nest.stores[0], _times(extent)
    if times == 1 or symbol in value_symbols(store.body) or store.body.has(Argmax):
        return [nest]
    whole, left = divmod(extent, times)
    main = _repeated(nest, position, whole, [times * symbol + k for k in range(times)])
    if not left:
        return [main]
    rest = _repeated(nest, position, 1, [sp.Integer(whole * times + k) for k in range(left)])
    return [main, replace(rest, continues=True)]


def _times(extent: int) -> int:
    """How many points one pass takes: a divisor of the extent where there is one, so that none is left over."""
    return next((n for n in range(UNROLL, UNROLL // 2, -1) if extent % n == 0), min(UNROLL, extent))


def _repeated(nest: Nest, position: int, extent: int, places: list[sp.Expr]) -> Nest:
    """The nest with the body summed over several places of a contracted loop, which now has another extent."""
    store, (symbol, _) = nest.stores[0], nest.loops[position]
    move = lambda place: {read: At(read.name, sp.expand(read.args[1].xreplace({symbol: place}))) for read in store.accesses}
    body = sp.Add(*[store.body.xreplace(move(place)) for place in places])
    loops = (*nest.loops[:position], *(((symbol, extent),) if extent > 1 else ()), *nest.loops[position + 1:])
    change = {} if extent > 1 else {symbol: sp.S.Zero}
    return _by_depth(replace(nest, loops=loops, stores=(replace(store, body=body),)).map(change))


def cost(store: Store, symbol: sp.Symbol, extent: int) -> float:
    """Estimated cycles for one point of a nest whose innermost loop is `symbol`."""
    target = stride(store.address, symbol)
    strided = [a for a in store.accesses if stride(a.args[1], symbol) not in (0, 1)]
    if target == 0:
        return LATENCY + len(strided) + 3 / extent
    if target == 1 and not strided and symbol not in value_symbols(store.body):
        return (1.5 * -(-extent // LANES) + 3) / extent
    return 1.5 + len(strided) + (target != 1) + 3 / extent


def stride(address: sp.Expr, symbol: sp.Symbol) -> int | None:
    """The coefficient of a loop index in an address; None when a selector depends on it."""
    if any(symbol in call.free_symbols for call in address.atoms(Argmax)):
        return None
    return int(address.coeff(symbol))


def _reordered(nest: Nest) -> Nest:
    store = nest.stores[0]
    best = min(nest.loops, key=lambda item: (cost(store, *item), -nest.loops.index(item)))
    others = [item for item in nest.loops if item != best]
    if nest.mode != "reduce":
        return replace(nest, loops=(*others, best))
    outer = [item for item in others if item in nest.loops[: nest.inner]]
    contracted = [item for item in others if item in nest.loops[nest.inner:]]
    if best in nest.loops[: nest.inner]:
        return replace(nest, mode="row", loops=(*outer, *contracted, best), inner=len(outer))
    return replace(nest, loops=(*outer, *contracted, best), inner=len(outer))


def _classes(nest: Nest) -> list[int]:
    """For each loop the part of the nest that it belongs to; only loops of one part may be merged."""
    last = len(nest.loops) - 1
    if nest.mode in ("assign", "scatter"):
        return [0] * (last + 1)
    return [0 if k < nest.inner else 2 if nest.mode == "row" and k == last else 1 for k in range(last + 1)]


def _merged(nest: Nest) -> Nest:
    pinned = set().union(*(e.free_symbols for e in (*nest.guards, *nest.zeros, *(e for _, e in nest.components))))
    pinned |= set().union(*(value_symbols(store.body) for store in nest.stores))
    position = len(nest.loops) - 2
    while position >= 0:
        (a, m), (b, n) = nest.loops[position], nest.loops[position + 1]
        parts = _classes(nest)
        if parts[position] == parts[position + 1] and not {a, b} & pinned and _adjacent(nest, a, b, n):
            nest = replace(nest.map({a: sp.S.Zero}), loops=(*nest.loops[:position], (b, m * n), *nest.loops[position + 2:]),
                           inner=nest.inner - (position < nest.inner))
        position -= 1
    return nest


def _adjacent(nest: Nest, a: sp.Symbol, b: sp.Symbol, extent: int) -> bool:
    """Whether every address steps over the inner loop exactly when the outer one advances."""
    addresses = [e for store in nest.stores for e in (store.address, *(read.args[1] for read in store.accesses))]
    addresses += [call.indices[0] for call in nest.selectors]
    return all((outer := stride(e, a)) is not None and (inner := stride(e, b)) is not None and outer == extent * inner for e in addresses)


def _by_depth(nest: Nest) -> Nest:
    names = {symbol: index(depth) for depth, (symbol, _) in enumerate(nest.loops)}
    return replace(nest.map(names), loops=tuple((names[symbol], extent) for symbol, extent in nest.loops))


def transpose(f: Morphism) -> Morphism:
    """The program with transposed copies of factors that a contraction would read with a stride in its innermost loop.

    A copy is made when the cycles that it saves exceed the cycles that it takes; contractions of one factor share it.
    """
    build = Builder()
    build.inputs(f.dom)
    names: dict[str, str] = {}
    for node in f.nodes:
        moved = node.rename({old: new for old, new in names.items() if old != node.name})
        names[node.name] = build.append(_oriented(build, moved))
    return build.build([names.get(out, out) for out in f.outs], f.cod.names)


def _oriented(build: Builder, node: Comprehension) -> Comprehension:
    if not (node.gather and node.op == "sum" and node.reduced and node.shape) or node.body.atoms(Argmax):
        return node
    shapes = {name: _sizes(build.wires[name].shape) for name in node.sources}
    points = int(sp.prod(node.extents))
    box = [(symbol, int(extent)) for symbol, extent in node.box if extent > 1]
    if not box:
        return node
    best = min(cost(_stored(node, shapes, {}), *item) for item in box)
    for symbol, extent in box:
        if symbol != node.out[-1]:
            continue
        turned = {read: axis for read in sorted(node.body.atoms(At), key=sp.default_sort_key)
                  if (axis := _turnable(read, symbol, shapes[read.name])) is not None}
        saved = points * (best - cost(_stored(node, shapes, turned), symbol, extent))
        if turned and saved > 3 * sum(int(sp.prod(shapes[read.name])) for read in turned):
            copies = {read: _copy(build, read, axis) for read, axis in turned.items()}
            return replace(node, body=node.body.xreplace(copies))
    return node


def _turnable(read: At, symbol: sp.Symbol, shape: Shape) -> int | None:
    """The axis, not the last, at which a read has exactly the given index."""
    axes = [k for k, e in enumerate(read.indices) if e.has(symbol)]
    return axes[0] if len(axes) == 1 and axes[0] < len(shape) - 1 and read.indices[axes[0]] == symbol else None


def _turn(items: tuple, axis: int) -> tuple:
    return (*items[:axis], *items[axis + 1:], items[axis])


def _copy(build: Builder, read: At, axis: int) -> At:
    shape = _turn(build.wires[read.name].shape, axis)
    body = lambda *i: At(read.name, *i[:axis], i[-1], *i[axis:-1])
    return At(build.gather(shape, body, name=f"turned_{read.name}"), *_turn(read.indices, axis))


def _stored(node: Comprehension, shapes: Mapping[str, Shape], turned: Mapping[At, int]) -> Store:
    """The node's store with flat addresses, some reads as if their arrays were transposed."""
    found = {}
    for read in node.body.atoms(At):
        indices, shape = read.indices, shapes[read.name]
        if read in turned:
            indices, shape = _turn(indices, turned[read]), _turn(shape, turned[read])
        found[read] = At(read.name, flat(indices, shape))
    return Store(node.name, flat(node.out, _sizes(node.shape)), node.body.xreplace(found))


def _sizes(shape: tuple[sp.Expr, ...]) -> Shape:
    return tuple(int(extent) for extent in shape)
