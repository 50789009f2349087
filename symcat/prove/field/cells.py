"""Proof cell by cell: the space of the variables is divided by the signs that switches, roots and logarithms ask for.

A cell is proved when the difference of the sides is 0 in it.  A cell that is empty, or in which a side is undefined, proves
nothing by itself; when no cell is proved, neither is the goal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symcat.prove.field.polynomial import Limit
from symcat.prove.field.read import Condition, ScalarGoal
from symcat.prove.field.sample import Point, admitted
from symcat.prove.field.signs import ALL, Infeasible, Split
from symcat.prove.field.term import Term
from symcat.prove.field.values import Plan, Restart, Undefined, Values

MOST_CELLS = 120
MOST_RUNS = 400
PRINTED = 300
NOTHING: Mapping[str, Term] = {}


@dataclass(frozen=True)
class Shown:
    """An equality shown: the premises, what happened in the cells, and which terms variables stand for."""

    premises: tuple[Condition, ...]
    proved: int
    cells: int
    by_solver: bool
    trace: tuple[dict, ...] = ()
    meaning: Mapping[str, Term] = field(default_factory=dict)

    @property
    def method(self) -> str:
        cells = f", cells {self.proved} of {self.cells}" if self.cells > 1 else ""
        general = f", sums as variables {count}" if (count := len(self.meaning)) else ""
        return f"field normal form{general}{cells}{', pruning trusted: z3' if self.by_solver else ''}"


@dataclass(frozen=True)
class NotShown:
    """Not shown, which says nothing about the truth of the goal."""

    reason: str


@dataclass
class Cell:
    """Conditions in the order in which they arose, and how generators are chosen; some points of the cell."""

    conditions: tuple[Condition, ...]
    points: Sequence[Point] = ()
    plan: Plan = field(default_factory=Plan)


def prove(goal: ScalarGoal, points: Sequence[Point] = (), meaning: Mapping[str, Term] = NOTHING) -> Shown | NotShown:
    """Show that the sides of a goal are equal wherever its assumptions hold and both are defined.

    `points` are some at which the assumptions hold and both are defined: they spare questions about empty cells.  `meaning` are
    terms that variables stand for, put in their place when the sides are not equal for all their values.

    >>> import sympy as sp
    >>> from symcat.prove.field.read import read
    >>> x = sp.Symbol("x", real=True)
    >>> prove(read(sp.Abs(x), sp.Max(x, -x))).method
    'field normal form, cells 3 of 3'
    """
    return Cells(goal, points, meaning).prove()


class Cells:
    """The cells of one goal that are still to be looked at, and what came of the others."""

    def __init__(self, goal: ScalarGoal, points: Sequence[Point] = (), meaning: Mapping[str, Term] = NOTHING) -> None:
        self.goal, self.points, self.meaning = goal, points, meaning
        self.answers: dict[tuple, bool] = {}
        self.premises: dict[Condition, None] = {}
        self.proved = self.outside = self.empty = self.runs = 0
        self.by_solver = False
        self.trace: list[dict] = []

    def prove(self) -> Shown | NotShown:
        """All cells, one after the other."""
        stack = [Cell(self.goal.assumptions, self.points)]
        while stack:
            cell = stack.pop()
            try:
                failure = self._cell(cell)
            except Split as split:
                stack += self._divide(cell, split)
                failure = None
            except (Limit, RecursionError) as limit:
                return NotShown(f"field normal form: {limit or 'expressions nested too deeply'}")
            if failure:
                return NotShown(failure)
            if len(stack) + self.proved + self.outside + self.empty > MOST_CELLS:
                return NotShown(f"field normal form: more than {MOST_CELLS} cells")
        if not self.proved:
            return NotShown("field normal form: no cell in which the assumptions hold and both sides are defined")
        return Shown(tuple(self.premises), self.proved, self.proved + self.outside + self.empty, self.by_solver, tuple(self.trace),
                     self.meaning)

    def _cell(self, cell: Cell) -> str:
        """Look at a cell, with other generators as long as these are asked for; the reason why it is not shown, or ""."""
        while True:
            self.runs += 1
            if self.runs > MOST_RUNS:
                raise Limit(f"more than {MOST_RUNS} runs")
            values = Values(cell.plan, cell.points, self.answers, cell.conditions)
            try:
                return self._run(cell, values)
            except Restart:
                continue
            finally:
                self.by_solver |= values.signs.by_solver
                self._note(cell, values)

    def _run(self, cell: Cell, values: Values) -> str:
        try:
            for condition in cell.conditions:
                values.suppose(condition)
            for condition in self.goal.required:
                values.require(condition)
            gap = values.value(self.goal.lhs) - values.value(self.goal.rhs)
            if not values.vanishes(gap) and not values.vanishes_as_meant(gap, self.meaning):
                return self._residue(cell, values, gap)
        except Infeasible:
            self.empty += 1
            return ""
        except Undefined as undefined:
            self.premises[undefined.condition] = None
            self.outside += 1
            return ""
        self.proved += 1
        kernels = [str(one.term) for one in values.tower.generators]
        where = {"where": {name: str(term) for name, term in self.meaning.items()}} if self.meaning else {}
        self.trace.append({"cell": [str(c) for c in cell.conditions], "kernels": kernels, **where})
        return ""

    def _note(self, cell: Cell, values: Values) -> None:
        """Premises found hold from now on, also when the cell is begun again or divided."""
        for premise in values.premises:
            self.premises[premise] = None
        known = dict.fromkeys((*cell.conditions, *values.premises))
        cell.conditions = tuple(known)

    def _divide(self, cell: Cell, split: Split) -> list[Cell]:
        found = []
        self.empty += len(ALL) - len(split.signs)
        for sign in sorted(split.signs):
            condition = Condition(-split.term, ">0") if sign < 0 else Condition(split.term, ">0" if sign else "=0")
            points = [point for point in cell.points if admitted((condition,), point)]
            found.append(Cell((*cell.conditions, condition), points, cell.plan.copy()))
        return found

    def _residue(self, cell: Cell, values: Values, gap: object) -> str:
        numerator, _ = values.tower.cleared(gap)
        text = str(values.tower.term(numerator)) if len(numerator) < 40 else f"a polynomial of {len(numerator)} terms"
        where = ", ".join(str(c) for c in cell.conditions)
        return f"field normal form: the difference is not 0{' where ' + where if where else ''}: {text}"[:PRINTED]
