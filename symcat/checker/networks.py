"""Comprehensions as products of matrices: each term of a body is a network whose indices join two places each.

In `z[i, j] = sum over k of A[i, k] B[j, k]` the index k joins A to B, and i and j are the ends: the word A B^T.  A closed chain is
a trace.  An index that stands in one place or in three makes no product; such a comprehension is written out where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symcat.checker.forms import Refused
from symcat.checker.word_algebra import COLUMN, MOST, ONE, Algebra, Large, Matrix, Scalar, Value, freeze

POWERS = 8
Read = tuple[Matrix, tuple[int, ...]]


@dataclass(frozen=True)
class Term:
    """A coefficient, reads of matrices and vectors at indices, and the indices that are summed over in this term alone."""

    coefficient: Scalar
    reads: tuple[Read, ...] = ()
    inner: tuple[int, ...] = ()


@dataclass
class Networks:
    """One program over given inputs."""

    algebra: Algebra
    inputs: Sequence[Value]
    program: Mapping[str, Any]
    reads: int
    values: dict[str, Value] = field(default_factory=dict)
    deferred: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    shapes: dict[str, tuple] = field(default_factory=dict)
    sizes: list[Any] = field(default_factory=list)

    def outputs(self) -> list[Value]:
        for (name, _, shape), value in zip(self.program["dom"], self.inputs, strict=True):
            self.enter(name, shape)
            self.values[name] = value
        for node in self.program["nodes"]:
            self.enter(node["name"], node["shape"])
            if node["modulus"] or node["op"] != "sum" or node["guards"]:
                raise Refused(f"{node['name']} is no sum of products of real arrays")
            try:
                value = self.value(node)
            except Large:
                raise
            except Refused:
                self.deferred[node["name"]] = node
                continue
            count = self.count(node["name"], self.program["nodes"]) + self.program["outs"].count(node["name"])
            named = isinstance(value, Matrix) and 0 < self.reads <= count
            self.values[node["name"]] = self.algebra.named(value) if named else value
        return [self.output(out, shape) for out, (_, _, shape) in zip(self.program["outs"], self.program["cod"], strict=True)]

    def count(self, name: str, e: Any) -> int:
        """At how many places an array is read in bodies."""
        if isinstance(e, list):
            return int(e[:2] == ["at", name]) + sum(self.count(name, part) for part in e)
        return self.count(name, e["body"]) if isinstance(e, dict) else 0

    def enter(self, name: str, shape: list[Any]) -> None:
        if name in self.shapes:
            raise Refused(f"two arrays are called {name}")
        self.shapes[name] = freeze(shape)

    def output(self, name: str, shape: list[Any]) -> Value:
        if name not in self.values or self.shapes[name] != freeze(shape):
            raise Refused(f"the output {name} is no product of matrices")
        return self.values[name]

    # ---- bodies
    def index(self, size: Any) -> int:
        self.sizes.append(size)
        return len(self.sizes) - 1

    def value(self, node: Mapping[str, Any]) -> Value:
        """The value of a comprehension."""
        free = [self.index(d) for d in freeze(node["shape"])]
        terms = self.terms(node, free)
        if not free:
            return self.algebra.add(*(self.closed(term) for term in terms))
        rows, columns = self.sizes[free[0]], self.sizes[free[1]] if len(free) == 2 else COLUMN
        total = Matrix(len(free), (rows, columns), {})
        for term in terms:
            total = self.algebra.plus(total, self.network(term, free))
        return total

    def terms(self, node: Mapping[str, Any], at: Sequence[int]) -> list[Term]:
        """The terms of a comprehension's entry at given indices."""
        shape, extents = freeze(node["shape"]), freeze(node["extents"])
        if len(at) != len(shape) or len(shape) > 2 or any(self.sizes[i] != d for i, d in zip(at, shape, strict=True)):
            raise Refused(f"{node['name']} is read beyond its shape, or has more than two axes")
        if node["out"] == [["index", k] for k in range(len(shape))] and extents[: len(shape)] == shape:
            box = [*at, *(self.index(d) for d in extents[len(shape):])]
            return [self.summed(term, box[len(shape):]) for term in self.expand(node["body"], box)]
        box = [self.index(d) for d in extents]     # written elsewhere than to its own indices: an identity matrix for each axis
        joined = []
        for i, d, out in zip(at, shape, node["out"], strict=True):
            if out[:1] != ["index"] or extents[out[1]] != d:
                raise Refused(f"{node['name']} is written to a part of itself")
            joined.append((self.algebra.identity(d), (i, box[out[1]])))
        return [self.summed(Term(term.coefficient, (*joined, *term.reads), term.inner), box) for term in self.expand(node["body"], box)]

    def summed(self, term: Term, over: Sequence[int]) -> Term:
        return Term(term.coefficient, term.reads, (*over, *term.inner))

    def expand(self, e: Any, box: Sequence[int]) -> list[Term]:
        """A body as a sum of products."""
        match e:
            case ["+", *parts]:
                return [term for part in parts for term in self.expand(part, box)]
            case ["*", *parts]:
                return self.multiplied([self.expand(part, box) for part in parts])
            case ["^", base, int(exponent)] if 0 < exponent <= POWERS and not self.is_scalar(base):
                return self.multiplied([self.expand(base, box) for _ in range(exponent)])
            case ["at", str(name), *indices] if self.shapes.get(name) != ():
                return self.read(name, [self.place(i, box) for i in indices])
            case ["Delta", ["+", *pair]] if len(pair) == 2:
                return [Term(ONE, (self.delta(pair, box),))]
        factor = self.scalar(e)
        return [Term(factor)] if factor else []

    def delta(self, pair: Sequence[Any], box: Sequence[int]) -> Read:
        plus = [e for e in pair if e[:1] == ["index"]]
        minus = [e[2] for e in pair if e[:2] == ["*", -1] and len(e) == 3]
        if len(plus) != 1 or len(minus) != 1:
            raise Refused("a delta of something else than two indices")
        i, j = self.place(plus[0], box), self.place(minus[0], box)
        if self.sizes[i] != self.sizes[j]:
            raise Refused("a delta of indices with two ranges")
        return self.algebra.identity(self.sizes[i]), (i, j)

    def place(self, e: Any, box: Sequence[int]) -> int:
        if not isinstance(e, list) or e[:1] != ["index"] or not 0 <= e[1] < len(box):
            raise Refused("an index that is not an index of the loop")
        return box[e[1]]

    def read(self, name: str, at: Sequence[int]) -> list[Term]:
        if name in self.deferred:
            return self.terms(self.deferred[name], at)
        if name not in self.values or [self.sizes[i] for i in at] != list(self.shapes[name]):
            raise Refused(f"{name} is read in a part of its range, or before it is made")
        return [Term(ONE, ((self.values[name], tuple(at)),))]

    def multiplied(self, factors: Sequence[list[Term]]) -> list[Term]:
        found = [Term(ONE)]
        for terms in factors:
            found = [Term(self.algebra.times(a.coefficient, b.coefficient), a.reads + b.reads, a.inner + b.inner)
                     for a in found for b in terms]
            if len(found) > MOST:
                raise Large(f"a body of more than {MOST} terms")
        return found

    # ---- scalars
    def is_scalar(self, e: Any) -> bool:
        if not isinstance(e, list):
            return True
        if e[:1] == ["at"]:
            return self.shapes.get(e[1]) == ()
        return e[:1] != ["index"] and all(map(self.is_scalar, e[1:]))

    def scalar(self, e: Any) -> Scalar:
        """An expression without arrays: a polynomial in traces, parameters and calls."""
        if type(e) is int:
            return {(): Fraction(e)} if e else {}
        match e:
            case ["/", int(p), int(q)]:
                return {(): Fraction(p, q)}
            case ["real", str(name)]:
                return self.algebra.atom("real", name)
            case ["dim", str()]:
                return self.algebra.number(freeze(e))
            case ["at", str(name)] if name in self.values and self.shapes[name] == ():
                return self.values[name]
            case ["+", *parts]:
                return self.algebra.add(*map(self.scalar, parts))
            case ["*", *parts]:
                return self.power_of(list(map(self.scalar, parts)))
            case ["^", base, int(exponent)] if 0 < exponent <= POWERS:
                return self.power_of([self.scalar(base)] * exponent)
            case [str(head), *parts] if head not in ("at", "index", "argmax") and self.is_scalar(e):
                return self.algebra.atom("call", head, *(part if isinstance(part, str) else key(self.scalar(part)) for part in parts))
        raise Refused(f"{str(e)[:60]} is no scalar")

    def power_of(self, factors: Sequence[Scalar]) -> Scalar:
        found = ONE
        for factor in factors:
            found = self.algebra.times(found, factor)
        return found

    # ---- networks
    def network(self, term: Term, free: Sequence[int]) -> Matrix:
        """A term with one or two free indices."""
        unread, factor = self.checked(term, free)
        chain, end = self.walk(free[0], free, unread)
        if len(free) == 2 and end is None:
            other, end = self.walk(free[1], free, unread)
            if end is not None:
                raise Refused("a chain that ends in itself")
            chain = self.algebra.product(chain, self.algebra.transpose(other))
        elif len(free) == 1 and end is not None:
            raise Refused("a chain that ends in itself")
        return self.algebra.scaled(chain, self.algebra.times(factor, self.chains(unread)))

    def closed(self, term: Term) -> Scalar:
        """A term without free indices."""
        reads, factor = self.checked(term, ())
        return self.algebra.times(factor, self.chains(reads))

    def checked(self, term: Term, free: Sequence[int]) -> tuple[list[Read], Scalar]:
        """The reads of a term in which every index joins two places, and its factor: an index that nothing reads multiplies by its size."""
        count: dict[int, int] = dict.fromkeys(free, 1) | dict.fromkeys(term.inner, 0)
        if len(count) != len(free) + len(term.inner):
            raise Refused("an index that is bound twice")
        for _, at in term.reads:
            for i in at:
                count[i] = count[i] + 1
        loose = [i for i in term.inner if not count[i]]
        if any(k != 2 for i, k in count.items() if i not in loose):
            raise Refused("an index that does not join two places")
        return list(term.reads), self.power_of([term.coefficient, *(self.algebra.number(self.sizes[i]) for i in loose)])

    def walk(self, start: int, free: Sequence[int], unread: list[Read]) -> tuple[Matrix, int | None]:
        """The product along a chain from an index: up to a free index, or (None) to a vector."""
        total, i = None, start
        while True:
            k = next((k for k, (_, at) in enumerate(unread) if i in at), None)
            if k is None:
                raise Refused("a chain without an end")
            step, at = unread.pop(k)
            if len(at) == 1:
                return (step if total is None else self.algebra.product(total, step)), None
            entered = at.index(i)
            step = self.algebra.transpose(step) if entered else step
            total = step if total is None else self.algebra.product(total, step)
            i = at[1 - entered]
            if i in free:
                return total, i

    def chains(self, unread: list[Read]) -> Scalar:
        """The product of what is left, traces: chains between two vectors, and closed chains."""
        found = ONE
        while unread:
            k = next((k for k, (_, at) in enumerate(unread) if len(at) == 1), 0)
            first, at = unread.pop(k)
            if len(at) == 1:
                rest, _ = self.walk(at[0], (), unread)
                total = self.algebra.product(self.algebra.transpose(first), rest)
            elif at[0] == at[1]:
                total = first
            else:
                rest, _ = self.walk(at[1], (at[0],), unread)
                total = self.algebra.product(first, rest)
            found = self.algebra.times(found, self.algebra.traced(total))
        return found


def key(e: Scalar) -> tuple:
    return tuple(sorted(e.items()))
