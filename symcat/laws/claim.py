"""Goals and claims: what is to be decided, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from symcat.category.morphism import Morphism
from symcat.errors import ShapeError


@dataclass(frozen=True)
class Equation:
    """Two morphisms of one type, to be shown equal."""

    lhs: Morphism
    rhs: Morphism

    def __post_init__(self) -> None:
        if not (self.lhs.dom.fits(self.rhs.dom) and self.lhs.cod.fits(self.rhs.cod)):
            raise ShapeError(f"an equation needs two morphisms of one type: the left is {self.lhs.dom} -> {self.lhs.cod}, "
                             f"the right is {self.rhs.dom} -> {self.rhs.cod}")


@dataclass(frozen=True)
class Additive:
    """`f` preserves sums and zero in the wires at the given positions together, the others held fixed.

    `equations` say the same by composing; they serve to refute, and to prove where typing does not.
    """

    f: Morphism
    wires: tuple[int, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Formula:
    """A quantifier-free statement: for all values of its symbols, the hypotheses imply the conclusion."""

    hypotheses: tuple[sp.Basic, ...]
    conclusion: sp.Basic


Goal = tuple[Equation, ...] | Additive | Formula


@dataclass(frozen=True)
class Claim:
    """A law at an instance, with the verdict that we expect.  `goal` is called when the claim is decided, not before.

    `equality` is "as morphisms" (terms: no identity that holds only for functions is used) or "as functions".
    """

    name: str
    statement: str
    source: str
    goal: Callable[[], Goal]
    expected: str = "proved"
    equality: str = "as morphisms"

    def __post_init__(self) -> None:
        if self.expected not in ("proved", "refuted"):
            raise ValueError(f"claim {self.name}: expected verdict {self.expected!r}; a claim is expected to be proved or refuted")
        if self.equality not in ("as morphisms", "as functions"):
            raise ValueError(f"claim {self.name}: equality {self.equality!r}; it is 'as morphisms' or 'as functions'")
