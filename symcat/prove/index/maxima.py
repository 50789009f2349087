"""Selectors in normal form: bodies with the same first maximiser, and maxima of maxima.

The first maximiser of a body over a box, in row-major order, stays where it is under every strictly increasing change of the
body's values, ties included; so programs that select alike have equal derivatives too.  Changes that only keep the value of a
maximum, and may move the place where it is taken on a tie, have no rule here.
"""

from __future__ import annotations

from symcat.prove.index.affine import Affine, number, variable
from symcat.prove.index.algebra import reciprocal
from symcat.prove.index.functions import Functions
from symcat.prove.index.table import Call, Expr, Variable

INCREASING = frozenset({"exp", "log", "tanh", "sigmoid", "softplus"})   # strictly, wherever they are defined


class Maxima(Functions):
    """Selectors up to increasing changes of their bodies."""

    def selector(self, component: int, extents: tuple[Affine, ...], holes: list[int], body: Expr) -> Affine:
        """A component of the first maximiser of a body over a box, whose indices are the holes; of a constant that is the origin."""
        own = frozenset(holes)
        body = self.maximand(body, own)
        if not body:
            return number(0)
        found = self._trailing(component, extents, holes, body)
        if found is None:
            found = self._iterated(component, extents, holes, body)
        return found if found is not None else self._selector(component, extents, holes, body)

    def _selector(self, component: int, extents: tuple[Affine, ...], holes: list[int], body: Expr) -> Affine:
        """The variable of a selector whose body is in normal form."""
        depth = self.table.selector_depth(self.table.freeze(body))
        names = {hole: variable(self.table.dummy(depth, k, extents[k])) for k, hole in enumerate(holes)}
        frozen = self.table.freeze(self._scaled(self.substitute(body, names)))
        return variable(self.table.variable(Variable("selector", "", None, component, extents, frozen)))

    def _scaled(self, body: Expr) -> Expr:
        """A body times the positive number that makes its leading coefficient 1 or -1."""
        leading = self.table.frozen[self.table.freeze(body)][0][1] if body else 1
        return self.scale(body, reciprocal(abs(leading)))

    # ---- increasing changes
    def maximand(self, body: Expr, own: frozenset[int]) -> Expr:
        """A simpler body with the same first maximiser over the holes: what does not depend on them is dropped."""
        while True:
            body = {term: q for term, q in body.items() if own & (self.table.factors_free(term[1]) | self.table.forms_free(term[0]))}
            simpler = None if self.modulus else self._without_positive_factors(body, own)
            if simpler is None and not self.modulus:
                simpler = self._under_increasing(body, own)
            if simpler is None:
                return body
            body = simpler

    def _without_positive_factors(self, body: Expr, own: frozenset[int]) -> Expr | None:
        """c g and g have the same maximisers where c > 0 does not depend on the holes; None where there is no such factor."""
        powers: dict[int, int] = {}
        for a in sorted({a for _, factors in body for a, _ in factors if not self.table.free[a] & own}):
            found = {dict(factors).get(a, 0) for _, factors in body}
            if min(found) and (len(found) == 1 or not self.table.special[a]) and self.atom_sign(a) == ">0":
                powers[a] = min(found)
        if not powers:
            return None
        self.count("positive_factor")
        return {(guards, tuple([(a, k - powers.get(a, 0)) for a, k in self._padded(factors, powers) if k != powers.get(a, 0)])): q
                for (guards, factors), q in body.items()}

    @staticmethod
    def _padded(factors: tuple, powers: dict[int, int]) -> list[tuple[int, int]]:
        """The factors with exponent 0 for those of the powers that are absent."""
        own = dict(factors)
        return sorted((own | {a: own.get(a, 0) for a in powers}).items())

    def _under_increasing(self, body: Expr, own: frozenset[int]) -> Expr | None:
        """q f(g) and q g have the same maximisers where f is strictly increasing, q a rational; products of exp have a sum inside."""
        if len(body) != 1:
            return None
        (((guards, factors), q),) = body.items()
        if guards or not all(self.table.free[a] & own for a, _ in factors):
            return None
        sign = 1 if q > 0 else -1
        calls = [(self.table.atoms[a], k) for a, k in factors]
        if all(isinstance(data, Call) and data.function == "exp" for data, _ in calls):
            self.count("increasing")
            return self.add({}, *[self.scale(self.table.thaw(data.arguments[0]), sign * k) for data, k in calls])
        if len(factors) != 1:
            return None
        ((data, k),) = calls
        if k == 1 and isinstance(data, Call) and (data.function in INCREASING or data.function.startswith("root")):
            self.count("increasing")
            return self.scale(self.table.thaw(data.arguments[0]), sign)
        if k != 1 and self.atom_sign(factors[0][0]) == ">0":
            self.count("increasing")
            return {(guards, ((factors[0][0], 1),)): sign if k > 0 else -sign}
        return None

    # ---- maxima of maxima
    def _iterated(self, component: int, extents: tuple[Affine, ...], holes: list[int], body: Expr) -> Affine | None:
        """argmax_h of max_j g(h, j) is the h of the first maximiser of g over h and then j: that is the row-major order."""
        own = frozenset(holes)
        for s in sorted(self.table.frozen_free[self.table.freeze(body)] & self.table.selectors):
            data = self.table.variables[s]
            if not self.table.variable_free[s] & own or self.table.forms_free(data.extents) & own:
                continue
            family = [self.table.variable(Variable("selector", "", None, k, data.extents, data.body)) for k in range(len(data.extents))]
            inner = self.table.holes(self.table.frozen_free[self.table.freeze(body)] | own, data.extents)
            opened = self.substitute(body, {v: variable(hole) for v, hole in zip(family, inner, strict=True)})
            if all(self.selector(k, data.extents, inner, opened) == variable(v) for k, v in enumerate(family)):
                self.count("iterated_maximum")
                return self.selector(component, extents + data.extents, [*holes, *inner], opened)
        return None

    def _trailing(self, component: int, extents: tuple[Affine, ...], holes: list[int], body: Expr) -> Affine | None:
        """Where (h, j) is the first maximiser of g, the first maximiser of g(h, -) is j."""
        own, scaled = frozenset(holes), self._scaled(body)
        for s in sorted(self.table.frozen_free[self.table.freeze(body)] & self.table.selectors):
            data = self.table.variables[s]
            first = len(data.extents) - len(extents)
            if first < 1 or data.extents[first:] != extents or self.table.variable_free[s] & own:
                continue
            family = [self.table.variable(Variable("selector", "", None, k, data.extents, data.body)) for k in range(len(data.extents))]
            depth = self.table.selector_depth(data.body)
            names = [self.table.dummy(depth, k, extent) for k, extent in enumerate(data.extents)]
            values = [variable(v) for v in family[:first]] + [variable(hole) for hole in holes]
            whole = self.substitute(self.table.thaw(data.body), dict(zip(names, values, strict=True)))
            if self._scaled(self.maximand(whole, own)) == scaled:
                self.count("trailing_maximum")
                return variable(family[first + component])
        return None
