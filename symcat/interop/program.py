"""A jaxpr as a flat list of operations: calls inlined, loops of known length unrolled, branches turned into selections.

Nothing here imports JAX: a jaxpr is read by its attributes.  What no output needs is left out, so that an unused random number
or decomposition is no obstacle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from symcat.errors import UsageError

LONGEST_LOOP = 64
CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr",
         "custom_vjp_call": "call_jaxpr", "custom_vjp_call_jaxpr": "fun_jaxpr", "remat": "jaxpr", "checkpoint": "jaxpr",
         "remat2": "jaxpr", "custom_lin": "call_jaxpr"}
SHAPES = ("broadcast_in_dim", "squeeze", "reshape", "expand_dims", "convert_element_type")
COPIES = ("copy", "copy_p")
POINTWISE = frozenset((
    "add", "add_any", "sub", "mul", "div", "neg", "max", "min", "abs", "sign", "sqrt", "rsqrt", "cbrt", "square", "integer_pow",
    "pow", "exp", "exp2", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "lt", "le", "gt", "ge", "eq", "ne", "and",
    "or", "not", "xor", "select_n", "clamp", "convert_element_type", "stop_gradient", "is_finite", "rem", "reduce_precision"))


@dataclass(frozen=True, eq=False)
class Var:
    """A value of the program, with JAX's shape and dtype."""

    shape: tuple
    dtype: str


@dataclass(frozen=True, eq=False)
class Constant:
    """A number or a small array that stands in the program."""

    value: object
    shape: tuple
    dtype: str


@dataclass(frozen=True, eq=False)
class Operation:
    """A primitive, by name, with its parameters."""

    name: str
    params: Mapping[str, Any]
    ins: tuple[Var | Constant, ...]
    outs: tuple[Var, ...]


def _cut(array: np.ndarray, params: Mapping[str, Any]) -> np.ndarray:
    strides = params["strides"] or (1,) * array.ndim
    return array[tuple(map(slice, params["start_indices"], params["limit_indices"], strides))]


FOLDED: dict[str, Callable[[np.ndarray, Mapping[str, Any]], np.ndarray]] = {
    "slice": _cut, "squeeze": lambda array, params: np.squeeze(array, tuple(map(int, params["dimensions"]))),
    "transpose": lambda array, params: np.transpose(array, params["permutation"])}
Guard = tuple[Var, bool]


@dataclass(frozen=True, eq=False)
class Program:
    """Operations in an order in which every one comes after what it reads, its guards included.

    `guards[operation]` are conditions without which nobody reads what the operation computes: a division there may be by zero.
    """

    ins: tuple[Var, ...]
    operations: tuple[Operation, ...]
    outs: tuple[Var | Constant, ...]
    guards: Mapping[Operation, tuple[Guard, ...]] = field(default_factory=dict)

    def bound(self, known: Mapping[Var, Constant]) -> Program:
        """The program with inputs known to be constants; parts of constant arrays are taken at once."""
        values: dict[Var, Constant] = dict(known)
        left = []
        for operation in self.operations:
            ins = tuple(values.get(atom, atom) if isinstance(atom, Var) else atom for atom in operation.ins)
            if operation.name in FOLDED and all(isinstance(atom, Constant) for atom in ins):
                out = operation.outs[0]
                values[out] = Constant(FOLDED[operation.name](np.asarray(ins[0].value), operation.params), out.shape, out.dtype)
            else:
                left.append((operation, Operation(operation.name, operation.params, ins, operation.outs)))
        outs = tuple(values.get(atom, atom) if isinstance(atom, Var) else atom for atom in self.outs)
        guards = {new: self.guards[old] for old, new in left if old in self.guards}
        return Program(self.ins, tuple(new for _, new in left), outs, guards)

    @cached_property
    def maker(self) -> dict[Var, Operation]:
        """The operation that makes each value."""
        return {out: operation for operation in self.operations for out in operation.outs}

    def concerns(self, condition: Var, operand: Var | Constant) -> bool:
        """Whether an operand is computed from what a condition compares, up to its shape."""
        compared: set[Var] = set()
        wanted: list[Var | Constant] = [condition]
        while wanted:
            atom = wanted.pop()
            made = self.maker.get(atom) if isinstance(atom, Var) else None
            if made is not None and (atom.dtype == "bool" or made.name in SHAPES):
                wanted += made.ins
            elif isinstance(atom, Var):
                compared.add(atom)
        return not compared.isdisjoint(self._behind(operand))

    def _behind(self, operand: Var | Constant) -> set[Var]:
        """An operand and all from which it is computed."""
        found: set[Var] = set()
        wanted = [operand]
        while wanted:
            atom = wanted.pop()
            if isinstance(atom, Var) and atom not in found:
                found.add(atom)
                wanted += self.maker[atom].ins if atom in self.maker else ()
        return found

    def kept_below(self, operation: Operation, first: int) -> bool:
        """Whether a remainder is taken of a state, or of its successors, that every step leaves as such a remainder.

        `first` is the place of the first state among the inputs; the states are the outputs behind the first one.
        """
        atom, divisor = operation.ins
        if isinstance(atom, Constant):
            return True
        source = self._counted(atom)
        if source is None:
            return False
        place = self.ins.index(source) - first + 1
        return 0 < place < len(self.outs) and self._remainder(self.outs[place], source, divisor)

    def _counted(self, atom: Var | Constant) -> Var | None:
        """The input of which a value is the same or a successor; the largest number of a type, where counts stop, is none."""
        if isinstance(atom, Constant) or atom in self.ins:
            return atom if isinstance(atom, Var) else None
        made = self.maker[atom]
        if made.name == "add" and isinstance(made.ins[1], Constant):
            return self._counted(made.ins[0])
        branches = made.ins[1:] if made.name == "select_n" else made.ins if made.name in SHAPES else ()
        found = {self._counted(branch) for branch in branches if isinstance(branch, Var)}
        return found.pop() if len(found) == 1 else None

    def _remainder(self, atom: Var | Constant, state: Var, divisor: Var | Constant) -> bool:
        """Whether a value is the state itself, or a remainder by the divisor on every way to it."""
        made = self.maker.get(atom) if isinstance(atom, Var) else None
        if made is None:
            return atom is state or (isinstance(atom, Constant) and not np.any(np.asarray(atom.value)))
        if made.name == "rem":
            return self._alike(made.ins[1], divisor)
        if made.name == "add":     # Python's remainder of a negative number, which a count is not
            return self._remainder(made.ins[0], state, divisor) and made.ins[0] is not state and self._alike(made.ins[1], divisor)
        branches = made.ins[1:] if made.name == "select_n" else made.ins if made.name in SHAPES else ()
        return bool(branches) and all(self._remainder(branch, state, divisor) for branch in branches)

    def _alike(self, one: Var | Constant, other: Var | Constant) -> bool:
        """Whether two values are computed alike from the same."""
        if isinstance(one, Constant) and isinstance(other, Constant):
            return bool(np.all(np.asarray(one.value) == np.asarray(other.value)))
        if isinstance(one, Constant) or isinstance(other, Constant):
            return False
        a, b = self.maker.get(one), self.maker.get(other)
        return one is other or (a is not None and b is not None and a.name == b.name and len(a.ins) == len(b.ins)
                                and all(map(self._alike, a.ins, b.ins)))

    def reads(self, outs: Sequence[int]) -> set[Var]:
        """The inputs on which some of the outputs depend."""
        wanted = {self.outs[k] for k in outs}
        for operation in reversed(self.operations):
            if not wanted.isdisjoint(operation.outs):
                wanted.update(operation.ins)
        return {var for var in self.ins if var in wanted}


def flatten(closed: Any, subject: str) -> Program:
    """The program of a closed jaxpr; UsageError names the subject when a loop has no known length."""
    flat = _Flattening(subject)
    ins = tuple(flat.var(v.aval) for v in closed.jaxpr.invars)
    outs = flat.inline(closed.jaxpr, closed.consts, ins)
    operations = _live(flat.operations, outs)
    guards = _guards(operations, outs)
    return Program(ins, _ordered(operations, guards), tuple(outs), guards)


class _Flattening:
    """The operations found so far."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.operations: list[Operation] = []
        self.booleans: dict[Var, Var | Constant] = {}     # what was converted from a truth value

    def var(self, aval: Any) -> Var:
        return Var(tuple(aval.shape), str(aval.dtype))

    def emit(self, name: str, params: Mapping, ins: Sequence, avals: Sequence) -> tuple[Var, ...]:
        outs = tuple(self.var(aval) for aval in avals)
        self.operations.append(Operation(name, params, tuple(ins), outs))
        return outs

    def inline(self, jaxpr: Any, consts: Sequence, arguments: Sequence[Var | Constant]) -> list[Var | Constant]:
        """The outputs of a jaxpr at some arguments, its operations appended."""
        known: dict[Any, Var | Constant] = dict(zip(jaxpr.invars, arguments, strict=True))
        known |= {v: Constant(np.asarray(c), tuple(v.aval.shape), str(v.aval.dtype))
                  for v, c in zip(jaxpr.constvars, consts, strict=True)}

        def read(atom: Any) -> Var | Constant:
            if hasattr(atom, "val"):
                return Constant(atom.val, tuple(atom.aval.shape), str(atom.aval.dtype))
            return known[atom]

        for equation in jaxpr.eqns:
            outs = self.equation(equation, [read(atom) for atom in equation.invars])
            known.update(zip(equation.outvars, outs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def equation(self, equation: Any, ins: list[Var | Constant]) -> Sequence[Var | Constant]:
        name, params = equation.primitive.name, equation.params
        if name in CALLS:
            return self.inline(*_opened(params[CALLS[name]]), ins)
        if name == "scan":
            return self.scan(params, ins)
        if name == "cond":
            return self.cond(params, ins)
        if name == "while":
            raise UsageError(f"{self.subject} has a loop whose length depends on data (primitive while): such rules, line searches "
                             "among them, are no fixed program of array operations")
        if name in COPIES:
            return ins
        outs = self.emit(name, params, ins, [v.aval for v in equation.outvars])
        if name == "convert_element_type" and ins[0].dtype == "bool":
            self.booleans[outs[0]] = ins[0]
        return outs

    def scan(self, params: Mapping, ins: list[Var | Constant]) -> list[Var | Constant]:
        """A loop of known length, unrolled."""
        length, fixed, carried = params["length"], params["num_consts"], params["num_carry"]
        if not isinstance(length, int) or length > LONGEST_LOOP:
            raise UsageError(f"{self.subject} has a loop of {length} rounds (primitive scan): at most {LONGEST_LOOP} are unrolled")
        if len(ins) > fixed + carried or len(params["jaxpr"].jaxpr.outvars) > carried:
            raise UsageError(f"{self.subject} has a loop over the entries of an array (primitive scan with {len(ins) - fixed - carried} "
                             "scanned inputs): write it with array operations")
        jaxpr, consts = _opened(params["jaxpr"])
        state = ins[fixed:]
        for _ in range(length):
            state = self.inline(jaxpr, consts, [*ins[:fixed], *state])
        return state

    def cond(self, params: Mapping, ins: list[Var | Constant]) -> Sequence[Var | Constant]:
        """Both branches, and a selection for each output; the branch alone when it is known which."""
        branches, index = [_opened(branch) for branch in params["branches"]], ins[0]
        if isinstance(index, Constant):
            return self.inline(*branches[min(max(int(np.asarray(index.value)), 0), len(branches) - 1)], ins[1:])
        if len(branches) != 2 or not (index.dtype == "bool" or index in self.booleans):
            raise UsageError(f"{self.subject} chooses among {len(branches)} programs by a number (primitive cond): write it with where")
        chooser = self.booleans.get(index, index)
        results = [self.inline(*branch, ins[1:]) for branch in branches]
        avals = [v.aval for v in params["branches"][0].jaxpr.outvars]
        return [low if low is high else self.emit("select_n", {}, (chooser, low, high), (aval,))[0]
                for low, high, aval in zip(*results, avals, strict=True)]


def _opened(jaxpr: Any) -> tuple[Any, Sequence]:
    """A jaxpr and its constants, whether it is closed or not."""
    return (jaxpr.jaxpr, jaxpr.consts) if hasattr(jaxpr, "consts") else (jaxpr, ())


def _live(operations: Sequence[Operation], outs: Sequence[Var | Constant]) -> list[Operation]:
    """The operations that the outputs need, in order."""
    wanted, found = set(outs), []
    for operation in reversed(operations):
        if not wanted.isdisjoint(operation.outs):
            found.append(operation)
            wanted.update(operation.ins)
    return found[::-1]


def _guards(operations: Sequence[Operation], outs: Sequence[Var | Constant]) -> dict[Operation, tuple[Guard, ...]]:
    """For each operation the conditions that hold wherever its result is read: those that all its readers have.

    A condition on entries passes through entrywise operations only.
    """
    known: dict[Var, tuple[Guard, ...] | None] = {out: () for out in outs if isinstance(out, Var)}
    found: dict[Operation, tuple[Guard, ...]] = {}
    for operation in reversed(operations):
        own = tuple(dict.fromkeys(guard for out in operation.outs for guard in known.get(out) or ()
                                  if all(guard in (known.get(other) or ()) for other in operation.outs)))
        found[operation] = own
        for place, var in enumerate(operation.ins):
            if isinstance(var, Var):
                through = [guard for guard in (*own, *_selects(operation, place)) if _passes(operation, guard, var)]
                before = known.get(var)
                known[var] = tuple(through) if before is None else tuple(guard for guard in before if guard in through)
    return {operation: own for operation, own in found.items() if own}


def _selects(operation: Operation, place: int) -> tuple[Guard, ...]:
    """The condition under which a selection reads its argument at a place."""
    chooser = operation.ins[0]
    if operation.name != "select_n" or place == 0 or len(operation.ins) != 3 or not isinstance(chooser, Var) or chooser.dtype != "bool":
        return ()
    return ((chooser, place == 2),)


def _passes(operation: Operation, guard: Guard, var: Var) -> bool:
    return guard[0].shape == () or (operation.name in POINTWISE and guard[0].shape == var.shape)


def _ordered(operations: Sequence[Operation], guards: Mapping[Operation, tuple[Guard, ...]]) -> tuple[Operation, ...]:
    """The operations so that each comes after the conditions of its guards too."""
    maker = {out: operation for operation in operations for out in operation.outs}
    rank: dict[Operation, int] = {}
    numbers = count()
    for start in operations:
        stack: list[tuple[Operation, Iterator]] = [(start, _before(start, maker, guards))]
        while stack:
            operation, left = stack[-1]
            following = next((one for one in left if one not in rank), None)
            if following is not None:
                stack.append((following, _before(following, maker, guards)))
                continue
            rank.setdefault(operation, next(numbers))
            stack.pop()
    return tuple(sorted(operations, key=rank.__getitem__))


def _before(operation: Operation, maker: Mapping, guards: Mapping[Operation, tuple[Guard, ...]]) -> Iterator[Operation]:
    needed = (*operation.ins, *(condition for condition, _ in guards.get(operation, ())))
    return iter([maker[var] for var in needed if isinstance(var, Var) and var in maker])


