"""Equations and inequalities of real numbers, cell by cell: terms read to polynomials over kernels.

Terms are total functions here.  What a division, a logarithm, a root asks of its argument is a hypothesis from where it is met:
sides are compared where both are defined.  A cell is told apart by the signs of expressions, all three of them; in a cell
these signs are hypotheses.  A cell is done when the claim is shown in it, or when its hypotheses contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symcat.checker.cells import Again, Closed, Split, number
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused, refusing
from symcat.checker.kernels import Kernels
from symcat.checker.table import Expr

HALF, SQRT2, SQRT5 = ["number", "1/2"], ["root", "2", ["number", "2"]], ["root", "2", ["number", "5"]]
BASES = {     # cosine and sine of pi/3, pi/4, pi/5 and pi/8
    3: (HALF, ["mul", HALF, ["root", "2", ["number", "3"]]]), 4: (["mul", HALF, SQRT2], ["mul", HALF, SQRT2]),
    5: (["mul", ["number", "1/4"], ["add", ["number", "1"], SQRT5]],
        ["mul", ["number", "1/4"], ["root", "2", ["add", ["number", "10"], ["mul", ["number", "-2"], SQRT5]]]]),
    8: tuple(["mul", HALF, ["root", "2", ["add", ["number", "2"], ["mul", ["number", s], SQRT2]]]] for s in ("1", "-1")),
}


class Scalars(Kernels):
    """The terms of one goal in one cell."""

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
