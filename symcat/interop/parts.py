"""JAX's primitives that take parts of arrays and put arrays together: places that are known, as numbers or in terms of sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from symcat.category.tracing import arithmetic, indexing, joining, reduction
from symcat.category.tracing.value import Value
from symcat.interop.primitives import TABLE, own_axes, primitive
from symcat.interop.program import Constant, Operation

if TYPE_CHECKING:
    from symcat.interop.jaxpr import Run

__all__ = ["TABLE"]

@primitive("slice")
def cut(run: Run, operation: Operation, x: Value) -> Value:
    starts, stops = run.dims(operation.params["start_indices"]), run.dims(operation.params["limit_indices"])
    return _taken(run, operation, x, starts, stops, operation.params["strides"] or (1,) * len(starts))


@primitive("dynamic_slice")
def dynamic_slice(run: Run, operation: Operation, x: Value, *starts: Value) -> Value:
    return _window(run, operation, x, [_place(run, operation, start) for start in starts], operation.params["slice_sizes"])


@primitive("gather")
def gather(run: Run, operation: Operation, x: Value, indices: Value) -> Value:
    """One window at places that are known, which is what an index of integers and slices becomes."""
    numbers = operation.params["dimension_numbers"]
    rank = len(operation.ins[0].shape)
    if len(operation.ins[1].shape) != 1 or len(numbers.offset_dims) != len(operation.outs[0].shape) or numbers.operand_batching_dims:
        raise run.refusal(operation, "it reads at places that depend on data, or at several at once")
    places = dict(zip(numbers.start_index_map, _places(run, operation, indices), strict=True))
    return _window(run, operation, x, [places.get(axis, sp.S.Zero) for axis in range(rank)], operation.params["slice_sizes"])


def _places(run: Run, operation: Operation, indices: Value) -> list[sp.Expr]:
    """The entries of a vector of places: one, or those from which it was joined."""
    atom = operation.ins[1]
    made = None if isinstance(atom, Constant) else run.program.maker.get(atom)
    if made is not None and made.name in ("concatenate", "stack"):
        return [_place(run, operation, run.read(part)) for part in made.ins]
    return [_place(run, operation, indices)] * int(run.dims(atom.shape)[0])


def _place(run: Run, operation: Operation, start: Value) -> sp.Expr:
    if start.array is not None or not all(symbol.is_integer and symbol.is_positive for symbol in start.scalar.free_symbols):
        raise run.refusal(operation, "it reads at places that depend on data")
    return sp.expand(start.scalar)


def _window(run: Run, operation: Operation, x: Value, starts: Sequence[sp.Expr], sizes: Sequence[Any]) -> Value:
    """The entries from a place on; the window has to lie inside, where JAX would move it."""
    extents, wide = run.dims(operation.ins[0].shape), run.dims(sizes)
    stops = [sp.expand(start + size) for start, size in zip(starts, wide, strict=True)]
    for start, stop, extent in zip(starts, stops, extents, strict=True):
        if not (_within(start) and _within(sp.expand(extent - stop))):
            raise run.refusal(operation, f"entries {start} to {stop} are not shown to lie inside an axis of {extent}")
    return _taken(run, operation, x, starts, stops, (1,) * len(starts))


def _within(room: sp.Expr) -> bool:
    """Whether an expression in sizes, which are at least 1, is at least 0."""
    shifted = sp.expand(room.subs({symbol: symbol + 1 for symbol in room.free_symbols}, simultaneous=True))
    return bool(shifted.is_nonnegative)


def _taken(run: Run, operation: Operation, x: Value, starts: Sequence[sp.Expr], stops: Sequence[sp.Expr], strides: Sequence[Any]) -> Value:
    if not x.rank:
        return x
    parts = [slice(a, b, int(c)) for a, b, c in zip(starts, stops, strides, strict=True)]
    return indexing.getitem(x, tuple(parts[axis] for axis in own_axes(run, operation)))


@primitive("split")
def split(run: Run, operation: Operation, x: Value) -> list[Value]:
    axis, found, start = int(operation.params["axis"]), [], sp.S.Zero
    for size in run.dims(operation.params["sizes"]):
        starts = [start if k == axis else sp.S.Zero for k in range(len(operation.ins[0].shape))]
        stops = [start + size if k == axis else extent for k, extent in enumerate(run.dims(operation.ins[0].shape))]
        found.append(_taken(run, operation, x, starts, stops, (1,) * len(starts)))
        start = sp.expand(start + size)
    return found


@primitive("concatenate")
def concatenate(run: Run, operation: Operation, *parts: Value) -> Value:
    full = [run.full(value, var.shape) for value, var in zip(parts, operation.ins, strict=True)]
    return joining.concatenate(full, int(operation.params["dimension"]))


@primitive("stack")
def stack(run: Run, operation: Operation, *parts: Value) -> Value:
    full = [run.full(value, var.shape) for value, var in zip(parts, operation.ins, strict=True)]
    return joining.stack(full, int(operation.params["axis"]))


@primitive("pad")
def pad(run: Run, operation: Operation, x: Value, filling: Value) -> Value:
    widths = [tuple(map(int, width)) for width in operation.params["padding_config"]]
    if filling.array is not None or filling.scalar != 0 or any(min(width) < 0 or width[2] for width in widths):
        raise run.refusal(operation, "it pads with other numbers than 0, inside, or by less than nothing")
    return joining.pad(run.full(x, operation.ins[0].shape), [width[:2] for width in widths])


@primitive("argmax", "argmin")
def argmax(run: Run, operation: Operation, x: Value) -> Value:
    """The place of the first maximum along an axis."""
    own, (axis,) = own_axes(run, operation), operation.params["axes"]
    if int(axis) not in own:
        return run.tape.scalar(sp.S.Zero)
    full = replace(run.entries(x, operation.ins[0].shape), truth=False)
    return reduction.argmax(full if operation.name == "argmax" else arithmetic.negative(full), own[int(axis)])
