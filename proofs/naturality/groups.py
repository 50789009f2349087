"""The groups of linear maps under which a rule is natural, told apart by the 496 invertible 2 x 2 matrices with entries from -2 to 2.

For each rule, "commute": the squares along generators of its group commute at all points, which is proved, for all sizes where the
rule has no fixed one; and "count": no more than that many of the 496 commute, since the square of each other one differs at a point
at which both sides were evaluated in exact rationals.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from _enumeration import EXPECTED, RULES, passing

from symcat.laws.claim import Claim, Equation, Inequality
from symcat.laws.naturality import square, transports
from symcat.laws.naturality.families import Family, diagonal_scaling, linear, permutation, sign_flips
from symcat.learn.optimisers import elementwise

SOURCE = "derived here; a square that commutes for generators commutes for the group"
GROUPS: dict[int, tuple[str, tuple[Callable[..., tuple[Family, ...]], ...]]] = {
    8: ("signed permutations", ()),
    32: ("monomial matrices", (diagonal_scaling,)),
    496: ("invertible matrices", (linear,)),
}


def squares(name: str) -> tuple[Equation, ...]:
    """The squares of a rule along generators of its group."""
    rule = RULES[name][0]
    wire, alike = rule.wire, elementwise(rule)
    families = [*permutation(wire, 0, alike), *sign_flips(wire, 0, alike)]
    families += [family for further in GROUPS[EXPECTED[name]][1] for family in further(wire)]
    moved = [{state: one.transport for state, one in transports(rule, family).items()} for family in families]
    return tuple(leg for family, each in zip(families, moved, strict=True) for leg in square(rule, family, each))


def at_most(name: str, count: int) -> Inequality:
    """The number of matrices whose squares commute at every point that was tried."""
    return Inequality(sp.Integer(len(passing(name))), sp.Integer(count))


def _claims(name: str, count: int) -> tuple[Claim, ...]:
    words = GROUPS[count][0]
    return (Claim(f"{name}: commute", f"{name} is natural under {words}", SOURCE, lambda: squares(name), "proved", "as functions"),
            Claim(f"{name}: count", f"{name} is natural under at most {count} of the 496 matrices, which are {words}",
                  "enumeration in exact rationals", lambda: at_most(name, count), "proved", "as functions"),
            Claim(f"{name}: fewer", f"{name} is natural under at most {count - 1} of the 496 matrices", "enumeration in exact rationals",
                  lambda: at_most(name, count - 1), "refuted", "as functions"))


CLAIMS = tuple(claim for name, count in EXPECTED.items() for claim in _claims(name, count))
