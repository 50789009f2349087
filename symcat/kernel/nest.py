"""The loop language: a nest of loops over one or several stores, every access an address in a flat buffer.

A comprehension is lowered in three moves.  Deltas are solved for a loop index, which disappears; what cannot be solved, the
brackets and the guards stay as conditions.  Multi-dimensional accesses become addresses, affine in the loop indices.  The
loops are put in order and adjacent ones merged (`order`).

Modes of a nest:

    assign    every entry of the target is written once; several stores may share the loops
    reduce    the loops before `inner` run over the entries, the others accumulate
    turn      an assign that copies rows to columns, in square tiles
    product   a reduce whose body is a product of two reads, run in tiles of rows and vectors
    dot       the same without vectors, as products of NumPy's matrices
    max       like reduce, with the first maximum and its position
    scatter   the target is filled with 0 (unless it continues another nest), then every point adds to it

Rows of the last axis of every array in the arena are padded to whole vectors: `Memory` knows the sizes with and without.  A
loop index in `spare` may run on to the padded extent, since every access that has it has it alone and last.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta, affine, is_index
from symcat.category.functions import where
from symcat.errors import UsageError

Shape = tuple[int, ...]
WINDOW = 32     # positions of a maximum that are tried in turn
TIME = sp.Symbol("_t", integer=True)     # the step of a recurrence: a number that the loop around its nests sets


@dataclass(frozen=True)
class Memory:
    """The shapes of all arrays as they are meant, and as they lie in memory; those of the arena have padded rows."""

    meant: Mapping[str, Shape]
    held: Mapping[str, Shape]
    arena: frozenset[str]

    def size(self, name: str) -> int:
        """The number of entries that an array takes, padding included."""
        return math.prod(self.held[name])


def padded(shape: Shape, width: int) -> Shape:
    """The shape with its last axis rounded up: to a power of two below the vector width, else to a multiple of it.

    >>> padded((7, 3), 16), padded((7, 33), 16), padded((5,), 16), padded((), 16)
    ((7, 4), (7, 48), (8,), ())
    """
    if not shape:
        return shape
    *outer, last = shape
    row = -(-last // width) * width if last > width else 1 << (last - 1).bit_length()
    return (*outer, row)


@dataclass(frozen=True)
class Store:
    """`target[address] = body` or `+= body`; reads in the body are `At(name, address)`."""

    target: str
    address: sp.Expr
    body: sp.Expr

    @cached_property
    def accesses(self) -> list[At]:
        return sorted(self.body.atoms(At), key=sp.default_sort_key)

    @cached_property
    def selectors(self) -> list[Argmax]:
        return sorted(self.body.atoms(Argmax) | self.address.atoms(Argmax), key=sp.default_sort_key)

    def map(self, change: Mapping[sp.Expr, sp.Expr]) -> Store:
        return Store(self.target, self.address.xreplace(change), self.body.xreplace(change))


@dataclass(frozen=True)
class Nest:
    """Loops, outermost first, over stores; `guards` are >= 0 and `zeros` are 0 at the points that count.

    `fill` entries are set to 0 before a scatter; `components` are the contracted indices of a max, by position.  The loop
    `lanes` runs in vectors.  `spare` gives the extents up to which loops may run over padding.  Nests of one `group` run together
    for every step of a recurrence; what they fill begins at `origin`.
    """

    mode: str
    loops: tuple[tuple[sp.Symbol, int], ...]
    stores: tuple[Store, ...]
    inner: int = 0
    guards: tuple[sp.Expr, ...] = ()
    zeros: tuple[sp.Expr, ...] = ()
    fill: int = 0
    components: tuple[tuple[int, sp.Expr], ...] = ()
    label: str = ""
    lanes: sp.Symbol | None = None
    spare: tuple[tuple[sp.Symbol, int], ...] = ()
    group: int | None = None
    origin: sp.Expr = sp.S.Zero

    @property
    def extents(self) -> Shape:
        return tuple(extent for _, extent in self.loops)

    @property
    def points(self) -> int:
        return int(sp.prod(self.extents))

    @property
    def targets(self) -> tuple[str, ...]:
        """The arrays that are written, were it only with zeros."""
        return tuple(store.target for store in self.stores) or (self.label,)

    @cached_property
    def selectors(self) -> list[Argmax]:
        conditions = set().union(*(e.atoms(Argmax) for e in (*self.guards, *self.zeros)), *(store.selectors for store in self.stores))
        return sorted(conditions, key=sp.default_sort_key)

    @cached_property
    def reads(self) -> set[str]:
        """The arrays that are read, selectors included."""
        return {read.name for store in self.stores for read in store.accesses} | {call.name for call in self.selectors}

    def map(self, change: Mapping[sp.Expr, sp.Expr]) -> Nest:
        move = lambda e: e.xreplace(change)
        return replace(self, stores=tuple(store.map(change) for store in self.stores), guards=tuple(map(move, self.guards)),
                       zeros=tuple(map(move, self.zeros)), components=tuple((k, move(e)) for k, e in self.components))


@dataclass(frozen=True)
class _Term:
    """One summand of a comprehension while its deltas are being solved."""

    extents: dict[sp.Symbol, int]
    out: tuple[sp.Expr, ...]
    body: sp.Expr
    guards: tuple[sp.Expr, ...]
    zeros: tuple[sp.Expr, ...]
    solved: tuple[sp.Symbol, ...] = ()

    def put(self, symbol: sp.Symbol, value: sp.Expr) -> _Term:
        """The term with a loop index replaced by an expression, its loop gone."""
        move = lambda e: sp.expand(e.xreplace({symbol: value}))
        left = {s: n for s, n in self.extents.items() if s != symbol}
        return _Term(left, tuple(map(move, self.out)), self.body.xreplace({symbol: value}), tuple(map(move, self.guards)),
                     tuple(map(move, self.zeros)), (*self.solved, symbol))


def lower(node: Comprehension, memory: Memory, ranks: Mapping[str, Shape], row: tuple[sp.Expr, ...] = ()) -> list[Nest]:
    """The nests of a comprehension, before they are arranged; `ranks` gives the extents of the reduced indices of every max.

    With `row` the comprehension is about one row of its array: the indices of the array are these, then its own.
    """
    if node.base.modulus:
        raise UsageError(f"{node.name} is over {node.base}: kernels compute with real numbers")
    box = {symbol: int(extent) for symbol, extent in node.box}
    if node.op == "max":
        return [_maximum(node, box, memory, row)]
    terms = [_solve(term, ranks) for term in _terms(node, box)]
    size = math.prod(memory.held[node.name][len(row):])
    origin = flat((*row, *(sp.S.Zero for _ in node.shape)), memory.held[node.name])
    written = [term for term in terms if term is not None]
    if not written:
        return [Nest("scatter", (), (), fill=size, label=node.name, origin=origin)]
    alone = len(terms) == 1
    nests = [_nest(node, _without_unit_loops(term), memory, alone, row) for term in written]
    return [replace(nest, fill=size if k == 0 and nest.mode == "scatter" else 0, origin=origin) for k, nest in enumerate(nests)]


def flat(indices: Iterable[sp.Expr], shape: Shape) -> sp.Expr:
    """The address of an entry in row-major order.

    >>> flat(sp.symbols("i j"), (3, 4))
    4*i + j
    """
    address = sp.S.Zero
    for e, extent in zip(indices, shape, strict=True):
        address = address * extent + e
    return sp.expand(address)


def flattened(expr: sp.Expr, shapes: Mapping[str, Shape]) -> sp.Expr:
    """An expression with the accesses of reads and selectors as addresses, the selectors inside of reads first."""
    for kind in (Argmax, At):
        found = {}
        for access in expr.atoms(kind):
            shape = shapes[access.name]
            if kind is Argmax:
                found[access] = Argmax(access.name, access.component, flat(access.indices, shape))
            else:
                found[access] = At(access.name, flat(access.indices, shape))
        expr = expr.xreplace(found)
    return expr


def _terms(node: Comprehension, box: dict[sp.Symbol, int]) -> list[_Term]:
    """The summands: one, or one for each term of the body when some term has a delta or a bracket that selects points."""
    if not selective(node):
        body = sp.Add(*[_chosen(summand) for summand in sp.Add.make_args(node.body)])
        return [_Term(box, node.out, body, node.guards, ())]
    terms = []
    for summand in sp.Add.make_args(node.body):
        guards, zeros, factors = list(node.guards), [], []
        for factor in sp.Mul.make_args(summand):
            selector = _selector(factor)
            if selector is None or _in_window(selector, box):
                factors.append(factor)
            else:
                (guards if isinstance(selector, Bracket) else zeros).append(sp.expand(selector.args[0]))
        terms.append(_Term(box, node.out, _chosen(sp.Mul(*factors)), tuple(guards), tuple(zeros)))
    return terms


def selective(node: Comprehension) -> bool:
    """Whether a delta or a bracket selects points, so that a comprehension is run term by term."""
    box = {symbol: int(extent) for symbol, extent in node.box}
    selectors = (_selector(factor) for summand in sp.Add.make_args(node.body) for factor in sp.Mul.make_args(summand))
    return any(selector is not None and not _in_window(selector, box) for selector in selectors)


def _chosen(summand: sp.Expr) -> sp.Expr:
    """A summand with deltas of places as a choice between its value and 0."""
    factors = sp.Mul.make_args(summand)
    places = [factor for factor in factors if _selector(factor) is not None and factor.has(Argmax)]
    if not places:
        return summand
    rest = [factor for factor in factors if factor not in places]
    return where(sp.Mul(*(_selector(factor) for factor in places)), sp.Mul(*rest), sp.S.Zero)


def _in_window(selector: Bracket | Delta, box: dict[sp.Symbol, int]) -> bool:
    """Whether a delta compares the place of a maximum with loops over a small window: a choice in each lane, no address."""
    own = [s for s in selector.args[0].free_symbols if selector.args[0].coeff(s) != 0]
    return isinstance(selector, Delta) and selector.has(Argmax) and bool(own) and math.prod(box[s] for s in own) <= WINDOW


def _selector(factor: sp.Expr) -> Bracket | Delta | None:
    """The bracket or delta of which a factor is a positive power."""
    base, exponent = factor.as_base_exp()
    return base if isinstance(base, (Bracket, Delta)) and exponent.is_Integer and exponent > 0 else None


def _solve(term: _Term, ranks: Mapping[str, Shape]) -> _Term | None:
    """The term with its deltas solved; None when one of them is never 0."""
    unsolved: tuple[sp.Expr, ...] = ()
    while term.zeros:
        zero, *others = term.zeros
        rest = replace(term, zeros=tuple(others))
        if zero.is_Integer:
            if zero != 0:
                return None
            term = rest
            continue
        symbol = _solvable(zero, term)
        if symbol is None:
            unsolved, term = (*unsolved, zero), rest
            continue
        value = sp.expand(-zero.coeff(symbol) * (zero - zero.coeff(symbol) * symbol))
        extent = term.extents[symbol]
        moved = rest.put(symbol, value)
        low, high = _interval(value, moved.extents, ranks)
        guards = moved.guards + ((value,) if low < 0 else ()) + ((extent - 1 - value,) if high >= extent else ())
        unsolved = tuple(sp.expand(e.xreplace({symbol: value})) for e in unsolved)
        term = replace(moved, guards=guards)
    return replace(term, zeros=unsolved)


def _solvable(zero: sp.Expr, term: _Term) -> sp.Symbol | None:
    """The loop index that an equation determines: with coefficient 1 or -1, not inside of a selector, contracted ones first."""
    hidden = set().union(*(call.free_symbols for call in zero.atoms(Argmax)))
    kept = set().union(*(e.free_symbols for e in term.out))
    found = [s for s in term.extents if zero.coeff(s) in (1, -1) and s not in hidden]
    return min(found, key=lambda s: (s in kept, -int(s.name[1:])), default=None)


def _interval(e: sp.Expr, extents: Mapping[sp.Symbol, int], ranks: Mapping[str, Shape]) -> tuple[int, int]:
    """The least and the greatest value that an affine expression can have."""
    low = high = 0
    for variable, coefficient in affine(e).items():
        if variable is sp.S.One:
            low, high = low + coefficient, high + coefficient
            continue
        last = (extents[variable] if variable in extents else ranks[variable.name][variable.component]) - 1
        low, high = low + min(0, coefficient * last), high + max(0, coefficient * last)
    return low, high


def _without_unit_loops(term: _Term) -> _Term:
    for symbol, extent in list(term.extents.items()):
        if extent == 1:
            solved = term.solved
            term = replace(term.put(symbol, sp.S.Zero), solved=solved)
    return term


def _nest(node: Comprehension, term: _Term, memory: Memory, alone: bool, row: tuple[sp.Expr, ...]) -> Nest:
    rank, shapes = len(node.shape), memory.held
    kept = set(node.out[:rank]) if node.gather else set()
    contracted = {s for s in term.extents if s not in set().union(*(e.free_symbols for e in term.out))}
    conditions = (*term.guards, *term.zeros)
    covers = alone and node.gather and not kept & set(term.solved) and all(e.free_symbols & contracted for e in conditions)
    store = Store(node.name, flattened(flat((*row, *term.out), shapes[node.name]), shapes), flattened(term.body, shapes))
    mode = "scatter" if not covers else "reduce" if contracted else "assign"
    if mode == "scatter" and alone and not conditions and not contracted and _fills(node, term):
        mode = "assign"
    outer = [item for item in term.extents.items() if item[0] not in contracted]
    loops = (*outer, *((s, n) for s, n in term.extents.items() if s in contracted))
    return Nest(mode, loops, (store,), len(outer), tuple(flattened(e, shapes) for e in term.guards),
                tuple(flattened(e, shapes) for e in term.zeros), label=node.name, spare=_spare(node, term, memory, row))


def _fills(node: Comprehension, term: _Term) -> bool:
    """Whether the points of a scatter write every entry of its array, each exactly once: the places are digits of one number."""
    if any(e.has(Argmax) for e in term.out) or math.prod(term.extents.values()) != math.prod(_sizes(node.shape)):
        return False
    address, span = flat(term.out, _sizes(node.shape)), 0
    for step, extent in sorted((abs(int(address.coeff(s))), n) for s, n in term.extents.items()):
        if step <= span:
            return False
        span += step * (extent - 1)
    return True


def _sizes(shape: Iterable[sp.Expr]) -> Shape:
    return tuple(int(extent) for extent in shape)


def _maximum(node: Comprehension, box: dict[sp.Symbol, int], memory: Memory, row: tuple[sp.Expr, ...]) -> Nest:
    rank, shapes = len(node.shape), memory.held
    term = _without_unit_loops(_Term(box, node.out, node.body, (), ()))
    components = tuple((k, symbol if symbol in term.extents else sp.S.Zero) for k, (symbol, _) in enumerate(node.reduced))
    store = Store(node.name, flat((*row, *term.out), shapes[node.name]), flattened(term.body, shapes))
    inner = sum(1 for s in term.extents if int(s.name[1:]) < rank)
    return Nest("max", tuple(term.extents.items()), (store,), inner, components=components, label=node.name,
                spare=_spare(node, term, memory, row))


def _spare(node: Comprehension, term: _Term, memory: Memory, row: tuple[sp.Expr, ...]) -> tuple[tuple[sp.Symbol, int], ...]:
    """The loops that may run over the padding of rows, with the padded extent."""
    accesses = [(node.name, (*row, *term.out)), *((a.name, a.indices) for a in term.body.atoms(At, Argmax))]
    hidden = set().union(*(e.free_symbols for e in (*term.guards, *term.zeros)))
    hidden |= set().union(*(s.free_symbols for a in term.body.atoms(At) for e in a.indices for s in e.atoms(Argmax)))
    found = []
    for symbol, extent in term.extents.items():
        rows = [(name, indices) for name, indices in accesses if any(e.has(symbol) for e in indices)]
        alone = all(name in memory.arena and indices[-1] == symbol and not any(e.has(symbol) for e in indices[:-1])
                    and memory.meant[name][-1] == extent for name, indices in rows)
        if rows and alone and symbol not in hidden and len(wide := {memory.held[name][-1] for name, _ in rows}) == 1:
            found.append((symbol, wide.pop()))
    return tuple(found)


def depth_of(symbol: sp.Symbol) -> int:
    """The number of loops of a nest after whose start an index is known; the step of a recurrence is known before them."""
    return 0 if symbol == TIME else int(symbol.name[1:]) + 1


def value_symbols(expr: sp.Expr) -> set[sp.Symbol]:
    """The loop indices that occur as values or in conditions, outside of the addresses of reads and selectors."""
    hidden = dict.fromkeys(expr.atoms(At, Argmax), sp.S.One)
    return {s for s in expr.xreplace(hidden).free_symbols if is_index(s)}
