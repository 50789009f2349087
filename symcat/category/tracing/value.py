"""Traced values: arrays of a program under construction, and scalars made of hyperparameters, dims and numbers.

The operations of this package take and return `Value`; `array.Array` and `array.Scalar` are what the user's function sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import sympy as sp

from symcat.category.expression import At, Delta, is_index, scalar
from symcat.category.functions import FUNCTIONS, absolute
from symcat.category.hyper import Hyper, certainly, exact_number
from symcat.category.morphism import Builder
from symcat.category.space import Base, Dim, Real, Wire
from symcat.errors import DomainError, TraceError, UsageError

LARGEST_CONSTANT = 64
SCALARS = (sp.Symbol, sp.Number, type(sp.E), sp.Add, sp.Mul, sp.Pow, sp.exp)


@dataclass(frozen=True, eq=False)
class Tape:
    """What a trace writes on: the program under construction and the ranges of its hyperparameters."""

    build: Builder
    hypers: Mapping[sp.Symbol, Hyper] = field(default_factory=dict)

    def array(self, name: str, truth: bool = False) -> Value:
        return Value(self, name, truth=truth)

    def scalar(self, expr: sp.Expr, truth: bool = False) -> Value:
        """A value of rank 0 that needs no comprehension; SymPy's absolute value becomes ours, whose derivative is declared."""
        return Value(self, None, scalar(expr).replace(sp.Abs, absolute), truth)

    def gather(self, shape: Sequence[Dim], body: Callable[..., sp.Expr], reduce: Sequence[Dim] = (), *, name: str, base: Base,
               op: str = "sum", truth: bool = False) -> Value:
        """A new array, one comprehension in gather form."""
        return self.array(self.build.gather(shape, body, reduce, op=op, name=name, base=base), truth)

    def scatter(self, shape: Sequence[Dim], extents: Sequence[Dim], out: Callable[..., Sequence[sp.Expr]],
                body: Callable[..., sp.Expr], *, name: str, base: Base, guards: Callable[..., Sequence[sp.Expr]] = lambda *i: (),
                truth: bool = False) -> Value:
        """A new array whose entries `out(*i)` receive `body(*i)`; the others are 0."""
        symbols = tuple(sp.Symbol(f"_t{k}", integer=True) for k in range(len(extents)))
        written = self.build.node(shape, list(zip(symbols, extents, strict=True)), [scalar(e) for e in out(*symbols)],
                                  body(*symbols), guards=guards(*symbols), name=name, base=base)
        return self.array(written, truth)

    def require(self, value: Value, relation: str, smooth: str | None = None, shift: int = 0) -> None:
        """Record that `value + shift` stands in a relation at every entry; a false condition is an error, a true one vanishes."""
        if value.array is not None:
            self.build.require(value.shape, value.read(_indices(value.rank)) + shift, relation, smooth)
            return
        expr = value.scalar + shift
        if expr.is_number and not _holds(expr, relation):
            raise TraceError(f"the number {expr} is used where a number {relation.replace('0', ' 0')} is needed: change the constant")
        if not certainly(expr, smooth or relation, self.hypers):
            self.build.require((), expr, relation, smooth)


@dataclass(frozen=True, eq=False)
class Value:
    """An array by name, or (with `array` None) a scalar expression.  `truth`: the entries are 0 or 1 and mean false or true."""

    tape: Tape
    array: str | None
    scalar: sp.Expr = sp.S.Zero
    truth: bool = False

    @property
    def name(self) -> str:
        """The array's name; a scalar has none until it is materialised."""
        if self.array is None:
            raise TraceError(f"the scalar {self.scalar} is no array of the program: materialise it")
        return self.array

    @property
    def wire(self) -> Wire:
        return Wire(Real, ()) if self.array is None else self.tape.build.wires[self.array]

    @property
    def shape(self) -> tuple[Dim, ...]:
        return self.wire.shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def base(self) -> Base:
        return self.wire.base

    def read(self, indices: Sequence[sp.Expr]) -> sp.Expr:
        return self.scalar if self.array is None else At(self.array, *indices)

    def aligned(self, shape: Sequence[Dim], indices: Sequence[sp.Expr]) -> sp.Expr:
        """The read at an index of a shape that this value broadcasts to."""
        lead = len(shape) - self.rank
        own = [indices[lead + k] if shape[lead + k] == extent else sp.S.Zero for k, extent in enumerate(self.shape)]
        return self.read(own)

    def __str__(self) -> str:
        return str(self.scalar) if self.array is None else f"{self.array}: {self.wire}"


ACTIVE: ContextVar[Tape | None] = ContextVar("symcat_active_tape", default=None)


def active_tape(what: str) -> Tape:
    tape = ACTIVE.get()
    if tape is None:
        raise TraceError(f"{what} outside of a trace: call it in a function that sc.morphism or sc.trace reads")
    return tape


def operands(*items: object) -> tuple[Value, ...]:
    """The items as values of one tape: numbers, SymPy expressions in dims and hyperparameters, and small constant arrays too.

    A scalar of the function around a fold is an expression like any other; an array of it is an error.
    """
    arrays = [item for item in items if isinstance(item, Value) and item.array is not None]
    tapes = [item.tape for item in (*arrays, *items) if isinstance(item, Value)]
    if any(item.tape is not tapes[0] for item in arrays):
        raise TraceError("arrays of two different traces meet in one operation: a traced array must not outlive its function, and an array "
                         "of the function around sc.fold comes in as a constant, fold(cell, init, xs, a) with cell(state, x, a)")
    tape = ACTIVE.get() if not arrays and ACTIVE.get() else tapes[0] if tapes else active_tape("a symbolic operation")
    return tuple(lift(tape, item, arrays[0].base if arrays else Real) for item in items)


def lift(tape: Tape, item: object, base: Base = Real) -> Value:
    """A number, a SymPy expression or a small constant array as a value."""
    if isinstance(item, Value):
        return item if item.tape is tape or item.array is not None else Value(tape, None, item.scalar, item.truth)
    if isinstance(item, sp.Expr):
        return tape.scalar(_expression(item))
    if isinstance(item, (list, tuple)):
        if any(isinstance(entry, Value) for entry in item):
            raise TraceError("a list of traced arrays is not an array: use np.stack or np.concatenate")
        item = np.asarray(item)
    if isinstance(item, np.ndarray):
        return _constant(tape, item, base)
    try:
        return tape.scalar(exact_number(item), truth=isinstance(item, (bool, np.bool_)))
    except (UsageError, DomainError) as error:
        raise TraceError(f"cannot use {item!r} with traced arrays: {error}") from None


def materialise(value: Value, shape: Sequence[Dim] = (), base: Base = Real) -> Value:
    """A scalar as an array; an array as it is."""
    if value.array is not None:
        return value
    return value.tape.gather(shape, lambda *i: value.scalar, name="constant", base=base, truth=value.truth)


def broadcast(shapes: Sequence[Sequence[Dim]], what: str) -> tuple[Dim, ...]:
    """The common shape under NumPy's rules; symbolic dims must be equal or 1."""
    rank = max(map(len, shapes), default=0)
    padded = [(sp.S.One,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for axis in range(rank):
        extents = [shape[axis] for shape in padded if shape[axis] != 1]
        if any(extent != extents[0] for extent in extents):
            shown = " and ".join(show_shape(shape) for shape in shapes)
            differ = " and ".join(map(str, dict.fromkeys(extents)))
            raise TraceError(f"{what}: shapes {shown} do not broadcast (axis {axis - rank} is {differ}); "
                             "dims must be equal or 1: insert an axis with None, or use one symbol for both")
        result.append(extents[0] if extents else sp.S.One)
    return tuple(result)


def show_shape(shape: Sequence[Dim]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def common_base(values: Sequence[Value], what: str) -> Base:
    """The base of the arrays among the values; over Z_n the scalars must be integers."""
    bases = list(dict.fromkeys(value.base for value in values if value.array is not None)) or [Real]
    if len(bases) > 1:
        raise TraceError(f"{what} mixes arrays over {' and '.join(map(str, bases))}: all arrays of an operation have one base")
    for value in values:
        if bases[0].modulus and value.array is None and not value.scalar.is_integer:
            raise TraceError(f"{what} over {bases[0]} with the scalar {value.scalar}: only integers act on {bases[0]}")
    return bases[0]


def pointwise(name: str, function: Callable[..., sp.Expr], *items: object, truth: bool = False) -> Value:
    """One comprehension that applies a scalar function to broadcast operands; scalars alone stay a scalar."""
    values = operands(*items)
    tape = values[0].tape
    if all(value.array is None for value in values):
        return tape.scalar(function(*(value.scalar for value in values)), truth)
    base = common_base(values, name)
    shape = broadcast([value.shape for value in values], name)
    return tape.gather(shape, lambda *i: function(*(value.aligned(shape, i) for value in values)), name=name, base=base, truth=truth)


def needs_reals(what: str, *values: Value) -> None:
    for value in values:
        if value.base.modulus:
            raise TraceError(f"{what} over {value.base}: only +, -, * and ** with a natural number are defined there")


def axes(axis: object, rank: int, what: str) -> tuple[int, ...]:
    """Axes as distinct numbers from 0 to rank - 1; None means all."""
    if axis is None:
        return tuple(range(rank))
    found = []
    for entry in axis if isinstance(axis, (tuple, list)) else (axis,):
        if isinstance(entry, (bool, Value)) or not hasattr(entry, "__index__"):
            raise TraceError(f"{what}: axis {entry!r} is not an integer")
        number = entry.__index__()
        if not -rank <= number < rank:
            raise TraceError(f"{what}: axis {number} of an array of rank {rank}: expected {-rank} to {rank - 1}")
        found.append(number % rank)
    if len(set(found)) != len(found):
        raise TraceError(f"{what}: axes {axis} name one axis twice")
    return tuple(found)


def _indices(rank: int) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(f"_{k}", integer=True) for k in range(rank))


def _holds(number: sp.Expr, relation: str) -> bool:
    return bool({"!=0": sp.Ne(number, 0), ">0": number > 0, ">=0": number >= 0}[relation])


def _expression(expr: sp.Expr) -> sp.Expr:
    """A SymPy expression of the user's: exact, real, in dims and hyperparameters only."""
    expr = expr.xreplace({f: sp.Rational(str(f)) for f in expr.atoms(sp.Float)}).replace(sp.Abs, absolute)
    for symbol in sorted(expr.free_symbols, key=lambda s: s.name):
        known = (sp.Symbol(symbol.name, integer=True, positive=True), sp.Symbol(symbol.name, real=True))
        if symbol not in known or is_index(symbol):
            raise TraceError(f"the symbol {symbol} in {expr} is neither a dim nor a hyperparameter: make it with sc.dims({symbol.name!r}), "
                             "or take it as a keyword-only argument, whose range sc.hyper declares")
    for part in sp.preorder_traversal(expr):
        if not isinstance(part, SCALARS) and type(part) not in FUNCTIONS:
            raise TraceError(f"{type(part).__name__} in the SymPy expression {expr}: "
                             "expected rationals, symbols, +, *, powers, exp and the functions of symcat")
    if expr.is_real is False or expr.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise TraceError(f"the SymPy expression {expr} is not a real number")
    return expr


def _constant(tape: Tape, values: np.ndarray, base: Base) -> Value:
    """A constant array: one number broadcast, or a sum of deltas when it is small."""
    if values.dtype.kind not in "biuf":
        raise TraceError(f"a constant array of dtype {values.dtype} cannot be read: "
                         "expected real numbers (join traced arrays with np.stack)")
    truth = values.dtype.kind == "b"
    if values.size and (values.size == 1 or (values == values.flat[0]).all()):
        number = lift(tape, values.flat[0])
        return materialise(Value(tape, None, number.scalar, truth), tuple(map(sp.Integer, values.shape)), base) if values.ndim else number
    if not 1 < values.size <= LARGEST_CONSTANT:
        raise TraceError(f"a constant array of shape {values.shape} meets a traced one: "
                         f"at most {LARGEST_CONSTANT} entries are read as constants; pass it as an input wire")
    entries = {place: lift(tape, values[place]).scalar for place in product(*map(range, values.shape))}

    def body(*i: sp.Expr) -> sp.Expr:
        return sp.Add(*[number * sp.Mul(*[Delta(k - p) for k, p in zip(i, place, strict=True)]) for place, number in entries.items()])

    return tape.gather(tuple(map(sp.Integer, values.shape)), body, name="constant", base=base, truth=truth)
