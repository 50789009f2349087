"""Sums of products: addition, multiplication, powers and deltas, each an identity under the goal's context."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from fractions import Fraction

from symcat.prove.index.affine import Affine, content, plus, signed, solve, times, variable
from symcat.prove.index.context import Context, ExhaustedError
from symcat.prove.index.table import NONE, UNIT, Atom, Call, Expr, Factors, Number, Several, Table, Term, Value, Zero

HIGHEST = 200    # powers of sums are multiplied out up to this exponent
Guards = frozenset
Substitution = Mapping[int, Affine]


class VacuousError(ArithmeticError):
    """A denominator that is zero throughout: the goal is defined nowhere."""


class Algebra(ABC):
    """Expressions over one table, in one context, with coefficients in Q (modulus 0) or in Z modulo n."""

    def __init__(self, table: Table, context: Context, modulus: int = 0) -> None:
        self.table, self.context, self.modulus = table, context, modulus

    @abstractmethod
    def count(self, rule: str) -> None:
        """Record that a rule was used."""

    @abstractmethod
    def apply(self, function: str, *arguments: Expr) -> Expr:
        """A scalar function of expressions."""

    @abstractmethod
    def total(self, guards: Guards, factors: Factors, bound: list[int]) -> Expr:
        """The sum over all integer values of the bound variables of [guards] * factors."""

    @abstractmethod
    def moved(self, form: Affine, values: Substitution) -> Affine:
        """A form with variables replaced, inside selectors too."""

    @abstractmethod
    def substitute(self, e: Expr, values: Substitution) -> Expr:
        """The expression with variables replaced at once."""

    @abstractmethod
    def root_power(self, atom: int, exponent: int) -> Expr:
        """A power of a root, its exponent brought between 0 and the root's degree."""

    # ---- building blocks
    def constant(self, q: Number) -> Expr:
        return self.collect([(UNIT, q)])

    def atom(self, data: Atom, exponent: int = 1) -> Expr:
        return {(NONE, ((self.table.atom(data), exponent),)): 1}

    def value(self, form: Affine) -> Expr:
        """An affine form as a number."""
        return self.collect([(UNIT, form[0]), *[((NONE, ((self.table.atom(Value(v)), 1),)), k) for v, k in form[1]]])

    def guard(self, form: Affine) -> Expr:
        """[form >= 0]."""
        return self.term(frozenset((form,)), ())

    def delta(self, form: Affine) -> Expr:
        """[form = 0]."""
        return self.term(NONE, ((self.table.atom(Zero(signed(form))), 1),))

    # ---- linear structure
    def collect(self, items: Iterable[tuple[Term, Number]]) -> Expr:
        """The expression of the given terms, equal ones added up."""
        total: Expr = {}
        modulus = self.modulus
        for term, q in items:
            q = total.get(term, 0) + q
            if modulus:
                q %= modulus
            if q:
                total[term] = q
            else:
                total.pop(term, None)
        return total

    def add(self, *parts: Expr) -> Expr:
        return self.collect([item for part in parts for item in part.items()]) if len(parts) != 1 else parts[0]

    def scale(self, e: Expr, q: Number) -> Expr:
        if q == 1:
            return e
        return self.collect([(term, k * q) for term, k in e.items()])

    def subtract(self, left: Expr, right: Expr) -> Expr:
        return self.add(left, self.scale(right, -1))

    # ---- products
    def multiply(self, left: Expr, right: Expr) -> Expr:
        items: list[tuple[Term, Number]] = []
        for (guards, factors), p in left.items():
            for (more, others), q in right.items():
                merged = merge(factors, others)
                if not guards and not more and self._plain(merged):
                    items.append(((NONE, merged), p * q))
                else:
                    items.extend((term, k * p * q) for term, k in self.term(guards | more, merged).items())
        return self.collect(items)

    def product(self, parts: Iterable[Expr]) -> Expr:
        result = {UNIT: 1}
        for part in parts:
            if not result:
                return result
            result = self.multiply(result, part)
        return result

    def power(self, e: Expr, exponent: int) -> Expr:
        """An integer power; a negative one is for denominators that are not zero.  ExhaustedError for what would not end."""
        if exponent < 0:
            e, exponent = self.inverse(e), -exponent
        if len(e) == 1:
            (((guards, factors), q),) = e.items()
            if not guards and self._plain(factors):
                return self.collect([((NONE, tuple([(a, k * exponent) for a, k in factors])), q ** exponent)]) if exponent else {UNIT: 1}
        if exponent > HIGHEST:
            raise ExhaustedError(f"a power of {exponent}, more than {HIGHEST}, would be multiplied out")
        result: Expr = {UNIT: 1}
        for _ in range(exponent):
            result = self.multiply(result, e)
        return result

    def inverse(self, e: Expr) -> Expr:
        """1/e: a monomial's exponents change sign; of several terms the common monomial and leading coefficient come out."""
        if not e:
            raise VacuousError("a denominator is zero everywhere")
        if len(e) == 1:
            (((guards, factors), q),) = e.items()
            if not guards and not any(isinstance(self.table.atoms[a], Zero) for a, _ in factors):
                flipped = self.constant(reciprocal(q))
                for a, k in factors:
                    flipped = self.multiply(flipped, self.atom_power(a, -k))
                return flipped
        common = self.common(e)
        rest = self.collect([item for (guards, factors), q in e.items()
                             for item in self.scale(self.term(guards, merge(factors, flip(common))), q).items()])
        leading = self.table.frozen[self.table.freeze(rest)][0][1]
        body = self.table.freeze(self.scale(rest, reciprocal(leading)))
        several = self.table.atom(Several(body))
        return self.scale(self.term(NONE, merge(flip(common), ((several, -1),))), reciprocal(leading))

    def common(self, e: Expr, denominators: bool = False) -> Factors:
        """The monomial that divides every term, of atoms that may stand in a denominator; with `denominators` of several terms too."""
        least: dict[int, int] | None = None
        for _, factors in e:
            own = dict(factors)
            if least is None:
                least = own
            else:
                least = {a: min(least.get(a, 0), own.get(a, 0)) for a in sorted({*least, *own})}
        chosen = [(a, k) for a, k in sorted((least or {}).items())
                  if k and (not self.table.special[a] or (denominators and k < 0 and isinstance(self.table.atoms[a], Several)))]
        return tuple(chosen)

    def atom_power(self, a: int, exponent: int) -> Expr:
        """A power of an atom, in normal form."""
        data = self.table.atoms[a]
        if isinstance(data, Several) and exponent > 0:
            return self.power(self.table.thaw(data.body), exponent)
        if isinstance(data, Call) and data.function.startswith("root"):
            return self.root_power(a, exponent)
        return {(NONE, ((a, exponent),)): 1} if exponent else {UNIT: 1}

    def _plain(self, factors: Factors) -> bool:
        special = self.table.special
        return not any(special[a] for a, _ in factors)

    # ---- terms
    def term(self, guards: Guards, factors: Factors) -> Expr:
        """[guards] * factors in normal form: roots reduced, deltas solved, guards irredundant."""
        if self._plain(factors):
            simple = self.context.simplified(guards)
            return {} if simple is None else {(simple, factors): 1}
        deltas = [self.table.atoms[a].form for a, _ in factors if isinstance(self.table.atoms[a], Zero)]
        rest = tuple([item for item in factors if not isinstance(self.table.atoms[item[0]], Zero)]) if deltas else factors
        if not deltas and self._settled(rest):
            simple = self.context.simplified(guards)
            return {} if simple is None else {(simple, rest): 1}
        if not self._settled(rest):
            plain = tuple([(a, k) for a, k in rest if self._settled(((a, k),))])
            result = self.term(guards, merge(plain, self._zeros(deltas)))
            for a, k in rest:
                if not self._settled(((a, k),)):
                    result = self.multiply(result, self.atom_power(a, k))
            return result
        return self._with_equations(guards, rest, deltas)

    def _settled(self, factors: Factors) -> bool:
        for a, k in factors:
            if self.table.special[a]:
                data = self.table.atoms[a]
                if isinstance(data, Several) and k > 0:
                    return False
                if isinstance(data, Call) and not 0 <= k < int(data.function[4:]):
                    return False
        return True

    def _zeros(self, forms: Iterable[Affine]) -> Factors:
        return tuple(sorted({(self.table.atom(Zero(form)), 1) for form in forms}))

    def _with_equations(self, guards: Guards, factors: Factors, equations: list[Affine]) -> Expr:
        """The term under equations: solved for their greatest variables, which are substituted everywhere."""
        solved = self._solve(equations)
        if solved is None:
            return {}
        values, kept = solved
        body = self.substitute({(guards, factors): 1}, values) if values else {(guards, factors): 1}
        zeros = self._zeros(kept)
        both = [side for form in kept for side in (form, times(form, -1))]
        items: list[tuple[Term, Number]] = []
        for (conditions, others), q in body.items():
            if self.context.infeasible([*conditions, *both]):
                continue
            left = set(conditions)
            for guard in sorted(conditions):
                if self.context.implied(frozenset([*(left - {guard}), *both]), guard):
                    left.discard(guard)
            if any(isinstance(self.table.atoms[a], Zero) for a, _ in others):
                items.extend((term, k * q) for term, k in self.term(frozenset(left), merge(others, zeros)).items())
            else:
                items.append(((frozenset(left), merge(others, zeros)), q))
        return self.collect(items)

    def _solve(self, equations: list[Affine]) -> tuple[dict[int, Affine], list[Affine]] | None:
        """Gaussian elimination over unit coefficients: values of variables, and the equations to keep; None when unsolvable."""
        values: dict[int, Affine] = {}
        kept: list[Affine] = []
        waiting = list(dict.fromkeys(equations))
        while waiting:
            reduced = []
            for form in waiting:
                form = self.primitive(form)
                if form is None:
                    return None
                if form[1]:
                    reduced.append(form)
            choice = max([(v, form) for form in reduced for v in self.solvable(form)], default=None)
            if choice is None:
                kept.extend(reduced)
                break
            v, form = choice
            value = solve(form, v)
            values = {w: self.moved(e, {v: value}) for w, e in values.items()} | {v: value}
            waiting = [self.moved(e, {v: value}) for e in reduced if e != form]
        kept = [self.moved(form, values) for form in kept] + [plus(variable(v), value, -1) for v, value in values.items()]
        return values, sorted({signed(form) for form in kept if form[1]})

    def solvable(self, form: Affine) -> list[int]:
        """The variables, not dims, that the equation form = 0 determines."""
        found = []
        for v, k in form[1]:
            if abs(k) == 1 and not self.table.is_dim(v):
                others = (form[0], tuple([item for item in form[1] if item[0] != v]))
                if v not in self.table.form_free(others):
                    found.append(v)
        return found

    @staticmethod
    def primitive(form: Affine) -> Affine | None:
        """The equation form = 0 divided by its content; None when it has no integer solution."""
        divisor = content(form)
        if not divisor:
            return form if form[0] == 0 else None
        if form[0] % divisor:
            return None
        return form[0] // divisor, tuple([(v, k // divisor) for v, k in form[1]])


def merge(left: Factors, right: Factors) -> Factors:
    """The product of two monomials; a delta's square is the delta (its exponent is cut by the caller's normal form)."""
    if not left or not right:
        return left or right
    exponents = dict(left)
    for a, k in right:
        exponents[a] = exponents.get(a, 0) + k
    return tuple(sorted([item for item in exponents.items() if item[1]]))


def flip(factors: Factors) -> Factors:
    """The inverse monomial."""
    return tuple([(a, -k) for a, k in factors])


def reciprocal(q: Number) -> Number:
    """1/q, an integer where it is one."""
    inverted = Fraction(1, 1) / q
    return int(inverted) if inverted.denominator == 1 else inverted

