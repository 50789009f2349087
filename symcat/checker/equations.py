"""Equations of programs: both sides in normal form, and what may be done about a difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from symcat.checker.forms import ZERO, Form, Refused, fails, form, plus, refusing, solved
from symcat.checker.programs import Programs
from symcat.checker.table import Expr

ENTRIES = 16


class Replay(Programs):
    """One equation over one base."""

    def decide(self, equation: Mapping[str, Any]) -> None:
        """Refused unless the outputs over this base are shown to be equal, all facts and the requirements of both sides given."""
        lhs, rhs = equation["lhs"], equation["rhs"]
        for fact in (*equation["facts"], *lhs["facts"], *rhs["facts"]):
            self.fact(fact)
        self.early(lhs)
        self.early(rhs)
        left, right = self.side(lhs, 0), self.side(rhs, 1)
        for (_, modulus, _), x, y in zip(lhs["cod"], left, right, strict=True):
            if modulus == self.modulus and x != y:
                self.vanish(self.add(x, self.scale(y, -1)))

    def vanish(self, e: Expr) -> None:
        """Refused unless an expression is shown to be 0."""
        if not e:
            return
        match self.ask("vanish", e):
            case ["clear"]:
                for case in self.cases(e):
                    self.vanish(self.cleared(case))
            case ["split", int(k)]:
                guard = sorted({g for guards, _ in e for g in guards})[k]
                for side in (guard, fails(guard)):
                    self.vanish_under(e, side)
            case ["refine", int(k), [int(constant), [*terms]]]:
                self.vanish(self.refined(e, self.sums(e)[k], constant, terms))
            case ["entries", int(k)]:
                v = sorted(w for w in self.scope(e) if self.kind(w) == "index")[k]
                count, moving = self.things[v][-1]
                if moving or not 0 < count <= ENTRIES:
                    raise Refused("an index that has not few values is replaced by each of them")
                for value in range(count):
                    self.vanish(self.substituted(e, {v: (value, ())}))
            case ["inside", [*chosen], bool(spread)]:
                self.vanish_inside(e, [self.sums(e)[k] for k in chosen], spread)
            case _:
                raise Refused("the normal forms of the two sides differ")

    def cases(self, e: Expr) -> list[Expr]:
        """The terms under equal guards and deltas, where the denominators of these terms are not 0."""
        found: dict[tuple, Expr] = {}
        for (guards, factors), q in sorted(e.items()):
            deltas = tuple(a for a, _ in factors if self.kind(a) == "zero")
            found.setdefault((guards, deltas), {})[guards, factors] = q
        return list(found.values())

    def vanish_under(self, e: Expr, guard: Form) -> None:
        """Refused unless an expression is shown to be 0 where a guard holds."""
        known, self.facts = self.facts, (*self.facts, guard)
        if not self.empty([guard]):
            equal = self.implied((), plus(ZERO, guard, -1))
            pinned = {v: solved(guard, v) for v in self.solvable(guard)[:1]} if equal else {}
            self.vanish(self.substituted(e, pinned) if pinned else self.again(e))
        self.facts = known

    def again(self, e: Expr) -> Expr:
        """An expression built anew, under facts that have become more."""
        parts = []
        for (guards, factors), q in e.items():
            images = [self.power(self.renewed(a), k) for a, k in factors]
            parts.append(self.scale(self.product(self.term(guards, ()), *images), q))
        return self.add(*parts)

    def renewed(self, a: int) -> Expr:
        return self.new_image(self.things[a], {}) if self.kind(a) in ("zero", "several", "sum") else {((), ((a, 1),)): 1}

    def sums(self, e: Expr) -> list[int]:
        return sorted({a for _, factors in e for a, _ in factors if self.kind(a) == "sum"})

    def refined(self, e: Expr, a: int, constant: int, terms: list) -> Expr:
        """An expression with one sum divided into where a guard holds and where it fails."""
        guards, body, bound = self.opened(self.things[a], self.scope(e), {})
        names = [*bound, *sorted(self.scope(e))]
        guard = constant, ()
        for k, q in terms:
            guard = plus(guard, form(names[k]), q)
        halves = self.add(*[self.totals(body, [*guards, side], bound) for side in (guard, fails(guard))])
        parts = []
        for (conditions, factors), q in e.items():
            rest = {(conditions, tuple(item for item in factors if item[0] != a)): q}
            parts.append(self.product(rest, self.power(halves, dict(factors).get(a, 0))))
        return self.add(*parts)


    def vanish_inside(self, e: Expr, chosen: list[int], spread: bool) -> None:
        """Refused unless the summands of sums over one range, taken together, are shown to be 0 at each of its points.

        With `spread` what is not under these sums is divided evenly over the points of the range, a box that is not empty.
        """
        ranges = {(self.things[a][2], tuple(sorted(self.moved(g, self.renaming(a)) for g in self.things[a][3]))) for a in chosen}
        if len(ranges) != 1:
            raise Refused("sums over different ranges are taken together")
        (count, guards), = ranges
        used = self.scope(e).union(*[self.free[v] for g in self.facts for v, _ in g[1]])
        points = self.unused("point", used, [None] * count)
        place = {self.id("bound", 0, k): form(v) for k, v in enumerate(points)}
        body, outside = [], {}
        for (conditions, factors), q in e.items():
            inside = [(a, k) for a, k in factors if a in chosen]
            if not inside:
                outside[conditions, factors] = q
                continue
            if len(inside) != 1 or inside[0][1] != 1:
                raise Refused("a product or a power of sums is taken apart")
            a = inside[0][0]
            moves = {self.id("bound", self.things[a][1], j): form(v) for j, v in enumerate(points)}
            rest = {(conditions, tuple(f for f in factors if f[0] != a)): q}
            body.append(self.product(rest, self.substituted({((), self.things[a][4]): 1}, moves)))
        if spread:
            if not self.inhabited(self.things[chosen[0]][3]):
                raise Refused("a range that is not a box with a point")
            tops = [plus(g, form(v)) for g in self.things[chosen[0]][3] for v, k in g[1] if k == -1 and self.kind(v) == "bound"]
            body.append(self.product(outside, *[self.inverse(self.value(plus(top, (1, ())))) for top in tops]))
        else:
            self.vanish(outside)
        known, self.facts = self.facts, (*self.facts, *[self.moved(g, place) for g in guards])
        self.vanish(self.again(self.add(*body)))
        self.facts = known

    def renaming(self, a: int) -> dict[int, Form]:
        """The variables of a sum by those of depth 0, which no sum has."""
        return {self.id("bound", self.things[a][1], k): form(self.id("bound", 0, k)) for k in range(self.things[a][2])}


def equation(data: Mapping[str, Any], proof: Mapping[str, Any]) -> set[str]:
    """Refused unless the proof shows that both sides of an equation are equal wherever both are defined, for all sizes.

    The answer holds the premises that rules used besides.
    """
    with refusing():
        return _equation(data, proof)


def _equation(data: Mapping[str, Any], proof: Mapping[str, Any]) -> set[str]:
    notes: set[str] = set()
    lhs, rhs = data["lhs"], data["rhs"]
    for end in ("dom", "cod"):
        if [(m, json.dumps(s)) for _, m, s in lhs[end]] != [(m, json.dumps(s)) for _, m, s in rhs[end]]:
            raise Refused("the sides do not fit")
    if sorted(base["modulus"] for base in proof["bases"]) != sorted({m for _, m, _ in lhs["cod"]}):
        raise Refused("a base is left out, or there is one too many")
    for base in proof["bases"]:
        run = Replay(base["advice"], base["modulus"], base["definitions"] is True, base.get("unroll") is True)
        run.decide(data)
        if next(run.advice, run) is not run:
            raise Refused("there is more advice than questions")
        notes |= run.notes
    return notes
