"""Conditions on the outputs of programs, and order between programs: reduced to one entry in a generic place.

A proof shows for each condition that it follows from what the program requires; a refutation is an exact point of the program
itself.  Programs whose entries cannot be written out, and sums over symbolic ranges of whatever sign, stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.deserialise import load, load_fact
from symcat.category.expression import At, rename_arrays
from symcat.category.morphism import Builder, Morphism
from symcat.category.serialise import dump, dump_fact
from symcat.category.sizes import size_of
from symcat.category.spelling import spelled
from symcat.errors import DataError, DomainError, ShapeError, UsageError
from symcat.laws.premises import entries, requirement
from symcat.prove import inside
from symcat.prove.balls import digits, exact, precision
from symcat.prove.claim import Holds, Order
from symcat.prove.discharge import discharge, undone
from symcat.prove.entailment import Entailed, Entailment, entailed, inequalities, relevant
from symcat.prove.entailment import flaw as entailment_flaw
from symcat.prove.entries import Entries
from symcat.prove.formula import dump_term, load_term
from symcat.prove.inequality.engine import decide_inequality
from symcat.prove.order import Open
from symcat.prove.sample import Setting
from symcat.prove.witness import Point, written

SECONDS = 4.0
BROKEN = {">=0": lambda v: v < 0, ">0": lambda v: v <= 0, "!=0": lambda v: v == 0}


@dataclass(frozen=True)
class Kept:
    """A proof: methods, premises in words, and what is replayed."""

    method: str
    premises: tuple[str, ...]
    trace: Mapping[str, Any]


@dataclass(frozen=True)
class Gaps:
    """A program whose outputs stand in given relations to 0, with the words for each; `sides` are what the outputs are between."""

    program: Morphism
    relations: tuple[str, ...]
    words: tuple[str, ...]
    signs: tuple[str, ...]
    facts: tuple[Fact, ...]
    sides: tuple[Morphism, Morphism]


def gaps(goal: Holds | Order) -> Gaps:
    """What a goal asks: one array for each condition."""
    if isinstance(goal, Order):
        build = Builder()
        given = build.inputs(goal.lhs.dom)
        pairs = zip(build.call(goal.rhs, given), build.call(goal.lhs, given), strict=True)
        found = [build.gather(build.wires[a].shape, lambda *i, a=a, b=b: At(a, *i) - At(b, *i), name="gap") for a, b in pairs]
        names = goal.lhs.cod.names
        relations = (">0" if goal.rel == "<" else ">=0",) * len(found)
        return Gaps(build.build(found, names), relations, names, (goal.rel,) * len(found), goal.facts, (goal.lhs, goal.rhs))
    asked = [requirement(goal.program.cod, relation) for relation in goal.conditions]
    sides = [entries(goal.program.cod, relation) for relation in goal.conditions]
    gap = _bodies(goal.program, [(one.extents, one.expr) for one in asked])
    left, right = (_bodies(goal.program, [(shape, pair[k]) for shape, *pair in sides]) for k in range(2))
    signs = tuple(relation.rel_op for relation in goal.conditions)
    words = tuple(f"({relation})" for relation in goal.conditions)
    return Gaps(gap, tuple(one.relation for one in asked), words, signs, goal.facts, (left, right))


def _bodies(program: Morphism, bodies: Sequence[tuple[tuple[sp.Expr, ...], sp.Expr]]) -> Morphism:
    """A program followed by entrywise bodies over its outputs."""
    build = Builder()
    outs = build.call(program, build.inputs(program.dom))
    names = dict(zip(program.cod.names, outs, strict=True))
    return build.build([build.gather(shape, lambda *i, body=body: rename_arrays(body, names), name="value") for shape, body in bodies])


def settle_holds(goal: Holds | Order, seconds: float = SECONDS) -> Kept | dict[str, Any] | Open:
    """A proof, a witness against the goal, or why there is neither."""
    asked = gaps(goal)
    found = violation(asked)
    if found:
        return found
    point = inside.satisfied((asked.program,), asked.facts)
    if point is None:
        return Open("premises not shown satisfiable: no small exact point satisfies them")
    try:
        problems = entailments(asked)
    except DomainError as error:
        return Open(f"no reduction to scalars: {error}")
    proofs: list[Entailed] = []
    for (shared, problem), words in zip(problems, asked.words, strict=True):
        proof = entailed(problem, seconds)
        if proof is None:
            return _witness_from(asked, shared, problem, seconds) or Open(f"{words}: neither proved nor refuted for a generic entry")
        proofs.append(proof)
    methods = "; ".join(dict.fromkeys(proof.method for proof in proofs))
    left = discharge(premises(asked), (asked.program,), asked.facts)
    trace = {"proofs": [dict(proof.data) for proof in proofs], "inside": inside.data(point, asked.program.dom.names),
             "discharged": list(left.shown)}
    return Kept(methods, left.premises, trace)


def premises(asked: Gaps) -> tuple[str, ...]:
    """The facts, and the conditions under which the program is defined."""
    texts = [str(fact) for fact in dict.fromkeys((*asked.facts, *asked.program.facts))]
    return tuple(dict.fromkeys([*texts, *(str(spelled(asked.program, r)) for r in asked.program.requirements)]))


def entailments(asked: Gaps) -> list[tuple[Entries, Entailment]]:
    """For each condition what has to follow from what, in a generic place."""
    shared, found = Entries(asked.program, facts=asked.facts), []
    for position, relation in enumerate(asked.relations):
        places = shared.places(asked.program.cod[position].shape)
        conclusion = (shared.output(asked.program, position, places), relation)
        required = [(asked.program, one) for one in asked.program.requirements]
        known = shared.known(required, (*asked.facts, *asked.program.facts), places, conclusion[0])
        found.append((shared, Entailment(relevant(known, conclusion), conclusion)))
    return found


def flaw(goal: Holds | Order, stated: Sequence[str], trace: object) -> str:
    """Why a trace does not prove a goal; the empty text when it does."""
    asked = gaps(goal)
    if not isinstance(trace, Mapping) or not isinstance(trace.get("proofs"), list):
        return "the trace of conditions has proofs and a point inside"
    if why := undone(trace.get("discharged"), (asked.program,), asked.facts):
        return why
    shown = {one["premise"] for one in trace["discharged"]} - {str(fact) for fact in (*asked.facts, *asked.program.facts)}
    if unstated := [premise for premise in premises(asked) if premise not in stated and premise not in shown]:
        return f"the proof needs premises that the certificate does not state: {'; '.join(unstated)}"
    try:
        problems = entailments(asked)
    except DomainError as error:
        return f"the goal has no such proof: {error}"
    if len(problems) != len(trace["proofs"]):
        return f"{len(problems)} conditions with {len(trace['proofs'])} proofs"
    for (_, problem), data in zip(problems, trace["proofs"], strict=True):
        if why := entailment_flaw(problem, data):
            return why
    return inside.flaw((asked.program,), asked.facts, trace.get("inside"))


def misnamed(record: Mapping[str, Any]) -> str:
    """Why the method of a record is not that of its proofs; the empty text when it is."""
    methods = [str(proof.get("method")) for proof in record["trace"]["proofs"]]
    return "" if record["method"] == "; ".join(dict.fromkeys(methods)) else f"its proofs are by {', '.join(methods)}"


def by_z3(trace: Mapping[str, Any]) -> bool:
    """Whether a proof rests on Z3's word in some place."""
    return any("Z3" in str(proof.get("method")) for proof in trace["proofs"])


# ---- refutation
def violation(asked: Gaps) -> dict[str, Any] | None:
    """A witness against one of the conditions, or None."""
    setting = Setting.of(asked.program, asked.program, asked.facts)
    return next((found for point in inside.candidates(setting) if (found := _violated(asked, point))), None)


def _violated(asked: Gaps, point: Point) -> dict[str, Any] | None:
    """The witness that a point is, or None when it is none."""
    runs = inside.runs_at((asked.program,), point)
    if runs is None:
        return None
    (gap,) = runs
    for k, (out, relation) in enumerate(zip(gap.f.outs, asked.relations, strict=True)):
        array = gap.array(out)
        for place in np.ndindex(array.shape):
            if BROKEN[relation](array[place]):
                pair = [run.outputs()[k][place] for run in inside.runs_at(asked.sides, point) or ()]
                texts = _texts(pair)
                if texts is None:
                    return None
                return {"dims": dict(point.dims), "hypers": {name: str(v) for name, v in point.hypers.items()},
                        "inputs": {name: written(v) for name, v in zip(gap.f.dom.names, point.inputs, strict=True)},
                        "output": asked.words[k], "index": list(place), "left": texts[0], "right": texts[1],
                        "relation": asked.signs[k], "exact": all(not hasattr(v, "overlaps") or exact(v) is not None for v in pair)}
    return None


def _texts(pair: Sequence[object]) -> tuple[str, str] | None:
    """Two numbers as rationals, or in as many decimals as show which is the greater; None when none do."""
    if not any(hasattr(value, "overlaps") and exact(value) is None for value in pair):
        return tuple(str(exact(value)) if hasattr(value, "overlaps") else str(value) for value in pair) or None
    for count in (12, 30, 60):
        with precision(4 * inside.BITS):
            left, right = (digits(value, count) if hasattr(value, "overlaps") else str(value) for value in pair)
        if left != right:
            return left, right
    return None


def _witness_from(asked: Gaps, shared: Entries, problem: Entailment, seconds: float) -> dict[str, Any] | None:
    """The witness that a counterexample to the scalar problem leads to, looked at in the program itself."""
    for _, question in inequalities(problem):
        try:
            found = decide_inequality(question, seconds)
        except (DomainError, UsageError, DataError, ArithmeticError, TypeError, ValueError):
            continue
        for point in _points(asked, shared, found) if isinstance(found, dict) else ():
            if witness := _violated(asked, point):
                return witness
    return None


def _points(asked: Gaps, shared: Entries, found: Mapping[str, Any]) -> Iterator[Point]:
    """Points of the program at which each array has the value that a scalar counterexample gives to one of its entries."""
    values = {name: Fraction(str(value)) for name, value in (found.get("inputs") or {}).items()}
    wires = {key[1]: values[s.name] for key, s in reversed(shared.symbols.items()) if key[0] == "read" and s.name in values}
    setting = Setting.of(asked.program, asked.program, asked.facts)
    hypers = {symbol.name: values.get(symbol.name, Fraction(1)) for symbol in setting.hypers}
    for dims in setting.sizes(2):
        try:
            shapes = [tuple(size_of(d, dims, name) for d in wire.shape) for name, wire in asked.program.dom]
        except ShapeError:
            continue
        yield Point(dims, hypers, [_filled(shape, wires.get(k, Fraction(1))) for k, shape in enumerate(shapes)])


def _filled(shape: tuple[int, ...], value: Fraction) -> np.ndarray:
    found = np.empty(shape, dtype=object)
    found.fill(value)
    return found


# ---- data
def dump_holds(goal: Holds | Order) -> dict[str, Any]:
    """A goal as JSON-able data."""
    if isinstance(goal, Order):
        return {"kind": "order", "lhs": dump(goal.lhs), "rhs": dump(goal.rhs), "rel": goal.rel, "facts": [dump_fact(f) for f in goal.facts]}
    return {"kind": "holds", "program": dump(goal.program), "conditions": [dump_term(c) for c in goal.conditions],
            "facts": [dump_fact(f) for f in goal.facts]}


def load_holds(data: Mapping[str, Any]) -> Holds | Order:
    """The goal that `dump_holds` wrote; DataError for anything else."""
    fields = ["facts", "kind", "lhs", "rel", "rhs"] if data.get("kind") == "order" else ["conditions", "facts", "kind", "program"]
    if sorted(data) != fields or not isinstance(data["facts"], list):
        raise DataError(f"a goal about {data.get('kind')} has the fields {', '.join(fields)}")
    found = tuple(map(load_fact, data["facts"]))
    if data["kind"] == "order":
        return Order(load(data["lhs"]), load(data["rhs"]), data["rel"], found)
    if not isinstance(data["conditions"], list):
        raise DataError("the conditions on a program are a list")
    return Holds(load(data["program"]), tuple(map(load_condition, data["conditions"])), found)


def load_condition(data: object) -> sp.Basic:
    """A relation between symbols."""
    found = load_term(data)
    if not found.is_Relational or dump_term(found) != data:
        raise DataError(f"{str(data)[:60]} is no relation between symbols")
    return found
