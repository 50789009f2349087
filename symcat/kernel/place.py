"""Placement: one arena of real numbers and one of positions, temporaries reusing the memory of those that are dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symcat.kernel.schedule import Schedule

ALIGN = 8


@dataclass(frozen=True)
class Buffer:
    """An array's place in an arena: first address and number of entries."""

    offset: int
    size: int


@dataclass(frozen=True)
class Layout:
    """The places of all arrays, the states first and in order; `positions` holds the selectors of each (max, component)."""

    arrays: dict[str, Buffer]
    positions: dict[tuple[str, int], Buffer]
    reals: int
    integers: int


def place(plan: Schedule) -> Layout:
    """States at the front, then temporaries first fit by live range."""
    sizes = {name: _size(shape) for name, shape in plan.shapes.items()}
    arrays: dict[str, Buffer] = {}
    top = 0
    for state in plan.states:
        arrays[state] = Buffer(top, sizes[state])
        top = _aligned(top + sizes[state])
    spans = _spans(plan)
    placed: list[tuple[int, int, Buffer]] = []
    for name in sorted(spans, key=lambda n: (spans[n][0], n)):
        first, last = spans[name]
        busy = [buffer for start, stop, buffer in placed if start <= last and first <= stop]
        arrays[name] = _first_fit(busy, sizes[name], top)
        placed.append((first, last, arrays[name]))
    positions, count = {}, 0
    for name, component in plan.selected:
        positions[name, component] = Buffer(count, sizes[name])
        count += sizes[name]
    end = max([top, *(_aligned(buffer.offset + buffer.size) for buffer in arrays.values())])
    return Layout(arrays, positions, end, count)


def _size(shape: Sequence[int]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size


def _aligned(address: int) -> int:
    return -(-address // ALIGN) * ALIGN


def _first_fit(busy: Sequence[Buffer], size: int, bottom: int) -> Buffer:
    """The lowest aligned free range above `bottom`."""
    start = bottom
    for buffer in sorted(busy, key=lambda b: b.offset):
        if start + size <= buffer.offset:
            break
        start = max(start, _aligned(buffer.offset + buffer.size))
    return Buffer(start, size)


def _spans(plan: Schedule) -> dict[str, tuple[int, int]]:
    """For each temporary the positions of the first nest that writes and the last that touches it."""
    spans: dict[str, tuple[int, int]] = {}
    fixed = {*plan.states, *plan.data, *plan.local, *plan.in_place}
    for position, nest in enumerate(plan.nests):
        for name in sorted({*nest.targets, *nest.reads} - fixed):
            spans[name] = (spans.get(name, (position, position))[0], position)
    if plan.home(plan.loss) in spans:
        spans[plan.loss] = (spans[plan.loss][0], len(plan.nests))
    return spans
