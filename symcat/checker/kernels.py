"""Kernels of real numbers: exponentials, logarithms, roots, angles, each of what it is made of in a form that is advised."""

from __future__ import annotations

from fractions import Fraction

from symcat.checker.cells import Cell
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.functions import primes
from symcat.checker.table import Expr, Term


class Kernels(Cell):
    """The functions of terms."""

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


def positive(c: Fraction) -> list[tuple[int, int]]:
    if c <= 0:
        raise Refused("a number under a root or a logarithm is not positive")
    return primes(c)
