"""Bounds of a program's accesses at its own sizes, found from its text without running it.

An address is an index that is affine in the variables of loops, plus the address of a buffer; the least and the greatest place that an
access reaches follow from the bounds of the loops.  Where these are fixed, every turn is run, so that what is found outside of a buffer
is outside; where they move with other loops or a condition may skip the access, it is only not shown to be inside.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symcat.errors import ValidationError
from symcat.kernel.tiles.names import Shape, creating
from symcat.kernel.validate import Compiled

STEPS = "range(losses.shape[0])"        # of which there is one at least


@dataclass(frozen=True)
class Interval:
    """Integers from `low` to `high`; `sharp` when both are reached."""

    low: float
    high: float
    sharp: bool = True

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high, self.sharp and other.sharp)

    def scaled(self, factor: int) -> Interval:
        ends = sorted((self.low * factor, self.high * factor)) if factor else (0, 0)
        return Interval(*ends, self.sharp)


ANYTHING = Interval(-math.inf, math.inf, False)


@dataclass(frozen=True)
class Affine:
    """constant + the sum of coefficient * variable, plus the address of a buffer when it has a name."""

    constant: int = 0
    terms: Mapping[str, int] = field(default_factory=dict)
    buffer: str = ""

    def plus(self, other: Affine, sign: int = 1) -> Affine:
        terms = dict(self.terms)
        for name, coefficient in other.terms.items():
            terms[name] = terms.get(name, 0) + sign * coefficient
        return Affine(self.constant + sign * other.constant, {k: c for k, c in terms.items() if c}, self.buffer or other.buffer)

    def times(self, factor: int) -> Affine:
        return Affine(self.constant * factor, {name: c * factor for name, c in self.terms.items() if factor})


@dataclass(frozen=True)
class Found:
    """How many accesses lie in their buffers, and the texts of those that are not shown to."""

    inside: int
    unknown: tuple[str, ...]


def bounds(program: str, buffers: Mapping[str, int], data: Mapping[str, int], threads: int = 1) -> Found:
    """The accesses of `epoch`; `buffers` and `data` are the sizes by the names in the text, such as o_W and b_x.

    ValidationError for an access that leaves its buffer.
    """
    epoch = next(node for node in ast.parse(program).body if isinstance(node, ast.FunctionDef))
    reader = _Reader(buffers, data)
    scope = _Scope({"me": Interval(0, threads - 1)}, {}, {}, True)
    reader.statements(epoch.body, scope)
    return Found(reader.inside, tuple(reader.unknown))


@dataclass(frozen=True)
class _Scope:
    """Loop variables, names of affine values, shapes of tiles; `sure` when everything here is run."""

    ranges: dict[str, Interval]
    values: dict[str, Affine | None]
    shapes: dict[str, Shape]
    sure: bool

    def inner(self, sure: bool = True) -> _Scope:
        return _Scope(dict(self.ranges), dict(self.values), self.shapes, self.sure and sure)


class _Reader:
    """Goes through a program once, each loop's body once."""

    def __init__(self, buffers: Mapping[str, int], data: Mapping[str, int]) -> None:
        self.sizes = {**buffers, **data}
        self.data, self.inside, self.unknown = data, 0, []

    def statements(self, body: Sequence[ast.stmt], scope: _Scope) -> None:
        for statement in body:
            if isinstance(statement, ast.For):
                self._loop(statement, scope)
            elif isinstance(statement, ast.If):
                inner = scope.inner(_of_thread(statement.test))
                self.statements(statement.body, inner)
                self._forget([statement], scope, inner)
            else:
                self._simple(statement, scope)

    def _loop(self, statement: ast.For, scope: _Scope) -> None:
        name, scopes = statement.target.id, scope.inner()
        ends = self._turns(statement.iter, scope)
        if ends is None:
            return
        scopes.ranges[name], scopes.values[name] = ends, Affine(0, {name: 1})
        always = ends.sharp or ast.unparse(statement.iter) == STEPS
        inner = replace(scopes, sure=scope.sure and always)
        changed = _assigned(statement.body) - {name}
        for other in changed:
            if scope.values.get(other) is not None and not _set_first(other, statement.body):
                inner.values[other] = None
        self.statements(statement.body, inner)
        self._forget([statement], scope, inner)

    @staticmethod
    def _forget(body: Sequence[ast.stmt], scope: _Scope, inner: _Scope) -> None:
        """After a loop or a condition nothing is known of the numbers that it sets."""
        for name in _assigned(body):
            scope.values[name] = None
            scope.ranges.pop(name, None)

    def _turns(self, call: ast.expr, scope: _Scope) -> Interval | None:
        """The values of a loop variable; None when the loop has no turn.  A loop in shares has them all, taken together."""
        arguments = [_shareless(argument) for argument in call.args]
        low, high = (ast.Constant(0), arguments[0]) if len(arguments) == 1 else arguments[:2]
        step = ast.literal_eval(arguments[2]) if len(arguments) == 3 else 1
        first, last = self.interval(low, scope), self.interval(high, scope)
        fixed = first.low == first.high and last.low == last.high
        if fixed:
            if math.isinf(first.low) or math.isinf(last.low):
                return ANYTHING
            turns = range(int(first.low), int(last.low), step)
            return Interval(min(turns), max(turns)) if turns else None
        return Interval(first.low, last.high - 1, False) if step > 0 else Interval(last.low + 1, first.high, False)

    def interval(self, node: ast.expr, scope: _Scope) -> Interval:
        """What a number can be."""
        affine = self.affine(node, scope)
        if affine is not None:
            return self._span(affine, scope)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("max", "min"):
            ends = [self.interval(argument, scope) for argument in node.args]
            pick = {"max": max, "min": min}[node.func.id]
            return Interval(pick(e.low for e in ends), pick(e.high for e in ends), False)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            left, right = self.interval(node.left, scope), self.interval(node.right, scope)
            return replace(left + right.scaled(1 if isinstance(node.op, ast.Add) else -1), sharp=False)
        return ANYTHING

    def _span(self, affine: Affine, scope: _Scope) -> Interval:
        total = Interval(affine.constant, affine.constant)
        for name, coefficient in affine.terms.items():
            total = total + scope.ranges.get(name, ANYTHING).scaled(coefficient)
        return total

    def affine(self, node: ast.expr, scope: _Scope) -> Affine | None:
        """An index or an address as an affine form; None when it is none."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return Affine(node.value)
        if isinstance(node, ast.Name):
            if node.id in self.sizes and node.id not in self.data:
                return Affine(buffer=node.id)
            return scope.values.get(node.id, Affine(0, {node.id: 1}) if node.id in scope.ranges else None)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.affine(node.operand, scope)
            return None if inner is None or inner.buffer else inner.times(-1)
        if not isinstance(node, ast.BinOp):
            return None
        left, right = self.affine(node.left, scope), self.affine(node.right, scope)
        if left is None or right is None or (left.buffer and right.buffer):
            return None
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return left.plus(right, 1 if isinstance(node.op, ast.Add) else -1)
        if isinstance(node.op, ast.Mult) and not (left.terms and right.terms) and not (left.buffer or right.buffer):
            return right.times(left.constant) if not left.terms else left.times(right.constant)
        return None

    # ---- accesses
    def _simple(self, statement: ast.stmt, scope: _Scope) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for array, place, reach in self._reached(node, scope):
                    self._access(node, array, place, reach, scope)
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                self._access(node, node.value, node.slice, Interval(0, 0), scope)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            shape = self.shape(statement.value, scope)
            if shape is not None:
                scope.shapes[name] = shape
            else:
                scope.values[name] = self.affine(statement.value, scope)
                scope.ranges.pop(name, None)

    def _reached(self, call: ast.Call, scope: _Scope) -> Iterator[tuple[ast.expr, ast.expr, Interval]]:
        """The accesses of a primitive: array, address, and how far it reaches from there."""
        name, arguments = call.func.id, call.args
        known = creating(name)
        if known and known[0] in ("load", "gather"):
            yield arguments[0], arguments[1], self._reach(known[1], arguments[2:], scope)
        elif name in ("store", "scatter"):
            shape = self.shape(arguments[-1], scope)
            yield arguments[0], arguments[1], ANYTHING if shape is None else self._reach(shape, arguments[2:-1], scope)
        elif name.startswith("dot_"):
            yield from self._matrices(arguments, scope)
        elif name == "outer":
            shape = self.shape(arguments[0], scope)
            column = None if shape is None else Shape(shape.p, shape.q, 1, 1)
            yield arguments[1], arguments[2], ANYTHING if column is None else self._reach(column, arguments[3:5], scope)
            yield arguments[5], arguments[6], ANYTHING if shape is None else Interval(0, shape.width - 1)

    def _matrices(self, arguments: Sequence[ast.expr], scope: _Scope) -> Iterator[tuple[ast.expr, ast.expr, Interval]]:
        """The accesses of a product of matrices: the result, whose columns follow one another, and both factors."""
        sizes = [self.interval(size, scope) for size in arguments[11:]]
        one = ast.Constant(1)
        for first, strides, (down, across) in ((0, (arguments[2], one), (0, 2)), (3, arguments[5:7], (0, 1)), (7, arguments[9:11], (1, 2))):
            reach = Interval(0, 0)
            for step, size in zip((self.interval(stride, scope) for stride in strides), (sizes[down], sizes[across]), strict=True):
                fixed = step.low == step.high and size.low == size.high
                reach = reach + (Interval(0, size.high - 1).scaled(int(step.low)) if fixed else ANYTHING)
            yield arguments[first], arguments[first + 1], reach

    def _reach(self, shape: Shape, strides: Sequence[ast.expr], scope: _Scope) -> Interval:
        steps = [self.interval(stride, scope) for stride in strides] + [Interval(1, 1)] * (3 - len(strides))
        total = Interval(0, 0)
        for count, step in zip((shape.p, shape.q, shape.width), steps, strict=True):
            if step.low != step.high and count > 1:
                return ANYTHING
            total = total + Interval(0, count - 1).scaled(int(step.low) if count > 1 else 0)
        return total

    def _access(self, node: ast.expr, array: ast.expr, place: ast.expr, reach: Interval, scope: _Scope) -> None:
        if not isinstance(array, ast.Name) or (array.id != "S" and array.id not in self.data):
            return
        affine = self.affine(place, scope)
        name = array.id if array.id in self.data else affine.buffer if affine else ""
        span = ANYTHING if affine is None or not name else self._span(affine, scope) + reach
        size = self.sizes.get(name, 0)
        if span.low >= 0 and span.high < size:
            self.inside += 1
        elif scope.sure and span.sharp and name:
            entry = int(span.low) if span.low < 0 else int(span.high)
            raise ValidationError(f"{ast.unparse(node)} reaches entry {entry} of {name[2:]}, which has {size} entries")
        else:
            self.unknown.append(ast.unparse(node))

    def shape(self, node: ast.expr, scope: _Scope) -> Shape | None:
        """The shape of a tile; None for a number."""
        if isinstance(node, ast.Name):
            return scope.shapes.get(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._made(node, scope)
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand] if isinstance(node, ast.UnaryOp) else []
        return next((shape for part in parts if (shape := self.shape(part, scope)) is not None), None)

    def _made(self, call: ast.Call, scope: _Scope) -> Shape | None:
        name = call.func.id
        known = creating(name)
        if known:
            return known[1]
        if name in ("hsum", "hmax", "hpick", "f_real", "f_bracket", "f_delta", "int", "max", "min"):
            return None
        given = next((shape for a in call.args if (shape := self.shape(a, scope)) is not None), None)
        if given is not None and name == "rsum":
            return Shape(1, 1, given.v, given.l)
        if given is not None and name == "turned":
            return Shape(1, ast.literal_eval(call.args[1]), 1, given.l)
        return given


def _of_thread(test: ast.expr) -> bool:
    """Whether a condition only asks for the number of the thread: one of them runs what it guards."""
    return ast.unparse(test) == "me == 0"


class _Shareless(ast.NodeTransformer):
    """Takes a thread's share for the whole: me = 0 and me + 1 = n."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        text = ast.unparse(node)
        if isinstance(node.op, ast.FloorDiv) and text.endswith("// n"):
            turns = node.left
            whole = isinstance(turns, ast.BinOp) and ast.unparse(turns.right) == "me + 1"
            return turns.left if whole else ast.Constant(0)
        return self.generic_visit(node)


def _shareless(node: ast.expr) -> ast.expr:
    return _Shareless().visit(ast.parse(ast.unparse(node), mode="eval").body)


def _assigned(body: Sequence[ast.stmt]) -> set[str]:
    return {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _set_first(name: str, body: Sequence[ast.stmt]) -> bool:
    """Whether a loop's body gives a name a value, in every turn, before it reads it."""
    for statement in body:
        if any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) for node in ast.walk(statement)):
            return False
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and statement.targets[0].id == name:
            return True
    return False


def bounds_check(work: Compiled) -> Found:
    """The accesses of a program at its own sizes; ValidationError for one that leaves its buffer."""
    layout = work.layout
    buffers = {f"o_{name}": buffer.size for name, buffer in layout.arrays.items()}
    buffers |= {f"p_{name}_{component}": buffer.size for (name, component), buffer in layout.positions.items()}
    if layout.panel.size:
        buffers["w_panel"] = layout.panel.size
    data = {f"b_{name}": math.prod(work.plan.shapes[name]) for name in work.plan.data}
    return bounds(work.text.program, buffers, data, work.threads)
