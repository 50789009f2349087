"""Equality of two programs for all sizes, and additivity: the engine's two questions.

Equality is decided by the index normal form: first whether the two are one program, then with large shared values cut by
names, less and less, then with denominators cleared and ranges refined, last with sigmoid and tanh written through exp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import Argmax, At, Bracket, Delta, affine, is_index
from symcat.category.functions import sigmoid, softplus
from symcat.category.morphism import Morphism
from symcat.category.space import Space
from symcat.category.spelling import spelled
from symcat.errors import SymcatError
from symcat.prove.index import discharge
from symcat.prove.index.affine import Affine, make
from symcat.prove.index.context import QUESTIONS, Context, Questions
from symcat.prove.index.domain import Domain
from symcat.prove.index.linear import grades
from symcat.prove.index.printing import Printer
from symcat.prove.index.program import Cuts, Program
from symcat.prove.index.refine import vanishes, vanishes_everywhere
from symcat.prove.index.strides import STRIDES
from symcat.prove.index.sums import UNROLLED, Normaliser
from symcat.prove.index.table import Expr, Table

PRINTED = 600
SMALL = 80          # comprehensions of two programs whose requirements are looked at again with fewer cuts
INDEXED = (At, Argmax, Bracket, Delta)
FEW = 3000          # eliminations of an attempt that cuts sums to pieces


@dataclass(frozen=True)
class Proof:
    """An equality shown: by which method, under which premises, and what a certificate keeps of it."""

    method: str
    premises: tuple[str, ...]
    trace: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Not shown, which says nothing about the truth of the goal; `uncut` where lower levels of cuts would be the same attempt."""

    reason: str
    residue: str = ""
    final: bool = False
    uncut: bool = False


@dataclass(frozen=True)
class Attempt:
    """One way of running the normal form."""

    level: int
    refined: bool = False
    definitions: bool = False
    unroll: bool = False
    shared: bool = False
    stride: int = 0
    lattice: bool = False

    @property
    def method(self) -> str:
        words = ["index normal form, shared cuts" if self.shared else f"index normal form, cuts {self.level}"]
        words += ["refined"] if self.refined else []
        words += ["functions defined by exp"] if self.definitions else []
        words += ["small sums written out"] if self.unroll else []
        words += ["sums cut to pieces"] if self.stride else []
        words += [f"indices split modulo {self.stride}" + ", all of them" * self.lattice] if self.stride > 1 else []
        return ", ".join(words)


def prove_equal(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = (), most: int | None = None) -> Proof | Failure:
    """Show that two programs between fitting spaces are equal as morphisms, at all sizes that satisfy the premises.

    `most` is the number of attempts, the cheapest first; all of them when it is None.

    The premises are the facts, those of both programs included, and the requirements of both sides: equal means equal on the
    common domain.  Contradictory facts about dims are a failure, not a proof.
    """
    if not (lhs.dom.fits(rhs.dom) and lhs.cod.fits(rhs.cod)):
        return Failure(f"the sides do not fit: {lhs.dom} -> {lhs.cod} and {rhs.dom} -> {rhs.cod}")
    everything = tuple(dict.fromkeys([*facts, *lhs.facts, *rhs.facts]))
    if lhs == rhs or (lhs.canonical[2:4] == rhs.canonical[2:4]):
        return Proof("identical programs", premises_of(lhs, rhs, everything), {"programs": lhs.digest})
    failure = Failure("no attempt")
    uncut: set[Attempt] = set()
    for attempt in islice(_attempts(lhs, rhs), most):
        if replace(attempt, level=0, shared=False) in uncut:
            continue
        try:
            outcome = _run(attempt, lhs, rhs, everything)
        except (ArithmeticError, ValueError, SymcatError) as error:
            outcome = Failure(f"{attempt.method}: {error}")
        if isinstance(outcome, Proof) or outcome.final:
            return outcome
        failure = outcome
        if failure.uncut:
            uncut.add(replace(attempt, level=0, shared=False))
    return failure


def prove_additive(f: Morphism, wires: Sequence[int]) -> Proof | Failure:
    """Show that a morphism is additive and zero-preserving in the given wires jointly, all other inputs fixed."""
    found = grades(f, wires)
    bad = [name for name, out in zip(f.cod.names, f.outs, strict=True) if found[out] not in (1, -1)]
    if bad:
        return Failure(f"not homogeneous linear in the chosen wires: {', '.join(bad)}")
    trace = {"wires": list(wires), "grades": {name: grade for name, grade in found.items() if grade is not None}}
    return Proof("linear typing", premises_of(f, f, f.facts), trace)


def _attempts(lhs: Morphism, rhs: Morphism) -> Iterator[Attempt]:
    yield Attempt(2)
    yield Attempt(2, shared=True)
    for level in (1, 0):
        yield Attempt(level)
    for level in (1, 0):
        yield Attempt(level, refined=True)
    defined = (sp.tanh, sigmoid, softplus)
    if any(node.body.has(*defined) for side in (lhs, rhs) for node in side.nodes):
        yield Attempt(0, refined=True, definitions=True)
    sizes = [extent for side in (lhs, rhs) for node in side.nodes for extent in node.extents]
    if any(extent.is_Integer and 1 < extent <= UNROLLED for extent in sizes):
        yield Attempt(0, refined=True, unroll=True)
    for stride in _strides(lhs, rhs):
        yield Attempt(0, refined=True, stride=stride)
        if stride > 1:
            yield Attempt(0, refined=True, stride=stride, lattice=True)


def _strides(lhs: Morphism, rhs: Morphism) -> list[int]:
    """The strides to split by: what indices are multiplied by; 1 alone, for cuts, where arrays have pieces or are read in part.

    None where no function is applied: refinement does the same then.
    """
    found: set[int] = set()
    pieces = False
    if not any(isinstance(e, sp.Pow) or not isinstance(e, INDEXED) for side in (lhs, rhs) for node in side.nodes
               for e in node.body.atoms(sp.Function, sp.Pow)):
        return []
    for node in (node for side in (lhs, rhs) for node in side.nodes):
        places = [*node.out, *node.guards, *[e for read in node.body.atoms(At) for e in read.indices],
                  *[e.args[0] for e in node.body.atoms(Bracket, Delta)]]
        found |= {abs(int(k)) for e in places for s in e.free_symbols if is_index(s) and (k := e.coeff(s)).is_Integer}
        pieces |= not node.gather or any(not is_index(s) for e in places for s in e.free_symbols)
    steps = [k for k in sorted(found) if 1 < k <= STRIDES]
    return [1, *steps] if pieces or steps else []


def _run(attempt: Attempt, lhs: Morphism, rhs: Morphism, facts: Sequence[Fact]) -> Proof | Failure:
    """One attempt over every base that the outputs have."""
    traces, notes = [], {}
    for modulus in dict.fromkeys(wire.base.modulus for wire in lhs.cod.types):
        outs = [k for k, wire in enumerate(lhs.cod.types) if wire.base.modulus == modulus]
        side = Side(attempt, _keep(lhs, outs), _keep(rhs, outs), facts, modulus)
        failure = side.decide()
        if failure is not None and attempt.shared and (chosen := side.shared()) is not None:
            side = Side(attempt, _keep(lhs, outs), _keep(rhs, outs), facts, modulus, chosen)
            failure = side.decide()
        if failure is not None:
            return failure
        traces.append(side.trace())
        notes |= side.domain.notes
    return Proof(attempt.method, premises_of(lhs, rhs, facts, notes), {"method": attempt.method, "bases": traces})


def _keep(f: Morphism, chosen: Sequence[int]) -> Morphism:
    """The morphism with some of its outputs."""
    if len(chosen) == len(f.outs):
        return f
    cod = Space(tuple(f.cod.wires[k] for k in chosen))
    return replace(f, cod=cod, outs=tuple(f.outs[k] for k in chosen))


class Side:
    """One attempt over one base: a table, a context, a domain, and the two programs in them."""

    def __init__(self, attempt: Attempt, lhs: Morphism, rhs: Morphism, facts: Sequence[Fact], modulus: int,
                 chosen: tuple[frozenset[str], frozenset[str]] | None = None, licensed: bool = True) -> None:
        self.attempt, self.table = attempt, Table()
        self.domain = Domain(self.table)
        known = [form for fact in facts if (form := self._dim_fact(fact)) is not None]
        context = Context(self.table, known, Questions(FEW if attempt.stride else QUESTIONS // 2 if attempt.refined else QUESTIONS))
        self.algebra = Normaliser(self.table, context, self.domain, modulus,
                                  definitions=attempt.definitions, unroll=attempt.unroll, stride=attempt.stride, lattice=attempt.lattice)
        self.cuts = Cuts(attempt.level, chosen)
        self.programs = [Program(f, self.algebra, self.cuts, k, licensed) for k, f in enumerate((lhs, rhs))]
        self.printer = Printer(self.table, {f"x{k}": name for k, name in enumerate(lhs.dom.names)})
        self.cod = lhs.cod
        self.values: list[list[Expr]] = []
        for fact in facts:
            if self._dim_fact(fact) is None and not modulus:
                self.domain.require((), self.programs[0].convert(fact.expr, {}), fact.relation, str(fact), fact=True)

    def _dim_fact(self, fact: Fact) -> Affine | None:
        """A fact about dims alone as a guard; None for another."""
        if fact.relation == "!=0" or not all(s.is_integer and s.is_positive for s in fact.expr.free_symbols):
            return None
        try:
            form = affine(fact.expr)
        except SymcatError:
            return None
        named = sorted((symbol.name, k) for symbol, k in form.items() if symbol is not sp.S.One)
        coefficients = {self.table.dim(name): k for name, k in named}
        return make(form.get(sp.S.One, 0) - (fact.relation == ">0"), coefficients)

    def decide(self) -> Failure | None:
        """None when every output's two normal forms agree."""
        if self.algebra.context.contradictory():
            return Failure("the facts about dims contradict each other", final=True)
        for program in self.programs:
            program.require()
        self.values = [program.outputs() for program in self.programs]
        for name, left, right in zip(self.cod.names, *self.values, strict=True):
            if left == right:
                continue
            residue = self.algebra.subtract(left, right)
            if residue and not self._vanishes(name, residue):
                return Failure(f"{self.attempt.method}: the normal forms of {name} differ", self.printer.expression(residue, PRINTED),
                               uncut=not self.cuts.names)
        return None

    def _vanishes(self, name: str, residue: Expr) -> bool:
        """Whether a nonzero difference is zero after all, where this attempt may look further."""
        if not self.attempt.refined:
            return False
        indices = self.programs[0].formals(self.cod[name].shape)
        return vanishes(self.algebra, residue) or (self.attempt.unroll and vanishes_everywhere(self.algebra, residue, indices, UNROLLED))

    def shared(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """The arrays of both sides whose values were cut to names that the two sides have in common; None when all or none."""
        names = [{name for cut in program.named.values() for name in cut} for program in self.programs]
        common = names[0] & names[1]
        if not common or names[0] == names[1]:
            return None
        left, right = [frozenset(node for node, cut in program.named.items() if common.issuperset(cut)) for program in self.programs]
        return left, right

    def left_over(self) -> list[str]:
        """The requirements of both sides, in words, that do not follow from the facts."""
        found: dict[str, None] = {}
        for program in self.programs:
            shown = {requirement for value, requirement in program.required if discharge.shown(program, value, requirement)}
            found |= dict.fromkeys(str(spelled(program.morphism, r)) for r in program.morphism.requirements if r not in shown)
        return list(found)

    def domain_conditions(self, program: Program) -> frozenset | None:
        """What a side requires beyond the facts, in normal form, for comparison with the other; None when some has no normal form."""
        if any(requirement.guards for requirement in program.morphism.requirements) or program.waiting or self.algebra.modulus:
            return None
        return frozenset((self.table.freeze(value), requirement.relation, requirement.extents)
                         for value, requirement in program.required if not discharge.shown(program, value, requirement))

    def trace(self) -> dict:
        """What a certificate keeps."""
        sides = [[self.printer.expression(e, PRINTED) for e in values] for values in self.values]
        table, required = self.table, [self.domain_conditions(program) for program in self.programs]
        cuts = {name: self.printer.expression(table.thaw(key[1]), PRINTED) for key, name in self.cuts.names.items()}
        return {"modulus": self.algebra.modulus, "level": self.cuts.level, "cuts": cuts, "left": sides[0], "right": sides[1],
                "same domain": None not in required and required[0] == required[1],
                "rules": dict(sorted(self.algebra.counts.items())), "licences": list(self.domain.used)}


def premises_of(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact], notes: Iterable[str] = ()) -> tuple[str, ...]:
    """The facts, the requirements of both sides that do not follow from them, and what rules used besides."""
    return tuple(dict.fromkeys([*map(str, facts), *_left_over(lhs, rhs, facts), *notes]))


def _left_over(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact]) -> list[str]:
    """The requirements that do not follow from the facts, with as few cuts of values as a small program bears."""
    left = list(dict.fromkeys(str(spelled(f, r)) for f in (lhs, rhs) for r in f.requirements))
    for level in (1, 0) if len(lhs.nodes) + len(rhs.nodes) <= SMALL else (2,):
        if left:
            side = Side(Attempt(level), _keep(lhs, ()), _keep(rhs, ()), facts, 0, licensed=False)
            try:
                side.decide()
            except (ArithmeticError, ValueError, SymcatError):
                continue
            left = min(left, side.left_over(), key=len)
    return left
