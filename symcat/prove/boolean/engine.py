"""Equality as functions over Z2 and Z[n] at fixed sizes, propositions, and integers that are never equal.

Over Z2 both sides become one graph of products and sums.  Where that alone does not close the goal, a SAT solver does, and the
clauses that it learned become steps with hints, which are replayed before anything is called proved.  A counterexample is
evaluated on the goal as it was given, by the reference interpreter or by SymPy; the interpreter also has to agree with the
graph at some points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.serialise import dump
from symcat.checker import finite_bases
from symcat.checker.finite_bases import GRAPH, NEVER, TABLE, Bit, Graph, Refused, Residues, places
from symcat.errors import DataError, ShapeError, SoundnessError
from symcat.laws.claim import Equation, Formula
from symcat.prove.boolean.hints import TooLong, hinted
from symcat.prove.boolean.sat import satisfy
from symcat.prove.boolean.sweep import sweep
from symcat.prove.formula import dump_formula
from symcat.prove.index.equal import Proof
from symcat.prove.order import Open
from symcat.prove.witness import Witness

CUTS = (256, 4)         # sums in one piece, where the goal may close by itself; then short clauses
SOON, CONFLICTS = 2_000, 60_000
WORK = 1_000_000        # points of boxes; for tables, times the points of the table
PATTERNS = 256
POINTS, MANY = 8, 500   # points for the interpreter; one is enough for programs of many comprehensions
MODULI = range(2, 33)
RESIDUES = 4096

Point = list[np.ndarray]


def decide_functions(equation: Equation) -> Proof | Witness | Open:
    """Equality as functions of two programs over Z[n] at fixed sizes, or of two pointwise programs at all sizes."""
    dims = {dim: sp.S.One for side in (equation.lhs, equation.rhs) for dim in side.dims}
    try:
        programs = [dump(side) for side in (equation.lhs, equation.rhs)]
        if dims:
            programs = [finite_bases.single(program) for program in programs]
            equation = Equation(equation.lhs.substitute(dims), equation.rhs.substitute(dims))
            if any(extent != 1 for wire in equation.lhs.dom.types for extent in wire.shape):
                return Open("over a finite base: pointwise, but with sizes that are no single symbols")
        outcome = _decide(equation, programs)
    except (Refused, DataError, ShapeError) as error:
        return Open(f"over a finite base: {error}")
    return replace(outcome, dims={str(dim): 1 for dim in dims}) if isinstance(outcome, Witness) else outcome


def _decide(equation: Equation, programs: Sequence[Mapping[str, Any]]) -> Proof | Witness | Open:
    modulus = next(iter(equation.lhs.wires.values())).base.modulus
    work = sum(prod(map(int, node.extents)) for side in (equation.lhs, equation.rhs) for node in side.nodes)
    table = Table(equation, programs, modulus)
    if modulus != 2:
        return table.decide(work)
    if work > WORK:
        return table.sampled() or Open(f"over Z2: more than {WORK} operations on single bits")
    return _circuits(equation, programs)


# ---- Z2
def _circuits(equation: Equation, programs: Sequence[Mapping[str, Any]]) -> Proof | Witness | Open:
    checks = POINTS if sum(len(program["nodes"]) for program in programs) < MANY else 1
    for cut in CUTS:
        circuit = Circuit(equation, programs, cut)
        if circuit.closed:
            circuit.compare(checks)
            return Proof(GRAPH[0], (), {"cut": cut, "steps": [[[], [len(circuit.graph.demand([[]])) - 1]]]})
    return circuit.compare(checks) or circuit.solve()


class Circuit:
    """Both sides of an equation over Z2 as one graph, and their values at some random points, one bit of a word for each."""

    def __init__(self, equation: Equation, programs: Sequence[Mapping[str, Any]], cut: int) -> None:
        self.equation, self.cut, self.graph = equation, cut, Graph(cut)
        self.shapes = [tuple(map(int, wire.shape)) for wire in equation.lhs.dom.types]
        self.inputs = [{place: Bit([self.graph.fresh()]) for place in places(shape)} for shape in self.shapes]
        self.count = self.graph.count
        self.sides = [finite_bases.outputs(program, self.inputs, self.graph) for program in programs]

    @property
    def closed(self) -> bool:
        return self.sides[0] == self.sides[1]

    def compare(self, checks: int) -> Witness | None:
        """A random point at which the sides differ; the first points are run through the reference interpreter too."""
        words = simulate(self.graph, self.count)
        sides = [[word(bit, words) for bit in side] for side in self.sides]
        for k in range(checks):
            point = self.point({n for n in range(1, self.count + 1) if words[n] >> k & 1})
            for side, program in zip(sides, (self.equation.lhs, self.equation.rhs)):
                if [w >> k & 1 for w in side] != [int(x) for array in evaluate(program, point) for x in array.ravel()]:
                    raise SoundnessError(f"{program!r} and its graph differ at {point}: this is a defect in symcat")
        for left, right in zip(*sides):
            if left != right:
                k = ((left ^ right) & -(left ^ right)).bit_length() - 1
                return witness(self.equation, self.point({n for n in range(1, self.count + 1) if words[n] >> k & 1}))
        return None

    def solve(self) -> Proof | Witness | Open:
        """By the solver, which is told what is equal inside when it does not answer soon."""
        clauses = self.graph.demand([[a ^ b for a, b in zip(*self.sides)]])
        answer, literals = satisfy(clauses, SOON)
        if answer == "unknown":
            equal, steps = sweep(clauses[:-1], simulate(self.graph, self.count))
            answer, literals = satisfy([*clauses, *equal], CONFLICTS)
            literals = [*steps, *literals] if answer == "unsat" else literals
        if answer == "sat":
            return witness(self.equation, self.point(set(literals)))
        if answer == "unknown":
            return Open(f"SAT: no answer after {CONFLICTS} conflicts")
        return _proof(clauses, literals, {"cut": self.cut})

    def point(self, true: set[int]) -> Point:
        """The inputs whose variables are true, as arrays."""
        found = []
        for cells, shape in zip(self.inputs, self.shapes):
            bits = [int(not true.isdisjoint(bit)) for bit in cells.values()]
            found.append(np.array(bits, dtype=np.int64).reshape(shape))
        return found


def simulate(graph: Graph, count: int) -> dict[int, int]:
    """The values of all variables at random values of the first `count`, a word each."""
    random, words = Random(0), {0: (1 << PATTERNS) - 1}
    words |= {n: random.getrandbits(PATTERNS) for n in range(1, count + 1)}
    for key, made in graph.known.items():
        if isinstance(key, Bit):
            a, b = key
            (gate,) = made
            words[gate] = word(a, words) & word(b, words)
        else:
            words[made] = words[key[0]] ^ words[key[1]]
    return words


def word(bit: Bit, words: Mapping[int, int]) -> int:
    total = 0
    for term in bit:
        total ^= words[term]
    return total


def witness(equation: Equation, point: Point) -> Witness:
    """The first entry in which the two sides differ at a point, by the reference interpreter."""
    names = zip(equation.lhs.dom.names, point)
    outs = zip(equation.lhs.cod.names, evaluate(equation.lhs, point), evaluate(equation.rhs, point))
    for name, left, right in outs:
        for place in np.ndindex(left.shape):
            if left[place] != right[place]:
                return Witness({}, {}, {wire: array.tolist() for wire, array in names}, name, place, str(left[place]), str(right[place]))
    raise SoundnessError(f"the two sides agree at {point}, where their graphs differ: this is a defect in symcat")


def _proof(clauses: Sequence[tuple[int, ...]], learned: Sequence[Sequence[int]], trace: Mapping[str, Any],
           premises: Sequence[str] = ()) -> Proof | Open:
    """A proof whose steps were replayed, from what the solver learned."""
    try:
        steps = hinted(clauses, learned)
    except TooLong:
        return Open(f"SAT: there is no counterexample, but {len(learned)} learned clauses are too many to be given hints")
    finite_bases.replay(clauses, steps)
    return Proof(GRAPH[1], tuple(premises), {**trace, "steps": steps})


# ---- Z[n]
class Table:
    """Both sides of an equation over Z[n] at all points."""

    def __init__(self, equation: Equation, programs: Sequence[Mapping[str, Any]], modulus: int) -> None:
        self.equation, self.programs, self.ring = equation, programs, Residues(modulus)
        self.shapes = [tuple(map(int, wire.shape)) for wire in equation.lhs.dom.types]

    def decide(self, work: int) -> Proof | Witness | Open:
        count = sum(map(prod, self.shapes))
        if count * np.log2(self.ring.n) > 20 or self.ring.n**count * max(work, 1) > WORK:
            return self.sampled() or Open(f"a table of {self.ring.n}^{count} points takes more than {WORK} operations")
        for values in product(range(self.ring.n), repeat=count):
            rest = iter(values)
            inputs = [{place: next(rest) for place in places(shape)} for shape in self.shapes]
            left, right = (finite_bases.outputs(program, inputs, self.ring) for program in self.programs)
            if left != right:
                return witness(self.equation, self.point(values))
        if found := self.sampled():
            raise SoundnessError(f"the two sides differ, {found}, but not in the table: this is a defect in symcat")
        return Proof(TABLE, (), {"points": self.ring.n**count})

    def sampled(self) -> Witness | None:
        """A random point at which the interpreter finds the sides different."""
        for k in range(POINTS):
            point = self.point(Random(k).choices(range(self.ring.n), k=sum(map(prod, self.shapes))))
            if any(np.any(a != b) for a, b in zip(evaluate(self.equation.lhs, point), evaluate(self.equation.rhs, point))):
                return witness(self.equation, point)
        return None

    def point(self, values: Sequence[int]) -> Point:
        ends = np.cumsum([prod(shape) for shape in self.shapes])[:-1].astype(int)
        return [part.reshape(shape) for part, shape in zip(np.split(np.array(values, dtype=np.int64), ends), self.shapes)]


# ---- formulas
def decide_formula(formula: Formula) -> Proof | dict[str, bool] | Open | None:
    """A formula of propositions: a proof, or values at which it is false.  Integers that are never equal: a proof.  Else None."""
    try:
        data = dump_formula(formula)
        return _propositions(formula, data)
    except DataError:
        return None
    except (Refused, TypeError, LookupError):    # no formula of propositions
        return _never(formula, data)


def _propositions(formula: Formula, data: Mapping[str, Any]) -> Proof | dict[str, bool] | Open:
    graph, bits = Graph(CUTS[-1]), {}
    *hypotheses, conclusion = finite_bases.denied(data, graph, bits)
    premises = list(graph.demand(hypotheses))
    answer, model = satisfy(premises, CONFLICTS)
    if answer != "sat":
        return Open("premises contradict each other" if answer == "unsat" else f"SAT: no answer after {CONFLICTS} conflicts")
    clauses = graph.demand([conclusion])
    answer, found = satisfy(clauses, CONFLICTS)
    if answer == "unknown":
        return Open(f"SAT: no answer after {CONFLICTS} conflicts")
    if answer == "sat":
        values = {name: not bit.isdisjoint(found) for name, bit in bits.items()}
        _false(formula, values)
        return values
    true = sorted(name for name, bit in bits.items() if not bit.isdisjoint(model))
    return _proof(clauses, found, {"cut": graph.cut, "model": true}, tuple(map(str, formula.hypotheses)))


def _false(formula: Formula, values: Mapping[str, bool]) -> None:
    """SoundnessError unless SymPy finds the hypotheses true and the conclusion false."""
    place = {sp.Symbol(name): sp.true if truth else sp.false for name, truth in values.items()}
    *premises, conclusion = (scalar.xreplace(place) for scalar in map(sp.sympify, (*formula.hypotheses, formula.conclusion)))
    if any(premise != sp.true for premise in premises) or conclusion != sp.false:
        raise SoundnessError(f"the solver's counterexample {dict(values)} is none: this is a defect in symcat")


def _never(formula: Formula, data: Mapping[str, Any]) -> Proof | None:
    """Sides that differ modulo n at all residues."""
    if formula.hypotheses or not isinstance(formula.conclusion, sp.Ne):
        return None
    for modulus in MODULI:
        if modulus ** len(formula.conclusion.free_symbols) > RESIDUES:
            return None
        proof = {"method": NEVER, "trace": {"modulus": modulus}}
        try:
            finite_bases.check(data, [proof])
        except Refused:
            continue
        return Proof(NEVER, (), proof["trace"])
    return None
