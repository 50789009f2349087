"""Cases on the branches of Abs, Max, Min, sign and Piecewise: in each cell a goal is free of them.

The cells of one split cover all real points, boundaries included; they may overlap where both branches agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from symcat.errors import DomainError
from symcat.prove.points import DEFINITIONS

CELLS = 64
Condition = tuple[sp.Expr, str]     # an expression and its relation to 0: >=0, >0, =0 or !=0
Branch = tuple[sp.Expr, tuple[Condition, ...]]


@dataclass(frozen=True)
class Cell:
    """`gap` is to be >= 0 or > 0 wherever the conditions hold."""

    gap: sp.Expr
    conditions: tuple[Condition, ...]

    def put(self, switch: sp.Expr, branch: Branch) -> Cell:
        value, found = branch
        place = {switch: value}
        try:
            conditions = tuple((e.xreplace(place), relation) for e, relation in self.conditions)
            return Cell(self.gap.xreplace(place), (*conditions, *found))
        except (TypeError, ValueError) as error:        # SymPy compares no complex numbers
            raise DomainError(f"with {value} for {switch} a part of the goal is no real number") from error


def cells(gap: sp.Expr, conditions: Sequence[Condition]) -> list[Cell]:
    """The cells of a goal; DomainError when there are more than 64, or a branch is not understood.

    >>> x = sp.Symbol("x", real=True)
    >>> for cell in cells(sp.Abs(x) - x, ()): print(cell.gap, cell.conditions)
    0 ((x, '>=0'),)
    -2*x ((-x, '>=0'),)
    """
    waiting, done = [Cell(plain(gap), tuple((plain(e), relation) for e, relation in conditions))], []
    while waiting:
        cell = waiting.pop()
        switch = _innermost(cell)
        if switch is None:
            done.append(cell)
        else:
            waiting += [cell.put(switch, branch) for branch in reversed(list(BRANCHES[type(switch)](switch)))]
        if len(waiting) + len(done) > CELLS:
            raise DomainError(f"more than {CELLS} cells: split the goal, or say more about the signs of its parts")
    return done


def plain(e: sp.Expr) -> sp.Expr:
    """Functions of symcat by their definitions in SymPy's functions."""
    return e.replace(lambda part: type(part) in DEFINITIONS, lambda part: DEFINITIONS[type(part)](*part.args))


def conditions_of(relation: Relational) -> tuple[Condition, ...]:
    """A relation as a condition on the difference of its sides."""
    left, right = relation.args
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        left, right = right, left
    if isinstance(relation, sp.Equality):
        return ((left - right, "=0"),)
    if isinstance(relation, sp.Unequality):
        return ((left - right, "!=0"),)
    return ((left - right, ">0" if isinstance(relation, (sp.StrictLessThan, sp.StrictGreaterThan)) else ">=0"),)


def _innermost(cell: Cell) -> sp.Expr | None:
    """A switch that holds no other, the same one whatever the order of sets."""
    exprs = (cell.gap, *(e for e, _ in cell.conditions))
    switches = set().union(*(e.atoms(*BRANCHES) for e in exprs))
    inner = [s for s in switches if not any(part.has(*BRANCHES) for part in s.args)]
    return min(inner, key=lambda s: (sp.count_ops(s), sp.srepr(s)), default=None)


def _absolute(e: sp.Expr) -> Iterator[Branch]:
    (x,) = e.args
    yield x, ((x, ">=0"),)
    yield -x, ((-x, ">=0"),)


def _greatest(e: sp.Expr) -> Iterator[Branch]:
    for x in e.args:
        yield x, tuple((x - other, ">=0") for other in e.args if other != x)


def _least(e: sp.Expr) -> Iterator[Branch]:
    for x in e.args:
        yield x, tuple((other - x, ">=0") for other in e.args if other != x)


def _sign(e: sp.Expr) -> Iterator[Branch]:
    x, *middle = e.args
    low, zero = (sp.S.NegativeOne, sp.S.Zero) if isinstance(e, sp.sign) else (sp.S.Zero, middle[0])
    yield sp.S.One, ((x, ">0"),)
    yield low, ((-x, ">0"),)
    yield zero, ((x, "=0"),)


def _pieces(e: sp.Piecewise) -> Iterator[Branch]:
    before: tuple[Condition, ...] = ()
    for value, condition in e.args:
        if condition == sp.true:
            yield value, before
            return
        if not isinstance(condition, Relational):
            raise DomainError(f"the condition {condition} of a Piecewise: expected a single relation in each piece")
        yield value, (*before, *conditions_of(condition))
        before = (*before, *conditions_of(condition.negated))
    raise DomainError("a Piecewise without a last piece (value, True): say what it is everywhere")


BRANCHES: dict[type, Callable[[sp.Expr], Iterator[Branch]]] = {
    sp.Abs: _absolute, sp.Max: _greatest, sp.Min: _least, sp.sign: _sign, sp.Heaviside: _sign, sp.Piecewise: _pieces,
}
