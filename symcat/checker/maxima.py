"""First maximisers: bodies that have the same one, and maxima of maxima.

The first maximiser of a body over a box, in row-major order, stays where it is under every strictly increasing change of the
body's values, ties included.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symcat.checker.forms import ZERO, Form, form
from symcat.checker.functions import Functions
from symcat.checker.table import Expr

INCREASING = ("exp", "log", "tanh", "sigmoid", "softplus")     # log and roots stand only where they are defined


class Maxima(Functions):
    """Selectors."""

    def selector(self, component: int, extents: tuple[Form, ...], holes: Sequence[int], body: Expr) -> Form:
        """A component of the first maximiser of a body over a box, whose indices are the holes."""
        body = self.maximand(body, set(holes))
        if not body:
            return ZERO
        found = self.trailing(component, extents, holes, body)
        found = self.iterated(component, extents, holes, body) if found is None else found
        return super().selector(component, extents, holes, body) if found is None else found

    def maximand(self, body: Expr, own: set[int]) -> Expr:
        """A simpler body with the same first maximiser."""
        while True:
            body = {term: q for term, q in body.items() if self.within(*term) & own}
            simpler = None if self.modulus or not body else self.without_factors(body, own)
            simpler = self.under_increasing(body, own) if simpler is None and body and not self.modulus else simpler
            if simpler is None:
                return body
            body = simpler

    def without_factors(self, body: Expr, own: set[int]) -> Expr | None:
        """c g is greatest where g is, for a c > 0 that does not depend on the indices."""
        powers = []
        for a in sorted({a for _, factors in body for a, _ in factors if not self.free[a] & own}):
            found = {dict(factors).get(a, 0) for _, factors in body}
            if min(found) and (len(found) == 1 or not self.special(a)) and self.atom_sign(a) == ">0":
                powers.append((a, -min(found)))
        return self.product(body, {((), tuple(powers)): 1}) if powers else None

    def under_increasing(self, body: Expr, own: set[int]) -> Expr | None:
        """q f(g) is greatest where q g is, for a strictly increasing f and a number q."""
        if len(body) != 1:
            return None
        ((guards, factors), q), = body.items()
        if guards or not all(self.free[a] & own for a, _ in factors):
            return None
        sign, calls = 1 if q > 0 else -1, [(self.things[a], k) for a, k in factors]
        if all(thing[:2] == ("call", "exp") for thing, _ in calls):
            return self.add(*[self.scale(self.thaw(thing[2][0]), sign * k) for thing, k in calls])
        (a, k), = factors if len(factors) == 1 else ((0, 0),)
        thing = self.things[a]
        if k == 1 and thing[0] == "call" and (thing[1] in INCREASING or thing[1].startswith("root")):
            return self.scale(self.thaw(thing[2][0]), sign)
        if k not in (0, 1) and self.atom_sign(a) == ">0":
            return {((), ((a, 1),)): sign if k > 0 else -sign}
        return None

    def iterated(self, component: int, extents: tuple[Form, ...], holes: Sequence[int], body: Expr) -> Form | None:
        """The first maximiser of max over j of g(h, j) is the h of the first maximiser of g over h and then j."""
        for s in sorted(v for v in self.scope(body) if self.kind(v) == "argmax" and self.free[v] & set(holes)):
            _, _, inner, frozen = self.things[s]
            if self.within(inner) & set(holes):
                continue
            family = [self.id("argmax", k, inner, frozen) for k in range(len(inner))]
            fresh = self.unused("index", self.scope(body) | set(holes), inner)
            opened = self.substituted(body, {v: form(w) for v, w in zip(family, fresh, strict=True)})
            if all(self.selector(k, inner, fresh, opened) == form(v) for k, v in enumerate(family)):
                return self.selector(component, extents + inner, [*holes, *fresh], opened)
        return None

    def scaled(self, body: Expr) -> Expr:
        """A body times the positive number that makes its leading coefficient 1 or -1."""
        return self.scale(body, Fraction(1) / abs(min(body.items())[1]))

    def trailing(self, component: int, extents: tuple[Form, ...], holes: Sequence[int], body: Expr) -> Form | None:
        """Where (h, j) is the first maximiser of g, the first maximiser of g(h, -) is j."""
        for s in sorted(v for v in self.scope(body) if self.kind(v) == "argmax" and not self.free[v] & set(holes)):
            _, _, all_extents, frozen = self.things[s]
            first = len(all_extents) - len(extents)
            if first < 1 or all_extents[first:] != extents:
                continue
            family = [self.id("argmax", k, all_extents, frozen) for k in range(len(all_extents))]
            names = [self.id("dummy", self.depths[frozen] + 1, k, d) for k, d in enumerate(all_extents)]
            values = [form(v) for v in family[:first]] + [form(hole) for hole in holes]
            whole = self.maximand(self.substituted(self.thaw(frozen), dict(zip(names, values, strict=True))), set(holes))
            if whole and self.scaled(whole) == self.scaled(body):
                return form(family[first + component])
        return None
