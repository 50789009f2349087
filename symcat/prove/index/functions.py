"""Scalar functions of expressions.

Roots, logarithms and inverses come here only where they are licensed: their arguments' signs are shown, or required by one
of the two programs.  exp splits over sums; functions with kinks stay opaque.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from sympy import factorint

from symcat.prove.index.algebra import flip, reciprocal
from symcat.prove.index.signs import Signs
from symcat.prove.index.table import NONE, UNIT, Call, Expr, Factors, Several

VANISHING = frozenset({"tanh", "sin", "relu", "step", "sign", "absolute"})
TRIAL_LIMIT = 10**6
# The values of functions with kinks at rational numbers.
AT_NUMBERS = {
    "relu": lambda x: max(x, 0), "step": lambda x: int(x > 0), "absolute": abs, "sign": lambda x: (x > 0) - (x < 0),
    "maximum": max, "minimum": min, "equal": lambda x, y: int(x == y),
}


class Functions(Signs):
    """Functions; `definitions` writes sigmoid, tanh and softplus through exp."""

    definitions: bool = False

    def apply(self, function: str, *arguments: Expr) -> Expr:
        """A scalar function of expressions."""
        if function == "exp":
            return self._exp(arguments[0])
        if function == "log":
            return self._log(arguments[0])
        if function.startswith("root"):
            return self._root(int(function[4:]), arguments[0])
        if function == "pow":
            return self._pow(*arguments)
        if function == "where":
            return self._where(*arguments) if len(arguments) == 3 else self._test(*arguments)
        if function in AT_NUMBERS and all(e.keys() <= {UNIT} for e in arguments):
            return self.constant(AT_NUMBERS[function](*(Fraction(e.get(UNIT, 0)) for e in arguments)))
        if function in VANISHING and not arguments[0]:
            return {}
        if self.definitions and function in ("sigmoid", "tanh", "softplus"):
            return self._defined(function, arguments[0])
        return self.call(function, *arguments)

    def call(self, function: str, *arguments: Expr) -> Expr:
        """An opaque function of expressions."""
        return self.atom(Call(function, tuple([self.table.freeze(e) for e in arguments])))

    def _defined(self, function: str, e: Expr) -> Expr:
        image = self._exp(e)
        if function == "softplus":
            return self._log(self.add({UNIT: 1}, image))
        if function == "tanh":
            square = self.power(image, 2)
            return self.multiply(self.subtract(square, {UNIT: 1}), self.inverse(self.add(square, {UNIT: 1})))
        return self.multiply(image, self.inverse(self.add({UNIT: 1}, image)))

    # ---- exponentials and logarithms
    def _exp(self, e: Expr) -> Expr:
        """exp(a + b) = exp(a) exp(b); exp(p/q t) = exp(t/q)^p; exp(log u) = u."""
        result: Expr = {UNIT: 1}
        for term, q in e.items():
            q = Fraction(q)
            guards, factors = term
            if not guards and q.denominator == 1 and len(factors) == 1 and factors[0][1] == 1:
                data = self.table.atoms[factors[0][0]]
                if isinstance(data, Call) and data.function == "log":
                    result = self.multiply(result, self.power(self.table.thaw(data.arguments[0]), q.numerator))
                    continue
            unit = self.table.freeze({term: reciprocal(q.denominator)})
            result = self.multiply(result, self.atom(Call("exp", (unit,)), q.numerator))
        return result

    def _log(self, e: Expr) -> Expr:
        """log of a product of positive factors splits; exp comes out."""
        content, positive, rest = self._positive_part(e)
        total = self.add({}, *[self.scale(self.call("log", {UNIT: prime}), k) for prime, k in _primes(content)])
        for a, k in positive:
            data = self.table.atoms[a]
            if isinstance(data, Call) and data.function == "exp":
                part = self.table.thaw(data.arguments[0])
            else:
                part = self.call("log", self.table.thaw(data.body) if isinstance(data, Several) else {(NONE, ((a, 1),)): 1})
            total = self.add(total, self.scale(part, k))
        return total if rest == {UNIT: 1} else self.add(total, self.call("log", rest))

    def _positive_part(self, e: Expr) -> tuple[Fraction, Factors, Expr]:
        """e = content * positive factors * rest, the content a positive rational."""
        divisor = gcd(*[Fraction(q).numerator for q in e.values()]) or 1
        content = Fraction(divisor, lcm(*[Fraction(q).denominator for q in e.values()]))
        rest = self.scale(e, reciprocal(content))
        if len(rest) == 1:
            (((guards, factors), q),) = rest.items()
            positive = tuple([item for item in factors if self.atom_sign(item[0]) == ">0"])
            return content, positive, {(guards, tuple([item for item in factors if item not in positive])): q}
        positive = tuple([item for item in self.common(rest, denominators=True) if self.atom_sign(item[0]) == ">0"])
        return content, positive, self.multiply(rest, {(NONE, flip(positive)): 1})

    # ---- roots and powers
    def _root(self, degree: int, e: Expr) -> Expr:
        """A root of an expression that is at least 0: rational content and positive factors come out."""
        if not e:
            return {}
        content, positive, rest = self._positive_part(e)
        result = self._rational_root(degree, content)
        for a, k in positive:
            root = self.table.atom(Call(f"root{degree}", (self._root_argument(a),)))
            result = self.multiply(result, self.root_power(root, k))
        if rest == {UNIT: 1}:
            return result
        return self.multiply(result, self.atom(Call(f"root{degree}", (self.table.freeze(rest),))))

    def _root_argument(self, a: int) -> int:
        data = self.table.atoms[a]
        return data.body if isinstance(data, Several) else self.table.freeze({(NONE, ((a, 1),)): 1})

    def _rational_root(self, degree: int, q: Fraction) -> Expr:
        """The root of a positive rational: powers come out, prime factors stay under roots of their own."""
        result: Expr = {UNIT: 1}
        for prime, exponent in _primes(q):
            root = self.table.atom(Call(f"root{degree}", (self.table.freeze({UNIT: prime}),)))
            result = self.multiply(result, self.root_power(root, exponent))
        return result

    def root_power(self, atom: int, exponent: int) -> Expr:
        """A power of a root: whole powers of its argument come out."""
        data = self.table.atoms[atom]
        whole, left = divmod(exponent, int(data.function[4:]))
        result = self.power(self.table.thaw(data.arguments[0]), whole) if whole else {UNIT: 1}
        return self.multiply(result, {(NONE, ((atom, left),)): 1}) if left else result

    def _pow(self, base: Expr, exponent: Expr) -> Expr:
        """base**exponent: integer shifts come out where base >= 0, the exponent splits where base > 0."""
        sign = self.sign(base)
        if sign == ">0":
            result: Expr = {UNIT: 1}
            for term, q in exponent.items():
                q = Fraction(q)
                if term == UNIT:
                    result = self.multiply(result, self.power(self._root_or_self(base, q.denominator), q.numerator))
                else:
                    unit = {term: reciprocal(q.denominator)}
                    result = self.multiply(result, self.power(self.call("pow", base, unit), q.numerator))
            return result
        shift = Fraction(exponent.get(UNIT, 0))
        whole = shift.numerator // shift.denominator
        if exponent.keys() <= {UNIT} and shift.denominator == 1 and shift >= 0:
            return self.power(base, int(shift))
        if sign == ">=0" and whole > 0:
            rest = self.add(exponent, {UNIT: -whole}) if shift != whole else {t: q for t, q in exponent.items() if t != UNIT}
            if self.sign(rest) is None:
                self.domain.note("powers with a base that may be 0 have exponents that are at least 0")
            return self.multiply(self.power(base, whole), self.call("pow", base, rest))
        return self.call("pow", base, exponent)

    def _root_or_self(self, base: Expr, degree: int) -> Expr:
        return base if degree == 1 else self._root(degree, base)

    def _where(self, condition: Expr, left: Expr, right: Expr) -> Expr:
        """where(c, x, y) = [c != 0] x + (1 - [c != 0]) y."""
        test = self._test(condition)
        return self.add(self.multiply(test, left), right, self.scale(self.multiply(test, right), -1))

    def _test(self, condition: Expr) -> Expr:
        """[c != 0], the atom that `where` of one argument is."""
        if condition.keys() <= {UNIT}:
            return {UNIT: 1} if condition else {}
        return self.call("where", condition)


def _primes(q: Fraction) -> list[tuple[int, int]]:
    """A positive rational as powers of primes (of unfactored numbers beyond the limit of trial division)."""
    found: dict[int, int] = {}
    for whole, side in ((q.numerator, 1), (q.denominator, -1)):
        if whole > 1:
            for prime, k in factorint(whole, limit=TRIAL_LIMIT).items():
                found[int(prime)] = found.get(int(prime), 0) + side * int(k)
    return sorted(found.items())
