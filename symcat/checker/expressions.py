"""Sums of products under guards: arithmetic, equations between indices, substitution of forms for variables.

All functions are total: 1/0 is 0, and what lies outside a domain has some value.  A power below 0 of an atom stands only in
terms where guards and hypotheses say that the atom is not 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from symcat.checker.forms import ZERO, Form, Refused, form, plus, solved, tight
from symcat.checker.table import Expr, Factors, Number, Table, Term

ONE: Term = ((), ())
MOST = 200           # powers are multiplied out up to this exponent
Moves = Mapping[int, Form]


class Expressions(Table):
    """Arithmetic of expressions; functions and sums come with the classes built on this one."""

    def collect(self, items: Iterable[tuple[Term, Number]]) -> Expr:
        total = {}
        for term, q in items:
            q = total.get(term, 0) + q
            q = q % self.modulus if self.modulus else q
            total[term] = q
        return {term: q for term, q in total.items() if q}

    def add(self, *parts: Expr) -> Expr:
        return self.collect([item for part in parts for item in part.items()])

    def scale(self, e: Expr, q: Number) -> Expr:
        return self.collect([(term, k * q) for term, k in e.items()])

    def atom(self, *thing: Any) -> Expr:
        return {((), ((self.id(*thing), 1),)): 1}

    def value(self, e: Form) -> Expr:
        return self.collect([(ONE, e[0]), *[(((), ((self.id("value", v), 1),)), k) for v, k in e[1]]])

    def guard(self, g: Form) -> Expr:
        return self.term((g,), ())

    def delta(self, e: Form) -> Expr:
        e = plus(ZERO, e, -1) if e[1] and e[1][0][1] < 0 else e
        return self.term((), ((self.id("zero", e), 1),))

    def product(self, *parts: Expr) -> Expr:
        result = {ONE: 1}
        for part in parts:
            items = []
            for (guards, factors), p in result.items():
                for (more, others), q in part.items():
                    merged = dict(factors)
                    for a, k in others:
                        merged[a] = merged.get(a, 0) + k
                    term = self.term(guards + more, tuple(sorted(i for i in merged.items() if i[1])))
                    items += [(t, k * p * q) for t, k in term.items()]
            result = self.collect(items)
        return result

    def power(self, e: Expr, n: int) -> Expr:
        """An integer power; a negative one of what is shown not to be 0."""
        if n < 0:
            e, n = self.inverse(e), -n
        if len(e) == 1:
            ((guards, factors), q), = e.items()
            if not guards and not any(self.special(a) for a, _ in factors):
                if abs(n) > MOST and abs(q) != 1:
                    raise Refused(f"a power of {n}, more than {MOST}, of a number")
                return self.collect([(((), tuple((a, k * n) for a, k in factors)), q ** n)]) if n else {ONE: 1}
        if n > MOST:
            raise Refused(f"a power of {n}, more than {MOST}, would be multiplied out")
        return self.product(*[e] * n)

    def special(self, a: int) -> bool:
        thing = self.things[a]
        return thing[0] in ("zero", "several") or (thing[0] == "call" and thing[1].startswith("root"))

    def inverse(self, e: Expr) -> Expr:
        """1/e for an e that is not 0."""
        if not e:
            raise Refused("a denominator is 0")
        if len(e) == 1:
            ((guards, factors), q), = e.items()
            if not guards and all(self.kind(a) != "zero" for a, _ in factors):
                return self.product({ONE: Fraction(1) / q}, *[self.atom_power(a, -k) for a, k in factors])
        shared = self.common(e)
        rest = self.product(e, {((), tuple((a, -k) for a, k in shared)): 1})
        q = min(rest.items())[1]
        several = self.id("several", self.freeze(self.scale(rest, Fraction(1) / q)))
        return self.product({((), tuple((a, -k) for a, k in shared)): Fraction(1) / q}, {((), ((several, -1),)): 1})

    def common(self, e: Expr, denominators: bool = False) -> Factors:
        """The monomial that divides every term; with `denominators` those of several terms belong to it."""
        monomials = [dict(factors) for _, factors in e]
        atoms = sorted({a for m in monomials for a in m if not self.special(a) or (denominators and self.kind(a) == "several")})
        least = [(a, min(m.get(a, 0) for m in monomials)) for a in atoms]
        return tuple((a, k) for a, k in least if k)

    def cleared(self, e: Expr) -> Expr:
        """An expression, all under one condition, times the highest power of one of its denominators of several terms."""
        several = [a for _, factors in e for a, _ in factors if self.kind(a) == "several"]
        if not several:
            return e
        chosen = max(several, key=lambda a: (self.depths[a], len(self.things[self.things[a][1]][1]), a))
        body, most = self.thaw(self.things[chosen][1]), max(-dict(factors).get(chosen, 0) for _, factors in e)
        parts = []
        for (guards, factors), q in e.items():
            rest = tuple(item for item in factors if item[0] != chosen)
            parts.append(self.product({(guards, rest): q}, self.power(body, most + dict(factors).get(chosen, 0))))
        return self.add(*parts)

    def atom_power(self, a: int, n: int) -> Expr:
        """A power of an atom: a denominator comes out, whole powers of a root come out."""
        thing = self.things[a]
        if thing[0] == "several" and n > 0:
            return self.power(self.thaw(thing[1]), n)
        if thing[0] == "call" and thing[1].startswith("root"):
            whole, left = divmod(n, int(thing[1][4:]))
            return self.product(self.power(self.thaw(thing[2][0]), whole), {((), ((a, left),) if left else ()): 1})
        return {((), ((a, n),) if n else ()): 1}

    def settled(self, a: int, k: int) -> bool:
        thing = self.things[a]
        root = thing[0] == "call" and thing[1].startswith("root")
        return not ((thing[0] == "several" and k > 0) or (root and not 0 <= k < int(thing[1][4:])))

    def term(self, guards: Sequence[Form], factors: Factors) -> Expr:
        """[guards] * factors: roots reduced, deltas solved for one variable each, which is replaced, and implied guards dropped."""
        wild = [(a, k) for a, k in factors if not self.settled(a, k)]
        if wild:
            rest = self.term(guards, tuple(item for item in factors if item not in wild))
            return self.product(rest, *[self.atom_power(a, k) for a, k in wild])
        deltas = [self.things[a][1] for a, _ in factors if self.kind(a) == "zero"]
        if not deltas:
            guards = self.simplified(guards)
            return {} if guards is None else {(guards, factors): 1}
        return self.under(guards, tuple(item for item in factors if self.kind(item[0]) != "zero"), deltas)

    def under(self, guards: Sequence[Form], factors: Factors, equations: Sequence[Form]) -> Expr:
        values, kept, waiting = {}, [], list(equations)
        while waiting:
            e = waiting.pop(0)
            divisor = gcd(*[q for _, q in e[1]])
            if not divisor or e[0] % divisor:
                if e[0]:
                    return {}
                continue
            e = tight(e)
            v = max(self.solvable(e), default=None)
            if v is None:
                kept.append(e)
                continue
            move = {v: solved(e, v)}
            values = {w: self.moved(x, move) for w, x in values.items()} | move
            waiting, kept = [self.moved(x, move) for x in waiting + kept], []
        equations = [plus(form(v), x, -1) for v, x in values.items()] + kept
        equations = sorted({plus(ZERO, e, -1) if e[1][0][1] < 0 else e for e in equations if e[1]})
        zeros = tuple((self.id("zero", e), 1) for e in equations)
        items = []
        for (conditions, others), q in self.substituted({(guards, factors): 1}, values).items():
            if any(self.kind(a) == "zero" for a, _ in others):
                items += [(t, k * q) for t, k in self.term(conditions, tuple(sorted({*others, *zeros}))).items()]
            elif (simple := self.simplified(conditions, equations)) is not None:
                items.append(((simple, tuple(sorted(others + zeros))), q))
        return self.collect(items)

    def solvable(self, e: Form) -> list[int]:
        """The variables, not dims, of coefficient 1 or -1 that do not occur elsewhere in a form."""
        return [v for v, k in e[1] if abs(k) == 1 and self.kind(v) != "dim" and all(v == w or v not in self.free[w] for w, _ in e[1])]

    # ---- substitution
    def moved(self, e: Form, values: Moves) -> Form:
        """A form with variables replaced, in selectors too."""
        total = e[0], ()
        for v, k in e[1]:
            image = values.get(v) or (self.chosen(v, values) if self.kind(v) == "argmax" else form(v))
            total = plus(total, image, k)
        return total

    def chosen(self, v: int, values: Moves) -> Form:
        values = {w: x for w, x in values.items() if w in self.free[v]}
        if not values:
            return form(v)
        _, component, extents, body = self.things[v]
        own = [self.id("dummy", self.depths[body] + 1, k, d) for k, d in enumerate(extents)]
        extents = tuple(self.moved(d, values) for d in extents)
        holes = self.unused("index", self.within(values.values()) | self.free[body], extents)
        moves = values | {w: form(hole) for w, hole in zip(own, holes, strict=True)}
        return self.selector(component, extents, holes, self.substituted(self.thaw(body), moves))

    def selector(self, component: int, extents: tuple[Form, ...], holes: Sequence[int], body: Expr) -> Form:
        """A component of the first maximiser of a body, from which what does not depend on the indices and a scale are taken."""
        body = {term: q for term, q in body.items() if self.within(*term) & set(holes)}
        if not body:
            return ZERO
        depth = self.depths[self.freeze(body)] + 1
        body = self.substituted(body, {hole: form(self.id("dummy", depth, k, extents[k])) for k, hole in enumerate(holes)})
        body = self.scale(body, Fraction(1) / abs(min(body.items())[1])) if body else body
        if self.depths[self.freeze(body)] + 1 != depth:
            raise Refused("an index left its maximum")
        return form(self.id("argmax", component, extents, self.freeze(body)))

    def substituted(self, e: Expr, values: Moves) -> Expr:
        if not values:
            return e
        items = []
        for (guards, factors), q in e.items():
            if not self.within(guards, factors) & values.keys():
                items.append(((guards, factors), q))
                continue
            guards = self.simplified([self.moved(g, values) for g in guards])
            if guards is not None:
                images = [self.power(self.image(a, values), k) if self.kind(a) != "several" or k > 0 else
                          self.power(self.substituted(self.thaw(self.things[a][1]), values), k) for a, k in factors]
                items += [(t, k * q) for t, k in self.product({(guards, ()): 1}, *images).items()]
        return self.collect(items)

    def image(self, a: int, values: Moves) -> Expr:
        """An atom with variables replaced."""
        own = tuple(sorted((v, x) for v, x in values.items() if v in self.free[a]))
        if not own:
            return {((), ((a, 1),)): 1}
        key = "image", a, own, self.facts
        if key not in self.memo:
            self.memo[key] = self.new_image(self.things[a], dict(own))
        return self.memo[key]

    def new_image(self, thing: tuple, values: Moves) -> Expr:
        match thing:
            case ("read", name, forms):
                return self.atom("read", name, tuple(self.moved(e, values) for e in forms))
            case ("cut", extents, body, forms):
                return self.atom("cut", extents, body, tuple(self.moved(e, values) for e in forms))
            case ("value", v):
                return self.value(self.moved(form(v), values))
            case ("zero", e):
                return self.delta(self.moved(e, values))
            case ("call", function, arguments):
                return self.apply(function, *[self.substituted(self.thaw(e), values) for e in arguments])
            case ("several", e):
                return self.substituted(self.thaw(e), values)
            case ("sum", *_):
                guards, body, bound = self.opened(thing, self.within(values.values()), values)
                return self.totals(body, guards, bound)
        raise Refused(f"nothing can be put into {thing[0]}")
