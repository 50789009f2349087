"""Requirements and facts about signs, as patterns: what licenses a cancellation, a root or a logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from symcat.prove.index.affine import Affine, below, number, plus, variable
from symcat.prove.index.table import NONE, Call, Expr, Read, Several, Sum, Table, Term

if TYPE_CHECKING:
    from symcat.prove.index.algebra import Algebra

IMPLIES = {"!=0": ("!=0", ">0"), ">0": (">0",), ">=0": (">=0", ">0")}
MATCH_LIMIT = 64


@dataclass(frozen=True)
class Known:
    """`expr relation` for all values of the formal indices in their ranges."""

    formals: tuple[int, ...]
    expr: tuple[tuple[Term, object], ...]
    relation: str
    text: str
    fact: bool = False


class Domain:
    """What the two programs require, and what was used of it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.known: list[Known] = []
        self.used: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self.positive_names: set[str] = set()
        self._answers: dict[tuple, bool] = {}
        self._open: set[tuple[int, str, int]] = set()

    def facts(self) -> Domain:
        """The domain with the facts about hyperparameters alone."""
        found = Domain(self.table)
        found.known = [known for known in self.known if known.fact]
        found.positive_names = self.positive_names
        return found

    def require(self, formals: tuple[int, ...], e: Expr, relation: str, text: str, fact: bool = False) -> None:
        """Add a requirement; of a product that is not 0 each factor is not 0."""
        self.known.append(Known(formals, tuple(e.items()), relation, text, fact))
        if relation != ">=0" and len(e) == 1:
            ((guards, factors),) = e
            if not guards and (len(factors) > 1 or any(k != 1 for _, k in factors)):
                for a, _ in factors:
                    self.known.append(Known(formals, (((NONE, ((a, 1),)), 1),), "!=0", text, fact))

    def note(self, premise: str) -> None:
        """Record a premise that a rule used."""
        self.notes[premise] = None

    def grants(self, algebra: Algebra, e: Expr, relation: str) -> bool:
        """Whether a requirement says `e relation`; no, when matching a requirement raises the same question again."""
        if not self.known or not e:
            return False
        key = (self.table.freeze(e), relation, len(self.known), algebra.context.facts)
        if key in self._open:
            return False
        if key not in self._answers:
            self._open.add(key)
            match = next((k for k in self.known if k.relation in IMPLIES[relation] and self._covers(algebra, k, e, relation)), None)
            self._open.discard(key)
            if match is not None:
                self.used[match.text] = None
            self._answers[key] = match is not None
        return self._answers[key]

    def _covers(self, algebra: Algebra, known: Known, e: Expr, relation: str) -> bool:
        pattern = dict(known.expr)
        if len(pattern) != len(e):
            return False
        free = self.table.frozen_free[self.table.freeze(e)]
        for values in self._bindings(known, pattern, e):
            inside = all(self._inside(algebra, f, form, free) for f, form in values.items())
            if inside and proportional(algebra.substitute(pattern, values), e, relation):
                return True
        return False

    def _inside(self, algebra: Algebra, formal: int, form: Affine, free: frozenset[int]) -> bool:
        """Whether a form is a value of a formal index; the index itself is one where it is free, or its range is not empty."""
        extent, holds = self.table.variables[formal].extent, algebra.context.holds
        if form == variable(formal) and formal not in free:
            return holds(plus(extent, number(-1)))
        return holds(form) and holds(below(extent, form))

    def _bindings(self, known: Known, pattern: Expr, e: Expr) -> Iterator[dict[int, Affine]]:
        """Values for the formal indices, taken from reads of the same arrays."""
        candidates: dict[int, dict[Affine, None]] = {f: {} for f in known.formals}
        targets = list(dict.fromkeys(reads(self.table, e)))
        for read in reads(self.table, pattern):
            for position, form in enumerate(read.indices):
                if len(form[1]) == 1 and form[1][0][0] in candidates and form == variable(form[1][0][0]):
                    for target in targets:
                        if target.name == read.name:
                            candidates[form[1][0][0]][target.indices[position]] = None
        options = [list(c) or [variable(f)] for f, c in candidates.items()]
        count = 1
        for option in options:
            count *= len(option)
        if count <= MATCH_LIMIT:
            for choice in product(*options):
                yield dict(zip(candidates, choice, strict=True))


def proportional(left: Expr, right: Expr, relation: str) -> bool:
    """Whether left is a rational multiple of right: any but 0 for "!=0", a positive one otherwise."""
    if not left or left.keys() != right.keys():
        return False
    ratios = {left[term] * next(iter(right.values())) - right[term] * left[next(iter(right))] for term in right}
    first = next(iter(right))
    return ratios == {0} and (relation == "!=0" or left[first] * right[first] > 0)


def reads(table: Table, e: Expr) -> Iterator[Read]:
    """The reads in an expression, those inside functions and sums included."""
    for (_, factors), _ in e.items():
        for a, _ in factors:
            yield from _atom_reads(table, a)


def _atom_reads(table: Table, a: int) -> Iterator[Read]:
    data = table.atoms[a]
    if isinstance(data, Read):
        yield data
    elif isinstance(data, Call):
        for argument in data.arguments:
            yield from reads(table, table.thaw(argument))
    elif isinstance(data, Several):
        yield from reads(table, table.thaw(data.body))
    elif isinstance(data, Sum):
        for b, _ in data.factors:
            yield from _atom_reads(table, b)
