"""Goals for the provers from a seed, each true one beside a mutant that differs somewhere; a third of them is held out.

A pair is made from its seed and its number alone.  The digest of these two says whether it is held out, so that the parts are
the same whatever else is made, and nothing about a goal can move it from one part to the other.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy as sp

from symcat.bench.prover import truth
from symcat.bench.prover.families import FAMILIES
from symcat.bench.prover.identities import IDENTITIES
from symcat.bench.prover.laws import LAWS

KINDS = (*LAWS, "RD.5", *IDENTITIES)
MOST = 8
MUTANTS = 12
OUTSIDE = (sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo)


@dataclass(frozen=True)
class Goal:
    """`lhs = rhs` with its label; `number` is that of its pair."""

    number: int
    kind: str
    family: str
    lhs: sp.Expr
    rhs: sp.Expr
    true: bool
    held_out: bool

    @property
    def name(self) -> str:
        return f"{self.kind} {self.family} {self.number}".replace("  ", " ") + f"{'' if self.true else ', mutant'}"


def goals(seed: int, count: int, made: Callable[[str], None] = lambda name: None) -> list[Goal]:
    """So many goals, half of them true; `made` is called for each.

    >>> [goal.true for goal in goals(1, 4)]
    [True, False, True, False]
    """
    found: list[Goal] = []
    for one in pairs(seed):
        found += one
        for goal in one:
            made(goal.name)
        if len(found) >= count:
            return found[:count]
    return found


def pairs(seed: int) -> Iterator[tuple[Goal, Goal]]:
    """True goals with their mutants, without end."""
    for number in itertools.count():
        found = pair(seed, number)
        if found is not None:
            yield found


def held_out(seed: int, number: int) -> bool:
    """Whether a pair belongs to the third that no engine is tuned on."""
    return int(hashlib.sha256(f"held out {seed} {number}".encode()).hexdigest(), 16) % 3 == 0


def pair(seed: int, number: int) -> tuple[Goal, Goal] | None:
    """The pair of a seed and a number: a goal that mpmath agrees with, and a mutant that it does not; None when either is missing."""
    pick = random.Random(f"goal {seed} {number}")
    kind = KINDS[number % len(KINDS)]
    family = tuple(FAMILIES)[number // len(KINDS) % len(FAMILIES)] if kind.startswith("RD") else ""
    lhs, rhs = (LAWS | IDENTITIES)[kind](pick, family, pick.randint(1, MOST))
    points = truth.points(pick, sorted(lhs.free_symbols | rhs.free_symbols, key=str))
    if lhs == rhs or lhs.has(*OUTSIDE) or rhs.has(*OUTSIDE) or not truth.agree(lhs, rhs, points):
        return None
    for _ in range(MUTANTS):
        wrong = mutant(pick, rhs)
        if not wrong.has(*OUTSIDE) and truth.agree(lhs, wrong, points) is False:
            apart = held_out(seed, number)
            return Goal(number, kind, family, lhs, rhs, True, apart), Goal(number, kind, family, lhs, wrong, False, apart)
    return None


def mutant(pick: random.Random, e: sp.Expr) -> sp.Expr:
    """An expression with one number, variable, sign or function changed, or with something small or far away added."""
    parts = [part for part in sp.preorder_traversal(e) if isinstance(part, sp.Expr)]
    spot = pick.choice([part for part in parts if part.is_Integer or part.is_Symbol] or parts)
    symbol = pick.choice(sorted(e.free_symbols, key=str) or [sp.Integer(1)])
    return pick.choice((
        lambda: e.xreplace({spot: spot + 1 if spot.is_Integer else 2 * spot}),
        lambda: e.xreplace({spot: -spot}),
        lambda: e.xreplace({symbol: symbol + sp.Rational(1, 10)}),
        lambda: e + pick.choice((sp.Rational(1, 100), spot, sp.Rational(1, 10**6) * symbol**2)),
        lambda: e * pick.choice((2, -1, sp.Rational(99, 100))),
        lambda: e + sp.Max(0, symbol - pick.randint(1, 4)),
        lambda: e.xreplace(_changed(pick, parts)),
    ))()


def _changed(pick: random.Random, parts: list[sp.Expr]) -> dict[sp.Expr, sp.Expr]:
    """One function in its neighbour's place."""
    other = {sp.exp: sp.cosh, sp.log: lambda u: sp.log(2 * u), sp.tanh: lambda u: u, sp.Max: sp.Min, sp.Min: sp.Max, sp.Abs: lambda u: u,
             sp.sin: sp.cos, sp.cos: sp.sin}
    found = [part for part in parts if type(part) in other]
    if not found:
        return {}
    spot = pick.choice(found)
    return {spot: other[type(spot)](*spot.args)}
