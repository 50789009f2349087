"""How a goal is decided: identical programs, then refutation at small sizes, then the engines of equality, else unknown.

Refutation comes first, so that a false goal never waits for a proof to fail, and no proof is accepted unless some exact point
satisfies all premises: from premises that contradict each other everything would follow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact
from symcat.category.morphism import Morphism
from symcat.errors import DomainError, SoundnessError, UsageError
from symcat.prove import order, points
from symcat.prove import record as records
from symcat.prove.additivity import states_additivity
from symcat.prove.claim import Additive, Claim, Equation, Formula, Inequality
from symcat.prove.engines import STANDARD, Engines
from symcat.prove.field.read import ScalarGoal
from symcat.prove.index.equal import Proof
from symcat.prove.order import Open
from symcat.prove.translate import assumed, expression, translate
from symcat.prove.witness import Witness
from symcat.verdict import Verdict, proved, refuted, unknown

RELATIONS = ("=", "<=", "<")
Settled = tuple[Verdict, "dict[str, Any] | None"]


@dataclass(frozen=True)
class Evidence:
    """What one equation has in its favour: a method, premises, the engine's trace, the number of points that agree."""

    method: str
    premises: tuple[str, ...]
    trace: Mapping[str, Any]
    tested: int = 0


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


def decide(lhs: object, rhs: object, rel: str = "=", assuming: Sequence[object] = (), engines: Engines = STANDARD) -> Verdict:
    """Decide `lhs rel rhs` for two morphisms of one type, or for two SymPy expressions over real symbols.

    `assuming` are relations: about symbols of the expressions, or about dims and hyperparameters of the morphisms.  Order
    (`<=`, `<`) between expressions is proved by sums of squares or by Z3, whose word is labelled as such; between morphisms it can
    be refuted by an exact point, and is unknown otherwise.
    """
    if rel not in RELATIONS:
        raise UsageError(f"the relation {rel!r}: expected one of {', '.join(RELATIONS)}")
    assuming = tuple(assuming) if isinstance(assuming, (tuple, list)) else (assuming,)
    start = time.perf_counter()
    if isinstance(lhs, Morphism) != isinstance(rhs, Morphism):
        raise UsageError(f"a {type(lhs).__name__} against a {type(rhs).__name__}: give two morphisms or two SymPy expressions")
    if isinstance(lhs, Morphism):
        verdict = _decide_morphisms(lhs, rhs, rel, assuming, engines)
    else:
        verdict = _decide_expressions(lhs, rhs, rel, assuming, engines)
    return verdict.timed(time.perf_counter() - start)


def settle(goal: object, equality: str = "as morphisms", about: Mapping[str, str] | None = None, engines: Engines = STANDARD,
           audit: bool = False, seed: int = 0) -> Settled:
    """The verdict on a goal, and the record of the proof when it is proved."""
    if isinstance(goal, Additive):
        return _settle_additive(goal, equality, about, engines, audit, seed)
    if isinstance(goal, tuple) and goal and all(isinstance(equation, Equation) for equation in goal):
        return _settle_equations(goal, goal, equality, about, engines, audit, seed)
    if isinstance(goal, Formula):
        return _settle_formula(goal, about, engines)
    if isinstance(goal, Inequality):
        return _settle_inequality(goal, about, engines)
    if isinstance(goal, ScalarGoal):
        return _settle_scalar(goal, about, engines)
    raise UsageError(f"a goal is a {type(goal).__name__}: expected a non-empty tuple of equations, Additive, Formula or Inequality")


# ---- equations
def _settle_equations(goal: object, equations: Sequence[Equation], equality: str, about: Mapping[str, str] | None, engines: Engines,
                      audit: bool, seed: int, already: Evidence | None = None) -> Settled:
    """Refute all equations first, then prove each; `already` is a proof of the whole goal by other means."""
    tested: dict[int, int] = {}
    for number, equation in enumerate(equations):
        if equation.lhs == equation.rhs:
            continue
        outcome = engines.refute(equation.lhs, equation.rhs, equation.facts, seed=seed)
        if isinstance(outcome, Witness):
            return _refuted(equation, outcome, number if len(equations) > 1 else None, equality, engines, audit, already), None
        if not outcome.premises_satisfiable:
            return unknown("premises not shown satisfiable: no small exact point satisfies them", "exact evaluation", equality), None
        tested[number] = outcome.tested
    evidence = [already] if already else []
    for number, equation in enumerate(equations if not already else ()):
        found = _prove(equation, engines, tested.get(number, 0))
        if isinstance(found, str):
            return unknown(found, "", equality, sum(tested.values())), None
        evidence.append(found)
    return _proved(goal, evidence, equality, about, sum(tested.values()))


def _prove(equation: Equation, engines: Engines, tested: int) -> Evidence | str:
    """Evidence for an equation, or why there is none."""
    if equation.lhs == equation.rhs:
        return Evidence("identical programs", (), {"digest": equation.lhs.digest}, tested)
    outcome = engines.equal(equation.lhs, equation.rhs, equation.facts)
    if isinstance(outcome, Proof):
        given = tuple(map(str, equation.facts))
        return Evidence(outcome.method, tuple(dict.fromkeys((*given, *outcome.premises))), outcome.trace, tested)
    return f"{outcome.reason}: {outcome.residue}" if outcome.residue else outcome.reason


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
    trace = [{"method": e.method, "premises": list(e.premises), "trace": e.trace} for e in evidence]
    record = records.make(goal, method, premises, trace, equality, about)
    return proved(method, records.stub(record), premises, equality, tested), record


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
        record = records.make(goal, "SMT, trusted", premises, [], "as functions", about)
        return proved("SMT, trusted", records.stub(record), premises, "as functions"), record
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


def _settle_scalar(goal: ScalarGoal, about: Mapping[str, str] | None, engines: Engines) -> Settled:
    """Equations of scalars in terms."""
    outcome = engines.identity(goal)
    if isinstance(outcome, Verdict):
        return outcome, None
    trace = [{"method": outcome.method, "premises": list(outcome.premises), "trace": {"cells": list(outcome.cells)}}]
    record = records.make(goal, outcome.method, outcome.premises, trace, "as functions", about)
    return proved(outcome.method, records.stub(record), outcome.premises, "as functions", outcome.tested), record


# ---- morphisms and expressions
def _decide_morphisms(lhs: Morphism, rhs: Morphism, rel: str, assuming: Sequence[object], engines: Engines) -> Verdict:
    equation = Equation(lhs, rhs, tuple(fact for one in assuming for fact in _facts(one)))
    if rel == "=":
        return settle((equation,), engines=engines)[0]
    point = order.violation(lhs, rhs, rel, equation.facts)
    return refuted(point, equality="as functions") if point else _no_engine(rel)


def _decide_expressions(lhs: object, rhs: object, rel: str, assuming: Sequence[object], engines: Engines) -> Verdict:
    lhs, rhs = expression(lhs), expression(rhs)
    if rel != "=":
        return settle(Inequality(lhs, rhs, rel, tuple(assuming)), "as functions", engines=engines)[0]
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


def _scalar(lhs: sp.Expr, rhs: sp.Expr, relations: Sequence[Relational], engines: Engines) -> Verdict | None:
    """What the field engine says, the quickest on scalars; None where it has no translation."""
    try:
        return engines.scalar(lhs, rhs, relations)
    except DomainError:
        return None


def _no_engine(rel: str) -> Verdict:
    return unknown(f"no engine for inequalities between morphisms: {rel} can only be refuted, and no exact point that was tried refutes it",
                   "exact evaluation", "as functions")


def _facts(condition: object) -> list[Fact]:
    """An assumption about dims and hyperparameters as facts."""
    if isinstance(condition, Fact):
        return [condition]
    if isinstance(condition, sp.And):
        return [fact for part in condition.args for fact in _facts(part)]
    if condition == sp.true:
        return []
    if condition == sp.false:
        raise UsageError("an assumption is false whatever the dims are: nothing can be decided under it")
    if not isinstance(condition, Relational) or condition.has(sp.Float):
        raise UsageError(f"the assumption {condition!r}: expected a relation between dims or hyperparameters without floats, "
                         "such as n >= 2")
    left, right = condition.args
    if isinstance(condition, sp.Unequality):
        return [Fact(sp.expand(left - right), "!=0")]
    if isinstance(condition, sp.Equality):
        return [Fact(sp.expand(left - right), ">=0"), Fact(sp.expand(right - left), ">=0")]
    gap = sp.expand(left - right if isinstance(condition, (sp.GreaterThan, sp.StrictGreaterThan)) else right - left)
    strict = isinstance(condition, (sp.StrictGreaterThan, sp.StrictLessThan))
    return [Fact(gap, ">0" if strict else ">=0")]
