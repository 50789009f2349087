"""Terms as values over a tower of kernels, in one cell: every sign that a switch, root or logarithm asks for is known or splits.

Each division, logarithm and root requires something of its argument.  What is not shown is noted as a premise and taken for
granted from there on; what is certainly false says that the cell lies outside the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from symcat.prove.field import algebraic, polynomial, rotation
from symcat.prove.field.evident import Evident
from symcat.prove.field.polynomial import Limit, Poly, constant, leading, quotient, split, terms
from symcat.prove.field.read import Condition
from symcat.prove.field.sample import Point
from symcat.prove.field.signs import ALLOWED, Infeasible, Signs
from symcat.prove.field.term import PI, Term, call, number, root, variable
from symcat.prove.field.tower import EXP, LOG, OPAQUE, ROOT, VARIABLE, Generator, Tower

MOST_ORDER = 240
MOST_TURNS = 40
DEPTH = 4


class Undefined(Exception):
    """The goal is undefined in the whole cell, since this condition fails there."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition


class Restart(Exception):
    """Begin again with other generators: the change is made to the plan of the cell."""


@dataclass
class Plan:
    """How generators are chosen in a cell: variables bound to terms, those written as +-s**k, denominators of exponents and angles."""

    bindings: dict[str, Term] = field(default_factory=dict)
    roots: dict[str, tuple[int, int]] = field(default_factory=dict)
    orders: dict[Term, int] = field(default_factory=dict)

    def copy(self) -> Plan:
        return Plan(dict(self.bindings), dict(self.roots), self.orders)

    def order(self, label: Term, needed: int) -> int:
        """The denominator for a kernel, a multiple of the one needed; Restart when it was smaller."""
        before = self.orders.get(label, needed)
        common = lcm(before, needed)
        if common > MOST_ORDER:
            raise Limit(f"a common denominator {common} of exponents")
        self.orders[label] = common
        if common != before:
            raise Restart
        return common


class Values:
    """The values of terms in one cell."""

    def __init__(self, plan: Plan, points: Sequence[Point] = (), answers: dict[tuple, bool] | None = None,
                 known: Sequence[Condition] = ()) -> None:
        self.plan, self.tower = plan, Tower()
        self.signs = Signs(self.tower, points, answers)
        self.evident = Evident({condition.term: ALLOWED[condition.relation] for condition in known})
        self.premises: list[Condition] = []
        self.memo: dict[Term, Poly] = {}

    def value(self, term: Term) -> Poly:
        """The value of a term."""
        if term not in self.memo:
            self.memo[term] = self._value(term)
        return self.memo[term]

    def _value(self, term: Term) -> Poly:
        op, args = term.op, term.args
        if op == "number":
            return constant(term.value)
        if op == "variable":
            return self._variable(str(term.value))
        if op == "add":
            return polynomial.total(map(self.value, args))
        if op == "mul":
            result = constant(1)
            for factor in args:
                result = self.tower.product(result, self.value(factor))
            return result
        if op == "power":
            return self.tower.power(self.value(args[0]), term.value)
        if op == "switch":
            return self.value(args[2 + self.signs.sign(self.value(args[0]))])
        if op == "pi":
            return self.tower.generator(PI, Generator(PI, OPAQUE, lowest=1))
        return OPERATIONS[op](self, term)

    def _variable(self, name: str) -> Poly:
        if name in self.plan.bindings:
            return self.value(self.plan.bindings[name])
        plain = variable(name)
        if name not in self.plan.roots:
            return self.tower.generator(plain, Generator(plain, VARIABLE))
        order, sign = self.plan.roots[name]
        base = root(plain if sign > 0 else -plain, order)
        return sign * self.tower.generator(plain, Generator(base, VARIABLE, order, lowest=0)) ** order

    # ---- conditions
    def require(self, condition: Condition) -> Poly:
        """The value of a condition's term, after the condition is shown or noted."""
        p, allowed = self.value(condition.term), ALLOWED[condition.relation]
        if self.evident.signs(condition.term) <= allowed:
            self.signs.note(p, allowed)
            return p
        signs = self.signs.range(p, allowed)
        if not signs & allowed or (0 not in allowed and self.vanishes(p, 0)):
            raise Undefined(condition)
        if not signs <= allowed:
            self.premises.append(condition)
            try:
                self.signs.assume(p, allowed)
            except Infeasible as empty:
                raise Undefined(condition) from empty
            for equation in tuple(self.signs.equations):
                self._solve(equation)
        return p

    def suppose(self, condition: Condition) -> None:
        """Take a condition of the cell for granted; an equation is solved for a variable when one can be."""
        p = self.value(condition.term)
        self.signs.assume(p, ALLOWED[condition.relation])
        for equation in (p, *self.signs.equations) if condition.relation == "=0" else tuple(self.signs.equations):
            self._solve(equation)

    def _solve(self, p: Poly) -> None:
        numerator, _ = self.tower.cleared(p)
        for k in reversed(polynomial.used(numerator)):
            one = self.tower.generators[k]
            if one.kind != VARIABLE:
                continue
            name = min(self.tower.variables(k))
            parts = split(numerator, k)
            if one.order and parts.keys() != {1}:
                continue
            if not parts.keys() <= {0, 1} or any(name in self.tower.variables(j) for c in parts.values() for j in polynomial.used(c)):
                continue
            if 0 in self.signs.range(parts[1]):
                continue
            top = self.tower.term(-parts.get(0, constant(0)))
            slope = self.tower.term(parts[1])
            self.plan.bindings[name] = top if parts[1] == 1 else top / slope
            raise Restart

    # ---- zero
    def vanishes(self, p: Poly, depth: int = DEPTH) -> bool:
        """Whether a value is shown to be 0."""
        p, _ = self.tower.cleared(p)
        if p == 0:
            return True
        numbers = [k for k in polynomial.used(p) if self.tower.generators[k].algebraic]
        if numbers:
            zero = [algebraic.vanishes(self.tower, c) for c in polynomial.grouped(p, numbers).values()]
            if all(zero):
                return True
        for equation in self.signs.equations:
            _, rest = divmod(p, equation)
            if rest != p and (rest == 0 or (depth and self.vanishes(rest, depth - 1))):
                return True
        return depth > 0 and self._vanishes_by_squares(p, depth)

    def _vanishes_by_squares(self, p: Poly, depth: int) -> bool:
        """a + b*r = 0 for r*r = t, r >= 0, when a*a = b*b*t and a*b <= 0."""
        for k in reversed(polynomial.used(p)):
            one = self.tower.generators[k]
            if one.kind != ROOT or one.order != 2:
                continue
            parts = split(p, k)
            a, b = parts.get(0, constant(0)), parts[1]
            gap = self.tower.reduced(polynomial.times(a, a) - polynomial.times(polynomial.times(b, b), one.poly))
            return self.vanishes(gap, depth - 1) and self.signs.sign(self.tower.product(a, b)) <= 0
        return False

    def vanishes_as_meant(self, p: Poly, meaning: Mapping[str, Term]) -> bool:
        """Whether a value is shown to be 0 with terms in the place of the variables that stand for them, the shortest first."""
        stand = {k: term for name, term in meaning.items() if name not in self.plan.roots
                 and (k := self.tower.index.get(variable(name))) is not None}
        for _ in range(MOST_TURNS):
            p, _ = self.tower.cleared(p)
            present = [k for k in polynomial.used(p) if k in stand]
            if not present:
                return False
            k = min(present, key=lambda k: len(self.value(stand[k])) ** int(p.degrees()[k]))
            value = self.value(stand[k])
            p = polynomial.total(self.tower.product(c, self.tower.power(value, e)) if e else c for e, c in split(p, k).items())
            if self.vanishes(p):
                return True
        return False

    # ---- kernels
    def inverse(self, term: Term) -> Poly:
        return self.over(self.require(Condition(term.args[0], "!=0")))

    def over(self, p: Poly) -> Poly:
        """1/p for a value that is not 0, by inverses of irreducible factors."""
        numerator, below = self.tower.cleared(p)
        c, above = polynomial.factors(numerator)
        result = constant(1 / c)
        for f, count in above:
            result = self.tower.product(result, self.tower.inverse(f) ** count)
        for f, count in below:
            result = self.tower.product(result, self.tower.power(f, count))
        return result

    def root(self, term: Term) -> Poly:
        p = self.require(Condition(term.args[0], ">=0"))
        return self.rooted(p, term.value)

    def rooted(self, p: Poly, order: int) -> Poly:
        """The root of a value that is >= 0: the product of the roots of its factors."""
        numerator, below = self.tower.cleared(p)
        if numerator == 0:
            return numerator
        c, above = polynomial.factors(numerator)
        result, sign = self.number_power(abs(c), Fraction(1, order)), 1 if c > 0 else -1
        rest = above + [(f, -count) for f, count in below]
        single = len(rest) == 1 and rest[0][1] % 2
        for f, count in rest:
            s = sign if single else self._side(f)
            if s == 0:
                return constant(0)
            result = self.tower.product(result, self._root_power(s * f, s, Fraction(count, order)))
        return result

    def _side(self, f: Poly) -> int:
        """1 where a factor is >= 0, -1 where it is <= 0, with a split when it is open."""
        signs = self.signs.possible(f)
        if signs <= {0, 1}:
            return 1
        return -1 if signs <= {-1, 0} else self.signs.sign(f)

    def _root_power(self, f: Poly, s: int, exponent: Fraction) -> Poly:
        """f**exponent for f >= 0, where f is monic or, when s is -1, minus a monic polynomial."""
        if exponent.denominator == 1:
            return self._whole(f, int(exponent))
        one = self.tower.single(f * s)
        if one is not None and one.kind == VARIABLE:
            before = one.order or 1
            order = lcm(before * exponent.denominator)
            if order > MOST_ORDER:
                raise Limit(f"a root of order {order}")
            self.plan.roots[min(self.tower.variables(self.tower.index[_label(one)]))] = (order, self._branch(one, s))
            raise Restart
        if one is not None and one.kind == EXP:
            return self.exp_of(one.poly * constant(exponent))
        if one is not None and one.kind == ROOT:
            return self.kernel_power(one.poly, exponent / one.order)
        return self.kernel_power(f, exponent)

    def _branch(self, one: Generator, s: int) -> int:
        """The sign of the variable whose root is taken."""
        if not one.order:
            return s
        name = min(self.tower.variables(self.tower.index[_label(one)]))
        return self.plan.roots[name][1]

    def _whole(self, f: Poly, n: int) -> Poly:
        return self.tower.power(f, n) if n >= 0 else self.over(self.tower.power(f, -n))

    def kernel_power(self, f: Poly, exponent: Fraction) -> Poly:
        """A rational power of a factor f >= 0 by a root as a generator."""
        label = self.tower.term(f)
        order = self.plan.order(call("root", label), exponent.denominator)
        positive = f.is_constant() or 0 not in self.signs.possible(f * constant(1 / leading(f)))
        lowest = 1 if positive else 0
        new = Generator(root(label, order), ROOT, order, f, lowest, self.tower.algebraic(f))
        return self._whole(self.tower.generator(("root", label), new), int(exponent * order))

    def number_power(self, c: Fraction, exponent: Fraction) -> Poly:
        """A rational power of a positive rational."""
        result = constant(1)
        for prime, count in rotation.primes(c):
            power = exponent * count
            whole = power.numerator // power.denominator
            result = result * constant(Fraction(prime) ** whole)
            if power != whole:
                result = self.tower.product(result, self.kernel_power(constant(prime), power - whole))
        return result

    def exp(self, term: Term) -> Poly:
        return self.exp_of(self.value(term.args[0]))

    def exp_of(self, p: Poly) -> Poly:
        """The exponential of a sum as a product, one generator for each monomial."""
        result = constant(1)
        for c, part, below, label in self.summands(p):
            one = self.tower.single(part)
            if one is not None and one.kind == LOG and not below:
                result = self.tower.product(result, self._exp_of_log(one, c))
                continue
            order = self.plan.order(call("exp", label), c.denominator)
            exponent = self._over_known(part, below) * constant(Fraction(1, order))
            new = Generator(call("exp", number(Fraction(1, order)) * label), EXP, order, exponent, 1)
            base = self.tower.generator(("exp", label), new)
            n = int(c * order)
            if abs(n) > MOST_ORDER:
                raise Limit(f"the exponent {n}")
            result = self.tower.product(result, base**n if n >= 0 else self.tower.inverse(base) ** -n)
        return result

    def _exp_of_log(self, one: Generator, c: Fraction) -> Poly:
        """exp(c*log(f)) = f**c."""
        if one.poly.is_constant():
            return self.number_power(leading(one.poly), c)
        monic = leading(one.poly) == 1
        return self._root_power(one.poly, 1 if monic else -1, c)

    def _over_known(self, p: Poly, below: list[tuple[Poly, int]]) -> Poly:
        for f, count in below:
            p = self.tower.product(p, self.tower.inverse(f) ** count)
        return p

    def summands(self, p: Poly) -> list[tuple[Fraction, Poly, list[tuple[Poly, int]], Term]]:
        """A value as a sum of c * monomial / factors in one form: whole part first, each with its monomial's term."""
        numerator, below = self.tower.cleared(p)
        denominator = constant(1)
        for f, count in below:
            denominator = self.tower.product(denominator, self.tower.power(f, count))
        whole, rest = divmod(numerator, denominator) if below else (numerator, constant(0))
        found = [(monomial, c, []) for monomial, c in terms(whole)] + [(monomial, c, below) for monomial, c in terms(rest)]
        result = []
        for monomial, c, under in found:
            top, left = polynomial.build({monomial: 1}), []
            for f, count in under:
                while count and (smaller := quotient(top, f)) is not None:
                    top, count = smaller, count - 1
                left += [(f, count)] if count else []
            result.append((c, top, left, self.tower.quotient_term(top, left)))
        return result

    def log(self, term: Term) -> Poly:
        return self.log_of(self.require(Condition(term.args[0], ">0")))

    def log_of(self, p: Poly) -> Poly:
        """The logarithm of a product as a sum, for a value that is > 0."""
        numerator, below = self.tower.cleared(p)
        c, above = polynomial.factors(numerator)
        result = polynomial.total(constant(count) * self._log(constant(prime), 1) for prime, count in rotation.primes(abs(c)))
        for f, count in [*above, *((f, -count) for f, count in below)]:
            s = self.signs.sign(f)
            result = result + constant(count) * self._log(f * s, s)
        return result

    def _log(self, f: Poly, s: int) -> Poly:
        """The logarithm of a factor f > 0, monic or minus monic."""
        one = self.tower.single(f * s)
        if s == 1 and one is not None and one.kind == EXP:
            return one.poly
        if s == 1 and one is not None and one.kind == ROOT:
            return self.log_of(one.poly) * constant(Fraction(1, one.order))
        label = self.tower.term(f)
        return self.tower.generator(("log", label), Generator(call("log", label), LOG, 0, f))

    def odd(self, term: Term) -> Poly:
        """An odd function as a kernel of its argument in lowest terms."""
        if term.op == "asin":
            self.require(Condition(number(1) - term.args[0], ">=0"))
            self.require(Condition(number(1) + term.args[0], ">=0"))
        numerator, below = self.tower.cleared(self.value(term.args[0]))
        if numerator == 0:
            return numerator
        sign = 1 if leading(numerator) > 0 else -1
        plain = call(term.op, self.tower.quotient_term(numerator * sign, below))
        return sign * self.tower.generator(plain, Generator(plain, OPAQUE))

    def cosine(self, term: Term) -> Poly:
        return rotation.turn(self, self.value(term.args[0]))[0]

    def sine(self, term: Term) -> Poly:
        return rotation.turn(self, self.value(term.args[0]))[1]


def _label(one: Generator) -> Term:
    """The label of a variable's generator."""
    inner = one.term
    while inner.op != "variable":
        inner = inner.args[-1]
    return inner


OPERATIONS: Mapping[str, Callable[[Values, Term], Poly]] = {
    "inverse": Values.inverse, "root": Values.root, "exp": Values.exp, "log": Values.log, "sin": Values.sine, "cos": Values.cosine,
    "atan": Values.odd, "asin": Values.odd, "erf": Values.odd,
}
