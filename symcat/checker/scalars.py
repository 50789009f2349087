"""Equations and inequalities of real numbers, cell by cell: terms read to polynomials over kernels.

Terms are total functions here.  What a division, a logarithm, a root asks of its argument is a hypothesis from where it is met:
sides are compared where both are defined.  A cell is told apart by the signs of expressions, all three of them; in a cell
these signs are hypotheses.  A cell is done when the claim is shown in it, or when its hypotheses contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symcat.checker import squares
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused, refusing
from symcat.checker.functions import Functions, primes
from symcat.checker.table import Expr, Number, Term

RELATIONS = (">0", ">=0", "!=0", "=0")
KERNELS = ("hyper", "call", "cut", "several")
Factored = tuple[Fraction, list[tuple[Expr, int]]]
HALF, SQRT2, SQRT5 = ["number", "1/2"], ["root", "2", ["number", "2"]], ["root", "2", ["number", "5"]]
BASES = {     # cosine and sine of pi/3, pi/4, pi/5 and pi/8
    3: (HALF, ["mul", HALF, ["root", "2", ["number", "3"]]]), 4: (["mul", HALF, SQRT2], ["mul", HALF, SQRT2]),
    5: (["mul", ["number", "1/4"], ["add", ["number", "1"], SQRT5]],
        ["mul", ["number", "1/4"], ["root", "2", ["add", ["number", "10"], ["mul", ["number", "-2"], SQRT5]]]]),
    8: tuple(["mul", HALF, ["root", "2", ["add", ["number", "2"], ["mul", ["number", s], SQRT2]]]] for s in ("1", "-1")),
}


class Split(Exception):
    """A cell is to be told apart."""


class Closed(Exception):
    """The hypotheses contradict each other: the cell has no point."""


class Again(Exception):
    """Something is 0 from here on: the terms are to be read once more."""


class Scalars(Functions):
    """One cell of one goal: `signs` are those by which it was told apart; `point` gives variables values instead."""

    def __init__(self, advice: Iterable[Any], signs: Sequence[int] = (), point: Mapping[str, Fraction] | None = None) -> None:
        super().__init__(advice)
        self.signs, self.point = iter(signs), point
        self.read: dict[str, Expr] = {}
        self.hypotheses = [((), {ONE: 1}, ">0")]

    # ---- a cell
    def decide(self, goal: Mapping[str, Any]) -> None:
        """Refused unless the claim is shown in this cell, or the cell is empty; Split where it is to be told apart."""
        try:
            while not self.attempt(goal):
                self.read.clear()
        except Closed:
            pass

    def attempt(self, goal: Mapping[str, Any]) -> bool:
        try:
            self.conclude(self.gap(goal), goal["relation"])
        except Again:
            return False
        return True

    def gap(self, goal: Mapping[str, Any]) -> Expr:
        """The difference of the sides, after what is assumed."""
        for relation, t in (*goal["assumptions"], *goal["required"]):
            self.require(self.value(t), relation)
        return self.add(self.value(goal["rhs"]), self.scale(self.value(goal["lhs"]), -1))

    def conclude(self, gap: Expr, relation: str) -> None:
        if relation == "=0":
            self.vanish(gap)
        elif relation not in (">0", ">=0") or not self.shown(gap, relation):
            self.advised("conclude", gap)
            raise Refused("the inequality is not shown")

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

    # ---- kernels
    def special(self, a: int) -> bool:
        return super().special(a) or self.things[a][:2] == ("call", "sin")

    def settled(self, a: int, k: int) -> bool:
        return 0 <= k < 2 if self.things[a][:2] == ("call", "sin") else super().settled(a, k)

    def atom_power(self, a: int, n: int) -> Expr:
        """The square of a sine comes out."""
        if self.things[a][:2] != ("call", "sin"):
            return super().atom_power(a, n)
        whole, left = divmod(n, 2)
        square = self.add({ONE: 1}, self.scale(self.power(self.atom("call", "cos", self.things[a][2]), 2), -1))
        return self.product(self.power(square, whole), {((), ((a, left),) if left else ()): 1})

    def order(self, term: Term, least: int) -> int:
        found = self.ask("order", term, least)
        if type(found) is not int or found < 1 or found % least:
            raise Refused("an order is not a multiple of the one needed")
        return found

    def exponential(self, e: Expr) -> Expr:
        return super().exponential(self.restated(e))

    def inverse(self, e: Expr) -> Expr:
        if len(e) == 1:
            return super().inverse(e)
        c, parts = self.factored(e, "factors")
        if parts[0][0] == e:
            return super().inverse(e)
        for f, _ in parts:
            self.hypotheses.append(((), f, "!=0"))
        return self.scale(self.product({ONE: 1}, *[self.power(f, -k) for f, k in parts]), 1 / c)

    def root(self, n: int, e: Expr) -> Expr:
        """The n-th root of something that is at least 0, as powers of roots of factors that are."""
        e = self.restated(e)
        if not e:
            return {}
        c, parts = self.factored(e, "signed")
        result = {ONE: 1}
        for f, k in [*parts, *[({ONE: p}, k) for p, k in positive(c)]]:
            q = Fraction(k, n)
            if q.denominator > 1 or q.numerator % 2:
                if not self.shown(f, ">=0"):
                    raise Refused("a factor under a root may be negative")
                result = self.product(result, self.fraction_power(f, q))
            else:
                result = self.product(result, self.power(f, int(q)))
        return result

    def fraction_power(self, f: Expr, q: Fraction) -> Expr:
        """f**q for an f that is not negative."""
        thing = self.plain(next(iter(f))) if len(f) == 1 and next(iter(f.values())) == 1 else ()
        if q.denominator == 1:
            return self.power(f, int(q))
        if thing[:2] == ("call", "exp"):
            return self.exponential(self.scale(self.thaw(thing[2][0]), q))
        if thing[:1] == ("call",) and thing[1].startswith("root"):
            return self.fraction_power(self.thaw(thing[2][0]), q / int(thing[1][4:]))
        order = self.order(("root", self.freeze(f)), q.denominator)
        return self.power(self.atom("call", f"root{order}", (self.freeze(f),)), int(q * order))

    def logarithm(self, e: Expr) -> Expr:
        """The logarithm of something positive, as a sum over factors that are positive."""
        c, parts = self.factored(self.restated(e), "signed")
        total = [self.scale(self.call("log", {ONE: p}), k) for p, k in positive(c)]
        for f, k in parts:
            if not self.shown(f, ">0"):
                raise Refused("a factor under a logarithm may not be positive")
            thing = self.plain(next(iter(f))) if len(f) == 1 and next(iter(f.values())) == 1 else ()
            if thing[:2] == ("call", "exp"):
                total.append(self.scale(self.thaw(thing[2][0]), k))
            elif thing[:1] == ("call",) and thing[1].startswith("root"):
                total.append(self.scale(self.logarithm(self.thaw(thing[2][0])), Fraction(k, int(thing[1][4:]))))
            else:
                total.append(self.scale(self.call("log", f), k))
        return self.add(*total)

    def odd(self, function: str, e: Expr) -> Expr:
        """An odd function of an expression."""
        e = self.restated(e)
        sign = -1 if e and min(e.items())[1] < 0 else 1
        return self.scale(self.call(function, self.scale(e, sign)), sign) if e else {}

    # ---- angles
    def turn(self, e: Expr) -> tuple[Expr, Expr]:
        """Cosine and sine of an angle."""
        result = {ONE: 1}, {}
        for term, q in self.restated(e).items():
            q, thing = Fraction(q), self.plain(term)
            u = self.thaw(thing[2][0]) if thing[:2] in (("call", "atan"), ("call", "asin")) and q.denominator == 1 else {}
            if thing == ("call", "pi", ()) and 120 % q.denominator == 0:
                result = self.part(result, int(q * 120))
            elif u and thing[1] == "atan":
                c = self.inverse(self.root(2, self.add({ONE: 1}, self.power(u, 2))))
                result = self.turned(result, (c, self.product(u, c)), int(q))
            elif u:
                square = self.add({ONE: 1}, self.scale(self.power(u, 2), -1))
                result = self.turned(result, (self.root(2, square), u), int(q))
            else:
                order = self.order(term, q.denominator)
                own = self.freeze({term: Fraction(1, order)})
                result = self.turned(result, (self.atom("call", "cos", (own,)), self.atom("call", "sin", (own,))), int(q * order))
        return result

    def part(self, result: tuple[Expr, Expr], n: int) -> tuple[Expr, Expr]:
        """A turn further by n/120 of a half turn: n = 15 a + 40 b + 24 c + 120 d."""
        a, b, c = 7 * n % 8, n % 3, 4 * n % 5
        half = (n - 15 * a - 40 * b - 24 * c) // 120 % 2
        eighth, times = (8, a) if a % 2 else (4, a // 2)
        for order, count in ((eighth, times), (3, b), (5, c)):
            if count:
                result = self.turned(result, tuple(map(self.value, BASES[order])), count)
        return tuple(self.scale(x, -1) for x in result) if half else result

    def turned(self, result: tuple[Expr, Expr], one: tuple[Expr, Expr], n: int) -> tuple[Expr, Expr]:
        """A turn followed by n times another."""
        if abs(n) > 64:
            raise Refused(f"the multiple {n} of an angle")
        c, s = one[0], self.scale(one[1], 1 if n > 0 else -1)
        for _ in range(abs(n)):
            a, b = result
            result = (self.add(self.product(a, c), self.scale(self.product(b, s), -1)), self.add(self.product(a, s), self.product(b, c)))
        return result

    # ---- terms
    def value(self, t: Sequence[Any]) -> Expr:
        """The value of a term."""
        key = repr(t)
        if key not in self.read:
            e = self.evaluated(t)
            self.read[key] = self.cut(e) if t[0] == "add" and len(e) > 1 and self.ask("cut", t) else e
        return self.read[key]

    def cut(self, e: Expr) -> Expr:
        """A sum as a multiple of a name, and a constant."""
        rest = {term: q for term, q in e.items() if term != ONE}
        q = min(rest.items())[1]
        named = self.atom("cut", (), self.freeze(self.scale(rest, Fraction(1) / q)), ())
        return self.add(self.scale(named, q), {ONE: e[ONE]} if ONE in e else {})

    def evaluated(self, t: Sequence[Any]) -> Expr:
        match t:
            case ["number", str(q)]:
                return self.collect([(ONE, number(q))])
            case ["variable", str(name)]:
                return self.atom("hyper", name) if self.point is None else self.collect([(ONE, self.point[name])])
            case ["pi"]:
                return self.atom("call", "pi", ())
            case ["add", *parts]:
                return self.add(*map(self.value, parts))
            case ["mul", *parts]:
                return self.product({ONE: 1}, *map(self.value, parts))
            case ["power", str(n), x] if int(n) > 0:
                return self.power(self.value(x), int(n))
            case ["inverse", x]:
                return self.inverse(self.require(self.value(x), "!=0"))
            case ["root", str(n), x] if int(n) > 0:
                return self.root(int(n), self.require(self.value(x), ">=0"))
            case ["log", x]:
                return self.logarithm(self.require(self.value(x), ">0"))
            case ["exp", x]:
                return self.exponential(self.value(x))
            case ["cos" | "sin" as function, x]:
                return self.turn(self.value(x))[function == "sin"]
            case ["asin", x]:
                for s in (1, -1):
                    self.require(self.add({ONE: 1}, self.scale(self.value(x), s)), ">=0")
                return self.odd("asin", self.value(x))
            case ["tanh", x] if self.ask("defined"):
                e = self.exponential(self.scale(self.value(x), 2))
                return self.product(self.add(e, {ONE: -1}), self.inverse(self.add(e, {ONE: 1})))
            case ["atan" | "erf" | "tanh" as function, x]:
                return self.odd(function, self.value(x))
            case ["switch", p, *branches] if len(branches) == 3:
                return self.value(branches[1 + self.sign(self.value(p))])
        raise Refused(f"{str(t)[:60]} is not a term")


def number(text: str | int) -> Number:
    parts = [text] if type(text) is int else [int(part) for part in text.split("/")]
    return Fraction(*parts)


def positive(c: Fraction) -> list[tuple[int, int]]:
    if c <= 0:
        raise Refused("a number under a root or a logarithm is not positive")
    return primes(c)


def scalar(goal: Mapping[str, Any], proof: Mapping[str, Any]) -> int:
    """The number of cells; Refused unless the proof shows an equation of terms in each."""
    with refusing():
        stated = {**goal, "relation": "=0"}
        inside(stated, proof["inside"])
        return cells(stated, proof["cells"])


def inside(goal: Mapping[str, Any], given: Mapping[str, Any] | None) -> None:
    """Refused when a point is given, and what is rational there, or of a sign that is shown, contradicts what the goal assumes."""
    if given is not None:
        run = Scalars(given["advice"], (), {name: number(q) for name, q in given["point"].items()})
        try:
            run.gap(goal)
        except (Split, Closed, Again):
            raise Refused("the point is not inside") from None


def cells(goal: Mapping[str, Any], node: Mapping[str, Any], advice: tuple = (), signs: tuple[int, ...] = ()) -> int:
    """The cells of one part of the space; the advice up to where it is told apart is one for all of them."""
    advice += tuple(node["advice"])
    run = Scalars(advice, signs)
    try:
        run.decide(goal)
    except Split:
        if len(node["cells"]) != 3:
            raise Refused("a cell is told apart into three") from None
        return sum(cells(goal, part, advice, (*signs, sign)) for part, sign in zip(node["cells"], (-1, 0, 1), strict=True))
    if next(run.advice, run) is not run or next(run.signs, run) is not run or node["cells"]:
        raise Refused("there is more advice than questions")
    return 1
