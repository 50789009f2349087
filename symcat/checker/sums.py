"""Sums over integer points of polyhedra: variables with one value replaced, inner sums joined, independent parts split off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product as choices
from math import comb, prod
from typing import Any

from symcat.checker.expressions import Moves
from symcat.checker.forms import ZERO, Form, Refused, form, plus, solved, tight
from symcat.checker.maxima import Maxima
from symcat.checker.table import Expr, Factors

UNROLLED = 16


class Sums(Maxima):
    """Sums in normal form."""

    def opened(self, thing: tuple, used: frozenset[int], values: Moves) -> tuple[list[Form], Expr, list[int]]:
        """A sum's guards and body over variables that are not in use, and these."""
        _, depth, count, guards, factors = thing
        bound = self.unused("scratch", used | self.within(guards, factors), [None] * count)
        moves = dict(values) | {self.id("bound", depth, k): form(v) for k, v in enumerate(bound)}
        return [self.moved(g, moves) for g in guards], self.substituted({((), factors): 1}, moves), bound

    def sum_over(self, body: Expr, indices: Sequence[int]) -> Expr:
        """The sum over indices in their ranges."""
        bound = self.unused("scratch", self.scope(body), [None] * len(indices))
        extents = [self.things[v][-1] for v in indices]
        guards = [g for w, d in zip(bound, extents, strict=True) for g in (form(w), plus(plus(d, (-1, ())), form(w), -1))]
        return self.totals(self.substituted(body, {v: form(w) for v, w in zip(indices, bound, strict=True)}), guards, bound)

    def totals(self, body: Expr, guards: Iterable[Form], bound: Sequence[int]) -> Expr:
        items = []
        for (more, factors), q in body.items():
            key = "total", tuple(sorted({*guards, *more})), factors, tuple(bound), self.facts
            if key not in self.memo:
                self.memo[key] = self.total(*key[1:4])
            items += [(t, k * q) for t, k in self.memo[key].items()]
        return self.collect(items)

    def total(self, guards: Sequence[Form], factors: Factors, bound: Sequence[int]) -> Expr:
        """The sum of [guards] * factors over all integers for the bound variables, which the guards bound."""
        for a, _ in factors:
            thing, rest = self.things[a], {((), tuple(item for item in factors if item[0] != a)): 1}
            if thing[0] == "zero" and (parts := self.digits(thing[1], guards)):
                return self.totals(self.product(self.delta(parts[0]), self.delta(parts[1]), rest), guards, bound)
        for a, _ in factors:
            thing, rest = self.things[a], {((), tuple(item for item in factors if item[0] != a)): 1}
            for v in self.solvable(thing[1]) if thing[0] == "zero" else ():
                if v in bound:
                    return self.pinned(v, solved(thing[1], v), guards, rest, bound)
        for a, k in factors:
            thing, rest = self.things[a], {((), tuple(item for item in factors if item[0] != a)): 1}
            if thing[0] == "sum" and 0 < k <= 3 and self.free[a] & set(bound):
                guards, bound = list(guards), list(bound)
                for _ in range(k):
                    more, body, inner = self.opened(thing, self.within(guards, factors) | self.scope(rest) | set(bound), {})
                    guards, bound, rest = guards + more, bound + inner, self.product(rest, body)
                return self.totals(rest, guards, bound)
        guards = self.simplified(guards)
        if guards is None or not bound:
            return {} if guards is None else self.term(guards, factors)
        for g in () if self.boxed(guards) and not any(plus(ZERO, g, -1) in guards for g in guards) else guards:
            for v in self.solvable(g):
                if v in bound and self.implied(guards, plus(ZERO, g, -1)):
                    return self.pinned(v, solved(g, v), guards, {((), factors): 1}, bound)
        return self.components(guards, factors, bound)

    def pinned(self, v: int, value: Form, guards: Iterable[Form], body: Expr, bound: Sequence[int]) -> Expr:
        """The sum where a bound variable has one value."""
        return self.totals(self.substituted(body, {v: value}), [self.moved(g, {v: value}) for g in guards], [w for w in bound if w != v])

    def digits(self, e: Form, guards: Sequence[Form]) -> tuple[Form, Form] | None:
        """E and F with e = c E + F and |F| < c, so that e = 0 is E = 0 and F = 0."""
        if all(abs(q) == 1 for _, q in e[1]):
            return None
        advice = self.ask("digits", e, guards)
        if not advice:
            return None
        c, constant, low = advice
        small = constant, tuple((v, q) for (v, _), q in zip(e[1], low, strict=True) if q)
        high = plus(e, small, -1)
        bounds = [plus((c - 1, ()), small, sign) for sign in (1, -1)]
        if c < 2 or any(q % c for q in (high[0], *[q for _, q in high[1]])) or not all(self.implied(guards, b) for b in bounds):
            raise Refused("an equation between digits does not split")
        return (high[0] // c, tuple((v, q // c) for v, q in high[1])), small

    def components(self, guards: Sequence[Form], factors: Factors, bound: Sequence[int]) -> Expr:
        """The product of the sums over groups of variables that share no factor and no guard.

        What stands below outside a group is known not to be 0 only where the group has a point; else all stays in one sum.
        """
        near = [(self.free[a] & set(bound), (a, k)) for a, k in factors]
        walls = [(self.within([g]) & set(bound), g) for g in guards]
        outer = tuple(g for vs, g in walls if not vs)
        parts = [self.term(outer, tuple(f for vs, f in near if not vs))]
        waiting = list(bound)
        while waiting:
            group, size = {waiting[0]}, 0
            while size < len(group):
                size = len(group)
                group = group.union(*[vs for vs, _ in near + walls if vs & group])
            own, inside = [v for v in bound if v in group], tuple(g for vs, g in walls if vs & group)
            if any(k < 0 and not vs & group for vs, (_, k) in near) and not self.filled(own, inside, outer):
                return self.canonical(bound, guards, factors)
            parts.append(self.component(own, inside, tuple(f for vs, f in near if vs & group)))
            waiting = [v for v in waiting if v not in group]
        return self.product(*parts)

    def filled(self, bound: Sequence[int], guards: Sequence[Form], outer: Sequence[Form]) -> bool:
        """Whether, where other guards hold, there is a point for the bound variables: all 0 in a box, else as the advice says."""
        point = [[0, []]] * len(bound) if self.boxed(guards) else self.ask("point", bound, guards, outer)
        if not point:
            return False
        names = sorted(self.within(guards) - set(bound))
        ends = [plus((constant, ()), (0, tuple((names[j], q) for j, q in terms))) for constant, terms in point]
        at = dict(zip(bound, ends, strict=True))
        return all(self.implied(outer, tight(self.moved(g, at))) for g in guards)

    def component(self, bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> Expr:
        counted = self.written_out(bound, guards, factors)
        counted = self.counted(bound, guards, factors) if counted is None else counted
        if counted is not None:
            return counted
        if any(k < 0 and self.kind(a) == "sum" for a, k in factors) and len(bound) > 1:
            advice = self.ask("inner", bound, guards, factors)
            if advice:
                return self.nested(*advice, bound, guards, factors)
        return self.canonical(bound, guards, factors)

    def nested(self, chosen: Sequence[int], walls: Sequence[Any], bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> Expr:
        """The sum over some variables inside the sum over the others, whose guards, with walls that follow, leave no fibre empty."""
        if not chosen or chosen != sorted(set(chosen) & set(range(len(bound)))) or len(chosen) == len(bound):
            raise Refused("an inner sum is over some of the variables, each once")
        own, names = [bound[k] for k in chosen], [*bound, *sorted(self.within(guards, factors) - set(bound))]
        inner = tuple(f for f in factors if self.free[f[0]] & set(own))
        near = [g for g in guards if self.within([g]) & set(own)]
        outer = [g for g in guards if g not in near]
        for constant, terms in walls:
            outer.append(plus((constant, ()), (0, tuple((names[j], q) for j, q in terms))))
            if not self.implied(guards, outer[-1]):
                raise Refused("a wall does not follow from the guards")
        if not self.filled(own, near, outer):
            raise Refused("an inner sum is not shown to have a point")
        rest = {((), tuple(f for f in factors if f not in inner)): 1}
        part = self.totals({((), inner): 1}, near, own)
        return self.totals(self.product(part, rest), outer, [v for v in bound if v not in own])

    def written_out(self, bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> Expr | None:
        """A sum over a small box of constant size, term by term, where this replay does so."""
        tops = {v: plus(g, form(v)) for g in guards for v, k in g[1] if k == -1}
        if not self.unroll or not self.boxed(guards) or set(tops) != set(bound) or any(top[1] for top in tops.values()):
            return None
        if prod(top[0] + 1 for top in tops.values()) > UNROLLED:
            return None
        points = choices(*[[(value, ()) for value in range(tops[v][0] + 1)] for v in bound])
        return self.add(*[self.substituted({((), factors): 1}, dict(zip(bound, point, strict=True))) for point in points])

    def counted(self, bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> Expr | None:
        """A variable that occurs only as a number, between one lower and one upper bound, is summed out.

        The polynomial holds where the upper bound is the lower one less 1, too; but there is no point then, and what stands
        below in other factors may be 0.
        """
        for v in bound:
            own = tuple(f for f in factors if v in self.free[f[0]])
            near = [g for g in guards if v in self.within([g])]
            low = [solved(g, v) for g in near if (v, 1) in g[1] and v in self.solvable(g)]
            high = [solved(g, v) for g in near if (v, -1) in g[1] and v in self.solvable(g)]
            n = sum(k for _, k in own)
            if len(low) == len(high) == 1 and len(near) == 2 and 0 <= n <= (0 if self.modulus else 6) and \
                    all(self.things[a] == ("value", v) for a, _ in own):
                ends = [self.faulhaber(high[0], n), self.scale(self.faulhaber(plus(low[0], (-1, ())), n), -1)]
                others = tuple(f for f in factors if f not in own)
                least = 0 if any(k < 0 for _, k in others) else 1
                left = [g for g in guards if g not in near] + [plus(plus(high[0], low[0], -1), (least, ()))]
                rest = {((), others): 1}
                return self.totals(self.product(self.add(*ends), rest), left, [w for w in bound if w != v])
        return None

    def faulhaber(self, top: Form, n: int) -> Expr:
        """The polynomial p with p(m) - p(m - 1) = m**n and p(0) = 0 at an affine form."""
        left, total = [Fraction(0)] * n + [Fraction(1)], {}
        for k in range(n, -1, -1):
            lead = left[k] / (k + 1)
            total = self.add(total, self.scale(self.power(self.value(top), k + 1), lead))
            for j in range(k + 1):
                left[j] -= lead * comb(k + 1, j) * (-1) ** (k - j)
        return total

    def canonical(self, bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> Expr:
        """The sum as an atom, after an affine bijection of its variables; an index that stands as a number may give several."""
        numbers = tuple((a, k) for a, k in factors if k > 0 and self.kind(a) == "value" and self.things[a][1] in bound)
        pure = tuple(f for f in factors if f not in numbers)
        depth = 1 + max([self.depths[a] for a, _ in factors] + [self.depths[v] for g in guards for v, _ in g[1]], default=0)
        outer = sorted(v for v in self.within(guards, factors) - set(bound) if not self.free[v] & set(bound))
        rows, back = self.ask("canonical", bound, guards, pure, depth, outer)
        size, names = len(bound), [self.id("bound", depth, k) for k in range(len(bound))]
        linear = [row[0] for row in rows]
        if [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*back, strict=True)] for row in linear] != \
                [[int(i == j) for j in range(size)] for i in range(size)]:
            raise Refused("a change of indices is not a bijection")
        moves = {}
        for v, (row, constant, shift) in zip(bound, rows, strict=True):
            moves[v] = plus((constant, ()), (0, tuple((w, q) for w, q in zip(names, row, strict=True) if q)))
            for j, q in shift:
                moves[v] = plus(moves[v], form(outer[j]), q)
        image = self.substituted({((), pure): 1}, moves)
        if len(image) != 1 or next(iter(image))[0]:
            raise Refused("a change of indices leaves more than one term")
        ((_, pure), q), = image.items()
        guards = tuple(sorted(tight(self.moved(g, moves)) for g in guards))
        number = self.substituted({((), numbers): 1}, moves)
        top = sum(k for _, k in numbers)
        total = {}
        for (_, others), k in number.items():
            inside = tuple(f for f in others if self.free[f[0]] & set(names))
            outside = {((), tuple(f for f in others if f not in inside)): k * q}
            factors = tuple(sorted(pure + inside))
            if sum(n for _, n in inside) == top:
                a = self.id("sum", depth, size, guards, factors)
                inner = max([self.depths[b] for b, _ in factors] + [self.depths[v] for g in guards for v, _ in g[1]], default=0)
                if inner >= depth or any(self.kind(v) != "argmax" and v not in outer for v in self.free[a]):
                    raise Refused("an index left its sum")
                part = {((), ((a, 1),)): 1}
            else:
                more, body, fresh = self.opened(("sum", depth, size, guards, factors), frozenset(), {})
                part = self.totals(body, more, fresh)
            total = self.add(total, self.product(outside, part))
        return total
