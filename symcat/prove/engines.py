"""The engines that the pipeline consults, as one value: tests and later engines put others in their place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact
from symcat.category.morphism import Morphism
from symcat.category.serialise import canonical_json, dump, dump_fact
from symcat.checker.equations import FUNCTIONS, equation
from symcat.laws.claim import Equation, Formula, Inequality
from symcat.laws.matrices import MatrixEquation
from symcat.prove.advice.record import advice, advice_by_values
from symcat.prove.field.read import ScalarGoal
from symcat.prove.index.equal import Failure, Proof, premises_of, prove_additive, prove_equal
from symcat.prove.refute import refute
from symcat.prove.witness import Tested, Witness
from symcat.verdict import Verdict

IDENTICAL = "identical programs"
BY_VALUES = "normal forms by cases of signs"
MANY_SUMS = 30
ON_ITS_WORD = "trusted: the engine"


def valid(formula: Formula) -> tuple[str, object]:
    """Z3's answer; the solver is loaded only when a formula is to be decided."""
    from symcat.prove.smt import valid as by_z3

    return by_z3(formula)


def ordered(goal: Inequality) -> object:
    """The outcome of the engines of inequalities; they are loaded only when an inequality is to be decided."""
    from symcat.prove.inequality.engine import decide_inequality

    return decide_inequality(goal)


def recorded_order(goal: Inequality) -> object:
    """The same with advice by which the checker replays the proof."""
    from symcat.prove.advice.attach import ordered as advised_order

    return advised_order(goal)


def functions(equation: Equation) -> object:
    """The outcome of the engine of finite bases on an equation as functions; the SAT solver is loaded only when one is to be decided."""
    from symcat.prove.boolean.engine import decide_functions

    return decide_functions(equation)


def propositions(formula: Formula) -> object:
    """The outcome of the engine of finite bases on a formula; None when it is not of its kinds."""
    from symcat.prove.boolean.engine import decide_formula

    return decide_formula(formula)


def scalar(lhs: sp.Expr, rhs: sp.Expr, relations: Sequence[Relational]) -> Verdict:
    """The verdict of the field engine on an equation of expressions; it is loaded only when one is to be decided."""
    from symcat.prove.field.engine import decide_scalar

    return decide_scalar(lhs, rhs, relations)


def identity(goal: ScalarGoal) -> object:
    """The outcome of the field engine on a goal in terms."""
    from symcat.prove.field.engine import settle_goal

    return settle_goal(goal)


def recorded_identity(goal: ScalarGoal) -> object:
    """The same with advice by which the checker replays the proof."""
    from symcat.prove.advice.attach import identity as advised_identity

    return advised_identity(goal)


def words(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | None:
    """Equality by the rules of rings alone, with products of matrices for sums: the checker's normal form is the proof."""
    from symcat.prove.matrices import METHOD, normal_form

    reads = normal_form(MatrixEquation(lhs, rhs, (), tuple(facts)))
    if not isinstance(reads, int):
        return None
    return Proof(METHOD, premises_of(lhs, rhs, (*facts, *lhs.facts, *rhs.facts)), {"reads": reads})


def programs(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | Failure:
    """The index normal form, and where it fails, the field engine for programs over scalars; many sums are first read as words."""
    sums = sum(len(node.extents) > len(node.shape) for f in (lhs, rhs) for node in f.nodes)
    if sums >= MANY_SUMS and (found := words(lhs, rhs, facts)):
        return found
    if _small_with_roots(lhs, rhs):
        from symcat.prove.field.unrolled import prove_unrolled

        first = prove_equal(lhs, rhs, facts, most=1)
        if isinstance(first, Proof):
            return first
        written = prove_unrolled(lhs, rhs, facts)
        if isinstance(written, Proof):
            return written
    outcome = prove_equal(lhs, rhs, facts)
    if isinstance(outcome, Proof) or outcome.final or any(wire.shape or wire.base.modulus for wire in (*lhs.dom.types, *lhs.cod.types)):
        return outcome
    from symcat.prove.field.programs import prove_programs

    further = prove_programs(lhs, rhs, facts)
    return further if isinstance(further, Proof) else outcome


def _small_with_roots(lhs: Morphism, rhs: Morphism) -> bool:
    """Arrays of fixed small sizes with roots of their entries, which the index normal form has no rules for."""
    from symcat.prove.field.unrolled import fixed

    roots = any(not power.exp.is_Integer for f in (lhs, rhs) for node in f.nodes for power in node.body.atoms(sp.Pow))
    return roots and any(wire.shape for wire in lhs.dom.types) and fixed(lhs, rhs)


def advised(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | Failure:
    """The same with advice by which the checker replays the proof; where none is found, the method says on whose word it rests."""
    proof = programs(lhs, rhs, facts)
    if isinstance(proof, Failure) or proof.method == IDENTICAL or "reads" in proof.trace:
        return proof
    if "entries" in proof.trace:
        return replace(proof, method=f"{proof.method}, {ON_ITS_WORD}")
    goal = {"lhs": dump(lhs), "rhs": dump(rhs), "facts": [dump_fact(fact) for fact in facts]}
    goal = json.loads(canonical_json(goal))
    found = advice(goal, proof.method)
    if found is None and "goals" in proof.trace:
        from symcat.prove.advice.scalars import programs as over_scalars

        found = over_scalars(goal)
        proof = proof if found is None else replace(proof, method=proof.method.replace(", pruning trusted: z3", ""))
    if found is None:
        return replace(proof, method=f"{proof.method}, {ON_ITS_WORD}")
    return replace(proof, trace={**proof.trace, "replay": found})


def values(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | Failure:
    """Equality of values, which knows what functions with kinks are on either side of them; the checker's replay is the proof.

    Where it finds none, entrywise programs are decided at one entry by the field engine, on whose word that rests.
    """
    goal = json.loads(canonical_json({"lhs": dump(lhs), "rhs": dump(rhs), "facts": [dump_fact(fact) for fact in facts]}))
    found = advice_by_values(goal)
    if found is None:
        from symcat.prove.field.entries import prove_entries

        outcome = prove_entries(lhs, rhs, facts)
        return outcome if isinstance(outcome, Failure) else replace(outcome, method=f"{outcome.method}, {ON_ITS_WORD}")
    notes = sorted(equation(goal, found, FUNCTIONS))
    return Proof(BY_VALUES, (*premises_of(lhs, rhs, (*facts, *lhs.facts, *rhs.facts)), *notes), {"replay": found})


@dataclass(frozen=True)
class Engines:
    """What a pipeline consults.

    `refute(lhs, rhs, facts, seed=0)` gives a witness or what was tested, `equal(lhs, rhs, facts)` and `additive(f, wires)` a
    proof or a failure, `valid(formula)` a status with its detail, `ordered(inequality)` a proof, a witness or why there is neither, and
    `scalar(lhs, rhs, relations)` a verdict on an equation of SymPy expressions, which is asked for first;
    `identity(goal)` gives the proof of such an equation in terms, or the verdict that there is none.
    `values(lhs, rhs, facts)` is about equality as functions where `equal` fails; `functions(equation)` and `propositions(formula)`
    are about finite bases and propositions.
    """

    refute: Callable[..., Witness | Tested]
    equal: Callable[..., Proof | Failure]
    additive: Callable[..., Proof | Failure]
    valid: Callable[[Formula], tuple[str, object]]
    ordered: Callable[[Inequality], object] = ordered
    scalar: Callable[..., Verdict] = scalar
    identity: Callable[[ScalarGoal], object] = identity
    functions: Callable[[Equation], object] = functions
    propositions: Callable[[Formula], object] = propositions
    values: Callable[..., Proof | Failure] = values


STANDARD = Engines(refute, advised, prove_additive, valid, recorded_order, identity=recorded_identity)
BARE = Engines(refute, programs, prove_additive, valid)     # for those who have a certificate
