"""Verdicts and records of goals over finite bases: equations as functions, formulas of propositions, integers that are never equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from symcat.category.morphism import Morphism
from symcat.category.serialise import dump
from symcat.checker import finite_bases
from symcat.errors import DataError, UsageError
from symcat.prove import record as records
from symcat.prove.claim import Equation, Formula
from symcat.prove.engines import Engines
from symcat.prove.index.equal import Proof
from symcat.prove.order import Open
from symcat.prove.witness import Witness
from symcat.verdict import Domains, Verdict, proved, refuted, unknown

FUNCTIONS = "as functions"
TRUTH = {"True": sp.true, "False": sp.false}
Settled = tuple[Verdict, "dict[str, Any] | None"]


def finite(equations: Sequence[Equation]) -> bool:
    """Whether every equation is over one finite base, without premises, and at fixed sizes unless it is pointwise."""
    for equation in equations:
        sides = (equation.lhs, equation.rhs)
        moduli = {wire.base.modulus for side in sides for wire in side.wires.values()}
        premises = equation.facts or any(side.hypers or side.facts or side.requirements for side in sides)
        sized = not any(side.dims for side in sides) or all(map(_pointwise, sides))
        if len(moduli) != 1 or moduli == {0} or premises or not sized:
            return False
    return True


def _pointwise(f: Morphism) -> bool:
    try:
        finite_bases.single(dump(f))
    except (finite_bases.Refused, DataError, LookupError):
        return False
    return True


def settle_functions(equations: Sequence[Equation], about: Mapping[str, str] | None, engines: Engines) -> Settled:
    """Equations as functions: by bits or a table; where these leave one open, equality as morphisms suffices."""
    outcomes = [engines.functions(equation) for equation in equations]
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Witness):
            data = outcome.data()
            return refuted(data if len(outcomes) == 1 else {**data, "equation": number}, equality=FUNCTIONS), None
    proofs = []
    for equation, outcome in zip(equations, outcomes, strict=True):
        found = engines.equal(equation.lhs, equation.rhs, ()) if isinstance(outcome, Open) else outcome
        if not isinstance(found, Proof):
            return unknown(f"{outcome.reason}; as morphisms: {found.reason}", "", FUNCTIONS), None
        proofs.append(found)
    return _proved(tuple(equations), proofs, about)


def settle_formula(formula: Formula, about: Mapping[str, str] | None, engines: Engines) -> Settled | None:
    """A formula of one of the two kinds; None for any other."""
    outcome = engines.propositions(formula)
    if outcome is None:
        return None
    if isinstance(outcome, Open):
        return unknown(outcome.reason, "SAT", FUNCTIONS), None
    if isinstance(outcome, Proof):
        return _proved(formula, [outcome], about)
    point = {name: str(value) for name, value in outcome.items()}
    return refuted({"point": point, "left": "false", "right": "true", "exact": True}, "SAT model, evaluated", FUNCTIONS), None


def truths(lhs: object, rhs: object) -> bool:
    """Whether two sides are formulas; a symbol is one beside a formula."""
    return isinstance(lhs, Boolean) and isinstance(rhs, Boolean) and not (isinstance(lhs, sp.Expr) and isinstance(rhs, sp.Expr))


def equivalence(lhs: Boolean, rhs: Boolean, rel: str, assuming: Sequence[object]) -> Formula:
    """The formula that two formulas are true at the same values, under assumptions.

    >>> p, q = sp.symbols("p q")
    >>> equivalence(p & q, q, "=", [p]).hypotheses
    (p,)
    """
    if rel != "=" or not all(isinstance(one, Boolean) for one in assuming):
        raise UsageError(f"{lhs} {rel} {rhs}: formulas are equal or not, under assumptions that are formulas; for an order use "
                         "sc.decide(sp.Implies(p, q), sp.true)")
    return Formula(tuple(assuming), sp.Equivalent(lhs, rhs, evaluate=False))


def with_sides(verdict: Verdict, lhs: Boolean, rhs: Boolean) -> Verdict:
    """A refutation by truth values with the values of both sides there."""
    point = (verdict.witness or {}).get("point", {})
    if not verdict.refuted or not set(point.values()) <= set(TRUTH):
        return verdict
    place = {sp.Symbol(name): TRUTH[value] for name, value in point.items()}
    left, right = (str(sp.sympify(side, strict=True).xreplace(place)) for side in (lhs, rhs))
    return replace(verdict, witness={**verdict.witness, "left": left, "right": right})


def replayable(trace: object) -> bool:
    """Whether a certificate's proofs are all over finite bases."""
    return (isinstance(trace, list) and bool(trace)
            and all(isinstance(proof, dict) and "trace" in proof and proof.get("method") in finite_bases.METHODS for proof in trace))


def verified_by_replay(goal: object, record: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the steps and tables of a record prove its goal, by replay alone, and what was replayed; or why they do not."""
    needed = list(map(str, goal.hypotheses)) if isinstance(goal, Formula) else []
    methods = [proof["method"] for proof in record["trace"]]
    if record["equality"] != FUNCTIONS or record["premises"] != needed or record["method"] != "; ".join(dict.fromkeys(methods)):
        return False, "the equality, the premises or the method that it states are not those of its goal and its proofs"
    try:
        finite_bases.check(record["goal"], record["trace"])
    except finite_bases.Refused as refusal:
        return False, f"the checker refuses it: {refusal}"
    steps = sum(len(proof["trace"].get("steps", ())) for proof in record["trace"])
    done = f"{steps} step{'s' * (steps != 1)} replayed" if steps else "all residues tried again"
    return True, f"{record['method']}: {done}; checked independently of the engine"


def _proved(goal: object, proofs: Sequence[Proof], about: Mapping[str, str] | None) -> Settled:
    method = "; ".join(dict.fromkeys(proof.method for proof in proofs))
    premises = tuple(dict.fromkeys(premise for proof in proofs for premise in proof.premises))
    trace = [{"method": proof.method, "premises": list(proof.premises), "trace": proof.trace} for proof in proofs]
    record = records.make(goal, method, premises, trace, FUNCTIONS, about)
    return proved(method, records.stub(record), premises, FUNCTIONS, domains=None if premises else Domains()), record
