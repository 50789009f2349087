"""How a product of matrices is cut: the rows and vectors of its tiles, blocks of what is contracted, packed panels of columns.

The tile has the least estimated number of cycles for the processor's registers, tails included.  A long contraction runs in
blocks, so that what a block reads stays in the cache; the columns of a tile are copied to a panel first, where they lie side by
side, when enough rows read them again.  Neither changes the order in which an entry's terms are added up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import At
from symcat.kernel.nest import Nest
from symcat.kernel.order import columns, stride

LATENCY = 4         # cycles of a fused multiplication and addition
MOST_VECTORS = 4
MOST_ROWS = 14
MOST_PAIRS = 28     # rows of a tile over two axes
NARROW = 8          # rows of an axis below which the axis before it joins the tile
BLOCK = 400         # contracted steps of a block, at most
AGAIN = 4           # tiles that read a panel, at least
Loop = tuple[sp.Symbol, int]


def cost(rows: int, vectors: int) -> float:
    """Estimated cycles of one contracted step of a tile."""
    return max(rows * vectors / 2, (rows + vectors) / 2, LATENCY) + 0.3


@dataclass(frozen=True)
class Tiling:
    """A product's loops by their part, and its tile: `rows` of `vectors`; `axes` are the one or two loops that make rows.

    `rest` are loops over both factors, `outer` over rows beside the tile's; `block` steps of the contraction are run together.
    """

    left: At
    right: At
    rest: tuple[Loop, ...]
    outer: tuple[Loop, ...]
    axes: tuple[Loop, ...]
    lanes: Loop
    contracted: tuple[Loop, ...]
    rows: int
    vectors: int
    width: int
    block: int
    packed: bool

    @property
    def total(self) -> int:
        """Rows in all."""
        return math.prod(extent for _, extent in self.axes)

    @property
    def blocks(self) -> int:
        """The number of blocks of the contraction."""
        return -(-self.contracted[-1][1] // self.block)

    @property
    def panel(self) -> int:
        """Entries of a packed panel of columns."""
        return self.block * self.vectors * self.width if self.packed else 0

    def shape(self, rows: int) -> tuple[int, int]:
        """Rows of a tile as P x Q."""
        return (self.axes[0][1], self.axes[1][1]) if len(self.axes) == 2 else (1, rows)


def tiling(nest: Nest, width: int, registers: int) -> Tiling:
    """The tiling of a product nest for vectors of a width and a number of vector registers."""
    _, left, right = columns(nest)
    outer = nest.loops[: nest.inner]
    lanes = next(item for item in outer if item[0] == nest.lanes)
    rows = [item for item in outer if item != lanes and stride(left.args[1], item[0]) and not stride(right.args[1], item[0])]
    rest = tuple(item for item in outer if item != lanes and item not in rows)
    pair = len(rows) > 1 and rows[-1][1] < NARROW and rows[-1][1] * rows[-2][1] <= min(registers - 2, MOST_PAIRS)
    cut = len(rows) - 1 - pair
    axes, contracted = tuple(rows[cut:]), nest.loops[nest.inner:]
    vectors, count = _shape(math.prod(n for _, n in axes), pair, max(1, lanes[1] // width), registers)
    steps = contracted[-1][1]
    block = _block(steps) if len(contracted) == 1 else steps
    again = -(-math.prod(n for _, n in axes) // count) * math.prod(n for _, n in rows[:cut])
    symbol = contracted[-1][0]
    apart = abs(stride(right.args[1], symbol) or 0) > vectors * width
    packed = len(contracted) == 1 and again >= AGAIN and apart and lanes[1] >= width
    return Tiling(left, right, rest, tuple(rows[:cut]), axes, lanes, contracted, count, vectors, width, block, packed)


def _block(steps: int) -> int:
    """Steps of a block: a divisor of all of them where there is one between half of the most and the most."""
    if steps <= BLOCK:
        return steps
    return next((n for n in range(BLOCK, BLOCK // 2, -1) if steps % n == 0), BLOCK)


def _shape(total: int, pair: bool, wide: int, registers: int) -> tuple[int, int]:
    """Vectors and rows of a full tile."""
    found = []
    for vectors in range(1, min(MOST_VECTORS, wide) + 1):
        for rows in [total] if pair else range(1, min(total, registers - 2, MOST_ROWS) + 1):
            if rows * vectors + vectors <= registers - 2:
                found.append((_cycles(wide, vectors, total, rows), -vectors, rows))
    _, vectors, rows = min(found)
    return -vectors, rows


def _cycles(wide: int, vectors: int, total: int, rows: int) -> float:
    across = {vectors: wide // vectors, wide % vectors: 1} if wide % vectors else {vectors: wide // vectors}
    down = {rows: total // rows, total % rows: 1} if total % rows else {rows: total // rows}
    return sum(cost(r, v) * many * times for r, many in down.items() for v, times in across.items())
