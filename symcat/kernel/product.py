"""The text of a product of matrices: tiles of rows and vectors, held in registers while the contracted loops run.

One rule serves dense layers, their transposes, batched products, convolutions and both of their adjoints: one factor is read
entry by entry and spread over the rows of the tile, the other is loaded in vectors.  The tile's shape has the least estimated
number of cycles for the processor's registers, tails included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import At
from symcat.kernel.block import Piece, indented, pieces
from symcat.kernel.nest import Nest
from symcat.kernel.order import columns, stride
from symcat.kernel.place import Layout
from symcat.kernel.scalar import Names, Writer, letter
from symcat.kernel.schedule import Schedule

LATENCY = 4         # cycles of a fused multiplication and addition
MOST_VECTORS = 4
MOST_ROWS = 14
MOST_PAIRS = 28     # rows of a tile over two axes
NARROW = 8          # rows of an axis below which the axis before it joins the tile


@dataclass(frozen=True)
class Rows:
    """The loops whose turns are rows of a tile: one, or two that are taken whole; `count` rows in a full tile."""

    axes: tuple[tuple[sp.Symbol, int], ...]
    count: int

    @property
    def total(self) -> int:
        return math.prod(extent for _, extent in self.axes)

    def shape(self, rows: int) -> tuple[int, int]:
        """Rows of a tile as P x Q."""
        return (self.axes[0][1], self.axes[1][1]) if len(self.axes) == 2 else (1, rows)


def cost(rows: int, vectors: int) -> float:
    """Estimated cycles of one contracted step of a tile."""
    return max(rows * vectors / 2, (rows + vectors) / 2, LATENCY) + 0.3


class Product:
    """The text of a product nest."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout, fresh: Names) -> None:
        self.nest, self.plan, self.fresh = nest, plan, fresh
        self.writer = Writer(0, [], self, fresh)
        _, self.left, self.right = columns(nest)
        outer = list(nest.loops[: nest.inner])
        self.lanes = next(item for item in outer if item[0] == nest.lanes)
        rows = [item for item in outer if item != self.lanes and stride(self.left.args[1], item[0]) and not stride(self.right.args[1], item[0])]
        self.rest = [item for item in outer if item != self.lanes and item not in rows]
        self.contracted = nest.loops[nest.inner:]
        taken = 2 if len(rows) > 1 and rows[-1][1] < NARROW and rows[-1][1] * rows[-2][1] <= self._most(2) else 1
        self.outer = rows[:-taken]
        self.axes = tuple(rows[-taken:])

    def lines(self) -> list[str]:
        """The statements of the nest."""
        vectors, count = self._shape()
        rows = Rows(self.axes, count)
        text: list[str] = []
        for piece in pieces(0, self.lanes[1], self.plan.width, vectors):
            text += self._sweep(piece, rows)
        return [f"# product: {self.nest.label}", *self._around(self.rest, text)]

    def _most(self, axes: int) -> int:
        """The greatest number of rows for a tile of one vector."""
        return min(self.plan.registers - 2, MOST_PAIRS if axes == 2 else MOST_ROWS)

    def _shape(self) -> tuple[int, int]:
        """Vectors and rows of a full tile."""
        columns, total = max(1, self.lanes[1] // self.plan.width), math.prod(extent for _, extent in self.axes)
        found = []
        for vectors in range(1, min(MOST_VECTORS, columns) + 1):
            for rows in [total] if len(self.axes) == 2 else range(1, min(total, self._most(1)) + 1):
                if rows * vectors + vectors <= self.plan.registers - 2:
                    found.append((self._cycles(columns, vectors, total, rows), -vectors, rows))
        _, vectors, rows = min(found)
        return -vectors, rows

    @staticmethod
    def _cycles(columns: int, vectors: int, total: int, rows: int) -> float:
        across = [vectors] * (columns // vectors) + [columns % vectors] * bool(columns % vectors)
        down = [rows] * (total // rows) + [total % rows] * bool(total % rows)
        return sum(cost(r, v) for r in set(down) for v in set(across) for _ in range(down.count(r) * across.count(v)))

    def _sweep(self, piece: Piece, rows: Rows) -> list[str]:
        """All rows of one piece of the columns."""
        text: list[str] = []
        full = rows.total // rows.count
        row = letter(rows.axes[-1][0])
        if len(rows.axes) == 2:
            text = [f"{letter(s)} = 0" for s, _ in rows.axes] + self._tile(piece, rows.shape(rows.total))
        else:
            body = self._tile(piece, rows.shape(rows.count))
            if full > 1:
                text += [f"for {row} in range(0, {full * rows.count}, {rows.count}):", *indented(body)]
            else:
                text += [f"{row} = 0", *body]
            if left := rows.total - full * rows.count:
                text += [f"{row} = {full * rows.count}", *self._tile(piece, rows.shape(left))]
        return self._columns(piece, self._around(self.outer, text))

    def _columns(self, piece: Piece, inside: list[str]) -> list[str]:
        name = letter(self.lanes[0])
        if piece.stop - piece.start <= piece.width:
            return [f"{name} = {piece.start}", *inside]
        return [f"for {name} in range({piece.start}, {piece.stop}, {piece.width}):", *indented(inside)]

    def _tile(self, piece: Piece, shape: tuple[int, int]) -> list[str]:
        """One tile: cleared, summed up, stored."""
        store, t = self.nest.stores[0], self.fresh("t")
        vectors, lanes = (piece.vectors, piece.lanes) if piece.lanes else (1, 1)
        add = f"{t} = outer({t}, {self._entry(self.left)}, {self._steps(self.left.args[1])}, {self._entry(self.right)})"
        target = self._entry(At(store.target, store.address))
        return [f"{t} = zero_{shape[0]}x{shape[1]}x{vectors}x{lanes}()", *self._around(self.contracted, [add]),
                f"store({target}, {self._steps(store.address)}, {t})"]

    def _steps(self, address: sp.Expr) -> str:
        """The distances of a tile's rows in an address, along P and along Q."""
        found = [stride(address, symbol) for symbol, _ in self.axes]
        return ", ".join(map(str, found if len(found) == 2 else [0, *found]))

    def _entry(self, access: At) -> str:
        where = self.writer.address(access.args[1])
        return f"b_{access.name}, {where}" if access.name in self.plan.data else f"S, {where} + o_{self.plan.home(access.name)}"

    @staticmethod
    def _around(loops: object, inside: list[str]) -> list[str]:
        for symbol, extent in reversed(list(loops)):
            inside = [f"for {letter(symbol)} in range({extent}):", *indented(inside)]
        return inside
