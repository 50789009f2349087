"""Summation over polyhedra: deltas contracted, inner sums opened, pinned indices removed, independent parts split."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations, product
from math import comb, prod

from symcat.prove.index import pieces
from symcat.prove.index.affine import Affine, coefficient, make, number, plus, solve, times, variable
from symcat.prove.index.canonical import Canonical
from symcat.prove.index.context import Context, box_guards
from symcat.prove.index.domain import Domain
from symcat.prove.index.table import NONE, Expr, Factors, Sum, Table, Value, Zero

RADIX_TERMS = 4
OPEN_POWER = 3
FAULHABER = 6
UNROLLED, WRITTEN = 32, 64
SPLITS = 3


class Normaliser(Canonical):
    """The whole normal form: one table, one context, one domain of requirements, one modulus.

    `definitions` writes sigmoid, tanh and softplus through exp; `unroll` writes small sums of constant size out; `stride`, from
    1 on, cuts sums where the pieces of their summands meet, and splits indices by their residues modulo it where an equation
    sets them apart; with `lattice` wherever a read does not step by it.
    """

    def __init__(self, table: Table, context: Context, domain: Domain, modulus: int = 0, *,
                 definitions: bool = False, unroll: bool = False, stride: int = 0, lattice: bool = False) -> None:
        super().__init__(table, context, modulus)
        self.domain, self.definitions, self.unroll, self.stride, self.lattice = domain, definitions, unroll, stride, lattice
        self._skeletons: dict[tuple, int] = {}
        self._totals: dict[tuple, Expr] = {}
        self.counts: dict[str, int] = {}
        self._splitting = 0

    def assuming(self, guard: Affine) -> Normaliser:
        """The same table and requirements under one more guard; nothing cached is shared, rules are counted together."""
        return self._like(self.context.assume(guard), self.domain)

    def under(self, domain: Domain) -> Normaliser:
        """The same table and context under other requirements; nothing cached is shared."""
        return self._like(self.context, domain)

    def _like(self, context: Context, domain: Domain) -> Normaliser:
        found = Normaliser(self.table, context, domain, self.modulus,
                           definitions=self.definitions, unroll=self.unroll, stride=self.stride, lattice=self.lattice)
        found.counts = self.counts
        return found

    def evident(self, e: Expr, relation: str) -> bool:
        """Whether `e relation` is shown from facts alone, without any requirement."""
        return self.under(self.domain.facts()).known(e, relation)

    # ---- pieces
    def call(self, function: str, *arguments: Expr) -> Expr:
        """An opaque function of expressions, their ranges united where this normaliser cuts sums to pieces."""
        return super().call(function, *[pieces.united(self, e) for e in arguments] if self.stride else arguments)

    def _root(self, degree: int, e: Expr) -> Expr:
        """A root, the ranges under it united where this normaliser cuts sums to pieces."""
        return super()._root(degree, pieces.united(self, e) if self.stride else e)

    def inverse(self, e: Expr) -> Expr:
        """1/e, its ranges united where this normaliser cuts sums to pieces."""
        return super().inverse(pieces.united(self, e) if self.stride else e)

    def _cut(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
        return pieces.cut(self, bound, guards, factors) if self.stride else None

    def _residues(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
        """Split by residues; an index that was split already is split again only so often."""
        if self.stride <= 1 or self._splitting == SPLITS:
            return None
        self._splitting += 1
        try:
            return pieces.split(self, bound, guards, factors)
        finally:
            self._splitting -= 1

    def sum_over(self, body: Expr, box: Iterable[tuple[int, Affine]]) -> Expr:
        """The sum of an expression over ranged variables 0 <= v < extent, which become bound."""
        box = list(box)
        if not box:
            return body
        used = self.table.frozen_free[self.table.freeze(body)]
        fresh = self.table.scratch(used, len(box))
        moves = {v: variable(w) for (v, _), w in zip(box, fresh, strict=True)}
        guards = frozenset(g for (_, extent), w in zip(box, fresh, strict=True) for g in box_guards(w, extent))
        return self.total_of(self.substitute(body, moves), guards, fresh)

    def total(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr:
        """The sum over all integer values of the bound variables of [guards] * factors; the guards bound them."""
        key = (guards, factors, tuple(bound))
        found = self._totals.get(key)
        if found is None:
            found = self._totals[key] = self._total(guards, factors, list(bound))
        return found

    def _total(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr:
        for step in (self._radix, self._contract, self._open):
            found = step(guards, factors, bound)
            if found is not None:
                self.count(step.__name__)
                return found
        simple = self.context.simplified(guards)
        if simple is None:
            return {}
        if not bound:
            return self.term(simple, factors)
        pinned = self._pinned(simple, factors, bound)
        return pinned if pinned is not None else self._components(simple, factors, bound)

    def count(self, rule: str) -> None:
        """Record that a rule was used."""
        rule = rule.strip("_")
        self.counts[rule] = self.counts.get(rule, 0) + 1

    def _replace(self, v: int, value: Affine, guards: frozenset, factors: Factors, bound: list[int]) -> Expr:
        """The sum with a bound variable that has one possible value."""
        body = self.substitute({(NONE, factors): 1}, {v: value})
        moved = frozenset([self.moved(guard, {v: value}) for guard in guards])
        return self.total_of(body, moved, [b for b in bound if b != v])

    # ---- deltas
    def _contract(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr | None:
        """A delta with a bound variable of coefficient 1 or -1: that variable is substituted, its guards stay on the value."""
        for a, k in factors:
            data = self.table.atoms[a]
            if isinstance(data, Zero):
                for v in self.solvable(data.form):
                    if v in bound:
                        rest = tuple([item for item in factors if item != (a, k)])
                        return self._replace(v, solve(data.form, v), guards, rest, bound)
        return None

    def _radix(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr | None:
        """[cE + F = 0] with |F| < c known is [E = 0][F = 0]."""
        for a, k in factors:
            data = self.table.atoms[a]
            if not isinstance(data, Zero):
                continue
            for c in sorted({abs(q) for _, q in data.form[1] if abs(q) > 1}):
                split = self._digits(data.form, c, guards)
                if split is not None:
                    rest = tuple([item for item in factors if item != (a, k)])
                    both = self.multiply(self.delta(split[0]), self.delta(split[1]))
                    return self.total_of(self.multiply(both, {(NONE, rest): 1}), guards, bound)
        return None

    def _digits(self, form: Affine, c: int, guards: frozenset) -> tuple[Affine, Affine] | None:
        """form = c * E + F with -c < F < c under the guards."""
        residues = [(v, q % c) for v, q in form[1] if q % c]
        if not residues or len(residues) > RADIX_TERMS:
            return None
        for choice in product((0, 1), repeat=len(residues)):
            low = {v: q - c * p for (v, q), p in zip(residues, choice, strict=True)}
            for constant in (form[0] % c, form[0] % c - c):
                small = make(constant, low)
                if all(self.context.implied(guards, plus(number(c - 1), small, sign)) for sign in (1, -1)):
                    high = make((form[0] - constant) // c, {v: (q - low.get(v, 0)) // c for v, q in form[1]})
                    return high, small
        return None

    # ---- inner sums
    def _open(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr | None:
        """A factor that is a sum and mentions a bound variable joins the outer sum."""
        own = frozenset(bound)
        for a, k in factors:
            data = self.table.atoms[a]
            if not (isinstance(data, Sum) and 1 <= k <= OPEN_POWER and self.table.free[a] & own):
                continue
            rest: Expr = {(NONE, tuple([item for item in factors if item != (a, k)])): 1}
            used = own | self.table.factors_free(factors) | self.table.forms_free(guards)
            used |= self.table.forms_free(data.guards) | self.table.factors_free(data.factors)
            inner: list[int] = []
            for _ in range(k):
                more, body, fresh = self.opened(data, used, {})
                used |= frozenset(fresh)
                guards, inner, rest = guards | more, inner + fresh, self.multiply(rest, body)
            return self.total_of(rest, guards, bound + inner)
        return None

    # ---- guards that leave one value
    def _pinned(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr | None:
        box = self.context.box(guards)
        for guard in sorted(guards):
            if box is not None and not any(v in box and box[v] == (0, ()) for v, _ in guard[1]):
                continue
            candidates = [v for v in self.solvable(guard) if v in bound]
            if candidates and self.context.implied(guards, times(guard, -1)):
                return self._replace(candidates[0], solve(guard, candidates[0]), guards, factors, bound)
        return None

    # ---- independent parts
    def _components(self, guards: frozenset, factors: Factors, bound: list[int]) -> Expr:
        """The product of the sums over groups of bound variables that share no factor and no guard.

        What stands below outside a group is known not to be 0 only where the group has a point; else all stays in one sum.
        """
        own = frozenset(bound)
        links = [(self.table.free[a] & own, (a, k)) for a, k in factors]
        walls = [(self.table.form_free(guard) & own, guard) for guard in sorted(guards)]
        outer = frozenset(g for near, g in walls if not near)
        result = self.term(outer, tuple([f for near, f in links if not near]))
        waiting = list(bound)
        while waiting:
            group = {waiting[0]}
            grown = True
            while grown:
                size = len(group)
                for near, _ in (*links, *walls):
                    if near & group:
                        group |= near
                grown = len(group) > size
            inside, around = [v for v in bound if v in group], frozenset(g for near, g in walls if near & group)
            if any(k < 0 and not near & group for near, (_, k) in links) and not self._filled(inside, around, outer):
                return self.canonical(bound, guards, factors)
            part = self._component(inside, around, tuple([f for near, f in links if near & group]))
            result = self.multiply(result, part)
            if not result:
                return {}
            waiting = [v for v in waiting if v not in group]
        return result

    def _filled(self, bound: list[int], guards: frozenset, outer: frozenset) -> bool:
        """Whether, where other guards hold, a point is found for the bound variables: at the lower ends of ranges, or at the upper."""
        for sign in (1, -1):
            at: dict[int, Affine] = {}
            for _ in bound:
                ends = [(v, self.moved(solve(g, v), at)) for g in sorted(guards) for v in self.solvable(g)
                        if v in bound and v not in at and coefficient(g, v) == sign]
                at |= dict([(v, e) for v, e in ends if not self.table.form_free(e) & set(bound)][:1])
            if len(at) == len(bound) and all(self.context.implied(outer, self.moved(g, at)) for g in guards):
                return True
        return False

    def _component(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr:
        for step in (self._cut, self._residues, self._unrolled, self._counted):
            found = step(bound, guards, factors)
            if found is not None:
                self.count(step.__name__)
                return found
        found = self._cancelling(bound, guards, factors)
        if found is not None:
            self.count("cancelling")
            return found
        self.count("canonical")
        return self.canonical(bound, guards, factors)

    def _unrolled(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
        """An index between two constants, few of them, is written out value by value, where this normaliser does so."""
        ends = {v: found for v in bound if (found := self._constant_ends(v, guards))} if self.unroll else {}
        if prod(max(high - low + 1, 1) for low, high in ends.values()) > WRITTEN:
            return None
        for v, (low, high) in ends.items():
            if high - low >= UNROLLED:
                continue
            rest, parts = [w for w in bound if w != v], []
            for place in range(low, high + 1):
                body = self.substitute({(NONE, factors): 1}, {v: number(place)})
                parts.append(self.total_of(body, frozenset([self.moved(guard, {v: number(place)}) for guard in guards]), rest))
            return self.add({}, *parts)
        return None

    def _constant_ends(self, v: int, guards: frozenset) -> tuple[int, int] | None:
        """Two constants between which the guards keep a variable: its own bounds, or those of other indices; None when there are none."""
        alone = [guard for guard in sorted(guards) if len(guard[1]) == 1 and abs(guard[1][0][1]) == 1]
        lower = [-guard[0] for guard in alone if guard[1][0][1] == 1]
        upper = [guard[0] for guard in alone if guard[1][0][1] == -1]
        low = [c for c in sorted(lower, reverse=True) if self.context.implied(guards, plus(variable(v), number(-c)))]
        high = [c for c in sorted(upper) if low and self.context.implied(guards, plus(number(c), variable(v), -1))]
        return (low[0], high[0]) if high else None

    def _counted(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
        """An index that occurs only in guards and as a number, between one lower and one upper bound, is summed out.

        The polynomial holds where the upper bound is the lower one less 1, too; but there is no point then, and what stands
        below in other factors may be 0.
        """
        for v in bound:
            own = tuple([item for item in factors if v in self.table.free[item[0]]])
            exponent = sum(k for _, k in own)
            near = frozenset(g for g in guards if v in self.table.form_free(g))
            ends = self._ends(v, near)
            if ends is None or any(self.table.atoms[a] != Value(v) for a, _ in own):
                continue
            if 0 <= exponent <= (0 if self.modulus else FAULHABER):
                low, high = ends
                inner = self.subtract(self._faulhaber(high, exponent), self._faulhaber(plus(low, number(-1)), exponent))
                rest = tuple([item for item in factors if item not in own])
                least = 0 if any(k < 0 for _, k in rest) else 1
                left = (guards - near) | {plus(plus(high, low, -1), number(least))}
                return self.total_of(self.multiply(inner, {(NONE, rest): 1}), left, [w for w in bound if w != v])
        return None

    def _ends(self, v: int, guards: frozenset) -> tuple[Affine, Affine] | None:
        """The one lower and the one upper bound that guards set to a variable; None when there are others."""
        lower = [solve(guard, v) for guard in guards if coefficient(guard, v) == 1]
        upper = [solve(guard, v) for guard in guards if coefficient(guard, v) == -1]
        if not (len(lower) == len(upper) == 1 and len(guards) == 2):
            return None
        return None if v in self.table.form_free(lower[0]) | self.table.form_free(upper[0]) else (lower[0], upper[0])

    def _faulhaber(self, top: Affine, exponent: int) -> Expr:
        """The polynomial p with p(top) - p(top - 1) = top**exponent and p(0) = 0."""
        e = self.value(top)
        terms = [self.scale(self.power(e, k), q) for k, q in enumerate(faulhaber(exponent)) if q]
        return self.add({}, *terms)

    def _cancelling(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr | None:
        """Where the inverse of a sum is a factor, the indices over which that sum appears are summed first.

        The other indices keep what the guards say of them; at each of their points the inner sum must have a point, or the
        inverse may be one of 0 there.
        """
        for a, k in factors:
            data = self.table.atoms[a]
            if k > 0 or not isinstance(data, Sum) or data.count >= len(bound):
                continue
            for chosen in combinations(bound, data.count):
                own = frozenset(chosen)
                inner = tuple([item for item in factors if self.table.free[item[0]] & own])
                if self.table.free[a] & own or not inner:
                    continue
                near = frozenset(g for g in guards if self.table.form_free(g) & own)
                outer = (guards - near) | self._walls(near, own)
                if not self._filled(list(chosen), near, outer):
                    continue
                part = self.total(near, inner, list(chosen))
                if len(part) != 1 or a not in dict(next(iter(part))[1]):
                    continue
                rest = tuple([item for item in factors if item not in inner])
                body = self.multiply(part, {(NONE, rest): 1})
                return self.total_of(body, outer, [v for v in bound if v not in own])
        return None

    def _walls(self, guards: frozenset, own: frozenset) -> frozenset:
        """What guards say of other variables through one of these: its upper bounds are not below its lower ones."""
        ends = [(v, [[g for g in sorted(guards) if v in self.solvable(g) and coefficient(g, v) == sign] for sign in (1, -1)]) for v in own]
        walls = [plus(low, high) for _, (lows, highs) in ends for low in lows for high in highs]
        return frozenset(wall for wall in walls if wall[1] and not self.table.form_free(wall) & own)


def faulhaber(exponent: int) -> list[Fraction | int]:
    """Coefficients of the polynomial p with p(m) - p(m - 1) = m**exponent and p(0) = 0.

    >>> faulhaber(1)
    [0, Fraction(1, 2), Fraction(1, 2)]
    """
    remaining: list[Fraction] = [Fraction(0)] * exponent + [Fraction(1)]
    result: list[Fraction | int] = [0] * (exponent + 2)
    for k in range(exponent, -1, -1):
        lead = remaining[k] / (k + 1)
        result[k + 1] = int(lead) if lead.denominator == 1 else lead
        for j in range(k + 1):
            remaining[j] -= lead * comb(k + 1, j) * (-1) ** (k - j)
    return result

