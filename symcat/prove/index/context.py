"""What is known of the free variables of a goal: ranges of indices, dims at least 1, facts about dims; guards under it.

A context is a value of one goal.  `assume` makes another one; nothing known in one leaks into another.
"""

from __future__ import annotations

from collections.abc import Iterable

from symcat.category.polyhedron import empty, tight
from symcat.prove.index.affine import ZERO, Affine, below, negated, number, plus, variable
from symcat.prove.index.table import Table

Guards = frozenset
QUESTIONS = 20000


class ExhaustedError(ArithmeticError):
    """An attempt that would take more work than it may."""


class Questions:
    """How many eliminations one attempt, with all its contexts, may still run."""

    def __init__(self, left: int) -> None:
        self.left = left

    def ask(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ExhaustedError("too many questions about guards")


class Context:
    """Facts that hold throughout, and answers to questions about guards under them."""

    def __init__(self, table: Table, facts: Iterable[Affine] = (), questions: Questions | None = None) -> None:
        self.table, self.questions = table, questions or Questions(QUESTIONS)
        self.facts = tuple(dict.fromkeys(facts))
        self._known: dict[int, tuple[Affine, ...]] = {}
        self._empty: dict[frozenset, bool] = {}
        self._simple: dict[Guards, Guards | None] = {}
        self._implied: dict[tuple[Guards, Affine], bool] = {}

    def assume(self, guard: Affine) -> Context:
        """The context in which one more guard holds."""
        return Context(self.table, (*self.facts, guard), self.questions)

    # ---- questions
    def contradictory(self) -> bool:
        """Whether the facts are shown to have no integer solution."""
        return self.infeasible(self.facts)

    def infeasible(self, guards: Iterable[Affine]) -> bool:
        """Whether no integer point of the context satisfies all guards (shown)."""
        full = frozenset(self._closure(guards))
        found = self._empty.get(full)
        if found is None:
            self.questions.ask()
            found = self._empty[full] = empty(full)
        return found

    def implied(self, guards: Guards, goal: Affine) -> bool:
        """Whether the guards imply the goal in this context (shown)."""
        if not goal[1]:
            return goal[0] >= 0
        key = (guards, goal)
        found = self._implied.get(key)
        if found is None:
            found = self._implied[key] = self.infeasible([*guards, negated(goal)])
        return found

    def holds(self, goal: Affine) -> bool:
        """Whether the goal holds in this context (shown)."""
        return self.implied(frozenset(), goal)

    def simplified(self, guards: Guards) -> Guards | None:
        """The guards without those that the others and the context imply; None when no point satisfies them."""
        if not guards:
            return guards
        if guards not in self._simple:
            self._simple[guards] = guards if self.box(guards) is not None else self._irredundant(guards)
        return self._simple[guards]

    def _irredundant(self, guards: Guards) -> Guards | None:
        kept = {tight(guard) for guard in guards}
        if any(not guard[1] and guard[0] < 0 for guard in kept):
            return None
        kept = {guard for guard in kept if guard[1]}
        if kept and self.infeasible(kept):
            return None
        for guard in sorted(kept, key=lambda g: (-len(g[1]), g)):
            if self.infeasible([*(kept - {guard}), negated(guard)]):
                kept.discard(guard)
        return frozenset(kept)

    def box(self, guards: Iterable[Affine]) -> dict[int, Affine] | None:
        """`{v: top}` when the guards are exactly boxes 0 <= v <= top over unranged variables, top >= 0 known; else None."""
        lower: set[int] = set()
        upper: dict[int, Affine] = {}
        for constant, terms in guards:
            moving = [(v, k) for v, k in terms if not self.table.is_dim(v)]
            if len(moving) != 1:
                return None
            v, k = moving[0]
            if self.table.variables[v].kind not in ("scratch", "bound") or v in (lower if k > 0 else upper):
                return None
            if k == 1 and constant == 0 and len(terms) == 1:
                lower.add(v)
            elif k == -1:
                upper[v] = (constant, tuple([item for item in terms if item[0] != v]))
            else:
                return None
        if lower != upper.keys() or not all(self.holds(top) for top in upper.values()):
            return None
        return upper

    # ---- what is known
    def _closure(self, guards: Iterable[Affine]) -> list[Affine]:
        """The guards with everything known of their variables, and of the variables of that."""
        found = dict.fromkeys(guards)
        waiting = [v for guard in found for v, _ in guard[1]]
        seen: set[int] = set()
        facts = list(self.facts)
        while waiting:
            while waiting:
                v = waiting.pop()
                if v in seen:
                    continue
                seen.add(v)
                for form in self._about(v):
                    found[form] = None
                    waiting.extend(w for w, _ in form[1])
            for fact in facts:
                if any(v in seen for v, _ in fact[1]):
                    found[fact] = None
                    waiting.extend(v for v, _ in fact[1] if v not in seen)
            facts = [fact for fact in facts if fact not in found]
        return list(found)

    def about(self, v: int) -> tuple[Affine, ...]:
        """The range of a variable and the facts that mention it."""
        return (*self._about(v), *[fact for fact in self.facts if v in self.table.form_free(fact)])

    def _about(self, v: int) -> tuple[Affine, ...]:
        """What is known of one variable."""
        known = self._known.get(v)
        if known is None:
            data = self.table.variables[v]
            extent = data.extents[data.component] if data.kind == "selector" else data.extent
            if data.kind == "dim":
                known = (plus(variable(v), number(-1)),)
            elif extent is not None:
                known = (variable(v), below(extent, variable(v)))
            else:
                known = ()
            self._known[v] = known
        return known


def box_guards(v: int, extent: Affine) -> tuple[Affine, Affine]:
    """The guards 0 <= v < extent."""
    return plus(ZERO, variable(v)), below(extent, variable(v))
