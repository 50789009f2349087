"""How the modules of this folder state identities between expressions: entry by entry, by the field engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from symcat.laws.claim import Claim
from symcat.laws.jets import Matrix
from symcat.prove.field.read import read

OURS = "our verdict, derived here"
FUNCTIONS = "as functions"


def identity(name: str, words: str, left: object, right: object = 0, assuming: Iterable[sp.Basic] = (), expected: str = "proved",
             source: str = OURS) -> Claim:
    """left = right for all real values of the symbols at which both are defined and the assumptions hold."""
    sides = sp.sympify(left, strict=True), sp.sympify(right, strict=True)
    return Claim(name, words, source, lambda: read(*sides, tuple(assuming)), expected, FUNCTIONS)


def entrywise(name: str, words: str, left: Matrix, right: Matrix | None = None, assuming: Iterable[sp.Basic] = (),
              source: str = OURS) -> tuple[Claim, ...]:
    """left = right, a claim for each entry; right is 0 when it is left out."""
    right = Matrix.zeros(*left.shape) if right is None else right
    places = [(i, j) for i in range(left.rows) for j in range(left.cols)]
    if len(places) == 1:
        return (identity(name, words, left[0, 0], right[0, 0], assuming, source=source),)
    shown = {place: place[0] + 1 if left.cols == 1 else f"{place[0] + 1},{place[1] + 1}" for place in places}
    return tuple(identity(f"{name} [{shown[place]}]", words, left[place], right[place], assuming, source=source) for place in places)


@dataclass(frozen=True)
class Difference:
    """A square that does not commute: the residual of one component, a formula for it, and its value at the smallest point.

    The residual is what the source's side, pushed forward, exceeds the target's side by.
    """

    name: str
    words: str
    residual: sp.Expr
    formula: sp.Expr
    point: Mapping[sp.Symbol, object] = field(default_factory=dict)
    value: object = None
    assuming: tuple[sp.Basic, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The square refuted, the formula proved, and its value at the point proved."""
        found = [identity(self.name, self.words, self.residual, 0, self.assuming, "refuted"),
                 identity(f"{self.name}, residual", f"the two sides differ by {self.formula}", self.residual, self.formula, self.assuming)]
        if self.value is not None:
            where = ", ".join(f"{symbol} = {value}" for symbol, value in self.point.items())
            there = self.residual.subs(self.point)
            found.append(identity(f"{self.name}, smallest", f"the two sides differ by {self.value}" + (f" at {where}" if where else ""),
                                  there, self.value))
        return tuple(found)
