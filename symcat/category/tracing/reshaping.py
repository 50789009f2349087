"""Other views of the same entries: permuted, broadcast, split and merged axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy as sp

from symcat.category.space import Dim, dim
from symcat.category.tracing.indexing import getitem, integer
from symcat.category.tracing.value import Value, broadcast, operands, show_shape
from symcat.category.tracing.value import axes as numbered
from symcat.errors import ShapeError, TraceError

LARGEST_UNROLLING = 64


def transpose(a: Value, axes: Any = None) -> Value:
    (a,) = operands(a)
    order = tuple(reversed(range(a.rank))) if axes is None else _permutation(axes, a.rank)
    place = {axis: k for k, axis in enumerate(order)}
    return a.tape.gather([a.shape[k] for k in order], lambda *i: a.read([i[place[k]] for k in range(a.rank)]),
                         name="transpose", base=a.base, truth=a.truth) if order != tuple(range(a.rank)) else a


def _permutation(order: Any, rank: int) -> tuple[int, ...]:
    found = numbered(tuple(order), rank, "transpose")
    if len(found) != rank:
        raise TraceError(f"transpose: axes {tuple(order)} of an array of rank {rank}: every axis must occur once")
    return found


def swapaxes(a: Value, axis1: int, axis2: int) -> Value:
    (a,) = operands(a)
    (i,), (j,) = numbered(axis1, a.rank, "swapaxes"), numbered(axis2, a.rank, "swapaxes")
    order = list(range(a.rank))
    order[i], order[j] = order[j], order[i]
    return transpose(a, order)


def moveaxis(a: Value, source: object, destination: object) -> Value:
    (a,) = operands(a)
    sources, targets = numbered(source, a.rank, "moveaxis"), numbered(destination, a.rank, "moveaxis")
    if len(sources) != len(targets):
        raise TraceError(f"moveaxis: {len(sources)} sources and {len(targets)} destinations")
    order = [k for k in range(a.rank) if k not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return transpose(a, order)


def expand_dims(a: Value, axis: object) -> Value:
    (a,) = operands(a)
    added = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = numbered(axis, a.rank + added, "expand_dims")
    return getitem(a, tuple(None if k in new else slice(None) for k in range(a.rank + added)))


def squeeze(a: Value, axis: object = None) -> Value:
    (a,) = operands(a)
    gone = [k for k, extent in enumerate(a.shape) if extent == 1] if axis is None else numbered(axis, a.rank, "squeeze")
    for k in gone:
        if a.shape[k] != 1:
            raise TraceError(f"squeeze: axis {k} of {a} has dim {a.shape[k]}; only dims of 1 can go")
    return getitem(a, tuple(0 if k in gone else slice(None) for k in range(a.rank)))


def broadcast_to(array: Value, shape: object) -> Value:
    (array,) = operands(array)
    target = dims_of(shape)
    if broadcast([array.shape, target], "broadcast_to") != target:
        raise TraceError(f"broadcast_to: {array} does not fit the shape {show_shape(target)}")
    return array.tape.gather(target, lambda *i: array.aligned(target, i), name="broadcast", base=array.base, truth=array.truth)


def dims_of(shape: object) -> tuple[Dim, ...]:
    """A shape as dims."""
    entries = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(dim(integer(entry, "a shape")) for entry in entries)


def ravel(a: Value, order: str = "C") -> Value:
    return reshape(a, (-1,), order=order)


@dataclass(frozen=True)
class Group:
    """Neighbouring axes `old` of the source that become the neighbouring axes `new`: the same number of entries."""

    old: tuple[Dim, ...]
    new: tuple[Dim, ...]


def reshape(a: Value, shape: object, *, order: str = "C") -> Value:
    """The entries in row-major order under another shape; one dim may be -1."""
    (a,) = operands(a)
    if order != "C":
        raise TraceError(f"reshape with order {order!r}: only row-major order 'C' is supported; transpose first")
    target = _target(a, shape if isinstance(shape, (tuple, list)) else (shape,))
    middle: list[Dim] = []
    for group in _groups(a, target):
        middle += [_merged(group, a, target)] if len(group.old) > 1 and len(group.new) > 1 else group.new
    if tuple(middle) != target:
        a = _regroup(a, tuple(middle))
    return _regroup(a, target)


def _target(a: Value, shape: Sequence[object]) -> tuple[Dim, ...]:
    """The new shape with -1 worked out."""
    entries = [integer(entry, "a shape") for entry in shape]
    total, known = sp.Mul(*a.shape), sp.Mul(*[entry for entry in entries if entry != -1])
    unknown = [k for k, entry in enumerate(entries) if entry == -1]
    if len(unknown) > 1:
        raise TraceError(f"reshape to {tuple(map(str, entries))}: at most one dim may be -1")
    try:
        for k in unknown:
            entries[k] = dim(sp.cancel(total / known))
        target = tuple(dim(entry) for entry in entries)
    except ShapeError:
        raise TraceError(_refusal(a, entries)) from None
    if sp.expand(total - sp.Mul(*target)) != 0:
        raise TraceError(f"reshape: {a} has {total} entries but {show_shape(target)} has {sp.Mul(*target)}")
    return target


def _refusal(a: Value, shape: Sequence[object]) -> str:
    return (f"reshape of {a} to {show_shape(shape)} makes a dim that is not affine with integer coefficients in the dims "
            "(a product of two symbolic dims): keep the axes apart and use einsum, sum or broadcasting over them, or make one dim a number")


def _groups(a: Value, target: Sequence[Dim]) -> list[Group]:
    """The finest common grouping of the two shapes, axes of dim 1 put into a group with a neighbour."""
    old, new = list(a.shape), list(target)
    groups: list[Group] = []
    while old or new:
        left, right = old[:1], new[:1]
        del old[:1], new[:1]
        while sp.expand(sp.Mul(*left) - sp.Mul(*right)) != 0:
            if new and (not old or _divides(sp.Mul(*right), sp.Mul(*left))):
                right.append(new.pop(0))
            else:
                left.append(old.pop(0))
        groups.append(Group(tuple(left), tuple(right)))
    return groups


def _divides(part: sp.Expr, whole: sp.Expr) -> bool:
    """Whether the new side of a group should grow: its product divides the old side's, or is the lesser number."""
    if part.is_Integer and whole.is_Integer:
        return bool(part < whole)
    return sp.cancel(whole / part).as_numer_denom()[1].is_Integer and sp.cancel(whole / part) != 1


def _merged(group: Group, a: Value, target: Sequence[Dim]) -> Dim:
    try:
        return dim(sp.Mul(*group.old))
    except ShapeError:
        raise TraceError(_refusal(a, target)) from None


def _regroup(a: Value, target: tuple[Dim, ...]) -> Value:
    """A reshape in which each group splits one axis or merges several, as one scatter for each value of the unrolled indices."""
    groups = _groups(a, target)
    if target == a.shape:
        return a
    parts = [(group.new, True) if len(group.old) == 1 else (group.old, False) for group in groups]
    extents = [extent for part, _ in parts for extent in part]
    unrolled = [k for k, unroll in enumerate(flag for part, _ in parts for flag in _unrolled(part)) if unroll]
    choices = sp.Mul(*[extents[k] for k in unrolled])
    if not choices.is_Integer or choices > LARGEST_UNROLLING:
        raise TraceError(_refusal(a, target))
    pieces = [_piece(a, target, parts, extents, dict(zip(unrolled, choice, strict=True)))
              for choice in product(*[range(int(extents[k])) for k in unrolled])]
    return pieces[0] if len(pieces) == 1 else a.tape.gather(
        target, lambda *i: sp.Add(*[piece.read(i) for piece in pieces]), name="reshape", base=a.base, truth=a.truth)


def _unrolled(part: Sequence[Dim]) -> list[bool]:
    """Which indices of a group cannot stay symbolic: those whose stride is a symbol, unless they are always 0."""
    return [extent != 1 and not sp.Mul(*part[k + 1:]).is_Integer for k, extent in enumerate(part)]


def _piece(a: Value, target: tuple[Dim, ...], parts: Sequence, extents: Sequence[Dim], fixed: dict[int, int]) -> Value:
    """The entries at given values of the unrolled indices, in their places."""
    loops = [k for k in range(len(extents)) if k not in fixed]

    def places(indices: Sequence[sp.Expr]) -> tuple[list[sp.Expr], list[sp.Expr]]:
        every = dict(zip(loops, indices, strict=True)) | {k: sp.Integer(value) for k, value in fixed.items()}
        source, out, start = [], [], 0
        for part, splits in parts:
            own = [every[start + k] for k in range(len(part))]
            line = sp.expand(sp.Add(*[i * sp.Mul(*part[k + 1:]) for k, i in enumerate(own) if part[k] != 1]))
            source += [line] if splits else own
            out += own if splits else [line]
            start += len(part)
        return source, out

    return a.tape.scatter(target, [extents[k] for k in loops], lambda *i: places(i)[1], lambda *i: a.read(places(i)[0]),
                          name="reshape", base=a.base, truth=a.truth)
