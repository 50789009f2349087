"""The text of one nest: loops, one of them in vectors, conditions, accumulators.

The loop that runs in vectors is cut into pieces, each with tiles of one shape: blocks of several vectors, then what is left,
then a tail of shorter ones.  A tail that may read padding is one vector, of which only the live lanes are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.kernel.nest import Nest, Store, depth_of, value_symbols
from symcat.kernel.order import stride
from symcat.kernel.place import Layout
from symcat.kernel.scalar import Names, Writer, letter
from symcat.kernel.schedule import Schedule

BLOCK = 4           # vectors in a block of light arithmetic
CHAINS = 8          # sums that run side by side
HEAVY = 6           # reads from which on a block is halved


@dataclass(frozen=True)
class Piece:
    """A part of the vector loop: from `start` to `stop` in tiles of `vectors` times `lanes`; scalar code when `lanes` is 0.

    Bounds that conditions move are texts; `live` is less than the width of a tile that reads padding.
    """

    start: int | str
    stop: int | str
    vectors: int = 0
    lanes: int = 0
    live: int = 0

    @property
    def width(self) -> int:
        return max(1, self.vectors * self.lanes)

    @property
    def shape(self) -> str:
        return f"1x1x{self.vectors}x{self.lanes}"


def pieces(start: int, stop: int, width: int, block: int, over: bool = False) -> list[Piece]:
    """The pieces of a loop with fixed bounds; with `over` the last vector may run past the end.

    >>> [(p.start, p.stop, p.shape) for p in pieces(0, 150, 16, 4)]
    [(0, 144, '1x1x3x16'), (144, 148, '1x1x1x4'), (148, 150, '1x1x1x2')]
    """
    count, left = divmod(stop - start, width)
    found, at = [], start
    vectors = next((v for v in range(min(block, count), 1, -1) if count % v == 0), min(block, count))
    for size in (vectors, count % vectors if vectors else 0):
        turns = (count if size == vectors else count % vectors) // size if size else 0
        if turns:
            found.append(Piece(at, at + turns * size * width, size, width, size * width))
            at += turns * size * width
    if over and left:
        return [*found, Piece(at, stop, 1, 1 << (left - 1).bit_length(), left)]
    lanes = width
    while left:
        lanes //= 2
        if left >= lanes:
            found.append(Piece(at, at + lanes, 1 if lanes > 1 else 0, lanes if lanes > 1 else 0, lanes))
            at, left = at + lanes, left - lanes
    return found


@dataclass(frozen=True)
class _Accumulator:
    """The variables of a sum or of a maximum and the places of its components."""

    value: str
    places: dict[int, str]


class Block:
    """The text of one nest that is not a product."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout, fresh: Names) -> None:
        self.nest, self.plan, self.layout, self.fresh = nest, plan, layout, fresh
        self.first = nest.inner if nest.mode in ("reduce", "max") else 0
        self.lane = next((d for d, (s, _) in enumerate(nest.loops) if s == nest.lanes), None)
        conditions = (*nest.guards, *nest.zeros)
        floor = max([self._depth(e) for e in conditions], default=0)
        self.piece, self.rows = Piece(0, 0), 1
        self.writer = Writer(len(nest.loops), [store.body for store in nest.stores], self, fresh, floor)
        self._total = _Accumulator("", {})
        self._part = self._total

    def lines(self) -> list[str]:
        """The statements of the nest."""
        title = [f"# {self.nest.mode}: {', '.join(self.nest.targets) or self.nest.label}"]
        fill = self._fill() if self.nest.fill else []
        if not self.nest.stores:
            return title + fill
        if self.lane is None:
            return title + fill + self._body(0, self._whole())
        split = self.first if self._folds else self.lane
        if self._folds:
            self._total = self._accumulator()
        text: list[str] = []
        for piece in self._pieces():
            self.piece, self.rows = piece, self._chains(piece)
            self.writer.forget(split + 1)
            text += self._piece(split)
        text = self._tested(split, [*self.writer.levels[split], *text])
        if self._folds:
            self.piece, self.rows = Piece(0, 0), 1
            text = [*self._started(self._total, False), *text, *self._closing(self._total)]
        for depth in range(split - 1, -1, -1):
            text = self._tested(depth, [*self.writer.levels[depth], *self._loop(depth, text)])
        return title + fill + text

    def _fill(self) -> list[str]:
        """Memory that points are added to, set to 0."""
        origin = "" if self.nest.origin == 0 else self.writer.address(self.nest.origin)
        return fill_lines(self.plan, self.nest.label, self.nest.fill, origin)

    def _whole(self) -> list[str]:
        self._part = self._accumulator()
        return self._innermost()

    def _piece(self, split: int) -> list[str]:
        """A piece of the vector loop: the loops from depth `split` on, around the innermost statements."""
        if self._folds and not self.piece.lanes:
            self._part = self._total
            return self._loop(split, self._body(split + 1, self._innermost()))
        self._part = self._accumulator()
        innermost = self._innermost()
        if not self._folds:
            return self._loop(split, self._body(split + 1, innermost))
        live, total, part = self.piece.live, self._total.value, self._part.value
        joined = [f"{total} = {total} + hsum({part}, {live})"]
        if self.nest.mode == "max":
            best = self.fresh("v")
            joined = [f"{best} = hmax({part}, {live})", f"{total} = f_pick({best}, {total}, {best}, {total})"]
        return [*self._started(self._part, True), *self._loop(split, self._body(split + 1, innermost)), *joined]

    def _body(self, depth: int, innermost: list[str]) -> list[str]:
        """What stands inside of `depth` loops: conditions, assignments, the next loop; accumulators around it where they begin."""
        inside = innermost if depth == len(self.nest.loops) else self._loop(depth, self._body(depth + 1, innermost))
        inside = self._tested(depth, [*self.writer.levels[depth], *inside])
        if depth != self.first or self._folds or self.nest.mode not in ("reduce", "max"):
            return inside
        opening = self._started(self._part, bool(self.piece.lanes))
        if self.rows == 1:
            return [*opening, *inside, *self._closing(self._part)]
        rows, self.rows, self._part = self._part.value, 1, self._accumulator()
        return [*opening, *inside, f"{self._part.value} = rsum({rows})", *self._closing(self._part)]

    def _loop(self, depth: int, inside: list[str]) -> list[str]:
        symbol, extent = self.nest.loops[depth]
        if depth == self.lane:
            return self._turns(inside)
        if self.rows > 1 and depth == len(self.nest.loops) - 1:
            return [f"for {letter(symbol)} in range(0, {extent}, {self.rows}):", *indented(inside)]
        return [f"for {letter(symbol)} in range({self._range(symbol, extent, depth)}):", *indented(inside)]

    def _tested(self, depth: int, inside: list[str]) -> list[str]:
        tests = self._tests(depth)
        return [f"if {' and '.join(tests)}:", *indented(inside)] if tests and inside else inside

    # ---- entries: what the writer asks for
    def read(self, name: str, address: sp.Expr) -> str:
        """The text of an array's entry, or of the tile that begins there."""
        array, where = self._place(name, address)
        step = self._step(address)
        down = stride(address, self.nest.loops[-1][0]) if self.rows > 1 else 0
        if (step == 0 and down == 0) or not self.piece.lanes:
            return f"{array}[{where}]"
        if step == 1:
            return f"load_{self._shape}({array}, {where}, 0, {down})"
        return f"gather_{self._shape}({array}, {where}, 0, {down}, {step})"

    def select(self, call: Argmax) -> str:
        """A selector in an address: the position, which is stored as a number."""
        return f"int(S[{self._position(call)}])"

    def number(self, value: sp.Expr) -> str:
        """A loop index or a selector as a value."""
        if isinstance(value, Argmax):
            step = self._step(value.indices[0])
            where = self._position(value)
            if step == 0 or not self.piece.lanes:
                return f"S[{where}]"
            return f"load_{self._shape}(S, {where}, 0, 0)" if step == 1 else f"gather_{self._shape}(S, {where}, 0, 0, {step})"
        step = self._step(value)
        text = self.writer.address(value)
        return f"iota_{self._shape}({text}, {step})" if step and self.piece.lanes else f"f_real({text})"

    def condition(self, condition: Bracket | Delta) -> str:
        """A bracket or a delta as 0 or 1."""
        word, value = type(condition).__name__.lower(), sp.expand(condition.args[0])
        calls = sorted(value.atoms(Argmax), key=sp.default_sort_key)
        if not calls and not (self.piece.lanes and self._step(value)):
            return f"f_{word}({self.writer.address(value)})"
        rest = value.xreplace(dict.fromkeys(calls, sp.S.Zero))
        terms = [self._scaled(self.number(call), int(value.coeff(call))) for call in calls]
        if rest != 0:
            step = self._step(rest)
            text = self.writer.address(rest)
            terms.append(f"iota_{self._shape}({text}, {step})" if step and self.piece.lanes else f"f_real({text})")
        return f"{'f_nonneg' if word == 'bracket' else 'f_zero'}({' + '.join(terms)})"

    @staticmethod
    def _scaled(text: str, coefficient: int) -> str:
        return text if coefficient == 1 else f"f_real({coefficient})*{text}"

    def _place(self, name: str, address: sp.Expr) -> tuple[str, str]:
        """The array and the address in it."""
        where = self.writer.address(address)
        if name in self.plan.data:
            return f"b_{name}", where
        home = f"o_{self.plan.home(name)}"
        return "S", f"0 + {home}" if address == 0 else f"{where} + {home}"

    def _position(self, call: Argmax) -> str:
        return f"{self.writer.address(call.indices[0])} + p_{call.name}_{call.component}"

    def _step(self, address: sp.Expr) -> int:
        """The stride of the vector loop in an address."""
        return 0 if self.nest.lanes is None else stride(address, self.nest.lanes) or 0

    def _write(self, store: Store, value: str, tile: bool) -> str:
        """The statement that stores a value: a number, or a tile where the address moves with the vector loop."""
        array, where = self._place(store.target, store.address)
        step = self._step(store.address)
        if step and self.piece.lanes and not tile:
            value = f"full_{self._shape}({value})"
        return self._stored(array, where, step, value)

    def _stored(self, array: str, where: str, step: int, value: str) -> str:
        if step == 0 or not self.piece.lanes:
            return f"{array}[{where}] = {value}"
        return f"store({array}, {where}, 0, 0, {value})" if step == 1 else f"scatter({array}, {where}, 0, 0, {step}, {value})"

    def _tile(self, expr: sp.Expr) -> bool:
        """Whether an expression has another value in every lane."""
        return bool(self.piece.lanes) and self.nest.lanes in expr.free_symbols

    # ---- pieces of the vector loop
    @property
    def _folds(self) -> bool:
        """Whether lanes are added up."""
        return self.lane is not None and self.nest.mode in ("reduce", "max") and self.lane >= self.first

    def _pieces(self) -> list[Piece]:
        symbol, extent = self.nest.loops[self.lane]
        width, block = self.plan.width, self._vectors()
        low, high = self._limits(symbol, extent, self.lane)
        if isinstance(low, int) and isinstance(high, int):
            return pieces(low, max(low, high), width, block, symbol in dict(self.nest.spare) and high == extent)
        if extent < width:
            return [Piece(low, high)]
        whole = f"{low} + max(0, {high} - ({low}))//{width}*{width}"
        return [Piece(low, whole, 1, width, width), Piece(whole, high)]

    def _vectors(self) -> int:
        """The number of vectors in a block: fewer where many arrays are read at once."""
        reads = {read for store in self.nest.stores for read in store.accesses if self._step(read.args[1])}
        return BLOCK if len(reads) < HEAVY else BLOCK // 2

    def _chains(self, piece: Piece) -> int:
        """How many rows of the last contracted loop are summed side by side, so that no addition waits for the one before it."""
        if self._folds or not piece.lanes or self.nest.mode != "reduce" or len(self.nest.loops) <= self.first:
            return 1
        symbol, extent = self.nest.loops[-1]
        body, conditions = self.nest.stores[0], (*self.nest.guards, *self.nest.zeros)
        moving = [read.args[1].free_symbols for read in body.accesses]
        hidden = value_symbols(body.body).union(*(e.free_symbols & {symbol} for e in conditions))
        if self.nest.selectors or hidden & {symbol, self.nest.lanes} \
                or any(self.nest.lanes in symbols and symbol not in symbols for symbols in moving):
            return 1
        return next((n for n in range(CHAINS // piece.vectors, 1, -1) if extent % n == 0), 1)

    @property
    def _shape(self) -> str:
        return f"1x{self.rows}x{self.piece.vectors}x{self.piece.lanes}"

    def _turns(self, inside: list[str]) -> list[str]:
        """The vector loop of a piece around its body."""
        symbol, _ = self.nest.loops[self.lane]
        piece = self.piece
        if isinstance(piece.start, int) and isinstance(piece.stop, int) and piece.stop - piece.start <= piece.width:
            return [f"{letter(symbol)} = {piece.start}", *inside]
        step = f", {piece.width}" if piece.width > 1 else ""
        return [f"for {letter(symbol)} in range({piece.start}, {piece.stop}{step}):", *indented(inside)]

    # ---- the innermost statements of each mode
    def _innermost(self) -> list[str]:
        return {"assign": self._assign, "reduce": self._reduce, "scatter": self._add, "max": self._maximum}[self.nest.mode]()

    def _assign(self) -> list[str]:
        lines, alike = self.writer.levels[-1], {}
        for store in self.nest.stores:
            value, name, held = self.writer.value(store.body), self.fresh("v"), At(store.target, store.address)
            lines.append(f"{name} = {value}")
            self.writer.name(held, name)
            tile = self._tile(store.body.xreplace(alike))
            if not tile:
                alike[held] = sp.S.One
            if store.target not in self.plan.local:
                lines.append(self._write(store, name, tile))
        return []

    def _reduce(self) -> list[str]:
        return [f"{self._part.value} = {self._part.value} + {self.writer.value(self.nest.stores[0].body)}"]

    def _add(self) -> list[str]:
        store = self.nest.stores[0]
        value, old = self.writer.value(store.body), self.read(store.target, store.address)
        return [self._write(store, f"{old} + {value}", True)]

    def _maximum(self) -> list[str]:
        value, best, v = self.writer.value(self.nest.stores[0].body), self._part.value, self.fresh("v")
        places = [(self._part.places[k], e) for k, e in self._components()]
        if not self.piece.lanes:
            steps = [f"    {name} = f_real({self.writer.address(e)})" for name, e in places]
            return [f"{v} = {value}", f"if f_greater({v}, {best}):", f"    {best} = {v}", *steps]
        steps = [f"{name} = f_pick({v}, {best}, f_real({self.writer.address(e)}), {name})" for name, e in places]
        return [f"{v} = {value}", *steps, f"{best} = f_pick({v}, {best}, {v}, {best})"]

    def _components(self) -> list[tuple[int, sp.Expr]]:
        name = self.nest.stores[0].target
        return [(k, e) for k, e in self.nest.components if (name, k) in self.plan.selected]

    # ---- accumulators
    def _accumulator(self) -> _Accumulator:
        return _Accumulator(self.fresh("a"), {k: self.fresh("q") for k, _ in self._components()} if self.nest.mode == "max" else {})

    def _started(self, accumulator: _Accumulator, tile: bool) -> list[str]:
        full = (lambda x: f"full_{self._shape}({x})") if tile else (lambda x: x)
        neutral = "F_0" if self.nest.mode == "reduce" else "F_ninf"
        return [f"{accumulator.value} = {full(neutral)}", *(f"{name} = {full('F_0')}" for name in accumulator.places.values())]

    def _closing(self, accumulator: _Accumulator) -> list[str]:
        store = self.nest.stores[0]
        lines = [self._write(store, accumulator.value, True)]
        for k, name in accumulator.places.items():
            where, step = self._position(Argmax(store.target, k, store.address)), self._step(store.address)
            lines.append(self._stored("S", where, step, name))
        return lines

    # ---- loops
    def _depth(self, condition: sp.Expr) -> int:
        """The number of loops after whose start a condition is known, at least the accumulating level."""
        return max([self.first, *map(depth_of, condition.free_symbols)])

    def _bounds(self, guard: sp.Expr) -> tuple[int, sp.Expr] | None:
        """(depth of the loop, bound) when a guard can be a bound of a loop: its index has coefficient 1 or -1."""
        depth = self._depth(guard)
        if depth <= self.first:
            return None
        symbol = self.nest.loops[depth - 1][0]
        if guard.coeff(symbol) not in (1, -1) or any(symbol in call.free_symbols for call in guard.atoms(Argmax)):
            return None
        return depth - 1, sp.expand(guard - guard.coeff(symbol) * symbol)

    def _tests(self, depth: int) -> list[str]:
        tests = [f"{self.writer.address(e)} == 0" for e in self.nest.zeros if self._depth(e) == depth]
        return tests + [f"{self.writer.address(e)} >= 0" for e in self.nest.guards if self._depth(e) == depth and self._bounds(e) is None]

    def _range(self, symbol: sp.Symbol, extent: int, depth: int) -> str:
        low, high = self._limits(symbol, extent, depth)
        return str(high) if low == 0 else f"{low}, {high}"

    def _limits(self, symbol: sp.Symbol, extent: int, depth: int) -> tuple[int | str, int | str]:
        """The bounds of a loop: numbers where guards leave them so, else texts."""
        low, high = [], []
        for guard in self.nest.guards:
            bound = self._bounds(guard)
            if bound is None or bound[0] != depth:
                continue
            if guard.coeff(symbol) == 1:
                low.append(sp.expand(-bound[1]))
            else:
                high.append(sp.expand(bound[1] + 1))
        if all(e.is_Integer for e in (*low, *high)):
            return max([0, *map(int, low)]), min([extent, *map(int, high)])
        first = self._extreme("max", low, 0, not any(self._least(e) >= 0 for e in low))
        last = self._extreme("min", high, extent, not any(-self._least(-e) <= extent for e in high))
        return first if first != "0" else 0, last

    def _extreme(self, word: str, bounds: list[sp.Expr], default: int, needed: bool) -> str:
        """The text of a bound: the default, or the stricter of the default and what the guards say."""
        texts = [self.writer.address(e) for e in bounds]
        if needed or not texts:
            texts = [str(default), *texts]
        return texts[0] if len(texts) == 1 else f"{word}({', '.join(texts)})"

    def _least(self, e: sp.Expr) -> int | float:
        """The least value of a bound over the loops; minus infinity when a selector is in it."""
        if e.has(Argmax):
            return -sp.oo
        extents = dict(self.nest.loops)
        return int(e.xreplace({s: (extents[s] - 1 if e.coeff(s) < 0 else 0) * sp.S.One for s in e.free_symbols}))


def fill_lines(plan: Schedule, name: str, size: int, origin: str = "") -> list[str]:
    """Loops that set the memory of an array to 0, from an address in it on."""
    lines, home = [], f"{origin} + o_{plan.home(name)}" if origin else f"o_{plan.home(name)}"
    if plan.width == 1:
        return [f"for i in range({size}):", f"    S[i + {home}] = F_0"]
    for piece in pieces(0, size, plan.width, BLOCK):
        if not piece.lanes:
            lines.append(f"S[{piece.start} + {home}] = F_0")
            continue
        store = f"store(S, i + {home}, 0, 0, zero_{piece.shape}())"
        whole = piece.stop - piece.start > piece.width
        loop = [f"for i in range({piece.start}, {piece.stop}, {piece.width}):", f"    {store}"]
        lines += loop if whole else [f"i = {piece.start}", store]
    return lines


def indented(lines: Iterable[str], depth: int = 1) -> list[str]:
    return ["    " * depth + line for line in lines]


def shown(shape: Sequence[int]) -> str:
    """A shape in words."""
    return "x".join(map(str, shape)) or "number"
