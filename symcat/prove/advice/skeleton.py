"""Texts of expressions that do not depend on the numbers of a table, and skeletons: texts with the slots of bound indices left blank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, permutations, product
from math import factorial, prod

from symcat.checker.equations import Replay
from symcat.checker.forms import Form, form
from symcat.checker.table import Expr, Factors

ORDERS = 720
NOTHING: frozenset[int] = frozenset()
Slots = list[Form]


class Skeletons:
    """The texts of one table's expressions."""

    def __init__(self, table: Replay) -> None:
        self.table = table
        self.tied = False     # whether slots of one factor came in an order that was a matter of chance

    def text(self, e: Expr) -> str:
        return self._whole(e, NOTHING, [])

    def orders(self, factors: Factors, own: frozenset[int]) -> Iterator[Slots]:
        """The slots of factors in the order of their skeletons; among equal ones every order, up to a cap."""
        groups: dict[str, list[Slots]] = {}
        for a, k in factors:
            slots: Slots = []
            groups.setdefault(f"{self._atom(a, own, slots)}^{k}", []).append(slots)
        ranked = [groups[key] for key in sorted(groups)]
        if prod(factorial(len(group)) for group in ranked) > ORDERS:
            yield [slot for group in ranked for slots in group for slot in slots]
            return
        for choice in product(*[permutations(group) for group in ranked]):
            yield [slot for group in choice for slots in group for slot in slots]

    def form(self, e: Form, own: frozenset[int] = NOTHING) -> str:
        return "+".join([str(e[0]), *sorted(f"{q}{'_' if v in own else self._variable(v)}" for v, q in e[1])])

    def _variable(self, v: int) -> str:
        match self.table.things[v]:
            case ("argmax", k, extents, body):
                return f"argmax{k}[{','.join(map(self.form, extents))}]({self.text(self.table.thaw(body))})"
            case ("index" | "dummy" as kind, *where, extent):
                return f"{kind}{where}<{self.form(extent)}"
        return str(self.table.things[v])

    def _slot(self, e: Form, own: frozenset[int], slots: Slots) -> str:
        if self.table.within([e]) & own:
            slots.append(e)
            return "_"
        return self.form(e)

    def _slots(self, forms: Iterable[Form], own: frozenset[int], slots: Slots) -> str:
        return ",".join([self._slot(e, own, slots) for e in forms])

    def _atom(self, a: int, own: frozenset[int], slots: Slots) -> str:
        """The skeleton of an atom; its slots are appended."""
        thaw = self.table.thaw
        match self.table.things[a]:
            case ("read", name, forms):
                return f"x{name}[{self._slots(forms, own, slots)}]"
            case ("cut", extents, body, forms):
                return f"({self.text(thaw(body))})[{','.join(map(self.form, extents))}][{self._slots(forms, own, slots)}]"
            case ("value", v):
                return f"value({self._slot(form(v), own, slots)})"
            case ("zero", e):
                return f"zero({self._slot(e, own, slots)})"
            case ("call", function, arguments):
                return f"{function}({','.join([self._whole(thaw(e), own, slots) for e in arguments])})"
            case ("several", e):
                return f"several({self._whole(thaw(e), own, slots)})"
            case ("sum", _, count, guards, factors):
                return f"sum{count}({self._marks(guards, own)};{self._product(factors, own, slots)})"
        return str(self.table.things[a])

    def _marks(self, guards: Iterable[Form], own: frozenset[int]) -> str:
        return ",".join(sorted(self._slot(g, own, []) for g in guards))

    def _product(self, factors: Factors, own: frozenset[int], slots: Slots) -> str:
        return self._sorted([(lambda inner, a=a, k=k: f"{self._atom(a, own, inner)}^{k}") for a, k in factors], "*", slots)

    def _whole(self, e: Expr, own: frozenset[int], slots: Slots) -> str:
        terms = [(lambda inner, g=g, f=f, q=q: f"{q}[{self._marks(g, own)}]{self._product(f, own, inner)}") for (g, f), q in e.items()]
        return self._sorted(terms, "+", slots)

    def _sorted(self, parts: list, sign: str, slots: Slots) -> str:
        """Texts in order, the slots of each in its place."""
        found = []
        for part in parts:
            inner: Slots = []
            found.append((part(inner), inner))
        found.sort(key=lambda item: item[0])
        self.tied |= any(one[0] == other[0] and one[1] for one, other in pairwise(found))
        for _, inner in found:
            slots += inner
        return sign.join(text for text, _ in found)
