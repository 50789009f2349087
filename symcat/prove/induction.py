"""Induction: a statement about all steps is proved when its base and its step are, each by the engines for such goals.

It is refuted by the first few steps alone, at an exact point.  A step that fails refutes nothing, since the state at which it
fails may never be reached: the answer is then unknown, and names the obligation and that state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact, Requirement
from symcat.category.deserialise import load, load_fact
from symcat.category.morphism import Morphism
from symcat.category.serialise import dump, dump_fact
from symcat.category.space import Wire, dim
from symcat.category.spelling import spelled
from symcat.category.trace import trace
from symcat.errors import DataError, DomainError, ShapeError, UsageError
from symcat.laws.claim import Equation, Holds
from symcat.laws.induction import Fold, Induction, Invariance, Machine, machine, related
from symcat.laws.matrices import MatrixEquation
from symcat.laws.premises import facts_of, relations, requirement, suppose
from symcat.learn.optimisers import Optimiser
from symcat.prove import inside
from symcat.prove import record as records
from symcat.prove.engines import STANDARD, Engines
from symcat.prove.entailment import entailed
from symcat.prove.formula import dump_term
from symcat.prove.holds import entailments, gaps, load_condition, violation
from symcat.prove.witness import Point, Tested, Witness
from symcat.verdict import Verdict, describe, proved, refuted, unknown

STEPS = 3
FEW, MANY = 8, 20     # points that are drawn for each step, before the obligations and when these fail
SECONDS = 2.0
Inductive = Induction | Invariance | Fold
STARTS = ("base", "invariants at the start", "relation defined at the start")


def induction(f: object, g: object, relation: Morphism | Callable | Sequence[sp.Basic], *, initial: Sequence[Morphism] | None = None,
              invariants: Sequence[object] | None = None, assuming: Sequence[object] = (), wire: Wire | None = None,
              engines: Engines = STANDARD) -> Verdict:
    """Decide whether two machines put out the same at every step, by induction along a relation between their states.

    Each of f and g is a machine, an optimiser (on parameters of `wire`), or a step S * X -> S * Y, whose start is then its part of
    `initial`.  `relation` gives the states of g from those of f: as a morphism, as a function that is traced, or as equations, each
    with a state of g alone on one side; states of g that share a name with one of f are called as in S_f * S_g (p1 for p).
    `invariants` are conditions on the states of f, `assuming` on dims and hyperparameters; without invariants the signs of states
    that a step keeps are found.

    >>> from symcat.learn.optimisers import momentum, optimiser
    >>> @optimiser
    ... def torch_momentum(p, g, buf=0, *, lr=0.01, gamma=0.9):
    ...     buf = gamma * buf + g
    ...     return p - lr * buf, buf
    >>> induction(torch_momentum, momentum, lambda p, buf, *, lr: (p, -lr * buf)).status
    'proved'
    """
    starts = initial or (None, None)
    first, second = _machine(f, starts[0], wire), _machine(g, starts[1], wire)
    if isinstance(relation, (list, tuple, sp.Basic)):
        relation = related(first, second, tuple(relation) if isinstance(relation, (list, tuple)) else (relation,))
    elif not isinstance(relation, Morphism):
        relation = trace(relation, first.states, names=second.states.names)
    facts = _facts(assuming)
    carried = inductive(first, facts) if invariants is None else tuple(relations(tuple(invariants)))
    return settle_induction(Induction(first, second, relation, carried, facts), None, engines)[0]


def always(f: object, conditions: Sequence[object], *, initial: Morphism | None = None, invariants: Sequence[object] | None = None,
           assuming: Sequence[object] = (), wire: Wire | None = None, engines: Engines = STANDARD) -> Verdict:
    """Decide whether conditions hold of the states of a machine after every step.

    `invariants`, which hold at the start and are kept by a step, are what the proof goes by; when none are given, those of the
    conditions, and of the signs of states, that are such.

    >>> from symcat.learn.optimisers import adam
    >>> b1, t = sp.symbols("b1 t", real=True)
    >>> always(adam, [sp.Ne(1 - b1**t, 0)]).status
    'proved'
    """
    given, facts, asked = _machine(f, initial, wire), _facts(assuming), tuple(relations(tuple(conditions)))
    carried = inductive(given, facts, asked) if invariants is None else tuple(relations(tuple(invariants)))
    return settle_induction(Invariance(given, asked, carried, facts), None, engines)[0]


def inductive(given: Machine, facts: tuple[Fact, ...] = (), conditions: Sequence[Relational] = ()) -> tuple[Relational, ...]:
    """Those of the conditions, and of the conditions that a state is not negative, that hold at the start and are kept together.

    >>> from symcat.learn.optimisers import adam
    >>> inductive(machine(adam))
    (v >= 0, t >= 0)
    """
    signs = [sp.Ge(sp.Symbol(name, real=True), 0) for name, wire in given.states if not wire.base.modulus]
    patience = dict.fromkeys(signs, 0.0) | dict.fromkeys(conditions, SECONDS)
    kept = [c for c in dict.fromkeys((*conditions, *signs)) if _follows(given.initial(), c, facts, patience[c])]
    while True:
        step = suppose(given.advance(), kept)
        left = [c for c in kept if _follows(step, c, facts, patience[c])]
        if left == kept:
            return tuple(kept)
        kept = left


def _follows(program: Morphism, condition: Relational, facts: tuple[Fact, ...], seconds: float) -> bool:
    try:
        ((_, question),) = entailments(gaps(Holds(program, (condition,), facts)))
        return entailed(question, seconds) is not None
    except (DomainError, RecursionError):
        return False


def _machine(given: object, start: Morphism | None, wire: Wire | None) -> Machine:
    if isinstance(given, Machine):
        return given
    if isinstance(given, Optimiser):
        return machine(given, wire)
    if isinstance(given, Morphism) and isinstance(start, Morphism):
        return Machine(given, start)
    raise UsageError(f"{given!r:.80}, a {type(given).__name__}, is no machine: give a Machine, an optimiser, or a step S * X -> S * Y with "
                     "its start A -> S in `initial`")


def _facts(assuming: Sequence[object]) -> tuple[Fact, ...]:
    return tuple(fact for relation in relations(tuple(assuming)) for fact in facts_of(relation))


# ---- deciding
def settle_induction(goal: Inductive, about: Mapping[str, str] | None = None,
                     engines: Engines = STANDARD) -> tuple[Verdict, dict[str, Any] | None]:
    """The first steps, which may refute; then the obligations, all of which must be proved."""
    try:
        return _settled(goal, about, engines)
    except (ShapeError, DomainError) as error:
        return unknown(f"an obligation of the induction cannot be stated: {error}", "induction", "as functions"), None


def _settled(goal: Inductive, about: Mapping[str, str] | None, engines: Engines) -> tuple[Verdict, dict[str, Any] | None]:
    found = _searched(goal, engines, FEW)
    if isinstance(found, Verdict):
        return found, None
    verdict, record = _by_obligations(goal, about, engines, found)
    if record is None and isinstance(further := _searched(goal, engines, MANY), Verdict):
        return further, None
    return verdict, record


def _searched(goal: Inductive, engines: Engines, tries: int) -> Verdict | int:
    """A refutation by the first few steps, or how many points agree."""
    tested = 0
    for steps in range(1, STEPS + 1):
        outcome = _first(goal, steps, engines, tries)
        if isinstance(outcome, dict):
            return refuted(outcome, equality="as functions")
        tested += outcome
    return tested


def _by_obligations(goal: Inductive, about: Mapping[str, str] | None, engines: Engines,
                    tested: int) -> tuple[Verdict, dict[str, Any] | None]:
    """A proof of every obligation, or what is not shown."""
    run = _satisfied(goal)
    if run is None:
        return unknown("premises not shown satisfiable: no run of one step was found that satisfies them", "", "as functions"), None
    parts = []
    for label, part in goal.obligations():
        verdict, record = _settle(part, label, engines)
        if record is None:
            return unknown(_excuse(label, verdict), "induction", "as functions", tested), None
        if limit := _about_length(goal, part, verdict.premises):
            return unknown(f"the {label} is shown for some lengths only, those with {limit}", "induction", "as functions", tested), None
        parts.append({"obligation": label, "method": verdict.method, "premises": list(verdict.premises), "record": record})
    method, stated = method_of(parts), premises(goal, [part["premises"] for part in parts])
    names = _programs(goal, 1)[0].dom.names
    record = records.make(goal, method, stated, {"parts": parts, "run": inside.data(run, names)}, "as functions", about)
    return proved(method, records.stub(record), stated, "as functions", tested), record


def method_of(parts: Sequence[Mapping[str, Any]]) -> str:
    """The method of an induction: those of its obligations."""
    return "induction: " + "; ".join(f"{part['obligation']} by {part['method']}" for part in parts)


def _settle(part: object, label: str, engines: Engines) -> tuple[Verdict, dict[str, Any] | None]:
    from symcat.prove.decide import settle

    return settle(part, "as functions", {"name": label, "statement": f"the {label} of an induction", "source": "induction"}, engines)


def _first(goal: Inductive, steps: int, engines: Engines, tries: int) -> dict[str, Any] | int:
    """A witness after some steps, or how many points agree."""
    if isinstance(goal, Invariance):
        found = violation(gaps(goal.at(steps)))
        return {**found, "steps": steps, "note": f"after step {steps}"} if found else 0
    if supposed := _under_hypotheses(goal, steps):
        from symcat.prove.matrices import search

        found = search(supposed)
        outcome: Witness | Tested = found if isinstance(found, Witness) else Tested(found, bool(found))
    else:
        outcome = engines.refute(*goal.at(steps), goal.facts, tries=tries)
    if isinstance(outcome, Witness):
        where = f"for a list of length {steps}" if isinstance(goal, Fold) else f"at step {steps}"
        return {**outcome.data(), "steps": steps, "note": "; ".join(filter(None, (where, outcome.note)))}
    return outcome.tested if isinstance(outcome, Tested) else 0


def _under_hypotheses(goal: Inductive, steps: int) -> MatrixEquation | None:
    """What a goal with hypotheses about matrices says of a step; None for one without."""
    if not isinstance(goal, Induction) or not goal.hypotheses:
        return None
    return MatrixEquation(*goal.at(steps), goal.supposed, goal.facts)


def _satisfied(goal: Inductive) -> Point | None:
    """A run of one step that satisfies all premises."""
    if supposed := _under_hypotheses(goal, 1):
        from symcat.prove.matrices import satisfied

        return satisfied(supposed)
    return inside.satisfied(_programs(goal, 1), goal.facts)


def _flaw(goal: Inductive, run: object) -> str:
    """Why data are no run of one step that satisfies all premises; the empty text when they are one."""
    why = inside.flaw(_programs(goal, 1), goal.facts, run)
    if not why and (supposed := _under_hypotheses(goal, 1)):
        from symcat.prove.matrices import violated

        return violated(supposed, inside.mapping(run).get("inputs"))
    return why


def _programs(goal: Inductive, steps: int) -> tuple[Morphism, ...]:
    return (goal.at(steps).program,) if isinstance(goal, Invariance) else goal.at(steps)


def _excuse(label: str, verdict: Verdict) -> str:
    if verdict.refuted:
        where = "" if label in STARTS else ", a state that may never be reached: the relation or the invariants are too weak for a proof"
        return f"the {label} fails {describe(verdict.witness or {})}{where}"
    return f"the {label} is not shown: {verdict.reason}"


def _about_length(goal: Inductive, part: object, stated: Sequence[str]) -> str:
    """A premise of a fold's step about the length: from one length to the next a proof must not have gaps."""
    if not isinstance(goal, Fold):
        return ""
    sides = [side for equation in part for side in (equation.lhs, equation.rhs)]
    found = [str(fact) for side in sides for fact in side.facts if goal.length in fact.expr.free_symbols]
    required = [(side, r) for side in sides for r in side.requirements if goal.length in _values(side, r)]
    return next((text for text in (*found, *(str(spelled(side, r)) for side, r in required)) if text in stated), "")


def _values(f: Morphism, requirement: Requirement) -> set[sp.Basic]:
    """The symbols of a requirement and of all arrays that it is made from, their extents included."""
    nodes, found, waiting = {node.name: node for node in f.nodes}, set(requirement.expr.free_symbols), list(requirement.sources)
    while waiting:
        node = nodes.pop(waiting.pop(), None)
        if node is not None:
            found |= node.symbols.union(*(extent.free_symbols for extent in node.extents))
            waiting += node.sources
    return found


def premises(goal: Inductive, found: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The premises of the parts as those of the whole: invariants are shown and go, conditions on states say when they are meant."""
    said: dict[str, None] = {}
    for (label, part), texts in zip(goal.obligations(), found, strict=True):
        programs = (part.program,) if isinstance(part, Holds) else tuple(f for e in _equations(part) for f in (e.lhs, e.rhs))
        asked = [(str(spelled(f, r)), bool(r.sources)) for f in programs for r in f.requirements]
        local, fixed = ({text for text, of_arrays in asked if of_arrays == which} for which in (True, False))
        carried = set() if label in STARTS or isinstance(goal, Fold) else _carried(goal)
        when = "at the start" if label in STARTS else "at every step"
        for text in texts:
            if text in fixed or (text not in local and text not in carried):       # a parameter may be called like a state
                said[text] = None
            if text in local and text not in carried:
                said[f"{when}: {text}"] = None
    return tuple(said)


def _equations(part: object) -> tuple[Equation | MatrixEquation, ...]:
    return (part,) if isinstance(part, MatrixEquation) else tuple(e for e in part if isinstance(e, Equation))


def _carried(goal: Induction | Invariance) -> set[str]:
    """What obligations of their own show of every state: the invariants, and what the relation requires."""
    states = goal.f.states if isinstance(goal, Induction) else goal.machine.states
    found = {str(requirement(states, relation)) for relation in goal.invariants}
    if isinstance(goal, Induction):
        here = goal.relation.renamed(dom=states.names)
        then = goal.f.advance() >> here
        own = goal.f.advance()
        said = {str(spelled(own, r)) for r in own.requirements}
        found |= {text for f in (here, then) for r in f.requirements if r.sources and (text := str(spelled(f, r))) not in said}
    return found


# ---- replay
Verify = Callable[[Mapping[str, Any]], tuple[bool, str]]


def replayed(goal: Inductive, record: Mapping[str, Any], verify: Verify) -> tuple[bool, str]:
    """Whether a record proves an induction, and what was found of each part, or why it does not; `verify` looks at a part's record."""
    trace = inside.mapping(record["trace"])
    parts, asked, found = trace.get("parts"), goal.obligations(), []
    if not isinstance(parts, list) or [inside.mapping(part).get("obligation") for part in parts] != [label for label, _ in asked]:
        return False, f"the obligations of this induction are {', '.join(label for label, _ in asked)}"
    for part, (label, obligation) in zip(parts, asked, strict=True):
        own = part.get("record")
        whole = isinstance(own, Mapping) and sorted(own) == sorted(records.FIELDS)
        if not whole or any(own[key] != part.get(key) for key in ("premises", "method")):
            return False, f"{label}: there is no record of its proof"
        if own["goal"] != records.goal_json(obligation):
            return False, f"{label}: the record is about another goal than this induction asks for"
        ok, why = verify(own)
        found.append(f"{label}: {why}")
        if not ok:
            return False, found[-1]
        if limit := _about_length(goal, obligation, part["premises"]):
            return False, f"{label}: shown for some lengths only, those with {limit}"
    if record["method"] != method_of(parts):
        return False, f"the method of these parts is {method_of(parts)}"
    needed = premises(goal, [part["premises"] for part in parts])
    if unstated := [premise for premise in needed if premise not in record["premises"]]:
        return False, f"the proof needs premises that the certificate does not state: {'; '.join(unstated)}"
    why = _flaw(goal, trace.get("run"))
    return not why, why or "; ".join(found)


# ---- data
def dump_induction(goal: Inductive) -> dict[str, Any]:
    """A goal as JSON-able data."""
    facts = [dump_fact(fact) for fact in goal.facts]
    if isinstance(goal, Induction):
        return {"kind": "induction", "f": _dump(goal.f), "g": _dump(goal.g), "relation": dump(goal.relation),
                "invariants": [dump_term(c) for c in goal.invariants], "facts": facts} | (
                    {"hypotheses": [[one.kind, *one.names] for one in goal.hypotheses]} if goal.hypotheses else {})
    if isinstance(goal, Invariance):
        return {"kind": "invariance", "machine": _dump(goal.machine), "conditions": [dump_term(c) for c in goal.conditions],
                "invariants": [dump_term(c) for c in goal.invariants], "facts": facts}
    return {"kind": "fold", "machine": _dump(goal.machine), "closed": dump(goal.closed), "length": goal.length.name, "facts": facts}


def load_induction(data: Mapping[str, Any]) -> Inductive:
    """The goal that `dump_induction` wrote; DataError for anything else."""
    lists = [name for name in ("facts", "invariants", "conditions", "hypotheses") if name in data]
    own = sorted(name for name in data if name != "hypotheses" or data.get("kind") != "induction")
    if own != FIELDS.get(data.get("kind")) or not all(isinstance(data[name], list) for name in lists):
        raise DataError(f"a goal of the kind {data.get('kind')!r:.40} has the fields {', '.join(FIELDS.get(data.get('kind'), ['kind']))}")
    facts = tuple(map(load_fact, data["facts"]))
    if data["kind"] == "fold":
        if not isinstance(data["length"], str):
            raise DataError("the length of a fold is the name of a dim")
        return Fold(_load(data["machine"]), load(data["closed"]), dim(data["length"]), facts)
    carried = tuple(map(load_condition, data["invariants"]))
    if data["kind"] == "invariance":
        return Invariance(_load(data["machine"]), tuple(map(load_condition, data["conditions"])), carried, facts)
    from symcat.prove.matrices import load_hypotheses

    supposed = load_hypotheses(data.get("hypotheses", []))
    return Induction(_load(data["f"]), _load(data["g"]), load(data["relation"]), carried, facts, supposed)


FIELDS = {"induction": ["f", "facts", "g", "invariants", "kind", "relation"], "fold": ["closed", "facts", "kind", "length", "machine"],
          "invariance": ["conditions", "facts", "invariants", "kind", "machine"]}


def _dump(found: Machine) -> dict[str, Any]:
    return {"step": dump(found.step), "start": dump(found.start)}


def _load(data: object) -> Machine:
    if not isinstance(data, Mapping) or sorted(data) != ["start", "step"]:
        raise DataError("a machine has a step and a start")
    return Machine(load(data["step"]), load(data["start"]))
