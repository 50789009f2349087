"""A JAX program run on traced arrays: what comes out is an ordinary morphism, for all sizes that JAX left symbolic.

Divisions, roots and logarithms record their conditions as everywhere; where the result is read only under a condition, the
operand is replaced by 1 elsewhere, so that what nobody reads asks for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from symcat.category.hyper import certainly
from symcat.category.space import Base, Dim, Real
from symcat.category.tracing import arithmetic, indexing, reshaping
from symcat.category.tracing.value import Tape, Value, materialise
from symcat.errors import SymcatError, UsageError
from symcat.interop import parts, primitives
from symcat.interop.decimals import exact
from symcat.interop.program import POINTWISE, SHAPES, Constant, Operation, Program, Var
from symcat.interop.sizes import number

LARGEST_COUNT = {"int32": 2**31 - 1, "int64": 2**63 - 1, "uint32": 2**32 - 1, "int16": 2**15 - 1, "int8": 2**7 - 1}
TABLE = primitives.TABLE | parts.TABLE
APART = frozenset((("eq", False), ("ne", True), ("gt", True), ("le", False), ("lt", True), ("ge", False)))   # of 0 on the right
REVERSED = {"gt": "lt", "ge": "le"}


@dataclass(eq=False)
class Run:
    """One run of a program on a tape.  `sizes` gives the dims that JAX knows by a name; `notes` collects what was decided.

    A value has the axes that JAX gives it except those of one entry, or rank 0 when it is the same everywhere.
    """

    program: Program
    tape: Tape
    sizes: Mapping[str, Dim]
    subject: str
    notes: dict[str, None] = field(default_factory=dict)
    values: dict[Var, Value] = field(default_factory=dict)
    natural: set[str] = field(default_factory=set)      # arrays without a negative entry
    base: Base = Real
    first: int = 3      # the place of the first state among the inputs

    def outputs(self, arguments: Sequence[Value]) -> list[Value]:
        """The outputs for arguments of the shapes of the program, or of rank 0 for those that are the same everywhere."""
        for var, value in zip(self.program.ins, arguments, strict=True):
            given = self.bare(value)
            self.values[var] = Value(self.tape, given.array, given.scalar, True) if var.dtype == "bool" else given
        for operation in sorted(self.program.operations, key=lambda row: row.name in TABLE):     # what cannot be read at all speaks first
            self._perform(operation)
        return [self.full(self.read(out), out.shape) for out in self.program.outs]

    def outcome(self, place: int) -> Value:
        """An output that depends on no argument, of rank 0 when it is the same everywhere."""
        unknown = set(self.program.ins)
        for operation in self.program.operations:
            if unknown.isdisjoint(operation.ins):
                self._perform(operation)
            else:
                unknown.update(operation.outs)
        return self.read(self.program.outs[place])

    def _perform(self, operation: Operation) -> None:
        name = operation.name
        if name not in TABLE:
            reason = primitives.REFUSED.get(name)
            if reason is None:
                raise UsageError(f"{self.subject} uses the primitive {name}, which symcat cannot read")
            raise self.refusal(operation, reason)
        try:
            values = self._operands(operation)
            if name not in primitives.INFINITE:
                self.finite(operation, values)
            result = TABLE[name](self, operation, *values)
        except UsageError:
            raise
        except SymcatError as error:
            read = ", ".join(map(primitives.name_of, operation.ins))
            raise UsageError(f"{self.subject}: the primitive {name} of {read}: {error}") from error
        for out, value in zip(operation.outs, result if isinstance(result, list) else [result], strict=True):
            self.values[out] = self.bare(value)
            if value.array is not None and evidently_nonnegative(self, operation, values):
                self.natural.update((value.array, self.values[out].name))

    def _operands(self, operation: Operation) -> list[Value]:
        """What an operation reads; axes of one entry stand where entries meet others of another shape."""
        values = [self.read(atom) for atom in operation.ins]
        shapes = dict.fromkeys(self.dims(atom.shape) for atom, value in zip(operation.ins, values, strict=True) if value.rank)
        if operation.name not in POINTWISE or len(shapes) < 2:
            return values
        return [self.full(value, atom.shape) if value.rank else value for atom, value in zip(operation.ins, values, strict=True)]

    def read(self, atom: Var | Constant) -> Value:
        return primitives.constant(self, atom) if isinstance(atom, Constant) else self.values[atom]

    # ---- what primitives ask for
    def number(self, value: object, dtype: str) -> Value:
        """One constant; infinities and NaN may be compared with, and stand where nothing selects them."""
        if "float" in dtype and not np.isfinite(value):  # type: ignore[call-overload]
            return Value(self.tape, None, sp.nan if np.isnan(value) else sp.oo if value > 0 else -sp.oo)  # type: ignore[call-overload, operator]
        number, told = exact(value, dtype)
        if told:
            self.note(told)
        return self.tape.scalar(number, truth=dtype == "bool")

    def truth(self, known: bool) -> Value:
        return self.tape.scalar(sp.Integer(int(known)), truth=True)

    def note(self, text: str) -> None:
        self.notes.setdefault(text)

    def nonnegative(self, value: Value) -> bool:
        """Whether a value is evidently at least 0 everywhere."""
        if value.array is not None:
            return value.truth or value.array in self.natural
        return certainly(value.scalar, ">=0", self.tape.hypers)

    def guarded(self, operation: Operation, chooser: Value) -> bool | None:
        """The truth that a condition has wherever the result of an operation is read, when that is known."""
        for var, wanted in self.program.guards.get(operation, ()):
            if chooser.array is not None and self.values[var].array == chooser.array:
                return wanted
        return None

    def refusal(self, operation: Operation, reason: str) -> UsageError:
        return UsageError(f"{self.subject} cannot be read because of the primitive {operation.name}: {reason}")

    def finite(self, operation: Operation, values: Sequence[Value]) -> None:
        """UsageError when one of the values is an infinite constant or NaN."""
        if not all(map(finite, values)):
            raise self.refusal(operation, "it computes with a number that is not finite")

    def dims(self, shape: Sequence) -> tuple[Dim, ...]:
        """JAX's dims as ours."""
        return tuple(d if isinstance(d, sp.Expr) else sp.expand(sp.sympify(number(str(d), self.sizes))) for d in shape)

    def squeezed(self, shape: Sequence) -> tuple[Dim, ...]:
        """The shape of a value here: JAX's without the axes of one entry."""
        return tuple(extent for extent in self.dims(shape) if extent != 1)

    def bare(self, value: Value) -> Value:
        """The value without axes of one entry."""
        return reshaping.squeeze(value) if sp.S.One in value.shape else value

    def full(self, value: Value, shape: Sequence) -> Value:
        """The value with all axes and entries of its shape."""
        return self._filled(value, self.dims(shape))

    def _filled(self, value: Value, dims: tuple[Dim, ...]) -> Value:
        if not finite(value):
            raise UsageError(f"{self.subject} keeps a number that is not finite, {value.scalar}: expected real numbers")
        if not dims:
            return value
        if not value.rank:
            return materialise(value, dims) if value.array is None else reshaping.broadcast_to(value, dims)
        return indexing.getitem(value, tuple(None if extent == 1 else slice(None) for extent in dims)) if sp.S.One in dims else value

    def entries(self, value: Value, shape: Sequence) -> Value:
        """The value with all entries of its shape, without axes of one entry."""
        return value if value.rank else self._filled(value, self.squeezed(shape))

    def safe(self, operation: Operation, value: Value, place: int = 0) -> Value:
        """The operand of a partial operation, 1 where no one reads the result because of what it is.

        A condition about something else protects nothing: the operation then asks for what it needs everywhere.
        """
        atom = operation.ins[place]
        guards = [(var, wanted) for var, wanted in self.program.guards.get(operation, ()) if self.program.concerns(var, atom)]
        if not guards or (value.array is None and (value.scalar.is_number or certainly(value.scalar, ">0", self.tape.hypers))):
            return value
        readers = [self.values[var] if wanted else arithmetic.negation(self.values[var]) for var, wanted in guards]
        condition = readers[0]
        for other in readers[1:]:
            condition = arithmetic.both(condition, other)
        return arithmetic.where(condition, value, 1)

    def excluded(self, operation: Operation, value: Value, place: int) -> bool:
        """Whether a condition under which the result is read says that an operand is not 0, in so many words."""
        wanted = [guard for guard in self.program.guards.get(operation, ()) if self.program.concerns(guard[0], operation.ins[place])]
        while wanted:
            var, holds = wanted.pop()
            made = self.program.maker.get(var)
            if made is None:
                continue
            if made.name == ("and" if holds else "or"):
                wanted += [(atom, holds) for atom in made.ins if isinstance(atom, Var)]
            elif made.name in SHAPES or made.name == "not":
                wanted += [(atom, holds != (made.name == "not")) for atom in made.ins if isinstance(atom, Var)]
            elif (made.name, holds) in APART and all(map(primitives.alike, map(self.read, made.ins), (value, self.tape.scalar(sp.S.Zero)))):
                return True
        return False

    def known(self, operation: Operation, x: Value, y: Value) -> bool | None:
        """The outcome of a comparison that does not depend on data; a count stays below the largest number of its type."""
        name = operation.name
        if name in REVERSED:
            flipped = Operation(REVERSED[name], operation.params, operation.ins[::-1], operation.outs)
            return self.known(flipped, y, x)
        first = operation.ins[0]
        if name in ("lt", "ne", "eq") and y.array is None and y.scalar == LARGEST_COUNT.get(first.dtype) and x.array is not None:
            self.note(f"counts of steps stay below {y.scalar}, where {self.subject} stops counting")
            return name != "eq"
        if not (finite(x) and finite(y)):
            self.note(f"all numbers are finite here: comparisons with {x.scalar if finite(y) else y.scalar} are decided")
            return _beyond(name, x, y)
        if x.array is not None and x.array == y.array:
            return name in ("le", "eq")
        if name == "lt" and x.array is not None and self.nonnegative(x) and y.array is None and y.scalar.is_nonpositive:
            return False
        if x.array is not None or y.array is not None:
            return None
        return _sign_decides(name, sp.expand(x.scalar - y.scalar))


NONNEGATIVE: dict[str, str] = {     # of what an operation gives no negative number: of anything, of the like, of two that are one
    **dict.fromkeys(("abs", "exp", "exp2", "square", "sqrt", "rsqrt", "logistic"), "any"), "mul": "same",
    **dict.fromkeys(("add", "div", "min", "reduce_sum", "reduce_max", "reduce_min", "broadcast_in_dim", "reshape", "squeeze", "transpose",
                     "slice", "convert_element_type", "cumsum", "pow", "cbrt"), "like"), "max": "some"}


def evidently_nonnegative(run: Run, operation: Operation, values: Sequence[Value]) -> bool:
    """Whether an operation gives no negative number."""
    if operation.name == "integer_pow" and operation.params["y"] % 2 == 0:
        return True
    kind = NONNEGATIVE.get(operation.name)
    if kind == "same" and values[0].array is not None and values[0].array == values[1].array:
        return True
    signs = [run.nonnegative(value) for value in (values[1:] if operation.name == "select_n" else values) if finite(value)]
    if kind == "some":
        return any(signs)
    return kind == "any" or ((kind in ("like", "same") or operation.name == "select_n") and all(signs))


def finite(value: Value) -> bool:
    """Whether a value is no infinite constant."""
    return value.array is not None or value.scalar not in (sp.oo, -sp.oo, sp.nan)


def _beyond(name: str, x: Value, y: Value) -> bool:
    """A comparison in which a side is not finite, as floating point decides it for finite numbers on the other."""
    first, second = (0 if finite(value) else value.scalar for value in (x, y))
    if sp.nan in (first, second):
        return name == "ne"
    return {"lt": first < second, "le": first <= second, "eq": first == second, "ne": first != second}[name] == True  # noqa: E712


def _sign_decides(name: str, difference: sp.Expr) -> bool | None:
    """Whether `difference name 0`, when that is so for all dims or for none."""
    if not all(symbol.is_integer and symbol.is_positive for symbol in difference.free_symbols) or difference.has(sp.Function):
        return None
    if name in ("eq", "ne"):
        zero = difference.is_zero
        return None if zero is None else zero == (name == "eq")
    return difference.is_negative if name == "lt" else difference.is_nonpositive
