"""Signs that the form of a term shows by itself: 1 + u**2 > 0 whatever u is, and no solver is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from symcat.prove.field.term import ZERO, Term

Signs = frozenset[int]
ALL: Signs = frozenset((-1, 0, 1))
POSITIVE, NEVER_NEGATIVE = frozenset((1,)), frozenset((0, 1))


class Evident:
    """The signs that terms may have where they are defined, by rules of sign and from what is known of some terms.

    >>> from symcat.prove.field.term import ONE, power, variable
    >>> x = variable("x")
    >>> sorted(Evident({}).signs(ONE + power(x, 2))), sorted(Evident({x: POSITIVE}).signs(x * x * x))
    ([1], [1])
    """

    def __init__(self, known: Mapping[Term, Signs]) -> None:
        self.memo: dict[Term, Signs] = dict(known)

    def signs(self, term: Term) -> Signs:
        """A set with the sign of the term at every point at which it is defined."""
        if term not in self.memo:
            self.memo[term] = self._signs(term)
        return self.memo[term]

    def _signs(self, term: Term) -> Signs:
        op, args = term.op, term.args
        if op == "number":
            return frozenset(((term.value > 0) - (term.value < 0),))
        if op in ("exp", "pi"):
            return POSITIVE
        if op == "add":
            return _sum(map(self.signs, args))
        if op == "mul":
            return _product(map(self.signs, args))
        if op == "power":
            return frozenset(s**term.value for s in self.signs(args[0]))
        if op == "inverse":
            return self.signs(args[0]) - {0} or ALL
        if op == "root":
            return POSITIVE if self.signs(args[0]) == POSITIVE else NEVER_NEGATIVE
        if op == "switch":
            return self._switch(args)
        return self._above_one(args[0]) if op == "log" else ALL

    def _switch(self, args: tuple[Term, ...]) -> Signs:
        p, *branches = args
        if (branches[0], branches[2]) == (-p, p) and branches[1] in (p, ZERO):
            return NEVER_NEGATIVE
        return frozenset().union(*(self.signs(branches[1 + s]) for s in sorted(self.signs(p))))

    def _above_one(self, term: Term) -> Signs:
        """The signs of a logarithm: those of t for log(1 + t) with t of one sign."""
        if term.op != "add":
            return ALL
        constant = sum(part.value for part in term.args if part.op == "number")
        rest = _sum(self.signs(part) for part in term.args if part.op != "number")
        return rest if constant == 1 else POSITIVE if constant > 1 and -1 not in rest else ALL


def _sum(parts: Iterable[Signs]) -> Signs:
    parts = tuple(parts)
    found = frozenset((0,)).union(*parts)
    if -1 in found and 1 in found:
        return ALL
    return found if found == {0} else found - {0} if any(0 not in part for part in parts) else found


def _product(parts: Iterable[Signs]) -> Signs:
    result = POSITIVE
    for part in parts:
        result = frozenset(a * b for a, b in product(result, part))
    return result
