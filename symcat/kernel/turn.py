"""The text of a transposed copy: square tiles are read row by row, turned in registers, and stored row by row."""

from __future__ import annotations

from symcat.category.expression import At
from symcat.kernel.block import indented
from symcat.kernel.nest import Nest
from symcat.kernel.order import stride
from symcat.kernel.place import Layout
from symcat.kernel.product import around
from symcat.kernel.scalar import Names, Writer, letter
from symcat.kernel.schedule import Schedule


class Turn:
    """The text of a nest that copies rows to columns."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout, fresh: Names) -> None:
        self.nest, self.plan = nest, plan
        self.writer = Writer(0, [], self, fresh)

    def lines(self) -> list[str]:
        """The statements of the nest."""
        *rest, (down, extent), (across, length) = self.nest.loops
        width, full = self.plan.width, extent // self.plan.width * self.plan.width
        inside = []
        if full:
            inside += [f"for {letter(down)} in range(0, {full}, {width}):", f"    {self._copy(width)}"]
        if extent > full:
            inside += [f"{letter(down)} = {full}", self._copy(extent - full)]
        loop = [f"for {letter(across)} in range(0, {length}, {width}):", *indented(inside)]
        return [f"# turn: {self.nest.label}", *around(rest, loop)]

    def _copy(self, rows: int) -> str:
        """One tile: rows along the source, of which so many become rows of the target."""
        store, width = self.nest.stores[0], self.plan.width
        (down, _), (across, _) = self.nest.loops[-2:]
        source, target = store.body, At(store.target, store.address)
        load = f"load_1x{width}x1x{width}({self._entry(source)}, 0, {stride(source.args[1], across)})"
        return f"store({self._entry(target)}, 0, {stride(store.address, down)}, turned({load}, {rows}))"

    def _entry(self, access: At) -> str:
        where = self.writer.address(access.args[1])
        return f"b_{access.name}, {where}" if access.name in self.plan.data else f"S, {where} + o_{self.plan.home(access.name)}"
