"""The canonical form of one sum: its bound indices up to every unimodular affine change.

Factors are put in the order of their skeletons (what is left when the index slots are blanked); the linear parts of the slots,
stacked as rows, have a column Hermite form, which fixes the linear change; each pivot slot then fixes a shift.  Among equal
skeletons every order is tried, up to a cap, and the least result wins: numbers are those of one table, so both sides agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product
from math import factorial, prod

from symcat.category.polyhedron import tight
from symcat.prove.index.affine import Affine, coefficient, make, plus, variable
from symcat.prove.index.hermite import column_hermite
from symcat.prove.index.maxima import Maxima
from symcat.prove.index.table import NONE, Call, Expr, Factors, Number, Read, Several, Sum, Term, Value, Zero

ORDER_CAP = 720


@dataclass(frozen=True)
class Shape:
    """A factor's skeleton, the factor, and its slots: index forms that mention a bound variable, in order."""

    skeleton: int
    factor: tuple[int, int]
    slots: tuple[Affine, ...]


class Canonical(Maxima):
    """Canonical sums."""

    _skeletons: dict[tuple, int]

    def canonical(self, bound: list[int], guards: frozenset, factors: Factors) -> Expr:
        """The sum over the bound variables as an atom (several where an index stands as a number)."""
        atoms = self.table.atoms
        values = tuple([(a, k) for a, k in factors if k > 0 and isinstance(atoms[a], Value) and atoms[a].variable in bound])
        pure = tuple([item for item in factors if item not in values])
        depth = 1 + max([self.table.depth[a] for a, _ in factors] + [self.table.forms_depth(guards)])
        best: tuple | None = None
        for moves in self._changes(bound, guards, pure, depth):
            found = self._image_under(moves, guards, pure, values)
            if found is not None and (best is None or found[:3] < best[:3]):
                best = found
        if best is None:
            raise ArithmeticError("no canonical change of indices")
        kept, image, number, q = best
        result = self._sums(depth, len(bound), kept, image, number, degree(values))
        if not self._scope(result) <= self._outer(bound, guards, factors):
            raise ArithmeticError("a bound index left its sum")
        return self.scale(result, q)

    def _scope(self, e: Expr) -> frozenset[int]:
        """The free variables of an expression that are not selectors."""
        return frozenset().union(*[self.table.factors_free(factors) for _, factors in e]) - self.table.selectors

    def _outer(self, bound: list[int], guards: frozenset, factors: Factors) -> frozenset[int]:
        """The variables that are free in the whole sum."""
        return (self.table.factors_free(factors) | self.table.forms_free(guards)) - frozenset(bound)

    def _image_under(self, moves: dict[int, Affine], guards: frozenset, pure: Factors, values: Factors) -> tuple | None:
        """Guards, factors, the frozen product of index values and a coefficient after a change of the bound variables."""
        image = self.substitute({(NONE, pure): 1}, moves)
        if len(image) != 1:
            return None
        (((conditions, changed), q),) = image.items()
        if conditions:
            return None
        kept = tuple(sorted(tight(self.moved(guard, moves)) for guard in guards))
        number = self.table.freeze(self.substitute({(NONE, values): 1}, moves))
        return kept, changed, number, q

    def _sums(self, depth: int, count: int, guards: tuple[Affine, ...], pure: Factors, number: int, top: int) -> Expr:
        """One atom for each term of the product of index values; terms of lower degree are summed anew."""
        items: list[tuple[Term, Number]] = []
        own = frozenset(self.table.bound(depth, k) for k in range(count))
        for (_, factors), q in self.table.frozen[number]:
            inside = tuple([item for item in factors if self.table.free[item[0]] & own])
            outside = tuple([item for item in factors if item not in inside])
            if degree(inside) == top:
                data = Sum(depth, count, guards, tuple(sorted([*pure, *inside])))
                items.append(((NONE, tuple(sorted([*outside, (self.table.atom(data), 1)]))), q))
                continue
            fresh = self.table.scratch(self.table.factors_free((*pure, *factors)) | self.table.forms_free(guards), count)
            moves = {self.table.bound(depth, k): variable(v) for k, v in enumerate(fresh)}
            body = self.substitute({(NONE, tuple(sorted([*pure, *inside]))): 1}, moves)
            lower = self.total_of(body, frozenset([self.moved(guard, moves) for guard in guards]), fresh)
            items.extend((term, k * q) for term, k in self.multiply({(NONE, outside): 1}, lower).items())
        return self.collect(items)

    # ---- changes of indices
    def _changes(self, bound: list[int], guards: frozenset, factors: Factors, depth: int) -> Iterator[dict[int, Affine]]:
        """Candidate substitutions of the bound variables by the canonical ones of this depth."""
        own = frozenset(bound)
        outer = self._outer(bound, guards, factors)
        names = [self.table.bound(depth, k) for k in range(len(bound))]
        ranked = sorted(guards, key=lambda g: (len(self.table.form_free(g) & own), g))
        seen: set[tuple] = set()
        for order in self._orders(factors, own):
            slots = [slot for shape in order for slot in shape.slots]
            change, pivots = column_hermite(self._rows(slots, bound), len(bound))
            if len(pivots) < len(bound):
                slots += ranked
                change, pivots = column_hermite(self._rows(slots, bound), len(bound))
            linear = {v: make(0, {names[j]: change[i][j] for j in range(len(bound))}) for i, v in enumerate(bound)}
            shifts = self._shifts(slots, pivots, linear, names, outer)
            moves = {v: self.moved(form, shifts) for v, form in linear.items()}
            signature = tuple(moves.items())
            if signature not in seen:
                seen.add(signature)
                yield moves

    @staticmethod
    def _rows(slots: list[Affine], bound: list[int]) -> list[list[int]]:
        return [[coefficient(slot, v) for v in bound] for slot in slots]

    def _shifts(self, slots: list[Affine], pivots: list, linear: dict[int, Affine], names: list[int],
                outer: frozenset[int]) -> dict[int, Affine]:
        """Translations that leave each pivot slot without free part, beyond residues modulo the pivot.

        Only variables free in the whole sum take part: a shift by one that is bound inside a factor would capture it, one by a
        selector that mentions a bound variable would not be a bijection.
        """
        shifts: dict[int, Affine] = {}
        for position, column, pivot in pivots:
            slot = self.moved(self.moved(slots[position], linear), shifts)
            free = {v: k // pivot for v, k in slot[1] if self.table.variable_free[v] <= outer}
            step = {names[column]: plus(variable(names[column]), make(slot[0] // pivot, free), -1)}
            shifts = {v: self.moved(form, step) for v, form in shifts.items()} | step
        return shifts

    def _orders(self, factors: Factors, own: frozenset[int]) -> Iterator[list[Shape]]:
        """The factors by skeleton, in every order of equal skeletons up to the cap."""
        groups: dict[int, list[Shape]] = {}
        for a, k in factors:
            slots: list[Affine] = []
            skeleton = self._skeleton_number(("factor", self._skeleton(a, own, slots), k))
            groups.setdefault(skeleton, []).append(Shape(skeleton, (a, k), tuple(slots)))
        ranked = [groups[key] for key in sorted(groups)]
        if prod(factorial(len(group)) for group in ranked) > ORDER_CAP:
            yield [shape for group in ranked for shape in group]
            return
        for choice in product(*[permutations(group) for group in ranked]):
            yield [shape for group in choice for shape in group]

    # ---- skeletons
    def _skeleton_number(self, key: tuple) -> int:
        return self._skeletons.setdefault(key, len(self._skeletons))

    def _skeleton(self, a: int, own: frozenset[int], slots: list[Affine]) -> int:
        """The skeleton of an atom; its slots are appended."""
        if not self.table.free[a] & own:
            return self._skeleton_number(("atom", a))
        match self.table.atoms[a]:
            case Read(name=name, indices=indices):
                key = ("read", name, tuple([self._slot(form, own, slots) for form in indices]))
            case Value(variable=v):
                key = ("value", self._slot(variable(v), own, slots))
            case Zero(form=form):
                key = ("zero", self._slot(form, own, slots))
            case Call(function=function, arguments=arguments):
                key = ("call", function, tuple([self._expression_skeleton(e, own, slots) for e in arguments]))
            case Several(body=body):
                key = ("several", self._expression_skeleton(body, own, slots))
            case Sum(count=count, guards=guards, factors=factors):
                marks = tuple(sorted([self._mark(guard, own) for guard in guards]))
                key = ("sum", count, marks, self._product_skeleton(factors, own, slots))
            case _:
                key = ("atom", a)
        return self._skeleton_number(key)

    def _slot(self, form: Affine, own: frozenset[int], slots: list[Affine]) -> tuple:
        if self.table.form_free(form) & own:
            slots.append(form)
            return ()
        return form

    def _mark(self, guard: Affine, own: frozenset[int]) -> tuple:
        return () if self.table.form_free(guard) & own else guard

    def _product_skeleton(self, factors: Factors, own: frozenset[int], slots: list[Affine]) -> tuple:
        items = []
        for a, k in factors:
            inner: list[Affine] = []
            items.append(((self._skeleton(a, own, inner), k), inner))
        items.sort(key=lambda item: item[0])
        for _, inner in items:
            slots.extend(inner)
        return tuple([key for key, _ in items])

    def _expression_skeleton(self, frozen: int, own: frozenset[int], slots: list[Affine]) -> tuple:
        items = []
        for (guards, factors), q in self.table.frozen[frozen]:
            inner: list[Affine] = []
            body = self._product_skeleton(factors, own, inner)
            items.append(((body, tuple(sorted([self._mark(guard, own) for guard in guards])), q), inner))
        items.sort(key=lambda item: item[0])
        for _, inner in items:
            slots.extend(inner)
        return tuple([key for key, _ in items])


def degree(factors: Factors) -> int:
    """The total degree of a monomial."""
    return sum(k for _, k in factors)
