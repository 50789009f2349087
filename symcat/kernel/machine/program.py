"""The text of a program as LLVM code.

Operations are rounded as they stand in the text, and nothing is left to what LLVM finds convenient, so that programs for one thread and
for several, which differ in their loops only, give the same bits.

Values are integers of 64 bits, reals of one dtype, truth values, tiles as lists of vectors, and arrays as pointers.  A name that gets one
value in the whole text is that value; any other is memory on the stack, which LLVM turns into registers.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError

from symcat.errors import ValidationError
from symcat.kernel.tiles.primitives import primitive
from symcat.kernel.tiles.tile import FLAGS, INT64, REALS, Parts, Tile, lift

TRUTH = ir.IntType(1)
NAME, OBJECTS = "epoch", "epoch_of_objects"


@dataclass(frozen=True)
class Array:
    """A pointer to reals or to the words of a barrier; a table has rows of `row` numbers."""

    pointer: ir.Value
    kind: types.Type
    row: ir.Value | None = None
    length: ir.Value | None = None


@dataclass(frozen=True)
class Value:
    """A number or a tile, with its type; `known` is the value of an integer that stands in the text."""

    kind: types.Type
    ir: ir.Value | Parts
    known: int | None = None


class Builder(ir.IRBuilder):
    """A builder for which tiles are lists of vectors, and which never leaves it to LLVM whether two operations become one."""

    in_parts = True

    def fadd(self, left: ir.Value, right: ir.Value, name: str = "", flags: Sequence[str] = ()) -> ir.Value:
        return super().fadd(left, right, name, flags=_exact(flags))

    def fsub(self, left: ir.Value, right: ir.Value, name: str = "", flags: Sequence[str] = ()) -> ir.Value:
        return super().fsub(left, right, name, flags=_exact(flags))

    def fmul(self, left: ir.Value, right: ir.Value, name: str = "", flags: Sequence[str] = ()) -> ir.Value:
        return super().fmul(left, right, name, flags=_exact(flags))


def _exact(flags: Sequence[str]) -> tuple[str, ...]:
    return tuple(flag for flag in flags if flag != "contract")


class _Context:
    """What the primitives ask of Numba's context: the data of an array, and nothing as a value."""

    @staticmethod
    def make_array(kind: types.Type) -> Callable:
        return lambda context, builder, value: value

    @staticmethod
    def get_dummy_value() -> None:
        return None


@dataclass(frozen=True)
class _Data:
    data: ir.Value


def module(text: str, dtype: str, threads: int, data: Sequence[str], triple: str) -> ir.Module:
    """The LLVM module of a program with the function `epoch(S, losses, steps, [W, me, n,] data, row, ...)`."""
    tree = ast.parse(text)
    made = ir.Module("program")
    made.triple = triple
    try:
        _Writer(made, dtype, tree).function(threads, data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, TypingError) as error:
        raise ValidationError(f"the text is not a program: {type(error).__name__}: {error}") from error
    return made


class _Writer:
    """Writes one program."""

    def __init__(self, made: ir.Module, dtype: str, tree: ast.Module) -> None:
        self.module, self.dtype = made, dtype
        self.real = types.float32 if dtype == "float32" else types.float64
        self.number = REALS[dtype]
        self.array = types.Array(self.real, 1, "C")
        self.epoch = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
        self.names: dict[str, Value | Array] = {}
        self.slots: dict[tuple[str, types.Type], list[ir.Value]] = {}
        self.kinds: dict[str, types.Type] = {}
        self.often = {name for name, count in _assignments(self.epoch).items() if count > 1}
        for node in tree.body:
            if isinstance(node, ast.Assign):
                self.names[node.targets[0].id] = self._constant(node.value)

    def _constant(self, node: ast.expr) -> Value:
        """A literal, an address or a rational."""
        if isinstance(node, ast.Call):
            arguments = [ast.literal_eval(argument) for argument in node.args]
            return self._real(float(primitive(self.dtype, node.func.id)(*arguments)))
        return self._integer(ast.literal_eval(node))

    def _integer(self, value: int) -> Value:
        return Value(types.int64, INT64(value), value)

    def _real(self, value: float) -> Value:
        return Value(self.real, ir.Constant(self.number, float(np.dtype(self.dtype).type(value))))

    # ---- the function
    def function(self, threads: int, data: Sequence[str]) -> None:
        pointer, word = self.number.as_pointer(), INT64
        together = [INT64.as_pointer(), word, word] if threads > 1 else []
        kind = ir.FunctionType(ir.VoidType(), [pointer, pointer, word, *together, *[pointer, word] * len(data)])
        function = ir.Function(self.module, kind, NAME)
        arena, losses, steps, *rest = function.args
        self.names |= {"S": Array(arena, self.array), "losses": Array(losses, self.array, length=steps)}
        if together:
            words, me, count = rest[:3]
            self.names["W"] = Array(words, types.Array(types.int64, 1, "C"))
            self.names |= {"me": Value(types.int64, me), "n": Value(types.int64, count)}
        for name, (start, row) in zip(data, zip(*[iter(rest[len(together):])] * 2, strict=True), strict=True):
            start.add_attribute("noalias")
            self.names[f"B_{name}"] = Array(start, self.array, row)
        self.entry = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        self.builder = Builder(body)
        self.statements(self.epoch.body)
        self.builder.ret_void()
        Builder(self.entry).branch(body)
        self._by_objects(function, threads, len(data))

    def _by_objects(self, inner: ir.Function, threads: int, data: int) -> None:
        """The same function for NumPy's array objects, whose data it finds behind the head that all objects have."""
        thing = ir.IntType(8).as_pointer()
        together = [thing, INT64, INT64] if threads > 1 else []
        kind = ir.FunctionType(ir.VoidType(), [thing, thing, INT64, *together, *[thing, INT64] * data])
        function = ir.Function(self.module, kind, OBJECTS)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        arguments = []
        for given, wanted in zip(function.args, inner.function_type.args, strict=True):
            if given.type == thing:
                place = builder.gep(given, [INT64(object.__basicsize__)])
                given = builder.load(builder.bitcast(place, wanted.as_pointer()))
            arguments.append(given)
        builder.call(inner, arguments)
        builder.ret_void()

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, ast.For):
                self._loop(statement)
            elif isinstance(statement, ast.If):
                self._condition(statement)
            elif isinstance(statement, ast.Assign):
                self._assign(statement.targets[0], self.value(statement.value))
            elif isinstance(statement, ast.Expr):
                self.value(statement.value)
            else:
                raise ValueError(f"{ast.unparse(statement)} is not a statement of programs")

    def _loop(self, statement: ast.For) -> None:
        """A loop over a range with a fixed step."""
        bounds = [self.value(argument).ir for argument in statement.iter.args]
        first, last = (INT64(0), bounds[0]) if len(bounds) == 1 else bounds[:2]
        step = ast.literal_eval(statement.iter.args[2]) if len(bounds) == 3 else 1
        b, relation = self.builder, "<" if step > 0 else ">"
        body, done = b.append_basic_block("loop"), b.append_basic_block("done")
        before = b.block
        b.cbranch(b.icmp_signed(relation, first, last), body, done)
        b.position_at_end(body)
        turn = b.phi(INT64)
        turn.add_incoming(first, before)
        name = statement.target.id
        kept = self.names.get(name)
        often = name in self.often
        self.often.discard(name)
        self.names[name] = Value(types.int64, turn)
        self.statements(statement.body)
        if often:
            self.often.add(name)
        if kept is None:
            del self.names[name]
        else:
            self.names[name] = kept
        following = b.add(turn, INT64(step), flags=("nsw",))
        turn.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed(relation, following, last), body, done)
        b.position_at_end(done)

    def _condition(self, statement: ast.If) -> None:
        with self.builder.if_then(self._truth(self.value(statement.test))):
            self.statements(statement.body)
        if statement.orelse:
            raise ValueError("a program has no else")

    @staticmethod
    def _truth(value: Value) -> ir.Value:
        if value.kind != types.boolean:
            raise ValueError("a condition is a comparison")
        return value.ir

    # ---- names
    def _assign(self, target: ast.expr, value: Value | Array) -> None:
        if isinstance(target, ast.Subscript):
            array, place = self.value(target.value), self.value(target.slice)
            if value.kind != self.real or array.kind != self.array or place.kind != types.int64:
                raise ValueError(f"{ast.unparse(target)} takes a number of type {self.real}")
            self.builder.store(value.ir, self.builder.gep(array.pointer, [place.ir]))
        elif target.id not in self.often:
            self.names[target.id] = value
        else:
            self._put(target.id, value)

    def _put(self, name: str, value: Value) -> None:
        """Give a name a value in memory on the stack; a name that changes its type has memory for each."""
        parts = value.ir if isinstance(value.ir, Parts) else [value.ir]
        if (name, value.kind) not in self.slots:
            start = Builder(self.entry)
            self.slots[name, value.kind] = [start.alloca(part.type) for part in parts]
        self.names.pop(name, None)
        self.kinds[name] = value.kind
        for part, slot in zip(parts, self.slots[name, value.kind], strict=True):
            self.builder.store(part, slot)

    def _name(self, name: str) -> Value | Array:
        if name in self.names:
            return self.names[name]
        kind = self.kinds[name]
        parts = [self.builder.load(slot) for slot in self.slots[name, kind]]
        return Value(kind, Parts(parts) if isinstance(kind, Tile) else parts[0])

    # ---- expressions
    def value(self, node: ast.expr) -> Value | Array:
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return self._integer(node.value)
        if isinstance(node, ast.BinOp):
            return self._operation(type(node.op), self.value(node.left), self.value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._negative(self.value(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, [self.value(argument) for argument in node.args])
        if isinstance(node, ast.Subscript):
            return self._entry(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._comparison(type(node.ops[0]), self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            return self._all([self._truth(self.value(part)) for part in node.values])
        raise ValueError(f"{ast.unparse(node)} is not an expression of programs")

    def _entry(self, node: ast.Subscript) -> Value | Array:
        """An entry of an array, a row of a table, or the number of losses."""
        if isinstance(node.value, ast.Attribute):
            if node.value.attr != "shape" or ast.literal_eval(node.slice) != 0:
                raise ValueError(f"{ast.unparse(node)} is not an expression of programs")
            return Value(types.int64, self.value(node.value.value).length)
        array, place = self.value(node.value), self.value(node.slice)
        if array.row is not None:
            return Array(self.builder.gep(array.pointer, [self.builder.mul(place.ir, array.row)]), self.array)
        return Value(self.real, self.builder.load(self.builder.gep(array.pointer, [place.ir])))

    def _operation(self, operation: type, left: Value, right: Value) -> Value:
        if left.kind == right.kind == types.int64:
            return self._of_integers(operation, left, right)
        tile = next((value.kind for value in (left, right) if isinstance(value.kind, Tile)), None)
        kinds = [left.kind, right.kind]
        if any(kind not in (self.real, tile) for kind in kinds):
            raise ValueError(f"{operation.__name__} of {left.kind} and {right.kind}")
        instruction = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}[operation]
        made = lambda x, y: getattr(self.builder, instruction)(x, y, flags=FLAGS)
        return Value(tile or self.real, lift(self.builder, tile or self.real, kinds, [left.ir, right.ir], made))

    def _of_integers(self, operation: type, left: Value, right: Value) -> Value:
        b = self.builder
        if operation is ast.FloorDiv:
            quotient, rest = b.sdiv(left.ir, right.ir), b.srem(left.ir, right.ir)
            below = b.and_(b.icmp_signed("!=", rest, INT64(0)), b.icmp_signed("<", b.xor(rest, right.ir), INT64(0)))
            return Value(types.int64, b.sub(quotient, b.zext(below, INT64)))
        made = {ast.Add: b.add, ast.Sub: b.sub, ast.Mult: b.mul}[operation]
        if left.known is not None and right.known is not None:
            return self._integer({ast.Add: int.__add__, ast.Sub: int.__sub__, ast.Mult: int.__mul__}[operation](left.known, right.known))
        return Value(types.int64, made(left.ir, right.ir, flags=("nsw",)))

    def _negative(self, value: Value) -> Value:
        if value.kind == types.int64:
            return self._integer(-value.known) if value.known is not None else Value(types.int64, self.builder.neg(value.ir))
        return Value(value.kind, lift(self.builder, value.kind, [value.kind], [value.ir], self.builder.fneg))

    def _comparison(self, operation: type, left: Value, right: Value) -> Value:
        relation = {ast.Eq: "==", ast.GtE: ">=", ast.Gt: ">", ast.Lt: "<", ast.LtE: "<="}[operation]
        if not left.kind == right.kind == types.int64:
            raise ValueError("a program compares integers")
        return Value(types.boolean, self.builder.icmp_signed(relation, left.ir, right.ir))

    def _all(self, truths: Sequence[ir.Value]) -> Value:
        result = truths[0]
        for truth in truths[1:]:
            result = self.builder.and_(result, truth)
        return Value(types.boolean, result)

    # ---- calls
    def _call(self, name: str, arguments: Sequence[Value | Array]) -> Value:
        b = self.builder
        if name in ("max", "min"):
            result = arguments[0].ir
            for other in arguments[1:]:
                result = b.select(b.icmp_signed(">" if name == "max" else "<", result, other.ir), result, other.ir)
            return Value(types.int64, result)
        if name == "int":
            return Value(types.int64, b.fptosi(arguments[0].ir, INT64))
        kinds = [_literal(argument) for argument in arguments]
        sig, generate = primitive(self.dtype, name)._defn(None, *kinds)
        given = [_Data(argument.pointer) if isinstance(argument, Array) else argument.ir for argument in arguments]
        return Value(sig.return_type, generate(_Context, b, sig, given))


def _literal(argument: Value | Array) -> types.Type:
    known = argument.known if isinstance(argument, Value) else None
    return argument.kind if known is None else types.IntegerLiteral(known)


def _assignments(function: ast.FunctionDef) -> Counter[str]:
    """How many assignments each name has; a loop's variable is not counted."""
    return Counter(target.id for node in ast.walk(function) if isinstance(node, ast.Assign) for target in node.targets
                   if isinstance(target, ast.Name))


def arguments_of(text: str) -> tuple[str, ...]:
    """The names of the data of a program."""
    epoch = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return tuple(argument.arg.removeprefix("B_") for argument in epoch.args.args if argument.arg.startswith("B_"))
