"""The text of a product of matrices without vectors: calls of one primitive, which multiplies NumPy's matrices where they lie.

`dot_nt(S, c, row, A, a, rows, steps, B, b, steps, columns, m, k, n)` writes the m x n matrix whose entries are the sums of k products;
after the arrays come an address and the strides of its two indices.  The letters say how the factors lie: `n` row after row, `t` column
after column, which is read as a transposed view.  Rows that do not follow one another in memory are copied by the primitive.
"""

from __future__ import annotations

import sympy as sp

from symcat.category.expression import At
from symcat.kernel.nest import Nest
from symcat.kernel.order import columns, stride
from symcat.kernel.place import Layout
from symcat.kernel.product import around
from symcat.kernel.scalar import Names, Writer, letter
from symcat.kernel.schedule import Schedule


class Dot:
    """The text of a product nest with one contracted loop; its longest loop over rows is that of the matrix."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout, fresh: Names) -> None:
        self.nest, self.plan = nest, plan
        self.writer = Writer(0, [], self, fresh)

    def lines(self) -> list[str]:
        """The statements of the nest."""
        store, (_, left, right) = self.nest.stores[0], columns(self.nest)
        outer, (symbol, steps) = self.nest.loops[: self.nest.inner], self.nest.loops[-1]
        lanes, wide = next(item for item in outer if item[0] == self.nest.lanes)
        rows = [item for item in outer if item[0] != lanes and stride(left.args[1], item[0]) and not stride(right.args[1], item[0])]
        row, count = max(rows, key=lambda item: item[1])
        rest = [item for item in outer if item[0] not in (lanes, row)]
        first, second = self._strides(left, row, symbol), self._strides(right, symbol, lanes)
        call = f"dot_{_lies(first, count, steps)}{_lies(second, steps, wide)}"
        target = f"{self._entry(At(store.target, store.address))}, {stride(store.address, row)}"
        factors = ", ".join(f"{self._entry(read)}, {a}, {b}" for read, (a, b) in ((left, first), (right, second)))
        start = [f"{letter(s)} = 0" for s in (row, lanes, symbol)]
        return [f"# dot: {self.nest.label}", *start, *around(rest, [f"{call}({target}, {factors}, {count}, {steps}, {wide})"])]

    @staticmethod
    def _strides(read: At, down: sp.Symbol, across: sp.Symbol) -> tuple[int, int]:
        return stride(read.args[1], down), stride(read.args[1], across)

    def _entry(self, access: At) -> str:
        where = self.writer.address(access.args[1])
        return f"b_{access.name}, {where}" if access.name in self.plan.data else f"S, {where} + o_{self.plan.home(access.name)}"


def _lies(strides: tuple[int, int], down: int, across: int) -> str:
    """How a matrix of a number of rows and columns lies in memory.

    >>> _lies((5, 1), 3, 5), _lies((1, 3), 3, 5), _lies((8, 1), 3, 5)
    ('n', 't', 'n')
    """
    return "t" if strides == (1, down) and strides != (across, 1) else "n"
