"""The two grades of an equality: the same values on the common domain, and the same domain too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import sympy as sp

from symcat.category.comprehension import Fact, Requirement
from symcat.category.morphism import Morphism
from symcat.category.spelling import spelled
from symcat.errors import DomainError
from symcat.prove.entries import Entries
from symcat.prove.field.read import Condition
from symcat.prove.field.term import ONE, ZERO, Term, power
from symcat.prove.inequality.ranges import ALL, KNOWN, NONNEGATIVE, OPEN_SIGNED, POSITIVE, SIGNED, Range, Ranges
from symcat.prove.inequality.ranges import power as powered
from symcat.verdict import Domains

PARTIAL = {"inverse": "!=0", "root": ">=0", "log": ">0"}


def of_programs(lhs: Morphism, rhs: Morphism, given: Sequence[Fact] = ()) -> Domains:
    """What each of two programs on one domain requires that is not shown to follow from what the other requires."""
    if lhs.requirements == rhs.requirements and (not lhs.requirements or lhs.canonical == rhs.canonical):
        return Domains()
    every = tuple(dict.fromkeys((*given, *lhs.facts, *rhs.facts)))
    try:
        entries = Entries(lhs, rhs, facts=every)
    except DomainError:
        return Domains(_texts(lhs, lhs.requirements), _texts(rhs, rhs.requirements))
    return Domains(_texts(lhs, _beyond(entries, lhs, rhs, every)), _texts(rhs, _beyond(entries, rhs, lhs, every)))


def _beyond(entries: Entries, one: Morphism, other: Morphism, every: Sequence[Fact]) -> list[Requirement]:
    """The requirements of one program that do not follow, by ranges, from the facts and all requirements of the other."""
    found, plain = [], {_plain(other, requirement) for requirement in other.requirements} - {None}
    for requirement in one.requirements:
        if _plain(one, requirement) in plain:
            continue
        places = entries.places(requirement.extents)
        try:
            e, relation = entries.requirement(one, requirement, [i for i, _ in places])
            known = entries.known([(other, each) for each in other.requirements], every, places, e)
            known = [condition for condition in known if condition[0].free_symbols <= e.free_symbols]
            follows = not requirement.guards and ((e, relation) in known or Ranges(known).shows(e, relation))
        except (DomainError, RecursionError):
            follows = False
        if not follows:
            found.append(requirement)
    return found


def _plain(f: Morphism, requirement: Requirement) -> tuple | None:
    """A requirement in terms of inputs alone, by their positions; None where it is too long for that."""
    names = {name: f"x{k}" for k, name in enumerate(f.dom.names)}
    found = spelled(f, requirement)
    if not found.sources <= names.keys():
        return None
    moved = found.rename(names)
    return moved.extents, moved.expr, moved.relation, moved.guards


def _texts(f: Morphism, requirements: Sequence[Requirement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(spelled(f, requirement)) for requirement in requirements))


def of_terms(lhs: Term, rhs: Term, assumptions: Sequence[Condition] = ()) -> Domains:
    """The same for terms, under assumptions; what one side requires in some of its branches only counts for it, never for the other."""
    always = [dict.fromkeys(_conditions(side, branches=False)) for side in (lhs, rhs)]
    found = []
    for side, others in ((lhs, always[1]), (rhs, always[0])):
        asked = [c for c in _conditions(side) if c not in others and c not in assumptions]
        known = TermRanges([*assumptions, *others]) if asked else None
        found.append(tuple(dict.fromkeys(str(c) for c in asked if not known.shows(c))))
    return Domains(*found)


def _conditions(term: Term, branches: bool = True) -> Iterator[Condition]:
    """The conditions under which a term is defined; without those of the branches that may not be taken."""
    seen, waiting = set(), [term]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        if part.op in PARTIAL:
            yield Condition(part.args[0], PARTIAL[part.op])
        if part.op == "asin":
            yield Condition(ONE - power(part.args[0], 2), ">=0")
        waiting += reversed(part.args if branches or part.op != "switch" else part.args[:1])


class TermRanges:
    """Ranges of terms where they are defined, by their form and by conditions on parts of them."""

    def __init__(self, known: Sequence[Condition]) -> None:
        self.apart = {c.term for c in known if c.relation == "!=0"}
        self.known: dict[Term, Range] = {}
        self.memo: dict[Term, Range] = {}
        waiting = list(self.apart)
        for c in known:
            if c.relation in KNOWN:
                self.known[c.term] = self.known.get(c.term, ALL).within(KNOWN[c.relation])
                waiting += [c.term] if c.relation == ">0" else []
        while waiting:
            term = waiting.pop()
            self.apart.add(term)
            waiting += term.args if term.op in ("mul", "power", "root") else term.args[:1] if _magnitude(term) else ()

    def shows(self, c: Condition) -> bool:
        """Whether a condition follows; no says nothing."""
        if self.of(c.term).meets(c.relation) or (c.relation == "!=0" and c.term in self.apart):
            return True
        if c.relation == ">0":
            return self.of(c.term).meets(">=0") and self.shows(Condition(c.term, "!=0"))
        if c.relation != "!=0" or not (c.term.op in ("mul", "power", "root") or _magnitude(c.term)):
            return False
        return all(self.shows(Condition(a, "!=0")) for a in (c.term.args[:1] if c.term.op == "switch" else c.term.args))

    def of(self, term: Term) -> Range:
        if term not in self.memo:
            self.memo[term] = self._form(term).within(self.known.get(term, ALL))
        return self.memo[term]

    def _form(self, term: Term) -> Range:
        if term.op == "number":
            return Range((term.value, True), (term.value, True))
        if term.op == "pi":
            return POSITIVE
        if _magnitude(term):
            return NONNEGATIVE
        if term.op == "switch":
            return reduce(Range.hull, map(self.of, term.args[1:]))
        parts = [self.of(argument) for argument in term.args]
        if term.op in ("add", "mul"):
            return reduce(Range.__add__ if term.op == "add" else Range.__mul__, parts)
        if term.op in ("power", "inverse", "root"):
            exponent = {"power": term.value, "inverse": -1}.get(term.op) or sp.Rational(1, term.value)
            exact = sp.Rational(exponent)
            inner = parts[0].within(NONNEGATIVE) if term.op == "root" else parts[0]
            return powered(inner, exact, ALL if exact.is_Integer else POSITIVE)
        return CALLS.get(term.op, ALL)


def _magnitude(term: Term) -> bool:
    """Whether a term is an absolute value."""
    return term.op == "switch" and term.args[1:] == (-term.args[0], ZERO, term.args[0])


CALLS = {"exp": POSITIVE, "sin": SIGNED, "cos": SIGNED, "erf": OPEN_SIGNED}
