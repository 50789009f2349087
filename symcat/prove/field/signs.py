"""What is known about signs: by rules of sign, from what is assumed, and at last by Z3 on the kernels as unknowns.

To Z3 a kernel is an unknown number with its relations only, which admits more values than it has: what Z3 excludes is
excluded, and nothing else is taken from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial

import sympy as sp

from symcat.prove.field import algebraic, polynomial, quadratic
from symcat.prove.field.polynomial import Poly, factors, key, leading, terms
from symcat.prove.field.sample import Point, sign_at
from symcat.prove.field.term import Term
from symcat.prove.field.tower import EXP, LOG, OPAQUE, ROOT, SINE, VARIABLE, Tower

ALL = frozenset((-1, 0, 1))
ALLOWED = {">0": frozenset((1,)), ">=0": frozenset((0, 1)), "!=0": frozenset((-1, 1)), "=0": frozenset((0,))}
SMALL_DEGREE, SMALL_TERMS, MOST_CONSTRAINTS = 12, 40, 24
MOST_QUESTIONS, STEPS = 150, 100_000


class Infeasible(Exception):
    """What is assumed contradicts itself: the cell is empty."""


class Split(Exception):
    """The sign of a term is to be told apart; carries the signs that are possible."""

    def __init__(self, term: Term, signs: Iterable[int]) -> None:
        self.term, self.signs = term, tuple(sorted(signs))


class Signs:
    """Possible signs of monic factors, and constraints, over one tower."""

    def __init__(self, tower: Tower, points: Sequence[Point] = (), answers: dict[tuple, bool] | None = None) -> None:
        self.tower, self.points = tower, points
        self.answers = {} if answers is None else answers
        self.known: dict[tuple, tuple[int, frozenset[int]]] = {}
        self.constraints: list[tuple[Poly, frozenset[int]]] = []
        self.equations: list[Poly] = []
        self.by_solver = False

    # ---- questions
    def possible(self, f: Poly) -> frozenset[int]:
        """The signs that a monic factor may have; Infeasible when there is none."""
        label = key(f)
        version, found = self.known.get(label, (-1, ALL))
        if len(found) == 1 or version == len(self.constraints):
            return found
        found &= self._by_rules(f)
        if len(found) > 1 and (inner := self.instead(f)) is not None:
            found &= self.range(inner)
        if len(found) > 1 and not self._number(f) and not self._free(f):
            seen = self._seen(f)
            found = frozenset(s for s in sorted(found) if s in seen or not self._excluded([(f, frozenset((s,)))]))
        if not found:
            raise Infeasible
        self.known[label] = (len(self.constraints), found)
        return found

    def range(self, p: Poly, allowed: frozenset[int] = frozenset()) -> frozenset[int]:
        """The signs that a value may have; Z3 is asked about the whole for those outside `allowed`."""
        numerator, below = self.tower.cleared(p)
        if numerator == 0:
            return ALLOWED["=0"]
        c, above = factors(numerator)
        found = frozenset((1 if c > 0 else -1,))
        for f, count in (*above, *below):
            signs = self.possible(f)
            found = frozenset(a * b**count for a in found for b in signs)
        if len(above) + len(below) > 1 and allowed and found - allowed and found & allowed:
            whole = self._odd(numerator, below)
            found = frozenset(s for s in sorted(found) if s in allowed or not self._excluded([(whole, frozenset((s,)))]))
        return found

    def sign(self, p: Poly) -> int:
        """The sign of a value; Split when it is open."""
        numerator, below = self.tower.cleared(p)
        if numerator == 0:
            return 0
        c, above = factors(numerator)
        result = 1 if c > 0 else -1
        for f, count in (*above, *below):
            signs = self.possible(f)
            if len(signs) > 1 and (count % 2 or 0 in signs):
                inner = self.instead(f)
                signs = frozenset((self.sign(inner),)) if inner is not None else signs
                if len(signs) > 1:
                    raise Split(self.tower.term(f), signs)
            result *= min(signs) ** count
        return result

    # ---- assumptions
    def assume(self, p: Poly, allowed: frozenset[int]) -> None:
        """Take for granted that the sign of a value is among those allowed; Infeasible when it cannot be."""
        numerator, below = self.tower.cleared(p)
        if numerator == 0:
            if 0 not in allowed:
                raise Infeasible
            return
        c, above = factors(numerator)
        if not above and not below:
            if (1 if c > 0 else -1) not in allowed:
                raise Infeasible
            return
        if len(above) == 1 and not below and above[0][1] % 2:
            self._restrict(above[0][0], frozenset(s if c > 0 else -s for s in allowed))
        self.constraints.append((self._odd(numerator, below), allowed))
        if 0 not in allowed:
            for f, _ in above:
                self._restrict(f, ALLOWED["!=0"])
        sign, open_factors = (1 if c > 0 else -1), []
        for f, count in (*above, *below):
            signs = self.possible(f)
            if len(signs) == 1:
                sign *= min(signs) ** count
            elif count % 2 or (0 in signs and 0 in allowed):
                open_factors.append((f, count))
        if len(open_factors) == 1 and sign:
            f, count = open_factors[0]
            self._restrict(f, frozenset(s for s in ALL if sign * s**count in allowed))

    def note(self, p: Poly, allowed: frozenset[int]) -> None:
        """Keep what is shown of a value by other means, where all its factors but one have signs by rule."""
        numerator, below = self.tower.cleared(p)
        c, above = factors(numerator) if numerator != 0 else (0, [])
        odd = [*above, *((f, count) for f, count in below if count % 2)]
        sign, left = (1 if c > 0 else -1), []
        for f, count in odd:
            signs = self._by_rules(f) if len(odd) > 1 else ALL
            if len(signs) == 1:
                sign *= min(signs) ** count
            else:
                left.append((f, count))
        if len(left) == 1 and left[0][1] % 2 and sign:
            self._restrict(left[0][0], frozenset(sign * s for s in allowed))

    def _restrict(self, f: Poly, signs: frozenset[int]) -> None:
        found = self.known.get(key(f), (0, ALL))[1] & signs
        if not found:
            raise Infeasible
        self.known[key(f)] = (-1, found)
        if found == ALLOWED["=0"]:
            self.equations.append(f)
        inner = self.instead(f)
        if inner is not None and found != ALL:
            self.assume(inner, found)

    def _odd(self, numerator: Poly, below: list[tuple[Poly, int]]) -> Poly:
        """A polynomial with the sign of a quotient."""
        for q, count in below:
            if count % 2:
                numerator = polynomial.times(numerator, q)
        return numerator

    # ---- rules
    def _by_rules(self, f: Poly) -> frozenset[int]:
        if f.is_constant():
            return frozenset(((leading(f) > 0) - (leading(f) < 0),))
        if self._number(f):
            sign = algebraic.sign(self.tower, f)
            return ALL if sign is None else frozenset((sign,))
        signs = [self._term_signs(monomial, c) for monomial, c in terms(f)]
        for s in (1, -1):
            if all(part <= {0, s} for part in signs):
                return frozenset((s,)) if any(part == {s} for part in signs) else frozenset((0, s))
        return quadratic.signs(f) or ALL

    def _term_signs(self, monomial: polynomial.Monomial, c: Fraction) -> frozenset[int]:
        found = frozenset((1 if c > 0 else -1,))
        for k, e in enumerate(monomial):
            if e:
                found = frozenset(a * b**e for a in found for b in self._generator_signs(k))
        return found

    def _generator_signs(self, k: int) -> frozenset[int]:
        lowest = self.tower.generators[k].lowest
        found = self.known.get(key(polynomial.generator(k)), (0, ALL))[1]
        return found & frozenset(range(lowest, 2)) or found

    def _number(self, f: Poly) -> bool:
        return not any(self.tower.variables(k) for k in polynomial.used(f))

    def _free(self, f: Poly) -> bool:
        """Whether a factor is c*x + d for a variable x of which nothing else is known, so that all signs are possible."""
        taken = {k for p, _ in self.constraints for k in polynomial.used(p)}
        taken |= {k for one in self.tower.generators if one.kind == ROOT for k in polynomial.used(one.poly)}
        for k in polynomial.used(f):
            one = self.tower.generators[k]
            if one.kind == VARIABLE and not one.order and k not in taken:
                parts = polynomial.split(f, k)
                if parts.keys() <= {0, 1} and parts[1].is_constant():
                    return True
        return False

    def instead(self, f: Poly) -> Poly | None:
        """A simpler value with the same sign: x - y for exp(x) - exp(y), x - 1 for log(x), x for its root."""
        one = self.tower.single(f)
        if one is not None and one.kind == LOG:
            return one.poly - 1
        if one is not None and one.kind == ROOT:
            return one.poly
        if len(f) != 2 or any(self.tower.generators[k].kind != EXP for k in polynomial.used(f)):
            return None
        (first, a), (second, b) = terms(f)
        if a != -b:
            return None
        gap = polynomial.total((first[k] - second[k]) * self.tower.generators[k].poly for k in polynomial.used(f))
        return gap if a > 0 else -gap

    def _seen(self, f: Poly) -> frozenset[int]:
        """Signs that a factor certainly has at points of the cell."""
        term, found = self.tower.term(f), set()
        for point in self.points:
            found.add(sign_at(term, point))
            if found >= ALL:
                break
        return frozenset(found - {None})

    # ---- Z3
    def _excluded(self, more: list[tuple[Poly, frozenset[int]]]) -> bool:
        """Whether Z3 shows that no values of the kernels satisfy the constraints and these."""
        from symcat.prove.smt import contradictory

        small = [item for item in (*more, *self.constraints[-MOST_CONSTRAINTS:]) if self._small(item[0])]
        if not small or not self._small(more[0][0]):
            return False
        names: dict[int, sp.Symbol] = {}
        conditions = [RELATIONS[signs](self._expression(p, names), 0) for p, signs in small if signs in RELATIONS]
        done: set[int] = set()
        while rest := sorted(set(names) - done):
            for k in rest:
                done.add(k)
                conditions += self._relations(k, names)
        label = tuple(conditions)
        if label not in self.answers and len(self.answers) >= MOST_QUESTIONS:
            return False
        if label not in self.answers:
            self.answers[label] = contradictory(conditions, STEPS)
        self.by_solver |= self.answers[label]
        return self.answers[label]

    def _small(self, p: Poly) -> bool:
        return len(p) <= SMALL_TERMS and p.total_degree() <= SMALL_DEGREE

    def _expression(self, p: Poly, names: dict[int, sp.Symbol]) -> sp.Expr:
        """A polynomial for Z3."""
        parts = []
        for monomial, c in terms(p):
            powers = [names.setdefault(k, sp.Symbol(f"g{k}", real=True)) ** e for k, e in enumerate(monomial) if e]
            parts.append(sp.Mul(sp.Rational(c.numerator, c.denominator), *powers))
        return sp.Add(*parts)

    def _relations(self, k: int, names: dict[int, sp.Symbol]) -> list[sp.Basic]:
        """What Z3 is told about a kernel."""
        one, symbol = self.tower.generators[k], names[k]
        found = [RELATIONS[frozenset(range(one.lowest, 2))](symbol, 0)] if one.lowest >= 0 else []
        if one.kind == ROOT and one.order <= SMALL_DEGREE and self._small(one.poly):
            found.append(sp.Eq(symbol**one.order, self._expression(one.poly, names), evaluate=False))
        if one.kind == SINE:
            found.append(sp.Eq(symbol**2 + self._expression(one.poly, names) ** 2, 1, evaluate=False))
        if one.kind == OPAQUE and one.term.op == "pi":
            found += [symbol > sp.Rational(31415, 10000), symbol < sp.Rational(31416, 10000)]
        return found


RELATIONS = {
    frozenset(signs): partial(relation, evaluate=False) for relation, signs in (
        (sp.Gt, (1,)), (sp.Ge, (0, 1)), (sp.Lt, (-1,)), (sp.Le, (-1, 0)), (sp.Eq, (0,)), (sp.Ne, (-1, 1)))
}
