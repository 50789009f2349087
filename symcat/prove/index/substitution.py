"""Substitution of affine forms for variables, in forms, selectors, atoms and expressions; sums are opened and summed anew."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from symcat.prove.index.affine import Affine, number, plus, variable
from symcat.prove.index.algebra import Algebra, Guards, Substitution
from symcat.prove.index.context import Context
from symcat.prove.index.table import NONE, UNIT, Atom, Call, Expr, Factors, Number, Read, Several, Sum, Table, Term, Value, Zero


class Substituting(Algebra):
    """An algebra in which variables can be replaced."""

    def __init__(self, table: Table, context: Context, modulus: int = 0) -> None:
        super().__init__(table, context, modulus)
        self._substituted: dict[tuple, Expr] = {}

    # ---- forms and selectors
    def moved(self, form: Affine, values: Substitution) -> Affine:
        """A form with variables replaced, inside selectors too."""
        table = self.table
        if not any(v in values or v in table.selectors for v, _ in form[1]):
            return form
        result = number(form[0])
        for v, k in form[1]:
            if v in values:
                result = plus(result, values[v], k)
            else:
                result = plus(result, self._moved_selector(v, values) if v in table.selectors else variable(v), k)
        return result

    def _moved_selector(self, v: int, values: Substitution) -> Affine:
        data = self.table.variables[v]
        inner = {w: value for w, value in values.items() if w in self.table.variable_free[v] and w != v}
        if not inner:
            return variable(v)
        extents = tuple(self.moved(extent, inner) for extent in data.extents)
        own = [self.table.dummy(self.table.selector_depth(data.body), k, e) for k, e in enumerate(data.extents)]
        used = self.table.forms_free(inner.values()) | self.table.frozen_free[data.body]
        holes = self.table.holes(used, extents)
        moves = inner | {v: variable(hole) for v, hole in zip(own, holes, strict=True)}
        return self.selector(data.component, extents, holes, self.substitute(self.table.thaw(data.body), moves))

    @abstractmethod
    def selector(self, component: int, extents: tuple[Affine, ...], holes: list[int], body: Expr) -> Affine:
        """A component of the first maximiser of a body over a box, whose indices are the holes."""

    # ---- expressions
    def substitute(self, e: Expr, values: Substitution) -> Expr:
        """The expression with variables replaced at once."""
        if not values:
            return e
        items: list[tuple[Term, Number]] = []
        keys = values.keys()
        for (guards, factors), q in e.items():
            if not (self.table.factors_free(factors) & keys or self.table.forms_free(guards) & keys):
                items.append(((guards, factors), q))
                continue
            simple = self.context.simplified(frozenset([self.moved(guard, values) for guard in guards]))
            if simple is None:
                continue
            items.extend((term, k * q) for term, k in self._substitute_factors(simple, factors, values).items())
        return self.collect(items)

    def _substitute_factors(self, guards: Guards, factors: Factors, values: Substitution) -> Expr:
        plain: dict[int, int] = {}
        scalar: Number = 1
        spread: list[Expr] = []
        for a, k in factors:
            image = self.substitute_atom(a, values) if self.table.free[a] & values.keys() else {(NONE, ((a, 1),)): 1}
            if isinstance(self.table.atoms[a], Several):
                spread.append(self.power(image, k))
                continue
            if len(image) == 1:
                (((conditions, inner), q),) = image.items()
                if not conditions and (k > 0 or q == 1):
                    scalar *= q ** k
                    for b, j in inner:
                        plain[b] = plain.get(b, 0) + j * k
                    continue
            spread.append(self.power(image, k))
        result = self.scale(self.term(guards, self._cleaned(plain)), scalar)
        for part in spread:
            result = self.multiply(result, part)
        return result

    def _cleaned(self, exponents: Mapping[int, int]) -> Factors:
        items = [(a, 1 if isinstance(self.table.atoms[a], Zero) else k) for a, k in sorted(exponents.items()) if k]
        return tuple(items)

    def substitute_atom(self, a: int, values: Substitution) -> Expr:
        """An atom with variables replaced: an expression, for a denominator that of its body."""
        own = {v: values[v] for v in sorted(self.table.free[a] & values.keys())}
        if not own:
            return {(NONE, ((a, 1),)): 1}
        key = (a, tuple(own.items()))
        found = self._substituted.get(key)
        if found is None:
            found = self._substituted[key] = self._image(self.table.atoms[a], own)
        return found

    def _image(self, data: Atom, values: Substitution) -> Expr:
        match data:
            case Read(name=name, indices=indices):
                return self.atom(Read(name, tuple([self.moved(form, values) for form in indices])))
            case Value(variable=v):
                return self.value(self.moved(variable(v), values))
            case Zero(form=form):
                return self.delta(self.moved(form, values))
            case Call(function=function, arguments=arguments):
                return self.apply(function, *[self.substitute(self.table.thaw(e), values) for e in arguments])
            case Several(body=body):
                return self.substitute(self.table.thaw(body), values)
            case Sum():
                return self.retotal(data, values)
            case _:
                return self.atom(data)

    # ---- sums
    def opened(self, data: Sum, used: frozenset[int], values: Substitution) -> tuple[Guards, Expr, list[int]]:
        """A sum's guards and body over scratch variables that are not in use, with other variables replaced on the way."""
        fresh = self.table.scratch(used, data.count)
        moves = dict(values) | {self.table.bound(data.depth, k): variable(v) for k, v in enumerate(fresh)}
        guards = frozenset([self.moved(guard, moves) for guard in data.guards])
        return guards, self.substitute({(NONE, data.factors): 1}, moves), fresh

    def retotal(self, data: Sum, values: Substitution) -> Expr:
        """A sum with variables replaced, summed anew."""
        used = self.table.forms_free(values.values()) | self.table.forms_free(data.guards) | self.table.factors_free(data.factors)
        guards, body, fresh = self.opened(data, used, values)
        return self.total_of(body, guards, fresh)

    def total_of(self, body: Expr, guards: Guards, bound: list[int]) -> Expr:
        """The sum of an expression, under further guards, over all values of the bound variables."""
        return self.collect([(term, k * q) for (more, factors), q in body.items()
                             for term, k in self.total(guards | more, factors, bound).items()])

    def renormalised(self, e: Expr) -> Expr:
        """The expression built anew in this algebra's context."""
        items: list[tuple[Term, Number]] = []
        for (guards, factors), q in e.items():
            result = self.term(guards, ())
            for a, k in factors:
                result = self.multiply(result, self.power(self._renewed(self.table.atoms[a]), k) if k else {UNIT: 1})
            items.extend((term, p * q) for term, p in result.items())
        return self.collect(items)

    def _renewed(self, data: Atom) -> Expr:
        if isinstance(data, Sum):
            return self.retotal(data, {})
        if isinstance(data, Several):
            return self.table.thaw(data.body)
        if isinstance(data, Zero):
            return self.delta(data.form)
        if isinstance(data, Call):
            arguments = [self.renormalised(self.table.thaw(e)) for e in data.arguments]
            if any(self.table.freeze(e) != old for e, old in zip(arguments, data.arguments, strict=True)):
                return self.apply(data.function, *arguments)
        return self.atom(data)
