"""Goals and claims: what is to be decided, as data.

A claim's goal is made on demand, by a function without arguments, so that a module with hundreds of claims is cheap to import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact
from symcat.category.morphism import Morphism
from symcat.errors import ShapeError, UsageError
from symcat.laws.premises import requirement
from symcat.verdict import EQUALITIES, STATUSES

EXPECTATIONS = (*STATUSES, "either")
ORDERS = ("<=", "<")

@dataclass(frozen=True)
class Equation:
    """Two morphisms with the same types, claimed to be equal; names of wires do not count.

    `facts` are further premises about dims and hyperparameters.
    """

    lhs: Morphism
    rhs: Morphism
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        for side, value in (("left", self.lhs), ("right", self.rhs)):
            if not isinstance(value, Morphism):
                raise UsageError(f"the {side} side of an equation is {value!r}, a {type(value).__name__}: expected a morphism")
        if not (self.lhs.dom.fits(self.rhs.dom) and self.lhs.cod.fits(self.rhs.cod)):
            raise ShapeError(f"an equation between {self.lhs.dom} -> {self.lhs.cod} and {self.rhs.dom} -> {self.rhs.cod}: "
                             "both sides must have the same domain and codomain, wire by wire")


@dataclass(frozen=True)
class Additive:
    """`f` is additive, and zero at zero, in the wires at the given positions jointly, all others fixed.

    `equations` say the same as equalities of morphisms, for refutation and for a proof by normal form.
    """

    f: Morphism
    wires: tuple[int, ...]
    equations: tuple[Equation, ...]

    def __post_init__(self) -> None:
        if not self.equations:
            raise UsageError("an additivity goal came without equations: give the law for sums and the law for zero")
        for position in self.wires:
            if not 0 <= position < len(self.f.dom):
                raise ShapeError(f"wire {position} of a morphism from {self.f.dom}: expected positions from 0 to {len(self.f.dom) - 1}")


@dataclass(frozen=True)
class Formula:
    """A quantifier-free statement: for all values of its symbols, the hypotheses imply the conclusion."""

    hypotheses: tuple[sp.Basic, ...]
    conclusion: sp.Basic


@dataclass(frozen=True)
class Inequality:
    """`lhs <= rhs`, or `<`, for all real values of the symbols at which both sides are defined and the assumptions hold."""

    lhs: sp.Expr
    rhs: sp.Expr
    rel: str = "<="
    assuming: tuple[sp.Basic, ...] = ()

    def __post_init__(self) -> None:
        if self.rel not in ORDERS:
            raise UsageError(f"the relation {self.rel!r} of an inequality: expected one of {', '.join(ORDERS)}")
        for side in ("lhs", "rhs"):
            object.__setattr__(self, side, sp.sympify(getattr(self, side), strict=True))

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The free symbols, by name."""
        found = set().union(*(part.free_symbols for part in (self.lhs, self.rhs, *self.assuming)))
        return tuple(sorted(found, key=lambda symbol: symbol.name))


@dataclass(frozen=True)
class Holds:
    """Conditions on the outputs of a program, by their names, hold wherever it is defined."""

    program: Morphism
    conditions: tuple[Relational, ...]
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        for relation in self.conditions:
            requirement(self.program.cod, relation)


@dataclass(frozen=True)
class Order:
    """`lhs <= rhs`, or `<`, in every entry, wherever both are defined."""

    lhs: Morphism
    rhs: Morphism
    rel: str = "<="
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        Equation(self.lhs, self.rhs, self.facts)
        if self.rel not in ORDERS:
            raise UsageError(f"the relation {self.rel!r} of an order: expected one of {', '.join(ORDERS)}")
        if any(wire.base.modulus for wire in self.lhs.cod.types):
            raise UsageError(f"{self.lhs.cod} has no order: {self.rel} is for real wires")


Goal = tuple[Equation, ...] | Additive | Formula | Inequality | Holds | Order


@dataclass(frozen=True)
class Claim:
    """A name such as "RD.5 softmax", a statement in words, a source, the goal, and what is expected of it.

    `either` expects a decision, proved or refuted: the laws of an optimiser that nobody has looked at yet.
    """

    name: str
    statement: str
    source: str
    goal: Callable[[], Goal]
    expected: str = "proved"
    equality: str = "as morphisms"

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise UsageError(f"a claim came with the name {self.name!r}: give it a name such as 'RD.5 softmax'")
        if not callable(self.goal):
            raise UsageError(f"the goal of {self.name} is a {type(self.goal).__name__}: give a function without arguments that makes it")
        if self.expected not in EXPECTATIONS:
            raise UsageError(f"{self.name} expects {self.expected!r}: expected one of {', '.join(EXPECTATIONS)}")
        if self.equality not in EQUALITIES:
            raise UsageError(f"{self.name} is about equality {self.equality!r}: expected one of {', '.join(EQUALITIES)}")
