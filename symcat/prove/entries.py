"""One entry of a program as a scalar expression: reads of inputs are symbols, arrays computed entry by entry are written out.

Different reads of one array become different symbols, although they may be one entry at some sizes; sums and maxima over
symbolic ranges become symbols too, the same one for the same sum, of which only what its terms say is known.  So what is proved
about an entry holds for the program at all sizes and in all places, and what is not proved may hold nevertheless: nothing is
refuted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import sympy as sp

from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, index, is_index
from symcat.category.functions import Smooth, detach
from symcat.category.morphism import Morphism
from symcat.category.space import unused
from symcat.errors import DomainError
from symcat.prove.inequality.cells import Condition
from symcat.prove.inequality.ranges import Range, Ranges

WRITTEN_OUT = 64
PLACES = 32
REDUCTIONS = 12
SIZE = 4000

Environment = Mapping[sp.Symbol, sp.Expr]
Places = Sequence[tuple[sp.Expr, sp.Expr]]      # an index with the extent of the axis that it runs over


@dataclass(frozen=True)
class Reduction:
    """A sum or a maximum that a symbol stands for: its term in the generic place `inner`, and in any other."""

    symbol: sp.Symbol
    op: str
    inner: Places
    term: sp.Expr
    at: Callable[[tuple[sp.Expr, ...]], sp.Expr]


class Entries:
    """The names of entries that several programs on one domain share; parameters keep theirs.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> f = trace(lambda x, y: x * x + y, space(x=Real["n"], y=Real[()]))
    >>> entries = Entries(f)
    >>> entries.output(f, 0, entries.places(f.cod[0].shape))
    x**2 + y
    """

    def __init__(self, *programs: Morphism, facts: Sequence[Fact] = ()) -> None:
        self.dom = programs[0].dom
        self.symbols: dict[tuple, sp.Symbol] = {}
        found = {symbol for f in programs for symbol in f.symbols}
        self.parameters = found.union(*(fact.expr.free_symbols for fact in (*facts, *(fact for f in programs for fact in f.facts))))
        self.taken = {symbol.name for symbol in self.parameters}
        if len(self.taken) < len(self.parameters):
            raise DomainError("two parameters of one name: rename one of them")
        self.programs: dict[int, _Program] = {}
        self.reductions: dict[sp.Symbol, Reduction] = {}
        self.said: dict[tuple, list[Condition]] = {}

    def places(self, shape: Sequence[sp.Expr]) -> list[tuple[sp.Expr, sp.Expr]]:
        """A generic index for each axis."""
        return [(self.symbol(("place", k), f"i{k + 1}", integer=True), extent) for k, extent in enumerate(shape)]

    def output(self, f: Morphism, position: int, places: Places) -> sp.Expr:
        """The entry of an output in a place; DomainError where a program is beyond these means."""
        return self._program(f).read(f.outs[position], tuple(i for i, _ in places))

    def requirement(self, f: Morphism, requirement: Requirement, places: Sequence[sp.Expr]) -> Condition:
        """A requirement in one place of its box."""
        environment = {index(k): i for k, i in enumerate(places)}
        return self._program(f).value(requirement.expr, environment), requirement.relation

    def conditions(self, f: Morphism, requirements: Sequence[Requirement], places: Places) -> list[Condition]:
        """What requirements say in the given places; those with guards, or beyond these means, say nothing."""
        found: dict[Condition, None] = {}
        for requirement in requirements:
            if requirement.guards:
                continue
            for chosen in _choices(requirement.extents, places):
                try:
                    found[self.requirement(f, requirement, chosen)] = None
                except DomainError:
                    continue
        return list(found)

    def known(self, requirements: Sequence[tuple[Morphism, Requirement]], given: Sequence[Fact], places: Places,
              about: sp.Expr) -> list[Condition]:
        """What facts and requirements say in the given places, and that these are in range; what follows for the reductions in an
        expression, the inner ones first.
        """
        found = self._said(requirements, given, places)
        for reduction in self._within(about)[:REDUCTIONS]:
            said = [*found, *self._said(requirements, given, (*reduction.inner, *places))]
            ranges = Ranges([condition for condition in said if condition[0].free_symbols <= reduction.term.free_symbols])
            found += _of_reduction(reduction, ranges.of(reduction.term), places)
        return found

    def _within(self, e: sp.Expr) -> list[Reduction]:
        """The reductions in an expression, those in the terms of others before these."""
        found: dict[sp.Symbol, Reduction] = {}
        for symbol in sorted(e.free_symbols & self.reductions.keys(), key=lambda s: s.name):
            own = self.reductions[symbol]
            found |= {one.symbol: one for one in self._within(own.term)} | {symbol: own}
        return list(found.values())

    def _said(self, requirements: Sequence[tuple[Morphism, Requirement]], given: Sequence[Fact], places: Places) -> list[Condition]:
        said = [*facts(given), *within(places)]
        for f, requirement in requirements:
            key = (id(f), requirement, tuple(places))
            if key not in self.said:
                self.said[key] = self.conditions(f, [requirement], places)
            said += self.said[key]
        return said

    def symbol(self, key: tuple, name: str, **kind: bool) -> sp.Symbol:
        """The symbol of a key, with the name or the nearest that is free."""
        if key not in self.symbols:
            plain = unused(name if name[0].isalpha() else f"v{name}", self.taken)
            self.taken.add(plain)
            self.symbols[key] = sp.Symbol(plain, **(kind or {"real": True}))
        return self.symbols[key]

    def _program(self, f: Morphism) -> _Program:
        if id(f) not in self.programs:
            self.programs[id(f)] = _Program(self, f)
        return self.programs[id(f)]


def facts(found: Sequence[Fact]) -> list[Condition]:
    """Facts about dims and hyperparameters as conditions."""
    return [(fact.expr, fact.relation) for fact in found]


def within(places: Places) -> list[Condition]:
    """That indices are in range."""
    return [condition for i, extent in places if not i.is_number for condition in ((i, ">=0"), (extent - 1 - i, ">=0"))]


def _choices(extents: Sequence[sp.Expr], places: Places) -> Iterator[tuple[sp.Expr, ...]]:
    """Places of a box, taken from places of the same extents; all of them where the box is small."""
    options = []
    for extent in extents:
        own = [i for i, other in places if other == extent]
        options.append(own + [sp.Integer(k) for k in range(int(extent))] if extent.is_Integer and extent <= 8 else own)
    if prod(map(len, options)) <= PLACES:
        yield from product(*options)


def _of_reduction(reduction: Reduction, term: Range, places: Places) -> list[Condition]:
    """A sum of terms that are not negative is at least each of them, a maximum is at least each, and in the range of its terms."""
    symbol, found = reduction.symbol, []
    nonnegative = term.meets(">=0")
    if nonnegative:
        found.append((symbol, ">0" if term.meets(">0") else ">=0"))
    high = term.high[0]
    if reduction.op == "max" and high is not None:
        found.append((sp.Rational(high.numerator, high.denominator) - symbol, ">=0"))
    if nonnegative or reduction.op == "max":
        for chosen in _choices([extent for _, extent in reduction.inner], places):
            try:
                found.append((symbol - reduction.at(chosen), ">=0"))
            except DomainError:
                continue
    return found


class _Program:
    """One program whose entries are asked for."""

    def __init__(self, entries: Entries, f: Morphism) -> None:
        self.entries, self.f = entries, f               # keeps f alive, whose id is a key
        self.inputs = {name: k for k, name in enumerate(f.dom.names)}
        self.nodes = {node.name: node for node in f.nodes}
        self.memo: dict[tuple, sp.Expr] = {}
        self.sizes: dict[str, int] = {}
        if any(wire.base.modulus for wire in (*f.dom.types, *f.cod.types)):
            raise DomainError("entries over the integers modulo n have no order")

    def read(self, name: str, indices: tuple[sp.Expr, ...], depth: int = 0) -> sp.Expr:
        """An entry of an array."""
        if name in self.inputs:
            wire = self.inputs[name]
            return self.entries.symbol(("read", wire, indices), self.entries.dom.names[wire])
        key = (name, indices)
        if key not in self.memo:
            if self.size(name) > SIZE:
                raise DomainError(f"an entry of {name} has more than {SIZE} operations when it is written out")
            self.memo[key] = self._entry(self.nodes[name], indices, depth)
        return self.memo[key]

    def size(self, name: str) -> int:
        """How many operations an entry has when it is written out, at most about `SIZE`."""
        if name in self.inputs:
            return 1
        if name not in self.sizes:
            node = self.nodes[name]
            inner = sum(node.body.count(read) * self.size(read.name) for read in node.body.atoms(At))
            bound = node.extents[len(node.shape):]
            times = prod(map(int, bound)) if all(extent.is_Integer for extent in bound) else 1
            self.sizes[name] = min(times * (int(sp.count_ops(node.body)) + inner), 2 * SIZE)
        return self.sizes[name]

    def _entry(self, node: Comprehension, indices: tuple[sp.Expr, ...], depth: int) -> sp.Expr:
        if not node.gather:
            raise DomainError(f"{node.name} is written at places that depend on its indices")
        environment = {index(k): i for k, i in enumerate(indices)}
        bound = node.extents[len(indices):]
        if not bound:
            return self.value(node.body, environment, depth)
        join = {"sum": sp.Add, "max": sp.Max}.get(node.op)
        if join is None:
            raise DomainError(f"{node.name} is a reduction by {node.op}")
        if all(extent.is_Integer for extent in bound) and prod(map(int, bound)) <= WRITTEN_OUT:
            ranges = [range(int(extent)) for extent in bound]
            parts = [environment | {index(len(indices) + k): sp.Integer(i) for k, i in enumerate(chosen)} for chosen in product(*ranges)]
            return join(*(self.value(node.body, part, depth) for part in parts))
        inner = [self.entries.symbol(("bound", depth + k), f"k{depth + k + 1}", integer=True) for k in range(len(bound))]
        part = environment | {index(len(indices) + k): i for k, i in enumerate(inner)}
        body = self.value(node.body, part, depth + len(bound))
        found = self.entries.symbol((node.op, bound, tuple(inner), body), node.op)
        if found not in self.entries.reductions:
            own = tuple(zip(inner, bound, strict=True))
            at = lambda places: self.value(node.body, environment | {index(len(indices) + k): i for k, i in enumerate(places)}, depth)
            self.entries.reductions[found] = Reduction(found, node.op, own, body, at)
        return found

    def value(self, e: sp.Expr, environment: Environment, depth: int = 0) -> sp.Expr:
        """A body, the loop indices in it replaced."""
        if e.is_Rational or e is sp.S.Exp1:
            return e
        if isinstance(e, At):
            return self.read(e.name, tuple(sp.expand(self.value(i, environment, depth)) for i in e.indices), depth)
        if isinstance(e, Argmax):
            raise DomainError(f"{e} selects an entry")
        if e.is_Symbol:
            return self._symbol(e, environment)
        if isinstance(e, Smooth):
            argument = self.value(e.args[2], environment, depth)
            return self.entries.symbol(("smooth", e.args[0].name, e.args[1], argument), e.args[0].name)
        arguments = [self.value(part, environment, depth) for part in e.args]
        if isinstance(e, (Bracket, Delta)):
            condition = sp.Ge(arguments[0], 0) if isinstance(e, Bracket) else sp.Eq(arguments[0], 0)
            return sp.Piecewise((1, condition), (0, True))
        found = arguments[0] if isinstance(e, detach) else e.func(*arguments)
        if found.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise DomainError(f"{e} has no real value in one of the entries")
        return found

    def _symbol(self, e: sp.Symbol, environment: Environment) -> sp.Expr:
        if e in environment:
            return environment[e]
        if is_index(e):
            raise DomainError(f"the index {e} is bound nowhere")
        if e not in self.entries.parameters:
            raise DomainError(f"{e} is no parameter of the programs")
        return e
