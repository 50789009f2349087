"""How a goal is decided: identical programs, then refutation at small sizes, then the engines of equality, else unknown.

Refutation comes first, so that a false goal never waits for a proof to fail, and no proof is accepted unless some exact point
satisfies all premises: from premises that contradict each other everything would follow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact
from symcat.category.morphism import Morphism
from symcat.errors import DomainError, SoundnessError, UsageError
from symcat.laws.induction import INDUCTIVE
from symcat.laws.matrices import Hypothesis, MatrixEquation
from symcat.laws.premises import about_wires, facts_of, relations, suppose
from symcat.prove import points
from symcat.prove import record as records
from symcat.prove.additivity import states_additivity
from symcat.prove.boolean.settle import equivalence, finite, settle_formula, settle_functions, truths, with_sides
from symcat.prove.claim import Additive, Claim, Equation, Formula, Holds, Inequality, Order
from symcat.prove.discharge import discharge
from symcat.prove.domains import of_programs
from symcat.prove.engines import BARE, ON_ITS_WORD, STANDARD, Engines
from symcat.prove.field.read import ScalarGoal
from symcat.prove.index.equal import Proof
from symcat.prove.inside import data as point_data
from symcat.prove.order import Open
from symcat.prove.room import cramped
from symcat.prove.translate import assumed, expression, translate
from symcat.prove.unfolded import at_lengths, folded, plain
from symcat.prove.witness import Tested, Witness
from symcat.verdict import EQUALITIES, Domains, Verdict, proved, refuted, unknown

RELATIONS = ("=", "<=", "<")
FIRST_POINTS = 8
SIDES = (attrgetter("left"), attrgetter("right"))
Settled = tuple[Verdict, "dict[str, Any] | None"]


@dataclass(frozen=True)
class Evidence:
    """What one equation has in its favour: a method, premises, the engine's trace, and further what its certificate keeps."""

    method: str
    premises: tuple[str, ...]
    trace: Mapping[str, Any]
    further: Mapping[str, Any] = field(default_factory=dict)
    domains: Domains | None = None


def prove(claim: Claim, certificates: Path | None = None, engines: Engines = STANDARD, audit: bool = False) -> Verdict:
    """Decide a claim; a proof's certificate is written to the folder `certificates` when one is given.

    With `audit` a refuted equation is given to the prover as well: should it be proved too, SoundnessError.
    """
    start = time.perf_counter()
    about = {"name": claim.name, "statement": claim.statement, "source": claim.source}
    verdict, record = settle(claim.goal(), claim.equality, about, engines, audit)
    if record is not None and certificates is not None:
        path = records.write(record, certificates)
        verdict = replace(verdict, certificate={**verdict.certificate, "path": str(path)})
    return verdict.timed(time.perf_counter() - start)


def decide(lhs: object, rhs: object, rel: str = "=", assuming: Sequence[object] = (), engines: Engines = STANDARD, *,
           equality: str = "as morphisms") -> Verdict:
    """Decide `lhs rel rhs` for two morphisms of one type, or for two SymPy expressions over real symbols.

    `assuming` are relations: about symbols of the expressions, or about dims, hyperparameters and wires of the morphisms; a symbol
    named like a wire of `lhs` means each of its entries.  Order (`<=`, `<`) between expressions is proved by sums of squares or by
    Z3, whose word is labelled as such; between morphisms it is proved for a generic entry where that can be written out.
    With `equality="as functions"` two morphisms need only have equal values: x^2 and x over Z2.
    """
    if rel not in RELATIONS:
        raise UsageError(f"the relation {rel!r}: expected one of {', '.join(RELATIONS)}")
    if equality not in EQUALITIES:
        raise UsageError(f"the equality {equality!r}: expected one of {', '.join(EQUALITIES)}")
    assuming = tuple(assuming) if isinstance(assuming, (tuple, list)) else (assuming,)
    start = time.perf_counter()
    if isinstance(lhs, Morphism) != isinstance(rhs, Morphism):
        raise UsageError(f"a {type(lhs).__name__} against a {type(rhs).__name__}: give two morphisms or two SymPy expressions")
    if isinstance(lhs, Morphism):
        verdict = _decide_morphisms(lhs, rhs, rel, assuming, equality, engines)
    elif truths(lhs, rhs):
        verdict = with_sides(settle(equivalence(lhs, rhs, rel, assuming), "as functions", engines=engines)[0], lhs, rhs)
    else:
        verdict = _decide_expressions(lhs, rhs, rel, assuming, engines)
    return verdict.timed(time.perf_counter() - start)


def settle(goal: object, equality: str = "as morphisms", about: Mapping[str, str] | None = None, engines: Engines = STANDARD,
           audit: bool = False, seed: int = 0) -> Settled:
    """The verdict on a goal, and the record of the proof when it is proved."""
    if folded(goal) and folded(goal := plain(goal)):
        return _settle_lengths(goal, equality, engines, seed)
    if isinstance(goal, Additive):
        return _settle_additive(goal, equality, about, engines, audit, seed)
    if isinstance(goal, tuple) and goal and all(isinstance(equation, Equation) for equation in goal):
        if equality == "as functions" and finite(goal):
            return settle_functions(goal, about, engines)
        return _settle_equations(goal, goal, equality, about, engines, audit, seed)
    if isinstance(goal, Formula):
        return settle_formula(goal, about, engines) or _settle_formula(goal, about, engines)
    if isinstance(goal, Inequality):
        return _settle_inequality(goal, about, engines)
    if isinstance(goal, ScalarGoal):
        return _settle_scalar(goal, about, engines)
    if isinstance(goal, (Holds, Order)):
        return _settle_holds(goal, about)
    if isinstance(goal, MatrixEquation):
        return _settle_matrices(goal, about, seed)
    if isinstance(goal, INDUCTIVE):
        from symcat.prove.induction import settle_induction

        return settle_induction(goal, about, engines)
    raise UsageError(f"a goal is a {type(goal).__name__}: expected a non-empty tuple of equations, Additive, Formula, Inequality, Holds, "
                     "Order, MatrixEquation, Induction, Invariance or Fold")


def _settle_lengths(goal: object, equality: str, engines: Engines, seed: int) -> Settled:
    """A goal about folds that cannot be written out: refuted at one of the first lengths, or unknown."""
    proofs = []
    for sizes, case in at_lengths(goal):
        verdict = settle(case, equality, engines=engines, seed=seed)[0]
        if verdict.refuted:
            witness = dict(verdict.witness or {})
            return refuted({**witness, "dims": {**witness.get("dims", {}), **sizes}}, verdict.method, verdict.equality), None
        proofs += [", ".join(f"{name} = {size}" for name, size in sizes.items())] if verdict.proved else []
    shown = f"; proved at {', '.join(proofs)}" if proofs else ""
    return unknown(f"a fold of symbolic length, or too long to be written out: give it a size, or state an induction over its cell{shown}",
                   "", equality), None


# ---- equations
def _settle_equations(goal: object, equations: Sequence[Equation], equality: str, about: Mapping[str, str] | None, engines: Engines,
                      audit: bool, seed: int, already: Evidence | None = None) -> Settled:
    """Refute all equations first, then prove each; `already` is a proof of the whole goal by other means."""
    tested: dict[int, Tested] = {}
    for number, equation in enumerate(equations):
        if equation.lhs == equation.rhs:
            continue
        outcome = _searched(equation, engines, seed, already)
        if isinstance(outcome, Witness):
            return _refuted(equation, outcome, number if len(equations) > 1 else None, equality, engines, audit, already), None
        if not outcome.premises_satisfiable:
            return unknown("premises not shown satisfiable: no small exact point satisfies them", "exact evaluation", equality), None
        tested[number] = outcome
    agree = sum(outcome.tested for outcome in tested.values())
    evidence = [already] if already else []
    for number, equation in enumerate(equations if not already else ()):
        found = _prove(equation, engines, tested.get(number), equality)
        if isinstance(found, str) or ON_ITS_WORD in found.method:
            further = engines.refute(equation.lhs, equation.rhs, equation.facts, seed=seed)
            if isinstance(further, Witness):
                return _refuted(equation, further, number if len(equations) > 1 else None, equality, engines, audit,
                                None if isinstance(found, str) else found), None
        if isinstance(found, str):
            return unknown(found, "", equality, agree), None
        evidence.append(found)
    return _proved(goal, evidence, equality, about, agree)


def _searched(equation: Equation, engines: Engines, seed: int, already: Evidence | None) -> Witness | Tested:
    """A few points, before a proof that a checker replays is sought; more when none of them satisfies the premises."""
    if already is None:
        outcome = engines.refute(equation.lhs, equation.rhs, equation.facts, seed=seed, tries=FIRST_POINTS)
        if isinstance(outcome, Witness) or outcome.premises_satisfiable:
            return outcome
    return engines.refute(equation.lhs, equation.rhs, equation.facts, seed=seed)


def _prove(equation: Equation, engines: Engines, tested: Tested | None, equality: str) -> Evidence | str:
    """Evidence for an equation, with its grade and without the premises that follow from others, or why there is none."""
    lhs, rhs = equation.lhs, equation.rhs
    if lhs == rhs:
        return Evidence("identical programs", (), {"digest": lhs.digest}, domains=Domains())
    outcome = engines.equal(lhs, rhs, equation.facts)
    if not isinstance(outcome, Proof) and equality == "as functions" and not outcome.final:
        further = engines.values(lhs, rhs, equation.facts)
        outcome = further if isinstance(further, Proof) else outcome
    if not isinstance(outcome, Proof):
        return f"{outcome.reason}: {outcome.residue}" if outcome.residue else outcome.reason
    if equality != "as functions" and (closed := cramped(equation)):
        return f"equal where {closed}, which may leave no room for a derivative: ask for equality=\"as functions\", or state it strictly"
    premises = tuple(dict.fromkeys((*map(str, equation.facts), *outcome.premises)))
    left = discharge(premises, (lhs, rhs), equation.facts)
    further = {"discharged": list(left.shown)} if left.shown else {}
    if tested is not None and tested.inside is not None and premises:
        further["inside"] = point_data(tested.inside, lhs.dom.names)
    return Evidence(outcome.method, left.premises, outcome.trace, further, of_programs(lhs, rhs, equation.facts))


def _refuted(equation: Equation, witness: Witness, number: int | None, equality: str, engines: Engines, audit: bool,
             already: Evidence | None) -> Verdict:
    """A refutation; the prover must not contradict it."""
    data = witness.data()
    if equality == "as functions" and witness.monomial is not None and witness.equal_as_functions is not False:
        return unknown("the two sides differ as formal polynomials and perhaps not as functions", "exact evaluation", equality)
    if already or (audit and isinstance(engines.equal(equation.lhs, equation.rhs, equation.facts), Proof)):
        raise SoundnessError(f"proved and refuted at once: {data}; this is a defect in symcat, please report it with the goal")
    return refuted(data if number is None else {**data, "equation": number}, equality=equality)


def _proved(goal: object, evidence: Sequence[Evidence], equality: str, about: Mapping[str, str] | None, tested: int) -> Settled:
    method = "; ".join(dict.fromkeys(e.method for e in evidence))
    premises = tuple(dict.fromkeys(premise for e in evidence for premise in e.premises))
    trace = [{"method": e.method, "premises": list(e.premises), "trace": e.trace, **e.further} for e in evidence]
    record = records.make(goal, method, premises, trace, equality, about)
    known = [e.domains for e in evidence]
    domains = None if None in known else Domains(*(tuple(dict.fromkeys(text for d in known for text in side(d))) for side in SIDES))
    return proved(method, records.stub(record), premises, equality, tested, domains), record


def _settle_additive(goal: Additive, equality: str, about: Mapping[str, str] | None, engines: Engines, audit: bool, seed: int) -> Settled:
    """Linear typing, checked against exact points; the equations by normal form when typing does not apply.

    Typing is about the morphism alone and the normal form about the equations alone, so these must say the same.
    """
    if not states_additivity(goal):
        return unknown("the equations of the goal are not those that say that its morphism is additive in its wires", "", equality), None
    outcome = engines.additive(goal.f, goal.wires)
    already = Evidence(outcome.method, tuple(outcome.premises), outcome.trace) if isinstance(outcome, Proof) else None
    return _settle_equations(goal, goal.equations, equality, about, engines, audit, seed, already)


def _settle_formula(goal: Formula, about: Mapping[str, str] | None, engines: Engines) -> Settled:
    """First-order formulas over the reals, the integers and the Booleans."""
    status, detail = engines.valid(goal)
    if status == "proved":
        premises = tuple(str(hypothesis) for hypothesis in goal.hypotheses)
        record = records.make(goal, "SMT, trusted: z3", premises, [], "as functions", about)
        return proved("SMT, trusted: z3", records.stub(record), premises, "as functions"), record
    if status == "refuted":
        point = {str(name): str(value) for name, value in detail.items()}
        return refuted({"point": point, "left": "false", "right": "true", "exact": True}, "SMT model, evaluated", "as functions"), None
    return unknown(str(detail), "SMT", "as functions"), None


def _settle_inequality(goal: Inequality, about: Mapping[str, str] | None, engines: Engines) -> Settled:
    """Order between expressions: an exact witness, a replayed certificate, or what was tried."""
    outcome = engines.ordered(goal)
    if isinstance(outcome, dict):
        return refuted(outcome, equality="as functions"), None
    if isinstance(outcome, Open):
        return unknown(outcome.reason, "", "as functions"), None
    record = records.make(goal, outcome.method, outcome.premises, outcome.trace, "as functions", about)
    return proved(outcome.method, records.stub(record), outcome.premises, "as functions"), record


def _settle_holds(goal: Holds | Order, about: Mapping[str, str] | None) -> Settled:
    """Conditions on outputs and order between morphisms: for a generic entry, by ranges and inequalities of scalars."""
    from symcat.prove.holds import Kept, settle_holds

    outcome = settle_holds(goal)
    if isinstance(outcome, Kept):
        record = records.make(goal, outcome.method, outcome.premises, outcome.trace, "as functions", about)
        return proved(outcome.method, records.stub(record), outcome.premises, "as functions"), record
    if isinstance(outcome, Open):
        return unknown(outcome.reason, "", "as functions"), None
    return refuted(outcome, equality="as functions"), None


def _settle_matrices(goal: MatrixEquation, about: Mapping[str, str] | None, seed: int) -> Settled:
    """Equations of matrices under hypotheses: an exact witness, or the normal forms in words that the checker finds."""
    from symcat.prove.matrices import METHOD, Words, settle_matrices

    outcome = settle_matrices(goal, seed)
    if isinstance(outcome, str):
        return unknown(outcome, METHOD, "as functions"), None
    if not isinstance(outcome, Words):
        return refuted(outcome.data(), equality="as functions"), None
    trace = [{"method": METHOD, "premises": list(outcome.premises), "trace": dict(outcome.trace)}]
    record = records.make(goal, METHOD, outcome.premises, trace, "as functions", about)
    return proved(METHOD, records.stub(record), outcome.premises, "as functions", outcome.tested), record


def _settle_scalar(goal: ScalarGoal, about: Mapping[str, str] | None, engines: Engines) -> Settled:
    """Equations of scalars in terms."""
    outcome = engines.identity(goal)
    if isinstance(outcome, Verdict):
        return outcome, None
    inside = {"inside": {name: str(value) for name, value in outcome.inside.items()}}
    shown = {"cells": list(outcome.cells)} | ({"replay": outcome.replay} if outcome.replay else {})
    trace = [{"method": outcome.method, "premises": list(outcome.premises), "trace": shown, **inside}]
    record = records.make(goal, outcome.method, outcome.premises, trace, "as functions", about)
    return proved(outcome.method, records.stub(record), outcome.premises, "as functions", outcome.tested, outcome.domains), record


# ---- morphisms and expressions
def _decide_morphisms(lhs: Morphism, rhs: Morphism, rel: str, assuming: Sequence[object], equality: str, engines: Engines) -> Verdict:
    facts, conditions = [], []
    hypotheses = tuple(one for one in assuming if isinstance(one, Hypothesis))
    if hypotheses and rel != "=":
        raise UsageError(f"hypotheses about matrices with the relation {rel!r}: only equations are decided under them")
    for one in assuming:
        if isinstance(one, Hypothesis):
            continue
        parts = [one] if isinstance(one, Fact) else relations(one)
        for part in parts:
            wires = not isinstance(part, Fact) and about_wires(part, lhs.dom)
            (conditions if wires else facts).extend([part] if wires else [part] if isinstance(part, Fact) else facts_of(part))
    if conditions:
        lhs, rhs = suppose(lhs, conditions), suppose(rhs.renamed(dom=lhs.dom.names), conditions)
    if hypotheses:
        return settle(MatrixEquation(lhs, rhs, hypotheses, tuple(facts)), "as functions", engines=engines)[0]
    goal = (Equation(lhs, rhs, tuple(facts)),) if rel == "=" else Order(lhs, rhs, rel, tuple(facts))
    return settle(goal, equality, engines=engines)[0]


def _decide_expressions(lhs: object, rhs: object, rel: str, assuming: Sequence[object], engines: Engines) -> Verdict:
    lhs, rhs = expression(lhs), expression(rhs)
    engines = BARE if engines is STANDARD else engines      # no certificate is written here
    if rel != "=":
        verdict = settle(Inequality(lhs, rhs, rel, tuple(assuming)), "as functions", engines=engines)[0]
        further = _ordered(lhs, rhs, rel, assuming, engines) if verdict.unknown and _symbolic_powers(lhs, rhs) else verdict
        return further if further.proved else verdict
    first = _scalar(lhs, rhs, [relation for one in assuming for relation in assumed(one)], engines)
    if first is not None and not first.unknown:
        return first
    try:
        both = translate(lhs, rhs, assuming)
    except UsageError:
        if first is None:
            raise
        return first
    verdict, _ = settle((Equation(both.lhs, both.rhs),), "as functions", engines=engines)
    verdict = points.restated(verdict, lhs, rhs, both) if verdict.refuted else verdict
    if first is None or not verdict.unknown:
        return verdict
    return unknown(f"{first.reason}; {verdict.reason}", first.method, "as functions", max(first.tested, verdict.tested))


def _symbolic_powers(*exprs: sp.Expr) -> bool:
    return any(p.exp.free_symbols and p.base is not sp.S.Exp1 for e in exprs for p in e.atoms(sp.Pow))


def _ordered(lhs: sp.Expr, rhs: sp.Expr, rel: str, assuming: Sequence[object], engines: Engines) -> Verdict:
    """Order between expressions with powers such as b^t, which programs know and polynomials do not."""
    both = translate(lhs, rhs, assuming)
    return settle(Order(both.lhs, both.rhs, rel), "as functions", engines=engines)[0]


def _scalar(lhs: sp.Expr, rhs: sp.Expr, relations: Sequence[Relational], engines: Engines) -> Verdict | None:
    """What the field engine says, the quickest on scalars; None where it has no translation."""
    try:
        return engines.scalar(lhs, rhs, relations)
    except DomainError:
        return None
