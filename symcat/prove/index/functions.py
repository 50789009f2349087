"""Scalar functions of expressions, and what is known of signs.

Roots, logarithms and inverses come here only where they are licensed: their arguments' signs are shown, or required by one
of the two programs.  exp splits over sums; functions with kinks stay opaque.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from sympy import factorint

from symcat.prove.index.affine import make, number, plus
from symcat.prove.index.algebra import flip, reciprocal
from symcat.prove.index.domain import Domain
from symcat.prove.index.substitution import Substituting
from symcat.prove.index.table import NONE, UNIT, Call, Expr, Factors, Hyper, Number, Read, Several, Sum, Value, Zero

VANISHING = frozenset({"tanh", "relu", "step", "sign", "absolute"})
POSITIVE = frozenset({"exp", "sigmoid", "softplus"})
NONNEGATIVE = frozenset({"relu", "absolute", "step", "equal", "where"})
TRIAL_LIMIT = 10**6
# The values of functions with kinks at rational numbers.
AT_NUMBERS = {
    "relu": lambda x: max(x, 0), "step": lambda x: int(x > 0), "absolute": abs, "sign": lambda x: (x > 0) - (x < 0),
    "maximum": max, "minimum": min, "equal": lambda x, y: int(x == y),
}


class Functions(Substituting):
    """Functions and signs; `definitions` writes sigmoid, tanh and softplus through exp."""

    domain: Domain
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
        positive = tuple([item for item in self.common(rest) if self.atom_sign(item[0]) == ">0"])
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
            self.domain.note("powers with a base that may be 0 have exponents that are at least 0")
            rest = self.add(exponent, {UNIT: -whole}) if shift != whole else {t: q for t, q in exponent.items() if t != UNIT}
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

    # ---- signs
    def known(self, e: Expr, relation: str) -> bool:
        """Whether `e relation` is shown: by its form, by the context, or by a requirement."""
        sign = self.sign(e)
        if sign == ">0" or sign == relation:
            return True
        if relation != "!=0":
            return False
        if self.sign(self.scale(e, -1)) == ">0" or self.domain.grants(self, e, "!=0"):
            return True
        if len(e) == 1:
            ((guards, factors),) = e
            return not guards and all(self._nonzero(a) for a, _ in factors)
        return False

    def evident(self, e: Expr, relation: str) -> bool:
        """Whether `e relation` is shown from facts alone, without any requirement."""
        required, self.domain = self.domain, self.domain.facts()
        try:
            return self.known(e, relation)
        finally:
            self.domain = required

    def _nonzero(self, a: int) -> bool:
        data = self.table.atoms[a]
        if isinstance(data, Zero):
            return False
        if isinstance(data, Call) and data.function.startswith("root"):
            return self.known(self.table.thaw(data.arguments[0]), "!=0")
        return self.atom_sign(a) == ">0" or self.domain.grants(self, {(NONE, ((a, 1),)): 1}, "!=0")

    def sign(self, e: Expr) -> str | None:
        """">0", ">=0" or None for not shown."""
        best = self._affine_sign(e) or self._sum_of_signs(e)
        if best == ">0" or not e:
            return best or ">=0"
        for relation in (">0", ">=0") if best is None else (">0",):
            if self.domain.grants(self, e, relation):
                return relation
        return best

    def _sum_of_signs(self, e: Expr) -> str | None:
        best: str | None = ">=0"
        for (guards, factors), q in e.items():
            signs = [">=0" if k % 2 == 0 and self.atom_sign(a) != ">0" else self.atom_sign(a) for a, k in factors]
            if q < 0 or None in signs:
                return None
            if not guards and all(s == ">0" for s in signs):
                best = ">0"
        return best

    def _affine_sign(self, e: Expr) -> str | None:
        """The sign of an expression in indices and dims alone, from the context."""
        coefficients: dict[int, Number] = {}
        for (guards, factors), q in e.items():
            if guards or len(factors) > 1 or (factors and factors[0][1] != 1):
                return None
            if factors:
                data = self.table.atoms[factors[0][0]]
                if not isinstance(data, Value):
                    return None
                coefficients[data.variable] = q
        denominator = lcm(*[Fraction(q).denominator for q in e.values()]) if e else 1
        form = make(int(e.get(UNIT, 0) * denominator), {v: int(q * denominator) for v, q in coefficients.items()})
        if self.context.holds(plus(form, number(-1))):
            return ">0"
        return ">=0" if self.context.holds(form) else None

    def atom_sign(self, a: int) -> str | None:
        """What is known of an atom's sign."""
        match self.table.atoms[a]:
            case Value(variable=v):
                return ">0" if self.table.is_dim(v) else self._affine_sign({(NONE, ((a, 1),)): 1})
            case Zero():
                return ">=0"
            case Several(body=body):
                return self.sign(self.table.thaw(body))
            case Sum() as data:
                return self._sum_sign(data)
            case Call(function=function, arguments=arguments):
                if function in POSITIVE:
                    return ">0"
                if function.startswith("root") or function == "pow":
                    inner = self.sign(self.table.thaw(arguments[0]))
                    return inner if function == "pow" else inner or ">=0"
                return ">=0" if function in NONNEGATIVE else None
            case Read(name=name) if name in self.domain.positive_names:
                return ">0"
            case Read() | Hyper():
                own = {(NONE, ((a, 1),)): 1}
                return next((r for r in (">0", ">=0") if self.domain.grants(self, own, r)), None)
        return None

    def _sum_sign(self, data: Sum) -> str | None:
        signs = [">=0" if k % 2 == 0 and self.atom_sign(a) != ">0" else self.atom_sign(a) for a, k in data.factors]
        if None in signs:
            return None
        full = all(s == ">0" for s in signs) and self.context.box(data.guards) is not None
        return ">0" if full else ">=0"


def _primes(q: Fraction) -> list[tuple[int, int]]:
    """A positive rational as powers of primes (of unfactored numbers beyond the limit of trial division)."""
    found: dict[int, int] = {}
    for whole, side in ((q.numerator, 1), (q.denominator, -1)):
        if whole > 1:
            for prime, k in factorint(whole, limit=TRIAL_LIMIT).items():
                found[int(prime)] = found.get(int(prime), 0) + side * int(k)
    return sorted(found.items())
