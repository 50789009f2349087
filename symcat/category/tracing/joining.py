"""Arrays put together from others: concatenation, stacking, padding, rolling, diagonals and triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symcat.category.expression import Bracket
from symcat.category.space import Dim
from symcat.category.tracing.indexing import getitem, integer
from symcat.category.tracing.reshaping import expand_dims, reshape
from symcat.category.tracing.value import Value, axes, common_base, materialise, operands, show_shape
from symcat.errors import TraceError


def concatenate(arrays: Sequence[object], axis: int | None = 0) -> Value:
    """The arrays one behind the other along an axis: each is scattered to its place, and the places are added."""
    parts = _parts(arrays, "concatenate")
    if axis is None:
        parts, axis = [reshape(part, (-1,)) for part in parts], 0
    first = parts[0]
    if first.rank == 0:
        raise TraceError("concatenate: arrays of rank 0 have no axis to join; use np.stack")
    (place,) = axes(axis, first.rank, "concatenate")
    for part in parts:
        if part.rank != first.rank or any(k != place and a != b for k, (a, b) in enumerate(zip(part.shape, first.shape, strict=True))):
            raise TraceError(f"concatenate along axis {place}: shapes {show_shape(first.shape)} and {show_shape(part.shape)} "
                             "must agree on all other axes")
    total = sp.expand(sp.Add(*[part.shape[place] for part in parts]))
    shape = [*first.shape[:place], total, *first.shape[place + 1:]]
    offset, placed = sp.S.Zero, []
    for part in parts:
        placed.append(_placed(part, shape, {place: offset}))
        offset = sp.expand(offset + part.shape[place])
    return _joined(placed, "concatenate", all(part.truth for part in parts))


def _parts(arrays: Sequence[object], what: str) -> list[Value]:
    if isinstance(arrays, Value):
        arrays = [getitem(arrays, k) for k in range(entries_of(arrays, what))]
    if not arrays:
        raise TraceError(f"{what} of nothing: expected at least one array")
    values = operands(*arrays)
    base = common_base(values, what)
    return [materialise(value, base=base) for value in values]


def entries_of(x: Value, what: str) -> int:
    """The number of entries along the first axis, which has to be a number."""
    if x.rank == 0:
        raise TraceError(f"{what}: an array of rank 0 has no axis to iterate over")
    if not x.shape[0].is_Integer:
        raise TraceError(f"{what}: axis 0 of {x} has the symbolic dim {x.shape[0]}; "
                         "use array operations over the whole axis (sum, einsum, ...)")
    return int(x.shape[0])


def _placed(part: Value, shape: Sequence[Dim], offsets: dict[int, sp.Expr]) -> Value:
    """The part at an offset in an array of zeros."""
    return part.tape.scatter(shape, part.shape, lambda *i: [i[k] + offsets.get(k, 0) for k in range(len(i))], lambda *i: part.read(i),
                             name="place", base=part.base, truth=part.truth)


def _joined(placed: Sequence[Value], name: str, truth: bool = False) -> Value:
    first = placed[0]
    return first.tape.gather(first.shape, lambda *i: sp.Add(*[part.read(i) for part in placed]), name=name, base=first.base, truth=truth)


def stack(arrays: Sequence[object], axis: int = 0) -> Value:
    """The arrays side by side along a new axis."""
    parts = _parts(arrays, "stack")
    for part in parts:
        if part.shape != parts[0].shape:
            raise TraceError(f"stack: shapes {show_shape(parts[0].shape)} and {show_shape(part.shape)} must be equal")
    return concatenate([expand_dims(part, axis) for part in parts], axis)


def vstack(tup: Sequence[object]) -> Value:
    parts = [reshape(part, (1, *part.shape) if part.rank else (1, 1)) if part.rank < 2 else part for part in _parts(tup, "vstack")]
    return concatenate(parts, 0)


def hstack(tup: Sequence[object]) -> Value:
    parts = [reshape(part, (1,)) if part.rank == 0 else part for part in _parts(tup, "hstack")]
    return concatenate(parts, 0 if parts[0].rank == 1 else 1)


def pad(array: Value, pad_width: object, mode: str = "constant", constant_values: object = 0) -> Value:
    """The array with zeros around it."""
    (array,) = operands(array)
    if mode != "constant" or constant_values != 0:
        raise TraceError(f"pad with mode {mode!r} and value {constant_values!r}: only zeros are padded; use np.concatenate for the rest")
    widths = _widths(pad_width, array.rank)
    shape = [sp.expand(extent + before + after) for extent, (before, after) in zip(array.shape, widths, strict=True)]
    offsets = {k: before for k, (before, _) in enumerate(widths)}
    return array if all(width == (0, 0) for width in widths) else _placed(array, shape, offsets)


def _widths(pad_width: Any, rank: int) -> list[tuple[sp.Expr, sp.Expr]]:
    """The widths as a pair for each axis, from any of NumPy's spellings."""
    pairs = list(pad_width) if isinstance(pad_width, (tuple, list)) else [pad_width]
    if all(not isinstance(pair, (tuple, list)) for pair in pairs):
        pairs = [tuple(pairs) if len(pairs) == 2 else (pairs[0], pairs[0])] * rank if len(pairs) <= 2 else pairs
    elif len(pairs) == 1:
        pairs = pairs * rank
    if len(pairs) != rank or any(not isinstance(pair, (tuple, list)) or len(pair) != 2 for pair in pairs):
        raise TraceError(f"pad widths {pad_width} for an array of rank {rank}: expected a pair (before, after) for each axis")
    widths = [(integer(before, "a pad width"), integer(after, "a pad width")) for before, after in pairs]
    if any(side.is_negative for pair in widths for side in pair):
        raise TraceError(f"pad widths {pad_width}: a width is at least 0; use a slice to cut")
    return widths


def roll(a: Value, shift: object, axis: Any = None) -> Value:
    """The array turned along one axis."""
    (a,) = operands(a)
    if isinstance(shift, (tuple, list)) or isinstance(axis, (tuple, list)):
        raise TraceError("roll along several axes at once: roll along one after the other")
    if axis is None:
        return reshape(roll(reshape(a, (-1,)), shift, 0), a.shape) if a.rank > 1 else roll(a, shift, 0)
    (place,) = axes(axis, a.rank, "roll")
    turn = integer(shift, "a shift")
    if turn.is_Integer and a.shape[place].is_Integer:
        turn = turn % a.shape[place]
    if turn == 0 or turn == a.shape[place]:
        return a
    lead = (slice(None),) * place
    return concatenate([getitem(a, (*lead, slice(-turn, None))), getitem(a, (*lead, slice(None, -turn)))], place)


def diagonal(a: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The diagonal of two equal axes, as a last axis."""
    (a,) = operands(a)
    (i,), (j,) = axes(axis1, a.rank, "diagonal"), axes(axis2, a.rank, "diagonal")
    if i == j or a.shape[i] != a.shape[j] or offset != 0:
        raise TraceError(f"diagonal of axes {i} and {j} of {a} with offset {offset}: "
                         "expected two axes of one dim and offset 0; slice the array first")
    rest = [k for k in range(a.rank) if k not in (i, j)]

    def body(*indices: sp.Expr) -> sp.Expr:
        places = dict(zip(rest, indices, strict=False)) | {i: indices[-1], j: indices[-1]}
        return a.read([places[k] for k in range(a.rank)])

    return a.tape.gather([*(a.shape[k] for k in rest), a.shape[i]], body, name="diagonal", base=a.base, truth=a.truth)


def trace(a: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The sum of the diagonal."""
    line = diagonal(a, offset, axis1, axis2)
    return line.tape.gather(line.shape[:-1], lambda *i: line.read(i), line.shape[-1:], name="trace", base=line.base)


def diag(v: Value, k: int = 0) -> Value:
    """The diagonal of a matrix, or the diagonal matrix of a vector."""
    (v,) = operands(v)
    if v.rank == 2:
        return diagonal(v, k)
    if v.rank != 1 or k != 0:
        raise TraceError(f"diag of {v} with offset {k}: expected a vector or a matrix and offset 0")
    return v.tape.scatter(v.shape * 2, v.shape, lambda i: (i, i), lambda i: v.read((i,)), name="diag", base=v.base, truth=v.truth)


def tril(m: Value, k: object = 0) -> Value:
    """The entries on and under diagonal k, zero elsewhere."""
    return _triangle(m, k, -1, "tril")


def triu(m: Value, k: object = 0) -> Value:
    """The entries on and over diagonal k, zero elsewhere."""
    return _triangle(m, k, 1, "triu")


def _triangle(m: Value, k: object, side: int, name: str) -> Value:
    (m,) = operands(m)
    if m.rank < 2:
        raise TraceError(f"{name} of {m}: expected at least two axes")
    shift = integer(k, "a diagonal")
    return m.tape.gather(m.shape, lambda *i: Bracket(side * (i[-1] - i[-2] - shift)) * m.read(i), name=name, base=m.base, truth=m.truth)
