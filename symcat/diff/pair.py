"""Two optimisers over one parameter, with one set of hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import scalar
from symcat.category.hyper import Hyper
from symcat.category.space import Real, Wire
from symcat.diff import machines
from symcat.errors import SymcatError, UsageError
from symcat.laws.induction import Machine
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.entry import elementwise
from symcat.learn.optimisers.names import canonical, matched
from symcat.learn.optimisers.state import Datum

Values = Mapping[sp.Symbol, sp.Expr]
FOREIGN = "_b"


@dataclass(frozen=True)
class Pair:
    """Rules a and b as machines f and g; hyperparameters of b bear their own names with `_b` behind until `align` is applied.

    `align` sends every hyperparameter of b to one of a, or to a symbol of its own; `premises` are substitutions on top of it.
    """

    a: Optimiser
    b: Optimiser
    align: Values
    premises: Values = field(default_factory=dict)

    @cached_property
    def entrywise(self) -> bool:
        """Whether both are elementwise, so that one entry stands for all and every shape for every other."""
        return elementwise(self.a) and elementwise(self.b)

    @cached_property
    def wire(self) -> Wire:
        """The parameter of both: any vector for elementwise rules, else the shape that the rules are written for."""
        if self.entrywise:
            return Real["n"]
        shapes = [rule.shape for rule in (self.a, self.b) if not elementwise(rule)]
        if len({len(shape) for shape in shapes}) > 1:
            raise UsageError(f"{self.a.name} is about parameters {self.a.wire}, {self.b.name} about {self.b.wire}: "
                             "two rules over different parameters cannot be compared")
        return Wire(Real, min(shapes, key=lambda shape: sum(bool(extent.free_symbols) for extent in shape)))

    @property
    def small(self) -> Wire:
        """The smallest parameter that shows all that there is to see."""
        return Wire(Real, ()) if self.entrywise else self.wire

    @property
    def look(self) -> bool:
        return bool(self.a.look or self.b.look)

    @cached_property
    def data(self) -> tuple[Datum, ...]:
        """What either reads beside the gradient, each kind once."""
        found: dict[str, Datum] = {}
        for row in (*self.a.data, *self.b.data):
            found.setdefault(row.name, row)
            if found[row.name].kind != row.kind:
                raise UsageError(f"{row.name} is {found[row.name].kind} for {self.a.name} and {row.kind} for {self.b.name}: "
                                 "rename one of them")
        return tuple(found.values())

    # ---- machines
    def raw(self, wire: Wire) -> tuple[Machine, Machine]:
        """Both machines, b's hyperparameters under names of their own."""
        key = str(wire)
        if key not in self._made:
            f, g = (machines.of(rule, wire, self.data, self.look) for rule in (self.a, self.b))
            own = {s: foreign(s) for s in {*g.step.hypers, *g.start.hypers}}
            self._made[key] = f, machines.substituted(g, own)
        return self._made[key]

    @cached_property
    def _made(self) -> dict[str, tuple[Machine, Machine]]:
        return {}

    def machines(self, wire: Wire, varying: bool = False) -> tuple[Machine, Machine] | None:
        """Both machines under alignment and premises; None when the rate cannot vary."""
        f, g = self.raw(wire)
        pair = machines.substituted(f, self.values), machines.substituted(g, self.values)
        if not varying:
            return pair
        if self.rate is None:
            return None
        found = [machines.varied(one, self.rate) for one in pair]
        return None if None in found else (found[0], found[1])

    @cached_property
    def values(self) -> dict[sp.Symbol, sp.Expr]:
        """Every hyperparameter of both under alignment and premises, closed under substitution."""
        aligned = {s: scalar(v).xreplace(dict(self.premises)) for s, v in self.align.items()}
        return {**{s: scalar(v) for s, v in self.premises.items()}, **aligned}

    def under(self, premises: Values) -> Pair:
        """The pair under further premises."""
        closed = {s: scalar(v).xreplace(dict(premises)) for s, v in self.premises.items()}
        found = replace(self, premises={**closed, **premises})
        found._made.update(self._made)
        return found

    # ---- hyperparameters
    @cached_property
    def hypers(self) -> dict[sp.Symbol, Hyper]:
        """The rows of all hyperparameters that are left, a's before b's."""
        rows = {row.symbol: row for row in self.a.hypers}
        for row in self.b.hypers:
            image = self.align[foreign(row.symbol)]
            if image.is_Symbol:
                rows[image] = both_ranges(rows[image], row) if image in rows else row.named(image.name)
        return {symbol: row for symbol, row in rows.items() if symbol not in self.premises}

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The ranges of all hyperparameters."""
        return tuple(dict.fromkeys(fact for row in self.hypers.values() for fact in row.facts))

    @cached_property
    def rate(self) -> sp.Symbol | None:
        """The learning rate, when both have it."""
        found = [name for name, row in canonical(row.name for row in self.a.hypers).items() if row == "lr"]
        symbol = sp.Symbol(found[0], real=True) if found else None
        theirs = [name for name, row in canonical(row.name for row in self.b.hypers).items() if row == "lr"]
        image = self.align[sp.Symbol(theirs[0] + FOREIGN, real=True)] if theirs else sp.S.Zero
        return symbol if symbol in image.free_symbols and symbol not in self.premises else None

    def shared(self, symbol: sp.Symbol) -> bool:
        """Whether both rules have a hyperparameter."""
        return symbol in {row.symbol for row in self.a.hypers} and symbol in self.align.values()


def both_ranges(row: Hyper, other: Hyper) -> Hyper:
    """A hyperparameter within its own range and within that of another.

    >>> from symcat.category.hyper import hyper
    >>> both_ranges(hyper(0.5, name="alpha"), hyper(0.9, low=0, below=1)).range
    '[0, 1)'
    """
    lows = [(end, is_open) for end, is_open in ((row.low, row.open_low), (other.low, other.open_low)) if end is not None]
    highs = [(end, not is_open) for end, is_open in ((row.high, row.open_high), (other.high, other.open_high)) if end is not None]
    low, open_low = max(lows, default=(None, False))
    high, closed = min(highs, default=(None, True))
    found = Hyper(row.name, None, low, high, open_low, not closed)
    return replace(found, default=row.default) if row.default is not None and found.admits(row.default) else found


def foreign(symbol: sp.Symbol) -> sp.Symbol:
    return sp.Symbol(symbol.name + FOREIGN, real=True)


def pair(a: Optimiser, b: Optimiser) -> Pair:
    """Two rules with their hyperparameters matched by name; a hyperparameter of b alone keeps its name where that is free."""
    for rule in (a, b):
        try:
            rule.step()
        except SymcatError as error:
            raise type(error)(f"{rule.name}: {error}") from error
    own, theirs = [row.name for row in a.hypers], [row.name for row in b.hypers]
    same = matched(own, theirs)
    taken = {*own, *a.state_names, *b.state_names, "p", "g", machines.RATE}
    align = {}
    for name in theirs:
        image = same.get(name) or (name if name not in taken else name + FOREIGN)
        align[sp.Symbol(name + FOREIGN, real=True)] = sp.Symbol(image, real=True)
    return Pair(a, b, align)


def realigned(old: Pair, change: Mapping[str, str]) -> Pair:
    """The pair with some of b's hyperparameters matched otherwise: names of b's with names of a's."""
    moved = {sp.Symbol(name + FOREIGN, real=True): sp.Symbol(image, real=True) for name, image in change.items()}
    return Pair(old.a, old.b, {**old.align, **moved}, old.premises)
