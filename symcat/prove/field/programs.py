"""Programs over scalars as goals in terms: all wires of rank 0, every node one body without ranges."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import At
from symcat.category.functions import FUNCTIONS, sigmoid, softplus
from symcat.category.morphism import Morphism
from symcat.errors import DomainError
from symcat.prove.field.engine import decide_goal
from symcat.prove.field.read import Condition, Reader, ScalarGoal
from symcat.prove.field.term import Term, variable
from symcat.prove.index.equal import Failure, Proof

SMOOTH = (sp.log, sp.tanh, sp.sin, sp.cos, sigmoid, softplus)


def prove_programs(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = (), kinks: bool = False) -> Proof | Failure:
    """A proof that two programs over real scalars without kinks have the same values wherever the requirements of both hold.

    Programs with kinks may have the same values and different derivatives at the kink, and are not equal as morphisms: they are
    for those who ask for equality as functions.
    """
    try:
        goals = _goals(lhs, rhs, facts, kinks)
    except DomainError as error:
        return Failure(f"field normal form: {error}")
    methods, premises, kernels = {}, {}, []
    for goal in goals:
        verdict = decide_goal(goal)
        if not verdict.proved:
            return Failure(verdict.reason or "field normal form: points differ")
        methods[verdict.method] = None
        premises |= dict.fromkeys(verdict.premises)
        kernels.append(dict(verdict.certificate))
    return Proof("; ".join(methods), tuple(premises), {"method": "field normal form", "goals": kernels})


def _goals(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact], kinks: bool) -> list[ScalarGoal]:
    """One goal for each output; DomainError for programs of another kind."""
    sides = [_Program(f, lhs.dom.names, kinks) for f in (lhs, rhs)]
    found = sorted(set().union(*(side.symbols for side in sides), *(fact.expr.free_symbols for fact in (*facts, *lhs.facts, *rhs.facts))),
                   key=lambda s: s.name)
    names = (*lhs.dom.names, *(symbol.name for symbol in found))
    if len(set(names)) < len(names):
        raise DomainError("a hyperparameter and an input of one name")
    reader = Reader()
    assumptions = [Condition(variable(symbol.name), ">0") for symbol in found if symbol.is_positive]
    assumptions += [Condition(reader.term(fact.expr), fact.relation) for fact in (*facts, *lhs.facts, *rhs.facts)]
    required = tuple(dict.fromkeys(condition for side in sides for condition in side.conditions))
    pairs = zip(sides[0].outputs, sides[1].outputs, strict=True)
    integers = frozenset(symbol.name for symbol in found if symbol.is_integer)
    return [ScalarGoal(left, right, names, tuple(dict.fromkeys(assumptions)), integers, required) for left, right in pairs]


class _Program:
    """The outputs and requirements of a program as terms, its inputs under the given names."""

    def __init__(self, f: Morphism, names: Sequence[str], kinks: bool) -> None:
        self.kinks = kinks
        if any(wire.shape or wire.base.modulus for wire in (*f.dom.types, *f.cod.types)):
            raise DomainError("arrays are beyond the field engine")
        self.reader = Reader({At(own): variable(name) for own, name in zip(f.dom.names, names, strict=True)})
        self.symbols: set[sp.Symbol] = set()
        for node in f.nodes:
            if node.extents or node.shape or node.guards or node.base.modulus:
                raise DomainError("sums and arrays are beyond the field engine")
            self.reader.memo[At(node.name)] = self._term(node.body)
        self.outputs = [self.reader.memo[At(name)] for name in f.outs]
        self.conditions = []
        for requirement in f.requirements:
            if requirement.extents or requirement.guards:
                raise DomainError("requirements of arrays are beyond the field engine")
            self.conditions.append(Condition(self._term(requirement.expr), requirement.relation))

    def _term(self, body: sp.Expr) -> Term:
        kinks = [cls for cls in FUNCTIONS if body.has(cls) and cls not in SMOOTH]
        if kinks and not self.kinks:
            raise DomainError(f"{kinks[0].__name__} has a kink: equal values do not make equal morphisms")
        self.symbols |= {s for s in body.free_symbols if isinstance(s, sp.Symbol)}
        return self.reader.term(body)
