"""One cell of a goal about real numbers: its hypotheses, where it is told apart, and what is shown in it to be 0 or of a sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symcat.checker import squares
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.functions import Functions
from symcat.checker.table import Expr, Number

RELATIONS = (">0", ">=0", "!=0", "=0")
KERNELS = ("hyper", "call", "cut", "several")
Factored = tuple[Fraction, list[tuple[Expr, int]]]

class Split(Exception):
    """A cell is to be told apart."""


class Closed(Exception):
    """The hypotheses contradict each other: the cell has no point."""


class Again(Exception):
    """Something is 0 from here on: the terms are to be read once more."""


class Cell(Functions):
    """One cell of one goal: `signs` are those by which it was told apart; `point` gives variables values instead."""

    def __init__(self, advice: Iterable[Any], signs: Sequence[int] = (), point: Mapping[str, Fraction] | None = None) -> None:
        super().__init__(advice)
        self.signs, self.point = iter(signs), point
        self.read: dict[str, Expr] = {}
        self.hypotheses = [((), {ONE: 1}, ">0")]

    # ---- hypotheses
    def require(self, e: Expr, relation: str) -> Expr:
        """An expression of which a relation is known from here on."""
        if relation not in RELATIONS:
            raise Refused(f"the relation {relation}")
        if self.point is not None:
            q = Fraction(e.get(ONE, 0))
            holds = {">0": q > 0, ">=0": q >= 0, "!=0": q != 0, "=0": q == 0}[relation]
            if not holds if e.keys() <= {ONE} else self.ask("test", e, relation) and not self.shown(e, relation):
                raise Refused("the point is not inside")
            return e
        if not e and relation in (">0", "!=0"):
            raise Closed
        if e and ((), e, relation) not in self.hypotheses:
            self.hypotheses.append(((), e, relation))
        self.advised("require", e, relation)
        return e

    def advised(self, kind: str, *about: Any) -> Any:
        """Advice, after a cell was told apart or shown to be empty if that is the advice."""
        while True:
            match self.ask(kind, *about):
                case ["split", [*data]]:
                    e, sign = self.expression(data), next(self.signs, None)
                    if sign is None:
                        raise Split
                    self.require(self.scale(e, sign or 1), ">0" if sign else "=0")
                    if not sign:
                        raise Again
                case ["closed", ["identity", *identity]]:
                    squares.positive(self, {ONE: -1}, ">=0", identity)
                    raise Closed
                case answer:
                    return answer

    # ---- what is advised
    def expression(self, data: Sequence[Any], below: Iterable[int] = ()) -> Expr:
        """An expression over atoms that there are; in denominators only those named."""
        parts, below = [{}], set(below)
        for q, factors in data:
            powers = []
            for a, k in factors:
                if type(a) is not int or type(k) is not int or not 0 <= a < len(self.things) or self.kind(a) not in KERNELS:
                    raise Refused("there is no such kernel")
                if k < 0 and a not in below:
                    raise Refused("a kernel in a denominator that is not known not to be 0")
                powers.append(self.atom_power(a, k))
            parts.append(self.scale(self.product({ONE: 1}, *powers), number(q)))
        return self.add(*parts)

    def same(self, left: Expr, right: Expr) -> None:
        self.vanish(self.add(left, self.scale(right, -1)))

    def restated(self, e: Expr) -> Expr:
        """An expression, in another form when one is advised."""
        data = self.advised("restate", e) if e.keys() - {ONE} else None
        if data is None:
            return e
        other = self.expression(data, [a for _, factors in e for a, k in factors if k < 0])
        self.same(e, other)
        return other

    def factored(self, e: Expr, kind: str) -> Factored:
        """An expression that is not 0 as a number and powers of factors."""
        if e.keys() == {ONE}:
            return Fraction(e[ONE]), []
        advice = self.advised(kind, e)
        if advice is None:
            return Fraction(1), [(e, 1)]
        c, parts = number(advice[0]), [(self.expression(data), k) for data, k in advice[1]]
        if any(type(k) is not int or not k or not f or (k < 0 and not self.shown(f, "!=0")) for f, k in parts):
            raise Refused("a factor has no such power")
        self.same(e, self.scale(self.product({ONE: 1}, *[self.power(f, k) for f, k in parts]), c))
        return c, parts

    # ---- zero
    def vanish(self, e: Expr) -> None:
        """Refused unless an expression is shown to be 0."""
        while e:
            if any(self.kind(a) == "several" for _, factors in e for a, _ in factors):
                e = self.cleared(e)
                continue
            match self.advised("vanish", e):
                case ["multiple", int(k), [*data]] if self.hypotheses[k][2] == "=0":
                    below = [a for _, factors in e for a, n in factors if n < 0]
                    e = self.add(e, self.scale(self.product(self.hypotheses[k][1], self.expression(data, below)), -1))
                case ["open", int(a)] if self.kind(a) == "cut":
                    e = self.opened_cut(e, a)
                case ["root", int(a)]:
                    self.conjugate(e, a)
                    return
                case _:
                    raise Refused("the two sides differ")

    def opened_cut(self, e: Expr, a: int) -> Expr:
        """An expression with what a name stands for in its place."""
        body, parts = self.thaw(self.things[a][2]), []
        for (guards, factors), q in e.items():
            rest = {(guards, tuple(item for item in factors if item[0] != a)): q}
            parts.append(self.product(rest, self.power(body, dict(factors).get(a, 0))))
        return self.add(*parts)

    def conjugate(self, e: Expr, a: int) -> None:
        """a + b r is 0 for r >= 0 when a**2 = b**2 r**2 and -a b >= 0: else a = b r, so that a b r = 0 and both are 0."""
        if self.things[a][:2] != ("call", "root2") or not self.shown(self.thaw(self.things[a][2][0]), ">=0"):
            raise Refused("no square root of something that is not negative")
        parts: list[Expr] = [{}, {}]
        for (guards, factors), q in e.items():
            k = dict(factors).get(a, 0)
            if k not in (0, 1):
                raise Refused("a root that is not reduced")
            parts[k][guards, tuple(item for item in factors if item[0] != a)] = q
        p, b = parts
        self.same(self.power(p, 2), self.product(b, b, self.thaw(self.things[a][2][0])))
        if not self.shown(self.scale(self.product(p, b), -1), ">=0"):
            raise Refused("the signs beside a root do not cancel")

    # ---- signs
    def sign(self, e: Expr) -> int:
        """The sign of an expression."""
        if not e:
            return 0
        found = self.advised("sign", e)
        if found == 0 and type(found) is int:
            self.vanish(e)
        elif found not in (1, -1) or not self.shown(self.scale(e, found), ">0"):
            raise Refused("a sign is not shown")
        return found

    def granted(self, e: Expr, relation: str) -> bool:
        advice = self.ask("granted", e, relation) if e else None
        if advice:
            self.supported(e, relation, advice)
        return bool(advice)

    def supported(self, e: Expr, relation: str, advice: Any) -> None:
        match advice:
            case ["number", int(scale)] if 0 < scale < 10**400:
                low, high = squares.bounds(self, e, scale)
                if not (low > 0 or (relation == ">=0" and low == 0) or (relation == "!=0" and high < 0)):
                    raise Refused("a number has no such sign")
            case ["identity", *identity]:
                squares.positive(self, e, relation, identity)
            case _:
                super().supported(e, relation, advice)


def number(text: str | int) -> Number:
    parts = [text] if type(text) is int else [int(part) for part in text.split("/")]
    return Fraction(*parts)
