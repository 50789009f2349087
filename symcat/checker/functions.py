"""Scalar functions of expressions, and signs: each rule where its condition is shown, else the function stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from symcat.checker.expressions import ONE, Expressions
from symcat.checker.forms import Form, Refused, form, plus
from symcat.checker.table import Expr, Factors, Term

POSITIVE, NONNEGATIVE = ("exp", "sigmoid", "softplus", "pi"), ("relu", "absolute", "step", "equal", "where")
VANISHING = ("tanh", "sin", "relu", "step", "sign", "absolute")
IMPLIES = {"!=0": ("!=0", ">0"), ">0": (">0",), ">=0": (">=0", ">0")}
AT_NUMBERS = {
    "where": lambda x: int(x != 0), "relu": lambda x: max(x, 0), "step": lambda x: int(x > 0), "absolute": abs,
    "sign": lambda x: (x > 0) - (x < 0), "maximum": max, "minimum": min, "equal": lambda x, y: int(x == y),
}
POWERS = "powers with a base that may be 0 have exponents that are at least 0"
KINKED = {"step": 1, "detach": 1, "relu": 1, "absolute": 1, "sign": 1, "where": 1, "maximum": 2, "minimum": 2, "equal": 2}
TRIAL = 10**6        # trial division goes so far; what is left stays one factor


class Functions(Expressions):
    """Functions and signs."""

    def call(self, function: str, *arguments: Expr) -> Expr:
        return self.atom("call", function, tuple(self.freeze(e) for e in arguments))

    def apply(self, function: str, *arguments: Expr) -> Expr:
        e = arguments[0]
        if self.kinks and len(arguments) == KINKED.get(function) and not all(x.keys() <= {ONE} for x in arguments):
            return self.by_step(function, *arguments)
        if function == "exp":
            return self.exponential(e)
        if function in ("log", "ln"):
            return self.logarithm(e) if self.shown(e, ">0") else self.call("ln", e)
        if function.startswith("root"):
            return self.root(int(function[4:]), e)
        if function == "pow":
            return self.general_power(*arguments)
        if function == "where" and len(arguments) == 3:
            test = self.apply("where", e)
            return self.add(self.product(test, arguments[1]), arguments[2], self.scale(self.product(test, arguments[2]), -1))
        if function in AT_NUMBERS and all(x.keys() <= {ONE} for x in arguments):
            return self.collect([(ONE, AT_NUMBERS[function](*[Fraction(x.get(ONE, 0)) for x in arguments]))])
        if function in VANISHING and not e:
            return {}
        if self.definitions and function in ("sigmoid", "tanh", "softplus"):
            return self.defined(function, self.exponential(e))
        return self.call(function, *arguments)

    def by_step(self, function: str, x: Expr, *others: Expr) -> Expr:
        """The value of a function with kinks by step, which is 1 above 0 and else 0, and does not depend on a positive factor."""
        above = lambda e: self.apply("step", e)
        opposite = self.scale(x, -1)
        gap = self.add(x, self.scale(others[0], -1)) if others else {}
        match function:
            case "step":
                rest = self.positive_part(x)[2]
                return self.call("step", self.scale(rest, Fraction(1) / abs(min(rest.items())[1])))
            case "detach":
                return x
            case "relu":
                return self.product(x, above(x))
            case "absolute":
                return self.product(x, self.add(self.scale(above(x), 2), {ONE: -1}))
            case "sign":
                return self.add(above(x), self.scale(above(opposite), -1))
            case "where":
                return self.add(above(x), above(opposite))
            case "maximum":
                return self.add(others[0], self.product(gap, above(gap)))
            case "minimum":
                return self.add(x, self.scale(self.product(gap, above(gap)), -1))
        return self.add({ONE: 1}, self.scale(above(gap), -1), self.scale(above(self.scale(gap, -1)), -1))

    def defined(self, function: str, image: Expr) -> Expr:
        """sigmoid, tanh and softplus by their definitions; `image` is the exp of their argument."""
        if function == "softplus":
            return self.logarithm(self.add({ONE: 1}, image))
        if function == "tanh":
            image = self.power(image, 2)
        top = image if function == "sigmoid" else self.add(image, {ONE: -1})
        return self.product(top, self.inverse(self.add(image, {ONE: 1})))

    def exponential(self, e: Expr) -> Expr:
        """exp of a sum: a product; exp of q log x: x**q; the exponent p/q t: exp(t/q)**p, or with a multiple of q."""
        result = {ONE: 1}
        for term, q in e.items():
            q = Fraction(q)
            thing = self.plain(term)
            if thing[:2] == ("call", "log"):
                base = self.thaw(thing[2][0])
                base = base if q.denominator == 1 else self.root(q.denominator, base)
                result = self.product(result, self.power(base, q.numerator))
            else:
                order = self.order(term, q.denominator)
                a = self.id("call", "exp", (self.freeze({term: Fraction(1, order)}),))
                result = self.product(result, {((), ((a, int(q * order)),)): 1})
        return result

    def plain(self, term: Term) -> tuple:
        """The atom that a term is; () when it is more."""
        return self.things[term[1][0][0]] if not term[0] and len(term[1]) == 1 and term[1][0][1] == 1 else ()

    def order(self, term: Term, least: int) -> int:
        """The denominator of a kernel: a multiple of the one needed."""
        return least

    def positive_part(self, e: Expr) -> tuple[Fraction, Factors, Expr]:
        """e as content * (positive factors) * rest."""
        numbers = [Fraction(q) for q in e.values()]
        content = Fraction(gcd(*[q.numerator for q in numbers]) or 1, lcm(*[q.denominator for q in numbers]))
        shared = self.common(e, denominators=True) if len(e) > 1 else next(iter(e))[1] if e else ()
        positive = tuple((a, k) for a, k in shared if self.atom_sign(a) == ">0")
        return content, positive, self.product(e, {((), tuple((a, -k) for a, k in positive)): 1 / content})

    def logarithm(self, e: Expr) -> Expr:
        """The log of something positive."""
        content, positive, rest = self.positive_part(e)
        parts = [self.scale(self.call("log", {ONE: p}), k) for p, k in primes(content)]
        for a, k in positive:
            thing = self.things[a]
            own = self.thaw(thing[1]) if thing[0] == "several" else {((), ((a, 1),)): 1}
            parts.append(self.scale(self.thaw(thing[2][0]) if thing[:2] == ("call", "exp") else self.call("log", own), k))
        return self.add(*parts, self.call("log", rest) if rest != {ONE: 1} else {})

    def root(self, n: int, e: Expr) -> Expr:
        """The n-th root of something that is at least 0."""
        if not e:
            return {}
        content, positive, rest = self.positive_part(e)
        parts = [({ONE: p}, k) for p, k in primes(content)]
        parts += [(self.thaw(self.things[a][1]) if self.kind(a) == "several" else {((), ((a, 1),)): 1}, k) for a, k in positive]
        parts += [(rest, 1)] if rest != {ONE: 1} else []
        return self.product(*[self.atom_power(self.id("call", f"root{n}", (self.freeze(x),)), k) for x, k in parts])

    def general_power(self, base: Expr, exponent: Expr) -> Expr:
        if self.shown(base, ">0"):
            result = {ONE: 1}
            for term, q in exponent.items():
                q = Fraction(q)
                root = base if q.denominator == 1 else self.root(q.denominator, base)
                part = root if term == ONE else self.call("pow", base, {term: Fraction(1, q.denominator)})
                result = self.product(result, self.power(part, q.numerator))
            return result
        n = Fraction(exponent.get(ONE, 0))
        if exponent.keys() <= {ONE} and n.denominator == 1 and n >= 0:
            return self.power(base, int(n))
        whole = n.numerator // n.denominator
        if whole > 0 and self.shown(base, ">=0"):
            rest = self.add(exponent, {ONE: -whole})
            if not self.shown(rest, ">=0"):
                self.notes.add(POWERS)
            return self.product(self.power(base, whole), self.call("pow", base, rest))
        return self.call("pow", base, exponent)

    def exponentiated(self, base: Expr, q: Fraction) -> Expr:
        """base**q for a rational q."""
        if q.denominator == 1 and (q >= 0 or self.shown(base, "!=0")):
            return self.power(base, int(q))
        if q.denominator == 1:
            return self.power(self.call("inverse", base), -int(q))
        if self.shown(base, ">0" if q < 0 else ">=0"):
            return self.power(self.apply(f"root{q.denominator}", base), q.numerator)
        opaque = self.call("pow", base, {ONE: abs(q)})
        return self.call("inverse", opaque) if q < 0 else opaque

    # ---- signs
    def shown(self, e: Expr, relation: str) -> bool:
        """Whether `e relation` follows from the form of e, from what is known of indices, or from a hypothesis."""
        if relation not in IMPLIES:
            raise Refused(f"the relation {relation} is not one that has a sign")
        key = "shown", tuple(sorted(e.items())), relation, len(self.hypotheses), self.facts
        if key not in self.memo:
            self.memo[key] = False       # an answer must not rest on itself
            self.memo[key] = self.show(e, relation)
        return self.memo[key]

    def show(self, e: Expr, relation: str) -> bool:
        if relation == "!=0":
            if self.shown(e, ">0") or self.shown(self.scale(e, -1), ">0"):
                return True
            if len(e) == 1 and not next(iter(e))[0] and all(self.nonzero(a) for a, _ in next(iter(e))[1]):
                return True
            return self.granted(e, relation)
        if e and all(not g and (not f or (len(f) == 1 and f[0][1] == 1 and self.kind(f[0][0]) == "value")) for g, f in e):
            scale = lcm(*[Fraction(q).denominator for q in e.values()])
            rows = [(self.things[f[0][0]][1], int(q * scale)) for (_, f), q in e.items() if f]
            whole = int(e.get(ONE, 0) * scale), tuple(sorted(rows))
            if self.implied((), plus(whole, (-(relation == ">0"), ()))):
                return True
        best = ">=0"
        for (guards, factors), q in e.items():
            signs = [self.atom_sign(a) if k % 2 or self.atom_sign(a) == ">0" else ">=0" for a, k in factors]
            if q < 0 or None in signs:
                best = None
                break
            best = ">0" if not guards and all(s == ">0" for s in signs) else best
        return best == ">0" or best == relation or self.granted(e, relation)

    def nonzero(self, a: int) -> bool:
        if self.kind(a) == "zero":
            return False
        if self.kind(a) == "call" and self.things[a][1].startswith("root"):
            return self.shown(self.thaw(self.things[a][2][0]), "!=0")
        return self.atom_sign(a) == ">0" or self.granted({((), ((a, 1),)): 1}, "!=0")

    def granted(self, e: Expr, relation: str) -> bool:
        """Whether a hypothesis at some values of its indices, all in their ranges, says `e relation` up to a positive multiple."""
        advice = self.ask("granted", e, relation) if e and self.hypotheses else None
        if not advice:
            return False
        self.supported(e, relation, advice)
        return True

    def supported(self, e: Expr, relation: str, advice: Any) -> None:
        """Refused unless a hypothesis says `e relation` at the values of its indices in the advice."""
        k, values = advice
        indices, pattern, stated = self.hypotheses[k]
        free = sorted(self.scope(e))
        moves = {}
        for v, (constant, terms) in zip(indices, values, strict=True):
            moves[v] = plus((constant, ()), (0, tuple(sorted((free[j], q) for j, q in terms))))
            extent = self.things[v][-1]
            if not (self.implied((), moves[v]) and self.implied((), plus(plus(extent, (-1, ())), moves[v], -1))):
                raise Refused("a hypothesis is used outside its range")
        found = self.substituted(pattern, moves)
        ratio = {Fraction(found[term]) / e[term] for term in e} if found.keys() == e.keys() else set()
        if stated not in IMPLIES[relation] or len(ratio) != 1 or (relation != "!=0" and min(ratio) < 0):
            raise Refused("a hypothesis does not say what it is used for")

    def atom_sign(self, a: int) -> str | None:
        """">0", ">=0" or None for not shown."""
        thing, own = self.things[a], {((), ((a, 1),)): 1}
        best = None
        match thing:
            case ("value", v):
                return ">0" if self.kind(v) == "dim" or self.shown(own, ">0") else ">=0" if self.shown(own, ">=0") else None
            case ("zero", _):
                return ">=0"
            case ("cut", _, e, _):
                known, self.facts = self.facts, tuple(g for g in self.facts if all(self.kind(v) == "dim" for v, _ in g[1]))
                best = next((r for r in (">0", ">=0") if self.shown(self.thaw(e), r)), None)    # its indices are others
                self.facts = known
            case ("several", e):
                best = next((r for r in (">0", ">=0") if self.shown(self.thaw(e), r)), None)
            case ("sum", _, _, guards, factors):
                signs = [self.atom_sign(b) if k % 2 or self.atom_sign(b) == ">0" else ">=0" for b, k in factors]
                best = None if None in signs else ">0" if set(signs) <= {">0"} and self.inhabited(guards) else ">=0"
            case ("call", function, arguments):
                if function in POSITIVE:
                    return ">0"
                if function == "pow" or function.startswith("root"):
                    best = ">0" if self.shown(self.thaw(arguments[0]), ">0") else ">=0" if function != "pow" else None
                return best or (">=0" if function in NONNEGATIVE else None)
        if best != ">0" and thing[0] in ("read", "hyper", "sum"):
            best = next((r for r in (">0", ">=0") if self.granted(own, r)), best)
        return best

    def inhabited(self, guards: Sequence[Form]) -> bool:
        """Whether guards are boxes with a point in each."""
        return self.boxed(guards) and all(self.implied((), plus(g, form(v))) for g in guards for v, k in g[1]
                                          if k == -1 and self.kind(v) == "bound")


def primes(q: Fraction) -> list[tuple[int, int]]:
    """A positive rational as powers of primes."""
    found = []
    for n, sign in ((q.numerator, 1), (q.denominator, -1)):
        p = 2
        while n > 1:
            p = p if p * p <= n and p <= TRIAL else n
            k = 0
            while n % p == 0:
                n, k = n // p, k + 1
            found += [(p, sign * k)] if k else []
            p += 1
    return found
