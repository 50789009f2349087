"""The order of loops: which one runs in vectors, which are merged, which nests are products of
matrices or transposed copies.

A loop may run in vectors when the addresses step evenly over it.  The one with the least estimated cost is taken: an access of
stride 1 costs one operation for a whole vector, of another stride one for each lane, and one that does not move costs nothing.
Loops that step through memory as one are merged, and a loop that may run over the padding of rows does.

Without vectors (a width of 1) loops stay scalar, and a contraction over one loop is a product of two matrices.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symcat.category.expression import Argmax, At, index
from symcat.kernel.nest import Nest, Store, value_symbols

OVERHEAD = 2.0      # of a loop's turn, in operations
FOLDING = 8.0       # of adding up the lanes of a vector


def arranged(nest: Nest, width: int) -> Nest:
    """The nest with its loops in the cheapest order for vectors of a width, merged where addresses allow, named by depth."""
    if not nest.loops or not nest.stores:
        return nest
    if width == 1:
        return _portable(nest)
    if is_product(nest):
        return _by_depth(_tiled(nest))
    if (turn := _turn(nest, width)) is not None:
        return _by_depth(turn)
    choices = [None, *(symbol for symbol, _ in nest.loops if _even(nest, symbol))]
    lanes = min(choices, key=lambda s: cost(nest, s, width))
    return _by_depth(_merged(_placed(nest, lanes)))


def _portable(nest: Nest) -> Nest:
    """The nest for a processor without vectors: a product of matrices as they lie in memory, or plain loops."""
    product = _tiled(nest) if is_product(nest) else nest
    if product.mode == "product" and len(product.loops) == product.inner + 1:
        return _by_depth(replace(product, mode="dot"))
    return _by_depth(_merged(_placed(nest, None)))


def stride(address: sp.Expr, symbol: sp.Symbol) -> int | None:
    """The coefficient of a loop index in an address; None when a selector depends on it."""
    if any(symbol in call.free_symbols for call in address.atoms(Argmax)):
        return None
    return int(address.coeff(symbol))


def addresses(nest: Nest) -> list[sp.Expr]:
    """The addresses of all stores, reads and selectors."""
    found = [e for store in nest.stores for e in (store.address, *(read.args[1] for read in store.accesses))]
    return found + [call.indices[0] for call in nest.selectors]


# ---- the loop that runs in vectors
def _even(nest: Nest, symbol: sp.Symbol) -> bool:
    """Whether a loop can run in vectors: every address steps evenly over it, and conditions on it can be bounds of its own loop."""
    if any(stride(e, symbol) is None for e in addresses(nest)) or any(symbol in e.free_symbols for e in nest.zeros):
        return False
    outer = {s for s, _ in nest.loops[: nest.inner]} if nest.mode in ("reduce", "max") else {s for s, _ in nest.loops}
    contracted = {s for s, _ in nest.loops} - outer
    for guard in nest.guards:
        if symbol in guard.free_symbols and (abs(guard.coeff(symbol)) != 1 or guard.has(Argmax)):
            return False
        if symbol in guard.free_symbols and symbol in outer and guard.free_symbols & contracted:
            return False
    if nest.mode == "scatter" and stride(nest.stores[0].address, symbol) == 0:
        return False
    if nest.mode == "max" and symbol in contracted:
        return symbol not in {e for _, e in nest.components}
    return True


def cost(nest: Nest, symbol: sp.Symbol | None, width: int) -> float:
    """Estimated operations of a nest whose loop `symbol` runs in vectors; without one, of scalar code."""
    moving = [stride(e, symbol) if symbol is not None else 0 for e in addresses(nest)]
    if symbol is None:
        return nest.points * (len(moving) + OVERHEAD)
    extent = dict(nest.loops)[symbol]
    wide = extent if symbol in dict(nest.spare) else extent // width * width + _tail(extent % width) * width
    vectors = max(1, -(-wide // width))
    each = sum(0.1 if s == 0 else 1 if s == 1 else min(width, extent) for s in moving)
    turns = nest.points // extent * vectors
    contracted = nest.mode in ("reduce", "max") and symbol in {s for s, _ in nest.loops[nest.inner:]}
    outputs = sp.prod([n for _, n in nest.loops[: nest.inner]]) if contracted else 0
    hidden = 1.0 if symbol in value_symbols(nest.stores[0].body) else 0.0
    return turns * (each + OVERHEAD / 2 + hidden) + FOLDING * int(outputs)


def _tail(left: int) -> int:
    """The number of pieces that a tail shorter than a vector is cut into."""
    return bin(left).count("1")


def _placed(nest: Nest, lanes: sp.Symbol | None) -> Nest:
    """The nest with its vector loop last in its part, and widened over padding where that is allowed."""
    parts = _parts(nest)
    if lanes is not None:
        parts = [[*(item for item in part if item[0] != lanes), *(item for item in part if item[0] == lanes)] for part in parts]
    outer, inner = parts
    spare, limits = dict(nest.spare), dict(nest.loops)
    if lanes in spare and lanes in {s for s, _ in outer}:
        outer = [(s, spare[s] if s == lanes else n) for s, n in outer]
    over = tuple((s, n) for s, n in nest.spare if s == lanes and limits[s] < n and s in dict(inner))
    return replace(nest, loops=(*outer, *inner), inner=len(outer), lanes=lanes, spare=over)


def _parts(nest: Nest) -> list[list[tuple[sp.Symbol, int]]]:
    """The loops over entries, and the accumulating ones."""
    cut = nest.inner if nest.mode in ("reduce", "max") else len(nest.loops)
    return [list(nest.loops[:cut]), list(nest.loops[cut:])]


# ---- transposed copies
def _turn(nest: Nest, width: int) -> Nest | None:
    """A copy that turns rows of one array into columns of another, its two loops last; None for any other nest."""
    if nest.mode != "assign" or len(nest.stores) != 1 or not isinstance(nest.stores[0].body, At) or nest.selectors:
        return None
    target, source = nest.stores[0].address, nest.stores[0].body.args[1]
    across = [item for item in nest.loops if stride(target, item[0]) == 1 and stride(source, item[0]) > 1 and item[1] % width == 0]
    down = [item for item in nest.loops if stride(source, item[0]) == 1 and stride(target, item[0]) > 1]
    if len(across) != 1 or len(down) != 1:
        return None
    (symbol, extent), spare = down[0], dict(nest.spare)
    if extent % width and spare.get(symbol, 0) < -(-extent // width) * width:
        return None
    rest = [item for item in nest.loops if item not in (across[0], down[0])]
    return replace(nest, mode="turn", loops=(*rest, down[0], across[0]), inner=len(nest.loops), lanes=across[0][0], spare=())


# ---- loops that step through memory as one
def _merged(nest: Nest) -> Nest:
    pinned = set().union(*(e.free_symbols for e in (*nest.guards, *nest.zeros, *(e for _, e in nest.components))))
    pinned |= set().union(*(value_symbols(store.body) for store in nest.stores))
    position = len(nest.loops) - 2
    while position >= 0:
        (a, m), (b, n) = nest.loops[position], nest.loops[position + 1]
        spared = b in dict(nest.spare)
        if (position + 1 < nest.inner or position >= nest.inner) and not {a, b} & pinned and not spared and _adjacent(nest, a, b, n):
            nest = replace(nest.map({a: sp.S.Zero}), loops=(*nest.loops[:position], (b, m * n), *nest.loops[position + 2:]),
                           inner=nest.inner - (position < nest.inner), lanes=b if nest.lanes in (a, b) else nest.lanes)
        position -= 1
    return nest


def _adjacent(nest: Nest, a: sp.Symbol, b: sp.Symbol, extent: int) -> bool:
    """Whether every address steps over the inner loop exactly when the outer one advances."""
    return all((outer := stride(e, a)) is not None and (inner := stride(e, b)) is not None and outer == extent * inner
               for e in addresses(nest))


def _by_depth(nest: Nest) -> Nest:
    names = {symbol: index(depth) for depth, (symbol, _) in enumerate(nest.loops)}
    return replace(nest.map(names), loops=tuple((names[symbol], extent) for symbol, extent in nest.loops),
                   lanes=names.get(nest.lanes), spare=tuple((names[s], n) for s, n in nest.spare if s in names))


# ---- products of matrices
def factors(store: Store) -> tuple[At, At] | None:
    """The two reads of which a body is the product."""
    parts = sp.Mul.make_args(store.body)
    return tuple(parts) if len(parts) == 2 and all(isinstance(part, At) for part in parts) else None


def columns(nest: Nest) -> tuple[sp.Symbol, At, At] | None:
    """A product's vector loop, the factor that is spread over rows and the one that is loaded in vectors."""
    pair = factors(nest.stores[0])
    if pair is None:
        return None
    for symbol, _ in reversed(nest.loops[: nest.inner]):
        if stride(nest.stores[0].address, symbol) != 1:
            continue
        steps = [stride(read.args[1], symbol) for read in pair]
        if sorted(steps, key=lambda s: -1 if s is None else s) == [0, 1]:
            return symbol, pair[steps.index(0)], pair[steps.index(1)]
    return None


def is_product(nest: Nest) -> bool:
    """Whether a nest is a product of matrices: a contraction of two reads, without conditions, one of them with columns of stride 1."""
    if nest.mode != "reduce" or nest.guards or nest.zeros or nest.selectors or len(nest.loops) == nest.inner:
        return False
    found = columns(nest)
    if found is None:
        return False
    symbol, left, right = found
    rows = [s for s, _ in nest.loops[: nest.inner] if stride(left.args[1], s) and not stride(right.args[1], s)]
    return dict(nest.loops)[symbol] > 1 and bool(rows)


def _tiled(nest: Nest) -> Nest:
    """A product's loops: those that neither factor shares with the rows, then rows, then columns, then what is contracted."""
    lanes, left, right = columns(nest)
    outer = [item for item in nest.loops[: nest.inner] if item[0] != lanes]
    rows = [item for item in outer if stride(left.args[1], item[0]) and not stride(right.args[1], item[0])]
    rest = [item for item in outer if item not in rows]
    wide = dict(nest.spare).get(lanes, dict(nest.loops)[lanes])
    rows = _joined(nest, rows)
    rest_and_lanes = _joined(nest, [*rest, (lanes, wide)])
    contracted = _joined(nest, list(nest.loops[nest.inner:]))
    loops = (*rest_and_lanes[:-1], *rows, rest_and_lanes[-1], *contracted)
    gone = {s: sp.S.Zero for s, _ in nest.loops if s not in {symbol for symbol, _ in loops}}
    return replace(nest.map(gone), mode="product", loops=loops, inner=len(loops) - len(contracted), lanes=rest_and_lanes[-1][0], spare=())


def _joined(nest: Nest, loops: list[tuple[sp.Symbol, int]]) -> list[tuple[sp.Symbol, int]]:
    """Neighbouring loops that step through memory as one, as one."""
    position = len(loops) - 2
    while position >= 0:
        (a, m), (b, n) = loops[position], loops[position + 1]
        if _adjacent(nest, a, b, n):
            loops = [*loops[:position], (b, m * n), *loops[position + 2:]]
        position -= 1
    return loops
