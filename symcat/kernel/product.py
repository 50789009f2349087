"""The text of a product of matrices: tiles of rows and vectors, held in registers while the contracted loops run.

One rule serves dense layers, their transposes, batched products, convolutions and both of their adjoints: one factor is read
entry by entry and spread over the rows of the tile, the other is loaded in vectors.  See `tiling` for how it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symcat.category.expression import At
from symcat.kernel.block import Piece, indented, pieces
from symcat.kernel.nest import Nest
from symcat.kernel.order import stride
from symcat.kernel.place import Layout
from symcat.kernel.scalar import Names, Writer, letter
from symcat.kernel.schedule import Schedule
from symcat.kernel.tiling import Loop, tiling


class Product:
    """The text of a product nest."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout, fresh: Names) -> None:
        self.nest, self.plan, self.fresh = nest, plan, fresh
        self.writer = Writer(0, [], self, fresh)
        self.constants = self.writer.constants
        self.cut = tiling(nest, plan.width, plan.registers)
        self.tile, self.axes = (1, 1, 1, 1), [symbol for symbol, _ in self.cut.axes]

    def lines(self) -> list[str]:
        """The statements of the nest."""
        cut = self.cut
        text: list[str] = []
        for start in range(0, cut.contracted[-1][1], cut.block):
            for piece in pieces(0, cut.lanes[1], cut.width, cut.vectors):
                text += self._columns(piece, self._panel(piece, start))
        return [f"# product: {self.nest.label}", *around(cut.rest, text)]

    # ---- blocks and panels
    def _columns(self, piece: Piece, inside: list[str]) -> list[str]:
        name = letter(self.cut.lanes[0])
        if piece.stop - piece.start <= piece.width:
            return [f"{name} = {piece.start}", *inside]
        return [f"for {name} in range({piece.start}, {piece.stop}, {piece.width}):", *indented(inside)]

    def _panel(self, piece: Piece, start: int) -> list[str]:
        """All rows of one piece of the columns and one block of the contraction, the columns packed first."""
        packed = self.cut.packed and piece.lanes > 0
        copy = []
        if packed:
            load = f"load_1x1x{piece.vectors}x{piece.lanes}({self._entry(self.cut.right)}, 0, 0)"
            copy = self._steps(start, [f"store(S, {self._packed(piece, start)}, 0, 0, {load})"])
        return [*copy, *around(self.cut.outer, self._rows(piece, start, packed))]

    def _packed(self, piece: Piece, start: int) -> str:
        symbol = self.cut.contracted[-1][0]
        return f"{self.writer.address(sp.expand(piece.width * (symbol - start)))} + w_panel"

    def _steps(self, start: int, inside: list[str]) -> list[str]:
        """The contracted loops around a statement, the last one over a block."""
        symbol, extent = self.cut.contracted[-1]
        stop = min(start + self.cut.block, extent)
        bounds = f"{start}, {stop}" if start else str(stop)
        return around(self.cut.contracted[:-1], [f"for {letter(symbol)} in range({bounds}):", *indented(inside)])

    # ---- tiles
    def _rows(self, piece: Piece, start: int, packed: bool) -> list[str]:
        cut = self.cut
        if len(cut.axes) == 2:
            return [f"{letter(s)} = 0" for s, _ in cut.axes] + self._tile(piece, cut.shape(cut.total), start, packed)
        row, full = letter(cut.axes[0][0]), cut.total // cut.rows
        text = self._tile(piece, cut.shape(cut.rows), start, packed)
        text = [f"for {row} in range(0, {full * cut.rows}, {cut.rows}):", *indented(text)] if full > 1 else [f"{row} = 0", *text]
        if left := cut.total - full * cut.rows:
            text += [f"{row} = {full * cut.rows}", *self._tile(piece, cut.shape(left), start, packed)]
        return text

    def _tile(self, piece: Piece, shape: tuple[int, int], start: int, packed: bool) -> list[str]:
        """One tile: cleared, or what earlier blocks left; summed up; stored."""
        store, t = self.nest.stores[0], self.fresh("t")
        vectors, lanes = (piece.vectors, piece.lanes) if piece.lanes else (1, 1)
        name = f"{shape[0]}x{shape[1]}x{vectors}x{lanes}"
        columns = f"S, {self._packed(piece, start)}" if packed else self._entry(self.cut.right)
        add = f"{t} = outer({t}, {self._entry(self.cut.left)}, {self._strides(self.cut.left.args[1])}, {columns})"
        target = f"{self._entry(At(store.target, store.address))}, {self._strides(store.address)}"
        begin = f"load_{name}({target})" if start else f"zero_{name}()"
        whole = [f"{t} = {begin}", *self._steps(start, [add])]
        if len(self.nest.stores) == 1 or start + self.cut.block < self.cut.contracted[-1][1]:
            return [*whole, f"store({target}, {t})"]
        self.tile = (*shape, vectors, lanes)
        return [*whole, *self._finish(t)]

    def _finish(self, t: str) -> list[str]:
        """The pointwise stores of the nest on one tile, whose sum a variable holds."""
        product, *others = self.nest.stores
        writer = self.writer = Writer(0, [store.body for store in others], self, self.fresh)
        writer.constants = self.constants
        writer.name(At(product.target, product.address), t)
        lines = writer.levels[-1]
        for store, name in ((product, t), *((store, self.fresh("v")) for store in others)):
            if store is not product:
                value = writer.value(store.body)
                lines.append(f"{name} = {value}")
                writer.name(At(store.target, store.address), name)
            if store.target not in self.plan.local:
                lines.append(self._stored(At(store.target, store.address), name))
        return lines

    def _stored(self, target: At, name: str) -> str:
        """The statement that stores a tile, whose columns may lie in any order."""
        step, place = stride(target.args[1], self.cut.lanes[0]), f"{self._entry(target)}, {self._strides(target.args[1])}"
        return f"store({place}, {name})" if step == 1 else f"scatter({place}, {step}, {name})"

    def read(self, name: str, address: sp.Expr) -> str:
        """A tile of an array, or a number where it does not move with rows or columns."""
        step, down = stride(address, self.cut.lanes[0]), self._strides(address)
        entry, shape = self._entry(At(name, address)), "x".join(map(str, self.tile))
        if step == 0 and not any(stride(address, symbol) for symbol in self.axes):
            array, where = entry.split(", ", 1)
            return f"{array}[{where}]"
        return f"load_{shape}({entry}, {down})" if step == 1 else f"gather_{shape}({entry}, {down}, {step})"

    def _strides(self, address: sp.Expr) -> str:
        """The distances of a tile's rows in an address, along P and along Q."""
        found = [stride(address, symbol) for symbol in self.axes]
        return ", ".join(map(str, [0] * (2 - len(found)) + found))

    def _entry(self, access: At) -> str:
        where = self.writer.address(access.args[1])
        return f"b_{access.name}, {where}" if access.name in self.plan.data else f"S, {where} + o_{self.plan.home(access.name)}"


def around(loops: Iterable[Loop], inside: list[str]) -> list[str]:
    """Loops around statements, the first one outermost."""
    for symbol, extent in reversed(list(loops)):
        inside = [f"for {letter(symbol)} in range({extent}):", *indented(inside)]
    return inside
