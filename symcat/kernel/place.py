"""Placement: one arena of real numbers, temporaries reusing the memory of those that are dead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symcat.kernel.nest import Shape
from symcat.kernel.schedule import Schedule
from symcat.kernel.tiling import tiling

ALIGN = 16


@dataclass(frozen=True)
class Buffer:
    """An array's place in the arena: first address, shape as it is meant and as it is held, its rows padded."""

    offset: int
    meant: Shape
    held: Shape

    @property
    def size(self) -> int:
        """The number of entries, padding included."""
        return math.prod(self.held)

    def view(self, arena: np.ndarray) -> np.ndarray:
        """The array as a part of the arena, without its padding.

        >>> Buffer(2, (2, 3), (2, 4)).view(np.arange(12))
        array([[2, 3, 4],
               [6, 7, 8]])
        """
        whole = arena[self.offset: self.offset + self.size].reshape(self.held)
        return whole[..., : self.meant[-1]] if self.meant else whole

    @property
    def addresses(self) -> np.ndarray:
        """The addresses of the entries, in row-major order, without the padding."""
        return self.view(np.arange(self.offset + self.size)).ravel()


@dataclass(frozen=True)
class Layout:
    """The places of all arrays, the states first and in order.

    `positions` holds the selectors of each (max, component), `panel` the columns of a product while its rows run.
    """

    arrays: dict[str, Buffer]
    positions: dict[tuple[str, int], Buffer]
    panel: Buffer
    reals: int


def place(plan: Schedule) -> Layout:
    """States at the front, then temporaries first fit by live range, then positions of maxima."""
    arrays: dict[str, Buffer] = {}
    top = 0
    for state in plan.states:
        arrays[state] = _buffer(plan, state, top)
        top = _aligned(top + arrays[state].size)
    spans = _spans(plan)
    placed: list[tuple[int, int, Buffer]] = []
    for name in sorted(spans, key=lambda n: (spans[n][0], n)):
        first, last = spans[name]
        busy = [buffer for start, stop, buffer in placed if start <= last and first <= stop]
        arrays[name] = _buffer(plan, name, _first_fit(busy, plan.memory.size(name), top))
        placed.append((first, last, arrays[name]))
    end = max([top, *(_aligned(buffer.offset + buffer.size) for buffer in arrays.values())])
    positions = {}
    for name, component in plan.selected:
        positions[name, component] = _buffer(plan, name, end)
        end = _aligned(end + plan.memory.size(name))
    size = max((tiling(nest, plan.width, plan.registers).panel for nest in plan.nests if nest.mode == "product"), default=0)
    return Layout(arrays, positions, Buffer(end, (size,), (size,)), _aligned(end + size))


def _buffer(plan: Schedule, name: str, offset: int) -> Buffer:
    return Buffer(offset, plan.memory.meant[name], plan.memory.held[name])


def _aligned(address: int) -> int:
    return -(-address // ALIGN) * ALIGN


def _first_fit(busy: Sequence[Buffer], size: int, bottom: int) -> int:
    """The lowest aligned address above `bottom` behind which a free range begins."""
    start = bottom
    for buffer in sorted(busy, key=lambda b: b.offset):
        if start + size <= buffer.offset:
            break
        start = max(start, _aligned(buffer.offset + buffer.size))
    return start


def _turns(plan: Schedule, position: int) -> tuple[int, int]:
    """The positions of the first and the last nest of the loop in which a nest runs, its own when there is none.

    What one step of a recurrence reads or writes, unless it is local to the step, the next step must find.
    """
    group = plan.nests[position].group
    inside = [k for k, nest in enumerate(plan.nests) if nest.group == group] if group is not None else [position]
    return inside[0], inside[-1]


def _spans(plan: Schedule) -> dict[str, tuple[int, int]]:
    """For each temporary the positions of the first nest that writes and the last that touches it."""
    spans: dict[str, tuple[int, int]] = {}
    fixed = {*plan.states, *plan.data, *plan.local, *plan.in_place}
    for position, nest in enumerate(plan.nests):
        first, last = _turns(plan, position)
        brief = plan.groups[nest.group].local if nest.group is not None else frozenset()
        for name in sorted({*nest.targets, *nest.reads} - fixed):
            begin, end = (position, position) if name in brief else (first, last)
            start, stop = spans.get(name, (begin, end))
            spans[name] = (min(start, begin), max(stop, end))
    if plan.home(plan.loss) in spans:
        spans[plan.loss] = (spans[plan.loss][0], len(plan.nests))
    return spans
