"""Reading parts of an array: integers, slices with steps, new axes, windows, reversed axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.polyhedron import implied
from symcat.category.space import Dim
from symcat.category.tracing.value import Value, axes, operands
from symcat.errors import TraceError

ADVICE = ("an index that depends on data is not affine: use a one-hot product, e.g. "
          "sc.equal(sc.iota(m), y[:, None]) @ W, or where(mask, x, 0)")


@dataclass(frozen=True)
class Axis:
    """One entry of an index: `read(i)` on the source axis, with a result axis of a given extent unless it is None."""

    extent: Dim | None
    read: Callable[[sp.Expr], sp.Expr]


def getitem(x: Value, key: object) -> Value:
    """x[key] for integers, slices, None and Ellipsis; lists of integers on one axis."""
    entries = _complete(x, key if isinstance(key, tuple) else (key,))
    plan: list[tuple[Axis, bool]] = []
    source = iter(enumerate(x.shape))
    for entry in entries:
        if entry is None:
            plan.append((Axis(sp.S.One, lambda i: i), False))
        else:
            number, extent = next(source)
            plan.append((_axis(entry, extent, f"axis {number} of {x}"), True))
    return rearranged(x, plan, "slice")


def rearranged(x: Value, plan: Sequence[tuple[Axis, bool]], name: str) -> Value:
    """The array whose entries the plan reads: each entry an axis and whether it reads one of the source."""
    shape = tuple(axis.extent for axis, _ in plan if axis.extent is not None)

    def body(*indices: sp.Expr) -> sp.Expr:
        left, reads = iter(indices), []
        for axis, consumes in plan:
            position = sp.S.Zero if axis.extent is None else next(left)
            if consumes:
                reads.append(axis.read(position))
        return x.read(reads)

    return x.tape.gather(shape, body, name=name, base=x.base, truth=x.truth)


def _complete(x: Value, entries: tuple) -> list:
    """The entries of an index with the Ellipsis written out."""
    for entry in entries:
        if isinstance(entry, Value) and entry.array is not None:
            raise TraceError(f"{x.array} is indexed by the traced array {entry}: {ADVICE}")
        if isinstance(entry, (bool, np.bool_)) or (isinstance(entry, Value) and entry.truth):
            raise TraceError(f"{x.array} is indexed by a truth value: {ADVICE}")
    dots = [k for k, entry in enumerate(entries) if entry is Ellipsis]
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if len(dots) > 1:
        raise TraceError("an index has more than one Ellipsis: write the axes out with ':'")
    if used > x.rank:
        raise TraceError(f"{used} indices for {x}, which has {x.rank} axes")
    place = dots[0] if dots else len(entries)
    rest = entries[place + 1:] if dots else ()
    return [*entries[:place], *[slice(None)] * (x.rank - used), *rest]


def _axis(entry: object, extent: Dim, what: str) -> Axis:
    if isinstance(entry, slice):
        return slice_axis(entry, extent, what)
    place = bound(entry, extent, what)
    if place.is_Integer and extent.is_Integer and not 0 <= place < extent:
        raise TraceError(f"index {entry} is out of range for {what}: expected {-extent} to {extent - 1}")
    return Axis(None, lambda i: place)


def integer(entry: object, what: str) -> sp.Expr:
    """An index or bound: an integer, or an integer expression in dims."""
    if isinstance(entry, (list, np.ndarray)):
        raise TraceError(f"the index {entry!r} at {what}: lists of indices are not supported; use np.concatenate or np.stack of x[k], "
                         "or a constant 0/1 matrix as an input wire")
    if isinstance(entry, Value) and entry.array is not None:
        raise TraceError(f"the traced array {entry} as an index at {what}: {ADVICE}")
    value = entry.scalar if isinstance(entry, Value) else entry
    if isinstance(value, sp.Expr) and not (value.is_integer and all(s.is_positive for s in value.free_symbols)):
        raise TraceError(f"the index {value} at {what} is not an integer made of dims: {ADVICE}")
    if not isinstance(value, sp.Expr) and (isinstance(value, bool) or not hasattr(value, "__index__")):
        raise TraceError(f"the index {entry!r} at {what} of type {type(entry).__name__}: expected an integer, a slice, None or ...")
    return sp.expand(value) if isinstance(value, sp.Expr) else sp.Integer(value.__index__())


def bound(entry: object, extent: Dim, what: str) -> sp.Expr:
    """An index or bound counted from the start of the axis."""
    place = integer(entry, what)
    return sp.expand(extent + place) if place.is_negative else place


def slice_axis(entry: slice, extent: Dim, what: str) -> Axis:
    """A slice of an axis: its number of entries and what it reads."""
    stride = integer(1 if entry.step is None else entry.step, what)
    if not stride.is_Integer or stride == 0:
        raise TraceError(f"the step {stride} of a slice at {what}: expected an integer other than 0")
    forward = stride > 0
    start = _end(entry.start, sp.S.Zero if forward else extent - 1, extent, forward, what)
    stop = _end(entry.stop, extent if forward else sp.Integer(-1), extent, forward, what)
    length = sp.expand((stop - start) if forward else (start - stop))
    if length.is_nonpositive:
        raise TraceError(f"the slice {show(entry)} at {what} is empty: every axis has at least one entry")
    count = strides(length, abs(stride), what)
    return Axis(count, lambda i: sp.expand(start + stride * i))


def _end(entry: object, default: sp.Expr, extent: Dim, forward: bool, what: str) -> sp.Expr:
    """A bound of a slice, clamped as NumPy does wherever that can be decided; otherwise the range check states the premise."""
    if entry is None:
        return sp.expand(default)
    place = bound(entry, extent, what)
    if not forward and not place.is_nonnegative and not extent.is_Integer and not integer(entry, what).is_negative:
        raise TraceError(f"the bound {place} of a backward slice at {what} may be negative, which counts from the end: "
                         "slice forward, then use np.flip")
    low, high = (sp.S.Zero, extent) if forward else (sp.Integer(-1), extent - 1)
    if _at_least(place, high):
        return sp.expand(high)
    return low if _at_least(low, place) else place


def _at_least(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether a >= b for all dims."""
    difference = sp.expand(a - b)
    if difference.is_Integer:
        return bool(difference >= 0)
    form = {term: int(k) for term, k in difference.as_coefficients_dict().items()}
    return implied([{s: 1, sp.S.One: -1} for s in difference.free_symbols], form)


def strides(length: sp.Expr, stride: int, what: str) -> sp.Expr:
    """How many steps of a stride fit in a length, the last one perhaps partly: ceil(length / stride), when that is affine."""
    constant, rest = sp.expand(length).as_coeff_Add()
    if any(coefficient % stride for coefficient in rest.as_coefficients_dict().values()) and rest != 0:
        raise TraceError(f"steps of {stride} over {length} entries at {what}: their number is not affine in the dims; "
                         f"write the dim as a multiple of {stride}, e.g. {stride}*m")
    return sp.expand(rest / stride) + sp.ceiling(constant / stride)


def show(entry: slice) -> str:
    text = ":".join("" if part is None else str(part.scalar if isinstance(part, Value) else part) for part in (entry.start, entry.stop))
    return text if entry.step is None else f"{text}:{entry.step}"


def windows(x: Value, size: object, stride: object = 1, axis: object = None) -> Value:
    """Windows of the axes (the last ones unless given): window positions replace the axes, places in a window come last.

    The stride must divide `dim - size`, so that every entry of the array lies in a window.
    """
    sizes = tuple(size) if isinstance(size, (tuple, list)) else (size,)
    chosen = axes(tuple(range(-len(sizes), 0)) if axis is None else axis, x.rank, "windows")
    steps = tuple(stride) if isinstance(stride, (tuple, list)) else (stride,) * len(sizes)
    if not len(sizes) == len(chosen) == len(steps):
        raise TraceError(f"windows: {len(sizes)} sizes and {len(steps)} strides for {len(chosen)} axes")
    counts = dict(zip(chosen, (_positions(x.shape[a], integer(s, "windows"), integer(t, "windows"))
                               for a, s, t in zip(chosen, sizes, steps, strict=True)), strict=True))
    shape = [counts.get(k, extent) for k, extent in enumerate(x.shape)] + [integer(s, "windows") for s in sizes]

    def body(*i: sp.Expr) -> sp.Expr:
        places = list(i[: x.rank])
        for k, a in enumerate(chosen):
            places[a] = integer(steps[k], "windows") * i[a] + i[x.rank + k]
        return x.read(places)

    return x.tape.gather(shape, body, name="windows", base=x.base, truth=x.truth)


def _positions(extent: Dim, size: sp.Expr, stride: sp.Expr) -> sp.Expr:
    if not stride.is_Integer or stride < 1:
        raise TraceError(f"windows: stride {stride}; expected a positive integer")
    room = sp.expand(extent - size)
    if room.is_negative or size.is_nonpositive:
        raise TraceError(f"windows of size {size} do not fit into an axis of dim {extent}")
    if any(coefficient % stride for coefficient in room.as_coefficients_dict().values()):
        raise TraceError(f"windows of size {size} with stride {stride} do not tile an axis of dim {extent}: "
                         f"{room} is not divisible by {stride}; "
                         f"write the dim as {sp.expand(stride * sp.Symbol('m') + size - stride)}, or cut the axis first")
    return sp.expand(room / stride) + 1


def flip(m: Value, axis: object = None) -> Value:
    """The array with axes reversed."""
    (m,) = operands(m)
    reversed_axes = axes(axis, m.rank, "flip")
    return getitem(m, tuple(slice(None, None, -1) if k in reversed_axes else slice(None) for k in range(m.rank)))
