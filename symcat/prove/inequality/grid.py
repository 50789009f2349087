"""Many points at once in floating point, to see which of them deserve an exact look.

Nothing is decided here: a point that looks like a violation is evaluated exactly by `symcat.prove.points`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.errors import DomainError
from symcat.laws.claim import Inequality
from symcat.prove.inequality.cells import plain
from symcat.prove.points import VALUES, Point

POINTS = 6000
EXTREME = tuple(map(sp.Rational, ("100", "-100", "1/100", "-1/10", "7/5", "9/10", "-5", "1000000", "-1000000")))
NEAR = 1e-9
LOOKS = 40

Array = np.ndarray
Table = dict[sp.Symbol, Array]

FUNCTIONS: dict[type, Callable[..., Array]] = {
    sp.exp: np.exp, sp.log: np.log, sp.tanh: np.tanh, sp.sinh: np.sinh, sp.cosh: np.cosh, sp.sin: np.sin, sp.cos: np.cos,
    sp.tan: np.tan, sp.Abs: np.abs, sp.sign: np.sign, sp.Heaviside: np.heaviside,
    sp.Max: lambda *xs: np.max(np.broadcast_arrays(*xs), axis=0), sp.Min: lambda *xs: np.min(np.broadcast_arrays(*xs), axis=0),
    sp.StrictGreaterThan: np.greater, sp.StrictLessThan: np.less, sp.GreaterThan: np.greater_equal, sp.LessThan: np.less_equal,
    sp.Equality: np.equal, sp.Unequality: np.not_equal,
    sp.And: lambda *xs: np.all(np.broadcast_arrays(*xs), axis=0), sp.Or: lambda *xs: np.any(np.broadcast_arrays(*xs), axis=0),
    sp.Not: np.logical_not, sp.Add: lambda *xs: sum(xs), sp.Mul: lambda *xs: np.prod(np.broadcast_arrays(*xs), axis=0),
    sp.Pow: np.power,
}


@dataclass(frozen=True)
class Grid:
    """Small rationals, simplest first, then at random from a fixed seed; and how the goal fares there."""

    goal: Inequality
    values: Array       # P x symbols, positions in the list of rationals

    @staticmethod
    def of(goal: Inequality) -> Grid:
        """For a goal over plain symbols."""
        count, width = len(VALUES) + len(EXTREME), len(goal.symbols)
        few = int(POINTS ** (1 / width)) if width else 1
        regular = np.indices((min(few, len(VALUES)),) * width).reshape(width, -1).T if width else np.zeros((1, 0), dtype=int)
        chance = np.random.default_rng(0)
        small = chance.integers(0, len(VALUES), (POINTS if width else 0, width))
        wide = chance.integers(0, count, (POINTS if width else 0, width))
        order = np.argsort(regular.sum(axis=1), kind="stable")
        return Grid(goal, np.concatenate([regular[order], small, wide]))

    def point(self, row: int) -> Point:
        drawn = (*VALUES, *EXTREME)
        return {symbol: drawn[k] for symbol, k in zip(self.goal.symbols, self.values[row], strict=True)}

    def suspects(self) -> Iterator[Point]:
        """Points that seem to satisfy the assumptions and to violate the goal, plain violations first; at most 40."""
        admitted, gap, scale = self._seen()
        clear = admitted & (gap < -NEAR * scale)
        close = admitted & ~clear & (gap <= NEAR * scale)
        for row in [*np.flatnonzero(clear)[:LOOKS], *np.flatnonzero(close)[:LOOKS]][:LOOKS]:
            yield self.point(int(row))

    def admitted(self) -> Iterator[Point]:
        """Points that seem to satisfy the assumptions, with both sides defined; at most 40."""
        for row in np.flatnonzero(self._seen()[0])[:LOOKS]:
            yield self.point(int(row))

    def _seen(self) -> tuple[Array, Array, Array]:
        """Whether the assumptions hold and both sides are finite; right minus left; the size of the sides."""
        drawn = np.array([float(v) for v in (*VALUES, *EXTREME)])
        table = {symbol: drawn[self.values[:, k]] for k, symbol in enumerate(self.goal.symbols)}
        with np.errstate(all="ignore"):
            left, right = (np.broadcast_to(_at(plain(side), table), len(self.values)) for side in (self.goal.lhs, self.goal.rhs))
            held = np.isfinite(left) & np.isfinite(right)
            for relation in self.goal.assuming:
                held = held & _loosely(relation, table)
            return held, right - left, np.abs(left) + np.abs(right) + NEAR


def _loosely(relation: sp.Basic, table: Table) -> Array:
    """Whether a relation holds, give or take a rounding error."""
    left, right = (_at(plain(side), table) for side in relation.args)
    size = NEAR * (1 + np.abs(left) + np.abs(right))
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        return left <= right + size
    if isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan)):
        return left >= right - size
    return np.abs(left - right) <= size if isinstance(relation, sp.Equality) else left != right


def _at(e: sp.Basic, table: Table) -> Array:
    """The values of an expression at all points; DomainError for a function that is not in the table."""
    if e in table:
        return table[e]
    if e in (sp.true, sp.false):
        return np.array(bool(e))
    if e.is_number and not e.args:
        try:
            return np.array(float(e))
        except OverflowError:
            return np.array(np.inf if e > 0 else -np.inf)
    if isinstance(e, sp.Piecewise):
        result: Array = np.array(np.nan)
        for value, condition in reversed(e.args):
            result = np.where(_at(condition, table), _at(value, table), result)
        return result
    if type(e) not in FUNCTIONS:
        raise DomainError(f"{e}, a {type(e).__name__}, is not evaluated in floating point")
    return FUNCTIONS[type(e)](*(_at(part, table) for part in e.args))


def symbols_back(point: Point, symbols: Sequence[sp.Symbol]) -> Point:
    """A point over plain symbols as one over the symbols of the goal as it was given."""
    named = {symbol.name: value for symbol, value in point.items()}
    return {symbol: named[symbol.name] for symbol in symbols}
