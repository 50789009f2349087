"""Equations of programs: both sides in normal form, their differences shown to be 0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from symcat.checker.differences import Differences
from symcat.checker.forms import Refused, refusing

KINKS, FUNCTIONS = "kinks", "as functions"


class Replay(Differences):
    """One equation over one base."""

    def decide(self, equation: Mapping[str, Any]) -> None:
        """Refused unless the outputs over this base are shown to be equal, all facts and the requirements of both sides given."""
        lhs, rhs = equation["lhs"], equation["rhs"]
        for fact in (*equation["facts"], *lhs["facts"], *rhs["facts"]):
            self.fact(fact)
        self.early(lhs)
        self.early(rhs)
        left, right = self.side(lhs, 0), self.side(rhs, 1)
        for (_, modulus, _), x, y in zip(lhs["cod"], left, right, strict=True):
            if modulus == self.modulus and x != y:
                self.vanish(self.add(x, self.scale(y, -1)))


    def satisfied(self, sizes: Mapping[str, Any]) -> None:
        """Refused unless the facts about dims hold at the sizes that are given: from facts that contradict each other all would follow."""
        if not all(type(size) is int and size > 0 for size in sizes.values()):
            raise Refused("a size is no positive integer")
        for constant, terms in self.facts:
            if constant + sum(q * sizes[self.things[v][1]] for v, q in terms) < 0:
                raise Refused(f"a fact about dims fails at the sizes {dict(sizes)}")


def equation(data: Mapping[str, Any], proof: Mapping[str, Any], equality: str = "as morphisms") -> set[str]:
    """Refused unless the proof shows that both sides of an equation are equal wherever both are defined, for all sizes.

    As functions, relu(x) step(x) is relu(x); as morphisms it is not, for their derivatives differ.  The answer holds the premises
    that rules used besides.
    """
    with refusing():
        return _equation(data, proof, equality)


def _equation(data: Mapping[str, Any], proof: Mapping[str, Any], equality: str) -> set[str]:
    notes: set[str] = set()
    lhs, rhs = data["lhs"], data["rhs"]
    for end in ("dom", "cod"):
        if [(m, json.dumps(s)) for _, m, s in lhs[end]] != [(m, json.dumps(s)) for _, m, s in rhs[end]]:
            raise Refused("the sides do not fit")
    if sorted(base["modulus"] for base in proof["bases"]) != sorted({m for _, m, _ in lhs["cod"]}):
        raise Refused("a base is left out, or there is one too many")
    for base in proof["bases"]:
        if KINKS in base["options"] and equality != FUNCTIONS:
            raise Refused("rules for the values of functions with kinks are taken for rules of morphisms")
        run = Replay(base["advice"], base["modulus"], base["options"])
        run.decide(data)
        run.satisfied(proof["sizes"])
        if next(run.advice, run) is not run:
            raise Refused("there is more advice than questions")
        notes |= run.notes
    return notes
