"""Optimisers as machines that can be compared: without states that nothing depends on, with what both read, with a rate that varies.

A machine takes a gradient (and further data) at each step and puts out the new parameter.  For rules that take the gradient
elsewhere than at the parameter it puts out that place, before and after the step: two rules that ask for the gradient at the same
places see the same gradients of every loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, rename_arrays
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space, Wire
from symcat.laws.induction import Machine, machine
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.state import Datum

RATE = "rate"


def of(rule: Optimiser, wire: Wire, data: Sequence[Datum] = (), look: bool = False) -> Machine:
    """The machine of a rule on one wire that reads g and `data`, whether the rule itself does or not."""
    own = machine(rule, wire)
    states = own.states
    build = Builder()
    kept = build.inputs(states)
    read = dict(zip(("g", *(row.name for row in data)),
                    build.inputs(Space((("g", wire), *((row.name, row.wire(wire)) for row in data)))), strict=True))
    found = build.call(own.step, (*kept, *(read[name] for name in own.inputs.names)))
    outs = [found[0]]
    if look:
        outs = [_place(build, rule, wire, now) for now in (kept, found[: len(states)])]
    step = build.build((*found[: len(states)], *outs), (*states.names, *(("place", "out") if look else ("out",))))
    return pruned(Machine(step, own.start))


def _place(build: Builder, rule: Optimiser, wire: Wire, states: Sequence[str]) -> str:
    """Where the gradient is taken."""
    return build.call(rule._look(wire), states)[0] if rule.look else states[0]


# ---- states that matter
def pruned(given: Machine) -> Machine:
    """The machine without states on which no output ever depends; the parameter stays."""
    names = given.states.names
    count, step = len(names), given.step
    reads = {name: _inputs(step, (out,)) for name, out in zip((*names, *given.outputs.names), step.outs, strict=True)}
    needed, waiting = {names[0]}, {names[0], *given.outputs.names}
    while waiting:
        found = {source for one in waiting for source in reads[one] if source in names}
        waiting = found - needed
        needed |= found
    keep = [k for k, name in enumerate(names) if name in needed]
    if len(keep) == count:
        return given
    inputs = [*keep, *range(count, len(step.dom))]
    return Machine(_part(step, inputs, [*keep, *range(count, len(step.outs))]), _part(given.start, range(len(given.start.dom)), keep))


def following(given: Machine, names: Sequence[str]) -> Machine:
    """The part of a machine that some of its states follow from, without outputs and without what else its programs require."""
    own, step = given.states.names, given.step
    needed, waiting = set(names), set(names)
    while waiting:
        found = {source for one in waiting for source in _inputs(step, (step.outs[own.index(one)],)) if source in own}
        waiting = found - needed
        needed |= found
    keep = [k for k, name in enumerate(own) if name in needed]
    part = _part(step, [*keep, *range(len(own), len(step.dom))], keep)
    computed = _inputs(part, part.outs)
    nodes = tuple(node for node in part.nodes if node.name in computed)
    used = {symbol for node in nodes for symbol in node.symbols}
    required = tuple(r for r in part.requirements if r.relation != ">=0" and set(r.sources) <= computed and r.expr.free_symbols <= used)
    facts = tuple(fact for fact in part.facts if fact.expr.free_symbols <= used)
    return Machine(replace(part, nodes=nodes, requirements=required, facts=facts),
                   _part(given.start, range(len(given.start.dom)), keep))


def _inputs(f: Morphism, outs: Sequence[str]) -> set[str]:
    """The arrays that some arrays of a program depend on, inputs among them."""
    nodes = {node.name: node for node in f.nodes}
    found, waiting = set(), list(outs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += nodes[name].sources if name in nodes else ()
    return found


def _part(f: Morphism, inputs: Sequence[int], outs: Sequence[int]) -> Morphism:
    """A program with some of its inputs and outputs, and the requirements that the inputs left out do not enter."""
    dom, cod = (Space(tuple(space.wires[k] for k in chosen)) for space, chosen in ((f.dom, inputs), (f.cod, outs)))
    lost = set(f.dom.names) - set(dom.names)
    required = tuple(r for r in f.requirements if not _inputs(f, sorted(r.sources)) & lost)
    names = tuple(f.outs[k] for k in outs)
    used = _inputs(f, (*names, *(name for r in required for name in sorted(r.sources))))
    nodes = tuple(node for node in f.nodes if node.name in used)
    return Morphism(dom, cod, nodes, names, required, f.facts)


def reordered(f: Morphism, inputs: Sequence[int], outs: Sequence[int]) -> Morphism:
    """The program with its wires in another order."""
    build = Builder()
    arguments = build.inputs(Space(tuple(f.dom.wires[k] for k in inputs)))
    found = build.call(f, [arguments[list(inputs).index(k)] for k in range(len(f.dom))])
    return build.build([found[k] for k in outs], [f.cod.names[k] for k in outs])


def unwritten(given: Machine) -> tuple[str, ...]:
    """The states that no step changes."""
    names = given.states.names
    return tuple(name for name, out in zip(names, given.step.outs, strict=False) if name == out and name != names[0])


# ---- hyperparameters
def substituted(given: Machine, values: Mapping[sp.Symbol, sp.Expr]) -> Machine:
    """The machine with hyperparameters replaced; what was known of the range of one that becomes a number goes."""
    fixed = {symbol for symbol, value in values.items() if not value.is_Symbol}

    def change(f: Morphism) -> Morphism:
        free = replace(f, facts=tuple(fact for fact in f.facts if not fact.expr.free_symbols & fixed))
        return free.substitute({s: v for s, v in values.items() if s in free.symbols})
    return Machine(change(given.step), change(given.start))


def varied(given: Machine, rate: sp.Symbol) -> Machine | None:
    """The machine whose rate comes in with the gradient, another one at every step; None when its start depends on the rate."""
    if rate in given.start.symbols:
        return None
    step, build, names = given.step, Builder(), {}
    for fact in step.facts:
        if rate not in fact.expr.free_symbols:
            build.fact(fact.expr, fact.relation)
    for name, wire in step.dom:
        names[name] = build.input(name, wire)
    own = build.input(RATE, Wire(Real, ()))
    build.require((), At(own), ">0")
    here = {rate: At(own)}

    def move(e: sp.Expr) -> sp.Expr:
        return rename_arrays(e, names).xreplace(here) if isinstance(e, sp.Basic) else e
    for node in step.nodes:
        moved: Comprehension = node.map(move)
        names[node.name] = build.append(moved)
    for r in step.requirements:
        again = r.map(move)
        build.require(again.extents, again.expr, again.relation, again.smooth)
    return Machine(build.build([names[out] for out in step.outs], step.cod.names), given.start)
