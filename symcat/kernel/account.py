"""What a kernel is made of: for each nest its loops, its arithmetic and the memory that it touches; for the arena, who is where.

Arithmetic is counted as it is meant, padding left out: operations and calls of functions count 1, the multiplication and addition of
a product 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.expression import Argmax, At
from symcat.kernel.nest import Nest, Store
from symcat.kernel.place import Buffer
from symcat.kernel.schedule import Schedule
from symcat.kernel.tiling import tiling
from symcat.kernel.validate import Compiled


@dataclass(frozen=True)
class Row:
    """One nest: the line of the program where it begins, what it became, how often it runs in a step.

    `flops` and `bytes` are those of one run: each array that it touches is counted once, read and written twice.  `held` says where
    its results are.
    """

    line: int
    mode: str
    loops: tuple[int, ...]
    form: str
    targets: tuple[str, ...]
    held: tuple[str, ...]
    times: int
    flops: int
    bytes: int
    group: int | None


@dataclass(frozen=True)
class Account:
    """All nests of a step; bytes of the arena, of the states in it, and of the temporaries, which share memory.

    `reused` are the bytes that temporaries would take more if each had memory of its own; `padding` is part of the arena.
    """

    rows: tuple[Row, ...]
    arena: int
    states: int
    temporaries: int
    reused: int
    padding: int

    @property
    def flops(self) -> int:
        """Of one step."""
        return sum(row.flops * row.times for row in self.rows)

    @property
    def bytes(self) -> int:
        """Touched in one step, an array again for every nest that touches it."""
        return sum(row.bytes * row.times for row in self.rows)


def account(work: Compiled) -> Account:
    """The account of a program."""
    plan, layout, size = work.plan, work.layout, np.dtype(work.dtype).itemsize
    rows = tuple(_row(nest, line, plan, size) for nest, line in zip(plan.nests, work.text.lines, strict=True))
    states = {name: buffer for name, buffer in layout.arrays.items() if name in plan.states}
    others = {name: buffer for name, buffer in layout.arrays.items() if name not in plan.states}
    own = sum(buffer.size for buffer in others.values())
    padding = sum(buffer.size - math.prod(buffer.meant) for buffer in layout.arrays.values())
    return Account(rows, layout.reals * size, sum(buffer.size for buffer in states.values()) * size, own * size,
                   (own - _covered(others.values())) * size, padding * size)


def _covered(buffers: Iterable[Buffer]) -> int:
    """The number of places that belong to at least one buffer."""
    total = end = 0
    for buffer in sorted(buffers, key=lambda b: b.offset):
        stop = buffer.offset + buffer.size
        total += max(0, stop - max(end, buffer.offset))
        end = max(end, stop)
    return total


def _row(nest: Nest, line: int, plan: Schedule, size: int) -> Row:
    return Row(line, nest.mode, nest.extents, form(nest, plan), nest.targets, tuple(_held(name, plan, size) for name in nest.targets),
               plan.times(nest), flops(nest, plan), traffic(nest, plan) * size, nest.group)


def _held(name: str, plan: Schedule, size: int) -> str:
    if name in plan.local:
        return f"{name} (in registers)"
    home = plan.home(name)
    place = f" in {home}" if home != name else ""
    return f"{name}{place} ({math.prod(plan.shapes[name]) * size} bytes)"


# ---- what a nest became
def form(nest: Nest, plan: Schedule) -> str:
    """Vectors, tiles and blocks of a nest, in words."""
    if nest.mode == "product":
        return _tiles(nest, plan)
    if nest.mode == "turn":
        return f"squares of {plan.width}"
    if nest.mode == "dot":
        return "a product of NumPy's matrices"
    if nest.lanes is None:
        return "numbers"
    depth = next(d for d, (symbol, _) in enumerate(nest.loops) if symbol == nest.lanes)
    return f"vectors of {plan.width} along loop {depth + 1} of {len(nest.loops)}"


def _tiles(nest: Nest, plan: Schedule) -> str:
    cut = tiling(nest, plan.width, plan.registers)
    rows = " x ".join(map(str, cut.shape(cut.rows))) if len(cut.axes) == 2 else str(cut.rows)
    words = [f"tiles of {rows} rows by {cut.vectors} vectors of {cut.width}"]
    words += [f"{cut.blocks} blocks of {cut.block} steps"] if cut.blocks > 1 else []
    words += ["columns packed"] if cut.packed else []
    words += [f"finished by {', '.join(store.target for store in nest.stores[1:])}"] if len(nest.stores) > 1 else []
    return ", ".join(words)


# ---- arithmetic and memory
def flops(nest: Nest, plan: Schedule) -> int:
    """Arithmetic operations and function calls of one run of a nest; additions into the target count."""
    if nest.mode in ("product", "dot"):
        steps = math.prod(extent for _, extent in nest.loops[nest.inner:])
        return _outputs(nest, plan) * (2 * steps + sum(map(_operations, nest.stores[1:])))
    adds = nest.mode in ("reduce", "max", "scatter")
    steps = math.prod(extent for _, extent in nest.loops[nest.inner:]) if nest.mode in ("reduce", "max") else 1
    points = _outputs(nest, plan) * steps if nest.mode in ("assign", "reduce", "max") else nest.points
    return points * sum(_operations(store) + adds for store in nest.stores) if nest.mode != "turn" else 0


def _outputs(nest: Nest, plan: Schedule) -> int:
    """The points of the loops over entries, without those that run over padding."""
    outer = nest.loops[: nest.inner] if nest.mode in ("reduce", "max", "product", "dot") else nest.loops
    points, name = math.prod(extent for _, extent in outer), nest.targets[0]
    held, meant = plan.memory.held[name], plan.memory.meant[name]
    for rank in range(len(held)):       # a nest of a recurrence is about one row of its array
        if points == math.prod(held[rank:]):
            return math.prod(meant[rank:])
    return points


def _operations(store: Store) -> int:
    """Operations of a body; reads count nothing, whatever their addresses are."""
    return int(sp.count_ops(store.body.xreplace({access: sp.Dummy() for access in store.body.atoms(At, Argmax)})))


def traffic(nest: Nest, plan: Schedule) -> int:
    """The numbers that one run of a nest reads and writes at least."""
    again = plan.times(nest)
    touched = [*sorted(nest.reads - plan.local), *(name for name in nest.targets if name not in plan.local)]
    return sum(-(-math.prod(plan.shapes[name]) // again) for name in touched)
