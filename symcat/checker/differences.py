"""Whether a difference of normal forms is 0 after all: each step replaces it by one, or by several cases, that it equals.

The steps, as the advice names them: `clear` denominators, divide by `common` factors, `split` at a guard, treat one `sum` (divide
it at a guard, by the residues of an index, or write an index out), `join` the sums of a term to one, look `inside` sums over one
range, divide by the `sign` of a step's argument, take an index at each of its `entries`, `at` the value that an equation gives it
or by its `residue`, and show that two atoms are the `same` function of equal arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symcat.checker.expressions import ONE
from symcat.checker.forms import ZERO, Form, Refused, fails, form, plus, solved, tight
from symcat.checker.programs import Programs
from symcat.checker.table import Expr

ENTRIES = 64         # values of one index, one after the other
JOINED = 6           # indices of sums that are joined


class Differences(Programs):
    """Steps towards 0."""

    def vanish(self, e: Expr) -> None:
        """Refused unless an expression is shown to be 0."""
        if e:
            self.step(self.ask("vanish", e), e)

    def step(self, advice: Any, e: Expr) -> None:
        """Refused unless an expression is shown to be 0 by the step that is advised, and by those after it."""
        match advice:
            case ["clear"]:
                for case in self.cases(e):
                    self.vanish(self.cleared(case))
            case ["common"]:
                powers = tuple((a, -k) for a, k in self.common(e) if k > 0)
                self.vanish(self.product(e, {((), powers): 1}))
            case ["split", [*guard]]:
                guard = self.stated(guard, sorted(self.scope(e)))
                for side in (guard, fails(guard)):
                    self.vanish_under(e, side)
            case ["sum", int(k), *how]:
                self.vanish(self.replaced(e, self.sums(e)[k], self.divided(e, self.sums(e)[k], how)))
            case ["join", int(k)]:
                self.vanish(self.joined(e, sorted(e)[k]))
            case ["inside", [*chosen], bool(spread)]:
                self.vanish_inside(e, [self.sums(e)[k] for k in chosen], spread)
            case ["entries", int(k)]:
                v = self.indices_of(e)[k]
                count, moving = self.things[v][-1]
                if moving or not 0 < count <= ENTRIES:
                    raise Refused("an index that has not few values is replaced by each of them")
                for value in range(count):
                    self.vanish(self.substituted(e, {v: (value, ())}))
            case ["at", int(k)]:
                self.vanish(self.at_equation(e, self.shared_equations(e)[k]))
            case ["same", int(j), int(k)]:
                one, other = (self.functions(e)[k] for k in (j, k))
                self.same(one, other)
                self.vanish(self.replaced(e, one, {((), ((other, 1),)): 1}))
            case ["sign", int(k), int(j)] if self.kinks:
                self.vanish_by_sign(e, self.steps(e)[k], j)
            case ["residue", int(k), int(modulus)]:
                self.vanish_by_residues(e, self.free_indices(e)[k], modulus)
            case _:
                raise Refused("the normal forms of the two sides differ")

    def stated(self, data: Sequence[Any], names: Sequence[int]) -> Form:
        """A form as the advice states it: a constant, then [position of a variable, coefficient] pairs."""
        constant, *terms = data
        total: Form = constant, ()
        for k, q in terms:
            total = plus(total, form(names[k]), q)
        return total

    def sums(self, e: Expr) -> list[int]:
        return sorted({a for _, factors in e for a, _ in factors if self.kind(a) == "sum"})

    def indices_of(self, e: Expr) -> list[int]:
        return sorted(v for v in self.scope(e) if self.kind(v) == "index")

    def free_indices(self, e: Expr) -> list[int]:
        return sorted(v for v in self.scope(e) if self.kind(v) in ("index", "point"))

    # ---- denominators and factors
    def cases(self, e: Expr) -> list[Expr]:
        """The terms under equal guards and deltas, where the denominators of these terms are not 0."""
        found: dict[tuple, Expr] = {}
        for (guards, factors), q in sorted(e.items()):
            deltas = tuple(a for a, _ in factors if self.kind(a) == "zero")
            found.setdefault((guards, deltas), {})[guards, factors] = q
        return list(found.values())

    # ---- equal atoms, equations
    def functions(self, e: Expr) -> list[int]:
        return sorted({a for _, factors in e for a, _ in factors if self.kind(a) in ("call", "several")})

    def same(self, one: int, other: int) -> None:
        """Refused unless two atoms are one function of arguments whose differences are shown to be 0."""
        first, second = self.things[one], self.things[other]
        bodies = [thing[2] if thing[0] == "call" else thing[1:] for thing in (first, second)]
        if first[0] != second[0] or (first[0] == "call" and first[1] != second[1]) or len(bodies[0]) != len(bodies[1]):
            raise Refused("two functions are taken to be one")
        for left, right in zip(*bodies, strict=True):
            self.vanish(self.add(self.thaw(left), self.scale(self.thaw(right), -1)))

    def shared_equations(self, e: Expr) -> list[int]:
        """The deltas that all terms have."""
        return sorted(a for a, _ in next(iter(e))[1] if self.kind(a) == "zero" and all(a in dict(factors) for _, factors in e))

    def at_equation(self, e: Expr, a: int) -> Expr:
        """An expression under an equation, at the value that this gives a variable; elsewhere it is 0."""
        v = min(v for v in self.solvable(self.things[a][1]) if self.kind(v) in ("index", "point"))
        rest = {(guards, tuple(f for f in factors if f[0] != a)): q for (guards, factors), q in e.items()}
        return self.substituted(rest, {v: solved(self.things[a][1], v)})

    # ---- cases
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
        """An atom built anew, what stands in it too."""
        thing = self.things[a]
        if thing[0] == "call":
            return self.apply(thing[1], *[self.again(self.thaw(body)) for body in thing[2]])
        if thing[0] == "several":
            return self.again(self.thaw(thing[1]))
        return self.new_image(thing, {}) if thing[0] in ("zero", "sum") else {((), ((a, 1),)): 1}

    def vanish_by_residues(self, e: Expr, v: int, modulus: int) -> None:
        """Refused unless an expression is shown to be 0 where an index is modulus * w + r, for every r."""
        if not 2 <= modulus <= ENTRIES:
            raise Refused(f"residues modulo {modulus}")
        known = self.facts
        w, = self.unused("point", self.apart(e), [None])
        about = [g for g in self.known([form(v)]) if any(u == v for u, _ in g[1])]
        for residue in range(modulus):
            moves = {v: (residue, ((w, modulus),))}
            self.facts = (*known, *[tight(self.moved(g, moves)) for g in about if g != form(v) or self.kind(v) == "index"])
            self.vanish(self.again(self.substituted(e, moves)))
        self.facts = known

    def apart(self, e: Expr) -> frozenset[int]:
        """The variables of an expression and of the facts."""
        return self.scope(e).union(*[self.free[v] for g in self.facts for v, _ in g[1]])

    def steps(self, e: Expr) -> list[int]:
        return sorted({a for _, factors in e for a, _ in factors if self.things[a][:2] == ("call", "step")})

    def linear(self, e: Expr) -> list[int]:
        """The atoms that are terms of an expression and stand in no other term of it."""
        own = [factors[0][0] for guards, factors in e if not guards and len(factors) == 1 and factors[0][1] == 1]
        return sorted(a for a in own if sum(a == b for _, factors in e for b, _ in factors) == 1)

    def vanish_by_sign(self, e: Expr, a: int, j: int) -> None:
        """Refused unless an expression is shown to be 0 for each sign of the argument of a step; where that is 0, an atom is solved for."""
        u = self.thaw(self.things[a][2][0])
        (((_, ((b, _),)), _),) = self.apply("step", self.scale(u, -1)).items()
        for above, below in ((1, 0), (0, 1), (0, 0)):
            case = self.replaced(self.replaced(e, a, {ONE: 1} if above else {}), b, {ONE: 1} if below else {})
            if not above and not below and j >= 0:
                x = self.linear(u)[j]
                q = u[(), ((x, 1),)]
                value = self.add(self.scale(u, Fraction(-1) / q), {((), ((x, 1),)): 1})
                case = self.replaced(case, x, value)
            self.vanish(case)

    # ---- sums
    def replaced(self, e: Expr, a: int, image: Expr) -> Expr:
        """An expression with an atom replaced by what it equals."""
        parts = []
        for (conditions, factors), q in e.items():
            rest = {(conditions, tuple(item for item in factors if item[0] != a)): q}
            parts.append(self.product(rest, self.power(image, dict(factors).get(a, 0))))
        return self.add(*parts)

    def divided(self, e: Expr, a: int, how: Sequence[Any]) -> Expr:
        """What a sum equals: the sums over the parts of its range."""
        guards, body, bound = self.opened(self.things[a], self.apart(e), {})
        match how:
            case ["guard" | "cells" as word, [*data]]:
                guard = self.stated(data, [*bound, *sorted(self.scope(e))])
                part = self.cell if word == "cells" else self.totals
                return self.add(*[part(body, [*guards, side], bound) for side in (guard, fails(guard))])
            case ["residues", int(j), int(modulus)] if 2 <= modulus <= ENTRIES:
                parts = []
                for residue in range(modulus):
                    moves = {bound[j]: (residue, ((bound[j], modulus),))}
                    parts.append(self.totals(self.substituted(body, moves), [tight(self.moved(g, moves)) for g in guards], bound))
                return self.add(*parts)
            case ["values", int(j), int(low), int(high)] if high - low <= ENTRIES:
                if not all(self.implied(guards, plus((-sign * end, ()), form(bound[j]), sign)) for sign, end in ((1, low), (-1, high))):
                    raise Refused("an index has other values than are written out")
                ends = [(value, ()) for value in range(low, high + 1)]
                return self.add(*[self.pinned(bound[j], value, guards, body, bound) for value in ends])
        raise Refused(f"{str(how)[:60]} is no way to divide a sum")

    def cell(self, body: Expr, guards: Sequence[Form], bound: Sequence[int]) -> Expr:
        """A sum whose summand is built anew at a point where the guards hold."""
        used = self.scope(body).union(*[self.free[v] for g in (*guards, *self.facts) for v, _ in g[1]])
        points = self.unused("point", used, [None] * len(bound))
        there = {v: form(w) for v, w in zip(bound, points, strict=True)}
        known, self.facts = self.facts, (*self.facts, *[self.moved(g, there) for g in guards])
        empty = self.empty([self.moved(g, there) for g in guards])
        image = {} if empty else self.again(self.substituted(body, there))
        self.facts = known
        return self.totals(self.substituted(image, {w: form(v) for v, w in zip(bound, points, strict=True)}), guards, bound)

    def joined(self, e: Expr, term: tuple) -> Expr:
        """An expression with the sums of one of its terms, and their powers, as one sum over all their indices."""
        conditions, factors = term
        chosen = [(a, k) for a, k in factors if self.kind(a) == "sum" and k > 0]
        if sum(self.things[a][2] * k for a, k in chosen) > JOINED:
            raise Refused("too many sums are joined")
        guards, body, bound, used = [], {((), ()): 1}, [], self.apart(e)
        for a, k in chosen:
            for _ in range(k):
                more, inner, own = self.opened(self.things[a], used | frozenset(bound), {})
                guards, bound, body = guards + more, bound + own, self.product(body, inner)
        if len(body) != 1 or next(iter(body))[0] or not all(self.free[a] & set(bound) for a, _ in next(iter(body))[1]):
            raise Refused("sums that have no common summand are joined")
        ((_, inside), q), = body.items()
        rest = {(conditions, tuple(f for f in factors if f not in chosen)): e[term] * q}
        whole = self.canonical(bound, tuple(guards), inside)
        return self.add({other: p for other, p in e.items() if other != term}, self.product(rest, whole))

    def vanish_inside(self, e: Expr, chosen: list[int], spread: bool) -> None:
        """Refused unless the summands of sums over one range, taken together, are shown to be 0 at each of its points.

        With `spread` what is not under these sums is divided evenly over the points of the range, a box that is not empty.
        """
        ranges = {(self.things[a][2], self.range(a)) for a in chosen}
        if len(ranges) != 1:
            raise Refused("sums over different ranges are taken together")
        (count, guards), = ranges
        points = self.unused("point", self.apart(e), [None] * count)
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

    def range(self, a: int) -> tuple[Form, ...]:
        """The guards of a sum over variables of depth 0, which no sum has."""
        names = {self.id("bound", self.things[a][1], k): form(self.id("bound", 0, k)) for k in range(self.things[a][2])}
        return tuple(sorted(self.moved(g, names) for g in self.things[a][3]))
