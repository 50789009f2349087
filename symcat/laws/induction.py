"""Statements about all steps of a machine and about lists of all lengths, with the obligations that prove them by induction.

A machine is a start, A -> S, and a step, S * X -> S * Y: states come first on both ends.  A statement knows its base and its step,
each an ordinary goal, and what it says of the first few steps, where it can be refuted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact
from symcat.category.expression import At, Delta, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space, Wire
from symcat.category.structure import identity
from symcat.errors import ShapeError, UsageError
from symcat.laws.claim import Equation, Holds
from symcat.laws.matrices import Hypothesis, MatrixEquation
from symcat.laws.premises import requirement, suppose

if TYPE_CHECKING:
    from symcat.learn.optimisers import Optimiser

Obligations = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Machine:
    """A state machine; `start` gives the initial states, from parameters that stay arbitrary."""

    step: Morphism
    start: Morphism

    def __post_init__(self) -> None:
        for name in ("step", "start"):
            if not isinstance(getattr(self, name), Morphism):
                raise UsageError(f"the {name} of a machine is a {type(getattr(self, name)).__name__}: expected a morphism")
        count = len(self.start.cod)
        if not (self.step.dom[:count].fits(self.start.cod) and self.step.cod[:count].fits(self.start.cod)):
            raise ShapeError(f"a machine with initial states {self.start.cod} and a step {self.step.dom} -> {self.step.cod}: "
                             "the step must begin with these states on both ends, S * X -> S * Y")

    @property
    def states(self) -> Space:
        """S, with the names that the step uses."""
        return self.step.dom[: len(self.start.cod)]

    @property
    def inputs(self) -> Space:
        return self.step.dom[len(self.start.cod):]

    @property
    def outputs(self) -> Space:
        return self.step.cod[len(self.start.cod):]

    def advance(self) -> Morphism:
        """S * X -> S, the states that follow."""
        build = Builder()
        found = build.call(self.step, build.inputs(self.step.dom))
        return build.build(found[: len(self.states)], self.states.names)

    def initial(self) -> Morphism:
        """A -> S, with the names of the states."""
        return self.start.renamed(cod=self.states.names)

    def run(self, steps: int, outputs: bool = True) -> Morphism:
        """A * X * ... * X -> Y, what the step of this number puts out; the states after it when `outputs` is false."""
        build, count = Builder(), len(self.states)
        states, found = build.call(self.start, build.inputs(self.start.dom)), ()
        for _ in range(steps):
            found = build.call(self.step, (*states, *build.inputs(self.inputs)))
            states = found[:count]
        return build.build(found[count:], self.outputs.names) if outputs else build.build(states, self.states.names)


def machine(rule: Optimiser, wire: Wire | None = None) -> Machine:
    """An optimiser as a machine: parameter and states are its states, a gradient comes in, the new parameter goes out.

    >>> from symcat.learn.optimisers import momentum
    >>> print(machine(momentum).step.dom, "|", machine(momentum).start.dom)
    p: Real[n] * v: Real[n] * g: Real[n] | p: Real[n]
    """
    wire = wire or rule.wire
    states = Space((("p", wire), *zip(rule.state_names, rule.state_wires(wire), strict=True)))
    build = Builder()
    p, *kept = build.inputs(states)
    step = rule.step(wire)
    read = build.inputs(step.dom[1: len(step.dom) - len(kept)])
    found = build.call(step, (p, *read, *kept))
    whole = build.build((*found, found[0]), (*states.names, "out"))
    build = Builder()
    p = build.input("p", wire)
    return Machine(whole, build.build((p, *build.call(rule.start(wire), (p,))), states.names))


@dataclass(frozen=True)
class Induction:
    """Two machines put out the same at every step, since `relation`, S_f -> S_g, holds between their states.

    `invariants` are conditions on the states of f, `facts` on dims and hyperparameters.  `hypotheses` are about states of f that
    are parameters: its start hands them on, and its step leaves them as they are.
    """

    f: Machine
    g: Machine
    relation: Morphism
    invariants: tuple[Relational, ...] = ()
    facts: tuple[Fact, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()

    def __post_init__(self) -> None:
        f, g = self.f, self.g
        ends = (("parameters", f.start.dom, g.start.dom), ("inputs", f.inputs, g.inputs), ("outputs", f.outputs, g.outputs))
        for what, one, other in ends:
            if not one.fits(other):
                raise ShapeError(f"two machines with the {what} {one} and {other}: they must be the same, wire by wire")
        if not len(f.outputs):
            raise ShapeError(f"two machines {f.step.dom} -> {f.step.cod} without outputs: nothing would be compared; let the steps put "
                             "out what is to be the same")
        if not (self.relation.dom.fits(f.states) and self.relation.cod.fits(g.states)):
            raise ShapeError(f"a relation {self.relation.dom} -> {self.relation.cod} between states {f.states} and {g.states}: expected a "
                             "map from the states of the first machine to those of the second")
        _check(f, self.invariants)
        for name in (name for hypothesis in self.hypotheses for name in hypothesis.names):
            if _parameter(f, name) is None:
                raise UsageError(f"a hypothesis about {name}: expected states that are parameters, which no step changes")

    @property
    def supposed(self) -> tuple[Hypothesis, ...]:
        """The hypotheses in the names of the parameters, with which a run begins."""
        return tuple(Hypothesis(one.kind, tuple(str(_parameter(self.f, name)) for name in one.names)) for one in self.hypotheses)

    def obligations(self) -> Obligations:
        f, g, h = self.f, self.g, self.relation
        after = f.step >> (h @ identity(f.outputs))
        before = (h @ identity(f.inputs)) >> g.step if len(f.inputs) else h >> g.step
        sides = [suppose(side.renamed(dom=f.step.dom.names), self.invariants) for side in (after, before)]
        base, step = self._equal(f.start >> h, g.start, self.supposed), self._equal(*sides, self.hypotheses)
        return ("base", base), ("step", step), *_kept(f, self.invariants, self.facts), *self._defined()

    def _equal(self, lhs: Morphism, rhs: Morphism, hypotheses: tuple[Hypothesis, ...]) -> tuple[Equation] | MatrixEquation:
        return MatrixEquation(lhs, rhs, hypotheses, self.facts) if hypotheses else (Equation(lhs, rhs, self.facts),)

    def _defined(self) -> Obligations:
        """That the relation is defined at every state that is reached: otherwise it would say nothing from there on."""
        guard = _guard(self.relation.renamed(dom=self.f.states.names))
        if not guard:
            return ()
        values, conditions = guard
        after = suppose(self.f.advance(), self.invariants) >> values
        return ("relation defined at the start", Holds(self.f.initial() >> values, conditions, self.facts)), \
            ("relation defined after a step", Holds(after, conditions, self.facts))

    def at(self, steps: int) -> tuple[Morphism, Morphism]:
        """What the two put out at a step."""
        return self.f.run(steps), self.g.run(steps)


@dataclass(frozen=True)
class Invariance:
    """Conditions hold of the states after every step; `invariants`, which hold at the start too, are what carries the induction."""

    machine: Machine
    conditions: tuple[Relational, ...]
    invariants: tuple[Relational, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        _check(self.machine, (*self.conditions, *self.invariants))
        if not self.conditions:
            raise UsageError("an invariance came without conditions: say what holds after every step")

    def obligations(self) -> Obligations:
        kept = _kept(self.machine, self.invariants, self.facts)
        left = tuple(condition for condition in self.conditions if condition not in self.invariants)
        return (*kept, ("conclusion", Holds(suppose(self.machine.advance(), self.invariants), left, self.facts))) if left else kept

    def at(self, steps: int) -> Holds:
        """The conditions after some steps, without any help."""
        return Holds(self.machine.run(steps, outputs=False), self.conditions, self.facts)


@dataclass(frozen=True)
class Fold:
    """`closed`, A * X[n] -> S, is what a machine without outputs is in after a list of any length n, at least 1.

    The list of each input is an axis `length` in front of its shape.
    """

    machine: Machine
    closed: Morphism
    length: sp.Symbol
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        lists = _lists(self.machine.inputs, self.length)
        if not (self.closed.dom.fits(self.machine.start.dom * lists) and self.closed.cod.fits(self.machine.states)):
            raise ShapeError(f"a closed form {self.closed.dom} -> {self.closed.cod} of a fold: expected {self.machine.start.dom * lists} "
                             f"-> {self.machine.states}, the parameters and one list for each input")
        if any(self.length in fact.expr.free_symbols for fact in self.facts):
            raise UsageError(f"a fact about the length {self.length} of a fold: it would have to hold for {self.length} + 1 as well; "
                             "state the fold for all lengths")
        if len(self.machine.outputs):
            raise ShapeError(f"a fold of a machine with outputs {self.machine.outputs}: only its states are compared")

    def obligations(self) -> Obligations:
        base = Equation(*self.at(1), self.facts)
        return ("base", (base,)), ("step", (self._step(),))

    def _step(self) -> Equation:
        """The closed form of a list with one more entry, against one more step."""
        a, n, x = self.machine.start.dom, self.length, self.machine.inputs
        sides = []
        for longer in (True, False):
            build = Builder()
            parameters, lists, last = build.inputs(a), build.inputs(_lists(x, n)), build.inputs(x)
            if longer:
                joined = [_appended(build, many, one) for many, one in zip(lists, last, strict=True)]
                found = build.call(self.closed.substitute({n: n + 1}), (*parameters, *joined))
            else:
                found = build.call(self.machine.advance(), (*build.call(self.closed, (*parameters, *lists)), *last))
            sides.append(build.build(found, self.machine.states.names))
        return Equation(*sides, self.facts)

    def at(self, steps: int) -> tuple[Morphism, Morphism]:
        """The closed form of a list of this length, and the run of the machine."""
        run = self.machine.run(steps, outputs=False)
        build, count = Builder(), len(self.machine.start.dom)
        given, width = build.inputs(run.dom), len(self.machine.inputs)
        lists = []
        for k in range(width):
            entries = [given[count + step * width + k] for step in range(steps)]
            lists.append(_stacked(build, entries))
        found = build.call(self.closed.substitute({self.length: sp.Integer(steps)}), (*given[:count], *lists))
        return build.build(found, self.machine.states.names), run


def related(f: Machine, g: Machine, equations: Sequence[sp.Basic]) -> Morphism:
    """The map S_f -> S_g that equations give, each a state of g, named as in S_f * S_g, on one side and states of f on the other.

    States of g without an equation are the states of f of the same name.
    """
    both = f.states * g.states
    own, theirs = f.states.names, both.names[len(f.states):]
    found: dict[str, sp.Expr] = {}
    for equation in equations:
        sides = equation.args if isinstance(equation, sp.Equality) else ()
        solved = [(a.name, b) for a, b in (sides, sides[::-1]) if a.is_Symbol and a.name in theirs] if sides else []
        if not solved or solved[0][0] in found or {s.name for s in solved[0][1].free_symbols} & set(theirs):
            raise UsageError(f"the relation {equation}: expected equations, each with one of the states {', '.join(theirs)} alone on one "
                             f"side, and states {', '.join(own)} of the first machine and hyperparameters on the other")
        found |= [solved[0]]
    if missing := [name for name, plain in zip(theirs, g.states.names, strict=True) if name not in found and plain not in own]:
        raise UsageError(f"no equation for {', '.join(missing)}: say what it is in terms of {', '.join(own)}")
    build = Builder()
    build.inputs(f.states)
    outs = [_state(build, f.states, found.get(name, sp.Symbol(plain, real=True)), wire)
            for name, (plain, wire) in zip(theirs, g.states, strict=True)]
    return build.build(outs, g.states.names)


def _state(build: Builder, states: Space, e: sp.Expr, wire: Wire) -> str:
    """An expression over states, entry by entry."""
    place = {}
    for symbol in sorted(e.free_symbols, key=lambda s: s.name):
        if symbol.name in states.names:
            rank = len(states[symbol.name].shape)
            if rank and states[symbol.name] != wire:
                raise ShapeError(f"{symbol}: {states[symbol.name]} cannot give a state {wire} entry by entry")
            place[symbol] = At(symbol.name, *(index(k) for k in range(rank)))
    for part in sp.preorder_traversal(e):
        if not (part.is_Add or part.is_Mul or part.is_Pow or part.is_Rational or part.is_Symbol):
            raise UsageError(f"{part} in the equation for a state: expected sums, products and powers; give a function instead")
        if part.is_Pow and not (part.exp.is_Integer and part.exp >= 0):
            build.require(wire.shape, part.base.xreplace(place), "!=0" if part.exp.is_Integer else ">0")
    return build.gather(wire.shape, lambda *i: e.xreplace(place), name="state", base=wire.base)


def _parameter(machine: Machine, name: str) -> str | None:
    """The parameter that a state of this name is from the start on; None for a state that may change."""
    if name not in machine.states.names:
        return None
    place = machine.states.names.index(name)
    given = machine.start.outs[place]
    return given if given in machine.start.dom.names and machine.step.outs[place] == name else None


def _check(machine: Machine, conditions: Sequence[Relational]) -> None:
    for relation in conditions:
        requirement(machine.states, relation)


def _kept(machine: Machine, invariants: Sequence[Relational], facts: tuple[Fact, ...]) -> Obligations:
    """That invariants hold at the start and are kept by a step."""
    if not invariants:
        return ()
    kept = suppose(machine.advance(), invariants)
    return ("invariants at the start", Holds(machine.initial(), tuple(invariants), facts)), \
        ("invariants kept", Holds(kept, tuple(invariants), facts))


def _guard(relation: Morphism) -> tuple[Morphism, tuple[Relational, ...]] | None:
    """What a relation requires of states, as a program that requires nothing, and conditions on its outputs; None for nothing."""
    build = Builder()
    build.call(relation, build.inputs(relation.dom))
    asked = [one for one in build.requirements if one.sources]
    if not asked:
        return None
    outs = [build.gather(one.extents, lambda *i, one=one: one.expr, name="required") for one in asked]
    values = replace(build.build(outs, [f"required{k}" for k in range(len(outs))]), requirements=())
    kinds = {"!=0": sp.Ne, ">0": sp.Gt, ">=0": sp.Ge}
    return values, tuple(kinds[one.relation](sp.Symbol(f"required{k}", real=True), 0) for k, one in enumerate(asked))


def _lists(inputs: Space, length: sp.Expr) -> Space:
    return Space(tuple((name, Wire(wire.base, (length, *wire.shape))) for name, wire in inputs))


def _appended(build: Builder, many: str, one: str) -> str:
    """A list with one more entry, as the sum of two arrays that are 0 where the other is not."""
    wire = build.wires[many]
    length, *rest = wire.shape
    shape, inner = (length + 1, *rest), [index(k + 1) for k in range(len(rest))]
    own = [(index(0), length), *zip(inner, rest, strict=True)]
    front = build.node(shape, own, (index(0), *inner), At(many, index(0), *inner), name="front", base=wire.base)
    last = build.gather(shape, lambda i, *j: Delta(i - length) * At(one, *j), name="last", base=wire.base)
    return build.add(front, last, name="longer")


def _stacked(build: Builder, entries: Sequence[str]) -> str:
    """Arrays of one wire as the entries of a list."""
    wire = build.wires[entries[0]]
    shape = (sp.Integer(len(entries)), *wire.shape)
    return build.gather(shape, lambda i, *j: sp.Add(*(Delta(i - k) * At(name, *j) for k, name in enumerate(entries))), name="list",
                        base=wire.base)


INDUCTIVE = (Induction, Invariance, Fold)
