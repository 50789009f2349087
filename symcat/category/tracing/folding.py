"""Iteration of a traced function over the first axis of arrays: `fold`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from symcat.category.morphism import Builder
from symcat.category.space import Dim, Space, Wire, dim, unused_names
from symcat.category.tracing.array import unwrap, wrap
from symcat.category.tracing.value import ACTIVE, Tape, Value, active_tape, lift, materialise
from symcat.errors import ShapeError, TraceError

Arrays = Any    # a traced array, a tuple of such, or None


def fold(cell: Callable[..., tuple[Arrays, Arrays]], init: Arrays, xs: Arrays, *constants: object, length: int | str | Dim | None = None,
         reverse: bool = False) -> tuple[Arrays, Arrays]:
    """Iterate `state, y = cell(state, x, *constants)` over the entries x of `xs` along their first axis: (last state, all y).

    States, entries and outputs are arrays or tuples of arrays, or None; the y are stacked along a new first axis.  `reverse` takes
    the entries from the last to the first.  Arrays of the surrounding function come in as `constants`.  The length is that of the
    first axis of `xs`; without `xs` it is given.  The shape of jax.lax.scan.

    >>> import numpy as np
    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> sums = trace(lambda x: fold(lambda s, x: (s + x, s + x), 0, x)[1], space(x=Real["n"]))
    >>> from symcat.category.evaluate import evaluate
    >>> evaluate(sums, [[1, 2, 3]])
    [array([1., 3., 6.])]
    """
    states, entries = _parts(init), _parts(xs)
    values = [unwrap(item) for item in (*states, *entries, *constants)]
    tape = next((value.tape for value in values if isinstance(value, Value)), None) or active_tape("sc.fold")
    placed = [materialise(lift(tape, value)) for value in values]
    for value in placed:
        if value.tape is not tape:
            raise TraceError("sc.fold got arrays of two different traces: a traced array must not outlive its function")
    first, behind = len(states), len(states) + len(entries)
    steps = _length(placed[first:behind], length)
    wires = [value.wire if k < first or k >= behind else Wire(value.base, value.shape[1:]) for k, value in enumerate(placed)]
    labels = unused_names([*("s" * first), *("x" * len(entries)), *("c" * len(constants))])
    program, shapes = _read(cell, tape, Space(tuple(zip(labels, wires, strict=True))), (init, xs), first, behind)
    names = [value.name for value in placed]
    found = tape.build.fold(program, names[:first], names[first:behind], names[behind:], steps, backward=reverse)
    made = [wrap(tape.array(name)) for name in found]
    return _shaped(init, made[:first]), _shaped(shapes, made[first:])


def _parts(item: Arrays) -> tuple:
    """The arrays of a state, of entries or of outputs."""
    if item is None:
        return ()
    return tuple(item) if isinstance(item, (tuple, list)) else (item,)


def _shaped(like: Arrays, found: Sequence[object]) -> Arrays:
    """Arrays as a tuple where a tuple was given, one array where one was, None where none was."""
    if like is None:
        return None
    return tuple(found) if isinstance(like, (tuple, list)) else found[0]


def _length(lists: Sequence[Value], length: object) -> Dim:
    lengths = [] if length is None else [dim(getattr(length, "expr", length))]
    for value in lists:
        if not value.rank:
            raise ShapeError(f"sc.fold goes over the first axis of its entries, but {value} has no axis: pass it as a constant")
        lengths.append(value.shape[0])
    if not lengths:
        raise TraceError("sc.fold without entries needs a length: fold(cell, init, None, length=...)")
    if any(sp.expand(one - lengths[0]) != 0 for one in lengths):
        raise ShapeError(f"sc.fold over lists of the lengths {', '.join(map(str, dict.fromkeys(lengths)))}: expected one length for all")
    return lengths[0]


def _read(cell: Callable, tape: Tape, dom: Space, given: tuple[Arrays, Arrays], first: int, behind: int) -> tuple:
    """The program of a cell, and what its outputs look like."""
    inner = Tape(Builder(), tape.hypers)
    inner.build.facts.update(tape.build.facts)
    arrays = [wrap(inner.array(name)) for name in inner.build.inputs(dom)]
    token = ACTIVE.set(inner)
    try:
        result = cell(_shaped(given[0], arrays[:first]), _shaped(given[1], arrays[first:behind]), *arrays[behind:])
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TraceError(f"the cell of sc.fold returned {_kind(result)}: expected a pair (state, output), with None for no output")
        after, outputs = result
        outs = [_result(inner, item) for item in _parts(after)]
        _same_states(outs, _parts(given[0]), inner, dom)
        outs += [_result(inner, item) for item in _parts(outputs)]
    finally:
        ACTIVE.reset(token)
    return inner.build.build(outs, unused_names([*("s" * first), *("y" * (len(outs) - first))])), outputs


def _result(tape: Tape, item: object) -> str:
    value = unwrap(item)
    if isinstance(value, Value) and value.array is not None and value.tape is not tape:
        raise TraceError(f"the cell of sc.fold returned {item!r}, an array of the function around it: pass it as a constant, "
                         "fold(cell, init, xs, a) with cell(state, x, a)")
    return materialise(lift(tape, value)).name


def _same_states(outs: list[str], states: tuple, tape: Tape, dom: Space) -> None:
    """Errors for states that a step does not hand on as they came."""
    if len(outs) != len(states):
        raise TraceError(f"the cell of sc.fold returned {len(outs)} states, but {len(states)} came in: it returns (state, output) with the "
                         "state built like the initial one")
    for k, (out, before) in enumerate(zip(outs, dom.types, strict=False)):
        after = tape.build.wires[out]
        if after != before:
            raise ShapeError(f"state {k} of sc.fold is {before} before a step and {after} after it: start from an array of the type that "
                             f"the cell returns, such as np.zeros_like(...), or mend the cell")


def _kind(result: object) -> str:
    return f"a tuple of {len(result)}" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
